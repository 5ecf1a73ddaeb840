/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "analysis/metrics/kernel.h"

/*
 * The kernels give the same numbers, to the last bit, with the vectors every machine has and with those of this one; and
 * what they say of a pair's counters is what a plain loop says.
 */

void pgo_kernel_pair_plain(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
			   uint64_t *y, uint32_t *of, uint32_t row);
void pgo_kernel_counters_plain(const struct pgo_kernel_counters *c, size_t count, const struct pgo_kernel_side side[2],
			       struct pgo_kernel_sums *sums);
uint64_t pgo_kernel_rows_plain(const struct pgo_kernel_rows *rows, size_t count, const struct pgo_kernel_side side[2],
			       const struct pgo_kernel_marks *marks, struct pgo_kernel_sums *sums);

enum { MOST = 40, ROOM = MOST + PGO_LANES, ROWS = 61, COUNTERS = 203 };

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Zeros, small ones, and some in each order of magnitude up to 2^64 - 1. */
static uint64_t any_counter(void)
{
	uint64_t kind = next() % 4;
	return kind == 0 ? 0 : kind == 1 ? next() % 4 : next() >> next() % 64;
}

static struct pgo_kernel_pair by_hand(const uint64_t *a, const uint64_t *b, uint32_t count, uint64_t *x, uint64_t *y)
{
	struct pgo_kernel_pair p = {.used = 0};
	uint32_t at[2] = {0};
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t both[2] = {a[i], b[i]};
		for (unsigned s = 0; s < 2; s++) {
			p.sum[s] += both[s];
			at[s] = both[s] > p.max[s] ? i : at[s];
			p.max[s] = both[s] > p.max[s] ? both[s] : p.max[s];
		}
		if (!(a[i] | b[i]))
			continue;
		x[p.used] = a[i];
		y[p.used++] = b[i];
	}
	p.differs = at[0] != at[1];
	return p;
}

typedef void pair_kernel(struct pgo_kernel_pair *, const void *, const void *, uint32_t, uint64_t *, uint64_t *,
			 uint32_t *, uint32_t);

static void check_pair(pair_kernel *kernel, const uint64_t *a, const uint64_t *b, uint32_t count)
{
	uint64_t x[ROOM], y[ROOM], want_x[MOST], want_y[MOST];
	uint32_t of[ROOM];
	struct pgo_kernel_pair got, want = by_hand(a, b, count, want_x, want_y);
	kernel(&got, a, b, count, x, y, of, 7);
	assert_int_equal(got.used, want.used);
	for (uint32_t i = 0; i < want.used; i++) {
		assert_true(x[i] == want_x[i] && y[i] == want_y[i]);
		assert_int_equal(of[i], 7);
	}
	for (unsigned s = 0; s < 2; s++) {
		assert_true(got.sum[s] == want.sum[s]);
		assert_true(got.max[s] == want.max[s]);
	}
	/* which counter dominates means something only where both ran */
	if (want.max[0] && want.max[1])
		assert_int_equal(got.differs, want.differs);
}

static void pairs_are_what_a_loop_says(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t count = 1 + (uint32_t)(next() % MOST);
		/* nothing may be read behind the last one */
		uint64_t *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
		bool idle = next() % 8 == 0;
		for (uint32_t i = 0; i < count; i++) {
			a[i] = idle ? 0 : any_counter();
			b[i] = idle ? 0 : next() % 3 ? any_counter() : a[i];
		}
		check_pair(pgo_kernel_pair, a, b, count);
		check_pair(pgo_kernel_pair_plain, a, b, count);
		free(a);
		free(b);
	}
}

struct everything {
	double mass[2][PGO_ROWS_MOST], share[2][PGO_ROWS_MOST], ratio[PGO_ROWS_MOST], between[PGO_ROWS_MOST];
	uint64_t max[2][PGO_ROWS_MOST], flipped[PGO_ROWS_MOST], marked;
	uint64_t x[COUNTERS + PGO_LANES], y[COUNTERS + PGO_LANES];
	uint32_t of[COUNTERS + PGO_LANES];
	double out[5][COUNTERS + PGO_LANES];
	struct pgo_kernel_sums sums;
};

static void fill(struct everything *e)
{
	memset(e, 0, sizeof *e);
	for (unsigned i = 0; i < ROWS; i++) {
		bool counts = next() % 10 != 0;
		for (unsigned s = 0; s < 2; s++) {
			e->max[s][i] = counts ? 1 + next() % 100000 : 0;
			e->mass[s][i] = (double)(e->max[s][i] * (1 + next() % 5));
		}
		e->flipped[i] = next() % 2 ? UINT64_MAX : 0;
	}
	for (unsigned i = 0; i < COUNTERS; i++) {
		e->x[i] = any_counter() >> 12;
		e->y[i] = any_counter() >> 12;
		e->of[i] = (uint32_t)(next() % ROWS);
	}
}

typedef uint64_t rows_kernel(const struct pgo_kernel_rows *, size_t, const struct pgo_kernel_side *,
			     const struct pgo_kernel_marks *, struct pgo_kernel_sums *);
typedef void counters_kernel(const struct pgo_kernel_counters *, size_t, const struct pgo_kernel_side *,
			     struct pgo_kernel_sums *);

static void compute(struct everything *e, rows_kernel *rows, counters_kernel *counters)
{
	const struct pgo_kernel_side side[2] = {{40000, 9000, 500, 1e-7, -23.25}, {30000, 8000, 400, 2e-7, -22.25}};
	const struct pgo_kernel_marks marks = {.both = 0.05,
					       .train = 0.04,
					       .test = 0.06,
					       .light = 0.001,
					       .heavy = 0.0012,
					       .mass = {4e5, 4e5},
					       .max = {99000, 99000}};
	const struct pgo_kernel_rows r = {{e->mass[0], e->mass[1]}, {e->max[0], e->max[1]}, e->flipped,
					  {e->share[0], e->share[1]}, e->ratio, e->between};
	const struct pgo_kernel_counters c = {e->x,	 e->y,	    e->of,     e->ratio, e->out[0],
					      e->out[1], e->out[2], e->out[3], e->out[4]};
	e->marked = rows(&r, ROWS, side, &marks, &e->sums);
	counters(&c, COUNTERS, side, &e->sums);
}

static void all_vectors_give_the_same(void **unused)
{
	(void)unused;
	static struct everything a, b;
	for (unsigned round = 0; round < 500; round++) {
		fill(&a);
		b = a;
		compute(&a, pgo_kernel_rows, pgo_kernel_counters);
		compute(&b, pgo_kernel_rows_plain, pgo_kernel_counters_plain);
		assert_memory_equal(&a, &b, sizeof a);
		assert_true(a.marked != 0 && a.marked >> ROWS == 0);
		for (unsigned i = 0; i < ROWS; i++) {
			bool counts = a.mass[0][i] > 0;
			double p = a.share[0][i], q = a.share[1][i];
			assert_true(counts ? a.ratio[i] == q / p : a.ratio[i] == 0 && a.between[i] == 0);
			double want = counts && p != q ? (p * log2(2 * p / (p + q)) + q * log2(2 * q / (p + q))) / 2 : 0;
			assert_true(fabs(a.between[i] - want) <= 1e-15 * (p + q));
			bool marked = p + q >= 0.05 || p >= 0.04 || q >= 0.06 || (p > 0.001 && p < 0.0012) ||
				      a.mass[0][i] > 4e5 || a.mass[1][i] > 4e5 || a.max[0][i] > 99000 ||
				      a.max[1][i] > 99000;
			assert_int_equal(a.marked >> i & 1, marked);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_what_a_loop_says),
		cmocka_unit_test(all_vectors_give_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
