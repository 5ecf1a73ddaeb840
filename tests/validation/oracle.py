#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Independent values for tests/unit/metrics: scipy's own implementations on the same small profiles.

usage: oracle.py     (needs python3-scipy)
"""
import numpy as np
from scipy import stats
from scipy.spatial import distance
from scipy.special import kolmogorov

A = {"f": [300, 100, 50], "g": [200, 40], "h": [250, 20, 40]}
B = {"f": [290, 115, 45], "g": [205, 30], "h": [255, 10, 50]}
N_EFF = 1000


def main():
    total_a, total_b = sum(map(sum, A.values())), sum(map(sum, B.values()))
    n = N_EFF * sum(1 for k in A if sum(A[k]) or sum(B[k]))
    p = np.concatenate([np.array(v) / total_a for v in A.values()])
    q = np.concatenate([np.array(v) / total_b for v in B.values()])
    print("jsd_bits %.15g" % distance.jensenshannon(p, q, 2) ** 2)
    print("hellinger %.15g" % np.sqrt(1 - np.sum(np.sqrt(p * q))))
    print("effective counters of A %.15g" % np.exp(stats.entropy(p)))
    print("effective functions of A %.15g" % np.exp(stats.entropy([sum(v) for v in A.values()])))
    p_values = []
    for name in A:
        a, b = np.array(A[name]) / total_a, np.array(B[name]) / total_b
        table = n * np.array([np.append(a, 1 - a.sum()), np.append(b, 1 - b.sum())])
        g, _, df, _ = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        total = table.sum()
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        williams = 1 + ((total * np.sum(1 / rows) - 1) * (total * np.sum(1 / columns) - 1)) / (6 * total * df)
        p_values.append(stats.chi2.sf(g / williams, df))
        r, s = a / a.sum(), b / b.sum()
        order = np.argsort(-(a + b), kind="stable")
        gap = np.max(np.abs(np.cumsum(r[order]) - np.cumsum(s[order])))
        x, y = n * a.sum(), n * b.sum()
        print(name, "G %.15g p %.15g ks %.15g shape_tv %.15g shape_jsd %.15g" % (
            g, p_values[-1], kolmogorov(np.sqrt(x * y / (x + y)) * gap), np.abs(r - s).sum() / 2,
            distance.jensenshannon(r, s, 2) ** 2))
    print("kolmogorov", ["%.15g" % kolmogorov(x) for x in (0.03, 0.3, 0.7, 1.0, 1.17, 1.19, 1.5, 2.5)])
    x = [0.1, 0.2, 0.2, 0.0, 0.5, 0.3, 0.0, 0.2]
    y = [0.3, 0.1, 0.0, 0.0, 0.6, 0.1, 0.2, 0.1]
    print("spearman %.15g kendall %.15g" % (stats.spearmanr(x, y)[0], stats.kendalltau(x, y)[0]))
    ps = np.array([0.01, 0.04, 0.03, 0.5, 0.02, 1.0])
    order = np.argsort(ps)
    q = np.minimum.accumulate((ps[order] * len(ps) / np.arange(1, len(ps) + 1))[::-1])[::-1]
    out = np.empty(len(ps))
    out[order] = q
    print("benjamini-hochberg", out.tolist())


if __name__ == "__main__":
    main()
