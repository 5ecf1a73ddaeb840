/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/digest.h"
#include "analysis/formats/gcov.h"

static const char *source_of(const struct pgo_gcov_reading *r, size_t index)
{
	uint64_t at = r->functions.items[index].source;
	return at ? r->strings.items + at : "";
}

static int compare_name_and_source(const void *pa, const void *pb, void *context)
{
	const struct pgo_gcov_reading *r = context;
	size_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
	struct pgo_function a = pgo_builder_head(r->builder, ia), b = pgo_builder_head(r->builder, ib);
	if (a.name_ref != b.name_ref)
		return a.name_ref < b.name_ref ? -1 : 1;
	int order = pgo_function_compare_names(&a, &b);
	if (order == 0 && r->functions.items[ia].source != r->functions.items[ib].source)
		order = strcmp(source_of(r, ia), source_of(r, ib));
	return order ? order : ia < ib ? -1 : ia > ib;
}

/** "SOURCE;NAME", as LLVM names local functions. */
static int put_source_in_front(struct pgo_gcov_reading *r, size_t index)
{
	struct pgo_builder *b = r->builder;
	struct pgo_function *f = &b->functions.items[index];
	const char *source = source_of(r, index);
	size_t prefix = strlen(source) + 1, length = prefix + f->name_length;
	uint64_t at = b->names.count;
	if (length > UINT32_MAX || pgo_vec_reserve(&b->names, length))
		return -1;
	char *name = b->names.items + at;
	memcpy(name, source, prefix - 1);
	name[prefix - 1] = ';';
	memcpy(name + prefix, b->names.items + b->places.items[index].name, f->name_length);
	b->names.count += length;
	b->places.items[index].name = at;
	f->name_length = (uint32_t)length;
	f->name_ref = pgo_name_ref(name, length);
	return 0;
}

static bool same_name(const struct pgo_gcov_reading *r, size_t ia, size_t ib)
{
	struct pgo_function a = pgo_builder_head(r->builder, ia), b = pgo_builder_head(r->builder, ib);
	return pgo_function_compare_names(&a, &b) == 0;
}

/** order[0..count) have one name, sorted by source: more than one source means more than one function. */
static int tell_apart(struct pgo_gcov_reading *r, const uint32_t *order, size_t count)
{
	if (strcmp(source_of(r, order[0]), source_of(r, order[count - 1])) == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (put_source_in_front(r, order[i]))
			return -1;
	return 0;
}

static int tell_names_apart(struct pgo_gcov_reading *r)
{
	size_t count = r->functions.count, end;
	uint32_t *order = malloc((count + 1) * sizeof *order);
	int rc = order ? 0 : -1;
	for (uint32_t i = 0; order && i < count; i++)
		order[i] = i;
	if (order)
		qsort_r(order, count, sizeof *order, compare_name_and_source, r);
	for (size_t start = 0; rc == 0 && start < count; start = end) {
		for (end = start + 1; end < count && same_name(r, order[start], order[end]);)
			end++;
		rc = tell_apart(r, order + start, end - start);
	}
	free(order);
	return rc;
}

struct target {
	uint32_t ident, function;
	uint64_t name_ref;
};

static int compare_targets(const void *pa, const void *pb)
{
	const struct target *a = pa, *b = pb;
	if (a->ident != b->ident)
		return a->ident < b->ident ? -1 : 1;
	return a->function < b->function ? -1 : a->function > b->function;
}

/** The name reference for an ident; 0 where no function or more than one name has it. */
static uint64_t find_target(const struct target *targets, size_t count, uint64_t ident)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (targets[middle].ident < ident)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && targets[low].ident == ident ? targets[low].name_ref : 0;
}

/** One entry for each ident, that of several names being unknown. @return their number */
static size_t settle_targets(struct target *targets, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept && targets[kept - 1].ident == targets[i].ident) {
			if (targets[kept - 1].name_ref != targets[i].name_ref)
				targets[kept - 1].name_ref = 0;
			continue;
		}
		targets[kept++] = targets[i];
	}
	return kept;
}

/** Idents become name references; unknown targets of a site become one value, 0, which stands last. */
static void name_values(struct pgo_builder *b, const struct target *targets, size_t count)
{
	uint64_t kept = 0;
	for (size_t s = 0; s < b->sites.count; s++) {
		struct pgo_value_site *site = &b->sites.items[s];
		uint64_t first = kept, unknown = 0;
		for (uint32_t i = 0; i < site->count; i++) {
			struct pgo_value v = b->values.items[site->first + i];
			uint64_t name_ref = find_target(targets, count, v.value);
			if (name_ref)
				b->values.items[kept++] = (struct pgo_value){.value = name_ref, .count = v.count};
			else
				unknown += v.count;
		}
		if (unknown)
			b->values.items[kept++] = (struct pgo_value){.value = 0, .count = unknown};
		site->first = first;
		site->count = (uint32_t)(kept - first);
	}
	b->values.count = kept;
}

static int name_targets(struct pgo_gcov_reading *r)
{
	size_t count = r->functions.count;
	if (r->builder->sites.count == 0)
		return 0;
	struct target *targets = malloc((count + 1) * sizeof *targets);
	if (!targets)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct pgo_gcov_function *f = &r->functions.items[i];
		targets[i] = (struct target){.ident = f->ident,
					     .function = (uint32_t)i,
					     .name_ref = r->builder->functions.items[i].name_ref};
	}
	qsort(targets, count, sizeof *targets, compare_targets);
	name_values(r->builder, targets, settle_targets(targets, count));
	free(targets);
	return 0;
}

int pgo_gcov_settle_names(struct pgo_gcov_reading *r)
{
	return tell_names_apart(r) || name_targets(r) ? -1 : 0;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static int warn(const struct pgo_gcov_reading *r)
{
	struct pgo_builder *b = r->builder;
	unsigned long long unnamed = r->unnamed, negative = r->negative, clamped = r->clamped;
	if (unnamed &&
	    pgo_builder_warn(b,
			     "%llu function%s without notes (.gcno): named by number, counters are the arcs as stored",
			     unnamed, plural(unnamed)))
		return -1;
	if (negative &&
	    pgo_builder_warn(b,
			     "%llu function%s with inconsistent flow: counts were lost (to threads without "
			     "-fprofile-update=atomic, or by longjmp); %llu block%s came out below zero and count%s 0",
			     negative, plural(negative), clamped, plural(clamped), clamped == 1 ? "s" : ""))
		return -1;
	if (r->least_runs != r->most_runs &&
	    pgo_builder_warn(b, "the files are not of the same runs: some of %u, some of %u", r->least_runs,
			     r->most_runs))
		return -1;
	return 0;
}

int pgo_gcov_finish(struct pgo_gcov_reading *r, struct pgo_error *err)
{
	bool failed = pgo_gcov_settle_names(r) || warn(r) || pgo_builder_merge_duplicates(r->builder);
	pgo_gcov_release(r);
	return failed ? pgo_error_set(err, PGO_ENOMEM, "out of memory") : PGO_OK;
}

void pgo_gcov_release(struct pgo_gcov_reading *r)
{
	pgo_gcov_graph_release(&r->graph);
	pgo_vec_release(&r->functions);
	pgo_vec_release(&r->strings);
	pgo_vec_release(&r->counters);
}
