/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/replay/replay.h"
#include "harness/sys/files.h"

static char directory[256];
static struct corpus corpus;
static struct workload workload;

static void put(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
}

static int make_corpus(void **state)
{
	(void)state;
	char path[512];
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/workload.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof path, "%s/data/more", directory);
	files_mkdirs(path, NULL);
	put("data/in.txt", "input");
	put("data/more/a.txt", "a");
	corpus = (struct corpus){.directory = directory, .source = (char *)"src"};
	workload = (struct workload){.id = (char *)"one", .timeout_s = 5, .repeat = 1};
	return 0;
}

static int drop_corpus(void **state)
{
	(void)state;
	string_list_release(&workload.args);
	string_list_release(&workload.command);
	string_list_release(&workload.files);
	string_list_release(&workload.env);
	return files_remove_tree(directory, NULL);
}

static void prepare(struct workload_run *run, const char *const *prefix)
{
	char scratch[300];
	struct pgo_error err = {0};
	snprintf(scratch, sizeof scratch, "%s/scratch", directory);
	int code = workload_prepare(run, &corpus, &workload, "/bin/prog", scratch, "/out", prefix, &err);
	if (code != PGO_OK)
		print_error("%s: %s\n", err.path, err.message);
	assert_int_equal(code, PGO_OK);
}

static void assert_argument(const struct workload_run *run, size_t i, const char *expected)
{
	assert_true(i < run->argv.count);
	assert_string_equal(run->argv.items[i], expected);
}

static void test_arguments(void **state)
{
	(void)state;
	struct workload_run run;
	char expected[1024];
	string_list_push(&workload.args, "{corpus}/data/in.txt");
	string_list_push(&workload.args, "--out={scratch}/x:{source}:{out}");
	string_list_push(&workload.env, "DATA={corpus}");
	prepare(&run, (const char *[]){"valgrind", "-q", NULL});
	assert_int_equal(run.argv.count, 5);
	assert_argument(&run, 0, "valgrind");
	assert_argument(&run, 1, "-q");
	assert_argument(&run, 2, "/bin/prog");
	snprintf(expected, sizeof expected, "%s/data/in.txt", directory);
	assert_argument(&run, 3, expected);
	snprintf(expected, sizeof expected, "--out=%s/scratch/x:%s/src:/out", directory, directory);
	assert_argument(&run, 4, expected);
	assert_null(run.argv.items[5]);
	snprintf(expected, sizeof expected, "DATA=%s", directory);
	assert_string_equal(run.env.items[0], expected);
	assert_null(run.stdin_path);
	workload_run_release(&run);
}

static void test_command(void **state)
{
	(void)state;
	struct workload_run run;
	string_list_push(&workload.command, "sh");
	string_list_push(&workload.command, "{binary}");
	prepare(&run, NULL);
	assert_int_equal(run.argv.count, 2);
	assert_argument(&run, 0, "sh");
	assert_argument(&run, 1, "/bin/prog");
	workload_run_release(&run);
}

static void test_scratch(void **state)
{
	(void)state;
	struct workload_run run;
	char path[512], outside[300], *text = NULL;
	snprintf(outside, sizeof outside, "%s.outside", directory);
	assert_int_equal(files_write_atomic(outside, "far", 3, NULL), PGO_OK);
	string_list_push(&workload.files, "data/in.txt");
	string_list_push(&workload.files, "{corpus}/data/more/a.txt");
	string_list_push(&workload.files, outside);
	workload.stdin_path = (char *)"data/in.txt";
	snprintf(path, sizeof path, "%s/scratch", directory);
	files_mkdirs(path, NULL);
	put("scratch/left-over", "");
	prepare(&run, NULL);
	unlink(outside);
	snprintf(path, sizeof path, "%s/scratch/left-over", directory);
	assert_false(files_exists(path));
	snprintf(path, sizeof path, "%s/scratch/data/more/a.txt", directory);
	assert_true(files_exists(path));
	snprintf(path, sizeof path, "%s/scratch/%s", directory, strrchr(outside, '/') + 1);
	assert_true(files_exists(path));
	snprintf(path, sizeof path, "%s/scratch/data/in.txt", directory);
	assert_int_equal(files_read(&text, NULL, path, NULL), PGO_OK);
	assert_string_equal(text, "input");
	free(text);
	snprintf(path, sizeof path, "%s/data/in.txt", directory);
	assert_string_equal(run.stdin_path, path);

	struct child_spec spec = {0};
	workload.stop_after_s = 3;
	workload.stop_signal = SIGINT;
	workload.grace_s = 2;
	workload_child_spec(&spec, &workload, &run);
	assert_ptr_equal(spec.argv, run.argv.items);
	assert_string_equal(spec.cwd, run.scratch);
	assert_true(spec.timeout_s == 5 && spec.stop_after_s == 3 && spec.grace_s == 2 && spec.stop_signal == SIGINT);
	workload_run_release(&run);
	workload_run_release(&run); /* twice is harmless */
}

static void test_missing_file(void **state)
{
	(void)state;
	struct workload_run run;
	struct pgo_error err = {0};
	char scratch[300], expected[512];
	string_list_push(&workload.files, "data/none");
	snprintf(scratch, sizeof scratch, "%s/scratch", directory);
	assert_int_equal(workload_prepare(&run, &corpus, &workload, "/bin/prog", scratch, "/out", NULL, &err),
			 PGO_ESYSTEM);
	snprintf(expected, sizeof expected, "%s/data/none", directory);
	assert_string_equal(err.message, "cannot open: No such file or directory");
	assert_string_equal(err.path, expected);
}

static void assert_end(struct child_result result, const char *why)
{
	char text[256] = "";
	const char *argv[] = {"/bin/prog", NULL};
	struct child_spec spec = {.argv = argv, .timeout_s = 7, .stop_after_s = 9};
	assert_int_equal(workload_ended_well(&workload, &result, &spec, text, sizeof text), why == NULL);
	assert_string_equal(text, why ? why : "");
}

static void test_expected_ends(void **state)
{
	(void)state;
	int statuses[] = {1, 4, 6};
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 0}, NULL);
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 3}, "exited with status 3, expected 0");
	workload.expect_exit = statuses;
	workload.expect_exit_count = 1;
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 1}, NULL);
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 0}, "exited with status 0, expected 1");
	workload.expect_exit_count = 3;
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 6}, NULL);
	assert_end((struct child_result){.end = CHILD_EXITED, .status = 0}, "exited with status 0, expected 1, 4 or 6");
	assert_end((struct child_result){.end = CHILD_SIGNALED, .signal = SIGABRT}, "was killed by signal 6 (Aborted)");
	assert_end((struct child_result){.end = CHILD_TIMEOUT, .signal = SIGTERM}, "timed out after 7 s");
	assert_end((struct child_result){.end = CHILD_EXEC_FAILED, .exec_errno = 2},
		   "could not be executed: No such file or directory ('/bin/prog')");
	assert_end((struct child_result){.end = CHILD_STOPPED, .signal = SIGTERM}, NULL);
	assert_end((struct child_result){.end = CHILD_STOPPED, .status = 143}, NULL);
}

static void digest(char out[33])
{
	assert_int_equal(workload_digest(out, &corpus, &workload, NULL), PGO_OK);
}

/* Each change must change the digest; taking it back must bring the old one back. */
static void test_digest(void **state)
{
	(void)state;
	char first[33], now[33];
	string_list_push(&workload.args, "--in={corpus}/data/more/a.txt");
	string_list_push(&workload.args, "data/in.txt");
	digest(first);
	digest(now);
	assert_string_equal(now, first);

	workload.weight = 3;
	workload.kind = WORKLOAD_MICRO;
	digest(now);
	assert_string_equal(now, first); /* neither changes what a run does */

	put("data/more/a.txt", "b");
	digest(now);
	assert_string_not_equal(now, first);
	put("data/more/a.txt", "a");
	put("data/in.txt", "other input");
	digest(now);
	assert_string_not_equal(now, first);
	put("data/in.txt", "input");

	workload.timeout_s = 6;
	digest(now);
	assert_string_not_equal(now, first);
	workload.timeout_s = 5;
	workload.repeat = 2;
	digest(now);
	assert_string_not_equal(now, first);
	workload.repeat = 1;
	workload.stdin_path = (char *)"data/in.txt";
	digest(now);
	assert_string_not_equal(now, first);
	workload.stdin_path = NULL;
	digest(now);
	assert_string_equal(now, first);

	string_list_push(&workload.env, "A=1");
	digest(now);
	assert_string_not_equal(now, first);
}

static void assert_counts(const char *argument, bool counts)
{
	char before[33], after[33];
	string_list_release(&workload.args);
	string_list_push(&workload.args, argument);
	digest(before);
	put("data/more/a.txt", "changed");
	digest(after);
	put("data/more/a.txt", "a");
	assert_int_equal(strcmp(before, after) != 0, counts);
}

static void test_digest_of_named_files(void **state)
{
	(void)state;
	assert_counts("{corpus}/data/more/a.txt", true);
	assert_counts("{corpus}/data", true);
	assert_counts("-I{corpus}/data/more", true);
	assert_counts("data/more/a.txt", true);
	assert_counts("data/more", false); /* a word that happens to be a directory's name */
	assert_counts("{corpus}/", false); /* nor the whole corpus, where run directories may lie */
	assert_counts("{corpus}", false);
	assert_counts("a.txt", false);
	corpus.source = (char *)"data";
	assert_counts("{source}/more/a.txt", true);
	corpus.source = (char *)"{out}/source";
	assert_counts("{source}/more/a.txt", false);
}

static void test_digest_keeps_words_apart(void **state)
{
	(void)state;
	char one[33], two[33];
	string_list_push(&workload.args, "a b");
	digest(one);
	string_list_release(&workload.args);
	string_list_push(&workload.args, "a");
	string_list_push(&workload.args, "b");
	digest(two);
	assert_string_not_equal(one, two);
	string_list_release(&workload.args);
	string_list_push(&workload.command, "a");
	string_list_push(&workload.command, "b");
	digest(one);
	assert_string_not_equal(one, two);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_corpus, drop_corpus)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arguments),
		TEST(test_command),
		TEST(test_scratch),
		TEST(test_missing_file),
		TEST(test_expected_ends),
		TEST(test_digest),
		TEST(test_digest_of_named_files),
		TEST(test_digest_keeps_words_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
