/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/explain.h"

#include "support.h"

/* Total 100,000 on both sides with "rest": hot from 90,000 where it holds that much. */
static struct pgo_profile *train(uint32_t flags)
{
	struct pgo_profile *p = make_profile((const struct spec[]){{"f", 1, 0, {60, 0, 40, END}},
								   {"a.c;stale", 7, 0, {500, END}},
								   {"a.c;twin", 8, 0, {10, END}},
								   {"b.c;twin", 8, 0, {900, END}},
								   {"_Z3bari", 9, 0, {5, END}},
								   {"_Z3bard", 9, 0, {6, END}},
								   {"idle", 4, 0, {0, 0, END}},
								   {"only_a", 5, 0, {1, 2, END}},
								   {"rest", 6, 0, {90000, 8000, END}},
								   {0}});
	p->flags = flags;
	return p;
}

static struct pgo_profile *test(uint32_t flags)
{
	struct pgo_profile *p = make_profile((const struct spec[]){{"f", 1, 0, {0, 99000, 1000, END}},
								   {"b.c;twin", 8, 0, {0, END}},
								   {"a.c;stale", 70, 0, {3000, END}},
								   {"idle", 4, 0, {0, 7, END}},
								   {"rest", 6, 0, {1, 0, END}},
								   {0}});
	p->flags = flags;
	return p;
}

struct pair {
	struct pgo_profile *a, *b;
	struct pgo_comparison c;
};

static struct pair open_pair(uint32_t flags)
{
	struct pair p = {.a = train(flags), .b = test(flags)};
	p.c = compared(p.a, p.b);
	return p;
}

static void close_pair(struct pair *p)
{
	pgo_comparison_release(&p->c);
	pgo_profile_free(p->a);
	pgo_profile_free(p->b);
}

static struct pgo_explanation explained(struct pair *p, const char *name)
{
	struct pgo_matches m;
	struct pgo_explanation e;
	assert_int_equal(pgo_explain_match(&m, &p->c, name, NULL), PGO_OK);
	assert_true(m.count >= 1);
	assert_int_equal(pgo_explain(&e, &p->c, &m.items[0], NULL), PGO_OK);
	pgo_matches_release(&m);
	return e;
}

static void counters_stand_side_by_side(void **state)
{
	(void)state;
	struct pair p = open_pair(PGO_PROFILE_IR);
	struct pgo_explanation e = explained(&p, "f");
	double a_total = 60 + 40 + 500 + 10 + 900 + 5 + 6 + 3 + 98000, b_total = 100000 + 3000 + 7 + 1;
	assert_true(e.joined);
	assert_int_equal(e.counter_count, 3);
	assert_int_equal(e.counters[2].count[0], 40);
	assert_int_equal(e.counters[2].count[1], 1000);
	assert_near(e.counters[2].inside[0], 0.4, 1e-15);
	assert_near(e.counters[2].inside[1], 0.01, 1e-15);
	assert_near(e.counters[1].share[1], 99000 / b_total, 1e-15);
	assert_near(e.side[0].share, 100 / a_total, 1e-15);
	assert_int_equal(e.side[0].dominant, 0);
	assert_int_equal(e.side[1].dominant, 1);
	assert_true(e.row->dominant_differs);
	/* A: 99 % needs 90000 + 8000 + ...: hot from 900 at most; f's 60 is warm; B: hot from 3000, f's 99000 is hot */
	assert_int_equal(e.side[0].heat, PGO_CLASS_WARM);
	assert_int_equal(e.side[1].heat, PGO_CLASS_HOT);
	assert_int_equal(e.side[0].treatment, PGO_TREAT_WARM);
	assert_int_equal(e.side[1].treatment, PGO_TREAT_HOT);
	assert_false(e.side[1].entry_known);
	/* what B spends on the counter A has at 0: cold in A, hot in B */
	assert_near(e.table[PGO_CLASS_COLD][PGO_CLASS_HOT], 99000 / b_total, 1e-15);
	double sum = 0;
	for (int i = 0; i < PGO_CLASS_COUNT; i++)
		for (int k = 0; k < PGO_CLASS_COUNT; k++)
			sum += e.table[i][k];
	assert_near(sum, e.side[1].share, 1e-15);
	pgo_explanation_release(&e);
	close_pair(&p);
}

static void classes_are_those_of_the_comparison(void **state)
{
	(void)state;
	struct pair p = open_pair(PGO_PROFILE_IR);
	for (size_t i = 0; i < p.c.function_count; i++) {
		const struct pgo_function_comparison *row = &p.c.functions[i];
		if (row->join == PGO_JOIN_MISMATCHED)
			continue;
		struct pgo_explanation e = explained(&p, row->name);
		assert_ptr_equal(e.row, row);
		assert_int_equal(e.side[0].heat, row->train_class);
		assert_int_equal(e.side[1].heat, row->test_class);
		assert_near(e.side[0].share, row->train_share, 1e-15);
		assert_near(e.side[1].share, row->test_share, 1e-15);
		assert_int_equal(e.side[0].dominant, row->train_dominant);
		assert_int_equal(e.side[1].dominant, row->test_dominant);
		pgo_explanation_release(&e);
	}
	close_pair(&p);
}

static void entry_count_hot_asks_for_inlining(void **state)
{
	(void)state;
	struct pair p = open_pair(PGO_PROFILE_IR | PGO_PROFILE_ENTRY_FIRST);
	struct pgo_explanation e = explained(&p, "rest");
	assert_true(e.side[0].entry_known);
	assert_int_equal(e.side[0].entry, 90000);
	assert_int_equal(e.side[0].treatment, PGO_TREAT_INLINE);
	assert_int_equal(e.side[1].treatment, PGO_TREAT_COLD); /* B: 1 of 103008 */
	pgo_explanation_release(&e);
	e = explained(&p, "f"); /* B: entry 0, a counter hot */
	assert_int_equal(e.side[1].treatment, PGO_TREAT_HOT);
	pgo_explanation_release(&e);
	close_pair(&p);
	p = open_pair(0); /* front end: no inlinehint */
	e = explained(&p, "rest");
	assert_true(e.side[0].entry_known);
	assert_int_equal(e.side[0].treatment, PGO_TREAT_HOT);
	pgo_explanation_release(&e);
	close_pair(&p);
}

static void never_stale_and_missing(void **state)
{
	(void)state;
	struct pair p = open_pair(PGO_PROFILE_IR);
	struct pgo_explanation e = explained(&p, "idle");
	assert_int_equal(e.side[0].treatment, PGO_TREAT_NEVER);
	assert_int_equal(e.side[0].heat, PGO_CLASS_NEVER);
	assert_int_equal(e.counters[0].heat[0], PGO_CLASS_NEVER);
	assert_int_equal(e.counters[0].heat[1], PGO_CLASS_COLD);
	pgo_explanation_release(&e);
	e = explained(&p, "stale"); /* other hash: both records, not side by side */
	assert_false(e.joined);
	assert_true(e.side[0].present && e.side[1].present);
	assert_int_equal(e.side[0].treatment, PGO_TREAT_STALE);
	assert_int_equal(e.counter_count, 2);
	assert_int_equal(e.first_of_test, 1);
	assert_true(e.counters[0].has[0] && !e.counters[0].has[1] && e.counters[1].has[1]);
	assert_near(e.table[PGO_CLASS_NEVER][PGO_CLASS_HOT], e.side[1].share, 1e-15);
	pgo_explanation_release(&e);
	e = explained(&p, "only_a");
	assert_false(e.joined);
	assert_false(e.side[1].present);
	assert_int_equal(e.side[1].treatment, PGO_TREAT_UNPROFILED);
	assert_int_equal(e.counter_count, 2);
	assert_int_equal(e.first_of_test, 2);
	pgo_explanation_release(&e);
	close_pair(&p);
}

static struct pgo_matches matched(struct pair *p, const char *wanted)
{
	struct pgo_matches m;
	assert_int_equal(pgo_explain_match(&m, &p->c, wanted, NULL), PGO_OK);
	return m;
}

static void the_strictest_way_that_finds_any(void **state)
{
	(void)state;
	struct pair p = open_pair(PGO_PROFILE_IR);
	struct pgo_matches m = matched(&p, "f"); /* not "f.*" of others */
	assert_int_equal(m.how, PGO_MATCH_EXACT);
	assert_int_equal(m.count, 1);
	pgo_matches_release(&m);
	m = matched(&p, "twin"); /* static, in two files: the heavier first */
	assert_int_equal(m.how, PGO_MATCH_READABLE);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.items[0].index[0], 3);
	assert_int_equal(m.items[0].index[1], 1);
	assert_int_equal(m.items[1].index[0], 2);
	assert_int_equal(m.items[1].index[1], UINT32_MAX);
	pgo_matches_release(&m);
	m = matched(&p, "bar"); /* without parameters */
	assert_int_equal(m.how, PGO_MATCH_READABLE);
	assert_int_equal(m.count, 2);
	pgo_matches_release(&m);
	m = matched(&p, "bar(int)");
	assert_int_equal(m.count, 1);
	assert_int_equal(m.items[0].index[0], 4);
	pgo_matches_release(&m);
	m = matched(&p, "^(idle|rest)$");
	assert_int_equal(m.how, PGO_MATCH_PATTERN);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.items[0].index[0], 8);
	pgo_matches_release(&m);
	m = matched(&p, "^stale$"); /* one function, though its records were not joined */
	assert_int_equal(m.count, 1);
	assert_int_equal(m.items[0].index[0], 1);
	assert_int_equal(m.items[0].index[1], 2);
	assert_int_not_equal(m.items[0].row[0], m.items[0].row[1]);
	pgo_matches_release(&m);
	m = matched(&p, "nothing");
	assert_int_equal(m.how, PGO_MATCH_NONE);
	assert_int_equal(m.count, 0);
	pgo_matches_release(&m);
	struct pgo_error err = {0};
	assert_int_equal(pgo_explain_match(&m, &p.c, "ba(", &err), PGO_EINVAL);
	assert_string_equal(err.message,
			    "no function is called 'ba(', and it is no regular expression: Unmatched ( or \\(");
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_stand_side_by_side),
		cmocka_unit_test(classes_are_those_of_the_comparison),
		cmocka_unit_test(entry_count_hot_asks_for_inlining),
		cmocka_unit_test(never_stale_and_missing),
		cmocka_unit_test(the_strictest_way_that_finds_any),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
