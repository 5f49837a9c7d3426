/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What needs no space, and a space written against the contract alone. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static bool same_limits(const struct dmavec_limits *a, const struct dmavec_limits *b)
{
	return a->addr_min == b->addr_min && a->addr_max == b->addr_max && a->seg_len_max == b->seg_len_max &&
	       a->seg_boundary == b->seg_boundary && a->seg_align == b->seg_align && a->len_align == b->len_align &&
	       a->gap == b->gap && a->offset_mask == b->offset_mask && a->total_max == b->total_max &&
	       a->segs_max == b->segs_max;
}

static void merge_narrows(struct fix *f)
{
	struct dmavec_limits a = { .size = sizeof(a),
				   .addr_min = 0x1000,
				   .addr_max = 0xffffff,
				   .seg_len_max = 8192,
				   .seg_align = 4,
				   .segs_max = 9 };
	struct dmavec_limits b = { .size = sizeof(b),
				   .addr_min = 0x800,
				   .addr_max = 0xfffff,
				   .seg_len_max = 16384,
				   .seg_boundary = 65536,
				   .seg_align = 8,
				   .len_align = 2,
				   .gap = 512,
				   .total_max = 1 << 20,
				   .segs_max = 12 };
	const struct dmavec_limits want = { .addr_min = 0x1000,
					    .addr_max = 0xfffff,
					    .seg_len_max = 8192,
					    .seg_boundary = 65536,
					    .seg_align = 8,
					    .len_align = 2,
					    .gap = 512,
					    .total_max = 1 << 20,
					    .segs_max = 9 };
	struct dmavec_limits into = a, none = { .size = sizeof(none) };

	CHECK_IS(f, dmavec_limits_merge(&into, &b), 0);
	CHECK(f, same_limits(&into, &want));
	into = b;
	CHECK_IS(f, dmavec_limits_merge(&into, &a), 0);
	CHECK(f, same_limits(&into, &want));
	CHECK_IS(f, dmavec_limits_merge(&into, &none), 0);
	CHECK(f, same_limits(&into, &want));
	CHECK_IS(f, dmavec_limits_merge(&none, &want), 0);
	CHECK(f, same_limits(&none, &want));
}

static void merge_refuses(struct fix *f)
{
	struct dmavec_limits into = { .size = sizeof(into), .addr_min = 0x10000, .seg_len_max = 4096, .segs_max = 3 },
			     was = into;
	struct {
		struct dmavec_limits limits;
		uint64_t tail;
	} big = { { .size = sizeof(big) }, 1 };

	CHECK_IS(f, dmavec_limits_merge(&into, L(.addr_max = 0xffff)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, L(.seg_align = 8192)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, L(.gap = 8192)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, L(.seg_boundary = 3)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, L(.offset_mask = 6)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, L(.reserved = 1)), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, &big.limits), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(&into, NULL), -EINVAL);
	CHECK_IS(f, dmavec_limits_merge(NULL, &was), -EINVAL);
	CHECK(f, same_limits(&into, &was));
	big.tail = 0;
	CHECK_IS(f, dmavec_limits_merge(&into, &big.limits), 0);
	CHECK(f, same_limits(&into, &was));
	was.seg_align = 5;
	CHECK_IS(f, dmavec_limits_merge(&was, &into), -EINVAL);
}

static int one(const struct dmavec_limits *limits, uint64_t addr, uint64_t len)
{
	struct dmavec_seg seg = { addr, len };

	return dmavec_check_segs(limits, &seg, 1);
}

static void check_one(struct fix *f)
{
	const struct dmavec_limits none = { .size = sizeof(none) };

	CHECK_IS(f, one(&none, 0, 1), 0);
	CHECK_IS(f, one(&none, 0, ~0ull), 0);
	CHECK_IS(f, one(&none, ~0ull, 1), 0);
	CHECK_IS(f, one(&none, ~0ull, 2), -EINVAL);
	CHECK_IS(f, one(&none, 5, 0), -EINVAL);
	CHECK_IS(f, dmavec_check_segs(&none, NULL, 0), -EINVAL);
	CHECK_IS(f, one(L(.seg_align = 3), 0, 1), -EINVAL);
	CHECK_IS(f, one(L(.addr_min = 10), 10, 1), 0);
	CHECK_IS(f, one(L(.addr_min = 10), 9, 2), -ERANGE);
	CHECK_IS(f, one(L(.addr_max = 10), 10, 1), 0);
	CHECK_IS(f, one(L(.addr_max = 10), 10, 2), -ERANGE);
	CHECK_IS(f, one(L(.seg_len_max = 10), 10, 10), 0);
	CHECK_IS(f, one(L(.seg_len_max = 10), 10, 11), -ERANGE);
	CHECK_IS(f, one(L(.seg_boundary = 16), 16, 16), 0);
	CHECK_IS(f, one(L(.seg_boundary = 16), 17, 16), -ERANGE);
	CHECK_IS(f, one(L(.seg_align = 16), 32, 1), 0);
	CHECK_IS(f, one(L(.seg_align = 16), 40, 1), -ERANGE);
	CHECK_IS(f, one(L(.len_align = 16), 1, 32), 0);
	CHECK_IS(f, one(L(.len_align = 16), 1, 31), -ERANGE);
	CHECK_IS(f, one(L(.gap = 16), 1, 1), 0);
	CHECK_IS(f, one(L(.total_max = 16), 0, 17), -ERANGE);
}

static void check_several(struct fix *f)
{
	struct dmavec_seg segs[3] = { { 0x1800, 0x800 }, { 0x4000, 0x1000 }, { 0x8000, 5 } };

	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x1000), segs, 3), 0);
	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x1000, .segs_max = 3, .total_max = 0x1805), segs, 3), 0);
	CHECK_IS(f, dmavec_check_segs(L(.segs_max = 2), segs, 3), -ERANGE);
	CHECK_IS(f, dmavec_check_segs(L(.total_max = 0x1804), segs, 3), -ERANGE);
	segs[1].len = 0x800;
	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x1000), segs, 3), -ERANGE);
	segs[1].len = 0x1000;
	segs[2].addr = 0x8800;
	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x1000), segs, 3), -ERANGE);
	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x800), segs, 3), 0);
	segs[2].len = 0;
	CHECK_IS(f, dmavec_check_segs(L(.gap = 0x800), segs, 3), -EINVAL);
}

static void cut_names(struct fix *f)
{
	static const char *const names[] = {
		"none", "boundary", "length", "gap", "alignment", "run", "kind", "window"
	};
	int i;

	for (i = 0; i < 8; i++)
		CHECK(f, !strcmp(dmavec_cut_name((enum dmavec_cut)i), names[i]));
	CHECK(f, dmavec_cut_name((enum dmavec_cut)99) != NULL);
}

static void constants(struct fix *f)
{
	int x = 0;

	CHECK_IS(f, DMAVEC_VERSION_MAJOR, 0);
	CHECK(f, dmavec_ptr(dmavec_cpu(&x)) == &x);
	CHECK_IS(f, dmavec_cpu(NULL), 0);
}

/* ---- a space as its contract lets anyone write it: no IOMMU, device addresses are the CPU's plus a constant */

#define SHIFT 0x100000u

static int shift_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	++*(unsigned int *)ctx;
	*dma = addr + SHIFT;
	*run = len;
	return 0;
}

static void shift_close(void *ctx)
{
	*(unsigned int *)ctx = 9999;
}

static void other_close(void *ctx)
{
	(void)ctx;
}

static struct dmavec_space_desc shift_desc(void)
{
	struct dmavec_space_desc desc = { .size = sizeof(desc), .granule = 1, .last = ~0ull };

	desc.limits.size = sizeof(desc.limits);
	desc.limits.seg_len_max = 4096;
	return desc;
}

static void own_space(struct fix *f)
{
	const struct dmavec_space_ops ops = { .size = sizeof(ops), .lookup = shift_lookup, .close = shift_close };
	struct dmavec_space_desc desc = shift_desc();
	static unsigned char mem[3 * 4096];
	struct dmavec_range r = { dmavec_cpu(mem), 10000 };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	unsigned int calls = 0;
	static struct held h;
	unsigned char byte;

	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &calls), 0);
	CHECK(f, dmavec_space_ctx(space, shift_close) == &calls);
	CHECK(f, dmavec_space_ctx(space, other_close) == NULL);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	MUST(f, suite_map(f, dev, &h, 8, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, h.map.nsegs, 3); /* the space's own limit */
	CHECK_IS(f, h.segs[0].addr, r.addr + SHIFT);
	CHECK(f, calls >= 1);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -EOPNOTSUPP);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, DMAVEC_RELAXED), 0); /* a hint may be ignored */
	CHECK_IS(f, dmavec_space_read(space, r.addr + SHIFT, &byte, 1), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_space_write(space, r.addr + SHIFT, &byte, 1), -EOPNOTSUPP);
	CHECK_IS(f, dmavec_space_close(space), -EBUSY);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
	CHECK_IS(f, calls, 9999);
}

/* ---- the same, but not coherent: it counts the bytes that it is told of */

struct told {
	unsigned int close; /* what shift_close writes */
	uint64_t cpu, device;
};

static int told_for_cpu(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	(void)dma;
	((struct told *)ctx)->cpu += len;
	return 0;
}

static int told_for_device(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	(void)dma;
	((struct told *)ctx)->device += len;
	return 0;
}

/* One mapping, one sync of each kind by hand in the middle; the bytes told of: at map, by hand, at unmap. */
static void told_of(struct fix *f, struct dmavec_dev *dev, struct told *told, unsigned int flags,
		    unsigned int unmap_flags, const uint64_t want[4])
{
	static unsigned char mem[3 * 4096];
	struct dmavec_range r = { dmavec_cpu(mem), 10000 };
	static struct held h;

	told->cpu = told->device = 0;
	MUST(f, suite_map(f, dev, &h, 8, &r, 1, DMAVEC_BIDIRECTIONAL, flags));
	CHECK_IS(f, told->device, want[0]);
	CHECK_IS(f, told->cpu, 0);
	told->device = 0;
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 4000, 200), 0); /* across two segments */
	CHECK_IS(f, told->device, want[1]);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 4000, 300), 0);
	CHECK_IS(f, told->cpu, want[2]);
	told->cpu = 0;
	CHECK_IS(f, dmavec_unmap(dev, &h.map, unmap_flags), 0);
	CHECK_IS(f, told->cpu, want[3]);
}

/* Peer memory by the flags of its ranges is peer memory as well. */
static void told_of_peer_batch(struct fix *f, struct dmavec_dev *dev, struct told *told)
{
	static unsigned char mem[4096];
	static struct held h;

	suite_init(&h, 4);
	told->cpu = told->device = 0;
	MUST_BE(f, dmavec_begin(dev, &h.map, 4096, 1, DMAVEC_BIDIRECTIONAL, 0), 0);
	CHECK_IS(f, dmavec_add(&h.map, dmavec_cpu(mem), 4096, DMAVEC_MMIO), 0);
	CHECK_IS(f, dmavec_finish(&h.map), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, told->cpu == 0 && told->device == 0);
}

/* A mapping that is to be synced at unmap needs its device until then. */
static void told_keeps_device(struct fix *f, struct dmavec_dev *dev)
{
	static unsigned char mem[4096];
	struct dmavec_range r = { dmavec_cpu(mem), 4096 };
	static struct held h;

	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_dev_close(dev), -EBUSY);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void not_coherent(struct fix *f)
{
	const struct dmavec_space_ops ops = { .size = sizeof(ops),
					      .lookup = shift_lookup,
					      .close = shift_close,
					      .sync_for_cpu = told_for_cpu,
					      .sync_for_device = told_for_device };
	struct dmavec_space_desc desc = shift_desc();
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	struct told told = { 0, 0, 0 };

	desc.map_flags = DMAVEC_MMIO;
	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &told), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	told_of(f, dev, &told, 0, 0, (const uint64_t[]){ 10000, 200, 300, 10000 });
	told_of(f, dev, &told, DMAVEC_SKIP_SYNC, DMAVEC_SKIP_SYNC, (const uint64_t[]){ 0, 200, 300, 0 });
	told_of(f, dev, &told, DMAVEC_SKIP_SYNC, 0, (const uint64_t[]){ 0, 200, 300, 10000 });
	told_of(f, dev, &told, 0, DMAVEC_SKIP_SYNC, (const uint64_t[]){ 10000, 200, 300, 0 });
	told_of(f, dev, &told, DMAVEC_MMIO, 0, (const uint64_t[]){ 0, 0, 0, 0 });
	told_of_peer_batch(f, dev, &told);
	told_keeps_device(f, dev);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void bad_spaces(struct fix *f)
{
	const struct dmavec_space_ops good = { .size = sizeof(good), .lookup = shift_lookup, .close = shift_close };
	struct dmavec_space_ops no_ops = { .size = sizeof(no_ops), .close = shift_close };
	struct dmavec_space_desc desc = shift_desc();
	struct dmavec_space *space = NULL;
	unsigned int calls = 0;

	desc.granule = 3;
	CHECK_IS(f, dmavec_space_create(&space, &desc, &good, &calls), -EINVAL);
	desc.granule = 4096; /* an IOMMU, but nothing that reserves */
	CHECK_IS(f, dmavec_space_create(&space, &desc, &good, &calls), -EINVAL);
	desc = shift_desc();
	CHECK_IS(f, dmavec_space_create(&space, &desc, &no_ops, &calls), -EINVAL);
	desc.last = 5;
	desc.first = 6;
	CHECK_IS(f, dmavec_space_create(&space, &desc, &good, &calls), -EINVAL);
	desc = shift_desc();
	desc.limits.gap = 3;
	CHECK_IS(f, dmavec_space_create(&space, &desc, &good, &calls), -EINVAL);
	desc = shift_desc();
	CHECK_IS(f, dmavec_space_create(&space, &desc, NULL, &calls), -EINVAL);
	CHECK_IS(f, dmavec_space_create(&space, NULL, &good, &calls), -EINVAL);
	CHECK_IS(f, dmavec_space_create(NULL, &desc, &good, &calls), -EINVAL);
	CHECK(f, space == NULL && calls == 0); /* ctx stays the caller's */
}

const struct rule rules_alone[] = {
	{ "section 5 limits_merge: narrows, either way round", merge_narrows, 0, 0 },
	{ "section 5 limits_merge: -EINVAL leaves *into as it was", merge_refuses, 0, 0 },
	{ "section 5 check_segs: one segment", check_one, 0, 0 },
	{ "section 5 check_segs: several", check_several, 0, 0 },
	{ "section 5 cut_name: a word for each", cut_names, 0, 0 },
	{ "section 5 names: version, pointers and addresses", constants, 0, 0 },
	{ "section 5 spaces: one written against the contract alone", own_space, 0, 0 },
	{ "rule 6.11 sync: a space that is not coherent is told at map and unmap, but of peer memory", not_coherent, 0,
	  0 },
	{ "section 5 spaces: descriptions that contradict themselves", bad_spaces, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
