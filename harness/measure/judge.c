/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/measure/measure_internal.h"

/* The performance gate: a measurement in, an outcome with its reason out. */

const char *measure_change_name(enum measure_change change)
{
	static const char *const names[] = {"faster", "no difference", "slower", NULL};
	return names[change];
}

enum measure_change measure_change_of(double ratio, double low, double high, double min_effect)
{
	if (!isfinite(ratio) || !isfinite(low) || !isfinite(high))
		return MEASURE_UNKNOWN;
	if (fabs(ratio - 1) < min_effect || (low <= 1 && high >= 1))
		return MEASURE_SAME;
	return ratio < 1 ? MEASURE_FASTER : MEASURE_SLOWER;
}

/* An interval of few pairs is too narrow to fail a build by: below six no exact test reaches 5 % on both sides. */
static bool enough_pairs(const struct measure_result *result)
{
	enum { LEAST = 6 };
	for (size_t i = 0; i < result->workload_count; i++)
		if (!result->workloads[i].guard && result->workloads[i].pairs < LEAST)
			return result->method == MEASURE_CACHEGRIND;
	return true;
}

static enum pgo_outcome judge_heldout(const struct measure_result *result, double limit)
{
	if (!isfinite(result->low) || !isfinite(result->high))
		return PGO_INCONCLUSIVE;
	if (result->low <= limit)
		return PGO_PASS;
	return enough_pairs(result) ? PGO_FAIL : PGO_INCONCLUSIVE;
}

/*
 * `guards`: how many share the correction; with too many, or too few pairs, no p-value can be small enough. Pairs of no
 * cost (user time of a short run) count for none, and leave no interval either.
 */
static enum pgo_outcome judge_guard(const struct measure_workload *w, double p_holm, double limit, size_t guards,
				    bool deterministic)
{
	if (!isfinite(w->ratio))
		return PGO_INCONCLUSIVE;
	if (w->ratio <= limit)
		return PGO_PASS;
	if (deterministic || p_holm <= MEASURE_ALPHA)
		return PGO_FAIL;
	bool undecided = (double)guards * ldexp(1, -w->pairs) > MEASURE_ALPHA || !isfinite(w->low + w->high);
	return undecided ? PGO_INCONCLUSIVE : PGO_PASS;
}

static int judge_guards(struct measure_verdict *v, const struct measure_result *result)
{
	bool deterministic = result->method == MEASURE_CACHEGRIND;
	double *p = calloc(result->workload_count + 1, sizeof *p);
	v->guards = calloc(result->workload_count + 1, sizeof *v->guards);
	if (!p || !v->guards) {
		free(p);
		return PGO_ENOMEM;
	}
	for (size_t i = 0; i < result->workload_count; i++)
		if (result->workloads[i].guard) {
			p[v->guard_count] = result->workloads[i].p_slower;
			v->guards[v->guard_count++].index = i;
		}
	measure_holm(p, v->guard_count);
	for (size_t k = 0; k < v->guard_count; k++) {
		struct measure_guard *g = &v->guards[k];
		g->p_holm = p[k];
		g->outcome = judge_guard(&result->workloads[g->index], p[k], v->limit, v->guard_count, deterministic);
	}
	free(p);
	return PGO_OK;
}

static size_t guards_with(const struct measure_verdict *v, enum pgo_outcome outcome)
{
	size_t count = 0;
	for (size_t k = 0; k < v->guard_count; k++)
		count += v->guards[k].outcome == outcome;
	return count;
}

static enum pgo_outcome worst(const struct measure_verdict *v)
{
	if (v->heldout == PGO_FAIL || guards_with(v, PGO_FAIL))
		return PGO_FAIL;
	return v->heldout == PGO_INCONCLUSIVE || guards_with(v, PGO_INCONCLUSIVE) ? PGO_INCONCLUSIVE : PGO_PASS;
}

static const char *interval_text(const struct measure_result *result, char out[64])
{
	if (result->method == MEASURE_CACHEGRIND)
		snprintf(out, 64, "%.3f", result->ratio);
	else
		snprintf(out, 64, "%.3f, 95 %% %.3f..%.3f", result->ratio, result->low, result->high);
	return out;
}

static void say_heldout(const struct measure_verdict *v, const struct measure_result *result, FILE *out)
{
	char text[64];
	if (!v->heldout_count)
		fprintf(out, "no held-out workload was measured");
	else if (v->heldout == PGO_FAIL)
		fprintf(out, "held-out workloads became slower: ratio %s, beyond the limit %g",
			interval_text(result, text), v->limit);
	else if (v->change == MEASURE_UNKNOWN)
		fprintf(out, "held-out workloads have no interval to judge by: too short to measure, or too few pairs");
	else if (v->heldout == PGO_INCONCLUSIVE)
		fprintf(out, "held-out workloads look slower (ratio %s), but by too few pairs to judge: six are needed",
			interval_text(result, text));
	else
		fprintf(out, "held-out workloads: %s (ratio %s)", measure_change_name(v->change),
			interval_text(result, text));
}

/* The guards of an outcome by name, four at most, with their numbers. */
static void say_guards(const struct measure_verdict *v, const struct measure_result *result,
		       const struct corpus *corpus, enum pgo_outcome outcome, FILE *out)
{
	enum { NAMED = 4 };
	size_t count = guards_with(v, outcome), said = 0;
	fprintf(out, count == 1 ? "; guard " : "; guards ");
	for (size_t k = 0; k < v->guard_count && said < NAMED; k++) {
		const struct measure_guard *g = &v->guards[k];
		const struct measure_workload *w = &result->workloads[g->index];
		if (g->outcome != outcome)
			continue;
		fprintf(out, "%s'%.60s' (ratio %.3f", said++ ? ", " : "", corpus->workloads[w->workload].id, w->ratio);
		if (isfinite(g->p_holm))
			fprintf(out, ", p %.2g after Holm", g->p_holm);
		fputc(')', out);
	}
	if (count > said)
		fprintf(out, " and %zu more", count - said);
	if (outcome == PGO_FAIL)
		fprintf(out, " became slower than the limit %g", v->limit);
	else
		fprintf(out, " cannot be judged: too few pairs, or too short to measure");
}

static int summarize(struct measure_verdict *v, const struct measure_result *result, const struct corpus *corpus)
{
	/* one byte stays for the NUL; what does not fit is cut */
	FILE *out = fmemopen(v->summary, sizeof v->summary - 1, "w");
	size_t failed = guards_with(v, PGO_FAIL), open = guards_with(v, PGO_INCONCLUSIVE);
	if (!out)
		return PGO_ENOMEM;
	say_heldout(v, result, out);
	if (failed)
		say_guards(v, result, corpus, PGO_FAIL, out);
	if (open)
		say_guards(v, result, corpus, PGO_INCONCLUSIVE, out);
	if (v->guard_count && !failed && !open)
		fprintf(out, "; %zu guard%s kept within the limit %g", v->guard_count, v->guard_count == 1 ? "" : "s",
			v->limit);
	fclose(out);
	return PGO_OK;
}

int measure_judge(struct measure_verdict *out, const struct measure_result *result, const struct corpus *corpus,
		  double min_effect, struct pgo_error *err)
{
	struct measure_verdict v = {.limit = 1 + min_effect, .change = MEASURE_UNKNOWN};
	int code = judge_guards(&v, result);
	v.heldout_count = result->workload_count - v.guard_count;
	if (v.heldout_count) {
		v.heldout = judge_heldout(result, v.limit);
		v.change = measure_change_of(result->ratio, result->low, result->high, min_effect);
	}
	v.outcome = worst(&v);
	if (!code)
		code = summarize(&v, result, corpus);
	if (code) {
		measure_verdict_release(&v);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	*out = v;
	return PGO_OK;
}

void measure_verdict_release(struct measure_verdict *verdict)
{
	free(verdict->guards);
	*verdict = (struct measure_verdict){0};
}
