/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The binned summary against the plain definition: sort all counters, walk down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/model/builder.h"

static void add(struct pgo_builder *b, const char *name, uint64_t hash, const uint64_t *counters, size_t count)
{
	assert_non_null(pgo_builder_function(b, name, (uint32_t)strlen(name), 1, hash));
	assert_int_equal(pgo_vec_reserve(&b->counters, count), 0);
	memcpy(b->counters.items + b->counters.count, counters, count * sizeof *counters);
	b->counters.count += count;
	assert_int_equal(pgo_builder_seal(b), 0);
}

static struct pgo_profile *finish(struct pgo_builder *b)
{
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_builder_finish(b, 0, &p, NULL), PGO_OK);
	return p;
}

static int descending(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a > b ? -1 : a < b;
}

static void plain_entries(const struct pgo_profile *p, pgo_u128 total, struct pgo_summary_entry *entries, size_t count)
{
	uint64_t *sorted = malloc((p->counter_count + 1) * sizeof *sorted);
	if (p->counter_count)
		memcpy(sorted, p->counters, p->counter_count * sizeof *sorted);
	qsort(sorted, p->counter_count, sizeof *sorted, descending);
	uint64_t at = 0, last = 0;
	pgo_u128 sum = 0;
	for (size_t i = 0; i < count; i++) {
		pgo_u128 want = total * entries[i].cutoff / 1000000; /* fits: totals here stay below 2^100 */
		while (sum < want && at < p->counter_count) {
			last = sorted[at];
			for (; at < p->counter_count && sorted[at] == last; at++)
				sum += last;
		}
		assert_int_equal(entries[i].min_count, last);
		assert_int_equal(entries[i].counter_count, at);
	}
	free(sorted);
}

static uint64_t state64 = 88172645463325252ull;

static uint64_t next_random(void)
{
	state64 ^= state64 << 13;
	state64 ^= state64 >> 7;
	return state64 ^= state64 << 17;
}

/** Counters of very different kinds: each has its own way to go wrong in the bins. */
static uint64_t draw(unsigned kind)
{
	uint64_t r = next_random();
	switch (kind) {
	case 0:
		return r % 2;
	case 1:
		return r % 300; /* around the bins of one value */
	case 2:
		return r >> (r % 64);
	case 3:
		return 1000000 + r % 1000; /* all in one bin */
	case 4:
		return UINT64_MAX - 3 - r % 5; /* sums beyond 64 bits */
	case 5:
		return (1ull << (r % 63)) + (next_random() % 3) - 1; /* edges of bins */
	default:
		return r % 10 ? 0 : r % 100000;
	}
}

static void equals_the_plain_definition(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < 700; round++) {
		struct pgo_builder b = {.format = "test", .flags = PGO_PROFILE_IR};
		uint64_t counters[64], first = 0, internal = 0, nonzero = 0, ran = 0, all = 0;
		unsigned functions = (unsigned)(next_random() % 40);
		pgo_u128 total = 0;
		for (unsigned f = 0; f < functions; f++) {
			size_t n = 1 + next_random() % 64;
			bool any = false;
			for (size_t i = 0; i < n; i++) {
				counters[i] = draw(round % 7);
				total += counters[i];
				nonzero += counters[i] != 0;
				any |= counters[i] != 0;
				uint64_t *which = i ? &internal : &first;
				*which = counters[i] > *which ? counters[i] : *which;
			}
			ran += any;
			all += n;
			add(&b, "f", f, counters, n);
		}
		struct pgo_profile *p = finish(&b);
		struct pgo_summary s;
		assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
		assert_true(s.total == total);
		assert_int_equal(s.function_count, functions);
		assert_int_equal(s.counter_count, all);
		assert_int_equal(s.nonzero_counters, nonzero);
		assert_int_equal(s.nonzero_functions, ran);
		assert_int_equal(s.max_first_count, first);
		assert_int_equal(s.max_internal_count, internal);
		assert_int_equal(s.max_count, first > internal ? first : internal);
		assert_int_equal(s.entry_count, 16);
		plain_entries(p, total, s.entries, s.entry_count);
		assert_int_equal(s.entries[11].cutoff, 990000);
		assert_int_equal(s.hot_threshold, s.entries[11].min_count);
		assert_int_equal(s.hot999_threshold, s.entries[12].min_count);
		assert_int_equal(s.cold_threshold, s.entries[15].min_count);
		pgo_profile_free(p);
	}
}

static void empty_and_zero(void **unused)
{
	(void)unused;
	for (int zeros = 0; zeros < 2; zeros++) {
		struct pgo_builder b = {.format = "test"};
		if (zeros)
			add(&b, "f", 1, (const uint64_t[]){0, 0, 0}, 3);
		struct pgo_profile *p = finish(&b);
		struct pgo_summary s;
		assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
		assert_int_equal(s.counter_count, zeros ? 3 : 0);
		assert_int_equal(s.nonzero_counters, 0);
		assert_int_equal(s.entry_count, 16);
		for (size_t i = 0; i < 16; i++)
			assert_true(s.entries[i].cutoff && !s.entries[i].min_count && !s.entries[i].counter_count);
		pgo_profile_free(p);
	}
}

/** By hand: 100 + 50 + 50 + 1 = 201. floor(201 * 0.1) = 20: the 100; floor(201 * 0.5) = 100: still only the 100. */
static void by_hand(void **unused)
{
	(void)unused;
	struct pgo_builder b = {.format = "test"};
	add(&b, "f", 1, (const uint64_t[]){50, 100, 0}, 3);
	add(&b, "g", 1, (const uint64_t[]){50, 1}, 2);
	struct pgo_profile *p = finish(&b);
	struct pgo_summary s;
	assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(s.entries[1].min_count, 100);
	assert_int_equal(s.entries[5].cutoff, 500000);
	assert_int_equal(s.entries[5].counter_count, 1);
	assert_int_equal(s.entries[6].min_count, 50); /* 60 %: equal values are taken together */
	assert_int_equal(s.entries[6].counter_count, 3);
	assert_int_equal(s.hot_threshold, 50);	/* floor(201 * 0.99) = 198 <= 200 */
	assert_int_equal(s.cold_threshold, 50); /* floor(201 * 0.999999) = 200 <= 200 */
	pgo_profile_free(p);
}

static void pseudo_saturated_and_cs(void **unused)
{
	(void)unused;
	struct pgo_builder b = {.format = "test", .flags = PGO_PROFILE_IR | PGO_PROFILE_CSIR, .pseudo_counts = true};
	add(&b, "hot", 1, (const uint64_t[]){UINT64_MAX, 3}, 2);
	add(&b, "warm", 1, (const uint64_t[]){UINT64_MAX - 1}, 1);
	add(&b, "full", 1, (const uint64_t[]){UINT64_MAX - 2, UINT64_MAX}, 2);
	add(&b, "context", 1ull << 60, (const uint64_t[]){7}, 1);
	struct pgo_profile *p = finish(&b);
	struct pgo_summary s;
	assert_int_equal(p->functions[0].flags, PGO_FUNCTION_PSEUDO);
	assert_int_equal(p->functions[1].flags, PGO_FUNCTION_PSEUDO);
	assert_int_equal(p->functions[2].flags, PGO_FUNCTION_SATURATED);
	assert_int_equal(p->functions[3].flags, PGO_FUNCTION_CS);
	assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_int_equal(s.pseudo_functions, 2);
	assert_int_equal(s.function_count, 1);
	assert_int_equal(s.saturated_counters, 2);
	assert_true(s.total == (pgo_u128)UINT64_MAX * 2 - 2);
	assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_CS, NULL), PGO_OK);
	assert_int_equal(s.function_count, 1);
	assert_int_equal(s.hot_threshold, 7);
	pgo_profile_free(p);

	/* what LLVM before 16 wrote there is a saturated counter */
	struct pgo_builder old = {.format = "test", .flags = PGO_PROFILE_IR};
	add(&old, "full", 1, (const uint64_t[]){UINT64_MAX}, 1);
	p = finish(&old);
	assert_int_equal(p->functions[0].flags, PGO_FUNCTION_SATURATED);
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_plain_definition),
		cmocka_unit_test(empty_and_zero),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(pseudo_saturated_and_cs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
