/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "several.h"

enum { KEY_ALPHA = 0x3000, KEY_LABELS, KEY_WRITE_POLICY };

static const char doc[] =
	"Thresholds of the gate from your own real runs\n"
	"\n"
	"Each workload is compared with the merge of all others at equal mass, as 'pgo-analyze gate' would compare it. "
	"How far real workloads are from each other by nature is the null distribution; a threshold is the quantile of "
	"it that a further workload like these goes beyond with the chance --alpha. Prints what each threshold rests "
	"on, "
	"and the policy."
	"\v"
	"Examples:\n"
	"  pgo-analyze calibrate --write-policy policy.yaml real/*.profdata\n"
	"  pgo-analyze gate --policy policy.yaml merged.profdata production.profdata\n"
	"  pgo-analyze calibrate --labels parse,parse,query,query a1 a2 b1 b2\n"
	"\n"
	"Give real workloads only: a micro-benchmark among them makes the gate blind to it. With n workloads no "
	"threshold can promise less than 1/(n+1) false alarms: 19 are needed for 0.05. Profiles with one label are "
	"repeats of one workload; a threshold is never stricter than repeats differ. The policy is the 'gate:' section "
	"of a corpus manifest. " CLI_ONE_BY_ONE "\n"
	"\n"
	"Exit codes:\n"
	"   0  done\n"
	"   2  wrong usage\n"
	"   3  bad input: a profile cannot be opened, is damaged or unknown, has no\n"
	"      counts, or is of another kind or program than the others\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"  70  internal error\n";

struct arguments {
	struct cli_common common;
	struct cli_list labels;
	double alpha;
	const char *policy; /* where to write it; NULL: nowhere */
};

static const struct argp_option options[] = {
	{"alpha", KEY_ALPHA, "X", 0, "wanted false-alarm rate of each threshold (default 0.05)", 5},
	{"labels", KEY_LABELS, "NAME,...", 0, "name of the workload of each profile; equal ones are repeats", 5},
	{"write-policy", KEY_WRITE_POLICY, "FILE", 0, "write the policy to FILE too, for 'gate --policy'", 6},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_ALPHA:
		return cli_parse_level(&a->common, "--alpha", argument, &a->alpha);
	case KEY_LABELS:
		return cli_list_split(&a->common, &a->labels, argument);
	case KEY_WRITE_POLICY:
		a->policy = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** What workloads are called, and their numbers. */
struct workloads {
	size_t *number;	    /* of each profile */
	const char **names; /* of each workload */
	size_t count;
};

static int number_workloads(struct workloads *out, const struct arguments *a)
{
	size_t n = a->common.files.count;
	out->number = calloc(n + 1, sizeof *out->number);
	out->names = calloc(n + 1, sizeof *out->names);
	if (!out->number || !out->names)
		return PGO_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *name = a->labels.count ? a->labels.items[i] : a->common.files.paths[i];
		size_t at = 0;
		/* without labels the same file named twice is two workloads */
		while (at < out->count && !(a->labels.count && strcmp(out->names[at], name) == 0))
			at++;
		if (at == out->count)
			out->names[out->count++] = name;
		out->number[i] = at;
	}
	return PGO_OK;
}

static int write_all(const struct arguments *a, const struct cli_runs *runs, const struct pgo_calibration *calibration,
		     const struct workloads *workloads)
{
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = a->common.files.count,
				      .names = (const char *const *)a->common.files.paths,
				      .join_shares = runs->join_shares,
				      .twins = runs->twin,
				      .calibration = calibration,
				      .workload_names = workloads->names};
	struct pgo_report report = {.several = &several};
	struct pgo_error err = {0};
	if (a->policy && pgo_report_to(a->policy, pgo_policy_write, &report, &err) != PGO_OK)
		return cli_fail(&err);
	return cli_conclude(&a->common, NULL, &several, NULL, a->common.writer->several->calibrate);
}

static double default_join(void)
{
	struct pgo_policy defaults = pgo_policy_defaults();
	return defaults.min_join;
}

/** One profile of another program makes every threshold let everything pass. */
static int refuse_strangers(const struct cli_runs *runs)
{
	struct pgo_joins joins = cli_joins(runs);
	struct pgo_error err = {0};
	char strangers[400];
	size_t count = pgo_joins_strangers(strangers, &joins);
	if (count == 0)
		return -1;
	pgo_error_set(
		&err, PGO_EMISMATCH,
		"cannot calibrate with %s of another program or build: too little is in functions that the others "
		"have by name and hash: %s",
		count == 1 ? "a profile" : "profiles", strangers);
	pgo_error_hint(&err, "leave it out: thresholds that accept it accept anything");
	return cli_fail(&err);
}

static int calibrate_workloads(const struct arguments *a, struct cli_runs *runs, const struct workloads *workloads)
{
	struct pgo_calibration calibration = {0};
	struct pgo_error err = {0};
	cli_runs_note_sums(runs, &a->common.files);
	int code = cli_check_counts(&runs->panel, runs->names);
	if (code < 0)
		code = cli_runs_relate(runs, workloads->number);
	if (code < 0)
		code = refuse_strangers(runs);
	if (code >= 0)
		return code;
	if (pgo_calibrate(&calibration, &runs->panel, workloads->number, cli_filter(&a->common), a->alpha,
			  default_join(), &err) != PGO_OK)
		return cli_fail(&err);
	code = write_all(a, runs, &calibration, workloads);
	pgo_calibration_release(&calibration);
	return code;
}

static int calibrate(const struct arguments *a, struct cli_runs *runs)
{
	struct workloads workloads = {0};
	struct pgo_error err = {0};
	int code;
	if (number_workloads(&workloads, a) != PGO_OK) {
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
		code = cli_fail(&err);
	} else {
		code = calibrate_workloads(a, runs, &workloads);
	}
	free(workloads.number);
	free(workloads.names);
	return code;
}

static int check(struct arguments *a)
{
	bool alike = a->labels.count > 0;
	for (size_t i = 1; i < a->labels.count; i++)
		alike &= strcmp(a->labels.items[i], a->labels.items[0]) == 0;
	if (a->labels.count && a->labels.count != a->common.files.count)
		cli_usage(&a->common, "--labels needs one name for each profile: %zu for %zu", a->labels.count,
			  a->common.files.count);
	else if (alike)
		cli_usage(&a->common, "all profiles are repeats of '%s': at least two workloads are needed",
			  a->labels.items[0]);
	pgo_error_hint(&a->common.err, "'pgo-analyze calibrate --help' shows examples");
	return a->common.err.code ? cli_fail(&a->common.err) : -1;
}

int cmd_calibrate(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("calibrate"), .alpha = 0.05};
	struct cli_runs runs = {0};
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 2, SIZE_MAX,
				       "one profile for each of two workloads or more");
	if (code < 0)
		code = check(&a);
	if (code < 0)
		code = cli_runs_open(&runs, &a.common, &a.common.files, NULL);
	if (code < 0)
		code = calibrate(&a, &runs);
	cli_runs_release(&runs);
	free(a.labels.items);
	return code;
}
