#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches and unpacks the LibTorch of libtorch.lock:  fetch_libtorch.py CACHE_FOLDER

Prints the folder that holds include/ and lib/. Files come from the package index that pip is set up for. A download
that was interrupted goes on where it stopped; size and SHA-256 must match the lock and what the index says. A second
run finds the unpacked folder and does nothing. Standard library only.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PIECE = 1 << 20
# All that compiling and running on a CPU takes. libtorch_cuda.so would be useless without 3 GB of other packages:
# who has a GPU has a PyTorch, and bootstrap finds that one.
WANTED = re.compile(
    r"^(torch/include/.*|torch/version\.py|torch/lib/lib(torch_cpu|c10|gomp)[^/]*|torch/share/.*"
    r"|torch-[^/]*\.dist-info/(METADATA|LICENSE|NOTICE|licenses/.*)|nvidia/[^/]+/lib/lib(cudart|cupti)\.so[^/]*"
    r"|nvidia_[^/]*\.dist-info/(METADATA|License[^/]*|licenses/.*))$")


def die(message):
    sys.exit(f"bootstrap: {message}")


def locked_files():
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    rows = [line.split() for line in open(os.path.join(HERE, "libtorch.lock")) if line.strip() and line[0] != "#"]
    files = [(project, name, int(size), sha) for m, project, name, size, sha in rows if m == machine]
    if not files:
        die(f"no LibTorch is known for {machine}: give one with --torch DIR")
    return files


def index_urls():
    """The index pip would use: environment, pip's configuration, pip's default."""
    urls = []
    if os.environ.get("PIP_INDEX_URL"):
        urls.append(os.environ["PIP_INDEX_URL"])
    else:
        said = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True)
        if said.returncode == 0 and said.stdout.strip():
            urls.append(said.stdout.strip())
        else:
            text = subprocess.run([sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True).stdout
            default = re.search(r"--index-url.*?default\s+(\S+?)\)", text, re.S)
            if not default:
                die("cannot ask pip for its package index (is python3-pip there?)")
            urls.append(default.group(1))
    urls += os.environ.get("PIP_EXTRA_INDEX_URL", "").split()
    return urls


def find_in_index(project, name):
    """URL of a file, and the SHA-256 that the index states for it."""
    problems = []
    for base in index_urls():
        request = urllib.request.Request(
            f"{base.rstrip('/')}/{project}/",
            headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.1", "User-Agent": "expertscope-bootstrap"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                body, final, kind = answer.read(), answer.geturl(), answer.headers.get("Content-Type", "")
        except OSError as error:
            problems.append(str(error))
            continue
        if "json" in kind:
            for entry in json.loads(body)["files"]:
                if entry["filename"] == name:
                    return urllib.parse.urljoin(final, entry["url"]), entry["hashes"].get("sha256")
        else:  # the older HTML form of an index: <a href="URL#sha256=…">
            for href in re.findall(r'href="([^"]+)"', body.decode("utf-8", "replace")):
                url, _, fragment = href.partition("#")
                if url.rsplit("/", 1)[-1] == name:
                    return urllib.parse.urljoin(final, url), fragment.partition("sha256=")[2] or None
        problems.append(f"lists no {name}")
    die(f"{project}: " + "; ".join(problems or ["no package index"]))


def show(name, done, size, started, first):
    speed = (done - first) / max(time.time() - started, 1e-3)
    left = f"{(size - done) / speed:4.0f} s left" if speed > 0 else ""
    text = f"{name[:44]:44} {done / 1e6:6.1f} / {size / 1e6:.1f} MB  {speed / 1e6:5.1f} MB/s  {left}"
    if sys.stderr.isatty():
        print(f"\r{text:100}", end="", file=sys.stderr, flush=True)
    elif done == size or done == first:
        print(text, file=sys.stderr, flush=True)


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def fetch(project, name, size, sha, target):
    url, index_sha = find_in_index(project, name)
    if index_sha and index_sha != sha:
        die(f"{name}: the index states another SHA-256 ({index_sha}) than installer/libtorch.lock ({sha})")
    part = target + ".part"
    for attempt in range(8):
        have = os.path.getsize(part) if os.path.exists(part) else 0
        if have > size:
            os.remove(part)
            have = 0
        if have == size:
            break
        request = urllib.request.Request(url, headers={"User-Agent": "expertscope-bootstrap"})
        if have:
            request.add_header("Range", f"bytes={have}-")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                if have and answer.status != 206:  # the server starts over
                    have = 0
                started, done, told = time.time(), have, 0
                show(name, done, size, started, have)
                with open(part, "ab" if have else "wb") as file:
                    while piece := answer.read(PIECE):
                        file.write(piece)
                        done += len(piece)
                        if done > size:
                            die(f"{name}: longer than the {size} bytes it should have")
                        if time.time() - told > 0.2:
                            told = time.time()
                            show(name, done, size, started, have)
                if done == size:
                    show(name, done, size, started, have)
                    if sys.stderr.isatty():
                        print(file=sys.stderr)
        except (urllib.error.URLError, OSError) as error:
            print(f"\nbootstrap: {name}: {error}; trying again", file=sys.stderr)
            time.sleep(min(2 ** attempt, 20))
    else:
        die(f"{name}: could not be downloaded; the part that came is kept in {part}, run again to go on")
    if (got := sha256_of(part)) != sha:
        os.remove(part)
        die(f"{name}: SHA-256 is {got}, should be {sha}; removed, run again")
    os.replace(part, target)


def unpack(wheels, folder):
    staging = folder + ".new"
    shutil.rmtree(staging, ignore_errors=True)
    os.makedirs(staging)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                if WANTED.match(entry.filename) and ".." not in entry.filename.split("/"):
                    archive.extract(entry, staging)
    os.rename(staging, folder)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cache = sys.argv[1]
    files = locked_files()
    version = files[0][1].split("-")[1]
    folder = os.path.join(cache, f"libtorch-{version}-{hashlib.sha256(''.join(f[3] for f in files).encode()).hexdigest()[:8]}")
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        free = shutil.disk_usage(cache).free
        if free < 2.5e9:
            die(f"{cache}: {free / 1e9:.1f} GB free, 2.5 GB needed for LibTorch (set EXPERTSCOPE_CACHE to a folder elsewhere)")
        wheels = []
        for project, name, size, sha in files:
            target = os.path.join(cache, name)
            if not (os.path.exists(target) and os.path.getsize(target) == size and sha256_of(target) == sha):
                fetch(project, name, size, sha, target)
            wheels.append(target)
        print("bootstrap: unpacking LibTorch", file=sys.stderr)
        unpack(wheels, folder)
        for wheel in wheels:
            os.remove(wheel)
    print(os.path.join(folder, "torch"))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nbootstrap: stopped; run again to go on where the download stopped")
