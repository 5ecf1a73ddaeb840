/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The kernels for x86-64 machines with AVX2; kernel.c asks whether this is one. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "analysis/metrics/kernel.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define KERNEL(name) name##_avx2
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
#include "analysis/metrics/kernel_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int pgo_kernel_avx2_unused;
#endif
