/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/pipeline/pipeline.h"
#include "harness/sys/child.h"
#include "harness/sys/progress.h"

enum {
	KEY_FRESH = 0x100,
	KEY_UNTIL,
	KEY_METHOD,
	KEY_RUNS,
	KEY_ACCEPT,
	KEY_BESIDE,
	KEY_POLICY = 0x200, /* + row of pgo_policy_fields() */
	POLICY_MOST = 24,
};

static const char doc[] =
	"Train, judge, build and measure the program of a corpus (a directory with a corpus.yaml, or a manifest).\v"
	"Phases: doctor, instrument, replay, merge, gate, baseline, optimize, measure, report. Each leaves its result "
	"in the "
	"run directory and is not done again while nothing it depends on changed, so an interrupted run goes on where "
	"it "
	"stopped. The run directory is pgo-out/CORPUS, and pgo-out/CORPUS-NAME for a manifest corpus.NAME.yaml; --out "
	"sets "
	"it exactly.\n"
	"\n"
	"The training profile is judged against every held-out real workload. A rejected or inconclusive profile is "
	"not "
	"built with, unless --force or --accept-inconclusive says so. What is built is measured against a build "
	"without "
	"a profile: no guard, and not the held-out workloads together, may become slower (performance gate).\n"
	"\n"
	"Examples:\n"
	"  pgo-harness run workloads/lua\n"
	"  pgo-harness run workloads/lua/corpus.skewed.yaml -f --beside pgo-out/lua\n"
	"  pgo-harness run . --method cachegrind --until gate --min-retained 0.7\n"
	"\n"
	"Exit codes:\n"
	"  0  accepted (or stopped before the gate, as --until asked)\n"
	"  1  the profile gate rejected, also with --force; or the performance gate failed: the optimized program is\n"
	"     slower than the baseline; or both do not write the same\n"
	"  2  the command line is wrong\n"
	"  3  the corpus or a profile is wrong\n"
	"  4  a build, a workload or the system failed, or a signal stopped the run\n"
	"  5  inconclusive: too little evidence (0 with --accept-inconclusive)\n"
	"  70 internal error\n";

static const struct argp_option fixed[] = {
	{"out", 'o', "DIR", 0, "run directory", 1},
	{"jobs", 'j', "N", 0, "workloads replayed at once (default: one per core); measurements always run alone", 1},
	{"keep-going", 'k', NULL, 0, "go on without workloads that fail", 1},
	{"fresh", KEY_FRESH, NULL, 0, "do every phase again", 1},
	{"until", KEY_UNTIL, "PHASE", 0, "stop after this phase", 1},
	{"quiet", 'q', NULL, 0, "no progress, only warnings and the report", 1},
	{"force", 'f', NULL, 0, "build and measure whatever the gate says; the exit code stays that of the verdict", 2},
	{"accept-inconclusive", KEY_ACCEPT, NULL, 0, "take an inconclusive verdict as accepted", 2},
	{"method", KEY_METHOD, "METHOD", 0, "time, user or cachegrind (for noisy machines; needs valgrind)", 3},
	{"runs", KEY_RUNS, "N", 0, "measured pairs per workload", 3},
	{"beside", KEY_BESIDE, "DIR", 0, "show the measurement of the run in DIR beside this one's", 3},
	{NULL, 0, NULL, 0, "Thresholds of the gate (they override the manifest's):", 4},
};
enum { FIXED = sizeof fixed / sizeof *fixed };

struct arguments {
	struct pipeline_options options;
	bool quiet;
	struct argp_option rows[FIXED + POLICY_MOST + 1];
	char names[POLICY_MOST][48];
	char texts[POLICY_MOST][200];
};

static error_t set_policy(struct arguments *a, size_t row, const char *text, struct argp_state *state)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	char *end;
	double value = strtod(text, &end);
	char called[56];
	struct pgo_error err = {0};
	if (end == text || *end || !isfinite(value))
		cli_wrong(state, "--%s takes a number, not '%s'", a->names[row], text);
	snprintf(called, sizeof called, "--%s", a->names[row]);
	if (pgo_policy_check(&fields[row], called, value, &err) != PGO_OK)
		cli_wrong(state, "%s%s%s", err.message, err.hint[0] ? "; " : "", err.hint);
	pgo_policy_set(&a->options.policy, fields[row].name, value, NULL);
	return 0;
}

static error_t set_method(struct pipeline_options *o, const char *text, struct argp_state *state)
{
	for (int method = MEASURE_TIME; method <= MEASURE_CACHEGRIND; method++)
		if (!strcmp(text, measure_method_name(method))) {
			o->method = method;
			o->method_set = true;
			return 0;
		}
	cli_wrong(state, "--method takes time, user or cachegrind, not '%s'", text);
}

static error_t set_until(struct pipeline_options *o, const char *text, struct argp_state *state)
{
	struct pgo_error err = {0};
	if (pipeline_phase_find(&o->until, text, &err))
		cli_wrong(state, "%s; %s", err.message, err.hint);
	return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	struct pipeline_options *o = &a->options;
	switch (key) {
	case 'o':
		if (!*text)
			cli_wrong(state, "--out needs a directory");
		o->out = text;
		return 0;
	case 'j':
		if (!cli_parse_int(text, 1, 4096, &o->jobs))
			cli_wrong(state, "--jobs takes a number from 1 to 4096, not '%s'", text);
		return 0;
	case 'k':
		o->keep_going = true;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case KEY_FRESH:
		o->fresh = true;
		return 0;
	case KEY_ACCEPT:
		o->accept_inconclusive = true;
		return 0;
	case KEY_BESIDE:
		o->beside = text;
		return 0;
	case KEY_UNTIL:
		return set_until(o, text, state);
	case KEY_METHOD:
		return set_method(o, text, state);
	case KEY_RUNS:
		if (!cli_parse_int(text, 1, 10000, &o->runs))
			cli_wrong(state, "--runs takes a number from 1 to 10000, not '%s'", text);
		return 0;
	case ARGP_KEY_ARG:
		if (o->corpus)
			cli_wrong(state, "one corpus at a time: '%s' is one too many", text);
		o->corpus = text;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cli_wrong(state, "which corpus? for example: pgo-harness run workloads/lua");
	default:
		if (key >= KEY_POLICY && key < KEY_POLICY + POLICY_MOST)
			return set_policy(a, (size_t)(key - KEY_POLICY), text, state);
		return ARGP_ERR_UNKNOWN;
	}
}

/* The fixed options, and one for each field of the policy. */
static void fill_rows(struct arguments *a)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	memcpy(a->rows, fixed, sizeof fixed);
	for (size_t i = 0; i < count && i < POLICY_MOST; i++) {
		snprintf(a->names[i], sizeof a->names[i], "%s", fields[i].name);
		for (char *c = a->names[i]; *c; c++)
			*c = *c == '_' ? '-' : *c;
		snprintf(a->texts[i], sizeof a->texts[i], "%s (default %g)", fields[i].help, fields[i].fallback);
		a->rows[FIXED + i] = (struct argp_option){a->names[i], KEY_POLICY + (int)i, "X", 0, a->texts[i], 4};
	}
}

int cmd_run(int argc, char **argv)
{
	struct arguments a = {.options = {.until = PIPELINE_REPORT, .policy = pgo_policy_defaults()}};
	struct argp argp = {a.rows, parse_option, "CORPUS", doc};
	struct pipeline_outcome outcome = {0};
	struct pgo_error err = {0};
	fill_rows(&a);
	int usage = cli_parse(&argp, argc, argv, &a);
	if (usage)
		return usage;
	progress_init(a.quiet ? PROGRESS_QUIET : PROGRESS_AUTO);
	int code = child_signals_install(&err);
	if (!code)
		code = pipeline_run(&outcome, &a.options, &err);
	progress_clear();
	if (!code && outcome.report)
		code = report_write_text(stdout, outcome.report, &err);
	int exit_code = code ? cli_fail(&err) : (int)outcome.exit;
	pipeline_outcome_release(&outcome);
	return exit_code;
}
