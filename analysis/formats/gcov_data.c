/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Data (.gcda): records after the header.
 *
 *	summary   0xa1000000: >= 9: u32 runs, u32 largest counter of the program, summed over runs
 *	          0xa1000000, 0xa3000000: < 9: skipped
 *	function  0x01000000: u32 ident, u32 lineno checksum, u32 cfg checksum; of length 0: not of this program
 *	counters  0x01a10000 | kind << 17: u64 each, of the function before; a negative length: that many zeros, not
 *stored kind 0: arcs, those outside the tree, in the order of the notes kind 4, from gcc 11 on: sites of indirect
 *calls: i64 executions (negative: not all targets are here), u64 n, (u64 ident of the target, u64 count) * n other
 *kinds: skipped
 */
#include <stdio.h>

#include "analysis/base/digest.h"
#include "analysis/formats/gcov.h"

enum { KIND_ARCS = 0, KIND_CALLS = 4, KINDS = 10 };

/** Counters that may be made of no bytes at all: of the profile, and more for each byte of input. */
#define ZEROS_FREE ((uint64_t)1 << 20)
#define ZEROS_PER_BYTE 16

/** A data file being read. */
struct unit {
	struct pgo_gcov_reading *r;
	const char *name;
	struct pgo_gcov_notes *notes;
	struct pgo_gcov_header header;
	uint32_t ident, lineno_checksum, cfg_checksum; /**< of the function being read */
	struct pgo_gcov_note *note;		       /**< its notes, or NULL */
	bool present;				       /**< there is one */
	bool counted;				       /**< its arcs were read: it is in the builder, not sealed */
	bool notes_damaged;			       /**< that is not the data's fault */
	bool lost;				       /**< it was set aside: what follows of it is skipped */
	struct pgo_builder_mark mark;		       /**< before it */
	size_t functions;			       /**< of the reading, before it */
};

static int no_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

/** What messages call the function. @return out */
static const char *label(const struct unit *u, char out[256])
{
	if (u->note && u->note->name.length)
		snprintf(out, 256, "'%.*s'", (int)(u->note->name.length < 200 ? u->note->name.length : 200),
			 u->note->name.text);
	else
		snprintf(out, 256, "%u", u->ident);
	return out;
}

static int end_function(struct unit *u, struct pgo_error *err)
{
	bool counted = u->counted;
	u->present = u->counted = false;
	return counted && pgo_builder_seal(u->r->builder) ? no_memory(err) : PGO_OK;
}

static int check_note(struct unit *u, size_t at, struct pgo_error *err)
{
	char name[256];
	const struct pgo_gcov_note *n = u->note;
	if (n->cfg_checksum != u->cfg_checksum)
		return pgo_error_at(
			err, PGO_EFORMAT, at,
			"function %s: control flow checksum 0x%08x is another one than in the notes, 0x%08x",
			label(u, name), u->cfg_checksum, n->cfg_checksum);
	if (n->lineno_checksum != u->lineno_checksum)
		return pgo_error_at(err, PGO_EFORMAT, at,
				    "function %s: line checksum 0x%08x is another one than in the notes, 0x%08x",
				    label(u, name), u->lineno_checksum, n->lineno_checksum);
	if (n->used)
		return pgo_error_at(err, PGO_EFORMAT, at, "function %s is in the file twice", label(u, name));
	return PGO_OK;
}

static int start_function(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	struct pgo_cursor *c = &record->payload;
	int rc = end_function(u, err);
	u->note = NULL;
	u->lost = false;
	u->mark = pgo_builder_mark(u->r->builder);
	u->functions = u->r->functions.count;
	if (rc != PGO_OK || pgo_cursor_left(c) == 0)
		return rc;
	if (!pgo_cursor_u32(c, &u->ident) || !pgo_cursor_u32(c, &u->lineno_checksum) ||
	    !pgo_cursor_u32(c, &u->cfg_checksum) || pgo_cursor_left(c))
		return pgo_error_at(err, PGO_EFORMAT, record->at + 4,
				    "function record of %zu bytes; expected are 0 or 12", c->end - record->at - 8);
	u->present = true;
	u->note = u->notes ? pgo_gcov_notes_find(u->notes, u->ident, u->lineno_checksum, u->cfg_checksum) : NULL;
	return u->note ? check_note(u, record->at, err) : PGO_OK;
}

/** The path of the source, under the directory of the compilation; most functions of a file have the same. */
static int note_source(struct unit *u, uint64_t *out)
{
	struct pgo_gcov_text cwd = u->notes->cwd, source = u->note->source;
	struct pgo_gcov_reading *r = u->r;
	bool relative = source.length && source.text[0] != '/' && cwd.length;
	size_t length = source.length + (relative ? cwd.length + 1 : 0);
	uint64_t last = r->functions.count ? r->functions.items[r->functions.count - 1].source : 0;
	if (r->strings.count == 0 && pgo_vec_push(&r->strings, '\0'))
		return -1;
	uint64_t at = r->strings.count;
	if (pgo_vec_reserve(&r->strings, length + 1))
		return -1;
	char *to = r->strings.items + at;
	if (relative) {
		memcpy(to, cwd.text, cwd.length);
		to[cwd.length] = '/';
		to += cwd.length + 1;
	}
	if (source.length)
		memcpy(to, source.text, source.length);
	to[source.length] = '\0';
	if (last && strcmp(r->strings.items + last, r->strings.items + at) == 0) {
		*out = last;
		return 0;
	}
	r->strings.count += length + 1;
	*out = at;
	return 0;
}

/** Start the record in the builder, under its linker name or "FILE#IDENT". */
static int name_function(struct unit *u)
{
	struct pgo_gcov_reading *r = u->r;
	struct pgo_gcov_function f = {.ident = u->ident, .unit = r->units};
	struct pgo_gcov_text name = {0};
	char *numbered = NULL;
	int rc = -1;
	if (u->note && u->note->name.length) {
		name = u->note->name;
		if (note_source(u, &f.source))
			return -1;
	} else {
		int length = asprintf(&numbered, "%s#%u", u->name, u->ident);
		if (length < 0)
			return -1;
		name = (struct pgo_gcov_text){numbered, (size_t)length};
	}
	r->unnamed += !u->note;
	if (pgo_builder_function(r->builder, name.text, (uint32_t)name.length, pgo_name_ref(name.text, name.length),
				 u->cfg_checksum) &&
	    !pgo_vec_push(&r->functions, f))
		rc = 0;
	free(numbered);
	return rc;
}

static int read_counters(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	struct pgo_gcov_reading *r = u->r;
	uint64_t count = record->zeros + pgo_cursor_left(&record->payload) / 8, value;
	char name[256];
	if (pgo_cursor_left(&record->payload) % 8)
		return pgo_error_at(err, PGO_EFORMAT, record->at + 4,
				    "function %s: %zu bytes are not a whole number of counters", label(u, name),
				    pgo_cursor_left(&record->payload));
	if (u->note && count != r->graph.counted)
		return pgo_error_at(err, PGO_EFORMAT, record->at,
				    "function %s has %llu counted arcs, in the notes it has %u", label(u, name),
				    (unsigned long long)count, r->graph.counted);
	if (!u->note && record->zeros > r->zeros_left)
		return pgo_error_at(err, PGO_EFORMAT, record->at + 4,
				    "function %s: %llu counters that are all zero are more than any function has",
				    label(u, name), (unsigned long long)record->zeros);
	if (!u->note)
		r->zeros_left -= record->zeros;
	r->counters.count = 0;
	if (pgo_vec_reserve(&r->counters, count))
		return no_memory(err);
	for (uint64_t i = 0; i < record->zeros; i++)
		r->counters.items[r->counters.count++] = 0;
	while (pgo_gcov_u64(&record->payload, &value))
		r->counters.items[r->counters.count++] = value;
	return PGO_OK;
}

/** The blocks that are code, in the order of their numbers. */
static int add_blocks(struct unit *u)
{
	struct pgo_gcov_reading *r = u->r;
	const struct pgo_gcov_graph *g = &r->graph;
	if (pgo_vec_reserve(&r->builder->counters, g->blocks.count))
		return -1;
	for (uint32_t b = 1; b < g->blocks.count; b++) {
		if (b == g->exit)
			continue;
		pgo_gcov_flow ran = g->blocks.items[b].out;
		r->clamped += ran < 0;
		ran = ran < 0 ? 0 : ran > PGO_COUNTER_LIMIT ? PGO_COUNTER_LIMIT : ran;
		r->builder->counters.items[r->builder->counters.count++] = (uint64_t)ran;
	}
	return 0;
}

static int add_arcs(struct unit *u)
{
	struct pgo_gcov_reading *r = u->r;
	if (pgo_vec_reserve(&r->builder->counters, r->counters.count))
		return -1;
	for (size_t i = 0; i < r->counters.count; i++) {
		uint64_t count = r->counters.items[i];
		r->builder->counters.items[r->builder->counters.count++] =
			count > PGO_COUNTER_LIMIT ? PGO_COUNTER_LIMIT : count;
	}
	return 0;
}

static int read_arcs(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	struct pgo_gcov_reading *r = u->r;
	char name[256];
	int rc;
	if (u->counted)
		return pgo_error_at(err, PGO_EFORMAT, record->at, "function %s has two records of arcs",
				    label(u, name));
	if (u->note && (rc = pgo_gcov_graph_read(&r->graph, u->notes, u->note, err)) != PGO_OK) {
		u->notes_damaged = rc == PGO_EFORMAT;
		if (rc == PGO_EFORMAT)
			pgo_error_hint(err, "it is the notes file (.gcno) that is damaged: compile again");
		return rc;
	}
	if ((rc = read_counters(u, record, err)) != PGO_OK)
		return rc;
	if (u->note)
		u->note->used = true;
	/* a function without code or counters says nothing */
	if (u->note ? r->graph.blocks.count == 2 : r->counters.count == 0)
		return PGO_OK;
	enum pgo_gcov_solution solution =
		u->note ? pgo_gcov_graph_solve(&r->graph, r->counters.items) : PGO_GCOV_SOLVED;
	if (solution == PGO_GCOV_UNDETERMINED)
		return pgo_error_at(err, PGO_EFORMAT, record->at,
				    "function %s: the notes leave its flow open: arcs without a counter form a ring",
				    label(u, name));
	if (solution == PGO_GCOV_NO_MEMORY || name_function(u) || (u->note ? add_blocks(u) : add_arcs(u)))
		return no_memory(err);
	r->negative += solution == PGO_GCOV_NEGATIVE;
	u->counted = true;
	return PGO_OK;
}

/** Targets stay idents until all functions are known. */
static int read_calls(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	struct pgo_cursor *c = &record->payload;
	uint64_t executions, n, known = 0;
	char name[256];
	while (pgo_cursor_left(c)) {
		size_t at = c->at;
		if (!pgo_gcov_u64(c, &executions) || !pgo_gcov_u64(c, &n) || n > pgo_cursor_left(c) / 16)
			return pgo_error_at(
				err, PGO_EFORMAT, at,
				"function %s: targets of an indirect call do not fit into the %zu bytes left",
				label(u, name), c->end - at);
		struct pgo_value *to = pgo_builder_site(u->r->builder, PGO_VALUE_CALL_TARGET, (uint32_t)n + 1);
		if (!to)
			return no_memory(err);
		known = 0;
		for (uint64_t i = 0; i < n; i++) {
			pgo_gcov_u64(c, &to[i].value);
			pgo_gcov_u64(c, &to[i].count);
			known += to[i].count;
		}
		/* the rest went to targets that had no place left */
		uint64_t all = executions >> 63 ? 0 - executions : executions;
		to[n] = (struct pgo_value){.value = 0, .count = all > known ? all - known : 0};
	}
	return PGO_OK;
}

static int read_summary(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	struct pgo_gcov_reading *r = u->r;
	uint32_t runs, sum_max;
	int rc = end_function(u, err);
	if (rc != PGO_OK || u->header.release < 90)
		return rc;
	if (!pgo_cursor_u32(&record->payload, &runs) || !pgo_cursor_u32(&record->payload, &sum_max))
		return pgo_error_at(err, PGO_EFORMAT, record->at + 4, "summary record of %zu bytes; expected are 8",
				    record->payload.end - record->at - 8);
	r->least_runs = r->least_runs && r->least_runs < runs ? r->least_runs : runs;
	r->most_runs = r->most_runs > runs ? r->most_runs : runs;
	r->sum_max = r->sum_max > sum_max ? r->sum_max : sum_max;
	return PGO_OK;
}

/** A function whose records are damaged is set aside: each record tells its length. */
static int lose_function(struct unit *u, struct pgo_error *err)
{
	struct pgo_gcov_text name = u->note ? u->note->name : (struct pgo_gcov_text){0};
	int rc = pgo_builder_quarantine(u->r->builder, &u->mark, name.length ? name.text : NULL, name.length, err);
	if (rc != PGO_OK)
		return rc;
	u->r->functions.count = u->functions;
	u->present = u->counted = false;
	u->lost = true;
	return PGO_OK;
}

static int read_of_function(struct unit *u, struct pgo_gcov_record *record, uint32_t kind, struct pgo_error *err)
{
	if (kind == KIND_ARCS)
		return read_arcs(u, record, err);
	/* before gcc 11 this kind is laid out otherwise */
	return kind == KIND_CALLS && u->header.release >= 110 && u->counted ? read_calls(u, record, err) : PGO_OK;
}

static int read_record(struct unit *u, struct pgo_gcov_record *record, struct pgo_error *err)
{
	if (record->tag == PGO_GCOV_FUNCTION) {
		int started = start_function(u, record, err);
		return started == PGO_EFORMAT ? lose_function(u, err) : started;
	}
	if (record->tag == PGO_GCOV_OBJECT_SUMMARY || (record->tag == 0xa3000000u && u->header.release < 90))
		return read_summary(u, record, err);
	uint32_t kind = (record->tag - PGO_GCOV_COUNTERS) >> 17;
	if (record->tag < PGO_GCOV_COUNTERS || (record->tag - PGO_GCOV_COUNTERS) % (1u << 17) || kind >= KINDS)
		return pgo_error_at(err, PGO_EFORMAT, record->at, "record 0x%08x is unknown", record->tag);
	if (u->lost)
		return PGO_OK;
	if (!u->present)
		return pgo_error_at(err, PGO_EFORMAT, record->at, "counters 0x%08x follow no function", record->tag);
	int rc = read_of_function(u, record, kind, err);
	return rc == PGO_EFORMAT && !u->notes_damaged ? lose_function(u, err) : rc;
}

static int check_pair(const struct unit *u, struct pgo_error *err)
{
	const struct pgo_gcov_header *data = &u->header, *notes = &u->notes->header;
	int rc;
	if (notes->stamp == data->stamp && notes->release == data->release)
		return PGO_OK;
	if (notes->release != data->release)
		rc = pgo_error_set(err, PGO_EMISMATCH,
				   "the notes (.gcno) were written by gcc " PGO_GCOV_RELEASE
				   ", the counts by gcc " PGO_GCOV_RELEASE,
				   PGO_GCOV_RELEASE_ARGS(notes->release), PGO_GCOV_RELEASE_ARGS(data->release));
	else
		rc = pgo_error_at(
			err, PGO_EMISMATCH, 8,
			"the notes (.gcno) are of another compilation: stamp 0x%08x in the notes, 0x%08x here",
			notes->stamp, data->stamp);
	pgo_error_hint(err, "keep the .gcno files of the very build that was run, or remove them");
	return rc;
}

int pgo_gcov_add(struct pgo_gcov_reading *r, const char *unit, const void *bytes, size_t length,
		 struct pgo_gcov_notes *notes, struct pgo_error *err)
{
	struct unit u = {.r = r, .name = unit, .notes = notes};
	struct pgo_cursor c = pgo_cursor(bytes, length);
	struct pgo_gcov_record record;
	int rc = pgo_gcov_header_read(&u.header, &c, "gcda", err);
	if (rc != PGO_OK || (notes && (rc = check_pair(&u, err)) != PGO_OK))
		return rc;
	r->builder->kind = PGO_KIND_GCC;
	r->newest = r->newest > u.header.release ? r->newest : u.header.release;
	r->builder->version = r->newest / 10;
	r->zeros_left += (r->units ? 0 : ZEROS_FREE) + length * ZEROS_PER_BYTE;
	while ((rc = pgo_gcov_record_next(&record, &c, u.header.release, err)) == PGO_OK)
		if ((rc = read_record(&u, &record, err)) != PGO_OK)
			return rc;
	if (rc != PGO_EOF)
		return rc;
	/* older libraries may leave the end mark out */
	if (record.tag && u.header.release >= 90)
		return pgo_error_at(err, PGO_EFORMAT, length, "end mark is missing: the file was cut off");
	r->units++;
	r->units_without_notes += !notes;
	return end_function(&u, err);
}
