/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_KERNEL_H
#define PGO_METRICS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/*
 * What is computed for each counter that means the same on both sides, for many at once, in the vector registers the
 * machine has. Always by lanes of four and without fused multiplications, so the results are the same on every machine.
 */

/** Counters of many rows. Arrays of a multiple of PGO_LANES items. */
struct pgo_kernel_counters {
	const uint64_t *x, *y; /**< counters of A and B */
	const double *ratio;   /**< q_f / p_f of their row: what turns a share of A's function into one of B's */
	double *divergence;    /**< out: (p log2 p + q log2 q) / 2 - m log2 m, m = (p + q) / 2; 0 for p = q */
	double *distance;      /**< out: |p q_f / p_f - q| */
	double *overlap;       /**< out: min(p, q) */
	double *under_served;  /**< out: q where A does not call it hot */
	double *demoted;       /**< out: q where A calls it cold and B hot */
};

struct pgo_kernel_side {
	uint64_t hot, hot999, cold;
	double scale, log_scale;
};

/** Sums over all of them, by lane. */
#define PGO_LANES 4
struct pgo_kernel_sums {
	double divergence[PGO_LANES], distance[PGO_LANES], overlap[PGO_LANES], hellinger[PGO_LANES],
		variation[PGO_LANES];
	double logs[2][PGO_LANES];     /**< of x log2 x and y log2 y */
	double table[3][3][PGO_LANES]; /**< q by class in A and in B */
	double missed[PGO_LANES], served_999[PGO_LANES], misweighted[PGO_LANES], wasted[PGO_LANES];
	uint64_t hot_both[PGO_LANES], hot999_both[PGO_LANES];
	/* of rows */
	double between[PGO_LANES];	 /**< divergence of their shares: pgo_jsd_term() */
	double share_logs[2][PGO_LANES]; /**< of p_f log2 p_f and q_f log2 q_f */
};

/** `count` is rounded up to lanes: counters behind the last one are read, and must be 0 with a finite ratio. */
void pgo_kernel_counters(const struct pgo_kernel_counters *c, size_t count, const struct pgo_kernel_side side[2],
			 struct pgo_kernel_sums *sums);

/** What a pair of profiles has in one block of counters: shares p, q of `count` counters, a multiple of PGO_LANES. */
double pgo_kernel_squares(const double *root_p, const double *root_q, size_t count); /**< sum of (root_p - root_q)^2 */
double pgo_kernel_gaps(const double *p, const double *q, size_t count);		     /**< sum of |p - q| */
double pgo_kernel_mean_logs(const double *p, const double *q, size_t count); /**< sum of m log2 m, m = (p + q) / 2 */
double pgo_kernel_below(const double *p, const double *q, size_t count, double least); /**< sum of q where p < least */

/** What tells whether a summary's thresholds are right: of the counters given, those at or above each cut. */
#define PGO_CUTS_MOST 16
struct pgo_kernel_cuts {
	size_t count;
	uint64_t cut[PGO_CUTS_MOST];		     /**< below 2^63 */
	uint64_t nonzero[PGO_LANES];		     /**< how many are not 0 */
	uint64_t counters[PGO_CUTS_MOST][PGO_LANES]; /**< how many are at or above it */
	uint64_t equal[PGO_CUTS_MOST][PGO_LANES];    /**< how many are equal to it */
	uint64_t sum[PGO_CUTS_MOST][PGO_LANES];	     /**< sum of those at or above it, modulo 2^64 */
};

/**
 * Add counters below 2^63, none above `most`; `count` is rounded up to lanes, and what is read behind the last one must
 * be 0.
 */
void pgo_kernel_cut(struct pgo_kernel_cuts *cuts, const uint64_t *counters, size_t count, uint64_t most);

/** Rows with these shares, all > 0; `count` is rounded up to lanes, and shares behind the last one must be 0. */
void pgo_kernel_rows(const double *train_share, const double *test_share, size_t count, struct pgo_kernel_sums *sums);

#endif
