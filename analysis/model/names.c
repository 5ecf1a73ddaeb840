/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "analysis/model/names.h"
#include "pgo/profile.h"

/*
 * PGO names are linker names; those of local functions carry their file in front ("file;name" in IR profiles of LLVM
 * >= 17, "file:name" before and in front-end profiles). What varies between builds of the same source is taken out:
 * directories, rustc's codegen unit and hashes, ThinLTO's suffix. The base name of the file stays, so that static
 * functions of the same name in two files are not taken for one another.
 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "dir/file.ext": an extension of 1 to 5 letters or digits, and no blank or bracket (Objective-C: "-[A b:c:]"). */
static bool looks_like_file(const char *s, size_t length)
{
	size_t dot = length;
	for (size_t i = 0; i < length; i++) {
		if (s[i] == ' ' || s[i] == '[')
			return false;
		if (s[i] == '/' || s[i] == '\\')
			dot = length;
		else if (s[i] == '.')
			dot = i;
	}
	if (dot == length || length - dot < 2 || length - dot > 6)
		return false;
	for (size_t i = dot + 1; i < length; i++)
		if (!is_alnum(s[i]) && s[i] != '+')
			return false;
	return true;
}

size_t pgo_name_file_prefix(const char *name, size_t length)
{
	const char *semicolon = memchr(name, ';', length);
	if (semicolon && semicolon > name && semicolon + 1 < name + length)
		return (size_t)(semicolon - name) + 1;
	const char *colon = memchr(name, ':', length);
	while (colon) {
		size_t at = (size_t)(colon - name);
		if (at + 1 < length && name[at + 1] != ':' && looks_like_file(name, at))
			return at + 1;
		colon = memchr(colon + 1, ':', length - at - 1);
	}
	return 0;
}

/* rustc's codegen unit: "<crate>.<16 hex>-cgu.<n>". The number of hex digits is left open. */
static bool is_codegen_unit(const char *s, size_t length)
{
	static const char mark[] = "-cgu.";
	for (size_t i = 0; i + sizeof mark - 1 <= length; i++)
		if (memcmp(s + i, mark, sizeof mark - 1) == 0)
			return true;
	return false;
}

/* ".llvm.<digits>" at the end: the promotion of a local by ThinLTO. */
static size_t without_llvm_suffix(const char *s, size_t length)
{
	static const char mark[] = ".llvm.";
	size_t end = length;
	while (end > 0 && is_digit(s[end - 1]))
		end--;
	if (end == length || end < sizeof mark - 1 || memcmp(s + end - (sizeof mark - 1), mark, sizeof mark - 1) != 0)
		return length;
	return end - (sizeof mark - 1);
}

/* Legacy Rust: "_ZN…17h<16 hex>E"; returns where "17h" starts, or `length` when it is not such a name. */
static size_t rust_legacy_hash(const char *s, size_t length)
{
	if (length < 24 || memcmp(s, "_ZN", 3) != 0 || s[length - 1] != 'E')
		return length;
	size_t at = length - 20;
	if (memcmp(s + at, "17h", 3) != 0)
		return length;
	for (size_t i = at + 3; i < length - 1; i++)
		if (!is_hex(s[i]))
			return length;
	return at;
}

/* Rust v0: the crate's disambiguator "s<base 62>_" after each 'C' of a crate root; it changes with the compiler. */
static size_t copy_rust_v0(char *out, const char *s, size_t length)
{
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		out[n++] = s[i];
		if (s[i] != 'C' || i + 1 >= length || s[i + 1] != 's')
			continue;
		size_t end = i + 2;
		while (end < length && is_alnum(s[end]))
			end++;
		if (end + 1 < length && s[end] == '_' && is_digit(s[end + 1]))
			i = end;
	}
	return n;
}

size_t pgo_name_normalize(char *out, const char *name, size_t length)
{
	size_t n = 0;
	size_t prefix = pgo_name_file_prefix(name, length);
	if (prefix && !is_codegen_unit(name, prefix)) {
		size_t base = prefix - 1;
		while (base > 0 && name[base - 1] != '/' && name[base - 1] != '\\')
			base--;
		memcpy(out, name + base, prefix - 1 - base);
		n = prefix - 1 - base;
		out[n++] = ';';
	}
	const char *symbol = name + prefix;
	size_t left = without_llvm_suffix(symbol, length - prefix);
	if (left > 2 && memcmp(symbol, "_R", 2) == 0)
		return n + copy_rust_v0(out + n, symbol, left);
	size_t hash = rust_legacy_hash(symbol, left);
	memcpy(out + n, symbol, hash);
	n += hash;
	if (hash < left)
		out[n++] = 'E';
	return n;
}
