#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures tests/data/analysis/demo_slice.h5: the begin of 40 of the demo's prompts, at sites 0, 2 and 5.

make_slice.py EXPERTSCOPE     path of the program; run it only when the demo model or the trace format changes
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "resources/demo"
PARALLEL = ("clock.3/return-value", "toupper.3/notes-2", "mbsinit.3/description", "stat.2/notes")  # 22 texts
CODE_OF_EACH_LANGUAGE = 3


def subset():
    seen, chosen = {}, []
    for line in (DEMO / "prompts.jsonl").read_text("utf-8").splitlines():
        document = json.loads(line)
        labels = document["labels"]
        language = labels["language"]
        if labels["domain"] == "code":
            seen[language] = seen.get(language, 0) + 1
        if labels.get("parallel") in PARALLEL or (labels["domain"] == "code" and seen[language] <= CODE_OF_EACH_LANGUAGE):
            document["text"] = document["text"][:50 + 25 * (len(chosen) * 5 % 9)]  # sequences of many lengths
            chosen.append(json.dumps(document, ensure_ascii=False))
    return chosen


def main():
    out = ROOT / "tests/data/analysis/demo_slice.h5"
    with tempfile.TemporaryDirectory() as folder:
        prompts = Path(folder) / "prompts.jsonl"
        prompts.write_text("\n".join(subset()) + "\n", "utf-8")
        subprocess.run([sys.argv[1], "capture", "--model", "resources/demo", "--prompts", prompts, "--logits", "--sites", "0,2,5",
                        "--threads", "1", "--force", "-o", out], check=True, cwd=ROOT)
    print(len(subset()), "sequences,", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
