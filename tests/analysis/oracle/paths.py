# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths through several sites, experts that fire together in several kinds of text (state_of_art.md E 13, 21)."""
import math
from collections import Counter
from itertools import combinations

from rows import cell, row, with_site_means


def path(trace, spans=(2, 4, 8), step=0, tops=(1, 100)):
    out, short = [], []
    for span in spans:
        firsts = range(0, trace.L - span + 1, step or span)
        if not firsts:
            short.append(row("path.distinct", "too few sites", 0, length=span))
        for l in firsts:
            args = dict(site=l, other={"to_site": str(l + span - 1)}, length=span)
            columns = [trace.ids[s][:, 0].tolist() for s in range(l, l + span)]
            taken = Counter(p for p in zip(*columns) if min(p) >= 0)
            n = sum(taken.values())
            cells = math.prod(trace.sites[s].E for s in range(l, l + span))
            if not n:
                out += [row("path." + name, "no token", 0, **args)
                        for name in ("distinct", "entropy", "effective", "relative", "singletons", "top_share")]
                continue
            entropy = -math.fsum(c / n * math.log(c / n) for c in taken.values())
            out.append(row("path.distinct", len(taken), n, **args))
            out.append(row("path.entropy", entropy, n, **args))
            out.append(row("path.effective", math.exp(entropy), n, **args))
            least = math.log(min(n, cells))
            out.append(row("path.relative", entropy / least if least else "one path", n, **args))
            out.append(row("path.singletons", sum(c == 1 for c in taken.values()) / len(taken), n, **args))
            for top in tops:
                out.append(row("path.top_share", sum(c for _, c in taken.most_common(top)) / n, n, **args, top=top))
    return with_site_means(out) + short


def cofire(trace, label, lift=2, least=10, support=0.5):
    rows, cells = [], []
    asked = dict(lift=lift, least=least, support=support)
    for l, site in enumerate(trace.sites):
        pairs, singles, tokens = {}, {}, {}
        for (begin, end), value in zip(trace.sequences(), trace.labels[label]):
            if value is None:
                continue
            for token in trace.ids[l][begin:end].tolist():
                chosen = sorted({e for e in token if e >= 0})
                if not chosen:
                    continue
                tokens[value] = tokens.get(value, 0) + 1
                singles.setdefault(value, Counter()).update(chosen)
                pairs.setdefault(value, Counter()).update(combinations(chosen, 2))
        n = sum(tokens.values())
        single, together = sum(singles.values(), Counter()), sum(pairs.values(), Counter())
        of = lambda both, one, other, all: both * all / (one * other)
        lifts, supports = {}, Counter()
        for i, j in combinations(range(site.E), 2):
            if single[i] and single[j]:
                lifts[i, j] = of(together[i, j], single[i], single[j], n)
            for value in tokens:
                both = pairs[value][i, j]
                if both >= least and of(both, singles[value][i], singles[value][j], tokens[value]) >= lift:
                    supports[i, j] += 1
        canonical = sorted(v for p, v in lifts.items() if supports[p] >= support * len(tokens))
        rows.append(row("cofire.pairs", len(canonical) if n else None, n, l, **asked))
        half = len(canonical) // 2
        median = (canonical[half] + canonical[~half]) / 2 if canonical else None
        rows.append(row("cofire.median_lift", median, n, l, **asked))
        rows.append(row("cofire.mean_lift", math.fsum(lifts.values()) / len(lifts) if lifts else None, n, l))
        common = {p: v for p, v in lifts.items() if together[p] >= least}
        if common:
            (i, j), most = max(common.items(), key=lambda c: (c[1], -c[0][0], -c[0][1]))
            rows.append(row("cofire.max_lift", most, n, l, i, other={"with": str(j)}, least=least))
        for (i, j), value in lifts.items():
            cells.append(cell("cofire.lift", value, (i, j), l))
            cells.append(cell("cofire.support", supports[i, j], (j, i), l, lift=lift, least=least))
    experts = [r for r in rows if r["expert"] is not None]
    return cells + experts + with_site_means([r for r in rows if r["expert"] is None])
