/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "reports/csv_util.h"
#include "reports/explain.h"
#include "reports/writers.h"

static void counter_side(FILE *out, const struct pgo_explained_counter *c, unsigned s, char end)
{
	if (c->has[s]) {
		pgo_csv_count(out, c->count[s], ',');
		pgo_csv_number(out, c->inside[s], ',');
		pgo_csv_number(out, c->share[s], ',');
	} else {
		fputs(",,,", out);
	}
	fprintf(out, "%s%c", pgo_class_name((enum pgo_class)c->heat[s]), end);
}

/* One row a counter; records of other code: A's, then B's, with the other side's fields empty. */
int pgo_csv_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_explanation *e = report->explanation;
	char *name = pgo_function_name(pgo_explain_record(e));
	if (!name)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	fputs("function,counter,train_count,train_share_inside,train_share,train_class,test_count,test_share_inside,"
	      "test_share,test_class\n",
	      out);
	for (size_t i = 0; i < e->counter_count; i++) {
		pgo_csv_text(out, name, ',');
		pgo_csv_count(out, e->counters[i].key, ',');
		counter_side(out, &e->counters[i], 0, ',');
		counter_side(out, &e->counters[i], 1, '\n');
	}
	free(name);
	return PGO_OK;
}
