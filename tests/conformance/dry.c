/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Dry spaces: addresses that no memory stands behind, whatever is asked of them. */
#include "suite.h"

#include <dmavec/source.h>

#define NOWHERE UINT64_C(0x123450000000) /* nothing is there, nor anywhere near the top of 64 bits */
#define L(...)  (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static struct dmavec_space *open_direct(struct dmavec_range bounce)
{
	struct dmavec_direct_opts opts = { .size = sizeof(opts), .bounce = bounce, .dry = 1 };
	struct dmavec_space *space = NULL;

	return dmavec_space_direct(&space, &opts) ? NULL : space;
}

static struct dmavec_space *open_soft(int lazy)
{
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .lazy = lazy, .dry = 1 };
	struct dmavec_space *space = NULL;

	return dmavec_space_soft(&space, &opts) ? NULL : space;
}

static uint64_t bounced(struct dmavec_space *space)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	return dmavec_space_info(space, &info) ? 0 : info.bounced_bytes;
}

/* Map, sync both ways, unmap: were a byte touched, this would not return. The bytes bounced, or an error. */
static int64_t touch_nothing(struct fix *f, struct dmavec_dev *dev, struct dmavec_space *space,
                             const struct dmavec_range *ranges, size_t n, struct dmavec_map *map)
{
	struct dmavec_plan plan = { .size = sizeof(plan) };
	int64_t bytes;
	int err = dmavec_map(dev, map, ranges, n, DMAVEC_BIDIRECTIONAL, 0);

	if (err)
		return err;
	bytes = (int64_t)bounced(space);
	CHECK_IS(f, dmavec_plan(dev, ranges, n, DMAVEC_BIDIRECTIONAL, 0, &plan), 0);
	CHECK_IS(f, plan.bounce_bytes, bytes);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, map, 0, map->len), 0);
	CHECK_IS(f, dmavec_sync_for_device(dev, map, 1, map->len - 1), 0);
	CHECK_IS(f, dmavec_unmap(dev, map, 0), 0);
	return bytes;
}

static void dry_direct(struct fix *f)
{
	struct dmavec_range ranges[] = { { NOWHERE + 0x10, 0x1000 }, { NOWHERE + 0x8020, 0x30 } };
	struct dmavec_space *space = open_direct((struct dmavec_range){ 0x100000, 0x10000 });
	struct dmavec_seg segs[4];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 4);
	struct dmavec_dev *dev;

	MUST(f, space != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.seg_align = 16), 0), 0);
	CHECK_IS(f, touch_nothing(f, dev, space, ranges, 2, &map), 0);
	CHECK(f, segs[0].addr == ranges[0].addr && segs[1].addr == ranges[1].addr);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.addr_max = 0xffffff), 0), 0);
	CHECK_IS(f, touch_nothing(f, dev, space, ranges, 2, &map), 0x1030);
	CHECK(f, segs[0].addr >= 0x100000 && segs[0].addr < 0x110000);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void dry_soft(struct fix *f)
{
	struct dmavec_range ranges[] = { { NOWHERE + 0x10, 0x1000 }, { NOWHERE + 0x8020, 0x30 } };
	struct dmavec_seg segs[4];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 4);
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned int flags = i & 1 ? DMAVEC_DEV_UNTRUSTED : 0;

		space = open_soft(i & 2);
		MUST(f, space != NULL);
		MUST_BE(f, dmavec_dev_open(&dev, space, L(.gap = 4096), flags), 0);
		CHECK_IS(f, touch_nothing(f, dev, space, ranges, 1, &map), flags ? 0x1000 : 0);
		CHECK_IS(f, touch_nothing(f, dev, space, ranges, 2, &map), flags ? 0x1030 : 0x40);
		CHECK_IS(f, dmavec_dev_close(dev), 0);
		CHECK_IS(f, dmavec_space_close(space), 0);
	}
}

/* Windows over memory that is not there, the bounce range among them. */
static void dry_windows(struct fix *f)
{
	struct dmavec_window memory = { NOWHERE, NOWHERE, 1u << 28 };
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .memory = &memory, .nmemory = 1, .dry = 1,
	                                 .bounce = { NOWHERE + (1u << 27), 1u << 27 } };
	struct dmavec_range ranges[] = { { NOWHERE + 0x10, 0x1000 }, { NOWHERE + 0x8020, 0x30 } };
	struct dmavec_seg segs[4];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 4);
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	int untrusted;

	for (untrusted = 0; untrusted < 2; untrusted++) {
		MUST_BE(f, dmavec_space_soft(&space, &opts), 0);
		MUST_BE(f, dmavec_dev_open(&dev, space, L(.gap = 4096), untrusted ? DMAVEC_DEV_UNTRUSTED : 0), 0);
		CHECK_IS(f, touch_nothing(f, dev, space, ranges, 2, &map), untrusted ? 0x1030 : 0x40);
		CHECK_IS(f, dmavec_dev_close(dev), 0);
		CHECK_IS(f, dmavec_space_close(space), 0);
	}
}

/* More than any machine has, and nothing that the process's own memory could collide with. */
static void dry_beyond_machine(struct fix *f)
{
	struct dmavec_range huge = { NOWHERE + 16, UINT64_C(1) << 44 };
	struct dmavec_range far[] = { { 0xfff00000, 4096 }, { 0x108004000, 4096 } };
	struct dmavec_space *spaces[] = { open_soft(0), open_direct((struct dmavec_range){ 0x1000, huge.len * 2 }),
	                                  open_direct((struct dmavec_range){ 0, 0 }) };
	struct dmavec_seg segs[4];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 4);
	struct dmavec_dev *dev;
	size_t i;

	for (i = 0; i < 2; i++) {
		MUST(f, spaces[i] != NULL);
		MUST_BE(f, dmavec_dev_open(&dev, spaces[i], L(.seg_align = 4096), 0), 0);
		CHECK_IS(f, touch_nothing(f, dev, spaces[i], &huge, 1, &map), (int64_t)huge.len);
		CHECK_IS(f, dmavec_dev_close(dev), 0);
		CHECK_IS(f, dmavec_space_close(spaces[i]), 0);
	}
	MUST(f, spaces[2] != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, spaces[2], L(.addr_max = 0xffffffff), 0), 0);
	CHECK_IS(f, dmavec_map(dev, &map, far, 2, DMAVEC_TO_DEVICE, 0), -ERANGE);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(spaces[2]), 0);
}

/* The last address of all, and the first: nothing follows the one. */
static void top_and_bottom(struct fix *f)
{
	struct dmavec_range ranges[] = { { UINT64_MAX - 4095, 4096 }, { 0, 4096 } };
	struct dmavec_space *space = open_direct((struct dmavec_range){ 0, 0 });
	enum dmavec_cut why = DMAVEC_CUT_NONE;
	struct dmavec_seg segs[4];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 4);
	struct dmavec_dev *dev;

	MUST(f, space != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	MUST_BE(f, dmavec_map(dev, &map, ranges, 2, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, map.nsegs, 2);
	CHECK_IS(f, dmavec_cut_reason(dev, ranges, NULL, 2, segs, 2, 0, &why), 0);
	CHECK_IS(f, why, DMAVEC_CUT_RUN);
	CHECK_IS(f, dmavec_unmap(dev, &map, 0), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void dry_without_memory(struct fix *f)
{
	struct dmavec_space *spaces[] = { open_direct((struct dmavec_range){ 0, 0 }), open_soft(0) };
	struct dmavec_dev *dev;
	struct dmavec_buf buf;
	dmavec_dma_t dma;
	char byte = 0;
	size_t i;

	for (i = 0; i < 2; i++) {
		MUST(f, spaces[i] != NULL);
		MUST_BE(f, dmavec_dev_open(&dev, spaces[i], NULL, 0), 0);
		CHECK_IS(f, dmavec_alloc(dev, 64, 0, &buf), -EOPNOTSUPP);
		CHECK_IS(f, dmavec_register_fd(spaces[i], 0, 0, 4096, 0, &dma), -EOPNOTSUPP);
		CHECK_IS(f, dmavec_space_read(spaces[i], 0x1000, &byte, 1), -EOPNOTSUPP);
		CHECK_IS(f, dmavec_space_write(spaces[i], 0x1000, &byte, 1), -EOPNOTSUPP);
		CHECK_IS(f, dmavec_register(spaces[i], NOWHERE, 0x3000, 0), 0);
		CHECK_IS(f, dmavec_lookup(dev, NOWHERE + 1, 0x1000, DMAVEC_TO_DEVICE, &dma), 0);
		CHECK_IS(f, dmavec_dev_close(dev), 0);
		CHECK_IS(f, dmavec_space_close(spaces[i]), 0);
	}
}

static void dry_options(struct fix *f)
{
	struct dmavec_direct_opts direct = { .size = sizeof(direct), .reserved2 = 1 };
	struct dmavec_soft_opts soft = { .size = sizeof(soft), .reserved2 = 1 };
	struct dmavec_space *space;

	CHECK_IS(f, dmavec_space_direct(&space, &direct), -EINVAL);
	CHECK_IS(f, dmavec_space_soft(&space, &soft), -EINVAL);
}

/* ---- ranges of mixed kinds */

struct mixed {
	struct dmavec_source source;
	const struct dmavec_range *ranges;
	const uint32_t *flags;
	size_t n, at;
};

static size_t mixed_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *flags, size_t max)
{
	struct mixed *m = (struct mixed *)source;
	size_t n;

	for (n = 0; n < max && m->at < m->n; n++, m->at++) {
		ranges[n] = m->ranges[m->at];
		flags[n] = m->flags[m->at];
	}
	return n;
}

static void mixed_rewind(struct dmavec_source *source)
{
	((struct mixed *)source)->at = 0;
}

/* Plan, explanation and mapping agree, on success and on failure. */
static int agree(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *flags, size_t n,
                 struct dmavec_plan *plan, char text[400])
{
	struct mixed m = { { mixed_fill, mixed_rewind }, ranges, flags, n, 0 };
	struct dmavec_seg segs[16];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, 16);
	int err = dmavec_map_source(dev, &map, &m.source, DMAVEC_TO_DEVICE, 0);

	plan->size = sizeof(*plan);
	CHECK_IS(f, dmavec_plan_mixed(dev, ranges, flags, n, DMAVEC_TO_DEVICE, 0, plan), err);
	CHECK_IS(f, dmavec_explain_mixed(dev, ranges, flags, n, DMAVEC_TO_DEVICE, 0, text, 400), err);
	if (!err) {
		CHECK_IS(f, map.nsegs, plan->nsegs);
		CHECK_IS(f, dmavec_unmap(dev, &map, 0), 0);
	}
	return err;
}

/* Too many segments: whichever comes first, the peer memory is why they cannot be one. */
static void mixed_crowd(struct fix *f)
{
	struct dmavec_range ranges[] = { { 0x100000, 0x1000 }, { 0x300000, 0x1000 } };
	uint32_t flags[2][2] = { { 0, DMAVEC_MMIO }, { DMAVEC_MMIO, 0 } };
	struct dmavec_space *space = open_direct((struct dmavec_range){ 0x200000, 0x10000 });
	struct dmavec_plan plan;
	struct dmavec_dev *dev;
	char text[400];
	int i;

	MUST(f, space != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.segs_max = 1), 0), 0);
	for (i = 0; i < 2; i++) {
		CHECK_IS(f, agree(f, dev, ranges, flags[i], 2, &plan, text), -E2BIG);
		CHECK(f, strstr(text, "segs_max") && strstr(text, "peer memory is never bounced"));
	}
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

/* Out of reach, and too much for one segment of bounce memory: the latter is what cannot be helped. */
static void explain_last(struct fix *f)
{
	struct dmavec_range range = { 0x2000000, 0x18000 };
	struct dmavec_space *space = open_direct((struct dmavec_range){ 0x200000, 0x100000 });
	struct dmavec_plan plan;
	struct dmavec_dev *dev;
	uint32_t flags = 0;
	char text[400];

	MUST(f, space != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.addr_max = 0xffffff, .seg_len_max = 0x10000, .segs_max = 1), 0), 0);
	CHECK_IS(f, agree(f, dev, &range, &flags, 1, &plan, text), -E2BIG);
	CHECK(f, strstr(text, "segs_max 1 allows; a bounce would not help") && !strstr(text, "outside"));
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void mixed_kinds(struct fix *f)
{
	struct dmavec_range ranges[] = { { 0x100000, 0x1000 }, { 0x101000, 0x1000 }, { 0x40000000, 0x1000 } };
	uint32_t peer[] = { 0, DMAVEC_MMIO, 0 }, far_peer[] = { 0, 0, DMAVEC_MMIO }, unknown[] = { 0, 0x2, 0 };
	struct dmavec_space *space = open_direct((struct dmavec_range){ 0x200000, 0x10000 });
	struct dmavec_plan plan;
	struct dmavec_dev *dev;
	char text[400];

	MUST(f, space != NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.addr_max = 0xffffff), 0), 0);
	CHECK_IS(f, agree(f, dev, ranges, peer, 3, &plan, text), 0);
	CHECK(f, plan.nsegs == 3 && plan.bounce_bytes == 0x1000 && strstr(text, "cut by kind 2 times"));
	CHECK_IS(f, agree(f, dev, ranges, far_peer, 3, &plan, text), -ERANGE);
	CHECK(f, strstr(text, "range 2 ") && strstr(text, "peer memory is never bounced"));
	CHECK_IS(f, dmavec_explain_mixed(dev, ranges, unknown, 3, DMAVEC_TO_DEVICE, 0, text, 400), -EINVAL);
	CHECK(f, strstr(text, "range 1 ") && strstr(text, "flags"));
	CHECK_IS(f, dmavec_plan_mixed(dev, ranges, unknown, 3, DMAVEC_TO_DEVICE, 0, &plan), -EINVAL);
	CHECK_IS(f, dmavec_plan_mixed(dev, ranges, NULL, 3, DMAVEC_TO_DEVICE, 0, &plan), 0);
	CHECK_IS(f, plan.nsegs, 2);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

const struct rule rules_dry[] = {
	{ "space.h dry: a direct space touches no byte, its bounce memory included", dry_direct, 0, 0 },
	{ "space.h dry: nor does a soft one, strict, lazy, trusted or not", dry_soft, 0, 0 },
	{ "space.h dry: nor where its memory is windows, and the bounce range in one", dry_windows, 0, 0 },
	{ "space.h dry: more than a machine has; nothing of the process's own is handed out", dry_beyond_machine, 0, 0 },
	{ "section 5 cut_reason: the first address does not follow the last one", top_and_bottom, 0, 0 },
	{ "space.h dry: what would need memory is -EOPNOTSUPP, registering does not", dry_without_memory, 0, 0 },
	{ "space.h dry: reserved options are zero", dry_options, 0, 0 },
	{ "section 5 plan, explain: ranges of mixed kinds, as a source brings them", mixed_kinds, 0, 0 },
	{ "section 5 explain: peer memory among too many segments", mixed_crowd, 0, 0 },
	{ "section 5 explain: what cannot be helped, not what failed first", explain_last, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
