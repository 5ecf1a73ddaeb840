/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Whatever the bytes, the indexed reader says what is wrong or hands out a profile that can be summarised. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_profile *profile = NULL;
	struct pgo_error err = {0};
	struct pgo_summary summary;
	int rc = pgo_profile_read(&profile, data, size, "indexed", &err);
	if (rc != PGO_OK) {
		if (profile || err.code != rc || !err.message[0])
			__builtin_trap();
		return 0;
	}
	if (pgo_profile_summarize(&summary, profile, PGO_RECORDS_NORMAL, NULL) != PGO_OK ||
	    pgo_profile_summarize(&summary, profile, PGO_RECORDS_CS, NULL) != PGO_OK)
		__builtin_trap();
	pgo_profile_free(profile);
	return 0;
}
