/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Registered memory: rule 6.3's other half, and the contract of register, look-up and reverse. */
#include "suite.h"

#define L(...) (&(struct dmavec_limits){ .size = sizeof(struct dmavec_limits), __VA_ARGS__ })

static int look(struct dmavec_dev *dev, struct dmavec_range r, enum dmavec_dir dir, dmavec_dma_t *dma)
{
	return dmavec_lookup(dev, r.addr, r.len, dir, dma);
}

static void drop(struct fix *f, struct dmavec_range r)
{
	CHECK_IS(f, dmavec_unregister(f->space, r.addr, r.len), 0);
}

static bool device_finds(struct fix *f, dmavec_dma_t dma, struct dmavec_range r)
{
	struct dmavec_seg seg = { dma, r.len };
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1);

	map.nsegs = 1;
	map.len = r.len;
	return suite_sees(f, &map, &r, 1);
}

static void lookup_finds(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range reg = suite_range(f, 4, 100, 3 * f->page), in = suite_range(f, 5, 7, 900),
			    one = suite_range(f, 4, 100, 1);
	struct dmavec_range last = suite_range(f, 7, 99, 1);
	dmavec_dma_t dma = 0, base = 0;

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	MUST(f, dev && !look(dev, reg, DMAVEC_BIDIRECTIONAL, &base));
	CHECK(f, device_finds(f, base, reg));
	CHECK_IS(f, look(dev, in, DMAVEC_TO_DEVICE, &dma), 0);
	CHECK_IS(f, dma, base + (in.addr - reg.addr));
	CHECK(f, device_finds(f, dma, in));
	CHECK_IS(f, look(dev, one, DMAVEC_FROM_DEVICE, &dma), 0);
	CHECK_IS(f, look(dev, last, DMAVEC_FROM_DEVICE, &dma), 0);
	CHECK_IS(f, dma, base + reg.len - 1);
	CHECK_IS(f, suite_write(f, dma, 0x77), 0);
	CHECK_IS(f, *(unsigned char *)dmavec_ptr(last.addr), 0x77);
	CHECK_IS(f, suite_info(f).regions, 1);
	CHECK(f, suite_info(f).region_bytes >= reg.len);
	drop(f, reg);
	CHECK_IS(f, suite_info(f).regions, 0);
	CHECK_IS(f, suite_info(f).region_bytes, 0);
	CHECK_IS(f, look(dev, in, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
}

static void lookup_misses(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range reg = suite_range(f, 4, 0, 2 * f->page), far = suite_range(f, 9, 0, 10);
	struct dmavec_range across = suite_range(f, 5, f->page - 1, 2), before = suite_range(f, 3, f->page - 1, 2);
	struct dmavec_range past = suite_range(f, 6, 0, 1), all = suite_range(f, 3, 0, 5 * f->page);
	dmavec_dma_t dma = 0x1234;

	MUST(f, dev != NULL);
	CHECK_IS(f, look(dev, reg, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	CHECK_IS(f, look(dev, far, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, look(dev, across, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, look(dev, before, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, look(dev, past, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, look(dev, all, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, dma, 0x1234);
	CHECK_IS(f, look(dev, reg, (enum dmavec_dir)9, &dma), -EINVAL);
	drop(f, reg);
}

/* Neighbours that were registered apart: one address for both only where the device has them in one piece. */
static void ask_across(struct fix *f, struct dmavec_dev *dev, struct dmavec_range r)
{
	dmavec_dma_t dma = 0;
	static struct held h;
	int err = look(dev, r, DMAVEC_TO_DEVICE, &dma);

	CHECK(f, err == -EAGAIN || !err);
	CHECK(f, err || device_finds(f, dma, r));
	err = look(dev, r, DMAVEC_FROM_DEVICE, &dma);
	CHECK(f, err == -EAGAIN || err == -EPERM);
	MUST(f, suite_map(f, dev, &h, 8, &r, 1, DMAVEC_TO_DEVICE, 0));
	CHECK(f, suite_sees(f, &h.map, &r, 1));
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
}

static void lookup_across(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 6, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	unsigned int order, i, k;

	for (order = 0; dev && order < 2; order++) { /* up, then down: the device's addresses follow either */
		for (i = 0; i < 3; i++) {
			k = order ? 2 - i : i; /* the middle one is read-only */
			MUST_BE(f, dmavec_register(f->space, r[k].addr, r[k].len, k == 1 ? DMAVEC_REG_READ : 0), 0);
		}
		ask_across(f, dev, suite_range(f, 4, 10, f->page));
		ask_across(f, dev, suite_range(f, 4, 0, 3 * f->page));
		for (i = 0; i < 3; i++)
			drop(f, r[i]);
		CHECK_IS(f, dmavec_flush(f->space), 0);
	}
}

static void lookup_limits(struct fix *f)
{
	struct dmavec_range reg = suite_range(f, 4, 0, 2 * f->page), odd = suite_range(f, 4, 4, 1000);
	struct dmavec_limits narrow[5] = { { .seg_len_max = 512 },
					   { .seg_boundary = 512 },
					   { .seg_align = 64 },
					   { .len_align = 512 },
					   { .total_max = 999 } };
	dmavec_dma_t dma = 0;
	unsigned int i;

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	for (i = 0; i < 5; i++) {
		struct dmavec_dev *dev = suite_dev(f, &narrow[i], 0);

		MUST(f, dev != NULL);
		CHECK_IS(f, look(dev, odd, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
		suite_dev_close(f, dev);
	}
	if (f->ts.traits & SPACE_IOMMU) {
		struct dmavec_dev *dev = suite_dev(f, L(.addr_max = 0xfffff), 0);

		if (suite_info(f).windows[0].last > 1u << 30) /* regions are placed high, or the limit is no news */
			CHECK(f,
			      dev && (look(dev, odd, DMAVEC_TO_DEVICE, &dma) == -EAGAIN || dma + odd.len <= 0x100000));
	} else {
		struct dmavec_dev *dev = suite_dev(f, L(.addr_max = suite_low_max(f)), 0);

		CHECK(f, dev && look(dev, odd, DMAVEC_TO_DEVICE, &dma) == -EAGAIN);
	}
	drop(f, reg);
}

static void lookup_permissions(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range ro = suite_range(f, 4, 0, f->page), wo = suite_range(f, 9, 0, f->page);
	dmavec_dma_t dma = 0;

	MUST_BE(f, dmavec_register(f->space, ro.addr, ro.len, DMAVEC_REG_READ), 0);
	MUST_BE(f, dmavec_register(f->space, wo.addr, wo.len, DMAVEC_REG_WRITE), 0);
	MUST(f, dev != NULL);
	CHECK_IS(f, look(dev, ro, DMAVEC_FROM_DEVICE, &dma), -EPERM);
	CHECK_IS(f, look(dev, ro, DMAVEC_BIDIRECTIONAL, &dma), -EPERM);
	CHECK_IS(f, look(dev, wo, DMAVEC_TO_DEVICE, &dma), -EPERM);
	CHECK_IS(f, look(dev, wo, DMAVEC_BIDIRECTIONAL, &dma), -EPERM);
	CHECK_IS(f, look(dev, wo, DMAVEC_FROM_DEVICE, &dma), 0);
	if (f->ts.traits & SPACE_IOMMU)
		CHECK_IS(f, suite_read(f, dma), -EFAULT);
	CHECK_IS(f, look(dev, ro, DMAVEC_TO_DEVICE, &dma), 0);
	if (f->ts.traits & SPACE_IOMMU)
		CHECK_IS(f, suite_write(f, dma, 1), -EFAULT);
	CHECK_IS(f, suite_try(dev, 4, &ro, 1, DMAVEC_FROM_DEVICE, 0), -EPERM);
	CHECK_IS(f, suite_try(dev, 4, &wo, 1, DMAVEC_TO_DEVICE, 0), -EPERM);
	CHECK_IS(f, suite_try(dev, 4, &ro, 1, DMAVEC_TO_DEVICE, 0), 0);
	drop(f, ro);
	drop(f, wo);
}

static void overlaps(struct fix *f)
{
	struct dmavec_range reg = suite_range(f, 4, 0, 4 * f->page);
	struct dmavec_range bad[5] = { suite_range(f, 4, 0, 4 * f->page), suite_range(f, 5, 0, f->page),
				       suite_range(f, 3, 0, 6 * f->page), suite_range(f, 3, 0, f->page + 1),
				       suite_range(f, 7, f->page - 1, f->page) };
	struct dmavec_range list[3] = { suite_range(f, 20, 0, f->page), suite_range(f, 6, 0, f->page),
					suite_range(f, 24, 0, f->page) };
	struct dmavec_range itself[2] = { suite_range(f, 20, 0, f->page), suite_range(f, 20, 0, f->page) };
	uint64_t iova;
	unsigned int i;

	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	iova = suite_info(f).iova_bytes;
	for (i = 0; i < 5; i++)
		CHECK_IS(f, dmavec_register(f->space, bad[i].addr, bad[i].len, 0), -EEXIST);
	CHECK_IS(f, dmavec_registerv(f->space, list, 3, 0), -EEXIST);
	CHECK_IS(f, dmavec_registerv(f->space, itself, 2, 0), -EEXIST);
	CHECK_IS(f, suite_info(f).iova_bytes, iova);
	CHECK_IS(f, suite_info(f).regions, 1);
	CHECK_IS(f, dmavec_unregister(f->space, list[0].addr, list[0].len), -ENOENT);
	drop(f, reg);
}

static void unregister_errors(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	struct dmavec_range reg = suite_range(f, 4, 0, 4 * f->page);
	dmavec_dma_t dma = 0;
	int err;

	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), -ENOENT);
	MUST_BE(f, dmavec_register(f->space, reg.addr, reg.len, 0), 0);
	err = dmavec_unregister(f->space, reg.addr, f->page);
	CHECK(f, err == -ENOENT || err == -EINVAL);
	err = dmavec_unregister(f->space, reg.addr + f->page, f->page);
	CHECK(f, err == -ENOENT || err == -EINVAL);
	err = dmavec_unregister(f->space, reg.addr, 5 * f->page);
	CHECK(f, err == -ENOENT || err == -EINVAL);
	CHECK(f, dev && !look(dev, reg, DMAVEC_BIDIRECTIONAL, &dma));
	CHECK(f, device_finds(f, dma, reg));
	drop(f, reg);
	CHECK_IS(f, dmavec_unregister(f->space, reg.addr, reg.len), -ENOENT);
	if (f->ts.traits & SPACE_IOMMU) {
		CHECK_IS(f, dmavec_flush(f->space), 0);
		CHECK(f, suite_unreachable(f, dma, reg.len));
		CHECK_IS(f, suite_info(f).iova_bytes, 0);
	}
}

static void unregister_neighbours(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 6, 0, 2 * f->page) };
	struct dmavec_range both = suite_range(f, 4, 0, 2 * f->page);
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma;
	unsigned int i;

	for (i = 0; i < 3; i++)
		MUST_BE(f, dmavec_register(f->space, r[i].addr, r[i].len, 0), 0);
	drop(f, both);
	CHECK_IS(f, suite_info(f).regions, 1);
	CHECK(f, dev && look(dev, r[0], DMAVEC_TO_DEVICE, &dma) == -EAGAIN &&
			 look(dev, r[1], DMAVEC_TO_DEVICE, &dma) == -EAGAIN);
	CHECK(f, dev && !look(dev, r[2], DMAVEC_TO_DEVICE, &dma) && device_finds(f, dma, r[2]));
	drop(f, r[2]);
}

static void joins(struct fix *f)
{
	struct dmavec_range r[3] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page),
				     suite_range(f, 9, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma[3] = { 0, 0, 0 }, gone = 0;
	unsigned int i;

	MUST_BE(f, dmavec_registerv(f->space, r, 3, 0), 0);
	CHECK_IS(f, suite_info(f).regions, 3);
	for (i = 0; i < 3; i++) {
		MUST(f, dev && !look(dev, r[i], DMAVEC_TO_DEVICE, &dma[i]));
		CHECK(f, device_finds(f, dma[i], r[i]));
	}
	CHECK_IS(f, dma[1], dma[0] + f->page);
	drop(f, r[0]);
	CHECK_IS(f, look(dev, r[0], DMAVEC_TO_DEVICE, &gone), -EAGAIN);
	CHECK_IS(f, look(dev, r[1], DMAVEC_TO_DEVICE, &gone), 0);
	CHECK_IS(f, gone, dma[1]);
	if (f->ts.traits & SPACE_IOMMU) {
		CHECK_IS(f, suite_info(f).stranded_bytes, f->page);
		CHECK(f, suite_read(f, dma[0]) >= 0);
	}
	drop(f, r[1]);
	CHECK_IS(f, suite_info(f).stranded_bytes, 0);
	CHECK_IS(f, dmavec_flush(f->space), 0);
	if (f->ts.traits & SPACE_IOMMU)
		CHECK(f, suite_unreachable(f, dma[0], 2 * f->page));
	CHECK(f, device_finds(f, dma[2], r[2]));
	drop(f, r[2]);
}

/* A part that was dropped may be registered again while the device still reaches the old one. */
static void joined_again(struct fix *f)
{
	struct dmavec_range r[2] = { suite_range(f, 4, 0, f->page), suite_range(f, 5, 0, f->page) };
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0;

	MUST_BE(f, dmavec_registerv(f->space, r, 2, 0), 0);
	drop(f, r[0]);
	MUST_BE(f, dmavec_register(f->space, r[0].addr, r[0].len, 0), 0);
	CHECK(f, dev && !look(dev, r[0], DMAVEC_TO_DEVICE, &dma) && device_finds(f, dma, r[0]));
	drop(f, r[1]);
	CHECK_IS(f, suite_info(f).stranded_bytes, 0);
	CHECK(f, dev && !look(dev, r[0], DMAVEC_TO_DEVICE, &dma) && device_finds(f, dma, r[0]));
	drop(f, r[0]);
}

static void at_fixed(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 0, 2 * f->page), other = suite_range(f, 9, 0, 2 * f->page);
	const dmavec_dma_t at = 0x40000000;
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0;

	MUST_BE(f, dmavec_register_at(f->space, r.addr, r.len, at, 0), 0);
	MUST(f, dev && !look(dev, r, DMAVEC_TO_DEVICE, &dma));
	CHECK_IS(f, dma, at);
	CHECK(f, device_finds(f, at, r));
	CHECK_IS(f, dmavec_register_at(f->space, other.addr, other.len, at + f->page, 0), -EEXIST);
	CHECK_IS(f, dmavec_register_at(f->space, other.addr, other.len, at + 9 * f->page + 1, 0), -EINVAL);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, at + 9 * f->page, 0), -EEXIST);
	CHECK(f, dmavec_register_at(f->space, other.addr, other.len, ~0ull - f->page + 1, 0) < 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 2 * f->page);
	CHECK_IS(f, dmavec_register_at(f->space, other.addr + 5, other.len - 5, at + 2 * f->page + 5, 0), 0);
	CHECK_IS(f, look(dev, suite_range(f, 9, 5, 1), DMAVEC_TO_DEVICE, &dma), 0);
	CHECK_IS(f, dma, at + 2 * f->page + 5);
	CHECK_IS(f, dmavec_unregister(f->space, other.addr + 5, other.len - 5), 0);
	drop(f, r);
	CHECK_IS(f, dmavec_flush(f->space), 0);
	CHECK(f, suite_unreachable(f, at, 2 * f->page));
	MUST_BE(f, dmavec_register_at(f->space, other.addr, other.len, at, 0), 0);
	CHECK(f, device_finds(f, at, other));
	drop(f, other);
}

static void at_fixed_direct(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 0, f->page);
	int err = dmavec_register_at(f->space, r.addr, r.len, 0x40000000, 0);

	CHECK(f, err < 0);
	CHECK_IS(f, suite_info(f).regions, 0);
}

static void rounded_out(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 100, f->page), head = suite_range(f, 4, 0, 1);
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0, base = 0;

	MUST_BE(f, dmavec_register(f->space, r.addr, r.len, 0), 0);
	MUST(f, dev && !look(dev, r, DMAVEC_TO_DEVICE, &base));
	CHECK_IS(f, base % f->ts.granule, r.addr % f->ts.granule);
	CHECK_IS(f, suite_info(f).iova_bytes, 2 * f->page);
	CHECK_IS(f, suite_read(f, base - 100), f->ts.area[4 * f->page]);
	CHECK_IS(f, look(dev, head, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	drop(f, r);
}

static void reverse(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 100, 2 * f->page), other = suite_range(f, 9, 0, f->page);
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0, next = 0;
	dmavec_cpu_t cpu = 0;

	MUST_BE(f, dmavec_register(f->space, r.addr, r.len, 0), 0);
	MUST_BE(f, dmavec_register(f->space, other.addr, other.len, 0), 0);
	MUST(f, dev && !look(dev, r, DMAVEC_TO_DEVICE, &dma) && !look(dev, other, DMAVEC_TO_DEVICE, &next));
	CHECK_IS(f, dmavec_reverse(f->space, dma, r.len, &cpu), 0);
	CHECK_IS(f, cpu, r.addr);
	CHECK_IS(f, dmavec_reverse(f->space, dma + 77, 1, &cpu), 0);
	CHECK_IS(f, cpu, r.addr + 77);
	CHECK_IS(f, dmavec_reverse(f->space, next, other.len, &cpu), 0);
	CHECK_IS(f, cpu, other.addr);
	CHECK_IS(f, dmavec_reverse(f->space, dma, r.len + 1, &cpu), -ENOENT);
	CHECK_IS(f, dmavec_reverse(f->space, dma + r.len, 1, &cpu), -ENOENT);
	CHECK_IS(f, dmavec_reverse(f->space, 0x5000, 1, &cpu), -ENOENT);
	CHECK_IS(f, cpu, other.addr);
	drop(f, r);
	CHECK_IS(f, dmavec_reverse(f->space, dma, 1, &cpu), -ENOENT);
	drop(f, other);
}

static void many(struct fix *f)
{
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	dmavec_dma_t dma = 0;
	unsigned int i;

	for (i = 0; i < 40; i++) /* in an order that is neither up nor down */
		MUST_BE(f, dmavec_register(f->space, suite_range(f, i * 13 % 40, i, 0).addr, f->page / 2, 0), 0);
	for (i = 0; dev && i < 40; i++) {
		struct dmavec_range r = suite_range(f, i * 13 % 40, i, f->page / 2);

		MUST_BE(f, look(dev, r, DMAVEC_BIDIRECTIONAL, &dma), 0);
		MUST(f, device_finds(f, dma, r));
		r.addr--;
		CHECK_IS(f, look(dev, r, DMAVEC_BIDIRECTIONAL, &dma), -EAGAIN);
	}
	for (i = 0; i < 40; i += 2)
		CHECK_IS(f, dmavec_unregister(f->space, suite_range(f, i * 13 % 40, i, 0).addr, f->page / 2), 0);
	for (i = 0; dev && i < 40; i++)
		CHECK_IS(f, look(dev, suite_range(f, i * 13 % 40, i, 9), DMAVEC_TO_DEVICE, &dma), i & 1 ? 0 : -EAGAIN);
	CHECK_IS(f, suite_info(f).regions, 20);
	for (i = 1; i < 40; i += 2)
		CHECK_IS(f, dmavec_unregister(f->space, suite_range(f, i * 13 % 40, i, 0).addr, f->page / 2), 0);
}

static void at_outside(struct fix *f)
{
	struct dmavec_range r = suite_range(f, 4, 0, 2 * f->page);
	dmavec_dma_t first = suite_info(f).windows[0].first, last = suite_info(f).windows[0].last;

	MUST(f, first >= f->page && last < UINT64_MAX - 8 * f->page && suite_info(f).nwindows == 1);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, last + 1, 0), -EINVAL);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, last + 1 - f->page, 0), -EINVAL);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, 0, 0), -EINVAL);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, first - f->page, 0), -EINVAL);
	CHECK_IS(f, suite_info(f).regions, 0);
	CHECK_IS(f, suite_info(f).iova_bytes, 0);
	CHECK_IS(f, dmavec_register_at(f->space, r.addr, r.len, last + 1 - 2 * f->page, 0), 0);
	drop(f, r);
}

const struct rule rules_region[] = {
	{ "rule 6.3 lookup: the device's address of any part", lookup_finds, 0, 0 },
	{ "rule 6.3 lookup: -EAGAIN for what is not registered as a whole", lookup_misses, 0, 0 },
	{ "rule 6.3 lookup: across neighbours only where the device has them in one piece", lookup_across, 0, 0 },
	{ "rule 6.3 lookup: -EAGAIN where limits would cut or exclude", lookup_limits, 0, 0 },
	{ "rule 6.7 -EPERM: a region that does not allow this direction", lookup_permissions, 0, 0 },
	{ "rule 6.7 -EEXIST: overlapping registration, all or nothing", overlaps, 0, 0 },
	{ "rule 6.7 -ENOENT: unregister of what is not, or in part", unregister_errors, 0, 0 },
	{ "rule 6.3 unregister: neighbours that end where registrations end", unregister_neighbours, 0, 0 },
	{ "rule 6.3 registerv: joins; a part that goes is stranded until the last", joins, 0, 0 },
	{ "rule 6.3 registerv: a part that went is registered again", joined_again, 0, 0 },
	{ "rule 6.3 register_at: the address asked for", at_fixed, SPACE_IOMMU, 0 },
	{ "rule 6.3 register_at: another address than the memory's is an error", at_fixed_direct, SPACE_DIRECT, 0 },
	{ "rule 6.3 register: rounded out to the granule", rounded_out, SPACE_IOMMU, 0 },
	{ "rule 6.3 reverse: the memory behind an address", reverse, 0, 0 },
	{ "rule 6.3 register: many, some dropped again", many, 0, 0 },
	{ "rule 6.3 register_at: outside the space's addresses is -EINVAL", at_outside, SPACE_IOMMU, 0 },
	{ NULL, NULL, 0, 0 },
};
