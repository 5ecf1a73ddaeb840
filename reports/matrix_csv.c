/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/csv_util.h"
#include "reports/matrix.h"

/* One row a pair; of symmetric distances each pair once. */
int pgo_csv_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_distances *d = s->distances;
	bool symmetric = pgo_distance_symmetric(d->kind);
	fprintf(out, symmetric ? "a,b,%s\n" : "train,test,%s\n", pgo_distance_name(d->kind));
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = symmetric ? i + 1 : 0; j < d->count; j++) {
			pgo_csv_text(out, s->names[i], ',');
			pgo_csv_text(out, s->names[j], ',');
			pgo_csv_number(out, d->values[i * d->count + j], '\n');
		}
	return PGO_OK;
}

int pgo_csv_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	const struct pgo_stability *m = s->stability;
	fputs("file,cluster,silhouette,under_served_mass,cluster_only_mass,workload\n", out);
	for (size_t i = 0; i < s->count; i++) {
		pgo_csv_text(out, s->names[i], ',');
		pgo_csv_count(out, m->clusters.cluster[m->workload[i]] + 1, ',');
		pgo_csv_number(out, m->clusters.silhouette[m->workload[i]], ',');
		pgo_csv_number(out, m->served[i].under_served, ',');
		pgo_csv_number(out, m->served[i].missed, ',');
		pgo_csv_text(out, s->workload_names[i], '\n');
	}
	return PGO_OK;
}
