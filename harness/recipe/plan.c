/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/recipe/job.h"
#include "harness/recipe/tools.h"
#include "harness/sys/files.h"

/* The recipes: what runs where, with which flags. */

static int no_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

bool args_mention(const struct string_list *args, const char *prefix)
{
	for (size_t i = 0; i < args->count; i++)
		if (strncmp(args->items[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

int job_env(struct job *job, const char *key, const char *value)
{
	char *text = files_format("%s=%s", key, value);
	int rc = text ? string_list_push(&job->env, text) : -1;
	free(text);
	return rc;
}

/* "a b", without a blank where one is empty. */
static char *join_flags(const char *a, const char *b)
{
	return files_format("%s%s%s", a, *a && *b ? " " : "", b);
}

int job_flags(struct job *job, struct pgo_error *err)
{
	const struct corpus *c = job->corpus;
	char *clang = NULL, *link = NULL;
	/* Without clang the C compiler of the system builds C parts; these flags would mean something else to it. */
	bool by_clang = job->tools->cc && c->build.recipe != RECIPE_CARGO;
	if (by_clang && job->phase == BUILD_OPTIMIZED && strpbrk(job->profile, " \t\n"))
		return pgo_error_set(err, PGO_EINVAL,
				     "profile path '%s' holds a blank, which CFLAGS cannot carry; use another "
				     "--out",
				     job->profile);
	if (job->phase == BUILD_INSTRUMENTED) {
		clang = strdup(by_clang ? "-fprofile-generate" : "");
		job->rust_phase = files_format("-Cprofile-generate=%s/build-profiles", job->phase_dir);
	} else if (job->phase == BUILD_OPTIMIZED) {
		clang = by_clang ? files_format("-fprofile-use=%s", job->profile) : strdup("");
		job->rust_phase = files_format("-Cprofile-use=%s", job->profile);
	} else {
		clang = strdup("");
		job->rust_phase = strdup("");
	}
	if (clang && job->rust_phase)
		link = join_flags(clang, by_clang && job->tools->linker ? "-fuse-ld=lld" : "");
	if (link) {
		job->cflags = join_flags(c->build.cflags, clang);
		job->ldflags = join_flags(c->build.ldflags, link);
		job->rustflags = join_flags(c->build.rustflags, job->rust_phase);
	}
	free(clang);
	free(link);
	return job->cflags && job->ldflags && job->rustflags ? PGO_OK : no_memory(err);
}

int job_compiler_env(struct job *job)
{
	const struct toolchain *t = job->tools;
	char *sink = files_format("%s/build-profiles/%%p-%%m.profraw", job->phase_dir);
	/* Instrumented tools that run during the build leave their profiles there, not in the tree. */
	int rc = sink ? job_env(job, "LLVM_PROFILE_FILE", sink) : -1;
	free(sink);
	if (rc || job_env(job, "MAKEFLAGS", "") || (t->cc && job_env(job, "CC", t->cc)) ||
	    (t->cxx && job_env(job, "CXX", t->cxx)))
		return -1;
	if ((t->cc || *job->cflags) && (job_env(job, "CFLAGS", job->cflags) || job_env(job, "CXXFLAGS", job->cflags)))
		return -1;
	if ((t->cc || *job->ldflags) && job_env(job, "LDFLAGS", job->ldflags))
		return -1;
	for (size_t i = 0; i < job->corpus->build.env.count; i++)
		if (string_list_push(&job->env, job->corpus->build.env.items[i]))
			return -1;
	return 0;
}

int job_append_args(struct job *job, struct string_list *argv, const struct string_list *args)
{
	const struct placeholders values = {.corpus = job->corpus->directory,
					    .source = job->copies ? job->copy : job->source,
					    .out = job->out_dir,
					    .cflags = job->cflags,
					    .cxxflags = job->cflags,
					    .ldflags = job->ldflags,
					    .cc = job->tools->cc,
					    .cxx = job->tools->cxx};
	struct string_list expanded = {0};
	int rc = placeholders_expand_list(&expanded, args, &values);
	for (size_t i = 0; i < expanded.count && !rc; i++)
		rc = string_list_push(argv, expanded.items[i]);
	string_list_release(&expanded);
	return rc;
}

static int push_format(struct string_list *argv, char *text)
{
	int rc = text ? string_list_push(argv, text) : -1;
	free(text);
	return rc;
}

static long processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? n : 1;
}

/* work and binary of the recipes that build in a copy of the tree. */
static int plan_copy(struct job *job)
{
	const struct corpus *c = job->corpus;
	bool top = strcmp(c->build.directory, ".") == 0 || !*c->build.directory;
	job->copies = true;
	job->work = top ? strdup(job->copy) : files_join(job->copy, c->build.directory);
	job->binary = files_join(job->copy, c->build.binary);
	return job->work && job->binary ? 0 : -1;
}

int recipe_plan_make(struct job *job, struct pgo_error *err)
{
	const struct string_list *args = &job->corpus->build.args;
	struct string_list *argv = &job->steps[0].argv;
	job->step_count = 1;
	job->steps[0].what = "build";
	if (plan_copy(job) || job_compiler_env(job) || string_list_push(argv, "make") ||
	    (!args_mention(args, "-j") && push_format(argv, files_format("-j%ld", processors()))))
		return no_memory(err);
	/* A makefile that sets CC itself heeds the command line only. */
	if (job->tools->cc && !args_mention(args, "CC=") && push_format(argv, files_format("CC=%s", job->tools->cc)))
		return no_memory(err);
	if (job->tools->cxx && !args_mention(args, "CXX=") &&
	    push_format(argv, files_format("CXX=%s", job->tools->cxx)))
		return no_memory(err);
	return job_append_args(job, argv, args) ? no_memory(err) : PGO_OK;
}

int recipe_plan_command(struct job *job, struct pgo_error *err)
{
	job->step_count = 1;
	job->steps[0].what = "build";
	if (plan_copy(job) || job_compiler_env(job))
		return no_memory(err);
	/* Flags for rustc where rustc is the toolchain; else the user's own stay what they are. */
	if (job->tools->rustc && !job->tools->cc) {
		const char *own = getenv("RUSTFLAGS");
		char *all = join_flags(own ? own : "", job->rustflags);
		int rc = all ? job_env(job, "RUSTFLAGS", all) : -1;
		free(all);
		if (rc)
			return no_memory(err);
	}
	return job_append_args(job, &job->steps[0].argv, &job->corpus->build.command) ? no_memory(err) : PGO_OK;
}

int recipe_plan_cmake(struct job *job, struct pgo_error *err)
{
	const struct corpus *c = job->corpus;
	const struct string_list *args = &c->build.args;
	struct string_list *configure = &job->steps[0].argv, *build = &job->steps[1].argv;
	char *ninja = tool_on_path("ninja");
	const char *generator = ninja ? "Ninja" : "Unix Makefiles";
	free(ninja);
	job->step_count = 2;
	job->steps[0].what = "configure";
	job->steps[1].what = "build";
	job->work = files_join(job->phase_dir, "cmake");
	job->binary = job->work ? files_join(job->work, c->build.binary) : NULL;
	if (!job->binary || job_compiler_env(job) || string_list_push(configure, "cmake") ||
	    string_list_push(configure, "-S") || string_list_push(configure, job->directory) ||
	    string_list_push(configure, "-B") || string_list_push(configure, job->work) ||
	    (!args_mention(args, "-G") &&
	     (string_list_push(configure, "-G") || string_list_push(configure, generator))) ||
	    (!args_mention(args, "-DCMAKE_BUILD_TYPE") && string_list_push(configure, "-DCMAKE_BUILD_TYPE=Release")))
		return no_memory(err);
	/* Explicit, though the environment says the same: a toolchain file or a cache preset may ignore the
	 * environment. */
	const struct {
		const char *key, *value;
	} settings[] = {
		{"C_COMPILER", job->tools->cc},
		{"CXX_COMPILER", job->tools->cxx},
		{"C_FLAGS", job->cflags},
		{"CXX_FLAGS", job->cflags},
		{"EXE_LINKER_FLAGS", job->ldflags},
		{"SHARED_LINKER_FLAGS", job->ldflags},
		{"MODULE_LINKER_FLAGS", job->ldflags},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (settings[i].value &&
		    push_format(configure, files_format("-DCMAKE_%s=%s", settings[i].key, settings[i].value)))
			return no_memory(err);
	if (job_append_args(job, configure, args) || string_list_push(build, "cmake") ||
	    string_list_push(build, "--build") || string_list_push(build, job->work) ||
	    string_list_push(build, "--parallel") || push_format(build, files_format("%ld", processors())))
		return no_memory(err);
	for (size_t i = 0; i < c->build.targets.count; i++)
		if ((i == 0 && string_list_push(build, "--target")) ||
		    string_list_push(build, c->build.targets.items[i]))
			return no_memory(err);
	return PGO_OK;
}

/* The value of an option in "--name value" or "--name=value" form; NULL: not there. */
static const char *option_value(const struct string_list *args, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < args->count; i++) {
		if (strcmp(args->items[i], name) == 0)
			return args->items[i + 1];
		if (strncmp(args->items[i], name, n) == 0 && args->items[i][n] == '=')
			return args->items[i] + n + 1;
	}
	return NULL;
}

/* target[/TRIPLE]/release, as cargo lays it out. */
static char *cargo_binary(const struct job *job)
{
	const struct string_list *args = &job->corpus->build.args;
	const char *triple = option_value(args, "--target"), *profile = option_value(args, "--profile");
	if (profile && strcmp(profile, "dev") == 0)
		profile = "debug";
	return files_format("%s/target/%s%s%s/%s", job->phase_dir, triple ? triple : "", triple ? "/" : "",
			    profile ? profile : "release", job->corpus->build.binary);
}

int recipe_plan_cargo(struct job *job, struct pgo_error *err)
{
	const struct corpus *c = job->corpus;
	struct string_list *argv = &job->steps[0].argv;
	char *lock = files_join(job->directory, "Cargo.lock"), *top = files_join(job->source, "Cargo.lock"),
	     *target = NULL;
	int rc = PGO_OK;
	if (!lock || !top) {
		rc = no_memory(err);
		goto done;
	}
	const char *locked = files_exists(lock) ? lock : files_exists(top) ? top : NULL;
	job->step_count = 1;
	job->steps[0].what = "build";
	/* Without a lock file cargo writes one, so it gets a copy of the tree to do that in. */
	if (!locked && plan_copy(job)) {
		rc = no_memory(err);
		goto done;
	}
	free(job->binary);
	job->binary = cargo_binary(job);
	job->work = job->work ? job->work : strdup(job->directory);
	target = files_join(job->phase_dir, "target");
	if (!job->binary || !job->work || !target || job_compiler_env(job) ||
	    job_env(job, "CARGO_TARGET_DIR", target) || string_list_push(argv, job->tools->cargo) ||
	    string_list_push(argv, "build") ||
	    (!args_mention(&c->build.args, "--profile") && string_list_push(argv, "--release")) ||
	    (job->tools->rustc && job_env(job, "RUSTC", job->tools->rustc)) ||
	    (locked && !args_mention(&c->build.args, "--locked") && string_list_push(argv, "--locked")) ||
	    (locked && !cargo_has_dependencies(locked) && string_list_push(argv, "--offline"))) {
		rc = no_memory(err);
		goto done;
	}
	rc = cargo_flags(job, err);
	if (!rc && job_append_args(job, argv, &c->build.args))
		rc = no_memory(err);
	job->extra = rc ? NULL : cargo_release_profile(job->directory, job->source);
done:
	free(lock);
	free(top);
	free(target);
	return rc;
}
