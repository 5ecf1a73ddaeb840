/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/vec.h"

#include <string.h>

int pgo_vec_grow(void *items, size_t *capacity, size_t count, size_t extra, size_t item_size)
{
	if (extra > SIZE_MAX / 2 - count)
		return -1;
	size_t need = count + extra;
	size_t grown = *capacity + *capacity / 2;
	if (grown < need)
		grown = need;
	if (grown < 16)
		grown = 16;
	if (grown > SIZE_MAX / 2 / item_size)
		return -1;
	void *p;
	memcpy(&p, items, sizeof p); /* the pointer has another type there: copy its bytes instead of aliasing it */
	p = realloc(p, grown * item_size);
	if (!p)
		return -1;
	memcpy(items, &p, sizeof p);
	*capacity = grown;
	return 0;
}
