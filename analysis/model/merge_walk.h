/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_MERGE_WALK_H
#define PGO_MODEL_MERGE_WALK_H

#include "analysis/model/merge.h"
#include "analysis/model/table.h"

/*
 * Adding a large indexed profile of a program whose records the sum has already, without reading it first: its table is
 * walked on all processors, and what is found goes straight into the counters of the sum.
 *
 * First all of it is looked at, and each record is paired with the one it adds to; nothing is added before all of the
 * table is known to be plainly in order. Where it is not, the profile is read the long way, which can say what it is.
 * Records the sum does not have, and those with values or a bitmap, are left for the reader.
 */

/** A record of the profile and the one of the sum it adds to. */
struct pgo_merge_pair {
	const unsigned char *counters;
	uint32_t record, count;
};

/** A key of the table whose records the reader should read. */
struct pgo_merge_left {
	uint64_t bucket, offset;
};

struct pgo_merge_range {
	PGO_VEC(struct pgo_merge_pair) pairs;
	PGO_VEC(struct pgo_merge_left) left;
	struct pgo_table_span span;
	uint64_t counters, total; /**< of all records: how many, and their sum modulo 2^64 */
	bool bad, failed;
};

/** Room that several walks use one after the other. Start with {0}. */
struct pgo_merge_walk {
	struct pgo_merge_range ranges[PGO_TABLE_RANGES];
	const struct pgo_merge *sum;
	const struct pgo_profile *profile;
};

/**
 * Look at a profile that was opened lazily.
 * @return PGO_OK, PGO_EOF: not to be added this way, PGO_ENOMEM
 */
int pgo_merge_walk_look(struct pgo_merge_walk *walk, const struct pgo_merge *sum, const struct pgo_profile *profile);

/** Add the pairs that were found. The sum must be as it was. */
void pgo_merge_walk_add(struct pgo_merge_walk *walk, struct pgo_merge *sum, const struct pgo_merge_weight *weight);

void pgo_merge_walk_release(struct pgo_merge_walk *walk);

#endif
