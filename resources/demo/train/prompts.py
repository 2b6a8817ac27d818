# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the prompts of the bundled model from held-out documents.

    prompts.py CACHE TOKENIZER.json OUT_FOLDER      writes prompts.jsonl, formation_prompts.jsonl and prompts.tsv

Manual pages: passages of DESCRIPTION, RETURN VALUE, ERRORS and NOTES, cut at a paragraph, of pages that exist in at least five of
the six languages; corresponding passages carry one key ("fflush.3/notes"). Code: a stretch of whole lines that begins after
an empty line beyond the first quarter of a file, past the licence header.
"""
import collections
import gzip
import hashlib
import json
import pathlib
import re
import sys

from tokenizers import Tokenizer

NATURAL = ["en", "de", "fr", "es", "ru", "ja"]
CODE = ["python", "c", "c++", "perl", "javascript", "shell"]
SECTIONS = {
    "DESCRIPTION": {"DESCRIPTION", "BESCHREIBUNG", "DESCRIPCIÓN", "ОПИСАНИЕ", "説明", "解説"},
    "RETURN VALUE": {"RETURN VALUE", "RÜCKGABEWERT", "VALEUR RENVOYÉE", "VALOR DEVUELTO", "ВОЗВРАЩАЕМОЕ ЗНАЧЕНИЕ", "返り値"},
    "ERRORS": {"ERRORS", "FEHLER", "ERREURS", "ERRORES", "ОШИБКИ", "エラー"},
    "NOTES": {"NOTES", "ANMERKUNGEN", "NOTAS", "ЗАМЕЧАНИЯ", "注意", "備考"},
}
# Pages that differ from trained ones only in a table or a number.
TOO_ALIKE = re.compile(r"^(iso[-_]8859|cp125|koi8|armscii|intro\.)")
# Free licences under which excerpts may be passed on with this program; see NOTICE.md.
LICENSES = {"Linux-man-pages-copyleft", "GPL-2.0-or-later", "GPL-1.0-or-later"}
CODE_PACKAGES = {  # package -> paths
    "python": {"libpython3.11-stdlib": [""], "libpython3.11-minimal": [""]},
    "c": {"libc6-dev": [""]},
    "c++": {"libstdc++-12-dev": [""], "libeigen3-dev": [""]},
    "perl": {"perl-modules-5.36": [""]},
    "javascript": {"libjs-bootstrap5": [""], "libjs-jquery": [""], "libjs-underscore": [""],
                   "npm": [f"usr/share/nodejs/{p}/" for p in ("npm/lib", "@npmcli/arborist", "@npmcli/config", "pacote", "libnpmversion", "libnpmteam")]},
    "shell": {"bash-completion": [""], "gzip": [""]},
}
LEAST, MOST = 45, 250  # tokens
LANGUAGES_AT_LEAST, PARTS_PER_PAGE, KEYS = 5, 2, 32
MANUAL_CHARACTERS = 620  # of the English text; the other languages follow by paragraph
PER_CODE_LANGUAGE = 16
FORMATION_KEYS, FORMATION_CODE = 4, 3


def order(text):
    return hashlib.sha256(text.encode()).digest()


def notices(cache, document):
    """The copyright lines of the file a prompt is from (or "see package": Debian's copyright file of the package names them)."""
    data = (cache / "root" / document["package"] / document["path"]).read_bytes()
    lines = (gzip.decompress(data) if document["path"].endswith(".gz") else data).decode().splitlines()[:400]
    found = [re.sub(r"^[\s.\\\"'#/*]+|[\s*/]+$", "", l) for l in lines if re.search(r"copyright.{0,12}(\(c\)|©|[12]\d\d\d)|\(c\) *[12]\d\d\d", l, re.I)]
    return "; ".join(dict.fromkeys(re.sub(r"\s+", " ", l) for l in found))[:400] or "see package"


def section(document, name):
    """Paragraphs of that section of the page, or None."""
    for heading, paragraphs in document["sections"]:
        if heading.upper() in SECTIONS[name]:
            return paragraphs
    return None


def passages(page):
    """(key part, {language: text}): corresponding passages of the languages the page has."""
    for name in SECTIONS:
        texts = {language: section(d, name) for language, d in page.items()}
        texts = {language: t for language, t in texts.items() if t}
        if "en" not in texts:
            continue
        n = len(texts["en"])
        start, part = 0, 0
        while start < n and part < 3:
            end, length = start, 0
            while end < n and (length < MANUAL_CHARACTERS * 0.55 or length + len(texts["en"][end]) <= MANUAL_CHARACTERS):
                length += len(texts["en"][end])
                end += 1
            part += 1
            out = {}
            for language, paragraphs in texts.items():
                # The translations keep the paragraphs of the original; where one joins or splits some, cut at the same fraction.
                scale = len(paragraphs) / n
                out[language] = "\n".join(paragraphs[round(start * scale) : round(end * scale)])
            yield name.lower().replace(" ", "-") + (f"-{part}" if part > 1 else ""), out
            start = end


def translated(english, language, text):
    """Not the English text left standing, and about as long as it."""
    words = set(re.findall(r"[a-z]{3,}", english.lower()))
    own = re.findall(r"[^\W\d_]{3,}", text.lower())
    if not own or sum(w in words for w in own) > 0.5 * len(own):
        return False
    low, high = (0.25, 1.0) if language == "ja" else (0.75, 1.8)
    return low <= len(text) / len(english) <= high


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
        elif d["path"].startswith(tuple(CODE_PACKAGES[d["language"]].get(d["package"], ()))):
            files[d["language"]].append(d)

    def seen(text):
        """Share of the longer lines that stand word for word in a training document."""
        lines = [l for l in text.splitlines() if len(l) >= 40]
        return sum(hashlib.sha256(l.encode()).digest()[:8] in trained for l in lines) / max(1, len(lines))

    prompts, origin, keys, candidates = [], [], {}, collections.defaultdict(list)
    for key in sorted(pages, key=order):
        page = pages[key]
        if len(page) < LANGUAGES_AT_LEAST or "en" not in page or TOO_ALIKE.match(key) or page["en"]["license"] not in LICENSES:
            continue
        for part, texts in passages(page):
            good = {language: t for language, t in texts.items()
                    if LEAST <= count(t) <= (MOST if language == "en" else 1.6 * MOST) and seen(t) <= 0.34
                    and (language == "en" or translated(texts["en"], language, t))}
            if len(good) < LANGUAGES_AT_LEAST or "en" not in good:
                continue
            candidates[len(good)].append((key, part, good))
    # Passages in all six languages first, at most PARTS_PER_PAGE of a page.
    used = collections.Counter()
    for n in sorted(candidates, reverse=True):
        for key, part, good in candidates[n]:
            if used[key] == PARTS_PER_PAGE or len(keys) == KEYS:
                continue
            used[key] += 1
            page = pages[key]
            parallel = f"{key}/{part}"
            keys[parallel] = len(good)
            for language in sorted(good, key=NATURAL.index):
                d = page[language]
                prompts.append(dict(text=good[language], name=f"{language}/{parallel}",
                                    labels=dict(domain="manual", language=language, parallel=parallel)))
                origin.append((f"{language}/{parallel}", d["package"], d["path"], page["en"]["license"], count(good[language]), notices(cache, d)))
    for language in CODE:
        taken = 0
        for d in sorted(files[language], key=lambda d: order(d["key"])):
            if taken == PER_CODE_LANGUAGE:
                break
            lines = d["text"].splitlines()
            first = 0 if d["package"] == "bash-completion" else len(lines) // 4  # those files have no header
            starts = [i + 1 for i, line in enumerate(lines[:-1]) if not line.strip() and i >= first and lines[i + 1].strip()]
            for start in ([0] if first == 0 else []) + starts[:20]:
                end, text = start, ""
                while end < len(lines) and count("\n".join(lines[start : end + 1])) <= 200:
                    end += 1
                text = "\n".join(lines[start:end]).rstrip()
                if count(text) >= 100 and seen(text) <= 0.4 and "icense" not in text and "opyright" not in text:
                    break
            else:
                continue
            taken += 1
            name = f"{language}/{pathlib.Path(d['path']).name}"
            while any(p["name"] == name for p in prompts):
                name += "'"
            prompts.append(dict(text=text, name=name, labels=dict(domain="code", language=language)))
            origin.append((name, d["package"], d["path"], "see NOTICE.md", count(text), notices(cache, d)))

    chosen = set([k for k, n in keys.items() if n == len(NATURAL)][:FORMATION_KEYS])
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
        table.write("name\tpackage\tfile\tlicense of the original\ttokens\tcopyright\n")
        for row in origin:
            table.write("\t".join(map(str, row)) + "\n")
    print(len(keys), "keys", len(prompts), "prompts", sum(r[4] for r in origin), "tokens;", len(formation), "for the formation traces")
    for language in NATURAL + CODE:
        tokens = [r[4] for r, p in zip(origin, prompts) if p["labels"]["language"] == language] or [0]
        print(language, len(tokens), min(tokens), max(tokens), sum(tokens))


if __name__ == "__main__":
    main()
