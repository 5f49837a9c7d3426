/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* iovecs: values, random segments, and system calls as the device: writev reads the memory, readv writes it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "emit_kit.h"

#include <limits.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>

#ifndef IOV_MAX
#define IOV_MAX 1024
#endif

static void test_values(void)
{
	const struct dmavec_seg segs[] = { { 0x7000, 3 }, { 0x1234, SSIZE_MAX - 3 } };
	const struct dmavec_seg more[] = { { 0x7000, 3 }, { 0x1234, (uint64_t)SSIZE_MAX - 2 } };
	struct dmavec_limits limits = { .size = sizeof(limits) };
	struct iovec iov[2];

	ok(!dmavec_emit_iovec(segs, 2, iov, 2) && (uintptr_t)iov[0].iov_base == 0x7000 && iov[0].iov_len == 3 &&
	           (uintptr_t)iov[1].iov_base == 0x1234 && iov[1].iov_len == SSIZE_MAX - 3,
	   "two iovecs of SSIZE_MAX bytes in all");
	ok(dmavec_emit_iovec(more, 2, iov, 2) == -EINVAL, "a byte more: -EINVAL");
	ok(!dmavec_emit_iovec_limits(&limits) && limits.segs_max == IOV_MAX && limits.total_max == SSIZE_MAX &&
	           limits.addr_max == UINTPTR_MAX,
	   "the limits of readv");
}

static void test_arguments(void)
{
	static struct dmavec_seg segs[IOV_MAX + 1];
	static struct iovec iov[IOV_MAX + 1];
	uint32_t i;

	for (i = 0; i < IOV_MAX + 1; i++)
		segs[i] = (struct dmavec_seg){ 0x1000 + 16 * i, 1 + i % 16 };
	memset(iov, KIT_GUARD, sizeof(iov));
	ok(dmavec_emit_iovec(segs, IOV_MAX + 1, iov, IOV_MAX + 1) == -EINVAL, "more than IOV_MAX: -EINVAL");
	ok(dmavec_emit_iovec(segs, 2, iov, 1) == -E2BIG && dmavec_emit_iovec(segs, 2, NULL, 0) == -E2BIG,
	   "too few iovecs: -E2BIG");
	ok(dmavec_emit_iovec(segs, 2, NULL, 2) == -EINVAL && dmavec_emit_iovec(NULL, 2, iov, 2) == -EINVAL &&
	           dmavec_emit_iovec(segs, 0, iov, 2) == -EINVAL,
	   "no iovecs, no segments: -EINVAL");
	ok(kit_untouched(iov, sizeof(iov)), "nothing was written");
	ok(!dmavec_emit_iovec(segs, IOV_MAX, iov, IOV_MAX) &&
	           (uintptr_t)iov[IOV_MAX - 1].iov_base == 0x1000 + 16 * (IOV_MAX - 1) &&
	           kit_untouched(&iov[IOV_MAX], sizeof(iov[0])),
	   "IOV_MAX of them");
}

static bool random_case(uint64_t *seed, const struct dmavec_limits *limits, uint64_t *sound)
{
	struct dmavec_seg segs[KIT_SEGS];
	struct iovec iov[KIT_SEGS + 1];
	uint32_t nsegs = kit_segs(seed, limits, segs), i;
	uint32_t cap = (uint32_t)(kit_below(seed, 2) ? nsegs - kit_below(seed, 2) : kit_below(seed, KIT_SEGS + 1));
	int want = dmavec_check_segs(limits, segs, nsegs) ? -EINVAL : nsegs > cap ? -E2BIG : 0;

	memset(iov, KIT_GUARD, sizeof(iov));
	if (dmavec_emit_iovec(segs, nsegs, iov, cap) != want)
		return false;
	*sound += !want;
	for (i = 0; !want && i < nsegs; i++)
		if ((uintptr_t)iov[i].iov_base != segs[i].addr || iov[i].iov_len != segs[i].len)
			return false;
	return kit_untouched(&iov[i], (KIT_SEGS + 1 - i) * sizeof(iov[0])) &&
	       (!want || kit_untouched(iov, sizeof(iov)));
}

static uint32_t there_and_back(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max)
{
	struct iovec iov[KIT_SEGS];
	uint32_t i;

	if (max < KIT_SEGS || dmavec_emit_iovec(segs, nsegs, iov, KIT_SEGS))
		return 0;
	for (i = 0; i < nsegs; i++)
		runs[i] = (struct dmavec_seg){ (uintptr_t)iov[i].iov_base, iov[i].iov_len };
	return nsegs;
}

/* Maps the ranges for a system call that takes iovecs, makes it, unmaps; returns how many bytes it moved. */
static ssize_t call_as_device(struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t nranges, int fd,
                              bool writes)
{
	enum dmavec_dir dir = writes ? DMAVEC_FROM_DEVICE : DMAVEC_TO_DEVICE;
	struct dmavec_seg segs[KIT_SEGS];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, KIT_SEGS);
	struct iovec iov[KIT_SEGS];
	ssize_t moved = -1;

	if (dmavec_map(dev, &map, ranges, nranges, dir, 0))
		return -1;
	if (!dmavec_emit_iovec(segs, map.nsegs, iov, KIT_SEGS))
		moved = writes ? preadv(fd, iov, (int)map.nsegs, 0) : pwritev(fd, iov, (int)map.nsegs, 0);
	return dmavec_unmap(dev, &map, 0) ? -1 : moved;
}

/* Random ranges to a file, and what the file then holds into one range behind a copy. */
static bool by_system_calls(uint64_t *seed, struct dmavec_dev *dev, int fd)
{
	static unsigned char want[KIT_RANGES * 4 * 4096], file[sizeof(want)], back[sizeof(want)];
	struct dmavec_range ranges[KIT_RANGES], halves[2];
	size_t nranges, total = kit_ranges(seed, ranges, &nranges, want);

	if (call_as_device(dev, ranges, nranges, fd, false) != (ssize_t)total ||
	    pread(fd, file, total, 0) != (ssize_t)total || memcmp(file, want, total))
		return false;
	if (total < 2)
		return true;
	/* The first half of the file goes behind the second. */
	halves[0] = (struct dmavec_range){ dmavec_cpu(back + total / 2), total - total / 2 };
	halves[1] = (struct dmavec_range){ dmavec_cpu(back), total / 2 };
	return call_as_device(dev, halves, 2, fd, true) == (ssize_t)total &&
	       !memcmp(back + total / 2, want, total - total / 2) &&
	       !memcmp(back, want + (total - total / 2), total / 2);
}

static void test_system_calls(uint64_t *seed, const struct dmavec_limits *limits)
{
	uint64_t cases = 1 + tap_cases(20000) / 50;
	int fd = memfd_create("emit", 0);
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	bool good;

	good = fd >= 0 && !dmavec_space_direct(&space, NULL) && !dmavec_dev_open(&dev, space, limits, 0);
	if (!ok(good, "a device that is a system call"))
		return;
	while (good && cases--)
		good = by_system_calls(seed, dev, fd);
	ok(good, "writev reads the ranges, readv writes them");
	ok(!dmavec_dev_close(dev) && !dmavec_space_close(space) && !close(fd), "and is closed");
}

int main(void)
{
	uint64_t seed = tap_seed(), cases = tap_cases(200000), sound = 0, i;
	struct dmavec_limits limits = { .size = sizeof(limits) };
	bool good = true;

	test_values();
	test_arguments();
	ok(!dmavec_emit_iovec_limits(&limits), "limits of iovecs");
	for (i = 0; good && i < cases; i++)
		good = random_case(&seed, &limits, &sound);
	ok(good, "%llu random segments become the same iovecs, or fail as promised and write nothing (case %llu)",
	   (unsigned long long)cases, (unsigned long long)i);
	ok(cases < 1000 || (sound > cases / 10 && sound < cases - cases / 10), "of them, %llu good",
	   (unsigned long long)sound);
	kit_end_to_end(&seed, &limits, there_and_back, "iovecs");
	test_system_calls(&seed, &limits);
	return done_testing();
}
