/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rule 6.11: sync of any part, what a bounce starts with, what it copies, what it keeps of an address. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

/* Two odd ranges that this device cannot take as they are, on any space. */
struct odd {
	struct dmavec_dev *dev;
	struct dmavec_range r[2];
};

static struct odd odd_ranges(struct fix *f)
{
	struct odd o = { suite_dev(f, L(.seg_align = 64, .segs_max = 1), 0),
			 { suite_range(f, 2, 3, 300), suite_range(f, 7, 9, 5000) } };

	return o;
}

static bool odd_map(struct fix *f, struct odd *o, struct held *h, enum dmavec_dir dir, unsigned int flags)
{
	*o = odd_ranges(f);
	return o->dev && suite_map(f, o->dev, h, 4, o->r, 2, dir, flags) &&
	       CHECK_IS(f, suite_info(f).bounced_bytes, 5300);
}

static unsigned char *byte_at(const struct dmavec_range *r, uint64_t i)
{
	return (unsigned char *)dmavec_ptr(i < r[0].len ? r[0].addr + i : r[1].addr + (i - r[0].len));
}

static void for_device(struct fix *f, enum dmavec_dir dir)
{
	const uint64_t from[4] = { 0, 299, 290, 5299 }, len[4] = { 1, 2, 700, 1 };
	static struct held h;
	struct odd o;
	unsigned int i;
	uint64_t k;

	MUST(f, odd_map(f, &o, &h, dir, 0));
	for (i = 0; i < 4; i++) {
		unsigned char before[5300];

		for (k = 0; k < 5300; k++) {
			before[k] = (unsigned char)suite_read(f, h.segs[0].addr + k);
			*byte_at(o.r, k) = (unsigned char)(before[k] + 1 + i);
		}
		CHECK_IS(f, dmavec_sync_for_device(o.dev, &h.map, from[i], len[i]), 0);
		for (k = 0; k < 5300; k++) {
			bool part = k >= from[i] && k < from[i] + len[i];

			MUST_BE(f, suite_read(f, h.segs[0].addr + k), part ? *byte_at(o.r, k) : before[k]);
		}
	}
	CHECK_IS(f, dmavec_unmap(o.dev, &h.map, DMAVEC_SKIP_SYNC), 0);
}

static void sync_for_device(struct fix *f)
{
	for_device(f, DMAVEC_TO_DEVICE);
	suite_restore(f);
	for_device(f, DMAVEC_BIDIRECTIONAL);
}

static void for_cpu(struct fix *f, enum dmavec_dir dir)
{
	const uint64_t from[4] = { 0, 299, 290, 5299 }, len[4] = { 1, 2, 700, 1 };
	static struct held h;
	struct odd o;
	unsigned int i;
	uint64_t k;

	MUST(f, odd_map(f, &o, &h, dir, 0));
	for (i = 0; i < 4; i++) {
		suite_restore(f);
		CHECK(f, suite_dev_writes(f, &h.map, 0, 5300, 20 + i));
		CHECK(f, suite_rest_is_whole(f, NULL, 0));
		CHECK_IS(f, dmavec_sync_for_cpu(o.dev, &h.map, from[i], len[i]), 0);
		CHECK(f, suite_memory_has(o.r, 2, from[i], len[i], 20 + i));
		for (k = from[i]; k < from[i] + len[i]; k++) /* and no other byte */
			*byte_at(o.r, k) = f->shadow[byte_at(o.r, k) - f->ts.area];
		CHECK(f, suite_rest_is_whole(f, NULL, 0));
	}
	CHECK_IS(f, dmavec_unmap(o.dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(o.r, 2, 0, 5300, 23));
	CHECK(f, suite_rest_is_whole(f, o.r, 2));
}

static void sync_for_cpu(struct fix *f)
{
	for_cpu(f, DMAVEC_FROM_DEVICE);
	suite_restore(f);
	for_cpu(f, DMAVEC_BIDIRECTIONAL);
}

static void sync_unbounced(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r[2] = { suite_range(f, 2, 3, 300), suite_range(f, 7, 9, 5000) };
	static struct held h;

	MUST(f, dev && suite_map(f, dev, &h, 4, r, 2, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
	memset(dmavec_ptr(r[0].addr), 1, 300);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 10, 400), 0);
	CHECK(f, suite_sees(f, &h.map, r, 2));
	CHECK(f, suite_dev_writes(f, &h.map, 0, 5300, 3));
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 299, 4000), 0);
	CHECK(f, suite_memory_has(r, 2, 299, 4000, 3));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void sync_bounds(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range r = suite_range(f, 2, 3, 300);
	static struct held h;

	suite_init(&h, 4);
	MUST(f, dev != NULL);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, 1), -EINVAL);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 0, 1), -EINVAL);
	MUST(f, suite_map(f, dev, &h, 4, &r, 1, DMAVEC_BIDIRECTIONAL, 0));
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, 301), -EINVAL);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 300, 1), -EINVAL);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 299, 2), -EINVAL);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 2, ~0ull), -EINVAL);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, 300), 0);
	CHECK_IS(f, dmavec_sync_for_device(dev, &h.map, 299, 1), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, dmavec_sync_for_cpu(dev, &h.map, 0, 1), -EINVAL);
}

/* A device that writes a part only must not wipe the rest. */
static void starts_with_original(struct fix *f)
{
	static struct held h;
	struct dmavec_range part[1];
	struct odd o;

	MUST(f, odd_map(f, &o, &h, DMAVEC_FROM_DEVICE, 0));
	CHECK(f, suite_dev_writes(f, &h.map, 1000, 17, 5));
	CHECK_IS(f, dmavec_unmap(o.dev, &h.map, 0), 0);
	CHECK(f, suite_memory_has(o.r, 2, 1000, 17, 5));
	part[0].addr = o.r[1].addr + 700;
	part[0].len = 17;
	CHECK(f, suite_rest_is_whole(f, part, 1));
}

static void to_device_not_back(struct fix *f)
{
	static struct held h;
	struct odd o;

	MUST(f, odd_map(f, &o, &h, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, o.r, 2));
	memset(dmavec_ptr(o.r[1].addr), 0x42, 5000);
	CHECK_IS(f, dmavec_sync_for_cpu(o.dev, &h.map, 0, h.map.len), 0);
	CHECK(f, *byte_at(o.r, 300) == 0x42 && *byte_at(o.r, 5299) == 0x42);
	CHECK_IS(f, dmavec_unmap(o.dev, &h.map, 0), 0);
	CHECK(f, *byte_at(o.r, 300) == 0x42 && *byte_at(o.r, 5299) == 0x42);
	suite_restore(f);
}

static void skip_sync(struct fix *f)
{
	static struct held h;
	struct odd o;

	MUST(f, odd_map(f, &o, &h, DMAVEC_BIDIRECTIONAL, DMAVEC_SKIP_SYNC));
	CHECK_IS(f, dmavec_sync_for_device(o.dev, &h.map, 0, h.map.len), 0);
	CHECK(f, suite_sees(f, &h.map, o.r, 2));
	CHECK(f, suite_dev_writes(f, &h.map, 0, h.map.len, 8));
	CHECK_IS(f, dmavec_sync_for_cpu(o.dev, &h.map, 400, 100), 0);
	CHECK_IS(f, dmavec_unmap(o.dev, &h.map, DMAVEC_SKIP_SYNC), 0);
	CHECK(f, suite_memory_has(o.r, 2, 400, 100, 8));
	memcpy(byte_at(o.r, 400), f->shadow + (byte_at(o.r, 400) - f->ts.area), 100);
	CHECK(f, suite_rest_is_whole(f, NULL, 0));
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
}

static void offset_kept(struct fix *f)
{
	const uint64_t masks[] = { 0, 0xff, 0xfff }, aligns[] = { 0, 4, 64 };
	unsigned int i, k;
	static struct held h;

	for (i = 0; i < 3; i++)
		for (k = 1; k < 3; k++) {
			struct dmavec_dev *dev = suite_dev(f, L(.seg_align = aligns[k], .offset_mask = masks[i]), 0);
			struct dmavec_range r = suite_range(f, 2, 0xabd + k * 2, 700);
			uint64_t keep = masks[i] & ~(aligns[k] - 1);

			MUST(f, dev && suite_map(f, dev, &h, 4, &r, 1, DMAVEC_TO_DEVICE, 0));
			CHECK_IS(f, suite_info(f).bounced_bytes, 700);
			CHECK_IS(f, h.segs[0].addr & keep, r.addr & keep);
			CHECK_IS(f, h.segs[0].addr & (aligns[k] - 1), 0);
			CHECK(f, suite_sees(f, &h.map, &r, 1));
			CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
			suite_dev_close(f, dev);
		}
}

/* Without an IOMMU, memory above what the device can use comes down, whole address bits kept. */
static void low_device(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.addr_max = suite_low_max(f), .offset_mask = 0xfff), 0);
	struct dmavec_range r[3] = { suite_range(f, 2, 0x123, 700), suite_range(f, 9, 0, 3 * f->page),
				     suite_range(f, 20, 1, 1) };
	static struct held h;
	uint32_t i;

	MUST(f, dev && suite_round(f, dev, r, 3, 0));
	MUST(f, suite_map(f, dev, &h, 8, r, 3, DMAVEC_TO_DEVICE, 0));
	CHECK_IS(f, suite_info(f).bounced_bytes, h.map.len);
	CHECK_IS(f, suite_info(f).mappings, 1);
	CHECK_IS(f, h.segs[0].addr & 0xfff, 0x123);
	for (i = 0; i < h.map.nsegs; i++)
		CHECK(f, h.segs[i].addr + h.segs[i].len - 1 <= suite_low_max(f));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, suite_try(dev, 8, r, 3, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE), -ERANGE);
	CHECK_IS(f, suite_try(dev, 8, r, 3, DMAVEC_TO_DEVICE, DMAVEC_MMIO), -ERANGE);
}

static void no_bounce_memory(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 2, 1, 700);
	struct dmavec_direct_opts direct = { .size = sizeof(direct), .windows = &f->ts.window, .nwindows = 1 };
	struct dmavec_soft_opts soft = { .size = sizeof(soft), .memory = &f->ts.window, .nmemory = 1 };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	struct dmavec_buf buf;

	if (f->ts.traits & SPACE_DIRECT)
		MUST_BE(f, dmavec_space_direct(&space, &direct), 0);
	else
		MUST_BE(f, dmavec_space_soft(&space, &soft), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, L(.seg_align = 64), 0), 0);
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0), -ERANGE);
	CHECK_IS(f, dmavec_alloc(dev, 4096, 0, &buf), -ERANGE);
	r.addr -= 1;
	CHECK_IS(f, suite_try(dev, 8, &r, 1, DMAVEC_TO_DEVICE, 0), 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void many_bounced(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, L(.seg_align = 64), 0);
	static struct held h[36];
	struct dmavec_range r[36];
	unsigned int i;

	for (i = 0; i < 36; i++) {
		r[i] = suite_range(f, i, 1 + i, (i + 1) * 64);
		MUST(f, dev && suite_map(f, dev, &h[i], 4, &r[i], 1, DMAVEC_BIDIRECTIONAL, 0));
		CHECK(f, suite_dev_writes(f, &h[i].map, 0, r[i].len, i));
	}
	for (i = 0; i < 36; i++) {
		CHECK_IS(f, dmavec_unmap(dev, &h[i * 7 % 36].map, 0), 0);
		CHECK(f, suite_memory_has(&r[i * 7 % 36], 1, 0, ~0ull, i * 7 % 36));
	}
	CHECK(f, suite_rest_is_whole(f, r, 36));
	CHECK_IS(f, suite_info(f).bounced_bytes, 0);
}

/* A device that can take no byte of the area as it is, and each mapping as one segment. */
static struct dmavec_dev *bouncing_dev(struct fix *f)
{
	if (f->ts.traits & SPACE_IOMMU)
		return suite_dev(f, L(.seg_align = 64, .segs_max = 1), 0);
	return suite_dev(f, L(.addr_max = suite_low_max(f), .segs_max = 1), 0);
}

/* Each longer than all before: whatever the pool has got so far is too short in one piece. */
static void longer_and_longer(struct fix *f)
{
	struct dmavec_range r = { dmavec_cpu(f->ts.area + 1), 1u << 20 };
	struct dmavec_dev *dev = bouncing_dev(f);
	static struct held h;
	unsigned int i;

	for (i = 0; dev && i < 80; i++, r.len += 4096) {
		MUST(f, suite_map(f, dev, &h, 1, &r, 1, DMAVEC_FROM_DEVICE, 0));
		CHECK_IS(f, suite_info(f).bounced_bytes, r.len);
		CHECK_IS(f, suite_write(f, h.segs[0].addr + r.len - 1, (unsigned char)i), 0);
		CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
		MUST_BE(f, f->ts.area[r.len], (unsigned char)i);
	}
	CHECK(f, suite_info(f).bounce_pool_bytes <= 64u << 20);
}

#define AT_ONCE 70u

/* Far more than one arena, each mapping with its own bytes to the end. */
static void much_at_once(struct fix *f)
{
	struct dmavec_range r = { dmavec_cpu(f->ts.area + 1), f->ts.traits & SPACE_MOCK ? f->page : 1u << 20 };
	struct dmavec_dev *dev = bouncing_dev(f);
	static struct dmavec_map maps[AT_ONCE];
	static struct dmavec_seg segs[AT_ONCE];
	unsigned int i, got;

	for (got = 0; dev && got < AT_ONCE; got++) {
		maps[got] = (struct dmavec_map)DMAVEC_MAP_INIT(&segs[got], 1);
		if (!CHECK_IS(f, dmavec_map(dev, &maps[got], &r, 1, DMAVEC_BIDIRECTIONAL, 0), 0))
			break;
		CHECK_IS(f, suite_write(f, segs[got].addr, (unsigned char)got), 0);
		CHECK_IS(f, suite_write(f, segs[got].addr + r.len - 1, (unsigned char)~got), 0);
	}
	CHECK_IS(f, suite_info(f).bounced_bytes, got * r.len);
	for (i = 0; i < got; i++) {
		CHECK_IS(f, suite_read(f, segs[i].addr), (unsigned char)i);
		CHECK_IS(f, suite_read(f, segs[i].addr + r.len - 1), (unsigned char)~i);
		CHECK_IS(f, dmavec_unmap(dev, &maps[i], DMAVEC_SKIP_SYNC), 0);
	}
	CHECK(f, suite_rest_is_whole(f, NULL, 0));
}

const struct rule rules_bounce[] = {
	{ "rule 6.11 sync: for device, any part of a bounce and no more", sync_for_device, 0, 0 },
	{ "rule 6.11 sync: for CPU, any part of a bounce and no more", sync_for_cpu, 0, 0 },
	{ "rule 6.11 sync: where nothing is bounced", sync_unbounced, 0, 0 },
	{ "rule 6.11 sync: outside the mapping, or of nothing, is -EINVAL", sync_bounds, 0, 0 },
	{ "rule 6.11 bounce: FROM_DEVICE starts with the original bytes", starts_with_original, 0, 0 },
	{ "rule 6.11 bounce: TO_DEVICE is not copied back", to_device_not_back, 0, 0 },
	{ "rule 6.11 bounce: SKIP_SYNC copies nothing back, syncs by hand do", skip_sync, 0, 0 },
	{ "rule 6.11 bounce: offset_mask & ~(seg_align - 1) of the address is kept", offset_kept, 0, 0 },
	{ "rule 6.11 bounce: memory above addr_max comes down", low_device, SPACE_DIRECT, 0 },
	{ "rule 6.11 bounce: -ERANGE where there is no bounce range", no_bounce_memory, SPACE_MEMORY, 0 },
	{ "rule 6.11 bounce: many at once keep their bytes apart", many_bounced, 0, 0 },
	{ "rule 6.11 bounce: each longer than all before", longer_and_longer, 0, 0 },
	{ "rule 6.11 bounce: as much at once as the space has memory for", much_at_once, SPACE_PROCESS, 0 },
	{ NULL, NULL, 0, 0 },
};
