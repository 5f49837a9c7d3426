/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.5: what an untrusted device reaches, probed byte by byte from the device's side. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static bool in_segs(const struct dmavec_map *map, dmavec_dma_t at, uint64_t len)
{
	uint32_t i;

	for (i = 0; i < map->nsegs; i++)
		if (map->segs[i].addr < at + len && at < map->segs[i].addr + map->segs[i].len)
			return true;
	return false;
}

/* All that the device finds in one granule: a fault, or zeros wherever nothing is mapped. Writes go to the padding. */
static bool probe_granule(struct fix *f, const struct dmavec_map *map, dmavec_dma_t at, bool may_write)
{
	bool touched = in_segs(map, at, f->ts.granule);
	uint64_t k;

	for (k = 0; k < f->ts.granule; k++) {
		if (touched && in_segs(map, at + k, 1))
			continue;
		if (!CHECK_IS(f, suite_read(f, at + k), touched ? 0 : -EFAULT))
			return false;
		if ((may_write || !touched) && !CHECK_IS(f, suite_write(f, at + k, 0xee), touched ? 0 : -EFAULT))
			return false;
	}
	return true;
}

static bool probe(struct fix *f, const struct dmavec_map *map, bool may_write)
{
	uint64_t g = f->ts.granule;
	dmavec_dma_t first = map->segs[0].addr, end = 0, at;
	uint32_t i;

	for (i = 0; i < map->nsegs; i++) {
		first = map->segs[i].addr < first ? map->segs[i].addr : first;
		end = map->segs[i].addr + map->segs[i].len > end ? map->segs[i].addr + map->segs[i].len : end;
	}
	first &= ~(g - 1);
	end = (end + g - 1) & ~(g - 1);
	for (at = first > g ? first - g : first; at < end + g; at += g)
		if (!probe_granule(f, map, at, may_write))
			return false;
	return true;
}

static void probed_round(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *r, size_t n,
			 uint64_t bounced)
{
	static struct held h;
	dmavec_dma_t gone;
	uint64_t len;

	MUST(f, dev && suite_map(f, dev, &h, 16, r, n, DMAVEC_BIDIRECTIONAL, 0));
	CHECK(f, suite_sees(f, &h.map, r, n));
	CHECK_IS(f, suite_info(f).bounced_bytes, bounced);
	CHECK(f, probe(f, &h.map, true));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 5));
	gone = h.segs[0].addr & ~(f->ts.granule - 1);
	len = h.segs[0].addr + h.segs[0].len - gone;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_unreachable(f, gone, len));
	CHECK(f, suite_memory_has(r, n, 0, ~0ull, 5));
	CHECK(f, suite_rest_is_whole(f, r, n));
	suite_restore(f);
}

static void whole_granules(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 7, 0, 2 * f->page) };

	probed_round(f, suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED), r, 2, 0);
}

static void partial_granules(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range both = suite_range(f, 2, 100, 3 * f->page), small = suite_range(f, 5, 1000, 70);
	struct dmavec_range tail = suite_range(f, 5, 0, f->page + 1),
			    head = suite_range(f, 5, f->page - 1, f->page + 1);

	probed_round(f, dev, &both, 1, f->page);
	probed_round(f, dev, &small, 1, 70);
	probed_round(f, dev, &tail, 1, 1);
	probed_round(f, dev, &head, 1, 1);
}

static void partial_runs(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range r[3] = { suite_range(f, 2, 100, 50), suite_range(f, 9, 0, f->page),
				     suite_range(f, 5, 64, 99) };
	struct dmavec_range same[2] = { suite_range(f, 2, 100, 50), suite_range(f, 2, 200, 50) };

	probed_round(f, dev, r, 3, 149);
	probed_round(f, dev, same, 2, 100);
}

static void read_only(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range range = suite_range(f, 2, 100, f->page);
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 16, &range, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &range, 1));
	CHECK(f, probe(f, &h.map, false));
	CHECK_IS(f, suite_write(f, h.segs[0].addr, 1), -EFAULT);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_rest_is_whole(f, NULL, 0));
}

static void limits_too(struct fix *f)
{
	const struct dmavec_limits *narrow = L(.gap = 512, .seg_align = 8, .seg_len_max = 3000, .offset_mask = 0xfff);
	struct dmavec_range r[3] = { suite_range(f, 2, 100, 53), suite_range(f, 9, 0, f->page),
				     suite_range(f, 5, 64, 99) };
	struct dmavec_dev *dev = suite_dev(f, narrow, DMAVEC_DEV_UNTRUSTED);

	MUST(f, suite_round(f, dev, r, 3, 0));
	suite_dev_close(f, dev);
	dev = suite_dev(f, L(.seg_boundary = 16 * f->page, .segs_max = 1), DMAVEC_DEV_UNTRUSTED);
	suite_round(f, dev, r, 3, 0);
}

/* Bounce memory that served one mapping comes to the next without its bytes. */
static void no_leftovers(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range secret = suite_range(f, 2, 10, f->page - 20), next = suite_range(f, 7, 500, 3);
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 4; i++) {
		MUST(f, suite_map(f, dev, &h, 16, &secret, 1, DMAVEC_BIDIRECTIONAL, 0));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		MUST(f, suite_map(f, dev, &h, 16, &next, 1, DMAVEC_BIDIRECTIONAL, 0));
		CHECK(f, probe(f, &h.map, true));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
	/* What the caller said not to copy in must not show older bytes either. */
	MUST(f, suite_map(f, dev, &h, 16, &secret, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	next.len = 400;
	MUST(f, suite_map(f, dev, &h, 16, &next, 1, DMAVEC_BIDIRECTIONAL, DMAVEC_SKIP_SYNC));
	for (i = 0; i < next.len; i++) {
		int byte = suite_read(f, h.segs[0].addr + i);

		CHECK(f, byte == 0 || byte == ((unsigned char *)dmavec_ptr(next.addr))[i]);
	}
	CHECK(f, probe(f, &h.map, true));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, DMAVEC_SKIP_SYNC), 0);
}

static void mmio_partial(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range part = suite_range(f, 2, 100, 50), whole = suite_range(f, 2, 0, f->page);

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, &part, 1, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -ERANGE);
	CHECK_IS(f, suite_try(dev, 8, &part, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ERANGE);
	CHECK_IS(f, suite_try(dev, 8, &whole, 1, DMAVEC_TO_DEVICE, DMAVEC_MMIO), 0);
	CHECK_IS(f, suite_try(dev, 8, &whole, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), 0);
}

static void taints(struct fix *f)
{
	struct dmavec_range part = suite_range(f, 3, 9, 50);
	struct dmavec_dev *first, *trusted;

	CHECK_IS(f, suite_info(f).tainted, 0);
	first = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	MUST(f, first != NULL);
	CHECK_IS(f, suite_info(f).tainted, 1);
	CHECK_IS(f, suite_info(f).lazy, 0);
	suite_dev_close(f, first);
	CHECK_IS(f, suite_info(f).tainted, 1);
	trusted = suite_dev(f, NULL, 0);
	probed_round(f, trusted, &part, 1, 50);
	CHECK_IS(f, suite_info(f).lazy, 0);
	CHECK(f, suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED) != NULL);
}

static void busy_with_trusted(struct fix *f)
{
	struct dmavec_dev *trusted = suite_dev(f, NULL, 0), *dev = NULL;

	MUST(f, trusted != NULL);
	CHECK_IS(f, dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_UNTRUSTED), -EBUSY);
	CHECK(f, dev == NULL);
	CHECK_IS(f, suite_info(f).tainted, 0);
	suite_dev_close(f, trusted);
	CHECK(f, suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED) != NULL);
}

static void cannot_isolate(struct fix *f)
{
	struct dmavec_dev *dev = NULL;

	CHECK_IS(f, suite_info(f).isolates, 0);
	CHECK_IS(f, dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_UNTRUSTED), -EOPNOTSUPP);
	CHECK(f, dev == NULL);
	CHECK_IS(f, suite_info(f).tainted, 0);
}

static void region_whole(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range reg = suite_range(f, 4, 0, 2 * f->page), part = suite_range(f, 4, 100, 50);
	dmavec_dma_t dma = 0;
	static struct held h;

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	MUST(f, dev && !dmavec_lookup(dev, reg.addr, reg.len, DMAVEC_BIDIRECTIONAL, &dma));
	MUST(f, suite_map(f, dev, &h, 4, &part, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, h.segs[0].addr, dma + 100);
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	CHECK(f, suite_read(f, dma) >= 0 && suite_read(f, dma + reg.len - 1) >= 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), 0);
	CHECK(f, suite_unreachable(f, dma, reg.len));
}

static void regions_not_joined(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range r[2] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page) };
	dmavec_dma_t dma[2] = { 0, 0 };

	MUST_BE(f, dmavec_registerv(f->space, r, 2, 0), 0);
	MUST(f, dev && !dmavec_lookup(dev, r[0].addr, r[0].len, DMAVEC_TO_DEVICE, &dma[0]));
	MUST(f, !dmavec_lookup(dev, r[1].addr, r[1].len, DMAVEC_TO_DEVICE, &dma[1]));
	CHECK_IS(f, dmavec_unregister(f->space, r[0].addr, r[0].len), 0);
	CHECK_IS(f, suite_info(f).stranded_bytes, 0);
	CHECK(f, suite_unreachable(f, dma[0], f->page));
	CHECK(f, suite_read(f, dma[1]) >= 0);
	CHECK_IS(f, dmavec_unregister(f->space, r[1].addr, r[1].len), 0);
}

/* Device addresses far from anything mapped. */
static void nothing_else(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	uint64_t faults = suite_info(f).faults;
	struct dmavec_range range = suite_range(f, 4, 0, f->page);

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_read(f, 0), -EFAULT);
	CHECK_IS(f, suite_read(f, ~0ull), -EFAULT);
	CHECK_IS(f, suite_read(f, range.addr), -EFAULT);
	CHECK_IS(f, suite_write(f, range.addr, 1), -EFAULT);
	CHECK_IS(f, suite_info(f).faults - faults, 4);
}

/* A join exposes a part for as long as its neighbours are registered: no consent covers that. */
static void busy_with_joined(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 9, 0, f->page) };
	struct dmavec_dev *dev = NULL;
	unsigned int part;

	MUST_BE(f, dmavec_register(f->space, r[2].addr, r[2].len, 0), 0); /* alone: no matter */
	for (part = 0; part < 2; part++) {
		MUST_BE(f, dmavec_registerv(f->space, r, 2, 0), 0);
		CHECK_IS(f, dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_UNTRUSTED), -EBUSY);
		CHECK_IS(f, dmavec_unregister(f->space, r[part].addr, f->page), 0);
		CHECK_IS(f, suite_info(f).stranded_bytes, f->page);
		CHECK_IS(f, dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_UNTRUSTED), -EBUSY);
		CHECK_IS(f, dmavec_unregister(f->space, r[!part].addr, f->page), 0);
	}
	MUST_BE(f, dmavec_registerv(f->space, r, 2, 0), 0);
	CHECK_IS(f, dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_UNTRUSTED), -EBUSY);
	CHECK_IS(f, dmavec_unregister(f->space, r[0].addr, 2 * f->page), 0);
	CHECK(f, dev == NULL);
	CHECK_IS(f, suite_info(f).tainted, 0);
	CHECK(f, suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED) != NULL);
	CHECK_IS(f, dmavec_unregister(f->space, r[2].addr, r[2].len), 0);
}

/* The memory of the first and the last range is one, and so may their device addresses be: their bytes are not neighbours. */
static void sync_around_region(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, DMAVEC_DEV_UNTRUSTED);
	struct dmavec_range region = suite_range(f, 9, 0, f->page);
	struct dmavec_range r[3] = { suite_range(f, 2, f->page - 256, 256), suite_range(f, 9, 512, 1024),
	                             suite_range(f, 3, 0, 128) };
	unsigned char *last = dmavec_ptr(r[2].addr), was = last[100];
	static struct held h;
	uint64_t i;

	MUST_BE(f, dmavec_register(f->space, region.addr, region.len, 0), 0);
	MUST(f, dev && suite_map(f, dev, &h, 16, r, 3, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, suite_info(f).bounced_bytes, 256 + 128);
	last[100] = (unsigned char)~was;
	i = h.map.nsegs - 1;
	CHECK_IS(f, suite_read(f, h.segs[i].addr + 100), was);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 256 + 1024 + 101, 27), 0);
	CHECK_IS(f, suite_read(f, h.segs[i].addr + 100), was);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 256 + 1024 + 100, 1), 0);
	CHECK_IS(f, suite_read(f, h.segs[i].addr + 100), (unsigned char)~was);
	last[100] = was;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, region.addr, region.len), 0);
}

const struct rule rules_trust[] = {
	{ "rule 6.5 trust: whole granules, not a byte beside them", whole_granules, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: partial granules are bounced, padding is zero and goes nowhere", partial_granules,
	  SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: several runs, partial each", partial_runs, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: TO_DEVICE cannot be written", read_only, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: limits hold as well", limits_too, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: bounce memory shows nothing of an earlier mapping", no_leftovers, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: peer memory in part is -ERANGE", mmio_partial, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: taints for good, trusted devices count as untrusted, strict", taints, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: -EBUSY while a trusted device is open", busy_with_trusted, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: -EOPNOTSUPP where the space cannot isolate", cannot_isolate, SPACE_DIRECT, 0 },
	{ "rule 6.5 trust: a region is exposed whole, by consent", region_whole, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: regions are not joined in a tainted space", regions_not_joined, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: nothing else is there", nothing_else, SPACE_IOMMU, 0 },
	{ "rule 6.5 trust: -EBUSY while registrations are joined, or a part of them is stranded", busy_with_joined,
	  SPACE_IOMMU, 0 },
	{ "rule 6.11 sync: bytes behind a region's are found, though memory and addresses go on over it", sync_around_region,
	  SPACE_IOMMU, 0 },
	{ NULL, NULL, 0, 0 },
};
