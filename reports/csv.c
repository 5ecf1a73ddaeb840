/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "pgo/binary.h"
#include "reports/csv_util.h"
#include "reports/writers.h"

/*
 * One table per command, header first, lines end in LF. Text fields are quoted (libcsv), numbers are not; a missing
 * value is an empty field. Doubles read back to the same value.
 */

static void index_or_none(FILE *out, uint32_t value, char end)
{
	if (value == UINT32_MAX)
		fputc(end, out);
	else
		pgo_csv_count(out, value, end);
}

static const char *yes_no(bool value)
{
	return value ? "true" : "false";
}

static int compared_row(FILE *out, const struct pgo_function_comparison *f, struct pgo_error *err)
{
	const char *name = f->name;
	char *readable = pgo_demangle(name);
	if (!readable)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	pgo_csv_text(out, name, ',');
	pgo_csv_text(out, readable, ',');
	free(readable);
	fprintf(out, "%s,", pgo_join_name(f->join));
	pgo_csv_number(out, f->train_share, ',');
	pgo_csv_number(out, f->test_share, ',');
	pgo_csv_optional(out, f->log2_ratio, ',');
	pgo_csv_number(out, f->jsd_bits, ',');
	pgo_csv_optional(out, f->shape_tv, ',');
	pgo_csv_optional(out, f->shape_jsd_bits, ',');
	pgo_csv_optional(out, f->p_value, ',');
	pgo_csv_optional(out, f->q_value, ',');
	pgo_csv_optional(out, f->ks_p_value, ',');
	fprintf(out, "%s,%s,", pgo_class_name(f->train_class), pgo_class_name(f->test_class));
	index_or_none(out, f->train_dominant, ',');
	index_or_none(out, f->test_dominant, ',');
	fprintf(out, "%s,%s\n", yes_no(f->dominant_differs), yes_no(f->flagged));
	return PGO_OK;
}

int pgo_csv_compare(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection listed = {0};
	int rc = pgo_select_compared(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	fputs("name,demangled,join,train_share,test_share,log2_ratio,jsd_contribution_bits,shape_tv,shape_jsd_bits,"
	      "p_value,q_value,ks_p_value,train_class,test_class,train_dominant_counter,test_dominant_counter,"
	      "dominant_differs,flagged\n",
	      out);
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = compared_row(out, &report->comparison->functions[listed.index[i]], err);
	pgo_selection_release(&listed);
	return rc;
}

int pgo_csv_gate(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	(void)err;
	const struct pgo_verdict *verdict = report->verdict;
	fputs("reference,rule,outcome,value,threshold,threshold_source,required,evidence,advice\n", out);
	for (size_t i = 0; i < verdict->rule_count; i++) {
		const struct pgo_rule *rule = &verdict->rules[i];
		pgo_csv_text(out, rule->reference, ',');
		pgo_csv_text(out, rule->name, ',');
		fprintf(out, "%s,", pgo_outcome_name(rule->outcome));
		pgo_csv_optional(out, rule->value, ',');
		pgo_csv_number(out, rule->threshold, ',');
		fprintf(out, "%s,%s,", rule->threshold_is_user ? "user" : "default", yes_no(rule->required));
		pgo_csv_text(out, rule->evidence, ',');
		pgo_csv_text(out, rule->advice, '\n');
	}
	return PGO_OK;
}

static void source_fields(FILE *out, const struct pgo_binary *binary, const struct pgo_function *f)
{
	struct pgo_source source;
	if (!pgo_binary_find(binary, f, &source)) {
		fputs(",,", out);
		return;
	}
	pgo_csv_text(out, source.file, ',');
	pgo_csv_count(out, source.line, ',');
}

static int shown_row(FILE *out, const struct pgo_report *report, size_t index, struct pgo_error *err)
{
	const struct pgo_function value = pgo_profile_function(report->profile, index), *f = &value;
	char sum[40], *name = pgo_function_name(f), *readable = name ? pgo_demangle(name) : NULL;
	if (!readable) {
		free(name);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	pgo_csv_text(out, name, ',');
	pgo_csv_text(out, readable, ',');
	free(name);
	free(readable);
	if (report->binary)
		source_fields(out, report->binary, f);
	fprintf(out, "%016" PRIx64 ",%s,%s,%s,", f->cfg_hash, yes_no(f->flags & PGO_FUNCTION_CS),
		yes_no(f->flags & PGO_FUNCTION_PSEUDO), yes_no(f->flags & PGO_FUNCTION_SATURATED));
	pgo_csv_count(out, f->counter_count, ',');
	if (f->counter_count)
		pgo_csv_count(out, f->counters[0], ',');
	else
		fputc(',', out);
	pgo_csv_count(out, f->max, ',');
	fprintf(out, "%s", pgo_u128_text(pgo_function_sum(f), sum));
	for (uint32_t i = 0; report->counts && i < f->counter_count; i++)
		fprintf(out, "%c%" PRIu64, i ? ' ' : ',', (uint64_t)f->counters[i]);
	if (report->counts && f->counter_count == 0)
		fputc(',', out);
	fputc('\n', out);
	return PGO_OK;
}

int pgo_csv_show(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	struct pgo_selection listed = {0};
	int rc = pgo_select_shown(&listed, report, err);
	if (rc != PGO_OK)
		return rc;
	fprintf(out,
		"name,demangled,%scfg_hash,context_sensitive,pseudo,saturated,counters,first_count,max_count,"
		"total_count%s\n",
		report->binary ? "file,line," : "", report->counts ? ",counts" : "");
	for (size_t i = 0; rc == PGO_OK && i < listed.count; i++)
		rc = shown_row(out, report, listed.index[i], err);
	pgo_selection_release(&listed);
	return rc;
}
