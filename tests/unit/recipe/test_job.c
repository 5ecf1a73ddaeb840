/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/recipe/job.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

static char root[256];

static int fresh(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(root, sizeof root, "%s/job-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int gone(void **state)
{
	(void)state;
	return files_remove_tree(root, NULL);
}

static char *put(const char *name, const char *text)
{
	char *path = files_join(root, name), *directory = strdup(path);
	*strrchr(directory, '/') = 0;
	assert_int_equal(files_mkdirs(directory, NULL), PGO_OK);
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
	free(directory);
	return path;
}

/* Lines as clang 14 to 22 and rustc print them. */
static void counts_warnings_about_the_profile(void **state)
{
	(void)state;
	char *log = put("log",
			"$ make\n"
			"warning: a.c: Function control flow change detected (hash mismatch) f Hash = 12 up to 0 count "
			"discarded [-Wbackend-plugin]\n"
			"b.c:3:1: warning: unused variable 'x' [-Wunused-variable]\n"
			"warning: profile data may be out of date: of 2 functions, 1 has mismatched data that will be "
			"ignored [-Wprofile-instr-out-of-date]\n"
			"warning: c.c: no profile data available for function g Hash = 4 [-Wbackend-plugin]\n"
			"warning: `demo` (bin) generated 1 warning\n");
	struct log_warnings w;
	log_count_warnings(&w, log);
	assert_int_equal(w.mismatched, 1);
	assert_int_equal(w.out_of_date, 1);
	assert_int_equal(w.unprofiled, 1);
	assert_int_equal(w.total, 5);
	free(log);
}

static void assert_profile(const char *directory, const char *lto, const char *units, const char *opt)
{
	char *at = *directory ? files_join(root, directory) : strdup(root);
	json_object *p = cargo_release_profile(at, root);
	assert_string_equal(record_string(p, "lto", ""), lto);
	assert_string_equal(record_string(p, "codegen_units", ""), units);
	assert_string_equal(record_string(p, "opt_level", ""), opt);
	json_object_put(p);
	free(at);
}

static void reads_the_release_profile(void **state)
{
	(void)state;
	free(put("Cargo.toml", "[package]\nname = \"x\"\n"));
	assert_profile("", "false", "16", "3");
	free(put("Cargo.toml",
		 "[profile.dev]\nlto = \"off\"\n[profile.release]\r\n  lto='thin'\nopt-level = \"s\" # small\n"
		 "codegen-units = 4\r\n[profile.bench]\nlto = true\n"));
	assert_profile("", "thin", "4", "s");
	setenv("CARGO_PROFILE_RELEASE_LTO", "fat", 1);
	assert_profile("", "fat", "4", "s");
	unsetenv("CARGO_PROFILE_RELEASE_LTO");
	/* cargo ignores a member's profile and takes the workspace's. */
	free(put("Cargo.toml", "[workspace]\nmembers = [\"m\"]\n[profile.release]\nlto = true\n"));
	free(put("m/Cargo.toml", "[package]\nname = \"m\"\n[profile.release]\nlto = \"off\"\n"));
	assert_profile("m", "true", "16", "3");
}

static void knows_when_the_network_is_needed(void **state)
{
	(void)state;
	char *lock = put("Cargo.lock", "version = 3\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n");
	assert_false(cargo_has_dependencies(lock));
	free(put("Cargo.lock", "version = 3\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n"
			       "source = \"registry+https://example.org/index\"\n"));
	assert_true(cargo_has_dependencies(lock));
	free(lock);
}

static void skips_what_is_no_source(void **state)
{
	(void)state;
	char binary[] = "bin/x", *out = files_join(root, "deep/run"), *manifest = files_join(root, "corpus.yaml");
	struct corpus corpus = {
		.directory = root, .manifest = manifest, .build = {.recipe = RECIPE_MAKE, .binary = binary}};
	struct job job = {.corpus = &corpus, .source = root, .out_dir = out};
	free(put("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"));
	static const char *const skipped[] = {".git",	     "sub/.git",	  "deep/run", "pgo-out", "target",
					      "corpus.yaml", "corpus.other.yaml", "a/b.o",    "c.lo",	 "bin/x"};
	static const char *const kept[] = {"deep",     "deep/runs", ".gitignore", "a.c", "sub/corpus.yaml",
					   "corpus.c", "bin",	    ".o"};
	for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
		if (!job_skips(skipped[i], &job))
			fail_msg("'%s' is not skipped", skipped[i]);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (job_skips(kept[i], &job))
			fail_msg("'%s' is skipped", kept[i]);
	corpus.build.recipe = RECIPE_CMAKE;
	assert_false(job_skips("a/b.o", &job));
	free(out);
	free(manifest);
}

/* The hint has whole lines from the end of a long log, the log has them all. */
static void hints_with_the_last_lines(void **state)
{
	(void)state;
	struct string_list argv = {0}, env = {0};
	struct pgo_error err = {0};
	char *log = put("log", ""), *text = NULL;
	size_t length;
	string_list_push(&argv, "sh");
	string_list_push(&argv, "-c");
	string_list_push(&argv, "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; exit 2");
	assert_int_equal(run_logged("trying", &argv, &env, root, log, &err), PGO_ECHILD);
	const char *expected = "line 492\nline 493\nline 494\nline 495\nline 496\nline 497\nline 498\nline 499";
	size_t n = strlen(err.hint), m = strlen(expected);
	assert_true(n > m);
	assert_string_equal(err.hint + n - m, expected);
	assert_int_equal(err.hint[n - m - 1], '\n');
	assert_int_equal(files_read(&text, &length, log, NULL), PGO_OK);
	assert_non_null(strstr(text, "$ sh -c 'i=0;"));
	assert_non_null(strstr(text, "\nline 0\n"));
	free(text);
	free(log);
	string_list_release(&argv);
}

/* Last: the interruption stays for the rest of the process. */
static void an_interrupted_build_leaves_no_record(void **state)
{
	(void)state;
	struct corpus *corpus = NULL;
	struct toolchain tools = {0};
	struct pgo_error err = {0};
	char *binary = NULL, *out = files_join(root, "out"),
	     *record = files_join(root, "out/build/baseline/build.json");
	bool reused;
	free(put("tree/real/x", "x"));
	free(put(
		"tree/corpus.yaml",
		"corpus: demo\nbuild: {recipe: command, binary: x, command: [sh, -c, 'kill -INT $PPID; sleep 60']}\n"));
	char *tree = files_join(root, "tree");
	assert_int_equal(corpus_load(&corpus, tree, NULL), PGO_OK);
	assert_int_equal(child_signals_install(NULL), PGO_OK);
	assert_int_equal(recipe_build(&binary, &reused, corpus, &tools, BUILD_BASELINE, NULL, out, &err),
			 PGO_EINTERRUPTED);
	assert_null(binary);
	assert_false(files_exists(record));
	corpus_free(corpus);
	free(tree);
	free(out);
	free(record);
}

int main(void)
{
	progress_init(PROGRESS_QUIET);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_warnings_about_the_profile, fresh, gone),
		cmocka_unit_test_setup_teardown(reads_the_release_profile, fresh, gone),
		cmocka_unit_test_setup_teardown(knows_when_the_network_is_needed, fresh, gone),
		cmocka_unit_test_setup_teardown(skips_what_is_no_source, fresh, gone),
		cmocka_unit_test_setup_teardown(hints_with_the_last_lines, fresh, gone),
		cmocka_unit_test_setup_teardown(an_interrupted_build_leaves_no_record, fresh, gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
