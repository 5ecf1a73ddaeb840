/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "reports/json_util.h"
#include "reports/matrix.h"
#include "reports/writers.h"

/* The documents of the commands on several runs; docs/json.md describes every member. */

static void put_named(struct pgo_json in, const struct pgo_named *named)
{
	char *readable = pgo_demangle(named->name);
	pgo_json_text(in, "name", named->name);
	pgo_json_text(in, "demangled", readable ? readable : named->name);
	pgo_json_double(in, "share", named->share);
	free(readable);
}

static void put_functions(struct pgo_json in, const char *key, const struct pgo_named *named, size_t count)
{
	struct pgo_json list = pgo_json_array(in, key);
	for (size_t i = 0; i < count; i++)
		put_named(pgo_json_append_object(list), &named[i]);
}

static struct pgo_json begin(bool *failed, const char *schema, const struct pgo_report *report)
{
	struct pgo_json root = pgo_json_root(failed);
	pgo_json_head(root, schema);
	if (report->verdict)
		pgo_json_verdict(root, report->verdict);
	pgo_json_inputs(root, report->several);
	return root;
}

static int end(FILE *out, struct pgo_json root, struct pgo_error *err)
{
	int rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	return rc;
}

static int skew(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	const struct pgo_concentration *c = s->concentration;
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	struct pgo_json root = begin(&failed, "pgo-analyze/skew/1", report);
	pgo_json_text(root, "file", s->names[0]);
	pgo_json_double(root, "alpha", s->alpha);
	struct pgo_json references = pgo_json_array(root, "references");
	for (size_t i = 0; i < s->reference_count; i++)
		pgo_json_append_text(references, s->reference_names[i]);
	pgo_json_u64(root, "reference_count", s->ranks->reference_count);
	pgo_json_optional(root, "p_value", s->ranks->p_value);
	struct pgo_json statistics = pgo_json_object(root, "statistics");
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		const struct pgo_concentration_rank *rank = &s->ranks->ranks[k];
		struct pgo_json in = pgo_json_object(statistics, fields[k].name);
		pgo_json_optional(in, "value", c->values[k]);
		pgo_json_optional(in, "p_value", rank->p_value);
		pgo_json_optional(in, "reference_min", rank->low);
		pgo_json_optional(in, "reference_median", rank->median);
		pgo_json_optional(in, "reference_max", rank->high);
		pgo_json_optional(in, "default_limit", fields[k].fallback);
		pgo_json_bool(in, "beyond_default", rank->beyond);
	}
	pgo_json_u64(root, "loop_functions", c->loop_functions);
	struct pgo_json functions = pgo_json_array(root, "functions");
	for (size_t i = 0; i < c->responsible_count; i++) {
		struct pgo_json in = pgo_json_append_object(functions);
		put_named(in, &c->responsible[i].named);
		pgo_json_double(in, "largest_counter_share", c->responsible[i].largest);
		pgo_json_bool(in, "loop_dominated", c->responsible[i].loop);
	}
	return end(out, root, err);
}

static void put_workload(struct pgo_json in, const struct pgo_dominance_workload *w)
{
	pgo_json_double(in, "share", w->share);
	pgo_json_optional(in, "hot_survival", w->survival);
	pgo_json_optional(in, "not_hot_without", w->alone);
	pgo_json_double(in, "changed", w->changed);
	pgo_json_double(in, "drowned", w->drowned);
	struct pgo_json table = pgo_json_object(in, "decision_table");
	for (int a = 0; a < PGO_CLASS_COUNT; a++) {
		struct pgo_json row = pgo_json_object(table, pgo_class_name((enum pgo_class)a));
		for (int b = 0; b < PGO_CLASS_COUNT; b++)
			pgo_json_double(row, pgo_class_name((enum pgo_class)b), w->table[a][b]);
	}
	put_functions(in, "lost", w->lost, w->lost_count);
}

static int dominance(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	struct pgo_json root = begin(&failed, "pgo-analyze/skew-merged/1", report);
	struct pgo_json workloads = pgo_json_array(root, "workloads");
	for (size_t i = 0; i < s->dominance->count; i++) {
		struct pgo_json in = pgo_json_append_object(workloads);
		pgo_json_text(in, "file", s->names[i]);
		put_workload(in, &s->dominance->workloads[i]);
	}
	return end(out, root, err);
}

static int weights(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	const struct pgo_weights *w = s->weights;
	struct pgo_json root = begin(&failed, "pgo-analyze/weights/1", report);
	pgo_json_text(root, "policy", pgo_weight_policy_name(w->policy));
	struct pgo_json references = pgo_json_array(root, "references");
	for (size_t i = 0; i < s->reference_count; i++)
		pgo_json_append_text(references, s->reference_names[i]);
	pgo_json_optional(root, "jsd_bits", w->jsd_bits);
	pgo_json_optional(root, "gap_bits", w->gap_bits);
	pgo_json_double(root, "rounding", w->rounding);
	struct pgo_json workloads = pgo_json_array(root, "workloads");
	for (size_t i = 0; i < w->count; i++) {
		struct pgo_json in = pgo_json_append_object(workloads);
		pgo_json_text(in, "file", s->names[i]);
		pgo_json_double(in, "mass", w->weights[i].mass);
		pgo_json_double(in, "wanted_share", w->weights[i].wanted);
		pgo_json_u64(in, "weight", w->weights[i].weight);
		put_workload(in, &w->dominance.workloads[i]);
	}
	return end(out, root, err);
}

static int sufficiency(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *several = report->several;
	const struct pgo_sufficiency *s = several->sufficiency;
	struct pgo_json root = begin(&failed, "pgo-analyze/sufficiency/1", report);
	pgo_json_double(root, "max_missed", s->options.max_missed);
	pgo_json_u64(root, "min_workloads", s->options.min_workloads);
	pgo_json_u64(root, "orders", s->options.orders);
	pgo_json_u64(root, "seed", s->options.seed);
	pgo_json_optional(root, "next_missed_low", s->next);
	pgo_json_double(root, "next_missed_high", s->missed_mean);
	pgo_json_double(root, "missed_max", s->missed_max);
	pgo_json_double(root, "chance_over", s->chance_over);
	pgo_json_optional(root, "more_workloads", s->more);
	pgo_json_double(root, "mass_seen_once", s->singleton_mass);
	pgo_json_double(root, "mass_seen_twice", s->doubleton_mass);
	pgo_json_u64(root, "functions_seen", s->functions_seen);
	pgo_json_u64(root, "functions_seen_once", s->seen_once);
	pgo_json_u64(root, "functions_seen_twice", s->seen_twice);
	struct pgo_json points = pgo_json_array(root, "curve");
	for (size_t k = 0; k < s->point_count; k++) {
		struct pgo_json in = pgo_json_append_object(points);
		pgo_json_u64(in, "workloads", s->points[k].workloads);
		pgo_json_double(in, "expected", s->points[k].expected);
		pgo_json_double(in, "lower_quartile", s->points[k].low);
		pgo_json_double(in, "median", s->points[k].median);
		pgo_json_double(in, "upper_quartile", s->points[k].high);
	}
	struct pgo_json workloads = pgo_json_array(root, "workloads");
	for (size_t i = 0; i < s->workload_count; i++) {
		struct pgo_json in = pgo_json_append_object(workloads);
		pgo_json_text(in, "file", several->names[i]);
		pgo_json_double(in, "missed", s->workloads[i].missed);
		pgo_json_u64(in, "only_functions", s->workloads[i].only_functions);
		put_functions(in, "functions", s->workloads[i].functions, s->workloads[i].named);
	}
	return end(out, root, err);
}

static int continuity(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	const struct pgo_continuity *c = s->continuity;
	struct pgo_json root = begin(&failed, "pgo-analyze/continuity/1", report);
	pgo_json_text(root, "old", s->names[0]);
	pgo_json_text(root, "new", s->names[1]);
	pgo_json_u128(root, "old_total_count", c->old_summary.total);
	pgo_json_u128(root, "new_total_count", c->new_summary.total);
	pgo_json_optional(root, "mass_ratio", c->mass_ratio);
	pgo_json_u64(root, "old_nonzero_functions", c->old_summary.nonzero_functions);
	pgo_json_u64(root, "new_nonzero_functions", c->new_summary.nonzero_functions);
	pgo_json_optional(root, "functions_ratio", c->functions_ratio);
	pgo_json_u64(root, "functions_stopped", c->functions_stopped);
	pgo_json_u64(root, "functions_gone", c->functions_gone);
	pgo_json_optional(root, "lost", c->lost);
	pgo_json_double(root, "lost_cold", c->lost_by[PGO_FATE_COLD]);
	pgo_json_double(root, "lost_never_ran", c->lost_by[PGO_FATE_NEVER]);
	pgo_json_double(root, "lost_gone", c->lost_by[PGO_FATE_GONE]);
	pgo_json_double(root, "hash_changed", c->changed);
	pgo_json_u64(root, "hot_functions", c->hot_functions);
	pgo_json_u64(root, "hot_functions_lost", c->hot_functions_lost);
	size_t count;
	const struct pgo_continuity_field *fields = pgo_continuity_fields(&count);
	struct pgo_json bands = pgo_json_object(root, "bands");
	for (size_t i = 0; i < count; i++)
		pgo_json_double(bands, fields[i].name, pgo_continuity_band(s->bands, i));
	pgo_json_u64(root, "functions_with_loss", c->lost_count);
	struct pgo_json functions = pgo_json_array(root, "functions");
	for (size_t i = 0; i < c->named; i++) {
		struct pgo_json in = pgo_json_append_object(functions);
		put_named(in, &c->functions[i].named);
		pgo_json_text(in, "fate", pgo_fate_name(c->functions[i].fate));
	}
	return end(out, root, err);
}

static void put_threshold(struct pgo_json in, const struct pgo_calibration_threshold *t)
{
	struct pgo_optional none = {false, 0};
	pgo_json_optional(in, "value", t->present ? (struct pgo_optional){true, t->value} : none);
	pgo_json_u64(in, "workloads", t->count);
	pgo_json_u64(in, "rank", t->rank);
	pgo_json_optional(in, "quantile", t->present ? (struct pgo_optional){true, t->quantile} : none);
	pgo_json_optional(in, "false_alarm", t->present ? (struct pgo_optional){true, t->false_alarm} : none);
	pgo_json_optional(in, "least_false_alarm",
			  t->present ? (struct pgo_optional){true, t->least_false_alarm} : none);
	pgo_json_optional(in, "noise", t->noise);
	pgo_json_bool(in, "raised_to_noise", t->floored);
}

static int calibrate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	const struct pgo_calibration *c = s->calibration;
	struct pgo_json root = begin(&failed, "pgo-analyze/calibrate/1", report);
	pgo_json_double(root, "alpha", c->alpha);
	pgo_json_u64(root, "workload_count", c->workload_count);
	pgo_json_u64(root, "workloads_needed", c->needed);
	pgo_json_u64(root, "repeat_pairs", c->repeat_pairs / 2);
	pgo_json_double(root, "gate_false_alarm", c->gate_false_alarm);
	pgo_json_u64(root, "refused", c->refused);
	struct pgo_json notes = pgo_json_array(root, "notes");
	char line[400];
	for (size_t i = 0; pgo_calibration_note(line, s, i); i++)
		pgo_json_append_text(notes, line);
	struct pgo_json thresholds = pgo_json_object(root, "thresholds");
	for (int k = 0; k < PGO_GATE_STATS; k++)
		put_threshold(pgo_json_object(thresholds, pgo_gate_stat_field((enum pgo_gate_stat)k)),
			      &c->thresholds[k]);
	struct pgo_json workloads = pgo_json_array(root, "workloads");
	for (size_t i = 0; i < c->workload_count; i++) {
		struct pgo_json in = pgo_json_append_object(workloads);
		pgo_json_text(in, "workload", s->workload_names[i]);
		pgo_json_bool(in, "refused", c->rows[i].refused);
		for (int k = 0; k < PGO_GATE_STATS; k++)
			pgo_json_optional(in, pgo_gate_stat_field((enum pgo_gate_stat)k) + 4, c->rows[i].values[k]);
	}
	return end(out, root, err);
}

const struct pgo_several_writer pgo_json_several = {.skew = skew,
						    .dominance = dominance,
						    .sufficiency = sufficiency,
						    .weights = weights,
						    .continuity = continuity,
						    .calibrate = calibrate,
						    .matrix = pgo_json_matrix,
						    .stability = pgo_json_stability};
