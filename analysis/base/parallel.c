/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdatomic.h>

#include "analysis/base/threads.h"

#define MAX_THREADS 8

struct crew {
	void (*job)(void *context, size_t index);
	void *context;
	size_t count;
	atomic_size_t next;
};

static void *work(void *arg)
{
	struct crew *crew = arg;
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed);
		if (i >= crew->count)
			return NULL;
		crew->job(crew->context, i);
	}
}

void pgo_parallel(void (*job)(void *context, size_t index), void *context, size_t count, unsigned threads)
{
	struct crew crew = {.job = job, .context = context, .count = count};
	pthread_t helpers[MAX_THREADS];
	unsigned started = 0;

	/* A helper that cannot be started is no failure: whoever runs takes the next job. */
	while (started + 1 < threads && started + 1 < count && started < MAX_THREADS &&
	       pgo_thread_start(&helpers[started], work, &crew) == 0)
		started++;
	work(&crew);
	for (unsigned i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
}
