/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/writers.h"

#include <string.h>

static const struct pgo_writer writers[] = {
	{"text", pgo_text_compare, pgo_text_show, pgo_text_gate, pgo_text_explain, .several = &pgo_text_several},
	{"json", pgo_json_compare, pgo_json_show, pgo_json_gate, pgo_json_explain, .several = &pgo_json_several},
	{"csv", pgo_csv_compare, pgo_csv_show, pgo_csv_gate, pgo_csv_explain, .several = &pgo_csv_several},
};

const struct pgo_writer *pgo_writer_find(const char *name)
{
	for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
		if (strcmp(writers[i].name, name) == 0)
			return &writers[i];
	return NULL;
}

const char *pgo_writer_names(void)
{
	return "text, json, csv";
}
