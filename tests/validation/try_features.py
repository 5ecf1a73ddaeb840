#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try features for the predicted share of the gain kept that `pgo-analyze compare` does not have.

usage: try_features.py DATASET CELLS [DATASET CELLS ...]     (needs python3-numpy and llvm-profdata)

DATASET holds <program>/<train>.profdata, CELLS is the table collect_cells.py made of it. Each feature is computed from
the counters, over the cells fit_retained.py fits (no micro-benchmark as the test, gain at least 5 %), and ranked alone
and beside the masses of the model in use: AUC for "keeps less than half" and Spearman's rho, nothing fitted. Features
are differences between the profiles; in the second list, properties of the test alone, which scale the masses instead.
LLVM_PROFDATA names another llvm-profdata than llvm-profdata-22.
"""
import os
import subprocess
import sys

import numpy as np

import fit_retained as fit

PROFDATA = os.environ.get("LLVM_PROFDATA", "llvm-profdata-22")
TARGETS, SIZES = 0, 1


class Profile:
    def __init__(self, path):
        lines = subprocess.run([PROFDATA, "merge", "--text", "-o", "-", path], capture_output=True, text=True,
                               check=True).stdout.split("\n")
        self.counters, self.values = {}, {}
        i = 0
        while i < len(lines):
            if lines[i] != "# Func Hash:":
                i += 1
                continue
            n = int(lines[i + 3])
            key = lines[i - 1], lines[i + 1], n
            self.counters[key] = np.array(lines[i + 5:i + 5 + n], dtype=float)
            i += 5 + n
            if lines[i].startswith("# Num Value Kinds"):
                i = self.read_values(key, lines, i + 1)
        every = np.sort(np.concatenate(list(self.counters.values())))[::-1]
        self.total = every.sum()
        self.hot, self.hot999 = (every[np.searchsorted(np.cumsum(every), np.floor(self.total * c))]
                                 for c in (0.99, 0.999))

    def read_values(self, key, lines, i):
        kinds, i = int(lines[i]), i + 1
        for _ in range(kinds):
            kind, sites, i = int(lines[i + 1]), int(lines[i + 3]), i + 4
            for site in range(sites):
                count, i = int(lines[i]), i + 1
                pairs = [x.rsplit(":", 1) for x in lines[i:i + count]]
                self.values[key, kind, site] = {name: int(n) for name, n in pairs}
                i += count
        return i


def value_distance(a, b, kind):
    """Total variation of the values recorded at a site, mean over the test's sites by how often they ran."""
    distance = mass = 0
    for at, of in b.values.items():
        total = sum(of.values())
        if at[1] != kind or not total:
            continue
        other = a.values.get(at, {})
        seen = sum(other.values())
        mass += total
        distance += total if not seen else total / 2 * sum(
            abs(other.get(v, 0) / seen - of.get(v, 0) / total) for v in set(other) | set(of))
    return distance / mass if mass else 0


def discordance(x, y):
    """Pairs of counters ordered otherwise than in the test, weighted by the test's difference; ties count half."""
    d = y[:, None] - y[None, :]
    w = np.abs(d)
    s = np.sign(x[:, None] - x[None, :]) * np.sign(d)
    return (w * ((s < 0) + 0.5 * (s == 0))).sum() / w.sum() if w.sum() else 0


def features(a, b):
    keys = [k for k, y in b.counters.items() if y.sum()]
    size = np.array([k[2] for k in keys])
    at = np.repeat(np.arange(len(keys)), size)
    x = np.concatenate([a.counters.get(k, np.zeros(k[2])) for k in keys])
    y = np.concatenate([b.counters[k] for k in keys])
    q, ran = y / b.total, np.bincount(at, x) > 0
    q_f = np.bincount(at, q)
    inside_a = x / np.where(ran, np.bincount(at, x), 1)[at]
    inside_b = q / q_f[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.clip(np.log2(a.hot / x), 0, None)
        ratio = np.where(inside_a > 0, np.log2(inside_b / inside_a), np.inf)
    ratio[y == 0] = 0
    largest = np.zeros(len(keys))
    np.maximum.at(largest, at, q)
    turned = [discordance(a.counters[k], b.counters[k]) if r else 1.0 for k, r in zip(keys, ran)]
    hot999 = y >= b.hot999
    under = x < a.hot
    differences = {
        "under-served, by 4 octaves": (q * np.clip(below, 0, 4) / 4).sum(),
        "under-served, by 13 octaves": (q * np.clip(below, 0, 13) / 13).sum(),
        "under-served, of what is hot": q[under & (y >= b.hot)].sum() / q[y >= b.hot].sum(),
        "under-served, functions to 8 counters": q[under & (size <= 8)[at]].sum(),
        "hot counters lost, by number": 1 - (hot999 & (x >= a.hot999)).sum() / hot999.sum(),
        "misweighted, by 6 octaves": (q * np.clip(ratio, 0, 6) / 6).sum(),
        "order of counters turned": (q_f * turned).sum(),
        "call targets": value_distance(a, b, TARGETS),
        "sizes of memory operations": value_distance(a, b, SIZES),
    }
    share_of = {"dominant counters": largest.sum()}
    for limit in (3, 8):
        share_of[f"functions to {limit} counters"] = q_f[size <= limit].sum()
    share_of["calls through pointers"] = sum(
        sum(v.values()) for k, v in b.values.items() if k[1] == TARGETS) / b.total
    return differences, share_of


def main():
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit(__doc__)
    tables, cache = [], {}
    for dataset, table in zip(sys.argv[1::2], sys.argv[2::2]):
        cells = fit.select(fit.load(table), fit.BASE)
        for r in cells:
            paths = [os.path.join(dataset, r["program"], r[k] + ".profdata") for k in ("train", "test")]
            for p in paths:
                if p not in cache:
                    cache[p] = Profile(p)
            r["differences"], r["shares"] = features(*(cache[p] for p in paths))
        tables.append(cells)
    tables.append([r for t in tables for r in t])

    def line(title, score):
        found = [fit.scores(fit.plain(t, lambda r: -score(r))) for t in tables]
        print(f"  {title:44s}" + "".join("  %.3f %.3f " % f for f in found))

    names = tables[0][0]["differences"], tables[0][0]["shares"]
    line("the model in use", lambda r: fit.chosen(r)[0])
    line("  its masses, no factor", fit.masses)
    for name in names[0]:
        line(name + ", alone", lambda r: r["differences"][name])
        line("  added to the masses", lambda r: fit.factor(r) * (fit.masses(r) + r["differences"][name]))
    print("factors of the masses:")
    for name in names[1]:
        for weight in (2, 5):
            line(f"1 + {weight} (share in {name})", lambda r: (1 + weight * r["shares"][name]) * fit.masses(r))


if __name__ == "__main__":
    main()
