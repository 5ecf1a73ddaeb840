/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <unistd.h>

/*
 * The overview of a profile whose functions are left unread is the one of its functions: whatever the file, and
 * whatever is wrong with it.
 */

static char directory[] = "/tmp/pgo-overview-XXXXXX";
static char large[64], damaged[64];

static int make_large(void **state)
{
	(void)state;
	char command[1024];
	if (!mkdtemp(directory))
		return -1;
	snprintf(large, sizeof large, "%s/large.profdata", directory);
	snprintf(damaged, sizeof damaged, "%s/damaged.profdata", directory);
	snprintf(command, sizeof command, "%s/../tests/bench_make_profile 6000 1 %s", BINDIR, large);
	return system(command) == 0 ? 0 : -1;
}

static int remove_large(void **state)
{
	(void)state;
	unlink(large);
	return rmdir(directory);
}

static void check_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-11 * fmax(fabs(a), fabs(b))))
		fail_msg("%.17g and %.17g", a, b);
}

static void check_summary(const struct pgo_summary *a, const struct pgo_summary *b)
{
	assert_int_equal(a->function_count, b->function_count);
	assert_int_equal(a->counter_count, b->counter_count);
	assert_int_equal(a->nonzero_counters, b->nonzero_counters);
	assert_int_equal(a->nonzero_functions, b->nonzero_functions);
	assert_int_equal(a->max_count, b->max_count);
	assert_int_equal(a->max_first_count, b->max_first_count);
	assert_int_equal(a->max_internal_count, b->max_internal_count);
	assert_int_equal(a->saturated_counters, b->saturated_counters);
	assert_int_equal(a->pseudo_functions, b->pseudo_functions);
	assert_true(a->total == b->total);
	assert_int_equal(a->entry_count, b->entry_count);
	for (size_t i = 0; i < a->entry_count; i++) {
		assert_int_equal(a->entries[i].cutoff, b->entries[i].cutoff);
		assert_int_equal(a->entries[i].min_count, b->entries[i].min_count);
		assert_int_equal(a->entries[i].counter_count, b->entries[i].counter_count);
	}
	assert_int_equal(a->hot_threshold, b->hot_threshold);
	assert_int_equal(a->hot999_threshold, b->hot999_threshold);
	assert_int_equal(a->cold_threshold, b->cold_threshold);
}

static void check_skew(const struct pgo_skew *a, const struct pgo_skew *b)
{
	check_near(a->effective_counters, b->effective_counters);
	check_near(a->effective_functions, b->effective_functions);
	for (unsigned k = 0; k < 3; k++) {
		check_near(a->top_counters[k], b->top_counters[k]);
		check_near(a->top_functions[k], b->top_functions[k]);
	}
	assert_int_equal(a->hot_counters, b->hot_counters);
	assert_int_equal(a->hot_functions, b->hot_functions);
	check_near(a->breadth, b->breadth);
	check_near(a->dominant_share, b->dominant_share);
}

/* @return whether the functions were left unread */
static bool check_overview(const char *path)
{
	struct pgo_profile *full = NULL, *lazy = NULL;
	struct pgo_error failure = {0}, lazy_failure = {0};
	struct pgo_summary summary, walked;
	struct pgo_skew skew, walked_skew;
	bool unread = false;
	int rc = pgo_profile_open(&full, path, NULL, &failure);
	if (pgo_profile_open_lazily(&lazy, path, NULL, &lazy_failure) != PGO_OK)
		fail_msg("%s: %s", path, lazy_failure.message);
	assert_int_equal(pgo_profile_overview(&walked, &walked_skew, lazy, PGO_RECORDS_NORMAL, &lazy_failure), rc);
	if (rc == PGO_OK) {
		unread = lazy->settle != NULL;
		assert_int_equal(pgo_profile_summarize(&summary, full, PGO_RECORDS_NORMAL, NULL), PGO_OK);
		assert_int_equal(pgo_profile_skew(&skew, full, PGO_RECORDS_NORMAL, &summary, NULL), PGO_OK);
		check_summary(&walked, &summary);
		check_skew(&walked_skew, &skew);
		assert_int_equal(lazy->warning_count, full->warning_count);
		for (size_t i = 0; i < full->warning_count; i++)
			assert_string_equal(lazy->warnings[i], full->warnings[i]);
	} else {
		assert_string_equal(lazy_failure.message, failure.message);
		assert_int_equal(lazy_failure.offset, failure.offset);
	}
	pgo_profile_free(full);
	pgo_profile_free(lazy);
	return unread;
}

static void overview_of_a_large_file_leaves_it_unread(void **state)
{
	(void)state;
	assert_true(check_overview(large));
}

static void others_are_read(void **state)
{
	(void)state;
	assert_false(check_overview(FIXTURES "/dataset/REALEQ.profdata"));
	assert_false(check_overview(FIXTURES "/samples/bytecov-22.proftext"));
}

static void context_sensitive_records_are_read(void **state)
{
	(void)state;
	struct pgo_profile *p = NULL;
	struct pgo_summary summary;
	struct pgo_skew skew;
	assert_int_equal(pgo_profile_open_lazily(&p, large, NULL, NULL), PGO_OK);
	assert_int_equal(pgo_profile_overview(&summary, &skew, p, PGO_RECORDS_CS, NULL), PGO_OK);
	assert_null(p->settle);
	assert_int_equal(summary.function_count, 0);
	assert_true(summary.total == 0);
	pgo_profile_free(p);
}

static uint64_t load(const unsigned char *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof v);
	return v;
}

/* Version 12: the header takes 72 bytes, the summary 16 and six fields, then cutoffs of 24 bytes each. */
static void damage(unsigned char *bytes, unsigned round, uint64_t random)
{
	uint64_t directory_at = load(bytes + 32), buckets = load(bytes + directory_at);
	uint64_t slot = directory_at + 16 + 8 * ((random >> 20) % buckets), offset = load(bytes + slot);
	if (round % 7 == 0)
		bytes[72 + 64 + 24 * 11 + 8] ^= (unsigned char)(1 + round); /* a threshold */
	else if (round % 7 == 1)
		bytes[72 + 16 + 40] ^= (unsigned char)(1 + round); /* the total */
	else if (round % 7 == 2)
		bytes[72 + 16 + 8] ^= (unsigned char)(1 + round); /* the number of counters */
	else if (round % 7 == 3)
		bytes[slot] ^= (unsigned char)(1u << (random >> 60) % 7);
	else if (offset) /* a byte of the bucket's items */
		bytes[offset + (random >> 40) % 120] ^= (unsigned char)(1u << (random >> 60) % 8);
}

static void damage_is_found(void **state)
{
	(void)state;
	FILE *file = fopen(large, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size_t length = (size_t)ftell(file);
	rewind(file);
	unsigned char *bytes = malloc(length), *copy = malloc(length);
	assert_true(bytes && copy && fread(bytes, 1, length, file) == length);
	fclose(file);
	uint64_t seed = 1;
	for (unsigned round = 0; round < 140; round++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(copy, bytes, length);
		damage(copy, round, seed);
		file = fopen(damaged, "wb");
		assert_true(file && fwrite(copy, 1, length, file) == length);
		fclose(file);
		bool unread = check_overview(damaged);
		if (round % 7 < 3)
			assert_false(unread);
	}
	unlink(damaged);
	free(copy);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overview_of_a_large_file_leaves_it_unread),
		cmocka_unit_test(others_are_read),
		cmocka_unit_test(context_sensitive_records_are_read),
		cmocka_unit_test(damage_is_found),
	};
	return cmocka_run_group_tests(tests, make_large, remove_large);
}
