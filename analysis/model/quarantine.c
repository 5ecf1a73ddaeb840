/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Damaged records that were set aside, and what is lost with them. */
#include <stdlib.h>
#include <string.h>

#include "analysis/model/builder.h"

/** Longest part of a name that is kept. */
#define NAME_KEPT 400

static void go_back(struct pgo_builder *b, const struct pgo_builder_mark *mark)
{
	b->functions.count = mark->functions;
	b->in_places.count = mark->in_places;
	b->extras.count = mark->extras;
	b->places.count = mark->places;
	b->counters.count = mark->counters;
	b->keys.count = mark->keys;
	b->names.count = mark->names;
	b->sites.count = mark->sites;
	b->values.count = mark->values;
	b->bitmap.count = mark->bitmap;
	b->counter_count = mark->counter_count;
}

/** @return 0, or -1 when out of memory */
static int list_record(struct pgo_quarantine *q, const char *name, size_t length, const struct pgo_error *err)
{
	struct pgo_quarantined item = {
		.offset = err ? err->offset : 0, .has_offset = err && err->has_offset, .is_line = err && err->is_line};
	if (!q->items && !(q->items = calloc(PGO_QUARANTINE_LISTED, sizeof *q->items)))
		return -1;
	length = length > NAME_KEPT ? NAME_KEPT : length;
	item.name = name ? strndup(name, length) : strdup("");
	item.reason = strdup(err && err->message[0] ? err->message : "the record is damaged");
	if (!item.name || !item.reason) {
		free(item.name);
		free(item.reason);
		return -1;
	}
	q->items[q->listed++] = item;
	return 0;
}

int pgo_quarantine_add(struct pgo_quarantine *q, const char *name, size_t name_length, const struct pgo_error *err)
{
	q->count++;
	return q->listed < PGO_QUARANTINE_LISTED ? list_record(q, name, name_length, err) : 0;
}

int pgo_builder_quarantine(struct pgo_builder *b, const struct pgo_builder_mark *mark, const char *name,
			   size_t name_length, struct pgo_error *err)
{
	if (!b->may_quarantine)
		return PGO_EFORMAT;
	if (!b->quarantine)
		b->quarantine = calloc(1, sizeof *b->quarantine);
	struct pgo_quarantine *q = b->quarantine;
	/* the name may lie in what is taken back: it is copied first */
	bool failed = !q || pgo_quarantine_add(q, name, name_length, err);
	if (mark)
		go_back(b, mark);
	if (err)
		*err = (struct pgo_error){0};
	return failed ? pgo_error_set(err, PGO_ENOMEM, "out of memory") : PGO_OK;
}

void pgo_builder_quarantine_more(struct pgo_builder *b, uint64_t records)
{
	b->quarantine->count += records;
}

void pgo_quarantine_free(struct pgo_quarantine *q)
{
	for (size_t i = 0; q && i < q->listed; i++) {
		free(q->items[i].name);
		free(q->items[i].reason);
	}
	if (q)
		free(q->items);
	free(q);
}

int pgo_profile_loss(struct pgo_loss *out, const struct pgo_profile *profile, struct pgo_error *err)
{
	const struct pgo_quarantine *q = profile->quarantine;
	struct pgo_loss loss = {.records = q ? q->count : 0};
	struct pgo_summary found;
	if (loss.records == 0) {
		*out = loss;
		return PGO_OK;
	}
	double all = q->of ? (double)q->of : (double)loss.records + (double)profile->function_count;
	loss.functions = (double)loss.records / all;
	/* the summary of a front-end profile does not cover all records, and there is none in the other formats */
	if (profile->stored && (profile->flags & PGO_PROFILE_IR) && profile->stored->total > 0 &&
	    profile->stored->total >> 63 == 0) {
		int rc = pgo_profile_summarize(&found, profile, PGO_RECORDS_NORMAL, err);
		if (rc != PGO_OK)
			return rc;
		loss.mass_known = true;
		if (found.total < profile->stored->total)
			loss.mass = 1 - (double)found.total / (double)profile->stored->total;
	}
	*out = loss;
	return PGO_OK;
}
