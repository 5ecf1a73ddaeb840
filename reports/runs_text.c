/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/runs.h"

enum { LINE = 400, INDENT = 21 };

/* The smaller side has to grow to this many workloads for the least p to reach alpha; 0: it has. */
static size_t workloads_needed(const struct pgo_runs *m)
{
	size_t larger = m->workload_count[m->workload_count[1] > m->workload_count[0]];
	size_t smaller = m->workload_count[m->workload_count[1] <= m->workload_count[0]];
	size_t needed = smaller;
	while (needed < larger + 1000) {
		double ways = (double)pgo_choices(needed + larger, needed);
		if ((needed == larger ? 2 : 1) / ways <= m->options.alpha)
			break;
		needed++;
	}
	return needed == smaller ? 0 : needed;
}

static void put_groups(const struct pgo_text *t, const struct pgo_runs *m)
{
	const struct pgo_permutation *p = &m->energy.permutation;
	char line[LINE], seed[48] = "";
	const char *finding = "no difference between the sides beyond that between their workloads";
	size_t needed = workloads_needed(m);
	if (m->within_noise)
		finding = "the sides lie no further apart than repeats of one workload";
	else if (p->p_value <= m->options.alpha)
		finding = "the sides differ by more than their workloads do among themselves";
	else if (p->least_p > m->options.alpha)
		finding = "too few workloads to tell whether the sides differ";
	if (!p->exact)
		snprintf(seed, sizeof seed, " drawn with seed %llu", (unsigned long long)p->seed);
	snprintf(line, sizeof line,
		 "%s: energy distance %.4g (mean distance %.3f between the sides, %.3f within training, %.3f within "
		 "test), p = %.3g by %s%llu labellings%s; the smallest there could be is %.3g",
		 finding, m->energy.energy, m->energy.between, m->energy.within[0], m->energy.within[1], p->p_value,
		 p->exact ? "all " : "", (unsigned long long)p->count, seed, p->least_p);
	pgo_text_wrap(t, "  side against side  ", INDENT, line);
	if (!needed)
		return;
	snprintf(line, sizeof line, "for a p of %g the side with fewer workloads needs %zu of them", m->options.alpha,
		 needed);
	pgo_text_wrap(t, "             next:  ", INDENT, line);
}

/* At equal mass a workload that hardly ran weighs as much as any other. */
static void put_idle(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_runs_report *r = report->runs;
	char line[LINE], count[PGO_TEXT_CELL];
	for (size_t i = 0; report->policy && i < r->panel->profile_count; i++) {
		if ((double)r->panel->totals[i] >= report->policy->min_mass)
			continue;
		snprintf(line, sizeof line, "'%.200s' has only %s counts, and weighs as much as any other workload",
			 r->names[i], pgo_text_count(count, r->panel->totals[i]));
		pgo_text_wrap(t, "             note:  ", INDENT, line);
	}
}

static void put_noise(const struct pgo_text *t, const struct pgo_spread *s)
{
	char line[LINE];
	if (s->pairs)
		snprintf(line, sizeof line,
			 "Hellinger distance of repeats of one workload: median %.3f, at most %.3f, of %zu pair%s",
			 s->median, s->high, s->pairs, s->pairs == 1 ? "" : "s");
	else
		snprintf(line, sizeof line,
			 "not known: no workload was given twice (LABEL=PROFILE names the runs of one workload)");
	pgo_text_wrap(t, "  noise floor        ", INDENT, line);
}

static const char *meaning(enum pgo_score score)
{
	static const char *const words[PGO_SCORE_COUNT] = {"one minus the predicted share kept",
							   "under-served mass",
							   "mass in functions never trained",
							   "Hellinger distance",
							   "divergence in bits",
							   "total variation"};
	return words[score];
}

static void bounds(double out[2], const struct pgo_conformal *c)
{
	out[0] = INFINITY;
	out[1] = -INFINITY;
	for (size_t i = 0; i < c->reference_count; i++) {
		out[0] = fmin(out[0], c->references[i]);
		out[1] = fmax(out[1], c->references[i]);
	}
}

static void put_least(char *to, size_t size, const struct pgo_runs *m, const struct pgo_conformal *c)
{
	if (c->least_p > m->options.alpha)
		snprintf(to, size, "%.3g is the smallest that %zu allow; %g needs %zu", c->least_p, c->reference_count,
			 m->options.alpha, (size_t)ceil(1 / m->options.alpha - 1e-9) - 1);
	else
		snprintf(to, size, "%.3g is the smallest that %zu allow", c->least_p, c->reference_count);
}

/* The training mean among the test workloads: would one of these have served the others better? */
static void put_train(const struct pgo_text *t, const struct pgo_runs *m)
{
	char line[LINE], least[96];
	double range[2];
	if (!m->train_ranked) {
		pgo_text_wrap(t, "  training, ranked   ", INDENT, "not among one test workload");
		return;
	}
	put_least(least, sizeof least, m, &m->train);
	bounds(range, &m->train);
	snprintf(line, sizeof line,
		 "p = %.3g: as a training profile for the others, the mean of training scores %.3f, the test "
		 "workloads %.3f to %.3f (%s; %s)",
		 m->train.p_value, m->train.candidate, range[0], range[1], meaning(m->train.score), least);
	pgo_text_wrap(t, "  training, ranked   ", INDENT, line);
}

static void put_tests(const struct pgo_text *t, const struct pgo_runs_report *r)
{
	const struct pgo_runs *m = r->runs;
	char line[LINE], least[96];
	if (m->test_count == 0) {
		pgo_text_wrap(t, "  tests, ranked      ", INDENT, "not among one training workload");
		return;
	}
	put_least(least, sizeof least, m, &m->tests[0]);
	snprintf(line, sizeof line, "each among the training workloads: %s, trained on the mean of the others; %s",
		 meaning(m->tests[0].score), least);
	pgo_text_wrap(t, "  tests, ranked      ", INDENT, line);
	for (size_t i = 0; i < m->test_count; i++) {
		const struct pgo_conformal *c = &m->tests[i];
		double range[2];
		bounds(range, c);
		snprintf(line, sizeof line, "%*sp = %-8.3g scores %.3f, training %.3f to %.3f  ", INDENT, "",
			 c->p_value, c->candidate, range[0], range[1]);
		fputs(line, t->out);
		pgo_text_name(t, r->names[m->test_profile[i]], 0);
		fputc('\n', t->out);
	}
}

static void put_number(const struct pgo_text *t, unsigned columns, struct pgo_optional value, const char *format)
{
	char cell[PGO_TEXT_CELL] = "-";
	if (value.present)
		snprintf(cell, sizeof cell, strcmp(format, "p") == 0 ? "%.2g" : "%.2f", value.value);
	pgo_text_right(t, columns, cell);
}

static int put_function(const struct pgo_text *t, const struct pgo_runs_report *r, const struct pgo_function_runs *f)
{
	char cell[PGO_TEXT_CELL];
	struct pgo_function g = pgo_panel_function(r->panel, f->function);
	char *name = pgo_function_name(&g), *readable = name ? pgo_demangle(name) : NULL;
	free(name);
	if (!readable)
		return PGO_ENOMEM;
	bool flagged = f->share_flagged || f->shape_flagged;
	pgo_text_colored(t, flagged ? PGO_RED : PGO_PLAIN, flagged ? "  !" : "   ");
	pgo_text_right(t, 9, pgo_text_percent(cell, f->share[0]));
	pgo_text_right(t, 9, pgo_text_percent(cell, f->share[1]));
	put_number(t, 9, (struct pgo_optional){true, f->share_p}, "p");
	put_number(t, 9, (struct pgo_optional){true, f->share_q}, "p");
	put_number(t, 7, f->shape_tv, "tv");
	put_number(t, 9, f->shape_p, "p");
	put_number(t, 9, f->shape_q, "p");
	fputs("  ", t->out);
	pgo_text_name(t, readable, t->cut > 76 ? t->cut - 66 : t->cut ? 10 : 0);
	fputc('\n', t->out);
	free(readable);
	return PGO_OK;
}

static int put_functions(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_runs *m = report->runs->runs;
	char line[LINE], a[PGO_TEXT_CELL], b[PGO_TEXT_CELL];
	int rc = PGO_OK;
	if (m->least_p > m->options.alpha) {
		snprintf(
			line, sizeof line,
			"none tested: of so few workloads the smallest p is %.3g, above %g; the shares below describe, "
			"no test stands behind them",
			m->least_p, m->options.alpha);
		pgo_text_wrap(t, "  functions          ", INDENT, line);
		return PGO_OK;
	}
	snprintf(line, sizeof line,
		 "%s tested by permuting the workloads' labels, %s flagged (!): q at most %g, and an effect beyond the "
		 "thresholds below and the noise of repeats; the smallest p is %.3g",
		 pgo_text_count(a, m->function_count), pgo_text_count(b, m->flagged_count), m->options.alpha,
		 m->least_p);
	pgo_text_wrap(t, "  functions          ", INDENT, line);
	if (m->least_q > m->options.alpha) {
		snprintf(line, sizeof line,
			 "among %zu tests a difference shows only when about %.0f of them differ as clearly as they "
			 "can: more "
			 "workloads are needed to point at single functions",
			 m->tests_made, ceil(m->least_p * (double)m->tests_made / m->options.alpha - 1e-9));
		pgo_text_wrap(t, "             note:  ", INDENT, line);
	}
	fprintf(t->out, "\n   %9s%9s%9s%9s%7s%9s%9s  %s\n", "train", "test", "share p", "q", "shape", "shape p", "q",
		"function");
	for (size_t i = 0; rc == PGO_OK && i < m->function_count && (report->top == 0 || i < report->top); i++)
		rc = put_function(t, report->runs, &m->functions[i]);
	return rc;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

int pgo_text_runs(const struct pgo_text *t, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_runs_report *r = report->runs;
	const struct pgo_runs *m = r->runs;
	pgo_text_heading(
		t, "Runs: %zu training workload%s (%zu profile%s), %zu test workload%s (%zu), compared by their means",
		m->workload_count[0], plural(m->workload_count[0]), m->profile_count[0], plural(m->profile_count[0]),
		m->workload_count[1], plural(m->workload_count[1]), m->profile_count[1]);
	put_groups(t, m);
	put_idle(t, report);
	put_noise(t, &m->repeats);
	put_train(t, m);
	put_tests(t, r);
	if (put_functions(t, report) != PGO_OK)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	return PGO_OK;
}
