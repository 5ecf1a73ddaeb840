/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_INPUTS_H
#define PGO_INPUTS_H

#include "pgo/merge.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a person names as one profile may be many files: they mean their sum.
 *
 *	FILE        itself; "-" is standard input
 *	PATTERN     a path with *, ? or [...] that is no file: all files it matches (glob(7)), at least one
 *	DIRECTORY   all files in it and below that are profiles by their first bytes, or by their name (*.profraw,
 *	            *.profdata, *.proftext); hidden files and directories are left out. One that holds .gcda files is
 *	            one gcc profile
 *	@LIST       the files named in LIST, one a line; empty lines and those that start with # are skipped. A name
 *	            that is not absolute starts where LIST lies
 */
struct pgo_inputs {
	char *name;   /**< the argument */
	size_t count; /**< at least 1 */
	char **paths; /**< as listed, or by their bytes */
	bool many;    /**< a pattern, a directory or a list, even if it names one file */
};

/**
 * Find the files an argument means.
 *
 * @param[out] out  caller releases with pgo_inputs_release(). Untouched on failure.
 * @return PGO_OK, PGO_EFORMAT (it names no profile at all), PGO_ESYSTEM, PGO_ENOMEM.
 */
int pgo_inputs_find(struct pgo_inputs *out, const char *argument, struct pgo_error *err);

void pgo_inputs_release(struct pgo_inputs *inputs);

/** What pgo_inputs_add() tells about each file, from the thread that called it. */
struct pgo_inputs_watch {
	/** File `index`, before its counters are added. @return PGO_OK, or what ends the reading. NULL: not wanted */
	int (*profile)(void *context, size_t index, const struct pgo_profile *profile, struct pgo_error *err);
	/** Now and then: files read of all. NULL: not wanted */
	void (*progress)(void *context, size_t done, size_t all);
	void *context;
};

/**
 * Add all files to a sum, reading the next ones while one is added. Few of them are in memory at a time.
 * Warnings of the readers become warnings of the sum, with the path before them.
 *
 * @param merge    NULL: read and watch only.
 * @param weights  one for each file; NULL: once.
 * @param options  NULL: defaults. @param watch  may be NULL.
 * @return as pgo_profile_open() and pgo_merge_add(); err->path is the file it was.
 */
int pgo_inputs_add(struct pgo_merge *merge, const struct pgo_inputs *inputs, const struct pgo_read_options *options,
		   const struct pgo_merge_weight *weights, const struct pgo_inputs_watch *watch, struct pgo_error *err);

/**
 * The profile an argument means: of one file as pgo_profile_open_with() reads it, of many their sum.
 * @return as pgo_inputs_find() and pgo_inputs_add().
 */
int pgo_inputs_open(struct pgo_profile **out, const char *argument, const struct pgo_read_options *options,
		    struct pgo_error *err);

/** Digest of a file's bytes: XXH3, 128 bits, in hex. @return PGO_OK or PGO_ESYSTEM (err->path is set) */
int pgo_inputs_digest(char out[33], const char *path, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
