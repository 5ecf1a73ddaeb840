/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/sampled.h"

static uint64_t call_key(uint64_t source, const char *callee)
{
	return source << 32 | UINT64_C(1) << 31 | (pgo_name_ref(callee, strlen(callee)) & 0x7fffffff);
}

/* Sums of what leads somewhere, and of what comes in, by the last field of each line. */
static void sums_of_lines(const char *path, uint64_t *from_symbols, uint64_t *to_starts, uint64_t *all, unsigned *lines)
{
	char line[512];
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	*from_symbols = *to_starts = *all = 0;
	for (*lines = 0; fgets(line, sizeof line, f); ++*lines) {
		char from[200], to[200];
		unsigned t, u, from_offset, to_offset;
		unsigned long long mispredictions, count;
		if (sscanf(line, "%u %199s %x %u %199s %x %llu %llu", &t, from, &from_offset, &u, to, &to_offset,
			   &mispredictions, &count) != 8)
			fail_msg("%s: %s", path, line);
		*all += count;
		*from_symbols += t ? count : 0;
		*to_starts += u && to_offset == 0 ? count : 0;
	}
	fclose(f);
}

/* Every line is a counter of its source, and one of its target where that is the start of a function. */
static void check_sums(const char *path, unsigned lines_expected, uint64_t all_expected)
{
	struct pgo_profile *p = NULL;
	uint64_t from_symbols, to_starts, all, entries = 0, others = 0;
	unsigned lines;
	sums_of_lines(path, &from_symbols, &to_starts, &all, &lines);
	assert_int_equal(lines, lines_expected);
	assert_int_equal(all, all_expected);
	assert_int_equal(pgo_profile_open(&p, path, NULL, NULL), PGO_OK);
	check_invariants(p);
	assert_string_equal(p->format, "fdata");
	assert_int_equal(p->kind, PGO_KIND_BRANCHES);
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		const uint64_t *keys = pgo_profile_keys(p, &f);
		for (uint32_t c = 0; c < f.counter_count; c++)
			*(keys[c] >= PGO_KEY_ENTRY ? &entries : &others) += f.counters[c];
	}
	assert_int_equal(others, from_symbols);
	assert_int_equal(entries, to_starts);
	pgo_profile_free(p);
}

static void real_profiles(void **state)
{
	(void)state;
	check_sums(SAMPLES "bolt/a.fdata", 60, 112548);
	/* what merge-fdata makes of sort and fold holds the sum of both */
	check_sums(FIXTURES "/bolt/both.fdata", 69, 121353 + 181919);
}

static struct pgo_function function_named(const struct pgo_profile *p, const char *name)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (has_name(&f, name))
			return f;
	}
	fail_msg("there is no %s", name);
	return (struct pgo_function){0};
}

static uint64_t counter_of(const struct pgo_profile *p, const char *name, uint64_t key)
{
	struct pgo_function f = function_named(p, name);
	const uint64_t *keys = pgo_profile_keys(p, &f);
	for (uint32_t c = 0; c < f.counter_count; c++)
		if (keys[c] == key)
			return f.counters[c];
	fail_msg("%s has no counter %" PRIx64, name, key);
	return 0;
}

static void keys(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("bolt/a.fdata");
	assert_int_equal(counter_of(p, "branchy/1", UINT64_C(0x32) << 32 | 0x60), 3180);
	assert_int_equal(counter_of(p, "branchy/1", PGO_KEY_ENTRY), 1000);
	assert_int_equal(counter_of(p, "branchy/2", PGO_KEY_ENTRY), 100);
	assert_int_equal(counter_of(p, "main", call_key(0x173, "branchy/1")), 1000);
	assert_int_equal(counter_of(p, "indirect", call_key(0x53, "f1")), 700);
	assert_int_equal(counter_of(p, "indirect", call_key(0x53, "f2")), 200);
	assert_int_equal(counter_of(p, "_start", call_key(0x1b, "[unknown]")), 1);
	assert_int_equal(counter_of(p, "memcpy@PLT", PGO_KEY_ENTRY), 1000);
	pgo_profile_free(p);
}

/* merge-fdata adds up; so do several records of one branch in a file. */
static void sums_are_those_of_merge_fdata(void **state)
{
	(void)state;
	size_t first, second;
	unsigned char *a = load(FIXTURES "/bolt/sort.fdata", &first), *b = load(FIXTURES "/bolt/fold.fdata", &second);
	a = realloc(a, first + second);
	assert_non_null(a);
	memcpy(a + first, b, second);
	struct pgo_profile *p, *q = NULL;
	assert_int_equal(read_exactly(&p, a, first + second, NULL, NULL), PGO_OK);
	assert_int_equal(pgo_profile_open(&q, FIXTURES "/bolt/both.fdata", NULL, NULL), PGO_OK);
	char *x = shown(p), *y = shown(q);
	assert_string_equal(x, y);
	free(x);
	free(y);
	free(a);
	free(b);
	pgo_profile_free(p);
	pgo_profile_free(q);
}

static void without_branches(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("bolt/nl.fdata"), *q = open_sample("bolt/nl2.fdata");
	assert_true(total_of(p) == 51);
	assert_int_equal(p->counter_count, 21);
	assert_int_equal(p->kind, PGO_KIND_OFFSETS);
	char *got = shown(q);
	assert_string_equal(got, "branchy/1 4:7 16:30; main 0:2");
	assert_int_equal(q->warning_count, 1);
	assert_string_equal(q->warnings[0], "1 memory event left out, of 9 accesses");
	free(got);
	pgo_profile_free(p);
	pgo_profile_free(q);
	q = open_sample("bolt/bc.fdata");
	got = shown(q);
	assert_string_equal(got, "main 5:3");
	assert_string_equal(q->warnings[0],
			    "was taken on a binary that BOLT had optimised: offsets are those of that binary");
	free(got);
	pgo_profile_free(q);
}

static void grammar(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		/* twice the same; mispredictions are no counters; several blanks; CRLF; an empty line */
		{"1 f a 1 f 14 7 3\n1  f  A  1  f  14  0  4 \r\n\n1 f a 1 f 15 0 1\n", "f 10.20:7 10.21:1"},
		/* recursion comes in, and is a branch to the start; a local symbol */
		{"2 f/a.c/1 4 2 f/a.c/1 0 0 5\n", "f/a.c/1 4.0:5 in:5"},
		/* from and to what is no symbol */
		{"0 [unknown] 0 1 f 0 0 5\n0 libc.so ffffffffff 1 f 8 0 2\n0 a 1 0 b 2 0 9\n", "f in:5 4294967295.8:2"},
		{"1 a\\ b\\\\c 0 1 a\\ b\\\\c 4 0 3\n", "a b\\c 4:3"},
		{"1 123 0 1 123 4 0 3\n", "123 4:3"},
		{"1 f 7fffffff 1 f 7fffffff 0 3\n", "f 2147483647.2147483647:3"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_text(cases[i][0], NULL, PGO_KIND_BRANCHES, cases[i][1]);
	expect_text("boltedcollection\nno_lbr\n1 f 10 4\n2 f 10 5\n0 [unknown] 1 2\n", NULL, PGO_KIND_OFFSETS,
		    "f 16:9");
	expect_text("no_lbr\nboltedcollection\n1 f 10 4\n", NULL, PGO_KIND_OFFSETS, "f 16:4");
	expect_text("no_lbr cycles:u:\n", NULL, PGO_KIND_OFFSETS, "");
}

#define BRANCH "a branch is: KIND NAME OFFSET KIND NAME OFFSET MISPREDICTIONS COUNT"

static void damage(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t line;
		const char *message, *hint;
	} cases[] = {
		{"1 f 0 1 f 4 0 3\n1 f 0 1 f 4 0\n", 2, "a branch has 7 of its 8 fields", BRANCH},
		{"1 f 0 1 f 4 0 3\n1 f\n", 2, "a branch has 2 of its 8 fields", BRANCH},
		{"1 f 0 1 f 4 0 3 9\n", 1, "a branch has more than its 8 fields: '9'", BRANCH},
		{"1 f 0 1 f 4 0 3\n6 f 0 1 f 4 0 3\n", 2, "'6' is no kind of a place, which are 0 to 2", BRANCH},
		{"1 f 0 1 f 4 0 3\nf 0 0 1 f 4 0 3\n", 2, "'f' is no kind of a place, which are 0 to 2", BRANCH},
		{"1 f 0 3 f 4 0 3\n", 1, "'3' is no kind of a place, which are 0 to 2", BRANCH},
		{"1 f 0 1 f 0x4 0 3\n", 1, "offset '0x4' is no hexadecimal number below 2^31", BRANCH},
		{"1 f 80000000 1 f 4 0 3\n", 1, "offset '80000000' is no hexadecimal number below 2^31", BRANCH},
		{"0 f 10000000000000000 1 f 4 0 3\n", 1,
		 "offset '10000000000000000' is no hexadecimal number below 2^31", BRANCH},
		{"1 f 0 1 f 4 x 3\n", 1, "number of mispredictions 'x' is no decimal number", BRANCH},
		{"1 f 0 1 f 4 0 -3\n", 1, "count '-3' is no decimal number", BRANCH},
		{"1 f 0 1 f 4 0 18446744073709551616\n", 1, "count '18446744073709551616' is no decimal number",
		 BRANCH},
		{"1 f 0 1 f 4 0 3\nno_lbr\n", 2, "a branch has 1 of its 8 fields", BRANCH},
		{"1 f 0 1 f 4 0 3\n1 f 0 1 f 4 0 3", 2, "the last line has no end: the file was cut off",
		 "write it again with"},
		{"no_lbr\n1 f 0 3\n1 f 0\n", 3, "a sample has 3 of its 4 fields",
		 "after no_lbr a sample is: KIND NAME OFFSET COUNT"},
		{"no_lbr\n1 f 0 1 f 4 0 3\n", 2, "a sample has more than its 4 fields: 'f'", "after no_lbr"},
		{"4 f 0 3 [heap] 0\n", 1, "a memory event has 6 of its 7 fields",
		 "a memory event is: KIND NAME OFFSET"},
		{"4 f 0 1 [heap] 0 9\n", 1, "'1' is no kind of a place, which are 3 to 5", "a memory event is"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_failure(cases[i].text, "fdata", PGO_EFORMAT, cases[i].line, cases[i].message, cases[i].hint);
}

static void a_damaged_record_is_set_aside(void **state)
{
	(void)state;
	char path[256];
	scratch_template(path, sizeof path);
	FILE *f = fdopen(mkstemp(path), "w");
	fputs("1 f 0 1 f 4 0 3\n1 g 0 1 h 4 0 x\n1 h 0 1 h 4 0 5\n", f);
	fclose(f);
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	struct pgo_read_options options = {.max_lost = 0.34};
	assert_int_equal(pgo_profile_open_with(&p, path, &options, &err), PGO_OK);
	char *got = shown(p);
	assert_string_equal(got, "f 4:3; h 4:5");
	assert_int_equal(p->quarantine->count, 1);
	assert_int_equal(p->quarantine->items[0].offset, 2);
	free(got);
	pgo_profile_free(p);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_profiles),
		cmocka_unit_test(keys),
		cmocka_unit_test(sums_are_those_of_merge_fdata),
		cmocka_unit_test(without_branches),
		cmocka_unit_test(grammar),
		cmocka_unit_test(damage),
		cmocka_unit_test(a_damaged_record_is_set_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
