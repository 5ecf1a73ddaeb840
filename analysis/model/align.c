/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/align.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/base/vec.h"
#include "analysis/model/in_place.h"

struct aligner {
	const struct pgo_profile *const *profiles;
	size_t count;
	struct pgo_groups groups;
	size_t *members;   /**< records, group by group, each group in the order of profiles */
	size_t *first_key; /**< [group]: its keys in `keys`; [group_count]: all of them */
	PGO_VEC(uint64_t) keys;
	PGO_VEC(uint64_t) scratch;
};

static uint64_t key_at(const uint64_t *keys, uint32_t i)
{
	return keys ? keys[i] : i;
}

static struct pgo_function function_of(const struct aligner *a, size_t record, const struct pgo_profile **profile)
{
	size_t low = 0, high = a->count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		*(record < a->groups.first[middle] ? &high : &low) = middle;
	}
	*profile = a->profiles[low];
	return pgo_function_head(a->profiles[low], record - a->groups.first[low]);
}

/** Function `i` of profile `k`, under the name another one has in full where only its MD5 is known. */
static struct pgo_function named_function(const struct aligner *a, size_t k, size_t i)
{
	struct pgo_function f = pgo_profile_function(a->profiles[k], i);
	size_t record = a->groups.first[k] + i, named = a->groups.named[record];
	if (named == record)
		return f;
	const struct pgo_profile *p;
	struct pgo_function full = function_of(a, named, &p);
	f.name = full.name;
	f.name_length = full.name_length;
	f.name_ref = full.name_ref;
	f.flags &= ~(uint32_t)PGO_FUNCTION_MD5_NAME;
	return f;
}

/** Records in the order of their groups, and where each group starts. */
static int sort_members(struct aligner *a)
{
	size_t records = a->groups.first[a->count], groups = a->groups.group_count;
	size_t *at = calloc(groups + 1, sizeof *at);
	a->members = malloc((records + 1) * sizeof *a->members);
	a->first_key = calloc(groups + 1, sizeof *a->first_key);
	if (!at || !a->members || !a->first_key) {
		free(at);
		return -1;
	}
	for (size_t r = 0; r < records; r++)
		at[a->groups.of[r] + 1]++;
	for (size_t g = 0; g < groups; g++)
		at[g + 1] += at[g];
	for (size_t r = 0; r < records; r++)
		a->members[at[a->groups.of[r]]++] = r;
	free(at);
	return 0;
}

/** Add the keys of one more member to those of the group, which stand from `first` on. */
static int add_keys(struct aligner *a, size_t first, const struct pgo_function *f, const uint64_t *keys)
{
	size_t count = a->keys.count - first, i = 0;
	uint32_t k = 0;
	a->scratch.count = 0;
	if (pgo_vec_reserve(&a->scratch, count + f->counter_count))
		return -1;
	const uint64_t *have = a->keys.items + first;
	while (i < count || k < f->counter_count) {
		uint64_t next = k == f->counter_count			  ? have[i]
				: i == count || key_at(keys, k) < have[i] ? key_at(keys, k)
									  : have[i];
		a->scratch.items[a->scratch.count++] = next;
		i += i < count && have[i] == next;
		k += k < f->counter_count && key_at(keys, k) == next;
	}
	if (a->scratch.count > UINT32_MAX)
		return -1;
	a->keys.count = first;
	if (pgo_vec_reserve(&a->keys, a->scratch.count))
		return -1;
	if (a->scratch.count)
		memcpy(a->keys.items + first, a->scratch.items, a->scratch.count * sizeof *a->keys.items);
	a->keys.count += a->scratch.count;
	return 0;
}

static int unite_keys(struct aligner *a)
{
	size_t records = a->groups.first[a->count], group = 0;
	if (pgo_vec_reserve(&a->keys, 1)) /* an address, should there be no key at all */
		return -1;
	for (size_t m = 0; m < records; m++) {
		const struct pgo_profile *p;
		struct pgo_function f = function_of(a, a->members[m], &p);
		for (; group < a->groups.of[a->members[m]]; group++)
			a->first_key[group + 1] = a->keys.count;
		if (add_keys(a, a->first_key[group], &f, pgo_profile_keys(p, &f)))
			return -1;
	}
	for (; group < a->groups.group_count; group++)
		a->first_key[group + 1] = a->keys.count;
	return 0;
}

/** Arrays of the new profile of profile `k`. */
static int make_room(struct pgo_profile *to, const struct aligner *a, size_t k)
{
	const struct pgo_profile *from = a->profiles[k];
	size_t counters = 0, names = 0;
	for (size_t i = 0; i < from->function_count; i++) {
		const size_t *keys = a->first_key + a->groups.of[a->groups.first[k] + i];
		counters += keys[1] - keys[0];
		names += named_function(a, k, i).name_length;
	}
	to->counter_count = counters;
	to->functions = calloc(from->function_count + 1, sizeof *to->functions);
	to->counters = calloc(counters + 1, sizeof *to->counters);
	to->keys = calloc(counters + 1, sizeof *to->keys);
	to->names = malloc(names + 1);
	return to->functions && to->counters && to->keys && to->names ? 0 : -1;
}

/** Function `f` over the keys of its group; counters, keys and name are written where these pointers stand. */
static void spread(struct pgo_function *f, const uint64_t *from_keys, const uint64_t *keys, size_t count,
		   uint64_t *counters_at, uint64_t *keys_at)
{
	if (count)
		memcpy(keys_at, keys, count * sizeof *keys);
	uint32_t c = 0;
	for (size_t i = 0; i < count && c < f->counter_count; i++)
		if (keys[i] == key_at(from_keys, c))
			counters_at[i] = f->counters[c++];
	f->counters = (const pgo_count *)counters_at;
	f->counter_count = (uint32_t)count;
}

static int build(struct pgo_profile **out, const struct aligner *a, size_t k)
{
	const struct pgo_profile *from = a->profiles[k];
	struct pgo_profile *to = calloc(1, sizeof *to);
	if (!to || make_room(to, a, k)) {
		pgo_profile_free(to);
		return -1;
	}
	to->format = from->format;
	to->version = from->version;
	to->flags = from->flags;
	to->kind = from->kind;
	to->input_bytes = from->input_bytes;
	to->function_count = from->function_count;
	to->pseudo_counts = from->pseudo_counts;
	char *name = to->names;
	size_t at = 0;
	for (size_t i = 0; i < from->function_count; i++) {
		uint32_t group = a->groups.of[a->groups.first[k] + i];
		size_t first = a->first_key[group], count = a->first_key[group + 1] - first;
		struct pgo_function f = named_function(a, k, i);
		spread(&f, pgo_profile_keys(from, &f), a->keys.items + first, count, to->counters + at, to->keys + at);
		f.cfg_hash = (uint64_t)group + 1;
		if (f.name_length)
			memcpy(name, f.name, f.name_length);
		f.name = name;
		name += f.name_length;
		at += count;
		to->functions[i] = f;
	}
	*out = to;
	return 0;
}

static int check_kinds(const struct pgo_profile *const *profiles, size_t count, struct pgo_error *err)
{
	for (size_t k = 1; k < count; k++)
		if (profiles[k]->kind != profiles[0]->kind)
			return pgo_error_set(err, PGO_EMISMATCH, "profile 1 holds %s, profile %zu %s",
					     pgo_profile_kind_name(profiles[0]->kind), k + 1,
					     pgo_profile_kind_name(profiles[k]->kind));
	return PGO_OK;
}

int pgo_profile_align(struct pgo_profile **out, const struct pgo_profile *const *profiles, size_t count,
		      struct pgo_error *err)
{
	struct aligner a = {.profiles = profiles, .count = count};
	struct pgo_profile **made = NULL;
	size_t built = 0;
	int rc = check_kinds(profiles, count, err);
	if (rc != PGO_OK)
		return rc;
	rc = PGO_ENOMEM;
	made = calloc(count + 1, sizeof *made);
	if (!made || pgo_groups_find(&a.groups, profiles, count) != PGO_OK || sort_members(&a) || unite_keys(&a))
		goto done;
	while (built < count && build(&made[built], &a, built) == 0)
		built++;
	rc = built == count ? PGO_OK : PGO_ENOMEM;
done:
	if (rc == PGO_OK)
		memcpy(out, made, count * sizeof(struct pgo_profile *));
	else
		pgo_error_set(err, rc, "out of memory while aligning %zu profiles", count);
	for (size_t k = 0; rc != PGO_OK && k < built; k++)
		pgo_profile_free(made[k]);
	free(made);
	pgo_groups_release(&a.groups);
	free(a.members);
	free(a.first_key);
	free(a.keys.items);
	free(a.scratch.items);
	return rc;
}
