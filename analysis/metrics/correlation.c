/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

/* Ranks from 0: `dense` numbers distinct values, `mid` is the mean rank of a tie. Returns the number of tied pairs. */
struct ranks {
	uint32_t *dense;
	double *mid;
	uint32_t distinct;
	double tied_pairs;
	struct pgo_keyed *order;
};

static int rank(struct ranks *r, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->order[i] = (struct pgo_keyed){.key = pgo_key_of(x[i]), .index = (uint32_t)i};
	if (pgo_sort_keyed(r->order, n) != PGO_OK)
		return PGO_ENOMEM;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && r->order[end].key == r->order[i].key; end++) {
		}
		double size = (double)(end - i);
		for (size_t k = i; k < end; k++) {
			r->dense[r->order[k].index] = r->distinct;
			r->mid[r->order[k].index] = (double)i + (size - 1) / 2;
		}
		r->distinct++;
		r->tied_pairs += size * (size - 1) / 2;
	}
	return PGO_OK;
}

static double pearson_of_ranks(const double *x, const double *y, size_t n)
{
	double mean = ((double)n - 1) / 2, xy = 0, xx = 0, yy = 0;
	for (size_t i = 0; i < n; i++) {
		double dx = x[i] - mean, dy = y[i] - mean;
		xy += dx * dy;
		xx += dx * dx;
		yy += dy * dy;
	}
	return xy / sqrt(xx * yy);
}

/*
 * Pairs of i < j in x's order with y_i > y_j, or with y_i < y_j, counted with a Fenwick tree over the dense ranks of y.
 * Members of a tie in x are looked up before any of them is entered, so they form no pair.
 */
static void count_pairs(double *concordant, double *discordant, const struct ranks *x, const struct ranks *y, size_t n,
			uint32_t *tree)
{
	memset(tree, 0, (y->distinct + 1) * sizeof *tree);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && x->order[end].key == x->order[i].key; end++) {
			uint32_t r = y->dense[x->order[end].index], below = 0, up_to = 0;
			for (uint32_t k = r; k > 0; k &= k - 1)
				below += tree[k];
			for (uint32_t k = r + 1; k > 0; k &= k - 1)
				up_to += tree[k];
			*concordant += below;
			*discordant += (double)(i - up_to);
		}
		for (size_t k = i; k < end; k++)
			for (uint32_t at = y->dense[x->order[k].index] + 1; at <= y->distinct; at += at & -at)
				tree[at]++;
	}
}

static int ranks_init(struct ranks *r, size_t n)
{
	*r = (struct ranks){.dense = pgo_array_new(n, sizeof *r->dense),
			    .mid = pgo_array_new(n, sizeof *r->mid),
			    .order = pgo_array_new(n, sizeof *r->order)};
	return r->dense && r->mid && r->order ? PGO_OK : PGO_ENOMEM;
}

static void ranks_release(struct ranks *r)
{
	free(r->dense);
	free(r->mid);
	free(r->order);
}

int pgo_rank_correlations(struct pgo_optional *spearman, struct pgo_optional *kendall_tau_b, const double *x,
			  const double *y, size_t count)
{
	struct ranks rx = {0}, ry = {0};
	uint32_t *tree = NULL;
	int rc = PGO_ENOMEM;

	*spearman = *kendall_tau_b = (struct pgo_optional){0};
	if (count < 2)
		return PGO_OK;
	if (ranks_init(&rx, count) || ranks_init(&ry, count) || rank(&rx, x, count) || rank(&ry, y, count))
		goto done;
	rc = PGO_OK;
	if (rx.distinct < 2 || ry.distinct < 2)
		goto done;
	*spearman = (struct pgo_optional){true, pearson_of_ranks(rx.mid, ry.mid, count)};
	tree = malloc((ry.distinct + 1) * sizeof *tree);
	if (!tree) {
		rc = PGO_ENOMEM;
		goto done;
	}
	double pairs = (double)count * ((double)count - 1) / 2, concordant = 0, discordant = 0;
	count_pairs(&concordant, &discordant, &rx, &ry, count, tree);
	double untied = sqrt((pairs - rx.tied_pairs) * (pairs - ry.tied_pairs));
	*kendall_tau_b = (struct pgo_optional){true, (concordant - discordant) / untied};
done:
	ranks_release(&rx);
	ranks_release(&ry);
	free(tree);
	return rc;
}
