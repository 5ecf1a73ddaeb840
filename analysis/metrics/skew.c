/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/metrics/metrics.h"

#define TOP 10

/* The TOP largest values, falling. */
struct top {
	double values[TOP];
};

static inline void top_add(struct top *t, double value)
{
	if (value <= t->values[TOP - 1])
		return;
	unsigned at = TOP - 1;
	for (; at > 0 && t->values[at - 1] < value; at--)
		t->values[at] = t->values[at - 1];
	t->values[at] = value;
}

static void top_shares(double out[3], const struct top *t, double total)
{
	static const unsigned sizes[3] = {1, 5, TOP};
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

void pgo_skew_of_functions(struct pgo_skew *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
			   const struct pgo_summary *summary)
{
	struct top counters = {0}, functions = {0};
	struct pgo_logs logs;
	double function_logs = 0, total = (double)summary->total;

	*out = (struct pgo_skew){0};
	if (summary->total == 0)
		return;
	pgo_logs_init(&logs);
	for (size_t i = 0; i < profile->function_count; i++) {
		const struct pgo_function *f = &profile->functions[i];
		if (f->sum == 0 || !pgo_function_selected(f, filter) || (f->flags & PGO_FUNCTION_PSEUDO))
			continue;
		double sum = pgo_function_mass(f);
		function_logs += sum * pgo_log2(&logs, sum);
		top_add(&functions, sum);
		out->hot_functions += f->max >= summary->hot_threshold;
		for (uint32_t k = 0; k < f->counter_count && (double)f->max > counters.values[TOP - 1]; k++)
			top_add(&counters, (double)f->counters[k]);
	}
	for (size_t i = 0; i < summary->entry_count; i++)
		if (summary->entries[i].cutoff == 990000)
			out->hot_counters = summary->entries[i].counter_count;
	out->effective_functions = effective_number(function_logs, total);
	top_shares(out->top_counters, &counters, total);
	top_shares(out->top_functions, &functions, total);
	out->breadth = (double)summary->nonzero_functions / (double)summary->function_count;
}

void pgo_skew_of_counters(struct pgo_skew *out, const struct pgo_summary *summary, double counter_logs)
{
	out->effective_counters = summary->total ? effective_number(counter_logs, (double)summary->total) : 0;
}

int pgo_profile_skew(struct pgo_skew *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
		     const struct pgo_summary *summary, struct pgo_error *err)
{
	struct pgo_logs logs;
	double counter_logs = 0;

	(void)err; /* nothing here can fail: the parameter keeps the family's shape */
	pgo_logs_init(&logs);
	for (size_t i = 0; i < profile->function_count; i++) {
		const struct pgo_function *f = &profile->functions[i];
		if (f->sum == 0 || !pgo_function_selected(f, filter) || (f->flags & PGO_FUNCTION_PSEUDO))
			continue;
		double sum = 0;
		for (uint32_t k = 0; k < f->counter_count; k++)
			sum += pgo_v_log_v(&logs, f->counters[k]);
		counter_logs += sum;
	}
	pgo_skew_of_functions(out, profile, filter, summary);
	pgo_skew_of_counters(out, summary, counter_logs);
	return PGO_OK;
}
