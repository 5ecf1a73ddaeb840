/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/binary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs made by the compilers at hand; a compiler that is not there is left out, but not all of them. */

static char scratch[256];

static void put(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static bool sh(const char *format, const char *argument)
{
	char command[2048], inner[800];
	snprintf(inner, sizeof inner, format, argument, argument, argument);
	snprintf(command, sizeof command, "cd '%s' && { %s; } >log 2>&1", scratch, inner);
	return system(command) == 0; /* NOLINT: the test's own words */
}

static int set_up(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(scratch, sizeof scratch, "%s/pgo-binary-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch))
		return -1;
	put("one.c", "#include \"shared.h\"\n"
		     "int two(int);\n"
		     "__attribute__((noinline)) static int twin(int x) { return x + shared(x); }\n"
		     "\n"
		     "int main(int argc, char **argv)\n"
		     "{\n"
		     "	(void)argv;\n"
		     "	return two(twin(argc));\n"
		     "}\n");
	put("two.c", "#include \"shared.h\"\n"
		     "\n\n\n"
		     "__attribute__((noinline)) static int twin(int x) { return x * shared(x); }\n"
		     "int two(int x) { return twin(x); }\n");
	put("shared.h", "\n\n__attribute__((noinline)) static int shared(int x) { return x * 3; }\n");
	put("three.cpp", "namespace ns {\n"
			 "struct A {\n"
			 "	int go(int x);\n"
			 "	int in(int x) { return x + 1; }\n"
			 "};\n"
			 "int A::go(int x) { return in(x); }\n"
			 "}\n"
			 "int main(int argc, char **) { ns::A a; return a.go(argc); }\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char command[300];
	snprintf(command, sizeof command, "rm -rf '%s'", scratch);
	return system(command); /* NOLINT */
}

static int open_it(struct pgo_binary **out, const char *name, struct pgo_error *err)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	return pgo_binary_open(out, path, err);
}

/* "base name:line", or "-" */
static const char *where(const struct pgo_binary *b, const char *name)
{
	static char text[128];
	struct pgo_function f = {.name = name, .name_length = (uint32_t)strlen(name)};
	struct pgo_source source;
	if (!pgo_binary_find(b, &f, &source))
		return "-";
	const char *slash = strrchr(source.file, '/');
	snprintf(text, sizeof text, "%s:%u", slash ? slash + 1 : source.file, source.line);
	return text;
}

static void check_c(struct pgo_binary *b)
{
	assert_string_equal(where(b, "main"), "one.c:5");
	assert_string_equal(where(b, "two"), "two.c:6");
	assert_string_equal(where(b, "one.c;twin"), "one.c:3");
	assert_string_equal(where(b, "two.c:twin"), "two.c:5");
	assert_string_equal(where(b, "some/where/two.c;twin"), "two.c:5");
	assert_string_equal(where(b, "one.c;twin.llvm.123456"), "one.c:3");
	assert_string_equal(where(b, "twin"), "-"); /* two of them */
	assert_string_equal(where(b, "other.c;twin"), "-");
	assert_string_equal(where(b, "one.c;shared"), "shared.h:3");
	assert_string_equal(where(b, "shared"), "shared.h:3"); /* two of them, at one place */
	assert_string_equal(where(b, "mai"), "-");
	assert_string_equal(where(b, "mainx"), "-");
	assert_string_equal(where(b, ""), "-");
}

static void functions_of_c_with_each_compiler_and_dwarf(void **state)
{
	(void)state;
	static const char *const compilers[] = {"clang-22 -gdwarf-5", "clang-22 -gdwarf-4", "clang-22 -gdwarf-5 -O2",
						"gcc -gdwarf-5 -O1",  "gcc -gdwarf-4",	    "clang-14 -g"};
	int made = 0;
	for (size_t i = 0; i < sizeof compilers / sizeof compilers[0]; i++) {
		struct pgo_binary *b;
		struct pgo_error err = {0};
		if (!sh("%s -fno-inline -o c one.c two.c", compilers[i]))
			continue;
		made++;
		if (open_it(&b, "c", &err) != PGO_OK)
			fail_msg("%s: %s", compilers[i], err.message);
		assert_true(pgo_binary_function_count(b) >= 6);
		check_c(b);
		pgo_binary_close(b);
	}
	assert_true(made >= 2);
}

static void functions_of_cpp(void **state)
{
	(void)state;
	struct pgo_binary *b;
	if (!sh("g++ -g -o cpp three.cpp || clang++-22 -g -o cpp three.cpp", ""))
		skip();
	assert_int_equal(open_it(&b, "cpp", NULL), PGO_OK);
	assert_string_equal(where(b, "_ZN2ns1A2goEi"), "three.cpp:6");
	assert_string_equal(where(b, "_ZN2ns1A2inEi"), "three.cpp:4");
	pgo_binary_close(b);
}

static void build_ids_are_compared(void **state)
{
	(void)state;
	struct pgo_binary *b;
	struct pgo_build_id id = {{0x12, 0x34, 0x56, 0x78}, 4}, other = {{0x12, 0x34, 0x56, 0x79}, 4};
	struct pgo_build_id ids[2];
	struct pgo_profile p = {.build_ids = ids};
	assert_true(
		sh("gcc -g -Wl,--build-id=0x12345678 -o id one.c two.c || clang-22 -g -Wl,--build-id=0x12345678 -o id "
		   "one.c two.c",
		   ""));
	assert_int_equal(open_it(&b, "id", NULL), PGO_OK);
	assert_int_equal(pgo_binary_build_id(b).length, 4);
	assert_memory_equal(pgo_binary_build_id(b).bytes, id.bytes, 4);
	assert_int_equal(pgo_binary_fits(b, &p), PGO_BINARY_UNKNOWN);
	ids[0] = other;
	ids[1] = id;
	p.build_id_count = 1;
	assert_int_equal(pgo_binary_fits(b, &p), PGO_BINARY_OTHER);
	p.build_id_count = 2;
	assert_int_equal(pgo_binary_fits(b, &p), PGO_BINARY_FITS);
	pgo_binary_close(b);
}

static void what_tells_nothing_and_what_is_no_program(void **state)
{
	(void)state;
	struct pgo_binary *b = NULL;
	struct pgo_error err = {0};
	assert_true(sh("gcc -s -o stripped one.c two.c || clang-22 -s -o stripped one.c two.c", ""));
	assert_int_equal(open_it(&b, "stripped", NULL), PGO_OK);
	assert_int_equal(pgo_binary_function_count(b), 0);
	assert_string_equal(where(b, "main"), "-");
	pgo_binary_close(b);
	b = NULL;
	assert_int_equal(open_it(&b, "one.c", &err), PGO_EFORMAT);
	assert_string_equal(err.message, "it is no ELF file");
	assert_non_null(strstr(err.path, "one.c"));
	err = (struct pgo_error){0};
	assert_int_equal(open_it(&b, "missing", &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot open it: No such file or directory");
	err = (struct pgo_error){0};
	assert_int_equal(open_it(&b, "", &err), PGO_EFORMAT); /* a directory */
	assert_null(b);
}

/* Whatever a program is cut to, opening it ends, and nothing is made up. */
static void cut_short(void **state)
{
	(void)state;
	char path[512];
	assert_true(sh("gcc -g -o whole one.c two.c || clang-22 -g -o whole one.c two.c", ""));
	snprintf(path, sizeof path, "%s/whole", scratch);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	long size = ftell(f);
	fclose(f);
	for (long cut = size - 1; cut > 0; cut -= size / 97 + 1) {
		struct pgo_binary *b = NULL;
		assert_int_equal(truncate(path, cut), 0);
		if (open_it(&b, "whole", NULL) == PGO_OK) {
			assert_string_equal(where(b, "mainx"), "-");
			pgo_binary_close(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_c_with_each_compiler_and_dwarf),
		cmocka_unit_test(functions_of_cpp),
		cmocka_unit_test(build_ids_are_compared),
		cmocka_unit_test(what_tells_nothing_and_what_is_no_program),
		cmocka_unit_test(cut_short),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
