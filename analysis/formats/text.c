/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM text profile (.proftext), as LLVM 13 to 22 write and read it. Lines end in LF or CRLF; empty lines and lines
 * that start with '#' are skipped everywhere; nothing is trimmed.
 *
 *	file    = {flag} {record}
 *	flag    = ":ir" | ":fe" | ":csir" | ":entry_first" | ":not_entry_first" | ":instrument_loop_entries"
 *	        | ":single_byte_coverage" | ":temporal_prof_traces" traces stream-size {weight names}     (any case)
 *	record  = name hash counters {counter} ["$" bytes {byte}] [kinds {kind sites {values {value ":" count}}}]
 *
 * Memory: less than 64 bytes per byte of input; nothing is reserved because a number says so.
 *
 * The text has no version: pseudo counts are taken for what they are in LLVM 16 and later, which write it today.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "analysis/base/digest.h"
#include "analysis/base/digits.h"
#include "analysis/formats/format.h"

/** A line, or the end of the input. */
struct line {
	const char *text;
	size_t length;
	bool present;
	bool fresh; /**< behind an empty line, which LLVM writes at the end of each record */
};

struct text_reader {
	struct pgo_cursor c;
	struct pgo_builder *b;
	struct pgo_error *err;
	struct line line;     /**< the one to be read next */
	uint64_t line_number; /**< of it, from 1; at the end: of the last line */
	uint64_t gaps;	      /**< empty lines so far, several in a row being one */
};

enum pgo_bid pgo_text_probe(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length && i < 8; i++)
		if (!((bytes[i] >= 0x20 && bytes[i] < 0x7f) || (bytes[i] >= '\t' && bytes[i] <= '\r')))
			return PGO_BID_NO;
	return PGO_BID_TEXT;
}

static void next_line(struct text_reader *r)
{
	bool empty = false;
	r->line.present = false;
	while (!r->line.present && pgo_cursor_left(&r->c)) {
		const char *start = (const char *)r->c.bytes + r->c.at;
		const char *end = memchr(start, '\n', pgo_cursor_left(&r->c));
		size_t length = end ? (size_t)(end - start) : pgo_cursor_left(&r->c);
		pgo_cursor_skip(&r->c, length + (end ? 1 : 0));
		r->line_number++;
		if (end && length && start[length - 1] == '\r')
			length--;
		r->gaps += length == 0 && !empty;
		empty |= length == 0;
		if (length && start[0] != '#')
			r->line = (struct line){.text = start, .length = length, .present = true};
	}
	r->line.fresh = empty;
}

/** The whole of `text` as a number up to `max`. Radix 0: by prefix 0x, 0b, 0o, or a leading 0 for octal, as LLVM does.
 */
static bool parse_number(const char *text, size_t length, unsigned radix, uint64_t max, uint64_t *out)
{
	if (radix == 0) {
		radix = 10;
		if (length >= 2 && text[0] == '0') {
			char p = text[1];
			radix = p == 'x' || p == 'X'		? 16
				: p == 'b' || p == 'B'		? 2
				: p == 'o' || pgo_digit(p) < 10 ? 8
								: 10;
			size_t skip = pgo_digit(p) < 10 ? 1 : radix == 10 ? 0 : 2;
			text += skip;
			length -= skip;
		}
	}
	uint64_t value;
	if (!pgo_digits(text, length, radix, &value) || value > max)
		return false;
	*out = value;
	return true;
}

static int out_of_memory(struct text_reader *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static int shown(size_t length)
{
	return length > 80 ? 80 : (int)length;
}

static int fail_number(struct text_reader *r, const char *what)
{
	if (!r->line.present)
		return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "the file ends where the %s should follow",
				      what);
	return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "%s '%.*s' is not a number in range", what,
			      shown(r->line.length), r->line.text);
}

/** Take the line as a number. */
static int take_number(struct text_reader *r, unsigned radix, uint64_t max, const char *what, uint64_t *out)
{
	if (!r->line.present || !parse_number(r->line.text, r->line.length, radix, max, out))
		return fail_number(r, what);
	next_line(r);
	return PGO_OK;
}

/** Names separated by commas, blanks trimmed, empty pieces dropped. */
static int take_trace_names(struct text_reader *r)
{
	if (!r->line.present)
		return pgo_error_line(r->err, PGO_EFORMAT, r->line_number,
				      "the file ends where the functions of a temporal trace should follow");
	const char *at = r->line.text, *end = at + r->line.length;
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end, *next = comma ? comma + 1 : end;
		while (at < stop && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
			at++;
		while (at < stop && (stop[-1] == ' ' || (stop[-1] >= '\t' && stop[-1] <= '\r')))
			stop--;
		if (at < stop && pgo_vec_push(&r->b->trace_refs, pgo_name_ref(at, (size_t)(stop - at))))
			return out_of_memory(r);
		at = next;
	}
	next_line(r);
	return PGO_OK;
}

static int take_traces(struct text_reader *r)
{
	uint64_t count, seen;
	r->b->flags |= PGO_PROFILE_TEMPORAL;
	int rc = take_number(r, 0, UINT32_MAX, "number of temporal traces", &count);
	if (rc == PGO_OK)
		rc = take_number(r, 0, UINT64_MAX, "temporal trace stream size", &seen);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		struct pgo_trace trace = {.first = r->b->trace_refs.count};
		rc = take_number(r, 0, UINT64_MAX, "weight of a temporal trace", &trace.weight);
		if (rc == PGO_OK)
			rc = take_trace_names(r);
		trace.count = r->b->trace_refs.count - trace.first;
		if (rc == PGO_OK && pgo_vec_push(&r->b->traces, trace))
			rc = out_of_memory(r);
	}
	return rc;
}

static int take_flag(struct text_reader *r)
{
	static const struct {
		const char *word;
		uint32_t set, clear;
	} flags[] = {
		{":ir", PGO_PROFILE_IR, 0},
		{":fe", 0, 0},
		{":csir", PGO_PROFILE_IR | PGO_PROFILE_CSIR, 0},
		{":entry_first", PGO_PROFILE_ENTRY_FIRST, 0},
		{":not_entry_first", 0, PGO_PROFILE_ENTRY_FIRST},
		{":instrument_loop_entries", PGO_PROFILE_LOOP_ENTRIES, 0},
		{":single_byte_coverage", PGO_PROFILE_BYTE_COVERAGE, 0},
		{":temporal_prof_traces", PGO_PROFILE_TEMPORAL, 0},
	};
	struct line l = r->line;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (strlen(flags[i].word) != l.length || strncasecmp(flags[i].word, l.text, l.length) != 0)
			continue;
		r->b->flags = (r->b->flags | flags[i].set) & ~flags[i].clear;
		next_line(r);
		return flags[i].set & PGO_PROFILE_TEMPORAL ? take_traces(r) : PGO_OK;
	}
	return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "unknown flag '%.*s' at the head of the profile",
			      shown(l.length), l.text);
}

static int take_counters(struct text_reader *r)
{
	uint64_t count, value;
	uint64_t at = r->line_number;
	int rc = take_number(r, 10, UINT64_MAX, "number of counters", &count);
	if (rc == PGO_OK && (count == 0 || count > UINT32_MAX))
		return pgo_error_line(r->err, PGO_EFORMAT, at,
				      "number of counters %" PRIu64 " is not between 1 and %" PRIu32, count,
				      UINT32_MAX);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = take_number(r, 10, UINT64_MAX, "counter", &value);
		if (rc == PGO_OK && pgo_vec_push(&r->b->counters, value))
			return out_of_memory(r);
	}
	return rc;
}

static int take_bitmap(struct text_reader *r)
{
	struct line l = r->line;
	if (!l.present || l.text[0] != '$')
		return PGO_OK;
	uint64_t count, byte;
	if (!parse_number(l.text + 1, l.length - 1, 0, UINT32_MAX, &count))
		return fail_number(r, "number of bitmap bytes");
	next_line(r);
	for (uint64_t i = 0; i < count; i++) {
		int rc = take_number(r, 0, 0xff, "bitmap byte", &byte);
		if (rc != PGO_OK)
			return rc;
		if (pgo_vec_push(&r->b->bitmap, (uint8_t)byte))
			return out_of_memory(r);
	}
	return PGO_OK;
}

/** value ":" count, split at the last colon. */
static int take_value(struct text_reader *r, uint64_t kind, struct pgo_value *out)
{
	static const char external[] = "** External Symbol **";
	struct line l = r->line;
	const char *colon = l.present ? memrchr(l.text, ':', l.length) : NULL;
	if (!colon)
		return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "%s",
				      l.present ? "value without ':' and a count"
						: "the file ends within the values of a site");
	size_t length = (size_t)(colon - l.text);
	if (!parse_number(colon + 1, l.length - length - 1, 10, UINT64_MAX, &out->count))
		return fail_number(r, "count of the value");
	if (kind == PGO_VALUE_MEMOP_SIZE) {
		if (!parse_number(l.text, length, 10, UINT64_MAX, &out->value))
			return fail_number(r, "size");
	} else if (length == sizeof external - 1 && memcmp(l.text, external, length) == 0) {
		out->value = 0;
	} else {
		out->value = pgo_name_ref(l.text, length);
	}
	next_line(r);
	return PGO_OK;
}

static int take_site(struct text_reader *r, uint32_t kind)
{
	struct pgo_builder *b = r->b;
	uint64_t count;
	int rc = take_number(r, 10, UINT32_MAX, "number of values", &count);
	if (rc != PGO_OK)
		return rc;
	if (!pgo_builder_site(b, kind, 0))
		return out_of_memory(r);
	for (uint64_t i = 0; i < count && rc == PGO_OK; i++) {
		struct pgo_value v;
		rc = take_value(r, kind, &v);
		if (rc == PGO_OK && pgo_vec_push(&b->values, v))
			return out_of_memory(r);
	}
	b->sites.items[b->sites.count - 1].count = (uint32_t)count;
	return rc;
}

/** Value data follows when the next line is a number; a function with such a name cannot follow a record without. */
static int take_value_data(struct text_reader *r)
{
	uint64_t kinds, kind, sites;
	unsigned seen = 0;
	if (!r->line.present || !parse_number(r->line.text, r->line.length, 10, UINT32_MAX, &kinds))
		return PGO_OK;
	if (kinds == 0 || kinds > PGO_VALUE_KINDS)
		return pgo_error_line(r->err, PGO_EFORMAT, r->line_number,
				      "number of value kinds %" PRIu64 " is not between 1 and %d", kinds,
				      PGO_VALUE_KINDS);
	next_line(r);
	for (uint64_t k = 0; k < kinds; k++) {
		uint64_t at = r->line_number;
		int rc = take_number(r, 10, UINT32_MAX, "value kind", &kind);
		if (rc == PGO_OK && (kind >= PGO_VALUE_KINDS || (seen & 1u << kind)))
			return pgo_error_line(r->err, PGO_EFORMAT, at, "value kind %" PRIu64 " is %s", kind,
					      kind >= PGO_VALUE_KINDS ? "unknown; known are 0, 1 and 2"
								      : "given twice");
		if (rc == PGO_OK)
			rc = take_number(r, 10, UINT32_MAX, "number of value sites", &sites);
		if (rc != PGO_OK)
			return rc;
		seen |= 1u << kind;
		for (uint64_t s = 0; s < sites && rc == PGO_OK; s++)
			rc = take_site(r, (uint32_t)kind);
		if (rc != PGO_OK)
			return rc;
	}
	return PGO_OK;
}

static int take_record(struct text_reader *r)
{
	struct line name = r->line;
	uint64_t hash;
	if (name.length > UINT32_MAX || memchr(name.text, '\0', name.length))
		return pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "function name holds a zero byte");
	next_line(r);
	int rc = take_number(r, 0, UINT64_MAX, "function hash", &hash);
	if (rc != PGO_OK)
		return rc;
	if (!pgo_builder_function(r->b, name.text, (uint32_t)name.length, pgo_name_ref(name.text, name.length), hash))
		return out_of_memory(r);
	rc = take_counters(r);
	if (rc == PGO_OK)
		rc = take_bitmap(r);
	if (rc == PGO_OK)
		rc = take_value_data(r);
	if (rc == PGO_OK && pgo_builder_seal(r->b))
		rc = out_of_memory(r);
	return rc;
}

/** A line that is neither a number nor a value with its count: in a file without empty lines, the head of a record. */
static bool is_head(const struct line *l)
{
	uint64_t number;
	const char *colon = memrchr(l->text, ':', l->length);
	size_t before = colon ? (size_t)(colon - l->text) + 1 : 0;
	return l->text[0] != '$' && !parse_number(l->text, l->length, 0, UINT64_MAX, &number) &&
	       !(colon && parse_number(l->text + before, l->length - before, 10, UINT64_MAX, &number));
}

/**
 * A record is damaged. It ends at the next empty line, if there is one; gaps passed while it was read are the ends of
 * further ones, and what looks like the head of one is. Where the file ends first, it was cut off, and nobody knows
 * what is missing.
 */
static int lose_record(struct text_reader *r, const struct line *name, uint64_t gaps,
		       const struct pgo_builder_mark *mark)
{
	uint64_t heads = 0;
	if (!r->b->may_quarantine || !r->line.present)
		return PGO_EFORMAT;
	while (r->line.present && (!r->line.fresh || r->line.text == name->text)) {
		next_line(r);
		heads += r->line.present && !r->line.fresh && is_head(&r->line);
	}
	uint64_t lost = r->gaps - gaps;
	if (lost == 0)
		return PGO_EFORMAT;
	int rc = pgo_builder_quarantine(r->b, mark, name->text, name->length, r->err);
	if (rc == PGO_OK)
		pgo_builder_quarantine_more(r->b, lost - 1 + heads);
	return rc;
}

static int read_records(struct text_reader *r)
{
	int rc = PGO_OK;
	while (rc == PGO_OK && r->line.present) {
		struct line name = r->line;
		uint64_t gaps = r->gaps;
		struct pgo_builder_mark mark = pgo_builder_mark(r->b);
		rc = take_record(r);
		if (rc == PGO_EFORMAT)
			rc = lose_record(r, &name, gaps, &mark);
	}
	return rc;
}

int pgo_text_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct text_reader r = {.c = pgo_cursor(bytes, length), .b = b, .err = err};
	int rc = PGO_OK;
	b->pseudo_counts = true;
	next_line(&r);
	while (rc == PGO_OK && r.line.present && r.line.text[0] == ':')
		rc = take_flag(&r);
	if (rc == PGO_OK)
		rc = read_records(&r);
	if (rc == PGO_OK && (pgo_builder_merge_duplicates(b) || pgo_builder_check_end(b, bytes, length)))
		rc = out_of_memory(&r);
	if (rc == PGO_EFORMAT)
		pgo_error_hint(err, "expected is what llvm-profdata merge --text writes: flags, then per function its "
				    "name, hash, number of counters and counters, each on a line of its own");
	return rc;
}
