/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Raw profiles built here, byte by byte: versions no tool at hand writes (5, 9), every version in both widths and byte
 * orders, and damage that takes a file of a certain shape.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

#define MAX_BYTES ((size_t)1 << 16)

struct file {
	unsigned version, pointer; /* in: 4 or 8 bytes */
	bool big, byte_counters;
	uint64_t flags; /* high half of the version word */
	unsigned char bytes[MAX_BYTES];
	size_t count;
	size_t data, record_size, counters, names, values; /* out: where they start */
};

static void put(struct file *f, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		f->bytes[f->count + (f->big ? size - 1 - i : i)] = (unsigned char)(value >> 8 * i);
	f->count += size;
}

static void align(struct file *f, size_t start, unsigned to)
{
	while ((f->count - start) % to)
		f->bytes[f->count++] = 0;
}

/* Three functions; their counters stand in the section in another order than their records. */
static const struct {
	const char *name;
	uint64_t hash, address;
	unsigned first, count;	      /* in the counter section */
	unsigned sites[3], bitmap[2]; /* bitmap: first byte, bytes */
} functions[] = {
	{"alpha", 0x1111222233334444, 0x1000, 4, 2, {1, 1, 0}, {0, 0}},
	{"beta", 2, 0, 3, 1, {0, 0, 0}, {1, 2}},
	{"gamma", 3, 0x3000, 0, 3, {0, 0, 1}, {0, 1}},
};
static const uint64_t counters[] = {40, 50, 60, 30, 10, 0x123456789abc};
static const unsigned char bitmap[] = {0x55, 0xaa, 1};
#define VTABLE_ADDRESS 0x5000
#define DATA_ADDRESS 0x2000u
#define COUNTERS_ADDRESS 0x1f00u /* before the records: the distance is negative */
#define BITMAP_ADDRESS 0x2800u

static unsigned sites_of(const struct file *f, size_t i, unsigned kind)
{
	return kind == 2 && f->version < 10 ? 0 : functions[i].sites[kind];
}

/** A pointer as the version stores it: absolute, or the distance from the record. */
static uint64_t pointer_to(const struct file *f, size_t i, uint64_t address)
{
	return f->version < 8 ? address : address - (DATA_ADDRESS + i * f->record_size);
}

static void put_record(struct file *f, size_t i)
{
	size_t start = f->count;
	unsigned size = f->byte_counters ? 1 : 8;
	put(f, pgo_name_ref(functions[i].name, strlen(functions[i].name)), 8);
	put(f, functions[i].hash, 8);
	put(f, pointer_to(f, i, COUNTERS_ADDRESS + functions[i].first * size), f->pointer);
	if (f->version >= 9)
		put(f, functions[i].bitmap[1] ? pointer_to(f, i, BITMAP_ADDRESS + functions[i].bitmap[0]) : 0,
		    f->pointer);
	put(f, functions[i].address, f->pointer);
	put(f, 0xdddddddd, f->pointer);
	put(f, functions[i].count, 4);
	for (unsigned kind = 0; kind < (f->version < 10 ? 2 : 3); kind++)
		put(f, sites_of(f, i, kind), 2);
	if (f->version >= 9) {
		align(f, start, 4);
		put(f, functions[i].bitmap[1], 4);
	}
	align(f, start, 8);
}

static void put_site(struct file *f, unsigned kind, const uint64_t (*pairs)[2], unsigned count)
{
	put(f, kind, 4);
	put(f, 1, 4);
	put(f, count, 1);
	align(f, f->values, 8);
	for (unsigned i = 0; i < count; i++) {
		put(f, pairs[i][0], 8);
		put(f, pairs[i][1], 8);
	}
}

static void put_values(struct file *f)
{
	static const uint64_t calls[][2] = {{0x9999, 5}, {0x3000, 8}, {0x3001, 1}}, sizes[][2] = {{7, 3}},
			      tables[][2] = {{VTABLE_ADDRESS + 16, 9}, {VTABLE_ADDRESS + 24, 2}};
	f->values = f->count;
	put(f, 8 + 16 + 3 * 16 + 16 + 16, 4);
	put(f, 2, 4);
	put_site(f, 0, calls, 3);
	put_site(f, 1, sizes, 1);
	if (f->version < 10)
		return;
	put(f, 8 + 16 + 2 * 16, 4);
	put(f, 1, 4);
	put_site(f, 2, tables, 2);
}

static void put_header(struct file *f, size_t names_length)
{
	uint64_t delta = f->version < 8 ? COUNTERS_ADDRESS : COUNTERS_ADDRESS - (uint64_t)DATA_ADDRESS;
	uint64_t bitmap_delta = BITMAP_ADDRESS - (uint64_t)DATA_ADDRESS;
	static const char magics[2][9] = {"\x81Rforpl\xff", "\x81rforpl\xff"};
	for (int i = 0; i < 8; i++)
		f->bytes[f->count++] = (unsigned char)magics[f->pointer == 8][f->big ? 7 - i : i];
	put(f, f->version | f->flags, 8);
	if (f->version >= 7)
		put(f, f->version == 7 ? 28 : 32, 8); /* binary ids, padded since 8 */
	put(f, 3, 8);
	put(f, 8, 8); /* padding before the counters */
	put(f, 6, 8);
	put(f, f->byte_counters ? 2 : 16, 8); /* and after */
	if (f->version >= 9) {
		put(f, sizeof bitmap, 8);
		put(f, 5, 8);
	}
	put(f, names_length, 8);
	/* the upper half is noise where pointers have 32 bits: there in one byte order, not in the other */
	put(f, f->pointer == 4 && f->big ? (uint32_t)delta : delta, 8);
	if (f->version >= 9)
		put(f, bitmap_delta, 8);
	put(f, 0x7777, 8);
	if (f->version >= 10) {
		put(f, 1, 8);
		put(f, 4, 8); /* vtable names */
	}
	put(f, f->version < 10 ? 1 : 2, 8);
}

static const char names[] = "\x10\0alpha\1beta\1gamma\0"; /* a chunk as it is, padding */

static void build(struct file *f)
{
	f->count = 0;
	f->record_size = f->version < 9	   ? (f->pointer == 8 ? 48 : 40)
			 : f->version == 9 ? (f->pointer == 8 ? 64 : 48)
					   : (f->pointer == 8 ? 64 : 48);
	put_header(f, sizeof names - 1);
	if (f->version >= 7) {
		put(f, 20, 8);
		for (int i = 0; i < (f->version == 7 ? 20 : 24); i++)
			f->bytes[f->count++] = i < 20 ? (unsigned char)(i + 1) : 0;
	}
	f->data = f->count;
	for (size_t i = 0; i < 3; i++)
		put_record(f, i);
	assert_int_equal(f->count - f->data, 3 * f->record_size);
	put(f, 0xeeeeeeee, 8);
	f->counters = f->count;
	for (size_t i = 0; i < 6; i++)
		put(f, f->byte_counters ? (counters[i] > 30 ? 0 : 0xff) : counters[i], f->byte_counters ? 1 : 8);
	for (int i = 0; i < (f->byte_counters ? 2 : 16); i++)
		put(f, 0xee, 1);
	if (f->version >= 9) {
		memcpy(f->bytes + f->count, bitmap, sizeof bitmap);
		f->count += sizeof bitmap;
		put(f, 0, 5);
	}
	f->names = f->count;
	memcpy(f->bytes + f->count, names, sizeof names - 1);
	f->count += sizeof names - 1;
	align(f, f->names, 8);
	if (f->version >= 10) {
		size_t start = f->count;
		put(f, pgo_name_ref("vt", 2), 8);
		put(f, VTABLE_ADDRESS, f->pointer);
		put(f, 24, 4);
		align(f, start, 8);
		memcpy(f->bytes + f->count, "\2\0vt", 4);
		f->count += 4;
		align(f, start, 8);
	}
	put_values(f);
}

static struct pgo_profile *read_file(const struct file *f)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	unsigned char *exact = malloc(f->count);
	memcpy(exact, f->bytes, f->count);
	int rc = pgo_profile_read(&p, exact, f->count, NULL, &err);
	free(exact);
	if (rc != PGO_OK)
		fail_msg("version %u, %u-byte pointers, %s: %s at %" PRIu64, f->version, f->pointer,
			 f->big ? "big endian" : "little endian", err.message, err.offset);
	check_invariants(p);
	return p;
}

static void expect_error(const struct file *f, int code, uint64_t offset, const char *message)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, f->bytes, f->count, NULL, &err), code);
	assert_string_equal(err.message, message);
	assert_int_equal(err.offset, offset);
	assert_true(err.hint[0]);
}

static void check_function(const struct pgo_profile *p, const struct file *f, size_t i)
{
	struct pgo_function g = pgo_profile_function(p, i);
	struct pgo_function_extra e = pgo_profile_extra(p, i);
	assert_true(has_name(&g, functions[i].name));
	assert_int_equal(g.cfg_hash, functions[i].hash);
	assert_int_equal(g.name_ref, pgo_name_ref(functions[i].name, strlen(functions[i].name)));
	assert_int_equal(g.counter_count, functions[i].count);
	for (unsigned c = 0; c < functions[i].count; c++) {
		uint64_t value = counters[functions[i].first + c];
		assert_int_equal(g.counters[c], f->byte_counters ? value > 30 : value);
	}
	assert_int_equal(e.bitmap_count, f->version < 9 ? 0 : functions[i].bitmap[1]);
	if (e.bitmap_count)
		assert_memory_equal(p->bitmap + e.first_bitmap, bitmap + functions[i].bitmap[0], e.bitmap_count);
	assert_int_equal(e.site_count, sites_of(f, i, 0) + sites_of(f, i, 1) + sites_of(f, i, 2));
}

static void expect_pair(const struct pgo_profile *p, size_t at, uint64_t value, uint64_t count)
{
	assert_int_equal(p->values[at].value, value);
	assert_int_equal(p->values[at].count, count);
}

static void check_whole(const struct file *f)
{
	struct pgo_profile *p = read_file(f);
	assert_int_equal(p->version, f->version);
	assert_int_equal(p->function_count, 3);
	assert_int_equal(p->warning_count, 0);
	for (size_t i = 0; i < 3; i++)
		check_function(p, f, i);
	assert_int_equal(p->value_count, f->version < 10 ? 4 : 6);
	expect_pair(p, 0, 0, 5); /* nothing instrumented is at 0x9999 */
	expect_pair(p, 1, pgo_name_ref("gamma", 5), 8);
	expect_pair(p, 2, 0, 1); /* nor one byte behind gamma */
	expect_pair(p, 3, 7, 3);
	if (f->version >= 10) {
		expect_pair(p, 4, pgo_name_ref("vt", 2), 9);
		expect_pair(p, 5, 0, 2); /* the vtable ends before */
		assert_int_equal(p->vtable_names_length, 2);
	}
	assert_int_equal(p->build_id_count, f->version >= 7);
	pgo_profile_free(p);
}

static const unsigned versions[] = {5, 7, 8, 9, 10};

static void every_version_width_and_order(void **state)
{
	(void)state;
	static struct file f;
	for (int i = 0; i < 5 * 2 * 2 * 2; i++) {
		f.version = versions[i / 8];
		f.pointer = i & 1 ? 4 : 8;
		f.big = i & 2;
		f.byte_counters = i & 4;
		f.flags = f.byte_counters ? 1ull << 60 : 0;
		build(&f);
		check_whole(&f);
	}
}

static void unknown_versions(void **state)
{
	(void)state;
	static struct file f = {.pointer = 8};
	static const struct {
		unsigned version;
		const char *is;
	} cases[] = {
		{11, "newer than known"}, {6, "of no released LLVM"}, {4, "older than known"}, {0, "older than known"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char message[128];
		f.version = 10;
		build(&f);
		f.bytes[8] = (unsigned char)cases[i].version;
		snprintf(message, sizeof message, "raw profile version %u is %s; versions 5 and 7 to 10 are read",
			 cases[i].version, cases[i].is);
		expect_error(&f, PGO_EUNSUPPORTED, 8, message);
	}
}

/** Overwrite a little-endian field of record `i`. */
static void patch(struct file *f, size_t i, size_t field, uint64_t value, unsigned size)
{
	for (unsigned k = 0; k < size; k++)
		f->bytes[f->data + i * f->record_size + field + k] = (unsigned char)(value >> 8 * k);
}

static void bad_records(void **state)
{
	(void)state;
	static struct file f = {.version = 10, .pointer = 8};
	build(&f);
	size_t beta = f.data + f.record_size;
	patch(&f, 1, 48, 0, 4);
	expect_error(&f, PGO_EFORMAT, beta + 48, "function 'beta' has no counters");
	build(&f);
	patch(&f, 1, 48, 4, 4);
	expect_error(&f, PGO_EFORMAT, beta + 16,
		     "function 'beta': counters at 24 (4 of them) lie outside the counter section of 48 bytes");
	build(&f);
	patch(&f, 1, 16, COUNTERS_ADDRESS - (DATA_ADDRESS + (uint64_t)f.record_size) - 8, 8);
	expect_error(&f, PGO_EFORMAT, beta + 16,
		     "function 'beta': counters at -8 (1 of them) lie outside the counter section of 48 bytes");
	patch(&f, 1, 16, COUNTERS_ADDRESS - (DATA_ADDRESS + (uint64_t)f.record_size) + 4, 8);
	expect_error(&f, PGO_EFORMAT, beta + 16, "function 'beta': counters at 4 are not at a multiple of 8");
	build(&f);
	patch(&f, 1, 60, 3, 4);
	expect_error(&f, PGO_EFORMAT, beta + 24,
		     "function 'beta': bitmap bytes at 1 (3 of them) lie outside the bitmap section of 3 bytes");
	build(&f);
	patch(&f, 0, 54, 2, 2);
	expect_error(&f, PGO_EFORMAT, f.values, "function 'alpha': value data has 1 sites of kind 1, its record 2");
	build(&f);
	f.bytes[f.values + 8 + 8 + 8 + 48] = 3; /* a kind that does not exist */
	expect_error(&f, PGO_EFORMAT, f.values + 72, "value kind 3 is unknown; known are 0 to 2");
}

static void functions_without_a_name(void **state)
{
	(void)state;
	static struct file f = {.version = 8, .pointer = 8};
	build(&f);
	patch(&f, 1, 0, 0xabcd, 8);
	struct pgo_profile *p = read_file(&f);
	struct pgo_function g = pgo_profile_function(p, 1);
	assert_true(has_name(&g, "0x000000000000abcd"));
	assert_int_equal(g.name_ref, 0xabcd);
	assert_true(g.flags & PGO_FUNCTION_MD5_NAME);
	assert_false(pgo_profile_function(p, 0).flags & PGO_FUNCTION_MD5_NAME);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "1 function has no name in the file; shown is the MD5 of the name");
	pgo_profile_free(p);
}

/** Two static functions of one name and one shape: LLVM adds them up as well. */
static void duplicates_within_a_profile(void **state)
{
	(void)state;
	static struct file f = {.version = 8, .pointer = 8};
	build(&f);
	patch(&f, 2, 0, pgo_name_ref("beta", 4), 8);
	patch(&f, 2, 8, 2, 8);
	patch(&f, 2, 40, 1, 4);
	struct pgo_profile *p = read_file(&f);
	struct pgo_function g = pgo_profile_function(p, 1);
	assert_int_equal(p->function_count, 2);
	assert_true(has_name(&g, "beta"));
	assert_int_equal(g.counters[0], 30 + 40);
	pgo_profile_free(p);
}

static void impossible_counters(void **state)
{
	(void)state;
	static struct file f = {.version = 8, .pointer = 8};
	build(&f);
	f.bytes[f.counters + 7] = 1; /* 2^56 and 40 */
	struct pgo_profile *p = read_file(&f);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "1 function has a counter above 2^56, more than a program can execute: the "
					    "file may be damaged");
	pgo_profile_free(p);
}

static void append(struct file *f, const struct file *more)
{
	memcpy(f->bytes + f->count, more->bytes, more->count);
	f->count += more->count;
}

/** Records with counters only are added where they stand, others by way of a merge: both stop at the limit. */
static void sums_stop_at_the_limit(void **state)
{
	(void)state;
	static struct file f = {.version = 10, .pointer = 8}, g = {.version = 10, .pointer = 8};
	static struct file plain = {.version = 8, .pointer = 8}, more = {.version = 8, .pointer = 8};
	build(&f);
	build(&g);
	memset(f.bytes + f.counters + 8, 0xff, 8);
	memset(f.bytes + f.counters + 24, 0xff, 8); /* beta, which has a bitmap */
	append(&f, &g);
	struct pgo_profile *p = read_file(&f);
	assert_int_equal(p->function_count, 3);
	assert_int_equal(p->functions[1].counters[0], UINT64_MAX - 2);
	assert_int_equal(p->functions[1].flags, PGO_FUNCTION_SATURATED);
	assert_int_equal(p->functions[2].counters[0], 80);
	assert_int_equal(p->functions[2].counters[1], UINT64_MAX - 2);
	pgo_profile_free(p);

	build(&plain);
	build(&more);
	memset(plain.bytes + plain.counters + 24, 0xff, 7); /* beta is plain before version 9 */
	plain.bytes[plain.counters + 31] = 0xff;
	plain.bytes[plain.counters + 24] = 0xf0;
	append(&plain, &more);
	p = read_file(&plain);
	assert_int_equal(p->functions[1].counters[0], UINT64_MAX - 2);
	assert_int_equal(p->functions[1].max, UINT64_MAX - 2);
	assert_int_equal(p->functions[1].flags, PGO_FUNCTION_SATURATED);
	pgo_profile_free(p);
}

static void profiles_of_two_kinds(void **state)
{
	(void)state;
	static struct file f = {.version = 10, .pointer = 8, .flags = 1ull << 56}, g = {.version = 10, .pointer = 8};
	build(&f);
	build(&g);
	size_t second = f.count;
	append(&f, &g);
	expect_error(&f, PGO_EMISMATCH, second + 8,
		     "holds profiles that cannot be added up: the first is ir, this one fe");
	/* another version of one kind goes */
	g = (struct file){.version = 8, .pointer = 8, .flags = 1ull << 56};
	build(&f);
	build(&g);
	append(&f, &g);
	struct pgo_profile *p = read_file(&f);
	assert_int_equal(p->version, 10);
	/* beta and gamma have bitmaps in one, gamma a vtable site: dropped where the shape differs, not added wrongly
	 */
	assert_int_equal(p->function_count, 3);
	assert_int_equal(pgo_profile_function(p, 0).counters[0], 20);
	assert_int_equal(pgo_profile_function(p, 1).counters[0], 30);
	assert_string_equal(p->warnings[0], "2 records were dropped: same name and hash as an earlier one, but other "
					    "counters or sites");
	pgo_profile_free(p);
}

/** One word of the header, little-endian, 64-bit pointers. */
static void patch_header(struct file *f, unsigned word, uint64_t value)
{
	for (unsigned k = 0; k < 8; k++)
		f->bytes[8 * word + k] = (unsigned char)(value >> 8 * k);
}

/** Records that all claim the same counters would take memory out of proportion to the file. */
static void shared_counters_are_bounded(void **state)
{
	(void)state;
	enum { RECORDS = 1000, COUNTERS = 100 };
	static struct file f = {.version = 8, .pointer = 8};
	char message[128];
	memset(f.bytes, 0, sizeof f.bytes);
	f.count = 0;
	put(&f, 0xff6c70726f667281, 8);
	f.count = 88 + RECORDS * 48 + COUNTERS * 8;
	patch_header(&f, 1, 8);
	patch_header(&f, 3, RECORDS);
	patch_header(&f, 5, COUNTERS);
	f.data = 88;
	f.record_size = 48;
	for (size_t i = 0; i < RECORDS; i++) {
		patch(&f, i, 0, i, 8);
		patch(&f, i, 16, 0 - (uint64_t)i * 48, 8);
		patch(&f, i, 40, COUNTERS, 4);
	}
	snprintf(message, sizeof message,
		 "function '0x%016x': the functions up to it claim 500 counters, the counter section has 100", 4);
	expect_error(&f, PGO_EFORMAT, 88 + 4 * 48 + 40, message);
}

/** A long name of many records is kept once. */
static void shared_names_are_kept_once(void **state)
{
	(void)state;
	enum { RECORDS = 300, NAME = 16 << 20 };
	static struct file f = {.version = 8, .pointer = 8};
	char *name = malloc(NAME);
	uLongf packed = compressBound(NAME);
	unsigned char *block = malloc(packed);
	memset(name, 'x', NAME);
	assert_int_equal(compress2(block, &packed, (Bytef *)name, NAME, 9), Z_OK);
	uint64_t ref = pgo_name_ref(name, NAME);
	free(name);
	memset(f.bytes, 0, sizeof f.bytes);
	f.count = 0;
	put(&f, 0xff6c70726f667281, 8);
	f.data = 88;
	f.record_size = 48;
	f.names = 88 + RECORDS * 48 + RECORDS * 8;
	for (size_t i = 0; i < RECORDS; i++) {
		patch(&f, i, 0, ref, 8);
		patch(&f, i, 8, i % (RECORDS / 2), 8); /* half of them duplicates */
		patch(&f, i, 16, i * 8 - (uint64_t)i * 48, 8);
		patch(&f, i, 40, 1, 4);
	}
	f.count = f.names;
	put(&f, (NAME & 0x7f) | 0x80, 1);
	put(&f, (NAME >> 7 & 0x7f) | 0x80, 1);
	put(&f, (NAME >> 14 & 0x7f) | 0x80, 1);
	put(&f, NAME >> 21, 1);
	put(&f, (packed & 0x7f) | 0x80, 1);
	put(&f, (packed >> 7 & 0x7f) | 0x80, 1);
	put(&f, packed >> 14, 1);
	assert_true(packed < MAX_BYTES - f.count);
	memcpy(f.bytes + f.count, block, packed);
	free(block);
	f.count += packed;
	patch_header(&f, 1, 8);
	patch_header(&f, 3, RECORDS);
	patch_header(&f, 5, RECORDS);
	patch_header(&f, 7, f.count - f.names);
	align(&f, f.names, 8);
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, f.bytes, f.count, NULL, NULL), PGO_OK);
	assert_int_equal(p->function_count, RECORDS / 2);
	struct pgo_function first = pgo_profile_function(p, 0), last = pgo_profile_function(p, RECORDS / 2 - 1);
	assert_ptr_equal(first.name, last.name);
	assert_int_equal(first.name_length, NAME);
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_width_and_order),
		cmocka_unit_test(unknown_versions),
		cmocka_unit_test(bad_records),
		cmocka_unit_test(functions_without_a_name),
		cmocka_unit_test(duplicates_within_a_profile),
		cmocka_unit_test(impossible_counters),
		cmocka_unit_test(sums_stop_at_the_limit),
		cmocka_unit_test(profiles_of_two_kinds),
		cmocka_unit_test(shared_counters_are_bounded),
		cmocka_unit_test(shared_names_are_kept_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
