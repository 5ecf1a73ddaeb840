/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * CPU profiles of Go programs in pprof's format: a protobuf message (pprof.proto), as it is or compressed with gzip
 * (RFC 1952, members one after the other). What becomes of it is in pprof_graph.c. The format has no version; fields
 * that are not known are skipped, as protobuf has it.
 *
 * A small file may inflate and decode to very much. It is refused when it inflates to more than PGO_GZIP_LEAST bytes
 * and 100 times its size, or to more than PGO_GZIP_MOST, or when the decoded message needs more than 32 bytes of memory
 * for each of its own (real ones take 9).
 */
#include <stdio.h>
#include <zlib.h>

#include "analysis/formats/pprof.h"

#define PGO_GZIP_LEAST ((size_t)4 << 20)
#define PGO_GZIP_RATIO 100
#define PGO_GZIP_MOST ((size_t)256 << 20)
#define PGO_PPROF_MEMORY_LEAST ((size_t)1 << 20)
#define PGO_PPROF_MEMORY_PER_BYTE 32

typedef PGO_VEC(unsigned char) byte_vec;

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/** Step over one field. `number` is 0 when there is none; `payload` is its bytes where it has a length. */
static bool next_field(struct pgo_cursor *c, uint64_t *number, unsigned *wire, uint64_t *payload)
{
	uint64_t tag, value;
	*number = *payload = 0;
	if (!pgo_cursor_uleb(c, &tag))
		return false;
	*number = tag >> 3;
	*wire = tag & 7;
	switch (*wire) {
	case WIRE_VARINT:
		return pgo_cursor_uleb(c, &value);
	case WIRE_64:
		return pgo_cursor_skip(c, 8);
	case WIRE_32:
		return pgo_cursor_skip(c, 4);
	case WIRE_BYTES:
		return pgo_cursor_uleb(c, payload) && pgo_cursor_skip(c, *payload);
	default:
		return false;
	}
}

/** A sample type: two small numbers. */
static bool is_sample_type(const unsigned char *bytes, size_t length)
{
	struct pgo_cursor c = pgo_cursor(bytes, length);
	uint64_t number, payload;
	unsigned wire;
	while (pgo_cursor_left(&c))
		if (!next_field(&c, &number, &wire, &payload) || wire != WIRE_VARINT || number == 0 || number > 2)
			return false;
	return length <= 22;
}

/** True when a sample type is among the first fields, and all of them are a profile's. Writers differ in their order.
 */
static bool looks_like_profile(const unsigned char *bytes, size_t length)
{
	/* bit: number of a field; it is a message, a string or packed numbers; it is a number */
	const unsigned bytes_fields = 0x287e, number_fields = 0xf780;
	struct pgo_cursor c = pgo_cursor(bytes, length);
	bool seen = false;
	for (int i = 0; i < 16 && pgo_cursor_left(&c); i++) {
		uint64_t number, payload;
		unsigned wire;
		if (!next_field(&c, &number, &wire, &payload))
			break; /* cut off, perhaps */
		unsigned known = wire == WIRE_BYTES ? bytes_fields : wire == WIRE_VARINT ? number_fields : 0;
		if (number > 15 || !(known >> number & 1))
			return false;
		if (number == 1 && !is_sample_type(c.bytes + c.at - payload, (size_t)payload))
			return false;
		seen |= number == 1;
	}
	return seen;
}

enum pgo_bid pgo_pprof_probe(const unsigned char *bytes, size_t length)
{
	if (length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
		return PGO_BID_MAGIC;
	return looks_like_profile(bytes, length) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}

static size_t inflated_most(size_t length)
{
	size_t most = length < PGO_GZIP_MOST / PGO_GZIP_RATIO ? length * PGO_GZIP_RATIO : PGO_GZIP_MOST;
	return most < PGO_GZIP_LEAST ? PGO_GZIP_LEAST : most;
}

/** One call of inflate(), with room made for what it yields. @return zlib's code */
static int inflate_some(z_stream *z, byte_vec *out)
{
	if (pgo_vec_reserve(out, 65536))
		return Z_MEM_ERROR;
	size_t room = out->capacity - out->count;
	z->next_out = out->items + out->count;
	z->avail_out = room < UINT32_MAX ? (uInt)room : UINT32_MAX;
	uInt before = z->avail_out;
	int code = inflate(z, Z_NO_FLUSH);
	out->count += before - z->avail_out;
	return code;
}

static int explain(int code, const z_stream *z, uint64_t at, struct pgo_error *err)
{
	if (code == Z_MEM_ERROR)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (code == Z_BUF_ERROR)
		return pgo_error_at(err, PGO_EFORMAT, at, "the gzip stream is cut off");
	return pgo_error_at(err, PGO_EFORMAT, at, "the gzip stream is damaged: %s", z->msg ? z->msg : "no gzip data");
}

static int inflate_all(byte_vec *out, const void *bytes, size_t length, struct pgo_error *err)
{
	z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)length};
	size_t most = inflated_most(length);
	int code, rc = PGO_OK;
	if (length > UINT32_MAX)
		return pgo_error_set(err, PGO_EUNSUPPORTED, "gzip streams of more than 4 GiB are not read");
	if (inflateInit2(&z, 15 + 16) != Z_OK) /* gzip only */
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	do {
		code = inflate_some(&z, out);
		if (out->count > most)
			rc = pgo_error_set(err, PGO_EFORMAT,
					   "%zu bytes inflate to more than %zu, the most that is read of so many",
					   length, most);
		else if (code == Z_STREAM_END && z.avail_in)
			code = inflateReset(&z); /* a further member */
		else if (code != Z_OK && code != Z_STREAM_END)
			rc = explain(code, &z, length - z.avail_in, err);
	} while (rc == PGO_OK && code == Z_OK);
	inflateEnd(&z);
	return rc;
}

/** What the decoded message may still take. */
struct budget {
	size_t left;
	bool exceeded;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *budget = data;
	if (size > budget->left) {
		budget->exceeded = true;
		return NULL;
	}
	budget->left -= size;
	return malloc(size);
}

static void budget_free(void *data, void *block)
{
	(void)data;
	free(block);
}

/** The outermost fields; damage inside one of them is for the decoder to find. */
static int check_fields(const unsigned char *bytes, size_t length, bool inflated, struct pgo_error *err)
{
	struct pgo_cursor c = pgo_cursor(bytes, length);
	while (pgo_cursor_left(&c)) {
		size_t at = c.at;
		uint64_t number, payload;
		unsigned wire = 0;
		if (next_field(&c, &number, &wire, &payload) && number)
			continue;
		char what[120];
		if (number && wire == WIRE_BYTES && payload)
			snprintf(what, sizeof what, "field %llu of %llu bytes does not fit into the %zu left",
				 (unsigned long long)number, (unsigned long long)payload, pgo_cursor_left(&c));
		else
			snprintf(what, sizeof what, "no protobuf field starts here");
		return inflated ? pgo_error_set(err, PGO_EFORMAT, "%s, at offset %zu of what it inflates to", what, at)
				: pgo_error_at(err, PGO_EFORMAT, at, "%s", what);
	}
	return PGO_OK;
}

static int decode(struct pgo_builder *b, const unsigned char *bytes, size_t length, bool inflated,
		  struct pgo_error *err)
{
	size_t most = length < SIZE_MAX / 2 / PGO_PPROF_MEMORY_PER_BYTE ? length * PGO_PPROF_MEMORY_PER_BYTE : length;
	struct budget budget = {.left = most + PGO_PPROF_MEMORY_LEAST};
	ProtobufCAllocator allocator = {.alloc = budget_alloc, .free = budget_free, .allocator_data = &budget};
	int rc = check_fields(bytes, length, inflated, err);
	if (rc != PGO_OK)
		return rc;
	Pprof__Profile *profile = pprof__profile__unpack(&allocator, length, bytes);
	if (!profile)
		return budget.exceeded
			       ? pgo_error_set(err, PGO_EFORMAT,
					       "a message of %zu bytes needs more than %d bytes of memory for each",
					       length, PGO_PPROF_MEMORY_PER_BYTE)
			       : pgo_error_set(err, PGO_EFORMAT, "a field of the message is damaged inside");
	rc = pgo_pprof_build(b, profile, length, err);
	pprof__profile__free_unpacked(profile, &allocator);
	return rc;
}

int pgo_pprof_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	const unsigned char *start = bytes;
	if (!(length >= 2 && start[0] == 0x1f && start[1] == 0x8b))
		return decode(b, start, length, false, err);
	byte_vec body = {0};
	int rc = inflate_all(&body, bytes, length, err);
	if (rc == PGO_OK && !looks_like_profile(body.items, body.count)) {
		rc = pgo_error_set(err, PGO_EUNSUPPORTED, "is compressed with gzip and holds no Go (pprof) profile");
		pgo_error_hint(err, "unpack it with gunzip, should there be another profile in it");
	}
	if (rc == PGO_OK)
		rc = decode(b, body.items, body.count, true, err);
	free(body.items);
	return rc;
}
