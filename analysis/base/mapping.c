/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/mapping.h"

#include <stdint.h>
#include <sys/mman.h>

#include "analysis/base/threads.h"

/** From here on a second thread is worth starting. */
#define LARGE ((size_t)8 << 20)

struct piece {
	char *start;
	size_t length;
};

static void *give_back(void *context)
{
	const struct piece *piece = context;
	(void)madvise(piece->start, piece->length, MADV_DONTNEED);
	return NULL;
}

void pgo_unmap(void *bytes, size_t length)
{
	struct piece second = {.start = (char *)bytes + (length / 2 & ~(size_t)0xffff)};
	struct piece first = {.start = bytes, .length = (size_t)(second.start - (char *)bytes)};
	pthread_t helper;
	second.length = length - first.length;
	if (length >= LARGE && pgo_processors() > 1 && pgo_thread_start(&helper, give_back, &second) == 0) {
		give_back(&first);
		pthread_join(helper, NULL);
	}
	munmap(bytes, length);
}
