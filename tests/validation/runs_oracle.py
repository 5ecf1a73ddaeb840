#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Independent values for tests/unit/metrics/test_runs.c: energy distance, permutation tests by enumeration of all
labellings, conformal ranks and false discovery rates, written out from their definitions with numpy.

usage: runs_oracle.py     (needs python3-numpy)
"""
from itertools import combinations

import numpy as np

TRAIN, TEST = 4, 5
WIDTH = [3, 2, 1, 4]  # counters of functions a, b, c, d


def make():
    """The profiles of the test: a linear congruential generator, so that C makes the same."""
    state = 12345
    runs = []
    for run in range(TRAIN + TEST):
        test = run >= TRAIN
        profile = []
        for f, width in enumerate(WIDTH):
            counters = []
            for c in range(width):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                count = 100 + (state >> 48) % 900
                if f == 1 and test:
                    count *= 20
                if f == 3 and (c == 0) == test:
                    count *= 50
                if f == 2 and run in (1, 6):
                    count = 0
                if f == 0 and run == 8:
                    count = 0
                counters.append(count)
            profile.append(counters)
        runs.append(profile)
    return runs


def shares(profile):
    v = np.array([c for f in profile for c in f], float)
    return v / v.sum()


def split(v):
    at = np.cumsum([0] + WIDTH)
    return [v[at[i]:at[i + 1]] for i in range(len(WIDTH))]


def hellinger(p, q):
    return np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)


def energy(d, chosen):
    a = list(chosen)
    b = [i for i in range(len(d)) if i not in set(chosen)]
    return 2 * d[np.ix_(a, b)].mean() - d[np.ix_(a, a)].mean() - d[np.ix_(b, b)].mean()


def exact(statistic, n, own):
    seen = statistic(own)
    values = [statistic(c) for c in combinations(range(n), len(own))]
    return sum(v >= seen - 1e-12 for v in values) / len(values), len(values)


def conformal(P, candidate, references, distance):
    scores = []
    pool = [candidate] + list(references)
    for i in pool:
        rest = np.mean([P[j] for j in pool if j != i], axis=0)
        scores.append(distance(P[i], rest))
    extreme = sum(s >= scores[0] - 1e-12 for s in scores[1:])
    return scores, (1 + extreme) / len(pool)


def adjust(p):
    """Benjamini and Hochberg's step-up."""
    p = np.asarray(p)
    order = np.argsort(p)
    q = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    out = np.empty_like(q)
    out[order] = np.minimum(q, 1)
    return out


def main():
    runs = make()
    P = np.array([shares(r) for r in runs])
    n = len(P)
    d = np.array([[hellinger(p, q) for q in P] for p in P])
    own = tuple(range(TRAIN))
    rest = [i for i in range(n) if i not in own]
    p, count = exact(lambda c: energy(d, c), n, own)
    print("between %.17g within %.17g %.17g energy %.17g p %d/%d" % (
        d[np.ix_(own, rest)].mean(), d[np.ix_(own, own)].mean(), d[np.ix_(rest, rest)].mean(), energy(d, own),
        round(p * count), count))

    tests = []
    for f, name in enumerate("abcd"):
        part = np.array([split(v)[f] for v in P])
        share = part.sum(axis=1)
        ps, count = exact(lambda c: abs(share[list(c)].mean() - np.delete(share, list(c)).mean()), n, own)
        line = "%s shares %.17g %.17g p %d/%d" % (name, share[:TRAIN].mean(), share[TRAIN:].mean(), round(ps * count), count)
        tests.append((name, "share", ps))
        ran = [i for i in range(n) if share[i] > 0]
        shape = {i: part[i] / share[i] for i in ran}
        a, b = [i for i in ran if i < TRAIN], [i for i in ran if i >= TRAIN]
        tv = np.abs(np.mean([shape[i] for i in a], axis=0) - np.mean([shape[i] for i in b], axis=0)).sum() / 2
        line += " tv %.17g" % tv
        if WIDTH[f] > 1:
            e = np.array([[hellinger(shape[i], shape[j]) for j in ran] for i in ran])
            pe, count = exact(lambda c: energy(e, c), len(ran), tuple(range(len(a))))
            line += " p %d/%d" % (round(pe * count), count)
            tests.append((name, "shape", pe))
        print(line)
    for (name, what, p), q in zip(tests, adjust([t[2] for t in tests])):
        print("%s %s p %.17g q %.17g" % (name, what, p, q))

    tv = lambda p, q: np.abs(p - q).sum() / 2
    for i in range(TRAIN, n):
        scores, p = conformal(P, i, own, tv)
        print("test %d tv %s p %.17g" % (i, " ".join("%.17g" % s for s in scores), p))
    mean = np.vstack([P, P[:TRAIN].mean(axis=0)])
    scores, p = conformal(mean, n, rest, hellinger)
    a, b = P[:TRAIN].mean(axis=0), P[TRAIN:].mean(axis=0)
    print("means: tv %.17g hellinger %.17g" % (tv(a, b), hellinger(a, b)))
    print("train hellinger %s p %.17g" % (" ".join("%.17g" % s for s in scores), p))


main()
