/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "pgo/calibration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A policy that is refused must be left as it was, with a reason; one that is taken is set somewhere or names nothing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_policy policy = pgo_policy_defaults();
	struct pgo_error err = {0};
	int rc = pgo_policy_parse(&policy, (const char *)data, size, &err);
	if (rc != PGO_OK && (policy.set != 0 || !err.message[0]))
		abort();
	return 0;
}
