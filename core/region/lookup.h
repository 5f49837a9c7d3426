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

/*
 * Each does the rest, at the end of its caller, which thus saves few registers or none: what a hit is limited by beside an
 * address window; hits that take more steps; and what is malformed, not found, not allowed, or found in several records.
 */
#define LOOKUP_REST __attribute__((noinline))

LOOKUP_REST int lookup_limited(const struct dmavec_dev *dev, uint64_t at, uint64_t len, uint64_t *dma);
LOOKUP_REST int lookup_missed(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir,
                              uint64_t *dma, unsigned long version);
LOOKUP_REST int lookup_few(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma,
                           unsigned long version);
LOOKUP_REST int lookup_further(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir,
                               uint64_t *dma, const struct region_table *table);
LOOKUP_REST int lookup_slow(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma);

/*
 * The device address, if all of the range lies in the only region. What lies within a region does not wrap, and a length of
 * 0 looks too long, here and below.
 */
static inline REGION_INLINE bool lookup_only(const struct dev_only *only, unsigned long version, uint64_t addr,
                                             uint64_t len, uint64_t *at)
{
	uint64_t rest, offset;

	if (host_unlikely(__builtin_sub_overflow(region_get64(&only->last), len - 1, &rest)))
		return false;
	offset = addr - region_get64(&only->addr);
	if (host_unlikely(offset > rest))
		return false;
	*at = region_get64(&only->dma) + offset;
	return host_likely(region_get(&only->version) == version);
}

/* What seems to be a hit, and allows the direction. */
static inline REGION_INLINE int lookup_hit(const struct dmavec_dev *dev, const struct region_table *table,
                                           const struct region_hit *hit, uint64_t addr, uint64_t len,
                                           enum dmavec_dir dir, uint64_t *dma)
{
	uint64_t at;

	if (host_unlikely(len - 1 >= hit->len - hit->offset || !region_hit_dma(table, hit, &at)))
		return lookup_slow(dev, addr, len, dir, dma);
	at += hit->offset;
	if (host_unlikely(at + (len - 1) >= dev->window_end))
		return lookup_limited(dev, at, len, dma);
	*dma = at;
	return 0;
}

static inline REGION_INLINE int lookup_many(const struct dmavec_dev *dev, uint64_t addr, uint64_t len,
                                            enum dmavec_dir dir, uint64_t *dma, unsigned long version)
{
	const struct region_table *table = region_get(&dev->regions);
	struct region_hit hit;

	if (host_unlikely(!table))
		return lookup_few(dev, addr, len, dir, dma, version);
	if (host_unlikely(!region_try_near(table, addr, dir, &hit)))
		return lookup_further(dev, addr, len, dir, dma, table);
	return lookup_hit(dev, table, &hit, addr, len, dir, dma);
}

/* The one segment of registered memory. -EINVAL; -EAGAIN: it takes more than a look-up; -EPERM. */
static inline REGION_INLINE int lookup_one(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir,
                                           uint64_t *dma)
{
	unsigned long version = region_get(&dev->only.version);
	uint64_t at;

	if (host_unlikely(!core_dir_ok(dir)))
		return -EINVAL;
	if (version & ONLY_PLAIN) {
		if (!lookup_only(&dev->only, version, addr, len, &at))
			return lookup_missed(dev, addr, len, dir, dma, version);
		*dma = at;
		return 0;
	}
	return lookup_many(dev, addr, len, dir, dma, version);
}

#endif
