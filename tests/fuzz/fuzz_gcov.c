/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "analysis/formats/gcov.h"
#include "read_and_use.h"

/** Where the notes start: their magic word, in either byte order, behind the data. */
static size_t find_notes(const uint8_t *data, size_t size)
{
	for (size_t at = 4; at + 4 <= size; at++)
		if (memcmp(data + at, "oncg", 4) == 0 || memcmp(data + at, "gcno", 4) == 0)
			return at;
	return size;
}

/* The input is a data file, then a notes file or nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_builder b = {.format = "gcda"};
	struct pgo_gcov_reading r = {.builder = &b};
	struct pgo_gcov_notes notes = {0};
	struct pgo_profile *profile = NULL;
	struct pgo_error err = {0};
	size_t length = find_notes(data, size);
	bool named = length < size && pgo_gcov_notes_read(&notes, data + length, size - length, NULL) == PGO_OK;
	int rc = pgo_gcov_add(&r, "unit", data, length, named ? &notes : NULL, &err);
	if (rc == PGO_OK)
		rc = pgo_gcov_finish(&r, &err);
	else
		pgo_gcov_release(&r);
	if (rc == PGO_OK)
		rc = pgo_builder_finish(&b, length, &profile, &err);
	else
		pgo_builder_release(&b);
	pgo_gcov_notes_release(&notes);
	if (rc != PGO_OK) {
		if (profile || err.code != rc || !err.message[0])
			__builtin_trap();
		return 0;
	}
	use_profile(profile);
	pgo_profile_free(profile);
	return 0;
}
