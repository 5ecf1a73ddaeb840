/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_WRITE_H
#define PGO_WRITE_H

#include "pgo/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

enum pgo_write_format {
	PGO_WRITE_INDEXED = 0, /**< what compilers read (.profdata) */
	PGO_WRITE_TEXT = 1,    /**< LLVM's text form (.proftext) */
};

/** Indexed versions that are written; layouts below 4 have no summary, which compilers need. */
#define PGO_INDEXED_OLDEST 4
#define PGO_INDEXED_NEWEST 13

struct pgo_write_options {
	enum pgo_write_format format;
	uint32_t version; /**< of the indexed format; 0: the newest */
	bool sparse;	  /**< leave out functions none of whose records ever ran */
};

/** What was written, and what the format or version had no room for. */
struct pgo_written {
	uint64_t bytes;
	uint64_t functions; /**< records */
	size_t warning_count;
	char warnings[8][200];
};

/**
 * Write a profile of LLVM's kind, the same bytes for the same profile: functions by bucket, name and hash; the values
 * of a site by descending count, then by value.
 *
 * The summary of the indexed format covers the records it is read for: in a profile with context-sensitive records one
 * block each, in others all of them. (LLVM leaves out of a front-end profile's block the functions whose hash happens
 * to have bit 60 set.)
 *
 * What an older version cannot hold is left out with a warning where the rest stays right without it (bitmaps before
 * 11, build ids before 9, traces before 10, vtable names and values before 12), else refused (pseudo counts before 9,
 * loop-entry counters before 13).
 *
 * @param path  NULL or "-": standard output. A regular file is written beside and renamed; others are written in place.
 * @param[out] out  may be NULL.
 * @return PGO_OK, PGO_EINVAL (version), PGO_EUNSUPPORTED (a kind or property the format has no words for), PGO_ESYSTEM,
 *         PGO_ENOMEM.
 */
int pgo_profile_write(const char *path, const struct pgo_profile *profile, const struct pgo_write_options *options,
		      struct pgo_written *out, struct pgo_error *err);

/**
 * The newest indexed version a compiler can read: "clang-14", "llvm-16", "clang 19.1.7", or the version itself ("12").
 * @return 0 when it is none of these, or an LLVM before 9, of which the versions are not known for sure.
 */
uint32_t pgo_indexed_version_for(const char *compiler);

#ifdef __cplusplus
}
#endif

#endif
