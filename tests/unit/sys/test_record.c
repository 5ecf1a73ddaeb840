/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sys/files.h"

static char path[256];

static int make_file(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");
	snprintf(path, sizeof path, "%s/record.XXXXXX", base ? base : "/tmp");
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void test_round_trip(void **state)
{
	(void)state;
	json_object *record = json_object_new_object(), *back = NULL;
	json_object_object_add(record, "schema", json_object_new_string("pgo-harness/test/1"));
	json_object_object_add(record, "path", json_object_new_string("a/b \"ü\""));
	json_object_object_add(record, "ok", json_object_new_boolean(true));
	json_object_object_add(record, "large", json_object_new_int64(INT64_MAX));
	json_object_object_add(record, "share", json_object_new_double(0.1));
	assert_int_equal(record_write(path, record, NULL), PGO_OK);
	assert_int_equal(record_read(&back, path, NULL), PGO_OK);
	assert_true(json_object_equal(record, back));
	assert_int_equal(record_int(back, "large", 0), INT64_MAX);
	assert_true(record_number(back, "share", 0) == 0.1);
	assert_string_equal(record_string(back, "path", ""), "a/b \"ü\"");
	assert_true(record_bool(back, "ok", false));
	json_object_put(record);
	json_object_put(back);
}

static void test_fallbacks(void **state)
{
	(void)state;
	json_object *record = json_tokener_parse("{\"text\": \"3\", \"number\": 3, \"null\": null, \"share\": 0.5}");
	assert_string_equal(record_string(record, "number", "none"), "none");
	assert_string_equal(record_string(record, "null", "none"), "none");
	assert_int_equal(record_int(record, "text", -1), -1);
	assert_int_equal(record_int(record, "share", -1), -1);
	assert_true(record_number(record, "number", -1) == 3);
	assert_true(record_number(record, "text", -1) == -1);
	assert_true(record_bool(record, "number", true));
	assert_int_equal(record_int(record, "absent", 7), 7);
	assert_int_equal(record_int(NULL, "absent", 7), 7);
	json_object_put(record);
}

static void assert_damaged(const char *text, size_t length, const char *message, uint64_t offset)
{
	json_object *record = NULL;
	struct pgo_error err = {0};
	assert_int_equal(files_write_atomic(path, text, length, NULL), PGO_OK);
	assert_int_equal(record_read(&record, path, &err), PGO_EFORMAT);
	assert_null(record);
	assert_string_equal(err.message, message);
	assert_string_equal(err.path, path);
	assert_int_equal(err.offset, offset);
	assert_string_equal(err.hint, "remove the file and run again: the phase that wrote it will be repeated");
}

static void test_damaged(void **state)
{
	(void)state;
#define DAMAGED(text, message, offset) assert_damaged(text, sizeof text - 1, message, offset)
	DAMAGED("", "damaged record: it ends too early", 0);
	DAMAGED("{\"a\": 1", "damaged record: it ends too early", 7);
	DAMAGED("{\"a\": tru", "damaged record: it ends too early", 9);
	DAMAGED("{\"a\": 1,}", "damaged record: unexpected character", 8);
	DAMAGED("{\"a\": 1} x", "damaged record: unexpected character", 9);
	DAMAGED("{\"a\": 1}\0", "damaged record: a NUL byte", 8);
	DAMAGED("{\"a\": \"\xff\"}", "damaged record: invalid utf-8 string", 7);
	DAMAGED("[1]\n", "damaged record: not a JSON object", 0);
	DAMAGED("null", "damaged record: not a JSON object", 0);
}

static void test_missing(void **state)
{
	(void)state;
	json_object *record = NULL;
	struct pgo_error err = {0};
	assert_int_equal(record_read(&record, "/nowhere/record.json", &err), PGO_EOF);
	assert_int_equal(err.code, 0);
	assert_int_equal(record_read(&record, "/", &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot read: Is a directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_file, drop_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_fallbacks),
		TEST(test_damaged),
		TEST(test_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
