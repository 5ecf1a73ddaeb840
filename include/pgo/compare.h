/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_COMPARE_H
#define PGO_COMPARE_H

#include "pgo/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Does training profile A ("train") serve executions like those of B ("test")?
 * Everything here is a pure function of two profiles. Notation as in docs/method.md: a_fc, b_fc counters,
 * p = a / A and q = b / B shares, p_f and q_f function shares. All masses and ratios are 0..1.
 */

/** A number that may be missing. Missing is not zero. */
struct pgo_optional {
	bool present;
	double value;
};

/** What the compiler makes of a counter, by the thresholds of the profile it stands in. */
enum pgo_class {
	PGO_CLASS_HOT = 0,   /**< counter >= the 99 % threshold */
	PGO_CLASS_WARM = 1,
	PGO_CLASS_COLD = 2,  /**< counter <= the 99.9999 % threshold, its function ran */
	PGO_CLASS_NEVER = 3, /**< its function has no count at all, or is not in the profile */
	PGO_CLASS_COUNT = 4,
};

enum pgo_join_class {
	PGO_JOIN_MATCHED = 0,    /**< same normalised name, CFG hash and number of counters */
	PGO_JOIN_MISMATCHED = 1, /**< same name, other hash or number of counters: stale */
	PGO_JOIN_ONLY_TRAIN = 2,
	PGO_JOIN_ONLY_TEST = 3,
	PGO_JOIN_COUNT = 4,
};

struct pgo_join_row {
	uint64_t functions;
	double train_mass; /**< share of A's mass in these functions */
	double test_mass;  /**< share of B's mass in these functions */
};

/** Concentration of one profile (METHOD 7). Shares are of the profile's mass. */
struct pgo_skew {
	double effective_counters;  /**< exp(H) over counter shares; 0 for an all-zero profile */
	double effective_functions; /**< exp(H) over function shares */
	double top_counters[3];     /**< share of the 1, 5, 10 largest counters */
	double top_functions[3];    /**< share of the 1, 5, 10 largest functions */
	uint64_t hot_counters;      /**< counters at or above the hot threshold */
	uint64_t hot_functions;     /**< functions with such a counter */
	double breadth;             /**< functions that ran / functions in the profile */
	double dominant_share;      /**< of the mass in each function's largest counter; 0 for an all-zero profile */
};

/** Integrity of one side (METHOD 1). */
struct pgo_side {
	const char *format;
	uint64_t version;
	uint32_t flags;
	struct pgo_summary summary; /**< entries: those of the cutoffs that are judged by, 99 %, 99.9 %, 99.9999 % */
	struct pgo_skew skew;
};

/** One function of the comparison. A side it is missing from has index UINT32_MAX and zero shares. */
struct pgo_function_comparison {
	const char *name;     /**< NUL-terminated; owned by the comparison */
	uint32_t train_index; /**< into train->functions */
	uint32_t test_index;
	uint8_t join;         /**< enum pgo_join_class */
	uint8_t train_class;  /**< enum pgo_class of its largest counter, by A's thresholds */
	uint8_t test_class;   /**< the same for B */
	bool flagged;         /**< q_value <= alpha and an effect beyond the limits in the options */
	bool dominant_differs;   /**< its largest counter is another one (both sides ran it, matched) */
	uint32_t train_dominant; /**< index of the largest counter; UINT32_MAX when all zero */
	uint32_t test_dominant;
	double train_share;   /**< p_f */
	double test_share;    /**< q_f */
	double jsd_bits;      /**< contribution to the profile's JSD; contributions sum to it */
	struct pgo_optional log2_ratio;     /**< log2(q_f / p_f); absent when either is 0 */
	struct pgo_optional shape_tv;       /**< total variation of the conditional counter distributions, 0..1 */
	struct pgo_optional shape_jsd_bits; /**< JSD of them at equal weights, 0..1; with the tests */
	struct pgo_optional p_value;        /**< G-test; absent when the function was not tested */
	struct pgo_optional q_value;        /**< Benjamini-Hochberg over the tested functions */
	struct pgo_optional ks_p_value;     /**< Kolmogorov-Smirnov on counter ranks */
};

/** The decision table and the masses drawn from it (METHOD 4). All are shares of B's mass but wasted_heat (A's). */
struct pgo_decisions {
	double table[PGO_CLASS_COUNT][PGO_CLASS_COUNT]; /**< B's mass by [class in A][class in B]; sums to 1 */
	double missed_functions; /**< in functions A never ran */
	double missed_counters;  /**< in counters A never ran (contains missed_functions) */
	double demoted;          /**< B calls hot, A cold or never */
	double under_served;     /**< A does not call hot at 99 % */
	double under_served_999; /**< … at 99.9 % */
	double under_served_function; /**< in functions without any counter that A calls hot at 99 % */
	double misweighted;      /**< on counters whose share within their function is >= 8 times larger in B than in A */
	double wasted_heat;      /**< A's mass: A hot, B cold or never */
	double flipped;          /**< in functions both ran whose dominant counter differs */
	double shape_tv;         /**< test-weighted mean of shape_tv; functions A never ran count 1 */
};

/** Predicted share of the gain kept (METHOD 10). */
struct pgo_retained {
	bool present;     /**< false: not calibrated for this kind of profile; `note` says why */
	double estimate;  /**< of what PGO could gain on executions like B: may be below 0, at most 1 */
	double low, high; /**< 90 % prediction interval over programs */
	const char *note; /**< static text: what it was calibrated on, or why it does not apply */
};

struct pgo_compare_options {
	bool context_sensitive; /**< compare CS records instead of the normal ones */
	double n_eff;           /**< effective executions per function that ran, for the tests; default 1000 */
	double alpha;           /**< false discovery rate of the per-function tests; default 0.05 */
	double min_share;       /**< functions whose mean share is below are not tested; default 1e-5 */
	double effect_ratio;    /**< flag: share ratio of at least this, either way; default 2 */
	double effect_tv;       /**< flag: shape distance of at least this; default 0.25 */
	size_t max_functions;   /**< hand out this many functions, those with the most divergence; 0 (default): all */
	bool last_use;          /**< the profiles' files are not read much after this: their pages are given back, from
	                             here to pgo_comparison_release() */
};

/** Which of B's mass a function is blamed for. */
enum pgo_blame {
	PGO_BLAME_MISSED = 0,       /**< in functions A never ran */
	PGO_BLAME_DEMOTED = 1,      /**< B calls hot, A cold or never */
	PGO_BLAME_UNDER_SERVED = 2, /**< A does not call hot */
	PGO_BLAME_HEAVIEST = 3,     /**< not B's mass but A's: the functions that hold most of it */
	PGO_BLAME_KINDS = 4,
};

#define PGO_CULPRITS 3

/** A function with much of that mass. */
struct pgo_culprit {
	const char *name; /**< NULL: there is none; owned by the comparison */
	double share;     /**< of B's mass; PGO_BLAME_HEAVIEST: of A's */
};

struct pgo_drop;

struct pgo_comparison {
	struct pgo_compare_options options; /**< as used */
	struct pgo_side train, test;
	struct pgo_join_row join[PGO_JOIN_COUNT];
	double join_rate;          /**< B's mass in matched functions; where functions that did not run are not listed
	                              (keyed counters, tables without hashes), also in those only B has */
	double overlap_ratio;      /**< sum of min(p_fc, q_fc): llvm-profdata's "overlap" */
	double overlap_mismatched; /**< B's mass in mismatched records, as llvm-profdata counts it */
	double overlap_unique;     /**< B's mass in functions A does not have */
	double jsd_bits;           /**< 0..1 */
	double jsd_between_bits;   /**< first term of the chain decomposition: which functions run */
	double jsd_within_bits;    /**< second term: how they run inside */
	double hellinger;          /**< 0..1 */
	double total_variation;    /**< 0..1 */
	struct pgo_optional spearman;   /**< of the shares of functions with a mean share of at least min_share */
	struct pgo_optional kendall_tau_b; /**< the same */
	struct pgo_optional hot_jaccard;    /**< hot counters at 99 % */
	struct pgo_optional hot_jaccard_999;
	struct pgo_optional weight_matching[3]; /**< share of B captured by A's top 10, top 100, top |hot set| functions */
	struct pgo_decisions decisions;
	struct pgo_retained retained;
	size_t tested_functions;
	size_t flagged_functions;
	struct pgo_culprit culprits[PGO_BLAME_KINDS][PGO_CULPRITS]; /**< by falling share */
	size_t function_total; /**< functions of either side */
	size_t function_count; /**< those handed out: all, or max_functions of them */
	struct pgo_function_comparison *functions; /**< by descending jsd_bits, then mass, then name; those without mass
	                                               last, as joined */
	char *names;           /**< what the names above point into */
	const struct pgo_profile *train_profile; /**< borrowed: must outlive the comparison */
	const struct pgo_profile *test_profile;
	struct pgo_drop *drop; /**< their pages, being given back; NULL: none are */
};

/** The defaults named above. */
struct pgo_compare_options pgo_compare_defaults(void);

/**
 * Compare two profiles.
 *
 * @param[out] out  filled on success; pgo_comparison_release() frees its arrays. Untouched on failure.
 * @param options   NULL: the defaults.
 * @return PGO_OK, PGO_ENOMEM, PGO_EMISMATCH: profiles of different kinds (IR with front-end, entry_first with not, byte
 *         coverage with counts): comparing their counters would be meaningless.
 *
 * An all-zero side gives shares of 0, a JSD of 1 against a side with mass, and no p-values.
 */
int pgo_compare(struct pgo_comparison *out, const struct pgo_profile *train, const struct pgo_profile *test,
		const struct pgo_compare_options *options, struct pgo_error *err);

void pgo_comparison_release(struct pgo_comparison *comparison);

/** Concentration of one profile alone. */
int pgo_profile_skew(struct pgo_skew *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
		     const struct pgo_summary *summary, struct pgo_error *err);

/**
 * Summary and skew at once, also of a profile opened with pgo_profile_open_lazily(): it is read and checked on the way,
 * and its functions stay unread where all of it is plainly in order; otherwise it is settled.
 * @return as pgo_profile_read()
 */
int pgo_profile_overview(struct pgo_summary *summary, struct pgo_skew *skew, struct pgo_profile *profile,
			 enum pgo_record_filter filter, struct pgo_error *err);

/** "hot", "warm", "cold", "never". */
const char *pgo_class_name(enum pgo_class c);

/** "matched", "mismatched", "only_train", "only_test". */
const char *pgo_join_name(enum pgo_join_class c);

/**
 * Readable form of a symbol: file prefix dropped, C++ and Rust names demangled; the name itself when it cannot be.
 * @return heap string, caller frees; NULL when out of memory.
 */
char *pgo_demangle(const char *name);

#ifdef __cplusplus
}
#endif

#endif
