/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"
#include "pgo/distances.h"

/* A cluster while they are merged: row `slot` of the table of distances. */
struct growing {
	uint32_t node; /* as in struct pgo_merge_step */
	uint32_t size;
	bool gone;
};

struct merging {
	size_t count;
	double *distances; /* between clusters, by slot */
	struct growing *clusters;
};

/* The two closest clusters; of equally close ones those in the first slots. */
static void closest(const struct merging *m, size_t *a, size_t *b)
{
	double least = DBL_MAX;
	*a = *b = 0;
	for (size_t i = 0; i < m->count; i++)
		for (size_t j = i + 1; j < m->count && !m->clusters[i].gone; j++)
			if (!m->clusters[j].gone && m->distances[i * m->count + j] < least) {
				least = m->distances[i * m->count + j];
				*a = i;
				*b = j;
			}
}

/* Lance and Williams: the mean distance to a union is the mean of the mean distances, by size. */
static void merge(struct merging *m, size_t a, size_t b, struct pgo_merge_step *step, uint32_t node)
{
	struct growing *x = &m->clusters[a], *y = &m->clusters[b];
	size_t n = m->count;
	*step = (struct pgo_merge_step){x->node, y->node, x->size + y->size, m->distances[a * n + b]};
	for (size_t k = 0; k < n; k++) {
		if (k == a || k == b || m->clusters[k].gone)
			continue;
		double d = (x->size * m->distances[a * n + k] + y->size * m->distances[b * n + k]) / step->size;
		m->distances[a * n + k] = m->distances[k * n + a] = d;
	}
	y->gone = true;
	x->size = step->size;
	x->node = node;
}

static int build_tree(struct pgo_clusters *c, const struct pgo_distances *d)
{
	size_t n = d->count;
	struct merging m = {.count = n,
			    .distances = pgo_array_new(n * n, sizeof *m.distances),
			    .clusters = pgo_array_new(n, sizeof *m.clusters)};
	int rc = m.distances && m.clusters ? PGO_OK : PGO_ENOMEM;
	if (rc == PGO_OK && n)
		memcpy(m.distances, d->values, n * n * sizeof *m.distances);
	for (size_t i = 0; rc == PGO_OK && i < n; i++)
		m.clusters[i] = (struct growing){.node = (uint32_t)i, .size = 1};
	for (size_t s = 0; rc == PGO_OK && s + 1 < n; s++) {
		size_t a, b;
		closest(&m, &a, &b);
		merge(&m, a, b, &c->steps[s], (uint32_t)(n + s));
	}
	free(m.distances);
	free(m.clusters);
	return rc;
}

/* Which cluster each profile is in when the last `clusters - 1` merges are undone; numbered by first member. */
static void cut(uint32_t *cluster, const struct pgo_clusters *c, size_t clusters, uint32_t *scratch)
{
	size_t n = c->count, kept = n - clusters;
	uint32_t next = 0;
	for (size_t i = 0; i < n + kept; i++)
		scratch[i] = UINT32_MAX; /* the node it is part of */
	for (size_t s = 0; s < kept; s++)
		scratch[c->steps[s].left] = scratch[c->steps[s].right] = (uint32_t)(n + s);
	for (size_t i = 0; i < n; i++)
		cluster[i] = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		if (cluster[i] != UINT32_MAX)
			continue;
		uint32_t top = (uint32_t)i;
		while (scratch[top] != UINT32_MAX)
			top = scratch[top];
		for (size_t k = i; k < n; k++) {
			uint32_t at = (uint32_t)k;
			while (scratch[at] != UINT32_MAX)
				at = scratch[at];
			if (at == top)
				cluster[k] = next;
		}
		next++;
	}
}

/* Silhouettes of all profiles; their mean. `sums` has room for a number a cluster, `sizes` too. */
static double silhouettes(double *out, const uint32_t *cluster, size_t clusters, const struct pgo_distances *d,
			  double *sums, uint32_t *sizes)
{
	size_t n = d->count;
	double total = 0;
	memset(sizes, 0, clusters * sizeof *sizes);
	for (size_t i = 0; i < n; i++)
		sizes[cluster[i]]++;
	for (size_t i = 0; i < n; i++) {
		double own = 0, other = DBL_MAX;
		for (size_t k = 0; k < clusters; k++)
			sums[k] = 0;
		for (size_t j = 0; j < n; j++)
			sums[cluster[j]] += d->values[i * n + j];
		for (size_t k = 0; k < clusters; k++)
			if (k == cluster[i])
				own = sizes[k] > 1 ? sums[k] / (sizes[k] - 1) : 0;
			else if (sums[k] / sizes[k] < other)
				other = sums[k] / sizes[k];
		double larger = own > other ? own : other;
		out[i] = sizes[cluster[i]] > 1 && larger > 0 ? (other - own) / larger : 0;
		total += out[i];
	}
	return total / (double)n;
}

/* The cut with the largest mean silhouette; of equal ones that with fewer clusters. */
static int choose_cut(struct pgo_clusters *c, const struct pgo_distances *d)
{
	size_t n = c->count, most = n - 1 < PGO_CLUSTERS_MOST ? n - 1 : PGO_CLUSTERS_MOST;
	uint32_t *cluster = pgo_array_new(n, sizeof *cluster), *scratch = pgo_array_new(2 * n, sizeof *scratch);
	double *silhouette = pgo_array_new(n, sizeof *silhouette), *sums = pgo_array_new(n, sizeof *sums);
	uint32_t *sizes = pgo_array_new(n, sizeof *sizes);
	double best = PGO_SILHOUETTE_LEAST;
	int rc = cluster && scratch && silhouette && sums && sizes ? PGO_OK : PGO_ENOMEM;
	for (size_t k = 2; rc == PGO_OK && n > 2 && k <= most; k++) {
		cut(cluster, c, k, scratch);
		double mean = silhouettes(silhouette, cluster, k, d, sums, sizes);
		c->mean_silhouette[k].present = true;
		c->mean_silhouette[k].value = mean;
		if (mean < best || (c->cluster_count > 1 && mean <= best))
			continue;
		best = mean;
		c->cluster_count = (uint32_t)k;
		memcpy(c->cluster, cluster, n * sizeof *cluster);
		memcpy(c->silhouette, silhouette, n * sizeof *silhouette);
	}
	free(cluster);
	free(scratch);
	free(silhouette);
	free(sums);
	free(sizes);
	return rc;
}

/* Leaves from left to right; the part with the lower first profile stands left. */
static int order_leaves(struct pgo_clusters *c)
{
	size_t n = c->count, top = 0, done = 0;
	uint32_t *stack = pgo_array_new(2 * n, sizeof *stack);
	if (!stack)
		return PGO_ENOMEM;
	if (n)
		stack[top++] = (uint32_t)(2 * n - 2);
	while (top) {
		uint32_t node = stack[--top];
		if (node < n) {
			c->order[done++] = node;
			continue;
		}
		stack[top++] = c->steps[node - n].right;
		stack[top++] = c->steps[node - n].left;
	}
	free(stack);
	return PGO_OK;
}

int pgo_clusters_find(struct pgo_clusters *out, const struct pgo_distances *distances, struct pgo_error *err)
{
	size_t n = distances->count;
	struct pgo_clusters c = {.count = n,
				 .steps = pgo_array_new(n, sizeof *c.steps),
				 .cluster_count = n > 0,
				 .cluster = calloc(n + 1, sizeof *c.cluster),
				 .silhouette = calloc(n + 1, sizeof *c.silhouette),
				 .order = pgo_array_new(n, sizeof *c.order)};
	int rc = c.steps && c.cluster && c.silhouette && c.order ? build_tree(&c, distances) : PGO_ENOMEM;
	if (rc == PGO_OK && n)
		rc = choose_cut(&c, distances);
	if (rc == PGO_OK)
		rc = order_leaves(&c);
	if (rc == PGO_OK) {
		*out = c;
		return PGO_OK;
	}
	pgo_clusters_release(&c);
	return pgo_error_set(err, rc, "out of memory");
}

void pgo_clusters_release(struct pgo_clusters *clusters)
{
	free(clusters->steps);
	free(clusters->cluster);
	free(clusters->silhouette);
	free(clusters->order);
	*clusters = (struct pgo_clusters){0};
}
