/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "harness/measure/measure_internal.h"
#include "harness/sys/files.h"

/* The measurement as JSON. What is not a finite number is null: JSON has no other word for it. */

static void add_number(json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, isfinite(value) ? json_object_new_double(value) : NULL);
}

static void add_text(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static json_object *workload_json(const struct measure_workload *w, const struct corpus *corpus)
{
	json_object *object = json_object_new_object();
	add_text(object, "workload", corpus->workloads[w->workload].id);
	add_text(object, "role", workload_role_name(corpus->workloads[w->workload].role));
	add_number(object, "ratio", w->ratio);
	add_number(object, "low", w->low);
	add_number(object, "high", w->high);
	add_number(object, "p_value", w->p_value);
	add_number(object, "p_slower", w->p_slower);
	json_object_object_add(object, "pairs", json_object_new_int(w->pairs));
	add_number(object, "spread", w->spread);
	add_number(object, "baseline_cost", w->baseline_cost);
	add_number(object, "candidate_cost", w->candidate_cost);
	add_bool(object, "outputs_equal", w->outputs_equal);
	add_text(object, "note", w->note);
	return object;
}

json_object *measure_json(const struct measure_result *result, const struct corpus *corpus)
{
	json_object *object = json_object_new_object(), *list = json_object_new_array();
	add_text(object, "schema", "pgo-harness/measure/1");
	add_text(object, "method", measure_method_name(result->method));
	add_text(object, "unit", result->method == MEASURE_CACHEGRIND ? "estimated cycles" : "ns");
	add_number(object, "ratio", result->ratio);
	add_number(object, "low", result->low);
	add_number(object, "high", result->high);
	add_bool(object, "outputs_equal", result->outputs_equal);
	add_bool(object, "noisy", result->noisy);
	add_text(object, "recommendation", result->recommendation);
	for (size_t i = 0; i < result->workload_count; i++)
		json_object_array_add(list, workload_json(&result->workloads[i], corpus));
	json_object_object_add(object, "workloads", list);
	return object;
}

static json_object *guard_json(const struct measure_guard *g, const struct measure_result *result,
			       const struct corpus *corpus)
{
	const struct measure_workload *w = &result->workloads[g->index];
	json_object *object = json_object_new_object();
	add_text(object, "workload", corpus->workloads[w->workload].id);
	add_text(object, "outcome", pgo_outcome_name(g->outcome));
	add_number(object, "ratio", w->ratio);
	add_number(object, "p_slower", w->p_slower);
	add_number(object, "p_holm", g->p_holm);
	return object;
}

json_object *measure_verdict_json(const struct measure_verdict *v, const struct measure_result *result,
				  const struct corpus *corpus)
{
	json_object *object = json_object_new_object(), *heldout = NULL, *guards = json_object_new_array();
	const char *change = measure_change_name(v->change);
	add_text(object, "outcome", pgo_outcome_name(v->outcome));
	add_text(object, "summary", v->summary);
	add_number(object, "limit", v->limit);
	add_number(object, "alpha", MEASURE_ALPHA);
	add_text(object, "correction", "holm");
	if (v->heldout_count) {
		heldout = json_object_new_object();
		add_text(heldout, "outcome", pgo_outcome_name(v->heldout));
		json_object_object_add(heldout, "change", change ? json_object_new_string(change) : NULL);
		add_number(heldout, "ratio", result->ratio);
		add_number(heldout, "low", result->low);
		add_number(heldout, "high", result->high);
	}
	json_object_object_add(object, "heldout", heldout);
	for (size_t k = 0; k < v->guard_count; k++)
		json_object_array_add(guards, guard_json(&v->guards[k], result, corpus));
	json_object_object_add(object, "guards", guards);
	return object;
}

static json_object *options_json(const struct measure_options *o)
{
	json_object *object = json_object_new_object();
	add_text(object, "label", o->label);
	add_text(object, "baseline", o->baseline);
	add_text(object, "candidate", o->candidate);
	json_object_object_add(object, "runs", json_object_new_int(o->runs));
	json_object_object_add(object, "warmup", json_object_new_int(o->warmup));
	add_number(object, "max_seconds", o->max_seconds);
	add_number(object, "min_effect", o->min_effect);
	json_object_object_add(object, "seed", json_object_new_uint64(o->seed));
	return object;
}

int measure_write(const struct measure_result *result, json_object *const *raw, const struct measurement *m,
		  struct pgo_error *err)
{
	json_object *object = measure_json(result, m->corpus), *list = NULL;
	char *path = files_format("%s/measure/%s.json", m->options->out_dir, m->options->label);
	json_object_object_add(object, "options", options_json(m->options));
	json_object_object_get_ex(object, "workloads", &list);
	for (size_t i = 0; i < result->workload_count; i++)
		json_object_object_add(json_object_array_get_idx(list, i), "samples", json_object_get(raw[i]));
	int code = path ? record_write(path, object, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(path);
	json_object_put(object);
	return code;
}
