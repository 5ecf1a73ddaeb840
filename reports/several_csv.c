/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "reports/csv_util.h"
#include "reports/matrix.h"
#include "reports/writers.h"

/* One table for each command on several runs, as reports/csv.c has them. */

static void readable(FILE *out, const char *name, char end)
{
	char *text = pgo_demangle(name);
	pgo_csv_text(out, text ? text : name, end);
	free(text);
}

static int skew(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	fputs("statistic,value,p_value,reference_min,reference_median,reference_max,default_limit,beyond_default\n",
	      out);
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		const struct pgo_concentration_rank *rank = &s->ranks->ranks[k];
		pgo_csv_text(out, fields[k].name, ',');
		pgo_csv_optional(out, s->concentration->values[k], ',');
		pgo_csv_optional(out, rank->p_value, ',');
		pgo_csv_optional(out, rank->low, ',');
		pgo_csv_optional(out, rank->median, ',');
		pgo_csv_optional(out, rank->high, ',');
		pgo_csv_optional(out, fields[k].fallback, ',');
		fputs(rank->beyond ? "true\n" : "false\n", out);
	}
	return PGO_OK;
}

static void workload(FILE *out, const struct pgo_dominance_workload *w)
{
	pgo_csv_number(out, w->share, ',');
	pgo_csv_optional(out, w->survival, ',');
	pgo_csv_optional(out, w->alone, ',');
	pgo_csv_number(out, w->changed, ',');
	pgo_csv_number(out, w->drowned, '\n');
}

static int dominance(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	fputs("file,share,hot_survival,not_hot_without,changed,drowned\n", out);
	for (size_t i = 0; i < s->dominance->count; i++) {
		pgo_csv_text(out, s->names[i], ',');
		workload(out, &s->dominance->workloads[i]);
	}
	return PGO_OK;
}

static int weights(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	fputs("file,mass,wanted_share,weight,share,hot_survival,not_hot_without,changed,drowned\n", out);
	for (size_t i = 0; i < s->weights->count; i++) {
		const struct pgo_weight *w = &s->weights->weights[i];
		pgo_csv_text(out, s->names[i], ',');
		pgo_csv_number(out, w->mass, ',');
		pgo_csv_number(out, w->wanted, ',');
		pgo_csv_count(out, w->weight, ',');
		workload(out, &s->weights->dominance.workloads[i]);
	}
	return PGO_OK;
}

static int sufficiency(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_sufficiency *s = report->several->sufficiency;
	fputs("workloads,expected,lower_quartile,median,upper_quartile\n", out);
	for (size_t k = 0; k < s->point_count; k++) {
		pgo_csv_count(out, s->points[k].workloads, ',');
		pgo_csv_number(out, s->points[k].expected, ',');
		pgo_csv_number(out, s->points[k].low, ',');
		pgo_csv_number(out, s->points[k].median, ',');
		pgo_csv_number(out, s->points[k].high, '\n');
	}
	return PGO_OK;
}

static int continuity(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_continuity *c = report->several->continuity;
	fputs("name,demangled,share,fate\n", out);
	for (size_t i = 0; i < c->named; i++) {
		pgo_csv_text(out, c->functions[i].named.name, ',');
		readable(out, c->functions[i].named.name, ',');
		pgo_csv_number(out, c->functions[i].named.share, ',');
		pgo_csv_text(out, pgo_fate_name(c->functions[i].fate), '\n');
	}
	return PGO_OK;
}

static int calibrate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_calibration *c = report->several->calibration;
	fputs("threshold,value,workloads,rank,quantile,false_alarm,least_false_alarm,noise,raised_to_noise\n", out);
	for (int k = 0; k < PGO_GATE_STATS; k++) {
		const struct pgo_calibration_threshold *t = &c->thresholds[k];
		if (!t->present)
			continue;
		pgo_csv_text(out, pgo_gate_stat_field((enum pgo_gate_stat)k), ',');
		pgo_csv_number(out, t->value, ',');
		pgo_csv_count(out, t->count, ',');
		pgo_csv_count(out, t->rank, ',');
		pgo_csv_number(out, t->quantile, ',');
		pgo_csv_number(out, t->false_alarm, ',');
		pgo_csv_number(out, t->least_false_alarm, ',');
		pgo_csv_optional(out, t->noise, ',');
		fputs(t->floored ? "true\n" : "false\n", out);
	}
	return PGO_OK;
}

const struct pgo_several_writer pgo_csv_several = {.skew = skew,
						   .dominance = dominance,
						   .sufficiency = sufficiency,
						   .weights = weights,
						   .continuity = continuity,
						   .calibrate = calibrate,
						   .matrix = pgo_csv_matrix,
						   .stability = pgo_csv_stability};
