/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cli.h"
#include "harness/sys/files.h"
#include "harness/sys/nearest.h"

static const struct cli_command commands[] = {
	{"run", "train, judge, build and measure a corpus", cmd_run},
	{"doctor", "check the toolchain, and say how to install what is missing", cmd_doctor},
	{"list", "the workloads of a corpus, as they will be run", cmd_list},
	{"report", "print the report of a finished run, or of several side by side", cmd_report},
	{"help", "this overview, or the help of one command", cmd_help},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

int cli_overview(FILE *out)
{
	fprintf(out,
		"Usage: pgo-harness COMMAND [OPTION...] [ARGUMENT...]\n"
		"Train a program with profile-guided optimization, and prove that the profile can be trusted.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n"
		     "  pgo-harness COMMAND --help   what it does, its options, examples, exit codes\n"
		     "  pgo-harness --version        version of this program\n\n"
		     "Start with: pgo-harness doctor, then pgo-harness run workloads/lua\n");
	return out == stdout ? cli_finish_stdout(PGO_EXIT_OK) : PGO_EXIT_USAGE;
}

int cli_dispatch(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		char *full = NULL;
		if (strcmp(commands[i].name, name))
			continue;
		full = files_format("%s %s", CLI_PROGRAM, name); /* the name argp puts before its messages */
		if (!full)
			return PGO_EXIT_SYSTEM;
		argv[0] = full;
		int code = commands[i].run(argc, argv);
		free(full);
		return code;
	}
	const char *names[COMMANDS], *near;
	char hint[120] = "'pgo-harness help' lists all commands";
	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = nearest_word(name, names, COMMANDS);
	if (near)
		snprintf(hint, sizeof hint, "did you mean 'pgo-harness %s'? 'pgo-harness help' lists all commands",
			 near);
	return cli_usage(hint, "there is no command '%s'", name);
}

int cli_fail(const struct pgo_error *err)
{
	pgo_error_print(CLI_PROGRAM, err);
	return pgo_exit_code(err->code);
}

int cli_usage(const char *hint, const char *format, ...)
{
	char message[400];
	struct pgo_error err = {0};
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	pgo_error_set(&err, PGO_EINVAL, "%s", message);
	pgo_error_hint(&err, "%s", hint);
	return cli_fail(&err);
}

int cli_finish_stdout(int code)
{
	struct pgo_error err = {0};
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	pgo_error_errno(&err, "cannot write to standard output");
	return cli_fail(&err);
}

int cli_write(const char *path, int (*write)(FILE *, void *, struct pgo_error *), void *data, struct pgo_error *err)
{
	if (!path || !strcmp(path, "-")) {
		int code = write(stdout, data, err);
		if (!code && (fflush(stdout) || ferror(stdout)))
			code = pgo_error_errno(err, "cannot write to standard output");
		return code;
	}
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	if (!stream)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	int code = write(stream, data, err);
	if (fclose(stream) && !code)
		code = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!code)
		code = files_write_atomic(path, text, length, err);
	free(text);
	return code;
}

bool cli_parse_int(const char *text, int low, int high, int *out)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < low || value > high)
		return false;
	*out = (int)value;
	return true;
}

int cmd_help(int argc, char **argv)
{
	char help[] = "--help";
	char *arguments[] = {argv[0], help, NULL};
	if (argc < 2 || argv[1][0] == '-' || !strcmp(argv[1], "help"))
		return cli_overview(stdout);
	return cli_dispatch(argv[1], 2, arguments);
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "%s %s\n", CLI_PROGRAM, PGO_VERSION);
}

/* A closed standard stream would be taken by the next file that is opened. */
static void occupy_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) == -1)
			return;
}

int main(int argc, char **argv)
{
	occupy_standard_streams();
	argp_program_version_hook = print_version;
	argp_err_exit_status = PGO_EXIT_USAGE;
	if (argc < 2)
		return cli_usage("'pgo-harness help' lists the commands", "a command is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "-?"))
		return cli_overview(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		print_version(stdout, NULL);
		return cli_finish_stdout(PGO_EXIT_OK);
	}
	return cli_dispatch(argv[1], argc - 1, argv + 1);
}
