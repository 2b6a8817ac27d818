#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workloads W1 to W4 and exflow, restated from resources/docs/synth.md without a look at the C++ code, in plain Python.

Writes markov.json: of each workload the first 4 tokens at the first 3 sites, and the SHA-256 of all its ids (u16, little-endian,
[token][site][slot]). Takes about two minutes:

    python3 markov.py > markov.json
"""
import bisect
import hashlib
import json
import struct

MASK = (1 << 64) - 1
WORKLOADS = {
    # tokens, sites, experts, k, stay, zipf, topics, seed
    "W1": (333334, 1, 64, 6, 0.35, 0.6, 8, 1),
    "W2": (12821, 26, 64, 6, 0.35, 0.6, 8, 1),
    "W3": (43690, 48, 128, 8, 0.35, 0.6, 8, 1),
    "W4": (36206, 58, 256, 8, 0.35, 0.6, 8, 1),
    "exflow": (31250, 32, 8, 2, 0.1, 1.0, 16, 3),
}


def generator(seed):
    """Yields the 64-bit numbers of xoroshiro128+ (24, 16, 37)."""
    a = (seed * 0x9E3779B97F4A7C15 + 1) & MASK
    b = seed ^ 0xD1B54A32D192ED03
    drawn = 0
    while True:
        if drawn >= 20:
            yield (a + b) & MASK
        drawn += 1
        b ^= a
        a = (((a << 24) | (a >> 40)) ^ b ^ (b << 16)) & MASK
        b = ((b << 37) | (b >> 27)) & MASK


def shuffle(values, draw):
    for i in range(len(values) - 1, 0, -1):
        j = next(draw) % (i + 1)
        values[i], values[j] = values[j], values[i]


def tokens(count, sites, experts, k, stay, zipf, topics, seed):
    """Yields, for each token, the list of its sites' lists of ids."""
    draw = generator(seed)

    def uniform():
        return (next(draw) >> 11) * 2.0**-53

    weights = [1 / (rank + 1) ** zipf for rank in range(experts)]
    total = sum(weights)
    cumulated, running = [], 0.0
    for weight in weights:
        running += weight
        cumulated.append(running / total)
    order = []
    for _ in range(sites):
        order.append([])
        for _ in range(topics):
            permutation = list(range(experts))
            shuffle(permutation, draw)
            order[-1].append(permutation)
    topic = 0
    previous = [[] for _ in range(sites)]
    for _ in range(count):
        if uniform() < 1 / 64:
            topic = next(draw) % topics
        for site in range(sites):
            chosen = [expert for expert in previous[site] if uniform() < stay]
            while len(chosen) < k:
                rank = min(bisect.bisect_left(cumulated, uniform()), experts - 1)
                expert = order[site][topic][rank]
                if expert not in chosen:
                    chosen.append(expert)
            shuffle(chosen, draw)
            previous[site] = chosen
        yield previous


def main():
    result = {}
    for name, parameters in WORKLOADS.items():
        k = parameters[3]
        digest = hashlib.sha256()
        first = []
        for token in tokens(*parameters):
            if len(first) < 4:
                first.append([" ".join(map(str, ids)) for ids in token[:3]])
            for ids in token:
                digest.update(struct.pack("<%dH" % k, *ids))
        result[name] = digest.hexdigest(), json.dumps(first)
    lines = ['"%s": {"sha256": "%s",\n  "first": %s}' % (name, *found) for name, found in result.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
