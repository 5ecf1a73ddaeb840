/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli.h"

enum { KEY_TOP = 't', KEY_FUNCTION = 'f' };

static const char doc[] = "Does training profile TRAIN serve executions like those in TEST?\n"
			  "\n"
			  "Prints a verdict with its reasons: whether both profiles are sound, how far their functions "
			  "can be joined, how "
			  "similar they are, what the compiler would decide by TRAIN where TEST spends its time, how "
			  "much of PGO's gain is "
			  "likely to be kept, and which functions are to blame."
			  "\v"
			  "Examples:\n"
			  "  pgo-analyze compare train.profdata production.profdata\n"
			  "  pgo-analyze compare --top 0 --format json -o out.json a.profdata b.profdata\n"
			  "  pgo-analyze compare --function '^parse_' a.profdata b.profdata\n"
			  "  pgo-analyze compare --max-under-served 0.1 --inconclusive-as fail a b\n"
			  "\n"
			  "A profile is LLVM's indexed format (.profdata, versions 4 to 13) or its text format; '-' "
			  "reads standard input. "
			  "TRAIN and TEST are not interchangeable: a profile may cover more than TEST needs and still "
			  "serve it. Masses and "
			  "ratios are shares, 0 to 1.\n"
			  "\n"
			  "Exit codes:\n"
			  "   0  accepted\n"
			  "   1  rejected: a rule failed\n"
			  "   2  wrong usage\n"
			  "   3  bad input: a profile cannot be opened, is damaged or unknown, or the two are\n"
			  "      of different kinds\n"
			  "   4  the system failed: the result cannot be written, out of memory\n"
			  "   5  inconclusive: too little evidence to accept or to reject\n"
			  "  70  internal error\n";

struct arguments {
	struct cli_common common;
	struct cli_thresholds thresholds;
	struct cli_files files;
	size_t top;
	const char *function;
};

static const struct argp_option options[] = {
	{.doc = "What is printed:", .group = 1},
	{"top", KEY_TOP, "N", 0, "list N functions, by their part in the divergence; 0: all (default 20)", 1},
	{"function", KEY_FUNCTION, "REGEX", 0,
	 "list only functions whose name, as stored or demangled, matches (POSIX extended)", 1},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->thresholds;
		return 0;
	case KEY_TOP:
		return cli_parse_size(&a->common, "--top", argument, &a->top);
	case KEY_FUNCTION:
		return cli_parse_pattern(&a->common, argument, &a->function);
	case ARGP_KEY_ARGS:
		a->files = (struct cli_files){.count = (size_t)(state->argc - state->next),
					      .paths = state->argv + state->next};
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What kept the two from being compared: one of them, where one cannot be read to its end, or that they are two. */
static int fail_comparing(const struct arguments *a, struct pgo_profile *const profiles[2], const struct pgo_error *err)
{
	struct pgo_error named = {0};
	for (unsigned s = 0; s < 2; s++)
		if (pgo_profile_settle(profiles[s], &named) != PGO_OK)
			return cli_fail_reading(a->files.paths[s], &named);
	pgo_error_set(&named, err->code, "cannot compare '%s' with '%s': %s", a->files.paths[0], a->files.paths[1],
		      err->message);
	if (err->hint[0])
		pgo_error_hint(&named, "%s", err->hint);
	return cli_fail(&named);
}

static int compare(const struct arguments *a, struct pgo_profile *const profiles[2])
{
	const struct cli_thresholds *t = &a->thresholds;
	struct pgo_comparison comparison = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_gate_input input = {.reference = "", .kind = PGO_REFERENCE_GIVEN, .comparison = &comparison};
	struct pgo_gate gate = {.policy = &t->policy, .input_count = 1, .inputs = &input};
	int code;
	if (pgo_compare(&comparison, profiles[0], profiles[1], &t->options, &err) != PGO_OK)
		return fail_comparing(a, profiles, &err);
	if (pgo_judge(&verdict, &gate, &err) != PGO_OK) {
		code = cli_fail(&err);
		goto done;
	}
	struct pgo_report report = {.train_name = a->files.paths[0],
				    .test_name = a->files.paths[1],
				    .comparison = &comparison,
				    .verdict = &verdict,
				    .policy = &t->policy,
				    .options_set = t->options_set,
				    .top = a->top,
				    .function = a->function};
	code = cli_write(&a->common, &report, a->common.writer->compare);
	if (code == PGO_EXIT_OK)
		code = cli_verdict_exit(t, &verdict);
done:
	pgo_verdict_release(&verdict);
	pgo_comparison_release(&comparison);
	return code;
}

int cmd_compare(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("compare"), .top = 20};
	cli_thresholds_init(&a.thresholds, &a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&a.thresholds.argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "TRAIN TEST", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.files, 2, 2, "two profiles, TRAIN and TEST");
	if (code >= 0)
		return code;
	a.thresholds.options.context_sensitive = a.common.context_sensitive;
	a.thresholds.options.max_functions = a.function ? 0 : a.top; /* a pattern is looked for in all of them */
	struct pgo_profile *profiles[2];
	code = cli_read_inputs(profiles, a.files.paths, 2, &a.common, true);
	if (code < 0)
		code = compare(&a, profiles);
	pgo_profile_free(profiles[0]);
	pgo_profile_free(profiles[1]);
	return code;
}
