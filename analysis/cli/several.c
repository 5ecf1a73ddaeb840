/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_INCONCLUSIVE = 0x4000, KEY_REPORT_ONLY };

static error_t parse_outcome(int key, char *argument, struct argp_state *state)
{
	struct cli_outcome *o = state->input;
	switch (key) {
	case KEY_INCONCLUSIVE:
		if (strcmp(argument, "pass") == 0)
			o->inconclusive = PGO_EXIT_OK;
		else if (strcmp(argument, "fail") == 0)
			o->inconclusive = PGO_EXIT_REJECTED;
		else
			return cli_usage(o->common, "--inconclusive-as takes pass or fail, not '%s'", argument);
		return 0;
	case KEY_REPORT_ONLY:
		o->report_only = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option outcome_options[] = {
	{"inconclusive-as", KEY_INCONCLUSIVE, "pass|fail", 0, "end with exit code 0 or 1 instead of 5", 7},
	{"report-only", KEY_REPORT_ONLY, 0, 0, "end with exit code 0 whatever the verdict", 7},
	{0},
};
const struct argp cli_outcome_argp = {.options = outcome_options, .parser = parse_outcome};

struct cli_outcome cli_outcome_defaults(struct cli_common *common)
{
	return (struct cli_outcome){.common = common, .inconclusive = PGO_EXIT_INCONCLUSIVE};
}

int cli_outcome_exit(const struct cli_outcome *o, const struct pgo_verdict *verdict)
{
	if (o->report_only)
		return PGO_EXIT_OK;
	return verdict->outcome == PGO_INCONCLUSIVE ? (int)o->inconclusive : (int)pgo_outcome_exit(verdict->outcome);
}

error_t cli_parse_real(struct cli_common *common, const char *option, const char *text, double low, double high,
		       double *out)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || !isfinite(value))
		return cli_usage(common, "%s takes a number, not '%s'", option, text);
	if (value < low || value > high) {
		if (isinf(high))
			return cli_usage(common, "%s must be at least %g, not %s", option, low, text);
		cli_usage(common, "%s must lie between %g and %g, not %s", option, low, high, text);
		if (high == 1)
			pgo_hint_percent(&common->err, value);
		return EINVAL;
	}
	*out = value;
	return 0;
}

error_t cli_parse_level(struct cli_common *common, const char *option, const char *text, double *out)
{
	error_t rc = cli_parse_real(common, option, text, 0, 1, out);
	if (rc == 0 && (*out <= 0 || *out >= 1))
		return cli_usage(common, "%s must lie above 0 and below 1, not %s", option, text);
	return rc;
}

error_t cli_list_add(struct cli_common *common, struct cli_list *list, char *item)
{
	char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
	if (!grown) {
		pgo_error_set(&common->err, PGO_ENOMEM, "out of memory");
		return ENOMEM;
	}
	list->items = grown;
	list->items[list->count++] = item;
	return 0;
}

error_t cli_list_split(struct cli_common *common, struct cli_list *list, char *text)
{
	error_t rc = 0;
	for (char *word; rc == 0 && (word = strsep(&text, ","));)
		rc = cli_list_add(common, list, word);
	return rc;
}

enum pgo_record_filter cli_filter(const struct cli_common *common)
{
	return common->context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
}

void cli_take_labels(const struct cli_files *files, size_t *labels, const char **names)
{
	const char **cut = calloc(files->count, sizeof *cut);
	for (size_t i = 0; i < files->count; i++) {
		char *sign = strchr(files->paths[i], '=');
		labels[i] = i;
		if (names)
			names[i] = files->paths[i];
		if (!cut || !sign || sign == files->paths[i] || access(files->paths[i], F_OK) == 0)
			continue;
		*sign = '\0';
		cut[i] = files->paths[i];
		files->paths[i] = sign + 1;
		for (size_t k = 0; k < i; k++)
			if (cut[k] && strcmp(cut[k], cut[i]) == 0) {
				labels[i] = labels[k];
				break;
			}
	}
	free(cut);
}

static int fail_memory(void)
{
	struct pgo_error err = {0};
	pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	return cli_fail(&err);
}

int cli_panel_open(struct pgo_panel *out, struct pgo_profile *const *profiles, char *const *names, size_t count,
		   const struct cli_common *common)
{
	struct pgo_error err = {0};
	char words[2][128];
	for (size_t i = 1; i < count; i++)
		if (pgo_profile_kinds_differ(profiles[0], profiles[i], words)) {
			pgo_error_set(&err, PGO_EMISMATCH, "'%s' and '%s' are of different kinds: %s and %s", names[0],
				      names[i], words[0], words[1]);
			pgo_error_hint(&err, "give profiles that the same kind of build or tool wrote");
			return cli_fail(&err);
		}
	if (pgo_panel_open(out, (const struct pgo_profile *const *)profiles, count, cli_filter(common), &err) != PGO_OK)
		return cli_fail(&err);
	return -1;
}

int cli_check_counts(const struct pgo_panel *panel, char *const *names)
{
	struct pgo_error err = {0};
	for (size_t i = 0; i < panel->profile_count; i++)
		if (panel->totals[i] == 0) {
			pgo_error_set(&err, PGO_EFORMAT, "profile '%s' has no counts: it says nothing about a workload",
				      names[i]);
			pgo_error_hint(&err, "leave it out, or record it again");
			return cli_fail(&err);
		}
	return -1;
}

int cli_runs_open(struct cli_runs *out, const struct cli_common *common, const struct cli_files *files,
		  const struct cli_list *more)
{
	struct cli_runs runs = {.count = files->count + (more ? more->count : 0)};
	int code;
	runs.names = calloc(runs.count + 1, sizeof *runs.names);
	runs.profiles = calloc(runs.count + 1, sizeof *runs.profiles);
	if (!runs.names || !runs.profiles) {
		code = fail_memory();
		goto done;
	}
	for (size_t i = 0; i < runs.count; i++)
		runs.names[i] = i < files->count ? files->paths[i] : more->items[i - files->count];
	code = cli_read_inputs(runs.profiles, runs.names, runs.count, common, false);
	if (code >= 0)
		goto done;
	cli_warn_of_profiles(runs.profiles, runs.names, runs.count);
	code = cli_panel_open(&runs.panel, runs.profiles, runs.names, runs.count, common);
done:
	if (code < 0)
		*out = runs;
	else
		cli_runs_release(&runs);
	return code;
}

void cli_runs_note_sums(const struct cli_runs *runs, const struct cli_files *files)
{
	cli_note_sums(runs->names, files->count, "workload");
	cli_note_sums(runs->names + files->count, runs->count - files->count, "reference");
}

static void warn_of_twins(const struct cli_runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		if (runs->twin[i] != i)
			fprintf(stderr,
				CLI_PROGRAM ": warning: '%s' and '%s' are the same but for a factor: one run given as "
					    "two says nothing about how workloads differ\n",
				runs->names[runs->twin[i]], runs->names[i]);
}

int cli_runs_relate(struct cli_runs *runs, const size_t *labels)
{
	struct pgo_error err = {0};
	runs->twin = calloc(runs->count + 1, sizeof *runs->twin);
	runs->join_shares = calloc(runs->count + 1, sizeof *runs->join_shares);
	if (!runs->twin || !runs->join_shares)
		return fail_memory();
	if (pgo_panel_join_shares(runs->join_shares, &runs->panel, &err) != PGO_OK ||
	    pgo_panel_twins(runs->twin, &runs->panel, &err) != PGO_OK)
		return cli_fail(&err);
	for (size_t i = 0; labels && i < runs->count; i++)
		if (labels[runs->twin[i]] == labels[i])
			runs->twin[i] = i;
	warn_of_twins(runs);
	return -1;
}

struct pgo_joins cli_joins(const struct cli_runs *runs)
{
	return (struct pgo_joins){
		.count = runs->count, .shares = runs->join_shares, .names = (const char *const *)runs->names};
}

void cli_runs_release(struct cli_runs *runs)
{
	pgo_panel_release(&runs->panel);
	for (size_t i = 0; runs->profiles && i < runs->count; i++)
		pgo_profile_free(runs->profiles[i]);
	free(runs->profiles);
	free(runs->names);
	free(runs->join_shares);
	free(runs->twin);
	*runs = (struct cli_runs){0};
}

int cli_conclude(const struct cli_common *common, const struct cli_outcome *outcome, const struct pgo_several *several,
		 const struct pgo_verdict *verdict, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *))
{
	struct pgo_report report = {.several = several, .verdict = verdict};
	int code = cli_write(common, &report, write);
	return code == PGO_EXIT_OK && outcome ? cli_outcome_exit(outcome, verdict) : code;
}
