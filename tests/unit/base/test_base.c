/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Errors, growing arrays, name references, numbers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "analysis/base/digest.h"
#include "analysis/base/digits.h"
#include "analysis/base/vec.h"
#include "pgo/error.h"

static void the_first_failure_wins(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	assert_int_equal(pgo_error_at(&err, PGO_EFORMAT, 12, "bad %s", "byte"), PGO_EFORMAT);
	assert_int_equal(pgo_error_set(&err, PGO_ENOMEM, "later"), PGO_ENOMEM);
	pgo_error_hint(&err, "first");
	pgo_error_hint(&err, "second");
	pgo_error_path(&err, "a");
	pgo_error_path(&err, "b");
	assert_int_equal(err.code, PGO_EFORMAT);
	assert_string_equal(err.message, "bad byte");
	assert_string_equal(err.hint, "first");
	assert_string_equal(err.path, "a");
	assert_true(err.has_offset && !err.is_line && err.offset == 12);
	assert_int_equal(pgo_error_set(NULL, PGO_EINVAL, "nobody listens"), PGO_EINVAL);
}

static void system_errors_say_why(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	errno = ENOENT;
	assert_int_equal(pgo_error_errno(&err, "cannot open"), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot open: No such file or directory");
	assert_int_equal(err.sys_errno, ENOENT);
}

static void codes_map_to_exits(void **state)
{
	(void)state;
	assert_int_equal(pgo_exit_code(PGO_OK), 0);
	assert_int_equal(pgo_exit_code(PGO_EFORMAT), 3);
	assert_int_equal(pgo_exit_code(PGO_EUNSUPPORTED), 3);
	assert_int_equal(pgo_exit_code(PGO_EMISMATCH), 3);
	assert_int_equal(pgo_exit_code(PGO_EINVAL), 2);
	assert_int_equal(pgo_exit_code(PGO_ESYSTEM), 4);
	assert_int_equal(pgo_exit_code(PGO_EINTERNAL), 70);
}

static void arrays_grow_and_refuse_overflow(void **state)
{
	(void)state;
	PGO_VEC(uint64_t) v = {0};
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(pgo_vec_push(&v, i * i), 0);
	assert_int_equal(v.count, 1000);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(v.items[i], i * i);
	uint64_t *before = v.items;
	assert_int_equal(pgo_vec_reserve(&v, SIZE_MAX), -1);
	assert_int_equal(pgo_vec_reserve(&v, SIZE_MAX / 8), -1);
	assert_ptr_equal(v.items, before);
	pgo_vec_release(&v);
	assert_null(v.items);
}

/** Values as `llvm-profdata` stores them: the key of main in any indexed profile. */
static void name_references(void **state)
{
	(void)state;
	assert_int_equal(pgo_name_ref("", 0), 0x04b2008fd98c1dd4);     /* MD5 d41d8cd98f00b204... */
	assert_int_equal(pgo_name_ref("main", 4), 0xdb956436e78dd5fa); /* MD5 fad58de7366495db... */
}

static void numbers_are_digits_that_fit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned base; /* 0: decimal, or hexadecimal behind 0x */
		bool good;
		uint64_t value;
	} cases[] = {
		{"0", 10, true, 0},
		{"18446744073709551615", 10, true, UINT64_MAX},
		{"18446744073709551616", 10, false, 0},
		{"00000000000000000000000007", 10, true, 7},
		{"ffffffffffffffff", 16, true, UINT64_MAX},
		{"FFFFFFFFFFFFFFFF", 16, true, UINT64_MAX},
		{"10000000000000000", 16, false, 0},
		{"", 10, false, 0},
		{"", 0, false, 0},
		{" 1", 10, false, 0},
		{"1 ", 10, false, 0},
		{"-1", 10, false, 0},
		{"+1", 10, false, 0},
		{"a", 10, false, 0},
		{"g", 16, false, 0},
		{"2", 2, false, 0},
		{"1/", 10, false, 0},
		{"1:", 10, false, 0},
		{"@", 16, false, 0},
		{"0x1F", 0, true, 31},
		{"0X1f", 0, true, 31},
		{"0x", 0, false, 0},
		{"0x1F", 10, false, 0},
		{"1f", 0, false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t value = 42;
		size_t length = strlen(cases[i].text);
		bool good = cases[i].base ? pgo_digits(cases[i].text, length, cases[i].base, &value)
					  : pgo_digits_or_hex(cases[i].text, length, &value);
		assert_int_equal(good, cases[i].good);
		assert_int_equal(value, cases[i].good ? cases[i].value : 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_failure_wins), cmocka_unit_test(system_errors_say_why),
		cmocka_unit_test(codes_map_to_exits),	  cmocka_unit_test(arrays_grow_and_refuse_overflow),
		cmocka_unit_test(name_references),	  cmocka_unit_test(numbers_are_digits_that_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
