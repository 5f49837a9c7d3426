/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules 6.3 and 6.4: runs behind an IOMMU, registered memory inside a mapping, kinds. */
#define _GNU_SOURCE
#include "suite.h"

#include <sys/mman.h>

static void aligned_run(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[4] = { suite_range(f, 2, 100, f->page - 100), suite_range(f, 9, 0, f->page),
				     suite_range(f, 4, 0, 2 * f->page), suite_range(f, 7, 0, 33) };
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 8, r, 4, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK(f, suite_sees(f, &h.map, r, 4));
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void misaligned_boundary(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range late[3] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 0, f->page),
					suite_range(f, 5, 64, 99) };
	struct dmavec_range early[4] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 0, 100),
					 suite_range(f, 5, 0, f->page), suite_range(f, 12, 0, f->page) };
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 8, late, 3, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 2);
	CHECK_IS(f, h.segs[0].len, 2 * f->page);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	MUST(f, suite_map(f, dev, &h, 8, early, 4, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 2);
	CHECK_IS(f, h.segs[0].len, f->page + 100);
	CHECK_IS(f, h.segs[1].len, 2 * f->page);
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void one_reservation(struct fix *f)
{
	struct dmavec_mock_state before = { .size = sizeof(before) }, now = { .size = sizeof(now) };
	struct dmavec_range r[3] = { suite_range(f, 2, 0, 100), suite_range(f, 9, 64, 100),
				     suite_range(f, 5, 8, 2 * f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h;

	MUST_BE(f, dmavec_mock_state(f->space, &before), 0);
	MUST(f, dev && suite_map(f, dev, &h, 8, r, 3, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 3);
	MUST_BE(f, dmavec_mock_state(f->space, &now), 0);
	CHECK_IS(f, now.reservations - before.reservations, 1);
	CHECK_IS(f, suite_info(f).mappings, 1);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	MUST_BE(f, dmavec_mock_state(f->space, &now), 0);
	CHECK_IS(f, now.reservations, before.reservations);
	CHECK_IS(f, now.bytes_linked, before.bytes_linked);
}

static void region_address(struct fix *f)
{
	struct dmavec_range reg = suite_range(f, 4, 0, 4 * f->page), in = suite_range(f, 5, 100, 2 * f->page);
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0;
	static struct held h;
	uint64_t iova;

	MUST(f, dev != NULL);
	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	iova = suite_info(f).iova_bytes;
	MUST_BE(f, dmavec_lookup(dev, in.addr, in.len, DMAVEC_BIDIRECTIONAL, &dma), 0);
	MUST(f, suite_map(f, dev, &h, 8, &in, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK_IS(f, h.segs[0].addr, dma);
	CHECK(f, suite_sees(f, &h.map, &in, 1));
	CHECK_IS(f, suite_info(f).iova_bytes, iova);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, suite_read(f, dma) >= 0);
	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), 0);
}

static void region_and_rest(struct fix *f)
{
	struct dmavec_range r[4] = { suite_range(f, 10, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 14, 7, 90), suite_range(f, 7, 0, 2 * f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0;
	static struct held h;

	MUST_BE(f, dmavec_register(f->space, r[1].addr - f->page, 4 * f->page, 0), 0); /* pages 4 to 7 */
	MUST(f, dev && suite_round(f, dev, r, 4, 0)); /* the last runs out of the region */
	MUST_BE(f, dmavec_lookup(dev, r[1].addr, r[1].len, DMAVEC_TO_DEVICE, &dma), 0);
	MUST(f, suite_map(f, dev, &h, 8, r, 4, DMAVEC_TO_DEVICE, 0));
	CHECK(f, h.map.nsegs > 2 && h.segs[1].addr == dma);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, r[1].addr - f->page, 4 * f->page), 0);
}

static void region_linear(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 5, 0, f->page), suite_range(f, 11, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h;

	MUST_BE(f, dmavec_register(f->space, r[0].addr, r[0].len, 0), 0);
	suite_init(&h, 4);
	MUST(f, dev && !dmavec_map_linear(dev, &h.map, r, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, r[0].addr, r[0].len), 0);
}

/* Adjacent in memory, but one is peer memory. */
static void kinds_apart(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 6, 0, f->page) };
	const uint32_t flags[3] = { 0, DMAVEC_MMIO, 0 };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	enum dmavec_cut why = DMAVEC_CUT_NONE;
	static struct held h;
	unsigned int i;

	suite_init(&h, 8);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 3 * f->page, 3, DMAVEC_TO_DEVICE, 0));
	for (i = 0; i < 3; i++)
		MUST_BE(f, dmavec_add(&h.map, r[i].addr, r[i].len, flags[i]), 0);
	MUST_BE(f, dmavec_finish(&h.map), 0);
	CHECK_IS(f, h.map.nsegs, 3);
	CHECK(f, suite_sees(f, &h.map, r, 3));
	CHECK_IS(f, dmavec_cut_reason(dev, r, flags, 3, h.segs, h.map.nsegs, 0, &why), 0);
	CHECK_IS(f, why, DMAVEC_CUT_KIND);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* Joining kinds would be the only way: it is not one. */
static void kinds_short_of_room(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h;
	int err;

	suite_init(&h, 1);
	MUST(f, dev && !dmavec_begin(dev, &h.map, 2 * f->page, 2, DMAVEC_TO_DEVICE, 0));
	err = dmavec_add(&h.map, r[0].addr, r[0].len, 0);
	err = err ? err : dmavec_add(&h.map, r[1].addr, r[1].len, DMAVEC_MMIO);
	err = err ? err : dmavec_finish(&h.map);
	CHECK_IS(f, err, -E2BIG);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_info(f).mappings, 0);
}

static void mmio_same_kind(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 8, r, 2, DMAVEC_BIDIRECTIONAL, DMAVEC_MMIO));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, h.map.len), 0);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 1, 5), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* Two mappings share a large page of memory; one goes, the other stays whole. */
static void large_page_two_mappings(struct fix *f)
{
	struct dmavec_range half[2] = { suite_range(f, 0, 0, 1u << 20), suite_range(f, 0, 1u << 20, 1u << 20) };
	struct dmavec_range whole = suite_range(f, 0, 0, 4u << 20);
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static struct held h[3];
	dmavec_dma_t gone;

	MUST(f, dev && suite_map(f, dev, &h[0], 4, &half[0], 1, DMAVEC_TO_DEVICE, 0));
	MUST(f, suite_map(f, dev, &h[1], 4, &half[1], 1, DMAVEC_TO_DEVICE, 0));
	MUST(f, suite_map(f, dev, &h[2], 4, &whole, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h[0].map, &half[0], 1) && suite_sees(f, &h[1].map, &half[1], 1));
	gone = h[0].segs[0].addr;
	CHECK_IS(f, dmavec_unmap(dev, &h[0].map, 0), 0);
	CHECK_IS(f, dmavec_flush(f->space), 0);
	CHECK_IS(f, suite_read(f, gone), -EFAULT);
	CHECK(f, suite_sees(f, &h[1].map, &half[1], 1));
	CHECK(f, suite_sees(f, &h[2].map, &whole, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h[2].map, 0), 0);
	CHECK(f, suite_sees(f, &h[1].map, &half[1], 1));
	CHECK_IS(f, dmavec_unmap(dev, &h[1].map, 0), 0);
}

#define BLOCK (32ull << 20) /* regions are remembered as such blocks, the lowest and the highest */
#define WIDE  12u

/* Four blocks of untouched memory, of which pages beside each edge are used. */
struct blocks {
	unsigned char *mapped, *at;
};

static bool blocks_open(struct fix *f, struct blocks *b)
{
	b->mapped = mmap(NULL, 5 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	b->at = b->mapped + (-(uintptr_t)b->mapped & (BLOCK - 1));
	return CHECK(f, b->mapped != MAP_FAILED);
}

/* len bytes that begin `before` bytes before the edge between two blocks. */
static struct dmavec_range beside(const struct blocks *b, unsigned int edge, uint64_t before, uint64_t len)
{
	struct dmavec_range r = { dmavec_cpu(b->at + edge * BLOCK - before), len };

	memset(dmavec_ptr(r.addr), (int)(edge * 16 + len % 7 + 1), len);
	return r;
}

/* None of it registered: whole pages side by side for the device, far from and near a region, across edges, and odd ends. */
static void unregistered(struct fix *f, const struct blocks *b, struct dmavec_range r[WIDE])
{
	uint64_t p = f->page;

	r[0] = beside(b, 0, 0, p);
	r[1] = beside(b, 1, p, 2 * p);
	r[2] = beside(b, 1, 9 * p, 2 * p);
	r[3] = beside(b, 2, p, p);
	r[4] = beside(b, 2, 0, 2 * p);
	r[5] = beside(b, 2, 4 * p, 2 * p);
	r[6] = beside(b, 3, p, 3 * p);
	r[7] = beside(b, 0, 0, p);
	r[8] = beside(b, 2, 9 * p, 100);
	r[9] = beside(b, 2, 11 * p, p);
	r[10] = beside(b, 3, 5 * p - 8, p + 8);
	r[11] = beside(b, 1, 0, p);
}

/* The same number and lengths, without an IOMMU the same addresses too. */
static void same_as(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *r, size_t n, struct held *first)
{
	static struct held now;
	uint32_t i;

	MUST(f, suite_map(f, dev, &now, 16, r, n, DMAVEC_BIDIRECTIONAL, 0));
	CHECK(f, suite_sees(f, &now.map, r, n));
	if (!first->map.nsegs)
		*first = now;
	MUST_BE(f, now.map.nsegs, first->map.nsegs);
	for (i = 0; i < now.map.nsegs; i++)
		CHECK(f, now.segs[i].len == first->segs[i].len &&
				 (f->ts.traits & SPACE_IOMMU || now.segs[i].addr == first->segs[i].addr));
	CHECK_IS(f, dmavec_unmap(dev, &now.map, 0), 0);
}

static void region_elsewhere(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[WIDE], reg[3];
	static struct held first;
	struct blocks b;
	unsigned int i;

	MUST(f, dev && blocks_open(f, &b));
	unregistered(f, &b, r);
	reg[0] = beside(&b, 2, 6 * f->page, f->page); /* inside block 1, between ranges */
	reg[1] = beside(&b, 3, 2 * f->page, f->page); /* next to one that crosses into block 3 */
	reg[2] = beside(&b, 0, 0, f->page);
	reg[2].addr += 7 * f->page; /* block 0, so that all blocks lie between */
	first.map.nsegs = 0;
	same_as(f, dev, r, WIDE, &first);
	for (i = 0; i < 3; i++) {
		MUST_BE(f, dmavec_register(f->space, reg[i].addr, reg[i].len, i == 1 ? DMAVEC_REG_READ : 0), 0);
		same_as(f, dev, r, WIDE, &first);
	}
	for (i = 0; i < 3; i++) {
		CHECK_IS(f, dmavec_unregister(f->space, reg[i].addr, reg[i].len), 0);
		same_as(f, dev, r, WIDE, &first);
	}
	munmap(b.mapped, 5 * BLOCK);
}

/* What lies in the region is found there, and may not be written. */
static void found_in_region(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range r[5])
{
	dmavec_dma_t dma = 0;
	static struct held h;

	MUST_BE(f, dmavec_lookup(dev, r[2].addr, r[2].len, DMAVEC_TO_DEVICE, &dma), 0);
	MUST(f, suite_map(f, dev, &h, 8, r, 5, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, r, 5));
	CHECK(f, f->ts.traits & SPACE_IOMMU ? h.map.nsegs == 3 && h.segs[1].addr == dma : h.map.nsegs == 5);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_try(dev, 8, r, 5, DMAVEC_FROM_DEVICE, 0), -EPERM);
	CHECK_IS(f, suite_try(dev, 8, r + 2, 1, DMAVEC_FROM_DEVICE, 0), -EPERM);
}

/* Among many whole pages that are not, those inside a region are found: at either end of a block, across its edge, and
 * whether an earlier region lies below or above. */
static void region_among_pages(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[5], other;
	static struct held h;
	struct blocks b;
	unsigned int i;

	MUST(f, dev && blocks_open(f, &b));
	for (i = 0; i < 8; i++) {
		const uint64_t before[4] = { f->page, 2 * f->page, 0, 5 * f->page };

		r[0] = beside(&b, 1, 3 * f->page, f->page);
		r[1] = beside(&b, 3, 0, f->page);
		r[2] = beside(&b, 2, before[i / 2], 2 * f->page); /* the region */
		r[3] = beside(&b, 0, 0, f->page);
		r[4] = beside(&b, 3, 3 * f->page, f->page);
		other = r[i & 1 ? 1 : 3];
		other.addr += 7 * f->page;
		MUST_BE(f, dmavec_register(f->space, other.addr, other.len, 0), 0);
		MUST_BE(f, dmavec_register(f->space, r[2].addr, r[2].len, DMAVEC_REG_READ), 0);
		found_in_region(f, dev, r);
		CHECK_IS(f, dmavec_unregister(f->space, other.addr, other.len), 0);
		found_in_region(f, dev, r);
		CHECK_IS(f, dmavec_unregister(f->space, r[2].addr, r[2].len), 0);
		CHECK_IS(f, suite_try(dev, 8, r, 5, DMAVEC_FROM_DEVICE, 0), 0);
		MUST(f, suite_map(f, dev, &h, 8, r, 5, DMAVEC_TO_DEVICE, 0));
		CHECK_IS(f, h.map.nsegs, f->ts.traits & SPACE_IOMMU ? 1 : 5);
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	}
	munmap(b.mapped, 5 * BLOCK);
}

const struct rule rules_runs[] = {
	{ "rule 6.3 runs: granule-aligned inner boundaries make one run", aligned_run, SPACE_IOMMU, 0 },
	{ "rule 6.3 runs: a misaligned boundary costs one segment", misaligned_boundary, SPACE_IOMMU, 0 },
	{ "rule 6.3 runs: one reservation serves the mapping", one_reservation, SPACE_MOCK, 0 },
	{ "rule 6.3 regions: a range inside one uses its addresses", region_address, 0, 0 },
	{ "rule 6.3 regions: beside ranges outside, and across the end", region_and_rest, 0, 0 },
	{ "rule 6.3 regions: map_linear maps them anew", region_linear, 0, 0 },
	{ "rule 6.3 regions: elsewhere, and gone, they change nothing", region_elsewhere, SPACE_PROCESS, 0 },
	{ "rule 6.3 regions: found among many ranges outside, across blocks", region_among_pages, SPACE_PROCESS, 0 },
	{ "rule 6.4 kinds: RAM and peer memory never join", kinds_apart, 0, 0 },
	{ "rule 6.4 kinds: not even where room is short", kinds_short_of_room, 0, 0 },
	{ "rule 6.4 kinds: peer memory joins with its own", mmio_same_kind, 0, 0 },
	{ "rule 6.8 a large page never spans two mappings", large_page_two_mappings, SPACE_IOMMU, 0 },
	{ NULL, NULL, 0, 0 },
};
