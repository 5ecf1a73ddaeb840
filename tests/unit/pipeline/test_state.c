/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/pipeline/put.h"
#include "harness/pipeline/run.h"
#include "harness/sys/files.h"

struct fixture {
	char dir[64];
	char name[16];
	char manifest[128];
	struct corpus corpus;
	struct pipeline_options options;
	struct run run;
	struct pgo_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	if (!f || !mkdtemp(strcpy(f->dir, P_tmpdir "/state.XXXXXX")) || chdir(f->dir))
		return -1;
	strcpy(f->name, "demo");
	f->corpus = (struct corpus){.name = f->name, .manifest = f->manifest};
	f->options = (struct pipeline_options){.until = PIPELINE_REPORT};
	f->run = (struct run){.options = &f->options, .corpus = &f->corpus, .lock = -1};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	state_close(&f->run);
	free(f->run.out);
	int code = files_remove_tree(f->dir, NULL);
	free(f);
	return code;
}

static void open_with(struct fixture *f, const char *manifest, const char *expected)
{
	snprintf(f->manifest, sizeof f->manifest, "%s/%s", f->dir, manifest);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	char *path = files_join(f->dir, expected);
	assert_string_equal(f->run.out, path);
	free(path);
	state_close(&f->run);
	free(f->run.out);
	f->run.out = NULL;
}

static void test_manifests_do_not_share_a_directory(void **state)
{
	struct fixture *f = *state;
	open_with(f, "corpus.yaml", "pgo-out/demo");
	open_with(f, "corpus.skewed.yaml", "pgo-out/demo-skewed");
	open_with(f, "nightly.yaml", "pgo-out/demo-nightly");
	strcpy(f->name, "demo-skewed");
	open_with(f, "corpus.skewed.yaml", "pgo-out/demo-skewed");
	f->options.out = "elsewhere";
	open_with(f, "corpus.other.yaml", "elsewhere");
}

static void test_a_directory_belongs_to_one_manifest(void **state)
{
	struct fixture *f = *state;
	f->options.out = "one";
	snprintf(f->manifest, sizeof f->manifest, "%s/a.yaml", f->dir);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	struct phase_note note = {.detail = "well"};
	assert_int_equal(state_phase(&f->run, PIPELINE_DOCTOR, "done", 1.5, &note, &f->err), PGO_OK);
	assert_int_equal(files_write_atomic("one/gate.json", "{}", 2, &f->err), PGO_OK);
	state_close(&f->run);
	free(f->run.out);
	f->run.out = NULL;

	snprintf(f->manifest, sizeof f->manifest, "%s/b.yaml", f->dir);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_EINVAL);
	char *expected = files_format("run directory '%s/one' belongs to '%s/a.yaml'", f->dir, f->dir);
	assert_string_equal(f->err.message, expected);
	free(expected);
	state_close(&f->run);
	free(f->run.out);
	f->run.out = NULL;

	/* --fresh empties it, but for what it does not know */
	f->err = (struct pgo_error){0};
	f->options.fresh = true;
	assert_int_equal(files_write_atomic("one/notes.txt", "mine", 4, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	assert_false(files_exists("one/gate.json"));
	assert_true(files_exists("one/notes.txt"));
}

static void test_fresh_leaves_other_directories_alone(void **state)
{
	struct fixture *f = *state;
	f->options.out = ".";
	f->options.fresh = true;
	snprintf(f->manifest, sizeof f->manifest, "%s/a.yaml", f->dir);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(files_mkdirs("replay", &f->err), PGO_OK);
	assert_int_equal(files_mkdirs("build/mine", &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_EINVAL);
	char *expected = files_format("'%s' holds 'replay', but no run.json: it is no run directory", f->dir);
	assert_string_equal(f->err.message, expected);
	free(expected);
	state_close(&f->run);
	free(f->run.out);
	f->run.out = NULL;
	/* and of a run directory only what runs make */
	assert_int_equal(files_write_atomic("run.json", "{}", 2, NULL), PGO_OK);
	f->err = (struct pgo_error){0};
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	assert_false(files_exists("replay"));
	assert_true(files_exists("build/mine"));
}

static void test_no_report_of_an_earlier_run(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(files_mkdirs("pgo-out/demo", &f->err), PGO_OK);
	assert_int_equal(files_write_atomic("pgo-out/demo/report.json", "{}", 2, &f->err), PGO_OK);
	assert_int_equal(files_write_atomic("pgo-out/demo/report.md", "x", 1, &f->err), PGO_OK);
	open_with(f, "corpus.yaml", "pgo-out/demo");
	assert_false(files_exists("pgo-out/demo/report.json"));
	assert_false(files_exists("pgo-out/demo/report.md"));
}

static void test_a_damaged_run_record_is_no_claim(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(files_mkdirs("pgo-out/demo", &f->err), PGO_OK);
	assert_int_equal(files_write_atomic("pgo-out/demo/run.json", "{\"manifest\": ", 13, &f->err), PGO_OK);
	open_with(f, "corpus.yaml", "pgo-out/demo");
}

/* The lock is another process's: flock does not tell descriptors of one process apart by their owner. */
static void test_two_runs_at_once(void **state)
{
	struct fixture *f = *state;
	snprintf(f->manifest, sizeof f->manifest, "%s/corpus.yaml", f->dir);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	struct run other = {.options = &f->options, .corpus = &f->corpus, .lock = -1};
	pid_t child = fork();
	if (child == 0) {
		struct pgo_error err = {0};
		int code = state_open(&other, &err);
		char expected[200];
		snprintf(expected, sizeof expected,
			 "run directory '%s/pgo-out/demo' is in use by another pgo-harness (process %ld)", f->dir,
			 (long)getppid());
		_exit(code == PGO_ESYSTEM && !strcmp(err.message, expected) ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_phases_are_recorded(void **state)
{
	struct fixture *f = *state;
	snprintf(f->manifest, sizeof f->manifest, "%s/corpus.yaml", f->dir);
	assert_int_equal(files_write_atomic(f->manifest, "x", 1, &f->err), PGO_OK);
	assert_int_equal(state_open(&f->run, &f->err), PGO_OK);
	struct phase_note note = {.detail = "3 of 3 workloads", .digest = "0123"};
	assert_int_equal(state_phase(&f->run, PIPELINE_REPLAY, "done", 2.25, &note, &f->err), PGO_OK);
	json_object *record = NULL;
	assert_int_equal(record_read(&record, "pgo-out/demo/run.json", &f->err), PGO_OK);
	json_object *phases = get_member(record, "phases");
	assert_int_equal(get_length(phases), PIPELINE_PHASES);
	json_object *replay = get_item(phases, PIPELINE_REPLAY);
	assert_string_equal(record_string(replay, "phase", ""), "replay");
	assert_string_equal(record_string(replay, "status", ""), "done");
	assert_string_equal(record_string(replay, "detail", ""), "3 of 3 workloads");
	assert_true(record_number(replay, "seconds", 0) == 2.25);
	assert_string_equal(record_string(get_item(phases, PIPELINE_MERGE), "status", ""), "pending");
	json_object_put(record);
}

static void test_no_report(void **state)
{
	struct fixture *f = *state;
	json_object *report = NULL;
	assert_int_equal(report_load(&report, "nowhere", &f->err), PGO_EINVAL);
	assert_string_equal(f->err.message, "no report in 'nowhere'");
	f->err = (struct pgo_error){0};
	assert_int_equal(files_write_atomic("report.json", "{\"schema\": \"x/9\"}", 17, &f->err), PGO_OK);
	assert_int_equal(report_load(&report, ".", &f->err), PGO_EUNSUPPORTED);
	assert_string_equal(f->err.message, "report of '.' has schema 'x/9', not 'pgo-harness/report/1'");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_manifests_do_not_share_a_directory),
		TEST(test_a_directory_belongs_to_one_manifest),
		TEST(test_fresh_leaves_other_directories_alone),
		TEST(test_no_report_of_an_earlier_run),
		TEST(test_a_damaged_run_record_is_no_claim),
		TEST(test_two_runs_at_once),
		TEST(test_phases_are_recorded),
		TEST(test_no_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
