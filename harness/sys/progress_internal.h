/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_SYS_PROGRESS_INTERNAL_H
#define HARNESS_SYS_PROGRESS_INTERNAL_H

#include <stdint.h>

#include "harness/sys/progress.h"

/** Put another clock (nanoseconds, monotonic) in the place of the system's: tests need not wait 30 s. NULL: back. */
void progress_use_clock(int64_t (*now_ns)(void));

#endif
