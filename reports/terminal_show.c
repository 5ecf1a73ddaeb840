/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "reports/text_util.h"
#include "reports/writers.h"

static int function_lines(const struct pgo_text *t, const struct pgo_report *report, size_t index,
			  struct pgo_error *err)
{
	const struct pgo_function value = pgo_profile_function(report->profile, index), *f = &value;
	char cell[PGO_TEXT_CELL];
	char *name = pgo_function_name(f), *readable = name ? pgo_demangle(name) : NULL;
	free(name);
	if (!readable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	pgo_text_right(t, 22, pgo_text_count(cell, f->max));
	pgo_text_right(t, 22, pgo_text_count(cell, f->counter_count ? f->counters[0] : 0));
	pgo_text_right(t, 10, pgo_text_count(cell, f->counter_count));
	fputs("  ", t->out);
	pgo_text_name(t, readable, t->cut > 64 ? t->cut - 56 : t->cut ? 8 : 0);
	fputs(f->flags & PGO_FUNCTION_PSEUDO ? " (pseudo count)\n" : "\n", t->out);
	free(readable);
	if (!report->counts)
		return PGO_OK;
	fprintf(t->out, "    hash 0x%016" PRIx64 "  counts", f->cfg_hash);
	for (uint32_t i = 0; i < f->counter_count; i++)
		fprintf(t->out, " %" PRIu64, (uint64_t)f->counters[i]);
	fputc('\n', t->out);
	return PGO_OK;
}

static int function_section(const struct pgo_text *t, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection listed = {0};
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	int rc = pgo_select_shown(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	pgo_text_heading(t, "Functions: %s of %s%s, by %s", pgo_text_count(a, listed.count),
			 pgo_text_count(b, listed.matching), report->function ? " that match" : "",
			 report->top ? "largest counter" : "name");
	fprintf(t->out, "%22s%22s%10s  %s\n", "largest counter", "first counter", "counters", "function");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = function_lines(t, report, listed.index[i], err);
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
	pgo_text_warnings(t, report->profile_name, p);
	if (report->detailed_summary)
		cutoff_section(t, report->summary);
	return report->functions ? function_section(t, report, err) : PGO_OK;
}
