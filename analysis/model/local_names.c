/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Names of functions with local linkage: file and function, told apart by ';' in IR profiles of newer LLVM, by ':' in
 * older ones. Newer compilers look for both, older ones for their own only.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/base/digest.h"
#include "pgo/merge.h"

/** A name reference that changed. */
struct renamed {
	uint64_t from, to;
};

static int compare_renamed(const void *pa, const void *pb)
{
	const struct renamed *a = pa, *b = pb;
	return (a->from > b->from) - (a->from < b->from);
}

static uint64_t reference(const struct renamed *all, size_t count, uint64_t ref)
{
	const struct renamed key = {.from = ref};
	const struct renamed *found = count ? bsearch(&key, all, count, sizeof *all, compare_renamed) : NULL;
	return found ? found->to : ref;
}

/** Everything that refers to a function by its name. */
static void follow(struct pgo_profile *p, const struct renamed *all, size_t count)
{
	for (uint64_t s = 0; s < p->site_count; s++) {
		const struct pgo_value_site *site = &p->sites[s];
		for (uint32_t v = 0; v < site->count && site->kind == PGO_VALUE_CALL_TARGET; v++)
			p->values[site->first + v].value = reference(all, count, p->values[site->first + v].value);
	}
	for (uint64_t r = 0; r < p->trace_ref_count; r++)
		p->trace_refs[r] = reference(all, count, p->trace_refs[r]);
}

/** The separator of a name in an IR profile: the first ';' with something behind it. */
static char *separator(const struct pgo_function *f)
{
	char *at = f->name_length ? memchr(f->name, ';', f->name_length) : NULL;
	return at && at > f->name && at + 1 < f->name + f->name_length ? at : NULL;
}

/** Add the functions up that have one name now. */
static int unite(struct pgo_profile **profile, struct pgo_error *err)
{
	struct pgo_merge *m = NULL;
	struct pgo_profile *was = *profile, *is = NULL;
	int rc = pgo_merge_new(&m, err);
	if (rc == PGO_OK)
		rc = pgo_merge_add(m, was, "it", NULL, err);
	for (size_t i = 0; i < was->warning_count && rc == PGO_OK; i++)
		rc = pgo_merge_warn(m, err, "%s", was->warnings[i]);
	if (rc == PGO_OK)
		rc = pgo_merge_finish(m, &is, err);
	pgo_merge_free(m);
	if (rc != PGO_OK)
		return rc;
	struct pgo_quarantine *empty = is->quarantine; /* its reasons would name "it" */
	is->quarantine = was->quarantine;
	was->quarantine = empty;
	is->input_bytes = was->input_bytes;
	is->format = was->format;
	is->version = was->version;
	*profile = is;
	pgo_profile_free(was);
	return PGO_OK;
}

int pgo_profile_colon_names(struct pgo_profile **profile, size_t *renamed, struct pgo_error *err)
{
	struct pgo_profile *p = *profile;
	*renamed = 0;
	if (!(p->flags & PGO_PROFILE_IR) || p->kind != PGO_KIND_LLVM || !p->functions)
		return PGO_OK;
	struct renamed *all = malloc((p->function_count + 1) * sizeof *all);
	if (!all)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	size_t count = 0;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function *f = &p->functions[i];
		char *at = separator(f);
		if (!at)
			continue;
		*at = ':';
		all[count].from = f->name_ref;
		f->name_ref = all[count++].to = pgo_name_ref(f->name, f->name_length);
	}
	qsort(all, count, sizeof *all, compare_renamed);
	follow(p, all, count);
	free(all);
	p->hash_mask = 0;
	p->names_in_order = false;
	*renamed = count;
	return count ? unite(profile, err) : PGO_OK;
}

static int compare_references(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return (a > b) - (a < b);
}

/** References of the functions named file:function, rising. @return how many */
static size_t colon_references(const struct pgo_profile *p, uint64_t *refs)
{
	size_t count = 0;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (memchr(f.name, ':', f.name_length) && !separator(&f))
			refs[count++] = f.name_ref;
	}
	qsort(refs, count, sizeof *refs, compare_references);
	return count;
}

int pgo_profile_both_names(const struct pgo_profile *p, size_t *both, struct pgo_error *err)
{
	*both = 0;
	if (!(p->flags & PGO_PROFILE_IR) || p->kind != PGO_KIND_LLVM || p->function_count == 0)
		return PGO_OK;
	uint64_t *refs = malloc(p->function_count * sizeof *refs);
	char *name = NULL;
	int rc = refs ? PGO_OK : PGO_ENOMEM;
	size_t count = refs ? colon_references(p, refs) : 0;
	for (size_t i = 0; i < p->function_count && count && rc == PGO_OK; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		const char *at = separator(&f);
		char *other = at ? realloc(name, f.name_length) : NULL;
		if (!at)
			continue;
		if (!other) {
			rc = PGO_ENOMEM;
			break;
		}
		name = memcpy(other, f.name, f.name_length);
		name[at - f.name] = ':';
		uint64_t ref = pgo_name_ref(name, f.name_length);
		*both += bsearch(&ref, refs, count, sizeof *refs, compare_references) != NULL;
	}
	free(name);
	free(refs);
	return rc == PGO_OK ? PGO_OK : pgo_error_set(err, rc, "out of memory");
}
