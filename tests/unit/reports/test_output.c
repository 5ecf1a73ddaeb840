/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgo/report.h"

static char directory[200];

static int write_name(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	fputs(report->train_name, out);
	return PGO_OK;
}

/* more than any buffer, so that the failure comes long before the end */
static int write_much(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)report;
	(void)err;
	for (int i = 0; i < 100000; i++)
		fputs("0123456789", out);
	return PGO_OK;
}

static int write_then_fail(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)report;
	fputs("half of it", out);
	return pgo_error_set(err, PGO_EINTERNAL, "this writer fails");
}

static const char *inside(const char *name)
{
	static char path[300];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void assert_content(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	assert_string_equal(text, expected);
}

static size_t entries(void)
{
	size_t count = 0;
	DIR *d = opendir(directory);
	assert_non_null(d);
	while (readdir(d))
		count++;
	closedir(d);
	return count - 2;
}

static void a_file_is_replaced(void **state)
{
	(void)state;
	struct pgo_report report = {.train_name = "first"};
	assert_int_equal(pgo_report_to(inside("a"), write_name, &report, NULL), PGO_OK);
	report.train_name = "second";
	assert_int_equal(pgo_report_to(inside("a"), write_name, &report, NULL), PGO_OK);
	assert_content(inside("a"), "second");
	assert_int_equal(entries(), 1);
}

static void a_failing_writer_leaves_the_old_file(void **state)
{
	(void)state;
	struct pgo_report report = {.train_name = "old"};
	struct pgo_error err = {0};
	assert_int_equal(pgo_report_to(inside("a"), write_name, &report, NULL), PGO_OK);
	assert_int_equal(pgo_report_to(inside("a"), write_then_fail, &report, &err), PGO_EINTERNAL);
	assert_string_equal(err.message, "this writer fails");
	assert_content(inside("a"), "old");
	assert_int_equal(entries(), 1);
}

static void a_device_is_written_in_place(void **state)
{
	(void)state;
	struct pgo_report report = {.train_name = "x"};
	struct pgo_error err = {0};
	struct stat status;
	assert_int_equal(pgo_report_to("/dev/null", write_name, &report, &err), PGO_OK);
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

static void a_full_disk_is_noticed_with_its_reason(void **state)
{
	(void)state;
	struct pgo_report report = {.train_name = "x"};
	struct pgo_error err = {0}, later = {0};
	assert_int_equal(pgo_report_to("/dev/full", write_name, &report, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot write '/dev/full': No space left on device");
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_int_equal(pgo_report_to("/dev/full", write_much, &report, &later), PGO_ESYSTEM);
	assert_string_equal(later.message, "cannot write '/dev/full': No space left on device");
}

static void a_missing_directory_is_named(void **state)
{
	(void)state;
	struct pgo_report report = {.train_name = "x"};
	struct pgo_error err = {0};
	assert_int_equal(pgo_report_to("/dev/null/x", write_name, &report, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot write '/dev/null/x': Not a directory");
}

static int setup(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/pgo-output-XXXXXX", base && *base ? base : "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink(inside("a"));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failing_writer_leaves_the_old_file, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_is_written_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_noticed_with_its_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_directory_is_named, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
