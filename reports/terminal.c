/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/runs.h"
#include "reports/text_util.h"
#include "reports/writers.h"

/* The report of "compare" for a person: the verdict first, then why, then what it was drawn from. */

static void join_section(const struct pgo_text *t, const struct pgo_comparison *c)
{
	static const char *const meaning[PGO_JOIN_COUNT] = {"matched", "same name, other code (stale)",
							    "only in the training profile", "only in the reference"};
	char cell[PGO_TEXT_CELL];
	pgo_text_heading(t, "Join");
	fprintf(t->out, "  %-32s%10s%14s%15s\n", "", "functions", "train's mass", "test's mass");
	for (int i = 0; i < PGO_JOIN_COUNT; i++) {
		fprintf(t->out, "  %-32s", meaning[i]);
		pgo_text_right(t, 10, pgo_text_count(cell, c->join[i].functions));
		pgo_text_right(t, 14, pgo_text_percent(cell, c->join[i].train_mass));
		pgo_text_right(t, 15, pgo_text_percent(cell, c->join[i].test_mass));
		fputc('\n', t->out);
	}
}

static void measure(const struct pgo_text *t, const char *label, const char *value, const char *meaning)
{
	fprintf(t->out, "  %-26s", label);
	pgo_text_right(t, 10, value);
	fputs("  ", t->out);
	pgo_text_wrap(t, "", 0, meaning);
}

static void similarity_section(const struct pgo_text *t, const struct pgo_comparison *c)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_heading(t, "Similarity");
	measure(t, "overlap", pgo_text_percent(cell, c->overlap_ratio), "sum of min(p, q), llvm-profdata's");
	measure(t, "divergence (JSD)", pgo_text_number(cell, c->jsd_bits), "bits, 0 equal to 1 disjoint");
	measure(t, "  between functions", pgo_text_number(cell, c->jsd_between_bits), "bits: which functions run");
	measure(t, "  within functions", pgo_text_number(cell, c->jsd_within_bits), "bits: how they run inside");
	measure(t, "Hellinger distance", pgo_text_number(cell, c->hellinger), "0 to 1");
	measure(t, "total variation", pgo_text_number(cell, c->total_variation), "0 to 1");
	measure(t, "mean shape distance", pgo_text_number(cell, c->decisions.shape_tv), "inside functions, 0 to 1");
	measure(t, "Spearman", pgo_text_optional(cell, c->spearman), "rank correlation of function shares");
	measure(t, "Kendall tau-b", pgo_text_optional(cell, c->kendall_tau_b), "the same by pairs");
	measure(t, "hot sets shared, 99 %", pgo_text_optional(cell, c->hot_jaccard), "Jaccard, 0 to 1");
	measure(t, "hot sets shared, 99.9 %", pgo_text_optional(cell, c->hot_jaccard_999), "Jaccard, 0 to 1");
	measure(t, "train's top 10 hold", pgo_text_optional(cell, c->weight_matching[0]), "of test's mass");
	measure(t, "train's top 100 hold", pgo_text_optional(cell, c->weight_matching[1]), "of test's mass");
	measure(t, "train's hot functions hold", pgo_text_optional(cell, c->weight_matching[2]), "of test's mass");
}

static void table_row(const struct pgo_text *t, const char *label, const double *cells)
{
	char text[PGO_TEXT_CELL];
	double sum = 0;
	fprintf(t->out, "  %-14s", label);
	for (int i = 0; i < PGO_CLASS_COUNT; i++) {
		sum += cells[i];
		pgo_text_right(t, 11, pgo_text_percent(text, cells[i]));
	}
	pgo_text_right(t, 11, pgo_text_percent(text, sum));
	fputc('\n', t->out);
}

static void in_words(const struct pgo_text *t, double share, const char *rest)
{
	char percent[PGO_TEXT_CELL], label[PGO_TEXT_CELL + 8];
	snprintf(label, sizeof label, "  %8s ", pgo_text_percent(percent, share));
	pgo_text_wrap(t, label, pgo_text_columns(label), rest);
}

static void decision_section(const struct pgo_text *t, const struct pgo_decisions *d)
{
	double columns[PGO_CLASS_COUNT] = {0}, cold = 0;
	pgo_text_heading(t, "Decisions: test's execution by what each profile would have the compiler do");
	fprintf(t->out, "  %-14s%11s%11s%11s%11s%11s\n", "", "test hot", "test warm", "test cold", "test never", "sum");
	for (int a = 0; a < PGO_CLASS_COUNT; a++) {
		char label[24];
		snprintf(label, sizeof label, "train %s", pgo_class_name(a));
		table_row(t, label, d->table[a]);
		for (int b = 0; b < PGO_CLASS_COUNT; b++) {
			columns[b] += d->table[a][b];
			cold += a == PGO_CLASS_COLD || a == PGO_CLASS_NEVER ? d->table[a][b] : 0;
		}
	}
	table_row(t, "sum", columns);
	fputc('\n', t->out);
	in_words(t, cold, "of test's execution is in code that this profile declares cold");
	in_words(t, d->missed_functions, "is in functions the training profile never ran (missed)");
	in_words(t, d->missed_counters, "is in code the training profile never ran, these functions included");
	in_words(t, d->demoted, "is hot in the test and cold in the training profile (demoted)");
	in_words(t, d->under_served, "is in code the training profile does not call hot (under-served)");
	in_words(t, d->under_served_999, "the same with the hot cutoff at 99.9 %");
	in_words(t, d->under_served_function, "is in functions in which it calls nothing hot");
	in_words(t, d->misweighted,
		 "is in code at least eight times heavier in its function than trained (misweighted)");
	in_words(t, d->flipped, "is in functions whose largest counter is another one (flipped)");
	in_words(t, d->wasted_heat, "of the training profile's mass is hot there and cold in the test (wasted heat)");
}

static const char *ratio_text(char out[PGO_TEXT_CELL], const struct pgo_function_comparison *f)
{
	if (!f->log2_ratio.present)
		return strcpy(out, f->train_share > 0 ? "gone" : f->test_share > 0 ? "new" : "-");
	double ratio = exp2(fabs(f->log2_ratio.value));
	const char *sign = f->log2_ratio.value < 0 ? "÷" : "×";
	if (ratio >= 9999.5)
		snprintf(out, PGO_TEXT_CELL, "%s>9999", sign);
	else
		snprintf(out, PGO_TEXT_CELL, "%s%.*f", sign, ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0, ratio);
	return out;
}

enum { NAME_COLUMN = 59 };

static int function_line(const struct pgo_text *t, const struct pgo_function_comparison *f, struct pgo_error *err)
{
	char cell[PGO_TEXT_CELL];
	char *readable = pgo_demangle(f->name);
	if (!readable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	pgo_text_colored(t, f->flagged ? PGO_RED : PGO_PLAIN, f->flagged ? "  !" : "   ");
	pgo_text_right(t, 9, pgo_text_percent(cell, f->train_share));
	pgo_text_right(t, 9, pgo_text_percent(cell, f->test_share));
	pgo_text_right(t, 8, ratio_text(cell, f));
	snprintf(cell, sizeof cell, "%.5f", f->jsd_bits);
	pgo_text_right(t, 9, cell);
	if (f->shape_tv.present)
		snprintf(cell, sizeof cell, "%.2f", f->shape_tv.value);
	else
		strcpy(cell, "-");
	pgo_text_right(t, 6, cell);
	fprintf(t->out, "  %5s→%-5s  ", pgo_class_name(f->train_class), pgo_class_name(f->test_class));
	pgo_text_name(t, readable, t->cut > NAME_COLUMN + 8 ? t->cut - NAME_COLUMN : t->cut ? 8 : 0);
	fputs(f->join == PGO_JOIN_MISMATCHED ? " (stale)\n" : "\n", t->out);
	free(readable);
	return PGO_OK;
}

static int function_section(const struct pgo_text *t, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_comparison *c = report->comparison;
	struct pgo_selection listed = {0};
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL], line[200];
	int rc = pgo_select_compared(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	pgo_text_heading(t, "Functions: %s of %s%s, by their part in the divergence", pgo_text_count(a, listed.count),
			 pgo_text_count(b, listed.matching), report->function ? " that match" : "");
	snprintf(line, sizeof line, "%s tested, %s flagged (!): q at most %g and an effect beyond the thresholds below",
		 pgo_text_count(a, c->tested_functions), pgo_text_count(b, c->flagged_functions), c->options.alpha);
	pgo_text_wrap(t, "", 2, line);
	fputc('\n', t->out);
	fprintf(t->out, "   %9s%9s%8s%9s%6s  %-11s  %s\n", "train", "test", "change", "JSD bits", "shape", "train→test",
		"function");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = function_line(t, &c->functions[listed.index[i]], err);
	pgo_selection_release(&listed);
	return rc;
}

int pgo_text_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_comparison *c = report->comparison;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	pgo_text_verdict(t, report->verdict);
	fputs("\ntrain  ", out);
	pgo_text_name(t, report->train_name, 0);
	fputs("\ntest   ", out);
	pgo_text_name(t, report->test_name, 0);
	fprintf(out, "%s\n", c->options.context_sensitive ? "\ncontext-sensitive records only" : "");
	pgo_text_rules(t, report->verdict);
	pgo_text_heading(t, "Integrity");
	fprintf(out, "  %-30s%22s%24s\n", "", "train", "test");
	pgo_text_sides(t, c->train_profile, &c->train, c->test_profile, &c->test);
	pgo_text_warnings(t, report->train_name, c->train_profile);
	pgo_text_warnings(t, report->test_name, c->test_profile);
	join_section(t, c);
	similarity_section(t, c);
	decision_section(t, &c->decisions);
	pgo_text_heading(t, "Predicted share of PGO's gain that is kept");
	pgo_text_retained(t, &c->retained);
	int rc = report->runs ? pgo_text_runs(t, report, err) : PGO_OK;
	if (rc == PGO_OK)
		rc = function_section(t, report, err);
	if (rc == PGO_OK)
		pgo_text_thresholds(t, report, &c->options);
	return rc;
}

int pgo_text_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char cell[PGO_TEXT_CELL];
	pgo_text_verdict(t, report->verdict);
	fputs("\ntrain  ", out);
	pgo_text_name(t, report->train_name, 0);
	fputc('\n', out);
	pgo_text_rules(t, report->verdict);
	pgo_text_heading(t, "References");
	fprintf(out, "  %9s%9s%9s%9s%14s%14s  %s\n", "kept", "join", "missed", "demoted", "under-served", "misweighted",
		"reference");
	for (size_t i = 0; i < report->input_count; i++) {
		const struct pgo_comparison *c = report->inputs[i].comparison;
		const struct pgo_decisions *d = &c->decisions;
		struct pgo_optional kept = {c->retained.present, c->retained.estimate};
		if (kept.present)
			snprintf(cell, sizeof cell, "%.2f", kept.value);
		fprintf(out, "  %9s", kept.present ? cell : "-");
		pgo_text_right(t, 9, pgo_text_percent(cell, c->join_rate));
		pgo_text_right(t, 9, pgo_text_percent(cell, d->missed_functions));
		pgo_text_right(t, 9, pgo_text_percent(cell, d->demoted));
		pgo_text_right(t, 14, pgo_text_percent(cell, d->under_served));
		pgo_text_right(t, 14, pgo_text_percent(cell, d->misweighted));
		fputs("  ", out);
		pgo_text_name(t, report->inputs[i].reference, 0);
		fputc('\n', out);
	}
	if (report->input_count) {
		const struct pgo_comparison *first = report->inputs[0].comparison;
		pgo_text_heading(t, "Training profile");
		pgo_text_sides(t, first->train_profile, &first->train, NULL, NULL);
		pgo_text_warnings(t, report->train_name, first->train_profile);
		for (size_t i = 0; i < report->input_count; i++)
			pgo_text_warnings(t, report->inputs[i].reference, report->inputs[i].comparison->test_profile);
		pgo_text_thresholds(t, report, &first->options);
	}
	return PGO_OK;
}
