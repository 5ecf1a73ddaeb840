/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "compare.h"

static int fail_memory(void)
{
	struct pgo_error err = {0};
	pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	return cli_fail(&err);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

int compare_spell_out(char ***words, int *argc, char **argv)
{
	static const char *const names[] = {"--train", "--test"};
	char **out = calloc((size_t)*argc + 1, sizeof *out);
	const char *side = NULL;
	bool rest = false, failed = !out;
	int count = 0;
	for (int i = 0; !failed && i < *argc; i++) {
		const char *word = argv[i], *opens = NULL;
		for (int s = 0; s < 2 && !rest; s++) {
			size_t length = strlen(names[s]);
			if (strncmp(word, names[s], length) == 0 && (word[length] == 0 || word[length] == '='))
				opens = names[s];
		}
		rest |= strcmp(word, "--") == 0;
		side = opens ? opens : is_option(word) ? NULL : side;
		/* "--train" alone, with words behind it, says nothing itself */
		if (opens && strcmp(word, opens) == 0 && i + 1 < *argc && !is_option(argv[i + 1]))
			continue;
		size_t size = strlen(word) + (side ? strlen(side) : 0) + 2;
		char *copy = malloc(size);
		if (copy && side && !opens)
			snprintf(copy, size, "%s=%s", side, word);
		else if (copy)
			memcpy(copy, word, strlen(word) + 1);
		failed = !copy;
		out[count++] = copy;
	}
	if (failed) {
		compare_free_words(out);
		return fail_memory();
	}
	*words = out;
	*argc = count;
	return -1;
}

void compare_free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* All profiles: training's, then test's. */
struct sides {
	struct cli_files files;
	size_t *labels;
	struct pgo_profile **profiles;
	struct pgo_panel panel;
};

static int check(const struct compare_arguments *a)
{
	struct pgo_error err = {0};
	if (a->common.files.count)
		pgo_error_set(&err, PGO_EINVAL, "'%s' belongs to neither side", a->common.files.paths[0]);
	else if (a->sides[0].count == 0 || a->sides[1].count == 0)
		pgo_error_set(&err, PGO_EINVAL, "compare needs profiles on both sides; there is no %s",
			      a->sides[0].count ? "--test" : "--train");
	else
		return -1;
	pgo_error_hint(&err, "name those of one side behind --train, those of the other behind --test");
	return cli_fail(&err);
}

static int open_sides(struct sides *s, struct compare_arguments *a)
{
	size_t train = a->sides[0].count, count = train + a->sides[1].count;
	s->files = (struct cli_files){.count = count, .paths = calloc(count, sizeof *s->files.paths)};
	s->labels = calloc(count, sizeof *s->labels);
	s->profiles = calloc(count, sizeof *s->profiles);
	if (!s->files.paths || !s->labels || !s->profiles)
		return fail_memory();
	for (size_t i = 0; i < count; i++)
		s->files.paths[i] = i < train ? a->sides[0].items[i] : a->sides[1].items[i - train];
	cli_take_labels(&s->files, s->labels, NULL);
	int code = cli_check_files(&a->common, &s->files, 2, SIZE_MAX, "profiles on both sides");
	if (code < 0)
		code = cli_read_inputs(s->profiles, s->files.paths, count, &a->common, false);
	if (code < 0)
		cli_warn_of_profiles(s->profiles, s->files.paths, count);
	if (code < 0)
		code = cli_panel_open(&s->panel, s->profiles, s->files.paths, count, &a->common);
	return code < 0 ? cli_check_counts(&s->panel, s->files.paths) : code;
}

static void release_sides(struct sides *s)
{
	pgo_panel_release(&s->panel);
	for (size_t i = 0; s->profiles && i < s->files.count; i++)
		pgo_profile_free(s->profiles[i]);
	free(s->profiles);
	free(s->labels);
	free(s->files.paths);
}

static void describe(char *out, size_t size, const char *const *names, size_t profiles, size_t workloads)
{
	if (profiles == 1)
		snprintf(out, size, "%s", names[0]);
	else if (profiles == workloads)
		snprintf(out, size, "mean of %zu profiles", profiles);
	else
		snprintf(out, size, "mean of %zu workloads, %zu profiles", workloads, profiles);
}

static int report_sides(const struct compare_arguments *a, const struct sides *s, const struct pgo_runs *runs,
			const struct pgo_comparison *comparison)
{
	const struct cli_thresholds *t = &a->thresholds;
	const char *const *names = (const char *const *)s->files.paths;
	char train[512], test[512];
	struct pgo_verdict verdict = {0};
	struct pgo_error err = {0};
	struct pgo_gate_input input = {.reference = "", .kind = PGO_REFERENCE_GIVEN, .comparison = comparison};
	struct pgo_gate gate = {.policy = &t->policy, .input_count = 1, .inputs = &input};
	struct pgo_runs_report told = {.runs = runs,
				       .panel = &s->panel,
				       .names = names,
				       .profiles = (const struct pgo_profile *const *)s->profiles,
				       .labels = s->labels};
	struct pgo_report report = {.train_name = train,
				    .test_name = test,
				    .comparison = comparison,
				    .verdict = &verdict,
				    .policy = &t->policy,
				    .options_set = t->options_set,
				    .top = a->top,
				    .function = a->function,
				    .runs = &told};
	int code;
	describe(train, sizeof train, names, runs->profile_count[0], runs->workload_count[0]);
	describe(test, sizeof test, names + runs->profile_count[0], runs->profile_count[1], runs->workload_count[1]);
	if (pgo_judge(&verdict, &gate, &err) != PGO_OK) {
		code = cli_fail(&err);
		goto done;
	}
	compare_warn_of_pattern(&report);
	code = cli_write(&a->common, &report, a->common.writer->compare);
	if (code == PGO_EXIT_OK)
		code = cli_verdict_exit(t, &verdict);
done:
	pgo_verdict_release(&verdict);
	return code;
}

static int compare(const struct compare_arguments *a, const struct sides *s)
{
	const struct pgo_compare_options *limits = &a->thresholds.options;
	struct pgo_runs_options options = a->runs;
	struct pgo_runs runs = {0};
	struct pgo_runs_comparison compared = {0};
	struct pgo_error err = {0};
	size_t train = a->sides[0].count;
	int code;
	options.alpha = limits->alpha;
	options.min_share = limits->min_share;
	options.effect_ratio = limits->effect_ratio;
	options.effect_tv = limits->effect_tv;
	if (pgo_runs_measure(&runs, &s->panel, train, s->labels, &options, cli_filter(&a->common), &err) != PGO_OK ||
	    pgo_runs_compare(&compared, &s->panel, train, s->labels, &runs, limits, &err) != PGO_OK)
		code = cli_fail(&err);
	else
		code = report_sides(a, s, &runs, &compared.comparison);
	pgo_runs_comparison_release(&compared);
	pgo_runs_release(&runs);
	return code;
}

int compare_sides(struct compare_arguments *a)
{
	struct sides s = {0};
	int code = check(a);
	if (code < 0)
		code = open_sides(&s, a);
	if (code < 0)
		code = compare(a, &s);
	release_sides(&s);
	return code;
}
