/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "analysis/model/builder.h"

#include "pgo/runs.h"

enum { TRAIN = 4, TEST = 5, ALL = TRAIN + TEST };

/* The profiles of tests/validation/runs_oracle.py, where the numbers below come from. */
static struct runs made_runs(uint64_t scale)
{
	static const unsigned width[] = {3, 2, 1, 4};
	static const char *const names[] = {"a", "b", "c", "d"};
	struct runs r = new_runs(ALL);
	uint64_t state = 12345;
	for (unsigned run = 0; run < ALL; run++) {
		bool test = run >= TRAIN;
		struct spec specs[5] = {0};
		for (unsigned f = 0; f < 4; f++) {
			specs[f] = (struct spec){.name = names[f], .hash = f + 1};
			for (unsigned c = 0; c < width[f]; c++) {
				state = state * 6364136223846793005u + 1442695040888963407u;
				uint64_t count = 100 + (state >> 48) % 900;
				count *= f == 1 && test ? 20 : 1;
				count *= f == 3 && (c == 0) == test ? 50 : 1;
				count *= !(f == 2 && (run == 1 || run == 6)) && !(f == 0 && run == 8);
				specs[f].counters[c] = count * (run % 2 ? scale : 1);
			}
			specs[f].counters[width[f]] = END;
		}
		r.profiles[run] = make_profile(specs);
	}
	open_runs(&r);
	return r;
}

static const struct pgo_function_runs *function_named(const struct pgo_runs *m, const struct pgo_panel *panel,
						      char name)
{
	for (size_t i = 0; i < m->function_count; i++)
		if (pgo_panel_function(panel, m->functions[i].function).name[0] == name)
			return &m->functions[i];
	fail_msg("'%c' was not tested", name);
	return NULL;
}

static struct pgo_runs measured(const struct runs *r, size_t train, const size_t *labels,
				const struct pgo_runs_options *options)
{
	struct pgo_runs m;
	struct pgo_error err = {0};
	if (pgo_runs_measure(&m, &r->panel, train, labels, options, PGO_RECORDS_NORMAL, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return m;
}

static void agrees_with_numpy(void **state)
{
	(void)state;
	static const struct {
		char name;
		double share[2], share_p, share_q, tv, shape_p, shape_q; /* below 0: absent */
		bool share_flagged, shape_flagged;
	} expected[] = {
		{'a',
		 {0.017682602344275461, 0.038692670009906165},
		 27. / 126,
		 0.25,
		 0.2254891406332587,
		 4. / 70,
		 0.099999999999999992,
		 false,
		 false},
		{'b',
		 {0.016503836458046279, 0.51150665900615633},
		 1. / 126,
		 0.018518518518518517,
		 0.020952257635947213,
		 121. / 126,
		 0.96031746031746035,
		 true,
		 false},
		{'c',
		 {0.0060325148948953723, 0.017309957669725103},
		 18. / 126,
		 0.20000000000000001,
		 0,
		 -1,
		 -1,
		 false,
		 false},
		{'d',
		 {0.95978104630278294, 0.43249071331421246},
		 1. / 126,
		 0.018518518518518517,
		 0.85518768920595201,
		 1. / 126,
		 0.018518518518518517,
		 true,
		 true},
	};
	/* counts a thousand times larger are still one run */
	for (uint64_t scale = 1; scale <= 1000; scale *= 1000) {
		struct runs r = made_runs(scale);
		struct pgo_runs m = measured(&r, TRAIN, NULL, NULL);
		assert_true(m.energy.permutation.exact);
		assert_int_equal(m.energy.permutation.count, 126);
		assert_int_equal(m.energy.permutation.extreme, 1);
		assert_near(m.energy.permutation.p_value, 1. / 126, 1e-15);
		assert_near(m.energy.permutation.least_p, 1. / 126, 1e-15);
		assert_near(m.energy.between, 0.78762783265884018, 1e-13);
		assert_near(m.energy.within[0], 0.16556213912975565, 1e-13);
		assert_near(m.energy.within[1], 0.22033332346447396, 1e-13);
		assert_near(m.energy.energy, 1.1893602027234507, 1e-13);
		assert_int_equal(m.labellings, 126);
		assert_int_equal(m.function_count, 4);
		assert_int_equal(m.flagged_count, 2);
		assert_int_equal(m.tests_made, 7);
		assert_near(m.least_q, 7. / 126, 1e-15);
		for (size_t i = 0; i < 4; i++) {
			const struct pgo_function_runs *f = function_named(&m, &r.panel, expected[i].name);
			for (int s = 0; s < 2; s++)
				assert_near(f->share[s], expected[i].share[s], 1e-14);
			assert_near(f->share_p, expected[i].share_p, 1e-15);
			assert_near(f->share_q, expected[i].share_q, 1e-15);
			assert_true(f->shape_tv.present);
			assert_near(f->shape_tv.value, expected[i].tv, 1e-14);
			assert_int_equal(f->shape_p.present, expected[i].shape_p >= 0);
			if (f->shape_p.present) {
				assert_near(f->shape_p.value, expected[i].shape_p, 1e-15);
				assert_near(f->shape_q.value, expected[i].shape_q, 1e-15);
			}
			assert_int_equal(f->share_flagged, expected[i].share_flagged);
			assert_int_equal(f->shape_flagged, expected[i].shape_flagged);
		}
		assert_int_equal(function_named(&m, &r.panel, 'a')->ran[1], 4);
		pgo_runs_release(&m);
		close_runs(&r);
	}
}

static void ranks_agree_with_numpy(void **state)
{
	(void)state;
	static const double tests[TEST][TRAIN + 1] = {
		{0.83360095458594707, 0.23335090957136059, 0.29502690598609699, 0.32114219696138052,
		 0.38880872644274034},
		{0.91378667484217047, 0.24654168164072471, 0.30769305935920549, 0.33680810047900367,
		 0.40432346508360595},
		{0.91864225492596441, 0.25112387189979163, 0.31384782448864629, 0.33343539749128415,
		 0.41150077392830858},
		{0.91449624373677507, 0.25182867797915837, 0.31228223647720477, 0.33574362484217246,
		 0.41021219263503678},
		{0.93033074327656151, 0.25122672664158496, 0.31958587205573857, 0.33476475097682035,
		 0.40901992316926117},
	};
	static const double train[TEST + 1] = {0.77032650235784694, 0.15816141766741687, 0.30258342797329563,
					       0.26206281077759302, 0.30049908788815805, 0.35615734898610929};
	struct runs r = made_runs(1);
	struct pgo_runs_options options = pgo_runs_defaults();
	options.score = PGO_SCORE_TV;
	struct pgo_runs m = measured(&r, TRAIN, NULL, &options);
	assert_int_equal(m.test_count, TEST);
	for (size_t i = 0; i < TEST; i++) {
		assert_int_equal(m.test_profile[i], TRAIN + i);
		assert_int_equal(m.tests[i].reference_count, TRAIN);
		assert_false(m.tests[i].trains);
		assert_near(m.tests[i].candidate, tests[i][0], 1e-12);
		for (size_t k = 0; k < TRAIN; k++)
			assert_near(m.tests[i].references[k], tests[i][k + 1], 1e-12);
		assert_near(m.tests[i].p_value, 1. / 5, 1e-15);
		assert_near(m.tests[i].least_p, 1. / 5, 1e-15);
	}
	pgo_runs_release(&m);
	options.score = PGO_SCORE_HELLINGER;
	m = measured(&r, TRAIN, NULL, &options);
	assert_true(m.train_ranked && m.train.trains);
	assert_near(m.train.candidate, train[0], 1e-12);
	for (size_t k = 0; k < TEST; k++)
		assert_near(m.train.references[k], train[k + 1], 1e-12);
	assert_near(m.train.p_value, 1. / 6, 1e-15);
	pgo_runs_release(&m);
	close_runs(&r);
}

/* Each of n + 1 runs in turn is the candidate: at most a share of a may have p <= a. */
static void ranks_are_exact(void **state)
{
	(void)state;
	for (unsigned score = 0; score < PGO_SCORE_COUNT; score++) {
		struct runs r = random_runs(10, 20, 0.7);
		double p[10];
		for (size_t i = 0; i < r.count; i++) {
			struct pgo_conformal c;
			assert_int_equal(pgo_conformal_rank(&c, &r.panel, NULL, i, score % 2, (enum pgo_score)score,
							    PGO_RECORDS_NORMAL, NULL),
					 PGO_OK);
			assert_int_equal(c.reference_count, 9);
			assert_near(c.p_value, (1. + (double)c.extreme) / 10, 1e-15);
			p[i] = c.p_value;
			pgo_conformal_release(&c);
		}
		for (unsigned a = 1; a <= 10; a++) {
			unsigned rejected = 0;
			for (size_t i = 0; i < 10; i++)
				rejected += p[i] <= a / 10. + 1e-12;
			assert_true(rejected <= a);
		}
		close_runs(&r);
	}
}

/* A micro-benchmark as a training profile serves the other runs worst; a run that nobody trained for is served worst.
 */
static void finds_the_stranger(void **state)
{
	(void)state;
	const struct spec like[3][4] = {
		{{"f", 1, 0, {600, 30, END}}, {"g", 2, 0, {400, END}}, {"m", 3, 0, {0, END}}, {0}},
		{{"f", 1, 0, {580, 40, END}}, {"g", 2, 0, {410, END}}, {"m", 3, 0, {0, END}}, {0}},
		{{"f", 1, 0, {610, 20, END}}, {"g", 2, 0, {390, END}}, {"m", 3, 0, {1, END}}, {0}},
	};
	const struct spec stranger[] = {
		{"f", 1, 0, {10, 0, END}}, {"g", 2, 0, {0, END}}, {"m", 3, 0, {99999, END}}, {0}};
	struct runs r = new_runs(4);
	for (size_t i = 0; i < 3; i++)
		r.profiles[i] = make_profile(like[i]);
	r.profiles[3] = make_profile(stranger);
	open_runs(&r);
	for (unsigned score = 0; score < PGO_SCORE_COUNT; score++) {
		struct pgo_conformal c;
		bool trains = score == PGO_SCORE_UNDER_SERVED || score == PGO_SCORE_MISSED;
		pgo_conformal_rank(&c, &r.panel, NULL, 3, trains, (enum pgo_score)score, PGO_RECORDS_NORMAL, NULL);
		assert_int_equal(c.score, score);
		assert_near(c.p_value, 0.25, 1e-15);
		assert_near(c.least_p, 0.25, 1e-15);
		pgo_conformal_release(&c);
		pgo_conformal_rank(&c, &r.panel, NULL, 0, trains, (enum pgo_score)score, PGO_RECORDS_NORMAL, NULL);
		assert_true(c.p_value > 0.25);
		pgo_conformal_release(&c);
	}
	close_runs(&r);
}

static void uncalibrated_profiles_are_ranked_by_what_is_under_served(void **state)
{
	(void)state;
	struct runs r = new_runs(3);
	for (size_t i = 0; i < 3; i++) {
		r.profiles[i] = make_profile(oracle_specs[i]);
		r.profiles[i]->flags = 0; /* front end */
	}
	open_runs(&r);
	struct pgo_conformal c;
	assert_int_equal(pgo_conformal_rank(&c, &r.panel, NULL, 1, true, PGO_SCORE_RETAINED, PGO_RECORDS_NORMAL, NULL),
			 PGO_OK);
	assert_int_equal(c.score, PGO_SCORE_UNDER_SERVED);
	pgo_conformal_release(&c);
	close_runs(&r);
}

/* A repeat is not another run: each workload twice changes no test, but gives a noise floor of 0. */
static void repeats_are_one_workload(void **state)
{
	(void)state;
	struct runs once = made_runs(1), r = new_runs(2 * ALL);
	size_t labels[2 * ALL];
	for (size_t i = 0; i < ALL; i++)
		for (size_t k = 0; k < 2; k++) {
			struct runs again = made_runs(1);
			r.profiles[2 * i + k] = again.profiles[i];
			again.profiles[i] = NULL;
			close_runs(&again);
			labels[2 * i + k] = i % TRAIN; /* one label on both sides is two workloads */
		}
	labels[2 * ALL - 2] = labels[2 * ALL - 1] = 77;
	open_runs(&r);
	struct pgo_runs single = measured(&once, TRAIN, NULL, NULL), twice = measured(&r, 2 * TRAIN, labels, NULL);
	assert_int_equal(twice.workload_count[0], TRAIN);
	assert_int_equal(twice.workload_count[1], TEST);
	assert_int_equal(twice.profile_count[1], 2 * TEST);
	assert_int_equal(single.repeats.pairs, 0);
	assert_int_equal(twice.repeats.pairs, ALL);
	assert_near(twice.repeats.high, 0, 1e-15);
	assert_near(twice.energy.energy, single.energy.energy, 1e-12);
	assert_int_equal(twice.energy.permutation.extreme, single.energy.permutation.extreme);
	assert_int_equal(twice.function_count, single.function_count);
	for (size_t i = 0; i < single.function_count; i++) {
		assert_near(twice.functions[i].share_p, single.functions[i].share_p, 1e-15);
		assert_near(twice.functions[i].noise_tv, 0, 1e-15);
	}
	assert_near(twice.train.candidate, single.train.candidate, 1e-12);
	assert_near(twice.tests[3].p_value, single.tests[3].p_value, 1e-15);
	assert_int_equal(twice.test_profile[3], 2 * (TRAIN + 3));
	pgo_runs_release(&single);
	pgo_runs_release(&twice);
	close_runs(&once);
	close_runs(&r);
}

/* Repeats that differ as much as the sides do: nothing is reported as a difference. */
static void nothing_below_the_noise(void **state)
{
	(void)state;
	struct runs r = made_runs(1);
	size_t labels[ALL] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct pgo_runs m = measured(&r, TRAIN, labels, NULL);
	assert_false(m.within_noise); /* no repeats: not known */
	pgo_runs_release(&m);
	/* training: three that are alike and one from the test, said to be a repeat of one of them */
	struct runs mixed = new_runs(ALL);
	for (size_t i = 0; i < ALL; i++) {
		struct runs again = made_runs(1);
		size_t from = i == 3 ? 8 : i == 8 ? 3 : i;
		mixed.profiles[i] = again.profiles[from];
		again.profiles[from] = NULL;
		close_runs(&again);
	}
	labels[3] = 2;
	open_runs(&mixed);
	struct pgo_runs_options options = pgo_runs_defaults();
	options.alpha = 1;
	m = measured(&mixed, TRAIN, labels, &options);
	assert_int_equal(m.workload_count[0], 3);
	assert_true(m.within_noise);
	const struct pgo_function_runs *d = function_named(&m, &mixed.panel, 'd');
	assert_true(d->noise_tv > d->shape_tv.value && !d->shape_flagged && !d->share_flagged);
	pgo_runs_release(&m);
	close_runs(&mixed);
	close_runs(&r);
}

static void too_few_runs_test_no_function(void **state)
{
	(void)state;
	struct runs r = made_runs(1);
	struct runs few = new_runs(4);
	for (size_t i = 0; i < 4; i++) {
		few.profiles[i] = r.profiles[2 + i];
		r.profiles[2 + i] = NULL;
	}
	open_runs(&few);
	struct pgo_runs m = measured(&few, 2, NULL, NULL);
	assert_int_equal(m.labellings, 6);
	assert_near(m.least_p, 2. / 6, 1e-15);
	assert_int_equal(m.function_count, 0);
	pgo_runs_release(&m);
	m = measured(&few, 3, NULL, NULL);
	assert_false(m.train_ranked);
	assert_int_equal(m.test_count, 1);
	pgo_runs_release(&m);
	m = measured(&few, 1, NULL, NULL);
	assert_true(m.train_ranked);
	assert_int_equal(m.test_count, 0);
	pgo_runs_release(&m);
	close_runs(&few);
	close_runs(&r);
}

/* The mean by hand: (0.9, 0.1) and (1/2, 1/2) with a repeat; what ran stays above 0. */
static void mean_by_hand(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {900, 100, END}}, {0}}, b[] = {{"f", 1, 0, {1, 1, END}}, {0}};
	const struct spec z[] = {{"f", 1, 0, {0, 0, END}}, {0}};
	struct runs r = new_runs(4);
	r.profiles[0] = make_profile(a);
	r.profiles[1] = make_profile(b);
	r.profiles[2] = make_profile(b);
	r.profiles[3] = make_profile(z);
	open_runs(&r);
	struct pgo_profile *mean;
	const size_t labels[] = {0, 1, 1, 1};
	struct pgo_error err = {0};
	assert_int_equal(pgo_runs_mean(&mean, &r.panel, 0, 3, labels, NULL), PGO_OK);
	struct pgo_function f = pgo_profile_function(mean, 0);
	double total = (double)f.counters[0] + (double)f.counters[1];
	assert_near(total / 0x1p60, 1, 1e-15);
	assert_near((double)f.counters[0] / total, 0.7, 1e-15);
	pgo_profile_free(mean);
	assert_int_equal(pgo_runs_mean(&mean, &r.panel, 0, 3, NULL, NULL), PGO_OK);
	f = pgo_profile_function(mean, 0);
	assert_near((double)f.counters[0] / 0x1p60, 1.9 / 3, 1e-15);
	pgo_profile_free(mean);
	assert_int_equal(pgo_runs_mean(&mean, &r.panel, 0, 4, NULL, &err), PGO_EINVAL);
	assert_string_equal(err.message, "profile 4 has no counts");
	close_runs(&r);
}

static void means_are_compared(void **state)
{
	(void)state;
	struct runs r = made_runs(1);
	struct pgo_runs m = measured(&r, TRAIN, NULL, NULL);
	struct pgo_runs_comparison c;
	assert_int_equal(pgo_runs_compare(&c, &r.panel, TRAIN, NULL, &m, NULL, NULL), PGO_OK);
	assert_near(c.comparison.total_variation, 0.89679848656056227, 1e-12);
	assert_near(c.comparison.hellinger, 0.77032650235784694, 1e-12);
	pgo_u128 total[2] = {0};
	for (size_t i = 0; i < ALL; i++)
		total[i >= TRAIN] += r.panel.totals[i];
	assert_true(c.comparison.train.summary.total == total[0] && c.comparison.test.summary.total == total[1]);
	assert_int_equal(c.comparison.tested_functions, 4);
	assert_int_equal(c.comparison.flagged_functions, 2);
	for (size_t i = 0; i < 4; i++) {
		const struct pgo_function_comparison *f = &c.comparison.functions[i];
		const struct pgo_function_runs *own = function_named(&m, &r.panel, f->name[0]);
		assert_near(f->train_share, own->share[0], 1e-14);
		assert_near(f->test_share, own->share[1], 1e-14);
		assert_near(f->p_value.value,
			    own->shape_p.present ? fmin(own->share_p, own->shape_p.value) : own->share_p, 0);
		assert_int_equal(f->flagged, own->share_flagged || own->shape_flagged);
	}
	pgo_runs_comparison_release(&c);
	pgo_runs_release(&m);
	close_runs(&r);
}

/* Against one profile: that one as it is; functions only one side or some profiles have find their own tests. */
static void one_against_many(void **state)
{
	(void)state;
	struct runs r = random_runs(10, 30, 0.4);
	struct pgo_runs_options options = pgo_runs_defaults();
	options.alpha = 0.2;
	struct pgo_runs m = measured(&r, 9, NULL, &options);
	struct pgo_runs_comparison c;
	assert_near(m.least_p, 0.1, 1e-15);
	assert_int_equal(pgo_runs_compare(&c, &r.panel, 9, NULL, &m, NULL, NULL), PGO_OK);
	assert_true(c.means[0] && !c.means[1]);
	assert_true(c.comparison.test_profile == r.profiles[9]);
	for (size_t i = 0; i < c.comparison.function_count; i++) {
		const struct pgo_function_comparison *f = &c.comparison.functions[i];
		for (size_t k = 0; k < m.function_count; k++) {
			struct pgo_function g = pgo_panel_function(&r.panel, m.functions[k].function);
			if (strncmp(g.name, f->name, g.name_length) != 0)
				continue;
			assert_near(f->test_share, m.functions[k].share[1], 1e-14);
			assert_true(f->p_value.present && f->p_value.value <= m.functions[k].share_p);
		}
	}
	pgo_runs_comparison_release(&c);
	pgo_runs_release(&m);
	close_runs(&r);
}

/* A sampled profile: f at two lines, and one function that only it was seen in. */
static struct pgo_profile *sampled(uint64_t line, const char *rare)
{
	struct pgo_builder b = {.format = "test", .kind = PGO_KIND_LINES};
	struct pgo_profile *p = NULL;
	assert_non_null(pgo_builder_function(&b, "f", 1, name_ref("f"), 0));
	assert_int_equal(pgo_builder_keyed(&b, 1, 50), 0);
	assert_int_equal(pgo_builder_keyed(&b, line, 40), 0);
	assert_int_equal(pgo_builder_seal(&b), 0);
	assert_non_null(pgo_builder_function(&b, rare, (uint32_t)strlen(rare), name_ref(rare), 0));
	assert_int_equal(pgo_builder_keyed(&b, 3, 10), 0);
	assert_int_equal(pgo_builder_seal(&b), 0);
	assert_int_equal(pgo_builder_finish(&b, 0, &p, NULL), PGO_OK);
	return p;
}

/* Two of training hit lines 1 and 5, two of the test 1 and 9: shares by hand; what is not listed did not run. */
static void sampled_means_are_compared(void **state)
{
	(void)state;
	struct runs r = new_runs(4);
	r.profiles[0] = sampled(5, "a");
	r.profiles[1] = sampled(5, "b");
	r.profiles[2] = sampled(9, "c");
	r.profiles[3] = sampled(9, "a");
	open_runs(&r);
	struct pgo_runs m = measured(&r, 2, NULL, NULL);
	struct pgo_runs_comparison c;
	assert_int_equal(pgo_runs_compare(&c, &r.panel, 2, NULL, &m, NULL, NULL), PGO_OK);
	assert_near(c.comparison.overlap_ratio, 0.55, 1e-12); /* line 1 of f, and a */
	assert_near(row_of(&c.comparison, "f")->shape_tv.value, 4. / 9, 1e-12);
	assert_near(c.comparison.decisions.missed_functions, 0.05, 1e-12);
	assert_near(c.comparison.join_rate, 1, 1e-12);
	assert_true(c.comparison.train.summary.total == 200);
	assert_near(m.energy.between, (2 * sqrt(0.5) + sqrt(0.5) + sqrt(0.4)) / 4, 1e-12);
	pgo_runs_comparison_release(&c);
	pgo_runs_release(&m);
	close_runs(&r);
}

/* Many runs: random labellings, and most functions stop early; the same whenever asked. */
static void many_runs(void **state)
{
	(void)state;
	struct runs r = random_runs(24, 60, 0.9);
	struct pgo_runs_options options = pgo_runs_defaults();
	options.permutations = 2000;
	struct pgo_runs m = measured(&r, 12, NULL, &options), again = measured(&r, 12, NULL, &options);
	assert_int_equal(m.function_count, again.function_count);
	assert_near(m.least_p, 1. / 2001, 1e-15);
	double sum = 0;
	for (size_t i = 0; i < m.function_count; i++) {
		assert_int_equal(m.functions[i].function, again.functions[i].function);
		assert_true(m.functions[i].share_p == again.functions[i].share_p);
		assert_true(m.functions[i].shape_p.value == again.functions[i].shape_p.value);
		assert_true(m.functions[i].share_p >= m.least_p && m.functions[i].share_p <= 1);
		sum += m.functions[i].share_p;
	}
	assert_true(m.function_count > 40);
	assert_int_equal(m.flagged_count, 0); /* all runs are drawn alike */
	/* p is uniform then: mean 1/2, standard deviation 1 / sqrt(12 n); functions are nearly independent */
	assert_near(sum / (double)m.function_count, 0.5, 4 / sqrt(12. * (double)m.function_count));
	pgo_runs_release(&m);
	pgo_runs_release(&again);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_numpy),
		cmocka_unit_test(ranks_agree_with_numpy),
		cmocka_unit_test(ranks_are_exact),
		cmocka_unit_test(finds_the_stranger),
		cmocka_unit_test(uncalibrated_profiles_are_ranked_by_what_is_under_served),
		cmocka_unit_test(repeats_are_one_workload),
		cmocka_unit_test(nothing_below_the_noise),
		cmocka_unit_test(too_few_runs_test_no_function),
		cmocka_unit_test(mean_by_hand),
		cmocka_unit_test(means_are_compared),
		cmocka_unit_test(one_against_many),
		cmocka_unit_test(sampled_means_are_compared),
		cmocka_unit_test(many_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
