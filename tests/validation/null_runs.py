#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""False alarms and power of what `pgo-analyze compare` says of several runs on a side, by simulation.

Runs of one program are drawn from a population: 60 functions with log-normal masses, of which each run takes its own log-normal
multiple, or does not run them at all; counters inside drawn anew around a common shape. Under the null both sides are drawn from it. For power
every test run spends a share of its mass in one function that others hardly run.

usage: null_runs.py [--runs N] [--seed S]     (needs python3-numpy, BUILD or ./build with pgo-analyze)
"""
import argparse
import json
import os
import subprocess
import tempfile

import numpy as np

FUNCTIONS = 60


class Program:
    def __init__(self, rng):
        self.rng = rng
        self.mass = rng.normal(0, 2, FUNCTIONS)
        self.shape = [rng.dirichlet(np.ones(1 + f % 5)) for f in range(FUNCTIONS)]

    def draw(self, skew):
        share = np.exp(self.mass + self.rng.normal(0, 0.7, FUNCTIONS)) * (self.rng.random(FUNCTIONS) < 0.9)
        share[0] = np.exp(-3)
        share /= share.sum()
        share *= 1 - skew
        share[0] += skew
        total = 10 ** self.rng.uniform(5, 8)
        return [self.rng.poisson(total * s * self.rng.dirichlet(20 * shape + 1e-3))
                for s, shape in zip(share, self.shape)]


def write(path, counters):
    with open(path, "w") as out:
        out.write(":ir\n")
        for f, c in enumerate(counters):
            out.write("f%02d\n%d\n%d\n%s\n\n" % (f, f + 1, len(c), "\n".join(map(str, c))))


def compare(folder, program, rng, train, test, skew):
    state = Program(rng)
    names = {}
    for side, count, s in (("train", train, 0.0), ("test", test, skew)):
        names[side] = []
        for i in range(count):
            names[side].append(os.path.join(folder, "%s%d.proftext" % (side, i)))
            write(names[side][-1], state.draw(s))
    argv = [program, "compare", "--report-only", "--format", "json", "--top", "1", "--train", *names["train"], "--test", *names["test"]]
    return json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)["runs"]


def rate(p, level):
    share = np.mean(np.array(p) <= level + 1e-12)
    return "%.3f (+- %.3f)" % (share, 1.96 * np.sqrt(share * (1 - share) / len(p)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    build = os.environ.get("BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
    program = os.path.join(build, "bin", "pgo-analyze")
    rng = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        null = [compare(folder, program, rng, 5, 5, 0) for _ in range(arguments.runs)]
        energy = [r["energy"]["p_value"] for r in null]
        print("null, 5 + 5 runs, %d times:" % len(null))
        for level in (0.01, 0.05, 0.1, 0.2, 0.5):
            print("  energy p <= %-4g in %s" % (level, rate(energy, level)))
        print("  a function flagged in %s" % rate([0 if r["functions"]["flagged"] else 1 for r in null], 0))
        ranks = []
        trains = []
        for _ in range(arguments.runs):
            r = compare(folder, program, rng, 19, 1, 0)
            ranks.append(r["conformal"]["tests"][0]["p_value"])
            r = compare(folder, program, rng, 1, 19, 0)
            trains.append(r["conformal"]["train"]["p_value"])
        print("null, 19 references, %d times:" % len(ranks))
        for level in (0.05, 0.1, 0.2, 0.5):
            print("  test among training p <= %-4g in %s, training among tests in %s" % (level, rate(ranks, level), rate(trains, level)))
        print("power at p <= 0.05, %d times each:" % (arguments.runs // 10))
        for skew in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
            rows = [compare(folder, program, rng, 5, 5, skew) for _ in range(arguments.runs // 10)]
            one = [compare(folder, program, rng, 19, 1, skew)["conformal"]["tests"][0]["p_value"]
                   for _ in range(arguments.runs // 10)]
            print("  %3.0f %% in one function: energy of 5 + 5 %s, rank among 19 %s, functions flagged in the mean %.1f"
                  % (100 * skew, rate([r["energy"]["p_value"] for r in rows], 0.05), rate(one, 0.05),
                     np.mean([r["functions"]["flagged"] for r in rows])))


main()
