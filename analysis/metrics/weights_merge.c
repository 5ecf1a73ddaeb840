/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/weights_mixture.h"

#include <stdlib.h>

#include "analysis/model/builder.h"

static const double TOTAL = 1152921504606846976.0; /* 2^60: room below 2^64, and every counter of 10^18 is seen */

struct merging {
	const struct pgo_panel *panel;
	size_t count;
	const double *shares;
	double sum; /* of the shares */
};

/* True when a profile with a share has the function. */
static bool is_part(const struct merging *w, size_t function)
{
	bool part = false;
	for (size_t p = 0; p < w->count; p++)
		part |= w->shares[p] > 0 && w->panel->records[function * w->panel->profile_count + p] != UINT32_MAX;
	return part;
}

static int merge_function(struct pgo_builder *b, const struct merging *w, size_t function, double *merged)
{
	const struct pgo_panel *panel = w->panel;
	uint32_t count = pgo_panel_counter_count(panel, function);
	struct pgo_function f = pgo_panel_function(panel, function);
	memset(merged, 0, count * sizeof *merged);
	for (size_t p = 0; p < w->count; p++) {
		const pgo_count *counters = w->shares[p] > 0 ? pgo_panel_measured(panel, function, p) : NULL;
		for (uint32_t c = 0; counters && c < count; c++)
			merged[c] += w->shares[p] / w->sum * (double)counters[c] / (double)panel->totals[p];
	}
	if (!pgo_builder_function(b, f.name, f.name_length, f.name_ref, f.cfg_hash))
		return -1;
	for (uint32_t c = 0; c < count; c++) {
		double scaled = rint(merged[c] * TOTAL);
		uint64_t value = merged[c] <= 0 ? 0 : scaled < 1 ? 1 : (uint64_t)scaled;
		if (pgo_vec_push(&b->counters, value))
			return -1;
	}
	return pgo_builder_seal(b);
}

int pgo_panel_merge(struct pgo_profile **out, const struct pgo_panel *panel, size_t count, const double *shares,
		    struct pgo_error *err)
{
	const struct pgo_profile *first = panel->profiles[0];
	struct pgo_builder b = {
		.format = first->format, .version = first->version, .kind = first->kind, .flags = first->flags};
	struct merging w = {.panel = panel, .count = count, .shares = shares};
	uint32_t most = 0;
	for (size_t p = 0; p < count; p++)
		w.sum += shares[p];
	for (size_t f = 0; f < panel->function_count; f++)
		most = pgo_panel_counter_count(panel, f) > most ? pgo_panel_counter_count(panel, f) : most;
	double *merged = pgo_array_new(most, sizeof *merged);
	int failed = merged ? 0 : -1;
	for (size_t f = 0; !failed && f < panel->function_count; f++)
		if (is_part(&w, f))
			failed = merge_function(&b, &w, f, merged);
	free(merged);
	if (!failed)
		return pgo_builder_finish(&b, 0, out, err);
	pgo_builder_release(&b);
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}
