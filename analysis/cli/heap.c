/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"

#define ROOM ((size_t)256 << 20) /* address space; pages are taken as they are touched */
#define LARGE_PAGE ((size_t)2 << 20)
#define APART (32 << 20) /* the largest threshold glibc takes */

void cli_heap_large_pages(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, APART);
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_TOP_PAD, (int)ROOM);
	void *volatile grown = malloc((size_t)1 << 20); /* more than there is: the heap grows, and by ROOM */
	free(grown);
	uintptr_t end = (uintptr_t)sbrk(0);
	uintptr_t start = (end - ROOM + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);
	if (end > ROOM)
		madvise((void *)start, end - start, MADV_HUGEPAGE); /* refused: then it is small pages */
	mallopt(M_TOP_PAD, 128 << 10);				    /* as before */
}
