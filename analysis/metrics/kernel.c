/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics/walk_read.h"

#define KERNEL(name) name##_plain
#include "analysis/metrics/kernel_body.h"
#include "analysis/metrics/walk_body.h"

#if defined(__x86_64__)
void pgo_kernel_counters_avx2(const struct pgo_kernel_counters *c, size_t count, const struct pgo_kernel_side side[2],
			      struct pgo_kernel_sums *sums);
uint64_t pgo_kernel_rows_avx2(const struct pgo_kernel_rows *rows, size_t count, const struct pgo_kernel_side side[2],
			      const struct pgo_kernel_marks *marks, struct pgo_kernel_sums *sums);
void pgo_kernel_pair_avx2(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
			  uint64_t *y, uint32_t *of, uint32_t row);
bool pgo_walk_slots_avx2(struct pgo_walk_reading *r, uint64_t first, unsigned count);
void pgo_kernel_cut_avx2(struct pgo_kernel_cuts *cuts, const uint64_t *counters, size_t count, uint64_t most);
double pgo_kernel_squares_avx2(const double *root_p, const double *root_q, size_t count);
double pgo_kernel_gaps_avx2(const double *p, const double *q, size_t count);
double pgo_kernel_mean_logs_avx2(const double *p, const double *q, size_t count);
double pgo_kernel_below_avx2(const double *p, const double *q, size_t count, double least);
#define WIDE __builtin_cpu_supports("avx2")
#else
#define pgo_kernel_counters_avx2 pgo_kernel_counters_plain
#define pgo_kernel_rows_avx2 pgo_kernel_rows_plain
#define pgo_kernel_pair_avx2 pgo_kernel_pair_plain
#define pgo_walk_slots_avx2 pgo_walk_slots_plain
#define pgo_kernel_cut_avx2 pgo_kernel_cut_plain
#define pgo_kernel_squares_avx2 pgo_kernel_squares_plain
#define pgo_kernel_gaps_avx2 pgo_kernel_gaps_plain
#define pgo_kernel_mean_logs_avx2 pgo_kernel_mean_logs_plain
#define pgo_kernel_below_avx2 pgo_kernel_below_plain
#define WIDE 0
#endif

void pgo_kernel_counters(const struct pgo_kernel_counters *c, size_t count, const struct pgo_kernel_side side[2],
			 struct pgo_kernel_sums *sums)
{
	(WIDE ? pgo_kernel_counters_avx2 : pgo_kernel_counters_plain)(c, count, side, sums);
}

uint64_t pgo_kernel_rows(const struct pgo_kernel_rows *rows, size_t count, const struct pgo_kernel_side side[2],
			 const struct pgo_kernel_marks *marks, struct pgo_kernel_sums *sums)
{
	return (WIDE ? pgo_kernel_rows_avx2 : pgo_kernel_rows_plain)(rows, count, side, marks, sums);
}

void pgo_kernel_pair(struct pgo_kernel_pair *out, const void *a, const void *b, uint32_t count, uint64_t *x,
		     uint64_t *y, uint32_t *of, uint32_t row)
{
	(WIDE ? pgo_kernel_pair_avx2 : pgo_kernel_pair_plain)(out, a, b, count, x, y, of, row);
}

void pgo_kernel_cut(struct pgo_kernel_cuts *cuts, const uint64_t *counters, size_t count, uint64_t most)
{
	(WIDE ? pgo_kernel_cut_avx2 : pgo_kernel_cut_plain)(cuts, counters, count, most);
}

double pgo_kernel_squares(const double *root_p, const double *root_q, size_t count)
{
	return (WIDE ? pgo_kernel_squares_avx2 : pgo_kernel_squares_plain)(root_p, root_q, count);
}

double pgo_kernel_gaps(const double *p, const double *q, size_t count)
{
	return (WIDE ? pgo_kernel_gaps_avx2 : pgo_kernel_gaps_plain)(p, q, count);
}

double pgo_kernel_mean_logs(const double *p, const double *q, size_t count)
{
	return (WIDE ? pgo_kernel_mean_logs_avx2 : pgo_kernel_mean_logs_plain)(p, q, count);
}

double pgo_kernel_below(const double *p, const double *q, size_t count, double least)
{
	return (WIDE ? pgo_kernel_below_avx2 : pgo_kernel_below_plain)(p, q, count, least);
}

bool pgo_walk_slots(struct pgo_walk_reading *r, uint64_t first, unsigned count)
{
	return (WIDE ? pgo_walk_slots_avx2 : pgo_walk_slots_plain)(r, first, count);
}
