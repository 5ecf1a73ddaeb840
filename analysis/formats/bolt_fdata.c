/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * BOLT's text profile (.fdata), as llvm-bolt -instrument, perf2bolt and merge-fdata of LLVM 22 write it. One record a
 * line; blanks separate fields; a backslash takes the next byte, a blank too, into the name. There is no version.
 *
 *	header    = ["boltedcollection"] ["no_lbr" {event}]          in any order, a line each
 *	branch    = place place mispredictions count                 unless the header says no_lbr
 *	sample    = place count                                      with no_lbr
 *	memory    = place place count                                their kinds are 3 to 5: what was accessed, and
 *where place     = kind name offset                                 kind: 0 no symbol, 1 global, 2 local; offset: hex
 *
 * What becomes of it is in docs/formats/bolt.md. Memory: less than 32 bytes for each byte of the file.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "analysis/base/digits.h"
#include "analysis/formats/sampled.h"

/** Of a branch within a function or to another one, so that keys of both do not meet. */
#define OFFSET_MOST INT32_MAX
#define CALL (UINT64_C(1) << 31)
#define FIELDS_MOST 9
#define LOOKED ((size_t)256 << 10)

struct field {
	const char *at;
	size_t length;
};

struct place {
	unsigned kind;
	uint32_t name; /**< PGO_SAMPLED_NONE: no symbol */
	uint64_t offset;
};

struct fdata_reader {
	struct pgo_sampled sampled;
	struct pgo_cursor c;
	struct pgo_builder *b;
	struct pgo_error *err;
	struct field line;
	uint64_t line_number; /**< from 1 */
	bool cut_off;	      /**< the line has no end */
	bool no_lbr, bolted, in_records;
	uint64_t memory_events, memory_count; /**< records, and their counts, which stop at 2^64-1 */
	struct field fields[FIELDS_MOST];
	size_t field_count;
	PGO_VEC(char) name; /**< without backslashes */
};

#define BRANCH_HINT                                                                                                    \
	"a branch is: KIND NAME OFFSET KIND NAME OFFSET MISPREDICTIONS COUNT, with kinds 0 to 2, hexadecimal offsets " \
	"and decimal counts"
#define SAMPLE_HINT "after no_lbr a sample is: KIND NAME OFFSET COUNT, with a kind of 0 to 2 and a hexadecimal offset"
#define MEMORY_HINT "a memory event is: KIND NAME OFFSET KIND NAME OFFSET COUNT, with kinds 3 to 5"

static int no_memory(const struct fdata_reader *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static int shown(struct field f)
{
	return f.length > 80 ? 80 : (int)f.length;
}

static int fail(const struct fdata_reader *r, const char *format, ...) PGO_PRINTF(2, 3);

static int fail(const struct fdata_reader *r, const char *format, ...)
{
	char message[400];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "%s", message);
}

static bool next_line(struct fdata_reader *r)
{
	while (pgo_cursor_left(&r->c)) {
		const char *line = (const char *)r->c.bytes + r->c.at,
			   *end = memchr(line, '\n', pgo_cursor_left(&r->c));
		size_t length = end ? (size_t)(end - line) : pgo_cursor_left(&r->c);
		pgo_cursor_skip(&r->c, length + (end ? 1 : 0));
		r->line_number++;
		r->cut_off = !end;
		if (length && line[length - 1] == '\r')
			length--;
		r->line = (struct field){line, length};
		if (length)
			return true;
	}
	return false;
}

/** Length of the field at the start of `length` bytes: up to a blank that has no backslash in front. */
static size_t field_length(const char *at, size_t length)
{
	size_t n = 0;
	while (n < length && at[n] != ' ')
		n += at[n] == '\\' && n + 1 < length ? 2 : 1;
	return n;
}

static void split_fields(struct fdata_reader *r)
{
	const char *at = r->line.at;
	size_t left = r->line.length;
	r->field_count = 0;
	while (left && r->field_count < FIELDS_MOST) {
		size_t n = field_length(at, left);
		if (n)
			r->fields[r->field_count++] = (struct field){at, n};
		n += n < left;
		at += n;
		left -= n;
	}
}

static bool parse_number(struct field f, unsigned base, uint64_t *out)
{
	return pgo_digits(f.at, f.length, base, out);
}

/** Index of the name of a field; PGO_SAMPLED_NONE: out of memory */
static uint32_t enter_name(struct fdata_reader *r, struct field f)
{
	r->name.count = 0;
	if (pgo_vec_reserve(&r->name, f.length))
		return PGO_SAMPLED_NONE;
	for (size_t i = 0; i < f.length; i++) {
		if (f.at[i] == '\\' && i + 1 < f.length)
			i++;
		r->name.items[r->name.count++] = f.at[i];
	}
	return pgo_sampled_name(&r->sampled, r->name.items, r->name.count);
}

/** Three fields from `first` on. `lowest` is the kind of a place that is no symbol: 0, or 3 in memory events. */
static int read_place(struct fdata_reader *r, size_t first, unsigned lowest, const char *hint, struct place *out)
{
	const struct field *f = r->fields + first;
	if (f[0].length != 1 || (unsigned char)f[0].at[0] < '0' + lowest || (unsigned char)f[0].at[0] > '2' + lowest) {
		int rc = fail(r, "'%.*s' is no kind of a place, which are %u to %u", shown(f[0]), f[0].at, lowest,
			      lowest + 2);
		pgo_error_hint(r->err, "%s", hint);
		return rc;
	}
	out->kind = (unsigned)(f[0].at[0] - '0') - lowest;
	if (!parse_number(f[2], 16, &out->offset) || (out->kind && lowest == 0 && out->offset > OFFSET_MOST)) {
		int rc = fail(r, "offset '%.*s' is no hexadecimal number below 2^31", shown(f[2]), f[2].at);
		pgo_error_hint(r->err, "%s", hint);
		return rc;
	}
	out->name = PGO_SAMPLED_NONE;
	if (lowest || (out->kind == 0 && first == 0))
		return PGO_OK;
	/* where a branch leads to has a name even where that is no symbol: it is in the key */
	out->name = enter_name(r, f[1]);
	return out->name == PGO_SAMPLED_NONE ? no_memory(r) : PGO_OK;
}

static int read_count(struct fdata_reader *r, size_t index, const char *what, const char *hint, uint64_t *out)
{
	struct field f = r->fields[index];
	if (parse_number(f, 10, out))
		return PGO_OK;
	int rc = fail(r, "%s '%.*s' is no decimal number", what, shown(f), f.at);
	pgo_error_hint(r->err, "%s", hint);
	return rc;
}

static int expect_fields(struct fdata_reader *r, const char *what, size_t count, const char *hint)
{
	if (r->field_count == count)
		return PGO_OK;
	int rc = r->field_count < count ? fail(r, "%s has %zu of its %zu fields", what, r->field_count, count)
					: fail(r, "%s has more than its %zu fields: '%.*s'", what, count,
					       shown(r->fields[count]), r->fields[count].at);
	pgo_error_hint(r->err, "%s", hint);
	return rc;
}

static int add(struct fdata_reader *r, uint32_t name, uint64_t key, uint64_t count)
{
	uint32_t body = pgo_sampled_body(&r->sampled, PGO_SAMPLED_NONE, 0, name);
	return body == PGO_SAMPLED_NONE || pgo_sampled_line(&r->sampled, body, key, count) ? no_memory(r) : PGO_OK;
}

static int add_branch(struct fdata_reader *r, const struct place *from, const struct place *to, uint64_t count)
{
	int rc = PGO_OK;
	if (from->kind) {
		bool within = to->kind && to->name == from->name;
		uint64_t hash = r->sampled.names.items[to->name].ref & (CALL - 1);
		rc = add(r, from->name, from->offset << 32 | (within ? to->offset : CALL | hash), count);
	}
	if (rc != PGO_OK || !to->kind)
		return rc;
	if (to->offset == 0)
		return add(r, to->name, PGO_KEY_ENTRY, count);
	return from->kind ? PGO_OK : add(r, to->name, PGO_KEY_ENTRY | to->offset, count);
}

static int read_branch(struct fdata_reader *r)
{
	struct place from, to;
	uint64_t mispredictions, count;
	int rc = expect_fields(r, "a branch", 8, BRANCH_HINT);
	if (rc == PGO_OK)
		rc = read_place(r, 0, 0, BRANCH_HINT, &from);
	if (rc == PGO_OK)
		rc = read_place(r, 3, 0, BRANCH_HINT, &to);
	if (rc == PGO_OK)
		rc = read_count(r, 6, "number of mispredictions", BRANCH_HINT, &mispredictions);
	if (rc == PGO_OK)
		rc = read_count(r, 7, "count", BRANCH_HINT, &count);
	return rc == PGO_OK ? add_branch(r, &from, &to, count) : rc;
}

static int read_sample(struct fdata_reader *r)
{
	struct place place;
	uint64_t count;
	int rc = expect_fields(r, "a sample", 4, SAMPLE_HINT);
	if (rc == PGO_OK)
		rc = read_place(r, 0, 0, SAMPLE_HINT, &place);
	if (rc == PGO_OK)
		rc = read_count(r, 3, "count", SAMPLE_HINT, &count);
	return rc == PGO_OK && place.kind ? add(r, place.name, place.offset, count) : rc;
}

static int read_memory(struct fdata_reader *r)
{
	struct place from, to;
	uint64_t count;
	int rc = expect_fields(r, "a memory event", 7, MEMORY_HINT);
	if (rc == PGO_OK)
		rc = read_place(r, 0, 3, MEMORY_HINT, &from);
	if (rc == PGO_OK)
		rc = read_place(r, 3, 3, MEMORY_HINT, &to);
	if (rc == PGO_OK)
		rc = read_count(r, 6, "count", MEMORY_HINT, &count);
	if (rc != PGO_OK)
		return rc;
	r->memory_events++;
	r->memory_count = count > UINT64_MAX - r->memory_count ? UINT64_MAX : r->memory_count + count;
	return PGO_OK;
}

static bool is_bolted_line(const char *line, size_t length)
{
	return length == 16 && memcmp(line, "boltedcollection", 16) == 0;
}

static bool is_no_lbr_line(const char *line, size_t length)
{
	return length >= 6 && memcmp(line, "no_lbr", 6) == 0 && (length == 6 || line[6] == ' ');
}

static int read_record(struct fdata_reader *r)
{
	if (!r->in_records && !r->bolted && is_bolted_line(r->line.at, r->line.length)) {
		r->bolted = true;
		return PGO_OK;
	}
	if (!r->in_records && !r->no_lbr && is_no_lbr_line(r->line.at, r->line.length)) {
		r->no_lbr = true;
		return PGO_OK;
	}
	r->in_records = true;
	split_fields(r);
	bool memory =
		r->field_count && r->fields[0].length == 1 && r->fields[0].at[0] >= '3' && r->fields[0].at[0] <= '5';
	return memory ? read_memory(r) : r->no_lbr ? read_sample(r) : read_branch(r);
}

static int read_records(struct fdata_reader *r)
{
	int rc = PGO_OK;
	while (rc == PGO_OK && next_line(r)) {
		struct pgo_sampled_mark mark = pgo_sampled_mark(&r->sampled);
		rc = r->cut_off ? fail(r, "the last line has no end: the file was cut off") : read_record(r);
		if (rc != PGO_EFORMAT)
			continue;
		rc = pgo_builder_quarantine(r->b, NULL, r->line.at, r->line.length, r->err);
		if (rc == PGO_OK)
			pgo_sampled_back(&r->sampled, &mark);
	}
	return rc;
}

static int conclude(struct fdata_reader *r)
{
	r->b->kind = r->no_lbr ? PGO_KIND_OFFSETS : PGO_KIND_BRANCHES;
	if (r->bolted &&
	    pgo_builder_warn(r->b, "was taken on a binary that BOLT had optimised: offsets are those of that binary"))
		return no_memory(r);
	if (r->memory_events && pgo_builder_warn(r->b, "%" PRIu64 " memory event%s left out, of %" PRIu64 " accesses",
						 r->memory_events, r->memory_events == 1 ? "" : "s", r->memory_count))
		return no_memory(r);
	return pgo_sampled_build(&r->sampled, r->b) ? no_memory(r) : PGO_OK;
}

int pgo_fdata_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct fdata_reader r = {.b = b, .err = err, .c = pgo_cursor(bytes, length)};
	int rc = read_records(&r);
	if (rc == PGO_OK)
		rc = conclude(&r);
	if (rc == PGO_EFORMAT)
		pgo_error_hint(err, "write it again with llvm-bolt -instrument, perf2bolt or merge-fdata");
	pgo_sampled_release(&r.sampled);
	free(r.name.items);
	return rc;
}

/** A header, or the start of a record. */
static bool is_first_line(const char *line, size_t length)
{
	if (is_bolted_line(line, length) || is_no_lbr_line(line, length))
		return true;
	if (length < 5 || line[0] < '0' || line[0] > '5' || line[1] != ' ')
		return false;
	size_t at = 2, digits = 0;
	while (at < length && line[at] == ' ')
		at++;
	size_t name = field_length(line + at, length - at);
	for (at += name; at < length && line[at] == ' ';)
		at++;
	for (; at < length && memchr("0123456789abcdefABCDEF", line[at], 22); at++)
		digits++;
	return name && digits && at < length && line[at] == ' ';
}

enum pgo_bid pgo_fdata_probe(const unsigned char *bytes, size_t length)
{
	/* no further: other formats are told by their first bytes, and their files are large */
	size_t looked = length < LOOKED ? length : LOOKED;
	const unsigned char *end = memchr(bytes, '\n', looked);
	size_t line = end ? (size_t)(end - bytes) : looked;
	if (line && bytes[line - 1] == '\r')
		line--;
	return is_first_line((const char *)bytes, line) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}
