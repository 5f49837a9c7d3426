/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Cases that other mappers of this kind are known to get wrong, each by its name. */
#include "suite.h"

static void longer_than_existing(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range small = suite_range(f, 4, 0, f->page), large = suite_range(f, 4, 0, 16 * f->page);
	static struct held first, second;
	dmavec_dma_t dma = 0;

	MUST(f, dev && suite_map(f, dev, &first, 4, &small, 1, DMAVEC_TO_DEVICE, 0));
	MUST(f, suite_map(f, dev, &second, 4, &large, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, second.map.len, large.len);
	CHECK(f, suite_sees(f, &second.map, &large, 1));
	CHECK_IS(f, dmavec_unmap(dev, &first.map, 0), 0);
	CHECK(f, suite_sees(f, &second.map, &large, 1));
	CHECK_IS(f, dmavec_unmap(dev, &second.map, 0), 0);
	/* the same with a registration in the small one's place */
	MUST_BE(f, dmavec_register(f->space, small.addr, small.len, 0), 0);
	CHECK_IS(f, dmavec_lookup(dev, large.addr, large.len, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, dmavec_register(f->space, large.addr, large.len, 0), -EEXIST);
	MUST(f, suite_map(f, dev, &second, 4, &large, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &second.map, &large, 1));
	CHECK_IS(f, dmavec_unmap(dev, &second.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, small.addr, small.len), 0);
}

static void read_only_for_writer(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 4, 0, f->page);
	static struct held reads, writes;
	dmavec_dma_t dma = 0;

	MUST(f, dev && suite_map(f, dev, &reads, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	MUST(f, suite_map(f, dev, &writes, 4, &r, 1, DMAVEC_FROM_DEVICE, 0));
	CHECK(f, suite_dev_writes(f, &writes.map, 0, r.len, 4));
	CHECK_IS(f, dmavec_unmap(dev, &writes.map, 0), 0);
	CHECK(f, suite_memory_has(&r, 1, 0, ~0ull, 4));
	CHECK_IS(f, dmavec_unmap(dev, &reads.map, 0), 0);
	MUST_BE(f, dmavec_register(f->space, r.addr, r.len, DMAVEC_REG_READ), 0);
	CHECK_IS(f, dmavec_lookup(dev, r.addr, r.len, DMAVEC_FROM_DEVICE, &dma), -EPERM);
	CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_FROM_DEVICE, 0), -EPERM);
	CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0), -EPERM);
	CHECK_IS(f, dmavec_unregister(f->space, r.addr, r.len), 0);
}

static void overlap_leaks_nothing(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 0, 4 * f->page), over = suite_range(f, 7, 0, 4 * f->page);
	uint64_t iova;
	unsigned int i;

	MUST_BE(f, dmavec_register(f->space, r.addr, r.len, 0), 0);
	iova = suite_info(f).iova_bytes;
	for (i = 0; i < 100; i++)
		MUST_BE(f, dmavec_register(f->space, over.addr, over.len, 0), -EEXIST);
	CHECK_IS(f, suite_info(f).iova_bytes, iova);
	CHECK_IS(f, dmavec_unregister(f->space, r.addr, r.len), 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, dmavec_register(f->space, over.addr, over.len, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, over.addr, over.len), 0);
}

static void past_the_end(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range reg = suite_range(f, 4, 0, f->page), past = suite_range(f, 4, 0, 16 * f->page);
	dmavec_dma_t dma = 0;
	static struct held h;

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	MUST(f, dev != NULL);
	past.addr += f->page - 1024;
	CHECK_IS(f, dmavec_lookup(dev, past.addr, 61 * 1024, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	MUST(f, suite_map(f, dev, &h, 4, &past, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &past, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), 0);
}

/* Lengths and offsets that a list of whole pages cannot express: they are moved, or refused, never passed on. */
static void page_lists(struct fix *f)
{
	struct dmavec_limits limits = {
		.size = sizeof(limits), .gap = 4096, .seg_align = 4, .seg_len_max = 4096, .seg_boundary = 4096
	};
	struct dmavec_range long_tail[2] = { suite_range(f, 4, 0, 4096), suite_range(f, 9, 0, 4608) };
	struct dmavec_range short_head[2] = { suite_range(f, 4, 0, 512), suite_range(f, 9, 0, 4096) };
	struct dmavec_dev *dev = suite_dev(f, &limits, 0);
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 8, long_tail, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 3);
	CHECK_IS(f, dmavec_check_segs(&limits, h.segs, h.map.nsegs), 0);
	CHECK(f, suite_sees(f, &h.map, long_tail, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_try(dev, 8, short_head, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ERANGE);
	MUST(f, suite_map(f, dev, &h, 8, short_head, 2, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_check_segs(&limits, h.segs, h.map.nsegs), 0);
	CHECK(f, suite_sees(f, &h.map, short_head, 2));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

/* Every operation fails in turn, with the error that others took for success. */
static void failure_is_failure(struct fix *f)
{
	struct dmavec_mock_opts opts = { .size = sizeof(opts), .error = -EEXIST };
	struct dmavec_range r = suite_range(f, 4, 0, f->page);
	uint64_t nth;

	for (nth = 1; nth < 8; nth++) {
		struct dmavec_mock_state state = { .size = sizeof(state) };
		struct dmavec_space *space = NULL;
		struct dmavec_dev *dev = NULL;
		dmavec_dma_t dma = 0;
		int err;

		opts.fail_nth = nth;
		MUST_BE(f, dmavec_space_mock(&space, &opts), 0);
		MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
		err = dmavec_register(space, r.addr, r.len, 0);
		MUST_BE(f, dmavec_mock_state(space, &state), 0);
		CHECK_IS(f, err, state.failed ? -EEXIST : 0);
		CHECK_IS(f, dmavec_lookup(dev, r.addr, r.len, DMAVEC_TO_DEVICE, &dma), err ? -EAGAIN : 0);
		if (err)
			CHECK(f, !state.links && !state.reservations);
		CHECK_IS(f, dmavec_dev_close(dev), 0);
		CHECK_IS(f, dmavec_space_close(space), 0);
	}
}

static void two_maps_do_not_trample(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range a[2] = { suite_range(f, 4, 0, 100), suite_range(f, 9, 7, 4096) };
	struct dmavec_range b[2] = { suite_range(f, 12, 0, 999), suite_range(f, 2, 8, 64) };
	static struct held first, second;
	struct dmavec_seg kept[2];

	MUST(f, dev && suite_map(f, dev, &first, 4, a, 2, DMAVEC_TO_DEVICE, 0));
	memcpy(kept, first.segs, sizeof(kept));
	MUST(f, suite_map(f, dev, &second, 4, b, 2, DMAVEC_TO_DEVICE, 0));
	CHECK(f, !memcmp(kept, first.segs, sizeof(kept)));
	CHECK(f, suite_sees(f, &first.map, a, 2));
	CHECK(f, suite_sees(f, &second.map, b, 2));
	CHECK_IS(f, dmavec_unmap(dev, &second.map, 0), 0);
	CHECK(f, suite_sees(f, &first.map, a, 2));
	CHECK_IS(f, dmavec_unmap(dev, &first.map, 0), 0);
}

const struct rule rules_peers[] = {
	{ "peers 1: 64 KiB at the start of a mapping of 4 KiB is mapped whole", longer_than_existing, 0, 0 },
	{ "peers 2: a read-only mapping is not handed to a device that writes", read_only_for_writer, 0, 0 },
	{ "peers 3: an overlapping registration is refused and leaks nothing", overlap_leaks_nothing, 0, 0 },
	{ "peers 4: 60 KiB past the end of a registration is no hit", past_the_end, 0, 0 },
	{ "peers 5: lengths 4096, 4608 and 512, 4096 under a page's virt boundary", page_lists, 0, 0 },
	{ "peers 6: a failed map is an error, -EEXIST no success", failure_is_failure, SPACE_MOCK, 0 },
	{ "peers 10: two mappings in flight do not trample each other", two_maps_do_not_trample, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
