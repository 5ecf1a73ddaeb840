/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_FORMATS_LLVM_H
#define PGO_FORMATS_LLVM_H

#include <stdint.h>

/* Numbers shared by LLVM's indexed and raw profiles. Source: InstrProfData.inc of LLVM 14, 19 and 22. */

/** Which LLVM releases write a version of the raw format: "13", "19 to 22"; NULL for a version no release wrote. */
const char *pgo_llvm_of_raw_version(uint32_t version);

/** Bits of the version word, high half; the low half is the version number. */
#define PGO_LLVM_VARIANT_LOOP_ENTRIES (1ull << 55)
#define PGO_LLVM_VARIANT_IR (1ull << 56)
#define PGO_LLVM_VARIANT_CSIR (1ull << 57)
#define PGO_LLVM_VARIANT_ENTRY_FIRST (1ull << 58)
#define PGO_LLVM_VARIANT_CORRELATED (1ull << 59)
#define PGO_LLVM_VARIANT_BYTE_COVERAGE (1ull << 60)
#define PGO_LLVM_VARIANT_FN_ENTRY_ONLY (1ull << 61)
#define PGO_LLVM_VARIANT_MEMPROF (1ull << 62)
#define PGO_LLVM_VARIANT_TEMPORAL (1ull << 63)

/** enum pgo_profile_flag of a version word; *unknown receives the bits that have no meaning here. */
uint32_t pgo_llvm_flags(uint64_t version_word, uint64_t *unknown);

#endif
