/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Memory for rings and lists. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static bool all_zero(const void *mem, size_t len)
{
	const unsigned char *bytes = mem;
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Both sides see the same bytes at once, wherever in it. */
static void shared_at_once(struct fix *f, const struct dmavec_buf *buf, size_t len)
{
	unsigned char *cpu = buf->cpu;
	size_t at;

	for (at = 0; at<len; at += len> 8 ? len / 8 : 1) {
		cpu[at] = (unsigned char)(at ^ 0x3c);
		CHECK_IS(f, suite_read(f, buf->dma + at), (unsigned char)(at ^ 0x3c));
		CHECK_IS(f, suite_write(f, buf->dma + at, 0x99), 0);
		CHECK_IS(f, cpu[at], 0x99);
	}
	cpu[len - 1] = 0x42;
	CHECK_IS(f, suite_read(f, buf->dma + len - 1), 0x42);
}

static void each_size(struct fix *f, struct dmavec_dev *dev)
{
	const size_t lens[] = { 1, 64, 4096, 4097, 65536, 300000 };
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct dmavec_buf buf[6];
	size_t i;

	MUST(f, dev && !dmavec_dev_limits(dev, &limits));
	for (i = 0; i < 6; i++) {
		memset(&buf[i], 0, sizeof(buf[i]));
		MUST_BE(f, dmavec_alloc(dev, lens[i], i & 1 ? DMAVEC_RELAXED : DMAVEC_MAY_SLEEP, &buf[i]), 0);
		CHECK(f, buf[i].cpu && buf[i].len >= lens[i]);
		CHECK_IS(f, (uintptr_t)buf[i].cpu & 4095, 0);
		CHECK_IS(f, buf[i].dma & 4095, 0);
		CHECK(f, all_zero(buf[i].cpu, lens[i]));
		CHECK(f, buf[i].dma >= limits.addr_min);
		CHECK(f, !limits.addr_max || buf[i].dma + lens[i] - 1 <= limits.addr_max);
		shared_at_once(f, &buf[i], lens[i]);
		memset(buf[i].cpu, 0xff, lens[i]);
	}
	CHECK(f, suite_info(f).mappings >= 6);
	for (i = 0; i < 6; i++) {
		dmavec_free(dev, &buf[i]);
		CHECK(f, all_zero(&buf[i], sizeof(buf[i])));
	}
	CHECK_IS(f, suite_info(f).mappings, 0);
}

static void basic(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);

	each_size(f, dev);
	each_size(f, dev); /* what was used before is zero again */
}

static void within_limits(struct fix *f)
{
	each_size(f, suite_dev(f, L(.addr_max = suite_low_max(f)), 0));
	if (!f->ts.mem)
		each_size(f, suite_dev(f, L(.addr_max = (1u << 28) - 1), 0));
	each_size(f, suite_dev(f, L(.addr_min = 0x100000), 0));
}

static void untrusted(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_buf buf;
	dmavec_dma_t dma;

	each_size(f, dev);
	MUST(f, dev && !dmavec_alloc(dev, 100, 0, &buf));
	dma = buf.dma & ~(f->ts.granule - 1);
	CHECK(f, suite_unreachable(f, dma + f->ts.granule, 1) && suite_unreachable(f, dma - 1, 1));
	dmavec_free(dev, &buf);
	CHECK(f, suite_unreachable(f, dma, f->ts.granule));
}

static void crosses_no_boundary(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_boundary = 65536, .seg_align = 64), 0);
	struct dmavec_buf buf[12];
	unsigned int i;

	for (i = 0; i < 12; i++) {
		MUST(f, dev && !dmavec_alloc(dev, 5 * 4096, 0, &buf[i]));
		CHECK_IS(f, buf[i].dma >> 16, (buf[i].dma + 5 * 4096 - 1) >> 16);
	}
	for (i = 0; i < 12; i++)
		dmavec_free(dev, &buf[i]);
}

static void errors(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_buf buf, was;
	unsigned int i;

	MUST(f, dev != NULL);
	memset(&buf, 0x5a, sizeof(buf));
	was = buf;
	CHECK_IS(f, dmavec_alloc(dev, 0, 0, &buf), -EINVAL);
	CHECK_IS(f, dmavec_alloc(dev, 4096, DMAVEC_MMIO, &buf), -EINVAL);
	CHECK_IS(f, dmavec_alloc(dev, 4096, 0x100, &buf), -EINVAL);
	CHECK(f, dmavec_alloc(dev, (size_t)1 << 62, 0, &buf) < 0);
	CHECK(f, dmavec_alloc(dev, SIZE_MAX, 0, &buf) < 0);
	CHECK(f, !memcmp(&buf, &was, sizeof(buf)));
	memset(&buf, 0, sizeof(buf));
	for (i = 0; i < 2; i++)
		dmavec_free(dev, &buf);
	dmavec_free(dev, NULL);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
}

static void close_is_busy(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_buf buf;

	MUST(f, dev && !dmavec_alloc(dev, 4096, 0, &buf));
	CHECK_IS(f, dmavec_dev_close(dev), -EBUSY);
	shared_at_once(f, &buf, 4096);
	dmavec_free(dev, &buf);
}

const struct rule rules_alloc[] = {
	{ "section 5 alloc: zeroed, aligned, seen by both sides at once", basic, 0, 0 },
	{ "section 5 alloc: within the device's addresses", within_limits, 0, 0 },
	{ "section 5 alloc: crosses no seg_boundary that it fits into", crosses_no_boundary, 0, 0 },
	{ "section 5 alloc: for an untrusted device, and gone after free", untrusted, SPACE_IOMMU, 0 },
	{ "section 5 alloc: errors write nothing; free of nothing", errors, 0, 0 },
	{ "section 5 alloc: dev_close is -EBUSY while it is out", close_is_busy, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
