# SPDX-License-Identifier: GPL-3.0-or-later
"""Which experts matter, and which are alike (metrics.md 7, 8)."""
import math
from fractions import Fraction

import numpy as np

from rows import cell, row, with_site_means
from specialisation import by_value
from trace import SOFTMAX


def raw_softmax_weights(trace, l):
    """[T, E]: the softmax probability of the chosen, 0 elsewhere; None where it cannot be known."""
    site = trace.sites[l]
    if trace.weights is not None and site.score == SOFTMAX and site.renorm == 0 and site.scaling == 1:
        out = np.zeros((trace.T, site.E))
        for t, (ids, weights) in enumerate(zip(trace.ids[l].tolist(), trace.weights[l].tolist())):
            for e, w in zip(ids, weights):
                if e >= 0:
                    out[t, e] = w
        return out
    if trace.logits is None or site.score != SOFTMAX:
        return None
    return trace.probabilities(l) * trace.mask(l)


def esft(trace, p=0.2):
    experts, sites = [], []
    for l, site in enumerate(trace.sites):
        mask = trace.mask(l)
        chosen = mask.any(1)
        n = int(chosen.sum())
        gate = raw_softmax_weights(trace, l)
        scores = {"token": mask.sum(0) / mask.sum(),  # N k is the number of choices made
                  "gate": None if gate is None else gate.sum(0) / n}
        for kind, score in scores.items():
            if score is None:
                sites.append(row(f"esft.{kind}_selected", "raw softmax weights are not known", 0, l, p=p))
                continue
            experts += [row(f"esft.{kind}_score", score[e], n, l, e) for e in range(site.E)]
            total, selected = 0.0, []
            for e in sorted(range(site.E), key=lambda e: (-score[e], e)):
                if total >= p:
                    break
                selected.append(e)
                total += score[e]
                if abs(total - p) < 1e-7:
                    print("esft: rounding decides", l, kind)
            sites.append(row(f"esft.{kind}_selected", len(selected), n, l, other={"experts": " ".join(map(str, selected))}, p=p))
    return experts + with_site_means(sites)


def eci_lists(trace, label, l):
    """(value, [(expert, ECI)] of its k experts of largest mean weight, in that order)."""
    lists = []
    for value, part in by_value(trace, label):
        eci = np.zeros(trace.sites[l].E)
        for ids, weights in zip(part.ids[l].tolist(), part.weights[l].tolist()):
            for e, w in zip(ids, weights):
                if e >= 0:
                    eci[e] += w
        eci /= part.mask(l).any(1).sum()
        order = sorted(np.nonzero(eci)[0].tolist(), key=lambda e: (-eci[e], e))[:trace.sites[l].k]
        lists.append((value, [(e, float(eci[e])) for e in order]))
    return lists


def committee(trace, label, presence=0.8):
    """CommitteeAudit: the experts that rank high, and equally high, in all label values."""
    experts, sites = [], []
    for l, site in enumerate(trace.sites):
        lists = eci_lists(trace, label, l)
        D, k = len(lists), site.k
        ranks, eci = {e: [] for e in range(site.E)}, np.zeros(site.E)
        for _, ordered in lists:
            for rank, (e, value) in enumerate(ordered, 1):
                ranks[e].append(rank)
                eci[e] += value / D
        mu, variance = {}, {}
        for e in range(site.E):
            full = ranks[e] + [k + 1] * (D - len(ranks[e]))
            mu[e] = Fraction(sum(full), D)
            variance[e] = Fraction(sum(r * r for r in full), D) - mu[e] ** 2
            experts.append(row("committee.mean_rank", mu[e], len(ranks[e]), l, e))
            experts.append(row("committee.rank_variance", variance[e], len(ranks[e]), l, e))
        needed = min(math.ceil(D * presence), max(len(r) for r in ranks.values()))
        candidates = [e for e in ranks if len(ranks[e]) >= needed]
        front = [e for e in candidates if not any(
            mu[o] <= mu[e] and variance[o] <= variance[e] and (mu[o] < mu[e] or variance[o] < variance[e]) for o in candidates)]
        front.sort(key=lambda e: (mu[e], e))
        coverage = sum(eci[e] for e in front) / (sum(value for _, ordered in lists for _, value in ordered) / D)
        size = len(front)
        params = dict(presence=presence)
        sites.append(row("committee.size", size, D, l, other={"experts": " ".join(map(str, front))}, **params))
        sites.append(row("committee.coverage", coverage, D, l, **params))
        inside, outside = coverage / size, (1 - coverage) / (site.E - size)
        sites.append(row("committee.ratio", inside / outside if outside > 1e-12 else "the committee covers all", D, l, **params))
    return experts + with_site_means(sites)


def uoe(trace):
    out, best, tokens = [], (-1.0,), 0
    for l, site in enumerate(trace.sites):
        chosen = trace.mask(l).any(1)
        affinity = trace.probabilities(l)[chosen].mean(0)
        tokens += int(chosen.sum())
        out += [row("uoe.affinity", affinity[e], chosen.sum(), l, e) for e in range(site.E)]
        top = int(affinity.argmax())
        if affinity[top] > best[0]:
            best = (float(affinity[top]), l, top)
    return out + [row("uoe.target", best[0], tokens, other={"site": str(best[1]), "expert": str(best[2])})]


def similarity(z):
    """(cosine of the columns + 1) / 2."""
    norm = np.sqrt((z * z).sum(0))
    return (z.T @ z / np.outer(norm, norm) + 1) / 2


def mc_smoe(trace, groups=0):
    """MC-SMoE: experts more used than a threshold that all sites share stay; the others join the one most like them."""
    rows, sites, cells, usage = [], [], [], []
    for l in range(trace.L):
        frequency = trace.mask(l).sum(0) / trace.mask(l).sum()
        raised = frequency.copy()
        raised[int(frequency.argmax())] = 1
        usage.append((frequency, raised))
    wanted = sum(groups or math.floor(site.E / 2 + 0.5) for site in trace.sites)
    pooled = sorted((u for _, raised in usage for u in raised.tolist()), reverse=True)
    threshold = pooled[min(wanted, len(pooled) - 1)]
    for l, site in enumerate(trace.sites):
        frequency, raised = usage[l]
        count = int((raised > threshold).sum())
        order = sorted(range(site.E), key=lambda e: (-frequency[e], e))
        chosen = trace.mask(l).any(1)
        n = chosen.sum()
        dominant, alike = order[:count], similarity(trace.logits[l][chosen])
        for e in range(site.E):
            ranked = sorted(dominant, key=lambda d: -alike[e, d])
            if e not in dominant and count > 1 and alike[e, ranked[0]] - alike[e, ranked[1]] < 1e-9:
                print("mc_smoe: rounding decides", l, e)
            rows.append(row("mc_smoe.group", e if e in dominant else ranked[0], n, l, e, groups=groups))
        sites.append(row("mc_smoe.dominant", count, n, l, groups=groups))
        sites.append(row("mc_smoe.max_similarity", (alike - 2 * np.eye(site.E)).max(), n, l))
        cells += [cell("mc_smoe.similarity", alike[i, j], (i, j), l) for i in range(site.E) for j in range(site.E)]
    return cells + rows + with_site_means(sites)


def experts_per_token(trace, zero_from=65535):
    out, cells = [], []
    for l, site in enumerate(trace.sites):
        lists = trace.lists(l)
        k = np.array([len(token) for token in lists])
        zero = sum(e >= zero_from for token in lists for e in token)
        for name, value in (("mean", k.mean()), ("sd", k.std()), ("min", k.min()), ("max", k.max()),
                            ("ffn", (k.sum() - zero) / len(k)), ("zero_share", zero / k.sum() if k.sum() else "no choices")):
            out.append(row("experts_per_token." + name, value, len(k), l, zero_from=zero_from))
        cells += [cell("experts_per_token.histogram", (k == c).sum(), (c,), l, zero_from=zero_from) for c in range(site.k + 1)]
    return cells + with_site_means(out)
