/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/continuity.h"

#include <stdlib.h>

#include "analysis/metrics/weights_mixture.h"
#include "analysis/model/names.h"

enum { OLD = 0, NEW = 1 };

static const struct pgo_continuity_field fields[] = {
	{"min_mass_ratio", offsetof(struct pgo_continuity_bands, min_mass_ratio), 0.5, 0, HUGE_VAL,
	 "least total count, new over old; below it data was lost or the workloads ran shorter"},
	{"max_mass_ratio", offsetof(struct pgo_continuity_bands, max_mass_ratio), 2, 0, HUGE_VAL,
	 "largest total count, new over old; beyond it something ran longer or was merged twice"},
	{"min_functions_ratio", offsetof(struct pgo_continuity_bands, min_functions_ratio), 0.8, 0, 1,
	 "least number of functions that ran, new over old"},
	{"max_lost_hot", offsetof(struct pgo_continuity_bands, max_lost_hot), 0.05, 0, 1,
	 "largest share of the old profile's hot execution that is cold or gone in the new one"},
};

const struct pgo_continuity_field *pgo_continuity_fields(size_t *count)
{
	*count = sizeof fields / sizeof fields[0];
	return fields;
}

struct pgo_continuity_bands pgo_continuity_defaults(void)
{
	struct pgo_continuity_bands bands = {0};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		memcpy((char *)&bands + fields[i].offset, &fields[i].fallback, sizeof(double));
	return bands;
}

double pgo_continuity_band(const struct pgo_continuity_bands *bands, size_t field)
{
	double value;
	memcpy(&value, (const char *)bands + fields[field].offset, sizeof value);
	return value;
}

const char *pgo_fate_name(enum pgo_fate fate)
{
	static const char *const names[] = {"cold", "never ran", "gone"};
	return (unsigned)fate < PGO_FATES ? names[fate] : "?";
}

/* A function of the new profile that has no partner in the old one, by its normalised name. */
struct renamed {
	const char *name; /* in the arena */
	size_t length;
	uint64_t max;
};

struct measuring {
	const struct pgo_panel *panel;
	char *arena;
	struct renamed *renamed;
	size_t renamed_count;
	struct pgo_largest largest;
	enum pgo_fate *fates; /* of each panel function; only of lost ones */
};

static bool in(const struct pgo_panel *panel, size_t function, int side)
{
	return panel->records[function * 2 + (size_t)side] != UINT32_MAX;
}

static struct pgo_function record(const struct pgo_panel *panel, size_t function, int side)
{
	return pgo_profile_function(panel->profiles[side], panel->records[function * 2 + (size_t)side]);
}

/* By name, then by falling maximum: the first of a name is the one that ran most. */
static int order_renamed(const void *pa, const void *pb)
{
	const struct renamed *a = pa, *b = pb;
	int c = memcmp(a->name, b->name, a->length < b->length ? a->length : b->length);
	if (c == 0)
		c = (a->length > b->length) - (a->length < b->length);
	return c ? c : (a->max < b->max) - (a->max > b->max);
}

/* What the new profile has under a name but with another hash. */
static int collect_renamed(struct measuring *w)
{
	size_t bytes = 1, count = 0;
	for (size_t f = 0; f < w->panel->function_count; f++)
		if (!in(w->panel, f, OLD)) {
			bytes += record(w->panel, f, NEW).name_length + 1;
			count++;
		}
	char *at = w->arena = malloc(bytes);
	w->renamed = pgo_array_new(count, sizeof *w->renamed);
	if (!w->arena || !w->renamed)
		return PGO_ENOMEM;
	for (size_t f = 0; f < w->panel->function_count; f++)
		if (!in(w->panel, f, OLD)) {
			struct pgo_function r = record(w->panel, f, NEW);
			size_t length = pgo_name_normalize(at, r.name, r.name_length);
			bool pseudo = r.flags & PGO_FUNCTION_PSEUDO;
			w->renamed[w->renamed_count++] = (struct renamed){at, length, pseudo ? 0 : r.max};
			at += length;
		}
	qsort(w->renamed, w->renamed_count, sizeof *w->renamed, order_renamed);
	return PGO_OK;
}

/* @return NULL when there is no such name */
static const struct renamed *find_renamed(const struct measuring *w, const char *name, size_t length)
{
	struct renamed key = {name, length, UINT64_MAX};
	size_t low = 0, high = w->renamed_count;
	while (low < high) {
		size_t at = low + (high - low) / 2;
		if (order_renamed(&w->renamed[at], &key) < 0)
			low = at + 1;
		else
			high = at;
	}
	const struct renamed *r = low < w->renamed_count ? &w->renamed[low] : NULL;
	return r && r->length == length && memcmp(r->name, name, length) == 0 ? r : NULL;
}

static bool is_cold(const struct pgo_summary *s, uint64_t count)
{
	return count <= s->cold_threshold && (count < s->hot_threshold || count == 0);
}

/* Adds what one old function lost. */
static int follow(struct pgo_continuity *out, struct measuring *w, size_t f)
{
	const struct pgo_panel *panel = w->panel;
	struct pgo_function old = record(panel, f, OLD);
	const pgo_count *after = in(panel, f, NEW) ? pgo_panel_measured(panel, f, NEW) : NULL;
	const struct renamed *renamed = NULL;
	if (old.max == 0 || old.flags & PGO_FUNCTION_PSEUDO)
		return PGO_OK;
	if (!in(panel, f, NEW)) {
		char *name = malloc(old.name_length + 1);
		if (!name)
			return PGO_ENOMEM;
		renamed = find_renamed(w, name, pgo_name_normalize(name, old.name, old.name_length));
		free(name);
	}
	bool gone = !in(panel, f, NEW) && !renamed, runs = after || (renamed && renamed->max);
	out->functions_gone += gone;
	out->functions_stopped += !gone && !runs;
	if (old.max < out->old_summary.hot_threshold)
		return PGO_OK;
	enum pgo_fate fate = gone ? PGO_FATE_GONE : runs ? PGO_FATE_COLD : PGO_FATE_NEVER;
	double hot = 0, lost = 0, total = (double)out->old_summary.total;
	for (uint32_t c = 0; c < old.counter_count; c++) {
		if (old.counters[c] < out->old_summary.hot_threshold)
			continue;
		uint64_t now = after ? after[c] : renamed ? renamed->max : 0;
		double share = (double)old.counters[c] / total;
		hot += share;
		lost += !runs || is_cold(&out->new_summary, now) ? share : 0;
	}
	out->hot_functions++;
	out->hot_mass += hot;
	out->changed += renamed ? hot : 0;
	if (lost <= 0)
		return PGO_OK;
	out->hot_functions_lost += lost >= hot;
	out->lost_by[fate] += lost;
	out->lost_count++;
	w->fates[f] = fate;
	pgo_largest_add(&w->largest, PGO_LOST_FUNCTIONS, (uint32_t)f, lost);
	return PGO_OK;
}

static int name_lost(struct pgo_continuity *out, const struct measuring *w)
{
	for (size_t i = 0; i < w->largest.count; i++) {
		uint32_t f = w->largest.items[i].function;
		char *name = pgo_panel_name(w->panel, f);
		if (!name)
			return PGO_ENOMEM;
		out->functions[out->named++] = (struct pgo_lost_function){
			.named = {name, w->largest.items[i].share / out->hot_mass}, .fate = w->fates[f]};
	}
	return PGO_OK;
}

static void finish(struct pgo_continuity *c)
{
	double lost = 0;
	if (c->old_summary.total == 0)
		return;
	for (int f = 0; f < PGO_FATES; f++) {
		c->lost_by[f] /= c->hot_mass;
		lost += c->lost_by[f];
	}
	c->changed /= c->hot_mass;
	c->lost = (struct pgo_optional){true, lost < 1 ? lost : 1};
	c->mass_ratio = (struct pgo_optional){true, (double)c->new_summary.total / (double)c->old_summary.total};
	c->functions_ratio = (struct pgo_optional){true, (double)c->new_summary.nonzero_functions /
								 (double)c->old_summary.nonzero_functions};
}

int pgo_continuity_measure(struct pgo_continuity *out, const struct pgo_panel *panel, struct pgo_error *err)
{
	struct pgo_continuity c = {.old_summary = panel->summaries[OLD], .new_summary = panel->summaries[NEW]};
	struct measuring w = {.panel = panel};
	w.fates = calloc(panel->function_count + 1, sizeof *w.fates);
	int rc = w.fates ? collect_renamed(&w) : PGO_ENOMEM;
	for (size_t f = 0; rc == PGO_OK && f < panel->function_count; f++)
		if (in(panel, f, OLD))
			rc = follow(&c, &w, f);
	if (rc == PGO_OK)
		rc = name_lost(&c, &w);
	free(w.fates);
	free(w.arena);
	free(w.renamed);
	if (rc != PGO_OK) {
		pgo_continuity_release(&c);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	finish(&c);
	*out = c;
	return PGO_OK;
}

void pgo_continuity_release(struct pgo_continuity *c)
{
	for (size_t i = 0; i < c->named; i++)
		free(c->functions[i].named.name);
	*c = (struct pgo_continuity){0};
}
