/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Spaces: created by a constructor that brings the operations, looked at, closed.
 */
#include "map/batch.h"
#include "core.h"

static bool desc_valid(const struct dmavec_space_desc *desc, const struct dmavec_space_ops *ops)
{
	bool iommu = desc->granule > 1;

	if (!desc->granule || !core_pow2_or_0(desc->granule) || desc->first > desc->last)
		return false;
	if (desc->map_flags & ~DMAVEC_MMIO ||
	    desc->flags & ~(DMAVEC_SPACE_ISOLATES | DMAVEC_SPACE_IDENTITY | DMAVEC_SPACE_DRY))
		return false;
	if (iommu)
		return ops->reserve && ops->link && ops->unlink && ops->release && !(desc->flags & DMAVEC_SPACE_IDENTITY);
	/* Without an IOMMU nothing keeps a device out. */
	return (ops->lookup || desc->flags & DMAVEC_SPACE_IDENTITY) && !(desc->flags & DMAVEC_SPACE_ISOLATES);
}

int dmavec_space_create(struct dmavec_space **space, const struct dmavec_space_desc *desc,
                        const struct dmavec_space_ops *ops, void *ctx)
{
	struct dmavec_space *s;
	struct limits check;

	if (!space || !desc || !ops || !desc->size || !ops->size)
		return -EINVAL;
	s = host_alloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	if (core_copy_sized(&s->desc, sizeof(s->desc), desc, desc->size) ||
	    core_copy_sized(&s->ops, sizeof(s->ops), ops, ops->size) || !desc_valid(&s->desc, &s->ops) ||
	    limits_normal(&check, &s->desc.limits, s->desc.granule)) {
		host_free(s, sizeof(*s));
		return -EINVAL;
	}
	s->ctx = ctx;
	while (s->desc.granule >> s->granule_shift > 1)
		s->granule_shift++;
	bounce_pool_init(&s->pool, &s->ops, ctx, &s->desc);
	*space = s;
	return 0;
}

void *dmavec_space_ctx(struct dmavec_space *space, void (*close)(void *ctx))
{
	return space && space->ops.close == close ? space->ctx : NULL;
}

int dmavec_space_close(struct dmavec_space *space)
{
	bool busy;

	if (!space)
		return 0;
	host_lock(&space->lock);
	busy = space->devices != NULL;
	host_unlock(&space->lock);
	if (busy)
		return -EBUSY;
	space_drop_regions(space);
	bounce_pool_fini(&space->pool);
	batch_fini(space);
	if (space->ops.close)
		space->ops.close(space->ctx);
	host_free(space, sizeof(*space));
	return 0;
}

int dmavec_flush(struct dmavec_space *space)
{
	if (!space)
		return -EINVAL;
	return space->ops.flush ? space->ops.flush(space->ctx) : 0;
}

/* Sum up what the devices hold. */
static void info_devices(struct dmavec_space *space, struct dmavec_space_info *info)
{
	const struct dmavec_dev *dev;
	uint64_t granules = __atomic_load_n(&space->region_granules, __ATOMIC_RELAXED) +
	                    __atomic_load_n(&space->quarantined_granules, __ATOMIC_RELAXED);

	host_lock(&space->lock);
	for (dev = space->devices; dev; dev = dev->next) {
		info->devices++;
		info->mappings += __atomic_load_n(&dev->maps, __ATOMIC_ACQUIRE);
		info->bounced_bytes += __atomic_load_n(&dev->bounced, __ATOMIC_RELAXED);
		granules += __atomic_load_n(&dev->iova_granules, __ATOMIC_RELAXED);
	}
	info->tainted = space->tainted;
	host_unlock(&space->lock);
	info->iova_bytes = granules * space->desc.granule;
}

int dmavec_space_info(struct dmavec_space *space, struct dmavec_space_info *info)
{
	struct dmavec_space_info now;
	size_t size;

	if (!space || !info || info->size < sizeof(info->size))
		return -EINVAL;
	size = info->size;
	memset(&now, 0, sizeof(now));
	now.granule = space->desc.granule;
	now.isolates = !!(space->desc.flags & DMAVEC_SPACE_ISOLATES);
	now.nwindows = 1;
	now.windows[0].first = space->desc.first;
	now.windows[0].last = space->desc.last;
	info_devices(space, &now);
	host_lock(&space->region_lock);
	if (space->regions) {
		now.regions = region_count(space->regions);
		now.region_bytes = region_bytes(space->regions);
	}
	now.stranded_bytes = space->stranded;
	host_unlock(&space->region_lock);
	now.bounce_pool_bytes = bounce_pool_bytes(&space->pool);
	now.quarantined_bytes =
		(uint64_t)__atomic_load_n(&space->quarantined_granules, __ATOMIC_RELAXED) * space->desc.granule;
	if (space->ops.info)
		space->ops.info(space->ctx, &now);
	now.size = size;
	memset(info, 0, size);
	memcpy(info, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}

int dmavec_space_read(struct dmavec_space *space, dmavec_dma_t dma, void *buf, size_t len)
{
	if (!space || (!buf && len))
		return -EINVAL;
	if (!space->ops.read)
		return -EOPNOTSUPP;
	return len ? space->ops.read(space->ctx, dma, buf, len) : 0;
}

int dmavec_space_write(struct dmavec_space *space, dmavec_dma_t dma, const void *buf, size_t len)
{
	if (!space || (!buf && len))
		return -EINVAL;
	if (!space->ops.write)
		return -EOPNOTSUPP;
	return len ? space->ops.write(space->ctx, dma, buf, len) : 0;
}
