/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model/builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/base/mapping.h"

void pgo_profile_free(struct pgo_profile *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->warning_count; i++)
		free(p->warnings[i]);
	if (p->input_mapped && p->input_dropped)
		munmap(p->input, p->input_length);
	else if (p->input_mapped)
		pgo_unmap(p->input, p->input_length);
	else
		free(p->input);
	if (p->input_file > 0)
		close(p->input_file);
	free(p->stored);
	pgo_quarantine_free(p->quarantine);
	free(p->functions);
	free(p->places);
	free(p->extras);
	pgo_tally_free(p->tally[PGO_RECORDS_NORMAL]);
	pgo_tally_free(p->tally[PGO_RECORDS_CS]);
	free(p->counters);
	free(p->keys);
	free(p->names);
	free(p->sites);
	free(p->values);
	free(p->bitmap);
	free(p->build_ids);
	free(p->traces);
	free(p->trace_refs);
	free(p->vtable_names);
	free(p->warnings);
	free(p);
}

int pgo_profile_settle(struct pgo_profile *profile, struct pgo_error *err)
{
	return profile->settle ? profile->settle(profile, err) : PGO_OK;
}

struct pgo_function pgo_profile_function(const struct pgo_profile *profile, size_t index)
{
	return pgo_function_at(profile, index);
}

struct pgo_function_extra pgo_profile_extra(const struct pgo_profile *profile, size_t index)
{
	size_t low = 0, high = profile->extra_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (profile->extras[middle].function < index)
			low = middle + 1;
		else
			high = middle;
	}
	struct pgo_function_extra none = {0, 0, 0, 0, 0};
	return low < profile->extra_count && profile->extras[low].function == index ? profile->extras[low] : none;
}

const uint64_t *pgo_profile_keys(const struct pgo_profile *profile, const struct pgo_function *f)
{
	return profile->keys ? profile->keys + ((const uint64_t *)(const void *)f->counters - profile->counters) : NULL;
}

const char *pgo_profile_kind_name(enum pgo_profile_kind kind)
{
	static const char *const names[PGO_KIND_COUNT] = {
		"LLVM instrumentation", "gcc blocks",	  "sampled lines",   "branches",    "call sites",
		"counter table",	"sampled probes", "sampled offsets", "block counts"};
	return (unsigned)kind < PGO_KIND_COUNT ? names[kind] : "?";
}

pgo_u128 pgo_function_sum(const struct pgo_function *f)
{
	if (f->sum < UINT64_MAX)
		return f->sum;
	pgo_u128 sum = 0;
	for (uint32_t i = 0; i < f->counter_count; i++)
		sum += f->counters[i];
	return sum;
}

char *pgo_function_name(const struct pgo_function *f)
{
	return strndup(f->name_length ? f->name : "", f->name_length);
}

int pgo_function_compare_names(const struct pgo_function *a, const struct pgo_function *b)
{
	uint32_t common = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order = common ? memcmp(a->name, b->name, common) : 0;
	return order ? order : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

int pgo_profile_flags_text(uint32_t flags, char *out, size_t size)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
		{PGO_PROFILE_IR, "ir"},
		{PGO_PROFILE_CSIR, "csir"},
		{PGO_PROFILE_ENTRY_FIRST, "entry_first"},
		{PGO_PROFILE_LOOP_ENTRIES, "loop_entries"},
		{PGO_PROFILE_BYTE_COVERAGE, "byte_coverage"},
		{PGO_PROFILE_FN_ENTRY_ONLY, "fn_entry_only"},
		{PGO_PROFILE_MEMPROF, "memprof"},
		{PGO_PROFILE_TEMPORAL, "temporal"},
	};
	char text[128];
	/* a memory profile alone holds no instrumentation of either kind */
	size_t length = (size_t)sprintf(text, "%s", flags & (PGO_PROFILE_IR | PGO_PROFILE_MEMPROF) ? "" : "fe");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (flags & words[i].flag)
			length += (size_t)sprintf(text + length, "%s%s", length ? "+" : "", words[i].word);
	if (size == 0)
		return 0;
	if (length > size - 1)
		length = size - 1;
	memcpy(out, text, length);
	out[length] = '\0';
	return (int)length;
}

char *pgo_u128_text(pgo_u128 value, char out[40])
{
	char digits[40];
	size_t n = 0;
	do {
		digits[n++] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = '\0';
	return out;
}
