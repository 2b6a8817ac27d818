#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/checkpoints: tiny random checkpoints, saved by transformers itself, each with what transformers
routes on them (golden.safetensors). Layout and rules: tests/data/checkpoints/README.md.

    generate_checkpoints.py [--only PREFIX] [--output FOLDER]

The reference is the model as read back from the saved files, fp32, CPU, eager attention and eager experts, one
sequence a forward, no cache, rotary state fresh for each sequence. Routing is taken by forward hooks on the gate
modules: what `output_router_logits` returns changed its meaning between versions, and it never holds the ids.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import zlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import AutoConfig, AutoModelForCausalLM

SMALL = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=96, max_position_embeddings=1024,
             pad_token_id=None, bos_token_id=None, eos_token_id=None)
OLMOE = dict(SMALL, model_type="olmoe", intermediate_size=20, num_experts=8, num_experts_per_tok=3)
MIXTRAL = dict(SMALL, model_type="mixtral", intermediate_size=20, num_local_experts=8, num_experts_per_tok=2,
               num_key_value_heads=2)
QWEN2 = dict(SMALL, model_type="qwen2_moe", intermediate_size=40, moe_intermediate_size=16, num_key_value_heads=2,
             shared_expert_intermediate_size=28, num_experts=8, num_experts_per_tok=3)
QWEN3 = dict(SMALL, model_type="qwen3_moe", intermediate_size=40, moe_intermediate_size=16, num_key_value_heads=2,
             head_dim=16, num_experts=8, num_experts_per_tok=3)


def factors(n, low, high):
    return [round(low + (high - low) * i / max(1, n - 1), 3) for i in range(n)]


# name: (base, changes, how it is saved). "raw" edits the written config.json: a key set to None is removed.
SPECS = {
    "olmoe-plain": (OLMOE, dict(num_hidden_layers=3), dict(dtype="bfloat16")),
    "olmoe-gqa-clip-bias-linear": (
        OLMOE, dict(num_key_value_heads=2, clip_qkv=0.8, attention_bias=True, norm_topk_prob=True),
        dict(old=dict(rope_theta=5000.0, rope_scaling={"type": "linear", "factor": 3.0}))),
    "olmoe-yarn-tied-sharded": (
        OLMOE, dict(tie_word_embeddings=True, max_position_embeddings=256, rms_norm_eps=1e-3,
                    rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, beta_fast=2.0, beta_slow=0.2,
                                         original_max_position_embeddings=64)),
        dict(dtype="bfloat16", shard="60KB")),
    "olmoe-dynamic-gelu": (
        OLMOE, dict(hidden_act="gelu", max_position_embeddings=96, num_experts=16, num_experts_per_tok=4, intermediate_size=12,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.5)),
        dict(dtype="bfloat16")),
    "olmoe-longrope-fused-fp16": (
        OLMOE, dict(max_position_embeddings=512, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors(6, 1.0, 1.4),
                                         long_factor=factors(6, 1.1, 9.0), original_max_position_embeddings=64)),
        dict(dtype="float16", fused=True)),
    "olmoe-llama3-relu2-top1": (
        OLMOE, dict(hidden_act="relu2", num_experts_per_tok=1, num_attention_heads=2, num_key_value_heads=1,
                    rope_parameters=dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
                                         high_freq_factor=4.0, original_max_position_embeddings=128)),
        dict(dtype="bfloat16")),
    "mixtral-plain-old": (
        MIXTRAL, dict(num_hidden_layers=3),
        dict(dtype="bfloat16", old=dict(rope_theta=None), raw=dict(sliding_window=None))),
    "mixtral-window-headdim-sharded": (
        MIXTRAL, dict(sliding_window=24, head_dim=20, num_attention_heads=3, num_key_value_heads=1),
        dict(dtype="bfloat16", shard="60KB")),
    "mixtral-yarn-fused": (
        MIXTRAL, dict(head_dim=16, max_position_embeddings=512,
                      rope_parameters=dict(rope_type="yarn", rope_theta=1000000.0, factor=8.0, truncate=False,
                                           attention_factor=1.3, original_max_position_embeddings=64)),
        dict(dtype="bfloat16", fused=True)),
    "mixtral-linear-quickgelu-tied-fp16": (
        MIXTRAL, dict(hidden_act="quick_gelu", tie_word_embeddings=True, num_key_value_heads=4,
                      rope_parameters=dict(rope_type="linear", rope_theta=20000.0, factor=2.0)),
        dict(dtype="float16")),
    "mixtral-dynamic-window": (
        MIXTRAL, dict(head_dim=12, sliding_window=150, max_position_embeddings=128,
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=4.0)),
        dict(dtype="bfloat16")),
    "mixtral-longrope-mqa-old": (
        MIXTRAL, dict(head_dim=12, num_key_value_heads=1, max_position_embeddings=256,
                      rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors(6, 1.0, 1.2),
                                           long_factor=factors(6, 1.5, 6.0), original_max_position_embeddings=80)),
        dict(dtype="bfloat16",
             old=dict(rope_theta=10000.0, original_max_position_embeddings=80,
                      rope_scaling={"type": "longrope", "short_factor": factors(6, 1.0, 1.2),
                                    "long_factor": factors(6, 1.5, 6.0)}))),
    "mixtral-llama3-gelutanh-alias": (
        MIXTRAL, dict(hidden_act="gelu_pytorch_tanh", num_local_experts=16, num_experts_per_tok=5, intermediate_size=12,
                      rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=4.0, low_freq_factor=1.0,
                                           high_freq_factor=8.0, original_max_position_embeddings=256)),
        dict(dtype="bfloat16", raw=dict(num_local_experts=None, num_experts=16))),
    "qwen2_moe-plain": (QWEN2, dict(), dict(dtype="bfloat16")),
    "qwen2_moe-sparse-step-nobias": (
        QWEN2, dict(num_hidden_layers=5, decoder_sparse_step=2, mlp_only_layers=[3], qkv_bias=False, norm_topk_prob=True),
        dict(dtype="bfloat16")),
    "qwen2_moe-max-window-layers-old": (
        QWEN2, dict(num_hidden_layers=4, use_sliding_window=True, sliding_window=13, max_window_layers=2, intermediate_size=24,
                    mlp_only_layers=[1]),
        dict(dtype="bfloat16", old=dict(rope_theta=1000000.0, rope_scaling=None), raw=dict(layer_types=None))),
    "qwen2_moe-layer-types-yarn": (
        QWEN2, dict(num_hidden_layers=3, use_sliding_window=True, sliding_window=30, max_position_embeddings=512,
                    layer_types=["full_attention", "sliding_attention", "sliding_attention"], max_window_layers=1,
                    rope_parameters=dict(rope_type="yarn", rope_theta=1000000.0, factor=4.0,
                                         original_max_position_embeddings=128)),
        dict(dtype="bfloat16")),
    "qwen2_moe-headdim-mish-tied-fused": (
        QWEN2, dict(hidden_act="mish", tie_word_embeddings=True, head_dim=18, num_attention_heads=3, num_key_value_heads=3),
        dict(dtype="bfloat16", fused=True)),
    "qwen2_moe-dynamic-relu6-fp16-sharded": (
        QWEN2, dict(hidden_act="relu6", max_position_embeddings=64,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float16", shard="50KB")),
    "qwen2_moe-longrope-mqa": (
        QWEN2, dict(num_key_value_heads=1, max_position_embeddings=400, norm_topk_prob=True, rms_norm_eps=1e-5,
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, factor=5.0, short_factor=factors(6, 1.0, 2.0),
                                         long_factor=factors(6, 2.0, 12.0), original_max_position_embeddings=100)),
        dict(dtype="bfloat16")),
    "qwen2_moe-llama3-fp32": (
        QWEN2, dict(hidden_size=32, num_experts=6, num_experts_per_tok=2,
                    rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=16.0, low_freq_factor=2.0,
                                         high_freq_factor=6.0, original_max_position_embeddings=200)),
        dict(dtype="float32")),
    "qwen3_moe-plain": (QWEN3, dict(hidden_size=40, norm_topk_prob=True), dict(dtype="bfloat16")),
    "qwen3_moe-bias-mlponly-old": (
        QWEN3, dict(num_hidden_layers=3, attention_bias=True, mlp_only_layers=[0]),
        dict(dtype="bfloat16", old=dict(rope_theta=1000000.0, rope_scaling=None))),
    "qwen3_moe-window": (
        QWEN3, dict(use_sliding_window=True, sliding_window=20, norm_topk_prob=True, max_window_layers=1,
                    layer_types=["full_attention", "sliding_attention"]),
        dict(dtype="bfloat16")),
    "qwen3_moe-yarn-mscale-tied-sharded": (
        QWEN3, dict(tie_word_embeddings=True, max_position_embeddings=512, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=8.0, mscale=1.4, mscale_all_dim=0.7,
                                         original_max_position_embeddings=64)),
        dict(dtype="bfloat16", shard="60KB")),
    "qwen3_moe-proportional-fused": (
        QWEN3, dict(rope_parameters=dict(rope_type="proportional", rope_theta=10000.0, factor=1.5, partial_rotary_factor=0.5)),
        dict(dtype="bfloat16", fused=True)),
    "qwen3_moe-dynamic-step2-all-experts": (
        QWEN3, dict(num_hidden_layers=4, decoder_sparse_step=2, num_experts=4, num_experts_per_tok=4, norm_topk_prob=True,
                    max_position_embeddings=100,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0)),
        dict(dtype="bfloat16")),
    "qwen3_moe-longrope-fp16": (
        QWEN3, dict(max_position_embeddings=512, hidden_act="gelu_new",
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, attention_factor=1.19,
                                         short_factor=factors(8, 1.0, 1.5), long_factor=factors(8, 1.2, 20.0),
                                         original_max_position_embeddings=70)),
        dict(dtype="float16")),
    "qwen3_moe-llama3-leakyrelu-fp32": (
        QWEN3, dict(hidden_size=32, hidden_act="leaky_relu", num_experts=6, num_experts_per_tok=2, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=2.0, low_freq_factor=1.0,
                                         high_freq_factor=4.0, original_max_position_embeddings=300)),
        dict(dtype="float32")),
    "qwen3_moe-linear-odd-partial": (
        QWEN3, dict(norm_topk_prob=True, hidden_act="laplace",
                    rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0, partial_rotary_factor=0.95)),
        dict(dtype="bfloat16")),
}

# 2,048 tokens; lengths on both sides of every window and of every original context above
LENGTHS = [1, 97, 13, 430, 2, 64, 65, 101, 7, 240, 128, 33, 20, 300, 547]
LOGIT_ROWS = 98   # the first two sequences
HIDDEN_ROWS = 64


def initialise(model, generator):
    """Random weights that make attention, rotary embedding and routing matter, and do not blow up."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.normal_(0, 0.5, generator=generator)
            elif "norm" in name:
                p.normal_(1, 0.3, generator=generator)
            elif "embed_tokens" in name:
                p.normal_(0, 0.7, generator=generator)
            else:
                gain = 2.0 if ("q_proj" in name or "k_proj" in name or "mlp.gate.weight" in name) else 1.4
                p.normal_(0, gain / math.sqrt(p.shape[-1]), generator=generator)


def write_checkpoint(folder, base, changes, how, seed):
    settings = dict(base, **changes)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    initialise(model, torch.Generator().manual_seed(seed))
    model = model.to(getattr(torch, how.get("dtype", "float32")))
    options = {}
    if "shard" in how:
        options["max_shard_size"] = how["shard"]
    if how.get("fused"):
        options["save_original_format"] = False
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **options)
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    written = json.loads(path.read_text())
    if "old" in how:  # the dialect of transformers 4
        written["torch_dtype"] = written.pop("dtype")
        written.pop("rope_parameters", None)
        written.update({k: v for k, v in how["old"].items() if k == "rope_scaling" or v is not None})
    for key, value in how.get("raw", {}).items():
        if value is None:
            written.pop(key, None)
        else:
            written[key] = value
    path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")


def write_golden(folder, seed):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                                 experts_implementation="eager").eval()
    config = model.config
    gates = [(i, layer.mlp.gate) for i, layer in enumerate(model.model.layers) if hasattr(layer.mlp, "gate")]
    seen, hidden = {}, []
    for m, (_, gate) in enumerate(gates):
        gate.register_forward_hook(lambda module, args, out, m=m: seen.setdefault(m, []).append([t.clone() for t in out]))
    model.model.norm.register_forward_pre_hook(lambda module, args: hidden.append(args[0][0].clone()))

    random = np.random.default_rng(seed)
    ids = random.integers(0, config.vocab_size, sum(LENGTHS), dtype=np.int32)
    loss, inv_freq, scaling, start = [], [], [], 0
    with torch.no_grad():
        for n in LENGTHS:
            model.model.rotary_emb = type(model.model.rotary_emb)(config)  # dynamic rope remembers the longest sequence
            tokens = torch.from_numpy(ids[start:start + n].astype(np.int64))[None]
            logits = model(tokens, use_cache=False).logits[0]
            nll = torch.nn.functional.cross_entropy(logits[:-1], tokens[0, 1:], reduction="none")
            loss.append(torch.cat([nll, torch.tensor([math.nan])]))
            inv_freq.append(model.model.rotary_emb.inv_freq.clone())
            scaling.append(float(model.model.rotary_emb.attention_scaling))
            start += n

    rows = np.unique(np.concatenate([
        np.cumsum([0] + LENGTHS[:-1]), np.cumsum(LENGTHS) - 1,
        random.choice(len(ids), HIDDEN_ROWS - 2 * len(LENGTHS), replace=False)])).astype(np.int32)
    hidden = torch.cat(hidden)
    assert torch.isfinite(hidden).all() and hidden.abs().max() < 1e3
    golden = {
        "input_ids": ids,
        "sequence_length": np.array(LENGTHS, np.int32),
        "site_layer": np.array([i for i, _ in gates], np.int32),
        "hidden_rows": rows,
        "hidden": hidden[torch.from_numpy(rows).long()].numpy(),
        "next_token_loss": torch.cat(loss).numpy(),
        "rope_inv_freq": torch.stack(inv_freq).numpy(),
        "rope_attention_scaling": np.array(scaling, np.float32),
    }
    for m, (layer, gate) in enumerate(gates):
        logits, weights, chosen = (torch.cat(parts) for parts in zip(*seen[m]))
        k, e = gate.top_k, logits.shape[1]
        assert logits.shape == (len(ids), e) and chosen.shape == (len(ids), k)
        order = torch.argsort(weights, dim=1, descending=True, stable=True)
        scores = torch.softmax(logits.double(), dim=1).sort(dim=1, descending=True).values
        margin = scores[:, k - 1] - scores[:, k] if k < e else torch.full((len(ids),), math.nan, dtype=torch.double)
        prefix = f"site.{m}."
        golden[prefix + "ids"] = chosen.gather(1, order).numpy().astype(np.uint16)
        golden[prefix + "weights"] = weights.gather(1, order).float().numpy()
        golden[prefix + "margin"] = margin.float().numpy()
        golden[prefix + "relative_margin"] = (margin / scores[:, k - 1]).float().numpy()
        golden[prefix + "logits"] = logits[:LOGIT_ROWS].numpy()
        load = np.bincount(golden[prefix + "ids"].ravel(), minlength=e) / (len(ids) * k / e)
        print(f"  site {m} (layer {layer}): load/uniform {load.min():.2f}..{load.max():.2f}, "
              f"smallest relative margin {np.nanmin(golden[prefix + 'relative_margin']) if k < e else math.nan:.2e}")
    golden = {name: np.ascontiguousarray(value) for name, value in golden.items()}
    # One key: the writer does not keep the order of several, and the file should come out the same each time.
    save_file(golden, folder / "golden.safetensors", metadata={"provenance": json.dumps({
        "generator": "tests/io/checkpoint/generate_checkpoints.py", "seed": seed, "dtype": "float32",
        "attention": "eager", "transformers": transformers.__version__, "torch": torch.__version__})})
    print(f"  largest hidden {hidden.abs().max():.1f}, mean loss {np.nanmean(golden['next_token_loss']):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names that start with this")
    parser.add_argument("--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2] / "data" / "checkpoints")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for name, (base, changes, how) in SPECS.items():
        if not name.startswith(arguments.only):
            continue
        print(name)
        seed = zlib.crc32(name.encode())
        write_checkpoint(arguments.output / name, base, changes, how, seed)
        write_golden(arguments.output / name, seed)
        for f in (arguments.output / name).iterdir():
            f.chmod(0o644)
        size = sum(f.stat().st_size for f in (arguments.output / name).iterdir())
        print(f"  {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
