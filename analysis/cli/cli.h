/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_ANALYZE_CLI_H
#define PGO_ANALYZE_CLI_H

#include <argp.h>

#include "pgo/report.h"

/* What the commands of pgo-analyze share. A command returns the exit code of the program (enum pgo_exit). */

#define CLI_PROGRAM "pgo-analyze"

struct cli_command {
	const char *name;
	const char *summary;		   /* one line of the overview */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

int cmd_show(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_gate(int argc, char **argv);
int cmd_skew(int argc, char **argv);
int cmd_sufficiency(int argc, char **argv);
int cmd_weights(int argc, char **argv);
int cmd_continuity(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_matrix(int argc, char **argv);
int cmd_stability(int argc, char **argv);
int cmd_help(int argc, char **argv);

/** The table of commands, ended by a row without a name. */
extern const struct cli_command cli_commands[];

const struct cli_command *cli_command_find(const char *name);

/** Overview of all commands on standard output. @return exit code */
int cli_overview(void);

/** "pgo-analyze VERSION" on standard output. @return exit code */
int cli_version(void);

/** Complain that there is no command `name` and name the nearest. @return exit code */
int cli_unknown_command(const char *name);

/** Write what `fill` prints to standard output and see whether all arrived. @return exit code */
int cli_print(void (*fill)(FILE *out, const void *context), const void *context);

/** Print a failure to standard error. @return its exit code */
int cli_fail(const struct pgo_error *err);

/* Arguments -------------------------------------------------------------------------------------------------------- */

/** The arguments that are no options; argp has moved them to the end of argv. */
struct cli_files {
	size_t count;
	char **paths; /* into argv */
};

/** Options every command has, and its arguments. Its argp takes a struct cli_common as input. */
struct cli_common {
	const char *command;
	const struct pgo_writer *writer;
	const char *output;	  /* NULL: standard output */
	const char *input_format; /* NULL: detect */
	bool context_sensitive;
	double max_lost; /* share of a profile that may be damaged */
	struct cli_files files;
	bool help;
	bool version;
	struct pgo_error err; /* the first usage error */
};
extern const struct argp cli_common_argp;

/** The same without --format and --cs, for commands whose result is no report. */
extern const struct argp cli_plain_argp;

struct cli_common cli_common_defaults(const char *command);

/**
 * Parse, and serve --help and --version.
 * @return -1: go on; else the exit code the command ends with.
 */
int cli_parse(const struct argp *argp, int argc, char **argv, void *input, struct cli_common *common);

/** Record a usage error. @return EINVAL, for an argp parser to return */
error_t cli_usage(struct cli_common *common, const char *format, ...) PGO_PRINTF(2, 3);

/** A whole number, 0 or more. @return 0, or EINVAL with the error recorded */
error_t cli_parse_size(struct cli_common *common, const char *option, const char *text, size_t *out);

/** A number from 0 to 1. */
error_t cli_parse_share(struct cli_common *common, const char *option, const char *text, double *out);

/** A --function expression. */
error_t cli_parse_pattern(struct cli_common *common, const char *text, const char **out);

/** Check how many profiles were named. @return -1: fine; else exit code */
int cli_check_files(const struct cli_common *common, const struct cli_files *files, size_t least, size_t most,
		    const char *needs);

/* Thresholds: options made from the tables of pgo_policy_fields() and pgo_compare_fields() ------------------------ */

enum { CLI_THRESHOLD_KEY = 0x2000, CLI_THRESHOLDS_MOST = 40, CLI_THRESHOLD_TEXT = 160 };

struct cli_thresholds {
	struct cli_common *common;
	struct pgo_policy policy;
	struct pgo_compare_options options;
	uint32_t options_set;	    /* bit i: row i of pgo_compare_fields() */
	enum pgo_exit inconclusive; /* exit code of an inconclusive verdict */
	bool report_only;
	const char *policy_file; /* NULL: none */
	struct argp argp;
	struct argp_option rows[CLI_THRESHOLDS_MOST];
	char names[CLI_THRESHOLDS_MOST][48];
	char texts[CLI_THRESHOLDS_MOST][CLI_THRESHOLD_TEXT];
};

/** Fill the defaults and the argp, whose rows point into `t`: it must stay where it is. */
void cli_thresholds_init(struct cli_thresholds *t, struct cli_common *common);

/** Exit code of a verdict as the user wants it. */
int cli_verdict_exit(const struct cli_thresholds *t, const struct pgo_verdict *verdict);

/* Profiles --------------------------------------------------------------------------------------------------------- */

/**
 * Read `count` profiles, several at a time, each what the command line means by it: a file, directory, pattern or list;
 * damaged records are set aside as --max-lost says. Prints an error for each that cannot be read.
 * @param[out] out  array of `count`; the caller frees each (NULL where reading failed).
 * @param lazily    large indexed files may stay unread: for pgo_compare() and pgo_profile_overview()
 * @return -1: all there; else exit code
 */
int cli_read_inputs(struct pgo_profile **out, char *const *paths, size_t count, const struct cli_common *common,
		    bool lazily);

/** Print the warnings of profiles to standard error: for commands whose text report does not have them. */
void cli_warn_of_profiles(struct pgo_profile *const *profiles, char *const *paths, size_t count);

/** Files behind an argument where it is a pattern, a directory or a list, which are added up; else 0. */
size_t cli_files_behind(const char *argument);

/** Note on standard error each argument whose many files are added up to one `what` ("workload"). */
void cli_note_sums(char *const *paths, size_t count, const char *what);

struct pgo_binary;
/** Open the --binary, if one was named. @return -1: *out is it, or NULL where none was named; else exit code */
int cli_open_binary(struct pgo_binary **out, const char *path);

/** "cannot read profile 'PATH': WHAT": the reader knows what, here is known which. @return exit code */
int cli_fail_reading(const char *path, const struct pgo_error *err);

/** Hand the report to the writer's function: to the output named, with colour and width where a terminal takes it. */
int cli_write(const struct cli_common *common, struct pgo_report *report,
	      int (*write)(FILE *, const struct pgo_report *, struct pgo_error *));

/** Version of the indexed format for a compiler; "rustc" is asked for its LLVM. @return 0: unknown */
uint32_t cli_version_for(const char *compiler);

/** The word of a list (ended by NULL) nearest to `word`, or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *words);

#endif
