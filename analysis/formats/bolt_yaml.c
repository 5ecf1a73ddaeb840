/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * BOLT's YAML profile, version 1, as llvm-bolt -w, perf2bolt -w and merge-fdata of LLVM 22 write it. Keys that are not
 * named here are skipped.
 *
 *	document  = "---" content "..."
 *	content   = header {profile-version, binary-build-id, profile-flags [lbr | sample | memevent]}, functions
 *[function] function  = name, fid, hash, exec, blocks [block] block     = bid, exec, events, calls [{off, fid, cnt}],
 *succ [{bid, cnt}]
 *
 * A block without a count is one BOLT infers from the edges that lead to it; so do we (docs/formats/bolt.md). Aliases
 * are refused; values may be nested PGO_BOLT_YAML_DEPTH_MOST deep. Memory: less than 64 bytes for each byte of the
 *file.
 */
#include "analysis/formats/bolt_yaml.h"

#include <ctype.h>

#define VERSION 1

/** What is known of how often a block ran: several such make a block. */
struct block_count {
	uint32_t block;
	bool incoming; /**< along an edge: those add up; else: in all */
	uint64_t count;
};

struct callee {
	uint32_t id, name;
};

struct yaml_reader {
	struct pgo_sampled sampled;
	struct pgo_builder *b;
	bool has_version, has_functions, lbr, samples;
	PGO_VEC(struct callee) callees; /**< ids of functions */
	/* the function at hand */
	uint32_t name; /**< PGO_SAMPLED_NONE: none yet */
	uint64_t id, hash, exec;
	PGO_VEC(struct block_count) counts;
	/* the block at hand; the parts of it may come in any order */
	bool has_block;
	uint64_t block, block_exec, block_events;
	/* the call or successor at hand */
	uint64_t target, offset, count;
};

static int no_memory(struct pgo_bolt_yaml *y)
{
	return pgo_error_set(y->err, PGO_ENOMEM, "out of memory");
}

static bool is(const char *key, const char *word)
{
	return strcmp(key, word) == 0;
}

static int successor_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	if (is(key, "bid"))
		return pgo_bolt_yaml_number(y, "the block of a successor", INT32_MAX, &r->target);
	if (is(key, "cnt"))
		return pgo_bolt_yaml_number(y, "the count of a successor", UINT64_MAX, &r->count);
	return pgo_bolt_yaml_skip(y);
}

static int read_successor(struct pgo_bolt_yaml *y, void *context)
{
	struct yaml_reader *r = context;
	r->target = UINT64_MAX;
	r->count = 0;
	int rc = pgo_bolt_yaml_mapping(y, "a successor", successor_member, r);
	if (rc == PGO_OK && r->target == UINT64_MAX)
		return pgo_bolt_yaml_fail(y, "a successor has no bid");
	struct block_count c = {.block = (uint32_t)r->target, .incoming = true, .count = r->count};
	return rc == PGO_OK && pgo_vec_push(&r->counts, c) ? no_memory(y) : rc;
}

static int call_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	if (is(key, "off"))
		return pgo_bolt_yaml_number(y, "the offset of a call", UINT32_MAX, &r->offset);
	if (is(key, "fid"))
		return pgo_bolt_yaml_number(y, "the function of a call", UINT32_MAX - 1, &r->target);
	if (is(key, "cnt"))
		return pgo_bolt_yaml_number(y, "the count of a call", UINT64_MAX, &r->count);
	return pgo_bolt_yaml_skip(y);
}

/** A value site; its block is not known yet, and the callee is its id until all names are known. */
static int read_call(struct pgo_bolt_yaml *y, void *context)
{
	struct yaml_reader *r = context;
	r->target = r->offset = r->count = 0;
	int rc = pgo_bolt_yaml_mapping(y, "a call", call_member, r);
	if (rc == PGO_OK && (pgo_sampled_site(&r->sampled, 0, r->offset, PGO_VALUE_CALL_TARGET) ||
			     pgo_sampled_value(&r->sampled, (uint32_t)r->target, r->count)))
		return no_memory(y);
	return rc;
}

static int block_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	if (is(key, "bid")) {
		r->has_block = true;
		return pgo_bolt_yaml_number(y, "the number of a block", INT32_MAX, &r->block);
	}
	if (is(key, "exec"))
		return pgo_bolt_yaml_number(y, "the count of a block", UINT64_MAX, &r->block_exec);
	if (is(key, "events"))
		return pgo_bolt_yaml_number(y, "the events of a block", UINT64_MAX, &r->block_events);
	if (is(key, "succ"))
		return pgo_bolt_yaml_sequence(y, "succ", read_successor, r);
	if (is(key, "calls"))
		return pgo_bolt_yaml_sequence(y, "calls", read_call, r);
	return pgo_bolt_yaml_skip(y);
}

static int read_block(struct pgo_bolt_yaml *y, void *context)
{
	struct yaml_reader *r = context;
	size_t lines = r->sampled.lines.count;
	r->has_block = false;
	r->block = r->block_exec = r->block_events = 0;
	int rc = pgo_bolt_yaml_mapping(y, "a block", block_member, r);
	if (rc != PGO_OK)
		return rc;
	if (!r->has_block)
		return pgo_bolt_yaml_fail(y, "a block has no bid");
	for (size_t i = lines; i < r->sampled.lines.count; i++)
		r->sampled.lines.items[i].key |= r->block << 32;
	struct block_count c = {.block = (uint32_t)r->block, .count = r->samples ? r->block_events : r->block_exec};
	return pgo_vec_push(&r->counts, c) ? no_memory(y) : PGO_OK;
}

static int function_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	const char *text = NULL;
	size_t length = 0;
	if (is(key, "name")) {
		int rc = pgo_bolt_yaml_text(y, "the name of a function", &text, &length);
		if (rc == PGO_OK && length == 0)
			return pgo_bolt_yaml_fail(y, "the name of a function is empty");
		if (rc == PGO_OK && (r->name = pgo_sampled_name(&r->sampled, text, length)) == PGO_SAMPLED_NONE)
			return no_memory(y);
		return rc;
	}
	if (is(key, "fid"))
		return pgo_bolt_yaml_number(y, "the id of a function", UINT32_MAX - 1, &r->id);
	if (is(key, "hash"))
		return pgo_bolt_yaml_number(y, "the hash of a function", UINT64_MAX, &r->hash);
	if (is(key, "exec"))
		return pgo_bolt_yaml_number(y, "the count of a function", UINT64_MAX, &r->exec);
	if (is(key, "blocks"))
		return pgo_bolt_yaml_sequence(y, "blocks", read_block, r);
	return pgo_bolt_yaml_skip(y);
}

static int compare_counts(const void *pa, const void *pb)
{
	const struct block_count *a = pa, *b = pb;
	return a->block < b->block ? -1 : a->block > b->block;
}

/** The larger of what the blocks say and what comes in along edges. */
static int add_blocks(struct pgo_bolt_yaml *y, struct yaml_reader *r, uint32_t body)
{
	const struct block_count *c = r->counts.items;
	if (r->counts.count)
		qsort(r->counts.items, r->counts.count, sizeof *c, compare_counts);
	for (size_t i = 0; i < r->counts.count;) {
		uint32_t block = c[i].block;
		uint64_t own = 0, incoming = 0;
		for (; i < r->counts.count && c[i].block == block; i++) {
			if (!c[i].incoming)
				own = c[i].count > own ? c[i].count : own;
			else
				incoming = c[i].count > UINT64_MAX - incoming ? UINT64_MAX : incoming + c[i].count;
		}
		if (pgo_sampled_line(&r->sampled, body, block, own > incoming ? own : incoming))
			return no_memory(y);
	}
	return PGO_OK;
}

static int take_function(struct pgo_bolt_yaml *y, struct yaml_reader *r)
{
	struct pgo_sampled *s = &r->sampled;
	size_t lines = s->lines.count;
	r->name = PGO_SAMPLED_NONE;
	r->id = r->hash = r->exec = 0;
	r->counts.count = 0;
	int rc = pgo_bolt_yaml_mapping(y, "a function", function_member, r);
	if (rc != PGO_OK)
		return rc;
	if (r->name == PGO_SAMPLED_NONE)
		return pgo_bolt_yaml_fail(y, "a function has no name");
	/* the entry: its count is the function's, unless blocks hold samples */
	struct block_count entry = {.count = r->exec};
	if (r->exec && !r->samples && pgo_vec_push(&r->counts, entry))
		return no_memory(y);
	struct callee callee = {.id = (uint32_t)r->id, .name = r->name};
	uint32_t body = pgo_sampled_body(s, PGO_SAMPLED_NONE, r->hash, r->name);
	if (body == PGO_SAMPLED_NONE || (r->id && pgo_vec_push(&r->callees, callee)))
		return no_memory(y);
	s->bodies.items[body].cfg_hash = r->hash;
	for (size_t i = lines; i < s->lines.count; i++)
		s->lines.items[i].body = body;
	return add_blocks(y, r, body);
}

/** A function that is damaged is set aside where the document is YAML all the same: it tells where the function ends.
 */
static int read_function(struct pgo_bolt_yaml *y, void *context)
{
	struct yaml_reader *r = context;
	struct pgo_sampled_mark mark = pgo_sampled_mark(&r->sampled);
	size_t callees = r->callees.count;
	bool opens = y->event.type == YAML_MAPPING_START_EVENT || y->event.type == YAML_SEQUENCE_START_EVENT;
	unsigned outside = y->depth - opens;
	int rc = take_function(y, r);
	if (rc != PGO_EFORMAT || y->broken)
		return rc;
	const struct pgo_sampled_name *name = r->name == PGO_SAMPLED_NONE ? NULL : &r->sampled.names.items[r->name];
	rc = pgo_builder_quarantine(r->b, NULL, name ? r->sampled.text.items + name->text : NULL,
				    name ? name->length : 0, y->err);
	if (rc != PGO_OK)
		return rc;
	pgo_sampled_back(&r->sampled, &mark);
	r->callees.count = callees;
	while (rc == PGO_OK && y->depth > outside)
		rc = pgo_bolt_yaml_next(y);
	return rc;
}

static int flag_item(struct pgo_bolt_yaml *y, void *context)
{
	struct yaml_reader *r = context;
	const char *text = NULL;
	size_t length = 0;
	int rc = pgo_bolt_yaml_text(y, "a flag of the profile", &text, &length);
	if (rc == PGO_OK) {
		r->lbr |= is(text, "lbr");
		r->samples |= is(text, "sample");
	}
	return rc;
}

static int read_build_id(struct pgo_bolt_yaml *y, struct yaml_reader *r)
{
	const char *text = NULL;
	size_t length = 0;
	struct pgo_build_id id = {.length = 0};
	int rc = pgo_bolt_yaml_text(y, "binary-build-id", &text, &length);
	for (size_t i = 0; rc == PGO_OK && i < length && i < 2 * sizeof id.bytes; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return PGO_OK; /* such as "<unknown>" */
		unsigned c = (unsigned char)text[i] | 32u, digit = c <= '9' ? c & 15 : c - 'a' + 10;
		id.bytes[i / 2] = (uint8_t)(id.bytes[i / 2] << 4 | digit);
		id.length = (uint32_t)(i + 1) / 2;
	}
	return rc == PGO_OK && id.length && pgo_vec_push(&r->b->build_ids, id) ? no_memory(y) : rc;
}

static int header_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	if (is(key, "binary-build-id"))
		return read_build_id(y, r);
	if (is(key, "profile-flags"))
		return pgo_bolt_yaml_sequence(y, "profile-flags", flag_item, r);
	if (!is(key, "profile-version"))
		return pgo_bolt_yaml_skip(y);
	int rc = pgo_bolt_yaml_number(y, "profile-version", UINT64_MAX, &r->b->version);
	if (rc == PGO_OK && r->b->version != VERSION)
		return pgo_error_line(y->err, PGO_EUNSUPPORTED, y->event.start_mark.line + 1,
				      "BOLT profile version %llu is unknown; %d is read",
				      (unsigned long long)r->b->version, VERSION);
	r->has_version = rc == PGO_OK;
	return rc;
}

static int document_member(struct pgo_bolt_yaml *y, const char *key, void *context)
{
	struct yaml_reader *r = context;
	if (is(key, "header"))
		return pgo_bolt_yaml_mapping(y, "header", header_member, r);
	if (!is(key, "functions"))
		return pgo_bolt_yaml_skip(y);
	if (!r->has_version)
		return pgo_bolt_yaml_fail(y, "functions come before a header with profile-version");
	r->samples &= !r->lbr;
	r->has_functions = true;
	return pgo_bolt_yaml_sequence(y, "functions", read_function, r);
}

static int compare_callees(const void *pa, const void *pb)
{
	const struct callee *a = pa, *b = pb;
	return a->id < b->id ? -1 : a->id > b->id;
}

/** Ids of callees become names; what is not in the profile is unknown. */
static void name_callees(struct yaml_reader *r)
{
	if (r->callees.count)
		qsort(r->callees.items, r->callees.count, sizeof *r->callees.items, compare_callees);
	for (size_t i = 0; i < r->sampled.values.count; i++) {
		struct callee wanted = {.id = r->sampled.values.items[i].name};
		const struct callee *found = r->callees.count ? bsearch(&wanted, r->callees.items, r->callees.count,
									sizeof wanted, compare_callees)
							      : NULL;
		r->sampled.values.items[i].name = found ? found->name : PGO_SAMPLED_NONE;
	}
}

static int read_document(struct pgo_bolt_yaml *y, struct yaml_reader *r)
{
	int rc;
	do
		rc = pgo_bolt_yaml_next(y);
	while (rc == PGO_OK &&
	       (y->event.type == YAML_STREAM_START_EVENT || y->event.type == YAML_DOCUMENT_START_EVENT));
	if (rc == PGO_OK)
		rc = pgo_bolt_yaml_mapping(y, "the profile", document_member, r);
	if (rc == PGO_OK)
		rc = pgo_bolt_yaml_next(y);
	if (rc == PGO_OK && (!r->has_functions || y->event.data.document_end.implicit))
		return pgo_bolt_yaml_fail(y, r->has_functions ? "the profile does not end with '...': it was cut off"
							      : "there are no functions: the profile was cut off");
	if (rc == PGO_OK)
		rc = pgo_bolt_yaml_next(y);
	if (rc == PGO_OK && y->event.type != YAML_STREAM_END_EVENT)
		return pgo_bolt_yaml_fail(y, "a second document starts; one is read");
	return rc;
}

int pgo_bolt_yaml_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_bolt_yaml y = {.err = err};
	struct yaml_reader r = {.b = b};
	if (!yaml_parser_initialize(&y.parser))
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&y.parser, bytes, length);
	int rc = read_document(&y, &r);
	if (rc == PGO_OK) {
		b->kind = PGO_KIND_BLOCKS;
		name_callees(&r);
		if ((r.samples && pgo_builder_warn(b, "blocks have samples, not executions")) ||
		    pgo_sampled_build(&r.sampled, b))
			rc = no_memory(&y);
	}
	if (rc != PGO_OK)
		pgo_error_hint(err,
			       "expected is what perf2bolt -w or llvm-bolt -w writes: header with profile-version 1, "
			       "then functions with their blocks");
	yaml_event_delete(&y.event);
	yaml_parser_delete(&y.parser);
	pgo_sampled_release(&r.sampled);
	free(r.callees.items);
	free(r.counts.items);
	return rc;
}

enum pgo_bid pgo_bolt_yaml_probe(const unsigned char *bytes, size_t length)
{
	size_t looked = length < 4096 ? length : 4096;
	bool starts = length >= 3 && memcmp(bytes, "---", 3) == 0;
	return starts && memmem(bytes, looked, "profile-version", 15) ? PGO_BID_GRAMMAR : PGO_BID_NO;
}
