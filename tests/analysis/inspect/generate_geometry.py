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
SELECTION = re.compile(r"layers\.(\d+)\..*e_score_correction_bias$")
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


def main():
    checkpoints = {}
    for folder in sorted((DATA / "checkpoints").glob("*/")):
        layers = {}
        count = json.loads((folder / "config.json").read_text())["num_hidden_layers"]
        for path in sorted(folder.glob("model*.safetensors")):
            with safe_open(path, "pt") as file:
                for name in file.keys():
                    for pattern, key in ((ROUTER, "rows"), (SELECTION, "selection_bias"), (BIAS, "bias")):
                        if (m := pattern.search(name)) and int(m[1]) < count:
                            value = file.get_tensor(name).to(torch.float64).numpy()
                            layers.setdefault(int(m[1]), {})[key] = value
        checkpoints[folder.name] = [
            dict(geometry(v["rows"]), layer=layer, **{k: spread(v[k].reshape(-1)) for k in ("selection_bias", "bias") if k in v})
            for layer, v in sorted(layers.items()) if "rows" in v]
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(sites, default=float)}" for name, sites in checkpoints.items())
    (DATA / "router_geometry.json").write_text("{\n" + lines + "\n}\n")
    print(len(checkpoints), sum(len(s) for s in checkpoints.values()))


if __name__ == "__main__":
    main()
