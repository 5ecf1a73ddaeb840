/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/show_json.h"

#include <stdlib.h>

#include "reports/explain.h"

void pgo_json_source(struct pgo_json in, const struct pgo_binary *binary, const struct pgo_function *f)
{
	struct pgo_source source;
	if (!binary || !pgo_binary_find(binary, f, &source)) {
		pgo_json_null(in, "source");
		return;
	}
	struct pgo_json at = pgo_json_object(in, "source");
	pgo_json_text(at, "file", source.file);
	pgo_json_u64(at, "line", source.line);
}

void pgo_json_show_more(struct pgo_json root, const struct pgo_report *report)
{
	char words[PGO_EXPLAIN_WORDS];
	if (!report->binary)
		return;
	pgo_explain_binary(words, report->binary, report->binary_name, report->profile, report->profile_name);
	pgo_json_text(root, "binary_warning", words[0] ? words : NULL);
}

static int append_value(struct pgo_json list, const struct pgo_report *report, enum pgo_value_kind kind,
			const struct pgo_value *v, struct pgo_error *err)
{
	char *text = pgo_value_text(report->value_names, kind, v->value);
	if (!text)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	struct pgo_json row = pgo_json_append_object(list);
	pgo_json_u64(row, "value", v->value);
	pgo_json_text(row, "name", text);
	pgo_json_u64(row, "count", v->count);
	free(text);
	return PGO_OK;
}

int pgo_json_sites(struct pgo_json row, const struct pgo_report *report, size_t index, struct pgo_error *err)
{
	const struct pgo_profile *p = report->profile;
	struct pgo_function_extra extra = pgo_profile_extra(p, index);
	struct pgo_json sites = pgo_json_array(row, "value_sites");
	uint64_t number = 0;
	int rc = PGO_OK;
	for (uint32_t i = 0; i < extra.site_count && rc == PGO_OK; i++) {
		const struct pgo_value_site *site = &p->sites[extra.first_site + i];
		enum pgo_value_kind kind = (enum pgo_value_kind)site->kind;
		number = i && site[-1].kind == site->kind ? number + 1 : 0;
		struct pgo_json in = pgo_json_append_object(sites);
		pgo_json_text(in, "kind", pgo_value_kind_name(kind));
		pgo_json_u64(in, "number", number);
		struct pgo_json values = pgo_json_array(in, "values");
		for (uint32_t k = 0; k < site->count && rc == PGO_OK; k++)
			rc = append_value(values, report, kind, &p->values[site->first + k], err);
	}
	return rc;
}

int pgo_json_traces(struct pgo_json root, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_profile *p = report->profile;
	struct pgo_json traces = pgo_json_array(root, "traces");
	pgo_json_u64(root, "traces_seen", p->traces_seen);
	for (size_t i = 0; i < p->trace_count; i++) {
		struct pgo_json in = pgo_json_append_object(traces);
		pgo_json_u64(in, "weight", p->traces[i].weight);
		struct pgo_json names = pgo_json_array(in, "functions");
		for (uint64_t k = 0; k < p->traces[i].count; k++) {
			char *name = pgo_value_text(report->value_names, PGO_VALUE_CALL_TARGET,
						    p->trace_refs[p->traces[i].first + k]);
			if (!name)
				return pgo_error_set(err, PGO_ENOMEM, "out of memory");
			pgo_json_append_text(names, name);
			free(name);
		}
	}
	return PGO_OK;
}
