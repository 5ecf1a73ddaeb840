/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/text_util.h"

/** What `columns` columns of `name` look like. Caller frees. */
static char *shown(const char *name, unsigned columns)
{
	char *text = NULL;
	size_t length;
	struct pgo_report report = {0};
	FILE *out = open_memstream(&text, &length);
	struct pgo_text t = pgo_text_open(out, &report);
	pgo_text_name(&t, name, columns);
	fclose(out);
	return text;
}

static void names_are_cut_and_cleaned(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned columns;
		const char *expected;
	} cases[] = {
		{"main", 0, "main"},
		{"main", 4, "main"},
		{"main", 3, "ma…"},
		{"main", 1, "…"},
		{"", 4, ""},
		{"größe_der_datei", 6, "größe…"},
		{"größe", 5, "größe"},
		{"red\033[31m", 0, "red?[31m"},
		{"bell\a\x7f", 0, "bell??"},
		{"c1\xc2\x9b"
		 "31m",
		 0, "c1?31m"}, /* U+009B is a control sequence introducer */
		{"bad\xff\xc3", 0, "bad??"},
		{"overlong\xc0\xaf", 0, "overlong??"},
		{"surrogate\xed\xa0\x80", 0, "surrogate???"},
		{"x\xff\xff\xff", 3, "x?…"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = shown(cases[i].name, cases[i].columns);
		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void utf8_sequences(void **state)
{
	(void)state;
	assert_int_equal(pgo_utf8_sequence(""), 0);
	assert_int_equal(pgo_utf8_sequence("a"), 1);
	assert_int_equal(pgo_utf8_sequence("\xc3\xa9"), 2);
	assert_int_equal(pgo_utf8_sequence("\xe2\x82\xac"), 3);
	assert_int_equal(pgo_utf8_sequence("\xf0\x9f\x98\x80"), 4);
	assert_int_equal(pgo_utf8_sequence("\xf4\x8f\xbf\xbf"), 4);
	assert_int_equal(pgo_utf8_sequence("\xf4\x90\x80\x80"), 0);
	assert_int_equal(pgo_utf8_sequence("\xf0\x80\x80\x80"), 0);
	assert_int_equal(pgo_utf8_sequence("\xe0\x80\x80"), 0);
	assert_int_equal(pgo_utf8_sequence("\x80"), 0);
	assert_int_equal(pgo_utf8_sequence("\xe2\x82"), 0); /* ends early: the NUL is not stepped over */
}

static void percents(void **state)
{
	(void)state;
	static const struct {
		double share;
		const char *expected;
	} cases[] = {
		{0, "0 %"},	     {1e-9, "<0.01 %"},	 {0.00099, "0.10 %"},  {0.0042, "0.42 %"},
		{0.00994, "0.99 %"}, {0.00996, "1.0 %"}, {0.31, "31.0 %"},     {0.9994, "99.9 %"},
		{0.9996, ">99.9 %"}, {1, "100 %"},	 {1 - 1e-15, "100 %"},
	};
	char out[PGO_TEXT_CELL];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(pgo_text_percent(out, cases[i].share), cases[i].expected);
}

static void counts_and_numbers(void **state)
{
	(void)state;
	char out[PGO_TEXT_CELL];
	assert_string_equal(pgo_text_count(out, 0), "0");
	assert_string_equal(pgo_text_count(out, 999), "999");
	assert_string_equal(pgo_text_count(out, 1000), "1,000");
	assert_string_equal(pgo_text_count(out, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(pgo_text_count(out, ~(pgo_u128)0), "340,282,366,920,938,463,463,374,607,431,768,211,455");
	assert_string_equal(pgo_text_number(out, 0.9), "0.9");
	assert_string_equal(pgo_text_number(out, -0.0), "0");
	assert_string_equal(pgo_text_number(out, 1e-5), "1e-05");
	assert_string_equal(pgo_text_number(out, 11193248461.0), "11,193,248,461");
	assert_string_equal(pgo_text_optional(out, (struct pgo_optional){false, 1}), "-");
	assert_string_equal(pgo_text_optional(out, (struct pgo_optional){true, 0}), "0");
}

static void prose_is_wrapped(void **state)
{
	(void)state;
	char *text = NULL;
	size_t length;
	struct pgo_report report = {.width = 44};
	FILE *out = open_memstream(&text, &length);
	struct pgo_text t = pgo_text_open(out, &report);
	pgo_text_wrap(&t, "  note:", 8, "the größe of it is that no line is wider than the terminal\nis");
	pgo_text_wrap(&t, "", 0, "averylongwordthatdoesnotfitintothewidthatallbutisnotcut next");
	fclose(out);
	assert_string_equal(text, "  note: the größe of it is that no line is\n"
				  "        wider than the terminal?is\n"
				  "averylongwordthatdoesnotfitintothewidthatallbutisnotcut\nnext\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cut_and_cleaned),
		cmocka_unit_test(utf8_sequences),
		cmocka_unit_test(percents),
		cmocka_unit_test(counts_and_numbers),
		cmocka_unit_test(prose_is_wrapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
