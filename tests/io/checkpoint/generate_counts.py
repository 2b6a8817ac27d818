#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/parameter_counts.json: how many parameters transformers itself gives each tiny checkpoint and each
published model of the tests, by what they are of. Models are built on the meta device: nothing is loaded.

Persistent buffers (selection biases of most families) count as parameters: files hold them.
"""
import json
import os
import pathlib
import re

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

ROOT = pathlib.Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
# The first that is found in the name of a parameter in the reference's memory.
PARTS = [
    (r"embed_tokens\.", "embedding"),
    (r"^lm_head\.", "head"),
    (r"\.(self_attn|linear_attn|conv|mamba)\.", "attention"),
    (r"shared_(expert|experts|mlp|expert_gate)\.", "shared experts"),
    (r"\.experts\.|block_sparse_moe\.(input|output)_linear", "experts"),
    (r"\.(gate|router)\.|e_score_correction_bias|\.expert_bias", "routers"),
    (r"norm\.", "norms"),
    (r"\.mlp\.(gate|up|down)_proj\.|\.feed_forward\.w[123]\.", "dense layers"),
]


def build(raw):
    # {"__float__": "Infinity"} stands for what JSON has no word for.
    raw = json.loads(json.dumps(raw), object_hook=lambda o: float(o["__float__"]) if "__float__" in o else o)
    raw = {k: v for k, v in raw.items() if k != "quantization_config"}
    if raw["model_type"] in CONFIG_MAPPING:
        config = CONFIG_MAPPING[raw["model_type"]].from_dict(raw)
        make = transformers.AutoModelForCausalLM.from_config
    else:
        model = getattr(transformers, raw["architectures"][0])
        config = model.config_class.from_dict(dict(raw, model_type=model.config_class.model_type))
        make = model
    with torch.device("meta"):
        return make(config)


def count(raw):
    model = build(raw)
    counts = {}
    persistent = {n: b for n, b in model.named_buffers() if n in model.state_dict()}
    for name, tensor in list(model.named_parameters()) + list(persistent.items()):
        part = next((p for pattern, p in PARTS if re.search(pattern, name)), None)
        if part is None:
            raise SystemExit(f"{name}: of no part")
        counts[part] = counts.get(part, 0) + tensor.numel()
    counts["all"] = sum(counts.values())
    return counts


def main():
    models = {}
    for path in sorted(DATA.glob("checkpoints/*/config.json")):
        models[f"checkpoints/{path.parent.name}"] = count(json.loads(path.read_text()))
    for path in sorted((ROOT / "resources").glob("models/*.json")):
        models[f"models/{path.name}"] = count(json.loads(path.read_text()))
        print(path.stem, f"{models[f'models/{path.name}']['all']:,}")
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(counts)}" for name, counts in models.items())
    text = f'{{"transformers": "{transformers.__version__}", "models": {{\n{lines}\n}}}}\n'
    (DATA / "parameter_counts.json").write_text(text)


if __name__ == "__main__":
    main()
