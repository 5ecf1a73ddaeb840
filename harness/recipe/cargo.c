/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/recipe/job.h"
#include "harness/sys/files.h"

/* What is peculiar to cargo: whose flags win, what the release profile says, whether the network is needed. */

/* Left by cargo for every build script, whatever the flags came from: that is how a probe learns the user's own. */
static const char probe_script[] = "use std::{env, fs};\n"
				   "fn main() {\n"
				   "    let flags = env::var(\"CARGO_ENCODED_RUSTFLAGS\").unwrap_or_default();\n"
				   "    fs::write(env::var(\"PGO_HARNESS_FLAGS\").unwrap(), flags).unwrap();\n"
				   "}\n";
static const char probe_manifest[] =
	"[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2018\"\n[workspace]\n";

static int write_probe(const char *dir, struct pgo_error *err)
{
	char *toml = files_join(dir, "Cargo.toml"), *script = files_join(dir, "build.rs");
	char *src = files_join(dir, "src"), *lib = files_join(dir, "src/lib.rs");
	int rc = toml && script && src && lib ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!rc)
		rc = files_mkdirs(src, err);
	if (!rc)
		rc = files_write_atomic(toml, probe_manifest, sizeof probe_manifest - 1, err);
	if (!rc)
		rc = files_write_atomic(script, probe_script, sizeof probe_script - 1, err);
	if (!rc)
		rc = files_write_atomic(lib, "", 0, err);
	free(toml);
	free(script);
	free(src);
	free(lib);
	return rc;
}

/* The probe's command: what of the user's arguments decides which configuration holds goes along. */
static int probe_argv(struct string_list *argv, const struct job *job, const char *dir)
{
	const struct string_list *args = &job->corpus->build.args;
	char *manifest = files_format("--manifest-path=%s/Cargo.toml", dir);
	char *target = files_format("--target-dir=%s/target", dir);
	int rc = !manifest || !target || string_list_push(argv, job->tools->cargo) || string_list_push(argv, "build") ||
		 string_list_push(argv, "--offline") || string_list_push(argv, manifest) ||
		 string_list_push(argv, target);
	for (size_t i = 0; i < args->count && !rc; i++) {
		bool option = strcmp(args->items[i], "--target") == 0 || strcmp(args->items[i], "--config") == 0;
		if (option || strncmp(args->items[i], "--target=", 9) == 0 ||
		    strncmp(args->items[i], "--config=", 9) == 0)
			rc = string_list_push(argv, args->items[i]);
		if (option && !rc && i + 1 < args->count)
			rc = string_list_push(argv, args->items[++i]);
	}
	free(manifest);
	free(target);
	return rc;
}

/* The user's flags in force where the build will run, separated by 0x1f; caller frees. */
static int own_flags(char **out, const struct job *job, struct pgo_error *err)
{
	struct string_list argv = {0}, env = {0};
	char *dir = files_join(job->phase_dir, "probe"), *answer = files_format("%s/flags", dir);
	char *log = files_format("%s/log", dir), *variable = files_format("PGO_HARNESS_FLAGS=%s", answer);
	size_t length;
	int rc = PGO_OK;
	bool failed =
		!dir || !answer || !log || !variable || probe_argv(&argv, job, dir) || string_list_push(&env, variable);
	for (size_t i = 0; i < job->env.count && !failed; i++)
		failed = string_list_push(&env, job->env.items[i]);
	if (failed) {
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	if ((rc = write_probe(dir, err)) || (rc = files_write_atomic(log, "", 0, err)) ||
	    (rc = run_logged("asking cargo for its flags", &argv, &env, job->directory, log, err)) ||
	    (rc = files_read(out, &length, answer, err)))
		goto done;
	rc = files_remove_tree(dir, err);
done:
	string_list_release(&argv);
	string_list_release(&env);
	free(dir);
	free(answer);
	free(log);
	free(variable);
	return rc;
}

/* A configuration file by its content, where it is there. */
static void put_config(FILE *out, const char *directory)
{
	static const char *const names[] = {"config", "config.toml"};
	for (size_t i = 0; i < 2; i++) {
		char *path = files_format("%s/%s", directory, names[i]), digest[33];
		if (path && files_exists(path))
			fprintf(out, "%s %s\n", path, files_digest(digest, path, NULL) ? "?" : digest);
		free(path);
	}
}

/* .cargo of the build's directory and of all above it, then CARGO_HOME: where cargo looks. */
static void put_configs(FILE *out, const char *directory)
{
	const char *home = getenv("CARGO_HOME"), *user = getenv("HOME");
	char *at = strdup(directory);
	for (char *slash = at; at && slash;) {
		char *cargo = files_format("%s/.cargo", at);
		if (cargo)
			put_config(out, cargo);
		free(cargo);
		slash = strrchr(at, '/');
		if (slash)
			*slash = 0;
	}
	free(at);
	char *own = home && *home ? strdup(home) : files_format("%s/.cargo", user ? user : "");
	if (own)
		put_config(out, own);
	free(own);
}

/* All that decides about the user's flags: tools, arguments, configuration files, the environment's CARGO* and RUST*.
 */
static int flags_key(char out[33], const struct job *job, struct pgo_error *err)
{
	extern char **environ;
	struct string_list argv = {0};
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	int rc = stream && !probe_argv(&argv, job, "") ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!rc) {
		fprintf(stream, "%s\n%s\n%s\n", job->tools->version ? job->tools->version : "",
			job->tools->rustc ? job->tools->rustc : "", job->directory);
		for (size_t i = 0; i < argv.count; i++)
			fprintf(stream, "%s\n", argv.items[i]);
		for (char **e = environ; e && *e; e++)
			if (strncmp(*e, "CARGO", 5) == 0 || strncmp(*e, "RUST", 4) == 0)
				fprintf(stream, "%s\n", *e);
		for (size_t i = 0; i < job->corpus->build.env.count; i++)
			fprintf(stream, "%s\n", job->corpus->build.env.items[i]);
		put_configs(stream, job->directory);
	}
	if (stream && fclose(stream) && !rc)
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (!rc)
		files_digest_text(out, text);
	free(text);
	string_list_release(&argv);
	return rc;
}

/* own_flags(), asked once as long as nothing that decides about them changes. */
static int known_flags(char **out, const struct job *job, struct pgo_error *err)
{
	char key[33], *path = files_join(job->out_dir, CARGO_FLAGS_FILE);
	json_object *record = NULL;
	int rc = path ? flags_key(key, job, err) : pgo_error_set(err, PGO_ENOMEM, "out of memory");
	if (rc)
		goto done;
	const char *flags = NULL;
	if (record_read(&record, path, NULL) == PGO_OK && strcmp(record_string(record, "inputs_digest", ""), key) == 0)
		flags = record_string(record, "flags", NULL);
	if (flags) {
		*out = strdup(flags);
		rc = *out ? PGO_OK : pgo_error_set(err, PGO_ENOMEM, "out of memory");
		goto done;
	}
	json_object_put(record);
	record = NULL;
	if ((rc = own_flags(out, job, err)))
		goto done;
	record = json_object_new_object();
	json_object_object_add(record, "schema", json_object_new_string("pgo-harness/cargo-flags/1"));
	json_object_object_add(record, "inputs_digest", json_object_new_string(key));
	json_object_object_add(record, "flags", json_object_new_string(*out));
	rc = record_write(path, record, err);
done:
	json_object_put(record);
	free(path);
	return rc;
}

int cargo_flags(struct job *job, struct pgo_error *err)
{
	char *own = NULL, *all = NULL;
	int rc = known_flags(&own, job, err);
	if (rc) {
		free(own);
		return rc;
	}
	/* The manifest's are split at blanks, as cargo does with RUSTFLAGS; that of the phase may hold one in its path.
	 */
	char *ours = strdup(job->corpus->build.rustflags);
	for (char *p = ours; p && *p; p++)
		*p = *p == ' ' ? '\x1f' : *p;
	const char *parts[] = {own, ours ? ours : "", job->rust_phase};
	all = ours ? calloc(strlen(own) + strlen(ours) + strlen(job->rust_phase) + 3, 1) : NULL;
	for (size_t i = 0; all && i < 3; i++) {
		if (*all && *parts[i])
			strcat(all, "\x1f");
		strcat(all, parts[i]);
	}
	if (!all || (*all && job_env(job, "CARGO_ENCODED_RUSTFLAGS", all)))
		rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
	free(own);
	free(ours);
	free(all);
	return rc;
}

bool cargo_has_dependencies(const char *lock_path)
{
	char *text = NULL;
	size_t length;
	if (files_read(&text, &length, lock_path, NULL))
		return true;
	bool has = strncmp(text, "source =", 8) == 0 || strstr(text, "\nsource =") != NULL;
	free(text);
	return has;
}

/* Value of `key` in table [profile.release] of TOML text: quotes and comment stripped. A reader of lines, enough here.
 */
static bool release_value(const char *toml, const char *key, char *out, size_t size)
{
	bool inside = false, found = false;
	char *copy = strdup(toml), *rest = copy, *line;
	while (copy && (line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		if (*line == '[')
			inside = strncmp(line, "[profile.release]", 17) == 0;
		size_t n = strlen(key);
		if (!inside || strncmp(line, key, n) != 0)
			continue;
		char *value = line + n + strspn(line + n, " \t");
		if (*value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t");
		char quote = *value == '"' || *value == '\'' ? *value++ : 0;
		value[strcspn(value, quote == '"' ? "\"" : quote ? "'" : " \t#\r")] = 0;
		snprintf(out, size, "%s", value);
		found = true;
	}
	free(copy);
	return found;
}

/* cargo lets the environment override: CARGO_PROFILE_RELEASE_LTO and so on. */
static void add_setting(json_object *out, const char *toml, const char *key, const char *name, const char *variable,
			const char *fallback)
{
	char value[64];
	const char *own = getenv(variable);
	if (own && *own)
		json_object_object_add(out, name, json_object_new_string(own));
	else if (toml && release_value(toml, key, value, sizeof value))
		json_object_object_add(out, name, json_object_new_string(value));
	else
		json_object_object_add(out, name, json_object_new_string(fallback));
}

/* The nearest Cargo.toml from `directory` up to `top` with the table; profiles of members are ignored by cargo. */
static char *read_manifest(const char *directory, const char *top)
{
	char *at = strdup(directory), *text = NULL;
	size_t length, least = strlen(top);
	while (at && strlen(at) >= least) {
		char *path = files_join(at, "Cargo.toml"), *here = NULL;
		if (path && files_exists(path) && !files_read(&here, &length, path, NULL)) {
			free(text);
			text = here;
			if (strstr(text, "[workspace"))
				least = SIZE_MAX;
		}
		free(path);
		char *slash = strrchr(at, '/');
		if (!slash || slash == at)
			break;
		*slash = 0;
	}
	free(at);
	return text;
}

json_object *cargo_release_profile(const char *directory, const char *top)
{
	char *toml = read_manifest(directory, top);
	json_object *out = json_object_new_object();
	add_setting(out, toml, "lto", "lto", "CARGO_PROFILE_RELEASE_LTO", "false");
	add_setting(out, toml, "codegen-units", "codegen_units", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
	add_setting(out, toml, "opt-level", "opt_level", "CARGO_PROFILE_RELEASE_OPT_LEVEL", "3");
	free(toml);
	return out;
}
