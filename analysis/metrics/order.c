/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/metrics/metrics.h"

/* A row with all it is ordered by: qsort has no context argument in C17. */
struct row {
	struct pgo_function function;
	double bits, mass;
	uint32_t index;
};

static int compare_rows(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	if (a->mass != b->mass)
		return a->mass > b->mass ? -1 : 1;
	int names = pgo_function_compare_names(&a->function, &b->function);
	return names ? names : a->index < b->index ? -1 : a->index > b->index;
}

static struct pgo_function function_of(const struct pgo_pair *pair, const struct pgo_side_view side[2])
{
	unsigned s = pair->test != PGO_NO_INDEX;
	return pgo_function_head(side[s].profile, s ? pair->test : pair->train);
}

static int order_run(struct pgo_keyed *run, size_t count, const struct pgo_join *join, const struct pgo_part *parts,
		     const struct pgo_side_view side[2])
{
	struct row *rows = malloc(count * sizeof *rows);
	if (!rows)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pgo_part *p = &parts[run[i].index];
		rows[i] = (struct row){function_of(&join->pairs[run[i].index], side), p->jsd_bits,
				       p->train_share + p->test_share, run[i].index};
	}
	qsort(rows, count, sizeof *rows, compare_rows);
	for (size_t i = 0; i < count; i++)
		run[i].index = rows[i].index;
	free(rows);
	return PGO_OK;
}

int pgo_order_rows(struct pgo_keyed *order, size_t count, const struct pgo_join *join, const struct pgo_part *parts,
		   const struct pgo_side_view side[2])
{
	for (size_t i = 0; i < count; i++)
		order[i].key = ~pgo_key_of(parts[order[i].index].jsd_bits); /* the sort is ascending */
	int rc = pgo_sort_keyed(order, count);
	for (size_t i = 0, end; rc == PGO_OK && i < count; i = end) {
		for (end = i + 1; end < count && order[end].key == order[i].key; end++) {
		}
		if (end - i > 1)
			rc = order_run(order + i, end - i, join, parts, side);
	}
	return rc;
}

double pgo_select_largest(double *v, size_t count, size_t n)
{
	size_t low = 0, high = count - 1, at = n - 1;
	while (low < high) {
		double pivot = v[low + (high - low) / 2];
		size_t i = low - 1, j = high + 1; /* wraps for low = 0, and back */
		for (;;) {
			while (v[++i] > pivot) {
			}
			while (v[--j] < pivot) {
			}
			if (i >= j)
				break;
			double swap = v[i];
			v[i] = v[j];
			v[j] = swap;
		}
		/* v[low..j] >= pivot >= v[j+1..high], and j < high */
		if (at <= j)
			high = j;
		else
			low = j + 1;
	}
	return v[at];
}

int pgo_sums_of_top(double *out, const double *x, const double *y, size_t count, const size_t *sizes, size_t size_count)
{
	struct pgo_keyed *top = NULL;
	double *scratch = pgo_array_new(count, sizeof *scratch);
	size_t most = 0, found = 0, positive = 0;
	int rc = PGO_ENOMEM;

	for (size_t k = 0; k < size_count; k++) {
		most = sizes[k] > most ? sizes[k] : most;
		out[k] = 0;
	}
	if (!scratch)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (x[i] > 0)
			scratch[positive++] = x[i];
	rc = PGO_OK;
	if (positive == 0 || most == 0)
		goto done;
	double least = pgo_select_largest(scratch, positive, most < positive ? most : positive);
	for (size_t i = 0; i < count; i++)
		found += x[i] >= least;
	rc = PGO_ENOMEM;
	top = pgo_array_new(found, sizeof *top);
	if (!top)
		goto done;
	found = 0;
	for (size_t i = 0; i < count; i++)
		if (x[i] >= least) /* inverted: the sort is ascending and stable */
			top[found++] = (struct pgo_keyed){.key = ~pgo_key_of(x[i]), .index = (uint32_t)i};
	rc = pgo_sort_keyed(top, found);
	for (size_t k = 0; rc == PGO_OK && k < size_count; k++)
		for (size_t i = 0; i < found && i < sizes[k]; i++)
			out[k] += y[top[i].index];
done:
	free(scratch);
	free(top);
	return rc;
}
