/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/several.h"
#include "reports/json_util.h"

void pgo_json_head(struct pgo_json root, const char *schema)
{
	pgo_json_text(root, "schema", schema);
	struct pgo_json tool = pgo_json_object(root, "tool");
	pgo_json_text(tool, "name", "pgo-analyze");
	pgo_json_text(tool, "version", PGO_VERSION);
}

void pgo_json_verdict(struct pgo_json root, const struct pgo_verdict *verdict)
{
	if (!verdict) {
		pgo_json_null(root, "verdict");
		return;
	}
	pgo_json_text(root, "verdict", pgo_outcome_name(verdict->outcome));
	pgo_json_text(root, "summary", verdict->summary);
	struct pgo_json rules = pgo_json_array(root, "rules");
	for (size_t i = 0; i < verdict->rule_count; i++) {
		const struct pgo_rule *r = &verdict->rules[i];
		struct pgo_json rule = pgo_json_append_object(rules);
		pgo_json_text(rule, "name", r->name);
		pgo_json_text(rule, "reference", r->reference[0] ? r->reference : NULL);
		pgo_json_optional(rule, "value", r->value);
		pgo_json_double(rule, "threshold", r->threshold);
		pgo_json_text(rule, "threshold_source", r->threshold_is_user ? "user" : "default");
		pgo_json_text(rule, "outcome", pgo_outcome_name(r->outcome));
		pgo_json_bool(rule, "required", r->required);
		pgo_json_text(rule, "evidence", r->evidence);
		pgo_json_text(rule, "advice", r->advice[0] ? r->advice : NULL);
	}
}

void pgo_json_summary(struct pgo_json in, const char *functions, const struct pgo_summary *s)
{
	pgo_json_u64(in, functions, s->function_count);
	pgo_json_u64(in, "nonzero_functions", s->nonzero_functions);
	pgo_json_u64(in, "counters", s->counter_count);
	pgo_json_u64(in, "nonzero_counters", s->nonzero_counters);
	pgo_json_u128(in, "total_count", s->total);
	pgo_json_u64(in, "max_count", s->max_count);
	pgo_json_u64(in, "max_first_count", s->max_first_count);
	pgo_json_u64(in, "max_internal_count", s->max_internal_count);
	pgo_json_u64(in, "saturated_counters", s->saturated_counters);
	pgo_json_u64(in, "pseudo_functions", s->pseudo_functions);
	pgo_json_u64(in, "hot_threshold", s->hot_threshold);
	pgo_json_u64(in, "hot999_threshold", s->hot999_threshold);
	pgo_json_u64(in, "cold_threshold", s->cold_threshold);
}

void pgo_json_skew(struct pgo_json in, const struct pgo_skew *s)
{
	struct pgo_json skew = pgo_json_object(in, "skew");
	pgo_json_double(skew, "effective_counters", s->effective_counters);
	pgo_json_double(skew, "effective_functions", s->effective_functions);
	struct pgo_json counters = pgo_json_array(skew, "top_counters_share");
	struct pgo_json functions = pgo_json_array(skew, "top_functions_share");
	for (int i = 0; i < 3; i++) {
		pgo_json_append_double(counters, s->top_counters[i]);
		pgo_json_append_double(functions, s->top_functions[i]);
	}
	pgo_json_u64(skew, "hot_counters", s->hot_counters);
	pgo_json_u64(skew, "hot_functions", s->hot_functions);
	pgo_json_double(skew, "breadth", s->breadth);
	pgo_json_double(skew, "dominant_share", s->dominant_share);
}

void pgo_json_quarantine(struct pgo_json in, const struct pgo_profile *p)
{
	const struct pgo_quarantine *q = p->quarantine;
	struct pgo_loss loss;
	if (!q || pgo_profile_loss(&loss, p, NULL) != PGO_OK)
		return;
	struct pgo_json out = pgo_json_object(in, "quarantine");
	pgo_json_u64(out, "records", q->count);
	pgo_json_double(out, "lost_functions", loss.functions);
	pgo_json_optional(out, "lost_mass", (struct pgo_optional){.present = loss.mass_known, .value = loss.mass});
	struct pgo_json rows = pgo_json_array(out, "listed");
	for (size_t i = 0; i < q->listed; i++) {
		struct pgo_json row = pgo_json_append_object(rows);
		pgo_json_text(row, "name", q->items[i].name);
		pgo_json_text(row, "reason", q->items[i].reason);
		if (q->items[i].has_offset)
			pgo_json_u64(row, q->items[i].is_line ? "line" : "offset", q->items[i].offset);
	}
}

void pgo_json_warnings(struct pgo_json in, const struct pgo_profile *p)
{
	struct pgo_json warnings = pgo_json_array(in, "warnings");
	for (size_t i = 0; i < p->warning_count; i++)
		pgo_json_append_text(warnings, p->warnings[i]);
	pgo_json_quarantine(in, p);
}

void pgo_json_inputs(struct pgo_json in, const struct pgo_several *s)
{
	struct pgo_json inputs = pgo_json_array(in, "inputs");
	for (size_t i = 0; s->profiles && i < s->count + s->reference_count; i++) {
		struct pgo_json row = pgo_json_append_object(inputs);
		pgo_json_text(row, "file", i < s->count ? s->names[i] : s->reference_names[i - s->count]);
		if (s->join_shares)
			pgo_json_optional(row, "join_share", s->join_shares[i]);
		pgo_json_warnings(row, s->profiles[i]);
	}
}

void pgo_json_profile(struct pgo_json in, const char *name, const struct pgo_profile *p)
{
	char text[256];
	pgo_json_text(in, "file", name);
	pgo_json_text(in, "format", p->format);
	pgo_json_u64(in, "version", p->version);
	if (p->kind == PGO_KIND_LLVM)
		pgo_profile_flags_text(p->flags, text, sizeof text);
	else
		snprintf(text, sizeof text, "%s", pgo_profile_kind_name(p->kind));
	pgo_json_text(in, "flags", text);
	pgo_json_u64(in, "input_bytes", p->input_bytes);
	struct pgo_json ids = pgo_json_array(in, "build_ids");
	for (size_t i = 0; i < p->build_id_count; i++)
		pgo_json_append_text(ids, pgo_build_id_text(&p->build_ids[i], text));
	pgo_json_warnings(in, p);
}

static void threshold(struct pgo_json in, const char *name, double value, bool user)
{
	struct pgo_json row = pgo_json_object(in, name);
	pgo_json_double(row, "value", value);
	pgo_json_text(row, "source", user ? "user" : "default");
}

void pgo_json_thresholds(struct pgo_json root, const struct pgo_report *report,
			 const struct pgo_compare_options *options)
{
	size_t count;
	struct pgo_json all = pgo_json_object(root, "thresholds");
	const struct pgo_policy_field *policy = pgo_policy_fields(&count);
	for (size_t i = 0; report->policy && i < count; i++)
		threshold(all, policy[i].name, pgo_policy_field_value(&policy[i], report->policy),
			  report->policy->set >> i & 1);
	const struct pgo_compare_field *fields = pgo_compare_fields(&count);
	for (size_t i = 0; options && i < count; i++)
		threshold(all, fields[i].name, pgo_compare_field_value(&fields[i], options),
			  report->options_set >> i & 1);
}

static void put_join(struct pgo_json in, const struct pgo_comparison *c)
{
	struct pgo_json join = pgo_json_object(in, "join");
	for (int i = 0; i < PGO_JOIN_COUNT; i++) {
		struct pgo_json row = pgo_json_object(join, pgo_join_name(i));
		pgo_json_u64(row, "functions", c->join[i].functions);
		pgo_json_double(row, "train_mass", c->join[i].train_mass);
		pgo_json_double(row, "test_mass", c->join[i].test_mass);
	}
	pgo_json_double(in, "join_rate", c->join_rate);
}

static void put_decisions(struct pgo_json in, const struct pgo_decisions *d)
{
	struct pgo_json table = pgo_json_object(in, "decision_table");
	for (int a = 0; a < PGO_CLASS_COUNT; a++) {
		struct pgo_json row = pgo_json_object(table, pgo_class_name(a));
		for (int b = 0; b < PGO_CLASS_COUNT; b++)
			pgo_json_double(row, pgo_class_name(b), d->table[a][b]);
	}
	pgo_json_double(in, "missed_mass", d->missed_functions);
	pgo_json_double(in, "missed_counter_mass", d->missed_counters);
	pgo_json_double(in, "demoted_mass", d->demoted);
	pgo_json_double(in, "under_served_mass", d->under_served);
	pgo_json_double(in, "under_served_999_mass", d->under_served_999);
	pgo_json_double(in, "under_served_function_mass", d->under_served_function);
	pgo_json_double(in, "misweighted_mass", d->misweighted);
	pgo_json_double(in, "wasted_heat", d->wasted_heat);
	pgo_json_double(in, "flipped_mass", d->flipped);
	pgo_json_double(in, "shape_tv", d->shape_tv);
}

static void put_retained(struct pgo_json in, const struct pgo_retained *r)
{
	struct pgo_json gain = pgo_json_object(in, "retained_gain");
	pgo_json_optional(gain, "estimate", (struct pgo_optional){r->present, r->estimate});
	pgo_json_optional(gain, "low", (struct pgo_optional){r->present, r->low});
	pgo_json_optional(gain, "high", (struct pgo_optional){r->present, r->high});
	pgo_json_text(gain, "note", r->note);
}

void pgo_json_measures(struct pgo_json in, const struct pgo_comparison *c)
{
	put_join(in, c);
	pgo_json_double(in, "overlap_ratio", c->overlap_ratio);
	pgo_json_double(in, "overlap_mismatched", c->overlap_mismatched);
	pgo_json_double(in, "overlap_unique", c->overlap_unique);
	pgo_json_double(in, "jsd_bits", c->jsd_bits);
	pgo_json_double(in, "jsd_between_bits", c->jsd_between_bits);
	pgo_json_double(in, "jsd_within_bits", c->jsd_within_bits);
	pgo_json_double(in, "hellinger", c->hellinger);
	pgo_json_double(in, "total_variation", c->total_variation);
	pgo_json_optional(in, "spearman", c->spearman);
	pgo_json_optional(in, "kendall_tau_b", c->kendall_tau_b);
	pgo_json_optional(in, "hot_jaccard", c->hot_jaccard);
	pgo_json_optional(in, "hot_jaccard_999", c->hot_jaccard_999);
	struct pgo_json matching = pgo_json_object(in, "weight_matching");
	pgo_json_optional(matching, "top_10", c->weight_matching[0]);
	pgo_json_optional(matching, "top_100", c->weight_matching[1]);
	pgo_json_optional(matching, "top_hot_set", c->weight_matching[2]);
	put_decisions(in, &c->decisions);
	put_retained(in, &c->retained);
}
