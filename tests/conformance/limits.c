/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.2: limits, tested on device addresses; the count; what is done before -E2BIG. */
#include "suite.h"

#define SHAPES 8u

/* Ranges that are awkward in different ways; all totals are multiples of 512. */
static size_t shape(struct fix *f, unsigned int which, struct dmavec_range *r)
{
	uint64_t p = f->page;

	switch (which) {
	case 0:
		r[0] = suite_range(f, 2, 0, 8 * p);
		return 1;
	case 1:
		r[0] = suite_range(f, 2, 512, 4 * p);
		return 1;
	case 2:
		r[0] = suite_range(f, 2, 12, 2 * p + 512);
		return 1;
	case 3:
		r[0] = suite_range(f, 2, 0, p);
		r[1] = suite_range(f, 9, 0, p);
		r[2] = suite_range(f, 5, 0, 2 * p);
		return 3;
	case 4:
		r[0] = suite_range(f, 2, p - 512, 512);
		r[1] = suite_range(f, 9, 0, p);
		r[2] = suite_range(f, 5, 0, 512);
		return 3;
	case 5:
		r[0] = suite_range(f, 2, 0, 512);
		r[1] = suite_range(f, 4, 512, 1024);
		r[2] = suite_range(f, 6, 0, p);
		return 3;
	case 6:
		r[0] = suite_range(f, 2, 1, 511);
		r[1] = suite_range(f, 4, 3, 1025);
		return 2;
	default:
		r[0] = suite_range(f, 7, 3, 13);
		r[1] = suite_range(f, 3, 100, p + 499);
		r[2] = suite_range(f, 3, 100, 512);
		return 3;
	}
}

static void all_shapes(struct fix *f, const struct dmavec_limits *limits)
{
	struct dmavec_dev *dev = suite_dev(f, limits, 0);
	struct dmavec_range ranges[4];
	unsigned int which;
	size_t n;

	for (which = 0; dev && which < SHAPES; which++) {
		n = shape(f, which, ranges);
		if (!CHECK(f, suite_round(f, dev, ranges, n, 0)))
			CHECK_IS(f, which, -1);
	}
	if (dev)
		suite_dev_close(f, dev);
}

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static void seg_len_max(struct fix *f)
{
	all_shapes(f, L(.seg_len_max = 512));
	all_shapes(f, L(.seg_len_max = 1000));
	all_shapes(f, L(.seg_len_max = f->page));
	all_shapes(f, L(.seg_len_max = 3 * f->page + 7));
}

static void seg_boundary(struct fix *f)
{
	all_shapes(f, L(.seg_boundary = 512));
	all_shapes(f, L(.seg_boundary = f->page));
	all_shapes(f, L(.seg_boundary = 16 * f->page));
	all_shapes(f, L(.seg_boundary = 65536, .seg_len_max = 65535));
}

static void seg_align(struct fix *f)
{
	all_shapes(f, L(.seg_align = 4));
	all_shapes(f, L(.seg_align = 512));
	all_shapes(f, L(.seg_align = 4096));
}

static void len_align(struct fix *f)
{
	all_shapes(f, L(.len_align = 4));
	all_shapes(f, L(.len_align = 512));
	all_shapes(f, L(.seg_align = 512, .len_align = 512, .seg_len_max = 1000));
}

static void gap(struct fix *f)
{
	all_shapes(f, L(.gap = 512));
	all_shapes(f, L(.gap = 4096));
	all_shapes(f, L(.gap = 4096, .seg_align = 4));
	all_shapes(f, L(.gap = 16 * f->page));
	all_shapes(f, L(.gap = 4096, .seg_len_max = 5000));
}

static void together(struct fix *f)
{
	all_shapes(f,
		   L(.gap = 4096, .seg_align = 4, .len_align = 4, .seg_len_max = 128u << 10, .seg_boundary = 1u << 20));
	all_shapes(f, L(.seg_align = 2, .len_align = 2, .seg_len_max = 4u << 20, .seg_boundary = 65536));
	all_shapes(f, L(.seg_align = 16, .seg_len_max = 4080, .seg_boundary = 4096, .offset_mask = 0xfff));
}

static void address_window(struct fix *f)
{
	all_shapes(f, L(.addr_max = suite_low_max(f)));
	all_shapes(f, L(.addr_max = suite_low_max(f), .gap = 4096, .seg_boundary = 16 * f->page));
	if (f->ts.traits & SPACE_IOMMU) {
		all_shapes(f, L(.addr_min = 0x1000000, .addr_max = 0xffffff + (64u << 20)));
		all_shapes(f, L(.addr_min = 1ull << 40));
	}
}

static void total_max(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.total_max = 2 * f->page), 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 5, 0, f->page) };

	MUST(f, suite_round(f, dev, r, 2, 0));
	r[1].len++;
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -E2BIG);
}

static void total_not_aligned(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.len_align = 512), 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 5, 0, 511) };

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -EINVAL);
	r[1].len = 512;
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), 0);
}

static void contradictions(struct fix *f)
{
	const struct dmavec_limits bad[] = {
		{ .seg_len_max = 511, .seg_align = 512 },
		{ .seg_len_max = 511, .gap = 512 },
		{ .seg_len_max = 511, .len_align = 512 },
		{ .seg_boundary = 256, .seg_align = 512 },
		{ .seg_boundary = 256, .gap = 512 },
		{ .seg_boundary = 256, .len_align = 512 },
		{ .seg_boundary = 1000 },
		{ .seg_align = 3 },
		{ .len_align = 6 },
		{ .gap = 4095 },
		{ .offset_mask = 0xff0 },
		{ .offset_mask = 1u << 12 },
		{ .addr_min = 0x2000, .addr_max = 0x1fff },
		{ .reserved = 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dmavec_limits limits = bad[i];
		struct dmavec_dev *dev = NULL;

		limits.size = i & 1 ? 0 : sizeof(limits);
		if (!CHECK_IS(f, dmavec_dev_open(&dev, f->space, &limits, 0), -EINVAL))
			CHECK_IS(f, i, -1);
		CHECK(f, dev == NULL);
	}
}

static void just_possible(struct fix *f)
{
	all_shapes(f, L(.seg_len_max = 512, .seg_align = 512, .len_align = 512, .gap = 512, .seg_boundary = 512));
}

static void placement(struct fix *f)
{
	const uint64_t gaps[] = { 0, 512, f->page, 4 * f->page, 16 * f->page };
	static struct held h;
	unsigned int i, page;

	for (i = 0; i < 5; i++) {
		struct dmavec_dev *dev = suite_dev(f, L(.gap = gaps[i]), 0);
		uint64_t mod = gaps[i] > f->ts.granule ? gaps[i] : f->ts.granule;

		for (page = 1; page < 12; page += 3) {
			struct dmavec_range range = suite_range(f, page, page * 33, 3 * f->page);

			MUST(f, dev && suite_map(f, dev, &h, 8, &range, 1, DMAVEC_TO_DEVICE, 0));
			CHECK_IS(f, h.segs[0].addr % mod, range.addr % mod);
			CHECK_IS(f, h.map.nsegs, 1);
			CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		}
		suite_dev_close(f, dev);
	}
}

/* Many are held at once, so that the next free address is not always a convenient one. */
static void fits_one_block(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_boundary = 8 * f->page), 0);
	static struct held h[24];
	unsigned int i;

	for (i = 0; i < 24; i++) {
		struct dmavec_range range =
			suite_range(f, 1, i & 1 ? 512 : 0, (i % 8 + 1) * f->page - (i & 1 ? 512 : 0));

		MUST(f, dev && suite_map(f, dev, &h[i], 4, &range, 1, DMAVEC_TO_DEVICE, 0));
		CHECK_IS(f, h[i].map.nsegs, 1);
	}
	for (i = 0; i < 24; i++)
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
}

/* The second run would cross if it came right behind the first. */
static void later_run_fits(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_boundary = 8 * f->page), 0);
	unsigned int first, second;
	static struct held h;

	for (first = 1; dev && first < 8; first++)
		for (second = 1; second < 8; second++) {
			struct dmavec_range r[2] = { suite_range(f, 2, 0, first * f->page - 100),
						     suite_range(f, 12, 64, second * f->page) };

			MUST(f, suite_map(f, dev, &h, 8, r, 2, DMAVEC_TO_DEVICE, 0));
			CHECK_IS(f, h.map.nsegs, 2);
			CHECK(f, suite_sees(f, &h.map, r, 2));
			CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		}
}

static void short_of(struct fix *f, struct dmavec_dev *dev, uint32_t cap, const struct dmavec_range *r, size_t n)
{
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, cap, r, n, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK(f, suite_sees(f, &h.map, r, n));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, n, 0, ~0ull, 3));
	CHECK(f, suite_rest_is_whole(f, r, n));
	suite_restore(f);
}

static void linearises_by_bounce(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 2, 8, 100), suite_range(f, 7, 300, 1000),
				     suite_range(f, 4, 0, 12) };

	short_of(f, suite_dev(f, NULL, 0), 1, r, 3);
	short_of(f, suite_dev(f, L(.segs_max = 1), 0), 8, r, 3);
	short_of(f, suite_dev(f, L(.segs_max = 1, .seg_len_max = 65536), 0), 8, r, 3);
}

static void linearises_regions(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 7, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);

	MUST_BE(f, dmavec_register(f->space, r[0].addr, r[0].len, 0), 0);
	MUST_BE(f, dmavec_register(f->space, r[1].addr, r[1].len, 0), 0);
	short_of(f, dev, 1, r, 2);
	/* mapped anew, not copied */
	CHECK_IS(f, suite_try(dev, 1, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), 0);
	CHECK_IS(f, dmavec_unregister(f->space, r[0].addr, r[0].len), 0);
	CHECK_IS(f, dmavec_unregister(f->space, r[1].addr, r[1].len), 0);
}

static void too_big(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 2, 8, 4096), suite_range(f, 7, 8, 4096) };
	struct dmavec_dev *dev = suite_dev(f, L(.seg_len_max = 512), 0),
			  *few = suite_dev(f, L(.segs_max = 15, .seg_len_max = 512), 0);

	MUST(f, dev && few);
	CHECK_IS(f, suite_try(dev, 15, r, 2, DMAVEC_TO_DEVICE, 0), -E2BIG);
	CHECK_IS(f, suite_try(few, 64, r, 2, DMAVEC_TO_DEVICE, 0), -E2BIG);
	CHECK_IS(f, suite_try(dev, 18, r, 2, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, suite_try(dev, 0, r, 2, DMAVEC_TO_DEVICE, 0), -E2BIG);
}

/* A bounce moves the pieces together; where they then need fewer cuts, it is what fits. */
static void bounce_needs_fewer(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 2, 8, 256), suite_range(f, 7, 8, 256) };
	struct dmavec_dev *dev = suite_dev(f, L(.segs_max = 1, .seg_len_max = 512), 0);

	short_of(f, dev, 8, r, 2);
}

static void merged_with_space(struct fix *f)
{
	struct dmavec_limits want = {
		.size = sizeof(want), .addr_min = 0x10000, .seg_len_max = 1000, .segs_max = 9, .gap = 8
	};
	struct dmavec_dev *dev = suite_dev(f, &want, 0);
	struct dmavec_limits got = { .size = sizeof(got) };

	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_dev_limits(dev, &got), 0);
	CHECK(f, got.addr_min >= 0x10000 && got.seg_len_max == 1000 && got.segs_max == 9 && got.gap == 8);
	if (f->ts.traits & SPACE_SOFT)
		CHECK(f, got.addr_max == (1ull << 48) - 1);
}

/* Two runs that touch where they were placed, and no limit between them. */
static void touching_runs(struct fix *f)
{
	const struct dmavec_limits *limits = L(.gap = 512, .seg_align = 512, .len_align = 2048, .seg_boundary = 16384);
	unsigned int flags, first, second;
	static struct held h;
	uint32_t i;

	for (flags = 0; flags < 2; flags++) { /* trusted, then DMAVEC_DEV_UNTRUSTED */
		struct dmavec_dev *dev = suite_dev(f, limits, flags);

		for (first = 256; dev && first < 4096; first += 512)
			for (second = 1024; second < 4096; second += 512) {
				struct dmavec_range r[2] = { suite_range(f, 2, first, 4096),
							     suite_range(f, 7, second, 4096) };
				enum dmavec_cut why = DMAVEC_CUT_NONE;

				MUST(f, suite_map(f, dev, &h, 16, r, 2, DMAVEC_TO_DEVICE, 0));
				CHECK_IS(f, dmavec_check_segs(limits, h.segs, h.map.nsegs), 0);
				for (i = 0; i + 1 < h.map.nsegs; i++) {
					CHECK_IS(f, dmavec_cut_reason(dev, r, NULL, 2, h.segs, h.map.nsegs, i, &why),
						 0);
					CHECK(f, why != DMAVEC_CUT_NONE);
				}
				CHECK(f, suite_sees(f, &h.map, r, 2));
				CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
			}
		if (dev)
			suite_dev_close(f, dev);
	}
}

/* Two runs need two granules of addresses, and there is one; as one run they fit. */
static void linearises_in_window(struct fix *f)
{
	struct dmavec_dev *dev =
		suite_dev(f, L(.addr_min = 16 * f->page, .addr_max = 17 * f->page - 1, .segs_max = 1), 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 1, 16), suite_range(f, 7, 1, 16) };

	short_of(f, dev, 8, r, 2);
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -E2BIG);
}

/* A window at the very top, which no memory lies in. */
static void window_at_the_top(struct fix *f)
{
	const struct dmavec_limits top = { .size = sizeof(top), .addr_min = UINT64_MAX, .addr_max = UINT64_MAX };
	struct dmavec_dev *dev = suite_dev(f, &top, 0);
	struct dmavec_range r = suite_range(f, 0, 0, f->page), none = { UINT64_MAX, 0 };

	if (!dev)
		return; /* no address in common */
	CHECK(f, suite_try(dev, 4, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE) < 0);
	CHECK_IS(f, suite_try(dev, 4, &none, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -EINVAL);
}

/* The address within a gap is the memory's; the addresses before it are not taken for that. */
static void gap_wider_than_granule(struct fix *f)
{
	const uint64_t gap = 16 * f->page;
	const struct dmavec_limits wide = { .size = sizeof(wide), .addr_min = gap, .addr_max = 9 * gap - 1, .gap = gap };
	struct dmavec_dev *dev = suite_dev(f, &wide, 0);
	struct dmavec_plan plan = { .size = sizeof(plan) };
	struct dmavec_range r = suite_range(f, 0, 0, f->page);
	static struct held h[32];
	unsigned int i;

	MUST(f, dev != NULL);
	while ((r.addr & (gap - 1)) != gap - f->page)
		r.addr += f->page;
	MUST_BE(f, dmavec_plan(dev, &r, 1, DMAVEC_TO_DEVICE, 0, &plan), 0);
	CHECK_IS(f, plan.iova_bytes, f->page);
	/* eight of these fit beside eight of those: 8 gaps of addresses hold a page of each kind */
	for (i = 0; i < 16; i++) {
		MUST(f, suite_map(f, dev, &h[i], 1, &r, 1, DMAVEC_TO_DEVICE, 0));
		CHECK_IS(f, (h[i].segs[0].addr ^ r.addr) & (gap - 1), 0);
		CHECK(f, suite_sees(f, &h[i].map, &r, 1));
		r.addr += i == 7 ? f->page : 0;
	}
	CHECK_IS(f, suite_info(f).iova_bytes, 16 * f->page);
	while (i--)
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
}

const struct rule rules_limits[] = {
	{ "rule 6.2 limits: a gap wider than the granule takes no more addresses", gap_wider_than_granule, SPACE_IOMMU, 0 },
	{ "rule 6.2 limits: an address window at the very top", window_at_the_top, SPACE_DIRECT | SPACE_PROCESS, 0 },
	{ "rule 6.2 limits: seg_len_max", seg_len_max, 0, 0 },
	{ "rule 6.2 limits: seg_boundary", seg_boundary, 0, 0 },
	{ "rule 6.2 limits: seg_align", seg_align, 0, 0 },
	{ "rule 6.2 limits: len_align", len_align, 0, 0 },
	{ "rule 6.2 limits: gap", gap, 0, 0 },
	{ "rule 6.2 limits: several together", together, 0, 0 },
	{ "rule 6.2 limits: all as narrow as can be", just_possible, 0, 0 },
	{ "rule 6.2 limits: addr_min and addr_max", address_window, 0, 0 },
	{ "rule 6.2 limits: total_max is -E2BIG", total_max, 0, 0 },
	{ "rule 6.2 limits: a total that is no multiple of len_align is -EINVAL", total_not_aligned, 0, 0 },
	{ "rule 6.2 limits: contradictions are -EINVAL at open", contradictions, 0, 0 },
	{ "rule 6.2 limits: dev_limits are the device's and the space's", merged_with_space, 0, 0 },
	{ "rule 6.2 placement: address kept modulo max(gap, granule)", placement, SPACE_IOMMU, 0 },
	{ "rule 6.2 placement: a run that fits into a boundary block crosses none", fits_one_block, SPACE_IOMMU, 0 },
	{ "rule 6.2 placement: nor does a later run of the mapping", later_run_fits, SPACE_IOMMU, 0 },
	{ "rule 6.2 count: short room linearises by bounce", linearises_by_bounce, 0, 0 },
	{ "rule 6.2 count: short room bounces into fewer pieces", bounce_needs_fewer, 0, 0 },
	{ "rule 6.2 count: short room maps regions anew", linearises_regions, SPACE_IOMMU, 0 },
	{ "rule 6.2 count: then -E2BIG", too_big, 0, 0 },
	{ "rule 6.2 count: runs that touch after placement are joined", touching_runs, SPACE_IOMMU, 0 },
	{ "rule 6.2 count: short room linearises before addresses are short", linearises_in_window, SPACE_IOMMU, 0 },
	{ NULL, NULL, 0, 0 },
};
