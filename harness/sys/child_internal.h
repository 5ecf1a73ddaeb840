/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_CHILD_INTERNAL_H
#define HARNESS_SYS_CHILD_INTERNAL_H

#include "harness/sys/child.h"

/* Shared between the files of child handling only. */

/** A child that was just forked. When exec_errno is not 0 it never ran, but still has to be reaped. */
struct child_process {
	pid_t pid; /**< also its process group */
	int pidfd; /**< readable once it ended; owned */
	int exec_errno;
	int64_t start_ns;
};

/** @return PGO_OK; PGO_ESYSTEM: nothing was started (redirection, directory, fork). */
int child_spawn(struct child_process *out, const struct child_spec *spec, struct pgo_error *err);

/** CLOCK_MONOTONIC in nanoseconds. */
int64_t child_now_ns(void);

/** Read end of the self-pipe, or -1 before child_signals_install(). */
int child_signals_fd(void);

/** Empty the self-pipe. */
void child_signals_drain(void);

/** INT and TERM that arrived so far; the second asks for KILL at once. */
int child_signals_count(void);

/** Record PGO_EINTERRUPTED. @return PGO_EINTERRUPTED */
int child_interrupted_error(struct pgo_error *err);

#endif
