/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/explain.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/metrics.h"

static uint8_t class_of(uint64_t count, bool ran, const struct pgo_summary *s)
{
	if (!ran)
		return PGO_CLASS_NEVER;
	return count >= s->hot_threshold ? PGO_CLASS_HOT : count <= s->cold_threshold ? PGO_CLASS_COLD : PGO_CLASS_WARM;
}

/*
 * By the profile's summary, as LLVM's profile use reads it. The entry count of an IR record without entry_first is
 * solved from the counters and the CFG, which the profile does not have: no inline hint is claimed there.
 */
static enum pgo_treatment treatment_of(const struct pgo_explained_side *side, const struct pgo_profile *p)
{
	if (p->kind != PGO_KIND_LLVM)
		return PGO_TREAT_UNSTATED;
	if (!side->present)
		return PGO_TREAT_UNPROFILED;
	if (side->f.flags & PGO_FUNCTION_PSEUDO)
		return PGO_TREAT_PSEUDO;
	if (side->f.max == 0)
		return PGO_TREAT_NEVER;
	if (side->summary->total == 0 || p->flags & PGO_PROFILE_BYTE_COVERAGE)
		return PGO_TREAT_UNSTATED;
	if (side->f.max >= side->summary->hot_threshold) {
		bool hint =
			(p->flags & PGO_PROFILE_IR) && side->entry_known && side->entry >= side->summary->hot_threshold;
		return hint ? PGO_TREAT_INLINE : PGO_TREAT_HOT;
	}
	return side->f.max <= side->summary->cold_threshold ? PGO_TREAT_COLD : PGO_TREAT_WARM;
}

/* Head samples, where the kind has them, are the counter with the last key. */
static void sampled_entry(struct pgo_explained_side *side, const struct pgo_profile *p)
{
	const uint64_t *keys = pgo_profile_keys(p, &side->f);
	uint32_t last = side->f.counter_count - 1;
	bool has = p->kind == PGO_KIND_LINES || p->kind == PGO_KIND_PROBES || p->kind == PGO_KIND_BRANCHES;
	if (!has || !keys || side->f.counter_count == 0 || keys[last] != PGO_KEY_ENTRY)
		return;
	side->entry_known = true;
	side->entry = side->f.counters[last];
}

static struct pgo_explained_side side_of(const struct pgo_profile *p, const struct pgo_summary *summary, uint32_t index)
{
	struct pgo_explained_side side = {
		.present = index != UINT32_MAX, .summary = summary, .heat = PGO_CLASS_NEVER, .dominant = UINT32_MAX};
	if (side.present) {
		side.f = pgo_profile_function(p, index);
		bool measured = !(side.f.flags & PGO_FUNCTION_PSEUDO);
		bool first =
			p->kind == PGO_KIND_LLVM && (!(p->flags & PGO_PROFILE_IR) ||
						     p->flags & (PGO_PROFILE_ENTRY_FIRST | PGO_PROFILE_FN_ENTRY_ONLY));
		side.entry_known = first && measured && side.f.counter_count;
		side.entry = side.entry_known ? side.f.counters[0] : 0;
		sampled_entry(&side, p);
		if (measured && summary->total)
			side.share = pgo_function_mass(&side.f) / (double)summary->total;
		side.heat = class_of(side.f.max, measured && side.f.max, summary);
		for (uint32_t i = 0; i < side.f.counter_count && measured; i++)
			if (side.f.counters[i] &&
			    (side.dominant == UINT32_MAX || side.f.counters[i] > side.f.counters[side.dominant]))
				side.dominant = i;
	}
	side.treatment = treatment_of(&side, p);
	return side;
}

static void set_counter(struct pgo_explained_counter *c, unsigned s, const struct pgo_explained_side *side, uint32_t i)
{
	double inside = pgo_function_mass(&side->f), total = (double)side->summary->total;
	bool measured = !(side->f.flags & PGO_FUNCTION_PSEUDO);
	c->has[s] = true;
	c->count[s] = side->f.counters[i];
	c->heat[s] = class_of(c->count[s], measured && inside > 0, side->summary);
	if (!measured)
		return;
	c->inside[s] = inside > 0 ? (double)c->count[s] / inside : 0;
	c->share[s] = total > 0 ? (double)c->count[s] / total : 0;
}

/* A counter the side does not list, or has in other code. */
static void lack_counter(struct pgo_explained_counter *c, unsigned s, const struct pgo_explained_side *side)
{
	c->heat[s] = class_of(0, side->present && side->f.max, side->summary);
}

static uint64_t key_of(const uint64_t *keys, uint32_t i)
{
	return keys ? keys[i] : i;
}

/* Counters of the same code: by key, which is the position where there are none. */
static void set_joined(struct pgo_explanation *e, const uint64_t *const keys[2])
{
	const struct pgo_explained_side *side = e->side;
	uint32_t at[2] = {0}, count[2];
	for (unsigned s = 0; s < 2; s++)
		count[s] = side[s].present ? side[s].f.counter_count : 0;
	while (at[0] < count[0] || at[1] < count[1]) {
		struct pgo_explained_counter *c = &e->counters[e->counter_count++];
		uint64_t key[2] = {UINT64_MAX, UINT64_MAX};
		bool there[2];
		for (unsigned s = 0; s < 2; s++) {
			there[s] = at[s] < count[s];
			if (there[s])
				key[s] = key_of(keys[s], at[s]);
		}
		bool take[2] = {there[0] && (!there[1] || key[0] <= key[1]),
				there[1] && (!there[0] || key[1] <= key[0])};
		*c = (struct pgo_explained_counter){.key = take[0] ? key[0] : key[1]};
		for (unsigned s = 0; s < 2; s++) {
			if (take[s])
				set_counter(c, s, &side[s], at[s]++);
			else
				lack_counter(c, s, &side[s]);
		}
	}
	e->first_of_test = e->counter_count;
}

/* Counters of other code, or of one side alone: one list after the other. */
static void set_apart(struct pgo_explanation *e, const uint64_t *const keys[2])
{
	for (unsigned s = 0; s < 2; s++) {
		e->first_of_test = s ? e->counter_count : 0;
		for (uint32_t i = 0; e->side[s].present && i < e->side[s].f.counter_count; i++) {
			struct pgo_explained_counter *c = &e->counters[e->counter_count++];
			*c = (struct pgo_explained_counter){.key = key_of(keys[s], i)};
			set_counter(c, s, &e->side[s], i);
			c->heat[!s] = PGO_CLASS_NEVER;
		}
	}
}

int pgo_explain(struct pgo_explanation *out, const struct pgo_comparison *c, const struct pgo_matched *m,
		struct pgo_error *err)
{
	const struct pgo_profile *const profiles[2] = {c->train_profile, c->test_profile};
	const struct pgo_summary *const summaries[2] = {&c->train.summary, &c->test.summary};
	const uint64_t *keys[2] = {NULL, NULL};
	uint32_t row = m->row[0] != UINT32_MAX ? m->row[0] : m->row[1];
	struct pgo_explanation e = {.comparison = c, .row = &c->functions[row], .joined = m->row[0] == m->row[1]};
	size_t room = 1;
	for (unsigned s = 0; s < 2; s++) {
		e.side[s] = side_of(profiles[s], summaries[s], m->index[s]);
		room += e.side[s].present ? e.side[s].f.counter_count : 0;
		if (e.side[s].present)
			keys[s] = pgo_profile_keys(profiles[s], &e.side[s].f);
		e.keyed |= profiles[s]->keys != NULL;
	}
	/* a compiler that meets B's code with A's record of other code drops it */
	if (m->index[0] != UINT32_MAX && m->index[1] != UINT32_MAX && !e.joined && profiles[0]->kind == PGO_KIND_LLVM)
		e.side[0].treatment = PGO_TREAT_STALE;
	e.counters = malloc(room * sizeof *e.counters);
	if (!e.counters)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (e.joined)
		set_joined(&e, keys);
	else
		set_apart(&e, keys);
	for (size_t i = 0; i < e.counter_count; i++)
		e.table[e.counters[i].heat[0]][e.counters[i].heat[1]] += e.counters[i].share[1];
	int rc = pgo_values_compare(&e.values, profiles, m->index, err);
	if (rc == PGO_OK && !e.joined)
		for (size_t i = 0; i < e.values.site_count; i++)
			e.values.sites[i].tv.present = false; /* sites of other code are other places */
	for (int kind = 0; kind < PGO_VALUE_KINDS && !e.joined; kind++)
		e.values.distance[kind].present = false;
	if (rc == PGO_OK)
		*out = e;
	else
		free(e.counters);
	return rc;
}

void pgo_explanation_release(struct pgo_explanation *e)
{
	free(e->counters);
	pgo_value_comparison_release(&e->values);
	*e = (struct pgo_explanation){0};
}

const char *pgo_treatment_name(enum pgo_treatment treatment)
{
	static const char *const names[] = {"inline_hint", "hot",	 "warm",   "cold",    "never",
					    "stale",	   "unprofiled", "pseudo", "unstated"};
	return names[treatment];
}
