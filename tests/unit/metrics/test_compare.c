/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

/*
 * The worked example. A: f {9900, 60}, g {39, 1}, h {0}, total 10000. B: f {1000, 6000}, g {2000, 980}, h {20}.
 * A's thresholds: 9900 reaches 99 %; 9900 + 60 = 9960 is below 9990, with 39 it is 9999: 99.9 % at 39; floor(9999.99)
 * = 9999 is reached there too: cold up to 39. So A calls 9900 hot, 60 warm, 39 and 1 cold, h never ran.
 * B's: 6000, 8000, 9000, 9980 >= 9900: hot from 980; 9990 and 9999 need the 20: cold up to 20.
 */
static const struct spec train[] = {
	{"f", 1, 0, {9900, 60, END}}, {"g", 2, 0, {39, 1, END}}, {"h", 3, 0, {0, END}}, {0}};
static const struct spec test[] = {
	{"f", 1, 0, {1000, 6000, END}}, {"g", 2, 0, {2000, 980, END}}, {"h", 3, 0, {20, END}}, {0}};

static void decisions_of_the_worked_example(void **state)
{
	(void)state;
	struct pgo_profile *a = make_profile(train), *b = make_profile(test);
	struct pgo_comparison c = compared(a, b);
	const struct pgo_decisions *d = &c.decisions;
	assert_int_equal(c.train.summary.hot_threshold, 9900);
	assert_int_equal(c.train.summary.cold_threshold, 39);
	assert_int_equal(c.test.summary.hot_threshold, 980);
	assert_int_equal(c.test.summary.cold_threshold, 20);
	const double table[4][4] = {{0.1}, {0.6}, {0.298}, {0, 0, 0.002}};
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			assert_near(d->table[i][j], table[i][j], 1e-12);
	assert_near(d->missed_functions, 0.002, 1e-12);
	assert_near(d->missed_counters, 0.002, 1e-12);
	assert_near(d->demoted, 0.298, 1e-12);
	assert_near(d->under_served, 0.9, 1e-12);
	assert_near(d->under_served_999, 0.1, 1e-12); /* g's second counter and h */
	assert_near(d->under_served_function, 0.3, 1e-12);
	assert_near(d->wasted_heat, 0, 0);
	assert_near(d->flipped, 0.7, 1e-12); /* f's largest counter is another one, g's is not */
	/* inside f the second counter has 60/9960 in A and 6/7 in B; inside g 1/40 against 0.33: both > 8 times; and h
	 */
	assert_near(d->misweighted, 0.6 + 0.098 + 0.002, 1e-12);
	double f_tv = 9900.0 / 9960 - 1.0 / 7, g_tv = 39.0 / 40 - 2000.0 / 2980;
	assert_near(row_of(&c, "f")->shape_tv.value, f_tv, 1e-12);
	assert_near(row_of(&c, "g")->shape_tv.value, g_tv, 1e-12);
	assert_near(d->shape_tv, 0.7 * f_tv + 0.298 * g_tv + 0.002, 1e-12);
	assert_int_equal(row_of(&c, "h")->train_class, PGO_CLASS_NEVER);
	assert_int_equal(row_of(&c, "h")->test_class, PGO_CLASS_COLD);
	assert_int_equal(row_of(&c, "g")->train_class, PGO_CLASS_COLD);
	assert_false(row_of(&c, "h")->shape_tv.present);
	assert_false(row_of(&c, "h")->log2_ratio.present);
	assert_true(row_of(&c, "f")->dominant_differs);
	assert_int_equal(row_of(&c, "h")->train_dominant, UINT32_MAX);
	/* hot on both sides: 9900/1000 alone; A has 1 hot counter, B has 4 */
	assert_near(c.hot_jaccard.value, 1.0 / 4, 1e-12);
	/* at 99.9 %: A {9900, 60, 39}, B all five */
	assert_near(c.hot_jaccard_999.value, 3.0 / 5, 1e-12);
	/* A's hot set is one function, f */
	assert_near(c.weight_matching[2].value, 0.7, 1e-12);
	assert_near(c.weight_matching[0].value, 0.998, 1e-12);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

/* By the definition, with nothing of the implementation: sum of p log2(p/m) / 2 + q log2(q/m) / 2. */
static double divergence(const double *p, const double *q, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double m = (p[i] + q[i]) / 2;
		sum += (p[i] > 0 ? p[i] * log2(p[i] / m) / 2 : 0) + (q[i] > 0 ? q[i] * log2(q[i] / m) / 2 : 0);
	}
	return sum;
}

/* Divergence of a row's two conditional distributions at weights p_f and q_f over their sum. */
static double conditional_divergence(const pgo_count *a, const pgo_count *b, uint32_t n, double sa, double sb,
				     double pf, double qf)
{
	double wa = pf / (pf + qf), wb = qf / (pf + qf), sum = 0;
	for (uint32_t i = 0; i < n; i++) {
		double r = (double)a[i] / sa, s = (double)b[i] / sb, m = wa * r + wb * s;
		sum += (r > 0 ? wa * r * log2(r / m) : 0) + (s > 0 ? wb * s * log2(s / m) : 0);
	}
	return sum;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Counts of every size, from none to 2^50, in profiles of up to 40 functions; some only on one side. */
static struct pgo_profile *random_profile(uint64_t seed, int side)
{
	struct spec specs[41] = {0};
	static char names[41][16];
	uint64_t shared = seed, own = seed * 2 + (uint64_t)side;
	int n = 0, functions = 1 + (int)(draw(&shared) % 40);
	for (int f = 0; f < functions; f++) {
		uint64_t counters = 1 + draw(&shared) % 15, only = draw(&shared) % 8;
		if (only < 2 && (int)only == side)
			continue;
		snprintf(names[f], sizeof names[f], "f%d", f);
		specs[n].name = names[f];
		specs[n].hash = (uint64_t)f;
		for (uint64_t c = 0; c < counters; c++) {
			uint64_t size = draw(&own) % 52;
			specs[n].counters[c] = size < 8 ? 0 : draw(&own) >> (64 - size + 1);
		}
		specs[n++].counters[counters] = END;
	}
	return make_profile(specs);
}

static void check_identities(const struct pgo_comparison *c, const struct pgo_comparison *back)
{
	double p[1300], q[1300], within = 0, between = 0, sum = 0, table = 0, distance = 0, roots = 0;
	size_t n = 0;
	double total_a = (double)c->train.summary.total, total_b = (double)c->test.summary.total;
	for (size_t i = 0; i < c->function_count; i++) {
		const struct pgo_function_comparison *f = &c->functions[i];
		const struct pgo_function *g = NULL, *h = NULL;
		if (f->train_index != UINT32_MAX)
			g = &c->train_profile->functions[f->train_index];
		if (f->test_index != UINT32_MAX)
			h = &c->test_profile->functions[f->test_index];
		double sa = g ? (double)g->sum : 0, sb = h ? (double)h->sum : 0, pf = sa / total_a, qf = sb / total_b;
		for (uint32_t k = 0; k < (g ? g : h)->counter_count; k++, n++) {
			p[n] = g ? (double)g->counters[k] / total_a : 0;
			q[n] = h ? (double)h->counters[k] / total_b : 0;
			distance += fabs(p[n] - q[n]) / 2;
			roots += sqrt(p[n] * q[n]);
		}
		double row_within = 0, row_between = divergence(&pf, &qf, 1);
		if (sa > 0 && sb > 0)
			row_within = (pf + qf) / 2 *
				     conditional_divergence(g->counters, h->counters, g->counter_count, sa, sb, pf, qf);
		assert_near(f->jsd_bits, row_between + row_within, 1e-12);
		between += row_between;
		within += row_within;
		sum += f->jsd_bits;
		if (i > 0)
			assert_true(f->jsd_bits <= c->functions[i - 1].jsd_bits || c->functions[i - 1].jsd_bits == 0);
	}
	assert_near(c->jsd_bits, divergence(p, q, n), 1e-12);
	assert_near(c->jsd_between_bits, between, 1e-12);
	assert_near(c->jsd_within_bits, within, 1e-12);
	assert_near(c->jsd_bits, sum, 1e-12);
	assert_near(c->total_variation, distance, 1e-12);
	assert_near(1 - c->overlap_ratio, distance, 1e-12);
	assert_near(c->hellinger * c->hellinger, 1 - roots, 1e-12);
	for (int i = 0; i < 16; i++)
		table += c->decisions.table[i / 4][i % 4];
	assert_near(table, 1, 1e-12);
	/* symmetric measures are symmetric */
	assert_near(c->jsd_bits, back->jsd_bits, 1e-12);
	assert_near(c->overlap_ratio, back->overlap_ratio, 1e-12);
	assert_near(c->hellinger, back->hellinger, 1e-9);
	assert_near(c->spearman.value, back->spearman.value, 1e-12);
	assert_near(c->kendall_tau_b.value, back->kendall_tau_b.value, 1e-12);
	assert_near(c->hot_jaccard.value, back->hot_jaccard.value, 1e-12);
	assert_near(c->join[PGO_JOIN_ONLY_TRAIN].train_mass, back->join[PGO_JOIN_ONLY_TEST].test_mass, 1e-12);
}

static void identities_hold_on_random_profiles(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct pgo_profile *a = random_profile(seed, 0), *b = random_profile(seed, 1);
		struct pgo_comparison c = compared(a, b), back = compared(b, a);
		if (c.train.summary.total && c.test.summary.total)
			check_identities(&c, &back);
		pgo_comparison_release(&c);
		pgo_comparison_release(&back);
		pgo_profile_free(a);
		pgo_profile_free(b);
	}
}

static void a_profile_equals_itself_at_any_scale(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct pgo_profile *a = random_profile(seed, 0), *b = random_profile(seed, 0);
		for (int scaled = 0; scaled < 2; scaled++) {
			struct pgo_comparison c = compared(a, b);
			if (c.train.summary.total) {
				assert_near(c.overlap_ratio, 1, 1e-12);
				assert_near(c.jsd_bits, 0, scaled ? 1e-12 : 0);
				assert_near(c.hellinger, 0, 1e-6);
				assert_near(c.decisions.misweighted + c.decisions.flipped + c.decisions.missed_counters,
					    0, 0);
				assert_near(c.decisions.demoted + c.decisions.wasted_heat, 0, 0);
				assert_near(c.decisions.shape_tv, 0, 1e-12);
				assert_int_equal(c.flagged_functions, 0);
				assert_near(c.join_rate, 1, 1e-12);
			}
			pgo_comparison_release(&c);
			for (uint64_t i = 0; i < b->counter_count; i++)
				b->counters[i] *= 1000;
			for (size_t i = 0; i < b->function_count; i++) {
				b->functions[i].sum *= 1000;
				b->functions[i].max *= 1000;
			}
		}
		pgo_profile_free(a);
		pgo_profile_free(b);
	}
}

static void disjoint_profiles_share_nothing(void **state)
{
	(void)state;
	const struct spec one[] = {{"f", 1, 0, {5, 5, END}}, {0}}, other[] = {{"g", 1, 0, {7, END}}, {0}};
	struct pgo_profile *a = make_profile(one), *b = make_profile(other);
	struct pgo_comparison c = compared(a, b);
	assert_near(c.overlap_ratio, 0, 0);
	assert_near(c.overlap_unique, 1, 1e-12);
	assert_near(c.jsd_bits, 1, 1e-12);
	assert_near(c.jsd_between_bits, 1, 1e-12);
	assert_near(c.hellinger, 1, 1e-12);
	assert_near(c.join_rate, 0, 0);
	assert_near(c.decisions.missed_functions, 1, 1e-12);
	assert_near(c.decisions.under_served, 1, 1e-12);
	assert_false(c.retained.present);
	assert_string_equal(c.retained.note, "too little of the reference's execution is in functions that match");
	assert_int_equal(c.join[PGO_JOIN_ONLY_TRAIN].functions, 1);
	assert_int_equal(c.join[PGO_JOIN_ONLY_TEST].functions, 1);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void empty_and_zero_profiles_give_no_numbers_out_of_nothing(void **state)
{
	(void)state;
	const struct spec none[] = {{0}}, zero[] = {{"f", 1, 0, {0, 0, END}}, {0}},
			  one[] = {{"f", 1, 0, {5, 0, END}}, {0}};
	const struct spec *all[] = {none, zero, one};
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			struct pgo_profile *a = make_profile(all[i]), *b = make_profile(all[j]);
			struct pgo_comparison c = compared(a, b);
			bool ran_a = i == 2, ran_b = j == 2;
			assert_near(c.jsd_bits, ran_a != ran_b, 1e-12);
			assert_near(c.hellinger, ran_a != ran_b, 1e-12);
			assert_near(c.total_variation, ran_a != ran_b, 1e-12);
			assert_near(c.overlap_ratio, ran_a && ran_b, 1e-12);
			assert_near(c.decisions.missed_functions, !ran_a && ran_b, 1e-12);
			assert_near(c.decisions.under_served, !ran_a && ran_b, 1e-12);
			assert_int_equal(c.tested_functions, ran_a && ran_b);
			assert_int_equal(c.retained.present, ran_a && ran_b);
			assert_near(c.train.skew.effective_counters, ran_a, 1e-12);
			pgo_comparison_release(&c);
			pgo_profile_free(a);
			pgo_profile_free(b);
		}
}

static void stale_functions_stand_on_their_own_side(void **state)
{
	(void)state;
	const struct spec a_specs[] = {{"f", 1, 0, {60, END}}, {"g", 2, 0, {40, END}}, {0}};
	const struct spec b_specs[] = {{"f", 9, 0, {30, END}}, {"g", 2, 0, {70, END}}, {0}};
	struct pgo_profile *a = make_profile(a_specs), *b = make_profile(b_specs);
	struct pgo_comparison c = compared(a, b);
	assert_int_equal(c.function_count, 3);
	assert_int_equal(c.join[PGO_JOIN_MISMATCHED].functions, 1);
	assert_near(c.join[PGO_JOIN_MISMATCHED].train_mass, 0.6, 1e-12);
	assert_near(c.join[PGO_JOIN_MISMATCHED].test_mass, 0.3, 1e-12);
	assert_near(c.overlap_mismatched, 0.3, 1e-12);
	assert_near(c.overlap_ratio, 0.4, 1e-12);
	assert_near(c.join_rate, 0.7, 1e-12);
	assert_near(c.decisions.missed_functions, 0.3, 1e-12);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void pseudo_records_carry_no_mass(void **state)
{
	(void)state;
	const struct spec a_specs[] = {
		{"f", 1, PGO_FUNCTION_PSEUDO, {UINT64_MAX - 1, END}}, {"g", 2, 0, {4, END}}, {0}};
	struct pgo_profile *a = make_profile(a_specs);
	struct pgo_comparison c = compared(a, a);
	assert_near(row_of(&c, "f")->train_share, 0, 0);
	assert_near(row_of(&c, "g")->train_share, 1, 1e-12);
	assert_near(c.overlap_ratio, 1, 1e-12);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
}

static void kinds_are_not_mixed(void **state)
{
	(void)state;
	const struct spec specs[] = {{"f", 1, 0, {5, END}}, {0}};
	static const struct {
		uint32_t flags;
		const char *message;
	} cases[] = {
		{0, "the two profiles are of different kinds: only the training one has IR counters, the other is from "
		    "the "
		    "front end"},
		{PGO_PROFILE_IR | PGO_PROFILE_ENTRY_FIRST,
		 "the two profiles are of different kinds: only the test one counts the function entry first"},
		{PGO_PROFILE_IR | PGO_PROFILE_BYTE_COVERAGE, "the two profiles are of different kinds: only the test "
							     "one says covered or not, the other has counts"},
	};
	struct pgo_profile *a = make_profile(specs), *b = make_profile(specs);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pgo_comparison c;
		struct pgo_error err = {0};
		b->flags = cases[i].flags;
		assert_int_equal(pgo_compare(&c, a, b, NULL, &err), PGO_EMISMATCH);
		assert_string_equal(err.message, cases[i].message);
		assert_true(err.hint[0]);
	}
	/* context-sensitive records beside the normal ones are no other kind */
	struct pgo_error err = {0};
	struct pgo_comparison c;
	b->flags = PGO_PROFILE_IR | PGO_PROFILE_CSIR;
	assert_int_equal(pgo_compare(&c, a, b, NULL, &err), PGO_OK);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void skew_of_a_known_profile(void **state)
{
	(void)state;
	/* 8 counters of 1/8 in two functions: exp(H) is 8 and 2 */
	const struct spec even[] = {
		{"f", 1, 0, {3, 3, 3, 3, END}}, {"g", 2, 0, {3, 3, 3, 3, END}}, {"h", 3, 0, {0, END}}, {0}};
	struct pgo_profile *a = make_profile(even);
	struct pgo_comparison c = compared(a, a);
	assert_near(c.train.skew.effective_counters, 8, 1e-12);
	assert_near(c.train.skew.effective_functions, 2, 1e-12);
	assert_near(c.train.skew.top_counters[0], 1.0 / 8, 1e-12);
	assert_near(c.train.skew.top_counters[1], 5.0 / 8, 1e-12);
	assert_near(c.train.skew.top_counters[2], 1, 1e-12);
	assert_near(c.train.skew.top_functions[0], 0.5, 1e-12);
	assert_near(c.train.skew.breadth, 2.0 / 3, 1e-12);
	assert_int_equal(c.train.skew.hot_counters, 8);
	assert_int_equal(c.train.skew.hot_functions, 2);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
}

static void the_forecast_is_the_formula(void **state)
{
	(void)state;
	struct pgo_profile *a = make_profile(train), *b = make_profile(test);
	struct pgo_comparison c = compared(a, b);
	assert_true(c.retained.present);
	double factor = 1 + 2 * c.test.skew.dominant_share;
	double masses = c.decisions.under_served + sqrt(c.decisions.under_served_999) + sqrt(c.decisions.shape_tv);
	assert_near(c.retained.estimate, 1 - 0.232 * factor * masses, 1e-12);
	assert_true(c.retained.low < c.retained.estimate && c.retained.estimate < c.retained.high);
	pgo_comparison_release(&c);
	a->flags = b->flags = 0;
	c = compared(a, b);
	assert_false(c.retained.present);
	assert_string_equal(c.retained.note, "not calibrated for front-end profiles, only for IR ones");
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_of_the_worked_example),
		cmocka_unit_test(identities_hold_on_random_profiles),
		cmocka_unit_test(a_profile_equals_itself_at_any_scale),
		cmocka_unit_test(disjoint_profiles_share_nothing),
		cmocka_unit_test(empty_and_zero_profiles_give_no_numbers_out_of_nothing),
		cmocka_unit_test(stale_functions_stand_on_their_own_side),
		cmocka_unit_test(pseudo_records_carry_no_mass),
		cmocka_unit_test(kinds_are_not_mixed),
		cmocka_unit_test(skew_of_a_known_profile),
		cmocka_unit_test(the_forecast_is_the_formula),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
