/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "reports/runs.h"

/* Workloads are told by the number, from 1, of their first profile. */
static size_t workload_of(const struct pgo_runs_report *r, size_t first, size_t i)
{
	size_t at = r->labels ? first : i;
	while (r->labels && r->labels[at] != r->labels[i])
		at++;
	return at - first + 1;
}

static void put_profiles(struct pgo_json in, const char *key, const struct pgo_runs_report *r, size_t first,
			 size_t last)
{
	struct pgo_json list = pgo_json_array(in, key);
	for (size_t i = first; i < last; i++) {
		struct pgo_json row = pgo_json_append_object(list);
		pgo_json_text(row, "file", r->names[i]);
		pgo_json_u64(row, "workload", workload_of(r, first, i));
		pgo_json_u128(row, "total_count", r->panel->totals[i]);
		pgo_json_warnings(row, r->profiles[i]);
	}
}

static void put_energy(struct pgo_json in, const struct pgo_energy *e)
{
	const struct pgo_permutation *p = &e->permutation;
	struct pgo_json out = pgo_json_object(in, "energy");
	pgo_json_double(out, "distance", e->energy);
	pgo_json_double(out, "between", e->between);
	pgo_json_double(out, "within_train", e->within[0]);
	pgo_json_double(out, "within_test", e->within[1]);
	pgo_json_double(out, "p_value", p->p_value);
	pgo_json_double(out, "least_p_value", p->least_p);
	pgo_json_u64(out, "permutations", p->count);
	pgo_json_u64(out, "extreme", p->extreme);
	pgo_json_bool(out, "exact", p->exact);
	if (p->exact)
		pgo_json_null(out, "seed");
	else
		pgo_json_u64(out, "seed", p->seed);
}

static void put_repeats(struct pgo_json in, const struct pgo_spread *s)
{
	if (s->pairs == 0) {
		pgo_json_null(in, "repeats");
		return;
	}
	struct pgo_json out = pgo_json_object(in, "repeats");
	pgo_json_u64(out, "pairs", s->pairs);
	pgo_json_double(out, "min", s->low);
	pgo_json_double(out, "quartile_1", s->quarter);
	pgo_json_double(out, "median", s->median);
	pgo_json_double(out, "quartile_3", s->three_quarters);
	pgo_json_double(out, "max", s->high);
}

static void put_rank(struct pgo_json out, const struct pgo_conformal *c)
{
	pgo_json_text(out, "score", pgo_score_name(c->score));
	pgo_json_double(out, "value", c->candidate);
	pgo_json_double(out, "p_value", c->p_value);
	pgo_json_double(out, "least_p_value", c->least_p);
	struct pgo_json list = pgo_json_array(out, "references");
	for (size_t i = 0; i < c->reference_count; i++)
		pgo_json_append_double(list, c->references[i]);
}

static void put_conformal(struct pgo_json in, const struct pgo_runs_report *r)
{
	struct pgo_json out = pgo_json_object(in, "conformal"), list;
	if (r->runs->train_ranked)
		put_rank(pgo_json_object(out, "train"), &r->runs->train);
	else
		pgo_json_null(out, "train");
	list = pgo_json_array(out, "tests");
	for (size_t i = 0; i < r->runs->test_count; i++) {
		struct pgo_json row = pgo_json_append_object(list);
		pgo_json_text(row, "file", r->names[r->runs->test_profile[i]]);
		put_rank(row, &r->runs->tests[i]);
	}
}

static int put_function(struct pgo_json row, const struct pgo_runs_report *r, const struct pgo_function_runs *f)
{
	struct pgo_function g = pgo_panel_function(r->panel, f->function);
	char *name = pgo_function_name(&g);
	if (!name)
		return PGO_ENOMEM;
	pgo_json_text(row, "name", name);
	free(name);
	pgo_json_double(row, "train_share", f->share[0]);
	pgo_json_double(row, "test_share", f->share[1]);
	pgo_json_optional(row, "log2_ratio", f->log2_ratio);
	pgo_json_double(row, "share_p_value", f->share_p);
	pgo_json_double(row, "share_q_value", f->share_q);
	pgo_json_optional(row, "shape_tv", f->shape_tv);
	pgo_json_optional(row, "shape_p_value", f->shape_p);
	pgo_json_optional(row, "shape_q_value", f->shape_q);
	pgo_json_double(row, "noise_share", f->noise_share);
	pgo_json_double(row, "noise_shape_tv", f->noise_tv);
	pgo_json_u64(row, "train_ran", f->ran[0]);
	pgo_json_u64(row, "test_ran", f->ran[1]);
	pgo_json_bool(row, "share_flagged", f->share_flagged);
	pgo_json_bool(row, "shape_flagged", f->shape_flagged);
	return PGO_OK;
}

int pgo_json_runs(struct pgo_json root, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_runs_report *r = report->runs;
	const struct pgo_runs *m = r->runs;
	struct pgo_json out = pgo_json_object(root, "runs"), functions, list;
	size_t train = m->profile_count[0];
	put_profiles(out, "train", r, 0, train);
	put_profiles(out, "test", r, train, train + m->profile_count[1]);
	pgo_json_u64(out, "train_workloads", m->workload_count[0]);
	pgo_json_u64(out, "test_workloads", m->workload_count[1]);
	put_repeats(out, &m->repeats);
	pgo_json_bool(out, "within_noise", m->within_noise);
	put_energy(out, &m->energy);
	put_conformal(out, r);
	functions = pgo_json_object(out, "functions");
	pgo_json_u64(functions, "labellings", m->labellings);
	pgo_json_double(functions, "least_p_value", m->least_p);
	pgo_json_u64(functions, "tested", m->function_count);
	pgo_json_u64(functions, "tests", m->tests_made);
	pgo_json_optional(functions, "least_q_value_alone", (struct pgo_optional){m->tests_made > 0, m->least_q});
	pgo_json_u64(functions, "flagged", m->flagged_count);
	list = pgo_json_array(functions, "listed");
	for (size_t i = 0; i < m->function_count && (report->top == 0 || i < report->top); i++)
		if (put_function(pgo_json_append_object(list), r, &m->functions[i]) != PGO_OK)
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	return PGO_OK;
}
