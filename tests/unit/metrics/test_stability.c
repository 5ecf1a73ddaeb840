/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/stability.h"

/* Two kinds of work: three workloads in f, three in g; each ran h a little, and the second kind z as well. */
static struct runs two_kinds(void)
{
	struct runs r = new_runs(6);
	for (unsigned i = 0; i < 6; i++) {
		bool second = i >= 3;
		const struct spec specs[] = {{"f", 1, 0, {second ? 0 : 9000 + 10 * i, second ? 0 : 1000, END}},
					     {"g", 2, 0, {second ? 9000 + 10 * i : 0, END}},
					     {"h", 3, 0, {10, END}},
					     {"z", 4, 0, {second ? 1000 : 0, END}},
					     {0}};
		r.profiles[i] = make_profile(specs);
	}
	open_runs(&r);
	return r;
}

static void finds_two_clusters(void **state)
{
	(void)state;
	struct runs r = two_kinds();
	struct pgo_stability s;
	assert_int_equal(pgo_stability_measure(&s, &r.panel, NULL, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(s.workload_count, 6);
	assert_int_equal(s.clusters.cluster_count, 2);
	assert_int_equal(s.between.pairs, 15);
	assert_int_equal(s.repeats.pairs, 0);
	assert_true(s.between.low < 0.01 && s.between.high > 0.9);
	/* the middle one of three in a row stands for them */
	assert_int_equal(s.medoid[0], 1);
	assert_int_equal(s.medoid[1], 4);
	for (unsigned i = 0; i < 6; i++) {
		double total = (double)r.panel.totals[i];
		assert_near(s.served[i].missed, (total - 10) / total, 1e-12); /* all but h */
		/* the merge: nearly half in f, half in g; h is not hot, all else is */
		assert_near(s.served[i].under_served, 10 / total, 1e-12);
	}
	pgo_stability_release(&s);
	close_runs(&r);
}

/*
 * A workload recorded eleven times weighs as much as one recorded once: z is 1.5 % of the merge and hot; a twelfth of 3
 * % would not be.
 */
static void repeats_share_a_part(void **state)
{
	(void)state;
	struct runs r = new_runs(12);
	size_t labels[12];
	for (unsigned i = 0; i < 12; i++) {
		bool rare = i == 11;
		const struct spec specs[] = {{"f", 1, 0, {rare ? 0 : 1000 + i, END}},
					     {"g", 2, 0, {rare ? 970 : 0, rare ? 30 : 0, END}},
					     {0}};
		r.profiles[i] = make_profile(specs);
		labels[i] = rare ? 1 : 0;
	}
	open_runs(&r);
	struct pgo_stability s;
	assert_int_equal(pgo_stability_measure(&s, &r.panel, labels, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(s.workload_count, 2);
	assert_int_equal(s.repeats.pairs, 55);
	assert_int_equal(s.between.pairs, 1);
	assert_near(s.repeats.high, 0, 1e-12);
	assert_near(s.between.low, 1, 1e-12);
	assert_near(s.served[11].under_served, 0, 1e-12);
	pgo_stability_release(&s);
	close_runs(&r);
}

/* Three workloads that share nothing, one of them recorded four times: its repeats are no cluster, and no more pairs.
 */
static void repeats_make_no_cluster(void **state)
{
	(void)state;
	struct runs r = new_runs(6);
	static const size_t labels[6] = {7, 7, 2, 7, 5, 7};
	for (unsigned i = 0; i < 6; i++) {
		const struct spec specs[] = {{"f", 1, 0, {labels[i] == 7 ? 1000 + i : 0, END}},
					     {"g", 2, 0, {labels[i] == 2 ? 1000 : 0, END}},
					     {"h", 3, 0, {labels[i] == 5 ? 1000 : 0, END}},
					     {"z", 4, 0, {labels[i] == 7 ? 0 : 1000, END}},
					     {0}};
		r.profiles[i] = make_profile(specs);
	}
	open_runs(&r);
	struct pgo_stability s;
	assert_int_equal(pgo_stability_measure(&s, &r.panel, labels, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(s.workload_count, 3);
	assert_int_equal(s.first[0], 0);
	assert_int_equal(s.first[2], 4);
	assert_int_equal(s.workload[5], 0);
	assert_int_equal(s.between.pairs, 3);
	assert_int_equal(s.repeats.pairs, 6);
	/* 2 and 5 share z, half of each: Hellinger distance sqrt(1/2); the mean silhouette of {7}, {2, 5} is below 0.25
	 */
	assert_near(s.apart.values[1 * 3 + 2], sqrt(0.5), 1e-12);
	assert_near(s.apart.values[0 * 3 + 1], 1, 1e-12);
	assert_int_equal(s.clusters.count, 3);
	assert_int_equal(s.clusters.cluster_count, 1);
	pgo_stability_release(&s);
	close_runs(&r);
}

/* Passed, failed, and too few; the sentences. */
static void judges(void **state)
{
	(void)state;
	struct runs r = two_kinds();
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	struct pgo_stability s;
	struct pgo_verdict v;
	assert_int_equal(pgo_stability_measure(&s, &r.panel, NULL, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(pgo_judge_stability(&v, &s, names, 0.5, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_PASS);
	assert_string_equal(v.summary,
			    "accepted: one profile serves all of these 6 workloads: merged at equal mass, they "
			    "call hot all but 0.1 % of what any of them executes; they form 2 clusters");
	pgo_verdict_release(&v);
	s.served[4].under_served = 0.7;
	assert_int_equal(pgo_judge_stability(&v, &s, names, 0.5, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_string_equal(
		v.rules[0].evidence,
		"no single profile serves all of these 6 workloads: merged at equal mass, they do not call hot "
		"70.0 % of what 'e' executes; they form 2 clusters");
	assert_non_null(strstr(v.rules[0].advice, "one binary for each cluster"));
	pgo_verdict_release(&v);
	s.workload_count = 2;
	assert_int_equal(pgo_judge_stability(&v, &s, names, 0.5, false, NULL), PGO_OK);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	assert_string_equal(v.rules[0].advice, "record at least 1 more workload of real use");
	pgo_verdict_release(&v);
	pgo_stability_release(&s);
	close_runs(&r);
}

/* Profiles that never ran neither weigh nor divide by nothing. */
static void idle_profiles(void **state)
{
	(void)state;
	const struct spec ran[] = {{"f", 1, 0, {5, 6, END}}, {0}}, idle[] = {{"f", 1, 0, {0, 0, END}}, {0}};
	struct runs r = new_runs(3);
	r.profiles[0] = make_profile(ran);
	r.profiles[1] = make_profile(idle);
	r.profiles[2] = make_profile(idle);
	open_runs(&r);
	struct pgo_stability s;
	assert_int_equal(pgo_stability_measure(&s, &r.panel, NULL, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_near(s.served[0].under_served, 0, 1e-12);
	for (size_t i = 0; i < 3; i++)
		assert_true(isfinite(s.served[i].missed) && isfinite(s.served[i].under_served));
	pgo_stability_release(&s);
	close_runs(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_two_clusters),	   cmocka_unit_test(repeats_share_a_part),
		cmocka_unit_test(repeats_make_no_cluster), cmocka_unit_test(judges),
		cmocka_unit_test(idle_profiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
