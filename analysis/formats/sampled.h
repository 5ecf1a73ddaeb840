/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_SAMPLED_H
#define PGO_FORMATS_SAMPLED_H

#include "analysis/formats/format.h"

/*
 * Counters told apart by key, gathered in any order and handed to the builder function by function: what the readers of
 * sample profiles and of BOLT's have in common. A body is a function, or a copy of it that was inlined somewhere;
 * bodies of one name become one function, unless their CFG hashes differ. A body whose hash is not known (0) goes to
 * the first known hash of its name.
 */

#define PGO_SAMPLED_NONE UINT32_MAX

struct pgo_sampled_name {
	uint64_t text; /**< into `text` */
	uint64_t ref;
	uint64_t known_hash; /**< pgo_sampled_build(): the first CFG hash of its bodies that is not 0 */
	uint32_t length;
	bool md5; /**< only the reference is known; the text is made of it */
};

struct pgo_sampled_body {
	uint64_t place; /**< where it was inlined; of an outermost one what tells bodies of one name apart, or 0 */
	uint64_t cfg_hash;
	uint32_t parent; /**< PGO_SAMPLED_NONE: outermost */
	uint32_t name;
	uint32_t function; /**< pgo_sampled_build() */
	bool dead;	   /**< its record was set aside, and no other has mentioned it */
};

/** A counter; or a value site without one. */
struct pgo_sampled_line {
	uint64_t key, count;
	uint32_t body;
	uint16_t kind; /**< enum pgo_value_kind of the values that follow */
	bool site_only;
};

/** A value of the line `line`. */
struct pgo_sampled_value {
	uint64_t count;
	uint32_t name; /**< its reference is the value; PGO_SAMPLED_NONE: unknown, 0 */
	uint32_t line;
};

/** Indices + 1 by hash; 0 is empty. */
struct pgo_sampled_slots {
	uint32_t *items;
	size_t count;
};

/** Start with {0}. Functions that add return -1 (or PGO_SAMPLED_NONE) when out of memory. */
struct pgo_sampled {
	PGO_VEC(char) text;
	PGO_VEC(struct pgo_sampled_name) names;
	PGO_VEC(struct pgo_sampled_body) bodies;
	PGO_VEC(struct pgo_sampled_line) lines;
	PGO_VEC(struct pgo_sampled_value) values;
	struct pgo_sampled_slots name_slots, body_slots;
};

/** Index of a name; new when it was not there. */
uint32_t pgo_sampled_name(struct pgo_sampled *s, const char *text, size_t length);
/** Index of the name with this reference, which is called "md5:" and 16 hexadecimal digits. */
uint32_t pgo_sampled_md5_name(struct pgo_sampled *s, uint64_t ref);

/** The body of this name there; new when there is none. */
uint32_t pgo_sampled_body(struct pgo_sampled *s, uint32_t parent, uint64_t place, uint32_t name);
/** @return PGO_SAMPLED_NONE: there is none */
uint32_t pgo_sampled_find(const struct pgo_sampled *s, uint32_t parent, uint64_t place, uint32_t name);

/** Add a counter; several of one key of a function add up. */
int pgo_sampled_line(struct pgo_sampled *s, uint32_t body, uint64_t key, uint64_t count);
/** A value site that is no counter. */
int pgo_sampled_site(struct pgo_sampled *s, uint32_t body, uint64_t key, enum pgo_value_kind kind);
/** Add a value to the last line or site. */
int pgo_sampled_value(struct pgo_sampled *s, uint32_t name, uint64_t count);

/** How far it has come: what a record that is set aside goes back to. */
struct pgo_sampled_mark {
	size_t bodies, lines, values;
};

static inline struct pgo_sampled_mark pgo_sampled_mark(const struct pgo_sampled *s)
{
	return (struct pgo_sampled_mark){s->bodies.count, s->lines.count, s->values.count};
}

void pgo_sampled_back(struct pgo_sampled *s, const struct pgo_sampled_mark *mark);

/** Make the functions, in the order of their first bodies. @return 0, or -1 when out of memory */
int pgo_sampled_build(struct pgo_sampled *s, struct pgo_builder *b);

void pgo_sampled_release(struct pgo_sampled *s);

#endif
