/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is written reads back as it was, version by version; how a failing write leaves things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/formats/samples.h"
#include "tests/unit/formats/written.h"

static char scratch[512];

static int make_scratch(void **state)
{
	(void)state;
	scratch_template(scratch, sizeof scratch);
	return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
	(void)state;
	DIR *dir = opendir(scratch);
	for (struct dirent *e; dir && (e = readdir(dir));)
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	return rmdir(scratch);
}

static const char *in_scratch(const char *name)
{
	static char path[600];
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	return path;
}

static struct pgo_profile *written(const struct pgo_profile *p, const struct pgo_write_options *options,
				   struct pgo_written *out)
{
	struct pgo_profile *back = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_write(in_scratch("x"), p, options, out, &err) != PGO_OK)
		fail_msg("%s", err.message);
	if (pgo_profile_open(&back, in_scratch("x"), NULL, &err) != PGO_OK)
		fail_msg("%s (at %llu)", err.message, (unsigned long long)err.offset);
	return back;
}

static const char *const samples[] = {
	"ir-22.profdata",	"ir-22.profraw",	"ir-14.profdata",	 "csir-22.profdata",
	"csironly-22.profdata", "fe-22.profraw",	"fe-14.profdata",	 "entry-22.profdata",
	"bytecov-22.profraw",	"fnentry-22.profdata",	"loopent-22.profraw",	 "mcdc-22.profraw",
	"temporal-22.profraw",	"tbc-22.profdata",	"vtab-22.profraw",	 "vtabkeep-22.profdata",
	"ps.profdata",		"rust0-22.profraw",	"multi-22.profdata",	 "concat-22.profraw",
	"tfe-22.profdata",	"weighted-22.profdata", "ir-22.sparse.profdata",
};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

static void test_indexed_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct pgo_profile *p = open_sample(samples[i]), *before = in_order(p);
		struct pgo_profile *back = written(before, &(struct pgo_write_options){0}, NULL);
		struct pgo_profile *after = in_order(back);
		assert_string_equal(back->format, "indexed");
		assert_int_equal(back->version, 13);
		assert_int_equal(back->flags, p->flags);
		/* the reader compares the summary in the file with the records, and warns of a difference */
		for (size_t w = 0; w < back->warning_count; w++)
			assert_non_null(strstr(back->warnings[w], "have no counters"));
		same_functions(before, after);
		same_sections(before, after);
		pgo_profile_free(p);
		pgo_profile_free(before);
		pgo_profile_free(back);
		pgo_profile_free(after);
	}
}

/** The summaries of the file are what its reader finds, also in the blocks it does not check. */
static void test_summary_is_of_all_records(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("fe-22.profraw"), *before = in_order(p);
	struct pgo_profile *back = written(before, &(struct pgo_write_options){0}, NULL);
	struct pgo_summary found;
	assert_int_equal(pgo_profile_summarize(&found, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
	assert_non_null(back->stored);
	assert_int_equal(back->stored->total, 68419);
	for (size_t i = 0; i < found.entry_count; i++)
		assert_memory_equal(&back->stored->entries[i], &found.entries[i], sizeof found.entries[i]);
	pgo_profile_free(p);
	pgo_profile_free(before);
	pgo_profile_free(back);
}

static void test_every_version(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("vtab-22.profraw"), *before = in_order(p);
	for (uint32_t v = PGO_INDEXED_OLDEST; v <= PGO_INDEXED_NEWEST; v++) {
		struct pgo_written out;
		struct pgo_profile *back = written(before, &(struct pgo_write_options){.version = v}, &out);
		assert_int_equal(back->version, v);
		assert_int_equal(back->function_count, before->function_count);
		assert_int_equal(back->warning_count, 0);
		assert_int_equal(out.functions, before->function_count);
		assert_int_equal(out.bytes, back->input_bytes);
		assert_int_equal(back->build_id_count, v >= 9 ? 1 : 0);
		assert_int_equal(back->vtable_names_length > 0, v >= 12);
		assert_int_equal(out.warning_count, v < 9 ? 3 : v < 12 ? 2 : 0);
		if (v == 8) {
			assert_string_equal(out.warnings[0], "build ids are left out: version 8 has none");
			assert_string_equal(out.warnings[1], "vtable names are left out: version 8 has none");
			assert_string_equal(out.warnings[2], "vtable values are left out: version 8 has none");
		}
		pgo_profile_free(back);
	}
	pgo_profile_free(p);
	pgo_profile_free(before);
}

static void refuses(const char *sample, uint32_t version, enum pgo_write_format format, int code, const char *message)
{
	struct pgo_profile *p = open_sample(sample);
	struct pgo_error err = {0};
	const struct pgo_write_options options = {.version = version, .format = format};
	assert_int_equal(pgo_profile_write(in_scratch("refused"), p, &options, NULL, &err), code);
	assert_string_equal(err.message, message);
	assert_int_equal(access(in_scratch("refused"), F_OK), -1);
	pgo_profile_free(p);
}

static void test_what_versions_cannot_hold(void **state)
{
	(void)state;
	refuses("loopent-22.profdata", 12, PGO_WRITE_INDEXED, PGO_EUNSUPPORTED,
		"counters of loop entries cannot be written in version 12 of the indexed format, LLVM has them since "
		"13");
	refuses("ps.profdata", 8, PGO_WRITE_INDEXED, PGO_EUNSUPPORTED,
		"pseudo counts cannot be written in version 8 of the indexed format, LLVM has them since 9");
	refuses("ir-22.profdata", 14, PGO_WRITE_INDEXED, PGO_EINVAL,
		"version 14 of the indexed format is not written; versions 4 to 13 are");
	refuses("ir-22.profdata", 3, PGO_WRITE_INDEXED, PGO_EINVAL,
		"version 3 of the indexed format is not written; versions 4 to 13 are");
	refuses("gcov/gcc12-O2-a.gcda", 0, PGO_WRITE_TEXT, PGO_EUNSUPPORTED,
		"profiles of this kind (gcc blocks) cannot be written in LLVM's formats");
	struct pgo_profile *p = open_sample("mcdc-22.profdata");
	struct pgo_written out;
	struct pgo_profile *back = written(p, &(struct pgo_write_options){.version = 10}, &out);
	assert_int_equal(back->bitmap_length, 0);
	assert_string_equal(out.warnings[0], "MC/DC bitmaps are left out: version 10 has none");
	pgo_profile_free(back);
	pgo_profile_free(p);
}

static void test_text_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct pgo_profile *p = open_sample(samples[i]), *before = in_order(p);
		struct pgo_written out;
		const struct pgo_write_options text = {.format = PGO_WRITE_TEXT};
		if (strncmp(samples[i], "tfe", 3) != 0) { /* without counters a function has no text */
			struct pgo_profile *back = written(before, &text, &out), *after = in_order(back);
			assert_string_equal(back->format, "text");
			same_functions(before, after);
			pgo_profile_free(back);
			pgo_profile_free(after);
		}
		pgo_profile_free(p);
		pgo_profile_free(before);
	}
}

/** Keys of which no record ran are left out; the summary counts what is left (the sample: llvm-profdata --sparse). */
static void test_sparse(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("ir-22.profdata"), *want = open_sample("ir-22.sparse.profdata");
	struct pgo_profile *back = written(p, &(struct pgo_write_options){.sparse = true}, NULL);
	struct pgo_profile *a = in_order(want), *b = in_order(back);
	assert_int_equal(back->function_count, 9);
	assert_int_equal(back->counter_count, 23);
	assert_int_equal(back->warning_count, 0);
	same_functions(a, b);
	pgo_profile_free(p);
	pgo_profile_free(want);
	pgo_profile_free(back);
	pgo_profile_free(a);
	pgo_profile_free(b);
}

static void test_compilers(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t version;
	} known[] = {
		{"clang-12", 7},      {"clang-13", 7},	{"clang-14", 7},  {"clang-15", 8},
		{"clang-16", 9},      {"clang-17", 10}, {"clang-18", 11}, {"clang-19", 12},
		{"clang-21", 12},     {"clang-22", 13}, {"clang-99", 13}, {"llvm-14.0.6", 7},
		{"clang 19.1.7", 12}, {"clang19", 12},	{"LLVM 16", 9},	  {"4", 4},
		{"13", 13},	      {"14", 0},	{"3", 0},	  {"clang-11", 0},
		{"clang", 0},	      {"gcc-12", 0},	{"clang-x", 0},	  {"", 0},
		{"12.5", 0},	      {"clang-14x", 0},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_int_equal(pgo_indexed_version_for(known[i].name), known[i].version);
}

static size_t files_in_scratch(void)
{
	size_t count = 0;
	DIR *dir = opendir(scratch);
	for (struct dirent *e; (e = readdir(dir));)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void test_failures_leave_the_file_alone(void **state)
{
	(void)state;
	struct pgo_profile *p = open_sample("ir-22.profdata");
	struct pgo_error err = {0};
	const struct pgo_write_options indexed = {0};
	char message[700];
	assert_int_equal(pgo_profile_write("/dev/full", p, &indexed, NULL, &err), PGO_ESYSTEM);
	assert_string_equal(err.message, "cannot write '/dev/full': No space left on device");
	err = (struct pgo_error){0};
	assert_int_equal(pgo_profile_write(in_scratch("no/such/x"), p, &indexed, NULL, &err), PGO_ESYSTEM);
	snprintf(message, sizeof message, "cannot write '%s': No such file or directory", in_scratch("no/such/x"));
	assert_string_equal(err.message, message);
	/* a link stays, the file it points at is replaced, with the permissions it had */
	assert_int_equal(pgo_profile_write(in_scratch("target"), p, &indexed, NULL, NULL), PGO_OK);
	assert_int_equal(chmod(in_scratch("target"), 0640), 0);
	assert_int_equal(symlink("target", in_scratch("link")), 0);
	assert_int_equal(pgo_profile_write(in_scratch("link"), p, &indexed, NULL, NULL), PGO_OK);
	struct stat st;
	assert_int_equal(lstat(in_scratch("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(in_scratch("target"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* no temporary file is left */
	unlink(in_scratch("x"));
	unlink(in_scratch("refused"));
	assert_int_equal(files_in_scratch(), 2);
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indexed_reads_back), cmocka_unit_test(test_summary_is_of_all_records),
		cmocka_unit_test(test_every_version),	   cmocka_unit_test(test_what_versions_cannot_hold),
		cmocka_unit_test(test_text_reads_back),	   cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_compilers),	   cmocka_unit_test(test_failures_leave_the_file_alone),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
