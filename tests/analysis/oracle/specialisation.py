# SPDX-License-Identifier: GPL-3.0-or-later
"""What experts are for: label values, token ids, positions (metrics.md 1.3, 3.3, 3.4, 4, 5)."""
import math
from collections import Counter, defaultdict

import numpy as np

from balance import entropy, max_vio
from consistency import window_counts
from rows import cell, row, with_site_means


def by_value(trace, label):
    """(value, trace of its sequences) for the values that occur."""
    parts = [(v, trace.of_label(label, v)) for v in trace.values[label]]
    return [(v, part) for v, part in parts if part.T]


def first_choice(trace, l):
    """mask() of the choices in the first slot alone."""
    alone = trace.select(range(trace.S))
    alone.ids = [ids[:, :1] for ids in trace.ids]
    return alone.mask(l)


def specialisation(trace, label):
    out = []
    for name, first in (("specialisation", False), ("specialisation_top1", True)):
        for l, site in enumerate(trace.sites):
            shares, total = [], 0
            for value, part in by_value(trace, label):
                mask = part.mask(l)
                if first:
                    mask = first_choice(part, l)
                n, c = int(mask.any(1).sum()), mask.sum(0)
                if n == 0:
                    continue
                total += n
                where = dict(site=l, label={label: value})
                out += [row(name + ".share", c[e] / n, n, expert=e, **where) for e in range(site.E)]
                out.append(row(name + ".max_share", c.max() / n, n, expert=int(c.argmax()), **where))
                out.append(row(name + ".min_share", c.min() / n, n, expert=int(c.argmin()), **where))
                out.append(row(name + ".max_vio", max_vio(c), n, **where))
                out.append(row(name + ".entropy", entropy(c / c.sum()) / math.log(site.E), n, **where))
                shares.append(c / c.sum())
            jsd = entropy(sum(shares) / len(shares)) - sum(map(entropy, shares)) / len(shares)
            out.append(row(name + ".jsd", jsd, total, l))
    return out


def domain_cv(trace, label, m=16):
    """moe-lrc: sample SD over mean, over label values, of the activation rate in windows of m."""
    out, everything = [], []
    parts = by_value(trace, label)
    for l, site in enumerate(trace.sites):
        rates = []
        for _, part in parts:
            f = window_counts(part.mask(l), part.sequences(), m)
            if len(f):
                rates.append(f.sum(0) / (m * len(f)))
        of_site = []
        for e in range(site.E):
            kept = np.array([rate[e] for rate in rates if rate[e] > 1e-5])
            value = kept.std(ddof=1) / kept.mean() if len(kept) >= 2 else "fewer than two values use it"
            out.append(row("domain_cv.value", value, len(kept), l, e, m=m))
            of_site += [] if isinstance(value, str) else [value]
        out.append(row("domain_cv.mean", np.mean(of_site) if of_site else "undefined for every expert", len(of_site), l, m=m))
        everything += of_site
    out.append(row("domain_cv.mean", np.mean(everything) if everything else "undefined", len(everything), m=m))
    return out


def token_ids(trace, ids):
    """The id that counts for each token; -1: none."""
    if ids == "input":
        return trace.token_id
    out = np.full(trace.T, -1)
    for begin, end in trace.sequences():
        out[begin:end - 1] = trace.token_id[begin + 1:end]
    return out


def vocabulary(trace, ids="input", n_min=20, top=1):
    params = dict(ids=ids, n_min=n_min, top=top)
    of_experts, of_sites, x = [], [], token_ids(trace, ids).tolist()
    for l, site in enumerate(trace.sites):
        occurrences, chosen = Counter(), defaultdict(Counter)
        for token, experts in zip(x, trace.ids[l].tolist()):
            experts = [e for e in (experts[:top] if top else experts) if e >= 0]
            if token >= 0 and experts:
                occurrences[token] += 1
                chosen[token].update(experts)
        v, won = [], defaultdict(list)
        for token, n in occurrences.items():
            if n >= n_min:
                winner = min(chosen[token], key=lambda e: (-chosen[token][e], e))
                v.append(chosen[token][winner] / n)
                won[winner].append(v[-1])
        none = f"no id occurs {n_min} times"
        a = min(top or site.k, site.k) / site.E
        for e in range(site.E):
            value = sum(won[e]) / len(won[e]) if won[e] else "wins no id"
            of_experts.append(row("vocabulary.specialisation", value, len(won[e]), l, e, **params))
        of_sites.append(row("vocabulary.specialisation", sum(v) / len(v) if v else none, len(v), l, **params))
        normalised = [(value - a) / (1 - a) for value in v]
        of_sites.append(row("vocabulary.normalised", sum(normalised) / len(v) if v else none, len(v), l, **params))
    return of_experts + with_site_means(of_sites)


def positions(trace):
    return np.concatenate([np.arange(n) for n in trace.length])


def spread(trace, n_min=128, bins=32):
    """SD over experts of the share vector of a token id, and of a position."""
    rows, cells = [], []
    position = positions(trace)
    for l, site in enumerate(trace.sites):
        mask = trace.mask(l)
        for name, key in (("token_id", trace.token_id), ("position", position)):
            sds = []
            for x in np.unique(key[key >= 0]):
                chosen = mask[key == x]
                if chosen.any(1).sum() > n_min:
                    sds.append((chosen.sum(0) / chosen.sum()).std())
            rows.append(row("spread." + name, sum(sds) / len(sds) if sds else "none occurs often enough", len(sds), l,
                            n_min=n_min))
        bin_of = position * bins // max(trace.length)
        for b in range(bins):
            c = mask[bin_of == b].sum(0)
            cells += [cell("spread.by_position", c[e] / c.sum() if c.sum() else None, (b, e), l, n_min=n_min)
                      for e in range(site.E)]
    return cells + with_site_means(rows)


def risk_difference(trace, label, reference="", tau=0.3):
    """SteerMoE: rate of an expert for one label value minus that for the reference, or for all other values."""
    experts, sites = [], []
    for value, part in by_value(trace, label):
        if value == reference:
            continue
        rest = [s for s in range(trace.S) if trace.labels[label][s] not in (None, value)]
        base = trace.of_label(label, reference) if reference else trace.select(rest)
        for l, site in enumerate(trace.sites):
            where = dict(site=l, label={label: value}, other={"reference": reference or "rest"})
            tokens = [int(t.mask(l).any(1).sum()) for t in (part, base)]
            rate = [t.mask(l).sum(0) / n for t, n in zip((part, base), tokens)]
            difference, n = rate[0] - rate[1], tokens[0]
            experts += [row("risk_difference.value", difference[e], n, expert=e, **where) for e in range(site.E)]
            sites.append(row("risk_difference.max_abs", abs(difference).max(), n, **where))
            sites.append(row("risk_difference.above_tau", (difference > tau).sum(), n, **where, tau=tau))
    return experts + with_site_means(sites)
