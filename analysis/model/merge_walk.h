/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_MERGE_WALK_H
#define PGO_MODEL_MERGE_WALK_H

#include "analysis/model/merge.h"
#include "analysis/model/table.h"

/*
 * Adding large indexed profiles of a program whose records the sum has already, without reading them first: their tables
 * are walked on all processors, and what is found goes straight into the counters of the sum. Tables of one program
 * list it in one order, so several are walked side by side: what the sum has of a range of buckets stays in the cache
 * from one profile to the next.
 *
 * A range's records are added while they are in the cache, before the rest of the table has been seen. Where that turns
 * out not to be plainly in order, the same walk takes them away again, and the profile is read the long way, which can
 * say what it is. To take away is exact because no counter comes near the limit: counters from PGO_WALKED_MOST on are not
 * walked. Records the sum does not have, and those with values or a bitmap, are left for the reader.
 */

/** Counters of walked profiles are below. */
#define PGO_WALKED_MOST ((uint64_t)1 << 52)

/** A table is walked in so many ranges: what one takes in a large profile and in the sum fits the nearer caches. */
#define PGO_MERGE_RANGES 256

struct pgo_merge_range {
	PGO_VEC(uint64_t) left;	       /**< bucket of each key whose records the reader should read */
	PGO_VEC(unsigned char) copies; /**< of these keys with their records, one behind the other */
	struct pgo_table_span span;
	uint64_t added;		  /**< records */
	uint64_t counters, total; /**< of all records: how many, and their sum modulo 2^64 */
	uint64_t bits;		  /**< all that are set in a counter of those that were added */
	bool bad, failed;
};

/** A profile that is walked. */
struct pgo_merge_part {
	const struct pgo_profile *profile;     /**< opened lazily or not */
	const struct pgo_merge_weight *weight; /**< NULL: once */
	int rc; /**< after a walk: PGO_OK, PGO_EOF: not to be added this way, PGO_ENOMEM, PGO_EFORMAT: it changed meanwhile */
	struct pgo_merge_range ranges[PGO_MERGE_RANGES];
};

/** Profiles walked side by side, at most. */
#define PGO_MERGE_PARTS 16

/** Room that several walks use one after the other. Start with {0}. */
struct pgo_merge_walk {
	struct pgo_merge *sum;
	size_t count; /**< of parts in use */
	struct pgo_merge_part parts[PGO_MERGE_PARTS];
};

/**
 * Add what `sum` has of the profiles of the parts in use. Where a part's rc is PGO_OK, its `left` is what is still to be
 * added; where it is PGO_EOF, nothing of it was added.
 */
void pgo_merge_walk(struct pgo_merge_walk *walk, struct pgo_merge *sum);

void pgo_merge_walk_release(struct pgo_merge_walk *walk);

#endif
