/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/measure/measure_internal.h"

/* Method time and user: interleaved pairs, first A B, then B A, so that a drift of the machine falls on both alike. */

#define MIN_PAIRS 3
#define LEVEL 0.95
#define OUTLIER 10 /* robust standard deviations */

static double cost_of(const struct measurement *m, const struct child_result *result)
{
	return (double)(m->options->method == MEASURE_USER ? result->user_ns : result->wall_ns);
}

static int keep_raw(struct measure_samples *samples, enum side side, int pair, const struct child_result *r,
		    struct pgo_error *err)
{
	json_object *run = json_object_new_object();
	if (!samples->raw)
		samples->raw = json_object_new_array();
	if (!run || !samples->raw)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	json_object_object_add(run, "side", json_object_new_string(measure_side_name(side)));
	if (pair >= 0)
		json_object_object_add(run, "pair", json_object_new_int(pair));
	else
		json_object_object_add(run, "warmup", json_object_new_boolean(true));
	json_object_object_add(run, "wall_ns", json_object_new_int64(r->wall_ns));
	json_object_object_add(run, "user_ns", json_object_new_int64(r->user_ns));
	json_object_object_add(run, "sys_ns", json_object_new_int64(r->sys_ns));
	json_object_object_add(run, "rss_bytes", json_object_new_int64(r->rss_bytes));
	json_object_object_add(run, "status", json_object_new_int(r->status));
	json_object_array_add(samples->raw, run);
	return PGO_OK;
}

static int make_room(struct measure_samples *samples, struct pgo_error *err)
{
	if (samples->pairs < samples->capacity)
		return PGO_OK;
	size_t larger = samples->capacity ? samples->capacity * 2 : 16;
	for (int side = 0; side < 2; side++) {
		double *cost = realloc(samples->cost[side], larger * sizeof *cost);
		if (!cost)
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		samples->cost[side] = cost;
	}
	samples->capacity = larger;
	return PGO_OK;
}

/* One run of each side; pair -1: warm-up. */
static int run_pair(struct child_result results[2], struct measure_samples *samples, const struct measurement *m,
		    const struct workload *w, const struct measure_paths *paths, int pair, struct pgo_error *err)
{
	int code = make_room(samples, err);
	enum side first = pair >= 0 && pair % 2 == 1 ? CANDIDATE : BASELINE;
	for (int i = 0; i < 2 && code == PGO_OK; i++) {
		enum side side = i == 0 ? first : (first == BASELINE ? CANDIDATE : BASELINE);
		code = measure_sample(&results[side], m, w, side, paths, err);
		if (code == PGO_OK)
			code = keep_raw(samples, side, pair, &results[side], err);
		if (code == PGO_OK && pair >= 0)
			samples->cost[side][pair] = cost_of(m, &results[side]);
	}
	if (code == PGO_OK && pair >= 0)
		samples->pairs++;
	return code;
}

static bool wants_more(const struct measure_samples *samples, const struct measurement *m, int64_t deadline_ns)
{
	if (samples->pairs < MIN_PAIRS)
		return true;
	return (int)samples->pairs < m->options->runs && (deadline_ns == 0 || measure_now_ns() < deadline_ns);
}

static bool has_outlier(const double *values, size_t n)
{
	double median = measure_median(values, n), sigma = 1.4826 * measure_spread(values, n) * median;
	for (size_t i = 0; i < n; i++)
		if (sigma > 0 && fabs(values[i] - median) > OUTLIER * sigma)
			return true;
	return false;
}

static void add_note(struct measure_workload *out, const char *note)
{
	size_t used = 0;
	while (used < sizeof out->note && out->note[used])
		used++;
	snprintf(out->note + used, sizeof out->note - used, "%s%s", used ? "; " : "", note);
}

static void summarize(struct measure_workload *out, const struct measure_samples *samples, const struct measurement *m,
		      const struct workload *w)
{
	const double *a = samples->cost[BASELINE], *b = samples->cost[CANDIDATE];
	size_t n = samples->pairs;
	double effect = m->options->min_effect;
	/* Workloads draw from streams of their own, so that adding one changes no other's interval. */
	measure_ratio_bca(a, b, n, m->options->seed + out->workload, LEVEL, &out->ratio, &out->low, &out->high);
	out->p_value = measure_wilcoxon(a, b, n);
	out->p_slower = measure_wilcoxon_slower(a, b, n);
	out->pairs = (int)n;
	out->spread = measure_spread(a, n);
	out->baseline_cost = measure_median(a, n);
	out->candidate_cost = measure_median(b, n);
	if (w->stop_after_s > 0)
		add_note(out, "runs until it is asked to stop: its time says nothing");
	if (!isfinite(out->ratio))
		add_note(out, "too short to measure");
	else if (out->high - out->low > 2 * effect && out->low < 1 + effect && out->high > 1 - effect)
		add_note(out, "noisy");
	if (has_outlier(a, n) || has_outlier(b, n))
		add_note(out, "outliers");
}

int measure_by_time(struct measure_workload *out, struct measure_samples *samples, const struct measurement *m,
		    int64_t deadline_ns, struct pgo_error *err)
{
	const struct workload *w = &m->corpus->workloads[out->workload];
	struct measure_paths paths = {0};
	struct child_result results[2];
	bool compared = false;
	int code = measure_paths_init(&paths, m, w->id, err);
	for (int i = 0; i < m->options->warmup && code == PGO_OK; i++)
		code = run_pair(results, samples, m, w, &paths, -1, err);
	if (code == PGO_OK && m->options->warmup > 0) {
		code = measure_compare_outputs(out, m, w, &paths, results, err);
		compared = true;
	}
	while (code == PGO_OK && wants_more(samples, m, deadline_ns)) {
		code = run_pair(results, samples, m, w, &paths, (int)samples->pairs, err);
		if (code == PGO_OK && !compared) {
			code = measure_compare_outputs(out, m, w, &paths, results, err);
			compared = true;
		}
	}
	if (code == PGO_OK)
		summarize(out, samples, m, w);
	measure_paths_release(&paths);
	return code;
}
