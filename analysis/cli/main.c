/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const struct cli_command cli_commands[] = {
	{"show", "what one profile holds: format, counts, thresholds, functions", cmd_show},
	{"compare", "does training profile A serve executions like those of B?", cmd_compare},
	{"explain", "one function through two profiles: counters, classes, what the compiler would do", cmd_explain},
	{"gate", "one verdict on a training profile against several references", cmd_gate},
	{"skew", "is a profile as concentrated as a micro-benchmark, or drowned by one?", cmd_skew},
	{"sufficiency", "are these workloads enough, or how many more?", cmd_sufficiency},
	{"weights", "shares and merge weights of several workloads", cmd_weights},
	{"continuity", "is a new profile as whole as the last accepted one?", cmd_continuity},
	{"matrix", "how far profiles lie from one another, all pairs, and their clusters", cmd_matrix},
	{"stability", "do the workloads behave alike, and can one profile serve them all?", cmd_stability},
	{"calibrate", "thresholds of the gate from your own real runs", cmd_calibrate},
	{"merge", "add profiles up, weighted, into one that a named compiler reads", cmd_merge},
	{"help", "this overview, or the help of one command", cmd_help},
	{NULL, NULL, NULL},
};

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void fill_overview(FILE *out, const void *context)
{
	(void)context;
	fputs("Usage: pgo-analyze COMMAND [OPTION...] [PROFILE...]\n"
	      "Judge whether a PGO profile can be trusted.\n\n",
	      out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(out, "  %-12s %s\n", c->name, c->summary);
	fputs("\n"
	      "  pgo-analyze COMMAND --help   what it answers, its options, examples, exit codes\n"
	      "  pgo-analyze --version        version of this program\n\n"
	      "Start with: pgo-analyze compare train.profdata production.profdata\n",
	      out);
}

int cli_overview(void)
{
	return cli_print(fill_overview, NULL);
}

static void fill_version(FILE *out, const void *context)
{
	(void)context;
	fprintf(out, "%s %s\n", CLI_PROGRAM, PGO_VERSION);
}

int cli_version(void)
{
	return cli_print(fill_version, NULL);
}

int cli_unknown_command(const char *name)
{
	const char *names[sizeof cli_commands / sizeof cli_commands[0]];
	size_t count = sizeof names / sizeof names[0];
	for (size_t i = 0; i < count; i++)
		names[i] = cli_commands[i].name;
	const char *nearest = cli_nearest(name, names);
	struct pgo_error err = {0};
	pgo_error_set(&err, PGO_EINVAL, "there is no command '%s'", name);
	if (nearest)
		pgo_error_hint(&err, "did you mean 'pgo-analyze %s'? 'pgo-analyze help' lists all commands", nearest);
	pgo_error_hint(&err, "'pgo-analyze help' lists all commands");
	return cli_fail(&err);
}

/** A closed standard stream would be taken by the next file that is opened; put something there that cannot be written.
 */
static void occupy_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) == -1)
			return;
}

int main(int argc, char **argv)
{
	occupy_standard_streams();
	if (argc < 2) {
		struct pgo_error err = {0};
		pgo_error_set(&err, PGO_EINVAL, "a command is missing");
		pgo_error_hint(&err, "'pgo-analyze help' lists the commands");
		return cli_fail(&err);
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return cli_overview();
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		return cli_version();
	const struct cli_command *command = cli_command_find(name);
	if (!command)
		return cli_unknown_command(name);
	return command->run(argc - 1, argv + 1);
}
