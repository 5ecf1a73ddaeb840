/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_NEAREST_H
#define HARNESS_SYS_NEAREST_H

#include <stddef.h>

/** The word that `text` was probably meant to be: two edits away at most, three when it is long. NULL: none is near. */
const char *nearest_word(const char *text, const char *const *words, size_t count);

#endif
