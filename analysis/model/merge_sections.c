/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding up what belongs to a profile as a whole: temporal traces, build ids, vtable names. */
#include <xxhash.h>

#include "analysis/model/merge.h"

/* LLVM's defaults. Source: llvm-profdata merge --help. */
#define TRACES_KEPT 100
#define TRACE_LENGTH_MOST 10000

/* Traces ----------------------------------------------------------------------------------------------------------- */

static int compare_content(const struct pgo_sum_trace *a, const struct pgo_sum_trace *b)
{
	if (a->digest != b->digest)
		return a->digest < b->digest ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return memcmp(a->refs, b->refs, a->count * sizeof *a->refs);
}

static int compare_traces(const struct pgo_sum_trace *a, const struct pgo_sum_trace *b)
{
	int order = compare_content(a, b);
	return order ? order : a->weight < b->weight ? -1 : a->weight > b->weight;
}

/** Put a trace in its place, and drop the last one when there are too many. Its refs are copied. */
static int keep_trace(struct pgo_merge *m, const struct pgo_sum_trace *t)
{
	size_t at = 0;
	while (at < m->traces.count && compare_traces(&m->traces.items[at], t) < 0)
		at++;
	if (at < m->traces.count && compare_traces(&m->traces.items[at], t) == 0) {
		m->traces.items[at].copies++;
		return 0;
	}
	if (at == TRACES_KEPT)
		return 0;
	struct pgo_sum_trace copy = *t;
	copy.refs = malloc(t->count * sizeof *t->refs);
	if (!copy.refs || pgo_vec_reserve(&m->traces, 1)) {
		free(copy.refs);
		return -1;
	}
	memcpy(copy.refs, t->refs, t->count * sizeof *t->refs);
	memmove(m->traces.items + at + 1, m->traces.items + at, (m->traces.count - at) * sizeof copy);
	m->traces.items[at] = copy;
	if (++m->traces.count > TRACES_KEPT)
		free(m->traces.items[--m->traces.count].refs);
	return 0;
}

static int add_traces(struct pgo_merge *m, const struct pgo_profile *p, const struct pgo_merge_weight *w)
{
	m->traces_seen += p->traces_seen > p->trace_count ? p->traces_seen : p->trace_count;
	for (size_t i = 0; i < p->trace_count; i++) {
		const struct pgo_trace *from = &p->traces[i];
		struct pgo_sum_trace t = {
			.weight = w->factor > 0 ? from->weight : pgo_weigh(from->weight, w),
			.copies = 1,
			.refs = p->trace_refs + from->first,
			.count = from->count > TRACE_LENGTH_MOST ? TRACE_LENGTH_MOST : (size_t)from->count,
		};
		if (t.count == 0)
			continue;
		m->trace_copies++;
		t.digest = XXH3_64bits(t.refs, t.count * sizeof *t.refs);
		if (keep_trace(m, &t))
			return -1;
	}
	return 0;
}

static int push_trace(struct pgo_builder *b, const struct pgo_sum_trace *t, uint64_t weight)
{
	struct pgo_trace trace = {.weight = weight, .first = b->trace_refs.count, .count = t->count};
	if (pgo_vec_reserve(&b->trace_refs, t->count) || pgo_vec_push(&b->traces, trace))
		return -1;
	memcpy(b->trace_refs.items + b->trace_refs.count, t->refs, t->count * sizeof *t->refs);
	b->trace_refs.count += t->count;
	return 0;
}

static int finish_traces(struct pgo_merge *m, struct pgo_builder *b)
{
	b->traces_seen = m->traces_seen;
	if (m->trace_copies <= TRACES_KEPT) {
		for (size_t i = 0; i < m->traces.count; i++)
			for (uint64_t c = 0; c < m->traces.items[i].copies; c++)
				if (push_trace(b, &m->traces.items[i], m->traces.items[i].weight))
					return -1;
		return 0;
	}
	for (size_t i = 0, next; i < m->traces.count; i = next) {
		uint64_t weight = 0;
		for (next = i;
		     next < m->traces.count && compare_content(&m->traces.items[i], &m->traces.items[next]) == 0;
		     next++) {
			const struct pgo_merge_weight copies = {.times = m->traces.items[next].copies};
			weight = pgo_add_limited(weight, pgo_weigh(m->traces.items[next].weight, &copies));
		}
		if (push_trace(b, &m->traces.items[i], weight))
			return -1;
	}
	return 0;
}

/* Build ids -------------------------------------------------------------------------------------------------------- */

static int compare_ids(const struct pgo_build_id *a, const struct pgo_build_id *b)
{
	uint32_t common = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->bytes, b->bytes, common);
	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int add_build_ids(struct pgo_merge *m, const struct pgo_profile *p)
{
	for (size_t i = 0; i < p->build_id_count; i++) {
		size_t low = 0, high = m->build_ids.count;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (compare_ids(&m->build_ids.items[middle], &p->build_ids[i]) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < m->build_ids.count && compare_ids(&m->build_ids.items[low], &p->build_ids[i]) == 0)
			continue;
		if (pgo_vec_reserve(&m->build_ids, 1))
			return -1;
		memmove(m->build_ids.items + low + 1, m->build_ids.items + low,
			(m->build_ids.count - low) * sizeof *m->build_ids.items);
		m->build_ids.items[low] = p->build_ids[i];
		m->build_ids.count++;
	}
	return 0;
}

/* Vtable names ----------------------------------------------------------------------------------------------------- */

/** Runs of one program have the same block: those are not kept twice. */
static int add_vtable_names(struct pgo_merge *m, const struct pgo_profile *p)
{
	size_t length = (size_t)p->vtable_names_length;
	if (length == 0 || (length == m->last_vtables_length &&
			    memcmp(m->vtable_names.items + m->last_vtables, p->vtable_names, length) == 0))
		return 0;
	if (pgo_vec_reserve(&m->vtable_names, length + 1))
		return -1;
	if (m->vtable_names.count)
		m->vtable_names.items[m->vtable_names.count++] = '\1';
	m->last_vtables = m->vtable_names.count;
	m->last_vtables_length = length;
	memcpy(m->vtable_names.items + m->vtable_names.count, p->vtable_names, length);
	m->vtable_names.count += length;
	return 0;
}

struct piece {
	const char *text;
	size_t length;
};

static int compare_pieces(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;
	int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
	return order ? order : (a->length > b->length) - (a->length < b->length);
}

/** Sorted, each once. */
static int finish_vtable_names(const struct pgo_merge *m, struct pgo_builder *b)
{
	PGO_VEC(struct piece) pieces = {0};
	if (m->vtable_names.count == 0)
		return 0;
	const char *at = m->vtable_names.items, *end = at + m->vtable_names.count;
	int failed = pgo_vec_reserve(&b->vtable_names, m->vtable_names.count);
	while (at < end && !failed) {
		const char *stop = memchr(at, '\1', (size_t)(end - at));
		struct piece piece = {at, (size_t)((stop ? stop : end) - at)};
		failed = piece.length ? pgo_vec_push(&pieces, piece) : 0;
		at += piece.length + 1;
	}
	if (!failed && pieces.count)
		qsort(pieces.items, pieces.count, sizeof *pieces.items, compare_pieces);
	for (size_t i = 0; i < pieces.count && !failed; i++) {
		if (i && compare_pieces(&pieces.items[i - 1], &pieces.items[i]) == 0)
			continue;
		if (b->vtable_names.count)
			b->vtable_names.items[b->vtable_names.count++] = '\1';
		memcpy(b->vtable_names.items + b->vtable_names.count, pieces.items[i].text, pieces.items[i].length);
		b->vtable_names.count += pieces.items[i].length;
	}
	free(pieces.items);
	return failed;
}

int pgo_sum_add_sections(struct pgo_merge *m, const struct pgo_profile *p, const struct pgo_merge_weight *weight)
{
	return add_traces(m, p, weight) || add_build_ids(m, p) || add_vtable_names(m, p) ? -1 : 0;
}

int pgo_sum_finish_sections(struct pgo_merge *m, struct pgo_builder *b)
{
	b->build_ids.items = m->build_ids.items;
	b->build_ids.count = m->build_ids.count;
	b->build_ids.capacity = m->build_ids.capacity;
	m->build_ids.items = NULL;
	m->build_ids.count = m->build_ids.capacity = 0;
	return finish_traces(m, b) || finish_vtable_names(m, b) ? -1 : 0;
}
