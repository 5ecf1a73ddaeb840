/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/csv_util.h"

#include <csv.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void pgo_csv_text(FILE *out, const char *value, char end)
{
	csv_fwrite(out, value, strlen(value));
	fputc(end, out);
}

void pgo_csv_number(FILE *out, double value, char end)
{
	char digits[PGO_DOUBLE_TEXT];
	if (isfinite(value))
		fputs(pgo_double_text(digits, value), out);
	fputc(end, out);
}

void pgo_csv_optional(FILE *out, struct pgo_optional value, char end)
{
	pgo_csv_number(out, value.present ? value.value : NAN, end);
}

void pgo_csv_count(FILE *out, uint64_t value, char end)
{
	fprintf(out, "%" PRIu64 "%c", value, end);
}
