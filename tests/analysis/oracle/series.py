# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tokens through several checkpoints; the last one is the final one (metrics.md 3.1, 8)."""
from rows import row, with_site_means


def series(traces, names):
    """Every token has all its k choices."""
    out = []
    final = traces[-1]
    for l, site in enumerate(final.sites):
        n = final.T
        first = [t.ids[l][:, 0] for t in traces]
        masks = [t.mask(l) for t in traces]
        for i, name in enumerate(names[:-1]):
            shared = (masks[i] & masks[-1]).sum(1) / masks[-1].sum(1)
            out.append(row("saturation.top_k", shared.mean(), n, l, other={"trace": name}))
            out.append(row("saturation.top_1", (first[i] == first[-1]).mean(), n, l, other={"trace": name}))
            out.append(row("flip_rate.top_1", (first[i] != first[i + 1]).mean(), n, l,
                           other={"from": name, "to": names[i + 1]}))
        if len(traces) < 3:
            continue
        last_difference = [max((i + 1 for i in range(len(traces)) if first[i][t] != first[-1][t]), default=0)
                           for t in range(n)]
        for i, name in enumerate(names[:-1]):
            share = sum(last > i for last in last_difference) / n
            out.append(row("fluctuation.share_from", share, n, l, other={"trace": name}))
        out.append(row("fluctuation.mean_step", sum(last_difference) / n / len(traces), n, l))
    return with_site_means(out)


def mismatch(traces, names):
    """R3: sets that differ from the final trace's."""
    out, model = [], []
    final = traces[-1]
    for trace, name in zip(traces, names[:-1]):
        other = {"trace": name}
        per_token = [[0, 0] for _ in range(final.T)]  # sites that both route, that differ
        for l in range(final.L):
            differing = tokens = slots = moved = 0
            for t, (a, b) in enumerate(zip(trace.ids[l].tolist(), final.ids[l].tolist())):
                A, B = {e for e in a if e >= 0}, {e for e in b if e >= 0}
                if not A or not B:
                    continue
                tokens += 1
                differing += A != B
                per_token[t][0] += 1
                per_token[t][1] += A != B
                both = [(x, y) for x, y in zip(a, b) if x >= 0 and y >= 0]
                slots += len(both)
                moved += sum(x != y for x, y in both)
            out.append(row("mismatch.sets", differing / tokens, tokens, l, other=other))
            out.append(row("mismatch.slots", moved / slots, slots, l, other=other))
        known = [differ for sites, differ in per_token if sites]
        model.append(row("mismatch.tokens", sum(d > 0 for d in known) / len(known), len(known), other=other))
        model.append(row("mismatch.sites_per_token", sum(known) / len(known), len(known), other=other))
    return with_site_means(out) + model


def replay(traces, names, ratios=(0.5, 1)):
    """prime-rl: choices that the final trace scores below its own weakest, times a ratio."""
    out = []
    final = traces[-1]
    for l in range(final.L):
        p = final.probabilities(l)
        for trace, name in zip(traces, names[:-1]):
            choices, below = 0, {r: 0 for r in ratios}
            for t, (a, b) in enumerate(zip(trace.lists(l), final.lists(l))):
                if not a or not b:
                    continue
                weakest = min(p[t][e] for e in b)
                choices += len(a)
                for r in ratios:
                    below[r] += sum(p[t][e] < r * weakest for e in a)
            out += [row("replay.replaced", below[r] / choices, choices, l, other={"trace": name}, ratio=r) for r in ratios]
    return with_site_means(out)
