# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicting the experts of a token (metrics.md 8): fit on the sequences of even rank, scored on the odd ones."""
from fractions import Fraction

import numpy as np

from pairs import transitions
from rows import row, with_site_means

MEASURES = ("recall", "precision", "exact", "f1", "label_accuracy")


def largest(score, n):
    """Ids of the n largest, ties: the lower id."""
    return set(sorted(range(len(score)), key=lambda e: (-score[e], e))[:n])


def measures(Q, S, E):
    both = len(Q & S)
    return (both / len(S), both / len(Q), float(Q == S), 2 * both / (len(Q) + len(S)),
            (E - len(Q) - len(S) + 2 * both) / E)


def matrices(trace):
    """Counts [L][E] of each sequence."""
    masks = [trace.mask(l) for l in range(trace.L)]
    return [[mask[b:e].sum(0) for mask in masks] for b, e in trace.sequences()]


def cosine(a, b):
    norm = np.sqrt(float(a @ a)) * np.sqrt(float(b @ b))
    return float(a @ b) / norm if norm else 0.0


def previous(trace, test, l, n):
    lists = trace.lists(l)
    for begin, end in test:
        for t in range(begin + 1, end):
            yield set(lists[t - 1]), set(lists[t])


def static(trace, test, l, n):
    chosen = largest(trace.fit.mask(l).sum(0).tolist(), n)
    for begin, end in test:
        for t in range(begin, end):
            yield chosen, set(trace.choices(l, t))


def transition(trace, test, l, n):
    if l == 0:
        return
    both, single, _ = transitions(trace.fit, l - 1, l, False)
    E = trace.sites[l].E
    P = {i: [both.get((i, j), 0) / count for j in range(E)] for i, count in single.items()}
    for begin, end in test:
        for t in range(begin, end):
            came_from = trace.choices(l - 1, t)
            if came_from:
                score = [sum(P[i][j] for i in came_from if i in P) for j in range(E)]
                ranked = sorted(score, reverse=True)
                if n < E and 0 < ranked[n - 1] and ranked[n - 1] - ranked[n] < 1e-12:
                    trace.near_ties += 1  # rounding would decide: exactly, then
                    score = [sum(Fraction(both.get((i, j), 0), single[i]) for i in came_from if i in P) for j in range(E)]
                yield largest(score, n), set(trace.choices(l, t))


def eam(trace, test, l, n):
    """MoE-Infinity: the stored sequence whose matrix is nearest to what this sequence chose so far."""
    if not hasattr(trace, "nearest"):
        library, masks = matrices(trace.fit), [trace.mask(site) for site in range(trace.L)]
        trace.nearest = {}
        for begin, end in test:
            now = [np.zeros(site.E, np.int64) for site in trace.sites]
            for t in range(begin + 1, end):
                now = [counts + mask[t - 1] for counts, mask in zip(now, masks)]
                distance = [1 - sum(cosine(a, b) for a, b in zip(now, stored)) / trace.L for stored in library]
                best = min(range(len(library)), key=lambda i: (distance[i], i))
                if sum(d - distance[best] < 1e-12 for d in distance) > 1:
                    trace.undecided.add(t)
                trace.nearest[t] = library[best]
    trace.near_ties += len(trace.undecided)
    for t, stored in trace.nearest.items():
        yield largest(stored[l].tolist(), n), set(trace.choices(l, t))


def predict(trace, predictors=(previous, static, transition, eam), n=0):
    trace = trace.select([s for s in range(trace.S) if trace.length[s]])  # a pass visits no empty sequence
    trace.fit, trace.undecided = trace.select(range(0, trace.S, 2)), set()
    test = trace.sequences()[1::2]
    out = []
    for predictor in predictors:
        rows = []
        for l, site in enumerate(trace.sites):
            trace.near_ties = 0
            scored = [measures(Q, S, site.E) for Q, S in predictor(trace, test, l, n or site.k) if Q and S]
            for i, name in enumerate(MEASURES):
                value = sum(s[i] for s in scored) / len(scored) if scored else "nothing to predict from"
                rows.append(row("predict." + name, value, len(scored), l, predictor=predictor.__name__, n=n))
                if trace.near_ties:
                    rows[-1]["slack"] = trace.near_ties / len(scored)
        out += with_site_means(rows)
    return out
