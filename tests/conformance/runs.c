/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules 6.3 and 6.4: runs behind an IOMMU, registered memory inside a mapping, kinds. */
#include "suite.h"

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

const struct rule rules_runs[] = {
	{ "rule 6.3 runs: granule-aligned inner boundaries make one run", aligned_run, SPACE_IOMMU, 0 },
	{ "rule 6.3 runs: a misaligned boundary costs one segment", misaligned_boundary, SPACE_IOMMU, 0 },
	{ "rule 6.3 runs: one reservation serves the mapping", one_reservation, SPACE_MOCK, 0 },
	{ "rule 6.3 regions: a range inside one uses its addresses", region_address, 0, 0 },
	{ "rule 6.3 regions: beside ranges outside, and across the end", region_and_rest, 0, 0 },
	{ "rule 6.3 regions: map_linear maps them anew", region_linear, 0, 0 },
	{ "rule 6.4 kinds: RAM and peer memory never join", kinds_apart, 0, 0 },
	{ "rule 6.4 kinds: not even where room is short", kinds_short_of_room, 0, 0 },
	{ "rule 6.4 kinds: peer memory joins with its own", mmio_same_kind, 0, 0 },
	{ "rule 6.8 a large page never spans two mappings", large_page_two_mappings, SPACE_IOMMU, 0 },
	{ NULL, NULL, 0, 0 },
};
