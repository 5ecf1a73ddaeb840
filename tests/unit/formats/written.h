/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_TEST_WRITTEN_H
#define PGO_TEST_WRITTEN_H

/* Two profiles, record by record, whatever their order. Include after samples.h. */
#include "pgo/merge.h"
#include "pgo/write.h"

/** A sum of one profile: in the one order there is, values of a site in theirs. */
static inline struct pgo_profile *in_order(const struct pgo_profile *p)
{
	struct pgo_merge *m = NULL;
	struct pgo_profile *out = NULL;
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	assert_int_equal(pgo_merge_add(m, p, "it", NULL, NULL), PGO_OK);
	assert_int_equal(pgo_merge_finish(m, &out, NULL), PGO_OK);
	pgo_merge_free(m);
	return out;
}

static inline void same_extras(const struct pgo_profile *a, const struct pgo_profile *b, size_t i)
{
	struct pgo_function_extra x = pgo_profile_extra(a, i), y = pgo_profile_extra(b, i);
	assert_int_equal(x.site_count, y.site_count);
	assert_int_equal(x.bitmap_count, y.bitmap_count);
	if (x.bitmap_count)
		assert_memory_equal(a->bitmap + x.first_bitmap, b->bitmap + y.first_bitmap, x.bitmap_count);
	for (uint32_t s = 0; s < x.site_count; s++) {
		const struct pgo_value_site *sa = &a->sites[x.first_site + s], *sb = &b->sites[y.first_site + s];
		assert_int_equal(sa->kind, sb->kind);
		assert_int_equal(sa->count, sb->count);
		for (uint32_t v = 0; v < sa->count; v++) {
			assert_int_equal(a->values[sa->first + v].value, b->values[sb->first + v].value);
			assert_int_equal(a->values[sa->first + v].count, b->values[sb->first + v].count);
		}
	}
}

/** Both come from pgo_merge_finish(). */
static inline void same_functions(const struct pgo_profile *a, const struct pgo_profile *b)
{
	assert_int_equal(a->function_count, b->function_count);
	for (size_t i = 0; i < a->function_count; i++) {
		struct pgo_function x = pgo_profile_function(a, i), y = pgo_profile_function(b, i);
		assert_int_equal(pgo_function_compare_names(&x, &y), 0);
		assert_int_equal(x.name_ref, y.name_ref);
		assert_int_equal(x.cfg_hash, y.cfg_hash);
		assert_int_equal(x.flags, y.flags);
		assert_int_equal(x.counter_count, y.counter_count);
		for (uint32_t c = 0; c < x.counter_count; c++)
			assert_int_equal(x.counters[c], y.counters[c]);
		same_extras(a, b, i);
	}
}

static inline void same_sections(const struct pgo_profile *a, const struct pgo_profile *b)
{
	assert_int_equal(a->build_id_count, b->build_id_count);
	for (size_t i = 0; i < a->build_id_count; i++) {
		assert_int_equal(a->build_ids[i].length, b->build_ids[i].length);
		assert_memory_equal(a->build_ids[i].bytes, b->build_ids[i].bytes, a->build_ids[i].length);
	}
	assert_int_equal(a->vtable_names_length, b->vtable_names_length);
	if (a->vtable_names_length)
		assert_memory_equal(a->vtable_names, b->vtable_names, a->vtable_names_length);
	assert_int_equal(a->trace_count, b->trace_count);
	for (size_t i = 0; i < a->trace_count; i++) {
		assert_int_equal(a->traces[i].weight, b->traces[i].weight);
		assert_int_equal(a->traces[i].count, b->traces[i].count);
		assert_memory_equal(a->trace_refs + a->traces[i].first, b->trace_refs + b->traces[i].first,
				    a->traces[i].count * sizeof *a->trace_refs);
	}
}

#endif
