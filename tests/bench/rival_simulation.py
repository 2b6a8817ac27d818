#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our cache simulation beside libCacheSim's, in turns on one core: requests a second on workload W1 and their ratios.

    rival_simulation.py CACHESIM BENCH_SIMULATION [--rounds 7] [--capacity 16]

CACHESIM: libCacheSim's program, one size a run; the better of its own "throughput" (reader included, wall time) and
requests by user CPU time, which other jobs disturb less. BENCH_SIMULATION: our Google Benchmark, all 64 sizes a run, CPU
time, user and system.
"""
import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

OURS = {
    "lru": ["lru_atomic", "lru_sequential"],
    "belady": ["opt_sequential", "opt_forced", "opt_bypass"],
}
GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../analysis/simulation/oracle/generate_libcachesim.py")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cachesim")
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--capacity", default="16")
    arguments = parser.parse_args()
    pin = ["taskset", "-c", "0"]
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "w1.oracleGeneral.bin")
        subprocess.run([sys.executable, GENERATOR, "-", "--trace-only", trace], check=True)
        rates = {}
        for _ in range(arguments.rounds):
            for rival, ours in OURS.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                text = subprocess.run(
                    pin + [arguments.cachesim, trace, "oracleGeneral", rival, arguments.capacity, "--ignore-obj-size", "1",
                           "--report-interval", "100000000", "-o", "/dev/null"],
                    cwd=folder, capture_output=True, text=True, check=True)
                rate = float(re.findall(r"throughput ([\d.]+) MQPS", text.stdout + text.stderr)[-1])
                seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
                rates.setdefault(rival, []).append(max(rate, 2.000004 / seconds))
                for name in ours:
                    text = subprocess.run(
                        pin + [arguments.bench, f"--benchmark_filter=^replay/{name}/64/", "--benchmark_format=csv",
                               "--benchmark_min_time=0.1"],
                        capture_output=True, text=True, check=True).stdout
                    row = dict(zip(*[line.split(",") for line in text.strip().splitlines()[-2:]]))
                    rates.setdefault(name, []).append(float(row["items_per_second"]) / 1e6)
    print(f"{'':16} {'median':>8} {'best':>8}  M requests/s    ratio of medians, of best")
    for rival, ours in OURS.items():
        for name in [rival, *ours]:
            median, best = statistics.median(rates[name]), max(rates[name])
            ratio = "" if name == rival else (
                f"{median / statistics.median(rates[rival]):20.1f} {best / max(rates[rival]):8.1f}")
            print(f"{name:16} {median:8.1f} {best:8.1f} {ratio}")


main()
