/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analysis/base/digest.h"
#include "analysis/model/align.h"
#include "analysis/model/builder.h"

#define END UINT64_MAX

/* Keys and counts in pairs, in any order, ended by END. */
static void add(struct pgo_builder *b, const char *name, uint64_t hash, const uint64_t *pairs)
{
	assert_non_null(pgo_builder_function(b, name, (uint32_t)strlen(name), pgo_name_ref(name, strlen(name)), hash));
	for (; *pairs != END; pairs += 2)
		assert_int_equal(pgo_builder_keyed(b, pairs[0], pairs[1]), 0);
	assert_int_equal(pgo_builder_seal(b), 0);
}

#define ADD(b, name, hash, ...) add(b, name, hash, (const uint64_t[]){__VA_ARGS__, END})

static struct pgo_profile *finish(struct pgo_builder *b)
{
	struct pgo_profile *p = NULL;
	b->kind = PGO_KIND_LINES;
	b->format = "test";
	assert_int_equal(pgo_builder_finish(b, 0, &p, NULL), PGO_OK);
	return p;
}

/* "key:count key:count" of function `index`. */
static const char *shown(const struct pgo_profile *p, size_t index)
{
	static char text[512];
	struct pgo_function f = pgo_profile_function(p, index);
	const uint64_t *keys = pgo_profile_keys(p, &f);
	size_t used = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < f.counter_count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu:%llu", i ? " " : "",
					 (unsigned long long)(keys ? keys[i] : i), (unsigned long long)f.counters[i]);
	return text;
}

static void align(struct pgo_profile **out, struct pgo_profile *const *profiles, size_t count)
{
	struct pgo_error err = {0};
	if (pgo_profile_align(out, (const struct pgo_profile *const *)profiles, count, &err) != PGO_OK)
		fail_msg("%s", err.message);
}

static void release(struct pgo_profile **profiles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pgo_profile_free(profiles[i]);
}

static uint64_t group(const struct pgo_profile *p, size_t index)
{
	return pgo_profile_function(p, index).cfg_hash;
}

static void sealing_sorts_and_adds_up(void **state)
{
	(void)state;
	struct pgo_builder b = {0};
	ADD(&b, "rising", 0, 1, 10, 2, 20, 3, 30);
	ADD(&b, "falling", 0, 3, 30, 2, 20, 1, 10);
	ADD(&b, "twice", 0, 7, 1, 5, 2, 7, 4, 5, 8, 7, 16);
	ADD(&b, "limit", 0, 9, UINT64_MAX - 2, 1, 1, 9, 5);
	ADD(&b, "high keys", 0, UINT64_MAX - 1, 1, UINT64_C(1) << 63, 2, 0, 3);
	add(&b, "none", 0, (const uint64_t[]){END});
	struct pgo_profile *p = finish(&b);
	assert_string_equal(shown(p, 0), "1:10 2:20 3:30");
	assert_string_equal(shown(p, 1), "1:10 2:20 3:30");
	assert_string_equal(shown(p, 2), "5:10 7:21");
	assert_string_equal(shown(p, 3), "1:1 9:18446744073709551613");
	assert_string_equal(shown(p, 4), "0:3 9223372036854775808:2 18446744073709551614:1");
	assert_string_equal(shown(p, 5), "");
	assert_true(pgo_profile_function(p, 2).sum == 31 && pgo_profile_function(p, 2).max == 21);
	assert_int_equal(pgo_profile_function(p, 3).flags, PGO_FUNCTION_SATURATED);
	assert_int_equal(p->counter_count, 3 + 3 + 2 + 2 + 3);
	pgo_profile_free(p);
}

static void counters_stand_for_the_union_of_keys(void **state)
{
	(void)state;
	struct pgo_builder b = {0}, c = {0};
	ADD(&b, "f", 0, 1, 10, 5, 50);
	ADD(&b, "only here", 0, 2, 20);
	ADD(&c, "only there", 0, 3, 30);
	ADD(&c, "f", 0, 0, 1, 5, 2, 9, 3);
	struct pgo_profile *in[2] = {finish(&b), finish(&c)}, *out[2];
	align(out, in, 2);
	assert_string_equal(shown(out[0], 0), "0:0 1:10 5:50 9:0");
	assert_string_equal(shown(out[0], 1), "2:20");
	assert_string_equal(shown(out[1], 0), "3:30");
	assert_string_equal(shown(out[1], 1), "0:1 1:0 5:2 9:3");
	assert_int_equal(group(out[0], 0), group(out[1], 1));
	assert_true(group(out[0], 1) != group(out[1], 0));
	struct pgo_function f = pgo_profile_function(out[1], 1);
	assert_int_equal(f.sum, 6);
	assert_int_equal(f.max, 3);
	assert_true(f.name_length == 1 && f.name[0] == 'f' && f.name_ref == pgo_name_ref("f", 1));
	assert_int_equal(out[1]->kind, PGO_KIND_LINES);
	assert_string_equal(out[1]->format, "test");
	assert_int_equal(out[1]->counter_count, 5);
	/* nothing is borrowed */
	release(in, 2);
	assert_string_equal(shown(out[1], 1), "0:1 1:0 5:2 9:3");
	release(out, 2);
}

static void hashes_must_be_compatible(void **state)
{
	(void)state;
	struct pgo_builder b = {0}, c = {0};
	ADD(&b, "same", 7, 1, 1);
	ADD(&b, "other", 7, 1, 1);
	ADD(&b, "unknown left", 0, 1, 1);
	ADD(&b, "unknown right", 7, 1, 1);
	ADD(&b, "both", 0, 1, 1); /* the profile has a record of the known hash: that one has it */
	ADD(&b, "both", 7, 2, 2);
	ADD(&c, "same", 7, 2, 2);
	ADD(&c, "other", 8, 2, 2);
	ADD(&c, "unknown left", 8, 2, 2);
	ADD(&c, "unknown right", 0, 2, 2);
	ADD(&c, "both", 7, 3, 3);
	ADD(&c, "both", 0, 4, 4);
	struct pgo_profile *in[2] = {finish(&b), finish(&c)}, *out[2];
	align(out, in, 2);
	static const char *const left[] = {"1:1 2:0", "1:1", "1:1 2:0", "1:1 2:0", "1:1 4:0", "2:2 3:0"};
	static const char *const right[] = {"1:0 2:2", "2:2", "1:0 2:2", "1:0 2:2", "2:0 3:3", "1:0 4:4"};
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(shown(out[0], i), left[i]);
		assert_string_equal(shown(out[1], i), right[i]);
	}
	assert_true(group(out[0], 1) != group(out[1], 1));
	assert_int_equal(group(out[0], 4), group(out[1], 5));
	release(in, 2);
	release(out, 2);
}

static void names_are_normalised_where_they_have_no_partner(void **state)
{
	(void)state;
	struct pgo_builder b = {0}, c = {0};
	ADD(&b, "x/a.c;f", 0, 1, 1);
	ADD(&b, "y/a.c;f", 0, 2, 2);
	ADD(&b, "g.llvm.123", 0, 3, 3);
	ADD(&b, "other.c;f", 0, 4, 4);
	ADD(&c, "g.llvm.9", 0, 5, 5);
	ADD(&c, "z/a.c;f", 0, 6, 6);
	ADD(&c, "y/a.c;f", 0, 7, 7);
	struct pgo_profile *in[2] = {finish(&b), finish(&c)}, *out[2];
	align(out, in, 2);
	assert_string_equal(shown(out[0], 0), "1:1 6:0");
	assert_string_equal(shown(out[0], 1), "2:2 7:0");
	assert_string_equal(shown(out[0], 2), "3:3 5:0");
	assert_string_equal(shown(out[0], 3), "4:4");
	assert_string_equal(shown(out[1], 0), "3:0 5:5");
	assert_string_equal(shown(out[1], 1), "1:0 6:6");
	assert_string_equal(shown(out[1], 2), "2:0 7:7");
	release(in, 2);
	release(out, 2);
}

/* Two builds, two runs of each: the names of a build's runs are alike, those of the two builds are so when normalised.
 */
static void several_runs_of_two_builds(void **state)
{
	(void)state;
	struct pgo_profile *in[4], *out[4];
	for (size_t k = 0; k < 4; k++) {
		struct pgo_builder b = {0};
		const char *const names[2][2] = {{"g.llvm.1", "g.llvm.2"}, {"g.llvm.3", "g.llvm.4"}};
		for (size_t i = 0; i < 2; i++)
			ADD(&b, names[k / 2][k % 2 ? 1 - i : i], 0, 10 * (k % 2 ? 1 - i : i) + k, 1);
		in[k] = finish(&b);
	}
	align(out, in, 4);
	assert_string_equal(shown(out[0], 0), "0:1 1:0 2:0 3:0");
	assert_string_equal(shown(out[1], 1), "0:0 1:1 2:0 3:0");
	assert_string_equal(shown(out[2], 1), "10:0 11:0 12:1 13:0");
	assert_string_equal(shown(out[3], 0), "10:0 11:0 12:0 13:1");
	release(in, 4);
	release(out, 4);
}

static void positions_are_keys(void **state)
{
	(void)state;
	struct pgo_builder b = {0}, c = {0};
	assert_non_null(pgo_builder_function(&b, "f", 1, 1, 0));
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(pgo_vec_push(&b.counters, 10 + i), 0);
	assert_int_equal(pgo_builder_seal(&b), 0);
	ADD(&c, "f", 0, 1, 5, 7, 6);
	struct pgo_profile *in[2] = {finish(&b), finish(&c)}, *out[2];
	align(out, in, 2);
	assert_string_equal(shown(out[0], 0), "0:10 1:11 2:12 7:0");
	assert_string_equal(shown(out[1], 0), "0:0 1:5 2:0 7:6");
	release(out, 2);
	/* where both are positional, another number of counters is another function */
	struct pgo_builder d = {0};
	assert_non_null(pgo_builder_function(&d, "f", 1, 1, 0));
	assert_int_equal(pgo_vec_push(&d.counters, 1), 0);
	assert_int_equal(pgo_builder_seal(&d), 0);
	pgo_profile_free(in[1]);
	in[1] = finish(&d);
	align(out, in, 2);
	assert_string_equal(shown(out[0], 0), "0:10 1:11 2:12");
	assert_string_equal(shown(out[1], 0), "0:1");
	assert_true(group(out[0], 0) != group(out[1], 0));
	release(in, 2);
	release(out, 2);
}

static void kinds_and_nothing(void **state)
{
	(void)state;
	struct pgo_builder b = {0}, c = {0};
	struct pgo_error err = {0};
	ADD(&b, "f", 0, 1, 1);
	struct pgo_profile *in[3] = {finish(&b), finish(&c), NULL}, *out[3] = {NULL};
	align(out, in, 0);
	align(out, in, 2);
	assert_int_equal(out[1]->function_count, 0);
	assert_string_equal(shown(out[0], 0), "1:1");
	release(out, 2);
	in[1]->kind = PGO_KIND_CALLS;
	out[0] = NULL;
	assert_int_equal(pgo_profile_align(out, (const struct pgo_profile *const *)in, 2, &err), PGO_EMISMATCH);
	assert_string_equal(err.message, "profile 1 holds sampled lines, profile 2 call sites");
	assert_null(out[0]);
	release(in, 2);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t count_of(const struct pgo_profile *p, const struct pgo_function *f, uint64_t key, bool *present)
{
	const uint64_t *keys = pgo_profile_keys(p, f);
	*present = false;
	for (uint32_t i = 0; i < f->counter_count; i++)
		if (keys[i] == key) {
			*present = true;
			return f->counters[i];
		}
	return 0;
}

/* Whatever the profiles: each function has its own counts and no others, and records of a group have the same keys,
 * each of which one of them had. */
static void random_profiles(void **state)
{
	(void)state;
	uint64_t seed = 88172645463325252u;
	for (int round = 0; round < 300; round++) {
		size_t count = 1 + next_random(&seed) % 4, groups_met = 0;
		struct pgo_profile *in[4], *out[4];
		for (size_t k = 0; k < count; k++) {
			struct pgo_builder b = {0};
			for (size_t i = next_random(&seed) % 12; i; i--) {
				char name[32];
				snprintf(name, sizeof name, "f%d.llvm.%d", (int)(next_random(&seed) % 3),
					 (int)(next_random(&seed) % 3));
				uint64_t pairs[17], n = next_random(&seed) % 8;
				for (uint64_t p = 0; p < n; p++) {
					pairs[2 * p] = next_random(&seed) % 10;
					pairs[2 * p + 1] = next_random(&seed) % 5;
				}
				pairs[2 * n] = END;
				add(&b, name, next_random(&seed) % 3, pairs);
			}
			ADD(&b, "keyed", 0, 1, 1);
			in[k] = finish(&b);
		}
		align(out, in, count);
		for (size_t k = 0; k < count; k++)
			for (size_t i = 0; i < in[k]->function_count; i++) {
				struct pgo_function f = pgo_profile_function(in[k], i),
						    g = pgo_profile_function(out[k], i);
				const uint64_t *keys = pgo_profile_keys(out[k], &g);
				bool present;
				pgo_u128 sum = 0;
				assert_true(f.sum == g.sum && f.max == g.max && f.flags == g.flags);
				assert_int_equal(pgo_function_compare_names(&f, &g), 0);
				for (uint32_t c = 0; c < g.counter_count; c++) {
					assert_true(c == 0 || keys[c - 1] < keys[c]);
					assert_true(g.counters[c] == count_of(in[k], &f, keys[c], &present));
					sum += g.counters[c];
				}
				assert_true(sum == pgo_function_sum(&f));
				for (size_t l = 0; l < count; l++)
					for (size_t j = 0; j < in[l]->function_count; j++) {
						struct pgo_function h = pgo_profile_function(out[l], j);
						bool same = h.cfg_hash == g.cfg_hash;
						groups_met += same && k != l;
						assert_false(same && k == l && i != j);
						assert_true(!same || h.counter_count == g.counter_count);
						assert_true(!same || h.name[1] == g.name[1]);
						if (same && g.counter_count)
							assert_memory_equal(keys, pgo_profile_keys(out[l], &h),
									    g.counter_count * sizeof *keys);
					}
			}
		assert_true(count == 1 || groups_met > 0);
		release(in, count);
		release(out, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealing_sorts_and_adds_up),
		cmocka_unit_test(counters_stand_for_the_union_of_keys),
		cmocka_unit_test(hashes_must_be_compatible),
		cmocka_unit_test(names_are_normalised_where_they_have_no_partner),
		cmocka_unit_test(several_runs_of_two_builds),
		cmocka_unit_test(positions_are_keys),
		cmocka_unit_test(kinds_and_nothing),
		cmocka_unit_test(random_profiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
