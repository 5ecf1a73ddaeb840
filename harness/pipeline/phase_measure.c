/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure.h"
#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/*
 * Phase measure: the optimized program against the baseline, and the performance gate; leaves measured.json (the
 * samples are in measure/).
 */

/* Of the bootstrap: fixed, so that the same samples give the same interval. */
static const uint64_t SEED = 20240229;

#define SAMPLES "measure/optimized.json"

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static bool measured(const struct run *run, size_t i)
{
	return run->usable[i] && run->corpus->workloads[i].role != WORKLOAD_TRAIN;
}

/* Everything the measurement depends on, apart from the machine's mood. */
static int measure_digest(char out[33], const struct run *run, struct pgo_error *err)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	if (!stream)
		return out_of_memory(err);
	const struct corpus *c = run->corpus;
	fprintf(stream, "%s %s\n", run->builds[BUILD_BASELINE].digest, run->builds[BUILD_OPTIMIZED].digest);
	fprintf(stream, "%d %d %d %g %g %llu\n", c->measure.method, c->measure.runs, c->measure.warmup,
		c->measure.max_seconds, c->measure.min_effect, (unsigned long long)SEED);
	int code = PGO_OK;
	for (size_t i = 0; i < c->workload_count && !code; i++) {
		char digest[33];
		if (!measured(run, i))
			continue;
		code = workload_digest(digest, c, &c->workloads[i], err);
		if (!code)
			fprintf(stream, "%s %d %d %s\n", c->workloads[i].id, c->workloads[i].kind, c->workloads[i].role,
				digest);
	}
	if (fclose(stream) && !code)
		code = out_of_memory(err);
	if (!code)
		files_digest_text(out, text);
	free(text);
	return code;
}

/* Is the last measurement of the same programs and workloads, and are its samples still those it was drawn from? */
static bool reusable(struct run *run, const char *path, const char *digest)
{
	json_object *record = NULL;
	char samples[33], *samples_path = run_path(run, SAMPLES);
	bool good = samples_path && record_read(&record, path, NULL) == PGO_OK &&
		    !strcmp(record_string(record, "inputs_digest", ""), digest) &&
		    files_digest(samples, samples_path, NULL) == PGO_OK &&
		    !strcmp(record_string(record, "samples_digest", ""), samples) &&
		    get_member(record, "performance_gate");
	if (good) {
		const char *outcome = record_string(get_member(record, "performance_gate"), "outcome", "");
		run->outputs_differ = !record_bool(record, "outputs_equal", true);
		run->slower = !strcmp(outcome, pgo_outcome_name(PGO_FAIL));
	}
	json_object_put(record);
	free(samples_path);
	return good;
}

/* What measure/optimized.json says without the samples, what it depended on, and the performance gate. */
static json_object *result_json(const struct measure_result *result, const struct measure_verdict *verdict,
				const struct corpus *corpus, const char *digest, const char *samples_digest)
{
	json_object *record = measure_json(result, corpus);
	if (!record)
		return NULL;
	json_object_object_add(record, "performance_gate", measure_verdict_json(verdict, result, corpus));
	put_text(record, "schema", "pgo-harness/measured/1");
	put_text(record, "inputs_digest", digest);
	put_number(record, "min_effect", corpus->measure.min_effect);
	json_object_object_add(record, "seed", json_object_new_uint64(SEED));
	put_text(record, "samples", SAMPLES);
	put_text(record, "samples_digest", samples_digest);
	return record;
}

static int measure(struct run *run, const struct corpus *corpus, const char *path, const char *digest,
		   struct pgo_error *err)
{
	struct measure_options options = {
		.out_dir = run->out,
		.label = "optimized",
		.baseline = run->builds[BUILD_BASELINE].binary,
		.candidate = run->builds[BUILD_OPTIMIZED].binary,
		.method = corpus->measure.method,
		.runs = corpus->measure.runs,
		.warmup = corpus->measure.warmup,
		.max_seconds = corpus->measure.max_seconds,
		.min_effect = corpus->measure.min_effect,
		.seed = SEED,
	};
	struct measure_result result;
	struct measure_verdict verdict = {0};
	char samples[33], *samples_path = run_path(run, SAMPLES);
	int code = samples_path ? files_remove_tree(path, err) : out_of_memory(err);
	if (!code)
		code = measure_run(&result, corpus, &options, err);
	if (code) {
		free(samples_path);
		return code;
	}
	code = measure_judge(&verdict, &result, corpus, corpus->measure.min_effect, err);
	if (!code)
		code = files_digest(samples, samples_path, err);
	if (!code) {
		json_object *record = result_json(&result, &verdict, corpus, digest, samples);
		code = record ? record_write(path, record, err) : out_of_memory(err);
		json_object_put(record);
	}
	if (!code) {
		run->outputs_differ = !result.outputs_equal;
		run->slower = verdict.outcome == PGO_FAIL;
	}
	measure_verdict_release(&verdict);
	measure_result_release(&result);
	free(samples_path);
	return code;
}

int phase_measure(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	/* workloads that failed on the instrumented program would fail here too; the copy borrows all it holds */
	struct corpus some = *run->corpus;
	some.workloads = calloc(run->corpus->workload_count, sizeof *some.workloads);
	some.workload_count = 0;
	char *path = run_path(run, "measured.json");
	int code = path && some.workloads ? PGO_OK : out_of_memory(err);
	for (size_t i = 0; i < run->corpus->workload_count && !code; i++)
		if (measured(run, i))
			some.workloads[some.workload_count++] = run->corpus->workloads[i];
	if (!code && !some.workload_count) {
		note->skipped = true;
		snprintf(note->detail, sizeof note->detail, "the corpus has no held-out workload to measure");
		code = files_remove_tree(path, err);
	} else if (!code && !(code = measure_digest(note->digest, run, err))) {
		note->reused = reusable(run, path, note->digest);
		if (!note->reused)
			code = measure(run, &some, path, note->digest, err);
		if (!code && run->slower)
			progress_warn("PERFORMANCE GATE FAILED: the optimized program is slower than the baseline");
		snprintf(note->detail, sizeof note->detail, "%zu workloads by %s", some.workload_count,
			 measure_method_name(some.measure.method));
	}
	free(some.workloads);
	free(path);
	return code;
}
