/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "analysis/metrics/metrics.h"
#include "analysis/model/names.h"

/*
 * Two tiers. First by exact name: through a table addressed by the name's MD5 here, or, for two large indexed files in
 * the same hash order, by walking both side by side (walk.c). What is left on both sides is then joined by normalised
 * name. Records of one name are told apart by CFG hash and number of counters; should several be alike in all three,
 * the first of one side goes with the first of the other.
 */

enum state {
	STATE_FREE = 0,
	STATE_NAMED = 1, /* the other side has a record of this name, but not this one */
	STATE_MATCHED = 2,
	STATE_OUT = 3, /* the filter does not take it */
};

struct join_work {
	const struct pgo_profile *train, *test;
	enum pgo_record_filter filter;
	uint64_t *slots; /* upper half of the name reference, then index + 1; 0 is empty */
	uint64_t mask;
	uint8_t *train_state, *test_state;
	uint32_t *partner;
};

static void fill_slots(struct join_work *w)
{
	for (size_t i = 0; i < w->train->function_count; i++) {
		struct pgo_function f = pgo_function_head(w->train, i);
		if (!pgo_function_selected(&f, w->filter)) {
			w->train_state[i] = STATE_OUT;
			continue;
		}
		uint64_t at = f.name_ref & w->mask;
		while (w->slots[at])
			at = (at + 1) & w->mask;
		w->slots[at] = (f.name_ref & ~(uint64_t)UINT32_MAX) | (uint32_t)(i + 1);
	}
}

/* Training record i and test record t may be the same function. */
static void meet(struct join_work *w, size_t i, size_t t)
{
	struct pgo_function f = pgo_function_head(w->test, t), g = pgo_function_head(w->train, i);
	if (!pgo_same_name(&f, &g))
		return;
	if (w->train_state[i] == STATE_FREE)
		w->train_state[i] = STATE_NAMED;
	if (w->test_state[t] == STATE_FREE)
		w->test_state[t] = STATE_NAMED;
	if (w->train_state[i] == STATE_NAMED && w->test_state[t] == STATE_NAMED && pgo_same_record(&f, &g)) {
		w->train_state[i] = w->test_state[t] = STATE_MATCHED;
		w->partner[t] = (uint32_t)i;
	}
}

static void look_up(struct join_work *w)
{
	for (size_t t = 0; t < w->test->function_count; t++) {
		struct pgo_function f = pgo_function_head(w->test, t);
		w->partner[t] = PGO_NO_INDEX;
		if (!pgo_function_selected(&f, w->filter)) {
			w->test_state[t] = STATE_OUT;
			continue;
		}
		for (uint64_t at = f.name_ref & w->mask; w->slots[at]; at = (at + 1) & w->mask)
			if ((w->slots[at] ^ f.name_ref) >> 32 == 0)
				meet(w, (uint32_t)w->slots[at] - 1, t);
	}
}

static int gather(struct pgo_leftovers *l, unsigned side, const struct pgo_profile *p, const uint8_t *state)
{
	pgo_leftover_notes notes = {0};
	for (size_t i = 0; i < p->function_count; i++) {
		if (state[i] >= STATE_MATCHED)
			continue;
		struct pgo_function f = pgo_function_at(p, i);
		struct pgo_leftover *note =
			pgo_leftover_add(&notes, &f, pgo_function_ref(p, i), (uint32_t)i, state[i] == STATE_NAMED);
		if (!note) {
			pgo_vec_release(&notes);
			return PGO_ENOMEM;
		}
		note->sites = p->extra_count ? pgo_profile_extra(p, i).site_count : 0;
	}
	return pgo_leftovers_take(l, side, &notes);
}

int pgo_join_exact(struct pgo_join *out, const struct pgo_profile *train, const struct pgo_profile *test,
		   enum pgo_record_filter filter)
{
	size_t slots = 4;
	while (slots / 4 * 3 <= train->function_count) /* a quarter stays empty: a search always ends */
		slots *= 2;
	*out = (struct pgo_join){.partner = pgo_array_new(test->function_count, sizeof *out->partner)};
	struct join_work w = {.train = train,
			      .test = test,
			      .filter = filter,
			      .slots = calloc(slots, sizeof *w.slots),
			      .mask = slots - 1,
			      .train_state = calloc(train->function_count + 1, 1),
			      .test_state = calloc(test->function_count + 1, 1),
			      .partner = out->partner};
	int rc = PGO_ENOMEM;
	if (w.slots && w.train_state && w.test_state && w.partner) {
		fill_slots(&w);
		look_up(&w);
		rc = gather(&out->left, 0, train, w.train_state);
		if (rc == PGO_OK)
			rc = gather(&out->left, 1, test, w.test_state);
	}
	free(w.slots);
	free(w.train_state);
	free(w.test_state);
	return rc;
}

void pgo_join_release(struct pgo_join *join)
{
	free(join->partner);
	pgo_vec_release(&join->left.side[0]);
	pgo_vec_release(&join->left.side[1]);
	for (size_t i = 0; i < join->left.blocks.count; i++)
		free(join->left.blocks.items[i]);
	pgo_vec_release(&join->left.blocks);
	*join = (struct pgo_join){0};
}

/* The normalised name of a record, in `small` or on the heap: free() what differs from `small`. NULL: out of memory. */
enum { SMALL = 512 };
static char *normalized(const struct pgo_function *f, char small[SMALL], size_t *length)
{
	char *out = f->name_length + 1u <= SMALL ? small : malloc(f->name_length + 1u);
	if (out)
		*length = pgo_name_normalize(out, f->name, f->name_length);
	return out;
}

static int name_hash(uint64_t *out, const struct pgo_function *f)
{
	char small[SMALL];
	size_t length;
	char *name = normalized(f, small, &length);
	if (!name)
		return -1;
	*out = XXH3_64bits(name, length);
	if (name != small)
		free(name);
	return 0;
}

int pgo_leftovers_take(struct pgo_leftovers *l, unsigned side, pgo_leftover_notes *notes)
{
	if (pgo_vec_reserve(&l->side[side], notes->count) || pgo_vec_push(&l->blocks, notes->items)) {
		pgo_vec_release(notes);
		return PGO_ENOMEM;
	}
	for (size_t i = 0; i < notes->count; i++)
		l->side[side].items[l->side[side].count++] = &notes->items[i];
	*notes = (pgo_leftover_notes){0};
	return PGO_OK;
}

struct pgo_leftover *pgo_leftover_add(pgo_leftover_notes *notes, const struct pgo_function *f, uint64_t ref,
				      uint32_t index, bool named)
{
	struct pgo_leftover item = {.ref = ref,
				    .index = index,
				    .partner = PGO_NO_INDEX,
				    .named = named,
				    .idle = f->sum == 0,
				    .cfg_hash = f->cfg_hash,
				    .counter_count = f->counter_count};
	if (name_hash(&item.hash, f) || pgo_vec_push(notes, item))
		return NULL;
	return &notes->items[notes->count - 1];
}

/* Equal hashes do not make equal names. @return 1, 0, or -1 when out of memory */
static int same_normalized(const struct pgo_function *f, const struct pgo_function *g)
{
	char small_f[SMALL], small_g[SMALL];
	size_t f_length, g_length;
	char *a = normalized(f, small_f, &f_length), *b = normalized(g, small_g, &g_length);
	int same = a && b ? f_length == g_length && memcmp(a, b, f_length) == 0 : -1;
	if (a != small_f)
		free(a);
	if (b != small_g)
		free(b);
	return same;
}

/* Test leftover `t` with the training leftovers of its hash: a chain, in their order. */
static int meet_chain(struct pgo_leftovers *l, struct pgo_leftover *t, uint32_t first, const uint32_t *next,
		      const struct pgo_profile *train, const struct pgo_profile *test)
{
	for (uint32_t i = first; i != PGO_NO_INDEX; i = next[i]) {
		struct pgo_leftover *a = l->side[0].items[i];
		bool alike = a->cfg_hash == t->cfg_hash && a->counter_count == t->counter_count;
		if (a->hash != t->hash || (a->named && t->named && (a->matched || t->matched || !alike)))
			continue;
		/* not before: it has left the cache */
		struct pgo_function f = pgo_ref_head(test, t->ref), g = pgo_ref_head(train, a->ref);
		int same = same_normalized(&f, &g);
		if (same < 0)
			return PGO_ENOMEM;
		if (!same)
			continue;
		a->named = t->named = true;
		if (!t->matched && !a->matched && alike) {
			a->matched = t->matched = true;
			t->partner = i;
		}
	}
	return PGO_OK;
}

int pgo_join_leftovers(struct pgo_leftovers *l, const struct pgo_profile *train, const struct pgo_profile *test)
{
	size_t count = l->side[0].count, slots = 4;
	while (slots < 2 * count)
		slots *= 2;
	uint32_t *first = malloc(slots * sizeof *first), *next = pgo_array_new(count, sizeof *next);
	int rc = first && next ? PGO_OK : PGO_ENOMEM;
	if (rc == PGO_OK) {
		memset(first, 0xff, slots * sizeof *first); /* PGO_NO_INDEX */
		for (size_t i = count; i-- > 0;) {
			uint64_t at = l->side[0].items[i]->hash & (slots - 1);
			next[i] = first[at];
			first[at] = (uint32_t)i;
		}
	}
	for (size_t t = 0; rc == PGO_OK && t < l->side[1].count; t++) {
		struct pgo_leftover *item = l->side[1].items[t];
		rc = meet_chain(l, item, first[item->hash & (slots - 1)], next, train, test);
	}
	free(first);
	free(next);
	return rc;
}
