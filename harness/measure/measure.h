/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_MEASURE_MEASURE_H
#define HARNESS_MEASURE_MEASURE_H

#include <json-c/json.h>

#include "harness/corpus/corpus.h"

/*
 * Is program B faster than program A on the workloads that were not trained on? Interleaved A B B A, paired; every raw
 * sample is kept in run order in out/measure/<label>.json. Ratios are cost(B) / cost(A): below 1 is faster.
 */

struct measure_options {
	const char *out_dir;
	const char *label;     /**< file name and title, e.g. "optimized" */
	const char *baseline;  /**< program A */
	const char *candidate; /**< program B */
	enum measure_method method;
	int runs; /**< pairs per workload (cachegrind: 1) */
	int warmup;
	double max_seconds; /**< whole measurement */
	double min_effect;  /**< ratios within 1 ± this are "no difference" */
	uint64_t seed;	    /**< bootstrap */
};

struct measure_workload {
	size_t workload;  /**< index into the corpus */
	double ratio;	  /**< ratio of medians */
	double low, high; /**< 95 % BCa bootstrap interval; equal to ratio for cachegrind (deterministic) */
	double p_value;	  /**< Wilcoxon signed-rank over pairs, two-sided; 1 for cachegrind */
	double p_slower;  /**< the same, one-sided: by chance this much slower or more; NAN for cachegrind */
	int pairs;
	double spread;			      /**< relative median absolute deviation of A's samples */
	double baseline_cost, candidate_cost; /**< median, in the method's unit (ns, or estimated cycles) */
	bool outputs_equal; /**< standard output and exit status of both builds agree, or one build alone does not
			       repeat itself */
	bool guard;
	char note[160]; /**< "noisy", "outliers", "outputs differ at byte 17", "" */
};

struct measure_result {
	enum measure_method method;
	size_t workload_count;
	struct measure_workload *workloads;
	double ratio; /**< geometric mean over held-out workloads */
	double low, high;
	bool outputs_equal;
	bool noisy; /**< spread too large for this method: recommendation says what to use */
	char recommendation[256];
};

/** Measures roles heldout and guard. @return PGO_OK, PGO_ECHILD (a run failed), PGO_EINTERRUPTED, PGO_EINVAL (no such
 * workload). */
int measure_run(struct measure_result *out, const struct corpus *corpus, const struct measure_options *options,
		struct pgo_error *err);
void measure_result_release(struct measure_result *result);
json_object *measure_json(const struct measure_result *result, const struct corpus *corpus);

/**
 * The performance gate (docs/method.md, proof): what was measured against a limit of 1 + min_effect.
 *
 * Held-out workloads, together: fails when the whole interval of their ratio lies above the limit (and each has at
 * least six pairs). Each guard: fails when its ratio is above the limit and its one-sided p-value, adjusted over the
 * guards by Holm's method, is at most MEASURE_ALPHA. A deterministic measurement is compared with the limit directly.
 * What cannot be told (no interval, or too few pairs for any p-value to be small enough) is inconclusive.
 */
#define MEASURE_ALPHA 0.05

enum measure_change { MEASURE_FASTER, MEASURE_SAME, MEASURE_SLOWER, MEASURE_UNKNOWN };

struct measure_guard {
	size_t index;  /**< into the result's workloads */
	double p_holm; /**< NAN: deterministic, or not measured */
	enum pgo_outcome outcome;
};

struct measure_verdict {
	enum pgo_outcome outcome; /**< the worst of both parts: fail, then inconclusive, then pass */
	double limit;		  /**< 1 + min_effect */
	size_t heldout_count;
	enum pgo_outcome heldout; /**< pass when there is none */
	enum measure_change change;
	size_t guard_count;
	struct measure_guard *guards;
	char summary[512]; /**< one sentence: what failed, else what was found */
};

/** Judge a measurement. @return PGO_OK, PGO_ENOMEM */
int measure_judge(struct measure_verdict *out, const struct measure_result *result, const struct corpus *corpus,
		  double min_effect, struct pgo_error *err);
void measure_verdict_release(struct measure_verdict *verdict);
json_object *measure_verdict_json(const struct measure_verdict *verdict, const struct measure_result *result,
				  const struct corpus *corpus);

/** "faster", "no difference", "slower"; NULL for unknown. */
const char *measure_change_name(enum measure_change change);

/** Which one a ratio with its interval is: at least min_effect away from 1, and the interval on one side of 1. */
enum measure_change measure_change_of(double ratio, double low, double high, double min_effect);

/** Pure statistics, tested on their own. */
double measure_median(const double *values, size_t n);
/** Ratio of medians b/a with BCa bootstrap interval over pairs; n >= 3, else interval is (NAN, NAN). */
void measure_ratio_bca(const double *a, const double *b, size_t n, uint64_t seed, double level, double *ratio,
		       double *low, double *high);
/** Two-sided exact Wilcoxon signed-rank p-value of log(b/a) (n <= 25 exact by enumeration of the rank-sum distribution,
 * normal beyond). */
double measure_wilcoxon(const double *a, const double *b, size_t n);
/** The same, one-sided: small when b is larger than a. */
double measure_wilcoxon_slower(const double *a, const double *b, size_t n);
/** Holm's adjusted p-values, in place; those that are no number count for nothing. */
void measure_holm(double *p, size_t n);

#endif
