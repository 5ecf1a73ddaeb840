/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_DIGEST_H
#define PGO_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/** LLVM's name reference: the first 8 bytes of MD5(name), read as a little-endian number. */
uint64_t pgo_name_ref(const void *name, size_t length);

#endif
