/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_BOLT_YAML_H
#define PGO_FORMATS_BOLT_YAML_H

#include <yaml.h>

#include "analysis/formats/sampled.h"

/** A YAML document being read event by event: nothing of it is kept. */
struct pgo_bolt_yaml {
	yaml_parser_t parser;
	yaml_event_t event; /**< the one at hand */
	unsigned depth; /**< mappings and sequences it stands in, one that it starts included, one that it ends not */
	bool broken;	/**< it is no YAML: there is no next event */
	struct pgo_error *err;
};

/** Values within values. */
#define PGO_BOLT_YAML_DEPTH_MOST 32

/** @return PGO_OK, PGO_EFORMAT */
int pgo_bolt_yaml_next(struct pgo_bolt_yaml *y);
int pgo_bolt_yaml_fail(const struct pgo_bolt_yaml *y, const char *format, ...) PGO_PRINTF(2, 3);

/*
 * Each of these starts with the first event of a value at hand and ends with its last one.
 */
int pgo_bolt_yaml_skip(struct pgo_bolt_yaml *y);

/** `member` is called with the first event of each value at hand; keys are cut after 31 bytes. */
int pgo_bolt_yaml_mapping(struct pgo_bolt_yaml *y, const char *what,
			  int (*member)(struct pgo_bolt_yaml *y, const char *key, void *context), void *context);

int pgo_bolt_yaml_sequence(struct pgo_bolt_yaml *y, const char *what,
			   int (*item)(struct pgo_bolt_yaml *y, void *context), void *context);

/** Decimal, or hexadecimal after 0x; at most `most`. */
int pgo_bolt_yaml_number(struct pgo_bolt_yaml *y, const char *what, uint64_t most, uint64_t *out);

/** The scalar at hand; valid as long as the event. */
int pgo_bolt_yaml_text(struct pgo_bolt_yaml *y, const char *what, const char **text, size_t *length);

#endif
