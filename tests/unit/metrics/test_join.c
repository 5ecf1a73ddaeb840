/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/metrics.h"
#include "analysis/model/names.h"

struct pair {
	uint32_t train, test, join;
};

struct pairs {
	size_t count;
	struct pair items[128];
};

static void add_pair(struct pairs *p, uint32_t train, uint32_t test, uint32_t join)
{
	assert_true(p->count < sizeof p->items / sizeof *p->items);
	p->items[p->count++] = (struct pair){train, test, join};
}

static int by_side(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	if (a->test != b->test) /* PGO_NO_INDEX is the largest */
		return a->test < b->test ? -1 : 1;
	return a->train < b->train ? -1 : a->train > b->train;
}

/* Both steps; test records in their order first, training ones behind them. */
static void join_all(struct pairs *out, const struct pgo_profile *a, const struct pgo_profile *b,
		     enum pgo_record_filter filter)
{
	struct pgo_join join;
	out->count = 0;
	assert_int_equal(pgo_join_exact(&join, a, b, filter), PGO_OK);
	for (size_t t = 0; t < b->function_count; t++)
		if (join.partner[t] != PGO_NO_INDEX)
			add_pair(out, join.partner[t], (uint32_t)t, PGO_JOIN_MATCHED);
	assert_int_equal(pgo_join_leftovers(&join.left, a, b), PGO_OK);
	for (size_t i = 0; i < join.left.side[1].count; i++) {
		const struct pgo_leftover *l = join.left.side[1].items[i];
		uint32_t train = l->partner == PGO_NO_INDEX ? PGO_NO_INDEX : join.left.side[0].items[l->partner]->index;
		add_pair(out, train, l->index, pgo_leftover_class(l, 1));
	}
	for (size_t i = 0; i < join.left.side[0].count; i++) {
		const struct pgo_leftover *l = join.left.side[0].items[i];
		if (!l->matched)
			add_pair(out, l->index, PGO_NO_INDEX, pgo_leftover_class(l, 0));
	}
	pgo_join_release(&join);
	qsort(out->items, out->count, sizeof *out->items, by_side);
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
	struct pairs join;
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
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL);
	assert_int_equal(join.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < join.count; i++) {
		assert_int_equal(join.items[i].train, expected[i][0]);
		assert_int_equal(join.items[i].test, expected[i][1]);
		assert_int_equal(join.items[i].join, expected[i][2]);
	}
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
	struct pairs join;
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL);
	assert_int_equal(join.count, 4);
	assert_int_equal(join.items[0].train, 2);
	assert_int_equal(join.items[1].train, 0);
	assert_int_equal(join.items[2].train, 1);
	assert_int_equal(join.items[3].train, PGO_NO_INDEX);
	assert_int_equal(join.items[3].join, PGO_JOIN_MISMATCHED);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

static void context_sensitive_records_are_kept_apart(void **state)
{
	(void)state;
	const struct spec a[] = {{"f", 1, 0, {1, END}}, {"f", 1u << 20, PGO_FUNCTION_CS, {9, END}}, {0}};
	struct pgo_profile *p = make_profile(a);
	struct pairs join;
	for (int filter = PGO_RECORDS_NORMAL; filter <= PGO_RECORDS_CS; filter++) {
		join_all(&join, p, p, (enum pgo_record_filter)filter);
		assert_int_equal(join.count, 1);
		assert_int_equal(join.items[0].train, filter);
		assert_int_equal(join.items[0].test, filter);
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
	struct pairs join;
	join_all(&join, pa, pb, PGO_RECORDS_NORMAL);
	assert_int_equal(join.count, 2);
	assert_int_equal(join.items[0].train, 0);
	assert_int_equal(join.items[1].train, 1);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

/* A function of which one side knows the MD5 of the name only is that of the name. */
static void md5_names(void **state)
{
	(void)state;
	static const char text[] = ":ir\nfoo\n7\n1\n5\n\nbar\n7\n1\n6\n\n";
	struct pgo_profile *a = NULL, *b = NULL;
	assert_int_equal(pgo_profile_read(&a, text, sizeof text - 1, "text", NULL), PGO_OK);
	assert_int_equal(pgo_profile_read(&b, text, sizeof text - 1, "text", NULL), PGO_OK);
	struct pgo_function *f = &b->functions[0];
	f->name = "0x0123456789abcdef";
	f->name_length = 18;
	struct pairs pairs;
	join_all(&pairs, a, b, PGO_RECORDS_NORMAL);
	assert_int_equal(pairs.count, 3); /* no name: an accident of two MD5 */
	f->flags |= PGO_FUNCTION_MD5_NAME;
	for (int side = 0; side < 2; side++) {
		join_all(&pairs, side ? b : a, side ? a : b, PGO_RECORDS_NORMAL);
		assert_int_equal(pairs.count, 2);
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(pairs.items[i].join, PGO_JOIN_MATCHED);
			assert_int_equal(pairs.items[i].train, pairs.items[i].test);
		}
	}
	pgo_profile_free(a);
	pgo_profile_free(b);
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
		cmocka_unit_test(md5_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
