#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our cache simulation beside libCacheSim's, in turns on one core: requests a second on workload W1 and their ratios.

    rival_simulation.py CACHESIM BENCH_SIMULATION [--rounds 7] [--only lru,fifo] [--experts 64]
    rival_simulation.py CACHESIM --curve EXPERTSCOPE [--rounds 3]

CACHESIM: libCacheSim's program, one size a run, a quarter of the experts; the better of its own "throughput" (reader
included, wall time) and requests by user CPU time, which other jobs disturb less. BENCH_SIMULATION: our Google Benchmark,
all sizes a run for LRU and OPT, the same one size for the others; CPU time, user and system. Ratios are of rounds (both
sides one after the other, so under the same load): their median; and of the best rates of all rounds. --experts 256 (k =
8) or 1024 (k = 10): as W1 otherwise, 2e6 requests. S3-FIFO runs there with a small queue of a quarter: with its standard
tenth nothing would be admitted to 16 slots.

--curve: from file to the miss ratios at all 64 sizes of W1, each side one thread, what `time` says of the whole program:
`cachesim` with 64 sizes reads 24 bytes a request (oracleGeneral, mapped), `expertscope simulate cache` its HDF5 trace
(packed: under 1 byte a request). libCacheSim's system time goes into a table of 2^24 buckets for each of 64 caches.
"""
import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../analysis/simulation/oracle"))
from generate_libcachesim import write_trace

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
PIN = ["taskset", "-c", "0"]


def make_trace(folder, experts):
    """Returns its path and its number of requests."""
    path = os.path.join(folder, "w1.oracleGeneral.bin")
    k = 6 if experts <= 64 else 8 if experts <= 256 else 10
    tokens = 2000004 // k
    write_trace(path, tokens=tokens, layers=1, experts=experts, k=k, stay=0.35, zipf=0.6, topics=8, seed=1)
    return path, tokens * k


def cachesim(program, trace, policy, sizes):
    more = ["-e", "fifo-size-ratio=0.25"] if policy == "s3fifo" else []
    return PIN + [program, trace, "oracleGeneral", policy, sizes, "--ignore-obj-size", "1", "--num-thread", "1",
                  "--report-interval", "100000000", "-o", "/dev/null", *more]


def rates(arguments):
    chosen = {rival: ours for rival, ours in OURS.items() if not arguments.only or rival in arguments.only.split(",")}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        trace, requests = make_trace(folder, arguments.experts)
        for _ in range(arguments.rounds):
            for rival, ours in chosen.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                text = subprocess.run(cachesim(arguments.cachesim, trace, rival, str(arguments.experts // 4)), cwd=folder,
                                      capture_output=True, text=True, check=True)
                rate = float(re.findall(r"throughput ([\d.]+) MQPS", text.stdout + text.stderr)[-1])
                seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
                found.setdefault(rival, []).append(max(rate, requests / 1e6 / seconds))
                for name in ours:
                    text = subprocess.run(
                        PIN + [arguments.bench, f"--benchmark_filter=^replay(One)?/{name}/{arguments.experts}/",
                               "--benchmark_format=csv", "--benchmark_min_time=0.02"],
                        capture_output=True, text=True, check=True).stdout
                    row = dict(zip(*[line.split(",") for line in text.strip().splitlines()[-2:]]))
                    found.setdefault(name, []).append(float(row["items_per_second"]) / 1e6)
    print(f"{arguments.experts:4} experts     {'median':>8} {'best':>8}  M requests/s    median ratio, of best")
    for rival, ours in chosen.items():
        for name in [rival, *ours]:
            median, best = statistics.median(found[name]), max(found[name])
            ratio = "" if name == rival else (
                f"{statistics.median(a / b for a, b in zip(found[name], found[rival])):20.1f} {best / max(found[rival]):8.1f}")
            print(f"{name:16} {median:8.1f} {best:8.1f} {ratio}", flush=True)


def curves(arguments):
    with tempfile.TemporaryDirectory() as folder:
        trace, _ = make_trace(folder, 64)
        own = os.path.join(folder, "w1.h5")
        subprocess.run([arguments.curve, "synth", "markov", "--tokens", "333334", "--sites", "1", "-o", own],
                       check=True, capture_output=True)
        print(f"{'64 sizes':10} {'':12} {'wall s':>9} {'user s':>9} {'system s':>9} {'MiB':>7}   of {os.path.getsize(trace) / 2**20:.1f} "
              f"MiB there, {os.path.getsize(own) / 2**20:.1f} MiB here")
        for rival, name in {"lru": "lru", "belady": "opt"}.items():
            commands = {"libCacheSim": cachesim(arguments.cachesim, trace, rival, ",".join(map(str, range(1, 65)))),
                        "Expertscope": PIN + [arguments.curve, "simulate", "cache", own, "--policy", name, "--capacity", "1-64",
                                              "--threads", "1", "--csv", "-o", os.path.join(folder, "curve.csv")]}
            best = {}
            for _ in range(arguments.rounds):
                for side, command in commands.items():
                    text = subprocess.run(["/usr/bin/time", "-f", "TIME %e %U %S %M", *command], cwd=folder,
                                          capture_output=True, text=True, check=True).stderr
                    taken = [float(x) for x in text[text.rindex("TIME") + 5:].split()]
                    best[side] = [min(pair) for pair in zip(best.get(side, taken), taken)]
            for side, (wall, user, system, kib) in best.items():
                print(f"{name:10} {side:12} {wall:9.2f} {user:9.2f} {system:9.2f} {kib / 1024:7.0f}")
            theirs, mine = best["libCacheSim"], best["Expertscope"]
            print(f"{'':10} {'ratio':12} {theirs[0] / mine[0]:9.0f} {'user + system':>14} "
                  f"{sum(theirs[1:3]) / max(sum(mine[1:3]), 0.01):.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cachesim")
    parser.add_argument("bench", nargs="?")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", help="policies by libCacheSim's name, with commas")
    parser.add_argument("--experts", type=int, choices=[64, 256, 1024], default=64)
    parser.add_argument("--curve", metavar="EXPERTSCOPE", help="from file to result instead")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (3 if arguments.curve else 7)
    if arguments.curve:
        arguments.curve = os.path.abspath(arguments.curve)
        curves(arguments)
    elif arguments.bench:
        rates(arguments)
    else:
        parser.error("BENCH_SIMULATION or --curve is wanted")


main()
