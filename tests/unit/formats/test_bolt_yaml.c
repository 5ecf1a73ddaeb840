/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/sampled.h"

#define HEADER "---\nheader:\n  profile-version: 1\n  profile-flags: [ lbr ]\nfunctions:\n"

static struct pgo_profile *open_bolt(const char *name)
{
	char path[1024];
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	snprintf(path, sizeof path, FIXTURES "/%s", name);
	if (pgo_profile_open(&p, path, NULL, &err) != PGO_OK)
		fail_msg("%s: line %" PRIu64 ": %s", name, err.offset, err.message);
	return p;
}

/* Block counts of `branchy` and `indirect` as gcov has them of the same source, from the edges of the profile. */
static void real_profile(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("bolt/a.yaml");
	check_invariants(p);
	assert_string_equal(p->format, "bolt-yaml");
	assert_int_equal(p->kind, PGO_KIND_BLOCKS);
	assert_int_equal(p->version, 1);
	assert_int_equal(p->function_count, 16);
	assert_int_equal(p->build_id_count, 1);
	assert_int_equal(p->build_ids[0].length, 20);
	assert_memory_equal(p->build_ids[0].bytes, "\xba\x9f\x3b\xda\xcd\xb6\x8d\xdf", 8);
	char *got = shown(p);
	assert_non_null(strstr(got, "; branchy/1#2c642cda5998c7e 0:1000 1:980 3:8500 4:24500 5:24500 6:16000 7:12820 "
				    "8:10860 10:5140 11:20 12:1000; "));
	char indirect[300];
	snprintf(indirect, sizeof indirect, "; indirect#90526e9c558aa3d3 0:1 1:1 2:1000 3:0 4:1 | 0 ");
	assert_non_null(strstr(got, indirect));
	/* the targets of its call are the functions f1, f2 and f3 */
	for (int i = 0; i < 3; i++) {
		static const int counts[] = {700, 200, 100};
		char name[8], value[40];
		snprintf(name, sizeof name, "f%d", i + 1);
		snprintf(value, sizeof value, "%016" PRIx64 ":%d", pgo_name_ref(name, 2), counts[i]);
		assert_non_null(strstr(strstr(got, indirect), value));
	}
	free(got);
	pgo_profile_free(p);
}

/* merge-fdata adds blocks of equal functions up. */
static void sums_are_those_of_merge_fdata(void **state)
{
	(void)state;
	struct pgo_profile *p[3] = {open_bolt("bolt/both.yaml"), open_bolt("bolt/sort.yaml"),
				    open_bolt("bolt/fold.yaml")};
	size_t compared = 0;
	for (size_t i = 0; i < p[0]->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p[0], i);
		const uint64_t *keys = pgo_profile_keys(p[0], &f);
		for (uint32_t c = 0; c < f.counter_count; c++, compared++) {
			uint64_t sum = 0;
			for (int k = 1; k < 3; k++)
				for (size_t j = 0; j < p[k]->function_count; j++) {
					struct pgo_function g = pgo_profile_function(p[k], j);
					const uint64_t *own = pgo_profile_keys(p[k], &g);
					for (uint32_t d = 0; compare_functions(&f, &g) == 0 && d < g.counter_count; d++)
						sum += own[d] == keys[c] ? g.counters[d] : 0;
				}
			assert_int_equal(sum, f.counters[c]);
		}
	}
	assert_int_equal(compared, p[0]->counter_count);
	assert_true(compared > 40);
	assert_true(total_of(p[0]) == total_of(p[1]) + total_of(p[2]));
	for (int k = 0; k < 3; k++)
		pgo_profile_free(p[k]);
}

static void grammar(void **state)
{
	(void)state;
	char *text = NULL;
	static const char *const cases[][2] = {
		{"  - { name: f, fid: 1, hash: 0x10, exec: 7, nblocks: 1 }\n", "f#10 0:7"},
		/* a block counts what comes in along edges, or what it says, whichever is more; keys in any order */
		{"  - blocks: [ { succ: [ { cnt: 4, bid: 2 }, { bid: 1, mis: 9 } ], bid: 0, exec: 5 }, { bid: 2, exec: "
		 "3, "
		 "succ: [ { bid: 2, cnt: 6 } ] }, { bid: 1, exec: 8 } ]\n    name: f\n    exec: 5\n",
		 "f 0:5 1:8 2:10"},
		/* two functions of one name with different hashes; one name twice with the same */
		{"  - { name: f, fid: 1, hash: 1, exec: 2 }\n  - { name: f, fid: 2, hash: 2, exec: 3 }\n"
		 "  - { name: f, fid: 3, hash: 2, exec: 4 }\n",
		 "f#1 0:2; f#2 0:7"},
		/* what is not known is skipped, however it is nested */
		{"  - { name: 'a b/1', exec: 1, inline_tree: [ { x: [ { y: 1 } ] } ], extern: 1 }\npseudo_probe_desc:\n"
		 "  gs: [ 1, 2 ]\n",
		 "a b/1 0:1"},
		{"  []\n", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(asprintf(&text, HEADER "%s...\n", cases[i][0]) > 0);
		expect_text(text, NULL, PGO_KIND_BLOCKS, cases[i][1]);
		free(text);
	}
	expect_text("---\nheader: { profile-version: 1, profile-flags: [ sample ] }\nfunctions: [ { name: f, exec: 9, "
		    "blocks: [ { bid: 3, events: 4 } ] } ]\n...\n",
		    NULL, PGO_KIND_BLOCKS, "f 3:4");
}

static void damage(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		uint64_t line;
		const char *message;
	} cases[] = {
		{"---\nheader:\n  profile-version: 2\n", PGO_EUNSUPPORTED, 3,
		 "BOLT profile version 2 is unknown; 1 is read"},
		{"---\nheader:\n  profile-version: x\n", PGO_EFORMAT, 3,
		 "profile-version 'x' is no number from 0 to 18446744073709551615"},
		{"---\nheader:\n  binary-name: profile-version\nfunctions: []\n", PGO_EFORMAT, 4,
		 "functions come before a header with profile-version"},
		{"---\nheader:\n  profile-version: 1\n", PGO_EFORMAT, 4,
		 "there are no functions: the profile was cut off"},
		{"---\nheader: [ profile-version ]\n", PGO_EFORMAT, 2, "header is no mapping"},
		{"--- profile-version\n", PGO_EFORMAT, 1, "the profile is no mapping"},
		{HEADER "  - { name: f, exec: -1 }\n", PGO_EFORMAT, 6,
		 "the count of a function '-1' is no number from 0 to 18446744073709551615"},
		{HEADER "  - { name: f, hash: 0xg }\n", PGO_EFORMAT, 6,
		 "the hash of a function '0xg' is no number from 0 to 18446744073709551615"},
		{HEADER "  - { name: f, hash: 0x10000000000000000 }\n", PGO_EFORMAT, 6,
		 "the hash of a function '0x10000000000000000' is no number from 0 to 18446744073709551615"},
		{HEADER "  - { fid: 1 }\n", PGO_EFORMAT, 6, "a function has no name"},
		{HEADER "  - { name: '' }\n", PGO_EFORMAT, 6, "the name of a function is empty"},
		{HEADER "  - { name: [ f ] }\n", PGO_EFORMAT, 6, "the name of a function is no single value"},
		{HEADER "  - { name: *f }\n", PGO_EFORMAT, 6, "the name of a function is no single value"},
		{HEADER "  []\n", PGO_EFORMAT, 7, "the profile does not end with '...': it was cut off"},
		{HEADER "  - f\n", PGO_EFORMAT, 6, "a function is no mapping"},
		{HEADER "  - { name: f, blocks: 3 }\n", PGO_EFORMAT, 6, "blocks is no list"},
		{HEADER "  - { name: f,\n      blocks: [ { exec: 3 } ] }\n", PGO_EFORMAT, 7, "a block has no bid"},
		{HEADER "  - { name: f, blocks: [ { bid: 2147483648 } ] }\n", PGO_EFORMAT, 6,
		 "the number of a block '2147483648' is no number from 0 to 2147483647"},
		{HEADER "  - { name: f, blocks: [ { bid: 1, succ: [ { cnt: 1 } ] } ] }\n", PGO_EFORMAT, 6,
		 "a successor has no bid"},
		{HEADER "  - { name: f, blocks: [ { bid: 1, calls: [ 7 ] } ] }\n", PGO_EFORMAT, 6,
		 "a call is no mapping"},
		{HEADER "  - { name: f, blocks: [ { [ 1 ]: 1 } ] }\n", PGO_EFORMAT, 6, "a key of a block is no word"},
		{HEADER "  - { name: f\n", PGO_EFORMAT, 7, "no YAML: did not find expected ',' or '}'"},
		{HEADER "  - name: f\n   exec: 3\n", PGO_EFORMAT, 7, "no YAML: did not find expected '-' indicator"},
		{HEADER "  []\n...\n---\nx: 1\n", PGO_EFORMAT, 8, "a second document starts; one is read"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_failure(cases[i].text, "bolt-yaml", cases[i].code, cases[i].line, cases[i].message,
			       cases[i].code == PGO_EFORMAT ? "expected is what perf2bolt -w or llvm-bolt -w writes"
							    : "");
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	char text[4000];
	for (int depth = 32; depth <= 33; depth++) {
		int n = snprintf(text, sizeof text, HEADER "  []\nother: ");
		for (int i = 0; i < depth; i++)
			text[n++] = '[';
		for (int i = 0; i < depth; i++)
			text[n++] = ']';
		snprintf(text + n, sizeof text - (size_t)n, "\n...\n");
		if (depth == 32)
			expect_text(text, NULL, PGO_KIND_BLOCKS, "");
		else
			expect_failure(text, NULL, PGO_EFORMAT, 7, "values are nested more than 32 deep",
				       "expected is");
	}
}

/** The mark at the end tells; line ends behind it do not matter. */
static void cut_off_anywhere(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load_sample("bolt/a.yaml", &length);
	for (size_t cut = 1; cut < length; cut += cut + 100 < length ? 7 : 1) {
		struct pgo_profile *p;
		struct pgo_error err = {0};
		int rc = read_exactly(&p, bytes, cut, "bolt-yaml", &err);
		if (rc == PGO_OK && cut + 2 <= length)
			fail_msg("cut after %zu bytes: no error", cut);
		assert_true(rc == PGO_OK || (err.message[0] && err.hint[0]));
		pgo_profile_free(p);
	}
	free(bytes);
}

static void damaged_anywhere(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load_sample("bolt/a.yaml", &length);
	for (size_t i = 0; i < length; i += 7) {
		struct pgo_profile *p;
		struct pgo_error err = {0};
		bytes[i] ^= i & 1 ? 0x11 : 0x80;
		int rc = read_exactly(&p, bytes, length, "bolt-yaml", &err);
		bytes[i] ^= i & 1 ? 0x11 : 0x80;
		if (rc == PGO_OK)
			check_invariants(p);
		else
			assert_true(err.message[0] && err.hint[0]);
		pgo_profile_free(p);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_profile),
		cmocka_unit_test(sums_are_those_of_merge_fdata),
		cmocka_unit_test(grammar),
		cmocka_unit_test(damage),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(cut_off_anywhere),
		cmocka_unit_test(damaged_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
