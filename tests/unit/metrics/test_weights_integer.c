/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pgo/weights.h"

enum { MOST = 1000 };

static uint64_t state = 88172645463325252u;

static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* Oracle: sums in integers, shares in long double, nothing taken from the code under test. */
static long double worst_share_error(const uint64_t *weights, const uint64_t *masses, const double *shares, size_t n)
{
	unsigned __int128 sum = 0;
	long double worst = 0;
	for (size_t i = 0; i < n; i++)
		sum += (unsigned __int128)weights[i] * masses[i];
	for (size_t i = 0; i < n; i++) {
		long double share = (long double)((unsigned __int128)weights[i] * masses[i]) / (long double)sum;
		long double error = fabsl(share - (long double)shares[i]) / (long double)shares[i];
		worst = error > worst ? error : worst;
	}
	return worst;
}

static unsigned __int128 weighted_sum(const uint64_t *weights, const uint64_t *masses, size_t n)
{
	unsigned __int128 sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (unsigned __int128)weights[i] * masses[i];
	return sum;
}

static void run(uint64_t *weights, double *effective, const uint64_t *masses, const double *shares, size_t n)
{
	double as_double[MOST] = {0};
	for (size_t i = 0; i < n; i++)
		as_double[i] = (double)masses[i];
	pgo_integer_weights(weights, effective, as_double, shares, n);
	for (size_t i = 0; i < n; i++)
		assert_true(weights[i] >= 1);
}

static void test_equal_masses_need_no_weights(void **unused)
{
	(void)unused;
	uint64_t weights[3], masses[] = {5000, 5000, 5000};
	double effective[3], shares[] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
	run(weights, effective, masses, shares, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(weights[i], 1);
		assert_true(fabs(effective[i] - 1 / 3.0) < 1e-12);
	}
}

static void test_one_workload(void **unused)
{
	(void)unused;
	uint64_t weight, mass = 123456789;
	double effective, share = 1;
	run(&weight, &effective, &mass, &share, 1);
	assert_int_equal(weight, 1);
	assert_true(effective == 1);
}

static void test_masses_of_1_and_1e18(void **unused)
{
	(void)unused;
	uint64_t weights[2], masses[] = {1, 1000000000000000000u};
	double effective[2], shares[] = {0.5, 0.5};
	run(weights, effective, masses, shares, 2);
	assert_true(worst_share_error(weights, masses, shares, 2) < 0.001L);
	assert_true(weighted_sum(weights, masses, 2) <= (unsigned __int128)1 << 63);
	assert_true(fabs(effective[0] - 0.5) < 0.0005);
}

static void test_unequal_shares_of_extreme_masses(void **unused)
{
	(void)unused;
	uint64_t weights[3], masses[] = {1, 1000000000000u, 1000000000000000u};
	double effective[3], shares[] = {0.2, 0.3, 0.5};
	run(weights, effective, masses, shares, 3);
	assert_true(worst_share_error(weights, masses, shares, 3) < 0.001L);
	assert_true(weighted_sum(weights, masses, 3) <= (unsigned __int128)1 << 63);
}

/* The bound holds wherever 1000 times the largest mass over its share fits below 2^63. */
static void test_random_sets_keep_the_bound(void **unused)
{
	(void)unused;
	static uint64_t weights[MOST], masses[MOST];
	static double effective[MOST], shares[MOST];
	for (int round = 0; round < 300; round++) {
		size_t n = 2 + (size_t)(uniform() * 30);
		double sum = 0;
		for (size_t i = 0; i < n; i++) {
			masses[i] = (uint64_t)pow(10, 3 + 9 * uniform());
			sum += shares[i] = 0.1 + uniform();
		}
		for (size_t i = 0; i < n; i++)
			shares[i] /= sum;
		run(weights, effective, masses, shares, n);
		assert_true(worst_share_error(weights, masses, shares, n) < 0.001L);
		assert_true(weighted_sum(weights, masses, n) <= (unsigned __int128)1 << 63);
		for (size_t i = 0; i < n; i++)
			assert_true(fabs(effective[i] - shares[i]) < 0.001 * shares[i]);
	}
}

static void test_a_thousand_workloads(void **unused)
{
	(void)unused;
	static uint64_t weights[MOST], masses[MOST];
	static double effective[MOST], shares[MOST];
	for (size_t i = 0; i < MOST; i++) {
		masses[i] = 1000 + (uint64_t)(1e9 * uniform());
		shares[i] = 1.0 / MOST;
	}
	run(weights, effective, masses, shares, MOST);
	assert_true(worst_share_error(weights, masses, shares, MOST) < 0.001L);
	assert_true(weighted_sum(weights, masses, MOST) <= (unsigned __int128)1 << 63);
}

/* Where the masses alone come near the limit, weights give way, never the limit. */
static void test_huge_masses_never_pass_the_limit(void **unused)
{
	(void)unused;
	uint64_t weights[4], masses[4];
	double effective[4], shares[4];
	for (int round = 0; round < 300; round++) {
		double sum = 0;
		for (int i = 0; i < 4; i++) {
			masses[i] = 1 + (uint64_t)(2e18 * pow(uniform(), 3));
			sum += shares[i] = 0.05 + uniform();
		}
		for (int i = 0; i < 4; i++)
			shares[i] /= sum;
		run(weights, effective, masses, shares, 4);
		unsigned __int128 unweighted = 0;
		for (int i = 0; i < 4; i++)
			unweighted += masses[i];
		assert_true(unweighted <= (unsigned __int128)1 << 63);
		assert_true(weighted_sum(weights, masses, 4) <= (unsigned __int128)1 << 63);
	}
	uint64_t largest[] = {8000000000000000000u, 8000000000000000000u}; /* beyond it even unweighted */
	double half[] = {0.5, 0.5};
	run(weights, effective, largest, half, 2);
	assert_int_equal(weights[0], 1);
	assert_int_equal(weights[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_masses_need_no_weights),
		cmocka_unit_test(test_one_workload),
		cmocka_unit_test(test_masses_of_1_and_1e18),
		cmocka_unit_test(test_unequal_shares_of_extreme_masses),
		cmocka_unit_test(test_random_sets_keep_the_bound),
		cmocka_unit_test(test_a_thousand_workloads),
		cmocka_unit_test(test_huge_masses_never_pass_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
