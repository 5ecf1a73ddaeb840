/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/builder.h"
#include "several.h"

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
	assert_string_equal(err.message,
			    "profiles 1 and 2 are of different kinds: LLVM instrumentation and gcc blocks");
	for (size_t k = 0; k < 3; k++)
		pgo_profile_free(p[k]);
}

/* A function of a keyed profile: pairs of key and count, ended by END. */
struct keyed_spec {
	const char *name; /* NULL ends the list */
	uint64_t hash;
	uint64_t pairs[9];
};

static struct pgo_profile *make_keyed(const struct keyed_spec *specs, uint32_t kind, bool positional)
{
	struct pgo_builder b = {.format = "test", .kind = kind};
	struct pgo_profile *p = NULL;
	for (const struct keyed_spec *s = specs; s->name; s++) {
		uint32_t length = (uint32_t)strlen(s->name);
		assert_non_null(pgo_builder_function(&b, s->name, length, name_ref(s->name), s->hash));
		for (const uint64_t *pair = s->pairs; *pair != END; pair += 2)
			assert_int_equal(positional ? pgo_vec_push(&b.counters, pair[1])
						    : pgo_builder_keyed(&b, pair[0], pair[1]),
					 0);
		assert_int_equal(pgo_builder_seal(&b), 0);
	}
	assert_int_equal(pgo_builder_finish(&b, 0, &p, NULL), PGO_OK);
	return p;
}

static void expect_counters(const struct pgo_panel *panel, size_t function, size_t profile, const uint64_t *expected)
{
	const pgo_count *counters = pgo_panel_counters(panel, function, profile);
	assert_int_equal(counters == NULL, expected == NULL);
	for (uint32_t c = 0; counters && c < pgo_panel_counter_count(panel, function); c++)
		assert_int_equal(counters[c], expected[c]);
}

static void keyed_profiles_take_part_over_all_keys(void **state)
{
	(void)state;
	struct pgo_profile *p[3] = {
		make_keyed((const struct keyed_spec[]){{"f", 0, {2, 10, 5, 70, END}}, {NULL, 0, {0}}}, PGO_KIND_LINES,
			   false),
		make_keyed((const struct keyed_spec[]){{"g", 0, {1, 3, END}}, {"f", 0, {3, 60, END}}, {NULL, 0, {0}}},
			   PGO_KIND_LINES, false),
		make_keyed((const struct keyed_spec[]){{"f", 0, {2, 1, 3, 2, 9, 4, END}}, {NULL, 0, {0}}},
			   PGO_KIND_LINES, false)};
	struct pgo_panel panel;
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 3, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	assert_int_equal(panel.function_count, 2);
	assert_int_equal(panel.counter_count, 5);
	assert_int_equal(pgo_panel_counter_count(&panel, 0), 4); /* keys 2 3 5 9 */
	expect_counters(&panel, 0, 0, (const uint64_t[]){10, 0, 70, 0});
	expect_counters(&panel, 0, 1, (const uint64_t[]){0, 60, 0, 0});
	expect_counters(&panel, 0, 2, (const uint64_t[]){1, 2, 0, 4});
	expect_counters(&panel, 1, 0, NULL);
	expect_counters(&panel, 1, 1, (const uint64_t[]){3});
	assert_true(panel.totals[0] == 80 && panel.totals[1] == 63 && panel.totals[2] == 7);
	pgo_panel_release(&panel);
	for (size_t k = 0; k < 3; k++)
		pgo_profile_free(p[k]);
}

/* A table that does not know a hash means the function of that name. */
static void tables_without_hashes_join_those_with(void **state)
{
	(void)state;
	struct pgo_profile *p[2] = {
		make_keyed((const struct keyed_spec[]){{"f", 7, {0, 10, 1, 70, END}}, {NULL, 0, {0}}}, PGO_KIND_TABLE,
			   true),
		make_keyed((const struct keyed_spec[]){{"f", 0, {0, 5, 1, 6, END}}, {NULL, 0, {0}}}, PGO_KIND_TABLE,
			   true)};
	struct pgo_panel panel;
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 2, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	assert_int_equal(panel.function_count, 1);
	expect_counters(&panel, 0, 0, (const uint64_t[]){10, 70});
	expect_counters(&panel, 0, 1, (const uint64_t[]){5, 6});
	pgo_panel_release(&panel);
	for (size_t k = 0; k < 2; k++)
		pgo_profile_free(p[k]);
}

/* Two of one program, of which one has a function of another build, and one of another that shares `f`. */
static void shares_joined(void **state)
{
	(void)state;
	static const struct spec specs[3][4] = {
		{{"f", 1, 0, {60, END}}, {"g", 2, 0, {30, END}}, {"h", 3, 0, {10, END}}, {0}},
		{{"f", 1, 0, {50, END}}, {"g", 2, 0, {0, END}}, {"h", 9, 0, {50, END}}, {0}},
		{{"f", 1, 0, {1, END}}, {"x", 5, 0, {99, END}}, {"y", 6, 0, {0, END}}, {0}},
	};
	struct runs r = new_runs(3);
	struct pgo_optional joined[3];
	for (unsigned i = 0; i < 3; i++)
		r.profiles[i] = make_profile(specs[i]);
	open_runs(&r);
	assert_int_equal(pgo_panel_join_shares(joined, &r.panel, NULL), PGO_OK);
	assert_near(joined[0].value, (0.9 + 0.6) / 2, 1e-12);
	/* the first lists what ran only, and a third of it is common: what it lacks tells nothing */
	assert_near(joined[1].value, (1 + 0.5) / 2, 1e-12);
	assert_near(joined[2].value, (1 + 0.01) / 2, 1e-12);
	close_runs(&r);
	/* alone, or without counts, there is none */
	r = new_runs(1);
	r.profiles[0] = make_profile(specs[0]);
	open_runs(&r);
	assert_int_equal(pgo_panel_join_shares(joined, &r.panel, NULL), PGO_OK);
	assert_false(joined[0].present);
	close_runs(&r);
}

/* A constant factor makes no other run; a count more does. */
static void finds_twins(void **state)
{
	(void)state;
	static const struct spec specs[5][3] = {
		{{"f", 1, 0, {4, 6, END}}, {"g", 2, 0, {0, END}}, {0}},
		{{"f", 1, 0, {4, 7, END}}, {0}},
		{{"f", 1, 0, {400000, 600000, END}}, {0}},
		{{"f", 1, 0, {0, 0, END}}, {0}},
		{{"f", 1, 0, {0, 0, END}}, {"g", 2, 0, {0, END}}, {0}},
	};
	struct runs r = new_runs(5);
	size_t twin[5];
	for (unsigned i = 0; i < 5; i++)
		r.profiles[i] = make_profile(specs[i]);
	open_runs(&r);
	assert_int_equal(pgo_panel_twins(twin, &r.panel, NULL), PGO_OK);
	static const size_t expected[5] = {0, 1, 0, 3, 4};
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(twin[i], expected[i]);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_all_profiles),
		cmocka_unit_test(refuses_to_mix_kinds),
		cmocka_unit_test(keyed_profiles_take_part_over_all_keys),
		cmocka_unit_test(tables_without_hashes_join_those_with),
		cmocka_unit_test(shares_joined),
		cmocka_unit_test(finds_twins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
