/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dmavec_lookup with one region registered, of which each device keeps a copy, and with many: against the answer by
 * definition, for all kinds of limits; and beside a writer that comes and goes between any two instructions of it.
 */
#include "core.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* Device addresses lie at another distance in each window, so that no mixture of two regions looks right. */
static const struct dmavec_window windows[] = { { 4 * GIB, 64 * GIB, GIB }, { 16 * GIB, 9 * GIB, GIB } };

static struct dmavec_space *open_space(void)
{
	struct dmavec_direct_opts opts = { .size = sizeof(opts), .windows = windows, .nwindows = 2 };
	struct dmavec_space *space;

	if (dmavec_space_direct(&space, &opts))
		abort();
	return space;
}

static struct dmavec_dev *open_dev(struct dmavec_space *space, const struct dmavec_limits *limits)
{
	struct dmavec_dev *dev;

	if (dmavec_dev_open(&dev, space, limits, 0))
		abort();
	return dev;
}

static void must(int err)
{
	if (err)
		abort();
}

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
		l.addr_min = 9 * GIB + tap_random(seed) % (2 * MIB);
	if (kind == 1 || kind == 2)
		l.addr_max = (tap_random(seed) % 2 ? 64 * GIB : core_max(l.addr_min, 9 * GIB)) + tap_random(seed) % (2 * MIB);
	if (kind == 4)
		l.seg_len_max = tap_random(seed) % MIB + 1;
	if (kind == 5)
		l.seg_boundary = UINT64_C(4096) << tap_random(seed) % 8;
	if (kind == 6)
		l.total_max = tap_random(seed) % MIB + 1;
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
		e.regions[i].addr = windows[i].cpu + tap_random(seed) % MIB;
		e.regions[i].len = which >> i & 1 ? tap_random(seed) % MIB + 1 : 0;
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

static void test_copy(void)
{
	struct dmavec_space *space = open_space();
	struct dmavec_limits low = { .size = sizeof(low), .addr_max = 10 * GIB }, cut = { .size = sizeof(cut), .seg_len_max = MIB };
	struct dmavec_dev *dev = open_dev(space, NULL), *devs[2] = { open_dev(space, &low), open_dev(space, &cut) };
	unsigned long version;

	must(dmavec_register(space, 4 * GIB, MIB, 0));
	version = dev->only.version;
	ok(version & 1, "a device has a copy of the only region");
	ok(!(devs[0]->only.version & 1) && !(devs[1]->only.version & 1),
	   "but not if it lies outside the device's window, or more limits count");
	must(dmavec_register(space, 16 * GIB, MIB, 0));
	ok(dev->only.version != version && !(dev->only.version & 1), "of two it has none, and who reads the copy is told");
	must(dmavec_unregister(space, 4 * GIB, MIB));
	ok((dev->only.version & 1) && dev->only.version != version && (devs[0]->only.version & 1),
	   "of the one that stays it has a copy again, under another version");
	must(dmavec_unregister(space, 16 * GIB, MIB));
	ok(!(dev->only.version & 1), "and none when all are gone");
	must(dmavec_register(space, 16 * GIB, MIB, DMAVEC_REG_READ));
	ok(!(dev->only.version & 1), "nor of one that does not allow every direction");
	must(dmavec_dev_close(devs[0]));
	must(dmavec_dev_close(devs[1]));
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(space));
}

/* ------------------------------------------------------------------ a writer between any two instructions */

static struct dmavec_space *shared;
static const struct dmavec_range taken[2] = { { 4 * GIB, 65536 }, { 16 * GIB, MIB } };
static unsigned int now_registered; /* bits */
static volatile uint64_t interruptions;

/* Mostly one after the other, for a moment both. */
static void interrupt_reader(int signal)
{
	unsigned int i = now_registered & 1;

	(void)signal;
	if (interruptions++ % 2) {
		must(dmavec_register(shared, taken[i].addr, taken[i].len, 0));
		must(dmavec_unregister(shared, taken[!i].addr, taken[!i].len));
	} else {
		must(dmavec_unregister(shared, taken[!i].addr, taken[!i].len));
		must(dmavec_register(shared, taken[i].addr, taken[i].len, 0));
	}
	now_registered ^= 3;
}

static void test_interrupted(uint64_t seed)
{
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = interrupt_reader, .sa_flags = SA_RESTART }, old;
	uint64_t wrong = 0, n = 0, start = host_now_ms(), found = 0;
	struct dmavec_dev *dev;

	shared = open_space();
	dev = open_dev(shared, NULL);
	must(dmavec_register(shared, taken[0].addr, taken[0].len, 0));
	now_registered = 1;
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	while (n % 1024 || host_now_ms() - start < 2500) {
		unsigned int i = ++n & 1;
		uint64_t offset = tap_random(&seed) % MIB, dma;

		if (dmavec_lookup(dev, taken[i].addr + offset, 8, DMAVEC_TO_DEVICE, &dma))
			continue;
		found++;
		wrong += offset + 8 > taken[i].len || dma != windows[i].dma + offset;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	ok(interruptions && found, "the only region becomes another one %llu times", (unsigned long long)interruptions);
	ok(!wrong, "none of %llu look-ups was wrong for it", (unsigned long long)n);
	must(dmavec_dev_close(dev));
	must(dmavec_space_close(shared));
}

int main(void)
{
	uint64_t seed = tap_seed(), n = 0, cases = tap_cases(20000);
	bool good = true;

	test_copy();
	while (n < cases && good)
		good = right_by_definition(&seed), n++;
	ok(good, "%llu times a region or two, by every kind of limit", (unsigned long long)n);
	test_interrupted(seed);
	return done_testing();
}
