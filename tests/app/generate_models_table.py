#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of published models in resources/docs/models.md by `expertscope inspect` on resources/models.

    generate_models_table.py build/release/bin/expertscope
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "resources" / "docs" / "models.md"
MACHINES = ["desktop-4090", "server-h200"]
BEGIN, END = "<!-- table by tests/app/generate_models_table.py -->\n", "<!-- end of the table -->\n"


def digits(value):
    return "0" if value == 0 else f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3g}"


def with_unit(value, units):
    for unit, name in units:
        if value >= unit:
            return f"{digits(value / unit)} {name}"
    return f"{digits(value / units[-1][0])} {units[-1][1]}"


def of_bytes(value):
    return with_unit(value, [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")])


def seconds(value):
    return "-" if value is None else with_unit(value, [(1, "s"), (1e-3, "ms"), (1e-6, "us")])


def row(program, path):
    command = [program, "inspect", str(path), "--json"] + [w for m in MACHINES for w in ("--hardware", m)]
    results = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def value(metric, **params):
        return next(r["value"] for r in results["rows"] if r["metric"] == metric
                    and all(r["params"].get(k) == v for k, v in params.items()) and (params or not r["params"]))

    experts = results["trace"]["experts"].split(" ")[0].replace(",", "")
    cells = [f"`{path.name}`", digits(value("model.parameters") / 1e9), digits(value("model.active") / 1e9)]
    cells[1:] = [c + " B" for c in cells[1:]]
    cells += [of_bytes(value("model.bytes")), of_bytes(value("model.widened_bytes", type="bf16")),
              of_bytes(2 * value("kv_cache.values"))]
    for machine in MACHINES:
        held = value("fit.residents", hardware=machine)
        streamed = value("fit.streamed", hardware=machine)
        cells.append("-" if held is None else "all" if streamed == 0 else f"{held:.0f} of {experts}")
        cells += [seconds(value("fit.decode", hardware=machine)), seconds(value("fit.prefill", hardware=machine))]
    return value("model.parameters"), "| " + " | ".join(cells) + " |\n"


def main():
    rows = [row(sys.argv[1], path) for path in (ROOT / "resources" / "models").glob("*.json")]
    head = "| config | parameters | a token uses | stored | in bf16 | cache a token | RTX 4090 holds | a token | 1,000 | H200 holds | a token | 1,000 |\n"
    table = head + "|" + "---|" * 12 + "\n" + "".join(text for _, text in sorted(rows))
    page = PAGE.read_text()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    PAGE.write_text(page[:begin] + table + page[end:])


if __name__ == "__main__":
    main()
