/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sum as a profile, in an order that does not depend on how it came about. */
#include <inttypes.h>

#include "analysis/base/threads.h"
#include "analysis/model/merge.h"
#include "analysis/model/table.h"

static int compare_names(const struct pgo_merge *m, const struct pgo_sum_record *a, const struct pgo_sum_record *b)
{
	uint32_t common = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order = common ? memcmp(m->names.items + a->name, m->names.items + b->name, common) : 0;
	return order ? order : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/** Order within a bucket: by name, those of one name by hash; name references differ with the names. */
static int compare_in_bucket(const struct pgo_merge *m, const struct pgo_sum_record *a, const struct pgo_sum_record *b)
{
	int order = compare_names(m, a, b);
	if (order == 0)
		order = (a->cfg_hash > b->cfg_hash) - (a->cfg_hash < b->cfg_hash);
	return order;
}

static pgo_u128 sum_of(const struct pgo_merge *m, const struct pgo_sum_record *r)
{
	pgo_u128 sum = 0;
	for (uint32_t i = 0; i < r->counter_count; i++)
		sum += m->counters.items[r->first_counter + i];
	return sum;
}

/** Of records with one name and hash the one that stays comes first. */
static int compare_rivals(const void *pa, const void *pb, void *context)
{
	const struct pgo_merge *m = context;
	const struct pgo_sum_record *a = &m->records.items[*(const uint32_t *)pa];
	const struct pgo_sum_record *b = &m->records.items[*(const uint32_t *)pb];
	int order = compare_in_bucket(m, a, b);
	if (order)
		return order;
	if (a->seen != b->seen)
		return a->seen > b->seen ? -1 : 1;
	if (a->pseudo != b->pseudo)
		return a->pseudo ? 1 : -1; /* measured counts before those that are none */
	pgo_u128 x = sum_of(m, a), y = sum_of(m, b);
	if (x != y)
		return x > y ? -1 : 1;
	return a->counter_count > b->counter_count ? -1 : a->counter_count < b->counter_count;
}

/** Mark what is dropped: `seen` 0. @return how many records of profiles those are; UINT64_MAX: out of memory */
static uint64_t drop_rivals(struct pgo_merge *m)
{
	PGO_VEC(uint32_t) rivals = {0};
	uint64_t dropped = 0;
	for (size_t i = 0; i < m->records.count; i++)
		if (m->records.items[i].rival && pgo_vec_push(&rivals, (uint32_t)i)) {
			free(rivals.items);
			return UINT64_MAX;
		}
	qsort_r(rivals.items, rivals.count, sizeof *rivals.items, compare_rivals, m);
	for (size_t i = 1; i < rivals.count; i++) {
		struct pgo_sum_record *a = &m->records.items[rivals.items[i - 1]];
		struct pgo_sum_record *b = &m->records.items[rivals.items[i]];
		if (compare_in_bucket(m, a, b) != 0)
			continue;
		dropped += b->seen;
		b->seen = 0;
	}
	free(rivals.items);
	return dropped;
}

/** Names, roughly: records of one name count for each. Only the mask depends on it, and that is what is in order. */
static uint64_t mask_of(const struct pgo_merge *m)
{
	uint64_t names = 0;
	for (size_t i = 0; i < m->records.count; i++)
		names += m->records.items[i].seen > 0;
	return pgo_table_buckets(names) - 1;
}

/** Numbers of the records that stay, by bucket, name, hash. @return heap, NULL: out of memory */
static uint32_t *order_records(const struct pgo_merge *m, uint64_t mask, size_t *count)
{
	uint32_t *ends = calloc((size_t)mask + 2, sizeof *ends);
	uint32_t *order = malloc((m->records.count + 1) * sizeof *order);
	if (!ends || !order) {
		free(ends);
		free(order);
		return NULL;
	}
	for (size_t i = 0; i < m->records.count; i++)
		if (m->records.items[i].seen)
			ends[(m->records.items[i].name_ref & mask) + 1]++;
	for (uint64_t b = 0; b <= mask; b++)
		ends[b + 1] += ends[b];
	*count = ends[mask + 1];
	/* each goes in where it belongs within its bucket, which holds one or two */
	for (size_t i = 0; i < m->records.count; i++) {
		const struct pgo_sum_record *r = &m->records.items[i];
		if (!r->seen)
			continue;
		order[ends[r->name_ref & mask]++] = (uint32_t)i;
	}
	free(ends);
	return order;
}

static int compare_order(const void *pa, const void *pb, void *context)
{
	const struct pgo_merge *m = context;
	return compare_in_bucket(m, &m->records.items[*(const uint32_t *)pa], &m->records.items[*(const uint32_t *)pb]);
}

static void order_buckets(struct pgo_merge *m, uint32_t *order, size_t count, uint64_t mask)
{
	const struct pgo_sum_record *r = m->records.items;
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count; end++)
			if ((r[order[end]].name_ref & mask) != (r[order[i]].name_ref & mask))
				break;
		if (end - i == 2 && compare_order(&order[i], &order[i + 1], m) > 0) {
			uint32_t swap = order[i];
			order[i] = order[i + 1];
			order[i + 1] = swap;
		} else if (end - i > 2) {
			qsort_r(order + i, end - i, sizeof *order, compare_order, m);
		}
	}
}

static int compare_counts(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

static int finish_extra(const struct pgo_merge *m, struct pgo_builder *b, const struct pgo_sum_extra *extra)
{
	uint64_t at = extra->first_site;
	for (uint32_t k = 0; k < PGO_VALUE_KINDS; k++)
		for (uint32_t s = 0; s < extra->sites[k]; s++, at++) {
			const struct pgo_sum_site *site = &m->sites.items[at];
			struct pgo_value *to = pgo_builder_site(b, k, site->count);
			if (!to)
				return -1;
			if (site->count)
				memcpy(to, m->values.items + site->first, site->count * sizeof *to);
			if (site->count > 1)
				qsort(to, site->count, sizeof *to, compare_counts);
		}
	if (pgo_vec_reserve(&b->bitmap, extra->bitmap_count))
		return -1;
	if (extra->bitmap_count)
		memcpy(b->bitmap.items + b->bitmap.count, m->bitmap.items + extra->first_bitmap, extra->bitmap_count);
	b->bitmap.count += extra->bitmap_count;
	return 0;
}

/** Records that one thread finishes at a time. */
#define PIECE ((size_t)4096)

struct finishing {
	const struct pgo_merge *m;
	struct pgo_builder *b;
	const uint32_t *order; /**< function i is record order[i] */
};

static void finish_piece(void *context, size_t piece)
{
	const struct finishing *finishing = context;
	const struct pgo_merge *m = finishing->m;
	const struct pgo_builder *b = finishing->b;
	size_t end = (piece + 1) * PIECE < b->functions.count ? (piece + 1) * PIECE : b->functions.count;
	for (size_t i = piece * PIECE; i < end; i++) {
		const struct pgo_sum_record *r = &m->records.items[finishing->order[i]];
		struct pgo_function *f = &b->functions.items[i];
		*f = (struct pgo_function){.name_length = r->name_length,
					   .name_ref = r->name_ref,
					   .cfg_hash = r->cfg_hash,
					   .counter_count = r->counter_count,
					   .counters = (const pgo_count *)(m->counters.items + r->first_counter)};
		b->places.items[i] = (struct pgo_place){.name = r->name, .first_counter = r->first_counter};
		pgo_add_up(f);
		f->flags = pgo_context_flag(b->flags, f->cfg_hash) |
			   (f->counter_count ? pgo_limit_flags(r->pseudo, f->max, f->counters) : 0);
	}
}

/** Functions 0 to `count`, without values and bitmaps. */
static int finish_records(const struct pgo_merge *m, struct pgo_builder *b, const uint32_t *order, size_t count)
{
	struct finishing finishing = {m, b, order};
	if (pgo_vec_reserve(&b->functions, count) || pgo_vec_reserve(&b->places, count))
		return -1;
	pgo_vec_prefer_huge(&b->functions);
	pgo_vec_prefer_huge(&b->places);
	b->functions.count = b->places.count = count;
	pgo_parallel(finish_piece, &finishing, (count + PIECE - 1) / PIECE, pgo_processors());
	for (size_t i = 0; i < count; i++)
		b->counter_count += b->functions.items[i].counter_count;
	return 0;
}

static int finish_extras(const struct pgo_merge *m, struct pgo_builder *b, const uint32_t *order, size_t count)
{
	for (size_t i = 0; i < count && m->extras.count; i++) {
		const struct pgo_sum_record *r = &m->records.items[order[i]];
		uint64_t sites = b->sites.count, bitmap = b->bitmap.count;
		if (r->extra &&
		    (finish_extra(m, b, &m->extras.items[r->extra - 1]) || pgo_builder_extra_of(b, i, sites, bitmap)))
			return -1;
	}
	return 0;
}

static int warn(struct pgo_merge *m, uint64_t dropped)
{
	uint64_t sites = 0, bitmaps = 0;
	int rc = PGO_OK;
	for (size_t i = 0; i < m->extras.count; i++) {
		sites += m->extras.items[i].sites_differ;
		bitmaps += m->extras.items[i].bitmap_differs;
	}
	if (dropped)
		rc |= pgo_merge_warn(m, NULL,
				     "%" PRIu64 " record%s dropped: same name and hash as others, but another number "
				     "of counters: they come from other sources or another compiler",
				     dropped, dropped == 1 ? " was" : "s were");
	if (sites)
		rc |= pgo_merge_warn(m, NULL,
				     "%" PRIu64 " function%s another number of value sites in some profiles: values "
				     "of those with fewer were left out",
				     sites, sites == 1 ? " has" : "s have");
	if (bitmaps)
		rc |= pgo_merge_warn(m, NULL,
				     "%" PRIu64 " function%s another number of bitmap bytes in some profiles: those "
				     "with fewer were left out",
				     bitmaps, bitmaps == 1 ? " has" : "s have");
	if (m->warnings_lost) {
		uint64_t lost = m->warnings_lost;
		m->warnings.count--;
		free(m->warnings.items[m->warnings.count]);
		rc |= pgo_merge_warn(m, NULL, "%" PRIu64 " further warnings are left out", lost + 1);
	}
	return rc ? -1 : 0;
}

/** All arrays whose items stay as they are change hands. */
static void hand_over(struct pgo_merge *m, struct pgo_builder *b)
{
	memcpy(&b->names, &m->names, sizeof b->names);
	memcpy(&b->counters, &m->counters, sizeof b->counters);
	memcpy(&b->keys, &m->keys, sizeof b->keys);
	memcpy(&b->warnings, &m->warnings, sizeof b->warnings);
	memset(&m->names, 0, sizeof m->names);
	memset(&m->counters, 0, sizeof m->counters);
	memset(&m->keys, 0, sizeof m->keys);
	memset(&m->warnings, 0, sizeof m->warnings);
}

static int fill(struct pgo_merge *m, struct pgo_builder *b)
{
	uint64_t dropped = m->rivals ? drop_rivals(m) : 0;
	if (dropped == UINT64_MAX || warn(m, dropped))
		return -1;
	uint64_t mask = mask_of(m);
	size_t count = 0;
	uint32_t *order = order_records(m, mask, &count);
	free(m->index);
	m->index = NULL;
	if (order)
		order_buckets(m, order, count, mask);
	int failed = !order || finish_records(m, b, order, count) || finish_extras(m, b, order, count);
	free(order);
	b->hash_mask = mask;
	b->names_in_order = true;
	return failed || pgo_sum_finish_sections(m, b) ? -1 : 0;
}

int pgo_merge_finish(struct pgo_merge *m, struct pgo_profile **out, struct pgo_error *err)
{
	struct pgo_builder b = {
		.format = m->format, .version = m->version, .kind = m->kind, .flags = m->flags, .pseudo_counts = true};
	uint64_t input_bytes = m->input_bytes;
	if (m->added == 0)
		return pgo_error_set(err, PGO_EINVAL, "there is nothing to merge");
	int failed = fill(m, &b);
	if (failed) {
		pgo_builder_release(&b);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	hand_over(m, &b);
	b.quarantine = m->quarantine;
	if (b.quarantine)
		b.quarantine->of = m->records_read;
	m->quarantine = NULL;
	return pgo_builder_finish(&b, input_bytes, out, err);
}
