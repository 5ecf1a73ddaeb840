/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <demangle.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"
#include "analysis/model/names.h"

char *pgo_demangle(const char *name)
{
	const char *symbol = name + pgo_name_file_prefix(name, strlen(name));
	/* Mach-O's leading underscore and "\01" are not undone: such names stay readable as they are. Only names that
	 * start like a mangled one are tried: C names like "f" would otherwise be taken for types. */
	if (strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "_R", 2) == 0) {
		char *readable = cplus_demangle(symbol, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
		if (readable)
			return readable;
	}
	return strdup(symbol);
}
