/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/several_text.h"
#include "reports/matrix.h"

#include <stdlib.h>
#include <string.h>

void pgo_text_share(const struct pgo_text *t, unsigned columns, double share)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_right(t, columns, pgo_text_percent(cell, share));
}

void pgo_text_share_or_none(const struct pgo_text *t, unsigned columns, struct pgo_optional share)
{
	if (share.present)
		pgo_text_share(t, columns, share.value);
	else
		pgo_text_right(t, columns, "-");
}

void pgo_text_value(const struct pgo_text *t, unsigned columns, struct pgo_optional value)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_right(t, columns, pgo_text_optional(cell, value));
}

void pgo_text_function(const struct pgo_text *t, const char *name, unsigned used)
{
	char *readable = pgo_demangle(name);
	pgo_text_name(t, readable ? readable : name, t->cut > used + 8 ? t->cut - used : t->cut ? 8 : 0);
	free(readable);
}

void pgo_text_column_name(const struct pgo_text *t, const char *name)
{
	pgo_text_name(t, name, t->cut ? 32 : 0);
}

static int skew(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	const struct pgo_concentration *c = s->concentration;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	bool ranked = s->ranks->reference_count > 0;
	fputs("profile     ", out);
	pgo_text_name(t, s->names[0], 0);
	fprintf(out, "\nreferences  %zu\n\n", s->ranks->reference_count);
	pgo_text_verdict(t, report->verdict);
	pgo_text_heading(t, "Concentration");
	fprintf(out, ranked ? "  %-36s%10s%12s%12s%12s%8s\n" : "  %-36s%10s%16s\n", "", "value",
		ranked ? "least real" : "default limit", "median", "most real", "p");
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		const struct pgo_concentration_rank *rank = &s->ranks->ranks[k];
		fprintf(out, "  %-36s", fields[k].help);
		pgo_text_value(t, 10, c->values[k]);
		if (ranked) {
			pgo_text_value(t, 12, rank->low);
			pgo_text_value(t, 12, rank->median);
			pgo_text_value(t, 12, rank->high);
			pgo_text_value(t, 8, rank->p_value);
		} else {
			pgo_text_value(t, 16, fields[k].fallback);
			fputs(rank->beyond ? "  beyond" : "", out);
		}
		fputc('\n', out);
	}
	pgo_text_heading(t, "Functions with most of the mass");
	fprintf(out, "  %9s%18s%7s  %s\n", "share", "in one counter", "loop", "function");
	for (size_t i = 0; i < c->responsible_count; i++) {
		fputs("  ", out);
		pgo_text_share(t, 9, c->responsible[i].named.share);
		pgo_text_share(t, 18, c->responsible[i].largest);
		fprintf(out, "%7s  ", c->responsible[i].loop ? "yes" : "no");
		pgo_text_function(t, c->responsible[i].named.name, 38);
		fputc('\n', out);
	}
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}

static void dominance_table(const struct pgo_text *t, const struct pgo_several *s, const struct pgo_dominance *d)
{
	pgo_text_heading(t, "What the merge does");
	fprintf(t->out, "  %9s%12s%12s%12s%12s  %s\n", "share", "stays hot", "hot alone", "changes", "drowns",
		"workload");
	for (size_t i = 0; i < d->count; i++) {
		const struct pgo_dominance_workload *w = &d->workloads[i];
		fputs("  ", t->out);
		pgo_text_share(t, 9, w->share);
		pgo_text_share_or_none(t, 12, w->survival);
		pgo_text_share_or_none(t, 12, w->alone);
		pgo_text_share(t, 12, w->changed);
		pgo_text_share(t, 12, w->drowned);
		fputs("  ", t->out);
		pgo_text_column_name(t, s->names[i]);
		fputc('\n', t->out);
	}
	pgo_text_wrap(
		t, "", 2,
		"stays hot: share of its own hot code that is hot in the merge. hot alone: share of its execution "
		"that the others merged would not call hot. changes, drowns: share of the others' execution whose "
		"class it changes, that it makes no longer hot.");
}

static int dominance(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	fprintf(out, "workloads  %zu, merged\n\n", s->dominance->count);
	pgo_text_verdict(t, report->verdict);
	dominance_table(t, s, s->dominance);
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}

/* As a POSIX shell reads it back: in quotes unless every byte is harmless. */
static void shell_word(FILE *out, const char *word)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	if (word[0] && strspn(word, harmless) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

static void merge_command(const struct pgo_text *t, const struct pgo_several *s)
{
	pgo_text_heading(t, "Command");
	if (s->no_file) {
		char line[600];
		bool standard = strcmp(s->no_file, "-") == 0;
		snprintf(
			line, sizeof line,
			standard
				? "none: '%s', standard input, is no file that llvm-profdata can be told to read"
				: "none: '%.400s' is no single file, and llvm-profdata takes files only; write it down "
				  "with 'pgo-analyze merge' first, or give its files one by one",
			s->no_file);
		pgo_text_wrap(t, "", 2, line);
		return;
	}
	fputs("  llvm-profdata merge -o merged.profdata", t->out);
	for (size_t i = 0; i < s->weights->count; i++) {
		if (s->weights->weights[i].weight == 0)
			continue;
		fprintf(t->out, " \\\n    --weighted-input=%llu,", (unsigned long long)s->weights->weights[i].weight);
		shell_word(t->out, s->names[i]);
	}
	fputc('\n', t->out);
}

static int weights(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_weights *w = s->weights;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char cell[PGO_TEXT_CELL];
	fprintf(out, "policy  %s\n", pgo_weight_policy_name(w->policy));
	if (w->jsd_bits.present)
		fprintf(out,
			w->gap_bits.value > 0
				? "divergence from the reference  %.4g bits, at most %.1e above the least possible\n"
				: "divergence from the reference  %.4g bits, the least possible\n",
			w->jsd_bits.value, w->gap_bits.value);
	fputc('\n', out);
	pgo_text_verdict(t, report->verdict);
	pgo_text_heading(t, "Weights");
	fprintf(out, "  %22s%11s%11s%22s  %s\n", "total count", "wanted", "share", "weight", "workload");
	for (size_t i = 0; i < w->count; i++) {
		fputs("  ", out);
		pgo_text_right(t, 22, pgo_text_count(cell, (pgo_u128)w->weights[i].mass));
		pgo_text_share(t, 11, w->weights[i].wanted);
		pgo_text_share(t, 11, w->weights[i].share);
		pgo_text_right(t, 22, w->weights[i].weight ? pgo_text_count(cell, w->weights[i].weight) : "left out");
		fputs("  ", out);
		pgo_text_column_name(t, s->names[i]);
		fputc('\n', out);
	}
	fprintf(out,
		w->rounding > 0 ? "  rounding moves no share by more than %.2g %% of it\n"
				: "  rounding moves no share\n",
		100 * w->rounding);
	dominance_table(t, s, &w->dominance);
	merge_command(t, s);
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}

static int continuity(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_continuity *c = s->continuity;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	fputs("old  ", out);
	pgo_text_name(t, s->names[0], 0);
	fputs("\nnew  ", out);
	pgo_text_name(t, s->names[1], 0);
	fputs("\n\n", out);
	pgo_text_verdict(t, report->verdict);
	pgo_text_heading(t, "From the old profile to the new one");
	fprintf(out, "  %-34s%22s%22s%10s\n", "", "old", "new", "ratio");
	fprintf(out, "  %-34s", "total count");
	pgo_text_right(t, 22, pgo_text_count(a, c->old_summary.total));
	pgo_text_right(t, 22, pgo_text_count(b, c->new_summary.total));
	pgo_text_value(t, 10, c->mass_ratio);
	fprintf(out, "\n  %-34s", "functions that ran");
	pgo_text_right(t, 22, pgo_text_count(a, c->old_summary.nonzero_functions));
	pgo_text_right(t, 22, pgo_text_count(b, c->new_summary.nonzero_functions));
	pgo_text_value(t, 10, c->functions_ratio);
	fprintf(out, "\n  %llu functions ran in the old one and not in the new one, %llu more are not there\n",
		(unsigned long long)c->functions_stopped, (unsigned long long)c->functions_gone);
	pgo_text_heading(t, "What was hot and is not any more: %s of the old hot execution",
			 c->lost.present ? pgo_text_percent(a, c->lost.value) : "-");
	fprintf(out, "  cold %s", pgo_text_percent(a, c->lost_by[PGO_FATE_COLD]));
	fprintf(out, ", never ran %s", pgo_text_percent(a, c->lost_by[PGO_FATE_NEVER]));
	fprintf(out, ", gone %s", pgo_text_percent(a, c->lost_by[PGO_FATE_GONE]));
	fprintf(out, "; in functions whose hash changed %s\n", pgo_text_percent(a, c->changed));
	if (c->named)
		fprintf(out, "  %9s  %-10s  %s\n", "share", "fate", "function");
	for (size_t i = 0; i < c->named; i++) {
		fputs("  ", out);
		pgo_text_share(t, 9, c->functions[i].named.share);
		fprintf(out, "  %-10s  ", pgo_fate_name(c->functions[i].fate));
		pgo_text_function(t, c->functions[i].named.name, 25);
		fputc('\n', out);
	}
	if (c->lost_count > c->named)
		fprintf(out, "  and %zu more\n", c->lost_count - c->named);
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}

const struct pgo_several_writer pgo_text_several = {.skew = skew,
						    .dominance = dominance,
						    .sufficiency = pgo_text_sufficiency,
						    .weights = weights,
						    .continuity = continuity,
						    .calibrate = pgo_text_calibrate,
						    .matrix = pgo_text_matrix,
						    .stability = pgo_text_stability};
