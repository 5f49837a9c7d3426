/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Devices: limits merged with the space's, and how far each is trusted.
 */
#include "core.h"

#define DEV_FLAGS (DMAVEC_DEV_UNTRUSTED | DMAVEC_DEV_CHECKED)

static int dev_limits(struct dmavec_dev *dev, const struct dmavec_limits *limits)
{
	const struct dmavec_space_desc *desc = &dev->space->desc;
	int err;

	dev->limits.size = sizeof(dev->limits);
	err = dmavec_limits_merge(&dev->limits, &desc->limits);
	if (!err && limits)
		err = dmavec_limits_merge(&dev->limits, limits);
	if (!err)
		err = limits_normal(&dev->lim, &dev->limits, desc->granule);
	if (err)
		return err;
	if (desc->granule > 1) {
		/* What an IOMMU hands out is the space's to say; a direct space has memory where it has. */
		dev->lim.first = core_max(dev->lim.first, desc->first);
		dev->lim.last = core_min(dev->lim.last, desc->last);
	}
	return dev->lim.first > dev->lim.last || dev->lim.first > desc->last || dev->lim.last < desc->first ? -EINVAL : 0;
}

/* As far as one segment goes: where several meet does not matter to it. */
static bool only_window(const struct limits *lim)
{
	return lim->len_max == UINT64_MAX && !lim->boundary && lim->align == 1 && lim->len_align == 1;
}

/* The limits that need little: what the short ways of map and look-up go by. */
static void dev_shorten(struct dmavec_dev *dev)
{
	const struct limits *lim = &dev->lim;
	bool window = only_window(lim), from_first = lim->first <= dev->space->desc.first;

	dev->coherent = !dev->space->ops.sync_for_device && !dev->space->ops.sync_for_cpu;
	dev->plain = window && lim->gap == 1 && (dev->space->desc.flags & DMAVEC_SPACE_IDENTITY) && lim->first < UINT64_MAX;
	if (window && from_first && lim->total_max == UINT64_MAX)
		dev->window_end = core_min(lim->last, UINT64_MAX - 1) + 1;
}

/* A reader that sees no flag looks elsewhere; one that sees another version than before has read a mixture. */
static void only_clear(struct dev_only *only)
{
	region_set(&only->version, only->version & ~(ONLY_STEP - 1));
}

static bool only_copy(struct dmavec_dev *dev, const struct region *region)
{
	bool plain = dev->window_end && region->prot == (DMAVEC_REG_READ | DMAVEC_REG_WRITE);
	unsigned long flags = (unsigned long)region_dirs(region->prot) << ONLY_DIRS | (plain ? ONLY_PLAIN : 0);
	struct dev_only *only = &dev->only;

	if (region->dma > dev->lim.last)
		return false;
	region_set64(&only->addr, region->addr);
	region_set64(&only->last, core_min(region->len - 1, dev->lim.last - region->dma));
	region_set64(&only->dma, region->dma);
	region_set(&only->version, only->version + ONLY_STEP + flags);
	return true;
}

/* Under the space's region_lock and lock. */
static void dev_see_regions(struct dmavec_dev *dev)
{
	struct dmavec_space *space = dev->space;
	struct region region;
	bool many;

	only_clear(&dev->only);
	many = space->nregions != 1 || !region_next(space->regions, 0, &region) || !only_copy(dev, &region);
	region_set(&dev->regions, many ? space->regions : NULL);
}

void devs_see_regions(struct dmavec_space *space)
{
	struct dmavec_dev *dev;

	host_lock(&space->lock);
	for (dev = space->devices; dev; dev = dev->next)
		dev_see_regions(dev);
	host_unlock(&space->lock);
}

/* Under both locks. Joined maps would expose parts that are no longer registered: there must be none. */
static int may_taint(const struct dmavec_space *space)
{
	const struct dmavec_dev *other;

	if (space->tainted)
		return 0;
	for (other = space->devices; other; other = other->next)
		if (!other->untrusted)
			return -EBUSY;
	return space->joined ? -EBUSY : 0;
}

/* Trust is the space's: one untrusted device, and every later one is treated so. Registration looks at it, too. */
static int dev_link(struct dmavec_dev *dev)
{
	struct dmavec_space *space = dev->space;
	int err;

	host_lock(&space->region_lock);
	host_lock(&space->lock);
	err = dev->untrusted ? may_taint(space) : 0;
	if (!err) {
		if (dev->untrusted && !space->tainted) {
			space->tainted = true;
			if (space->ops.strict)
				space->ops.strict(space->ctx);
		}
		dev->untrusted = space->tainted;
		dev_see_regions(dev);
		dev->next = space->devices;
		space->devices = dev;
	}
	host_unlock(&space->lock);
	host_unlock(&space->region_lock);
	return err;
}

int dmavec_dev_open(struct dmavec_dev **out, struct dmavec_space *space, const struct dmavec_limits *limits,
                    unsigned int dev_flags)
{
	struct dmavec_dev *dev;
	int err;

	if (!out || !space || (dev_flags & ~DEV_FLAGS))
		return -EINVAL;
	/* The checker is a part of its own, which this build lacks; a flag is never ignored. */
	if (dev_flags & DMAVEC_DEV_CHECKED)
		return -EOPNOTSUPP;
	if ((dev_flags & DMAVEC_DEV_UNTRUSTED) && !(space->desc.flags & DMAVEC_SPACE_ISOLATES))
		return -EOPNOTSUPP;
	dev = host_alloc(sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	dev->space = space;
	dev->untrusted = dev_flags & DMAVEC_DEV_UNTRUSTED;
	dev->no_iommu = space->desc.granule == 1;
	err = dev_limits(dev, limits);
	if (!err) {
		dev_shorten(dev);
		err = dev_link(dev);
	}
	if (err) {
		host_free(dev, sizeof(*dev));
		return err;
	}
	*out = dev;
	return 0;
}

int dmavec_dev_close(struct dmavec_dev *dev)
{
	struct dmavec_dev **link;
	struct dmavec_space *space;

	if (!dev)
		return 0;
	if (__atomic_load_n(&dev->maps, __ATOMIC_ACQUIRE))
		return -EBUSY;
	space = dev->space;
	host_lock(&space->lock);
	for (link = &space->devices; *link != dev; link = &(*link)->next)
		;
	*link = dev->next;
	host_unlock(&space->lock);
	host_free(dev, sizeof(*dev));
	return 0;
}

int dmavec_dev_limits(struct dmavec_dev *dev, struct dmavec_limits *limits)
{
	struct dmavec_limits now;
	size_t size;

	if (!dev || !limits)
		return -EINVAL;
	size = limits->size ? limits->size : sizeof(now);
	if (size < sizeof(limits->size))
		return -EINVAL;
	now = dev->limits;
	now.size = limits->size;
	if (!dev->no_iommu) {
		now.addr_min = dev->lim.first;
		now.addr_max = dev->lim.last;
	}
	memset(limits, 0, size);
	memcpy(limits, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}
