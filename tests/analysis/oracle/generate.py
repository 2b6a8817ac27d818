#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/analysis/*.json: the rows of the catalogue, by this restatement. README.md says how they are read.

generate.py [FAMILY ...]     families: see FAMILIES; default: all
"""
import sys
import time
from pathlib import Path

import consistency
import pairs
import predict
import rows as result
import trace as traces

DATA = Path(__file__).resolve().parents[2] / "data/analysis"


def thinned(rows, experts):
    """Of experts and matrix cells only some, so that the files stay small."""
    def kept(r):
        if "cell" in r:
            i, j = (int("".join(c for c in key if c.isdigit()) or 0) for key in r["cell"])
            return r["site"] in (None, 0, 2) and (61 * i + 7 * j) % 97 == 0
        return r["expert"] is None or r["site"] is None or r["expert"] in experts or r["metric"].endswith(".max")

    return [r for r in rows if kept(r)]


def consistency_rows(trace):
    return (consistency.srp(trace) + consistency.sch(trace) + consistency.sch_cover(trace)
            + consistency.sequence_cache(trace) + consistency.sequence_cache(trace, (2,), warm=False)
            + consistency.lifetime(trace) + consistency.distinct(trace, (16, 100)))


def pairs_rows(trace):
    return (pairs.coactivation(trace) + pairs.coactivation(trace, adjacent=True) + pairs.affinity(trace)
            + pairs.affinity(trace, 2) + pairs.mutual_information(trace) + pairs.mutual_information(trace, 2)
            + pairs.fan_out(trace, (4, 8)) + predict.predict(trace) + predict.predict(trace, n=12))


FAMILIES = {"consistency": consistency_rows, "pairs": pairs_rows}


def main():
    wanted = sys.argv[1:] or list(FAMILIES)
    DATA.mkdir(parents=True, exist_ok=True)
    inputs = {kind: traces.splitmix(kind) for kind in "UBM"}
    for family in wanted:
        for name, trace in inputs.items():
            start = time.process_time()
            rows = thinned(FAMILIES[family](trace), (0, 29))
            path = DATA / f"{name}_{family}.json"
            result.write(path, {"trace": name, "family": family}, rows)
            print(f"{path.name}: {len(rows)} rows, {path.stat().st_size // 1024} KiB, {time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
