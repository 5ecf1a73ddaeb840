/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_REPORT_H
#define PGO_REPORT_H

#include <stdio.h>

#include "pgo/compare.h"
#include "pgo/verdict.h"

/** What a writer is given. Pointers are borrowed; those a command has nothing for are NULL. */
struct pgo_report {
	const char *train_name;
	const char *test_name;
	const struct pgo_comparison *comparison; /**< "compare" */
	const struct pgo_verdict *verdict;
	const struct pgo_profile *profile;       /**< "show" */
	const char *profile_name;
	const struct pgo_summary *summary;
	const struct pgo_skew *skew;
	size_t top;              /**< functions listed; 0: all */
	const char *function;    /**< POSIX extended regular expression on raw and demangled names, or NULL */
	bool counts;             /**< "show": list every counter */
	bool detailed_summary;
	bool color;              /**< terminal writer only */
};

/** A writer: one file in reports/ each, one row in the table. */
struct pgo_writer {
	const char *name;        /**< as in --format */
	int (*compare)(FILE *out, const struct pgo_report *report, struct pgo_error *err); /**< or NULL */
	int (*show)(FILE *out, const struct pgo_report *report, struct pgo_error *err);    /**< or NULL */
};

/** Writer by name. @return NULL when there is none. */
const struct pgo_writer *pgo_writer_find(const char *name);

/** "text, json, csv": the names, for messages. */
const char *pgo_writer_names(void);

/**
 * Write with `write` to `path` (NULL or "-": standard output): to a temporary name beside it, flushed, checked, renamed.
 * Standard output is flushed and checked too, so a full disk is an error.
 */
int pgo_report_to(const char *path, int (*write)(FILE *, const struct pgo_report *, struct pgo_error *),
		  const struct pgo_report *report, struct pgo_error *err);

#endif
