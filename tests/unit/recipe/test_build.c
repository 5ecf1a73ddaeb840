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
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"

/* Tiny real projects, built by the real compilers. root/tree is the user's corpus, root/out the run directory. */

static char root[256], tree[300], out_dir[300];
static struct toolchain clang, rust;
static bool has_clang, has_rust;

static void put(const char *name, const char *text)
{
	char path[600];
	snprintf(path, sizeof path, "%s/%s", tree, name);
	char *directory = strdup(path);
	*strrchr(directory, '/') = 0;
	assert_int_equal(files_mkdirs(directory, NULL), PGO_OK);
	assert_int_equal(files_write_atomic(path, text, strlen(text), NULL), PGO_OK);
	free(directory);
}

static int find_tools(void **state)
{
	(void)state;
	static const char *const names[] = {"clang-22", "clang"};
	struct doctor doctor;
	progress_init(PROGRESS_QUIET);
	for (size_t i = 0; i < 2 && !has_clang; i++) {
		if (doctor_run(&doctor, NULL, names[i], NULL, NULL))
			return -1;
		has_clang = doctor.ok;
		if (doctor.ok) {
			clang = doctor.tools;
			doctor.tools = (struct toolchain){0};
		}
		doctor_release(&doctor);
	}
	if (doctor_run(&doctor, NULL, "rustc", NULL, NULL))
		return -1;
	has_rust = doctor.ok && doctor.tools.cargo;
	if (has_rust) {
		rust = doctor.tools;
		doctor.tools = (struct toolchain){0};
	}
	doctor_release(&doctor);
	return 0;
}

static int drop_tools(void **state)
{
	(void)state;
	struct doctor doctor = {.tools = clang};
	doctor_release(&doctor);
	doctor = (struct doctor){.tools = rust};
	doctor_release(&doctor);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(root, sizeof root, "%s/build-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(root))
		return -1;
	snprintf(tree, sizeof tree, "%s/tree", root);
	snprintf(out_dir, sizeof out_dir, "%s/out", root);
	unsetenv("RUSTFLAGS");
	unsetenv("CARGO_ENCODED_RUSTFLAGS");
	put("real/x", "x\n");
	return 0;
}

static int gone(void **state)
{
	(void)state;
	return files_remove_tree(root, NULL);
}

#define PROGRAM "#include <stdio.h>\nint main(void)\n{\n\tputs(\"hello\");\n\treturn 0;\n}\n"

static struct corpus *load(void)
{
	struct corpus *corpus = NULL;
	struct pgo_error err = {0};
	int rc = corpus_load(&corpus, tree, &err);
	assert_string_equal(err.message, "");
	assert_int_equal(rc, PGO_OK);
	return corpus;
}

/* Build one phase; the caller frees the path. */
static char *build(const struct corpus *corpus, const struct toolchain *tools, enum build_phase phase,
		   const char *profile, bool expect_reuse)
{
	struct pgo_error err = {0};
	char *binary = NULL;
	bool reused = !expect_reuse;
	int rc = recipe_build(&binary, &reused, corpus, tools, phase, profile, out_dir, &err);
	if (rc)
		print_message("%s\n%s\n", err.message, err.hint);
	assert_int_equal(rc, PGO_OK);
	assert_int_equal(reused, expect_reuse);
	return binary;
}

/* Run an instrumented program for its profile, merged into root/train.profdata. */
static char *train(const char *binary, const char *profdata)
{
	char *raw = files_join(root, "t.profraw"), *variable = files_format("LLVM_PROFILE_FILE=%s", raw);
	char *merged = files_join(root, "train.profdata"), *text = NULL;
	const char *run[] = {binary, NULL}, *env[] = {variable, NULL};
	const char *merge[] = {profdata, "merge", "-o", merged, raw, NULL};
	assert_int_equal(child_capture(&text, run, env, root, NULL), PGO_OK);
	assert_string_equal(text, "hello\n");
	free(text);
	assert_int_equal(child_capture(&text, merge, NULL, root, NULL), PGO_OK);
	free(text);
	free(raw);
	free(variable);
	return merged;
}

static json_object *record(const char *phase)
{
	json_object *out = NULL;
	char *path = files_format("%s/build/%s/build.json", out_dir, phase);
	assert_int_equal(record_read(&out, path, NULL), PGO_OK);
	free(path);
	return out;
}

static bool holds(const char *path, const char *needle)
{
	char *bytes = NULL;
	size_t length;
	assert_int_equal(files_read(&bytes, &length, path, NULL), PGO_OK);
	bool found = memmem(bytes, length, needle, strlen(needle)) != NULL;
	free(bytes);
	return found;
}

/* The whole way of one recipe: three phases, reuse, the tree untouched. */
static void all_phases(const struct toolchain *tools)
{
	char before[33], after[33];
	struct corpus *corpus = load();
	assert_int_equal(files_digest_tree(before, tree, NULL, NULL, NULL), PGO_OK);
	char *binary = build(corpus, tools, BUILD_INSTRUMENTED, NULL, false);
	assert_true(holds(binary, "__llvm_prf_cnts"));
	char *profile = train(binary, tools->profdata);
	free(binary);
	free(build(corpus, tools, BUILD_INSTRUMENTED, NULL, true));
	binary = build(corpus, tools, BUILD_OPTIMIZED, profile, false);
	assert_false(holds(binary, "__llvm_prf_cnts"));
	free(binary);
	free(build(corpus, tools, BUILD_OPTIMIZED, profile, true));
	binary = build(corpus, tools, BUILD_BASELINE, NULL, false);
	assert_false(holds(binary, "__llvm_prf_cnts"));
	free(binary);
	json_object *r = record("optimized"), *warnings = NULL;
	assert_string_equal(record_string(r, "schema", ""), "pgo-harness/build/1");
	assert_string_equal(record_string(r, "profile", ""), profile);
	assert_true(json_object_object_get_ex(r, "warnings", &warnings));
	assert_int_equal(record_int(warnings, "mismatched_functions", -1), 0);
	json_object_put(r);
	r = record("instrumented");
	assert_true(record_bool(r, "has_counters", false));
	json_object_put(r);
	assert_int_equal(files_digest_tree(after, tree, NULL, NULL, NULL), PGO_OK);
	assert_string_equal(after, before);
	free(profile);
	corpus_free(corpus);
}

#define NEED(has)                                                                                                      \
	if (!(has)) {                                                                                                  \
		skip();                                                                                                \
	}

static void put_make(void)
{
	put("corpus.yaml",
	    "corpus: demo\nbuild:\n  recipe: make\n  directory: sub\n  binary: sub/hello\n  cflags: -O2\n");
	put("sub/hello.c", PROGRAM);
	put("sub/Makefile", "hello: hello.o\n\t$(CC) $(LDFLAGS) -o $@ hello.o\n");
}

static void builds_make(void **state)
{
	(void)state;
	NEED(has_clang);
	put_make();
	put("sub/hello.o", "left over from the user's own build");
	put(".git/config", "x");
	all_phases(&clang);
	json_object *r = record("instrumented"), *flags = NULL;
	assert_true(json_object_object_get_ex(r, "flags", &flags));
	assert_string_equal(record_string(flags, "cflags", ""), "-O2 -fprofile-generate");
	json_object_put(r);
	char git[600];
	snprintf(git, sizeof git, "%s/build/baseline/src/.git", out_dir);
	assert_false(files_exists(git));
}

static void rebuilds_what_changed(void **state)
{
	(void)state;
	NEED(has_clang);
	put_make();
	struct corpus *corpus = load();
	free(build(corpus, &clang, BUILD_BASELINE, NULL, false));
	free(build(corpus, &clang, BUILD_BASELINE, NULL, true));
	put("corpus.other.yaml", "nothing to do with the build");
	free(build(corpus, &clang, BUILD_BASELINE, NULL, true));
	put("sub/hello.c", "/* touched */\n" PROGRAM);
	char *binary = build(corpus, &clang, BUILD_BASELINE, NULL, false);
	assert_int_equal(files_write_atomic(binary, "damaged", 7, NULL), PGO_OK);
	free(binary);
	free(build(corpus, &clang, BUILD_BASELINE, NULL, false));
	free(corpus->build.cflags);
	corpus->build.cflags = strdup("-O1");
	free(build(corpus, &clang, BUILD_BASELINE, NULL, false));
	corpus_free(corpus);
}

/* A profile of another version of the source is not silently ignored. */
static void counts_mismatches(void **state)
{
	(void)state;
	NEED(has_clang);
	put_make();
	struct corpus *corpus = load();
	char *binary = build(corpus, &clang, BUILD_INSTRUMENTED, NULL, false);
	char *profile = train(binary, clang.profdata);
	put("sub/hello.c",
	    "#include <stdio.h>\nint main(int c, char **v)\n{\n\tfor (int i = 0; i < c; i++)\n\t\tif (v[i])\n"
	    "\t\t\tputs(v[i]);\n\treturn 0;\n}\n");
	free(build(corpus, &clang, BUILD_OPTIMIZED, profile, false));
	json_object *r = record("optimized"), *warnings = NULL;
	assert_true(json_object_object_get_ex(r, "warnings", &warnings));
	assert_int_equal(record_int(warnings, "mismatched_functions", -1), 1);
	json_object_put(r);
	free(binary);
	free(profile);
	corpus_free(corpus);
}

static void builds_cmake(void **state)
{
	(void)state;
	NEED(has_clang);
	put("corpus.yaml",
	    "corpus: demo\nbuild:\n  recipe: cmake\n  binary: hello\n  args: [-DEXTRA=1]\n  targets: [hello]\n");
	put("broken.c", "not C\n"); /* nobody asked for it */
	put("hello.c", PROGRAM);
	put("CMakeLists.txt",
	    "cmake_minimum_required(VERSION 3.20)\nproject(hello C)\nif(NOT EXTRA)\nmessage(FATAL_ERROR x)\n"
	    "endif()\nif(NOT CMAKE_BUILD_TYPE STREQUAL Release)\nmessage(FATAL_ERROR type)\nendif()\n"
	    "add_executable(hello hello.c)\nadd_executable(broken broken.c)\n");
	all_phases(&clang);
}

static void builds_command(void **state)
{
	(void)state;
	NEED(has_clang);
	put("corpus.yaml",
	    "corpus: demo\nsource: code\nbuild:\n  recipe: command\n  binary: bin/hello\n  env: {NAME: hello}\n"
	    "  command: [sh, -c, 'mkdir bin; $CC $CFLAGS $LDFLAGS $NAME.c -o bin/hello; ls {source}/hello.c']\n");
	put("code/hello.c", PROGRAM);
	all_phases(&clang);
}

static void fetches_the_source(void **state)
{
	(void)state;
	NEED(has_clang);
	put("corpus.yaml", "corpus: demo\nfetch: [./get, '{source}']\nbuild:\n  recipe: command\n  binary: hello\n"
			   "  command: [sh, -c, '$CC $CFLAGS $LDFLAGS hello.c -o hello']\n");
	put("hello.c", PROGRAM);
	put("get", "#!/bin/sh\nmkdir \"$1\" && cp hello.c \"$1\" && echo got it\n");
	char path[600];
	snprintf(path, sizeof path, "%s/get", tree);
	assert_int_equal(chmod(path, 0755), 0);
	all_phases(&clang);
	snprintf(path, sizeof path, "%s/fetch.log", out_dir);
	assert_true(holds(path, "got it"));
	snprintf(path, sizeof path, "%s/source/hello.c", out_dir);
	assert_true(files_exists(path));
}

/* Expect a failure; returns its message with the test's own directory taken out. */
static void fails(const struct corpus *corpus, int code, const char *message, const char *in_hint)
{
	struct pgo_error err = {0};
	char *binary = NULL, *at;
	bool reused;
	assert_int_equal(recipe_build(&binary, &reused, corpus, &clang, BUILD_BASELINE, NULL, out_dir, &err), code);
	assert_null(binary);
	while ((at = strstr(err.message, root)) != NULL)
		memmove(at, at + strlen(root), strlen(at + strlen(root)) + 1);
	assert_string_equal(err.message, message);
	if (!strstr(err.hint, in_hint))
		assert_string_equal(err.hint, in_hint);
}

static struct corpus *command_corpus(const char *rest)
{
	char *text = files_format("corpus: demo\n%s", rest);
	put("corpus.yaml", text);
	free(text);
	return load();
}

static void tells_how_builds_fail(void **state)
{
	(void)state;
	NEED(has_clang);
	static const struct {
		const char *manifest;
		int code;
		const char *message, *in_hint;
	} cases[] = {
		{"build: {recipe: command, binary: x, command: [sh, -c, 'echo one; echo two >&2; exit 3']}\n",
		 PGO_ECHILD,
		 "baseline build: 'sh -c 'echo one; echo two >&2; exit 3'' exited with status 3; log: "
		 "'/out/build/baseline/build.log'",
		 "one\ntwo"},
		{"build: {recipe: command, binary: x, command: [sh, -c, 'kill -9 $$']}\n", PGO_ECHILD,
		 "baseline build: 'sh -c 'kill -9 $$'' was killed by signal 9 (Killed); log: "
		 "'/out/build/baseline/build.log'",
		 "it wrote nothing to '"},
		{"build: {recipe: command, binary: no/x, command: ['true']}\n", PGO_ECHILD,
		 "the baseline build ended well but left no program '/out/build/baseline/src/no/x'",
		 "'build.binary' in '"},
		{"build: {recipe: command, binary: x, directory: nowhere, command: ['true']}\n", PGO_EFORMAT,
		 "build directory 'nowhere' is not in the source tree '/tree'", ""},
		{"source: nowhere\nbuild: {recipe: command, binary: x, command: ['true']}\n", PGO_EFORMAT,
		 "source directory '/tree/nowhere' does not exist", "'source' in '"},
		{"fetch: [sh, -c, 'mkdir {source}; exit 4']\nbuild: {recipe: command, binary: x, command: ['true']}\n",
		 PGO_ECHILD,
		 "fetching the source: 'sh -c 'mkdir /out/source.fetching; exit 4'' exited with status 4; log: "
		 "'/out/fetch.log'",
		 "it wrote nothing to '"},
		{"fetch: ['true']\nbuild: {recipe: command, binary: x, command: ['true']}\n", PGO_ECHILD,
		 "fetch 'true' ended well but made no directory '/out/source.fetching'",
		 "the command must create {source}"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct corpus *corpus = command_corpus(cases[i].manifest);
		fails(corpus, cases[i].code, cases[i].message, cases[i].in_hint);
		char path[600];
		snprintf(path, sizeof path, "%s/build/baseline/build.json", out_dir);
		assert_false(files_exists(path));
		snprintf(path, sizeof path, "%s/source", out_dir);
		assert_false(files_exists(path));
		corpus_free(corpus);
	}
}

static void names_a_command_that_is_not_there(void **state)
{
	(void)state;
	NEED(has_clang);
	struct corpus *corpus = command_corpus("build: {recipe: command, binary: x, command: [./no-such-tool]}\n");
	struct pgo_error err = {0};
	char *binary = NULL;
	bool reused;
	assert_int_equal(recipe_build(&binary, &reused, corpus, &clang, BUILD_BASELINE, NULL, out_dir, &err),
			 PGO_ECHILD);
	assert_non_null(strstr(err.message, "./no-such-tool"));
	assert_non_null(strstr(err.message, "No such file or directory"));
	assert_string_equal(err.hint, "'pgo-harness doctor' says what is missing");
	corpus_free(corpus);
}

/* Which flags reached rustc is told by the program itself. */
#define RUST_PROGRAM                                                                                                   \
	"fn main() {\n"                                                                                                \
	"    if cfg!(user_flag) && !cfg!(manifest_flag) { println!(\"user flag without ours\"); }\n"                   \
	"    else if cfg!(user_flag) { println!(\"hello\"); }\n"                                                       \
	"    else { println!(\"user flag lost\"); }\n}\n"

static void put_cargo(const char *lto)
{
	char manifest[300];
	snprintf(manifest, sizeof manifest,
		 "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[profile.release]\n"
		 "lto = \"%s\" # whole program\ncodegen-units = 1\n[workspace]\n",
		 lto);
	put("corpus.yaml",
	    "corpus: demo\nbuild:\n  recipe: cargo\n  binary: hello\n  rustflags: --cfg=manifest_flag\n");
	put("Cargo.toml", manifest);
	put("Cargo.lock", "version = 3\n\n[[package]]\nname = \"hello\"\nversion = \"0.1.0\"\n");
	put("src/main.rs", RUST_PROGRAM);
}

static void builds_cargo_with_target_flags(void **state)
{
	(void)state;
	NEED(has_rust);
	put_cargo("off");
	put(".cargo/config.toml", "[target.'cfg(unix)']\nrustflags = [\"--cfg=user_flag\"]\n");
	put("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
	all_phases(&rust);
	json_object *r = record("optimized"), *profile = NULL;
	assert_true(json_object_object_get_ex(r, "release_profile", &profile));
	assert_string_equal(record_string(profile, "lto", ""), "off");
	assert_string_equal(record_string(profile, "codegen_units", ""), "1");
	assert_string_equal(record_string(profile, "opt_level", ""), "3");
	json_object_put(r);
}

/* One instrumented build; it must say hello. */
static void cargo_keeps_flags(void)
{
	struct corpus *corpus = load();
	char *binary = build(corpus, &rust, BUILD_INSTRUMENTED, NULL, false);
	assert_true(holds(binary, "__llvm_prf_cnts"));
	free(train(binary, rust.profdata));
	free(binary);
	corpus_free(corpus);
}

static void cargo_keeps_build_flags(void **state)
{
	(void)state;
	NEED(has_rust);
	put_cargo("fat"); /* once: the standard library then takes seconds to link */
	put(".cargo/config.toml", "[build]\nrustflags = \"--cfg user_flag\"\n");
	cargo_keeps_flags();
	json_object *r = record("instrumented"), *profile = NULL;
	assert_true(json_object_object_get_ex(r, "release_profile", &profile));
	assert_string_equal(record_string(profile, "lto", ""), "fat");
	json_object_put(r);
}

static void cargo_keeps_environment_flags(void **state)
{
	(void)state;
	NEED(has_rust);
	put_cargo("off");
	setenv("RUSTFLAGS", "--cfg user_flag", 1);
	cargo_keeps_flags();
	unsetenv("RUSTFLAGS");
}

static void cargo_without_lock_builds_in_a_copy(void **state)
{
	(void)state;
	NEED(has_rust);
	char path[600], before[33], after[33];
	put_cargo("off");
	snprintf(path, sizeof path, "%s/Cargo.lock", tree);
	assert_int_equal(unlink(path), 0);
	put(".cargo/config.toml", "[build]\nrustflags = [\"--cfg=user_flag\"]\n");
	assert_int_equal(files_digest_tree(before, tree, NULL, NULL, NULL), PGO_OK);
	cargo_keeps_flags();
	assert_int_equal(files_digest_tree(after, tree, NULL, NULL, NULL), PGO_OK);
	assert_string_equal(after, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(builds_make, fresh, gone),
		cmocka_unit_test_setup_teardown(rebuilds_what_changed, fresh, gone),
		cmocka_unit_test_setup_teardown(counts_mismatches, fresh, gone),
		cmocka_unit_test_setup_teardown(builds_cmake, fresh, gone),
		cmocka_unit_test_setup_teardown(builds_command, fresh, gone),
		cmocka_unit_test_setup_teardown(fetches_the_source, fresh, gone),
		cmocka_unit_test_setup_teardown(tells_how_builds_fail, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_command_that_is_not_there, fresh, gone),
		cmocka_unit_test_setup_teardown(builds_cargo_with_target_flags, fresh, gone),
		cmocka_unit_test_setup_teardown(cargo_keeps_build_flags, fresh, gone),
		cmocka_unit_test_setup_teardown(cargo_keeps_environment_flags, fresh, gone),
		cmocka_unit_test_setup_teardown(cargo_without_lock_builds_in_a_copy, fresh, gone),
	};
	return cmocka_run_group_tests(tests, find_tools, drop_tools);
}
