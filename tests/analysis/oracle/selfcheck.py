#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the restatement against every golden value of metrics.md 9.1, to the printed digits; ends with 1 if one differs."""
import sys

import balance
import consistency
import divergence
import pairs
import probabilities
import series
import trace as traces

SRP = """
U - - .463212/1/3.317680 .320731/3/2.577481 .252257/9/3.249295 .229202/30/5.431770
U 0 - .463382/1/3.316092 .320644/3/2.575736 .252289/9/3.255603 .228964/30/5.429353
U 0 0 .472607/1/3.231850 .326472/3/2.681123 .261737/9/3.838672 .235878/31/5.871182
B - - .896876/2/1.108730 .633541/6/1.592524 .384018/13/2.075802 .278249/36/2.976107
M - - .604944/2/1.084694 .462382/4/1.906745 .322940/11/2.372695 .255711/33/3.689066
M 0 - .605179/2/1.091171 .462330/4/1.906910 .322959/11/2.372842 .255128/33/3.652359
M 0 0 .610185/2/1.088713 .470985/4/1.935115 .311929/10/3.028021 .247475/32/4.171530"""

SRP_CLOSED_FORM = """
1/4 .5649/2/1.05 .4520/4/2.38 .4091/14/3.04 .4005/52/3.87
1/5 .5126/2/0.90 .4001/4/2.01 .3491/12/3.24 .3351/43/4.58
1/8 .4640/1/3.31 .3214/3/2.58 .2526/9/3.26 .2294/30/5.40
3/32 .4472/1/3.47 .2810/3/1.97 .2103/7/4.20 .1825/24/5.67
1/15 .4331/1/3.62 .2414/2/4.34 .1714/6/3.80 .1402/18/6.64
1/16 .4310/1/3.64 .2374/2/4.23 .1646/6/3.36 .1336/18/5.40
1/64 .4076/1/3.91 .1605/2/1.62 .0855/3/5.05 .0529/7/6.98
1/128 .4038/1/3.95 .1243/1/15.10 .0627/3/1.78 .0368/5/6.65"""

# site, then SCH m=4, 16, 64, LRU, LFU, Belady; each at rho 0.5 1 2 4
CACHES = """
U 0 .173828 .336456 .454468 .637573 .124725 .243164 .432098 .716217 .097046 .189819 .354584 .629181 .064026 .124695 .251526 .503601 .060852 .124634 .250397 .502655 .200043 .350128 .541626 .772461
B 0 .453064 .891693 .909485 .942505 .395538 .808197 .918762 .949066 .321136 .537415 .758667 .966248 .446320 .891693 .909485 .942505 .187653 .279297 .437897 .705994 .452942 .891693 .936737 .971649
M 0 .276154 .494873 .731476 .872467 .216675 .417297 .718811 .903961 .162567 .306061 .528320 .820770 .137146 .313660 .578308 .855621 .098724 .181000 .331940 .602081 .306549 .526367 .760956 .916412
M - .315514 .526657 .732735 .872215 .239540 .439644 .734261 .904541 .166794 .302498 .521545 .815155 .157829 .314232 .582947 .854652 .091713 .173363 .324173 .590340 .363678 .564682 .775917 .921539"""

COVER = """
U 0 16 .270757 .465237 .625953
B 0 16 .560134 .919674 1.0
M 0 4 .577365 .859820 .997383
M 0 16 .421262 .686221 .853514
M 0 64 .277673 .479005 .639339
M - 16 .423762 .688335 .854733"""

# at layer 0: U B M; after the stroke, the level
OTHERS = """
balance.max_vio .136719 .375000 .154297
balance.cv .041690 .120715 .072082
balance.gini .022553 .066963 .041300
balance.entropy .999792 .998267 .999376
balance.max_vio_sequence .261719 .812500 .632812
aux_loss.switch/corpus 1.000946 1.007643 1.003617
aux_loss.hf/corpus 8.007567 8.061145 8.028932
aux_loss.switch/sequence 1.007133 1.063839 1.043371
router_entropy.mean 3.084450 3.083599 3.229051
top_k_mass .621426 .621547 .599646
repetition.first .013209 .878669 .092955
repetition.any .671477 .957192 .952055
repetition.overlap .122982 .891481 .312317
repetition.jaccard .069363 .885072 .195160
coactivation.max .166344 .283784 .181818
coactivation_adjacent.max .054167 .125000 .053678
coactivation_adjacent.mean_row_sum 1.749964 1.749255 1.749493
affinity.top1_row_max .060789 .178283 .066919
affinity.set_row_max .159668 .229946 .176881
affinity.rank_aligned_total 32768 32768 32768
affinity.rank_aligned_max 18 48 21
fan_out.gpus 3.660645 3.695312 3.645020
distinct.experts 56.562500 15.011719 29.578125"""

FAILED = []


def check(what, value, printed):
    """Equal to the printed number at its printed precision (half a unit, and a hair for the printed one's own rounding)."""
    digits = len(printed.partition(".")[2])
    ok = abs(value - float(printed)) <= 0.505 * 10.0**-digits
    if not ok:
        FAILED.append(what)
    print("ok  " if ok else "BAD ", what, f"{value:.9g}", printed)


def lines(table):
    return [line.split() for line in table.strip().splitlines()]


def find(rows, metric, site=None, expert=None, **more):
    for r in rows:
        if (r["metric"], r["site"]) == (metric, site) and (expert is None or r["expert"] == expert) and all(
                (r["params"] | (r["other"] or {})).get(k) == v for k, v in more.items()):
            if expert is not None or r["expert"] is None or metric.endswith(".max"):
                return r
    raise KeyError((metric, site, more))


def number(text):
    return None if text == "-" else int(text)


def main():
    T = {kind: traces.splitmix(kind) for kind in "UBM"}
    print("traces themselves")
    for kind, place, ids in (("U", (0, 0), "44 52 45 38 32 36 23 0"), ("U", (4095, 3), "52 59 42 49 20 25 56 10"),
                             ("B", (4095, 3), "28 24 9 37 49 62 42 61"), ("M", (0, 0), "23 37 32 19 39 46 56 24"),
                             ("M", (4095, 3), "42 59 33 56 63 37 10 52")):
        check(f"{kind}{place}", float(" ".join(map(str, T[kind].choices(place[1], place[0]))) == ids), "1")
    for e, printed in enumerate(("7.066486", "4.532493", "4.729518")):
        check(f"logit {e} (a float)", T["U"].logits[0][0][e], printed)

    for kind, site, expert, *cells in lines(SRP):
        T[kind].srp = getattr(T[kind], "srp", None) or consistency.srp(T[kind])
        for m, printed in zip((4, 16, 64, 256), cells):
            for name, p in zip(("value", "alpha", "rho_hat"), printed.split("/")):
                r = find(T[kind].srp, "srp." + name, number(site), number(expert), m=m)
                check(f"srp.{name} {kind} site {site} expert {expert} m={m}", r["value"], p)
    for a, *cells in lines(SRP_CLOSED_FORM):
        above, below = a.split("/")
        for m, printed in zip((4, 16, 64, 256), cells):
            for name, value, p in zip(("value", "alpha", "rho_hat"), consistency.srp_closed_form(m, int(above) / int(below)),
                                      printed.split("/")):
                check(f"uniform srp.{name} a={a} m={m}", value, p)

    for kind, site, *cells in lines(CACHES):
        if not hasattr(T[kind], "cached"):
            T[kind].cached = consistency.sch(T[kind]) + consistency.sequence_cache(T[kind])
        columns = [("sch.hit_rate", {"m": m}) for m in (4, 16, 64)] + [("sequence_cache." + p, {}) for p in ("lru", "lfu", "belady")]
        for i, (metric, params) in enumerate(columns):
            for rho, printed in zip((0.5, 1, 2, 4), cells[4 * i:]):
                r = find(T[kind].cached, metric, number(site), rho=rho, **params)
                check(f"{metric} {kind} site {site} {params} rho={rho}", r["value"], printed)
    for kind, site, m, *cells in lines(COVER):
        rows = consistency.sch_cover(T[kind])
        for rho, printed in zip((1, 2, 3), cells):
            check(f"sch_cover {kind} site {site} m={m} rho={rho}",
                  find(rows, "sch_cover.hit_rate", number(site), m=int(m), rho=rho)["value"], printed)

    rows = {k: balance.load(t) + balance.balance(t) + balance.repetition(t) + balance.sharpness(t) + pairs.coactivation(t)
            + pairs.coactivation(t, True) + pairs.affinity(t) + pairs.fan_out(t) + consistency.distinct(t)
            + probabilities.aux_loss(t) for k, t in T.items()}
    for metric, *cells in lines(OTHERS):
        metric, _, level = metric.partition("/")
        for kind, printed in zip("UBM", cells):
            r = find(rows[kind], metric, 0, **({"level": level} if level else {}))
            check(f"{metric} {level} {kind}", r["value"], printed)
    for kind, least, most, where, hops, co, adjacent in (
            ("U", 456, 582, 29, "2.252197", (27, 29), (33, 60)), ("B", 384, 704, 16, "2.234375", (59, 16), (12, 48)),
            ("M", 444, 591, 30, "2.241699", (26, 30), (17, 14))):
        c = balance.load_counts(T[kind], 0)
        for what, value, printed in (("min", c.min(), least), ("max", c.max(), most), ("argmax", c.argmax(), where)):
            check(f"counts {what} {kind}", float(value), str(printed))
        check(f"fan_out.top1_hops {kind}", find(rows[kind], "fan_out.top1_hops")["value"], hops)
        for name, (i, j) in (("coactivation", co), ("coactivation_adjacent", adjacent)):
            r = find(rows[kind], name + ".max", 0)
            check(f"{name}.max of {kind} is at {r['expert']},{r['other']['with']}",
                  float((r["expert"], r["other"]["with"]) == (i, str(j))), "1")
        r = find(rows[kind], "coactivation.mean_row_sum", 0)
        check(f"coactivation.mean_row_sum {kind}", r["value"], "7")

    for kind, one, ratio, mean in (("U", ".001693351", ".542861", ".486273"), ("B", ".010474529", ".510157", ".459620"),
                                   ("M", ".010968536", ".574154", ".482907")):
        first = divergence.divergence(T[kind].select([0, 1]), "language")
        check(f"divergence.jsd sequences 0, 1 {kind}", find(first, "divergence.jsd", 0)["value"], one)
        check(f"divergence.d_hjs sequences 0, 1 {kind}", find(first, "divergence.d_hjs", 0)["value"], ratio)
        every = divergence.divergence(T[kind], "language")
        check(f"divergence.d_hjs of four pairs {kind}", find(every, "divergence.d_hjs", 0)["value"], mean)
    for kind, top1, top8 in (("M", ".154236", ".432739"), ("B", ".018066", ".127174")):
        rows = series.series([T["U"], T[kind]], ["U", kind])
        check(f"saturation.top_1 U against {kind}", find(rows, "saturation.top_1")["value"], top1)
        check(f"saturation.top_k U against {kind}", find(rows, "saturation.top_k")["value"], top8)
    print(len(FAILED), "differ", *FAILED, sep="\n" if FAILED else " ")
    sys.exit(bool(FAILED))


if __name__ == "__main__":
    main()
