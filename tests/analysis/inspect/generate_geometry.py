#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/router_geometry.json: what numpy says of the routers of the tiny checkpoints, read by the
safetensors library, in fp64."""
import json
import pathlib
import re

import numpy as np
import torch
from safetensors import safe_open

DATA = pathlib.Path(__file__).parents[2] / "data"
ROUTER = re.compile(r"layers\.(\d+)\..*(?<!shared_expert_)(gate|router|gate\.wg|router\.layer)\.weight$")
SELECTION = re.compile(r"layers\.(\d+)\..*(e_score_correction_bias|expert_bias)$")
BIAS = re.compile(r"layers\.(\d+)\..*mlp\.(router|gate)\.bias$")


def spread(v):
    return {"mean": v.mean(), "sd": v.std(), "min": v.min(), "max": v.max(), "min_at": int(v.argmin()),
            "max_at": int(v.argmax())}


def geometry(w):
    norms = np.linalg.norm(w, axis=1)
    unit = w / norms[:, None]
    gram = unit @ unit.T
    first, second = np.triu_indices(len(w), 1)
    pairs = gram[first, second]
    largest = int(np.abs(pairs).argmax())
    alike = np.argsort(-pairs, kind="stable")[:3]
    eigenvalues = np.linalg.eigvalsh(gram)
    return {"norm": spread(norms), "mean_cosine": pairs.mean(), "mean_abs_cosine": np.abs(pairs).mean(),
            "largest": [int(first[largest]), int(second[largest]), pairs[largest]],
            "alike": [[int(first[i]), int(second[i]), pairs[i]] for i in alike],
            "participation": eigenvalues.sum() ** 2 / (eigenvalues ** 2).sum()}


def per_expert(tensors, layer):
    """Of each expert gate [I, H], up [I, H], down [H, I], whatever the file calls them."""
    base = rf"layers\.{layer}\."
    fused = next((t for n, t in tensors.items() if re.search(base + r".*(experts\.gate_up_proj|input_linear\.weight)$", n)), None)
    if fused is not None:
        down = next(t for n, t in tensors.items() if re.search(base + r".*(experts\.down_proj|(?<!shared_mlp\.)output_linear\.weight)$", n))
        if any("sinks" in n for n in tensors):  # gpt_oss
            return [(g[:, ::2].T, g[:, 1::2].T, d.T) for g, d in zip(fused, down)]
        half = fused.shape[1] // 2
        return [(g[:half], g[half:], d) for g, d in zip(fused, down)]
    experts = {}
    for name, t in tensors.items():
        if m := re.search(base + r".*\.experts\.(\d+)\.(gate_proj|w1|up_proj|w3|down_proj|w2)\.weight$", name):
            experts.setdefault(int(m[1]), {})[{"w1": "gate_proj", "w3": "up_proj", "w2": "down_proj"}.get(m[2], m[2])] = t
    return [tuple(experts[e][k] for k in ("gate_proj", "up_proj", "down_proj")) for e in sorted(experts)]


def unit(w):
    return w / np.linalg.norm(w, axis=-1, keepdims=True)


def experts_of(router, experts):
    out = {}
    for key, matrix in (("gate", 0), ("up", 1)):
        cosines = np.stack([unit(router) @ unit(e[matrix]).T for e in experts])  # [expert, router row, neuron]
        own = np.stack([cosines[e, e] for e in range(len(experts))])
        others = np.stack([np.delete(cosines[e], e, axis=0) for e in range(len(experts))])
        out[key] = {"own": own.mean(), "own_abs": np.abs(own).mean(), "others": others.mean()}
    flat = unit(np.stack([np.concatenate([m.reshape(-1) for m in e]) for e in experts]))
    pairs = (flat @ flat.T)[np.triu_indices(len(flat), 1)]
    first, second = np.triu_indices(len(flat), 1)
    largest = int(np.abs(pairs).argmax())
    return dict(out, mean_cosine=pairs.mean(), largest=[int(first[largest]), int(second[largest]), pairs[largest]])


def main():
    checkpoints = {}
    for folder in sorted((DATA / "checkpoints").glob("*/")):
        layers, tensors = {}, {}
        config = json.loads((folder / "config.json").read_text())
        count = config.get("text_config", config)["num_hidden_layers"]
        for path in sorted(folder.glob("model*.safetensors")):
            with safe_open(path, "pt") as file:
                for name in file.keys():
                    if not folder.name.startswith("stored-"):
                        tensors[name] = file.get_tensor(name).to(torch.float64).numpy()
                    for pattern, key in ((ROUTER, "rows"), (SELECTION, "selection_bias"), (BIAS, "bias")):
                        if (m := pattern.search(name)) and int(m[1]) < count:
                            value = file.get_tensor(name).to(torch.float64).numpy()
                            layers.setdefault(int(m[1]), {})[key] = value
        checkpoints[folder.name] = [
            dict(geometry(v["rows"]), layer=layer, **{k: spread(v[k].reshape(-1)) for k in ("selection_bias", "bias") if k in v})
            for layer, v in sorted(layers.items()) if "rows" in v]
        if tensors:
            for site in checkpoints[folder.name]:
                site["experts"] = experts_of(layers[site["layer"]]["rows"], per_expert(tensors, site["layer"]))
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(sites, default=float)}" for name, sites in checkpoints.items())
    (DATA / "router_geometry.json").write_text("{\n" + lines + "\n}\n")
    print(len(checkpoints), sum(len(s) for s in checkpoints.values()))


if __name__ == "__main__":
    main()
