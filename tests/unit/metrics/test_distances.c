/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_comparisons),
		cmocka_unit_test(by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
