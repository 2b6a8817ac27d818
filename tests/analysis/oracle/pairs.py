# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of experts: chosen together, or one site after the other (metrics.md 2.1, 2.4, 3.2, 3.5)."""
import math
from collections import Counter
from fractions import Fraction

import numpy as np

from rows import cell, row, with_site_means


def _coactivation_rows(name, together, single, n, l, E, uniform):
    out = []
    best = None
    for i in range(E):
        for j in range(E):
            if i != j and single[i]:
                share = together.get((i, j), 0) / single[i]
                if best is None or share > best[0]:
                    best = (share, i, j)
                out.append(cell(name + ".conditional", share, (i, j), l))
            else:
                out.append(cell(name + ".conditional", "never chosen" if i != j else "diagonal", (i, j), l))
    if best is None:
        out += [row(name + "." + what, "no pair", n, l) for what in ("max", "mean_row_sum")]
        return out
    out.append(row(name + ".max", best[0], n, l, best[1], other={"with": str(best[2])}))
    sums = [sum(together.get((i, j), 0) for j in range(E) if j != i) / single[i] for i in range(E) if single[i]]
    out.append(row(name + ".mean_row_sum", sum(sums) / len(sums), n, l, uniform=uniform))
    return out


def coactivation(trace, adjacent=False):
    """Of all pairs of a token's experts, or only of neighbours in rank order, as OLMoE's script counts them."""
    out = []
    for l, site in enumerate(trace.sites):
        together, single, n = Counter(), Counter(), 0
        for token in trace.ids[l].tolist():
            n += any(i >= 0 for i in token)
            for a, i in enumerate(token):
                if i < 0:
                    continue
                single[i] += 1
                for b, j in enumerate(token):
                    if j >= 0 and a != b and (not adjacent or abs(a - b) == 1):
                        together[i, j] += 1
        name = "coactivation_adjacent" if adjacent else "coactivation"
        out += _coactivation_rows(name, together, single, n, l, site.E,
                                  2 * (site.k - 1) / site.k if adjacent else site.k - 1)
    means = with_site_means([r for r in out if "cell" not in r])
    return [r for r in out if "cell" in r] + means


def transitions(trace, l, to, top1):
    """Counts: (i, j) -> tokens with i at site l and j at site to; i -> tokens with i (and any j); tokens."""
    both, single, n = Counter(), Counter(), 0
    for a, b in zip(trace.ids[l].tolist(), trace.ids[to].tolist()):
        a, b = ([x for x in (ids[:1] if top1 else ids) if x >= 0] for ids in (a, b))
        if not a or not b:
            continue
        n += 1
        for i in a:
            single[i] += 1
            for j in b:
                both[i, j] += 1
    return both, single, n


def affinity(trace, distance=1):
    rows, cells = [], []
    for l in range(trace.L - distance):
        to = l + distance
        other = {"to_site": str(to)}
        A, B = trace.sites[l].E, trace.sites[to].E
        for top1, name in ((True, "top1"), (False, "set")):
            both, single, n = transitions(trace, l, to, top1)
            largest = [max(both.get((i, j), 0) for j in range(B)) / single[i] for i in range(A) if single[i]]
            rows.append(row(f"affinity.{name}_row_max", sum(largest) / len(largest) if largest else None, n, l,
                            other=other, distance=distance))
            for i in range(A):
                for j in range(B):
                    share = both.get((i, j), 0) / single[i] if single[i] else "never chosen"
                    cells.append(cell("affinity." + name, share, (i, j), l, other, distance=distance))
        aligned, n = Counter(), 0
        for a, b in zip(trace.ids[l].tolist(), trace.ids[to].tolist()):
            pairs = [(i, j) for i, j in zip(a, b) if i >= 0 and j >= 0]
            aligned.update(pairs)
            n += bool(pairs)
        rows.append(row("affinity.rank_aligned_max", max(aligned.values(), default=0), n, l, other=other, distance=distance))
        rows.append(row("affinity.rank_aligned_total", sum(aligned.values()), n, l, other=other, distance=distance))
        cells += [cell("affinity.rank_aligned", aligned.get((i, j), 0), (i, j), l, other, distance=distance)
                  for i in range(A) for j in range(B)]
    return cells + with_site_means(rows)


def _comb_deviation(N, n, m):
    """Mean of |x - n m / N| over the hypergeometric law, term by term in whole numbers."""
    lowest, total, sum_ = max(0, n + m - N), math.comb(N, m), 0
    weight = math.comb(n, lowest) * math.comb(N - n, m - lowest)
    for x in range(lowest, min(n, m) + 1):
        sum_ += abs(x * N - n * m) * weight
        weight = weight * (n - x) * (m - x) // ((x + 1) * (N - n - m + x + 1))
    return float(Fraction(sum_, total * N))


def flow(trace, distance=1):
    rows, cells, known = [], [], {}
    for l in range(trace.L - distance):
        to = l + distance
        other = {"to_site": str(to)}
        A, B = trace.sites[l].E, trace.sites[to].E
        for top1 in (False, True):
            both, single, n = transitions(trace, l, to, top1)
            _, single_to, _ = transitions(trace, to, l, top1)
            args = dict(other=other, distance=distance)
            deviation = floor = pairs = 0
            found, excess, z = [], 0, {}
            for i in range(A):
                for j in range(B):
                    c, a, b = both.get((i, j), 0), single.get(i, 0), single_to.get(j, 0)
                    expected = a * b / n if n else 0
                    pairs += c
                    deviation += abs(c - expected)
                    if (key := (n, min(a, b), max(a, b))) not in known:
                        known[key] = _comb_deviation(*key) if n else 0
                    floor += known[key]
                    variance = expected * (n - a) * (n - b) / (n * (n - 1)) if n > 1 else 0
                    z[i, j] = (c - expected) / math.sqrt(variance) if variance > 0 else None
                    if c >= 20 and c >= 1.5 * expected and z[i, j] is not None and z[i, j] >= 4:
                        found.append(c)
                        excess += c - expected
            name = "flow.top1_" if top1 else "flow."
            value = lambda v: v if n else "no token"
            rows.append(row(name + "excess", value(deviation / (2 * max(pairs, 1))), n, l, **args))
            rows.append(row(name + "floor", value(floor / (2 * max(pairs, 1))), n, l, **args))
            if top1:
                cells += [cell("flow.top1_count", both.get((i, j), 0), (i, j), l, **args) for i in range(A) for j in range(B)]
                continue
            rows.append(row("flow.cells", value(len(found)), n, l, **args))
            rows.append(row("flow.significant", value(sum(found) / max(pairs, 1)), n, l, **args))
            rows.append(row("flow.significant_excess", value(excess / (deviation / 2) if deviation else 0), n, l, **args))
            for i in range(A):
                cells.append(cell("flow.from", single.get(i, 0), (i,), l, **args))
                for j in range(B):
                    cells.append(cell("flow.count", both.get((i, j), 0), (i, j), l, **args))
                    cells.append(cell("flow.z", z[i, j], (i, j), l, **args))
            cells += [cell("flow.to", single_to.get(j, 0), (j,), l, **args) for j in range(B)]
    return cells + with_site_means(rows)


def flow_weights(trace, distance=1):
    """Pairs by the product of their weights, each token's adding up to 1; z and floor as if one site's tokens were dealt anew."""
    rows, cells = [], []

    def shares(l, t):
        own = {}
        for e, w in zip(trace.ids[l][t].tolist(), trace.weights[l][t].tolist()):
            if e >= 0 and e not in own:
                own[e] = w
        total = sum(own.values())
        return {e: w / total for e, w in own.items()} if total > 0 else {}

    for l in range(trace.L - distance):
        to = l + distance
        A, B = trace.sites[l].E, trace.sites[to].E
        a, b = [], []
        for t in range(trace.T):
            x, y = shares(l, t), shares(to, t)
            if x and y:
                a.append([x.get(e, 0) for e in range(A)])
                b.append([y.get(e, 0) for e in range(B)])
        n = len(a)
        args = dict(site=l, other={"to_site": str(to)}, distance=distance)
        if not n:
            rows += [row("flow_weights." + name, "no token", 0, **args) for name in ("excess", "floor")]
            continue
        a, b = np.array(a), np.array(b)
        sums, expected = a.T @ b, np.outer(a.sum(0), b.sum(0)) / n
        variance = np.outer(((a - a.mean(0)) ** 2).sum(0), ((b - b.mean(0)) ** 2).sum(0)) / max(n - 1, 1)
        rows.append(row("flow_weights.excess", abs(sums - expected).sum() / (2 * n), n, **args))
        rows.append(row("flow_weights.floor", np.sqrt(variance * 2 / math.pi).sum() / (2 * n), n, **args))
        for i in range(A):
            for j in range(B):
                cells.append(cell("flow_weights.sum", sums[i, j], (i, j), **args))
                if variance[i, j] > 1e-9:
                    cells.append(cell("flow_weights.z", (sums[i, j] - expected[i, j]) / math.sqrt(variance[i, j]), (i, j), **args))
    return cells + with_site_means(rows)


def _entropy(counts):
    n = sum(counts.values())
    return -math.fsum(c / n * math.log(c / n) for c in counts.values())


def mutual_information(trace, distance=1):
    out = []
    for l in range(trace.L - distance):
        to = l + distance
        pairs = [(a[0], b[0]) for a, b in zip(trace.ids[l].tolist(), trace.ids[to].tolist()) if a[0] >= 0 and b[0] >= 0]
        xy, x, y = Counter(pairs), Counter(p[0] for p in pairs), Counter(p[1] for p in pairs)
        n = len(pairs)
        args = dict(site=l, other={"to_site": str(to)}, distance=distance)
        if not n:
            out += [row("mutual_information." + name, "no tokens", 0, **args) for name in ("top1", "corrected", "relative")]
            continue
        plug_in = math.fsum(c / n * math.log(c * n / (x[i] * y[j])) for (i, j), c in xy.items())
        least = min(_entropy(x), _entropy(y))
        out.append(row("mutual_information.top1", plug_in, n, **args))
        out.append(row("mutual_information.corrected", plug_in - (len(xy) - len(x) - len(y) + 1) / (2 * n), n, **args))
        out.append(row("mutual_information.relative", plug_in / least if least > 0 else "one expert alone", n, **args))
    return with_site_means(out)


def fan_out(trace, gpus=(4,)):
    out = []
    for G in gpus:
        gpu_of = [lambda e, E=site.E: e * G // E for site in trace.sites]
        rows = []
        for l, site in enumerate(trace.sites):
            touched = [len({gpu_of[l](e) for e in token}) for token in trace.lists(l) if token]
            E, k, share = site.E, site.k, site.E // G
            uniform = G * (1 - math.comb(E - share, k) / math.comb(E, k)) if E % G == 0 else None
            rows.append(row("fan_out.gpus", sum(touched) / len(touched) if touched else None, len(touched), l,
                            uniform=uniform, gpus=G))
        out += with_site_means(rows)
        hops = []
        for t in range(trace.T):
            first = [int(trace.ids[l][t][0]) for l in range(trace.L)]
            if min(first) >= 0:
                on = [gpu_of[l](e) for l, e in enumerate(first)]
                hops.append(sum(a != b for a, b in zip(on, on[1:])))
        out.append(row("fan_out.top1_hops", sum(hops) / len(hops) if hops else None, len(hops),
                       uniform=(trace.L - 1) * (1 - 1 / G), gpus=G))
    return out
