/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "batch.h"
#include "map.h"

/* Give back a mapping that holds device addresses, bounce, or its device for a sync; others hold nothing. */
static int unmap_held(struct map_state *st, unsigned int flags)
{
	struct dmavec_dev *dev = st->dev;
	uint64_t iova_len = st->iova_len, bounced = map_bounced(st);
	bool copy_back = st->slots && st->dir != DMAVEC_TO_DEVICE && !(flags & DMAVEC_SKIP_SYNC);
	int err = map_drop(dev, st, copy_back);

	hold_drop(dev, iova_len, bounced);
	return err;
}

static void unmap_empty(struct dmavec_map *map)
{
	map_state(map)->kind = MAP_EMPTY;
	map_state(map)->dev = NULL;
	map->nsegs = 0;
	map->len = 0;
}

static __attribute__((noinline)) int unmap_long(struct dmavec_dev *dev, struct dmavec_map *map, unsigned int flags)
{
	struct map_state *st = map_state(map);
	int err = 0, synced = 0, bad;

	if (st->kind == MAP_EMPTY)
		return flags & ~DMAVEC_SKIP_SYNC ? -EINVAL : 0;
	bad = dev != st->dev || (flags & ~DMAVEC_SKIP_SYNC) ? -EINVAL : 0;
	/* A mapping that holds nothing, and is not synced, does not need its device any more. */
	if (st->syncs && !(flags & DMAVEC_SKIP_SYNC))
		synced = sync_segs(map, st, false, 0, st->len);
	if (st->kind == MAP_BATCH)
		batch_drop(st);
	else if (st->iova_len || st->chunk.len || st->syncs)
		err = unmap_held(st, flags);
	st->iova_len = st->chunk.len = 0;
	st->syncs = false;
	st->slots = NULL;
	unmap_empty(map);
	return err ? err : synced ? synced : bad;
}

int dmavec_unmap(struct dmavec_dev *dev, struct dmavec_map *map, unsigned int flags)
{
	const struct map_state *st;

	if (host_unlikely(!map))
		return -EINVAL;
	st = map_state(map);
	if (host_unlikely(st->kind != MAP_MAPPED || dev != st->dev || flags || st->syncs || st->iova_len || st->chunk.len))
		return unmap_long(dev, map, flags);
	unmap_empty(map);
	return 0;
}
