/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/formats/format.h"
#include "read_and_use.h"

/*
 * An indexed profile whose functions are left unread is read while it is compared, with itself. What the walk over its
 * table takes as sound, the reader must take too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_builder b = {.format = "indexed", .lazy_from = 1};
	struct pgo_profile *p = NULL;
	struct pgo_comparison c;
	if (size == 0 || pgo_indexed_read(&b, data, size, NULL) != PGO_OK) {
		pgo_builder_release(&b);
		return 0;
	}
	if (pgo_builder_finish(&b, size, &p, NULL) != PGO_OK)
		return 0;
	p->input = malloc(size);
	p->input_length = size;
	if (!p->input)
		__builtin_trap();
	memcpy(p->input, data, size);
	int rc = pgo_compare(&c, p, p, NULL, NULL);
	if (rc == PGO_OK) {
		pgo_comparison_release(&c);
		if (pgo_profile_settle(p, NULL) != PGO_OK)
			__builtin_trap();
		use_profile(p);
	}
	pgo_profile_free(p);
	return 0;
}
