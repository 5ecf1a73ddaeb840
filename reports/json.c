/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "reports/json_util.h"
#include "reports/runs.h"
#include "reports/show.h"
#include "reports/show_json.h"
#include "reports/writers.h"

/* The documents; docs/json.md describes every member. */

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static void put_side(struct pgo_json root, const char *key, const char *name, const struct pgo_profile *profile,
		     const struct pgo_side *side)
{
	struct pgo_json in = pgo_json_object(root, key);
	pgo_json_profile(in, name, profile);
	pgo_json_summary(in, "functions", &side->summary);
	pgo_json_skew(in, &side->skew);
}

static void put_dominant(struct pgo_json row, const char *key, uint32_t index)
{
	if (index == UINT32_MAX)
		pgo_json_null(row, key);
	else
		pgo_json_u64(row, key, index);
}

static void put_compared(struct pgo_json row, const char *name, const char *readable,
			 const struct pgo_function_comparison *f)
{
	pgo_json_text(row, "name", name);
	pgo_json_text(row, "demangled", readable);
	pgo_json_text(row, "join", pgo_join_name(f->join));
	pgo_json_double(row, "train_share", f->train_share);
	pgo_json_double(row, "test_share", f->test_share);
	pgo_json_optional(row, "log2_ratio", f->log2_ratio);
	pgo_json_double(row, "jsd_contribution_bits", f->jsd_bits);
	pgo_json_optional(row, "shape_tv", f->shape_tv);
	pgo_json_optional(row, "shape_jsd_bits", f->shape_jsd_bits);
	pgo_json_optional(row, "p_value", f->p_value);
	pgo_json_optional(row, "q_value", f->q_value);
	pgo_json_optional(row, "ks_p_value", f->ks_p_value);
	pgo_json_text(row, "train_class", pgo_class_name(f->train_class));
	pgo_json_text(row, "test_class", pgo_class_name(f->test_class));
	put_dominant(row, "train_dominant_counter", f->train_dominant);
	put_dominant(row, "test_dominant_counter", f->test_dominant);
	pgo_json_bool(row, "dominant_differs", f->dominant_differs);
	pgo_json_bool(row, "flagged", f->flagged);
}

static int print_compared(FILE *out, const struct pgo_comparison *c, size_t index, bool first, struct pgo_error *err)
{
	const struct pgo_function_comparison *f = &c->functions[index];
	const char *name = f->name;
	char *readable = pgo_demangle(name);
	if (!readable)
		return out_of_memory(err);
	bool failed = false;
	struct pgo_json row = pgo_json_root(&failed);
	put_compared(row, name, readable, f);
	int rc = pgo_json_row(out, row, first, err);
	json_object_put(row.at);
	free(readable);
	return rc;
}

int pgo_json_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_comparison *c = report->comparison;
	struct pgo_selection listed = {0};
	bool failed = false;
	struct pgo_json root = pgo_json_root(&failed);
	int rc = pgo_select_compared(&listed, report, err);
	if (rc != PGO_OK)
		goto done;
	pgo_json_head(root, "pgo-analyze/compare/1");
	pgo_json_verdict(root, report->verdict);
	put_side(root, "train", report->train_name, c->train_profile, &c->train);
	put_side(root, "test", report->test_name, c->test_profile, &c->test);
	pgo_json_text(root, "records", c->options.context_sensitive ? "context_sensitive" : "normal");
	pgo_json_measures(root, c);
	pgo_json_thresholds(root, report, &c->options);
	if (report->runs && (rc = pgo_json_runs(root, report, err)) != PGO_OK)
		goto done;
	pgo_json_u64(root, "function_total", c->function_total);
	pgo_json_u64(root, "tested_functions", c->tested_functions);
	pgo_json_u64(root, "flagged_functions", c->flagged_functions);
	pgo_json_u64(root, "matching_functions", listed.matching);
	rc = pgo_json_print(out, root, true, err);
	pgo_json_rows_begin(out, "functions");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = print_compared(out, c, listed.index[i], i == 0, err);
	pgo_json_rows_end(out);
done:
	json_object_put(root.at);
	pgo_selection_release(&listed);
	return rc;
}

int pgo_json_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	struct pgo_json root = pgo_json_root(&failed);
	pgo_json_head(root, "pgo-analyze/gate/1");
	pgo_json_verdict(root, report->verdict);
	if (report->input_count) {
		const struct pgo_comparison *c = report->inputs[0].comparison;
		put_side(root, "train", report->train_name, c->train_profile, &c->train);
		pgo_json_text(root, "records", c->options.context_sensitive ? "context_sensitive" : "normal");
		pgo_json_thresholds(root, report, &c->options);
	}
	struct pgo_json references = pgo_json_array(root, "references");
	for (size_t i = 0; i < report->input_count; i++) {
		const struct pgo_gate_input *input = &report->inputs[i];
		const struct pgo_comparison *c = input->comparison;
		struct pgo_json reference = pgo_json_append_object(references);
		pgo_json_text(reference, "reference", input->reference);
		pgo_json_text(reference, "kind", pgo_reference_kind_name(input->kind));
		put_side(reference, "test", input->reference, c->test_profile, &c->test);
		pgo_json_measures(reference, c);
		pgo_json_u64(reference, "function_total", c->function_total);
		pgo_json_u64(reference, "tested_functions", c->tested_functions);
		pgo_json_u64(reference, "flagged_functions", c->flagged_functions);
	}
	int rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	return rc;
}

static void put_shown(struct pgo_json row, const struct pgo_report *report, const struct pgo_function *f,
		      const char *name, const char *readable)
{
	pgo_json_text(row, "name", name);
	pgo_json_text(row, "demangled", readable);
	pgo_json_hash(row, "cfg_hash", f->cfg_hash);
	pgo_json_bool(row, "context_sensitive", f->flags & PGO_FUNCTION_CS);
	pgo_json_bool(row, "pseudo", f->flags & PGO_FUNCTION_PSEUDO);
	pgo_json_bool(row, "saturated", f->flags & PGO_FUNCTION_SATURATED);
	pgo_json_u64(row, "counters", f->counter_count);
	if (f->counter_count)
		pgo_json_u64(row, "first_count", f->counters[0]);
	else
		pgo_json_null(row, "first_count");
	pgo_json_u64(row, "max_count", f->max);
	pgo_json_u128(row, "total_count", pgo_function_sum(f));
	pgo_json_double(row, "share", pgo_show_share(report, f));
	pgo_json_text(row, "class", pgo_class_name(pgo_show_class(report, f)));
	if (report->binary)
		pgo_json_source(row, report->binary, f);
	if (!report->counts)
		return;
	const uint64_t *keys = pgo_profile_keys(report->profile, f);
	struct pgo_json list = pgo_json_array(row, "counts");
	for (uint32_t i = 0; i < f->counter_count; i++)
		pgo_json_append_u64(list, f->counters[i]);
	if (!keys)
		return;
	list = pgo_json_array(row, "keys");
	for (uint32_t i = 0; i < f->counter_count; i++)
		pgo_json_append_u64(list, keys[i]);
}

static int print_shown(FILE *out, const struct pgo_report *report, size_t index, bool first, struct pgo_error *err)
{
	const struct pgo_function value = pgo_profile_function(report->profile, index), *f = &value;
	char *name = pgo_function_name(f), *readable = name ? pgo_demangle(name) : NULL;
	if (!readable) {
		free(name);
		return out_of_memory(err);
	}
	bool failed = false;
	struct pgo_json row = pgo_json_root(&failed);
	put_shown(row, report, f, name, readable);
	int rc = report->sites ? pgo_json_sites(row, report, index, err) : PGO_OK;
	if (rc == PGO_OK)
		rc = pgo_json_row(out, row, first, err);
	json_object_put(row.at);
	free(name);
	free(readable);
	return rc;
}

int pgo_json_show(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_summary *s = report->summary;
	struct pgo_selection listed = {0};
	bool failed = false;
	struct pgo_json root = pgo_json_root(&failed);
	int rc = report->functions ? pgo_select_shown(&listed, report, err) : PGO_OK;
	if (rc != PGO_OK)
		goto done;
	pgo_json_head(root, "pgo-analyze/show/1");
	pgo_json_profile(root, report->profile_name, report->profile);
	pgo_json_text(root, "records", report->filter == PGO_RECORDS_CS ? "context_sensitive" : "normal");
	pgo_json_summary(root, "function_total", s);
	pgo_json_skew(root, report->skew);
	struct pgo_json cutoffs = pgo_json_array(root, "detailed_summary");
	for (size_t i = 0; i < s->entry_count; i++) {
		struct pgo_json cutoff = pgo_json_append_object(cutoffs);
		pgo_json_double(cutoff, "cutoff", s->entries[i].cutoff / 1e6);
		pgo_json_u64(cutoff, "min_count", s->entries[i].min_count);
		pgo_json_u64(cutoff, "counters", s->entries[i].counter_count);
	}
	pgo_json_show_more(root, report);
	if (report->traces && (rc = pgo_json_traces(root, report, err)) != PGO_OK)
		goto done;
	pgo_json_u64(root, "matching_functions", listed.matching);
	rc = pgo_json_print(out, root, true, err);
	pgo_json_rows_begin(out, "functions");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = print_shown(out, report, listed.index[i], i == 0, err);
	pgo_json_rows_end(out);
done:
	json_object_put(root.at);
	pgo_selection_release(&listed);
	return rc;
}
