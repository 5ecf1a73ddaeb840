/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/collect/collect.h"
#include "harness/sys/files.h"
#include "pgo/profile.h"

/*
 * Real merges by a real llvm-profdata. The "raw" files are text profiles, which llvm-profdata reads as well, so that
 * masses can be chosen.
 */

#define PROFDATA "/usr/bin/llvm-profdata-22"
enum { MOST = 4 };

struct fixture {
	char dir[64];
	struct workload workloads[MOST];
	struct corpus corpus;
	bool usable[MOST];
	struct collect_options options;
	struct collect_result result;
	struct pgo_error err;
};

static int setup(void **state)
{
	static char name[] = "test";
	struct fixture *f = calloc(1, sizeof *f);
	if (!f || !mkdtemp(strcpy(f->dir, P_tmpdir "/collect.XXXXXX")))
		return -1;
	f->corpus = (struct corpus){.name = name, .workloads = f->workloads};
	f->options = (struct collect_options){f->dir, PROFDATA, f->usable};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	collect_result_release(&f->result);
	int code = files_remove_tree(f->dir, NULL);
	free(f);
	return code;
}

static void write_file(const char *path, const char *text)
{
	struct pgo_error err = {0};
	char *dir = strdup(path);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(files_mkdirs(dir, &err), PGO_OK);
	assert_int_equal(files_write_atomic(path, text, strlen(text), &err), PGO_OK);
	free(dir);
}

/* Two functions: "shared" with counters a and b, and one of the workload's own with counter c. */
static void write_raw(struct fixture *f, const char *id, const char *name, uint64_t a, uint64_t b, uint64_t c)
{
	char *path = files_format("%s/replay/%s/profile/%s", f->dir, id, name);
	char *text = files_format(":ir\nshared\n17\n2\n%" PRIu64 "\n%" PRIu64 "\n\nown_%s\n5\n1\n%" PRIu64 "\n", a, b,
				  id, c);
	write_file(path, text);
	free(path);
	free(text);
}

static void add(struct fixture *f, const char *id, enum workload_kind kind, enum workload_role role, double weight)
{
	f->usable[f->corpus.workload_count] = true;
	f->workloads[f->corpus.workload_count++] =
		(struct workload){.id = (char *)(uintptr_t)id, .kind = kind, .role = role, .weight = weight};
}

static void collect(struct fixture *f)
{
	collect_result_release(&f->result);
	int code = collect_all(&f->result, &f->corpus, &f->options, &f->err);
	if (code)
		print_error("%s\n", f->err.message);
	assert_int_equal(code, PGO_OK);
}

static uint64_t counter(const struct pgo_profile *p, const char *name, uint32_t i)
{
	for (size_t k = 0; k < p->function_count; k++) {
		struct pgo_function f = pgo_profile_function(p, k);
		if (f.name_length == strlen(name) && !memcmp(f.name, name, strlen(name)))
			return f.counters[i];
	}
	return 0;
}

static struct pgo_profile *opened(struct fixture *f, const char *name)
{
	struct pgo_profile *p = NULL;
	char *path = files_join(f->dir, name);
	assert_int_equal(pgo_profile_open(&p, path, NULL, &f->err), PGO_OK);
	free(path);
	return p;
}

static json_object *record(struct fixture *f)
{
	json_object *r = NULL;
	char *path = files_join(f->dir, "profiles/merge.json");
	assert_int_equal(record_read(&r, path, &f->err), PGO_OK);
	free(path);
	return r;
}

static void test_shares_of_the_merged_profile(void **state)
{
	struct fixture *f = *state;
	add(f, "small", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	add(f, "large", WORKLOAD_REAL, WORKLOAD_TRAIN, 2);
	add(f, "odd", WORKLOAD_SYNTHETIC, WORKLOAD_TRAIN, 1);
	write_raw(f, "small", "1-x.profraw", 100, 200, 700);
	write_raw(f, "large", "1-x.profraw", 1, 999999999, 3000000000);
	write_raw(f, "odd", "1-x.profraw", 11, 333, 12001);
	collect(f);

	/* the oracle: own profiles of known mass, and the counters of the merge added up by hand */
	static const double mass[] = {1000, 4000000000, 12345}, wanted[] = {0.25, 0.5, 0.25};
	uint64_t w[3];
	struct pgo_profile *train = opened(f, "profiles/train.profdata");
	assert_int_equal(f->result.share_count, 3);
	double total = 0;
	for (int i = 0; i < 3; i++) {
		assert_true(f->result.shares[i].mass == mass[i]);
		w[i] = f->result.shares[i].integer_weight;
		total += (double)w[i] * mass[i];
	}
	assert_int_equal(counter(train, "shared", 0), 100 * w[0] + 1 * w[1] + 11 * w[2]);
	assert_int_equal(counter(train, "shared", 1), 200 * w[0] + 999999999 * w[1] + 333 * w[2]);
	assert_int_equal(counter(train, "own_odd", 0), 12001 * w[2]);
	for (int i = 0; i < 3; i++) {
		assert_true(fabs((double)w[i] * mass[i] / total - wanted[i]) < 0.001 * wanted[i]);
		assert_true(fabs(f->result.shares[i].effective_share - wanted[i]) < 0.001 * wanted[i]);
	}
	pgo_profile_free(train);
}

static void test_extreme_masses_do_not_saturate(void **state)
{
	struct fixture *f = *state;
	add(f, "tiny", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	add(f, "huge", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	write_raw(f, "tiny", "1-x.profraw", 0, 0, 1);
	write_raw(f, "huge", "1-x.profraw", 0, 0, 1000000000000000000u);
	collect(f);
	struct pgo_profile *train = opened(f, "profiles/train.profdata");
	struct pgo_summary summary;
	assert_int_equal(pgo_profile_summarize(&summary, train, PGO_RECORDS_NORMAL, &f->err), PGO_OK);
	assert_int_equal(summary.saturated_counters, 0);
	double tiny = (double)counter(train, "own_tiny", 0), huge = (double)counter(train, "own_huge", 0);
	assert_true(tiny > 0 && fabs(tiny / (tiny + huge) - 0.5) < 0.0005);
	assert_true(summary.total <= (pgo_u128)1 << 63);
	pgo_profile_free(train);
	json_object *r = record(f);
	assert_int_equal(record_int(r, "warnings", -1), 0);
	json_object_put(r);
}

static void test_leave_one_out_is_for_real_training_workloads(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	add(f, "b", WORKLOAD_SYNTHETIC, WORKLOAD_TRAIN, 1);
	add(f, "c", WORKLOAD_REAL, WORKLOAD_HELDOUT, 1);
	write_raw(f, "a", "1-x.profraw", 1, 2, 3);
	write_raw(f, "b", "1-x.profraw", 1, 2, 3);
	write_raw(f, "c", "1-x.profraw", 1, 2, 3);
	collect(f);
	struct pgo_profile *without = opened(f, "profiles/loo/a.profdata");
	assert_int_equal(counter(without, "own_a", 0), 0);
	assert_int_equal(counter(without, "own_b", 0), 3);
	pgo_profile_free(without);
	struct pgo_profile *train = opened(f, "profiles/train.profdata");
	assert_int_equal(counter(train, "own_c", 0), 0); /* held out is held out */
	pgo_profile_free(train);
	char *b = collect_loo_path(f->dir, "b"), *c = collect_loo_path(f->dir, "c");
	assert_false(files_exists(b));
	assert_false(files_exists(c));
	free(b);
	free(c);
}

static void test_no_leave_one_out_of_the_only_one(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	write_raw(f, "a", "1-x.profraw", 1, 2, 3);
	collect(f);
	char *a = collect_loo_path(f->dir, "a");
	assert_false(files_exists(a));
	free(a);
}

static struct timespec written(struct fixture *f, const char *name)
{
	struct stat s;
	char *path = files_join(f->dir, name);
	assert_int_equal(stat(path, &s), 0);
	free(path);
	return s.st_mtim;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void test_only_what_changed_is_merged_again(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	add(f, "b", WORKLOAD_SYNTHETIC, WORKLOAD_TRAIN, 1);
	write_raw(f, "a", "1-x.profraw", 1, 2, 3);
	write_raw(f, "b", "1-x.profraw", 4, 5, 6);
	collect(f);
	struct timespec a = written(f, "profiles/workload/a.profdata"), b = written(f, "profiles/workload/b.profdata");
	struct timespec train = written(f, "profiles/train.profdata"), loo = written(f, "profiles/loo/a.profdata");
	collect(f);
	assert_int_equal(f->result.merges, 0);
	assert_true(same_time(train, written(f, "profiles/train.profdata")));

	write_raw(f, "a", "2-x.profraw", 9, 9, 9); /* another process of the same workload */
	collect(f);
	assert_false(same_time(a, written(f, "profiles/workload/a.profdata")));
	assert_true(same_time(b, written(f, "profiles/workload/b.profdata")));
	assert_false(same_time(train, written(f, "profiles/train.profdata")));
	assert_true(same_time(loo, written(f, "profiles/loo/a.profdata"))); /* a is not in it */

	f->workloads[1].weight = 3;
	collect(f);
	assert_int_equal(f->result.merges, 1); /* the training merge alone */

	/* what is not what was made is made again */
	static const char *const made[] = {"profiles/workload/b.profdata", "profiles/train.profdata",
					   "profiles/loo/a.profdata"};
	for (size_t i = 0; i < 3; i++) {
		char *path = files_join(f->dir, made[i]), before[33], after[33];
		assert_int_equal(files_digest(before, path, &f->err), PGO_OK);
		assert_int_equal(truncate(path, 40), 0);
		collect(f);
		assert_int_equal(f->result.merges, 1);
		assert_int_equal(files_digest(after, path, &f->err), PGO_OK);
		assert_string_equal(before, after);
		free(path);
	}
}

static void test_unusable_workloads_are_left_out(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	add(f, "failed", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	f->usable[1] = false;
	write_raw(f, "a", "1-x.profraw", 1, 2, 3);
	write_raw(f, "failed", "1-x.profraw", 1, 2, 3);
	collect(f);
	struct pgo_profile *train = opened(f, "profiles/train.profdata");
	assert_int_equal(counter(train, "own_failed", 0), 0);
	pgo_profile_free(train);
	json_object *r = record(f), *left = json_object_object_get(r, "left_out");
	assert_int_equal(json_object_array_length(left), 1);
	assert_string_equal(record_string(json_object_array_get_idx(left, 0), "workload", ""), "failed");
	json_object_put(r);
}

static void test_thousands_of_raw_files(void **state)
{
	struct fixture *f = *state;
	add(f, "many", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	write_raw(f, "many", "0-x.profraw", 1, 2, 3);
	char *first = files_format("%s/replay/many/profile/0-x.profraw", f->dir);
	for (int i = 1; i < 4000; i++) {
		char *path = files_format("%s/replay/many/profile/%04d-with-a-name-of-some-length.profraw", f->dir, i);
		assert_int_equal(link(first, path), 0);
		free(path);
	}
	free(first);
	collect(f);
	struct pgo_profile *train = opened(f, "profiles/train.profdata");
	assert_int_equal(counter(train, "shared", 1), 8000);
	pgo_profile_free(train);
}

static void test_real_raw_files(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	char *to = files_format("%s/replay/a/profile/1-1.profraw", f->dir);
	assert_int_equal(files_copy(FIXTURES "/samples/ir-22.profraw", to, &f->err), PGO_OK);
	free(to);
	collect(f);
	/* llvm-profdata's own conversion of the same file */
	struct pgo_profile *own = opened(f, "profiles/workload/a.profdata"), *known = NULL;
	assert_int_equal(pgo_profile_open(&known, FIXTURES "/samples/ir-22.profdata", NULL, &f->err), PGO_OK);
	assert_int_equal(own->function_count, known->function_count);
	assert_int_equal(own->counter_count, known->counter_count);
	pgo_profile_free(own);
	pgo_profile_free(known);
}

static void fails(struct fixture *f, int code, const char *message)
{
	assert_int_equal(collect_all(&f->result, &f->corpus, &f->options, &f->err), code);
	char *with_dir = strstr(f->err.message, f->dir);
	if (with_dir) /* the directory has a name of its own in every run */
		memcpy(with_dir, "DIR                            ", strlen(f->dir));
	assert_string_equal(f->err.message, message);
}

static void test_a_damaged_raw_file_is_named(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	char *path = files_format("%s/replay/a/profile/1-x.profraw", f->dir);
	write_file(path, "\x81rforpl\xff");
	free(path);
	assert_int_equal(collect_all(&f->result, &f->corpus, &f->options, &f->err), PGO_ECHILD);
	char *expected = files_format("cannot merge the profile of workload 'a': '" PROFDATA "' exited with status 1: "
				      "%s/replay/a/profile/1-x.profraw: ",
				      f->dir);
	assert_int_equal(strncmp(f->err.message, expected, strlen(expected)), 0);
	free(expected);
}

static void test_an_empty_profile_is_an_error(void **state)
{
	struct fixture *f = *state;
	add(f, "idle", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	write_raw(f, "idle", "1-x.profraw", 0, 0, 0);
	fails(f, PGO_EFORMAT, "the profile of workload 'idle' is empty: no counter of the program ran");
}

static void test_no_profile_at_all(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	char *path = files_format("%s/replay/a/profile", f->dir);
	assert_int_equal(files_mkdirs(path, &f->err), PGO_OK);
	free(path);
	assert_int_equal(collect_all(&f->result, &f->corpus, &f->options, &f->err), PGO_EFORMAT);
	assert_int_equal(strncmp(f->err.message, "workload 'a' left no profile in '", 33), 0);
}

static void test_nothing_to_train_on(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	f->usable[0] = false;
	fails(f, PGO_ECHILD, "no training workload of corpus 'test' can be used");
}

static void test_no_llvm_profdata(void **state)
{
	struct fixture *f = *state;
	add(f, "a", WORKLOAD_REAL, WORKLOAD_TRAIN, 1);
	write_raw(f, "a", "1-x.profraw", 1, 2, 3);
	f->options.profdata = "/nowhere/llvm-profdata";
	assert_int_equal(collect_all(&f->result, &f->corpus, &f->options, &f->err), PGO_ECHILD);
	assert_non_null(strstr(f->err.message, "'/nowhere/llvm-profdata'"));
	assert_non_null(strstr(f->err.message, "No such file or directory"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_shares_of_the_merged_profile),
		TEST(test_extreme_masses_do_not_saturate),
		TEST(test_leave_one_out_is_for_real_training_workloads),
		TEST(test_no_leave_one_out_of_the_only_one),
		TEST(test_only_what_changed_is_merged_again),
		TEST(test_unusable_workloads_are_left_out),
		TEST(test_thousands_of_raw_files),
		TEST(test_real_raw_files),
		TEST(test_a_damaged_raw_file_is_named),
		TEST(test_an_empty_profile_is_an_error),
		TEST(test_no_profile_at_all),
		TEST(test_nothing_to_train_on),
		TEST(test_no_llvm_profdata),
	};
	if (access(PROFDATA, X_OK)) {
		fprintf(stderr, "skipped: no %s\n", PROFDATA);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
