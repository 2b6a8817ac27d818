#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our tokenizer and the `tokenizers` wheel side by side, one thread each, in one run.

    tokenizer_speed.py --encode-lines build/release/tests/encode_lines [--megabytes 8] [--vocabulary 32000]

Trains a byte-level (Qwen2's split) and a SentencePiece-style tokenizer, then encodes the same mixed text as many lines
and as documents of 1 MB. Times are processor time (other work on the machine does not count), the best of three, and cover
encode() only, loading and reading not.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../io/tokenizer"))
import generate_goldens as goldens  # noqa: E402
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers  # noqa: E402


def text(megabytes):
    """Source code and English from this machine, with every sixth part of other scripts."""
    other = [s for s in goldens.corpus() if any(ord(c) > 0x2FF for c in s)]
    parts, size = [], 0
    for path in sorted(glob.glob("/usr/lib/python3*/**/*.py", recursive=True) + glob.glob("/usr/share/common-licenses/*")
                       + glob.glob("/usr/include/**/*.h", recursive=True)):
        with open(path, encoding="utf-8", errors="ignore") as f:
            lines = f.read(60000).splitlines(keepends=True)
        for i, line in enumerate(lines):
            parts.append(line)
            size += len(line)
            if i % 6 == 0:
                parts.append(other[(i // 6 + size) % len(other)])
                size += len(parts[-1].encode())
        if size > megabytes * 1e6:
            break
    return parts


def byte_level(lines, vocabulary, norm):
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.NFC() if norm else None
    tok.pre_tokenizer = pre_tokenizers.Sequence([goldens.split(goldens.QWEN2), goldens.byte_level()])
    tok.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=vocabulary, show_progress=False,
                                                       initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tok.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return tok


def sentence_piece(lines, vocabulary):
    tok = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tok.pre_tokenizer = pre_tokenizers.Metaspace()
    tok.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=vocabulary, show_progress=False, limit_alphabet=500,
                                                       special_tokens=["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]))
    data = json.loads(tok.to_str())
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
    data["pre_tokenizer"] = None
    tok = Tokenizer.from_str(json.dumps(data))
    tok.normalizer = goldens.PREPEND
    return tok


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--encode-lines", required=True)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--vocabulary", type=int, default=32000)
    args = parser.parse_args()
    lines = text(args.megabytes)
    whole = "".join(lines)
    documents = [whole[i:i + 1000000] for i in range(0, len(whole), 1000000)]
    size = len(whole.encode()) / 1e6
    print(f"{size:.1f} MB, {len(lines)} lines; MB per second of processor time, one thread, best of 3")
    slowest = 1e9
    with tempfile.TemporaryDirectory() as folder:
        for name, tok in (("byte-level, NFC", byte_level(lines, args.vocabulary, True)),
                          ("byte-level", byte_level(lines, args.vocabulary, False)),
                          ("SentencePiece", sentence_piece(lines, args.vocabulary))):
            path = os.path.join(folder, "tokenizer.json")
            tok.save(path)
            for what, items in (("lines", lines), ("1 MB documents", documents)):
                theirs = 1e9
                for _ in range(3):
                    tok = Tokenizer.from_file(path)  # a cold cache, as ours
                    start = time.process_time()
                    for item in items:
                        encoding = tok.encode(item, add_special_tokens=False)
                    theirs = min(theirs, time.process_time() - start)
                with open(os.path.join(folder, "lines"), "wb") as f:
                    f.write(goldens.packed([s.encode() for s in items]))
                mine = min(float(subprocess.run([args.encode_lines, path, os.path.join(folder, "lines"), os.path.join(folder, "ids")],
                                                capture_output=True, text=True, check=True).stdout) for _ in range(3))
                with open(os.path.join(folder, "ids"), "rb") as f:
                    last = goldens.unpacked(f.read(), 4)[-2]
                assert len(last) // 4 == len(encoding.ids)
                slowest = min(slowest, theirs / mine)
                print(f"  {name:16} {what:15} wheel {size / theirs:7.2f}   ours {size / mine:7.2f}   {theirs / mine:5.1f} x", flush=True)
    print(f"least factor {slowest:.1f}")
    return 0 if slowest >= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
