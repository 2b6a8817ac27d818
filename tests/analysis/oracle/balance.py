# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads, their balance, and repetition between neighbouring tokens (metrics.md 1.6, 6.1, 6.3)."""
import math

import numpy as np

from rows import row, with_site_means
from trace import SOFTMAX


def load_counts(trace, l):
    return trace.mask(l).sum(0)


def load(trace):
    out = []
    for l in range(trace.L):
        c, n = load_counts(trace, l), sum(1 for token in trace.lists(l) if token)
        for e, count in enumerate(c.tolist()):
            out.append(row("load.count", count, n, l, e))
            out.append(row("load.share", count / c.sum(), n, l, e))
            out.append(row("load.relative", count / c.mean(), n, l, e))
    return out


def entropy(q):
    q = q[q > 0]
    return float(-(q * np.log(q)).sum())


def max_vio(c):
    return float(c.max() / c.mean() - 1)


def balance(trace, batch=4):
    out = []
    for l, site in enumerate(trace.sites):
        mask = trace.mask(l)
        c, n, E = mask.sum(0), int(mask.any(1).sum()), site.E
        if not c.sum():
            out.append(row("balance.max_vio", "no choices", 0, l))
            continue
        ascending, H = np.sort(c), entropy(c / c.sum())
        gini = sum((2 * i - E - 1) * int(x) for i, x in enumerate(ascending, 1)) / (E * int(c.sum()))
        for name, value in (("max_vio", max_vio(c)), ("cv", c.std() / c.mean()), ("gini", gini),
                            ("entropy", H / math.log(E)), ("kl", math.log(E) - H), ("min_load", c.min() / c.mean()),
                            ("dead", (c == 0).sum())):
            out.append(row("balance." + name, value, n, l))
        loads = [mask[b:e].sum(0) for b, e in trace.sequences() if e > b]
        batches = [sum(loads[i:i + batch]) for i in range(0, len(loads), batch)]
        for name, parts, params in (("sequence", loads, {}), ("batch", batches, {"batch": batch})):
            each = [max_vio(part) for part in parts if part.sum()]
            out.append(row("balance.max_vio_" + name, sum(each) / len(each), len(each), l, **params))
    return with_site_means(out)


def repetition(trace):
    out = []
    for l in range(trace.L):
        lists, first, pairs = trace.lists(l), [], []
        for begin, end in trace.sequences():
            for t in range(begin + 1, end):
                a, b = set(lists[t - 1]), set(lists[t])
                now, before = trace.ids[l][t][0], trace.ids[l][t - 1][0]
                if now >= 0 and before >= 0:
                    first.append(now == before)
                if a and b:
                    both = len(a & b)
                    pairs.append((both > 0, both / len(b), both / len(a | b)))
        for name, values in zip(("first", "any", "overlap", "jaccard"), (first, *zip(*pairs))):
            out.append(row("repetition." + name, sum(values) / len(values), len(values), l))
    return with_site_means(out)


def sharpness(trace):
    out = []
    for l, site in enumerate(trace.sites):
        chosen = trace.mask(l).any(1)  # tokens without a choice do not count
        if trace.entropy is not None:
            H = trace.entropy[l][chosen & ~np.isnan(trace.entropy[l])]
            out.append(row("router_entropy.mean", H.mean(), len(H), l))
            out.append(row("router_entropy.sd", H.std(), len(H), l))
            out.append(row("router_entropy.relative", H.mean() / math.log(site.E), len(H), l))
        if site.score != SOFTMAX:
            mass = None
        elif site.renorm == 0:
            mass = np.nansum(trace.weights[l][chosen], 1) / site.scaling
        else:
            mass = (trace.probabilities(l) * trace.mask(l)).sum(1)[chosen]
        out.append(row("top_k_mass", "no softmax" if mass is None else mass.mean(), 0 if mass is None else len(mass), l))
        if trace.margin is not None:
            margin = trace.margin[l][chosen & ~np.isnan(trace.margin[l])]
            out.append(row("margin.mean", margin.mean(), len(margin), l))
            out.append(row("margin.sd", margin.std(), len(margin), l))
    return with_site_means(out)
