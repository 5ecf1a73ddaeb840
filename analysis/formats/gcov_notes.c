/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Notes (.gcno): functions and their control flow graphs.
 *
 *	function  0x01000000: u32 ident, u32 lineno checksum, u32 cfg checksum, string name, [>= 8: u32 artificial],
 *	          string source, u32 line, [>= 8: u32 column, u32 end line], [>= 9: u32 end column]
 *	blocks    0x01410000: >= 8: u32 number; < 8: one word of flags for each
 *	arcs      0x01430000: u32 source block, (u32 destination, u32 flags)*; flags: 1 on the tree, 2 fake, 4 fall
 *through lines     0x01450000: not read
 *
 * Block 0 is the entry; the exit is block 1, before gcc 4.8 the last one. Other records are skipped.
 */
#include "analysis/formats/gcov.h"

static bool read_text(struct pgo_cursor *c, uint32_t release, struct pgo_gcov_text *out)
{
	uint32_t length;
	const unsigned char *bytes;
	if (!pgo_cursor_u32(c, &length) || !pgo_cursor_bytes(c, &bytes, (uint64_t)length * (release >= 120 ? 1 : 4)))
		return false;
	size_t most = (size_t)length * (release >= 120 ? 1 : 4);
	*out = (struct pgo_gcov_text){.text = (const char *)bytes, .length = strnlen((const char *)bytes, most)};
	return true;
}

static bool read_head(struct pgo_cursor *c, uint32_t release, struct pgo_gcov_note *f)
{
	uint32_t artificial, column, end_line;
	return pgo_cursor_u32(c, &f->ident) && pgo_cursor_u32(c, &f->lineno_checksum) &&
	       pgo_cursor_u32(c, &f->cfg_checksum) && read_text(c, release, &f->name) &&
	       (release < 80 || pgo_cursor_u32(c, &artificial)) && read_text(c, release, &f->source) &&
	       pgo_cursor_u32(c, &f->line) &&
	       (release < 80 || (pgo_cursor_u32(c, &column) && pgo_cursor_u32(c, &end_line)));
}

static int compare_notes(const void *pa, const void *pb)
{
	const struct pgo_gcov_note *a = pa, *b = pb;
	if (a->ident != b->ident)
		return a->ident < b->ident ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int index_functions(struct pgo_gcov_notes *notes, struct pgo_cursor *c, struct pgo_error *err)
{
	uint32_t release = notes->header.release;
	struct pgo_gcov_record record;
	int rc;
	while ((rc = pgo_gcov_record_next(&record, c, release, err)) == PGO_OK) {
		if (record.tag == PGO_GCOV_FUNCTION) {
			struct pgo_gcov_note f = {.at = record.at};
			if (!read_head(&record.payload, release, &f))
				return pgo_error_at(err, PGO_EFORMAT, record.payload.at,
						    "record of function %zu ends before its fields do",
						    notes->functions.count);
			if (pgo_vec_push(&notes->functions, f))
				return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		}
		if (notes->functions.count)
			notes->functions.items[notes->functions.count - 1].end = c->at;
	}
	return rc == PGO_EOF ? PGO_OK : rc;
}

int pgo_gcov_notes_read(struct pgo_gcov_notes *out, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_gcov_notes notes = {.input = pgo_cursor(bytes, length)};
	uint32_t unexecuted;
	int rc = pgo_gcov_header_read(&notes.header, &notes.input, "gcno", err);
	if (rc != PGO_OK)
		return rc;
	uint32_t release = notes.header.release;
	struct pgo_cursor c = notes.input;
	if ((release >= 90 && !read_text(&c, release, &notes.cwd)) ||
	    (release >= 80 && !pgo_cursor_u32(&c, &unexecuted)))
		return pgo_error_at(err, PGO_EFORMAT, c.at, "header is cut off: the file ends after %zu bytes", c.end);
	rc = index_functions(&notes, &c, err);
	if (rc != PGO_OK) {
		pgo_gcov_notes_release(&notes);
		return rc;
	}
	if (notes.functions.count)
		qsort(notes.functions.items, notes.functions.count, sizeof *notes.functions.items, compare_notes);
	*out = notes;
	return PGO_OK;
}

void pgo_gcov_notes_release(struct pgo_gcov_notes *notes)
{
	pgo_vec_release(&notes->functions);
}

struct pgo_gcov_note *pgo_gcov_notes_find(const struct pgo_gcov_notes *notes, uint32_t ident, uint32_t lineno_checksum,
					  uint32_t cfg_checksum)
{
	size_t low = 0, high = notes->functions.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (notes->functions.items[middle].ident < ident)
			low = middle + 1;
		else
			high = middle;
	}
	struct pgo_gcov_note *first = NULL;
	enum { LOOKED_AT = 16 }; /* idents are hashes: more of one value come from no compiler */
	for (size_t i = low; i < notes->functions.count && i < low + LOOKED_AT; i++) {
		struct pgo_gcov_note *f = &notes->functions.items[i];
		if (f->ident != ident)
			break;
		first = first ? first : f;
		if (f->lineno_checksum == lineno_checksum && f->cfg_checksum == cfg_checksum)
			return f;
	}
	return first;
}

#define NAME(f) (int)((f)->name.length < 200 ? (f)->name.length : 200), (f)->name.text

static int read_blocks(struct pgo_gcov_graph *g, const struct pgo_gcov_notes *notes, const struct pgo_gcov_note *f,
		       struct pgo_gcov_record *record, struct pgo_error *err)
{
	uint32_t count = (uint32_t)(pgo_cursor_left(&record->payload) / 4);
	size_t at = record->payload.at;
	if (notes->header.release >= 80 && !pgo_cursor_u32(&record->payload, &count))
		return pgo_error_at(err, PGO_EFORMAT, at, "function '%.*s': number of blocks is cut off", NAME(f));
	/* a block has a record of its arcs, of 12 bytes and more; only the exit has none */
	if (count < 2 || count > (f->end - f->at) / 4 || g->blocks.count)
		return pgo_error_at(err, PGO_EFORMAT, at, "function '%.*s': %u blocks do not fit into its %zu bytes",
				    NAME(f), count, f->end - f->at);
	if (pgo_vec_reserve(&g->blocks, count))
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	g->blocks.count = count;
	g->exit = notes->header.release >= 48 ? 1 : count - 1;
	return PGO_OK;
}

static int read_arcs(struct pgo_gcov_graph *g, const struct pgo_gcov_note *f, struct pgo_cursor *c,
		     struct pgo_error *err)
{
	uint32_t source, destination, flags;
	size_t at = c->at;
	if (!pgo_cursor_u32(c, &source) || pgo_cursor_left(c) % 8)
		return pgo_error_at(err, PGO_EFORMAT, at,
				    "function '%.*s': record of arcs is not a whole number of arcs", NAME(f));
	if (source >= g->blocks.count)
		return pgo_error_at(err, PGO_EFORMAT, at, "function '%.*s': an arc leaves block %u of %zu", NAME(f),
				    source, g->blocks.count);
	while (pgo_cursor_u32(c, &destination) && pgo_cursor_u32(c, &flags)) {
		struct pgo_gcov_arc arc = {
			.source = source, .destination = destination, .on_tree = flags & 1, .fake = flags & 2};
		if (destination >= g->blocks.count)
			return pgo_error_at(err, PGO_EFORMAT, c->at - 8,
					    "function '%.*s': an arc leads to block %u of %zu", NAME(f), destination,
					    g->blocks.count);
		if (pgo_vec_push(&g->arcs, arc))
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		g->counted += !arc.on_tree;
	}
	return PGO_OK;
}

int pgo_gcov_graph_read(struct pgo_gcov_graph *g, const struct pgo_gcov_notes *notes, const struct pgo_gcov_note *f,
			struct pgo_error *err)
{
	struct pgo_cursor c = notes->input;
	struct pgo_gcov_record record;
	int rc;
	g->blocks.count = g->arcs.count = g->counted = 0;
	c.at = f->at;
	c.end = f->end;
	while ((rc = pgo_gcov_record_next(&record, &c, notes->header.release, err)) == PGO_OK) {
		if (record.tag == PGO_GCOV_BLOCKS)
			rc = read_blocks(g, notes, f, &record, err);
		else if (record.tag == PGO_GCOV_ARCS)
			rc = read_arcs(g, f, &record.payload, err);
		if (rc != PGO_OK)
			return rc;
	}
	if (rc != PGO_EOF)
		return rc;
	if (g->blocks.count == 0)
		return pgo_error_at(err, PGO_EFORMAT, f->at, "function '%.*s' has no blocks", NAME(f));
	struct pgo_gcov_arc back = {.source = g->exit, .destination = 0, .on_tree = true};
	return pgo_vec_push(&g->arcs, back) ? pgo_error_set(err, PGO_ENOMEM, "out of memory") : PGO_OK;
}

void pgo_gcov_graph_release(struct pgo_gcov_graph *g)
{
	pgo_vec_release(&g->blocks);
	pgo_vec_release(&g->arcs);
	pgo_vec_release(&g->pending);
}
