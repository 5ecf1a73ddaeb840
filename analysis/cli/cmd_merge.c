/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "pgo/inputs.h"
#include "pgo/provenance.h"
#include "pgo/write.h"

enum { KEY_FORMAT = 0x3000, KEY_FOR, KEY_SHARES, KEY_SPARSE, KEY_PROVENANCE };

/** Total of a merge at shares: far from the limits of 64 bits, and so large that rounding is not seen. */
#define SHARED_TOTAL 0x1p60

static const char doc[] =
	"Add profiles up into one\n"
	"\n"
	"Counters of the same function add up, as by llvm-profdata merge: LLVM's tools and compilers read the result, "
	"and "
	"agree with it on every counter. The same files give the same bytes, whatever their order. What cannot be "
	"added "
	"up (front-end with IR counters, entry-first with others, profiles of two kinds) is refused."
	"\v"
	"Examples:\n"
	"  pgo-analyze merge -o app.profdata run1.profraw run2.profraw\n"
	"  pgo-analyze merge --for clang-14 -o app.profdata profiles/\n"
	"  pgo-analyze merge --shares -w 0.7,web.profdata -w 0.3,batch.profdata -o a.profdata\n"
	"  pgo-analyze merge --format text -o app.proftext app.profdata\n"
	"\n"
	"A PROFILE may be a file, a quoted pattern ('runs/*.profraw'), a directory, @LIST with a file on each line, or "
	"'-'. "
	"Memory is that of the union of all functions, however many files there are.\n"
	"\n"
	"Weights are factors: -w 3,FILE counts FILE three times. With --shares they are shares of the result: each "
	"PROFILE's total is brought to 1 first, so a long run does not drown a short one; what ran stays at least 1.\n"
	"\n"
	"Exit codes:\n"
	"   0  done\n"
	"   2  wrong usage\n"
	"   3  bad input: a profile cannot be opened, is damaged or unknown, or does not go\n"
	"      with the others\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"  70  internal error\n";

/** An argument: one profile, of one or more files. */
struct group {
	const char *name;
	double weight;
	uint64_t times; /**< the same, where it is a whole number */
	struct pgo_inputs inputs;
	size_t first;  /**< into the files of all */
	double mass;   /**< total of its counters */
	double factor; /**< with shares: what its counts are multiplied by */
};

struct arguments {
	struct cli_common common;
	struct group *groups;
	size_t group_count, weighted;
	const char *format, *compiler, *provenance;
	uint32_t version;
	bool shares, sparse;
	/* of all groups */
	struct pgo_inputs all; /**< paths are those of the groups */
	struct pgo_merge_weight *weights;
	struct pgo_source *sources;
	size_t *group_of; /**< by file */
	struct pgo_merge *merge;
	struct pgo_profile *result;
	struct timespec shown; /**< when progress was told last */
};

static const struct argp_option options[] = {
	{.doc = "What is merged:", .group = 1},
	{"weight", 'w', "N,PROFILE", 0, "count PROFILE N times; with --shares, N is its part of the result", 1},
	{"shares", KEY_SHARES, 0, 0, "weights are shares of the result's total count, scaled to sum 1 (default 1 each)",
	 1},
	{.doc = "What is written:", .group = 2},
	{"for", KEY_FOR, "COMPILER", 0,
	 "write what it can read: clang-12 and later, rustc (the one that is installed), or a version of the format, 4 "
	 "to 13 (default 13)",
	 2},
	{"format", KEY_FORMAT, "NAME", 0, "indexed, text (.proftext) or csv (default indexed)", 2},
	{"sparse", KEY_SPARSE, 0, 0, "leave out functions that never ran", 2},
	{"provenance", KEY_PROVENANCE, "FILE", 0,
	 "write where the result comes from, as JSON: files, digests, weights, what was set aside", 2},
	{0},
};

/** A weight as a whole number; 0: it is none, or too large for one. */
static uint64_t whole(const char *text, double weight)
{
	if (strspn(text, "0123456789") == strcspn(text, ",")) {
		errno = 0;
		uint64_t times = strtoull(text, NULL, 10);
		return errno ? 0 : times;
	}
	/* 1e3, 2.0 */
	return weight < 0x1p53 && weight == (double)(uint64_t)weight ? (uint64_t)weight : 0;
}

/** "N,PROFILE" */
static error_t parse_weight(struct arguments *a, const char *argument)
{
	char *end;
	errno = 0;
	double weight = strtod(argument, &end);
	if (argument[0] < '0' || argument[0] > '9' || strspn(argument, "0123456789.eE+-") != (size_t)(end - argument) ||
	    *end != ',' || end[1] == '\0' || !(weight > 0) || errno)
		return cli_usage(&a->common, "--weight takes a number above 0, a comma and a profile, not '%s'",
				 argument);
	struct group *g = &a->groups[a->weighted++];
	g->name = end + 1;
	g->weight = weight;
	g->times = whole(argument, weight);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case 'w':
		return parse_weight(a, argument);
	case KEY_SHARES:
		a->shares = true;
		return 0;
	case KEY_SPARSE:
		a->sparse = true;
		return 0;
	case KEY_FOR:
		a->compiler = argument;
		return 0;
	case KEY_PROVENANCE:
		a->provenance = argument;
		return 0;
	case KEY_FORMAT:
		if (strcmp(argument, "indexed") != 0 && strcmp(argument, "text") != 0 && strcmp(argument, "csv") != 0) {
			cli_usage(&a->common, "there is no format '%s'", argument);
			pgo_error_hint(&a->common.err, "formats are indexed, text, csv");
			return EINVAL;
		}
		a->format = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int out_of_memory(void)
{
	struct pgo_error err = {0};
	pgo_error_set(&err, PGO_ENOMEM, "out of memory");
	return cli_fail(&err);
}

/* What was asked for ----------------------------------------------------------------------------------------------- */

static int fail_usage(struct pgo_error *err)
{
	pgo_error_hint(err, "'pgo-analyze merge --help' shows examples");
	return cli_fail(err);
}

/** Would what is written to one be lost when the other is? */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) &&
				     x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/** What the options contradict each other in. @return -1: nothing; else exit code */
static int check_arguments(struct arguments *a)
{
	struct pgo_error err = {0};
	size_t from_stdin = 0;
	for (size_t i = 0; i < a->group_count; i++) {
		from_stdin += strcmp(a->groups[i].name, "-") == 0;
		if (a->shares || a->groups[i].times)
			continue;
		pgo_error_set(&err, PGO_EINVAL,
			      a->groups[i].weight >= 0x1p53
				      ? "weight %.15g of '%s' is larger than any counter can be"
				      : "weight %.15g of '%s' is no whole number; shares of the result may be any "
					"(--shares)",
			      a->groups[i].weight, a->groups[i].name);
	}
	if (a->group_count == 0)
		pgo_error_set(&err, PGO_EINVAL, "merge needs at least one profile");
	else if (!a->common.output)
		pgo_error_set(&err, PGO_EINVAL, "merge needs a file to write: -o FILE ('-': standard output)");
	else if (from_stdin > 1)
		pgo_error_set(&err, PGO_EINVAL, "standard input ('-') can be read only once");
	else if (from_stdin && a->shares)
		pgo_error_set(&err, PGO_EINVAL,
			      "standard input ('-') can be read only once, and --shares reads profiles twice");
	else if (a->provenance && strcmp(a->provenance, "-") != 0 && same_file(a->provenance, a->common.output))
		pgo_error_set(&err, PGO_EINVAL, "--provenance and -o name the same file, '%s'", a->provenance);
	else if (a->compiler && strcmp(a->format, "indexed") != 0)
		pgo_error_set(&err, PGO_EINVAL, "--for names a version of the indexed format, --format is %s",
			      a->format);
	else if (a->compiler && !(a->version = cli_version_for(a->compiler)))
		pgo_error_set(&err, PGO_EINVAL, "--for: '%s' is no compiler that is known", a->compiler);
	if (err.code == 0)
		return -1;
	if (a->compiler && a->version == 0 && strcmp(a->format, "indexed") == 0)
		pgo_error_hint(&err, "known are clang-12 and later, rustc, and versions %d to %d of the format",
			       PGO_INDEXED_OLDEST, PGO_INDEXED_NEWEST);
	return fail_usage(&err);
}

static int fail_reading(const char *name, const struct pgo_error *err)
{
	if (err->code != PGO_EMISMATCH)
		return cli_fail_reading(name, err);
	struct pgo_error out = {0};
	pgo_error_set(&out, err->code, "cannot merge '%s': it %s", err->path[0] ? err->path : name, err->message);
	if (err->hint[0])
		pgo_error_hint(&out, "%s", err->hint);
	return cli_fail(&out);
}

/** The files of all arguments. @return -1: found; else exit code */
static int find_files(struct arguments *a)
{
	size_t count = 0;
	for (size_t i = 0; i < a->group_count; i++) {
		struct pgo_error err = {0};
		if (pgo_inputs_find(&a->groups[i].inputs, a->groups[i].name, &err) != PGO_OK)
			return fail_reading(a->groups[i].name, &err);
		a->groups[i].first = count;
		count += a->groups[i].inputs.count;
	}
	a->all.paths = malloc(count * sizeof *a->all.paths);
	a->weights = calloc(count, sizeof *a->weights);
	a->sources = calloc(count, sizeof *a->sources);
	a->group_of = calloc(count, sizeof *a->group_of);
	if (!a->all.paths || !a->weights || !a->sources || !a->group_of)
		return out_of_memory();
	for (size_t i = 0; i < a->group_count; i++)
		for (size_t j = 0; j < a->groups[i].inputs.count; j++) {
			a->group_of[a->all.count] = i;
			a->weights[a->all.count].times = a->groups[i].times;
			a->all.paths[a->all.count++] = a->groups[i].inputs.paths[j];
		}
	return -1;
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

static pgo_u128 total_of(const struct pgo_profile *p)
{
	pgo_u128 total = 0;
	for (size_t i = 0; i < p->function_count; i++) {
		struct pgo_function f = pgo_profile_function(p, i);
		if (!(f.flags & PGO_FUNCTION_PSEUDO))
			total += pgo_function_sum(&f);
	}
	return total;
}

/** Keep what is told of a file. */
static int watch_profile(void *context, size_t index, const struct pgo_profile *p, struct pgo_error *err)
{
	struct arguments *a = context;
	struct pgo_source *s = &a->sources[index];
	if (s->format)
		return PGO_OK; /* seen when shares were found */
	*s = (struct pgo_source){.path = a->all.paths[index],
				 .bytes = p->input_bytes,
				 .format = p->format,
				 .version = p->version,
				 .flags = p->flags,
				 .functions = p->function_count,
				 .total = total_of(p)};
	a->groups[a->group_of[index]].mass += (double)s->total;
	int rc = pgo_profile_loss(&s->loss, p, err);
	if (rc == PGO_OK && a->provenance && strcmp(s->path, "-") != 0)
		rc = pgo_inputs_digest(s->digest, s->path, err);
	return rc;
}

/** Long work on a terminal says how far it is, five times a second. */
static void show_progress(void *context, size_t done, size_t all)
{
	struct arguments *a = context;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	double elapsed = (double)(now.tv_sec - a->shown.tv_sec) + (double)(now.tv_nsec - a->shown.tv_nsec) / 1e9;
	if (done < all && elapsed < 0.2)
		return;
	a->shown = now;
	fprintf(stderr, done < all ? "\rmerging: %zu of %zu profiles" : "\r\033[K", done, all);
	fflush(stderr);
}

static int read_all(struct arguments *a, struct pgo_merge *merge, struct pgo_error *err)
{
	const struct pgo_read_options read = {.format = a->common.input_format, .max_lost = a->common.max_lost};
	bool terminal = isatty(STDERR_FILENO) && a->all.count > 1;
	const struct pgo_inputs_watch watch = {.profile = a->provenance || !merge ? watch_profile : NULL,
					       .progress = terminal ? show_progress : NULL,
					       .context = a};
	clock_gettime(CLOCK_MONOTONIC, &a->shown);
	return pgo_inputs_add(merge, &a->all, &read, a->weights, &watch, err);
}

/** Bring each argument's total to its share. @return -1: done; else exit code */
static int find_shares(struct arguments *a)
{
	struct pgo_error err = {0};
	double sum = 0;
	if (read_all(a, NULL, &err) != PGO_OK)
		return fail_reading(a->common.output, &err);
	for (size_t i = 0; i < a->group_count; i++)
		sum += a->groups[i].weight;
	for (size_t i = 0; i < a->group_count; i++) {
		struct group *g = &a->groups[i];
		if (g->mass <= 0) {
			pgo_error_set(&err, PGO_EFORMAT, "'%s' has no counts, so it cannot have a share of the result",
				      g->name);
			return cli_fail(&err);
		}
		g->factor = g->weight / sum * SHARED_TOTAL / g->mass;
	}
	for (size_t i = 0; i < a->all.count; i++)
		a->weights[i].factor = a->groups[a->group_of[i]].factor;
	return -1;
}

/* Writing ---------------------------------------------------------------------------------------------------------- */

static void print_warnings(const struct arguments *a, const struct pgo_written *written)
{
	for (size_t i = 0; i < a->result->warning_count; i++)
		fprintf(stderr, CLI_PROGRAM ": warning: %s\n", a->result->warnings[i]);
	for (size_t i = 0; i < written->warning_count; i++)
		fprintf(stderr, CLI_PROGRAM ": warning: %s\n", written->warnings[i]);
	uint64_t saturated = 0;
	for (size_t i = 0; i < a->result->function_count; i++)
		saturated += (pgo_profile_function(a->result, i).flags & PGO_FUNCTION_SATURATED) != 0;
	if (saturated)
		fprintf(stderr,
			CLI_PROGRAM
			": warning: counters of %llu functions reached the limit, 2^64-3, and stopped there\n",
			(unsigned long long)saturated);
}

static int write_table(const struct arguments *a, struct pgo_error *err)
{
	const struct pgo_report report = {.profile = a->result, .functions = true};
	return pgo_report_to(a->common.output, pgo_report_counter_table, &report, err);
}

static int write_provenance(const struct arguments *a, struct pgo_written *written, struct pgo_error *err)
{
	struct pgo_source_group *groups = calloc(a->group_count, sizeof *groups);
	double total = 0;
	if (!groups)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (size_t i = 0; i < a->group_count; i++)
		total += a->groups[i].weight * (a->shares ? 1 : a->groups[i].mass);
	for (size_t i = 0; i < a->group_count; i++) {
		const struct group *g = &a->groups[i];
		double part = g->weight * (a->shares ? 1 : g->mass);
		groups[i] = (struct pgo_source_group){.name = g->name,
						      .weight = g->weight,
						      .share = total > 0 ? part / total : 0,
						      .first = g->first,
						      .count = g->inputs.count};
	}
	bool indexed = strcmp(a->format, "indexed") == 0;
	const struct pgo_provenance p = {
		.output = a->common.output,
		.format = a->format,
		.version = indexed ? a->version ? a->version : PGO_INDEXED_NEWEST : 0,
		.shares = a->shares,
		.sparse = a->sparse,
		.group_count = a->group_count,
		.groups = groups,
		.sources = a->sources,
		.result = a->result,
		.functions = indexed || strcmp(a->format, "text") == 0 ? written->functions : a->result->function_count,
		.warning_count = written->warning_count,
		.warnings = written->warnings};
	int rc = pgo_provenance_write(a->provenance, &p, err);
	free(groups);
	return rc;
}

static int write_result(struct arguments *a)
{
	struct pgo_error err = {0};
	struct pgo_written written = {0};
	const struct pgo_write_options write = {.format = strcmp(a->format, "text") == 0 ? PGO_WRITE_TEXT
											 : PGO_WRITE_INDEXED,
						.version = a->version,
						.sparse = a->sparse};
	int rc = strcmp(a->format, "csv") == 0 ? write_table(a, &err)
					       : pgo_profile_write(a->common.output, a->result, &write, &written, &err);
	if (rc == PGO_OK)
		print_warnings(a, &written);
	if (rc == PGO_OK && a->provenance)
		rc = write_provenance(a, &written, &err);
	if (rc == PGO_OK)
		return PGO_EXIT_OK;
	int code = cli_fail(&err);
	return rc == PGO_EUNSUPPORTED ? PGO_EXIT_INPUT : code;
}

/** Compilers of LLVM up to 17, which read version 10 of the format at most, know file:function only. */
static int fit_names(struct arguments *a, struct pgo_error *err)
{
	enum { LAST_WITH_COLONS = 10 };
	size_t functions;
	if (a->version && a->version <= LAST_WITH_COLONS)
		return pgo_profile_colon_names(&a->result, &functions, err);
	/* only profiles of several compilers have both */
	if (a->result->version != 0)
		return PGO_OK;
	int rc = pgo_profile_both_names(a->result, &functions, err);
	if (rc == PGO_OK && functions)
		fprintf(stderr,
			CLI_PROGRAM ": warning: %zu function%s there twice, as file:function (LLVM up to 17) and "
				    "file;function (from 18 on), and did not add up; --for clang-17 or older writes "
				    "the one, a newer compiler takes the other\n",
			functions, functions == 1 ? " is" : "s are");
	return rc;
}

static int merge(struct arguments *a)
{
	struct pgo_error err = {0};
	int code = find_files(a);
	if (code < 0 && a->shares)
		code = find_shares(a);
	if (code >= 0)
		return code;
	if (pgo_merge_new(&a->merge, &err) != PGO_OK)
		return cli_fail(&err);
	if (read_all(a, a->merge, &err) != PGO_OK)
		return fail_reading(a->groups[0].name, &err);
	if (pgo_merge_finish(a->merge, &a->result, &err) != PGO_OK || fit_names(a, &err) != PGO_OK)
		return cli_fail(&err);
	return write_result(a);
}

static void release(struct arguments *a)
{
	for (size_t i = 0; i < a->group_count; i++)
		pgo_inputs_release(&a->groups[i].inputs);
	pgo_profile_free(a->result);
	pgo_merge_free(a->merge);
	free(a->all.paths);
	free(a->weights);
	free(a->sources);
	free(a->group_of);
	free(a->groups);
}

int cmd_merge(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("merge"), .format = "indexed"};
	const struct argp_child children[] = {{&cli_plain_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {.options = options,
				    .parser = parse,
				    .args_doc = "-o FILE PROFILE...",
				    .doc = doc,
				    .children = children};
	a.groups = calloc((size_t)argc + 1, sizeof *a.groups); /* as many as there are words, at most */
	if (!a.groups)
		return out_of_memory();
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	a.group_count = a.weighted;
	for (size_t i = 0; i < a.common.files.count; i++)
		a.groups[a.group_count++] = (struct group){.name = a.common.files.paths[i], .weight = 1, .times = 1};
	if (code < 0)
		code = check_arguments(&a);
	if (code < 0)
		code = merge(&a);
	release(&a);
	return code;
}
