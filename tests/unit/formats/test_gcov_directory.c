/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Directories of gcc profiles: where notes are looked for, what is said of those that do not fit, names, runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/formats/samples.h"

#include "tests/unit/formats/gcov_build.h"

static char root[256];

static int make_root(void **state)
{
	(void)state;
	scratch_template(root, sizeof root);
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	char command[300];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

/** Write a file below the root, with its directories. */
static void put_file(const char *name, const void *bytes, size_t length)
{
	char path[1024];
	int at = snprintf(path, sizeof path, "%s/", root);
	snprintf(path + at, sizeof path - (size_t)at, "%s", name);
	for (char *slash = strchr(path + at, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static void copy_fixture(const char *file, const char *name)
{
	char path[1024];
	size_t length;
	snprintf(path, sizeof path, FIXTURES "/gcov/%s", file);
	unsigned char *bytes = load(path, &length);
	put_file(name, bytes, length);
	free(bytes);
}

static struct pgo_profile *open_below(const char *name)
{
	char path[1024];
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	snprintf(path, sizeof path, "%s/%s", root, name);
	if (pgo_profile_open(&p, path, NULL, &err) != PGO_OK)
		fail_msg("%s: %s: %s", path, err.path, err.message);
	check_invariants(p);
	return p;
}

static void check_named(const char *name)
{
	struct pgo_profile *p = open_below(name);
	assert_int_equal(p->warning_count, 0);
	check_counters(p, "main", "1 0 0 1 1000 800 1000 1000 1001 1 1 1 0 1 1");
	pgo_profile_free(p);
}

static void notes_are_found(void **state)
{
	char name[1200];
	(void)state;
	copy_fixture("gcc12/ab-a.gcda", "beside/x/ab-a.gcda");
	copy_fixture("gcc12/ab-a.gcno", "beside/x/ab-a.gcno");
	check_named("beside");

	copy_fixture("gcc12/ab-a.gcda", "below/data/deep/ab-a.gcda");
	copy_fixture("gcc11/ab-a.gcno", "below/notes/1/ab-a.gcno"); /* of another compilation */
	copy_fixture("gcc12/ab-a.gcno", "below/notes/2/ab-a.gcno");
	check_named("below");

	copy_fixture("gcc12/ab-a.gcda", "mangled-below/#no#such#ab-a.gcda");
	copy_fixture("gcc12/ab-a.gcno", "mangled-below/notes/#elsewhere#ab-a.gcno");
	check_named("mangled-below");

	/* GCOV_PREFIX=prefixed: the path of the build directory below it */
	copy_fixture("gcc12/ab-a.gcno", "build/ab-a.gcno");
	snprintf(name, sizeof name, "prefixed%s/build/ab-a.gcda", root);
	copy_fixture("gcc12/ab-a.gcda", name);
	check_named("prefixed");

	/* -fprofile-dir=mangled, compiled in build as ../build/ab-a.o */
	char mangled[1100];
	snprintf(mangled, sizeof mangled, "%s/build/@/build/ab-a.gcda", root);
	for (char *c = mangled; *c; c++)
		*c = *c == '/' ? '#' : *c == '@' ? '^' : *c;
	snprintf(name, sizeof name, "mangled/%s", mangled);
	copy_fixture("gcc12/ab-a.gcda", name);
	check_named("mangled");
}

static void notes_elsewhere_of_another_compilation_are_left_out(void **state)
{
	(void)state;
	copy_fixture("gcc12/ab-a.gcda", "data/ab-a.gcda");
	copy_fixture("gcc11/ab-a.gcno", "data/notes/ab-a.gcno");
	struct pgo_profile *p = open_below("data");
	assert_int_equal(p->warning_count, 2);
	assert_string_equal(p->warnings[0], "1 notes file (.gcno) of another compilation left out");
	assert_string_equal(p->warnings[1],
			    "9 functions without notes (.gcno): named by number, counters are the arcs as stored");
	struct pgo_function f = function_named(p, "ab-a.gcda#108032747");
	assert_int_equal(f.counter_count, 10);
	pgo_profile_free(p);
}

static void expect_error(const char *open, const char *file, int code, const char *message)
{
	char path[1024];
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	snprintf(path, sizeof path, "%s/%s", root, open);
	assert_int_equal(pgo_profile_open(&p, path, NULL, &err), code);
	assert_string_equal(err.message, message);
	snprintf(path, sizeof path, "%s/%s", root, file);
	assert_string_equal(err.path, path);
	assert_null(p);
}

static void a_bad_file_is_named(void **state)
{
	(void)state;
	copy_fixture("gcc12/ab-a.gcda", "stale/a/ab-a.gcda");
	copy_fixture("gcc11/ab-a.gcno", "stale/a/ab-a.gcno");
	expect_error("stale", "stale/a/ab-a.gcda", PGO_EMISMATCH,
		     "the notes (.gcno) were written by gcc 11.3, the counts by gcc 12.2");
	expect_error("stale/a/ab-a.gcda", "stale/a/ab-a.gcda", PGO_EMISMATCH,
		     "the notes (.gcno) were written by gcc 11.3, the counts by gcc 12.2");
	copy_fixture("gcc12/ab-a.gcda", "notes/ab-a.gcda");
	put_file("notes/ab-a.gcno", "oncg", 4);
	expect_error("notes", "notes/ab-a.gcno", PGO_EFORMAT, "header is cut off: the file ends after 4 bytes");
	copy_fixture("gcc12/ab-a.gcda", "killed/a.gcda");
	put_file("killed/b.gcda", "", 0);
	expect_error("killed", "killed/b.gcda", PGO_EFORMAT, "the file is empty");
	put_file("other/b.gcda", "not one", 7);
	expect_error("other", "other/b.gcda", PGO_EFORMAT, "does not start with the magic word 'gcda'");
	put_file("none/readme", "x", 1);
	expect_error("none", "none", PGO_EFORMAT, "is a directory, not a profile");
}

/** A file with one function of one block. */
static void put_unit(const char *name, const char *function, const char *source, uint32_t cfg, uint32_t ident,
		     uint32_t runs, uint64_t count)
{
	char path[300];
	struct gcov_file data = start_file("gcda", "B22*", ident, false);
	struct gcov_file notes = start_file("gcno", "B22*", ident, false);
	open_record(&data, PGO_GCOV_OBJECT_SUMMARY);
	put32(&data, runs);
	put32(&data, (uint32_t)count);
	close_record(&data);
	put_function(&data, ident, 1, cfg);
	put_counters(&data, 0, &count, 1);
	put32(&data, 0);
	put_note(&notes, ident, 1, cfg, function, source, 3);
	put_arcs(&notes, 0, ARCS(2, 4));
	put_arcs(&notes, 2, ARCS(1, 1));
	snprintf(path, sizeof path, "%s.gcda", name);
	put_file(path, data.bytes, data.length);
	snprintf(path, sizeof path, "%s.gcno", name);
	put_file(path, notes.bytes, notes.length);
}

static void names_are_told_apart_by_source(void **state)
{
	(void)state;
	put_unit("names/a", "helper", "a.c", 7, 1, 1, 10);
	put_unit("names/b", "helper", "/other/b.c", 7, 2, 1, 20);
	/* one function of a header in two objects: added up; another version of it is another record */
	put_unit("names/c", "inlined", "h.h", 8, 3, 1, 30);
	put_unit("names/d", "inlined", "h.h", 8, 4, 1, 40);
	put_unit("names/e", "inlined", "h.h", 9, 5, 1, 50);
	struct pgo_profile *p = open_below("names");
	assert_int_equal(p->function_count, 4);
	assert_int_equal(p->warning_count, 0);
	check_counters(p, "/src/a.c;helper", "10");
	check_counters(p, "/other/b.c;helper", "20");
	check_counters(p, "inlined", "70");
	assert_true(total_of(p) == 150);
	pgo_profile_free(p);
}

static void files_of_other_runs_are_noticed(void **state)
{
	(void)state;
	put_unit("runs/a", "f", "a.c", 7, 1, 3, 10);
	put_unit("runs/b", "g", "b.c", 7, 2, 1, 20);
	struct pgo_profile *p = open_below("runs");
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "the files are not of the same runs: some of 1, some of 3");
	pgo_profile_free(p);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(notes_are_found),
		IN_ROOT(notes_elsewhere_of_another_compilation_are_left_out),
		IN_ROOT(a_bad_file_is_named),
		IN_ROOT(names_are_told_apart_by_source),
		IN_ROOT(files_of_other_runs_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
