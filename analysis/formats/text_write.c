/* SPDX-License-Identifier: GPL-3.0-or-later */

/* LLVM text profile, byte for byte as llvm-profdata-22 merge --text writes it. The grammar stands in text.c. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "analysis/base/digest.h"
#include "analysis/formats/write.h"

/** A name by its reference: values and traces are stored by reference, the text has names. */
struct named {
	uint64_t ref;
	const char *name;
	size_t length;
};

struct text {
	struct pgo_writing *w;
	PGO_VEC(struct named) names; /**< rising by reference */
	uint64_t unknown;	     /**< references of traces without a name */
	uint64_t external;	     /**< values whose name is not known */
};

static void put(struct text *t, const char *words)
{
	pgo_sink_put(t->w->sink, words, strlen(words));
}

static void putf(struct text *t, const char *format, ...) PGO_PRINTF(2, 3);
static void putf(struct text *t, const char *format, ...)
{
	char line[128];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	pgo_sink_put(t->w->sink, line, (size_t)length);
}

/** A number and the end of the line: most of all lines. */
static void put_number(struct text *t, uint64_t value)
{
	char line[24], *at = line + sizeof line;
	*--at = '\n';
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	pgo_sink_put(t->w->sink, at, (size_t)(line + sizeof line - at));
}

/* Names ------------------------------------------------------------------------------------------------------------ */

static int compare_named(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;
	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

/** May it stand in a line of values? */
static bool fits_line(const char *name, size_t length)
{
	return length > 0 && name[0] != '#' && !memchr(name, '\n', length) && !memchr(name, '\0', length);
}

static int collect_names(struct text *t)
{
	const struct pgo_profile *p = t->w->p;
	if (p->site_count == 0 && p->trace_count == 0)
		return PGO_OK;
	if (pgo_vec_reserve(&t->names, p->function_count))
		return -1;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_function_head(p, i);
		if (fits_line(f.name, f.name_length))
			t->names.items[t->names.count++] = (struct named){f.name_ref, f.name, f.name_length};
	}
	const char *at = p->vtable_names, *end = at + p->vtable_names_length;
	while (p->vtable_names_length && at < end) {
		const char *stop = memchr(at, '\1', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);
		if (fits_line(at, length) &&
		    pgo_vec_push(&t->names, ((struct named){pgo_name_ref(at, length), at, length})))
			return -1;
		at += length + 1;
	}
	if (t->names.count)
		qsort(t->names.items, t->names.count, sizeof *t->names.items, compare_named);
	return PGO_OK;
}

static const struct named *find_name(const struct text *t, uint64_t ref)
{
	const struct named key = {.ref = ref};
	return t->names.count ? bsearch(&key, t->names.items, t->names.count, sizeof *t->names.items, compare_named)
			      : NULL;
}

/** Names the grammar would take for something else: a comment, a flag, a bitmap, the number of value kinds. */
static bool representable(const struct pgo_function *f)
{
	if (f->name_length == 0 || strchr("#:$", f->name[0]) || memchr(f->name, '\n', f->name_length) ||
	    memchr(f->name, '\0', f->name_length) || f->name[f->name_length - 1] == '\r')
		return false;
	for (uint32_t i = 0; i < f->name_length; i++)
		if (!isdigit((unsigned char)f->name[i]))
			return true;
	return false;
}

static void drop_unrepresentable(struct text *t)
{
	struct pgo_writing *w = t->w;
	size_t kept = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct pgo_function f = pgo_function_head(w->p, w->order[i]);
		if (representable(&f) && f.counter_count)
			w->order[kept++] = w->order[i];
	}
	if (kept < w->count)
		pgo_writing_warn(w,
				 "%zu functions are left out: the text format has no way to write their names, or "
				 "functions without counters",
				 w->count - kept);
	w->count = kept;
}

/* Text ------------------------------------------------------------------------------------------------------------- */

/** A name as a trace can hold it: without a comma. */
static const struct named *find_trace_name(const struct text *t, uint64_t ref)
{
	const struct named *n = find_name(t, ref);
	return n && !memchr(n->name, ',', n->length) ? n : NULL;
}

/** Names of a trace that are known. */
static uint64_t known_names(const struct text *t, const struct pgo_trace *trace)
{
	uint64_t known = 0;
	for (uint64_t r = 0; r < trace->count; r++)
		known += find_trace_name(t, t->w->p->trace_refs[trace->first + r]) != NULL;
	return known;
}

/** Each trace is a line of names. One without a name would be an empty line, which readers skip: it is left out. */
static void put_traces(struct text *t)
{
	const struct pgo_profile *p = t->w->p;
	uint64_t count = 0;
	for (size_t i = 0; i < p->trace_count; i++) {
		uint64_t known = known_names(t, &p->traces[i]);
		count += known > 0;
		t->unknown += p->traces[i].count - known;
	}
	put(t, ":temporal_prof_traces\n# Num Temporal Profile Traces:\n");
	put_number(t, count);
	put(t, "# Temporal Profile Trace Stream Size:\n");
	put_number(t, p->traces_seen);
	for (size_t i = 0; i < p->trace_count; i++) {
		if (known_names(t, &p->traces[i]) == 0)
			continue;
		put(t, "# Weight:\n");
		put_number(t, p->traces[i].weight);
		for (uint64_t r = 0; r < p->traces[i].count; r++) {
			const struct named *n = find_trace_name(t, p->trace_refs[p->traces[i].first + r]);
			if (n)
				pgo_sink_put(t->w->sink, n->name, n->length);
			if (n)
				put(t, ",");
		}
		put(t, "\n");
	}
	put(t, "\n");
}

static void put_flags(struct text *t)
{
	uint32_t flags = t->w->flags;
	if (flags & PGO_PROFILE_CSIR)
		put(t, "# CSIR level Instrumentation Flag\n:csir\n");
	else if (flags & PGO_PROFILE_IR)
		put(t, "# IR level Instrumentation Flag\n:ir\n");
	if (flags & PGO_PROFILE_ENTRY_FIRST)
		put(t, "# Always instrument the function entry block\n:entry_first\n");
	if (flags & PGO_PROFILE_LOOP_ENTRIES)
		put(t, "# Always instrument the loop entry blocks\n:instrument_loop_entries\n");
	if (flags & PGO_PROFILE_BYTE_COVERAGE)
		put(t, "# Instrument block coverage\n:single_byte_coverage\n");
	if (flags & PGO_PROFILE_FN_ENTRY_ONLY)
		pgo_writing_warn(t->w, "that only function entries were counted is left out: the text format has no "
				       "word for it");
	if (t->w->p->build_id_count)
		pgo_writing_warn(t->w, "build ids are left out: the text format has none");
	if (flags & PGO_PROFILE_TEMPORAL)
		put_traces(t);
}

static void put_value(struct text *t, uint32_t kind, const struct pgo_value *v)
{
	const struct named *n = kind == PGO_VALUE_MEMOP_SIZE ? NULL : find_name(t, v->value);
	if (n)
		pgo_sink_put(t->w->sink, n->name, n->length);
	else if (kind == PGO_VALUE_MEMOP_SIZE)
		putf(t, "%" PRIu64, v->value);
	else
		put(t, "** External Symbol **");
	t->external += !n && kind != PGO_VALUE_MEMOP_SIZE && v->value != 0;
	put(t, ":");
	put_number(t, v->count);
}

static int compare_values(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

static int put_site(struct text *t, const struct pgo_value_site *site)
{
	struct pgo_value *sorted = malloc((site->count + 1) * sizeof *sorted);
	if (!sorted)
		return -1;
	if (site->count)
		memcpy(sorted, t->w->p->values + site->first, site->count * sizeof *sorted);
	qsort(sorted, site->count, sizeof *sorted, compare_values);
	put_number(t, site->count);
	for (uint32_t i = 0; i < site->count; i++)
		put_value(t, site->kind, &sorted[i]);
	free(sorted);
	return 0;
}

static int put_values(struct text *t, const struct pgo_function_extra *e)
{
	static const char *const names[PGO_VALUE_KINDS] = {"IPVK_IndirectCallTarget", "IPVK_MemOPSize",
							   "IPVK_VTableTarget"};
	const struct pgo_value_site *sites = t->w->p->sites + e->first_site;
	uint32_t counts[PGO_VALUE_KINDS] = {0}, kinds = 0;
	for (uint32_t s = 0; s < e->site_count; s++)
		kinds += counts[sites[s].kind]++ == 0;
	if (kinds) {
		put(t, "# Num Value Kinds:\n");
		put_number(t, kinds);
	}
	for (uint32_t k = 0; k < PGO_VALUE_KINDS; k++) {
		if (counts[k] == 0)
			continue;
		putf(t, "# ValueKind = %s:\n%" PRIu32 "\n# NumValueSites:\n%" PRIu32 "\n", names[k], k, counts[k]);
		for (uint32_t s = 0; s < e->site_count; s++)
			if (sites[s].kind == k && put_site(t, &sites[s]))
				return -1;
	}
	return 0;
}

static int put_function(struct text *t, uint32_t index)
{
	struct pgo_function f = pgo_profile_function(t->w->p, index);
	const struct pgo_function_extra *e = pgo_writing_extra(t->w, index);
	pgo_sink_put(t->w->sink, f.name, f.name_length);
	put(t, "\n# Func Hash:\n");
	put_number(t, f.cfg_hash);
	put(t, "# Num Counters:\n");
	put_number(t, f.counter_count);
	put(t, "# Counter Values:\n");
	for (uint32_t i = 0; i < f.counter_count; i++)
		put_number(t, pgo_writable(&f, f.counters[i]));
	if (e && e->bitmap_count) {
		putf(t, "# Num Bitmap Bytes:\n$%" PRIu32 "\n# Bitmap Byte Values:\n", e->bitmap_count);
		for (uint32_t i = 0; i < e->bitmap_count; i++)
			putf(t, "0x%x\n", t->w->p->bitmap[e->first_bitmap + i]);
		put(t, "\n");
	}
	int failed = e ? put_values(t, e) : 0;
	put(t, "\n");
	return failed;
}

int pgo_text_write(struct pgo_writing *w)
{
	struct text t = {.w = w};
	int failed = pgo_writing_sort(w, UINT64_MAX);
	if (!failed && w->sparse)
		pgo_writing_thin_out(w);
	drop_unrepresentable(&t);
	failed = failed || collect_names(&t);
	if (!failed)
		put_flags(&t);
	for (size_t i = 0; i < w->count && !failed && !w->sink->failure; i++)
		failed = put_function(&t, w->order[i]);
	if (t.unknown)
		pgo_writing_warn(w, "%" PRIu64 " functions of traces are left out: their names are not known",
				 t.unknown);
	if (t.external)
		pgo_writing_warn(w,
				 "%" PRIu64 " value%s external: what %s is not in the profile, and text has no number "
				 "for it",
				 t.external, t.external == 1 ? " is written as" : "s are written as",
				 t.external == 1 ? "it names" : "they name");
	free(t.names.items);
	return failed ? pgo_error_set(w->err, PGO_ENOMEM, "out of memory") : PGO_OK;
}
