/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/recipe/recipe.h"
#include "harness/recipe/tools.h"
#include "harness/sys/files.h"

static char root[256];

static int fresh(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(root, sizeof root, "%s/doctor-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int gone(void **state)
{
	(void)state;
	return files_remove_tree(root, NULL);
}

static const struct doctor_item *item(const struct doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->item_count; i++)
		if (strcmp(doctor->items[i].name, name) == 0)
			return &doctor->items[i];
	fail_msg("no item '%s'", name);
	return NULL;
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
	assert_int_equal(chmod(path, mode), 0);
}

/* Raw version per LLVM release, from LLVM's own history: 14 writes 8, 22 writes 10; what we print must be what they
 * write. */
static void finds_a_clang_that_works(void **state)
{
	(void)state;
	static const struct {
		const char *name, *version;
	} known[] = {{"clang-14", "8"}, {"clang-19", "10"}, {"clang-22", "10"}};
	size_t tried = 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char *path = tool_on_path(known[i].name), expected[100];
		struct doctor doctor;
		if (!path)
			continue;
		assert_int_equal(doctor_run(&doctor, NULL, known[i].name, NULL, NULL), PGO_OK);
		assert_true(doctor.ok);
		assert_string_equal(doctor.tools.cc, path);
		assert_non_null(doctor.tools.profdata);
		assert_int_equal(doctor.tools.llvm_major, atoi(known[i].name + 6));
		assert_null(doctor.tools.rustc);
		snprintf(expected, sizeof expected, "an instrumented program runs and writes raw profile version %s",
			 known[i].version);
		assert_string_equal(item(&doctor, "profile runtime")->found, expected);
		doctor_release(&doctor);
		free(path);
		tried++;
	}
	if (!tried)
		skip();
}

static void names_what_installs_a_missing_clang(void **state)
{
	(void)state;
	struct doctor doctor;
	assert_int_equal(doctor_run(&doctor, NULL, "clang-99", NULL, NULL), PGO_OK);
	assert_false(doctor.ok);
	assert_null(doctor.tools.cc);
	assert_string_equal(item(&doctor, "compiler")->problem, "'clang-99' is not there");
	assert_string_equal(item(&doctor, "compiler")->remedy, "apt-get install clang-99 llvm-99 lld-99");
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	doctor_print(&doctor, f);
	fclose(f);
	static const char expected[] = "missing  compiler         'clang-99' is not there\n"
				       "                          -> apt-get install clang-99 llvm-99 lld-99\n";
	assert_true(strncmp(text, expected, sizeof expected - 1) == 0);
	assert_non_null(strstr(text, "\nnot ready: see 'missing' above\n"));
	free(text);
	json_object *json = doctor_json(&doctor);
	assert_string_equal(record_string(json, "schema", ""), "pgo-harness/doctor/1");
	assert_false(record_bool(json, "ok", true));
	json_object *items = NULL;
	assert_true(json_object_object_get_ex(json, "items", &items));
	assert_int_equal(json_object_array_length(items), doctor.item_count);
	assert_string_equal(record_string(json_object_array_get_idx(items, 0), "remedy", ""),
			    item(&doctor, "compiler")->remedy);
	json_object_put(json);
	doctor_release(&doctor);
}

static void refuses_unknown_toolchains(void **state)
{
	(void)state;
	struct doctor doctor;
	struct pgo_error err = {0};
	assert_int_equal(doctor_run(&doctor, NULL, "gcc", NULL, &err), PGO_EINVAL);
	assert_string_equal(err.message, "toolchain 'gcc' is unknown (clang, clang-N or rustc)");
}

static void looks_for_what_the_corpus_needs(void **state)
{
	(void)state;
	struct corpus *corpus = NULL;
	struct doctor doctor;
	char *dpkg = tool_on_path("dpkg-query");
	if (!dpkg)
		skip();
	free(dpkg);
	char path[400];
	snprintf(path, sizeof path, "%s/real", root);
	assert_int_equal(files_mkdirs(path, NULL), PGO_OK);
	put("real/x", "x", 0644);
	put("corpus.yaml",
	    "corpus: demo\nbuild: {recipe: make, toolchain: clang-99, binary: x, needs: [no-such-package, dpkg]}\n"
	    "measure: {method: cachegrind}\n",
	    0644);
	assert_int_equal(corpus_load(&corpus, root, NULL), PGO_OK);
	assert_int_equal(doctor_run(&doctor, corpus, corpus->build.toolchain, NULL, NULL), PGO_OK);
	assert_false(item(&doctor, "package no-such-package")->ok);
	assert_string_equal(item(&doctor, "package no-such-package")->remedy, "apt-get install no-such-package");
	assert_true(item(&doctor, "package dpkg")->ok);
	assert_true(item(&doctor, "valgrind")->required);
	assert_true(item(&doctor, "make")->required);
	doctor_release(&doctor);
	corpus_free(corpus);
}

static void finds_a_rustc_that_works(void **state)
{
	(void)state;
	struct doctor doctor;
	char *rustc = tool_on_path("rustc");
	if (!rustc)
		skip();
	free(rustc);
	assert_int_equal(doctor_run(&doctor, NULL, "rustc", NULL, NULL), PGO_OK);
	assert_non_null(doctor.tools.rustc);
	assert_null(doctor.tools.cc);
	/* Either it works altogether, or what does not names its remedy. */
	for (size_t i = 0; i < doctor.item_count; i++)
		assert_true(doctor.items[i].ok || !doctor.items[i].required || *doctor.items[i].remedy);
	assert_int_equal(doctor.ok, doctor.tools.profdata != NULL && doctor.tools.cargo != NULL);
	doctor_release(&doctor);
}

/* A rustc that builds programs but has no profiler_builtins, as Debian 12's: it fails with rustc's own words. Where
 * Debian's rustc-web is there, that one is taken. */
static void knows_a_rustc_without_profiler(void **state)
{
	(void)state;
	struct doctor doctor;
	char *rustc = tool_on_path("rustc");
	if (!rustc)
		skip();
	char *script =
		files_format("#!/bin/sh\ncase \"$*\" in *-Cprofile-generate*)\n"
			     "echo \"error[E0463]: can't find crate for \\`profiler_builtins\\`\" >&2\nexit 1;; esac\n"
			     "exec %s \"$@\"\n",
			     rustc);
	put("rustc", script, 0755);
	char *old = strdup(getenv("PATH")), *path = files_format("%s:%s", root, old);
	setenv("PATH", path, 1);
	assert_int_equal(doctor_run(&doctor, NULL, "rustc", NULL, NULL), PGO_OK);
	setenv("PATH", old, 1);
	if (doctor.ok) {
		assert_string_equal(doctor.tools.rustc, "/usr/bin/rustc");
		assert_string_equal(doctor.tools.cargo, "/usr/bin/cargo");
	} else {
		assert_string_equal(
			item(&doctor, "profile runtime")->problem,
			"this rustc cannot make instrumented programs (no profiler_builtins): error[E0463]: "
			"can't find crate for `profiler_builtins`");
		assert_string_equal(item(&doctor, "profile runtime")->remedy,
				    "apt-get install rustc-web cargo-web rust-web-llvm");
	}
	doctor_release(&doctor);
	free(rustc);
	free(script);
	free(old);
	free(path);
}

/* A clang whose link step finds no runtime. */
static void knows_a_clang_without_runtime(void **state)
{
	(void)state;
	struct doctor doctor;
	char *clang = tool_on_path("clang-22");
	if (!clang)
		skip();
	char *script =
		files_format("#!/bin/sh\ncase \"$*\" in *-fprofile-generate*)\nexec %s \"$@\" -resource-dir=%s;; esac\n"
			     "exec %s \"$@\"\n",
			     clang, root, clang);
	put("clang", script, 0755);
	char *old = strdup(getenv("PATH")), *path = files_format("%s:%s", root, old);
	setenv("PATH", path, 1);
	assert_int_equal(doctor_run(&doctor, NULL, "clang", NULL, NULL), PGO_OK);
	setenv("PATH", old, 1);
	assert_false(doctor.ok);
	assert_non_null(strstr(item(&doctor, "profile runtime")->problem, "instrumented programs do not link: "));
	assert_non_null(strstr(item(&doctor, "profile runtime")->problem, "libclang_rt.profile"));
	assert_string_equal(item(&doctor, "profile runtime")->remedy, "apt-get install libclang-rt-22-dev");
	doctor_release(&doctor);
	free(clang);
	free(script);
	free(old);
	free(path);
}

/* LLVM 14 says "Unknown command!" to llvm-profdata --version. */
static void tells_the_version_of_every_reader(void **state)
{
	(void)state;
	static const char *const names[] = {"clang-14", "clang-22"};
	for (size_t i = 0; i < 2; i++) {
		struct doctor doctor;
		assert_int_equal(doctor_run(&doctor, NULL, names[i], NULL, NULL), PGO_OK);
		for (size_t k = 0; k < doctor.item_count; k++) {
			char expected[24];
			snprintf(expected, sizeof expected, " (LLVM %s.", names[i] + 6);
			if (!strcmp(doctor.items[k].name, "llvm-profdata") && doctor.items[k].ok)
				assert_non_null(strstr(doctor.items[k].found, expected));
		}
		doctor_release(&doctor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_a_clang_that_works, fresh, gone),
		cmocka_unit_test_setup_teardown(names_what_installs_a_missing_clang, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses_unknown_toolchains, fresh, gone),
		cmocka_unit_test_setup_teardown(looks_for_what_the_corpus_needs, fresh, gone),
		cmocka_unit_test_setup_teardown(finds_a_rustc_that_works, fresh, gone),
		cmocka_unit_test_setup_teardown(knows_a_rustc_without_profiler, fresh, gone),
		cmocka_unit_test_setup_teardown(knows_a_clang_without_runtime, fresh, gone),
		cmocka_unit_test_setup_teardown(tells_the_version_of_every_reader, fresh, gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
