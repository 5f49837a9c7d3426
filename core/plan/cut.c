/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Why two neighbouring segments are apart: the one place that says so.
 */
#include "cut.h"

/* The memory on both sides of a place in the mapping: the byte before and the byte after it. */
struct seam {
	uint64_t before, after;
	uint32_t flags_before, flags_after;
};

static int seam_find(struct seam *seam, const struct dmavec_range *ranges, const uint32_t *flags, size_t n, uint64_t at)
{
	uint64_t pos = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t f = flags ? flags[i] : 0;
		uint64_t end = pos + ranges[i].len;

		if (ranges[i].len && at > pos && at <= end) {
			seam->before = ranges[i].addr + (at - pos) - 1;
			seam->flags_before = f;
		}
		if (ranges[i].len && at >= pos && at < end) {
			seam->after = ranges[i].addr + (at - pos);
			seam->flags_after = f;
			return at ? 0 : -EINVAL;
		}
		pos = end;
	}
	return -EINVAL;
}

/* Two segments that touch, of one kind: a limit cut them. */
static enum dmavec_cut cut_touching(const struct limits *lim, const struct dmavec_seg *a, const struct dmavec_seg *b)
{
	uint64_t room = cut_room(lim, a->addr);

	if (lim->boundary && !core_low(b->addr, lim->boundary))
		return DMAVEC_CUT_BOUNDARY;
	if (a->len == lim->len_max)
		return DMAVEC_CUT_LENGTH;
	/* Both would have fitted, or there was room for a later cut. */
	if (b->len <= room - a->len || cut_len(lim, a->addr, room) != a->len)
		return DMAVEC_CUT_NONE;
	return lim->gap > 1 && lim->gap >= lim->align && lim->gap >= lim->len_align ? DMAVEC_CUT_GAP : DMAVEC_CUT_ALIGNMENT;
}

static enum dmavec_cut cut_why(const struct dmavec_dev *dev, const struct seam *seam, const struct dmavec_seg *a,
                               const struct dmavec_seg *b)
{
	if (seam->flags_before != seam->flags_after)
		return DMAVEC_CUT_KIND;
	if (b->addr && a->addr + a->len == b->addr) /* nothing follows the last address */
		return cut_touching(&dev->lim, a, b);
	/* Memory that goes on, at device addresses that do not. */
	return dev->no_iommu && seam->after && seam->before + 1 == seam->after ? DMAVEC_CUT_WINDOW : DMAVEC_CUT_RUN;
}

int dmavec_cut_reason(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
                      size_t nranges, const struct dmavec_seg *segs, uint32_t nsegs, uint32_t i, enum dmavec_cut *why)
{
	struct seam seam = { 0, 0, 0, 0 };
	uint64_t at = 0;
	uint32_t k;

	if (!dev || !ranges || !segs || !why || !nsegs || i >= nsegs - 1)
		return -EINVAL;
	for (k = 0; k <= i; k++)
		at += segs[k].len;
	if (seam_find(&seam, ranges, range_flags, nranges, at))
		return -EINVAL;
	*why = cut_why(dev, &seam, &segs[i], &segs[i + 1]);
	return 0;
}

const char *dmavec_cut_name(enum dmavec_cut why)
{
	static const char *const names[] = { "none", "boundary", "length", "gap", "alignment", "run", "kind", "window" };

	return (unsigned int)why < sizeof(names) / sizeof(names[0]) ? names[why] : names[0];
}
