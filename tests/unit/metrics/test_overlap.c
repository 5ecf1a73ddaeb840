/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <unistd.h>

/* The oracle: llvm-profdata's own overlap, to the three decimals of a percentage it prints. */

#define TOOL "llvm-profdata-22"

static bool tool_is_there(void)
{
	return system(TOOL " --version >/dev/null 2>&1") == 0;
}

struct printed {
	double overlap, mismatched, unique;
};

static struct printed printed_by_tool(const char *train, const char *test)
{
	char command[1200], line[256];
	struct printed out = {0};
	snprintf(command, sizeof command, TOOL " overlap '%s' '%s' 2>&1", train, test);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	bool seen = false;
	while (fgets(line, sizeof line, f)) {
		seen |= sscanf(line, " Edge profile overlap: %lf%%", &out.overlap) == 1;
		sscanf(line, " Mismatched count percentage (Edge): %lf%%", &out.mismatched);
		sscanf(line, " Percentage of Edge profile only in test_profile: %lf%%", &out.unique);
	}
	assert_int_equal(pclose(f), 0);
	assert_true(seen);
	return out;
}

static void check_pair(const char *dir, const char *train, const char *test)
{
	char a[512], b[512];
	struct pgo_profile *pa, *pb;
	struct pgo_error err = {0};
	snprintf(a, sizeof a, "%s/%s/%s.profdata", FIXTURES, dir, train);
	snprintf(b, sizeof b, "%s/%s/%s.profdata", FIXTURES, dir, test);
	if (pgo_profile_open(&pa, a, NULL, &err) || pgo_profile_open(&pb, b, NULL, &err))
		fail_msg("%s: %s", err.path, err.message);
	struct pgo_comparison c = compared(pa, pb);
	struct printed tool = printed_by_tool(a, b);
	double ours[3] = {100 * c.overlap_ratio, 100 * c.overlap_mismatched, 100 * c.overlap_unique};
	double theirs[3] = {tool.overlap, tool.mismatched, tool.unique};
	for (int i = 0; i < 3; i++)
		if (!(fabs(ours[i] - theirs[i]) <= 0.000501))
			fail_msg("%s against %s, number %d: %.6f %%, " TOOL " says %.3f %%", train, test, i, ours[i],
				 theirs[i]);
	pgo_comparison_release(&c);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
}

static void check_group(const char *dir, const char *const *names)
{
	for (const char *const *a = names; *a; a++)
		for (const char *const *b = names; *b; b++)
			check_pair(dir, *a, *b);
}

static void overlap_equals_llvms_on_the_samples(void **state)
{
	(void)state;
	if (!tool_is_there())
		skip();
	/* Groups whose names are spelled alike: across them ours joins what LLVM's does not. */
	static const char *const ir[] = {"ir-19", "ir-22", "ir-22.sparse", "ir400-22", "irxx-22", "multi-22", NULL};
	static const char *const old_ir[] = {"ir-13", "ir-14", "ir-15", "ir-16", NULL};
	static const char *const fe[] = {"fe-13", "fe-14", "fe-14.sparse", "fe-22", "mcdc-19", "mcdc-22", NULL};
	static const char *const entry[] = {"entry-22", NULL};
	static const char *const rust[] = {"rust0-22", NULL};
	check_group("samples", ir);
	check_group("samples", old_ir);
	check_group("samples", fe);
	check_group("samples", entry);
	check_group("samples", rust);
}

static void overlap_equals_llvms_on_a_real_program(void **state)
{
	(void)state;
	if (!tool_is_there())
		skip();
	static const char *const mawk[] = {"MICRO", "REALEQ", "SKEW_99", "m_loop", "r_dpkgsum", "r_wordfreq", NULL};
	check_group("dataset", mawk);
}

static struct pgo_profile *sample(const char *name)
{
	char path[512];
	struct pgo_profile *p;
	struct pgo_error err = {0};
	snprintf(path, sizeof path, "%s/samples/%s", FIXTURES, name);
	if (pgo_profile_open(&p, path, NULL, &err))
		fail_msg("%s: %s", path, err.message);
	return p;
}

/* LLVM says 14.632 %: it takes "a.c:f" and "a.c;f" for two functions. The counters are the same. */
static void spelling_of_local_names_does_not_matter(void **state)
{
	(void)state;
	struct pgo_profile *a = sample("ir-14.profdata"), *b = sample("ir-22.profdata"), *t = sample("ir-22.proftext");
	struct pgo_comparison c = compared(a, b);
	assert_near(c.overlap_ratio, 1, 1e-12);
	assert_near(c.join_rate, 1, 1e-12);
	pgo_comparison_release(&c);
	c = compared(b, t);
	assert_near(c.overlap_ratio, 1, 1e-12);
	assert_near(c.jsd_bits, 0, 0);
	pgo_comparison_release(&c);
	pgo_profile_free(a);
	pgo_profile_free(b);
	pgo_profile_free(t);
}

/* LLVM says 202.714 % here: it sums one kind of record and compares both. */
static void context_sensitive_records_do_not_count_twice(void **state)
{
	(void)state;
	struct pgo_profile *p = sample("csir-22.profdata");
	struct pgo_compare_options options = pgo_compare_defaults();
	for (int cs = 0; cs < 2; cs++) {
		struct pgo_comparison c;
		struct pgo_error err = {0};
		options.context_sensitive = cs;
		assert_int_equal(pgo_compare(&c, p, p, &options, &err), PGO_OK);
		assert_int_equal(c.function_count, 10);
		assert_near(c.overlap_ratio, 1, 1e-12);
		/* 61013 in all, 30915 of it in the records with context */
		assert_int_equal((uint64_t)c.train.summary.total, cs ? 30915 : 30098);
		pgo_comparison_release(&c);
	}
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlap_equals_llvms_on_the_samples),
		cmocka_unit_test(overlap_equals_llvms_on_a_real_program),
		cmocka_unit_test(spelling_of_local_names_does_not_matter),
		cmocka_unit_test(context_sensitive_records_do_not_count_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
