#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/analysis/*.json: the rows of the catalogue, by this restatement. README.md says how they are read.

generate.py [FAMILY ...]     families: see FAMILIES; default: all
"""
import sys
import time
from pathlib import Path

import balance
import consistency
import divergence
import importance
import locality
import pairs
import paths
import predict
import probabilities
import rows as result
import series
import specialisation
import texts
import trace as traces

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests/data/analysis"


def thinned(rows, experts):
    """Of experts and matrix cells only some, so that the files stay small."""
    def kept(r):
        if "cell" in r:
            keys = [int(key) for key in r["cell"]]
            return len(keys) == 1 or (r["site"] in (None, 0, 2) and (61 * keys[0] + 7 * keys[1]) % 97 == 0)
        extreme = r["metric"].rsplit(".")[-1] in ("max", "max_share", "min_share")
        return r["expert"] is None or r["site"] is None or r["expert"] in experts or extreme

    return [r for r in rows if kept(r)]


def consistency_rows(trace, label):
    return (consistency.srp(trace) + consistency.sch(trace) + consistency.sch_cover(trace)
            + consistency.sequence_cache(trace) + consistency.sequence_cache(trace, (2,), warm=False)
            + consistency.lifetime(trace) + consistency.distinct(trace, (16, 100)) + locality.locality(trace) + locality.hot_set(trace))


def pairs_rows(trace, label):
    return (pairs.coactivation(trace) + pairs.coactivation(trace, adjacent=True) + pairs.affinity(trace)
            + pairs.affinity(trace, 2) + pairs.flow(trace) + pairs.flow(trace, 2)
            + (pairs.flow_weights(trace) + pairs.flow_weights(trace, 2) if trace.weights else []) + pairs.mutual_information(trace) + pairs.mutual_information(trace, 2)
            + paths.path(trace) + paths.path(trace, (3,), 1, (5,))
            + pairs.fan_out(trace, (4, 8)) + predict.predict(trace) + predict.predict(trace, n=16))


def specialisation_rows(trace, label):
    last = trace.values[label][-1]
    out = specialisation.specialisation(trace, label) + specialisation.domain_cv(trace, label)
    for ids in ("input", "next"):
        for n_min, top in ((20, 1), (5, 0)):
            out += specialisation.vocabulary(trace, ids, n_min, top)
    return (out + specialisation.spread(trace, 6) + specialisation.spread(trace, 30)
            + specialisation.risk_difference(trace, label, tau=0.05) + specialisation.risk_difference(trace, label, last)
            + paths.cofire(trace, label) + paths.cofire(trace, label, 1.2, 3, 0.75) + texts.lexical(trace) + texts.lexical(trace, 40)
            + texts.signature(trace, label) + texts.signature(trace, label, 5) + texts.batched_difference(trace, label)
            + texts.batched_difference(trace, label, 2, 0.02)
            + texts.stability(trace, label, 4, 60, 0.8, ("risk_difference", "share")))


def importance_rows(trace, label):
    return (importance.esft(trace) + importance.committee(trace, label) + importance.uoe(trace)
            + importance.mc_smoe(trace) + importance.mc_smoe(trace, 5)
            + importance.experts_per_token(trace) + importance.experts_per_token(trace, 30))


def balance_rows(trace, label):
    return (balance.load(trace) + balance.balance(trace) + balance.repetition(trace) + balance.sharpness(trace)
            + [r for r in balance.balance(trace, 3) if r["metric"] == "balance.max_vio_batch"])


def probabilities_rows(trace, label):
    return (probabilities.aux_loss(trace) + probabilities.z_loss(trace) + probabilities.effective_k(trace)
            + probabilities.drop(trace))


def divergence_rows(trace, label):
    return divergence.divergence(trace, "language") + divergence.divergence(trace, "language", from_ids=True)


def series_rows(every, names):
    out = series.series(every, names) + series.mismatch(every, names)
    return out + (series.replay(every, names) if every[-1].logits else [])


FAMILIES = {"consistency": consistency_rows, "pairs": pairs_rows, "specialisation": specialisation_rows,
            "importance": importance_rows, "balance": balance_rows, "probabilities": probabilities_rows,
            "divergence": divergence_rows}
OF_ONE_VALUE = ("consistency", "pairs", "balance", "probabilities")  # also by --by domain, of the demo's code alone


def write(name, family, header, rows, start):
    path = DATA / f"{name}_{family}.json"
    result.write(path, {"trace": name, "family": family} | header, rows)
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size // 1024} KiB, {time.process_time() - start:.0f} s")


def main():
    wanted = sys.argv[1:] or [*FAMILIES, "series"]
    splitmix = {kind: traces.splitmix(kind) for kind in "UBM"}
    inputs = {kind: (trace, "domain") for kind, trace in splitmix.items()}
    for name in ("demo_slice", "ragged"):
        inputs[name] = (traces.load(DATA / f"{name}.h5"), "language")
    for family in wanted:
        for name, (trace, label) in inputs.items() if family != "series" else ():
            start = time.process_time()
            rows = thinned(FAMILIES[family](trace, label), (0, 29) if name != "ragged" else (0, 3, 13))
            if name == "ragged":  # what chance gives there depends on which slots are empty
                rows = [r | {"uniform": None} for r in rows]
            if name == "demo_slice" and family in OF_ONE_VALUE:  # but predictors, which learn from all values
                code = FAMILIES[family](trace.of_label("domain", "code"), label)
                rows += result.labelled(thinned([r for r in code if r["site"] in (None, 1) and not r["metric"].startswith("predict")], ()), "domain", "code")
            write(name, family, {"by": label}, rows, start)
    if "series" in wanted:
        start = time.process_time()
        write("UBM", "series", {}, series_rows(list(splitmix.values()), list(splitmix)), start)
        files = sorted((ROOT / "resources/demo/formation").glob("*.h5"))
        write("formation", "series", {}, series_rows([traces.load(f) for f in files], [f.stem for f in files]), start)


if __name__ == "__main__":
    main()
