# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the corpus of the bundled model from Debian 12 packages: manual pages in six languages, code in six.

    corpus.py CACHE        fetches the packages (apt-get download), unpacks them below CACHE and writes
                           CACHE/corpus.jsonl (one document a line), CACHE/packages.json (versions).

Split: a document is held out when the first byte of sha256(its key) is divisible by 8. The key of a manual page is its
page name ("cp.1"), so a held-out page is held out in every language; the key of a source file is package/path.
"""
import collections
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

import roff

# English originals, then the translations (manpages-l10n 4.18.1 for de, fr, es, ru; the JM project for ja).
ENGLISH = "manpages manpages-dev coreutils util-linux findutils grep sed tar gzip procps bash login passwd dpkg-dev debhelper".split()
TRANSLATIONS = {language: [f"manpages-{language}", f"manpages-{language}-dev"] for language in ("de", "fr", "es", "ru", "ja")}
CODE = {
    "python": ["libpython3.11-stdlib", "libpython3.11-minimal", "python3-django"],
    "c": ["linux-libc-dev", "libc6-dev"],
    "c++": ["libstdc++-12-dev", "libeigen3-dev"],
    "perl": ["perl-modules-5.36", "libdpkg-perl", "libdebhelper-perl", "git", "autoconf", "automake"],
    "javascript": ["python3-django", "npm", "libjs-jquery", "libjs-underscore", "libjs-bootstrap5"],
    "shell": ["bash-completion", "git", "libtool", "autoconf", "dpkg-dev", "debhelper", "bash", "dash", "gzip", "libdpkg-perl"],
}
SUFFIXES = {"python": (".py",), "c": (".h",), "c++": (".h", ".hpp", ".tcc"), "perl": (".pm", ".pl"), "javascript": (".js",),
            "shell": (".sh",)}
SHEBANG = {"perl": re.compile(rb"#! ?/usr/bin/perl"), "shell": re.compile(rb"#! ?/(usr/)?bin/(ba|da)?sh")}
# Sections that say the same in every page: who translated it, under which licence.
BOILERPLATE = re.compile("^(COPYRIGHT|COLOPHON|REPORTING BUGS|ÜBERSETZUNG|TRADUCTION|TRADUCCIÓN|ПЕРЕВОД|この文書について|著作権|バグの報告"
                         "|FEHLER MELDEN|SIGNALER DES BOGUES|INFORMAR DE ERRORES|ОТЧЁТ ОБ ОШИБКАХ|АВТОРСКИЕ ПРАВА)", re.I)


def held_out(key):
    return hashlib.sha256(key.encode()).digest()[0] % 8 == 0


def fetch(cache):
    names = sorted({p for group in [ENGLISH, *TRANSLATIONS.values(), *CODE.values()] for p in group})
    debs = cache / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    have = {f.name.split("_")[0] for f in debs.glob("*.deb")}
    missing = [n for n in names if n not in have]
    if missing:
        subprocess.run(["apt-get", "download", *missing], cwd=debs, check=True)
    versions = {}
    for deb in sorted(debs.glob("*.deb")):
        name = deb.name.split("_")[0]
        if name not in names:
            continue
        root = cache / "root" / name
        if not root.exists():
            subprocess.run(["dpkg", "-x", deb, root], check=True)
        versions[name] = subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, text=True, capture_output=True).stdout.strip()
    return versions


def manual_pages(cache, packages, language):
    for package in packages:
        base = cache / "root" / package / "usr/share/man" / ("" if language == "en" else language)
        for path in sorted(base.glob("man[1-9]/*.gz")):
            if path.is_symlink():
                continue  # a second name of a page
            try:
                source = gzip.decompress(path.read_bytes()).decode("utf-8")
            except UnicodeDecodeError:
                continue
            page = [s for s in roff.sections(source) or [] if not BOILERPLATE.search(s[0])]
            if not page:
                continue
            key = path.name[:-3]
            spdx = re.search(r"SPDX-License-Identifier: *(\S+)", source)
            yield dict(key=key, domain="manual", language=language, package=package, path=str(path.relative_to(cache / "root" / package)),
                       held_out=held_out(key), license=spdx.group(1) if spdx else "", sections=page, text=roff.plain(page))


def code_files(cache, packages, language):
    for package in packages:
        root = cache / "root" / package
        for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
            name = path.name
            if name.endswith((".min.js", ".gz", ".mo")) or path.stat().st_size > 400_000:
                continue
            data = path.read_bytes()
            inside = str(path.relative_to(root))
            match = name.endswith(SUFFIXES[language])
            if not match and language in SHEBANG:
                match = SHEBANG[language].match(data) is not None
            if not match and language == "shell":
                match = "bash-completion/completions" in inside
            if not match and language == "c++" and "/c++/12/" in inside:
                match = "." not in name
            if not match:
                continue
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            if "\0" in text or len(text) < 200 or max(map(len, text.splitlines())) > 1000:
                continue  # generated or packed
            if language == "python" and ("/test/" in inside or "/locale/" in inside):
                continue
            key = f"{package}/{inside}"
            yield dict(key=key, domain="code", language=language, package=package, path=inside, held_out=held_out(key), text=text)


def main():
    cache = pathlib.Path(sys.argv[1])
    versions = fetch(cache)
    (cache / "packages.json").write_text(json.dumps(versions, indent=1))
    total, seen = collections.Counter(), set()
    with open(cache / "corpus.jsonl.part", "w") as out:
        groups = [manual_pages(cache, ENGLISH, "en")]
        groups += [manual_pages(cache, packages, language) for language, packages in TRANSLATIONS.items()]
        groups += [code_files(cache, packages, language) for language, packages in CODE.items()]
        for group in groups:
            for document in group:
                digest = hashlib.sha256(document["text"].encode()).digest()
                if digest in seen:
                    continue
                seen.add(digest)
                split = "held out" if document["held_out"] else "train"
                total[document["language"], split, "documents"] += 1
                total[document["language"], split, "characters"] += len(document["text"])
                out.write(json.dumps(document, ensure_ascii=False) + "\n")
    os.replace(cache / "corpus.jsonl.part", cache / "corpus.jsonl")
    for key, n in total.items():
        print(*key, n)


if __name__ == "__main__":
    main()
