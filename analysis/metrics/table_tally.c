/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/table_tally.h"

#include <string.h>

bool pgo_table_tally_start(struct pgo_table_tally *tally, const struct pgo_summary *claimed)
{
	struct pgo_kernel_cuts *cuts = &tally->cuts;
	if (claimed->total == 0 || claimed->total >> 63 || claimed->entry_count > PGO_CUTS_MOST)
		return false;
	cuts->count = claimed->entry_count;
	for (size_t k = 0; k < cuts->count; k++)
		if ((cuts->cut[k] = claimed->entries[k].min_count) >> 63)
			return false;
	return true;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void pgo_table_tally_extremes(struct pgo_summary *found, const pgo_count *counters, uint32_t count)
{
	found->max_first_count = larger(found->max_first_count, counters[0]);
	for (uint32_t i = 1; i < count; i++)
		found->max_internal_count = larger(found->max_internal_count, counters[i]);
	found->max_count = larger(found->max_count, larger(found->max_first_count, found->max_internal_count));
}

static uint64_t of_lanes(const uint64_t v[PGO_LANES])
{
	return v[0] + v[1] + v[2] + v[3];
}

static void add_range(struct pgo_summary *sum, struct pgo_cut_found found[PGO_CUTS_MOST],
		      const struct pgo_table_tally *t)
{
	const struct pgo_summary *f = &t->found;
	sum->function_count += f->function_count;
	sum->counter_count += f->counter_count;
	sum->nonzero_functions += f->nonzero_functions;
	sum->nonzero_counters += of_lanes(t->cuts.nonzero);
	sum->max_count = larger(sum->max_count, f->max_count);
	sum->max_first_count = larger(sum->max_first_count, f->max_first_count);
	sum->max_internal_count = larger(sum->max_internal_count, f->max_internal_count);
	for (size_t k = 0; k < t->cuts.count; k++) {
		found[k].counters += of_lanes(t->cuts.counters[k]);
		found[k].equal += of_lanes(t->cuts.equal[k]);
		found[k].sum += of_lanes(t->cuts.sum[k]);
	}
}

bool pgo_table_tally_confirm(struct pgo_summary *claimed, const struct pgo_table_tally *ranges, size_t count,
			     size_t stride)
{
	struct pgo_summary sum = {.entry_count = claimed->entry_count};
	struct pgo_cut_found found[PGO_CUTS_MOST] = {{0}};
	uint64_t total = 0;
	memcpy(sum.entries, claimed->entries, sizeof sum.entries);
	for (size_t i = 0; i < count; i++) {
		const struct pgo_table_tally *t = (const struct pgo_table_tally *)((const char *)ranges + i * stride);
		add_range(&sum, found, t);
		/* each is below 2^63, so one too many is seen */
		if (__builtin_add_overflow(total, t->total, &total))
			return false;
	}
	if (total != claimed->total || sum.counter_count != claimed->counter_count ||
	    !pgo_summary_confirm(&sum, total, found))
		return false;
	*claimed = sum;
	return true;
}
