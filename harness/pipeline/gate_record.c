/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "harness/pipeline/gate.h"
#include "harness/pipeline/put.h"

/* gate.json: the verdict with all it rests on. */

static json_object *policy_json(const struct pgo_policy *policy)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		json_object *entry = json_object_new_object();
		put_text(entry, "name", fields[i].name);
		put_number(entry, "value", *(const double *)((const char *)policy + fields[i].offset));
		put_bool(entry, "set_by_user", policy->set >> i & 1);
		json_object_array_add(list, entry);
	}
	return list;
}

static json_object *rules_json(const struct pgo_verdict *verdict)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < verdict->rule_count; i++) {
		const struct pgo_rule *rule = &verdict->rules[i];
		json_object *entry = json_object_new_object();
		put_text(entry, "name", rule->name);
		put_optional(entry, "value", rule->value);
		put_number(entry, "threshold", rule->threshold);
		put_bool(entry, "threshold_is_user", rule->threshold_is_user);
		put_text(entry, "outcome", pgo_outcome_name(rule->outcome));
		put_bool(entry, "required", rule->required);
		put_text(entry, "reference", rule->reference);
		put_text(entry, "evidence", rule->evidence);
		put_text(entry, "advice", rule->advice);
		json_object_array_add(list, entry);
	}
	return list;
}

static json_object *workloads_json(const struct gate_work *g)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < g->workload_count; i++) {
		const struct pgo_gate_workload *w = &g->workloads[i];
		json_object *entry = json_object_new_object();
		put_text(entry, "workload", w->id);
		put_text(entry, "kind", w->kind);
		put_number(entry, "share", w->share);
		put_optional(entry, "hot_survival", w->hot_survival);
		json_object_array_add(list, entry);
	}
	return list;
}

/* Hot for the workload, but not for the training profile. */
static bool under_served(const struct pgo_function_comparison *f)
{
	return f->test_class == PGO_CLASS_HOT && f->train_class != PGO_CLASS_HOT;
}

static json_object *function_json(const struct pgo_function_comparison *f)
{
	const char *name = f->name;
	char *readable = pgo_demangle(name);
	json_object *entry = json_object_new_object();
	put_text(entry, "name", name);
	put_text(entry, "demangled", readable ? readable : name);
	put_number(entry, "train_share", f->train_share);
	put_number(entry, "test_share", f->test_share);
	put_text(entry, "train_class", pgo_class_name(f->train_class));
	put_text(entry, "test_class", pgo_class_name(f->test_class));
	free(readable);
	return entry;
}

/* The functions to blame: the largest ones that are hot in the workload and not in the training profile. */
static json_object *blamed_json(const struct pgo_comparison *c)
{
	enum { LISTED = 5 };
	const struct pgo_function_comparison *top[LISTED];
	size_t count = 0;
	for (size_t i = 0; i < c->function_count; i++) {
		const struct pgo_function_comparison *f = &c->functions[i];
		if (!under_served(f))
			continue;
		size_t at = count < LISTED ? count++ : LISTED;
		for (; at > 0 && top[at - 1]->test_share < f->test_share; at--)
			if (at < LISTED)
				top[at] = top[at - 1];
		if (at < LISTED)
			top[at] = f;
	}
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < count; i++)
		json_object_array_add(list, function_json(top[i]));
	return list;
}

static json_object *retained_json(const struct pgo_retained *retained)
{
	json_object *entry = json_object_new_object();
	put_number(entry, "estimate", retained->present ? retained->estimate : NAN);
	put_number(entry, "low", retained->present ? retained->low : NAN);
	put_number(entry, "high", retained->present ? retained->high : NAN);
	put_text(entry, "note", retained->note);
	return entry;
}

json_object *gate_comparison_record(const struct gate_work *g, const struct gate_item *item, const char *file,
				    const char *digest)
{
	const struct pgo_comparison *c = &item->comparison;
	json_object *entry = json_object_new_object();
	put_text(entry, "workload", g->run->corpus->workloads[item->workload].id);
	put_text(entry, "kind", item->kind);
	put_bool(entry, "judged", item->judged);
	put_text(entry, "file", file);
	put_text(entry, "digest", digest);
	put_number(entry, "join_rate", c->join_rate);
	put_number(entry, "overlap_ratio", c->overlap_ratio);
	put_number(entry, "jsd_bits", c->jsd_bits);
	put_number(entry, "missed_mass", c->decisions.missed_functions);
	put_number(entry, "demoted_mass", c->decisions.demoted);
	put_number(entry, "under_served_mass", c->decisions.under_served);
	put_number(entry, "misweighted_mass", c->decisions.misweighted);
	json_object_object_add(entry, "retained_gain", retained_json(&c->retained));
	json_object_object_add(entry, "under_served_functions", blamed_json(c));
	return entry;
}

json_object *gate_record(const struct gate_work *g)
{
	json_object *record = json_object_new_object();
	if (!record)
		return NULL;
	put_text(record, "schema", "pgo-harness/gate/1");
	put_text(record, "inputs_digest", g->digest);
	put_text(record, "verdict", pgo_outcome_name(g->verdict.outcome));
	put_text(record, "summary", g->verdict.summary);
	put_int(record, "real_workloads", (int64_t)g->real_workloads);
	json_object_object_add(record, "policy", policy_json(&g->run->corpus->gate));
	json_object_object_add(record, "rules", rules_json(&g->verdict));
	json_object_object_add(record, "workloads", workloads_json(g));
	json_object *comparisons = json_object_new_array();
	for (size_t i = 0; i < g->item_count; i++)
		json_object_array_add(comparisons, json_object_get(g->items[i].record));
	json_object_object_add(record, "comparisons", comparisons);
	return record;
}
