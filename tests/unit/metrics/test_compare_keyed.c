/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/builder.h"
#include "support.h"

/* A function of a keyed profile: pairs of key and count, ended by END. */
struct keyed_spec {
	const char *name; /* NULL ends the list */
	uint64_t hash;
	uint64_t pairs[16];
};

static struct pgo_profile *make(const struct keyed_spec *specs, uint32_t kind, bool positional)
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

static void indices_are_those_of_the_profiles_given(void **state)
{
	(void)state;
	struct pgo_profile *a = make((const struct keyed_spec[]){{"f", 0, {2, 10, 5, 70, 9, 20, END}},
								 {"g", 0, {1, 100, END}},
								 {"gone", 0, {4, 50, END}},
								 {NULL, 0, {0}}},
				     PGO_KIND_LINES, false);
	struct pgo_profile *b = make((const struct keyed_spec[]){{"new", 0, {1, 10, END}},
								 {"g", 0, {1, 90, 3, 5, END}},
								 {"f", 0, {3, 60, 5, 30, END}},
								 {NULL, 0, {0}}},
				     PGO_KIND_LINES, false);
	struct pgo_comparison c = compared(a, b);
	assert_ptr_equal(c.train_profile, a);
	assert_ptr_equal(c.test_profile, b);
	const struct pgo_function_comparison *f = row_of(&c, "f");
	assert_int_equal(f->join, PGO_JOIN_MATCHED);
	assert_int_equal(f->train_index, 0);
	assert_int_equal(f->test_index, 2);
	assert_int_equal(f->train_dominant, 1); /* key 5 */
	assert_int_equal(f->test_dominant, 0);	/* key 3 */
	assert_true(f->dominant_differs);
	/* shape by hand: shares within f 10 70 20 of 100 at 2 5 9, 60 30 of 90 at 3 5: only key 5 is common */
	assert_near(f->shape_tv.value, 1 - 30.0 / 90, 1e-12);
	assert_int_equal(row_of(&c, "gone")->join, PGO_JOIN_ONLY_TRAIN);
	assert_int_equal(row_of(&c, "gone")->test_index, UINT32_MAX);
	assert_int_equal(row_of(&c, "gone")->train_dominant, 0);
	assert_int_equal(row_of(&c, "new")->test_index, 0);
	assert_int_equal(row_of(&c, "new")->train_dominant, UINT32_MAX);
	/* zeros that alignment adds are in no number about a side */
	assert_int_equal(c.train.summary.counter_count, 5);
	assert_int_equal(c.test.summary.counter_count, 5);
	assert_int_equal(c.test.summary.max_first_count, 90);
	assert_true(c.test.summary.total == 195);
	/* overlap by hand: key 5 of f, key 1 of g */
	assert_near(c.overlap_ratio, fmin(70.0 / 250, 30.0 / 195) + fmin(100.0 / 250, 90.0 / 195), 1e-12);
	/* a function that is not listed did not run */
	assert_near(c.join[PGO_JOIN_MATCHED].test_mass, 185.0 / 195, 1e-12);
	assert_near(c.join_rate, 1, 1e-12);
	assert_near(c.decisions.missed_functions, 10.0 / 195, 1e-12);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

/* The same as a comparison of profiles that had all counters from the start. */
static void as_if_all_counters_were_there(void **state)
{
	(void)state;
	static const struct keyed_spec sparse[2][4] = {
		{{"f", 7, {1, 30, 4, 5, END}}, {"g", 8, {2, 9, END}}, {"h", 9, {0, 1, 1, 1000, END}}, {NULL, 0, {0}}},
		{{"f", 7, {2, 3, 4, 50, END}}, {"h", 9, {1, 800, END}}, {"g", 8, {2, 90, 3, 1, END}}, {NULL, 0, {0}}}};
	static const struct keyed_spec full[2][4] = {{{"f", 7, {1, 30, 2, 0, 4, 5, END}},
						      {"g", 8, {2, 9, 3, 0, END}},
						      {"h", 9, {0, 1, 1, 1000, END}},
						      {NULL, 0, {0}}},
						     {{"f", 7, {1, 0, 2, 3, 4, 50, END}},
						      {"h", 9, {0, 0, 1, 800, END}},
						      {"g", 8, {2, 90, 3, 1, END}},
						      {NULL, 0, {0}}}};
	struct pgo_profile *s[2], *l[2];
	for (int i = 0; i < 2; i++) {
		s[i] = make(sparse[i], PGO_KIND_CALLS, false);
		l[i] = make(full[i], PGO_KIND_CALLS, true);
	}
	struct pgo_comparison c = compared(s[0], s[1]), d = compared(l[0], l[1]);
	assert_int_equal(c.function_count, d.function_count);
	assert_near(c.jsd_bits, d.jsd_bits, 0);
	assert_near(c.hellinger, d.hellinger, 0);
	assert_near(c.overlap_ratio, d.overlap_ratio, 0);
	assert_near(c.join_rate, d.join_rate, 0);
	assert_near(c.decisions.shape_tv, d.decisions.shape_tv, 0);
	assert_near(c.decisions.misweighted, d.decisions.misweighted, 0);
	assert_memory_equal(c.decisions.table, d.decisions.table, sizeof c.decisions.table);
	assert_near(c.train.skew.effective_counters, d.train.skew.effective_counters, 0);
	assert_true(c.train.summary.hot_threshold == d.train.summary.hot_threshold);
	assert_int_equal(c.tested_functions, d.tested_functions);
	for (size_t i = 0; i < c.function_count; i++) {
		assert_string_equal(c.functions[i].name, d.functions[i].name);
		assert_near(c.functions[i].jsd_bits, d.functions[i].jsd_bits, 0);
		assert_near(c.functions[i].p_value.value, d.functions[i].p_value.value, 0);
		assert_int_equal(c.functions[i].dominant_differs, d.functions[i].dominant_differs);
	}
	pgo_comparison_release(&c);
	pgo_comparison_release(&d);
	for (int i = 0; i < 2; i++) {
		pgo_profile_free(s[i]);
		pgo_profile_free(l[i]);
	}
}

static void hashes_on_one_side_only(void **state)
{
	(void)state;
	static const struct keyed_spec with[] = {{"f", 7, {0, 10, 1, 20, END}}, {"g", 8, {0, 30, END}}, {NULL, 0, {0}}};
	static const struct keyed_spec without[] = {
		{"f", 0, {0, 10, 1, 20, END}}, {"g", 0, {0, 30, END}}, {NULL, 0, {0}}};
	static const struct keyed_spec other[] = {
		{"f", 6, {0, 10, 1, 20, END}}, {"g", 8, {0, 30, END}}, {NULL, 0, {0}}};
	static const struct keyed_spec longer[] = {
		{"f", 0, {0, 10, 1, 20, 2, 5, END}}, {"g", 0, {0, 30, END}}, {NULL, 0, {0}}};
	static const struct {
		const struct keyed_spec *train, *test;
		double join_rate;
	} cases[] = {
		{with, without, 1}, {without, with, 1},	       {without, without, 1}, {with, with, 1},
		{with, other, 0.5}, {with, longer, 30.0 / 65}, /* positional: another number of counters is other code
								*/
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pgo_profile *a = make(cases[i].train, PGO_KIND_TABLE, true);
		struct pgo_profile *b = make(cases[i].test, PGO_KIND_TABLE, true);
		struct pgo_comparison c = compared(a, b);
		assert_near(c.join_rate, cases[i].join_rate, 1e-12);
		assert_int_equal(c.join[PGO_JOIN_MISMATCHED].functions, cases[i].join_rate < 1);
		assert_int_equal(row_of(&c, "g")->train_index, 1);
		assert_int_equal(row_of(&c, "g")->train_dominant, 0);
		pgo_comparison_release(&c);
		pgo_profile_free(a);
		pgo_profile_free(b);
	}
	/* one side keyed, the other complete */
	struct pgo_profile *a = make(with, PGO_KIND_TABLE, true);
	struct pgo_profile *b =
		make((const struct keyed_spec[]){{"f", 0, {1, 20, 7, 20, END}}, {"g", 0, {0, 20, END}}, {NULL, 0, {0}}},
		     PGO_KIND_TABLE, false);
	struct pgo_comparison c = compared(a, b);
	assert_int_equal(c.join[PGO_JOIN_MATCHED].functions, 2);
	assert_int_equal(row_of(&c, "f")->train_dominant, 1);
	assert_int_equal(row_of(&c, "f")->test_dominant, 0);
	assert_near(row_of(&c, "f")->shape_tv.value, 0.5, 1e-12);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void nothing_in_common(void **state)
{
	(void)state;
	struct pgo_profile *a =
		make((const struct keyed_spec[]){{"a", 0, {3, 10, END}}, {NULL, 0, {0}}}, PGO_KIND_CALLS, false);
	struct pgo_profile *b =
		make((const struct keyed_spec[]){{"b", 0, {3, 10, END}}, {NULL, 0, {0}}}, PGO_KIND_CALLS, false);
	struct pgo_comparison c = compared(a, b);
	assert_near(c.join_rate, 0, 0);
	assert_near(c.jsd_bits, 1, 1e-12);
	assert_false(c.retained.present);
	assert_string_equal(c.retained.note, "not calibrated for this kind of profile, only for LLVM's IR ones");
	pgo_comparison_release(&c);
	struct pgo_error err = {0};
	b->kind = PGO_KIND_TABLE;
	assert_int_equal(pgo_compare(&c, a, b, NULL, &err), PGO_EMISMATCH);
	assert_string_equal(err.message, "the two profiles are of different kinds: the training one holds call sites, "
					 "the test one counter table");
	pgo_profile_free(a);
	pgo_profile_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indices_are_those_of_the_profiles_given),
		cmocka_unit_test(as_if_all_counters_were_there),
		cmocka_unit_test(hashes_on_one_side_only),
		cmocka_unit_test(nothing_in_common),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
