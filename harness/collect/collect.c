/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/collect/collect.h"
#include "harness/collect/profdata.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"
#include "pgo/profile.h"
#include "pgo/weights.h"

/*
 * The record profiles/merge.json holds, for every profile made, the digest of what went into it; a profile whose digest
 * did not change is not made again.
 */

struct collecting {
	const struct corpus *corpus;
	const struct collect_options *options;
	json_object *old;	/* last record, or NULL */
	json_object *workloads; /* the arrays of the new record */
	json_object *leave_one_out;
	json_object *left_out;
	json_object *train;
	struct string_list warnings;
	size_t merges;	    /* done in this run */
	double *mass;	    /* per workload of the corpus; 0: no profile */
	char (*digest)[33]; /* of each workload's profile */
};

char *collect_workload_path(const char *out_dir, const char *id)
{
	return files_format("%s/profiles/workload/%s.profdata", out_dir, id);
}

char *collect_loo_path(const char *out_dir, const char *id)
{
	return files_format("%s/profiles/loo/%s.profdata", out_dir, id);
}

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static void put_text(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

/* Entry of an array of the old record whose member "workload" is `id`; NULL when there is none. */
static json_object *old_entry(json_object *record, const char *array, const char *id)
{
	json_object *list;
	if (!record || !json_object_object_get_ex(record, array, &list) || !json_object_is_type(list, json_type_array))
		return NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);
		if (!strcmp(record_string(entry, "workload", ""), id))
			return entry;
	}
	return NULL;
}

/* Made of the same, and still what was made. */
static bool still_good(json_object *entry, const char *inputs, const char *path)
{
	char digest[33];
	return entry && !strcmp(record_string(entry, "inputs_digest", ""), inputs) &&
	       files_digest(digest, path, NULL) == PGO_OK && !strcmp(record_string(entry, "digest", ""), digest);
}

static int compare_digests(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Digest over the tool and the inputs' content, whatever the process numbers in their names. */
static int inputs_digest(char out[33], const char *profdata, char **paths, size_t count, struct pgo_error *err)
{
	char(*digests)[33] = calloc(count + 1, sizeof *digests);
	if (!digests)
		return out_of_memory(err);
	int code = PGO_OK;
	for (size_t i = 0; i < count && !code; i++)
		code = files_digest(digests[i], paths[i], err);
	if (!code) {
		qsort(digests, count, sizeof *digests, compare_digests);
		char *text = NULL;
		size_t length;
		FILE *stream = open_memstream(&text, &length);
		if (stream) {
			fprintf(stream, "%s\n", profdata);
			for (size_t i = 0; i < count; i++)
				fprintf(stream, "%s\n", digests[i]);
		}
		if (!stream || fclose(stream))
			code = out_of_memory(err);
		else
			files_digest_text(out, text);
		free(text);
	}
	free(digests);
	return code;
}

/* Raw files of a workload, as absolute paths. */
static int raw_files(struct string_list *out, const char *out_dir, const char *id, struct pgo_error *err)
{
	char *directory = files_format("%s/replay/%s/profile", out_dir, id);
	char **names = NULL;
	size_t count = 0;
	int code = directory ? files_list(&names, &count, directory, err) : out_of_memory(err);
	for (size_t i = 0; i < count && !code; i++) {
		size_t length = strlen(names[i]);
		if (length < 8 || strcmp(names[i] + length - 8, ".profraw"))
			continue;
		char *path = files_join(directory, names[i]);
		if (!path || string_list_push(out, path))
			code = out_of_memory(err);
		free(path);
	}
	files_list_free(names, count);
	free(directory);
	return code;
}

/* Mass of a merged profile: the total of its counters, pseudo counts left out. */
static int profile_mass(double *out, const char *path, const char *id, struct pgo_error *err)
{
	struct pgo_profile *profile = NULL;
	struct pgo_summary summary;
	int code = pgo_profile_open(&profile, path, NULL, err);
	if (!code)
		code = pgo_profile_summarize(&summary, profile, PGO_RECORDS_NORMAL, err);
	pgo_profile_free(profile);
	if (code)
		return code;
	*out = (double)summary.total;
	if (summary.total)
		return PGO_OK;
	pgo_error_set(err, PGO_EFORMAT, "the profile of workload '%s' is empty: no counter of the program ran", id);
	pgo_error_hint(err,
		       "check that the workload runs '{binary}' itself and not another installed copy of the program");
	return PGO_EFORMAT;
}

static int merge_workload(struct collecting *c, size_t i, struct pgo_error *err)
{
	const char *id = c->corpus->workloads[i].id;
	const char *out_dir = c->options->out_dir;
	struct string_list raw = {0};
	char *path = collect_workload_path(out_dir, id);
	char digest[33], what[128];
	size_t warned = c->warnings.count;
	int code = path ? raw_files(&raw, out_dir, id, err) : out_of_memory(err);
	if (!code && !raw.count) {
		code = pgo_error_set(err, PGO_EFORMAT, "workload '%s' left no profile in '%s/replay/%s/profile'", id,
				     out_dir, id);
		pgo_error_hint(err, "the same command replays it again");
	}
	if (!code)
		code = inputs_digest(digest, c->options->profdata, raw.items, raw.count, err);
	if (code)
		goto done;
	json_object *old = old_entry(c->old, "workloads", id);
	bool reuse = still_good(old, digest, path);
	snprintf(what, sizeof what, "profile of workload '%s'", id);
	struct profdata_merge merge = {c->options->profdata, out_dir, path, raw.count, raw.items, NULL, what};
	if (!reuse && (code = profdata_merge(&merge, &c->warnings, err)))
		goto done;
	c->merges += !reuse;
	if ((code = profile_mass(&c->mass[i], path, id, err)) || (code = files_digest(c->digest[i], path, err)))
		goto done;
	json_object *entry = json_object_new_object();
	put_text(entry, "workload", id);
	put_text(entry, "kind", workload_kind_name(c->corpus->workloads[i].kind));
	put_text(entry, "role", workload_role_name(c->corpus->workloads[i].role));
	json_object_object_add(entry, "raw_files", json_object_new_int64((int64_t)raw.count));
	json_object_object_add(entry, "mass", json_object_new_double(c->mass[i]));
	json_object_object_add(
		entry, "warnings",
		json_object_new_int64(reuse ? record_int(old, "warnings", 0) : (int64_t)(c->warnings.count - warned)));
	put_text(entry, "profile", path + strlen(out_dir) + 1);
	put_text(entry, "digest", c->digest[i]);
	put_text(entry, "inputs_digest", digest);
	json_object_array_add(c->workloads, entry);
done:
	string_list_release(&raw);
	free(path);
	return code;
}

/* Fill `shares` with the usable training workloads but `without` (SIZE_MAX: all of them). @return how many */
static size_t training_shares(struct collect_share *shares, const struct collecting *c, size_t without)
{
	size_t n = 0;
	double sum = 0;
	for (size_t i = 0; i < c->corpus->workload_count; i++) {
		const struct workload *w = &c->corpus->workloads[i];
		if (w->role != WORKLOAD_TRAIN || !c->options->usable[i] || i == without)
			continue;
		shares[n++] = (struct collect_share){.workload = i, .mass = c->mass[i], .share = w->weight};
		sum += w->weight;
	}
	for (size_t k = 0; k < n; k++)
		shares[k].share /= sum;
	return n;
}

static int assign_weights(struct collect_share *shares, size_t n, struct pgo_error *err)
{
	double *numbers = calloc(3 * n, sizeof *numbers);
	uint64_t *weights = calloc(n, sizeof *weights);
	if (!numbers || !weights) {
		free(numbers);
		free(weights);
		return out_of_memory(err);
	}
	double *masses = numbers, *wanted = numbers + n, *effective = numbers + 2 * n;
	for (size_t k = 0; k < n; k++) {
		masses[k] = shares[k].mass;
		wanted[k] = shares[k].share;
	}
	pgo_integer_weights(weights, effective, masses, wanted, n);
	for (size_t k = 0; k < n; k++) {
		shares[k].integer_weight = weights[k];
		shares[k].effective_share = effective[k];
	}
	free(numbers);
	free(weights);
	return PGO_OK;
}

static json_object *shares_json(const struct collecting *c, const struct collect_share *shares, size_t n)
{
	json_object *list = json_object_new_array();
	for (size_t k = 0; k < n; k++) {
		const struct workload *w = &c->corpus->workloads[shares[k].workload];
		json_object *entry = json_object_new_object();
		put_text(entry, "workload", w->id);
		json_object_object_add(entry, "weight", json_object_new_double(w->weight));
		json_object_object_add(entry, "mass", json_object_new_double(shares[k].mass));
		json_object_object_add(entry, "share", json_object_new_double(shares[k].share));
		json_object_object_add(entry, "effective_share", json_object_new_double(shares[k].effective_share));
		json_object_object_add(entry, "integer_weight", json_object_new_uint64(shares[k].integer_weight));
		json_object_array_add(list, entry);
	}
	return list;
}

/* What a weighted merge depends on: tool, weights, and the content of each profile. */
static int weighted_digest(char out[33], const struct collecting *c, const struct collect_share *shares, size_t n,
			   struct pgo_error *err)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	if (!stream)
		return out_of_memory(err);
	fprintf(stream, "%s\n", c->options->profdata);
	for (size_t k = 0; k < n; k++)
		fprintf(stream, "%" PRIu64 " %s\n", shares[k].integer_weight, c->digest[shares[k].workload]);
	int code = fclose(stream) ? out_of_memory(err) : PGO_OK;
	if (!code)
		files_digest_text(out, text);
	free(text);
	return code;
}

/* Merge at weights into `path`, unless `old` says that it was made of the same. @param[out] out  record entry */
static int merge_weighted(json_object **out, struct collecting *c, const struct collect_share *shares, size_t n,
			  const char *path, json_object *old, const char *what, struct pgo_error *err)
{
	char inputs[33], digest[33];
	char **paths = calloc(n, sizeof *paths);
	uint64_t *weights = calloc(n, sizeof *weights);
	int code = paths && weights ? weighted_digest(inputs, c, shares, n, err) : out_of_memory(err);
	for (size_t k = 0; k < n && !code; k++) {
		weights[k] = shares[k].integer_weight;
		paths[k] = collect_workload_path(c->options->out_dir, c->corpus->workloads[shares[k].workload].id);
		code = paths[k] ? PGO_OK : out_of_memory(err);
	}
	if (!code && !still_good(old, inputs, path)) {
		struct profdata_merge merge = {
			c->options->profdata, c->options->out_dir, path, n, paths, weights, what};
		code = profdata_merge(&merge, &c->warnings, err);
		c->merges++;
	}
	if (!code)
		code = files_digest(digest, path, err);
	if (!code) {
		*out = json_object_new_object();
		put_text(*out, "profile", path + strlen(c->options->out_dir) + 1);
		put_text(*out, "digest", digest);
		put_text(*out, "inputs_digest", inputs);
	}
	for (size_t k = 0; paths && k < n; k++)
		free(paths[k]);
	free(paths);
	free(weights);
	return code;
}

static int merge_training(struct collect_result *result, struct collecting *c, struct pgo_error *err)
{
	result->share_count = training_shares(result->shares, c, SIZE_MAX);
	if (!result->share_count) {
		pgo_error_set(err, PGO_ECHILD, "no training workload of corpus '%s' can be used", c->corpus->name);
		pgo_error_hint(err, "give at least one workload 'role: train' that runs well");
		return PGO_ECHILD;
	}
	int code = assign_weights(result->shares, result->share_count, err);
	if (code)
		return code;
	json_object *old = NULL;
	if (c->old)
		json_object_object_get_ex(c->old, "train", &old);
	code = merge_weighted(&c->train, c, result->shares, result->share_count, result->train_profile, old,
			      "training profiles", err);
	if (!code)
		json_object_object_add(c->train, "shares", shares_json(c, result->shares, result->share_count));
	return code;
}

/* The training merge without workload `without`, where another one is left. */
static int merge_without(struct collecting *c, struct collect_share *shares, size_t without, struct pgo_error *err)
{
	size_t n = training_shares(shares, c, without);
	if (!n)
		return PGO_OK;
	const char *id = c->corpus->workloads[without].id;
	char *path = collect_loo_path(c->options->out_dir, id);
	char what[128];
	snprintf(what, sizeof what, "training profiles without '%s'", id);
	json_object *entry = NULL;
	int code = path ? assign_weights(shares, n, err) : out_of_memory(err);
	if (!code)
		code = merge_weighted(&entry, c, shares, n, path, old_entry(c->old, "leave_one_out", id), what, err);
	if (!code) {
		put_text(entry, "workload", id);
		json_object_array_add(c->leave_one_out, entry);
	}
	free(path);
	return code;
}

static int merge_each(struct collecting *c, struct pgo_error *err)
{
	size_t count = c->corpus->workload_count;
	for (size_t i = 0; i < count; i++) {
		const char *id = c->corpus->workloads[i].id;
		if (child_interrupted())
			return pgo_error_set(err, PGO_EINTERRUPTED, "interrupted");
		if (!c->options->usable[i]) {
			json_object *entry = json_object_new_object();
			put_text(entry, "workload", id);
			put_text(entry, "reason", "its replay failed");
			json_object_array_add(c->left_out, entry);
			continue;
		}
		progress_live(i, count, "merging %s", id);
		int code = merge_workload(c, i, err);
		if (code)
			return code;
	}
	return PGO_OK;
}

static int merge_leave_one_out(struct collecting *c, struct pgo_error *err)
{
	struct collect_share *shares = calloc(c->corpus->workload_count + 1, sizeof *shares);
	if (!shares)
		return out_of_memory(err);
	int code = PGO_OK;
	for (size_t i = 0; i < c->corpus->workload_count && !code; i++) {
		const struct workload *w = &c->corpus->workloads[i];
		if (w->role != WORKLOAD_TRAIN || w->kind != WORKLOAD_REAL || !c->options->usable[i])
			continue;
		progress_live(i, c->corpus->workload_count, "merging all but %s", w->id);
		code = merge_without(c, shares, i, err);
	}
	free(shares);
	return code;
}

static json_object *warnings_json(struct collecting *c)
{
	enum { LISTED = 20 };
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < c->warnings.count && i < LISTED; i++)
		json_object_array_add(list, json_object_new_string(c->warnings.items[i]));
	return list;
}

static int write_record(struct collect_result *result, struct collecting *c, const char *path, struct pgo_error *err)
{
	/* when nothing was merged again, the warnings of the last merge still hold */
	json_object *lines = NULL;
	bool kept = !c->merges && c->old && json_object_object_get_ex(c->old, "warning_lines", &lines);
	int64_t warnings = kept ? record_int(c->old, "warnings", 0) : (int64_t)c->warnings.count;
	json_object *record = json_object_new_object();
	put_text(record, "schema", "pgo-harness/merge/1");
	put_text(record, "profdata", c->options->profdata);
	json_object_object_add(record, "workloads", json_object_get(c->workloads));
	json_object_object_add(record, "train", json_object_get(c->train));
	json_object_object_add(record, "leave_one_out", json_object_get(c->leave_one_out));
	json_object_object_add(record, "left_out", json_object_get(c->left_out));
	json_object_object_add(record, "warnings", json_object_new_int64(warnings));
	json_object_object_add(record, "warning_lines", kept ? json_object_get(lines) : warnings_json(c));
	result->merges = c->merges;
	result->warnings = (size_t)warnings;
	/* an unchanged record keeps its time: whoever depends on it has nothing to do */
	int code = c->old && json_object_equal(c->old, record) ? PGO_OK : record_write(path, record, err);
	json_object_put(record);
	return code;
}

static int make_directories(const char *out_dir, struct pgo_error *err)
{
	static const char *const names[] = {"profiles/workload", "profiles/loo"};
	for (size_t i = 0; i < 2; i++) {
		char *path = files_join(out_dir, names[i]);
		int code = path ? files_mkdirs(path, err) : out_of_memory(err);
		free(path);
		if (code)
			return code;
	}
	return PGO_OK;
}

static int collect_into(struct collect_result *result, struct collecting *c, struct pgo_error *err)
{
	char *record_path = files_join(c->options->out_dir, "profiles/merge.json");
	result->train_profile = files_join(c->options->out_dir, "profiles/train.profdata");
	result->shares = calloc(c->corpus->workload_count + 1, sizeof *result->shares);
	int code = PGO_OK;
	if (!record_path || !result->train_profile || !result->shares)
		code = out_of_memory(err);
	if (!code)
		code = make_directories(c->options->out_dir, err);
	/* a damaged record only means that everything is merged again */
	if (!code && record_read(&c->old, record_path, NULL) != PGO_OK)
		c->old = NULL;
	if (!code)
		code = merge_each(c, err);
	if (!code)
		code = merge_training(result, c, err);
	if (!code)
		code = merge_leave_one_out(c, err);
	if (!code)
		code = write_record(result, c, record_path, err);
	free(record_path);
	return code;
}

int collect_all(struct collect_result *out, const struct corpus *corpus, const struct collect_options *options,
		struct pgo_error *err)
{
	struct collecting c = {.corpus = corpus, .options = options};
	struct collect_result result = {0};
	c.workloads = json_object_new_array();
	c.leave_one_out = json_object_new_array();
	c.left_out = json_object_new_array();
	c.mass = calloc(corpus->workload_count + 1, sizeof *c.mass);
	c.digest = calloc(corpus->workload_count + 1, sizeof *c.digest);
	int code = PGO_OK;
	if (!c.workloads || !c.leave_one_out || !c.left_out || !c.mass || !c.digest)
		code = out_of_memory(err);
	if (!code)
		code = collect_into(&result, &c, err);
	if (code)
		collect_result_release(&result);
	else
		*out = result;
	json_object_put(c.old);
	json_object_put(c.workloads);
	json_object_put(c.leave_one_out);
	json_object_put(c.left_out);
	json_object_put(c.train);
	string_list_release(&c.warnings);
	free(c.mass);
	free(c.digest);
	return code;
}

void collect_result_release(struct collect_result *result)
{
	free(result->train_profile);
	free(result->shares);
	*result = (struct collect_result){0};
}
