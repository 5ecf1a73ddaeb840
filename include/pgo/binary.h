/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BINARY_H
#define PGO_BINARY_H

#include "pgo/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the functions of a program stand in its source, by the debug information of an ELF file. */
struct pgo_binary;

/** A line of the source. */
struct pgo_source {
	const char *file; /**< as the compiler was told, owned by the binary */
	uint32_t line;	  /**< from 1 */
};

/**
 * Open a program, a shared library or an object file. One without debug information opens too and knows no function:
 * pgo_binary_function_count().
 *
 * @param[out] out  new; pgo_binary_close() frees it. Untouched on failure.
 * @return PGO_OK, PGO_ESYSTEM (cannot be read), PGO_EFORMAT (no ELF file, or its debug information is damaged),
 *         PGO_ENOMEM; err->path is set.
 *
 * All units are walked once: there need be no .debug_aranges. Split debug information (.dwo) and separate debug files
 * are not looked for.
 */
int pgo_binary_open(struct pgo_binary **out, const char *path, struct pgo_error *err);

void pgo_binary_close(struct pgo_binary *binary);

/** Functions the debug information tells a line of. */
size_t pgo_binary_function_count(const struct pgo_binary *binary);

/** The linker's build id; length 0: none. */
struct pgo_build_id pgo_binary_build_id(const struct pgo_binary *binary);

/**
 * Where a function of a profile is defined. A name with a file in front (static functions) is looked for in the unit of
 * that file's name; where functions of one name stand in several places and none of them is in that unit, nothing is
 * said.
 * @return false: the binary does not tell
 */
bool pgo_binary_find(const struct pgo_binary *binary, const struct pgo_function *f, struct pgo_source *out);

/** How a binary and a profile belong together. */
enum pgo_binary_fit {
	PGO_BINARY_FITS = 0, /**< one of the profile's build ids is the binary's */
	PGO_BINARY_OTHER,    /**< the profile has build ids, and the binary's is none of them */
	PGO_BINARY_UNKNOWN,  /**< one of them has no build id */
};
enum pgo_binary_fit pgo_binary_fits(const struct pgo_binary *binary, const struct pgo_profile *profile);

#ifdef __cplusplus
}
#endif

#endif
