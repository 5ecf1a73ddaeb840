/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli.h"
#include "pgo/binary.h"
#include "pgo/explain.h"

enum { KEY_BINARY = 'b', KEY_TOP = 0x3000 };

static const char doc[] =
	"One function through two profiles\n"
	"\n"
	"FUNCTION is explained as a compiler would see it that trains with A, beside what B's execution makes of it: "
	"counters side by side with their shares, classes by each profile's thresholds, distance of shape, targets of "
	"indirect calls and sizes of memory operations, and what to do where the records are of other code."
	"\v"
	"Examples:\n"
	"  pgo-analyze explain main train.profdata production.profdata\n"
	"  pgo-analyze explain 'ns::parse' --binary ./app train.profdata production.profdata\n"
	"  pgo-analyze explain '^hash_' --format json train.profdata production.profdata\n"
	"\n"
	"FUNCTION is the name as stored in the profile (file.c;name for static functions), or as people write it "
	"(demangled, with or without parameters, without the file), or a regular expression (POSIX extended) on "
	"either; "
	"the first of these that finds anything counts. Where several functions match they are listed, and the one "
	"with "
	"the largest shares is explained.\n"
	"\n"
	"What the compiler would do follows LLVM's rules: a counter is hot from the count at which 99 % of the "
	"profile's total is reached, cold up to the one at 99.9999 %. A function whose entry count is hot gets "
	"inlinehint, one without any hot or warm block gets cold and is optimised for size. Inlining, layout and flags "
	"have more say than a profile: so it reads 'would'.\n"
	"\n"
	"Exit codes:\n"
	"   0  done\n"
	"   2  wrong usage, or no function matches\n"
	"   3  bad input: a profile or the binary cannot be opened, is damaged or unknown, or\n"
	"      the profiles are of different kinds\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"  70  internal error\n";

struct arguments {
	struct cli_common common;
	const char *binary;
	size_t top;
};

static const struct argp_option options[] = {
	{.doc = "What is printed:", .group = 1},
	{"binary", KEY_BINARY, "FILE", 0,
	 "the program, with debug information: tells file and line; another build than A's is a warning", 1},
	{"top", KEY_TOP, "N", 0, "list the N counters that matter most (default 40; 0: all); JSON and CSV have all", 1},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_BINARY:
		a->binary = argument;
		return 0;
	case KEY_TOP:
		return cli_parse_size(&a->common, "--top", argument, &a->top);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int no_match(const struct arguments *a, const struct pgo_comparison *c)
{
	struct pgo_error err = {0};
	pgo_error_set(&err, PGO_EINVAL, "no function of '%s' or '%s' matches '%s'", a->common.files.paths[1],
		      a->common.files.paths[2], a->common.files.paths[0]);
	pgo_error_hint(&err, "'pgo-analyze show --all-functions %s' lists the %zu functions' names",
		       a->common.files.paths[1], (size_t)c->train_profile->function_count);
	return cli_fail(&err);
}

/* Matches are there: explain the first. */
static int write_explanation(const struct arguments *a, const struct pgo_comparison *c, const struct pgo_matches *m,
			     const struct pgo_binary *binary)
{
	const struct pgo_profile *const profiles[2] = {c->train_profile, c->test_profile};
	struct pgo_explanation explanation = {0};
	struct pgo_value_names *names = NULL;
	struct pgo_error err = {0};
	int code;
	if (pgo_explain(&explanation, c, &m->items[0], &err) != PGO_OK ||
	    pgo_value_names_open(&names, profiles, 2, &err) != PGO_OK) {
		code = cli_fail(&err);
		goto done;
	}
	struct pgo_report report = {.train_name = a->common.files.paths[1],
				    .test_name = a->common.files.paths[2],
				    .comparison = c,
				    .function = a->common.files.paths[0],
				    .top = a->top,
				    .explanation = &explanation,
				    .matches = m,
				    .value_names = names,
				    .binary = binary,
				    .binary_name = a->binary};
	code = cli_write(&a->common, &report, a->common.writer->explain);
done:
	pgo_value_names_free(names);
	pgo_explanation_release(&explanation);
	return code;
}

static int fail_comparing(const struct arguments *a, const struct pgo_error *err)
{
	struct pgo_error named = {0};
	pgo_error_set(&named, err->code, "cannot compare '%s' with '%s': %s", a->common.files.paths[1],
		      a->common.files.paths[2], err->message);
	if (err->hint[0])
		pgo_error_hint(&named, "%s", err->hint);
	return cli_fail(&named);
}

static int explain(const struct arguments *a, struct pgo_profile *const profiles[2], const struct pgo_binary *binary)
{
	struct pgo_compare_options how = pgo_compare_defaults();
	struct pgo_comparison comparison = {0};
	struct pgo_matches matches = {0};
	struct pgo_error err = {0};
	int code;
	how.context_sensitive = a->common.context_sensitive;
	if (pgo_compare(&comparison, profiles[0], profiles[1], &how, &err) != PGO_OK)
		return fail_comparing(a, &err);
	if (pgo_explain_match(&matches, &comparison, a->common.files.paths[0], &err) != PGO_OK)
		code = cli_fail(&err);
	else if (matches.count == 0)
		code = no_match(a, &comparison);
	else
		code = write_explanation(a, &comparison, &matches, binary);
	pgo_matches_release(&matches);
	pgo_comparison_release(&comparison);
	return code;
}

int cmd_explain(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("explain"), .top = 40};
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "FUNCTION A B", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 3, 3, "a function and two profiles, A and B");
	if (code >= 0)
		return code;
	struct pgo_binary *binary = NULL;
	struct pgo_profile *profiles[2];
	code = cli_open_binary(&binary, a.binary);
	if (code >= 0)
		return code;
	code = cli_read_inputs(profiles, a.common.files.paths + 1, 2, &a.common, false);
	if (code < 0) {
		cli_warn_of_profiles(profiles, a.common.files.paths + 1, 2);
		code = explain(&a, profiles, binary);
	}
	pgo_profile_free(profiles[0]);
	pgo_profile_free(profiles[1]);
	pgo_binary_close(binary);
	return code;
}
