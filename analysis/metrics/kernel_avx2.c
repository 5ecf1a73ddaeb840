/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The kernels for x86-64 machines with AVX2; kernel.c asks whether this is one. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "analysis/metrics/walk_read.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define KERNEL(name) name##_avx2
#define PGO_AVX2 1
#include "analysis/metrics/kernel_body.h"
#include "analysis/metrics/walk_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int pgo_kernel_avx2_unused;
#endif
