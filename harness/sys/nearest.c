/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sys/nearest.h"

#include <string.h>

/* Edits (insert, delete, replace, swap of neighbours) from a to b; texts longer than the table are "far". */
static unsigned edit_distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned d[MAX + 1][MAX + 1];
	size_t n = strlen(a), m = strlen(b);
	if (n > MAX || m > MAX)
		return MAX;
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
			d[i][j] = best;
		}
	return d[n][m];
}

const char *nearest_word(const char *text, const char *const *words, size_t count)
{
	const char *near = NULL;
	unsigned best = strlen(text) > 5 ? 3 : 2;
	for (size_t i = 0; i < count; i++) {
		unsigned d = edit_distance(text, words[i]);
		if (d > best || d >= strlen(text))
			continue;
		near = d < best || !near ? words[i] : near;
		best = d;
	}
	return near;
}
