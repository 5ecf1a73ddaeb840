/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_METRICS_H
#define PGO_METRICS_METRICS_H

#include <math.h>
#include <string.h>

#include "analysis/model/in_place.h"
#include "pgo/compare.h"

#define PGO_NO_INDEX UINT32_MAX

/** A function's sum as a real number, exact sums above 2^64 included. */
static inline double pgo_function_mass(const struct pgo_function *f)
{
	return f->sum < UINT64_MAX ? (double)f->sum : (double)pgo_function_sum(f);
}

/** Array of at least one item, uninitialised; free() it. @return NULL when out of memory */
void *pgo_array_new(size_t count, size_t item_size);

/**
 * Tables for logarithms: v log2 v for small integers (most counters are small), and for the rest reciprocal and
 * logarithm of the middle of each of 128 intervals of [1, 2).
 */
#define PGO_SMALL 1024
#define PGO_LOG_BITS 7
struct pgo_logs {
	double v_log_v[PGO_SMALL];
	struct {
		double inverse, log;
	} middle[1 << PGO_LOG_BITS];
};

void pgo_logs_init(struct pgo_logs *logs);

/**
 * log2 of a normal x > 0, inline: x = 2^e d, d c = 1 + r with c the reciprocal of the middle of d's interval, so |r| <
 * 2^-8, and six terms of the series leave 2^-57. Absolute error below one unit in the last place of the result's e.
 */
static inline double pgo_log2(const struct pgo_logs *logs, double x)
{
	uint64_t bits;
	double d;
	memcpy(&bits, &x, sizeof bits);
	int exponent = (int)(bits >> 52) - 1023;
	unsigned i = (unsigned)(bits >> (52 - PGO_LOG_BITS)) & ((1u << PGO_LOG_BITS) - 1);
	bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
	memcpy(&d, &bits, sizeof d);
	double r = d * logs->middle[i].inverse - 1;
	double series = r * (1 + r * (-1.0 / 2 + r * (1.0 / 3 + r * (-1.0 / 4 + r * (1.0 / 5 - r / 6)))));
	return exponent + (logs->middle[i].log + series * M_LOG2E);
}

/** v log2 v, 0 for 0. */
static inline double pgo_v_log_v(const struct pgo_logs *logs, uint64_t v)
{
	return v < PGO_SMALL ? logs->v_log_v[v] : (double)v * pgo_log2(logs, (double)v);
}

/** A row of the join: one function record on one side, or a matched record on both. */
struct pgo_pair {
	uint32_t train; /**< PGO_NO_INDEX: not on this side */
	uint32_t test;
	uint32_t join; /**< enum pgo_join_class; PGO_JOIN_COUNT: no row, it stands further down or is not taken */
};

/**
 * The join in two steps, so that the counters of the first can be worked on during the second. Rows [0, matched_rows)
 * are the test profile's records in its order: those matched by exact name, and void ones. All others follow: the test
 * records that were left, in order, then the training ones.
 */
struct pgo_join {
	struct pgo_pair *pairs; /**< heap, with room for all rows there can be */
	size_t matched_rows;
	size_t count;		   /**< after the second step */
	uint64_t mismatched_train; /**< records */
	uint64_t mismatched_test;
	uint8_t *train_state, *test_state; /**< heap, for the second step */
};

/** First step: by exact name, of the records `filter` takes. @return PGO_OK or PGO_ENOMEM; release `out` either way. */
int pgo_join_exact(struct pgo_join *out, const struct pgo_profile *train, const struct pgo_profile *test,
		   enum pgo_record_filter filter, unsigned threads);

/** Second step: by normalised name, and what cannot be joined. Leaves rows [0, matched_rows) alone. */
int pgo_join_rest(struct pgo_join *join, const struct pgo_profile *train, const struct pgo_profile *test);

void pgo_join_release(struct pgo_join *join);

/**
 * Normalise a PGO name: file part cut to its base name, codegen unit of rustc dropped, separator always ';', hashes of
 * Rust symbols and `.llvm.<digits>` dropped. The result is never longer than the name plus one byte.
 * @param out  at least length + 1 bytes. @return length written, without a NUL.
 */
size_t pgo_name_normalize(char *out, const char *name, size_t length);

/** Length of the file part with its separator, 0 when there is none. */
size_t pgo_name_file_prefix(const char *name, size_t length);

/** One side of a comparison as the passes over the counters need it. */
struct pgo_side_view {
	const struct pgo_profile *profile;
	const struct pgo_summary *summary;
	double scale; /**< 1 / total; 0 for an all-zero profile */
	double total;
	double log_scale; /**< log2(scale); 0 for an all-zero profile */
};

/** What the pass over the counters leaves for each row. */
struct pgo_part {
	double train_share, test_share;
	double jsd_bits;
	double shape_tv; /**< meaningful when both shares are > 0 and the row is matched */
};

/** Class of a record's largest counter by its own profile's thresholds; never when nothing ran. */
enum pgo_class pgo_record_class(const struct pgo_side_view *side, uint32_t index);

/** Index of its largest counter, the first of equal ones; PGO_NO_INDEX when nothing ran. */
uint32_t pgo_record_dominant(const struct pgo_side_view *side, uint32_t index);

/** Rows with the most of the mass a function can be blamed for, by falling share; share 0 where there is none. */
struct pgo_blamed {
	struct {
		uint32_t row;
		double share;
	} rows[PGO_BLAME_KINDS][PGO_CULPRITS];
};

/** Enter a row; among equal shares the one entered first stays in front. */
void pgo_blamed_add(struct pgo_blamed *blamed, enum pgo_blame kind, uint32_t row, double share);

/** The largest values, falling. */
#define PGO_TOP 10
struct pgo_top {
	double values[PGO_TOP];
};

/** What the skew of a profile is made of, added up function by function. */
struct pgo_skew_sums {
	double counter_logs, function_logs; /**< sums of v log2 v over counters, over functions */
	struct pgo_top counters, functions;
	uint64_t hot_functions;
};

/** Add a function that ran. `counter_logs` is the sum over its counters. */
void pgo_skew_add(struct pgo_skew_sums *sums, const pgo_count *counters, uint32_t count, uint64_t max, double mass,
		  double counter_logs, const struct pgo_summary *summary, const struct pgo_logs *logs);

/** Add the sums of other functions of the same profile. */
void pgo_skew_merge(struct pgo_skew_sums *to, const struct pgo_skew_sums *from);

void pgo_skew_finish(struct pgo_skew *out, const struct pgo_skew_sums *sums, const struct pgo_summary *summary);

/** What a job finds that is no plain sum. */
struct pgo_job_extremes {
	struct pgo_blamed blamed;
	struct pgo_skew_sums skew[2]; /**< training, test */
};

/** Sums over counters. Plain sums of doubles, so that partial ones can be added up in a fixed order. */
struct pgo_totals {
	double overlap;	     /**< sum of min(p, q) over matched records */
	double overlap_llvm; /**< the same over those with as many value sites too */
	double sites_differ; /**< B's mass in matched records with another number of value sites */
	double jsd, between;
	double bhattacharyya; /**< sum of sqrt(p q) */
	double table[PGO_CLASS_COUNT][PGO_CLASS_COUNT];
	double missed_counters, served_999, served_function, misweighted, wasted_heat, flipped, shape_tv;
	double hot_both, hot999_both; /**< counters hot on both sides */
	double join_mass[PGO_JOIN_COUNT][2];
	double join_count[PGO_JOIN_COUNT];
	double ran; /**< functions that ran on either side */
};

/** Pass over the counters of rows [first, last): fills their parts and adds up the totals. */
void pgo_counters_pass(struct pgo_part *parts, struct pgo_totals *totals, struct pgo_job_extremes *extremes,
		       const struct pgo_join *join, size_t first, size_t last, const struct pgo_side_view *train,
		       const struct pgo_side_view *test, const struct pgo_logs *logs);

/** The divergence of two shares in bits: m (1 - H2(p / (p + q))), m = (p + q) / 2. Range 0..m. */
double pgo_jsd_term(double p, double q);

/** A tested function's numbers. */
struct pgo_tested {
	uint32_t row;
	double p_value;
	double q_value;
	struct pgo_optional shape_jsd_bits;
	struct pgo_optional ks_p_value;
};

/** A sort key and what it belongs to. */
struct pgo_keyed {
	uint64_t key;
	uint32_t index;
};

/**
 * Test one row: G-test of homogeneity of its counters (and of the rest of the program), Kolmogorov-Smirnov on counter
 * ranks. `size` is the effective number of executions each profile stands for.
 * @param scratch  room for the row's counters. */
void pgo_test_row(struct pgo_tested *out, const struct pgo_part *part, const struct pgo_pair *pair,
		  const struct pgo_side_view *train, const struct pgo_side_view *test, double size,
		  struct pgo_keyed *scratch);

/** P(K > lambda), Kolmogorov's distribution: 2 sum_{k>=1} (-1)^(k-1) exp(-2 k^2 lambda^2). 1 for lambda <= 0. */
double pgo_kolmogorov_q(double lambda);

/** Benjamini-Hochberg: fills q_value from p_value. @return PGO_OK or PGO_ENOMEM. */
int pgo_benjamini_hochberg(struct pgo_tested *tested, size_t count);

/**
 * Rank correlations of two arrays, ties at their mean rank (Spearman) and tau_b (Kendall). O(n log n).
 * Absent for n < 2 or when one array is constant. @return PGO_OK or PGO_ENOMEM.
 */
int pgo_rank_correlations(struct pgo_optional *spearman, struct pgo_optional *kendall_tau_b, const double *x,
			  const double *y, size_t count);

/** Stable radix sort, ascending. @return PGO_OK or PGO_ENOMEM. */
int pgo_sort_keyed(struct pgo_keyed *items, size_t count);

/** Key that sorts as the double does; `x` must be >= 0. */
uint64_t pgo_key_of(double x);

/** Run `count` jobs on up to `threads` threads, each job once. Jobs must not share what they write. */
void pgo_parallel(void (*job)(void *context, size_t index), void *context, size_t count, unsigned threads);

/**
 * For each of `sizes`: the sum of y over that many largest x, ties in x in the order of the arrays; rows with x = 0 are
 * never among them. The arrays are left as they are. @return PGO_OK or PGO_ENOMEM
 */
int pgo_sums_of_top(double *out, const double *x, const double *y, size_t count, const size_t *sizes,
		    size_t size_count);

/** The n-th largest value (n from 1) of an array, which is left in another order. */
double pgo_select_largest(double *values, size_t count, size_t n);

/** Rows with mass by falling divergence, then falling mass, then name. @return PGO_OK or PGO_ENOMEM */
int pgo_order_rows(struct pgo_keyed *order, size_t count, const struct pgo_join *join, const struct pgo_part *parts,
		   const struct pgo_side_view side[2]);

/** Fill `out->retained` from the other fields. */
void pgo_retained_estimate(struct pgo_comparison *out);

#endif
