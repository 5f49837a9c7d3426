/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * AMD I/O Virtualization Technology (IOMMU) Specification, 48882, section 2.2.3: I/O page tables for host translations.
 *
 *   bit 0       PR, present
 *   bits 11:9   next level: 0 a leaf of this level's natural size, else the level of the table pointed to
 *   bits 51:12  address
 *   bit 60      FC, force coherent: accesses snoop. Not for peer memory. Leaves only
 *   bits 61, 62 IR, IW: the device may read, write; a leaf's and those of all entries above it are ANDed
 */
#ifndef PT_AMDV1_H
#define PT_AMDV1_H

#include "format.h"

#define AMDV1_PR       (1ull << 0)
#define AMDV1_NEXT(l)  ((uint64_t)(l) << 9)
#define AMDV1_FC       (1ull << 60)
#define AMDV1_IR       (1ull << 61)
#define AMDV1_IW       (1ull << 62)
#define AMDV1_TABLE(l) (AMDV1_PR | AMDV1_NEXT((l) - 1) | AMDV1_IR | AMDV1_IW)

static const struct pt_format pt_format_amdv1 = {
	.name = "amdv1",
	.levels = 4,
	.leaf_levels = 3,
	.addr_bits = 48,
	.pa_shift = 0,
	.pa_mask = (1ull << 52) - 1,
	.leaf = { 0, AMDV1_PR, AMDV1_PR, AMDV1_PR },
	.table = { 0, 0, AMDV1_TABLE(2), AMDV1_TABLE(3), AMDV1_TABLE(4) },
	.how = {
		[0x1] = AMDV1_FC | AMDV1_IR,
		[0x2] = AMDV1_FC | AMDV1_IW,
		[0x3] = AMDV1_FC | AMDV1_IR | AMDV1_IW,
		[0x5] = AMDV1_IR,
		[0x6] = AMDV1_IW,
		[0x7] = AMDV1_IR | AMDV1_IW,
	},
	.read = { AMDV1_IR, AMDV1_IR },
	.write = { AMDV1_IW, AMDV1_IW },
};

#endif
