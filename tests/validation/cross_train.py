#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-train one program: build it with the profile of every training set, measure every build on every workload.

usage: cross_train.py [--prefix "CMD ..."] DESCRIPTION.json SOURCE OUT

SOURCE is the program's unpacked source; it is copied, never written to. OUT gets <program>/<train>.profdata and
costs.csv (rows of other programs in it are kept), which collect_cells.py, fit_retained.py and gate_table.py read.
Builds are IR PGO (instrumentation after early optimisation), -O2, static, lld, no LTO. The cost is what valgrind's
cachegrind counts, with the caches stated below, so that the same binary costs the same on any machine:

  est_cycles = Ir + 10 (I1 + D1 misses) + 100 (last-level misses) + 15 (mispredicted branches)

--prefix goes before compiler and valgrind commands (nice, flock, taskset ...).

A description has: program, source (where it comes from), prepare (shell, run once in the copy with $DESCRIPTION set to
the description's directory: configuration headers, inputs), sources (globs), flags, libs, and workloads: name to
{"args": [...], "stdin": file}, all in the copy. Names begin with r_ (recorded real use), s_ (synthetic, realistic) or
m_ (micro-benchmark). The training sets follow from the workloads:

  each workload                               ALLREAL  all real ones, summed         ALL  all, summed
  REALEQ   real ones at equal mass            MICRO    all micro-benchmarks, summed
  LOO_<w>  real and synthetic ones but w, at equal mass
  SKEW_90, SKEW_99                            real ones with 90, 99 % of the mass from the first micro-benchmark
  SKEWB_90, SKEWB_99                          the same with the second
  HALF_1, HALF_2                              the first and the second half of the real and synthetic ones, summed

Needs clang, llvm-profdata, lld and valgrind; CLANG and LLVM_PROFDATA name others than clang-22 and llvm-profdata-22.
"""
import argparse
import csv
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

CLANG = os.environ.get("CLANG", "clang-22")
PROFDATA = os.environ.get("LLVM_PROFDATA", "llvm-profdata-22")
CACHES = ["--I1=32768,8,64", "--D1=49152,12,64", "--LL=8388608,16,64"]
KINDS = {"r": "real", "s": "synthetic", "m": "micro"}
HEADER = "program,train,test,train_kind,test_kind,Ir,I1mr,D1m,LLm,Bcm,Bim,est_cycles".split(",")
WEIGHT_UNIT = 1000  # the heaviest profile of a weighted merge counts this often, the lighter ones more


def run(argv, **how):
    done = subprocess.run(argv, capture_output=True, **how)
    if done.returncode:
        sys.exit(f"failed ({done.returncode}): {shlex.join(argv)}\n{done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout.decode(errors="replace")


class Program:
    def __init__(self, description, source, out, prefix):
        with open(description) as f:
            self.about = json.load(f)
        self.name, self.workloads = self.about["program"], self.about["workloads"]
        self.prefix = prefix
        self.profiles = os.path.join(out, self.name)
        self.work = os.path.join(out, "work-" + self.name)
        self.tree = os.path.join(self.work, "src")
        os.makedirs(self.profiles, exist_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(source, self.tree, symlinks=True)
        here = os.path.dirname(os.path.abspath(description))
        run(["sh", "-ec", self.about.get("prepare", ":")], cwd=self.tree,
            env={**os.environ, "CC": CLANG, "DESCRIPTION": here})
        self.sources = [s for p in self.about["sources"] for s in sorted(glob.glob(p, root_dir=self.tree))]

    def build(self, name, flags):
        binary = os.path.join(self.work, name)
        run(self.prefix + [CLANG, "-O2", "-w", "-static", "-fuse-ld=lld", *flags, *self.about.get("flags", []),
                           *self.sources, "-o", binary, *self.about.get("libs", [])], cwd=self.tree)
        return binary

    def execute(self, argv, workload, env):
        """Run it in a bare environment: the size of the real one would move the stack."""
        w = self.workloads[workload]
        with open(os.path.join(self.tree, w["stdin"]) if "stdin" in w else os.devnull, "rb") as feed:
            done = subprocess.run(argv + w["args"], cwd=self.tree, stdin=feed, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"], "LC_ALL": "C", **env})
        if done.returncode not in w.get("exit", [0]):
            said = done.stderr.decode(errors="replace")[-1000:]
            sys.exit(f"workload '{workload}' failed ({done.returncode}): {said}")

    def path(self, train):
        return os.path.join(self.profiles, train + ".profdata")

    def mass(self, train):
        shown = run([PROFDATA, "show", "--detailed-summary", self.path(train)])
        return int(re.search(r"Total count: (\d+)", shown).group(1))

    def merge(self, train, parts):
        """parts: workload to the mass it gets, 0 standing for its own."""
        factors = {w: (m / self.mass(w) if m else 1) for w, m in parts.items()}
        unit = WEIGHT_UNIT / min(factors.values()) if any(parts.values()) else 1
        run([PROFDATA, "merge", "-o", self.path(train)]
            + [f"-weighted-input={max(1, round(f * unit))},{self.path(w)}" for w, f in factors.items()])

    def record(self):
        binary = self.build("instrumented", ["-fprofile-generate"])
        for w in self.workloads:
            raw = os.path.join(self.work, w + ".profraw")
            self.execute([binary], w, {"LLVM_PROFILE_FILE": raw})
            run([PROFDATA, "merge", "-o", self.path(w), raw])

    def training_sets(self):
        """Name to (kind, parts) for merges, parts None for single workloads."""
        of = {k: [w for w in self.workloads if w[0] == k] for k in KINDS}
        use = of["r"] + of["s"]
        sets = {w: (KINDS[w[0]], None) for w in self.workloads}
        sets["ALLREAL"] = ("merged", dict.fromkeys(of["r"], 0))
        sets["ALL"] = ("merged", dict.fromkeys(self.workloads, 0))
        sets["REALEQ"] = ("real_equal", dict.fromkeys(of["r"], 1))
        sets["MICRO"] = ("micro_merged", dict.fromkeys(of["m"], 0))
        for w in use:
            sets["LOO_" + w] = ("loo", dict.fromkeys([x for x in use if x != w], 1))
        real = sum(self.mass(w) for w in of["r"])
        for letter, micro in zip(("", "B"), of["m"]):
            for percent in (90, 99):
                parts = {w: self.mass(w) for w in of["r"]}
                parts[micro] = real * percent / (100 - percent)
                sets[f"SKEW{letter}_{percent}"] = (f"skew{percent}", parts)
        for k in (1, 2):
            sets[f"HALF_{k}"] = ("half", dict.fromkeys(use[k - 1::2], 0))
        return sets

    def measured_on(self, train, kind):
        """Merges are measured on real and synthetic workloads, a leave-one-out merge on the one it left out."""
        if kind == "loo":
            return [train[4:]]
        if train == "none" or kind in KINDS.values():
            return list(self.workloads)
        return [w for w in self.workloads if w[0] != "m"]

    def cost(self, binary, workload):
        out = os.path.join(self.work, "cachegrind.out")
        self.execute(self.prefix + ["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--branch-sim=yes", *CACHES,
                                    "--cachegrind-out-file=" + out, binary], workload, {})
        with open(out) as f:
            text = f.read()
        os.unlink(out)
        names = re.search(r"^events: (.*)$", text, re.M).group(1).split()
        n = dict(zip(names, map(int, re.search(r"^summary: (.*)$", text, re.M).group(1).split())))
        row = [n["Ir"], n["I1mr"], n["D1mr"] + n["D1mw"], n["ILmr"] + n["DLmr"] + n["DLmw"], n["Bcm"], n["Bim"]]
        return row + [row[0] + 10 * (row[1] + row[2]) + 100 * row[3] + 15 * (row[4] + row[5])]


def main():
    args = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].replace("%", "%%"))
    args.add_argument("--prefix", default="")
    args.add_argument("description")
    args.add_argument("source")
    args.add_argument("out")
    given = args.parse_args()
    given.out = os.path.abspath(given.out)
    program = Program(given.description, given.source, given.out, shlex.split(given.prefix))
    program.record()
    sets = program.training_sets()
    for train, (_, parts) in sets.items():
        if parts:
            program.merge(train, parts)
    rows = []
    for train in ["none", *sets]:
        kind = "none" if train == "none" else sets[train][0]
        binary = program.build("binary", [] if train == "none" else ["-fprofile-use=" + program.path(train)])
        for w in program.measured_on(train, kind):
            rows.append([program.name, train, w, kind, KINDS[w[0]], *program.cost(binary, w)])
        print(program.name, train, file=sys.stderr)
    table = os.path.join(given.out, "costs.csv")
    if os.path.exists(table):
        with open(table, newline="") as f:
            rows = [r for r in list(csv.reader(f))[1:] if r[0] != program.name] + rows
    with open(table, "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([HEADER, *rows])
    shutil.rmtree(program.work)


if __name__ == "__main__":
    main()
