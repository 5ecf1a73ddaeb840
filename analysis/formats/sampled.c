/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/formats/sampled.h"

#include <stdio.h>
#include <xxhash.h>

#include "analysis/base/digest.h"

static uint64_t body_hash(uint32_t parent, uint64_t place, uint32_t name)
{
	uint64_t parts[2] = {place, (uint64_t)parent << 32 | name};
	return XXH3_64bits(parts, sizeof parts);
}

static uint64_t hash_of_name(const struct pgo_sampled *s, size_t index)
{
	const struct pgo_sampled_name *n = &s->names.items[index];
	return XXH3_64bits(s->text.items + n->text, n->length);
}

static uint64_t hash_of_body(const struct pgo_sampled *s, size_t index)
{
	const struct pgo_sampled_body *body = &s->bodies.items[index];
	return body_hash(body->parent, body->place, body->name);
}

/** Room for one more of `used` items, a quarter of the slots staying empty. */
static int grow_slots(struct pgo_sampled_slots *slots, const struct pgo_sampled *s, size_t used,
		      uint64_t (*hash_of)(const struct pgo_sampled *, size_t))
{
	if (slots->count / 4 * 3 > used)
		return 0;
	size_t count = slots->count ? 2 * slots->count : 256;
	uint32_t *items = used < PGO_SAMPLED_NONE - 1 ? calloc(count, sizeof *items) : NULL;
	if (!items)
		return -1;
	for (size_t i = 0; i < used; i++) {
		size_t at = hash_of(s, i) & (count - 1);
		while (items[at])
			at = (at + 1) & (count - 1);
		items[at] = (uint32_t)i + 1;
	}
	free(slots->items);
	*slots = (struct pgo_sampled_slots){.items = items, .count = count};
	return 0;
}

static uint32_t name_of_text(struct pgo_sampled *s, const char *text, size_t length, bool md5, uint64_t ref)
{
	if (length > INT32_MAX || grow_slots(&s->name_slots, s, s->names.count, hash_of_name))
		return PGO_SAMPLED_NONE;
	size_t mask = s->name_slots.count - 1, at = XXH3_64bits(text, length) & mask;
	for (; s->name_slots.items[at]; at = (at + 1) & mask) {
		const struct pgo_sampled_name *n = &s->names.items[s->name_slots.items[at] - 1];
		if (n->length == length && n->md5 == md5 && memcmp(s->text.items + n->text, text, length) == 0)
			return s->name_slots.items[at] - 1;
	}
	struct pgo_sampled_name name = {.text = s->text.count,
					.ref = md5 ? ref : pgo_name_ref(text, length),
					.length = (uint32_t)length,
					.md5 = md5};
	/* one more than asked for, so that an empty name has an address too */
	if (pgo_vec_reserve(&s->text, length + 1) || pgo_vec_push(&s->names, name))
		return PGO_SAMPLED_NONE;
	memcpy(s->text.items + s->text.count, text, length);
	s->text.count += length;
	return (s->name_slots.items[at] = (uint32_t)s->names.count) - 1;
}

uint32_t pgo_sampled_name(struct pgo_sampled *s, const char *text, size_t length)
{
	return name_of_text(s, text, length, false, 0);
}

uint32_t pgo_sampled_md5_name(struct pgo_sampled *s, uint64_t ref)
{
	char text[24];
	int length = snprintf(text, sizeof text, "md5:%016llx", (unsigned long long)ref);
	return name_of_text(s, text, (size_t)length, true, ref);
}

uint32_t pgo_sampled_find(const struct pgo_sampled *s, uint32_t parent, uint64_t place, uint32_t name)
{
	size_t mask = s->body_slots.count - 1;
	if (s->body_slots.count == 0)
		return PGO_SAMPLED_NONE;
	for (size_t at = body_hash(parent, place, name) & mask; s->body_slots.items[at]; at = (at + 1) & mask) {
		uint32_t index = s->body_slots.items[at] - 1;
		const struct pgo_sampled_body *body = &s->bodies.items[index];
		if (body->parent == parent && body->place == place && body->name == name)
			return index;
	}
	return PGO_SAMPLED_NONE;
}

uint32_t pgo_sampled_body(struct pgo_sampled *s, uint32_t parent, uint64_t place, uint32_t name)
{
	uint32_t index = pgo_sampled_find(s, parent, place, name);
	if (index != PGO_SAMPLED_NONE) {
		s->bodies.items[index].dead = false;
		return index;
	}
	struct pgo_sampled_body body = {.place = place, .parent = parent, .name = name};
	if (grow_slots(&s->body_slots, s, s->bodies.count, hash_of_body) || pgo_vec_push(&s->bodies, body))
		return PGO_SAMPLED_NONE;
	size_t mask = s->body_slots.count - 1, at = body_hash(parent, place, name) & mask;
	while (s->body_slots.items[at])
		at = (at + 1) & mask;
	return (s->body_slots.items[at] = (uint32_t)s->bodies.count) - 1;
}

static int add_line(struct pgo_sampled *s, const struct pgo_sampled_line *line)
{
	return s->lines.count >= UINT32_MAX ? -1 : pgo_vec_push(&s->lines, *line);
}

int pgo_sampled_line(struct pgo_sampled *s, uint32_t body, uint64_t key, uint64_t count)
{
	return add_line(
		s, &(struct pgo_sampled_line){.key = key, .count = count, .body = body, .kind = PGO_VALUE_CALL_TARGET});
}

int pgo_sampled_site(struct pgo_sampled *s, uint32_t body, uint64_t key, enum pgo_value_kind kind)
{
	return add_line(
		s, &(struct pgo_sampled_line){.key = key, .body = body, .kind = (uint16_t)kind, .site_only = true});
}

int pgo_sampled_value(struct pgo_sampled *s, uint32_t name, uint64_t count)
{
	struct pgo_sampled_value value = {.count = count, .name = name, .line = (uint32_t)s->lines.count - 1};
	return pgo_vec_push(&s->values, value);
}

void pgo_sampled_back(struct pgo_sampled *s, const struct pgo_sampled_mark *mark)
{
	s->lines.count = mark->lines;
	s->values.count = mark->values;
	for (size_t i = mark->bodies; i < s->bodies.count; i++)
		s->bodies.items[i].dead = true;
}

void pgo_sampled_release(struct pgo_sampled *s)
{
	free(s->text.items);
	free(s->names.items);
	free(s->bodies.items);
	free(s->lines.items);
	free(s->values.items);
	free(s->name_slots.items);
	free(s->body_slots.items);
	*s = (struct pgo_sampled){0};
}

struct function {
	uint64_t cfg_hash;
	uint32_t name;
	size_t lines_end, values_end; /**< of its own in the ordered arrays; they start where the one before ends */
};

struct site_value {
	uint64_t key, value, count;
	uint32_t kind;
};

struct build {
	struct pgo_sampled *s;
	struct pgo_builder *b;
	PGO_VEC(struct function) functions;
	uint32_t *slots; /**< functions + 1 by name and hash; 0 is empty */
	size_t slot_mask;
	uint32_t *lines;			/**< indices, function by function */
	uint32_t *values;			/**< likewise */
	PGO_VEC(struct site_value) site_values; /**< of the function at hand */
};

/** The function of this name and hash; new when there is none. */
static uint32_t function_of(struct build *x, uint32_t name, uint64_t cfg_hash)
{
	size_t at = body_hash(0, cfg_hash, name) & x->slot_mask;
	for (; x->slots[at]; at = (at + 1) & x->slot_mask) {
		const struct function *f = &x->functions.items[x->slots[at] - 1];
		if (f->name == name && f->cfg_hash == cfg_hash)
			return x->slots[at] - 1;
	}
	struct function f = {.cfg_hash = cfg_hash, .name = name};
	if (pgo_vec_push(&x->functions, f))
		return PGO_SAMPLED_NONE;
	return (x->slots[at] = (uint32_t)x->functions.count) - 1;
}

static int find_functions(struct build *x)
{
	const struct pgo_sampled *s = x->s;
	size_t slots = 4;
	while (slots / 4 * 3 <= s->bodies.count)
		slots *= 2;
	x->slots = calloc(slots, sizeof *x->slots);
	x->slot_mask = slots - 1;
	if (!x->slots)
		return -1;
	for (size_t i = 0; i < s->bodies.count; i++) {
		struct pgo_sampled_name *name = &s->names.items[s->bodies.items[i].name];
		if (!s->bodies.items[i].dead && name->known_hash == 0)
			name->known_hash = s->bodies.items[i].cfg_hash;
	}
	for (size_t i = 0; i < s->bodies.count; i++) {
		struct pgo_sampled_body *body = &s->bodies.items[i];
		uint64_t hash = body->cfg_hash ? body->cfg_hash : s->names.items[body->name].known_hash;
		if (!body->dead && (body->function = function_of(x, body->name, hash)) == PGO_SAMPLED_NONE)
			return -1;
	}
	return 0;
}

static struct function *owner(const struct build *x, size_t line)
{
	return &x->functions.items[x->s->bodies.items[x->s->lines.items[line].body].function];
}

/** Indices of lines and values, function by function, each in the order of the input. */
static int order(struct build *x)
{
	const struct pgo_sampled *s = x->s;
	size_t lines = 0, values = 0;
	x->lines = malloc((s->lines.count + 1) * sizeof *x->lines);
	x->values = malloc((s->values.count + 1) * sizeof *x->values);
	if (!x->lines || !x->values)
		return -1;
	for (size_t i = 0; i < s->lines.count; i++)
		owner(x, i)->lines_end++;
	for (size_t i = 0; i < s->values.count; i++)
		owner(x, s->values.items[i].line)->values_end++;
	for (size_t i = 0; i < x->functions.count; i++) {
		struct function *f = &x->functions.items[i];
		size_t own_lines = f->lines_end, own_values = f->values_end;
		f->lines_end = lines;
		f->values_end = values;
		lines += own_lines;
		values += own_values;
	}
	for (size_t i = 0; i < s->lines.count; i++)
		x->lines[owner(x, i)->lines_end++] = (uint32_t)i;
	for (size_t i = 0; i < s->values.count; i++)
		x->values[owner(x, s->values.items[i].line)->values_end++] = (uint32_t)i;
	return 0;
}

static int compare_site_values(const void *pa, const void *pb)
{
	const struct site_value *a = pa, *b = pb;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

/** Sort the values of the function at hand and add up those of one site that are equal. */
static void settle_values(struct build *x)
{
	struct site_value *v = x->site_values.items;
	size_t kept = 0;
	if (x->site_values.count)
		qsort(v, x->site_values.count, sizeof *v, compare_site_values);
	for (size_t i = 0; i < x->site_values.count; i++) {
		if (kept && compare_site_values(&v[kept - 1], &v[i]) == 0) {
			uint64_t *sum = &v[kept - 1].count;
			*sum = v[i].count > UINT64_MAX - *sum ? UINT64_MAX : *sum + v[i].count;
			continue;
		}
		v[kept++] = v[i];
	}
	x->site_values.count = kept;
}

/** Value sites of a function: those of one kind after the other, in the order of their keys. */
static int add_sites(struct build *x, size_t first, size_t end)
{
	x->site_values.count = 0;
	for (size_t i = first; i < end; i++) {
		const struct pgo_sampled_value *from = &x->s->values.items[x->values[i]];
		const struct pgo_sampled_line *line = &x->s->lines.items[from->line];
		struct site_value v = {.key = line->key, .count = from->count, .kind = line->kind};
		v.value = from->name == PGO_SAMPLED_NONE ? 0 : x->s->names.items[from->name].ref;
		if (pgo_vec_push(&x->site_values, v))
			return -1;
	}
	settle_values(x);
	const struct site_value *v = x->site_values.items;
	for (size_t i = 0, n; i < x->site_values.count; i += n) {
		for (n = 1; i + n < x->site_values.count && v[i + n].key == v[i].key && v[i + n].kind == v[i].kind; n++)
			;
		struct pgo_value *out = n < UINT32_MAX ? pgo_builder_site(x->b, v[i].kind, (uint32_t)n) : NULL;
		if (!out)
			return -1;
		for (size_t k = 0; k < n; k++)
			out[k] = (struct pgo_value){.value = v[i + k].value, .count = v[i + k].count};
	}
	return 0;
}

static int add_function(struct build *x, size_t index)
{
	const struct function *f = &x->functions.items[index];
	const struct pgo_sampled_name *name = &x->s->names.items[f->name];
	size_t first_line = index ? f[-1].lines_end : 0, first_value = index ? f[-1].values_end : 0;
	if (!pgo_builder_function(x->b, x->s->text.items + name->text, name->length, name->ref, f->cfg_hash))
		return -1;
	for (size_t i = first_line; i < f->lines_end; i++) {
		const struct pgo_sampled_line *line = &x->s->lines.items[x->lines[i]];
		if (!line->site_only && pgo_builder_keyed(x->b, line->key, line->count))
			return -1;
	}
	if (add_sites(x, first_value, f->values_end) || pgo_builder_seal(x->b))
		return -1;
	if (name->md5)
		pgo_builder_last(x->b)->flags |= PGO_FUNCTION_MD5_NAME;
	return 0;
}

int pgo_sampled_build(struct pgo_sampled *s, struct pgo_builder *b)
{
	struct build x = {.s = s, .b = b};
	int rc = find_functions(&x) || order(&x) ? -1 : 0;
	for (size_t i = 0; rc == 0 && i < x.functions.count; i++)
		rc = add_function(&x, i);
	free(x.functions.items);
	free(x.slots);
	free(x.lines);
	free(x.values);
	free(x.site_values.items);
	return rc;
}
