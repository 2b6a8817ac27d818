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
import tempfile
import zlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from safetensors.torch import load_file as load_torch_file
from safetensors.torch import save_file as save_torch_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

import stored_forms
from checkpoint_specs import ABSENT, SPECS

# 2,048 tokens; lengths on both sides of every window and of every original context above
LENGTHS = [1, 97, 13, 430, 2, 64, 65, 101, 7, 240, 128, 33, 20, 300, 547]
LOGIT_ROWS = 98   # the first two sequences
HIDDEN_ROWS = 64


AROUND_ONE = ("qwen3_next", "qwen3_5_moe")  # files hold the weights of norms less 1


def initialise(model, generator, calm=False):
    """Random weights that make attention, rotary embedding and routing matter, and do not blow up."""
    with torch.no_grad():
        for name, p in list(model.named_parameters()) + list(model.named_buffers()):
            if "inv_freq" in name:
                continue
            if "e_score_correction_bias" in name:
                p.normal_(0, 0.1, generator=generator)
            elif name.endswith("expert_bias"):
                p.normal_(0, 0.1, generator=generator)
            elif name.endswith("bias"):
                p.normal_(0, 0.5, generator=generator)
            elif name.endswith("A_log"):  # states that forget within a few tokens, and within hundreds
                p.uniform_(-5, 0.5, generator=generator)
            elif name.endswith("sinks"):
                p.normal_(0, 2, generator=generator)
            elif "norm" in name and model.config.model_type.startswith(AROUND_ONE) and "linear_attn" not in name:
                p.normal_(0, 0.3, generator=generator)
            elif "norm" in name:
                p.normal_(1, 0.3, generator=generator)
            elif "embed_tokens" in name:
                p.normal_(0, 0.7, generator=generator)
            else:
                gain = 1.0 if calm else 2.0 if any(part in name for part in ("q_proj", "k_proj", "gate.weight", "router.weight", "wg.weight",
                                                            "q_a_proj", "q_b_proj", "kv_a_proj")) else 1.4
                inputs = p.shape[-2] if p.dim() == 3 and model.config.model_type == "gpt_oss" else p.shape[-1]
                p.normal_(0, gain / math.sqrt(inputs), generator=generator)


def write_checkpoint(folder, base, changes, how, seed):
    settings = {key: value for key, value in dict(base, **changes).items() if value != ABSENT}
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    whole = AutoModelForImageTextToText if hasattr(config, "vision_config") else AutoModelForCausalLM
    model = whole.from_config(config, attn_implementation="eager")
    initialise(model, torch.Generator().manual_seed(seed), how.get("calm", False))
    model = model.to(getattr(torch, how.get("dtype", "float32")))
    options = {}
    if "extra_layers" in how:
        tensors = model.state_dict()
        last = config.num_hidden_layers - 1
        for i in range(how["extra_layers"]):  # of multi-token prediction, as published files have them
            for name in [n for n in tensors if n.startswith(f"model.layers.{last}.")]:
                tensors[name.replace(f"layers.{last}.", f"layers.{last + 1 + i}.")] = tensors[name].clone() * 3
            tensors[f"model.layers.{last + 1 + i}.eh_proj.weight"] = torch.zeros(4, 8)
        options["state_dict"] = tensors
    if "more" in how:  # tensors that no model of the reference has
        options["state_dict"] = model.state_dict() | {name: torch.zeros(shape) for name, shape in how["more"].items()}
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


def edit_config(folder, changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes, indent=2, sort_keys=True) + "\n")


def gates_of(model):
    """[(layer, module)] of what returns (logits, weights, ids)."""
    found = []
    for i, layer in enumerate(model.model.layers):
        for module in layer.modules():
            if type(module).__name__.lower().endswith(("topkrouter", "gate")) and "ForgetGate" not in type(module).__name__:
                found.append((i, module))
    return found


def last_norm(model):
    return model.model.embedding_norm if hasattr(model.model, "embedding_norm") else model.model.norm


def fresh_rotary(model):
    """Dynamic rope remembers the longest sequence; so each gets a module of its own. None where there is no rotation."""
    for name in ("rotary_emb", "pos_emb"):
        if getattr(model.model, name, None) is not None:
            setattr(model.model, name, type(getattr(model.model, name))(model.config))
            return getattr(model.model, name)
    return None


def selection_scores(config, layer, gate, logits):
    """What experts are chosen by, fp64, and -inf for those that are out; and the least gap between two groups of which
    one is in."""
    kind = config.model_type
    x = logits.double()
    if kind in ("gpt_oss", "granitemoe", "granitemoeshared", "granitemoehybrid", "phimoe"):
        scores = x
    elif kind in ("deepseek_v3", "glm4_moe", "glm4_moe_lite", "dots1", "solar_open", "minimax_m2", "lfm2_moe", "kimi_linear"):
        scores = x.sigmoid()
    else:
        scores = x.softmax(1)
    biases = [b for n, b in list(layer.named_buffers()) + list(layer.named_parameters()) if n.endswith(("e_score_correction_bias", "expert_bias"))]
    if biases:
        scores = scores + biases[0].detach().double().view(-1)
    groups, kept = getattr(config, "n_group", None) or 1, getattr(config, "topk_group", None) or 1
    if groups == 1 or kind == "deepseek_v2" and config.topk_method == "greedy":
        return scores, None
    by_group = scores.view(len(x), groups, -1)
    worth = by_group.max(2).values if kind == "deepseek_v2" else by_group.topk(2, 2).values.sum(2)
    ranked, order = worth.sort(1, descending=True)
    out = torch.ones_like(worth).scatter(1, order[:, :kept], 0).bool()
    gap = ranked[:, kept - 1] - ranked[:, kept] if kept < groups else None
    return by_group.masked_fill(out[:, :, None], -math.inf).view(len(x), -1), gap


def mend_phimoe_rope(rotary):
    """transformers 5.24 works out the long factors of a long sequence (dynamic_rope_update) and then rotates by the short
    ones, since forward() asks for frequencies without a length; the scale is the long one. The model's own code, which
    the weights were trained with, takes factors and scale by the same rule. We are on that side."""
    def forward(self, *args, **kwargs):
        self.rope_init_fn = lambda config: (self.inv_freq, self.attention_scaling)
        return original(self, *args, **kwargs)
    kind = type(rotary)
    if not hasattr(kind, "mended"):
        plain = kind.forward.__wrapped__
        def original(self, x, position_ids=None):
            return plain(self, x, position_ids)
        import transformers.modeling_rope_utils as rope
        kind.forward, kind.mended = rope.dynamic_rope_update(forward), True


def write_stored(folder, form, seed):
    """Replaces the weights by their stored form. Returns a folder with the weights that the form stands for, and some of
    these by name."""
    plain = pathlib.Path(tempfile.mkdtemp())
    tensors = load_torch_file(folder / "model.safetensors")
    stored, values, names = stored_forms.store(form, tensors, torch.Generator().manual_seed(seed))
    save_torch_file({k: v.contiguous() for k, v in values.items()}, plain / "model.safetensors", {"format": "pt"})
    shutil.copy(folder / "config.json", plain)
    save_torch_file(stored, folder / "model.safetensors", {"format": "pt"})
    edit_config(folder, dict(quantization_config=stored_forms.config_of(form)))
    kept = {}
    for name in names[:1] + [n for n in names if "kv_a_proj" in n or "v_proj" in n][:1] + [n for n in names if "experts" in n][:2]:
        if form == "mxfp4":  # of the first expert, [out, in]
            kept[name + "_blocks"] = values[name][0].T.float()
        else:
            kept[name] = values[name].float()
    return plain, {"dequantised." + name: value.contiguous().numpy() for name, value in kept.items()}


def write_golden(folder, seed, source=None, more=None):
    model = AutoModelForCausalLM.from_pretrained(source or folder, dtype=torch.float32, attn_implementation="eager",
                                                 experts_implementation="eager").eval()
    config = model.config
    gates = gates_of(model)
    seen, hidden = {}, []
    for m, (_, gate) in enumerate(gates):
        gate.register_forward_hook(lambda module, args, out, m=m: seen.setdefault(m, []).append([t.clone() for t in out]))
    last_norm(model).register_forward_pre_hook(lambda module, args: hidden.append(args[0][0].clone()))

    random = np.random.default_rng(seed)
    ids = random.integers(0, config.vocab_size, sum(LENGTHS), dtype=np.int32)
    loss, inv_freq, scaling, start = [], [], [], 0
    if config.model_type == "phimoe":
        mend_phimoe_rope(model.model.rotary_emb)
    with torch.no_grad():
        for n in LENGTHS:
            rotary = fresh_rotary(model)
            tokens = torch.from_numpy(ids[start:start + n].astype(np.int64))[None]
            logits = model(tokens, use_cache=False).logits[0]
            nll = torch.nn.functional.cross_entropy(logits[:-1], tokens[0, 1:], reduction="none")
            loss.append(torch.cat([nll, torch.tensor([math.nan])]))
            inv_freq.append(rotary.inv_freq.clone() if rotary else torch.zeros(0))
            scaling.append(float(rotary.attention_scaling) if rotary else 1.0)
            if config.model_type == "phimoe" and config.rope_parameters["rope_type"] != "default":
                long = n > config.rope_parameters["original_max_position_embeddings"]
                scaling[-1] = config.rope_parameters["long_mscale" if long else "short_mscale"]
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
    } | (more or {})
    for m, (layer, gate) in enumerate(gates):
        logits, weights, chosen = (torch.cat(parts) for parts in zip(*seen[m]))
        k, e = chosen.shape[1], logits.shape[1]
        assert logits.shape == (len(ids), e) and weights.shape == (len(ids), k)
        order = torch.argsort(weights, dim=1, descending=True, stable=True)
        scores, gap = selection_scores(config, model.model.layers[layer], gate, logits)
        scores = scores.sort(dim=1, descending=True).values
        some = k < e and bool(torch.isfinite(scores[:, k]).all())
        margin = scores[:, k - 1] - scores[:, k] if some else torch.full((len(ids),), math.nan, dtype=torch.double)
        # Two ways to differ: another expert, another group.
        tie = margin if gap is None else torch.fmin(margin, gap)
        prefix = f"site.{m}."
        golden[prefix + "ids"] = chosen.gather(1, order).numpy().astype(np.uint16)
        golden[prefix + "weights"] = weights.gather(1, order).float().numpy()
        golden[prefix + "margin"] = margin.float().numpy()
        golden[prefix + "relative_margin"] = (tie / scores[:, k - 1].abs().clamp(max=1)).float().numpy()
        golden[prefix + "logits"] = logits[:LOGIT_ROWS].numpy()
        load = np.bincount(golden[prefix + "ids"].ravel(), minlength=e) / (len(ids) * k / e)
        print(f"  site {m} (layer {layer}): load/uniform {load.min():.2f}..{load.max():.2f}, "
              f"smallest relative margin {np.nanmin(golden[prefix + 'relative_margin']) if some or gap is not None else math.nan:.2e}")
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
        source, more = write_stored(arguments.output / name, how["stored"], seed) if "stored" in how else (None, None)
        write_golden(arguments.output / name, seed, source, more)
        edit_config(arguments.output / name, how.get("late", {}))
        for f in (arguments.output / name).iterdir():
            f.chmod(0o644)
        size = sum(f.stat().st_size for f in (arguments.output / name).iterdir())
        print(f"  {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
