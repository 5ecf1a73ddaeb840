/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/formats/indexed.h"
#include "read_and_use.h"
#include "read_lazily.h"

static const struct pgo_merge_weight three = {.times = 3};

/** A profile of one function, with the flags of another. */
static struct pgo_profile *small_one(uint32_t flags)
{
	struct pgo_builder b = {.format = "indexed", .flags = flags & ~(uint32_t)PGO_PROFILE_CSIR};
	struct pgo_profile *p = NULL;
	if (!pgo_builder_function(&b, "f", 1, 1, 1) || pgo_vec_push(&b.counters, 5) || pgo_builder_seal(&b) ||
	    pgo_builder_finish(&b, 0, &p, NULL) != PGO_OK)
		__builtin_trap();
	return p;
}

static struct pgo_merge *start(const struct pgo_profile *first)
{
	struct pgo_merge *m = NULL;
	if (pgo_merge_new(&m, NULL) != PGO_OK || pgo_merge_add(m, first, "first", NULL, NULL) != PGO_OK)
		__builtin_trap();
	return m;
}

static struct pgo_profile *finish(struct pgo_merge *m)
{
	struct pgo_profile *p = NULL;
	if (pgo_merge_finish(m, &p, NULL) != PGO_OK)
		__builtin_trap();
	pgo_merge_free(m);
	return p;
}

static void expect_equal(const struct pgo_profile *p, const struct pgo_profile *q)
{
	if (p->function_count != q->function_count || p->value_count != q->value_count ||
	    p->bitmap_length != q->bitmap_length)
		__builtin_trap();
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i), g = pgo_profile_function(q, i);
		if (pgo_function_compare_names(&f, &g) != 0 || f.cfg_hash != g.cfg_hash ||
		    f.counter_count != g.counter_count || f.flags != g.flags ||
		    (f.counter_count && memcmp(f.counters, g.counters, f.counter_count * 8ull) != 0))
			__builtin_trap();
	}
}

/* Add the profile twice to a sum without reading it first. @return the sum, or NULL when it was refused */
static struct pgo_profile *add_unread(const uint8_t *data, size_t size, const struct pgo_profile *first)
{
	struct pgo_merge *m = start(first);
	static struct pgo_merge_walk walk; /* left as the last one left it */
	struct pgo_profile *p = read_lazily(data, size), *q = read_lazily(data, size);
	size_t failed;
	if (!p || !q)
		__builtin_trap();
	const struct pgo_indexed_item items[] = {{p, "it", NULL}, {q, "again", &three}};
	int rc = pgo_indexed_merge(m, &walk, items, 2, &failed, NULL);
	pgo_profile_free(p);
	pgo_profile_free(q);
	if (rc == PGO_OK)
		return finish(m);
	pgo_merge_free(m);
	return NULL;
}

/*
 * What is added to a sum by a walk over the table of an indexed profile is what reading and adding it gives; and what
 * cannot be read is never added, even where the sum has nothing of it.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgo_profile *lazy = read_lazily(data, size), *read = NULL;
	if (!lazy)
		return 0;
	struct pgo_profile *small = small_one(lazy->flags);
	pgo_profile_free(lazy);
	int rc = pgo_profile_read(&read, data, size, "indexed", NULL);
	const struct pgo_profile *firsts[] = {small, rc == PGO_OK ? read : small};
	for (size_t i = 0; i < 2; i++) {
		struct pgo_profile *walked = add_unread(data, size, firsts[i]);
		if (rc != PGO_OK && walked)
			__builtin_trap();
		if (rc == PGO_OK) {
			struct pgo_merge *m = start(firsts[i]);
			int added = pgo_merge_add(m, read, "it", NULL, NULL);
			if (added == PGO_OK)
				added = pgo_merge_add(m, read, "again", &three, NULL);
			struct pgo_profile *expected = added == PGO_OK ? finish(m) : NULL;
			if ((walked != NULL) != (expected != NULL))
				__builtin_trap();
			if (walked)
				expect_equal(walked, expected);
			if (added != PGO_OK)
				pgo_merge_free(m);
			pgo_profile_free(expected);
		}
		pgo_profile_free(walked);
	}
	pgo_profile_free(small);
	pgo_profile_free(read);
	return 0;
}
