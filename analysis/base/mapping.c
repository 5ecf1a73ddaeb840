/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/mapping.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "analysis/base/threads.h"

/** From here on a second thread is worth starting. */
#define LARGE ((size_t)8 << 20)
#define PIECE ((size_t)4 << 20)

struct pgo_drop {
	struct pgo_mapping mappings[2];
	atomic_size_t next; /* piece, of both mappings together */
	pthread_t helper;
};

static size_t pieces_of(const struct pgo_mapping *m)
{
	return (m->length + PIECE - 1) / PIECE;
}

static void *give_back(void *context)
{
	struct pgo_drop *drop = context;
	size_t first = pieces_of(&drop->mappings[0]), count = first + pieces_of(&drop->mappings[1]);
	for (size_t i; (i = atomic_fetch_add_explicit(&drop->next, 1, memory_order_relaxed)) < count;) {
		const struct pgo_mapping *m = &drop->mappings[i >= first];
		size_t at = (i >= first ? i - first : i) * PIECE, left = m->length - at;
		(void)madvise((char *)m->bytes + at, left < PIECE ? left : PIECE, MADV_DONTNEED);
	}
	return NULL;
}

struct pgo_drop *pgo_drop_start(const struct pgo_mapping mappings[2])
{
	struct pgo_drop *drop = NULL;
	if (mappings[0].length + mappings[1].length < LARGE || pgo_processors() < 2 || !(drop = malloc(sizeof *drop)))
		return NULL;
	drop->mappings[0] = mappings[0];
	drop->mappings[1] = mappings[1];
	atomic_init(&drop->next, 0);
	if (pgo_thread_start(&drop->helper, give_back, drop) != 0) {
		free(drop);
		return NULL;
	}
	return drop;
}

void pgo_drop_finish(struct pgo_drop *drop)
{
	if (!drop)
		return;
	give_back(drop);
	pthread_join(drop->helper, NULL);
	free(drop);
}

void pgo_unmap(void *bytes, size_t length)
{
	pgo_drop_finish(pgo_drop_start((struct pgo_mapping[2]){{bytes, length}, {0}}));
	munmap(bytes, length);
}
