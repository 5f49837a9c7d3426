/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "hold.h"

void hold_add(struct dmavec_dev *dev, uint64_t iova_len, uint64_t bounced)
{
	__atomic_fetch_add(&dev->maps, 1, __ATOMIC_RELAXED);
	if (iova_len)
		__atomic_fetch_add(&dev->iova_granules, core_granules(dev->space, iova_len), __ATOMIC_RELAXED);
	if (bounced)
		__atomic_fetch_add(&dev->bounced, (unsigned long)bounced, __ATOMIC_RELAXED);
}

void hold_drop(struct dmavec_dev *dev, uint64_t iova_len, uint64_t bounced)
{
	if (iova_len)
		__atomic_fetch_sub(&dev->iova_granules, core_granules(dev->space, iova_len), __ATOMIC_RELAXED);
	if (bounced)
		__atomic_fetch_sub(&dev->bounced, (unsigned long)bounced, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&dev->maps, 1, __ATOMIC_RELEASE);
}

int hold_reserve(struct dmavec_space *space, const struct dmavec_reserve *want, uint64_t better, dmavec_dma_t *iova)
{
	static const uint64_t sizes[] = { CORE_HUGE, CORE_LARGE };
	struct dmavec_reserve more = *want;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		more.align = sizes[i];
		if (sizes[i] <= better && sizes[i] > want->align && !space->ops.reserve(space->ctx, &more, iova))
			return 0;
	}
	return space->ops.reserve(space->ctx, want, iova);
}

static void quarantine(struct dmavec_space *space, uint64_t len)
{
	__atomic_fetch_add(&space->quarantined_granules, core_granules(space, len), __ATOMIC_RELAXED);
}

int hold_unlink(struct dmavec_space *space, uint64_t iova, uint64_t len, bool strict, bool *reached)
{
	int err = space->ops.unlink(space->ctx, iova, len, strict ? DMAVEC_UNLINK_STRICT : 0);
	int released;

	*reached = err != 0;
	if (err) {
		quarantine(space, len);
		return err;
	}
	released = space->ops.release(space->ctx, iova, len);
	if (released)
		quarantine(space, len);
	return released;
}
