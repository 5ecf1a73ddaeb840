/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/merge_walk.h"

#include <errno.h>
#include <unistd.h>

#include "analysis/base/threads.h"

#define SLOTS 128 /* buckets looked up at once; each number fits a byte */

/** Files are read piece by piece into memory that stays in the cache, up to such a size; larger pieces are mapped. */
#define WINDOW_MOST ((size_t)16 << 20)

/** Where a thread reads to. */
struct window {
	unsigned char *bytes; /**< heap */
	size_t capacity;
};

/** What a range of a profile is gone through with. */
struct looking {
	struct pgo_merge_range *range;
	struct pgo_merge *sum;
	const struct pgo_merge_weight *weight;
	struct pgo_table table;		/**< its payload is that of the range */
	uint64_t base;			/**< offset of that in the file */
	bool away;			/**< take away instead of adding */
	bool once;			/**< each counter as it is */
	uint32_t next;			/**< record of the sum that probably comes next */
	uint64_t seen[PGO_BUCKET_MOST]; /**< names of the bucket */
	unsigned seen_count;
};

/** True when a name has not come before in its bucket. */
static inline bool is_new(struct looking *l, uint64_t name_ref)
{
	for (unsigned i = 0; i < l->seen_count; i++)
		if (l->seen[i] == name_ref)
			return false;
	if (l->seen_count == PGO_BUCKET_MOST)
		return false;
	l->seen[l->seen_count++] = name_ref;
	return true;
}

/** Add counters to those of a record, modulo 2^64, or take them away. @return all bits that are set in one of them */
static inline uint64_t add_counters(struct looking *l, const struct pgo_sum_record *r, const pgo_count *from)
{
	const struct pgo_merge_weight *w = l->weight;
	uint64_t bits = 0, total = 0, *to = l->sum->counters.items + r->first_counter;
	/* the usual case in one loop: most have few counters, and where it ends is hard to predict */
	if (l->once && !l->away)
		for (uint32_t i = 0; i < r->counter_count; i++) {
			bits |= from[i];
			total += from[i];
			to[i] += from[i];
		}
	else
		for (uint32_t i = 0; i < r->counter_count; i++) {
			uint64_t more = l->once ? from[i] : pgo_weigh(from[i], w);
			bits |= from[i];
			total += from[i];
			to[i] += l->away ? -more : more;
		}
	l->range->total += total;
	return bits;
}

/** Add a record. False: a counter is too large, and nothing was added. */
static inline bool add_record(struct looking *l, struct pgo_sum_record *r, const pgo_count *from)
{
	uint64_t bits = add_counters(l, r, from);
	if (bits >= PGO_WALKED_MOST) {
		l->away = !l->away;
		add_counters(l, r, from);
		return false;
	}
	l->range->bits |= bits;
	l->range->counters += r->counter_count;
	l->range->added++;
	r->seen += l->away ? UINT32_MAX : 1;
	l->next = (uint32_t)(r - l->sum->records.items) + 1;
	return true;
}

enum outcome { BAD, OTHER, DONE };

/**
 * The item at the cursor, when it is that of record `number` of the sum but for its counters: one record with neither
 * values nor bitmap. Key, name, hash and number of counters are compared as they lie there.
 */
static inline enum outcome try_record(struct looking *l, uint64_t bucket, struct pgo_cursor *at, uint32_t number)
{
	if (number >= l->sum->records.count)
		return OTHER;
	struct pgo_sum_record *r = &l->sum->records.items[number];
	const struct pgo_table *t = &l->table;
	struct pgo_cursor c = {.bytes = at->bytes, .at = at->at, .end = at->end};
	const unsigned char *head, *counters;
	uint64_t size = 8 * (uint64_t)r->counter_count;
	if (!pgo_cursor_bytes(&c, &head, 24 + (uint64_t)r->name_length + 16) || pgo_load64(head) != r->name_ref ||
	    pgo_load64(head + 8) != r->name_length || pgo_load64(head + 16) != 16 + size + t->rest)
		return OTHER;
	const unsigned char *name = head + 24, *record = name + r->name_length;
	if (pgo_load64(record) != r->cfg_hash || pgo_load64(record + 8) != r->counter_count || r->pseudo || size == 0 ||
	    (r->cfg_hash >> 60 & t->context) || (r->name_ref & t->mask) != bucket ||
	    memcmp(name, l->sum->names.items + r->name, r->name_length) != 0 ||
	    !pgo_cursor_bytes(&c, &counters, size) || !pgo_table_no_rest(t, &c))
		return OTHER;
	if (!is_new(l, r->name_ref) || !add_record(l, r, (const pgo_count *)counters))
		return BAD;
	at->at = c.at;
	return DONE;
}

/** A key, for the reader. */
static bool leave(struct looking *l, uint64_t bucket, size_t start, size_t end)
{
	struct pgo_merge_range *range = l->range;
	if (pgo_vec_push(&range->left, bucket) || pgo_vec_reserve(&range->copies, end - start)) {
		range->failed = true;
		return false;
	}
	memcpy(range->copies.items + range->copies.count, l->table.payload.bytes + start, end - start);
	range->copies.count += end - start;
	return true;
}

/** A key with its records, which are not those that were expected. False: not plainly in order. */
static bool look_at_key(struct looking *l, uint64_t bucket, struct pgo_cursor *c)
{
	struct pgo_table_record records[PGO_BUCKET_MOST];
	struct pgo_merge_range *range = l->range;
	uint64_t start = c->at;
	unsigned count = pgo_table_items(&l->table, bucket, c, 1, records);
	if (count == PGO_BUCKET_BAD)
		return false;
	const struct pgo_function *f = &records[0].f;
	const struct pgo_sum_record *r = pgo_merge_find(l->sum, f);
	if (count == 1 && r) {
		struct pgo_cursor again = {.bytes = c->bytes, .at = start, .end = c->end};
		enum outcome outcome = try_record(l, bucket, &again, (uint32_t)(r - l->sum->records.items));
		if (outcome != OTHER)
			return outcome == DONE;
	}
	if (!is_new(l, f->name_ref))
		return false;
	for (unsigned i = 0; i < count; i++) {
		f = &records[i].f;
		range->counters += f->counter_count;
		for (uint32_t k = 0; k < f->counter_count; k++) {
			range->total += f->counters[k];
			if (f->counters[k] >= PGO_WALKED_MOST)
				return false;
		}
	}
	return leave(l, bucket, start, c->at);
}

static inline bool look_at_bucket(struct looking *l, uint64_t bucket, uint64_t offset)
{
	struct pgo_table_span *span = &l->range->span;
	struct pgo_cursor c = {.bytes = l->table.payload.bytes, .end = l->table.payload.end};
	uint16_t items;
	/* buckets lie one behind the other */
	if (span->end != offset || !pgo_cursor_seek(&c, (size_t)(offset - l->base)) || !pgo_cursor_u16(&c, &items) ||
	    items == 0)
		return false;
	span->keys += items;
	l->seen_count = 0;
	for (unsigned i = 0; i < items; i++) {
		/* profiles of one program have their records in one order, but for those that only one of them has */
		enum outcome outcome = try_record(l, bucket, &c, l->next);
		if (outcome == OTHER)
			outcome = try_record(l, bucket, &c, l->next + 1);
		if (outcome == BAD || (outcome == OTHER && !look_at_key(l, bucket, &c)))
			return false;
	}
	span->end = l->base + c.at;
	return true;
}

/** Buckets from `first` on. Whether one is empty cannot be predicted, so these are weeded out without a branch. */
static inline bool look_at_slots(struct looking *l, uint64_t first, unsigned count)
{
	uint64_t offset[SLOTS];
	unsigned char bucket[SLOTS];
	unsigned filled = 0;
	for (unsigned i = 0; i < count; i++) {
		offset[filled] = pgo_table_slot(&l->table, first + i);
		bucket[filled] = (unsigned char)i;
		filled += offset[filled] != 0;
	}
	for (unsigned i = 0; i < filled; i++)
		if (!look_at_bucket(l, first + bucket[i], offset[i]))
			return false;
	return true;
}

/** Offset of the first bucket from `first` on, before `last`, that is not empty; 0: none. */
static uint64_t first_offset(const struct pgo_table *t, uint64_t first, uint64_t last)
{
	uint64_t offset = 0;
	for (uint64_t b = first; b < last && offset == 0; b++)
		offset = pgo_table_slot(t, b);
	return offset;
}

static bool read_fully(int file, unsigned char *to, size_t length, uint64_t offset)
{
	while (length > 0) {
		ssize_t n = pread(file, to, length, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

/** Bytes `start` to `end` of a profile's file. NULL: they cannot be had */
static const unsigned char *bytes_of(const struct pgo_profile *p, uint64_t start, uint64_t end, struct window *window)
{
	size_t length = (size_t)(end - start);
	if (p->input_file <= 0 || length > WINDOW_MOST)
		return (const unsigned char *)p->input + start;
	if (length > window->capacity) {
		size_t capacity = length + length / 4;
		free(window->bytes);
		window->bytes = malloc(capacity);
		window->capacity = window->bytes ? capacity : 0;
	}
	return window->bytes && read_fully(p->input_file, window->bytes, length, start) ? window->bytes : NULL;
}

/**
 * Let the payload of the table be that of a range.
 * @param start  offset of its first bucket. @param last  the bucket behind it. @return false: it is not where it should
 * be
 */
static bool place_range(struct looking *l, const struct pgo_profile *p, uint64_t start, uint64_t last,
			struct window *window)
{
	struct pgo_table *t = &l->table;
	uint64_t end = first_offset(t, last, t->mask + 1);
	end = end ? end : t->payload.end;
	if (start < p->table_payload || end <= start || end > t->payload.end)
		return false;
	const unsigned char *bytes = bytes_of(p, start, end, window);
	t->payload = pgo_cursor(bytes, (size_t)(end - start));
	l->base = l->range->span.start = l->range->span.end = start;
	return bytes != NULL;
}

static void look_at_range(const struct pgo_merge_walk *walk, const struct pgo_merge_part *part, size_t index,
			  struct pgo_merge_range *range, bool away, struct window *window)
{
	static const struct pgo_merge_weight once = {.times = 1};
	struct looking l = {.range = range,
			    .sum = walk->sum,
			    .weight = part->weight ? part->weight : &once,
			    .table = pgo_table_of(part->profile),
			    .away = away};
	l.once = l.weight->factor <= 0 && l.weight->times == 1;
	uint64_t first, last;
	pgo_table_range(&l.table, index, PGO_MERGE_RANGES, &first, &last);
	range->left.count = range->copies.count = 0;
	range->span = (struct pgo_table_span){0};
	range->added = range->counters = range->total = range->bits = 0;
	range->bad = range->failed = false;
	uint64_t start = first_offset(&l.table, first, last);
	if (start == 0)
		return;
	range->bad = !place_range(&l, part->profile, start, last, window);
	for (uint64_t b = first; b < last && !range->bad; b += SLOTS)
		range->bad = !look_at_slots(&l, b, last - b < SLOTS ? (unsigned)(last - b) : SLOTS);
}

/** Parts of one size of table: no two ranges of them have a name in common, so none adds to a record of another. */
struct adding {
	struct pgo_merge_walk *walk;
	uint64_t mask;
};

static void add_range(void *context, size_t index)
{
	const struct adding *adding = context;
	struct pgo_merge_walk *walk = adding->walk;
	struct window window = {0};
	for (size_t i = 0; i < walk->count; i++)
		if (walk->parts[i].rc == PGO_OK && walk->parts[i].profile->hash_mask == adding->mask)
			look_at_range(walk, &walk->parts[i], index, &walk->parts[i].ranges[index], false, &window);
	free(window.bytes);
}

struct taking_away {
	struct pgo_merge_walk *walk;
	struct pgo_merge_part *part;
};

static void take_range_away(void *context, size_t index)
{
	const struct taking_away *t = context;
	struct pgo_merge_range *was = &t->part->ranges[index], now = {0};
	struct window window = {0};
	look_at_range(t->walk, t->part, index, &now, true, &window);
	free(window.bytes);
	/* a file that is written to meanwhile */
	was->failed = now.added != was->added || now.total != was->total || now.bits != was->bits;
	pgo_vec_release(&now.left);
	pgo_vec_release(&now.copies);
}

/** All of the payload, and as much as the file says? */
static int check_part(const struct pgo_merge_part *part)
{
	const struct pgo_profile *p = part->profile;
	uint64_t counters = 0, total = 0;
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++) {
		if (part->ranges[i].failed)
			return PGO_ENOMEM;
		if (part->ranges[i].bad)
			return PGO_EOF;
		counters += part->ranges[i].counters;
		total += part->ranges[i].total;
	}
	if (!pgo_table_covered(p, &part->ranges[0].span, PGO_MERGE_RANGES, sizeof part->ranges[0]))
		return PGO_EOF;
	bool as_stored = !p->stored || !(p->flags & PGO_PROFILE_IR) ||
			 (p->stored->counter_count == counters && (uint64_t)p->stored->total == total);
	return as_stored ? PGO_OK : PGO_EOF;
}

/** A part that was walked: keep what was added of it, or take that away. */
static void settle_part(struct pgo_merge_walk *walk, struct pgo_merge_part *part)
{
	uint64_t bits = 0;
	part->rc = check_part(part);
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++)
		bits |= part->ranges[i].bits;
	if (part->rc == PGO_OK)
		walk->sum->most += part->weight ? pgo_weigh(bits, part->weight) : bits;
	if (part->rc != PGO_EOF)
		return;
	struct taking_away t = {walk, part};
	pgo_parallel(take_range_away, &t, PGO_MERGE_RANGES, pgo_processors());
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++)
		if (part->ranges[i].failed)
			part->rc = PGO_EFORMAT;
}

/** @param[in,out] most  bound of the counters of the sum with those that are walked */
static bool may_walk(const struct pgo_merge *sum, const struct pgo_merge_part *part, uint64_t *most)
{
	const struct pgo_profile *p = part->profile;
	if (!p->settle || !p->hash_mask || !p->input || (p->flags & PGO_PROFILE_CSIR) || !pgo_merge_walkable(sum, p))
		return false;
	uint64_t more = part->weight ? pgo_weigh(PGO_WALKED_MOST, part->weight) : PGO_WALKED_MOST;
	more = pgo_add_limited(*most, more);
	if (more == PGO_COUNTER_LIMIT)
		return false;
	*most = more;
	return true;
}

static bool is_first_of_mask(const struct pgo_merge_walk *walk, size_t part)
{
	for (size_t i = 0; i < part; i++)
		if (walk->parts[i].rc == PGO_OK &&
		    walk->parts[i].profile->hash_mask == walk->parts[part].profile->hash_mask)
			return false;
	return true;
}

void pgo_merge_walk(struct pgo_merge_walk *walk, struct pgo_merge *sum)
{
	uint64_t most = sum->most;
	walk->sum = sum;
	for (size_t i = 0; i < walk->count; i++)
		walk->parts[i].rc = may_walk(sum, &walk->parts[i], &most) ? PGO_OK : PGO_EOF;
	for (size_t i = 0; i < walk->count; i++) {
		struct adding adding = {.walk = walk, .mask = walk->parts[i].profile->hash_mask};
		if (walk->parts[i].rc == PGO_OK && is_first_of_mask(walk, i))
			pgo_parallel(add_range, &adding, PGO_MERGE_RANGES, pgo_processors());
	}
	for (size_t i = 0; i < walk->count; i++)
		if (walk->parts[i].rc == PGO_OK)
			settle_part(walk, &walk->parts[i]);
}

void pgo_merge_walk_release(struct pgo_merge_walk *walk)
{
	for (size_t k = 0; k < PGO_MERGE_PARTS; k++)
		for (size_t i = 0; i < PGO_MERGE_RANGES; i++) {
			pgo_vec_release(&walk->parts[k].ranges[i].left);
			pgo_vec_release(&walk->parts[k].ranges[i].copies);
		}
}
