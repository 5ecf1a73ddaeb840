/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_DISTANCES_H
#define PGO_DISTANCES_H

#include "pgo/panel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Distances of two profiles, over counters that are the same function's on both sides; all 0..1, 0 for equal shares.
 */
enum pgo_distance {
	PGO_DISTANCE_HELLINGER = 0,    /**< sqrt(sum (sqrt p - sqrt q)^2 / 2): a metric; what clusters and tests use */
	PGO_DISTANCE_JSD = 1,	       /**< Jensen-Shannon divergence in bits */
	PGO_DISTANCE_TV = 2,	       /**< total variation, sum |p - q| / 2 = 1 - overlap */
	PGO_DISTANCE_UNDER_SERVED = 3, /**< column's mass on counters the row does not call hot (99 %): not symmetric */
	PGO_DISTANCE_MISSED = 4,       /**< column's mass on counters the row never ran: not symmetric */
	PGO_DISTANCE_COUNT = 5,
};

/** "hellinger", "jsd", "tv", "under-served", "missed". */
const char *pgo_distance_name(enum pgo_distance distance);

/** What it says, in a few words; static. */
const char *pgo_distance_help(enum pgo_distance distance);

/** By name; "overlap" is total variation. @return false when there is none of this name */
bool pgo_distance_find(enum pgo_distance *out, const char *name);

static inline bool pgo_distance_symmetric(enum pgo_distance distance)
{
	return distance < PGO_DISTANCE_UNDER_SERVED;
}

/** All pairs. */
struct pgo_distances {
	size_t count; /**< profiles */
	enum pgo_distance kind;
	double *values; /**< [row * count + column]; the row trains, the column tests */
};

/**
 * Distances of all pairs of a panel. Equal to what pgo_compare() says of the pair (tested to 1e-12) where its records
 * join by the same rule; a profile without counts has distance 1 to all but another such.
 *
 * Counters are taken in blocks, so the memory is 16 KB for each profile and n^2 doubles for each of 16 parts of the
 * work, whatever the size of the program. Time: n^2 times the counters of the union, a few per nanosecond and
 * processor; reading the counters is linear in them. The result does not depend on the number of threads.
 * @return PGO_OK or PGO_ENOMEM; pgo_distances_release() frees.
 */
int pgo_distances_measure(struct pgo_distances *out, const struct pgo_panel *panel, enum pgo_distance kind,
			  struct pgo_error *err);
void pgo_distances_release(struct pgo_distances *distances);

/** Quantiles of the distances of different profiles (or of pairs that `take` takes); type 7, as R's default. */
struct pgo_spread {
	size_t pairs;
	double low, quarter, median, three_quarters, high; /**< 0 when there are no pairs */
};
void pgo_spread_of(struct pgo_spread *out, double *values /* reordered */, size_t count);

/** One merge of average-linkage clustering: nodes below `count` are profiles, node count + i is merge i. */
struct pgo_merge_step {
	uint32_t left, right;
	uint32_t size; /**< profiles in the new cluster */
	double height; /**< mean distance between the two */
};

/** Most clusters that are looked for. */
#define PGO_CLUSTERS_MOST 12

/** Below this mean silhouette there is no structure worth speaking of (Kaufman and Rousseeuw, 1990). */
#define PGO_SILHOUETTE_LEAST 0.25

struct pgo_clusters {
	size_t count;		      /**< profiles */
	struct pgo_merge_step *steps; /**< count - 1 of them, by rising height */
	uint32_t cluster_count;	      /**< 1 where no number of clusters has a mean silhouette of at least
					 PGO_SILHOUETTE_LEAST */
	uint32_t *cluster;	      /**< of each profile: 0.., numbered by first member */
	double *silhouette; /**< of each profile, -1..1; 0 alone in its cluster or where there is one cluster */
	uint32_t *order;    /**< profiles in the order of the tree's leaves: neighbours are alike */
	struct pgo_optional_mean {
		bool present;
		double value;
	} mean_silhouette[PGO_CLUSTERS_MOST + 1]; /**< by number of clusters, from 2 */
};

/**
 * Average-linkage clustering (UPGMA) of symmetric distances, cut at the number of clusters with the largest mean
 * silhouette (Rousseeuw 1987): s = (b - a) / max(a, b), a the mean distance to the own cluster, b the least mean
 * distance to another. Ties: the pair with the lowest numbers. O(n^3) at worst, n^2 memory.
 * @return PGO_OK or PGO_ENOMEM; pgo_clusters_release() frees.
 */
int pgo_clusters_find(struct pgo_clusters *out, const struct pgo_distances *distances, struct pgo_error *err);
void pgo_clusters_release(struct pgo_clusters *clusters);

#ifdef __cplusplus
}
#endif

#endif
