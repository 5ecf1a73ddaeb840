/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "several.h"

#include "pgo/runs.h"

static void counts_choices(void **state)
{
	(void)state;
	assert_int_equal(pgo_choices(6, 3), 20);
	assert_int_equal(pgo_choices(5, 0), 1);
	assert_int_equal(pgo_choices(3, 4), 0);
	assert_int_equal(pgo_choices(40, 20), 137846528820u);
	assert_int_equal(pgo_choices(67, 33), 14226520737620288370u); /* the largest of its kind below 2^64 */
	assert_true(pgo_choices(68, 34) == UINT64_MAX);
	assert_true(pgo_choices(100000, 50000) == UINT64_MAX);
}

static struct pgo_distances on_a_line(const double *x, size_t n)
{
	struct pgo_distances d = {.count = n, .values = malloc(n * n * sizeof *d.values)};
	for (size_t i = 0; i < n * n; i++)
		d.values[i] = fabs(x[i / n] - x[i % n]);
	return d;
}

/* {0, 1} and {10, 12}: 2 (10 + 12 + 9 + 11) / 4 - 2 * 1 / 4 - 2 * 2 / 4 = 21 - 0.5 - 1. */
static void energy_by_hand(void **state)
{
	(void)state;
	static const double x[] = {0, 10, 1, 12};
	const bool second[] = {false, true, false, true}, nobody[4] = {false};
	struct pgo_distances d = on_a_line(x, 4);
	struct pgo_energy e;
	struct pgo_error err = {0};
	assert_int_equal(pgo_energy_test(&e, &d, second, 20000, 1, NULL), PGO_OK);
	assert_near(e.energy, 19.5, 1e-12);
	assert_near(e.between, 10.5, 1e-12);
	assert_near(e.within[0], 0.5, 1e-12);
	assert_near(e.within[1], 1, 1e-12);
	assert_true(e.permutation.exact && e.permutation.count == 6 && e.permutation.extreme == 2);
	assert_near(e.permutation.p_value, 2. / 6, 1e-15); /* these labels, and the same exchanged */
	assert_near(e.permutation.least_p, 2. / 6, 1e-15);
	assert_int_equal(pgo_energy_test(&e, &d, nobody, 20000, 1, &err), PGO_EINVAL);
	assert_string_equal(err.message, "a test of two groups needs a run in each");
	free(d.values);
}

static double energy_of(const struct pgo_distances *d, const bool *second)
{
	double sums[2][2] = {{0}}, size[2] = {0};
	for (size_t i = 0; i < d->count; i++) {
		size[second[i]]++;
		for (size_t j = 0; j < d->count; j++)
			sums[second[i]][second[j]] += d->values[i * d->count + j];
	}
	return 2 * sums[0][1] / (size[0] * size[1]) - sums[0][0] / (size[0] * size[0]) -
	       sums[1][1] / (size[1] * size[1]);
}

/*
 * All labellings by the bits of a number: each one's p is the share of those at least as large, and among them all at
 * most a share of a has p <= a. That is what makes the test exact.
 */
static void exact_is_exhaustive(void **state)
{
	(void)state;
	for (unsigned chosen = 1; chosen < 8; chosen++) {
		enum { N = 8 };
		double x[N], energies[1 << N];
		unsigned labellings[1 << N], count = 0;
		for (unsigned i = 0; i < N; i++)
			x[i] = floor(8 * uniform()); /* with ties */
		struct pgo_distances d = on_a_line(x, N);
		bool second[1 << N][N] = {{false}};
		for (unsigned bits = 0; bits < 1 << N; bits++) {
			if ((unsigned)__builtin_popcount(bits) != chosen)
				continue;
			for (unsigned i = 0; i < N; i++)
				second[count][i] = bits >> i & 1;
			energies[count] = energy_of(&d, second[count]);
			labellings[count++] = bits;
		}
		assert_int_equal(count, pgo_choices(N, chosen));
		double ps[1 << N];
		for (unsigned k = 0; k < count; k++) {
			struct pgo_energy e;
			unsigned extreme = 0;
			for (unsigned j = 0; j < count; j++)
				extreme += energies[j] >= energies[k] - 1e-9;
			assert_int_equal(pgo_energy_test(&e, &d, second[k], count, 1, NULL), PGO_OK);
			assert_true(e.permutation.exact);
			if (e.permutation.extreme != extreme)
				fail_msg("labelling %x: %u are as extreme, not %u", labellings[k], extreme,
					 (unsigned)e.permutation.extreme);
			assert_near(e.energy, fmax(energies[k], 0), 1e-12);
			assert_true(e.permutation.p_value >= e.permutation.least_p - 1e-15);
			ps[k] = e.permutation.p_value;
		}
		for (double a = 0.01; a < 1; a += 0.01) {
			unsigned rejected = 0;
			for (unsigned k = 0; k < count; k++)
				rejected += ps[k] <= a;
			assert_true(rejected <= a * count + 1e-9);
		}
		free(d.values);
	}
}

static void random_ones_are_like_all(void **state)
{
	(void)state;
	enum { N = 12 };
	double x[N];
	bool second[N];
	for (unsigned i = 0; i < N; i++) {
		second[i] = i % 2;
		x[i] = uniform() + 0.3 * second[i];
	}
	struct pgo_distances d = on_a_line(x, N);
	struct pgo_energy all, some, again, other;
	pgo_energy_test(&all, &d, second, 924, 1, NULL);
	pgo_energy_test(&some, &d, second, 923, 1, NULL);
	pgo_energy_test(&again, &d, second, 923, 1, NULL);
	pgo_energy_test(&other, &d, second, 923, 2, NULL);
	assert_true(all.permutation.exact && !some.permutation.exact);
	assert_int_equal(some.permutation.count, 923);
	assert_int_equal(some.permutation.seed, 1);
	assert_int_equal(all.permutation.seed, 0);
	assert_int_equal(some.permutation.extreme, again.permutation.extreme);
	assert_true(some.permutation.extreme != other.permutation.extreme);
	assert_near(some.permutation.p_value, (1. + (double)some.permutation.extreme) / 924, 1e-15);
	assert_near(some.permutation.least_p, 1. / 924, 1e-15);
	double p = all.permutation.p_value, deviation = sqrt(p * (1 - p) / 923);
	assert_near(some.permutation.p_value, p, 4 * deviation);
	assert_near(other.permutation.p_value, p, 4 * deviation);
	free(d.values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_choices),
		cmocka_unit_test(energy_by_hand),
		cmocka_unit_test(exact_is_exhaustive),
		cmocka_unit_test(random_ones_are_like_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
