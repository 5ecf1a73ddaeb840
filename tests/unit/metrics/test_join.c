/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/metrics.h"

static int by_side(const void *x, const void *y)
{
	const struct pgo_pair *a = x, *b = y;
	if (a->test != b->test) /* PGO_NO_INDEX is the largest */
		return a->test < b->test ? -1 : 1;
	return a->train < b->train ? -1 : a->train > b->train;
}

/* Both steps; then the rows without the void ones, test records in their order first, training ones behind them. */
static void join_all(struct pgo_join *join, const struct pgo_profile *a, const struct pgo_profile *b,
		     enum pgo_record_filter filter, unsigned threads)
{
	size_t kept = 0;
	assert_int_equal(pgo_join_exact(join, a, b, filter, threads), PGO_OK);
	assert_int_equal(join->matched_rows, b->function_count);
	for (size_t i = 0; i < join->matched_rows; i++)
		assert_true(join->pairs[i].join == PGO_JOIN_MATCHED || join->pairs[i].join == PGO_JOIN_COUNT);
	assert_int_equal(pgo_join_rest(join, a, b), PGO_OK);
	for (size_t i = 0; i < join->count; i++)
		if (join->pairs[i].join != PGO_JOIN_COUNT)
			join->pairs[kept++] = join->pairs[i];
	join->count = kept;
	qsort(join->pairs, kept, sizeof *join->pairs, by_side);
}

static void check_normalized(const char *name, const char *expected)
{
	char out[256];
	size_t n = pgo_name_normalize(out, name, strlen(name));
	assert_true(n <= strlen(name) + 1);
	out[n] = 0;
	assert_string_equal(out, expected);
}

static void names_are_normalized(void **state)
{
	(void)state;
	check_normalized("main", "main");
	check_normalized("a.c:branchy", "a.c;branchy");
	check_normalized("../src/a.c;branchy", "a.c;branchy");
	check_normalized("/abs/path/a.cpp:branchy", "a.cpp;branchy");
	check_normalized("C:\\src\\a.cc:f", "a.cc;f");
	check_normalized("c.cpp;_ZL3loci", "c.cpp;_ZL3loci");
	check_normalized("<unknown>;f", "<unknown>;f");
	check_normalized("r.4dd80272b5a2d1fc-cgu.0;_ZN1r7collatz17h0123456789abcdefE", "_ZN1r7collatzE");
	check_normalized("_ZN1r7collatz17h0123456789abcdefE.llvm.1234", "_ZN1r7collatzE");
	check_normalized("_ZN1r7collatz17h0123456789abcdeE", "_ZN1r7collatz17h0123456789abcdeE");
	check_normalized("_RNvCs1a2B_7mycrate4main", "_RNvC7mycrate4main");
	check_normalized("f.llvm.99", "f");
	check_normalized("f.llvm.", "f.llvm.");
	/* Objective-C selectors and C++ scopes are no files */
	check_normalized("-[Foo.bar do:with:]", "-[Foo.bar do:with:]");
	check_normalized("std::vector", "std::vector");
	check_normalized(";f", ";f");
	check_normalized("f;", "f;");
	check_normalized("", "");
}

static void demangling_never_fails(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"c.cpp;_ZL3loci", "loc(int)"},
		{"_ZN4Node3getEv", "Node::get()"},
		{"r.4dd80272b5a2d1fc-cgu.0;_ZN1r7collatz17h0123456789abcdefE", "r::collatz"},
		{"_RNvCs1234_7mycrate4main", "mycrate::main"},
		{"a.c:branchy", "branchy"},
		{"main", "main"},
		{"i", "i"},
		{"_Znonsense", "_Znonsense"},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *readable = pgo_demangle(cases[i][0]);
		assert_string_equal(readable, cases[i][1]);
		free(readable);
	}
}

static void records_join_by_name_hash_and_counters(void **state)
{
	(void)state;
	const struct spec a[] = {
		{"same", 1, 0, {1, 2, END}},	{"stale", 2, 0, {10, END}},   {"counters", 3, 0, {1, 1, END}},
		{"gone", 4, 0, {4, END}},	{"twice", 5, 0, {1, END}},    {"twice", 6, 0, {2, END}},
		{"old/a.c:st", 7, 0, {3, END}}, {"x.c;init", 8, 0, {1, END}}, {0},
	};
	const struct spec b[] = {
		{"twice", 6, 0, {5, END}},	{"counters", 3, 0, {1, END}}, {"stale", 9, 0, {8, END}},
		{"new", 4, 0, {1, END}},	{"same", 1, 0, {2, 1, END}},  {"twice", 7, 0, {1, END}},
		{"new/a.c;st", 7, 0, {6, END}}, {"y.c;init", 8, 0, {1, END}}, {0},
	};
	struct pgo_profile *pa = make_profile(a), *pb = make_profile(b);
	struct pgo_join join;
	static const uint32_t expected[][3] = {
		{5, 0, PGO_JOIN_MATCHED},		/* twice/6 */
		{PGO_NO_INDEX, 1, PGO_JOIN_MISMATCHED}, /* counters: another number of them */
		{PGO_NO_INDEX, 2, PGO_JOIN_MISMATCHED}, /* stale: another hash */
		{PGO_NO_INDEX, 3, PGO_JOIN_ONLY_TEST},	/* new */
		{0, 4, PGO_JOIN_MATCHED},		/* same */
		{PGO_NO_INDEX, 5, PGO_JOIN_MISMATCHED}, /* twice/7: the name is there, the record is not */
		{6, 6, PGO_JOIN_MATCHED},		/* st: same file name, other directory and separator */
		{PGO_NO_INDEX, 7, PGO_JOIN_ONLY_TEST},	/* init of y.c is not init of x.c */
		{1, PGO_NO_INDEX, PGO_JOIN_MISMATCHED},
		{2, PGO_NO_INDEX, PGO_JOIN_MISMATCHED},
		{3, PGO_NO_INDEX, PGO_JOIN_ONLY_TRAIN},
		{4, PGO_NO_INDEX, PGO_JOIN_MISMATCHED},
		{7, PGO_NO_INDEX, PGO_JOIN_ONLY_TRAIN},
	};
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL, 1);
	assert_int_equal(join.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < join.count; i++) {
		assert_int_equal(join.pairs[i].train, expected[i][0]);
		assert_int_equal(join.pairs[i].test, expected[i][1]);
		assert_int_equal(join.pairs[i].join, expected[i][2]);
	}
	assert_int_equal(join.mismatched_train, 3);
	assert_int_equal(join.mismatched_test, 3);
	pgo_join_release(&join);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

/* Two codegen units hold a copy of the same function: first goes with first, and nothing is joined twice. */
static void alike_names_pair_in_order(void **state)
{
	(void)state;
	const struct spec a[] = {
		{"r.aaaa-cgu.0;_ZN1r1f17h0000000000000001E", 1, 0, {1, END}},
		{"r.aaaa-cgu.1;_ZN1r1f17h0000000000000001E", 1, 0, {2, END}},
		{"r.aaaa-cgu.2;_ZN1r1f17h0000000000000001E", 2, 0, {3, END}},
		{0},
	};
	const struct spec b[] = {
		{"r.bbbb-cgu.0;_ZN1r1f17h0000000000000002E", 2, 0, {1, END}},
		{"r.bbbb-cgu.1;_ZN1r1f17h0000000000000002E", 1, 0, {2, END}},
		{"r.bbbb-cgu.2;_ZN1r1f17h0000000000000002E", 1, 0, {3, END}},
		{"r.bbbb-cgu.3;_ZN1r1f17h0000000000000002E", 1, 0, {4, END}},
		{0},
	};
	struct pgo_profile *pa = make_profile(a), *pb = make_profile(b);
	struct pgo_join join;
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL, 1);
	assert_int_equal(join.count, 4);
	assert_int_equal(join.pairs[0].train, 2);
	assert_int_equal(join.pairs[1].train, 0);
	assert_int_equal(join.pairs[2].train, 1);
	assert_int_equal(join.pairs[3].train, PGO_NO_INDEX);
	assert_int_equal(join.pairs[3].join, PGO_JOIN_MISMATCHED);
	pgo_join_release(&join);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

static void context_sensitive_records_are_kept_apart(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {1, END}}, {"f", 1u << 20, PGO_FUNCTION_CS, {9, END}}, {0}};
	struct pgo_profile *p = make_profile(a);
	struct pgo_join join;
	for (int filter = PGO_RECORDS_NORMAL; filter <= PGO_RECORDS_CS; filter++) {
		join_all(&join, p, p, (enum pgo_record_filter)filter, 1);
		assert_int_equal(join.count, 1);
		assert_int_equal(join.pairs[0].train, filter);
		assert_int_equal(join.pairs[0].test, filter);
		pgo_join_release(&join);
	}
	pgo_profile_free(p);
}

/* A wrong stored name reference must not join two names, nor keep equal ones apart. */
static void names_decide_not_their_hashes(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {1, END}}, {"g", 1, 0, {1, END}}, {0}};
	struct pgo_profile *pa = make_profile(a), *pb = make_profile(a);
	pb->functions[0].name_ref = pa->functions[1].name_ref;
	struct pgo_join join;
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL, 1);
	assert_int_equal(join.count, 2);
	assert_int_equal(join.pairs[0].train, 0);
	assert_int_equal(join.pairs[1].train, 1);
	pgo_join_release(&join);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

/* Walking both side by side and looking up in the table must find the same. */
static void check_walk(struct pgo_profile *a, struct pgo_profile *b)
{
	assert_true(a->hash_mask > 0 && b->hash_mask > 0);
	for (int filter = PGO_RECORDS_NORMAL; filter <= PGO_RECORDS_CS; filter++) {
		struct pgo_join walked, looked_up;
		join_all(&walked, a, b, (enum pgo_record_filter)filter, 2);
		uint64_t mask = a->hash_mask;
		a->hash_mask = 0;
		join_all(&looked_up, a, b, (enum pgo_record_filter)filter, 1);
		a->hash_mask = mask;
		assert_int_equal(walked.count, looked_up.count);
		assert_memory_equal(walked.pairs, looked_up.pairs, walked.count * sizeof *walked.pairs);
		assert_int_equal(walked.mismatched_test, looked_up.mismatched_test);
		assert_int_equal(walked.mismatched_train, looked_up.mismatched_train);
		pgo_join_release(&walked);
		pgo_join_release(&looked_up);
	}
}

/* Records with the bit of context-sensitive ones, in a profile that is not flagged as having any. */
static void context_bit_without_the_flag(void **state)
{
	(void)state;
	unsigned char bytes[8192];
	FILE *file = fopen(FIXTURES "/samples/csir-22.profdata", "rb");
	assert_non_null(file);
	size_t length = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	bytes[15] &= (unsigned char)~2; /* bit 57 of the version word at 8 */
	struct pgo_profile *a = NULL, *b = NULL;
	assert_int_equal(pgo_profile_read(&a, bytes, length, NULL, NULL), PGO_OK);
	assert_int_equal(pgo_profile_read(&b, bytes, length, NULL, NULL), PGO_OK);
	assert_false(a->flags & PGO_PROFILE_CSIR);
	check_walk(a, b);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

/* Two indexed files of one size are walked side by side. */
static void walk_and_table_agree(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"dataset/REALEQ.profdata", "dataset/r_wordfreq.profdata"},
		{"samples/rust0-22.profdata", "samples/rust0-22.profdata"},
		{"samples/csir-22.profdata", "samples/csir-22.profdata"},
		{"samples/multi-22.profdata", "samples/multi-22.profdata"},
	};
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
		struct pgo_profile *side[2] = {NULL, NULL};
		for (unsigned i = 0; i < 2; i++) {
			char path[512];
			struct pgo_error err = {0};
			snprintf(path, sizeof path, FIXTURES "/%s", pairs[k][i]);
			if (pgo_profile_open(&side[i], path, NULL, &err) != PGO_OK)
				fail_msg("%s: %s", path, err.message);
		}
		check_walk(side[0], side[1]);
		pgo_profile_free(side[0]);
		pgo_profile_free(side[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_normalized),
		cmocka_unit_test(demangling_never_fails),
		cmocka_unit_test(records_join_by_name_hash_and_counters),
		cmocka_unit_test(alike_names_pair_in_order),
		cmocka_unit_test(context_sensitive_records_are_kept_apart),
		cmocka_unit_test(names_decide_not_their_hashes),
		cmocka_unit_test(walk_and_table_agree),
		cmocka_unit_test(context_bit_without_the_flag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
