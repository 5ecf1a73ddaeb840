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

int pgo_profile_skew(struct pgo_skew *out, const struct pgo_profile *profile, enum pgo_record_filter filter,
		     const struct pgo_summary *summary, struct pgo_error *err)
{
	struct pgo_skew s = {0};
	struct top counters = {0}, functions = {0};
	double counter_logs = 0, function_logs = 0, total = (double)summary->total;

	struct pgo_logs table;

	pgo_logs_init(&table);
	(void)err; /* nothing here can fail: the parameter keeps the family's shape */
	for (size_t i = 0; i < profile->function_count && summary->total; i++) {
		const struct pgo_function *f = &profile->functions[i];
		if (!pgo_function_selected(f, filter) || (f->flags & PGO_FUNCTION_PSEUDO) || f->sum == 0)
			continue;
		const pgo_count *c = f->counters;
		double logs = 0, sum = pgo_function_mass(f);
		bool large = (double)f->max > counters.values[TOP - 1];
		for (uint32_t k = 0; k < f->counter_count; k++) {
			logs += pgo_v_log_v(&table, c[k]);
			if (large)
				top_add(&counters, (double)c[k]);
		}
		counter_logs += logs;
		function_logs += sum * pgo_log2(&table, sum);
		top_add(&functions, sum);
		s.hot_functions += f->max >= summary->hot_threshold;
	}
	for (size_t i = 0; i < summary->entry_count && summary->total; i++)
		if (summary->entries[i].cutoff == 990000)
			s.hot_counters = summary->entries[i].counter_count;
	if (summary->total) {
		s.effective_counters = effective_number(counter_logs, total);
		s.effective_functions = effective_number(function_logs, total);
		top_shares(s.top_counters, &counters, total);
		top_shares(s.top_functions, &functions, total);
		s.breadth = (double)summary->nonzero_functions / (double)summary->function_count;
	}
	*out = s;
	return PGO_OK;
}
