#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Average linkage and silhouettes by SciPy and by their definitions, for tests/unit/metrics/test_clusters.c.

    /usr/bin/python3 tests/validation/clusters_oracle.py
"""
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

POINTS = [(0, 0), (1, 3), (2, 1), (40, 42), (41, 40), (43, 44), (44, 41), (10, 80), (12, 83), (9, 79), (70, 5)]


def silhouette(d, labels):
    values = []
    for i in range(len(d)):
        own = [d[i][j] for j in range(len(d)) if labels[j] == labels[i] and j != i]
        if not own:
            values.append(0.0)
            continue
        a = np.mean(own)
        b = min(np.mean([d[i][j] for j in range(len(d)) if labels[j] == k]) for k in set(labels) if k != labels[i])
        values.append((b - a) / max(a, b))
    return values


points = np.array(POINTS, float)
d = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1)) / 200
tree = linkage(squareform(d), "average")
print("heights", ", ".join("%.17g" % h for h in tree[:, 2]))
for k in range(2, 8):
    labels = fcluster(tree, k, "maxclust")
    s = silhouette(d, labels)
    print(k, "mean %.17g" % np.mean(s), list(labels))
    if k == 4:
        print("   ", ", ".join("%.17g" % x for x in s))
