/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_BASE_DIGITS_H
#define PGO_BASE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers in files: all of the text has to be digits, and the value has to fit. strtoull() takes more than that
 * (blanks, a sign) and needs an end behind the digits, which a mapped file does not have.
 */

/** Value of a digit, 0 to 15; 99: it is none. */
static inline unsigned pgo_digit(char c)
{
	return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
	       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
	       : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
				      : 99;
}

/** @param base  2 to 16. @return false: no digits, another character, or more than 64 bits; *out is unchanged */
static inline bool pgo_digits(const char *text, size_t length, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = pgo_digit(text[i]);
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (length > 0)
		*out = value;
	return length > 0;
}

/** The same, hexadecimal behind 0x and decimal without. */
static inline bool pgo_digits_or_hex(const char *text, size_t length, uint64_t *out)
{
	bool hex = length > 2 && text[0] == '0' && (text[1] | 32) == 'x';
	return hex ? pgo_digits(text + 2, length - 2, 16, out) : pgo_digits(text, length, 10, out);
}

#endif
