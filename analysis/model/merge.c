/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "analysis/model/builder.h"

static const char *name_at(const struct pgo_builder *b, size_t index)
{
	return b->names.items + b->places.items[index].name;
}

static struct pgo_function_extra extra_of(const struct pgo_builder *b, size_t index)
{
	struct pgo_profile p = {.extra_count = b->extras.count, .extras = b->extras.items};
	return pgo_profile_extra(&p, index);
}

/** Indices of records, sorted so that equal name and hash stand together, each group in order of appearance. */
static int compare_records(const void *pa, const void *pb, void *context)
{
	const struct pgo_builder *b = context;
	size_t ia = *(const size_t *)pa, ib = *(const size_t *)pb;
	const struct pgo_function *x = &b->functions.items[ia], *y = &b->functions.items[ib];
	if (x->name_ref != y->name_ref)
		return x->name_ref < y->name_ref ? -1 : 1;
	if (x->cfg_hash != y->cfg_hash)
		return x->cfg_hash < y->cfg_hash ? -1 : 1;
	if (x->name_length != y->name_length)
		return x->name_length < y->name_length ? -1 : 1;
	/* a name that is shared needs no look: long ones of many records would take forever */
	bool shared = b->places.items[ia].name == b->places.items[ib].name || x->name_length == 0;
	int order = shared ? 0 : memcmp(name_at(b, ia), name_at(b, ib), x->name_length);
	return order ? order : ia < ib ? -1 : ia > ib;
}

static bool same_record(const struct pgo_builder *b, size_t i, size_t j)
{
	const struct pgo_function *x = &b->functions.items[i], *y = &b->functions.items[j];
	return x->name_ref == y->name_ref && x->cfg_hash == y->cfg_hash && x->name_length == y->name_length &&
	       (x->name_length == 0 || b->places.items[i].name == b->places.items[j].name ||
		memcmp(name_at(b, i), name_at(b, j), x->name_length) == 0);
}

static bool same_shape(const struct pgo_builder *b, size_t i, size_t j)
{
	const struct pgo_function *x = &b->functions.items[i], *y = &b->functions.items[j];
	struct pgo_function_extra ex = extra_of(b, i), ey = extra_of(b, j);
	if (x->counter_count != y->counter_count || ex.site_count != ey.site_count ||
	    ex.bitmap_count != ey.bitmap_count || (x->flags & PGO_FUNCTION_PSEUDO) != (y->flags & PGO_FUNCTION_PSEUDO))
		return false;
	for (uint32_t s = 0; s < ex.site_count; s++)
		if (b->sites.items[ex.first_site + s].kind != b->sites.items[ey.first_site + s].kind)
			return false;
	return true;
}

static int compare_values(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	return a->value < b->value ? -1 : a->value > b->value;
}

static int compare_counts(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return compare_values(pa, pb);
}

/** The values of one site over the records group[0..count), equal values added up, by descending count. */
static int merge_site(struct pgo_builder *to, const struct pgo_builder *from, const size_t *group, size_t count,
		      uint32_t site)
{
	struct pgo_function_extra first = extra_of(from, group[0]);
	if (!pgo_builder_site(to, from->sites.items[first.first_site + site].kind, 0))
		return -1;
	size_t start = to->values.count;
	for (size_t i = 0; i < count; i++) {
		struct pgo_function_extra e = extra_of(from, group[i]);
		const struct pgo_value_site *s = &from->sites.items[e.first_site + site];
		for (uint32_t v = 0; v < s->count; v++)
			if (pgo_vec_push(&to->values, from->values.items[s->first + v]))
				return -1;
	}
	struct pgo_value *values = to->values.items + start;
	size_t n = to->values.count - start, kept = 0;
	if (count > 1 && n > 1) {
		qsort(values, n, sizeof *values, compare_values);
		for (size_t i = 0; i < n; i++) {
			if (kept && values[kept - 1].value == values[i].value)
				values[kept - 1].count = pgo_add_limited(values[kept - 1].count, values[i].count);
			else
				values[kept++] = values[i];
		}
		qsort(values, kept, sizeof *values, compare_counts);
		to->values.count = start + kept;
	}
	to->sites.items[to->sites.count - 1].count = (uint32_t)(to->values.count - start);
	return 0;
}

/** Append the merge of group[0..count), which all have the shape of the first. Names stay where they are in `from`. */
static int merge_group(struct pgo_builder *to, const struct pgo_builder *from, const size_t *group, size_t count)
{
	const struct pgo_function *f = &from->functions.items[group[0]];
	struct pgo_function_extra extra = extra_of(from, group[0]);
	if (pgo_vec_reserve(&to->counters, f->counter_count) || pgo_vec_reserve(&to->bitmap, extra.bitmap_count) ||
	    !pgo_builder_function_named(to, from->places.items[group[0]].name, f->name_length, f->name_ref,
					f->cfg_hash))
		return -1;
	for (uint32_t c = 0; c < f->counter_count; c++) {
		uint64_t sum = from->counters.items[from->places.items[group[0]].first_counter + c];
		for (size_t i = 1; i < count && !(f->flags & PGO_FUNCTION_PSEUDO); i++)
			sum = pgo_add_limited(sum,
					      from->counters.items[from->places.items[group[i]].first_counter + c]);
		to->counters.items[to->counters.count++] = sum;
	}
	for (uint32_t c = 0; c < extra.bitmap_count; c++) {
		uint8_t bits = 0;
		for (size_t i = 0; i < count; i++)
			bits |= from->bitmap.items[extra_of(from, group[i]).first_bitmap + c];
		to->bitmap.items[to->bitmap.count++] = bits;
	}
	for (uint32_t s = 0; s < extra.site_count; s++)
		if (merge_site(to, from, group, count, s))
			return -1;
	return pgo_builder_seal(to);
}

/** Keep of group[0..count) the records shaped like the first. @return how many those are */
static size_t keep_alike(const struct pgo_builder *b, size_t *group, size_t count)
{
	size_t kept = 1;
	for (size_t i = 1; i < count; i++)
		if (same_shape(b, group[0], group[i]))
			group[kept++] = group[i];
	return kept;
}

struct group {
	size_t start, count; /**< in the sorted indices */
};

static int compare_groups(const void *pa, const void *pb, void *context)
{
	const size_t *sorted = context;
	size_t a = sorted[((const struct group *)pa)->start], b = sorted[((const struct group *)pb)->start];
	return a < b ? -1 : a > b;
}

static int merge_groups(struct pgo_builder *b, size_t *sorted, const struct group *groups, size_t group_count)
{
	struct pgo_builder to = {
		.format = b->format, .version = b->version, .flags = b->flags, .pseudo_counts = b->pseudo_counts};
	size_t dropped = 0;
	for (size_t g = 0; g < group_count; g++) {
		size_t *group = sorted + groups[g].start;
		size_t kept = keep_alike(b, group, groups[g].count);
		dropped += groups[g].count - kept;
		if (merge_group(&to, b, group, kept)) {
			pgo_builder_release(&to);
			return -1;
		}
	}
	free(b->functions.items), free(b->counters.items);
	free(b->sites.items), free(b->values.items), free(b->bitmap.items);
	free(b->extras.items), free(b->places.items);
	b->counter_count = to.counter_count;
	b->functions = to.functions;
	b->extras = to.extras;
	b->places = to.places;
	b->counters = to.counters;
	b->sites = to.sites;
	b->values = to.values;
	b->bitmap = to.bitmap;
	if (dropped == 0)
		return 0;
	return pgo_builder_warn(
		b, "%zu record%s dropped: same name and hash as an earlier one, but other counters or sites", dropped,
		dropped == 1 ? " was" : "s were");
}

int pgo_builder_merge_duplicates(struct pgo_builder *b)
{
	size_t count = b->functions.count, group_count = 0;
	if (count < 2)
		return 0;
	int rc = -1;
	size_t *sorted = malloc(count * sizeof *sorted);
	struct group *groups = malloc(count * sizeof *groups);
	if (!sorted || !groups)
		goto done;
	for (size_t i = 0; i < count; i++)
		sorted[i] = i;
	qsort_r(sorted, count, sizeof *sorted, compare_records, b);
	for (size_t i = 0; i < count; i++) {
		if (group_count && same_record(b, sorted[groups[group_count - 1].start], sorted[i]))
			groups[group_count - 1].count++;
		else
			groups[group_count++] = (struct group){.start = i, .count = 1};
	}
	rc = 0;
	if (group_count < count) {
		qsort_r(groups, group_count, sizeof *groups, compare_groups, sorted);
		rc = merge_groups(b, sorted, groups, group_count);
	}
done:
	free(groups);
	free(sorted);
	return rc;
}
