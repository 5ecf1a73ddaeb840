/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Prints a profile as libpgo has it, for tests/differential/run: nothing is left out, nothing is sorted.
 *
 *	format F version V flags FLAGS
 *	record HASH NAME			then of the record:
 *	counters C C C
 *	bitmap XX XX
 *	site KIND VALUE:COUNT VALUE:COUNT	values in hex, as stored: sizes or name references
 *	trace WEIGHT REF REF
 *	vtable NAME
 *	warning TEXT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pgo/profile.h"

static void print_record(const struct pgo_profile *p, size_t index)
{
	struct pgo_function f = pgo_profile_function(p, index);
	struct pgo_function_extra e = pgo_profile_extra(p, index);
	printf("record 0x%" PRIx64 " %.*s\ncounters", f.cfg_hash, (int)f.name_length, f.name);
	for (uint32_t i = 0; i < f.counter_count; i++)
		printf(" %" PRIu64, (uint64_t)f.counters[i]);
	putchar('\n');
	if (e.bitmap_count) {
		printf("bitmap");
		for (uint32_t i = 0; i < e.bitmap_count; i++)
			printf(" %02x", p->bitmap[e.first_bitmap + i]);
		putchar('\n');
	}
	for (uint32_t s = 0; s < e.site_count; s++) {
		const struct pgo_value_site *site = &p->sites[e.first_site + s];
		printf("site %" PRIu32, site->kind);
		for (uint32_t v = 0; v < site->count; v++)
			printf(" %" PRIx64 ":%" PRIu64, p->values[site->first + v].value,
			       p->values[site->first + v].count);
		putchar('\n');
	}
}

static void print_vtables(const struct pgo_profile *p)
{
	const char *at = p->vtable_names, *end = at + p->vtable_names_length;
	while (at < end) {
		const char *stop = memchr(at, '\1', (size_t)(end - at));
		if (!stop)
			stop = end;
		printf("vtable %.*s\n", (int)(stop - at), at);
		at = stop + 1;
	}
}

int main(int argc, char **argv)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	char flags[256];
	if (argc != 2) {
		fprintf(stderr, "usage: dump PROFILE\n");
		return 2;
	}
	if (pgo_profile_open(&p, argv[1], NULL, &err) != PGO_OK) {
		pgo_error_print("dump", &err);
		return 3;
	}
	pgo_profile_flags_text(p->flags, flags, sizeof flags);
	printf("format %s version %" PRIu64 " flags %s\n", p->format, p->version, flags);
	for (size_t i = 0; i < p->function_count; i++)
		print_record(p, i);
	for (size_t i = 0; i < p->trace_count; i++) {
		printf("trace %" PRIu64, p->traces[i].weight);
		for (uint64_t k = 0; k < p->traces[i].count; k++)
			printf(" %" PRIx64, p->trace_refs[p->traces[i].first + k]);
		putchar('\n');
	}
	print_vtables(p);
	for (size_t i = 0; i < p->warning_count; i++)
		printf("warning %s\n", p->warnings[i]);
	pgo_profile_free(p);
	return 0;
}
