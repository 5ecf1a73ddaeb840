/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/verdict/rules.h"

#define BLAMED 3
#define LEAST_SHARE 0.0005 /* nobody is blamed for what prints as 0.0 % */

struct culprit {
	const struct pgo_function_comparison *function;
	double share; /* of B's mass */
};

static bool blamed(uint64_t x, uint64_t y, const struct pgo_comparison *c, enum pgo_blame blame)
{
	const struct pgo_summary *a = &c->train.summary, *b = &c->test.summary;
	if (blame == PGO_BLAME_UNDER_SERVED)
		return x < a->hot_threshold;
	return y >= b->hot_threshold && x <= a->cold_threshold && x < a->hot_threshold;
}

static double blamed_share(const struct pgo_comparison *c, const struct pgo_function_comparison *f,
			   enum pgo_blame blame)
{
	const struct pgo_summary *b = &c->test.summary;
	if (f->test_share == 0)
		return 0;
	if (f->train_class == PGO_CLASS_NEVER && blame != PGO_BLAME_DEMOTED)
		return f->test_share;
	if (blame == PGO_BLAME_MISSED)
		return 0;
	const struct pgo_function *g = &c->test_profile->functions[f->test_index];
	const uint64_t *y = pgo_function_counters(c->test_profile, g), *x = NULL;
	if (f->train_class != PGO_CLASS_NEVER)
		x = pgo_function_counters(c->train_profile, &c->train_profile->functions[f->train_index]);
	double sum = 0;
	for (uint32_t i = 0; i < g->counter_count; i++)
		if (x ? blamed(x[i], y[i], c, blame) : y[i] >= b->hot_threshold)
			sum += (double)y[i];
	return sum / (double)b->total;
}

static void insert(struct culprit list[BLAMED], struct culprit new)
{
	for (size_t i = 0; i < BLAMED; i++)
		if (new.share > list[i].share) {
			struct culprit old = list[i];
			list[i] = new;
			new = old;
		}
}

void pgo_blame_text(char *out, size_t size, const struct pgo_comparison *c, enum pgo_blame blame)
{
	struct culprit list[BLAMED] = {0};
	size_t used = 0;

	for (size_t i = 0; i < c->function_count; i++)
		insert(list, (struct culprit){&c->functions[i], blamed_share(c, &c->functions[i], blame)});
	out[0] = 0;
	for (size_t i = 0; i < BLAMED && list[i].share >= LEAST_SHARE; i++) {
		char *readable = pgo_demangle(pgo_comparison_name(c, list[i].function));
		int n = snprintf(out + used, size - used, "%s'%.60s' (%.1f %%)", i ? ", " : "",
				 readable ? readable : "?", 100 * list[i].share);
		free(readable);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
}
