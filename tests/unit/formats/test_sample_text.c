/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/sampled.h"

static void an_open_end_is_mentioned(void **state)
{
	(void)state;
	struct pgo_profile *p;
	assert_int_equal(read_exactly(&p, "f:1:1\n 1: 1", 11, NULL, NULL), PGO_OK);
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0], "the last line has no end: the file may be cut off");
	pgo_profile_free(p);
}

static void grammar(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"f:0:0\n", "f in:0"},
		/* comments, empty lines, CRLF, no end of the last line; LLVM takes them all */
		{"# a comment\n\n  # another\nf:10:1\r\n\n 1: 4\r\n# here too\n   # and here\n 2.7: 5",
		 "f 1.0:4 2.7:5 in:1"},
		/* more blanks than needed; a line belongs to the innermost function that is less deep */
		{"f:1:0\n 1: g:3\n    2: 3\n  3: 4\n 4: 5\n", "f 4.0:5 in:0; g 2.0:3 3.0:4"},
		{"f:1:0\n   1: 1\n 2: g:3\n  3: h:1\n   4: 2\n 5: 6\n", "f 1.0:1 5.0:6 in:0; g; h 4.0:2"},
		/* heads, lines and bodies that are there twice add up */
		{"f:1:2\n 1: 1\n 1: 2\n 3: g:1\n  1: 1\ng:9:9\n 1: 5\nf:1:3\n 1: 4\n 3: g:1\n  1: 3\n",
		 "f 1.0:7 in:5; g 1.0:9 in:9"},
		/* colons and blanks in names */
		{"-[A b:c:]:3:1\n 1: 3\n 2: operator new(unsigned long):4\n  1: 4\n",
		 "-[A b:c:] 1.0:3 in:1; operator new(unsigned long) 1.0:4"},
		/* contexts go to their last frame */
		{"[main:3 @ f:2.1 @ g]:9:2\n 1: 9\n[g]:5:1\n 1: 5\n[a:1 @ f]:1:0\n 2: 1\n",
		 "f 2.0:1 in:0; g 1.0:14 in:3"},
		{"f:1:1\n 65535: 1\n 4294967294.4294967295: 2\n 99999.0: 3\n 0: 18446744073709551615\n",
		 "f 0:18446744073709551615 65535.0:1 99999.0:3 4294967294.4294967295:2 in:1"},
		{"f:1:1\n 2: 18446744073709551615:3\n  1: 3\n", "f in:1; md5:ffffffffffffffff 1.0:3"},
		{"f:1:1\n 1: 1\n !Flat\n !Attributes: 4\n", "f 1.0:1 in:1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_text(cases[i][0], NULL, PGO_KIND_LINES, cases[i][1]);
	expect_text("f:1:1\n 1: g:1\n  1: 1\n  !CFGChecksum: 7\n !CFGChecksum: 18446744073709551615\n", NULL,
		    PGO_KIND_PROBES, "f#ffffffffffffffff in:1; g#7 1.0:1");
	/* a body without a checksum goes to the function that has one */
	expect_text("f:1:1\n 1: g:1\n  1: 1\n !CFGChecksum: 5\ng:3:3\n 1: 3\n !CFGChecksum: 7\n", NULL, PGO_KIND_PROBES,
		    "f#5 in:1; g#7 1.0:4 in:3");
}

#define HEAD "a function starts at the margin with NAME:SAMPLES:HEAD"
#define LINE "within a function are, with a blank for each level"

static void damage(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t line;
		const char *message, *hint;
	} cases[] = {
		{"f:1:x\n", 1, "'f:1:x' is no head of a function", HEAD},
		{"f:1:1\n\nnext\n", 3, "'next' is no head of a function", HEAD},
		{"f:1:1\n:1:1\n", 2, "':1:1' is no head of a function", HEAD},
		{"f:1:1\ng:18446744073709551616:1\n", 2, "'g:18446744073709551616:1' is no head of a function", HEAD},
		{"f:1:1\n\t7: 1\n", 2, "'?7: 1' is no head of a function", HEAD},
		{" 1: 1\nf:1:1\n", 1, "'1: 1' stands outside of a function", HEAD},
		{"[a:1 @ b:1:1\n", 1, "the context '[a:1 @ b' has no end", HEAD},
		{"[a @ b]:1:1\n", 1, "'a' is no frame of a context", HEAD},
		{"[a:x @ b]:1:1\n", 1, "'a:x' is no frame of a context", HEAD},
		{"[a:1 @ ]:1:1\n", 1, "the context ends before its last frame", HEAD},
		{"f:1:1\n 1:5\n", 2, "'1:5' is no line of a function", LINE},
		{"f:1:1\n 1: \n", 2, "'1: ' is no line of a function", LINE},
		{"f:1:1\n 1:  5\n", 2, "'1:  5' is no line of a function", LINE},
		{"f:1:1\n 0x1: 5\n", 2, "'0x1' is no line offset, which are 0 to 65535", LINE},
		{"f:1:1\n 70000: 5\n", 2, "'70000' is no line offset, which are 0 to 65535", LINE},
		{"f:1:1\n 1.: 5\n", 2, "'1.' is no line offset, which are 0 to 65535", LINE},
		{"f:1:1\n 1.4294967296: 5\n", 2, "'1.4294967296' is no line offset, which are 0 to 65535", LINE},
		{"f:1:1\n 4294967295.1: 5\n", 2, "'4294967295.1' is no line offset, which are 0 to 65535", LINE},
		{"f:1:1\n 1: 5x\n", 2, "'5x' is no number of samples", LINE},
		{"f:1:1\n 1: 18446744073709551616\n", 2, "'18446744073709551616' is no number of samples", LINE},
		{"f:1:1\n 1: 5g:3\n", 2, "'5g:3' is no number of samples", LINE},
		{"f:1:1\n 1: 5 g\n", 2, "'g' is no target and its count", LINE},
		{"f:1:1\n 1: 5 g:\n", 2, "'g:' is no target and its count", LINE},
		{"f:1:1\n 1: 5 g:1 :3\n", 2, "':3' is no target and its count", LINE},
		{"f:1:1\n 1: g\n", 2, "'g' is no inlined function and its samples", LINE},
		{"f:1:1\n 1: :3\n", 2, "':3' is no inlined function and its samples", LINE},
		{"f:1:1\n 1: vtables a\n", 2, "'a' is no target and its count", LINE},
		{"f:1:1\n !CFGChecksum: x\n", 2, "'!CFGChecksum: x' is no metadata of a function", LINE},
		{"f:1:1\n !Anything: 1\n", 2, "'!Anything: 1' is no metadata of a function", LINE},
		{"f:1:1\n !CFGChecksum: 1\n 1: 1\n", 3, "'1: 1' stands behind the metadata of its function", LINE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_failure(cases[i].text, "sample", PGO_EFORMAT, cases[i].line, cases[i].message, cases[i].hint);
}

static void depth_is_bounded(void **state)
{
	(void)state;
	for (int depth = 200; depth <= 201; depth++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		fprintf(out, "f:1:1\n");
		for (int i = 1; i <= depth; i++)
			fprintf(out, "%*s1: g:1\n", i, "");
		fprintf(out, "%*s1: 5\n", depth + 1, "");
		fclose(out);
		if (depth == 200)
			expect_text(text, NULL, PGO_KIND_LINES, "f in:1; g 1.0:5");
		else
			expect_failure(text, NULL, PGO_EFORMAT, 202,
				       "more than 200 functions are inlined into one another", LINE);
		free(text);
	}
}

/** Time is not square in the number of functions of one name. */
static void many_functions_of_one_name(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	for (int i = 1; i <= 200000; i++)
		fprintf(out, "[a:%d @ b:%d @ f]:1:1\n !CFGChecksum: %d\n", i & 1023, i >> 10, i);
	fclose(out);
	struct pgo_profile *p;
	assert_int_equal(read_exactly(&p, text, size, NULL, NULL), PGO_OK);
	assert_int_equal(p->function_count, 200000);
	pgo_profile_free(p);
	free(text);
}

/** Read from a file, as damaged records are set aside only there. */
static int open_text(struct pgo_profile **out, const char *text, double max_lost, struct pgo_error *err)
{
	char path[256];
	scratch_template(path, sizeof path);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	struct pgo_read_options options = {.max_lost = max_lost};
	*out = NULL;
	int rc = pgo_profile_open_with(out, path, &options, err);
	remove(path);
	return rc;
}

static void a_damaged_function_is_set_aside(void **state)
{
	(void)state;
	static const char text[] =
		"f:1:1\n 1: 1 t:1\nbad:9:9\n 1: 9 u:9\n 2: h:1\n  1: 1\n 3: x:y\n  4: 4\ng:2:2\n 1: 2\n";
	struct pgo_profile *p;
	struct pgo_error err = {0};
	assert_int_equal(open_text(&p, text, 0, &err), PGO_EFORMAT);
	assert_int_equal(err.offset, 7);
	assert_string_equal(err.message, "'x:y' is no inlined function and its samples");
	err = (struct pgo_error){0};
	assert_int_equal(open_text(&p, text, 0.4, &err), PGO_OK);
	char *got = shown(p);
	/* neither its lines, nor what was inlined into it, nor the values */
	assert_non_null(strstr(got, "f 1.0:1 in:1 | 0 "));
	assert_non_null(strstr(got, "; g 1.0:2 in:2"));
	assert_int_equal(p->function_count, 2);
	assert_int_equal(p->value_count, 1);
	assert_int_equal(p->quarantine->count, 1);
	assert_string_equal(p->quarantine->items[0].name, "bad");
	assert_int_equal(p->quarantine->items[0].offset, 7);
	free(got);
	pgo_profile_free(p);
	assert_int_equal(open_text(&p, text, 0.3, &err), PGO_EFORMAT);
}

/** A function of a text profile may be called like the head of a sample profile; and so may a record of .fdata. */
static void formats_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *text, *format;
	} cases[] = {
		{"main:10:1\n 1: 9\n", "sample"},
		{"[main:1 @ f]:10:1\n 1: 9\n", "sample"},
		{"# comment\nmain:10:1\n", "sample"},
		{"1 main 0 1 main 5 0 3\n", "fdata"},
		{"no_lbr cycles:u:\n1 main 4 3\n", "fdata"},
		{"boltedcollection\n", "fdata"},
		{"4 main 0 3 [heap] 0 9\n", "fdata"},
		{"1  a\\ b  0 1 main 5 0 3\n", "fdata"},
		{"---\nheader:\n  profile-version: 1\nfunctions: []\n...\n", "bolt-yaml"},
		{":ir\nmain\n1\n1\n5\n", "text"},
		{"main\n1\n1\n5\n", "text"},
		{"1 main 0\n1\n1\n5\n", "text"},
		{"main:1\n1\n1\n5\n", "text"},
		{"function,counter,count\nmain,0,5\n", "csv"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pgo_profile *p = NULL;
		struct pgo_error err = {0};
		if (pgo_profile_read(&p, cases[i].text, strlen(cases[i].text), NULL, &err) != PGO_OK)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(p->format, cases[i].format);
		pgo_profile_free(p);
	}
	expect_failure("1 a 0 1 b:3:4\n", NULL, PGO_EFORMAT, 0, "could be a profile of format 'sample' or 'fdata'",
		       "name the format: --input-format sample");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(an_open_end_is_mentioned),
		cmocka_unit_test(damage),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(many_functions_of_one_name),
		cmocka_unit_test(a_damaged_function_is_set_aside),
		cmocka_unit_test(formats_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
