/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/metrics.h"

/* The forecast in C on the measured cells it was fitted on: the coefficients stand in the code by hand. */

#define MAX_CELLS 1000

struct cell {
	double gain, kept, predicted, overlap;
	bool real;
};

static size_t load(struct cell *cells)
{
	FILE *f = fopen(FIXTURES "/../validation/data/cells.csv", "r");
	char line[512], train[64], test[64], train_kind[32], test_kind[32], program[32];
	size_t n = 0;
	const struct spec specs[] = {{"f", 1, 0, {5, END}}, {0}};
	struct pgo_profile *p = make_profile(specs);
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	assert_string_equal(line,
			    "program,train,test,train_kind,test_kind,gain,kept,overlap_ratio,jsd_bits,missed_mass,"
			    "demoted_mass,under_served_mass,under_served_999_mass,under_served_function_mass,"
			    "misweighted_mass,shape_tv\n");
	while (fgets(line, sizeof line, f) && n < MAX_CELLS) {
		struct cell *c = &cells[n];
		struct pgo_comparison comparison = {.train_profile = p, .test_profile = p, .join_rate = 1};
		double skip_jsd, missed, demoted, us999, us_function, misweighted;
		comparison.train.summary.total = comparison.test.summary.total = 5;
		assert_int_equal(
			sscanf(line,
			       "%31[^,],%63[^,],%63[^,],%31[^,],%31[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf",
			       program, train, test, train_kind, test_kind, &c->gain, &c->kept, &c->overlap, &skip_jsd,
			       &missed, &demoted, &comparison.decisions.under_served, &us999, &us_function,
			       &misweighted, &comparison.decisions.shape_tv),
			16);
		if (c->gain < 0.1 || strcmp(test_kind, "real") != 0 || strcmp(train, test) == 0)
			continue;
		pgo_retained_estimate(&comparison);
		assert_true(comparison.retained.present);
		assert_true(comparison.retained.low < comparison.retained.estimate);
		assert_true(comparison.retained.high <= 1);
		c->predicted = comparison.retained.estimate;
		n++;
	}
	fclose(f);
	pgo_profile_free(p);
	return n;
}

static double auc(const struct cell *cells, size_t n, bool by_overlap)
{
	double wins = 0, pairs = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			if (!(cells[i].kept < 0.5 && cells[j].kept >= 0.5))
				continue;
			double low = by_overlap ? cells[i].overlap : cells[i].predicted;
			double high = by_overlap ? cells[j].overlap : cells[j].predicted;
			wins += low < high ? 1 : low == high ? 0.5 : 0;
			pairs++;
		}
	return wins / pairs;
}

static void the_forecast_orders_measured_builds(void **state)
{
	(void)state;
	static struct cell cells[MAX_CELLS];
	size_t n = load(cells);
	assert_true(n > 100);
	double error = 0;
	for (size_t i = 0; i < n; i++)
		error += pow(cells[i].predicted - cells[i].kept, 2);
	/* In the fit, so a little better than leave-one-program-out: 0.95 and 0.18 there. */
	assert_true(auc(cells, n, false) > 0.94);
	assert_true(auc(cells, n, false) > auc(cells, n, true) + 0.1);
	assert_true(sqrt(error / (double)n) < 0.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_forecast_orders_measured_builds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
