/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/metrics/metrics.h"

static inline void top_add(struct pgo_top *t, double value)
{
	if (value <= t->values[PGO_TOP - 1])
		return;
	unsigned at = PGO_TOP - 1;
	for (; at > 0 && t->values[at - 1] < value; at--)
		t->values[at] = t->values[at - 1];
	t->values[at] = value;
}

static void top_merge(struct pgo_top *to, const struct pgo_top *from)
{
	for (unsigned i = 0; i < PGO_TOP; i++)
		top_add(to, from->values[i]);
}

static void top_shares(double out[3], const struct pgo_top *t, double total)
{
	static const unsigned sizes[3] = {1, 5, PGO_TOP};
	for (unsigned k = 0; k < 3; k++) {
		double sum = 0;
		for (unsigned i = 0; i < sizes[k]; i++)
			sum += t->values[i];
		out[k] = sum / total < 1 ? sum / total : 1;
	}
}

/* exp of the entropy of the shares v / total, given sum of v log2 v. */
static double effective_number(double sum_v_log_v, double total)
{
	double bits = log2(total) - sum_v_log_v / total;
	return exp2(bits > 0 ? bits : 0);
}

void pgo_skew_tops(struct pgo_skew_sums *sums, const pgo_count *counters, uint32_t count, uint64_t max, double mass)
{
	top_add(&sums->functions, mass);
	for (uint32_t k = 0; k < count && (double)max > sums->counters.values[PGO_TOP - 1]; k++)
		top_add(&sums->counters, (double)counters[k]);
}

void pgo_skew_add(struct pgo_skew_sums *sums, const pgo_count *counters, uint32_t count, uint64_t max, double mass,
		  uint64_t hot_threshold)
{
	sums->hot_functions += max >= hot_threshold;
	sums->dominant += (double)max;
	pgo_skew_tops(sums, counters, count, max, mass);
}

void pgo_skew_merge(struct pgo_skew_sums *to, const struct pgo_skew_sums *from)
{
	to->counter_logs += from->counter_logs;
	to->function_logs += from->function_logs;
	top_merge(&to->counters, &from->counters);
	top_merge(&to->functions, &from->functions);
	to->hot_functions += from->hot_functions;
	to->dominant += from->dominant;
}

void pgo_skew_finish(struct pgo_skew *out, const struct pgo_skew_sums *sums, const struct pgo_summary *summary)
{
	double total = (double)summary->total;
	*out = (struct pgo_skew){0};
	if (summary->total == 0)
		return;
	for (size_t i = 0; i < summary->entry_count; i++)
		if (summary->entries[i].cutoff == 990000)
			out->hot_counters = summary->entries[i].counter_count;
	out->hot_functions = sums->hot_functions;
	out->effective_counters = effective_number(sums->counter_logs, total);
	out->effective_functions = effective_number(sums->function_logs, total);
	top_shares(out->top_counters, &sums->counters, total);
	top_shares(out->top_functions, &sums->functions, total);
	out->dominant_share = sums->dominant / total < 1 ? sums->dominant / total : 1;
	out->breadth = (double)summary->nonzero_functions / (double)summary->function_count;
}

int pgo_profile_skew(struct pgo_skew *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
		     const struct pgo_summary *summary, struct pgo_error *err)
{
	struct pgo_skew_sums sums = {0};
	struct pgo_logs logs;

	(void)err; /* nothing here can fail: the parameter keeps the family's shape */
	pgo_logs_init(&logs);
	for (size_t i = 0; i < profile->function_count; i++) {
		struct pgo_function f = pgo_function_at(profile, i);
		double counter_logs = 0;
		if (f.sum == 0 || !pgo_function_selected(&f, filter) || (f.flags & PGO_FUNCTION_PSEUDO))
			continue;
		for (uint32_t k = 0; k < f.counter_count; k++)
			counter_logs += pgo_v_log_v(&logs, f.counters[k]);
		double mass = pgo_function_mass(&f);
		sums.counter_logs += counter_logs;
		sums.function_logs += mass * pgo_log2(&logs, mass);
		pgo_skew_add(&sums, f.counters, f.counter_count, f.max, mass, summary->hot_threshold);
	}
	pgo_skew_finish(out, &sums, summary);
	return PGO_OK;
}
