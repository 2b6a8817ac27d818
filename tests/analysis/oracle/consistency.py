# SPDX-License-Identifier: GPL-3.0-or-later
"""How long routing stays where it is (metrics.md 1): SRP, SCH, window cover, sequence caches, lifetimes, distinct experts."""
import math
from fractions import Fraction

import numpy as np

import caches
from rows import row, with_site_means


def window_counts(mask, sequences, m):
    """[windows, E]: how often each expert is chosen in each window of m tokens; every start, inside one sequence."""
    parts = [np.zeros((0, mask.shape[1]), np.int64)]
    for begin, end in sequences:
        if end - begin >= m:
            total = np.concatenate([np.zeros((1, mask.shape[1]), np.int64), mask[begin:end].cumsum(0)])
            parts.append(total[m:] - total[:-m])
    return np.concatenate(parts)


def best_f1(histogram, m):
    """(F1, alpha, rho_hat) of the best threshold: the first one among equals."""
    active = sum(f * int(h) for f, h in enumerate(histogram))
    best = (Fraction(-1), None, None)
    for alpha in range(m + 1):
        hit = sum(f * int(h) for f, h in enumerate(histogram) if f >= alpha)
        switched_on = m * sum(int(h) for f, h in enumerate(histogram) if f >= alpha)
        f1 = Fraction(2 * hit, switched_on + active)
        if f1 > best[0]:
            best = (f1, alpha, Fraction(switched_on, active))
    return best


def srp_closed_form(m, a):
    """SRP, alpha and rho_hat of uniform random routing: the counts are binomial (metrics.md 1.5)."""
    h = [math.comb(m, f) * a**f * (1 - a) ** (m - f) for f in range(m + 1)]
    f1 = []
    for alpha in range(m + 1):
        hit = sum(f * h[f] for f in range(alpha, m + 1))
        f1.append(2 * hit / (m * sum(h[alpha:]) + m * a))
    alpha = max(range(m + 1), key=lambda i: (f1[i], -i))
    return f1[alpha], alpha, sum(h[alpha:]) / a


def srp_rows(histogram, m, a, **where):
    n, active = int(histogram.sum()), int((histogram * np.arange(m + 1)).sum())
    names = ("srp.value", "srp.rho_hat", "srp.alpha", "srp.lower_bound")
    if n == 0 or active == 0:
        return [row(name, "no window" if n == 0 else "never chosen", n, **where, m=m) for name in names]
    f1, alpha, rho = best_f1(histogram, m)
    rate = Fraction(active, m * n)
    uniform = (None,) * 3
    if a is not None:
        value, threshold, size = srp_closed_form(m, a)
        uniform = (value, size, threshold)
    return [row(name, value, n, **where, uniform=chance, m=m) for name, value, chance in
            zip(names, (f1, rho, alpha, 2 * rate / (1 + rate)), (*uniform, None))]


def srp(trace, windows=(4, 16, 64, 256)):
    out = []
    rates = {s.k / s.E for s in trace.sites}
    for m in windows:
        everything = np.zeros(m + 1, np.int64)
        for l, site in enumerate(trace.sites):
            f = window_counts(trace.mask(l), trace.sequences(), m)
            per_expert = [np.bincount(f[:, e], minlength=m + 1) for e in range(site.E)]
            for e, histogram in enumerate(per_expert):
                out += srp_rows(histogram, m, site.k / site.E, site=l, expert=e)
            out += srp_rows(sum(per_expert), m, site.k / site.E, site=l)
            everything += sum(per_expert)
        out += srp_rows(everything, m, rates.copy().pop() if len(rates) == 1 else None)
    return out


def cache_size(rho, slots):
    return max(1, math.floor(rho * slots + 0.5))


def streams(trace):
    """(site or None, slots, sequences of tokens): each site, and all sites as one model with a cache of its own."""
    lists = [trace.lists(l) for l in range(trace.L)]
    for l in range(trace.L):
        yield l, trace.sites[l].k, [lists[l][b:e] for b, e in trace.sequences()]
    first = np.cumsum([0] + [s.E for s in trace.sites])
    whole = [[int(first[l]) + x for l in range(trace.L) for x in lists[l][t]] for t in range(trace.T)]
    yield None, sum(s.k for s in trace.sites), [whole[b:e] for b, e in trace.sequences()]


def sch(trace, windows=(4, 16, 64), rhos=(0.5, 1, 2, 4)):
    out = []
    for l, slots, sequences in streams(trace):
        for m in windows:
            for rho in rhos:
                value, n = caches.hit_rate(sequences, cache_size(rho, slots), lambda tokens: caches.LookAhead(tokens, m))
                out.append(row("sch.hit_rate", value, n, l, m=m, rho=rho))
    return out


def sequence_cache(trace, rhos=(0.5, 1, 2, 4), warm=True):
    out = []
    params = {} if warm else {"warm": 0}
    policies = {"lru": caches.LeastRecent, "lfu": caches.LeastFrequent, "belady": caches.Belady}
    for l, slots, sequences in streams(trace):
        for rho in rhos:
            for name, policy in policies.items():
                value, n = caches.hit_rate(sequences, cache_size(rho, slots), policy, warm)
                out.append(row("sequence_cache." + name, value, n, l, rho=rho, **params))
    return out


def sch_cover(trace, windows=(4, 16, 64), rhos=(1, 2, 3)):
    """SCH of the paper's first version: how much of a window its C most used experts cover."""
    out = []
    for m in windows:
        counts = [window_counts(trace.mask(l), trace.sequences(), m) for l in range(trace.L)]
        groups = [(l, trace.sites[l].k, counts[l]) for l in range(trace.L)]
        groups.append((None, sum(s.k for s in trace.sites), np.concatenate(counts, axis=1)))
        for l, slots, f in groups:
            most_used = -np.sort(-f, axis=1)
            for rho in rhos:
                covered, active = int(most_used[:, :cache_size(rho, slots)].sum()), int(f.sum())
                out.append(row("sch_cover.hit_rate", covered / active if active else "no window", len(f), l, m=m, rho=rho))
    return out


def lifetime(trace, rho=2):
    out = []
    for l, site in enumerate(trace.sites):
        runs, stays, lists = [], [], trace.lists(l)
        for begin, end in trace.sequences():
            open_runs = {}
            for token in lists[begin:end]:
                runs += [n for x, n in open_runs.items() if x not in token]
                open_runs = {x: open_runs.get(x, 0) + 1 for x in token}
            runs += open_runs.values()
            stays += caches.lru_stays(lists[begin:end], cache_size(rho, site.k))
        out.append(row("lifetime.run", sum(runs) / len(runs) if runs else None, len(runs), l))
        out.append(row("lifetime.lru", sum(stays) / len(stays) if stays else None, len(stays), l, rho=rho))
    return with_site_means(out)


def distinct(trace, windows=(16,)):
    out = []
    for w in windows:
        for l, site in enumerate(trace.sites):
            lists, found = trace.lists(l), []
            for begin, end in trace.sequences():
                for t in range(begin, end - w + 1, w):
                    found.append(len({x for token in lists[t:t + w] for x in token}))
            out.append(row("distinct.experts", sum(found) / len(found) if found else "no window", len(found), l,
                           uniform=site.E * (1 - (1 - site.k / site.E) ** w), window=w))
    return with_site_means(out)
