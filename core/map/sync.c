/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Syncs copy the asked part of what is bounced, and tell spaces that are not coherent about the rest.
 */
#include "map.h"

int sync_segs(const struct dmavec_map *map, const struct map_state *st, bool to_device, uint64_t offset, uint64_t len)
{
	const struct dmavec_space_ops *ops = &st->dev->space->ops;
	int (*op)(void *, dmavec_dma_t, uint64_t) = to_device ? ops->sync_for_device : ops->sync_for_cpu;
	uint32_t i;
	int err = 0;

	if (!op || (st->flags & DMAVEC_MMIO))
		return 0;
	for (i = 0; len && !err && i < map->nsegs; i++) {
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

/*
 * For the device the bounce is filled first, for the CPU it is emptied last. It is filled for FROM_DEVICE too: the device
 * may write only a part, and what it leaves is copied back. What the device cannot have written is not copied back over
 * what the CPU may have.
 */
static int sync_part(struct dmavec_dev *dev, struct dmavec_map *map, bool to_device, uint64_t offset, uint64_t len)
{
	const struct map_state *st;
	int err;

	if (!dev || !map)
		return -EINVAL;
	if (!len)
		return 0;
	st = map_state(map);
	err = sync_check(dev, st, offset, len);
	if (err)
		return err;
	if (to_device)
		bounce_copy(&dev->space->pool, st->slots, offset, len, true);
	err = sync_segs(map, st, to_device, offset, len);
	if (!to_device && !err && st->dir != DMAVEC_TO_DEVICE)
		bounce_copy(&dev->space->pool, st->slots, offset, len, false);
	return err;
}

int dmavec_sync_for_cpu(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len)
{
	return sync_part(dev, map, false, offset, len);
}

int dmavec_sync_for_device(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len)
{
	return sync_part(dev, map, true, offset, len);
}
