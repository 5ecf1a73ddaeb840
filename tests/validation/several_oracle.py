#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Independent values for tests/unit/metrics/test_{weights,dominance,sufficiency}.c: definitions written out, exhaustive
enumeration, and scipy's optimiser, on the profiles these tests make by hand.

usage: several_oracle.py     (needs python3-scipy)
"""
from itertools import combinations

import numpy as np
from scipy import optimize
from scipy.spatial import distance

# four workloads and a reference; functions of one to three counters
FUNCTIONS = ["a", "b", "c", "d", "e", "g"]
WORKLOADS = [
    {"a": [900, 90, 10], "b": [500, 0], "c": [300]},
    {"a": [10, 20, 30], "c": [700], "d": [5000, 40]},
    {"b": [40, 60], "d": [10, 0], "e": [100000, 200, 3]},
    {"a": [1, 1, 1], "c": [50], "g": [800, 8]},
]
REFERENCE = {"a": [400, 50, 20], "b": [10, 5], "c": [600], "d": [2000, 10], "g": [300, 1]}
WIDTH = {"a": 3, "b": 2, "c": 1, "d": 2, "e": 3, "g": 2}


def vector(profile):
    v = np.concatenate([np.array(profile.get(f, [0] * WIDTH[f]), float) for f in FUNCTIONS])
    return v / v.sum()


P = np.array([vector(w) for w in WORKLOADS])
Q = vector(REFERENCE)
N = len(WORKLOADS)


def cutoff(values, share):
    """Smallest of the largest values that make up the share."""
    total = 0.0
    for v in sorted(values, reverse=True):
        total += v
        if total >= share * sum(values) - 1e-12:
            return v


def hot_sets():
    return [P[i] >= cutoff(P[i], 0.99) for i in range(N)]


def survival(shares):
    merged = np.array(shares) @ P
    hot = merged >= cutoff(merged, 0.99)
    return [P[i][h & hot].sum() / P[i][h].sum() for i, h in enumerate(hot_sets())]


def classes(values):
    hot, cold = cutoff(values, 0.99), cutoff(values, 0.999999)
    return np.where(values >= hot, 0, np.where(values <= cold, 2, 1))


def match():
    def objective(w):
        return distance.jensenshannon(w @ P, Q, 2) ** 2

    best = min(
        (
            optimize.minimize(objective, start, method="SLSQP", bounds=[(0, 1)] * N, tol=1e-16,
                              constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"maxiter": 1000})
            for start in [np.full(N, 1 / N), *(np.full(N, 0.1) + 0.6 * np.eye(N))]
        ),
        key=lambda r: r.fun,
    )
    print("match shares", " ".join("%.9f" % x for x in best.x), "jsd %.15g" % best.fun)


def dominance(shares):
    shares = np.array(shares, float) / sum(shares)
    merged = shares @ P
    print("survival", " ".join("%.15g" % s for s in survival(shares)))
    for i in range(N):
        rest = np.delete(shares, i) @ np.delete(P, i, 0) / (1 - shares[i])
        before, after = classes(rest), classes(merged)
        changed = rest[(before != after)].sum()
        drowned = rest[(before == 0) & (after != 0)].sum()
        alone = P[i][rest < cutoff(rest, 0.99)].sum()
        print("without %d: changed %.15g drowned %.15g alone %.15g" % (i, changed, drowned, alone))


def survive_grid(steps=60):
    best = (-1, None)
    for a in range(1, steps):
        for b in range(1, steps - a):
            for c in range(1, steps - a - b):
                w = np.array([a, b, c, steps - a - b - c]) / steps
                best = max(best, (min(survival(w)), tuple(w)))
    print("survive on a grid %.15g" % best[0], best[1])


def sufficiency():
    ran = [{f for f in FUNCTIONS if sum(w.get(f, [0]))} for w in WORKLOADS]
    mass = [{f: sum(w[f]) / sum(map(sum, w.values())) for f in w} for w in WORKLOADS]
    for k in range(1, N):
        values = []
        for chosen in combinations(range(N), k):
            seen = set().union(*(ran[i] for i in chosen))
            values += [sum(m for f, m in mass[i].items() if f not in seen) for i in range(N) if i not in chosen]
        print("missed(%d) %.15g" % (k, np.mean(values)))
    seen = {f: sum(f in r for r in ran) for f in FUNCTIONS}
    m1, m2 = (sum(mass[i][f] for i in range(N) for f in mass[i] if seen[f] == j) / N for j in (1, 2))
    a = (N - 1) * m1 / ((N - 1) * m1 + m2)
    print("M1 %.15g M2 %.15g next %.15g more to 0.01 %d" % (m1, m2, m1 * a, np.ceil(np.log(0.01 / (m1 * a)) / np.log(a))))


if __name__ == "__main__":
    match()
    dominance([1, 1, 1, 1])
    dominance([1, 1, 96, 2])
    survive_grid()
    sufficiency()
