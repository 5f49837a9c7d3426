/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tests of the software IOMMU have in common: tables that they fill by hand, a memory, a look through both. */
#ifndef DMAVEC_TESTS_SIM_TABLES_H
#define DMAVEC_TESTS_SIM_TABLES_H

#include <dmavec/sim.h>

#include <endian.h>
#include <string.h>

#include "tap.h"

#define PAGE  4096u
#define PHYS  0x40000000u /* where the memory lies for the tables; at least 1 GiB, so that a leaf of 1 GiB reaches it */
#define PAGES 512u

/* Tables and memory of every test here; pages of memory start with their number. */
static uint64_t tables[16][512] __attribute__((aligned(4096)));
static unsigned char memory[PAGES][PAGE] __attribute__((aligned(4096)));

static void set(unsigned int table, unsigned int index, uint64_t entry)
{
	__atomic_store_n(&tables[table][index], htole64(entry), __ATOMIC_RELEASE);
}

static uint64_t at(unsigned int table)
{
	return (uintptr_t)tables[table];
}

/* Empty tables; each page of memory has its own bytes. */
static void clear_all(void)
{
	unsigned int i;

	memset(tables, 0, sizeof(tables));
	for (i = 0; i < PAGES; i++) {
		memset(memory[i], 0x11 * (int)(i % 13), PAGE);
		memory[i][0] = (unsigned char)i;
		memory[i][1] = (unsigned char)(i >> 8);
	}
}

/* Its root is table 0. */
static struct dmavec_sim_iommu *open_format(const char *format, uint32_t levels, uint32_t entries)
{
	struct dmavec_window window = { dmavec_cpu(memory), PHYS, sizeof(memory) };
	struct dmavec_sim_iommu_opts opts = { .size = sizeof(opts),
					      .format = format,
					      .root = at(0),
					      .levels = levels,
					      .entries = entries,
					      .memory = &window,
					      .nmemory = 1 };
	struct dmavec_sim_iommu *iommu = NULL;
	int err = dmavec_sim_iommu_open(&iommu, &opts);

	if (err) {
		diag("open: %d", err);
		exit(1);
	}
	return iommu;
}

/* The number of the memory page behind dma, as the device reads it; -EFAULT. */
static int page_at(struct dmavec_sim_iommu *iommu, uint64_t dma)
{
	unsigned char two[2];
	int err = dmavec_sim_iommu_read(iommu, dma, two, 2);

	return err ? err : two[0] | two[1] << 8;
}

/* The same, with nothing cached. */
static int page_walked(struct dmavec_sim_iommu *iommu, uint64_t dma)
{
	dmavec_sim_iommu_invalidate_all(iommu);
	return page_at(iommu, dma);
}

#endif
