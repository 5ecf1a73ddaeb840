/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fast part of tests/validation/simulate, and real profiles beside their multiples. */
#include "pgo/merge.h"
#include "pgo/runs.h"
#include "pgo/verdict.h"
#include "pgo/weights.h"
#include "several.h"
#include "tests/validation/population.h"

static struct pgo_verdict judged(const struct pgo_comparison *c)
{
	struct pgo_gate_input input = {.reference = "", .comparison = c};
	struct pgo_verdict v;
	assert_int_equal(pgo_judge(&v, &(struct pgo_gate){.input_count = 1, .inputs = &input}, NULL), PGO_OK);
	return v;
}

static enum pgo_outcome outcome(const struct pgo_profile *train, const struct pgo_profile *test)
{
	struct pgo_comparison c = compared(train, test);
	struct pgo_verdict v = judged(&c);
	enum pgo_outcome found = v.outcome;
	pgo_verdict_release(&v);
	pgo_comparison_release(&c);
	return found;
}

/* `times` as large, and read from the sum: nothing of the file's own summary is left. */
static struct pgo_profile *multiplied(const char *name, uint64_t times)
{
	char path[256];
	struct pgo_profile *own, *out;
	struct pgo_merge *merge;
	snprintf(path, sizeof path, FIXTURES "/dataset/%s.profdata", name);
	assert_int_equal(pgo_profile_open(&own, path, NULL, NULL), PGO_OK);
	assert_int_equal(pgo_merge_new(&merge, NULL), PGO_OK);
	assert_int_equal(pgo_merge_add(merge, own, name, &(struct pgo_merge_weight){.times = times}, NULL), PGO_OK);
	assert_int_equal(pgo_merge_finish(merge, &out, NULL), PGO_OK);
	pgo_merge_free(merge);
	pgo_profile_free(own);
	return out;
}

static void masses_agree(const struct pgo_comparison *x, const struct pgo_comparison *y, double within)
{
	const struct pgo_decisions *a = &x->decisions, *b = &y->decisions;
	for (int i = 0; i < PGO_CLASS_COUNT; i++)
		for (int j = 0; j < PGO_CLASS_COUNT; j++)
			assert_near(a->table[i][j], b->table[i][j], within);
	assert_near(a->missed_functions, b->missed_functions, within);
	assert_near(a->missed_counters, b->missed_counters, within);
	assert_near(a->demoted, b->demoted, within);
	assert_near(a->under_served, b->under_served, within);
	assert_near(a->under_served_999, b->under_served_999, within);
	assert_near(a->under_served_function, b->under_served_function, within);
	assert_near(a->misweighted, b->misweighted, within);
	assert_near(a->wasted_heat, b->wasted_heat, within);
	assert_near(a->flipped, b->flipped, within);
	assert_near(a->shape_tv, b->shape_tv, within);
	assert_near(x->overlap_ratio, y->overlap_ratio, within);
	assert_near(x->jsd_bits, y->jsd_bits, within);
	/* the threshold is reached at floor(total * cutoff): at most one count of the total changes its class; the
	 * prediction takes roots of such masses */
	assert_near(x->retained.estimate, y->retained.estimate, sqrt(within));
	for (int i = 0; i < PGO_BLAME_KINDS; i++)
		for (int k = 0; k < PGO_CULPRITS; k++) {
			const char *name = x->culprits[i][k].name;
			assert_int_equal(!name, !y->culprits[i][k].name);
			if (name)
				assert_string_equal(name, y->culprits[i][k].name);
		}
}

/* Every rule, and every word but those that tell a count. */
static void verdicts_agree(const struct pgo_comparison *x, const struct pgo_comparison *y)
{
	struct pgo_verdict a = judged(x), b = judged(y);
	assert_int_equal(a.outcome, b.outcome);
	assert_string_equal(a.summary, b.summary);
	assert_int_equal(a.rule_count, b.rule_count);
	for (size_t i = 0; i < a.rule_count; i++) {
		assert_string_equal(a.rules[i].name, b.rules[i].name);
		assert_int_equal(a.rules[i].outcome, b.rules[i].outcome);
		if (strcmp(a.rules[i].name, "mass") != 0)
			assert_string_equal(a.rules[i].evidence, b.rules[i].evidence);
	}
	pgo_verdict_release(&a);
	pgo_verdict_release(&b);
}

static const char *const dataset[] = {"MICRO", "REALEQ", "SKEW_99", "m_loop", "r_dpkgsum", "r_wordfreq"};

/* Of one side, of the other, of both: a thousand times as many counts are the same profile. */
static void counts_times_1000_change_nothing(void **state)
{
	(void)state;
	struct pgo_profile *profiles[6][2];
	unsigned outcomes[3] = {0};
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 2; k++)
			profiles[i][k] = multiplied(dataset[i], k ? 1000 : 1);
	for (int i = 0; i < 36; i++) {
		struct pgo_profile **a = profiles[i / 6], **b = profiles[i % 6];
		struct pgo_comparison own = compared(a[0], b[0]);
		for (int k = 1; k < 4; k++) {
			struct pgo_comparison c = compared(a[k & 1], b[k >> 1]);
			masses_agree(&own, &c, 1e-9);
			verdicts_agree(&own, &c);
			pgo_comparison_release(&c);
		}
		outcomes[outcome(a[0], b[0])]++;
		pgo_comparison_release(&own);
	}
	assert_true(outcomes[PGO_PASS] > 6 && outcomes[PGO_FAIL] > 6); /* both kinds were seen */
	for (int i = 0; i < 12; i++)
		pgo_profile_free(profiles[i / 2][i % 2]);
}

static struct runs drawn_runs(struct population *p, size_t count)
{
	struct runs r = new_runs(count);
	for (size_t i = 0; i < count; i++)
		r.profiles[i] = run_of(p);
	open_runs(&r);
	return r;
}

/* The number of cases is such that chance alone is outside the limits once in ten thousand seeds; this is one seed. */
static void ranks_are_uniform(void **state)
{
	(void)state;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	unsigned low = 0, half = 0;
	for (int t = 0; t < 400; t++) {
		struct population p;
		struct pgo_conformal c;
		population_init(&p, random, t % POPULATION_KINDS, 0.7, 20);
		struct runs r = drawn_runs(&p, 10);
		assert_int_equal(pgo_conformal_rank(&c, &r.panel, NULL, (size_t)t % 10, t % 4 < 2, PGO_SCORE_HELLINGER,
						    PGO_RECORDS_NORMAL, NULL),
				 PGO_OK);
		low += c.p_value < 0.15;
		half += c.p_value < 0.55;
		pgo_conformal_release(&c);
		close_runs(&r);
		population_release(&p);
	}
	gsl_rng_free(random);
	assert_in_range(low, 19, 64);	 /* 40 +- 6 */
	assert_in_range(half, 161, 239); /* 200 +- 10 */
}

static void energy_is_uniform(void **state)
{
	(void)state;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	unsigned low = 0, half = 0;
	for (int t = 0; t < 1000; t++) {
		struct population p;
		struct pgo_distances d;
		struct pgo_energy e;
		bool second[6] = {false, true, true, false, true, true};
		population_init(&p, random, t % POPULATION_KINDS, 0.7, 20);
		struct runs r = drawn_runs(&p, 6);
		assert_int_equal(pgo_distances_measure(&d, &r.panel, PGO_DISTANCE_HELLINGER, NULL), PGO_OK);
		assert_int_equal(pgo_energy_test(&e, &d, second, 20000, 1, NULL), PGO_OK);
		assert_int_equal(e.permutation.count, 15);
		low += e.permutation.p_value < 1.5 / 15;
		half += e.permutation.p_value < 8.5 / 15;
		pgo_distances_release(&d);
		close_runs(&r);
		population_release(&p);
	}
	gsl_rng_free(random);
	assert_in_range(low, 38, 99);	 /* 67 +- 7.9 */
	assert_in_range(half, 472, 595); /* 533 +- 15.8 */
}

/* Five runs at equal mass train for a sixth; then the same with 99.9 % of the mass a micro-benchmark's. */
static void the_gate_passes_a_population_and_fails_a_micro_benchmark(void **state)
{
	(void)state;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	const double equal[] = {1, 1, 1, 1, 1, 0}, skewed[] = {1, 1, 1, 1, 1, 4995};
	for (int t = 0; t < 40; t++) {
		struct population p;
		struct pgo_profile *train;
		population_init(&p, random, t % POPULATION_KINDS, 0.5, 200);
		struct pgo_profile *test = run_of(&p);
		struct runs r = new_runs(6);
		for (size_t i = 0; i < 5; i++)
			r.profiles[i] = run_of(&p);
		draw_micro(&p);
		r.profiles[5] = profile_of(&p, 1e8, 0, 1);
		open_runs(&r);
		assert_int_equal(pgo_panel_merge(&train, &r.panel, 6, equal, NULL), PGO_OK);
		assert_int_equal(outcome(train, test), PGO_PASS);
		pgo_profile_free(train);
		assert_int_equal(pgo_panel_merge(&train, &r.panel, 6, skewed, NULL), PGO_OK);
		assert_int_equal(outcome(train, test), PGO_FAIL);
		pgo_profile_free(train);
		pgo_profile_free(test);
		close_runs(&r);
		population_release(&p);
	}
	gsl_rng_free(random);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_times_1000_change_nothing),
		cmocka_unit_test(ranks_are_uniform),
		cmocka_unit_test(energy_is_uniform),
		cmocka_unit_test(the_gate_passes_a_population_and_fails_a_micro_benchmark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
