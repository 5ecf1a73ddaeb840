/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/corpus/corpus.h"

/* The shell itself is the oracle: `printf '[%s]' WORDS` shows how it splits. Texts without expansions only. */
static void splits_as_the_shell(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"a b  c",      " lead trail ", "'single quoted' x", "\"double quoted\" x",
		"a\\ b c",     "a'b c'd",      "\"a\\\"b\"",	    "\"a\\nb\"",
		"'a\\nb'",     "a\\\\b",       "'' x ''",	    "\"\"",
		"\"it's\" ok", "'say \"x\"'",  "tab\there",	    "\"back\\\\\"",
		"a\\\nb",      "\"a\\\nb\"",   "x=\"1 2\"",	    "\"\\a\"",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char command[256], shell[256] = "", ours[256] = "";
		snprintf(command, sizeof command, "printf '[%%s]' %s", texts[i]);
		FILE *pipe = popen(command, "r");
		assert_non_null(pipe);
		shell[fread(shell, 1, sizeof shell - 1, pipe)] = 0;
		assert_int_equal(pclose(pipe), 0);
		struct string_list list = {0};
		assert_int_equal(string_list_split(&list, texts[i], NULL), PGO_OK);
		for (size_t k = 0; k < list.count; k++)
			snprintf(ours + strlen(ours), sizeof ours - strlen(ours), "[%s]", list.items[k]);
		assert_string_equal(ours, shell);
		assert_true(!list.count || list.items[list.count] == NULL);
		string_list_release(&list);
	}
}

static void splits_nothing_into_nothing(void **state)
{
	(void)state;
	struct string_list list = {0};
	assert_int_equal(string_list_split(&list, "  \t ", NULL), PGO_OK);
	assert_int_equal(list.count, 0);
}

static void refuses_open_quotes(void **state)
{
	(void)state;
	struct string_list list = {0};
	struct pgo_error err = {0};
	assert_int_equal(string_list_split(&list, "a 'b c", &err), PGO_EINVAL);
	assert_string_equal(err.message, "quote ' is never closed in 'a 'b c'");
	err = (struct pgo_error){0};
	assert_int_equal(string_list_split(&list, "\"a\\\"", &err), PGO_EINVAL);
	assert_string_equal(err.message, "quote \" is never closed in '\"a\\\"'");
	assert_int_equal(list.count, 0);
}

static void expands_placeholders(void **state)
{
	(void)state;
	const struct placeholders values = {.binary = "/b", .corpus = "/c{binary}", .out = "", .cflags = "-O2 -g"};
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"{binary}", "/b"},
		{"x{binary}{binary}y", "x/b/by"},
		{"{corpus}", "/c{binary}"}, /* values are not expanded again */
		{"a{out}b", "ab"},
		{"{scratch}", "{scratch}"}, /* no value: stays */
		{"{unknown} {", "{unknown} {"},
		{"{{binary}}", "{/b}"},
		{"CFLAGS={cflags}", "CFLAGS=-O2 -g"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *out = placeholders_expand(cases[i].text, &values);
		assert_string_equal(out, cases[i].expected);
		free(out);
	}
}

static void expands_lists(void **state)
{
	(void)state;
	struct string_list in = {0}, out = {0};
	for (int i = 0; i < 40; i++)
		assert_int_equal(string_list_push(&in, i % 2 ? "{binary}" : "-x"), 0);
	assert_int_equal(placeholders_expand_list(&out, &in, &(struct placeholders){.binary = "/b"}), 0);
	assert_int_equal(out.count, 40);
	assert_string_equal(out.items[39], "/b");
	assert_null(out.items[40]);
	string_list_release(&in);
	string_list_release(&out);
	assert_null(out.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_the_shell), cmocka_unit_test(splits_nothing_into_nothing),
		cmocka_unit_test(refuses_open_quotes), cmocka_unit_test(expands_placeholders),
		cmocka_unit_test(expands_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
