/* SPDX-License-Identifier: GPL-3.0-or-later */

/* gcc's profiles on files of gcc 11, gcc 12 (both byte orders), clang 14 and clang 22. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/samples.h"

#include "analysis/base/digest.h"
#include "tests/unit/formats/gcov_build.h"

#define PAIRS FIXTURES "/gcov/"

static int rows;

/** file, "gcda", version, stamp, functions, arcs with counters, their total, runs, sum_max */
static void check_sample(char **f, int count)
{
	if (count < 9 || strcmp(f[1], "gcda") != 0)
		return;
	rows++;
	size_t length;
	unsigned char *bytes = load_sample(f[0], &length);
	struct pgo_builder b = {.format = "gcda"};
	struct pgo_gcov_reading r = {.builder = &b};
	struct pgo_error err = {0};
	struct pgo_profile *p = NULL;
	if (pgo_gcov_add(&r, "", bytes, length, NULL, &err) != PGO_OK)
		fail_msg("%s: %s", f[0], err.message);
	if (strcmp(f[7], "None") != 0) {
		assert_int_equal(r.least_runs, atoi(f[7]));
		assert_int_equal(r.most_runs, atoi(f[7]));
		assert_int_equal(r.sum_max, atoi(f[8]));
	} else {
		assert_int_equal(r.most_runs, 0);
	}
	assert_int_equal(pgo_gcov_finish(&r, NULL), PGO_OK);
	assert_int_equal(pgo_builder_finish(&b, length, &p, NULL), PGO_OK);
	check_invariants(p);
	char total[40];
	assert_int_equal(p->kind, PGO_KIND_GCC);
	assert_int_equal(p->version, f[2][0] == 'B' ? 10 + atoi(f[2] + 1) / 10 : f[2][0] - '0');
	assert_int_equal(p->function_count, atoi(f[4]));
	assert_int_equal(p->counter_count, atoi(f[5]));
	assert_string_equal(pgo_u128_text(total_of(p), total), f[6]);
	pgo_profile_free(p);
	free(bytes);
}

static void samples_give_their_totals(void **state)
{
	(void)state;
	rows = 0;
	for_each_row(SAMPLES "EXPECTED.tsv", 16, check_sample);
	assert_int_equal(rows, 15);
}

static struct pgo_profile *open_path(const char *path)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_open(&p, path, NULL, &err) != PGO_OK)
		fail_msg("%s: %s", path, err.message);
	check_invariants(p);
	return p;
}

/* the counts are those that gcov prints for each block, the calls those of a program that runs 1000 rounds */
static void blocks_follow_from_arcs(void **state)
{
	(void)state;
	static const struct {
		const char *file, *branchy;
		uint64_t version;
	} files[] = {
		{PAIRS "gcc12/ab-a.gcda", "1000 24500 8500 16000 12820 5140 10860 24500 25500 1000", 12},
		{PAIRS "gcc11/ab-a.gcda", "1000 24500 8500 16000 12820 5140 10860 24500 25500 1000", 11},
		{PAIRS "gcc12-s390x/ab-a.gcda", "1000 24500 8500 16000 12820 5140 10860 24500 25500 1000", 12},
		{SAMPLES "gcov/clang14-a.gcda", "1000 25500 24500 8500 16000 12820 5140 10860 16000 24500 24500 1000",
		 4},
		{SAMPLES "gcov/clang22-a.gcda", "1000 25500 24500 8500 16000 12820 5140 10860 16000 24500 24500 1000",
		 11},
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct pgo_profile *p = open_path(files[i].file);
		assert_int_equal(p->function_count, 9);
		assert_int_equal(p->version, files[i].version);
		assert_int_equal(p->warning_count, 0);
		check_counters(p, "branchy", files[i].branchy);
		check_counters(p, "f1", "700");
		check_counters(p, "f2", "200");
		check_counters(p, "f3", "100");
		check_counters(p, "cpy", "1000");
		struct pgo_function f = function_named(p, "never");
		assert_int_equal(f.max, 0);
		assert_true(f.counter_count >= 3);
		assert_int_equal(f.name_ref, pgo_name_ref("never", 5));
		pgo_profile_free(p);
	}
}

static void call_targets_have_names(void **state)
{
	(void)state;
	static const char *const files[] = {"gcc12", "gcc11", "gcc12-s390x"};
	for (size_t i = 0; i < 3; i++) {
		char path[1024];
		uint64_t counts[3] = {0};
		snprintf(path, sizeof path, PAIRS "%s/ab-a.gcda", files[i]);
		struct pgo_profile *p = open_path(path);
		assert_int_equal(p->site_count, 1);
		assert_int_equal(p->sites[0].kind, PGO_VALUE_CALL_TARGET);
		assert_int_equal(p->sites[0].count, 3);
		assert_int_equal(p->value_count, 3);
		for (int v = 0; v < 3; v++)
			for (int n = 0; n < 3; n++)
				if (p->values[v].value == pgo_name_ref((const char *[]){"f1", "f2", "f3"}[n], 2))
					counts[n] = p->values[v].count;
		assert_int_equal(counts[0], 700);
		assert_int_equal(counts[1], 200);
		assert_int_equal(counts[2], 100);
		size_t with_site = p->extras[0].function;
		struct pgo_function f = pgo_profile_function(p, with_site);
		assert_true(has_name(&f, "indirect"));
		pgo_profile_free(p);
	}
}

static void a_directory_is_one_profile(void **state)
{
	(void)state;
	struct pgo_profile *p = open_path(PAIRS "gcc12"), *same = open_path(PAIRS "gcc12/");
	assert_int_equal(p->function_count, 11);
	assert_int_equal(p->warning_count, 0);
	assert_int_equal(p->input_bytes, 1136 + 180);
	/* two functions of one name in two files, compiled in one directory */
	check_counters(p, "/src/a.c;branchy", "1000 24500 8500 16000 12820 5140 10860 24500 25500 1000");
	check_counters(p, "/src/b.c;branchy", "100 94 6 100");
	check_counters(p, "main", "1 0 0 1 1000 800 1000 1000 1001 1 1 1 0 1 1");
	assert_int_equal(same->function_count, 11);
	pgo_profile_free(same);
	pgo_profile_free(p);
}

static void without_notes_functions_have_numbers(void **state)
{
	(void)state;
	struct pgo_profile *p = open_path(SAMPLES "gcov/gcc12-O2-pgo-b.gcda");
	assert_int_equal(p->function_count, 2);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0],
			    "2 functions without notes (.gcno): named by number, counters are the arcs as stored");
	struct pgo_function f = pgo_profile_function(p, 0);
	assert_true(f.name_length > 23 && memcmp(f.name, "gcc12-O2-pgo-b.gcda#", 20) == 0);
	pgo_profile_free(p);
}

struct pair {
	unsigned char *data, *notes;
	size_t data_length, notes_length;
};

static struct pair load_pair(const char *directory)
{
	char path[1024];
	struct pair pair;
	snprintf(path, sizeof path, PAIRS "%s/ab-a.gcda", directory);
	pair.data = load(path, &pair.data_length);
	snprintf(path, sizeof path, PAIRS "%s/ab-a.gcno", directory);
	pair.notes = load(path, &pair.notes_length);
	return pair;
}

static void release_pair(struct pair *pair)
{
	free(pair->data);
	free(pair->notes);
}

static void every_prefix_of_the_data_is_refused(void **state)
{
	(void)state;
	static const char *const directories[] = {"gcc12", "gcc11", "gcc12-s390x"};
	for (size_t d = 0; d < 3; d++) {
		struct pair pair = load_pair(directories[d]);
		for (size_t length = 0; length < pair.data_length; length++)
			for (int with_notes = 0; with_notes < 2; with_notes++) {
				struct pgo_profile *p = NULL;
				struct pgo_error err = {0};
				int rc = read_pair(&p, "a.gcda", pair.data, length, with_notes ? pair.notes : NULL,
						   with_notes ? pair.notes_length : 0, &err);
				if (rc != PGO_EFORMAT || !err.message[0] || !err.has_offset)
					fail_msg("%s, %zu bytes: %d, '%s'", directories[d], length, rc, err.message);
			}
		release_pair(&pair);
	}
}

/** Of notes that are cut between two functions the rest have no names; nothing else passes. */
static void every_prefix_of_the_notes_is_refused_or_smaller(void **state)
{
	(void)state;
	struct pair pair = load_pair("gcc12");
	size_t read = 0;
	for (size_t length = 0; length < pair.notes_length; length++) {
		struct pgo_profile *p = NULL;
		struct pgo_error err = {0};
		int rc = read_pair(&p, "a.gcda", pair.data, pair.data_length, pair.notes, length, &err);
		if (rc != PGO_OK) {
			assert_int_equal(rc, PGO_EFORMAT);
			assert_true(err.message[0] && !p);
			continue;
		}
		check_invariants(p);
		assert_int_equal(p->function_count, 9);
		read++;
		pgo_profile_free(p);
	}
	assert_in_range(read, 9, 200); /* at the end of a function's arcs and of each record of lines behind them */
	release_pair(&pair);
}

static void any_damaged_byte_is_survived(void **state)
{
	(void)state;
	struct pair pair = load_pair("gcc12");
	size_t refused = 0;
	for (size_t at = 0; at < pair.data_length + pair.notes_length; at++) {
		bool in_data = at < pair.data_length;
		unsigned char *byte = in_data ? pair.data + at : pair.notes + (at - pair.data_length);
		for (int flip = 0; flip < 3; flip++) {
			static const unsigned char masks[] = {0x01, 0x80, 0xff};
			struct pgo_profile *p = NULL;
			struct pgo_error err = {0};
			*byte ^= masks[flip];
			int rc = read_pair(&p, "a.gcda", pair.data, pair.data_length, pair.notes, pair.notes_length,
					   &err);
			*byte ^= masks[flip];
			if (rc == PGO_OK) {
				check_invariants(p);
				pgo_profile_free(p);
				continue;
			}
			refused++;
			assert_true(err.message[0] && err.code == rc);
		}
	}
	assert_in_range(refused, 3000, 3 * (pair.data_length + pair.notes_length));
	release_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_give_their_totals),
		cmocka_unit_test(blocks_follow_from_arcs),
		cmocka_unit_test(call_targets_have_names),
		cmocka_unit_test(a_directory_is_one_profile),
		cmocka_unit_test(without_notes_functions_have_numbers),
		cmocka_unit_test(every_prefix_of_the_data_is_refused),
		cmocka_unit_test(every_prefix_of_the_notes_is_refused_or_smaller),
		cmocka_unit_test(any_damaged_byte_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
