/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM sample profiles in text. Lines end in LF or CRLF; empty lines and lines whose first character but blanks is '#'
 * are skipped. Numbers are decimal. The depth of a line is the number of blanks it starts with; a line belongs to the
 * innermost function above it that is less deep.
 *
 *	head      = (name | "[" frames "]") ":" total ":" head samples                                at depth 0
 *	frames    = {name ":" location " @ "} name
 *	line      = location ": " samples {" " name ":" count}
 *	inlined   = location ": " name ":" total                its name has no digit first, or nothing but digits
 *	vtables   = location ": vtables" {" " name ":" count}
 *	metadata  = "!CFGChecksum: " number | "!Attributes: " number | "!Flat"    last in its function
 *	location  = line offset ["." discriminator]
 *
 * Names may hold colons and, but for those of targets, blanks: heads are split at their last two colons, inlined calls
 * and targets at their last one.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <xxhash.h>

#include "analysis/base/digits.h"
#include "analysis/formats/sample.h"

struct text {
	const char *at;
	size_t length;
};

struct text_reader {
	struct pgo_sampled sampled;
	struct pgo_cursor c;
	struct pgo_builder *b;
	struct pgo_error *err;
	struct text line; /**< without the blanks it starts with */
	bool cut_off;	  /**< it has no end */
	size_t depth;
	uint64_t line_number;	 /**< from 1 */
	PGO_VEC(uint32_t) stack; /**< bodies around the line */
	size_t metadata_depth;	 /**< of the metadata just read; 0: none */
	bool probes;
	bool skipping;		      /**< to the next head: the function was set aside */
	struct pgo_sampled_mark mark; /**< before the function */
	struct text head;	      /**< its name, for what is said of it */
};

static int no_memory(const struct text_reader *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static int shown(struct text t)
{
	return t.length > 80 ? 80 : (int)t.length;
}

static int fail(const struct text_reader *r, const char *hint, const char *format, ...) PGO_PRINTF(3, 4);

static int fail(const struct text_reader *r, const char *hint, const char *format, ...)
{
	char message[400];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	int rc = pgo_error_line(r->err, PGO_EFORMAT, r->line_number, "%s", message);
	pgo_error_hint(r->err, "%s", hint);
	return rc;
}

#define HEAD_HINT "a function starts at the margin with NAME:SAMPLES:HEAD, or [CALLER:LINE @ NAME]:SAMPLES:HEAD"
#define LINE_HINT                                                                                                      \
	"within a function are, with a blank for each level: LINE[.DISCRIMINATOR]: SAMPLES[ TARGET:COUNT]…, "        \
	"LINE[.DISCRIMINATOR]: INLINED:SAMPLES, and at its end !CFGChecksum: NUMBER"

/** Next line that says something. @return false at the end */
static bool next_line(struct text_reader *r)
{
	while (pgo_cursor_left(&r->c)) {
		const char *line = (const char *)r->c.bytes + r->c.at,
			   *end = memchr(line, '\n', pgo_cursor_left(&r->c));
		size_t length = end ? (size_t)(end - line) : pgo_cursor_left(&r->c), blanks = 0;
		pgo_cursor_skip(&r->c, length + (end ? 1 : 0));
		r->line_number++;
		r->cut_off = !end;
		if (length && line[length - 1] == '\r')
			length--;
		while (blanks < length && line[blanks] == ' ')
			blanks++;
		if (blanks == length || line[blanks] == '#')
			continue;
		r->line = (struct text){line + blanks, length - blanks};
		r->depth = blanks;
		return true;
	}
	return false;
}

static bool parse_number(struct text t, uint64_t *out)
{
	return pgo_digits(t.at, t.length, 10, out);
}

/** Split at the last colon. False when there is none. */
static bool split(struct text t, struct text *before, struct text *after)
{
	const char *colon = t.length ? memrchr(t.at, ':', t.length) : NULL;
	if (!colon)
		return false;
	size_t at = (size_t)(colon - t.at);
	*before = (struct text){t.at, at};
	*after = (struct text){colon + 1, t.length - at - 1};
	return true;
}

static bool parse_location(struct text t, uint64_t *key)
{
	const char *dot = memchr(t.at, '.', t.length);
	struct text offset = {t.at, dot ? (size_t)(dot - t.at) : t.length};
	uint64_t line, discriminator = 0;
	if (dot && (!parse_number((struct text){dot + 1, t.length - offset.length - 1}, &discriminator) ||
		    discriminator > UINT32_MAX))
		return false;
	/* with a discriminator LLVM takes any that fits; the last one is PGO_KEY_ENTRY's */
	if (!parse_number(offset, &line) || line > (dot ? UINT32_MAX - 1 : PGO_SAMPLE_LINE_MOST))
		return false;
	*key = line << 32 | discriminator;
	return true;
}

/** Innermost function of a context. */
static int parse_frames(struct text_reader *r, struct text frames, struct text *leaf)
{
	struct text name, location;
	uint64_t key;
	for (;;) {
		const char *at = memmem(frames.at, frames.length, " @ ", 3);
		size_t length = at ? (size_t)(at - frames.at) : frames.length;
		*leaf = (struct text){frames.at, length};
		if (!at)
			break;
		if (!split(*leaf, &name, &location) || name.length == 0 || !parse_location(location, &key))
			return fail(r, HEAD_HINT, "'%.*s' is no frame of a context", shown(*leaf), leaf->at);
		frames = (struct text){at + 3, frames.length - length - 3};
	}
	return leaf->length ? PGO_OK : fail(r, HEAD_HINT, "the context ends before its last frame");
}

static int read_head(struct text_reader *r)
{
	struct text front, name, total_text, head_text;
	uint64_t total, head, place = 0;
	r->mark = pgo_sampled_mark(&r->sampled);
	r->head = r->line;
	r->stack.count = 0;
	r->metadata_depth = 0;
	if (!split(r->line, &front, &head_text) || !split(front, &name, &total_text) || name.length == 0 ||
	    !parse_number(total_text, &total) || !parse_number(head_text, &head))
		return fail(r, HEAD_HINT, "'%.*s' is no head of a function", shown(r->line), r->line.at);
	r->head = name;
	if (name.at[0] == '[') {
		if (name.at[name.length - 1] != ']')
			return fail(r, HEAD_HINT, "the context '%.*s' has no end", shown(name), name.at);
		struct text frames = {name.at + 1, name.length - 2};
		int rc = parse_frames(r, frames, &name);
		if (rc != PGO_OK)
			return rc;
		place = XXH3_64bits(frames.at, frames.length);
	}
	uint32_t index = pgo_sample_name(&r->sampled, name.at, name.length);
	uint32_t body =
		index == PGO_SAMPLED_NONE ? index : pgo_sampled_body(&r->sampled, PGO_SAMPLED_NONE, place, index);
	if (body == PGO_SAMPLED_NONE || pgo_sampled_line(&r->sampled, body, PGO_KEY_ENTRY, head) ||
	    pgo_vec_push(&r->stack, body))
		return no_memory(r);
	return PGO_OK;
}

/** name:count, separated by blanks, of the line or site just added. */
static int read_values(struct text_reader *r, struct text rest)
{
	while (rest.length) {
		const char *end = memchr(rest.at, ' ', rest.length);
		struct text pair = {rest.at, end ? (size_t)(end - rest.at) : rest.length}, name, count_text;
		uint64_t count;
		rest = (struct text){rest.at + pair.length + (end ? 1 : 0), rest.length - pair.length - (end ? 1 : 0)};
		if (pair.length == 0)
			continue;
		if (!split(pair, &name, &count_text) || name.length == 0 || !parse_number(count_text, &count))
			return fail(r, LINE_HINT, "'%.*s' is no target and its count", shown(pair), pair.at);
		uint32_t index = pgo_sample_name(&r->sampled, name.at, name.length);
		if (index == PGO_SAMPLED_NONE || pgo_sampled_value(&r->sampled, index, count))
			return no_memory(r);
	}
	return PGO_OK;
}

static int read_samples(struct text_reader *r, uint64_t key, struct text rest)
{
	const char *blank = memchr(rest.at, ' ', rest.length);
	struct text number = {rest.at, blank ? (size_t)(blank - rest.at) : rest.length};
	uint64_t samples;
	if (!parse_number(number, &samples))
		return fail(r, LINE_HINT, "'%.*s' is no number of samples", shown(number), number.at);
	if (pgo_sampled_line(&r->sampled, r->stack.items[r->stack.count - 1], key, samples))
		return no_memory(r);
	return read_values(r, (struct text){rest.at + number.length, rest.length - number.length});
}

static int read_inlined(struct text_reader *r, uint64_t key, struct text rest)
{
	struct text name, total_text;
	uint64_t total;
	if (!split(rest, &name, &total_text) || name.length == 0 || !parse_number(total_text, &total))
		return fail(r, LINE_HINT, "'%.*s' is no inlined function and its samples", shown(rest), rest.at);
	if (r->stack.count > PGO_SAMPLE_DEPTH_MOST)
		return fail(r, LINE_HINT, "more than %d functions are inlined into one another", PGO_SAMPLE_DEPTH_MOST);
	uint32_t index = pgo_sample_name(&r->sampled, name.at, name.length);
	uint32_t body = index == PGO_SAMPLED_NONE
				? index
				: pgo_sampled_body(&r->sampled, r->stack.items[r->stack.count - 1], key, index);
	return body == PGO_SAMPLED_NONE || pgo_vec_push(&r->stack, body) ? no_memory(r) : PGO_OK;
}

/** number ":" number: llvm-profdata writes inlined functions so of which it knows the MD5 only, and reads it no more.
 */
static bool is_md5_inlined(struct text rest)
{
	struct text name, total_text;
	uint64_t ref, total;
	return split(rest, &name, &total_text) && parse_number(name, &ref) && parse_number(total_text, &total);
}

static int read_metadata(struct text_reader *r)
{
	static const char checksum[] = "!CFGChecksum: ", attributes[] = "!Attributes: ";
	size_t skip =
		r->line.length >= sizeof checksum - 1 && memcmp(r->line.at, checksum, sizeof checksum - 1) == 0
			? sizeof checksum - 1
		: r->line.length >= sizeof attributes - 1 && memcmp(r->line.at, attributes, sizeof attributes - 1) == 0
			? sizeof attributes - 1
			: 0;
	uint64_t value = 0;
	bool flat = r->line.length == 5 && memcmp(r->line.at, "!Flat", 5) == 0;
	if (!flat && (skip == 0 || !parse_number((struct text){r->line.at + skip, r->line.length - skip}, &value)))
		return fail(r, LINE_HINT, "'%.*s' is no metadata of a function", shown(r->line), r->line.at);
	if (skip == sizeof checksum - 1) {
		r->sampled.bodies.items[r->stack.items[r->stack.count - 1]].cfg_hash = value;
		r->probes = true;
	}
	r->metadata_depth = r->depth;
	return PGO_OK;
}

static int read_line(struct text_reader *r)
{
	static const char vtables[] = "vtables ";
	if (r->stack.count == 0)
		return fail(r, HEAD_HINT, "'%.*s' stands outside of a function", shown(r->line), r->line.at);
	bool metadata = r->line.at[0] == '!';
	if (!metadata && r->metadata_depth == r->depth)
		return fail(r, LINE_HINT, "'%.*s' stands behind the metadata of its function", shown(r->line),
			    r->line.at);
	if (r->stack.count > r->depth)
		r->stack.count = r->depth;
	if (metadata)
		return read_metadata(r);
	r->metadata_depth = 0;
	const char *colon = memmem(r->line.at, r->line.length, ": ", 2);
	struct text location = {r->line.at, colon ? (size_t)(colon - r->line.at) : 0};
	struct text rest = {r->line.at + location.length + 2, colon ? r->line.length - location.length - 2 : 0};
	uint64_t key;
	if (!colon || rest.length == 0 || rest.at[0] == ' ')
		return fail(r, LINE_HINT, "'%.*s' is no line of a function", shown(r->line), r->line.at);
	if (!parse_location(location, &key))
		return fail(r, LINE_HINT, "'%.*s' is no line offset, which are 0 to %d", shown(location), location.at,
			    PGO_SAMPLE_LINE_MOST);
	if (rest.at[0] >= '0' && rest.at[0] <= '9' && !is_md5_inlined(rest))
		return read_samples(r, key, rest);
	if (rest.length < sizeof vtables - 1 || memcmp(rest.at, vtables, sizeof vtables - 1) != 0)
		return read_inlined(r, key, rest);
	if (pgo_sampled_site(&r->sampled, r->stack.items[r->stack.count - 1], key, PGO_VALUE_VTABLE))
		return no_memory(r);
	return read_values(r, (struct text){rest.at + sizeof vtables - 1, rest.length - sizeof vtables + 1});
}

static int read_lines(struct text_reader *r)
{
	int rc = PGO_OK;
	while (rc == PGO_OK && next_line(r)) {
		if (r->skipping && r->depth > 0)
			continue;
		r->skipping = false;
		rc = r->depth == 0 ? read_head(r) : read_line(r);
		if (rc != PGO_EFORMAT)
			continue;
		rc = pgo_builder_quarantine(r->b, NULL, r->head.at, r->head.length, r->err);
		if (rc == PGO_OK) {
			pgo_sampled_back(&r->sampled, &r->mark);
			r->skipping = true;
		}
	}
	return rc;
}

int pgo_sample_text_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct text_reader r = {.b = b, .err = err, .c = pgo_cursor(bytes, length)};
	int rc = read_lines(&r);
	if (rc == PGO_OK && r.cut_off && pgo_builder_warn_of_end(b))
		rc = no_memory(&r);
	if (rc == PGO_OK) {
		b->kind = r.probes ? PGO_KIND_PROBES : PGO_KIND_LINES;
		rc = pgo_sampled_build(&r.sampled, b) ? no_memory(&r) : PGO_OK;
	}
	pgo_sampled_release(&r.sampled);
	free(r.stack.items);
	return rc;
}
