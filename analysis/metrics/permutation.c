/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/metrics/runs.h"

uint64_t pgo_choices(size_t n, size_t k)
{
	pgo_u128 choices = 1;
	if (k > n)
		return 0;
	k = k < n - k ? k : n - k;
	for (size_t i = 1; i <= k; i++) {
		choices = choices * (n - k + i) / i; /* exact: a product of i numbers in a row */
		if (choices > UINT64_MAX)
			return UINT64_MAX;
	}
	return (uint64_t)choices;
}

static uint64_t draw(uint64_t *state)
{
	/* splitmix64 (Steele, Lea and Flood 2014): any seed will do, and runs with one seed agree everywhere */
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t pgo_labelling_seed(uint64_t seed, uint64_t number)
{
	uint64_t mixed = draw(&seed) ^ number; /* not seed + number: such streams would be one, shifted */
	return draw(&mixed);
}

void pgo_labelling_start(struct pgo_labelling *l, size_t count, size_t chosen, uint32_t *items, uint64_t permutations,
			 uint64_t seed)
{
	uint64_t choices = pgo_choices(count, chosen);
	*l = (struct pgo_labelling){.count = count,
				    .chosen = chosen,
				    .exact = choices <= permutations,
				    .labellings = choices <= permutations ? choices : permutations,
				    .state = seed,
				    .items = items};
	for (size_t i = 0; i < count; i++)
		items[i] = (uint32_t)i;
}

/* In lexicographic order: the last one that can still rise does, those behind it follow closely. */
static void advance(struct pgo_labelling *l)
{
	size_t i = l->chosen;
	while (i > 0 && l->items[i - 1] == l->count - l->chosen + i - 1)
		i--;
	if (i == 0)
		return;
	l->items[i - 1]++;
	for (; i < l->chosen; i++)
		l->items[i] = l->items[i - 1] + 1;
}

bool pgo_labelling_next(struct pgo_labelling *l)
{
	if (l->done == l->labellings)
		return false;
	if (l->exact && l->done > 0)
		advance(l);
	/* the first steps of Fisher and Yates' shuffle; the bias of the remainder is below n / 2^64 */
	for (size_t i = 0; !l->exact && i < l->chosen; i++) {
		size_t j = i + (size_t)(draw(&l->state) % (l->count - i));
		uint32_t kept = l->items[i];
		l->items[i] = l->items[j];
		l->items[j] = kept;
	}
	l->done++;
	return true;
}

double pgo_labelling_least_p(size_t count, size_t chosen, uint64_t permutations)
{
	uint64_t choices = pgo_choices(count, chosen);
	double least = choices ? (2 * chosen == count ? 2.0 : 1.0) / (double)choices : 1;
	/* drawn at random, a labelling meets the runs' own now and then; none may */
	return choices <= permutations ? least : 1 / (1 + (double)permutations);
}

void pgo_permutation_conclude(struct pgo_permutation *out, const struct pgo_labelling *l, uint64_t extreme,
			      uint64_t enough, uint64_t permutations, uint64_t seed)
{
	double p = l->exact ? (double)extreme / (double)l->done : (double)(1 + extreme) / (double)(1 + l->done);
	if (!l->exact && extreme >= enough)
		p = (double)extreme / (double)l->done;
	*out = (struct pgo_permutation){.exact = l->exact,
					.count = l->done,
					.seed = l->exact ? 0 : seed,
					.extreme = extreme,
					.p_value = p,
					.least_p = pgo_labelling_least_p(l->count, l->chosen, permutations)};
}

void pgo_energy_table_sum(struct pgo_energy_table *t)
{
	t->total = 0;
	for (size_t i = 0; i < t->count; i++) {
		t->row_sums[i] = 0;
		for (size_t j = 0; j < t->count; j++)
			t->row_sums[i] += t->distances[i * t->stride + j];
		t->total += t->row_sums[i] / 2;
	}
}

void pgo_energy_sums(double sums[3], const struct pgo_energy_table *t, const uint32_t *chosen, size_t chosen_count)
{
	double rows = 0, inside = 0;
	for (size_t i = 0; i < chosen_count; i++) {
		const double *row = t->distances + chosen[i] * t->stride;
		rows += t->row_sums[chosen[i]];
		for (size_t j = 0; j < i; j++)
			inside += row[chosen[j]];
	}
	sums[0] = inside;
	sums[1] = rows - 2 * inside;
	sums[2] = t->total - inside - sums[1];
}

static double energy_of(const double sums[3], double chosen, double others)
{
	return 2 * (sums[1] / (chosen * others) - sums[0] / (chosen * chosen) - sums[2] / (others * others));
}

void pgo_energy_permute(struct pgo_permutation *out, const struct pgo_energy_table *t, const uint32_t *own,
			size_t chosen_count, uint32_t *items, uint64_t permutations, uint64_t seed, uint64_t enough)
{
	struct pgo_labelling l;
	double sums[3], chosen = (double)chosen_count, others = (double)(t->count - chosen_count);
	uint64_t extreme = 0;
	pgo_energy_sums(sums, t, own, chosen_count);
	/* what differs by rounding alone is equal: by the size of what the sums are made of, not of their difference */
	double limit = energy_of(sums, chosen, others) - 1e-12 * t->total / (chosen * others);
	pgo_labelling_start(&l, t->count, chosen_count, items, permutations, seed);
	while (pgo_labelling_next(&l)) {
		pgo_energy_sums(sums, t, items, chosen_count);
		extreme += energy_of(sums, chosen, others) >= limit;
		if (!l.exact && extreme == enough)
			break;
	}
	pgo_permutation_conclude(out, &l, extreme, enough, permutations, seed);
}

int pgo_energy_test(struct pgo_energy *out, const struct pgo_distances *distances, const bool *second,
		    uint64_t permutations, uint64_t seed, struct pgo_error *err)
{
	size_t n = distances->count;
	struct pgo_energy e = {0};
	for (size_t i = 0; i < n; i++)
		e.count[second[i]]++;
	if (e.count[0] == 0 || e.count[1] == 0)
		return pgo_error_set(err, PGO_EINVAL, "a test of two groups needs a run in each");
	bool smaller = e.count[1] < e.count[0]; /* the group whose runs are chosen */
	uint32_t *own = pgo_array_new(n, sizeof *own), *items = pgo_array_new(n, sizeof *items);
	struct pgo_energy_table t = {
		.count = n, .distances = distances->values, .stride = n, .row_sums = pgo_array_new(n, sizeof(double))};
	int rc = own && items && t.row_sums ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc == PGO_OK) {
		double sums[3];
		size_t chosen = 0;
		for (size_t i = 0; i < n; i++)
			if (second[i] == smaller)
				own[chosen++] = (uint32_t)i;
		pgo_energy_table_sum(&t);
		pgo_energy_sums(sums, &t, own, chosen);
		double a = (double)chosen, b = (double)(n - chosen);
		e.between = sums[1] / (a * b);
		e.within[smaller] = 2 * sums[0] / (a * a);
		e.within[!smaller] = fmax(2 * sums[2] / (b * b), 0);
		e.energy = fmax(energy_of(sums, a, b), 0);
		pgo_energy_permute(&e.permutation, &t, own, chosen, items, permutations, seed, UINT64_MAX);
		*out = e;
	}
	free(own);
	free(items);
	free(t.row_sums);
	return rc;
}
