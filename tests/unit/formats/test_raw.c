/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Raw profiles of the samples: against what LLVM made of them, cut off anywhere, and damaged anywhere. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/samples.h"

static int compare_values(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->count < b->count ? -1 : a->count > b->count;
}

/** The values of two sites, in any order. */
static void expect_equal_sites(const struct pgo_profile *p, const struct pgo_value_site *x, const struct pgo_profile *q,
			       const struct pgo_value_site *y)
{
	struct pgo_value a[256], b[256];
	assert_int_equal(x->kind, y->kind);
	assert_int_equal(x->count, y->count);
	assert_true(x->count <= 256);
	memcpy(a, p->values + x->first, x->count * sizeof *a);
	memcpy(b, q->values + y->first, x->count * sizeof *b);
	qsort(a, x->count, sizeof *a, compare_values);
	qsort(b, x->count, sizeof *b, compare_values);
	assert_memory_equal(a, b, x->count * sizeof *a);
}

static size_t find(const struct pgo_profile *p, const struct pgo_function *like)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (f.name_ref == like->name_ref && f.cfg_hash == like->cfg_hash &&
		    f.name_length == like->name_length && memcmp(f.name, like->name, f.name_length) == 0)
			return i;
	}
	fail_msg("no record like '%.*s'", (int)like->name_length, like->name);
	return 0;
}

/** Every function of `p` is in `q`, with the same counters, bitmap and values. */
static void expect_contained(const struct pgo_profile *p, const struct pgo_profile *q)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function a = pgo_profile_function(p, i);
		size_t at = find(q, &a);
		struct pgo_function b = pgo_profile_function(q, at);
		struct pgo_function_extra x = pgo_profile_extra(p, i), y = pgo_profile_extra(q, at);
		assert_int_equal(a.counter_count, b.counter_count);
		assert_memory_equal(a.counters, b.counters, a.counter_count * 8);
		assert_int_equal(a.flags, b.flags);
		assert_int_equal(x.bitmap_count, y.bitmap_count);
		if (x.bitmap_count)
			assert_memory_equal(p->bitmap + x.first_bitmap, q->bitmap + y.first_bitmap, x.bitmap_count);
		assert_int_equal(x.site_count, y.site_count);
		for (uint32_t s = 0; s < x.site_count; s++)
			expect_equal_sites(p, p->sites + x.first_site + s, q, q->sites + y.first_site + s);
	}
}

static void expect_equal(const struct pgo_profile *p, const struct pgo_profile *q)
{
	assert_int_equal(p->function_count, q->function_count);
	expect_contained(p, q);
	assert_int_equal(p->trace_count, q->trace_count);
	assert_int_equal(p->trace_ref_count, q->trace_ref_count);
	if (p->trace_ref_count)
		assert_memory_equal(p->trace_refs, q->trace_refs, p->trace_ref_count * 8);
}

/** llvm-profdata made the .profdata of the .profraw: names, hashes, counters, bitmaps, values and traces are equal. */
static void equals_what_llvm_merged(void **state)
{
	(void)state;
	static const char *const samples[] = {
		"bytecov-22", "entry-22",   "fe-13",	   "fe-14",   "fe-22",	 "fnentry-14", "fnentry-22",
		"ir-13",      "ir-14",	    "ir-15",	   "ir-16",   "ir-19",	 "ir-22",      "ir32-14",
		"ir32-22",    "irxx-22",    "rust0-22",	   "mcdc-19", "mcdc-22", "nocomp-22",  "loopent-22",
		"rust3-22",   "rustcov-22", "temporal-22", "tbc-22",  "vtab-22"};
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		char raw[64], merged[64];
		snprintf(raw, sizeof raw, "%s.profraw", samples[i]);
		snprintf(merged, sizeof merged, "%s.profdata", samples[i]);
		struct pgo_profile *p = open_sample(raw), *q = open_sample(merged);
		/* FE profiles share hash bit 60 with the mark of context; flags tell them apart */
		assert_int_equal(p->flags, q->flags);
		expect_equal(p, q);
		assert_int_equal(p->warning_count, 0);
		pgo_profile_free(p);
		pgo_profile_free(q);
	}
}

/** The merged profile has the records without context, too. */
static void context_sensitive_records(void **state)
{
	(void)state;
	for (int llvm = 14; llvm <= 22; llvm += 8) {
		char raw[64], merged[64];
		snprintf(raw, sizeof raw, "csir-%d.profraw", llvm);
		snprintf(merged, sizeof merged, "csir-%d.profdata", llvm);
		struct pgo_profile *p = open_sample(raw), *q = open_sample(merged);
		assert_int_equal(p->function_count, 10);
		assert_int_equal(q->function_count, 20);
		for (size_t i = 0; i < p->function_count; i++)
			assert_int_equal(pgo_profile_function(p, i).flags, PGO_FUNCTION_CS);
		expect_contained(p, q);
		pgo_profile_free(p);
		pgo_profile_free(q);
	}
}

static void byte_order_does_not_matter(void **state)
{
	(void)state;
	struct pgo_profile *little = open_sample("ir-22.profraw"), *big = open_sample("ir-22-be.profraw");
	expect_equal(little, big);
	assert_int_equal(big->build_id_count, 1);
	assert_int_equal(big->build_ids[0].length, 20);
	assert_memory_equal(&little->build_ids[0], &big->build_ids[0], sizeof little->build_ids[0]);
	pgo_profile_free(little);
	pgo_profile_free(big);
}

/** Two runs of one program and one of another: the runs add up, as llvm-profdata adds them. */
static void concatenated_profiles_add_up(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("concat-22.profraw");
	check_invariants(p);
	assert_int_equal(p->function_count, 26);
	assert_int_equal(p->counter_count, 106);
	assert_true(total_of(p) == 68678);
	assert_int_equal(p->build_id_count, 2);
	pgo_profile_free(p);

	size_t length;
	unsigned char *one = load_sample("ir-22.profraw", &length), *three = malloc(3 * length + 5);
	for (int i = 0; i < 3; i++)
		memcpy(three + (size_t)i * length, one, length);
	memset(three + 3 * length, 0, 5);
	struct pgo_profile *sum = NULL, *single = open_sample("ir-22.profraw");
	assert_int_equal(pgo_profile_read(&sum, three, 3 * length + 5, NULL, NULL), PGO_OK);
	check_invariants(sum);
	assert_int_equal(sum->function_count, single->function_count);
	for (size_t i = 0; i < single->function_count; i++) {
		struct pgo_function a = pgo_profile_function(single, i), b = pgo_profile_function(sum, find(sum, &a));
		for (uint32_t c = 0; c < a.counter_count; c++)
			assert_int_equal(b.counters[c], 3 * a.counters[c]);
	}
	assert_int_equal(sum->value_count, single->value_count);
	pgo_profile_free(sum);
	pgo_profile_free(single);
	free(three);
	free(one);
}

static void expect_warning(const struct pgo_profile *p, const char *text)
{
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], text);
}

#define NO_VALUES                                                                                                      \
	"value data is missing for %s with value sites: the program wrote in continuous mode (%%c), or the file is "   \
	"cut off"

static void continuous_mode_has_no_values(void **state)
{
	(void)state;
	char text[256];
	snprintf(text, sizeof text, NO_VALUES, "2 functions");
	struct pgo_profile *p = open_sample("contir-22.profraw"), *q = NULL;
	expect_warning(p, text);
	assert_int_equal(p->function_count, 10);
	assert_true(total_of(p) == 30098);
	assert_int_equal(p->site_count, 0); /* not seen is not "nothing seen" */
	pgo_profile_free(p);

	/* two in a file: the next profile stands where the values should */
	size_t length;
	unsigned char *one = load_sample("contir-22.profraw", &length), *two = malloc(2 * length);
	memcpy(two, one, length);
	memcpy(two + length, one, length);
	assert_int_equal(pgo_profile_read(&q, two, 2 * length, NULL, NULL), PGO_OK);
	snprintf(text, sizeof text, NO_VALUES, "4 functions");
	expect_warning(q, text);
	assert_true(total_of(q) == 2 * 30098);
	pgo_profile_free(q);
	free(one);
	free(two);
}

static void expect_error(const char *sample, int code, uint64_t offset, const char *message, const char *hint)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	int rc = pgo_profile_open(&p, sample, NULL, &err);
	if (rc != code || strcmp(err.message, message) != 0 || strcmp(err.hint, hint) != 0 || err.offset != offset)
		fail_msg("%s: %d at %" PRIu64 ": %s\nhint: %s", sample, rc, err.offset, err.message, err.hint);
	assert_null(p);
}

/** The counters are there, the functions are in the binary; an empty profile has neither. */
static void correlated_profiles_are_told_from_empty_ones(void **state)
{
	(void)state;
	static const char hint[] =
		"match them with the program, by LLVM 19 to 22: llvm-profdata merge --binary-file=PROGRAM -o "
		"x.profdata x.profraw (--debug-info=PROGRAM for -profile-correlate=debug-info)";
	expect_error(SAMPLES "corrb-22.profraw", PGO_EUNSUPPORTED, 0,
		     "has 6 counters but no function records: they are in the binary (-profile-correlate)", hint);
	expect_error(SAMPLES "corrfe-22.profraw", PGO_EUNSUPPORTED, 0,
		     "has 16 counters but no function records: they are in the binary (-profile-correlate)", hint);
	static const unsigned char empty[128] = {0x81, 'r', 'f', 'o', 'r', 'p', 'l', 0xff, 10};
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, empty, sizeof empty, NULL, NULL), PGO_OK);
	assert_int_equal(p->function_count, 0);
	assert_int_equal(p->warning_count, 0);
	pgo_profile_free(p);
}

#define CUT_OFF                                                                                                        \
	"the program was killed before it finished writing, or the copy is incomplete; run it again, with a longer "   \
	"grace period (stop.grace)"
#define DAMAGED                                                                                                        \
	"the file is damaged: take it from where it was written, or run the program again; raw profiles are binary, "  \
	"copy them as such"

static void hints_name_the_next_step(void **state)
{
	(void)state;
	expect_error(SAMPLES "malformed/raw_ver99", PGO_EUNSUPPORTED, 8,
		     "raw profile version 99 is newer than known; versions 5 and 7 to 10 are read",
		     "merge it with the LLVM whose compiler built the program: llvm-profdata merge -o x.profdata "
		     "x.profraw");
	expect_error(SAMPLES "malformed/raw_trunc_hdr", PGO_EFORMAT, 100,
		     "header is cut off: it starts at offset 0, the file ends at 100", CUT_OFF);
	expect_error(SAMPLES "malformed/raw_numcounters_huge", PGO_EFORMAT, 40,
		     "counter section needs 8796093022208 bytes at offset 800, the file ends at 1312", DAMAGED);
	expect_error(SAMPLES "malformed/raw_trail_garbage", PGO_EFORMAT, 1312,
		     "8 bytes follow the profile, which ends at 1312, and are no further profile", DAMAGED);
}

/** Wherever a file is cut off, it is refused, or the only thing missing is said: values. */
static void every_prefix(void **state)
{
	(void)state;
	static const char *const samples[] = {"ir-22.profraw", "ir-22-be.profraw", "vtab-22.profraw", "ir32-14.profraw",
					      "tbc-22.profraw"};
	for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
		size_t length;
		unsigned char *bytes = load_sample(samples[s], &length);
		int accepted = 0;
		for (size_t n = 1; n < length; n++) {
			unsigned char *prefix = malloc(n);
			struct pgo_profile *p = NULL;
			struct pgo_error err = {0};
			memcpy(prefix, bytes, n);
			int rc = pgo_profile_read(&p, prefix, n, "raw", &err);
			if (rc == PGO_OK) {
				assert_int_equal(p->warning_count, 1);
				assert_memory_equal(p->warnings[0], "value data is missing", 21);
				accepted++;
			} else {
				assert_int_equal(rc, PGO_EFORMAT);
				assert_true(err.message[0] && err.hint[0]);
			}
			pgo_profile_free(p);
			free(prefix);
		}
		assert_int_equal(accepted, 1);
		free(bytes);
	}
}

/** Whatever happens to a byte, the result is an error with a hint or a sound profile. */
static void every_byte_damaged(void **state)
{
	(void)state;
	static const char *const samples[] = {"ir-22.profraw",	  "mcdc-22.profraw", "vtab-22.profraw",
					      "ir32-22.profraw",  "tbc-22.profraw",  "ir-13.profraw",
					      "concat-22.profraw"};
	static const unsigned char flips[] = {0x01, 0x80, 0xff, 0x10};
	int refused = 0;
	for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
		size_t length;
		unsigned char *bytes = load_sample(samples[s], &length);
		for (size_t at = 8; at < length; at++)
			for (size_t k = 0; k < sizeof flips; k++) {
				struct pgo_profile *p = NULL;
				struct pgo_error err = {0};
				bytes[at] ^= flips[k];
				if (pgo_profile_read(&p, bytes, length, "raw", &err) == PGO_OK) {
					check_invariants(p);
					pgo_profile_free(p);
				} else {
					assert_true(err.message[0] && err.hint[0]);
					refused++;
				}
				bytes[at] ^= flips[k];
			}
		free(bytes);
	}
	assert_true(refused > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_what_llvm_merged),
		cmocka_unit_test(context_sensitive_records),
		cmocka_unit_test(byte_order_does_not_matter),
		cmocka_unit_test(concatenated_profiles_add_up),
		cmocka_unit_test(continuous_mode_has_no_values),
		cmocka_unit_test(correlated_profiles_are_told_from_empty_ones),
		cmocka_unit_test(hints_name_the_next_step),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(every_byte_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
