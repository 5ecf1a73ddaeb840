/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From samples to counters, by the rules of the Go compiler (1.23.5): the value is that of the first sample type
 * samples/count or cpu/nanoseconds; of a stack, the two innermost locations count, with all that is inlined there; each
 * pair of frames next to each other is a call, counted once a sample, keyed by caller, line of the call from the start
 * of the caller, and callee. A profile in which no function has a start line is of no use to the compiler.
 *
 * The function of a counter is the caller. Beside the calls, a sample counts once for its innermost frame, under callee
 * 0: a hot function that calls nothing would be lost otherwise, and these counters add up to the samples.
 */
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

#include "analysis/base/digest.h"
#include "analysis/formats/pprof.h"

#define UNKNOWN "(unknown)" /* where a location has no function */

struct id_entry {
	uint64_t id;
	size_t index;
};

/** Entries by rising id. */
struct id_map {
	struct id_entry *items;
	size_t count;
};

/** A place in the code: two calls are the same when both their ends are. */
struct frame {
	uint32_t name; /**< as in `graph.name_of` */
	uint64_t address;
	int64_t start_line, line;
};

struct call {
	struct frame caller, callee;
};

struct counter {
	uint32_t function; /**< name */
	uint64_t key, count;
};

struct graph {
	struct pgo_builder *b;
	const Pprof__Profile *profile;
	struct pgo_error *err;
	struct id_map locations, functions;
	uint32_t *name_of; /**< [string]: the first string that is the same; one behind the last: no function */
	PGO_VEC(struct counter) counters;
	size_t frames_left;
	bool start_line_seen;
};

static int out_of_memory(const struct graph *g)
{
	return pgo_error_set(g->err, PGO_ENOMEM, "out of memory");
}

static int compare_ids(const void *pa, const void *pb)
{
	const struct id_entry *a = pa, *b = pb;
	return a->id < b->id ? -1 : a->id > b->id;
}

/** Sort; ids must be there once, and not be 0. */
static int settle_map(const struct graph *g, struct id_map *map, const char *what)
{
	if (map->count)
		qsort(map->items, map->count, sizeof *map->items, compare_ids);
	for (size_t i = 0; i < map->count; i++) {
		if (map->items[i].id == 0)
			return pgo_error_set(g->err, PGO_EFORMAT, "%s %zu has id 0, which stands for none", what,
					     map->items[i].index + 1);
		if (i && map->items[i - 1].id == map->items[i].id)
			return pgo_error_set(g->err, PGO_EFORMAT, "two %ss have id %" PRIu64, what, map->items[i].id);
	}
	return PGO_OK;
}

static bool find_id(const struct id_map *map, uint64_t id, size_t *index)
{
	size_t low = 0, high = map->count;
	if (id && id <= map->count && map->items[id - 1].id == id) /* most writers count from 1 */
		low = high = (size_t)id - 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (map->items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low >= map->count || map->items[low].id != id)
		return false;
	*index = map->items[low].index;
	return true;
}

static int map_ids(struct graph *g)
{
	const Pprof__Profile *p = g->profile;
	g->locations.items = malloc((p->n_location + 1) * sizeof *g->locations.items);
	g->functions.items = malloc((p->n_function + 1) * sizeof *g->functions.items);
	if (!g->locations.items || !g->functions.items)
		return out_of_memory(g);
	for (size_t i = 0; i < p->n_location; i++)
		g->locations.items[g->locations.count++] = (struct id_entry){p->location[i]->id, i};
	for (size_t i = 0; i < p->n_function; i++)
		g->functions.items[g->functions.count++] = (struct id_entry){p->function[i]->id, i};
	int rc = settle_map(g, &g->locations, "location");
	return rc == PGO_OK ? settle_map(g, &g->functions, "function") : rc;
}

/** Names are compared as indices from here on: a table may hold a string twice. */
static int map_names(struct graph *g)
{
	const Pprof__Profile *p = g->profile;
	size_t count = p->n_string_table, slot_count = 4;
	if (count == 0 || p->string_table[0].len != 0)
		return pgo_error_set(g->err, PGO_EFORMAT, "the table of strings does not start with an empty one");
	if (count >= UINT32_MAX / 2)
		return pgo_error_set(g->err, PGO_EUNSUPPORTED, "%zu strings are more than are read", count);
	while (slot_count / 4 * 3 <= count)
		slot_count *= 2;
	uint32_t *slots = calloc(slot_count, sizeof *slots);
	g->name_of = malloc((count + 1) * sizeof *g->name_of);
	if (!slots || !g->name_of) {
		free(slots);
		return out_of_memory(g);
	}
	for (size_t i = 0; i < count; i++) {
		const ProtobufCBinaryData *s = &p->string_table[i];
		size_t at = XXH3_64bits(s->data, s->len) & (slot_count - 1);
		for (; slots[at]; at = (at + 1) & (slot_count - 1)) {
			const ProtobufCBinaryData *other = &p->string_table[slots[at] - 1];
			if (other->len == s->len && (s->len == 0 || memcmp(other->data, s->data, s->len) == 0))
				break;
		}
		if (!slots[at])
			slots[at] = (uint32_t)i + 1;
		g->name_of[i] = slots[at] - 1;
	}
	g->name_of[count] = (uint32_t)count;
	free(slots);
	return PGO_OK;
}

static bool is_string(const struct graph *g, int64_t index, const char *text)
{
	const Pprof__Profile *p = g->profile;
	return index >= 0 && (uint64_t)index < p->n_string_table && p->string_table[index].len == strlen(text) &&
	       memcmp(p->string_table[index].data, text, strlen(text)) == 0;
}

static void put_string(const struct graph *g, char *out, size_t size, int64_t index)
{
	const Pprof__Profile *p = g->profile;
	size_t length = strlen(out);
	if (index >= 0 && (uint64_t)index < p->n_string_table)
		snprintf(out + length, size - length, "%.*s",
			 p->string_table[index].len > 40 ? 40 : (int)p->string_table[index].len,
			 p->string_table[index].len ? (const char *)p->string_table[index].data : "");
}

/** Index of the value the compiler takes. */
static int choose_value(const struct graph *g, size_t *out)
{
	const Pprof__Profile *p = g->profile;
	char types[200] = "";
	for (size_t i = 0; i < p->n_sample_type; i++) {
		const Pprof__ValueType *t = p->sample_type[i];
		if ((is_string(g, t->type, "samples") && is_string(g, t->unit, "count")) ||
		    (is_string(g, t->type, "cpu") && is_string(g, t->unit, "nanoseconds"))) {
			*out = i;
			return PGO_OK;
		}
		if (i)
			strncat(types, ", ", sizeof types - strlen(types) - 1);
		put_string(g, types, sizeof types, t->type);
		strncat(types, "/", sizeof types - strlen(types) - 1);
		put_string(g, types, sizeof types, t->unit);
	}
	pgo_error_set(g->err, PGO_EUNSUPPORTED, "is no CPU profile: its values are %s",
		      p->n_sample_type ? types : "of no type");
	if (g->err)
		pgo_error_hint(g->err, "take one with 'go test -cpuprofile FILE' or from /debug/pprof/profile");
	return PGO_EUNSUPPORTED;
}

/** Frame `index` of a location; a location without lines is one frame of no function. */
static int take_frame(struct graph *g, const Pprof__Location *l, size_t index, struct frame *out)
{
	const Pprof__Profile *p = g->profile;
	*out = (struct frame){.name = (uint32_t)p->n_string_table, .address = l->address};
	if (index >= l->n_line || l->line[index]->function_id == 0)
		return PGO_OK;
	size_t at;
	if (!find_id(&g->functions, l->line[index]->function_id, &at))
		return pgo_error_set(g->err, PGO_EFORMAT,
				     "location %" PRIu64 " names function %" PRIu64 ", which is not there", l->id,
				     l->line[index]->function_id);
	const Pprof__Function *f = p->function[at];
	if (f->name < 0 || (uint64_t)f->name >= p->n_string_table)
		return pgo_error_set(g->err, PGO_EFORMAT,
				     "function %" PRIu64 " has name %" PRId64 ", the table of strings has %zu", f->id,
				     f->name, p->n_string_table);
	int64_t line = l->line[index]->line;
	if (line < 0 || line > INT32_MAX || f->start_line < 0 || f->start_line > INT32_MAX)
		return pgo_error_set(g->err, PGO_EFORMAT,
				     "location %" PRIu64 ": line %" PRId64 " of a function from line %" PRId64
				     " on is out of range",
				     l->id, line, f->start_line);
	if (p->string_table[f->name].len)
		out->name = g->name_of[f->name];
	out->start_line = f->start_line;
	out->line = line;
	return PGO_OK;
}

/** All locations are looked at, those of no sample too: as the compiler does when it asks for a start line. */
static int check_locations(struct graph *g)
{
	const Pprof__Profile *p = g->profile;
	for (size_t i = 0; i < p->n_location; i++) {
		const Pprof__Location *l = p->location[i];
		if (l->n_line > PGO_PPROF_LINES_MOST)
			return pgo_error_set(g->err, PGO_EUNSUPPORTED,
					     "location %" PRIu64 " has %zu calls inlined into one another, %d are read",
					     l->id, l->n_line, PGO_PPROF_LINES_MOST);
		for (size_t n = 0; n < l->n_line; n++) {
			struct frame frame;
			int rc = take_frame(g, l, n, &frame);
			if (rc != PGO_OK)
				return rc;
			g->start_line_seen |= frame.start_line != 0;
		}
	}
	if (g->start_line_seen)
		return PGO_OK;
	pgo_error_set(g->err, PGO_EUNSUPPORTED,
		      "no function has a start line: the Go compiler cannot use this profile");
	if (g->err)
		pgo_error_hint(g->err, "build the program with Go 1.20 or newer and profile it again");
	return PGO_EUNSUPPORTED;
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a->name == b->name && a->line == b->line && a->start_line == b->start_line && a->address == b->address;
}

static int count_at(struct graph *g, const struct frame *at, uint32_t callee, uint64_t count)
{
	uint64_t key = (uint64_t)(uint32_t)(at->line - at->start_line) << 32 | callee;
	struct counter c = {.function = at->name, .key = key, .count = count};
	return pgo_vec_push(&g->counters, c) ? out_of_memory(g) : PGO_OK;
}

static void name_text(const struct graph *g, uint32_t name, const char **text, uint32_t *length)
{
	const Pprof__Profile *p = g->profile;
	bool known = name < p->n_string_table;
	*text = known ? (const char *)p->string_table[name].data : UNKNOWN;
	*length = known ? (uint32_t)p->string_table[name].len : (uint32_t)strlen(UNKNOWN);
}

/** 32 bits of the callee's name, never 0. */
static uint32_t callee_bits(const struct graph *g, uint32_t name)
{
	const char *text;
	uint32_t length;
	name_text(g, name, &text, &length);
	uint32_t bits = (uint32_t)pgo_name_ref(text, length);
	return bits ? bits : 1;
}

/** Count calls of one sample; `frames` from the outermost one inwards. */
static int count_calls(struct graph *g, const struct frame *frames, size_t count, uint64_t value)
{
	struct call seen[2 * PGO_PPROF_LINES_MOST];
	size_t seen_count = 0;
	for (size_t i = 1; i < count; i++) {
		struct call call = {frames[i - 1], frames[i]};
		bool again = same_frame(&call.caller, &call.callee);
		for (size_t s = 0; s < seen_count && !again; s++)
			again = same_frame(&seen[s].caller, &call.caller) && same_frame(&seen[s].callee, &call.callee);
		if (again)
			continue;
		seen[seen_count++] = call;
		int rc = count_at(g, &call.caller, callee_bits(g, call.callee.name), value);
		if (rc != PGO_OK)
			return rc;
	}
	return count_at(g, &frames[count - 1], 0, value);
}

/** A sample that makes no sense by itself is set aside; `g->err` says why. */
static int lose_sample(struct graph *g)
{
	return pgo_builder_quarantine(g->b, NULL, NULL, 0, g->err);
}

static int take_sample(struct graph *g, size_t number, size_t value_index)
{
	const Pprof__Profile *p = g->profile;
	const Pprof__Sample *s = p->sample[number - 1];
	struct frame frames[2 * PGO_PPROF_LINES_MOST];
	size_t count = 0;
	if (s->n_value != p->n_sample_type) {
		pgo_error_set(g->err, PGO_EFORMAT, "sample %zu has %zu values, the profile %zu types of them", number,
			      s->n_value, p->n_sample_type);
		return lose_sample(g);
	}
	if (s->value[value_index] < 0)
		return pgo_error_set(g->err, PGO_EFORMAT,
				     "sample %zu counts %" PRId64 ": a difference of profiles is no profile", number,
				     s->value[value_index]);
	for (size_t i = s->n_location_id < 2 ? s->n_location_id : 2; i-- > 0;) {
		size_t at;
		if (!find_id(&g->locations, s->location_id[i], &at)) {
			pgo_error_set(g->err, PGO_EFORMAT, "sample %zu names location %" PRIu64 ", which is not there",
				      number, s->location_id[i]);
			return lose_sample(g);
		}
		const Pprof__Location *l = p->location[at];
		for (size_t n = l->n_line ? l->n_line : 1; n-- > 0;) {
			int rc = take_frame(g, l, n, &frames[count++]);
			if (rc != PGO_OK)
				return rc;
		}
	}
	if (count > g->frames_left)
		return pgo_error_set(g->err, PGO_EFORMAT,
				     "the samples have more than %d call frames for each byte of the message",
				     PGO_PPROF_FRAMES_PER_BYTE);
	g->frames_left -= count;
	return count && s->value[value_index] ? count_calls(g, frames, count, (uint64_t)s->value[value_index]) : PGO_OK;
}

static int compare_counters(const void *pa, const void *pb)
{
	const struct counter *a = pa, *b = pb;
	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static int hand_over(struct graph *g)
{
	struct pgo_builder *b = g->b;
	if (g->counters.count)
		qsort(g->counters.items, g->counters.count, sizeof *g->counters.items, compare_counters);
	for (size_t i = 0; i < g->counters.count;) {
		const char *name;
		uint32_t length, function = g->counters.items[i].function;
		name_text(g, function, &name, &length);
		if (memchr(name, '\0', length))
			return pgo_error_set(g->err, PGO_EFORMAT, "string %" PRIu32 ", a name, holds a zero byte",
					     function);
		if (!pgo_builder_function(b, name, length, pgo_name_ref(name, length), 0))
			return out_of_memory(g);
		for (; i < g->counters.count && g->counters.items[i].function == function; i++)
			if (pgo_builder_keyed(b, g->counters.items[i].key, g->counters.items[i].count))
				return out_of_memory(g);
		if (pgo_builder_seal(b))
			return out_of_memory(g);
	}
	return b->functions.count ||
			       pgo_builder_warn(b, "there is no sample in it: the Go compiler makes nothing of it") == 0
		       ? PGO_OK
		       : out_of_memory(g);
}

int pgo_pprof_build(struct pgo_builder *b, const Pprof__Profile *profile, size_t length, struct pgo_error *err)
{
	struct graph g = {.b = b, .profile = profile, .err = err, .frames_left = length * PGO_PPROF_FRAMES_PER_BYTE};
	size_t value = 0;
	b->kind = PGO_KIND_CALLS;
	int rc = map_names(&g);
	if (rc == PGO_OK)
		rc = choose_value(&g, &value);
	if (rc == PGO_OK)
		rc = map_ids(&g);
	if (rc == PGO_OK && profile->n_sample)
		rc = check_locations(&g);
	for (size_t i = 0; rc == PGO_OK && i < profile->n_sample; i++)
		rc = take_sample(&g, i + 1, value);
	if (rc == PGO_OK)
		rc = hand_over(&g);
	free(g.locations.items);
	free(g.functions.items);
	free(g.name_of);
	free(g.counters.items);
	return rc;
}
