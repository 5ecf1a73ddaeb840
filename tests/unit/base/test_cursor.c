/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analysis/base/cursor.h"

static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void integers_in_both_orders(void **state)
{
	(void)state;
	struct pgo_cursor c = pgo_cursor(bytes, sizeof bytes);
	uint16_t a;
	uint64_t b;
	uint8_t d;
	assert_true(pgo_cursor_u16(&c, &a) && a == 0x0201);
	assert_true(pgo_cursor_u64(&c, &b) && b == 0x0a09080706050403);
	assert_false(pgo_cursor_u8(&c, &d));
	c = pgo_cursor(bytes, sizeof bytes);
	c.big_endian = true;
	uint32_t e;
	assert_true(pgo_cursor_u32(&c, &e) && e == 0x01020304);
	assert_false(pgo_cursor_u64(&c, &b));
	assert_int_equal(c.at, 4); /* a failing read does not move */
}

static void bounds_do_not_overflow(void **state)
{
	(void)state;
	struct pgo_cursor c = pgo_cursor(bytes, sizeof bytes);
	const unsigned char *at = NULL;
	uint64_t out[2];
	assert_true(pgo_cursor_seek(&c, 10) && pgo_cursor_left(&c) == 0);
	assert_false(pgo_cursor_seek(&c, 11));
	assert_true(pgo_cursor_seek(&c, 1));
	assert_false(pgo_cursor_skip(&c, UINT64_MAX));
	assert_false(pgo_cursor_bytes(&c, &at, UINT64_MAX - 1));
	assert_false(pgo_cursor_u64s(&c, out, 1ull << 61)); /* times 8 is 0 */
	assert_true(pgo_cursor_u64s(&c, out, 1) && out[0] == 0x0908070605040302);
	assert_true(pgo_cursor_u64s(&c, NULL, 0));
	assert_int_equal(c.at, 9);
}

static void leb128(void **state)
{
	(void)state;
	static const struct {
		unsigned char bytes[11];
		size_t length;
		bool valid;
		uint64_t value;
	} cases[] = {
		{{0}, 1, true, 0},
		{{0x7f}, 1, true, 127},
		{{0x80, 1}, 2, true, 128},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 10, true, UINT64_MAX},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}, 10, false, 0},
		{{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, 11, false, 0},
		{{0x80}, 1, false, 0},
		{{0}, 0, false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pgo_cursor c = pgo_cursor(cases[i].bytes, cases[i].length);
		uint64_t value = 0;
		assert_int_equal(pgo_cursor_uleb(&c, &value), cases[i].valid);
		assert_int_equal(value, cases[i].value);
		assert_int_equal(c.at, cases[i].valid ? cases[i].length : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_in_both_orders),
		cmocka_unit_test(bounds_do_not_overflow),
		cmocka_unit_test(leb128),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
