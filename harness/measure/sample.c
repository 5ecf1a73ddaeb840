/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure_internal.h"
#include "harness/replay/replay.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* One run of one side, and whether both sides say the same. */

int measure_paths_init(struct measure_paths *out, const struct measurement *m, const char *id, struct pgo_error *err)
{
	struct measure_paths p = {.dir = files_format("%s/measure/%s/%s", m->options->out_dir, m->options->label, id)};
	bool good = p.dir != NULL;
	if (good) {
		p.scratch = files_join(p.dir, "scratch");
		good = p.scratch != NULL;
	}
	for (int side = 0; good && side < 2; side++) {
		p.out[side] = files_format("%s/%s.stdout", p.dir, measure_side_name(side));
		p.errors[side] = files_format("%s/%s.stderr", p.dir, measure_side_name(side));
		good = p.out[side] && p.errors[side];
	}
	*out = p;
	return good ? files_mkdirs(p.dir, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

void measure_paths_release(struct measure_paths *p)
{
	free(p->dir);
	free(p->scratch);
	for (int side = 0; side < 2; side++) {
		free(p->out[side]);
		free(p->errors[side]);
	}
	*p = (struct measure_paths){0};
}

const char *measure_side_name(enum side side)
{
	return side == BASELINE ? "baseline" : "candidate";
}

int measure_failed(const struct workload *w, enum side side, const char *how, const char *errors_path,
		   struct pgo_error *err)
{
	int code =
		pgo_error_set(err, PGO_ECHILD, "workload '%s' %s in the %s build", w->id, how, measure_side_name(side));
	pgo_error_hint(err, "its standard error is in '%s'", errors_path);
	return code;
}

struct single {
	const struct measurement *m;
	const struct workload *w;
	const struct child_spec *spec;
	struct child_result *out;
};

static int on_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	(void)i;
	(void)err;
	*spec = *((const struct single *)user)->spec;
	return PGO_OK;
}

static int on_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	(void)i;
	(void)err;
	*((const struct single *)user)->out = *result;
	return PGO_OK;
}

static void on_tick(void *user)
{
	const struct single *single = user;
	progress_live(single->m->done, single->m->total, "measuring %s", single->w->id);
}

/* child_run() with the live line kept going. */
static int run_with_progress(struct single *single, struct pgo_error *err)
{
	struct child_pool pool = {
		.jobs = 1, .count = 1, .user = single, .next = on_next, .done = on_done, .tick = on_tick};
	return child_pool_run(&pool, err);
}

static int run_once(struct child_result *out, const struct measurement *m, const struct workload *w, enum side side,
		    const struct measure_paths *paths, const char *out_path, struct pgo_error *err)
{
	char how[256];
	struct workload_run run = {0};
	struct child_spec spec = {0};
	const char *binary = side == BASELINE ? m->options->baseline : m->options->candidate;
	int code = workload_prepare(&run, m->corpus, w, binary, paths->scratch, m->options->out_dir, NULL, err);
	if (code != PGO_OK)
		return code;
	workload_child_spec(&spec, w, &run);
	spec.stdout_path = out_path;
	spec.stderr_path = paths->errors[side];
	code = run_with_progress(&(struct single){m, w, &spec, out}, err);
	if (code == PGO_OK && !workload_ended_well(w, out, &spec, how, sizeof how))
		code = measure_failed(w, side, how, paths->errors[side], err);
	workload_run_release(&run);
	return code;
}

int measure_sample(struct child_result *out, const struct measurement *m, const struct workload *w, enum side side,
		   const struct measure_paths *paths, struct pgo_error *err)
{
	return run_once(out, m, w, side, paths, paths->out[side], err);
}

/* Offset of the first byte in which two files differ, or -1. The end of one file differs from more of the other. */
static int first_difference(int64_t *at, const char *left, const char *right, struct pgo_error *err)
{
	FILE *a = fopen(left, "re"), *b = fopen(right, "re");
	int code = PGO_OK, x, y;
	*at = -1;
	if (!a || !b) {
		code = pgo_error_errno(err, "cannot open");
		pgo_error_path(err, a ? right : left);
		goto done;
	}
	int64_t offset = 0;
	do {
		x = getc_unlocked(a);
		y = getc_unlocked(b);
		if (x != y)
			*at = offset;
		offset++;
	} while (x == y && x != EOF);
	if (ferror(a) || ferror(b)) {
		code = pgo_error_errno(err, "cannot read");
		pgo_error_path(err, ferror(a) ? left : right);
	}
done:
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return code;
}

int measure_compare_outputs(struct measure_workload *out, const struct measurement *m, const struct workload *w,
			    const struct measure_paths *paths, const struct child_result results[2],
			    struct pgo_error *err)
{
	int64_t at = -1, again_at = -1;
	struct child_result again;
	int code = first_difference(&at, paths->out[BASELINE], paths->out[CANDIDATE], err);
	out->outputs_equal = true;
	if (code != PGO_OK || (at < 0 && results[BASELINE].status == results[CANDIDATE].status))
		return code;
	char *again_path = files_join(paths->dir, "baseline-again.stdout");
	code = again_path ? run_once(&again, m, w, BASELINE, paths, again_path, err)
			  : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code == PGO_OK)
		code = first_difference(&again_at, paths->out[BASELINE], again_path, err);
	free(again_path);
	if (code != PGO_OK)
		return code;
	if (again_at >= 0 || again.status != results[BASELINE].status) {
		snprintf(out->note, sizeof out->note, "not compared: the output of one build differs from run to run");
		return PGO_OK;
	}
	out->outputs_equal = false;
	if (at >= 0)
		snprintf(out->note, sizeof out->note, "outputs differ at byte %lld", (long long)at);
	else
		snprintf(out->note, sizeof out->note, "exit status %d in the baseline build, %d in the candidate",
			 results[BASELINE].status, results[CANDIDATE].status);
	return PGO_OK;
}
