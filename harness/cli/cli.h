/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_HARNESS_CLI_H
#define PGO_HARNESS_CLI_H

#include <argp.h>
#include <stdio.h>

#include "pgo/error.h"

/* What the commands of pgo-harness share. A command returns the exit code of the program (enum pgo_exit). */

#define CLI_PROGRAM "pgo-harness"

struct cli_command {
	const char *name;
	const char *summary;		   /* one line of the overview */
	int (*run)(int argc, char **argv); /* argv[0] is "pgo-harness NAME" */
};

int cmd_run(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_help(int argc, char **argv);

/** Overview of all commands. @return exit code */
int cli_overview(FILE *out);

/** Run a command by its name. @return exit code */
int cli_dispatch(const char *name, int argc, char **argv);

/** Print a failure to standard error. @return its exit code */
int cli_fail(const struct pgo_error *err);

/** Print a mistake on the command line. @return PGO_EXIT_USAGE */
int cli_usage(const char *hint, const char *format, ...) PGO_PRINTF(2, 3);

/** Parse the options of a command whose argv[0] is "pgo-harness NAME". @return 0, or the exit code of a mistake */
int cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/** A mistake found by an argp parser: say it and end with PGO_EXIT_USAGE. */
_Noreturn void cli_wrong(const struct argp_state *state, const char *format, ...) PGO_PRINTF(2, 3);

/** What commands take that print something about a corpus. */
struct cli_printing {
	const char *corpus, *output;
	bool json;
};

/** The options of these commands, for their tables; terminate the table yourself. */
#define CLI_PRINTING_ROWS                                                                                              \
	{"format", 'F', "FORMAT", 0, "text or json", 0},                                                               \
	{                                                                                                              \
		"output", 'o', "FILE", 0, "write there instead of standard output", 0                                  \
	}

/** The part of their argp parser that is alike. @return 0, or ARGP_ERR_UNKNOWN for a key that is not one of them */
error_t cli_parse_printing(struct cli_printing *printing, int key, char *text, struct argp_state *state);

/** Flush standard output and see whether all arrived. @return `code`, or the exit code of the failure */
int cli_finish_stdout(int code);

/**
 * Write through `write` to `path` (NULL or "-": standard output); a file comes into being whole or not at all.
 * @return PGO_OK or PGO_ESYSTEM.
 */
int cli_write(const char *path, int (*write)(FILE *out, void *data, struct pgo_error *err), void *data,
	      struct pgo_error *err);

/** A whole number between `low` and `high`. @return false when it is none */
bool cli_parse_int(const char *text, int low, int high, int *out);

#endif
