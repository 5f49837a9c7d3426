/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The second-stage walk of Intel VT-d: Intel Virtualization Technology for Directed I/O Architecture Specification,
 * D51397, revision 5.10, section 9.8, tables 41 to 47.
 *
 *   bit      63   62        61:52    51:12    11        10:8     7         6:2      1  0
 *   leaf     ign  reserved  ignored  address  SNP       ignored  PS        ignored  W  R
 *   pointer  ign  reserved  ignored  address  reserved  ignored  0         ignored  W  R
 *
 * An entry with neither R nor W is not present. At level 1 every entry is a leaf, and ignores PS; at levels 2 and 3 one
 * with PS is a leaf of 2 MiB or 1 GiB, whose address bits below its size are reserved; above them PS is reserved.
 *
 * This unit has snoop control and leaves of all sizes (ECAP.SC, CAP.SSLPS), a host address width of 52 bits, and no
 * accessed and dirty bits.
 */
#include "vtdss.h"

#include <errno.h>

#include "tables.h"

#define VTDSS_READ    0x0000000000000001ULL
#define VTDSS_WRITE   0x0000000000000002ULL
#define VTDSS_SIZE    0x0000000000000080ULL
#define VTDSS_SNOOP   0x0000000000000800ULL
#define VTDSS_ADDRESS 0x000ffffffffff000ULL
#define VTDSS_ZERO    0x4000000000000000ULL

#define VTDSS_LEAF_MAX 3u /* the highest level that has leaves */

static bool vtdss_is_leaf(uint64_t entry, unsigned int level)
{
	return level == 1 || (level <= VTDSS_LEAF_MAX && (entry & VTDSS_SIZE));
}

/* Is a bit set that this kind of entry reserves? */
static bool vtdss_malformed(uint64_t entry, unsigned int level)
{
	uint64_t zero = VTDSS_ZERO;

	if (vtdss_is_leaf(entry, level))
		zero |= VTDSS_ADDRESS & sim_low_bits(sim_shift(level));
	else
		zero |= VTDSS_SNOOP | VTDSS_SIZE;
	return (entry & zero) != 0;
}

static unsigned int vtdss_perms(uint64_t bits)
{
	return (bits & VTDSS_READ ? SIM_READ : 0) | (bits & VTDSS_WRITE ? SIM_WRITE : 0);
}

int sim_vtdss_walk(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf)
{
	uint64_t table = tables->root, allowed = UINT64_MAX, entry, addr;
	unsigned int level = tables->levels;
	int err;

	if (dma & ~sim_low_bits(sim_shift(level + 1)))
		return -EFAULT;
	for (;; level--) {
		err = sim_tables_entry(tables, sim_entry_addr(table, level, dma), &addr, &entry);
		if (err)
			return err;
		if (!vtdss_perms(entry) || vtdss_malformed(entry, level))
			return -EFAULT;
		allowed &= entry;
		if (vtdss_is_leaf(entry, level))
			break;
		table = entry & VTDSS_ADDRESS;
	}
	leaf->phys = (entry & VTDSS_ADDRESS) | (dma & sim_low_bits(sim_shift(level)) & ~SIM_PAGE_MASK);
	leaf->entry = addr;
	leaf->perms = vtdss_perms(allowed);
	return 0;
}
