/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Structs that may grow: smaller, larger, with a tail that is not known; what info says; spaces written by others. */
#include "suite.h"

#include <stdlib.h>

static void limits_sizes(struct fix *f)
{
	struct {
		struct dmavec_limits limits;
		uint64_t tail[2];
	} big;
	struct dmavec_dev *dev = NULL;

	memset(&big, 0, sizeof(big));
	big.limits.size = sizeof(big);
	big.limits.segs_max = 5;
	MUST_BE(f, dmavec_dev_open(&dev, f->space, &big.limits, 0), 0);
	memset(&big, 0, sizeof(big));
	big.limits.size = sizeof(big);
	CHECK_IS(f, dmavec_dev_limits(dev, &big.limits), 0);
	CHECK_IS(f, big.limits.segs_max, 5);
	CHECK(f, !big.tail[0] && !big.tail[1]);
	memset(&big, 0, sizeof(big));
	big.tail[0] = 77;
	CHECK_IS(f, dmavec_dev_limits(dev, &big.limits), 0); /* size 0: the first version, not a byte more */
	CHECK_IS(f, big.limits.segs_max, 5);
	CHECK_IS(f, big.tail[0], 77);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	big.limits.size = sizeof(big);
	CHECK_IS(f, dmavec_dev_open(&dev, f->space, &big.limits, 0), -EINVAL);
	memset(&big, 0, sizeof(big));
	big.limits.segs_max = 2; /* size 0 */
	MUST_BE(f, dmavec_dev_open(&dev, f->space, &big.limits, 0), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
}

static void plan_sizes(struct fix *f)
{
	struct {
		struct dmavec_plan plan;
		uint64_t tail;
	} big;
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 0, 100);

	memset(&big, 0, sizeof(big));
	big.plan.size = sizeof(big);
	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_plan(dev, &r, 1, DMAVEC_TO_DEVICE, 0, &big.plan), 0);
	CHECK_IS(f, big.plan.nsegs, 1);
	CHECK_IS(f, big.tail, 0);
	big.tail = 77;
	big.plan.size = sizeof(big.plan);
	CHECK_IS(f, dmavec_plan(dev, &r, 1, DMAVEC_TO_DEVICE, 0, &big.plan), 0);
	CHECK_IS(f, big.tail, 77);
}

static void info_sizes(struct fix *f)
{
	struct {
		struct dmavec_space_info info;
		uint64_t tail;
	} big;

	memset(&big, 0, sizeof(big));
	big.info.size = sizeof(big);
	CHECK_IS(f, dmavec_space_info(f->space, &big.info), 0);
	CHECK_IS(f, big.info.granule, f->ts.granule);
	CHECK_IS(f, big.tail, 0);
	big.tail = 77;
	big.info.size = sizeof(big.info);
	CHECK_IS(f, dmavec_space_info(f->space, &big.info), 0);
	CHECK_IS(f, big.tail, 77);
}

static void info_says(struct fix *f)
{
	struct dmavec_space_info info = suite_info(f);

	CHECK_IS(f, info.isolates, !!(f->ts.traits & SPACE_IOMMU));
	CHECK(f, f->ts.traits & SPACE_IOMMU ? info.granule > 1 : info.granule == 1);
	CHECK(f, !(info.granule & (info.granule - 1)));
	CHECK_IS(f, info.lazy, !!(f->ts.traits & SPACE_LAZY));
	CHECK(f, info.nwindows >= 1);
	CHECK(f, !info.devices && !info.mappings && !info.regions && !info.iova_bytes && !info.quarantined_bytes);
	if (f->ts.traits & SPACE_SOFT) {
		CHECK_IS(f, info.nwindows, 1);
		CHECK_IS(f, info.windows[0].first, 0x1000);
		CHECK_IS(f, info.windows[0].last, (1ull << 48) - 1);
	}
	if (f->ts.traits & SPACE_DIRECT && f->ts.mem) {
		CHECK_IS(f, info.nwindows, 1);
		CHECK_IS(f, info.windows[0].first, f->ts.window.dma);
		CHECK_IS(f, info.windows[0].last, f->ts.window.dma + f->ts.window.len - 1);
	}
}

static int open_sized(unsigned int which, size_t extra, unsigned char tail, struct dmavec_space **space)
{
	unsigned char bytes[512];
	size_t known = which == 0   ? sizeof(struct dmavec_direct_opts)
		       : which == 1 ? sizeof(struct dmavec_soft_opts)
				    : sizeof(struct dmavec_mock_opts);
	size_t size = known + extra;

	memset(bytes, 0, sizeof(bytes));
	memset(bytes + known, tail, sizeof(bytes) - known);
	memcpy(bytes, &size, sizeof(size));
	if (which == 0)
		return dmavec_space_direct(space, (const void *)bytes);
	return which == 1 ? dmavec_space_soft(space, (const void *)bytes)
			  : dmavec_space_mock(space, (const void *)bytes);
}

static void opts_sizes(struct fix *f)
{
	struct dmavec_space *space = NULL;
	unsigned int which;

	for (which = 0; which < 3; which++) {
		CHECK_IS(f, open_sized(which, 16, 1, &space), -EINVAL);
		CHECK(f, space == NULL);
		MUST_BE(f, open_sized(which, 0, 1, &space), 0); /* what lies beyond is not looked at */
		CHECK_IS(f, dmavec_space_close(space), 0);
		MUST_BE(f, open_sized(which, 16, 0, &space), 0);
		CHECK_IS(f, dmavec_space_close(space), 0);
		space = NULL;
	}
}

static void opts_smaller(struct fix *f)
{
	struct dmavec_soft_opts soft;
	struct dmavec_mock_opts mock;
	struct dmavec_space_info info = { .size = sizeof(info) };
	struct dmavec_space *space = NULL;

	memset(&soft, 0xff, sizeof(soft));
	soft.size = offsetof(struct dmavec_soft_opts, flush_count);
	soft.format = "amdv1";
	soft.lazy = 0;
	MUST_BE(f, dmavec_space_soft(&space, &soft), 0);
	CHECK_IS(f, dmavec_space_info(space, &info), 0);
	CHECK(f, info.windows[0].first == 0x1000 && info.windows[0].last == (1ull << 48) - 1);
	CHECK_IS(f, dmavec_space_close(space), 0);
	memset(&mock, 0xff, sizeof(mock));
	mock.size = offsetof(struct dmavec_mock_opts, granule);
	mock.fail_nth = 0;
	MUST_BE(f, dmavec_space_mock(&space, &mock), 0);
	CHECK_IS(f, dmavec_space_info(space, &info), 0);
	CHECK_IS(f, info.granule, 4096);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void opts_bad(struct fix *f)
{
	struct dmavec_soft_opts soft = { .size = sizeof(soft), .format = "no such format" };
	struct dmavec_mock_opts mock = { .size = sizeof(mock), .granule = 3000 };
	struct dmavec_window none = { 0x1000, 0x1000, 0 }, wraps = { 0x1000, ~0ull, 0x2000 };
	struct dmavec_direct_opts direct = { .size = sizeof(direct), .windows = &none, .nwindows = 1 };
	struct dmavec_space *space = NULL;

	CHECK_IS(f, dmavec_space_soft(&space, &soft), -EOPNOTSUPP);
	soft.format = NULL;
	soft.iova_min = 0x200000;
	soft.iova_max = 0x100000;
	CHECK_IS(f, dmavec_space_soft(&space, &soft), -EINVAL);
	CHECK_IS(f, dmavec_space_mock(&space, &mock), -EINVAL);
	CHECK_IS(f, dmavec_space_direct(&space, &direct), -EINVAL);
	direct.windows = &wraps;
	CHECK_IS(f, dmavec_space_direct(&space, &direct), -EINVAL);
	direct.windows = NULL;
	CHECK_IS(f, dmavec_space_direct(&space, &direct), -EINVAL);
	CHECK_IS(f, dmavec_space_direct(NULL, NULL), -EINVAL);
	CHECK_IS(f, dmavec_space_soft(NULL, NULL), -EINVAL);
	CHECK(f, space == NULL);
}

static void mock_refuses_untrusted(struct fix *f)
{
	struct dmavec_mock_opts opts = { .size = sizeof(opts), .no_isolation = 1 };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;

	MUST_BE(f, dmavec_space_mock(&space, &opts), 0);
	CHECK_IS(f, dmavec_dev_open(&dev, space, NULL, DMAVEC_DEV_UNTRUSTED), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

/* A checked device, where this build has them, still maps; its look-ups go the long way. */
static void checked_device(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 0, f->page);
	struct dmavec_dev *dev = NULL;
	int err = dmavec_dev_open(&dev, f->space, NULL, DMAVEC_DEV_CHECKED);
	dmavec_dma_t dma;

	if (err) {
		CHECK_IS(f, err, -EOPNOTSUPP);
		return;
	}
	CHECK_IS(f, dmavec_register(f->space, r.addr, r.len, 0), 0);
	CHECK_IS(f, dmavec_lookup(dev, r.addr, r.len, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_unregister(f->space, r.addr, r.len), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
}

const struct rule rules_options[] = {
	{ "structs that grow: limits", limits_sizes, 0, 0 },
	{ "structs that grow: plan", plan_sizes, 0, 0 },
	{ "structs that grow: space_info", info_sizes, 0, 0 },
	{ "section 5 space_info: an unused space", info_says, 0, 0 },
	{ "section 5 dev_open: a checked device", checked_device, 0, 0 },
	{ "structs that grow: options of the constructors", opts_sizes, SPACE_MOCK, 0 },
	{ "structs that grow: options as an older program knows them", opts_smaller, SPACE_MOCK, 0 },
	{ "section 5 constructors: what contradicts itself is -EINVAL", opts_bad, SPACE_MOCK, 0 },
	{ "section 5 mock: without isolation it takes no untrusted device", mock_refuses_untrusted, SPACE_MOCK, 0 },
	{ NULL, NULL, 0, 0 },
};
