/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MERGE_H
#define PGO_MERGE_H

#include "pgo/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The sum of any number of profiles, added one at a time: memory is that of the union, however many there are.
 *
 * Records are the same when name, CFG hash and number of counters agree. Their counters add up, to
 * 2^64-3 at most (LLVM's limit: the two numbers above are pseudo counts); bitmaps are or-ed; the values of a value site
 * add up by value; build ids and vtable names are united. Counters told apart by key add up by key. The result does not
 * depend on the order in which profiles are added.
 *
 * Where records agree in name and CFG hash only, those of one number of counters are kept: of which there were most,
 * then with the larger sum, then with more counters; the others are dropped, with a warning. Of two numbers of value
 * sites (by kind) or bitmap bytes the larger one is kept.
 *
 * Temporal traces: cut to 10,000 functions, as LLVM does. Up to 100 are kept as they are. Of more, equal ones become
 * one whose weight is the sum, and of the different ones the 100 with the smallest digest are kept: as good as drawn at
 * random, and the same in any order.
 */
struct pgo_merge;

/** How often a profile counts. */
struct pgo_merge_weight {
	uint64_t times; /**< every count is multiplied by it, stopping at the limit */
	double factor;	/**< above 0: instead of `times`, and the product is rounded; what ran stays at least 1 */
};

/** @param[out] out  new; caller frees with pgo_merge_free(). */
int pgo_merge_new(struct pgo_merge **out, struct pgo_error *err);

/**
 * Add a profile, which is borrowed for the call only and must be settled.
 *
 * @param name    what messages call it; borrowed for the call only.
 * @param weight  NULL: once.
 * @return PGO_OK, PGO_EMISMATCH (another kind of profile than the first, or flags that do not go together: front-end
 *         with IR counters, entry-first with others, byte coverage with counts), PGO_ENOMEM. After a failure the sum
 *         can only be freed.
 */
int pgo_merge_add(struct pgo_merge *merge, const struct pgo_profile *profile, const char *name,
		  const struct pgo_merge_weight *weight, struct pgo_error *err);

/** Profiles added so far. */
size_t pgo_merge_count(const struct pgo_merge *merge);

/** Note something for the warnings of the result; only the first 100 are kept. @return PGO_OK or PGO_ENOMEM */
int pgo_merge_warn(struct pgo_merge *merge, struct pgo_error *err, const char *format, ...) PGO_PRINTF(3, 4);

/**
 * Hand the sum over as a profile of its own. Its format and version are those of the profiles where they agree, else
 * "merge" and 0. Records that were set aside in them are listed with what they are called. Functions are in the order
 * of the hash table of an indexed profile (name_ref & hash_mask), those of one bucket by name, those of one name by
 * hash. The accumulator is empty afterwards and can only be freed.
 *
 * @param[out] out  new profile; caller owns it. Untouched on failure.
 * @return PGO_OK, PGO_ENOMEM, PGO_EINVAL (nothing was added).
 */
int pgo_merge_finish(struct pgo_merge *merge, struct pgo_profile **out, struct pgo_error *err);

void pgo_merge_free(struct pgo_merge *merge);

/**
 * Name functions with local linkage as LLVM up to 17 does in IR profiles, file:function where it is file;function since,
 * with all that refers to them; functions that have one name then are added up. Other profiles stay as they are.
 *
 * @param[in,out] profile  the result of pgo_merge_finish(); replaced, and the one given is freed. After a failure its
 *                         names may have changed.
 * @param[out] renamed     functions.
 * @return PGO_OK, PGO_ENOMEM.
 */
int pgo_profile_colon_names(struct pgo_profile **profile, size_t *renamed, struct pgo_error *err);

/** How many functions with local linkage does an IR profile have under both names? @return PGO_OK, PGO_ENOMEM */
int pgo_profile_both_names(const struct pgo_profile *profile, size_t *both, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
