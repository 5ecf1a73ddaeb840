/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/base/vec.h"
#include "analysis/model/names.h"
#include "pgo/explain.h"

struct looking {
	const char *wanted;
	bool is_pattern;
	regex_t pattern;
	char reason[160]; /* why it is no pattern */
};

/* A demangled name meets what a person types: whole, or all before its parameters. */
static bool readable_is(const char *readable, const char *wanted)
{
	size_t length = strlen(wanted);
	if (strncmp(readable, wanted, length) != 0)
		return false;
	return readable[length] == 0 || (readable[length] == '(' && length > 0);
}

/* @return PGO_OK or PGO_ENOMEM */
static int match_name(enum pgo_match *how, const struct looking *l, const char *name)
{
	*how = PGO_MATCH_EXACT;
	if (strcmp(name, l->wanted) == 0)
		return PGO_OK;
	char *readable = pgo_demangle(name);
	if (!readable)
		return PGO_ENOMEM;
	if (readable_is(readable, l->wanted))
		*how = PGO_MATCH_READABLE;
	else if (l->is_pattern &&
		 (regexec(&l->pattern, name, 0, NULL, 0) == 0 || regexec(&l->pattern, readable, 0, NULL, 0) == 0))
		*how = PGO_MATCH_PATTERN;
	else
		*how = PGO_MATCH_NONE;
	free(readable);
	return PGO_OK;
}

/* A row that matches, with its normalised name: what joins records of other code. */
struct candidate {
	struct pgo_matched m;
	const char *name;
	char *normal;
};

struct candidates {
	PGO_VEC(struct candidate) list;
};

static int add_candidate(struct candidates *c, const struct pgo_function_comparison *f, uint32_t row)
{
	size_t length = strlen(f->name);
	struct candidate made = {
		.m = {.index = {f->train_index, f->test_index},
		      .row = {f->train_index == UINT32_MAX ? UINT32_MAX : row,
			      f->test_index == UINT32_MAX ? UINT32_MAX : row},
		      .share = {f->train_share, f->test_share}},
		.name = f->name,
		.normal = malloc(length + 2),
	};
	if (!made.normal)
		return PGO_ENOMEM;
	made.normal[pgo_name_normalize(made.normal, f->name, length)] = 0;
	if (pgo_vec_push(&c->list, made)) {
		free(made.normal);
		return PGO_ENOMEM;
	}
	return PGO_OK;
}

static void clear(struct candidates *c)
{
	for (size_t i = 0; i < c->list.count; i++)
		free(c->list.items[i].normal);
	c->list.count = 0;
}

/* One name together; joined rows first, then A's, then B's, each by falling share. */
static int by_normal(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = strcmp(a->normal, b->normal);
	if (order)
		return order;
	int kind_a = a->m.index[0] == UINT32_MAX ? 2 : a->m.index[1] == UINT32_MAX;
	int kind_b = b->m.index[0] == UINT32_MAX ? 2 : b->m.index[1] == UINT32_MAX;
	if (kind_a != kind_b)
		return kind_a - kind_b;
	double x = a->m.share[0] + a->m.share[1], y = b->m.share[0] + b->m.share[1];
	return x < y ? 1 : x > y ? -1 : strcmp(a->name, b->name);
}

static int by_share(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	double x = a->m.share[0] + a->m.share[1], y = b->m.share[0] + b->m.share[1];
	return x < y ? 1 : x > y ? -1 : strcmp(a->name, b->name);
}

/* Give each of A's lone records the heaviest lone one of B's that has its name. */
static void pair(struct candidates *c)
{
	struct candidate *items = c->list.items;
	size_t kept = 0;
	for (size_t i = 0; i < c->list.count; i++) {
		if (!items[i].normal)
			continue; /* taken */
		for (size_t k = i + 1; k < c->list.count && items[i].m.index[1] == UINT32_MAX; k++) {
			if (!items[k].normal || items[k].m.index[0] != UINT32_MAX)
				continue;
			if (strcmp(items[i].normal, items[k].normal) != 0)
				break;
			items[i].m.index[1] = items[k].m.index[1];
			items[i].m.row[1] = items[k].m.row[1];
			items[i].m.share[1] = items[k].m.share[1];
			free(items[k].normal);
			items[k].normal = NULL;
		}
		items[kept++] = items[i];
	}
	c->list.count = kept;
}

static int collect(struct candidates *c, enum pgo_match *best, const struct looking *l,
		   const struct pgo_comparison *comparison)
{
	int rc = PGO_OK;
	*best = PGO_MATCH_NONE;
	for (size_t i = 0; i < comparison->function_count && rc == PGO_OK; i++) {
		enum pgo_match how;
		rc = match_name(&how, l, comparison->functions[i].name);
		if (rc != PGO_OK || how == PGO_MATCH_NONE || how > *best)
			continue;
		if (how < *best)
			clear(c);
		*best = how;
		rc = add_candidate(c, &comparison->functions[i], (uint32_t)i);
	}
	return rc;
}

static int hand_out(struct pgo_matches *out, struct candidates *c, enum pgo_match how)
{
	struct pgo_matched *items = malloc((c->list.count + 1) * sizeof *items);
	if (!items)
		return PGO_ENOMEM;
	if (c->list.count) {
		qsort(c->list.items, c->list.count, sizeof *c->list.items, by_normal);
		pair(c);
		qsort(c->list.items, c->list.count, sizeof *c->list.items, by_share);
	}
	for (size_t i = 0; i < c->list.count; i++)
		items[i] = c->list.items[i].m;
	*out = (struct pgo_matches){.how = how, .count = c->list.count, .items = items};
	return PGO_OK;
}

int pgo_explain_match(struct pgo_matches *out, const struct pgo_comparison *comparison, const char *wanted,
		      struct pgo_error *err)
{
	struct looking l = {.wanted = wanted};
	struct candidates c = {0};
	enum pgo_match how = PGO_MATCH_NONE;
	int rc = regcomp(&l.pattern, wanted, REG_EXTENDED | REG_NOSUB);
	l.is_pattern = rc == 0;
	if (rc)
		regerror(rc, &l.pattern, l.reason, sizeof l.reason);
	rc = collect(&c, &how, &l, comparison);
	if (rc == PGO_OK && how == PGO_MATCH_NONE && !l.is_pattern)
		rc = pgo_error_set(err, PGO_EINVAL, "no function is called '%s', and it is no regular expression: %s",
				   wanted, l.reason);
	else if (rc == PGO_OK)
		rc = hand_out(out, &c, how);
	if (rc == PGO_ENOMEM)
		pgo_error_set(err, rc, "out of memory");
	clear(&c);
	pgo_vec_release(&c.list);
	if (l.is_pattern)
		regfree(&l.pattern);
	return rc;
}

void pgo_matches_release(struct pgo_matches *matches)
{
	free(matches->items);
	*matches = (struct pgo_matches){0};
}

const char *pgo_match_name(enum pgo_match how)
{
	static const char *const names[] = {"exact", "demangled", "pattern", "none"};
	return names[how];
}
