/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FUZZ_READ_AND_USE_H
#define FUZZ_READ_AND_USE_H

#include "pgo/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte a function refers to can be read, and a profile is comparable with itself. */
static inline void use_profile(const struct pgo_profile *p)
{
	volatile uint64_t seen = 0;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		struct pgo_function_extra e = pgo_profile_extra(p, i);
		for (uint32_t c = 0; c < f.name_length; c++)
			seen += (unsigned char)f.name[c];
		for (uint32_t c = 0; c < f.counter_count; c++)
			seen += f.counters[c];
		for (uint32_t s = 0; s < e.site_count; s++)
			seen += p->sites[e.first_site + s].count;
		for (uint32_t c = 0; c < e.bitmap_count; c++)
			seen += p->bitmap[e.first_bitmap + c];
	}
	struct pgo_comparison c;
	if (pgo_compare(&c, p, p, NULL, NULL) != PGO_OK)
		__builtin_trap();
	pgo_comparison_release(&c);
}

static inline void summarize_and_use(const struct pgo_profile *p)
{
	struct pgo_summary summary;
	if (pgo_profile_summarize(&summary, p, PGO_RECORDS_NORMAL, NULL) != PGO_OK ||
	    pgo_profile_summarize(&summary, p, PGO_RECORDS_CS, NULL) != PGO_OK)
		__builtin_trap();
	use_profile(p);
}

/* With damaged records set aside: what is not read at once may be read now, but never without a word. */
static inline void read_leniently(const uint8_t *data, size_t size, const char *format)
{
	const struct pgo_read_options options = {.format = format, .max_lost = 1};
	struct pgo_profile *profile = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_read_with(&profile, data, size, &options, &err) != PGO_OK) {
		if (profile || !err.message[0])
			__builtin_trap();
		return;
	}
	if (!profile->quarantine || profile->quarantine->count == 0 || profile->warning_count == 0)
		__builtin_trap();
	summarize_and_use(profile);
	pgo_profile_free(profile);
}

/* Whatever the bytes, the reader says what is wrong or hands out a profile that can be used. */
static inline int read_and_use(const uint8_t *data, size_t size, const char *format)
{
	struct pgo_profile *profile = NULL;
	struct pgo_error err = {0};
	int rc = pgo_profile_read(&profile, data, size, format, &err);
	if (rc != PGO_OK) {
		if (profile || err.code != rc || !err.message[0])
			__builtin_trap();
		read_leniently(data, size, format);
		return 0;
	}
	summarize_and_use(profile);
	pgo_profile_free(profile);
	return 0;
}

#endif
