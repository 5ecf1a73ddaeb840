/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Real profiles of a Go program, against what Go's own tools make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>

#include "analysis/base/digest.h"
#include "tests/unit/formats/samples.h"

#define PPROF FIXTURES "/pprof/"

static uint64_t count_of(const struct pgo_profile *p, const char *function, size_t length, uint64_t key, bool *found)
{
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		const uint64_t *keys = pgo_profile_keys(p, &f);
		if (f.name_length != length || memcmp(f.name, function, length) != 0)
			continue;
		for (uint32_t c = 0; c < f.counter_count; c++)
			if (keys[c] == key) {
				*found = true;
				return f.counters[c];
			}
	}
	*found = false;
	return 0;
}

static FILE *open_text(const char *name, const char *suffix)
{
	char path[1024];
	snprintf(path, sizeof path, PPROF "%s.%s", name, suffix);
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	return f;
}

/* Every call with its weight, as 'go tool preprofile' writes them for the compiler. */
static size_t check_calls(const struct pgo_profile *p, const char *name)
{
	char caller[4096], callee[4096], weight[64];
	size_t calls = 0;
	FILE *f = open_text(name, "preprofile");
	assert_non_null(fgets(caller, sizeof caller, f));
	assert_string_equal(caller, "GO PREPROFILE V1\n");
	while (fgets(caller, sizeof caller, f)) {
		long offset;
		uint64_t count;
		bool found;
		assert_true(fgets(callee, sizeof callee, f) && fgets(weight, sizeof weight, f));
		assert_int_equal(sscanf(weight, "%ld %" SCNu64, &offset, &count), 2);
		uint64_t key = (uint64_t)(uint32_t)offset << 32 | (uint32_t)pgo_name_ref(callee, strcspn(callee, "\n"));
		uint64_t ours = count_of(p, caller, strcspn(caller, "\n"), key, &found);
		if (!found || ours != count)
			fail_msg("%s at %ld calls %s: %" PRIu64 ", not %" PRIu64, caller, offset, callee, ours, count);
		calls++;
	}
	fclose(f);
	return calls;
}

/* Samples of each function itself, as 'go tool pprof -top -sample_index=samples' writes them. */
static uint64_t check_samples(const struct pgo_profile *p, const char *name)
{
	char line[4096];
	uint64_t total = 0, listed = 0;
	FILE *f = open_text(name, "top");
	while (fgets(line, sizeof line, f)) {
		uint64_t flat, ours = 0;
		int at = 0;
		const char *all = strstr(line, "Total samples = ");
		if (all)
			total = strtoull(all + 16, NULL, 10);
		if (sscanf(line, " %" SCNu64 " %*f%% %*f%% %*u %*f%% %n", &flat, &at) != 1 || at == 0)
			continue;
		char *function = line + at, *inlined = strstr(function, " (inline)");
		if (!inlined)
			inlined = strstr(function, " (partial-inline)");
		size_t length = inlined ? (size_t)(inlined - function) : strcspn(function, "\n");
		for (size_t i = 0; i < p->function_count; i++) {
			struct pgo_function g = pgo_profile_function(p, i);
			const uint64_t *keys = pgo_profile_keys(p, &g);
			for (uint32_t c = 0;
			     c < g.counter_count && g.name_length == length && memcmp(g.name, function, length) == 0;
			     c++)
				ours += (uint32_t)keys[c] ? 0 : g.counters[c];
		}
		if (ours != flat)
			fail_msg("%s: %" PRIu64 " samples of its own, not %" PRIu64, function, ours, flat);
		listed += flat;
	}
	fclose(f);
	assert_int_equal(listed, total);
	return total;
}

static void as_go_reads_them(void **state)
{
	(void)state;
	static const char *const names[] = {"orders", "archive"};
	for (size_t n = 0; n < 2; n++) {
		char path[1024];
		struct pgo_profile *p = NULL;
		struct pgo_error err = {0};
		snprintf(path, sizeof path, PPROF "%s.pprof", names[n]);
		if (pgo_profile_open(&p, path, NULL, &err) != PGO_OK)
			fail_msg("%s: %s", path, err.message);
		assert_string_equal(p->format, "pprof");
		size_t calls = check_calls(p, names[n]), keyed_calls = 0;
		uint64_t samples = check_samples(p, names[n]), own = 0;
		for (size_t i = 0; i < p->function_count; i++) {
			struct pgo_function f = pgo_profile_function(p, i);
			const uint64_t *keys = pgo_profile_keys(p, &f);
			for (uint32_t c = 0; c < f.counter_count; c++) {
				keyed_calls += (uint32_t)keys[c] != 0;
				own += (uint32_t)keys[c] ? 0 : f.counters[c];
			}
		}
		assert_true(calls > 200 && samples > 2000);
		assert_int_equal(keyed_calls, calls);
		assert_int_equal(own, samples);
		pgo_profile_free(p);
	}
}

static void without_start_lines(void **state)
{
	(void)state;
	struct pgo_profile *p = NULL;
	struct pgo_error err = {0};
	assert_int_equal(pgo_profile_open(&p, PPROF "go1.19.pprof", NULL, &err), PGO_EUNSUPPORTED);
	assert_string_equal(err.message, "no function has a start line: the Go compiler cannot use this profile");
	assert_string_equal(err.hint, "build the program with Go 1.20 or newer and profile it again");
}

/* A real profile cut off anywhere is refused, and nothing is read past its end. */
static void cut_off_anywhere(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = load(PPROF "orders.pprof", &length);
	for (size_t n = 2; n < length; n += 997) {
		unsigned char *exact = malloc(n);
		struct pgo_profile *p = NULL;
		struct pgo_error err = {0};
		assert_non_null(exact);
		memcpy(exact, bytes, n);
		assert_int_equal(pgo_profile_read(&p, exact, n, NULL, &err), PGO_EFORMAT);
		assert_string_equal(err.message, "the gzip stream is cut off");
		free(exact);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_go_reads_them),
		cmocka_unit_test(without_start_lines),
		cmocka_unit_test(cut_off_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
