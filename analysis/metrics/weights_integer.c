/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "pgo/weights.h"

/*
 * llvm-profdata multiplies every counter of an input by an integer of at least 1. We want weight_i * mass_i / sum to be
 * share_i. At scale K the exact weight is K * share_i / mass_i. The workload with the smallest share per mass has the
 * smallest weight, so it decides how coarse the rounding is: it is given the weights 1, 2, 3, … and the others follow.
 * The first scale at which every share errs by less than GOOD_ERROR is taken: small weights keep a merged profile
 * readable. Rounding a weight of n errs by at most 1 / 2n, so n = 1000 is always enough when it fits below the limit.
 */

/** Sum of all weighted counters: half of what 64 bits hold, so neither a counter nor LLVM's running total saturates. */
static const double SUM_LIMIT = 9223372036854775808.0; /* 2^63 */
static const double GOOD_ERROR = 0.0005;
static const unsigned MAX_STEPS = 2048;

static double exact_weight(double scale, double mass, double share)
{
	double weight = scale * share / mass;
	return weight < 1 ? 1 : weight;
}

/** Effective shares at `scale` into `effective`. @return the largest relative error, or INFINITY beyond SUM_LIMIT. */
static double shares_at(double scale, double *effective, const double *masses, const double *shares, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		effective[i] = rint(exact_weight(scale, masses[i], shares[i])) * masses[i];
		sum += effective[i];
	}
	double worst = 0;
	for (size_t i = 0; i < n; i++) {
		effective[i] /= sum;
		double error = fabs(effective[i] - shares[i]) / shares[i];
		worst = error > worst ? error : worst;
	}
	return sum > SUM_LIMIT ? INFINITY : worst;
}

/*
 * A workload of huge mass and small share: even at weight 1 the others would have to be lifted beyond the limit. The
 * largest scale that stays below it is taken; the huge one keeps weight 1 and more than its share.
 */
static double limited_scale(double beyond, double *effective, const double *masses, const double *shares, size_t n)
{
	double low = 0, high = beyond;
	for (int halving = 0; halving < 200; halving++) {
		double middle = low + (high - low) / 2;
		if (isinf(shares_at(middle, effective, masses, shares, n)))
			high = middle;
		else
			low = middle;
	}
	return low;
}

void pgo_integer_weights(uint64_t *weights, double *effective, const double *masses, const double *shares, size_t n)
{
	double unit = INFINITY; /* smallest share per mass: at scale 1 / unit its weight is 1 */
	for (size_t i = 0; i < n; i++)
		unit = fmin(unit, shares[i] / masses[i]);
	double best_scale = 1 / unit, best_error = INFINITY;
	for (unsigned step = 1; step <= MAX_STEPS; step++) {
		double error = shares_at(step / unit, effective, masses, shares, n);
		if (isinf(error))
			break; /* the sum only grows with the scale */
		if (error < best_error) {
			best_error = error;
			best_scale = step / unit;
		}
		if (error < GOOD_ERROR)
			break;
	}
	if (isinf(best_error))
		best_scale = limited_scale(best_scale, effective, masses, shares, n);
	shares_at(best_scale, effective, masses, shares, n);
	for (size_t i = 0; i < n; i++) {
		double weight = rint(exact_weight(best_scale, masses[i], shares[i]));
		weights[i] = weight >= SUM_LIMIT ? (uint64_t)1 << 63 : (uint64_t)weight;
	}
}
