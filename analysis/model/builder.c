/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

/** Arrays from this size on are backed by huge pages where the system has them: a tenth of the page faults. */
#define HUGE_BYTES ((size_t)4 << 20)
#define PAGE ((uintptr_t)4096)

static void prefer_huge_pages(void *items, size_t bytes)
{
	uintptr_t start = ((uintptr_t)items + PAGE - 1) & ~(PAGE - 1);
	uintptr_t end = ((uintptr_t)items + bytes) & ~(PAGE - 1);
	if (bytes >= HUGE_BYTES)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE); /* advice: no harm when refused */
}

int pgo_builder_reserve(struct pgo_builder *b, size_t functions, size_t counters, size_t names)
{
	if (pgo_vec_reserve(&b->functions, functions) || pgo_vec_reserve(&b->counters, counters) ||
	    pgo_vec_reserve(&b->names, names))
		return -1;
	prefer_huge_pages(b->functions.items, b->functions.capacity * sizeof *b->functions.items);
	prefer_huge_pages(b->counters.items, b->counters.capacity * sizeof *b->counters.items);
	prefer_huge_pages(b->names.items, b->names.capacity);
	return 0;
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
	if (pgo_vec_push(&b->warnings, text)) {
		free(text);
		return -1;
	}
	return 0;
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

int pgo_builder_finish(struct pgo_builder *b, uint64_t input_bytes, struct pgo_profile **out, struct pgo_error *err)
{
	struct pgo_profile *p = calloc(1, sizeof *p);
	if (!p) {
		pgo_builder_release(b);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	*p = (struct pgo_profile){
		.format = b->format,
		.version = b->version,
		.flags = b->flags,
		.input_bytes = input_bytes,
		.function_count = b->functions.count,
		.functions = HAND_OVER(b->functions),
		.counter_count = b->counters.count,
		.counters = HAND_OVER(b->counters),
		.names_length = b->names.count,
		.names = HAND_OVER(b->names),
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
	free(b->functions.items);
	free(b->counters.items);
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
