/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/concentration.h"

static struct pgo_concentration measured(const struct spec *specs)
{
	struct pgo_profile *p = make_profile(specs);
	struct pgo_concentration c;
	struct pgo_error err = {0};
	if (pgo_concentration_measure(&c, p, PGO_RECORDS_NORMAL, &err) != PGO_OK)
		fail_msg("%s", err.message);
	pgo_profile_free(p);
	return c;
}

/* By hand. */
static void test_statistics(void **unused)
{
	(void)unused;
	const struct spec specs[] = {
		{"loop", 1, 0, {10, 1000, END}},  /* 100 times its first counter */
		{"near", 2, 0, {11, 1000, END}},  /* not quite */
		{"late", 3, 0, {0, 5, 500, END}}, /* the smallest that ran stands in for the first */
		{"leaf", 4, 0, {5000, END}},	  /* one counter: no loop to be seen */
		{"idle", 5, 0, {0, 0, END}},	  {0}};
	struct pgo_concentration c = measured(specs);
	double total = 1010 + 1011 + 505 + 5000;
	assert_int_equal(c.loop_functions, 2);
	assert_near(c.values[PGO_STAT_LOOP_SHARE].value, (1010 + 505) / total, 1e-12);
	assert_near(c.values[PGO_STAT_BREADTH].value, 0.8, 1e-12);
	assert_near(c.values[PGO_STAT_TOP_COUNTER].value, 5000 / total, 1e-12);
	assert_near(c.values[PGO_STAT_TOP_10_COUNTERS].value, 1, 1e-12);
	assert_near(c.values[PGO_STAT_TOP_FUNCTION].value, 5000 / total, 1e-12);
	/* 5000 + 1000 + 1000 + 500 = 7500 of 7526 reach 99 %: 500 is the cutoff, four of seven counters are hot */
	assert_near(c.values[PGO_STAT_HOT_SHARE].value, 4 / 7.0, 1e-12);
	assert_near(c.values[PGO_STAT_HOT_INFLATION].value, 500 / (total / 7), 1e-12);
	double h = 0;
	static const double masses[] = {1010, 1011, 505, 5000};
	for (int i = 0; i < 4; i++)
		h -= masses[i] / total * log(masses[i] / total);
	assert_near(c.values[PGO_STAT_EFFECTIVE_FUNCTIONS].value, exp(h), 1e-9);
	assert_int_equal(c.responsible_count, 4);
	assert_string_equal(c.responsible[0].named.name, "leaf");
	assert_near(c.responsible[0].largest, 1, 1e-12);
	assert_string_equal(c.responsible[2].named.name, "loop");
	assert_true(c.responsible[2].loop && !c.responsible[1].loop && !c.responsible[0].loop);
	assert_near(c.responsible[2].largest, 1000 / 1010.0, 1e-12);
	pgo_concentration_release(&c);
}

/* A loop-dominated function's counters times a constant stay so; n equal counters have cutoff inflation 1. */
static void test_equal_counters(void **unused)
{
	(void)unused;
	const struct spec specs[] = {{"a", 1, 0, {7, 7, 7, END}}, {"b", 2, 0, {7, END}}, {0}};
	struct pgo_concentration c = measured(specs);
	assert_near(c.values[PGO_STAT_EFFECTIVE_COUNTERS].value, 4, 1e-9);
	assert_near(c.values[PGO_STAT_HOT_SHARE].value, 1, 0);
	assert_near(c.values[PGO_STAT_HOT_INFLATION].value, 1, 1e-12);
	assert_near(c.values[PGO_STAT_LOOP_SHARE].value, 0, 0);
	pgo_concentration_release(&c);
}

/* A profile with nothing but its statistics. */
static struct pgo_concentration made(double level)
{
	struct pgo_concentration c = {.summary = {.total = 1}};
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		double value = pgo_concentration_fields()[k].low ? 1 / (1 + level) : level;
		c.values[k] = (struct pgo_optional){true, value};
	}
	return c;
}

static void test_ranks(void **unused)
{
	(void)unused;
	struct pgo_concentration references[20];
	struct pgo_concentration_ranks r;
	for (int i = 0; i < 20; i++)
		references[i] = made(i);
	struct pgo_concentration beyond = made(30), middle = made(9.5), equal = made(19), below = made(-0.5);
	pgo_concentration_rank(&r, &beyond, references, 19);
	assert_int_equal(r.reference_count, 19);
	assert_near(r.p_value.value, 1 / 20.0, 1e-15); /* the smallest there can be */
	for (int k = 0; k < PGO_STAT_COUNT; k++) {
		bool low = pgo_concentration_fields()[k].low;
		assert_near(r.ranks[k].p_value.value, 1 / 20.0, 1e-15);
		assert_near(r.ranks[k].median.value, low ? 1 / 10.0 : 9, 1e-12);
		assert_near(r.ranks[k].low.value, low ? 1 / 19.0 : 0, 1e-12);
		assert_near(r.ranks[k].high.value, low ? 1 : 18, 1e-12);
	}
	pgo_concentration_rank(&r, &middle, references, 20);
	assert_near(r.p_value.value, 11 / 21.0, 1e-15);
	pgo_concentration_rank(&r, &equal, references, 20); /* ties count against it */
	assert_near(r.p_value.value, 2 / 21.0, 1e-15);
	pgo_concentration_rank(&r, &below, references, 20);
	assert_near(r.p_value.value, 1, 1e-15);
	/* references without counts are none */
	references[3].summary.total = 0;
	pgo_concentration_rank(&r, &beyond, references, 19);
	assert_int_equal(r.reference_count, 18);
	assert_near(r.p_value.value, 1 / 19.0, 1e-15);
}

/* Exchangeable profiles: the joint p-value is at most alpha with a chance of at most alpha. */
static void test_null_is_uniform(void **unused)
{
	(void)unused;
	enum { ROUNDS = 4000, N = 19 };
	int rejected5 = 0, rejected20 = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct pgo_concentration all[N + 1];
		struct pgo_concentration_ranks r;
		for (int i = 0; i <= N; i++) {
			all[i] = made(1);
			double common = uniform(); /* statistics are correlated, as real ones are */
			for (int k = 0; k < PGO_STAT_COUNT; k++)
				all[i].values[k].value =
					(common + 0.3 * uniform()) * (pgo_concentration_fields()[k].low ? -1 : 1);
		}
		pgo_concentration_rank(&r, &all[0], all + 1, N);
		rejected5 += r.p_value.value <= 0.05 + 1e-12;
		rejected20 += r.p_value.value <= 0.2 + 1e-12;
	}
	/* three standard errors: 0.0103, 0.019 */
	assert_near(rejected5 / (double)ROUNDS, 0.05, 0.0103);
	assert_near(rejected20 / (double)ROUNDS, 0.2, 0.019);
}

static void test_verdicts(void **unused)
{
	(void)unused;
	struct pgo_concentration references[20], candidate = made(30);
	struct pgo_concentration_ranks r;
	struct pgo_verdict v;
	for (int i = 0; i < 20; i++)
		references[i] = made(i);
	pgo_concentration_rank(&r, &candidate, references, 19);
	assert_int_equal(pgo_judge_concentration(&v, "x", &candidate, &r, 0.05, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_FAIL);
	pgo_verdict_release(&v);
	pgo_concentration_rank(&r, &candidate, references, 5);
	assert_int_equal(pgo_judge_concentration(&v, "x", &candidate, &r, 0.05, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	assert_string_equal(v.rules[0].advice, "add 14 more reference runs: from 19 on, 0.05 can be reached");
	pgo_verdict_release(&v);
	/* no references: defaults, and never a failure */
	pgo_concentration_rank(&r, &candidate, references, 0);
	assert_int_equal(pgo_judge_concentration(&v, "x", &candidate, &r, 0.05, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	for (size_t i = 0; i < v.rule_count; i++)
		assert_false(v.rules[i].threshold_is_user);
	assert_int_equal(v.rule_count, 7); /* breadth and loops have no default */
	pgo_verdict_release(&v);
	const struct spec zero[] = {{"f", 1, 0, {0, END}}, {0}};
	struct pgo_concentration none = measured(zero);
	assert_false(none.values[0].present);
	pgo_concentration_rank(&r, &none, references, 19);
	assert_int_equal(pgo_judge_concentration(&v, "x", &none, &r, 0.05, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_string_equal(v.summary, "rejected: every counter of 'x' is zero");
	pgo_verdict_release(&v);
	pgo_concentration_release(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statistics), cmocka_unit_test(test_equal_counters),
		cmocka_unit_test(test_ranks),	   cmocka_unit_test(test_null_is_uniform),
		cmocka_unit_test(test_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
