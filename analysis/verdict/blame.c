/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/verdict/rules.h"

#define LEAST_SHARE 0.0005 /* nobody is blamed for what prints as 0.0 % */

void pgo_blame_text(char *out, size_t size, const struct pgo_comparison *c, enum pgo_blame blame)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; i < PGO_CULPRITS; i++) {
		const struct pgo_culprit *culprit = &c->culprits[blame][i];
		if (!culprit->name || culprit->share < LEAST_SHARE)
			break;
		char *readable = pgo_demangle(culprit->name);
		int n = snprintf(out + used, size - used, "%s'%.60s' (%.1f %%)", i ? ", " : "",
				 readable ? readable : culprit->name, 100 * culprit->share);
		free(readable);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
}
