/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/metrics/runs.h"
#include "pgo/weights.h"

int pgo_runs_mean(struct pgo_profile **out, const struct pgo_panel *panel, size_t first, size_t last,
		  const size_t *labels, struct pgo_error *err)
{
	struct pgo_workloads w;
	double *shares = calloc(panel->profile_count + 1, sizeof *shares);
	int rc = pgo_workloads_number(&w, labels ? labels + first : NULL, last - first, last - first);
	if (rc != PGO_OK || !shares)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = first; rc == PGO_OK && i < last; i++) {
		shares[i] = w.weight[i - first];
		if (panel->totals[i] == 0)
			rc = pgo_error_set(err, PGO_EINVAL, "profile %zu has no counts", i + 1);
	}
	if (rc == PGO_OK)
		rc = pgo_panel_merge(out, panel, panel->profile_count, shares, err);
	pgo_workloads_release(&w);
	free(shares);
	return rc;
}

/* One side of the comparison: profiles [first, last) of the panel. */
struct side {
	const struct pgo_panel *panel;
	size_t first, last;
	const struct pgo_profile *profile; /* the mean, or the only one */
	uint32_t *function;		   /* of each of its records: the panel's, or PGO_NO_INDEX */
};

static bool has(const struct side *s, size_t function)
{
	const uint32_t *records = s->panel->records + function * s->panel->profile_count;
	bool any = false;
	for (size_t i = s->first; i < s->last; i++)
		any |= records[i] != PGO_NO_INDEX;
	return any;
}

/* A mean has the panel's functions in their order, those its profiles have. */
static int number_records(struct side *s)
{
	size_t count = s->profile->function_count, next = 0;
	s->function = pgo_array_new(count, sizeof *s->function);
	if (!s->function)
		return PGO_ENOMEM;
	memset(s->function, 0xff, count * sizeof *s->function);
	for (size_t f = 0; f < s->panel->function_count; f++) {
		size_t at = s->last - s->first == 1 ? s->panel->records[f * s->panel->profile_count + s->first]
			    : has(s, f)		    ? next++
						    : PGO_NO_INDEX;
		if (at < count)
			s->function[at] = (uint32_t)f;
	}
	return PGO_OK;
}

static uint64_t scaled(uint64_t count, double factor)
{
	double value = rint((double)count * factor);
	return count == 0 ? 0 : value < 1 ? 1 : value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

/* What was recorded, not what it was scaled to. */
static void restate(struct pgo_summary *to, const struct side *s)
{
	if (s->last - s->first == 1)
		return;
	pgo_u128 total = 0;
	uint64_t saturated = 0;
	for (size_t i = s->first; i < s->last; i++) {
		total += s->panel->totals[i];
		saturated += s->panel->summaries[i].saturated_counters;
	}
	double factor = (double)total / (double)to->total;
	to->total = total;
	to->saturated_counters = saturated;
	to->max_count = scaled(to->max_count, factor);
	to->max_first_count = scaled(to->max_first_count, factor);
	to->max_internal_count = scaled(to->max_internal_count, factor);
	to->hot_threshold = scaled(to->hot_threshold, factor);
	to->hot999_threshold = scaled(to->hot999_threshold, factor);
	to->cold_threshold = scaled(to->cold_threshold, factor);
	for (size_t i = 0; i < to->entry_count; i++)
		to->entries[i].min_count = scaled(to->entries[i].min_count, factor);
}

static struct pgo_optional lesser(double a, struct pgo_optional b)
{
	return (struct pgo_optional){true, b.present ? fmin(a, b.value) : a};
}

/* The permutation tests take the place of those on counts. */
static int replace_tests(struct pgo_comparison *c, const struct side side[2], const struct pgo_runs *runs)
{
	size_t functions = side[0].panel->function_count;
	uint32_t *tested = pgo_array_new(functions, sizeof *tested);
	if (!tested)
		return PGO_ENOMEM;
	memset(tested, 0xff, functions * sizeof *tested);
	for (size_t i = 0; i < runs->function_count; i++)
		tested[runs->functions[i].function] = (uint32_t)i;
	for (size_t i = 0; i < c->function_count; i++) {
		struct pgo_function_comparison *f = &c->functions[i];
		uint32_t at = f->test_index != PGO_NO_INDEX ? side[1].function[f->test_index]
							    : side[0].function[f->train_index];
		uint32_t test = at == PGO_NO_INDEX ? PGO_NO_INDEX : tested[at];
		f->p_value = f->q_value = f->ks_p_value = (struct pgo_optional){0};
		f->flagged = false;
		if (test == PGO_NO_INDEX)
			continue;
		const struct pgo_function_runs *r = &runs->functions[test];
		f->p_value = lesser(r->share_p, r->shape_p);
		f->q_value = lesser(r->share_q, r->shape_q);
		f->flagged = r->share_flagged || r->shape_flagged;
	}
	c->tested_functions = runs->function_count;
	c->flagged_functions = runs->flagged_count;
	free(tested);
	return PGO_OK;
}

int pgo_runs_compare(struct pgo_runs_comparison *out, const struct pgo_panel *panel, size_t train_count,
		     const size_t *labels, const struct pgo_runs *runs, const struct pgo_compare_options *options,
		     struct pgo_error *err)
{
	struct pgo_runs_comparison r = {0};
	struct side side[2] = {{.panel = panel, .last = train_count},
			       {.panel = panel, .first = train_count, .last = panel->profile_count}};
	int rc = PGO_OK;
	for (int s = 0; rc == PGO_OK && s < 2; s++) {
		if (side[s].last - side[s].first > 1)
			rc = pgo_runs_mean(&r.means[s], panel, side[s].first, side[s].last, labels, err);
		side[s].profile = r.means[s] ? r.means[s] : panel->profiles[side[s].first];
		if (rc == PGO_OK && number_records(&side[s]) != PGO_OK)
			rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	if (rc == PGO_OK)
		rc = pgo_compare(&r.comparison, side[0].profile, side[1].profile, options, err);
	if (rc == PGO_OK && replace_tests(&r.comparison, side, runs) != PGO_OK)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc == PGO_OK) {
		struct pgo_comparison *c = &r.comparison;
		restate(&c->train.summary, &side[0]);
		restate(&c->test.summary, &side[1]);
		/* what only sampled test profiles list did not run in training; pgo_compare() cannot see it here */
		if (panel->aligned && c->join[PGO_JOIN_MATCHED].functions)
			c->join_rate = fmin(1, c->join_rate + c->join[PGO_JOIN_ONLY_TEST].test_mass);
		*out = r;
	} else {
		pgo_runs_comparison_release(&r);
	}
	free(side[0].function);
	free(side[1].function);
	return rc;
}

void pgo_runs_comparison_release(struct pgo_runs_comparison *comparison)
{
	pgo_comparison_release(&comparison->comparison);
	pgo_profile_free(comparison->means[0]);
	pgo_profile_free(comparison->means[1]);
	*comparison = (struct pgo_runs_comparison){0};
}
