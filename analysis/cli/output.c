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

int cli_finish_stdout(void)
{
	struct pgo_error err = {0};
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return PGO_EXIT_OK;
	if (errno == 0)
		errno = EIO; /* the failed write was an earlier one */
	pgo_error_errno(&err, "cannot write standard output");
	return cli_fail(&err);
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
