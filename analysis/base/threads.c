/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/threads.h"

#include <sched.h>
#include <stdbool.h>

unsigned pgo_processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return count > 0 ? (unsigned)count : 1;
}

int pgo_thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
	cpu_set_t all, others;
	pthread_attr_t attr;
	int here = sched_getcpu();
	bool known = here >= 0 && here < CPU_SETSIZE && sched_getaffinity(0, sizeof all, &all) == 0;
	if (!known || pthread_attr_init(&attr) != 0)
		return pthread_create(thread, NULL, run, context);
	others = all;
	CPU_CLR((size_t)here, &others);
	if (CPU_COUNT(&others) > 0)
		pthread_attr_setaffinity_np(&attr, sizeof others, &others);
	int rc = pthread_create(thread, &attr, run, context);
	pthread_attr_destroy(&attr);
	if (rc != 0) /* the processors may be others by now */
		return pthread_create(thread, NULL, run, context);
	pthread_setaffinity_np(*thread, sizeof all, &all);
	return rc;
}
