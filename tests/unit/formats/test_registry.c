/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Detection, files that cannot be read, and formats that are known but not read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/formats/samples.h"

static void expect(const char *path, const char *format, int code, const char *message, const char *hint)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	int rc = pgo_profile_open(&p, path, format, &err);
	if (rc != code || strcmp(err.message, message) != 0 || strcmp(err.hint, hint) != 0 ||
	    strcmp(err.path, path) != 0)
		fail_msg("%s: %d, path '%s', message '%s', hint '%s'", path, rc, err.path, err.message, err.hint);
	assert_null(p);
}

static void known_formats_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *file, *message, *hint;
	} cases[] = {
		{"gcov/clang22-a.gcno", "is a coverage notes file (.gcno): it holds no counts",
		 "the counts are in the .gcda file the program writes when it ends"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char path[1024];
		snprintf(path, sizeof path, SAMPLES "%s", cases[i].file);
		expect(path, NULL, PGO_EUNSUPPORTED, cases[i].message, cases[i].hint);
	}
}

static void expect_bytes(const char *bytes, size_t length, int code, const char *message)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, bytes, length, NULL, &err), code);
	assert_string_equal(err.message, message);
}

static void formats_without_a_sample(void **state)
{
	(void)state;
	expect_bytes("\x81rforpm\xff", 8, PGO_EUNSUPPORTED, "is a raw memory profile: it holds no execution counts");
	expect_bytes("adcg\2\0\0\0", 8, PGO_EUNSUPPORTED, "is a GCC AutoFDO profile (.afdo), which is not read");
	expect_bytes("\177ELF\2\1\1", 7, PGO_EFORMAT, "not a profile of any known format");
	expect_bytes("", 0, PGO_EFORMAT, "the file is empty");
}

static void unreadable_files(void **state)
{
	(void)state;
	char dir[256], path[300];
	scratch_template(dir, sizeof dir);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/missing", dir);
	expect(path, NULL, PGO_ESYSTEM, "cannot open: No such file or directory", "");
	char hint[512];
	snprintf(hint, sizeof hint,
		 "name the profile in it; raw ones become one with: llvm-profdata merge -o x.profdata "
		 "%s/*.profraw",
		 dir);
	expect(dir, NULL, PGO_EFORMAT, "is a directory, not a profile", hint);
	snprintf(path, sizeof path, "%s/empty", dir);
	fclose(fopen(path, "w"));
	expect(path, NULL, PGO_EFORMAT, "the file is empty",
	       "the profiled program did not end normally, or llvm-profdata merge failed; run it again");
	if (geteuid() != 0) { /* root reads everything */
		chmod(path, 0);
		expect(path, NULL, PGO_ESYSTEM, "cannot open: Permission denied", "");
	}
	unlink(path);
	rmdir(dir);
}

static void the_format_can_be_named(void **state)
{
	(void)state;
	expect(SAMPLES "ir-22.profdata", "indexd", PGO_EINVAL, "unknown profile format 'indexd'",
	       "known formats: indexed, raw, gcda, sample, pprof, fdata, bolt-yaml, csv, text");
	expect(SAMPLES "ir-22.profdata", "text", PGO_EFORMAT, "function name holds a zero byte",
	       "expected is what llvm-profdata merge --text writes: flags, then per function its name, hash, number of "
	       "counters and counters, each on a line of its own");
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_open(&p, SAMPLES "ir-22.proftext", "text", NULL), PGO_OK);
	pgo_profile_free(p);
}

/** A function may be called like the head of a sample profile: naming the format decides. */
static void ambiguous_text(void **state)
{
	(void)state;
	static const char text[] = "f:1:2\n1\n1\n5\n";
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, text, sizeof text - 1, NULL, &err), PGO_EFORMAT);
	assert_string_equal(err.message, "'1' is no head of a function");
	assert_int_equal(pgo_profile_read(&p, text, sizeof text - 1, "text", NULL), PGO_OK);
	assert_int_equal(p->function_count, 1);
	pgo_profile_free(p);
}

static void pipes_are_read_to_their_end(void **state)
{
	(void)state;
	int ends[2];
	size_t length;
	unsigned char *bytes = load_sample("rust0-22.profdata", &length);
	assert_true(length < 65536); /* fits into the pipe */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, length), (ssize_t)length);
	close(ends[1]);
	int saved = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	int rc = pgo_profile_open(&p, "-", NULL, &err);
	int again = pgo_profile_open(&p, "-", NULL, &err);
	dup2(saved, STDIN_FILENO);
	close(saved);
	free(bytes);
	assert_int_equal(rc, PGO_OK);
	assert_int_equal(p->function_count, 206);
	assert_int_equal(p->input_bytes, length);
	assert_int_equal(again, PGO_EFORMAT); /* nothing left */
	assert_string_equal(err.path, "standard input");
	assert_string_equal(err.message, "the file is empty");
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_formats_are_named), cmocka_unit_test(formats_without_a_sample),
		cmocka_unit_test(unreadable_files),	   cmocka_unit_test(the_format_can_be_named),
		cmocka_unit_test(ambiguous_text),	   cmocka_unit_test(pipes_are_read_to_their_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
