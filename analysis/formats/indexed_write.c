/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LLVM indexed profile, versions 4 to 13, as indexed.c reads it. The whole layout is computed first; then the bytes go
 * out in one pass, so that a pipe is as good as a file. What LLVM leaves open is settled here: keys of a bucket by
 * name, records of a key by hash, values of a site by descending count, then by value; vtable names are stored, not
 * deflated, so that no version of zlib changes the bytes.
 */
#include <inttypes.h>

#include "analysis/base/threads.h"
#include "analysis/formats/llvm.h"
#include "analysis/formats/write.h"
#include "analysis/model/table.h"

#define SUMMARY_FIELDS 6
#define SUMMARY_ENTRIES 16
#define SUMMARY_BYTES ((2 + SUMMARY_FIELDS + 3 * SUMMARY_ENTRIES) * 8)

/** Values of a site: their number has a byte. */
#define VALUES_MOST 255

static const unsigned char zeros[8];

struct layout {
	struct pgo_summary summaries[2]; /**< by enum pgo_record_filter */
	uint64_t names;
	uint64_t buckets;
	uint64_t *offsets; /**< of the buckets; heap */
	uint64_t payload, directory, binary_ids, vtable_names, traces;
};

static int out_of_memory(struct pgo_writing *w)
{
	return pgo_error_set(w->err, PGO_ENOMEM, "out of memory");
}

static struct pgo_function function_at(const struct pgo_writing *w, size_t i)
{
	return pgo_function_head(w->p, w->order[i]);
}

/* Sizes ------------------------------------------------------------------------------------------------------------ */

static uint32_t site_values(const struct pgo_value_site *site)
{
	return site->count > VALUES_MOST ? VALUES_MOST : site->count;
}

/** Bytes of the values of one kind; 0: it has no sites. */
static uint64_t kind_bytes(const struct pgo_writing *w, const struct pgo_function_extra *e, uint32_t kind,
			   uint32_t *sites)
{
	uint64_t values = 0;
	*sites = 0;
	for (uint32_t s = 0; s < e->site_count; s++) {
		const struct pgo_value_site *site = &w->p->sites[e->first_site + s];
		if (site->kind != kind)
			continue;
		++*sites;
		values += site_values(site);
	}
	return *sites ? 8 + (((uint64_t)*sites + 7) & ~(uint64_t)7) + values * 16 : 0;
}

/** Bytes of a value profile block, its head included. */
static uint64_t value_bytes(const struct pgo_writing *w, const struct pgo_function_extra *e)
{
	uint64_t bytes = 8;
	uint32_t sites;
	for (uint32_t k = 0; e && k < w->kinds; k++)
		bytes += kind_bytes(w, e, k, &sites);
	return bytes;
}

static uint64_t record_bytes(const struct pgo_writing *w, size_t i, const struct pgo_function *f)
{
	const struct pgo_function_extra *e = pgo_writing_extra(w, w->order[i]);
	uint64_t bitmap = e ? e->bitmap_count : 0;
	return 16 + (uint64_t)f->counter_count * 8 + (w->version >= 11 ? 8 + bitmap * 8 : 0) + value_bytes(w, e);
}

/** The records of the name of function `i`: where they end, and their bytes. */
static size_t end_of_name(const struct pgo_writing *w, size_t i, const struct pgo_function *first, uint64_t *bytes)
{
	size_t end = i;
	struct pgo_function f = *first;
	*bytes = 0;
	do {
		*bytes += record_bytes(w, end, &f);
		if (++end == w->count)
			break;
		f = function_at(w, end);
	} while (pgo_same_name(first, &f));
	return end;
}

static uint64_t count_names(const struct pgo_writing *w)
{
	uint64_t names = 0;
	struct pgo_function last = {0};
	for (size_t i = 0; i < w->count; i++) {
		struct pgo_function f = function_at(w, i);
		names += i == 0 || !pgo_same_name(&last, &f);
		last = f;
	}
	return names;
}

static int order_functions(struct pgo_writing *w, struct layout *l)
{
	uint64_t mask = pgo_table_buckets(w->count) - 1; /* most names have one record */
	if (pgo_writing_sort(w, mask))
		return out_of_memory(w);
	if (w->sparse)
		pgo_writing_thin_out(w);
	l->names = count_names(w);
	l->buckets = pgo_table_buckets(l->names);
	if (l->buckets - 1 == mask)
		return PGO_OK;
	return pgo_writing_sort(w, l->buckets - 1) ? out_of_memory(w) : PGO_OK;
}

/** Where the bucket that starts with function `i` ends, and how many bytes it takes. */
static size_t measure_bucket(const struct pgo_writing *w, size_t i, uint64_t mask, uint64_t *names, uint64_t *bytes)
{
	uint64_t bucket = function_at(w, i).name_ref & mask, records;
	*names = 0;
	*bytes = 2;
	while (i < w->count) {
		struct pgo_function f = function_at(w, i);
		if ((f.name_ref & mask) != bucket)
			break;
		i = end_of_name(w, i, &f, &records);
		*bytes += 24 + (uint64_t)f.name_length + records;
		++*names;
	}
	return i;
}

static int lay_out_table(const struct pgo_writing *w, struct layout *l, struct pgo_error *err)
{
	uint64_t mask = l->buckets - 1, names, bytes, at = l->payload;
	l->offsets = calloc((size_t)l->buckets, sizeof *l->offsets);
	if (!l->offsets)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < w->count;) {
		uint64_t bucket = function_at(w, i).name_ref & mask;
		i = measure_bucket(w, i, mask, &names, &bytes);
		if (names > UINT16_MAX)
			return pgo_error_set(err, PGO_EUNSUPPORTED,
					     "%" PRIu64 " names share a hash, a hash table holds at most %d of them",
					     names, UINT16_MAX);
		l->offsets[bucket] = at;
		at += bytes;
	}
	l->directory = (at + 7) & ~(uint64_t)7;
	return PGO_OK;
}

static uint64_t binary_id_bytes(const struct pgo_profile *p)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < p->build_id_count; i++)
		bytes += 8 + (((uint64_t)p->build_ids[i].length + 7) & ~(uint64_t)7);
	return bytes;
}

static unsigned uleb_bytes(uint64_t value)
{
	unsigned bytes = 1;
	while (value >>= 7)
		bytes++;
	return bytes;
}

/** Stored names: their size, 0 for "not deflated", the names. */
static uint64_t vtable_bytes(const struct pgo_profile *p)
{
	return p->vtable_names_length ? uleb_bytes(p->vtable_names_length) + 1 + p->vtable_names_length : 0;
}

static void lay_out_sections(const struct pgo_writing *w, struct layout *l)
{
	uint64_t at = l->directory + 16 + l->buckets * 8;
	if (w->version >= 9) {
		l->binary_ids = at;
		at += 8 + binary_id_bytes(w->p);
	}
	if (w->version >= 12) {
		l->vtable_names = at;
		at += 8 + ((vtable_bytes(w->p) + 7) & ~(uint64_t)7);
	}
	if (w->flags & PGO_PROFILE_TEMPORAL)
		l->traces = at;
}

/** What is left out adds nothing to sums and cutoffs: only to the numbers of functions and counters. */
static int summarize(const struct pgo_writing *w, struct layout *l, struct pgo_error *err)
{
	unsigned filters = w->flags & PGO_PROFILE_CSIR ? 2 : 1;
	for (unsigned filter = 0; filter < filters; filter++) {
		int rc = pgo_profile_summarize(&l->summaries[filter], w->p, (enum pgo_record_filter)filter, err);
		if (rc != PGO_OK)
			return rc;
		l->summaries[filter].function_count = l->summaries[filter].counter_count = 0;
	}
	for (size_t i = 0; i < w->count; i++) {
		struct pgo_function f = pgo_function_at(w->p, w->order[i]);
		struct pgo_summary *s = &l->summaries[f.flags & PGO_FUNCTION_CS ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL];
		s->function_count += !(f.flags & PGO_FUNCTION_PSEUDO);
		s->counter_count += f.flags & PGO_FUNCTION_PSEUDO ? 0 : f.counter_count;
	}
	return PGO_OK;
}

/** Two things to be known before the first byte is written, which have nothing to do with one another. */
struct planning {
	struct pgo_writing *w;
	struct layout *l;
	struct pgo_error errs[2];
	int rc[2];
};

static void plan(void *context, size_t index)
{
	struct planning *p = context;
	p->rc[index] = index == 0 ? summarize(p->w, p->l, &p->errs[0]) : lay_out_table(p->w, p->l, &p->errs[1]);
}

static int plan_all(struct pgo_writing *w, struct layout *l)
{
	struct planning p = {.w = w, .l = l};
	pgo_parallel(plan, &p, 2, pgo_processors());
	for (unsigned i = 0; i < 2; i++)
		if (p.rc[i] != PGO_OK) {
			if (w->err)
				*w->err = p.errs[i];
			return p.rc[i];
		}
	return PGO_OK;
}

/* Bytes ------------------------------------------------------------------------------------------------------------ */

static uint64_t version_word(const struct pgo_writing *w)
{
	static const struct {
		uint32_t flag;
		uint64_t bit;
	} map[] = {
		{PGO_PROFILE_LOOP_ENTRIES, PGO_LLVM_VARIANT_LOOP_ENTRIES},
		{PGO_PROFILE_IR, PGO_LLVM_VARIANT_IR},
		{PGO_PROFILE_CSIR, PGO_LLVM_VARIANT_CSIR},
		{PGO_PROFILE_ENTRY_FIRST, PGO_LLVM_VARIANT_ENTRY_FIRST},
		{PGO_PROFILE_BYTE_COVERAGE, PGO_LLVM_VARIANT_BYTE_COVERAGE},
		{PGO_PROFILE_FN_ENTRY_ONLY, PGO_LLVM_VARIANT_FN_ENTRY_ONLY},
		{PGO_PROFILE_TEMPORAL, PGO_LLVM_VARIANT_TEMPORAL},
	};
	uint64_t word = w->version;
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		word |= w->flags & map[i].flag ? map[i].bit : 0;
	return word;
}

static uint64_t header_bytes(uint32_t version)
{
	return 40u + (version >= 8 ? 8u : 0) + (version >= 9 ? 8u : 0) + (version >= 10 ? 8u : 0) +
	       (version >= 12 ? 8u : 0);
}

static void put_header(const struct pgo_writing *w, const struct layout *l)
{
	struct pgo_sink *s = w->sink;
	pgo_sink_put(s, "\xfflprofi\x81", 8);
	pgo_sink_u64(s, version_word(w));
	pgo_sink_u64(s, 0);
	pgo_sink_u64(s, 0); /* hash type: MD5 */
	pgo_sink_u64(s, l->directory);
	if (w->version >= 8)
		pgo_sink_u64(s, 0); /* no memory profile */
	if (w->version >= 9)
		pgo_sink_u64(s, l->binary_ids);
	if (w->version >= 10)
		pgo_sink_u64(s, l->traces);
	if (w->version >= 12)
		pgo_sink_u64(s, l->vtable_names);
}

static void put_summary(struct pgo_sink *s, const struct pgo_summary *summary)
{
	pgo_sink_u64(s, SUMMARY_FIELDS);
	pgo_sink_u64(s, SUMMARY_ENTRIES);
	pgo_sink_u64(s, summary->function_count);
	pgo_sink_u64(s, summary->counter_count);
	pgo_sink_u64(s, summary->max_first_count);
	pgo_sink_u64(s, summary->max_count);
	pgo_sink_u64(s, summary->max_internal_count);
	pgo_sink_u64(s, (uint64_t)summary->total); /* wraps, as LLVM's */
	for (size_t i = 0; i < SUMMARY_ENTRIES; i++) {
		pgo_sink_u64(s, summary->entries[i].cutoff);
		pgo_sink_u64(s, summary->entries[i].min_count);
		pgo_sink_u64(s, summary->entries[i].counter_count);
	}
}

static void put_u32(struct pgo_sink *s, uint32_t value)
{
	const unsigned char bytes[4] = {(unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16),
					(unsigned char)(value >> 24)};
	pgo_sink_put(s, bytes, sizeof bytes);
}

static int compare_values(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

/** The values of a site in their order, the heaviest where there are too many. */
static int put_site_values(struct pgo_writing *w, const struct pgo_value_site *site)
{
	struct pgo_value few[16], *sorted = few;
	if (site->count > sizeof few / sizeof few[0] && !(sorted = malloc(site->count * sizeof *sorted)))
		return out_of_memory(w);
	if (site->count)
		memcpy(sorted, w->p->values + site->first, site->count * sizeof *sorted);
	if (site->count > 1)
		qsort(sorted, site->count, sizeof *sorted, compare_values);
	for (uint32_t i = 0; i < site_values(site); i++) {
		pgo_sink_u64(w->sink, sorted[i].value);
		pgo_sink_u64(w->sink, sorted[i].count);
	}
	if (sorted != few)
		free(sorted);
	return PGO_OK;
}

static int put_kind(struct pgo_writing *w, const struct pgo_function_extra *e, uint32_t kind, uint32_t sites)
{
	const struct pgo_value_site *first = w->p->sites + e->first_site;
	int rc = PGO_OK;
	put_u32(w->sink, kind);
	put_u32(w->sink, sites);
	for (uint32_t s = 0; s < e->site_count; s++)
		if (first[s].kind == kind)
			pgo_sink_put(w->sink, &(unsigned char){(unsigned char)site_values(&first[s])}, 1);
	pgo_sink_put(w->sink, zeros, -sites & 7);
	for (uint32_t s = 0; s < e->site_count && rc == PGO_OK; s++)
		if (first[s].kind == kind)
			rc = put_site_values(w, &first[s]);
	return rc;
}

static int put_values(struct pgo_writing *w, const struct pgo_function_extra *e)
{
	uint32_t sites[PGO_VALUE_KINDS] = {0}, kinds = 0;
	uint64_t bytes = value_bytes(w, e);
	int rc = PGO_OK;
	for (uint32_t k = 0; e && k < w->kinds; k++)
		kinds += kind_bytes(w, e, k, &sites[k]) > 0;
	if (bytes > UINT32_MAX)
		return pgo_error_set(w->err, PGO_EUNSUPPORTED, "a function has more values than 4 GiB hold");
	put_u32(w->sink, (uint32_t)bytes);
	put_u32(w->sink, kinds);
	for (uint32_t k = 0; k < w->kinds && rc == PGO_OK; k++)
		if (sites[k])
			rc = put_kind(w, e, k, sites[k]);
	return rc;
}

static int put_record(struct pgo_writing *w, size_t i)
{
	struct pgo_sink *s = w->sink;
	struct pgo_function f = pgo_function_at(w->p, w->order[i]);
	const struct pgo_function_extra *e = pgo_writing_extra(w, w->order[i]);
	pgo_sink_u64(s, f.cfg_hash);
	pgo_sink_u64(s, f.counter_count);
	if (f.max <= PGO_COUNTER_LIMIT)
		pgo_sink_put(s, f.counters, (size_t)f.counter_count * 8);
	else
		for (uint32_t c = 0; c < f.counter_count; c++)
			pgo_sink_u64(s, pgo_writable(&f, f.counters[c]));
	if (w->version >= 11) {
		uint32_t bitmap = e ? e->bitmap_count : 0;
		pgo_sink_u64(s, bitmap);
		for (uint32_t c = 0; c < bitmap; c++)
			pgo_sink_u64(s, w->p->bitmap[e->first_bitmap + c]);
	}
	if (e)
		return put_values(w, e);
	pgo_sink_u64(s, 8); /* a block of its head alone */
	return PGO_OK;
}

/** The bucket that starts with function *i, which is moved behind it. */
static int put_bucket(struct pgo_writing *w, const struct layout *l, size_t *i)
{
	uint64_t mask = l->buckets - 1, names, bytes, records;
	size_t end = measure_bucket(w, *i, mask, &names, &bytes);
	int rc = PGO_OK;
	pgo_sink_put(w->sink, (const unsigned char[]){(unsigned char)names, (unsigned char)(names >> 8)}, 2);
	while (*i < end && rc == PGO_OK) {
		struct pgo_function f = function_at(w, *i);
		size_t next = end_of_name(w, *i, &f, &records);
		pgo_sink_u64(w->sink, f.name_ref);
		pgo_sink_u64(w->sink, f.name_length);
		pgo_sink_u64(w->sink, records);
		pgo_sink_put(w->sink, f.name, f.name_length);
		while (*i < next && rc == PGO_OK)
			rc = put_record(w, (*i)++);
	}
	return rc;
}

static void put_binary_ids(const struct pgo_writing *w)
{
	pgo_sink_u64(w->sink, binary_id_bytes(w->p));
	for (size_t i = 0; i < w->p->build_id_count; i++) {
		const struct pgo_build_id *id = &w->p->build_ids[i];
		pgo_sink_u64(w->sink, id->length);
		pgo_sink_put(w->sink, id->bytes, id->length);
		pgo_sink_put(w->sink, zeros, -id->length & 7);
	}
}

static void put_vtable_names(const struct pgo_writing *w)
{
	uint64_t length = w->p->vtable_names_length, bytes = vtable_bytes(w->p);
	pgo_sink_u64(w->sink, bytes);
	if (length == 0)
		return;
	for (uint64_t rest = length; rest; rest >>= 7)
		pgo_sink_put(w->sink, &(unsigned char){(unsigned char)((rest & 0x7f) | (rest >> 7 ? 0x80 : 0))}, 1);
	pgo_sink_put(w->sink, zeros, 1);
	pgo_sink_put(w->sink, w->p->vtable_names, (size_t)length);
	pgo_sink_put(w->sink, zeros, -bytes & 7);
}

static void put_traces(const struct pgo_writing *w)
{
	const struct pgo_profile *p = w->p;
	pgo_sink_u64(w->sink, p->trace_count);
	pgo_sink_u64(w->sink, p->traces_seen);
	for (size_t i = 0; i < p->trace_count; i++) {
		pgo_sink_u64(w->sink, p->traces[i].weight);
		pgo_sink_u64(w->sink, p->traces[i].count);
		for (uint64_t r = 0; r < p->traces[i].count; r++)
			pgo_sink_u64(w->sink, p->trace_refs[p->traces[i].first + r]);
	}
}

/** Functions in a piece of the table, at least; it ends where a bucket does. */
#define PIECE ((size_t)4096)

/** Pieces that are made at a time, to be written one behind the other. */
#define PIECES 16

struct piece {
	struct pgo_writing w;  /**< with a sink of its own */
	struct pgo_sink bytes; /**< whose memory is used again for further pieces */
	struct pgo_error err;
	const struct layout *layout;
	size_t first, end; /**< functions */
	int rc;
};

static uint64_t bucket_of(const struct pgo_writing *w, const struct layout *l, size_t i)
{
	return function_at(w, i).name_ref & (l->buckets - 1);
}

/** The piece that starts with function `first`. */
static void cut_piece(struct pgo_writing *w, const struct layout *l, size_t first, struct piece *out)
{
	size_t end = first + PIECE;
	while (end < w->count && bucket_of(w, l, end) == bucket_of(w, l, end - 1))
		end++;
	end = end < w->count ? end : w->count;
	out->w = *w;
	out->w.sink = &out->bytes;
	out->w.err = &out->err;
	out->layout = l;
	out->first = first;
	out->end = end;
	out->rc = PGO_OK;
}

static void make_piece(void *context, size_t index)
{
	struct piece *p = (struct piece *)context + index;
	const struct layout *l = p->layout;
	uint64_t end = p->end < p->w.count ? l->offsets[bucket_of(&p->w, l, p->end)] : l->directory;
	uint64_t bytes = end - l->offsets[bucket_of(&p->w, l, p->first)];
	p->bytes.used = 0;
	if (bytes > p->bytes.room) {
		free(p->bytes.buffer);
		if (pgo_sink_in_memory(&p->bytes, (size_t)(bytes + bytes / 4))) {
			p->rc = out_of_memory(&p->w);
			return;
		}
	}
	for (size_t i = p->first; i < p->end && p->rc == PGO_OK;)
		p->rc = put_bucket(&p->w, l, &i);
}

static int put_table(struct pgo_writing *w, const struct layout *l)
{
	struct piece *pieces = calloc(PIECES, sizeof *pieces);
	int rc = pieces ? PGO_OK : out_of_memory(w);
	for (size_t first = 0; first < w->count && rc == PGO_OK && !w->sink->failure;) {
		size_t count = 0;
		for (; count < PIECES && first < w->count; first = pieces[count++].end)
			cut_piece(w, l, first, &pieces[count]);
		pgo_parallel(make_piece, pieces, count, pgo_processors());
		for (size_t i = 0; i < count; i++) {
			if (rc == PGO_OK && pieces[i].rc != PGO_OK && w->err)
				*w->err = pieces[i].err;
			rc = rc == PGO_OK ? pieces[i].rc : rc;
			if (rc == PGO_OK)
				pgo_sink_put(w->sink, pieces[i].bytes.buffer, pieces[i].bytes.used);
		}
	}
	for (size_t i = 0; pieces && i < PIECES; i++)
		free(pieces[i].bytes.buffer);
	free(pieces);
	return rc;
}

static int put_all(struct pgo_writing *w, const struct layout *l)
{
	put_header(w, l);
	put_summary(w->sink, &l->summaries[PGO_RECORDS_NORMAL]);
	if (w->flags & PGO_PROFILE_CSIR)
		put_summary(w->sink, &l->summaries[PGO_RECORDS_CS]);
	int rc = put_table(w, l);
	if (rc != PGO_OK)
		return rc;
	pgo_sink_put(w->sink, zeros, -w->sink->offset & 7);
	pgo_sink_u64(w->sink, l->buckets);
	pgo_sink_u64(w->sink, l->names);
	for (uint64_t b = 0; b < l->buckets; b++)
		pgo_sink_u64(w->sink, l->offsets[b]);
	if (w->version >= 9)
		put_binary_ids(w);
	if (w->version >= 12)
		put_vtable_names(w);
	if (w->flags & PGO_PROFILE_TEMPORAL)
		put_traces(w);
	return PGO_OK;
}

static void warn_of_values(struct pgo_writing *w)
{
	uint64_t cut = 0;
	for (uint64_t s = 0; s < w->p->site_count; s++)
		cut += w->p->sites[s].count > VALUES_MOST;
	if (cut)
		pgo_writing_warn(w, "%" PRIu64 " value site%s more than %d values: the most frequent ones are kept",
				 cut, cut == 1 ? " has" : "s have", VALUES_MOST);
}

int pgo_indexed_write(struct pgo_writing *w)
{
	struct layout l = {0};
	int rc = order_functions(w, &l);
	l.payload = header_bytes(w->version) + SUMMARY_BYTES * (w->flags & PGO_PROFILE_CSIR ? 2 : 1);
	if (rc == PGO_OK)
		rc = plan_all(w, &l);
	if (rc == PGO_OK) {
		lay_out_sections(w, &l);
		warn_of_values(w);
		rc = put_all(w, &l);
	}
	free(l.offsets);
	return rc;
}
