/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the IOMMU asks of a page-table format: one walk, written from the vendor's specification alone. */
#ifndef SIM_FORMAT_H
#define SIM_FORMAT_H

#include <stdint.h>

#define SIM_PAGE_SHIFT 12
#define SIM_PAGE       ((uint64_t)1 << SIM_PAGE_SHIFT)
#define SIM_PAGE_MASK  (SIM_PAGE - 1)

/* Permissions, over all levels. */
#define SIM_READ  0x1u
#define SIM_WRITE 0x2u

/* Every format here has tables of 512 entries of 8 bytes, and level 1 is the lowest: log2 of what an entry spans. */
static inline unsigned int sim_shift(unsigned int level)
{
	return SIM_PAGE_SHIFT + 9 * (level - 1);
}

static inline uint64_t sim_low_bits(unsigned int n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* Where the entry of dma is in this table. */
static inline uint64_t sim_entry_addr(uint64_t table, unsigned int level, uint64_t dma)
{
	return table + 8 * (dma >> sim_shift(level) & 0x1ff);
}

struct sim_tables;

struct sim_leaf {
	uint64_t phys;  /* of the 4 KiB page around the address, whatever the leaf's size */
	uint64_t entry; /* where the leaf entry is: a process address */
	unsigned int perms;
};

struct sim_format {
	const char *name;
	unsigned int levels_min, levels_max;
	/* -EFAULT: not present, or malformed. *leaf is written on success only. */
	int (*walk)(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf);
};

#endif
