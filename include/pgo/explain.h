/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_EXPLAIN_H
#define PGO_EXPLAIN_H

#include "pgo/values.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One function through both profiles of a comparison: what a compiler that trains with A would do with it, and what of
 * B's execution that serves. Pure functions of the comparison and its profiles. Sides: 0 is A (train), 1 is B (test).
 */

/** How a word names functions, from the strictest way on; only those of the strictest that finds any are taken. */
enum pgo_match {
	PGO_MATCH_EXACT = 0, /**< the name as it is stored */
	PGO_MATCH_READABLE, /**< the demangled name, with or without its parameters; static functions without their file
			     */
	PGO_MATCH_PATTERN,  /**< a POSIX extended regular expression on either */
	PGO_MATCH_NONE,
};

/** A function that was meant: its records on both sides. */
struct pgo_matched {
	uint32_t index[2]; /**< into the profiles; UINT32_MAX: no record */
	uint32_t row[2];   /**< rows of the comparison; equal where the records were joined; UINT32_MAX: none */
	double share[2];
};

struct pgo_matches {
	enum pgo_match how;
	size_t count;
	struct pgo_matched *items; /**< by falling sum of both shares, then name */
};

/**
 * Functions of a whole comparison (options.max_functions 0) that `wanted` names. Records of one name that were not
 * joined because their code differs are one function.
 * @return PGO_OK (count may be 0), PGO_EINVAL: nothing has this name, and it is no regular expression; PGO_ENOMEM.
 *         pgo_matches_release() frees.
 */
int pgo_explain_match(struct pgo_matches *out, const struct pgo_comparison *comparison, const char *wanted,
		      struct pgo_error *err);
void pgo_matches_release(struct pgo_matches *matches);

/** What LLVM makes of a function by a profile's record and summary. */
enum pgo_treatment {
	PGO_TREAT_INLINE = 0, /**< entry count hot: inlinehint */
	PGO_TREAT_HOT,	      /**< a counter is hot; the entry count is not, or not known */
	PGO_TREAT_WARM,	      /**< neither */
	PGO_TREAT_COLD,	      /**< no counter above the cold threshold, some above zero: cold attribute */
	PGO_TREAT_NEVER,      /**< all counters zero: entry count 0, cold attribute, optimised for size */
	PGO_TREAT_STALE,      /**< the record belongs to other code: dropped, compiled as without a profile */
	PGO_TREAT_UNPROFILED, /**< no record: compiled as without a profile */
	PGO_TREAT_PSEUDO,     /**< a pseudo count: hot or warm is set, nothing was measured */
	PGO_TREAT_UNSTATED,   /**< no profile of LLVM's instrumentation: not said here */
};

/** One counter beside the other side's. */
struct pgo_explained_counter {
	uint64_t key; /**< position, or the key where counters are told apart by key */
	bool has[2];  /**< keyed profiles list what was hit */
	uint64_t count[2];
	double inside[2]; /**< share of the function's counts on that side, 0 where it did not run */
	double share[2];  /**< share of that profile's counts */
	uint8_t heat[2];  /**< enum pgo_class, each by its own profile's thresholds */
};

struct pgo_explained_side {
	bool present;	       /**< has a record */
	struct pgo_function f; /**< where present */
	const struct pgo_summary *summary;
	double share;	  /**< of the profile's counts */
	uint8_t heat;	  /**< enum pgo_class of its largest counter */
	bool entry_known; /**< counter 0 is the entry count */
	uint64_t entry;
	enum pgo_treatment treatment; /**< were this profile trained with */
	uint32_t dominant;	      /**< index of the largest counter; UINT32_MAX: all zero */
};

struct pgo_explanation {
	const struct pgo_comparison *comparison;
	const struct pgo_function_comparison *row; /**< of the joined records, else of the one there is, A's first */
	bool joined;				   /**< the records are of the same code: counters stand side by side */
	bool keyed;
	struct pgo_explained_side side[2];
	size_t counter_count; /**< joined: of the union; else A's, then B's: first_of_test starts those */
	size_t first_of_test;
	struct pgo_explained_counter *counters;
	/** B's counts in the function by class in A and in B, as shares of B's profile; A has no usable record:
	 * "never". */
	double table[PGO_CLASS_COUNT][PGO_CLASS_COUNT];
	struct pgo_value_comparison values;
};

/**
 * Explain one function. `comparison` must outlive the result.
 * @return PGO_OK or PGO_ENOMEM; pgo_explanation_release() frees.
 */
int pgo_explain(struct pgo_explanation *out, const struct pgo_comparison *comparison, const struct pgo_matched *matched,
		struct pgo_error *err);
void pgo_explanation_release(struct pgo_explanation *explanation);

/** "exact", "demangled", "pattern", "none". */
const char *pgo_match_name(enum pgo_match how);

/** "inline_hint", "hot", "warm", "cold", "never", "stale", "unprofiled", "pseudo", "unstated". */
const char *pgo_treatment_name(enum pgo_treatment treatment);

#ifdef __cplusplus
}
#endif

#endif
