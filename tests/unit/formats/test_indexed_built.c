/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Indexed versions no tool at hand writes: 4 to 6 (layout of 7, which LLVM 13 writes) and 10 (9, which LLVM 16 writes,
 * and an offset of temporal traces in the header). Made of real files by what the versions changed; the profile must
 * stay the same. Versions 1 to 3 are in test_indexed.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

static uint64_t get64(const unsigned char *bytes, size_t at)
{
	uint64_t v = 0;
	for (int i = 7; i >= 0; i--)
		v = v << 8 | bytes[at + (size_t)i];
	return v;
}

static void set64(unsigned char *bytes, size_t at, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		bytes[at + i] = (unsigned char)(v >> 8 * i);
}

static struct pgo_profile *read_bytes(const unsigned char *bytes, size_t length)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_read(&p, bytes, length, NULL, &err) != PGO_OK)
		fail_msg("%s at %llu", err.message, (unsigned long long)err.offset);
	check_invariants(p);
	assert_int_equal(p->warning_count, 0); /* the summary in the file still fits */
	return p;
}

static void expect_equal(const struct pgo_profile *p, const struct pgo_profile *q)
{
	assert_int_equal(p->function_count, q->function_count);
	assert_int_equal(p->value_count, q->value_count);
	if (p->value_count)
		assert_memory_equal(p->values, q->values, p->value_count * sizeof *p->values);
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function a = pgo_profile_function(p, i), b = pgo_profile_function(q, i);
		assert_int_equal(a.name_ref, b.name_ref);
		assert_int_equal(a.cfg_hash, b.cfg_hash);
		assert_int_equal(a.name_length, b.name_length);
		assert_memory_equal(a.name, b.name, a.name_length);
		assert_int_equal(a.counter_count, b.counter_count);
		assert_memory_equal(a.counters, b.counters, a.counter_count * 8);
		assert_int_equal(a.flags, b.flags);
	}
}

static void versions_4_to_6(void **state)
{
	(void)state;
	static const char *const samples[] = {"ir-13.profdata", "ir-14.profdata", "fe-14.profdata", "csir-14.profdata"};
	for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
		size_t length;
		unsigned char *bytes = load_sample(samples[s], &length);
		struct pgo_profile *seven = read_bytes(bytes, length);
		assert_int_equal(seven->version, 7);
		for (unsigned char version = 4; version < 7; version++) {
			bytes[8] = version;
			struct pgo_profile *p = read_bytes(bytes, length);
			assert_int_equal(p->version, version);
			assert_int_equal(p->flags, seven->flags);
			assert_false(p->pseudo_counts);
			expect_equal(p, seven);
			pgo_profile_free(p);
		}
		pgo_profile_free(seven);
		free(bytes);
	}
}

/** A version 9 file as version 10: one word more in the header, everything behind it moves. @return the length */
static size_t make_10(unsigned char *out, const unsigned char *nine, size_t length, bool temporal)
{
	memcpy(out, nine, 56);
	memcpy(out + 64, nine + 56, length - 56);
	length += 8;
	out[8] = 10;
	set64(out, 56, 0);
	size_t directory = (size_t)get64(out, 32) + 8;
	set64(out, 32, directory);
	set64(out, 48, get64(out, 48) + 8); /* binary ids */
	uint64_t buckets = get64(out, directory);
	for (size_t i = 0; i < buckets; i++) {
		size_t at = directory + 16 + 8 * i;
		if (get64(out, at))
			set64(out, at, get64(out, at) + 8);
	}
	if (!temporal)
		return length;
	static const char *const order[] = {"main", "indirect", "f1"};
	out[15] |= 0x80;
	set64(out, 56, length);
	const uint64_t words[] = {1, 5, 3, 3};
	for (size_t i = 0; i < 4; i++, length += 8)
		set64(out, length, words[i]);
	for (size_t i = 0; i < 3; i++, length += 8)
		set64(out, length, pgo_name_ref(order[i], strlen(order[i])));
	return length;
}

static void version_10(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load_sample("ir-16.profdata", &length), *ten = malloc(length + 64);
	struct pgo_profile *nine = read_bytes(bytes, length);
	assert_int_equal(nine->version, 9);
	for (int temporal = 0; temporal < 2; temporal++) {
		struct pgo_profile *p = read_bytes(ten, make_10(ten, bytes, length, temporal));
		assert_int_equal(p->version, 10);
		assert_true(p->pseudo_counts);
		assert_int_equal(p->flags, nine->flags | (temporal ? PGO_PROFILE_TEMPORAL : 0));
		expect_equal(p, nine);
		assert_int_equal(p->build_id_count, nine->build_id_count);
		assert_int_equal(p->trace_count, temporal);
		if (temporal) {
			assert_int_equal(p->traces[0].weight, 3);
			assert_int_equal(p->trace_ref_count, 3);
			assert_int_equal(p->trace_refs[2], pgo_name_ref("f1", 2));
		}
		pgo_profile_free(p);
	}
	pgo_profile_free(nine);
	free(bytes);
	free(ten);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_4_to_6),
		cmocka_unit_test(version_10),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
