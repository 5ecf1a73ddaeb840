/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A table of counters (RFC 4180, comma, LF or CRLF), so that any profiler can take part. The first line names the
 * columns: "function", "counter" and "count" are needed, "hash" may be there, in any order and in upper or lower case;
 * others are ignored with a warning. Each further line is one counter.
 *
 *	function  the name, not empty
 *	counter   its number (0 to 2^64-1, decimal), or any label: its number is then a hash of the label with the
 *		  top bit set
 *	count     0 to 2^64-1, decimal
 *	hash      CFG hash, decimal or 0x…; empty or no column: unknown (0)
 *
 * Lines of one function and hash need not stand together; counts of one counter add up. Where the counters of every
 * function are exactly 0 to n-1, they are told apart by position, else by key. The format has no version.
 */
#include <csv.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <xxhash.h>

#include "analysis/base/digest.h"
#include "analysis/base/digits.h"
#include "analysis/formats/format.h"

#define LABEL (UINT64_C(1) << 63)

enum column { COLUMN_FUNCTION, COLUMN_COUNTER, COLUMN_COUNT, COLUMN_HASH, COLUMN_KINDS, COLUMN_IGNORED = COLUMN_KINDS };
static const char *const column_names[COLUMN_KINDS] = {"function", "counter", "count", "hash"};

/** A function, in the order of appearance. */
struct table_function {
	uint64_t name; /**< into `names` */
	uint64_t cfg_hash;
	uint32_t name_length;
};

struct table_counter {
	uint64_t key, count;
	uint32_t function;
};

struct csv_reader {
	struct pgo_builder *b;
	struct pgo_error *err;
	int rc; /**< of the first failure: the parser goes on, nothing is done any more */
	uint64_t line;
	uint64_t row_line; /**< where the row started: quoted fields may hold line ends */
	bool in_row;
	bool broken; /**< it is no CSV from here on */
	bool at_end; /**< the last row has no line end: it may be cut off */
	bool header_read;
	size_t field; /**< of the row, from 0 */
	PGO_VEC(uint8_t) columns;
	/* the row */
	uint32_t function_length;
	uint64_t function_at; /**< in `names`: kept when it is new */
	uint64_t key, count, cfg_hash;
	PGO_VEC(struct table_function) functions;
	PGO_VEC(struct table_counter) counters;
	PGO_VEC(char) names;
	PGO_VEC(char) ignored; /**< names of ignored columns, for the warning */
	size_t ignored_count;
	uint32_t *slots; /**< functions + 1 by hash; 0 is empty */
	size_t slot_count;
};

static void fail_memory(struct csv_reader *r)
{
	if (r->rc == PGO_OK)
		r->rc = pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static void fail(struct csv_reader *r, const char *format, ...) PGO_PRINTF(2, 3);

static void fail(struct csv_reader *r, const char *format, ...)
{
	if (r->rc != PGO_OK)
		return;
	char message[sizeof r->err->message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	r->rc = pgo_error_line(r->err, PGO_EFORMAT, r->row_line, "%s", message);
}

/** A field as a message shows it. */
static int shown(size_t length)
{
	return length > 60 ? 60 : (int)length;
}

static bool all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return length > 0;
}

static bool equals(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static void take_column_name(struct csv_reader *r, const char *text, size_t length)
{
	uint8_t column = COLUMN_FUNCTION;
	while (column < COLUMN_KINDS && !equals(text, length, column_names[column]))
		column++;
	for (size_t i = 0; i < r->columns.count; i++)
		if (column != COLUMN_IGNORED && r->columns.items[i] == column)
			fail(r, "column '%s' is there twice", column_names[column]);
	if (pgo_vec_push(&r->columns, column))
		fail_memory(r);
	if (column != COLUMN_IGNORED)
		return;
	char quoted[70];
	int n = snprintf(quoted, sizeof quoted, "%s'%.*s'", r->ignored_count ? ", " : "", shown(length), text);
	r->ignored_count++;
	if (r->ignored.count > 400 || n < 0)
		return;
	if (pgo_vec_reserve(&r->ignored, (size_t)n))
		return fail_memory(r);
	memcpy(r->ignored.items + r->ignored.count, quoted, (size_t)n);
	r->ignored.count += (size_t)n;
}

static void take_function(struct csv_reader *r, const char *text, size_t length)
{
	if (length == 0)
		return fail(r, "column 'function' is empty");
	if (length > UINT32_MAX || memchr(text, '\0', length))
		return fail(r, "column 'function' holds a zero byte");
	if (pgo_vec_reserve(&r->names, length))
		return fail_memory(r);
	r->function_at = r->names.count;
	r->function_length = (uint32_t)length;
	memcpy(r->names.items + r->function_at, text, length);
}

static void take_value(struct csv_reader *r, enum column column, const char *text, size_t length)
{
	bool good = true;
	switch (column) {
	case COLUMN_FUNCTION:
		take_function(r, text, length);
		return;
	case COLUMN_COUNTER:
		good = length > 0;
		if (all_digits(text, length))
			good = pgo_digits(text, length, 10, &r->key);
		else if (good)
			r->key = pgo_name_ref(text, length) | LABEL;
		break;
	case COLUMN_COUNT:
		good = pgo_digits(text, length, 10, &r->count);
		break;
	case COLUMN_HASH:
		good = length == 0 || pgo_digits_or_hex(text, length, &r->cfg_hash);
		break;
	case COLUMN_IGNORED:
		break;
	}
	if (!good && length == 0)
		fail(r, "column '%s' is empty", column_names[column]);
	else if (!good)
		fail(r, "column '%s': '%.*s' is not a number in range", column_names[column], shown(length), text);
}

static void start_row(struct csv_reader *r)
{
	if (r->in_row)
		return;
	r->in_row = true;
	r->field = 0;
	r->cfg_hash = 0;
	r->function_length = 0;
}

static void take_field(void *field, size_t length, void *context)
{
	struct csv_reader *r = context;
	const char *text = length ? field : "";
	start_row(r);
	if (r->rc != PGO_OK)
		return;
	if (!r->header_read)
		take_column_name(r, text, length);
	else if (r->field < r->columns.count)
		take_value(r, r->columns.items[r->field], text, length);
	r->field++;
}

static uint64_t function_hash(const char *name, uint32_t length, uint64_t cfg_hash)
{
	return XXH3_64bits_withSeed(name, length, cfg_hash);
}

static void enter_slot(struct csv_reader *r, uint32_t index)
{
	const struct table_function *f = &r->functions.items[index];
	size_t at = function_hash(r->names.items + f->name, f->name_length, f->cfg_hash) & (r->slot_count - 1);
	while (r->slots[at])
		at = (at + 1) & (r->slot_count - 1);
	r->slots[at] = index + 1;
}

/** Room for one more function, a quarter of the slots staying empty. */
static int grow_slots(struct csv_reader *r)
{
	if (r->slot_count / 4 * 3 > r->functions.count)
		return 0;
	size_t count = r->slot_count ? 2 * r->slot_count : 256;
	uint32_t *slots = calloc(count, sizeof *slots);
	if (!slots || r->functions.count >= UINT32_MAX - 1) {
		free(slots);
		return -1;
	}
	free(r->slots);
	r->slots = slots;
	r->slot_count = count;
	for (size_t i = 0; i < r->functions.count; i++)
		enter_slot(r, (uint32_t)i);
	return 0;
}

/** Index of the row's function; UINT32_MAX: out of memory */
static uint32_t find_function(struct csv_reader *r)
{
	if (grow_slots(r))
		return UINT32_MAX;
	const char *name = r->names.items + r->function_at;
	size_t at = function_hash(name, r->function_length, r->cfg_hash) & (r->slot_count - 1);
	for (; r->slots[at]; at = (at + 1) & (r->slot_count - 1)) {
		const struct table_function *f = &r->functions.items[r->slots[at] - 1];
		if (f->cfg_hash == r->cfg_hash && f->name_length == r->function_length &&
		    memcmp(r->names.items + f->name, name, f->name_length) == 0)
			return r->slots[at] - 1;
	}
	struct table_function f = {.name = r->function_at, .cfg_hash = r->cfg_hash, .name_length = r->function_length};
	if (pgo_vec_push(&r->functions, f))
		return UINT32_MAX;
	r->names.count += r->function_length;
	r->slots[at] = (uint32_t)r->functions.count;
	return r->slots[at] - 1;
}

static void end_header(struct csv_reader *r)
{
	for (uint8_t column = 0; column < COLUMN_HASH; column++)
		if (!r->columns.count || !memchr(r->columns.items, column, r->columns.count)) {
			fail(r, "there is no column '%s'", column_names[column]);
			if (r->err)
				pgo_error_hint(r->err,
					       "the first line names the columns: function, counter, count and, if "
					       "there is one, hash");
			return;
		}
	if (r->ignored_count &&
	    pgo_builder_warn(r->b, "%zu column%s ignored: %.*s", r->ignored_count,
			     r->ignored_count == 1 ? " is" : "s are", (int)r->ignored.count, r->ignored.items))
		fail_memory(r);
	r->header_read = true; /* not before: a bad one is not set aside */
}

/* A row that is damaged is set aside: where the next one starts is known. */
static bool lose_row(struct csv_reader *r)
{
	const char *name = r->function_length ? r->names.items + r->function_at : NULL;
	if (r->broken || r->at_end)
		return false;
	int rc = pgo_builder_quarantine(r->b, NULL, name, r->function_length, r->err);
	if (rc == PGO_EFORMAT)
		return false;
	r->rc = rc;
	return rc == PGO_OK;
}

static void end_row(int terminator, void *context)
{
	struct csv_reader *r = context;
	(void)terminator;
	r->in_row = false;
	if (r->rc == PGO_OK && r->header_read && r->field != r->columns.count)
		fail(r, "%zu field%s where the header names %zu columns", r->field, r->field == 1 ? "" : "s",
		     r->columns.count);
	if (r->rc == PGO_EFORMAT && r->header_read && lose_row(r))
		return;
	if (r->rc != PGO_OK)
		return;
	if (!r->header_read)
		return end_header(r);
	struct table_counter c = {.key = r->key, .count = r->count, .function = find_function(r)};
	if (c.function == UINT32_MAX || pgo_vec_push(&r->counters, c))
		fail_memory(r);
}

/** A damaged row is gone through to its end, where it may be set aside. */
static bool goes_on(const struct csv_reader *r)
{
	return r->rc == PGO_OK ||
	       (r->rc == PGO_EFORMAT && r->b->may_quarantine && r->header_read && r->in_row && !r->broken);
}

/** Line by line, so that lines can be counted; a quoted field may go on over several. */
static void parse(struct csv_reader *r, struct csv_parser *parser, struct pgo_cursor c)
{
	while (goes_on(r) && pgo_cursor_left(&c)) {
		const unsigned char *line = c.bytes + c.at, *end = memchr(line, '\n', pgo_cursor_left(&c));
		size_t length = end ? (size_t)(end - line) + 1 : pgo_cursor_left(&c);
		pgo_cursor_skip(&c, length);
		r->line++;
		if (!r->in_row && !parser->quoted)
			r->row_line = r->line;
		size_t done = csv_parse(parser, line, length, take_field, end_row, r);
		if (done == length)
			continue;
		if (csv_error(parser) != CSV_EPARSE)
			return fail_memory(r);
		r->row_line = r->line;
		r->broken = true;
		fail(r, "column %zu: a quote where none may be", done + 1);
		if (r->err)
			pgo_error_hint(r->err,
				       "a field that holds a quote stands in quotes, with each of its own doubled");
	}
	/* after a failure csv_fini() would still hand over half a row */
	r->at_end = true;
	if (r->rc == PGO_OK && csv_fini(parser, take_field, end_row, r) != 0)
		fail(r, "the file ends within a quoted field");
	if (r->rc == PGO_OK && !r->header_read)
		fail(r, "the table has no header");
	if (r->rc == PGO_OK && pgo_builder_check_end(r->b, c.bytes, c.end))
		fail_memory(r);
}

static int compare_counters(const void *pa, const void *pb)
{
	const struct table_counter *a = pa, *b = pb;
	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/** True when each function has the keys 0 to n-1, some perhaps several times. */
static bool is_positional(const struct csv_reader *r)
{
	uint64_t next = 0;
	for (size_t i = 0; i < r->counters.count; i++) {
		const struct table_counter *c = &r->counters.items[i];
		bool first = i == 0 || c[-1].function != c->function;
		if (!first && c[-1].key == c->key)
			continue;
		next = first ? 0 : next + 1;
		if (c->key != next)
			return false;
	}
	return true;
}

static int build(struct csv_reader *r)
{
	struct pgo_builder *b = r->b;
	b->kind = PGO_KIND_TABLE;
	if (r->counters.count)
		qsort(r->counters.items, r->counters.count, sizeof *r->counters.items, compare_counters);
	bool positional = is_positional(r);
	size_t at = 0;
	for (size_t i = 0; i < r->functions.count; i++) {
		const struct table_function *f = &r->functions.items[i];
		const char *name = r->names.items + f->name;
		if (!pgo_builder_function(b, name, f->name_length, pgo_name_ref(name, f->name_length), f->cfg_hash))
			return -1;
		for (; at < r->counters.count && r->counters.items[at].function == i; at++)
			if (pgo_builder_keyed(b, r->counters.items[at].key, r->counters.items[at].count))
				return -1;
		if (pgo_builder_seal(b))
			return -1;
	}
	if (positional)
		pgo_vec_release(&b->keys); /* the sealed counters stand in the order of the keys */
	return 0;
}

int pgo_csv_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct csv_reader r = {.b = b, .err = err};
	struct csv_parser parser;
	struct pgo_cursor c = pgo_cursor(bytes, length);
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		pgo_cursor_skip(&c, 3);
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	parse(&r, &parser, c);
	if (r.rc == PGO_OK && build(&r))
		fail_memory(&r);
	csv_free(&parser);
	free(r.columns.items);
	free(r.functions.items);
	free(r.counters.items);
	free(r.names.items);
	free(r.ignored.items);
	free(r.slots);
	return r.rc;
}

struct header_seen {
	unsigned columns; /**< bit: enum column */
};

static void see_field(void *field, size_t length, void *context)
{
	struct header_seen *seen = context;
	for (unsigned column = 0; column < COLUMN_KINDS; column++)
		if (length && equals(field, length, column_names[column]))
			seen->columns |= 1u << column;
}

enum pgo_bid pgo_csv_probe(const unsigned char *bytes, size_t length)
{
	struct header_seen seen = {0};
	struct csv_parser parser;
	size_t skip = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	size_t looked = length - skip < 4096 ? length - skip : 4096;
	const unsigned char *end = memchr(bytes + skip, '\n', looked);
	if (end)
		looked = (size_t)(end - bytes) - skip;
	if (csv_init(&parser, CSV_STRICT) != 0)
		return PGO_BID_NO;
	if (csv_parse(&parser, bytes + skip, looked, see_field, NULL, &seen) == looked)
		csv_fini(&parser, see_field, NULL, &seen);
	csv_free(&parser);
	return (seen.columns & 7) == 7 ? PGO_BID_GRAMMAR : PGO_BID_NO;
}
