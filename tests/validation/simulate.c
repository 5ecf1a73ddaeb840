/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * False alarms and power of the tests and of the gate, by simulation; what tests/validation/simulate reads.
 *
 *	simulate null|gate lognormal|dirichlet SEED TIMES
 *	simulate power|scale - SEED TIMES	lines of fields with tabs between them
 */
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "pgo/merge.h"
#include "pgo/runs.h"
#include "pgo/verdict.h"
#include "pgo/weights.h"
#include "population.h"

static const char *const kind_names[POPULATION_KINDS] = {"lognormal", "dirichlet"};

static void check(int rc, const struct pgo_error *err)
{
	if (rc == PGO_OK)
		return;
	fprintf(stderr, "simulate: %s\n", err->message);
	exit(1);
}

/* The x at which the beta distribution reaches `share`; GSL's own inverse gives up on some. */
static double beta_at(double share, double a, double b)
{
	double low = 0, high = 1;
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;
		if (gsl_cdf_beta_P(middle, a, b) < share)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Rate and its exact 95 % interval (Clopper and Pearson 1934). */
static void print_rate(const char *label, unsigned hits, unsigned times)
{
	double low = hits ? beta_at(0.025, hits, times - hits + 1.0) : 0;
	double high = hits < times ? beta_at(0.975, hits + 1.0, times - hits) : 1;
	printf("%s\t%u\t%u\t%.5f\t%.5f\t%.5f\n", label, hits, times, (double)hits / times, low, high);
}

/* ---- null: are the p-values uniform? ---- */

struct sample {
	double *values;
	unsigned count;
};

static const double levels[] = {0.01, 0.05, 0.1, 0.2, 0.5};

/* `steps` p-values can be reached, 1/steps apart. */
static void print_sample(const char *what, const char *kind, const char *groups, const struct sample *s, double steps)
{
	char label[128];
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		unsigned hits = 0;
		for (unsigned k = 0; k < s->count; k++)
			hits += s->values[k] <= levels[i] + 1e-9;
		snprintf(label, sizeof label, "rate\t%s\t%s\t%s\t%g\t%.6f", what, kind, groups, levels[i],
			 floor(levels[i] * steps + 1e-9) / steps);
		print_rate(label, hits, s->count);
	}
	for (int i = 1; i < 40; i++) {
		double level = floor(i / 40.0 * steps + 1e-9) / steps;
		unsigned hits = 0;
		for (unsigned k = 0; k < s->count; k++)
			hits += s->values[k] <= level + 1e-9;
		printf("curve\t%s\t%s\t%s\t%.6f\t%.6f\t%u\n", what, kind, groups, level, (double)hits / s->count,
		       s->count);
	}
	fflush(stdout);
}

struct set {
	size_t count;
	struct pgo_profile *profiles[64];
	struct pgo_panel panel;
};

static void set_open(struct set *s)
{
	struct pgo_error err = {0};
	check(pgo_panel_open(&s->panel, (const struct pgo_profile *const *)s->profiles, s->count, PGO_RECORDS_NORMAL,
			     &err),
	      &err);
}

static void set_draw(struct set *s, struct population *p, size_t count)
{
	s->count = count;
	for (size_t i = 0; i < count; i++)
		s->profiles[i] = run_of(p);
	set_open(s);
}

static void set_close(struct set *s)
{
	pgo_panel_release(&s->panel);
	for (size_t i = 0; i < s->count; i++)
		pgo_profile_free(s->profiles[i]);
}

static void null_ranks(gsl_rng *random, enum population_kind kind, size_t references, unsigned times)
{
	struct sample samples[3];
	const char *const what[3] = {"rank, retained", "rank, Hellinger", "rank, training"};
	for (int i = 0; i < 3; i++)
		samples[i] = (struct sample){must(calloc(times, sizeof(double))), times};
	for (unsigned t = 0; t < times; t++) {
		struct population p;
		struct set s;
		struct pgo_error err = {0};
		population_init(&p, random, kind, 0.7, 60);
		set_draw(&s, &p, references + 1);
		for (int i = 0; i < 3; i++) {
			struct pgo_conformal c;
			check(pgo_conformal_rank(&c, &s.panel, NULL, 0, i == 2,
						 i == 1 ? PGO_SCORE_HELLINGER : PGO_SCORE_RETAINED, PGO_RECORDS_NORMAL,
						 &err),
			      &err);
			samples[i].values[t] = c.p_value;
			pgo_conformal_release(&c);
		}
		set_close(&s);
		population_release(&p);
	}
	char groups[16];
	snprintf(groups, sizeof groups, "%zu", references);
	for (int i = 0; i < 3; i++) {
		print_sample(what[i], kind_names[kind], groups, &samples[i], (double)references + 1);
		free(samples[i].values);
	}
}

/* Energy of both sides, and share and shape of one function, another each time whatever the labels say of it. */
static void null_groups(gsl_rng *random, enum population_kind kind, size_t train, size_t test, unsigned times)
{
	struct sample energy = {must(calloc(times, sizeof(double))), 0},
		      share = {must(calloc(times, sizeof(double))), 0},
		      shape = {must(calloc(times, sizeof(double))), 0};
	unsigned flagged = 0;
	for (unsigned t = 0; t < times; t++) {
		struct population p;
		struct set s;
		struct pgo_runs r;
		struct pgo_runs_options options = pgo_runs_defaults();
		struct pgo_error err = {0};
		options.score = PGO_SCORE_HELLINGER;
		options.seed = t + 1;
		population_init(&p, random, kind, 0.7, 60);
		set_draw(&s, &p, train + test);
		check(pgo_runs_measure(&r, &s.panel, train, NULL, &options, PGO_RECORDS_NORMAL, &err), &err);
		energy.values[energy.count++] = r.energy.permutation.p_value;
		flagged += r.flagged_count > 0;
		for (size_t f = 0; f < r.function_count; f++)
			if (r.functions[f].function == t % 60) {
				share.values[share.count++] = r.functions[f].share_p;
				if (r.functions[f].shape_p.present)
					shape.values[shape.count++] = r.functions[f].shape_p.value;
			}
		pgo_runs_release(&r);
		set_close(&s);
		population_release(&p);
	}
	char groups[32], label[64];
	double all = (double)pgo_choices(train + test, train);
	double steps = all > 20000 ? 20001 : train == test ? all / 2 : all;
	snprintf(groups, sizeof groups, "%zu+%zu", train, test);
	print_sample("energy", kind_names[kind], groups, &energy, steps);
	print_sample("share of a function", kind_names[kind], groups, &share, steps);
	print_sample("shape of a function", kind_names[kind], groups, &shape, steps);
	snprintf(label, sizeof label, "flagged\t%s\t%s", kind_names[kind], groups);
	print_rate(label, flagged, times);
	free(energy.values);
	free(share.values);
	free(shape.values);
}

static void simulate_null(gsl_rng *random, enum population_kind kind, unsigned times)
{
	static const size_t references[] = {5, 10, 19, 39};
	for (size_t i = 0; i < 4; i++)
		null_ranks(random, kind, references[i], times);
	null_groups(random, kind, 3, 4, times);
	null_groups(random, kind, 5, 5, times);
	null_groups(random, kind, 10, 10, times);
}

/* ---- the gate ---- */

static struct pgo_comparison compared(const struct pgo_profile *train, const struct pgo_profile *test)
{
	struct pgo_comparison c;
	struct pgo_error err = {0};
	check(pgo_compare(&c, train, test, NULL, &err), &err);
	return c;
}

static struct pgo_verdict judged(const struct pgo_gate *gate)
{
	struct pgo_verdict v;
	struct pgo_error err = {0};
	check(pgo_judge(&v, gate, &err), &err);
	return v;
}

static enum pgo_outcome outcome_of(const struct pgo_gate *gate)
{
	struct pgo_verdict v = judged(gate);
	enum pgo_outcome outcome = v.outcome;
	pgo_verdict_release(&v);
	return outcome;
}

/* One pair, as `compare` judges it. */
static enum pgo_outcome outcome_of_pair(const struct pgo_comparison *c)
{
	struct pgo_gate_input input = {.reference = "", .kind = PGO_REFERENCE_GIVEN, .comparison = c};
	return outcome_of(&(struct pgo_gate){.input_count = 1, .inputs = &input});
}

static struct pgo_profile *merged(const struct set *s, size_t count, const double *shares)
{
	struct pgo_profile *out;
	struct pgo_error err = {0};
	check(pgo_panel_merge(&out, &s->panel, count, shares, &err), &err);
	return out;
}

/* The first k runs train at equal mass, the one behind them is held out; all references a corpus has. */
static enum pgo_outcome outcome_of_corpus(const struct set *s, size_t k)
{
	struct pgo_comparison comparisons[41];
	struct pgo_gate_input inputs[41];
	struct pgo_gate_workload workloads[20];
	struct pgo_profile *merges[21];
	double shares[20] = {0};
	size_t n = 0;
	for (size_t i = 0; i <= k; i++) { /* without run i; without none */
		for (size_t j = 0; j < k; j++)
			shares[j] = j != i || k == 1;
		merges[i] = merged(s, k, shares);
	}
	for (size_t i = 0; i <= k; i++) {
		inputs[n].kind = i == k ? PGO_REFERENCE_HELDOUT : PGO_REFERENCE_TRAINING;
		comparisons[n++] = compared(merges[k], s->profiles[i]);
	}
	for (size_t i = 0; i < k && k > 1; i++) {
		inputs[n].kind = PGO_REFERENCE_LEAVE_ONE_OUT;
		comparisons[n++] = compared(merges[i], s->profiles[i]);
	}
	for (size_t i = 0; i < n; i++) {
		inputs[i].reference = "run";
		inputs[i].comparison = &comparisons[i];
	}
	for (size_t i = 0; i < k; i++)
		workloads[i] = (struct pgo_gate_workload){.id = "run", .kind = "real", .share = 1.0 / (double)k};
	enum pgo_outcome outcome = outcome_of(&(struct pgo_gate){.input_count = n,
								 .inputs = inputs,
								 .workload_count = k,
								 .workloads = workloads,
								 .real_workloads = k + 1,
								 .corpus = true});
	for (size_t i = 0; i < n; i++)
		pgo_comparison_release(&comparisons[i]);
	for (size_t i = 0; i <= k; i++)
		pgo_profile_free(merges[i]);
	return outcome;
}

static void gate_cell(gsl_rng *random, enum population_kind kind, double spread, size_t k, unsigned times)
{
	unsigned pair[3] = {0}, corpus[3] = {0};
	double under_served = 0, apart = 0;
	const double ones[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	for (unsigned t = 0; t < times; t++) {
		struct population p;
		struct set s;
		population_init(&p, random, kind, spread, 200);
		set_draw(&s, &p, k + 1);
		struct pgo_profile *train = merged(&s, k, ones);
		struct pgo_comparison c = compared(train, s.profiles[k]), d = compared(s.profiles[0], s.profiles[k]);
		pair[outcome_of_pair(&c)]++;
		corpus[outcome_of_corpus(&s, k)]++;
		under_served += c.decisions.under_served;
		apart += d.hellinger;
		pgo_comparison_release(&c);
		pgo_comparison_release(&d);
		pgo_profile_free(train);
		set_close(&s);
		population_release(&p);
	}
	static const char *const names[] = {"pass", "fail", "inconclusive"};
	char label[128];
	for (int gate = 0; gate < 2; gate++)
		for (int o = PGO_FAIL; o <= PGO_INCONCLUSIVE; o++) {
			snprintf(label, sizeof label, "gate\t%s\t%g\t%zu\t%.3f\t%.3f\t%s\t%s", kind_names[kind], spread,
				 k, apart / times, under_served / times, gate ? "corpus" : "pair", names[o]);
			print_rate(label, gate ? corpus[o] : pair[o], times);
		}
	fflush(stdout);
}

static void simulate_gate(gsl_rng *random, enum population_kind kind, unsigned times)
{
	static const double spreads[] = {0.1, 0.3, 0.5, 0.7, 1, 1.5, 2};
	static const size_t runs[] = {1, 2, 5, 10};
	for (size_t i = 0; i < 7; i++)
		for (size_t j = 0; j < 4; j++)
			gate_cell(random, kind, spreads[i], runs[j], times);
}

/* ---- power ---- */

static const double skews[] = {0, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999};

enum { SKEWS = sizeof skews / sizeof *skews, TRAINED = 5 };

static void power_case(gsl_rng *random, enum population_kind kind, double spread, size_t functions, unsigned times)
{
	unsigned outcomes[SKEWS][3] = {{0}};
	double under_served[SKEWS] = {0}, retained[SKEWS] = {0}, overlap[SKEWS] = {0};
	for (unsigned t = 0; t < times; t++) {
		struct population p;
		struct set s = {.count = TRAINED + 2};
		population_init(&p, random, kind, spread, functions);
		for (size_t i = 0; i < TRAINED + 1; i++)
			s.profiles[i] = run_of(&p);
		struct pgo_profile *test = s.profiles[TRAINED];
		draw_micro(&p);
		s.profiles[TRAINED] = profile_of(&p, 1e8, 0, 1);
		s.profiles[TRAINED + 1] = test;
		set_open(&s);
		for (int i = 0; i < SKEWS; i++) {
			double shares[TRAINED + 1];
			for (size_t k = 0; k < TRAINED; k++)
				shares[k] = (1 - skews[i]) / TRAINED;
			shares[TRAINED] = skews[i];
			struct pgo_profile *train = merged(&s, TRAINED + 1, shares);
			struct pgo_comparison c = compared(train, test);
			outcomes[i][outcome_of_pair(&c)]++;
			under_served[i] += c.decisions.under_served;
			retained[i] += c.retained.estimate;
			overlap[i] += c.overlap_ratio;
			pgo_comparison_release(&c);
			pgo_profile_free(train);
		}
		set_close(&s);
		population_release(&p);
	}
	for (int i = 0; i < SKEWS; i++)
		for (int o = PGO_FAIL; o <= PGO_INCONCLUSIVE; o++) {
			char label[128];
			snprintf(label, sizeof label, "power\t%s\t%g\t%zu\t%g\t%.3f\t%.3f\t%.3f\t%s", kind_names[kind],
				 spread, functions, skews[i], under_served[i] / times, retained[i] / times,
				 overlap[i] / times, o == PGO_FAIL ? "fail" : "inconclusive");
			print_rate(label, outcomes[i][o], times);
		}
	fflush(stdout);
}

static void simulate_power(gsl_rng *random, unsigned times)
{
	power_case(random, LOGNORMAL, 0.3, 200, times);
	power_case(random, LOGNORMAL, 0.7, 200, times);
	power_case(random, LOGNORMAL, 0.7, 2000, times);
	power_case(random, DIRICHLET, 0.7, 200, times);
}

/* ---- scale: counts times 1,000, and divided by it ---- */

static double most(double value, double a, double b)
{
	return fmax(value, fabs(a - b));
}

/* Of what no cutoff takes part in. */
static double difference(const struct pgo_comparison *x, const struct pgo_comparison *y)
{
	const struct pgo_decisions *a = &x->decisions, *b = &y->decisions;
	double d = 0;
	d = most(d, a->missed_functions, b->missed_functions);
	d = most(d, a->missed_counters, b->missed_counters);
	d = most(d, a->misweighted, b->misweighted);
	d = most(d, a->flipped, b->flipped);
	d = most(d, a->shape_tv, b->shape_tv);
	d = most(d, x->overlap_ratio, y->overlap_ratio);
	d = most(d, x->jsd_bits, y->jsd_bits);
	return most(d, x->hellinger, y->hellinger);
}

/* Of what stands on cutoffs. */
static double difference_by_class(const struct pgo_comparison *x, const struct pgo_comparison *y)
{
	const struct pgo_decisions *a = &x->decisions, *b = &y->decisions;
	double d = 0;
	for (int i = 0; i < PGO_CLASS_COUNT; i++)
		for (int j = 0; j < PGO_CLASS_COUNT; j++)
			d = most(d, a->table[i][j], b->table[i][j]);
	d = most(d, a->demoted, b->demoted);
	d = most(d, a->under_served, b->under_served);
	d = most(d, a->under_served_999, b->under_served_999);
	d = most(d, a->under_served_function, b->under_served_function);
	d = most(d, a->wasted_heat, b->wasted_heat);
	return most(d, x->retained.estimate, y->retained.estimate);
}

/* A cutoff is floor(total * c) counts: of small totals that can move a threshold to the next counter. */
static bool same_cutoffs(const struct pgo_summary *a, const struct pgo_summary *b)
{
	uint64_t times = a->max_count > b->max_count ? a->max_count / b->max_count : b->max_count / a->max_count;
	const struct pgo_summary *small = a->max_count < b->max_count ? a : b, *large = small == a ? b : a;
	return small->hot_threshold * times == large->hot_threshold &&
	       small->hot999_threshold * times == large->hot999_threshold &&
	       small->cold_threshold * times == large->cold_threshold;
}

/* Is every rule's outcome, and every word but the number of executions, the same? */
static bool same_verdict(const struct pgo_comparison *x, const struct pgo_comparison *y)
{
	struct pgo_gate_input a = {.reference = "", .comparison = x}, b = {.reference = "", .comparison = y};
	struct pgo_verdict v = judged(&(struct pgo_gate){.input_count = 1, .inputs = &a}),
			   w = judged(&(struct pgo_gate){.input_count = 1, .inputs = &b});
	bool same = v.outcome == w.outcome && v.rule_count == w.rule_count;
	for (size_t i = 0; same && i < v.rule_count; i++)
		same = strcmp(v.rules[i].name, w.rules[i].name) == 0 && v.rules[i].outcome == w.rules[i].outcome;
	pgo_verdict_release(&v);
	pgo_verdict_release(&w);
	return same;
}

/* up: totals 10^6 to 10^9, times 1,000; else totals 10^12 and every counter that ran at least 10^6, divided by 1,000
 * and rounded. */
static void scale_case(gsl_rng *random, bool up, unsigned times)
{
	unsigned changed = 0, pairs = 0, failed = 0, moved = 0;
	double largest = 0, by_class[2] = {0};
	for (unsigned t = 0; t < times; t++) {
		struct population p;
		struct pgo_profile *a[2], *b[2];
		population_init(&p, random, t % POPULATION_KINDS, 0.3 + 0.4 * (t % 5), 200);
		for (int side = 0; side < 2; side++) {
			if (side == 0 && t % 3 == 0)
				draw_micro(&p);
			else
				draw_run(&p);
			double total = up ? pow(10, 6 + 3 * gsl_rng_uniform(random)) : 1e12;
			(side ? b : a)[0] = profile_of(&p, total, up ? 0 : 1e6, 1);
			(side ? b : a)[1] = up ? profile_of(&p, total, 0, 1000) : profile_of(&p, total / 1000, 1000, 1);
		}
		struct pgo_comparison own = compared(a[0], b[0]);
		failed += outcome_of_pair(&own) == PGO_FAIL;
		for (int i = 1; i < 4; i++) {
			struct pgo_comparison c = compared(a[i & 1], b[i >> 1]);
			bool same = same_cutoffs(&own.train.summary, &c.train.summary) &&
				    same_cutoffs(&own.test.summary, &c.test.summary);
			largest = fmax(largest, difference(&own, &c));
			by_class[same] = fmax(by_class[same], difference_by_class(&own, &c));
			moved += !same;
			changed += !same_verdict(&own, &c);
			pairs++;
			pgo_comparison_release(&c);
		}
		pgo_comparison_release(&own);
		for (int i = 0; i < 2; i++) {
			pgo_profile_free(a[i]);
			pgo_profile_free(b[i]);
		}
		population_release(&p);
	}
	printf("scale\t%s\t%u\t%u\t%u\t%.3g\t%.3g\t%u\t%.3g\n", up ? "times 1000" : "divided by 1000", pairs, changed,
	       failed, largest, by_class[1], moved, by_class[0]);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: simulate null|gate lognormal|dirichlet SEED TIMES\n"
				"       simulate power|scale - SEED TIMES\n");
		return 2;
	}
	gsl_rng *random = must(gsl_rng_alloc(gsl_rng_mt19937));
	enum population_kind kind = strcmp(argv[2], kind_names[DIRICHLET]) == 0 ? DIRICHLET : LOGNORMAL;
	unsigned times = (unsigned)strtoul(argv[4], NULL, 10);
	gsl_rng_set(random, 2 * strtoul(argv[3], NULL, 10) + kind);
	if (strcmp(argv[1], "null") == 0)
		simulate_null(random, kind, times);
	else if (strcmp(argv[1], "gate") == 0)
		simulate_gate(random, kind, times);
	else if (strcmp(argv[1], "power") == 0)
		simulate_power(random, times);
	else if (strcmp(argv[1], "scale") == 0) {
		scale_case(random, true, times);
		scale_case(random, false, times);
	}
	gsl_rng_free(random);
	return 0;
}
