/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM indexed profile (.profdata), versions 1 to 13. All integers little-endian, nothing in the payload aligned.
 *
 *	file      = header {summary} payload directory [memprof] binary-ids vtable-names temporal-traces
 *	header    = magic u64, version word u64 (low half version, high half flags), 0, hash type 0, directory offset,
 *	            [v8: memprof offset] [v9: binary ids offset] [v10: traces offset] [v12: vtable names offset]
 *	summary   = (v4) fields u64, entries u64, fields * u64, entries * (cutoff, min count, counts); twice with CSIR
 *	directory = buckets u64 (power of two), keys u64, buckets * u64 offset (0: empty)
 *	bucket    = items u16, items * (MD5 u64, key length u64, data length u64, key, data)
 *	data      = {hash u64, [v2: counters u64], counters * u64, [v11: bitmap bytes u64, bytes * u64], [v3: value
 *data]}
 *
 * The directory is walked, not the payload: functions come out ordered by hash & (buckets - 1), and the order of the
 * payload a writer chose does not matter. Buckets may not overlap: their items together must fit into the payload,
 *which bounds the memory by the size of the input, and lets the arrays be reserved once.
 */
#include <inttypes.h>

#include "analysis/formats/indexed.h"
#include "analysis/formats/llvm.h"

#define MAX_VERSION 13

#define DAMAGED_HINT                                                                                                   \
	"the file is damaged or was cut off: merge its raw profiles again; --max-lost sets damaged records aside"

static const unsigned char magic[8] = {0xff, 'l', 'p', 'r', 'o', 'f', 'i', 0x81};

enum pgo_bid pgo_indexed_probe(const unsigned char *bytes, size_t length)
{
	return length >= 8 && memcmp(bytes, magic, 8) == 0 ? PGO_BID_MAGIC : PGO_BID_NO;
}

static int refuse_version(uint32_t version, struct pgo_error *err)
{
	int rc = pgo_error_at(err, PGO_EUNSUPPORTED, 8,
			      "indexed profile version %" PRIu32 " is %s; versions 1 to %d are read", version,
			      version ? "newer than known" : "not valid", MAX_VERSION);
	if (version)
		pgo_error_hint(err,
			       "turn it into text with the llvm-profdata that wrote it: llvm-profdata merge --text -o "
			       "x.proftext x.profdata");
	else
		pgo_error_hint(err, DAMAGED_HINT);
	return rc;
}

static int read_header(struct pgo_indexed *r)
{
	struct pgo_cursor *c = &r->file;
	uint64_t word, unused, hash_type = 0, unknown;
	if (!pgo_cursor_skip(c, 8) || !pgo_cursor_u64(c, &word))
		return pgo_error_at(r->err, PGO_EFORMAT, c->end, "header is cut off: the file ends after %zu bytes",
				    c->end);
	r->version = (uint32_t)word;
	if (r->version == 0 || r->version > MAX_VERSION)
		return refuse_version(r->version, r->err);
	size_t need = 40 + (r->version >= 8 ? 8 : 0) + (r->version >= 9 ? 8 : 0) + (r->version >= 10 ? 8 : 0) +
		      (r->version >= 12 ? 8 : 0);
	if (c->end < need)
		return pgo_error_at(r->err, PGO_EFORMAT, c->end,
				    "header is cut off: version %" PRIu32 " has %zu bytes, the file ends after %zu",
				    r->version, need, c->end);
	pgo_cursor_u64(c, &unused);
	pgo_cursor_u64(c, &hash_type);
	if (hash_type != 0) {
		int rc = pgo_error_at(r->err, PGO_EUNSUPPORTED, 24,
				      "hash type %" PRIu64 " is unknown; only 0 (MD5) exists", hash_type);
		pgo_error_hint(r->err, DAMAGED_HINT);
		return rc;
	}
	pgo_cursor_u64(c, &r->directory);
	if (r->version >= 8)
		pgo_cursor_u64(c, &r->memprof);
	if (r->version >= 9)
		pgo_cursor_u64(c, &r->binary_ids);
	if (r->version >= 10)
		pgo_cursor_u64(c, &r->traces);
	if (r->version >= 12)
		pgo_cursor_u64(c, &r->vtable_names);
	r->b->version = r->version;
	r->b->flags = pgo_llvm_flags(word, &unknown);
	r->b->pseudo_counts = r->version >= 9; /* LLVM 16 brought them, and version 9 */
	if (unknown &&
	    pgo_builder_warn(r->b, "unknown flags 0x%" PRIx64 " in the version word are ignored", unknown >> 32))
		return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
	return PGO_OK;
}

/** The cutoffs as the file has them; the thresholds among them are what a comparison starts from. */
static int read_entries(struct pgo_indexed *r, uint64_t entries, struct pgo_indexed_summary *out)
{
	struct pgo_summary *s = &out->summary;
	s->total = out->total;
	s->counter_count = out->counters;
	for (uint64_t i = 0; i < entries; i++) {
		uint64_t cutoff = 0, min_count = 0, count = 0;
		pgo_cursor_u64(&r->file, &cutoff);
		pgo_cursor_u64(&r->file, &min_count);
		pgo_cursor_u64(&r->file, &count);
		if (s->entry_count < sizeof s->entries / sizeof s->entries[0])
			s->entries[s->entry_count++] = (struct pgo_summary_entry){
				.cutoff = (uint32_t)cutoff, .min_count = min_count, .counter_count = count};
		if (cutoff == 990000)
			s->hot_threshold = min_count;
		if (cutoff == 999000)
			s->hot999_threshold = min_count;
		if (cutoff == 999999)
			s->cold_threshold = min_count;
	}
	return PGO_OK;
}

static int read_summary(struct pgo_indexed *r, struct pgo_indexed_summary *out)
{
	struct pgo_cursor *c = &r->file;
	size_t start = c->at;
	uint64_t fields, entries;
	if (!pgo_cursor_u64(c, &fields) || !pgo_cursor_u64(c, &entries))
		return pgo_error_at(r->err, PGO_EFORMAT, start,
				    "summary header is cut off: the file ends after %zu bytes", c->end);
	if (fields < 6)
		return pgo_error_at(r->err, PGO_EFORMAT, start, "summary has %" PRIu64 " fields, at least 6 are needed",
				    fields);
	if (fields > pgo_cursor_left(c) / 8)
		return pgo_error_at(r->err, PGO_EFORMAT, start,
				    "summary of %" PRIu64 " fields does not fit into the %zu bytes left", fields,
				    pgo_cursor_left(c));
	uint64_t f[6];
	pgo_cursor_u64s(c, f, 6);
	pgo_cursor_skip(c, (fields - 6) * 8);
	if (entries > pgo_cursor_left(c) / 24)
		return pgo_error_at(r->err, PGO_EFORMAT, start + 8,
				    "summary of %" PRIu64 " cutoffs does not fit into the %zu bytes left", entries,
				    pgo_cursor_left(c));
	*out = (struct pgo_indexed_summary){.present = true, .counters = f[1], .total = f[5]};
	return read_entries(r, entries, out);
}

static int read_directory(struct pgo_indexed *r)
{
	size_t size = r->file.end;
	if (r->directory % 8 || r->directory < r->payload)
		return pgo_error_at(r->err, PGO_EFORMAT, 32,
				    "hash table offset %" PRIu64 " is not a multiple of 8 from %zu on", r->directory,
				    r->payload);
	if (size < 16 || r->directory > size - 16) {
		int rc = pgo_error_at(r->err, PGO_EFORMAT, 32,
				      "hash table offset %" PRIu64 " lies beyond the end of the file at %zu",
				      r->directory, size);
		pgo_error_hint(r->err, "the file is cut off; write it again with llvm-profdata merge");
		return rc;
	}
	pgo_cursor_seek(&r->file, r->directory);
	pgo_cursor_u64(&r->file, &r->bucket_count);
	pgo_cursor_u64(&r->file, &r->key_count);
	if (r->bucket_count == 0 || (r->bucket_count & (r->bucket_count - 1)))
		return pgo_error_at(r->err, PGO_EFORMAT, r->directory,
				    "number of hash buckets %" PRIu64 " is not a power of two", r->bucket_count);
	if (r->bucket_count > pgo_cursor_left(&r->file) / 8)
		return pgo_error_at(r->err, PGO_EFORMAT, r->directory,
				    "%" PRIu64 " hash buckets do not fit into the %zu bytes left", r->bucket_count,
				    pgo_cursor_left(&r->file));
	if (r->key_count > (r->directory - r->payload) / 24)
		return pgo_error_at(r->err, PGO_EFORMAT, r->directory + 8,
				    "%" PRIu64 " functions do not fit into a hash table of %" PRIu64 " bytes",
				    r->key_count, r->directory - r->payload);
	return PGO_OK;
}

/**
 * The summary in the file is the only checksum the format has: where it covers exactly our records, compare. It does
 * not in front-end profiles, whose writer sorts records by a hash bit that has no meaning there.
 */
static int check_summary(struct pgo_indexed *r, enum pgo_record_filter filter)
{
	const struct pgo_indexed_summary *stored = &r->stored[filter];
	if (!stored->present || !(r->b->flags & PGO_PROFILE_IR) || r->b->quarantine)
		return PGO_OK; /* of records set aside pgo_profile_loss() tells */
	const struct pgo_summary *found = &r->b->tally[filter]->found;
	uint64_t total = (uint64_t)found->total; /* the writer's wraps at 64 bits */
	if (found->counter_count == stored->counters && total == stored->total)
		return PGO_OK;
	if (pgo_builder_warn(r->b,
			     "the summary in the file says %" PRIu64 " counters and a total of %" PRIu64
			     ", its records give %" PRIu64 " and %" PRIu64 ": the file may be damaged",
			     stored->counters, stored->total, found->counter_count, total))
		return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
	return PGO_OK;
}

/** What a later reading of the table, or a walk over it, needs to know. */
static int note_table(struct pgo_indexed *r)
{
	struct pgo_builder *b = r->b;
	b->table_payload = r->payload;
	b->table_directory = (size_t)r->directory;
	b->table_keys = r->key_count;
	if (!r->stored[PGO_RECORDS_NORMAL].present)
		return PGO_OK;
	b->stored = malloc(sizeof *b->stored);
	if (!b->stored)
		return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
	*b->stored = r->stored[PGO_RECORDS_NORMAL].summary;
	return PGO_OK;
}

/** Read a profile whose table was left unread once more, in full, and put it in the place of the other. */
static int settle(struct pgo_profile *profile, struct pgo_error *err)
{
	struct pgo_profile *full = NULL, old = *profile;
	struct pgo_builder b = {.format = profile->format};
	int rc = pgo_indexed_read(&b, old.input, old.input_length, err);
	if (rc == PGO_OK)
		rc = pgo_builder_finish(&b, old.input_bytes, &full, err);
	else
		pgo_builder_release(&b);
	if (rc != PGO_OK)
		return rc;
	full->input = old.input;
	full->input_length = old.input_length;
	full->input_mapped = old.input_mapped;
	*profile = *full;
	*full = old;
	full->input = NULL;
	full->input_mapped = false;
	pgo_profile_free(full);
	return PGO_OK;
}

/** Version 1 is copied. */
static bool may_wait(const struct pgo_indexed *r)
{
	return r->b->lazy_from && r->version > 1 && r->key_count >= r->b->lazy_from;
}

static int read_records(struct pgo_indexed *r)
{
	int rc = PGO_OK;
	if (may_wait(r))
		pgo_cursor_skip(&r->file, r->bucket_count * 8); /* the directory was seen to fit */
	else
		rc = pgo_indexed_read_table(r);
	if (rc == PGO_OK)
		rc = pgo_indexed_read_sections(r);
	if (rc == PGO_OK && !may_wait(r))
		rc = check_summary(r, PGO_RECORDS_NORMAL);
	if (rc == PGO_OK && !may_wait(r))
		rc = check_summary(r, PGO_RECORDS_CS);
	if (rc == PGO_OK && may_wait(r)) {
		r->b->in_place = true;
		r->b->settle = settle;
		r->b->hash_mask = r->bucket_count - 1;
	}
	return rc;
}

int pgo_indexed_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_indexed r = {.file = pgo_cursor(bytes, length), .b = b, .err = err};
	int rc = read_header(&r);
	if (rc == PGO_OK && r.version >= 4)
		rc = read_summary(&r, &r.stored[PGO_RECORDS_NORMAL]);
	if (rc == PGO_OK && r.version >= 4 && (b->flags & PGO_PROFILE_CSIR))
		rc = read_summary(&r, &r.stored[PGO_RECORDS_CS]);
	r.payload = r.file.at;
	if (rc == PGO_OK)
		rc = read_directory(&r);
	if (rc == PGO_OK)
		rc = note_table(&r);
	if (rc == PGO_OK)
		rc = read_records(&r);
	if (rc == PGO_EFORMAT)
		pgo_error_hint(err, DAMAGED_HINT);
	return rc;
}
