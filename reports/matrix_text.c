/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "reports/several_text.h"

enum { NUMBERS_MOST = 24, LABEL_MOST = 28 };

/* What all names begin with, up to a '/', and what all end with, from a '.' on, says nothing. */
static void shorten(const char *const *names, size_t count, size_t *skip, size_t *drop)
{
	*skip = *drop = 0;
	if (count < 2)
		return;
	size_t same = strlen(names[0]), tail = same;
	for (size_t i = 1; i < count; i++) {
		size_t length = strlen(names[i]), k = 0;
		while (k < same && names[i][k] == names[0][k])
			k++;
		same = k;
		size_t end = strlen(names[0]);
		for (k = 0; k < tail && k < length && names[i][length - 1 - k] == names[0][end - 1 - k];)
			k++;
		tail = k;
	}
	while (same > 0 && names[0][same - 1] != '/')
		same--;
	const char *end = names[0] + strlen(names[0]);
	while (tail > 0 && end[-(ptrdiff_t)tail] != '.')
		tail--;
	*skip = same;
	*drop = tail;
}

static void put_label(const struct pgo_text *t, const char *name, size_t skip, size_t drop, unsigned columns)
{
	size_t length = strlen(name) - skip - (strlen(name) - skip > drop ? drop : 0);
	char *label = strndup(name + skip, length);
	const char *shown = label ? label : name;
	unsigned width = pgo_text_columns(shown);
	pgo_text_name(t, shown, columns);
	for (unsigned k = width; k < columns; k++)
		fputc(' ', t->out);
	free(label);
}

/* Two digits of a hundred, or one of five shades. */
static void put_cell(const struct pgo_text *t, double d, bool numbers)
{
	static const char *const shades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
	unsigned level = d >= 1 ? 4 : (unsigned)(d * 5);
	if (!numbers) {
		fputs(shades[level], t->out);
		return;
	}
	char cell[16];
	snprintf(cell, sizeof cell, "%4.0f", 100 * d);
	pgo_text_colored(t, d < 0.2 ? PGO_GREEN : d < 0.5 ? PGO_YELLOW : PGO_RED, cell);
}

static void put_map(const struct pgo_text *t, const struct pgo_several *s)
{
	const struct pgo_distances *d = s->distances;
	const struct pgo_clusters *c = s->clusters;
	size_t n = d->count, skip, drop;
	bool numbers = n <= NUMBERS_MOST;
	shorten(s->names, n, &skip, &drop);
	if (numbers) {
		fprintf(t->out, "  %-*s", LABEL_MOST + 5, "");
		for (size_t j = 0; j < n; j++)
			fprintf(t->out, "%4zu", j + 1);
	} else {
		fputs("  columns as rows; blank below 20, ░ from 20, ▒ from 40, ▓ from 60, █ from 80", t->out);
	}
	fputc('\n', t->out);
	for (size_t i = 0; i < n; i++) {
		size_t row = c ? c->order[i] : i;
		fprintf(t->out, "%4zu  ", i + 1);
		put_label(t, s->names[row], skip, drop, LABEL_MOST);
		fputc(' ', t->out);
		for (size_t j = 0; j < n; j++)
			put_cell(t, d->values[row * n + (c ? c->order[j] : j)], numbers);
		fputc('\n', t->out);
	}
}

static void put_clusters(const struct pgo_text *t, const char *const *names, const struct pgo_clusters *c,
			 const uint32_t *medoid)
{
	size_t skip, drop;
	shorten(names, c->count, &skip, &drop);
	if (c->cluster_count < 2) {
		fputs("  none: no number of clusters has a mean silhouette of 0.25\n", t->out);
		return;
	}
	fprintf(t->out, "  %u, mean silhouette %.2f (0.5 and more: clear; below 0.25: none)\n",
		(unsigned)c->cluster_count, c->mean_silhouette[c->cluster_count].value);
	for (uint32_t k = 0; k < c->cluster_count; k++)
		for (size_t i = 0; i < c->count; i++) {
			size_t p = c->order[i];
			if (c->cluster[p] != k)
				continue;
			fprintf(t->out, "  %3u  %5.2f  ", (unsigned)k + 1, c->silhouette[p]);
			put_label(t, names[p], skip, drop, 0);
			fputs(medoid && medoid[k] == p ? "   (stands for it)\n" : "\n", t->out);
		}
}

int pgo_text_matrix(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_several *s = report->several;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	bool symmetric = pgo_distance_symmetric(s->distances->kind);
	fprintf(out, "profiles  %zu\nmeasure   %s\n", s->distances->count, pgo_distance_help(s->distances->kind));
	pgo_text_heading(t, symmetric ? "Distances, in hundredths" : "Hundredths: the row trains, the column tests");
	put_map(t, s);
	if (s->clusters) {
		pgo_text_heading(t, "Clusters (average linkage)");
		put_clusters(t, s->names, s->clusters, NULL);
	}
	return PGO_OK;
}

static void put_spread(const struct pgo_text *t, const char *label, const struct pgo_spread *s)
{
	if (s->pairs)
		fprintf(t->out, "  %-28s%6zu%8.3f%8.3f%8.3f%8.3f%8.3f\n", label, s->pairs, s->low, s->quarter,
			s->median, s->three_quarters, s->high);
	else
		fprintf(t->out, "  %-28s%6s%8s%8s%8s%8s%8s\n", label, "-", "-", "-", "-", "-", "-");
}

int pgo_text_stability(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_several *s = report->several;
	const struct pgo_stability *m = s->stability;
	const char **names = calloc(m->workload_count + 1, sizeof *names);
	if (!names)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t w = 0; w < m->workload_count; w++)
		names[w] = s->workload_names[m->first[w]];
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	size_t skip, drop;
	fprintf(out, "profiles   %zu\nworkloads  %zu\n\n", m->distances.count, m->workload_count);
	pgo_text_verdict(t, report->verdict);
	pgo_text_heading(t, "Hellinger distances");
	fprintf(out, "  %-28s%6s%8s%8s%8s%8s%8s\n", "", "pairs", "least", "1/4", "median", "3/4", "most");
	put_spread(t, "of different workloads", &m->between);
	put_spread(t, "of repeats (noise floor)", &m->repeats);
	pgo_text_heading(t, "Clusters (average linkage)");
	put_clusters(t, names, &m->clusters, m->medoid);
	free(names);
	pgo_text_heading(t, "Each by the merge of all at equal mass");
	fprintf(out, "  %14s%16s  %s\n", "under-served", "cluster's own", "profile");
	shorten(s->names, s->count, &skip, &drop);
	for (size_t i = 0; i < s->count; i++) {
		fputs("  ", out);
		pgo_text_share(t, 14, m->served[i].under_served);
		if (m->clusters.cluster_count > 1)
			pgo_text_share(t, 16, m->served[i].missed);
		else
			pgo_text_right(t, 16, "-");
		fputs("  ", out);
		put_label(t, s->names[i], skip, drop, 0);
		fputc('\n', out);
	}
	pgo_text_rules(t, report->verdict);
	return PGO_OK;
}
