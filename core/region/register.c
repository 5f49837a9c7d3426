/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Registration: memory mapped once, kept in the table of regions. Ranges that lie side by side are mapped as one.
 */
#include "map/hold.h"
#include "join.h"

#define REG_FLAGS (DMAVEC_REG_READ | DMAVEC_REG_WRITE)

/* What a call asks for. */
struct reg {
	struct dmavec_space *space;
	uint32_t prot;
	bool fixed; /* at dma */
	uint64_t dma;
	uint64_t file_len; /* not 0: of the mapped file that the one range is */
	bool stuck;        /* out: the device may still reach what could not be unlinked again */
};

/* Blocks only widen while anything is registered: a reader may be anywhere. */
static void count_in(struct dmavec_space *space, const struct region *region)
{
	unsigned long low = (unsigned long)(region->addr >> REGIONS_BLOCK_SHIFT);
	unsigned long high = (unsigned long)((region->addr + (region->len - 1)) >> REGIONS_BLOCK_SHIFT);

	if (!space->nregions || low < space->regions_low)
		__atomic_store_n(&space->regions_low, low, __ATOMIC_RELAXED);
	if (!space->nregions || high > space->regions_high)
		__atomic_store_n(&space->regions_high, high, __ATOMIC_RELAXED);
	if (region->prot != REG_FLAGS)
		__atomic_store_n(&space->restricted, space->restricted + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&space->nregions, space->nregions + 1, __ATOMIC_RELEASE);
	if (space->nregions <= 2)
		devs_see_regions(space);
}

static int record_add(struct dmavec_space *space, const struct region *region)
{
	int err = region_insert(space->regions, region);

	if (!err)
		count_in(space, region);
	return err;
}

static int record_drop(struct dmavec_space *space, uint64_t addr, uint64_t len, struct region *was)
{
	int err = region_remove(space->regions, addr, len, was);

	if (err)
		return err;
	__atomic_store_n(&space->nregions, space->nregions - 1, __ATOMIC_RELEASE);
	if (was->prot != REG_FLAGS)
		__atomic_store_n(&space->restricted, space->restricted - 1, __ATOMIC_RELEASE);
	if (space->nregions <= 1)
		devs_see_regions(space);
	return 0;
}

static uint32_t reg_prot(unsigned int flags)
{
	return flags ? flags : REG_FLAGS;
}

static struct region_table *regions_get(struct dmavec_space *space)
{
	struct region_table *table = space->regions;

	if (!table && !region_table_open(&table))
		__atomic_store_n(&space->regions, table, __ATOMIC_RELEASE);
	return table;
}

/* Addresses that every open device can use, if there are any: they will all look these regions up. */
static void regions_window(struct dmavec_space *space, struct dmavec_reserve *want)
{
	uint64_t first = space->desc.first, last = space->desc.last;
	const struct dmavec_dev *dev;

	host_lock(&space->lock);
	for (dev = space->devices; dev; dev = dev->next) {
		first = core_max(first, dev->lim.first);
		last = core_min(last, dev->lim.last);
	}
	host_unlock(&space->lock);
	want->first = first <= last ? first : space->desc.first;
	want->last = first <= last ? last : space->desc.last;
}

static int region_reserve(struct dmavec_space *space, uint64_t addr, uint64_t len, dmavec_dma_t *iova)
{
	struct dmavec_reserve want = { .len = len, .align = space->desc.granule };
	int err;

	regions_window(space, &want);
	err = hold_reserve(space, &want, core_leaf_align(addr, len), iova);
	if (err != -ENOSPC)
		return err;
	want.first = space->desc.first;
	want.last = space->desc.last;
	return hold_reserve(space, &want, core_leaf_align(addr, len), iova);
}

/* Map [addr, addr + len) behind an IOMMU. On success *dma is the device's address of addr. */
static int region_map(struct reg *reg, uint64_t addr, uint64_t len, uint64_t *dma)
{
	struct dmavec_space *space = reg->space;
	uint64_t granule = space->desc.granule, offset = core_low(addr, granule), iova_len = core_up(offset + len, granule);
	struct dmavec_range range = { addr, len };
	dmavec_dma_t iova = reg->dma - offset;
	int err;

	if (iova_len < len || core_wraps(addr - offset, iova_len))
		return -EINVAL;
	err = reg->fixed ? space->ops.reserve_at(space->ctx, iova, iova_len) : region_reserve(space, addr, iova_len, &iova);
	if (err)
		return err;
	err = space->ops.link(space->ctx, iova + offset, &range, 1, reg->prot);
	if (!err && space->ops.commit)
		err = space->ops.commit(space->ctx, iova, iova_len);
	if (err) {
		hold_unlink(space, iova, iova_len, true, &reg->stuck);
		return err;
	}
	__atomic_fetch_add(&space->region_granules, core_granules(space, iova_len), __ATOMIC_RELAXED);
	*dma = iova + offset;
	return 0;
}

static int region_unmap(struct dmavec_space *space, uint64_t iova, uint64_t iova_len, bool *reached)
{
	__atomic_fetch_sub(&space->region_granules, core_granules(space, iova_len), __ATOMIC_RELAXED);
	return hold_unlink(space, iova, iova_len, true, reached);
}

/* What a record mapped alone holds. */
static int region_unmap_alone(struct dmavec_space *space, const struct region *region)
{
	uint64_t granule = space->desc.granule, offset = core_low(region->dma, granule);
	bool reached;

	if (granule == 1)
		return 0;
	return region_unmap(space, region->dma - offset, core_up(offset + region->len, granule), &reached);
}

/* One record has been removed: unmap what nothing needs any more. */
static int region_gone(struct dmavec_space *space, const struct region *was)
{
	struct join *join;
	bool reached = false;
	int err = 0;

	if (!was->owner)
		return region_unmap_alone(space, was);
	join = join_get(space->joins, was->owner);
	if (--join->parts) {
		join->gone += was->len;
		space->stranded += was->len;
		return 0;
	}
	space->stranded -= join->gone;
	if (join->iova_len)
		err = region_unmap(space, join->iova, join->iova_len, &reached);
	space->joined -= !join->file_len;
	/* Where the device may still reach the memory, it stays. */
	if (join->file_len && !reached)
		space->ops.file_unmap(space->ctx, join->file_cpu, join->file_len);
	join_close(space->joins, was->owner);
	return err;
}

/* Remove the records that make up [addr, addr + len); they are known to end there. */
static int regions_remove(struct dmavec_space *space, uint64_t addr, uint64_t len)
{
	struct region was, found;
	int err = 0, one;

	while (len && region_find(space->regions, addr, &found)) {
		if (record_drop(space, found.addr, found.len, &was))
			break;
		one = region_gone(space, &was);
		err = err ? err : one;
		addr += was.len;
		len -= was.len;
	}
	return err;
}

/* ---- without an IOMMU memory has its addresses already: one record a run of them */
static int region_add_direct(const struct reg *reg, uint64_t addr, uint64_t len, uint32_t owner)
{
	struct dmavec_space *space = reg->space;
	uint64_t at = addr, rest = len, run;
	int err = 0;

	while (rest && !err) {
		struct region region = { .addr = at, .dma = at, .prot = reg->prot, .owner = owner };

		run = rest;
		if (!(space->desc.flags & DMAVEC_SPACE_IDENTITY))
			err = space->ops.lookup(space->ctx, at, rest, &region.dma, &run);
		region.len = run;
		/* Of a file's mapping no part may go before the rest: it must be one record. */
		if (!err && owner && run < len)
			err = -EOPNOTSUPP;
		if (!err)
			err = record_add(space, &region);
		if (!err) {
			at += run;
			rest -= run;
		}
	}
	if (err && !owner)
		regions_remove(space, addr, len - rest);
	return err;
}

/* ---- with one: a joined map and a record for each of its ranges */

/* Insert records for ranges that lie side by side from addr on and are mapped at dma. */
static int regions_insert(const struct reg *reg, const struct dmavec_range *ranges, size_t n, uint64_t dma, uint32_t owner)
{
	struct region was;
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		struct region region = { ranges[i].addr, ranges[i].len, dma + (ranges[i].addr - ranges[0].addr), reg->prot,
		                         owner };

		err = record_add(reg->space, &region);
		if (err) {
			while (i--)
				(void)record_drop(reg->space, ranges[i].addr, ranges[i].len, &was);
			return err;
		}
	}
	return 0;
}

/* Map and insert; *held is what the map holds. */
static int region_add_mapped(struct reg *reg, const struct dmavec_range *ranges, size_t n, uint64_t len,
                             uint32_t owner, struct join *held)
{
	uint64_t granule = reg->space->desc.granule, offset = core_low(ranges[0].addr, granule), dma;
	int err = region_map(reg, ranges[0].addr, len, &dma);

	if (err)
		return err;
	held->iova = dma - offset;
	held->iova_len = core_up(offset + len, granule);
	err = regions_insert(reg, ranges, n, dma, owner);
	if (err)
		region_unmap(reg->space, held->iova, held->iova_len, &reg->stuck);
	return err;
}

static int region_add(struct reg *reg, const struct dmavec_range *ranges, size_t n, uint64_t len)
{
	struct dmavec_space *space = reg->space;
	struct join held = { .parts = (uint32_t)n, .file_cpu = ranges[0].addr, .file_len = reg->file_len };
	uint32_t owner = 0;
	int err = n > 1 || reg->file_len ? join_open(&space->joins, &owner) : 0;

	if (err)
		return err;
	if (space->desc.granule == 1)
		err = region_add_direct(reg, ranges[0].addr, len, owner);
	else
		err = region_add_mapped(reg, ranges, n, len, owner, &held);
	if (owner && err)
		join_close(space->joins, owner);
	else if (owner)
		*join_get(space->joins, owner) = held;
	space->joined += owner && !err && !reg->file_len;
	return err;
}

/* How many ranges from the first on are mapped as one, and their bytes. */
static size_t join_count(const struct dmavec_space *space, const struct dmavec_range *ranges, size_t n, uint64_t *len)
{
	size_t i = 1;

	*len = ranges[0].len;
	while (i < n && i < UINT32_MAX && !space->tainted && space->desc.granule > 1 && ranges[i].addr && ranges[i].addr == ranges[0].addr + *len)
		*len += ranges[i++].len;
	return i;
}

/* All of them or none; ranges are sorted by address and do not overlap. */
static int regions_add(struct reg *reg, const struct dmavec_range *ranges, size_t n)
{
	size_t i = 0, count;
	uint64_t len;
	int err = 0;

	while (i < n && !err) {
		count = join_count(reg->space, ranges + i, n - i, &len);
		err = region_add(reg, ranges + i, count, len);
		if (!err)
			i += count;
	}
	while (err && i--)
		regions_remove(reg->space, ranges[i].addr, ranges[i].len);
	return err;
}

static int ranges_valid(const struct dmavec_range *ranges, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!ranges[i].len || core_wraps(ranges[i].addr, ranges[i].len))
			return -EINVAL;
	return 0;
}

static bool ranges_sorted(const struct dmavec_range *ranges, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (ranges[i].addr < ranges[i - 1].addr)
			return false;
	return true;
}

/* Heapsort: no more memory, no bad case. */
static void heap_down(struct dmavec_range *r, size_t root, size_t n)
{
	size_t child;

	for (; (child = 2 * root + 1) < n; root = child) {
		struct dmavec_range swap = r[root];

		if (child + 1 < n && r[child + 1].addr > r[child].addr)
			child++;
		if (r[child].addr <= swap.addr)
			return;
		r[root] = r[child];
		r[child] = swap;
	}
}

static void ranges_sort(struct dmavec_range *r, size_t n)
{
	size_t i;

	for (i = n / 2; i--;)
		heap_down(r, i, n);
	for (i = n; i-- > 1;) {
		struct dmavec_range swap = r[0];

		r[0] = r[i];
		r[i] = swap;
		heap_down(r, 0, i);
	}
}

static int ranges_free(struct dmavec_space *space, const struct dmavec_range *ranges, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i && ranges[i].addr - ranges[i - 1].addr < ranges[i - 1].len)
			return -EEXIST;
		if (region_overlaps(space->regions, ranges[i].addr, ranges[i].len))
			return -EEXIST;
	}
	return 0;
}

static int regions_add_sorted(struct reg *reg, const struct dmavec_range *ranges, size_t n)
{
	struct dmavec_space *space = reg->space;
	int err;

	host_lock(&space->region_lock);
	err = regions_get(space) ? ranges_free(space, ranges, n) : -ENOMEM;
	if (!err)
		err = regions_add(reg, ranges, n);
	host_unlock(&space->region_lock);
	return err;
}

int dmavec_registerv(struct dmavec_space *space, const struct dmavec_range *ranges, size_t nranges, unsigned int flags)
{
	struct reg reg = { .space = space, .prot = reg_prot(flags) };
	struct dmavec_range *sorted;
	size_t bytes;
	int err;

	if (!space || !ranges || !nranges || (flags & ~REG_FLAGS) || ranges_valid(ranges, nranges))
		return -EINVAL;
	if (ranges_sorted(ranges, nranges))
		return regions_add_sorted(&reg, ranges, nranges);
	if (__builtin_mul_overflow(nranges, sizeof(*ranges), &bytes) || bytes > (size_t)-1 - CORE_PAGE)
		return -ENOMEM;
	bytes = (bytes + CORE_PAGE - 1) & ~(size_t)(CORE_PAGE - 1);
	sorted = host_pages_alloc(bytes, CORE_PAGE);
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, ranges, nranges * sizeof(*ranges));
	ranges_sort(sorted, nranges);
	err = regions_add_sorted(&reg, sorted, nranges);
	host_pages_free(sorted, bytes);
	return err;
}

int dmavec_register(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len, unsigned int flags)
{
	struct dmavec_range range = { addr, len };

	return dmavec_registerv(space, &range, 1, flags);
}

/* Without an IOMMU the only device address that can be asked for is the one that the memory has. */
static int register_at_direct(const struct reg *reg, const struct dmavec_range *range)
{
	const struct dmavec_space *space = reg->space;
	uint64_t has = range->addr, run = range->len;
	int err = 0;

	if (!(space->desc.flags & DMAVEC_SPACE_IDENTITY))
		err = space->ops.lookup(space->ctx, range->addr, range->len, &has, &run);
	if (!err && (has != reg->dma || run < range->len))
		err = -EOPNOTSUPP;
	return err ? err : region_add_direct(reg, range->addr, range->len, 0);
}

int dmavec_register_at(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t dma, unsigned int flags)
{
	struct reg reg = { .space = space, .prot = reg_prot(flags), .fixed = true, .dma = dma };
	struct dmavec_range range = { addr, len };
	int err;

	if (!space || (flags & ~REG_FLAGS) || ranges_valid(&range, 1) || core_wraps(dma, len))
		return -EINVAL;
	if (core_low(addr ^ dma, space->desc.granule))
		return -EINVAL;
	if (space->desc.granule > 1 && !space->ops.reserve_at)
		return -EOPNOTSUPP;
	if (space->desc.granule > 1 && (dma < space->desc.first || dma + (len - 1) > space->desc.last))
		return -EINVAL;
	host_lock(&space->region_lock);
	err = regions_get(space) ? ranges_free(space, &range, 1) : -ENOMEM;
	if (!err && space->desc.granule == 1)
		err = register_at_direct(&reg, &range);
	else if (!err)
		err = region_add(&reg, &range, 1, len);
	host_unlock(&space->region_lock);
	return err;
}

int dmavec_register_fd(struct dmavec_space *space, int fd, uint64_t offset, uint64_t len, unsigned int flags,
                       dmavec_dma_t *dma)
{
	struct reg reg = { .space = space, .prot = reg_prot(flags), .file_len = len };
	struct dmavec_range range = { 0, len };
	struct region found;
	dmavec_cpu_t cpu;
	int err;

	if (!space || !dma || !len || (flags & ~REG_FLAGS) || core_wraps(offset, len))
		return -EINVAL;
	if (!space->ops.file_map || !space->ops.file_unmap)
		return -EOPNOTSUPP;
	err = space->ops.file_map(space->ctx, fd, offset, len, reg.prot, &cpu);
	if (err)
		return err;
	range.addr = cpu;
	err = regions_add_sorted(&reg, &range, 1);
	if (err && !reg.stuck)
		space->ops.file_unmap(space->ctx, cpu, len);
	if (err)
		return err;
	*dma = region_find(space->regions, cpu, &found) ? found.dma : 0;
	return 0;
}

/* Do registered ranges begin at addr, follow each other, and end at addr + len? */
static bool regions_end_at(struct dmavec_space *space, uint64_t addr, uint64_t len)
{
	struct region found;

	while (len) {
		if (!region_find(space->regions, addr, &found) || found.addr != addr || found.len > len)
			return false;
		addr += found.len;
		len -= found.len;
	}
	return true;
}

int dmavec_unregister(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len)
{
	int err = -ENOENT;

	if (!space || !len || core_wraps(addr, len))
		return -EINVAL;
	host_lock(&space->region_lock);
	if (space->regions && regions_end_at(space, addr, len))
		err = regions_remove(space, addr, len);
	host_unlock(&space->region_lock);
	return err;
}

void space_drop_regions(struct dmavec_space *space)
{
	struct region found;

	if (!space->regions)
		return;
	while (region_next(space->regions, 0, &found))
		(void)regions_remove(space, found.addr, found.len);
	region_table_close(space->regions);
	join_table_close(space->joins);
	space->regions = NULL;
}

int dmavec_reverse(struct dmavec_space *space, dmavec_dma_t dma, uint64_t len, dmavec_cpu_t *cpu)
{
	struct region found;
	uint64_t at = 0, done = 0;
	int err = 0;

	if (!space || !cpu || !len || core_wraps(dma, len))
		return -EINVAL;
	host_lock(&space->region_lock);
	/* Records that lie side by side on both sides are one piece. */
	while (done < len && !err) {
		if (!space->regions || !region_find_dma(space->regions, dma + done, &found))
			err = -ENOENT;
		else if (!done)
			at = found.addr + (dma - found.dma);
		else if (found.addr + (dma + done - found.dma) != at + done)
			err = -ENOENT;
		if (!err)
			done = found.dma - dma + found.len;
	}
	host_unlock(&space->region_lock);
	if (!err)
		*cpu = at;
	return err;
}
