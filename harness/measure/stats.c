/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/measure_internal.h"

/* Pure statistics: numbers in, numbers out. */

#define RESAMPLES 10000
#define EXACT_MAX 25 /* signed ranks: 2^25 sign patterns are counted exactly */

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* Sort in place; insertion wins for the dozen values a bootstrap sorts twenty thousand times. */
static void sort_values(double *values, size_t n)
{
	if (n > 48) {
		qsort(values, n, sizeof *values, by_value);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		double value = values[i];
		size_t j = i;
		for (; j > 0 && values[j - 1] > value; j--)
			values[j] = values[j - 1];
		values[j] = value;
	}
}

static double median_in_place(double *values, size_t n)
{
	if (n == 0)
		return NAN;
	sort_values(values, n);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double measure_median(const double *values, size_t n)
{
	double *copy = malloc((n + 1) * sizeof *copy);
	if (!copy)
		return NAN;
	if (n > 0)
		memcpy(copy, values, n * sizeof *copy);
	double median = median_in_place(copy, n);
	free(copy);
	return median;
}

double measure_spread(const double *values, size_t n)
{
	double median = measure_median(values, n);
	double *deviations = n > 0 && median > 0 ? malloc(n * sizeof *deviations) : NULL;
	if (!deviations)
		return 0;
	for (size_t i = 0; i < n; i++)
		deviations[i] = fabs(values[i] - median);
	double spread = median_in_place(deviations, n) / median;
	free(deviations);
	return spread;
}

/* What the bootstrap works in: `a` and `b` hold one resample of one stratum. */
struct bootstrap {
	const struct measure_pairs *strata;
	size_t count;
	double *a, *b;
	double *log_ratios; /* per stratum, of the data as they are */
	double statistics[RESAMPLES];
};

static double log_ratio(struct bootstrap *s, size_t n)
{
	double a = median_in_place(s->a, n), b = median_in_place(s->b, n);
	return a > 0 && b > 0 ? log(b / a) : NAN;
}

/* Log ratio of a stratum without pair `left_out` (n or more: with all). */
static double log_ratio_without(struct bootstrap *s, size_t stratum, size_t left_out)
{
	const struct measure_pairs *p = &s->strata[stratum];
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (i == left_out)
			continue;
		s->a[n] = p->a[i];
		s->b[n++] = p->b[i];
	}
	return log_ratio(s, n);
}

static double point_estimate(struct bootstrap *s)
{
	double sum = 0;
	for (size_t k = 0; k < s->count; k++)
		sum += s->log_ratios[k] = log_ratio_without(s, k, SIZE_MAX);
	return exp(sum / (double)s->count);
}

/* False when a resample has no ratio: with a median of 0 (user time of a short run) there is none. */
static bool resample(struct bootstrap *s, gsl_rng *rng)
{
	for (size_t r = 0; r < RESAMPLES; r++) {
		double sum = 0;
		for (size_t k = 0; k < s->count; k++) {
			const struct measure_pairs *p = &s->strata[k];
			for (size_t i = 0; i < p->n; i++) {
				size_t drawn = gsl_rng_uniform_int(rng, p->n);
				s->a[i] = p->a[drawn];
				s->b[i] = p->b[drawn];
			}
			sum += log_ratio(s, p->n);
		}
		if (!isfinite(sum))
			return false;
		s->statistics[r] = exp(sum / (double)s->count);
	}
	sort_values(s->statistics, RESAMPLES);
	return true;
}

/*
 * Acceleration from the jackknife, for several samples (Efron and Tibshirani 1993, section 14.3; Davison and Hinkley
 * 1997, section 5.3.2): sum U^3 / n_k^3 over 6 (sum U^2 / n_k^2)^(3/2), U = (n_k - 1) (mean of the stratum's jackknife
 * - value).
 */
static double acceleration(struct bootstrap *s)
{
	double squares = 0, cubes = 0, total = 0;
	for (size_t k = 0; k < s->count; k++)
		total += s->log_ratios[k];
	for (size_t k = 0; k < s->count; k++) {
		double n = (double)s->strata[k].n, mean = 0;
		for (int pass = 0; pass < 2; pass++)
			for (size_t i = 0; i < s->strata[k].n; i++) {
				double sum = total - s->log_ratios[k] + log_ratio_without(s, k, i);
				double value = exp(sum / (double)s->count);
				double u = (n - 1) / n * (mean - value);
				mean += pass == 0 ? value / n : 0;
				squares += pass == 1 ? u * u : 0;
				cubes += pass == 1 ? u * u * u : 0;
			}
	}
	return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Bias correction: where the estimate lies among the resamples, in standard normal units. Ties count half. */
static double bias(const struct bootstrap *s, double estimate)
{
	double below = 0;
	for (size_t r = 0; r < RESAMPLES; r++)
		below += s->statistics[r] < estimate ? 1 : s->statistics[r] == estimate ? 0.5 : 0;
	double share = below / RESAMPLES, least = 0.5 / RESAMPLES;
	return gsl_cdf_ugaussian_Pinv(fmin(fmax(share, least), 1 - least));
}

/* Quantile of the sorted resamples, interpolated. */
static double quantile(const struct bootstrap *s, double share)
{
	double at = fmin(fmax(share, 0), 1) * (RESAMPLES - 1);
	size_t below = (size_t)at, above = below + 1 < RESAMPLES ? below + 1 : below;
	return s->statistics[below] + (at - (double)below) * (s->statistics[above] - s->statistics[below]);
}

static double bca_bound(const struct bootstrap *s, double z0, double a, double tail)
{
	double z = z0 + gsl_cdf_ugaussian_Pinv(tail), divisor = 1 - a * z;
	return quantile(s, gsl_cdf_ugaussian_P(z0 + (divisor > 0 ? z / divisor : z)));
}

void measure_geomean_bca(const struct measure_pairs *strata, size_t count, uint64_t seed, double level, double *ratio,
			 double *low, double *high)
{
	size_t largest = 1, smallest = SIZE_MAX;
	*ratio = *low = *high = NAN;
	for (size_t k = 0; k < count; k++) {
		largest = strata[k].n > largest ? strata[k].n : largest;
		smallest = strata[k].n < smallest ? strata[k].n : smallest;
	}
	struct bootstrap *s = malloc(sizeof *s);
	double *room = calloc(2 * largest + count + 1, sizeof *room);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	if (s && room && rng && count > 0) {
		s->strata = strata;
		s->count = count;
		s->a = room;
		s->b = room + largest;
		s->log_ratios = room + 2 * largest;
		*ratio = point_estimate(s);
		if (smallest >= 3 && isfinite(*ratio)) {
			gsl_rng_set(rng, (unsigned long)(seed ^ seed >> 32));
			if (resample(s, rng)) {
				double z0 = bias(s, *ratio), a = acceleration(s), tail = (1 - level) / 2;
				*low = bca_bound(s, z0, a, tail);
				*high = bca_bound(s, z0, a, 1 - tail);
			}
		}
	}
	gsl_rng_free(rng);
	free(room);
	free(s);
}

void measure_ratio_bca(const double *a, const double *b, size_t n, uint64_t seed, double level, double *ratio,
		       double *low, double *high)
{
	measure_geomean_bca(&(struct measure_pairs){a, b, n}, 1, seed, level, ratio, low, high);
}

struct ranked {
	double size; /* |log(b/a)| */
	bool positive;
	int rank2; /* twice the rank: tied ranks are halves */
};

static int by_size(const void *left, const void *right)
{
	double a = ((const struct ranked *)left)->size, b = ((const struct ranked *)right)->size;
	return (a > b) - (a < b);
}

/* Mid-ranks of the sorted differences. Returns the sum of t^3 - t over groups of ties. */
static double rank_differences(struct ranked *d, size_t n)
{
	double ties = 0;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && d[end].size == d[i].size;)
			end++;
		for (size_t j = i; j < end; j++)
			d[j].rank2 = (int)(i + end + 1);
		double t = (double)(end - i);
		ties += t * t * t - t;
	}
	return ties;
}

/* Share of the 2^n sign patterns whose positive rank sum is at most that seen: counted rank by rank. */
static double exact_tail(const struct ranked *d, size_t n, int smaller2)
{
	double ways[EXACT_MAX * (EXACT_MAX + 1) + 1] = {1};
	int top = 0;
	for (size_t i = 0; i < n; i++) {
		top += d[i].rank2;
		for (int sum = top; sum >= d[i].rank2; sum--)
			ways[sum] += ways[sum - d[i].rank2];
	}
	double tail = 0;
	for (int sum = 0; sum <= smaller2; sum++)
		tail += ways[sum];
	return tail / ldexp(1, (int)n);
}

/* What both tests of signed ranks work with. */
struct signed_ranks {
	struct ranked *d;
	size_t kept;
	double plus, minus, ties; /* sums of ranks; sum of t^3 - t */
};

static bool rank_signs(struct signed_ranks *out, const double *a, const double *b, size_t n)
{
	struct signed_ranks s = {.d = calloc(n + 1, sizeof *s.d)};
	if (!s.d)
		return false;
	for (size_t i = 0; i < n; i++) {
		double difference = log(b[i]) - log(a[i]);   /* not log(b/a): a change and its reverse must tie */
		if (difference != 0 && isfinite(difference)) /* Wilcoxon's way with zeros: they say nothing */
			s.d[s.kept++] = (struct ranked){.size = fabs(difference), .positive = difference > 0};
	}
	qsort(s.d, s.kept, sizeof *s.d, by_size);
	s.ties = rank_differences(s.d, s.kept);
	for (size_t i = 0; i < s.kept; i++)
		*(s.d[i].positive ? &s.plus : &s.minus) += s.d[i].rank2 / 2.0;
	*out = s;
	return true;
}

/* Probability that a sum of ranks is at most `sum`; 1 when nothing differs. */
static double rank_sum_tail(const struct signed_ranks *s, double sum)
{
	double m = (double)s->kept;
	if (s->kept == 0)
		return 1;
	if (s->kept <= EXACT_MAX)
		return exact_tail(s->d, s->kept, (int)(2 * sum));
	double variance = m * (m + 1) * (2 * m + 1) / 24 - s->ties / 48;
	return gsl_cdf_ugaussian_P((sum - m * (m + 1) / 4) / sqrt(variance));
}

double measure_wilcoxon(const double *a, const double *b, size_t n)
{
	struct signed_ranks s;
	if (!rank_signs(&s, a, b, n))
		return NAN;
	double p = 2 * rank_sum_tail(&s, fmin(s.plus, s.minus));
	free(s.d);
	return fmin(p, 1);
}

double measure_wilcoxon_slower(const double *a, const double *b, size_t n)
{
	struct signed_ranks s;
	if (!rank_signs(&s, a, b, n))
		return NAN;
	double p = rank_sum_tail(&s, s.minus);
	free(s.d);
	return fmin(p, 1);
}

/* Smallest first: the k-th smallest of m is multiplied by m - k + 1, and none may fall below the one before it. */
void measure_holm(double *p, size_t n)
{
	size_t left = 0;
	double before = 0;
	bool *adjusted = calloc(n + 1, sizeof *adjusted);
	for (size_t i = 0; i < n; i++) {
		left += isfinite(p[i]);
		p[i] = adjusted ? p[i] : NAN;
	}
	for (; adjusted && left > 0; left--) {
		size_t least = n;
		for (size_t i = 0; i < n; i++)
			if (isfinite(p[i]) && !adjusted[i] && (least == n || p[i] < p[least]))
				least = i;
		adjusted[least] = true;
		before = p[least] = fmax(before, fmin(1, (double)left * p[least]));
	}
	free(adjusted);
}
