/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.7: the errors, one by one. */
#include "suite.h"

#include <sys/mman.h>

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })
#define WRAPS  0xfffffffffffff000u

static void bad_ranges(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range good = suite_range(f, 2, 0, 100), r[2];

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, &good, 0, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, NULL, 0, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, NULL, 1, DMAVEC_TO_DEVICE, 0), -EINVAL);
	r[0] = r[1] = good;
	r[1].len = 0;
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -EINVAL);
	r[1].addr = WRAPS;
	r[1].len = 0x1001;
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -EINVAL);
	r[0].addr = r[1].addr = 0x1000;
	r[0].len = r[1].len = 1ull << 63;
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -EINVAL);
}

static void bad_words(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0), *none = NULL;
	struct dmavec_range r = suite_range(f, 2, 0, 100);
	static struct held h;

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, (enum dmavec_dir)3, 0), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, (enum dmavec_dir)77, 0), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0x20), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0x80000000u), -EINVAL);
	CHECK_IS(f, dmavec_dev_open(&none, f->space, NULL, 0x80000000u), -EINVAL);
	CHECK_IS(f, dmavec_register(f->space, r.addr, r.len, 0x4), -EINVAL);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_RELAXED | DMAVEC_MAY_SLEEP));
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	suite_init(&h, 4);
	CHECK_IS(f, dmavec_map_linear(dev, &h.map, &r, 1, (enum dmavec_dir)3, 0), -EINVAL);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 8, 1, (enum dmavec_dir)3, 0), -EINVAL);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 8, 1, DMAVEC_TO_DEVICE, 0x40000000u), -EINVAL);
}

static void nulls(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0), *none = NULL;
	struct dmavec_range r = suite_range(f, 2, 0, 100);
	struct dmavec_map no_segs;

	MUST(f, dev != NULL);
	memset(&no_segs, 0, sizeof(no_segs));
	no_segs.segs_cap = 4;
	CHECK_IS(f, dmavec_map(dev, &no_segs, &r, 1, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, dmavec_map(dev, NULL, &r, 1, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, dmavec_dev_open(NULL, f->space, NULL, 0), -EINVAL);
	CHECK_IS(f, dmavec_dev_open(&none, NULL, NULL, 0), -EINVAL);
	CHECK_IS(f, dmavec_lookup(dev, r.addr, r.len, DMAVEC_TO_DEVICE, NULL), -EINVAL);
	CHECK_IS(f, dmavec_alloc(dev, 4096, 0, NULL), -EINVAL);
	CHECK_IS(f, dmavec_registerv(f->space, NULL, 1, 0), -EINVAL);
	CHECK_IS(f, dmavec_space_info(f->space, NULL), -EINVAL);
}

static void zero_lengths(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 100);
	struct dmavec_buf buf;
	dmavec_dma_t dma = 0;
	static struct held h;
	unsigned char byte;

	MUST(f, dev != NULL);
	suite_init(&h, 4);
	CHECK_IS(f, dmavec_begin(dev, &h.map, 0, 1, DMAVEC_TO_DEVICE, 0), -EINVAL);
	CHECK_IS(f, dmavec_lookup(dev, r.addr, 0, DMAVEC_TO_DEVICE, &dma), -EINVAL);
	CHECK_IS(f, dmavec_register(f->space, r.addr, 0, 0), -EINVAL);
	CHECK_IS(f, dmavec_registerv(f->space, &r, 0, 0), -EINVAL);
	CHECK_IS(f, dmavec_alloc(dev, 0, 0, &buf), -EINVAL);
	CHECK_IS(f, dmavec_space_read(f->space, 0, &byte, 0), 0);
	CHECK_IS(f, dmavec_space_write(f->space, 0, &byte, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, 0), 0);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 100, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void wraps_elsewhere(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), { WRAPS, 0x2000 } };
	dmavec_dma_t dma = 0;
	static struct held h;

	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_lookup(dev, WRAPS, 0x2000, DMAVEC_TO_DEVICE, &dma), -EINVAL);
	CHECK_IS(f, dmavec_register(f->space, WRAPS, 0x2000, 0), -EINVAL);
	CHECK_IS(f, dmavec_registerv(f->space, r, 2, 0), -EINVAL);
	CHECK_IS(f, suite_info(f).regions, 0);
	suite_init(&h, 4);
	MUST_BE(f, dmavec_begin(dev, &h.map, 0x10000, 4, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, WRAPS, 0x2000, 0), -EINVAL);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void no_bounce(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_align = 64), 0);
	struct dmavec_range r = suite_range(f, 2, 1, 100);

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ERANGE);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -ERANGE);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
	r.addr -= 1;
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), 0);
}

static void too_big_first(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0), *both = suite_dev(f, L(.seg_align = 64, .total_max = 1000), 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 1, 900), suite_range(f, 7, 1, 900) };

	MUST(f, dev && both);
	CHECK_IS(f, suite_try(dev, 1, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -E2BIG);
	CHECK_IS(f, suite_try(dev, 1, r, 2, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -E2BIG);
	CHECK_IS(f, suite_try(both, 8, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -E2BIG);
}

static void linear_needs_bounce(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 1, 900), suite_range(f, 7, 1, 900) };
	static struct held h;

	suite_init(&h, 8);
	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_map_linear(dev, &h.map, r, 2, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ERANGE);
	CHECK_IS(f, dmavec_map_linear(dev, &h.map, r, 2, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -ERANGE);
	CHECK_IS(f, suite_info(f).mappings, 0);
}

/* Four granules of device addresses are all there is. */
static void no_addresses(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.addr_min = 16 * f->page, .addr_max = 20 * f->page - 1), 0);
	struct dmavec_range r = suite_range(f, 2, 0, 5 * f->page), one = suite_range(f, 9, 0, f->page);
	static struct held h[4];
	unsigned int i, round;

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0), -ENOSPC);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4; i++)
			MUST(f, suite_map(f, dev, &h[i], 4, &one, 1, DMAVEC_TO_DEVICE, 0));
		CHECK_IS(f, suite_try(dev, 8, &one, 1, DMAVEC_TO_DEVICE, 0), -ENOSPC);
		for (i = 0; i < 4; i++)
			CHECK_IS(f, dmavec_unmap(dev, &h[i].map, 0), 0);
	}
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
}

/* The bounce range holds 8 MiB. */
static void no_memory(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.segs_max = 1, .seg_align = 64), 0);
	struct dmavec_range r = { dmavec_cpu(f->ts.area + 1), 3u << 20 };
	static struct held h[4];
	unsigned int i, round, got;

	for (round = 0; dev && round < 2; round++) {
		for (got = 0; got < 4; got++) {
			suite_init(&h[got], 1);
			if (dmavec_map(dev, &h[got].map, &r, 1, DMAVEC_FROM_DEVICE, 0))
				break;
		}
		CHECK(f, got == 1 || got == 2);
		CHECK_IS(f, suite_try(dev, 1, &r, 1, DMAVEC_FROM_DEVICE, 0), -ENOMEM);
		for (i = 0; i < got; i++)
			CHECK_IS(f, dmavec_unmap(dev, &h[i].map, DMAVEC_SKIP_SYNC), 0);
		CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	}
}

static void outside_memory(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	static _Alignas(
		4096) unsigned char outside[4096]; /* whole: nothing has to be bounced, which would make it reachable */
	struct dmavec_range r[2] = { suite_range(f, 2, 0, f->page), { dmavec_cpu(outside), sizeof(outside) } };
	struct dmavec_range end = { f->ts.window.cpu + f->ts.window.len - f->page, 2 * f->page };
	static struct held h;

	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_TO_DEVICE, 0), -EFAULT);
	CHECK_IS(f, suite_try(dev, 8, &end, 1, DMAVEC_TO_DEVICE, 0), -EFAULT);
	suite_init(&h, 8);
	CHECK_IS(f, dmavec_map_linear(dev, &h.map, r, 2, DMAVEC_TO_DEVICE, 0), -EFAULT);
	CHECK_IS(f, dmavec_register(f->space, r[1].addr, r[1].len, 0), -EFAULT);
	CHECK_IS(f, dmavec_registerv(f->space, r, 2, 0), -EFAULT);
	CHECK_IS(f, suite_info(f).regions, 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
}

/* Memory that went away under the device, or may not be written: an error, and no signal. */
static void memory_not_there(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	unsigned char *mem = mmap(NULL, 2 * f->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *at = (unsigned char *)(((uintptr_t)mem + f->page - 1) & ~((uintptr_t)f->page - 1));
	struct dmavec_range r = { dmavec_cpu(at), f->page };
	static struct held h;

	MUST(f, dev && mem != MAP_FAILED);
	memset(at, 3, f->page);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, suite_read(f, h.segs[0].addr), 3);
	CHECK_IS(f, mprotect(mem, 2 * f->page, PROT_READ), 0);
	CHECK_IS(f, suite_read(f, h.segs[0].addr), 3);
	CHECK_IS(f, suite_write(f, h.segs[0].addr, 4), -EFAULT);
	CHECK_IS(f, munmap(mem, 2 * f->page), 0);
	CHECK_IS(f, suite_read(f, h.segs[0].addr), -EFAULT);
	CHECK_IS(f, suite_write(f, h.segs[0].addr, 4), -EFAULT);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, DMAVEC_SKIP_SYNC), 0);
}

static void past_the_end(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	unsigned char *bytes = f->ts.area + 20 * f->page;
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_space_read(f->space, h.segs[0].addr, bytes, f->page + 1), -EFAULT);
	CHECK_IS(f, dmavec_space_write(f->space, h.segs[0].addr, bytes, f->page + 1), -EFAULT);
	CHECK_IS(f, dmavec_space_read(f->space, h.segs[0].addr - 1, bytes, 2), -EFAULT);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void directions_hold(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_read(f, h.segs[0].addr) >= 0);
	CHECK_IS(f, suite_write(f, h.segs[0].addr, 1), -EFAULT);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_FROM_DEVICE, 0));
	CHECK_IS(f, suite_read(f, h.segs[0].addr), -EFAULT);
	CHECK_IS(f, suite_write(f, h.segs[0].addr, 1), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void no_shared_address(struct fix *f)
{
	struct dmavec_dev *dev = NULL;

	CHECK_IS(f, dmavec_dev_open(&dev, f->space, L(.addr_max = 15), 0), -EINVAL);
	if (f->ts.traits & SPACE_SOFT)
		CHECK_IS(f, dmavec_dev_open(&dev, f->space, L(.addr_min = 1ull << 48), 0), -EINVAL);
	CHECK(f, dev == NULL);
}

static void not_this_space(struct fix *f)
{
	struct dmavec_mock_state state = { .size = sizeof(state) };
	dmavec_dma_t dma = 0;
	int err;

	CHECK_IS(f, dmavec_mock_state(f->space, &state), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_mock_fail(f->space, 1), -EOPNOTSUPP);
	err = dmavec_register_fd(f->space, -1, 0, 4096, 0, &dma);
	CHECK(f, err < 0);
	CHECK(f, (dmavec_sim_iommu_of(f->space) != NULL) == !!(f->ts.traits & SPACE_SOFT));
}

static void kernel_errors_unchanged(struct fix *f)
{
	struct dmavec_mock_opts opts = { .size = sizeof(opts), .fail_nth = 1, .error = -EIO };
	struct dmavec_range r = suite_range(f, 2, 0, f->page);
	const int errors[] = { -EIO, -EEXIST, -ENOSPC, -EFAULT };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	unsigned int i, nth;

	for (i = 0; i < 4; i++)
		for (nth = 1; nth <= 3; nth++) {
			int err;

			opts.error = errors[i];
			opts.fail_nth = nth;
			MUST_BE(f, dmavec_space_mock(&space, &opts), 0);
			MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
			err = suite_try(dev, 4, &r, 1, DMAVEC_TO_DEVICE, 0);
			CHECK(f, err == errors[i] || nth > 1);
			CHECK(f, err == errors[i] || err == 0);
			CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
			CHECK_IS(f, dmavec_dev_close(dev), 0);
			CHECK_IS(f, dmavec_space_close(space), 0);
		}
}

/* What is malformed stays so, whatever else is wrong with it. */
static void uneven_first(struct fix *f)
{
	struct dmavec_range reg = suite_range(f, 2, 0, f->page), r[2] = { reg, suite_range(f, 2, 512, 100) };
	struct dmavec_dev *dev = suite_dev(f, L(.len_align = 512), 0);

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, DMAVEC_REG_READ), 0);
	MUST(f, dev != NULL);
	CHECK_IS(f, suite_try(dev, 8, r, 1, DMAVEC_FROM_DEVICE, 0), -EPERM);
	CHECK_IS(f, suite_try(dev, 8, r, 2, DMAVEC_FROM_DEVICE, 0), -EINVAL);
	CHECK_IS(f, suite_try(dev, 8, r + 1, 1, DMAVEC_FROM_DEVICE, 0), -EINVAL);
	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), 0);
}

const struct rule rules_errors[] = {
	{ "rule 6.7 -EINVAL: no range, an empty one, one that wraps, a total that wraps", bad_ranges, 0, 0 },
	{ "rule 6.7 -EINVAL: unknown direction or flags; hints are taken", bad_words, 0, 0 },
	{ "rule 6.7 -EINVAL: a NULL that must not be", nulls, 0, 0 },
	{ "rule 6.7 length 0: -EINVAL in begin, lookup, register, alloc; 0 in sync, read, write", zero_lengths, 0, 0 },
	{ "rule 6.7 -EINVAL: what wraps in lookup, register and add", wraps_elsewhere, 0, 0 },
	{ "rule 6.7 -ERANGE: only a bounce could, and it is not allowed", no_bounce, 0, 0 },
	{ "rule 6.7 -E2BIG comes before -ERANGE where room is short", too_big_first, 0, 0 },
	{ "rule 6.7 -ERANGE: a linear map that only a bounce could give", linear_needs_bounce, 0, 0 },
	{ "rule 6.7 -ENOSPC: no device addresses left, and they come back", no_addresses, SPACE_IOMMU, 0 },
	{ "rule 6.7 -ENOMEM: no bounce memory left, and it comes back", no_memory, SPACE_MEMORY, 0 },
	{ "rule 6.7 -EFAULT: memory that the space cannot reach", outside_memory, SPACE_MEMORY, 0 },
	{ "rule 6.7 -EFAULT: memory that is not there, never a signal", memory_not_there, SPACE_PROCESS, 0 },
	{ "rule 6.7 -EFAULT: device access across the end of a mapping", past_the_end, SPACE_IOMMU, 0 },
	{ "rule 6.7 -EFAULT: device access against the direction", directions_hold, SPACE_IOMMU, 0 },
	{ "rule 6.7 -EINVAL: limits that share no address with the space", no_shared_address, SPACE_IOMMU, 0 },
	{ "rule 6.7 -EOPNOTSUPP: not in this space", not_this_space, 0, SPACE_MOCK },
	{ "rule 6.7 any other error comes unchanged", kernel_errors_unchanged, SPACE_MOCK, 0 },
	{ "rule 6.7 -EINVAL: a total that is no multiple of len_align, before -EPERM", uneven_first, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
