/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every sample gives the totals in EXPECTED.tsv; every damaged one the outcome in tests/malformed/EXPECTED.tsv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/samples.h"

static int rows;

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/** "b+a" and "a+b" name the same set of flags. */
static void sort_words(const char *text, char *out, size_t size)
{
	char copy[256], *words[16];
	size_t count = 0;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *w = strtok(copy, "+"); w && count < 16; w = strtok(NULL, "+"))
		words[count++] = w;
	qsort(words, count, sizeof *words, compare_words);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s+", words[i]);
}

static int compare_refs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t distinct_names(const struct pgo_profile *p)
{
	uint64_t *refs = malloc((p->function_count + 1) * sizeof *refs), distinct = 0;
	for (size_t i = 0; i < p->function_count; i++)
		refs[i] = pgo_profile_function(p, i).name_ref;
	qsort(refs, p->function_count, sizeof *refs, compare_refs);
	for (size_t i = 0; i < p->function_count; i++)
		distinct += i == 0 || refs[i] != refs[i - 1];
	free(refs);
	return distinct;
}

static void check_number(const char *file, const char *what, const char *expected, uint64_t got)
{
	char text[32];
	snprintf(text, sizeof text, "%llu", (unsigned long long)got);
	if (strcmp(text, expected) != 0)
		fail_msg("%s: %s is %s, expected %s", file, what, text, expected);
}

/**
 * The rest is in test_raw.c: of what is concatenated the numbers are those before adding up; profiles without
 * function records are refused, not taken for empty ones.
 */
static bool reads_to_these_numbers(char **f)
{
	if (strcmp(f[1], "raw") == 0)
		return strncmp(f[0], "concat-", 7) != 0 && strncmp(f[0], "corr", 4) != 0;
	return strcmp(f[1], "indexed") == 0 || strcmp(f[1], "text") == 0;
}

/** file format version flags records counters total nonzero bitmap values ids names traces */
static void check_sample(char **f, int count)
{
	if (count < 13 || !reads_to_these_numbers(f))
		return;
	rows++;
	struct pgo_profile *p = open_sample(f[0]);
	char flags[128], got[256], expected[256], total[40];
	uint64_t nonzero = 0;
	check_invariants(p);
	assert_string_equal(p->format, f[1]);
	check_number(f[0], "version", f[2], p->version);
	pgo_profile_flags_text(p->flags, flags, sizeof flags);
	sort_words(flags, got, sizeof got);
	sort_words(f[3], expected, sizeof expected);
	assert_string_equal(got, expected);
	check_number(f[0], "records", f[4], p->function_count);
	check_number(f[0], "counters", f[5], p->counter_count);
	assert_string_equal(pgo_u128_text(total_of(p), total), f[6]);
	for (size_t i = 0; i < p->function_count; i++)
		nonzero += pgo_profile_function(p, i).max != 0;
	check_number(f[0], "nonzero records", f[7], nonzero);
	check_number(f[0], "bitmap bytes", f[8], p->bitmap_length);
	check_number(f[0], "value entries", f[9], p->value_count);
	check_number(f[0], "binary ids", f[10], p->build_id_count);
	check_number(f[0], "distinct names", f[11], distinct_names(p));
	check_number(f[0], "traces", f[12], p->trace_count);
	/* a broken combination of flags leaves LLVM's own file inconsistent; nothing else is suspicious */
	if (strncmp(f[0], "tfe-", 4) != 0 && p->warning_count)
		fail_msg("%s: warning: %s", f[0], p->warnings[0]);
	pgo_profile_free(p);
}

static void samples_give_their_totals(void **state)
{
	(void)state;
	rows = 0;
	for_each_row(SAMPLES "EXPECTED.tsv", 13, check_sample);
	assert_int_equal(rows, 52 + 32);
}

/** file, "ok" or code, offset or "line N" or "-", message or counters and total */
static void check_malformed(char **f, int count)
{
	assert_int_equal(count, 4);
	rows++;
	char name[256], got[1024], code[16], where[64] = "-", total[40];
	snprintf(name, sizeof name, "malformed/%s", f[0]);
	size_t length;
	unsigned char *bytes = load_sample(name, &length);
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	int rc = pgo_profile_read(&p, bytes, length, NULL, &err);
	free(bytes);
	if (rc == PGO_OK) {
		check_invariants(p);
		snprintf(code, sizeof code, "ok");
		snprintf(got, sizeof got, "%llu counters, total %s%s%s", (unsigned long long)p->counter_count,
			 pgo_u128_text(total_of(p), total), p->warning_count ? "; " : "",
			 p->warning_count ? p->warnings[0] : "");
		pgo_profile_free(p);
	} else {
		assert_null(p);
		assert_int_equal(rc, err.code);
		if (!err.hint[0])
			fail_msg("%s: no hint", f[0]);
		snprintf(code, sizeof code, "%s",
			 rc == PGO_EFORMAT	  ? "format"
			 : rc == PGO_EUNSUPPORTED ? "unsupported"
						  : "?");
		snprintf(got, sizeof got, "%s", err.message);
		if (err.has_offset)
			snprintf(where, sizeof where, "%s%llu", err.is_line ? "line " : "",
				 (unsigned long long)err.offset);
	}
	if (strcmp(code, f[1]) != 0 || strcmp(where, f[2]) != 0 || strcmp(got, f[3]) != 0)
		fail_msg("%s: %s\t%s\t%s\nexpected: %s\t%s\t%s", f[0], code, where, got, f[1], f[2], f[3]);
}

static void malformed_samples_give_their_errors(void **state)
{
	(void)state;
	rows = 0;
	for_each_row(FIXTURES "/../malformed/EXPECTED.tsv", 4, check_malformed);
	assert_int_equal(rows, 22 + 26 + 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_give_their_totals),
		cmocka_unit_test(malformed_samples_give_their_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
