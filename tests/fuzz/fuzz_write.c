/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Whatever a profile holds, what is written of its sum reads back as that sum: indexed in every function, counter,
 * value and section, text in what text can hold. The first byte chooses the version.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgo/merge.h"
#include "pgo/write.h"
#include "read_and_use.h"

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			__builtin_trap();                                                                              \
	} while (0)

static struct pgo_profile *sum(const struct pgo_profile *p)
{
	struct pgo_merge *m = NULL;
	struct pgo_profile *out = NULL;
	REQUIRE(pgo_merge_new(&m, NULL) == PGO_OK);
	REQUIRE(pgo_merge_add(m, p, "it", NULL, NULL) == PGO_OK);
	REQUIRE(pgo_merge_finish(m, &out, NULL) == PGO_OK);
	pgo_merge_free(m);
	return out;
}

/** What was written, read. NULL: it could not be written, with a message. */
static struct pgo_profile *written(const struct pgo_profile *p, const struct pgo_write_options *options,
				   struct pgo_written *out)
{
	/* standard output is written in place; a file in memory takes its place meanwhile */
	int memory = memfd_create("written", MFD_CLOEXEC), kept = dup(STDOUT_FILENO);
	struct pgo_profile *back = NULL;
	struct pgo_error err = {0};
	struct stat st;
	REQUIRE(memory >= 0 && dup2(memory, STDOUT_FILENO) >= 0);
	int rc = pgo_profile_write("-", p, options, out, &err);
	REQUIRE(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	REQUIRE((rc == PGO_OK) == (err.code == 0) && fstat(memory, &st) == 0);
	if (rc == PGO_OK && (size_t)st.st_size == out->bytes && out->functions > 0) {
		void *bytes = mmap(NULL, out->bytes, PROT_READ, MAP_PRIVATE, memory, 0);
		REQUIRE(bytes != MAP_FAILED);
		const char *format = options->format == PGO_WRITE_TEXT ? "text" : "indexed";
		REQUIRE(pgo_profile_read(&back, bytes, out->bytes, format, NULL) == PGO_OK);
		munmap(bytes, out->bytes);
	}
	close(memory);
	return back;
}

static void require_same_sites(const struct pgo_profile *a, const struct pgo_profile *b, size_t i)
{
	struct pgo_function_extra x = pgo_profile_extra(a, i), y = pgo_profile_extra(b, i);
	REQUIRE(x.site_count == y.site_count && x.bitmap_count == y.bitmap_count);
	for (uint32_t s = 0; s < x.site_count; s++) {
		const struct pgo_value_site *v = &a->sites[x.first_site + s], *w = &b->sites[y.first_site + s];
		REQUIRE(v->kind == w->kind && v->count == w->count);
		REQUIRE(v->count == 0 ||
			memcmp(a->values + v->first, b->values + w->first, v->count * sizeof *a->values) == 0);
	}
	REQUIRE(x.bitmap_count == 0 ||
		memcmp(a->bitmap + x.first_bitmap, b->bitmap + y.first_bitmap, x.bitmap_count) == 0);
}

static void require_same(const struct pgo_profile *a, const struct pgo_profile *b, bool sites)
{
	REQUIRE(a->function_count == b->function_count);
	for (size_t i = 0; i < a->function_count; i++) {
		struct pgo_function f = pgo_profile_function(a, i), g = pgo_profile_function(b, i);
		REQUIRE(pgo_function_compare_names(&f, &g) == 0 && f.cfg_hash == g.cfg_hash);
		REQUIRE(f.counter_count == g.counter_count && f.flags == g.flags);
		REQUIRE(memcmp((const void *)f.counters, (const void *)g.counters,
			       f.counter_count * sizeof(uint64_t)) == 0);
		if (sites)
			require_same_sites(a, b, i);
	}
}

static void round_trip(const struct pgo_profile *p, const struct pgo_write_options *options)
{
	struct pgo_written out;
	struct pgo_profile *back = written(p, options, &out);
	if (back) {
		struct pgo_profile *again = sum(back);
		bool whole = out.warning_count == 0 && out.functions == p->function_count;
		/* a summary that is wrong, or a hash that is not the name's, would be warned of */
		if (whole && p->warning_count == 0 && options->format == PGO_WRITE_INDEXED)
			for (size_t i = 0; i < back->warning_count; i++)
				REQUIRE(strncmp(back->warnings[i], "the summary", 11) != 0);
		if (whole)
			require_same(p, again, true);
		pgo_profile_free(again);
	}
	pgo_profile_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_profile *profile = NULL;
	if (size == 0 || pgo_profile_read(&profile, data + 1, size - 1, NULL, NULL) != PGO_OK)
		return 0;
	struct pgo_profile *p = sum(profile);
	uint32_t version = PGO_INDEXED_OLDEST + data[0] % (PGO_INDEXED_NEWEST - PGO_INDEXED_OLDEST + 1);
	round_trip(p, &(struct pgo_write_options){.version = version});
	round_trip(p, &(struct pgo_write_options){.sparse = true});
	/* a name stored under a wrong hash, which is warned of, gets the right one in text */
	if (profile->warning_count == 0)
		round_trip(p, &(struct pgo_write_options){.format = PGO_WRITE_TEXT});
	pgo_profile_free(p);
	pgo_profile_free(profile);
	return 0;
}
