/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Look-up of registered memory: what a driver does for each I/O, and what mapping one registered range comes to.
 */
#ifndef DMAVEC_CORE_LOOKUP_H
#define DMAVEC_CORE_LOOKUP_H

#include "plan/cut.h"

/* Is one segment at dma all that the device needs? */
static inline bool lookup_fits(const struct limits *lim, uint64_t dma, uint64_t len)
{
	if (dma < lim->first || dma + (len - 1) > lim->last || len > lim->total_max)
		return false;
	return !core_low(dma, lim->align) && !core_low(len, lim->len_align) && len <= cut_room(lim, dma);
}

/* The rest of a range that runs on into records whose device addresses follow. -EAGAIN: they do not. */
int lookup_more(const struct region_table *table, const struct region *first, uint64_t addr, uint64_t len, uint32_t *prot);

/* The one segment of registered memory that does not wrap. -EAGAIN: it takes more than a look-up; -EPERM. */
static inline int lookup_one(const struct dmavec_dev *dev, const struct region_table *table, uint64_t addr, uint64_t len,
                             uint32_t prot, uint64_t *dma)
{
	struct region found;
	uint64_t at;

	if (host_unlikely(!region_lookup(table, addr, &found)))
		return -EAGAIN;
	if (host_unlikely(found.addr + (found.len - 1) - addr < len - 1) &&
	    lookup_more(table, &found, addr, len, &found.prot))
		return -EAGAIN;
	if (host_unlikely(prot & ~found.prot))
		return -EPERM;
	at = found.dma + (addr - found.addr);
	if (host_unlikely(!lookup_fits(&dev->lim, at, len)))
		return -EAGAIN;
	*dma = at;
	return 0;
}

#endif
