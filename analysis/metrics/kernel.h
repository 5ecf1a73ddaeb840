/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_KERNEL_H
#define PGO_METRICS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is computed for each counter that means the same on both sides, for many at once, in the vector registers the
 * machine has. Always by lanes of four and without fused multiplications, so the results are the same on every machine.
 */

/** Counters of many rows. Arrays of a multiple of PGO_LANES items. */
struct pgo_kernel_counters {
	const uint64_t *x, *y; /**< counters of A and B */
	const uint32_t *row;   /**< number of their row */
	const double *ratio;   /**< q_f / p_f of each row: what turns a share of A's function into one of B's */
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
	double share[2][PGO_LANES];
	double between[PGO_LANES];	      /**< divergence of their shares: pgo_jsd_term() */
	double share_logs[2][PGO_LANES];      /**< of p_f log2 p_f and q_f log2 q_f */
	double dominant[2][PGO_LANES];	      /**< of their largest counters */
	uint64_t hot_functions[2][PGO_LANES]; /**< how many have a hot counter */
	double served_function[PGO_LANES];    /**< q_f of those with a hot counter in A */
	double flipped[PGO_LANES];	      /**< q_f of those whose dominant counter differs */
};

/** `count` is rounded up to lanes: counters behind the last one are read, and must be 0, with the number of a row. */
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

/** What the counters of a row come to, modulo 2^64. */
struct pgo_kernel_pair {
	uint64_t sum[2], max[2];
	uint32_t used;	/**< counters that are not 0 on both sides */
	bool differs;	/**< the first of the largest counters is another one */
};

/**
 * Add up the `count` counters of A and B, `count` > 0; those that are not 0 on both sides are appended at x and y, and
 * `row` at `of`. What lies up to PGO_LANES items behind these is overwritten.
 */
void pgo_kernel_pair(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
		     uint64_t *y, uint32_t *of, uint32_t row);

/** Rows: arrays of a multiple of PGO_LANES items, at most PGO_ROWS_MOST. */
#define PGO_ROWS_MOST 64
struct pgo_kernel_rows {
	const double *mass[2];	 /**< sums of counters of A and B: both > 0, or both 0 for a row that does not count */
	const uint64_t *max[2];	 /**< largest counters */
	const uint64_t *flipped; /**< all bits: the dominant counter differs; else 0 */
	double *share[2];	 /**< out: p_f, q_f */
	double *ratio;		 /**< out: q_f / p_f; 0 for a row that does not count */
	double *between;	 /**< out: divergence of the shares: pgo_jsd_term() */
};

/** From where on there is more to a row than its part in the sums. */
struct pgo_kernel_marks {
	double both;	    /**< p_f + q_f */
	double train, test; /**< p_f; q_f */
	double light, heavy; /**< p_f above the first and below the second */
	double mass[2];	     /**< above it */
	double max[2];	     /**< above it */
};

/**
 * `count` is rounded up to lanes, and rows behind the last one must not count.
 * @return bit i for row i: it reaches one of the marks
 */
uint64_t pgo_kernel_rows(const struct pgo_kernel_rows *rows, size_t count, const struct pgo_kernel_side side[2],
			 const struct pgo_kernel_marks *marks, struct pgo_kernel_sums *sums);

#endif
