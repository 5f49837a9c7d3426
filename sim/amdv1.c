/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk through AMD's I/O page tables for host translations: AMD I/O Virtualization Technology (IOMMU)
 * Specification, 48882, section 2.2.3.
 *
 *   bit      63       62  61  60  59   58:52     51:12    11:9        8:1      0
 *   leaf     ignored  IW  IR  FC  U    reserved  address  0 or 7      ignored  PR
 *   pointer  ignored  IW  IR  reserved reserved  address  next level  ignored  PR
 *
 * Next level 0 is a leaf of the level's own size: 4 KiB, 2 MiB, 1 GiB ... Next level 7 is one of a size between that
 * and the next level's, told by the lowest clear bit of the address field: bit n means 2^(n+1) bytes. Otherwise the
 * entry points to a table of a lower level; where it skips some, the device address must be zero in their bits.
 *
 * Stricter than silicon has to be: a leaf of next level 0 whose address is no multiple of its size is malformed. The
 * accessed and dirty bits (5 and 6) are not maintained, as with HAD = 0.
 */
#include "amdv1.h"

#include <errno.h>

#include "tables.h"

#define AMDV1_PRESENT      0x0000000000000001ULL
#define AMDV1_ADDRESS      0x000ffffffffff000ULL
#define AMDV1_READ         0x2000000000000000ULL
#define AMDV1_WRITE        0x4000000000000000ULL
#define AMDV1_LEAF_ZERO    0x07f0000000000000ULL
#define AMDV1_POINTER_ZERO 0x1ff0000000000000ULL

#define AMDV1_NEXT_LEVEL(entry) ((unsigned int)((entry) >> 9) & 7)
#define AMDV1_NEXT_LEAF         0u
#define AMDV1_NEXT_SIZED_LEAF   7u

/* log2 of a leaf's size; 0: malformed. */
static unsigned int amdv1_leaf_shift(uint64_t entry, unsigned int level)
{
	unsigned int own = sim_shift(level), bit = SIM_PAGE_SHIFT;

	if (AMDV1_NEXT_LEVEL(entry) == AMDV1_NEXT_LEAF)
		return entry & AMDV1_ADDRESS & sim_low_bits(own) ? 0 : own;
	while (bit <= 51 && (entry >> bit & 1))
		bit++;
	if (bit > 51 || bit + 1 <= own || bit + 1 >= own + 9)
		return 0;
	return bit + 1;
}

static int amdv1_leaf(uint64_t entry, unsigned int level, uint64_t dma, struct sim_leaf *leaf)
{
	unsigned int shift = amdv1_leaf_shift(entry, level);
	uint64_t offset = sim_low_bits(shift);

	if (!shift || (entry & AMDV1_LEAF_ZERO))
		return -EFAULT;
	leaf->phys = ((entry & AMDV1_ADDRESS & ~offset) | (dma & offset)) & ~SIM_PAGE_MASK;
	return 0;
}

/* Whether the walk may go from this level to the entry's next one. */
static bool amdv1_pointer_ok(uint64_t entry, unsigned int level, uint64_t dma)
{
	unsigned int next = AMDV1_NEXT_LEVEL(entry);

	if (next >= level || (entry & AMDV1_POINTER_ZERO))
		return false;
	return !(dma & sim_low_bits(sim_shift(level)) & ~sim_low_bits(sim_shift(next + 1)));
}

static unsigned int amdv1_perms(uint64_t bits)
{
	return (bits & AMDV1_READ ? SIM_READ : 0) | (bits & AMDV1_WRITE ? SIM_WRITE : 0);
}

int sim_amdv1_walk(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf)
{
	uint64_t table = tables->root, allowed = UINT64_MAX, entry, addr;
	unsigned int level = tables->levels, next;
	int err;

	if (dma & ~sim_low_bits(sim_shift(level + 1)))
		return -EFAULT;
	for (;; level = next) {
		err = sim_tables_entry(tables, sim_entry_addr(table, level, dma), &addr, &entry);
		if (err)
			return err;
		if (!(entry & AMDV1_PRESENT))
			return -EFAULT;
		allowed &= entry;
		next = AMDV1_NEXT_LEVEL(entry);
		if (next == AMDV1_NEXT_LEAF || next == AMDV1_NEXT_SIZED_LEAF)
			break;
		if (!amdv1_pointer_ok(entry, level, dma))
			return -EFAULT;
		table = entry & AMDV1_ADDRESS;
	}
	err = amdv1_leaf(entry, level, dma, leaf);
	if (err)
		return err;
	leaf->entry = addr;
	leaf->perms = amdv1_perms(allowed);
	return 0;
}
