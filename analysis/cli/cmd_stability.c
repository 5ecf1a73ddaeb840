/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "several.h"

enum { KEY_MAX_UNDER_SERVED = 0x3000 };

static const char doc[] =
	"Do these workloads behave alike, and can one profile serve them all?\n"
	"\n"
	"Give one profile for each recorded workload, or several runs of each as LABEL=PROFILE: those of one label are "
	"repeats, and how far they lie apart is the noise floor. Prints how far the workloads lie apart, the clusters "
	"they form, and how each would be served by the merge of all at equal mass."
	"\v"
	"Examples:\n"
	"  pgo-analyze stability runs/*.profdata\n"
	"  pgo-analyze stability web=web1.profdata web=web2.profdata batch=batch.profdata\n"
	"\n"
	"PGO suits workloads that are stable: where they fall into clusters that the merge does not serve, one binary "
	"for each cluster may suit them better. " CLI_ONE_BY_ONE "\n"
	"\n" CLI_SEVERAL_EXIT_CODES;

struct arguments {
	struct cli_common common;
	struct cli_outcome outcome;
	double bound;
	bool bound_user;
};

static const struct argp_option options[] = {
	{"max-under-served", KEY_MAX_UNDER_SERVED, "X", 0,
	 "largest share of a workload's execution that the merge of all may not call hot (default: that of gate)", 5},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->outcome;
		return 0;
	case KEY_MAX_UNDER_SERVED:
		a->bound_user = true;
		return cli_parse_real(&a->common, "--max-under-served", argument, 0, 1, &a->bound);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int judge(const struct arguments *a, const struct cli_runs *runs, const size_t *labels, const char **names_of)
{
	struct pgo_stability stability = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	const char *const *names = (const char *const *)a->common.files.paths;
	struct pgo_joins joins = cli_joins(runs);
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = runs->count,
				      .names = names,
				      .join_shares = runs->join_shares,
				      .workload_names = names_of,
				      .stability = &stability};
	int code;
	if (pgo_stability_measure(&stability, &runs->panel, labels, cli_filter(&a->common), &err) != PGO_OK ||
	    pgo_judge_stability(&verdict, &stability, names, a->bound, a->bound_user, &err) != PGO_OK ||
	    pgo_judge_join(&verdict, &joins, &err) != PGO_OK)
		code = cli_fail(&err);
	else
		code = cli_conclude(&a->common, &a->outcome, &several, &verdict, a->common.writer->several->stability);
	pgo_verdict_release(&verdict);
	pgo_stability_release(&stability);
	return code;
}

int cmd_stability(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("stability"),
			      .bound = pgo_policy_defaults().max_under_served};
	struct cli_runs runs;
	a.outcome = cli_outcome_defaults(&a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_outcome_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {.options = options,
				    .parser = parse,
				    .args_doc = "[LABEL=]PROFILE...",
				    .doc = doc,
				    .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 1, SIZE_MAX, "one profile for each workload");
	if (code >= 0)
		return code;
	size_t *labels = calloc(a.common.files.count, sizeof *labels);
	const char **names = calloc(a.common.files.count, sizeof *names);
	if (!labels || !names) {
		struct pgo_error err = {0};
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
		code = cli_fail(&err);
		goto done;
	}
	cli_take_labels(&a.common.files, labels, names);
	code = cli_runs_open(&runs, &a.common, &a.common.files, NULL);
	if (code < 0) {
		cli_runs_note_sums(&runs, &a.common.files);
		code = cli_check_counts(&runs.panel, runs.names);
		if (code < 0)
			code = cli_runs_relate(&runs, labels);
		if (code < 0)
			code = judge(&a, &runs, labels, names);
		cli_runs_release(&runs);
	}
done:
	free(labels);
	free(names);
	return code;
}
