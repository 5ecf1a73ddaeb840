/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/metrics.h"

/* Expected numbers: scipy, by tests/validation/oracle.py on the same profiles. */

static void g_and_ks_tests_equal_scipy(void **state)
{
	(void)state;
	const struct spec a_specs[] = {
		{"f", 1, 0, {300, 100, 50, END}}, {"g", 2, 0, {200, 40, END}}, {"h", 3, 0, {250, 20, 40, END}}, {0}};
	const struct spec b_specs[] = {
		{"f", 1, 0, {290, 115, 45, END}}, {"g", 2, 0, {205, 30, END}}, {"h", 3, 0, {255, 10, 50, END}}, {0}};
	static const struct {
		const char *name;
		double p, q, ks, tv, jsd;
	} expected[] = {
		{"f", 0.218055369731247, 0.218055369731247, 0.892778337250111, 0.0333333333333333, 0.00118632928059827},
		{"g", 0.103913096808691, 1.5 * 0.103913096808691, 0.650425686451246, 0.0390070921985816,
		 0.00219180982591336},
		{"h", 0.0033406040919564, 3 * 0.0033406040919564, 0.695416892806951, 0.0327700972862263,
		 0.00521466466617552},
	};
	struct pgo_profile *a = make_profile(a_specs), *b = make_profile(b_specs);
	struct pgo_comparison c = compared(a, b);
	assert_int_equal(c.tested_functions, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct pgo_function_comparison *f = row_of(&c, expected[i].name);
		assert_near(f->p_value.value, expected[i].p, 1e-9);
		assert_near(f->q_value.value, expected[i].q, 1e-9);
		assert_near(f->ks_p_value.value, expected[i].ks, 1e-9);
		assert_near(f->shape_tv.value, expected[i].tv, 1e-12);
		assert_near(f->shape_jsd_bits.value, expected[i].jsd, 1e-12);
	}
	assert_near(c.jsd_bits, 0.00271812301786437, 1e-12);
	assert_near(c.hellinger, 0.0435138596020118, 1e-12);
	assert_near(c.train.skew.effective_counters, 5.72847105274907, 1e-11);
	assert_near(c.train.skew.effective_functions, 2.9005579438486, 1e-11);
	/* h differs beyond chance, but by no effect a person would care for */
	assert_true(row_of(&c, "h")->q_value.value < 0.05);
	assert_int_equal(c.flagged_functions, 0);
	pgo_comparison_release(&c);
	/* a lower bar for the effect, and the same evidence flags it */
	struct pgo_compare_options options = pgo_compare_defaults();
	struct pgo_error err = {0};
	options.effect_tv = 0.03;
	assert_int_equal(pgo_compare(&c, a, b, &options, &err), PGO_OK);
	assert_int_equal(c.flagged_functions, 1);
	assert_true(row_of(&c, "h")->flagged);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void small_functions_are_not_tested(void **state)
{
	(void)state;
	const struct spec a_specs[] = {{"f", 1, 0, {1000000, END}}, {"g", 2, 0, {2, END}}, {0}};
	const struct spec b_specs[] = {{"f", 1, 0, {1000000, END}}, {"g", 2, 0, {8, END}}, {0}};
	struct pgo_profile *a = make_profile(a_specs), *b = make_profile(b_specs);
	struct pgo_comparison c = compared(a, b);
	assert_int_equal(c.tested_functions, 1); /* g's mean share is 5e-6 */
	assert_false(row_of(&c, "g")->p_value.present);
	assert_false(row_of(&c, "g")->q_value.present);
	assert_false(row_of(&c, "f")->ks_p_value.present); /* one counter has no shape */
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void the_kolmogorov_tail_equals_scipy(void **state)
{
	(void)state;
	static const double values[][2] = {
		{0.03, 1},
		{0.3, 0.999990694198665},
		{0.7, 0.711235195029689},
		{1.0, 0.269999671677355},
		{1.17, 0.129390042185619},
		{1.19, 0.117742292879772},
		{1.5, 0.0222179626165251},
		{2.5, 7.45330634415734e-06},
		{0, 1},
		{-1, 1},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_near(pgo_kolmogorov_q(values[i][0]), values[i][1], 1e-12);
	assert_near(pgo_kolmogorov_q(40), 0, 0);
}

static void rank_correlations_equal_scipy(void **state)
{
	(void)state;
	const double x[] = {0.1, 0.2, 0.2, 0.0, 0.5, 0.3, 0.0, 0.2}, y[] = {0.3, 0.1, 0.0, 0.0, 0.6, 0.1, 0.2, 0.1};
	const double flat[] = {1, 1, 1, 1, 1, 1, 1, 1};
	struct pgo_optional spearman, kendall;
	assert_int_equal(pgo_rank_correlations(&spearman, &kendall, x, y, 8), PGO_OK);
	assert_near(spearman.value, 0.246835443037975, 1e-12);
	assert_near(kendall.value, 0.208333333333333, 1e-12);
	assert_int_equal(pgo_rank_correlations(&spearman, &kendall, x, x, 8), PGO_OK);
	assert_near(spearman.value, 1, 1e-12);
	assert_near(kendall.value, 1, 1e-12);
	assert_int_equal(pgo_rank_correlations(&spearman, &kendall, x, flat, 8), PGO_OK);
	assert_false(spearman.present || kendall.present);
	assert_int_equal(pgo_rank_correlations(&spearman, &kendall, x, y, 1), PGO_OK);
	assert_false(spearman.present || kendall.present);
}

/* Against counting every pair, on sizes where the radix sort is used and ties abound. */
static void kendall_equals_counting_all_pairs(void **state)
{
	(void)state;
	enum { N = 700 };
	double x[N], y[N], same = 0, other = 0, ties_x = 0, ties_y = 0, pairs = N * (N - 1) / 2.0;
	uint64_t seed = 7;
	for (int i = 0; i < N; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		x[i] = (double)(seed >> 60) / 3;
		y[i] = (double)((seed >> 40) % 50) * 1e-7 + x[i] * 1e-6;
	}
	for (int i = 0; i < N; i++)
		for (int j = 0; j < i; j++) {
			double s = (x[i] - x[j]) * (y[i] - y[j]);
			same += s > 0;
			other += s < 0;
			ties_x += x[i] == x[j];
			ties_y += y[i] == y[j];
		}
	struct pgo_optional spearman, kendall;
	assert_int_equal(pgo_rank_correlations(&spearman, &kendall, x, y, N), PGO_OK);
	assert_near(kendall.value, (same - other) / sqrt((pairs - ties_x) * (pairs - ties_y)), 1e-12);
}

static void benjamini_hochberg_is_the_step_up_procedure(void **state)
{
	(void)state;
	const double p[] = {0.01, 0.04, 0.03, 0.5, 0.02, 1.0}, q[] = {0.06, 0.06, 0.06, 0.6, 0.06, 1.0};
	struct pgo_tested tested[6] = {0};
	for (int i = 0; i < 6; i++)
		tested[i].p_value = p[i];
	assert_int_equal(pgo_benjamini_hochberg(tested, 6), PGO_OK);
	for (int i = 0; i < 6; i++)
		assert_near(tested[i].q_value, q[i], 1e-12);
	assert_int_equal(pgo_benjamini_hochberg(tested, 0), PGO_OK);
}

static void sums_of_the_largest_agree_with_sorting(void **state)
{
	(void)state;
	enum { N = 257 };
	double x[N], y[N], sums[2];
	uint64_t seed = 3;
	for (int i = 0; i < N; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		x[i] = (double)(seed >> 59);
		y[i] = i;
	}
	for (size_t n = 0; n <= N + 3; n++) {
		double expected = 0;
		size_t left = n;
		for (int value = 31; value > 0; value--)
			for (int i = 0; i < N && left; i++)
				if (x[i] == value) {
					expected += y[i];
					left--;
				}
		const size_t sizes[2] = {
			n, n / 2}; /* a larger one must not disturb a smaller one, nor the other way round */
		assert_int_equal(pgo_sums_of_top(sums, x, y, N, sizes, 2), PGO_OK);
		assert_near(sums[0], expected, 0);
		assert_int_equal(pgo_sums_of_top(sums, x, y, N, &sizes[1], 1), PGO_OK);
		double half = sums[0];
		assert_int_equal(pgo_sums_of_top(sums, x, y, N, sizes, 2), PGO_OK);
		assert_near(sums[1], half, 0);
	}
}

static void sorting_is_stable(void **state)
{
	(void)state;
	enum { N = 3000 };
	static struct pgo_keyed items[N];
	uint64_t seed = 11;
	for (uint32_t i = 0; i < N; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		items[i] = (struct pgo_keyed){.key = (seed >> 63 ? seed & 0xff000000000000ffu : seed % 5), .index = i};
	}
	assert_int_equal(pgo_sort_keyed(items, N), PGO_OK);
	for (int i = 1; i < N; i++)
		assert_true(items[i - 1].key < items[i].key ||
			    (items[i - 1].key == items[i].key && items[i - 1].index < items[i].index));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g_and_ks_tests_equal_scipy),
		cmocka_unit_test(small_functions_are_not_tested),
		cmocka_unit_test(the_kolmogorov_tail_equals_scipy),
		cmocka_unit_test(rank_correlations_equal_scipy),
		cmocka_unit_test(kendall_equals_counting_all_pairs),
		cmocka_unit_test(benjamini_hochberg_is_the_step_up_procedure),
		cmocka_unit_test(sums_of_the_largest_agree_with_sorting),
		cmocka_unit_test(sorting_is_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
