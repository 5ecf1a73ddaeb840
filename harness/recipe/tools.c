/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/recipe/tools.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/sys/child.h"
#include "harness/sys/files.h"

enum { NEWEST_LLVM = 40, OLDEST_LLVM = 13 }; /* names that are looked for; 13 is the oldest that writes what we read */

static bool is_program(const char *path)
{
	struct stat st;
	return path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *program_or_null(char *path)
{
	if (is_program(path))
		return path;
	free(path);
	return NULL;
}

char *tool_on_path(const char *name)
{
	const char *path = getenv("PATH");
	if (strchr(name, '/'))
		return program_or_null(strdup(name));
	for (const char *p = path ? path : "/usr/bin:/bin"; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		char *found = n && *p == '/' ? program_or_null(files_format("%.*s/%s", (int)n, p, name)) : NULL;
		if (found)
			return found;
		p += n;
	}
	return NULL;
}

char *tool_beside(const char *path, const char *name)
{
	char real[PATH_MAX];
	if (!realpath(path, real))
		return NULL;
	*strrchr(real, '/') = 0;
	return program_or_null(files_join(real, name));
}

bool tool_says(const char *path, const char *argument, const char *cwd, const char *key, char *out, size_t size)
{
	const char *argv[] = {path, argument, NULL};
	char *text = NULL;
	if (child_capture(&text, argv, NULL, cwd, NULL))
		return false;
	const char *found = strstr(text, key);
	if (found) {
		found += strlen(key);
		size_t n = strcspn(found, "\n");
		n = n < size ? n : size - 1;
		memcpy(out, found, n);
		out[n] = 0;
	}
	free(text);
	return found != NULL;
}

int version_major(const char *version)
{
	return version ? (int)strtol(version, NULL, 10) : 0;
}

/* "clang++-22" for ".../clang-22", in the same directory or where it really lies. */
static char *find_cxx(const char *cc)
{
	const char *base = strrchr(cc, '/') + 1;
	if (strncmp(base, "clang", 5) != 0)
		return NULL;
	char *cxx = program_or_null(files_format("%.*sclang++%s", (int)(base - cc), cc, base + 5));
	return cxx ? cxx : tool_beside(cc, "clang++");
}

static char *find_clang(const char *name)
{
	char *cc = tool_on_path(name);
	if (!cc && strncmp(name, "clang-", 6) == 0)
		cc = program_or_null(files_format("/usr/lib/llvm-%d/bin/clang", version_major(name + 6)));
	for (int n = NEWEST_LLVM; !cc && strcmp(name, "clang") == 0 && n >= OLDEST_LLVM; n--) {
		char *numbered = files_format("clang-%d", n);
		cc = numbered ? tool_on_path(numbered) : NULL;
		free(numbered);
	}
	return cc;
}

void toolchain_find_clang(struct toolchain *out, const char *name)
{
	char version[64] = "";
	out->cc = find_clang(name);
	if (!out->cc)
		return;
	if (tool_says(out->cc, "--version", NULL, "clang version ", version, sizeof version))
		version[strcspn(version, " (~-+")] = 0;
	out->llvm_major = version_major(version);
	out->version = files_format("clang %s", *version ? version : "of unknown version");
	out->cxx = find_cxx(out->cc);
	out->linker = tool_beside(out->cc, "ld.lld");
}

void toolchain_find_rustc(struct toolchain *out, const char *rustc, const char *cwd)
{
	char release[64] = "?", llvm[64] = "";
	out->rustc = tool_on_path(rustc ? rustc : "rustc");
	if (!out->rustc)
		return;
	/* rustup's programs are one file under many names, so look beside the name, not beside what it points to. */
	char *beside = files_format("%.*s/cargo", (int)(strrchr(out->rustc, '/') - out->rustc), out->rustc);
	out->cargo = program_or_null(beside);
	if (!out->cargo)
		out->cargo = tool_on_path("cargo");
	tool_says(out->rustc, "-vV", cwd, "release: ", release, sizeof release);
	tool_says(out->rustc, "-vV", cwd, "LLVM version: ", llvm, sizeof llvm);
	out->llvm_major = version_major(llvm);
	out->version = files_format("rustc %s (LLVM %s)", release, *llvm ? llvm : "?");
}

void toolchain_release(struct toolchain *tools)
{
	free(tools->cc);
	free(tools->cxx);
	free(tools->cargo);
	free(tools->rustc);
	free(tools->profdata);
	free(tools->linker);
	free(tools->version);
	*tools = (struct toolchain){0};
}

/* The first line that looks like an error (compilers say the cause first), else the last that is not blank. */
static void telling_line(const char *log, char *out, size_t size)
{
	char *text = NULL;
	size_t length;
	*out = 0;
	if (files_read(&text, &length, log, NULL))
		return;
	bool is_error = false;
	char *rest = text, *line;
	while (!is_error && (line = strsep(&rest, "\n")) != NULL) {
		if (!*line)
			continue;
		is_error = strstr(line, "error") || strstr(line, "cannot find");
		size_t n = strnlen(line, size - 1);
		memcpy(out, line, n);
		out[n] = 0;
	}
	free(text);
}

/* Run one step of a probe; *well: it exited with 0. Output goes to scratch/log. */
static int try(bool *well, const char *const *argv, const char *const *env, const char *cwd, const char *scratch,
	       struct probe *probe, struct pgo_error *err)
{
	struct child_result result;
	char *log = files_join(scratch, "log");
	if (!log)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	struct child_spec spec = {
		.argv = argv, .env = env, .cwd = cwd, .stdout_path = log, .stderr_path = log, .timeout_s = 120};
	int rc = child_run(&result, &spec, err);
	if (!rc) {
		*well = result.end == CHILD_EXITED && result.status == 0;
		if (!*well)
			telling_line(log, probe->said, sizeof probe->said);
	}
	free(log);
	return rc;
}

/* Version of a raw profile: eight bytes magic, then the version with flags above bit 32 (LLVM's InstrProfData.inc). */
static unsigned raw_version(const char *path)
{
	char *bytes = NULL;
	size_t length;
	unsigned version = 0;
	if (files_read(&bytes, &length, path, NULL))
		return 0;
	if (length >= 16) {
		bool little =
			(unsigned char)bytes[7] == 0xff; /* the magic starts with 0xff, most significant byte first */
		for (int i = 0; i < 4; i++)
			version = version << 8 | (unsigned char)bytes[little ? 11 - i : 12 + i];
	}
	free(bytes);
	return version;
}

/* Candidate `k` for a reader, best first: beside the compiler, same major by name, then every other one. */
static char *reader_candidate(const struct toolchain *tools, const char *sysroot_tool, int k)
{
	int major = tools->llvm_major;
	switch (k) {
	case 0:
		return sysroot_tool ? program_or_null(strdup(sysroot_tool)) : NULL;
	case 1:
		return tools->cc ? tool_beside(tools->cc, "llvm-profdata") : NULL;
	case 2:
		return program_or_null(files_format("/usr/lib/llvm-%d/bin/llvm-profdata", major));
	case 4:
		return tool_on_path("llvm-profdata");
	default: {
		char *name = files_format("llvm-profdata-%d", k == 3 ? major : NEWEST_LLVM - (k - 5));
		char *found = name ? tool_on_path(name) : NULL;
		free(name);
		return found;
	}
	}
}

static int find_reader(struct probe *probe, const struct toolchain *tools, const char *sysroot_tool, const char *raw,
		       const char *scratch, struct pgo_error *err)
{
	char *merged = files_join(scratch, "merged.profdata");
	int rc = merged ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	probe->state = PROBE_NO_READER;
	for (int k = 0; !rc && probe->state == PROBE_NO_READER && k <= 5 + NEWEST_LLVM - OLDEST_LLVM; k++) {
		char *candidate = reader_candidate(tools, sysroot_tool, k);
		if (!candidate)
			continue;
		bool well = false;
		const char *argv[] = {candidate, "merge", "-o", merged, raw, NULL};
		rc = try(&well, argv, NULL, NULL, scratch, probe, err);
		if (!rc && well) {
			probe->state = PROBE_OK;
			probe->profdata = candidate;
		} else {
			free(candidate);
		}
	}
	free(merged);
	return rc;
}

/* Run the instrumented program and look for a reader of what it wrote. */
static int run_and_read(struct probe *probe, const struct toolchain *tools, const char *sysroot_tool,
			const char *program, const char *scratch, struct pgo_error *err)
{
	char *raw = files_join(scratch, "probe.profraw");
	char *variable = raw ? files_format("LLVM_PROFILE_FILE=%s", raw) : NULL;
	const char *argv[] = {program, NULL}, *env[] = {variable, NULL};
	bool well = false;
	int rc = variable ? try(&well, argv, env, scratch, scratch, probe, err)
			  : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	probe->state = PROBE_NO_RUN;
	if (!rc && well)
		probe->raw_version = raw_version(raw);
	if (!rc && probe->raw_version)
		rc = find_reader(probe, tools, sysroot_tool, raw, scratch, err);
	free(raw);
	free(variable);
	return rc;
}

int probe_clang(struct probe *out, const struct toolchain *tools, const char *scratch, struct pgo_error *err)
{
	static const char text[] = "int main(int argc, char **argv)\n{\n\treturn argc > 1 && argv[1][0] == 'x';\n}\n";
	char *source = files_join(scratch, "probe.c"), *program = files_join(scratch, "probe");
	bool well = false;
	const char *plain[] = {tools->cc, source, "-o", program, NULL};
	const char *instrumented[] = {
		tools->cc, "-O2", "-fprofile-generate", source, "-o", program, tools->linker ? "-fuse-ld=lld" : NULL,
		NULL};
	int rc = source && program ? files_write_atomic(source, text, sizeof text - 1, err)
				   : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	*out = (struct probe){.state = PROBE_NO_COMPILE};
	if (!rc)
		rc = try(&well, plain, NULL, scratch, scratch, out, err);
	if (!rc && well) {
		out->state = PROBE_NO_RUNTIME;
		rc = try(&well, instrumented, NULL, scratch, scratch, out, err);
		if (!rc && well)
			rc = run_and_read(out, tools, NULL, program, scratch, err);
	}
	free(source);
	free(program);
	return rc;
}

/* rustup's own llvm-profdata (component llvm-tools), where it would be. */
static char *sysroot_profdata(const struct toolchain *tools, const char *cwd)
{
	char sysroot[PATH_MAX], host[64];
	const char *argv[] = {tools->rustc, "--print", "sysroot", NULL};
	char *text = NULL;
	if (!tool_says(tools->rustc, "-vV", cwd, "host: ", host, sizeof host) ||
	    child_capture(&text, argv, NULL, cwd, NULL))
		return NULL;
	text[strcspn(text, "\n")] = 0;
	char *path =
		strlen(text) < sizeof sysroot ? files_format("%s/lib/rustlib/%s/bin/llvm-profdata", text, host) : NULL;
	free(text);
	return path;
}

int probe_rustc(struct probe *out, const struct toolchain *tools, const char *cwd, const char *scratch,
		struct pgo_error *err)
{
	static const char text[] = "fn main() {\n    std::process::exit((std::env::args().count() > 1) as i32)\n}\n";
	char *source = files_join(scratch, "probe.rs"), *program = files_join(scratch, "probe");
	char *flag = files_format("-Cprofile-generate=%s", scratch), *reader = NULL;
	bool well = false;
	const char *plain[] = {tools->rustc, "--edition=2021", source, "-o", program, NULL};
	const char *instrumented[] = {tools->rustc, "--edition=2021", "-O", flag, source, "-o", program, NULL};
	int rc = source && program && flag ? files_write_atomic(source, text, sizeof text - 1, err)
					   : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	*out = (struct probe){.state = PROBE_NO_COMPILE};
	if (!rc)
		rc = try(&well, plain, NULL, cwd, scratch, out, err);
	if (!rc && well) {
		out->state = PROBE_NO_RUNTIME;
		rc = try(&well, instrumented, NULL, cwd, scratch, out, err);
		reader = sysroot_profdata(tools, cwd);
		if (!rc && well)
			rc = run_and_read(out, tools, reader, program, scratch, err);
	}
	free(source);
	free(program);
	free(flag);
	free(reader);
	return rc;
}
