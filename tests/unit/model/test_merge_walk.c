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

/** Functions f<from> and so on, every hundredth with a value site, the last with a large counter, as an indexed
 * profile. */
static void write_program(const char *path, unsigned from, unsigned functions, unsigned long long large)
{
	char *text = NULL;
	size_t length = 0;
	FILE *f = open_memstream(&text, &length);
	fputs(":ir\n", f);
	for (unsigned i = from; i < from + functions; i++)
		fprintf(f, "f%u\n%u\n2\n%llu\n3\n%s\n", i, i + 1, i + 1 == from + functions && large ? large : i,
			i % 100 ? "" : "1\n1\n1\n1\n8:5\n");
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

/** A sum of program 0, and programs to be added to it. */
struct state {
	char path[64];
	struct pgo_merge *sum;
	struct pgo_merge_walk walk;
	struct pgo_profile *profiles[PGO_MERGE_PARTS];
	unsigned functions; /**< of parts that are added */
};

static int set_up(void **state)
{
	struct state *s = calloc(1, sizeof *s);
	*state = s;
	s->functions = FUNCTIONS;
	strcpy(s->path, "/tmp/merge-walk-XXXXXX");
	int fd = mkstemp(s->path);
	if (fd < 0 || close(fd) != 0)
		return -1;
	write_program(s->path, 0, FUNCTIONS, 0);
	struct pgo_profile *first = open_profile(s->path, false);
	assert_int_equal(pgo_merge_new(&s->sum, NULL), PGO_OK);
	assert_int_equal(pgo_merge_add(s->sum, first, "first", NULL, NULL), PGO_OK);
	pgo_profile_free(first);
	return 0;
}

static int tear_down(void **state)
{
	struct state *s = *state;
	pgo_merge_walk_release(&s->walk);
	for (size_t i = 0; i < s->walk.count; i++)
		pgo_profile_free(s->profiles[i]);
	pgo_merge_free(s->sum);
	remove(s->path);
	free(s);
	return 0;
}

/** One more to be walked. */
static struct pgo_profile *add_part(struct state *s, unsigned from, unsigned long long large,
				    const struct pgo_merge_weight *weight)
{
	size_t i = s->walk.count++;
	remove(s->path); /* those before are mapped */
	write_program(s->path, from, s->functions, large);
	s->profiles[i] = open_profile(s->path, true);
	assert_non_null(s->profiles[i]->settle);
	s->walk.parts[i].profile = s->profiles[i];
	s->walk.parts[i].weight = weight;
	return s->profiles[i];
}

static void expect_left(const struct state *s, size_t part, unsigned from)
{
	size_t added = 0, left = 0, shared = FUNCTIONS - from;
	assert_int_equal(s->walk.parts[part].rc, PGO_OK);
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++) {
		added += s->walk.parts[part].ranges[i].added;
		left += s->walk.parts[part].ranges[i].left.count;
	}
	/* those with a value site, and those the first program does not have, are left */
	assert_int_equal(added, shared - shared / 100);
	assert_int_equal(left, FUNCTIONS - added);
}

/** The sum holds program 0, and programs from `from` on `times` times, in `profiles` profiles. */
static void expect_sum(const struct state *s, unsigned from, uint64_t times, unsigned profiles)
{
	for (size_t i = 0; i < s->sum->records.count; i++) {
		const struct pgo_sum_record *r = &s->sum->records.items[i];
		unsigned number = (unsigned)r->cfg_hash - 1;
		bool added = number >= from && number % 100;
		assert_int_equal(s->sum->counters.items[r->first_counter], added ? number * (1 + times) : number);
		assert_int_equal(s->sum->counters.items[r->first_counter + 1], added ? 3 * (1 + times) : 3);
		assert_int_equal(r->seen, added ? 1 + profiles : 1);
	}
}

/** Walk: of the first and the last part all is added, and nothing of those between them. */
static void only_the_ends_are_added(struct state *s)
{
	size_t last = s->walk.count - 1;
	pgo_merge_walk(&s->walk, s->sum);
	expect_left(s, 0, 0);
	for (size_t i = 1; i < last; i++)
		assert_int_equal(s->walk.parts[i].rc, PGO_EOF);
	expect_left(s, last, 0);
	expect_sum(s, 0, 2, 2);
}

static void records_are_added(void **state)
{
	struct state *s = *state;
	add_part(s, 1000, 0, NULL);
	add_part(s, 1000, 0, &(struct pgo_merge_weight){.times = 7});
	add_part(s, 1000, 0, &(struct pgo_merge_weight){.factor = 2});
	pgo_merge_walk(&s->walk, s->sum);
	for (size_t i = 0; i < s->walk.count; i++)
		expect_left(s, i, 1000);
	expect_sum(s, 1000, 10, 3);
	assert_true(s->sum->most >= 50000 - 10);
}

/** Another kind of counters, or records in the way: not walked. */
static void some_are_not_walked(void **state)
{
	struct state *s = *state;
	struct pgo_merge *empty = NULL;
	assert_int_equal(pgo_merge_new(&empty, NULL), PGO_OK);
	add_part(s, 0, 0, NULL);
	pgo_merge_walk(&s->walk, empty);
	assert_int_equal(s->walk.parts[0].rc, PGO_EOF);
	pgo_merge_free(empty);
	add_part(s, 0, 0, NULL)->flags ^= PGO_PROFILE_IR;
	add_part(s, 0, 0, &(struct pgo_merge_weight){.times = 1 << 12});	     /* may come near the limit */
	assert_int_equal(pgo_profile_settle(add_part(s, 0, 0, NULL), NULL), PGO_OK); /* nothing to save */
	add_part(s, 0, 0, NULL);
	only_the_ends_are_added(s);
}

/** What turns out not to be in order when most of it was added already: nothing stays of it, and all of the others. */
static void what_is_not_in_order_is_taken_away(void **state)
{
	struct state *s = *state;
	add_part(s, 0, 0, NULL);
	add_part(s, 0, 0, NULL)->stored->total++; /* the file says another total than its records give */
	add_part(s, 0, PGO_WALKED_MOST, NULL);
	add_part(s, 0, UINT64_MAX, NULL); /* no count */
	add_part(s, 0, 0, &(struct pgo_merge_weight){.times = 3})->table_keys++;
	add_part(s, 0, 0, &(struct pgo_merge_weight){.factor = 0.3})->stored->counter_count++;
	add_part(s, 0, 0, NULL);
	only_the_ends_are_added(s);
}

/** Tables of two sizes have a record in ranges of different numbers: not to be added to by two threads at once. */
static void tables_of_any_size_add_up(void **state)
{
	struct state *s = *state;
	enum { TIMES = 20, PARTS = 6 };
	for (unsigned i = 0; i < PARTS; i++) {
		s->functions = i % 2 ? FUNCTIONS : 3 * FUNCTIONS;
		add_part(s, 0, 0, NULL);
	}
	for (unsigned i = 0; i < TIMES; i++)
		pgo_merge_walk(&s->walk, s->sum);
	expect_sum(s, 0, TIMES * PARTS, TIMES * PARTS);
}

/** A length that is wrong, in one bucket after the other. */
static void the_sum_survives_damage_anywhere(void **state)
{
	struct state *s = *state;
	const struct pgo_profile *p = add_part(s, 0, 0, NULL);
	unsigned char *copy = malloc(p->input_length);
	memcpy(copy, p->input, p->input_length);
	struct pgo_profile damaged = *p;
	damaged.input = copy;
	damaged.input_file = 0;
	s->walk.parts[0].profile = &damaged;
	const struct pgo_table table = pgo_table_of(p);
	unsigned tried = 0;
	for (uint64_t bucket = 0; bucket <= table.mask; bucket += 37) {
		uint64_t offset = pgo_table_slot(&table, bucket);
		if (offset == 0)
			continue;
		size_t at = offset + 2 + (tried++ % 2 ? 8 : 16); /* of the key, of its data */
		copy[at] ^= 0x40;
		pgo_merge_walk(&s->walk, s->sum);
		assert_int_equal(s->walk.parts[0].rc, PGO_EOF);
		expect_sum(s, 0, 0, 0);
		copy[at] ^= 0x40;
	}
	assert_true(tried > 50);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_are_added, set_up, tear_down),
		cmocka_unit_test_setup_teardown(some_are_not_walked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_in_order_is_taken_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tables_of_any_size_add_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_sum_survives_damage_anywhere, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
