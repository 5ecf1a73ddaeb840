/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_MODEL_NAMES_H
#define PGO_MODEL_NAMES_H

#include <stddef.h>

/**
 * Normalise a PGO name: file part cut to its base name, codegen unit of rustc dropped, separator always ';', hashes of
 * Rust symbols and `.llvm.<digits>` dropped. The result is never longer than the name plus one byte.
 * @param out  at least length + 1 bytes. @return length written, without a NUL.
 */
size_t pgo_name_normalize(char *out, const char *name, size_t length);

#endif
