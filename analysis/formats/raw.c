/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM raw profile (.profraw), versions 5 and 7 to 10, of 32- and 64-bit programs, in either byte order. Every integer,
 * value data included, is in the byte order of the program that wrote it; the magic tells which.
 *
 *	file      = profile {zero byte} {profile {zero byte}}                 each at a multiple of 8, of one magic
 *	profile   = header [v7: binary-ids] data padding counters padding [v9: bitmap padding] names pad8
 *	            [v10: vtables pad8 vtable-names pad8] value-data
 *	header    = magic u64, version word u64 (low half version, high half flags), then the words of raw_header.c
 *	data      = {name MD5 u64, hash u64, counters ptr, [v9: bitmap ptr], function ptr, values ptr, counters u32,
 *	            value sites u16 * kinds (2; v10: 3), [v9: bitmap bytes u32]}, each aligned to 8
 *	counters  = u64 each, or with byte coverage one byte each where 0 means executed
 *	binary-ids = {bytes u64, byte * bytes, [v8: zero padding to 8]}
 *	names     = name block (name_block.c)
 *	vtables   = {name MD5 u64, address ptr, size u32}, each aligned to 8
 *	value-data = one block (value_data.c) per record that has value sites, in the order of the records
 *
 * Record i has its counters at: counters ptr - (CountersDelta - i * record size), modulo 2^32 or 2^64; before version 8
 * at counters ptr - CountersDelta. The bitmap likewise. With temporal profiling the first 8 bytes of a function's
 * counters are the time of its first execution (0 or all ones: never).
 *
 * Memory: records may share counters and bitmap bytes, but those of all together may not exceed the sections four
 * times, so counters take at most 32 bytes of memory per byte of input. Only names that records refer to are kept, each
 * once; names inflate to at most 1040 bytes per byte of input and 256 MiB in all, twice that while they are read.
 * Everything else takes less than 64 bytes per byte of input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "analysis/formats/llvm.h"
#include "analysis/formats/raw.h"

enum pgo_bid pgo_raw_probe(const unsigned char *bytes, size_t length)
{
	static const char magic[4][9] = {"\x81rforpl\xff", "\x81Rforpl\xff", "\xfflprofr\x81", "\xfflprofR\x81"};
	for (size_t i = 0; i < 4; i++)
		if (length >= 8 && memcmp(bytes, magic[i], 8) == 0)
			return PGO_BID_MAGIC;
	return PGO_BID_NO;
}

int pgo_raw_out_of_memory(struct pgo_raw *r)
{
	return pgo_error_set(r->err, PGO_ENOMEM, "out of memory");
}

static int compare_times(const void *pa, const void *pb)
{
	const struct pgo_raw_timestamp *a = pa, *b = pb;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

/** The functions that ran, in the order of their first execution, are one trace. */
static int add_trace(struct pgo_raw *r)
{
	struct pgo_builder *b = r->b;
	struct pgo_trace trace = {.weight = 1, .first = b->trace_refs.count, .count = r->timestamps.count};
	if (trace.count == 0)
		return PGO_OK;
	qsort(r->timestamps.items, r->timestamps.count, sizeof *r->timestamps.items, compare_times);
	if (pgo_vec_reserve(&b->trace_refs, r->timestamps.count) || pgo_vec_push(&b->traces, trace))
		return pgo_raw_out_of_memory(r);
	for (size_t i = 0; i < r->timestamps.count; i++)
		b->trace_refs.items[b->trace_refs.count++] = r->timestamps.items[i].ref;
	return PGO_OK;
}

/** Written to be matched with the binary later: the records are there, not here. */
static int refuse_correlated(struct pgo_raw *r)
{
	int rc = pgo_error_at(r->err, PGO_EUNSUPPORTED, r->start,
			      "has %" PRIu64 " counters but no function records: they are in the binary "
			      "(-profile-correlate)",
			      r->header[PGO_RAW_COUNTERS]);
	pgo_error_hint(r->err,
		       "match them with the program, by LLVM %s: llvm-profdata merge --binary-file=PROGRAM -o "
		       "x.profdata x.profraw (--debug-info=PROGRAM for -profile-correlate=debug-info)",
		       pgo_llvm_of_raw_version(r->version));
	return rc;
}

/** Profiles of one program differ in their counters only: then no name and no record is looked up. */
static int read_records(struct pgo_raw *r)
{
	uint64_t count = r->header[PGO_RAW_DATA], i = pgo_raw_names_known(r) ? pgo_raw_add_plain(r, 0) : 0;
	int rc = i < count || count == 0 ? pgo_raw_names_load(r) : pgo_raw_vtable_names_load(r);
	r->names.next = (size_t)i;
	while (i < count && rc == PGO_OK) {
		rc = pgo_raw_read_record(r, i++);
		i = rc == PGO_OK ? pgo_raw_add_plain(r, i) : i;
	}
	return rc;
}

static int read_profile(struct pgo_raw *r)
{
	r->functions.count = r->tables.count = r->timestamps.count = 0;
	r->addresses_known = r->no_values = false;
	r->value_blocks = 0;
	r->claimed_counters = r->claimed_bitmap = 0;
	int rc = pgo_raw_read_sections(r);
	if (rc == PGO_OK && r->header[PGO_RAW_DATA] == 0 && r->header[PGO_RAW_COUNTERS] > 0)
		return refuse_correlated(r);
	if (rc == PGO_OK)
		rc = read_records(r);
	return rc == PGO_OK ? add_trace(r) : rc;
}

/** Stand at the next profile, or at the end. */
static int find_next(struct pgo_raw *r)
{
	struct pgo_cursor *c = &r->file;
	size_t behind = c->at;
	while (pgo_cursor_left(c) && c->bytes[c->at] == 0)
		c->at++;
	if (pgo_cursor_left(c) == 0)
		return PGO_OK;
	if (pgo_cursor_left(c) >= 8 && memcmp(c->bytes + c->at, c->bytes, 8) != 0 &&
	    pgo_raw_probe(c->bytes + c->at, pgo_cursor_left(c)) == PGO_BID_MAGIC) {
		int rc = pgo_error_at(r->err, PGO_EUNSUPPORTED, c->at,
				      "the profile that follows is of another pointer width or byte order");
		pgo_error_hint(r->err, "such profiles are of different programs: keep them in files of their own");
		return rc;
	}
	if (pgo_cursor_left(c) < 8 || memcmp(c->bytes + c->at, c->bytes, 8) != 0)
		return pgo_error_at(r->err, PGO_EFORMAT, c->at,
				    "%zu bytes follow the profile, which ends at %zu, and are no further profile",
				    pgo_cursor_left(c), behind);
	if (c->at % 8)
		return pgo_error_at(r->err, PGO_EFORMAT, c->at,
				    "the next profile starts at offset %zu, which is not a multiple of 8", c->at);
	return PGO_OK;
}

/**
 * Bring duplicates together, after a profile or at the end. In between only when the functions have doubled: many
 * profiles of one program never take more than three times the memory of one.
 */
static int merge(struct pgo_raw *r, bool last)
{
	size_t count = r->b->functions.count;
	if (!r->duplicates || (!last && count / 2 < r->merged_count))
		return PGO_OK;
	pgo_builder_conclude(r->b);
	if (pgo_builder_merge_duplicates(r->b))
		return pgo_raw_out_of_memory(r);
	r->merged_count = r->b->functions.count;
	r->merges++;
	return PGO_OK;
}

/** Mark the functions that are called by their MD5. */
static void mark_nameless(struct pgo_raw *r)
{
	const struct pgo_builder *b = r->b;
	for (size_t i = 0; i < b->functions.count && r->nameless; i++) {
		char text[24];
		struct pgo_function f = pgo_builder_head(b, i);
		int length = snprintf(text, sizeof text, "0x%016" PRIx64, f.name_ref);
		if ((int)f.name_length == length && memcmp(f.name, text, f.name_length) == 0)
			b->functions.items[i].flags |= PGO_FUNCTION_MD5_NAME;
	}
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static int warn(struct pgo_raw *r)
{
	struct pgo_builder *b = r->b;
	int rc = 0;
	if (r->nameless)
		rc |= pgo_builder_warn(b, "%" PRIu64 " function%s no name in the file; shown is the MD5 of the name",
				       r->nameless, r->nameless == 1 ? " has" : "s have");
	if (r->large)
		rc |= pgo_builder_warn(b,
				       "%" PRIu64 " function%s a counter above 2^56, more than a program can execute: "
				       "the file may be damaged",
				       r->large, r->large == 1 ? " has" : "s have");
	if (r->untimed)
		rc |= pgo_builder_warn(b,
				       "%" PRIu64 " function%s fewer counters than the time of the first execution "
				       "takes: compilers get these flags wrong together",
				       r->untimed, r->untimed == 1 ? " has" : "s have");
	if (r->without_values)
		rc |= pgo_builder_warn(b,
				       "value data is missing for %" PRIu64 " function%s with value sites: the program "
				       "wrote in continuous mode (%%c), or the file is cut off",
				       r->without_values, plural(r->without_values));
	return rc ? pgo_raw_out_of_memory(r) : PGO_OK;
}

/**
 * The input may be several files in one piece of memory: none may take from the next what it lacks. They are mapped, so
 * what is done with is given back, and comes again if a name section is compared once more.
 */
static void enter_part(struct pgo_raw *r, size_t part)
{
	const struct pgo_part *parts = r->b->parts;
	if (part >= r->b->part_count)
		return;
	unsigned char *bytes = (unsigned char *)r->file.bytes; /* advice: nothing is written */
	if (part > 0)
		(void)madvise(bytes + parts[part - 1].start, parts[part].start - parts[part - 1].start, MADV_DONTNEED);
#ifdef MADV_POPULATE_READ /* since Linux 5.14 */
	(void)madvise(bytes + parts[part].start, parts[part].end - parts[part].start, MADV_POPULATE_READ);
#endif
	r->file.at = parts[part].start;
	r->file.end = parts[part].end;
}

int pgo_raw_read(struct pgo_builder *b, const void *bytes, size_t length, struct pgo_error *err)
{
	struct pgo_raw r = {.file = pgo_cursor(bytes, length), .b = b, .err = err};
	r.file.big_endian = length && r.file.bytes[0] == 0xff;
	size_t part = 0;
	int rc = PGO_OK;
	enter_part(&r, part++);
	do {
		rc = read_profile(&r);
		if (rc == PGO_OK)
			rc = find_next(&r);
		if (rc == PGO_OK && pgo_cursor_left(&r.file) == 0)
			enter_part(&r, part++);
		if (rc == PGO_OK)
			rc = merge(&r, pgo_cursor_left(&r.file) == 0);
	} while (rc == PGO_OK && pgo_cursor_left(&r.file));
	pgo_builder_conclude(b);
	mark_nameless(&r);
	if (rc == PGO_OK)
		rc = warn(&r);
	if (rc == PGO_EFORMAT)
		pgo_error_hint(err, PGO_RAW_DAMAGED_HINT);
	free(r.names.names.items);
	free(r.names.index);
	free(r.names.inflated.items);
	free(r.functions.items);
	free(r.tables.items);
	free(r.timestamps.items);
	return rc;
}
