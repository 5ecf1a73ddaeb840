#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a directory of cross-training measurements into the table the fit needs.

usage: collect_cells.py PGO-ANALYZE DATASET > data/cells.csv

DATASET holds costs.csv (program,train,test,train_kind,test_kind,...,est_cycles; train "none" is the build without PGO)
and <program>/<train>.profdata. For each measured pair the masses of `pgo-analyze compare --format json` are written
beside the measured gain and the share of it that the build kept:

  gain = cost(none) / cost(self) - 1        kept = (cost(none) - cost(train)) / (cost(none) - cost(self))
"""
import csv
import json
import os
import subprocess
import sys

MASSES = [
    "overlap_ratio", "jsd_bits", "missed_mass", "demoted_mass", "under_served_mass", "under_served_999_mass",
    "under_served_function_mass", "misweighted_mass", "shape_tv",
]


def find(tree, key):
    """The number called `key`, wherever the report nests it, outside the list of functions."""
    if isinstance(tree, dict):
        if isinstance(tree.get(key), (int, float)):
            return tree[key]
        for name, child in tree.items():
            if name != "functions":
                found = find(child, key)
                if found is not None:
                    return found
    return None


def compare(analyze, train, test):
    run = subprocess.run([analyze, "compare", "--format", "json", train, test], capture_output=True, text=True)
    if run.returncode not in (0, 1, 5):
        sys.exit(f"compare failed on {train} and {test}: {run.stderr}")
    tree = json.loads(run.stdout)
    values = [find(tree, key) for key in MASSES]
    if None in values:
        sys.exit(f"the report lacks {MASSES[values.index(None)]}")
    return tree["verdict"], values


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    analyze, dataset = sys.argv[1:]
    with open(os.path.join(dataset, "costs.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    cost = {(r["program"], r["train"], r["test"]): float(r["est_cycles"]) for r in rows}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["program", "train", "test", "train_kind", "test_kind", "gain", "kept"] + MASSES)
    for r in rows:
        program, train, test = r["program"], r["train"], r["test"]
        none, own = cost[program, "none", test], cost.get((program, test, test))
        if train == "none" or own is None or own == none:
            continue
        path = os.path.join(dataset, program, "%s.profdata")
        _, masses = compare(analyze, path % train, path % test)
        kept = (none - cost[program, train, test]) / (none - own)
        out.writerow([program, train, test, r["train_kind"], r["test_kind"], f"{none / own - 1:.5f}", f"{kept:.4f}"]
                     + [f"{m:.5f}" for m in masses])


if __name__ == "__main__":
    main()
