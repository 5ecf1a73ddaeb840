/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "reports/csv_util.h"

/*
 * What the reader of counter tables takes (docs/formats/csv.md): the key of a counter is written as its number, so that
 * profiles of every kind come back counter by counter.
 */

static int function_rows(FILE *out, const struct pgo_profile *profile, size_t index, struct pgo_error *err)
{
	struct pgo_function f = pgo_profile_function(profile, index);
	const uint64_t *keys = pgo_profile_keys(profile, &f);
	char *name = pgo_function_name(&f);
	if (!name)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	for (uint32_t i = 0; i < f.counter_count; i++) {
		pgo_csv_text(out, name, ',');
		pgo_csv_count(out, keys ? keys[i] : i, ',');
		pgo_csv_count(out, f.counters[i], ',');
		if (f.cfg_hash)
			fprintf(out, "0x%016" PRIx64, f.cfg_hash);
		fputc('\n', out);
	}
	free(name);
	return PGO_OK;
}

int pgo_report_counter_table(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection listed = {0};
	int rc = pgo_select_shown(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	fputs("function,counter,count,hash\n", out);
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = function_rows(out, report->profile, listed.index[i], err);
	pgo_selection_release(&listed);
	return rc;
}
