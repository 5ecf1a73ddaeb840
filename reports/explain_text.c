/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/explain.h"
#include "reports/text_util.h"
#include "reports/writers.h"

enum { LABEL = 24, COLUMN = 24, VALUES_MOST = 8, MATCHES_MOST = 10 };

typedef void put_cell(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s);

static void cell_hash(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	snprintf(out, PGO_TEXT_CELL, "0x%016" PRIx64, e->side[s].f.cfg_hash);
}

static void cell_counters(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	pgo_text_count(out, e->side[s].f.counter_count);
}

static void cell_sum(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	pgo_text_count(out, pgo_function_sum(&e->side[s].f));
}

static void cell_share(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	pgo_text_percent(out, e->side[s].share);
}

static void cell_max(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	pgo_text_count(out, e->side[s].f.max);
}

static void cell_dominant(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	if (e->side[s].dominant == UINT32_MAX)
		snprintf(out, PGO_TEXT_CELL, "none");
	else
		pgo_key_text(out, e->comparison->train_profile->kind, pgo_explain_key(e, s, e->side[s].dominant));
}

static void cell_entry(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	if (e->side[s].entry_known)
		pgo_text_count(out, e->side[s].entry);
	else
		snprintf(out, PGO_TEXT_CELL, "not told");
}

static void cell_class(char out[PGO_TEXT_CELL], const struct pgo_explanation *e, unsigned s)
{
	snprintf(out, PGO_TEXT_CELL, "%s", pgo_class_name((enum pgo_class)e->side[s].heat));
}

static void side_lines(const struct pgo_text *t, const struct pgo_explanation *e)
{
	static const struct {
		const char *label;
		put_cell *put;
	} lines[] = {
		{"hash", cell_hash},	       {"counters", cell_counters},
		{"total count", cell_sum},     {"  share of the program", cell_share},
		{"largest counter", cell_max}, {"  which one", cell_dominant},
		{"entry count", cell_entry},   {"class", cell_class},
	};
	char cell[PGO_TEXT_CELL];
	fprintf(t->out, "  %-*s%*s%*s\n", LABEL, "", COLUMN, "A", COLUMN, "B");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		fprintf(t->out, "  %-*s", LABEL, lines[i].label);
		for (unsigned s = 0; s < 2; s++) {
			if (e->side[s].present)
				lines[i].put(cell, e, s);
			pgo_text_right(t, COLUMN, e->side[s].present ? cell : "no record");
		}
		fputc('\n', t->out);
	}
	static const char *const labels[] = {"hot from", "cold up to"};
	for (unsigned i = 0; i < 2; i++) {
		fprintf(t->out, "  %-*s", LABEL, labels[i]);
		for (unsigned s = 0; s < 2; s++)
			pgo_text_right(t, COLUMN,
				       pgo_text_count(cell, i ? e->side[s].summary->cold_threshold
							      : e->side[s].summary->hot_threshold));
		fputc('\n', t->out);
	}
}

/* Sums of shares leave noise in the last digits: below 1e-12 there is no distance. */
static const char *distance_text(char out[PGO_TEXT_CELL], struct pgo_optional value)
{
	if (value.present && value.value < 1e-12 && value.value > -1e-12)
		value.value = 0;
	return pgo_text_optional(out, value);
}

static void distance_lines(const struct pgo_text *t, const struct pgo_explanation *e)
{
	const struct pgo_function_comparison *f = e->row;
	char cell[PGO_TEXT_CELL];
	pgo_text_heading(t, "How far apart");
	fprintf(t->out, "  %-46s%12s\n", "log2 of share in B / share in A", distance_text(cell, f->log2_ratio));
	fprintf(t->out, "  %-46s%12s\n", "shape: total variation inside the function",
		distance_text(cell, f->shape_tv));
	fprintf(t->out, "  %-46s%12s\n", "shape: Jensen-Shannon divergence, bits",
		distance_text(cell, f->shape_jsd_bits));
	fprintf(t->out, "  %-46s%12s\n", "part of the profiles' divergence, bits", pgo_text_number(cell, f->jsd_bits));
	if (e->joined) {
		fprintf(t->out, "  %-46s%12s\n", "largest counter is another one", f->dominant_differs ? "yes" : "no");
		fprintf(t->out, "  %-46s%12s\n", "q-value of its test (homogeneous counts)",
			pgo_text_optional(cell, f->q_value));
	}
	for (int kind = 0; kind < PGO_VALUE_KINDS; kind++) {
		char label[64];
		if (!e->values.distance[kind].present)
			continue;
		snprintf(label, sizeof label, "%ss: total variation", pgo_value_kind_name((enum pgo_value_kind)kind));
		fprintf(t->out, "  %-46s%12s\n", label, distance_text(cell, e->values.distance[kind]));
	}
}

static void counter_side(const struct pgo_text *t, const struct pgo_explained_counter *c, unsigned s)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_right(t, 18, c->has[s] ? pgo_text_count(cell, c->count[s]) : "-");
	pgo_text_right(t, 10, c->has[s] ? pgo_text_percent(cell, c->inside[s]) : "-");
	pgo_text_right(t, 10, c->has[s] ? pgo_text_percent(cell, c->share[s]) : "-");
	pgo_text_right(t, 7, pgo_class_name((enum pgo_class)c->heat[s]));
}

static double weight(const struct pgo_explained_counter *c)
{
	return c->inside[0] + c->inside[1];
}

static int by_weight(const void *left, const void *right, void *context)
{
	const struct pgo_explained_counter *c = context;
	size_t i = *(const size_t *)left, k = *(const size_t *)right;
	double a = weight(&c[i]), b = weight(&c[k]);
	return a < b ? 1 : a > b ? -1 : (i > k) - (i < k);
}

static int by_number(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	return (a > b) - (a < b);
}

/* The counters listed: all, or those that matter most, in their order. @return heap array, NULL when out of memory */
static size_t *choose(const struct pgo_explanation *e, size_t first, size_t last, size_t most, size_t *count)
{
	size_t all = last - first, *chosen = malloc((all + 1) * sizeof *chosen);
	if (!chosen)
		return NULL;
	for (size_t i = 0; i < all; i++)
		chosen[i] = first + i;
	*count = most && all > most ? most : all;
	if (*count < all) {
		qsort_r(chosen, all, sizeof *chosen, by_weight, e->counters);
		qsort(chosen, *count, sizeof *chosen, by_number);
	}
	return chosen;
}

static int counter_lines(const struct pgo_text *t, const struct pgo_report *report, size_t first, size_t last,
			 unsigned sides)
{
	const struct pgo_explanation *e = report->explanation;
	size_t count, *chosen = choose(e, first, last, report->top, &count);
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL], key[PGO_TEXT_CELL];
	if (!chosen)
		return PGO_ENOMEM;
	pgo_text_heading(t, "Counters%s: %s%s%s",
			 sides == 1   ? " of A"
			 : sides == 2 ? " of B"
				      : "",
			 pgo_text_count(a, count), count < last - first ? " that matter most of " : "",
			 count < last - first ? pgo_text_count(b, last - first) : "");
	fprintf(t->out, "  %*s", e->keyed ? 22 : 6, e->keyed ? "where" : "number");
	for (unsigned s = 0; s < 2; s++)
		if (sides >> s & 1)
			fprintf(t->out, "%*s%10s%10s%7s", 18, s ? "count in B" : "count in A", "inside", "program",
				"class");
	fputc('\n', t->out);
	for (size_t i = 0; i < count; i++) {
		const struct pgo_explained_counter *c = &e->counters[chosen[i]];
		pgo_key_text(key, e->keyed ? e->comparison->train_profile->kind : PGO_KIND_LLVM, c->key);
		fprintf(t->out, "  %*s", e->keyed ? 22 : 6, key);
		for (unsigned s = 0; s < 2; s++)
			if (sides >> s & 1)
				counter_side(t, c, s);
		fputc('\n', t->out);
	}
	free(chosen);
	return PGO_OK;
}

static int counter_sections(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_explanation *e = report->explanation;
	if (e->joined)
		return counter_lines(t, report, 0, e->counter_count, 3);
	int rc = e->side[0].present ? counter_lines(t, report, 0, e->first_of_test, 1) : PGO_OK;
	if (rc == PGO_OK && e->side[1].present)
		rc = counter_lines(t, report, e->first_of_test, e->counter_count, 2);
	return rc;
}

static void value_side(const struct pgo_text *t, const struct pgo_site_comparison *site,
		       const struct pgo_value_pair *pair, unsigned s)
{
	char cell[PGO_TEXT_CELL];
	pgo_text_right(t, 18, site->has[s] ? pgo_text_count(cell, pair->count[s]) : "-");
	pgo_text_right(t, 10,
		       site->total[s] > 0 ? pgo_text_percent(cell, (double)pair->count[s] / site->total[s]) : "-");
}

static int value_section(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_value_comparison *v = &report->explanation->values;
	char cell[PGO_TEXT_CELL];
	if (v->site_count == 0)
		return PGO_OK;
	pgo_text_heading(t, "Value sites");
	for (int kind = 0; kind < PGO_VALUE_KINDS; kind++)
		if (v->sites_differ[kind])
			fprintf(t->out, "  A and B have other numbers of %s sites: they are not compared\n",
				pgo_value_kind_name((enum pgo_value_kind)kind));
	for (size_t i = 0; i < v->site_count; i++) {
		const struct pgo_site_comparison *site = &v->sites[i];
		enum pgo_value_kind kind = (enum pgo_value_kind)site->kind;
		if (site->count == 0)
			continue;
		fprintf(t->out, "  %s, site %" PRIu32 ": total variation %s\n", pgo_value_kind_name(kind), site->number,
			pgo_text_optional(cell, site->tv));
		for (size_t k = 0; k < site->count && k < VALUES_MOST; k++) {
			const struct pgo_value_pair *pair = &v->pairs[site->first + k];
			char *value = pgo_value_text(report->value_names, kind, pair->value);
			if (!value)
				return PGO_ENOMEM;
			fprintf(t->out, "  %6s", "");
			value_side(t, site, pair, 0);
			value_side(t, site, pair, 1);
			fputs("  ", t->out);
			pgo_text_name(t, value, 0);
			fputc('\n', t->out);
			free(value);
		}
		if (site->count > VALUES_MOST)
			fprintf(t->out, "%12s%zu more\n", "", site->count - VALUES_MOST);
	}
	return PGO_OK;
}

static int match_section(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_matches *m = report->matches;
	char cell[PGO_TEXT_CELL];
	if (m->count < 2)
		return PGO_OK;
	pgo_text_heading(t, "Functions that match: %zu; the one with most of the counts is explained", m->count);
	fprintf(t->out, "  %10s%10s  %s\n", "in A", "in B", "function");
	for (size_t i = 0; i < m->count && i < MATCHES_MOST; i++) {
		char *name = pgo_explain_name(report->explanation, &m->items[i]);
		if (!name)
			return PGO_ENOMEM;
		fputs("  ", t->out);
		pgo_text_right(t, 10, pgo_text_percent(cell, m->items[i].share[0]));
		pgo_text_right(t, 10, pgo_text_percent(cell, m->items[i].share[1]));
		fputs("  ", t->out);
		pgo_text_name(t, name, 0);
		fputc('\n', t->out);
		free(name);
	}
	if (m->count > MATCHES_MOST)
		fprintf(t->out, "%22s  %zu more\n", "", m->count - MATCHES_MOST);
	return PGO_OK;
}

static void head_line(const struct pgo_text *t, const char *label, const char *name)
{
	fprintf(t->out, "%-10s ", label);
	pgo_text_name(t, name, 0);
	fputc('\n', t->out);
}

static int head(const struct pgo_text *t, const struct pgo_report *report)
{
	const struct pgo_explanation *e = report->explanation;
	const struct pgo_function *f = pgo_explain_record(e);
	struct pgo_source source;
	char words[PGO_EXPLAIN_WORDS];
	char *name = pgo_function_name(f), *readable = name ? pgo_demangle(name) : NULL;
	if (!readable) {
		free(name);
		return PGO_ENOMEM;
	}
	head_line(t, "function", readable);
	head_line(t, "stored as", name);
	if (report->binary && pgo_binary_find(report->binary, f, &source)) {
		fprintf(t->out, "%-10s ", "source");
		pgo_text_name(t, source.file, 0);
		fprintf(t->out, ":%" PRIu32 "\n", source.line);
	} else if (report->binary) {
		head_line(t, "source", "the binary does not tell");
	}
	head_line(t, "A", report->train_name);
	head_line(t, "B", report->test_name);
	free(readable);
	free(name);
	if (pgo_explain_join(words, e)[0])
		pgo_text_wrap(t, e->keyed ? "  note:" : "  warning:", 11, words);
	if (pgo_explain_binary(words, report->binary, report->binary_name, e->comparison->train_profile,
			       report->train_name)[0])
		pgo_text_wrap(t, "  warning:", 11, words);
	return PGO_OK;
}

static void treatment_section(const struct pgo_text *t, const struct pgo_explanation *e)
{
	char words[2][PGO_EXPLAIN_WORDS], line[PGO_EXPLAIN_WORDS + 64];
	pgo_text_heading(t, "What a compiler would do with it");
	for (unsigned s = 0; s < 2; s++)
		pgo_explain_treatment(words[s], e, s);
	bool same = strcmp(words[0], words[1]) == 0;
	for (unsigned s = 0; s < (same ? 1 : 2); s++) {
		snprintf(line, sizeof line, "trained with %s, it %s", same ? "either" : s ? "B" : "A", words[s]);
		pgo_text_wrap(t, "", 2, line);
	}
}

int pgo_text_explain(FILE *out, const struct pgo_report *report, struct pgo_error *err)
{
	const struct pgo_explanation *e = report->explanation;
	struct pgo_text text = pgo_text_open(out, report), *t = &text;
	char words[PGO_EXPLAIN_WORDS];
	int rc = head(t, report);
	if (rc == PGO_OK)
		rc = match_section(t, report);
	if (rc != PGO_OK)
		return pgo_error_set(err, rc, "out of memory");
	pgo_text_heading(t, "The function in both");
	side_lines(t, e);
	treatment_section(t, e);
	pgo_text_heading(t, "What that is to B");
	pgo_text_wrap(t, "", 2, pgo_explain_view(words, e));
	distance_lines(t, e);
	rc = counter_sections(t, report);
	if (rc == PGO_OK)
		rc = value_section(t, report);
	return rc == PGO_OK ? rc : pgo_error_set(err, rc, "out of memory");
}
