/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_CHILD_H
#define HARNESS_SYS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pgo/error.h"

/*
 * Children: argv vectors, no shell; own process group; exec failure told apart from exit status; stop signal, grace,
 * then KILL for the whole group; wait4 for the child's own resource usage. A signal that asks the harness to stop
 * (INT, TERM, HUP) reaches the loop through one self-pipe, stops every running child the same way and makes the call
 * return PGO_EINTERRUPTED once they are gone; a second INT or TERM kills at once. What is left of a group when its
 * leader ended is killed and waited for. A child that leaves its group (a daemon) is not followed.
 */

struct child_spec {
	const char *const *argv; /**< NULL-terminated; argv[0] is looked up in PATH */
	const char *const
		*env;	 /**< NULL-terminated "KEY=value" list added to (or replacing in) our environment; or NULL */
	const char *cwd; /**< or NULL; a relative argv[0] with a slash is taken from here */
	const char *stdin_path;	 /**< or NULL: /dev/null */
	const char *stdout_path; /**< file, truncated; or NULL: /dev/null */
	const char *stderr_path; /**< file, truncated; or NULL: /dev/null; may equal stdout_path: one stream */
	double timeout_s;	 /**< wall time; 0: none */
	int stop_signal;	 /**< sent at timeout or `stop_after_s`; 0: SIGTERM */
	double stop_after_s;	 /**< > 0: ask it to stop after this long; then this is no failure */
	double grace_s;		 /**< from the stop signal to KILL; 0: 5 s */
};

enum child_end {
	CHILD_EXITED,	  /**< status is the exit status */
	CHILD_SIGNALED,	  /**< signal killed it, not on our request */
	CHILD_TIMEOUT,	  /**< stopped by us at timeout_s */
	CHILD_STOPPED,	  /**< stopped by us at stop_after_s and went in time: status or signal as it ended */
	CHILD_KILLED,	  /**< did not go within grace_s after a stop: KILL */
	CHILD_EXEC_FAILED /**< never ran; exec_errno says why */
};

struct child_result {
	enum child_end end;
	int status; /**< exit status, where it exited */
	int signal; /**< signal that ended it, or 0 */
	int exec_errno;
	int64_t wall_ns; /**< from just before fork to wait4 */
	int64_t user_ns; /**< of this child and the children it waited for */
	int64_t sys_ns;
	int64_t rss_bytes; /**< peak */
};

/** Install the signal handlers (INT, TERM, HUP → self-pipe). Once per process, before the first child. */
int child_signals_install(struct pgo_error *err);

/** True once a stop signal has arrived. */
bool child_interrupted(void);

/** Which stop signal arrived, or 0. */
int child_interrupt_signal(void);

/**
 * Run one child to its end.
 * @return PGO_OK whatever the child did (see result.end), PGO_EINTERRUPTED, PGO_ESYSTEM (fork, pipe, open of a
 *         redirection: the path is named).
 */
int child_run(struct child_result *out, const struct child_spec *spec, struct pgo_error *err);

/**
 * A pool of up to `jobs` children at once. `next` fills spec i (its data stays valid until `done` i, or until the pool
 * returns); `done` is told the result. Children that are stopped because the pool ends early get no `done`.
 */
struct child_pool {
	int jobs;
	size_t count;
	void *user;
	int (*next)(void *user, size_t i, struct child_spec *spec, struct pgo_error *err);
	int (*done)(void *user, size_t i, const struct child_result *result, struct pgo_error *err);
	void (*tick)(void *user); /**< about ten times a second, for progress; or NULL */
};

/**
 * Run all children of a pool. The first non-zero value `next` or `done` returns stops the rest and is returned.
 * @return PGO_OK, PGO_EINTERRUPTED, or as above.
 */
int child_pool_run(const struct child_pool *pool, struct pgo_error *err);

/**
 * Run a command for its standard output (at most 1 MiB kept; NUL-terminated, caller frees).
 * @return PGO_OK; PGO_ECHILD when it could not be executed or did not exit with 0 (message has its last stderr line).
 */
int child_capture(char **out, const char *const *argv, const char *const *env, const char *cwd, struct pgo_error *err);

/** "exited with status 3", "was killed by signal 11 (Segmentation fault)", "timed out after 60 s", …: for messages.
 * @return out */
char *child_result_text(const struct child_result *result, const struct child_spec *spec, char *out, size_t size);

#endif
