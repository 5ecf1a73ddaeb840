#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate says of each training set of a cross-training dataset, beside what its builds really kept.

usage: gate_table.py PGO-ANALYZE DATASET

For each program and training set: the verdict over all real tests (fail if one fails, else inconclusive if one is), and
the mean share of the gain kept over real tests where PGO gains at least 5 %. Prints a Markdown table.
"""
import csv
import os
import subprocess
import sys

WORDS = {0: "pass", 1: "fail", 5: "inconclusive"}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    analyze, dataset = sys.argv[1:]
    with open(os.path.join(dataset, "costs.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    cost = {(r["program"], r["train"], r["test"]): float(r["est_cycles"]) for r in rows}
    programs = list(dict.fromkeys(r["program"] for r in rows))
    sets = ["ALLREAL", "REALEQ", "ALL", "SKEW_90", "SKEWB_90", "SKEW_99", "SKEWB_99", "MICRO", "m_*"]
    print("| trained on | " + " | ".join(programs) + " |\n|---" * 1 + "|---" * len(programs) + "|")
    for name in sets:
        cells = []
        for program in programs:
            trains = sorted({r["train"] for r in rows if r["program"] == program and
                             (r["train"] == name or (name == "m_*" and r["train"].startswith("m_")))})
            outcomes, kept = [], []
            for train in trains:
                codes = []
                for r in rows:
                    if r["program"] != program or r["train"] != train or r["test_kind"] != "real":
                        continue
                    path = os.path.join(dataset, program, "%s.profdata")
                    run = subprocess.run([analyze, "compare", "--format", "json", "-o", "/dev/null", path % train,
                                          path % r["test"]], stdout=subprocess.DEVNULL)
                    codes.append(run.returncode)
                    none, own = (cost[program, t, r["test"]] for t in ("none", r["test"]))
                    if none / own - 1 >= 0.05:
                        kept.append((none - cost[program, train, r["test"]]) / (none - own))
                outcomes.append("fail" if 1 in codes else "inconclusive" if 5 in codes else "pass")
            words = "/".join(dict.fromkeys(outcomes))
            cells.append(words + (f" ({sum(kept) / len(kept):.2f})" if kept else ""))
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
