# SPDX-License-Identifier: GPL-3.0-or-later
"""How differently parallel texts are routed (metrics.md 5)."""
import math

import numpy as np

from balance import entropy
from rows import row, with_site_means


def jsd(a, b):
    return entropy((a + b) / 2) - (entropy(a) + entropy(b)) / 2


def d_hjs(a, b):
    """JSD over the most it could be; None when both are uniform."""
    room = math.log(len(a)) - (entropy(a) + entropy(b)) / 2
    return jsd(a, b) / room if room >= 1e-8 else None


def mean_row(name, values, **where):
    values = [v for v in values if v is not None]
    return row(name, math.fsum(values) / len(values) if values else "no pair", len(values), **where)


def divergence(trace, label, pair="parallel", reference="", from_ids=False):
    name = "divergence_ids" if from_ids else "divergence"
    reference = reference or trace.values[label][0]
    labels, keys, spans = trace.labels[label], trace.labels[pair], trace.sequences()
    rows = []
    for l in range(trace.L):
        mask = trace.mask(l)
        source = mask if from_ids else trace.probabilities(l) * mask.any(1, keepdims=True)  # a token counts where it made a choice

        def q(tokens):
            total = source[tokens].sum(0)
            return total / total.sum() if total.sum() else None

        texts = {}  # (value, key) -> its sequences; a text in several sequences is one
        for s in range(trace.S):
            if labels[s] is not None and keys[s] is not None:
                texts.setdefault((labels[s], keys[s]), []).append(spans[s])
        join = lambda parts: q(np.concatenate([np.zeros(0, int), *parts]))
        whole = {text: join([np.arange(b, e) for b, e in of]) for text, of in texts.items()}
        halves = {text: [join([np.arange(b + odd, e, 2) for b, e in of]) for odd in (0, 1)] for text, of in texts.items()}
        for value in trace.values[label]:
            if value == reference:
                continue
            pairs = [((reference, key), (v, key)) for v, key in texts if v == value and (reference, key) in texts]
            pairs = [(r, s) for r, s in pairs if whole[r] is not None and whole[s] is not None]
            split = [halves[s] for _, s in pairs if halves[s][0] is not None and halves[s][1] is not None]
            where = dict(site=l, label={label: value}, other={"reference": reference})
            rows.append(mean_row(name + ".jsd", [jsd(whole[r], whole[s]) for r, s in pairs], **where))
            rows.append(mean_row(name + ".d_hjs", [d_hjs(whole[r], whole[s]) for r, s in pairs], **where))
            rows.append(mean_row(name + ".split_half_jsd", [jsd(*half) for half in split], **where))
            rows.append(mean_row(name + ".split_half_d_hjs", [d_hjs(*half) for half in split], **where))
    return with_site_means(rows)
