/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which ranges each segment of a mapping covers: both are walked through once, side by side. */
#ifndef CLI_COVER_H
#define CLI_COVER_H

#include <stdbool.h>

#include "mapping.h"

struct cli_cover {
	size_t first, last; /* ranges */
	uint64_t skipped;   /* bytes of the first one that earlier segments have */
	uint64_t moved;     /* bytes at device addresses other than their own: without an IOMMU, those bounced */
};

/* All-zero but for the mapping: before the first segment. */
struct cli_cover_walk {
	const struct cli_mapping *mapping;
	uint32_t seg;
	size_t range;
	uint64_t inside; /* range */
};

/* The next segment's; false: there is none. */
bool cli_cover_next(struct cli_cover_walk *walk, struct cli_cover *cover);

#endif
