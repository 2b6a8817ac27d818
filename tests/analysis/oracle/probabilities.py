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


def aux_loss(trace, batch=4):
    out = []
    P = [trace.probabilities(l) for l in range(trace.L)]
    A = [trace.mask(l) for l in range(trace.L)]
    for level, parts, params in levels(trace, batch):
        rows = []
        for l, site in enumerate(trace.sites):
            switch, hf = [], []
            for tokens in parts:
                c, p = A[l][tokens].sum(0), P[l][tokens].mean(0)
                if not c.sum():
                    continue
                switch.append(site.E * float((c / c.sum()) @ p))
                hf.append(site.E * float((c / len(tokens)) @ p))
            n = trace.T if level == "corpus" else len(switch)
            rows.append(row("aux_loss.switch", sum(switch) / len(switch), n, l, other={"level": level}, **params))
            rows.append(row("aux_loss.hf", sum(hf) / len(hf), n, l, other={"level": level}, **params))
        out += with_site_means(rows)
        if level == "corpus":  # Transformers concatenates the layers
            out = [r for r in out if r["site"] is not None or r["metric"] != "aux_loss.hf"]
            if len({site.E for site in trace.sites}) > 1:
                out.append(row("aux_loss.hf", "the sites differ in their experts", 0, other={"level": level}))
                continue
            f, p = sum(a.mean(0) for a in A) / trace.L, sum(p.mean(0) for p in P) / trace.L
            out.append(row("aux_loss.hf", trace.sites[0].E * float(f @ p), trace.T * trace.L, other={"level": level}))
    return out


def z_loss(trace):
    out = []
    for l in range(trace.L):
        z = trace.logits[l]
        lse = z.max(1) + np.log(np.exp(z - z.max(1, keepdims=True)).sum(1))
        out.append(row("z_loss.mean", (lse**2).mean(), len(z), l))
    return with_site_means(out)


def effective_k(trace, mass=0.9):
    out = []
    for l, site in enumerate(trace.sites):
        p = trace.probabilities(l)
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
