/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the software hardware accepts as options. */
#include <dmavec/sim.h>

#include <errno.h>
#include <string.h>

#include "tap.h"

/* Nothing is walked here: the root table need not be there. */
#define ROOT 0x1000u

static int open_iommu(struct dmavec_sim_iommu_opts opts)
{
	struct dmavec_sim_iommu *iommu = NULL;
	int err = dmavec_sim_iommu_open(&iommu, &opts);

	if (err && iommu)
		return 1;
	dmavec_sim_iommu_close(iommu);
	return err;
}

static void test_iommu(void)
{
	struct {
		struct dmavec_sim_iommu_opts opts;
		uint64_t more;
	} longer = { 0 };
	struct dmavec_sim_iommu_opts good = { .size = sizeof(good), .format = "amdv1", .root = ROOT, .levels = 4 }, bad;
	struct dmavec_window empty = { 0 }, wraps = { 0x1000, UINT64_MAX - 0xfff, 0x2000 };
	struct dmavec_sim_iommu *iommu = NULL;

#define BAD(member, value) (bad = good, bad.member = (value), open_iommu(bad))
	ok(!open_iommu(good), "good options");
	ok(BAD(format, "vax") == -EOPNOTSUPP, "an unknown format");
	ok(BAD(levels, 0) == -EINVAL && BAD(levels, 7) == -EINVAL, "levels");
	ok(BAD(root, 0) == -EINVAL && BAD(root, ROOT + 8) == -EINVAL, "the root table");
	ok(BAD(entries, 3) == -EINVAL && BAD(entries, 0x80000000) == -EINVAL && BAD(reserved, 1) == -EINVAL,
	   "entries, reserved");
	ok(BAD(nmemory, 1) == -EINVAL && BAD(size, 0) == -EINVAL, "windows that are missing, a size of 0");
	bad = good, bad.nmemory = 1, bad.memory = &empty;
	ok(open_iommu(bad) == -EINVAL, "an empty window");
	bad.memory = &wraps;
	ok(open_iommu(bad) == -EINVAL, "one that wraps");
	longer.opts = good;
	longer.opts.size = sizeof(longer);
	ok(!dmavec_sim_iommu_open(&iommu, &longer.opts), "a longer struct, zero at the end");
	dmavec_sim_iommu_close(iommu);
	longer.more = 1;
	ok(dmavec_sim_iommu_open(&iommu, &longer.opts) == -EINVAL, "or not");
	ok(dmavec_sim_iommu_open(NULL, &good) == -EINVAL && dmavec_sim_iommu_open(&iommu, NULL) == -EINVAL, "NULL");
	dmavec_sim_iommu_close(NULL);
}

static int open_mem(uint64_t len, uint64_t page, uint64_t low, size_t size)
{
	struct dmavec_sim_mem_opts opts = { .size = size, .len = len, .page = page, .low = low };
	struct dmavec_sim_mem *mem = NULL;
	int err = dmavec_sim_mem_open(&mem, &opts);

	dmavec_sim_mem_close(mem);
	return err;
}

static void test_mem(void)
{
	size_t size = sizeof(struct dmavec_sim_mem_opts);

	ok(!open_mem(16 << 20, 4096, 4096, size) && !open_mem(16 << 20, 0, 16 << 20, size), "good options");
	ok(open_mem(16 << 20, 2048, 0, size) == -EINVAL && open_mem(16 << 20, 12288, 0, size) == -EINVAL, "the page");
	ok(open_mem((16 << 20) + 4096, 0, 0, size) == -EINVAL && open_mem(1 << 20, 0, 0, size) == -EINVAL,
	   "the length");
	ok(open_mem((uint64_t)1 << 62, 0, 0, size) == -ENOMEM, "too much");
	ok(open_mem(0, (uint64_t)1 << 63, 0, size) == -EINVAL && open_mem(0, 0, 0, 2) == -EINVAL,
	   "page and size beyond reason");
	ok(dmavec_sim_mem_open(NULL, NULL) == -EINVAL, "NULL");
}

int main(void)
{
	test_iommu();
	test_mem();
	return done_testing();
}
