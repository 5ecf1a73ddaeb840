/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"
#include "analysis/model/tally.h"

/*
 * Two tiers. First by exact name: where both profiles list their functions in the order of the same low bits of the
 * name's MD5, as indexed files of about the same size do, by walking both side by side, in parts that are independent
 * of one another; else through a table addressed by those bits. What is left on both sides is then joined by normalised
 * name. Records of one name are told apart by CFG hash and number of counters; should several be alike in all three,
 * the first of one side goes with the first of the other.
 */

#define WALKS 32 /* parts of the walk */

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
	struct pgo_pair *pairs; /* of the test records */
};

static bool taken(const struct pgo_function *f, enum pgo_record_filter filter)
{
	return pgo_function_selected(f, filter);
}

static bool same_record(const struct pgo_function *a, const struct pgo_function *b)
{
	return a->cfg_hash == b->cfg_hash && a->counter_count == b->counter_count;
}

static void fill_slots(struct join_work *w)
{
	for (size_t i = 0; i < w->train->function_count; i++) {
		struct pgo_function f = pgo_function_head(w->train, i);
		if (!taken(&f, w->filter)) {
			w->train_state[i] = STATE_OUT;
			continue;
		}
		uint64_t at = f.name_ref & w->mask;
		while (w->slots[at])
			at = (at + 1) & w->mask;
		w->slots[at] = (f.name_ref & ~(uint64_t)UINT32_MAX) | (uint32_t)(i + 1);
	}
}

static bool same_name(const struct pgo_function *a, const struct pgo_function *b)
{
	return a->name_ref == b->name_ref && a->name_length == b->name_length &&
	       (a->name_length == 0 || memcmp(a->name, b->name, a->name_length) == 0);
}

/* Training record i and test record t may be the same function. */
static void meet(struct join_work *w, size_t i, size_t t)
{
	struct pgo_function f = pgo_function_head(w->test, t), g = pgo_function_head(w->train, i);
	if (!same_name(&f, &g))
		return;
	if (w->train_state[i] == STATE_FREE)
		w->train_state[i] = STATE_NAMED;
	if (w->test_state[t] == STATE_FREE)
		w->test_state[t] = STATE_NAMED;
	if (w->train_state[i] == STATE_NAMED && w->test_state[t] == STATE_NAMED && same_record(&f, &g)) {
		w->train_state[i] = w->test_state[t] = STATE_MATCHED;
		w->pairs[t] = (struct pgo_pair){(uint32_t)i, (uint32_t)t, PGO_JOIN_MATCHED};
	}
}

static void join_by_table(struct join_work *w)
{
	fill_slots(w);
	for (size_t t = 0; t < w->test->function_count; t++) {
		struct pgo_function f = pgo_function_head(w->test, t);
		w->pairs[t] = (struct pgo_pair){PGO_NO_INDEX, PGO_NO_INDEX, PGO_JOIN_COUNT};
		if (!taken(&f, w->filter)) {
			w->test_state[t] = STATE_OUT;
			continue;
		}
		for (uint64_t at = f.name_ref & w->mask; w->slots[at]; at = (at + 1) & w->mask)
			if ((w->slots[at] ^ f.name_ref) >> 32 == 0)
				meet(w, (uint32_t)w->slots[at] - 1, t);
	}
}

static uint64_t key_of(const struct pgo_profile *p, size_t index)
{
	return pgo_name_ref_at(p, index) & p->hash_mask;
}

/* First record with a key of at least `key`. */
static size_t lower_bound(const struct pgo_profile *p, uint64_t key)
{
	size_t low = 0, high = p->function_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (key_of(p, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void mark_out(const struct join_work *w, const struct pgo_profile *p, uint8_t *state, size_t first, size_t last)
{
	const struct pgo_tally *others =
		p->tally[w->filter == PGO_RECORDS_NORMAL ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL];
	if (others && others->found.function_count + others->found.pseudo_functions == 0)
		return; /* all are taken, and it took no look at any of them to know */
	for (size_t i = first; i < last; i++) {
		struct pgo_function f = pgo_function_head(p, i);
		if (!taken(&f, w->filter))
			state[i] = STATE_OUT;
	}
}

/* Part `index` of WALKS of the keys: no other part meets these records. */
static void walk_job(void *context, size_t index)
{
	struct join_work *w = context;
	uint64_t step = w->test->hash_mask / WALKS + 1;
	size_t i = lower_bound(w->train, step * index), i_end = lower_bound(w->train, step * (index + 1));
	size_t t = lower_bound(w->test, step * index), t_end = lower_bound(w->test, step * (index + 1));
	mark_out(w, w->train, w->train_state, i, i_end);
	mark_out(w, w->test, w->test_state, t, t_end);
	for (; t < t_end; t++) {
		w->pairs[t] = (struct pgo_pair){PGO_NO_INDEX, PGO_NO_INDEX, PGO_JOIN_COUNT};
		uint64_t key = key_of(w->test, t);
		while (i < i_end && key_of(w->train, i) < key)
			i++;
		for (size_t k = i; k < i_end && key_of(w->train, k) == key; k++)
			if (w->train_state[k] != STATE_OUT && w->test_state[t] != STATE_OUT)
				meet(w, k, t);
	}
}

/* A record the first step left, with its normalised name. */
struct leftover {
	const char *name;
	uint32_t length;
	uint32_t index;
	bool test;
	uint32_t partner; /* of a test record: the training record it is joined with */
	uint8_t state;
};

struct leftovers {
	struct leftover *items; /* test records first, each side in order */
	size_t test_count, count;
	char *arena;
};

static uint64_t fnv1a(const char *s, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

static bool same_text(const struct leftover *a, const struct leftover *b)
{
	return a->length == b->length && memcmp(a->name, b->name, a->length) == 0;
}

/* Training record `a` and test record `b` have the same normalised name. */
static void meet_leftovers(struct leftover *a, struct leftover *b, const struct pgo_profile *train,
			   const struct pgo_profile *test)
{
	if (a->state == STATE_FREE)
		a->state = STATE_NAMED;
	if (b->state == STATE_FREE)
		b->state = STATE_NAMED;
	struct pgo_function f = pgo_function_head(train, a->index), g = pgo_function_head(test, b->index);
	if (a->state == STATE_NAMED && b->state == STATE_NAMED && same_record(&f, &g)) {
		a->state = b->state = STATE_MATCHED;
		b->partner = a->index;
	}
}

static void gather(struct leftovers *l, const struct pgo_profile *p, const uint8_t *state, bool test, char **arena)
{
	for (size_t i = 0; i < p->function_count; i++) {
		if (state[i] >= STATE_MATCHED)
			continue;
		struct pgo_function f = pgo_function_head(p, i);
		size_t length = pgo_name_normalize(*arena, f.name, f.name_length);
		l->items[l->count++] = (struct leftover){.name = *arena,
							 .length = (uint32_t)length,
							 .index = (uint32_t)i,
							 .test = test,
							 .partner = PGO_NO_INDEX,
							 .state = state[i]};
		*arena += length;
	}
	if (test)
		l->test_count = l->count;
}

static void measure(const struct pgo_profile *p, const uint8_t *state, size_t *count, size_t *bytes)
{
	for (size_t i = 0; i < p->function_count; i++)
		if (state[i] < STATE_MATCHED) {
			++*count;
			*bytes += pgo_function_head(p, i).name_length + 1u;
		}
}

/* Groups of one hash; within a group names are compared, so equal hashes of different names do no harm. */
static int join_groups(struct leftovers *l, const struct pgo_profile *train, const struct pgo_profile *test)
{
	struct pgo_keyed *order = pgo_array_new(l->count, sizeof *order);
	if (!order)
		return PGO_ENOMEM;
	for (size_t i = 0; i < l->count; i++)
		order[i] = (struct pgo_keyed){.key = fnv1a(l->items[i].name, l->items[i].length), .index = (uint32_t)i};
	int rc = pgo_sort_keyed(order, l->count);
	for (size_t i = 0, end; rc == PGO_OK && i < l->count; i = end) {
		for (end = i + 1; end < l->count && order[end].key == order[i].key; end++) {
		}
		for (size_t b = i; b < end; b++) /* the sort is stable: either side's records are in their order */
			for (size_t a = i; a < end && l->items[order[b].index].test; a++) {
				struct leftover *x = &l->items[order[a].index], *y = &l->items[order[b].index];
				if (!x->test && same_text(x, y))
					meet_leftovers(x, y, train, test);
			}
	}
	free(order);
	return rc;
}

static void list_leftovers(struct pgo_join *join, const struct leftovers *l, uint8_t *train_state)
{
	for (size_t i = 0; i < l->test_count; i++) {
		const struct leftover *b = &l->items[i];
		uint32_t class = b->state == STATE_MATCHED ? PGO_JOIN_MATCHED
				 : b->state == STATE_NAMED ? PGO_JOIN_MISMATCHED
							   : PGO_JOIN_ONLY_TEST;
		join->mismatched_test += class == PGO_JOIN_MISMATCHED;
		join->pairs[join->count++] = (struct pgo_pair){b->partner, b->index, class};
		if (b->partner != PGO_NO_INDEX)
			train_state[b->partner] = STATE_MATCHED;
	}
	for (size_t i = l->test_count; i < l->count; i++) {
		const struct leftover *a = &l->items[i];
		if (a->state == STATE_MATCHED)
			continue;
		uint32_t class = a->state == STATE_NAMED ? PGO_JOIN_MISMATCHED : PGO_JOIN_ONLY_TRAIN;
		join->mismatched_train += class == PGO_JOIN_MISMATCHED;
		join->pairs[join->count++] = (struct pgo_pair){a->index, PGO_NO_INDEX, class};
	}
}

int pgo_join_rest(struct pgo_join *join, const struct pgo_profile *train, const struct pgo_profile *test)
{
	struct leftovers l = {0};
	size_t count = 0, bytes = 1;
	int rc = PGO_ENOMEM;
	measure(test, join->test_state, &count, &bytes);
	measure(train, join->train_state, &count, &bytes);
	l.items = pgo_array_new(count, sizeof *l.items);
	l.arena = malloc(bytes);
	char *arena = l.arena;
	if (!l.items || !l.arena)
		goto done;
	gather(&l, test, join->test_state, true, &arena);
	gather(&l, train, join->train_state, false, &arena);
	rc = join_groups(&l, train, test);
	if (rc == PGO_OK)
		list_leftovers(join, &l, join->train_state);
done:
	free(l.items);
	free(l.arena);
	return rc;
}

static int join_by_name(struct join_work *w, unsigned threads)
{
	if (w->train->hash_mask && w->train->hash_mask == w->test->hash_mask) {
		pgo_parallel(walk_job, w, WALKS, threads);
		return PGO_OK;
	}
	size_t slots = 4;
	while (slots / 4 * 3 <= w->train->function_count) /* a quarter stays empty: a search always ends */
		slots *= 2;
	w->mask = slots - 1;
	w->slots = calloc(slots, sizeof *w->slots);
	if (!w->slots)
		return PGO_ENOMEM;
	join_by_table(w);
	free(w->slots);
	return PGO_OK;
}

int pgo_join_exact(struct pgo_join *out, const struct pgo_profile *train, const struct pgo_profile *test,
		   enum pgo_record_filter filter, unsigned threads)
{
	*out = (struct pgo_join){
		.train_state = calloc(train->function_count + 1, 1),
		.test_state = calloc(test->function_count + 1, 1),
		/* a test record may have a void row and one further down */
		.pairs = pgo_array_new(train->function_count + 2 * test->function_count, sizeof *out->pairs),
		.matched_rows = test->function_count,
		.count = test->function_count};
	if (!out->train_state || !out->test_state || !out->pairs)
		return PGO_ENOMEM;
	struct join_work w = {.train = train,
			      .test = test,
			      .filter = filter,
			      .train_state = out->train_state,
			      .test_state = out->test_state,
			      .pairs = out->pairs};
	return join_by_name(&w, threads);
}

void pgo_join_release(struct pgo_join *join)
{
	free(join->pairs);
	free(join->train_state);
	free(join->test_state);
	*join = (struct pgo_join){0};
}
