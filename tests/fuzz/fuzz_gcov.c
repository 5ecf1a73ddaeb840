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

static int read_pair(struct pgo_profile **out, const uint8_t *data, size_t length, struct pgo_gcov_notes *notes,
		     bool may_quarantine, struct pgo_error *err)
{
	struct pgo_builder b = {.format = "gcda", .may_quarantine = may_quarantine};
	struct pgo_gcov_reading r = {.builder = &b};
	int rc = pgo_gcov_add(&r, "unit", data, length, notes, err);
	if (rc == PGO_OK)
		rc = pgo_gcov_finish(&r, err);
	else
		pgo_gcov_release(&r);
	if (rc == PGO_OK)
		return pgo_builder_finish(&b, length, out, err);
	pgo_builder_release(&b);
	return rc;
}

/* @return true when there is a profile, which was used */
static bool read_and_use_pair(const uint8_t *data, size_t size, bool may_quarantine)
{
	struct pgo_gcov_notes notes = {0};
	struct pgo_profile *profile = NULL;
	struct pgo_error err = {0};
	size_t length = find_notes(data, size);
	bool named = length < size && pgo_gcov_notes_read(&notes, data + length, size - length, NULL) == PGO_OK;
	int rc = read_pair(&profile, data, length, named ? &notes : NULL, may_quarantine, &err);
	pgo_gcov_notes_release(&notes);
	if (rc != PGO_OK) {
		if (profile || err.code != rc || !err.message[0])
			__builtin_trap();
		return false;
	}
	if (may_quarantine && (!profile->quarantine || profile->quarantine->count == 0))
		__builtin_trap();
	use_profile(profile);
	pgo_profile_free(profile);
	return true;
}

/* The input is a data file, then a notes file or nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!read_and_use_pair(data, size, false))
		read_and_use_pair(data, size, true);
	return 0;
}
