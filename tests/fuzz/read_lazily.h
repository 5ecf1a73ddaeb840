/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FUZZ_READ_LAZILY_H
#define FUZZ_READ_LAZILY_H

#include "analysis/formats/format.h"

/** An indexed profile whose functions are left unread. @return NULL: even its frame is damaged */
static inline struct pgo_profile *read_lazily(const uint8_t *data, size_t size)
{
	struct pgo_builder b = {.format = "indexed", .lazy_from = 1};
	struct pgo_profile *p = NULL;
	if (size == 0 || pgo_indexed_read(&b, data, size, NULL) != PGO_OK) {
		pgo_builder_release(&b);
		return NULL;
	}
	if (pgo_builder_finish(&b, size, &p, NULL) != PGO_OK)
		return NULL;
	p->input = malloc(size);
	p->input_length = size;
	if (!p->input)
		__builtin_trap();
	memcpy(p->input, data, size);
	return p;
}

#endif
