/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "pgo/calibration.h"

enum { KEY_INCONCLUSIVE = 0x2800, KEY_REPORT_ONLY, KEY_POLICY };

static error_t parse_number(struct cli_common *common, const char *option, const char *text, double *out)
{
	char *end;
	*out = strtod(text, &end);
	if (end == text || *end || !isfinite(*out))
		return cli_usage(common, "--%s takes a number, not '%s'", option, text);
	return 0;
}

static error_t set_policy(struct cli_thresholds *t, const struct pgo_policy_field *field, const char *option,
			  const char *text)
{
	double value;
	char called[56];
	error_t rc = parse_number(t->common, option, text, &value);
	snprintf(called, sizeof called, "--%s", option);
	if (rc == 0 && pgo_policy_check(field, called, value, &t->common->err) != PGO_OK)
		return EINVAL;
	return rc == 0 && pgo_policy_set(&t->policy, field->name, value, &t->common->err) != PGO_OK ? EINVAL : rc;
}

static error_t set_option(struct cli_thresholds *t, size_t row, const struct pgo_compare_field *field,
			  const char *option, const char *text)
{
	double value;
	error_t rc = parse_number(t->common, option, text, &value);
	if (rc == 0 && (value < field->low || value > field->high)) {
		if (field->high <= 1) {
			cli_usage(t->common, "--%s must lie between %g and %g, not %s", option, field->low, field->high,
				  text);
			pgo_hint_percent(&t->common->err, value);
			return EINVAL;
		}
		return cli_usage(t->common, "--%s must be at least %g, not %s", option, field->low, text);
	}
	if (rc == 0) {
		memcpy((char *)&t->options + field->offset, &value, sizeof value);
		t->options_set |= UINT32_C(1) << row;
	}
	return rc;
}

/** Thresholds of the policy file, but for those that were given as flags. */
static error_t read_policy(struct cli_thresholds *t)
{
	enum { POLICY_BYTES_MOST = 1 << 20 };
	struct pgo_error err = {0};
	struct pgo_policy read = pgo_policy_defaults();
	char *text = malloc(POLICY_BYTES_MOST);
	FILE *file = fopen(t->policy_file, "r");
	size_t length = file && text ? fread(text, 1, POLICY_BYTES_MOST, file) : 0;
	int reason = !file ? errno : !text ? ENOMEM : ferror(file) ? EIO : length == POLICY_BYTES_MOST ? EFBIG : 0;
	if (reason)
		pgo_error_set(&err, PGO_EFORMAT, "%s", strerror(reason));
	else
		pgo_policy_parse(&read, text, length, &err);
	if (file)
		fclose(file);
	free(text);
	if (err.code) {
		char line[40] = "";
		if (err.is_line)
			snprintf(line, sizeof line, "line %llu: ", (unsigned long long)err.offset);
		pgo_error_set(&t->common->err, PGO_EFORMAT, "cannot read policy '%s': %s%s", t->policy_file, line,
			      err.message);
		if (err.hint[0])
			pgo_error_hint(&t->common->err, "%s", err.hint);
		return EINVAL;
	}
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	for (size_t i = 0; i < count; i++)
		if ((read.set & ~t->policy.set) >> i & 1) {
			double value;
			memcpy(&value, (const char *)&read + fields[i].offset, sizeof value);
			pgo_policy_set(&t->policy, fields[i].name, value, NULL);
			t->policy.filed |= UINT32_C(1) << i;
		}
	return 0;
}

static error_t parse_thresholds(int key, char *argument, struct argp_state *state)
{
	struct cli_thresholds *t = state->input;
	size_t policies, options;
	const struct pgo_policy_field *policy = pgo_policy_fields(&policies);
	const struct pgo_compare_field *option = pgo_compare_fields(&options);
	size_t row = key >= CLI_THRESHOLD_KEY ? (size_t)(key - CLI_THRESHOLD_KEY) : SIZE_MAX;
	if (row < policies)
		return set_policy(t, &policy[row], t->names[row], argument);
	if (row < policies + options)
		return set_option(t, row - policies, &option[row - policies], t->names[row], argument);
	switch (key) {
	case KEY_INCONCLUSIVE:
		if (strcmp(argument, "pass") == 0)
			t->inconclusive = PGO_EXIT_OK;
		else if (strcmp(argument, "fail") == 0)
			t->inconclusive = PGO_EXIT_REJECTED;
		else
			return cli_usage(t->common, "--inconclusive-as takes pass or fail, not '%s'", argument);
		return 0;
	case KEY_REPORT_ONLY:
		t->report_only = true;
		return 0;
	case KEY_POLICY:
		t->policy_file = argument;
		return 0;
	case ARGP_KEY_END:
		return t->policy_file ? read_policy(t) : 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void add_row(struct cli_thresholds *t, size_t row, const char *name, double fallback, const char *help,
		    int group)
{
	snprintf(t->names[row], sizeof t->names[row], "%s", name);
	for (char *c = t->names[row]; *c; c++)
		*c = *c == '_' ? '-' : *c;
	snprintf(t->texts[row], sizeof t->texts[row], "%s (default %g)", help, fallback);
	t->rows[row] = (struct argp_option){.name = t->names[row],
					    .key = CLI_THRESHOLD_KEY + (int)row,
					    .arg = "X",
					    .doc = t->texts[row],
					    .group = group};
}

void cli_thresholds_init(struct cli_thresholds *t, struct cli_common *common)
{
	*t = (struct cli_thresholds){.common = common,
				     .policy = pgo_policy_defaults(),
				     .options = pgo_compare_defaults(),
				     .inconclusive = PGO_EXIT_INCONCLUSIVE};
	size_t policies, options, row = 0;
	const struct pgo_policy_field *policy = pgo_policy_fields(&policies);
	const struct pgo_compare_field *option = pgo_compare_fields(&options);
	for (size_t i = 0; i < policies && row < CLI_THRESHOLDS_MOST - 6; i++, row++)
		add_row(t, row, policy[i].name, policy[i].fallback, policy[i].help, 5);
	for (size_t i = 0; i < options && row < CLI_THRESHOLDS_MOST - 6; i++, row++) {
		double value;
		memcpy(&value, (const char *)&t->options + option[i].offset, sizeof value);
		add_row(t, row, option[i].name, value, option[i].help, 6);
	}
	t->rows[row++] = (struct argp_option){.doc = "Thresholds of the verdict:", .group = 5};
	t->rows[row++] = (struct argp_option){.doc = "Tests of single functions:", .group = 6};
	t->rows[row++] = (struct argp_option){.name = "inconclusive-as",
					      .key = KEY_INCONCLUSIVE,
					      .arg = "pass|fail",
					      .doc = "end with exit code 0 or 1 instead of 5",
					      .group = 7};
	t->rows[row++] = (struct argp_option){.name = "report-only",
					      .key = KEY_REPORT_ONLY,
					      .doc = "end with exit code 0 whatever the verdict",
					      .group = 7};
	t->rows[row++] = (struct argp_option){.name = "policy",
					      .key = KEY_POLICY,
					      .arg = "FILE",
					      .doc = "take thresholds from the 'gate:' section of FILE, a policy of "
						     "'pgo-analyze calibrate' or a manifest; flags go before it",
					      .group = 5};
	t->argp = (struct argp){.options = t->rows, .parser = parse_thresholds};
}

int cli_verdict_exit(const struct cli_thresholds *t, const struct pgo_verdict *verdict)
{
	if (t->report_only)
		return PGO_EXIT_OK;
	return verdict->outcome == PGO_INCONCLUSIVE ? t->inconclusive : pgo_outcome_exit(verdict->outcome);
}
