/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/measure/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/measure/measure_internal.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

#define LEVEL 0.95

int64_t measure_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int choose_workloads(struct measure_result *result, const struct corpus *corpus, struct pgo_error *err)
{
	result->workloads = calloc(corpus->workload_count + 1, sizeof *result->workloads);
	if (!result->workloads)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < corpus->workload_count; i++) {
		enum workload_role role = corpus->workloads[i].role;
		if (role == WORKLOAD_HELDOUT || role == WORKLOAD_GUARD)
			result->workloads[result->workload_count++] =
				(struct measure_workload){.workload = i, .guard = role == WORKLOAD_GUARD};
	}
	if (result->workload_count > 0)
		return PGO_OK;
	int code = pgo_error_set(err, PGO_EINVAL, "corpus '%s' has nothing to measure on", corpus->name);
	pgo_error_hint(err, "give at least one workload the role heldout or guard");
	return code;
}

static void say_measured(const struct measure_workload *w, const char *id)
{
	const char *between = w->note[0] ? "; " : "";
	if (w->low == w->high)
		progress_line("%s: ratio %.4f%s%s", id, w->ratio, between, w->note);
	else
		progress_line("%s: ratio %.3f [%.3f, %.3f] over %d pairs%s%s", id, w->ratio, w->low, w->high, w->pairs,
			      between, w->note);
}

/* What is left of the budget is shared evenly by the workloads that are left. */
static int64_t deadline_of(const struct measure_options *options, int64_t start_ns, size_t left)
{
	if (!(options->max_seconds > 0))
		return 0;
	int64_t now = measure_now_ns(), end = start_ns + (int64_t)(fmin(options->max_seconds, 1e9) * 1e9);
	return end > now ? now + (end - now) / (int64_t)left : now;
}

static int measure_all_by_time(struct measure_result *result, struct measure_samples *samples, json_object **raw,
			       struct measurement *m, struct pgo_error *err)
{
	int64_t start = measure_now_ns();
	int code = PGO_OK;
	for (size_t i = 0; i < result->workload_count && code == PGO_OK; i++) {
		struct measure_workload *w = &result->workloads[i];
		int64_t deadline = deadline_of(m->options, start, result->workload_count - i);
		code = measure_by_time(w, &samples[i], m, deadline, err);
		raw[i] = json_object_get(samples[i].raw);
		m->done++;
		if (code == PGO_OK)
			say_measured(w, m->corpus->workloads[w->workload].id);
	}
	return code;
}

/* Half the width of an interval, relative to its ratio. */
static double half_width(double ratio, double low, double high)
{
	return (high - low) / 2 / ratio;
}

static void recommend(struct measure_result *result, const struct measure_options *options, double spread, double pairs,
		      size_t heldout)
{
	double effect = options->min_effect, half = half_width(result->ratio, result->low, result->high);
	/* The ratio of two medians of n values has a 95 % half-width of about 1.96 · 1.2533 · 1.4826 · sqrt(2/n) ·
	 * spread. */
	double bearable = effect * sqrt(pairs / 2 * (double)heldout) / 3.64;
	bool undecided = result->low < 1 + effect && result->high > 1 - effect;
	result->noisy = undecided && (half > effect || spread > bearable);
	if (result->noisy && half > effect)
		snprintf(result->recommendation, sizeof result->recommendation,
			 "interval ±%.1f %% is wider than the ±%.1f %% of min_effect; use --method cachegrind",
			 100 * half, 100 * effect);
	else if (result->noisy)
		snprintf(result->recommendation, sizeof result->recommendation,
			 "runs spread by %.1f %%, too much to tell ±%.1f %% from %g pairs; use --method cachegrind",
			 100 * spread, 100 * effect, pairs);
}

void measure_summarize(struct measure_result *result, const struct measure_samples *samples,
		       const struct measure_options *options)
{
	struct measure_pairs *strata = calloc(result->workload_count + 1, sizeof *strata);
	double *spreads = calloc(result->workload_count + 1, sizeof *spreads);
	double logs = 0, pairs = INFINITY;
	size_t count = 0;
	result->outputs_equal = true;
	result->ratio = result->low = result->high = NAN;
	for (size_t i = 0; strata && spreads && i < result->workload_count; i++) {
		const struct measure_workload *w = &result->workloads[i];
		result->outputs_equal = result->outputs_equal && w->outputs_equal;
		if (w->guard)
			continue;
		logs += log(w->ratio);
		pairs = fmin(pairs, w->pairs);
		spreads[count] = w->spread;
		if (samples)
			strata[count] = (struct measure_pairs){samples[i].cost[BASELINE], samples[i].cost[CANDIDATE],
							       samples[i].pairs};
		count++;
	}
	if (count > 0 && samples) {
		measure_geomean_bca(strata, count, options->seed, LEVEL, &result->ratio, &result->low, &result->high);
		if (isfinite(result->low) && isfinite(result->high))
			recommend(result, options, measure_median(spreads, count), pairs, count);
	} else if (count > 0) {
		result->ratio = result->low = result->high = exp(logs / (double)count);
	}
	free(strata);
	free(spreads);
}

static int run_method(struct measure_result *result, struct measure_samples *samples, json_object **raw,
		      struct measurement *m, struct pgo_error *err)
{
	if (m->options->method != MEASURE_CACHEGRIND) {
		int code = measure_all_by_time(result, samples, raw, m, err);
		if (code == PGO_OK)
			measure_summarize(result, samples, m->options);
		return code;
	}
	int code = measure_by_cachegrind(result->workloads, raw, result->workload_count, m, err);
	for (size_t i = 0; i < result->workload_count && code == PGO_OK; i++)
		say_measured(&result->workloads[i], m->corpus->workloads[result->workloads[i].workload].id);
	if (code == PGO_OK)
		measure_summarize(result, NULL, m->options);
	return code;
}

/* Nothing of an earlier measurement may pass for a part of this one. */
static int forget_last(const struct measure_options *options, struct pgo_error *err)
{
	char *dir = files_format("%s/measure/%s", options->out_dir, options->label);
	char *record = files_format("%s/measure/%s.json", options->out_dir, options->label);
	int code = dir && record ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code == PGO_OK)
		code = files_remove_tree(dir, err);
	if (code == PGO_OK)
		code = files_remove_tree(record, err);
	free(dir);
	free(record);
	return code;
}

int measure_run(struct measure_result *out, const struct corpus *corpus, const struct measure_options *options,
		struct pgo_error *err)
{
	struct measure_result result = {.method = options->method};
	struct measurement m = {.corpus = corpus, .options = options};
	struct measure_samples *samples = NULL;
	json_object **raw = NULL;
	int code = choose_workloads(&result, corpus, err);
	if (code != PGO_OK)
		goto done;
	m.total = result.workload_count;
	code = forget_last(options, err);
	if (code != PGO_OK)
		goto done;
	samples = calloc(result.workload_count, sizeof *samples);
	raw = calloc(result.workload_count, sizeof *raw);
	code = samples && raw ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code == PGO_OK)
		code = run_method(&result, samples, raw, &m, err);
	progress_clear();
	if (code == PGO_OK)
		code = measure_write(&result, raw, &m, err);
done:
	for (size_t i = 0; i < result.workload_count; i++) {
		if (samples) {
			free(samples[i].cost[BASELINE]);
			free(samples[i].cost[CANDIDATE]);
			json_object_put(samples[i].raw);
		}
		if (raw)
			json_object_put(raw[i]);
	}
	free(samples);
	free(raw);
	if (code == PGO_OK)
		*out = result;
	else
		measure_result_release(&result);
	return code;
}

void measure_result_release(struct measure_result *result)
{
	free(result->workloads);
	*result = (struct measure_result){0};
}
