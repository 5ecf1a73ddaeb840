/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_ANALYZE_SEVERAL_H
#define PGO_ANALYZE_SEVERAL_H

#include "cli.h"
#include "pgo/several.h"

/* What the commands on several runs share. */

/** How a verdict becomes an exit code: options of its own argp, which takes a struct cli_outcome as input. */
struct cli_outcome {
	struct cli_common *common;
	enum pgo_exit inconclusive;
	bool report_only;
};
extern const struct argp cli_outcome_argp;

struct cli_outcome cli_outcome_defaults(struct cli_common *common);
int cli_outcome_exit(const struct cli_outcome *outcome, const struct pgo_verdict *verdict);

/** A number within [low, high]. @return 0, or EINVAL with the error recorded */
error_t cli_parse_real(struct cli_common *common, const char *option, const char *text, double low, double high,
		       double *out);

/** A number above 0 and below 1. */
error_t cli_parse_level(struct cli_common *common, const char *option, const char *text, double *out);

/** Arguments of an option that may be given more than once. */
struct cli_list {
	size_t count;
	char **items; /* heap; the words are argv's */
};

/** @return 0, or ENOMEM with the error recorded */
error_t cli_list_add(struct cli_common *common, struct cli_list *list, char *item);

/** Words separated by commas: `text` is cut up. */
error_t cli_list_split(struct cli_common *common, struct cli_list *list, char *text);

/** Profiles, and the panel of them. */
struct cli_runs {
	size_t count;
	char **names; /* as on the command line */
	struct pgo_profile **profiles;
	struct pgo_panel panel;
	/* by cli_runs_relate(): */
	struct pgo_optional *join_shares;
	size_t *twin; /* pgo_panel_twins(), but for repeats of one workload */
};

/**
 * Read the profiles `paths` and then those of `more` (may be NULL), and join them.
 * @return -1: fine; else exit code, with everything said and released.
 */
int cli_runs_open(struct cli_runs *out, const struct cli_common *common, const struct cli_files *files,
		  const struct cli_list *more);

/** Note profiles of many files: `files` as workloads, the others as references. */
void cli_runs_note_sums(const struct cli_runs *runs, const struct cli_files *files);
void cli_runs_release(struct cli_runs *runs);

/** The panel of profiles that are called `names`. @return -1, or exit code with everything said */
int cli_panel_open(struct pgo_panel *out, struct pgo_profile *const *profiles, char *const *names, size_t count,
		   const struct cli_common *common);

/** Refuse profiles without counts, which say nothing about a workload. @return -1, or exit code */
int cli_check_counts(const struct pgo_panel *panel, char *const *names);

/**
 * Measure the join shares, and warn of profiles that are the same run given as different workloads.
 * @param labels  of each profile: equal ones are of one workload; NULL: all differ.
 * @return -1, or exit code
 */
int cli_runs_relate(struct cli_runs *runs, const size_t *labels);

struct pgo_joins cli_joins(const struct cli_runs *runs);

/**
 * LABEL=PROFILE: cut the label off where no file has the whole name. labels[i] is the number of the first profile with
 * the same label; without one, a profile is a workload of its own.
 * @param[out] names  of each profile: its label, or its name where it has none; NULL: not wanted
 */
void cli_take_labels(const struct cli_files *files, size_t *labels, const char **names);

enum pgo_record_filter cli_filter(const struct cli_common *common);

/** Write the report and end as the verdict says. @return exit code */
int cli_conclude(const struct cli_common *common, const struct cli_outcome *outcome, const struct pgo_several *several,
		 const struct pgo_verdict *verdict,
		 int (*write)(FILE *, const struct pgo_report *, struct pgo_error *));

/** For the help of commands that take a profile for each workload. */
#define CLI_ONE_BY_ONE                                                                                                 \
	"Name the profiles one by one, or by a pattern that the shell expands: one in quotes, a directory or @LIST "   \
	"is "                                                                                                          \
	"added up to a single profile."

#define CLI_SEVERAL_EXIT_CODES                                                                                         \
	"Exit codes:\n"                                                                                                \
	"   0  accepted\n"                                                                                             \
	"   1  rejected: a rule failed\n"                                                                              \
	"   2  wrong usage\n"                                                                                          \
	"   3  bad input: a profile cannot be opened, is damaged or unknown, or is of\n"                               \
	"      another kind than the first\n"                                                                          \
	"   4  the system failed: the result cannot be written, out of memory\n"                                       \
	"   5  inconclusive: too little evidence to accept or to reject\n"                                             \
	"  70  internal error\n"

#endif
