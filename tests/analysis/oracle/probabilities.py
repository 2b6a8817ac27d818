# SPDX-License-Identifier: GPL-3.0-or-later
"""What the whole router distribution says: auxiliary losses, z-loss, effective k; and simulated drops (metrics.md 4, 6.2, 6.3)."""
import math

import numpy as np

from rows import row, with_site_means


def levels(trace, batch):
    """(level, parts of the trace as lists of tokens, params)."""
    each = [np.arange(b, e) for b, e in trace.sequences() if e > b]
    batches = [np.concatenate(each[i:i + batch]) for i in range(0, len(each), batch)]
    each, batches = ([tokens for tokens in parts if len(tokens)] for parts in (each, batches))
    return ("corpus", [np.arange(trace.T)], {}), ("micro_batch", batches, {"batch": batch}), ("sequence", each, {})


def loss(counts, P):
    """E sum f P of the tokens of some layers thrown together: (switch: f over choices, hf: f over tokens), None without any."""
    chosen = [c.any(1) for c in counts]  # tokens without a choice do not count
    c = sum(c[which].sum(0) for c, which in zip(counts, chosen))
    p = sum(p[which].sum(0) for p, which in zip(P, chosen))
    n = int(sum(which.sum() for which in chosen))
    return (len(c) * float((c / c.sum()) @ (p / n)), len(c) * float((c / n) @ (p / n)), n) if n else None


def aux_loss(trace, batch=4):
    out = []
    P = [trace.probabilities(l) for l in range(trace.L)]
    A = [trace.mask(l) for l in range(trace.L)]
    for level, parts, params in levels(trace, batch):
        def rows_of(layers, **where):
            each = [loss([A[l][tokens] for l in layers], [P[l][tokens] for l in layers]) for tokens in parts]
            switch, hf, n = zip(*(e for e in each if e))
            count = n[0] if level == "corpus" else len(n)
            return [row("aux_loss." + name, sum(values) / len(values), count, other={"level": level}, **where, **params)
                    for name, values in (("switch", switch), ("hf", hf))]
        rows = [r for l in range(trace.L) for r in rows_of([l], site=l)]
        out += [r for r in with_site_means(rows) if r["site"] is not None or r["metric"] != "aux_loss.hf"]
        if len({site.E for site in trace.sites}) > 1:
            out.append(row("aux_loss.hf", "the sites differ in their experts", 0, other={"level": level}, **params))
        else:  # Transformers concatenates the layers, of every part by itself
            out.append(rows_of(range(trace.L))[1])
    return out


def z_loss(trace):
    out = []
    for l in range(trace.L):
        z = trace.logits[l][trace.mask(l).any(1)]
        lse = z.max(1) + np.log(np.exp(z - z.max(1, keepdims=True)).sum(1))
        out.append(row("z_loss.mean", (lse**2).mean(), len(z), l))
    return with_site_means(out)


def effective_k(trace, mass=0.9):
    out = []
    for l, site in enumerate(trace.sites):
        p = trace.probabilities(l)[trace.mask(l).any(1)]
        cumulated = np.cumsum(-np.sort(-p, axis=1), axis=1)
        needed = (cumulated < mass).sum(1) + 1
        logs = np.log(np.where(p > 0, p, 1))
        out.append(row("effective_k.mean", needed.mean(), len(p), l, uniform=math.ceil(mass * site.E), mass=mass))
        out.append(row("effective_k.perplexity", np.exp(-(p * logs).sum(1)).mean(), len(p), l, uniform=site.E))
    return with_site_means(out)


def drop(trace, factors=(1, 1.25), bins=16):
    out = []
    longest = getattr(trace, "longest", max(trace.length))  # the same bins for the parts of a trace
    edges = [-(-b * longest // bins) for b in range(bins + 1)]
    for cf in factors:
        rows = []
        for l, site in enumerate(trace.sites):
            lists = trace.lists(l)
            dropped, assigned = np.zeros(bins, int), np.zeros(bins, int)
            for begin, end in trace.sequences():
                room = [math.ceil(cf * site.k * (end - begin) / site.E)] * site.E
                for t in range(begin, end):
                    b = (t - begin) * bins // longest
                    for e in lists[t]:
                        assigned[b] += 1
                        dropped[b] += room[e] <= 0
                        room[e] -= 1
            total = int(assigned.sum())
            rows.append(row("drop.ratio", dropped.sum() / total, total, l, cf=cf))
            for b in range(bins):
                if assigned[b]:
                    rows.append(row("drop.ratio", dropped[b] / assigned[b], assigned[b], l,
                                    other={"position": f"{edges[b]}-{edges[b + 1] - 1}"}, cf=cf))
            c = trace.mask(l).sum(0)
            room = math.ceil(cf * site.k * trace.T / site.E)
            rows.append(row("drop.corpus", np.maximum(0, c - room).sum() / total, total, l, cf=cf))
        out += with_site_means(rows)
    return out
