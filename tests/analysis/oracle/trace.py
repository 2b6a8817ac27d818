# SPDX-License-Identifier: GPL-3.0-or-later
"""A trace in memory: read from a file (resources/docs/trace-format.md), or one of the splitmix traces of metrics.md 9.1."""
from dataclasses import dataclass, field

import h5py
import numpy as np

NO_EXPERT = 65535
SOFTMAX, SIGMOID, IDENTITY, SQRT_SOFTPLUS, SPARSE_MIXER = range(5)


@dataclass
class Site:
    E: int
    k: int
    score: int = SOFTMAX
    renorm: int = 0
    scaling: float = 1.0


@dataclass
class Trace:
    """ids[site] is [T, K] with -1 for "no choice"; logits [T, E], weights [T, K], entropy and margin [T] or absent."""
    sites: list
    offset: list
    length: list
    ids: list
    weights: list = None
    logits: list = None
    entropy: list = None
    margin: list = None
    token_id: np.ndarray = None
    labels: dict = field(default_factory=dict)  # name -> [value or None for each sequence]
    values: dict = field(default_factory=dict)  # name -> distinct values in order of first appearance

    @property
    def T(self):
        return int(sum(self.length))

    @property
    def L(self):
        return len(self.sites)

    @property
    def S(self):
        return len(self.length)

    def sequences(self):
        """[first token, end) of each sequence."""
        return [(int(o), int(o) + int(n)) for o, n in zip(self.offset, self.length)]

    def choices(self, site, token):
        """Experts of one token in rank order."""
        return [int(e) for e in self.ids[site][token] if e >= 0]

    def lists(self, site):
        """choices() of every token."""
        return [[e for e in row if e >= 0] for row in self.ids[site].tolist()]

    def mask(self, site):
        """[T, E] of 0 / 1."""
        ids = self.ids[site]
        mask = np.zeros((len(ids), self.sites[site].E), np.int64)
        for slot in range(ids.shape[1]):
            chosen = np.nonzero(ids[:, slot] >= 0)[0]
            mask[chosen, ids[chosen, slot]] = 1
        return mask

    def probabilities(self, site):
        """[T, E]: softmax of the logits, or for sigmoid sites the scores over their sum."""
        z = self.logits[site]
        if self.sites[site].score == SIGMOID:
            score = 1 / (1 + np.exp(-z))
            return score / score.sum(1, keepdims=True)
        z = np.exp(z - z.max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)

    def select(self, sequences):
        """The trace of these sequences alone."""
        rows = np.concatenate([np.arange(*self.sequences()[s]) for s in sequences] or [np.zeros(0)]).astype(int)
        cut = lambda column: None if column is None else [c[rows] for c in column]
        length = [self.length[s] for s in sequences]
        return Trace(self.sites, list(np.cumsum([0] + length)[:-1]), length, cut(self.ids), cut(self.weights),
                     cut(self.logits), cut(self.entropy), cut(self.margin),
                     None if self.token_id is None else self.token_id[rows],
                     {name: [of[s] for s in sequences] for name, of in self.labels.items()}, self.values)

    def of_label(self, label, value):
        part = self.select([s for s in range(self.S) if self.labels[label][s] == value])
        part.longest = max(self.length)
        return part


def load(path):
    with h5py.File(path, "r") as f:
        layers = f["model/layers"]
        sites = [Site(int(e), int(k), int(s), int(r), float(c)) for e, k, s, r, c in
                 zip(layers["num_experts"], layers["top_k"], layers["score"], layers["renorm"], layers["scaling"])]
        raw = f["routing/expert_id"][:].astype(np.int64)
        raw[raw == NO_EXPERT] = -1
        each = range(len(sites))

        def column(name, width=None):
            if "routing/" + name not in f:
                return None
            data = f["routing/" + name][:].astype(np.float64)
            return [data[:, l, :sites[l].E] if width == "E" else data[:, l] for l in each]

        labels, values = {}, {}
        for group in f["sequences/labels"].values():
            name = group.attrs["name"]
            values[name] = [v.decode() for v in group["values"][:]]
            labels[name] = [values[name][c] if c >= 0 else None for c in group["codes"][:]]
        return Trace(sites, f["sequences/offset"][:].tolist(), f["sequences/length"][:].tolist(),
                     [raw[:, l] for l in each], column("expert_weight"), column("router_logits", "E"),
                     column("entropy"), column("margin"), f["tokens/token_id"][:].astype(np.int64), labels, values)


def mix(x):
    """The splitmix64 output function, on arrays of uint64."""
    x = np.asarray(x, np.uint64)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def splitmix(kind, S=8, T=512, L=4, E=64, k=8):
    """Trace U, B or M. Logits, weights, entropy and margin are rounded to float, as a trace file holds them.

    Beyond metrics.md: labels domain (a b c d a b c d), language (en de en de ...), parallel (p0 p0 p1 p1 ...), and token
    ids mix(2^41 + s * 512 + t) mod 61 for metrics that want them.
    """
    s, t, l, e = np.meshgrid(*(np.arange(n, dtype=np.uint64) for n in (S, T, L, E)), indexing="ij")
    key = lambda time: ((s * np.uint64(512) + time) * np.uint64(4) + l) * np.uint64(64) + e
    if kind == "U":
        score, shift = mix(key(t)), 11
    elif kind == "B":
        score, shift = mix(key(t // np.uint64(8))), 11
    else:
        score = (mix(key(t)) >> np.uint64(2)) + (mix(key(t // np.uint64(16)) + np.uint64(2**40)) >> np.uint64(2))
        shift = 10
    logit = 8 * (score >> np.uint64(shift)).astype(np.float64) * 2.0**-53
    order = np.argsort(~score, axis=-1, kind="stable")
    round32 = lambda x: x.astype(np.float32).astype(np.float64)
    columns = {name: [] for name in ("ids", "weights", "logits", "entropy", "margin")}
    for site in range(L):
        flat = lambda x: x[:, :, site].reshape(S * T, -1)
        ids, z = flat(order), flat(logit)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        ranked = np.take_along_axis(p, ids, 1)
        columns["ids"].append(ids[:, :k].astype(np.int64))
        columns["weights"].append(round32(ranked[:, :k]))
        columns["logits"].append(round32(z))
        columns["entropy"].append(round32(-(p * np.log(p)).sum(1)))
        columns["margin"].append(round32(ranked[:, k - 1] - ranked[:, k]))
    labels = {"domain": [f"{'abcd'[i % 4]}" for i in range(S)], "language": ["en de".split()[i % 2] for i in range(S)],
              "parallel": [f"p{i // 2}" for i in range(S)]}
    values = {name: list(dict.fromkeys(of)) for name, of in labels.items()}
    tokens = (mix(np.arange(S * T, dtype=np.uint64) + np.uint64(2**41)) % np.uint64(61)).astype(np.int64)
    return Trace([Site(E, k) for _ in range(L)], [T * i for i in range(S)], [T] * S, columns["ids"], columns["weights"],
                 columns["logits"], columns["entropy"], columns["margin"], tokens, labels, values)
