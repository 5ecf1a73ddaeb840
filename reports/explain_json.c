/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "reports/explain.h"
#include "reports/json_util.h"
#include "reports/show_json.h"
#include "reports/writers.h"

/* The document of "explain"; docs/json.md describes every member. */

static const char *const keys[2] = {"train", "test"};

static void put_side(struct pgo_json root, const struct pgo_report *report, unsigned s)
{
	const struct pgo_explanation *e = report->explanation;
	const struct pgo_explained_side *side = &e->side[s];
	char words[PGO_EXPLAIN_WORDS];
	struct pgo_json in = pgo_json_object(root, keys[s]);
	pgo_json_text(in, "file", s ? report->test_name : report->train_name);
	pgo_json_bool(in, "present", side->present);
	pgo_json_u64(in, "hot_threshold", side->summary->hot_threshold);
	pgo_json_u64(in, "cold_threshold", side->summary->cold_threshold);
	pgo_json_text(in, "treatment", pgo_treatment_name(side->treatment));
	pgo_json_text(in, "compiler", pgo_explain_treatment(words, e, s));
	if (!side->present)
		return;
	pgo_json_hash(in, "cfg_hash", side->f.cfg_hash);
	pgo_json_u64(in, "counters", side->f.counter_count);
	pgo_json_u128(in, "total_count", pgo_function_sum(&side->f));
	pgo_json_double(in, "share", side->share);
	pgo_json_u64(in, "max_count", side->f.max);
	if (side->dominant == UINT32_MAX)
		pgo_json_null(in, "dominant_counter");
	else
		pgo_json_u64(in, "dominant_counter", pgo_explain_key(e, s, side->dominant));
	if (side->entry_known)
		pgo_json_u64(in, "entry_count", side->entry);
	else
		pgo_json_null(in, "entry_count");
	pgo_json_text(in, "class", pgo_class_name((enum pgo_class)side->heat));
}

static void put_counters(struct pgo_json root, const struct pgo_explanation *e)
{
	struct pgo_json list = pgo_json_array(root, "counters");
	for (size_t i = 0; i < e->counter_count; i++) {
		const struct pgo_explained_counter *c = &e->counters[i];
		struct pgo_json row = pgo_json_append_object(list);
		pgo_json_u64(row, e->keyed ? "key" : "number", c->key);
		for (unsigned s = 0; s < 2; s++) {
			if (!c->has[s]) {
				pgo_json_null(row, keys[s]);
				continue;
			}
			struct pgo_json in = pgo_json_object(row, keys[s]);
			pgo_json_u64(in, "count", c->count[s]);
			pgo_json_double(in, "share_inside", c->inside[s]);
			pgo_json_double(in, "share", c->share[s]);
			pgo_json_text(in, "class", pgo_class_name((enum pgo_class)c->heat[s]));
		}
	}
}

static int put_values(struct pgo_json site_row, const struct pgo_report *report, const struct pgo_site_comparison *site)
{
	struct pgo_json list = pgo_json_array(site_row, "values");
	for (size_t i = 0; i < site->count; i++) {
		const struct pgo_value_pair *pair = &report->explanation->values.pairs[site->first + i];
		struct pgo_json row = pgo_json_append_object(list);
		char *text = pgo_value_text(report->value_names, (enum pgo_value_kind)site->kind, pair->value);
		if (!text)
			return PGO_ENOMEM;
		pgo_json_u64(row, "value", pair->value);
		pgo_json_text(row, "name", text);
		pgo_json_u64(row, "train_count", pair->count[0]);
		pgo_json_u64(row, "test_count", pair->count[1]);
		free(text);
	}
	return PGO_OK;
}

static int put_sites(struct pgo_json root, const struct pgo_report *report)
{
	const struct pgo_value_comparison *v = &report->explanation->values;
	struct pgo_json distances = pgo_json_array(root, "value_distances"), list;
	for (int kind = 0; kind < PGO_VALUE_KINDS; kind++) {
		struct pgo_json row = pgo_json_append_object(distances);
		pgo_json_text(row, "kind", pgo_value_kind_name((enum pgo_value_kind)kind));
		pgo_json_optional(row, "total_variation", v->distance[kind]);
		pgo_json_double(row, "covered", v->covered[kind]);
		pgo_json_bool(row, "sites_differ", v->sites_differ[kind]);
	}
	list = pgo_json_array(root, "value_sites");
	for (size_t i = 0; i < v->site_count; i++) {
		const struct pgo_site_comparison *site = &v->sites[i];
		struct pgo_json row = pgo_json_append_object(list);
		pgo_json_text(row, "kind", pgo_value_kind_name((enum pgo_value_kind)site->kind));
		pgo_json_u64(row, "number", site->number);
		pgo_json_optional(row, "total_variation", site->tv);
		int rc = put_values(row, report, site);
		if (rc != PGO_OK)
			return rc;
	}
	return PGO_OK;
}

static int put_matches(struct pgo_json root, const struct pgo_report *report)
{
	const struct pgo_matches *m = report->matches;
	pgo_json_text(root, "matched_by", pgo_match_name(m->how));
	struct pgo_json list = pgo_json_array(root, "matches");
	for (size_t i = 0; i < m->count; i++) {
		char *name = pgo_explain_name(report->explanation, &m->items[i]);
		if (!name)
			return PGO_ENOMEM;
		struct pgo_json row = pgo_json_append_object(list);
		pgo_json_text(row, "name", name);
		pgo_json_double(row, "train_share", m->items[i].share[0]);
		pgo_json_double(row, "test_share", m->items[i].share[1]);
		free(name);
	}
	return PGO_OK;
}

static void put_measures(struct pgo_json root, const struct pgo_explanation *e)
{
	const struct pgo_function_comparison *f = e->row;
	char words[PGO_EXPLAIN_WORDS];
	pgo_json_text(root, "join",
		      e->joined					 ? "matched"
		      : e->side[0].present && e->side[1].present ? "mismatched"
		      : e->side[0].present			 ? "only_train"
								 : "only_test");
	pgo_json_text(root, "join_note", pgo_explain_join(words, e)[0] ? words : NULL);
	pgo_json_text(root, "view", pgo_explain_view(words, e));
	pgo_json_optional(root, "log2_ratio", f->log2_ratio);
	pgo_json_double(root, "jsd_contribution_bits", f->jsd_bits);
	pgo_json_optional(root, "shape_tv", f->shape_tv);
	pgo_json_optional(root, "shape_jsd_bits", f->shape_jsd_bits);
	pgo_json_optional(root, "p_value", f->p_value);
	pgo_json_optional(root, "q_value", f->q_value);
	pgo_json_bool(root, "dominant_differs", f->dominant_differs);
	struct pgo_json table = pgo_json_object(root, "decision_table");
	for (int a = 0; a < PGO_CLASS_COUNT; a++) {
		struct pgo_json row = pgo_json_object(table, pgo_class_name((enum pgo_class)a));
		for (int b = 0; b < PGO_CLASS_COUNT; b++)
			pgo_json_double(row, pgo_class_name((enum pgo_class)b), e->table[a][b]);
	}
}

int pgo_json_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_explanation *e = report->explanation;
	bool failed = false;
	char words[PGO_EXPLAIN_WORDS];
	struct pgo_json root = pgo_json_root(&failed);
	char *name = pgo_function_name(pgo_explain_record(e)), *readable = name ? pgo_demangle(name) : NULL;
	int rc = readable ? PGO_OK : PGO_ENOMEM;
	if (rc != PGO_OK)
		goto done;
	pgo_json_head(root, "pgo-analyze/explain/1");
	pgo_json_text(root, "name", name);
	pgo_json_text(root, "demangled", readable);
	pgo_json_source(root, report->binary, pgo_explain_record(e));
	pgo_explain_binary(words, report->binary, report->binary_name, e->comparison->train_profile,
			   report->train_name);
	pgo_json_text(root, "binary_warning", words[0] ? words : NULL);
	put_side(root, report, 0);
	put_side(root, report, 1);
	put_measures(root, e);
	put_counters(root, e);
	rc = put_sites(root, report);
	if (rc == PGO_OK)
		rc = put_matches(root, report);
done:
	if (rc != PGO_OK)
		pgo_error_set(err, rc, "out of memory");
	else
		rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	free(name);
	free(readable);
	return rc;
}
