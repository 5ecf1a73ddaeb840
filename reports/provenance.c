/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/provenance.h"

#include "reports/json_util.h"

/* Where a merged profile comes from; docs/json.md describes every member. */

static void put_flags(struct pgo_json in, uint32_t flags)
{
	char text[128];
	pgo_profile_flags_text(flags, text, sizeof text);
	pgo_json_text(in, "flags", text);
}

static void put_source(struct pgo_json files, const struct pgo_source *s)
{
	struct pgo_json file = pgo_json_append_object(files);
	pgo_json_text(file, "file", s->path);
	pgo_json_text(file, "xxh3_128", s->digest[0] ? s->digest : NULL);
	pgo_json_u64(file, "bytes", s->bytes);
	pgo_json_text(file, "format", s->format);
	pgo_json_u64(file, "version", s->version);
	put_flags(file, s->flags);
	pgo_json_u64(file, "functions", s->functions);
	pgo_json_u128(file, "total", s->total);
	pgo_json_u64(file, "quarantined", s->loss.records);
	pgo_json_double(file, "lost_functions", s->loss.functions);
	pgo_json_optional(file, "lost_mass",
			  (struct pgo_optional){.present = s->loss.mass_known, .value = s->loss.mass});
}

static void put_inputs(struct pgo_json root, const struct pgo_provenance *p)
{
	struct pgo_json inputs = pgo_json_array(root, "inputs");
	for (size_t g = 0; g < p->group_count; g++) {
		const struct pgo_source_group *group = &p->groups[g];
		struct pgo_json input = pgo_json_append_object(inputs);
		pgo_json_text(input, "input", group->name);
		pgo_json_double(input, "weight", group->weight);
		pgo_json_double(input, "share", group->share);
		struct pgo_json files = pgo_json_array(input, "files");
		for (size_t i = 0; i < group->count; i++)
			put_source(files, &p->sources[group->first + i]);
	}
}

static void put_output(struct pgo_json root, const struct pgo_provenance *p, const struct pgo_summary *summary)
{
	struct pgo_json out = pgo_json_object(root, "output");
	pgo_json_text(out, "file", p->output);
	pgo_json_text(out, "format", p->format);
	if (p->version)
		pgo_json_u64(out, "version", p->version);
	else
		pgo_json_null(out, "version");
	put_flags(out, p->result->flags);
	pgo_json_bool(out, "sparse", p->sparse);
	pgo_json_u64(out, "functions", p->functions);
	pgo_json_u64(out, "saturated_counters", summary->saturated_counters);
	pgo_json_u128(out, "total", summary->total);
}

static int write_document(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_provenance *p = report->provenance;
	struct pgo_summary summary;
	bool failed = false;
	int rc = pgo_profile_summarize(&summary, p->result, PGO_RECORDS_NORMAL, err);
	if (rc != PGO_OK)
		return rc;
	struct pgo_json root = pgo_json_root(&failed);
	pgo_json_head(root, "pgo-analyze/merge/1");
	put_output(root, p, &summary);
	pgo_json_text(root, "weights", p->shares ? "shares" : "factors");
	put_inputs(root, p);
	struct pgo_json warnings = pgo_json_array(root, "warnings");
	for (size_t i = 0; i < p->result->warning_count; i++)
		pgo_json_append_text(warnings, p->result->warnings[i]);
	for (size_t i = 0; i < p->warning_count; i++)
		pgo_json_append_text(warnings, p->warnings[i]);
	pgo_json_quarantine(root, p->result);
	rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	return rc;
}

int pgo_provenance_write(const char *path, const struct pgo_provenance *provenance, struct pgo_error *err)
{
	const struct pgo_report report = {.provenance = provenance};
	return pgo_report_to(path, write_document, &report, err);
}
