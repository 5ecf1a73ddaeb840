/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_WEIGHTS_H
#define PGO_WEIGHTS_H

#include "pgo/concentration.h"
#include "pgo/panel.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Several workloads in one training profile: what share of the mass each should have, what share it has, and what the
 * merge does to each one's hot code (docs/method.md, sections 7 and 9). Each workload's counters are divided by its
 * total first; a merge with shares w has the counters m_c = sum_i w_i p_ic, which sum to 1.
 */

/** What the merge does to one workload. */
struct pgo_dominance_workload {
	double share;		      /**< of the merged mass, 0..1 */
	struct pgo_optional survival; /**< share of the mass of its own hot counters that the merge calls hot */
	/** Mass of the merge of the others, by [class there][class in the whole merge]; sums to 1. All 0 for n < 2. */
	double table[PGO_CLASS_COUNT][PGO_CLASS_COUNT];
	double changed;		   /**< of it: mass whose class this workload changes */
	double drowned;		   /**< of it: mass that is hot without this workload and is not with it */
	struct pgo_optional alone; /**< share of its own mass that the merge of the others does not call hot */
	size_t lost_count;
	struct pgo_named lost[PGO_CULPRITS]; /**< functions whose hot code the merge does not call hot, by share of the
						workload's hot mass */
};

struct pgo_dominance {
	size_t count;
	struct pgo_dominance_workload *workloads;
	size_t heaviest; /**< with the largest share */
	size_t least;	 /**< with the smallest survival */
	size_t culprit;	 /**< with the largest `drowned` */
};

/**
 * Measure a merge of the first `count` profiles of the panel.
 *
 * @param shares  `count` numbers >= 0, not all 0, scaled to sum 1; NULL: each one's total count, as a merge without
 *                weights gives it.
 * @param[out] out  caller releases with pgo_dominance_release(). Untouched on failure.
 * @return PGO_OK, PGO_ENOMEM, PGO_EINVAL: no share is positive, or one of a profile without counts is.
 * Time: linear in the counters above zero for each workload left out. Memory: 12 bytes for each of them and profile.
 */
int pgo_dominance_measure(struct pgo_dominance *out, const struct pgo_panel *panel, size_t count, const double *shares,
			  struct pgo_error *err);

void pgo_dominance_release(struct pgo_dominance *d);

/** Limits of the two rules below. */
#define PGO_DOMINANT 0.5
#define PGO_DOMINANT_ROUNDING 0.001 /**< so far above it a share counts as PGO_DOMINANT: weights are whole numbers */
#define PGO_LEAST_SURVIVAL 0.5

/**
 * Judge a merge: "survival" fails when less than `least` of a workload's hot code stays hot, and names it, its
 * functions and the workload that drowns it; "dominance" names the heaviest one and never fails, for mass alone does no
 * harm.
 * @param names  one for each workload. @param least_user  `least` was set by the user.
 */
int pgo_judge_dominance(struct pgo_verdict *out, const struct pgo_dominance *d, const char *const *names, double least,
			bool least_user, struct pgo_error *err);

enum pgo_weight_policy {
	PGO_WEIGHT_EQUAL = 0,
	PGO_WEIGHT_GIVEN,
	PGO_WEIGHT_MATCH,
	PGO_WEIGHT_SURVIVE,
	PGO_WEIGHT_POLICIES
};

/** "equal", "given", "match", "survive". */
const char *pgo_weight_policy_name(enum pgo_weight_policy policy);

struct pgo_weights_options {
	enum pgo_weight_policy policy;
	const double *given; /**< PGO_WEIGHT_GIVEN: wanted shares of the mass, >= 0; scaled to sum 1 */
};

struct pgo_weight {
	double mass;	 /**< total count of the profile */
	double wanted;	 /**< share the policy gives it */
	double share;	 /**< share it has after rounding to `weight` */
	uint64_t weight; /**< for llvm-profdata; 0: left out of the merge */
};

struct pgo_weights {
	enum pgo_weight_policy policy;
	size_t count;
	struct pgo_weight *weights;
	double rounding;		/**< largest relative error of a share that is not left out */
	struct pgo_optional jsd_bits;	/**< match: divergence of the mixture from the reference */
	struct pgo_optional gap_bits;	/**< match: it is at most so much above the least possible one */
	unsigned rounds;		/**< match: Newton steps; survive: merges tried */
	struct pgo_dominance dominance; /**< at `share` */
};

/** Shares below this over the number of workloads are left out of a merge: all of them together are less than that. */
#define PGO_LEAST_SHARE 1e-4

/**
 * Find shares for the first `count` profiles of the panel; those behind are the reference of PGO_WEIGHT_MATCH, each at
 * equal mass.
 *
 * match: minimises JSD(reference, sum_i w_i p_i) over the simplex. It is convex in w, with gradient
 *	g_i = 1/2 sum_c p_ic log2(m_c / ((m_c + q_c) / 2)),
 * so g.w - min_i g_i bounds what is left to gain. Stops at a bound of 1e-13 bits or when rounding ends the descent.
 * survive: maximises the smallest share of any workload's own hot mass that the merge calls hot. That is piecewise
 * constant in w: a search that raises what drowns, from equal shares, a heuristic.
 *
 * @param[out] out  caller releases with pgo_weights_release(). Untouched on failure.
 * @return PGO_OK, PGO_ENOMEM, PGO_EINVAL (a profile without counts; shares that are negative or all 0; match without a
 * reference).
 */
int pgo_weights_find(struct pgo_weights *out, const struct pgo_panel *panel, size_t count,
		     const struct pgo_weights_options *options, struct pgo_error *err);

void pgo_weights_release(struct pgo_weights *w);

/**
 * Integer weights for `n` workloads of the given masses (> 0) and wanted shares (> 0, sum 1): scaled so that the error
 * of any effective share is below 0.1 % of that share where possible, and no weighted sum exceeds 2^63, so that neither
 * a merged counter nor LLVM's running total saturates.
 * @param[out] effective  the shares the weights give.
 */
void pgo_integer_weights(uint64_t *weights, double *effective, const double *masses, const double *shares, size_t n);

/**
 * The first `count` profiles of the panel merged at shares, as a profile of its own, with a total near 2^60: a counter
 * that ran anywhere is at least 1. Value sites are left out; counters told apart by key are by position, as in the
 * panel.
 * @param shares  `count` numbers >= 0 with a positive sum. @param[out] out  caller frees with pgo_profile_free().
 * @return PGO_OK or PGO_ENOMEM.
 */
int pgo_panel_merge(struct pgo_profile **out, const struct pgo_panel *panel, size_t count, const double *shares,
		    struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
