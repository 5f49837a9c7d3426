/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

bool suite_check(struct fix *f, bool good, const char *file, int line, const char *what)
{
	if (!good) {
		f->failures++;
		printf("# %s: %s\n#   %s:%d: %s\n", f->ts.name ? f->ts.name : "alone", f->rule, file, line, what);
	}
	return good;
}

bool suite_check_is(struct fix *f, long long got, long long want, const char *file, int line, const char *what)
{
	char text[400];

	if (got == want)
		return true;
	snprintf(text, sizeof(text), "%s is %lld, not %lld", what, got, want);
	return suite_check(f, false, file, line, text);
}

unsigned char suite_pattern(unsigned int seed, uint64_t i)
{
	return (unsigned char)((i * 2654435761u + seed * 40503u) >> 13 ^ i ^ seed);
}

void suite_restore(struct fix *f)
{
	memcpy(f->ts.area, f->shadow, SUITE_PAGES * f->page);
}

bool suite_begin(struct fix *f, const char *space, const char *rule)
{
	uint64_t i;

	memset(f, 0, sizeof(*f));
	f->rule = rule;
	if (!CHECK_IS(f, spaces_open(&f->ts, space), 0))
		return false;
	f->space = f->ts.space;
	f->page = f->ts.page;
	f->shadow = malloc(SUITE_PAGES * f->page);
	if (!CHECK(f, f->shadow != NULL))
		return false;
	for (i = 0; i < SUITE_PAGES * f->page; i++)
		f->shadow[i] = suite_pattern(1, i);
	suite_restore(f);
	return true;
}

struct dmavec_space_info suite_info(struct fix *f)
{
	struct dmavec_space_info info;

	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	CHECK_IS(f, dmavec_space_info(f->space, &info), 0);
	return info;
}

void suite_end(struct fix *f)
{
	struct dmavec_space_info info;

	while (f->ndevs)
		CHECK_IS(f, dmavec_dev_close(f->devs[--f->ndevs]), 0);
	info = suite_info(f);
	CHECK_IS(f, info.mappings, 0);
	CHECK_IS(f, info.devices, 0);
	CHECK_IS(f, info.bounced_bytes, 0);
	if (!info.regions)
		CHECK_IS(f, info.iova_bytes, info.quarantined_bytes);
	CHECK_IS(f, spaces_close(&f->ts), 0);
	free(f->shadow);
}

struct dmavec_dev *suite_dev(struct fix *f, const struct dmavec_limits *limits, unsigned int flags)
{
	struct dmavec_dev *dev = NULL;

	if (!CHECK(f, f->ndevs < SUITE_DEVS) || !CHECK_IS(f, dmavec_dev_open(&dev, f->space, limits, flags), 0))
		return NULL;
	return f->devs[f->ndevs++] = dev;
}

void suite_dev_close(struct fix *f, struct dmavec_dev *dev)
{
	unsigned int i;

	for (i = 0; i < f->ndevs; i++)
		if (f->devs[i] == dev) {
			CHECK_IS(f, dmavec_dev_close(dev), 0);
			f->devs[i] = f->devs[--f->ndevs];
			return;
		}
	suite_check(f, false, __FILE__, __LINE__, "a device that was not opened");
}

struct dmavec_range suite_range(const struct fix *f, unsigned int page, uint64_t at, uint64_t len)
{
	struct dmavec_range range;

	range.addr = dmavec_cpu(f->ts.area + page * f->page + at);
	range.len = len;
	return range;
}

void suite_init(struct held *h, uint32_t cap)
{
	memset(h, 0, sizeof(*h));
	h->map.segs = h->segs;
	h->map.segs_cap = cap;
}

bool suite_map(struct fix *f, struct dmavec_dev *dev, struct held *h, uint32_t cap, const struct dmavec_range *ranges,
	       size_t n, enum dmavec_dir dir, unsigned int flags)
{
	suite_init(h, cap);
	return CHECK_IS(f, dmavec_map(dev, &h->map, ranges, n, dir, flags), 0);
}

int suite_try(struct dmavec_dev *dev, uint32_t cap, const struct dmavec_range *ranges, size_t n, enum dmavec_dir dir,
	      unsigned int flags)
{
	struct held h;
	int err;

	suite_init(&h, cap);
	err = dmavec_map(dev, &h.map, ranges, n, dir, flags);
	return err ? err : dmavec_unmap(dev, &h.map, 0);
}

/* Bytes of all segments, one after another, through the device. */
static unsigned char *read_all(struct fix *f, const struct dmavec_map *map)
{
	unsigned char *bytes = malloc(map->len + 1);
	uint64_t done = 0;
	uint32_t i;

	for (i = 0; bytes && i < map->nsegs; done += map->segs[i].len, i++)
		if (!CHECK(f, map->segs[i].len && map->segs[i].len <= map->len - done) ||
		    !CHECK_IS(f, dmavec_space_read(f->space, map->segs[i].addr, bytes + done, map->segs[i].len), 0))
			break;
	if (bytes && CHECK_IS(f, done, map->len))
		return bytes;
	free(bytes);
	return NULL;
}

bool suite_sees(struct fix *f, const struct dmavec_map *map, const struct dmavec_range *ranges, size_t n)
{
	unsigned char *bytes = read_all(f, map);
	uint64_t done = 0;
	bool same = bytes != NULL;
	size_t i;

	for (i = 0; same && i < n; done += ranges[i].len, i++)
		same = CHECK(f, ranges[i].len <= map->len - done) &&
		       CHECK(f, !memcmp(bytes + done, dmavec_ptr(ranges[i].addr), ranges[i].len));
	free(bytes);
	return same && CHECK_IS(f, done, map->len);
}

bool suite_dev_writes(struct fix *f, const struct dmavec_map *map, uint64_t from, uint64_t len, unsigned int seed)
{
	unsigned char bytes[512];
	uint64_t at = 0, k, step, run;
	uint32_t i;

	for (i = 0; i < map->nsegs; at += map->segs[i++].len)
		for (k = at < from ? from - at : 0; k < map->segs[i].len && at + k < from + len; k += run) {
			run = map->segs[i].len - k < sizeof(bytes) ? map->segs[i].len - k : sizeof(bytes);
			if (run > from + len - at - k)
				run = from + len - at - k;
			for (step = 0; step < run; step++)
				bytes[step] = suite_pattern(seed, at + k + step);
			if (!CHECK_IS(f, dmavec_space_write(f->space, map->segs[i].addr + k, bytes, run), 0))
				return false;
		}
	return true;
}

bool suite_memory_has(const struct dmavec_range *ranges, size_t n, uint64_t from, uint64_t len, unsigned int seed)
{
	uint64_t at = 0, k;
	size_t i;

	for (i = 0; i < n; at += ranges[i++].len)
		for (k = 0; k < ranges[i].len; k++)
			if (at + k >= from && at + k < from + len &&
			    ((unsigned char *)dmavec_ptr(ranges[i].addr))[k] != suite_pattern(seed, at + k))
				return false;
	return true;
}

bool suite_rest_is_whole(const struct fix *f, const struct dmavec_range *ranges, size_t n)
{
	uint64_t len = SUITE_PAGES * f->page, at;
	unsigned char *now = malloc(len);
	bool whole;
	size_t i;

	if (!now)
		return false;
	memcpy(now, f->ts.area, len);
	for (i = 0; i < n; i++) {
		at = (uint64_t)((unsigned char *)dmavec_ptr(ranges[i].addr) - f->ts.area);
		memcpy(now + at, f->shadow + at, ranges[i].len);
	}
	whole = !memcmp(now, f->shadow, len);
	free(now);
	return whole;
}

static uint64_t largest(uint64_t a, uint64_t b, uint64_t c)
{
	a = a > b ? a : b;
	return a > c ? a : c;
}

/* The longest first segment of the device addresses [at, end): cut as late as the limits let it. */
static uint64_t longest(const struct dmavec_limits *l, uint64_t at, uint64_t end)
{
	uint64_t unit = largest(l->gap, l->seg_align, 1), stop = end, block;

	if (l->seg_len_max && stop - at > l->seg_len_max)
		stop = at + l->seg_len_max;
	block = l->seg_boundary ? (at | (l->seg_boundary - 1)) + 1 : 0;
	if (block && stop > block)
		stop = block;
	if (stop < end)
		stop &= ~(unit - 1);
	if (stop < end && l->len_align)
		stop = at + ((stop - at) & ~(l->len_align - 1));
	return stop > at ? stop - at : end - at;
}

uint32_t suite_fewest(const struct dmavec_limits *limits, const struct dmavec_map *map)
{
	uint32_t i = 0, count = 0;
	uint64_t at, end;

	while (i < map->nsegs) {
		at = map->segs[i].addr;
		end = at + map->segs[i++].len;
		while (i < map->nsegs && map->segs[i].addr == end)
			end += map->segs[i++].len;
		for (; at < end; count++)
			at += longest(limits, at, end);
	}
	return count;
}

static bool round_to_device(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t n,
			    unsigned int flags, enum dmavec_dir dir)
{
	struct dmavec_limits limits;
	static struct held h;
	bool good;

	memset(&limits, 0, sizeof(limits));
	limits.size = sizeof(limits);
	if (!CHECK_IS(f, dmavec_dev_limits(dev, &limits), 0) ||
	    !suite_map(f, dev, &h, SUITE_SEGS, ranges, n, dir, flags))
		return false;
	good = CHECK_IS(f, dmavec_check_segs(&limits, h.segs, h.map.nsegs), 0);
	good &= suite_sees(f, &h.map, ranges, n);
	good &= CHECK_IS(f, h.map.nsegs, suite_fewest(&limits, &h.map));
	return CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0) && good;
}

static bool overlap(const struct dmavec_range *ranges, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (ranges[i].addr < ranges[k].addr + ranges[k].len &&
			    ranges[k].addr < ranges[i].addr + ranges[i].len)
				return true;
	return false;
}

static bool round_from_device(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t n,
			      unsigned int flags, enum dmavec_dir dir)
{
	static struct held h;
	bool good;

	if (!suite_map(f, dev, &h, SUITE_SEGS, ranges, n, dir, flags))
		return false;
	good = suite_dev_writes(f, &h.map, 0, h.map.len, 7);
	good &= CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	good &= CHECK(f, overlap(ranges, n) || suite_memory_has(ranges, n, 0, ~0ull, 7));
	good &= CHECK(f, suite_rest_is_whole(f, ranges, n));
	suite_restore(f);
	return good;
}

bool suite_round(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t n, unsigned int flags)
{
	bool good = dev != NULL;

	good = good && round_to_device(f, dev, ranges, n, flags, DMAVEC_TO_DEVICE);
	good = good && round_from_device(f, dev, ranges, n, flags, DMAVEC_FROM_DEVICE);
	good = good && round_to_device(f, dev, ranges, n, flags, DMAVEC_BIDIRECTIONAL);
	return good && round_from_device(f, dev, ranges, n, flags, DMAVEC_BIDIRECTIONAL);
}

int suite_read(struct fix *f, dmavec_dma_t dma)
{
	unsigned char byte = 0;
	int err = dmavec_space_read(f->space, dma, &byte, 1);

	return err ? err : byte;
}

int suite_write(struct fix *f, dmavec_dma_t dma, unsigned char byte)
{
	return dmavec_space_write(f->space, dma, &byte, 1);
}

bool suite_unreachable(struct fix *f, dmavec_dma_t dma, uint64_t len)
{
	uint64_t step = f->ts.granule > 1 ? f->ts.granule : 4096, at;

	for (at = 0; at < len; at += step)
		if (suite_read(f, dma + at) != -EFAULT || suite_write(f, dma + at, 0) != -EFAULT)
			return false;
	return suite_read(f, dma + len - 1) == -EFAULT;
}

uint64_t suite_low_max(const struct fix *f)
{
	return f->ts.mem ? (16u << 20) - 1 : 0xffffffffu;
}
