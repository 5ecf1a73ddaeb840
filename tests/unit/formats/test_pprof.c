/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>
#include <zlib.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

/* A protobuf message made by hand. */
struct message {
	unsigned char bytes[40000];
	size_t length;
};

static void put(struct message *m, const void *bytes, size_t length)
{
	assert_true(m->length + length <= sizeof m->bytes);
	memcpy(m->bytes + m->length, bytes, length);
	m->length += length;
}

static void put_uleb(struct message *m, uint64_t value)
{
	do {
		unsigned char byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		put(m, &byte, 1);
	} while (value >>= 7);
}

static void put_number(struct message *m, unsigned field, uint64_t value)
{
	put_uleb(m, field << 3);
	put_uleb(m, value);
}

static void put_bytes(struct message *m, unsigned field, const void *bytes, size_t length)
{
	put_uleb(m, field << 3 | 2);
	put_uleb(m, length);
	put(m, bytes, length);
}

static void put_message(struct message *m, unsigned field, const struct message *part)
{
	put_bytes(m, field, part->bytes, part->length);
}

static void put_pair(struct message *m, unsigned field, uint64_t first, uint64_t second)
{
	struct message part = {.length = 0};
	put_number(&part, 1, first);
	put_number(&part, 2, second);
	put_message(m, field, &part);
}

/* Stack (ids, leaf first, 0 ends it) and one value; packed or one field for each. */
static void put_sample(struct message *m, const uint64_t *stack, int64_t value, bool packed)
{
	struct message sample = {.length = 0}, ids = {.length = 0};
	for (; *stack; stack++)
		packed ? put_uleb(&ids, *stack) : put_number(&sample, 1, *stack);
	if (packed)
		put_message(&sample, 1, &ids);
	put_number(&sample, 2, (uint64_t)value);
	put_message(m, 2, &sample);
}

#define SAMPLE(m, value, ...) put_sample(m, (const uint64_t[]){__VA_ARGS__, 0}, value, true)

/* Frames are pairs of function and line, the innermost one first; function 0 ends them. */
static void put_location(struct message *m, uint64_t id, const uint64_t *frames)
{
	struct message location = {.length = 0};
	put_number(&location, 1, id);
	put_number(&location, 3, id * 16);
	for (; *frames; frames += 2)
		put_pair(&location, 4, frames[0], frames[1]);
	put_message(m, 4, &location);
}

#define LOCATION(m, id, ...) put_location(m, id, (const uint64_t[]){__VA_ARGS__, 0})

static void put_function(struct message *m, uint64_t id, uint64_t name, uint64_t start_line)
{
	struct message function = {.length = 0};
	put_number(&function, 1, id);
	put_number(&function, 2, name);
	put_number(&function, 5, start_line);
	put_message(m, 5, &function);
}

static const char *const strings[] = {"", "samples", "count", "cpu", "nanoseconds", "main", "work", "leaf", "main"};
enum { MAIN = 5, WORK, LEAF, MAIN_AGAIN };

static void put_strings(struct message *m)
{
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		put_bytes(m, 6, strings[i], strlen(strings[i]));
}

/* Three functions, from lines 10, 20 and 30 on. */
static struct message start(void)
{
	struct message m = {.length = 0};
	put_pair(&m, 1, 1, 2);
	put_function(&m, 1, MAIN, 10);
	put_function(&m, 2, WORK, 20);
	put_function(&m, 77, LEAF, 30);
	return m;
}

static int read_message(struct pgo_profile **out, const struct message *m, struct pgo_error *err)
{
	unsigned char *exact = malloc(m->length);
	assert_non_null(exact);
	memcpy(exact, m->bytes, m->length);
	*out = NULL;
	int rc = pgo_profile_read(out, exact, m->length, "pprof", err);
	free(exact);
	return rc;
}

static void expect_error(const struct message *m, int code, const char *message)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	assert_int_equal(read_message(&p, m, &err), code);
	assert_null(p);
	assert_string_equal(err.message, message);
}

/* "name line>callee:count", names in the order of the table, "-" for no callee. */
static const char *shown(const struct pgo_profile *p)
{
	static char text[1024];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		const uint64_t *keys = pgo_profile_keys(p, &f);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i ? "; " : "", (int)f.name_length,
					 f.name);
		for (uint32_t c = 0; c < f.counter_count; c++) {
			const char *callee = (uint32_t)keys[c] ? "?" : "-";
			for (size_t s = MAIN; s <= LEAF; s++)
				if ((uint32_t)keys[c] == (uint32_t)pgo_name_ref(strings[s], strlen(strings[s])))
					callee = strings[s];
			used += (size_t)snprintf(text + used, sizeof text - used, " %d>%s:%" PRIu64,
						 (int32_t)(keys[c] >> 32), callee, (uint64_t)f.counters[c]);
		}
	}
	return text;
}

static void expect(const struct message *m, const char *what)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	if (read_message(&p, m, &err) != PGO_OK)
		fail_msg("%s", err.message);
	assert_string_equal(shown(p), what);
	assert_int_equal(p->kind, PGO_KIND_CALLS);
	pgo_profile_free(p);
}

static void the_two_innermost_locations_count(void **state)
{
	(void)state;
	struct message m = start();
	LOCATION(&m, 1, 1, 15);
	LOCATION(&m, 2, 2, 22);
	LOCATION(&m, 3, 77, 33);
	SAMPLE(&m, 5, 3, 2, 1); /* main calls work at line 5, out of sight; work calls leaf at line 2 */
	SAMPLE(&m, 2, 2, 1);
	SAMPLE(&m, 1, 1);
	SAMPLE(&m, 0, 3, 1); /* counts nothing */
	put_sample(&m, (const uint64_t[]){3, 2, 0}, 4, false);
	put_sample(&m, (const uint64_t[]){0}, 9, true);
	put_strings(&m);
	expect(&m, "main 5>-:1 5>work:2; work 2>-:2 2>leaf:9; leaf 3>-:9");
}

static void inlined_calls_count(void **state)
{
	(void)state;
	struct message m = start();
	LOCATION(&m, 1, 77, 35, 2, 21, 1, 12); /* leaf in work in main */
	LOCATION(&m, 2, 2, 29, 1, 19);	       /* work in main */
	SAMPLE(&m, 3, 1);
	SAMPLE(&m, 1, 1, 2);
	put_strings(&m);
	/* the second: main 9 > work, work 9 > main, main 2 > work, work 1 > leaf */
	expect(&m, "main 2>work:4 9>work:1; work 1>leaf:4 9>main:1; leaf 5>-:4");
}

static void recursion_counts_once(void **state)
{
	(void)state;
	struct message m = start();
	LOCATION(&m, 1, 2, 25);
	LOCATION(&m, 2, 2, 27);
	LOCATION(&m, 3, 77, 31, 2, 22);
	SAMPLE(&m, 1, 1, 1); /* the same place: not a call */
	SAMPLE(&m, 1, 1, 2); /* work calls itself at line 7 */
	SAMPLE(&m, 1, 3, 3); /* work 2 > leaf twice, leaf 1 > work */
	put_strings(&m);
	expect(&m, "work 2>leaf:1 5>-:2 7>work:1; leaf 1>-:1 1>work:1");
}

static void odd_but_good(void **state)
{
	(void)state;
	struct message m = start();
	put_function(&m, 1000000007, MAIN_AGAIN, 10); /* the same name, elsewhere in the table */
	LOCATION(&m, 9999999999, 1000000007, 11);
	put_location(&m, 4, (const uint64_t[]){0}); /* no function */
	LOCATION(&m, 5, 1, 8);			    /* before its own start */
	SAMPLE(&m, 1, 9999999999);
	SAMPLE(&m, 2, 9999999999, 4);
	SAMPLE(&m, 4, 4);
	SAMPLE(&m, 8, 5);
	put_strings(&m);
	put_number(&m, 9, 12345); /* fields that are not read */
	put_bytes(&m, 99, "abc", 3);
	expect(&m, "main 1>-:3 -2>-:8; (unknown) 0>-:4 0>main:2");
	/* the second type is cpu/nanoseconds, the first is none the compiler takes */
	struct message t = {.length = 0}, values = {.length = 0}, sample = {.length = 0};
	put_pair(&t, 1, 5, 2);
	put_pair(&t, 1, 3, 4);
	put_function(&t, 1, MAIN, 10);
	LOCATION(&t, 1, 1, 15);
	put_uleb(&values, 7);
	put_uleb(&values, 7000);
	put_number(&sample, 1, 1);
	put_message(&sample, 2, &values);
	put_message(&t, 2, &sample);
	put_strings(&t);
	expect(&t, "main 5>-:7000");
}

static void no_samples(void **state)
{
	(void)state;
	struct message m = {.length = 0};
	struct pgo_profile *p;
	put_pair(&m, 1, 1, 2);
	put_strings(&m);
	assert_int_equal(read_message(&p, &m, NULL), PGO_OK);
	assert_int_equal(p->function_count, 0);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "there is no sample in it: the Go compiler makes nothing of it");
	pgo_profile_free(p);
}

/* One thing wrong in each. */
static void bad_messages(void **state)
{
	(void)state;
	struct message m = start();
	LOCATION(&m, 1, 1, 15);
	SAMPLE(&m, 1, 2);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "sample 1 names location 2, which is not there");

	m = start();
	LOCATION(&m, 1, 3, 15);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "location 1 names function 3, which is not there");

	m = start();
	put_function(&m, 4, 9, 1);
	LOCATION(&m, 1, 4, 15);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "function 4 has name 9, the table of strings has 9");

	m = start();
	LOCATION(&m, 1, 1, 5000000000);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "location 1: line 5000000000 of a function from line 10 on is out of range");

	m = start();
	LOCATION(&m, 1, 1, 15);
	SAMPLE(&m, -1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "sample 1 counts -1: a difference of profiles is no profile");

	m = start();
	put_pair(&m, 1, 3, 4);
	LOCATION(&m, 1, 1, 15);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "sample 1 has 1 values, the profile 2 types of them");

	m = start();
	put_function(&m, 77, MAIN, 10);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "two functions have id 77");
	m = start();
	put_location(&m, 0, (const uint64_t[]){0});
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "location 1 has id 0, which stands for none");

	m = start();
	expect_error(&m, PGO_EFORMAT, "the table of strings does not start with an empty one");
	put_bytes(&m, 6, "samples", 7);
	expect_error(&m, PGO_EFORMAT, "the table of strings does not start with an empty one");

	m = (struct message){.length = 0};
	put_pair(&m, 1, 3, 2);
	put_pair(&m, 1, 5, 4);
	put_strings(&m);
	expect_error(&m, PGO_EUNSUPPORTED, "is no CPU profile: its values are cpu/count, main/nanoseconds");

	m = start();
	put_bytes(&m, 4, "\x08", 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "a field of the message is damaged inside");
	m = start();
	size_t before = m.length;
	put(&m, "\x22\x7f", 2);
	struct pgo_error err = {0};
	struct pgo_profile *p;
	assert_int_equal(read_message(&p, &m, &err), PGO_EFORMAT);
	assert_string_equal(err.message, "field 4 of 127 bytes does not fit into the 0 left");
	assert_int_equal(err.offset, before);
	m = start();
	put(&m, "\x0f", 1);
	expect_error(&m, PGO_EFORMAT, "no protobuf field starts here");
}

static void what_is_too_much(void **state)
{
	(void)state;
	struct message m = start(), location = {.length = 0};
	put_number(&location, 1, 1);
	for (int i = 0; i < 101; i++)
		put_pair(&location, 4, 1, 15);
	put_message(&m, 4, &location);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EUNSUPPORTED, "location 1 has 101 calls inlined into one another, 100 are read");

	/* 100 frames for each sample of 7 bytes */
	m = start();
	location.length = 0;
	put_number(&location, 1, 1);
	for (uint64_t i = 0; i < 100; i++)
		put_pair(&location, 4, 1, 10 + i);
	put_message(&m, 4, &location);
	for (int i = 0; i < 2000; i++)
		SAMPLE(&m, 1, 1);
	put_strings(&m);
	expect_error(&m, PGO_EFORMAT, "the samples have more than 4 call frames for each byte of the message");

	/* messages of nothing: two bytes each, and a structure in memory */
	size_t length = 250006;
	unsigned char *empty = malloc(length);
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_non_null(empty);
	memcpy(empty, "\x0a\x04\x08\x01\x10\x02", 6);
	for (size_t i = 6; i < length; i += 2)
		memcpy(empty + i, "\x12", 2);
	assert_int_equal(pgo_profile_read(&p, empty, length, NULL, &err), PGO_EFORMAT);
	assert_string_equal(err.message, "a message of 250006 bytes needs more than 32 bytes of memory for each");
	free(empty);
}

static size_t pack(unsigned char *out, size_t room, const void *bytes, size_t length)
{
	z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)length, .next_out = out, .avail_out = (uInt)room};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t packed = z.total_out;
	deflateEnd(&z);
	return packed;
}

static void expect_packed(const unsigned char *bytes, size_t length, int code, const char *message, bool at_end)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, bytes, length, NULL, &err), code);
	assert_string_equal(err.message, message);
	assert_true(!at_end || (err.has_offset && err.offset == length));
}

static void gzip(void **state)
{
	(void)state;
	static unsigned char packed[100000];
	struct message m = start();
	LOCATION(&m, 1, 1, 15);
	SAMPLE(&m, 1, 1);
	put_strings(&m);
	/* two members, one after the other */
	size_t first = pack(packed, sizeof packed, m.bytes, 10);
	size_t all = first + pack(packed + first, sizeof packed - first, m.bytes + 10, m.length - 10);
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, packed, all, NULL, NULL), PGO_OK);
	assert_string_equal(shown(p), "main 5>-:1");
	pgo_profile_free(p);

	size_t one = pack(packed, sizeof packed, m.bytes, m.length);
	expect_packed(packed, one - 5, PGO_EFORMAT, "the gzip stream is cut off", true);
	expect_packed(packed, 15, PGO_EFORMAT, "the gzip stream is cut off", true);
	packed[one - 8] ^= 1;
	expect_packed(packed, one, PGO_EFORMAT, "the gzip stream is damaged: incorrect data check", false);
	one = pack(packed, sizeof packed, m.bytes, m.length);
	memcpy(packed + one, "rubbish", 7);
	expect_packed(packed, one + 7, PGO_EFORMAT, "the gzip stream is damaged: incorrect header check", false);

	one = pack(packed, sizeof packed, m.bytes, m.length - 1);
	char text[200];
	snprintf(text, sizeof text,
		 "field 6 of 4 bytes does not fit into the 3 left, at offset %zu of what it inflates to", m.length - 6);
	expect_packed(packed, one, PGO_EFORMAT, text, false);
	one = pack(packed, sizeof packed, "function,counter,count\n", 23);
	expect_packed(packed, one, PGO_EUNSUPPORTED, "is compressed with gzip and holds no Go (pprof) profile", false);

	size_t bomb = (size_t)8 << 20;
	char *zeros = calloc(bomb, 1);
	assert_non_null(zeros);
	one = pack(packed, sizeof packed, zeros, bomb);
	free(zeros);
	snprintf(text, sizeof text, "%zu bytes inflate to more than 4194304, the most that is read of so many", one);
	expect_packed(packed, one, PGO_EFORMAT, text, false);
}

/* Recognised by its first fields, whatever their order, unless it is something else. */
static void recognised(void **state)
{
	(void)state;
	struct message m = {.length = 0};
	struct pgo_profile *p = NULL;
	put_number(&m, 9, 1700000000000000000);
	put_strings(&m);
	put_pair(&m, 1, 1, 2);
	assert_int_equal(pgo_profile_read(&p, m.bytes, m.length, NULL, NULL), PGO_OK);
	assert_string_equal(p->format, "pprof");
	pgo_profile_free(p);
	struct pgo_error err = {0};
	m.length = 0;
	put_strings(&m);
	assert_int_equal(pgo_profile_read(&p, m.bytes, m.length, NULL, &err), PGO_EFORMAT);
	assert_string_equal(err.message, "not a profile of any known format");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_innermost_locations_count),
		cmocka_unit_test(inlined_calls_count),
		cmocka_unit_test(recursion_counts_once),
		cmocka_unit_test(odd_but_good),
		cmocka_unit_test(no_samples),
		cmocka_unit_test(bad_messages),
		cmocka_unit_test(what_is_too_much),
		cmocka_unit_test(gzip),
		cmocka_unit_test(recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
