/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dmavec_lookup with one region registered, of which each device keeps a copy, and with many: against the answer by
 * definition, for all kinds of limits; and dmavec_map, which takes the same short ways.
 */
#include "lookup.h"

/* ------------------------------------------------------------------ by definition */

struct expected {
	struct dmavec_range regions[2];
	unsigned int flags[2];
};

static bool fits(const struct dmavec_limits *l, uint64_t dma, uint64_t len)
{
	uint64_t end = dma + len - 1;

	if (dma < l->addr_min || (l->addr_max && end > l->addr_max) || (l->seg_len_max && len > l->seg_len_max))
		return false;
	if ((l->seg_align && dma % l->seg_align) || (l->len_align && len % l->len_align) || (l->total_max && len > l->total_max))
		return false;
	return !l->seg_boundary || dma / l->seg_boundary == end / l->seg_boundary;
}

static int expect(const struct expected *e, const struct dmavec_limits *l, uint64_t addr, uint64_t len,
                  enum dmavec_dir dir, uint64_t *dma)
{
	unsigned int i, wants = dir == DMAVEC_TO_DEVICE ? DMAVEC_REG_READ : dir == DMAVEC_FROM_DEVICE ? DMAVEC_REG_WRITE : 3;

	if (!len || addr + (len - 1) < addr || (unsigned int)dir > 2)
		return -EINVAL;
	for (i = 0; i < 2; i++) {
		const struct dmavec_range *r = &e->regions[i];

		if (addr < r->addr || addr >= r->addr + r->len || len > r->addr + r->len - addr)
			continue;
		if (wants & ~e->flags[i])
			return -EPERM;
		*dma = addr - windows[i].cpu + windows[i].dma;
		return fits(l, *dma, len) ? 0 : -EAGAIN;
	}
	return -EAGAIN;
}

static struct dmavec_limits random_limits(uint64_t *seed)
{
	struct dmavec_limits l = { .size = sizeof(l) };
	uint64_t kind = tap_random(seed) % 8;

	if (kind == 2 || kind == 3)
		l.addr_min = tap_random(seed) % (2 * MIB);
	if (kind == 1 || kind == 2)
		l.addr_max = (tap_random(seed) % 2 ? 64 * GIB : l.addr_min) + tap_random(seed) % (2 * MIB) + 1;
	if (kind == 4)
		l.seg_len_max = tap_random(seed) % MIB + 1;
	if (kind == 5)
		l.seg_boundary = UINT64_C(4096) << tap_random(seed) % 8;
	if (kind == 6) {
		l.total_max = tap_random(seed) % MIB + 1;
		l.gap = tap_random(seed) % 2 ? 4096 : 0;
		l.segs_max = (uint32_t)(tap_random(seed) % 3);
	}
	if (kind == 7) {
		l.seg_align = 1u << tap_random(seed) % 10;
		l.len_align = 1u << tap_random(seed) % 10;
	}
	return l;
}

/* Near the ends as often as inside, and what is malformed too. */
static uint64_t near(uint64_t *seed, uint64_t at)
{
	return at + (tap_random(seed) % 3 ? tap_random(seed) % 5 - 2 : tap_random(seed) % 8192 - 4096);
}

static bool answers(struct dmavec_dev *dev, const struct expected *e, const struct dmavec_limits *l, uint64_t *seed)
{
	const struct dmavec_range *r = &e->regions[tap_random(seed) % 2];
	uint64_t addr, len, want = 77, got = 77;
	enum dmavec_dir dir = (enum dmavec_dir)(tap_random(seed) % 50 ? tap_random(seed) % 3 : tap_random(seed) % 80);
	int err, wanted;

	addr = near(seed, r->addr + tap_random(seed) % 3 * (r->len / 2));
	len = tap_random(seed) % 3 ? near(seed, r->addr + r->len) - addr : tap_random(seed) % 16384;
	if (tap_random(seed) % 64 == 0)
		len = 0 - tap_random(seed) % 4;
	wanted = expect(e, l, addr, len, dir, &want);
	err = dmavec_lookup(dev, addr, len, dir, &got);
	if (err != wanted || got != (err ? 77 : want))
		diag("%#llx + %#llx, direction %d: %d, %#llx where %d, %#llx is right", (unsigned long long)addr,
		     (unsigned long long)len, (int)dir, err, (unsigned long long)got, wanted, (unsigned long long)want);
	return err == wanted && got == (err ? 77 : want);
}

/* Some start at the first device address, some are long. */
static struct dmavec_range random_region(unsigned int window, uint64_t *seed)
{
	struct dmavec_range r = { windows[window].cpu, tap_random(seed) % MIB + 1 };

	if (tap_random(seed) % 4)
		r.addr += tap_random(seed) % MIB;
	if (tap_random(seed) % 4 == 0)
		r.len += 4 * GIB + tap_random(seed) % GIB;
	return r;
}

/* The region, or both; the device is opened before or after. */
static bool right_by_definition(uint64_t *seed)
{
	struct dmavec_space *space = open_space();
	struct dmavec_limits l = random_limits(seed);
	struct dmavec_dev *early = open_dev(space, &l), *late;
	struct expected e = { .flags = { 0 } };
	unsigned int i, which = (unsigned int)(tap_random(seed) % 3) + 1;
	bool good = true;

	for (i = 0; i < 2; i++) {
		e.regions[i] = random_region(i, seed);
		e.regions[i].len *= which >> i & 1;
		e.flags[i] = tap_random(seed) % 2 ? 3 : (unsigned int)(tap_random(seed) % 3) + 1;
		if (e.regions[i].len)
			must(dmavec_register(space, e.regions[i].addr, e.regions[i].len, e.flags[i]));
	}
	late = open_dev(space, &l);
	for (i = 0; i < 60 && good; i++)
		good = answers(i % 2 ? early : late, &e, &l, seed);
	for (i = 0; i < 2 && good; i++) {
		if (e.regions[i].len)
			must(dmavec_unregister(space, e.regions[i].addr, e.regions[i].len));
		e.regions[i].len = 0;
		good = answers(early, &e, &l, seed) && answers(late, &e, &l, seed);
	}
	must(dmavec_dev_close(early));
	must(dmavec_dev_close(late));
	must(dmavec_space_close(space));
	return good;
}

/* ------------------------------------------------------------------ the copy */

static unsigned long version_of(const struct dmavec_dev *dev)
{
	return dev->only.version & ~(ONLY_STEP - 1);
}

static unsigned int flags_of(const struct dmavec_dev *dev)
{
	return (unsigned int)(dev->only.version & (ONLY_STEP - 1));
}

static void test_copy(void)
{
	struct dmavec_space *space = open_space();
	struct dmavec_limits low = { .size = sizeof(low), .addr_max = 10 * GIB }, cut = { .size = sizeof(cut), .seg_len_max = MIB };
	struct dmavec_dev *dev = open_dev(space, NULL), *devs[2] = { open_dev(space, &low), open_dev(space, &cut) };
	const unsigned int plain = ONLY_PLAIN | 7 << ONLY_DIRS, limited = 7 << ONLY_DIRS;
	unsigned long version;

	must(dmavec_register(space, 4 * GIB, 8 * GIB, 0));
	version = version_of(dev);
	ok(flags_of(dev) == plain && !dev->regions, "a device has a copy of the only region");
	ok(flags_of(devs[1]) == limited && !devs[1]->regions, "where more limits count, too, and it says so");
	ok(!flags_of(devs[0]), "but not if it lies outside the device's window");
	must(dmavec_register(space, 16 * GIB, MIB, 0));
	ok(!flags_of(dev) && !flags_of(devs[1]) && dev->regions, "of two it has none, and who reads the copy is told");
	must(dmavec_unregister(space, 4 * GIB, 8 * GIB));
	ok(flags_of(dev) == plain && version_of(dev) != version && flags_of(devs[0]) == plain,
	   "of the one that stays it has a copy again, under another version");
	must(dmavec_unregister(space, 16 * GIB, MIB));
	ok(!flags_of(dev) && !flags_of(devs[0]) && !flags_of(devs[1]), "and none when all are gone");
	must(dmavec_register(space, 16 * GIB, MIB, DMAVEC_REG_READ));
	ok(flags_of(dev) == 1u << DMAVEC_TO_DEVICE << ONLY_DIRS, "one that does not allow every direction says which it does");
	must(dmavec_dev_close(devs[0]));
	must(dmavec_dev_close(devs[1]));
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(space));
}

/* A device that is opened later looks up no slower. */
static void test_late_device(void)
{
	struct dmavec_space *space = open_space();
	struct dmavec_dev *dev;

	must(dmavec_register(space, 4 * GIB, MIB, 0));
	dev = open_dev(space, NULL);
	ok(flags_of(dev) & ONLY_PLAIN, "a device that is opened later has a copy of the only region");
	must(dmavec_dev_close(dev));
	must(dmavec_register(space, 16 * GIB, MIB, 0));
	dev = open_dev(space, NULL);
	ok(dev->regions && dev->regions == space->regions, "and the table where there are many");
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(space));
}

/* ------------------------------------------------------------------ the short ways */

static bool refused_at_zero(const struct dmavec_limits *limits, bool restricted)
{
	struct dmavec_space *space = open_space();
	struct dmavec_dev *dev = open_dev(space, limits);
	struct dmavec_range range = { windows[1].cpu, 1 };
	struct dmavec_seg seg = { 7, 7 };
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1);
	uint64_t dma = 77;
	bool good;

	must(dmavec_register(space, range.addr, MIB, 0));
	if (restricted)
		must(dmavec_register(space, windows[0].cpu, MIB, DMAVEC_REG_READ));
	good = dmavec_lookup(dev, range.addr, 1, DMAVEC_TO_DEVICE, &dma) == -EAGAIN && dma == 77;
	good = dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, DMAVEC_NO_BOUNCE) && !map.nsegs && good;
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(space));
	return good;
}

static void test_zero(void)
{
	const struct dmavec_limits units = { .size = sizeof(units), .len_align = 512 };
	const struct dmavec_limits above = { .size = sizeof(above), .addr_min = 4096 };

	ok(refused_at_zero(&units, false) && refused_at_zero(&above, false), "one byte at device address 0 has limits, too");
	ok(refused_at_zero(&units, true) && refused_at_zero(&above, true), "and beside a region that is only read");
}

static void test_map(void)
{
	const struct dmavec_limits few = { .size = sizeof(few), .total_max = MIB };
	struct dmavec_range range = { 4 * GIB, MIB + 1 };
	struct dmavec_seg seg = { 7, 7 };
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1), none = DMAVEC_MAP_INIT(&seg, 0);
	struct dmavec_space *space;
	struct dmavec_dev *dev;

	must(dmavec_space_direct(&space, NULL));
	dev = open_dev(space, &few);
	ok(dev->plain && dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0) == -E2BIG && !map.nsegs,
	   "one range of more bytes than a mapping may have");
	range.len = MIB;
	ok(dmavec_map(dev, &none, &range, 1, DMAVEC_TO_DEVICE, 0) == -E2BIG && !none.nsegs, "no room for its one segment");
	ok(!dmavec_map(dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0) && !dmavec_unmap(dev, &map, 0), "else it is mapped");
	seg.addr = 7;
	must(dmavec_register(space, range.addr, range.len, DMAVEC_REG_READ));
	ok(dmavec_map(dev, &none, &range, 1, DMAVEC_TO_DEVICE, 0) == -E2BIG && !none.nsegs && seg.addr == 7,
	   "no room for the one segment of registered memory");
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(space));
}

int main(void)
{
	uint64_t seed = tap_seed(), n = 0, cases = tap_cases(20000);
	bool good = true;

	test_copy();
	test_late_device();
	test_zero();
	test_map();
	while (n < cases && good)
		good = right_by_definition(&seed), n++;
	ok(good, "%llu times a region or two, by every kind of limit", (unsigned long long)n);
	return done_testing();
}
