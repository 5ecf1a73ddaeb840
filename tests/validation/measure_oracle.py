#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write measure_oracle.txt: values that tests/unit/measure/test_stats.c holds the C code against.

Needs numpy and scipy (Debian: python3-scipy). Run in this directory: python3 measure_oracle.py > measure_oracle.txt

    wilcoxon NAME N P      then N pairs "a b"
    bca NAME N RATIO LOW HIGH   then N pairs
    geomean NAME K RATIO LOW HIGH   then K times: n, and n pairs

Two-sided Wilcoxon signed-rank p-values of log(b/a): scipy.stats.wilcoxon (exact without ties up to 25, normal without
continuity correction beyond); with ties scipy has no exact distribution, so all 2^n signs are enumerated here.
BCa intervals of the ratio of medians over pairs: scipy.stats.bootstrap with 100,000 resamples. The geometric mean over
strata is computed here with numpy, as scipy cannot draw pairs within strata.
"""
import itertools
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(20240229)


def pairs(n, shift=0.0, noise=0.02, skew=0.0):
    a = 100 * np.exp(noise * rng.standard_normal(n) + skew * rng.exponential(size=n))
    b = 100 * np.exp(shift + noise * rng.standard_normal(n) + skew * rng.exponential(size=n))
    return np.round(a, 6), np.round(b, 6)


def enumerate_wilcoxon(a, b):
    d = np.log(b / a)
    d = d[d != 0]
    if len(d) == 0:
        return 1.0
    ranks = stats.rankdata(np.round(np.abs(d), 12))
    seen = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    hits = sum(1 for signs in itertools.product((0, 1), repeat=len(d)) if np.dot(signs, ranks) <= seen + 1e-9)
    return min(1.0, 2 * hits / 2 ** len(d))


def spell(a, b):
    return " ".join(f"{x:.6f} {y:.6f}" for x, y in zip(a, b))


def wilcoxon(name, a, b, p):
    print(f"wilcoxon {name} {len(a)} {p:.12g} {spell(a, b)}")


def ratio(a, b, axis=-1):
    return np.median(b, axis=axis) / np.median(a, axis=axis)


def bca(name, a, b):
    found = stats.bootstrap((a, b), ratio, paired=True, vectorized=True, method="BCa", n_resamples=100000,
                            batch=1000, random_state=1).confidence_interval
    print(f"bca {name} {len(a)} {ratio(a, b):.12g} {found.low:.8g} {found.high:.8g} {spell(a, b)}")


def geomean(name, strata, resamples=100000):
    def estimate(parts):
        return np.exp(np.mean([np.log(ratio(a, b)) for a, b in parts]))

    point = estimate(strata)
    logs = np.zeros(resamples)
    for a, b in strata:
        drawn = rng.integers(0, len(a), (resamples, len(a)))
        logs += np.log(ratio(a[drawn], b[drawn]))
    resampled = np.exp(logs / len(strata))
    squares = cubes = 0.0
    for k, (a, b) in enumerate(strata):
        n = len(a)
        left_out = []
        for i in range(n):
            parts = list(strata)
            parts[k] = (np.delete(a, i), np.delete(b, i))
            left_out.append(estimate(parts))
        u = (n - 1) * (np.mean(left_out) - np.array(left_out))
        squares += np.sum(u ** 2) / n ** 2
        cubes += np.sum(u ** 3) / n ** 3
    acceleration = cubes / (6 * squares ** 1.5)
    z0 = stats.norm.ppf((np.sum(resampled < point) + 0.5 * np.sum(resampled == point)) / resamples)
    z = z0 + stats.norm.ppf([0.025, 0.975])
    low, high = np.quantile(resampled, stats.norm.cdf(z0 + z / (1 - acceleration * z)))
    body = " ".join(f"{len(a)} {spell(a, b)}" for a, b in strata)
    print(f"geomean {name} {len(strata)} {point:.12g} {low:.8g} {high:.8g} {body}")


def main():
    for n, shift in ((3, 0.05), (5, -0.02), (8, 0.0), (10, -0.01), (17, 0.01), (25, 0.004)):
        a, b = pairs(n, shift)
        wilcoxon(f"exact{n}", a, b, stats.wilcoxon(np.log(b / a), mode="exact").pvalue)
    for n, shift in ((26, 0.004), (60, -0.003)):
        a, b = pairs(n, shift)
        wilcoxon(f"normal{n}", a, b, stats.wilcoxon(np.log(b / a), mode="approx", correction=False).pvalue)
    a = np.array([100.0, 100, 100, 100, 100, 100, 100, 100])
    b = np.array([101.0, 101, 102, 101, 102, 100, 103, 103])
    wilcoxon("ties", a, b, enumerate_wilcoxon(a, b))
    a = np.array([100.0, 101, 100, 102, 100, 100, 103, 100, 102])
    b = np.array([101.0, 100, 101, 100, 102, 100, 100, 103, 100])
    wilcoxon("mirrored", a, b, enumerate_wilcoxon(a, b))
    wilcoxon("equal", a, a, 1.0)

    for name, n, shift, noise, skew in (("narrow", 10, -0.15, 0.01, 0.0), ("skewed", 15, 0.0, 0.01, 0.05),
                                        ("wide", 30, 0.1, 0.1, 0.1), ("odd", 9, -0.02, 0.03, 0.0)):
        a, b = pairs(n, shift, noise, skew)
        bca(name, a, b)
    geomean("three", [pairs(10, -0.1, 0.02), pairs(7, -0.3, 0.05, 0.05), pairs(20, 0.05, 0.01)])
    geomean("two", [pairs(12, 0.0, 0.03, 0.02), pairs(12, -0.05, 0.03, 0.02)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
