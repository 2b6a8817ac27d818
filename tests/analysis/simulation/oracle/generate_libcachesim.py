#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Miss ratios of libCacheSim (LRU, Belady; all 64 sizes) on workload W1, as tests/data/analysis/simulation/libcachesim_w1.json.

    generate_libcachesim.py CACHESIM [--trace-only FILE]

CACHESIM: path of its command line program, built from github.com/1a1a11a/libCacheSim. The workload is generated here
from its specification (simulation.md, appendix A), so that the C++ generator is checked along with the policies.
"""
import argparse
import bisect
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

MASK = (1 << 64) - 1


class Random:
    """xoroshiro128+ with rotations 24, 16, 37."""

    def __init__(self, seed):
        self.s0 = (seed * 0x9E3779B97F4A7C15 + 1) & MASK
        self.s1 = seed ^ 0xD1B54A32D192ED03
        for _ in range(20):
            self.next()

    def next(self):
        result = (self.s0 + self.s1) & MASK
        x = self.s0 ^ self.s1
        rotated = ((self.s0 << 24) | (self.s0 >> 40)) & MASK
        self.s0 = rotated ^ x ^ ((x << 16) & MASK)
        self.s1 = ((x << 37) | (x >> 27)) & MASK
        return result

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def shuffle(self, values):
        for i in range(len(values), 1, -1):
            j = self.next() % i
            values[i - 1], values[j] = values[j], values[i - 1]


def workload(tokens, layers, experts, k, stay, zipf, topics, seed):
    """Sets, token-major."""
    random = Random(seed)
    popularity = [(i + 1.0) ** -zipf for i in range(experts)]
    total, up_to = 0.0, []
    for p in popularity:
        total += p
        up_to.append(total)
    up_to = [v / total for v in up_to]
    orders = []
    for _ in range(layers * topics):
        order = list(range(experts))
        random.shuffle(order)
        orders.append(order)
    previous = [[] for _ in range(layers)]
    topic = 0
    for _ in range(tokens):
        if random.uniform() < 1 / 64:
            topic = random.next() % topics
        for layer in range(layers):
            chosen = [e for e in previous[layer] if random.uniform() < stay]
            while len(chosen) < k:
                rank = min(bisect.bisect_left(up_to, random.uniform()), experts - 1)
                e = orders[layer * topics + topic][rank]
                if e not in chosen:
                    chosen.append(e)
            random.shuffle(chosen)
            previous[layer] = chosen
            yield [layer * experts + e for e in chosen]


def write_trace(path, k=6, **arguments):
    requests = [(t // arguments["layers"], o) for t, s in enumerate(workload(k=k, **arguments)) for o in s]
    following, latest = [-1] * len(requests), {}
    for i in range(len(requests) - 1, -1, -1):
        following[i] = latest.get(requests[i][1], -1)
        latest[requests[i][1]] = i
    with open(path, "wb") as out:
        for (token, o), n in zip(requests, following):
            out.write(struct.pack("<IQIq", token + 1, o + 1, 1, n))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cachesim")
    parser.add_argument("--trace-only", metavar="FILE", help="just write the workload; the name must contain oracleGeneral")
    arguments = parser.parse_args()
    w1 = dict(tokens=333334, layers=1, experts=64, k=6, stay=0.35, zipf=0.6, topics=8, seed=1)
    if arguments.trace_only:
        write_trace(arguments.trace_only, **w1)
        return
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "w1.oracleGeneral.bin")
        write_trace(trace, **w1)
        results = {"program": "libCacheSim aa0fc40", "workload": "W1", "capacities": list(range(1, 65))}
        for policy in ("lru", "belady"):
            ratios = []
            for size in results["capacities"]:
                text = subprocess.run(
                    [arguments.cachesim, trace, "oracleGeneral", policy, str(size), "--ignore-obj-size", "1",
                     "--report-interval", "100000000", "-o", "/dev/null"],
                    cwd=folder, capture_output=True, text=True, check=True)
                ratios.append(re.findall(r"miss ratio (\d\.\d+)", text.stdout + text.stderr)[-1])
                print(policy, size, ratios[-1], file=sys.stderr)
            results[policy] = ratios
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../data/analysis/simulation")
    with open(os.path.join(root, "libcachesim_w1.json"), "w") as out:
        json.dump(results, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
