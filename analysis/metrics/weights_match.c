/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"

/*
 * Sequential quadratic programming on the simplex. f(w) = JSD(q, m(w)) is convex, since JSD is convex in each argument
 * and m is linear in w. With M = (m + q) / 2, in bits:
 *	g_i  = 1/2 sum_c p_ic log2(m_c / M_c)
 *	H_ij = 1 / (2 ln 2) sum_c p_ic p_jc q_c / (m_c (m_c + q_c))
 * Each round minimises the quadratic model over the simplex by exchanges between two shares, then goes along the line
 *to its minimum as far as f falls. A share falls to a hundredth in one round at most: m stays above zero wherever a
 * workload has mass, and so does every logarithm's argument.
 */

#define ROUNDS_MOST 100
#define EXCHANGES_MOST 50000
#define SHRINK_MOST 0.01
#define GAP_GOOD 1e-15 /* bits; doubles carry no more */
#define DUST 1e-12     /* shares below have fallen to nothing */
#define LEAST 1e-100   /* for logarithms */

struct matching {
	const struct pgo_mixture *m;
	size_t n;
	const double *q;
	double *all; /* weights of all profiles of the mixture: 0 behind n */
	double *merged;
	double *w, *next, *g, *best; /* n each */
	double *h;		     /* n * n */
};

static double divergence(const struct matching *a, const double *w)
{
	double sum = 0;
	memcpy(a->all, w, a->n * sizeof *w);
	pgo_mixture_merge(a->merged, a->m, a->all);
	for (size_t r = 0; r < a->m->rows; r++)
		sum += pgo_jsd_term(a->merged[r], a->q[r]);
	return sum;
}

/* At the weights `merged` was made of. */
static void derive(const struct matching *a)
{
	const struct pgo_mixture *m = a->m;
	memset(a->g, 0, a->n * sizeof *a->g);
	memset(a->h, 0, a->n * a->n * sizeof *a->h);
	for (size_t r = 0; r < m->rows; r++) {
		double mass = a->merged[r], q = a->q[r];
		/* no mass: at the end, where a share was set to nothing; the slope is its limit */
		mass = mass > 0 ? mass : LEAST;
		double slope = 0.5 * log2(2 * mass / (mass + q));
		double curve = 0.5 * M_LOG2E * q / (mass * (mass + q));
		for (size_t e = m->start[r]; e < m->start[r + 1]; e++) {
			size_t i = m->profile[e] & PGO_MIXTURE_PROFILE;
			if (i >= a->n)
				break; /* entries of a row are in the order of profiles */
			a->g[i] += slope * m->value[e];
			double scaled = curve * m->value[e];
			for (size_t k = m->start[r]; curve > 0 && k <= e; k++)
				a->h[i * a->n + (m->profile[k] & PGO_MIXTURE_PROFILE)] += scaled * m->value[k];
		}
	}
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < i; j++)
			a->h[j * a->n + i] = a->h[i * a->n + j];
}

static double gap_of(const struct matching *a)
{
	double mean = 0, least = INFINITY;
	for (size_t i = 0; i < a->n; i++) {
		mean += a->w[i] * a->g[i];
		least = a->g[i] < least ? a->g[i] : least;
	}
	return mean > least ? mean - least : 0;
}

/* Minimum of g.d + d.H.d / 2 into `next`; spoils g. */
static void solve_model(const struct matching *a)
{
	size_t n = a->n;
	memcpy(a->next, a->w, n * sizeof *a->w);
	for (unsigned k = 0; k < EXCHANGES_MOST; k++) {
		size_t up = 0, down = n;
		for (size_t i = 0; i < n; i++) {
			up = a->g[i] < a->g[up] ? i : up;
			if (a->next[i] > SHRINK_MOST * a->w[i] && (down == n || a->g[i] > a->g[down]))
				down = i;
		}
		if (down == n || a->g[down] - a->g[up] <= 1e-17)
			break;
		const double *hu = a->h + up * n, *hd = a->h + down * n;
		double curve = hu[up] + hd[down] - 2 * hu[down], room = a->next[down] - SHRINK_MOST * a->w[down];
		double step = curve > 0 ? (a->g[down] - a->g[up]) / curve : room;
		step = step < room ? step : room;
		a->next[up] += step;
		a->next[down] = step < room ? a->next[down] - step : SHRINK_MOST * a->w[down];
		for (size_t i = 0; i < n; i++)
			a->g[i] += step * (hu[i] - hd[i]);
	}
}

/* From w towards `next`. @return true when w moved; `value` is f there and `merged` belongs to it */
static bool go(const struct matching *a, double *value)
{
	double step = 1;
	for (int halving = 0; halving < 40; halving++, step /= 2) {
		for (size_t i = 0; i < a->n; i++)
			a->best[i] = a->w[i] + step * (a->next[i] - a->w[i]);
		double f = divergence(a, a->best);
		if (f < *value || (halving == 0 && f <= *value + 1e-15)) {
			memcpy(a->w, a->best, a->n * sizeof *a->w);
			*value = f;
			return true;
		}
	}
	return false;
}

static void descend(const struct matching *a, double *jsd, double *gap, unsigned *rounds)
{
	double value = divergence(a, a->w), least = INFINITY;
	unsigned idle = 0;
	for (*rounds = 0; *rounds < ROUNDS_MOST; ++*rounds) {
		derive(a);
		double now = gap_of(a);
		idle = now < least / 2 ? 0 : idle + 1; /* at the end rounding moves w, not the gap */
		least = now < least ? now : least;
		if (now <= GAP_GOOD || idle > 6)
			break;
		solve_model(a);
		if (!go(a, &value))
			break;
	}
	double sum = 0;
	for (size_t i = 0; i < a->n; i++) {
		a->w[i] = a->w[i] < DUST ? 0 : a->w[i];
		sum += a->w[i];
	}
	for (size_t i = 0; i < a->n; i++)
		a->w[i] /= sum;
	*jsd = divergence(a, a->w);
	derive(a);
	*gap = gap_of(a);
}

int pgo_weights_match(double *shares, double *jsd, double *gap, unsigned *rounds, const struct pgo_mixture *m,
		      size_t count, const double *reference)
{
	struct matching a = {.m = m, .n = count, .q = reference};
	double *numbers = pgo_array_new(4 * count + count * count, sizeof *numbers);
	a.all = calloc(m->profile_count + 1, sizeof *a.all);
	a.merged = pgo_array_new(m->rows, sizeof *a.merged);
	int rc = PGO_ENOMEM;
	if (numbers && a.all && a.merged) {
		a.w = numbers;
		a.next = a.w + count;
		a.g = a.next + count;
		a.best = a.g + count;
		a.h = a.best + count;
		memcpy(a.w, shares, count * sizeof *shares);
		descend(&a, jsd, gap, rounds);
		memcpy(shares, a.w, count * sizeof *shares);
		rc = PGO_OK;
	}
	free(numbers);
	free(a.all);
	free(a.merged);
	return rc;
}
