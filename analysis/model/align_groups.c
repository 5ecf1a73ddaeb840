/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "analysis/base/digest.h"
#include "analysis/base/vec.h"
#include "analysis/model/align.h"
#include "analysis/model/in_place.h"
#include "analysis/model/names.h"

/*
 * Two tiers, as in the join of two profiles. Records of one stored name and hash make a unit, of which each profile has
 * one at most. Units of one normalised name and hash make a bucket; within a bucket the units that no profile has both
 * of are put together in their order, those in most profiles first. A name known by its MD5 only is the stored name
 * that has this MD5, where there is one; else it has the normalised name of one that has it normalised.
 */

#define NONE UINT32_MAX

/** A name as stored, or (in another array) a normalised one. */
struct name {
	const char *text; /**< as stored, of the first record that has it */
	uint32_t length;
	uint32_t counters; /**< part of the identity where all profiles are positional, else 0 */
	uint32_t normal;   /**< of a stored name: index of the normalised one */
	uint64_t hash;	   /**< of the text, normalised or not */
	uint64_t known;	   /**< the first CFG hash under this name that is not 0 */
	uint64_t ref;	   /**< of a stored name: its MD5 */
	bool md5;	   /**< of a stored name: nothing else is known of it */
	uint32_t record;   /**< of a stored name: the first with it */
};

/** A name by its MD5. */
struct reference {
	uint64_t ref;
	uint32_t counters, name;
	bool normalized; /**< the MD5 is that of its normalised form */
};

struct unit {
	uint64_t cfg_hash;
	uint32_t name;
	uint32_t last_profile;
	uint32_t profile_count;
	uint32_t first, last; /**< records, chained by `next` */
	uint32_t next;	      /**< unit of the same bucket */
};

struct bucket {
	uint64_t cfg_hash;
	uint32_t normal;
	uint32_t first, last; /**< units */
	uint32_t unit_count;
};

/** Indices + 1 by hash, 0 is empty; never more than three quarters full, so a search always ends. */
struct table {
	uint32_t *slots;
	size_t mask;
};

struct grouper {
	const struct pgo_profile *const *profiles;
	size_t profile_count;
	size_t record_count;
	bool positional; /**< all of them */
	struct pgo_groups *out;
	struct table names_at, normals_at, units_at, buckets_at;
	PGO_VEC(struct name) names;
	PGO_VEC(struct name) normals;
	PGO_VEC(struct unit) units;
	PGO_VEC(struct bucket) buckets;
	PGO_VEC(struct reference) references; /**< of names in full, where others are known by their MD5 only */
	char *scratch[2];		      /**< room for a normalised name each */
	uint32_t *name_of;		      /**< [record] */
	uint32_t *next;			      /**< [record]: the next one of its unit */
	uint32_t *turn;			      /**< [profile]: units it has had in the bucket at hand */
	uint64_t *order;		      /**< units of the bucket at hand */
};

static int table_init(struct table *t, size_t items)
{
	size_t slots = 4;
	while (slots / 4 * 3 <= items)
		slots *= 2;
	t->slots = calloc(slots, sizeof *t->slots);
	t->mask = slots - 1;
	return t->slots ? 0 : -1;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = {a, b};
	return XXH3_64bits(pair, sizeof pair);
}

/** Index of the stored name of record `f`; entered when it is new. NONE: out of memory */
static uint32_t stored_name(struct grouper *g, const struct pgo_function *f, uint32_t record)
{
	uint32_t counters = g->positional ? f->counter_count : 0;
	uint64_t hash = mix(XXH3_64bits(f->name, f->name_length), counters);
	size_t at = hash & g->names_at.mask;
	for (; g->names_at.slots[at]; at = (at + 1) & g->names_at.mask) {
		const struct name *n = &g->names.items[g->names_at.slots[at] - 1];
		if (n->hash == hash && n->counters == counters && n->length == f->name_length &&
		    (n->length == 0 || memcmp(n->text, f->name, n->length) == 0))
			return g->names_at.slots[at] - 1;
	}
	struct name name = {.text = f->name,
			    .length = f->name_length,
			    .counters = counters,
			    .normal = NONE,
			    .hash = hash,
			    .ref = f->name_ref,
			    .md5 = (f->flags & PGO_FUNCTION_MD5_NAME) != 0,
			    .record = record};
	if (pgo_vec_push(&g->names, name))
		return NONE;
	return (g->names_at.slots[at] = (uint32_t)g->names.count) - 1;
}

/** The same for the normalised form of a stored name. */
static uint32_t normal_name(struct grouper *g, const struct name *stored)
{
	size_t length = pgo_name_normalize(g->scratch[0], stored->length ? stored->text : "", stored->length);
	uint64_t hash = mix(XXH3_64bits(g->scratch[0], length), stored->counters);
	size_t at = hash & g->normals_at.mask;
	for (; g->normals_at.slots[at]; at = (at + 1) & g->normals_at.mask) {
		const struct name *n = &g->normals.items[g->normals_at.slots[at] - 1];
		if (n->hash == hash && n->counters == stored->counters &&
		    pgo_name_normalize(g->scratch[1], n->length ? n->text : "", n->length) == length &&
		    memcmp(g->scratch[0], g->scratch[1], length) == 0)
			return g->normals_at.slots[at] - 1;
	}
	struct name name = {.text = stored->text,
			    .length = stored->length,
			    .counters = stored->counters,
			    .normal = NONE,
			    .hash = hash};
	if (pgo_vec_push(&g->normals, name))
		return NONE;
	return (g->normals_at.slots[at] = (uint32_t)g->normals.count) - 1;
}

/** By MD5 and counters; names as stored come first. */
static int compare_references(const void *pa, const void *pb)
{
	const struct reference *a = pa, *b = pb;
	if (a->ref != b->ref)
		return a->ref < b->ref ? -1 : 1;
	if (a->counters != b->counters)
		return a->counters < b->counters ? -1 : 1;
	if (a->normalized != b->normalized)
		return a->normalized ? 1 : -1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/** All names in full, by the MD5 of what is stored and of its normalised form. */
static int list_references(struct grouper *g)
{
	for (size_t i = 0; i < g->names.count; i++) {
		const struct name *n = &g->names.items[i];
		if (n->md5)
			continue;
		size_t length = pgo_name_normalize(g->scratch[0], n->length ? n->text : "", n->length);
		uint64_t normal = pgo_name_ref(g->scratch[0], length);
		if (pgo_vec_push(&g->references, ((struct reference){n->ref, n->counters, (uint32_t)i, false})) ||
		    (normal != n->ref &&
		     pgo_vec_push(&g->references, ((struct reference){normal, n->counters, (uint32_t)i, true}))))
			return -1;
	}
	if (g->references.count)
		qsort(g->references.items, g->references.count, sizeof *g->references.items, compare_references);
	return 0;
}

/** The first reference to a name with the MD5 of `n`; NULL: there is none. */
static const struct reference *find_reference(const struct grouper *g, const struct name *n)
{
	struct reference wanted = {n->ref, n->counters, 0, false};
	size_t low = 0, high = g->references.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_references(&g->references.items[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct reference *found = low < g->references.count ? &g->references.items[low] : NULL;
	return found && found->ref == n->ref && found->counters == n->counters ? found : NULL;
}

/** Names as stored, and whether some are known by their MD5 only. */
static int enter_names(struct grouper *g, bool *md5)
{
	uint32_t record = 0;
	for (size_t k = 0; k < g->profile_count; k++)
		for (size_t i = 0; i < g->profiles[k]->function_count; i++, record++) {
			struct pgo_function f = pgo_function_head(g->profiles[k], i);
			uint32_t at = stored_name(g, &f, record);
			if (at == NONE)
				return -1;
			g->name_of[record] = at;
			g->out->named[record] = record;
			*md5 |= (f.flags & PGO_FUNCTION_MD5_NAME) != 0;
		}
	return 0;
}

/** Names known by their MD5 only become those that have it. */
static int name_in_full(struct grouper *g)
{
	if (list_references(g))
		return -1;
	for (size_t record = 0; record < g->record_count; record++) {
		struct name *n = &g->names.items[g->name_of[record]];
		const struct reference *found = n->md5 ? find_reference(g, n) : NULL;
		if (!found)
			continue;
		struct name *full = &g->names.items[found->name];
		g->out->named[record] = full->record;
		if (full->normal == NONE && (full->normal = normal_name(g, full)) == NONE)
			return -1;
		if (found->normalized)
			n->normal = full->normal;
		else
			g->name_of[record] = found->name;
	}
	return 0;
}

static int meet_names(struct grouper *g)
{
	size_t record = 0;
	bool md5 = false;
	if (enter_names(g, &md5) || (md5 && name_in_full(g)))
		return -1;
	for (size_t k = 0; k < g->profile_count; k++)
		for (size_t i = 0; i < g->profiles[k]->function_count; i++, record++) {
			struct pgo_function f = pgo_function_head(g->profiles[k], i);
			struct name *n = &g->names.items[g->name_of[record]];
			if (n->normal == NONE && (n->normal = normal_name(g, n)) == NONE)
				return -1;
			struct name *normal = &g->normals.items[n->normal];
			n->known = n->known ? n->known : f.cfg_hash;
			normal->known = normal->known ? normal->known : f.cfg_hash;
		}
	return 0;
}

/** A new unit in a bucket of its own. @return its index, NONE: out of memory */
static uint32_t new_unit(struct grouper *g, uint32_t name, uint64_t cfg_hash)
{
	struct unit unit = {
		.cfg_hash = cfg_hash, .name = name, .last_profile = NONE, .first = NONE, .last = NONE, .next = NONE};
	uint32_t index = (uint32_t)g->units.count;
	struct bucket bucket = {.cfg_hash = cfg_hash,
				.normal = g->names.items[name].normal,
				.first = index,
				.last = index,
				.unit_count = 1};
	return pgo_vec_push(&g->units, unit) || pgo_vec_push(&g->buckets, bucket) ? NONE : index;
}

/** Put the newest unit, whose bucket is the newest, into the bucket that was there before, if there was one. */
static void join_bucket(struct grouper *g)
{
	const struct bucket *own = &g->buckets.items[g->buckets.count - 1];
	size_t at = mix(own->normal, own->cfg_hash) & g->buckets_at.mask;
	for (; g->buckets_at.slots[at]; at = (at + 1) & g->buckets_at.mask) {
		struct bucket *b = &g->buckets.items[g->buckets_at.slots[at] - 1];
		if (b->normal != own->normal || b->cfg_hash != own->cfg_hash)
			continue;
		g->units.items[b->last].next = own->first;
		b->last = own->first;
		b->unit_count++;
		g->buckets.count--;
		return;
	}
	g->buckets_at.slots[at] = (uint32_t)g->buckets.count;
}

/** Index of the unit of this name and hash; entered when it is new. NONE: out of memory */
static uint32_t unit_of(struct grouper *g, uint32_t name, uint64_t cfg_hash)
{
	size_t at = mix(name, cfg_hash) & g->units_at.mask;
	for (; g->units_at.slots[at]; at = (at + 1) & g->units_at.mask) {
		const struct unit *u = &g->units.items[g->units_at.slots[at] - 1];
		if (u->name == name && u->cfg_hash == cfg_hash)
			return g->units_at.slots[at] - 1;
	}
	uint32_t index = new_unit(g, name, cfg_hash);
	if (index == NONE)
		return NONE;
	g->units_at.slots[at] = index + 1;
	join_bucket(g);
	return index;
}

static int place_record(struct grouper *g, uint32_t profile, size_t record, uint64_t cfg_hash)
{
	uint32_t name = g->name_of[record];
	const struct name *n = &g->names.items[name];
	uint64_t known = cfg_hash ? cfg_hash : n->known ? n->known : g->normals.items[n->normal].known;
	uint32_t index = unit_of(g, name, known);
	if (index != NONE && g->units.items[index].last_profile == profile && cfg_hash != known)
		index = unit_of(g, name, 0); /* the profile has a record of that very hash too */
	if (index != NONE && g->units.items[index].last_profile == profile)
		index = new_unit(g, name, known); /* alike in name and hash, which readers do not hand out */
	if (index == NONE)
		return -1;
	struct unit *u = &g->units.items[index];
	if (u->last == NONE)
		u->first = (uint32_t)record;
	else
		g->next[u->last] = (uint32_t)record;
	g->next[record] = NONE;
	u->last = (uint32_t)record;
	u->last_profile = profile;
	u->profile_count++;
	return 0;
}

/** Profile by profile, records of known hash first: they have the first right to it. */
static int place_records(struct grouper *g)
{
	for (size_t k = 0; k < g->profile_count; k++)
		for (int unknown = 0; unknown < 2; unknown++)
			for (size_t i = 0; i < g->profiles[k]->function_count; i++) {
				uint64_t cfg_hash = pgo_function_head(g->profiles[k], i).cfg_hash;
				if ((cfg_hash == 0) == unknown &&
				    place_record(g, (uint32_t)k, g->out->first[k] + i, cfg_hash))
					return -1;
			}
	return 0;
}

static int compare_orders(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

static size_t profile_of(const struct grouper *g, size_t record)
{
	size_t low = 0, high = g->profile_count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		*(record < g->out->first[middle] ? &high : &low) = middle;
	}
	return low;
}

/** Number the groups of a bucket from `group` on. @return the first number after them */
static size_t number_bucket(struct grouper *g, const struct bucket *b, size_t group)
{
	size_t count = 0, after = group;
	for (uint32_t u = b->first; u != NONE; u = g->units.items[u].next)
		g->order[count++] = (uint64_t)(UINT32_MAX - g->units.items[u].profile_count) << 32 | u;
	if (count > 1)
		qsort(g->order, count, sizeof *g->order, compare_orders);
	for (size_t i = 0; i < count; i++) {
		uint32_t first = g->units.items[(uint32_t)g->order[i]].first, turn = 0;
		for (uint32_t r = first; r != NONE && count > 1; r = g->next[r])
			turn = g->turn[profile_of(g, r)] > turn ? g->turn[profile_of(g, r)] : turn;
		for (uint32_t r = first; r != NONE; r = g->next[r]) {
			g->out->of[r] = (uint32_t)(group + turn);
			if (count > 1)
				g->turn[profile_of(g, r)] = turn + 1;
		}
		after = group + turn + 1 > after ? group + turn + 1 : after;
	}
	for (size_t i = 0; i < count && count > 1; i++)
		for (uint32_t r = g->units.items[(uint32_t)g->order[i]].first; r != NONE; r = g->next[r])
			g->turn[profile_of(g, r)] = 0;
	return after;
}

static int prepare(struct grouper *g)
{
	struct pgo_groups *out = g->out;
	uint32_t longest = 0;
	out->first = calloc(g->profile_count + 1, sizeof *out->first);
	if (!out->first)
		return -1;
	g->positional = true;
	for (size_t k = 0; k < g->profile_count; k++) {
		const struct pgo_profile *p = g->profiles[k];
		out->first[k + 1] = out->first[k] + p->function_count;
		g->positional &= !p->keys;
		for (size_t i = 0; i < p->function_count; i++) {
			uint32_t length = pgo_function_head(p, i).name_length;
			longest = length > longest ? length : longest;
		}
	}
	size_t records = g->record_count = out->first[g->profile_count];
	if (records >= NONE)
		return -1;
	out->of = malloc((records + 1) * sizeof *out->of);
	out->named = malloc((records + 1) * sizeof *out->named);
	g->name_of = malloc((records + 1) * sizeof *g->name_of);
	g->next = malloc((records + 1) * sizeof *g->next);
	g->order = malloc((records + 1) * sizeof *g->order);
	g->turn = calloc(g->profile_count + 1, sizeof *g->turn);
	g->scratch[0] = malloc((size_t)longest + 1);
	g->scratch[1] = malloc((size_t)longest + 1);
	return out->of && out->named && g->name_of && g->next && g->order && g->turn && g->scratch[0] &&
			       g->scratch[1] && table_init(&g->names_at, records) == 0 &&
			       table_init(&g->normals_at, records) == 0 && table_init(&g->units_at, records) == 0 &&
			       table_init(&g->buckets_at, records) == 0
		       ? 0
		       : -1;
}

int pgo_groups_find(struct pgo_groups *out, const struct pgo_profile *const *profiles, size_t count)
{
	*out = (struct pgo_groups){0};
	struct grouper g = {.profiles = profiles, .profile_count = count, .out = out};
	int rc = prepare(&g) || meet_names(&g) || place_records(&g) ? PGO_ENOMEM : PGO_OK;
	for (size_t b = 0; rc == PGO_OK && b < g.buckets.count; b++)
		out->group_count = number_bucket(&g, &g.buckets.items[b], out->group_count);
	free(g.names_at.slots);
	free(g.normals_at.slots);
	free(g.units_at.slots);
	free(g.buckets_at.slots);
	free(g.names.items);
	free(g.normals.items);
	free(g.units.items);
	free(g.buckets.items);
	free(g.references.items);
	free(g.scratch[0]);
	free(g.scratch[1]);
	free(g.name_of);
	free(g.next);
	free(g.turn);
	free(g.order);
	return rc;
}

void pgo_groups_release(struct pgo_groups *groups)
{
	free(groups->first);
	free(groups->of);
	free(groups->named);
	*groups = (struct pgo_groups){0};
}
