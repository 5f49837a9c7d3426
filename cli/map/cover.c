// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "addr.h"
#include "cover.h"

/* One range's part of a segment; the walk goes behind it. How long it is. */
static uint64_t cover_part(struct cli_cover_walk *walk, struct cli_cover *cover, uint64_t dma, uint64_t len)
{
	const struct dmavec_range *range = &walk->mapping->ranges[walk->range];
	uint64_t rest = range->len - walk->inside, part = len < rest ? len : rest;

	if (cli_cpu_number(range->addr) + walk->inside != dma)
		cover->moved += part;
	cover->last = walk->range;
	walk->inside += part;
	if (walk->inside == range->len) {
		walk->inside = 0;
		walk->range++;
	}
	return part;
}

bool cli_cover_next(struct cli_cover_walk *walk, struct cli_cover *cover)
{
	const struct cli_mapping *mapping = walk->mapping;
	const struct dmavec_seg *seg = &mapping->segs[walk->seg];
	uint64_t at, part;

	if (walk->seg == mapping->nsegs)
		return false;
	walk->seg++;
	*cover = (struct cli_cover){ .first = walk->range, .last = walk->range, .skipped = walk->inside };
	for (at = 0; at < seg->len && walk->range < mapping->nranges; at += part)
		part = cover_part(walk, cover, cli_dma_number(seg->addr) + at, seg->len - at);
	return true;
}
