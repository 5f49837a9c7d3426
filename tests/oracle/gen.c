/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Random cases. Each depends on the seed and its number alone, so that one can be run again by itself. */
#include "oracle.h"

#include <string.h>

uint64_t rnd(struct ocase *c)
{
	uint64_t z = c->rng += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t below(struct ocase *c, uint64_t n)
{
	return rnd(c) % n;
}

static uint64_t power(struct ocase *c, unsigned int low, unsigned int high)
{
	return (uint64_t)1 << (low + below(c, high - low + 1));
}

static uint64_t max3(uint64_t a, uint64_t b, uint64_t d)
{
	return a > b ? (a > d ? a : d) : (b > d ? b : d);
}

/* ---- limits */

static void draw_addresses(struct ocase *c)
{
	static const uint64_t highest[] = {
		0, 0, 0xffffffff, 0xffffffff, ARENA_AT + ARENA_LEN / 2 - 1, ARENA_AT + ARENA_LEN / 4 + 99,
		0xfffffff, 0xffffff, 0x3fffff, ((uint64_t)1 << 48) - 1,
	};
	static const uint64_t lowest[] = { 0x1000, 0x10000, 0x400000, ARENA_AT + ARENA_LEN / 4 };

	c->limits.addr_max = highest[below(c, sizeof(highest) / sizeof(highest[0]))];
	if (chance(c, 8))
		c->limits.addr_min = lowest[below(c, 4)];
	if (c->limits.addr_max && c->limits.addr_min > c->limits.addr_max)
		c->limits.addr_min = 0;
	if (c->world->iommu && chance(c, 40)) { /* a window of a few granules */
		c->limits.addr_min = 0x800000;
		c->limits.addr_max = 0x800000 + c->world->granule * (1 + below(c, 12)) - 1;
	}
}

static void like_hardware(struct ocase *c)
{
	static const struct dmavec_limits known[] = {
		{ .gap = 4096, .seg_align = 4, .len_align = 4, .offset_mask = 4095 },
		{ .seg_align = 4, .len_align = 512, .segs_max = 128 },
		{ .seg_len_max = 4 << 20, .seg_align = 2, .len_align = 2, .segs_max = 168, .addr_max = 0xffffffff },
		{ .addr_max = 0xfffffff, .seg_len_max = 4096 },
		{ .addr_max = 0xffffffff, .seg_boundary = 65536, .seg_len_max = 65536, .segs_max = 128 },
		{ .addr_max = 0xffffff, .seg_boundary = 65536, .segs_max = 1 },
		{ .seg_boundary = (uint64_t)1 << 32, .seg_len_max = 65535, .addr_max = 0xffffffff },
		{ .gap = 65536, .offset_mask = 65535 },
	};
	struct dmavec_limits pick = known[below(c, sizeof(known) / sizeof(known[0]))];

	c->limits = pick;
}

static void random_limits(struct ocase *c)
{
	struct dmavec_limits *l = &c->limits;
	bool tiny = chance(c, 3);
	uint64_t floor;

	if (chance(c, 2))
		draw_addresses(c);
	if (chance(c, 4))
		l->seg_align = power(c, 1, chance(c, 6) ? 14 : 9);
	if (chance(c, 4))
		l->len_align = power(c, 1, 9);
	if (chance(c, 4))
		l->gap = chance(c, 3) ? power(c, 2, 16) : 4096;
	floor = max3(l->seg_align, l->len_align, l->gap);
	floor = floor ? floor : 1;
	if (chance(c, 3))
		l->seg_boundary = power(c, tiny ? 4 : 9, tiny ? 10 : 17);
	if (l->seg_boundary && l->seg_boundary < floor)
		l->seg_boundary = floor;
	if (chance(c, 3))
		l->seg_len_max = floor + below(c, tiny ? 512 : 65536);
	if (chance(c, 4))
		l->offset_mask = power(c, 0, 16) - 1;
}

static void draw_limits(struct ocase *c)
{
	memset(&c->limits, 0, sizeof(c->limits));
	switch (below(c, 6)) {
	case 0:
		break;
	case 1:
		like_hardware(c);
		break;
	default:
		random_limits(c);
	}
	c->limits.size = chance(c, 8) ? 0 : sizeof(c->limits);
}

/* ---- ranges */

#define PAGE 4096u

static void add_range(struct ocase *c, uint64_t offset, uint64_t len)
{
	if (c->nranges == RANGES_MAX || !len || offset >= ARENA_LEN)
		return;
	if (len > ARENA_LEN - offset)
		len = ARENA_LEN - offset;
	if (len > TOTAL_MAX - c->total)
		len = TOTAL_MAX - c->total;
	if (!len)
		return;
	c->ranges[c->nranges].addr = dmavec_cpu(c->world->arena) + offset;
	c->ranges[c->nranges++].len = len;
	c->total += len;
}

static void scattered_pages(struct ocase *c, uint64_t n)
{
	uint64_t page = below(c, 64), step = 2 * below(c, 32) + 1;

	for (; n > 0; n--, page = (page + step) % 64)
		add_range(c, page * PAGE, PAGE);
}

/* A buffer as a process has it: starts and ends anywhere, whole pages between, of which some follow one another. */
static void page_buffer(struct ocase *c, uint64_t n)
{
	uint64_t page = below(c, 60), cut = below(c, PAGE) & ~(chance(c, 2) ? 511u : 3u);

	add_range(c, page * PAGE + cut, PAGE - cut);
	for (; n > 0; n--) {
		page = chance(c, 3) ? (page + 1) % 64 : (page + 7) % 64;
		add_range(c, page * PAGE, PAGE);
	}
	page = (page + 1 + below(c, 3)) % 64;
	add_range(c, page * PAGE, (1 + below(c, PAGE)) & ~(chance(c, 2) ? 511u : 3u));
}

static void neighbours(struct ocase *c, uint64_t n)
{
	uint64_t at = below(c, ARENA_LEN - 32768) & ~(chance(c, 2) ? 3u : 0u), len;

	for (; n > 0; n--, at += len) {
		len = 1 + below(c, chance(c, 2) ? 64 : 6000);
		add_range(c, at, len);
		if (chance(c, 4))
			at += below(c, 3) * 32;
	}
}

static void anywhere(struct ocase *c, uint64_t n, uint64_t longest, uint64_t align)
{
	uint64_t len;

	for (; n > 0; n--) {
		len = 1 + below(c, longest);
		len = (len + align - 1) & ~(align - 1);
		add_range(c, below(c, ARENA_LEN - PAGE) & ~(align - 1), len);
	}
}

/* Up to the last address that the device can use, or one byte more; and the same at its first. */
static void last_address(struct ocase *c)
{
	uint64_t end = c->limits.addr_max + 1 - ARENA_AT + below(c, 2), len = 1 + below(c, 3000);
	uint64_t start = c->limits.addr_min - ARENA_AT - below(c, 2);

	if (end <= ARENA_LEN && end >= len)
		add_range(c, end - len, len);
	if (start < ARENA_LEN - 1)
		add_range(c, start, len);
}

static void repeat(struct ocase *c)
{
	struct dmavec_range again = c->ranges[below(c, c->nranges)];

	add_range(c, again.addr - dmavec_cpu(c->world->arena), again.len);
}

/* Most totals must be multiples of len_align, or nothing else would be seen. */
static void trim_total(struct ocase *c)
{
	uint64_t align = c->limits.len_align, over = align ? c->total & (align - 1) : 0;
	struct dmavec_range *last = &c->ranges[c->nranges - 1];

	if (!over || chance(c, 16))
		return;
	if (last->len > over) {
		last->len -= over;
		c->total -= over;
	} else {
		last->len += align - over;
		c->total += align - over;
	}
	if (last->addr + last->len > dmavec_cpu(c->world->arena) + ARENA_LEN)
		last->addr -= PAGE;
}

static void draw_ranges(struct ocase *c)
{
	uint64_t unit = max3(c->limits.seg_align, c->limits.len_align, 1);
	uint64_t align = chance(c, 4) ? 1 : unit, n = 1 + below(c, chance(c, 4) ? 24 : 6);

	switch (below(c, 8)) {
	case 0:
	case 1:
		scattered_pages(c, n);
		break;
	case 2:
		page_buffer(c, n);
		break;
	case 3:
		neighbours(c, n);
		break;
	case 4:
		anywhere(c, n, 300, align);
		break;
	case 5:
		anywhere(c, n, 9000, align < 512 ? 512 : align);
		break;
	case 6:
		anywhere(c, 1 + n % 3, 40000, align);
		break;
	default:
		anywhere(c, 1 + n % 4, 120, align);
		page_buffer(c, n % 5);
	}
	if (chance(c, 2))
		last_address(c);
	if (!c->nranges)
		scattered_pages(c, 1);
	if (chance(c, 10))
		repeat(c);
	trim_total(c);
}

static void find_overlaps(struct ocase *c)
{
	size_t i, j;

	for (i = 0; i < c->nranges; i++)
		for (j = 0; j < i; j++)
			if (c->ranges[i].addr < c->ranges[j].addr + c->ranges[j].len &&
			    c->ranges[j].addr < c->ranges[i].addr + c->ranges[i].len)
				c->overlap = true;
}

static void draw_flags(struct ocase *c)
{
	size_t i;
	bool all = false;

	if (chance(c, 6))
		c->flags |= DMAVEC_NO_BOUNCE;
	if (chance(c, 8))
		c->flags |= DMAVEC_SKIP_SYNC;
	if (chance(c, 8))
		c->flags |= DMAVEC_RELAXED;
	if (chance(c, 16))
		c->flags |= DMAVEC_MAY_SLEEP;
	if (chance(c, 12)) {
		all = true;
		c->flags |= DMAVEC_MMIO;
	}
	for (i = 0; i < c->nranges; i++)
		if (all || (c->entry >= ENTRY_SOURCE && (c->number & 7) == 3 && chance(c, 3)))
			c->range_flags[i] = DMAVEC_MMIO, c->any_mmio = true;
}

static void draw_injection(struct ocase *c)
{
	size_t i = below(c, c->nranges);

	c->inject = (enum inject)(1 + below(c, INJECT_COUNT - 1));
	if (c->inject == INJECT_EMPTY_RANGE && c->entry == ENTRY_SOURCE)
		c->inject = INJECT_NONE; /* sources skip empty ranges */
	if (c->inject == INJECT_NO_RANGE) {
		c->nranges = 0;
		c->total = 0;
	} else if (c->inject == INJECT_EMPTY_RANGE) {
		c->total -= c->ranges[i].len;
		c->ranges[i].len = 0;
	} else if (c->inject == INJECT_WRAP) {
		c->ranges[i].addr = (dmavec_cpu_t)0 - 100;
		c->ranges[i].len = 101;
	}
}

/* The room is mostly ample, and often just what the model says, or one less. */
void draw_room(struct ocase *c)
{
	struct forecast f;
	uint32_t bounce;

	c->cap = SEGS_MAX;
	if (chance(c, 2))
		return;
	f = forecast_case(c);
	bounce = linear_bounce_segs(c);
	switch (below(c, 6)) {
	case 0:
		c->cap = 1 + (uint32_t)below(c, 4);
		break;
	case 1:
		c->cap = bounce && bounce < SEGS_MAX ? bounce : 1;
		break;
	default:
		if (f.in_place && f.nsegs)
			c->cap = f.nsegs - (f.nsegs > 1 && chance(c, 2));
	}
	if (chance(c, 4) && !c->limits.segs_max) { /* the same from the other side */
		c->limits.segs_max = c->cap;
		c->cap = SEGS_MAX;
	}
	if (chance(c, 24) && !c->inject)
		c->limits.total_max = c->total + below(c, 3) - 1;
	if (c->limits.total_max < max3(c->limits.gap, c->limits.seg_align, c->limits.len_align))
		c->limits.total_max = 0;
}

/* Memory that is there, and not for this space. */
static void draw_outside(struct ocase *c)
{
	static uint8_t elsewhere[2 * PAGE];
	size_t i = below(c, c->nranges);

	if (c->world->nwindows == 0) {
		c->inject = INJECT_NONE;
		return;
	}
	if (c->ranges[i].len > sizeof(elsewhere)) {
		c->total -= c->ranges[i].len - PAGE;
		c->ranges[i].len = PAGE;
	}
	c->ranges[i].addr = dmavec_cpu(elsewhere);
}

void generate_case(struct ocase *c, uint64_t seed, uint64_t number)
{
	memset(c, 0, sizeof(*c));
	c->seed = seed;
	c->number = number;
	c->rng = seed ^ number * 0xd1342543de82ef95u;
	(void)rnd(c);
	c->world = &worlds[below(c, nworlds)];
	c->shift = below(c, ARENA_LEN);
	c->dir = (enum dmavec_dir)below(c, 3);
	c->entry = chance(c, 2) ? ENTRY_MAP : (enum entry)below(c, ENTRY_COUNT);
	if (c->world->tainted && chance(c, 2))
		c->dev_flags = DMAVEC_DEV_UNTRUSTED;
	draw_limits(c);
	draw_ranges(c);
	draw_flags(c);
	if (chance(c, 20)) {
		draw_injection(c);
		if (c->inject == INJECT_OUTSIDE)
			draw_outside(c);
	}
	find_overlaps(c);
}
