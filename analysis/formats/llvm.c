/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/formats/llvm.h"

#include "pgo/profile.h"

const char *pgo_llvm_of_raw_version(uint32_t version)
{
	switch (version) {
	case 5:
		return "12";
	case 7:
		return "13";
	case 8:
		return "14 to 17";
	case 9:
		return "18";
	case 10:
		return "19 to 22";
	default:
		return NULL;
	}
}

uint32_t pgo_llvm_flags(uint64_t version_word, uint64_t *unknown)
{
	static const struct {
		uint64_t bit;
		uint32_t flag;
	} map[] = {
		{PGO_LLVM_VARIANT_LOOP_ENTRIES, PGO_PROFILE_LOOP_ENTRIES},
		{PGO_LLVM_VARIANT_IR, PGO_PROFILE_IR},
		{PGO_LLVM_VARIANT_CSIR, PGO_PROFILE_CSIR},
		{PGO_LLVM_VARIANT_ENTRY_FIRST, PGO_PROFILE_ENTRY_FIRST},
		{PGO_LLVM_VARIANT_CORRELATED, 0}, /* says how the binary was linked, nothing about the counts */
		{PGO_LLVM_VARIANT_BYTE_COVERAGE, PGO_PROFILE_BYTE_COVERAGE},
		{PGO_LLVM_VARIANT_FN_ENTRY_ONLY, PGO_PROFILE_FN_ENTRY_ONLY},
		{PGO_LLVM_VARIANT_MEMPROF, PGO_PROFILE_MEMPROF},
		{PGO_LLVM_VARIANT_TEMPORAL, PGO_PROFILE_TEMPORAL},
	};
	uint32_t flags = 0;
	uint64_t rest = version_word & ~0xffffffffull;
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
		if (rest & map[i].bit)
			flags |= map[i].flag;
		rest &= ~map[i].bit;
	}
	*unknown = rest;
	return flags;
}
