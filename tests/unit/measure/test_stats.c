/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/measure/measure_internal.h"

#define ORACLE FIXTURES "/../validation/measure_oracle.txt" /* written by measure_oracle.py: scipy */

static void assert_close(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%.10g is not within %g of %.10g", value, tolerance, expected);
}

static void test_median(void **state)
{
	(void)state;
	double values[100];
	assert_true(isnan(measure_median(NULL, 0)));
	assert_true(measure_median((double[]){7}, 1) == 7);
	assert_true(measure_median((double[]){3, 1}, 2) == 2);
	assert_true(measure_median((double[]){3, 1, 2}, 3) == 2);
	assert_true(measure_median((double[]){9, 1, 4, 2}, 4) == 3);
	for (int i = 0; i < 100; i++)
		values[i] = (i * 37) % 100; /* 0..99 in another order: the long way of sorting */
	assert_true(measure_median(values, 100) == 49.5);
	assert_true(values[1] == 37); /* the input is left alone */
}

static void test_spread(void **state)
{
	(void)state;
	/* Median 10; deviations 0 1 2 2 90: their median is 2. */
	assert_close(measure_spread((double[]){10, 9, 8, 12, 100}, 5), 0.2, 1e-15);
	assert_true(measure_spread((double[]){5, 5, 5}, 3) == 0);
	assert_true(measure_spread(NULL, 0) == 0);
	assert_true(measure_spread((double[]){0, 0, 1}, 3) == 0);
}

static void test_wilcoxon_by_hand(void **state)
{
	(void)state;
	double a[] = {100, 100, 100, 100, 100}, all_up[] = {101, 102, 103, 104, 105};
	/* All five up: 1 of 32 sign patterns on each side. */
	assert_close(measure_wilcoxon(a, all_up, 5), 2.0 / 32, 1e-15);
	assert_close(measure_wilcoxon(all_up, a, 5), 2.0 / 32, 1e-15);
	/* Only the smallest down: rank sums 0 and 1, so 2 patterns on each side. */
	assert_close(measure_wilcoxon(a, (double[]){99.9, 102, 103, 104, 105}, 5), 4.0 / 32, 1e-15);
	/* One pair says nothing, none even less; zeros drop out. */
	assert_true(measure_wilcoxon(a, all_up, 1) == 1);
	assert_true(measure_wilcoxon(a, all_up, 0) == 1);
	assert_close(measure_wilcoxon(a, (double[]){101, 102, 100, 100, 103}, 5), 2.0 / 8, 1e-15);
	/* Two equal changes up and down share rank 1.5; both ways are as extreme as it gets. */
	assert_true(measure_wilcoxon((double[]){100, 101}, (double[]){101, 100}, 2) == 1);
}

static void read_pairs(FILE *file, size_t n, double *a, double *b)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fscanf(file, "%lf %lf", &a[i], &b[i]), 2);
}

static void check_interval(const char *name, const double expected[3], double ratio, double low, double high)
{
	/* Both sides resample at random: the ends may differ by a small part of the width. */
	double tolerance = 0.06 * (expected[2] - expected[1]);
	print_message("%s: [%.5f, %.5f], scipy [%.5f, %.5f]\n", name, low, high, expected[1], expected[2]);
	assert_close(ratio, expected[0], 1e-9);
	assert_close(low, expected[1], tolerance);
	assert_close(high, expected[2], tolerance);
}

static void check_bca(FILE *file, const char *name, size_t n)
{
	double expected[3], a[64], b[64], ratio, low, high;
	assert_int_equal(fscanf(file, "%lf %lf %lf", &expected[0], &expected[1], &expected[2]), 3);
	read_pairs(file, n, a, b);
	measure_ratio_bca(a, b, n, 1, 0.95, &ratio, &low, &high);
	check_interval(name, expected, ratio, low, high);
}

static void check_geomean(FILE *file, const char *name, size_t count)
{
	double expected[3], a[4][64], b[4][64], ratio, low, high;
	struct measure_pairs strata[4];
	assert_int_equal(fscanf(file, "%lf %lf %lf", &expected[0], &expected[1], &expected[2]), 3);
	for (size_t k = 0; k < count; k++) {
		assert_int_equal(fscanf(file, "%zu", &strata[k].n), 1);
		read_pairs(file, strata[k].n, a[k], b[k]);
		strata[k].a = a[k];
		strata[k].b = b[k];
	}
	measure_geomean_bca(strata, count, 1, 0.95, &ratio, &low, &high);
	check_interval(name, expected, ratio, low, high);
}

static void test_oracle(void **state)
{
	(void)state;
	char kind[16], name[32];
	size_t n;
	int kinds[3] = {0};
	double p, a[64], b[64];
	FILE *file = fopen(ORACLE, "re");
	assert_non_null(file);
	while (fscanf(file, "%15s %31s %zu", kind, name, &n) == 3) {
		assert_in_range(n, 1, 64);
		if (strcmp(kind, "wilcoxon") == 0) {
			assert_int_equal(fscanf(file, "%lf", &p), 1);
			read_pairs(file, n, a, b);
			print_message("%s: %.6g\n", name, p);
			assert_close(measure_wilcoxon(a, b, n), p, 1e-9);
			kinds[0]++;
		} else if (strcmp(kind, "bca") == 0) {
			check_bca(file, name, n);
			kinds[1]++;
		} else {
			assert_string_equal(kind, "geomean");
			check_geomean(file, name, n);
			kinds[2]++;
		}
	}
	fclose(file);
	assert_int_equal(kinds[0], 11);
	assert_int_equal(kinds[1], 4);
	assert_int_equal(kinds[2], 2);
}

static void test_interval_of_few_and_degenerate_pairs(void **state)
{
	(void)state;
	double ratio, low, high, a[] = {100, 100, 100, 100}, b[] = {90, 90, 90, 90}, zero[] = {0, 0, 0, 0};
	measure_ratio_bca(a, b, 2, 1, 0.95, &ratio, &low, &high);
	assert_close(ratio, 0.9, 1e-15);
	assert_true(isnan(low) && isnan(high));
	measure_ratio_bca(a, b, 0, 1, 0.95, &ratio, &low, &high);
	assert_true(isnan(ratio) && isnan(low) && isnan(high));
	measure_ratio_bca(a, b, 4, 1, 0.95, &ratio, &low, &high);
	assert_close(ratio, 0.9, 1e-15);
	assert_close(low, 0.9, 1e-15);
	assert_close(high, 0.9, 1e-15);
	/* one pair without a cost: the ratio stands, but some resamples have none, so there is no interval (not half of
	 * one) */
	measure_ratio_bca((double[]){0, 4, 4, 4}, b, 4, 1, 0.95, &ratio, &low, &high);
	assert_true(isfinite(ratio) && isnan(low) && isnan(high));
	measure_ratio_bca(zero, b, 4, 1, 0.95, &ratio, &low, &high);
	assert_true(isnan(ratio) && isnan(low) && isnan(high));
}

static void test_seed(void **state)
{
	(void)state;
	double a[] = {100, 104, 98, 101, 99, 107, 100, 95}, b[] = {91, 99, 88, 95, 93, 90, 102, 94};
	double ratio, low[3], high[3];
	measure_ratio_bca(a, b, 8, 7, 0.95, &ratio, &low[0], &high[0]);
	measure_ratio_bca(a, b, 8, 7, 0.95, &ratio, &low[1], &high[1]);
	measure_ratio_bca(a, b, 8, 7, 0.5, &ratio, &low[2], &high[2]);
	assert_true(low[0] == low[1] && high[0] == high[1]);
	assert_true(low[0] < low[2] && low[2] <= ratio && ratio <= high[2] && high[2] < high[0]);
}

/* Seeded: the share of 95 % intervals that hold the true ratio 0.9, log-normal noise of 3 %, n pairs. */
static double coverage(size_t n, int trials)
{
	double a[32], b[32], ratio, low, high;
	int held = 0;
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
	gsl_rng_set(rng, 5);
	for (int t = 0; t < trials; t++) {
		for (size_t i = 0; i < n; i++) {
			a[i] = 100 * exp(gsl_ran_gaussian(rng, 0.03));
			b[i] = 90 * exp(gsl_ran_gaussian(rng, 0.03));
		}
		measure_ratio_bca(a, b, n, (uint64_t)t, 0.95, &ratio, &low, &high);
		held += low <= 0.9 && 0.9 <= high;
	}
	gsl_rng_free(rng);
	return (double)held / trials;
}

static void test_coverage(void **state)
{
	(void)state;
	double held = coverage(10, 600);
	print_message("coverage: %.3f with 10 pairs\n", held);
	/* 2,500 trials gave 0.936 with 10 pairs and 0.949 with 20; standard error of 600: 0.010. Too wide would be as
	 * wrong. */
	assert_close(held, 0.936, 0.03);
}

static void fill(struct measure_samples *samples, struct measure_workload *w, double scale, double noise, double *room)
{
	for (int i = 0; i < 10; i++) {
		room[i] = 100 * (1 + noise * ((i * 7) % 10 - 4.5) / 4.5);
		room[10 + i] = 100 * scale * (1 + noise * ((i * 3) % 10 - 4.5) / 4.5);
	}
	*samples = (struct measure_samples){.cost = {room, room + 10}, .pairs = 10};
	w->pairs = 10;
	w->outputs_equal = true;
	w->spread = measure_spread(room, 10);
	measure_ratio_bca(room, room + 10, 10, 1, 0.95, &w->ratio, &w->low, &w->high);
}

static void test_recommendation(void **state)
{
	(void)state;
	double room[2][20];
	struct measure_samples samples[2];
	struct measure_workload workloads[2] = {{0}, {.guard = true}};
	struct measure_options options = {.min_effect = 0.01, .seed = 1};
	struct measure_result result = {.workloads = workloads, .workload_count = 2};
	fill(&samples[1], &workloads[1], 5, 0.001, room[1]); /* a guard does not enter the mean */

	fill(&samples[0], &workloads[0], 1, 0.001, room[0]);
	measure_summarize(&result, samples, &options);
	assert_close(result.ratio, 1, 0.001);
	assert_false(result.noisy);
	assert_true(result.outputs_equal);
	assert_string_equal(result.recommendation, "");

	fill(&samples[0], &workloads[0], 1, 0.05, room[0]);
	measure_summarize(&result, samples, &options);
	assert_true(result.noisy);
	char expected[256];
	snprintf(expected, sizeof expected,
		 "interval ±%.1f %% is wider than the ±1.0 %% of min_effect; use --method cachegrind",
		 100 * (result.high - result.low) / 2 / result.ratio);
	assert_string_equal(result.recommendation, expected);
	assert_in_range((int)(1000 * (result.high - result.low) / 2), 20, 100);

	result = (struct measure_result){.workloads = workloads, .workload_count = 2};
	fill(&samples[0], &workloads[0], 0.5, 0.05, room[0]); /* as noisy, but nobody doubts that it is faster */
	measure_summarize(&result, samples, &options);
	assert_false(result.noisy);

	workloads[1].outputs_equal = false;
	measure_summarize(&result, samples, &options);
	assert_false(result.outputs_equal);
	result = (struct measure_result){.workloads = workloads + 1, .workload_count = 1};
	measure_summarize(&result, samples + 1, &options);
	assert_true(isnan(result.ratio));
	assert_false(result.noisy);
}

static void test_wilcoxon_slower_by_hand(void **state)
{
	(void)state;
	double a[] = {100, 100, 100, 100, 100}, all_up[] = {101, 102, 103, 104, 105};
	assert_close(measure_wilcoxon_slower(a, all_up, 5), 1.0 / 32, 1e-15);
	assert_close(measure_wilcoxon_slower(all_up, a, 5), 1, 1e-15); /* faster is never slower */
	/* Only the smallest down: rank sums of 0 and 1 are at most 1. */
	assert_close(measure_wilcoxon_slower(a, (double[]){99.9, 102, 103, 104, 105}, 5), 2.0 / 32, 1e-15);
	assert_true(measure_wilcoxon_slower(a, a, 5) == 1);
	assert_true(measure_wilcoxon_slower(a, all_up, 0) == 1);
}

static void test_holm_by_hand(void **state)
{
	(void)state;
	/* Holm 1979: 4 · .01, 3 · .015, then 2 · .02 = .04 is lifted to the .045 before it, 1 · .5. */
	double p[] = {0.02, 0.5, NAN, 0.01, 0.015};
	measure_holm(p, 5);
	assert_close(p[3], 0.04, 1e-15);
	assert_close(p[4], 0.045, 1e-15);
	assert_close(p[0], 0.045, 1e-15);
	assert_close(p[1], 0.5, 1e-15);
	assert_true(isnan(p[2]));
	double alone[] = {0.03}, many[] = {0.4, 0.6};
	measure_holm(alone, 1);
	assert_close(alone[0], 0.03, 1e-15);
	measure_holm(many, 2);
	assert_close(many[0], 0.8, 1e-15);
	assert_close(many[1], 0.8, 1e-15);
	measure_holm(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_wilcoxon_by_hand),
		cmocka_unit_test(test_wilcoxon_slower_by_hand),
		cmocka_unit_test(test_holm_by_hand),
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_interval_of_few_and_degenerate_pairs),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_recommendation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
