#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worked example of docs/method.md from the definitions alone, by fractions and logarithms: tests/cli/analyze_worked.sh
holds `pgo-analyze compare` to what this prints.

usage: worked_example.py
"""
from fractions import Fraction as F
from math import erfc, exp, log, log2, sqrt

TRAIN = {"f": [9900, 60], "g": [39, 1], "h": [0]}
TEST = {"f": [1000, 6000], "g": [2000, 980], "h": [20]}
cells = [(f, c) for f in TRAIN for c in range(len(TRAIN[f]))]
A = sum(map(sum, TRAIN.values()))
B = sum(map(sum, TEST.values()))
p = {k: F(TRAIN[k[0]][k[1]], A) for k in cells}
q = {k: F(TEST[k[0]][k[1]], B) for k in cells}
pf = {f: F(sum(TRAIN[f]), A) for f in TRAIN}
qf = {f: F(sum(TEST[f]), B) for f in TEST}


def show(name, value):
    print("%s %.9g" % (name, float(value)))


def threshold(profile, cutoff):
    counters = sorted((c for f in profile.values() for c in f), reverse=True)
    wanted, taken = sum(counters) * cutoff // 1000000, 0
    for c in counters:
        taken += c
        if taken >= wanted:
            return c


def klass(profile, f, c):
    if not any(profile[f]):
        return "never"
    value = profile[f][c]
    return "hot" if value >= threshold(profile, 990000) else "cold" if value <= threshold(profile, 999999) else "warm"


def d(a, b):
    """Contribution of a cell to the JSD, in bits."""
    return sum(float(x) * log2(x / ((a + b) / 2)) for x in (a, b) if x) / 2


for cutoff in (990000, 999000, 999999):
    print("thresholds %d %d %d" % (cutoff, threshold(TRAIN, cutoff), threshold(TEST, cutoff)))
show("overlap_ratio", sum(min(p[k], q[k]) for k in cells))
show("total_variation", sum(abs(p[k] - q[k]) for k in cells) / 2)
show("hellinger", sqrt(1 - sum(sqrt(p[k] * q[k]) for k in cells)))
show("jsd_bits", sum(d(p[k], q[k]) for k in cells))
between = sum(d(pf[f], qf[f]) for f in TRAIN)
show("jsd_between_bits", between)
show("jsd_within_bits", sum(d(p[k], q[k]) for k in cells) - between)
for f in TRAIN:
    show("jsd_contribution_bits " + f, sum(d(p[k], q[k]) for k in cells if k[0] == f))
table = {}
for k in cells:
    where = klass(TRAIN, *k), klass(TEST, *k)
    table[where] = table.get(where, 0) + q[k]
for where, mass in table.items():
    show("table %s %s" % where, mass)
hot999 = threshold(TRAIN, 999000)
u1 = sum(m for (a, _), m in table.items() if a != "hot")
u2 = sum(q[k] for k in cells if TRAIN[k[0]][k[1]] < hot999)
tv = {f: sum(abs(p[k] / pf[f] - q[k] / qf[f]) for k in cells if k[0] == f) / 2 for f in TRAIN if pf[f] and qf[f]}
shape = sum(qf[f] * tv.get(f, 1) for f in TRAIN)
largest = sum(F(max(TEST[f]), B) for f in TEST)
show("missed_mass", sum(qf[f] for f in TRAIN if not pf[f]))
show("demoted_mass", sum(m for (a, b), m in table.items() if b == "hot" and a in ("cold", "never")))
show("under_served_mass", u1)
show("under_served_999_mass", u2)
show("misweighted_mass", sum(q[k] for k in cells if not pf[k[0]] or q[k] / qf[k[0]] >= 8 * p[k] / pf[k[0]]))
show("flipped_mass", sum(qf[f] for f in TRAIN if pf[f] and TRAIN[f].index(max(TRAIN[f])) != TEST[f].index(max(TEST[f]))))
show("wasted_heat", sum(p[k] for k in cells if klass(TRAIN, *k) == "hot" and klass(TEST, *k) in ("cold", "never")))
for f in tv:
    show("shape_tv " + f, tv[f])
show("shape_tv", shape)
show("dominant_share", largest)
show("estimate", 1 - 0.232 * (1 + 2 * float(largest)) * (float(u1) + sqrt(u2) + sqrt(shape)))
N = 1000 * sum(1 for f in TRAIN if pf[f] or qf[f])
for f in TRAIN:
    tested = [(p[k], q[k]) for k in cells if k[0] == f] + [(1 - pf[f], 1 - qf[f])]
    tested = [t for t in tested if sum(t)]
    df = len(tested) - 1
    g = 4 * N * log(2) * sum(d(*t) for t in tested)
    g /= 1 + 3 * (sum(float(2 / sum(t)) for t in tested) - 1) / (12 * N * df)
    # the upper tail of chi squared with 1 and 2 degrees of freedom
    show("p_value %s (G = %.2f, df = %d)" % (f, g, df), erfc(sqrt(g / 2)) if df == 1 else exp(-g / 2))
