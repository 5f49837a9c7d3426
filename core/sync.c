/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Syncs copy the asked part of what is bounced, and tell spaces that are not coherent about the rest.
 */
#include "core.h"

typedef int (*sync_op)(void *ctx, dmavec_dma_t dma, uint64_t len);

/* Cache maintenance for the part of the segments that [offset, offset + len) names. */
static int sync_segs(const struct dmavec_map *map, const struct map_state *st, sync_op op, uint64_t offset, uint64_t len)
{
	uint32_t i;
	int err = 0;

	for (i = 0; op && len && !err && i < map->nsegs; i++) {
		uint64_t part;

		if (offset >= map->segs[i].len) {
			offset -= map->segs[i].len;
			continue;
		}
		part = core_min(len, map->segs[i].len - offset);
		err = op(st->dev->space->ctx, map->segs[i].addr + offset, part);
		offset = 0;
		len -= part;
	}
	return err;
}

static int sync_check(const struct dmavec_dev *dev, const struct map_state *st, uint64_t offset, uint64_t len)
{
	if (st->kind != MAP_MAPPED || st->dev != dev)
		return -EINVAL;
	return offset > st->len || len > st->len - offset ? -EINVAL : 0;
}

int dmavec_sync_for_cpu(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len)
{
	const struct map_state *st;
	int err;

	if (!dev || !map)
		return -EINVAL;
	st = map_state(map);
	err = len ? sync_check(dev, st, offset, len) : 0;
	if (err || !len)
		return err;
	err = sync_segs(map, st, dev->space->ops.sync_for_cpu, offset, len);
	/* What the device cannot have written is not copied back over what the CPU may have. */
	if (!err && st->slots && st->dir != DMAVEC_TO_DEVICE)
		bounce_copy(st->slots, offset, len, false);
	return err;
}

int dmavec_sync_for_device(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len)
{
	const struct map_state *st;
	int err;

	if (!dev || !map)
		return -EINVAL;
	st = map_state(map);
	err = len ? sync_check(dev, st, offset, len) : 0;
	if (err || !len)
		return err;
	/* FROM_DEVICE too: the device may write only a part, and what it leaves is copied back. */
	if (st->slots)
		bounce_copy(st->slots, offset, len, true);
	return sync_segs(map, st, dev->space->ops.sync_for_device, offset, len);
}
