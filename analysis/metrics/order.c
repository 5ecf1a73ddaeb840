/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

/* A row with all it is ordered by: qsort has no context argument in C17. */
struct row {
	const char *name;
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
	int names = strcmp(a->name, b->name);
	return names ? names : a->index < b->index ? -1 : a->index > b->index;
}

static const char *name_of(const struct pgo_pair *pair, const struct pgo_side_view side[2])
{
	const struct pgo_profile *p = side[pair->test != PGO_NO_INDEX].profile;
	return pgo_function_name(p, &p->functions[pair->test != PGO_NO_INDEX ? pair->test : pair->train]);
}

static int order_run(struct pgo_keyed *run, size_t count, const struct pgo_join *join, const struct pgo_part *parts,
		     const struct pgo_side_view side[2])
{
	struct row *rows = malloc(count * sizeof *rows);
	if (!rows)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pgo_part *p = &parts[run[i].index];
		rows[i] = (struct row){name_of(&join->pairs[run[i].index], side), p->jsd_bits,
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

/* The n-th largest value (n from 1) of an array, which is left in another order. */
static double select_largest(double *v, size_t count, size_t n)
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

double pgo_sum_of_top(const double *x, const double *y, size_t count, size_t n, double *scratch)
{
	double sum = 0;
	if (n == 0 || count == 0)
		return 0;
	n = n < count ? n : count;
	memcpy(scratch, x, count * sizeof *x);
	double least = select_largest(scratch, count, n);
	size_t above = 0;
	for (size_t i = 0; i < count; i++)
		above += x[i] > least;
	size_t ties = n - above;
	for (size_t i = 0; i < count; i++)
		if (x[i] > 0 && (x[i] > least || (x[i] == least && ties > 0 && ties--)))
			sum += y[i];
	return sum;
}
