/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pgo/binary.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/base/vec.h"
#include "analysis/model/names.h"

/* Scopes that functions stand in are walked this deep: namespaces, classes and functions within one another. */
enum { DEEPEST = 64 };

struct place {
	const char *name; /* as the linker knows it */
	const char *unit; /* source file the unit was made of */
	const char *file;
	uint32_t line;
};

struct pgo_binary {
	int fd;
	Elf *elf;
	Dwarf *dwarf;
	struct pgo_build_id build_id;
	PGO_VEC(struct place) places; /* by name */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *out)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formudata(&attribute, out) == 0;
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(die, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

/*
 * Not dwarf_decl_file(): it takes 0 for "none", which it is up to DWARF 4; from 5 on it is the unit's own source. The
 * number counts the files of the unit the attribute was found in, which may be another's than the entry's.
 */
static const char *file_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die unit;
	Dwarf_Half version;
	Dwarf_Word index;
	Dwarf_Files *files;
	size_t count;
	if (!dwarf_attr_integrate(die, DW_AT_decl_file, &attribute) || dwarf_formudata(&attribute, &index) != 0 ||
	    dwarf_cu_info(attribute.cu, &version, NULL, &unit, NULL, NULL, NULL, NULL) != 0)
		return NULL;
	if ((index == 0 && version < 5) || dwarf_getsrcfiles(&unit, &files, &count) != 0 || index >= count)
		return NULL;
	return dwarf_filesrc(files, index, NULL, NULL);
}

static int add_function(struct pgo_binary *b, Dwarf_Die *die, const char *unit)
{
	Dwarf_Word line;
	if (dwarf_hasattr(die, DW_AT_declaration))
		return 0;
	const char *name = text_of(die, DW_AT_linkage_name);
	if (!name)
		name = text_of(die, DW_AT_MIPS_linkage_name);
	if (!name)
		name = text_of(die, DW_AT_name);
	const char *file = name ? file_of(die) : NULL;
	if (!file || !number_of(die, DW_AT_decl_line, &line) || line == 0 || line > UINT32_MAX)
		return 0;
	struct place place = {.name = name, .unit = unit, .file = file, .line = (uint32_t)line};
	return pgo_vec_push(&b->places, place);
}

static bool is_scope(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_module || tag == DW_TAG_subprogram ||
	       tag == DW_TAG_enumeration_type;
}

/* @return 0, or -1 when out of memory; what is damaged ends its scope */
static int walk(struct pgo_binary *b, Dwarf_Die *scope, const char *unit, unsigned depth)
{
	Dwarf_Die die;
	if (depth > DEEPEST || dwarf_child(scope, &die) != 0)
		return 0;
	do {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_subprogram && add_function(b, &die, unit))
			return -1;
		if (is_scope(tag) && walk(b, &die, unit, depth + 1))
			return -1;
	} while (dwarf_siblingof(&die, &die) == 0);
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = strcmp(a->name, b->name);
	if (order == 0)
		order = strcmp(a->unit, b->unit);
	if (order == 0)
		order = strcmp(a->file, b->file);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int read_places(struct pgo_binary *b, struct pgo_error *err)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	int rc;
	b->dwarf = dwarf_begin_elf(b->elf, DWARF_C_READ, NULL);
	if (!b->dwarf)
		return PGO_OK; /* none: a stripped program */
	while ((rc = dwarf_get_units(b->dwarf, cu, &cu, NULL, &type, &die, NULL)) == 0) {
		const char *unit = type == DW_UT_compile || type == DW_UT_partial ? dwarf_diename(&die) : NULL;
		if (unit && walk(b, &die, base_name(unit), 0))
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	if (rc < 0)
		return pgo_error_set(err, PGO_EFORMAT, "damaged debug information: %s", dwarf_errmsg(-1));
	if (b->places.count)
		qsort(b->places.items, b->places.count, sizeof *b->places.items, by_name);
	return PGO_OK;
}

static void read_build_id(struct pgo_binary *b)
{
	const void *bytes = NULL;
	ssize_t length = dwelf_elf_gnu_build_id(b->elf, &bytes);
	if (length <= 0)
		return;
	b->build_id.length =
		(uint32_t)((size_t)length < sizeof b->build_id.bytes ? (size_t)length : sizeof b->build_id.bytes);
	memcpy(b->build_id.bytes, bytes, b->build_id.length);
}

int pgo_binary_open(struct pgo_binary **out, const char *path, struct pgo_error *err)
{
	int rc = PGO_OK;
	struct pgo_binary *b = calloc(1, sizeof *b);
	if (!b)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd < 0) {
		rc = pgo_error_errno(err, "cannot open it");
		goto done;
	}
	elf_version(EV_CURRENT);
	b->elf = elf_begin(b->fd, ELF_C_READ_MMAP, NULL);
	if (!b->elf || elf_kind(b->elf) != ELF_K_ELF) {
		rc = pgo_error_set(err, PGO_EFORMAT, "it is no ELF file");
		pgo_error_hint(err, "name the program the profile was made with, as the linker wrote it");
		goto done;
	}
	read_build_id(b);
	rc = read_places(b, err);
done:
	if (rc == PGO_OK) {
		*out = b;
	} else {
		pgo_error_path(err, path);
		pgo_binary_close(b);
	}
	return rc;
}

void pgo_binary_close(struct pgo_binary *b)
{
	if (!b)
		return;
	pgo_vec_release(&b->places);
	if (b->dwarf)
		dwarf_end(b->dwarf);
	if (b->elf)
		elf_end(b->elf);
	if (b->fd >= 0)
		close(b->fd);
	free(b);
}

size_t pgo_binary_function_count(const struct pgo_binary *b)
{
	return b->places.count;
}

struct pgo_build_id pgo_binary_build_id(const struct pgo_binary *b)
{
	return b->build_id;
}

/* Compares `name` of that length with a C string. */
static int compare_name(const char *name, size_t length, const char *other)
{
	int order = strncmp(name, other, length);
	return order ? order : other[length] ? -1 : 0;
}

/* First place of the name. */
static size_t first_of(const struct pgo_binary *b, const char *name, size_t length)
{
	size_t low = 0, high = b->places.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_name(name, length, b->places.items[middle].name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool find_name(const struct pgo_binary *b, const char *name, size_t length, const char *unit, size_t unit_length,
		      struct pgo_source *out)
{
	const struct place *found = NULL;
	bool several = false, in_unit = false;
	for (size_t i = first_of(b, name, length); i < b->places.count; i++) {
		const struct place *p = &b->places.items[i];
		if (compare_name(name, length, p->name) != 0)
			break;
		bool here = unit_length && compare_name(unit, unit_length, p->unit) == 0;
		if (here && !in_unit) {
			found = NULL;
			several = false;
			in_unit = true;
		} else if (in_unit && !here) {
			continue;
		}
		several |= found && (strcmp(found->file, p->file) != 0 || found->line != p->line);
		found = p;
	}
	if (!found || several)
		return false;
	*out = (struct pgo_source){.file = found->file, .line = found->line};
	return true;
}

bool pgo_binary_find(const struct pgo_binary *b, const struct pgo_function *f, struct pgo_source *out)
{
	size_t prefix = pgo_name_file_prefix(f->name, f->name_length), length = f->name_length - prefix;
	const char *name = f->name + prefix, *unit = f->name;
	if (length == 0 || memchr(name, 0, length))
		return false;
	size_t unit_length = prefix ? prefix - 1 : 0; /* without the separator */
	const char *slash = unit_length ? memrchr(unit, '/', unit_length) : NULL;
	if (slash) {
		unit_length -= (size_t)(slash + 1 - unit);
		unit = slash + 1;
	}
	if (find_name(b, name, length, unit, unit_length, out))
		return true;
	/* what ThinLTO adds when it makes a static function visible */
	const char *added = memmem(name, length, ".llvm.", 6);
	return added && added > name && find_name(b, name, (size_t)(added - name), unit, unit_length, out);
}

enum pgo_binary_fit pgo_binary_fits(const struct pgo_binary *b, const struct pgo_profile *profile)
{
	if (b->build_id.length == 0 || profile->build_id_count == 0)
		return PGO_BINARY_UNKNOWN;
	for (size_t i = 0; i < profile->build_id_count; i++) {
		const struct pgo_build_id *id = &profile->build_ids[i];
		if (id->length == b->build_id.length && memcmp(id->bytes, b->build_id.bytes, id->length) == 0)
			return PGO_BINARY_FITS;
	}
	return PGO_BINARY_OTHER;
}
