/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_PROGRESS_H
#define HARNESS_SYS_PROGRESS_H

#include <stddef.h>

#include "pgo/error.h"

/*
 * What the harness says while it works, on standard error. On a terminal the last line is live (bar, current item,
 * elapsed time, estimate) and is redrawn; elsewhere every finished item is one plain line and long silent work says
 * "still …" every 30 s. --quiet leaves only warnings and errors.
 */

enum progress_mode { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_QUIET };

void progress_init(enum progress_mode mode);

/** Start a phase: prints "==> title". */
void progress_phase(const char *format, ...) PGO_PRINTF(1, 2);

/** A live line while something runs: `done` of `total` (total 0: unknown). Cheap to call often. */
void progress_live(size_t done, size_t total, const char *format, ...) PGO_PRINTF(3, 4);

/** A finished item or a remark: one line that stays. */
void progress_line(const char *format, ...) PGO_PRINTF(1, 2);

/** A warning: one line that stays, even when quiet. */
void progress_warn(const char *format, ...) PGO_PRINTF(1, 2);

/** Clear the live line, before anything else is printed. */
void progress_clear(void);

#endif
