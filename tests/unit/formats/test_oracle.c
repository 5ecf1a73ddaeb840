/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names, hashes, counters and summaries of the samples against what llvm-profdata-22 prints; skipped where it is
 * missing. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "tests/unit/formats/samples.h"

static bool have_llvm(void)
{
	return system("llvm-profdata-22 --version >/dev/null 2>&1") == 0;
}

/** `llvm-profdata-22 COMMAND FILE` */
static FILE *run_on_file(const char *command, const char *path)
{
	char line[2048];
	snprintf(line, sizeof line, "llvm-profdata-22 %s '%s' 2>/dev/null", command, path);
	FILE *f = popen(line, "r");
	assert_non_null(f);
	return f;
}

static FILE *run(const char *command, const char *sample)
{
	char path[1024];
	snprintf(path, sizeof path, SAMPLES "%s", sample);
	return run_on_file(command, path);
}

static size_t find(const struct pgo_profile *p, const char *name, uint64_t hash)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (f.cfg_hash == hash && has_name(&f, name))
			return i;
	}
	fail_msg("llvm-profdata shows '%s' with hash 0x%016" PRIx64 ", we have no such record", name, hash);
	return SIZE_MAX;
}

/** "[1, 2, 3]": compare with the counters from `first` on. */
static void compare_list(const struct pgo_function *f, const char *list, uint32_t first)
{
	uint32_t n = first;
	for (const char *at = strpbrk(list, "0123456789"); at; n++) {
		char *end;
		uint64_t value = strtoull(at, &end, 10);
		assert_true(n < f->counter_count);
		assert_int_equal(f->counters[n], value);
		at = strpbrk(end, "0123456789");
	}
	assert_int_equal(n, f->counter_count);
}

/** Compare every record `show` prints. @return how many it printed */
static size_t compare_counters(const struct pgo_profile *p, const char *command, const char *sample)
{
	char line[65536], name[65536] = "";
	struct pgo_function value = {0}, *f = &value;
	size_t shown = 0;
	FILE *out = run(command, sample);
	while (fgets(line, sizeof line, out)) {
		line[strcspn(line, "\n")] = '\0';
		size_t length = strlen(line);
		if (strncmp(line, "    Hash: ", 10) == 0) {
			value = pgo_profile_function(p, find(p, name, strtoull(line + 10, NULL, 16)));
			shown++;
		} else if (strncmp(line, "    Counters: ", 14) == 0) {
			assert_int_equal(strtoul(line + 14, NULL, 10), f->counter_count);
			assert_int_equal(strstr(line, "<Pseudo") != NULL, (f->flags & PGO_FUNCTION_PSEUDO) != 0);
		} else if (strncmp(line, "    Function count: ", 20) == 0) {
			assert_int_equal(strtoull(line + 20, NULL, 10), f->counters[0]);
		} else if (strncmp(line, "    Block counts: ", 18) == 0) {
			compare_list(f, line + 18, p->flags & PGO_PROFILE_IR ? 0 : 1);
		} else if (strncmp(line, "  ", 2) == 0 && line[2] != ' ' && line[length - 1] == ':') {
			snprintf(name, sizeof name, "%.*s", (int)(length - 3), line + 2);
		}
	}
	pclose(out);
	return shown;
}

static size_t compared;

/** llvm-profdata-22 shows nothing of these: its printer trips over records without counters, or there are none. */
static bool printable(const char *sample)
{
	return strncmp(sample, "tfe-", 4) != 0 && strncmp(sample, "memonly-", 8) != 0;
}

static void check_counters(char **f, int count)
{
	if (count < 4 || (strcmp(f[1], "indexed") != 0 && strcmp(f[1], "text") != 0) || !printable(f[0]))
		return;
	struct pgo_profile *p = open_sample(f[0]);
	size_t shown = compare_counters(p, "show --all-functions --counts", f[0]);
	/* with a front-end profile mixed in, hash bit 60 hides nothing either */
	if (p->flags & PGO_PROFILE_CSIR)
		shown += compare_counters(p, "show --all-functions --counts --showcs", f[0]);
	if (shown != p->function_count)
		fail_msg("%s: llvm-profdata shows %zu records, we have %zu", f[0], shown, p->function_count);
	compared++;
	pgo_profile_free(p);
}

static void counters_equal_llvm(void **state)
{
	(void)state;
	if (!have_llvm())
		skip();
	for_each_row(SAMPLES "EXPECTED.tsv", 13, check_counters);
	assert_true(compared >= 49);
}

static void compare_summary(const struct pgo_summary *s, FILE *out, const char *sample)
{
	char line[4096];
	size_t entry = 0;
	uint64_t n, total, count;
	while (fgets(line, sizeof line, out)) {
		char percent[32];
		if (sscanf(line, "Total functions: %" SCNu64, &n) == 1) {
			assert_int_equal(n, s->function_count);
		} else if (sscanf(line, "Maximum function count: %" SCNu64, &n) == 1) {
			assert_int_equal(n, s->max_first_count);
		} else if (sscanf(line, "Maximum internal block count: %" SCNu64, &n) == 1) {
			assert_int_equal(n, s->max_internal_count);
		} else if (sscanf(line, "Total number of blocks: %" SCNu64, &n) == 1) {
			assert_int_equal(n, s->counter_count);
		} else if (sscanf(line, "Total count: %" SCNu64, &total) == 1) {
			assert_int_equal(total, (uint64_t)s->total);
		} else if (sscanf(line, "%" SCNu64 " blocks (%*[^)]) with count >= %" SCNu64 " account for %31[0-9.]%%",
				  &n, &count, percent) == 3) {
			assert_true(entry < s->entry_count);
			const struct pgo_summary_entry *e = &s->entries[entry++];
			if (e->min_count != count || e->counter_count != n ||
			    (uint32_t)(strtod(percent, NULL) * 10000 + 0.5) != e->cutoff)
				fail_msg("%s: %s%u: %" PRIu64 " counters >= %" PRIu64, sample, line, e->cutoff,
					 e->counter_count, e->min_count);
		}
	}
	assert_int_equal(entry, s->entry_count);
}

static void check_summary(char **f, int count)
{
	/* the pseudo counts of ps overflow what llvm-profdata prints for the number of functions */
	if (count < 4 || (strcmp(f[1], "indexed") != 0 && strcmp(f[1], "text") != 0) || !printable(f[0]))
		return;
	struct pgo_profile *p = open_sample(f[0]);
	for (int cs = 0; cs < (p->flags & PGO_PROFILE_CSIR ? 2 : 1); cs++) {
		struct pgo_summary s;
		assert_int_equal(pgo_profile_summarize(&s, p, cs ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL, NULL), PGO_OK);
		FILE *out = run(cs ? "show --detailed-summary --showcs" : "show --detailed-summary", f[0]);
		compare_summary(&s, out, f[0]);
		pclose(out);
	}
	pgo_profile_free(p);
}

static void summaries_equal_llvm(void **state)
{
	(void)state;
	if (!have_llvm())
		skip();
	for_each_row(SAMPLES "EXPECTED.tsv", 13, check_summary);
}

/** The text LLVM makes of an indexed profile is the same profile: bitmaps and value counts too. */
static void check_merged_text(char **f, int count)
{
	static char text[1 << 20];
	if (count < 4 || strcmp(f[1], "indexed") != 0 || !printable(f[0]))
		return;
	FILE *out = run("merge --text -o -", f[0]);
	size_t length = fread(text, 1, sizeof text, out);
	pclose(out);
	assert_true(length < sizeof text);
	struct pgo_profile *p = open_sample(f[0]), *q = NULL;
	assert_int_equal(pgo_profile_read(&q, text, length, "text", NULL), PGO_OK);
	assert_int_equal(p->function_count, q->function_count);
	for (size_t i = 0; i < p->function_count; i++) {
		const struct pgo_function va = pgo_profile_function(p, i), *a = &va;
		char *name = pgo_function_name(a);
		size_t at = find(q, name, a->cfg_hash);
		const struct pgo_function vb = pgo_profile_function(q, at), *b = &vb;
		struct pgo_function_extra x = pgo_profile_extra(p, i), y = pgo_profile_extra(q, at);
		free(name);
		assert_int_equal(a->counter_count, b->counter_count);
		assert_memory_equal(a->counters, b->counters, a->counter_count * 8);
		assert_int_equal(x.bitmap_count, y.bitmap_count);
		assert_int_equal(x.site_count, y.site_count);
		if (x.bitmap_count)
			assert_memory_equal(p->bitmap + x.first_bitmap, q->bitmap + y.first_bitmap, x.bitmap_count);
		for (uint32_t s = 0; s < x.site_count; s++) {
			const struct pgo_value_site *sx = &p->sites[x.first_site + s],
						    *sy = &q->sites[y.first_site + s];
			pgo_u128 have = 0, want = 0;
			assert_int_equal(sx->kind, sy->kind);
			assert_int_equal(sx->count, sy->count);
			for (uint32_t v = 0; v < sx->count; v++) {
				have += p->values[sx->first + v].count;
				want += q->values[sy->first + v].count;
			}
			assert_true(have == want);
		}
	}
	pgo_profile_free(p);
	pgo_profile_free(q);
}

static void text_of_llvm_is_the_same_profile(void **state)
{
	(void)state;
	if (!have_llvm())
		skip();
	for_each_row(SAMPLES "EXPECTED.tsv", 13, check_merged_text);
}

/** A profile of realistic size and shape, made by tests/bench/make_profile.c: LLVM accepts it, and we agree on it. */
static void generated_profile(void **state)
{
	(void)state;
	if (!have_llvm())
		skip();
	const char *build = getenv("BUILD");
	char dir[256], command[2048], path[300];
	assert_non_null(build);
	scratch_template(dir, sizeof dir);
	assert_non_null(mkdtemp(dir));
	for (int perturb = 0; perturb < 2; perturb++) {
		struct pgo_profile *p = NULL;
		struct pgo_summary s;
		snprintf(path, sizeof path, "%s/x.profdata", dir);
		snprintf(command, sizeof command, "'%s/tests/bench_make_profile' 20000 3 %s %s", build, path,
			 perturb ? "--perturb 4" : "");
		assert_int_equal(system(command), 0);
		assert_int_equal(pgo_profile_open(&p, path, NULL, NULL), PGO_OK);
		check_invariants(p);
		assert_int_equal(p->warning_count, 0);
		assert_in_range(p->function_count, perturb ? 19700 : 20000, perturb ? 19900 : 20000);
		assert_int_equal(pgo_profile_summarize(&s, p, PGO_RECORDS_NORMAL, NULL), PGO_OK);
		assert_in_range(s.counter_count, p->function_count * 48 / 10, p->function_count * 54 / 10);
		assert_in_range(s.nonzero_functions * 100 / s.function_count, 35, 55);
		FILE *out = run_on_file("show --detailed-summary", path);
		compare_summary(&s, out, "generated");
		pclose(out);
		pgo_profile_free(p);
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_equal_llvm),
		cmocka_unit_test(summaries_equal_llvm),
		cmocka_unit_test(text_of_llvm_is_the_same_profile),
		cmocka_unit_test(generated_profile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
