#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a directory of cross-training measurements into the table the fit needs.

usage: collect_cells.py PGO-ANALYZE DATASET > data/cells.csv

DATASET holds costs.csv (program,train,test,train_kind,test_kind,Ir,...,est_cycles; train "none" is the build without
PGO) and <program>/<train>.profdata, as cross_train.py makes them. For each measured pair the masses of `pgo-analyze
compare --format json` are written beside the measured gain and the share of it that the build kept:

  gain = cost(none) / cost(self) - 1        kept = (cost(none) - cost(train)) / (cost(none) - cost(self))

and the same with the cheapest build of all in the place of the self-trained one (gain_best, kept_best: a self-trained
build is not always the best), and with instructions as the cost in the place of estimated cycles (gain_ir, kept_ir).
A share of a gain that is none is left empty. The last columns say something of the reference alone: spread, its effective
number of counters per function (effective counters / effective functions), and dominant, the share of its mass in
each function's largest counter.
"""
import csv
import json
import os
import subprocess
import sys

MASSES = [
    "overlap_ratio", "jsd_bits", "missed_mass", "missed_counter_mass", "demoted_mass", "under_served_mass",
    "under_served_999_mass", "under_served_function_mass", "misweighted_mass", "flipped_mass", "shape_tv",
]


def compare(analyze, train, test):
    run = subprocess.run([analyze, "compare", "--format", "json", "--top", "1", train, test], capture_output=True,
                         text=True)
    if run.returncode not in (0, 1, 5):
        sys.exit(f"compare failed on {train} and {test}: {run.stderr}")
    tree = json.loads(run.stdout)
    missing = [key for key in MASSES if key not in tree]
    if missing:
        sys.exit(f"the report lacks {missing[0]}")
    skew = tree["test"]["skew"]
    spread = skew["effective_counters"] / skew["effective_functions"] if skew["effective_functions"] else 1
    return [tree[key] for key in MASSES] + [spread, skew["dominant_share"]]


def share(none, base, cost):
    """Gain of the base build, and how much of it this one kept."""
    return [f"{none / base - 1:.5f}", f"{(none - cost) / (none - base):.4f}" if none != base else ""]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    analyze, dataset = sys.argv[1:]
    with open(os.path.join(dataset, "costs.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    cost, best = {"est_cycles": {}, "Ir": {}}, {}
    for r in rows:
        for column in cost:
            cost[column][r["program"], r["train"], r["test"]] = float(r[column])
        at = r["program"], r["test"]
        best[at] = min(best.get(at, float("inf")), float(r["est_cycles"]))
    cycles, instructions = cost["est_cycles"], cost["Ir"]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow("program train test train_kind test_kind gain kept gain_best kept_best gain_ir kept_ir".split()
                 + MASSES + ["spread", "dominant"])
    for r in rows:
        at, own, none = ((r["program"], t, r["test"]) for t in (r["train"], r["test"], "none"))
        if r["train"] == "none" or own not in cycles or cycles[own] == cycles[none]:
            continue
        path = os.path.join(dataset, r["program"], "%s.profdata")
        masses = compare(analyze, path % r["train"], path % r["test"])
        out.writerow([r[k] for k in ("program", "train", "test", "train_kind", "test_kind")]
                     + share(cycles[none], cycles[own], cycles[at])
                     + share(cycles[none], best[r["program"], r["test"]], cycles[at])
                     + share(instructions[none], instructions[own], instructions[at]) + [f"{m:.5f}" for m in masses])


if __name__ == "__main__":
    main()
