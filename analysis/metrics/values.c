/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/base/digest.h"
#include "analysis/base/vec.h"

struct comparing {
	PGO_VEC(struct pgo_site_comparison) sites;
	PGO_VEC(struct pgo_value_pair) pairs;
};

static int by_value(const void *left, const void *right)
{
	const struct pgo_value_pair *a = left, *b = right;
	return (a->value > b->value) - (a->value < b->value);
}

static double both(const struct pgo_value_pair *p)
{
	return (double)p->count[0] + (double)p->count[1];
}

static int by_count(const void *left, const void *right)
{
	const struct pgo_value_pair *a = left, *b = right;
	double x = both(a), y = both(b);
	return x < y ? 1 : x > y ? -1 : by_value(left, right);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* One pair for each value; pairs from `first` on are the site's. */
static void unite(struct comparing *w, struct pgo_site_comparison *site)
{
	struct pgo_value_pair *p = w->pairs.items + site->first;
	size_t count = w->pairs.count - site->first, kept = 0;
	if (count)
		qsort(p, count, sizeof *p, by_value);
	for (size_t i = 0; i < count; i++) {
		if (kept && p[kept - 1].value == p[i].value) {
			for (unsigned s = 0; s < 2; s++)
				p[kept - 1].count[s] = add(p[kept - 1].count[s], p[i].count[s]);
			continue;
		}
		p[kept++] = p[i];
	}
	w->pairs.count = site->first + kept;
	site->count = kept;
	if (kept)
		qsort(p, kept, sizeof *p, by_count);
}

static void measure_site(struct pgo_site_comparison *site, const struct pgo_value_pair *p)
{
	double variation = 0;
	for (unsigned s = 0; s < 2; s++)
		for (size_t i = 0; i < site->count; i++)
			site->total[s] += (double)p[i].count[s];
	if (!(site->total[0] > 0 && site->total[1] > 0))
		return;
	for (size_t i = 0; i < site->count; i++)
		variation += fabs((double)p[i].count[0] / site->total[0] - (double)p[i].count[1] / site->total[1]);
	site->tv = (struct pgo_optional){true, fmin(1, variation / 2)};
}

/* Sites of a function that are of one kind; they lie together. */
static uint32_t sites_of(const struct pgo_profile *p, uint32_t index, enum pgo_value_kind kind,
			 const struct pgo_value_site **first)
{
	uint32_t count = 0;
	*first = NULL;
	if (index == UINT32_MAX)
		return 0;
	struct pgo_function_extra extra = pgo_profile_extra(p, index);
	for (uint32_t i = 0; i < extra.site_count; i++) {
		const struct pgo_value_site *site = &p->sites[extra.first_site + i];
		if (site->kind != kind)
			continue;
		if (count++ == 0)
			*first = site;
	}
	return count;
}

static int add_site(struct comparing *w, const struct pgo_profile *const profiles[2],
		    const struct pgo_value_site *const side[2], enum pgo_value_kind kind, uint32_t number)
{
	struct pgo_site_comparison site = {.kind = kind, .number = number, .first = w->pairs.count};
	for (unsigned s = 0; s < 2; s++) {
		if (!side[s])
			continue;
		site.has[s] = true;
		for (uint32_t i = 0; i < side[s]->count; i++) {
			const struct pgo_value *v = &profiles[s]->values[side[s]->first + i];
			struct pgo_value_pair pair = {.value = v->value};
			pair.count[s] = v->count;
			if (pgo_vec_push(&w->pairs, pair))
				return -1;
		}
	}
	unite(w, &site);
	measure_site(&site, w->pairs.items + site.first);
	return pgo_vec_push(&w->sites, site);
}

static int add_kind(struct comparing *w, struct pgo_value_comparison *out, const struct pgo_profile *const profiles[2],
		    const uint32_t index[2], enum pgo_value_kind kind)
{
	const struct pgo_value_site *first[2];
	uint32_t count[2];
	double total[2] = {0}, variation = 0;
	size_t start = w->sites.count;
	for (unsigned s = 0; s < 2; s++)
		count[s] = sites_of(profiles[s], index[s], kind, &first[s]);
	for (uint32_t n = 0; n < count[0] || n < count[1]; n++) {
		const struct pgo_value_site *side[2] = {n < count[0] ? first[0] + n : NULL,
							n < count[1] ? first[1] + n : NULL};
		if (add_site(w, profiles, side, kind, n))
			return -1;
	}
	out->sites_differ[kind] = index[0] != UINT32_MAX && index[1] != UINT32_MAX && count[0] != count[1];
	for (size_t i = start; i < w->sites.count; i++)
		for (unsigned s = 0; s < 2; s++)
			total[s] += w->sites.items[i].total[s];
	for (size_t i = start; i < w->sites.count; i++) {
		struct pgo_site_comparison *site = &w->sites.items[i];
		if (out->sites_differ[kind])
			site->tv.present = false;
		if (!site->tv.present)
			continue;
		double weight = (site->total[0] / total[0] + site->total[1] / total[1]) / 2;
		out->covered[kind] += weight;
		variation += weight * site->tv.value;
	}
	if (out->covered[kind] > 0)
		out->distance[kind] = (struct pgo_optional){true, fmin(1, variation / out->covered[kind])};
	out->covered[kind] = fmin(1, out->covered[kind]);
	return 0;
}

int pgo_values_compare(struct pgo_value_comparison *out, const struct pgo_profile *const profiles[2],
		       const uint32_t index[2], struct pgo_error *err)
{
	struct comparing w = {0};
	struct pgo_value_comparison result = {0};
	for (int kind = 0; kind < PGO_VALUE_KINDS; kind++)
		if (add_kind(&w, &result, profiles, index, (enum pgo_value_kind)kind)) {
			pgo_vec_release(&w.sites);
			pgo_vec_release(&w.pairs);
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		}
	result.site_count = w.sites.count;
	result.sites = w.sites.items;
	result.pair_count = w.pairs.count;
	result.pairs = w.pairs.items;
	*out = result;
	return PGO_OK;
}

void pgo_value_comparison_release(struct pgo_value_comparison *c)
{
	free(c->sites);
	free(c->pairs);
	*c = (struct pgo_value_comparison){0};
}

const char *pgo_value_kind_name(enum pgo_value_kind kind)
{
	static const char *const names[PGO_VALUE_KINDS] = {"call target", "memory operation size", "vtable"};
	return (unsigned)kind < PGO_VALUE_KINDS ? names[kind] : "value";
}

/* Names ------------------------------------------------------------------------------------------------------------ */

struct named {
	uint64_t ref;
	const char *name;
	uint32_t length;
};

struct pgo_value_names {
	PGO_VEC(struct named) functions;
	PGO_VEC(struct named) vtables;
};

static int by_ref(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	return (a->ref > b->ref) - (a->ref < b->ref);
}

static int add_vtables(struct pgo_value_names *names, const struct pgo_profile *p)
{
	const char *at = p->vtable_names, *end = at ? at + p->vtable_names_length : NULL;
	while (at < end) {
		const char *stop = memchr(at, 1, (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);
		struct named row = {.ref = pgo_name_ref(at, length), .name = at, .length = (uint32_t)length};
		if (length && pgo_vec_push(&names->vtables, row))
			return -1;
		at += length + 1;
	}
	return 0;
}

int pgo_value_names_open(struct pgo_value_names **out, const struct pgo_profile *const *profiles, size_t count,
			 struct pgo_error *err)
{
	struct pgo_value_names *names = calloc(1, sizeof *names);
	bool failed = !names;
	for (size_t i = 0; i < count && !failed; i++) {
		failed = pgo_vec_reserve(&names->functions, profiles[i]->function_count) ||
			 add_vtables(names, profiles[i]);
		for (size_t k = 0; k < profiles[i]->function_count && !failed; k++) {
			struct pgo_function f = pgo_profile_function(profiles[i], k);
			failed = pgo_vec_push(
				&names->functions,
				((struct named){.ref = f.name_ref, .name = f.name, .length = f.name_length}));
		}
	}
	if (failed) {
		pgo_value_names_free(names);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	if (names->functions.count)
		qsort(names->functions.items, names->functions.count, sizeof *names->functions.items, by_ref);
	if (names->vtables.count)
		qsort(names->vtables.items, names->vtables.count, sizeof *names->vtables.items, by_ref);
	*out = names;
	return PGO_OK;
}

void pgo_value_names_free(struct pgo_value_names *names)
{
	if (!names)
		return;
	pgo_vec_release(&names->functions);
	pgo_vec_release(&names->vtables);
	free(names);
}

size_t pgo_value_names_find(const struct pgo_value_names *names, enum pgo_value_kind kind, uint64_t value,
			    const char **name)
{
	const struct named key = {.ref = value}, *found = NULL;
	if (kind == PGO_VALUE_CALL_TARGET && names->functions.count)
		found = bsearch(&key, names->functions.items, names->functions.count, sizeof key, by_ref);
	else if (kind == PGO_VALUE_VTABLE && names->vtables.count)
		found = bsearch(&key, names->vtables.items, names->vtables.count, sizeof key, by_ref);
	if (!found || value == 0)
		return 0;
	*name = found->name;
	return found->length;
}
