/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/recipe/tools.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"

/* What a run needs, tried out rather than guessed, with the command that installs what is missing. */

enum { WANTED_FREE_MIB = 2048 }; /* two build trees of a mid-sized program and its raw profiles */

struct checkup {
	struct doctor *doctor;
	const struct corpus *corpus;
	const char *cwd;     /* where builds will run, or NULL */
	const char *out_dir; /* the run directory, or NULL: not known yet */
	char scratch[256];
	bool all; /* no toolchain was named: either will do */
	struct pgo_error *err;
};

static struct doctor_item *add(struct checkup *c, const char *name, bool required)
{
	struct doctor *d = c->doctor;
	struct doctor_item *items = realloc(d->items, (d->item_count + 1) * sizeof *items);
	if (!items) {
		pgo_error_set(c->err, PGO_ENOMEM, "out of memory");
		return NULL;
	}
	d->items = items;
	struct doctor_item *item = &items[d->item_count++];
	*item = (struct doctor_item){.ok = true, .required = required};
	snprintf(item->name, sizeof item->name, "%s", name);
	return item;
}

static void PGO_PRINTF(2, 3) found(struct doctor_item *item, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(item->found, sizeof item->found, format, args);
	va_end(args);
}

/* `number` goes where `remedy` says {N}. */
static void PGO_PRINTF(4, 5) missing(struct doctor_item *item, const char *remedy, int number, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(item->problem, sizeof item->problem, format, args);
	va_end(args);
	const char *mark = strstr(remedy, "{N}");
	if (mark)
		snprintf(item->remedy, sizeof item->remedy, "%.*s%d%s", (int)(mark - remedy), remedy, number, mark + 3);
	else
		snprintf(item->remedy, sizeof item->remedy, "%s", remedy);
	item->ok = false;
}

static int no_item(struct checkup *c)
{
	return c->err ? c->err->code : PGO_ENOMEM;
}

static int scratch_make(struct checkup *c)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(c->scratch, sizeof c->scratch, "%.200s/pgo-doctor-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(c->scratch)) {
		int rc = pgo_error_errno(c->err, "cannot make a temporary directory '%s'", c->scratch);
		*c->scratch = 0;
		return rc;
	}
	return PGO_OK;
}

static void scratch_drop(struct checkup *c)
{
	if (*c->scratch)
		files_remove_tree(c->scratch, NULL);
	*c->scratch = 0;
}

/* LLVM 14's llvm-profdata tells its version behind a subcommand only. */
static void profdata_version(const char *profdata, char *out, size_t size)
{
	static const char key[] = "LLVM version ";
	const char *argv[] = {profdata, "merge", "--version", NULL};
	char *text = NULL;
	snprintf(out, size, "of unknown version");
	if (tool_says(profdata, "--version", NULL, key, out, size) || child_capture(&text, argv, NULL, NULL, NULL))
		return;
	const char *found = strstr(text, key);
	if (found)
		snprintf(out, size, "%.*s", (int)strcspn(found + strlen(key), "\n"), found + strlen(key));
	free(text);
}

/* Two items out of one probe: can instrumented programs be made, and can their profile be read. */
static int report_probe(struct checkup *c, const struct probe *p, const char *runtime_remedy,
			const char *runtime_problem, const char *reader_remedy, int major)
{
	struct doctor_item *runtime = add(c, "profile runtime", !c->all);
	if (!runtime)
		return no_item(c);
	if (p->state == PROBE_NO_COMPILE)
		missing(runtime, "apt-get install gcc libc6-dev", 0, "cannot build a plain program: %.150s", p->said);
	else if (p->state == PROBE_NO_RUNTIME)
		missing(runtime, runtime_remedy, major, "%s: %.120s", runtime_problem, p->said);
	else if (p->state == PROBE_NO_RUN)
		missing(runtime, "", 0, "an instrumented program does not run or writes no profile: %.120s", p->said);
	else
		found(runtime, "an instrumented program runs and writes raw profile version %u", p->raw_version);
	struct doctor_item *reader = add(c, "llvm-profdata", !c->all);
	if (!reader)
		return no_item(c);
	char version[64];
	if (p->profdata) {
		profdata_version(p->profdata, version, sizeof version);
		found(reader, "%s (LLVM %s), reads raw profile version %u", p->profdata, version, p->raw_version);
	} else if (p->state == PROBE_NO_READER) {
		missing(reader, reader_remedy, major, "no llvm-profdata reads raw profile version %u%s%.100s",
			p->raw_version, *p->said ? ": " : "", p->said);
	} else {
		reader->required = false; /* the item before it says what is wrong */
		missing(reader, "", 0, "not tried: there is no profile to read");
	}
	return PGO_OK;
}

static int check_clang(struct checkup *c, struct toolchain *tools, const char *name)
{
	struct probe probe = {0};
	int rc = PGO_OK;
	toolchain_find_clang(tools, name);
	struct doctor_item *item = add(c, "compiler", !c->all);
	if (!item)
		return no_item(c);
	if (!tools->cc) {
		missing(item, "", 0, "'%s' is not there", name);
		snprintf(item->remedy, sizeof item->remedy, "apt-get install %s llvm%s lld%s", name,
			 name + strlen("clang"), name + strlen("clang"));
		return PGO_OK;
	}
	found(item, "%s (%s)", tools->cc, tools->version);
	rc = scratch_make(c);
	if (!rc)
		rc = probe_clang(&probe, tools, c->scratch, c->err);
	scratch_drop(c);
	if (!rc)
		rc = report_probe(c, &probe, "apt-get install libclang-rt-{N}-dev", "instrumented programs do not link",
				  "apt-get install llvm-{N}", tools->llvm_major);
	tools->profdata = probe.profdata;
	if (rc || !(item = add(c, "linker", false)))
		return rc ? rc : no_item(c);
	if (tools->linker)
		found(item, "%s", tools->linker);
	else
		missing(item, "apt-get install lld-{N}", tools->llvm_major,
			"no lld beside the compiler; the default linker is used");
	return PGO_OK;
}

/* PATH's rustc first; where that one cannot do it, Debian's own place (rustc-web has profiler_builtins, rustc has not).
 */
static int probe_rustcs(struct checkup *c, struct toolchain *tools, struct probe *probe)
{
	static const char *const places[] = {NULL, "/usr/bin/rustc"};
	int rc = PGO_OK;
	for (size_t i = 0; i < sizeof places / sizeof *places && !rc; i++) {
		struct toolchain candidate = {0};
		struct probe result = {0};
		toolchain_find_rustc(&candidate, places[i], c->cwd);
		if (!candidate.rustc || (tools->rustc && strcmp(candidate.rustc, tools->rustc) == 0)) {
			toolchain_release(&candidate);
			continue;
		}
		rc = scratch_make(c);
		if (!rc)
			rc = probe_rustc(&result, &candidate, c->cwd, c->scratch, c->err);
		scratch_drop(c);
		if (!tools->rustc || (result.state == PROBE_OK && probe->state != PROBE_OK)) {
			toolchain_release(tools);
			free(probe->profdata);
			*tools = candidate;
			*probe = result;
		} else {
			toolchain_release(&candidate);
			free(result.profdata);
		}
		if (probe->state == PROBE_OK)
			break;
	}
	return rc;
}

static int check_rustc(struct checkup *c, struct toolchain *tools)
{
	struct probe probe = {0};
	int rc = probe_rustcs(c, tools, &probe);
	struct doctor_item *item = rc ? NULL : add(c, "rustc", !c->all);
	if (!item)
		return rc ? rc : no_item(c);
	if (!tools->rustc) {
		missing(item, "apt-get install rustc-web cargo-web rust-web-llvm", 0, "no rustc on PATH");
		return PGO_OK;
	}
	found(item, "%s (%s)", tools->rustc, tools->version);
	rc = report_probe(c, &probe, "apt-get install rustc-web cargo-web rust-web-llvm",
			  "this rustc cannot make instrumented programs (no profiler_builtins)",
			  "apt-get install llvm-{N}", tools->llvm_major);
	tools->profdata = probe.profdata;
	if (rc || !(item = add(c, "cargo", !c->all && c->corpus && c->corpus->build.recipe == RECIPE_CARGO)))
		return rc ? rc : no_item(c);
	char version[64] = "?";
	if (tools->cargo && tool_says(tools->cargo, "--version", c->cwd, "cargo ", version, sizeof version))
		found(item, "%s (cargo %s)", tools->cargo, version);
	else if (tools->cargo)
		missing(item, "apt-get install cargo-web", 0, "'%.200s' does not run", tools->cargo);
	else
		missing(item, "apt-get install cargo-web", 0, "no cargo beside rustc or on PATH");
	return PGO_OK;
}

static int check_program(struct checkup *c, const char *name, bool required, const char *remedy, const char *problem)
{
	struct doctor_item *item = add(c, name, required);
	char *path = item ? tool_on_path(name) : NULL;
	char version[80] = "";
	if (!item)
		return no_item(c);
	if (path) {
		tool_says(path, "--version", NULL, "", version, sizeof version);
		found(item, "%s%s%s%s", path, *version ? " (" : "", version, *version ? ")" : "");
	} else {
		missing(item, remedy, 0, "%s", problem);
	}
	free(path);
	return PGO_OK;
}

static int check_recipe(struct checkup *c)
{
	enum recipe_kind recipe = c->corpus->build.recipe;
	int rc = PGO_OK;
	if (recipe == RECIPE_MAKE)
		return check_program(c, "make", true, "apt-get install make",
				     "the recipe runs make, which is not there");
	if (recipe == RECIPE_CMAKE) {
		rc = check_program(c, "cmake", true, "apt-get install cmake",
				   "the recipe runs cmake, which is not there");
		if (!rc)
			rc = check_program(c, "ninja", false, "apt-get install ninja-build", "builds use make instead");
	}
	return rc;
}

static int check_package(struct checkup *c, const char *package)
{
	const char *argv[] = {"dpkg-query", "-W", "-f=${Status} ${Version}", package, NULL};
	char name[64], *text = NULL, remedy[200];
	snprintf(name, sizeof name, "package %.50s", package);
	snprintf(remedy, sizeof remedy, "apt-get install %.150s", package);
	struct doctor_item *item = add(c, name, true);
	if (!item)
		return no_item(c);
	static const char installed[] = "install ok installed ";
	char *query = tool_on_path(argv[0]);
	int rc = query ? child_capture(&text, argv, NULL, NULL, NULL) : PGO_OK;
	if (!query) {
		item->required = false;
		missing(item, "", 0, "cannot tell: this is no Debian system (no dpkg-query)");
	} else if (rc || strncmp(text, installed, sizeof installed - 1) != 0) {
		missing(item, remedy, 0, "the build needs it");
	} else {
		found(item, "%.200s", text + sizeof installed - 1);
	}
	free(query);
	free(text);
	return PGO_OK;
}

static int check_disk(struct checkup *c)
{
	uint64_t bytes;
	struct doctor_item *item = add(c, "disk", false);
	if (!item)
		return no_item(c);
	const char *where = c->out_dir ? c->out_dir : ".";
	if (files_free_bytes(&bytes, where, NULL)) {
		missing(item, "", 0, "free space cannot be determined");
		return PGO_OK;
	}
	unsigned long mib = (unsigned long)(bytes >> 20);
	if (mib < WANTED_FREE_MIB)
		missing(item, "put the run elsewhere: --out DIR", 0,
			"only %lu MiB free in '%.150s'; builds and profiles may need more", mib, where);
	else
		found(item, "%lu MiB free in '%.200s'", mib, where);
	return PGO_OK;
}

static int check_toolchains(struct checkup *c, const char *toolchain)
{
	struct toolchain clang = {0}, rust = {0}, *tools = &c->doctor->tools;
	int rc = PGO_OK;
	if (!toolchain || strncmp(toolchain, "clang", 5) == 0)
		rc = check_clang(c, &clang, toolchain ? toolchain : "clang");
	if (!rc && (!toolchain || strcmp(toolchain, "rustc") == 0))
		rc = check_rustc(c, &rust);
	if (clang.cc) {
		*tools = clang;
		clang = (struct toolchain){0};
		tools->rustc = rust.rustc;
		tools->cargo = rust.cargo;
		rust.rustc = rust.cargo = NULL;
	} else {
		*tools = rust;
		rust = (struct toolchain){0};
	}
	toolchain_release(&clang);
	toolchain_release(&rust);
	return rc;
}

static bool judge(const struct checkup *c)
{
	const struct doctor *d = c->doctor;
	bool any_reader = false, ok = true;
	for (size_t i = 0; i < d->item_count; i++) {
		any_reader = any_reader || (d->items[i].ok && strcmp(d->items[i].name, "llvm-profdata") == 0);
		ok = ok && (d->items[i].ok || !d->items[i].required);
	}
	return ok && any_reader;
}

int doctor_run(struct doctor *out, const struct corpus *corpus, const char *toolchain, const char *out_dir,
	       struct pgo_error *err)
{
	struct pgo_error own = {0};
	struct doctor doctor = {0};
	struct checkup c = {
		.doctor = &doctor, .corpus = corpus, .out_dir = out_dir, .all = !toolchain, .err = err ? err : &own};
	char *source = corpus && !strstr(corpus->source, "{out}") ? recipe_source_dir(corpus, "") : NULL;
	char *cwd = source ? files_join(source, corpus->build.directory) : NULL;
	if (toolchain && strcmp(toolchain, "rustc") != 0 && strncmp(toolchain, "clang", 5) != 0) {
		free(source);
		free(cwd);
		return pgo_error_set(err, PGO_EINVAL, "toolchain '%s' is unknown (clang, clang-N or rustc)", toolchain);
	}
	c.cwd = cwd && files_is_directory(cwd) ? cwd : NULL;
	bool counts = corpus && corpus->measure.method_set && corpus->measure.method == MEASURE_CACHEGRIND;
	int rc = check_toolchains(&c, toolchain);
	if (!rc && corpus)
		rc = check_recipe(&c);
	for (size_t i = 0; corpus && i < corpus->build.needs.count && !rc; i++)
		rc = check_package(&c, corpus->build.needs.items[i]);
	if (!rc)
		rc = check_program(&c, "valgrind", counts, "apt-get install valgrind",
				   "not there; measuring by method cachegrind needs it");
	if (!rc)
		rc = check_disk(&c);
	doctor.ok = judge(&c);
	free(source);
	free(cwd);
	if (rc)
		doctor_release(&doctor);
	else
		*out = doctor;
	return rc;
}

void doctor_release(struct doctor *doctor)
{
	toolchain_release(&doctor->tools);
	free(doctor->items);
	*doctor = (struct doctor){0};
}

json_object *doctor_json(const struct doctor *doctor)
{
	json_object *root = json_object_new_object(), *items = json_object_new_array();
	json_object_object_add(root, "schema", json_object_new_string("pgo-harness/doctor/1"));
	json_object_object_add(root, "ok", json_object_new_boolean(doctor->ok));
	for (size_t i = 0; i < doctor->item_count; i++) {
		const struct doctor_item *from = &doctor->items[i];
		json_object *item = json_object_new_object();
		json_object_object_add(item, "name", json_object_new_string(from->name));
		json_object_object_add(item, "ok", json_object_new_boolean(from->ok));
		json_object_object_add(item, "required", json_object_new_boolean(from->required));
		json_object_object_add(item, "found", json_object_new_string(from->found));
		json_object_object_add(item, "problem", json_object_new_string(from->problem));
		json_object_object_add(item, "remedy", json_object_new_string(from->remedy));
		json_object_array_add(items, item);
	}
	json_object_object_add(root, "items", items);
	return root;
}

void doctor_print(const struct doctor *doctor, FILE *out)
{
	for (size_t i = 0; i < doctor->item_count; i++) {
		const struct doctor_item *item = &doctor->items[i];
		const char *mark = item->ok ? "ok" : item->required ? "missing" : "note";
		fprintf(out, "%-8s %-16s %s", mark, item->name, item->found);
		if (*item->problem)
			fprintf(out, "%s%s", *item->found ? "; " : "", item->problem);
		fputc('\n', out);
		if (*item->remedy)
			fprintf(out, "%-8s %-16s -> %s\n", "", "", item->remedy);
	}
	fprintf(out, "%s\n", doctor->ok ? "ready" : "not ready: see 'missing' above");
}
