/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "reports/explain.h"
#include "reports/show.h"
#include "reports/text_util.h"
#include "reports/writers.h"

static void count_line(const struct pgo_text *t, const struct pgo_report *report, const struct pgo_function *f)
{
	fprintf(t->out, "    hash 0x%016" PRIx64 "  counts", f->cfg_hash);
	const uint64_t *keys = pgo_profile_keys(report->profile, f);
	char key[PGO_KEY_TEXT];
	for (uint32_t i = 0; i < f->counter_count; i++)
		if (keys)
			fprintf(t->out, "%s %s: %" PRIu64, i ? "," : "",
				pgo_key_text(key, report->profile->kind, keys[i]), (uint64_t)f->counters[i]);
		else
			fprintf(t->out, " %" PRIu64, (uint64_t)f->counters[i]);
	fputc('\n', t->out);
}

/* Source line of a function, where the binary tells. */
static void put_source(const struct pgo_text *t, const struct pgo_report *report, const struct pgo_function *f)
{
	struct pgo_source source;
	if (!report->binary || !pgo_binary_find(report->binary, f, &source))
		return;
	fputs("  ", t->out);
	pgo_text_name(t, source.file, 0);
	fprintf(t->out, ":%" PRIu32, source.line);
}

static void put_count_columns(const struct pgo_text *t, const struct pgo_report *report, const struct pgo_function *f)
{
	char cell[PGO_TEXT_CELL];
	if (report->hot) {
		pgo_text_right(t, 22, pgo_text_count(cell, pgo_function_sum(f)));
		pgo_text_right(t, 10, pgo_text_percent(cell, pgo_show_share(report, f)));
		pgo_text_right(t, 22, pgo_text_count(cell, f->max));
		pgo_text_right(t, 7, pgo_class_name(pgo_show_class(report, f)));
		return;
	}
	pgo_text_right(t, 22, pgo_text_count(cell, f->max));
	pgo_text_right(t, 22, pgo_text_count(cell, f->counter_count ? f->counters[0] : 0));
	pgo_text_right(t, 10, pgo_text_count(cell, f->counter_count));
}

static int site_lines(const struct pgo_text *t, const struct pgo_report *report, size_t index)
{
	const struct pgo_profile *p = report->profile;
	struct pgo_function_extra extra = pgo_profile_extra(p, index);
	uint32_t number = 0;
	char cell[PGO_TEXT_CELL];
	for (uint32_t i = 0; i < extra.site_count; i++) {
		const struct pgo_value_site *site = &p->sites[extra.first_site + i];
		enum pgo_value_kind kind = (enum pgo_value_kind)site->kind;
		number = i && site[-1].kind == site->kind ? number + 1 : 0;
		fprintf(t->out, "    %s, site %" PRIu32 ":%s\n", pgo_value_kind_name(kind), number,
			site->count ? "" : " nothing met");
		for (uint32_t k = 0; k < site->count; k++) {
			const struct pgo_value *v = &p->values[site->first + k];
			char *text = pgo_value_text(report->value_names, kind, v->value);
			if (!text)
				return PGO_ENOMEM;
			pgo_text_right(t, 22, pgo_text_count(cell, v->count));
			fputs("  ", t->out);
			pgo_text_name(t, text, 0);
			fputc('\n', t->out);
			free(text);
		}
	}
	return PGO_OK;
}

/** The readable name; with the file of a function with local linkage in front where another one looks the same. Heap */
static char *name_shown(const struct pgo_function *f, bool with_file)
{
	char *name = pgo_function_name(f), *readable = name ? pgo_demangle(name) : NULL, *both = NULL;
	size_t prefix = with_file && name ? pgo_name_file_prefix(f->name, f->name_length) : 0;
	if (prefix && readable && asprintf(&both, "%.*s%s", (int)prefix, name, readable) < 0)
		both = NULL;
	free(name);
	if (!prefix)
		return readable;
	free(readable);
	return both;
}

static int function_lines(const struct pgo_text *t, const struct pgo_report *report, size_t index, bool with_file,
			  struct pgo_error *err)
{
	const struct pgo_function value = pgo_profile_function(report->profile, index), *f = &value;
	char *readable = name_shown(f, with_file && !report->binary);
	if (!readable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	put_count_columns(t, report, f);
	fputs("  ", t->out);
	pgo_text_name(t, readable, report->binary ? 0 : t->cut > 64 ? t->cut - 56 : t->cut ? 8 : 0);
	free(readable);
	put_source(t, report, f);
	fputs(f->flags & PGO_FUNCTION_PSEUDO ? " (pseudo count)\n" : "\n", t->out);
	if (report->counts)
		count_line(t, report, f);
	if (report->sites && site_lines(t, report, index) != PGO_OK)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	return PGO_OK;
}

static int function_section(const struct pgo_text *t, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection listed = {0}, alike = {0};
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	int rc = pgo_select_shown(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	if (pgo_select_namesakes(&alike, &listed, report->profile) != PGO_OK) {
		pgo_selection_release(&listed);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	pgo_text_heading(t, "Functions: %s of %s%s, by %s", pgo_text_count(a, listed.count),
			 pgo_text_count(b, listed.matching),
			 report->function || report->value_cutoff ? " that match" : "",
			 report->hot   ? "count"
			 : report->top ? "largest counter"
				       : "name");
	if (report->hot)
		fprintf(t->out, "%22s%10s%22s%7s  %s\n", "count", "share", "largest counter", "class", "function");
	else
		fprintf(t->out, "%22s%22s%10s  %s\n", "largest counter", "first counter", "counters", "function");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = function_lines(t, report, listed.index[i], pgo_is_selected(&alike, listed.index[i]), err);
	pgo_selection_release(&alike);
	pgo_selection_release(&listed);
	return rc;
}

static void cutoff_section(const struct pgo_text *t, const struct pgo_summary *s)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_heading(t, "Counters needed to reach a share of the total count");
	fprintf(t->out, "  %12s%24s%14s\n", "share", "smallest of them", "counters");
	for (size_t i = 0; i < s->entry_count; i++) {
		snprintf(cell, sizeof cell, "%.6g %%", s->entries[i].cutoff / 1e4);
		fprintf(t->out, "  %12s", cell);
		pgo_text_right(t, 24, pgo_text_count(cell, s->entries[i].min_count));
		pgo_text_right(t, 14, pgo_text_count(cell, s->entries[i].counter_count));
		fputc('\n', t->out);
	}
}

static int trace_section(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_profile *p = report->profile;
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	pgo_text_heading(t, "Temporal traces: %s of %s seen", pgo_text_count(a, p->trace_count),
			 pgo_text_count(b, p->traces_seen));
	for (size_t i = 0; i < p->trace_count; i++) {
		const struct pgo_trace *trace = &p->traces[i];
		fprintf(t->out, "  trace %zu, weight %s: first executions of %s functions, in their order\n", i,
			pgo_text_count(a, trace->weight), pgo_text_count(b, trace->count));
		for (uint64_t k = 0; k < trace->count; k++) {
			char *name = pgo_value_text(report->value_names, PGO_VALUE_CALL_TARGET,
						    p->trace_refs[trace->first + k]);
			if (!name)
				return PGO_ENOMEM;
			fputs("    ", t->out);
			pgo_text_name(t, name, 0);
			fputc('\n', t->out);
			free(name);
		}
	}
	return PGO_OK;
}

int pgo_text_show(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_profile *p = report->profile;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	const struct pgo_side side = {.summary = *report->summary, .skew = *report->skew};
	char id[65];
	fputs("profile  ", out);
	pgo_text_name(t, report->profile_name, 0);
	fprintf(out, "\n%s\n", report->filter == PGO_RECORDS_CS ? "context-sensitive records only\n" : "");
	pgo_text_sides(t, p, &side, NULL, NULL);
	for (size_t i = 0; i < p->build_id_count; i++)
		fprintf(out, "  build id   %s\n", pgo_build_id_text(&p->build_ids[i], id));
	if (p->flags & PGO_PROFILE_CSIR && report->filter == PGO_RECORDS_NORMAL)
		pgo_text_wrap(t, "  note:", 8, "context-sensitive records are not among these; --cs shows them");
	pgo_text_warnings(t, report->profile_name, p);
	char words[PGO_EXPLAIN_WORDS];
	if (pgo_explain_binary(words, report->binary, report->binary_name, p, report->profile_name)[0])
		pgo_text_wrap(t, "  warning:", 11, words);
	if (report->detailed_summary)
		cutoff_section(t, report->summary);
	if (report->traces && trace_section(t, report) != PGO_OK)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	return report->functions ? function_section(t, report, err) : PGO_OK;
}
