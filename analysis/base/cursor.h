/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_CURSOR_H
#define PGO_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pgo/error.h"

/*
 * A checked walk over bytes: the only way a reader touches its input. `at` never passes `end`, both are offsets into
 * `bytes`; offsets in errors are from the start of `bytes`. Reads return false without moving when the bytes are not
 * there; the caller says which field it wanted.
 */
struct pgo_cursor {
	const unsigned char *bytes;
	size_t at;
	size_t end;
	bool big_endian;
};

static inline struct pgo_cursor pgo_cursor(const void *bytes, size_t length)
{
	return (struct pgo_cursor){.bytes = bytes, .at = 0, .end = length};
}

static inline size_t pgo_cursor_left(const struct pgo_cursor *c)
{
	return c->end - c->at;
}

static inline bool pgo_cursor_has(const struct pgo_cursor *c, uint64_t n)
{
	return n <= c->end - c->at;
}

/** Move to an absolute offset. False, unmoved, when it lies behind the end. */
static inline bool pgo_cursor_seek(struct pgo_cursor *c, uint64_t offset)
{
	if (offset > c->end)
		return false;
	c->at = (size_t)offset;
	return true;
}

static inline bool pgo_cursor_skip(struct pgo_cursor *c, uint64_t n)
{
	if (!pgo_cursor_has(c, n))
		return false;
	c->at += (size_t)n;
	return true;
}

static inline bool pgo_cursor_bytes(struct pgo_cursor *c, const unsigned char **out, uint64_t n)
{
	if (!pgo_cursor_has(c, n))
		return false;
	*out = c->bytes + c->at;
	c->at += (size_t)n;
	return true;
}

static inline bool pgo_cursor_u8(struct pgo_cursor *c, uint8_t *out)
{
	if (!pgo_cursor_has(c, 1))
		return false;
	*out = c->bytes[c->at++];
	return true;
}

#define PGO_CURSOR_INT(name, type, swap)                                                                               \
	static inline bool name(struct pgo_cursor *c, type *out)                                                       \
	{                                                                                                              \
		if (!pgo_cursor_has(c, sizeof *out))                                                                   \
			return false;                                                                                  \
		type v;                                                                                                \
		memcpy(&v, c->bytes + c->at, sizeof v);                                                                \
		bool swapped = c->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);                              \
		*out = swapped ? swap(v) : v;                                                                          \
		c->at += sizeof v;                                                                                     \
		return true;                                                                                           \
	}
PGO_CURSOR_INT(pgo_cursor_u16, uint16_t, __builtin_bswap16)
PGO_CURSOR_INT(pgo_cursor_u32, uint32_t, __builtin_bswap32)
PGO_CURSOR_INT(pgo_cursor_u64, uint64_t, __builtin_bswap64)
#undef PGO_CURSOR_INT

/** Copy `n` 64-bit integers. False, unmoved, when they are not all there (n * 8 cannot overflow here). */
static inline bool pgo_cursor_u64s(struct pgo_cursor *c, uint64_t *out, uint64_t n)
{
	if (n > pgo_cursor_left(c) / 8)
		return false;
	if (n) /* memcpy(NULL, …, 0) is undefined */
		memcpy(out, c->bytes + c->at, (size_t)n * 8);
	c->at += (size_t)n * 8;
	if (c->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		for (uint64_t i = 0; i < n; i++)
			out[i] = __builtin_bswap64(out[i]);
	return true;
}

/** LEB128, at most 64 bits. False, unmoved, when it ends early or is longer. */
static inline bool pgo_cursor_uleb(struct pgo_cursor *c, uint64_t *out)
{
	uint64_t value = 0;
	size_t at = c->at;
	for (unsigned shift = 0; shift < 64 && at < c->end; shift += 7) {
		uint8_t byte = c->bytes[at++];
		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = value;
			c->at = at;
			return true;
		}
	}
	return false;
}

#endif
