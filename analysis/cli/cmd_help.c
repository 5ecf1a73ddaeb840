/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli.h"

int cmd_help(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cli_overview();
	if (strcmp(argv[1], "--version") == 0)
		return cli_version();
	const struct cli_command *command = cli_command_find(argv[1]);
	if (!command)
		return cli_unknown_command(argv[1]);
	char help[] = "--help";
	char *arguments[] = {argv[1], help, NULL};
	return command->run(2, arguments);
}
