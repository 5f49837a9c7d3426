/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Limits: validation, merging, the form that the engine computes with, and the check of finished segments.
 *
 * Merging takes the narrower of each pair. Since all multiples are powers of two, the larger multiple implies the smaller,
 * and the smaller boundary the larger.
 */
#include "core.h"

/* size 0 means the first version, which is today's. */
static int limits_copy(struct dmavec_limits *to, const struct dmavec_limits *from)
{
	size_t size = from->size ? from->size : sizeof(*from);
	int err;

	if (size < sizeof(from->size))
		return -EINVAL;
	err = core_copy_sized(to, sizeof(*to), from, size);
	to->size = sizeof(*to);
	return err;
}

static int limits_valid(const struct dmavec_limits *l)
{
	uint64_t step = core_max(core_max(l->gap, l->seg_align), l->len_align);

	if (l->reserved || !core_pow2_or_0(l->seg_boundary) || !core_pow2_or_0(l->seg_align) ||
	    !core_pow2_or_0(l->len_align) || !core_pow2_or_0(l->gap) || (l->offset_mask & (l->offset_mask + 1)))
		return -EINVAL;
	if (l->addr_max && l->addr_min > l->addr_max)
		return -EINVAL;
	if ((l->seg_len_max && l->seg_len_max < step) || (l->seg_boundary && l->seg_boundary < step))
		return -EINVAL;
	return l->total_max && l->total_max < l->len_align ? -EINVAL : 0;
}

static uint64_t min_nonzero(uint64_t a, uint64_t b)
{
	return !a ? b : !b ? a : core_min(a, b);
}

int dmavec_limits_merge(struct dmavec_limits *into, const struct dmavec_limits *with)
{
	struct dmavec_limits a, b;
	size_t size;
	int err;

	if (!into || !with || limits_copy(&a, into) || limits_copy(&b, with) || limits_valid(&a) || limits_valid(&b))
		return -EINVAL;
	a.addr_min = core_max(a.addr_min, b.addr_min);
	a.addr_max = min_nonzero(a.addr_max, b.addr_max);
	a.seg_len_max = min_nonzero(a.seg_len_max, b.seg_len_max);
	a.seg_boundary = min_nonzero(a.seg_boundary, b.seg_boundary);
	a.seg_align = core_max(a.seg_align, b.seg_align);
	a.len_align = core_max(a.len_align, b.len_align);
	a.gap = core_max(a.gap, b.gap);
	a.offset_mask |= b.offset_mask;
	a.total_max = min_nonzero(a.total_max, b.total_max);
	a.segs_max = (uint32_t)min_nonzero(a.segs_max, b.segs_max);
	err = limits_valid(&a);
	if (err)
		return err;
	/* Write no more than the caller has room for: an older caller's struct ends earlier. */
	size = into->size ? into->size : sizeof(a);
	a.size = into->size;
	memcpy(into, &a, size < sizeof(a) ? size : sizeof(a));
	return 0;
}

int limits_normal(struct limits *lim, const struct dmavec_limits *limits, uint64_t granule)
{
	struct dmavec_limits l;
	int err = limits_copy(&l, limits);

	if (!err)
		err = limits_valid(&l);
	if (err)
		return err;
	lim->first = l.addr_min;
	lim->last = l.addr_max ? l.addr_max : UINT64_MAX;
	lim->len_max = l.seg_len_max ? l.seg_len_max : UINT64_MAX;
	lim->boundary = l.seg_boundary;
	lim->align = l.seg_align ? l.seg_align : 1;
	lim->len_align = l.len_align ? l.len_align : 1;
	lim->gap = l.gap ? l.gap : 1;
	lim->cut = core_max(lim->gap, lim->align);
	lim->congruent = core_max(lim->gap, granule);
	lim->keep = l.offset_mask & ~(lim->align - 1);
	/* A mask of all ones has no power of two above it: half the address space is as good. */
	lim->modulus = core_max(core_max(lim->congruent, lim->align), core_min(l.offset_mask, UINT64_MAX / 2) + 1);
	lim->total_max = l.total_max ? l.total_max : UINT64_MAX;
	lim->segs_max = l.segs_max ? l.segs_max : UINT32_MAX;
	return 0;
}

static bool seg_fits(const struct limits *lim, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + (len - 1);

	if (addr < lim->first || end > lim->last || len > lim->len_max)
		return false;
	if (core_low(addr, lim->align) || core_low(len, lim->len_align))
		return false;
	return !lim->boundary || core_down(addr, lim->boundary) == core_down(end, lim->boundary);
}

int dmavec_check_segs(const struct dmavec_limits *limits, const struct dmavec_seg *segs, uint32_t nsegs)
{
	static const struct dmavec_limits none;
	struct limits lim;
	uint64_t total = 0;
	uint32_t i;
	int err = limits_normal(&lim, limits ? limits : &none, 1);

	if (err || !segs || !nsegs)
		return -EINVAL;
	for (i = 0; i < nsegs; i++) {
		uint64_t addr = segs[i].addr, len = segs[i].len;

		if (!len || core_wraps(addr, len) || __builtin_add_overflow(total, len, &total))
			return -EINVAL;
		if (!seg_fits(&lim, addr, len))
			err = -ERANGE;
		if ((i && core_low(addr, lim.gap)) || (i + 1 < nsegs && core_low(addr + len, lim.gap)))
			err = -ERANGE;
	}
	return nsegs > lim.segs_max || total > lim.total_max ? -ERANGE : err;
}
