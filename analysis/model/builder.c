/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

/** Arrays from this size on are backed by huge pages where the system has them: a tenth of the page faults. */
#define HUGE_BYTES ((size_t)4 << 20)
#define PAGE ((uintptr_t)4096)

void pgo_prefer_huge_pages(void *items, size_t bytes)
{
	uintptr_t start = ((uintptr_t)items + PAGE - 1) & ~(PAGE - 1);
	uintptr_t end = ((uintptr_t)items + bytes) & ~(PAGE - 1);
	if (bytes >= HUGE_BYTES)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE); /* advice: no harm when refused */
}

int pgo_builder_start_in_place(struct pgo_builder *b, const void *input, size_t functions)
{
	b->in_place = true;
	b->input = input;
	b->tally[PGO_RECORDS_NORMAL] = calloc(1, sizeof *b->tally[0]);
	b->tally[PGO_RECORDS_CS] = calloc(1, sizeof *b->tally[0]);
	if (!b->tally[0] || !b->tally[1] || pgo_vec_reserve(&b->in_places, functions))
		return -1;
	pgo_prefer_huge_pages(b->in_places.items, b->in_places.capacity * sizeof *b->in_places.items);
	return 0;
}

struct pgo_function *pgo_builder_function_named(struct pgo_builder *b, uint64_t name, uint32_t name_length,
						uint64_t name_ref, uint64_t cfg_hash)
{
	struct pgo_place place = {.name = name, .first_counter = b->counters.count};
	if (pgo_vec_reserve(&b->functions, 1) || pgo_vec_push(&b->places, place))
		return NULL;
	b->sites_before = b->sites.count;
	b->bitmap_before = b->bitmap.count;
	struct pgo_function *f = &b->functions.items[b->functions.count++];
	*f = (struct pgo_function){.name_length = name_length, .name_ref = name_ref, .cfg_hash = cfg_hash};
	return f;
}

struct pgo_function pgo_builder_head(const struct pgo_builder *b, size_t index)
{
	if (b->in_place) {
		const struct pgo_profile p = {
			.flags = b->flags, .input = (void *)b->input, .places = b->in_places.items};
		return pgo_function_head(&p, index);
	}
	struct pgo_function f = b->functions.items[index];
	f.name = b->names.items + b->places.items[index].name;
	f.counters = (const pgo_count *)(b->counters.items + b->places.items[index].first_counter);
	return f;
}

struct pgo_function *pgo_builder_function(struct pgo_builder *b, const char *name, uint32_t name_length,
					  uint64_t name_ref, uint64_t cfg_hash)
{
	uint64_t at = b->names.count;
	if (pgo_vec_reserve(&b->names, name_length))
		return NULL;
	if (name_length)
		memcpy(b->names.items + at, name, name_length);
	struct pgo_function *f = pgo_builder_function_named(b, at, name_length, name_ref, cfg_hash);
	if (f)
		b->names.count += name_length;
	return f;
}

int pgo_builder_extra(struct pgo_builder *b, uint64_t sites_before, uint64_t bitmap_before)
{
	return pgo_builder_extra_of(b, b->in_place ? b->in_places.count : b->functions.count - 1, sites_before,
				    bitmap_before);
}

int pgo_builder_extra_of(struct pgo_builder *b, size_t function, uint64_t sites_before, uint64_t bitmap_before)
{
	struct pgo_function_extra e = {.first_site = sites_before,
				       .first_bitmap = bitmap_before,
				       .site_count = (uint32_t)(b->sites.count - sites_before),
				       .bitmap_count = (uint32_t)(b->bitmap.count - bitmap_before),
				       .function = (uint32_t)function};
	return e.site_count || e.bitmap_count ? pgo_vec_push(&b->extras, e) : 0;
}

int pgo_builder_keyed(struct pgo_builder *b, uint64_t key, uint64_t count)
{
	return pgo_vec_push(&b->counters, count) || pgo_vec_push(&b->keys, key) ? -1 : 0;
}

struct keyed_counter {
	uint64_t key, count;
};

static int compare_keys(const void *pa, const void *pb)
{
	const struct keyed_counter *a = pa, *b = pb;
	return a->key < b->key ? -1 : a->key > b->key;
}

/** Rising keys from counter `first` on, each once. Most inputs have them so already. */
static int order_keys(struct pgo_builder *b, uint64_t first)
{
	size_t count = b->counters.count - first, kept = 0;
	uint64_t *keys = b->keys.items + first, *counters = b->counters.items + first;
	bool rising = true;
	for (size_t i = 1; i < count; i++)
		rising &= keys[i - 1] < keys[i];
	if (rising)
		return 0;
	struct keyed_counter *sorted = malloc(count * sizeof *sorted);
	if (!sorted)
		return -1;
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct keyed_counter){keys[i], counters[i]};
	qsort(sorted, count, sizeof *sorted, compare_keys);
	for (size_t i = 0; i < count; i++) {
		uint64_t c = sorted[i].count;
		if (kept && keys[kept - 1] == sorted[i].key) {
			counters[kept - 1] = pgo_add_limited(counters[kept - 1], c);
			continue;
		}
		keys[kept] = sorted[i].key;
		counters[kept++] = c;
	}
	free(sorted);
	b->counters.count = b->keys.count = first + kept;
	return 0;
}

/** What follows from the counters of a copied function. */
static void conclude(struct pgo_builder *b, struct pgo_function *f, uint64_t first_counter)
{
	f->counters = b->counters.items ? (const pgo_count *)(b->counters.items + first_counter) : NULL;
	pgo_add_up(f);
	f->flags = pgo_context_flag(b->flags, f->cfg_hash) | pgo_limit_flags(b->pseudo_counts, f->max, f->counters);
}

void pgo_builder_add_counters(struct pgo_builder *b, size_t index, const pgo_count *counters)
{
	uint64_t *sums = b->counters.items + b->places.items[index].first_counter;
	for (uint32_t i = 0; i < b->functions.items[index].counter_count; i++)
		sums[i] = pgo_add_limited(sums[i], counters[i]);
	b->inconclusive = true;
}

void pgo_builder_conclude(struct pgo_builder *b)
{
	for (size_t i = 0; i < b->functions.count && b->inconclusive; i++)
		conclude(b, &b->functions.items[i], b->places.items[i].first_counter);
	b->inconclusive = false;
}

int pgo_builder_seal(struct pgo_builder *b)
{
	struct pgo_function *f = pgo_builder_last(b);
	uint64_t first = b->places.items[b->places.count - 1].first_counter;
	if (b->keys.count && order_keys(b, first))
		return -1;
	f->counter_count = (uint32_t)(b->counters.count - first);
	conclude(b, f, first);
	b->counter_count += f->counter_count;
	return pgo_builder_extra(b, b->sites_before, b->bitmap_before);
}

struct pgo_value *pgo_builder_site(struct pgo_builder *b, uint32_t kind, uint32_t count)
{
	/* one more than asked for, so that an empty site has an address too */
	if (pgo_vec_reserve(&b->values, (size_t)count + 1) || pgo_vec_reserve(&b->sites, 1))
		return NULL;
	b->sites.items[b->sites.count++] =
		(struct pgo_value_site){.first = b->values.count, .count = count, .kind = kind};
	struct pgo_value *at = b->values.items + b->values.count;
	b->values.count += count;
	return at;
}

int pgo_builder_warn(struct pgo_builder *b, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return -1;
	pgo_printable(text, "");
	if (pgo_vec_push(&b->warnings, text)) {
		free(text);
		return -1;
	}
	return 0;
}

int pgo_builder_warn_of_end(struct pgo_builder *b)
{
	return pgo_builder_warn(b, "the last line has no end: the file may be cut off");
}

int pgo_builder_check_end(struct pgo_builder *b, const void *bytes, size_t length)
{
	char last = length ? ((const char *)bytes)[length - 1] : '\n';
	return last == '\n' || last == '\r' ? 0 : pgo_builder_warn_of_end(b);
}

/** Give back what was reserved and not used. A failing shrink leaves the array as it was. */
static void *shrink(void *items, size_t count, size_t capacity, size_t item_size)
{
	if (count == 0) {
		free(items);
		return NULL;
	}
	if (count == capacity)
		return items;
	void *p = realloc(items, count * item_size);
	return p ? p : items;
}

#define HAND_OVER(vec) shrink((vec).items, (vec).count, (vec).capacity, sizeof *(vec).items)

/** The arrays no longer move: point into them. */
static void settle(struct pgo_builder *b)
{
	for (size_t i = 0; !b->in_place && i < b->functions.count; i++) {
		b->functions.items[i].name = b->names.items + b->places.items[i].name;
		b->functions.items[i].counters =
			(const pgo_count *)(b->counters.items + b->places.items[i].first_counter);
	}
	free(b->places.items);
	b->places.items = NULL;
}

int pgo_builder_finish(struct pgo_builder *b, uint64_t input_bytes, struct pgo_profile **out, struct pgo_error *err)
{
	struct pgo_profile *p = calloc(1, sizeof *p);
	if (!p) {
		pgo_builder_release(b);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	settle(b);
	*p = (struct pgo_profile){
		.format = b->format,
		.version = b->version,
		.flags = b->flags,
		.kind = b->kind,
		.input_bytes = input_bytes,
		.function_count = b->in_place ? b->in_places.count : b->functions.count,
		.places = HAND_OVER(b->in_places),
		.pseudo_counts = b->pseudo_counts,
		.functions = HAND_OVER(b->functions),
		.counter_count = b->counter_count,
		.extra_count = b->extras.count,
		.extras = HAND_OVER(b->extras),
		.counters = b->counters.items,
		.keys = b->keys.items,
		.names = b->names.items,
		.tally = {b->tally[0], b->tally[1]},
		.hash_mask = b->hash_mask,
		.names_in_order = b->names_in_order,
		.settle = b->settle,
		.table_payload = b->table_payload,
		.table_directory = b->table_directory,
		.table_keys = b->table_keys,
		.stored = b->stored,
		.site_count = b->sites.count,
		.sites = HAND_OVER(b->sites),
		.value_count = b->values.count,
		.values = HAND_OVER(b->values),
		.bitmap_length = b->bitmap.count,
		.bitmap = HAND_OVER(b->bitmap),
		.build_id_count = b->build_ids.count,
		.build_ids = HAND_OVER(b->build_ids),
		.trace_count = b->traces.count,
		.traces = HAND_OVER(b->traces),
		.trace_ref_count = b->trace_refs.count,
		.trace_refs = HAND_OVER(b->trace_refs),
		.traces_seen = b->traces_seen > b->traces.count ? b->traces_seen : b->traces.count,
		.quarantine = b->quarantine,
		.vtable_names_length = b->vtable_names.count,
		.vtable_names = HAND_OVER(b->vtable_names),
		.warning_count = b->warnings.count,
		.warnings = HAND_OVER(b->warnings),
	};
	*b = (struct pgo_builder){0};
	*out = p;
	return PGO_OK;
}

void pgo_builder_release(struct pgo_builder *b)
{
	for (size_t i = 0; i < b->warnings.count; i++)
		free(b->warnings.items[i]);
	pgo_tally_free(b->tally[0]);
	pgo_tally_free(b->tally[1]);
	free(b->stored);
	pgo_quarantine_free(b->quarantine);
	free(b->functions.items);
	free(b->in_places.items);
	free(b->extras.items);
	free(b->places.items);
	free(b->counters.items);
	free(b->keys.items);
	free(b->names.items);
	free(b->sites.items);
	free(b->values.items);
	free(b->bitmap.items);
	free(b->build_ids.items);
	free(b->traces.items);
	free(b->trace_refs.items);
	free(b->vtable_names.items);
	free(b->warnings.items);
	*b = (struct pgo_builder){0};
}
