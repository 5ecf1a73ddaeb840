/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/base/digest.h"

#include <md5.h>
#include <sys/types.h>

uint64_t pgo_name_ref(const void *name, size_t length)
{
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX context;
	MD5Init(&context);
	MD5Update(&context, name, length);
	MD5Final(digest, &context);
	uint64_t ref = 0;
	for (int i = 7; i >= 0; i--)
		ref = ref << 8 | digest[i];
	return ref;
}
