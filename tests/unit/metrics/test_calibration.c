/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/calibration.h"
#include "pgo/weights.h"

static struct pgo_calibration calibrated(struct runs *r, const size_t *labels, double alpha)
{
	struct pgo_calibration c;
	struct pgo_error err = {0};
	if (pgo_calibrate(&c, &r->panel, labels, PGO_RECORDS_NORMAL, alpha, 0.9, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return c;
}

/* Rows are what pgo_compare() says of each profile against the merge of the others. */
static void test_rows_are_comparisons(void **unused)
{
	(void)unused;
	struct runs r = random_runs(5, 40, 0.6);
	struct pgo_calibration c = calibrated(&r, NULL, 0.05);
	assert_int_equal(c.workload_count, 5);
	for (size_t i = 0; i < 5; i++) {
		double shares[5] = {1, 1, 1, 1, 1};
		struct pgo_profile *train;
		shares[i] = 0;
		assert_int_equal(pgo_panel_merge(&train, &r.panel, 5, shares, NULL), PGO_OK);
		struct pgo_comparison compared_ = compared(train, r.profiles[i]);
		const struct pgo_optional *v = c.rows[i].values;
		assert_near(v[PGO_GATE_JOIN].value, compared_.join_rate, 0);
		assert_near(v[PGO_GATE_MISSED].value, compared_.decisions.missed_functions, 0);
		assert_near(v[PGO_GATE_DEMOTED].value, compared_.decisions.demoted, 0);
		assert_near(v[PGO_GATE_UNDER_SERVED].value, compared_.decisions.under_served, 0);
		assert_true(v[PGO_GATE_RETAINED].present == compared_.retained.present);
		pgo_comparison_release(&compared_);
		pgo_profile_free(train);
	}
	pgo_calibration_release(&c);
	close_runs(&r);
}

static void test_ranks_and_rates(void **unused)
{
	(void)unused;
	static const struct {
		size_t n;
		double alpha;
		size_t rank, needed;
	} cases[] = {{5, 0.05, 5, 19}, {19, 0.05, 19, 19}, {39, 0.05, 38, 19}, {9, 0.25, 8, 3}, {20, 0.05, 20, 19}};
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		size_t n = cases[k].n;
		struct runs r = random_runs(n, 20, 0.6);
		struct pgo_calibration c = calibrated(&r, NULL, cases[k].alpha);
		const struct pgo_calibration_threshold *t = &c.thresholds[PGO_GATE_UNDER_SERVED];
		size_t beyond = 0, least = 0;
		assert_int_equal(t->rank, cases[k].rank);
		assert_int_equal(t->count, n);
		assert_int_equal(c.needed, cases[k].needed);
		assert_near(t->quantile + t->false_alarm, 1, 1e-15);
		assert_near(t->least_false_alarm, 1 / (double)(n + 1), 1e-15);
		if (n >= cases[k].needed)
			assert_true(t->false_alarm <= cases[k].alpha + 1e-12);
		/* as many values are beyond as the rank says, in either direction */
		for (size_t i = 0; i < n; i++) {
			beyond += c.rows[i].values[PGO_GATE_UNDER_SERVED].value > t->value;
			least += c.rows[i].values[PGO_GATE_RETAINED].value < c.thresholds[PGO_GATE_RETAINED].value;
		}
		assert_int_equal(beyond, n - cases[k].rank);
		assert_int_equal(least, n - cases[k].rank);
		/* rounded away from the values, by less than the step */
		assert_near(t->value, round(t->value * 1e4) / 1e4, 1e-12);
		assert_true(c.thresholds[PGO_GATE_JOIN].value <= 0.9);
		assert_true(c.refused >= n - cases[k].rank);
		pgo_calibration_release(&c);
		close_runs(&r);
	}
}

/* Repeats count as one workload, by their mean, and give the noise floor. */
static void test_repeats(void **unused)
{
	(void)unused;
	static const size_t labels[] = {7, 3, 7, 3, 9};
	struct runs r = random_runs(5, 30, 0.7);
	struct pgo_calibration c = calibrated(&r, labels, 0.05);
	assert_int_equal(c.workload_count, 3);
	assert_int_equal(c.repeat_pairs, 4);
	double worst = 0;
	for (int k = 0; k < 4; k++) {
		static const int pairs[4][2] = {{0, 2}, {2, 0}, {1, 3}, {3, 1}};
		struct pgo_comparison p = compared(r.profiles[pairs[k][0]], r.profiles[pairs[k][1]]);
		worst = p.decisions.under_served > worst ? p.decisions.under_served : worst;
		pgo_comparison_release(&p);
	}
	const struct pgo_calibration_threshold *t = &c.thresholds[PGO_GATE_UNDER_SERVED];
	assert_near(t->noise.value, worst, 0);
	assert_true(t->value >= worst);
	/* the mean of 0 and 2 against that of the means: merged by hand */
	double others[5] = {0, 0.5, 0, 0.5, 1}, own[5] = {0.5, 0, 0.5, 0, 0};
	struct pgo_profile *train, *test;
	assert_int_equal(pgo_panel_merge(&train, &r.panel, 5, others, NULL), PGO_OK);
	assert_int_equal(pgo_panel_merge(&test, &r.panel, 5, own, NULL), PGO_OK);
	struct pgo_comparison p = compared(train, test);
	assert_near(c.rows[0].values[PGO_GATE_UNDER_SERVED].value, p.decisions.under_served, 1e-12);
	pgo_comparison_release(&p);
	pgo_profile_free(train);
	pgo_profile_free(test);
	pgo_calibration_release(&c);
	close_runs(&r);
}

/*
 * The promise itself: thresholds from n workloads of a population, then one more workload of it against the merge of
 * all n. Beyond a threshold it is with a chance of at most 1/(n+1) when the threshold is the worst of n. The merge of n
 * covers more than those of n - 1, so the rate is below.
 */
static void test_false_alarms_of_a_further_workload(void **unused)
{
	(void)unused;
	enum { ROUNDS = 200, N = 9 };
	int beyond = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct runs all = random_runs(N + 1, 12, 0.6), r = new_runs(N);
		double shares[N + 1];
		struct pgo_profile *train;
		memcpy(r.profiles, all.profiles, N * sizeof *r.profiles);
		open_runs(&r);
		struct pgo_calibration c = calibrated(&r, NULL, 0.1);
		for (int i = 0; i <= N; i++)
			shares[i] = i < N;
		assert_int_equal(pgo_panel_merge(&train, &all.panel, N + 1, shares, NULL), PGO_OK);
		struct pgo_comparison p = compared(train, all.profiles[N]);
		beyond += p.decisions.under_served > c.thresholds[PGO_GATE_UNDER_SERVED].value;
		pgo_comparison_release(&p);
		pgo_profile_free(train);
		pgo_calibration_release(&c);
		pgo_panel_release(&r.panel);
		free(r.profiles);
		close_runs(&all);
	}
	/* 0.1 and three standard errors */
	assert_true(beyond / (double)ROUNDS <= 0.1 + 0.064);
}

static void test_refusals(void **unused)
{
	(void)unused;
	static const size_t alike[] = {1, 1};
	const struct spec zero[] = {{"a", 1, 0, {0, 0, 0, END}}, {0}};
	struct runs r = oracle_runs(2);
	struct pgo_calibration c;
	struct pgo_error err = {0};
	assert_int_equal(pgo_calibrate(&c, &r.panel, alike, PGO_RECORDS_NORMAL, 0.05, 0.9, &err), PGO_EINVAL);
	assert_string_equal(err.message, "at least two workloads are needed, each with runs of its own");
	close_runs(&r);
	r = new_runs(2);
	r.profiles[0] = make_profile(oracle_specs[0]);
	r.profiles[1] = make_profile(zero);
	open_runs(&r);
	err = (struct pgo_error){0};
	assert_int_equal(pgo_calibrate(&c, &r.panel, NULL, PGO_RECORDS_NORMAL, 0.05, 0.9, &err), PGO_EINVAL);
	assert_string_equal(err.message, "profile 2 has no counts");
	close_runs(&r);
}

/* Policy files. */
static void parse_fails(const char *text, uint64_t line, const char *message)
{
	struct pgo_policy policy = pgo_policy_defaults();
	struct pgo_error err = {0};
	assert_int_equal(pgo_policy_parse(&policy, text, strlen(text), &err), PGO_EINVAL);
	assert_string_equal(err.message, message);
	assert_int_equal(err.is_line ? err.offset : 0, line);
	assert_int_equal(policy.set, 0);
}

static void test_policy_files(void **unused)
{
	(void)unused;
	static const char good[] =
		"# a manifest\ncorpus: lua\nworkloads:\n  - id: x\n    gate: y\ngate: # thresholds\n\n"
		"  max_under_served: 0.31   # comment\n# in between\n    min_retained: 5e-1\r\nmeasure:\n"
		"  runs: many\n";
	struct pgo_policy policy = pgo_policy_defaults();
	struct pgo_error err = {0};
	if (pgo_policy_parse(&policy, good, strlen(good), &err) != PGO_OK)
		fail_msg("%s", err.message);
	assert_near(policy.max_under_served, 0.31, 0);
	assert_near(policy.min_retained, 0.5, 0);
	assert_int_equal(__builtin_popcount(policy.set), 2);
	parse_fails("", 0, "there is no 'gate:' section");
	parse_fails("corpus: x\n", 0, "there is no 'gate:' section");
	parse_fails("gate: {max_missed: 0.1}\n", 1, "'gate:' must be followed by indented lines 'name: number'");
	parse_fails("gate:\n  max_missed: high\n", 2, "gate: max_missed must be a number, not 'high'");
	parse_fails("gate:\n  max_missed: nan\n", 2, "gate: max_missed must be a number, not 'nan'");
	parse_fails("gate:\n  max_missed:\n", 2, "gate: max_missed must be a number, not ''");
	parse_fails("gate:\n  max_missed 0.1\n", 2, "gate: 'max_missed 0.1' is no 'name: number'");
	parse_fails("gate:\n  max_misses: 0.1\n", 2, "gate: no gate threshold is called 'max_misses'");
	parse_fails("gate:\n  max_missed: 0.1\n\n  max_missed: 0.2\n", 4, "gate: max_missed is given twice");
	parse_fails("gate:\n  max_missed: 0.1\ngate:\n", 3, "a second 'gate:' section");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_comparisons),
		cmocka_unit_test(test_ranks_and_rates),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_false_alarms_of_a_further_workload),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_policy_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
