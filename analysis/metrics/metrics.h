/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_METRICS_H
#define PGO_METRICS_METRICS_H

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "analysis/base/threads.h"
#include "analysis/base/vec.h"
#include "analysis/metrics/kernel.h"
#include "analysis/model/in_place.h"
#include "pgo/compare.h"

#define PGO_NO_INDEX UINT32_MAX
#define PGO_NO_REF UINT64_MAX

/** A function's sum as a real number, exact sums above 2^64 included. */
static inline double pgo_function_mass(const struct pgo_function *f)
{
	return f->sum < UINT64_MAX ? (double)f->sum : (double)pgo_function_sum(f);
}

/** A sum of shares: 0..1, and 1 where it misses that by no more than rounding does (1e-9). */
static inline double pgo_share_sum(double sum)
{
	return sum < 0 ? 0 : sum > 1 - 1e-9 ? 1 : sum;
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

/** A record the join by exact name left over. */
struct pgo_leftover {
	uint64_t ref;		  /**< pgo_function_ref() */
	const uint64_t *counters; /**< a copy close at hand; NULL: look at the record itself */
	uint64_t hash;		  /**< of its normalised name: XXH3 */
	uint64_t cfg_hash;
	uint32_t counter_count;
	uint32_t sites;	  /**< value sites */
	uint32_t index;	  /**< in its profile */
	uint32_t partner; /**< of a test record: number of the training leftover it is joined with, or PGO_NO_INDEX */
	uint8_t named;	  /**< the other side has a record of this name */
	uint8_t matched;
	uint8_t idle; /**< has no count */
};

struct pgo_leftovers {
	PGO_VEC(struct pgo_leftover *) side[2]; /**< training, test; each in its order */
	PGO_VEC(void *) blocks;			/**< what lies behind these pointers and their `counters`; heap */
};

typedef PGO_VEC(struct pgo_leftover) pgo_leftover_notes;

/** Note a record that is left over; `f` is complete. @return the note, or NULL when out of memory */
struct pgo_leftover *pgo_leftover_add(pgo_leftover_notes *notes, const struct pgo_function *f, uint64_t ref,
				      uint32_t index, bool named);

/** Append all notes to a side, which owns them then. @return PGO_OK or PGO_ENOMEM */
int pgo_leftovers_take(struct pgo_leftovers *l, unsigned side, pgo_leftover_notes *notes);

/** Join leftovers by normalised name, CFG hash and number of counters: first goes with first. @return PGO_OK,
 * PGO_ENOMEM */
int pgo_join_leftovers(struct pgo_leftovers *l, const struct pgo_profile *train, const struct pgo_profile *test);

/** Class of a record that leftovers were joined into. */
static inline uint32_t pgo_leftover_class(const struct pgo_leftover *l, unsigned side)
{
	return l->matched ? PGO_JOIN_MATCHED
	       : l->named ? PGO_JOIN_MISMATCHED
	       : side	  ? PGO_JOIN_ONLY_TEST
			  : PGO_JOIN_ONLY_TRAIN;
}

/** The join by exact name through a table. */
struct pgo_join {
	uint32_t *partner; /**< of each test record: the training record, or PGO_NO_INDEX; heap */
	struct pgo_leftovers left;
};

/** Join the records `filter` takes by exact name. @return PGO_OK or PGO_ENOMEM; release `out` either way. */
int pgo_join_exact(struct pgo_join *out, const struct pgo_profile *train, const struct pgo_profile *test,
		   enum pgo_record_filter filter);

void pgo_join_release(struct pgo_join *join);

/** True when two records have one name, of which one may know the MD5 only. */
static inline bool pgo_same_name(const struct pgo_function *a, const struct pgo_function *b)
{
	return a->name_ref == b->name_ref && (((a->flags | b->flags) & PGO_FUNCTION_MD5_NAME) ||
					      (a->name_length == b->name_length &&
					       (a->name_length == 0 || memcmp(a->name, b->name, a->name_length) == 0)));
}

/** True when two records of one name are the same function. */
static inline bool pgo_same_record(const struct pgo_function *a, const struct pgo_function *b)
{
	return a->cfg_hash == b->cfg_hash && a->counter_count == b->counter_count;
}

/** One side of a comparison as the passes over the counters need it. */
struct pgo_side_view {
	const struct pgo_profile *profile;
	uint64_t hot, hot999, cold; /**< thresholds */
	double scale;		    /**< 1 / total; 0 for an all-zero profile */
	double total;
	double log_scale; /**< log2(scale); 0 for an all-zero profile */
};

/** Fill all but the profile. */
void pgo_side_view_set(struct pgo_side_view *view, const struct pgo_summary *summary);

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
	double dominant; /**< sum of the largest counters */
};

/** Add a function that ran to the largest ones only. */
void pgo_skew_tops(struct pgo_skew_sums *sums, const pgo_count *counters, uint32_t count, uint64_t max, double mass);

/** Add a function that ran; its logarithms are added by the caller. */
void pgo_skew_add(struct pgo_skew_sums *sums, const pgo_count *counters, uint32_t count, uint64_t max, double mass,
		  uint64_t hot_threshold);

/** Add the sums of other functions of the same profile. */
void pgo_skew_merge(struct pgo_skew_sums *to, const struct pgo_skew_sums *from);

void pgo_skew_finish(struct pgo_skew *out, const struct pgo_skew_sums *sums, const struct pgo_summary *summary);

/** Sums over counters. Plain sums of doubles, so that partial ones can be added up in a fixed order. */
struct pgo_totals {
	double overlap;	      /**< sum of min(p, q) over matched records */
	double overlap_sites; /**< the part of it in records with another number of value sites */
	double sites_differ;  /**< B's mass in matched records with another number of value sites */
	double jsd, between;
	double variation; /**< sum of |p - q| / 2 */
	double hellinger; /**< square of the distance: sum of (p + q) / 2 - sqrt(p q) */
	double table[PGO_CLASS_COUNT][PGO_CLASS_COUNT];
	double missed_counters, served_999, served_function, misweighted, wasted_heat, flipped, shape_tv;
	double hot_both, hot999_both; /**< counters hot on both sides */
	double join_mass[PGO_JOIN_COUNT][2];
	double join_count[PGO_JOIN_COUNT];
	double mismatched[2]; /**< records, by side */
	double ran;	      /**< functions that ran on either side */
};

/** A row: one record on one side, or a record of either side that is the same function. */
struct pgo_row {
	uint64_t ref[2]; /**< training, test: pgo_function_ref(), or PGO_NO_REF */
	uint64_t order;	 /**< rises as rows were joined */
	double share[2];
	double jsd_bits;
	double shape_tv;    /**< meaningful when both shares are > 0 */
	double inverse_sum; /**< of a tested row: 1 / m added up over its counters that are not 0, m = (p + q) / 2 */
	uint32_t cells;	    /**< of a tested row: counters that are not 0 */
	uint32_t index[2];  /**< in its profile, or PGO_NO_INDEX */
	uint8_t join;	    /**< enum pgo_join_class */
	uint8_t class[2];  /**< enum pgo_class of its largest counter by its own profile's thresholds */
};

/** The record a row is named after: B's where there is one; without sum and maximum. */
struct pgo_function pgo_row_function(const struct pgo_row *row, const struct pgo_side_view side[2]);

/** Rows with the most of the mass a function can be blamed for, by falling share; share 0 where there is none. */
struct pgo_blamed {
	struct {
		uint64_t ref;	/**< of B's record; PGO_BLAME_HEAVIEST: of A's */
		uint64_t order; /**< of the row */
		double share;
	} rows[PGO_BLAME_KINDS][PGO_CULPRITS];
};

/** Enter a row; among equal shares the row that comes first stands in front. */
void pgo_blamed_add(struct pgo_blamed *blamed, enum pgo_blame kind, uint64_t ref, uint64_t order, double share);

typedef PGO_VEC(struct pgo_row) pgo_rows;

struct pgo_share_pair {
	double train, test;
};
typedef PGO_VEC(struct pgo_share_pair) pgo_share_pairs;

struct pgo_measure;
struct pgo_waiting;

/**
 * What one job of a comparison adds up and keeps. Of the rows themselves only those are kept that something further on
 * asks for; a row for each function would cost more time than all else, in pages the kernel has to clear.
 */
struct pgo_batch {
	struct pgo_totals sum;
	struct pgo_blamed blamed;
	struct pgo_skew_sums skew[2];
	uint64_t order;	     /**< of the next row */
	uint32_t records[2]; /**< of the next record, where the job counts them itself */
	pgo_rows tested;     /**< rows with mass enough to be tested */
	pgo_rows first;	     /**< candidates for the list: at least the first `max_functions` of all; or all rows */
	double first_bits, first_mass; /**< of the last one certain to be among the first; -1 while there are fewer; of
					  another job's, the mass is the least there can be */
	pgo_share_pairs heavy;	       /**< all rows with at least the hot threshold's mass in A */
	pgo_share_pairs light;	       /**< of the others at least those with most of A's mass, PGO_LIGHT of them */
	double light_least;
	struct pgo_waiting *waiting; /**< rows not yet measured; the job's */
	bool failed;		     /**< out of memory */
};
#define PGO_LIGHT 100

/**
 * What the jobs tell one another: a row below one of these bounds is, whatever else comes, not among those asked for.
 * They only rise. How far they have risen when a job looks decides what it keeps, never what comes out in the end.
 */
struct pgo_bounds {
	_Atomic double first_bits;     /**< of the list: so many rows diverge more */
	_Atomic double train, test;    /**< smallest of the shares that are to blame: heaviest, under-served */
	_Atomic double mass[2], max[2]; /**< of the largest functions and counters, by side */
	atomic_size_t heavy;	       /**< heavy rows so far */
};

/** What all jobs share. */
struct pgo_measure {
	struct pgo_bounds *bounds;
	struct pgo_side_view side[2];
	struct pgo_logs logs;
	double least_tested;  /**< sum of the shares from which a row is tested; < 0: none is */
	double heavy;	      /**< A's share from which a row is heavy */
	size_t max_functions; /**< 0: all */
	bool sites_matter;    /**< a profile has value sites */
};

/** Two records that are one function, or one record alone. */
struct pgo_meeting {
	const struct pgo_function *f[2]; /**< training, test; complete; NULL: not there */
	uint64_t ref[2];
	uint32_t index[2];
	uint32_t sites[2];
	uint32_t join; /**< enum pgo_join_class */
};

/** True when a row that never ran cannot get on the list: then only its number counts. */
static inline bool pgo_idle_row(struct pgo_batch *batch, enum pgo_join_class join)
{
	if (batch->first_mass <= 0)
		return false;
	batch->order++;
	batch->sum.join_count[join]++;
	return true;
}

/** Measure a row, sooner or later: add it to the sums, keep it where it may be asked for. */
void pgo_measure_row(struct pgo_batch *batch, const struct pgo_measure *m, const struct pgo_meeting *met);

void pgo_batch_release(struct pgo_batch *batch);

/** Cut the candidates for the list to `limit`. @return PGO_OK or PGO_ENOMEM */
int pgo_rows_cut(pgo_rows *rows, size_t limit, const struct pgo_side_view side[2]);

/** Index of its largest counter, the first of equal ones; PGO_NO_INDEX when nothing ran. */
uint32_t pgo_record_dominant(const struct pgo_side_view *side, uint64_t ref);

/** The divergence of two shares in bits: m (1 - H2(p / (p + q))), m = (p + q) / 2. Range 0..m. */
double pgo_jsd_term(double p, double q);

/** A tested function's numbers. */
struct pgo_tested {
	const struct pgo_row *row;
	double p_value;
	double q_value;
};

/** A sort key and what it belongs to. */
struct pgo_keyed {
	uint64_t key;
	uint32_t index;
};

/**
 * p of one tested row: G-test of homogeneity of its counters and of the rest of the program. `size` is the effective
 * number of executions each profile stands for.
 */
double pgo_test_row(const struct pgo_row *row, double size);

/**
 * What is only told of rows that are listed: the shape's divergence, and Kolmogorov-Smirnov on counter ranks.
 * @return PGO_OK or PGO_ENOMEM
 */
int pgo_test_shape(struct pgo_function_comparison *out, const struct pgo_row *row, const struct pgo_side_view side[2],
		   double size);

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

/**
 * For each of `sizes`: the sum of y over that many largest x, ties in x in the order of the arrays; rows with x = 0 are
 * never among them. The arrays are left as they are. @return PGO_OK or PGO_ENOMEM
 */
int pgo_sums_of_top(double *out, const double *x, const double *y, size_t count, const size_t *sizes,
		    size_t size_count);

/** The n-th largest value (n from 1) of an array, which is left in another order. */
double pgo_select_largest(double *values, size_t count, size_t n);

/**
 * Bring row numbers into the order of the list: rows with mass by falling divergence, then falling mass, then name;
 * behind them those without, as joined. @return PGO_OK or PGO_ENOMEM */
int pgo_order_rows(struct pgo_keyed *order, size_t count, const struct pgo_row *rows,
		   const struct pgo_side_view side[2]);

/** Fill `out->retained` from the other fields. */
void pgo_retained_estimate(struct pgo_comparison *out);

#endif
