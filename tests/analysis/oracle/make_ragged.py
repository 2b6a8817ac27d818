#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/analysis/ragged.h5: everything that makes counting hard, in 24 short sequences.

Empty slots (also the first of a token, also all of them), sequences of 0 and 1 tokens, sites of different shape, one of
them with sigmoid scores, an expert that nobody chooses, sequences without a label, unknown token ids. Deterministic.
"""
from pathlib import Path

import h5py
import numpy as np

from trace import NO_EXPERT, SIGMOID, SOFTMAX, mix

OUT = Path(__file__).resolve().parents[2] / "data/analysis/ragged.h5"
SITES = [(20, 4, SOFTMAX, 0, 1.0), (5, 2, SIGMOID, 0, 2.5), (12, 3, SOFTMAX, 1, 1.0)]  # E, k, score, renorm, scaling
K, E = 4, 20
LENGTHS = [0 if s == 7 else 1 if s == 3 else 70 if s in (4, 17) else int(mix(s + 900)) % 40 + 2 for s in range(24)]
TEXT = h5py.string_dtype("utf-8")


def real(*key):
    x = 0
    for part in key:
        x = int(mix((x * 31 + part) % 2**64))
    return (x >> 11) * 2.0**-53


def columns():
    T = sum(LENGTHS)
    ids = np.full((T, 3, K), NO_EXPERT, np.uint16)
    weights, logits = np.full((T, 3, K), np.nan, np.float32), np.full((T, 3, E), np.nan, np.float32)
    entropy, margin = np.full((T, 3), np.nan, np.float32), np.full((T, 3), np.nan, np.float32)
    t = 0
    for s, length in enumerate(LENGTHS):
        for p in range(length):
            for l, (experts, k, score, renorm, scaling) in enumerate(SITES):
                z = np.array([4 * real(s, p, l, e) + 4 * real(s, p // 6, l, e, 7) for e in range(experts)])
                if l == 0:
                    z[13] = -9  # nobody's choice
                z = z.astype(np.float32).astype(np.float64)
                q = 1 / (1 + np.exp(-z)) if score == SIGMOID else np.exp(z) / np.exp(z).sum()
                order = np.argsort(-z, kind="stable")
                chosen = order[:k]
                w = q[chosen] / (q[chosen].sum() if renorm else 1) * scaling
                full = q / q.sum()
                logits[t, l, :experts] = z
                entropy[t, l] = np.nan if t % 50 == 3 else -(full * np.log(full)).sum()
                margin[t, l] = q[order[k - 1]] - q[order[k]]
                for r in range(k):
                    if real(t, l, r, 99) > 0.08 and t % 37 != 5:  # else the choice is dropped
                        ids[t, l, r], weights[t, l, r] = chosen[r], w[r]
            t += 1
    return ids, weights, logits, entropy, margin


def labels():
    language = [["de", "en", None, "fr"][int(mix(s + 100)) % 4] for s in range(24)]
    return {"domain": ["code" if s % 2 else "prose" for s in range(24)], "language": language,
            "parallel": [f"p{s % 5}" if s % 6 else None for s in range(24)]}


def main():
    ids, weights, logits, entropy, margin = columns()
    T, S = sum(LENGTHS), len(LENGTHS)
    token_id = np.array([-1 if real(t, 5) < 0.05 else int(mix(t + 4000)) % 17 for t in range(T)], np.int32)
    with h5py.File(OUT, "w", libver=("v110", "v110"), track_order=True) as f:
        f.attrs.update({"format": "expertscope-trace", "format_version": "1.0.0", "uuid": "00000000-0000-4000-8000-000000000009",
                        "created": "2026-01-01T00:00:00Z", "creator": "make_ragged.py", "creator_version": "1",
                        "source": "synthetic", "complete": np.int64(1), "planned_tokens": np.int64(T)})
        put = lambda name, data, dtype, **more: f.create_dataset(name, data=np.asarray(data), dtype=dtype, **more)
        text = lambda name, values: f.create_dataset(name, data=values, dtype=TEXT, chunks=(max(1, len(values)),),
                                                     compression="gzip")
        model = f.create_group("model")
        model.attrs.update({"model_id": "ragged", "model_type": "none", "architecture": "none",
                            "num_hidden_layers": np.int64(3), "hidden_size": np.int64(8)})
        model.create_dataset("config_json", data=np.bytes_(b"{}"))
        for i, (name, dtype) in enumerate((("num_experts", "u2"), ("top_k", "u2"), ("score", "u1"), ("renorm", "u1"),
                                           ("scaling", "f4"))):
            put("model/layers/" + name, [site[i] for site in SITES], dtype)
        for name, values, dtype in (("layer_index", range(3), "u2"), ("block", [0] * 3, "u1"), ("num_shared", [0] * 3, "u2")):
            put("model/layers/" + name, list(values), dtype)
        f.create_group("provenance")
        offsets = np.cumsum([0] + LENGTHS)[:-1]
        put("sequences/offset", offsets, "u8")
        put("sequences/length", LENGTHS, "u4")
        put("sequences/prompt_length", LENGTHS, "u4")
        text("sequences/name", [f"s{s}" for s in range(S)])
        text("sequences/source", ["synthetic"] * S)
        for name, of in labels().items():
            values = list(dict.fromkeys(v for v in of if v))
            group = f.create_group("sequences/labels/" + name)
            group.attrs["name"] = name
            put(f"sequences/labels/{name}/codes", [values.index(v) if v else -1 for v in of], "i4")
            text(f"sequences/labels/{name}/values", values)
        put("tokens/token_id", token_id, "i4")
        put("tokens/position", [p for n in LENGTHS for p in range(n)], "u4")
        put("tokens/sequence", [s for s, n in enumerate(LENGTHS) for _ in range(n)], "u4")
        put("tokens/phase", [1] * T, "u1")
        for name, data, fill in (("expert_id", ids, NO_EXPERT), ("expert_weight", weights, np.nan), ("entropy", entropy, np.nan),
                                 ("margin", margin, np.nan), ("router_logits", logits, np.nan)):
            put("routing/" + name, data, data.dtype, chunks=(1024, 1, *data.shape[2:]), maxshape=(None, *data.shape[1:]),
                shuffle=True, compression="gzip", fillvalue=fill)
    print(S, "sequences,", T, "tokens,", OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
