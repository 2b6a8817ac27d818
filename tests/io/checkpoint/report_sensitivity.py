#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would the goldens notice? For each checkpoint of tests/data/checkpoints and each of its switches: the share of
(token, site) whose chosen set changes, and the largest change of the last hidden state relative to its largest value,
when an engine ignored just that switch. Nothing is written; zero in the last column means that the golden proves
nothing about the switch. Argument: only checkpoints whose names start with it."""
import copy
import os
import pathlib
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM


def alterations(config):
    rope = dict(config.rope_parameters)
    if rope["rope_type"] != "default":
        yield "rope kind", dict(rope_parameters=dict(rope_type="default", rope_theta=rope["rope_theta"])), None
        for key in ("truncate", "mscale", "attention_factor", "beta_fast", "partial_rotary_factor", "factor"):
            if rope.get(key) is not None and rope["rope_type"] != "linear" or key in rope and key == "factor":
                changed = {k: v for k, v in rope.items() if k != key}
                if key == "factor":
                    changed[key] = rope[key] * 1.5
                if key == "mscale":
                    changed.pop("mscale_all_dim")
                yield f"rope {key}", dict(rope_parameters=changed), None
    yield "rope theta", dict(rope_parameters=dict(rope, rope_theta=rope["rope_theta"] * 0.5)), None
    window = getattr(config, "sliding_window", None)
    if window and config.model_type != "olmoe":
        yield "window + 1", dict(sliding_window=window + 1), None
        if config.model_type == "qwen2_moe":
            yield "no window", dict(layer_types=["full_attention"] * config.num_hidden_layers), None
            yield "window everywhere", dict(layer_types=["sliding_attention"] * config.num_hidden_layers), None
        else:
            yield "no window", dict(sliding_window=None), None
    if config.hidden_act not in ("silu",):
        yield "activation", dict(hidden_act="silu"), None
    if getattr(config, "clip_qkv", None):
        yield "clip_qkv", dict(clip_qkv=None), None
    if hasattr(config, "norm_topk_prob"):
        yield "norm_topk_prob", dict(norm_topk_prob=not config.norm_topk_prob), None
    yield "eps", dict(rms_norm_eps=config.rms_norm_eps * 10 + 1e-4), None

    def edit(pattern, value):
        def run(model):
            hit = False
            for name, p in model.named_parameters():
                if pattern in name:
                    p.fill_(value)
                    hit = True
            return hit
        return run

    yield "q/k/v/o bias", {}, edit("proj.bias", 0.0)
    yield "qk norm weight", {}, edit("_norm.weight", 1.0)
    yield "shared expert", {}, edit("shared_expert.down_proj", 0.0)
    yield "shared gate", {}, edit("shared_expert_gate", 0.0)


def run(model, ids, lengths):
    gates = [layer.mlp.gate for layer in model.model.layers if hasattr(layer.mlp, "gate")]
    chosen, hidden, start = [[] for _ in gates], [], 0
    hooks = [g.register_forward_hook(lambda m, a, out, i=i: chosen[i].append(out[2].sort(dim=1).values)) for i, g in enumerate(gates)]
    hooks.append(model.model.norm.register_forward_pre_hook(lambda m, a: hidden.append(a[0][0])))
    for n in lengths:
        model.model.rotary_emb = type(model.model.rotary_emb)(model.config)
        model.model(ids[None, start:start + n], use_cache=False)
        start += n
    for h in hooks:
        h.remove()
    return torch.stack([torch.cat(c) for c in chosen]), torch.cat(hidden)


def main():
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    torch.set_num_threads(1)
    worst = {}
    transformers.utils.logging.disable_progress_bar()
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    for folder in sorted((pathlib.Path(__file__).resolve().parents[2] / "data" / "checkpoints").iterdir()):
        if not folder.is_dir() or not folder.name.startswith(only):
            continue
        golden = load_file(folder / "golden.safetensors")
        ids, lengths = golden["input_ids"].long(), golden["sequence_length"].tolist()
        options = dict(dtype=torch.float32, attn_implementation="eager", experts_implementation="eager")
        with torch.no_grad():
            model = AutoModelForCausalLM.from_pretrained(folder, **options).eval()
            base_sets, base_hidden = run(model, ids, lengths)
            for name, changes, edit in alterations(model.config):
                config = AutoConfig.from_pretrained(folder)
                for key, value in copy.deepcopy(changes).items():
                    setattr(config, key, value)
                other = AutoModelForCausalLM.from_pretrained(folder, config=config, **options).eval()
                if edit and not edit(other):
                    continue
                sets, hidden = run(other, ids, lengths)
                share = (sets != base_sets).any(dim=2).float().mean().item()
                change = ((hidden - base_hidden).abs().max() / base_hidden.abs().max()).item()
                print(f"{folder.name:40} {name:22} sets changed {100 * share:6.2f} %, hidden {change:.2e}", flush=True)
                worst.setdefault(name, []).append(change)
    for name, values in worst.items():
        print(f"least change for '{name}' over {len(values)} checkpoints: {min(values):.2e}")


if __name__ == "__main__":
    main()
