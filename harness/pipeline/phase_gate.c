/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/gate.h"
#include "harness/pipeline/put.h"
#include "harness/sys/files.h"

/* Phase gate: compare the merges with the workloads' own profiles, judge, leave analysis/ and gate.json. */

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

json_object *gate_find_workload(json_object *array, const char *id)
{
	for (size_t i = 0; i < get_length(array); i++) {
		json_object *entry = get_item(array, i);
		if (!strcmp(record_string(entry, "workload", ""), id))
			return entry;
	}
	return NULL;
}

static void put_policy_text(FILE *out, const struct pgo_policy *policy)
{
	size_t count;
	const struct pgo_policy_field *fields = pgo_policy_fields(&count);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s %.17g %d\n", fields[i].name,
			*(const double *)((const char *)policy + fields[i].offset), (policy->set >> i & 1) != 0);
}

/* Everything the verdict depends on: the tool, the policy, the workloads and their profiles. */
static int gate_digest(struct gate_work *g, struct pgo_error *err)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	if (!out)
		return out_of_memory(err);
	const struct corpus *corpus = g->run->corpus;
	json_object *own = get_member(g->merge, "workloads"), *loo = get_member(g->merge, "leave_one_out");
	fprintf(out, "%s\n", PGO_VERSION);
	put_policy_text(out, &corpus->gate);
	fprintf(out, "%s\n", record_string(get_member(g->merge, "train"), "digest", ""));
	for (size_t i = 0; i < corpus->workload_count; i++) {
		const struct workload *w = &corpus->workloads[i];
		fprintf(out, "%s %d %d %d %s %s\n", w->id, w->kind, w->role, g->run->usable[i],
			record_string(gate_find_workload(own, w->id), "digest", ""),
			record_string(gate_find_workload(loo, w->id), "digest", ""));
	}
	int code = fclose(out) ? out_of_memory(err) : PGO_OK;
	if (!code)
		files_digest_text(g->digest, text);
	free(text);
	return code;
}

/* The last verdict, when its record still holds and all its files are there. */
static bool reuse(struct gate_work *g)
{
	char *path = run_path(g->run, "gate.json");
	json_object *record = NULL;
	bool good = path && record_read(&record, path, NULL) == PGO_OK &&
		    !strcmp(record_string(record, "inputs_digest", ""), g->digest);
	json_object *comparisons = get_member(record, "comparisons");
	for (size_t i = 0; good && i < get_length(comparisons); i++) {
		json_object *entry = get_item(comparisons, i);
		char *file = run_path(g->run, record_string(entry, "file", "")), digest[33];
		good = file && files_digest(digest, file, NULL) == PGO_OK &&
		       !strcmp(record_string(entry, "digest", ""), digest);
		free(file);
	}
	if (good) {
		const char *verdict = record_string(record, "verdict", "");
		g->run->verdict = PGO_INCONCLUSIVE;
		for (int outcome = PGO_PASS; outcome <= PGO_INCONCLUSIVE; outcome++)
			if (!strcmp(verdict, pgo_outcome_name(outcome)))
				g->run->verdict = outcome;
	}
	json_object_put(record);
	free(path);
	return good;
}

static void list_workloads(struct gate_work *g)
{
	json_object *shares = get_member(get_member(g->merge, "train"), "shares");
	for (size_t i = 0; i < g->item_count; i++) {
		const struct gate_item *item = &g->items[i];
		if (item->reference != PGO_REFERENCE_TRAINING)
			continue;
		const struct workload *w = &g->run->corpus->workloads[item->workload];
		g->workloads[g->workload_count++] = (struct pgo_gate_workload){
			.id = w->id,
			.kind = workload_kind_name(w->kind),
			.share = record_number(gate_find_workload(shares, w->id), "effective_share", 0),
			.hot_survival = item->hot_survival,
		};
	}
}

static int judge(struct gate_work *g, struct pgo_error *err)
{
	struct pgo_gate_input *inputs = calloc(g->item_count + 1, sizeof *inputs);
	if (!inputs)
		return out_of_memory(err);
	struct pgo_gate gate = {
		.policy = &g->run->corpus->gate,
		.inputs = inputs,
		.workload_count = g->workload_count,
		.workloads = g->workloads,
		.real_workloads = g->real_workloads,
		.corpus = true,
	};
	for (size_t i = 0; i < g->item_count; i++)
		if (g->items[i].judged)
			inputs[gate.input_count++] = (struct pgo_gate_input){g->items[i].label, g->items[i].reference,
									     &g->items[i].comparison};
	int code = pgo_judge(&g->verdict, &gate, err);
	if (!code)
		g->run->verdict = g->verdict.outcome;
	free(inputs);
	return code;
}

static int write_gate(struct gate_work *g, struct pgo_error *err)
{
	char *path = run_path(g->run, "gate.json");
	json_object *record = gate_record(g);
	int code = path && record ? record_write(path, record, err) : out_of_memory(err);
	json_object_put(record);
	free(path);
	return code;
}

/* Old files go first: what is there after this phase is of this verdict. */
static int clear_analysis(struct run *run, struct pgo_error *err)
{
	char *directory = run_path(run, "analysis"), *record = run_path(run, "gate.json");
	int code = directory && record ? files_remove_tree(record, err) : out_of_memory(err);
	if (!code)
		code = files_remove_tree(directory, err);
	if (!code)
		code = files_mkdirs(directory, err);
	free(directory);
	free(record);
	return code;
}

static int compare_and_judge(struct gate_work *g, struct pgo_error *err)
{
	size_t count = g->run->corpus->workload_count;
	g->items = calloc(2 * count, sizeof *g->items);
	g->workloads = calloc(count, sizeof *g->workloads);
	if (!g->items || !g->workloads)
		return out_of_memory(err);
	int code = clear_analysis(g->run, err);
	if (!code)
		code = gate_compare_all(g, err);
	if (code)
		return code;
	list_workloads(g);
	code = judge(g, err);
	return code ? code : write_gate(g, err);
}

static void release(struct gate_work *g)
{
	for (size_t i = 0; i < g->item_count; i++)
		gate_item_release(&g->items[i]);
	pgo_profile_free(g->train);
	pgo_verdict_release(&g->verdict);
	json_object_put(g->merge);
	free(g->items);
	free(g->workloads);
}

int phase_gate(struct run *run, struct phase_note *note, struct pgo_error *err)
{
	struct gate_work g = {.run = run};
	char *path = run_path(run, "profiles/merge.json");
	int code = path ? record_read(&g.merge, path, err) : out_of_memory(err);
	free(path);
	if (!code)
		code = gate_digest(&g, err);
	if (!code) {
		note->reused = reuse(&g);
		if (!note->reused)
			code = compare_and_judge(&g, err);
	}
	if (!code) {
		run->gated = true;
		memcpy(note->digest, g.digest, sizeof note->digest);
		static const char *const words[] = {"accepted", "rejected", "inconclusive"};
		snprintf(note->detail, sizeof note->detail, "%s", words[run->verdict]);
	}
	release(&g);
	return code;
}
