/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.6: lifetimes. */
#include "suite.h"

static void ranges_may_go(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, 100), suite_range(f, 9, 7, 100) }, copy[2];
	static struct held h;

	memcpy(copy, r, sizeof(r));
	MUST(f, dev && suite_map(f, dev, &h, 4, copy, 2, DMAVEC_BIDIRECTIONAL, 0));
	memset(copy, 0xff, sizeof(copy));
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, h.map.len), 0);
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 4));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 2, 0, ~0ull, 4));
}

/* Bounced mappings have to remember where their bytes belong. */
static void bounced_ranges_may_go(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64, .segs_max = 1 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 3, 100), suite_range(f, 9, 7, 100) }, copy[2];
	static struct held h;

	memcpy(copy, r, sizeof(r));
	MUST(f, dev && suite_map(f, dev, &h, 4, copy, 2, DMAVEC_FROM_DEVICE, 0));
	memset(copy, 0xff, sizeof(copy));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 4));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(r, 2, 0, ~0ull, 4));
	CHECK(f, suite_rest_is_whole(f, r, 2));
}

static void empty_after_unmap(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 5000);
	static struct held h;
	unsigned int i;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	for (i = 0; i < 5; i++) {
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		CHECK(f, h.map.nsegs == 0 && h.map.len == 0 && h.map.segs == h.segs && h.map.segs_cap == 4);
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		MUST_BE(f, dmavec_map(dev, &h.map, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
		CHECK(f, suite_sees(f, &h.map, &r, 1));
	}
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void unmap_of_nothing(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_map zero;
	static struct held h;

	MUST(f, dev != NULL);
	memset(&zero, 0, sizeof(zero));
	suite_init(&h, 4);
	CHECK_IS(f, dmavec_unmap(dev, &zero, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &zero, DMAVEC_SKIP_SYNC), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, h.map.segs == h.segs && h.map.segs_cap == 4);
}

/* Each failure comes from another depth of the call. */
static void failed_map_leaves(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 512, .total_max = 8 * f->page };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range bad[4] = { suite_range(f, 2, 0, 0), suite_range(f, 2, 1, 100),
				       suite_range(f, 2, 0, 9 * f->page), suite_range(f, 2, 0, 512) };
	const int want[4] = { -EINVAL, -ERANGE, -E2BIG, -E2BIG };
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 4; i++) {
		suite_init(&h, i == 3 ? 0 : 4);
		CHECK_IS(f, dmavec_map(dev, &h.map, &bad[i], 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), want[i]);
		CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
		CHECK_IS(f, suite_info(f).mappings, 0);
		CHECK_IS(f, suite_info(f).iova_bytes, 0);
		h.map.segs_cap = 4;
		CHECK_IS(f, dmavec_map(dev, &h.map, &bad[3], 1, DMAVEC_TO_DEVICE, 0), 0);
		CHECK(f, suite_sees(f, &h.map, &bad[3], 1));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
}

static void held_is_busy(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 1, 5000), suite_range(f, 9, 0, 300) };
	static struct held h;
	struct dmavec_map was;

	MUST(f, dev && suite_map(f, dev, &h, 4, r, 1, DMAVEC_TO_DEVICE, 0));
	was = h.map;
	CHECK_IS(f, dmavec_map(dev, &h.map, &r[1], 1, DMAVEC_TO_DEVICE, 0), -EBUSY);
	CHECK_IS(f, dmavec_map_linear(dev, &h.map, &r[1], 1, DMAVEC_TO_DEVICE, 0), -EBUSY);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 300, 1, DMAVEC_TO_DEVICE, 0), -EBUSY);
	/* what is malformed is that first */
	CHECK_IS(f, dmavec_map(dev, &h.map, &r[1], 0, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, dmavec_map(dev, &h.map, &r[1], 1, DMAVEC_TO_DEVICE, 0x8000), -EINVAL);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 0, 1, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK(f, h.map.nsegs == was.nsegs && h.map.len == was.len);
	CHECK(f, suite_sees(f, &h.map, r, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 300, 1, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_map(dev, &h.map, &r[1], 1, DMAVEC_TO_DEVICE, 0), -EBUSY);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 300, 1, DMAVEC_TO_DEVICE, 0), -EBUSY);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void dev_close_busy(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r = suite_range(f, 2, 1, 500);
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_dev_close(dev), -EBUSY);
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, suite_info(f).mappings, 1);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	if (!(f->ts.traits & SPACE_IOMMU))
		return;
	r = suite_range(f, 2, 0, 500);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_dev_close(dev), -EBUSY);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void dev_close_others(struct fix *f)
{
	struct dmavec_dev *one = suite_dev(f, NULL, 0), *other = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 500);
	static struct held h;

	MUST(f, one && other && suite_map(f, one, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, suite_info(f).devices, 2);
	suite_dev_close(f, other);
	CHECK_IS(f, suite_info(f).devices, 1);
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, dmavec_unmap(one, &h.map, 0), 0);
}

static void space_close_busy(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 500);

	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_space_close(f->space), -EBUSY);
	CHECK(f, suite_round(f, dev, &r, 1, 0));
	CHECK_IS(f, dmavec_space_close(NULL), 0);
}

static void space_close_drops_regions(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 2, 0, 500), suite_range(f, 7, 0, f->page) };

	CHECK_IS(f, dmavec_registerv(f->space, r, 2, 0), 0);
	CHECK_IS(f, suite_info(f).regions, 2);
}

static void two_in_flight(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h[12];
	struct dmavec_range r[12];
	unsigned int i;

	for (i = 0; i < 12; i++) {
		r[i] = suite_range(f, 3 * i, i * 17, f->page + i);
		MUST(f, dev && suite_map(f, dev, &h[i], 4, &r[i], 1, DMAVEC_TO_DEVICE, 0));
	}
	for (i = 0; i < 12; i += 2)
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
	for (i = 1; i < 12; i += 2) {
		CHECK(f, suite_sees(f, &h[i].map, &r[i], 1));
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
	}
}

/* The mock's next operation is the unlink: what cannot be unmapped is counted, and never given again. */
static void quarantine(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 64, f->page) };
	static struct held h, more[64];
	dmavec_dma_t lost;
	unsigned int i;

	MUST(f, dev && suite_map(f, dev, &h, 4, r, 1, DMAVEC_TO_DEVICE, 0));
	lost = h.segs[0].addr;
	MUST_BE(f, dmavec_mock_fail(f->space, 1), 0);
	CHECK(f, dmavec_unmap(dev, &h.map, 0) < 0);
	MUST_BE(f, dmavec_mock_fail(f->space, 0), 0);
	CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_info(f).quarantined_bytes, f->page);
	CHECK_IS(f, suite_info(f).iova_bytes, f->page);
	CHECK_IS(f, suite_info(f).mappings, 0);
	MUST_BE(f, dmavec_map(dev, &h.map, &r[1], 1, DMAVEC_TO_DEVICE, 0), 0);
	CHECK(f, suite_sees(f, &h.map, &r[1], 1));
	for (i = 0; i < 64; i++) {
		MUST(f, suite_map(f, dev, &more[i], 4, r, 1, DMAVEC_TO_DEVICE, 0));
		CHECK(f, more[i].segs[0].addr != lost);
	}
	for (i = 0; i < 64; i++)
		CHECK_IS(f, dmavec_unmap(dev, &more[i].map, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_info(f).quarantined_bytes, f->page);
}

static void quarantined_bounce(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r = suite_range(f, 2, 1, 100), other = suite_range(f, 7, 3, 100);
	static struct held h, next;
	dmavec_dma_t lost;
	int err;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	lost = h.segs[0].addr;
	CHECK(f, suite_dev_writes(f, &h.map, 0, 100, 6));
	MUST_BE(f, dmavec_mock_fail(f->space, 1), 0);
	CHECK(f, dmavec_unmap(dev, &h.map, 0) < 0);
	MUST_BE(f, dmavec_mock_fail(f->space, 0), 0);
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	/* The device may still reach the old bounce memory: the next mapping must not live there. */
	MUST(f, suite_map(f, dev, &next, 4, &other, 1, DMAVEC_BIDIRECTIONAL, 0));
	err = dmavec_space_write(f->space, lost, "XXXXXXXX", 8);
	CHECK(f, err == 0 || err == -EFAULT);
	CHECK(f, suite_sees(f, &next.map, &other, 1));
	CHECK_IS(f, dmavec_unmap(dev, &next.map, 0), 0);
	CHECK(f, !memcmp(dmavec_ptr(other.addr), f->shadow + 7 * f->page + 3, 100));
}

/* What holds nothing needs its device no more. */
static void unmap_after_close(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	struct dmavec_dev *dev = NULL;
	static struct held h;

	MUST_BE(f, dmavec_register(f->space, r.addr, r.len, 0), 0);
	MUST_BE(f, dmavec_dev_open(&dev, f->space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, h.map.nsegs == 0 && h.map.len == 0);
	CHECK_IS(f, dmavec_unregister(f->space, r.addr, r.len), 0);
	if (f->ts.traits & SPACE_IOMMU)
		return;
	MUST_BE(f, dmavec_dev_open(&dev, f->space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

const struct rule rules_life[] = {
	{ "rule 6.6 lifetimes: ranges may go when map returns", ranges_may_go, 0, 0 },
	{ "rule 6.6 lifetimes: of bounced mappings too", bounced_ranges_may_go, 0, 0 },
	{ "rule 6.6 lifetimes: after unmap a map is empty and ready for reuse", empty_after_unmap, 0, 0 },
	{ "rule 6.6 lifetimes: unmapping an all-zero or empty map is 0", unmap_of_nothing, 0, 0 },
	{ "rule 6.6 lifetimes: a failed map leaves nsegs and len, holds nothing", failed_map_leaves, 0, 0 },
	{ "rule 6.6 lifetimes: mapping onto a held map is -EBUSY", held_is_busy, 0, 0 },
	{ "rule 6.6 lifetimes: dev_close is -EBUSY while a mapping holds addresses or bounce", dev_close_busy, 0, 0 },
	{ "rule 6.6 lifetimes: another device's mappings do not matter to dev_close", dev_close_others, 0, 0 },
	{ "rule 6.6 lifetimes: space_close is -EBUSY while devices are open", space_close_busy, 0, 0 },
	{ "rule 6.6 lifetimes: space_close drops regions", space_close_drops_regions, 0, 0 },
	{ "rule 6.6 lifetimes: many mappings at a time", two_in_flight, 0, 0 },
	{ "rule 6.6 quarantine: counted, never given again, close works", quarantine, SPACE_MOCK, 0 },
	{ "rule 6.6 quarantine: bounce memory behind it is not used again", quarantined_bounce, SPACE_MOCK, 0 },
	{ "rule 6.6 lifetimes: unmapping what holds nothing, after its device was closed", unmap_after_close, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
