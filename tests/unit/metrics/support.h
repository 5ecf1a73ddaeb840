/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_METRICS_SUPPORT_H
#define TESTS_UNIT_METRICS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgo/compare.h"

/* A function of a profile made by hand; counters end with END. */
#define END UINT64_MAX
struct spec {
	const char *name; /* NULL ends the list */
	uint64_t hash;
	uint32_t flags;
	uint64_t counters[16];
};

static inline uint64_t name_ref(const char *name)
{
	unsigned char digest[16];
	uint64_t ref = 0;
	MD5_CTX ctx;
	MD5Init(&ctx);
	MD5Update(&ctx, (const unsigned char *)name, strlen(name));
	MD5Final(digest, &ctx);
	for (int i = 7; i >= 0; i--)
		ref = ref << 8 | digest[i];
	return ref;
}

/* Caller frees with pgo_profile_free(). */
static inline struct pgo_profile *make_profile(const struct spec *specs)
{
	struct pgo_profile *p = calloc(1, sizeof *p);
	p->format = "indexed";
	p->version = 13;
	p->flags = PGO_PROFILE_IR;
	p->functions = calloc(64, sizeof *p->functions);
	p->counters = calloc(64 * 16, sizeof *p->counters);
	p->names = calloc(64, 128);
	char *names = p->names;
	for (const struct spec *s = specs; s->name; s++) {
		struct pgo_function *f = &p->functions[p->function_count++];
		*f = (struct pgo_function){.name = names,
					   .name_length = (uint32_t)strlen(s->name),
					   .flags = s->flags,
					   .name_ref = name_ref(s->name),
					   .cfg_hash = s->hash,
					   .counters = (const pgo_count *)(p->counters + p->counter_count)};
		strcpy(names, s->name);
		names += f->name_length + 1;
		for (const uint64_t *c = s->counters; *c != END; c++) {
			p->counters[p->counter_count++] = *c;
			f->counter_count++;
			f->sum += *c;
			f->max = *c > f->max ? *c : f->max;
		}
	}
	return p;
}

static inline struct pgo_comparison compared(const struct pgo_profile *a, const struct pgo_profile *b)
{
	struct pgo_comparison c;
	struct pgo_error err = {0};
	if (pgo_compare(&c, a, b, NULL, &err) != PGO_OK)
		fail_msg("%s", err.message);
	return c;
}

/* The row of a function, by the name on either side. */
static inline const struct pgo_function_comparison *row_of(const struct pgo_comparison *c, const char *name)
{
	for (size_t i = 0; i < c->function_count; i++)
		if (strcmp(c->functions[i].name, name) == 0)
			return &c->functions[i];
	fail_msg("no row '%s'", name);
	return NULL;
}

#define assert_near(a, b, tolerance)                                                                                   \
	do {                                                                                                           \
		double near_a_ = (a), near_b_ = (b);                                                                   \
		if (!(fabs(near_a_ - near_b_) <= (tolerance)))                                                         \
			fail_msg("%s is %.17g, not %.17g", #a, near_a_, near_b_);                                      \
	} while (0)

#endif
