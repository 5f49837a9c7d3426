/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* When the device stops reaching what was unmapped: strict and lazy spaces; rules 6.8 and 6.9 in part. */
#include "suite.h"

#include <unistd.h>

static void strict_at_once(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 3 * f->page);
	static struct held h;
	dmavec_dma_t gone;

	CHECK_IS(f, suite_info(f).lazy, 0);
	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK(f, suite_sees(f, &h.map, &r, 1)); /* fills the IOTLB */
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_unreachable(f, gone, 3 * f->page));
	CHECK(f, suite_rest_is_whole(f, NULL, 0));
}

static void lazy_after_flush(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 3 * f->page);
	static struct held h;
	dmavec_dma_t gone;

	CHECK_IS(f, suite_info(f).lazy, 1);
	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0); /* the queue is not counted */
	CHECK_IS(f, dmavec_flush(f->space), 0);
	CHECK(f, suite_unreachable(f, gone, 3 * f->page));
}

/* The device reads each mapping, so that a stale entry would show at once when its address came again. */
static void no_reuse_before_flush(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r;
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 2000; i++) {
		r = suite_range(f, i % 37, 0, (i % 3 + 1) * f->page);
		MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
		MUST(f, suite_sees(f, &h.map, &r, 1));
		MUST_BE(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
}

static void lazy_flushes_rarely(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	uint64_t before = suite_info(f).invalidations, many;
	unsigned int i;

	for (i = 0; dev && i < 1024; i++)
		MUST_BE(f, suite_try(dev, 4, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
	many = suite_info(f).invalidations - before;
	if (f->ts.traits & SPACE_LAZY)
		CHECK(f, many >= 1 && many <= 1024 / 64);
	else
		CHECK(f, many >= 1024);
}

/* After the wait, the next call of any kind ends it. */
static void lazy_by_time(struct fix *f)
{
	struct dmavec_soft_opts opts = { .lazy = 1, .flush_count = 1000, .flush_ms = 5 };
	struct dmavec_range r = suite_range(f, 2, 0, f->page), other = suite_range(f, 9, 0, f->page);
	struct test_space ts = f->ts;
	struct dmavec_dev *dev = NULL;
	static struct held h;
	unsigned char byte;
	dmavec_dma_t gone;

	MUST_BE(f, spaces_construct_soft(&ts, &opts), 0);
	MUST_BE(f, dmavec_dev_open(&dev, ts.space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_space_read(ts.space, gone, &byte, 1), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	usleep(30000);
	CHECK_IS(f, suite_try(dev, 4, &other, 1, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_space_read(ts.space, gone, &byte, 1), -EFAULT);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(ts.space), 0);
}

static void lazy_by_count(struct fix *f)
{
	struct dmavec_soft_opts opts = { .lazy = 1, .flush_count = 8, .flush_ms = 3600000 };
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	struct test_space ts = f->ts;
	struct dmavec_dev *dev = NULL;
	static struct held h;
	unsigned char byte;
	dmavec_dma_t gone;
	unsigned int i;

	MUST_BE(f, spaces_construct_soft(&ts, &opts), 0);
	MUST_BE(f, dmavec_dev_open(&dev, ts.space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_space_read(ts.space, gone, &byte, 1), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	for (i = 0; i < 8; i++)
		CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_FROM_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_space_read(ts.space, gone, &byte, 1), -EFAULT);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(ts.space), 0);
}

/* A stale entry leads to the old bounce memory: nothing of a later mapping may live there yet. */
static void bounce_not_reused(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_align = 64 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range r = suite_range(f, 2, 1, 500), other = suite_range(f, 9, 3, 500);
	static struct held h;
	dmavec_dma_t gone;
	unsigned int i;
	int err;

	for (i = 0; dev && i < 20; i++) {
		MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
		CHECK(f, suite_sees(f, &h.map, &r, 1)); /* the entry is cached */
		gone = h.segs[0].addr;
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		MUST(f, suite_map(f, dev, &h, 4, &other, 1, DMAVEC_BIDIRECTIONAL, 0));
		err = h.segs[0].addr == gone ? 0 : dmavec_space_write(f->space, gone, "stale", 5);
		CHECK(f, err == 0 || err == -EFAULT);
		CHECK(f, suite_sees(f, &h.map, &other, 1));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		CHECK(f, suite_rest_is_whole(f, NULL, 0));
	}
}

/* What waits in the queue when the space becomes tainted is over by then. */
static void taint_ends_lazy(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0), *untrusted;
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	static struct held h;
	dmavec_dma_t gone;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	suite_dev_close(f, dev);
	untrusted = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	CHECK_IS(f, suite_info(f).lazy, 0);
	CHECK(f, suite_unreachable(f, gone, f->page));
	MUST(f, untrusted && suite_map(f, untrusted, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	gone = h.segs[0].addr;
	CHECK_IS(f, dmavec_unmap(untrusted, &h.map, 0), 0);
	CHECK(f, suite_unreachable(f, gone, f->page));
}

static void flush_is_harmless(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	static struct held h;

	CHECK_IS(f, dmavec_flush(f->space), 0);
	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_flush(f->space), 0);
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_flush(f->space), 0);
	CHECK_IS(f, dmavec_flush(f->space), 0);
}

/* A failed device access is counted and changes nothing. */
static void faults_counted(struct fix *f)
{
	uint64_t before = suite_info(f).faults;

	CHECK_IS(f, suite_read(f, 0x7000), -EFAULT);
	CHECK_IS(f, suite_write(f, 0x7000, 1), -EFAULT);
	CHECK_IS(f, suite_info(f).faults - before, 2);
}

static void bottom_up_and_guard(struct fix *f)
{
	struct dmavec_soft_opts opts = {
		.guard = 1, .bottom_up = 1, .iova_min = 1u << 20, .iova_max = (64u << 20) - 1
	};
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	struct test_space ts = f->ts;
	struct dmavec_dev *dev = NULL;
	static struct held h[8];
	unsigned char byte;
	unsigned int i;

	MUST_BE(f, spaces_construct_soft(&ts, &opts), 0);
	MUST_BE(f, dmavec_dev_open(&dev, ts.space, NULL, 0), 0);
	for (i = 0; i < 8; i++) {
		MUST(f, suite_map(f, dev, &h[i], 4, &r, 1, DMAVEC_TO_DEVICE, 0));
		CHECK(f, h[i].segs[0].addr >= 1u << 20 && h[i].segs[0].addr < 2u << 20);
	}
	for (i = 0; i < 8; i++) {
		CHECK_IS(f, dmavec_space_read(ts.space, h[i].segs[0].addr + f->page, &byte, 1), -EFAULT);
		CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
	}
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(ts.space), 0);
}

const struct rule rules_flush[] = {
	{ "invalidation: strict, right after unmap", strict_at_once, SPACE_IOMMU, SPACE_LAZY },
	{ "invalidation: lazy, at the latest after flush", lazy_after_flush, SPACE_LAZY, 0 },
	{ "invalidation: no address is reused before its flush", no_reuse_before_flush, 0, 0 },
	{ "invalidation: strict once an unmap, lazy at most once in 64", lazy_flushes_rarely, SPACE_SOFT, 0 },
	{ "invalidation: lazy ends by time, inside later calls", lazy_by_time, SPACE_LAZY, 0 },
	{ "invalidation: lazy ends by count", lazy_by_count, SPACE_LAZY, 0 },
	{ "invalidation: an untrusted device ends what is pending, and is strict", taint_ends_lazy, SPACE_IOMMU, 0 },
	{ "invalidation: bounce memory is not used again before it", bounce_not_reused, SPACE_IOMMU, 0 },
	{ "invalidation: a flush at any time is 0 and harms nothing", flush_is_harmless, 0, 0 },
	{ "invalidation: refused accesses are counted", faults_counted, SPACE_IOMMU, 0 },
	{ "section 5 soft: window, lowest first, guard granule", bottom_up_and_guard, SPACE_SOFT, 0 },
	{ NULL, NULL, 0, 0 },
};
