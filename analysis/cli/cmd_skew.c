/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "several.h"

enum { KEY_REFERENCE = 'r', KEY_ALPHA = 0x3000, KEY_MERGED, KEY_SHARES, KEY_MIN_SURVIVAL };

static const char doc[] =
	"Is a profile concentrated the way a micro-benchmark's is? Does one workload drown the others?\n"
	"\n"
	"Without --merged: how concentrated PROFILE is, statistic by statistic, and in which functions. With recorded "
	"real runs as references each statistic is ranked among theirs, and the verdict is the rank of all of them at "
	"once; without, by default limits, and then nothing is rejected: concentration alone does no harm.\n"
	"\n"
	"With --merged: the profiles are workloads of one training merge. Prints each one's share of the mass, how "
	"much "
	"of its own hot code is still hot in the merge, and what the merge would be without it."
	"\v"
	"Examples:\n"
	"  pgo-analyze skew bench.profdata -r monday.profdata -r tuesday.profdata\n"
	"  pgo-analyze skew --merged a.profdata b.profdata bench.profdata\n"
	"  pgo-analyze skew --merged --shares 1,1,0.2 a.profdata b.profdata c.profdata\n"
	"\n"
	"With n references no p-value can be below 1/(n+1): 19 are needed for 0.05. --merged takes each workload's "
	"mass "
	"as it is, as 'llvm-profdata merge' without weights does, unless --shares says otherwise. A function is "
	"loop-dominated when its largest counter is at least 100 times its first one. " CLI_ONE_BY_ONE "\n"
	"\n" CLI_SEVERAL_EXIT_CODES;

struct arguments {
	struct cli_common common;
	struct cli_outcome outcome;
	struct cli_list references, shares;
	double alpha, least;
	bool alpha_user, least_user, merged;
};

static const struct argp_option options[] = {
	{"reference", KEY_REFERENCE, "PROFILE", 0, "a recorded real run; give one for each", 1},
	{"merged", KEY_MERGED, 0, 0, "the profiles are workloads of one merge", 2},
	{"shares", KEY_SHARES, "X,X,...", 0, "with --merged: shares of the mass, one for each profile, of any sum", 2},
	{"alpha", KEY_ALPHA, "X", 0, "rank of the verdict among references (default 0.05)", 5},
	{"min-survival", KEY_MIN_SURVIVAL, "X", 0,
	 "with --merged: least share of a workload's own hot code that stays hot (default 0.5)", 5},
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
	case KEY_REFERENCE:
		return cli_list_add(&a->common, &a->references, argument);
	case KEY_MERGED:
		a->merged = true;
		return 0;
	case KEY_SHARES:
		return cli_list_split(&a->common, &a->shares, argument);
	case KEY_ALPHA:
		a->alpha_user = true;
		return cli_parse_level(&a->common, "--alpha", argument, &a->alpha);
	case KEY_MIN_SURVIVAL:
		a->least_user = true;
		return cli_parse_real(&a->common, "--min-survival", argument, 0, 1, &a->least);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** One profile beside its references. */
static int judge_one(const struct arguments *a, const struct cli_runs *runs, const struct pgo_concentration *all,
		     size_t count)
{
	struct pgo_concentration_ranks ranks;
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = 1,
				      .names = (const char *const *)a->common.files.paths,
				      .reference_count = count - 1,
				      .reference_names = (const char *const *)a->references.items,
				      .concentration = &all[0],
				      .ranks = &ranks,
				      .alpha = a->alpha};
	pgo_concentration_rank(&ranks, &all[0], all + 1, count - 1);
	if (pgo_judge_concentration(&verdict, a->common.files.paths[0], &all[0], &ranks, a->alpha, a->alpha_user,
				    &err) != PGO_OK)
		return cli_fail(&err);
	int code = cli_conclude(&a->common, &a->outcome, &several, &verdict, a->common.writer->several->skew);
	pgo_verdict_release(&verdict);
	return code;
}

static int measure_one(const struct arguments *a)
{
	struct pgo_error err = {0};
	struct cli_runs runs; /* joined, though only single ones are measured: this refuses profiles of other kinds */
	size_t measured = 0;
	int code = cli_runs_open(&runs, &a->common, &a->common.files, &a->references);
	if (code >= 0)
		return code;
	cli_note_sums(a->references.items, a->references.count, "reference");
	struct pgo_concentration *all = calloc(runs.count, sizeof *all);
	if (!all)
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	while (err.code == 0 && measured < runs.count &&
	       pgo_concentration_measure(&all[measured], runs.profiles[measured], cli_filter(&a->common), &err) ==
		       PGO_OK)
		measured++;
	code = err.code ? cli_fail(&err) : judge_one(a, &runs, all, runs.count);
	for (size_t i = 0; i < measured; i++)
		pgo_concentration_release(&all[i]);
	free(all);
	cli_runs_release(&runs);
	return code;
}

static int judge_merged(const struct arguments *a, const struct cli_runs *runs, const double *shares)
{
	struct pgo_dominance dominance = {0};
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	const char *const *names = (const char *const *)a->common.files.paths;
	struct pgo_joins joins = cli_joins(runs);
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = runs->count,
				      .names = names,
				      .join_shares = runs->join_shares,
				      .dominance = &dominance,
				      .least_survival = a->least};
	int code;
	if (pgo_dominance_measure(&dominance, &runs->panel, runs->count, shares, &err) != PGO_OK) {
		err.code = err.code == PGO_EINVAL ? PGO_EFORMAT : err.code; /* profiles without counts */
		code = cli_fail(&err);
	} else if (pgo_judge_dominance(&verdict, &dominance, names, a->least, a->least_user, &err) != PGO_OK ||
		   pgo_judge_join(&verdict, &joins, &err) != PGO_OK) {
		code = cli_fail(&err);
	} else {
		code = cli_conclude(&a->common, &a->outcome, &several, &verdict, a->common.writer->several->dominance);
	}
	pgo_verdict_release(&verdict);
	pgo_dominance_release(&dominance);
	return code;
}

static int measure_merged(const struct arguments *a, const double *shares)
{
	struct cli_runs runs;
	int code = cli_runs_open(&runs, &a->common, &a->common.files, NULL);
	if (code >= 0)
		return code;
	cli_runs_note_sums(&runs, &a->common.files);
	for (size_t i = 0; code < 0 && i < a->shares.count; i++)
		if (shares[i] > 0 && runs.panel.totals[i] == 0)
			code = cli_check_counts(&runs.panel, runs.names);
	if (code < 0)
		code = cli_runs_relate(&runs, NULL);
	if (code < 0)
		code = judge_merged(a, &runs, a->shares.count ? shares : NULL);
	cli_runs_release(&runs);
	return code;
}

/** Check what belongs together, once everything is known; fills `shares`. */
static void check(struct arguments *a, double *shares)
{
	error_t rc = 0;
	if (!a->merged && (a->shares.count || a->least_user))
		cli_usage(&a->common, "%s goes with --merged", a->shares.count ? "--shares" : "--min-survival");
	else if (a->merged && (a->references.count || a->alpha_user))
		cli_usage(&a->common, "%s does not go with --merged", a->references.count ? "--reference" : "--alpha");
	else if (a->shares.count && a->shares.count != a->common.files.count)
		cli_usage(&a->common, "--shares needs one share for each profile: %zu for %zu", a->shares.count,
			  a->common.files.count);
	for (size_t i = 0; a->common.err.code == 0 && rc == 0 && i < a->shares.count; i++)
		rc = cli_parse_real(&a->common, "--shares", a->shares.items[i], 0, HUGE_VAL, &shares[i]);
	pgo_error_hint(&a->common.err, "'pgo-analyze skew --help' shows examples");
}

int cmd_skew(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("skew"), .alpha = 0.05, .least = PGO_LEAST_SURVIVAL};
	double *shares = NULL;
	a.outcome = cli_outcome_defaults(&a.common);
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_outcome_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = a.merged ? cli_check_files(&a.common, &a.common.files, 2, SIZE_MAX,
						  "two workloads or more with --merged")
				: cli_check_files(&a.common, &a.common.files, 1, 1, "one profile");
	if (code < 0) {
		shares = calloc(a.shares.count + 1, sizeof *shares);
		if (shares)
			check(&a, shares);
		else
			pgo_error_set(&a.common.err, PGO_ENOMEM, "out of memory");
		code = a.common.err.code ? cli_fail(&a.common.err) : -1;
	}
	if (code < 0)
		code = a.merged ? measure_merged(&a, shares) : measure_one(&a);
	free(shares);
	free(a.references.items);
	free(a.shares.items);
	return code;
}
