/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure_internal.h"
#include "harness/replay/replay.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/*
 * Method cachegrind: one run of each side under valgrind's cache and branch simulation. Nothing else on the machine
 * changes the counts, so runs may go side by side. Scratch paths of both sides are of equal length, as they end up on
 * the simulated stack. Children are followed: a command may start the program through others.
 */

#define JOBS 2
#define SLOWDOWN 100 /* limits of time are stretched by this much */

struct grind {
	const struct measurement *m;
	const struct workload *w;
	enum side side;
	char *dir, *scratch, *out, *errors, *file_option;
	struct workload_run run;
	struct child_spec spec;
	struct cachegrind_events events; /* summed over processes */
	bool running;
};

struct grinder {
	struct grind *grinds; /* two per workload */
	size_t count, done;
};

static int init_grind(struct grind *g, const struct measurement *m, const struct workload *w, enum side side,
		      struct pgo_error *err)
{
	*g = (struct grind){.m = m, .w = w, .side = side};
	g->dir = files_format("%s/measure/%s/%s/%c", m->options->out_dir, m->options->label, w->id, "ab"[side]);
	if (g->dir) {
		g->scratch = files_join(g->dir, "scratch");
		g->out = files_join(g->dir, "stdout");
		g->errors = files_join(g->dir, "stderr");
		g->file_option = files_format("--cachegrind-out-file=%s/events/%%p", g->dir);
	}
	if (g->dir && g->scratch && g->out && g->errors && g->file_option)
		return PGO_OK;
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static void release_grind(struct grind *g)
{
	workload_run_release(&g->run);
	free(g->dir);
	free(g->scratch);
	free(g->out);
	free(g->errors);
	free(g->file_option);
}

static int make_directories(const struct grind *g, struct pgo_error *err)
{
	char *events = files_join(g->dir, "events");
	int code = events ? files_remove_tree(g->dir, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code == PGO_OK)
		code = files_mkdirs(events, err);
	free(events);
	return code;
}

static int on_next(void *user, size_t i, struct child_spec *spec, struct pgo_error *err)
{
	struct grind *g = &((struct grinder *)user)->grinds[i];
	const struct measure_options *o = g->m->options;
	const char *prefix[] = {"valgrind",	     "-q",
				"--tool=cachegrind", "--cache-sim=yes",
				"--branch-sim=yes",  "--trace-children=yes",
				g->file_option,	     NULL};
	int code = make_directories(g, err);
	if (code == PGO_OK)
		code = workload_prepare(&g->run, g->m->corpus, g->w, g->side == BASELINE ? o->baseline : o->candidate,
					g->scratch, o->out_dir, prefix, err);
	if (code != PGO_OK)
		return code;
	workload_child_spec(&g->spec, g->w, &g->run);
	g->spec.stdout_path = g->out;
	g->spec.stderr_path = g->errors;
	g->spec.timeout_s *= SLOWDOWN;
	g->spec.stop_after_s *= SLOWDOWN;
	g->spec.grace_s = (g->spec.grace_s > 0 ? g->spec.grace_s : 5) * SLOWDOWN;
	g->running = true;
	*spec = g->spec;
	return PGO_OK;
}

static int add_events(struct cachegrind_events *sum, const struct cachegrind_events *more, struct pgo_error *err)
{
	if (sum->count == 0) {
		*sum = *more;
		return PGO_OK;
	}
	if (sum->count != more->count || memcmp(sum->names, more->names, sizeof sum->names) != 0)
		return pgo_error_set(err, PGO_EFORMAT,
				     "cachegrind counted different events in two processes of one run");
	for (size_t i = 0; i < sum->count; i++)
		sum->values[i] += more->values[i];
	return PGO_OK;
}

static int read_events(struct grind *g, struct pgo_error *err)
{
	char **list = NULL, *dir = files_join(g->dir, "events");
	size_t count = 0;
	int code = dir ? files_list(&list, &count, dir, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < count && code == PGO_OK; i++) {
		struct cachegrind_events one;
		char *path = files_join(dir, list[i]);
		code = path ? cachegrind_read(&one, path, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
		if (code == PGO_OK)
			code = add_events(&g->events, &one, err);
		free(path);
	}
	if (code == PGO_OK && cachegrind_event(&g->events, "Ir") == 0)
		code = measure_failed(g->w, g->side, "left no counts of valgrind", g->errors, err);
	files_list_free(list, count);
	free(dir);
	return code;
}

static int on_done(void *user, size_t i, const struct child_result *result, struct pgo_error *err)
{
	struct grinder *all = user;
	struct grind *g = &all->grinds[i];
	char how[256], text[300];
	g->running = false;
	all->done++;
	if (result->end == CHILD_EXEC_FAILED) {
		int code = pgo_error_set(err, PGO_ECHILD,
					 "cannot measure with cachegrind: 'valgrind' could not be "
					 "executed: %s",
					 strerror(result->exec_errno));
		pgo_error_hint(err, "apt-get install valgrind");
		return code;
	}
	if (!workload_ended_well(g->w, result, &g->spec, how, sizeof how)) {
		snprintf(text, sizeof text, "%s under valgrind", how);
		return measure_failed(g->w, g->side, text, g->errors, err);
	}
	return read_events(g, err);
}

static void on_tick(void *user)
{
	const struct grinder *all = user;
	for (size_t i = 0; i < all->count; i++)
		if (all->grinds[i].running) {
			progress_live(all->done, all->count, "simulating %s", all->grinds[i].w->id);
			return;
		}
}

/* Both builds once without valgrind: do they work, and do they say the same? */
static int check_outputs(struct measure_workload *out, const struct measurement *m, struct pgo_error *err)
{
	const struct workload *w = &m->corpus->workloads[out->workload];
	struct measure_paths paths = {0};
	struct child_result results[2];
	int code = measure_paths_init(&paths, m, w->id, err);
	for (int side = 0; side < 2 && code == PGO_OK; side++)
		code = measure_sample(&results[side], m, w, side, &paths, err);
	if (code == PGO_OK)
		code = measure_compare_outputs(out, m, w, &paths, results, err);
	measure_paths_release(&paths);
	return code;
}

static json_object *events_json(const struct grind *g)
{
	json_object *run = json_object_new_object(), *events = json_object_new_object();
	json_object_object_add(run, "side", json_object_new_string(measure_side_name(g->side)));
	json_object_object_add(run, "estimated_cycles", json_object_new_double(cachegrind_cycles(&g->events)));
	for (size_t i = 0; i < g->events.count; i++)
		json_object_object_add(events, g->events.names[i], json_object_new_uint64(g->events.values[i]));
	json_object_object_add(run, "events", events);
	return run;
}

static void take_result(struct measure_workload *out, json_object **raw, const struct grind pair[2])
{
	out->baseline_cost = cachegrind_cycles(&pair[BASELINE].events);
	out->candidate_cost = cachegrind_cycles(&pair[CANDIDATE].events);
	out->ratio = out->low = out->high = out->candidate_cost / out->baseline_cost;
	out->p_value = 1;
	out->p_slower = NAN;
	out->pairs = 1;
	if (pair[BASELINE].w->stop_after_s > 0 && !out->note[0])
		snprintf(out->note, sizeof out->note, "runs until it is asked to stop: its cost says nothing");
	*raw = json_object_new_array();
	json_object_array_add(*raw, events_json(&pair[BASELINE]));
	json_object_array_add(*raw, events_json(&pair[CANDIDATE]));
}

int measure_by_cachegrind(struct measure_workload *workloads, json_object **raw, size_t count,
			  const struct measurement *m, struct pgo_error *err)
{
	struct grinder all = {.grinds = calloc(2 * count + 1, sizeof *all.grinds), .count = 2 * count};
	int code = all.grinds ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < 2 * count && code == PGO_OK; i++)
		code = init_grind(&all.grinds[i], m, &m->corpus->workloads[workloads[i / 2].workload],
				  i % 2 ? CANDIDATE : BASELINE, err);
	for (size_t i = 0; i < count && code == PGO_OK; i++)
		code = check_outputs(&workloads[i], m, err);
	if (code == PGO_OK) {
		struct child_pool pool = {.jobs = JOBS,
					  .count = all.count,
					  .user = &all,
					  .next = on_next,
					  .done = on_done,
					  .tick = on_tick};
		code = child_pool_run(&pool, err);
	}
	for (size_t i = 0; i < count && code == PGO_OK; i++)
		take_result(&workloads[i], &raw[i], &all.grinds[2 * i]);
	for (size_t i = 0; all.grinds && i < all.count; i++)
		release_grind(&all.grinds[i]);
	free(all.grinds);
	return code;
}
