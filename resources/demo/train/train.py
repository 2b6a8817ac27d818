# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the bundled model on the CPU.

    train.py CACHE TOKENIZER.json OUT --tokens N [--threads 1] [--check]

Every batch draws WINDOWS windows of LENGTH tokens, the language of each uniform among the twelve, the place uniform in that
language's stream of training documents; batches depend only on the seed and the step, so a run that was stopped goes on
exactly (OUT/state.pt). Learning rate: warm-up, constant, and linear to zero over the last 40 % of --tokens.
Snapshots (OUT/snapshot-<tokens>) at the moments in SNAPSHOTS and at the end (OUT/final).
"""
import argparse
import json
import os
import pathlib
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import model as model_file
from muon import Muon

SEED, LENGTH, WINDOWS = 20261122, 256, 32
RATE, WARM_UP, DECAY, WEIGHT_DECAY = 4e-3, 30, 0.4, 0.05
# Balance: E * sum_e f_e P_e per layer, mean over layers. f_e is a running share over ~10 batches (80 k tokens of all
# languages), not of one sequence: it keeps every expert in use but leaves a language free to prefer some of them.
BALANCE, BALANCE_MEMORY = 0.03, 0.9
SNAPSHOTS = [0, 100_000, 250_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 8_000_000]
CHARACTERS = 6_000_000  # read at most so much per language


def streams(cache, tokenizer_path):
    """{split: {language: uint16 ids, documents separated by id 0}}, built once."""
    file = cache / "streams.npz"
    if not file.exists():
        tokenizer = Tokenizer.from_file(str(tokenizer_path))
        texts = {}
        for line in open(cache / "corpus.jsonl"):
            d = json.loads(line)
            texts.setdefault(("held" if d["held_out"] else "train", d["language"]), []).append(d["text"])
        arrays = {}
        for (split, language), documents in texts.items():
            np.random.default_rng(SEED).shuffle(documents)
            parts, used = [np.zeros(1, np.uint16)], 0
            for text in documents:
                if used > (CHARACTERS if split == "train" else CHARACTERS // 20):
                    break
                text = text[:60_000]
                used += len(text)
                parts += [np.array(tokenizer.encode(text, add_special_tokens=False).ids, np.uint16), np.zeros(1, np.uint16)]
            arrays[f"{split}/{language}"] = np.concatenate(parts)
        np.savez(str(file) + ".part.npz", **arrays)
        os.replace(str(file) + ".part.npz", file)
    out = {"train": {}, "held": {}}
    with np.load(file) as data:
        for name in sorted(data.files):
            split, language = name.split("/")
            out[split][language] = data[name]
    return out


def batch(data, step):
    rng = np.random.default_rng([SEED, step])
    languages = list(data)
    rows = []
    for language in rng.integers(len(languages), size=WINDOWS):
        ids = data[languages[language]]
        start = rng.integers(len(ids) - LENGTH)
        rows.append(ids[start : start + LENGTH + 1])
    return torch.from_numpy(np.stack(rows).astype(np.int64))


def plain_loss(model, ids):
    logits = model(ids[:, :-1], use_cache=False).logits
    return F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())


@torch.no_grad()
def held_out_loss(model, data):
    """Mean next-token loss per language over 16 fixed windows each, nats per token."""
    out = {}
    for language, ids in data.items():
        starts = np.linspace(0, len(ids) - LENGTH - 1, 16).astype(int)
        rows = torch.from_numpy(np.stack([ids[s : s + LENGTH + 1] for s in starts]).astype(np.int64))
        out[language] = plain_loss(model, rows).item()
    return out


def check():
    """The fast forward gives the plain model's numbers: random weights, fp32, and the bf16 products of the last layer."""
    model = model_file.create(1)
    ids = torch.randint(0, 4096, (8, 257), generator=torch.Generator().manual_seed(2))

    def run(loss_function, *args):
        model.zero_grad()
        loss = loss_function(model, ids, *args)
        loss.backward()
        return loss.item(), {n: p.grad.clone() for n, p in model.named_parameters()}

    plain, plain_gradients = run(plain_loss)
    model_file.accelerate(model)
    for dtype, limit in ((torch.float32, 1e-3), (torch.bfloat16, 5e-2)):
        fast, gradients = run(model_file.loss_of, dtype)
        worst = max(((plain_gradients[n] - g).norm() / plain_gradients[n].norm()).item() for n, g in gradients.items())
        print(f"{dtype}: loss plain {plain:.7f} fast {fast:.7f}; worst relative gradient difference {worst:.2e}")
        assert abs(plain - fast) < 0.01 * limit and worst < limit


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=pathlib.Path)
    parser.add_argument("tokenizer", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (measuring)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.check:
        return check()

    data = streams(args.cache, args.tokenizer)
    args.out.mkdir(parents=True, exist_ok=True)
    model = model_file.accelerate(model_file.create(SEED))
    named = list(model.named_parameters())
    stacks = [p for n, p in named if "gate_up_proj" in n]
    matrices = [p for n, p in named if "layers" in n and p.dim() > 1 and "gate" not in n]
    rest = [p for n, p in named if not any(p is q for q in stacks + matrices)]  # embedding, routers, norms
    optimizers = [Muon([dict(params=stacks, halves=True), dict(params=matrices)], lr=RATE, weight_decay=WEIGHT_DECAY),
                  torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.95), weight_decay=0.0, foreach=True)]
    layers, experts = len(model.model.layers), model.config.num_experts
    share = torch.full((layers, experts), 1.0 / experts)
    step = 0
    state_file = args.out / "state.pt"
    if state_file.exists():
        state = torch.load(state_file)
        model.load_state_dict(state["model"])
        for optimizer, saved_state in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved_state)
        share, step = state["share"], state["step"]
        print("resumed at step", step)

    def snapshot(name):
        folder = args.out / name
        model_file.save(model, folder)
        shutil.copy(args.tokenizer, folder / "tokenizer.json")

    def keep():
        torch.save(dict(model=model.state_dict(), optimizers=[o.state_dict() for o in optimizers], share=share, step=step), str(state_file) + ".part")
        os.replace(str(state_file) + ".part", state_file)

    per_step = WINDOWS * LENGTH
    total = args.tokens // per_step
    budget_file = args.out / "tokens"  # a number written here while it runs replaces --tokens: how far one gets is not known on shared cores
    log = open(args.out / "log.jsonl", "a")
    started, first, shown, saved = time.time(), step, [], time.time()
    while step < total and not (args.steps and step - first >= args.steps):
        tokens = step * per_step
        if budget_file.exists():
            total = int(budget_file.read_text()) // per_step
        if any(tokens - per_step < s <= tokens for s in SNAPSHOTS):
            snapshot(f"snapshot-{tokens:09d}")
        rate = RATE * min(1.0, (step + 1) / WARM_UP, (total - step) / (DECAY * total))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        # bf16 only in the last layer: its shapes are fixed. oneDNN prepares bf16 products anew for each number of rows an expert gets.
        loss = model_file.loss_of(model, batch(data["train"], step), torch.bfloat16)
        balance = 0.0
        for i, layer in enumerate(model.model.layers):
            probabilities, index = layer.mlp.gate.last
            now = torch.bincount(index.flatten(), minlength=experts) / index.numel()
            now = BALANCE_MEMORY * share[i] + (1 - BALANCE_MEMORY) * now
            balance = balance + experts * (now * probabilities.mean(0)).sum() / layers
            share[i] = now
        model.zero_grad()
        (loss + BALANCE * balance).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        shown.append(loss.item())
        if step % 10 == 0 or step == total:
            line = dict(step=step, tokens=step * per_step, loss=round(sum(shown) / len(shown), 4), balance=round(balance.item(), 4),
                        least=round(float(share.min() * experts), 3), most=round(float(share.max() * experts), 3), norm=round(float(norm), 3),
                        rate=rate, tokens_per_second=round((step - first) * per_step / (time.time() - started)))
            shown = []
            if step % 100 == 0 or step == total:
                line["held_out"] = {k: round(v, 3) for k, v in held_out_loss(model, data["held"]).items()}
                line["held_out_mean"] = round(sum(line["held_out"].values()) / len(line["held_out"]), 4)
            log.write(json.dumps(line) + "\n")
            log.flush()
        if time.time() - saved > 120:
            keep()
            saved = time.time()
    keep()
    if step >= total:
        snapshot("final")


if __name__ == "__main__":
    main()
