/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/json_util.h"
#include "reports/matrix.h"

static void put_distances(struct pgo_json root, const struct pgo_several *s, const struct pgo_distances *d)
{
	struct pgo_json files = pgo_json_array(root, "files"), rows;
	for (size_t i = 0; i < d->count; i++)
		pgo_json_append_text(files, s->names[i]);
	pgo_json_text(root, "distance", pgo_distance_name(d->kind));
	pgo_json_bool(root, "symmetric", pgo_distance_symmetric(d->kind));
	rows = pgo_json_array(root, "matrix");
	for (size_t i = 0; i < d->count; i++) {
		struct pgo_json row = pgo_json_append_array(rows);
		for (size_t j = 0; j < d->count; j++)
			pgo_json_append_double(row, d->values[i * d->count + j]);
	}
}

static void put_clusters(struct pgo_json root, const struct pgo_clusters *c, const uint32_t *medoid)
{
	struct pgo_json in = pgo_json_object(root, "clusters"), list, means;
	pgo_json_u64(in, "count", c->cluster_count);
	list = pgo_json_array(in, "cluster");
	for (size_t i = 0; i < c->count; i++)
		pgo_json_append_u64(list, c->cluster[i] + 1);
	list = pgo_json_array(in, "silhouette");
	for (size_t i = 0; i < c->count; i++)
		pgo_json_append_double(list, c->silhouette[i]);
	list = pgo_json_array(in, "order");
	for (size_t i = 0; i < c->count; i++)
		pgo_json_append_u64(list, c->order[i]);
	means = pgo_json_array(in, "mean_silhouette");
	for (uint32_t k = 2; k <= PGO_CLUSTERS_MOST; k++)
		if (c->mean_silhouette[k].present) {
			struct pgo_json mean = pgo_json_append_object(means);
			pgo_json_u64(mean, "clusters", k);
			pgo_json_double(mean, "value", c->mean_silhouette[k].value);
		}
	list = pgo_json_array(in, "merges");
	for (size_t i = 0; i + 1 < c->count; i++) {
		struct pgo_json step = pgo_json_append_object(list);
		pgo_json_u64(step, "left", c->steps[i].left);
		pgo_json_u64(step, "right", c->steps[i].right);
		pgo_json_u64(step, "size", c->steps[i].size);
		pgo_json_double(step, "height", c->steps[i].height);
	}
	if (!medoid)
		return;
	list = pgo_json_array(in, "medoids");
	for (uint32_t k = 0; k < c->cluster_count; k++)
		pgo_json_append_u64(list, medoid[k]);
}

int pgo_json_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	struct pgo_json root = pgo_json_root(&failed);
	pgo_json_head(root, "pgo-analyze/matrix/1");
	pgo_json_inputs(root, s);
	put_distances(root, s, s->distances);
	if (s->clusters)
		put_clusters(root, s->clusters, NULL);
	int rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	return rc;
}

static void put_spread(struct pgo_json root, const char *key, const struct pgo_spread *s)
{
	if (s->pairs == 0) {
		pgo_json_null(root, key);
		return;
	}
	struct pgo_json in = pgo_json_object(root, key);
	pgo_json_u64(in, "pairs", s->pairs);
	pgo_json_double(in, "min", s->low);
	pgo_json_double(in, "quartile_1", s->quarter);
	pgo_json_double(in, "median", s->median);
	pgo_json_double(in, "quartile_3", s->three_quarters);
	pgo_json_double(in, "max", s->high);
}

int pgo_json_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	bool failed = false;
	const struct pgo_several *s = report->several;
	const struct pgo_stability *m = s->stability;
	struct pgo_json root = pgo_json_root(&failed), list;
	pgo_json_head(root, "pgo-analyze/stability/2");
	pgo_json_verdict(root, report->verdict);
	pgo_json_inputs(root, s);
	pgo_json_u64(root, "workload_count", m->workload_count);
	list = pgo_json_array(root, "workloads");
	for (size_t w = 0; w < m->workload_count; w++) {
		struct pgo_json in = pgo_json_append_object(list);
		pgo_json_text(in, "name", s->workload_names[m->first[w]]);
		struct pgo_json files = pgo_json_array(in, "files");
		for (size_t i = 0; i < s->count; i++)
			if (m->workload[i] == w)
				pgo_json_append_u64(files, i);
	}
	put_spread(root, "between_workloads", &m->between);
	put_spread(root, "repeats", &m->repeats);
	list = pgo_json_array(root, "served");
	for (size_t i = 0; i < s->count; i++) {
		struct pgo_json in = pgo_json_append_object(list);
		pgo_json_text(in, "file", s->names[i]);
		pgo_json_double(in, "under_served_mass", m->served[i].under_served);
		pgo_json_double(in, "cluster_only_mass", m->served[i].missed);
	}
	put_distances(root, s, &m->distances);
	put_clusters(root, &m->clusters, m->medoid);
	int rc = pgo_json_print(out, root, false, err);
	json_object_put(root.at);
	return rc;
}
