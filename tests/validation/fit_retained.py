#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit and validate the predicted share of the gain kept. Python's standard library only.

usage: fit_retained.py [cells.csv]

Model: kept = 1 - sum w_i x_i with w_i >= 0 and x_i the masses of one comparison (no intercept: a profile that serves
its reference perfectly keeps everything). Least squares over the cells, weighted by gain^2 (the noise of `kept` grows
as 1 / gain) and so that every program has the same weight. Fitted: tests that are no micro-benchmarks and where PGO
gains at least 5 %; self-trained cells are left out. `kept` is cut to -0.5..1.2.
Validated leave-one-program-out: each program is predicted by coefficients fitted on the others.
"""
import csv
import itertools
import os
import random
import sys

MIN_GAIN = 0.05
CANDIDATES = ["under_served_mass", "under_served_999_mass", "under_served_function_mass", "misweighted_mass", "shape_tv"]
CHOSEN = ["under_served_mass", "shape_tv"]
BANDS = [(-9.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 9.0)]


def load(path):
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    for r in rows:
        for key in r:
            if key not in ("program", "train", "test", "train_kind", "test_kind"):
                r[key] = float(r[key])
    return [r for r in rows if r["gain"] >= MIN_GAIN and r["test_kind"] != "micro" and r["train"] != r["test"]
            and r["train_kind"] != "selfw"]


def solve(a, b):
    """Gaussian elimination with row exchange; None when singular."""
    n = len(b)
    m = [row[:] + [v] for row, v in zip(a, b)]
    for i in range(n):
        p = max(range(i, n), key=lambda k: abs(m[k][i]))
        if abs(m[p][i]) < 1e-12:
            return None
        m[i], m[p] = m[p], m[i]
        for k in range(n):
            if k != i:
                f = m[k][i] / m[i][i]
                m[k] = [x - f * y for x, y in zip(m[k], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def fit(rows, names):
    """Non-negative weighted least squares, by trying every set of coefficients that may be positive."""
    total = {}
    for r in rows:
        total[r["program"]] = total.get(r["program"], 0) + r["gain"] ** 2
    data = [([r[k] for k in names], 1 - min(max(r["kept"], -0.5), 1.2), r["gain"] ** 2 / total[r["program"]])
            for r in rows]
    best = None
    for size in range(len(names) + 1):
        for active in itertools.combinations(range(len(names)), size):
            a = [[sum(w * x[i] * x[j] for x, _, w in data) for j in active] for i in active]
            b = [sum(w * x[i] * y for x, y, w in data) for i in active]
            c = solve(a, b) if active else []
            if c is None or any(v < 0 for v in c):
                continue
            full = [0.0] * len(names)
            for i, v in zip(active, c):
                full[i] = v
            loss = sum(w * (y - sum(v * u for v, u in zip(full, x))) ** 2 for x, y, w in data)
            if best is None or loss < best[0] - 1e-12:
                best = (loss, full)
    return best[1]


def predict(r, names, weights):
    return 1 - sum(w * r[k] for k, w in zip(names, weights))


def leave_one_program_out(rows, names):
    out = {}
    for program in sorted({r["program"] for r in rows}):
        weights = fit([r for r in rows if r["program"] != program], names)
        for r in rows:
            if r["program"] == program:
                out[id(r)] = predict(r, names, weights)
    return [out[id(r)] for r in rows]


def auc(scores, bad):
    """Chance that a cell which keeps less than half scores below one which keeps more; ties count half."""
    low = [s for s, b in zip(scores, bad) if b]
    high = [s for s, b in zip(scores, bad) if not b]
    if not low or not high:
        return None
    return sum((x < y) + 0.5 * (x == y) for x in low for y in high) / (len(low) * len(high))


def ranks(v):
    order = sorted(range(len(v)), key=lambda i: v[i])
    out = [0.0] * len(v)
    i = 0
    while i < len(v):
        j = i
        while j < len(v) and v[order[j]] == v[order[i]]:
            j += 1
        for k in range(i, j):
            out[order[k]] = (i + j - 1) / 2
        i = j
    return out


def spearman(x, y):
    a, b = ranks(x), ranks(y)
    mean = (len(a) - 1) / 2
    cov = sum((p - mean) * (q - mean) for p, q in zip(a, b))
    return cov / (sum((p - mean) ** 2 for p in a) * sum((q - mean) ** 2 for q in b)) ** 0.5


def quantile(v, q):
    v = sorted(v)
    at = q * (len(v) - 1)
    i = int(at)
    return v[i] if i + 1 == len(v) else v[i] + (at - i) * (v[i + 1] - v[i])


def scores_of(pairs):
    s = [p for p, _ in pairs]
    kept = [r["kept"] for _, r in pairs]
    return auc(s, [k < 0.5 for k in kept]), spearman(s, kept)


def validate(title, pairs, rounds=2000, seed=1):
    """AUC and rho, with the 5 to 95 % range over programs drawn with replacement."""
    programs = sorted({r["program"] for _, r in pairs})
    rng = random.Random(seed)
    groups = {p: [x for x in pairs if x[1]["program"] == p] for p in programs}
    draws = []
    for _ in range(rounds if len(pairs) < 400 else 200):
        sample = [x for p in (rng.choice(programs) for _ in programs) for x in groups[p]]
        a, rho = scores_of(sample)
        if a is not None:
            draws.append((a, rho))
    a, rho = scores_of(pairs)
    low, high = [[quantile([d[i] for d in draws], q) for i in (0, 1)] for q in (0.05, 0.95)]
    print(f"  {title:34s} {len(pairs):4d} cells {len(programs)} programs  AUC {a:.3f} ({low[0]:.3f}-{high[0]:.3f})  "
          f"rho {rho:.3f} ({low[1]:.3f}-{high[1]:.3f})")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "data", "cells.csv")
    rows = load(path)
    print("all candidates:", ", ".join(f"{k} {w:.3f}" for k, w in zip(CANDIDATES, fit(rows, CANDIDATES))))
    weights = fit(rows, CHOSEN)
    print("chosen:        ", ", ".join(f"{k} {w:.3f}" for k, w in zip(CHOSEN, weights)))
    predicted = list(zip(leave_one_program_out(rows, CHOSEN), rows))
    real = [x for x in predicted if x[1]["test_kind"] == "real"]
    overlap = [(r["overlap_ratio"], r) for _, r in predicted]
    print("\nleave-one-program-out (5 to 95 % over programs):")
    for title, pairs, plain in (("real tests, gain >= 5 %", real, [x for x in overlap if x[1]["test_kind"] == "real"]),
                                ("real and synthetic, gain >= 5 %", predicted, overlap)):
        validate(title, pairs)
        validate("  overlap alone", plain)
        validate(title.replace("5", "10"), [x for x in pairs if x[1]["gain"] >= 0.1])
        validate("  overlap alone", [x for x in plain if x[1]["gain"] >= 0.1])
    rmse = (sum((p - r["kept"]) ** 2 for p, r in real) / len(real)) ** 0.5
    print(f"  root mean square error on real tests: {rmse:.3f}")
    print("\nresiduals (kept - predicted) by band of the prediction:")
    for low, high in BANDS:
        errors = [r["kept"] - p for p, r in predicted if low <= p < high]
        print(f"  [{low:4.1f}, {high:4.1f})  {len(errors):4d} cells  5 %: {quantile(errors, 0.05):+.2f}  "
              f"95 %: {quantile(errors, 0.95):+.2f}  kept < 0.5: "
              f"{sum(r['kept'] < 0.5 for p, r in predicted if low <= p < high) / len(errors):.2f}")
    print("\nthresholds: cells beyond, of them keeping less than half, of them keeping 0.8 or more:")
    for name, bounds in (("under_served_mass", (0.3, 0.5, 0.6, 0.7)), ("demoted_mass", (0.1, 0.3, 0.5)),
                         ("missed_mass", (0.05, 0.1, 0.2, 0.3))):
        for bound in bounds:
            beyond = [r["kept"] for r in rows if r[name] > bound]
            print(f"  {name:18s} > {bound:4.2f}: {len(beyond):4d} {sum(k < 0.5 for k in beyond):4d} "
                  f"{sum(k >= 0.8 for k in beyond):4d}")


if __name__ == "__main__":
    main()
