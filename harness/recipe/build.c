/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/recipe/job.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* One phase's build: plan, compare with the last finished one, run, record. */

static const char *const phase_names[] = {"instrumented", "optimized", "baseline"};

const char *build_phase_name(enum build_phase phase)
{
	return phase_names[phase];
}

static void job_release(struct job *job)
{
	free(job->source);
	free(job->directory);
	free(job->phase_dir);
	free(job->log);
	free(job->copy);
	free(job->work);
	free(job->binary);
	free(job->cflags);
	free(job->ldflags);
	free(job->rustflags);
	free(job->rust_phase);
	string_list_release(&job->env);
	for (size_t i = 0; i < JOB_STEPS; i++)
		string_list_release(&job->steps[i].argv);
	json_object_put(job->extra);
}

static int job_paths(struct job *job, struct pgo_error *err)
{
	const struct corpus *c = job->corpus;
	char *source = recipe_source_dir(c, job->out_dir);
	int rc = source ? source_ensure(c, source, job->out_dir, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!rc)
		rc = files_absolute(&job->source, source, err);
	free(source);
	if (rc)
		return rc;
	bool top = strcmp(c->build.directory, ".") == 0 || !*c->build.directory;
	job->directory = top ? strdup(job->source) : files_join(job->source, c->build.directory);
	job->phase_dir = files_format("%s/build/%s", job->out_dir, build_phase_name(job->phase));
	job->log = files_format("%s/build.log", job->phase_dir);
	job->copy = files_format("%s/src", job->phase_dir);
	if (!job->directory || !job->phase_dir || !job->log || !job->copy)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!files_is_directory(job->directory))
		return pgo_error_set(err, PGO_EFORMAT, "build directory '%s' is not in the source tree '%s'",
				     c->build.directory, job->source);
	return files_mkdirs(job->phase_dir, err);
}

static int job_plan(struct job *job, struct pgo_error *err)
{
	static int (*const plans[])(struct job *, struct pgo_error *) = {
		[RECIPE_MAKE] = recipe_plan_make,
		[RECIPE_CMAKE] = recipe_plan_cmake,
		[RECIPE_CARGO] = recipe_plan_cargo,
		[RECIPE_COMMAND] = recipe_plan_command,
	};
	int rc = job_flags(job, err);
	return rc ? rc : plans[job->corpus->build.recipe](job, err);
}

static json_object *list_json(const struct string_list *list)
{
	json_object *out = json_object_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(out, json_object_new_string(list->items[i]));
	return out;
}

static void add_string(json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, value ? json_object_new_string(value) : NULL);
}

/* The part of build.json that is known before the build: what the result depends on. */
static int inputs_json(json_object **out, struct job *job, struct pgo_error *err)
{
	char tree[33], profile[33];
	int rc = files_digest_tree(tree, job->source, job_skips, job, err);
	if (!rc && job->profile)
		rc = files_digest(profile, job->profile, err);
	if (rc)
		return rc;
	json_object *root = json_object_new_object(), *tools = json_object_new_object(),
		    *flags = json_object_new_object();
	json_object *commands = json_object_new_array();
	add_string(root, "phase", build_phase_name(job->phase));
	add_string(root, "recipe", recipe_kind_name(job->corpus->build.recipe));
	add_string(root, "source", job->source);
	add_string(root, "source_digest", tree);
	add_string(root, "directory", job->work);
	for (size_t i = 0; i < job->step_count; i++)
		json_object_array_add(commands, list_json(&job->steps[i].argv));
	json_object_object_add(root, "commands", commands);
	json_object_object_add(root, "environment", list_json(&job->env));
	add_string(tools, "version", job->tools->version);
	add_string(tools, "cc", job->tools->cc);
	add_string(tools, "cxx", job->tools->cxx);
	add_string(tools, "rustc", job->tools->rustc);
	add_string(tools, "cargo", job->tools->cargo);
	add_string(tools, "linker", job->tools->linker);
	json_object_object_add(root, "tools", tools);
	add_string(flags, "cflags", job->cflags);
	add_string(flags, "ldflags", job->ldflags);
	add_string(flags, "rustflags", job->rustflags);
	json_object_object_add(root, "flags", flags);
	if (job->extra)
		json_object_object_add(root, "release_profile", json_object_get(job->extra));
	add_string(root, "binary", job->binary);
	add_string(root, "profile", job->profile);
	add_string(root, "profile_digest", job->profile ? profile : NULL);
	*out = root;
	return PGO_OK;
}

/* True when the last build was made from the same inputs and its program is still what it was. */
static bool still_good(const struct job *job, const char *record_path, const char *inputs)
{
	json_object *last = NULL;
	char digest[33];
	if (record_read(&last, record_path, NULL) != PGO_OK)
		return false;
	bool good = strcmp(record_string(last, "schema", ""), "pgo-harness/build/1") == 0 &&
		    strcmp(record_string(last, "inputs", ""), inputs) == 0 &&
		    files_digest(digest, job->binary, NULL) == PGO_OK &&
		    strcmp(record_string(last, "binary_digest", ""), digest) == 0;
	json_object_put(last);
	return good;
}

/* Nothing of an earlier build may survive: flags or profile may have changed under unchanged names. */
static int prepare(struct job *job, struct pgo_error *err)
{
	int rc = files_remove_tree(job->phase_dir, err);
	if (!rc)
		rc = files_mkdirs(job->phase_dir, err);
	if (!rc && job->copies)
		rc = files_copy_tree(job->source, job->copy, job_skips, job, err);
	if (!rc)
		rc = files_mkdirs(job->work, err);
	if (!rc)
		rc = files_write_atomic(job->log, "", 0, err);
	return rc;
}

static int run_steps(struct job *job, struct pgo_error *err)
{
	char what[64];
	int rc = PGO_OK;
	for (size_t i = 0; i < job->step_count && !rc; i++) {
		snprintf(what, sizeof what, "%s build%s%s", build_phase_name(job->phase),
			 job->step_count > 1 ? ", " : "", job->step_count > 1 ? job->steps[i].what : "");
		rc = run_logged(what, &job->steps[i].argv, &job->env, job->work, job->log, err);
	}
	return rc;
}

/* Counters live in a section of their own, which stripping does not remove. */
static bool has_counters(const char *binary)
{
	char *bytes = NULL;
	size_t length;
	if (files_read(&bytes, &length, binary, NULL))
		return false;
	bool found = memmem(bytes, length, "__llvm_prf_cnts", 15) != NULL;
	free(bytes);
	return found;
}

static void tell(const struct job *job, const struct log_warnings *w, double seconds, bool counters)
{
	const char *phase = build_phase_name(job->phase);
	progress_line("%s build done in %.1f s", phase, seconds);
	if (job->phase == BUILD_INSTRUMENTED && !counters) {
		progress_warn(
			"the instrumented program '%s' holds no counters; did its build use %s? see '%s'", job->binary,
			job->corpus->build.recipe == RECIPE_MAKE ? "CFLAGS and LDFLAGS (args: [\"CFLAGS={cflags}\"])"
								 : "the flags in its environment",
			job->log);
	}
	if (w->mismatched)
		progress_warn("%d function%s did not match the profile and got none of it (hash mismatch); see '%s'",
			      w->mismatched, w->mismatched == 1 ? "" : "s", job->log);
	if (w->out_of_date)
		progress_warn("%d source file%s changed since the profile was made; see '%s'", w->out_of_date,
			      w->out_of_date == 1 ? "" : "s", job->log);
}

static int finish(struct job *job, json_object *record, const char *record_path, const char *inputs, double seconds,
		  struct pgo_error *err)
{
	char digest[33], *sink = files_join(job->phase_dir, "build-profiles");
	struct log_warnings w;
	if (!sink)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int rc = files_remove_tree(sink, err);
	free(sink);
	if (rc)
		return rc;
	if (!files_exists(job->binary) || files_is_directory(job->binary) || access(job->binary, X_OK)) {
		rc = pgo_error_set(err, PGO_ECHILD, "the %s build ended well but left no program '%s'",
				   build_phase_name(job->phase), job->binary);
		pgo_error_hint(err, "'build.binary' in '%s' says where it should be; what the build did is in '%s'",
			       job->corpus->manifest, job->log);
		return rc;
	}
	rc = files_digest(digest, job->binary, err);
	if (rc)
		return rc;
	log_count_warnings(&w, job->log);
	bool counters = has_counters(job->binary);
	json_object *warnings = json_object_new_object();
	json_object_object_add(warnings, "mismatched_functions", json_object_new_int(w.mismatched));
	json_object_object_add(warnings, "out_of_date_files", json_object_new_int(w.out_of_date));
	json_object_object_add(warnings, "unprofiled", json_object_new_int(w.unprofiled));
	json_object_object_add(warnings, "total", json_object_new_int(w.total));
	add_string(record, "schema", "pgo-harness/build/1");
	add_string(record, "inputs", inputs);
	add_string(record, "binary_digest", digest);
	json_object_object_add(record, "has_counters", json_object_new_boolean(counters));
	json_object_object_add(record, "seconds", json_object_new_double(seconds));
	add_string(record, "log", job->log);
	json_object_object_add(record, "warnings", warnings);
	rc = record_write(record_path, record, err);
	if (!rc)
		tell(job, &w, seconds, counters);
	return rc;
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int recipe_build(char **binary, bool *reused, const struct corpus *corpus, const struct toolchain *tools,
		 enum build_phase phase, const char *profile, const char *out_dir, struct pgo_error *err)
{
	struct job job = {.corpus = corpus,
			  .tools = tools,
			  .phase = phase,
			  .profile = phase == BUILD_OPTIMIZED ? profile : NULL,
			  .out_dir = out_dir};
	json_object *record = NULL;
	char *record_path = NULL, *result = NULL, inputs[33];
	if (phase == BUILD_OPTIMIZED && !profile)
		return pgo_error_set(err, PGO_EINTERNAL, "the optimized build has no profile");
	int rc = job_paths(&job, err);
	if (rc || (rc = job_plan(&job, err)) || (rc = inputs_json(&record, &job, err)))
		goto done;
	files_digest_text(inputs, json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN));
	record_path = files_join(job.phase_dir, "build.json");
	result = strdup(job.binary);
	if (!record_path || !result) {
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	bool good = still_good(&job, record_path, inputs);
	if (good) {
		progress_line("%s build is up to date", build_phase_name(phase));
	} else {
		double start = now_s();
		if ((rc = prepare(&job, err)) || (rc = run_steps(&job, err)) ||
		    (rc = finish(&job, record, record_path, inputs, now_s() - start, err)))
			goto done;
	}
	*binary = result;
	result = NULL;
	*reused = good;
done:
	json_object_put(record);
	free(record_path);
	free(result);
	job_release(&job);
	return rc;
}
