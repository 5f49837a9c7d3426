/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a mapping looks like: what `dmavec map` prints, draws and writes as JSON. */
#ifndef CLI_MAPPING_H
#define CLI_MAPPING_H

#include <dmavec/dmavec.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_mapping {
	const char *device, *space; /* as the command line named them */
	struct dmavec_limits limits; /* in force */
	bool iommu;                  /* else device addresses are the ranges' own, but where they are bounced */
	bool untrusted, linear;
	const struct dmavec_range *ranges;
	const uint32_t *range_flags; /* one each: 0 or DMAVEC_MMIO */
	size_t nranges;
	const struct dmavec_seg *segs;
	const enum dmavec_cut *cuts; /* one each: why it and the next one are apart; the last has DMAVEC_CUT_NONE */
	uint32_t nsegs;
	uint64_t len; /* bytes, of the ranges and of the segments alike */
	uint64_t bounce_bytes, iova_bytes;
};

#endif
