/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses that no range lies on, for what a dry run needs beside the ranges. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "ranges.h"

#define CLI_PLACE_UNIT UINT64_C(4096) /* places are made of pages */

struct cli_places {
	struct dmavec_range bounce, lists; /* len 0: there is none */
};

/* Between first and last, inclusive. 0, or -ENOMEM after it has said so. */
int cli_places_find(struct cli_places *places, const struct cli_ranges *ranges, uint64_t first, uint64_t last);

#endif
