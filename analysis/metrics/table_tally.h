/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_TABLE_TALLY_H
#define PGO_METRICS_TABLE_TALLY_H

#include "analysis/metrics/kernel.h"
#include "analysis/model/tally.h"

/*
 * What one range of a walk over the table of an indexed profile finds for its summary. The walk starts from the
 * thresholds the file claims, and counts what tells at the end whether they are right.
 */
struct pgo_table_tally {
	struct pgo_summary found; /**< all but total, entries and thresholds */
	uint64_t total;
	struct pgo_kernel_cuts cuts;
};

/** Start from a summary as the file has it. False: it is none to start from. */
bool pgo_table_tally_start(struct pgo_table_tally *tally, const struct pgo_summary *claimed);

/** The larger of what there was and what these counters of a record are. */
void pgo_table_tally_extremes(struct pgo_summary *found, const pgo_count *counters, uint32_t count);

/** Add the sums of a record; its counters go to pgo_kernel_cut(). False: numbers too large for a plain case. */
static inline bool pgo_table_tally_note(struct pgo_table_tally *t, const pgo_count *counters, uint32_t count,
					uint64_t sum, uint64_t max)
{
	t->found.nonzero_functions += max != 0;
	if (max > t->found.max_internal_count || counters[0] > t->found.max_first_count)
		pgo_table_tally_extremes(&t->found, counters, count);
	/* below 2^32 so many counters cannot overflow their sum; and a plain total stays below 2^63 */
	if (max >> 32) {
		pgo_u128 exact = 0;
		for (uint32_t i = 0; i < count; i++)
			exact += counters[i];
		if (exact >> 63)
			return false;
	}
	t->total += sum;
	return t->total >> 63 == 0;
}

/**
 * Is the summary the file claims that of its records? Then complete it with what the ranges found.
 * @param ranges  the first of `count` tallies, `stride` bytes apart
 */
bool pgo_table_tally_confirm(struct pgo_summary *claimed, const struct pgo_table_tally *ranges, size_t count,
			     size_t stride);

#endif
