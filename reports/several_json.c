/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/writers.h"

const struct pgo_several_writer pgo_json_several = {
	.skew = NULL,
};
