/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.1: the segments, in order, name exactly the bytes of the ranges, in order. */
#include "suite.h"

static void sizes(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	const uint64_t lens[] = { 1, 2, 511, 512, 4095, 4096, 4097, 3 * 4096, 3 * 4096 + 1 };
	const uint64_t starts[] = { 0, 1, 8, 4095 };
	size_t i, k;

	for (i = 0; dev && i < sizeof(lens) / sizeof(lens[0]); i++)
		for (k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
			struct dmavec_range range = suite_range(f, 2, starts[k], lens[i]);

			MUST(f, suite_round(f, dev, &range, 1, 0));
		}
}

static void scattered(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[18];
	unsigned int i;

	for (i = 0; i < 18; i++)
		ranges[i] = suite_range(f, i * 7 % 18 * 2, 0, f->page);
	suite_round(f, dev, ranges, 18, 0);
}

static void odd_pieces(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[16];
	unsigned int i;

	for (i = 0; i < 16; i++)
		ranges[i] = suite_range(f, i * 5 % 16 * 2, i * 37 + 1, 100 + i * 211);
	suite_round(f, dev, ranges, 16, 0);
}

static void repeated(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range whole[4] = { suite_range(f, 3, 0, f->page), suite_range(f, 3, 0, f->page),
					 suite_range(f, 5, 0, f->page), suite_range(f, 3, 0, f->page) };
	struct dmavec_range odd[3] = { suite_range(f, 3, 17, 100), suite_range(f, 3, 17, 100),
				       suite_range(f, 3, 50, 9) };

	suite_round(f, dev, whole, 4, 0);
	suite_round(f, dev, odd, 3, 0);
}

static void neighbours(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[4] = { suite_range(f, 2, 0, 100), suite_range(f, 2, 100, f->page - 100),
					  suite_range(f, 3, 0, 1), suite_range(f, 3, 1, 2 * f->page) };
	static struct held h;

	MUST(f, suite_round(f, dev, ranges, 4, 0));
	MUST(f, suite_map(f, dev, &h, SUITE_SEGS, ranges, 4, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 1);
	CHECK_IS(f, h.map.len, 3 * f->page + 1);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void descending(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		ranges[i] = suite_range(f, 8 - i, 0, f->page);
	suite_round(f, dev, ranges, 8, 0);
}

static void length_out(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[2] = { suite_range(f, 2, 5, 1000), suite_range(f, 9, 0, 300) };
	static struct held h;
	uint64_t sum = 0;
	uint32_t i;

	MUST(f, dev && suite_map(f, dev, &h, SUITE_SEGS, ranges, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.len, 1300);
	for (i = 0; i < h.map.nsegs; i++)
		sum += h.segs[i].len;
	CHECK_IS(f, sum, 1300);
	CHECK(f, h.map.segs == h.segs && h.map.segs_cap == SUITE_SEGS);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* The array has no room beyond what is said, and input and output are apart. */
static void room_is_kept(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ranges[2] = { suite_range(f, 2, 5, 1000), suite_range(f, 9, 0, 300) }, before[2];
	static struct held h;
	uint32_t i;

	memcpy(before, ranges, sizeof(before));
	suite_init(&h, 2);
	memset(h.segs, 0x5a, sizeof(h.segs));
	MUST(f, dev && !dmavec_map(dev, &h.map, ranges, 2, DMAVEC_TO_DEVICE, 0));
	for (i = 2; i < 8; i++)
		CHECK(f, h.segs[i].len == 0x5a5a5a5a5a5a5a5au && h.segs[i].addr == 0x5a5a5a5a5a5a5a5au);
	CHECK(f, !memcmp(before, ranges, sizeof(before)));
	CHECK(f, suite_sees(f, &h.map, ranges, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void linear(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range whole[3] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 0, f->page),
					 suite_range(f, 5, 0, 77) };
	struct dmavec_range odd[3] = { suite_range(f, 2, 9, 100), suite_range(f, 9, 300, 1000),
				       suite_range(f, 5, 7, 77) };
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 2; i++) {
		const struct dmavec_range *ranges = i ? odd : whole;

		suite_init(&h, 4);
		MUST_BE(f, dmavec_map_linear(dev, &h.map, ranges, 3, DMAVEC_BIDIRECTIONAL, 0), 0);
		CHECK_IS(f, h.map.nsegs, 1);
		CHECK(f, suite_sees(f, &h.map, ranges, 3));
		CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 9));
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		CHECK(f, suite_memory_has(ranges, 3, 0, ~0ull, 9));
		CHECK(f, suite_rest_is_whole(f, ranges, 3));
		suite_restore(f);
	}
}

static void linear_cut(struct fix *f)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_len_max = 512 };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	struct dmavec_range ranges[2] = { suite_range(f, 2, 0, f->page), suite_range(f, 9, 0, f->page) };
	static struct held h;
	uint32_t i;

	suite_init(&h, SUITE_SEGS);
	MUST(f, dev && !dmavec_map_linear(dev, &h.map, ranges, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 2 * f->page / 512);
	for (i = 1; i < h.map.nsegs; i++)
		CHECK(f, h.segs[i].addr == h.segs[i - 1].addr + h.segs[i - 1].len);
	CHECK(f, suite_sees(f, &h.map, ranges, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* Longer than any memory: only addresses are passed on, and nothing is touched. */
static void huge(struct fix *f)
{
	struct dmavec_limits half = { .size = sizeof(half), .seg_len_max = 1ull << 62 };
	struct dmavec_range r[2] = { { 0x1000, (1ull << 63) + 0x2000 }, { 0x10, 16 } };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0), *cuts = suite_dev(f, &half, 0);
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 2; i++) {
		MUST(f, suite_map(f, dev, &h, 4, r, 2, DMAVEC_TO_DEVICE, 0));
		CHECK(f, h.map.nsegs == 2 && h.segs[0].addr == 0x1000 && h.segs[1].addr == 0x10);
		CHECK_IS(f, h.segs[0].len, r[0].len);
		CHECK_IS(f, h.segs[1].len, 16);
		CHECK_IS(f, h.map.len, r[0].len + 16);
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		r[0].len = 1ull << 62;
	}
	r[0].len = (1ull << 63) + 0x2000;
	MUST(f, cuts && suite_map(f, cuts, &h, 4, r, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE));
	CHECK_IS(f, h.map.nsegs, 3);
	CHECK(f, h.segs[0].len == 1ull << 62 && h.segs[1].len == 1ull << 62 && h.segs[2].len == 0x2000);
	CHECK_IS(f, h.segs[2].addr, 0x1000 + (1ull << 63));
	CHECK_IS(f, dmavec_unmap(cuts, &h.map, 0), 0);
}

static void huge_does_not_fit(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = { 0x1000, 1ull << 61 };

	for (; dev && r.len; r.len <<= 1)
		CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ENOSPC);
}

const struct rule rules_cover[] = {
	{ "rule 6.1 exact cover: one range of every size around a page", sizes, 0, 0 },
	{ "rule 6.1 exact cover: scattered pages, in order", scattered, 0, 0 },
	{ "rule 6.1 exact cover: odd pieces, in order", odd_pieces, 0, 0 },
	{ "rule 6.1 exact cover: repeated ranges", repeated, 0, 0 },
	{ "rule 6.1 exact cover: neighbours in memory are one segment", neighbours, 0, 0 },
	{ "rule 6.1 exact cover: pages in descending order", descending, 0, 0 },
	{ "rule 6.1 exact cover: len is the sum", length_out, 0, 0 },
	{ "rule 6.1 exact cover: the array's room is kept, the ranges stay as they are", room_is_kept, 0, 0 },
	{ "rule 6.1 exact cover: map_linear gives consecutive addresses", linear, 0, 0 },
	{ "rule 6.1 exact cover: limits still cut a linear map", linear_cut, 0, 0 },
	{ "rule 6.1 exact cover: a range longer than any memory keeps its length", huge, SPACE_DIRECT | SPACE_PROCESS,
	  0 },
	{ "rule 6.7 -ENOSPC: a range longer than all device addresses", huge_does_not_fit, SPACE_IOMMU | SPACE_PROCESS,
	  0 },
	{ NULL, NULL, 0, 0 },
};
