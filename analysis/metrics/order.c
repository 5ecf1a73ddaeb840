/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/metrics/metrics.h"

/* A row with all it is ordered by: qsort has no context argument in C17. */
struct ranked {
	struct pgo_function function;
	double bits, mass;
	uint64_t order;
	uint32_t index;
};

static int compare_ranked(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	if (a->mass != b->mass)
		return a->mass > b->mass ? -1 : 1;
	int names = a->mass > 0 ? pgo_function_compare_names(&a->function, &b->function) : 0;
	return names ? names : a->order < b->order ? -1 : a->order > b->order;
}

static int order_run(struct pgo_keyed *run, size_t count, const struct pgo_row *rows,
		     const struct pgo_side_view side[2])
{
	struct ranked *ranked = malloc(count * sizeof *ranked);
	if (!ranked)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pgo_row *r = &rows[run[i].index];
		ranked[i] = (struct ranked){pgo_row_function(r, side), r->jsd_bits, r->share[0] + r->share[1], r->order,
					    run[i].index};
	}
	qsort(ranked, count, sizeof *ranked, compare_ranked);
	for (size_t i = 0; i < count; i++)
		run[i].index = ranked[i].index;
	free(ranked);
	return PGO_OK;
}

int pgo_order_rows(struct pgo_keyed *order, size_t count, const struct pgo_row *rows,
		   const struct pgo_side_view side[2])
{
	for (size_t i = 0; i < count; i++)
		order[i].key = ~pgo_key_of(rows[order[i].index].jsd_bits); /* the sort is ascending */
	int rc = pgo_sort_keyed(order, count);
	for (size_t i = 0, end; rc == PGO_OK && i < count; i = end) {
		for (end = i + 1; end < count && order[end].key == order[i].key; end++) {
		}
		if (end - i > 1)
			rc = order_run(order + i, end - i, rows, side);
	}
	return rc;
}

int pgo_rows_cut(pgo_rows *rows, size_t limit, const struct pgo_side_view side[2])
{
	size_t count = rows->count, kept = count < limit ? count : limit;
	struct pgo_keyed *order = pgo_array_new(count, sizeof *order);
	struct pgo_row *first = pgo_array_new(kept, sizeof *first);
	int rc = PGO_ENOMEM;
	for (size_t i = 0; order && i < count; i++)
		order[i].index = (uint32_t)i;
	if (order && first)
		rc = pgo_order_rows(order, count, rows->items, side);
	if (rc == PGO_OK) {
		for (size_t i = 0; i < kept; i++)
			first[i] = rows->items[order[i].index];
		memcpy(rows->items, first, kept * sizeof *first);
		rows->count = kept;
	}
	free(order);
	free(first);
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

/* Sum of y over the x above `least`, and over so many equal to it that they are n; of these the first. */
static double sum_down_to(const double *x, const double *y, size_t count, double least, size_t n)
{
	double sum = 0;
	size_t above = 0;
	for (size_t i = 0; i < count; i++) {
		sum += x[i] > least ? y[i] : 0;
		above += x[i] > least;
	}
	for (size_t i = 0; i < count && above < n; i++)
		if (x[i] == least) {
			sum += y[i];
			above++;
		}
	return sum;
}

int pgo_sums_of_top(double *out, const double *x, const double *y, size_t count, const size_t *sizes, size_t size_count)
{
	double *largest = pgo_array_new(count, sizeof *largest);
	size_t positive = 0, before = SIZE_MAX;
	if (!largest)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		largest[positive] = x[i];
		positive += x[i] > 0;
	}
	/* by falling size: what one selection has brought to the front is all the next one has to look at */
	for (size_t done = 0; done < size_count; done++) {
		size_t n = 0;
		for (size_t i = 0; i < size_count; i++)
			n = sizes[i] < before && sizes[i] > n ? sizes[i] : n;
		before = n;
		size_t top = n < positive ? n : positive;
		double least = top ? pgo_select_largest(largest, positive, top) : 0, sum = 0;
		if (top)
			sum = sum_down_to(x, y, count, least, top);
		for (size_t i = 0; i < size_count; i++)
			if (sizes[i] == n)
				out[i] = sum;
		positive = top;
	}
	free(largest);
	return PGO_OK;
}
