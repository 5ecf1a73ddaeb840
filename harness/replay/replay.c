/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/replay/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/replay/replay_internal.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

#define MIB ((uint64_t)1 << 20)
#define FREE_WARN (1024 * MIB) /* below: raw profiles may not fit */
#define FREE_MIN MIB	       /* below, after a run: what it wrote cannot be trusted to be whole */

struct job {
	const struct workload *w;
	struct replay_outcome *outcome;
	struct replay_paths paths;
	char digest[33];
	struct workload_run run;
	struct child_spec spec;
	json_object *runs;
	int64_t wall_ns;
	bool running, finished;
};

struct replay {
	const struct corpus *corpus;
	const struct replay_options *options;
	struct job *jobs; /* one per workload */
	size_t *items;	  /* indices into jobs: this round's pool */
	int round;	  /* repetitions are rounds, so that a workload never runs beside itself */
	size_t finished, todo;
};

static int repeats(const struct workload *w)
{
	return w->repeat > 0 ? w->repeat : 1;
}

/* Better now than after an hour of training: can anything be written where the profiles shall go? */
static int probe_write(const char *dir, struct pgo_error *err)
{
	static const char bytes[4096];
	int code = PGO_OK;
	char *path = files_join(dir, ".probe");
	if (!path)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	code = files_write_atomic(path, bytes, sizeof bytes, err);
	if (code == PGO_OK && unlink(path) != 0) {
		code = pgo_error_errno(err, "cannot remove");
		pgo_error_path(err, path);
	}
	free(path);
	return code;
}

static int check_space(const char *dir, struct pgo_error *err)
{
	uint64_t left = 0;
	int code = files_free_bytes(&left, dir, err);
	if (code == PGO_OK && left < FREE_MIN) {
		code = pgo_error_set(err, PGO_ESYSTEM, "no space left for profiles (%" PRIu64 " KiB free)",
				     left / 1024);
		pgo_error_path(err, dir);
		pgo_error_hint(err, "free some space there, or choose another run directory with --out");
	}
	return code;
}

static int first_round(struct job *job, struct pgo_error *err)
{
	int code = files_remove_tree(job->paths.dir, err);
	if (code == PGO_OK)
		code = files_mkdirs(job->paths.profile, err);
	return code == PGO_OK ? probe_write(job->paths.profile, err) : code;
}

static int on_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	struct replay *r = user;
	struct job *job = &r->jobs[r->items[i]];
	int code = r->round == 0 ? first_round(job, err) : PGO_OK;
	if (code == PGO_OK)
		code = workload_prepare(&job->run, r->corpus, job->w, r->options->binary, job->paths.scratch,
					r->options->out_dir, NULL, err);
	if (code != PGO_OK)
		return code;
	if (string_list_push(&job->run.env, job->paths.pattern) != 0)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	workload_child_spec(&job->spec, job->w, &job->run);
	job->spec.stdout_path = job->paths.out;
	job->spec.stderr_path = job->paths.errors;
	job->running = true;
	*spec = job->spec;
	return PGO_OK;
}

static void judge_profiles(struct job *job, const struct replay_raw *raw)
{
	char *failure = job->outcome->failure;
	size_t size = sizeof job->outcome->failure;
	char complaint[200];
	if (failure[0])
		return;
	if (replay_runtime_complaint(job->paths.errors, complaint, sizeof complaint))
		snprintf(failure, size, "could not write its profile: %s", complaint);
	else if (raw->count == 0 && raw->empty > 0)
		snprintf(failure, size, "left only empty profiles");
	else if (raw->count == 0)
		snprintf(failure, size, "left no profile");
}

static const char *size_text(uint64_t bytes, char out[32])
{
	if (bytes < MIB)
		snprintf(out, 32, "%.1f KiB", (double)bytes / 1024);
	else
		snprintf(out, 32, "%.1f MiB", (double)bytes / (double)MIB);
	return out;
}

static void say_finished(const struct replay *r, const struct job *job, const struct replay_raw *raw)
{
	const char *id = job->w->id;
	char size[32];
	if (job->outcome->failure[0])
		progress_line("%s: failed: %s", id, job->outcome->failure);
	else
		progress_line("%s: %.2f s, %zu raw %s, %s", id, (double)job->wall_ns / 1e9, raw->count,
			      raw->count == 1 ? "profile" : "profiles", size_text(raw->bytes, size));
	if (raw->empty > 0 && raw->count > 0)
		progress_warn("%s: %zu empty %s left out: a process of it ended before it wrote its profile", id,
			      raw->empty, raw->empty == 1 ? "profile" : "profiles");
	if (job->outcome->failure[0] && r->options->keep_going)
		progress_warn("'%s' is left out of every merge; its standard error is in '%s'", id, job->paths.errors);
}

static int failure_error(const struct job *job, const struct replay_raw *raw, struct pgo_error *err)
{
	char line[160];
	int code = pgo_error_set(err, PGO_ECHILD, "workload '%s' %s", job->w->id, job->outcome->failure);
	replay_last_line(job->paths.errors, line, sizeof line);
	if (raw->count == 0 && strncmp(job->outcome->failure, "left ", 5) == 0)
		pgo_error_hint(err,
			       "profiles are written at exit: was it killed, does it end by _exit, does its sandbox "
			       "forbid writing to '%s', is this the instrumented program?",
			       job->paths.profile);
	else if (line[0])
		pgo_error_hint(err, "its standard error is in '%s' and ends with: %s", job->paths.errors, line);
	else
		pgo_error_hint(err, "its standard error, '%s', is empty; --keep-going carries on without it",
			       job->paths.errors);
	return code;
}

/* All repetitions done, or one failed: look at what there is and write the record. */
static int finish(struct replay *r, struct job *job, struct pgo_error *err)
{
	struct replay_raw raw = {0};
	int code = replay_raw_collect(&raw, &job->paths, err);
	if (code != PGO_OK)
		return code;
	judge_profiles(job, &raw);
	code = check_space(job->paths.profile, err);
	if (code == PGO_OK)
		code = replay_record_write(&job->paths, job->w, job->digest, job->outcome->failure, job->runs, &raw,
					   err);
	if (code == PGO_OK) {
		job->finished = true;
		job->outcome->ok = !job->outcome->failure[0];
		r->finished++;
		say_finished(r, job, &raw);
		if (!job->outcome->ok && !r->options->keep_going)
			code = failure_error(job, &raw, err);
	}
	json_object_put(raw.files);
	return code;
}

static int on_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	struct replay *r = user;
	struct job *job = &r->jobs[r->items[i]];
	json_object_array_add(job->runs, replay_run_json(result));
	job->running = false;
	job->wall_ns += result->wall_ns;
	bool well =
		workload_ended_well(job->w, result, &job->spec, job->outcome->failure, sizeof job->outcome->failure);
	workload_run_release(&job->run);
	if (well && r->round + 1 < repeats(job->w))
		return PGO_OK;
	return finish(r, job, err);
}

static void on_tick(void *user)
{
	const struct replay *r = user;
	const char *first = NULL;
	size_t running = 0;
	for (size_t i = 0; i < r->corpus->workload_count; i++)
		if (r->jobs[i].running && running++ == 0)
			first = r->jobs[i].w->id;
	if (running == 1)
		progress_live(r->finished, r->todo, "replaying %s", first);
	else if (running > 1)
		progress_live(r->finished, r->todo, "replaying %s and %zu more", first, running - 1);
}

/* One pool over every workload that has a repetition left. */
static int run_round(struct replay *r, struct pgo_error *err)
{
	size_t count = 0;
	for (size_t i = 0; i < r->corpus->workload_count; i++)
		if (!r->jobs[i].finished && repeats(r->jobs[i].w) > r->round)
			r->items[count++] = i;
	if (count == 0)
		return PGO_EOF;
	struct child_pool pool = {
		.jobs = r->options->jobs, .count = count, .user = r, .next = on_next, .done = on_done, .tick = on_tick};
	return child_pool_run(&pool, err);
}

/* Paths and digest of one workload, and whether its last replay still holds. */
static int plan_job(struct replay *r, size_t i, struct replay_outcome *outcome, struct pgo_error *err)
{
	struct job *job = &r->jobs[i];
	char own[33], both[128], size[32];
	uint64_t bytes = 0;
	*outcome = (struct replay_outcome){0};
	job->w = &r->corpus->workloads[i];
	job->outcome = outcome;
	job->runs = json_object_new_array();
	int code = replay_paths_init(&job->paths, r->options->out_dir, job->w->id, err);
	if (code == PGO_OK)
		code = workload_digest(own, r->corpus, job->w, err);
	if (code != PGO_OK)
		return code;
	snprintf(both, sizeof both, "%s %.64s", own, r->options->binary_digest ? r->options->binary_digest : "");
	files_digest_text(job->digest, both);
	if (!r->options->fresh && replay_is_current(&job->paths, job->w, job->digest, &bytes)) {
		job->finished = outcome->ok = outcome->reused = true;
		progress_line("%s: unchanged, %s of profiles kept", job->w->id, size_text(bytes, size));
	} else {
		r->todo++;
	}
	return PGO_OK;
}

static int check_out_dir(const struct replay_options *options, struct pgo_error *err)
{
	uint64_t left = 0;
	if (strchr(options->out_dir, '%')) {
		int code = pgo_error_set(err, PGO_EINVAL, "the path of the run directory must not contain '%%'");
		pgo_error_path(err, options->out_dir);
		pgo_error_hint(err, "the profile runtime would take it for a pattern; choose another one with --out");
		return code;
	}
	int code = files_mkdirs(options->out_dir, err);
	if (code == PGO_OK)
		code = files_free_bytes(&left, options->out_dir, err);
	if (code == PGO_OK && left < FREE_WARN)
		progress_warn("only %" PRIu64 " MiB are free in '%s'; raw profiles may not fit", left / MIB,
			      options->out_dir);
	return code;
}

int replay_all(struct replay_outcome *outcomes, const struct corpus *corpus, const struct replay_options *options,
	       struct pgo_error *err)
{
	struct replay r = {.corpus = corpus, .options = options};
	int code = check_out_dir(options, err);
	if (code != PGO_OK)
		return code;
	r.jobs = calloc(corpus->workload_count + 1, sizeof *r.jobs);
	r.items = calloc(corpus->workload_count + 1, sizeof *r.items);
	if (!r.jobs || !r.items)
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; code == PGO_OK && i < corpus->workload_count; i++)
		code = plan_job(&r, i, &outcomes[i], err);
	while (code == PGO_OK) {
		code = run_round(&r, err);
		r.round++;
	}
	progress_clear();
	for (size_t i = 0; r.jobs && i < corpus->workload_count; i++) {
		workload_run_release(&r.jobs[i].run);
		replay_paths_release(&r.jobs[i].paths);
		json_object_put(r.jobs[i].runs);
	}
	free(r.jobs);
	free(r.items);
	return code == PGO_EOF ? PGO_OK : code;
}
