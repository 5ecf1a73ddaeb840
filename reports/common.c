/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/common.h"

#include <stdlib.h>
#include <string.h>

#include "pgo/concentration.h"

size_t pgo_utf8_sequence(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	if (s[0] < 0x80)
		return s[0] ? 1 : 0;
	size_t length = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
			: (s[0] & 0xf0) == 0xe0	       ? 3
			: s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						       : 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates and values past U+10FFFF (RFC 3629, section 4) */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

const char *pgo_double_text(char out[PGO_DOUBLE_TEXT], double value)
{
	if (value == 0)
		value = 0; /* no negative zero */
	/* 17 digits always tell a double from all others, 16 half of the time, and round numbers need no more than 15 */
	snprintf(out, PGO_DOUBLE_TEXT - 2, "%.16g", value);
	int digits = strtod(out, NULL) == value ? 15 : 17;
	char other[PGO_DOUBLE_TEXT];
	snprintf(other, sizeof other - 2, "%.*g", digits, value);
	if (digits == 17 || strtod(other, NULL) == value)
		strcpy(out, other);
	return strpbrk(out, ".e") ? out : strcat(out, ".0");
}

char *pgo_build_id_text(const struct pgo_build_id *id, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	uint32_t length = id->length < sizeof id->bytes ? id->length : sizeof id->bytes;
	for (uint32_t i = 0; i < length; i++) {
		out[2 * i] = digits[id->bytes[i] >> 4];
		out[2 * i + 1] = digits[id->bytes[i] & 15];
	}
	out[2 * length] = '\0';
	return out;
}

const char *pgo_rule_limit(const struct pgo_rule *rule)
{
	/* rules that are not named after the one threshold they are judged by */
	static const struct {
		const char *rule, *limit;
	} others[] = {{"functions_ran", "at least"},
		      {"reference_mass", "at least"},
		      {"reference_ran", "at least"},
		      {"one_profile", "at most"},
		      {"real_workloads", "at least"},
		      {"dominance", "at most"},
		      {"survival", "at least"},
		      {"next_missed", "at most"},
		      {"skew", "p above"},
		      {"lost", "at most"},
		      {"mass_ratio", "at least"},
		      {"mass_growth", "at most"},
		      {"functions_ratio", "at least"}};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(others[i].rule, rule->name) == 0)
			return others[i].limit;
	const struct pgo_concentration_field *statistics = pgo_concentration_fields();
	for (size_t i = 0; i < PGO_STAT_COUNT; i++)
		if (strcmp(statistics[i].name, rule->name) == 0)
			return statistics[i].low ? "at least" : "at most";
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	for (size_t i = 0; i < count; i++)
		if (strlen(fields[i].name) > 4 && strcmp(fields[i].name + 4, rule->name) == 0)
			return strncmp(fields[i].name, "min_", 4) == 0 ? "at least" : "at most";
	return "threshold";
}

double pgo_compare_field_value(const struct pgo_compare_field *field, const struct pgo_compare_options *options)
{
	double value;
	memcpy(&value, (const char *)options + field->offset, sizeof value);
	return value;
}

double pgo_policy_field_value(const struct pgo_policy_field *field, const struct pgo_policy *policy)
{
	double value;
	memcpy(&value, (const char *)policy + field->offset, sizeof value);
	return value;
}

const char *pgo_reference_kind_name(enum pgo_reference_kind kind)
{
	switch (kind) {
	case PGO_REFERENCE_HELDOUT:
		return "heldout";
	case PGO_REFERENCE_TRAINING:
		return "training";
	case PGO_REFERENCE_LEAVE_ONE_OUT:
		return "leave_one_out";
	default:
		return "given";
	}
}

static const struct pgo_compare_field compare_fields[] = {
	{"alpha", offsetof(struct pgo_compare_options, alpha), 0, 1, "false discovery rate of the tests per function"},
	{"n_eff", offsetof(struct pgo_compare_options, n_eff), 1, 1e15,
	 "effective executions per function that ran, for the tests"},
	{"min_share", offsetof(struct pgo_compare_options, min_share), 0, 1,
	 "functions whose mean share is below are not tested"},
	{"effect_ratio", offsetof(struct pgo_compare_options, effect_ratio), 1, 1e15,
	 "flag a function when its share differs by this factor"},
	{"effect_tv", offsetof(struct pgo_compare_options, effect_tv), 0, 1,
	 "flag a function when its counters' distribution differs by this total variation"},
};

const struct pgo_compare_field *pgo_compare_fields(size_t *count)
{
	*count = sizeof compare_fields / sizeof compare_fields[0];
	return compare_fields;
}
