# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of experts, signatures of sequences, lists of experts drawn again (state_of_art.md E 7, 16, 17, 19)."""
import math
from collections import Counter, defaultdict

import numpy as np

from rows import cell, row, with_site_means


def lexical(trace, groups=1000):
    experts, sites = [], []
    for l, site in enumerate(trace.sites):
        occurrences, chosen = Counter(), defaultdict(Counter)  # by id; by expert and id
        for x, token in zip(trace.token_id.tolist(), trace.lists(l)):
            if x < 0 or not token:
                continue
            occurrences[x] += 1
            for e in token:
                chosen[e][x] += 1
        tokens = sum(occurrences.values())
        group = {x: x if n * groups >= tokens else "others" for x, n in occurrences.items()}
        all_ = Counter()
        for of in chosen.values():
            for x, n in of.items():
                all_[group[x]] += n
        N = sum(all_.values())
        kl = lambda p, m: p * math.log2(p / m) if p else 0
        part = lambda p, q: (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2
        known = {}

        def null(n, q):
            """Mean of part(X / n, q), X binomial, every term that is more than 1e-18."""
            if (n, q) not in known:
                mean, terms = n * q, []
                for x in range(n + 1):
                    log = (math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1) + x * math.log(q)
                           + ((n - x) * math.log1p(-q) if x < n else 0)) if q < 1 else (0 if x == n else -math.inf)
                    if log > -42:
                        terms.append(math.exp(log) * part(x / n, q))
                    elif x > mean:
                        break
                known[n, q] = math.fsum(terms)
            return known[n, q]

        own, nulls, excess = [], [], []
        for e in range(site.E):
            n = sum(chosen[e].values())
            if n == 0:
                experts.append(row("lexical.excess", "never chosen", 0, l, e, groups=groups))
                continue
            histogram = Counter()
            for x, c in chosen[e].items():
                histogram[group[x]] += c
            own.append(math.fsum(part(histogram[g] / n, c / N) for g, c in all_.items()))
            by_size = Counter(all_.values())
            nulls.append(math.fsum(times * null(n, c / N) for c, times in by_size.items()))
            experts.append(row("lexical.excess", own[-1] - nulls[-1], n, l, e, groups=groups))
        for name, values in (("jsd", own), ("null", nulls), ("excess", [a - b for a, b in zip(own, nulls)])):
            sites.append(row("lexical." + name, sum(values) / len(values) if values else None, N, l, groups=groups))
    return experts + with_site_means(sites)


def signature(trace, label, most=400):
    selected = [s for s in range(trace.S) if trace.length[s] > 0]
    step = max(1, -(-len(selected) // most))
    chosen = selected[::step]
    vectors = [[trace.mask(l)[b:e].sum(0) for b, e in (trace.sequences()[s] for s in chosen)] for l in range(trace.L)]
    out = []
    for l in [*range(trace.L), None]:
        of = vectors[l] if l is not None else [np.concatenate(v) for v in zip(*vectors)]
        cosines = {True: [], False: []}
        for i in range(len(chosen)):
            for j in range(i + 1, len(chosen)):
                a, b = trace.labels[label][chosen[i]], trace.labels[label][chosen[j]]
                norm = float(of[i] @ of[i]) * float(of[j] @ of[j])
                if a is None or b is None or norm == 0:
                    continue
                cosines[a == b].append(float(of[i] @ of[j]) / math.sqrt(norm))
        within, between = (np.array(cosines[same]) for same in (True, False))
        for name, values in (("within", within), ("between", between)):
            out.append(row("signature." + name, values.mean() if len(values) else None, len(values), l, sequences=most))
            out.append(row(f"signature.{name}_sd", values.std(ddof=1) if len(values) > 1 else None, len(values), l, sequences=most))
        effect = None
        if len(within) > 1 and len(between) > 1:
            sums = (len(within) - 1) * within.var(ddof=1) + (len(between) - 1) * between.var(ddof=1)
            pooled = math.sqrt(sums / (len(within) + len(between) - 2))
            effect = (within.mean() - between.mean()) / pooled if pooled else None
        out.append(row("signature.effect", effect, len(within) + len(between), l, sequences=most))
        if l is None:
            for i in range(0, len(chosen), 3):
                for j in range(0, len(chosen), 5):
                    norm = float(of[i] @ of[i]) * float(of[j] @ of[j])
                    out.append(cell("signature.cosine", float(of[i] @ of[j]) / math.sqrt(norm) if norm else None,
                                    (chosen[i], chosen[j]), sequences=most))
    return out


def _splitmix(state):
    mask = 2**64 - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        x = state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        yield x ^ (x >> 31)


def stability(trace, label, experts=10, draws=200, least=0.9, lists=("risk_difference",)):
    selected = [s for s in range(trace.S) if trace.length[s] > 0]
    group = {s: i % 100 for i, s in enumerate(selected)}
    G = min(100, len(selected))
    of_experts, of_sites = [], []
    for l, site in enumerate(trace.sites):
        mask = trace.mask(l)
        for kind in lists:
            numbers = _splitmix(1)
            listed, drawn = defaultdict(Counter), Counter()
            for _ in range(draws):
                times = Counter(next(numbers) % G for _ in range(G))
                counts, tokens = defaultdict(lambda: np.zeros(site.E, np.int64)), Counter()
                for s in selected:
                    value, weight = trace.labels[label][s], times[group[s]]
                    if value is None or not weight:
                        continue
                    begin, end = trace.sequences()[s]
                    counts[value] += weight * mask[begin:end].sum(0)
                    tokens[value] += weight * int(mask[begin:end].any(1).sum())
                for value in counts:
                    rest = sum(tokens.values()) - tokens[value]
                    if not tokens[value] or (kind != "share" and not rest):
                        continue
                    score = counts[value] / tokens[value]
                    if kind != "share":
                        score = score - (sum(counts.values()) - counts[value]) / rest
                    drawn[value] += 1
                    bar = sorted(score, reverse=True)[min(experts, site.E) - 1]
                    listed[value].update(e for e in range(site.E) if score[e] >= bar)
            for value, n in drawn.items():
                where = dict(site=l, label={label: value})
                frequency = [listed[value][e] / n for e in range(site.E)]
                args = dict(list=kind, experts=experts)
                of_experts += [row("stability.frequency", f, n, expert=e, **where, **args) for e, f in enumerate(frequency)]
                of_sites.append(row("stability.stable", sum(f >= least for f in frequency), n, **where, **args, least=least))
    return of_experts + with_site_means(of_sites)


def batched_difference(trace, label, batch=8, tau=0.05):
    place, seen = {}, Counter()
    for s in range(trace.S):
        value = trace.labels[label][s]
        if trace.length[s] and value is not None:
            place[s] = seen[value] // batch
            seen[value] += 1
    experts, sites = [], []
    for value in trace.values[label]:
        for l, site in enumerate(trace.sites):
            mask, differences = trace.mask(l), []
            for b in sorted(set(place.values())):
                rates = []
                for mine in (True, False):
                    own = [mask[slice(*trace.sequences()[s])] for s, at in place.items()
                           if at == b and (trace.labels[label][s] == value) == mine]
                    rows_ = np.concatenate(own) if own else np.zeros((0, site.E))
                    n = rows_.any(1).sum()
                    rates.append(rows_.sum(0) / n if n else None)
                if rates[0] is not None and rates[1] is not None:
                    differences.append(rates[0] - rates[1])
            if not differences:
                continue
            n, where = len(differences), dict(site=l, label={label: value})
            mean = sum(differences) / n
            for e in range(site.E):
                experts.append(row("batched_difference.value", mean[e], n, expert=e, **where, batch=batch))
                alike = sum(float(d[e] * mean[e] > 0) for d in differences) / n
                experts.append(row("batched_difference.sign", alike, n, expert=e, **where, batch=batch))
            sites.append(row("batched_difference.max_abs", abs(mean).max(), n, **where, batch=batch))
            sites.append(row("batched_difference.above_tau", (mean > tau).sum(), n, **where, batch=batch, tau=tau))
    return experts + with_site_means(sites)
