/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "reports/common.h"

static void put_line(char out[PGO_KEY_TEXT], const char *before, uint32_t line, uint32_t discriminator)
{
	if (discriminator)
		snprintf(out, PGO_KEY_TEXT, "%s%" PRIu32 ".%" PRIu32, before, line, discriminator);
	else
		snprintf(out, PGO_KEY_TEXT, "%s%" PRIu32, before, line);
}

static void put_branch(char out[PGO_KEY_TEXT], uint32_t from, uint32_t to)
{
	if (from == UINT32_MAX)
		snprintf(out, PGO_KEY_TEXT, "outside -> 0x%" PRIx32, to);
	else if (to >> 31)
		snprintf(out, PGO_KEY_TEXT, "0x%" PRIx32 " -> #%08" PRIx32, from, to & INT32_MAX);
	else
		snprintf(out, PGO_KEY_TEXT, "0x%" PRIx32 " -> 0x%" PRIx32, from, to);
}

const char *pgo_key_text(char out[PGO_KEY_TEXT], uint32_t kind, uint64_t key)
{
	uint32_t high = (uint32_t)(key >> 32), low = (uint32_t)key;
	bool has_entry = kind == PGO_KIND_LINES || kind == PGO_KIND_PROBES || kind == PGO_KIND_BRANCHES;
	if (has_entry && key == PGO_KEY_ENTRY)
		snprintf(out, PGO_KEY_TEXT, "entry");
	else if (kind == PGO_KIND_LINES)
		put_line(out, "line +", high, low);
	else if (kind == PGO_KIND_PROBES)
		put_line(out, "probe ", high, low);
	else if (kind == PGO_KIND_BRANCHES)
		put_branch(out, high, low);
	else if (kind == PGO_KIND_OFFSETS)
		snprintf(out, PGO_KEY_TEXT, "0x%" PRIx64, key);
	else if (kind == PGO_KIND_BLOCKS)
		snprintf(out, PGO_KEY_TEXT, "block %" PRIu64, key);
	else if (kind == PGO_KIND_CALLS && low)
		snprintf(out, PGO_KEY_TEXT, "line +%" PRIu32 " #%08" PRIx32, high, low);
	else if (kind == PGO_KIND_CALLS)
		snprintf(out, PGO_KEY_TEXT, "line +%" PRIu32, high);
	else if (kind == PGO_KIND_TABLE && key >> 63)
		snprintf(out, PGO_KEY_TEXT, "#%016" PRIx64, key);
	else
		snprintf(out, PGO_KEY_TEXT, "%" PRIu64, key);
	return out;
}
