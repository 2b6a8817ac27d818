#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/configs/golden.json: many small and odd config.json texts, and what transformers makes of each.

Each row: {"name", "config" (the text of the file), "accepted", "error"?, "arch"?}. `accepted` is whether the config class takes it, the model
can be built from it, and (where it is small) one forward runs. `arch` is read from the built model's modules, not from
the config, where a module shows it; `rope` holds inverse frequencies for some sequence lengths, from the reference's own
rotary embedding after a forward with that many positions.
"""
import copy
import json
import os
import pathlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.activations import ACT2CLS
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TINY = dict(hidden_size=48, num_hidden_layers=4, num_attention_heads=4, vocab_size=64, max_position_embeddings=96)
BASES = {
    "olmoe": dict(TINY, model_type="olmoe", intermediate_size=12, num_experts=6, num_experts_per_tok=2),
    "mixtral": dict(TINY, model_type="mixtral", intermediate_size=12, num_local_experts=6, num_experts_per_tok=2,
                    num_key_value_heads=2),
    "qwen2_moe": dict(TINY, model_type="qwen2_moe", intermediate_size=20, moe_intermediate_size=10, num_key_value_heads=2,
                      shared_expert_intermediate_size=14, num_experts=6, num_experts_per_tok=2),
    "qwen3_moe": dict(TINY, model_type="qwen3_moe", intermediate_size=20, moe_intermediate_size=10, num_key_value_heads=2,
                      head_dim=16, num_experts=6, num_experts_per_tok=2),
}
GONE = "(no such key)"
FOUR = ["full_attention", "sliding_attention", "full_attention", "sliding_attention"]


def rope_kinds(n):
    short, long = [1 + 0.1 * i for i in range(n)], [1 + i for i in range(n)]
    return [
        dict(rope_type="default", rope_theta=5000.0),
        dict(rope_type="default"),
        dict(rope_type="default", rope_theta=5000.0, factor=7.0, partial_rotary_factor=0.5),
        dict(rope_theta=123.0),
        dict(rope_type="linear", factor=3.0),
        dict(rope_type="linear", factor=3, rope_theta=777),
        dict(rope_type="linear"),
        dict(type="linear", factor=2.0),
        dict(type="linear", rope_type="default", factor=2.0),
        dict(rope_type="linear", factor=2.0, partial_rotary_factor=0.5),
        dict(rope_type="linear", factor=2.0, partial_rotary_factor=0.99),
        dict(rope_type="dynamic", factor=2.0),
        dict(rope_type="dynamic", factor=8.0, rope_theta=500.0),
        dict(rope_type="dynamic"),
        dict(rope_type="dynamic", factor=3.0, original_max_position_embeddings=32),
        dict(rope_type="yarn", factor=4.0),
        dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=None, original_max_position_embeddings=24),
        dict(rope_type="yarn", original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=0.5, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, beta_fast=0, beta_slow=None, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, beta_fast=8.0, beta_slow=3.0, truncate=False, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, mscale=1.5, mscale_all_dim=0.5, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, mscale=1.5, mscale_all_dim=0.0, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, mscale=1.5, original_max_position_embeddings=24),
        dict(rope_type="yarn", factor=4.0, attention_factor=0.7, mscale=1.5, mscale_all_dim=0.5),
        dict(rope_type="longrope", short_factor=short, long_factor=long, original_max_position_embeddings=24),
        dict(rope_type="longrope", short_factor=short, long_factor=long),
        dict(rope_type="longrope", short_factor=short, long_factor=long, factor=16.0, original_max_position_embeddings=24),
        dict(rope_type="longrope", short_factor=short, long_factor=long, attention_factor=1.5),
        dict(rope_type="longrope", short_factor=short[:-1], long_factor=long, original_max_position_embeddings=24),
        dict(rope_type="longrope", short_factor=[1.5], long_factor=long, original_max_position_embeddings=24),
        dict(rope_type="longrope", short_factor=short, original_max_position_embeddings=24),
        dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=40),
        dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0),
        dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, original_max_position_embeddings=40),
        dict(rope_type="proportional", partial_rotary_factor=0.5),
        dict(rope_type="proportional", partial_rotary_factor=0.3, factor=2.0),
        dict(rope_type="proportional"),
        dict(rope_type="proportional", partial_rotary_factor=0.0),
        dict(rope_type="su", factor=2.0),
        dict(rope_type="axial", factor=2.0),
        dict(rope_type="ntk", factor=2.0),
        dict(rope_type=None, factor=2.0),
        dict(full_attention=dict(rope_type="default", rope_theta=100.0),
             sliding_attention=dict(rope_type="linear", factor=2.0)),
        dict(rope_type="default", rope_theta=None),
        dict(rope_type="default", mrope_section=[2, 2, 2]),
        {},
        None,
    ]


def variants(family):
    n = 8 if family == "qwen3_moe" else 6
    mixtral_needs = dict(head_dim=12) if family == "mixtral" else {}  # its class cannot do yarn & co. without
    yield "base", {}
    for i, rope in enumerate(rope_kinds(n)):
        label = (rope or {}).get("rope_type", (rope or {}).get("type"))
        yield f"rope{i}-{label}", dict(rope_parameters=rope, **mixtral_needs)
        old = dict(rope_scaling=copy.deepcopy(rope), **mixtral_needs)
        yield f"rope{i}-{label}-old", old
        if isinstance(rope, dict) and i % 3 == 0:
            old = dict(copy.deepcopy(old), rope_theta=3000.0)
            yield f"rope{i}-{label}-old-theta", old
    yield "rope-both-dialects", dict(rope_parameters=dict(rope_type="linear", factor=2.0, rope_theta=50.0),
                                     rope_scaling=dict(type="linear", factor=5.0), rope_theta=60.0)
    yield "rope-empty-scaling", dict(rope_parameters=dict(rope_type="linear", factor=2.0, rope_theta=50.0),
                                     rope_scaling={}, rope_theta=60.0)
    yield "rope-theta-alone", dict(rope_theta=60.0)
    yield "rope-theta-null", dict(rope_theta=None)
    yield "rope-theta-both", dict(rope_parameters=dict(rope_type="default", rope_theta=50.0), rope_theta=60.0)
    yield "rope-partial-beside", dict(partial_rotary_factor=0.5)
    yield "rope-partial-beside-linear", dict(rope_scaling=dict(type="linear", factor=2.0), partial_rotary_factor=0.5)
    yield "rope-partial-beside-proportional", dict(
        rope_parameters=dict(rope_type="proportional", rope_theta=100.0), partial_rotary_factor=0.5)
    yield "rope-original-beside", dict(
        rope_scaling=dict(type="yarn", factor=4.0, original_max_position_embeddings=24), original_max_position_embeddings=48,
        **mixtral_needs)
    yield "rope-original-beside-linear", dict(
        rope_scaling=dict(type="linear", factor=4.0), original_max_position_embeddings=48)
    for act in sorted(ACT2CLS) + ["SiLU", "gelu_tanh", "geglu"]:
        yield f"act-{act}", dict(hidden_act=act)
    yield "head-dim-null", dict(head_dim=None)
    yield "head-dim-12", dict(head_dim=12)
    yield "head-dim-20", dict(head_dim=20)
    yield "head-dim-15", dict(head_dim=15)
    yield "heads-5", dict(num_attention_heads=5, num_key_value_heads=5, head_dim=GONE)
    yield "heads-3", dict(num_attention_heads=3, num_key_value_heads=1, head_dim=GONE)
    yield "kv-heads-3", dict(num_key_value_heads=3)
    yield "kv-heads-null", dict(num_key_value_heads=None)
    yield "kv-heads-gone", dict(num_key_value_heads=GONE, num_attention_heads=16, hidden_size=64, head_dim=GONE)
    yield "kv-heads-8", dict(num_key_value_heads=8)
    yield "clip", dict(clip_qkv=1.5)
    yield "clip-zero", dict(clip_qkv=0.0)
    yield "clip-int", dict(clip_qkv=2.0)
    yield "norm-topk", dict(norm_topk_prob=True)
    yield "attention-bias", dict(attention_bias=True)
    yield "qkv-bias-off", dict(qkv_bias=False)
    yield "qkv-bias-on", dict(qkv_bias=True)
    yield "tied", dict(tie_word_embeddings=True)
    yield "eps", dict(rms_norm_eps=1e-3)
    yield "top-k-all", dict(num_experts_per_tok=6)
    yield "top-k-too-many", dict(num_experts_per_tok=7)
    yield "experts-alias", dict(num_experts=GONE, num_local_experts=5) if family != "mixtral" else \
        dict(num_local_experts=GONE, num_experts=5)
    yield "experts-both", dict(num_experts=5, num_local_experts=7)
    yield "window", dict(sliding_window=9)
    yield "window-use", dict(sliding_window=9, use_sliding_window=True)
    yield "window-use-default", dict(use_sliding_window=True)
    yield "window-use-null", dict(use_sliding_window=True, sliding_window=None)
    yield "window-use-false", dict(sliding_window=9, use_sliding_window=False)
    for m in (0, 1, 3, 4, 28):
        yield f"window-max-layers-{m}", dict(sliding_window=9, use_sliding_window=True, max_window_layers=m)
    yield "layer-types", dict(sliding_window=9, use_sliding_window=True, layer_types=FOUR)
    yield "layer-types-old-names", dict(sliding_window=9, use_sliding_window=True,
                                        layer_types=["attention", "sliding_attention", "attention", "full_attention"])
    yield "layer-types-no-use", dict(sliding_window=9, use_sliding_window=False, layer_types=["full_attention"] * 4)
    yield "layer-types-short", dict(sliding_window=9, use_sliding_window=True, layer_types=FOUR[:3])
    yield "layer-types-unknown", dict(sliding_window=9, use_sliding_window=True, layer_types=FOUR[:3] + ["banana"])
    yield "layer-types-linear", dict(sliding_window=9, use_sliding_window=True, layer_types=FOUR[:3] + ["linear_attention"])
    yield "sparse-step-2", dict(decoder_sparse_step=2)
    yield "sparse-step-3", dict(decoder_sparse_step=3)
    yield "sparse-step-0", dict(decoder_sparse_step=0)
    yield "mlp-only", dict(mlp_only_layers=[1, 2])
    yield "mlp-only-odd", dict(mlp_only_layers=[0, 0, 17, -1])
    yield "mlp-only-null", dict(mlp_only_layers=None)
    yield "mlp-only-step", dict(mlp_only_layers=[1], decoder_sparse_step=2)
    yield "shared-0", dict(shared_expert_intermediate_size=0)
    yield "dtype-new", dict(dtype="bfloat16")
    yield "dtype-old", dict(torch_dtype="float16")
    yield "dtype-both", dict(dtype="bfloat16", torch_dtype="float16")
    yield "dtype-unknown", dict(dtype="float17")
    yield "num-layers-1", dict(num_hidden_layers=1)
    yield "max-positions-gone", dict(max_position_embeddings=GONE, rope_parameters=dict(rope_type="dynamic", factor=2.0))
    yield "string-size", dict(hidden_size="48")
    yield "float-size", dict(hidden_size=48.0)
    yield "null-size", dict(hidden_size=None)
    yield "bool-size", dict(num_hidden_layers=True)
    yield "int-bool", dict(tie_word_embeddings=1)
    yield "defaults", None  # nothing but model_type


ROPE_LENGTHS = (1, 24, 25, 96, 97, 300)


def describe(config, model, dtype):
    a = model.model.layers[0].self_attn
    layers, windows = [], []
    for i, layer in enumerate(model.model.layers):
        moe = hasattr(layer.mlp, "gate") and hasattr(layer.mlp, "experts")
        layers.append([moe, 0 if moe else layer.mlp.intermediate_size])
        if config.model_type == "qwen2_moe":
            windows.append(config.sliding_window if config.layer_types[i] == "sliding_attention" else 0)
        elif config.model_type == "olmoe":
            windows.append(0)
        else:
            windows.append(config.sliding_window or 0)
    moe = next((layer.mlp for layer in model.model.layers if hasattr(layer.mlp, "experts")), None)
    arch = dict(
        hidden=model.model.embed_tokens.weight.shape[1], vocab=model.model.embed_tokens.weight.shape[0],
        heads=config.num_attention_heads, kv_heads=a.k_proj.weight.shape[0] // a.head_dim, head_dim=a.head_dim,
        qkv_bias=a.q_proj.bias is not None, output_bias=a.o_proj.bias is not None,
        q_norm=a.q_norm.weight.shape[0] if hasattr(a, "q_norm") else 0,
        clip=getattr(config, "clip_qkv", None) if config.model_type == "olmoe" else None,
        eps=model.model.norm.variance_epsilon, tied=config.tie_word_embeddings, layers=layers, windows=windows,
        dtype=str(dtype).replace("torch.", "") if dtype is not None else "")
    if moe is not None:
        arch.update(
            experts=moe.gate.weight.shape[0], top_k=moe.gate.top_k, expert_width=moe.experts.down_proj.shape[2],
            norm=bool(getattr(moe.gate, "norm_topk_prob", True)),
            shared=moe.shared_expert.gate_proj.weight.shape[0] if hasattr(moe, "shared_expert") else 0)
    rope = []
    for n in ROPE_LENGTHS:
        r = type(model.model.rotary_emb)(config)
        r(torch.zeros(1), torch.arange(n)[None])
        rope.append(dict(length=n, scaling=float(r.attention_scaling), inv_freq=[float(f"{f:.8g}") for f in r.inv_freq.tolist()]))
    # lengths that share their frequencies are told once
    arch["rope"] = [r for i, r in enumerate(rope) if i == 0 or {**r, "length": 0} != {**rope[i - 1], "length": 0}]
    return arch


def activation_samples(model):
    """What the activation computes, so that the enumeration is checked by value, not by name."""
    mlp = next(layer.mlp for layer in model.model.layers if hasattr(layer.mlp, "experts"))
    x = torch.tensor([-12.0, -3.0, -1.0, -0.25, 0.0, 0.5, 1.5, 3.0, 12.0])
    with torch.no_grad():
        return [float(f"{v:.7g}") for v in mlp.experts.act_fn(x).tolist()]


def main():
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rows = []
    for family, base in BASES.items():
        for name, changes in variants(family):
            text = {"model_type": family} if changes is None else {**copy.deepcopy(base), **copy.deepcopy(changes)}
            text = {k: v for k, v in text.items() if v != GONE}
            row = dict(name=f"{family}-{name}", config=json.dumps(text))
            try:
                config = CONFIG_MAPPING[family].from_dict(copy.deepcopy(text))
                small = changes is not None
                dtype = config.dtype  # from_config overwrites it
                with torch.device("cpu" if small else "meta"):
                    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32,
                                                             experts_implementation="eager")
                if small:
                    with torch.no_grad():
                        model.eval()(torch.randint(0, config.vocab_size, (1, 30)), use_cache=False)
                row["accepted"] = True
                row["arch"] = describe(config, model, dtype)
                if name.startswith("act-") or name == "base":
                    row["arch"]["activation"] = activation_samples(model)
            except Exception as error:  # whatever it is, the reference does not take this file
                row["accepted"] = False
                row["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
            rows.append(row)
    out = pathlib.Path(__file__).resolve().parents[2] / "data" / "configs"
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "golden.json", "w") as f:
        f.write('{"transformers": "%s", "rows": [\n' % transformers.__version__)
        f.write(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
        f.write("\n]}\n")
    taken = sum(r["accepted"] for r in rows)
    print(f"{len(rows)} configs, {taken} accepted, {len(rows) - taken} not")


if __name__ == "__main__":
    main()
