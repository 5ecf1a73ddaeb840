/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_TEST_SAMPLED_H
#define PGO_TEST_SAMPLED_H

#include <inttypes.h>

#include "tests/unit/formats/samples.h"

static inline int compare_functions(const void *pa, const void *pb)
{
	const struct pgo_function *a = pa, *b = pb;
	int names = pgo_function_compare_names(a, b);
	return names ? names : a->cfg_hash < b->cfg_hash ? -1 : a->cfg_hash > b->cfg_hash;
}

/**
 * "name#hash high.low:count …" by name, keys halved, "in" for the entry; "| kind value:count" for each value site.
 * Freed by the caller.
 */
static inline char *shown(const struct pgo_profile *p)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct pgo_function *functions = malloc((p->function_count + 1) * sizeof *functions);
	for (size_t i = 0; i < p->function_count; i++)
		functions[i] = pgo_profile_function(p, i);
	qsort(functions, p->function_count, sizeof *functions, compare_functions);
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function *f = &functions[i];
		const uint64_t *keys = pgo_profile_keys(p, f);
		fprintf(out, "%s%.*s", i ? "; " : "", (int)f->name_length, f->name);
		if (f->cfg_hash)
			fprintf(out, "#%" PRIx64, f->cfg_hash);
		for (uint32_t c = 0; c < f->counter_count; c++) {
			uint64_t key = keys ? keys[c] : c;
			if (key == PGO_KEY_ENTRY)
				fprintf(out, " in");
			else if (key >> 32)
				fprintf(out, " %" PRIu64 ".%" PRIu64, key >> 32, key & UINT32_MAX);
			else
				fprintf(out, " %" PRIu64, key);
			fprintf(out, ":%" PRIu64, (uint64_t)f->counters[c]);
		}
		for (size_t k = 0; k < p->function_count; k++) {
			struct pgo_function g = pgo_profile_function(p, k);
			struct pgo_function_extra e = pgo_profile_extra(p, k);
			if (g.counters != f->counters || g.name != f->name || g.cfg_hash != f->cfg_hash)
				continue;
			for (uint32_t s = 0; s < e.site_count; s++) {
				const struct pgo_value_site *site = &p->sites[e.first_site + s];
				fprintf(out, " | %u", site->kind);
				for (uint32_t v = 0; v < site->count; v++)
					fprintf(out, " %016" PRIx64 ":%" PRIu64, p->values[site->first + v].value,
						p->values[site->first + v].count);
			}
		}
	}
	fclose(out);
	free(functions);
	return text;
}

/** Read from an exact allocation, so that AddressSanitizer sees a read past its end. */
static inline int read_exactly(struct pgo_profile **out, const void *bytes, size_t length, const char *format,
			       struct pgo_error *err)
{
	void *exact = malloc(length ? length : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, length);
	*out = NULL;
	int rc = pgo_profile_read(out, exact, length, format, err);
	free(exact);
	return rc;
}

static inline void expect_text(const char *text, const char *format, uint32_t kind, const char *what)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	if (read_exactly(&p, text, strlen(text), format, &err) != PGO_OK)
		fail_msg("%s: line %" PRIu64 ": %s", text, err.offset, err.message);
	check_invariants(p);
	char *got = shown(p);
	assert_string_equal(got, what);
	assert_int_equal(p->kind, kind);
	free(got);
	pgo_profile_free(p);
}

/** `line` 0: none is named. */
static inline void expect_failure(const char *text, const char *format, int code, uint64_t line, const char *message,
				  const char *hint)
{
	struct pgo_profile *p;
	struct pgo_error err = {0};
	int rc = read_exactly(&p, text, strlen(text), format, &err);
	if (rc != code || (line ? !err.is_line || err.offset != line : err.is_line) ||
	    strcmp(err.message, message) != 0 || strncmp(err.hint, hint, strlen(hint)) != 0)
		fail_msg("%s: %d, line %" PRIu64 ": '%s'\nhint: %s", text, rc, err.offset, err.message, err.hint);
	assert_null(p);
	assert_true(err.hint[0] != '\0');
}

#endif
