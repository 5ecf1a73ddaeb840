/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "harness/pipeline/gate.h"
#include "harness/pipeline/put.h"
#include "harness/sys/child.h"
#include "harness/sys/files.h"
#include "harness/sys/progress.h"
#include "pgo/report.h"

/* The comparisons of the gate, one after the other, each with a file of its own. */

static int out_of_memory(struct pgo_error *err)
{
	return pgo_error_set(err, PGO_ENOMEM, "out of memory");
}

static int open_profile(struct pgo_profile **out, char *path, struct pgo_error *err)
{
	int code = path ? pgo_profile_open(out, path, NULL, err) : out_of_memory(err);
	free(path);
	return code;
}

static void add_item(struct gate_work *g, size_t workload, const char *kind, enum pgo_reference_kind reference,
		     bool judged)
{
	struct gate_item *item = &g->items[g->item_count++];
	*item = (struct gate_item){.workload = workload, .kind = kind, .reference = reference, .judged = judged};
	snprintf(item->label, sizeof item->label, reference == PGO_REFERENCE_LEAVE_ONE_OUT ? "%s (left out)" : "%s",
		 g->run->corpus->workloads[workload].id);
}

static void add_workload(struct gate_work *g, size_t i)
{
	const struct workload *w = &g->run->corpus->workloads[i];
	bool real = w->kind == WORKLOAD_REAL;
	g->real_workloads += real && w->role != WORKLOAD_GUARD;
	if (w->role == WORKLOAD_HELDOUT) {
		add_item(g, i, "heldout", PGO_REFERENCE_HELDOUT, real);
	} else if (w->role == WORKLOAD_GUARD) {
		add_item(g, i, "guard", PGO_REFERENCE_HELDOUT, false);
	} else {
		add_item(g, i, "training", PGO_REFERENCE_TRAINING, real);
		if (real && gate_find_workload(get_member(g->merge, "leave_one_out"), w->id))
			add_item(g, i, "leave_one_out", PGO_REFERENCE_LEAVE_ONE_OUT, true);
	}
}

/* The comparison's own file, with its own verdict. *passed: no rule of it needs a word about functions. */
static int write_comparison(struct gate_work *g, const struct gate_item *item, const char *path, bool *passed,
			    struct pgo_error *err)
{
	const char *id = g->run->corpus->workloads[item->workload].id;
	struct pgo_gate_input input = {item->label, item->reference, &item->comparison};
	struct pgo_gate gate = {.policy = &g->run->corpus->gate, .input_count = 1, .inputs = &input};
	struct pgo_verdict verdict = {0};
	const struct pgo_writer *writer = pgo_writer_find("json");
	char *test = files_format("profiles/workload/%s.profdata", id);
	char *without = files_format("profiles/loo/%s.profdata", id);
	int code = PGO_OK;
	if (!test || !without)
		code = out_of_memory(err);
	else if (!writer || !writer->compare)
		code = pgo_error_set(err, PGO_EINTERNAL, "no json writer");
	else
		code = pgo_judge(&verdict, &gate, err);
	if (!code) {
		struct pgo_report report = {
			.train_name =
				item->reference == PGO_REFERENCE_LEAVE_ONE_OUT ? without : "profiles/train.profdata",
			.test_name = test,
			.comparison = &item->comparison,
			.verdict = &verdict,
		};
		*passed = true;
		for (size_t i = 0; i < verdict.rule_count; i++)
			*passed = *passed && verdict.rules[i].outcome == PGO_PASS;
		code = pgo_report_to(path, writer->compare, &report, err);
	}
	pgo_verdict_release(&verdict);
	free(test);
	free(without);
	return code;
}

/* What a workload calls hot and the merge still does, as a share of what the workload calls hot. */
static struct pgo_optional hot_survival(const struct pgo_comparison *c)
{
	double hot = 0;
	for (int in_merge = 0; in_merge < PGO_CLASS_COUNT; in_merge++)
		hot += c->decisions.table[in_merge][PGO_CLASS_HOT];
	if (!(hot > 0))
		return (struct pgo_optional){0};
	return (struct pgo_optional){true, c->decisions.table[PGO_CLASS_HOT][PGO_CLASS_HOT] / hot};
}

/* The numbers stay; functions go, and their names too unless the verdict will speak of them. */
static void slim(struct pgo_comparison *c, bool names)
{
	if (names) {
		free(c->functions);
		c->functions = NULL;
		c->function_count = 0;
	} else {
		memset(c->culprits, 0, sizeof c->culprits);
		pgo_comparison_release(c);
	}
}

void gate_item_release(struct gate_item *item)
{
	if (item->compared)
		pgo_comparison_release(&item->comparison);
	json_object_put(item->record);
}

static int record(struct gate_work *g, struct gate_item *item, const char *file, const char *path,
		  struct pgo_error *err)
{
	char digest[33];
	bool passed = false;
	int code = write_comparison(g, item, path, &passed, err);
	if (!code)
		code = files_digest(digest, path, err);
	if (code)
		return code;
	item->hot_survival = hot_survival(&item->comparison);
	item->record = gate_comparison_record(g, item, file, digest);
	bool names = item->judged && !passed && g->named < GATE_NAMED;
	g->named += names;
	slim(&item->comparison, names);
	return PGO_OK;
}

static int compare(struct gate_work *g, struct gate_item *item, struct pgo_error *err)
{
	const char *out_dir = g->run->out, *id = g->run->corpus->workloads[item->workload].id;
	char *file = files_format("analysis/%s-%s.json", item->kind, id), *path = file ? run_path(g->run, file) : NULL;
	struct pgo_profile *own = NULL, *without = NULL;
	int code = path ? open_profile(&own, collect_workload_path(out_dir, id), err) : out_of_memory(err);
	if (!code && item->reference == PGO_REFERENCE_LEAVE_ONE_OUT)
		code = open_profile(&without, collect_loo_path(out_dir, id), err);
	if (!code)
		code = pgo_compare(&item->comparison, without ? without : g->train, own, NULL, err);
	item->compared = !code;
	if (!code)
		code = record(g, item, file, path, err);
	/* judging tells by the pointer which comparisons share a training profile; the others are gone */
	item->comparison.train_profile = without ? NULL : g->train;
	item->comparison.test_profile = NULL;
	pgo_profile_free(without);
	pgo_profile_free(own);
	free(file);
	free(path);
	return code;
}

int gate_compare_all(struct gate_work *g, struct pgo_error *err)
{
	int code = open_profile(&g->train, run_path(g->run, "profiles/train.profdata"), err);
	for (size_t i = 0; i < g->run->corpus->workload_count && !code; i++)
		if (g->run->usable[i])
			add_workload(g, i);
	for (size_t i = 0; i < g->item_count && !code; i++) {
		progress_live(i, g->item_count, "comparing with %s",
			      g->run->corpus->workloads[g->items[i].workload].id);
		code = child_interrupted() ? PGO_EINTERRUPTED : compare(g, &g->items[i], err);
	}
	return code;
}
