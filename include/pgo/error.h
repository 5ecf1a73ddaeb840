/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_ERROR_H
#define PGO_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Result codes of every function of libpgo that can fail. */
enum pgo_result {
	PGO_OK = 0,
	PGO_EOF = 1,           /**< end of input; not a failure */
	PGO_EFORMAT = -1,      /**< damaged input; error.offset is the first bad byte where known */
	PGO_EUNSUPPORTED = -2, /**< known format, unknown version or kind */
	PGO_ESYSTEM = -3,      /**< a system call failed; error.sys_errno says why */
	PGO_ENOMEM = -4,
	PGO_EINVAL = -5,       /**< an argument, option or manifest is wrong */
	PGO_EMISMATCH = -6,    /**< two inputs cannot be used together */
	PGO_ECHILD = -7,       /**< a child process failed */
	PGO_EINTERRUPTED = -8, /**< a signal asked to stop */
	PGO_EINTERNAL = -9,
};

/** Exit codes of both programs. */
enum pgo_exit {
	PGO_EXIT_OK = 0,           /**< accepted, or done */
	PGO_EXIT_REJECTED = 1,     /**< the gate rejected */
	PGO_EXIT_USAGE = 2,
	PGO_EXIT_INPUT = 3,        /**< bad input */
	PGO_EXIT_SYSTEM = 4,       /**< a child process or the system failed */
	PGO_EXIT_INCONCLUSIVE = 5, /**< too little evidence to accept or to reject */
	PGO_EXIT_INTERNAL = 70,
};

/**
 * What went wrong, for a person. Owned by the caller, who starts it with `{0}`;
 * the first failure wins, later ones add only what is missing (the path).
 */
struct pgo_error {
	int code;        /**< enum pgo_result */
	int sys_errno;   /**< errno of the failed system call, or 0 */
	bool has_offset; /**< offset is meaningful */
	uint64_t offset; /**< bytes from the start of the file, or 1-based line for text input where `is_line` */
	bool is_line;
	char path[512];    /**< the file concerned, or "" */
	char message[512]; /**< lower case, no full stop */
	char hint[512];    /**< what to do next, or "" */
};

#if defined(__GNUC__)
#define PGO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PGO_PRINTF(fmt, args)
#endif

/**
 * Record a failure, unless one is recorded already.
 *
 * @param err   may be NULL.
 * @param code  enum pgo_result, negative; returned as it is, so callers can `return pgo_error_set(...)`.
 */
int pgo_error_set(struct pgo_error *err, int code, const char *format, ...) PGO_PRINTF(3, 4);

/** As pgo_error_set(), for a damaged byte at `offset` of the input. @return code */
int pgo_error_at(struct pgo_error *err, int code, uint64_t offset, const char *format, ...) PGO_PRINTF(4, 5);

/** As pgo_error_set(), for line `line` (from 1) of a text input. @return code */
int pgo_error_line(struct pgo_error *err, int code, uint64_t line, const char *format, ...) PGO_PRINTF(4, 5);

/**
 * Replace control characters by '?', but for those in `allowed`: names in damaged files may hold any, and a terminal
 * obeys them. All that pgo_error_*() store has gone through it.
 */
void pgo_printable(char *text, const char *allowed);

/** As pgo_error_set() with PGO_ESYSTEM and the current errno, whose text is appended. @return PGO_ESYSTEM */
int pgo_error_errno(struct pgo_error *err, const char *format, ...) PGO_PRINTF(2, 3);

/** Add the next step for the user, unless there is one. */
void pgo_error_hint(struct pgo_error *err, const char *format, ...) PGO_PRINTF(2, 3);

/** Name the file, unless one is named. */
void pgo_error_path(struct pgo_error *err, const char *path);

/** Exit code that belongs to a result code. */
enum pgo_exit pgo_exit_code(int code);

/**
 * Print "PROGRAM: MESSAGE" and, if any, "hint: HINT" to standard error.
 * With a path the line reads "PROGRAM: PATH: MESSAGE"; offset ("at offset N") and line ("PATH:N:") are added where known.
 */
void pgo_error_print(const char *program, const struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
