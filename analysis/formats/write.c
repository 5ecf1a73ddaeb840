/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Writing a profile: what the format and version asked for can hold, and in which order. */
#include "analysis/formats/write.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

uint32_t pgo_indexed_version_for(const char *compiler)
{
	static const char *const words[] = {"clang", "llvm", "LLVM"};
	bool named = false;
	for (size_t i = 0; i < sizeof words / sizeof words[0] && !named; i++) {
		size_t length = strlen(words[i]);
		named = strncmp(compiler, words[i], length) == 0;
		if (named)
			compiler += length;
	}
	if (named && (*compiler == '-' || *compiler == ' '))
		compiler++;
	char *end;
	if (!isdigit((unsigned char)*compiler))
		return 0;
	unsigned long number = strtoul(compiler, &end, 10);
	if (!named)
		return *end == '\0' && number >= PGO_INDEXED_OLDEST && number <= PGO_INDEXED_NEWEST ? (uint32_t)number
												    : 0;
	if (*end != '\0' && *end != '.')
		return 0;
	/* from LLVM 12 on; what is newer than known reads what is older */
	static const uint8_t versions[] = {7, 7, 7, 8, 9, 10, 11, 12, 12, 12, 13};
	enum { FIRST = 12, LAST = FIRST + sizeof versions - 1 };
	return number < FIRST ? 0 : versions[number > LAST ? LAST - FIRST : number - FIRST];
}

void pgo_writing_warn(struct pgo_writing *w, const char *format, ...)
{
	enum { MOST = sizeof w->out->warnings / sizeof w->out->warnings[0] };
	if (w->out->warning_count == MOST)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(w->out->warnings[w->out->warning_count++], sizeof w->out->warnings[0], format, args);
	va_end(args);
}

/* Order ------------------------------------------------------------------------------------------------------------ */

struct sorting {
	const struct pgo_profile *p;
	uint64_t mask;
};

static int compare_functions(const struct pgo_function *a, const struct pgo_function *b)
{
	int order = pgo_function_compare_names(a, b);
	return order ? order : (a->cfg_hash > b->cfg_hash) - (a->cfg_hash < b->cfg_hash);
}

static int compare_indices(const void *pa, const void *pb, void *context)
{
	const struct sorting *s = context;
	struct pgo_function a = pgo_function_head(s->p, *(const uint32_t *)pa);
	struct pgo_function b = pgo_function_head(s->p, *(const uint32_t *)pb);
	return compare_functions(&a, &b);
}

static bool is_sorted(const struct pgo_writing *w, uint64_t mask)
{
	struct pgo_function last = {0};
	for (size_t i = 0; i < w->count; i++) {
		struct pgo_function f = pgo_function_head(w->p, w->order[i]);
		uint64_t a = last.name_ref & mask, b = f.name_ref & mask;
		if (i && (a > b || (a == b && compare_functions(&last, &f) > 0)))
			return false;
		last = f;
	}
	return true;
}

/** Bring each function into its bucket; `ends` gets where each one ends. */
static int into_buckets(struct pgo_writing *w, uint64_t mask)
{
	uint32_t *ends = calloc((size_t)mask + 2, sizeof *ends);
	uint32_t *sorted = malloc((w->count + 1) * sizeof *sorted);
	if (!ends || !sorted) {
		free(ends);
		free(sorted);
		return -1;
	}
	for (size_t i = 0; i < w->count; i++)
		ends[(pgo_function_head(w->p, w->order[i]).name_ref & mask) + 1]++;
	for (uint64_t b = 0; b <= mask; b++)
		ends[b + 1] += ends[b];
	for (size_t i = 0; i < w->count; i++)
		sorted[ends[pgo_function_head(w->p, w->order[i]).name_ref & mask]++] = w->order[i];
	/* `ends` now tells where each bucket ends */
	for (uint64_t b = 0, start = 0; b <= mask; start = ends[b++])
		if (ends[b] - start > 1)
			qsort_r(sorted + start, ends[b] - start, sizeof *sorted, compare_indices,
				&(struct sorting){.p = w->p});
	free(ends);
	free(w->order);
	w->order = sorted;
	w->moved = true;
	return 0;
}

int pgo_writing_sort(struct pgo_writing *w, uint64_t mask)
{
	struct sorting s = {.p = w->p, .mask = mask};
	if (w->p->names_in_order && w->p->hash_mask == mask && !w->moved)
		return 0;
	if (mask != UINT64_MAX)
		return is_sorted(w, mask) ? 0 : into_buckets(w, mask);
	qsort_r(w->order, w->count, sizeof *w->order, compare_indices, &s);
	return 0;
}

static bool ran(const struct pgo_writing *w, uint32_t function)
{
	struct pgo_function f = pgo_function_at(w->p, function);
	const struct pgo_function_extra *e = pgo_writing_extra(w, function);
	bool any = f.max > 0;
	for (uint32_t i = 0; e && i < e->bitmap_count; i++)
		any |= w->p->bitmap[e->first_bitmap + i] != 0;
	return any;
}

void pgo_writing_thin_out(struct pgo_writing *w)
{
	size_t kept = 0;
	for (size_t i = 0, end; i < w->count; i = end) {
		struct pgo_function first = pgo_function_head(w->p, w->order[i]), f = first;
		bool any = false;
		for (end = i; end < w->count; end++) {
			f = pgo_function_head(w->p, w->order[end]);
			if (!pgo_same_name(&first, &f))
				break;
			any |= ran(w, w->order[end]);
		}
		for (size_t j = i; j < end && any; j++)
			w->order[kept++] = w->order[j];
	}
	w->count = kept;
}

/* What can be held ------------------------------------------------------------------------------------------------- */

static int check_kind(const struct pgo_writing *w)
{
	if (w->p->kind == PGO_KIND_LLVM && !w->p->keys)
		return PGO_OK;
	int rc = pgo_error_set(w->err, PGO_EUNSUPPORTED,
			       "profiles of this kind (%s) cannot be written in LLVM's formats",
			       pgo_profile_kind_name(w->p->kind));
	pgo_error_hint(w->err, "write a table of counters, which reads back: --format csv");
	return rc;
}

/** Flags and pseudo counts, which change what counters mean: what an older LLVM would take for something else. */
static int check_version(struct pgo_writing *w)
{
	if ((w->p->flags & PGO_PROFILE_LOOP_ENTRIES) && w->version < 13)
		return pgo_error_set(w->err, PGO_EUNSUPPORTED,
				     "counters of loop entries cannot be written in version %" PRIu32
				     " of the indexed format, LLVM has them since 13",
				     w->version);
	for (size_t i = 0; i < w->p->function_count && w->version < 9 && w->p->pseudo_counts; i++) {
		struct pgo_function f = pgo_function_at(w->p, i);
		if (f.flags & PGO_FUNCTION_PSEUDO)
			return pgo_error_set(w->err, PGO_EUNSUPPORTED,
					     "pseudo counts cannot be written in version %" PRIu32
					     " of the indexed format, LLVM has them since 9",
					     w->version);
	}
	if (w->p->bitmap_length && w->version < 11)
		pgo_writing_warn(w, "MC/DC bitmaps are left out: version %" PRIu32 " has none", w->version);
	if (w->p->build_id_count && w->version < 9)
		pgo_writing_warn(w, "build ids are left out: version %" PRIu32 " has none", w->version);
	if (w->p->trace_count && w->version < 10)
		pgo_writing_warn(w, "temporal traces are left out: version %" PRIu32 " has none", w->version);
	if (w->p->vtable_names_length && w->version < 12)
		pgo_writing_warn(w, "vtable names are left out: version %" PRIu32 " has none", w->version);
	bool vtables = false;
	for (uint64_t s = 0; s < w->p->site_count; s++)
		vtables |= w->p->sites[s].kind == PGO_VALUE_VTABLE;
	if (vtables && w->version < 12)
		pgo_writing_warn(w, "vtable values are left out: version %" PRIu32 " has none", w->version);
	if (w->version < 10)
		w->flags &= ~(uint32_t)PGO_PROFILE_TEMPORAL;
	w->kinds = w->version < 12 ? PGO_VALUE_VTABLE : PGO_VALUE_KINDS;
	return PGO_OK;
}

/** A raw profile may lack the name of a function: the reader calls it by its reference, by which nobody finds it. */
static bool is_nameless(const struct pgo_function *f)
{
	char text[24];
	if (f->name_length != 18 || memcmp(f->name, "0x", 2) != 0)
		return false;
	snprintf(text, sizeof text, "0x%016" PRIx64, f->name_ref);
	return memcmp(text, f->name, 18) == 0;
}

static int prepare(struct pgo_writing *w)
{
	const struct pgo_profile *p = w->p;
	w->order = malloc((p->function_count + 1) * sizeof *w->order);
	w->extra_of = p->extra_count ? calloc(p->function_count, sizeof *w->extra_of) : NULL;
	if (!w->order || (p->extra_count && !w->extra_of))
		return pgo_error_set(w->err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_function_head(p, i);
		if (!is_nameless(&f))
			w->order[w->count++] = (uint32_t)i;
	}
	if (w->count < p->function_count)
		pgo_writing_warn(w, "%zu functions without a name are left out: compilers ask by name",
				 p->function_count - w->count);
	for (size_t i = 0; i < p->extra_count; i++)
		w->extra_of[p->extras[i].function] = (uint32_t)i + 1;
	return PGO_OK;
}

static int write_profile(struct pgo_writing *w, const char *path, enum pgo_write_format format)
{
	int rc = check_kind(w);
	if (rc == PGO_OK && format == PGO_WRITE_INDEXED)
		rc = check_version(w);
	if (w->p->flags & PGO_PROFILE_MEMPROF) {
		pgo_writing_warn(w, "the memory profile is left out: it is not merged");
		w->flags &= ~(uint32_t)PGO_PROFILE_MEMPROF;
	}
	if (rc == PGO_OK)
		rc = prepare(w);
	if (rc == PGO_OK)
		rc = pgo_sink_open(&w->sink, path, w->err);
	if (rc != PGO_OK)
		return rc;
	rc = format == PGO_WRITE_INDEXED ? pgo_indexed_write(w) : pgo_text_write(w);
	w->out->bytes = w->sink->offset;
	w->out->functions = w->count;
	return pgo_sink_close(w->sink, rc, w->err);
}

int pgo_profile_write(const char *path, const struct pgo_profile *profile, const struct pgo_write_options *options,
		      struct pgo_written *out, struct pgo_error *err)
{
	struct pgo_written unwanted;
	struct pgo_writing w = {.p = profile,
				.err = err,
				.out = out ? out : &unwanted,
				.version = options->version ? options->version : PGO_INDEXED_NEWEST,
				.flags = profile->flags,
				.kinds = PGO_VALUE_KINDS,
				.sparse = options->sparse};
	*w.out = (struct pgo_written){0};
	if (w.version < PGO_INDEXED_OLDEST || w.version > PGO_INDEXED_NEWEST)
		return pgo_error_set(err, PGO_EINVAL,
				     "version %" PRIu32 " of the indexed format is not written; versions %d to %d are",
				     w.version, PGO_INDEXED_OLDEST, PGO_INDEXED_NEWEST);
	int rc = write_profile(&w, path, options->format);
	free(w.order);
	free(w.extra_of);
	return rc;
}
