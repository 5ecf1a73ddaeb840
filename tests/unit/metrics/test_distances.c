/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/distances.h"

static const char *const files[] = {"REALEQ", "r_wordfreq", "r_dpkgsum", "m_loop", "SKEW_99", "REALEQ"};
#define FILES (sizeof files / sizeof files[0])

static void open_all(struct pgo_profile **out)
{
	for (size_t i = 0; i < FILES; i++) {
		char path[512];
		snprintf(path, sizeof path, FIXTURES "/dataset/%s.profdata", files[i]);
		assert_int_equal(pgo_profile_open(&out[i], path, NULL, NULL), PGO_OK);
	}
}

static double of_comparison(const struct pgo_comparison *c, enum pgo_distance kind)
{
	switch (kind) {
	case PGO_DISTANCE_HELLINGER:
		return c->hellinger;
	case PGO_DISTANCE_JSD:
		return c->jsd_bits;
	case PGO_DISTANCE_TV:
		return c->total_variation;
	case PGO_DISTANCE_UNDER_SERVED:
		return c->decisions.under_served;
	default:
		return c->decisions.missed_counters;
	}
}

/* Every cell is what comparing the two says. */
static void equal_to_comparisons(void **state)
{
	(void)state;
	struct pgo_profile *p[FILES];
	struct pgo_panel panel;
	const size_t n = FILES;
	open_all(p);
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, n, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	for (unsigned kind = 0; kind < PGO_DISTANCE_COUNT; kind++) {
		struct pgo_distances d;
		assert_int_equal(pgo_distances_measure(&d, &panel, (enum pgo_distance)kind, NULL), PGO_OK);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				struct pgo_comparison c;
				assert_int_equal(pgo_compare(&c, p[i], p[j], NULL, NULL), PGO_OK);
				double expected = of_comparison(&c, (enum pgo_distance)kind);
				if (fabs(d.values[i * n + j] - expected) > 1e-12)
					fail_msg("%s %zu %zu: %.17g, comparing gives %.17g",
						 pgo_distance_name((enum pgo_distance)kind), i, j, d.values[i * n + j],
						 expected);
				pgo_comparison_release(&c);
			}
		pgo_distances_release(&d);
	}
	pgo_panel_release(&panel);
	for (size_t i = 0; i < n; i++)
		pgo_profile_free(p[i]);
}

/* Worked by hand: p = (1/2, 1/2, 0), q = (1/2, 0, 1/2), and one without counts. */
static void by_hand(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {50, 50, END}}, {0}};
	const struct spec b[] = {{"f", 1, 0, {10, 0, END}}, {"g", 2, 0, {10, END}}, {0}};
	const struct spec z[] = {{"f", 1, 0, {0, 0, END}}, {0}};
	struct pgo_profile *p[3] = {make_profile(a), make_profile(b), make_profile(z)};
	static const double expected[PGO_DISTANCE_COUNT][2][2] = {
		[PGO_DISTANCE_HELLINGER] = {{0, 0.70710678118654752}, {1, 0}},
		[PGO_DISTANCE_JSD] = {{0, 0.5}, {1, 0}},
		[PGO_DISTANCE_TV] = {{0, 0.5}, {1, 0}},
		[PGO_DISTANCE_UNDER_SERVED] = {{0, 0.5}, {1, 0}},
		[PGO_DISTANCE_MISSED] = {{0, 0.5}, {1, 0}},
	};
	struct pgo_panel panel;
	assert_int_equal(pgo_panel_open(&panel, (const struct pgo_profile *const *)p, 3, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	for (unsigned kind = 0; kind < PGO_DISTANCE_COUNT; kind++) {
		struct pgo_distances d;
		assert_int_equal(pgo_distances_measure(&d, &panel, (enum pgo_distance)kind, NULL), PGO_OK);
		assert_float_equal(d.values[0], expected[kind][0][0], 0);
		assert_float_equal(d.values[1], expected[kind][0][1], 1e-15);
		assert_float_equal(d.values[3], expected[kind][0][1], 1e-15);
		assert_float_equal(d.values[6], expected[kind][1][0], 0); /* without counts, against one that ran */
		assert_float_equal(d.values[8], 0, 0);
		pgo_distances_release(&d);
	}
	pgo_panel_release(&panel);
	for (size_t i = 0; i < 3; i++)
		pgo_profile_free(p[i]);
}

/* The definitions, counter by counter, with libm's logarithm. */
static double by_definition(const struct dense *d, size_t i, size_t j, enum pgo_distance kind)
{
	const double *p = d->p + i * d->counters, *q = d->p + j * d->counters;
	double sum = 0, hot = sorted_cutoff(p, d->counters, 0.99);
	for (size_t c = 0; c < d->counters; c++) {
		double m = (p[c] + q[c]) / 2, a = p[c] > 0 ? p[c] * log2(p[c] / m) : 0,
		       b = q[c] > 0 ? q[c] * log2(q[c] / m) : 0;
		sum += kind == PGO_DISTANCE_HELLINGER	   ? pow(sqrt(p[c]) - sqrt(q[c]), 2) / 2
		       : kind == PGO_DISTANCE_JSD	   ? (a + b) / 2
		       : kind == PGO_DISTANCE_TV	   ? fabs(p[c] - q[c]) / 2
		       : kind == PGO_DISTANCE_UNDER_SERVED ? (p[c] < hot * (1 - 1e-12) ? q[c] : 0)
							   : (p[c] > 0 ? 0 : q[c]);
	}
	return kind == PGO_DISTANCE_HELLINGER ? sqrt(sum) : sum;
}

static void agree_with_their_definitions(void **state)
{
	(void)state;
	struct runs r = random_runs(12, 40, 0.6);
	struct dense dense = dense_of(&r);
	for (unsigned kind = 0; kind < PGO_DISTANCE_COUNT; kind++) {
		struct pgo_distances d;
		assert_int_equal(pgo_distances_measure(&d, &r.panel, (enum pgo_distance)kind, NULL), PGO_OK);
		for (size_t i = 0; i < d.count; i++)
			for (size_t j = 0; j < d.count; j++)
				if (i != j)
					assert_near(d.values[i * d.count + j],
						    by_definition(&dense, i, j, (enum pgo_distance)kind), 1e-12);
		pgo_distances_release(&d);
	}
	close_dense(&dense);
	close_runs(&r);
}

/* Hellinger and total variation are metrics, and so is the root of the divergence (Endres and Schindelin 2003). */
static void metrics_are_metrics(void **state)
{
	(void)state;
	struct runs r = random_runs(12, 40, 0.6);
	for (unsigned kind = 0; kind <= PGO_DISTANCE_TV; kind++) {
		struct pgo_distances d;
		assert_int_equal(pgo_distances_measure(&d, &r.panel, (enum pgo_distance)kind, NULL), PGO_OK);
		size_t n = d.count;
		for (size_t i = 0; i < n * n && kind == PGO_DISTANCE_JSD; i++)
			d.values[i] = sqrt(d.values[i]);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				assert_true(d.values[i * n + j] == d.values[j * n + i]);
				assert_true(i == j ? d.values[i * n + j] == 0
						   : d.values[i * n + j] > 0 && d.values[i * n + j] <= 1);
				for (size_t k = 0; k < n; k++)
					assert_true(d.values[i * n + k] <=
						    d.values[i * n + j] + d.values[j * n + k] + 1e-12);
			}
		pgo_distances_release(&d);
	}
	close_runs(&r);
}

static void names(void **state)
{
	(void)state;
	enum pgo_distance found;
	for (unsigned kind = 0; kind < PGO_DISTANCE_COUNT; kind++) {
		assert_true(pgo_distance_find(&found, pgo_distance_name((enum pgo_distance)kind)));
		assert_int_equal(found, kind);
	}
	assert_true(pgo_distance_find(&found, "overlap"));
	assert_int_equal(found, PGO_DISTANCE_TV);
	assert_false(pgo_distance_find(&found, "cosine"));
	assert_string_equal(pgo_distance_name(PGO_DISTANCE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_comparisons),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(agree_with_their_definitions),
		cmocka_unit_test(metrics_are_metrics),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
