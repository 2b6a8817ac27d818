# SPDX-License-Identifier: GPL-3.0-or-later
"""Cache-aware rerouting (arXiv 2412.00099) over trace M of metrics.md 9.1, from its definition alone: full sorts, lists.

    python3 generate_rerouting.py > rerouting.tsv

One line a run and site; tst_rerouting compares. Needs numpy.
"""
import math
import sys

import numpy as np

S, T, L, E, K = 8, 512, 4, 64, 8


def mix(x):
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def trace_m():
    """logits [S * T, L, E] float32; ids [S * T, L, K] by the exact scores."""
    s, t, l, e = np.meshgrid(*(np.arange(n, dtype=np.uint64) for n in (S, T, L, E)), indexing="ij")
    key = lambda t: ((s * 512 + t) * 4 + l) * 64 + e
    score = (mix(key(t)) >> np.uint64(2)) + (mix(key(t // np.uint64(16)) + np.uint64(1 << 40)) >> np.uint64(2))
    ids = np.argsort(-(score >> np.uint64(1)).astype(np.int64), axis=-1, kind="stable")[..., :K]
    logits = (8 * (score >> np.uint64(10)).astype(np.float64) * 2.0**-53).astype(np.float32)
    return logits.reshape(S * T, L, E), ids.reshape(S * T, L, K)


def steps_of(batch):
    """Sequences side by side; the next one enters where one has ended. Here all are as long."""
    for first in range(0, S, batch):
        for t in range(T):
            yield [s * T + t for s in range(first, min(first + batch, S))]


class Token:
    def __init__(self, logits, ids):
        self.z = [float(v) for v in logits]
        rank = {int(x): r for r, x in enumerate(ids)}
        self.recorded = [int(x) for x in ids]
        # As the router saw them: by logit, ties as recorded.
        self.order = sorted(range(E), key=lambda x: (-self.z[x], rank.get(x, E), x))
        assert set(self.order[:K]) == set(self.recorded)
        self.place = {x: i for i, x in enumerate(self.order)}
        top = max(self.z)
        weights = [math.exp(v - top) for v in self.z]
        total = sum(weights)
        self.p = [w / total for w in weights]
        self.range = max(self.z) - min(self.z)


def choose(token, resident, rule, strength, keep, mean_range):
    kept = token.order[: min(keep, K)]
    if rule == "prior":
        bonus, window = strength * mean_range, E
    elif rule == "max_rank":
        bonus, window = math.inf, int(strength)
    else:
        bonus, window, held = math.inf, 0, 0.0
        while held < strength and window < E:
            held += token.p[token.order[window]]
            window += 1
    key = lambda x: (-(token.z[x] + (bonus if x in resident and token.place[x] < window else 0.0)), token.place[x])
    rest = sorted((x for x in range(E) if x not in kept), key=key)
    chosen = kept + rest[: K - len(kept)]
    if set(chosen) == set(token.recorded):
        return token.recorded
    return sorted(chosen, key=lambda x: token.place[x])


def run(tokens, batch, rule, strength, keep, capacity):
    cache, seen = [], set()  # most recent last
    total, count = 0.0, 0
    out = dict.fromkeys(("requests", "assignments", "hits", "compulsory", "evictions", "changed"), 0)
    dropped = added = 0.0
    for step in steps_of(batch):
        union = []
        for i in step:
            token = tokens[i]
            total, count = total + token.range, count + 1
            chosen = choose(token, set(cache), rule, strength, keep, total / count)
            out["assignments"] += len(chosen)
            out["changed"] += len(set(chosen) - set(token.recorded))
            dropped += sum(token.p[x] for x in set(token.recorded) - set(chosen))
            added += sum(token.p[x] for x in set(chosen) - set(token.recorded))
            union += [x for x in chosen if x not in union]
        out["requests"] += len(union)
        out["hits"] += sum(x in cache for x in union)
        out["compulsory"] += len(set(union) - seen)
        seen |= set(union)
        before = set(cache)
        cache = [x for x in cache if x not in union] + union[::-1]
        cache = cache[-capacity:]
        out["evictions"] += len(before - set(cache))
    return out, dropped, added


def main():
    logits, ids = trace_m()
    sites = [[Token(logits[i, l], ids[i, l]) for i in range(S * T)] for l in range(L)]
    runs = [(1, "prior", 0.1, 1, c) for c in (4, 16, 32)]
    runs += [(1, "prior", s, 2, 16) for s in (0.0, 0.02, 0.3, 1.0)] + [(1, "prior", 0.2, 0, 12), (1, "prior", 5.0, 8, 16)]
    runs += [(1, "max_rank", 12.0, 1, 16), (1, "max_rank", 24.0, 2, 8), (1, "cumulative", 0.5, 1, 16)]
    runs += [(1, "cumulative", 0.9, 2, 24), (3, "prior", 0.1, 1, 32), (3, "max_rank", 16.0, 2, 10)]
    columns = ["batch", "rule", "strength", "keep", "capacity", "site", "requests", "assignments", "hits", "compulsory",
               "evictions", "changed", "dropped", "added"]
    print("\t".join(columns))
    for parameters in runs:
        for site in range(L if parameters[0] == 1 else 1):
            out, dropped, added = run(sites[site], *parameters)
            print(*parameters, site, *out.values(), f"{dropped:.9g}", f"{added:.9g}", sep="\t")
            sys.stdout.flush()


main()
