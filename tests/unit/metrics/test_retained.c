/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/metrics.h"

/* The forecast in C on the measured cells it was fitted on: the coefficient stands in the code by hand. */

#define MAX_CELLS 1500
#define MAX_COLUMNS 32

struct cell {
	double kept, overlap;
	struct pgo_retained predicted;
};

/* What the forecast makes of these masses; dominant: share of the reference at its functions' largest counters. */
static struct pgo_retained forecast(const struct pgo_profile *p, struct pgo_decisions decisions, double dominant)
{
	struct pgo_comparison c = {.train_profile = p, .test_profile = p, .join_rate = 1, .decisions = decisions};
	c.train.summary.total = c.test.summary.total = 5;
	c.test.skew.dominant_share = dominant;
	pgo_retained_estimate(&c);
	return c.retained;
}

static size_t split(char *line, char *fields[MAX_COLUMNS])
{
	size_t n = 0;
	for (char *at = line; at && n < MAX_COLUMNS; n++) {
		fields[n] = at;
		at = strpbrk(at, ",\n");
		if (at)
			*at++ = '\0';
	}
	return n;
}

static const char *field(char *const names[], char *const fields[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return fields[i];
	fail_msg("the table lacks the column '%s'", name);
	return NULL;
}

/* Cells the fit rests on: gain of at least 5 %, no micro-benchmark as the test, not trained on the test itself. */
static size_t load(struct cell *cells, size_t n, const char *path, const struct pgo_profile *p)
{
	char header[512], line[512], *names[MAX_COLUMNS], *fields[MAX_COLUMNS];
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(header, sizeof header, f));
	size_t columns = split(header, names);
	while (fgets(line, sizeof line, f)) {
		split(line, fields);
#define TEXT(name) field(names, fields, columns, name)
#define NUMBER(name) strtod(TEXT(name), NULL)
		if (NUMBER("gain") < 0.05 || strcmp(TEXT("test_kind"), "micro") == 0 ||
		    strcmp(TEXT("train"), TEXT("test")) == 0 || strcmp(TEXT("train_kind"), "selfw") == 0)
			continue;
		assert_true(n < MAX_CELLS);
		struct pgo_decisions d = {.under_served = NUMBER("under_served_mass"),
					  .under_served_999 = NUMBER("under_served_999_mass"),
					  .shape_tv = NUMBER("shape_tv")};
		cells[n++] = (struct cell){.kept = NUMBER("kept"),
					   .overlap = NUMBER("overlap_ratio"),
					   .predicted = forecast(p, d, NUMBER("dominant"))};
#undef NUMBER
#undef TEXT
	}
	fclose(f);
	return n;
}

/* Chance that a build that keeps less than half scores below one that keeps more. */
static double auc(const struct cell *cells, size_t n, bool by_overlap)
{
	double wins = 0, pairs = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			if (!(cells[i].kept < 0.5 && cells[j].kept >= 0.5))
				continue;
			double low = by_overlap ? cells[i].overlap : cells[i].predicted.estimate;
			double high = by_overlap ? cells[j].overlap : cells[j].predicted.estimate;
			wins += low < high ? 1 : low == high ? 0.5 : 0;
			pairs++;
		}
	return wins / pairs;
}

static void the_forecast_orders_measured_builds(void **state)
{
	(void)state;
	static struct cell cells[MAX_CELLS];
	const struct spec specs[] = {{"f", 1, 0, {5, END}}, {0}};
	struct pgo_profile *p = make_profile(specs);
	size_t six = load(cells, 0, FIXTURES "/../validation/data/cells.csv", p);
	size_t n = load(cells, six, FIXTURES "/../validation/data/external.csv", p);
	assert_true(six > 300 && n > 600);
	double error = 0, mean = 0;
	size_t inside = 0;
	for (size_t i = 0; i < n; i++) {
		const struct pgo_retained *r = &cells[i].predicted;
		double kept = cells[i].kept, cut = kept < -0.5 ? -0.5 : kept > 1.2 ? 1.2 : kept;
		assert_true(r->present);
		assert_true(r->low < r->estimate && r->estimate <= r->high && r->high <= 1);
		error += pow(r->estimate - cut, 2) / (double)n;
		mean += (kept - r->estimate) / (double)n;
		inside += kept >= r->low && (kept > 1 ? 1 : kept) <= r->high;
	}
	/* In the fit, so a little better than leave-one-program-out: 0.922, 0.233 and 0.91 there. */
	assert_true(auc(cells, six, false) > auc(cells, six, true) + 0.1);
	assert_true(auc(cells + six, n - six, false) > auc(cells + six, n - six, true) + 0.15);
	assert_true(auc(cells, n, false) > 0.92);
	assert_true(sqrt(error) < 0.235);
	assert_true(fabs(mean) < 0.05);
	assert_true((double)inside > 0.9 * (double)n);
	pgo_profile_free(p);
}

static void the_forecast_is_monotone(void **state)
{
	(void)state;
	const struct spec specs[] = {{"f", 1, 0, {5, END}}, {0}};
	struct pgo_profile *p = make_profile(specs);
	/* nothing differs: all is kept, whatever the program's shape */
	assert_near(forecast(p, (struct pgo_decisions){0}, 1).estimate, 1, 0);
	assert_near(forecast(p, (struct pgo_decisions){0}, 0.1).estimate, 1, 0);
	/* by hand: 1 - 0.232 (1 + 2 * 0.5) (0.25 + 0.2 + 0.3) */
	struct pgo_decisions d = {.under_served = 0.25, .under_served_999 = 0.04, .shape_tv = 0.09};
	assert_near(forecast(p, d, 0.5).estimate, 0.652, 1e-12);
	assert_near(forecast(p, d, 0).estimate, 1 - 0.232 * 0.75, 1e-12);
	for (double x = 0; x < 1; x += 0.125)
		for (unsigned which = 0; which < 3; which++) {
			struct pgo_decisions less = {.under_served = 0.5, .under_served_999 = 0.25, .shape_tv = 0.5};
			double *mass = which == 0   ? &less.under_served
				       : which == 1 ? &less.under_served_999
						    : &less.shape_tv;
			*mass = x;
			double before = forecast(p, less, 0.4).estimate;
			*mass = x + 0.125;
			assert_true(forecast(p, less, 0.4).estimate < before);
		}
	/* the same difference costs a program with one busy counter a function more */
	assert_true(forecast(p, d, 0.9).estimate < forecast(p, d, 0.2).estimate);
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_forecast_orders_measured_builds),
		cmocka_unit_test(the_forecast_is_monotone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
