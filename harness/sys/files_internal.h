/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_FILES_INTERNAL_H
#define HARNESS_SYS_FILES_INTERNAL_H

#include "harness/sys/files.h"

/* Shared between the files of file handling only. */

/** Record the current errno as "what: …" for a path, with a hint for a full disk. @return PGO_ESYSTEM */
int files_fail(struct pgo_error *err, const char *path, const char *what);

/** write() until everything is out. @return 0, or -1 with errno */
int files_write_all(int fd, const void *bytes, size_t length);

/** As files_list(), with symlinks, and without what `skip` says. */
int files_list_entries(char ***out, size_t *count, const char *path, bool (*skip)(const char *relative, void *user),
		       void *user, struct pgo_error *err);

#endif
