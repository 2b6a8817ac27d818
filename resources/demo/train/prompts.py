# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the prompts of the bundled model from held-out documents.

    prompts.py CACHE TOKENIZER.json OUT_FOLDER      writes prompts.jsonl, formation_prompts.jsonl and prompts.tsv

Manual pages: the beginning of the DESCRIPTION of pages that exist in all six languages, cut at a paragraph, one key per page;
where the description is long enough also its continuation, under a second key. Code: a stretch of whole lines that begins after
an empty line beyond the first quarter of a file, past the licence header.
"""
import collections
import hashlib
import json
import pathlib
import re
import sys

from tokenizers import Tokenizer

NATURAL = ["en", "de", "fr", "es", "ru", "ja"]
CODE = ["python", "c", "c++", "perl", "javascript", "shell"]
DESCRIPTION = re.compile("^(DESCRIPTION|BESCHREIBUNG|DESCRIPCIÓN|ОПИСАНИЕ|説明|DESCRIPCION)$", re.I)
# Pages that differ from trained ones only in a table or a number.
TOO_ALIKE = re.compile(r"^(iso[-_]8859|cp125|koi8|armscii|intro\.)")
# Free licences under which excerpts may be passed on with this program; see NOTICE.md.
LICENSES = {"Linux-man-pages-copyleft", "GPL-2.0-or-later", "GPL-1.0-or-later", "BSD-4-Clause-UC", "BSD-3-Clause", "BSD-2-Clause", "MIT"}
CODE_PACKAGES = {"python": ["libpython3.11-stdlib", "libpython3.11-minimal"], "c": ["libc6-dev"], "c++": ["libstdc++-12-dev", "libeigen3-dev"],
                 "perl": ["perl-modules-5.36"], "javascript": ["python3-django", "libjs-underscore"], "shell": ["bash-completion"]}
LEAST, MOST = 40, 250  # tokens
MANUAL_CHARACTERS = 620  # of the English text; the other languages follow by paragraph
PER_CODE_LANGUAGE = 16
FORMATION_KEYS, FORMATION_CODE = 4, 3


def order(text):
    return hashlib.sha256(text.encode()).digest()


def description(document):
    """Paragraphs of the DESCRIPTION, or None."""
    for heading, paragraphs in document["sections"]:
        if DESCRIPTION.match(heading):
            return paragraphs
    return None


def passages(by_language):
    """One or two dicts {language: text} with corresponding text, or nothing."""
    texts = {language: description(d) for language, d in by_language.items()}
    if any(not t for t in texts.values()):
        return
    counts = {language: len(t) for language, t in texts.items()}
    n = counts["en"]
    start = 0
    for _ in range(2):
        end, length = start, 0
        while end < n and (length < MANUAL_CHARACTERS * 0.55 or length + len(texts["en"][end]) <= MANUAL_CHARACTERS):
            length += len(texts["en"][end])
            end += 1
        if end == start:
            return
        out = {}
        for language, paragraphs in texts.items():
            # The translations keep the paragraphs of the original; where one joins or splits some, cut at the same fraction.
            scale = counts[language] / n
            out[language] = "\n".join(paragraphs[round(start * scale) : round(end * scale)])
        yield out
        start = end


def translated(texts):
    """Not the English text left standing, and about as long as it."""
    words = set(re.findall(r"[a-z]{3,}", texts["en"].lower()))
    for language, text in texts.items():
        if language == "en":
            continue
        own = re.findall(r"[^\W\d_]{3,}", text.lower())
        if not own or sum(w in words for w in own) > 0.5 * len(own):
            return False
        ratio = len(text) / len(texts["en"])
        low, high = (0.3, 1.0) if language == "ja" else (0.75, 1.8)
        if not low <= ratio <= high:
            return False
    return True


def main():
    cache, tokenizer, out = pathlib.Path(sys.argv[1]), Tokenizer.from_file(sys.argv[2]), pathlib.Path(sys.argv[3])
    count = lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
    pages, files = collections.defaultdict(dict), collections.defaultdict(list)
    trained = set()
    for line in open(cache / "corpus.jsonl"):
        d = json.loads(line)
        if not d["held_out"]:
            trained.update(hashlib.sha256(l.encode()).digest()[:8] for l in d["text"].splitlines() if len(l) >= 40)
        elif d["domain"] == "manual":
            pages[d["key"]].setdefault(d["language"], d)
        elif d["package"] in CODE_PACKAGES[d["language"]]:
            files[d["language"]].append(d)

    def seen(text):
        """Share of the longer lines that stand word for word in a training document."""
        lines = [l for l in text.splitlines() if len(l) >= 40]
        return sum(hashlib.sha256(l.encode()).digest()[:8] in trained for l in lines) / max(1, len(lines))

    prompts, origin, keys = [], [], []
    for key in sorted(pages, key=order):
        page = pages[key]
        if set(page) != set(NATURAL) or TOO_ALIKE.match(key) or page["en"]["license"] not in LICENSES:
            continue
        for part, texts in enumerate(passages(page)):
            tokens = [count(t) for t in texts.values()]
            if min(tokens) < LEAST or max(tokens) > 2 * MOST or not translated(texts) or max(map(seen, texts.values())) > 0.34:
                continue
            parallel = key + ("" if part == 0 else f"#{part + 1}")
            keys.append(parallel)
            for language in NATURAL:
                d = page[language]
                prompts.append(dict(text=texts[language], name=f"{language}/{parallel}",
                                    labels=dict(domain="manual", language=language, parallel=parallel)))
                origin.append((f"{language}/{parallel}", d["package"], d["path"], page["en"]["license"], count(texts[language])))
    for language in CODE:
        taken = 0
        for d in sorted(files[language], key=lambda d: order(d["key"])):
            if taken == PER_CODE_LANGUAGE:
                break
            lines = d["text"].splitlines()
            starts = [i + 1 for i, line in enumerate(lines[:-1]) if not line.strip() and i > len(lines) // 4 and lines[i + 1].strip()]
            for start in starts[:20]:
                end, text = start, ""
                while end < len(lines) and count("\n".join(lines[start : end + 1])) <= 200:
                    end += 1
                text = "\n".join(lines[start:end]).rstrip()
                if count(text) >= 110 and seen(text) <= 0.34 and "icense" not in text and "opyright" not in text:
                    break
            else:
                continue
            taken += 1
            name = f"{language}/{pathlib.Path(d['path']).name}"
            while any(p["name"] == name for p in prompts):
                name += "'"
            prompts.append(dict(text=text, name=name, labels=dict(domain="code", language=language)))
            origin.append((name, d["package"], d["path"], "see NOTICE.md", count(text)))

    chosen = set(keys[:FORMATION_KEYS])
    formation, taken = [], collections.Counter()
    for p in prompts:
        language = p["labels"]["language"]
        if p["labels"]["domain"] == "manual" and p["labels"]["parallel"] in chosen:
            formation.append(p)
        elif p["labels"]["domain"] == "code" and taken[language] < FORMATION_CODE:
            taken[language] += 1
            formation.append(p)
    for name, rows in (("prompts.jsonl", prompts), ("formation_prompts.jsonl", formation)):
        (out / name).write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in rows))
    with open(out / "prompts.tsv", "w") as table:
        table.write("name\tpackage\tfile\tlicense of the original\ttokens\n")
        for row in origin:
            table.write("\t".join(map(str, row)) + "\n")
    print(len(keys), "keys", len(prompts), "prompts", sum(r[4] for r in origin), "tokens;", len(formation), "for the formation traces")
    for language in NATURAL + CODE:
        tokens = [r[4] for r, p in zip(origin, prompts) if p["labels"]["language"] == language]
        print(language, len(tokens), min(tokens), max(tokens), sum(tokens))


if __name__ == "__main__":
    main()
