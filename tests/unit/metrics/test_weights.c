/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "analysis/metrics/weights_mixture.h"
#include "pgo/weights.h"

static struct pgo_weights found(struct runs *r, size_t count, enum pgo_weight_policy policy, const double *given)
{
	struct pgo_weights w;
	struct pgo_error err = {0};
	struct pgo_weights_options options = {.policy = policy, .given = given};
	if (pgo_weights_find(&w, &r->panel, count, &options, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return w;
}

/* JSD by its definition, from shares alone. */
static double jsd(const double *p, const double *q, size_t count)
{
	double sum = 0;
	for (size_t c = 0; c < count; c++) {
		double m = (p[c] + q[c]) / 2;
		sum += (p[c] > 0 ? p[c] * log2(p[c] / m) : 0) / 2 + (q[c] > 0 ? q[c] * log2(q[c] / m) : 0) / 2;
	}
	return sum;
}

static double mixture_jsd(const struct dense *d, const double *shares, size_t count)
{
	double *mix = calloc(d->counters + 1, sizeof *mix);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < d->counters; c++)
			mix[c] += shares[i] * d->p[i * d->counters + c];
	double value = jsd(mix, d->p + count * d->counters, d->counters);
	free(mix);
	return value;
}

static void test_cutoff_is_the_sorted_one(void **unused)
{
	(void)unused;
	double values[300], scratch[300];
	static const double shares[] = {1e-6, 0.01, 0.5, 0.9, 0.99, 0.999999, 1};
	for (int round = 0; round < 2000; round++) {
		size_t n = 1 + (size_t)(uniform() * 299);
		/* many ties in some rounds, zeros in all */
		for (size_t i = 0; i < n; i++)
			values[i] = round % 3 ? floor(pow(10, round % 2 ? 1 : 9 * uniform())) : floor(4 * uniform());
		values[0] = 1;
		for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++)
			assert_true(pgo_cutoff(values, n, shares[k], scratch) == sorted_cutoff(values, n, shares[k]));
	}
	double zeros[3] = {0};
	assert_true(pgo_cutoff(zeros, 3, 0.99, scratch) == 0);
	assert_true(pgo_cutoff(zeros, 0, 0.99, scratch) == 0);
	double hand[] = {1, 99};
	assert_true(pgo_cutoff(hand, 2, 0.99, scratch) == 99);
	assert_true(pgo_cutoff(hand, 2, 0.991, scratch) == 1);
}

/* The cutoff of one profile alone is LLVM's, as pgo_profile_summarize() finds it in integers. */
static void test_cutoff_is_that_of_the_summary(void **unused)
{
	(void)unused;
	for (int round = 0; round < 50; round++) {
		struct runs r = random_runs(1, 40, 0.7);
		struct pgo_mixture m;
		assert_int_equal(pgo_mixture_open(&m, &r.panel), PGO_OK);
		double *merged = calloc(m.rows + 1, sizeof *merged), *scratch = calloc(m.rows + 1, sizeof *scratch),
		       one = 1;
		pgo_mixture_merge(merged, &m, &one);
		double total = (double)r.panel.totals[0];
		double hot = pgo_cutoff(merged, m.rows, 0.99, scratch) * total;
		double cold = pgo_cutoff(merged, m.rows, 0.999999, scratch) * total;
		assert_int_equal(llrint(hot), r.panel.summaries[0].hot_threshold);
		/* LLVM cuts the share of the total to a whole number: one more counter may be needed without */
		assert_true(llrint(cold) <= (long long)r.panel.summaries[0].cold_threshold);
		free(merged);
		free(scratch);
		pgo_mixture_release(&m);
		close_runs(&r);
	}
}

/* scipy's SLSQP on the same profiles: tests/validation/several_oracle.py */
static void test_match_agrees_with_scipy(void **unused)
{
	(void)unused;
	static const double shares[] = {0.152065937, 0.748138741, 0, 0.099795321};
	struct runs r = oracle_runs(5);
	struct pgo_weights w = found(&r, 4, PGO_WEIGHT_MATCH, NULL);
	for (int i = 0; i < 4; i++)
		assert_near(w.weights[i].wanted, shares[i], 2e-6);
	assert_true(w.jsd_bits.value <= 0.0238409413259451 + 1e-12);
	assert_near(w.jsd_bits.value, 0.0238409413259451, 1e-10);
	assert_true(w.gap_bits.value < 1e-13);
	assert_int_equal(w.weights[2].weight, 0); /* left out */
	assert_true(w.weights[2].share == 0);
	pgo_weights_release(&w);
	close_runs(&r);
}

/* Brute force over the simplex: nothing on the grid is better, and the best of it is near. */
static void test_match_is_the_best_on_a_grid(void **unused)
{
	(void)unused;
	enum { STEPS = 40 };
	for (int round = 0; round < 20; round++) {
		struct runs r = random_runs(4, 20, 0.6);
		struct dense d = dense_of(&r);
		struct pgo_weights w = found(&r, 3, PGO_WEIGHT_MATCH, NULL);
		double best = 1;
		for (int a = 0; a <= STEPS; a++)
			for (int b = 0; a + b <= STEPS; b++) {
				double shares[3] = {a / (double)STEPS, b / (double)STEPS,
						    (STEPS - a - b) / (double)STEPS};
				double value = mixture_jsd(&d, shares, 3);
				best = value < best ? value : best;
			}
		double own[3] = {w.weights[0].wanted, w.weights[1].wanted, w.weights[2].wanted};
		assert_near(mixture_jsd(&d, own, 3), w.jsd_bits.value, 1e-12);
		assert_true(w.jsd_bits.value <= best + 1e-12);
		assert_true(best < w.jsd_bits.value + 0.01);
		pgo_weights_release(&w);
		close_dense(&d);
		close_runs(&r);
	}
}

/* A reference that is a mixture of the workloads: its shares come back. */
static void test_match_recovers_known_mixtures(void **unused)
{
	(void)unused;
	for (int round = 0; round < 40; round++) {
		size_t n = 2 + (size_t)round % 7;
		struct runs r = random_runs(n, 40, 0.5);
		double shares[16], sum = 0;
		struct pgo_error err = {0};
		for (size_t i = 0; i < n; i++)
			sum += shares[i] = uniform() < 0.2 && i ? 0 : 0.02 + uniform();
		for (size_t i = 0; i < n; i++)
			shares[i] /= sum;
		assert_int_equal(pgo_panel_merge(&r.profiles[n], &r.panel, n, shares, &err), PGO_OK);
		pgo_panel_release(&r.panel);
		r.count = n + 1;
		open_runs(&r);
		struct pgo_weights w = found(&r, n, PGO_WEIGHT_MATCH, NULL);
		for (size_t i = 0; i < n; i++)
			assert_near(w.weights[i].wanted, shares[i], 1e-6);
		assert_true(w.jsd_bits.value < 1e-12);
		pgo_weights_release(&w);
		close_runs(&r);
	}
}

/* Nearly equal workloads: shares are hardly told apart, the divergence is least all the same. */
static void test_match_of_two_equal_workloads(void **unused)
{
	(void)unused;
	struct runs r = new_runs(3);
	r.profiles[0] = make_profile(oracle_specs[0]);
	r.profiles[1] = make_profile(oracle_specs[0]);
	r.profiles[2] = make_profile(oracle_specs[1]);
	open_runs(&r);
	struct dense d = dense_of(&r);
	double half[2] = {0.5, 0.5};
	struct pgo_weights w = found(&r, 2, PGO_WEIGHT_MATCH, NULL);
	assert_near(w.jsd_bits.value, mixture_jsd(&d, half, 2), 1e-15);
	assert_near(w.weights[0].wanted + w.weights[1].wanted, 1, 1e-12);
	pgo_weights_release(&w);
	close_dense(&d);
	close_runs(&r);
}

static double least_survival_at(const struct dense *d, const double *shares, size_t n)
{
	double *mix = calloc(d->counters + 1, sizeof *mix), least = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d->counters; c++)
			mix[c] += shares[i] * d->p[i * d->counters + c];
	double threshold = sorted_cutoff(mix, d->counters, 0.99);
	for (size_t i = 0; i < n; i++) {
		const double *p = d->p + i * d->counters;
		double own = sorted_cutoff(p, d->counters, 0.99), hot = 0, kept = 0;
		for (size_t c = 0; c < d->counters; c++)
			if (p[c] >= own) {
				hot += p[c];
				kept += mix[c] >= threshold ? p[c] : 0;
			}
		least = kept / hot < least ? kept / hot : least;
	}
	free(mix);
	return least;
}

/* A heuristic: never below equal shares, and hardly below the best of a grid. */
static void test_survive_comes_near_a_grid(void **unused)
{
	(void)unused;
	enum { STEPS = 30 };
	double behind = 0;
	for (int round = 0; round < 20; round++) {
		struct runs r = random_runs(3, 30, 0.5);
		struct dense d = dense_of(&r);
		double equal[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0}, best = 0;
		struct pgo_weights w = found(&r, 3, PGO_WEIGHT_SURVIVE, NULL);
		double own[3] = {w.weights[0].wanted, w.weights[1].wanted, w.weights[2].wanted};
		double reached = least_survival_at(&d, own, 3);
		for (int a = 1; a < STEPS; a++)
			for (int b = 1; a + b < STEPS; b++) {
				double shares[3] = {a / (double)STEPS, b / (double)STEPS,
						    (STEPS - a - b) / (double)STEPS};
				double value = least_survival_at(&d, shares, 3);
				best = value > best ? value : best;
			}
		assert_true(reached >= least_survival_at(&d, equal, 3) - 1e-9);
		behind = best - reached > behind ? best - reached : behind;
		pgo_weights_release(&w);
		close_dense(&d);
		close_runs(&r);
	}
	if (behind > 0.01)
		fail_msg("the search stays %g behind the grid", behind);
	/* the grid of tests/validation/several_oracle.py reaches 0.990675990675991 with four workloads */
	struct runs r = oracle_runs(4);
	struct pgo_weights w = found(&r, 4, PGO_WEIGHT_SURVIVE, NULL);
	assert_true(w.dominance.workloads[w.dominance.least].survival.value >= 0.990675990675991 - 1e-9);
	pgo_weights_release(&w);
	close_runs(&r);
}

static void test_equal_and_given(void **unused)
{
	(void)unused;
	struct runs r = oracle_runs(4);
	static const double given[] = {3, 0, 6, 1};
	struct pgo_weights e = found(&r, 4, PGO_WEIGHT_EQUAL, NULL), g = found(&r, 4, PGO_WEIGHT_GIVEN, given);
	double mass = 0;
	for (int i = 0; i < 4; i++)
		mass += (double)e.weights[i].weight * e.weights[i].mass;
	for (int i = 0; i < 4; i++) {
		assert_near(e.weights[i].wanted, 0.25, 1e-15);
		assert_near(e.weights[i].share, (double)e.weights[i].weight * e.weights[i].mass / mass, 1e-12);
		assert_true(fabs(e.weights[i].share - 0.25) < 0.001 * 0.25);
		assert_near(g.weights[i].wanted, given[i] / 10, 1e-15);
	}
	assert_true(e.rounding < 0.001 && g.rounding < 0.001);
	assert_int_equal(g.weights[1].weight, 0);
	pgo_weights_release(&e);
	pgo_weights_release(&g);
	close_runs(&r);
}

static void test_refusals(void **unused)
{
	(void)unused;
	const struct spec zero[] = {{"a", 1, 0, {0, 0, 0, END}}, {0}};
	struct runs r = new_runs(2);
	struct pgo_weights w;
	double none[] = {0, 0}, negative[] = {1, -1};
	struct pgo_error err = {0};
	struct pgo_weights_options options = {.policy = PGO_WEIGHT_EQUAL};
	r.profiles[0] = make_profile(oracle_specs[0]);
	r.profiles[1] = make_profile(zero);
	open_runs(&r);
	assert_int_equal(pgo_weights_find(&w, &r.panel, 2, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "workload 2 has no counts, so it can have no share");
	err = (struct pgo_error){0};
	assert_int_equal(pgo_weights_find(&w, &r.panel, 1, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "reference 1 has no counts, so it can have no share");
	close_runs(&r);
	r = oracle_runs(2);
	options.policy = PGO_WEIGHT_MATCH;
	err = (struct pgo_error){0};
	assert_int_equal(pgo_weights_find(&w, &r.panel, 2, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "there is no reference to match");
	options = (struct pgo_weights_options){.policy = PGO_WEIGHT_GIVEN, .given = none};
	err = (struct pgo_error){0};
	assert_int_equal(pgo_weights_find(&w, &r.panel, 2, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "no workload has any share of the mass");
	options.given = negative;
	err = (struct pgo_error){0};
	assert_int_equal(pgo_weights_find(&w, &r.panel, 2, &options, &err), PGO_EINVAL);
	assert_string_equal(err.message, "the share of workload 2 is no number of 0 or more");
	close_runs(&r);
}

/* The merged profile is the mixture: counters in proportion, nothing that ran lost, nothing added. */
static void test_merge_is_the_mixture(void **unused)
{
	(void)unused;
	struct runs r = random_runs(3, 30, 0.4);
	struct dense before = dense_of(&r);
	static const double shares[] = {1, 0, 3};
	assert_int_equal(pgo_panel_merge(&r.profiles[3], &r.panel, 3, shares, NULL), PGO_OK);
	pgo_panel_release(&r.panel);
	r.count = 4;
	open_runs(&r);
	struct dense after = dense_of(&r);
	assert_int_equal(before.counters, after.counters);
	for (size_t c = 0; c < after.counters; c++) {
		double expected = 0.25 * before.p[c] + 0.75 * before.p[2 * before.counters + c];
		double got = after.p[3 * after.counters + c];
		assert_near(got, expected, 1e-14);
		assert_int_equal(got > 0, expected > 0);
	}
	assert_true(fabs((double)r.panel.totals[3] - 0x1p60) < 1e6);
	close_dense(&before);
	close_dense(&after);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cutoff_is_the_sorted_one),
		cmocka_unit_test(test_cutoff_is_that_of_the_summary),
		cmocka_unit_test(test_match_agrees_with_scipy),
		cmocka_unit_test(test_match_is_the_best_on_a_grid),
		cmocka_unit_test(test_match_recovers_known_mixtures),
		cmocka_unit_test(test_match_of_two_equal_workloads),
		cmocka_unit_test(test_survive_comes_near_a_grid),
		cmocka_unit_test(test_equal_and_given),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_merge_is_the_mixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
