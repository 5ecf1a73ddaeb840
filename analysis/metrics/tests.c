/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/metrics/metrics.h"

double pgo_kolmogorov_q(double lambda)
{
	double sum = 0, sign = 1;
	if (!(lambda >
	      0.04)) /* Q differs from 1 by less than 1e-300 there, and the series would need hundreds of terms */
		return 1;
	if (lambda < 1.18) {
		/* The theta-function form converges fast for small arguments: 1 - sqrt(2 pi)/l sum exp(-(2k-1)^2
		 * pi^2/(8 l^2)) */
		double unit = M_PI * M_PI / (8 * lambda * lambda);
		for (int k = 1; k <= 7; k += 2)
			sum += exp(-k * k * unit);
		return 1 - sqrt(2 * M_PI) / lambda * sum;
	}
	for (int k = 1; k <= 8; k++, sign = -sign)
		sum += sign * exp(-2.0 * k * k * lambda * lambda);
	return 2 * sum;
}

/* G of the two-row table, from the divergence: 2 N ln 2 times twice the divergence of the cells. */
double pgo_test_row(const struct pgo_row *row, double size)
{
	double rest_p = 1 - row->share[0], rest_q = 1 - row->share[1];
	double inverse_sum = row->inverse_sum;
	uint64_t cells = row->cells;

	/* A rest of less than the rounding error of the shares is no cell. */
	double bits = row->jsd_bits;
	if (rest_p + rest_q > 1e-9) {
		rest_p = rest_p > 0 ? rest_p : 0;
		rest_q = rest_q > 0 ? rest_q : 0;
		inverse_sum += 2 / (rest_p + rest_q);
		bits += pgo_jsd_term(rest_p, rest_q);
		cells++;
	}
	if (cells < 2)
		return 1;
	double df = (double)(cells - 1);
	/* Williams: 1 + (T sum 1/row - 1)(T sum 1/column - 1) / (6 T df), T = 2 N, two rows of N, columns of T m. */
	double williams = 1 + 3 * (inverse_sum - 1) / (12 * size * df);
	double g = 4 * size * M_LN2 * bits / williams;
	return gsl_cdf_chisq_Q(g, df);
}

/* Counters by falling combined share of the function, ties by index; then the largest gap of the running sums. */
static void shape_tests(struct pgo_function_comparison *out, const struct pgo_row *row, const pgo_count *a,
			const pgo_count *b, uint32_t count, const struct pgo_side_view *train,
			const struct pgo_side_view *test, double size, struct pgo_keyed *order)
{
	double to_r = train->scale / row->share[0], to_s = test->scale / row->share[1];
	double bits = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!(a[i] | b[i]))
			continue;
		double r = (double)a[i] * to_r, s = (double)b[i] * to_s;
		bits += pgo_jsd_term(r, s);
		/* inverted: the sort is ascending and stable */
		order[used++] = (struct pgo_keyed){
			.key = ~pgo_key_of((double)a[i] * train->scale + (double)b[i] * test->scale), .index = i};
	}
	out->shape_jsd_bits = (struct pgo_optional){true, bits < 1 ? bits : 1};
	if (used < 2 || pgo_sort_keyed(order, used) != PGO_OK)
		return;
	double gap = 0, sum_r = 0, sum_s = 0;
	for (uint32_t k = 0; k < used; k++) {
		sum_r += (double)a[order[k].index] * to_r;
		sum_s += (double)b[order[k].index] * to_s;
		double d = fabs(sum_r - sum_s);
		gap = d > gap ? d : gap;
	}
	double n = size * row->share[0], m = size * row->share[1];
	out->ks_p_value = (struct pgo_optional){true, pgo_kolmogorov_q(sqrt(n * m / (n + m)) * gap)};
}

/* The counters of a row, where that side ran. */
static uint32_t counters_of(const struct pgo_row *row, const struct pgo_side_view side[2], const pgo_count *counters[2])
{
	uint32_t count = 0;
	for (unsigned s = 0; s < 2; s++) {
		struct pgo_function f = {0};
		if (row->share[s] > 0)
			f = pgo_ref_head(side[s].profile, row->ref[s]);
		counters[s] = f.counters;
		count = f.counters ? f.counter_count : count;
	}
	return count;
}

int pgo_test_shape(struct pgo_function_comparison *out, const struct pgo_row *row, const struct pgo_side_view side[2],
		   double size)
{
	const pgo_count *c[2];
	uint32_t count = counters_of(row, side, c);
	if (!c[0] || !c[1])
		return PGO_OK;
	struct pgo_keyed *scratch = pgo_array_new(count, sizeof *scratch);
	if (!scratch)
		return PGO_ENOMEM;
	shape_tests(out, row, c[0], c[1], count, &side[0], &side[1], size, scratch);
	free(scratch);
	return PGO_OK;
}

int pgo_benjamini_hochberg(struct pgo_tested *tested, size_t count)
{
	struct pgo_keyed *order = malloc((count + 1) * sizeof *order);
	double least = 1;
	if (!order)
		return PGO_ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = (struct pgo_keyed){.key = pgo_key_of(tested[i].p_value), .index = (uint32_t)i};
	int rc = pgo_sort_keyed(order, count);
	/* q of rank k: the least p_j n / j over j >= k */
	for (size_t k = count; rc == PGO_OK && k > 0; k--) {
		struct pgo_tested *t = &tested[order[k - 1].index];
		double q = t->p_value * (double)count / (double)k;
		least = q < least ? q : least;
		t->q_value = least;
	}
	free(order);
	return rc;
}
