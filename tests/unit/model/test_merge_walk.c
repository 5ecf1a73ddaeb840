/* SPDX-License-Identifier: GPL-3.0-or-later */

/* That large profiles are walked, and what a walk leaves; that the sum is the same is tests/cli/analyze_merge_large.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/model/merge_walk.h"
#include "pgo/write.h"

#define FUNCTIONS 5000

/** Functions f0 to f4999, every hundredth with a value site, written as an indexed profile. */
static void write_program(const char *path, unsigned from)
{
	char *text = NULL;
	size_t length = 0;
	FILE *f = open_memstream(&text, &length);
	fputs(":ir\n", f);
	for (unsigned i = from; i < from + FUNCTIONS; i++)
		fprintf(f, "f%u\n%u\n2\n%u\n3\n%s\n", i, i + 1, i, i % 100 ? "" : "1\n1\n1\n1\n8:5\n");
	fclose(f);
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_profile_read(&p, text, length, "text", NULL), PGO_OK);
	assert_int_equal(pgo_profile_write(path, p, &(struct pgo_write_options){0}, NULL, NULL), PGO_OK);
	pgo_profile_free(p);
	free(text);
}

static struct pgo_profile *open_profile(const char *path, bool lazily)
{
	struct pgo_profile *p = NULL;
	struct pgo_read_options options = {.lazily = lazily};
	assert_int_equal(pgo_profile_open_with(&p, path, &options, NULL), PGO_OK);
	return p;
}

/** What a walk over program `from` finds when the sum has program 0. */
static void check_walk(unsigned from, const struct pgo_merge_weight *weight, uint64_t times)
{
	char path[] = "/tmp/merge-walk-XXXXXX";
	struct pgo_merge *m = NULL;
	struct pgo_merge_walk walk = {0};
	size_t pairs = 0, left = 0, shared = FUNCTIONS - from;
	assert_true(close(mkstemp(path)) == 0);
	write_program(path, 0);
	struct pgo_profile *first = open_profile(path, false);
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	assert_int_equal(pgo_merge_add(m, first, "first", NULL, NULL), PGO_OK);
	pgo_profile_free(first);
	write_program(path, from);
	struct pgo_profile *second = open_profile(path, true);
	assert_non_null(second->settle);
	assert_int_equal(pgo_merge_walk_look(&walk, m, second), PGO_OK);
	for (size_t i = 0; i < PGO_TABLE_RANGES; i++) {
		pairs += walk.ranges[i].pairs.count;
		left += walk.ranges[i].left.count;
	}
	/* those with a value site, and those the first program does not have, are left */
	assert_int_equal(pairs, shared - shared / 100);
	assert_int_equal(left, FUNCTIONS - pairs);
	pgo_merge_walk_add(&walk, m, weight);
	for (size_t i = 0; i < m->records.count; i++) {
		const struct pgo_sum_record *r = &m->records.items[i];
		unsigned number = (unsigned)r->cfg_hash - 1;
		bool paired = number >= from && number % 100;
		assert_int_equal(m->counters.items[r->first_counter], paired ? number * (1 + times) : number);
		assert_int_equal(m->counters.items[r->first_counter + 1], paired ? 3 * (1 + times) : 3);
		assert_int_equal(r->seen, paired ? 2 : 1);
	}
	pgo_merge_walk_release(&walk);
	pgo_profile_free(second);
	pgo_merge_free(m);
	remove(path);
}

static void pairs_are_added(void **state)
{
	(void)state;
	check_walk(0, NULL, 1);
	check_walk(1000, NULL, 1);
	check_walk(1000, &(struct pgo_merge_weight){.times = 7}, 7);
}

/** Another kind of counters, or records in the way: nothing is looked at. */
static void some_are_not_walked(void **state)
{
	(void)state;
	char path[] = "/tmp/merge-walk-XXXXXX";
	struct pgo_merge *m = NULL;
	struct pgo_merge_walk walk = {0};
	assert_true(close(mkstemp(path)) == 0);
	write_program(path, 0);
	struct pgo_profile *lazy = open_profile(path, true), *read = open_profile(path, false);
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	assert_int_equal(pgo_merge_walk_look(&walk, m, lazy), PGO_EOF); /* the sum is empty */
	assert_int_equal(pgo_merge_add(m, read, "first", NULL, NULL), PGO_OK);
	assert_int_equal(pgo_merge_walk_look(&walk, m, read), PGO_EOF); /* there is nothing to save */
	lazy->flags ^= PGO_PROFILE_IR;
	assert_int_equal(pgo_merge_walk_look(&walk, m, lazy), PGO_EOF);
	lazy->flags ^= PGO_PROFILE_IR;
	lazy->stored->total++; /* the file says another total than its records give */
	assert_int_equal(pgo_merge_walk_look(&walk, m, lazy), PGO_EOF);
	lazy->stored->total--;
	assert_int_equal(pgo_merge_walk_look(&walk, m, lazy), PGO_OK);
	pgo_merge_walk_release(&walk);
	pgo_profile_free(lazy);
	pgo_profile_free(read);
	pgo_merge_free(m);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_added),
		cmocka_unit_test(some_are_not_walked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
