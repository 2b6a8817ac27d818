#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our cache simulation beside libCacheSim's, in turns on one core: requests a second on workload W1 and their ratios.

    rival_simulation.py CACHESIM BENCH_SIMULATION [--rounds 7] [--only lru,fifo]

CACHESIM: libCacheSim's program, capacity 16, one size a run; the better of its own "throughput" (reader included, wall
time) and requests by user CPU time, which other jobs disturb less. BENCH_SIMULATION: our Google Benchmark, all 64 sizes a
run for LRU and OPT, capacity 16 for the others; CPU time, user and system. Ratios are of rounds (both sides one after the
other, so under the same load): their median; and of the best rates of all rounds.
S3-FIFO runs there with a small queue of a quarter: with its standard tenth nothing would be admitted to 16 slots.
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
    "fifo": ["fifo_atomic", "fifo_sequential"],
    "clock": ["clock_atomic", "clock_sequential"],
    "sieve": ["sieve_atomic", "sieve_sequential"],
    "s3fifo": ["s3fifo_atomic", "s3fifo_sequential"],
    "twoq": ["twoq_atomic", "twoq_sequential"],
    "arc": ["arc_atomic", "arc_sequential"],
}
GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../analysis/simulation/oracle/generate_libcachesim.py")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cachesim")
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="policies by libCacheSim's name, with commas")
    arguments = parser.parse_args()
    chosen = {rival: ours for rival, ours in OURS.items() if not arguments.only or rival in arguments.only.split(",")}
    pin = ["taskset", "-c", "0"]
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "w1.oracleGeneral.bin")
        subprocess.run([sys.executable, GENERATOR, "-", "--trace-only", trace], check=True)
        rates = {}
        for _ in range(arguments.rounds):
            for rival, ours in chosen.items():
                more = ["-e", "fifo-size-ratio=0.25"] if rival == "s3fifo" else []
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                text = subprocess.run(
                    pin + [arguments.cachesim, trace, "oracleGeneral", rival, "16", "--ignore-obj-size", "1",
                           "--report-interval", "100000000", "-o", "/dev/null", *more],
                    cwd=folder, capture_output=True, text=True, check=True)
                rate = float(re.findall(r"throughput ([\d.]+) MQPS", text.stdout + text.stderr)[-1])
                seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
                rates.setdefault(rival, []).append(max(rate, 2.000004 / seconds))
                for name in ours:
                    text = subprocess.run(
                        pin + [arguments.bench, f"--benchmark_filter=^replay(One)?/{name}/64/", "--benchmark_format=csv",
                               "--benchmark_min_time=0.02"],
                        capture_output=True, text=True, check=True).stdout
                    row = dict(zip(*[line.split(",") for line in text.strip().splitlines()[-2:]]))
                    rates.setdefault(name, []).append(float(row["items_per_second"]) / 1e6)
    print(f"{'':16} {'median':>8} {'best':>8}  M requests/s    median ratio, of best")
    for rival, ours in chosen.items():
        for name in [rival, *ours]:
            median, best = statistics.median(rates[name]), max(rates[name])
            ratio = "" if name == rival else (
                f"{statistics.median(a / b for a, b in zip(rates[name], rates[rival])):20.1f} {best / max(rates[rival]):8.1f}")
            print(f"{name:16} {median:8.1f} {best:8.1f} {ratio}")


main()
