#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The analysis a researcher would write: numpy, vectorised, one site at a time, one core.

rival_analysis.py TOKENS SITES EXPERTS SLOTS SEQUENCE -> CPU seconds without making the data.
Computes what bench_analysis does: loads of all and of the first choice by label value, MaxVio, CV, Gini, entropy of the
whole and MaxVio by sequence, first-choice repetition, overlap and Jaccard of neighbours, mean entropy.
"""
import sys
import time

import numpy as np


def balance(c):
    mean = c.mean()
    q = c[c > 0] / c.sum()
    s = np.sort(c)
    i = np.arange(1, len(c) + 1)
    return (c.max() / mean - 1, c.std() / mean, ((2 * i - len(c) - 1) * s).sum() / (len(c) * c.sum()),
            -(q * np.log(q)).sum() / np.log(len(c)))


def analyse(ids, entropy, label, num_experts, sequence):
    num_tokens, slots = ids.shape
    results = [balance(np.bincount(ids.ravel(), minlength=num_experts))]
    by_sequence = ids.reshape(-1, sequence * slots)
    offsets = np.arange(len(by_sequence), dtype=np.int64)[:, None] * num_experts
    per_sequence = np.bincount((by_sequence + offsets).ravel(), minlength=len(by_sequence) * num_experts)
    per_sequence = per_sequence.reshape(-1, num_experts)
    results.append((per_sequence.max(1) * num_experts / (sequence * slots) - 1).mean())
    for value in range(4):
        chosen = ids[label == value]
        results.append(np.bincount(chosen.ravel(), minlength=num_experts) / len(chosen))
        results.append(np.bincount(chosen[:, 0], minlength=num_experts) / len(chosen))
    assert num_experts <= 64
    mask = np.bitwise_or.reduce(np.uint64(1) << ids.astype(np.uint64), axis=1)
    inside = np.ones(num_tokens - 1, bool)
    inside[sequence - 1::sequence] = False
    shared = (mask[:-1] & mask[1:])[inside]
    overlap = np.unpackbits(shared.view(np.uint8)).reshape(-1, 64).sum(1)
    results.append((ids[:-1, 0] == ids[1:, 0])[inside].mean())
    results.append(((overlap > 0).mean(), overlap.mean() / slots, (overlap / (2 * slots - overlap)).mean()))
    results.append((entropy.astype(np.float64).mean(), entropy.astype(np.float64).std()))
    return results


def main():
    num_tokens, sites, experts, slots, sequence = map(int, sys.argv[1:])
    rng = np.random.default_rng(1)
    ids = np.argpartition(rng.random((65536, experts), dtype=np.float32), slots, axis=1)[:, :slots].astype(np.uint16)
    ids = np.ascontiguousarray(np.tile(ids, (num_tokens // 65536 + 1, 1))[:num_tokens])
    entropy = rng.random(num_tokens, dtype=np.float32)
    label = np.repeat(rng.integers(0, 4, num_tokens // sequence), sequence)
    start = time.process_time()
    for _ in range(sites):
        analyse(ids, entropy, label, experts, sequence)
    print(time.process_time() - start)


if __name__ == "__main__":
    main()
