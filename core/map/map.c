/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Map: lay the ranges out (plan/), then reserve, link, commit. All or nothing: whatever step fails, the steps before it
 * are undone in reverse, and the caller's map has not changed.
 */
#include "region/lookup.h"
#include "map.h"

/* A function of its own, so that the short way does not pay for it. */
#define MAP_APART __attribute__((noinline))

/* A position in the segments of a layout, where placed ones are relative to an origin. */
struct walk {
	const struct layout *l;
	const struct dmavec_seg *segs;
	uint64_t offset; /* in the mapping */
	uint64_t inside; /* in segs[index] */
	uint32_t index;
};

/* What is done with each placed piece. */
struct link_io {
	struct weave weave;
	struct weave_io io;
	uint64_t origin;
	bool no_iommu;
};

static int link_piece(struct link_io *to, uint64_t addr, uint64_t cpu, uint64_t len, uint64_t offset, bool mmio)
{
	if (!to->no_iommu)
		return weave_feed(&to->weave, to->origin + addr, cpu, len, offset, mmio);
	return bounce_add(&to->io.list, offset, to->origin + addr, cpu, len);
}

/* Walk one range over the segments. -EINVAL: the ranges end later than they did. */
static int walk_range(struct walk *w, struct link_io *to, uint64_t cpu, uint64_t len, bool mmio)
{
	int err = 0;

	while (len && !err) {
		const struct dmavec_seg *seg = &w->segs[w->index];
		uint64_t seg_len, part;

		if (w->index == w->l->nsegs)
			return -EINVAL;
		if (layout_seg_peer(seg) != mmio)
			return -EINVAL;
		seg_len = layout_seg_len(seg);
		part = core_min(len, seg_len - w->inside);
		if (seg->len & LAYOUT_PLACED)
			err = link_piece(to, seg->addr + w->inside, cpu, part, w->offset, mmio);
		w->offset += part;
		w->inside += part;
		if (w->inside == seg_len) {
			w->inside = 0;
			w->index++;
		}
		cpu += part;
		len -= part;
	}
	return err;
}

static int link_walk(struct link_io *to, const struct layout *l, struct range_iter *it)
{
	struct walk w = { l, l->segs, 0, 0, 0 };
	size_t i;
	int n, err;

	range_rewind(it);
	while ((n = range_next(it)) > 0) {
		for (i = 0; i < it->count; i++) {
			uint32_t flags = it->flags ? it->flags[i] : it->all_flags;

			err = range_check(it, &it->ranges[i], flags);
			if (!err)
				err = walk_range(&w, to, it->ranges[i].addr, it->ranges[i].len, flags & DMAVEC_MMIO);
			if (err)
				return err;
		}
	}
	if (n < 0 || w.index != l->nsegs || it->sum != l->sum)
		return -EINVAL;
	err = to->no_iommu ? 0 : weave_flush(&to->weave);
	return !err && !to->no_iommu && to->weave.peer_bounced ? -EINVAL : err;
}

/*
 * What the layout needs, from its skew on. Where all of it, in granules, is no longer than the boundary it crosses none; else
 * its origin lies on one.
 */
static void want_layout(const struct dmavec_dev *dev, const struct layout *l, struct dmavec_reserve *want)
{
	const struct limits *lim = &dev->lim;
	uint64_t end = core_up(l->placed_len, dev->space->desc.granule);
	bool crosses = lim->boundary && end > lim->boundary;

	want->len = end - l->skew;
	want->align = crosses ? core_max(l->modulus, lim->boundary) : l->modulus;
	want->boundary = crosses ? 0 : lim->boundary;
	want->first = lim->first;
	want->last = lim->last;
	want->offset = l->skew;
}

static int take_chunk(struct dmavec_dev *dev, const struct layout *l, struct bounce_chunk *chunk)
{
	struct dmavec_reserve want = { .len = l->bounce_mem, .align = 1, .last = UINT64_MAX };

	if (dev->no_iommu)
		want_layout(dev, l, &want);
	return bounce_take(&dev->space->pool, &want, chunk);
}

static int take_iova(struct dmavec_dev *dev, const struct layout *l, struct map_state *st)
{
	struct dmavec_space *space = dev->space;
	struct dmavec_reserve want;
	dmavec_dma_t iova;
	int err;

	want_layout(dev, l, &want);
	err = hold_reserve(space, &want, l->leaf_align, &iova);
	if (err)
		return err;
	st->iova = iova;
	st->iova_len = want.len;
	return 0;
}

/* The usual case: one run of whole ranges, linked as they lie in the caller's array. */
static int link_whole(struct dmavec_dev *dev, const struct layout *l, const struct range_iter *it,
                      const struct map_state *st, unsigned int how)
{
	uint64_t iova = st->iova - l->skew + l->segs[0].addr;

	return dev->space->ops.link(dev->space->ctx, iova, it->array, it->array_count, how);
}

static int link_woven(struct dmavec_dev *dev, const struct layout *l, struct range_iter *it, struct map_state *st,
                      unsigned int how)
{
	struct link_io to;
	int err;

	to.origin = (dev->no_iommu ? st->chunk.cpu : st->iova) - l->skew;
	to.no_iommu = dev->no_iommu;
	to.io.space = dev->space;
	to.io.how = how;
	to.io.chunk = st->chunk;
	to.io.list = (struct bounce_list){ &dev->space->pool, NULL, NULL };
	to.io.used = 0;
	to.io.nvec = 0;
	weave_init(&to.weave, dev, &to.io);
	err = link_walk(&to, l, it);
	st->slots = to.io.list.head;
	return err;
}

/* Take what the layout needs and put the memory there. On failure st tells what map_drop has to give back. */
static int map_place(struct dmavec_dev *dev, const struct layout *l, struct range_iter *it, struct map_state *st,
                     unsigned int how)
{
	const struct dmavec_space_ops *ops = &dev->space->ops;
	int err = dev->no_iommu || l->bounce_mem ? take_chunk(dev, l, &st->chunk) : 0;

	if (!err && !dev->no_iommu)
		err = take_iova(dev, l, st);
	if (err)
		return err;
	if (l->woven || dev->no_iommu || l->any_fixed || it->source)
		err = link_woven(dev, l, it, st, how);
	else
		err = link_whole(dev, l, it, st, how);
	if (!err && st->iova_len && ops->commit)
		err = ops->commit(dev->space->ctx, st->iova, st->iova_len);
	return err;
}

/* Give back what st holds. Memory that the device may still reach stays out of the pool for good. */
int map_drop(struct dmavec_dev *dev, struct map_state *st, bool copy_back)
{
	struct dmavec_space *space = dev->space;
	bool strict = dev->untrusted || st->chunk.len;
	bool reached = false;
	int err = st->iova_len ? hold_unlink(space, st->iova, st->iova_len, strict, &reached) : 0;

	if (copy_back)
		bounce_copy(&space->pool, st->slots, 0, st->len, false);
	bounce_free(&space->pool, st->slots);
	if (!reached)
		bounce_give(&space->pool, &st->chunk);
	return err;
}

uint64_t map_bounced(const struct map_state *st)
{
	const struct bounce_slot *slot;
	uint64_t bytes = 0;

	for (slot = st->slots; slot; slot = slot->next)
		bytes += slot->len;
	return bytes;
}

/* A space that must be told which memory to sync, and links none, could not tell peer memory from RAM in one mapping. */
static bool map_mixes(const struct dmavec_dev *dev, const struct layout *l)
{
	return dev->no_iommu && l->any_peer && l->any_ram && (dev->space->ops.sync_for_cpu || dev->space->ops.sync_for_device);
}

static int map_finish(const struct plan_call *call, struct dmavec_map *map, struct range_iter *it, struct layout *l)
{
	struct dmavec_dev *dev = call->dev;
	struct map_state now = { .dev = dev, .kind = MAP_MAPPED, .dir = (uint16_t)call->dir,
	                         .flags = (uint16_t)call->flags, .len = l->len,
	                         .syncs = dev->space->ops.sync_for_cpu != NULL };
	struct dmavec_map next = { .segs = map->segs };
	unsigned int how = l->prot | (call->flags & DMAVEC_RELAXED ? DMAVEC_LINK_RELAXED : 0);
	int err;

	if (l->any_peer && !l->any_ram) { /* told by the call or range by range: it is never synced */
		now.flags |= DMAVEC_MMIO;
		now.syncs = false;
	}
	err = map_mixes(dev, l) ? -EOPNOTSUPP : l->any_placed ? map_place(dev, l, it, &now, how) : 0;

	if (!err) {
		layout_settle(l, (dev->no_iommu ? now.chunk.dma : now.iova) - l->skew);
		next.nsegs = l->nsegs;
		if (!(call->flags & DMAVEC_SKIP_SYNC))
			err = sync_segs(&next, &now, true, 0, now.len);
	}
	if (err) {
		map_drop(dev, &now, false);
		return err;
	}
	/* What is synced at unmap needs its device then. */
	if (l->any_placed || now.syncs)
		hold_add(dev, now.iova_len, map_bounced(&now));
	*map_state(map) = now;
	map->nsegs = l->nsegs;
	map->len = l->len;
	return 0;
}

int map_ranges(const struct plan_call *call, struct dmavec_map *map, struct range_iter *it)
{
	struct plan_failure first;
	struct layout l;
	int err = plan_make(call, it, map->segs, map->segs ? map->segs_cap : 0, &l, &first);

	return err ? err : map_finish(call, map, it, &l);
}

int map_check(const struct plan_call *call, struct dmavec_map *map)
{
	int err = !call->dev || !map || (!map->segs && map->segs_cap) ? -EINVAL : plan_check(call);

	if (err == -EINVAL)
		return err;
	return map_state(map)->kind != MAP_EMPTY ? -EBUSY : err;
}

static int map_array(const struct plan_call *call, struct dmavec_map *map, const struct dmavec_range *ranges, size_t n)
{
	struct range_iter it;
	int err = ranges && n ? map_check(call, map) : -EINVAL;

	if (err)
		return err;
	range_from_array(&it, ranges, NULL, n, call->flags & DMAVEC_MMIO);
	return map_ranges(call, map, &it);
}

/*
 * From first on, the addresses of the device's window. It must end below the top: one comparison each then finds what lies
 * outside, and what is empty - the length 0 looks too long -, wraps or ends outside.
 */
static inline uint64_t map_span(const struct dmavec_dev *dev)
{
	return core_min(dev->lim.last, UINT64_MAX - 1) - dev->lim.first;
}

static inline bool map_inside(uint64_t in, uint64_t len, uint64_t span)
{
	return host_likely(in <= span && len - 1 <= span - in);
}

/*
 * The short way for a device that an address window limits, where memory is its own device address: one pass over the
 * array, joining neighbours. False: some range needs the long way, which also finds what is wrong with it.
 *
 * Lengths below 4 GiB cannot wrap their sum.
 */
static bool map_plain(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges, size_t n)
{
	uint64_t first = dev->lim.first, span = map_span(dev), total = 0, next = 0, all = 0;
	uint32_t nsegs = 0, room = map->segs_cap < dev->lim.segs_max ? map->segs_cap : dev->lim.segs_max;
	struct dmavec_seg *segs = map->segs;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t addr = ranges[i].addr, len = ranges[i].len;

		if (!map_inside(addr - first, len, span))
			return false;
		total += len;
		all |= len;
		if (host_unlikely(addr == next && nsegs)) {
			segs[nsegs - 1].len += len;
		} else {
			if (host_unlikely(nsegs == room))
				return false;
			segs[nsegs].addr = addr;
			segs[nsegs++].len = len;
		}
		next = addr + len;
	}
	if (!nsegs || n > UINT32_MAX || all > UINT32_MAX || total > dev->lim.total_max)
		return false;
	map->nsegs = nsegs;
	map->len = total;
	return true;
}

static void map_one_seg(struct dmavec_map *map, uint64_t addr, uint64_t len)
{
	map->segs[0].addr = addr;
	map->segs[0].len = len;
	map->nsegs = 1;
	map->len = len;
}

/* The same for one range, which is joined with nothing. */
static bool map_plain_one(const struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *range)
{
	uint64_t addr = range->addr, len = range->len;

	/* Two words, as they were most likely stored a moment ago: a vector would wait for both stores. */
	host_keep(addr);
	host_keep(len);
	if (!map_inside(addr - dev->lim.first, len, map_span(dev)) || len > dev->lim.total_max || !map->segs_cap)
		return false;
	map_one_seg(map, addr, len);
	return true;
}

/* The short ways need nothing to be reserved, and hold nothing. */
static void map_took(struct dmavec_dev *dev, struct dmavec_map *map, enum dmavec_dir dir, unsigned int flags)
{
	struct map_state *st = map_state(map);

	st->dev = dev;
	st->kind = MAP_MAPPED;
	st->dir = (uint16_t)dir;
	st->flags = (uint16_t)flags;
	st->syncs = false;
	st->len = map->len;
}

static MAP_APART int map_long(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges,
                              size_t nranges, enum dmavec_dir dir, unsigned int flags)
{
	struct plan_call call = { dev, dir, flags, false };

	return map_array(&call, map, ranges, nranges);
}

/* One range, of registered memory where that matters. */
static MAP_APART int map_registered(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *range,
                                    size_t nranges, enum dmavec_dir dir, unsigned int flags)
{
	uint64_t len = range->len, dma;

	if (!space_regions_that_matter(dev->space) || !map->segs_cap || lookup_one(dev, range->addr, len, dir, &dma))
		return map_long(dev, map, range, nranges, dir, flags);
	map_one_seg(map, dma, len);
	map_took(dev, map, dir, flags);
	return 0;
}

static MAP_APART int map_several(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges,
                                 size_t n, enum dmavec_dir dir, unsigned int flags)
{
	if (!dev->plain || space_regions_that_matter(dev->space) || !map_plain(dev, map, ranges, n))
		return map_long(dev, map, ranges, n, dir, flags);
	map_took(dev, map, dir, flags);
	return 0;
}

/* What no short way takes. */
static bool map_is_long(const struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges,
                        enum dmavec_dir dir, unsigned int flags)
{
	return !dev || !map || !ranges || !map->segs || !core_dir_ok(dir) || (flags & ~(MAP_FLAGS & ~DMAVEC_MMIO)) ||
	       map_state(map)->kind != MAP_EMPTY || !dev->coherent;
}

int dmavec_map(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges, size_t nranges,
               enum dmavec_dir dir, unsigned int flags)
{
	if (host_unlikely(map_is_long(dev, map, ranges, dir, flags)))
		return map_long(dev, map, ranges, nranges, dir, flags);
	if (host_unlikely(nranges != 1))
		return map_several(dev, map, ranges, nranges, dir, flags);
	if (host_unlikely(!dev->plain || __atomic_load_n(&dev->space->restricted, __ATOMIC_ACQUIRE)))
		return map_registered(dev, map, ranges, nranges, dir, flags);
	if (host_unlikely(!map_plain_one(dev, map, ranges)))
		return map_long(dev, map, ranges, nranges, dir, flags);
	map_took(dev, map, dir, flags);
	return 0;
}

int dmavec_map_linear(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges, size_t nranges,
                      enum dmavec_dir dir, unsigned int flags)
{
	struct plan_call call = { dev, dir, flags, true };

	return map_array(&call, map, ranges, nranges);
}

int dmavec_map_source(struct dmavec_dev *dev, struct dmavec_map *map, struct dmavec_source *source, enum dmavec_dir dir,
                      unsigned int flags)
{
	struct plan_call call = { dev, dir, flags, false };
	struct dmavec_range ranges[RANGE_WINDOW];
	uint32_t range_flags[RANGE_WINDOW];
	struct range_iter it;
	int err = source && source->fill && source->rewind ? map_check(&call, map) : -EINVAL;

	if (err)
		return err;
	range_from_source(&it, source, ranges, range_flags, flags & DMAVEC_MMIO);
	return map_ranges(&call, map, &it);
}
