/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_SUFFICIENCY_H
#define PGO_SUFFICIENCY_H

#include "pgo/concentration.h"
#include "pgo/panel.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Are there enough workloads? What share of the next one's execution would be in functions that none of these ran?
 * (docs/method.md, section 8.) Only which functions ran matters, not how much another workload ran them.
 */

struct pgo_sufficiency_options {
	double max_missed;    /**< bound on the expected missed mass; default 0.1, as the gate's */
	size_t orders;	      /**< random orders of the workloads for the quartiles; default 200 */
	uint64_t seed;	      /**< of these; default 1 */
	size_t min_workloads; /**< below: inconclusive; default 5 */
};

struct pgo_sufficiency_options pgo_sufficiency_defaults(void);

/** Missed mass of a workload when `workloads` others are trained on. */
struct pgo_sufficiency_point {
	size_t workloads;
	double expected;	  /**< exact mean over all sets of that size and all workloads outside them */
	double low, median, high; /**< quartiles over the random orders: the workload next in order */
};

#define PGO_ONLY_FUNCTIONS 3

struct pgo_sufficiency_workload {
	double missed;		 /**< leave-one-out: its share in functions no other workload ran */
	uint64_t only_functions; /**< functions only it ran */
	size_t named;
	struct pgo_named functions[PGO_ONLY_FUNCTIONS]; /**< those with most of its mass */
};

struct pgo_sufficiency {
	struct pgo_sufficiency_options options; /**< as used */
	size_t workload_count;
	struct pgo_sufficiency_workload *workloads;
	size_t point_count; /**< workload_count - 1: sets of 1 to n - 1 */
	struct pgo_sufficiency_point *points;
	uint64_t functions_seen; /**< by any workload */
	uint64_t seen_once;	 /**< by exactly one */
	uint64_t seen_twice;
	double missed_mean; /**< of the leave-one-out values: what a set of n - 1 misses of one more */
	double missed_max;
	double singleton_mass;	  /**< M1 = missed_mean, by its other derivation: mass of functions seen once / n */
	double doubleton_mass;	  /**< M2: mass of functions seen by exactly two workloads / n */
	struct pgo_optional next; /**< Good-Turing: expected missed mass of the next workload after all n */
	struct pgo_optional more; /**< at least so many more workloads until `next` is at most max_missed and there are
					 min_workloads; 0: none */
	double chance_over;	  /**< (1 + #{leave-one-out > max_missed}) / (n + 1) */
};

/**
 * Notation: n workloads, x_if the share of workload i in function f, k_f the number of workloads that ran f;
 * M_j = 1/n sum_i sum_{f: k_f = j} x_if.
 *
 *	missed(k)  = sum_j M_j C(n-j, k) / C(n-1, k)	expected missed mass after k workloads, k = 1..n-1; falling in k
 *	missed(n-1) = M_1				the leave-one-out mean
 *	next       = M_1 A,  A = (n-1) M_1 / ((n-1) M_1 + M_2)
 *	next(t)    = M_1 A^(t+1)			after t more; `more` is the least t with next(t) <= max_missed
 *
 * `next` is exact when all functions seen once have one chance of being run, and too small in expectation otherwise
 * (Jensen), while M_1 is too large: the truth lies between. Source: Good 1953; the form of A is that of Chao and Jost
 * 2012 (sample coverage of incidence data), with masses for counts.
 *
 * n = 1: no points, missed 1, `next` absent. M_1 = 0: next 0. M_2 = 0 with M_1 > 0: nothing says how fast it falls, and
 * `more` is absent, or what is missing to min_workloads. A workload without any count misses nothing and counts as one.
 *
 * @param panel    one profile for each workload; at least one. @param options  NULL: the defaults.
 * @param[out] out caller releases with pgo_sufficiency_release(). Untouched on failure.
 * @return PGO_OK or PGO_ENOMEM. Time: one pass over the panel, and for each order the functions that ran.
 */
int pgo_sufficiency_measure(struct pgo_sufficiency *out, const struct pgo_panel *panel,
			    const struct pgo_sufficiency_options *options, struct pgo_error *err);

void pgo_sufficiency_release(struct pgo_sufficiency *s);

/**
 * Judge. Passes when the leave-one-out mean is at most the bound, fails when even `next`, the lower estimate, is above
 * it; between them, or with fewer than min_workloads, inconclusive with the number that is missing.
 * @param names  one for each workload. @param bound_user  max_missed was set by the user.
 */
int pgo_judge_sufficiency(struct pgo_verdict *out, const struct pgo_sufficiency *s, const char *const *names,
			  bool bound_user, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
