/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "read_and_use.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return read_and_use(data, size, "bolt-yaml");
}
