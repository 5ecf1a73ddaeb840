/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Binary sample profiles made by hand, cut off anywhere, and damaged anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <zlib.h>

#include "tests/unit/formats/sampled.h"

struct bytes {
	unsigned char at[200000];
	size_t length;
};

static void put(struct bytes *b, const void *from, size_t length)
{
	assert_true(b->length + length <= sizeof b->at);
	memcpy(b->at + b->length, from, length);
	b->length += length;
}

static void uleb(struct bytes *b, uint64_t value)
{
	do {
		unsigned char byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		put(b, &byte, 1);
	} while (value >>= 7);
}

static void put64(struct bytes *b, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		put(b, &(unsigned char){(unsigned char)value}, 1);
}

#define ULEBS(b, ...)                                                                                                  \
	do {                                                                                                           \
		const uint64_t values_[] = {__VA_ARGS__};                                                              \
		for (size_t i_ = 0; i_ < sizeof values_ / sizeof values_[0]; i_++)                                     \
			uleb(b, values_[i_]);                                                                          \
	} while (0)

#define MAGIC UINT64_C(0x5350524f46343200)

/* Magic, version, a summary without entries, the names "f" and "g". */
static void start_plain(struct bytes *b, uint64_t total)
{
	b->length = 0;
	ULEBS(b, MAGIC | 0xff, 103, total, 0, 0, 0, 0, 0, 2);
	put(b, "f\0g\0", 4);
}

static void expect_bytes(const struct bytes *b, const char *what)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	if (read_exactly(&p, b->at, b->length, NULL, &err) != PGO_OK)
		fail_msg("%s", err.message);
	check_invariants(p);
	char *got = shown(p);
	assert_string_equal(got, what);
	free(got);
	pgo_profile_free(p);
}

#define NOWHERE UINT64_MAX

static void expect_bad(const struct bytes *b, int code, uint64_t offset, const char *message)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	int rc = read_exactly(&p, b->at, b->length, NULL, &err);
	if (rc != code || strcmp(err.message, message) != 0 || err.has_offset != (offset != NOWHERE) ||
	    (err.has_offset && err.offset != offset) || (rc == PGO_EFORMAT && !err.hint[0]))
		fail_msg("%d at %" PRIu64 ": '%s'\nhint: %s\nexpected at %" PRIu64 ": '%s'", rc, err.offset,
			 err.message, err.hint, offset, message);
	assert_null(p);
}

static void headers(void **state)
{
	(void)state;
	static struct bytes b;
	ULEBS(&b, MAGIC | 0xff);
	expect_bad(&b, PGO_EFORMAT, 9, "the header ends before the version");
	ULEBS(&b, 104);
	expect_bad(&b, PGO_EUNSUPPORTED, 9, "sample profile version 104 is unknown; 103 is read");
	b.length = 0;
	ULEBS(&b, MAGIC | 2, 103);
	expect_bad(&b, PGO_EUNSUPPORTED, NOWHERE, "is a sample profile in the compact encoding, which LLVM 17 dropped");
	b.length = 0;
	ULEBS(&b, MAGIC | 5, 103);
	expect_bad(&b, PGO_EUNSUPPORTED, NOWHERE, "is a sample profile in encoding 5; 4 and 255 are read");
	b.length = 0;
	ULEBS(&b, MAGIC | 0xff, 103, 5, 1, 1);
	expect_bad(&b, PGO_EFORMAT, b.length, "the number of counts of the summary is cut off");
	ULEBS(&b, 1, 1, 2, 10000, 5, 1, 20000);
	expect_bad(&b, PGO_EFORMAT, b.length, "an entry of the summary is cut off");
	ULEBS(&b, 5, 1, 3);
	put(&b, "f\0g", 3);
	expect_bad(&b, PGO_EFORMAT, b.length - 1, "name 2 of 3 is cut off");
}

static void plain(void **state)
{
	(void)state;
	static struct bytes b;
	start_plain(&b, 0);
	expect_bytes(&b, "");
	start_plain(&b, 9);
	/* f: head 3, total 0, line 1.2: 4 calls g 1; inlined g at line 5: line 0: 5 */
	ULEBS(&b, 3, 0, 0, 1, 1, 2, 4, 1, 1, 1, 1, 5, 0, 1, 7, 1, 0, 0, 5, 0, 0);
	expect_bytes(&b, "f 1.2:4 in:3 | 0 b671664347fff5b2:1; g 0:5");

	/* LLVM reads a function without a name, too */
	b.length = 0;
	ULEBS(&b, MAGIC | 0xff, 103, 4, 0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 1, 1, 0, 4, 0, 0);
	expect_bytes(&b, " 1.0:4 in:3");

	start_plain(&b, 9);
	ULEBS(&b, 3, 2);
	expect_bad(&b, PGO_EFORMAT, b.length - 1, "name 2 is not in the table of 2");
	start_plain(&b, 9);
	ULEBS(&b, 3, 0, 0, 1, 65536, 0);
	expect_bad(&b, PGO_EFORMAT, b.length - 4, "line offset 65536 is beyond 65535");
	start_plain(&b, 9);
	ULEBS(&b, 3, 0, 0, 1, 65535, UINT64_C(1) << 32);
	expect_bad(&b, PGO_EFORMAT, b.length - 5, "discriminator 4294967296 does not fit 32 bits");
	start_plain(&b, 9);
	ULEBS(&b, 3, 0, 0, 1, 1, 0);
	size_t before = b.length;
	put(&b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	expect_bad(&b, PGO_EFORMAT, before, "the samples of a line does not fit 64 bits");
	/* numbers that promise more than there is */
	start_plain(&b, 9);
	ULEBS(&b, 3, 0, 0, UINT64_MAX);
	expect_bad(&b, PGO_EFORMAT, b.length, "a line offset is cut off");
}

static void sums_are_checked(void **state)
{
	(void)state;
	static struct bytes b;
	start_plain(&b, 9);
	ULEBS(&b, 3, 0, 0, 1, 1, 0, 8, 0, 0);
	expect_bad(&b, PGO_EFORMAT, NOWHERE, "the functions hold 8 samples, the summary says 9");
	start_plain(&b, 7);
	ULEBS(&b, 3, 0, 0, 1, 1, 0, 8, 0, 0);
	struct pgo_profile *p;
	assert_int_equal(read_exactly(&p, b.at, b.length, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "the functions hold 8 samples, the summary says 7");
	pgo_profile_free(p);
}

static void depth_is_bounded(void **state)
{
	(void)state;
	static struct bytes b;
	for (int depth = 200; depth <= 201; depth++) {
		start_plain(&b, 0);
		ULEBS(&b, 0, 0, 0, 0);
		for (int i = 1; i < depth; i++)
			ULEBS(&b, 1, 1, 0, 1, 0, 0);
		size_t at = b.length;
		ULEBS(&b, 0);
		if (depth == 200)
			expect_bytes(&b, "f in:0; g");
		else
			expect_bad(&b, PGO_EFORMAT, at - 2, "more than 200 functions are inlined into one another");
	}
}

struct part {
	uint64_t type, flags;
	const struct bytes *content;
	bool pack; /**< what the flags must say too */
};

static void pack(struct bytes *out, const struct bytes *content)
{
	static unsigned char packed[200000];
	uLongf length = sizeof packed;
	assert_int_equal(compress(packed, &length, content->at, content->length), Z_OK);
	ULEBS(out, content->length, length);
	put(out, packed, length);
}

/* A table of sections and the sections behind it. */
static void build(struct bytes *b, const struct part *parts, size_t count)
{
	b->length = 0;
	ULEBS(b, MAGIC | 4, 103);
	put64(b, count);
	size_t table = b->length;
	b->length += 32 * count;
	for (size_t i = 0; i < count; i++) {
		size_t at = b->length, end;
		parts[i].pack ? pack(b, parts[i].content) : put(b, parts[i].content->at, parts[i].content->length);
		end = b->length;
		b->length = table + 32 * i;
		put64(b, parts[i].type);
		put64(b, parts[i].flags);
		put64(b, at);
		put64(b, end - at);
		b->length = end;
	}
}

#define PACKED 1
#define HIGH(bit) (UINT64_C(1) << (bit))

static struct bytes summary, names, functions, md5, fixed, contexts, metadata, odd;

static void make_parts(void)
{
	summary.length = names.length = functions.length = md5.length = fixed.length = contexts.length = 0;
	metadata.length = odd.length = 0;
	ULEBS(&summary, 5, 5, 1, 1, 1, 0);
	ULEBS(&names, 2);
	put(&names, "f\0g\0", 4);
	ULEBS(&functions, 1, 1, 5, 1, 3, 0, 5, 0, 0);
	ULEBS(&md5, 2, UINT64_C(0xfedcba9876543210), 7);
	ULEBS(&fixed, 2);
	put64(&fixed, UINT64_C(0xfedcba9876543210));
	put64(&fixed, 7);
	ULEBS(&contexts, 2, 1, 0, 0, 0, 2, 0, 3, 0, 1, 0, 0);
	ULEBS(&metadata, 1, 77);
	put(&odd, "xyz", 3);
}

static void sections(void **state)
{
	(void)state;
	static struct bytes b;
	make_parts();
	build(&b, (struct part[]){{1, 0, &summary}, {2, 0, &names}, {32, 0, &functions}}, 3);
	expect_bytes(&b, "g 3.0:5 in:1");
	build(&b, (struct part[]){{1, 1, &summary, true}, {2, 1, &names, true}, {32, 1, &functions, true}}, 3);
	expect_bytes(&b, "g 3.0:5 in:1");
	build(&b, (struct part[]){{1, 0, &summary}, {2, HIGH(32), &md5}, {32, 0, &functions}}, 3);
	expect_bytes(&b, "md5:0000000000000007 3.0:5 in:1");
	build(&b, (struct part[]){{1, 0, &summary}, {2, HIGH(32) | HIGH(33), &fixed}, {32, 0, &functions}}, 3);
	expect_bytes(&b, "md5:0000000000000007 3.0:5 in:1");
	/* context 1 is f:3 @ g; without inlined calls in the metadata */
	build(&b,
	      (struct part[]){{1, HIGH(33), &summary},
			      {2, 0, &names},
			      {6, 0, &contexts},
			      {32, 0, &functions},
			      {5, HIGH(32), &metadata}},
	      5);
	expect_bytes(&b, "g#4d 3.0:5 in:1");
	/* lists of symbols and offsets are not looked at, nor are sections of other types */
	build(&b,
	      (struct part[]){{3, PACKED, &odd},
			      {1, 0, &summary},
			      {2, 0, &names},
			      {4, 0, &odd},
			      {99, 0, &odd},
			      {32, 0, &functions}},
	      6);
	struct pgo_profile *p;
	assert_int_equal(read_exactly(&p, b.at, b.length, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "1 section of unknown type left out");
	pgo_profile_free(p);
	build(&b, (struct part[]){{1, HIGH(32), &summary}, {2, 0, &names}, {32, 0, &functions}}, 3);
	assert_int_equal(read_exactly(&p, b.at, b.length, NULL, NULL), PGO_OK);
	assert_string_equal(p->warnings[0], "is a partial profile: of functions that are not in it nothing is known");
	pgo_profile_free(p);
}

static void damaged_sections(void **state)
{
	(void)state;
	static struct bytes b;
	char text[200];
	make_parts();
	b.length = 0;
	ULEBS(&b, MAGIC | 4, 103);
	expect_bad(&b, PGO_EFORMAT, 10, "the header ends before the number of sections");
	put64(&b, UINT64_MAX / 2);
	expect_bad(&b, PGO_EFORMAT, 10, "the table of 9223372036854775807 sections does not fit into the 0 bytes left");
	build(&b, (struct part[]){{1, 0, &summary}, {2, 0, &names}, {32, 0, &functions}}, 3);
	b.length--;
	snprintf(text, sizeof text, "section 3 of 9 bytes at %zu does not fit into the file of %zu", b.length - 8,
		 b.length);
	expect_bad(&b, PGO_EFORMAT, 18 + 64, text);
	build(&b, (struct part[]){{1, 0, &summary}, {2, 0, &names}}, 2);
	expect_bad(&b, PGO_EFORMAT, 18 + 32, "there is no section of functions");
	build(&b, (struct part[]){{1, 0, &summary}, {32, 0, &functions}}, 2);
	expect_bad(&b, PGO_EFORMAT, b.length - 8, "name 1 is not in the table of 0");
	build(&b, (struct part[]){{1, HIGH(33), &summary}, {2, 0, &names}, {32, 0, &functions}}, 3);
	expect_bad(&b, PGO_EFORMAT, b.length - 8, "context 1 is not in the table of 0");
	ULEBS(&names, 0);
	build(&b, (struct part[]){{2, 0, &names}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - 1, "section 1 has 1 bytes behind its content");
	fixed.length -= 1;
	build(&b, (struct part[]){{2, HIGH(33), &fixed}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - 15, "2 names of 8 bytes do not fit into the 15 bytes left");
	contexts.length = 0;
	ULEBS(&contexts, 1, 0);
	build(&b, (struct part[]){{6, 0, &contexts}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - 1, "context 0 has no frame");
}

static void compressed_sections(void **state)
{
	(void)state;
	static struct bytes b, packed;
	char text[200];
	make_parts();
	functions.length--;
	build(&b, (struct part[]){{2, 0, &names}, {32, PACKED, &functions, true}}, 2);
	expect_bad(&b, PGO_EFORMAT, NOWHERE,
		   "the number of inlined calls of a function is cut off, at offset 8 of what section 2 inflates to");
	packed.length = 0;
	pack(&packed, &names);
	packed.at[packed.length - 1] ^= 1;
	build(&b, (struct part[]){{2, PACKED, &packed}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - packed.length + 2, "section 1 does not inflate to 5 bytes");
	packed.length = 0;
	pack(&packed, &names);
	packed.at[0]++;
	build(&b, (struct part[]){{2, PACKED, &packed}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - packed.length + 2, "section 1 does not inflate to 6 bytes");
	packed.at[1]++;
	build(&b, (struct part[]){{2, PACKED, &packed}}, 1);
	snprintf(text, sizeof text, "section 1 has %zu compressed bytes in the %zu it has room for", packed.length - 1,
		 packed.length - 2);
	expect_bad(&b, PGO_EFORMAT, b.length - packed.length, text);
	packed.length = 0;
	ULEBS(&packed, (4 << 20) + 1, 3);
	put(&packed, "abc", 3);
	build(&b, (struct part[]){{2, PACKED, &packed}}, 1);
	expect_bad(&b, PGO_EFORMAT, b.length - packed.length,
		   "section 1 inflates to 4194305 bytes; at most 4194304 are read of 3");
}

static const char *const samples[] = {
	"sample.binary.prof",	       "sample.extbinary.prof",	     "sample.extbinary-md5.prof",
	"sample.extbinary-split.prof", "sample.extbinary-z.prof",    "sample-cs.extbinary.prof",
	"sample-probe.extbinary.prof", "../sample/nested.extbinary", "../sample/vtables.extbinary"};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

/** Nothing is taken for less than it was. */
static void cut_off_anywhere(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLE_COUNT; s++) {
		size_t length;
		unsigned char *whole = load_sample(samples[s], &length);
		for (size_t cut = 0; cut < length; cut++) {
			struct pgo_profile *p;
			struct pgo_error err = {0};
			if (read_exactly(&p, whole, cut, "sample", &err) == PGO_OK)
				fail_msg("%s cut after %zu bytes: no error", samples[s], cut);
			assert_true(err.message[0] && err.hint[0]);
		}
		free(whole);
	}
}

static void damaged_anywhere(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLE_COUNT; s++) {
		size_t length;
		unsigned char *bytes = load_sample(samples[s], &length);
		for (size_t i = 0; i < length * 4; i++) {
			static const unsigned char flips[] = {1, 0x80, 0xff, 0x10};
			struct pgo_profile *p;
			struct pgo_error err = {0};
			bytes[i / 4] ^= flips[i & 3];
			int rc = read_exactly(&p, bytes, length, NULL, &err);
			bytes[i / 4] ^= flips[i & 3];
			if (rc == PGO_OK)
				check_invariants(p);
			else
				assert_true(p == NULL && err.message[0]);
			pgo_profile_free(p);
		}
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(plain),
		cmocka_unit_test(sums_are_checked),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(sections),
		cmocka_unit_test(damaged_sections),
		cmocka_unit_test(compressed_sections),
		cmocka_unit_test(cut_off_anywhere),
		cmocka_unit_test(damaged_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
