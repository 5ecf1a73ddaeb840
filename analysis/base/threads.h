/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_THREADS_H
#define PGO_BASE_THREADS_H

#include <pthread.h>
#include <stddef.h>

/** Processors this process may run on; at least 1. */
unsigned pgo_processors(void);

/**
 * As pthread_create(), but the thread starts on another processor than the one that makes it. Left to itself the kernel
 * often puts it behind its maker, when the other processors were busy a moment before, and moves it milliseconds later,
 * when half the work is done. Once started it may run everywhere. Join it as any other.
 * @return 0, or an errno value
 */
int pgo_thread_start(pthread_t *thread, void *(*run)(void *), void *context);

/** Run `count` jobs on up to `threads` threads, each job once. Jobs must not share what they write. */
void pgo_parallel(void (*job)(void *context, size_t index), void *context, size_t count, unsigned threads);

#endif
