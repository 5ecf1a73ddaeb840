/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_CONCENTRATION_H
#define PGO_CONCENTRATION_H

#include "pgo/compare.h"
#include "pgo/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Is one profile concentrated the way a micro-benchmark's is? (docs/method.md, section 7.) The statistics describe; a
 * profile is judged by where they rank among reference runs, or, where there are none, by defaults that say so.
 */

/** A function named in a result. */
struct pgo_named {
	char *name;   /**< heap, as stored in the profile, ended by NUL */
	double share; /**< of the mass the result speaks of */
};

enum pgo_concentration_stat {
	PGO_STAT_EFFECTIVE_COUNTERS = 0, /**< exp(H) over counter shares */
	PGO_STAT_EFFECTIVE_FUNCTIONS,	 /**< exp(H) over function shares */
	PGO_STAT_TOP_COUNTER,		 /**< share of the largest counter, 0..1 */
	PGO_STAT_TOP_10_COUNTERS,
	PGO_STAT_TOP_FUNCTION,
	PGO_STAT_HOT_SHARE,	/**< counters at the hot cutoff / counters that ran, 0..1 */
	PGO_STAT_HOT_INFLATION, /**< hot cutoff / mean of the counters that ran */
	PGO_STAT_BREADTH,	/**< functions that ran / functions, 0..1 */
	PGO_STAT_LOOP_SHARE,	/**< mass in loop-dominated functions, 0..1 */
	PGO_STAT_COUNT
};

/** What is known of a statistic: one table for reports, flags of the verdict and documentation. */
struct pgo_concentration_field {
	const char *name;	      /**< JSON key */
	const char *help;	      /**< a few words, lower case */
	bool low;		      /**< small values are the concentrated ones */
	struct pgo_optional fallback; /**< default limit where there are no references; absent: not judged then */
};

/** The table: PGO_STAT_COUNT rows. */
const struct pgo_concentration_field *pgo_concentration_fields(void);

/** A function is loop-dominated when its largest counter is at least so many times its first one. */
#define PGO_LOOP_RATIO 100

#define PGO_RESPONSIBLE 5

/** A function with much of the mass. */
struct pgo_responsible {
	struct pgo_named named;
	double largest; /**< share of the function's own mass in its largest counter */
	bool loop;	/**< loop-dominated */
};

struct pgo_concentration {
	struct pgo_summary summary;
	struct pgo_skew skew;
	struct pgo_optional values[PGO_STAT_COUNT]; /**< all absent for an all-zero profile */
	uint64_t loop_functions;
	size_t responsible_count;
	struct pgo_responsible responsible[PGO_RESPONSIBLE]; /**< by falling share, then as in the profile */
};

/**
 * Measure one profile.
 *
 * Loop-dominated: largest counter >= PGO_LOOP_RATIO * entry, entry being the first counter, as LLVM's function entry
 * count is, or where it is zero the smallest counter that ran; functions whose counters are told apart by key (samples)
 * are treated alike. A function with one counter never is.
 *
 * @param[out] out  filled on success; pgo_concentration_release() frees its names. Untouched on failure.
 * @return PGO_OK or PGO_ENOMEM. Time is linear in the counters.
 */
int pgo_concentration_measure(struct pgo_concentration *out, const struct pgo_profile *profile,
			      enum pgo_record_filter filter, struct pgo_error *err);

void pgo_concentration_release(struct pgo_concentration *c);

/** One statistic beside the reference runs'. */
struct pgo_concentration_rank {
	struct pgo_optional low, median, high; /**< of the references */
	struct pgo_optional p_value; /**< conformal, one-sided: (1 + references at least as concentrated) / (n + 1) */
	bool beyond;		     /**< beyond the default limit; only without references */
};

struct pgo_concentration_ranks {
	size_t reference_count; /**< references that ran */
	struct pgo_concentration_rank ranks[PGO_STAT_COUNT];
	struct pgo_optional p_value; /**< all statistics at once; absent without references */
};

/**
 * Rank a profile among reference runs. The joint score of a profile is the sum over statistics of the number of the
 * other n profiles that are less concentrated, ties a half; p = (1 + #{references with a score >= the candidate's}) /
 * (n + 1). The score treats all n + 1 profiles alike, so p is exact (P(p <= a) <= a) when the candidate is exchangeable
 * with them. Smallest possible p: 1 / (n + 1). References without counts are left out; statistics one side lacks, too.
 * Cost: PGO_STAT_COUNT * (n + 1)^2.
 */
void pgo_concentration_rank(struct pgo_concentration_ranks *out, const struct pgo_concentration *candidate,
			    const struct pgo_concentration *references, size_t count);

/**
 * Judge. With references: rule "skew" fails at p <= alpha, and is inconclusive, saying how many runs are missing, when
 * 1 / (n + 1) > alpha. Without: one rule for each statistic with a default; beyond it is inconclusive, never a failure,
 * for concentration alone does no harm.
 * @param name       what the profile is called in sentences. @param alpha_user  alpha was set by the user.
 * @param[out] out   caller releases with pgo_verdict_release().
 */
int pgo_judge_concentration(struct pgo_verdict *out, const char *name, const struct pgo_concentration *candidate,
			    const struct pgo_concentration_ranks *ranks, double alpha, bool alpha_user,
			    struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
