#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of SRP and of simulated caches: moe-lrc's own functions against ours, one core each, CPU seconds.

consistency_vs_moe_lrc.py MOE_LRC BENCH_CONSISTENCY [--sequences 64] [--no-bootstrap] [--only-caches]

MOE_LRC is a checkout of github.com/ljcleo/moe-lrc (7b3ca46), BENCH_CONSISTENCY the built tests/bench/bench_consistency.
Needs torch, safetensors, tqdm, sortedcontainers; moe-lrc's configuration is stood in for. SRP: 2048 sequences of 512 tokens,
top-8 of 64, one layer, m = 4/16/64/256; with and without the 1000-fold bootstrap. Their caches give all 64 sizes in
a run, ours the four that are asked for (rho = 0.5/1/2/4), for LRU all too; "all sizes" asks ours for all 64. "The
family" is all five together, as the metrics replay them: several m of SCH in one pass. Sticky
routing, the same kind on both sides.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import types

import torch

SAMPLES, LENGTH, EXPERTS, SLOTS = 2048, 512, 64, 8


def sticky(samples):
    """[samples, length, slots]: half of a token's experts come from the token before."""
    torch.manual_seed(1)
    ids = torch.empty(samples, LENGTH, SLOTS, dtype=torch.int64)
    bonus = torch.zeros(samples, EXPERTS)
    for t in range(LENGTH):
        ids[:, t] = (torch.rand(samples, EXPERTS) + bonus).topk(SLOTS).indices
        bonus = torch.zeros(samples, EXPERTS).scatter_(1, ids[:, t], 1.0) * (torch.rand(samples, EXPERTS) < 0.5)
    return ids


def load(checkout, name, **stand_ins):
    """A script of moe-lrc as a module, with stand-ins for its configuration."""
    misc = types.ModuleType("misc")
    misc.get_model_key = misc.get_model_keys = misc.stable_hash = lambda *_, **__: 0
    misc.print_log = lambda *_: None
    misc.get_global_config = lambda key: {"seg_lengths": [4, 16, 64, 256]}[key]
    one = {("any", "num_layers"): 1, ("any", "num_experts"): EXPERTS, ("any", "top_k"): SLOTS}
    misc.model_config = types.SimpleNamespace(loc=one)
    sys.modules["misc"] = misc
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(checkout) / "src" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for key, value in stand_ins.items():
        setattr(module, key, value)
    return module


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def their_srp(checkout, replicates):
    """Seconds for one layer; reading and writing left out."""
    ids = sticky(SAMPLES)
    rank = torch.zeros(SAMPLES, LENGTH, EXPERTS, dtype=torch.int8)
    rank.scatter_(2, ids, torch.arange(EXPERTS - 1, EXPERTS - 1 - SLOTS, -1, dtype=torch.int8).expand_as(ids))
    module = load(checkout, "30_srp_calc", load_file=lambda _: {"any": rank}, save_file=lambda *_: None)
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "any_00.safetensors").touch()
        return timed(lambda: module.seg_stat(replicates, pathlib.Path(folder), pathlib.Path(folder), "any"))


def their_caches(checkout, sequences):
    """Seconds a choice for each policy."""
    topk = sticky(sequences).to(torch.int8)
    sch, caches = load(checkout, "41_sch_calc"), load(checkout, "50_chr_calc")
    policies = {"lru": lambda seq: caches.calc_lru(seq, EXPERTS), "lfu": lambda seq: caches.calc_lfu(seq, EXPERTS),
                "belady": lambda seq: caches.calc_beladi(seq, EXPERTS), "sch_4": lambda seq: sch.calc_fsf(seq, EXPERTS, 4),
                "sch_64": lambda seq: sch.calc_fsf(seq, EXPERTS, 64)}
    return {name: timed(lambda: [policy(seq) for seq in topk]) / topk.numel() for name, policy in policies.items()}


def ours(executable, pattern):
    """The least CPU seconds an item of each benchmark that fits."""
    output = subprocess.run([executable, f"--benchmark_filter={pattern}", "--benchmark_repetitions=5",
                             "--benchmark_min_time=0.2", "--benchmark_format=json"],
                            capture_output=True, text=True, check=True).stdout
    best = {}
    for run in json.loads(output)["benchmarks"]:
        if run["run_type"] == "iteration":
            name = run["name"].split("/")[1]
            best[name] = min(best.get(name, 1e9), 1 / run["items_per_second"])
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moe_lrc")
    parser.add_argument("bench")
    parser.add_argument("--sequences", type=int, default=64)
    parser.add_argument("--no-bootstrap", action="store_true")
    parser.add_argument("--only-caches", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)

    def report(name, theirs, mine, unit):
        print(f"{name:24} moe-lrc {theirs:12.6g} {unit}   ours {mine:12.6g} {unit}   ratio {theirs / mine:8.1f}", flush=True)

    tokens = SAMPLES * LENGTH
    mine = {} if options.only_caches else ours(options.bench, "metric/srp(_bootstrap)?/64/8/")
    if not options.only_caches:
        report("SRP", their_srp(options.moe_lrc, 0), mine["srp"] * tokens, "s")
    if not options.no_bootstrap and not options.only_caches:
        report("SRP, 1000 replicates", their_srp(options.moe_lrc, 1000), mine["srp_bootstrap"] * tokens, "s")
    theirs, mine = their_caches(options.moe_lrc, options.sequences), ours(options.bench, "cache(_all)?/.*/64/8/")
    both = (theirs["sch_4"] + theirs["sch_64"]) / 2  # ours looks several m ahead in one pass, and so does the metric
    for name, seconds in {**theirs, "sch_4_64": both}.items():
        report(name, seconds * 1e9, mine[name] * 1e9, "ns a choice")
        report(f"{name}, all sizes", seconds * 1e9, mine[f"{name}_all"] * 1e9, "ns a choice")
    alone = [mine[name] for name in ("lru", "lfu", "belady")]
    report("the family", sum(theirs.values()) * 1e9, (sum(alone) + 2 * mine["sch_4_64"]) * 1e9, "ns a choice")


if __name__ == "__main__":
    main()
