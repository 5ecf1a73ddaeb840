/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli.h"
#include "pgo/binary.h"
#include "pgo/values.h"

enum {
	KEY_TOPN = 't',
	KEY_FUNCTION = 'f',
	KEY_COUNTS = 0x3000,
	KEY_DETAILED,
	KEY_COVERED,
	KEY_CUTOFF,
	KEY_ALL,
	KEY_TABLE,
	KEY_HOT,
	KEY_BINARY,
	KEY_SITES,
	KEY_TRACES
};

static const char doc[] =
	"What one profile holds\n"
	"\n"
	"Format, kind, number of functions and counters, total and largest count, the thresholds by "
	"which compilers call "
	"code hot and cold, and how concentrated the counts are."
	"\v"
	"Examples:\n"
	"  pgo-analyze show app.profdata\n"
	"  pgo-analyze show --hot 20 --binary ./app app.profdata\n"
	"  pgo-analyze show --topn 10 app.profdata\n"
	"  pgo-analyze show --function '^main$' --counts --value-sites app.profdata\n"
	"\n"
	"Lists of functions are of the normal records, or with --cs of the context-sensitive ones. "
	"--topn is in llvm-profdata's order, by largest counter; --hot is by all counts of a function, "
	"which is where most of the execution is.\n"
	"\n"
	"Formats read, told apart by their first bytes ('-' reads standard input):\n"
	"  indexed    LLVM .profdata, versions 1 to 13\n"
	"  raw        LLVM .profraw, versions 5 and 7 to 10\n"
	"  text       LLVM .proftext\n"
	"  gcda       gcc: a .gcda file or a directory of them, with names by their .gcno\n"
	"  sample     AutoFDO and CSSPGO, text and binary\n"
	"  fdata      BOLT .fdata\n"
	"  bolt-yaml  BOLT .yaml\n"
	"  pprof      Go CPU profile\n"
	"  csv        table of counters: function, counter, count, hash\n"
	"\n"
	"Exit codes:\n"
	"   0  done\n"
	"   2  wrong usage\n"
	"   3  bad input: the profile cannot be opened, is damaged or unknown\n"
	"   4  the system failed: the result cannot be written, out of memory\n"
	"  70  internal error\n";

struct arguments {
	struct cli_common common;
	struct pgo_report report;
	bool table;
	const char *binary;
	bool plain; /* nothing is asked for that lists functions */
};

static const struct argp_option options[] = {
	{.doc = "What is printed:", .group = 1},
	{"topn", KEY_TOPN, "N", 0, "list the N functions with the largest counters", 1},
	{"function", KEY_FUNCTION, "REGEX", 0,
	 "list functions whose name, as stored or demangled, matches (POSIX extended)", 1},
	{"all-functions", KEY_ALL, 0, 0, "list all functions, by name", 1},
	{"covered", KEY_COVERED, 0, 0, "list the functions that ran, by name", 1},
	{"value-cutoff", KEY_CUTOFF, "N", 0, "list no function whose largest counter is below N", 1},
	{"hot", KEY_HOT, "N", 0, "list the N functions with the largest totals, their shares and classes", 1},
	{"binary", KEY_BINARY, "FILE", 0,
	 "the program, with debug information: file and line of the functions listed; another build than the profile's "
	 "is "
	 "a warning",
	 1},
	{"value-sites", KEY_SITES, 0, 0,
	 "list the value sites of the functions listed: call targets and vtables by name, sizes of memory operations",
	 1},
	{"traces", KEY_TRACES, 0, 0, "list the temporal traces: functions in the order of their first execution", 1},
	{"counts", KEY_COUNTS, 0, 0, "list the counters of the functions listed, with their keys where they have any",
	 1},
	{"table", KEY_TABLE, 0, 0,
	 "every counter, as a table (CSV: function, counter, count, hash) that reads back as a profile", 1},
	{"detailed-summary", KEY_DETAILED, 0, 0, "how many counters make up 1 % to 99.9999 % of the total", 1},
	{0},
};

static bool writes_csv(const struct arguments *a)
{
	return a->table || strcmp(a->common.writer->name, "csv") == 0;
}

/** What does not go together. */
static error_t check_together(struct arguments *a)
{
	const char *format = a->common.writer->name;
	const char *extra = a->report.sites		 ? "--value-sites"
			    : a->report.traces		 ? "--traces"
			    : a->report.detailed_summary ? "--detailed-summary"
							 : NULL;
	if (a->report.hot && a->report.top)
		return cli_usage(&a->common, "--hot and --topn are two orders; take one of them");
	if (a->table && strcmp(format, "json") == 0)
		return cli_usage(&a->common, "--table is CSV; it has no --format %s", format);
	if (extra && writes_csv(a))
		return cli_usage(&a->common,
				 "CSV is a table of functions or counters, without %s; text and json have it", extra);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;
	a->plain &= key <= 0 || key >= ARGP_KEY_END || key == KEY_DETAILED;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_TOPN:
		a->report.functions = true;
		return cli_parse_size(&a->common, "--topn", argument, &a->report.top);
	case KEY_FUNCTION:
		a->report.functions = true;
		return cli_parse_pattern(&a->common, argument, &a->report.function);
	case KEY_ALL:
		a->report.functions = true;
		return 0;
	case KEY_COVERED:
		a->report.functions = true;
		a->report.value_cutoff = a->report.value_cutoff ? a->report.value_cutoff : 1;
		return 0;
	case KEY_CUTOFF: {
		size_t cutoff = 0;
		error_t failure = cli_parse_size(&a->common, "--value-cutoff", argument, &cutoff);
		a->report.functions = true;
		a->report.value_cutoff = cutoff;
		return failure;
	}
	case KEY_COUNTS:
		a->report.counts = true;
		return 0;
	case KEY_TABLE:
		a->table = true;
		return 0;
	case KEY_HOT:
		a->report.functions = true;
		return cli_parse_size(&a->common, "--hot", argument, &a->report.hot);
	case KEY_BINARY:
		a->binary = argument;
		return 0;
	case KEY_SITES:
		a->report.functions = a->report.sites = true;
		return 0;
	case KEY_TRACES:
		a->report.traces = true;
		return 0;
	case ARGP_KEY_END:
		return check_together(a);
	case KEY_DETAILED:
		a->report.detailed_summary = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int show(struct arguments *a, struct pgo_profile *profile, const struct pgo_binary *binary)
{
	struct pgo_summary summary;
	struct pgo_skew skew;
	struct pgo_value_names *names = NULL;
	struct pgo_error err = {0};
	struct pgo_report *report = &a->report;
	report->filter = a->common.context_sensitive ? PGO_RECORDS_CS : PGO_RECORDS_NORMAL;
	if (pgo_profile_overview(&summary, &skew, profile, report->filter, &err) != PGO_OK)
		return cli_fail_reading(a->common.files.paths[0], &err);
	const struct pgo_profile *one = profile;
	if ((report->sites || report->traces) && pgo_value_names_open(&names, &one, 1, &err) != PGO_OK)
		return cli_fail(&err);
	report->profile = profile;
	report->profile_name = a->common.files.paths[0];
	report->summary = &summary;
	report->skew = &skew;
	report->value_names = names;
	report->binary = binary;
	report->binary_name = a->binary;
	int code = cli_write(&a->common, report, a->table ? pgo_report_counter_table : a->common.writer->show);
	pgo_value_names_free(names);
	return code;
}

int cmd_show(int argc, char **argv)
{
	struct arguments a = {.common = cli_common_defaults("show"), .plain = true};
	const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
	const struct argp parser = {
		.options = options, .parser = parse, .args_doc = "PROFILE", .doc = doc, .children = children};
	int code = cli_parse(&parser, argc, argv, &a, &a.common);
	if (code < 0)
		code = cli_check_files(&a.common, &a.common.files, 1, 1, "one profile");
	if (code >= 0)
		return code;
	/* counters belong to functions: asking for them asks for these */
	a.report.functions |= a.report.counts;
	struct pgo_binary *binary = NULL;
	struct pgo_profile *profile;
	code = cli_open_binary(&binary, a.binary);
	if (code >= 0)
		return code;
	/* CSV is the list of functions */
	code = cli_read_inputs(&profile, a.common.files.paths, 1, &a.common, a.plain && !writes_csv(&a));
	if (code < 0 && writes_csv(&a)) /* text and JSON hold them */
		cli_warn_of_profiles(&profile, a.common.files.paths, 1);
	if (code < 0)
		code = show(&a, profile, binary);
	pgo_profile_free(profile);
	pgo_binary_close(binary);
	return code;
}
