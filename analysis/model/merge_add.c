/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding profiles up: which records are the same, and their counters. */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/model/merge.h"

/** Profiles that differ in one of these count different things. */
#define FLAGS_ALIKE                                                                                                    \
	(PGO_PROFILE_IR | PGO_PROFILE_ENTRY_FIRST | PGO_PROFILE_BYTE_COVERAGE | PGO_PROFILE_FN_ENTRY_ONLY |            \
	 PGO_PROFILE_LOOP_ENTRIES)

/** What keyed counters start with, so that few of them need not move. */
#define KEYS_AT_LEAST 4

int pgo_merge_new(struct pgo_merge **out, struct pgo_error *err)
{
	struct pgo_merge *m = calloc(1, sizeof *m);
	if (!m)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	*out = m;
	return PGO_OK;
}

void pgo_merge_free(struct pgo_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->warnings.count; i++)
		free(m->warnings.items[i]);
	for (size_t i = 0; i < m->traces.count; i++)
		free(m->traces.items[i].refs);
	free(m->first);
	free(m->records.items);
	free(m->index);
	free(m->names.items);
	free(m->counters.items);
	free(m->keys.items);
	free(m->extras.items);
	free(m->sites.items);
	free(m->values.items);
	free(m->bitmap.items);
	free(m->scratch.items);
	free(m->build_ids.items);
	free(m->vtable_names.items);
	free(m->traces.items);
	free(m->warnings.items);
	pgo_quarantine_free(m->quarantine);
	free(m);
}

size_t pgo_merge_count(const struct pgo_merge *m)
{
	return m->added;
}

int pgo_merge_warn(struct pgo_merge *m, struct pgo_error *err, const char *format, ...)
{
	char *text = NULL;
	if (m->warnings.count >= PGO_SUM_WARNINGS) {
		m->warnings_lost++;
		return PGO_OK;
	}
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length >= 0)
		pgo_printable(text, "");
	if (length >= 0 && pgo_vec_push(&m->warnings, text) == 0)
		return PGO_OK;
	if (length >= 0)
		free(text);
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

/* Finding the record ----------------------------------------------------------------------------------------------- */

static size_t slot_of(const struct pgo_merge *m, uint64_t name_ref, uint64_t cfg_hash)
{
	/* the low bits order the tables of indexed profiles: slots in that order stay in the cache */
	return (size_t)(name_ref ^ (cfg_hash * 0x9e3779b97f4a7c15ull >> 60)) & (m->index_size - 1);
}

static uint32_t tag_of(uint64_t name_ref, uint64_t cfg_hash)
{
	return (uint32_t)(name_ref >> 32) ^ (uint32_t)cfg_hash;
}

/** Room in the index for `more` records. */
static int reserve_index(struct pgo_merge *m, size_t more)
{
	size_t size = m->index_size ? m->index_size : 64;
	if (more > UINT32_MAX / 2 - m->records.count)
		return -1;
	while (size / 2 < m->records.count + more)
		size *= 2;
	if (size == m->index_size)
		return 0;
	struct pgo_sum_slot *index = calloc(size, sizeof *index);
	if (!index)
		return -1;
	pgo_prefer_huge_pages(index, size * sizeof *index);
	free(m->index);
	m->index = index;
	m->index_size = size;
	for (size_t i = 0; i < m->records.count; i++) {
		const struct pgo_sum_record *r = &m->records.items[i];
		size_t at = slot_of(m, r->name_ref, r->cfg_hash);
		while (m->index[at].number)
			at = (at + 1) & (size - 1);
		m->index[at] = (struct pgo_sum_slot){(uint32_t)i + 1, tag_of(r->name_ref, r->cfg_hash)};
	}
	return 0;
}

/** A record for `f` at a free slot of the index, without counters. */
static struct pgo_sum_record *new_record(struct pgo_merge *m, const struct pgo_function *f, bool pseudo, size_t slot,
					 bool rival)
{
	uint32_t number = (uint32_t)m->records.count;
	struct pgo_sum_record r = {.name_ref = f->name_ref,
				   .cfg_hash = f->cfg_hash,
				   .name = m->names.count,
				   .name_length = f->name_length,
				   .first_counter = m->counters.count,
				   .next = number + 1,
				   .pseudo = pseudo,
				   .rival = rival};
	if (pgo_vec_reserve(&m->names, f->name_length) || pgo_vec_push(&m->records, r))
		return NULL;
	if (f->name_length)
		memcpy(m->names.items + m->names.count, f->name, f->name_length);
	m->names.count += f->name_length;
	m->index[slot] = (struct pgo_sum_slot){number + 1, tag_of(f->name_ref, f->cfg_hash)};
	m->rivals |= rival;
	return &m->records.items[number];
}

/** The record `f` adds to, made when there is none. Profiles of one program have theirs in one order: try that first.
 */
static struct pgo_sum_record *find_record(struct pgo_merge *m, const struct pgo_function *f, bool pseudo)
{
	struct pgo_sum_record *r = m->expected < m->records.count ? &m->records.items[m->expected] : NULL;
	if (r && pgo_sum_same_function(m, r, f) && pgo_sum_same_shape(m, r, f, pseudo))
		return r;
	if (reserve_index(m, 1))
		return NULL;
	bool rival = false;
	size_t at = slot_of(m, f->name_ref, f->cfg_hash);
	const uint32_t tag = tag_of(f->name_ref, f->cfg_hash);
	for (; m->index[at].number; at = (at + 1) & (m->index_size - 1)) {
		if (m->index[at].tag != tag)
			continue;
		r = &m->records.items[m->index[at].number - 1];
		if (!pgo_sum_same_function(m, r, f))
			continue;
		if (pgo_sum_same_shape(m, r, f, pseudo))
			return r;
		r->rival = rival = true;
	}
	r = new_record(m, f, pseudo, at, rival);
	/* what was expected comes after it, perhaps */
	if (r && m->expected < m->records.count - 1)
		r->next = m->expected;
	return r;
}

/** Remember that this record came after the last one. */
static void expect_next(struct pgo_merge *m, const struct pgo_sum_record *r)
{
	uint32_t number = (uint32_t)(r - m->records.items);
	if (m->last != UINT32_MAX && m->records.items[m->last].next != number)
		m->records.items[m->last].next = number;
	m->last = number;
	m->expected = r->next;
}

/* Counters --------------------------------------------------------------------------------------------------------- */

/** Counters of a record that is new. */
static int copy_counters(struct pgo_merge *m, struct pgo_sum_record *r, const struct pgo_function *f,
			 const struct pgo_merge_weight *w)
{
	uint32_t count = f->counter_count;
	if (pgo_vec_reserve(&m->counters, (size_t)count + 1))
		return -1;
	uint64_t *to = m->counters.items + m->counters.count;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t c = f->counters[i];
		/* pseudo counts are no numbers; a larger counter than the limit would be taken for one */
		to[i] = r->pseudo ? c : pgo_weigh(c, w);
	}
	m->counters.count += count;
	r->counter_count = r->capacity = count;
	return 0;
}

/** Two pseudo records: hot (2^64-1) wins over warm. */
static void add_pseudo(uint64_t *to, const struct pgo_function *f)
{
	for (uint32_t i = 0; i < f->counter_count; i++)
		to[i] = f->counters[i] > to[i] ? f->counters[i] : to[i];
}

/** Room for `count` keyed counters of a record: where it is, or at the end. */
static int make_room(struct pgo_merge *m, struct pgo_sum_record *r, size_t count)
{
	if (count <= r->capacity)
		return 0;
	size_t capacity = count < KEYS_AT_LEAST ? KEYS_AT_LEAST : r->seen > 0 ? count * 2 : count;
	if (capacity > UINT32_MAX || pgo_vec_reserve(&m->counters, capacity) || pgo_vec_reserve(&m->keys, capacity))
		return -1;
	size_t to = m->counters.count;
	memcpy(m->counters.items + to, m->counters.items + r->first_counter, r->counter_count * sizeof(uint64_t));
	memcpy(m->keys.items + to, m->keys.items + r->first_counter, r->counter_count * sizeof(uint64_t));
	m->counters.count = m->keys.count = to + capacity;
	r->first_counter = to;
	r->capacity = (uint32_t)capacity;
	return 0;
}

/** Key of counter `i`: its position where the profile has none. */
static uint64_t key_of(const uint64_t *keys, uint32_t i)
{
	return keys ? keys[i] : i;
}

/** Add counters by key. Both sides rise; the union is made from its end, in place. */
static int add_keyed(struct pgo_merge *m, struct pgo_sum_record *r, const struct pgo_function *f, const uint64_t *keys,
		     const struct pgo_merge_weight *w)
{
	size_t fresh = 0;
	const uint64_t *have = m->keys.items + r->first_counter;
	for (uint32_t i = 0, j = 0; i < f->counter_count; i++) {
		while (j < r->counter_count && have[j] < key_of(keys, i))
			j++;
		fresh += j == r->counter_count || have[j] != key_of(keys, i);
	}
	if (make_room(m, r, r->counter_count + fresh))
		return -1;
	uint64_t *to_keys = m->keys.items + r->first_counter, *to = m->counters.items + r->first_counter;
	size_t j = r->counter_count, at = r->counter_count + fresh;
	r->counter_count = (uint32_t)at;
	for (uint32_t i = f->counter_count; i-- > 0;) {
		uint64_t key = key_of(keys, i), count = pgo_weigh(f->counters[i], w);
		for (; j && to_keys[j - 1] > key; j--) {
			to_keys[--at] = to_keys[j - 1];
			to[at] = to[j - 1];
		}
		if (j && to_keys[j - 1] == key) {
			count = pgo_add_limited(to[j - 1], count);
			j--;
		}
		to_keys[--at] = key;
		to[at] = count;
	}
	return 0;
}

static void note_most(struct pgo_merge *m, const struct pgo_sum_record *r)
{
	const uint64_t *counters = m->counters.items + r->first_counter;
	for (uint32_t i = 0; i < r->counter_count; i++)
		m->most = counters[i] > m->most ? counters[i] : m->most;
}

static int add_function(struct pgo_merge *m, const struct pgo_profile *p, const struct pgo_function *f,
			const struct pgo_function_extra *extra, const struct pgo_merge_weight *w)
{
	bool pseudo = p->pseudo_counts && f->counter_count && f->counters[0] >= PGO_COUNTER_PSEUDO;
	struct pgo_sum_record *r = find_record(m, f, pseudo);
	if (!r)
		return -1;
	expect_next(m, r);
	int failed = 0;
	if (m->keyed)
		failed = add_keyed(m, r, f, pgo_profile_keys(p, f), w);
	else if (r->seen == 0)
		failed = copy_counters(m, r, f, w);
	else if (pseudo)
		add_pseudo(m->counters.items + r->first_counter, f);
	else
		pgo_sum_add_counters(m->counters.items + r->first_counter, f->counters, f->counter_count, w);
	if (!m->keyed && !pseudo && failed == 0)
		note_most(m, r);
	if (failed == 0 && extra)
		failed = pgo_sum_add_extra(m, r, p, extra, w);
	r->seen += r->seen < UINT32_MAX;
	return failed;
}

/* A profile -------------------------------------------------------------------------------------------------------- */

/** The first profile with keys after others without: their counters are told apart by position from now on. */
static int start_keys(struct pgo_merge *m)
{
	struct pgo_merge old = *m;
	const struct pgo_merge_weight once = {.times = 1};
	int failed = 0;
	m->keyed = true;
	m->index = NULL;
	m->index_size = 0;
	memset(&m->records, 0, sizeof m->records);
	memset(&m->names, 0, sizeof m->names);
	memset(&m->counters, 0, sizeof m->counters);
	m->expected = 0;
	m->rivals = false;
	for (size_t i = 0; i < old.records.count && !failed; i++) {
		const struct pgo_sum_record *was = &old.records.items[i];
		struct pgo_function f = {.name = old.names.items + was->name,
					 .name_length = was->name_length,
					 .name_ref = was->name_ref,
					 .cfg_hash = was->cfg_hash,
					 .counter_count = was->counter_count,
					 .counters = (const pgo_count *)(old.counters.items + was->first_counter)};
		struct pgo_sum_record *r = find_record(m, &f, false);
		failed = !r || add_keyed(m, r, &f, NULL, &once);
		if (!failed)
			r->seen += was->seen;
	}
	free(old.records.items);
	free(old.names.items);
	free(old.counters.items);
	free(old.index);
	return failed ? -1 : 0;
}

static int check_alike(struct pgo_merge *m, const struct pgo_profile *p, const char *name, struct pgo_error *err)
{
	if (m->added && m->kind != p->kind)
		return pgo_error_set(err, PGO_EMISMATCH, "is a profile of another kind (%s) than '%s' (%s)",
				     pgo_profile_kind_name(p->kind), m->first, pgo_profile_kind_name(m->kind));
	if (!m->populated || p->function_count == 0 || ((p->flags ^ m->flags) & FLAGS_ALIKE) == 0)
		return PGO_OK;
	char ours[128], theirs[128];
	(void)name;
	pgo_profile_flags_text(p->flags, ours, sizeof ours);
	pgo_profile_flags_text(m->flags, theirs, sizeof theirs);
	int rc = pgo_error_set(err, PGO_EMISMATCH, "counts other things (%s) than '%s' (%s)", ours, m->first, theirs);
	pgo_error_hint(err, "merge profiles of one way of building only; pgo-analyze show says what one is");
	return rc;
}

/** What the sum is, after the first one with functions and those without. */
static int take_identity(struct pgo_merge *m, const struct pgo_profile *p, const char *name)
{
	bool first = m->added == 0;
	m->format = first || strcmp(m->format, p->format) == 0 ? p->format : "merge";
	m->version = first || m->version == p->version ? p->version : 0;
	m->kind = p->kind;
	m->input_bytes += p->input_bytes;
	if (!m->populated && p->function_count > 0) {
		m->flags &= ~(uint32_t)FLAGS_ALIKE;
		m->populated = true;
		free(m->first);
		m->first = NULL;
		m->flags |= p->flags;
	}
	m->flags |= m->populated ? p->flags & ~(uint32_t)FLAGS_ALIKE : p->flags;
	if (!m->first && !(m->first = strdup(name)))
		return -1;
	return p->keys && !m->keyed ? start_keys(m) : 0;
}

/** What was set aside in a profile. */
static int take_quarantine(struct pgo_merge *m, const struct pgo_quarantine *q, const char *name)
{
	if (!q)
		return 0;
	if (!m->quarantine && !(m->quarantine = calloc(1, sizeof *m->quarantine)))
		return -1;
	for (size_t i = 0; i < q->listed; i++) {
		struct pgo_error err = {.has_offset = q->items[i].has_offset,
					.is_line = q->items[i].is_line,
					.offset = q->items[i].offset};
		snprintf(err.message, sizeof err.message, "%s: %s", name, q->items[i].reason);
		if (pgo_quarantine_add(m->quarantine, q->items[i].name, strlen(q->items[i].name), &err))
			return -1;
	}
	m->quarantine->count += q->count - q->listed;
	return 0;
}

/** Room for what the first profile has and an eighth more: others have some of their own. */
static int reserve(struct pgo_merge *m, const struct pgo_profile *p)
{
	uint64_t records = p->function_count, counters = p->counter_count, names = records * 48;
	/* in place: what is neither counters nor heads is names */
	if (!p->functions && p->input_length > counters * 8 + records * 56)
		names = p->input_length - counters * 8 - records * 56;
	if (reserve_index(m, records) || pgo_vec_reserve(&m->records, records + records / 8 + 1) ||
	    pgo_vec_reserve(&m->counters, counters + counters / 8 + 1) ||
	    pgo_vec_reserve(&m->names, names + names / 8 + 1))
		return -1;
	pgo_vec_prefer_huge(&m->records);
	pgo_vec_prefer_huge(&m->counters);
	pgo_vec_prefer_huge(&m->names);
	return 0;
}

static const struct pgo_merge_weight once = {.times = 1};

static int add_functions(struct pgo_merge *m, const struct pgo_profile *p, const struct pgo_merge_weight *weight)
{
	int failed = 0;
	m->expected = 0;
	m->last = UINT32_MAX;
	for (size_t i = 0, e = 0; i < p->function_count && !failed; i++) {
		struct pgo_function f = pgo_function_head(p, i);
		while (e < p->extra_count && p->extras[e].function < i)
			e++;
		bool extra = e < p->extra_count && p->extras[e].function == i;
		failed = add_function(m, p, &f, extra ? &p->extras[e] : NULL, weight);
	}
	return failed;
}

bool pgo_merge_walkable(const struct pgo_merge *m, const struct pgo_profile *p)
{
	return m->records.count > 0 && !m->keyed && m->kind == p->kind && ((p->flags ^ m->flags) & FLAGS_ALIKE) == 0;
}

const struct pgo_sum_record *pgo_merge_find(const struct pgo_merge *m, const struct pgo_function *f)
{
	const uint32_t tag = tag_of(f->name_ref, f->cfg_hash);
	size_t at = slot_of(m, f->name_ref, f->cfg_hash);
	for (; m->index[at].number; at = (at + 1) & (m->index_size - 1)) {
		const struct pgo_sum_record *r = &m->records.items[m->index[at].number - 1];
		if (m->index[at].tag == tag && pgo_merge_same(m, r, f))
			return r;
	}
	return NULL;
}

int pgo_merge_add_rest(struct pgo_merge *m, const struct pgo_profile *walked, const struct pgo_profile *rest,
		       const char *name, const struct pgo_merge_weight *weight, struct pgo_error *err)
{
	weight = weight ? weight : &once;
	if (take_identity(m, walked, name) || (rest && add_functions(m, rest, weight)) ||
	    pgo_sum_add_sections(m, walked, weight))
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	m->records_read += walked->table_keys;
	m->added++;
	return PGO_OK;
}

int pgo_merge_add(struct pgo_merge *m, const struct pgo_profile *p, const char *name,
		  const struct pgo_merge_weight *weight, struct pgo_error *err)
{
	int rc = check_alike(m, p, name, err);
	if (rc != PGO_OK)
		return rc;
	weight = weight ? weight : &once;
	int failed =
		take_identity(m, p, name) || (m->records.count == 0 && reserve(m, p)) || add_functions(m, p, weight);
	m->records_read += p->function_count + (p->quarantine ? p->quarantine->count : 0);
	failed = failed || pgo_sum_add_sections(m, p, weight) || take_quarantine(m, p->quarantine, name);
	if (failed)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	m->added++;
	return PGO_OK;
}
