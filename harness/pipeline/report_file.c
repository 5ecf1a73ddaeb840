/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/pipeline.h"
#include "harness/pipeline/put.h"
#include "harness/sys/files.h"

/* Reports of finished runs: load one, put another beside it. */

int report_load(json_object **out, const char *out_dir, struct pgo_error *err)
{
	char *path = files_join(out_dir, "report.json");
	json_object *report = NULL;
	int code = path ? record_read(&report, path, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(path);
	if (code == PGO_EOF) {
		code = pgo_error_set(err, PGO_EINVAL, "no report in '%s'", out_dir);
		pgo_error_hint(err, "name the run directory of a finished run: pgo-harness run CORPUS --out %s",
			       out_dir);
	}
	if (!code && strcmp(record_string(report, "schema", ""), "pgo-harness/report/1")) {
		code = pgo_error_set(err, PGO_EUNSUPPORTED,
				     "report of '%s' has schema '%s', not 'pgo-harness/report/1'", out_dir,
				     record_string(report, "schema", ""));
		json_object_put(report);
	}
	if (!code)
		*out = report;
	return code;
}

int report_add_beside(json_object *report, const json_object *other, struct pgo_error *err)
{
	static const char *const keys[] = {"run_directory", "written",	   "corpus",	      "verdict",
					   "builds",	    "measurement", "performance_gate"};
	json_object *list = get_member(report, "beside"), *entry = NULL, *from = NULL;
	/* a copy of its own: neither report changes with the other, and a report never nests those it stood beside */
	if (json_object_deep_copy((json_object *)other, &from, NULL) || !(entry = json_object_new_object())) {
		json_object_put(from);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		json_object_object_add(entry, keys[i], json_object_get(get_member(from, keys[i])));
	json_object_put(from);
	if (!list) {
		list = json_object_new_array();
		json_object_object_add(report, "beside", list);
	}
	json_object_array_add(list, entry);
	return PGO_OK;
}
