/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where tables and memory are for the IOMMU: physical addresses in windows, or process addresses where there are none. */
#ifndef SIM_TABLES_H
#define SIM_TABLES_H

#include <dmavec/space.h>

#include <stdbool.h>

struct sim_windows {
	const struct dmavec_window *list;
	uint32_t n;
};

/* Where the byte at phys is in the process; *len is cut to what lies there side by side. -EFAULT. */
int sim_windows_find(const struct sim_windows *windows, uint64_t phys, size_t *len, uint64_t *cpu);

struct sim_tables {
	struct sim_windows windows; /* of starts and lengths that are multiples of an entry's 8 bytes */
	uint64_t root;
	unsigned int levels;
	bool by_pipe; /* how table memory is read, see access.h */
};

/* The entry at this physical address, and the process address where it is. -EFAULT: there is no table memory. */
int sim_tables_entry(const struct sim_tables *tables, uint64_t phys, uint64_t *addr, uint64_t *entry);

#endif
