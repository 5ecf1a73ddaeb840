/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_PPROF_H
#define PGO_FORMATS_PPROF_H

#include "analysis/formats/format.h"
#include "pprof.pb-c.h"

/** Lines of a location (it and what is inlined there) and call frames of all samples for each byte of the message. */
#define PGO_PPROF_LINES_MOST 100
#define PGO_PPROF_FRAMES_PER_BYTE 4

/**
 * Fill the builder from a decoded profile, as the Go compiler would see it; pprof_graph.c.
 * @param length  bytes of the message: what it may expand to is bounded by it.
 * @return PGO_OK, PGO_EFORMAT, PGO_EUNSUPPORTED, PGO_ENOMEM
 */
int pgo_pprof_build(struct pgo_builder *b, const Pprof__Profile *profile, size_t length, struct pgo_error *err);

#endif
