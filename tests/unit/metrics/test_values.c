/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/values.h"

#include "analysis/model/builder.h"
#include "support.h"

/* Values of a site: pairs of value and count, ended by END. */
struct site_spec {
	uint32_t kind;
	uint64_t pairs[10];
};

/* One function "f" with these sites; `count` of them. */
static struct pgo_profile *make(const struct site_spec *sites, size_t count)
{
	struct pgo_builder b = {.format = "test", .flags = PGO_PROFILE_IR};
	struct pgo_profile *p = NULL;
	assert_non_null(pgo_builder_function(&b, "f", 1, name_ref("f"), 1));
	assert_int_equal(pgo_vec_push(&b.counters, 7), 0);
	for (size_t i = 0; i < count; i++) {
		uint32_t values = 0;
		while (sites[i].pairs[2 * values] != END)
			values++;
		struct pgo_value *out = pgo_builder_site(&b, sites[i].kind, values);
		assert_true(values == 0 || out);
		for (uint32_t k = 0; k < values; k++)
			out[k] = (struct pgo_value){sites[i].pairs[2 * k], sites[i].pairs[2 * k + 1]};
	}
	assert_int_equal(pgo_builder_seal(&b), 0);
	assert_int_equal(pgo_builder_finish(&b, 0, &p, NULL), PGO_OK);
	return p;
}

static struct pgo_value_comparison compare(const struct site_spec *a, size_t as, const struct site_spec *b, size_t bs)
{
	struct pgo_profile *pa = make(a, as), *pb = make(b, bs);
	struct pgo_value_comparison c;
	assert_int_equal(pgo_values_compare(&c, (const struct pgo_profile *const[]){pa, pb}, (uint32_t[]){0, 0}, NULL),
			 PGO_OK);
	pgo_profile_free(pa);
	pgo_profile_free(pb);
	return c;
}

static void distance_is_weighted_by_mass(void **state)
{
	(void)state;
	/* site 0: 3/4 1/4 0 against 1/4 1/4 1/2: |1/2| + 0 + |1/2| over 2 = 1/2; weight (300+100)/400 = 1, 200/800 =
	 * 1/4 of each side's call targets; site 1: not run in A */
	struct pgo_value_comparison c = compare(
		(const struct site_spec[]){{0, {1, 300, 2, 100, END}}, {0, {END}}, {1, {8, 5, END}}}, 3,
		(const struct site_spec[]){{0, {3, 100, 1, 50, 2, 50, END}}, {0, {9, 600, END}}, {1, {8, 50, END}}}, 3);
	assert_int_equal(c.site_count, 3);
	assert_true(c.sites[0].tv.present);
	assert_near(c.sites[0].tv.value, 0.5, 1e-15);
	assert_int_equal(c.sites[0].count, 3);
	/* by falling sum: value 1 (350), 2 (150), 3 (100) */
	const struct pgo_value_pair *pair = &c.pairs[c.sites[0].first];
	assert_int_equal(pair[0].value, 1);
	assert_int_equal(pair[0].count[0], 300);
	assert_int_equal(pair[0].count[1], 50);
	assert_int_equal(pair[2].value, 3);
	assert_int_equal(pair[2].count[0], 0);
	assert_false(c.sites[1].tv.present);
	assert_near(c.distance[0].value, 0.5, 1e-15);
	assert_near(c.covered[0], (1 + 0.25) / 2, 1e-15);
	assert_int_equal(c.sites[2].kind, PGO_VALUE_MEMOP_SIZE);
	assert_near(c.distance[1].value, 0, 1e-15);
	assert_false(c.distance[2].present);
	pgo_value_comparison_release(&c);
}

static void sites_of_both_kinds_of_weight(void **state)
{
	(void)state;
	/* TV 1 with weights (1/2 + 1/4)/2, TV 0 with (1/2 + 3/4)/2 */
	struct pgo_value_comparison c = compare((const struct site_spec[]){{0, {1, 10, END}}, {0, {2, 10, END}}}, 2,
						(const struct site_spec[]){{0, {5, 10, END}}, {0, {2, 30, END}}}, 2);
	assert_near(c.distance[0].value, 0.375, 1e-15);
	assert_near(c.covered[0], 1, 1e-15);
	pgo_value_comparison_release(&c);
}

static void other_numbers_of_sites_are_no_distance(void **state)
{
	(void)state;
	struct pgo_value_comparison c = compare((const struct site_spec[]){{0, {1, 10, END}}}, 1,
						(const struct site_spec[]){{0, {1, 10, END}}, {0, {2, 5, END}}}, 2);
	assert_true(c.sites_differ[0]);
	assert_false(c.distance[0].present);
	assert_false(c.sites[0].tv.present);
	assert_int_equal(c.site_count, 2);
	assert_false(c.sites[1].has[0]);
	assert_true(c.sites[1].has[1]);
	pgo_value_comparison_release(&c);
}

static void counts_that_overflow_stop_at_the_limit(void **state)
{
	(void)state;
	uint64_t most = UINT64_MAX;
	struct pgo_value_comparison c = compare((const struct site_spec[]){{0, {1, most, 1, 5, END}}}, 1,
						(const struct site_spec[]){{0, {1, 1, END}}}, 1);
	assert_int_equal(c.sites[0].count, 1);
	assert_true(c.pairs[0].count[0] == most);
	assert_near(c.distance[0].value, 0, 1e-15);
	pgo_value_comparison_release(&c);
}

static void missing_side_and_no_sites(void **state)
{
	(void)state;
	struct pgo_profile *p = make((const struct site_spec[]){{0, {1, 10, END}}}, 1), *none = make(NULL, 0);
	struct pgo_value_comparison c;
	const struct pgo_profile *both[2] = {p, none};
	assert_int_equal(pgo_values_compare(&c, both, (uint32_t[]){0, UINT32_MAX}, NULL), PGO_OK);
	assert_false(c.sites_differ[0]);
	assert_false(c.distance[0].present);
	assert_int_equal(c.site_count, 1);
	pgo_value_comparison_release(&c);
	both[0] = none;
	assert_int_equal(pgo_values_compare(&c, both, (uint32_t[]){0, 0}, NULL), PGO_OK);
	assert_int_equal(c.site_count, 0);
	pgo_value_comparison_release(&c);
	pgo_profile_free(p);
	pgo_profile_free(none);
}

static void names_are_found_by_md5(void **state)
{
	(void)state;
	struct pgo_profile *p =
		make_profile((const struct spec[]){{"foo", 1, 0, {1, END}}, {"bar", 2, 0, {1, END}}, {0}});
	struct pgo_value_names *names;
	const char *name;
	static char vtables[] = "_ZTV1A\1_ZTV1B";
	p->vtable_names = vtables;
	p->vtable_names_length = sizeof vtables - 1;
	assert_int_equal(pgo_value_names_open(&names, (const struct pgo_profile *const[]){p}, 1, NULL), PGO_OK);
	assert_int_equal(pgo_value_names_find(names, PGO_VALUE_CALL_TARGET, name_ref("bar"), &name), 3);
	assert_memory_equal(name, "bar", 3);
	assert_int_equal(pgo_value_names_find(names, PGO_VALUE_VTABLE, name_ref("_ZTV1B"), &name), 6);
	assert_memory_equal(name, "_ZTV1B", 6);
	assert_int_equal(pgo_value_names_find(names, PGO_VALUE_VTABLE, name_ref("foo"), &name), 0);
	assert_int_equal(pgo_value_names_find(names, PGO_VALUE_MEMOP_SIZE, name_ref("foo"), &name), 0);
	assert_int_equal(pgo_value_names_find(names, PGO_VALUE_CALL_TARGET, 0, &name), 0);
	pgo_value_names_free(names);
	p->vtable_names = NULL;
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_is_weighted_by_mass),
		cmocka_unit_test(sites_of_both_kinds_of_weight),
		cmocka_unit_test(other_numbers_of_sites_are_no_distance),
		cmocka_unit_test(counts_that_overflow_stop_at_the_limit),
		cmocka_unit_test(missing_side_and_no_sites),
		cmocka_unit_test(names_are_found_by_md5),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
