/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The ladder: first what costs nothing (regions, the memory where it is), then new device addresses for all of it, then
 * bouncing what breaks a limit, then everything as one run; at last a run that starts where it takes fewest cuts, all of it
 * bounced.
 */
#include "plan.h"

#define ATTEMPTS_MAX 7

int plan_check(const struct plan_call *call)
{
	if (!call->dev || !core_dir_ok(call->dir) || (call->flags & ~MAP_FLAGS))
		return -EINVAL;
	/* The others of MAP_FLAGS mean the same to every space, or are hints. */
	return call->flags & DMAVEC_MMIO & ~call->dev->space->desc.map_flags ? -EOPNOTSUPP : 0;
}

/*
 * The attempts that make sense; returns how many. An untrusted device's partial granules are bounced in each; regions are
 * asked for permission in the first, whether their addresses are used or not.
 */
static size_t plan_attempts(const struct plan_call *call, bool may_bounce, unsigned int attempts[ATTEMPTS_MAX])
{
	const struct dmavec_dev *dev = call->dev;
	unsigned int linear = call->linear ? LAYOUT_LINEAR : 0;
	unsigned int shield = may_bounce && dev->untrusted ? LAYOUT_BOUNCE : 0;
	bool iommu = !dev->no_iommu, regions = iommu && space_regions_that_matter(dev->space);
	size_t n = 0;

	if (regions)
		attempts[n++] = LAYOUT_REGIONS | LAYOUT_PERMIT | linear | shield;
	attempts[n++] = (regions ? 0 : LAYOUT_PERMIT) | linear | shield;
	if (!may_bounce)
		return n;
	if (!linear)
		attempts[n++] = LAYOUT_JOIN | LAYOUT_BOUNCE;
	if (!linear && iommu)
		attempts[n++] = LAYOUT_JOIN | LAYOUT_BOUNCE | LAYOUT_MOVE;
	attempts[n++] = LAYOUT_LINEAR | LAYOUT_BOUNCE;
	if (iommu) {
		attempts[n++] = LAYOUT_LINEAR | LAYOUT_BOUNCE | LAYOUT_MOVE;
		attempts[n++] = LAYOUT_LINEAR | LAYOUT_BOUNCE | LAYOUT_SHIFT;
	}
	return n;
}

int plan_make(const struct plan_call *call, struct range_iter *it, struct dmavec_seg *segs, uint32_t room,
              struct layout *l, struct plan_failure *first)
{
	bool may_bounce = !(call->flags & DMAVEC_NO_BOUNCE) && call->dev->space->ops.arena, crowded = false;
	unsigned int attempts[ATTEMPTS_MAX];
	size_t i, n = plan_attempts(call, may_bounce, attempts);
	uint64_t sum = 0;
	int err = 0;

	l->dev = call->dev;
	l->segs = segs;
	l->room = room < call->dev->lim.segs_max ? room : call->dev->lim.segs_max;
	l->prot = core_prot(call->dir);
	first->err = 0;
	for (i = 0; i < n; i++) {
		l->mode = attempts[i];
		err = layout_make(l, it);
		if (i && it->sum != sum) /* a source that says another thing now */
			return -EINVAL;
		sum = it->sum;
		if (!err)
			return 0;
		if (!first->err)
			*first = (struct plan_failure){ err, l->why, l->why_range, l->why_cpu };
		crowded |= l->short_room;
		/* Malformed or forbidden input stays so; only what limits refuse is tried again. */
		if (err != -ERANGE && (err != -E2BIG || !l->short_room))
			return err;
	}
	return crowded ? -E2BIG : err;
}

int dmavec_plan_mixed(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
                      size_t nranges, enum dmavec_dir dir, unsigned int flags, struct dmavec_plan *plan)
{
	struct plan_call call = { dev, dir, flags, false };
	struct dmavec_plan now;
	struct plan_failure first;
	struct range_iter it;
	struct layout l;
	size_t size;
	int err = plan_check(&call);

	if (err || !ranges || !nranges || !plan || plan->size < sizeof(plan->size))
		return err ? err : -EINVAL;
	range_from_array(&it, ranges, range_flags, nranges, flags & DMAVEC_MMIO);
	err = plan_make(&call, &it, NULL, UINT32_MAX, &l, &first);
	if (err)
		return err;
	size = plan->size;
	memset(&now, 0, sizeof(now));
	now.size = size;
	now.nsegs = l.nsegs;
	now.iova_bytes = dev->no_iommu ? 0 : core_up(l.placed_len, dev->space->desc.granule) - l.skew;
	now.bounce_bytes = l.bounce_bytes;
	memset(plan, 0, size);
	memcpy(plan, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}

int dmavec_plan(struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t nranges, enum dmavec_dir dir,
                unsigned int flags, struct dmavec_plan *plan)
{
	return dmavec_plan_mixed(dev, ranges, NULL, nranges, dir, flags, plan);
}
