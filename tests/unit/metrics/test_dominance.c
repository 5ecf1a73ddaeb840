/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/weights.h"

static struct pgo_dominance measured(struct runs *r, const double *shares)
{
	struct pgo_dominance d;
	struct pgo_error err = {0};
	if (pgo_dominance_measure(&d, &r->panel, r->count, shares, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return d;
}

/* Values of tests/validation/several_oracle.py. */
static void test_agrees_with_the_definitions(void **unused)
{
	(void)unused;
	static const struct {
		double shares[4], survival[4], changed[4], drowned[4], alone[4];
	} cases[] = {
		{{1, 1, 1, 1},
		 {1, 0.987868284228769, 1, 0.990675990675991},
		 {0.00572852251931343, 3.32293255443794e-05, 0.00229885057471264, 0},
		 {0.00309717382888115, 0, 0, 0},
		 {0.833333333333333, 0.874137931034483, 0.999501560116834, 0.939605110336818}},
		{{1, 1, 96, 2},
		 {0.670391061452514, 0.987868284228769, 1, 0.990675990675991},
		 {0.0024331383036177, 0.00295334071723728, 0.0851113714339113, 0.0029322073657049},
		 {0, 0, 0.0833872335028768, 0},
		 {1, 0.998275862068965, 0.999501560116834, 0.99883855981417}},
	};
	struct runs r = oracle_runs(4);
	for (size_t k = 0; k < 2; k++) {
		struct pgo_dominance d = measured(&r, cases[k].shares);
		for (size_t i = 0; i < 4; i++) {
			const struct pgo_dominance_workload *w = &d.workloads[i];
			double sum = 0;
			for (int a = 0; a < PGO_CLASS_COUNT; a++)
				for (int b = 0; b < PGO_CLASS_COUNT; b++)
					sum += w->table[a][b];
			assert_near(sum, 1, 1e-12);
			assert_near(w->survival.value, cases[k].survival[i], 1e-12);
			assert_near(w->changed, cases[k].changed[i], 1e-12);
			assert_near(w->drowned, cases[k].drowned[i], 1e-12);
			assert_near(w->alone.value, cases[k].alone[i], 1e-12);
		}
		pgo_dominance_release(&d);
	}
	close_runs(&r);
}

/* By hand: a loop of 10^6 lifts the cutoff above everything the parser does. */
static void test_names_what_is_drowned(void **unused)
{
	(void)unused;
	const struct spec parser[] = {
		{"parse", 1, 0, {600, END}}, {"lex", 2, 0, {300, END}}, {"emit", 3, 0, {100, END}}, {0}};
	const struct spec loop[] = {{"spin", 4, 0, {1000000, END}}, {0}};
	struct runs r = new_runs(2);
	r.profiles[0] = make_profile(parser);
	r.profiles[1] = make_profile(loop);
	open_runs(&r);
	struct pgo_dominance d = measured(&r, NULL); /* as merged without weights: 1000 of 1001000 */
	assert_near(d.workloads[0].share, 1000 / 1001000.0, 1e-15);
	assert_int_equal(d.heaviest, 1);
	assert_int_equal(d.least, 0);
	assert_int_equal(d.culprit, 1);
	assert_near(d.workloads[0].survival.value, 0, 0);
	assert_near(d.workloads[1].survival.value, 1, 0);
	assert_near(d.workloads[1].drowned, 1, 1e-12);
	/* without it: hot, hot, hot; with it the 99.9999 % cutoff, 1000998.999 of 1001000, needs the 100 too */
	assert_near(d.workloads[1].table[PGO_CLASS_HOT][PGO_CLASS_WARM], 0.9, 1e-12);
	assert_near(d.workloads[1].table[PGO_CLASS_HOT][PGO_CLASS_COLD], 0.1, 1e-12);
	assert_near(d.workloads[1].changed, 1, 1e-12);
	assert_near(d.workloads[0].changed, 0, 0);
	assert_near(d.workloads[1].alone.value, 1, 0);
	assert_int_equal(d.workloads[0].lost_count, 3);
	assert_string_equal(d.workloads[0].lost[0].name, "parse");
	assert_near(d.workloads[0].lost[0].share, 0.6, 1e-12);
	assert_string_equal(d.workloads[0].lost[2].name, "emit");
	pgo_dominance_release(&d);
	static const double equal[] = {1, 1};
	d = measured(&r, equal);
	assert_near(d.workloads[0].survival.value, 1, 0);
	assert_int_equal(d.workloads[0].lost_count, 0);
	pgo_dominance_release(&d);
	close_runs(&r);
}

/* Counts times 1000 change nothing: only shares matter. */
static void test_does_not_depend_on_scale(void **unused)
{
	(void)unused;
	static const double shares[] = {2, 1, 5};
	struct runs r = random_runs(3, 30, 0.5);
	struct pgo_dominance before = measured(&r, shares);
	for (size_t i = 0; i < 3; i++) {
		for (uint64_t c = 0; c < r.profiles[i]->counter_count; c++)
			r.profiles[i]->counters[c] *= 1000;
		for (size_t f = 0; f < r.profiles[i]->function_count; f++) {
			r.profiles[i]->functions[f].sum *= 1000;
			r.profiles[i]->functions[f].max *= 1000;
		}
	}
	pgo_panel_release(&r.panel);
	open_runs(&r);
	struct pgo_dominance after = measured(&r, shares);
	for (size_t i = 0; i < 3; i++) {
		assert_near(after.workloads[i].survival.value, before.workloads[i].survival.value, 1e-12);
		assert_near(after.workloads[i].changed, before.workloads[i].changed, 1e-12);
	}
	pgo_dominance_release(&before);
	pgo_dominance_release(&after);
	close_runs(&r);
}

static void test_edges(void **unused)
{
	(void)unused;
	const struct spec zero[] = {{"parse", 1, 0, {0, END}}, {0}}, one[] = {{"parse", 1, 0, {5, END}}, {0}};
	static const double zero_has_share[] = {1, 1}, none[] = {0, 0}, all[] = {1, 0};
	struct runs r = new_runs(2);
	struct pgo_dominance d;
	struct pgo_error err = {0};
	r.profiles[0] = make_profile(one);
	r.profiles[1] = make_profile(zero);
	open_runs(&r);
	assert_int_equal(pgo_dominance_measure(&d, &r.panel, 2, zero_has_share, &err), PGO_EINVAL);
	assert_string_equal(err.message, "workload 2 has no counts, so it can have no share");
	err = (struct pgo_error){0};
	assert_int_equal(pgo_dominance_measure(&d, &r.panel, 2, none, &err), PGO_EINVAL);
	assert_string_equal(err.message, "no workload has any share of the mass");
	d = measured(&r, all);
	assert_true(d.workloads[0].survival.present && d.workloads[0].survival.value == 1);
	assert_false(d.workloads[0].alone.present); /* nothing is left without it */
	assert_false(d.workloads[1].survival.present);
	assert_near(d.workloads[1].changed, 0, 0);
	pgo_dominance_release(&d);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_the_definitions),
		cmocka_unit_test(test_names_what_is_drowned),
		cmocka_unit_test(test_does_not_depend_on_scale),
		cmocka_unit_test(test_edges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
