/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/binary.h"
#include "cli.h"

int cli_open_binary(struct pgo_binary **out, const char *path)
{
	struct pgo_error err = {0}, named = {0};
	*out = NULL;
	if (!path || pgo_binary_open(out, path, &err) == PGO_OK)
		return -1;
	pgo_error_set(&named, err.code, "cannot read binary '%s': %s", path, err.message);
	if (err.hint[0])
		pgo_error_hint(&named, "%s", err.hint);
	int code = cli_fail(&named);
	return err.code == PGO_ESYSTEM ? PGO_EXIT_INPUT : code;
}
