#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tokens/s of expertscope-capture (until its file is closed) beside transformers, on the same weights, ids and threads.

transformers: fp32, sdpa, model.model (no lm_head), forward hooks on the gates that collect ids and weights, the best of
the experts_implementations given. Both without loading the model. Rounds are interleaved, so that a busy machine slows
both; the medians and their ratio are printed, and the same of tokens per CPU second (all threads together), which other
programs on the machine disturb less. (With OMP_WAIT_POLICY=PASSIVE waiting threads of transformers count for less.)

    python tests/bench/capture_vs_transformers.py --capture build/release/bin/expertscope-capture --shape small
"""
import argparse
import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

SHAPES = {
    "small": dict(hidden_size=192, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=6, intermediate_size=192,
                  num_experts=16, num_experts_per_tok=2, vocab_size=8192, max_position_embeddings=2048),
    "118m": dict(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=8, intermediate_size=256,
                 num_experts=32, num_experts_per_tok=4, vocab_size=8192, max_position_embeddings=2048),
    # One of each other kind of attention: latent (DeepSeek V3, Moonlight), sinks and windows (gpt-oss).
    "latent": dict(model_type="deepseek_v3", hidden_size=512, num_hidden_layers=6, num_attention_heads=8, num_key_value_heads=8,
                   intermediate_size=1024, moe_intermediate_size=256, n_routed_experts=32, num_experts_per_tok=4, n_group=1,
                   topk_group=1, first_k_dense_replace=1, kv_lora_rank=128, q_lora_rank=None, qk_nope_head_dim=64,
                   qk_rope_head_dim=32, v_head_dim=64, vocab_size=8192, max_position_embeddings=2048),
    "sinks": dict(model_type="gpt_oss", hidden_size=512, num_hidden_layers=6, num_attention_heads=8, num_key_value_heads=2,
                  head_dim=64, intermediate_size=256, num_local_experts=32, num_experts_per_tok=4, sliding_window=128,
                  vocab_size=8192, max_position_embeddings=131072),
    # Layers that do not attend: three of four a delta net (Qwen3-Next, Kimi), two of three a short convolution (LFM2), three
    # of four a state space (Granite 4).
    "delta": dict(model_type="qwen3_next", hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=2,
                  head_dim=64, linear_num_key_heads=4, linear_num_value_heads=8, linear_key_head_dim=128,
                  linear_value_head_dim=128, intermediate_size=1024, moe_intermediate_size=256,
                  shared_expert_intermediate_size=256, num_experts=32, num_experts_per_tok=4, vocab_size=8192,
                  max_position_embeddings=2048),
    "kda": dict(model_type="kimi_linear", hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=8,
                layer_types=(["linear_attention"] * 3 + ["full_attention"]) * 2, linear_head_dim=128, linear_num_heads=4,
                kv_lora_rank=128, qk_nope_head_dim=64, qk_rope_head_dim=32, v_head_dim=64, intermediate_size=1024,
                moe_intermediate_size=256, num_experts=32, num_experts_per_token=4, vocab_size=8192,
                max_position_embeddings=2048),
    "space": dict(model_type="granitemoehybrid", hidden_size=512, num_hidden_layers=8, num_attention_heads=8,
                  num_key_value_heads=2, layer_types=(["linear_attention"] * 3 + ["full_attention"]) * 2, mamba_n_heads=16,
                  mamba_d_state=128, intermediate_size=256, shared_intermediate_size=512, num_local_experts=32,
                  num_experts_per_tok=4, vocab_size=8192, max_position_embeddings=2048),
    "convolution": dict(model_type="lfm2_moe", hidden_size=512, num_hidden_layers=9, num_attention_heads=8, num_key_value_heads=2,
                        layer_types=["conv", "conv", "full_attention"] * 3, num_dense_layers=1, intermediate_size=1024,
                        moe_intermediate_size=256, num_experts=32, num_experts_per_tok=4, vocab_size=8192,
                        max_position_embeddings=2048),
}


def padded_batches(sequences, batch_tokens):
    """Sorted by length, right-padded: [(ids, mask)], at most batch_tokens places each."""
    batches, group = [], []
    for ids in sorted(sequences, key=len, reverse=True):
        if group and (len(group) + 1) * len(group[0]) > batch_tokens:
            batches.append(group)
            group = []
        group.append(ids)
    batches.append(group)
    result = []
    for group in batches:
        longest = len(group[0])
        ids = torch.tensor([g + [0] * (longest - len(g)) for g in group])
        mask = torch.tensor([[1] * len(g) + [0] * (longest - len(g)) for g in group])
        result.append((ids, None if bool(mask.all()) else mask))
    return result


class Transformers:
    def __init__(self, folder, implementation):
        kind = json.loads(Path(folder, "config.json").read_text())["model_type"]
        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager" if kind == "gpt_oss" else "sdpa",  # sinks: no sdpa
            experts_implementation=implementation).eval()
        self.collected = []
        for layer in self.model.model.layers:
            mlp = next(getattr(layer, n) for n in ("mlp", "feed_forward", "block_sparse_moe") if hasattr(layer, n))
            gate = getattr(mlp, "gate", getattr(mlp, "router", None))
            if gate is None:
                continue
            gate.register_forward_hook(
                lambda module, inputs, output: self.collected.append((output[2].to(torch.int16), output[1].clone())))

    def run(self, batches):
        self.collected.clear()
        start, cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            for ids, mask in batches:
                self.model.model(ids, attention_mask=mask, use_cache=False)
        return time.perf_counter() - start, time.process_time() - cpu


def capture(program, folder, prompts, output, threads, batch_tokens, discard):
    command = [program, "--model", folder, "--prompts", prompts, "--threads", str(threads), "--batch-tokens", str(batch_tokens), "--json"]
    command += ["--discard"] if discard else ["-o", output, "--force"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return events[0], events[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capture", required=True)
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--model", help="a checkpoint instead of random weights of a shape")
    parser.add_argument("--lengths", help="JSONL with \"length\" or \"text\" a line: documents as long as these (characters / 3.5)")
    parser.add_argument("--tokens", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--implementations", default="eager,grouped_mm")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    random.seed(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = a.model
        if not folder:
            folder = scratch + "/model"
            shape = dict(SHAPES[a.shape], pad_token_id=0, bos_token_id=None, eos_token_id=1)
            config = AutoConfig.for_model(shape.pop("model_type", "olmoe"), **shape)
            AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        vocabulary = json.loads(Path(folder, "config.json").read_text())["vocab_size"]
        total = a.tokens or (32768 if a.shape == "small" else 8192)
        lengths = [512] * (total // 512)
        if a.lengths:
            rows = [json.loads(line) for line in Path(a.lengths).read_text().splitlines()]
            lengths = [max(1, int(r.get("length", len(r.get("text", "")) / 3.5))) for r in rows]
            total = sum(lengths)
        sequences = [[random.randrange(vocabulary) for _ in range(n)] for n in lengths]
        prompts = scratch + "/prompts.jsonl"
        with open(prompts, "w") as f:
            for ids in sequences:
                f.write(json.dumps({"token_ids": ids}) + "\n")
        batches = padded_batches(sequences, a.batch_tokens)
        engines = {name: Transformers(folder, name) for name in a.implementations.split(",")}
        parameters = sum(p.numel() for p in next(iter(engines.values())).model.parameters())
        times = {name: [] for name in [*engines, "capture", "capture, nothing written"]}
        for round_ in range(a.rounds + 1):  # the first warms up
            for name, engine in engines.items():
                seconds = engine.run(batches)
                if round_:
                    times[name].append(seconds)
            for name, discard in (("capture", False), ("capture, nothing written", True)):
                start, done = capture(a.capture, folder, prompts, scratch + "/trace.h5", a.threads, a.batch_tokens, discard)
                if round_:
                    times[name].append((done["capture_seconds"], done["cpu_seconds"]))
        print(f"{parameters / 1e6:.1f} M parameters, {len(sequences)} documents, {total} tokens, {a.threads} threads, batches of "
              f"{a.batch_tokens}; load {start['load_seconds']:.2f} s ({start['expert_path']}); peak memory {done['peak_memory_bytes'] / 2**20:.0f} MiB, "
              f"weights {start['weight_bytes'] / 2**20:.0f} MiB")
        for unit, which in (("s", 0), ("CPU s", 1)):
            middle = {name: statistics.median(t[which] for t in taken) for name, taken in times.items()}
            best = min(middle[name] for name in engines)
            for name, taken in times.items():
                worst, quickest = max(t[which] for t in taken), min(t[which] for t in taken)
                print(f"{name:26s} {total / middle[name]:9.0f} tokens/{unit}  ({total / worst:.0f} to {total / quickest:.0f})  "
                      f"{best / middle[name]:.2f} x transformers")
            print(f"writing costs {100 * (middle['capture'] / middle['capture, nothing written'] - 1):.1f} % ({unit})")


if __name__ == "__main__":
    main()
