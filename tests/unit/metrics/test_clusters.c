/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "pgo/distances.h"

/* The values are SciPy's: tests/validation/clusters_oracle.py */
static const double points[][2] = {{0, 0},   {1, 3},   {2, 1},	 {40, 42}, {41, 40}, {43, 44},
				   {44, 41}, {10, 80}, {12, 83}, {9, 79},  {70, 5}};
#define POINTS (sizeof points / sizeof points[0])

static struct pgo_distances between_points(void)
{
	struct pgo_distances d = {.count = POINTS, .values = malloc(POINTS * POINTS * sizeof *d.values)};
	for (size_t i = 0; i < POINTS; i++)
		for (size_t j = 0; j < POINTS; j++)
			d.values[i * POINTS + j] =
				hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) / 200;
	return d;
}

static void clusters_and_silhouettes(void **state)
{
	(void)state;
	static const double heights[] = {0.0070710678118654753, 0.011180339887498949, 0.011180339887498949,
					 0.013495864094170425,	0.015811388300841899, 0.01920383814531201,
					 0.021513878188659973,	0.23116083211198374,  0.29735238651577456,
					 0.33697470491436665};
	static const double means[] = {0.56514815563768006, 0.80973054843629089, 0.8517189160742572,
				       0.71753198194454548, 0.48846185756283417, 0.44193741252686186};
	static const uint32_t cluster[] = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3};
	static const double silhouette[] = {0.95443354836793792,
					    0.95216811804966739,
					    0.96085140934338931,
					    0.93026885284823069,
					    0.92761444149642258,
					    0.92101357805617257,
					    0.92157683597916751,
					    0.94970109805399328,
					    0.91568771383663183,
					    0.93559248078521595,
					    0};
	struct pgo_distances d = between_points();
	struct pgo_clusters c;
	bool seen[POINTS] = {false};
	assert_int_equal(pgo_clusters_find(&c, &d, NULL), PGO_OK);
	for (size_t i = 0; i + 1 < POINTS; i++)
		assert_float_equal(c.steps[i].height, heights[i], 1e-14);
	for (size_t k = 2; k < 8; k++)
		assert_float_equal(c.mean_silhouette[k].value, means[k - 2], 1e-13);
	assert_int_equal(c.cluster_count, 4);
	for (size_t i = 0; i < POINTS; i++) {
		assert_int_equal(c.cluster[i], cluster[i]);
		assert_float_equal(c.silhouette[i], silhouette[i], 1e-13);
		assert_false(seen[c.order[i]]);
		seen[c.order[i]] = true;
	}
	for (size_t i = 1; i < POINTS; i++) /* a cluster's profiles stand together */
		for (size_t k = i + 1; k < POINTS && cluster[c.order[i]] != cluster[c.order[i - 1]]; k++)
			assert_int_not_equal(cluster[c.order[k]], cluster[c.order[i - 1]]);
	pgo_clusters_release(&c);
	pgo_distances_release(&d);
}

/* All alike, all equally far apart, two, one, none: one cluster, and no number made of nothing. */
static void no_structure(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 4; n++)
		for (int apart = 0; apart <= 1; apart++) {
			struct pgo_distances d = {.count = n, .values = calloc(n * n + 1, sizeof *d.values)};
			struct pgo_clusters c;
			for (size_t i = 0; i < n * n; i++)
				d.values[i] = apart && i % (n + 1) ? 0.5 : 0;
			assert_int_equal(pgo_clusters_find(&c, &d, NULL), PGO_OK);
			assert_int_equal(c.cluster_count, n > 0);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(c.cluster[i], 0);
				assert_true(c.silhouette[i] == 0);
			}
			pgo_clusters_release(&c);
			pgo_distances_release(&d);
		}
}

static void quantiles(void **state)
{
	(void)state;
	double v[] = {4, 1, 3, 2}; /* R: quantile(1:4) */
	struct pgo_spread s;
	pgo_spread_of(&s, v, 4);
	assert_float_equal(s.low, 1, 0);
	assert_float_equal(s.quarter, 1.75, 1e-15);
	assert_float_equal(s.median, 2.5, 1e-15);
	assert_float_equal(s.three_quarters, 3.25, 1e-15);
	assert_float_equal(s.high, 4, 0);
	pgo_spread_of(&s, v, 0);
	assert_int_equal(s.pairs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_and_silhouettes),
		cmocka_unit_test(no_structure),
		cmocka_unit_test(quantiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
