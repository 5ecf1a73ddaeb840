/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "several.h"

enum { KEY_DISTANCE = 'd' };

static const char doc[] =
	"How far are these profiles from one another, every one from every other?\n"
	"\n"
	"Prints the distances as a map, with profiles that are alike side by side, and the clusters they form."
	"\v"
	"Examples:\n"
	"  pgo-analyze matrix runs/*.profdata\n"
	"  pgo-analyze matrix --distance under-served train.profdata monday.profdata tuesday.profdata\n"
	"  pgo-analyze matrix --format csv -o distances.csv runs/*.profdata\n"
	"\n"
	"Measures, all 0 to 1:\n"
	"  hellinger     Hellinger distance: a metric, the default\n"
	"  jsd           Jensen-Shannon divergence in bits\n"
	"  tv, overlap   total variation: one minus the overlap llvm-profdata prints\n"
	"  under-served  what the row, as training profile, would not call hot of the column's\n"
	"                execution\n"
	"  missed        what the row never ran of the column's execution\n"
	"Clusters are made by average linkage of the symmetric ones; as many as have the largest mean silhouette, "
	"provided it is at least 0.25.\n"
	"\n" CLI_ONE_BY_ONE "\n"
	"\n"
	"Exit codes:\n"
	"   0  done\n"
	"   2  wrong usage\n"
	"   3  bad input: a profile cannot be opened, is damaged or unknown, or is of another\n"
	"      kind than the first\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"  70  internal error\n";

struct arguments {
	struct cli_common common;
	enum pgo_distance distance;
};

static const struct argp_option options[] = {
	{"distance", KEY_DISTANCE, "MEASURE", 0, "hellinger (default), jsd, tv, under-served or missed: see below", 5},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_DISTANCE:
		return pgo_distance_find(&a->distance, argument)
			       ? 0
			       : cli_usage(&a->common,
					   "--distance takes hellinger, jsd, tv, under-served or missed, not '%s'",
					   argument);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int measure(const struct arguments *a, const struct cli_runs *runs)
{
	struct pgo_distances distances = {0};
	struct pgo_clusters clusters = {0};
	struct pgo_error err = {0};
	bool symmetric = pgo_distance_symmetric(a->distance);
	struct pgo_several several = {.profiles = (const struct pgo_profile *const *)runs->profiles,
				      .count = runs->count,
				      .names = (const char *const *)a->common.files.paths,
				      .join_shares = runs->join_shares,
				      .distances = &distances,
				      .clusters = symmetric ? &clusters : NULL};
	int code;
	if (pgo_distances_measure(&distances, &runs->panel, a->distance, &err) != PGO_OK ||
	    (symmetric && pgo_clusters_find(&clusters, &distances, &err) != PGO_OK))
		code = cli_fail(&err);
	else
		code = cli_conclude(&a->common, NULL, &several, NULL, a->common.writer->several->matrix);
	pgo_clusters_release(&clusters);
	pgo_distances_release(&distances);
	return code;
}

static void warn_of_strangers(const struct cli_runs *runs)
{
	struct pgo_joins joins = cli_joins(runs);
	char strangers[400];
	size_t count = pgo_joins_strangers(strangers, &joins);
	if (count)
		fprintf(stderr,
			CLI_PROGRAM
			": warning: %s of another program or build: so little is in functions that the others "
			"have by name and hash: %s\n",
			count == 1 ? "a profile is" : "profiles are", strangers);
}

int cmd_matrix(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("matrix")};
	struct cli_runs runs;
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE...", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 2, SIZE_MAX, "two profiles or more");
	if (code < 0)
		code = cli_runs_open(&runs, &a.common, &a.common.files, NULL);
	if (code >= 0)
		return code;
	cli_runs_note_sums(&runs, &a.common.files);
	code = cli_runs_relate(&runs, NULL);
	if (code < 0) {
		warn_of_strangers(&runs);
		code = measure(&a, &runs);
	}
	cli_runs_release(&runs);
	return code;
}
