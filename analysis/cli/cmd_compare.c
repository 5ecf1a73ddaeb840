/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

enum { KEY_TOP = 't', KEY_FUNCTION = 'f', KEY_TRAIN = 0x5000, KEY_TEST, KEY_SCORE, KEY_PERMUTATIONS, KEY_SEED };

static const char doc[] =
	"Does training profile TRAIN serve executions like those in TEST?\n"
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
	"  pgo-analyze compare --train train/*.profdata --test test/*.profdata\n"
	"  pgo-analyze compare --train web=a1 web=a2 batch=b --test production\n"
	"\n"
	"A profile is a file of any format 'pgo-analyze show --help' lists, a directory, a pattern, @LIST, or '-', "
	"standard "
	"input. "
	"TRAIN and TEST are not interchangeable: a profile may cover more than TEST needs and still "
	"serve it. Masses and "
	"ratios are shares, 0 to 1.\n"
	"\n"
	"With several profiles on a side, one for each recorded workload, the sides are compared by their "
	"means: each workload's counters divided by its total and added up. Then the variation between "
	"workloads says which difference is ordinary: the energy distance of the two sides and the shares "
	"and shapes of functions are tested by permuting the workloads' labels, and each test workload is "
	"ranked among the training workloads, as is the mean of training among the test workloads. Profiles "
	"of one LABEL are repeats of one workload; how far they lie apart is the noise floor.\n"
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

static const struct argp_option options[] = {
	{.doc = "What is printed:", .group = 1},
	{"top", KEY_TOP, "N", 0, "list N functions, by their part in the divergence; 0: all (default 20)", 1},
	{"function", KEY_FUNCTION, "REGEX", 0,
	 "list only functions whose name, as stored or demangled, matches (POSIX extended)", 1},
	{.doc = "Several profiles on a side:", .group = 2},
	{"train", KEY_TRAIN, "[LABEL=]PROFILE...", 0, "the training profiles: all words up to the next option", 2},
	{"test", KEY_TEST, "[LABEL=]PROFILE...", 0, "the test profiles", 2},
	{"score", KEY_SCORE, "NAME", 0,
	 "what workloads are ranked by: retained (default: one minus the predicted share of the gain kept; where that "
	 "is "
	 "not calibrated, under-served), under-served, missed, hellinger, jsd or tv",
	 2},
	{"permutations", KEY_PERMUTATIONS, "N", 0,
	 "take all labellings of the workloads where there are at most N, else N random ones (default 20000)", 2},
	{"seed", KEY_SEED, "N", 0, "of random labellings (default 1)", 2},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct compare_arguments *a = state->input;
	size_t number;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->thresholds;
		return 0;
	case KEY_TOP:
		return cli_parse_size(&a->common, "--top", argument, &a->top);
	case KEY_FUNCTION:
		return cli_parse_pattern(&a->common, argument, &a->function);
	case KEY_TRAIN:
	case KEY_TEST:
		return cli_list_add(&a->common, &a->sides[key == KEY_TEST], argument);
	case KEY_SCORE:
		return pgo_score_find(&a->runs.score, argument)
			       ? 0
			       : cli_usage(
					 &a->common,
					 "--score takes retained, under-served, missed, hellinger, jsd or tv, not '%s'",
					 argument);
	case KEY_PERMUTATIONS:
		if (cli_parse_size(&a->common, "--permutations", argument, &number) != 0)
			return EINVAL;
		a->runs.permutations = number;
		return number > 0 ? 0 : cli_usage(&a->common, "--permutations must be at least 1");
	case KEY_SEED:
		if (cli_parse_size(&a->common, "--seed", argument, &number) != 0)
			return EINVAL;
		a->runs.seed = number;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What kept the two from being compared: one of them, where one cannot be read to its end, or that they are two. */
static int fail_comparing(const struct compare_arguments *a, struct pgo_profile *const profiles[2],
			  const struct pgo_error *err)
{
	struct pgo_error named = {0};
	for (unsigned s = 0; s < 2; s++)
		if (pgo_profile_settle(profiles[s], &named) != PGO_OK)
			return cli_fail_reading(a->common.files.paths[s], &named);
	pgo_error_set(&named, err->code, "cannot compare '%s' with '%s': %s", a->common.files.paths[0],
		      a->common.files.paths[1], err->message);
	if (err->hint[0])
		pgo_error_hint(&named, "%s", err->hint);
	return cli_fail(&named);
}

void compare_warn_of_pattern(const struct pgo_report *report)
{
	size_t matching;
	if (report->function && pgo_report_matching(&matching, report, NULL) == PGO_OK && matching == 0)
		fprintf(stderr, CLI_PROGRAM ": warning: no function of the two matches '%s'\n", report->function);
}

static int compare(const struct compare_arguments *a, struct pgo_profile *const profiles[2])
{
	const struct cli_thresholds *t = &a->thresholds;
	struct pgo_comparison comparison = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_gate_input input = {.reference = "", .kind = PGO_REFERENCE_GIVEN, .comparison = &comparison};
	struct pgo_gate gate = {.policy = &t->policy, .input_count = 1, .inputs = &input};
	int code;
	struct pgo_compare_options once = t->options;
	once.last_use = !a->function && once.max_functions; /* else their names are wanted again */
	if (pgo_compare(&comparison, profiles[0], profiles[1], &once, &err) != PGO_OK)
		return fail_comparing(a, profiles, &err);
	if (pgo_judge(&verdict, &gate, &err) != PGO_OK) {
		code = cli_fail(&err);
		goto done;
	}
	struct pgo_report report = {.train_name = a->common.files.paths[0],
				    .test_name = a->common.files.paths[1],
				    .comparison = &comparison,
				    .verdict = &verdict,
				    .policy = &t->policy,
				    .options_set = t->options_set,
				    .top = a->top,
				    .function = a->function};
	compare_warn_of_pattern(&report);
	code = cli_write(&a->common, &report, a->common.writer->compare);
	if (code == PGO_EXIT_OK)
		code = cli_verdict_exit(t, &verdict);
done:
	pgo_verdict_release(&verdict);
	pgo_comparison_release(&comparison);
	return code;
}

/* What is given back to the allocator stays there: it is wanted again, or the program ends, and the kernel takes all of
   it at once more cheaply than piece by piece. */
static void keep_freed_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}

static int compare_two(struct compare_arguments *a)
{
	struct pgo_profile *profiles[2];
	keep_freed_memory();
	int code = cli_check_files(&a->common, &a->common.files, 2, 2, "two profiles, TRAIN and TEST");
	if (code >= 0)
		return code;
	code = cli_read_inputs(profiles, a->common.files.paths, 2, &a->common, true);
	if (code < 0)
		code = compare(a, profiles);
	pgo_profile_free(profiles[0]);
	pgo_profile_free(profiles[1]);
	return code;
}

/* One profile behind each of --train and --test is what TRAIN TEST is. */
static int compare_named(struct compare_arguments *a)
{
	char *pair[2];
	size_t labels[2];
	if (a->sides[0].count == 0 && a->sides[1].count == 0)
		return compare_two(a);
	if (a->common.files.count || a->sides[0].count != 1 || a->sides[1].count != 1)
		return compare_sides(a);
	pair[0] = a->sides[0].items[0];
	pair[1] = a->sides[1].items[0];
	a->common.files = (struct cli_files){.count = 2, .paths = pair};
	cli_take_labels(&a->common.files, labels, NULL);
	return compare_two(a);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_arguments a = {.common = cli_common_defaults("compare"), .top = 20, .runs = pgo_runs_defaults()};
	cli_thresholds_init(&a.thresholds, &a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&a.thresholds.argp, 0, NULL, 0}, {0}};
	const struct argp parser = {.options = options,
				    .parser = parse,
				    .args_doc = "TRAIN TEST\n--train PROFILE... --test PROFILE...",
				    .doc = doc,
				    .children = children};
	char **words = NULL;
	int code = compare_spell_out(&words, &argc, argv);
	if (code < 0)
		code = cli_parse(&parser, argc, words, &a, &a.common);
	if (code < 0) {
		a.thresholds.options.context_sensitive = a.common.context_sensitive;
		/* a pattern is looked for in all of them */
		a.thresholds.options.max_functions = a.function ? 0 : a.top;
		code = compare_named(&a);
	}
	free(a.sides[0].items);
	free(a.sides[1].items);
	compare_free_words(words);
	return code;
}
