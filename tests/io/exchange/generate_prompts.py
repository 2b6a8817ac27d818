#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/prompts: files of prompts of all kinds, and expected.json with the documents of each, read here with
Python's own json, gzip and codecs; and tests/fuzz/seeds/prompts. Needs Python 3.9 and the program `zstd`; the tests need neither."""
import codecs
import decimal
import gzip
import json
import math
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.normpath(os.path.join(HERE, "../../data/prompts"))
ROWS = []


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def gz(data):
    return gzip.compress(data, mtime=0)


def write(name, data):
    path = os.path.join(DATA, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def stem(name):
    base = os.path.basename(name)
    for ending in (".gz", ".zst"):
        if base.lower().endswith(ending):
            base = base[: -len(ending)]
    return os.path.splitext(base)[0]


# --- what is expected, by the documented rules --------------------------------------------------------------------------

def label(value):
    """The one text of a value; None: no label."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float):  # only infinities: the numbers come as Decimal
        return "Infinity" if value > 0 else "-Infinity"
    number = decimal.Decimal(value)
    if number == 0:
        return "0"
    sign, digits, exponent = number.normalize(decimal.Context(prec=5000)).as_tuple()
    point = len(digits) + exponent
    text = "".join(map(str, digits))
    if point <= -6 or point > 40:
        text = text[0] + ("." + text[1:] if len(text) > 1 else "") + "e%+d" % (point - 1)
    elif point <= 0:
        text = "0." + "0" * -point + text
    elif point < len(text):
        text = text[:point] + "." + text[point:]
    else:
        text += "0" * (point - len(text))
    return ("-" if sign else "") + text


def loads(text):
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def document(item, name, folder=None):
    labels = {}
    for key, value in item.items():
        if key not in ("text", "token_ids", "name", "labels") and not isinstance(value, (dict, list)):
            if label(value) is not None and len(label(value).encode("utf-8", "surrogatepass")) <= 200 and "\n" not in label(value):
                labels[key] = label(value)
    given = item.get("labels") or {}
    labels.update({k: label(v) for k, v in given.items() if label(v) is not None})
    if folder:
        labels.setdefault("folder", folder)
    out = {"name": item.get("name") or name, "labels": labels}
    if item.get("text") is not None:
        out["text"] = item["text"]
    else:
        out["token_ids"] = [int(i) for i in item["token_ids"]]
    return out


def of_lines(name, text, bad=(), folder=None):
    lines = text.split("\n")
    return [document(loads(line), "%s:%d" % (name, i), folder) for i, line in enumerate(lines, 1)
            if line.strip(" \t\r") and i not in bad]


def of_values(name, items, bad=()):
    return [document(item, "%s:%d" % (name, i)) for i, item in enumerate(items, 1) if i not in bad]


def of_text(name, text, bad=()):
    return [{"name": "%s:%d" % (name, i), "labels": {}, "text": line.removesuffix("\r")}
            for i, line in enumerate(text.split("\n"), 1) if line.strip(" \t\r") and i not in bad]


def row(file, data=None, documents=(), error=None, where=None, skipped=0, notes=(), via="file", skip=None):
    """`error`, `where`: what a strict reading says; with `skipped` the rest is what --skip-bad-prompts leaves."""
    if data is not None:
        write(file, data)
    ROWS.append({"file": file, "via": via, "documents": list(documents), "error": error, "where": where,
                 "skipped": skipped, "notes": list(notes)})


# --- the files ------------------------------------------------------------------------------------------------------------

LINES = ('{"text": "Grüße, 世界", "labels": {"language": "de"}}\n'
         '{"text": "second\\nline", "name": "named", "year": 2020, "open": true}\n'
         '\n'
         '{"token_ids": [0, 17, 2147483647], "labels": {"language": "en", "part": 1.50}}\n')
PLAIN = "one\n\n  \ntwo words\r\nthree\twith a tab\u2028and a separator\x0bor two\nlast without an end"
ITEMS = [loads(line) for line in LINES.split("\n") if line]


def json_files():
    raw = LINES.encode()
    for name in ("lines.jsonl", "lines.ndjson", "upper.JSONL", "lines.json", "lines.jsonlines"):
        row(name, raw, of_lines(stem(name), LINES))
    row("lines.jsonl", documents=of_lines("stdin", LINES), via="stdin")
    row("lines.jsonl", documents=of_lines("pipe", LINES), via="pipe")
    row("crlf.jsonl", LINES.replace("\n", "\r\n").encode(), of_lines("crlf", LINES))
    row("mark.jsonl", codecs.BOM_UTF8 + raw, of_lines("mark", LINES))
    row("utf16.jsonl", codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"), of_lines("utf16", LINES))
    row("nameless", raw, of_lines("nameless", LINES))
    row("array.json", ("[" + ",".join(line for line in LINES.split("\n") if line) + "]").encode(), of_values("array", ITEMS))
    over_lines = json.dumps([json.loads(line) for line in LINES.split("\n") if line], indent=2, ensure_ascii=False)
    row("array_over_lines.json", over_lines.encode(), of_values("array_over_lines", loads(over_lines)))
    row("array_over_lines.json", documents=of_values("stdin", loads(over_lines)), via="stdin")
    one = json.dumps({"text": "an object over [several] lines", "labels": {"a": "{"}}, indent=1)
    row("object.json", one.encode(), of_values("object", [loads(one)]))
    row("objects.json", (one + "\n" + one + one).encode(), of_values("objects", [loads(one)] * 3))
    row("array.jsonl", b'[{"text": "in an array"},\n {"text": "although the name says lines"}]',
        of_values("array", [{"text": "in an array"}, {"text": "although the name says lines"}]))
    row("not_prompts.txt", b'{"text": "read as text"}\n', of_text("not_prompts", '{"text": "read as text"}'),
        notes=["read as plain text"])


def text_files():
    row("plain.txt", PLAIN.encode(), of_text("plain", PLAIN))
    row("plain.txt", documents=of_text("pipe", PLAIN), via="pipe")
    row("plain", PLAIN.encode(), of_text("plain", PLAIN))
    row("mark.txt", codecs.BOM_UTF8 + PLAIN.encode(), of_text("mark", PLAIN))
    row("utf16.txt", codecs.BOM_UTF16_LE + (PLAIN + " 😀").encode("utf-16-le"), of_text("utf16", PLAIN + " 😀"))
    row("utf16_without_mark.txt", "one\ntwo".encode("utf-16-le"), error="binary: a zero byte at byte 1",
        where="utf16_without_mark.txt:1", skipped=2)
    row("utf16_cut.txt", codecs.BOM_UTF16_LE + "one\ntwo".encode("utf-16-le") + b"x",
        error="ends in the middle of a UTF-16 character", where="utf16_cut.txt")
    row("utf16_half.txt", codecs.BOM_UTF16_LE + b"a\0\x3d\xd8b\0", error="not UTF-16 at byte 6: half a surrogate pair",
        where="utf16_half.txt")
    row("utf32.txt", codecs.BOM_UTF32_LE + "one".encode("utf-32-le"), error="is UTF-32", where="utf32.txt")
    row("latin1.txt", "fine\ncafé\nalso fine".encode("latin-1"), of_text("latin1", "fine\n\nalso fine"),
        error="not UTF-8 at byte 3", where="latin1.txt:2", skipped=1)


def packed_files():
    raw, plain = LINES.encode(), PLAIN.encode()
    row("packed.jsonl.gz", gz(raw), of_lines("packed", LINES))
    row("packed.ndjson.zst", zstd(raw), of_lines("packed", LINES))
    row("packed.ndjson.zst", documents=of_lines("stdin", LINES), via="stdin")
    row("packed.json.GZ", gz(raw), of_lines("packed", LINES))
    row("members.txt.gz", gz(plain[:20]) + gz(plain[20:]) + bytes(512), of_text("members", PLAIN))
    row("frames.txt.zst", b"\x50\x2a\x4d\x18\x04\0\0\0skip" + zstd(plain[:9], "-1") + zstd(plain[9:], "-19", "--no-check"),
        of_text("frames", PLAIN))
    row("packed_utf16.txt.gz", gz(codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")), of_text("packed_utf16", PLAIN))
    row("without_ending.txt", gz(plain), of_text("without_ending", PLAIN))
    row("not_packed.txt.gz", plain, of_text("not_packed", PLAIN))
    row("long_window.txt.zst", zstd(plain, "--long=31", "--ultra", "-22"), of_text("long_window", PLAIN))
    row("cut.txt.gz", gz(plain * 9)[:-20], error="the gzip data ends early", where="cut.txt.gz")
    row("cut.txt.zst", zstd(plain)[:-6], error="the zstd data ends early", where="cut.txt.zst")
    damaged = bytearray(gz(plain))
    damaged[-7] ^= 1
    row("damaged.txt.gz", bytes(damaged), error="damaged gzip data: incorrect data check", where="damaged.txt.gz")
    damaged = bytearray(zstd(plain))
    damaged[-2] ^= 1
    row("damaged.txt.zst", bytes(damaged), error="damaged zstd data", where="damaged.txt.zst")
    row("followed.txt.gz", gz(plain) + b"not gzip", error="something else stands behind it", where="followed.txt.gz")
    row("twice.txt.gz", gz(gz(plain)), error="is packed twice", where="twice.txt.gz")
    row("archive.zip", b"PK\x03\x04\x14\0\0\0\x08\0", error="is a zip archive", where="archive.zip")
    row("table.parquet", b"PAR1\x15\x04\x15\x10", error="is a Parquet file", where="table.parquet")
    write("eight_mebibytes_of_zeros.zst", zstd(bytes(8 << 20), "-19"))
    write("eight_mebibytes_of_zeros.gz", gz(bytes(8 << 20)))


def labels():
    def lines(name, *items, **more):
        text = "\n".join(items)
        row(name, text.encode("utf-8", "surrogatepass"), of_lines(stem(name), text, more.pop("bad", ())), **more)

    lines("null_label.jsonl", '{"text":"a","labels":{"language":"de","year":2020}}',
          '{"text":"b","labels":{"language":null,"year":null}}', '{"text":"c","labels":null,"name":null}')
    lines("mixed_label.jsonl", *['{"text":"a","labels":{"y":%s}}' % y for y in (
        "1", '"1"', "1.0", "1e0", "10E-1", "true", '"true"', "-0.0", "0", "0.1", "0.10", "1e-7", "100000000000000000000",
        "1e20", "18446744073709551617", "18446744073709551616", "1e400", "1e-400", "-2.50e+41", "12345.678", "false", '"1.0"')])
    lines("beside.jsonl", '{"text":"a","language":"de","open":true,"n":1.0,"none":null,"labels":{"language":"en"}}',
          '{"text":"b","language":"fr","n":1}')
    lines("nested_beside.jsonl", '{"text":"a","meta":{"url":"x"},"tags":["y"],"language":"de"}',
          '{"text":"b","summary":"%s","two\\nlines":"z"}' % ("s" * 300), notes=["meta (an object)", "tags (an array)", "summary (longer",
                                                                        "two?lines (no name"])
    ROWS[-1]["documents"][1]["labels"] = {}
    many = ['{"text":"a","url":"https://example.org/%d","kind":"%s"}' % (i, "xy"[i % 2]) for i in range(300)]
    lines("each_its_own.jsonl", *many, notes=["url (nearly every document has its own)"])
    for item in ROWS[-1]["documents"]:
        del item["labels"]["url"]
    lines("not_a_number.jsonl", '{"text":"a","score":NaN,"limit":Infinity,"low":-Infinity}', '{"text":"b","score":0.5}')
    lines("key_twice.jsonl", '{"text":"a","x":1,"x":2}', '{"text":"a","text":"b"}', '{"text":"c","text":"c"}', bad=(2,),
          error="'text' is there twice, with different values", where="key_twice.jsonl:2", skipped=1)


def malformed():
    def lines(name, *items, bad, error, where):
        text = "\n".join(items)
        row(name, text.encode(), of_lines(stem(name), text, bad), error=error, where=where, skipped=len(bad))

    lines("empty_text.jsonl", '{"text":"a"}', '{"text":""}', '{"text":"c"}', bad=(2,), error="'text' is empty",
          where="empty_text.jsonl:2")
    lines("surrogate.jsonl", '{"text":"ok one"}', '{"text":"cut \\ud83d"}', '{"text":"whole \\ud83d\\ude00","title":"cut \\ud83d"}',
          bad=(2,), error="holds half of a surrogate pair", where="surrogate.jsonl:2")
    ROWS[-1]["documents"][1]["labels"] = {}
    ROWS[-1]["notes"] = ["title (holds half of a surrogate pair)"]
    lines("all_kinds.jsonl", '{"text":"a"}', '{"text":"cut', '[1]', '{"text":"a","token_ids":[1]}', '{"content":"x","id":1}',
          '{"text":5}', '{"token_ids":[]}', '{"token_ids":[4,-1]}', '{"token_ids":[1.5]}', '{"token_ids":[4294967296]}',
          '{"text":"a","labels":["x"]}', '{"text":"a","labels":{"x":{}}}', '{"text":"a","labels":{"x/y":"1"}}',
          '{"text":"a","name":1}', '{"text":"a"} {"text":"b"}', "{'text':'a'}", '{"text":"a\tb"}', '{"text":"z"}',
          bad=range(2, 18), error="not valid JSON at byte 13", where="all_kinds.jsonl:2")
    row("value_bad.json", b'[{"text":"a"},{"text":b},{"text":"c"}]', of_values("value_bad", [{"text": "a"}, {}, {"text": "c"}], (2,)),
        error="not valid JSON", where="value_bad.json: value 2", skipped=1)
    row("array_cut.json", b'[{"text":"a"},{"text":"b"', error="ends in the middle of it", where="array_cut.json: value 2")
    row("array_open.json", b'[{"text":"a"}', error="the array does not end", where="array_open.json: value 1")
    row("array_comma.json", b'[{"text":"a"},]', error="a JSON value was expected", where="array_comma.json: value 2")
    row("array_more.json", b'[{"text":"a"}] x', error="something stands behind the array", where="array_more.json")
    row("wrapped.json", b'{"data":[{"text":"a"}]}', error="has neither 'text' nor 'token_ids'", where="wrapped.json:1", skipped=1)
    row("brackets.jsonl", b"[" * 20000, error="ends in the middle of it", where="brackets.jsonl: value 1")
    row("deep.jsonl", b'{"text":' + b"[" * 1000 + b"]" * 1000 + b"}", error="nested deeper than 16", where="deep.jsonl:1", skipped=1)
    row("nothing.txt", b"\n \n", error="holds no document", where="nothing.txt")
    row("nothing.json", b"[]", error="holds no document", where="nothing.json")


def folder():
    base = "folder/"
    write(base + "z.txt", b"last\nof all")
    write(base + "de/a.md", "erste".encode())
    write(base + "de/b.txt.gz", gz(b"packed"))
    write(base + "de/c.jsonl", b'{"text":"c1","name":"c"}\n{"text":"c2","labels":{"folder":"own"}}\n')
    write(base + "en/code/package.json", b'{"name": "a document by itself"}')
    write(base + "en/code/prompts.json", b'[{"text":"p"}]')
    write(base + "en/utf16.txt", codecs.BOM_UTF16_LE + "wide".encode("utf-16-le"))
    write(base + ".hidden", b"not me")
    write(base + "empty.txt", b" \n")
    def one(name, text, folder=None, **more):
        return {"name": name, "labels": {**({"folder": folder} if folder else {}), **more}, "text": text}
    documents = [one("de/a.md", "erste", "de"), one("de/b.txt.gz", "packed", "de"), one("c", "c1", "de"),
                 one("de/c.jsonl:2", "c2", "own"), one("en/code/package.json", '{"name": "a document by itself"}', "en"),
                 one("en/code/prompts.json:1", "p", "en"), one("en/utf16.txt", "wide", "en"), one("z.txt", "last\nof all")]
    row("folder", documents=documents)
    write("bad_folder/a.txt", b"fine")
    write("bad_folder/b.o", b"\x7fELF\x02\x01\x01\0\0")
    write("bad_folder/c.txt", "café".encode("latin-1"))
    write("bad_folder/d.txt.gz", gz(b"fine " * 99)[:-3])
    row("bad_folder", documents=[one("a.txt", "fine")], error="binary: a zero byte", where="b.o", skipped=3)


def seeds():
    """Of the fuzz target: a byte that chooses the name, and a file."""
    to = os.path.join(HERE, "../../fuzz/seeds/prompts")
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    for kind, name in ((0, "plain"), (0, "nameless"), (1, "utf16.txt"), (1, "members.txt.gz"), (1, "frames.txt.zst"), (2, "lines.jsonl"),
                       (2, "all_kinds.jsonl"), (2, "mixed_label.jsonl"), (2, "nested_beside.jsonl"), (3, "array_over_lines.json"),
                       (3, "objects.json"), (3, "value_bad.json"), (2, "utf16.jsonl"), (4, "packed.jsonl.gz"), (4, "packed.ndjson.zst")):
        with open(os.path.join(DATA, name), "rb") as f:
            data = f.read()
        with open(os.path.join(to, name.replace(".", "_")), "wb") as f:
            f.write(bytes([kind]) + data)


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    os.makedirs(DATA)
    for make in (json_files, text_files, packed_files, labels, malformed, folder):
        make()
    with open(os.path.join(DATA, "expected.json"), "w", encoding="ascii") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, ensure_ascii=True) for r in ROWS) + "\n]\n")
    seeds()
    print(len(ROWS), "rows")


if __name__ == "__main__":
    main()
