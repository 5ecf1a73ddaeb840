/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/concentration.h"

/* How concentrated: the statistic, turned so that more is more. */
static double degree(const struct pgo_concentration *c, int stat)
{
	return pgo_concentration_fields()[stat].low ? -c->values[stat].value : c->values[stat].value;
}

static bool ran(const struct pgo_concentration *c)
{
	return c->summary.total > 0;
}

/* The n + 1 profiles that are ranked together: the candidate is number 0. */
static const struct pgo_concentration *member(const struct pgo_concentration *candidate,
					      const struct pgo_concentration *references, size_t i)
{
	return i ? &references[i - 1] : candidate;
}

/* The k-th smallest (from 0) of a statistic over the references that ran, by counting: no order has to be kept. */
static double order_statistic(const struct pgo_concentration *references, size_t count, int stat, size_t k)
{
	for (size_t i = 0; i < count; i++) {
		size_t below = 0, equal = 0;
		double value = references[i].values[stat].value;
		for (size_t j = 0; ran(&references[i]) && j < count; j++) {
			below += ran(&references[j]) && references[j].values[stat].value < value;
			equal += ran(&references[j]) && references[j].values[stat].value == value;
		}
		if (below <= k && k < below + equal)
			return value;
	}
	return 0;
}

static void rank_stat(struct pgo_concentration_rank *out, const struct pgo_concentration *candidate,
		      const struct pgo_concentration *references, size_t count, size_t n, int stat)
{
	size_t as_far = 0;
	for (size_t i = 0; i < count; i++)
		as_far += ran(&references[i]) && degree(&references[i], stat) >= degree(candidate, stat);
	double lower = order_statistic(references, count, stat, (n - 1) / 2);
	double upper = order_statistic(references, count, stat, n / 2);
	out->low = (struct pgo_optional){true, order_statistic(references, count, stat, 0)};
	out->median = (struct pgo_optional){true, lower + (upper - lower) / 2};
	out->high = (struct pgo_optional){true, order_statistic(references, count, stat, n - 1)};
	out->p_value = (struct pgo_optional){true, (double)(1 + as_far) / (double)(n + 1)};
}

/* Twice the sum over statistics of those it is more concentrated than, ties counted once: whole numbers, so that equal
 * scores are equal. */
static uint64_t joint_score(const struct pgo_concentration *candidate, const struct pgo_concentration *references,
			    size_t count, size_t i)
{
	const struct pgo_concentration *c = member(candidate, references, i);
	uint64_t score = 0;
	for (size_t j = 0; j <= count; j++) {
		const struct pgo_concentration *other = member(candidate, references, j);
		for (int stat = 0; j != i && ran(other) && stat < PGO_STAT_COUNT; stat++) {
			double a = degree(c, stat), b = degree(other, stat);
			score += a > b ? 2 : a == b;
		}
	}
	return score;
}

void pgo_concentration_rank(struct pgo_concentration_ranks *out, const struct pgo_concentration *candidate,
			    const struct pgo_concentration *references, size_t count)
{
	const struct pgo_concentration_field *fields = pgo_concentration_fields();
	size_t n = 0, as_far = 0;
	for (size_t i = 0; i < count; i++)
		n += ran(&references[i]);
	*out = (struct pgo_concentration_ranks){.reference_count = n};
	if (!ran(candidate))
		return;
	for (int stat = 0; stat < PGO_STAT_COUNT; stat++) {
		double limit = fields[stat].low ? -fields[stat].fallback.value : fields[stat].fallback.value;
		if (n)
			rank_stat(&out->ranks[stat], candidate, references, count, n, stat);
		else
			out->ranks[stat].beyond = fields[stat].fallback.present && degree(candidate, stat) > limit;
	}
	if (n == 0)
		return;
	uint64_t score = joint_score(candidate, references, count, 0);
	for (size_t i = 1; i <= count; i++)
		as_far += ran(&references[i - 1]) && joint_score(candidate, references, count, i) >= score;
	out->p_value = (struct pgo_optional){true, (double)(1 + as_far) / (double)(n + 1)};
}
