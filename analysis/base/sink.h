/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_SINK_H
#define PGO_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pgo/error.h"

#define PGO_SINK_BYTES ((size_t)256 << 10)

/**
 * Bytes on their way into a file, in their order. A regular file is written beside its name and renamed when all of it
 * is there; pipes, devices and standard output ("-") are written in place. The first failure is remembered, later bytes
 * are dropped; pgo_sink_close() tells.
 */
struct pgo_sink {
	int fd;
	int failure;	 /**< errno, or 0 */
	char *path;	 /**< heap: the file to be replaced; NULL: standard output */
	char *temporary; /**< heap: where it is written; NULL: in place */
	uint64_t offset; /**< bytes taken so far */
	size_t used;
	size_t room;	       /**< of the buffer */
	unsigned char *buffer; /**< heap */
};

/** @param[out] out  heap; pgo_sink_close() releases it. @return PGO_OK, PGO_ESYSTEM, PGO_ENOMEM */
int pgo_sink_open(struct pgo_sink **out, const char *path, struct pgo_error *err);

/**
 * A sink in memory, for a part of a file: what is put into it is in its buffer, up to `room` bytes. What is more fails.
 * free() releases the buffer. @return 0, or -1 when out of memory
 */
int pgo_sink_in_memory(struct pgo_sink *sink, size_t room);

void pgo_sink_flush(struct pgo_sink *sink);

/** More than the buffer has room for. */
void pgo_sink_put_long(struct pgo_sink *sink, const void *bytes, size_t length);

static inline void pgo_sink_put(struct pgo_sink *sink, const void *bytes, size_t length)
{
	if (length > sink->room - sink->used) {
		pgo_sink_put_long(sink, bytes, length);
		return;
	}
	if (length)
		memcpy(sink->buffer + sink->used, bytes, length);
	sink->used += length;
	sink->offset += length;
}

/** Little-endian. */
static inline void pgo_sink_u64(struct pgo_sink *sink, uint64_t value)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	pgo_sink_put(sink, &value, sizeof value);
}

/**
 * Finish: with rc PGO_OK the file is there under its name, else it is as it was.
 * @return rc, or PGO_ESYSTEM when something could not be written.
 */
int pgo_sink_close(struct pgo_sink *sink, int rc, struct pgo_error *err);

#endif
