/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Damage to indexed profiles, versions no tool here writes any more, and the summary each file carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

static uint64_t get64(const unsigned char *bytes, size_t at)
{
	uint64_t v;
	memcpy(&v, bytes + at, 8); /* tests run on little-endian machines */
	return v;
}

static void set64(unsigned char *bytes, size_t at, uint64_t v)
{
	memcpy(bytes + at, &v, 8);
}

static int read_bytes(const unsigned char *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_profile *p = NULL;
	*err = (struct pgo_error){0};
	int rc = pgo_profile_read(&p, bytes, length, "indexed", err);
	if (rc == PGO_OK) {
		struct pgo_summary summary;
		check_invariants(p);
		assert_int_equal(pgo_profile_summarize(&summary, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
		pgo_profile_free(p);
	} else {
		assert_null(p);
		assert_int_equal(err->code, rc);
		assert_true(rc == PGO_EFORMAT || rc == PGO_EUNSUPPORTED);
		assert_true(err->message[0] != '\0');
	}
	return rc;
}

static const char *const samples[] = {"ir-22.profdata",	      "csir-22.profdata",    "temporal-22.profdata",
				      "vtabkeep-22.profdata", "mcdc-22.profdata",    "memir-22.profdata",
				      "ir-14.profdata",	      "ir-15.profdata",	     "ir-16.profdata",
				      "v11-22.profdata",      "memonly-22.profdata", "fe-13.profdata"};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

static void every_truncation_is_an_error(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLE_COUNT; s++) {
		size_t length;
		unsigned char *whole = load_sample(samples[s], &length);
		for (size_t cut = 1; cut < length; cut++) {
			struct pgo_error err;
			unsigned char *bytes = malloc(cut);
			memcpy(bytes, whole, cut);
			if (read_bytes(bytes, cut, &err) != PGO_EFORMAT)
				fail_msg("%s cut after %zu bytes: no error", samples[s], cut);
			if (err.has_offset && err.offset > length)
				fail_msg("%s cut after %zu bytes: offset %llu", samples[s], cut,
					 (unsigned long long)err.offset);
			free(bytes);
		}
		free(whole);
	}
}

static uint64_t random_state;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static void mutations_never_crash(void **state)
{
	(void)state;
	static const uint64_t extremes[] = {0, 1, 7, 8, 255, 1u << 16, 1ull << 31, 1ull << 32, 1ull << 61, UINT64_MAX};
	unsigned refused = 0, total = 0;
	random_state = 20240607;
	for (size_t s = 0; s < SAMPLE_COUNT; s++) {
		size_t length;
		unsigned char *bytes = load_sample(samples[s], &length), *copy = malloc(length);
		for (unsigned n = 0; n < 2000; n++, total++) {
			struct pgo_error err;
			memcpy(copy, bytes, length);
			for (unsigned k = 0; k < 1 + n % 3; k++) {
				size_t at = 8 + next_random() % (length - 16);
				if (next_random() % 2)
					copy[at] ^= (unsigned char)(1 + next_random() % 255);
				else
					set64(copy, at, extremes[next_random() % 10]);
			}
			refused += read_bytes(copy, length, &err) != PGO_OK;
		}
		free(copy);
		free(bytes);
	}
	/* damage to counts and names cannot be told from other data, damage to the structure can */
	assert_in_range(refused, total / 3, total - 1);
}

/** The 16 entries of a summary as the file has them, at `at`. */
static void compare_summary(const char *name, const unsigned char *bytes, size_t at, const struct pgo_summary *s)
{
	assert_int_equal(get64(bytes, at), 6);
	assert_int_equal(get64(bytes, at + 8), 16);
	const uint64_t expected[6] = {s->function_count, s->counter_count,	s->max_first_count,
				      s->max_count,	 s->max_internal_count, (uint64_t)s->total};
	for (size_t i = 0; i < 6; i++)
		if (get64(bytes, at + 16 + i * 8) != expected[i] && !(i == 0 && s->pseudo_functions))
			fail_msg("%s: summary field %zu is %llu, the file has %llu", name, i,
				 (unsigned long long)expected[i], (unsigned long long)get64(bytes, at + 16 + i * 8));
	assert_int_equal(s->entry_count, 16);
	for (size_t i = 0; i < 16; i++) {
		const struct pgo_summary_entry *e = &s->entries[i];
		size_t entry = at + 64 + i * 24;
		if (e->cutoff != get64(bytes, entry) || e->min_count != get64(bytes, entry + 8) ||
		    e->counter_count != get64(bytes, entry + 16))
			fail_msg("%s: cutoff %llu: %llu, %llu; the file has %llu, %llu", name,
				 (unsigned long long)e->cutoff, (unsigned long long)e->min_count,
				 (unsigned long long)e->counter_count, (unsigned long long)get64(bytes, entry + 8),
				 (unsigned long long)get64(bytes, entry + 16));
	}
}

static int compared;

static void check_stored_summary(char **f, int count)
{
	/* the flags of tfe contradict each other: LLVM's summary counts what its records do not hold */
	if (count < 4 || strcmp(f[1], "indexed") != 0 || strncmp(f[3], "ir", 2) != 0 || strncmp(f[0], "tfe-", 4) == 0)
		return;
	size_t length;
	unsigned char *bytes = load_sample(f[0], &length);
	struct pgo_profile *p = open_sample(f[0]);
	struct pgo_summary s;
	size_t header = 40 + (p->version >= 8 ? 8 : 0) + (p->version >= 9 ? 8 : 0) + (p->version >= 10 ? 8 : 0) +
			(p->version >= 12 ? 8 : 0);
	assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	compare_summary(f[0], bytes, header, &s);
	if (p->flags & PGO_PROFILE_CSIR) {
		assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_CS, NULL), PGO_OK);
		compare_summary(f[0], bytes, header + 448, &s);
		compared++;
	}
	compared++;
	pgo_profile_free(p);
	free(bytes);
}

static void summaries_equal_those_in_the_files(void **state)
{
	(void)state;
	for_each_row(SAMPLES "EXPECTED.tsv", 13, check_stored_summary);
	assert_true(compared >= 30);
}

/** A table with one bucket and one key 'main', in a version before 4: no summary. */
static size_t old_profile(unsigned char *out, uint64_t version, const uint64_t *words, size_t count)
{
	static const unsigned char magic[8] = {0xff, 'l', 'p', 'r', 'o', 'f', 'i', 0x81};
	memset(out, 0, 512);
	memcpy(out, magic, 8);
	set64(out, 8, version);
	size_t at = 40;
	out[at] = 1;
	set64(out, at + 2, pgo_name_ref("main", 4));
	set64(out, at + 10, 4);
	set64(out, at + 18, count * 8);
	memcpy(out + at + 26, "main", 4);
	memcpy(out + at + 30, words, count * 8);
	at = (at + 30 + count * 8 + 7) & ~(size_t)7;
	set64(out, 32, at);
	set64(out, at, 1);
	set64(out, at + 8, 1);
	set64(out, at + 16, 40);
	return at + 24;
}

static void versions_before_4(void **state)
{
	(void)state;
	static const uint64_t v1[] = {77, 5, 6, 7}, v2[] = {77, 2, 5, 6, 78, 1, 9}, v3[] = {77, 2, 5, 6, 8};
	static const struct {
		uint64_t version;
		const uint64_t *words;
		size_t count, functions;
		uint64_t total;
	} cases[] = {{1, v1, 4, 1, 18}, {2, v2, 7, 2, 20}, {3, v3, 5, 1, 11}};
	for (size_t i = 0; i < 3; i++) {
		unsigned char bytes[512];
		struct pgo_profile *p = NULL;
		size_t length = old_profile(bytes, cases[i].version, cases[i].words, cases[i].count);
		assert_int_equal(pgo_profile_read(&p, bytes, length, NULL, NULL), PGO_OK);
		check_invariants(p);
		assert_int_equal(p->version, cases[i].version);
		assert_int_equal(p->function_count, cases[i].functions);
		assert_int_equal((uint64_t)total_of(p), cases[i].total);
		struct pgo_function first = pgo_profile_function(p, 0);
		assert_true(has_name(&first, "main"));
		assert_int_equal(p->warning_count, 0);
		pgo_profile_free(p);
	}
}

static void expect_error(const unsigned char *bytes, size_t length, uint64_t offset, const char *message)
{
	struct pgo_error err;
	assert_int_equal(read_bytes(bytes, length, &err), PGO_EFORMAT);
	assert_string_equal(err.message, message);
	assert_true(err.has_offset);
	assert_int_equal(err.offset, offset);
}

static void damaged_records(void **state)
{
	(void)state;
	unsigned char bytes[512];
	static const uint64_t twice[] = {77, 1, 5, 77, 1, 6};
	size_t length = old_profile(bytes, 2, twice, 6);
	expect_error(bytes, length, 40, "function 'main' with hash 0x4d is stored twice");

	static const uint64_t unordered[] = {77, 1, 5, 16, 0};
	length = old_profile(bytes, 3, unordered, 5);
	expect_error(bytes, length, 102, "value data ends 8 bytes before its stated size");

	static const uint64_t kinds[] = {77, 1, 5, 4ull << 32 | 8};
	length = old_profile(bytes, 3, kinds, 4);
	expect_error(bytes, length, 98, "value data has 4 kinds; known are 3");

	static const uint64_t kind[] = {77, 1, 5, 1ull << 32 | 24, 3, 0};
	length = old_profile(bytes, 3, kind, 6);
	expect_error(bytes, length, 102, "value kind 3 is unknown; known are 0 to 2");

	static const uint64_t sites[] = {77, 1, 5, 1ull << 32 | 24, 9ull << 32, 0};
	length = old_profile(bytes, 3, sites, 6);
	expect_error(bytes, length, 106, "9 value sites do not fit into their block");

	static const uint64_t values[] = {77, 1, 5, 1ull << 32 | 24, 1ull << 32, 2};
	length = old_profile(bytes, 3, values, 6);
	expect_error(bytes, length, 118, "values of site 0 do not fit into their block");

	static const uint64_t plain[] = {77, 1, 5};
	length = old_profile(bytes, 2, plain, 3);
	set64(bytes, length - 8, 4096);
	expect_error(bytes, length, length - 8, "offset 4096 of hash bucket 0 lies outside the table from 40 to 96");
	length = old_profile(bytes, 2, plain, 3);
	bytes[40] = 0;
	expect_error(bytes, length, 40, "hash bucket 0 has no items");
}

/** Two directory entries for one bucket would multiply the memory a small file takes. */
static void overlapping_buckets(void **state)
{
	(void)state;
	unsigned char bytes[512];
	static const uint64_t words[] = {77, 1, 5};
	size_t length = old_profile(bytes, 2, words, 3);
	size_t directory = length - 24;
	set64(bytes, directory, 2);
	set64(bytes, directory + 24, 40);
	expect_error(bytes, length + 8, directory + 24, "hash bucket 1 overlaps another one");
}

static void trailing_bytes_are_noted(void **state)
{
	(void)state;
	size_t length;
	unsigned char *whole = load_sample("ir-22.profdata", &length);
	unsigned char *bytes = calloc(1, length + 5);
	memcpy(bytes, whole, length);
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, bytes, length + 5, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "5 bytes follow the last section and were not read");
	pgo_profile_free(p);
	free(bytes);
	free(whole);
}

/** The only checksum of the format: a flipped counter contradicts the stored total. */
static void a_flipped_counter_is_noted(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load_sample("ir-22.profdata", &length);
	bytes[564] ^= 1; /* the counter of f2: 200 becomes 201 */
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, bytes, length, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0],
			    "the summary in the file says 25 counters and a total of 30098, its records give "
			    "25 and 30099: the file may be damaged");
	pgo_profile_free(p);
	free(bytes);
}

static void unknown_flags_are_noted(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load_sample("ir-22.profdata", &length);
	bytes[12] = 4; /* bit 34 of the version word */
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, bytes, length, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "unknown flags 0x4 in the version word are ignored");
	pgo_profile_free(p);
	free(bytes);
}

static void functions_come_by_bucket(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("rust0-22.profdata");
	uint64_t buckets = 1, last = 0;
	while (buckets < p->function_count * 4 / 3 + 1)
		buckets *= 2;
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function value = pgo_profile_function(p, i), *f = &value;
		assert_int_equal(f->name_ref, pgo_name_ref(f->name, f->name_length));
		assert_true(last <= (f->name_ref & (buckets - 1)));
		last = f->name_ref & (buckets - 1);
	}
	pgo_profile_free(p);
}

static void vtable_names_are_inflated(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("vtabkeep-22.profdata");
	assert_true(p->vtable_names_length > 0);
	assert_non_null(memmem(p->vtable_names, p->vtable_names_length, "_ZTV", 4));
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(mutations_never_crash),
		cmocka_unit_test(summaries_equal_those_in_the_files),
		cmocka_unit_test(versions_before_4),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(overlapping_buckets),
		cmocka_unit_test(trailing_bytes_are_noted),
		cmocka_unit_test(a_flipped_counter_is_noted),
		cmocka_unit_test(unknown_flags_are_noted),
		cmocka_unit_test(functions_come_by_bucket),
		cmocka_unit_test(vtable_names_are_inflated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
