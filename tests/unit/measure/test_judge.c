/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/measure/measure.h"
#include "harness/sys/files.h"

/* The performance gate on measurements made up to lie on either side of each limit. */

static char *const ids[] = {(char *)"one", (char *)"two", (char *)"three", (char *)"four", (char *)"five"};
static struct workload named[5];
static const struct corpus corpus = {.workload_count = 5, .workloads = named};

static struct measure_workload heldout(size_t i)
{
	return (struct measure_workload){.workload = i, .ratio = 0.9, .low = 0.89, .high = 0.91, .pairs = 10};
}

static struct measure_workload guard(size_t i, double ratio, double p, int pairs)
{
	return (struct measure_workload){.workload = i, .ratio = ratio, .p_slower = p, .pairs = pairs, .guard = true};
}

static struct measure_verdict judge(struct measure_workload *workloads, size_t count, double ratio, double low,
				    double high, enum measure_method method)
{
	struct measure_result result = {.method = method,
					.workload_count = count,
					.workloads = workloads,
					.ratio = ratio,
					.low = low,
					.high = high};
	struct measure_verdict verdict;
	assert_int_equal(measure_judge(&verdict, &result, &corpus, 0.01, NULL), PGO_OK);
	return verdict;
}

/* Outcome and summary of held-out workloads alone. */
static void check_heldout(double ratio, double low, double high, enum pgo_outcome outcome, const char *summary)
{
	struct measure_workload w[] = {heldout(0)};
	struct measure_verdict v = judge(w, 1, ratio, low, high, MEASURE_TIME);
	assert_int_equal(v.outcome, outcome);
	assert_string_equal(v.summary, summary);
	measure_verdict_release(&v);
}

static void test_heldout(void **state)
{
	(void)state;
	check_heldout(0.9, 0.89, 0.91, PGO_PASS, "held-out workloads: faster (ratio 0.900, 95 % 0.890..0.910)");
	check_heldout(0.9, 0.7, 1.1, PGO_PASS, "held-out workloads: no difference (ratio 0.900, 95 % 0.700..1.100)");
	check_heldout(0.995, 0.99, 0.999, PGO_PASS,
		      "held-out workloads: no difference (ratio 0.995, 95 % 0.990..0.999)");
	/* slower, but the interval is not wholly beyond the limit */
	check_heldout(1.05, 1.005, 1.1, PGO_PASS, "held-out workloads: slower (ratio 1.050, 95 % 1.005..1.100)");
	check_heldout(1.05, 1.011, 1.1, PGO_FAIL,
		      "held-out workloads became slower: ratio 1.050, 95 % 1.011..1.100, beyond the limit 1.01");
	check_heldout(0.9, NAN, NAN, PGO_INCONCLUSIVE,
		      "held-out workloads have no interval to judge by: too short to measure, or too few pairs");
}

static void test_few_pairs(void **state)
{
	(void)state;
	struct measure_workload w[] = {heldout(0), heldout(1)};
	w[1].pairs = 5;
	struct measure_verdict v = judge(w, 2, 1.05, 1.02, 1.1, MEASURE_TIME);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	assert_string_equal(v.summary,
			    "held-out workloads look slower (ratio 1.050, 95 % 1.020..1.100), but by too few "
			    "pairs to judge: six are needed");
	measure_verdict_release(&v);
	w[1].pairs = 6;
	v = judge(w, 2, 1.05, 1.02, 1.1, MEASURE_TIME);
	assert_int_equal(v.outcome, PGO_FAIL);
	measure_verdict_release(&v);
}

static void test_guards(void **state)
{
	(void)state;
	struct measure_workload w[] = {heldout(0), guard(1, 1.2, 0.001, 10), guard(2, 1.2, 0.04, 10),
				       guard(3, 1.005, 0.001, 10), guard(4, 0.9, 0.99, 10)};
	struct measure_verdict v = judge(w, 5, 0.9, 0.89, 0.91, MEASURE_TIME);
	assert_int_equal(v.guard_count, 4);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_int_equal(v.heldout, PGO_PASS);
	assert_int_equal(v.guards[0].outcome, PGO_FAIL);
	assert_int_equal(v.guards[1].outcome, PGO_PASS); /* 0.04 alone would do; not as one of four */
	assert_int_equal(v.guards[2].outcome, PGO_PASS); /* certain, but within the limit */
	assert_int_equal(v.guards[3].outcome, PGO_PASS);
	assert_string_equal(v.summary,
			    "held-out workloads: faster (ratio 0.900, 95 % 0.890..0.910); guard 'two' (ratio "
			    "1.200, p 0.004 after Holm) became slower than the limit 1.01");
	measure_verdict_release(&v);

	/* two of them: 2 · 2^-4 is above 0.05, so four pairs can say nothing */
	struct measure_workload few[] = {guard(0, 1.2, 0.0625, 4), guard(1, 1, 0.5, 4)};
	v = judge(few, 2, NAN, NAN, NAN, MEASURE_TIME);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	assert_int_equal(v.heldout_count, 0);
	assert_string_equal(v.summary,
			    "no held-out workload was measured; guard 'one' (ratio 1.200, p 0.12 after Holm) "
			    "cannot be judged: too few pairs, or too short to measure");
	measure_verdict_release(&v);

	struct measure_workload fine[] = {heldout(0), guard(1, 1.009, 0.001, 10), guard(2, 0.9, 1, 10)};
	v = judge(fine, 3, 0.9, 0.89, 0.91, MEASURE_USER);
	assert_int_equal(v.outcome, PGO_PASS);
	assert_string_equal(v.summary,
			    "held-out workloads: faster (ratio 0.900, 95 % 0.890..0.910); 2 guards kept within "
			    "the limit 1.01");
	measure_verdict_release(&v);
}

static void test_deterministic(void **state)
{
	(void)state;
	struct measure_workload w[] = {heldout(0), guard(1, 1.0101, NAN, 1), guard(2, 1.0099, NAN, 1)};
	struct measure_verdict v = judge(w, 3, 1.0099, 1.0099, 1.0099, MEASURE_CACHEGRIND);
	assert_int_equal(v.outcome, PGO_FAIL);
	assert_int_equal(v.heldout, PGO_PASS);
	assert_int_equal(v.guards[0].outcome, PGO_FAIL);
	assert_int_equal(v.guards[1].outcome, PGO_PASS);
	assert_string_equal(v.summary,
			    "held-out workloads: no difference (ratio 1.010); guard 'two' (ratio 1.010) became "
			    "slower than the limit 1.01");
	measure_verdict_release(&v);
	v = judge(w, 1, 1.0101, 1.0101, 1.0101, MEASURE_CACHEGRIND);
	assert_int_equal(v.outcome, PGO_FAIL);
	measure_verdict_release(&v);
}

static void test_not_measured(void **state)
{
	(void)state;
	struct measure_workload w[] = {guard(0, NAN, NAN, 3), guard(1, 1.2, 0.001, 10)};
	struct measure_verdict v = judge(w, 2, NAN, NAN, NAN, MEASURE_USER);
	assert_int_equal(v.guards[0].outcome, PGO_INCONCLUSIVE);
	assert_true(isnan(v.guards[0].p_holm));
	assert_int_equal(v.guards[1].outcome, PGO_FAIL);
	assert_true(v.guards[1].p_holm == 0.001); /* the other takes no part in the correction */
	assert_int_equal(v.outcome, PGO_FAIL);
	measure_verdict_release(&v);

	/* pairs without a cost leave no interval: far above the limit, but not proven */
	w[1].p_slower = 0.2;
	w[1].low = w[1].high = NAN;
	v = judge(w, 2, NAN, NAN, NAN, MEASURE_USER);
	assert_int_equal(v.guards[1].outcome, PGO_INCONCLUSIVE);
	assert_int_equal(v.outcome, PGO_INCONCLUSIVE);
	measure_verdict_release(&v);
}

static void test_long_summary(void **state)
{
	(void)state;
	char id[101];
	struct workload many[8];
	struct measure_workload w[8];
	memset(id, 'x', 100);
	id[100] = 0;
	for (size_t i = 0; i < 8; i++) {
		many[i] = (struct workload){.id = id};
		w[i] = guard(i, 2, 1e-9, 30);
	}
	struct corpus c = {.workload_count = 8, .workloads = many};
	struct measure_result result = {.workload_count = 8, .workloads = w, .ratio = NAN, .low = NAN, .high = NAN};
	struct measure_verdict v;
	assert_int_equal(measure_judge(&v, &result, &c, 0.01, NULL), PGO_OK);
	assert_true(strlen(v.summary) < sizeof v.summary);
	assert_non_null(strstr(v.summary, " and 4 more became slower than the limit 1.01"));
	measure_verdict_release(&v);
}

static void test_json(void **state)
{
	(void)state;
	struct measure_workload w[] = {heldout(0), guard(1, 1.2, 0.001, 10)};
	struct measure_result result = {.workload_count = 2, .workloads = w, .ratio = 0.9, .low = 0.89, .high = 0.91};
	struct measure_verdict v;
	assert_int_equal(measure_judge(&v, &result, &corpus, 0.01, NULL), PGO_OK);
	json_object *json = measure_verdict_json(&v, &result, &corpus), *part;
	assert_string_equal(record_string(json, "outcome", ""), "fail");
	assert_string_equal(record_string(json, "correction", ""), "holm");
	assert_true(json_object_object_get_ex(json, "heldout", &part));
	assert_string_equal(record_string(part, "change", ""), "faster");
	assert_string_equal(record_string(part, "outcome", ""), "pass");
	assert_true(json_object_object_get_ex(json, "guards", &part));
	part = json_object_array_get_idx(part, 0);
	assert_string_equal(record_string(part, "workload", ""), "two");
	assert_string_equal(record_string(part, "outcome", ""), "fail");
	assert_true(record_number(part, "p_holm", 0) == 0.001);
	json_object_put(json);
	measure_verdict_release(&v);
}

int main(void)
{
	for (size_t i = 0; i < 5; i++)
		named[i].id = ids[i];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heldout),	     cmocka_unit_test(test_few_pairs),
		cmocka_unit_test(test_guards),	     cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_not_measured), cmocka_unit_test(test_long_summary),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
