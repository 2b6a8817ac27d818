#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does analysis grow linearly? Times all metrics that need only ids on uniform traces of growing size and draws it.

growth.py --expertscope BIN --one-pass BIN [--sizes 1e5,1e6,1e7,1e8] [--sites 1] [--work FOLDER] [-o growth.svg]
"""
import argparse
import math
import re
import subprocess
import sys
from pathlib import Path


def svg(points, path):
    """Log-log, the dashed line through the last point has slope 1."""
    width, height, left, bottom = 420, 300, 70, 50
    xs = [math.log10(n) for n, _ in points]
    ys = [math.log10(t) for _, t in points]
    x0, x1, y0, y1 = min(xs) - .2, max(xs) + .2, math.floor(min(ys)), math.ceil(max(ys))
    px = lambda x: left + (x - x0) / (x1 - x0) * (width - left - 15)
    py = lambda y: height - bottom - (y - y0) / (y1 - y0) * (height - bottom - 15)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for decade in range(math.ceil(x0), math.floor(x1) + 1):
        out.append(f'<line x1="{px(decade):.1f}" x2="{px(decade):.1f}" y1="{py(y0):.1f}" y2="{py(y1):.1f}" stroke="#ddd"/>'
                   f'<text x="{px(decade):.1f}" y="{height - 32}" text-anchor="middle">1e{decade}</text>')
    for decade in range(y0, y1 + 1):
        out.append(f'<line x1="{px(x0):.1f}" x2="{px(x1):.1f}" y1="{py(decade):.1f}" y2="{py(decade):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{py(decade) + 4:.1f}" text-anchor="end">{10.0 ** decade:g} s</text>')
    ideal = [(x, ys[-1] + x - xs[-1]) for x in xs]
    draw = lambda line: " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in line)
    out.append(f'<polyline points="{draw([p for p in ideal if p[1] >= y0])}" fill="none" stroke="#888" stroke-dasharray="4 3"/>')
    out.append(f'<polyline points="{draw(zip(xs, ys))}" fill="none" stroke="#1f4e8c" stroke-width="1.5"/>')
    out += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="#1f4e8c"/>' for x, y in zip(xs, ys)]
    out.append(f'<text x="{(left + width) / 2:.0f}" y="{height - 10}" text-anchor="middle">tokens (dashed: linear)</text></svg>')
    Path(path).write_text("\n".join(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expertscope", required=True)
    parser.add_argument("--one-pass", required=True)
    parser.add_argument("--sizes", default="1e5,1e6,1e7,1e8")
    parser.add_argument("--sites", default="1")
    parser.add_argument("--work", default="/tmp")
    parser.add_argument("-o", "--output", default="growth.svg")
    options = parser.parse_args()
    points = []
    for size in options.sizes.split(","):
        trace = Path(options.work) / f"growth-{size}.h5"
        if not trace.exists():
            subprocess.run([options.expertscope, "synth", "uniform", "-o", str(trace), "--tokens", size, "--sites", options.sites],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run([options.one_pass, str(trace), "--rounds", "3" if float(size) < 1e8 else "1"], check=True,
                              capture_output=True, text=True).stdout
        seconds = float(re.search(r"all together\s+([\d.]+) s", text)[1])
        reading = float(re.search(r"reading and inflating\s+([\d.]+) s", text)[1])
        memory = re.search(r"largest memory (\d+) MiB", text)[1]
        points.append((float(size), seconds))
        print(f"{float(size):.0e} tokens: reading {reading:.3f} s, all metrics {seconds:.3f} s, "
              f"{seconds / float(size) * 1e9:.0f} ns a token, {memory} MiB")
        sys.stdout.flush()
    svg(points, options.output)


if __name__ == "__main__":
    main()
