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
LATENT = dict(TINY, intermediate_size=20, moe_intermediate_size=10, n_routed_experts=6, num_experts_per_tok=2,
              kv_lora_rank=10, q_lora_rank=14, qk_nope_head_dim=6, qk_rope_head_dim=12, v_head_dim=8, num_key_value_heads=4)
SIGMOID = dict(TINY, intermediate_size=20, moe_intermediate_size=10, n_routed_experts=6, num_experts_per_tok=2,
               n_shared_experts=1, num_key_value_heads=2)
DELTA = dict(TINY, moe_intermediate_size=10, shared_expert_intermediate_size=14, num_experts=6, num_experts_per_tok=2,
             num_key_value_heads=2, head_dim=16, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=6,
             linear_value_head_dim=8)
# Families since gpt_oss: fewer rows each, and rows of their own.
LATER = {
    "gpt_oss": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2, head_dim=12),
    "deepseek_v2": dict(LATENT), "deepseek_v3": dict(LATENT, n_group=2, topk_group=1), "glm4_moe_lite": dict(LATENT),
    "glm4_moe": dict(SIGMOID), "dots1": dict(SIGMOID), "solar_open": dict(SIGMOID, head_dim=12),
    "ernie4_5_moe": dict(TINY, intermediate_size=20, moe_intermediate_size=10, moe_num_experts=6, moe_k=2,
                         num_key_value_heads=2),
    "granitemoe": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2),
    "granitemoeshared": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2,
                             shared_intermediate_size=14),
    "minimax_m2": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2,
                       head_dim=12),
    "hunyuan_v1_moe": dict(TINY, intermediate_size=12, num_experts=6, moe_topk=2, num_key_value_heads=2, head_dim=12,
                           pad_token_id=None, bos_token_id=None, eos_token_id=None),
    "flex_olmo": dict(TINY, intermediate_size=12, num_experts=6, num_experts_per_tok=2, pad_token_id=None),
    "phimoe": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2),
    "qwen3_next": dict(DELTA, intermediate_size=20), "qwen3_5_moe_text": dict(DELTA),
    "qwen3_5_moe": dict(text_config=dict(DELTA, model_type="qwen3_5_moe_text")),
    "kimi_linear": dict(TINY, intermediate_size=20, moe_intermediate_size=10, num_experts=6, num_experts_per_token=2,
                        kv_lora_rank=10, qk_nope_head_dim=6, qk_rope_head_dim=12, v_head_dim=8, num_key_value_heads=4,
                        linear_head_dim=6, linear_num_heads=2, pad_token_id=None, bos_token_id=None, eos_token_id=None),
    "granitemoehybrid": dict(TINY, intermediate_size=12, num_local_experts=6, num_experts_per_tok=2, num_key_value_heads=2,
                             shared_intermediate_size=14, mamba_n_heads=8, mamba_d_state=6, position_embedding_type="rope",
                             layer_types=["linear_attention", "full_attention"] * 2, pad_token_id=None, bos_token_id=None,
                             eos_token_id=None),
    "lfm2_moe": dict(TINY, intermediate_size=20, moe_intermediate_size=10, num_experts=6, num_experts_per_tok=2,
                     num_key_value_heads=2, num_dense_layers=1,
                     layer_types=["conv", "full_attention", "conv", "full_attention"]),
}
for family, base in LATER.items():
    base["model_type"] = family
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


def distinct(rope):
    """Lengths that share their frequencies are told once."""
    return [r for i, r in enumerate(rope) if i == 0 or {**r, "length": 0} != {**rope[i - 1], "length": 0}]


def later_variants(family):
    yield "base", {}
    for i, rope in enumerate(rope_kinds(6)):
        label = (rope or {}).get("rope_type", (rope or {}).get("type"))
        if i in (0, 1, 2, 3, 5, 9, 11, 15, 16, 21, 22, 24, 25, 26, 28, 33, 36, 45, 47, 48):
            yield f"rope{i}-{label}", dict(rope_parameters=rope)
        if i in (5, 7, 15, 16, 21, 22, 26, 33):
            yield f"rope{i}-{label}-old", dict(rope_scaling=copy.deepcopy(rope), rope_theta=3000.0)
    yield "rope-theta-alone", dict(rope_theta=60.0)
    yield "rope-partial-beside", dict(partial_rotary_factor=0.5)
    yield "rope-partial-one", dict(partial_rotary_factor=1.0)
    yield "rope-partial-beside-linear", dict(rope_scaling=dict(type="linear", factor=2.0), partial_rotary_factor=0.5)
    yield "rotary-dim", dict(rotary_dim=6)
    yield "rope-alpha", dict(rope_scaling=dict(type="dynamic", alpha=20.0, factor=1.0))
    yield "rope-mscales", dict(rope_parameters=dict(
        rope_type="longrope", rope_theta=500.0, short_factor=[1 + 0.1 * i for i in range(6)], long_factor=[2.0] * 6,
        original_max_position_embeddings=24, short_mscale=1.1, long_mscale=1.3))
    yield "act-gelu", dict(hidden_act="gelu")
    yield "head-dim-null", dict(head_dim=None)
    yield "head-dim-20", dict(head_dim=20)
    yield "head-dim-gone", dict(head_dim=GONE)
    yield "kv-heads-3", dict(num_key_value_heads=3)
    yield "kv-heads-null", dict(num_key_value_heads=None)
    yield "attention-bias", dict(attention_bias=True)
    yield "attention-bias-off", dict(attention_bias=False)
    yield "use-bias", dict(use_bias=True)
    yield "qk-norm", dict(use_qk_norm=True)
    yield "tied", dict(tie_word_embeddings=True)
    yield "untied", dict(tie_word_embeddings=False)
    yield "eps", dict(rms_norm_eps=1e-3)
    yield "norm-topk", dict(norm_topk_prob=True)
    yield "norm-topk-off", dict(norm_topk_prob=False)
    yield "top-k-3", dict(num_experts_per_tok=3)
    yield "top-k-too-many", dict(num_experts_per_tok=7)
    yield "top-k-gone", dict(num_experts_per_tok=GONE, moe_k=GONE, moe_topk=GONE)
    yield "experts-local", dict(num_local_experts=5)
    yield "experts-plain", dict(num_experts=5)
    yield "experts-gone", {key: GONE for key in ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")}
    yield "window", dict(sliding_window=9)
    yield "window-null", dict(sliding_window=None)
    yield "window-max-layers", dict(sliding_window=9, max_window_layers=2)
    yield "layer-types", dict(sliding_window=9, layer_types=FOUR)
    yield "layer-types-short", dict(sliding_window=9, layer_types=FOUR[:3])
    yield "layer-types-linear", dict(sliding_window=9, layer_types=FOUR[:3] + ["linear_attention"])
    for n in (0, 2, 9):
        yield f"first-dense-{n}", dict(first_k_dense_replace=n)
    yield "mlp-types", dict(mlp_layer_types=["sparse", "dense", "dense", "sparse"])
    yield "mlp-types-short", dict(mlp_layer_types=["sparse", "dense"])
    yield "interval", dict(moe_layer_interval=2)
    yield "start-end", dict(moe_layer_start_index=1, moe_layer_end_index=2)
    yield "shared-2", dict(n_shared_experts=2, moe_num_shared_experts=3)
    yield "shared-none", dict(moe_num_shared_experts=0, shared_intermediate_size=0)
    yield "shared-gone", dict(n_shared_experts=GONE)
    yield "groups", dict(n_group=3, topk_group=2, topk_method="group_limited_greedy")
    yield "groups-plain", dict(n_group=3, topk_group=2)
    yield "groups-odd", dict(n_group=4, topk_group=2, topk_method="group_limited_greedy")
    yield "groups-too-many", dict(n_group=2, topk_group=3, topk_method="group_limited_greedy")
    yield "group-one", dict(n_group=1, topk_group=1)
    yield "scaling", dict(routed_scaling_factor=2.5)
    yield "rank-null", dict(q_lora_rank=None)
    yield "halves", dict(rope_interleave=False)
    yield "mlp-bias", dict(mlp_bias=True)
    yield "multipliers", dict(embedding_multiplier=2.0, attention_multiplier=0.5, residual_multiplier=0.3, logits_scaling=4.0)
    yield "jitter", dict(router_jitter_noise=0.2)
    yield "head-bias", dict(lm_head_bias=True)
    yield "swiglu", dict(swiglu_limit=3.0, swiglu_alpha=1.2)
    yield "dtype-new", dict(dtype="bfloat16")
    yield "num-layers-1", dict(num_hidden_layers=1)
    if family in MIXED:
        yield from mixed_variants()
    yield "defaults", None


MIXED = ("qwen3_next", "qwen3_5_moe_text", "qwen3_5_moe", "lfm2_moe", "kimi_linear", "granitemoehybrid")  # not all layers attend


def mixed_variants():
    linear, full = "linear_attention", "full_attention"
    for n in (0, 1, 2, 3, 9):
        yield f"interval-{n}", dict(full_attention_interval=n)
    yield "interval-and-types", dict(full_attention_interval=2, layer_types=[full, linear, linear, linear])
    yield "types-linear", dict(layer_types=[linear] * 4)
    yield "types-full", dict(layer_types=[full] * 4)
    yield "types-old-names", dict(layer_types=["mamba", "attention", "mamba", "attention"])
    yield "types-conv", dict(layer_types=["conv", "conv", full, "conv"])
    yield "types-gone", dict(layer_types=GONE)
    yield "types-null", dict(layer_types=None)
    yield "types-indexed", dict(layer_types=[full] * 3 + ["deepseek_sparse_attention"])
    for n in (0, 1, 2, 7):
        yield f"kernel-{n}", dict(linear_conv_kernel_dim=n, conv_L_cache=n)
    yield "key-heads-1", dict(linear_num_key_heads=1)
    yield "key-heads-3", dict(linear_num_key_heads=3)
    yield "key-heads-8", dict(linear_num_key_heads=8)
    yield "linear-dims", dict(linear_key_head_dim=5, linear_value_head_dim=3)
    yield "linear-gone", {f"linear_{k}": GONE for k in ("num_key_heads", "num_value_heads", "key_head_dim", "value_head_dim")}
    yield "linear-null", dict(linear_num_key_heads=None)
    yield "conv-bias", dict(conv_bias=True)
    yield "expert-bias-off", dict(use_expert_bias=False)
    for n in (0, 2, 9):
        yield f"num-dense-{n}", dict(num_dense_layers=n)
    yield "tie-embedding", dict(tie_embedding=False)
    yield "tie-both", dict(tie_embedding=True, tie_word_embeddings=False)
    yield "norm-eps", dict(norm_eps=1e-2)
    yield "step", dict(decoder_sparse_step=2)
    yield "step-0", dict(decoder_sparse_step=0)
    yield "mlp-only", dict(mlp_only_layers=[1])
    yield "mrope", dict(rope_parameters=dict(rope_type="default", rope_theta=50.0, partial_rotary_factor=0.5,
                                              mrope_section=[1, 1, 1], mrope_interleaved=True))
    yield "shared-none", dict(shared_expert_intermediate_size=0)
    for n in (0, 1, 2, 3):
        yield f"mamba-groups-{n}", dict(mamba_n_groups=n)
    yield "mamba-heads-6", dict(mamba_n_heads=6)
    yield "mamba-heads-7", dict(mamba_n_heads=7)
    yield "mamba-head-auto", dict(mamba_d_head="auto")
    yield "mamba-head-12", dict(mamba_d_head=12)
    yield "mamba-head-5", dict(mamba_d_head=5)
    yield "mamba-expand", dict(mamba_expand=3)
    yield "mamba-state", dict(mamba_d_state=9)
    yield "mamba-conv", dict(mamba_d_conv=3, mamba_conv_bias=False)
    yield "mamba-proj-bias", dict(mamba_proj_bias=True)
    yield "mamba-limits", dict(time_step_limit=[0.1, 2.0])
    yield "mamba-limits-null", dict(time_step_limit=None)
    yield "mamba-limits-infinite", dict(time_step_limit=[0.1, {"__float__": "Infinity"}])
    yield "mamba-block-types", dict(layer_types=GONE, layers_block_type=["mamba", "attention", "mamba", "mamba"])
    yield "positions-nope", dict(position_embedding_type="nope")
    yield "positions-null", dict(position_embedding_type=None)
    # Kimi's words for what DeepSeek says otherwise, and its lists of layers.
    lists = dict(full_attn_layers=[2, 4], kda_layers=[1, 3], head_dim=5, num_heads=3, short_conv_kernel_size=2)
    yield "lists", dict(linear_attn_config=lists)
    yield "lists-and-types", dict(linear_attn_config=lists, layer_types=[full, linear, linear, full])
    yield "lists-one", dict(linear_attn_config={k: v for k, v in lists.items() if k != "kda_layers"})
    yield "lists-short", dict(linear_attn_config=dict(lists, kda_layers=[1]))
    yield "lists-both", dict(linear_attn_config=dict(lists, kda_layers=[1, 2, 3]))
    yield "lists-beyond", dict(linear_attn_config=dict(lists, kda_layers=[1, 3, 5]))
    yield "lists-zero", dict(linear_attn_config=dict(lists, kda_layers=[0, 1, 3]))
    yield "lists-empty", dict(linear_attn_config={})
    yield "lists-null", dict(linear_attn_config=None)
    yield "words-experts-both", dict(num_experts=5, num_local_experts=7)
    yield "words-top-k-both", dict(num_experts_per_token=3, num_experts_per_tok=1)
    yield "words-groups", dict(num_expert_group=3, topk_group=2)
    yield "words-groups-both", dict(num_expert_group=3, n_group=1, topk_group=2)
    yield "words-norm", dict(moe_renormalize=False)
    yield "words-norm-both", dict(moe_renormalize=False, norm_topk_prob=True)
    yield "words-shared", dict(num_shared_experts=2)
    yield "words-shared-both", dict(num_shared_experts=2, n_shared_experts=3)
    yield "words-positions-both", dict(model_max_length=50, max_position_embeddings=70)
    yield "words-rank", dict(q_lora_rank=8)
    yield "words-mlp-types", dict(mlp_layer_types=["sparse", "dense", "sparse", "dense"], first_k_dense_replace=3)


def describe_mixers(config, model):
    kinds, out = [], {}
    for layer in model.model.layers:
        delta, short = getattr(layer, "linear_attn", None), getattr(layer, "conv", None)
        if hasattr(getattr(layer, "self_attn", None), "forget_gate"):
            delta = layer.self_attn
            out["delta"] = [delta.num_heads] * 2 + [delta.head_dim] * 2 + [delta.conv1d.weight.shape[2]]
            kinds.append("delta")
            continue
        if getattr(layer, "mamba", None) is not None:
            mamba = layer.mamba
            out["space"] = [mamba.num_heads, mamba.n_groups, mamba.head_dim, mamba.ssm_state_size, mamba.conv_kernel_size,
                            int(mamba.conv1d.bias is not None), int(mamba.in_proj.bias is not None)]
            kinds.append("space")
            continue
        kinds.append("delta" if delta is not None else "conv" if short is not None else "attention")
        if delta is not None:
            out["delta"] = [delta.num_k_heads, delta.num_v_heads, delta.head_k_dim, delta.head_v_dim, delta.conv1d.weight.shape[2]]
        if short is not None:
            out["conv"] = [short.conv.weight.shape[2], int(short.conv.bias is not None)]
        if hasattr(layer, "self_attn") and config.model_type not in ("kimi_linear", "granitemoehybrid"):
            out["gated"] = layer.self_attn.q_proj.weight.shape[0] == 2 * config.num_attention_heads * layer.self_attn.head_dim
    return dict(out, mixers=kinds)


class NoAttention:
    """What a config says of attention that no layer has."""
    def __init__(self, config):
        self.head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        if config.model_type == "kimi_linear":
            self.head_dim = self.qk_head_dim = config.qk_nope_head_dim + config.qk_rope_head_dim
            for key in ("q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
                setattr(self, key, getattr(config, key))
        self.scaling = self.head_dim ** -0.5
        if config.model_type == "granitemoehybrid":
            self.scaling = config.attention_multiplier
        bias = getattr(config, "attention_bias", False)
        self.q_proj = self.o_proj = torch.nn.Linear(1, 1, bias=bias)
        self.q_norm = torch.nn.RMSNorm(self.head_dim) if config.model_type not in ("kimi_linear", "granitemoehybrid") else None


def describe_later(config, model, dtype):
    config = config.get_text_config()
    a = next((layer.self_attn for layer in model.model.layers
              if getattr(layer, "self_attn", None) is not None and not hasattr(layer.self_attn, "forget_gate")), None) or NoAttention(config)
    latent = hasattr(a, "kv_b_proj") or config.model_type == "kimi_linear"
    gate = next(m for layer in model.model.layers for m in layer.modules()
                if type(m).__name__.lower().endswith(("topkrouter", "gate")) and "ForgetGate" not in type(m).__name__)
    layers, windows = [], []
    for layer in model.model.layers:
        moe = next((m for m in layer.modules() if type(m).__name__.endswith("Experts")), None)
        mlp = getattr(layer, "mlp", getattr(layer, "feed_forward", None))
        dense = getattr(mlp, "gate_proj", getattr(mlp, "w1", None))
        layers.append([moe is not None, 0 if moe is not None else dense.weight.shape[0]])
        window = getattr(getattr(layer, "self_attn", None), "sliding_window", None)
        if config.model_type == "phimoe":
            window = config.sliding_window
        windows.append(window or 0)
    block = next(layer for layer in model.model.layers for m in layer.modules() if type(m).__name__.endswith("Experts"))
    experts = next(m for m in block.modules() if type(m).__name__.endswith("Experts"))
    shared = next((m for n, m in block.named_modules() if n.split(".")[-1] in ("shared_experts", "shared_mlp", "shared_expert") and m is not None), None)
    width = 0
    if shared is not None:
        width = shared.gate_proj.weight.shape[0] if hasattr(shared, "gate_proj") else shared.output_linear.weight.shape[1]
    norms = getattr(a, "q_norm", getattr(a, "query_layernorm", getattr(a, "q_layernorm", None)))
    norm = getattr(model.model, "norm", getattr(model.model, "embedding_norm", None))
    topk = getattr(gate, "top_k", config.num_experts_per_tok)
    renormalised = config.model_type in ("ernie4_5_moe", "minimax_m2", "hunyuan_v1_moe", "qwen3_5_moe_text") or (
        config.model_type in ("deepseek_v3", "glm4_moe", "glm4_moe_lite", "dots1", "solar_open", "flex_olmo", "qwen3_next", "lfm2_moe", "kimi_linear") and config.norm_topk_prob)
    biased = lambda *names: any(getattr(getattr(a, n, None), "bias", None) is not None for n in names)
    arch = dict(
        hidden=model.model.embed_tokens.weight.shape[1], vocab=model.model.embed_tokens.weight.shape[0],
        heads=config.num_attention_heads, kv_heads=config.num_key_value_heads,
        head_dim=a.qk_head_dim if latent else a.head_dim, qkv_bias=biased("q_proj", "q_a_proj", "kv_a_proj_with_mqa"),
        output_bias=getattr(a, "o_proj", getattr(a, "out_proj", None)).bias is not None, q_norm=norms.weight.shape[0] if norms is not None else 0, clip=None,
        eps=getattr(norm, "variance_epsilon", getattr(norm, "eps", None)), tied=config.tie_word_embeddings, layers=layers,
        windows=windows, dtype=str(dtype).replace("torch.", "") if dtype is not None else "",
        experts=gate.num_experts, top_k=topk if isinstance(topk, int) else topk[0],
        expert_width=experts.down_proj.shape[1 if config.model_type == "gpt_oss" else 2], norm=renormalised, shared=width,
        scale=a.scaling, groups=[getattr(gate, "num_group", 1) or 1, getattr(gate, "topk_group", 1) or 1],
        routed_scaling=float(getattr(gate, "routed_scaling_factor", 1.0)),
        multipliers=[float(getattr(config, k)) if config.model_type.startswith("granite") else 1.0 for k in ("embedding_multiplier", "residual_multiplier", "logits_scaling")],
        head_bias=model.lm_head.bias is not None, sinks=hasattr(a, "sinks"))
    if config.model_type == "deepseek_v2" and config.topk_method == "greedy":
        arch["groups"] = [1, 1]
    if config.model_type in MIXED:
        arch |= describe_mixers(config, model)
    if latent:
        arch["latent"] = [a.q_lora_rank or 0, a.kv_lora_rank, a.qk_nope_head_dim, a.qk_rope_head_dim, a.v_head_dim]
    if hasattr(experts, "limit"):
        arch["glu"] = [experts.alpha, experts.limit]
    rope = []
    rotary = type(getattr(model.model, "rotary_emb", getattr(model.model, "pos_emb", None)))
    if rotary is type(None):
        return dict(arch, rope=[dict(length=1, scaling=1.0, inv_freq=[])])
    for n in ROPE_LENGTHS:
        r = rotary(config)
        positions = torch.arange(n)[None]
        r(torch.zeros(1), positions.expand(3, 1, n) if hasattr(r, "mrope_section") else positions)
        scaling = float(r.attention_scaling)
        if config.model_type == "phimoe" and config.rope_parameters["rope_type"] != "default":
            long = n > config.rope_parameters["original_max_position_embeddings"]
            scaling = config.rope_parameters["long_mscale" if long else "short_mscale"]
        rope.append(dict(length=n, scaling=scaling, inv_freq=[float(f"{f:.8g}") for f in r.inv_freq.tolist()]))
    return dict(arch, rope=distinct(rope))


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
    arch["rope"] = distinct(rope)
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
    for family, base in (BASES | LATER).items():
        later = family in LATER
        for name, changes in (later_variants if later else variants)(family):
            text = {"model_type": family} if changes is None else {**copy.deepcopy(base), **copy.deepcopy(changes)}
            if family == "qwen3_5_moe" and changes is not None:  # what is about the text stands inside
                inner = text["text_config"] | {k: v for k, v in text.items() if k not in base}
                text = {"model_type": family, "text_config": {k: v for k, v in inner.items() if v != GONE}}
            text = {k: v for k, v in text.items() if v != GONE}
            row = dict(name=f"{family}-{name}", config=json.dumps(text))
            try:
                config = CONFIG_MAPPING[family].from_dict(copy.deepcopy(text))
                small = changes is not None
                dtype = config.get_text_config().dtype or config.dtype  # from_config overwrites it
                with torch.device("cpu" if small else "meta"):
                    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32,
                                                             experts_implementation="eager")
                if small:
                    with torch.no_grad():
                        model.eval()(torch.randint(0, config.get_text_config().vocab_size, (1, 30)), use_cache=False)
                row["accepted"] = True
                row["arch"] = (describe_later if later else describe)(config, model, dtype)
                if not later and (name.startswith("act-") or name == "base"):
                    row["arch"]["activation"] = activation_samples(model)
            except Exception as error:  # whatever it is, the reference does not take this file
                row["accepted"] = False
                lines = str(error).splitlines() or [""]
                row["error"] = f"{type(error).__name__}: {lines[0][:160]}"
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
