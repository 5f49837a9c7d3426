/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the IOMMU asks of a page-table format: one walk, written from the vendor's specification alone. */
#ifndef SIM_FORMAT_H
#define SIM_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_PAGE_SHIFT 12
#define SIM_PAGE       ((uint64_t)1 << SIM_PAGE_SHIFT)
#define SIM_PAGE_MASK  (SIM_PAGE - 1)

/* Permissions, over all levels. */
#define SIM_READ  0x1u
#define SIM_WRITE 0x2u

struct sim_tables {
	uint64_t root;
	unsigned int levels;
	bool by_pipe; /* how table memory is read, see access.h */
};

struct sim_leaf {
	uint64_t phys;  /* of the 4 KiB page around the address, whatever the leaf's size */
	uint64_t entry; /* where the leaf entry is */
	unsigned int perms;
};

struct sim_format {
	const char *name;
	unsigned int levels_min, levels_max;
	/* -EFAULT: not present, or malformed. *leaf is written on success only. */
	int (*walk)(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf);
};

#endif
