# SPDX-License-Identifier: GPL-3.0-or-later
"""Loss and routing of a saved checkpoint, from plain transformers with hooks on the gate modules (fp32 on the CPU).

    evaluate.py MODEL_FOLDER PROMPTS.jsonl [--cache CACHE] [--json OUT]

Routing, per layer and label value, counts of choices c_e over the value's N tokens (metrics.md 3.3, 6.1):
  relative load   c_e / (N k/E), uniform 1          share   c_e / N, uniform k/E
  top-k share     share of the value's choices that go to its own k busiest experts, uniform k/E
  JSD             between two values' expert distributions, nats
The floor is what differences remain by chance: the same numbers with the values dealt at random to whole documents.
"""
import argparse
import collections
import itertools
import json
import pathlib

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

import train


def entropy(p):
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def jsd(p, q):
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


@torch.no_grad()
def route(model, tokenizer, prompts):
    """counts [document, layer, expert], tokens [document], loss [document]"""
    chosen = {}
    for i, layer in enumerate(model.model.layers):
        layer.mlp.gate.register_forward_hook(lambda module, args, out, i=i: chosen.__setitem__(i, out[2]))
    layers, experts = len(model.model.layers), model.config.num_experts
    counts, tokens, losses = [], [], []
    for prompt in prompts:
        ids = torch.tensor([tokenizer.encode(prompt["text"], add_special_tokens=False).ids])
        logits = model(ids, use_cache=False).logits[0]
        losses.append(torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:]).item())
        counts.append(np.stack([np.bincount(chosen[i].flatten().numpy(), minlength=experts) for i in range(layers)]))
        tokens.append(ids.shape[1])
    return np.stack(counts), np.array(tokens), np.array(losses)


def spread(counts, labels, k):
    """Per layer: what the label's values prefer. counts [document, layer, expert], labels [document]."""
    values = sorted(set(labels))
    labels = np.array(labels)
    per_value = {v: counts[labels == v].sum(0) for v in values}
    out = []
    for layer in range(counts.shape[1]):
        p = {v: c[layer] / c[layer].sum() for v, c in per_value.items()}
        experts = counts.shape[2]
        pairs = [jsd(p[a], p[b]) for a, b in itertools.combinations(values, 2)]
        out.append(dict(top_k_share=float(np.mean([np.sort(q)[-k:].sum() for q in p.values()])),
                        most=max(float(q.max()) * experts for q in p.values()), least=min(float(q.min()) * experts for q in p.values()),
                        jsd=float(np.mean(pairs)), values={v: dict(most=float(q.max() * experts), least=float(q.min() * experts),
                                                                  expert=int(q.argmax()), top_k_share=float(np.sort(q)[-k:].sum())) for v, q in p.items()}))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("prompts", type=pathlib.Path)
    parser.add_argument("--cache", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(pathlib.Path(args.model) / "tokenizer.json"))
    prompts = [json.loads(line) for line in open(args.prompts)]
    k, experts = model.config.num_experts_per_tok, model.config.num_experts
    counts, tokens, losses = route(model, tokenizer, prompts)
    result = dict(documents=len(prompts), tokens=int(tokens.sum()), prompt_loss=float((losses * (tokens - 1)).sum() / (tokens - 1).sum()))

    if args.cache:
        data = train.streams(args.cache, None)
        for split in ("train", "held"):
            result[f"loss_{split}"] = train.held_out_loss(model, data[split])
        print(f"Next-token loss, nats per token (uniform over the vocabulary: {np.log(model.config.vocab_size):.2f})\n")
        print("| | " + " | ".join(result["loss_held"]) + " | mean |\n|---" * 1 + "|---" * (len(result["loss_held"]) + 1) + "|")
        for split, title in (("train", "trained texts"), ("held", "held out")):
            values = result[f"loss_{split}"]
            print(f"| {title} | " + " | ".join(f"{v:.2f}" for v in values.values()) + f" | {np.mean(list(values.values())):.3f} |")
        print()
    print(f"Prompts: {len(prompts)} documents, {tokens.sum()} tokens, loss {result['prompt_loss']:.3f}\n")

    # Load over all prompts, every language with the same weight.
    language = [p["labels"]["language"] for p in prompts]
    domain = [p["labels"]["domain"] for p in prompts]
    by_language = collections.defaultdict(lambda: np.zeros(counts.shape[1:]))
    for c, l in zip(counts, language):
        by_language[l] += c
    mean = np.mean([c / c.sum(-1, keepdims=True) for c in by_language.values()], axis=0) * experts
    result["balance"] = [dict(most=float(m.max()), least=float(m.min()), cv=float(m.std())) for m in mean]
    parallel = [i for i, p in enumerate(prompts) if p["labels"]["domain"] == "manual"]
    code = [i for i, p in enumerate(prompts) if p["labels"]["domain"] == "code"]
    rng = np.random.default_rng(0)
    tables = {}
    for title, rows, labels in (("domain", range(len(prompts)), domain), ("natural language", parallel, language), ("programming language", code, language)):
        chosen = np.array(rows)
        names = [labels[i] for i in chosen]
        tables[title] = spread(counts[chosen], names, k)
        tables[title + ", dealt at random"] = spread(counts[chosen], list(rng.permutation(names)), k)
    result["spread"] = tables
    print(f"Relative load of an expert (uniform 1), all prompts, languages weighted alike: most / least / CV\n")
    layers = len(mean)
    print("| layer | " + " | ".join(map(str, range(layers))) + " |\n|---" + "|---" * layers + "|")
    print("| most | " + " | ".join(f"{b['most']:.2f}" for b in result["balance"]) + " |")
    print("| least | " + " | ".join(f"{b['least']:.2f}" for b in result["balance"]) + " |")
    print("| CV | " + " | ".join(f"{b['cv']:.2f}" for b in result["balance"]) + " |\n")
    print(f"By label value: share of a value's choices on its own {k} busiest experts (uniform {k / experts:.3f}); largest and smallest relative load of an "
          "expert for one value; mean JSD between two values (nats)\n")
    print("| label | | " + " | ".join(f"layer {i}" for i in range(layers)) + " |\n|---|---" + "|---" * layers + "|")
    for title, rows in tables.items():
        print(f"| {title} | top-{k} share | " + " | ".join(f"{r['top_k_share']:.3f}" for r in rows) + " |")
        print("| | most / least | " + " | ".join(f"{r['most']:.1f} / {r['least']:.2f}" for r in rows) + " |")
        print("| | JSD | " + " | ".join(f"{r['jsd']:.3f}" for r in rows) + " |")
    print("\nBusiest expert of each language and its relative load\n")
    print("| language | " + " | ".join(f"layer {i}" for i in range(layers)) + " |\n|---" + "|---" * layers + "|")
    for table in ("natural language", "programming language"):
        for value in tables[table][0]["values"]:
            print(f"| {value} | " + " | ".join("E{expert} {most:.1f}".format(**r["values"][value]) for r in tables[table]) + " |")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
