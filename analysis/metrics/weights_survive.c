/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

/*
 * Raising one workload's share lifts its counters and, by the cutoff, may drown others; no share is best for all, and
 * the smallest survival is piecewise constant in the shares: no slope leads to its maximum. The search starts twice, at
 * equal shares and where each workload's own hot threshold stands at the same height in the merge (share ~ 1 /
 * threshold); from there it raises the share of the workload that survives least by several factors, or lowers that of
 * the one that survives best, and takes the best of these as long as one is better. A heuristic: it ends where no
 * single change helps. The tests compare it with a grid.
 */

#define TRIES_MOST 400
#define BETTER 5e-4 /* what is not better by this much is left: shares stay near where the search began */

struct searching {
	const struct pgo_mixture *m;
	size_t n;
	double *all, *merged, *scratch, *survival;
	unsigned tries;
};

/* Smallest survival at shares w; `survival` is filled. */
static double least_survival(struct searching *s, const double *w)
{
	double sum = 0, least = 1;
	for (size_t i = 0; i < s->n; i++)
		sum += w[i];
	for (size_t i = 0; i < s->n; i++)
		s->all[i] = w[i] / sum;
	pgo_mixture_merge(s->merged, s->m, s->all);
	double threshold = pgo_cutoff(s->merged, s->m->rows, 0.99, s->scratch);
	pgo_mixture_survival(s->survival, s->m, s->merged, threshold);
	for (size_t i = 0; i < s->n; i++)
		least = s->survival[i] < least ? s->survival[i] : least;
	s->tries++;
	return least;
}

/* Try share `which` of w times each factor. @return the factor that gave more than `best`, which is raised; else 1 */
static double try_factors(struct searching *s, double *w, size_t which, bool up, double *best)
{
	static const double factors[] = {1.02, 1.05, 1.1, 1.2, 1.5, 2, 4, 16};
	double kept = w[which], found = 1;
	for (size_t k = 0; k < sizeof factors / sizeof factors[0]; k++) {
		double factor = up ? factors[k] : 1 / factors[k];
		w[which] = kept * factor;
		double least = least_survival(s, w);
		if (least > *best + BETTER) {
			*best = least;
			found = factor;
		}
	}
	w[which] = kept;
	return found;
}

static double climb(struct searching *s, double *w)
{
	double best = least_survival(s, w);
	while (best < 1 - BETTER && s->tries < TRIES_MOST) {
		size_t worst = 0, safest = 0;
		least_survival(s, w);
		for (size_t i = 1; i < s->n; i++) {
			worst = s->survival[i] < s->survival[worst] ? i : worst;
			safest = s->survival[i] > s->survival[safest] ? i : safest;
		}
		size_t moved = worst;
		double factor = try_factors(s, w, worst, true, &best);
		if (factor == 1) {
			moved = safest;
			factor = try_factors(s, w, safest, false, &best);
		}
		for (size_t i = 0; factor == 1 && i < s->n && s->tries < TRIES_MOST; i++) {
			moved = i;
			factor = i == safest ? 1 : try_factors(s, w, i, false, &best);
		}
		if (factor == 1)
			break;
		w[moved] *= factor;
	}
	return best;
}

/* Shares that lift every workload's smallest hot counter to the same height. */
static void level(const struct searching *s, double *w)
{
	const struct pgo_mixture *m = s->m;
	for (size_t i = 0; i < s->n; i++)
		w[i] = INFINITY;
	for (size_t e = 0; e < m->start[m->rows]; e++) {
		size_t i = m->profile[e] & PGO_MIXTURE_PROFILE;
		if ((m->profile[e] & PGO_MIXTURE_HOT) && i < s->n && m->value[e] < w[i])
			w[i] = m->value[e];
	}
	double sum = 0;
	for (size_t i = 0; i < s->n; i++)
		sum += w[i] = 1 / w[i];
	for (size_t i = 0; i < s->n; i++)
		w[i] /= sum;
}

int pgo_weights_survive(double *shares, unsigned *rounds, const struct pgo_mixture *m, size_t count)
{
	struct searching s = {.m = m, .n = count};
	double *second = pgo_array_new(count, sizeof *second);
	s.all = calloc(m->profile_count + 1, sizeof *s.all);
	s.merged = pgo_array_new(m->rows, sizeof *s.merged);
	s.scratch = pgo_array_new(m->rows, sizeof *s.scratch);
	s.survival = pgo_array_new(m->profile_count, sizeof *s.survival);
	int rc = second && s.all && s.merged && s.scratch && s.survival ? PGO_OK : PGO_ENOMEM;
	if (rc == PGO_OK) {
		double first = climb(&s, shares), sum = 0;
		*rounds = s.tries;
		s.tries = 0;
		level(&s, second);
		if (first < 1 - BETTER && climb(&s, second) > first + BETTER)
			memcpy(shares, second, count * sizeof *shares);
		*rounds += s.tries;
		for (size_t i = 0; i < count; i++)
			sum += shares[i];
		for (size_t i = 0; i < count; i++)
			shares[i] /= sum;
	}
	free(second);
	free(s.all);
	free(s.merged);
	free(s.scratch);
	free(s.survival);
	return rc;
}
