/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_WRITE_H
#define PGO_FORMATS_WRITE_H

#include "analysis/base/sink.h"
#include "analysis/model/builder.h"
#include "pgo/write.h"

/* What the writers share, for write.c, indexed_write.c and text_write.c only. */

struct pgo_writing {
	const struct pgo_profile *p;
	struct pgo_sink *sink;
	struct pgo_error *err;
	struct pgo_written *out;
	uint32_t version; /**< indexed */
	uint32_t flags;	  /**< of the result */
	bool sparse;
	uint32_t kinds;	    /**< value kinds that are written: those below it */
	uint32_t *order;    /**< functions that are written, in the writer's order */
	size_t count;	    /**< of them */
	bool moved;	    /**< `order` is not the order of the profile any more */
	uint32_t *extra_of; /**< by function: number of its extra plus 1; NULL: there are none */
};

static inline const struct pgo_function_extra *pgo_writing_extra(const struct pgo_writing *w, uint32_t function)
{
	return w->extra_of && w->extra_of[function] ? &w->p->extras[w->extra_of[function] - 1] : NULL;
}

/** A counter as it may stand in a file: what is no pseudo count stays below them. */
static inline uint64_t pgo_writable(const struct pgo_function *f, uint64_t counter)
{
	return counter > PGO_COUNTER_LIMIT && !(f->flags & PGO_FUNCTION_PSEUDO) ? PGO_COUNTER_LIMIT : counter;
}

/** Order by bucket of `mask`, then by name, then by hash; UINT64_MAX: by name and hash alone. @return 0 or -1 */
int pgo_writing_sort(struct pgo_writing *w, uint64_t mask);

/** True when both are records of one name. */
static inline bool pgo_same_name(const struct pgo_function *a, const struct pgo_function *b)
{
	return a->name_ref == b->name_ref && a->name_length == b->name_length &&
	       (a->name_length == 0 || memcmp(a->name, b->name, a->name_length) == 0);
}

/** Leave out the functions none of whose records ran. They stand in their order. */
void pgo_writing_thin_out(struct pgo_writing *w);

void pgo_writing_warn(struct pgo_writing *w, const char *format, ...) PGO_PRINTF(2, 3);

int pgo_indexed_write(struct pgo_writing *w);
int pgo_text_write(struct pgo_writing *w);

#endif
