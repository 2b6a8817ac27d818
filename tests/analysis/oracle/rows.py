# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of results, as `expertscope analyze --json` has them; what is null there is left out here."""
import json
import math


def row(metric, value, n, /, site=None, expert=None, label=None, other=None, uniform=None, **params):
    """`value` None or a text: undefined, for that reason."""
    r = {"metric": metric, "params": params, "site": site, "expert": expert, "label": label, "other": other}
    if value is None or isinstance(value, str):
        r |= {"value": None, "undefined": value or "undefined"}
    else:
        r["value"] = float(value)
    return r | {"n": int(n), "uniform": None if uniform is None else float(uniform)}


def cell(metric, value, keys, /, site=None, other=None, **params):
    """One element of a matrix; keys: its place on each axis."""
    r = row(metric, value, 0, site, None, None, other, **params)
    return r | {"n": None, "cell": [str(key) for key in keys]}


OF_ONE_SITE = ("to_site", "with", "experts")  # what `other` says of a row that means nothing for the mean


def with_site_means(rows):
    """`rows`, and behind them the plain mean over sites of each per-site row where it is defined."""
    groups = {}
    for r in rows:
        if r["site"] is not None and "cell" not in r:
            other = {k: v for k, v in (r["other"] or {}).items() if k not in OF_ONE_SITE} or None
            key = json.dumps([r["metric"], r["params"], r["label"], other])
            groups.setdefault(key, (other, []))[1].append(r)
    means = []
    for other, same in groups.values():
        defined = [r for r in same if r["value"] is not None]
        value, uniform = "undefined at every site", [r["uniform"] for r in defined]
        if defined:
            value = math.fsum(r["value"] for r in defined) / len(defined)
        chance = math.fsum(uniform) / len(uniform) if uniform and None not in uniform else None
        means.append(row(same[0]["metric"], value, sum(r["n"] for r in defined), label=same[0]["label"], other=other,
                         uniform=chance, **same[0]["params"], sites=len(defined)))
        if any("slack" in r for r in defined):
            means[-1]["slack"] = sum(r.get("slack", 0) for r in defined) / len(defined)
    return rows + means


def labelled(rows, label, value):
    for r in rows:
        r["label"] = {label: value}
    return rows


def write(path, header, rows):
    """One row a line; numbers with 12 significant digits."""
    def short(x):
        if isinstance(x, float):
            return int(x) if x == int(x) and abs(x) < 2**53 else float(f"{x:.12g}")
        return x

    with open(path, "w", encoding="utf-8") as f:
        f.write(json.dumps(header, ensure_ascii=False, separators=(",", ":"))[:-1] + ',"rows":[\n')
        lines = []
        for r in rows:
            kept = {k: v for k, v in r.items() if v is not None or k == "value"}
            kept["params"] = {k: short(v) if not isinstance(v, str) else v for k, v in kept["params"].items()}
            for k in ("value", "uniform", "slack"):
                if kept.get(k) is not None:
                    kept[k] = short(kept[k])
            lines.append(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
        f.write(",\n".join(lines) + "\n]}\n")
