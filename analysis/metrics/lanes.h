/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_METRICS_LANES_H
#define PGO_METRICS_LANES_H

/*
 * Four numbers at once. Vectors of the compiler's, which every machine has, and where AVX2 may be used (PGO_AVX2) what
 * these cannot say; both give the same results.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef PGO_AVX2
#include <immintrin.h>
#endif

#include "analysis/metrics/kernel.h"

typedef double v4d __attribute__((vector_size(32)));
typedef uint64_t v4u __attribute__((vector_size(32)));
typedef int64_t v4i __attribute__((vector_size(32)));
typedef uint32_t v4w __attribute__((vector_size(16)));

#define LOAD(v, at) __builtin_memcpy(&(v), (at), sizeof(v))
#define STORE(at, v) __builtin_memcpy((at), &(v), sizeof(v))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define MOST(v) ((uint64_t)LARGER(LARGER((v)[0], (v)[1]), LARGER((v)[2], (v)[3])))
#define WHERE(mask, v) ((v4d)((v4i)(v) & (mask)))

/*
 * log2 x = e + log2 z, z in [sqrt(1/2), sqrt 2); log2 z = 2 / ln 2 (s + s^3 / 3 + s^5 / 5 + ...), s = (z - 1) / (z +
 * 1), so s^2 < 0.0295 and eleven terms leave less than 2^-55 of the first.
 */
#define LOG2(out, x)                                                                                                   \
	do {                                                                                                           \
		v4u bits_ = (v4u)(x);                                                                                  \
		v4u t_ = bits_ + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);                                          \
		v4d z_ = (v4d)(bits_ - (t_ & 0xfff0000000000000u) + 0x3ff0000000000000u);                              \
		v4d e_ = (v4d)((t_ >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);                      \
		v4d s_ = (z_ - 1.0) / (z_ + 1.0), w_ = s_ * s_, w2_ = w_ * w_, w4_ = w2_ * w2_;                        \
		v4d low_ = (1.0 + w_ * (1.0 / 3)) + w2_ * ((1.0 / 5) + w_ * (1.0 / 7));                                \
		v4d mid_ = ((1.0 / 9) + w_ * (1.0 / 11)) + w2_ * ((1.0 / 13) + w_ * (1.0 / 15));                       \
		v4d top_ = ((1.0 / 17) + w_ * (1.0 / 19)) + w2_ * (1.0 / 21);                                          \
		(out) = e_ + s_ * (low_ + w4_ * (mid_ + w4_ * top_)) * (2 / 0.69314718055994530942);                   \
	} while (0)

/* Exact below 2^53, correctly rounded above: two halves, each under an exponent of its own. */
#define TO_DOUBLE(out, v)                                                                                              \
	do {                                                                                                           \
		v4d low_ = (v4d)(((v)&0xffffffffu) | 0x4330000000000000u);                                             \
		v4d high_ = (v4d)(((v) >> 32) | 0x4530000000000000u);                                                  \
		(out) = (high_ - 19342813118337666422669312.0) + low_;                                                 \
	} while (0)

/*
 * SQRT: square roots. LOAD_SOME: the first `n` of four items, 0 for the rest, of which nothing is read. BITS: one bit
 * for each lane of a mask. KEEP: store the lanes whose bit is set one behind the other; up to four items are written.
 */
#ifdef PGO_AVX2
#define SQRT(out, v) ((out) = (v4d)_mm256_sqrt_pd((__m256d)(v)))
#define LOAD_SOME(v, at, n)                                                                                            \
	((v) = (v4u)_mm256_maskload_epi64((const long long *)(at), _mm256_cmpgt_epi64(_mm256_set1_epi64x(n),           \
										      _mm256_setr_epi64x(0, 1, 2, 3))))
#define BITS(mask) ((unsigned)_mm256_movemask_pd((__m256d)(mask)))
#define KEEP(to, v, bits)                                                                                              \
	_mm256_storeu_si256((__m256i *)(to), _mm256_permutevar8x32_epi32(                                              \
						     (__m256i)(v), _mm256_loadu_si256((const __m256i *)kept[bits])))

/* Lanes whose bit is set go to the front: as pairs of 32-bit lanes. */
#define TWO(lane) 2 * (lane), 2 * (lane) + 1
static const int32_t kept[16][8] = {
	[0x1] = {TWO(0)},		  [0x2] = {TWO(1)},
	[0x3] = {TWO(0), TWO(1)},	  [0x4] = {TWO(2)},
	[0x5] = {TWO(0), TWO(2)},	  [0x6] = {TWO(1), TWO(2)},
	[0x7] = {TWO(0), TWO(1), TWO(2)}, [0x8] = {TWO(3)},
	[0x9] = {TWO(0), TWO(3)},	  [0xa] = {TWO(1), TWO(3)},
	[0xb] = {TWO(0), TWO(1), TWO(3)}, [0xc] = {TWO(2), TWO(3)},
	[0xd] = {TWO(0), TWO(2), TWO(3)}, [0xe] = {TWO(1), TWO(2), TWO(3)},
	[0xf] = {TWO(0), TWO(1), TWO(2), TWO(3)},
};
#else
#define SQRT(out, v) ((out) = (v4d){sqrt((v)[0]), sqrt((v)[1]), sqrt((v)[2]), sqrt((v)[3])})
#define LOAD_SOME(v, at, n)                                                                                            \
	do {                                                                                                           \
		(v) = (v4u){0};                                                                                        \
		if ((n) > 0)                                                                                           \
			memcpy(&(v), (at), (n) < PGO_LANES ? (size_t)(n)*8 : sizeof(v));                               \
	} while (0)
#define BITS(mask) ((unsigned)(((mask)[0] & 1) | ((mask)[1] & 2) | ((mask)[2] & 4) | ((mask)[3] & 8)))
#define KEEP(to, v, bits)                                                                                              \
	for (unsigned k_ = 0, n_ = 0; k_ < PGO_LANES; n_ += (bits) >> k_++ & 1)                                        \
	(to)[n_] = (v)[k_]
#endif

/*
 * Add up the counters of A and B; those that are not 0 on both sides are appended at x and y, and `row` at `of`.
 * pgo_kernel_pair() says more. Most functions have no more than eight counters: for these there is no loop, whose end
 * could not be predicted.
 */
struct pair_sums {
	v4u sum_a, sum_b;
	v4i max_a, max_b; /* with the sign turned over: then unsigned order is signed order, which vectors compare by */
	uint32_t at;
};

#define PAIR_SIGN ((uint64_t)1 << 63)

static inline __attribute__((always_inline)) void pair_add(struct pair_sums *p, v4u c, v4u d, uint64_t *x, uint64_t *y,
							   uint32_t *of, v4w row)
{
	v4i signed_a = (v4i)(c ^ PAIR_SIGN), signed_b = (v4i)(d ^ PAIR_SIGN);
	v4i more_a = signed_a > p->max_a, more_b = signed_b > p->max_b;
	unsigned bits = BITS((v4i)((c | d) != 0));
	p->sum_a += c;
	p->sum_b += d;
	p->max_a = (signed_a & more_a) | (p->max_a & ~more_a);
	p->max_b = (signed_b & more_b) | (p->max_b & ~more_b);
	KEEP(x + p->at, c, bits);
	KEEP(y + p->at, d, bits);
	STORE(of + p->at, row);
	p->at += (uint32_t)__builtin_popcount(bits);
}

static inline __attribute__((always_inline)) struct pgo_kernel_pair
pair_of(const void *a, const void *b, uint32_t count, uint64_t *x, uint64_t *y, uint32_t *of, uint32_t row)
{
	const unsigned char *bytes_a = a, *bytes_b = b;
	const v4w rows = {row, row, row, row};
	const v4u zero = {0};
	const int64_t n = count;
	struct pair_sums p = {zero, zero, (v4i)(zero ^ PAIR_SIGN), (v4i)(zero ^ PAIR_SIGN), 0};
	struct pgo_kernel_pair out = {.used = 0};
	v4u c, d, next_c, next_d, rest_c, rest_d;

	LOAD_SOME(c, bytes_a, n);
	LOAD_SOME(d, bytes_b, n);
	LOAD_SOME(next_c, bytes_a + 32, n - 4);
	LOAD_SOME(next_d, bytes_b + 32, n - 4);
	pair_add(&p, c, d, x, y, of, rows);
	pair_add(&p, next_c, next_d, x, y, of, rows);
	for (int64_t i = 8; i < n; i += PGO_LANES) {
		LOAD_SOME(rest_c, bytes_a + i * 8, n - i);
		LOAD_SOME(rest_d, bytes_b + i * 8, n - i);
		pair_add(&p, rest_c, rest_d, x, y, of, rows);
	}
	if (!p.at)
		return out; /* half of all functions never run */
	out.used = p.at;
	out.sum[0] = (p.sum_a[0] + p.sum_a[1]) + (p.sum_a[2] + p.sum_a[3]);
	out.sum[1] = (p.sum_b[0] + p.sum_b[1]) + (p.sum_b[2] + p.sum_b[3]);
	out.max[0] = MOST(p.max_a) ^ PAIR_SIGN;
	out.max[1] = MOST(p.max_b) ^ PAIR_SIGN;

	unsigned largest_a = BITS((v4i)(c == out.max[0])) | BITS((v4i)(next_c == out.max[0])) << 4;
	unsigned largest_b = BITS((v4i)(d == out.max[1])) | BITS((v4i)(next_d == out.max[1])) << 4;
	for (int64_t i = 8; i < n && !(largest_a | largest_b); i += PGO_LANES) {
		LOAD_SOME(rest_c, bytes_a + i * 8, n - i);
		LOAD_SOME(rest_d, bytes_b + i * 8, n - i);
		largest_a = BITS((v4i)(rest_c == out.max[0]));
		largest_b = BITS((v4i)(rest_d == out.max[1]));
	}
	/* the lowest bits, of the first that has one */
	out.differs = (largest_a & -largest_a) != (largest_b & -largest_b);
	return out;
}

#endif
