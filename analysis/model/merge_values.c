/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding up what few functions have: value sites and bitmaps. */
#include "analysis/model/merge.h"

static int compare_values(const void *pa, const void *pb)
{
	const struct pgo_value *a = pa, *b = pb;
	return a->value < b->value ? -1 : a->value > b->value;
}

static uint64_t add_counts(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t weigh_value(uint64_t count, const struct pgo_merge_weight *w)
{
	uint64_t product;
	if (w->factor > 0)
		return pgo_weigh(count, w);
	return __builtin_mul_overflow(count, w->times, &product) ? UINT64_MAX : product;
}

/** The values of a site in rising order, each once, in m->scratch. */
static int order_values(struct pgo_merge *m, const struct pgo_value *from, uint32_t count,
			const struct pgo_merge_weight *w)
{
	m->scratch.count = 0;
	if (pgo_vec_reserve(&m->scratch, (size_t)count + 1))
		return -1;
	struct pgo_value *v = m->scratch.items;
	bool rising = true;
	for (uint32_t i = 0; i < count; i++) {
		v[i] = (struct pgo_value){.value = from[i].value, .count = weigh_value(from[i].count, w)};
		rising &= i == 0 || v[i - 1].value < v[i].value;
	}
	m->scratch.count = count;
	if (rising)
		return 0;
	qsort(v, count, sizeof *v, compare_values);
	size_t kept = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (kept && v[kept - 1].value == v[i].value)
			v[kept - 1].count = add_counts(v[kept - 1].count, v[i].count);
		else
			v[kept++] = v[i];
	}
	m->scratch.count = kept;
	return 0;
}

/** Room for `count` values of a site: where it is, or at the end. */
static int make_room(struct pgo_merge *m, struct pgo_sum_site *site, size_t count)
{
	if (count <= site->capacity)
		return 0;
	size_t capacity = site->count ? count * 2 : count;
	if (capacity > UINT32_MAX || pgo_vec_reserve(&m->values, capacity))
		return -1;
	if (site->count)
		memcpy(m->values.items + m->values.count, m->values.items + site->first,
		       site->count * sizeof *m->values.items);
	site->first = m->values.count;
	site->capacity = (uint32_t)capacity;
	m->values.count += capacity;
	return 0;
}

/** Add the ordered values to a site. The union is made from its end, in place. */
static int add_site(struct pgo_merge *m, struct pgo_sum_site *site)
{
	const struct pgo_value *from = m->scratch.items;
	size_t count = m->scratch.count, fresh = 0;
	for (size_t i = 0, j = 0; i < count; i++) {
		const struct pgo_value *have = m->values.items + site->first;
		while (j < site->count && have[j].value < from[i].value)
			j++;
		fresh += j == site->count || have[j].value != from[i].value;
	}
	if (make_room(m, site, site->count + fresh))
		return -1;
	struct pgo_value *to = m->values.items + site->first;
	size_t j = site->count, at = site->count + fresh;
	site->count = (uint32_t)at;
	for (size_t i = count; i-- > 0;) {
		struct pgo_value v = from[i];
		while (j && to[j - 1].value > v.value) {
			at--;
			j--;
			to[at] = to[j];
		}
		if (j && to[j - 1].value == v.value)
			v.count = add_counts(to[--j].count, v.count);
		to[--at] = v;
	}
	return 0;
}

/** New, empty sites in the place of those there are. */
static int replace_sites(struct pgo_merge *m, struct pgo_sum_extra *extra, const uint32_t sites[PGO_VALUE_KINDS])
{
	size_t total = (size_t)sites[0] + sites[1] + sites[2];
	if (pgo_vec_reserve(&m->sites, total))
		return -1;
	uint64_t from = extra->first_site;
	extra->first_site = m->sites.count;
	for (int k = 0; k < PGO_VALUE_KINDS; k++) {
		bool same = extra->sites[k] == sites[k];
		for (uint32_t s = 0; s < sites[k]; s++)
			m->sites.items[m->sites.count++] = same ? m->sites.items[from + s] : (struct pgo_sum_site){0};
		from += extra->sites[k];
		extra->sites[k] = sites[k];
	}
	return 0;
}

static int add_sites(struct pgo_merge *m, struct pgo_sum_extra *extra, bool fresh, const struct pgo_profile *p,
		     const struct pgo_function_extra *e, const struct pgo_merge_weight *w)
{
	uint32_t counts[PGO_VALUE_KINDS] = {0}, most[PGO_VALUE_KINDS];
	uint64_t at[PGO_VALUE_KINDS];
	bool grows = false, differs = false;
	for (uint32_t s = 0; s < e->site_count; s++)
		counts[p->sites[e->first_site + s].kind]++;
	for (int k = 0; k < PGO_VALUE_KINDS; k++) {
		most[k] = counts[k] > extra->sites[k] ? counts[k] : extra->sites[k];
		grows |= counts[k] > extra->sites[k];
		differs |= counts[k] != extra->sites[k];
	}
	extra->sites_differ |= differs && !fresh;
	if (grows && replace_sites(m, extra, most))
		return -1;
	at[0] = extra->first_site;
	at[1] = at[0] + extra->sites[0];
	at[2] = at[1] + extra->sites[1];
	for (uint32_t s = 0; s < e->site_count; s++) {
		const struct pgo_value_site *site = &p->sites[e->first_site + s];
		if (counts[site->kind] != extra->sites[site->kind])
			continue;
		if (order_values(m, p->values + site->first, site->count, w) ||
		    add_site(m, &m->sites.items[at[site->kind]++]))
			return -1;
	}
	return 0;
}

static int add_bitmap(struct pgo_merge *m, struct pgo_sum_extra *extra, bool fresh, const uint8_t *bytes,
		      uint32_t count)
{
	extra->bitmap_differs |= !fresh && count != extra->bitmap_count;
	if (count < extra->bitmap_count || count == 0)
		return 0;
	if (count > extra->bitmap_count) {
		if (pgo_vec_reserve(&m->bitmap, count))
			return -1;
		extra->first_bitmap = m->bitmap.count;
		extra->bitmap_count = count;
		memset(m->bitmap.items + m->bitmap.count, 0, count);
		m->bitmap.count += count;
	}
	for (uint32_t i = 0; i < count; i++)
		m->bitmap.items[extra->first_bitmap + i] |= bytes[i];
	return 0;
}

int pgo_sum_add_extra(struct pgo_merge *m, struct pgo_sum_record *r, const struct pgo_profile *p,
		      const struct pgo_function_extra *e, const struct pgo_merge_weight *weight)
{
	bool fresh = r->extra == 0;
	if (fresh) {
		if (pgo_vec_push(&m->extras, ((struct pgo_sum_extra){0})))
			return -1;
		r->extra = (uint32_t)m->extras.count;
	}
	struct pgo_sum_extra *extra = &m->extras.items[r->extra - 1];
	return add_bitmap(m, extra, fresh, e->bitmap_count ? p->bitmap + e->first_bitmap : NULL, e->bitmap_count) ||
			       add_sites(m, extra, fresh, p, e, weight)
		       ? -1
		       : 0;
}
