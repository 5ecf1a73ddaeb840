/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli.h"

enum { LONGEST = 40 };

/** Edits that turn `a` into `b`: insertions, deletions, replacements, swaps of neighbours (optimal string alignment).
 */
static unsigned edits(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b);
	unsigned d[LONGEST + 1][LONGEST + 1];
	if (m > LONGEST || n > LONGEST)
		return LONGEST;
	for (size_t i = 0; i <= m; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= n; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		for (size_t j = 1; j <= n; j++) {
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[m][n];
}

const char *cli_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	/* more than a third changed is another word */
	unsigned best = length < 3 ? 2 : (unsigned)(length + 2) / 3 + 1;
	for (; *words; words++) {
		unsigned distance = edits(word, *words);
		if (distance < best) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}
