/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The body of the kernels, compiled once for each instruction set: KERNEL(name) names them. No include guard. */
#include "analysis/metrics/lanes.h"

uint64_t KERNEL(pgo_kernel_rows)(const struct pgo_kernel_rows *rows, size_t count,
				 const struct pgo_kernel_side side[2], const struct pgo_kernel_marks *marks,
				 struct pgo_kernel_sums *sums);
void KERNEL(pgo_kernel_counters)(const struct pgo_kernel_counters *c, size_t count,
				 const struct pgo_kernel_side side[2], struct pgo_kernel_sums *sums);
void KERNEL(pgo_kernel_pair)(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
			     uint64_t *y, uint32_t *of, uint32_t row);
void KERNEL(pgo_kernel_cut)(struct pgo_kernel_cuts *cuts, const uint64_t *counters, size_t count, uint64_t most);

double KERNEL(pgo_kernel_squares)(const double *root_p, const double *root_q, size_t count);
double KERNEL(pgo_kernel_gaps)(const double *p, const double *q, size_t count);
double KERNEL(pgo_kernel_mean_logs)(const double *p, const double *q, size_t count);
double KERNEL(pgo_kernel_below)(const double *p, const double *q, size_t count, double least);

void KERNEL(pgo_kernel_pair)(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
			     uint64_t *y, uint32_t *of, uint32_t row)
{
	*out = pair_of(a, b, count, x, y, of, row);
}

void KERNEL(pgo_kernel_cut)(struct pgo_kernel_cuts *cuts, const uint64_t *counters, size_t count, uint64_t most)
{
	v4i nonzero;
	LOAD(nonzero, cuts->nonzero);
	for (size_t i = 0; i < count; i += PGO_LANES) {
		v4i c;
		LOAD(c, counters + i);
		nonzero -= c != 0;
	}
	STORE(cuts->nonzero, nonzero);
	for (size_t k = 0; k < cuts->count; k++) {
		if (cuts->cut[k] > most)
			continue; /* the highest ones are seldom reached */
		const int64_t cut = (int64_t)cuts->cut[k], below = cut - 1;
		v4i many, equal, sum;
		LOAD(many, cuts->counters[k]);
		LOAD(equal, cuts->equal[k]);
		LOAD(sum, cuts->sum[k]);
		for (size_t i = 0; i < count; i += PGO_LANES) {
			v4i c;
			LOAD(c, counters + i);
			v4i above = c > below;
			many -= above;
			equal -= c == cut;
			sum += c & above;
		}
		STORE(cuts->counters[k], many);
		STORE(cuts->equal[k], equal);
		STORE(cuts->sum[k], sum);
	}
}

#define ADD(to, v)                                                                                                     \
	do {                                                                                                           \
		v4d sum_;                                                                                              \
		LOAD(sum_, (to));                                                                                      \
		sum_ += (v);                                                                                           \
		STORE((to), sum_);                                                                                     \
	} while (0)

uint64_t KERNEL(pgo_kernel_rows)(const struct pgo_kernel_rows *rows, size_t count,
				 const struct pgo_kernel_side side[2], const struct pgo_kernel_marks *marks,
				 struct pgo_kernel_sums *sums)
{
	v4d shares_p = {0}, shares_q = {0}, between = {0}, logs_p = {0}, logs_q = {0}, largest_a = {0}, largest_b = {0},
	    served = {0}, flipped = {0};
	v4i hot_a = {0}, hot_b = {0};
	uint64_t marked = 0;

	for (size_t i = 0; i < count; i += PGO_LANES) {
		v4d mass_a, mass_b, max_x, max_y, log_p, log_q, log_sum;
		v4u max_a, max_b;
		v4i differs;
		LOAD(mass_a, rows->mass[0] + i);
		LOAD(mass_b, rows->mass[1] + i);
		LOAD(max_a, rows->max[0] + i);
		LOAD(max_b, rows->max[1] + i);
		LOAD(differs, rows->flipped + i);
		v4d p = mass_a * side[0].scale, q = mass_b * side[1].scale, sum = p + q;
		v4d ratio = WHERE(p > 0.0, q / p);
		STORE(rows->share[0] + i, p);
		STORE(rows->share[1] + i, q);
		STORE(rows->ratio + i, ratio);
		shares_p += p;
		shares_q += q;
		LOG2(log_p, p);
		LOG2(log_q, q);
		LOG2(log_sum, sum);
		logs_p += p * log_p;
		logs_q += q * log_q;
		v4d term = (p * (1.0 + (log_p - log_sum)) + q * (1.0 + (log_q - log_sum))) * 0.5;
		v4d diverges = WHERE((p != q) & (term > 0.0), term);
		STORE(rows->between + i, diverges);
		between += diverges;
		TO_DOUBLE(max_x, max_a);
		TO_DOUBLE(max_y, max_b);
		largest_a += max_x;
		largest_b += max_y;
		v4i a_hot = (max_a >= side[0].hot) & (p > 0.0), b_hot = (max_b >= side[1].hot) & (q > 0.0);
		hot_a -= a_hot;
		hot_b -= b_hot;
		served += WHERE(a_hot, q);
		flipped += WHERE(differs, q);
		v4i mark = (sum >= marks->both) | (p >= marks->train) | (q >= marks->test) |
			   ((p > marks->light) & (p < marks->heavy)) | (mass_a > marks->mass[0]) |
			   (mass_b > marks->mass[1]) | (max_x > marks->max[0]) | (max_y > marks->max[1]);
		for (unsigned k = 0; k < PGO_LANES; k++)
			marked |= ((uint64_t)mark[k] & 1) << (i + k);
	}
	ADD(sums->share[0], shares_p);
	ADD(sums->share[1], shares_q);
	ADD(sums->between, between);
	ADD(sums->share_logs[0], logs_p);
	ADD(sums->share_logs[1], logs_q);
	ADD(sums->dominant[0], largest_a);
	ADD(sums->dominant[1], largest_b);
	ADD(sums->served_function, served);
	ADD(sums->flipped, flipped);
	for (unsigned k = 0; k < PGO_LANES; k++) {
		sums->hot_functions[0][k] += (uint64_t)hot_a[k];
		sums->hot_functions[1][k] += (uint64_t)hot_b[k];
	}
	return count < PGO_ROWS_MOST ? marked & (((uint64_t)1 << count) - 1) : marked;
}

void KERNEL(pgo_kernel_counters)(const struct pgo_kernel_counters *c, size_t count,
				 const struct pgo_kernel_side side[2], struct pgo_kernel_sums *sums)
{
	const double scale_a = side[0].scale, scale_b = side[1].scale;
	v4d overlap = {0}, divergences = {0}, distances = {0}, hellinger = {0}, variation = {0}, logs_a = {0},
	    logs_b = {0}, missed = {0}, served = {0}, misweighted = {0};
	v4d wasted = {0}, hh = {0}, hw = {0}, hc = {0}, wh = {0}, ww = {0}, wc = {0}, ch = {0}, cw = {0}, cc = {0};
	v4i hot_both = {0}, hot999_both = {0};

	for (size_t i = 0; i < count; i += PGO_LANES) {
		v4u xi, yi;
		v4d x, y, log_x, log_y, log_m;
		LOAD(xi, c->x + i);
		LOAD(yi, c->y + i);
		const uint32_t *row = c->row + i;
		v4d ratio = {c->ratio[row[0]], c->ratio[row[1]], c->ratio[row[2]], c->ratio[row[3]]};
		TO_DOUBLE(x, xi);
		TO_DOUBLE(y, yi);
		v4d p = x * scale_a, q = y * scale_b, m = (p + q) * 0.5, pq = p * q;
		LOG2(log_x, x);
		LOG2(log_y, y);
		LOG2(log_m, m);
		v4d x_logs = x * log_x, y_logs = y * log_y;
		logs_a += x_logs;
		logs_b += y_logs;
		v4d p_logs = p * (log_x + side[0].log_scale), q_logs = q * (log_y + side[1].log_scale);
		v4d divergence = WHERE(p != q, (p_logs + q_logs) * 0.5 - m * log_m);
		STORE(c->divergence + i, divergence);
		divergences += divergence;
		v4i less = p < q;
		v4d least = (v4d)(((v4i)p & less) | ((v4i)q & ~less)), root;
		STORE(c->overlap + i, least);
		overlap += least;
		variation += m - least; /* |p - q| / 2 */
		SQRT(root, pq);
		v4i same = p == q;
		hellinger += WHERE(~same, m - root);
		v4d in_b = p * ratio; /* what B would have by A's shape */
		v4d distance = (v4d)((v4u)(in_b - q) & 0x7fffffffffffffffu);
		STORE(c->distance + i, distance);
		distances += distance;
		misweighted += WHERE(q >= in_b * 8.0, q);

		/* cold and below, but not hot; a threshold of 0 makes all of them hot */
		v4i a_hot = xi >= side[0].hot, b_hot = yi >= side[1].hot;
		v4i a_cold = (xi <= side[0].cold) & ~a_hot, b_cold = (yi <= side[1].cold) & ~b_hot;
		v4i a_warm = ~(a_hot | a_cold), b_warm = ~(b_hot | b_cold);
		v4i a_hot999 = xi >= side[0].hot999, b_hot999 = yi >= side[1].hot999;
		v4d q_hot = WHERE(b_hot, q), q_warm = WHERE(b_warm, q), q_cold = WHERE(b_cold, q);
		v4d under_served = WHERE(~a_hot, q), demoted = WHERE(a_cold, q_hot);
		STORE(c->under_served + i, under_served);
		STORE(c->demoted + i, demoted);
		hh += WHERE(a_hot, q_hot);
		hw += WHERE(a_hot, q_warm);
		hc += WHERE(a_hot, q_cold);
		wh += WHERE(a_warm, q_hot);
		ww += WHERE(a_warm, q_warm);
		wc += WHERE(a_warm, q_cold);
		ch += demoted;
		cw += WHERE(a_cold, q_warm);
		cc += WHERE(a_cold, q_cold);
		missed += WHERE(xi == 0, q);
		served += WHERE(a_hot999, q);
		wasted += WHERE(a_hot & b_cold, p);
		hot_both -= a_hot & b_hot;
		hot999_both -= a_hot999 & b_hot999;
	}
	ADD(sums->divergence, divergences);
	ADD(sums->distance, distances);
	ADD(sums->overlap, overlap);
	ADD(sums->hellinger, hellinger);
	ADD(sums->variation, variation);
	ADD(sums->logs[0], logs_a);
	ADD(sums->logs[1], logs_b);
	ADD(sums->table[0][0], hh);
	ADD(sums->table[0][1], hw);
	ADD(sums->table[0][2], hc);
	ADD(sums->table[1][0], wh);
	ADD(sums->table[1][1], ww);
	ADD(sums->table[1][2], wc);
	ADD(sums->table[2][0], ch);
	ADD(sums->table[2][1], cw);
	ADD(sums->table[2][2], cc);
	ADD(sums->missed, missed);
	ADD(sums->served_999, served);
	ADD(sums->misweighted, misweighted);
	ADD(sums->wasted, wasted);
	for (unsigned k = 0; k < PGO_LANES; k++) {
		sums->hot_both[k] += (uint64_t)hot_both[k];
		sums->hot999_both[k] += (uint64_t)hot999_both[k];
	}
}

/* Sums over a block for one pair of profiles, in two chains, so that one addition does not wait for the other. */
#define PAIR_SUM(name, parameters, term)                                                                               \
	double KERNEL(name) parameters                                                                                 \
	{                                                                                                              \
		v4d sums[2] = {{0}, {0}};                                                                              \
		for (size_t i = 0; i < count; i += PGO_LANES) {                                                        \
			v4d p, q, t;                                                                                   \
			LOAD(p, a + i);                                                                                \
			LOAD(q, b + i);                                                                                \
			term;                                                                                          \
			sums[i / PGO_LANES % 2] += t;                                                                  \
		}                                                                                                      \
		v4d s = sums[0] + sums[1];                                                                             \
		return (s[0] + s[1]) + (s[2] + s[3]);                                                                  \
	}

PAIR_SUM(pgo_kernel_squares, (const double *a, const double *b, size_t count), t = (p - q) * (p - q))
PAIR_SUM(pgo_kernel_gaps, (const double *a, const double *b, size_t count),
	 t = (v4d)((v4u)(p - q) & 0x7fffffffffffffffu))
PAIR_SUM(pgo_kernel_mean_logs, (const double *a, const double *b, size_t count), v4d m = (p + q) * 0.5; LOG2(t, m);
	 t = m * t)
PAIR_SUM(pgo_kernel_below, (const double *a, const double *b, size_t count, double least), t = WHERE(p < least, q))
