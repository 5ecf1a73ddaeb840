#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Survival of real workloads beside a micro-benchmark of 90 and of 99 % of the mass, and what the default limits of
concentration say of single workloads: the figures of docs/method.md, section 7.

usage: dominance_table.py PGO-ANALYZE DATASET     (DATASET/PROGRAM/{r,s,m}_*.profdata)
"""
import csv
import io
import subprocess
import sys
from pathlib import Path


def run(*arguments):
    out = subprocess.run(arguments, capture_output=True, text=True)
    if out.returncode not in (0, 1, 5):
        sys.exit(out.stderr)
    return out.returncode, list(csv.DictReader(io.StringIO(out.stdout)))


def main(analyze, dataset):
    beyond, all_of = {}, {}
    print("program,micro,share,least_survival,drowned")
    for program in sorted(p for p in Path(dataset).iterdir() if p.is_dir()):
        real = sorted(program.glob("r_*.profdata"))
        for micro in sorted(program.glob("m_*.profdata")):
            for times in (9, 99):
                shares = ",".join(["1"] * len(real) + [str(times * len(real))])
                _, rows = run(analyze, "skew", "--merged", "--format", "csv", "--shares", shares, *real, micro)
                least = min(float(row["hot_survival"]) for row in rows[:-1])
                print(f"{program.name},{micro.stem},{times / (times + 1):.2f},{least:.3f},{float(rows[-1]['drowned']):.3f}")
        for profile in sorted(program.glob("[rsm]_*.profdata")):
            code, _ = run(analyze, "skew", "--format", "csv", profile)
            kind = profile.name[0]
            all_of[kind] = all_of.get(kind, 0) + 1
            beyond[kind] = beyond.get(kind, 0) + (code != 0)
    for kind, name in (("r", "real"), ("s", "synthetic"), ("m", "micro")):
        print(f"# {name}: {beyond[kind]} of {all_of[kind]} beyond a default limit")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
