/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_FILES_H
#define HARNESS_SYS_FILES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pgo/error.h"

/* Paths, trees, digests and JSON records of the run directory. All returned strings and objects are the caller's. */

/** printf into a heap string; NULL when out of memory. */
char *files_format(const char *format, ...) PGO_PRINTF(1, 2);

/** dir/name as a heap string. */
char *files_join(const char *dir, const char *name);

/** Absolute, symlink-free form of an existing path; PGO_ESYSTEM names it. */
int files_absolute(char **out, const char *path, struct pgo_error *err);

bool files_exists(const char *path);
bool files_is_directory(const char *path);

/** mkdir -p. */
int files_mkdirs(const char *path, struct pgo_error *err);

/** rm -rf; a missing path is no error. Never follows symlinks. */
int files_remove_tree(const char *path, struct pgo_error *err);

/** Copy a regular file with its mode; parent directories are made. */
int files_copy(const char *from, const char *to, struct pgo_error *err);

/**
 * Copy a tree (regular files, symlinks, directories; modes and mtimes kept). Entries for which `skip` says true
 * (path relative to `from`) are left out; skip may be NULL.
 */
int files_copy_tree(const char *from, const char *to, bool (*skip)(const char *relative, void *user), void *user,
		    struct pgo_error *err);

/** Whole file in memory, NUL-terminated behind its end. */
int files_read(char **out, size_t *length, const char *path, struct pgo_error *err);

/** Write to a temporary name in the same directory, flush, fsync, check, rename. */
int files_write_atomic(const char *path, const void *bytes, size_t length, struct pgo_error *err);

/** XXH3 (128 bit) of a file's content, as 32 hex digits. */
int files_digest(char out[33], const char *path, struct pgo_error *err);

/** XXH3 (128 bit) over relative path, mode bit x and content of every file of a tree, in sorted order. Same `skip`. */
int files_digest_tree(char out[33], const char *path, bool (*skip)(const char *relative, void *user), void *user,
		      struct pgo_error *err);

/** XXH3 (128 bit) of a text, as 32 hex digits. */
void files_digest_text(char out[33], const char *text);

/** Every regular file under `path`, sorted, as paths relative to it; free with files_list_free(). */
int files_list(char ***out, size_t *count, const char *path, struct pgo_error *err);
void files_list_free(char **list, size_t count);

/** Free space of the file system `path` lies on, in bytes. */
int files_free_bytes(uint64_t *out, const char *path, struct pgo_error *err);

/** Read a JSON record (STRICT, UTF-8 checked). A missing file is PGO_EOF, without an error; a damaged one PGO_EFORMAT.
 */
int record_read(json_object **out, const char *path, struct pgo_error *err);

/** Write a JSON record, pretty-printed, atomically. */
int record_write(const char *path, json_object *record, struct pgo_error *err);

/** Member as string / number / bool, or the fallback when absent or of another type. Borrowed from the record. */
const char *record_string(json_object *record, const char *key, const char *fallback);
double record_number(json_object *record, const char *key, double fallback);
int64_t record_int(json_object *record, const char *key, int64_t fallback);
bool record_bool(json_object *record, const char *key, bool fallback);

#endif
