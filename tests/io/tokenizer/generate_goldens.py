#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains small tokenizers with the `tokenizers` wheel, encodes nasty lines with it and with ours, and compares.

    generate_goldens.py --encode-lines build/dev/tests/encode_lines [--lines 20000] [--only NAME] [--write]

Every line of every tokenizer must give the same ids, with and without special tokens, and for the byte-level ones the
bytes of the tokens must join to the (normalised) line. --write also renews the goldens in tests/data/tokenizer (a few
hundred of the lines, which the Qt test reads). Needs Python with `tokenizers`; the tests themselves need neither.
"""
import argparse
import glob
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.normpath(os.path.join(HERE, "../../data/tokenizer"))

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K_POSSESSIVE = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern) if not isinstance(pattern, tuple) else pattern[0], behavior, invert)


def byte_level(prefix=False, regex=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def corpus():
    """Text to train on: source code, manual-page English and some of many scripts."""
    texts = []
    for pattern in ["/usr/lib/python3*/[a-t]*.py", "/usr/share/common-licenses/GPL-3", "/usr/include/c++/*/bits/st*.h"]:
        for path in sorted(glob.glob(pattern))[:60]:
            with open(path, encoding="utf-8", errors="replace") as f:
                texts += f.read(40000).splitlines(keepends=True)
    other = ["Die Straße führt über den Fluß; Größe, Übung, süß.\n", "Où est l'élève ? Ça va très bien, garçon.\n",
             "Привет, мир! Как дела сегодня, товарищ?\n", "你好，世界！今天天气很好，我们去公园吧。\n", "これは日本語の文章です。カタカナもあります。\n",
             "안녕하세요, 오늘은 날씨가 좋네요.\n", "مرحبا بالعالم، كيف حالك اليوم؟\n", "שלום עולם, מה שלומך היום?\n",
             "नमस्ते दुनिया, आज कैसे हो?\n", "สวัสดีชาวโลก วันนี้เป็นอย่างไรบ้าง\n", "Γειά σου Κόσμε, τι κάνεις;\n", "😀😃 👨‍👩‍👧‍👦 🏳️‍🌈\n"]
    return texts + other * 40


# --- lines ------------------------------------------------------------------------------------------------------------

def assigned():
    """Code points that Python's Unicode (14 with Python 3.11) assigns: engines of different age agree on those."""
    return [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]


class Lines:
    def __init__(self, seed, specials, texts):
        self.r = random.Random(seed)
        self.points = assigned()
        self.low = [c for c in self.points if c < 0x3000]
        self.marks = [c for c in self.points if unicodedata.category(chr(c))[0] == "M"]
        self.specials = specials
        self.texts = [t.rstrip("\n") for t in texts if len(t) > 8]
        self.pools = {
            "han": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴坐格举",
            "kana": "".join(chr(c) for c in range(0x3041, 0x3097)) + "".join(chr(c) for c in range(0x30A1, 0x30FB)) + "ー・゛゜",
            "hangul": "".join(chr(c) for c in range(0xAC00, 0xAD00)) + "\u1112\u1161\u11ab\u1100\u1173",
            "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي ًٌٍَُِّْ٠١٢٣٤٥،؛؟",
            "hebrew": "אבגדהוזחטיכלמנסעפצקרשתםןץףך ְִֵֶַָֹּ",
            "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁ",
            "greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώΑΒΓΔΣ",
            "deva": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौ्ंःँ०१२३४५",
            "thai": "กขคงจฉชซญฎฏฐณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะาำิีึืุูเแโใไ็่้๊๋์",
            "ascii": "".join(chr(c) for c in range(32, 127)),
            "letters": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "digits": "0123456789" + "٣४৫௧༣０１２３²³¼½ⅣⅫ①⑳㊿",
            "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»„“”‘’…—–·¿¡、。《》「」€£¥§©®™°±×÷",
            "spaces": " \t\u00a0\u2003\u2009\u200b\u202f\u205f\u3000\u180e\u1680\u2028\u2029\u0085\x0b\x0c\x1c\x1f\ufeff",
            "controls": "\x00\x01\x02\x07\x08\x1b\x7f\x80\x9f\u200c\u200d\u200e\u202a\u202e\u2060\ufffd\ufffe\uffff",
            "case": "ſKÅßẞİıŉǅǆǰΐΰﬁﬂﬆᾳῳ'ſ'S'T'LL'Re'VE'm'D’s’T",
            "emoji": "😀😃🤣🥰👍🏽❤️✨🔥🎉🇩🇪🇫🇷👩🏿‍💻👨‍👩‍👧‍👦🏳️‍🌈1️⃣#️⃣☺️⚡🫠",
        }

    def some(self, pool, low=1, high=8):
        return "".join(self.r.choice(pool) for _ in range(self.r.randint(low, high)))

    def random_points(self):
        return "".join(chr(self.r.choice(self.points)) for _ in range(self.r.randint(1, 24)))

    def low_points(self):
        return "".join(chr(self.r.choice(self.low)) for _ in range(self.r.randint(1, 24)))

    def combining(self):
        base = self.r.choice(list("aeiouAEIOUnNcyıi̇") + list("가각はかαωи"))
        return base + "".join(chr(self.r.choice(self.marks[:150] if self.r.random() < 0.8 else self.marks))
                              for _ in range(self.r.randint(1, 4)))

    def breaks(self):
        return self.r.choice(["\r", "\n", "\r\n", "\n\n", "\r\r", "\n\r", " \n", "\n ", "  \r\n  ", "\t\n\t", "\n\n\n\n"])

    def long_spaces(self):
        return self.r.choice(" \t\u3000\u00a0") * self.r.choice([2, 3, 4, 7, 8, 16, 31, 64, 200])

    def special(self):
        s = self.r.choice(self.specials)
        form = self.r.random()
        if form < 0.1:
            s = s[:-1]
        elif form < 0.15:
            s = s.upper()
        pad = self.r.choice(["", "", "", " ", "  ", "\n", "\t ", "\u3000"])
        return pad + s + self.r.choice(["", "", " ", "   ", "\n", "s", "_", "é", s])

    def code(self):
        return self.r.choice(self.texts)[: self.r.randint(1, 120)]

    def contraction(self):
        return self.some(self.pools["letters"], 1, 5) + self.r.choice("'’") + self.r.choice(
            ["s", "t", "re", "ve", "m", "ll", "d", "S", "T", "RE", "Ve", "M", "lL", "D", "ſ", "x", ""])

    def number(self):
        return self.some("0123456789", 1, 12) if self.r.random() < 0.7 else self.some(self.pools["digits"], 1, 6)

    def words(self):
        return " ".join(self.some(self.pools["letters"], 1, 10) for _ in range(self.r.randint(1, 6)))

    def part(self):
        x = self.r.random()
        if x < 0.25:
            return self.some(self.pools[self.r.choice(list(self.pools))])
        kinds = [self.random_points, self.low_points, self.combining, self.breaks, self.long_spaces, self.special,
                 self.code, self.code, self.contraction, self.number, self.words]
        return self.r.choice(kinds)()

    def line(self, i):
        if i % 7 == 0:
            return self.code()
        return self.r.choice(["", "", "", " ", "  "]) .join(self.part() for _ in range(self.r.randint(1, 9)))


FIXED = ["", " ", "  ", "\n", "\r", "\x00", "a\x00b", "\u180e", "a\u180eb \u180e c", "\ufeffBOM", "Hello, world!",
         "don't DON'T don'ſ", "  leading and trailing  ", "\t\ttabs\r\nand\rreturns\n\n", "a" * 300, "ab" * 200, " " * 500 + "x",
         "é e\u0301 \u0301", "\u1112\u1161\u11ab", "각각", "ﬁ ﬂ Ⅳ ² ㎏ ｱ", "İstanbul ISPARTA ı", "👨‍👩‍👧‍👦🏳️‍🌈🇩🇪", "שָׁלוֹם مُحَمَّد",
         "1234567890 12 345", "x=1;y=-2.5e10", "https://example.org/a_b?c=d&e=%20", "▁▁ ▁a▁ b▁", "Ġhello Ċ", "<0x41><0xZZ>", "<unk><s></s>",
         "\u2581", "中文English混排123テスト", "a\u200db\u200cc", "\U0010ffff\U000e0001", "ǅ ǆ ᾳ ŉ"]


# --- tokenizers -------------------------------------------------------------------------------------------------------

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|eot|>", "<mask>", "<tool_call>", "</tool_call>", "[PAD]", "yes",
            "<s>", "</s>", "<unk>", "Ünï", "   ", "<|im", "user", "\n\n\n"]


def train(tok, vocab=700, specials=(), alphabet=True, **more):
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=list(specials), show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [], **more)
    tok.train_from_iterator(corpus(), trainer)
    return tok


def variants(tok):
    """Added tokens of every kind."""
    tok.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tok.add_tokens([AddedToken("<|eot|>", rstrip=True, normalized=False, special=True),
                    AddedToken("<mask>", lstrip=True, normalized=False, special=True),
                    AddedToken("<tool_call>", lstrip=True, rstrip=True, normalized=True),
                    AddedToken("yes", single_word=True, normalized=False), AddedToken("Ünï", normalized=True),
                    AddedToken("user", single_word=True, normalized=True, lstrip=True), AddedToken("<|im", normalized=False),
                    AddedToken("   ", normalized=False), AddedToken("\n\n\n", normalized=True)])
    return tok


def plain(tok):
    tok.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>", "[PAD]"])
    return tok


def byte_bpe(pre, norm=None, post=None, more=variants, edit=None, **kw):
    tok = Tokenizer(models.BPE())
    if norm is not None:
        tok.normalizer = norm
    tok.pre_tokenizer = pre
    tok.decoder = decoders.ByteLevel()
    train(tok, **kw)
    more(tok)
    if post is not None:
        tok.post_processor = post(tok)
    return edited(tok, edit)


def edited(tok, edit):
    if edit is None:
        return tok
    data = json.loads(tok.to_str())
    edit(data)
    return Tokenizer.from_str(json.dumps(data, ensure_ascii=False))


def bos(tok):
    bos_id = tok.token_to_id("<|endoftext|>")
    return processors.TemplateProcessing(single="<|endoftext|> $A <|im_end|>", pair="$A $B", special_tokens=[
        ("<|endoftext|>", bos_id), ("<|im_end|>", tok.token_to_id("<|im_end|>"))])


def spm(pre=None, norm=None, unk=True, fallback=True, fuse=True, decoder=None, more=None, post=None, vocab=900, edit=None):
    tok = Tokenizer(models.BPE(unk_token="<unk>" if unk else None, byte_fallback=fallback, fuse_unk=fuse))
    tok.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"] + (["<0x%02X>" % b for b in range(256)] if fallback else [])
    train(tok, vocab=vocab, specials=specials, alphabet=False, limit_alphabet=120)
    data = json.loads(tok.to_str())
    # the byte tokens are ordinary vocabulary, as in a converted SentencePiece model
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
    tok = Tokenizer.from_str(json.dumps(data, ensure_ascii=False))
    if pre is not None:
        tok.pre_tokenizer = pre
    else:
        data = json.loads(tok.to_str())
        data["pre_tokenizer"] = None
        tok = Tokenizer.from_str(json.dumps(data, ensure_ascii=False))
    if norm is not None:
        tok.normalizer = norm
    tok.decoder = decoder or decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                                decoders.Strip(" ", 1, 0)])
    if more is not None:
        more(tok)
    if post is not None:
        tok.post_processor = post(tok)
    return edited(tok, edit)


def spm_bos(tok):
    return processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1",
                                         special_tokens=[("<s>", tok.token_to_id("<s>"))])


def legacy_merges(data):
    """Merges as older versions wrote them."""
    data["model"]["merges"] = [" ".join(m) for m in data["model"]["merges"]]
    for key in ("ignore_merges", "byte_fallback", "dropout"):
        data["model"].pop(key, None)


def ignore_merges(data):
    """Words in the vocabulary that merging alone does not reach."""
    data["model"]["ignore_merges"] = True
    data["model"]["merges"] = data["model"]["merges"][:-150]


def no_mark_merges(data):
    """A merge that joins across the mark, so that nothing may be cut there."""
    vocab = data["model"]["vocab"]
    vocab["e▁t"] = max(max(vocab.values()), max(t["id"] for t in data["added_tokens"])) + 1
    data["model"]["merges"].insert(0, ["e", "▁t"] if isinstance(data["model"]["merges"][0], list) else "e ▁t")


PREPEND = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])


def kinds():
    seq = pre_tokenizers.Sequence
    yield "qwen2", True, lambda: byte_bpe(seq([split(QWEN2), byte_level()]), normalizers.NFC())
    yield "gpt2", True, lambda: byte_bpe(byte_level(False, True), normalizers.NFC(), edit=legacy_merges)
    yield "o200k", True, lambda: byte_bpe(seq([split(O200K), byte_level()]), post=bos, more=plain)
    yield "deepseek_v3", True, lambda: byte_bpe(seq([split(p) for p in DEEPSEEK] + [byte_level()]), normalizers.Sequence([]), post=bos)
    yield "llama3", True, lambda: byte_bpe(seq([split(CL100K), byte_level()]), more=plain, edit=ignore_merges,
                                           post=lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=False), bos(t)]))
    yield "granite", True, lambda: byte_bpe(seq([pre_tokenizers.Digits(individual_digits=True), byte_level(False, True)]))
    yield "roberta", False, lambda: byte_bpe(byte_level(True, True), post=lambda t: processors.RobertaProcessing(
        ("<|im_end|>", t.token_to_id("<|im_end|>")), ("<|im_start|>", t.token_to_id("<|im_start|>"))))
    yield "mixtral", False, lambda: spm(norm=PREPEND, post=spm_bos)
    yield "spm_first", False, lambda: spm(pre_tokenizers.Metaspace(prepend_scheme="first", split=False), post=spm_bos, more=variants)
    yield "spm_always", False, lambda: spm(pre_tokenizers.Metaspace(prepend_scheme="always"), unk=True, fallback=False, fuse=False,
                                           decoder=decoders.Metaspace())
    yield "spm_never", False, lambda: spm(pre_tokenizers.Metaspace(prepend_scheme="never", split=True), unk=True, fallback=False,
                                          fuse=True, decoder=decoders.Metaspace(prepend_scheme="never"), more=variants)
    yield "spm_crossing", False, lambda: spm(norm=PREPEND, edit=no_mark_merges, more=variants)
    yield "clip", False, lambda: clip()
    yield "odd_steps", False, lambda: odd()


def clip():
    tok = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="##", fuse_unk=False))
    tok.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.NFD(), normalizers.StripAccents(),
                                           normalizers.Strip(), normalizers.Replace(Regex(r"\s+"), " ")])
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("merged_with_next")])
    tok.decoder = decoders.BPEDecoder(suffix="</w>")
    train(tok, vocab=600, specials=["<unk>"], alphabet=False, limit_alphabet=60, end_of_word_suffix="</w>",
          continuing_subword_prefix="##")
    tok.add_tokens([AddedToken("Ünï", normalized=True), AddedToken("yes", single_word=True, normalized=True)])
    return tok


def odd():
    tok = Tokenizer(models.BPE(unk_token="<unk>"))
    tok.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKD(), normalizers.Replace("a", "<>"), normalizers.Strip(True, False)])
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split("-", "merged_with_previous"), pre_tokenizers.Split(Regex("[.,]+"), "contiguous"),
        pre_tokenizers.CharDelimiterSplit("|"), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.FixedLength(7),
        pre_tokenizers.Metaspace(prepend_scheme="first"), pre_tokenizers.Split(Regex("[aeiou]"), "removed", invert=False),
        pre_tokenizers.Digits(False), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False),
        pre_tokenizers.Split("Ã", "merged_with_next")])
    train(tok, vocab=500, specials=["<unk>"])
    return tok


SPLIT_PATTERNS = [QWEN2, CL100K, CL100K_POSSESSIVE, O200K, *DEEPSEEK, BLOOM, r"\w+|[^\w\s]+", r"\b", r"\B", r"\bx?|\d{2}+", r"a{,2}b?",
                  r"(?<=[a-z])(?=[A-Z])", r"^.|.$", r"(?m:.+)", r"\S+\s*", r"[\S\d]+", r"\h+|\v+", r"(?>a|ab)c?", r"\p{Han}+",
                  r"\p{Hiragana}+|\p{Katakana}+|\P{L}+", r"(?i)THE|tra", r"\A\s+|\s+\z", r"[\p{^L}\p{Lu}]+", r"x*", r"\x{1F600}|\u00e9|\x41",
                  r"[a-f\-\]\[]+", r"(a|b|c)+?d", r"\p{M}+", r"[[a-c][x-z]_]+", r"\.{2,}|-{2}", r" {2,4}|\t", r".(?<!\s)", r"[^\n]*\n?", r"\D+|\W"]


def split_kinds():
    """Each pattern alone; the prefix space makes every boundary visible in the ids."""
    behaviors = ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"]
    base = Tokenizer(models.BPE())
    base.pre_tokenizer = byte_level(False, True)
    train(base, vocab=300)
    for i, pattern in enumerate(SPLIT_PATTERNS):
        for k, behavior in enumerate(behaviors):
            if k != 0 and (i + k) % 3:
                continue
            tok = Tokenizer.from_str(base.to_str())
            tok.pre_tokenizer = pre_tokenizers.Sequence([split(pattern, behavior, invert=(i + k) % 4 == 3), byte_level(True, False)])
            yield f"split_{i}_{behavior}", False, lambda tok=tok: tok


# --- comparison -------------------------------------------------------------------------------------------------------

def packed(items):
    return b"".join(struct.pack("<I", len(b)) + b for b in items)


def unpacked(data, size):
    at, items = 0, []
    while at < len(data):
        (n,) = struct.unpack_from("<I", data, at)
        at += 4
        items.append(data[at:at + n * size])
        at += n * size
    return items


def ours(program, path, lines, folder):
    for name, data in (("lines", packed([s.encode() for s in lines])),):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    out = [os.path.join(folder, n) for n in ("ids", "vocabulary")]
    done = subprocess.run([program, path, os.path.join(folder, "lines"), *out], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{path}: {done.stderr}")
    with open(out[0], "rb") as f:
        ids = [list(struct.unpack(f"<{len(b) // 4}i", b)) for b in unpacked(f.read(), 4)]
    with open(out[1], "rb") as f:
        vocabulary = unpacked(f.read(), 1)
    return ids[0::2], ids[1::2], vocabulary


def compare(name, joins, tok, lines, program, folder):
    path = os.path.join(folder, "tokenizer.json")
    tok.save(path)
    got, got_special, vocabulary = ours(program, path, lines, folder)
    bad = 0
    for special, mine in ((False, got), (True, got_special)):
        expected = [e.ids for e in tok.encode_batch(lines, add_special_tokens=special)]
        for line, e, m in zip(lines, expected, mine):
            if e != m:
                bad += 1
                if bad <= 3:
                    first = next((i for i, (a, b) in enumerate(zip(e, m)) if a != b), min(len(e), len(m)))
                    print(f"  {name}: special={special} line {line!r}\n    expected {e[max(0, first - 3):first + 6]} got {m[max(0, first - 3):first + 6]}")
                    print("    ", [tok.id_to_token(i) for i in e[max(0, first - 3):first + 6]], [tok.id_to_token(i) for i in m[max(0, first - 3):first + 6]])
    joined = None
    if joins:
        joined = 0
        added = tok.get_added_tokens_decoder()
        strips = {i for i, t in added.items() if t.lstrip or t.rstrip or t.normalized}
        for line, m in zip(lines, got):
            if strips.intersection(m):
                continue
            text = b"".join(vocabulary[i] for i in m)
            wanted = tok.normalizer.normalize_str(line) if tok.normalizer is not None else line
            if text != wanted.encode() and text != (" " + wanted).encode():
                print(f"  {name}: bytes do not join: {line!r}")
                bad += 1
            joined += 1
    n = sum(len(m) for m in got)
    print(f"{name:28} {len(lines)} lines x 2, {n} ids, {bad} differ" + (f", {joined} lines join" if joins else ""), flush=True)
    return bad, got, got_special


def write(name, tok, lines, got, got_special):
    data = json.loads(tok.to_str())
    with open(os.path.join(DATA, name + ".json"), "w", encoding="utf-8") as f:
        json.dump(data, f, ensure_ascii=True, separators=(",", ":"))
    with open(os.path.join(DATA, name + ".ids"), "w") as f:
        for a, b in zip(got, got_special):
            # plain ids | with special tokens, where * stands for the plain ones
            at = next(i for i in range(len(b) - len(a) + 1) if b[i:i + len(a)] == a)
            f.write(" ".join(map(str, a)) + "|" + " ".join(map(str, b[:at] + ["*"] + b[at + len(a):])) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--encode-lines", required=True)
    parser.add_argument("--lines", type=int, default=20000)
    parser.add_argument("--splits", type=int, default=2000, help="lines for each of the single split patterns")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    source = Lines(args.seed, SPECIALS, corpus())
    lines = FIXED + [source.line(i) for i in range(args.lines)]
    few = FIXED + [source.line(i) for i in range(100000, 100260)]
    bad = total = 0
    with tempfile.TemporaryDirectory() as folder:
        for count, group in ((args.lines, kinds), (args.splits, split_kinds)):
            for name, joins, make in group():
                if args.only and args.only not in name:
                    continue
                tok = make()
                wrong, _, _ = compare(name, joins, tok, lines[: len(FIXED) + count], args.encode_lines, folder)
                bad += wrong
                total += 2 * (len(FIXED) + count)
                if args.write and group is kinds:
                    wrong, got, got_special = compare(name, joins, tok, few, args.encode_lines, folder)
                    bad += wrong
                    write(name, tok, few, got, got_special)
    if args.write:
        with open(os.path.join(DATA, "lines.json"), "w", encoding="ascii") as f:
            json.dump(few, f, ensure_ascii=True, indent=0)
    print(f"{total} encodings, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
