/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

static struct pgo_profile *parse(const char *text)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_read(&p, text, strlen(text), NULL, &err) != PGO_OK)
		fail_msg("line %llu: %s", (unsigned long long)err.offset, err.message);
	assert_string_equal(p->format, "csv");
	assert_int_equal(p->kind, PGO_KIND_TABLE);
	return p;
}

static void expect_error(const char *text, uint64_t line, const char *message)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, text, strlen(text), "csv", &err), PGO_EFORMAT);
	assert_null(p);
	assert_string_equal(err.message, message);
	assert_true(err.has_offset && err.is_line);
	assert_int_equal(err.offset, line);
}

/* "name/hash key:count key:count; …", "name/hash count count; …" where there are no keys. */
static const char *shown(const struct pgo_profile *p)
{
	static char text[1024];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		const uint64_t *keys = pgo_profile_keys(p, &f);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s/%llx", i ? "; " : "",
					 (int)f.name_length, f.name, (unsigned long long)f.cfg_hash);
		for (uint32_t c = 0; c < f.counter_count; c++) {
			used += (size_t)snprintf(text + used, sizeof text - used, " ");
			if (keys)
				used += (size_t)snprintf(text + used, sizeof text - used,
							 "%llu:", (unsigned long long)keys[c]);
			used += (size_t)snprintf(text + used, sizeof text - used, "%llu",
						 (unsigned long long)f.counters[c]);
		}
	}
	return text;
}

static void expect(const char *text, const char *what)
{
	struct pgo_profile *p = parse(text);
	assert_string_equal(shown(p), what);
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		assert_true(f.name_ref == pgo_name_ref(f.name, f.name_length));
		assert_true(pgo_function_sum(&f) == f.sum);
	}
	/* only a last row without an end is warned of */
	assert_int_equal(p->warning_count, text[strlen(text) - 1] != '\n');
	pgo_profile_free(p);
}

static void complete_tables_are_positional(void **state)
{
	(void)state;
	expect("function,counter,count\nf,0,10\nf,1,20\ng,0,5\n", "f/0 10 20; g/0 5");
	/* any order of lines and columns, several functions at once */
	expect("count,function,counter\n20,f,1\n5,g,0\n10,f,0\n", "f/0 10 20; g/0 5");
	/* counts of one counter add up */
	expect("function,counter,count\nf,1,1\nf,0,2\nf,1,3\n", "f/0 2 4");
	expect("function,counter,count\nf,0,18446744073709551615\n", "f/0 18446744073709551615");
	expect("function,counter,count\nf,0,18446744073709551615\nf,0,1\n", "f/0 18446744073709551613");
	expect("function,counter,count\n", "");
	expect("Function,COUNTER,Count", "");
}

static void others_are_keyed(void **state)
{
	(void)state;
	expect("function,counter,count\nf,0,10\nf,2,20\ng,0,5\n", "f/0 0:10 2:20; g/0 0:5");
	expect("function,counter,count\nf,1,10\n", "f/0 1:10");
	expect("function,counter,count\nf,18446744073709551615,1\nf,007,2\n", "f/0 7:2 18446744073709551615:1");
	struct pgo_profile *p = parse("function,counter,count\nf,loop body,10\nf,3,20\nf,-1,30\n");
	struct pgo_function f = pgo_profile_function(p, 0);
	const uint64_t *keys = pgo_profile_keys(p, &f);
	assert_int_equal(f.counter_count, 3);
	assert_int_equal(keys[0], 3);
	for (uint32_t i = 1; i < 3; i++)
		assert_true(keys[i] == (pgo_name_ref("loop body", 9) | UINT64_C(1) << 63)
				    ? f.counters[i] == 10
				    : keys[i] == (pgo_name_ref("-1", 2) | UINT64_C(1) << 63) && f.counters[i] == 30);
	pgo_profile_free(p);
}

static void hashes(void **state)
{
	(void)state;
	expect("function,hash,counter,count\nf,0x1F,0,1\nf,31,1,2\nf,,0,3\nf,0XffffffffFFFFFFFF,0,4\n",
	       "f/1f 1 2; f/0 3; f/ffffffffffffffff 4");
}

static void quoting_and_line_ends(void **state)
{
	(void)state;
	expect("\xef\xbb\xbf\"function\",\"counter\",count\r\n\"f(int, char)\",0,1\r\n\r\n\"say \"\"hi\"\"\",0,2\r\n",
	       "f(int, char)/0 1; say \"hi\"/0 2");
	expect("function,counter,count\n  f  ,0, 1 \n\"  f  \",0,2", "f/0 1;   f  /0 2");
	expect("function,counter,count\n\"two\nlines\",0,1\n", "two\nlines/0 1");
}

static void other_columns_are_ignored_and_named(void **state)
{
	(void)state;
	struct pgo_profile *p = parse("module,function,counter,count,hsah\nlib,f,0,1,77\n");
	assert_string_equal(shown(p), "f/0 1");
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "2 columns are ignored: 'module', 'hsah'");
	pgo_profile_free(p);
	p = parse("function,counter,count,note\nf,0,1,\"a\nb\"\n");
	assert_string_equal(p->warnings[0], "1 column is ignored: 'note'");
	pgo_profile_free(p);
}

static void bad_headers(void **state)
{
	(void)state;
	expect_error("function,counter\nf,0\n", 1, "there is no column 'count'");
	expect_error("f,0,1\n", 1, "there is no column 'function'");
	expect_error("function,counter,count,Count\n", 1, "column 'count' is there twice");
	expect_error("\n\n", 2, "the table has no header");
}

static void bad_lines(void **state)
{
	(void)state;
#define HEAD "function,counter,count,hash\n"
	expect_error(HEAD "f,0,1,0\nf,1,-5,0\n", 3, "column 'count': '-5' is not a number in range");
	expect_error(HEAD "f,0,0x5,0\n", 2, "column 'count': '0x5' is not a number in range");
	expect_error(HEAD "f,0,1.5,0\n", 2, "column 'count': '1.5' is not a number in range");
	expect_error(HEAD "f,0,18446744073709551616,0\n", 2,
		     "column 'count': '18446744073709551616' is not a number in range");
	expect_error(HEAD "f,0,,0\n", 2, "column 'count' is empty");
	expect_error(HEAD "f,,1,0\n", 2, "column 'counter' is empty");
	expect_error(HEAD "f,99999999999999999999,1,0\n", 2,
		     "column 'counter': '99999999999999999999' is not a number in range");
	expect_error(HEAD "\"\",0,1,0\n", 2, "column 'function' is empty");
	expect_error(HEAD "f,0,1,0xfg\n", 2, "column 'hash': '0xfg' is not a number in range");
	expect_error(HEAD "f,0,1,0x\n", 2, "column 'hash': '0x' is not a number in range");
	expect_error(HEAD "f,0,1,18446744073709551616\n", 2,
		     "column 'hash': '18446744073709551616' is not a number in range");
	expect_error(HEAD "f,0,1\n", 2, "3 fields where the header names 4 columns");
	expect_error(HEAD "f\n", 2, "1 field where the header names 4 columns");
	expect_error(HEAD "f,0,1,0,\n", 2, "5 fields where the header names 4 columns");
	/* the line where the record starts, that of a misplaced quote exactly */
	expect_error(HEAD "\n\"a\nb\",0,x,0\n", 3, "column 'count': 'x' is not a number in range");
	expect_error(HEAD "f,0,1,0\na\"b,0,1,0\n", 3, "column 2: a quote where none may be");
	expect_error(HEAD "f,0,1,0\n\"g\nh\" i,0,1,0\n", 4, "column 4: a quote where none may be");
	expect_error(HEAD "\"f,0,1,0\n\n", 2, "the file ends within a quoted field");
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	static const char zero[] = HEAD "f\0g,0,1,0\n";
	assert_int_equal(pgo_profile_read(&p, zero, sizeof zero - 1, NULL, &err), PGO_EFORMAT);
	assert_string_equal(err.message, "column 'function' holds a zero byte");
}

static void what_is_taken_for_a_table(void **state)
{
	(void)state;
	static const struct {
		const char *text, *format;
	} cases[] = {
		{"count,x,counter,\"function\"\n", "csv"},
		{"function,counter\n", NULL},	    /* text, and bad as such */
		{"function;counter;count\n", NULL}, /* the same */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pgo_profile *p = NULL;
		struct pgo_error err = {0};
		int rc = pgo_profile_read(&p, cases[i].text, strlen(cases[i].text), NULL, &err);
		assert_int_equal(rc, cases[i].format ? PGO_OK : PGO_EFORMAT);
		assert_true(rc != PGO_OK || strcmp(p->format, cases[i].format) == 0);
		pgo_profile_free(p);
	}
}

/* Many functions, their lines scattered: found again each time, and each gets what is its own. */
static void many_functions(void **state)
{
	(void)state;
	enum { FUNCTIONS = 3000, COUNTERS = 5 };
	char *text = malloc(FUNCTIONS * COUNTERS * 40 + 100), *at = text;
	assert_non_null(text);
	at += sprintf(at, "function,counter,count\n");
	for (unsigned c = COUNTERS; c-- > 0;)
		for (unsigned i = 0; i < FUNCTIONS; i++)
			at += sprintf(at, "f%u,%u,%u\n", i * 7 % FUNCTIONS, c, i * 7 % FUNCTIONS * 10 + c);
	struct pgo_profile *p = parse(text);
	assert_int_equal(p->function_count, FUNCTIONS);
	assert_null(p->keys);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		char name[16];
		snprintf(name, sizeof name, "f%u", i * 7 % FUNCTIONS);
		assert_true(has_name(&f, name));
		assert_int_equal(f.counter_count, COUNTERS);
		for (unsigned c = 0; c < COUNTERS; c++)
			assert_int_equal(f.counters[c], i * 7 % FUNCTIONS * 10 + c);
	}
	pgo_profile_free(p);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_tables_are_positional),
		cmocka_unit_test(others_are_keyed),
		cmocka_unit_test(hashes),
		cmocka_unit_test(quoting_and_line_ends),
		cmocka_unit_test(other_columns_are_ignored_and_named),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(what_is_taken_for_a_table),
		cmocka_unit_test(many_functions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
