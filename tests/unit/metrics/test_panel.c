/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "pgo/panel.h"

static void joins_all_profiles(void **state)
{
	(void)state;
	const struct spec a[] = {
		{"f", 1, 0, {1, 2, END}}, {"src/a.c:st", 7, 0, {3, END}}, {"gone", 2, 0, {4, END}}, {0}};
	const struct spec b[] = {{"/x/a.c;st", 7, 0, {5, END}}, {"f", 1, 0, {6, 0, END}}, {0}};
	const struct spec c[] = {{"f", 9, 0, {7, 8, END}}, {"new", 3, 0, {9, END}}, {"f", 1, 0, {10, 11, END}}, {0}};
	struct pgo_profile *p[3] = {make_profile(a), make_profile(b), make_profile(c)};
	struct pgo_panel panel;
	static const struct {
		const char *name;
		uint32_t counters, records[3];
	} expected[] = {
		{"f", 2, {0, 1, 2}},
		{"src/a.c:st", 1, {1, 0, UINT32_MAX}},
		{"gone", 1, {2, UINT32_MAX, UINT32_MAX}},
		{"f", 2, {UINT32_MAX, UINT32_MAX, 0}}, /* another hash: another function */
		{"new", 1, {UINT32_MAX, UINT32_MAX, 1}},
	};
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 3, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	assert_int_equal(panel.function_count, 5);
	assert_int_equal(panel.counter_count, 7);
	for (size_t i = 0; i < 5; i++) {
		struct pgo_function f = pgo_panel_function(&panel, i);
		assert_int_equal(f.name_length, strlen(expected[i].name));
		assert_memory_equal(f.name, expected[i].name, f.name_length);
		assert_int_equal(pgo_panel_counter_count(&panel, i), expected[i].counters);
		for (size_t k = 0; k < 3; k++) {
			uint32_t record = expected[i].records[k];
			const pgo_count *counters = pgo_panel_counters(&panel, i, k);
			assert_int_equal(panel.records[i * 3 + k], record);
			assert_true(counters ==
				    (record == UINT32_MAX ? NULL : pgo_profile_function(p[k], record).counters));
		}
	}
	assert_true(panel.totals[0] == 10 && panel.totals[1] == 11 && panel.totals[2] == 45);
	pgo_panel_release(&panel);
	for (size_t k = 0; k < 3; k++)
		pgo_profile_free(p[k]);
}

static void refuses_to_mix_kinds(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {1, END}}, {0}};
	struct pgo_profile *p[3] = {make_profile(a), make_profile(a), make_profile(a)};
	struct pgo_panel panel;
	struct pgo_error err = {0};
	p[2]->flags |= PGO_PROFILE_ENTRY_FIRST;
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 3, PGO_RECORDS_NORMAL, &err),
			 PGO_EMISMATCH);
	assert_string_equal(err.message, "profiles 1 and 3 are of different kinds: ir and ir+entry_first");
	p[2]->flags = p[0]->flags;
	p[1]->kind = PGO_KIND_GCC;
	memset(&err, 0, sizeof err);
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 3, PGO_RECORDS_NORMAL, &err),
			 PGO_EMISMATCH);
	assert_string_equal(err.message, "profiles 1 and 2 are of different kinds: LLVM instrumentation and gcc blocks");
	for (size_t k = 0; k < 3; k++)
		pgo_profile_free(p[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_all_profiles),
		cmocka_unit_test(refuses_to_mix_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
