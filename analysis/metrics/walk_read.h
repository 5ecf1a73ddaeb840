/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_WALK_READ_H
#define PGO_METRICS_WALK_READ_H

#include "analysis/metrics/comparing.h"
#include "analysis/metrics/table_tally.h"
#include "analysis/metrics/waiting.h"
#include "analysis/model/table.h"

/* What the walk over two tables (walk.c) reads with, and its innermost loop, compiled for each instruction set. */

#define PGO_CUT_COUNTERS 256 /* as many as the nearest cache takes beside all else */

struct pgo_walk_range {
	pgo_leftover_notes left[2];
	PGO_VEC(uint64_t) copies[2]; /**< of their counters, one after the other */
	struct pgo_table_tally tally[2];
	struct pgo_table_span span[2];
	bool bad;
};

struct pgo_walk {
	struct pgo_comparing *w;
	struct pgo_batch *batches;
	struct pgo_table table[2];
	struct pgo_walk_range *ranges;
};

/** What a range reads with. Bit i of `named` and `matched` stands for record i. */
struct pgo_walk_reading {
	struct pgo_walk *walk;
	struct pgo_walk_range *range;
	struct pgo_batch *batch;
	uint64_t at[2];					    /**< in the payload; 0: before its first byte */
	uint64_t counters[2][PGO_CUT_COUNTERS + PGO_LANES]; /**< not 0, and not yet cut */
	unsigned waiting[2];
	struct pgo_table_record records[2][PGO_BUCKET_MOST];
	unsigned count[2];
	unsigned named[2], matched[2];
	/** names already read from the bucket: one that comes again is for the reader to refuse */
	uint64_t seen[PGO_BUCKET_MOST];
	unsigned seen_count;
	uint64_t alike_counters; /**< of records read in pairs */
	uint32_t alike;		 /**< such records */
};
_Static_assert(PGO_BUCKET_MOST <= 32, "one bit for each record");

/** Buckets looked up at once; each number fits a byte. */
#define PGO_WALK_SLOTS 128

/** Read up to PGO_WALK_SLOTS buckets from `first` on. False: something is not plainly in order. */
bool pgo_walk_slots(struct pgo_walk_reading *r, uint64_t first, unsigned count);

/** A pair alike but for its counters of which not both sides ran. */
void pgo_walk_odd(struct pgo_walk_reading *r, const struct pgo_table_pair *pair, const struct pgo_kernel_pair *sums,
		  uint32_t index);

/** What is left of a bucket behind the pairs that are alike: items, and where each side's first one is; moved. */
bool pgo_walk_rest(struct pgo_walk_reading *r, uint64_t bucket, size_t at[2], const uint16_t items[2]);

static inline bool pgo_walk_seen(const struct pgo_walk_reading *r, uint64_t name_ref)
{
	for (unsigned i = 0; i < r->seen_count; i++)
		if (r->seen[i] == name_ref)
			return true;
	return false;
}

#endif
