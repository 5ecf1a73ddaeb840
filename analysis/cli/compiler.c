/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "pgo/write.h"

extern char **environ;

/** What `rustc -vV` prints, or nothing. */
static void ask_rustc(char *out, size_t size)
{
	int ends[2];
	pid_t child;
	char program[] = "rustc", option[] = "-vV", *argv[] = {program, option, NULL};
	posix_spawn_file_actions_t actions;
	size_t used = 0;
	out[0] = '\0';
	if (pipe(ends) != 0)
		return;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	bool started = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ) == 0;
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	for (ssize_t n; started && used + 1 < size && (n = read(ends[0], out + used, size - 1 - used)) > 0;)
		used += (size_t)n;
	out[used] = '\0';
	close(ends[0]);
	if (started)
		waitpid(child, NULL, 0);
}

uint32_t cli_version_for(const char *compiler)
{
	char text[4096];
	if (strcmp(compiler, "rustc") != 0)
		return pgo_indexed_version_for(compiler);
	ask_rustc(text, sizeof text);
	const char *line = strstr(text, "LLVM version: ");
	if (!line)
		return PGO_INDEXED_NEWEST;
	char name[32];
	snprintf(name, sizeof name, "llvm-%d", atoi(line + strlen("LLVM version: ")));
	return pgo_indexed_version_for(name);
}
