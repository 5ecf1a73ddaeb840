/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "reports/several_text.h"

enum { PLOT_COLUMNS = 40, PLOT_ROWS = 20 };

/* Column of a share in a plot that ends at `most`. */
static unsigned column(double share, double most)
{
	double at = most > 0 ? share / most * (PLOT_COLUMNS - 1) + 0.5 : 0;
	return at < PLOT_COLUMNS ? (unsigned)at : PLOT_COLUMNS - 1;
}

/* Quartiles as a bar, the median in it, the bound across. */
static void plot_row(const struct pgo_text *t, const struct pgo_sufficiency_point *p, double most, double bound)
{
	char bar[PLOT_COLUMNS + 1];
	memset(bar, ' ', PLOT_COLUMNS);
	bar[PLOT_COLUMNS] = 0;
	if (bound <= most)
		bar[column(bound, most)] = ':';
	for (unsigned i = column(p->low, most); i <= column(p->high, most); i++)
		bar[i] = '=';
	bar[column(p->median, most)] = '#';
	fprintf(t->out, "  %9zu", p->workloads);
	pgo_text_share(t, 11, p->expected);
	pgo_text_share(t, 11, p->low);
	pgo_text_share(t, 11, p->median);
	pgo_text_share(t, 11, p->high);
	fprintf(t->out, "  |%s|\n", bar);
}

static void curve(const struct pgo_text *t, const struct pgo_sufficiency *s)
{
	char cell[PGO_TEXT_CELL];
	double most = 0;
	for (size_t k = 0; k < s->point_count; k++)
		most = s->points[k].high > most ? s->points[k].high : most;
	pgo_text_heading(t, "What the next workload would miss, by workloads trained on");
	fprintf(t->out, "  %9s%11s%11s%11s%11s  0 %%%*s\n", "workloads", "expected", "quartile", "median", "quartile",
		PLOT_COLUMNS - 1, pgo_text_percent(cell, most));
	size_t rows = s->point_count < PLOT_ROWS ? s->point_count : PLOT_ROWS;
	for (size_t i = 0; i < rows; i++) {
		size_t k = rows > 1 ? i * (s->point_count - 1) / (rows - 1) : 0;
		plot_row(t, &s->points[k], most, s->options.max_missed);
	}
	fprintf(t->out, "  # median, = quartiles of %zu random orders (seed %llu), : the bound\n", s->options.orders,
		(unsigned long long)s->options.seed);
}

static void workloads(const struct pgo_text *t, const struct pgo_several *several)
{
	const struct pgo_sufficiency *s = several->sufficiency;
	char cell[PGO_TEXT_CELL];
	pgo_text_heading(t, "Each workload against all others");
	fprintf(t->out, "  %9s%22s  %s\n", "missed", "functions of its own", "workload");
	for (size_t i = 0; i < s->workload_count; i++) {
		const struct pgo_sufficiency_workload *w = &s->workloads[i];
		fputs("  ", t->out);
		pgo_text_share(t, 9, w->missed);
		pgo_text_right(t, 22, pgo_text_count(cell, w->only_functions));
		fputs("  ", t->out);
		pgo_text_column_name(t, several->names[i]);
		fputc('\n', t->out);
		for (size_t k = 0; k < w->named; k++) {
			fputs("  ", t->out);
			pgo_text_share(t, 9, w->functions[k].share);
			fprintf(t->out, "%26s", "");
			pgo_text_function(t, w->functions[k].name, 39);
			fputc('\n', t->out);
		}
	}
}

int pgo_text_sufficiency(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *several = report->several;
	const struct pgo_sufficiency *s = several->sufficiency;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL], c[PGO_TEXT_CELL];
	fprintf(out, "workloads  %zu\n\n", s->workload_count);
	pgo_text_verdict(t, report->verdict);
	pgo_text_heading(t, "The next workload");
	fprintf(out, "  expected to miss             %s to %s\n",
		s->next.present ? pgo_text_percent(a, s->next.value) : "-", pgo_text_percent(b, s->missed_mean));
	fprintf(out, "  chance to miss more than %s  at most %s, were it like these\n",
		pgo_text_percent(a, s->options.max_missed), pgo_text_percent(b, s->chance_over));
	if (s->more.present)
		fprintf(out, "  more workloads needed        %s%.0f\n", s->more.value > 0 ? "at least " : "",
			s->more.value);
	fprintf(out, "  functions seen               %s; by one workload only %s, by two %s\n",
		pgo_text_count(a, s->functions_seen), pgo_text_count(b, s->seen_once),
		pgo_text_count(c, s->seen_twice));
	if (s->point_count)
		curve(t, s);
	workloads(t, several);
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}

static void threshold_rows(const struct pgo_text *t, const struct pgo_calibration *c)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	struct pgo_policy defaults = pgo_policy_defaults();
	pgo_text_heading(t, "Proposed thresholds");
	fprintf(t->out, "  %-18s%10s%10s%12s%14s%16s%10s\n", "", "value", "default", "quantile", "false alarms",
		"least possible", "noise");
	for (int s = 0; s < PGO_GATE_STATS; s++) {
		const struct pgo_calibration_threshold *h = &c->thresholds[s];
		const char *name = pgo_gate_stat_field((enum pgo_gate_stat)s);
		fprintf(t->out, "  %-18s", name);
		pgo_text_value(t, 10, (struct pgo_optional){h->present, h->value});
		for (size_t i = 0; i < count; i++)
			if (strcmp(fields[i].name, name) == 0)
				pgo_text_value(
					t, 10,
					(struct pgo_optional){true, pgo_policy_field_value(&fields[i], &defaults)});
		pgo_text_value(t, 12, (struct pgo_optional){h->present, h->quantile});
		pgo_text_share_or_none(t, 14, (struct pgo_optional){h->present, h->false_alarm});
		pgo_text_share_or_none(t, 16, (struct pgo_optional){h->present, h->least_false_alarm});
		pgo_text_value(t, 10, h->noise);
		fputs(h->floored ? "  raised to the noise\n" : "\n", t->out);
	}
}

int pgo_text_calibrate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_several *s = report->several;
	const struct pgo_calibration *c = s->calibration;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char a[PGO_TEXT_CELL], line[400];
	fprintf(out, "workloads  %zu\nrepeats    %zu pairs\nalpha      %g\n", c->workload_count, c->repeat_pairs / 2,
		c->alpha);
	for (size_t i = 0; pgo_calibration_note(line, s, i); i++)
		pgo_text_wrap(t, "note:", 11, line);
	threshold_rows(t, c);
	fprintf(out, "  false alarms of the whole gate: at most %s; of these %zu workloads it would refuse %zu\n",
		pgo_text_percent(a, c->gate_false_alarm), c->workload_count, c->refused);
	pgo_text_heading(t, "Each workload against the merge of the others");
	fprintf(out, "  %10s%10s%10s%14s%10s  %s\n", "join", "missed", "demoted", "under-served", "retained",
		"workload");
	for (size_t i = 0; i < c->workload_count; i++) {
		fputs("  ", out);
		for (int k = 0; k < PGO_GATE_STATS; k++)
			pgo_text_value(t, k == PGO_GATE_UNDER_SERVED ? 14 : 10, c->rows[i].values[k]);
		fputs("  ", out);
		pgo_text_column_name(t, s->workload_names[i]);
		fputs(c->rows[i].refused ? "  (refused)\n" : "\n", out);
	}
	pgo_text_heading(t, "Policy file");
	return pgo_policy_write(out, report, err);
}
