#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes resources/docs/gallery.md and its pictures: every chart with its command, drawn of the bundled model's trace.

    tests/views/generate_gallery.py BIN TRACE

BIN: build/release/bin. TRACE: `expertscope capture --model resources/demo --prompts resources/demo/prompts.jsonl --logits
--loss -o demo.h5`. Pictures are reduced to few colours by ImageMagick's `convert`; figures are not.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "resources/docs"
WIDTH = "89mm"
TRAINING = "resources/demo/formation/*.h5"
# What differs from `expertscope figure CHART demo.h5 -o CHART.png`: (name of the picture, traces, options)
VARIANTS = {
    "training": [("training", TRAINING, "")],
    "expert_life": [("expert_life", TRAINING, "")],
    "load": [("load", "demo.h5", ""), ("load_german", "demo.h5", "--where language=de")],
    "coactivation": [("coactivation", "demo.h5", "--site 3 --measure ratio --order seriation")],
    "cofire": [("cofire", "demo.h5", "--site 3 --order seriation")],
    "flow": [("flow", "demo.h5", ""), ("flow_spine", "demo.h5", "--level spine"),
             ("flow_paths", "demo.h5", "--level paths --focus 2:17"),
             ("flow_training", "resources/demo/formation/tokens-000106496.h5 resources/demo/formation/tokens-002129920.h5",
              "--against_trace 2 --columns 3 --most 48")],
    "tokens": [("tokens", "demo.h5", "--sequence 3 --site 4")],
    "timeline": [("timeline", "demo.h5", "--sequence 3")],
}


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def main():
    bin_dir, trace = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    tool = str(bin_dir / "expertscope")
    charts = []
    for line in output(tool, "figure", "--list").splitlines():
        if line.startswith(" "):
            charts[-1][1] += " " + line.strip()
        else:
            name, definition = line.split("  ", 1)
            charts.append([name, definition.strip()])
    pictures = DOCS / "gallery"
    pictures.mkdir(exist_ok=True)
    for old in pictures.glob("*.png"):
        old.unlink()
    page = [
        "# Gallery",
        "",
        "Every chart, and the command that drew it of the bundled model: made by `tests/views/generate_gallery.py`. Options of a chart: `expertscope figure CHART --help`;",
        "formats, venues and specs: [figure-spec.md](figure-spec.md). The same charts are the window's views and the sections of `expertscope report`.",
        "",
        "```sh",
        "expertscope capture --model resources/demo --prompts resources/demo/prompts.jsonl --logits --loss -o demo.h5",
        "```",
    ]
    for name, definition in charts:
        page += ["", f"## {name}", "", definition + "."]
        for picture, traces, options in VARIANTS.get(name, [(name, "demo.h5", "")]):
            typed = f"expertscope figure {name} {traces} {options}".strip() + f" -o {picture}.png"
            png = pictures / f"{picture}.png"
            line = typed.replace("expertscope", tool, 1).replace("demo.h5", str(trace)).replace(f"{picture}.png", str(png))
            subprocess.run(["bash", "-c", f"{line} --width {WIDTH} --dpi 160 --alone"], check=True, cwd=ROOT)
            subprocess.run(["convert", png, "-colors", "64", "-strip", f"PNG8:{png}"], check=True)
            page += ["", f"![{name}](gallery/{picture}.png)", "", "```sh", typed, "```"]
    (DOCS / "gallery.md").write_text("\n".join(page) + "\n")
    size = sum(picture.stat().st_size for picture in pictures.glob("*.png"))
    print(f"{len(charts)} charts, {size / 1e6:.2f} MB of pictures")


if __name__ == "__main__":
    main()
