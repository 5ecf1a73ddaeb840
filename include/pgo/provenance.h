/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_PROVENANCE_H
#define PGO_PROVENANCE_H

#include <stdio.h>

#include "pgo/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One file that went into a merge. */
struct pgo_source {
	const char *path;
	char digest[33]; /**< of its bytes, as pgo_inputs_digest(); "" for standard input */
	uint64_t bytes;
	const char *format;
	uint64_t version;
	uint32_t flags;
	uint64_t functions;
	pgo_u128 total; /**< of its counters, before weighting */
	struct pgo_loss loss;
};

/** One argument of a merge: the sum of sources[first .. first + count). */
struct pgo_source_group {
	const char *name; /**< as it was given */
	double weight;	  /**< as it was given; 1 by default */
	double share;	  /**< of the mass of the result, 0..1 */
	size_t first, count;
};

/** Where a merged profile comes from. */
struct pgo_provenance {
	const char *output;
	const char *format; /**< as pgo-analyze merge --format names it */
	uint32_t version;   /**< of the indexed format, else 0 */
	bool shares;	    /**< weights are shares of the mass */
	bool sparse;
	size_t group_count;
	const struct pgo_source_group *groups;
	const struct pgo_source *sources;
	const struct pgo_profile *result;
	uint64_t functions;   /**< records written of it */
	size_t warning_count; /**< of the writing */
	char (*warnings)[200];
};

/** As a JSON document, "pgo-analyze/merge/1" (docs/json.md). @return PGO_OK or PGO_ENOMEM */
int pgo_provenance_write(const char *path, const struct pgo_provenance *provenance, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
