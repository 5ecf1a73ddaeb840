/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/text_util.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PROSE_COLUMNS = 100, NARROWEST = 40 };

struct pgo_text pgo_text_open(FILE *out, const struct pgo_report *report)
{
	unsigned cut = report->width && report->width < NARROWEST ? NARROWEST : report->width;
	return (struct pgo_text){
		.out = out,
		.color = report->color,
		.cut = cut,
		.width = cut && cut < PROSE_COLUMNS ? cut : PROSE_COLUMNS,
	};
}

void pgo_text_colored(const struct pgo_text *t, enum pgo_text_color color, const char *text)
{
	static const char *const codes[] = {"", "\033[1m", "\033[1;31m", "\033[1;32m", "\033[1;33m"};
	if (t->color)
		fprintf(t->out, "%s%s\033[0m", codes[color], text);
	else
		fputs(text, t->out);
}

void pgo_text_heading(const struct pgo_text *t, const char *format, ...)
{
	char line[256];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	fputc('\n', t->out);
	pgo_text_colored(t, PGO_BOLD, line);
	fputc('\n', t->out);
}

unsigned pgo_text_columns(const char *text)
{
	unsigned columns = 0;
	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

void pgo_text_right(const struct pgo_text *t, unsigned columns, const char *text)
{
	unsigned used = pgo_text_columns(text);
	fprintf(t->out, "%*s%s", used < columns ? (int)(columns - used) : 0, "", text);
}

void pgo_text_left(const struct pgo_text *t, unsigned columns, const char *text)
{
	unsigned used = pgo_text_columns(text);
	fprintf(t->out, "%s%*s", text, used < columns ? (int)(columns - used) : 0, "");
}

/** Bytes of the character at `s` that may be shown, 0 when it may not. */
static size_t printable(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = pgo_utf8_sequence(s);
	bool control = u[0] < 0x20 || u[0] == 0x7f || (u[0] == 0xc2 && n == 2 && u[1] < 0xa0);
	return control ? 0 : n;
}

void pgo_text_name(const struct pgo_text *t, const char *name, unsigned columns)
{
	unsigned shown = 0;
	while (*name) {
		size_t valid = pgo_utf8_sequence(name), n = printable(name), step = valid ? valid : 1;
		if (columns && shown + 1 == columns && name[step]) {
			fputs("…", t->out);
			return;
		}
		if (n)
			fwrite(name, 1, n, t->out);
		else
			fputc('?', t->out);
		name += step;
		shown++;
	}
}

void pgo_text_wrap(const struct pgo_text *t, const char *label, unsigned indent, const char *text)
{
	pgo_text_left(t, indent, label);
	unsigned column = indent;
	while (*text) {
		while (*text == ' ')
			text++;
		size_t word = strcspn(text, " ");
		unsigned columns = 0;
		for (size_t i = 0; i < word; i++)
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (column > indent && column + 1 + columns > t->width) {
			fprintf(t->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', t->out);
			column++;
		}
		for (size_t i = 0; i < word; i++)
			fputc(iscntrl((unsigned char)text[i]) ? '?' : text[i], t->out);
		column += columns;
		text += word;
	}
	fputc('\n', t->out);
}

const char *pgo_text_percent(char out[PGO_TEXT_CELL], double share)
{
	double percent = share * 100;
	if (percent == 0)
		snprintf(out, PGO_TEXT_CELL, "0 %%");
	else if (percent < 0.01)
		snprintf(out, PGO_TEXT_CELL, "<0.01 %%");
	else if (percent < 0.995)
		snprintf(out, PGO_TEXT_CELL, "%.2f %%", percent);
	else if (percent < 99.95)
		snprintf(out, PGO_TEXT_CELL, "%.1f %%", percent);
	else if (percent < 100 - 1e-9)
		snprintf(out, PGO_TEXT_CELL, ">99.9 %%");
	else
		snprintf(out, PGO_TEXT_CELL, "%.0f %%", percent);
	return out;
}

const char *pgo_text_count(char out[PGO_TEXT_CELL], pgo_u128 value)
{
	char digits[40];
	size_t length = strlen(pgo_u128_text(value, digits)), used = 0;
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

const char *pgo_text_number(char out[PGO_TEXT_CELL], double value)
{
	if (!isfinite(value))
		strcpy(out, "-");
	else if (value >= 1e4 && value < 1e15 && value == floor(value))
		pgo_text_count(out, (pgo_u128)value);
	else
		snprintf(out, PGO_TEXT_CELL, "%.4g", value + 0.0);
	return out;
}

const char *pgo_text_optional(char out[PGO_TEXT_CELL], struct pgo_optional value)
{
	return value.present ? pgo_text_number(out, value.value) : strcpy(out, "-");
}
