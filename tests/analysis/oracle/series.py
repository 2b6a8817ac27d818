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
