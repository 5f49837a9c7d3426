/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An array of iovecs is mapped as the same ranges in an array are: to the very addresses. */
#include "suite.h"

#include <dmavec/source.h>

#include <sys/uio.h>

#define ENTRIES 100u

/* A run of pages, pieces of pages, and nothing, in turn; what is named from byte `skip` on is ranges, how many is returned. */
static size_t make_both(struct fix *f, struct iovec *iov, struct dmavec_range *ranges, uint64_t skip)
{
	uint64_t at = 0, head;
	size_t i, n = 0;

	for (i = 0; i < ENTRIES; i++) {
		struct dmavec_range r = i % 10 < 6 ? suite_range(f, (unsigned int)(i % 7 * 5), 0, f->page)
						   : suite_range(f, (unsigned int)(i % 39), i * 5, i * 3);

		r.len = i % 10 == 8 ? 0 : r.len;
		iov[i].iov_base = dmavec_ptr(r.addr);
		iov[i].iov_len = (size_t)r.len;
		head = at >= skip ? 0 : r.len < skip - at ? r.len : skip - at;
		at += r.len;
		ranges[n].addr = r.addr + head;
		ranges[n].len = r.len - head;
		n += ranges[n].len != 0;
	}
	return n;
}

/* What was mapped goes again, and its addresses with it, so that the next mapping finds what this one did. */
static bool end_map(struct fix *f, struct dmavec_dev *dev, struct held *h, const struct dmavec_range *ranges, size_t n)
{
	return suite_sees(f, &h->map, ranges, n) && CHECK_IS(f, dmavec_unmap(dev, &h->map, 0), 0) &&
	       CHECK_IS(f, dmavec_flush(f->space), 0);
}

static void maps_the_same(struct fix *f, const struct dmavec_limits *limits, uint64_t skip)
{
	struct dmavec_dev *dev = suite_dev(f, limits, 0);
	static struct held want, got;
	struct dmavec_range ranges[ENTRIES];
	struct iovec iov[ENTRIES];
	struct dmavec_iovec_source from;
	size_t n = make_both(f, iov, ranges, skip);
	uint32_t nsegs;
	unsigned int i;

	MUST_BE(f, dmavec_source_iovec(&from, iov, ENTRIES, skip, 0), 0);
	for (i = 0; dev && i < 3; i++) {
		MUST(f, suite_map(f, dev, &want, SUITE_SEGS, ranges, n, DMAVEC_BIDIRECTIONAL, 0));
		nsegs = want.map.nsegs;
		CHECK_IS(f, want.map.len, from.len);
		MUST(f, end_map(f, dev, &want, ranges, n));
		suite_init(&got, SUITE_SEGS);
		MUST_BE(f, dmavec_map_source(dev, &got.map, &from.source, DMAVEC_BIDIRECTIONAL, 0), 0);
		CHECK_IS(f, got.map.nsegs, nsegs);
		CHECK_IS(f, got.map.len, from.len);
		CHECK(f, !memcmp(got.segs, want.segs, nsegs * sizeof(want.segs[0])));
		MUST(f, end_map(f, dev, &got, ranges, n));
	}
}

static void iovec_is_the_array(struct fix *f)
{
	struct dmavec_limits any = { .size = sizeof(any) },
			     nvme = { .size = sizeof(nvme), .gap = 4096, .seg_align = 4 },
			     few = { .size = sizeof(few), .seg_align = 64, .seg_len_max = 65536 };

	maps_the_same(f, &any, 0);
	maps_the_same(f, &any, 6 * f->page + 21);
	maps_the_same(f, &nvme, 0);
	maps_the_same(f, &few, 3 * f->page + 64);
}

/* What is not memory that a device may have is found out by the map call, as with an array. */
static void iovec_refused(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 3, 5, 1000);
	struct iovec iov[2] = { { dmavec_ptr(r.addr), 1000 }, { NULL, 0 } };
	struct dmavec_iovec_source from;
	static struct held h;

	MUST_BE(f, dmavec_source_iovec(&from, iov, 2, 10, 900), 0);
	suite_init(&h, 1);
	CHECK_IS(f, dmavec_map_source(dev, &h.map, &from.source, (enum dmavec_dir)7, 0), -EINVAL);
	CHECK_IS(f, dmavec_map_source(dev, &h.map, &from.source, DMAVEC_TO_DEVICE, 0x4000), -EINVAL);
	CHECK_IS(f, dmavec_map_source(dev, NULL, &from.source, DMAVEC_TO_DEVICE, 0), -EINVAL);
	suite_init(&h, 0);
	CHECK_IS(f, dmavec_map_source(dev, &h.map, &from.source, DMAVEC_TO_DEVICE, 0), -E2BIG);
	suite_init(&h, 1);
	MUST_BE(f, dmavec_map_source(dev, &h.map, &from.source, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_map_source(dev, &h.map, &from.source, DMAVEC_TO_DEVICE, 0), -EBUSY);
	r.addr += 10;
	r.len = 900;
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_source_iovec(&from, iov + 1, 1, 0, 0), -EINVAL);
}

const struct rule rules_source[] = {
	{ "section 5 sources: iovecs are mapped as the same array of ranges is", iovec_is_the_array, 0, 0 },
	{ "section 5 sources: errors of a map call from iovecs", iovec_refused, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
