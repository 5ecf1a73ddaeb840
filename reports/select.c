/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "reports/common.h"

struct pattern {
	bool active;
	regex_t compiled;
};

static int pattern_init(struct pattern *pattern, const char *text, struct pgo_error *err)
{
	*pattern = (struct pattern){0};
	if (!text)
		return PGO_OK;
	int rc = regcomp(&pattern->compiled, text, REG_EXTENDED | REG_NOSUB);
	if (rc) {
		char reason[160];
		regerror(rc, &pattern->compiled, reason, sizeof reason);
		return pgo_error_set(err, PGO_EINVAL, "'%s' is no regular expression: %s", text, reason);
	}
	pattern->active = true;
	return PGO_OK;
}

static void pattern_release(struct pattern *pattern)
{
	if (pattern->active)
		regfree(&pattern->compiled);
	pattern->active = false;
}

/** Sets *matches. The name is demangled only when it does not match as it stands. */
static int pattern_match(const struct pattern *pattern, const char *name, bool *matches, struct pgo_error *err)
{
	*matches = !pattern->active || regexec(&pattern->compiled, name, 0, NULL, 0) == 0;
	if (*matches)
		return PGO_OK;
	char *readable = pgo_demangle(name);
	if (!readable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	*matches = regexec(&pattern->compiled, readable, 0, NULL, 0) == 0;
	free(readable);
	return PGO_OK;
}

static int function_matches(const struct pattern *pattern, const struct pgo_function *f, bool *matches,
			    struct pgo_error *err)
{
	*matches = true;
	if (!pattern->active)
		return PGO_OK;
	char *name = pgo_function_name(f);
	int rc = name ? pattern_match(pattern, name, matches, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(name);
	return rc;
}

int pgo_function_pattern_check(const char *text, struct pgo_error *err)
{
	struct pattern pattern;
	int rc = pattern_init(&pattern, text, err);
	pattern_release(&pattern);
	return rc;
}

void pgo_selection_release(struct pgo_selection *selection)
{
	free(selection->index);
	*selection = (struct pgo_selection){0};
}

int pgo_select_compared(struct pgo_selection *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_comparison *c = report->comparison;
	size_t limit = report->top && report->top < c->function_count ? report->top : c->function_count;
	struct pgo_selection made = {.index = malloc((limit ? limit : 1) * sizeof *made.index)};
	struct pattern pattern = {0};
	int rc = made.index ? pattern_init(&pattern, report->function, err)
			    : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; rc == PGO_OK && i < c->function_count; i++) {
		bool matches;
		if (!pattern.active && made.count == limit)
			break;
		rc = pattern_match(&pattern, c->functions[i].name, &matches, err);
		if (rc != PGO_OK || !matches)
			continue;
		made.matching++;
		if (made.count < limit)
			made.index[made.count++] = i;
	}
	if (!pattern.active)
		made.matching = c->function_total;
	pattern_release(&pattern);
	if (rc == PGO_OK)
		*out = made;
	else
		pgo_selection_release(&made);
	return rc;
}

/* qsort_r's context is the profile; ties fall back on the hash, which no two records of one name share */
static int by_name(const void *left, const void *right, void *context)
{
	const struct pgo_profile *p = context;
	const struct pgo_function x = pgo_profile_function(p, *(const size_t *)left), *a = &x;
	const struct pgo_function y = pgo_profile_function(p, *(const size_t *)right), *b = &y;
	int order = pgo_function_compare_names(a, b);
	return order ? order : (a->cfg_hash > b->cfg_hash) - (a->cfg_hash < b->cfg_hash);
}

static int by_max(const void *left, const void *right, void *context)
{
	const struct pgo_profile *p = context;
	const struct pgo_function x = pgo_profile_function(p, *(const size_t *)left), *a = &x;
	const struct pgo_function y = pgo_profile_function(p, *(const size_t *)right), *b = &y;
	return a->max != b->max ? (a->max < b->max) - (a->max > b->max) : by_name(left, right, context);
}

static int by_mass(const void *left, const void *right, void *context)
{
	const struct pgo_profile *p = context;
	const struct pgo_function a = pgo_profile_function(p, *(const size_t *)left);
	const struct pgo_function b = pgo_profile_function(p, *(const size_t *)right);
	pgo_u128 x = pgo_function_sum(&a), y = pgo_function_sum(&b);
	return x != y ? (x < y) - (x > y) : by_name(left, right, context);
}

int pgo_select_shown(struct pgo_selection *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_profile *p = report->profile;
	struct pgo_selection made = {.index = malloc((p->function_count + 1) * sizeof *made.index)};
	struct pattern pattern = {0};
	int rc = made.index ? pattern_init(&pattern, report->function, err)
			    : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; rc == PGO_OK && i < p->function_count; i++) {
		bool matches;
		struct pgo_function f = pgo_profile_function(p, i);
		if (!pgo_function_selected(&f, report->filter))
			continue;
		/* lists by count: a pseudo count is none, as in llvm-profdata's */
		if ((report->top || report->hot || report->value_cutoff) && f.flags & PGO_FUNCTION_PSEUDO)
			continue;
		if (f.max < report->value_cutoff)
			continue;
		rc = function_matches(&pattern, &f, &matches, err);
		if (rc == PGO_OK && matches)
			made.index[made.count++] = i;
	}
	pattern_release(&pattern);
	if (rc != PGO_OK) {
		pgo_selection_release(&made);
		return rc;
	}
	made.matching = made.count;
	qsort_r(made.index, made.count, sizeof *made.index,
		report->hot   ? by_mass
		: report->top ? by_max
			      : by_name,
		(void *)p);
	size_t most = report->hot ? report->hot : report->top;
	if (most && made.count > most)
		made.count = most;
	*out = made;
	return PGO_OK;
}

/** The name of a function without the file of one with local linkage. */
static struct pgo_function without_file(struct pgo_function f)
{
	size_t prefix = pgo_name_file_prefix(f.name, f.name_length);
	f.name += prefix;
	f.name_length -= (uint32_t)prefix;
	return f;
}

static int by_symbol(const void *left, const void *right, void *context)
{
	const struct pgo_profile *p = context;
	const struct pgo_function a = without_file(pgo_profile_function(p, *(const size_t *)left));
	const struct pgo_function b = without_file(pgo_profile_function(p, *(const size_t *)right));
	return pgo_function_compare_names(&a, &b);
}

static int by_number(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	return (a > b) - (a < b);
}

int pgo_select_namesakes(struct pgo_selection *out, const struct pgo_selection *listed, const struct pgo_profile *p)
{
	struct pgo_selection made = {.index = malloc((2 * listed->count + 1) * sizeof *made.index)};
	size_t *sorted = made.index + listed->count;
	if (!made.index)
		return PGO_ENOMEM;
	memcpy(sorted, listed->index, listed->count * sizeof *sorted);
	qsort_r(sorted, listed->count, sizeof *sorted, by_symbol, (void *)p);
	for (size_t i = 0, end; i < listed->count; i = end) {
		for (end = i + 1; end < listed->count && by_symbol(&sorted[i], &sorted[end], (void *)p) == 0; end++)
			;
		for (size_t k = i; k < end && end - i > 1; k++)
			made.index[made.count++] = sorted[k];
	}
	qsort(made.index, made.count, sizeof *made.index, by_number);
	*out = made;
	return PGO_OK;
}

bool pgo_is_selected(const struct pgo_selection *selection, size_t index)
{
	return selection->count && bsearch(&index, selection->index, selection->count, sizeof index, by_number) != NULL;
}

int pgo_report_matching(size_t *count, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection selection = {0};
	int rc = pgo_select_compared(&selection, report, err);
	if (rc == PGO_OK)
		*count = selection.matching;
	pgo_selection_release(&selection);
	return rc;
}
