/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_RUNS_H
#define PGO_RUNS_H

#include "pgo/compare.h"
#include "pgo/distances.h"
#include "pgo/panel.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Several runs on a side: is the difference between training and test larger than that between their runs?
 * (docs/method.md, section 6.) Runs are what is replicated, never counts: a profile whose counts are a thousand times
 * larger is still one run. Repeats of one workload are no runs of their own either; they count as their mean.
 */

/** What a candidate is ranked by; larger is worse. By train -> test, as pgo_compare() has it. */
enum pgo_score {
	PGO_SCORE_RETAINED = 0, /**< one minus the predicted share of the gain kept; where that is not calibrated,
				   PGO_SCORE_UNDER_SERVED takes its place */
	PGO_SCORE_UNDER_SERVED = 1,
	PGO_SCORE_MISSED = 2, /**< in functions that training never ran */
	PGO_SCORE_HELLINGER = 3,
	PGO_SCORE_JSD = 4,
	PGO_SCORE_TV = 5,
	PGO_SCORE_COUNT = 6,
};

/** "retained", "under-served", "missed", "hellinger", "jsd", "tv". */
const char *pgo_score_name(enum pgo_score score);

/** @return false when there is none of this name */
bool pgo_score_find(enum pgo_score *out, const char *name);

struct pgo_runs_options {
	enum pgo_score score;
	double alpha;	     /**< false discovery rate of the tests of functions; default 0.05 */
	double min_share;    /**< functions whose mean share over all workloads is below are not tested; default 1e-5 */
	double effect_ratio; /**< flag: ratio of mean shares of at least this, either way; default 2 */
	double effect_tv;    /**< flag: shape distance of at least this; default 0.25 */
	uint64_t permutations; /**< all where there are no more, else so many random ones; at least 1, default 20000 */
	uint64_t seed;	       /**< of these; default 1 */
};

struct pgo_runs_options pgo_runs_defaults(void);

/** Ways to choose k of n, at most UINT64_MAX. */
uint64_t pgo_choices(size_t n, size_t k);

/** What a permutation test counted. */
struct pgo_permutation {
	bool exact;	  /**< all labellings were taken, each once, that of the runs among them */
	uint64_t count;	  /**< labellings taken */
	uint64_t seed;	  /**< of the random ones; 0 when exact */
	uint64_t extreme; /**< of them at least as extreme as the runs' own, which is among them only when exact */
	double p_value;	  /**< exact: extreme / count; else (1 + extreme) / (1 + count) */
	double least_p;	  /**< the smallest p that so many runs, and so many permutations, could give */
};

/** Energy distance of two groups. */
struct pgo_energy {
	size_t count[2];  /**< runs in the first and the second group */
	double between;	  /**< mean distance of a run of one to a run of the other */
	double within[2]; /**< mean distance inside each, each run's 0 to itself among them */
	double energy;	  /**< 2 between - within[0] - within[1]; at least 0 */
	struct pgo_permutation permutation;
};

/**
 * Permutation test of the energy distance (Szekely and Rizzo 2004; V-statistic)
 *
 *	E = 2/(n m) sum d(a_i, b_j) - 1/n^2 sum d(a_i, a_k) - 1/m^2 sum d(b_j, b_l)
 *
 * over all labellings of the n + m runs with n and m. The Hellinger distance is Euclidean (of the square roots), so E
 *is at least 0, and in expectation 0 only for groups of one distribution. Exact under exchangeability of the runs.
 *Where there are more labellings than `permutations`, that many are drawn at random. For n = m a labelling and its
 *mirror have one E, so the least p is then 2 / C(2n, n), else 1 / C(n + m, n). Sums that differ by less than a relative
 *1e-12 are taken for equal.
 *
 * @param second  of each run: it belongs to the second group. Each group has at least one run.
 * @return PGO_OK, PGO_EINVAL (a group is empty), PGO_ENOMEM
 */
int pgo_energy_test(struct pgo_energy *out, const struct pgo_distances *distances, const bool *second,
		    uint64_t permutations, uint64_t seed, struct pgo_error *err);

/** Rank of a candidate among reference runs. */
struct pgo_conformal {
	enum pgo_score score; /**< as used */
	bool trains; /**< the candidate is a training profile, tested by the others; else the other way round */
	size_t reference_count;
	double candidate;   /**< its score */
	double *references; /**< theirs */
	size_t extreme;	    /**< references with at least the candidate's score */
	double p_value;	    /**< (1 + extreme) / (reference_count + 1) */
	double least_p;	    /**< 1 / (reference_count + 1) */
};

/**
 * Conformal rank. All n + 1, the candidate and the n references, are treated alike: s_i is the score of z_i against the
 * mean, at equal mass, of the n others; p = (1 + #{references: s_i >= s_candidate}) / (n + 1). When the candidate is
 * exchangeable with the references, P(p <= a) <= a for every a, whatever their distribution (Vovk, Gammerman and Shafer
 * 2005). Below n = 19, p cannot reach 0.05.
 *
 * A candidate that is itself the mean of several runs is not exchangeable with single ones: it varies less and covers
 * more, so its p tends to be too large.
 *
 * @param workload  of each profile: those of one number are one workload, which counts as their mean at equal mass;
 *                  PGO_NO_WORKLOAD: it takes no part. NULL: each is a workload of its own.
 * @param candidate  number of the workload that is ranked among the others.
 * @return PGO_OK, PGO_EINVAL (no references, no candidate, or a profile without counts), PGO_ENOMEM.
 * pgo_conformal_release() frees. Time: n + 1 merges and as many comparisons; memory: that of a merge for each thread.
 */
int pgo_conformal_rank(struct pgo_conformal *out, const struct pgo_panel *panel, const size_t *workload,
		       size_t candidate, bool trains, enum pgo_score score, enum pgo_record_filter filter,
		       struct pgo_error *err);
void pgo_conformal_release(struct pgo_conformal *conformal);

#define PGO_NO_WORKLOAD SIZE_MAX

/** One function over the runs. */
struct pgo_function_runs {
	uint32_t function;		/**< of the panel */
	double share[2];		/**< mean share in the training and in the test workloads */
	double noise_share;		/**< largest difference of its share between repeats of one workload */
	double noise_tv;		/**< the same of its shape */
	size_t ran[2];			/**< workloads that ran it */
	double share_p;			/**< of |mean share in test - mean share in training| */
	struct pgo_optional log2_ratio; /**< of the mean shares, test to training; absent when either is 0 */
	struct pgo_optional shape_tv;	/**< total variation of the mean shapes; absent unless both sides ran it */
	struct pgo_optional shape_p;	/**< of the energy distance of the shapes; absent: not tested */
	double share_q;			/**< Benjamini-Hochberg over all tests made, of shares and of shapes */
	struct pgo_optional shape_q;
	bool share_flagged, shape_flagged; /**< q <= alpha, an effect beyond the limits, and beyond the noise */
};

/** Several runs against several. */
struct pgo_runs {
	struct pgo_runs_options options; /**< as used */
	size_t profile_count[2];	 /**< training, test */
	size_t workload_count[2];
	struct pgo_spread repeats; /**< Hellinger distances of repeats of one workload: the noise floor */
	struct pgo_energy energy;  /**< of the workloads */
	bool within_noise; /**< there are repeats, and the mean distance between the sides is no larger than theirs */
	bool train_ranked; /**< there are at least two test workloads */
	struct pgo_conformal
		train;	   /**< the mean of all training workloads among the test workloads, as training profile */
	size_t test_count; /**< workloads of the test ranked: all, or 0 with fewer than two training workloads */
	struct pgo_conformal *tests; /**< each test workload among the training workloads, tested */
	size_t *test_profile;	     /**< first profile of each, in the panel */
	uint64_t labellings;	     /**< C(n + m, n), at most UINT64_MAX: what the tests of functions are made of */
	double least_p;		     /**< the smallest p of a function's share */
	size_t function_count;	     /**< functions tested; 0 when least_p > alpha */
	size_t tests_made;	     /**< of shares and of shapes */
	double least_q; /**< the smallest q a function could have that alone differs: least_p * tests_made, at most 1 */
	size_t flagged_count;
	struct pgo_function_runs *functions; /**< flagged first, then by least p, then by difference of the shares */
};

/**
 * Everything above, of a panel whose first `train_count` profiles are the training runs and the others the test runs.
 *
 * Functions are tested on their share, with the statistic |mean of test - mean of training|, and on their shape, with
 * the energy distance of the Hellinger distances of their counters' distributions, among the workloads that ran them;
 * the labels are those of the workloads. Tests whose least possible p is above alpha are not made (Tarone 1990). Random
 * labellings of one function stop when 50 were at least as extreme: p = 50 / drawn (Besag and Clifford 1991).
 *
 * @param labels  of each profile: equal numbers on one side are repeats of one workload; NULL: there are none.
 * @param options  NULL: the defaults.
 * @return PGO_OK, PGO_EINVAL (a side without profiles, or a profile without counts), PGO_ENOMEM; pgo_runs_release()
 * frees. The result does not depend on the number of threads.
 */
int pgo_runs_measure(struct pgo_runs *out, const struct pgo_panel *panel, size_t train_count, const size_t *labels,
		     const struct pgo_runs_options *options, enum pgo_record_filter filter, struct pgo_error *err);
void pgo_runs_release(struct pgo_runs *runs);

/**
 * The mean of profiles [first, last) of a panel as one profile: each workload's counters divided by its total, added up
 * (the repeats of a workload share its part), and scaled to a total near 2^60, so that rounding moves no counter's
 * share by more than 2^-60; what ran anywhere is at least 1. Value sites are left out; counters told apart by key are
 * by position, as in the panel.
 *
 * @param labels  of all profiles of the panel, as above.
 * @return PGO_OK, PGO_EINVAL (a profile without counts), PGO_ENOMEM; caller frees with pgo_profile_free()
 */
int pgo_runs_mean(struct pgo_profile **out, const struct pgo_panel *panel, size_t first, size_t last,
		  const size_t *labels, struct pgo_error *err);

/** Two sides compared by their means. */
struct pgo_runs_comparison {
	struct pgo_comparison comparison;
	struct pgo_profile *means[2]; /**< owned; NULL: the side is one profile, that of the panel */
};

/**
 * pgo_compare() of the mean of the training side with that of the test side; then
 *
 *	p, q, flags  of functions are those of `runs`: the lesser p and q of share and shape; none where they were not
 *tested counts       of a side's summary (total, largest, thresholds) are scaled back to the sum of its profiles'
 *totals, rounded; saturated counters are those of its profiles together. All measures are taken before.
 *
 * @param panel  must outlive the result, as must its profiles. @param runs  of this panel.
 * @return as pgo_compare(); pgo_runs_comparison_release() frees.
 */
int pgo_runs_compare(struct pgo_runs_comparison *out, const struct pgo_panel *panel, size_t train_count,
		     const size_t *labels, const struct pgo_runs *runs, const struct pgo_compare_options *options,
		     struct pgo_error *err);
void pgo_runs_comparison_release(struct pgo_runs_comparison *comparison);

/** What the writers of "compare" are told of several profiles on a side. Borrowed. */
struct pgo_runs_report {
	const struct pgo_runs *runs;
	const struct pgo_panel *panel;
	const char *const *names;		   /**< of all profiles, as a person named them */
	const struct pgo_profile *const *profiles; /**< as they were read */
	const size_t *labels; /**< as pgo_runs_measure(); equal numbers on one side: repeats of one workload */
};

#ifdef __cplusplus
}
#endif

#endif
