/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Setting damaged records aside: what is kept, what is taken back, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/model/builder.h"
#include "pgo/merge.h"

static void add(struct pgo_builder *b, const char *name, uint64_t counter)
{
	assert_non_null(pgo_builder_function(b, name, (uint32_t)strlen(name), counter, 1));
	assert_int_equal(pgo_vec_push(&b->counters, counter), 0);
	assert_non_null(pgo_builder_site(b, PGO_VALUE_MEMOP_SIZE, 1));
	assert_int_equal(pgo_vec_push(&b->bitmap, 1), 0);
}

/** A reader at a bad record: half of it is in the builder already. */
static int bad(struct pgo_builder *b, const char *name, struct pgo_error *err)
{
	struct pgo_builder_mark mark = pgo_builder_mark(b);
	add(b, name, 77);
	pgo_error_at(err, PGO_EFORMAT, 123, "function '%s' is damaged", name);
	pgo_error_hint(err, "a hint");
	return pgo_builder_quarantine(b, &mark, name, strlen(name), err);
}

static struct pgo_profile *finish(struct pgo_builder *b)
{
	struct pgo_profile *p = NULL;
	assert_int_equal(pgo_builder_finish(b, 0, &p, NULL), PGO_OK);
	return p;
}

static void test_not_allowed(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "indexed"};
	struct pgo_error err = {0};
	assert_int_equal(bad(&b, "f", &err), PGO_EFORMAT);
	assert_string_equal(err.message, "function 'f' is damaged");
	assert_int_equal(err.offset, 123);
	assert_null(b.quarantine);
	pgo_builder_release(&b);
}

static void test_sets_aside(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "indexed", .may_quarantine = true};
	struct pgo_error err = {0};
	struct pgo_loss loss;
	add(&b, "good", 1);
	assert_int_equal(pgo_builder_seal(&b), 0);
	assert_int_equal(bad(&b, "f", &err), PGO_OK);
	assert_int_equal(err.code, 0);
	assert_string_equal(err.hint, "");
	add(&b, "better", 2);
	assert_int_equal(pgo_builder_seal(&b), 0);
	/* of a record whose name is not known either, and nothing was added of */
	pgo_error_line(&err, PGO_EFORMAT, 9, "line");
	assert_int_equal(pgo_builder_quarantine(&b, NULL, NULL, 0, &err), PGO_OK);
	struct pgo_profile *p = finish(&b);
	assert_int_equal(p->function_count, 2);
	assert_int_equal(p->counter_count, 2);
	assert_int_equal(p->site_count, 2);
	assert_int_equal(p->bitmap_length, 2);
	assert_int_equal(pgo_profile_extra(p, 1).site_count, 1);
	struct pgo_function f = pgo_profile_function(p, 1);
	assert_int_equal(f.name_length, 6);
	assert_memory_equal(f.name, "better", 6);
	assert_int_equal(p->quarantine->count, 2);
	assert_int_equal(p->quarantine->listed, 2);
	assert_string_equal(p->quarantine->items[0].name, "f");
	assert_string_equal(p->quarantine->items[0].reason, "function 'f' is damaged");
	assert_true(p->quarantine->items[0].has_offset && !p->quarantine->items[0].is_line);
	assert_int_equal(p->quarantine->items[0].offset, 123);
	assert_string_equal(p->quarantine->items[1].name, "");
	assert_true(p->quarantine->items[1].is_line);
	assert_int_equal(pgo_profile_loss(&loss, p, NULL), PGO_OK);
	assert_int_equal(loss.records, 2);
	assert_true(loss.functions == 0.5 && !loss.mass_known && loss.mass == 0);
	pgo_profile_free(p);
}

static void test_lists_the_first_thousand(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "indexed", .may_quarantine = true};
	struct pgo_error err = {0};
	for (int i = 0; i < 1500; i++)
		assert_int_equal(bad(&b, "f", &err), PGO_OK);
	struct pgo_profile *p = finish(&b);
	assert_int_equal(p->quarantine->count, 1500);
	assert_int_equal(p->quarantine->listed, PGO_QUARANTINE_LISTED);
	assert_int_equal(p->function_count, 0);
	pgo_profile_free(p);
}

static void test_mass(void **state)
{
	(void)state;
	struct pgo_builder b = {.format = "indexed", .may_quarantine = true, .flags = PGO_PROFILE_IR};
	struct pgo_error err = {0};
	struct pgo_loss loss;
	add(&b, "good", 75);
	assert_int_equal(pgo_builder_seal(&b), 0);
	assert_int_equal(bad(&b, "f", &err), PGO_OK);
	b.stored = calloc(1, sizeof *b.stored);
	assert_non_null(b.stored);
	b.stored->total = 100;
	struct pgo_profile *p = finish(&b);
	assert_int_equal(pgo_profile_loss(&loss, p, NULL), PGO_OK);
	assert_true(loss.mass_known && loss.mass == 0.25 && loss.functions == 0.5);
	p->flags = 0; /* the stored summary of a front-end profile covers not all records */
	assert_int_equal(pgo_profile_loss(&loss, p, NULL), PGO_OK);
	assert_false(loss.mass_known);
	pgo_profile_free(p);
}

static void test_sums_carry_it(void **state)
{
	(void)state;
	struct pgo_merge *m = NULL;
	struct pgo_profile *out = NULL;
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	for (int i = 0; i < 2; i++) {
		struct pgo_builder b = {.format = "indexed", .may_quarantine = true};
		struct pgo_error err = {0};
		add(&b, "good", 1);
		assert_int_equal(pgo_builder_seal(&b), 0);
		assert_int_equal(bad(&b, i ? "g" : "f", &err), PGO_OK);
		struct pgo_profile *p = finish(&b);
		assert_int_equal(pgo_merge_add(m, p, i ? "b.profdata" : "a.profdata", NULL, NULL), PGO_OK);
		pgo_profile_free(p);
	}
	assert_int_equal(pgo_merge_finish(m, &out, NULL), PGO_OK);
	assert_int_equal(out->quarantine->count, 2);
	assert_string_equal(out->quarantine->items[1].name, "g");
	assert_string_equal(out->quarantine->items[1].reason, "b.profdata: function 'g' is damaged");
	assert_int_equal(out->quarantine->items[1].offset, 123);
	pgo_merge_free(m);
	pgo_profile_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_sets_aside),
		cmocka_unit_test(test_lists_the_first_thousand),
		cmocka_unit_test(test_mass),
		cmocka_unit_test(test_sums_carry_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
