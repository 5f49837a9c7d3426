/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Intel Virtualization Technology for Directed I/O Architecture Specification, D51397, revision 5.10, section 9.8:
 * second-stage paging entries, here of 4 levels (an address width of 48 bits).
 *
 *   bits 0, 1   R, W: the device may read, write; a leaf's and those of all entries above it are ANDed. No bit says
 *               present: an entry that has neither is not
 *   bits 6:3    a leaf's memory type: ignored, but for devices in the processor's coherency domain
 *   bit 7       PS: at levels 2 and 3 a leaf of that level's natural size; reserved above, ignored below
 *   bits 8, 9   A, D: the hardware's to set, where it was told to
 *   bit 11      SNP: accesses snoop. Not for peer memory. Leaves only, and reserved where ECAP.SC is 0
 *   bits 51:12  address; those from the host address width on are reserved
 *   bit 62      reserved
 */
#ifndef PT_VTDSS_H
#define PT_VTDSS_H

#include "format.h"

#define VTDSS_R     (1ull << 0)
#define VTDSS_W     (1ull << 1)
#define VTDSS_PS    (1ull << 7)
#define VTDSS_SNP   (1ull << 11)
#define VTDSS_TABLE (VTDSS_R | VTDSS_W)

static const struct pt_format pt_format_vtdss = {
	.name = "vtdss",
	.levels = 4,
	.leaf_levels = 3,
	.addr_bits = 48,
	.pa_shift = 0,
	.pa_mask = (1ull << 52) - 1,
	.leaf = { 0, 0, VTDSS_PS, VTDSS_PS },
	.table = { 0, 0, VTDSS_TABLE, VTDSS_TABLE, VTDSS_TABLE },
	.how = {
		[0x1] = VTDSS_SNP | VTDSS_R,
		[0x2] = VTDSS_SNP | VTDSS_W,
		[0x3] = VTDSS_SNP | VTDSS_R | VTDSS_W,
		[0x5] = VTDSS_R,
		[0x6] = VTDSS_W,
		[0x7] = VTDSS_R | VTDSS_W,
	},
	.read = { VTDSS_R, VTDSS_R },
	.write = { VTDSS_W, VTDSS_W },
};

#endif
