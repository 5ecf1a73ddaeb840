/* SPDX-License-Identifier: GPL-3.0-or-later */
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

#include "harness/corpus/corpus.h"
#include "harness/sys/files.h"

static char root[256];

static void put(const char *name, const char *text)
{
	struct pgo_error err = {0};
	char *path = files_join(root, name);
	char *directory = strdup(path);
	*strrchr(directory, '/') = 0;
	assert_int_equal(files_mkdirs(directory, &err), PGO_OK);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	free(directory);
	free(path);
}

static int fresh(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(root, sizeof root, "%s/corpus-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(root))
		return -1;
	put("in.txt", "input\n");
	return 0;
}

static int gone(void **state)
{
	(void)state;
	return files_remove_tree(root, NULL);
}

/* "corpus.yaml:LINE: message" as a person would see it, without the directory. */
static char *said(const struct pgo_error *err, char *out, size_t size)
{
	const char *path = err->path;
	if (strncmp(path, root, strlen(root)) == 0)
		path += strlen(root) + 1;
	if (err->has_offset)
		snprintf(out, size, "%s:%u: %s", path, (unsigned)err->offset, err->message);
	else
		snprintf(out, size, "%s: %s", path, err->message);
	return out;
}

/* A head of three lines that is right, so that what follows starts in line 4. */
#define HEAD "corpus: demo\nbuild: {recipe: make,\n  binary: prog}\n"
#define ONE "workloads:\n- id: a\n"

struct refusal {
	const char *manifest, *expected, *hint; /* hint NULL: none */
};

static const struct refusal refusals[] = {
	/* YAML and structure */
	{"", "corpus.yaml:1: the manifest is empty", NULL},
	{"# only a comment\n", "corpus.yaml:1: the manifest is empty", NULL},
	{"- a\n", "corpus.yaml:1: the manifest must be a mapping (key: value)", NULL},
	{"corpus: demo\nbuild: a: b\n", "corpus.yaml:2: not YAML: mapping values are not allowed in this context",
	 NULL},
	{"corpus: demo\n\tbuild: x\n", "corpus.yaml:2: not YAML: found a tab character that violates indentation",
	 NULL},
	{"corpus: \"demo\n", "corpus.yaml:2: not YAML: found unexpected end of stream", NULL},
	{HEAD ONE "---\ncorpus: b\n", "corpus.yaml:7: a second document starts here; a manifest is one document", NULL},
	{HEAD "corpus: again\n", "corpus.yaml:4: key 'corpus' is given twice, first in line 1", NULL},
	{"? [a]\n: b\n", "corpus.yaml:1: a key must be a word, not a list or mapping", NULL},
	{"corpus: &x {y: *x}\n", "corpus.yaml:1: values are nested more than 16 deep", NULL},
	{HEAD "\nworkload:\n- id: a\n", "corpus.yaml:5: unknown key 'workload'", "did you mean 'workloads'?"},
	{"corpus: demo\nBuild: {}\n", "corpus.yaml:2: unknown key 'Build'", "did you mean 'build'?"},
	{"corpus: d\nbuild:\n  recipe: make\n\n  binray: x\n", "corpus.yaml:5: unknown key 'binray' in 'build'",
	 "did you mean 'binary'?"},
	{HEAD ONE "- id: b\n  stop: {sig: TERM}\n", "corpus.yaml:7: unknown key 'sig' in 'workloads.stop'",
	 "known here: signal, after_s, grace_s"},
	{HEAD ONE "  wieght: 2\n", "corpus.yaml:6: unknown key 'wieght' in 'workloads'", "did you mean 'weight'?"},
	{HEAD "defaults:\n  id: x\n" ONE, "corpus.yaml:5: unknown key 'id' in 'defaults'",
	 "known here: kind, role, timeout_s, weight, repeat, expect_exit, env, stop"},
	{HEAD ONE "gate:\n  min_retaind: 1\n", "corpus.yaml:7: unknown key 'min_retaind' in 'gate'",
	 "did you mean 'min_retained'?"},
	{"corpus: [a]\n", "corpus.yaml:1: 'corpus' must be a single value, not a list", NULL},
	{"corpus: d\nbuild: make\n", "corpus.yaml:2: 'build' must be a mapping (key: value), not a single value", NULL},
	{HEAD ONE "  args: a b\n", "corpus.yaml:6: 'workloads[0].args' must be a list, not a single value", NULL},
	{HEAD ONE "  args:\n  - a\n  - {b: c}\n",
	 "corpus.yaml:8: 'workloads[0].args[1]' must be a single value, not a mapping (key: value)", NULL},
	{HEAD "workloads: all\n", "corpus.yaml:4: 'workloads' must be a list, not a single value", NULL},
	/* head */
	{"build: {recipe: make}\n", "corpus.yaml:1: the manifest has no 'corpus' (its name)", NULL},
	{"corpus:\n", "corpus.yaml:1: the manifest has no 'corpus' (its name)", NULL},
	{"corpus: d\n", "corpus.yaml:1: the manifest has no 'build'",
	 "for example: build: {recipe: make, binary: NAME}; see docs/corpus.md"},
	{HEAD "fetch: []\n" ONE, "corpus.yaml:4: fetch is empty", NULL},
	/* build */
	{"corpus: d\nbuild: {binary: x}\n", "corpus.yaml:2: 'build' has no recipe (make, cmake, cargo or command)",
	 NULL},
	{"corpus: d\nbuild:\n  recipe: mkae\n", "corpus.yaml:3: recipe 'mkae' is unknown", "did you mean 'make'?"},
	{"corpus: d\nbuild:\n  recipe: make\n", "corpus.yaml:2: 'build' names no binary to run", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  binary:\n", "corpus.yaml:4: 'build' names no binary to run", NULL},
	{"corpus: d\nbuild:\n  recipe: command\n  binary: x\n",
	 "corpus.yaml:3: recipe command needs 'command', the argv that builds", NULL},
	{"corpus: d\nbuild:\n  recipe: command\n  command: [x]\n  args: [y]\n  binary: x\n",
	 "corpus.yaml:5: recipe command takes no args; put them into 'command'", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  command: [x]\n  binary: x\n",
	 "corpus.yaml:4: 'command' belongs to recipe command only", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  targets: [x]\n  binary: x\n",
	 "corpus.yaml:4: 'targets' belongs to recipe cmake only", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  toolchain: gcc\n  binary: x\n",
	 "corpus.yaml:4: toolchain 'gcc' is unknown (clang, clang-N or rustc)", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  toolchain: rustc\n  binary: x\n",
	 "corpus.yaml:4: recipe make needs a clang toolchain, not rustc", NULL},
	{"corpus: d\nbuild:\n  recipe: cargo\n  toolchain: clang-22\n  binary: x\n",
	 "corpus.yaml:4: recipe cargo needs toolchain rustc, not 'clang-22'", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  bolt: true\n  binary: x\n",
	 "corpus.yaml:4: bolt is reserved and cannot be switched on in this version", NULL},
	{"corpus: d\nbuild:\n  recipe: make\n  binary: x\n  env:\n    1A: x\n",
	 "corpus.yaml:6: '1A' is no name of an environment variable", NULL},
	/* workloads */
	{HEAD, "corpus.yaml:1: corpus 'demo' has no workloads",
	 "list them under 'workloads:', in a table named by 'workloads_csv:', or put input files into real/, "
	 "synthetic/, "
	 "micro/ and heldout/"},
	{HEAD "workloads: []\n", "corpus.yaml:4: 'workloads' is empty", NULL},
	{HEAD ONE "- kind: real\n", "corpus.yaml:6: workload has no id", NULL},
	{HEAD "workloads:\n- kind: real\n  id: a b\n",
	 "corpus.yaml:6: id 'a b' must be 1 to 100 letters, digits, '_', '.' or '-', and not start with '.' or '-'",
	 NULL},
	{HEAD "workloads:\n- id: ..\n",
	 "corpus.yaml:5: id '..' must be 1 to 100 letters, digits, '_', '.' or '-', and not start with '.' or '-'",
	 NULL},
	{HEAD ONE "- kind: real\n  id: a\n", "corpus.yaml:7: id 'a' is used twice, first in line 5", NULL},
	{HEAD ONE "  kind: reel\n", "corpus.yaml:6: kind 'reel' is unknown", "did you mean 'real'?"},
	{HEAD ONE "  role: Train\n", "corpus.yaml:6: role 'Train' is unknown", "did you mean 'train'?"},
	{HEAD ONE "  role: benchmark\n", "corpus.yaml:6: role 'benchmark' is unknown",
	 "known here: train, heldout, guard"},
	{HEAD ONE "  role: heldout\n", "corpus.yaml:1: no workload of corpus 'demo' has role train",
	 "a profile is made from workloads with 'role: train'"},
	{HEAD ONE "  weight: 0\n", "corpus.yaml:6: weight must be a number above 0, not '0'", NULL},
	{HEAD ONE "  weight: nan\n", "corpus.yaml:6: weight must be a number above 0, not 'nan'", NULL},
	{HEAD ONE "  weight: 1e999\n", "corpus.yaml:6: weight must be a number above 0, not '1e999'", NULL},
	{HEAD ONE "  weight: 1.5x\n", "corpus.yaml:6: weight must be a number above 0, not '1.5x'", NULL},
	{HEAD "defaults:\n  weight: -1\n" ONE, "corpus.yaml:5: weight must be a number above 0, not '-1'", NULL},
	{HEAD ONE "  timeout_s: 0\n", "corpus.yaml:6: timeout_s must be a number above 0, not '0'", NULL},
	{HEAD ONE "  timeout_s:\n", "corpus.yaml:6: timeout_s must be a number above 0, not ''", NULL},
	{HEAD ONE "  repeat: 5x\n", "corpus.yaml:6: repeat must be a whole number from 1 to 1000000, not '5x'", NULL},
	{HEAD ONE "  expect_exit: [0, 256]\n",
	 "corpus.yaml:6: expect_exit holds exit statuses from 0 to 255, not '256'", NULL},
	{HEAD ONE "  expect_exit: []\n",
	 "corpus.yaml:6: expect_exit is empty; a workload that may end anyhow proves nothing", NULL},
	{HEAD ONE "  stop:\n    signal: TREM\n", "corpus.yaml:7: stop signal 'TREM' is unknown",
	 "did you mean 'TERM'?"},
	{HEAD ONE "  stop:\n    signal: TERM\n", "corpus.yaml:6: stop of workload 'a' needs after_s", NULL},
	{HEAD ONE "  args: [x]\n  command: [y]\n", "corpus.yaml:7: a workload has either args or command, not both",
	 NULL},
	{HEAD ONE "  command: []\n", "corpus.yaml:6: command is empty", NULL},
	{HEAD ONE "  stdin: data/no.txt\n", "corpus.yaml:6: stdin file 'data/no.txt' of workload 'a' does not exist",
	 NULL},
	{HEAD ONE "  stdin: .\n", "corpus.yaml:6: stdin file '.' of workload 'a' is not a regular file", NULL},
	{HEAD ONE "  files:\n  - in.txt\n  - no.txt\n", "corpus.yaml:8: file 'no.txt' of workload 'a' does not exist",
	 NULL},
	{HEAD ONE "  files: [in.txt, '']\n", "corpus.yaml:6: files holds an empty name", NULL},
	{HEAD ONE "  files: [../no-such-file.txt]\n",
	 "corpus.yaml:6: file '../no-such-file.txt' of workload 'a' does not exist", NULL},
	{HEAD ONE "  env: {A-B: x}\n", "corpus.yaml:6: 'A-B' is no name of an environment variable", NULL},
	{HEAD "workloads_csv: none.csv\n", "corpus.yaml:4: table 'none.csv' does not exist", NULL},
	/* gate and measure */
	{HEAD ONE "gate: {min_join: high}\n", "corpus.yaml:6: gate: min_join must be a number, not 'high'", NULL},
	{HEAD ONE "measure:\n  method: wall\n", "corpus.yaml:7: measure: method 'wall' is unknown",
	 "known here: time, user, cachegrind"},
	{HEAD ONE "measure:\n  runs: 2\n",
	 "corpus.yaml:7: measure: runs must be a whole number from 3 to 100000, not '2'", NULL},
	{HEAD ONE "measure:\n  max_seconds: -1\n",
	 "corpus.yaml:7: measure: max_seconds must be a number above 0, not '-1'", NULL},
	{HEAD ONE "measure:\n  min_effect: 1\n",
	 "corpus.yaml:7: measure: min_effect must be at least 0 and below 1, not '1'", NULL},
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct pgo_error err = {0};
		struct corpus *corpus = NULL;
		char text[1100];
		put("corpus.yaml", refusals[i].manifest);
		int rc = corpus_load(&corpus, root, &err);
		if (corpus)
			fail_msg("accepted, although: %s", refusals[i].expected);
		assert_string_equal(said(&err, text, sizeof text), refusals[i].expected);
		assert_int_equal(rc, PGO_EFORMAT);
		assert_int_equal(pgo_exit_code(rc), PGO_EXIT_INPUT);
		assert_string_equal(err.hint, refusals[i].hint ? refusals[i].hint : "");
	}
}

#define TABLE HEAD "workloads_csv: w.csv\n"

static const struct refusal table_refusals[] = {
	{"", "w.csv: the table has no workload and no header", NULL},
	{"id,kind\n", "w.csv: the table has no workload below its header", NULL},
	{"id,knid\na,real\n", "w.csv:1: unknown column 'knid'", "did you mean 'kind'?"},
	{"id,\na,real\n", "w.csv:1: unknown column ''",
	 "known here: id, kind, role, args, stdin, files, env, timeout_s, expect_exit, weight, repeat"},
	{"id,kind,id\n", "w.csv:1: column 'id' is named twice", NULL},
	{"kind\nreal\n", "w.csv:1: no column is named 'id'",
	 "the first row names the columns, for example: id,kind,role,args,stdin"},
	{"id,kind\na\n", "w.csv:2: row has 1 field, the header names 2", NULL},
	{"id,kind\na,real,x\n", "w.csv:2: row has 3 fields, the header names 2", NULL},
	{"id,kind\n\n\na,reel\n", "w.csv:4: kind 'reel' is unknown", "did you mean 'real'?"},
	{"id,args\na,\"x\ny\"\nb c,z\n",
	 "w.csv:4: id 'b c' must be 1 to 100 letters, digits, '_', '.' or '-', and not start with '.' or '-'", NULL},
	{"id,args\na,\"x\nb,y\n", "w.csv:2: a quote is not closed, or stands inside an unquoted field", NULL},
	{"id,args\na,x\"y\nb,y\n", "w.csv:2: a quote is not closed, or stands inside an unquoted field", NULL},
	{"id,args\na,'x\n", "w.csv:2: args: quote ' is never closed in ''x'", NULL},
	{"id,kind\na,real\n,real\n", "w.csv:3: workload has no id", NULL},
	{"id,kind\na,real\na,real\n", "w.csv:3: id 'a' is used twice, first in line 2", NULL},
	{"id\nb\nfirst\n", "w.csv:3: id 'first' is used twice, first at corpus.yaml:6", NULL},
	{"id,stdin\na,no.txt\n", "w.csv:2: stdin file 'no.txt' of workload 'a' does not exist", NULL},
	{"id,expect_exit\na,0 300\n", "w.csv:2: expect_exit holds exit statuses from 0 to 255, not '300'", NULL},
	{"id,env\na,X\n", "w.csv:2: env: 'X' is not KEY=value", NULL},
	{"id,weight\na,-2\n", "w.csv:2: weight must be a number above 0, not '-2'", NULL},
};

static void refuses_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table_refusals / sizeof *table_refusals; i++) {
		struct pgo_error err = {0};
		struct corpus *corpus = NULL;
		char text[1100];
		put("corpus.yaml",
		    strstr(table_refusals[i].manifest, "first") ? TABLE "workloads:\n- id: first\n" : TABLE);
		put("w.csv", table_refusals[i].manifest);
		assert_int_equal(corpus_load(&corpus, root, &err), PGO_EFORMAT);
		/* The path of the first place is relative to where the user stands, so it carries the directory. */
		char *at = strstr(err.message, root);
		if (at)
			memmove(at, at + strlen(root) + 1, strlen(at + strlen(root) + 1) + 1);
		assert_string_equal(said(&err, text, sizeof text), table_refusals[i].expected);
		assert_string_equal(err.hint, table_refusals[i].hint ? table_refusals[i].hint : "");
	}
}

static void loads_everything(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	struct corpus *c = NULL;
	put("corpus.yaml",
	    "corpus: demo\ndescription: all of it\nfetch: [./get, \"{source}\"]\n"
	    "build:\n  recipe: command\n  toolchain: clang-22\n  directory: sub\n  command: [sh, -c, make]\n  cflags: "
	    "-O3\n"
	    "  ldflags: -lm\n  binary: bin/x\n  env: {A: '1', B: two words}\n  needs: [zlib1g-dev]\n  bolt: false\n"
	    "defaults:\n  kind: synthetic\n  timeout_s: 7.5\n  expect_exit: [0, 2]\n  env: {LC_ALL: C, A: '0'}\n"
	    "workloads:\n- id: first\n  args: [one, \"two three\", \"{corpus}\"]\n  stdin: \"{corpus}/in.txt\"\n"
	    "  files: [in.txt]\n  env: {A: x=y}\n  weight: 2.5\n  repeat: 3\n"
	    "- id: server\n  kind: real\n  role: heldout\n  command: [\"{binary}\", -v]\n  expect_exit: [143]\n"
	    "  stop: {signal: SIGUSR1, after_s: 2, grace_s: 4}\n"
	    "gate: {min_join: 0.8}\n"
	    "measure: {method: cachegrind, runs: 5, warmup: 0, max_seconds: 9, min_effect: 0}\n");
	int rc = corpus_load(&c, root, &err);
	assert_string_equal(err.message, "");
	assert_int_equal(rc, PGO_OK);
	assert_string_equal(c->name, "demo");
	assert_string_equal(c->description, "all of it");
	assert_string_equal(c->source, "{out}/source");
	assert_int_equal(c->fetch.count, 2);
	assert_int_equal(c->build.recipe, RECIPE_COMMAND);
	assert_string_equal(c->build.directory, "sub");
	assert_string_equal(c->build.rustflags, "");
	assert_string_equal(c->build.env.items[1], "B=two words");
	assert_int_equal(c->build.needs.count, 1);
	assert_int_equal(c->workload_count, 2);
	const struct workload *w = &c->workloads[0];
	assert_int_equal(w->kind, WORKLOAD_SYNTHETIC);
	assert_int_equal(w->role, WORKLOAD_TRAIN);
	assert_string_equal(w->args.items[1], "two three");
	assert_null(w->args.items[3]);
	assert_int_equal(w->env.count, 2);
	assert_int_equal(w->expect_exit_count, 2);
	assert_int_equal(w->expect_exit[1], 2);
	assert_true(w->timeout_s == 7.5 && w->weight == 2.5);
	assert_int_equal(w->repeat, 3);
	for (size_t i = 0; i < 2; i++) /* order of env follows the file, so look by content */
		assert_true(!strcmp(w->env.items[i], "LC_ALL=C") || !strcmp(w->env.items[i], "A=x=y"));
	w = &c->workloads[1];
	assert_int_equal(w->role, WORKLOAD_HELDOUT);
	assert_int_equal(w->command.count, 2);
	assert_int_equal(w->expect_exit_count, 1);
	assert_int_equal(w->stop_signal, 10);
	assert_true(w->stop_after_s == 2 && w->grace_s == 4);
	assert_true(c->gate.min_join == 0.8);
	assert_int_equal(__builtin_popcount(c->gate.set), 1);
	assert_true(c->measure.method_set);
	assert_int_equal(c->measure.method, MEASURE_CACHEGRIND);
	assert_int_equal(c->measure.runs, 5);
	assert_int_equal(c->measure.warmup, 0);
	corpus_free(c);
}

static void fills_in_defaults(void **state)
{
	(void)state;
	struct corpus *c = NULL;
	put("other.yaml", HEAD ONE);
	char *path = files_join(root, "other.yaml");
	assert_int_equal(corpus_load(&c, path, NULL), PGO_OK);
	free(path);
	assert_string_equal(c->build.toolchain, "clang");
	assert_string_equal(c->build.directory, ".");
	assert_string_equal(c->source, ".");
	assert_null(c->description);
	assert_null(c->workloads[0].stdin_path);
	assert_true(c->workloads[0].timeout_s == 60 && c->workloads[0].weight == 1);
	assert_int_equal(c->workloads[0].repeat, 1);
	assert_int_equal(c->workloads[0].expect_exit[0], 0);
	assert_int_equal(c->measure.runs, 10);
	assert_false(c->measure.method_set);
	assert_int_equal(c->gate.set, 0);
	corpus_free(c);
}

static void reads_tables(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	struct corpus *c = NULL;
	put("corpus.yaml", TABLE "defaults: {env: {A: '0'}}\n" ONE);
	put("w.csv",
	    "\xEF\xBB\xBFid,kind,role,args,stdin,files,env,timeout_s,expect_exit,weight,repeat\r\n"
	    "x,micro,guard,\"-e 'print(\"\"hi\"\", 1)' a\\ b\",in.txt,in.txt in.txt,A=1 B='2 3',3,0 1,0.25,4\r\n"
	    "\r\n"
	    "y,,,,,,,,,,\r\n"
	    "z,,,\"two\nlines\",,,,,,,"); /* no newline at the end */
	int rc = corpus_load(&c, root, &err);
	assert_string_equal(err.message, "");
	assert_int_equal(rc, PGO_OK);
	assert_int_equal(c->workload_count, 4);
	assert_string_equal(c->workloads[0].id, "a");
	const struct workload *x = &c->workloads[1];
	assert_int_equal(x->kind, WORKLOAD_MICRO);
	assert_int_equal(x->role, WORKLOAD_GUARD);
	assert_int_equal(x->args.count, 3);
	assert_string_equal(x->args.items[1], "print(\"hi\", 1)");
	assert_string_equal(x->args.items[2], "a b");
	assert_string_equal(x->env.items[0], "A=1");
	assert_string_equal(x->env.items[1], "B=2 3");
	assert_int_equal(x->files.count, 2);
	assert_int_equal(x->expect_exit_count, 2);
	assert_int_equal(x->repeat, 4);
	assert_int_equal(c->workloads[2].role, WORKLOAD_TRAIN);
	assert_string_equal(c->workloads[2].env.items[0], "A=0");
	assert_string_equal(c->workloads[3].args.items[1], "lines");
	corpus_free(c);
}

static void finds_files(void **state)
{
	(void)state;
	struct pgo_error err = {0};
	struct corpus *c = NULL;
	static const char *const files[] = {"real/b.txt",   "real/a.json", "real/deep/c d.txt",
					    "real/.hidden", "micro/a.txt", "heldout/a.x",
					    "heldout/e.1",  "heldout/e.2", "synthetic/s"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put(files[i], "x\n");
	put("corpus.yaml", HEAD);
	int rc = corpus_load(&c, root, &err);
	assert_string_equal(err.message, "");
	assert_int_equal(rc, PGO_OK);
	static const struct {
		const char *id, *stdin_path;
		enum workload_kind kind;
		enum workload_role role;
	} expected[] = {
		{"real-a", "real/a.json", WORKLOAD_REAL, WORKLOAD_TRAIN},
		{"b", "real/b.txt", WORKLOAD_REAL, WORKLOAD_TRAIN},
		{"c_d", "real/deep/c d.txt", WORKLOAD_REAL, WORKLOAD_TRAIN},
		{"s", "synthetic/s", WORKLOAD_SYNTHETIC, WORKLOAD_TRAIN},
		{"micro-a", "micro/a.txt", WORKLOAD_MICRO, WORKLOAD_TRAIN},
		{"heldout-a", "heldout/a.x", WORKLOAD_REAL, WORKLOAD_HELDOUT},
		{"heldout-e.1", "heldout/e.1", WORKLOAD_REAL, WORKLOAD_HELDOUT},
		{"heldout-e.2", "heldout/e.2", WORKLOAD_REAL, WORKLOAD_HELDOUT},
	};
	assert_int_equal(c->workload_count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < c->workload_count; i++) {
		assert_string_equal(c->workloads[i].id, expected[i].id);
		assert_string_equal(c->workloads[i].stdin_path, expected[i].stdin_path);
		assert_int_equal(c->workloads[i].kind, expected[i].kind);
		assert_int_equal(c->workloads[i].role, expected[i].role);
	}
	corpus_free(c);
}

static void names_what_is_not_there(void **state)
{
	(void)state;
	struct corpus *c = NULL;
	struct pgo_error err = {0};
	char path[300], expected[600];
	snprintf(path, sizeof path, "%s/nowhere", root);
	assert_int_equal(corpus_load(&c, path, &err), PGO_EFORMAT);
	snprintf(expected, sizeof expected, "cannot read corpus '%s': No such file or directory", path);
	assert_string_equal(err.message, expected);
	err = (struct pgo_error){0};
	put("empty/file", "");
	snprintf(path, sizeof path, "%s/empty", root);
	assert_int_equal(corpus_load(&c, path, &err), PGO_EFORMAT);
	snprintf(expected, sizeof expected, "'%s' has no corpus.yaml", path);
	assert_string_equal(err.message, expected);
	assert_string_equal(
		err.hint, "a minimal one: {corpus: NAME, build: {recipe: make, binary: NAME}}, with input files under "
			  "real/; see docs/corpus.md");
}

/* The hint's own manifest must load. */
static void minimal_manifest_is_enough(void **state)
{
	(void)state;
	struct corpus *c = NULL;
	put("real/x", "x");
	put("corpus.yaml", "{corpus: NAME, build: {recipe: make, binary: NAME}}");
	assert_int_equal(corpus_load(&c, root, NULL), PGO_OK);
	assert_int_equal(c->workload_count, 1);
	corpus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses_tables, fresh, gone),
		cmocka_unit_test_setup_teardown(loads_everything, fresh, gone),
		cmocka_unit_test_setup_teardown(fills_in_defaults, fresh, gone),
		cmocka_unit_test_setup_teardown(reads_tables, fresh, gone),
		cmocka_unit_test_setup_teardown(finds_files, fresh, gone),
		cmocka_unit_test_setup_teardown(names_what_is_not_there, fresh, gone),
		cmocka_unit_test_setup_teardown(minimal_manifest_is_enough, fresh, gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
