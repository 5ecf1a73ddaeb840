/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "several.h"

enum { KEY_MAX_MISSED = 0x3000, KEY_ORDERS, KEY_SEED, KEY_MIN_WORKLOADS };

static const char doc[] =
	"Are these workloads enough, or would the next one run code that none of them ran?\n"
	"\n"
	"Give one profile for each recorded workload. Each is left out in turn: its share in functions that no other "
	"ran is what a further workload like it would miss. Prints that, its curve over the number of workloads, an "
	"estimate for the next one, and how many more are needed."
	"\v"
	"Examples:\n"
	"  pgo-analyze sufficiency monday.profdata tuesday.profdata wednesday.profdata\n"
	"  pgo-analyze sufficiency --format csv -o curve.csv runs/*.profdata\n"
	"\n"
	"The estimate is an interval. Its upper end is the leave-one-out mean, right for one workload less. Its lower "
	"end (Good-Turing) is right when all functions seen once are equally likely to be run. It says what workloads "
	"like these would miss: of a kind of use that none of them stands for, nothing is known. " CLI_ONE_BY_ONE "\n"
	"\n" CLI_SEVERAL_EXIT_CODES;

struct arguments {
	struct cli_common common;
	struct cli_outcome outcome;
	struct pgo_sufficiency_options options;
	bool bound_user;
};

static const struct argp_option options[] = {
	{"max-missed", KEY_MAX_MISSED, "X", 0,
	 "largest share of the next workload's execution that may be in functions none of these ran (default 0.1)", 5},
	{"min-workloads", KEY_MIN_WORKLOADS, "N", 0, "fewer are too few to judge (default 5)", 5},
	{"orders", KEY_ORDERS, "N", 0, "random orders of the workloads, for the quartiles (default 200)", 6},
	{"seed", KEY_SEED, "N", 0, "of these orders (default 1)", 6},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	size_t seed;
	error_t rc;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->outcome;
		return 0;
	case KEY_MAX_MISSED:
		a->bound_user = true;
		return cli_parse_real(&a->common, "--max-missed", argument, 0, 1, &a->options.max_missed);
	case KEY_MIN_WORKLOADS:
		rc = cli_parse_size(&a->common, "--min-workloads", argument, &a->options.min_workloads);
		return rc == 0 && a->options.min_workloads < 2
			       ? cli_usage(&a->common, "--min-workloads must be at least 2, not %s", argument)
			       : rc;
	case KEY_ORDERS:
		rc = cli_parse_size(&a->common, "--orders", argument, &a->options.orders);
		return rc == 0 && (a->options.orders < 1 || a->options.orders > 1000000)
			       ? cli_usage(&a->common, "--orders must lie between 1 and 1000000, not %s", argument)
			       : rc;
	case KEY_SEED:
		rc = cli_parse_size(&a->common, "--seed", argument, &seed);
		a->options.seed = rc == 0 ? seed : 0;
		return rc;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int judge(const struct arguments *a, const struct cli_runs *runs)
{
	struct pgo_sufficiency sufficiency = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	const char *const *names = (const char *const *)a->common.files.paths;
	struct pgo_joins joins = cli_joins(runs);
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = runs->count,
				      .names = names,
				      .join_shares = runs->join_shares,
				      .sufficiency = &sufficiency};
	int code;
	if (pgo_sufficiency_measure(&sufficiency, &runs->panel, &a->options, &err) != PGO_OK ||
	    pgo_judge_sufficiency(&verdict, &sufficiency, names, a->bound_user, &err) != PGO_OK ||
	    pgo_judge_join(&verdict, &joins, &err) != PGO_OK)
		code = cli_fail(&err);
	else
		code = cli_conclude(&a->common, &a->outcome, &several, &verdict,
				    a->common.writer->several->sufficiency);
	pgo_verdict_release(&verdict);
	pgo_sufficiency_release(&sufficiency);
	return code;
}

int cmd_sufficiency(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("sufficiency"), .options = pgo_sufficiency_defaults()};
	struct cli_runs runs;
	a.outcome = cli_outcome_defaults(&a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_outcome_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 1, SIZE_MAX, "one profile for each workload");
	if (code < 0)
		code = cli_runs_open(&runs, &a.common, &a.common.files, NULL);
	if (code >= 0)
		return code;
	cli_runs_note_sums(&runs, &a.common.files);
	code = cli_check_counts(&runs.panel, runs.names);
	if (code < 0)
		code = cli_runs_relate(&runs, NULL);
	if (code < 0)
		code = judge(&a, &runs);
	cli_runs_release(&runs);
	return code;
}
