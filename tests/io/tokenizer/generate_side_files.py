#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/tokenizer_side_files: folders with a small tokenizer.json and odd files beside it (tokenizer_config.json,
special_tokens_map.json, added_tokens.json), and in expected.json the ids that AutoTokenizer gives for some lines. Needs Python
with `transformers` 5.x; the tests do not.
"""
import json
import os
import shutil

import transformers
from transformers import AutoTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.normpath(os.path.join(HERE, "../../data/tokenizer_side_files"))
LINES = ["", "hello <s> there", "<|im_start|>user hi<|im_end|>", "hi<pad> hi <pad>  hi", "a  <|im_end|>  b", "x<image>y <image> z",
         "[PAD] hello[PAD]", "hi there, hi  there", "hello hi hello", "hihello hi", "<|im_start|><|im_start|>x<|im_end|>end",
         "<s></s><unk>", " <s> ", "<|im", "<|im_end|>\n <extra_0> <extra_1>x", "the <mask>\tend", "HI hi Hi"]


def token(content, **more):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True, **more}


def base(added=("<unk>", "<s>", "</s>"), bos=True, eos=False, edit=None):
    """A SentencePiece-like tokenizer of a few letters."""
    vocab = ["<unk>", "<s>", "</s>", "▁"] + list("abdehilnorstuxyz,") + ["▁h", "he", "▁he", "ll", "▁hell", "▁hello", "hi", "▁hi", "th",
             "▁th", "er", "▁a", "▁hi▁th"]
    merges = [("▁", "h"), ("h", "e"), ("▁h", "e"), ("l", "l"), ("▁he", "ll"), ("▁hell", "o"), ("h", "i"), ("▁h", "i"), ("t", "h"),
              ("▁", "th"), ("e", "r"), ("▁", "a"), ("▁hi", "▁th")]
    ids = {t: i for i, t in enumerate(vocab)}
    single = ([{"SpecialToken": {"id": "<s>", "type_id": 0}}] if bos else []) + [{"Sequence": {"id": "A", "type_id": 0}}] + (
        [{"SpecialToken": {"id": "</s>", "type_id": 0}}] if eos else [])
    special = {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in (["<s>"] if bos else []) + (["</s>"] if eos else [])}
    data = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": ids[t], **token(t)} for t in added],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": [
            {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": special},
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": True, "byte_fallback": False, "ignore_merges": False, "vocab": ids, "merges": [list(m) for m in merges]}}
    if edit is not None:
        edit(data)
    return data


NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
OLD = {"0": token("<unk>"), "1": token("<s>"), "2": token("</s>")}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
END = 34  # the first id behind the vocabulary


def padding(data):
    data["padding"] = {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 34, "pad_type_id": 0,
                       "pad_token": "<pad>"}


def no_post_processor(data):
    data["post_processor"] = None


def replaces(pattern):
    def edit(data):
        data["normalizer"]["normalizers"].insert(0, {"type": "Replace", "pattern": pattern, "content": "h"})
    return edit


def cases():
    """name, tokenizer.json, {file: content}, what a note must hold"""
    def config(**more):
        return {"tokenizer_config.json": {**FAST, **NAMED, **more}}
    im = {str(END): token("<|im_start|>"), str(END + 1): token("<|im_end|>")}
    yield "alone", base(), {}, []
    yield "decoder_adds", base(), config(added_tokens_decoder={**OLD, **im}), []
    yield "class_of_its_own", base(), {"tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "legacy": True, "add_bos_token": True, **NAMED, "added_tokens_decoder": {**OLD, **im}}}, []
    yield "decoder_with_other_ids", base(), config(added_tokens_decoder={
        **OLD, "950": token("<|im_start|>"), "700": token("<|im_end|>")}), ["'<|im_end|>'", "'<|im_start|>'"]
    yield "flags_differ", base(), config(added_tokens_decoder={
        **OLD, "1": token("<s>", lstrip=True, rstrip=True), **im, str(END + 1): token("<|im_end|>", rstrip=True)}), []
    yield "word_of_the_vocabulary", base(), config(added_tokens_decoder={**OLD, "26": token("▁hello", special=False),
        "27": token("hi", special=False, normalized=True)}), []
    yield "normalized", base(), config(added_tokens_decoder={
        **OLD, str(END): token("hi there", special=False, normalized=True), str(END + 1): token("hello", special=False, normalized=True,
                                                                                           single_word=True)}), []
    yield "single_word", base(), config(added_tokens_decoder={**OLD, str(END): token("hi", single_word=True, special=False)}), ["'hi' is 27"]
    yield "one_in_the_other", base(), config(added_tokens_decoder={**OLD, str(END): token("<|im"), str(END + 1): token("<|im_end|>"),
                                                                   str(END + 2): token("hi")}), ["'hi' is 27"]
    yield "pad_token", base(), config(pad_token="<pad>"), []
    yield "pad_token_as_object", base(), config(pad_token={"__type": "AddedToken", **token("<pad>", lstrip=True)}), []
    yield "pad_token_in_decoder", base(), config(pad_token="<pad>", added_tokens_decoder={
        **OLD, str(END): token("<pad>", rstrip=True, special=False)}), []
    yield "pad_of_the_padding", base(edit=padding), config(), ["padding"]
    yield "pad_null", base(), config(pad_token=None, mask_token="<mask>"), []
    yield "additional", base(), config(additional_special_tokens=["<|im_start|>", "<|im_end|>", "<s>"]), []
    yield "additional_as_objects", base(), config(additional_special_tokens=[
        {"__type": "AddedToken", **token("<|im_start|>", rstrip=True)}, "<|im_end|>"]), []
    yield "additional_and_decoder", base(), config(additional_special_tokens=["<|im_end|>", "<extra_0>"],
        added_tokens_decoder={**OLD, **im}), []
    yield "extra", base(), config(extra_special_tokens=["<extra_0>", "<extra_1>"], additional_special_tokens=["<image>"]), []
    yield "extra_named", base(), config(extra_special_tokens={"image_token": "<image>"}), []
    yield "token_of_the_model", base(), config(image_token="<image>", boi_token="<|im_start|>"), []
    yield "named_but_not_added", base(added=("<unk>",)), config(), []
    yield "named_nowhere", base(), {"tokenizer_config.json": {**FAST, "cls_token": "[PAD]", "sep_token": "hello"}}, []
    yield "map_alone", base(), {"special_tokens_map.json": {
        "bos_token": {"content": "<s>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}, "pad_token": "<pad>",
        "additional_special_tokens": ["<|im_start|>"]}}, []
    yield "map_wins", base(), {**config(pad_token="[PAD]"), "special_tokens_map.json": {
        "pad_token": {"content": "<pad>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}}}, []
    yield "map_without_say", base(), {**config(added_tokens_decoder=OLD), "special_tokens_map.json": {"pad_token": "<pad>"}}, []
    yield "map_of_extras", base(), {**config(extra_special_tokens=["<extra_0>"]), "special_tokens_map.json": {
        "extra_special_tokens": ["<extra_1>", {"content": "<image>", "rstrip": True}, "<extra_0>"]}}, []
    yield "added_tokens_file", base(), {**config(additional_special_tokens=["<|im_start|>"]), "added_tokens.json": {
        "<|im_start|>": END, "hi there": END + 1}}, []
    yield "split_special_tokens", base(), config(split_special_tokens=True, added_tokens_decoder={
        **OLD, **im, str(END + 2): token("<image>", special=False)}), ["split_special_tokens"]
    yield "bos_not_in_json", base(bos=False), config(add_bos_token=True, added_tokens_decoder=OLD), ["add_bos_token"]
    yield "bos_not_in_config", base(eos=True), config(add_bos_token=False, add_eos_token=False), ["add_bos_token", "add_eos_token"]
    yield "bos_agreed", base(eos=True), config(add_bos_token=True, add_eos_token=True), []
    yield "no_post_processor", base(edit=no_post_processor), config(add_bos_token=True), ["add_bos_token"]
    yield "replaces_nothing_by_something", base(edit=replaces({"String": ""})), {}, []
    yield "replaces_maybe_nothing", base(edit=replaces({"Regex": "x*|(?=l)"})), {}, []
    yield "replaces_what_never_is", base(edit=replaces({"Regex": "(?!)"})), {}, []
    yield "python_json", base(), {"tokenizer_config.json": '{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": Infinity, '
        '"pad_token": "<pad>", "x": NaN, "x": 1}'}, []


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    expected = {"transformers": transformers.__version__, "lines": LINES, "cases": []}
    for name, tokenizer, files, notes in cases():
        folder = os.path.join(DATA, name)
        os.makedirs(folder)
        for file, content in {"tokenizer.json": tokenizer, **files}.items():
            with open(os.path.join(folder, file), "w", encoding="utf-8") as f:
                f.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=True, separators=(",", ":")))
        with open(os.path.join(folder, "config.json"), "w") as f:
            f.write('{"model_type": "mixtral"}')
        fast = AutoTokenizer.from_pretrained(folder)
        os.remove(os.path.join(folder, "config.json"))
        ids = [[fast(line, add_special_tokens=special)["input_ids"] for special in (False, True)] for line in LINES]
        expected["cases"].append({"name": name, "class": type(fast).__name__, "ids": ids, "notes": notes})
        print(name, type(fast).__name__, len(fast))
    with open(os.path.join(DATA, "expected.json"), "w") as f:
        cases_text = ",\n".join(json.dumps(c, separators=(",", ":")) for c in expected.pop("cases"))
        f.write(json.dumps(expected, ensure_ascii=True)[:-1] + ', "cases": [\n' + cases_text + "\n]}\n")


if __name__ == "__main__":
    main()
