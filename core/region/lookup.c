/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lookup.h"

int lookup_limited(const struct dmavec_dev *dev, uint64_t at, uint64_t len, uint64_t *dma)
{
	if (!lookup_fits(&dev->lim, at, len))
		return -EAGAIN;
	*dma = at;
	return 0;
}

/* What a range is, from its first record on: the device addresses of the next ones must follow. */
static int lookup_records(const struct region_table *table, uint64_t addr, uint64_t len, struct region *first)
{
	struct region found;
	uint64_t rest;

	if (!region_lookup(table, addr, first))
		return -EAGAIN;
	for (rest = first->len - (addr - first->addr); rest < len; rest = found.len - (addr - found.addr)) {
		addr += rest;
		len -= rest;
		if (!region_lookup(table, addr, &found) || found.dma - found.addr != first->dma - first->addr)
			return -EAGAIN;
		first->prot &= found.prot;
	}
	return 0;
}

int lookup_slow(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma)
{
	const struct region_table *table = space_regions(dev->space);
	struct region first;

	if (!len || core_wraps(addr, len))
		return -EINVAL;
	if (!table || lookup_records(table, addr, len, &first))
		return -EAGAIN;
	if (core_prot(dir) & ~first.prot)
		return -EPERM;
	return lookup_limited(dev, first.dma + (addr - first.addr), len, dma);
}

int lookup_further(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma,
                   const struct region_table *table)
{
	struct region_hit hit;
	int got = region_try(table, addr, &hit);

	if (host_likely(got > 0 && (hit.dirs >> dir & 1)))
		return lookup_hit(dev, table, &hit, addr, len, dir, dma);
	if (!got && len && !core_wraps(addr, len))
		return -EAGAIN;
	return lookup_slow(dev, addr, len, dir, dma);
}

/* Not all of it lies in the only region, if that is the only one still. */
int lookup_missed(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma,
                  unsigned long version)
{
	if (len && !core_wraps(addr, len) && region_get(&dev->only.version) == version)
		return -EAGAIN;
	return lookup_slow(dev, addr, len, dir, dma);
}

/* The only region, where it does not allow every direction or the device has more limits; or none. */
int lookup_few(const struct dmavec_dev *dev, uint64_t addr, uint64_t len, enum dmavec_dir dir, uint64_t *dma,
               unsigned long version)
{
	uint64_t at;

	if (!(version >> ONLY_DIRS >> dir & 1))
		return lookup_slow(dev, addr, len, dir, dma);
	if (!lookup_only(&dev->only, version, addr, len, &at))
		return lookup_missed(dev, addr, len, dir, dma, version);
	return lookup_limited(dev, at, len, dma);
}

/* It begins where a line of the cache does: as far as its first hit there are two. */
__attribute__((aligned(HOST_CACHE_LINE)))
int dmavec_lookup(struct dmavec_dev *dev, dmavec_cpu_t addr, uint64_t len, enum dmavec_dir dir, dmavec_dma_t *dma)
{
	if (host_unlikely(!dev || !dma))
		return -EINVAL;
	return lookup_one(dev, addr, len, dir, dma);
}
