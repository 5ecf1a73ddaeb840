/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

int cli_fail(const struct pgo_error *err)
{
	pgo_error_print(CLI_PROGRAM, err);
	return pgo_exit_code(err->code);
}

/** write(2) itself, so that the reason of a failure is known however long the text is. */
static int write_all(const char *text, size_t length, struct pgo_error *err)
{
	while (length) {
		ssize_t n = write(STDOUT_FILENO, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pgo_error_errno(err, "cannot write standard output");
		text += n;
		length -= (size_t)n;
	}
	return PGO_OK;
}

int cli_print(void (*fill)(FILE *out, const void *context), const void *context)
{
	struct pgo_error err = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);
	if (memory)
		fill(memory, context);
	if (!memory || fclose(memory) != 0)
		pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	else
		write_all(text, length, &err);
	free(text);
	return err.code ? cli_fail(&err) : PGO_EXIT_OK;
}

int cli_write(const struct cli_common *common, struct pgo_report *report,
	      int (*write)(FILE *, const struct pgo_report *, struct pgo_error *))
{
	struct pgo_error err = {0};
	if (!common->output && isatty(STDOUT_FILENO)) {
		const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM"); /* https://no-color.org */
		struct winsize size;
		report->color = !(no_color && *no_color) && !(terminal && strcmp(terminal, "dumb") == 0);
		report->width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
	}
	int rc = pgo_report_to(common->output, write, report, &err);
	return rc == PGO_OK ? PGO_EXIT_OK : cli_fail(&err);
}
