/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/continuity.h"

static struct pgo_continuity measured(const struct spec *before, const struct spec *after)
{
	struct runs r = new_runs(2);
	struct pgo_continuity c;
	struct pgo_error err = {0};
	r.profiles[0] = make_profile(before);
	r.profiles[1] = make_profile(after);
	open_runs(&r);
	if (pgo_continuity_measure(&c, &r.panel, &err) != PGO_OK)
		fail_msg("%s", err.message);
	close_runs(&r); /* names are its own */
	return c;
}

static const struct pgo_rule *rule_of(const struct pgo_verdict *v, const char *name)
{
	for (size_t i = 0; i < v->rule_count; i++)
		if (strcmp(v->rules[i].name, name) == 0)
			return &v->rules[i];
	fail_msg("no rule '%s'", name);
	return NULL;
}

static struct pgo_verdict judged(const struct pgo_continuity *c)
{
	struct pgo_verdict v;
	struct pgo_continuity_bands bands = pgo_continuity_defaults();
	assert_int_equal(pgo_judge_continuity(&v, c, &bands, NULL), PGO_OK);
	return v;
}

/* By hand. Old: 400 + 300 + 200 + 90 reach 990 of 1000, so 90 is the hot cutoff and hot mass is 0.99. */
static void test_fates(void **unused)
{
	(void)unused;
	const struct spec before[] = {{"kept", 1, 0, {400, 0, END}}, {"cold", 2, 0, {300, END}},
				      {"never", 3, 0, {200, END}},   {"gone", 4, 0, {90, 4, END}},
				      {"lukewarm", 5, 0, {6, END}},  {0}};
	/* the two large counters of the new one reach 99.9999 % of 2000000: the 1 is cold */
	const struct spec after[] = {{"kept", 1, 0, {1000000, 999999, END}},
				     {"cold", 2, 0, {1, END}},
				     {"never", 3, 0, {0, END}},
				     {"lukewarm", 5, 0, {0, END}},
				     {0}};
	struct pgo_continuity c = measured(before, after);
	assert_int_equal(c.old_summary.hot_threshold, 90);
	assert_near(c.hot_mass, 0.99, 1e-15);
	assert_near(c.lost_by[PGO_FATE_COLD], 300 / 990.0, 1e-12);
	assert_near(c.lost_by[PGO_FATE_NEVER], 200 / 990.0, 1e-12);
	assert_near(c.lost_by[PGO_FATE_GONE], 90 / 990.0, 1e-12);
	assert_near(c.lost.value, 590 / 990.0, 1e-12);
	assert_near(c.mass_ratio.value, 2000.0, 1e-12);
	assert_near(c.functions_ratio.value, 2 / 5.0, 1e-15);
	assert_int_equal(c.functions_stopped, 2); /* never, lukewarm */
	assert_int_equal(c.functions_gone, 1);
	assert_int_equal(c.hot_functions, 4);
	assert_int_equal(c.hot_functions_lost, 3);
	assert_int_equal(c.lost_count, 3);
	assert_int_equal(c.named, 3);
	assert_string_equal(c.functions[0].named.name, "cold");
	assert_int_equal(c.functions[0].fate, PGO_FATE_COLD);
	assert_string_equal(c.functions[2].named.name, "gone");
	assert_int_equal(c.functions[2].fate, PGO_FATE_GONE);
	pgo_continuity_release(&c);
}

/* A profile beside itself, and beside itself run a thousand times as long: nothing is lost. */
static void test_nothing_is_lost_of_the_same(void **unused)
{
	(void)unused;
	for (int i = 0; i < 4; i++) {
		struct pgo_continuity c = measured(oracle_specs[i], oracle_specs[i]);
		assert_near(c.lost.value, 0, 0);
		assert_near(c.mass_ratio.value, 1, 0);
		assert_near(c.functions_ratio.value, 1, 0);
		struct pgo_verdict v = judged(&c);
		assert_int_equal(v.outcome, PGO_PASS);
		pgo_verdict_release(&v);
		pgo_continuity_release(&c);
	}
}

/* Another hash: the function counts whole, by its largest counter; names are normalised. */
static void test_functions_that_changed(void **unused)
{
	(void)unused;
	const struct spec before[] = {
		{"src/a.c:f", 1, 0, {500, 400, END}}, {"g", 2, 0, {500, END}}, {"h", 3, 0, {1, END}}, {0}};
	const struct spec after[] = {
		{"lib/a.c;f", 9, 0, {700, 0, 1, END}}, {"g", 8, 0, {0, END}}, {"h", 3, 0, {1, END}}, {0}};
	struct pgo_continuity c = measured(before, after);
	assert_near(c.changed, 1, 1e-12);
	assert_near(c.lost.value, 500 / 1400.0, 1e-12);
	assert_near(c.lost_by[PGO_FATE_NEVER], 500 / 1400.0, 1e-12);
	assert_int_equal(c.functions_gone, 0);
	assert_int_equal(c.functions_stopped, 1);
	assert_string_equal(c.functions[0].named.name, "g");
	pgo_continuity_release(&c);
}

/*
 * What happened at electron (USERS, row 1): files of child processes were skipped, total counts fell from 218.6 to 35.0
 * billion, and what only the children run went cold.
 */
static void test_catches_a_profile_without_its_children(void **unused)
{
	(void)unused;
	struct spec before[61] = {0}, after[61] = {0};
	static char names[60][32];
	for (int f = 0; f < 60; f++) {
		bool child = f % 10 < 7;
		snprintf(names[f], sizeof names[f], child ? "renderer::f%02d" : "browser::f%02d", f);
		/* 42 functions of the children, 18 of the browser: 183.6 and 35.0 billion */
		uint64_t count = child ? 183600000000u / 42 : 35000000000u / 18;
		before[f] = after[f] = (struct spec){names[f], 1, 0, {count, END}};
		if (child)
			after[f].counters[0] = 0;
	}
	struct pgo_continuity c = measured(before, after);
	assert_near(c.mass_ratio.value, 35.0 / 218.6, 1e-6);
	assert_near(c.lost.value, 183.6 / 218.6, 0.01);
	assert_int_equal(c.functions_stopped, 42);
	struct pgo_verdict v = judged(&c);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_int_equal(rule_of(&v, "mass_ratio")->outcome, PGO_FAIL);
	assert_int_equal(rule_of(&v, "functions_ratio")->outcome, PGO_FAIL);
	const struct pgo_rule *lost = rule_of(&v, "lost");
	assert_int_equal(lost->outcome, PGO_FAIL);
	assert_non_null(strstr(lost->evidence, "never ran (84.0 %)"));
	assert_non_null(strstr(lost->evidence, "'renderer::f00'"));
	assert_non_null(strstr(lost->advice, "child processes"));
	pgo_verdict_release(&v);
	pgo_continuity_release(&c);
}

static void test_too_much_mass_and_no_old_mass(void **unused)
{
	(void)unused;
	const struct spec one[] = {{"f", 1, 0, {1000, END}}, {0}}, three[] = {{"f", 1, 0, {3000, END}}, {0}},
			  zero[] = {{"f", 1, 0, {0, END}}, {0}};
	struct pgo_continuity c = measured(one, three);
	struct pgo_verdict v = judged(&c);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_int_equal(rule_of(&v, "mass_growth")->outcome, PGO_FAIL);
	assert_near(rule_of(&v, "mass_growth")->threshold, 2, 0);
	pgo_verdict_release(&v);
	pgo_continuity_release(&c);
	c = measured(zero, one);
	assert_false(c.lost.present);
	assert_false(c.mass_ratio.present);
	v = judged(&c);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	pgo_verdict_release(&v);
	pgo_continuity_release(&c);
	c = measured(one, zero);
	assert_near(c.lost.value, 1, 0);
	pgo_continuity_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fates),
		cmocka_unit_test(test_nothing_is_lost_of_the_same),
		cmocka_unit_test(test_functions_that_changed),
		cmocka_unit_test(test_catches_a_profile_without_its_children),
		cmocka_unit_test(test_too_much_mass_and_no_old_mass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
