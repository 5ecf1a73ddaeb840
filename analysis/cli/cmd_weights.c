/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "several.h"

enum { KEY_POLICY = 0x3000, KEY_SHARES, KEY_MATCH, KEY_MIN_SURVIVAL };

static const char doc[] =
	"How much of the training mass should each workload have?\n"
	"\n"
	"Each workload's mass is normalised first, so a long run has no more say than a short one. Prints the shares, "
	"the integers 'llvm-profdata merge' needs for them as a command to paste, and what the merge does to each "
	"workload's hot code."
	"\v"
	"Policies:\n"
	"  equal    the same share for each (the default)\n"
	"  given    those of --shares\n"
	"  match    the mixture closest to REF (least Jensen-Shannon divergence)\n"
	"  survive  the one whose worst-off workload keeps most of its hot code hot;\n"
	"           found by a search that may miss the best\n"
	"\n"
	"Examples:\n"
	"  pgo-analyze weights a.profdata b.profdata c.profdata\n"
	"  pgo-analyze weights --match production.profdata a.profdata b.profdata\n"
	"  pgo-analyze weights --shares 3,1,1 a.profdata b.profdata c.profdata\n"
	"\n"
	"--match may be given more than once: the references count alike. A workload whose share comes out as nothing "
	"is left out of the command. Rejected is a merge in which a workload is drowned. " CLI_ONE_BY_ONE "\n"
	"\n" CLI_SEVERAL_EXIT_CODES;

struct arguments {
	struct cli_common common;
	struct cli_outcome outcome;
	struct cli_list match, shares;
	bool policy_set;
	enum pgo_weight_policy policy;
	double least;
	bool least_user;
};

static const struct argp_option options[] = {
	{"policy", KEY_POLICY, "NAME", 0, "equal, given, match or survive", 5},
	{"shares", KEY_SHARES, "X,X,...", 0, "wanted shares, one for each profile, of any sum; implies --policy given",
	 5},
	{"match", KEY_MATCH, "REF", 0, "profile to come close to; implies --policy match", 5},
	{"min-survival", KEY_MIN_SURVIVAL, "X", 0,
	 "least share of a workload's own hot code that stays hot in the merge (default 0.5)", 6},
	{0},
};

static error_t set_policy(struct arguments *a, enum pgo_weight_policy policy)
{
	if (a->policy_set && a->policy != policy)
		return cli_usage(&a->common, "policies '%s' and '%s' exclude each other",
				 pgo_weight_policy_name(a->policy), pgo_weight_policy_name(policy));
	a->policy = policy;
	a->policy_set = true;
	return 0;
}

static error_t parse_policy(struct arguments *a, const char *text)
{
	for (int p = 0; p < PGO_WEIGHT_POLICIES; p++)
		if (strcmp(pgo_weight_policy_name((enum pgo_weight_policy)p), text) == 0)
			return set_policy(a, (enum pgo_weight_policy)p);
	return cli_usage(&a->common, "--policy takes equal, given, match or survive, not '%s'", text);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	error_t rc;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->outcome;
		return 0;
	case KEY_POLICY:
		return parse_policy(a, argument);
	case KEY_SHARES:
		rc = set_policy(a, PGO_WEIGHT_GIVEN);
		return rc ? rc : cli_list_split(&a->common, &a->shares, argument);
	case KEY_MATCH:
		rc = set_policy(a, PGO_WEIGHT_MATCH);
		return rc ? rc : cli_list_add(&a->common, &a->match, argument);
	case KEY_MIN_SURVIVAL:
		a->least_user = true;
		return cli_parse_real(&a->common, "--min-survival", argument, 0, 1, &a->least);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** Check what belongs together, once everything is known. */
static void check(struct arguments *a)
{
	if (a->policy == PGO_WEIGHT_MATCH && a->match.count == 0)
		cli_usage(&a->common, "policy 'match' needs a profile to match: --match REF");
	else if (a->policy == PGO_WEIGHT_GIVEN && a->shares.count != a->common.files.count)
		cli_usage(&a->common, "--shares needs one share for each profile: %zu for %zu", a->shares.count,
			  a->common.files.count);
}

/** Heap array of the shares; NULL with the error recorded. */
static double *numbers_of(struct arguments *a)
{
	double *numbers = calloc(a->shares.count + 1, sizeof *numbers);
	error_t rc = numbers ? 0 : ENOMEM;
	for (size_t i = 0; rc == 0 && i < a->shares.count; i++)
		rc = cli_parse_real(&a->common, "--shares", a->shares.items[i], 0, HUGE_VAL, &numbers[i]);
	if (rc == 0)
		return numbers;
	pgo_error_set(&a->common.err, PGO_ENOMEM, "out of memory"); /* the first failure stays */
	free(numbers);
	return NULL;
}

static int find(const struct arguments *a, const struct cli_runs *runs, const double *shares)
{
	struct pgo_weights weights = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_weights_options how = {.policy = a->policy, .given = shares};
	struct pgo_joins joins = cli_joins(runs);
	const char *const *names = (const char *const *)a->common.files.paths;
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = a->common.files.count,
				      .names = names,
				      .join_shares = runs->join_shares,
				      .reference_count = a->match.count,
				      .reference_names = (const char *const *)a->match.items,
				      .least_survival = a->least,
				      .weights = &weights};
	int code;
	for (size_t i = 0; i < several.count && !several.no_file; i++)
		if (strcmp(names[i], "-") == 0 || cli_files_behind(names[i]))
			several.no_file = names[i];
	if (pgo_weights_find(&weights, &runs->panel, a->common.files.count, &how, &err) != PGO_OK) {
		code = cli_fail(&err);
	} else if (pgo_judge_dominance(&verdict, &weights.dominance, names, a->least, a->least_user, &err) != PGO_OK ||
		   pgo_judge_join(&verdict, &joins, &err) != PGO_OK) {
		code = cli_fail(&err);
	} else {
		code = cli_conclude(&a->common, &a->outcome, &several, &verdict, a->common.writer->several->weights);
	}
	pgo_verdict_release(&verdict);
	pgo_weights_release(&weights);
	return code;
}

int cmd_weights(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("weights"), .least = PGO_LEAST_SURVIVAL};
	struct cli_runs runs = {0};
	double *shares = NULL;
	a.outcome = cli_outcome_defaults(&a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_outcome_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 1, SIZE_MAX, "one profile for each workload");
	if (code < 0) {
		check(&a);
		shares = numbers_of(&a);
		pgo_error_hint(&a.common.err, "'pgo-analyze weights --help' shows examples");
		code = a.common.err.code ? cli_fail(&a.common.err) : -1;
	}
	if (code < 0)
		code = cli_runs_open(&runs, &a.common, &a.common.files, &a.match);
	if (code < 0) {
		cli_runs_note_sums(&runs, &a.common.files);
		code = cli_check_counts(&runs.panel, runs.names);
	}
	if (code < 0)
		code = cli_runs_relate(&runs, NULL);
	if (code < 0)
		code = find(&a, &runs, shares);
	cli_runs_release(&runs);
	free(shares);
	free(a.match.items);
	free(a.shares.items);
	return code;
}
