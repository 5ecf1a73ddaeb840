/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_VALIDATION_POPULATION_H
#define TESTS_VALIDATION_POPULATION_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "pgo/profile.h"

/*
 * Runs of a made-up program, drawn from one population: exchangeable by construction. Function f has a mean mass
 * exp(N(0, 2)), 1 to 8 counters and a mean shape of them. A run draws
 *
 *	LOGNORMAL  the mass of each function times exp(N(0, spread)), each counter's part of it times exp(N(0,
 *spread/2)); one function in ten does not run; DIRICHLET  the shares of all functions from a Dirichlet distribution
 *around the mean ones, of concentration 8 / spread^2 for each function, and each function's shape likewise with 8 /
 *spread^2.
 *
 * A run's total is 10^6 to 10^9, drawn anew: no share depends on it. Text of LLVM's kind, read by the library.
 */
enum population_kind { LOGNORMAL, DIRICHLET, POPULATION_KINDS };

enum { COUNTERS_MOST = 8 };

struct population {
	enum population_kind kind;
	double spread;
	size_t functions;
	double *mass;  /* sums to 1 */
	double *shape; /* [function * COUNTERS_MOST + counter] */
	unsigned *counters;
	double *drawn; /* one run, as shape */
	char *text;
	size_t size;
	gsl_rng *random;
};

static inline void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static inline void population_init(struct population *p, gsl_rng *random, enum population_kind kind, double spread,
				   size_t functions)
{
	*p = (struct population){.kind = kind,
				 .spread = spread,
				 .functions = functions,
				 .mass = must(calloc(functions, sizeof(double))),
				 .shape = must(calloc(functions * COUNTERS_MOST, sizeof(double))),
				 .counters = must(calloc(functions, sizeof(unsigned))),
				 .drawn = must(calloc(functions * COUNTERS_MOST, sizeof(double))),
				 .size = functions * (COUNTERS_MOST + 3) * 24 + 8,
				 .random = random};
	p->text = must(malloc(p->size));
	double total = 0;
	for (size_t f = 0; f < functions; f++) {
		const double ones[COUNTERS_MOST] = {1, 1, 1, 1, 1, 1, 1, 1};
		p->counters[f] = 1 + (unsigned)gsl_rng_uniform_int(random, COUNTERS_MOST);
		p->mass[f] = gsl_ran_lognormal(random, 0, 2);
		total += p->mass[f];
		gsl_ran_dirichlet(random, p->counters[f], ones, p->shape + f * COUNTERS_MOST);
	}
	for (size_t f = 0; f < functions; f++)
		p->mass[f] /= total;
}

static inline void population_release(struct population *p)
{
	free(p->mass);
	free(p->shape);
	free(p->counters);
	free(p->drawn);
	free(p->text);
}

static inline void draw_function(struct population *p, size_t f)
{
	const double *mean = p->shape + f * COUNTERS_MOST;
	double *to = p->drawn + f * COUNTERS_MOST, mass, sum = 0, each = 8 / (p->spread * p->spread);
	for (unsigned c = 0; c < p->counters[f]; c++) {
		to[c] = p->kind == LOGNORMAL ? mean[c] * gsl_ran_lognormal(p->random, 0, p->spread / 2)
					     : gsl_ran_gamma(p->random, each * mean[c], 1);
		sum += to[c];
	}
	if (p->kind == LOGNORMAL)
		mass = gsl_rng_uniform(p->random) < 0.1 ? 0 : p->mass[f] * gsl_ran_lognormal(p->random, 0, p->spread);
	else
		mass = gsl_ran_gamma(p->random, each * (double)p->functions * p->mass[f], 1);
	for (unsigned c = 0; c < p->counters[f]; c++)
		to[c] *= sum > 0 ? mass / sum : 0;
}

static inline double drawn_total(const struct population *p)
{
	double total = 0;
	for (size_t i = 0; i < p->functions * COUNTERS_MOST; i++)
		total += p->drawn[i];
	return total;
}

/* One run, its shares in p->drawn. */
static inline void draw_run(struct population *p)
{
	for (size_t f = 0; f < p->functions; f++)
		draw_function(p, f);
	double total = drawn_total(p);
	for (size_t i = 0; i < p->functions * COUNTERS_MOST; i++)
		p->drawn[i] /= total;
}

/* A micro-benchmark: three functions, drawn at random, hold all of its mass; the largest counter of each the most. */
static inline void draw_micro(struct population *p)
{
	for (size_t i = 0; i < p->functions * COUNTERS_MOST; i++)
		p->drawn[i] = 0;
	for (int i = 0; i < 3; i++) {
		size_t f = gsl_rng_uniform_int(p->random, p->functions);
		double part = gsl_ran_lognormal(p->random, 0, 0.5);
		for (unsigned c = 0; c < p->counters[f]; c++)
			p->drawn[f * COUNTERS_MOST + c] += part * p->shape[f * COUNTERS_MOST + c];
	}
	double total = drawn_total(p);
	for (size_t i = 0; i < p->functions * COUNTERS_MOST; i++)
		p->drawn[i] /= total;
}

/* What was drawn as a profile: counts are rint(share * total), or at least `least` where it ran, times `times`. */
static inline struct pgo_profile *profile_of(const struct population *p, double total, double least, uint64_t times)
{
	size_t at = (size_t)snprintf(p->text, p->size, ":ir\n");
	for (size_t f = 0; f < p->functions; f++) {
		at += (size_t)snprintf(p->text + at, p->size - at, "f%zu\n%zu\n%u\n", f, f + 1, p->counters[f]);
		for (unsigned c = 0; c < p->counters[f]; c++) {
			double share = p->drawn[f * COUNTERS_MOST + c];
			double count = share > 0 ? fmax(rint(share * total), least) : 0;
			at += (size_t)snprintf(p->text + at, p->size - at, "%llu\n",
					       (unsigned long long)((uint64_t)count * times));
		}
		p->text[at++] = '\n';
	}
	struct pgo_profile *out = NULL;
	struct pgo_error err = {0};
	if (pgo_profile_read(&out, p->text, at, "text", &err) != PGO_OK) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	return out;
}

static inline struct pgo_profile *run_of(struct population *p)
{
	draw_run(p);
	return profile_of(p, pow(10, 6 + 3 * gsl_rng_uniform(p->random)), 0, 1);
}

#endif
