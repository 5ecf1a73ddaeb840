/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/panel.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/compare_keyed.h"
#include "analysis/metrics/metrics.h"
#include "analysis/model/align.h"

bool pgo_profile_kinds_differ(const struct pgo_profile *a, const struct pgo_profile *b, char words[2][128])
{
	const uint32_t telling = PGO_PROFILE_IR | PGO_PROFILE_BYTE_COVERAGE | PGO_PROFILE_FN_ENTRY_ONLY |
				 PGO_PROFILE_ENTRY_FIRST | PGO_PROFILE_LOOP_ENTRIES;
	bool kinds = a->kind != b->kind;
	if (!kinds && !((a->flags ^ b->flags) & telling))
		return false;
	for (int i = 0; i < 2; i++) {
		const struct pgo_profile *p = i ? b : a;
		words[i][0] = 0;
		if (kinds)
			strncat(words[i], pgo_profile_kind_name((enum pgo_profile_kind)p->kind), 127);
		else
			pgo_profile_flags_text(p->flags, words[i], 128);
	}
	return true;
}

/* Only profiles of one kind, made with the same flags, say the same things by their counters. */
static int check_kinds(const struct pgo_profile *const *profiles, size_t count, struct pgo_error *err)
{
	char words[2][128];
	for (size_t i = 1; i < count; i++)
		if (pgo_profile_kinds_differ(profiles[0], profiles[i], words))
			return pgo_error_set(err, PGO_EMISMATCH, "profiles 1 and %zu are of different kinds: %s and %s",
					     i + 1, words[0], words[1]);
	return PGO_OK;
}

/* Keyed profiles, and tables without hashes, take part over the union of their keys: then positions say it all. */
static int align(struct pgo_panel *p, const struct pgo_profile *const *profiles, struct pgo_error *err)
{
	bool keyed = false;
	for (size_t i = 0; i < p->profile_count; i++)
		keyed |= pgo_needs_alignment(profiles[i], profiles[i]);
	p->profiles = profiles;
	if (!keyed)
		return PGO_OK;
	p->aligned = calloc(p->profile_count, sizeof *p->aligned);
	if (!p->aligned)
		return PGO_ENOMEM;
	int rc = pgo_profile_align(p->aligned, profiles, p->profile_count, err);
	if (rc != PGO_OK)
		return rc;
	for (size_t i = 0; i < p->profile_count; i++) {
		free(p->aligned[i]->keys);
		p->aligned[i]->keys = NULL;
	}
	p->profiles = (const struct pgo_profile *const *)p->aligned;
	return PGO_OK;
}

/* Number the groups that have a record `filter` takes, in the order of their first record. */
static int number_functions(struct pgo_panel *p, const struct pgo_groups *groups, enum pgo_record_filter filter)
{
	uint32_t *number = malloc((groups->group_count + 1) * sizeof *number);
	if (!number)
		return PGO_ENOMEM;
	memset(number, 0xff, (groups->group_count + 1) * sizeof *number);
	for (size_t k = 0; k < p->profile_count; k++)
		for (size_t i = 0; i < p->profiles[k]->function_count; i++) {
			struct pgo_function f = pgo_function_head(p->profiles[k], i);
			uint32_t group = groups->of[groups->first[k] + i];
			if (pgo_function_selected(&f, filter) && number[group] == UINT32_MAX)
				number[group] = (uint32_t)p->function_count++;
		}
	size_t cells = p->function_count * p->profile_count;
	p->records = pgo_array_new(cells, sizeof *p->records);
	p->first_counter = calloc(p->function_count + 1, sizeof *p->first_counter);
	if (p->records && p->first_counter)
		memset(p->records, 0xff, cells * sizeof *p->records);
	for (size_t k = 0; p->records && p->first_counter && k < p->profile_count; k++)
		for (size_t i = 0; i < p->profiles[k]->function_count; i++) {
			struct pgo_function f = pgo_function_head(p->profiles[k], i);
			uint32_t n = number[groups->of[groups->first[k] + i]];
			if (!pgo_function_selected(&f, filter))
				continue;
			p->records[(size_t)n * p->profile_count + k] = (uint32_t)i;
			p->first_counter[n + 1] = f.counter_count;
		}
	free(number);
	if (!p->records || !p->first_counter)
		return PGO_ENOMEM;
	for (size_t n = 0; n < p->function_count; n++)
		p->first_counter[n + 1] += p->first_counter[n];
	p->counter_count = p->first_counter[p->function_count];
	return PGO_OK;
}

static int summarize(struct pgo_panel *p, enum pgo_record_filter filter)
{
	p->totals = calloc(p->profile_count, sizeof *p->totals);
	p->summaries = calloc(p->profile_count, sizeof *p->summaries);
	if (!p->totals || !p->summaries)
		return PGO_ENOMEM;
	for (size_t k = 0; k < p->profile_count; k++) {
		int rc = pgo_profile_summarize(&p->summaries[k], p->profiles[k], filter, NULL);
		if (rc != PGO_OK)
			return rc;
		p->totals[k] = p->summaries[k].total;
	}
	return PGO_OK;
}

int pgo_panel_open(struct pgo_panel *out, const struct pgo_profile *const *profiles, size_t profile_count,
		   enum pgo_record_filter filter, struct pgo_error *err)
{
	struct pgo_panel p = {.profile_count = profile_count};
	struct pgo_groups groups = {0};
	int rc = check_kinds(profiles, profile_count, err);
	if (rc != PGO_OK)
		return rc;
	rc = align(&p, profiles, err);
	if (rc == PGO_OK)
		rc = pgo_groups_find(&groups, p.profiles, profile_count);
	if (rc == PGO_OK)
		rc = number_functions(&p, &groups, filter);
	if (rc == PGO_OK)
		rc = summarize(&p, filter);
	pgo_groups_release(&groups);
	if (rc == PGO_OK) {
		*out = p;
		return PGO_OK;
	}
	pgo_panel_release(&p);
	return rc == PGO_ENOMEM ? pgo_error_set(err, rc, "out of memory") : rc;
}

void pgo_panel_release(struct pgo_panel *panel)
{
	for (size_t k = 0; panel->aligned && k < panel->profile_count; k++)
		pgo_profile_free(panel->aligned[k]);
	free(panel->aligned);
	free(panel->records);
	free(panel->first_counter);
	free(panel->totals);
	free(panel->summaries);
	*panel = (struct pgo_panel){0};
}

const pgo_count *pgo_panel_counters(const struct pgo_panel *panel, size_t function, size_t profile)
{
	uint32_t record = panel->records[function * panel->profile_count + profile];
	return record == UINT32_MAX ? NULL : pgo_function_head(panel->profiles[profile], record).counters;
}

struct pgo_function pgo_panel_function(const struct pgo_panel *panel, size_t function)
{
	size_t k = 0;
	while (panel->records[function * panel->profile_count + k] == UINT32_MAX)
		k++; /* some profile has it */
	return pgo_profile_function(panel->profiles[k], panel->records[function * panel->profile_count + k]);
}
