/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/sufficiency.h"

static struct pgo_sufficiency measured(struct runs *r, const struct pgo_sufficiency_options *options)
{
	struct pgo_sufficiency s;
	struct pgo_error err = {0};
	if (pgo_sufficiency_measure(&s, &r->panel, options, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return s;
}

/* Values of tests/validation/several_oracle.py: exhaustive enumeration of all sets. */
static void test_agrees_with_the_enumeration(void **unused)
{
	(void)unused;
	static const double missed[] = {0.751877838964847, 0.579990097498849, 0.484336775602006};
	struct runs r = oracle_runs(4);
	struct pgo_sufficiency_options options = pgo_sufficiency_defaults();
	options.max_missed = 0.01;
	struct pgo_sufficiency s = measured(&r, &options);
	assert_int_equal(s.point_count, 3);
	for (size_t k = 0; k < 3; k++) {
		assert_int_equal(s.points[k].workloads, k + 1);
		assert_near(s.points[k].expected, missed[k], 1e-12);
	}
	assert_near(s.missed_mean, missed[2], 1e-12);
	assert_near(s.singleton_mass, missed[2], 1e-12);
	assert_near(s.doubleton_mass, 0.28695996569053, 1e-12);
	assert_near(s.next.value, 0.404458823025014, 1e-12);
	assert_near(s.more.value, 21, 0);
	assert_near(s.chance_over, 3 / 5.0, 1e-15); /* two of four miss more than 1 % */
	assert_int_equal(s.functions_seen, 6);
	assert_int_equal(s.seen_once, 2);  /* e, g */
	assert_int_equal(s.seen_twice, 2); /* b, d */
	assert_int_equal(s.workloads[2].named, 1);
	assert_string_equal(s.workloads[2].functions[0].name, "e");
	assert_near(s.workloads[2].functions[0].share, 100203 / 100313.0, 1e-12);
	pgo_sufficiency_release(&s);
	close_runs(&r);
}

static double brute_force(const struct runs *r, const double *share, size_t k)
{
	size_t n = r->count, functions = r->panel.function_count, cases = 0;
	double sum = 0;
	for (uint32_t set = 0; set < 1u << n; set++) {
		if ((size_t)__builtin_popcount(set) != k)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (set >> i & 1)
				continue;
			cases++;
			for (size_t f = 0; f < functions; f++) {
				bool seen = false;
				for (size_t j = 0; j < n; j++)
					seen |= (set >> j & 1) && share[j * functions + f] > 0;
				sum += seen ? 0 : share[i * functions + f];
			}
		}
	}
	return sum / (double)cases;
}

/* All subsets, on random profiles; the random orders' mean is near too. */
static void test_curve_is_the_mean_over_all_sets(void **unused)
{
	(void)unused;
	for (int round = 0; round < 10; round++) {
		struct runs r = random_runs(7, 40, 0.15 + 0.05 * round);
		struct dense d = dense_of(&r);
		size_t functions = r.panel.function_count;
		double *share = calloc(r.count * functions + 1, sizeof *share);
		for (size_t i = 0; i < r.count; i++)
			for (size_t c = 0; c < d.counters; c++)
				share[i * functions + d.function[c]] += d.p[i * d.counters + c];
		struct pgo_sufficiency s = measured(&r, NULL);
		for (size_t k = 1; k < r.count; k++) {
			assert_near(s.points[k - 1].expected, brute_force(&r, share, k), 1e-12);
			assert_true(k == 1 || s.points[k - 1].expected <= s.points[k - 2].expected + 1e-12);
			assert_true(s.points[k - 1].low <= s.points[k - 1].median);
			assert_true(s.points[k - 1].median <= s.points[k - 1].high);
		}
		assert_true(s.next.value <= s.missed_mean);
		pgo_sufficiency_release(&s);
		free(share);
		close_dense(&d);
		close_runs(&r);
	}
}

/*
 * The estimate against the truth, where the population is known: functions of one chance of being run and equal mass.
 * There next is nearly unbiased; with chances that differ the truth lies between next and the leave-one-out mean.
 */
static void test_estimate_encloses_the_truth(void **unused)
{
	(void)unused;
	enum { ROUNDS = 300, N = 8, FUNCTIONS = 40 };
	for (int mixed = 0; mixed < 2; mixed++) {
		double low = 0, high = 0, truth = 0;
		for (int round = 0; round < ROUNDS; round++) {
			/* a ninth workload is the truth: what it misses of the first eight */
			struct spec specs[N + 1][FUNCTIONS + 1] = {0};
			static char names[FUNCTIONS][16];
			struct runs r = new_runs(N);
			bool seen[FUNCTIONS] = {false};
			double missed = 0, total = 0;
			for (int i = 0; i <= N; i++)
				for (int f = 0; f < FUNCTIONS; f++) {
					double chance = !mixed ? 0.25 : f % 4 == 0 ? 0.7 : f % 4 == 1 ? 0.2 : 0.04;
					bool runs = uniform() < chance || f == 0;
					snprintf(names[f], sizeof names[f], "f%02d", f);
					specs[i][f] = (struct spec){names[f], 1, 0, {runs ? 100 : 0, END}};
					if (i < N)
						seen[f] |= runs;
					total += i == N && runs;
					missed += i == N && runs && !seen[f];
				}
			for (int i = 0; i < N; i++)
				r.profiles[i] = make_profile(specs[i]);
			open_runs(&r);
			struct pgo_sufficiency_options options = pgo_sufficiency_defaults();
			options.orders = 1;
			struct pgo_sufficiency s = measured(&r, &options);
			low += s.next.value / ROUNDS;
			high += s.missed_mean / ROUNDS;
			truth += missed / total / ROUNDS;
			pgo_sufficiency_release(&s);
			close_runs(&r);
		}
		/* standard error of the truth over 300 rounds: about 0.005 */
		if (!(low - 0.012 < truth && truth < high + 0.012))
			fail_msg("%s: %g is not between %g and %g", mixed ? "mixed" : "alike", truth, low, high);
		if (!mixed)
			assert_near(low, truth, 0.012);
	}
}

static void test_orders_are_those_of_the_seed(void **unused)
{
	(void)unused;
	struct runs r = random_runs(6, 40, 0.2);
	struct pgo_sufficiency_options options = pgo_sufficiency_defaults();
	options.orders = 11;
	struct pgo_sufficiency a = measured(&r, &options), b = measured(&r, &options);
	options.seed = 2;
	struct pgo_sufficiency c = measured(&r, &options);
	bool differs = false;
	for (size_t k = 0; k < a.point_count; k++) {
		assert_true(a.points[k].median == b.points[k].median && a.points[k].low == b.points[k].low);
		differs |= a.points[k].median != c.points[k].median;
	}
	assert_true(differs);
	pgo_sufficiency_release(&a);
	pgo_sufficiency_release(&b);
	pgo_sufficiency_release(&c);
	close_runs(&r);
}

static void test_edges(void **unused)
{
	(void)unused;
	struct runs r = oracle_runs(1);
	struct pgo_sufficiency s = measured(&r, NULL);
	assert_int_equal(s.point_count, 0);
	assert_near(s.workloads[0].missed, 1, 1e-12);
	assert_false(s.next.present);
	/* fewer than five are not judged */
	assert_true(s.more.present && s.more.value == 4);
	pgo_sufficiency_release(&s);
	close_runs(&r);

	/* alike: nothing is missed */
	r = new_runs(2);
	r.profiles[0] = make_profile(oracle_specs[0]);
	r.profiles[1] = make_profile(oracle_specs[0]);
	open_runs(&r);
	s = measured(&r, NULL);
	assert_near(s.next.value, 0, 0);
	assert_true(s.more.present && s.more.value == 3);
	pgo_sufficiency_release(&s);
	struct pgo_sufficiency_options two = pgo_sufficiency_defaults();
	two.min_workloads = 2;
	s = measured(&r, &two);
	assert_true(s.more.present && s.more.value == 0);
	assert_near(s.points[0].expected, 0, 1e-15);
	pgo_sufficiency_release(&s);
	close_runs(&r);

	/* nothing in common: no doubletons, so nothing says how fast it falls */
	const struct spec x[] = {{"x", 1, 0, {5, END}}, {0}}, y[] = {{"y", 1, 0, {7, END}}, {0}},
			  zero[] = {{"y", 1, 0, {0, END}}, {0}};
	r = new_runs(3);
	r.profiles[0] = make_profile(x);
	r.profiles[1] = make_profile(y);
	r.profiles[2] = make_profile(zero); /* runs nothing, misses nothing */
	open_runs(&r);
	s = measured(&r, NULL);
	assert_near(s.workloads[2].missed, 0, 0);
	assert_near(s.missed_mean, 2 / 3.0, 1e-15);
	assert_near(s.next.value, 2 / 3.0, 1e-15);
	assert_true(s.more.present && s.more.value == 2);
	pgo_sufficiency_release(&s);
	s = measured(&r, &two);
	assert_false(s.more.present);
	pgo_sufficiency_release(&s);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_the_enumeration),
		cmocka_unit_test(test_curve_is_the_mean_over_all_sets),
		cmocka_unit_test(test_estimate_encloses_the_truth),
		cmocka_unit_test(test_orders_are_those_of_the_seed),
		cmocka_unit_test(test_edges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
