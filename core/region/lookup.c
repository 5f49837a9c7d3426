/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lookup.h"

int lookup_more(const struct region_table *table, const struct region *first, uint64_t addr, uint64_t len, uint32_t *prot)
{
	uint64_t delta = first->dma - first->addr, rest = first->addr + (first->len - 1) - addr + 1;
	struct region found;

	while (rest < len) {
		addr += rest;
		len -= rest;
		if (!region_lookup(table, addr, &found) || found.dma - found.addr != delta)
			return -EAGAIN;
		*prot &= found.prot;
		rest = found.addr + (found.len - 1) - addr + 1;
	}
	return 0;
}

int dmavec_lookup(struct dmavec_dev *dev, dmavec_cpu_t addr, uint64_t len, enum dmavec_dir dir, dmavec_dma_t *dma)
{
	const struct region_table *table;

	if (host_unlikely(!dev || !len || !dma || !core_dir_ok(dir) || core_wraps(addr, len)))
		return -EINVAL;
	table = space_regions(dev->space);
	return host_likely(table) ? lookup_one(dev, table, addr, len, core_prot(dir), dma) : -EAGAIN;
}
