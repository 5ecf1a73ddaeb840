/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_TEST_SAMPLES_H
#define PGO_TEST_SAMPLES_H

/* Include after cmocka's own headers; shared by the tests of the readers. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgo/profile.h"

#define SAMPLES FIXTURES "/samples/"

/** The whole file; freed by the caller. An exact allocation, so that AddressSanitizer sees a read past its end. */
static inline unsigned char *load(const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	fseek(f, 0, SEEK_END);
	*length = (size_t)ftell(f);
	rewind(f);
	unsigned char *bytes = malloc(*length ? *length : 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *length, f), *length);
	fclose(f);
	return bytes;
}

static inline unsigned char *load_sample(const char *name, size_t *length)
{
	char path[1024];
	snprintf(path, sizeof path, SAMPLES "%s", name);
	return load(path, length);
}

static inline struct pgo_profile *open_sample(const char *name)
{
	char path[1024];
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	snprintf(path, sizeof path, SAMPLES "%s", name);
	if (pgo_profile_open(&p, path, NULL, &err) != PGO_OK)
		fail_msg("%s: %s", name, err.message);
	return p;
}

/** For mkstemp() and mkdtemp(). */
static inline void scratch_template(char *out, size_t size)
{
	const char *dir = getenv("TMPDIR");
	snprintf(out, size, "%s/pgo-test-XXXXXX", dir && *dir ? dir : P_tmpdir);
}

static inline bool has_name(const struct pgo_function *f, const char *name)
{
	return f->name_length == strlen(name) && memcmp(f->name, name, f->name_length) == 0;
}

/** What holds of every profile a reader hands out, whatever bytes it came from. */
static inline void check_invariants(const struct pgo_profile *p)
{
	volatile uint64_t names = 0;
	uint64_t counters = 0;
	assert_non_null(p->format);
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function value = pgo_profile_function(p, i), *f = &value;
		struct pgo_function_extra e = pgo_profile_extra(p, i);
		assert_true(e.first_site <= p->site_count && e.site_count <= p->site_count - e.first_site);
		assert_true(e.first_bitmap <= p->bitmap_length && e.bitmap_count <= p->bitmap_length - e.first_bitmap);
		for (uint32_t c = 0; c < f->name_length; c++)
			names += (unsigned char)f->name[c]; /* under ASan: they are there */
		counters += f->counter_count;
		pgo_u128 sum = 0;
		uint64_t max = 0;
		for (uint32_t c = 0; c < f->counter_count; c++) {
			uint64_t v = f->counters[c];
			sum += v;
			max = v > max ? v : max;
		}
		assert_true(sum == pgo_function_sum(f));
		assert_true(f->sum == (sum < UINT64_MAX ? sum : UINT64_MAX));
		assert_int_equal(max, f->max);
		unsigned kinds = 0, kind = PGO_VALUE_KINDS;
		for (uint32_t s = 0; s < e.site_count; s++) {
			const struct pgo_value_site *site = &p->sites[e.first_site + s];
			assert_true(site->kind < PGO_VALUE_KINDS);
			assert_true(site->first <= p->value_count && site->count <= p->value_count - site->first);
			if (site->kind != kind)
				assert_false(kinds & 1u << site->kind); /* sites of a kind are consecutive */
			kind = site->kind;
			kinds |= 1u << kind;
		}
	}
	assert_int_equal(counters, p->counter_count);
	for (size_t i = 0; i < p->trace_count; i++) {
		assert_true(p->traces[i].first <= p->trace_ref_count);
		assert_true(p->traces[i].count <= p->trace_ref_count - p->traces[i].first);
	}
	for (size_t i = 0; i < p->build_id_count; i++)
		assert_true(p->build_ids[i].length <= sizeof p->build_ids[i].bytes);
}

static inline pgo_u128 total_of(const struct pgo_profile *p)
{
	pgo_u128 total = 0;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		total += pgo_function_sum(&f);
	}
	return total;
}

/** Every row of a tab-separated file; columns beyond `columns` are left out. '#' starts a comment line. */
static inline void for_each_row(const char *path, int columns, void (*row)(char **fields, int count))
{
	char line[4096];
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	while (fgets(line, sizeof line, f)) {
		char *fields[16] = {0};
		int count = 0;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		for (char *at = line; at && count < columns && count < 16; count++) {
			fields[count] = at;
			at = strchr(at, '\t');
			if (at)
				*at++ = '\0';
		}
		row(fields, count);
	}
	fclose(f);
}

#endif
