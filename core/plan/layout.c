/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "layout.h"

/* Is the range whole inside registered regions? -EPERM: it is, but the device may not do this. 1: yes, 0: no. */
static int regions_hold(const struct layout *l, const struct region_table *regions, uint64_t addr, uint64_t len)
{
	uint32_t prot = l->prot;
	struct region found;

	for (;;) {
		uint64_t rest;

		if (!region_find(regions, addr, &found))
			return 0;
		prot &= found.prot;
		rest = found.addr + (found.len - 1) - addr + 1;
		if (rest >= len)
			return prot == l->prot ? 1 : -EPERM;
		addr += rest;
		len -= rest;
	}
}

/* Feed a range by the fixed addresses of the regions that hold it. False: one went away meanwhile. */
static bool regions_feed(struct layout *l, const struct region_table *regions, uint64_t addr, uint64_t len, bool mmio)
{
	struct region found;

	while (len) {
		uint64_t part;

		if (!region_find(regions, addr, &found))
			return false;
		part = core_min(len, found.addr + (found.len - 1) - addr + 1);
		run_fixed(l, found.dma + (addr - found.addr), addr, part, 0, mmio);
		addr += part;
		len -= part;
	}
	return true;
}

static int feed_lookup(struct layout *l, uint64_t addr, uint64_t len, bool mmio)
{
	const struct dmavec_space *space = l->dev->space;
	uint64_t dma, run;
	int err;

	if (space->desc.flags & DMAVEC_SPACE_IDENTITY) {
		run_fixed(l, addr, addr, len, 0, mmio);
		return 0;
	}
	for (; len; addr += run, len -= run) {
		err = space->ops.lookup(space->ctx, addr, len, &dma, &run);
		if (err)
			return err;
		run_fixed(l, dma, addr, run, 0, mmio);
	}
	return 0;
}

static int layout_range(struct layout *l, const struct region_table *regions, uint64_t addr, uint64_t len, bool mmio)
{
	int held = 0;

	if (regions && (l->mode & LAYOUT_PERMIT)) {
		held = regions_hold(l, regions, addr, len);
		if (held < 0) {
			l->why = WHY_PERM;
			l->why_range = l->range;
			return held;
		}
	}
	if (held && (l->mode & LAYOUT_REGIONS)) {
		/* One that went away meanwhile: the next attempt does without. */
		if (!regions_feed(l, regions, addr, len, mmio))
			layout_fail(l, WHY_LINEAR);
		return 0;
	}
	if (!l->dev->no_iommu) {
		run_placed(l, addr, len, mmio);
		return 0;
	}
	held = feed_lookup(l, addr, len, mmio);
	if (held) {
		l->why = WHY_REACH;
		l->why_range = l->range;
	}
	return held;
}

/*
 * Whole granules of RAM that follow an open placed run: nothing to decide. Returns how many ranges of the window it took.
 * Lengths and addresses below these bounds cannot wrap, nor can the sum of so many; the length 0 looks too long.
 */
#define BULK_LEN  (UINT64_C(1) << 40)
#define BULK_ADDR (UINT64_C(1) << 62)
#define BULK_MAX  (1u << 20)

/* The loop itself; near is a constant: where nothing is registered nothing is looked at for it. */
static inline size_t bulk_end(const struct layout *l, const struct range_iter *it, size_t from, bool near, uint64_t *sum)
{
	const struct dmavec_space *space = l->dev->space;
	uint64_t low = space->desc.granule - 1, len = 0, last = l->run.start + l->run.len;
	size_t i, n = it->count - from < BULK_MAX ? it->count : from + BULK_MAX;

	for (i = from; i < n; i++) {
		uint64_t addr = it->ranges[i].addr, more = it->ranges[i].len;

		if (((last | addr) & low) || more - 1 >= BULK_LEN || addr >= BULK_ADDR)
			break;
		if (near && space_near_regions(space, addr, more))
			break;
		len += more;
		last = more;
	}
	*sum = len;
	return i;
}

static size_t layout_bulk(struct layout *l, const struct range_iter *it, size_t from, bool regions)
{
	struct layout_run *r = &l->run;
	uint64_t len;
	size_t end;

	if (!r->open || !r->placed || r->mmio || it->flags || it->all_flags || l->len >= BULK_ADDR)
		return 0;
	end = regions ? bulk_end(l, it, from, true, &len) : bulk_end(l, it, from, false, &len);
	if (end == from)
		return 0;
	l->len += len;
	r->len += len;
	r->cpu_end = it->ranges[end - 1].addr + it->ranges[end - 1].len;
	r->last_range = l->range + (end - from);
	return end - from;
}

static int layout_window(struct layout *l, const struct range_iter *it, const struct region_table *regions)
{
	bool bulk = !l->weaving && !l->dev->no_iommu;
	size_t i, base = l->range;
	int err;

	for (i = 0; i < it->count; i++) {
		const struct dmavec_range *range = &it->ranges[i];
		uint32_t flags = it->flags ? it->flags[i] : it->all_flags;

		l->range = base + i;
		err = range_check(it, range, flags);
		l->why = err ? WHY_MALFORMED : l->why;
		if (!err && __builtin_add_overflow(l->len, range->len, &l->len)) {
			l->why = WHY_WRAPS;
			err = -EINVAL;
		}
		if (err) {
			l->why_range = l->range;
			return err;
		}
		if (flags & ~l->dev->space->desc.map_flags)
			return -EOPNOTSUPP;
		if (range->len)
			err = layout_range(l, regions, range->addr, range->len, flags & DMAVEC_MMIO);
		if (err)
			return err;
		if (bulk)
			i += layout_bulk(l, it, i + 1, regions);
	}
	l->range = base + it->count;
	l->sum = it->sum;
	return 0;
}

static void layout_begin(struct layout *l)
{
	l->len = l->placed_len = l->skew = l->bounce_bytes = l->bounce_mem = l->pos = 0;
	l->nsegs = l->runs = l->opened = 0;
	l->any_fixed = l->any_placed = l->any_peer = l->any_ram = l->short_room = l->bad = l->no_space = false;
	l->marked = !l->dev->no_iommu || (l->mode & LAYOUT_BOUNCE);
	l->why = WHY_NONE;
	l->range = l->why_range = 0;
	l->why_cpu = 0;
	l->run.open = l->group.open = false;
	l->weaving = !l->dev->no_iommu && (l->dev->untrusted || (l->mode & LAYOUT_BOUNCE));
	l->woven = l->weaving;
	l->modulus = l->leaf_align = 1;
	l->weave.bounce_mem = 0;
	if (l->weaving)
		weave_init(&l->weave, l->dev, NULL);
}

/* Are there as many device addresses, in whole granules, even if all are free? */
static bool window_holds(const struct dmavec_dev *dev, uint64_t len)
{
	uint64_t granule = dev->space->desc.granule, first = core_up(dev->lim.first, granule), last = dev->lim.last;

	return first >= dev->lim.first && first <= last && core_up(len, granule) - 1 <= last - first;
}

static int layout_end(struct layout *l)
{
	const struct limits *lim = &l->dev->lim;

	run_finish(l);
	if (l->weaving) {
		l->bounce_bytes += l->weave.bounce_bytes;
		l->bounce_mem = l->weave.bounce_mem;
		if (!l->why && l->weave.bounce_mem)
			l->why_cpu = l->weave.first_cpu;
		if (l->weave.peer_bounced)
			layout_fail(l, WHY_PEER);
		else if (l->bounce_mem && !(l->mode & LAYOUT_BOUNCE))
			layout_fail(l, WHY_PARTIAL);
	}
	l->placed_len = l->pos;
	if (core_low(l->len, lim->len_align)) {
		l->why = WHY_UNEVEN;
		return -EINVAL;
	}
	if (l->len > lim->total_max) {
		l->why = WHY_TOTAL;
		return -E2BIG;
	}
	if (l->short_room && !l->bad)
		l->why = WHY_SEGS;
	if (l->short_room || l->bad)
		return l->short_room ? -E2BIG : -ERANGE;
	l->why = WHY_NONE;
	return l->no_space || (l->any_placed && !l->dev->no_iommu && !window_holds(l->dev, l->placed_len - l->skew)) ? -ENOSPC : 0;
}

/* Is any of the ranges malformed, or their sum? That goes before whatever else is wrong with one of them. */
static bool malformed(const struct limits *lim, struct range_iter *it)
{
	uint64_t total = 0;
	size_t i;
	int n;

	range_rewind(it);
	while ((n = range_next(it)) > 0)
		for (i = 0; i < it->count; i++)
			if (range_check(it, &it->ranges[i], it->flags ? it->flags[i] : 0) ||
			    __builtin_add_overflow(total, it->ranges[i].len, &total))
				return true;
	return n < 0 || core_low(total, lim->len_align);
}

int layout_make(struct layout *l, struct range_iter *it)
{
	const struct region_table *regions = space_regions_that_matter(l->dev->space);
	int n, err;

	layout_begin(l);
	range_rewind(it);
	while ((n = range_next(it)) > 0) {
		err = layout_window(l, it, regions);
		if (err)
			return err != -EINVAL && malformed(&l->dev->lim, it) ? -EINVAL : err;
	}
	if (n < 0 || !l->len) {
		l->why = WHY_MALFORMED;
		return -EINVAL;
	}
	return layout_end(l);
}
