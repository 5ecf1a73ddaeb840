/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

/*
 * Two tiers. First by exact name, through a table addressed by the low bits of the name's MD5: indexed profiles list
 * their functions in that very order, so table and profiles are walked nearly in sequence. What is left on both sides
 * is then joined by normalised name. Records of one name are told apart by CFG hash and number of counters; should
 * several be alike in all three, the first of one side goes with the first of the other.
 */

enum state {
	STATE_FREE = 0,
	STATE_NAMED = 1, /* the other side has a record of this name, but not this one */
	STATE_MATCHED = 2,
};

struct join_work {
	const struct pgo_profile *train, *test;
	enum pgo_record_filter filter;
	uint64_t *slots; /* upper half of the name reference, then index + 1; 0 is empty */
	uint64_t mask;
	uint8_t *train_state, *test_state;
	uint32_t *partner; /* of each test record */
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
		const struct pgo_function *f = &w->train->functions[i];
		if (!taken(f, w->filter))
			continue;
		uint64_t at = f->name_ref & w->mask;
		while (w->slots[at])
			at = (at + 1) & w->mask;
		w->slots[at] = (f->name_ref & ~(uint64_t)UINT32_MAX) | (uint32_t)(i + 1);
	}
}

static void join_exact(struct join_work *w, size_t index)
{
	const struct pgo_function *f = &w->test->functions[index];
	bool named = false;

	for (uint64_t at = f->name_ref & w->mask; w->slots[at]; at = (at + 1) & w->mask) {
		if ((w->slots[at] ^ f->name_ref) >> 32)
			continue;
		uint32_t i = (uint32_t)w->slots[at] - 1;
		const struct pgo_function *g = &w->train->functions[i];
		if (g->name_ref != f->name_ref || g->name_length != f->name_length ||
		    (f->name_length && memcmp(g->name, f->name, f->name_length) != 0))
			continue;
		named = true;
		if (w->train_state[i] != STATE_MATCHED)
			w->train_state[i] = STATE_NAMED;
		if (w->train_state[i] != STATE_MATCHED && w->partner[index] == PGO_NO_INDEX && same_record(f, g)) {
			w->train_state[i] = STATE_MATCHED;
			w->partner[index] = i;
		}
	}
	w->test_state[index] = w->partner[index] != PGO_NO_INDEX ? STATE_MATCHED : named ? STATE_NAMED : STATE_FREE;
}

/* A record the first tier left, with its normalised name. */
struct leftover {
	const char *name;
	uint32_t length;
	uint32_t index;
	uint64_t hash; /* orders groups; any hash that depends on the bytes alone will do */
	bool test;
};

static uint64_t fnv1a(const char *s, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

static int compare_names(const struct leftover *a, const struct leftover *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->name, b->name, a->length);
}

static int compare_leftovers(const void *x, const void *y)
{
	const struct leftover *a = x, *b = y;
	int names = compare_names(a, b);
	if (names)
		return names;
	if (a->test != b->test)
		return a->test ? 1 : -1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* One normalised name: group[0..split) on the training side, group[split..count) on the other. */
static void join_group(struct join_work *w, const struct leftover *group, size_t split, size_t count)
{
	if (split == 0 || split == count)
		return;
	for (size_t j = split; j < count; j++) {
		uint32_t t = group[j].index;
		for (size_t i = 0; i < split && w->test_state[t] != STATE_MATCHED; i++) {
			uint32_t a = group[i].index;
			if (w->train_state[a] == STATE_MATCHED ||
			    !same_record(&w->train->functions[a], &w->test->functions[t]))
				continue;
			w->train_state[a] = w->test_state[t] = STATE_MATCHED;
			w->partner[t] = a;
		}
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t *state = group[i].test ? &w->test_state[group[i].index] : &w->train_state[group[i].index];
		if (*state == STATE_FREE)
			*state = STATE_NAMED;
	}
}

static void measure_leftovers(const struct join_work *w, const struct pgo_profile *p, const uint8_t *state,
			      size_t *count, size_t *bytes)
{
	for (size_t i = 0; i < p->function_count; i++)
		if (state[i] != STATE_MATCHED && taken(&p->functions[i], w->filter)) {
			++*count;
			*bytes += p->functions[i].name_length + 1u;
		}
}

static char *collect_leftovers(const struct join_work *w, bool test, struct leftover **at, char *arena)
{
	const struct pgo_profile *p = test ? w->test : w->train;
	const uint8_t *state = test ? w->test_state : w->train_state;
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function *f = &p->functions[i];
		if (state[i] == STATE_MATCHED || !taken(f, w->filter))
			continue;
		size_t length = pgo_name_normalize(arena, f->name, f->name_length);
		*(*at)++ = (struct leftover){.name = arena,
					     .length = (uint32_t)length,
					     .index = (uint32_t)i,
					     .hash = fnv1a(arena, length),
					     .test = test};
		arena += length;
	}
	return arena;
}

static int join_normalized(struct join_work *w)
{
	size_t train_count = 0, test_count = 0, bytes = 0;
	measure_leftovers(w, w->train, w->train_state, &train_count, &bytes);
	measure_leftovers(w, w->test, w->test_state, &test_count, &bytes);
	if (train_count == 0 || test_count == 0)
		return PGO_OK;

	size_t count = train_count + test_count;
	struct leftover *items = calloc(count, sizeof *items);
	char *arena = malloc(bytes);
	int rc = PGO_ENOMEM;
	if (!items || !arena)
		goto done;
	struct leftover *at = items;
	collect_leftovers(w, true, &at, collect_leftovers(w, false, &at, arena));
	qsort(items, count, sizeof *items, compare_leftovers);
	for (size_t i = 0, end; i < count; i = end) {
		size_t split = 0;
		for (end = i; end < count && compare_names(&items[i], &items[end]) == 0; end++)
			split += !items[end].test;
		join_group(w, items + i, split, end - i);
	}
	rc = PGO_OK;
done:
	free(items);
	free(arena);
	return rc;
}

static void list_pairs(struct pgo_join *out, const struct join_work *w)
{
	for (size_t i = 0; i < w->test->function_count; i++) {
		if (!taken(&w->test->functions[i], w->filter))
			continue;
		uint32_t join = w->test_state[i] == STATE_MATCHED ? PGO_JOIN_MATCHED
				: w->test_state[i] == STATE_NAMED ? PGO_JOIN_MISMATCHED
								  : PGO_JOIN_ONLY_TEST;
		out->mismatched_test += join == PGO_JOIN_MISMATCHED;
		out->pairs[out->count++] = (struct pgo_pair){w->partner[i], (uint32_t)i, join};
	}
	for (size_t i = 0; i < w->train->function_count; i++) {
		if (w->train_state[i] == STATE_MATCHED || !taken(&w->train->functions[i], w->filter))
			continue;
		uint32_t join = w->train_state[i] == STATE_NAMED ? PGO_JOIN_MISMATCHED : PGO_JOIN_ONLY_TRAIN;
		out->mismatched_train += join == PGO_JOIN_MISMATCHED;
		out->pairs[out->count++] = (struct pgo_pair){(uint32_t)i, PGO_NO_INDEX, join};
	}
}

int pgo_join_build(struct pgo_join *out, const struct pgo_profile *train, const struct pgo_profile *test,
		   enum pgo_record_filter filter)
{
	struct join_work w = {.train = train, .test = test, .filter = filter};
	struct pgo_join join = {0};
	size_t slots = 4;
	int rc = PGO_ENOMEM;

	/* A quarter of the slots stays empty: a search always ends. */
	while (slots / 4 * 3 <= train->function_count)
		slots *= 2;
	w.mask = slots - 1;
	w.slots = pgo_array_new(slots, sizeof *w.slots);
	w.train_state = calloc(train->function_count + 1, 1);
	w.test_state = calloc(test->function_count + 1, 1);
	w.partner = malloc((test->function_count + 1) * sizeof *w.partner);
	join.pairs = pgo_array_new(train->function_count + test->function_count, sizeof *join.pairs);
	if (!w.slots || !w.train_state || !w.test_state || !w.partner || !join.pairs)
		goto done;
	memset(w.slots, 0, slots * sizeof *w.slots);
	fill_slots(&w);
	memset(w.partner, 0xff, (test->function_count + 1) * sizeof *w.partner);
	for (size_t i = 0; i < test->function_count; i++)
		if (taken(&test->functions[i], filter))
			join_exact(&w, i);
	rc = join_normalized(&w);
	if (rc)
		goto done;
	list_pairs(&join, &w);
	*out = join;
	join.pairs = NULL;
done:
	free(w.slots);
	free(w.train_state);
	free(w.test_state);
	free(w.partner);
	free(join.pairs);
	return rc;
}

void pgo_join_release(struct pgo_join *join)
{
	free(join->pairs);
	*join = (struct pgo_join){0};
}
