/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"

/* Phase report: everything the records say, in report.json; report.txt and report.md are written from it alone. */

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

/* A record of the run directory, or null when it is not there. */
static json_object *record_of(const struct run *run, const char *name)
{
	char *path = run_path(run, name);
	json_object *record = NULL;
	if (path && record_read(&record, path, NULL) != PGO_OK)
		record = NULL;
	free(path);
	return record;
}

static void put_time(json_object *object, const char *key)
{
	char text[32];
	time_t now = time(NULL);
	struct tm utc;
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	put_text(object, key, text);
}

static json_object *corpus_json(const struct run *run)
{
	json_object *entry = json_object_new_object();
	put_text(entry, "name", run->corpus->name);
	put_text(entry, "description", run->corpus->description);
	put_text(entry, "directory", run->corpus->directory);
	put_text(entry, "manifest", run->corpus->manifest);
	put_text(entry, "manifest_digest", record_string(run->record, "manifest_digest", ""));
	return entry;
}

static json_object *verdict_json(const struct run *run, json_object *gate)
{
	json_object *entry = json_object_new_object();
	put_text(entry, "outcome", pgo_outcome_name(run->verdict));
	put_text(entry, "summary", record_string(gate, "summary", ""));
	put_bool(entry, "forced", run->options->force && run->verdict != PGO_PASS);
	put_bool(entry, "accepted_inconclusive", run->options->accept_inconclusive && run->verdict == PGO_INCONCLUSIVE);
	put_bool(entry, "outputs_differ", run->outputs_differ);
	put_int(entry, "exit_code", run_exit(run));
	return entry;
}

static json_object *toolchain_json(const struct run *run)
{
	const struct toolchain *tools = &run->doctor.tools;
	json_object *entry = json_object_new_object();
	put_text(entry, "name", run->corpus->build.toolchain);
	put_text(entry, "version", tools->version);
	put_int(entry, "llvm_major", tools->llvm_major);
	put_text(entry, "cc", tools->cc);
	put_text(entry, "cxx", tools->cxx);
	put_text(entry, "cargo", tools->cargo);
	put_text(entry, "rustc", tools->rustc);
	put_text(entry, "llvm_profdata", tools->profdata);
	put_text(entry, "linker", tools->linker);
	return entry;
}

/* Members of the array entry about `id`, copied (shallowly) into `entry`. */
static void take(json_object *entry, json_object *array, const char *id, const char *const *keys)
{
	for (size_t i = 0; i < get_length(array); i++) {
		json_object *from = get_item(array, i);
		if (strcmp(record_string(from, "workload", ""), id))
			continue;
		for (; *keys; keys++)
			json_object_object_add(entry, *keys, json_object_get(get_member(from, *keys)));
		return;
	}
}

static int workload_json(json_object **out, const struct run *run, size_t i, json_object *merge, json_object *gate,
			 struct pgo_error *err)
{
	static const char *const mass[] = {"mass", "raw_files", NULL};
	static const char *const share[] = {"weight", "share", "effective_share", "integer_weight", NULL};
	static const char *const survival[] = {"hot_survival", NULL};
	const struct workload *w = &run->corpus->workloads[i];
	char digest[33];
	int code = workload_digest(digest, run->corpus, w, err);
	if (code)
		return code;
	json_object *entry = *out = json_object_new_object();
	put_text(entry, "workload", w->id);
	put_text(entry, "kind", workload_kind_name(w->kind));
	put_text(entry, "role", workload_role_name(w->role));
	put_text(entry, "inputs_digest", digest);
	put_bool(entry, "replayed", run->usable[i]);
	put_text(entry, "failure", run->usable[i] ? NULL : run->outcomes[i].failure);
	if (run->usable[i]) {
		take(entry, get_member(merge, "workloads"), w->id, mass);
		take(entry, get_member(get_member(merge, "train"), "shares"), w->id, share);
		take(entry, get_member(gate, "workloads"), w->id, survival);
	}
	return PGO_OK;
}

static int workloads_json(json_object *list, const struct run *run, json_object *gate, struct pgo_error *err)
{
	json_object *merge = record_of(run, "profiles/merge.json");
	int code = PGO_OK;
	for (size_t i = 0; i < run->corpus->workload_count && !code; i++) {
		json_object *entry = NULL;
		code = workload_json(&entry, run, i, merge, gate, err);
		if (!code)
			json_object_array_add(list, entry);
	}
	json_object_put(merge);
	return code;
}

static json_object *builds_json(const struct run *run)
{
	json_object *entry = json_object_new_object();
	for (int i = 0; i < 3; i++) {
		if (!run->builds[i].binary)
			continue;
		json_object *build = json_object_new_object();
		char *name = files_format("build/%s/build.json", build_phase_name(i));
		put_text(build, "binary", run->builds[i].binary);
		put_text(build, "digest", run->builds[i].digest);
		json_object_object_add(build, "record", name ? record_of(run, name) : NULL);
		json_object_object_add(entry, build_phase_name(i), build);
		free(name);
	}
	return entry;
}

/* How often the optimized build was told that the profile does not fit the program; counted by the recipe. */
static json_object *profile_warnings_json(json_object *builds)
{
	json_object *record = get_member(get_member(builds, build_phase_name(BUILD_OPTIMIZED)), "record");
	json_object *warnings = get_member(record, "warnings");
	if (!warnings)
		return NULL;
	json_object *entry = json_object_new_object();
	put_int(entry, "mismatched_functions", record_int(warnings, "mismatched_functions", 0));
	put_int(entry, "out_of_date_files", record_int(warnings, "out_of_date_files", 0));
	put_int(entry, "unprofiled", record_int(warnings, "unprofiled", 0));
	put_text(entry, "log", record_string(record, "log", NULL));
	return entry;
}

/* Phases so far, without this one, which is still running. */
static json_object *phases_json(const struct run *run)
{
	json_object *list = json_object_new_array(), *all = get_member(run->record, "phases");
	for (size_t i = 0; i < PIPELINE_REPORT; i++)
		json_object_array_add(list, json_object_get(get_item(all, i)));
	return list;
}

static int add_beside(const struct run *run, json_object *report, struct pgo_error *err)
{
	if (!run->options->beside)
		return PGO_OK;
	json_object *other = NULL;
	int code = report_load(&other, run->options->beside, err);
	if (!code)
		code = report_add_beside(report, other, err);
	json_object_put(other);
	return code;
}

static int build_report(struct run *run, struct pgo_error *err)
{
	json_object *report = run->report = json_object_new_object();
	json_object *gate = record_of(run, "gate.json"), *workloads = json_object_new_array();
	json_object *builds = builds_json(run);
	put_text(report, "schema", "pgo-harness/report/1");
	put_text(report, "tool_version", PGO_VERSION);
	put_time(report, "written");
	put_text(report, "run_directory", run->out);
	json_object_object_add(report, "corpus", corpus_json(run));
	json_object_object_add(report, "verdict", verdict_json(run, gate));
	put_text(report, "stopped_after",
		 run->options->until < PIPELINE_MEASURE ? pipeline_phase_name(run->options->until) : NULL);
	json_object_object_add(report, "toolchain", toolchain_json(run));
	json_object_object_add(report, "recipe", json_object_new_string(recipe_kind_name(run->corpus->build.recipe)));
	json_object_object_add(report, "options", json_object_get(get_member(run->record, "options")));
	json_object_object_add(report, "phases", phases_json(run));
	json_object_object_add(report, "workloads", workloads);
	json_object_object_add(report, "gate", gate);
	json_object_object_add(report, "builds", builds);
	json_object_object_add(report, "profile_warnings", profile_warnings_json(builds));
	json_object *measured = run->builds[BUILD_OPTIMIZED].binary && run->options->until >= PIPELINE_MEASURE
					? record_of(run, "measured.json")
					: NULL;
	/* what was measured, and what was made of it, stand apart, as do the profiles and the gate */
	json_object *performance = json_object_get(get_member(measured, "performance_gate"));
	if (measured)
		json_object_object_del(measured, "performance_gate");
	json_object_object_add(report, "measurement", measured);
	json_object_object_add(report, "performance_gate", performance);
	int code = workloads_json(workloads, run, gate, err);
	return code ? code : add_beside(run, report, err);
}

static int write_text(const struct run *run, const char *name, int (*write)(FILE *, json_object *, struct pgo_error *),
		      struct pgo_error *err)
{
	char *text = NULL, *path = run_path(run, name);
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	int code = path && stream ? write(stream, run->report, err) : out_of_memory(err);
	if (stream && fclose(stream) && !code)
		code = out_of_memory(err);
	if (!code)
		code = files_write_atomic(path, text, length, err);
	free(text);
	free(path);
	return code;
}

int phase_report(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	int code = build_report(run, err);
	char *path = run_path(run, "report.json");
	if (!code)
		code = path ? record_write(path, run->report, err) : out_of_memory(err);
	if (!code)
		code = write_text(run, "report.txt", report_write_text, err);
	if (!code)
		code = write_text(run, "report.md", report_write_markdown, err);
	snprintf(note->detail, sizeof note->detail, "%s", path ? path : "");
	free(path);
	return code;
}
