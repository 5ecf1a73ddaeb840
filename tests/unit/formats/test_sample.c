/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sample profiles of the real writer: every encoding gives what the text gives, and the totals of EXPECTED.tsv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/sampled.h"

#define OWN "../sample/"

static int rows;

/** file, functions of their own, head samples, samples of all bodies */
static void check_totals(char **f, int count)
{
	if (count < 4 || strncmp(f[0], "sample", 6) != 0)
		return;
	rows++;
	struct pgo_profile *p = open_sample(f[0]);
	uint64_t heads = 0, head_total = 0, total = 0;
	check_invariants(p);
	assert_string_equal(p->format, "sample");
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function fn = pgo_profile_function(p, i);
		const uint64_t *keys = pgo_profile_keys(p, &fn);
		for (uint32_t c = 0; c < fn.counter_count; c++) {
			bool head = keys[c] == PGO_KEY_ENTRY;
			heads += head;
			*(head ? &head_total : &total) += fn.counters[c];
		}
	}
	assert_int_equal(heads, strtoull(f[1], NULL, 10));
	assert_int_equal(head_total, strtoull(f[2], NULL, 10));
	assert_int_equal(total, strtoull(f[3], NULL, 10));
	assert_int_equal(p->warning_count, 0);
	pgo_profile_free(p);
}

static void samples_give_their_totals(void **state)
{
	(void)state;
	rows = 0;
	for_each_row(SAMPLES "EXPECTED.tsv", 4, check_totals);
	assert_int_equal(rows, 9);
}

/* Names by their MD5, for profiles that have no others. */
static const char *const known[] = {"main",  "_Z3fooi", "foo",	"bar",	      "baz",	    "qux", "inner",
				    "outer", "middle",	"gone", "indirect_a", "indirect_b", "leaf"};

/** The profile with the names of md5:… where they are known: as the text would have it. */
static char *shown_with_names(const struct pgo_profile *p)
{
	struct pgo_function *f = p->functions;
	for (size_t i = 0; i < p->function_count; i++)
		for (size_t k = 0; k < sizeof known / sizeof known[0] && f[i].flags & PGO_FUNCTION_MD5_NAME; k++) {
			char name[24];
			uint64_t ref = pgo_name_ref(known[k], strlen(known[k]));
			snprintf(name, sizeof name, "md5:%016" PRIx64, ref);
			if (f[i].name_ref != ref)
				continue;
			assert_true(has_name(&f[i], name));
			f[i].name = known[k];
			f[i].name_length = (uint32_t)strlen(known[k]);
			f[i].flags &= ~(uint32_t)PGO_FUNCTION_MD5_NAME;
		}
	return shown(p);
}

static void check_equal(const char *text, const char *binary, const char *what)
{
	struct pgo_profile *p = open_sample(text), *q = open_sample(binary);
	char *a = shown(p), *b = shown_with_names(q);
	check_invariants(q);
	assert_string_equal(b, a);
	assert_string_equal(a, what);
	assert_int_equal(p->kind, q->kind);
	assert_int_equal(p->version, 0);
	assert_int_equal(q->version, 103);
	free(a);
	free(b);
	pgo_profile_free(p);
	pgo_profile_free(q);
}

/* What follows is by hand from the text: lines of inlined bodies are in their own functions. */

static char *target(const char *name, int count)
{
	static char text[4][40];
	static int next;
	char *out = text[next++ & 3];
	snprintf(out, sizeof text[0], "%016" PRIx64 ":%d", pgo_name_ref(name, strlen(name)), count);
	return out;
}

static void all_encodings_are_equal(void **state)
{
	(void)state;
	char what[1024], first[40], second[40];
	snprintf(first, sizeof first, "%s", target("_Z3fooi", 631));
	snprintf(second, sizeof second, "%s", target("bar", 4000));
	bool rising = strcmp(first, second) < 0;
	snprintf(what, sizeof what,
		 "_Z3fooi 1.0:1437 3.0:12 in:1437; baz 1.0:100; foo 0:4000 1.3:4000 | 0 %s; main 2.1:5553 3.0:5391 "
		 "5.0:0 7.0:5391 in:0 | 0 %s %s",
		 target("qux", 11), rising ? first : second, rising ? second : first);
	static const char *const plain[] = {"sample.binary.prof", "sample.extbinary.prof", "sample.extbinary-md5.prof",
					    "sample.extbinary-split.prof", "sample.extbinary-z.prof"};
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		check_equal("sample.prof.txt", plain[i], what);
	snprintf(what, sizeof what, "bar#4d2 1.0:100 2.0:20 in:20; main#63 1.0:1 3.0:499 in:1 | 0 %s",
		 target("foo", 499));
	check_equal("sample-cs.prof.txt", "sample-cs.extbinary.prof", what);
	check_equal("sample-probe.prof.txt", "sample-probe.extbinary.prof", "foo#4d 1.0:509 in:2; main#63 1.0:1 in:1");
}

static void checksums_of_inlined_bodies(void **state)
{
	(void)state;
	char what[1024], first[40], second[40];
	snprintf(first, sizeof first, "%s", target("indirect_a", 30));
	snprintf(second, sizeof second, "%s", target("indirect_b", 10));
	bool rising = strcmp(first, second) < 0;
	snprintf(what, sizeof what,
		 "gone#1bc 1.0:60; gone#1bd 1.0:45 in:45; inner#14d 1.0:600 2.0:200 | 0 %s; middle#de 0:25 7.0:45 in:5 "
		 "| 0 %s; outer#6f 1.0:10 2.0:40 9.0:190 in:10 | 0 %s %s",
		 target("leaf", 200), target("gone", 45), rising ? first : second, rising ? second : first);
	check_equal(OWN "nested.txt", OWN "nested.extbinary", what);
	check_equal(OWN "nested.txt", OWN "nested-md5z.extbinary", what);
	struct pgo_profile *p = open_sample(OWN "nested.txt");
	assert_int_equal(p->kind, PGO_KIND_PROBES);
	pgo_profile_free(p);
}

static void vtables_are_value_sites(void **state)
{
	(void)state;
	char what[1024], call[2][40], table[2][40];
	snprintf(call[0], sizeof call[0], "%s", target("foo", 3));
	snprintf(call[1], sizeof call[1], "%s", target("bar", 4));
	snprintf(table[0], sizeof table[0], "%s", target("_ZTV1A", 100));
	snprintf(table[1], sizeof table[1], "%s", target("_ZTV1B", 20));
	bool calls = strcmp(call[0], call[1]) < 0, tables = strcmp(table[0], table[1]) < 0;
	snprintf(what, sizeof what, "foo 1.0:499; main 1.0:1 2.0:10 in:1 | 0 %s %s | 2 %s %s | 2 %s", call[!calls],
		 call[calls], table[!tables], table[tables], target("_ZTV1C", 5));
	check_equal(OWN "vtables.txt", OWN "vtables.extbinary", what);
}

static void md5_names_say_so(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("sample.extbinary-md5.prof"), *q = open_sample("sample.prof.txt");
	assert_int_equal(p->function_count, 4);
	for (size_t i = 0; i < p->function_count; i++)
		assert_true(pgo_profile_function(p, i).flags & PGO_FUNCTION_MD5_NAME);
	for (size_t i = 0; i < q->function_count; i++)
		assert_false(pgo_profile_function(q, i).flags & PGO_FUNCTION_MD5_NAME);
	pgo_profile_free(p);
	pgo_profile_free(q);
	/* what llvm-profdata merge --text makes of the MD5 of "main" */
	expect_text("15822663052811949562:7:3\n 1: 4\n", NULL, PGO_KIND_LINES, "md5:db956436e78dd5fa 1.0:4 in:3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_give_their_totals),
		cmocka_unit_test(all_encodings_are_equal),
		cmocka_unit_test(checksums_of_inlined_bodies),
		cmocka_unit_test(vtables_are_value_sites),
		cmocka_unit_test(md5_names_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
