/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

static struct pgo_profile *parse(const char *text)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_read(&p, text, strlen(text), NULL, &err) != PGO_OK)
		fail_msg("line %llu: %s", (unsigned long long)err.offset, err.message);
	check_invariants(p);
	return p;
}

static void expect_error(const char *text, uint64_t line, const char *message)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_read(&p, text, strlen(text), "text", &err), PGO_EFORMAT);
	assert_null(p);
	assert_string_equal(err.message, message);
	assert_memory_equal(err.hint, "expected is what llvm-profdata merge --text writes", 50);
	assert_true(err.has_offset && err.is_line);
	assert_int_equal(err.offset, line);
}

static void numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t hash;
	} hashes[] = {{"0x1F", 31},
		      {"0b101", 5},
		      {"0o17", 15},
		      {"017", 15},
		      {"0", 0},
		      {"00", 0},
		      {"18446744073709551615", UINT64_MAX},
		      {"0xffffffffffffffff", UINT64_MAX}};
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
		char text[128];
		snprintf(text, sizeof text, "f\n%s\n1\n5\n", hashes[i].text);
		struct pgo_profile *p = parse(text);
		assert_int_equal(p->functions[0].cfg_hash, hashes[i].hash);
		pgo_profile_free(p);
	}
	expect_error("f\n0x\n1\n5\n", 2, "function hash '0x' is not a number in range");
	expect_error("f\n08\n1\n5\n", 2, "function hash '08' is not a number in range");
	expect_error("f\n1\n1 \n5\n", 3, "number of counters '1 ' is not a number in range");
	expect_error("f\n1\n5000000000\n5\n", 3, "number of counters 5000000000 is not between 1 and 4294967295");
}

static void cut_off(void **state)
{
	(void)state;
	expect_error("f", 1, "the file ends where the function hash should follow");
	expect_error("f\n1\n", 2, "the file ends where the number of counters should follow");
	expect_error("f\n1\n2\n3\n# end\n", 5, "the file ends where the counter should follow");
	expect_error("f\n1\n1\n3\n1\n", 5, "the file ends where the value kind should follow");
	expect_error("f\n1\n1\n3\n1\n0\n", 6, "the file ends where the number of value sites should follow");
	expect_error("f\n1\n1\n3\n1\n0\n1\n2\ng:1\n", 9, "the file ends within the values of a site");
	expect_error(":temporal_prof_traces\n1\n1\n1\n", 4,
		     "the file ends where the functions of a temporal trace should follow");
}

static void bad_values(void **state)
{
	(void)state;
	expect_error("f\n1\n1\n3\n1\n3\n1\n", 6, "value kind 3 is unknown; known are 0, 1 and 2");
	expect_error("f\n1\n1\n3\n2\n0\n1\n0\n0\n1\n0\n", 9, "value kind 0 is given twice");
	expect_error("f\n1\n1\n3\n1\n0\n1\n1\ng\n", 9, "value without ':' and a count");
	expect_error("f\n1\n1\n3\n1\n0\n1\n1\ng:x\n", 9, "count of the value 'g:x' is not a number in range");
	expect_error("f\n1\n1\n3\n1\n1\n1\n1\ng:1\n", 9, "size 'g:1' is not a number in range");
	expect_error("f\n1\n1\n3\n$1\n256\n", 6, "bitmap byte '256' is not a number in range");
}

static void values_and_names(void **state)
{
	(void)state;
	struct pgo_profile *p =
		parse(":ir\na.c:f\n1\n1\n5\n2\n0\n1\n2\na.c:g:3\n** External Symbol **:4\n1\n2\n1\n8:2\n0\n");
	const struct pgo_function value = pgo_profile_function(p, 0), *f = &value;
	assert_true(has_name(f, "a.c:f"));
	struct pgo_function_extra e = pgo_profile_extra(p, 0);
	assert_int_equal(f->name_ref, pgo_name_ref("a.c:f", 5));
	assert_int_equal(e.site_count, 3);
	assert_int_equal(p->values[0].value, pgo_name_ref("a.c:g", 5));
	assert_int_equal(p->values[0].count, 3);
	assert_int_equal(p->values[1].value, 0);
	assert_int_equal(p->values[1].count, 4);
	assert_int_equal(p->sites[1].kind, PGO_VALUE_MEMOP_SIZE);
	assert_int_equal(p->values[p->sites[1].first].value, 8);
	assert_int_equal(p->sites[2].count, 0);
	pgo_profile_free(p);
}

static void duplicates_add_up(void **state)
{
	(void)state;
	struct pgo_profile *p = parse(":ir\nf\n1\n2\n5\n18446744073709551610\n$1\n1\n1\n0\n1\n2\ng:3\nh:9\n"
				      "g\n7\n1\n1\n"
				      "f\n1\n2\n6\n9\n$1\n2\n1\n0\n1\n2\ng:7\ni:1\n");
	assert_int_equal(p->function_count, 2);
	const struct pgo_function value = pgo_profile_function(p, 0), *f = &value;
	assert_true(has_name(f, "f"));
	struct pgo_function_extra e = pgo_profile_extra(p, 0);
	assert_int_equal(p->counters[0], 11);
	assert_int_equal(p->counters[1], UINT64_MAX - 2); /* LLVM's limit since 16 */
	assert_int_equal(f->flags, PGO_FUNCTION_SATURATED);
	assert_int_equal(p->bitmap[0], 3);
	assert_int_equal(e.site_count, 1);
	assert_int_equal(p->sites[e.first_site].count, 3);
	assert_int_equal(p->values[0].value, pgo_name_ref("g", 1));
	assert_int_equal(p->values[0].count, 10);
	assert_int_equal(p->values[1].count, 9);
	assert_int_equal(p->values[2].count, 1);
	assert_int_equal(p->warning_count, 0);
	pgo_profile_free(p);
}

static void flags(void **state)
{
	(void)state;
	struct pgo_profile *p = parse(":CSIR\n:Entry_First\n:instrument_loop_entries\n:temporal_prof_traces\n1\n4\n2\n"
				      " f , g,,\nf\n1152921504606846977\n1\n5\n");
	assert_int_equal(p->flags, PGO_PROFILE_IR | PGO_PROFILE_CSIR | PGO_PROFILE_ENTRY_FIRST |
					   PGO_PROFILE_LOOP_ENTRIES | PGO_PROFILE_TEMPORAL);
	assert_int_equal(p->functions[0].flags, PGO_FUNCTION_CS);
	assert_int_equal(p->trace_count, 1);
	assert_int_equal(p->traces[0].weight, 2);
	assert_int_equal(p->traces[0].count, 2);
	assert_int_equal(p->trace_refs[1], pgo_name_ref("g", 1));
	pgo_profile_free(p);
	/* in a front-end profile the same bit is part of the hash and nothing else */
	p = parse("f\n1152921504606846977\n1\n5\n");
	assert_int_equal(p->functions[0].flags, 0);
	pgo_profile_free(p);
}

/** Exit status of llvm-profdata-22 on these bytes, -1 when it is not there. */
static int llvm_accepts(const char *bytes, size_t length)
{
	char path[256], command[512];
	scratch_template(path, sizeof path);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	close(fd);
	snprintf(command, sizeof command, "llvm-profdata-22 show %s >/dev/null 2>&1", path);
	int status = system(command);
	unlink(path);
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}

/** Cut anywhere, a text is a profile for us exactly when it is one for LLVM. */
static void cut_as_llvm_does(void **state)
{
	(void)state;
	static const char text[] = ":ir\nf\n0x1f\n2\n5\n6\n1\n0\n1\n2\ng:3\nh:4\n\ng\n017\n1\n9\n";
	if (llvm_accepts("f\n1\n1\n5\n", 8) != 0)
		skip();
	for (size_t cut = 1; cut < sizeof text; cut++) {
		struct pgo_profile *p = NULL;
		int ours = pgo_profile_read(&p, text, cut, NULL, NULL);
		pgo_profile_free(p);
		if ((ours == PGO_OK) != (llvm_accepts(text, cut) == 0))
			fail_msg("cut after %zu bytes: we say %d, LLVM the opposite", cut, ours);
	}
}

static void every_truncation_ends_well(void **state)
{
	(void)state;
	static const char *const names[] = {"temporal-22.proftext", "mcdc-22.proftext", "vtabkeep-22.proftext"};
	for (size_t i = 0; i < 3; i++) {
		size_t length;
		unsigned char *whole = load_sample(names[i], &length);
		for (size_t cut = 1; cut < length; cut++) {
			unsigned char *bytes = malloc(cut);
			struct pgo_profile *p = NULL;
			struct pgo_error err = {0};
			memcpy(bytes, whole, cut);
			if (pgo_profile_read(&p, bytes, cut, NULL, &err) == PGO_OK)
				check_invariants(p);
			else
				assert_true(err.is_line && err.offset >= 1);
			pgo_profile_free(p);
			free(bytes);
		}
		free(whole);
	}
}

static void mutations_never_crash(void **state)
{
	(void)state;
	static const char *const names[] = {"csir-22.proftext", "temporal-22.proftext", "vtabkeep-22.proftext"};
	static const char alphabet[] = "0123456789:$#,\n\r -xab\0~";
	unsigned refused = 0, total = 0;
	srandom(1);
	for (size_t i = 0; i < 3; i++) {
		size_t length;
		unsigned char *whole = load_sample(names[i], &length), *copy = malloc(length);
		for (int n = 0; n < 1500; n++, total++) {
			struct pgo_profile *p = NULL;
			memcpy(copy, whole, length);
			for (int k = 0; k <= n % 3; k++)
				copy[(size_t)random() % length] =
					(unsigned char)alphabet[(size_t)random() % (sizeof alphabet - 1)];
			if (pgo_profile_read(&p, copy, length, "text", NULL) == PGO_OK)
				check_invariants(p);
			else
				refused++;
			pgo_profile_free(p);
		}
		free(copy);
		free(whole);
	}
	assert_in_range(refused, total / 4, total - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(bad_values),
		cmocka_unit_test(values_and_names),
		cmocka_unit_test(duplicates_add_up),
		cmocka_unit_test(flags),
		cmocka_unit_test(cut_as_llvm_does),
		cmocka_unit_test(every_truncation_ends_well),
		cmocka_unit_test(mutations_never_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
