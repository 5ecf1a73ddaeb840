/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What gcc's files say when they are damaged, of another version, or do not belong together; releases built by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/samples.h"

#include "tests/unit/formats/gcov_build.h"

/** Two blocks and a way around the second: entered 10 times, the second block 4 times. */
static void put_graph(struct gcov_file *notes, const char *name, uint32_t ident)
{
	put_note(notes, ident, 11, 22, name, "a.c", 4);
	uint32_t exit = notes->release >= 48 ? 1 : 3, first = notes->release >= 48 ? 2 : 1;
	put_arcs(notes, 0, ARCS(first, 4));
	put_arcs(notes, first, ARCS(first + 1, 0, exit, 1));
	put_arcs(notes, first + 1, ARCS(exit, 1));
}

static struct gcov_file notes_of(const char *version, bool big_endian)
{
	struct gcov_file notes = start_file("gcno", version, 77, big_endian);
	put_graph(&notes, "f", 5);
	return notes;
}

static struct gcov_file data_of(const char *version, bool big_endian)
{
	struct gcov_file data = start_file("gcda", version, 77, big_endian);
	if (data.release >= 90) {
		open_record(&data, PGO_GCOV_OBJECT_SUMMARY);
		put32(&data, 3);
		put32(&data, 10);
		close_record(&data);
	} else {
		open_record(&data, 0xa3000000u); /* not read */
		put32(&data, 1);
		put32(&data, 2);
		close_record(&data);
	}
	put_function(&data, 5, 11, 22);
	return data;
}

/** A file of this version with counters 10 and 4 reads to blocks 10 and 4. */
static void check_version(const char *version, bool big_endian)
{
	struct gcov_file notes = notes_of(version, big_endian), data = data_of(version, big_endian);
	put_counters(&data, 0, COUNTS(10, 4), 2);
	put_counters(&data, 7, COUNTS(1), 1);
	put32(&data, 0);
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	if (read_files(&p, &data, &notes, &err) != PGO_OK)
		fail_msg("%s: %s", version, err.message);
	check_invariants(p);
	check_counters(p, "f", "10 4");
	assert_int_equal(function_named(p, "f").cfg_hash, 22);
	assert_int_equal(p->version, notes.release / 10);
	assert_int_equal(p->warning_count, 0);
	pgo_profile_free(p);
}

static void versions_are_read(void **state)
{
	(void)state;
	static const char *const versions[] = {"407*", "408*", "409*", "504*", "705*", "A83*", "A93R",
					       "B02p", "B14*", "B23*", "B32*", "B42e", "B51*"};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		check_version(versions[i], false);
		check_version(versions[i], true);
	}
}

static void expect_error(const struct gcov_file *data, const struct gcov_file *notes, int code, int64_t offset,
			 const char *message, const char *hint)
{
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	int rc = read_files(&p, data, notes, &err);
	if (rc != code || strcmp(err.message, message) != 0 || strcmp(err.hint, hint) != 0 ||
	    (err.has_offset ? (int64_t)err.offset : -1) != offset)
		fail_msg("%d at %lld: '%s', hint '%s'\nexpected %d at %lld: '%s', hint '%s'", rc,
			 (long long)(err.has_offset ? (int64_t)err.offset : -1), err.message, err.hint, code,
			 (long long)offset, message, hint);
	assert_null(p);
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	struct gcov_file f = start_file("gcda", "B60*", 1, false);
	expect_error(&f, NULL, PGO_EUNSUPPORTED, 4,
		     "written by gcc 16.0, which is newer than known; 4.7 to 15 are read", "");
	f = start_file("gcda", "406*", 1, true);
	expect_error(&f, NULL, PGO_EUNSUPPORTED, 4, "written by gcc 4.6, which is older than known; 4.7 to 15 are read",
		     "");
	f = start_file("gcda", "B2!*", 1, false);
	expect_error(&f, NULL, PGO_EFORMAT, 4, "version word 0x4232212a is not a version of gcc", "");
	f.length = 4;
	put32(&f, 2);
	put32(&f, 0);
	expect_error(&f, NULL, PGO_EUNSUPPORTED, -1, "is a GCC AutoFDO profile (.afdo), which is not read",
		     "AutoFDO's create_llvm_prof makes a sample profile of the same perf.data");
	f.length = 10;
	memcpy(f.bytes + 4, "*22B", 4);
	expect_error(&f, NULL, PGO_EFORMAT, 8, "header is cut off: the file ends after 10 bytes", "");
	struct gcov_file data = data_of("B22*", false), notes = notes_of("B22*", false);
	notes.bytes[0] = 'x';
	expect_error(&data, &notes, PGO_EFORMAT, 0, "does not start with the magic word 'gcno'", "");
}

static void damaged_data_is_refused(void **state)
{
	(void)state;
	struct gcov_file f = data_of("B22*", false);
	put_counters(&f, 0, COUNTS(10, 4), 2);
	expect_error(&f, NULL, PGO_EFORMAT, 76, "end mark is missing: the file was cut off", "");
	put32(&f, 0);
	put32(&f, 0);
	put32(&f, 9);
	expect_error(&f, NULL, PGO_EFORMAT, 84, "8 bytes follow the end mark", "");

	f = data_of("B22*", false);
	put32(&f, PGO_GCOV_COUNTERS);
	put32(&f, 80);
	expect_error(&f, NULL, PGO_EFORMAT, 52, "record 0x01a10000 of 80 bytes does not fit into the 0 bytes left", "");

	f = data_of("B22*", false);
	open_record(&f, PGO_GCOV_COUNTERS);
	put32(&f, 1);
	close_record(&f);
	expect_error(&f, NULL, PGO_EFORMAT, 56, "function 5: 4 bytes are not a whole number of counters", "");

	f = data_of("B22*", false);
	put_counters(&f, 0, COUNTS(10, 4), 2);
	put_counters(&f, 0, COUNTS(10, 4), 2);
	expect_error(&f, NULL, PGO_EFORMAT, 76, "function 5 has two records of arcs", "");

	f = data_of("B22*", false);
	open_record(&f, 0x05000000u);
	close_record(&f);
	expect_error(&f, NULL, PGO_EFORMAT, 52, "record 0x05000000 is unknown", "");

	f = start_file("gcda", "B22*", 77, false);
	put_counters(&f, 0, COUNTS(10, 4), 2);
	expect_error(&f, NULL, PGO_EFORMAT, 16, "counters 0x01a10000 follow no function", "");

	f = start_file("gcda", "B22*", 77, false);
	open_record(&f, PGO_GCOV_FUNCTION);
	put32(&f, 5);
	close_record(&f);
	expect_error(&f, NULL, PGO_EFORMAT, 20, "function record of 4 bytes; expected are 0 or 12", "");

	f = start_file("gcda", "B22*", 77, false);
	open_record(&f, PGO_GCOV_OBJECT_SUMMARY);
	put32(&f, 5);
	close_record(&f);
	expect_error(&f, NULL, PGO_EFORMAT, 20, "summary record of 4 bytes; expected are 8", "");

	f = data_of("B22*", false);
	put_counters(&f, 0, COUNTS(10, 4), 2);
	put_counters(&f, 4, COUNTS(10, 4, 9, 9), 4);
	expect_error(&f, NULL, PGO_EFORMAT, 84,
		     "function 5: targets of an indirect call do not fit into the 32 bytes left", "");
}

static void zeros_without_bytes_are_bounded(void **state)
{
	(void)state;
	struct gcov_file f = data_of("B22*", false);
	put_zeros(&f, 4);
	put32(&f, 0);
	struct pgo_profile *p = NULL;
	assert_int_equal(read_files(&p, &f, NULL, NULL), PGO_OK);
	check_counters(p, "x.gcda#5", "0 0 0 0");
	pgo_profile_free(p);

	f = data_of("B22*", false);
	put_zeros(&f, 1u << 27);
	expect_error(&f, NULL, PGO_EFORMAT, 56,
		     "function 5: 134217728 counters that are all zero are more than any function has", "");
	f.length -= 4;
	put32(&f, 0u - 12);
	expect_error(&f, NULL, PGO_EFORMAT, 56, "12 bytes of zeros are not a whole number of counters", "");
	/* with notes their number is known */
	struct gcov_file notes = notes_of("B22*", false);
	f.length -= 4;
	put32(&f, 0u - 8);
	expect_error(&f, &notes, PGO_EFORMAT, 52, "function 'f' has 1 counted arcs, in the notes it has 2", "");
}

static void pairs_that_do_not_belong_are_refused(void **state)
{
	(void)state;
	static const char keep[] = "keep the .gcno files of the very build that was run, or remove them";
	struct gcov_file data = data_of("B22*", false), notes = start_file("gcno", "B22*", 78, false);
	expect_error(&data, &notes, PGO_EMISMATCH, 8,
		     "the notes (.gcno) are of another compilation: stamp 0x0000004e in the notes, 0x0000004d here",
		     keep);
	notes = start_file("gcno", "B13*", 77, false);
	expect_error(&data, &notes, PGO_EMISMATCH, -1,
		     "the notes (.gcno) were written by gcc 11.3, the counts by gcc 12.2", keep);
	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 23, "f", "a.c", 4);
	expect_error(&data, &notes, PGO_EFORMAT, 32,
		     "function 'f': control flow checksum 0x00000016 is another one than in the notes, 0x00000017", "");
	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 12, 22, "f", "a.c", 4);
	expect_error(&data, &notes, PGO_EFORMAT, 32,
		     "function 'f': line checksum 0x0000000b is another one than in the notes, 0x0000000c", "");
	notes = notes_of("B22*", false);
	put_counters(&data, 0, COUNTS(10, 4, 1), 3);
	expect_error(&data, &notes, PGO_EFORMAT, 52, "function 'f' has 3 counted arcs, in the notes it has 2", "");
	data = data_of("B22*", false);
	put_counters(&data, 0, COUNTS(10, 4), 2);
	put_function(&data, 5, 11, 22);
	expect_error(&data, &notes, PGO_EFORMAT, 76, "function 'f' is in the file twice", "");
}

static void damaged_notes_are_refused(void **state)
{
	(void)state;
	static const char again[] = "it is the notes file (.gcno) that is damaged: compile again";
	struct gcov_file data = data_of("B22*", false), notes;
	put_counters(&data, 0, COUNTS(10, 4), 2);
	put32(&data, 0);

	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 22, "f", "a.c", 1u << 30);
	expect_error(&data, &notes, PGO_EFORMAT, 91, "function 'f': 1073741824 blocks do not fit into its 66 bytes",
		     again);

	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 22, "f", "a.c", 4);
	put_arcs(&notes, 4, ARCS(1, 0));
	expect_error(&data, &notes, PGO_EFORMAT, 103, "function 'f': an arc leaves block 4 of 4", again);

	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 22, "f", "a.c", 4);
	put_arcs(&notes, 3, ARCS(7, 0));
	expect_error(&data, &notes, PGO_EFORMAT, 107, "function 'f': an arc leads to block 7 of 4", again);

	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 22, "f", "a.c", 4);
	put_arcs(&notes, 3, ARCS(1));
	expect_error(&data, &notes, PGO_EFORMAT, 103, "function 'f': record of arcs is not a whole number of arcs",
		     again);

	notes = start_file("gcno", "B22*", 77, false);
	put_function(&notes, 5, 11, 22);
	expect_error(&data, &notes, PGO_EFORMAT, 49, "record of function 0 ends before its fields do", "");

	/* arcs that are all on the tree leave the flow open */
	notes = start_file("gcno", "B22*", 77, false);
	put_note(&notes, 5, 11, 22, "f", "a.c", 4);
	put_arcs(&notes, 0, ARCS(2, 1));
	put_arcs(&notes, 2, ARCS(3, 0, 1, 0));
	put_arcs(&notes, 3, ARCS(3, 1));
	expect_error(&data, &notes, PGO_EFORMAT, 52,
		     "function 'f': the notes leave its flow open: arcs without a counter form a ring", "");
}

static void lost_counts_are_reported(void **state)
{
	(void)state;
	struct gcov_file data = data_of("B22*", false), notes = start_file("gcno", "B22*", 77, false);
	/* 2 -> 4 counted, 2 -> 3 on the tree: 3 ran 5 - 7 times */
	put_note(&notes, 5, 11, 22, "f", "a.c", 5);
	put_arcs(&notes, 0, ARCS(2, 4));
	put_arcs(&notes, 2, ARCS(3, 1, 4, 0));
	put_arcs(&notes, 3, ARCS(1, 1));
	put_arcs(&notes, 4, ARCS(1, 1));
	put_counters(&data, 0, COUNTS(5, 7), 2);
	put32(&data, 0);
	struct pgo_profile *p = NULL;
	assert_int_equal(read_files(&p, &data, &notes, NULL), PGO_OK);
	check_counters(p, "f", "5 0 7");
	assert_int_equal(p->warning_count, 1);
	assert_string_equal(p->warnings[0],
			    "1 function with inconsistent flow: counts were lost (to threads without "
			    "-fprofile-update=atomic, or by longjmp); 1 block came out below zero and counts 0");
	pgo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(damaged_data_is_refused),
		cmocka_unit_test(zeros_without_bytes_are_bounded),
		cmocka_unit_test(pairs_that_do_not_belong_are_refused),
		cmocka_unit_test(damaged_notes_are_refused),
		cmocka_unit_test(lost_counts_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
