# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows the token itself, and how fast a text touches all experts (state_of_art.md E 8, 22)."""
from collections import Counter

from rows import row, with_site_means


def locality(trace):
    out = []
    for l in range(trace.L):
        sets = [set(token) for token in trace.lists(l)]
        jaccard = lambda a, b: len(sets[a] & sets[b]) / len(sets[a] | sets[b])
        same, other = [], []
        for begin, end in trace.sequences():
            for t in range(begin, end):
                x = trace.token_id[t]
                earlier = [p for p in range(begin, t) if trace.token_id[p] == x] if x >= 0 else []
                if not earlier:
                    continue
                p = earlier[-1]
                beside = [q for q in (p - 1, p + 1)
                          if begin <= q < t and trace.token_id[q] >= 0 and trace.token_id[q] != x]
                if not beside or not (sets[t] and sets[p] and sets[beside[0]]):
                    continue
                same.append(jaccard(t, p))
                other.append(jaccard(t, beside[0]))
        n = len(same)
        for name, values in (("same_token", same), ("different_token", other)):
            out.append(row("locality." + name, sum(values) / n if n else "no such token", n, l))
        out.append(row("locality.difference", (sum(same) - sum(other)) / n if n else "no such token", n, l))
    return with_site_means(out)


def hot_set(trace, windows=(16, 64, 256, 1024)):
    out = []
    for w in windows:
        for l, site in enumerate(trace.sites):
            lists, touched, hottest = trace.lists(l), [], []
            for begin, end in trace.sequences():
                for t in range(begin, end - w + 1, w):
                    counts = Counter(e for token in lists[t:t + w] for e in set(token))
                    touched.append(len(counts) / site.E)
                    if counts:
                        hottest.append(max(counts.values()) * site.E / sum(counts.values()))
            for name, values in (("touched", touched), ("hottest", hottest)):
                value = sum(values) / len(values) if values else "no window"
                out.append(row("hot_set." + name, value, len(values), l, window=w))
    return with_site_means(out)
