/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "analysis/model/builder.h"

static void flags_have_one_order(void **state)
{
	(void)state;
	char text[128];
	static const struct {
		uint32_t flags;
		const char *text;
	} cases[] = {
		{0, "fe"},
		{PGO_PROFILE_IR, "ir"},
		{PGO_PROFILE_MEMPROF, "memprof"},
		{PGO_PROFILE_BYTE_COVERAGE, "fe+byte_coverage"},
		{0xff, "ir+csir+entry_first+loop_entries+byte_coverage+fn_entry_only+memprof+temporal"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(pgo_profile_flags_text(cases[i].flags, text, sizeof text), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
	char small[6];
	assert_int_equal(pgo_profile_flags_text(PGO_PROFILE_IR | PGO_PROFILE_CSIR, small, sizeof small), 5);
	assert_string_equal(small, "ir+cs");
	assert_int_equal(pgo_profile_flags_text(PGO_PROFILE_IR, NULL, 0), 0);
}

static void sums_are_exact(void **state)
{
	(void)state;
	char text[40];
	assert_string_equal(pgo_u128_text(0, text), "0");
	assert_string_equal(pgo_u128_text(UINT64_MAX, text), "18446744073709551615");
	assert_string_equal(pgo_u128_text((pgo_u128)UINT64_MAX * 3, text), "55340232221128654845");
	assert_string_equal(pgo_u128_text(~(pgo_u128)0, text), "340282366920938463463374607431768211455");
}

static void nothing_is_a_profile_too(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "test"};
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_builder_merge_duplicates(&b), 0);
	assert_int_equal(pgo_builder_finish(&b, 0, &p, NULL), PGO_OK);
	assert_int_equal(p->function_count, 0);
	pgo_profile_free(p);
	pgo_profile_free(NULL);
}

static void add(struct pgo_builder *b, const char *name, uint64_t hash, uint64_t first, uint64_t second)
{
	assert_non_null(pgo_builder_function(b, name, (uint32_t)strlen(name), (unsigned char)name[0], hash));
	assert_int_equal(pgo_vec_push(&b->counters, first), 0);
	if (second)
		assert_int_equal(pgo_vec_push(&b->counters, second), 0);
	assert_int_equal(pgo_builder_seal(b), 0);
}

static void merging_keeps_the_order_and_drops_other_shapes(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "test", .pseudo_counts = true};
	add(&b, "z", 1, 1, 2);
	add(&b, "a", 1, 10, 0);
	add(&b, "z", 2, 5, 0); /* another hash: another function */
	add(&b, "z", 1, 3, 4);
	add(&b, "z", 1, 100, 0);	/* another number of counters */
	add(&b, "a", 1, UINT64_MAX, 0); /* pseudo count on top of a measured one */
	add(&b, "z", 1, 5, 6);
	assert_int_equal(pgo_builder_merge_duplicates(&b), 0);
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_builder_finish(&b, 0, &p, NULL), PGO_OK);
	assert_int_equal(p->function_count, 3);
	assert_memory_equal(p->functions[0].name, "z", 1);
	assert_memory_equal(p->functions[1].name, "a", 1);
	assert_int_equal(p->functions[2].cfg_hash, 2);
	assert_int_equal(p->counters[0], 9);
	assert_int_equal(p->counters[1], 12);
	assert_int_equal(p->functions[0].max, 12);
	assert_true(p->functions[0].sum == 21);
	assert_int_equal(p->counters[2], 10);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0],
			    "2 records were dropped: same name and hash as an earlier one, but other counters or "
			    "sites");
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_have_one_order),
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(nothing_is_a_profile_too),
		cmocka_unit_test(merging_keeps_the_order_and_drops_other_shapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
