/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORT_H
#define PGO_REPORT_H

#include <stdio.h>

#include "pgo/compare.h"
#include "pgo/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pgo_several;
struct pgo_provenance;
struct pgo_explanation;
struct pgo_matches;
struct pgo_binary;
struct pgo_value_names;
struct pgo_runs_report;

/** What a writer is given. Pointers are borrowed; those a command has nothing for are NULL. */
struct pgo_report {
	const char *train_name;                  /**< "compare", "gate": as a person named it */
	const char *test_name;                   /**< "compare" */
	const struct pgo_comparison *comparison; /**< "compare" */
	const struct pgo_gate_input *inputs;     /**< "gate": one per reference, in the order given */
	size_t input_count;
	const struct pgo_verdict *verdict;
	const struct pgo_policy *policy;    /**< thresholds the verdict was judged by; NULL: not listed */
	uint32_t options_set;               /**< bit i: row i of pgo_compare_fields() was set by the user */
	const struct pgo_profile *profile;  /**< "show" */
	const char *profile_name;
	const struct pgo_summary *summary;
	const struct pgo_skew *skew;
	enum pgo_record_filter filter; /**< "show": which records `summary` is made of and which are listed */
	size_t top;                    /**< functions listed; 0: all */
	const char *function;          /**< POSIX extended regular expression on raw and demangled names, or NULL */
	bool functions;                /**< "show": list functions, by name; with `top` by descending largest counter */
	uint64_t value_cutoff;         /**< "show": functions whose largest counter is below are not listed */
	bool counts;                   /**< "show": list every counter */
	bool detailed_summary;
	bool sites;                    /**< "show": list the value sites of the functions listed, with their values */
	bool traces;                   /**< "show": list the temporal traces */
	size_t hot;                    /**< "show": list so many functions by the count they hold; 0: no such list */
	const struct pgo_explanation *explanation; /**< "explain"; pgo/explain.h */
	const struct pgo_matches *matches;         /**< "explain": what `function` names; the first is explained */
	const struct pgo_value_names *value_names; /**< "explain", and "show" with `sites` or `traces` */
	const struct pgo_binary *binary;           /**< "explain", "show": for lines of the source, or NULL */
	const char *binary_name;
	const struct pgo_runs_report *runs; /**< "compare" with several profiles on a side; pgo/runs.h */
	const struct pgo_several *several; /**< commands on several runs; pgo/several.h */
	const struct pgo_provenance *provenance; /**< "merge"; pgo/provenance.h */
	bool color;     /**< terminal writer only */
	unsigned width; /**< terminal writer only: columns, names are cut to fit; 0: not a terminal, nothing is cut */
};

struct pgo_several_writer;

/** A writer: one row in the table of reports/table.c. */
struct pgo_writer {
	const char *name; /**< as in --format */
	int (*compare)(FILE *out, const struct pgo_report *report, struct pgo_error *err); /**< or NULL */
	int (*show)(FILE *out, const struct pgo_report *report, struct pgo_error *err);    /**< or NULL */
	int (*gate)(FILE *out, const struct pgo_report *report, struct pgo_error *err);    /**< or NULL */
	int (*explain)(FILE *out, const struct pgo_report *report, struct pgo_error *err); /**< or NULL */
	const struct pgo_several_writer *several; /**< or NULL */
};

/** Writer by name. @return NULL when there is none. */
const struct pgo_writer *pgo_writer_find(const char *name);

/**
 * Every counter of the functions "show" lists, as the table of counters (CSV) that the format "csv" reads: function,
 * counter (its key, else its position), count, hash (empty: unknown).
 */
int pgo_report_counter_table(FILE *out, const struct pgo_report *report, struct pgo_error *err);

/** "text, json, csv": the names, for messages. */
const char *pgo_writer_names(void);

/**
 * Write with `write` to `path` (NULL or "-": standard output): to a temporary name beside it, flushed, checked, renamed.
 * A path that exists and is no regular file (a pipe, a device) is written in place. Standard output is flushed and
 * checked too, so a full disk is an error.
 * @return PGO_OK, what `write` returned, or PGO_ESYSTEM.
 */
int pgo_report_to(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
		  const struct pgo_report *report, struct pgo_error *err);

/** A number in struct pgo_compare_options that a user may set: the flag, the report's line and the JSON key are one. */
struct pgo_compare_field {
	const char *name; /**< JSON key and, with '-' for '_', flag */
	size_t offset;    /**< of a double in struct pgo_compare_options */
	double low, high; /**< what makes sense, ends included */
	const char *help; /**< one line, lower case */
};

/** The table, and its length. */
const struct pgo_compare_field *pgo_compare_fields(size_t *count);

/** Functions of report->comparison that match report->function; all without one. @return PGO_OK, or an error */
int pgo_report_matching(size_t *count, const struct pgo_report *report, struct pgo_error *err);

/**
 * Compile a --function expression (POSIX extended) just to see whether it is one.
 * @return PGO_OK or PGO_EINVAL with the reason.
 */
int pgo_function_pattern_check(const char *pattern, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
