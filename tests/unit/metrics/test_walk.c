/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <unistd.h>

#include "analysis/metrics/comparing.h"

/*
 * Two indexed files in the same hash order are compared in one walk over both tables; all others through a table of
 * names. Both must find the same.
 */

static char directory[] = "/tmp/pgo-walk-XXXXXX";
static char large_a[64], large_b[64];

static int make_large(void **state)
{
	(void)state;
	char command[1024];
	if (!mkdtemp(directory))
		return -1;
	snprintf(large_a, sizeof large_a, "%s/a.profdata", directory);
	snprintf(large_b, sizeof large_b, "%s/b.profdata", directory);
	snprintf(command, sizeof command,
		 "%s/../tests/bench_make_profile 6000 1 %s && %s/../tests/bench_make_profile 6000 1 %s --perturb 2",
		 BINDIR, large_a, BINDIR, large_b);
	return system(command) == 0 ? 0 : -1;
}

static int remove_large(void **state)
{
	(void)state;
	unlink(large_a);
	unlink(large_b);
	return rmdir(directory);
}

static struct pgo_profile *open_one(const char *path, bool lazily)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if ((lazily ? pgo_profile_open_lazily : pgo_profile_open)(&p, path, NULL, &err) != PGO_OK)
		fail_msg("%s: %s", path, err.message);
	return p;
}

static void check_near(const char *what, double a, double b)
{
	if (!(fabs(a - b) <= 1e-11 * fmax(fabs(a), fabs(b)) + 1e-13))
		fail_msg("%s: %.17g and %.17g", what, a, b);
}

static void check_optional(const char *what, struct pgo_optional a, struct pgo_optional b)
{
	assert_int_equal(a.present, b.present);
	if (a.present)
		check_near(what, a.value, b.value);
}

#define SAME(field) assert_int_equal(a->field, b->field)
#define NEAR(field) check_near(#field, a->field, b->field)
#define MAYBE(field) check_optional(#field, a->field, b->field)

static void check_side(const struct pgo_side *a, const struct pgo_side *b)
{
	SAME(summary.function_count);
	SAME(summary.counter_count);
	SAME(summary.nonzero_counters);
	SAME(summary.nonzero_functions);
	SAME(summary.max_count);
	SAME(summary.max_first_count);
	SAME(summary.max_internal_count);
	SAME(summary.saturated_counters);
	SAME(summary.pseudo_functions);
	assert_true(a->summary.total == b->summary.total);
	SAME(summary.entry_count);
	for (size_t i = 0; i < a->summary.entry_count; i++) {
		SAME(summary.entries[i].cutoff);
		SAME(summary.entries[i].min_count);
		SAME(summary.entries[i].counter_count);
	}
	SAME(summary.hot_threshold);
	SAME(summary.hot999_threshold);
	SAME(summary.cold_threshold);
	NEAR(skew.effective_counters);
	NEAR(skew.effective_functions);
	for (unsigned k = 0; k < 3; k++) {
		NEAR(skew.top_counters[k]);
		NEAR(skew.top_functions[k]);
	}
	SAME(skew.hot_counters);
	SAME(skew.hot_functions);
	NEAR(skew.breadth);
	NEAR(skew.dominant_share);
}

static void check_function(const struct pgo_function_comparison *a, const struct pgo_function_comparison *b)
{
	assert_string_equal(a->name, b->name);
	SAME(train_index);
	SAME(test_index);
	SAME(join);
	SAME(train_class);
	SAME(test_class);
	SAME(flagged);
	SAME(dominant_differs);
	SAME(train_dominant);
	SAME(test_dominant);
	NEAR(train_share);
	NEAR(test_share);
	NEAR(jsd_bits);
	MAYBE(log2_ratio);
	MAYBE(shape_tv);
	MAYBE(shape_jsd_bits);
	MAYBE(p_value);
	MAYBE(q_value);
	MAYBE(ks_p_value);
}

static void check_decisions(const struct pgo_decisions *a, const struct pgo_decisions *b)
{
	for (unsigned i = 0; i < PGO_CLASS_COUNT; i++)
		for (unsigned k = 0; k < PGO_CLASS_COUNT; k++)
			NEAR(table[i][k]);
	NEAR(missed_functions);
	NEAR(missed_counters);
	NEAR(demoted);
	NEAR(under_served);
	NEAR(under_served_999);
	NEAR(under_served_function);
	NEAR(misweighted);
	NEAR(wasted_heat);
	NEAR(flipped);
	NEAR(shape_tv);
}

static void check_same(const struct pgo_comparison *a, const struct pgo_comparison *b)
{
	check_side(&a->train, &b->train);
	check_side(&a->test, &b->test);
	for (unsigned j = 0; j < PGO_JOIN_COUNT; j++) {
		SAME(join[j].functions);
		NEAR(join[j].train_mass);
		NEAR(join[j].test_mass);
	}
	NEAR(overlap_ratio);
	NEAR(overlap_mismatched);
	NEAR(overlap_unique);
	NEAR(jsd_bits);
	NEAR(jsd_between_bits);
	NEAR(hellinger);
	NEAR(total_variation);
	MAYBE(spearman);
	MAYBE(kendall_tau_b);
	MAYBE(hot_jaccard);
	MAYBE(hot_jaccard_999);
	for (unsigned k = 0; k < 3; k++)
		MAYBE(weight_matching[k]);
	check_decisions(&a->decisions, &b->decisions);
	SAME(tested_functions);
	SAME(flagged_functions);
	for (unsigned kind = 0; kind < PGO_BLAME_KINDS; kind++)
		for (unsigned i = 0; i < PGO_CULPRITS; i++) {
			NEAR(culprits[kind][i].share);
			if (a->culprits[kind][i].share > 0)
				assert_string_equal(a->culprits[kind][i].name, b->culprits[kind][i].name);
		}
	SAME(function_total);
	SAME(function_count);
	for (size_t i = 0; i < a->function_count; i++)
		check_function(&a->functions[i], &b->functions[i]);
}

/* Compared by a walk, lazily or not, and through the table, the result is one. */
static void check_pair(const char *path_a, const char *path_b, bool lazily, size_t max_functions)
{
	struct pgo_profile *a = open_one(path_a, lazily), *b = open_one(path_b, lazily);
	struct pgo_compare_options options = pgo_compare_defaults();
	struct pgo_comparison walked, looked_up;
	options.max_functions = max_functions;
	assert_true(pgo_walk_fits(a, b, PGO_RECORDS_NORMAL));
	assert_int_equal(pgo_compare(&walked, a, b, &options, NULL), PGO_OK);
	assert_int_equal(pgo_profile_settle(a, NULL), PGO_OK);
	assert_int_equal(pgo_profile_settle(b, NULL), PGO_OK);
	a->hash_mask = 0; /* as if in no order */
	assert_false(pgo_walk_fits(a, b, PGO_RECORDS_NORMAL));
	assert_int_equal(pgo_compare(&looked_up, a, b, &options, NULL), PGO_OK);
	check_same(&walked, &looked_up);
	pgo_comparison_release(&walked);
	pgo_comparison_release(&looked_up);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void walk_and_table_agree(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"dataset/REALEQ.profdata", "dataset/r_wordfreq.profdata"},
		{"dataset/r_wordfreq.profdata", "dataset/REALEQ.profdata"},
		{"dataset/REALEQ.profdata", "dataset/REALEQ.profdata"},
	};
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
		for (unsigned limit = 0; limit <= 20; limit += 20) {
			char a[512], b[512];
			snprintf(a, sizeof a, FIXTURES "/%s", pairs[k][0]);
			snprintf(b, sizeof b, FIXTURES "/%s", pairs[k][1]);
			check_pair(a, b, false, limit);
		}
	for (unsigned limit = 0; limit <= 20; limit += 20) {
		check_pair(large_a, large_b, false, limit);
		check_pair(large_a, large_b, true, limit);
		check_pair(large_b, large_a, true, limit);
		check_pair(large_a, large_a, true, limit);
	}
}

/* A large profile opened lazily is read while it is compared, and only then. */
static void lazy_profiles_are_read_when_needed(void **state)
{
	(void)state;
	struct pgo_profile *a = open_one(large_a, true), *full = open_one(large_a, false);
	assert_non_null(a->settle);
	assert_int_equal(a->function_count, 0);
	assert_int_equal(pgo_profile_settle(a, NULL), PGO_OK);
	assert_null(a->settle);
	assert_int_equal(a->function_count, full->function_count);
	assert_int_equal(a->counter_count, full->counter_count);
	pgo_profile_free(a);
	pgo_profile_free(full);
}

static unsigned char *contents(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	unsigned char *bytes = malloc(*length);
	assert_int_equal(fread(bytes, 1, *length, file), *length);
	fclose(file);
	return bytes;
}

static void put_contents(const char *path, const unsigned char *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

/*
 * Whatever is wrong with a table, comparing lazily ends as reading in full and comparing does: the same error, or the
 * same result.
 */
static void check_damaged(const unsigned char *bytes, size_t length)
{
	char path[64];
	struct pgo_error full = {0}, lazy = {0};
	struct pgo_compare_options options = pgo_compare_defaults();
	struct pgo_profile *a = open_one(large_a, false), *b = NULL, *c = NULL;
	struct pgo_comparison x = {0}, y = {0};
	options.max_functions = 20;
	snprintf(path, sizeof path, "%s/damaged.profdata", directory);
	put_contents(path, bytes, length);
	int rc = pgo_profile_open(&b, path, NULL, &full);
	assert_int_equal(pgo_profile_open_lazily(&c, path, NULL, &lazy), PGO_OK);
	assert_non_null(c->settle);
	assert_int_equal(pgo_compare(&x, a, c, &options, &lazy), rc);
	if (rc == PGO_OK) {
		b->hash_mask = 0;
		assert_int_equal(pgo_compare(&y, a, b, &options, &full), PGO_OK);
		check_same(&x, &y);
		pgo_comparison_release(&x);
		pgo_comparison_release(&y);
	} else {
		assert_string_equal(lazy.message, full.message);
		assert_int_equal(lazy.offset, full.offset);
	}
	pgo_profile_free(a);
	pgo_profile_free(b);
	pgo_profile_free(c);
	unlink(path);
}

static uint64_t load(const unsigned char *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof v);
	return v;
}

static void damage_is_found_by_the_walk(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = contents(large_b, &length), *copy = malloc(length);
	uint64_t directory_at = load(bytes + 32), buckets = load(bytes + directory_at), seed = 1;
	assert_non_null(copy);
	check_damaged(bytes, length);
	for (unsigned round = 0; round < 60; round++) {
		memcpy(copy, bytes, length);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t bucket = (seed >> 20) % buckets, offset = load(copy + directory_at + 16 + 8 * bucket);
		if (round % 6 == 0) { /* a threshold, then the total of the stored summary */
			copy[72 + 64 + 24 * 11 + 8] ^= (unsigned char)(1 + round);
		} else if (round % 6 == 1) {
			copy[72 + 16 + 40] ^= (unsigned char)(1 + round);
		} else if (round % 6 == 2) { /* a bucket's offset */
			copy[directory_at + 16 + 8 * bucket] ^= (unsigned char)(1u << (seed >> 60) % 7);
		} else if (offset) { /* a byte of its items */
			copy[offset + (seed >> 40) % 120] ^= (unsigned char)(1u << (seed >> 60) % 8);
		}
		check_damaged(copy, length);
	}
	free(copy);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_and_table_agree),
		cmocka_unit_test(lazy_profiles_are_read_when_needed),
		cmocka_unit_test(damage_is_found_by_the_walk),
	};
	return cmocka_run_group_tests(tests, make_large, remove_large);
}
