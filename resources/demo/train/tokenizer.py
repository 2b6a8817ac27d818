# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the byte-level BPE tokenizer of the bundled model.

    tokenizer.py CACHE OUT.json     about 0.8 M characters of training documents per language, so none dominates.
"""
import collections
import hashlib
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

VOCABULARY = 4096
SEPARATOR = "<|endoftext|>"
# The split of Qwen 2 and 3: contractions, words with one leading mark, single digits, punctuation runs, line ends, spaces.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CHARACTERS = 800_000


def sample(cache):
    """Training documents in an order fixed by their keys, up to CHARACTERS per language, none longer than 20,000."""
    documents = [json.loads(line) for line in open(cache / "corpus.jsonl")]
    documents.sort(key=lambda d: hashlib.sha256((d["language"] + d["key"]).encode()).digest())
    used = collections.Counter()
    for document in documents:
        if not document["held_out"] and used[document["language"]] < CHARACTERS:
            text = document["text"][:20_000]
            used[document["language"]] += len(text)
            yield text


def main():
    cache, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[AddedToken(SEPARATOR, special=True)], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(sample(cache), trainer)
    assert tokenizer.get_vocab_size() == VOCABULARY
    tokenizer.save(out)


if __name__ == "__main__":
    main()
