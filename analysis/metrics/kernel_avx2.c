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
#include "analysis/metrics/kernel_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int pgo_kernel_avx2_unused;
#endif
