/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The accumulator: small sums by hand, and random ones in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/base/digest.h"
#include "analysis/model/builder.h"
#include "tests/unit/formats/written.h"

#define LIMIT (UINT64_MAX - 2)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct pgo_builder empty(uint32_t flags)
{
	return (struct pgo_builder){.format = "indexed", .version = 13, .flags = flags, .pseudo_counts = true};
}

static void start(struct pgo_builder *b, const char *name, uint64_t hash, const uint64_t *counters, size_t count)
{
	size_t length = strlen(name);
	assert_non_null(pgo_builder_function(b, name, (uint32_t)length, pgo_name_ref(name, length), hash));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pgo_vec_push(&b->counters, counters[i]), 0);
}

static void site(struct pgo_builder *b, uint32_t kind, const struct pgo_value *values, uint32_t count)
{
	struct pgo_value *to = pgo_builder_site(b, kind, count);
	assert_non_null(to);
	if (count)
		memcpy(to, values, count * sizeof *to);
}

static struct pgo_profile *finish(struct pgo_builder *b)
{
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_builder_finish(b, 100, &p, NULL), PGO_OK);
	return p;
}

static struct pgo_profile *one(const char *name, uint64_t hash, const uint64_t *counters, size_t count)
{
	struct pgo_builder b = empty(PGO_PROFILE_IR);
	start(&b, name, hash, counters, count);
	assert_int_equal(pgo_builder_seal(&b), 0);
	return finish(&b);
}

/** Their sum; frees them. weights: NULL, or one each. */
static struct pgo_profile *sum(struct pgo_profile **profiles, size_t count, const struct pgo_merge_weight *weights)
{
	struct pgo_merge *m = NULL;
	struct pgo_profile *out = NULL;
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(pgo_merge_add(m, profiles[i], "p", weights ? &weights[i] : NULL, NULL), PGO_OK);
		pgo_profile_free(profiles[i]);
	}
	assert_int_equal(pgo_merge_count(m), count);
	assert_int_equal(pgo_merge_finish(m, &out, NULL), PGO_OK);
	pgo_merge_free(m);
	return out;
}

static void expect_counters(const struct pgo_profile *p, size_t i, const uint64_t *counters, size_t count)
{
	struct pgo_function f = pgo_profile_function(p, i);
	assert_int_equal(f.counter_count, count);
	for (size_t c = 0; c < count; c++)
		assert_int_equal(f.counters[c], counters[c]);
}

static void test_adds_and_stops_at_the_limit(void **state)
{
	(void)state;
	struct pgo_profile *p[] = {one("f", 1, (const uint64_t[]){1, LIMIT - 1, 5, 0}, 4),
				   one("f", 1, (const uint64_t[]){2, 2, UINT64_MAX, 0}, 4)};
	struct pgo_profile *s = sum(p, 2, NULL);
	assert_int_equal(s->function_count, 1);
	expect_counters(s, 0, (const uint64_t[]){3, LIMIT, LIMIT, 0}, 4);
	assert_int_equal(pgo_profile_function(s, 0).flags, PGO_FUNCTION_SATURATED);
	assert_string_equal(s->format, "indexed");
	assert_int_equal(s->version, 13);
	assert_int_equal(s->input_bytes, 200);
	pgo_profile_free(s);
	/* a counter alone, above the limit but no pseudo count: it would become one */
	struct pgo_profile *q[] = {one("f", 1, (const uint64_t[]){7, UINT64_MAX}, 2)};
	s = sum(q, 1, NULL);
	expect_counters(s, 0, (const uint64_t[]){7, LIMIT}, 2);
	pgo_profile_free(s);
}

static void test_weighs(void **state)
{
	(void)state;
	struct pgo_profile *p[] = {one("f", 1, (const uint64_t[]){1, 0, UINT64_MAX / 2}, 3),
				   one("f", 1, (const uint64_t[]){1, 3, 0}, 3)};
	struct pgo_profile *s = sum(p, 2, (const struct pgo_merge_weight[]){{.times = 3}, {.times = 10}});
	expect_counters(s, 0, (const uint64_t[]){13, 30, LIMIT}, 3);
	pgo_profile_free(s);
	/* factors round to the nearest, but what ran stays */
	struct pgo_profile *q[] = {one("f", 1, (const uint64_t[]){1, 0, 1000}, 3),
				   one("f", 1, (const uint64_t[]){1, 3, 0}, 3)};
	s = sum(q, 2, (const struct pgo_merge_weight[]){{.factor = 0.001}, {.factor = 1.5}});
	expect_counters(s, 0, (const uint64_t[]){1 + 2, 5, 1}, 3);
	pgo_profile_free(s);
}

static void test_pseudo_counts_stay(void **state)
{
	(void)state;
	const uint64_t hot[] = {UINT64_MAX, UINT64_MAX}, warm[] = {UINT64_MAX - 1, UINT64_MAX - 1};
	struct pgo_profile *p[] = {one("f", 1, warm, 2), one("f", 1, hot, 2)};
	struct pgo_profile *s = sum(p, 2, NULL);
	expect_counters(s, 0, hot, 2);
	assert_int_equal(pgo_profile_function(s, 0).flags, PGO_FUNCTION_PSEUDO);
	pgo_profile_free(s);
	/* with measured ones they do not add up: those stay, whichever comes first */
	for (int order = 0; order < 2; order++) {
		struct pgo_profile *q[] = {one("f", 1, hot, 2), one("f", 1, (const uint64_t[]){4, 5}, 2)};
		struct pgo_profile *r[] = {q[order], q[!order]};
		s = sum(r, 2, NULL);
		assert_int_equal(s->function_count, 1);
		expect_counters(s, 0, (const uint64_t[]){4, 5}, 2);
		assert_int_equal(s->warning_count, 1);
		pgo_profile_free(s);
	}
}

static void test_keeps_one_number_of_counters(void **state)
{
	(void)state;
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct pgo_profile *p[] = {one("f", 1, (const uint64_t[]){1, 2}, 2),
					   one("f", 1, (const uint64_t[]){100, 100, 100}, 3),
					   one("f", 1, (const uint64_t[]){3, 4}, 2)};
		struct pgo_profile *q[] = {p[orders[o][0]], p[orders[o][1]], p[orders[o][2]]};
		struct pgo_profile *s = sum(q, 3, NULL);
		assert_int_equal(s->function_count, 1);
		expect_counters(s, 0, (const uint64_t[]){4, 6}, 2);
		assert_int_equal(s->warning_count, 1);
		assert_string_equal(s->warnings[0],
				    "1 record was dropped: same name and hash as others, but another number of "
				    "counters: they come from other sources or another compiler");
		pgo_profile_free(s);
	}
}

static void test_refuses_what_does_not_add_up(void **state)
{
	(void)state;
	struct pgo_builder b = empty(PGO_PROFILE_IR | PGO_PROFILE_ENTRY_FIRST);
	start(&b, "g", 1, (const uint64_t[]){1}, 1);
	assert_int_equal(pgo_builder_seal(&b), 0);
	struct pgo_profile *entry = finish(&b), *plain = one("f", 1, (const uint64_t[]){1}, 1);
	struct pgo_merge *m = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	assert_int_equal(pgo_merge_finish(m, NULL, &err), PGO_EINVAL);
	assert_string_equal(err.message, "there is nothing to merge");
	err = (struct pgo_error){0};
	assert_int_equal(pgo_merge_add(m, plain, "plain.profdata", NULL, &err), PGO_OK);
	assert_int_equal(pgo_merge_add(m, entry, "entry.profdata", NULL, &err), PGO_EMISMATCH);
	assert_string_equal(err.message, "counts other things (ir+entry_first) than 'plain.profdata' (ir)");
	err = (struct pgo_error){0};
	entry->kind = PGO_KIND_GCC;
	assert_int_equal(pgo_merge_add(m, entry, "entry.profdata", NULL, &err), PGO_EMISMATCH);
	assert_string_equal(err.message,
			    "is a profile of another kind (gcc blocks) than 'plain.profdata' (LLVM instrumentation)");
	/* one without functions goes with any */
	b = empty(PGO_PROFILE_MEMPROF);
	struct pgo_profile *none = finish(&b);
	err = (struct pgo_error){0};
	assert_int_equal(pgo_merge_add(m, none, "none", NULL, &err), PGO_OK);
	pgo_merge_free(m);
	pgo_profile_free(none);
	pgo_profile_free(plain);
	pgo_profile_free(entry);
}

static struct pgo_profile *with_values(const struct pgo_value *values, uint32_t count, uint32_t sites, uint8_t bits)
{
	struct pgo_builder b = empty(PGO_PROFILE_IR);
	start(&b, "f", 1, (const uint64_t[]){1}, 1);
	for (uint32_t s = 0; s < sites; s++)
		site(&b, PGO_VALUE_CALL_TARGET, values, count);
	assert_int_equal(pgo_vec_push(&b.bitmap, bits), 0);
	assert_int_equal(pgo_builder_seal(&b), 0);
	return finish(&b);
}

static void test_values_and_bitmaps(void **state)
{
	(void)state;
	const struct pgo_value a[] = {{9, 5}, {3, 1}, {9, 2}}, b[] = {{1, 8}, {3, UINT64_MAX}};
	struct pgo_profile *p[] = {with_values(a, 3, 1, 0x12), with_values(b, 2, 1, 0x21), with_values(a, 1, 1, 0)};
	struct pgo_profile *s = sum(p, 3, NULL);
	struct pgo_function_extra e = pgo_profile_extra(s, 0);
	assert_int_equal(e.site_count, 1);
	const struct pgo_value want[] = {{3, UINT64_MAX}, {9, 12}, {1, 8}};
	assert_int_equal(s->sites[e.first_site].count, 3);
	assert_memory_equal(s->values + s->sites[e.first_site].first, want, sizeof want);
	assert_int_equal(s->bitmap[e.first_bitmap], 0x33);
	pgo_profile_free(s);
	/* more sites win, in any order */
	for (int order = 0; order < 2; order++) {
		struct pgo_profile *q[] = {with_values(a, 1, 1, 0), with_values(b, 1, 2, 0)};
		struct pgo_profile *r[] = {q[order], q[!order]};
		s = sum(r, 2, NULL);
		e = pgo_profile_extra(s, 0);
		assert_int_equal(e.site_count, 2);
		assert_int_equal(s->values[s->sites[e.first_site].first].value, 1);
		assert_int_equal(s->warning_count, 1);
		assert_string_equal(s->warnings[0], "1 function has another number of value sites in some profiles: "
						    "values of those with fewer were left out");
		pgo_profile_free(s);
	}
}

static struct pgo_profile *keyed(const uint64_t *keys, const uint64_t *counts, size_t count)
{
	struct pgo_builder b = empty(0);
	b.kind = PGO_KIND_TABLE;
	assert_non_null(pgo_builder_function(&b, "f", 1, 5, 0));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			keys ? pgo_builder_keyed(&b, keys[i], counts[i]) : pgo_vec_push(&b.counters, counts[i]), 0);
	assert_int_equal(pgo_builder_seal(&b), 0);
	return finish(&b);
}

static void test_keys(void **state)
{
	(void)state;
	static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct pgo_profile *p[] = {keyed((const uint64_t[]){1, 7, 9}, (const uint64_t[]){10, 20, 30}, 3),
					   keyed(NULL, (const uint64_t[]){1, 2, 3}, 3),
					   keyed((const uint64_t[]){2, 7}, (const uint64_t[]){5, 5}, 2)};
		struct pgo_profile *q[] = {p[orders[o][0]], p[orders[o][1]], p[orders[o][2]]};
		struct pgo_profile *s = sum(q, 3, NULL);
		struct pgo_function f = pgo_profile_function(s, 0);
		const uint64_t keys[] = {0, 1, 2, 7, 9}, *have = pgo_profile_keys(s, &f);
		expect_counters(s, 0, (const uint64_t[]){1, 12, 8, 25, 30}, 5);
		assert_non_null(have);
		assert_memory_equal(have, keys, sizeof keys);
		pgo_profile_free(s);
	}
}

/* Traces ----------------------------------------------------------------------------------------------------------- */

static struct pgo_profile *with_traces(const uint64_t *firsts, size_t count, uint64_t length)
{
	struct pgo_builder b = empty(PGO_PROFILE_IR | PGO_PROFILE_TEMPORAL);
	start(&b, "f", 1, (const uint64_t[]){1}, 1);
	assert_int_equal(pgo_builder_seal(&b), 0);
	for (size_t i = 0; i < count; i++) {
		struct pgo_trace t = {.weight = 1, .first = b.trace_refs.count, .count = length};
		assert_int_equal(pgo_vec_push(&b.traces, t), 0);
		for (uint64_t r = 0; r < length; r++)
			assert_int_equal(pgo_vec_push(&b.trace_refs, firsts[i] + r), 0);
	}
	return finish(&b);
}

static void test_few_traces_are_kept_as_they_are(void **state)
{
	(void)state;
	struct pgo_profile *p[] = {with_traces((const uint64_t[]){1, 2, 1}, 3, 4), with_traces(NULL, 0, 0),
				   with_traces((const uint64_t[]){1}, 1, 20000)};
	struct pgo_profile *s = sum(p, 3, NULL);
	size_t equal = 0, longest = 0;
	assert_int_equal(s->trace_count, 4);
	assert_int_equal(s->traces_seen, 4);
	for (size_t i = 0; i < 4; i++) {
		equal += s->traces[i].count == 4 && s->trace_refs[s->traces[i].first] == 1;
		longest = s->traces[i].count > longest ? s->traces[i].count : longest;
	}
	assert_int_equal(equal, 2);
	assert_int_equal(longest, 10000);
	pgo_profile_free(s);
}

static void test_many_traces_are_drawn_alike_in_any_order(void **state)
{
	(void)state;
	struct pgo_profile *sums[2];
	for (int order = 0; order < 2; order++) {
		struct pgo_profile *p[30];
		for (uint64_t i = 0; i < COUNT(p); i++) {
			uint64_t n = order ? COUNT(p) - 1 - i : i;
			/* 15 of 30 different ones are in the next profile too */
			uint64_t firsts[30];
			for (uint64_t t = 0; t < COUNT(firsts); t++)
				firsts[t] = 1000 * (15 * n + t);
			p[i] = with_traces(firsts, COUNT(firsts), 3);
		}
		sums[order] = sum(p, COUNT(p), NULL);
	}
	assert_int_equal(sums[0]->trace_count, 100);
	assert_int_equal(sums[0]->traces_seen, 900);
	same_sections(sums[0], sums[1]);
	uint64_t twice = 0;
	for (size_t i = 0; i < 100; i++)
		twice += sums[0]->traces[i].weight == 2;
	assert_true(twice > 80); /* all but those of the first and the last profile */
	pgo_profile_free(sums[0]);
	pgo_profile_free(sums[1]);
}

/* Random profiles -------------------------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static struct pgo_profile *random_profile(uint64_t seed)
{
	struct pgo_builder b = empty(PGO_PROFILE_IR);
	uint64_t r = seed * 2654435761u + 1;
	for (int i = 0; i < 200; i++) {
		char name[16];
		snprintf(name, sizeof name, "f%d", i);
		if (draw(&r) % 5 == 0)
			continue;
		uint64_t counters[8];
		uint32_t count = 1 + (uint32_t)(i % 5), sites = (uint32_t)(i % 3);
		for (uint32_t c = 0; c < count; c++)
			counters[c] = draw(&r) % 3 ? draw(&r) : 0;
		/* some have another hash, some another number of counters or sites */
		uint64_t hash = 7 + (draw(&r) % 10 == 0);
		count += draw(&r) % 20 == 0;
		counters[count - 1] = draw(&r);
		sites += draw(&r) % 20 == 0;
		start(&b, name, hash, counters, count);
		for (uint32_t s = 0; s < sites; s++) {
			struct pgo_value values[6];
			uint32_t n = (uint32_t)(draw(&r) % 6);
			for (uint32_t v = 0; v < n; v++)
				values[v] = (struct pgo_value){draw(&r) % 12, draw(&r) % 4};
			site(&b, s % 2, values, n);
		}
		for (uint64_t c = 0; c < draw(&r) % 3; c++)
			assert_int_equal(pgo_vec_push(&b.bitmap, (uint8_t)draw(&r)), 0);
		assert_int_equal(pgo_builder_seal(&b), 0);
	}
	struct pgo_build_id id = {.bytes = {(uint8_t)draw(&r)}, .length = 8};
	assert_int_equal(pgo_vec_push(&b.build_ids, id), 0);
	return finish(&b);
}

static void test_order_does_not_matter(void **state)
{
	(void)state;
	enum { MANY = 12 };
	struct pgo_profile *first = NULL;
	uint64_t r = 5;
	for (int trial = 0; trial < 20; trial++) {
		struct pgo_profile *p[MANY];
		for (size_t i = 0; i < MANY; i++)
			p[i] = random_profile(i);
		for (size_t i = MANY; i-- > 1;) {
			size_t j = draw(&r) % (i + 1);
			struct pgo_profile *swap = p[i];
			p[i] = p[j];
			p[j] = swap;
		}
		struct pgo_profile *s = sum(p, MANY, NULL);
		if (!first) {
			first = s;
			continue;
		}
		same_functions(first, s);
		same_sections(first, s);
		assert_int_equal(first->warning_count, s->warning_count);
		for (size_t i = 0; i < s->warning_count; i++)
			assert_string_equal(first->warnings[i], s->warnings[i]);
		pgo_profile_free(s);
	}
	assert_int_equal(first->warning_count, 3);
	pgo_profile_free(first);
}

/** By another way: all functions of all profiles in a list, added up by looking for each. */
static void test_agrees_with_the_plain_sum(void **state)
{
	(void)state;
	struct pgo_profile *p[4], *copies[4];
	for (size_t i = 0; i < 4; i++) {
		p[i] = random_profile(i + 100);
		copies[i] = random_profile(i + 100);
	}
	struct pgo_profile *s = sum(copies, 4, NULL);
	for (size_t i = 0; i < s->function_count; i++) {
		struct pgo_function f = pgo_profile_function(s, i);
		uint64_t want[16] = {0};
		for (size_t k = 0; k < 4; k++)
			for (size_t j = 0; j < p[k]->function_count; j++) {
				struct pgo_function g = pgo_profile_function(p[k], j);
				if (pgo_function_compare_names(&f, &g) || g.cfg_hash != f.cfg_hash ||
				    g.counter_count != f.counter_count)
					continue;
				for (uint32_t c = 0; c < f.counter_count; c++)
					want[c] += g.counters[c];
			}
		expect_counters(s, i, want, f.counter_count);
	}
	for (size_t i = 0; i < 4; i++)
		pgo_profile_free(p[i]);
	pgo_profile_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adds_and_stops_at_the_limit),
		cmocka_unit_test(test_weighs),
		cmocka_unit_test(test_pseudo_counts_stay),
		cmocka_unit_test(test_keeps_one_number_of_counters),
		cmocka_unit_test(test_refuses_what_does_not_add_up),
		cmocka_unit_test(test_values_and_bitmaps),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_few_traces_are_kept_as_they_are),
		cmocka_unit_test(test_many_traces_are_drawn_alike_in_any_order),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_agrees_with_the_plain_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
