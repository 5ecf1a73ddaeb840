#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit and validate the predicted share of the gain kept. Python's standard library only.

usage: fit_retained.py [--quick] [cells.csv [external.csv]]

Model: kept = 1 - w (1 + 2 d) (under_served + sqrt(under_served_999) + sqrt(shape_tv)), d the share of the reference's
mass in each function's largest counter (column dominant). One coefficient is fitted, no intercept: a profile that
serves its reference perfectly keeps everything, and every mass makes it worse. Least squares over the cells, weighted
by gain^2 (the noise of `kept` grows as 1 / gain) and so that every program has the same weight. Fitted: tests that are
no micro-benchmarks and where PGO gains at least 5 %; self-trained cells and controls are left out. `kept` is cut to
-0.5..1.2.

Validated: each program predicted by coefficients fitted on the others; each pair of programs by those fitted on the
rest; the programs of external.csv by those fitted on cells.csv alone. The coefficients in use are fitted on all.
"""
import csv
import itertools
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MIN_GAIN = 0.05
UNDER, UNDER999, FUNCTION = "under_served_mass", "under_served_999_mass", "under_served_function_mass"


def root(x):
    return x ** 0.5


def factor(r, weight=2):
    """How much a program loses by its shape: much when its functions run at one of their counters."""
    return 1 + weight * r["dominant"]


def spread_factor(r, weight=2, power=0.5):
    """The same by the effective number of counters per function."""
    return 1 + weight / r["spread"] ** power


def masses(r):
    return r[UNDER] + root(r[UNDER999]) + root(r["shape_tv"])


def chosen(r):
    return [factor(r) * masses(r)]


# A model is what its non-negative coefficients multiply: one number a cell, or several.
MODELS = [
    ("chosen", chosen),
    ("no factor", lambda r: [masses(r)]),
    ("factor 1 + d", lambda r: [factor(r, 1) * masses(r)]),
    ("factor 1 + 4 d", lambda r: [factor(r, 4) * masses(r)]),
    ("factor 1 + 2 / sqrt(k)", lambda r: [spread_factor(r) * masses(r)]),
    ("factor 1 + 2 / k", lambda r: [spread_factor(r, 2, 1) * masses(r)]),
    ("a coefficient for each mass",
     lambda r: [factor(r) * x for x in (r[UNDER], root(r[UNDER999]), root(r["shape_tv"]))]),
    ("without roots", lambda r: [factor(r) * (r[UNDER] + r[UNDER999] + r["shape_tv"])]),
    ("without under-served 99 %", lambda r: [factor(r) * (root(r[UNDER999]) + root(r["shape_tv"]))]),
    ("without under-served 99.9 %", lambda r: [factor(r) * (r[UNDER] + root(r["shape_tv"]))]),
    ("without shape", lambda r: [factor(r) * (r[UNDER] + root(r[UNDER999]))]),
    ("sqrt(demoted) for the 99.9 %",
     lambda r: [factor(r) * (r[UNDER] + root(r["demoted_mass"]) + root(r["shape_tv"]))]),
    ("sqrt(missed counters) for it",
     lambda r: [factor(r) * (r[UNDER] + root(r["missed_counter_mass"]) + root(r["shape_tv"]))]),
    ("sqrt(misweighted) for shape",
     lambda r: [factor(r) * (r[UNDER] + root(r[UNDER999]) + root(r["misweighted_mass"]))]),
    ("and sqrt(demoted)", lambda r: [factor(r) * (masses(r) + root(r["demoted_mass"]))]),
    ("and sqrt(misweighted)", lambda r: [factor(r) * (masses(r) + root(r["misweighted_mass"]))]),
    ("and under-served by function", lambda r: [factor(r) * (masses(r) + r[FUNCTION])]),
    ("and flipped", lambda r: [factor(r) * (masses(r) + r["flipped_mass"])]),
    ("and JSD", lambda r: [factor(r) * (masses(r) + r["jsd_bits"])]),
    ("product of what is left", lambda r: [factor(r) * (1 - (1 - r[UNDER]) * (1 - r[UNDER999]) * (1 - r["shape_tv"]))]),
    ("largest of the three", lambda r: [factor(r) * max(r[UNDER], root(r[UNDER999]), root(r["shape_tv"]))]),
    ("both under-served, as they are", lambda r: [r[UNDER] + r[UNDER999]]),
    ("before: under-served and shape", lambda r: [r[UNDER], r["shape_tv"]]),
    ("every mass, a coefficient each", lambda r: [r[k] for k in SINGLES]),
]
SINGLES = [UNDER, UNDER999, FUNCTION, "demoted_mass", "missed_mass", "missed_counter_mass", "misweighted_mass",
           "flipped_mass", "shape_tv", "jsd_bits"]
# What a checker may mean by a test where PGO gains at least 5 %: name, kinds of tests, columns, least gain, self cells.
DEFINITIONS = [
    ("real", "real", "gain", "kept", 0.05, False),
    ("real, gain >= 10 %", "real", "gain", "kept", 0.1, False),
    ("real and synthetic", "real synthetic", "gain", "kept", 0.05, False),
    ("  gain >= 10 %", "real synthetic", "gain", "kept", 0.1, False),
    ("  of the best build's gain", "real synthetic", "gain_best", "kept_best", 0.05, False),
    ("  in instructions", "real synthetic", "gain_ir", "kept_ir", 0.05, False),
    ("  self-trained cells too", "real synthetic", "gain", "kept", 0.05, True),
    ("all tests", "real synthetic micro", "gain", "kept", 0.05, False),
]
BASE = DEFINITIONS[2]
BANDS = [(-9.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 9.0)]
TEXTS = ("program", "train", "test", "train_kind", "test_kind")


def load(path):
    with open(path, newline="") as f:
        return [{k: v if k in TEXTS else float(v) if v else None for k, v in r.items()} for r in csv.DictReader(f)]


def select(rows, definition):
    """The cells of one definition, each with the gain and the share kept that it means."""
    _, kinds, gain, kept, least, own = definition
    out = []
    for r in rows:
        if r[gain] >= least and r["test_kind"] in kinds.split() and (
                own or (r["train"] != r["test"] and r["train_kind"] != "selfw")):
            out.append({**r, "g": r[gain], "k": r[kept]})
    return out


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


def fit(rows, model):
    """Non-negative weighted least squares, by trying every set of coefficients that may be positive."""
    total = {}
    for r in rows:
        total[r["program"]] = total.get(r["program"], 0) + r["g"] ** 2
    n = len(model(rows[0]))
    xx, xy, yy = [[0.0] * n for _ in range(n)], [0.0] * n, 0.0
    for r in rows:
        x, y, w = model(r), 1 - min(max(r["k"], -0.5), 1.2), r["g"] ** 2 / total[r["program"]]
        yy += w * y * y
        for i in range(n):
            xy[i] += w * x[i] * y
            for j in range(n):
                xx[i][j] += w * x[i] * x[j]
    best = (yy, [0.0] * n)
    for size in range(1, n + 1):
        for active in itertools.combinations(range(n), size):
            c = solve([[xx[i][j] for j in active] for i in active], [xy[i] for i in active])
            if c is None or any(v < 0 for v in c):
                continue
            loss = yy - sum(v * xy[i] for i, v in zip(active, c))
            if loss < best[0] - 1e-12:
                full = [0.0] * n
                for i, v in zip(active, c):
                    full[i] = v
                best = (loss, full)
    return best[1]


def predict(rows, model, weights):
    return [1 - sum(w * x for w, x in zip(weights, model(r))) for r in rows]


def programs_of(rows):
    return sorted({r["program"] for r in rows})


def leave_out(rows, model, fitted_on, groups):
    """Pairs (prediction, row): the rows of each group of programs, predicted from the fitted_on rows of all others."""
    out = []
    for group in groups:
        held = [r for r in rows if r["program"] in group]
        weights = fit([r for r in fitted_on if r["program"] not in group], model)
        out += zip(predict(held, model, weights), held)
    return out


def one_by_one(rows, model, fitted_on):
    return leave_out(rows, model, fitted_on, [{p} for p in programs_of(rows)])


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


def scores(pairs):
    """AUC for "keeps less than half" (ties count half) and Spearman's rho; None where undefined."""
    a, b = ranks([p for p, _ in pairs]), ranks([r["k"] for _, r in pairs])
    good = [x for x, (_, r) in zip(a, pairs) if r["k"] >= 0.5]
    n, m = len(good), len(pairs) - len(good)
    auc = (sum(good) - n * (n - 1) / 2) / (n * m) if n and m else None
    mean = (len(a) - 1) / 2
    cov = sum((p - mean) * (q - mean) for p, q in zip(a, b))
    var = sum((p - mean) ** 2 for p in a) * sum((q - mean) ** 2 for q in b)
    return auc, cov / var ** 0.5 if var else None


def quantile(v, q):
    v = sorted(v)
    at = q * (len(v) - 1)
    i = int(at)
    return v[i] if i + 1 == len(v) else v[i] + (at - i) * (v[i + 1] - v[i])


def bootstrap(pairs, rounds, seed=1):
    """5 and 95 % quantiles of both scores over programs drawn with replacement."""
    rng = random.Random(seed)
    groups = [[x for x in pairs if x[1]["program"] == p] for p in programs_of([r for _, r in pairs])]
    drawn = [scores([x for g in (rng.choice(groups) for _ in groups) for x in g]) for _ in range(rounds)]
    return [[quantile([d[i] for d in drawn if d[i] is not None], q) for q in (0.05, 0.95)] for i in (0, 1)]


def spell(value):
    return "  -  " if value is None else f"{value:.3f}"


def report(title, pairs, rounds):
    auc, rho = scores(pairs)
    line = f"  {title:34s} {len(pairs):4d} cells {len(programs_of([r for _, r in pairs])):2d} programs"
    if rounds:
        (a, b), (c, d) = bootstrap(pairs, rounds)
        print(f"{line}  AUC {auc:.3f} ({a:.3f}-{b:.3f})  rho {rho:.3f} ({c:.3f}-{d:.3f})")
    else:
        print(f"{line}  AUC {spell(auc)}  rho {spell(rho)}")


def plain(rows, value):
    return [(value(r), r) for r in rows]


def overlap(r):
    return r["overlap_ratio"]


def both_cutoffs(r):
    return -r[UNDER] - r[UNDER999]


def by_definition(rows, fitted_on, rounds):
    for definition in DEFINITIONS:
        cells = select(rows, definition)
        report(definition[0], one_by_one(cells, chosen, fitted_on), rounds)
        report("    overlap alone", plain(cells, overlap), rounds)
        report("    two under-served masses", plain(cells, both_cutoffs), 0)


def by_program(pairs):
    rows = [r for _, r in pairs]
    for p in programs_of(rows):
        of = [x for x in pairs if x[1]["program"] == p]
        auc, rho = scores(of)
        auc0, rho0 = scores(plain([r for _, r in of], overlap))
        off = sum(r["k"] - x for x, r in of) / len(of)
        print(f"  {p:8s} {len(of):4d} cells, {sum(r['k'] < 0.5 for _, r in of):3d} below half  AUC {spell(auc)}  "
              f"rho {rho:.3f}  mean error {off:+.2f}  overlap: {spell(auc0)} {rho0:.3f}")


def band_limits(pairs, tail):
    out = []
    for low, high in BANDS:
        of = [(p, r) for p, r in pairs if low <= p < high]
        errors = [r["k"] - p for p, r in of]
        out.append((quantile(errors, tail), quantile(errors, 1 - tail)))
    return out


def band_at(p):
    return next(i for i, (_, high) in enumerate(BANDS) if p < high)


def coverage(rows, tail):
    """For each program the share of its cells inside bands from the leave-one-out errors among the others."""
    out = {}
    for p in programs_of(rows):
        others = [r for r in rows if r["program"] != p]
        bands = band_limits(one_by_one(others, chosen, others), tail)
        held = [r for r in rows if r["program"] == p]
        inside = 0
        for x, r in zip(predict(held, chosen, fit(others, chosen)), held):
            low, high = bands[band_at(x)]
            inside += x + low <= r["k"] and min(r["k"], 1.0) <= x + high  # more than all is all
        out[p] = inside / len(held)
    return out


def intervals(rows):
    pairs = one_by_one(rows, chosen, rows)
    print("\ninterval: share of a program's cells inside bands made from the others (mean over programs, all, least):")
    for tail in (0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.01, 0.005):
        inside = coverage(rows, tail)
        mean = sum(inside.values()) / len(inside)
        worst = min(inside, key=inside.get)
        pooled = sum(inside[r["program"]] for r in rows) / len(rows)
        print(f"  tails of {100 * tail:3.1f} %: {mean:.3f}, {pooled:.3f}, {worst} {inside[worst]:.3f}")
        if mean >= 0.9:
            break
    print(f"bands with tails of {100 * tail:.1f} %:")
    for (low, high), (down, up) in zip(BANDS, band_limits(pairs, tail)):
        of = [(p, r["k"]) for p, r in pairs if low <= p < high]
        print(f"  [{low:4.1f}, {high:4.1f})  {len(of):4d} cells  {down:+.2f} to {up:+.2f}  mean error "
              f"{sum(k - p for p, k in of) / len(of):+.2f}  kept < 0.5: {sum(k < 0.5 for _, k in of) / len(of):.2f}")
    print(f"root mean square error (kept cut to -0.5..1.2) {rmse(pairs):.3f}")


def ceiling(rows):
    """What a forecast would reach that knows how each test is shifted against it: no profile says that."""
    pairs = one_by_one(rows, chosen, rows)
    shift = {}
    for p, r in pairs:
        shift.setdefault((r["program"], r["test"]), []).append(r["k"] - p)
    report("each test's mean error known", [
        (p + sum(shift[r["program"], r["test"]]) / len(shift[r["program"], r["test"]]), r) for p, r in pairs], 0)


def rmse(pairs):
    return (sum((p - min(max(r["k"], -0.5), 1.2)) ** 2 for p, r in pairs) / len(pairs)) ** 0.5


def by_model(six, external):
    """Other models and features: left out program by program in cells.csv, from cells.csv to external, in both."""
    print("\nother models: AUC, rho of cells.csv without the program, of external.csv from cells.csv, of both; error:")
    base, out = select(six, BASE), select(external, BASE)
    for name, model in MODELS:
        pairs = one_by_one(base + out, model, base + out)
        a, b, c = (scores(x) for x in (one_by_one(base, model, base), one_by_one(out, model, base), pairs))
        print(f"  {name:31s} {a[0]:.3f} {a[1]:.3f}   {b[0]:.3f} {b[1]:.3f}   {c[0]:.3f} {c[1]:.3f}   {rmse(pairs):.3f}")
    print("single masses: the same, without a fit:")
    for k in ["overlap_ratio"] + SINGLES:
        sign = 1 if k == "overlap_ratio" else -1
        a, b, c = (scores(plain(x, lambda r: sign * r[k])) for x in (base, out, base + out))
        print(f"  {k:31s} {a[0]:.3f} {a[1]:.3f}   {b[0]:.3f} {b[1]:.3f}   {c[0]:.3f} {c[1]:.3f}")


def by_training(pairs):
    print("\nmedians by training set: cells, kept, predicted, under-served 99 %, 99.9 %, shape, demoted, overlap:")
    for kind in "real_equal merged skew90 loo half real skew99 synthetic micro_merged micro".split():
        of = [(p, r) for p, r in pairs if r["train_kind"] == kind]
        columns = [[r["k"] for _, r in of], [p for p, _ in of]] + [
            [r[k] for _, r in of] for k in (UNDER, UNDER999, "shape_tv", "demoted_mass", "overlap_ratio")]
        print(f"  {kind:12s} {len(of):4d}  " + "  ".join(f"{quantile(c, 0.5):5.2f}" for c in columns))


def thresholds(rows):
    print("\nprediction: cells, of them keeping less than half:")
    for low, high in ((-9, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 9), (-9, 0.4)):
        kept = [r["k"] for p, r in one_by_one(rows, chosen, rows) if low <= p < high]
        print(f"  [{low:4.1f}, {high:4.1f}): {len(kept):4d} {sum(k < 0.5 for k in kept):4d}")
    print("\nthresholds: cells beyond, of them keeping less than half, of them keeping 0.8 or more:")
    for name, bounds in (("under_served_mass", (0.3, 0.5, 0.6, 0.7)), ("demoted_mass", (0.1, 0.3, 0.5)),
                         ("missed_mass", (0.05, 0.1, 0.2, 0.3))):
        for bound in bounds:
            beyond = [r["k"] for r in rows if r[name] > bound]
            print(f"  {name:18s} > {bound:4.2f}: {len(beyond):4d} {sum(k < 0.5 for k in beyond):4d} "
                  f"{sum(k >= 0.8 for k in beyond):4d}")


def main():
    args = [a for a in sys.argv[1:] if a != "--quick"]
    paths = args + [os.path.join(HERE, "data", name) for name in ("cells.csv", "external.csv")][len(args):]
    rounds = 0 if "--quick" in sys.argv else 1000
    six, external = load(paths[0]), load(paths[1])
    base, everything = select(six, BASE), select(six + external, BASE)
    for title, cells in (("cells.csv", base), ("cells.csv and external.csv", everything)):
        print(f"fitted on {title}: w = {fit(cells, chosen)[0]:.4f}")
    print("\ncells.csv, leave-one-program-out (5 to 95 % over programs):")
    by_definition(six, base, rounds)
    pairs = [{p, q} for p, q in itertools.combinations(programs_of(base), 2)]
    report("real and synthetic, pairs left out", leave_out(base, chosen, base, pairs), 0)
    ceiling(base)
    print("\nexternal.csv, predicted from cells.csv alone:")
    by_definition(external, base, rounds)
    by_program(one_by_one(select(external, BASE), chosen, base))
    print("\nboth, leave-one-program-out:")
    by_definition(six + external, everything, rounds)
    by_program(one_by_one(everything, chosen, everything))
    ceiling(everything)
    intervals(everything)
    by_training(one_by_one(everything, chosen, everything))
    by_model(six, external)
    thresholds(everything)


if __name__ == "__main__":
    main()
