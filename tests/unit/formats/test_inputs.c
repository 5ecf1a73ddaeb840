/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which files an argument means, and their sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgo/inputs.h"
#include "tests/unit/formats/samples.h"
#include "tests/unit/formats/written.h"

static char scratch[512];

static char *path_of(const char *name)
{
	static char paths[4][700];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
	return path;
}

static void copy(const char *sample, const char *name)
{
	size_t length;
	unsigned char *bytes = load_sample(sample, &length);
	FILE *out = fopen(path_of(name), "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
	free(bytes);
}

static void put(const char *name, const char *text)
{
	FILE *out = fopen(path_of(name), "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/*
 *	runs/a.profraw runs/b.profraw runs/deep/c.profraw   ir-22, three times
 *	runs/deep/README runs/deep/notes.csv.txt            no profiles
 *	runs/.hidden.profraw runs/loop -> .                 left out
 *	gcc/a.gcda gcc/a.gcno                               one gcc profile
 *	empty/, list, bad/{good,bad}.profraw
 */
static int make_scratch(void **state)
{
	(void)state;
	scratch_template(scratch, sizeof scratch);
	if (!mkdtemp(scratch))
		return -1;
	static const char *const folders[] = {"runs", "runs/deep", "gcc", "empty", "bad", "mixed"};
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		assert_int_equal(mkdir(path_of(folders[i]), 0777), 0);
	copy("ir-22.profraw", "runs/b.profraw");
	copy("ir-22.profraw", "runs/a.profraw");
	copy("ir-22.profraw", "runs/deep/c.profraw");
	copy("ir-22.profraw", "runs/.hidden.profraw");
	put("runs/deep/README", "Text, but no profile.\n");
	assert_int_equal(symlink(".", path_of("runs/loop")), 0);
	copy("gcov/clang22-a.gcda", "gcc/a.gcda");
	copy("gcov/clang22-a.gcno", "gcc/a.gcno");
	copy("gcov/gcc12-O2-a.gcda", "mixed/a.gcda");
	copy("ir-22.profraw", "mixed/b.profraw");
	put("empty/notes", "nothing here\n");
	copy("ir-22.profraw", "bad/a.profraw");
	copy("malformed/raw_numcounters_huge", "bad/b.profraw");
	put("list", "# profiles\n\nruns/a.profraw\r\nruns/deep\n");
	put("empty-list", "# none\n");
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	static const char *const all[] = {"runs/a.profraw",	 "runs/b.profraw",
					  "runs/deep/c.profraw", "runs/.hidden.profraw",
					  "runs/deep/README",	 "runs/loop",
					  "gcc/a.gcda",		 "gcc/a.gcno",
					  "mixed/a.gcda",	 "mixed/b.profraw",
					  "empty/notes",	 "bad/a.profraw",
					  "bad/b.profraw",	 "list",
					  "empty-list"};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		unlink(path_of(all[i]));
	static const char *const folders[] = {"runs/deep", "runs", "gcc", "empty", "bad", "mixed", ""};
	int rc = 0;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		rc = rmdir(path_of(folders[i]));
	return rc;
}

static void finds(const char *argument, bool many, size_t count, const char *const *names)
{
	struct pgo_inputs in;
	struct pgo_error err = {0};
	if (pgo_inputs_find(&in, argument, &err) != PGO_OK)
		fail_msg("%s: %s", argument, err.message);
	assert_string_equal(in.name, argument);
	assert_int_equal(in.many, many);
	assert_int_equal(in.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(in.paths[i], path_of(names[i]));
	pgo_inputs_release(&in);
}

static void test_finds(void **state)
{
	(void)state;
	char argument[800];
	finds(path_of("runs/a.profraw"), false, 1, (const char *[]){"runs/a.profraw"});
	finds(path_of("no-such-file"), false, 1, (const char *[]){"no-such-file"}); /* whoever opens it says so */
	finds(path_of("runs"), true, 3, (const char *[]){"runs/a.profraw", "runs/b.profraw", "runs/deep/c.profraw"});
	finds(path_of("runs/*.profraw"), true, 2, (const char *[]){"runs/a.profraw", "runs/b.profraw"});
	finds(path_of("gcc"), true, 1, (const char *[]){"gcc"});
	snprintf(argument, sizeof argument, "@%s", path_of("list"));
	finds(argument, true, 2, (const char *[]){"runs/a.profraw", "runs/deep/c.profraw"});
	struct pgo_inputs in;
	assert_int_equal(pgo_inputs_find(&in, "-", NULL), PGO_OK);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.paths[0], "-");
	pgo_inputs_release(&in);
}

static void finds_nothing(const char *argument, const char *path, const char *message)
{
	struct pgo_inputs in;
	struct pgo_error err = {0};
	assert_true(pgo_inputs_find(&in, argument, &err) < 0);
	assert_string_equal(err.message, message);
	assert_string_equal(err.path, path);
}

static void test_finds_nothing(void **state)
{
	(void)state;
	char argument[800];
	finds_nothing(path_of("empty"), path_of("empty"), "is a directory without any profile");
	finds_nothing(path_of("*.nothing"), path_of("*.nothing"), "no file matches the pattern");
	snprintf(argument, sizeof argument, "@%s", path_of("empty-list"));
	finds_nothing(argument, path_of("empty-list"), "is a list without any profile");
	snprintf(argument, sizeof argument, "@%s", path_of("no-list"));
	finds_nothing(argument, path_of("no-list"), "cannot open: No such file or directory");
	char message[900];
	snprintf(message, sizeof message, "holds profiles of gcc (.gcda) and others, such as '%s', which do not add up",
		 path_of("mixed/b.profraw"));
	finds_nothing(path_of("mixed"), path_of("mixed"), message);
}

static void test_opens_the_sum(void **state)
{
	(void)state;
	struct pgo_profile *p = NULL, *one = open_sample("ir-22.profraw"), *three = NULL;
	struct pgo_merge *m = NULL;
	assert_int_equal(pgo_merge_new(&m, NULL), PGO_OK);
	assert_int_equal(pgo_merge_add(m, one, "it", &(struct pgo_merge_weight){.times = 3}, NULL), PGO_OK);
	assert_int_equal(pgo_merge_finish(m, &three, NULL), PGO_OK);
	assert_int_equal(pgo_inputs_open(&p, path_of("runs"), NULL, NULL), PGO_OK);
	same_functions(p, three);
	same_sections(p, three);
	assert_string_equal(p->format, "raw");
	assert_int_equal(p->version, 10);
	pgo_profile_free(p);
	/* one at a time says the same as several in one reading */
	assert_int_equal(pgo_inputs_open(&p, path_of("runs"), &(struct pgo_read_options){.max_lost = 0.5}, NULL),
			 PGO_OK);
	same_functions(p, three);
	pgo_profile_free(p);
	assert_int_equal(pgo_inputs_open(&p, path_of("gcc"), NULL, NULL), PGO_OK);
	assert_int_equal(p->kind, PGO_KIND_GCC);
	pgo_profile_free(p);
	pgo_profile_free(one);
	pgo_profile_free(three);
	pgo_merge_free(m);
}

static void test_names_the_file(void **state)
{
	(void)state;
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_inputs_open(&p, path_of("bad"), NULL, &err), PGO_EFORMAT);
	assert_string_equal(err.path, path_of("bad/b.profraw"));
	assert_null(p);
	char list[800];
	put("empty-list", "runs/a.profraw\ngcc\n");
	snprintf(list, sizeof list, "@%s", path_of("empty-list"));
	err = (struct pgo_error){0};
	assert_int_equal(pgo_inputs_open(&p, list, NULL, &err), PGO_EMISMATCH);
	assert_string_equal(err.path, path_of("gcc"));
	put("empty-list", "# none\n");
}

struct seen {
	size_t profiles, told, last, order;
};

static int see(void *context, size_t index, const struct pgo_profile *p, struct pgo_error *err)
{
	struct seen *seen = context;
	(void)err;
	assert_int_equal(index, seen->profiles);
	assert_int_equal(p->function_count, 10);
	seen->profiles++;
	return PGO_OK;
}

static void tell(void *context, size_t done, size_t all)
{
	struct seen *seen = context;
	assert_int_equal(all, 3);
	assert_true(done > seen->last);
	seen->last = done;
	seen->told++;
}

static void test_watches(void **state)
{
	(void)state;
	struct pgo_inputs in;
	struct seen seen = {0};
	const struct pgo_inputs_watch watch = {.profile = see, .progress = tell, .context = &seen};
	assert_int_equal(pgo_inputs_find(&in, path_of("runs"), NULL), PGO_OK);
	assert_int_equal(pgo_inputs_add(NULL, &in, NULL, NULL, &watch, NULL), PGO_OK);
	assert_int_equal(seen.profiles, 3);
	assert_int_equal(seen.last, 3);
	pgo_inputs_release(&in);
}

static void test_digest(void **state)
{
	(void)state;
	char digest[33];
	struct pgo_error err = {0};
	put("empty/notes", "");
	/* the published test vector: XXH3 of nothing, 128 bits, seed 0 */
	assert_int_equal(pgo_inputs_digest(digest, path_of("empty/notes"), NULL), PGO_OK);
	assert_string_equal(digest, "99aa06d3014798d86001c324468d497f");
	put("empty/notes", "nothing here\n");
	assert_int_equal(pgo_inputs_digest(digest, path_of("no-such-file"), &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot open: No such file or directory");
	assert_string_equal(err.path, path_of("no-such-file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),	      cmocka_unit_test(test_finds_nothing),
		cmocka_unit_test(test_opens_the_sum), cmocka_unit_test(test_names_the_file),
		cmocka_unit_test(test_watches),	      cmocka_unit_test(test_digest),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
