/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the tests of emitters share: segments that obey limits or just miss them, arrays whose untouched part is known,
 * and the way from ranges through a device to what a decoder makes of an emitted format. Nothing of emit/ is used here.
 */
#ifndef DMAVEC_TESTS_EMIT_KIT_H
#define DMAVEC_TESTS_EMIT_KIT_H

#include <dmavec/emit.h>
#include <dmavec/space.h>

#include <errno.h>
#include <string.h>

#include "tap.h"

#define KIT_SEGS   48u
#define KIT_GUARD  0xa5
#define KIT_MEMORY (1u << 20)
#define KIT_RANGES 12u

static TAP_UNUSED uint64_t kit_below(uint64_t *seed, uint64_t n)
{
	return tap_random(seed) % n;
}

/* A number of any magnitude, from 1. */
static TAP_UNUSED uint64_t kit_any(uint64_t *seed)
{
	return (tap_random(seed) >> kit_below(seed, 64)) | 1;
}

static TAP_UNUSED uint64_t kit_len(uint64_t *seed, const struct dmavec_limits *lim, uint32_t nsegs)
{
	switch (kit_below(seed, 8)) {
	case 0:
		return (lim->seg_len_max ? lim->seg_len_max : UINT64_MAX / 2) - 1 + kit_below(seed, 3);
	case 1:
		return (lim->total_max ? lim->total_max : UINT64_MAX / 2) / nsegs + kit_below(seed, 3);
	case 2:
		return kit_any(seed);
	case 3:
		return 1 + kit_below(seed, 16);
	default:
		return 1 + kit_below(seed, 5 * (lim->gap ? lim->gap : 4096));
	}
}

static TAP_UNUSED uint64_t kit_addr(uint64_t *seed, uint64_t addr_max, uint64_t len)
{
	if (!addr_max)
		addr_max = UINT64_MAX;
	switch (kit_below(seed, 6)) {
	case 0:
		return addr_max - len + 1; /* its last byte is the last of all */
	case 1:
		return UINT32_MAX - kit_below(seed, 8192);
	default:
		return kit_any(seed) & (addr_max >> 1);
	}
}

/* The inner starts and ends on multiples of the gap, as far as that goes without a wrap. */
static TAP_UNUSED void kit_mend(struct dmavec_seg *segs, uint32_t nsegs, uint64_t gap)
{
	uint32_t i;

	for (i = 0; gap && i < nsegs; i++) {
		if (i)
			segs[i].addr &= ~(gap - 1);
		if (i + 1 < nsegs)
			segs[i].len += (0 - (segs[i].addr + segs[i].len)) & (gap - 1);
	}
}

/* The first byte is the last one of its piece of gap bytes, the last byte the first one of its. */
static TAP_UNUSED void kit_stretch(struct dmavec_seg *segs, uint32_t nsegs, uint64_t gap)
{
	struct dmavec_seg *last = &segs[nsegs - 1];

	if (!gap || last->addr + last->len > UINT64_MAX - 2 * gap)
		return;
	last->len += ((0 - (last->addr + last->len)) & (gap - 1)) + 1;
	if (!(segs[0].addr & (gap - 1))) {
		segs[0].addr += gap - 1;
		segs[0].len -= segs[0].len > gap - 1 ? gap - 1 : 0;
	}
}

/* One thing wrong, or nothing. */
static TAP_UNUSED void kit_spoil(uint64_t *seed, struct dmavec_seg *segs, uint32_t nsegs, uint64_t total_max)
{
	struct dmavec_seg *seg = &segs[kit_below(seed, nsegs)];
	uint64_t total = 0;
	uint32_t i;

	switch (kit_below(seed, 12)) {
	case 0:
		seg->addr += kit_below(seed, 2) ? 1 : -UINT64_C(1);
		break;
	case 1:
		seg->len += kit_below(seed, 2) ? 1 : -UINT64_C(1);
		break;
	case 2:
		seg->len = 0;
		break;
	case 3:
		seg->addr = 0 - seg->len + 1;
		break;
	case 4:
	case 5: /* about the longest total, by the last segment */
		for (i = 0; i + 1 < nsegs; i++)
			total += segs[i].len;
		segs[nsegs - 1].len = total_max - total + kit_below(seed, 3) - 1;
		break;
	default:
		break;
	}
}

/* Random segments about the limits; returns how many, which may be one more than allowed. */
static TAP_UNUSED uint32_t kit_segs(uint64_t *seed, const struct dmavec_limits *lim, struct dmavec_seg *segs)
{
	uint32_t max = lim->segs_max && lim->segs_max < KIT_SEGS ? lim->segs_max + 1 : KIT_SEGS;
	uint32_t nsegs = (uint32_t)(1 + kit_below(seed, kit_below(seed, 2) ? 3 : max)), i;

	for (i = 0; i < nsegs; i++) {
		segs[i].len = kit_len(seed, lim, nsegs);
		segs[i].addr = kit_addr(seed, lim->addr_max, segs[i].len);
	}
	kit_mend(segs, nsegs, lim->gap);
	if (!kit_below(seed, 4))
		kit_stretch(segs, nsegs, lim->gap);
	kit_spoil(seed, segs, nsegs, lim->total_max ? lim->total_max : UINT64_MAX);
	return nsegs;
}

static TAP_UNUSED bool kit_untouched(const void *at, size_t len)
{
	const unsigned char *bytes = at;
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != KIT_GUARD)
			return false;
	return true;
}

/* Neighbours that touch become one; returns how many are left. */
static TAP_UNUSED uint32_t kit_join(struct dmavec_seg *runs, uint32_t n)
{
	uint32_t i, out = 0;

	for (i = 1; i < n; i++) {
		if (runs[out].addr + runs[out].len == runs[i].addr && runs[i].addr)
			runs[out].len += runs[i].len;
		else
			runs[++out] = runs[i];
	}
	return n ? out + 1 : 0;
}

/* Do they name the same bytes in the same order? Joins both. */
static TAP_UNUSED bool kit_same(struct dmavec_seg *a, uint32_t na, struct dmavec_seg *b, uint32_t nb)
{
	na = kit_join(a, na);
	nb = kit_join(b, nb);
	return na && na == nb && !memcmp(a, b, na * sizeof(*a));
}

/* What stands between segments and the memory that they name: emits, decodes, and returns how many runs there are;
 * 0: it went wrong. */
typedef uint32_t (*kit_format)(const struct dmavec_seg *segs, uint32_t nsegs, struct dmavec_seg *runs, uint32_t max);

static unsigned char kit_memory[KIT_MEMORY] __attribute__((aligned(4096)));

/* Ranges in kit_memory, some of whole pages; their bytes, in order, in `bytes`. */
static TAP_UNUSED size_t kit_ranges(uint64_t *seed, struct dmavec_range *ranges, size_t *nranges, unsigned char *bytes)
{
	size_t total = 0, i;

	*nranges = 1 + kit_below(seed, KIT_RANGES);
	for (i = 0; i < *nranges; i++) {
		uint64_t len = 1 + kit_below(seed, 3 * 4096), at = kit_below(seed, KIT_MEMORY - 4 * 4096);

		if (kit_below(seed, 2)) {
			at &= ~UINT64_C(4095);
			len = (len + 4095) & ~UINT64_C(4095);
		}
		ranges[i] = (struct dmavec_range){ dmavec_cpu(kit_memory + at), len };
		memcpy(bytes + total, kit_memory + at, len);
		total += len;
	}
	return total;
}

/* Random ranges, mapped, emitted, decoded and read as the device does: are they the same bytes? */
static TAP_UNUSED bool kit_trip(uint64_t *seed, struct dmavec_space *space, struct dmavec_dev *dev, kit_format format)
{
	static unsigned char want[KIT_RANGES * 4 * 4096], got[sizeof(want)];
	struct dmavec_range ranges[KIT_RANGES];
	struct dmavec_seg segs[KIT_SEGS], runs[256];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, KIT_SEGS);
	size_t nranges, total = kit_ranges(seed, ranges, &nranges, want), at = 0;
	uint32_t nruns, i;
	bool good;

	if (dmavec_map(dev, &map, ranges, nranges, DMAVEC_TO_DEVICE, 0))
		return false;
	nruns = format(segs, map.nsegs, runs, 256);
	good = nruns > 0;
	for (i = 0; good && i < nruns; at += runs[i++].len)
		good = runs[i].len <= total - at && !dmavec_space_read(space, runs[i].addr, got + at, runs[i].len);
	good = good && at == total && !memcmp(want, got, total);
	return !dmavec_unmap(dev, &map, 0) && good;
}

/* The whole way, on a space that is closed afterwards. */
static TAP_UNUSED bool kit_trips(uint64_t *seed, struct dmavec_space *space, const struct dmavec_limits *limits,
                                 kit_format format, uint64_t cases)
{
	struct dmavec_dev *dev;
	bool good = true;
	size_t i;

	for (i = 0; i < sizeof(kit_memory); i++)
		kit_memory[i] = (unsigned char)tap_random(seed);
	if (dmavec_dev_open(&dev, space, limits, 0))
		return false;
	while (good && cases--)
		good = kit_trip(seed, space, dev, format);
	return !dmavec_dev_close(dev) && !dmavec_space_close(space) && good;
}

/* On soft and on direct, a check each. */
static TAP_UNUSED void kit_end_to_end(uint64_t *seed, const struct dmavec_limits *limits, kit_format format,
                                      const char *name)
{
	struct dmavec_space *space;
	uint64_t cases = 1 + tap_cases(20000) / 50;

	ok(!dmavec_space_soft(&space, NULL) && kit_trips(seed, space, limits, format, cases),
	   "%s: mapped on soft, emitted and decoded, the device reads the bytes of the ranges", name);
	ok(!dmavec_space_direct(&space, NULL) && kit_trips(seed, space, limits, format, cases), "%s: and so on direct",
	   name);
}

#endif
