/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The bytes of a mapping, moved by nothing but the device. Memory holds pattern 0; whoever writes it next writes the
 * complement, so that every single byte tells whose it is. The shadow is what the arena must hold.
 */
#include "oracle.h"

#include <errno.h>
#include <string.h>

static uint8_t seen[TOTAL_MAX + 4096];
static uint8_t wanted[2][TOTAL_MAX + 4096]; /* pattern 0 and 1 in the order of the mapping */

static void fill_ranges(struct ocase *c, unsigned int turn)
{
	size_t i;

	for (i = 0; i < c->nranges; i++) {
		uint64_t at = c->ranges[i].addr - dmavec_cpu(c->world->arena);

		pattern(c, turn, c->ranges[i].addr, c->world->shadow + at, c->ranges[i].len);
		memcpy(c->world->arena + at, c->world->shadow + at, c->ranges[i].len);
	}
}

static void gather_patterns(struct ocase *c)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < c->nranges; at += c->ranges[i++].len) {
		pattern(c, 0, c->ranges[i].addr, wanted[0] + at, c->ranges[i].len);
		pattern(c, 1, c->ranges[i].addr, wanted[1] + at, c->ranges[i].len);
	}
}

static bool same_arena(const struct ocase *c)
{
	return memcmp(c->world->arena, c->world->shadow, ARENA_LEN) == 0;
}

void verify_arena(struct ocase *c)
{
	if (!check(c, P_OUTSIDE, same_arena(c), "memory changed"))
		memcpy(c->world->arena, c->world->shadow, ARENA_LEN);
}

static bool device_reads(struct ocase *c)
{
	uint64_t at = 0;
	uint32_t i;
	int rc;

	for (i = 0; i < c->map.nsegs; at += c->map.segs[i++].len) {
		rc = dmavec_space_read(c->world->space, c->map.segs[i].addr, seen + at, c->map.segs[i].len);
		if (!check(c, P_READ, rc == 0, "reading segment %u: %d", i, rc))
			return false;
	}
	return true;
}

/* All but [skip, skip + len). */
static bool device_writes(struct ocase *c, const uint8_t *from, uint64_t skip, uint64_t skip_len)
{
	uint64_t at = 0, head, tail;
	uint32_t i;
	int rc = 0;

	for (i = 0; i < c->map.nsegs && !rc; at += c->map.segs[i++].len) {
		const struct dmavec_seg *s = &c->map.segs[i];

		head = skip <= at ? 0 : skip - at < s->len ? skip - at : s->len;
		tail = skip + skip_len <= at ? 0 : skip + skip_len - at < s->len ? skip + skip_len - at : s->len;
		if (!skip_len)
			head = tail = 0;
		if (head)
			rc = dmavec_space_write(c->world->space, s->addr, from + at, head);
		if (!rc && tail < s->len)
			rc = dmavec_space_write(c->world->space, s->addr + tail, from + at + tail, s->len - tail);
	}
	return check(c, P_WRITE, rc == 0, "writing segment %u: %d", i, rc);
}

static void know_bounced(struct ocase *c, struct view *view)
{
	struct dmavec_space_info now = world_info(c->world);
	bool may = c->world->bounces && !(c->flags & DMAVEC_NO_BOUNCE);
	bool need = false;
	uint64_t i;
	size_t k;

	view->bounced_known = true;
	for (i = 0; i < c->total; i++)
		view->nbounced += view->bounced[i];
	check(c, P_BOUNCED, now.bounced_bytes - c->before.bounced_bytes == view->nbounced, "%llu bytes, told %llu",
	      (unsigned long long)view->nbounced, (unsigned long long)(now.bounced_bytes - c->before.bounced_bytes));
	for (k = 0; k < view->count; k++) {
		const struct piece *p = &view->pieces[k];

		if (c->range_flags[p->range] || p->fixed)
			for (i = 0; i < p->len; i++)
				need = need || view->bounced[p->offset + i];
	}
	check(c, P_NOT_BOUNCED, !need && (may || !view->nbounced), "%llu bytes are bounced",
	      (unsigned long long)view->nbounced);
}

/* Every bounce starts where offset_mask says; a tainted space bounces ends of granules, at their own place in them. */
static void check_offsets(struct ocase *c, const struct view *view)
{
	uint64_t keep = c->limits.offset_mask & ~(c->limits.seg_align ? c->limits.seg_align - 1 : 0), dma = 0, was = 0;
	size_t k;

	if (c->world->tainted)
		keep &= c->world->granule - 1;
	for (k = 0; keep && k < view->count; k++) {
		const struct piece *p = &view->pieces[k];
		uint64_t wrong = p->dma ^ p->cpu, other = 0, run;

		if (!view->bounced[p->offset] || (k && p->dma == was)) {
			was = p->dma + p->len;
			continue;
		}
		was = p->dma + p->len;
		if (!c->world->iommu && world_translate(c->world, p->cpu, 1, &dma, &run))
			other = dma ^ p->dma;
		check(c, P_OFFSET, !(wrong & keep) || !(other & keep), "the bounce of byte %llu is at %#llx, for %#llx",
		      (unsigned long long)p->offset, (unsigned long long)p->dma, (unsigned long long)p->cpu);
	}
}

/* Where nothing had to move, only ends of granules are bounced, and those in a tainted space alone. */
static void check_in_place(struct ocase *c, const struct view *view)
{
	uint64_t granule = c->world->granule, i, first, last;
	bool good = true;
	size_t k;

	if (!c->world->tainted || !c->world->iommu) {
		check(c, P_NOT_BOUNCED, !view->nbounced, "%llu bytes are bounced", (unsigned long long)view->nbounced);
		return;
	}
	for (k = 0; k < view->count; k++) {
		const struct piece *p = &view->pieces[k];
		const struct dmavec_range *r = &c->ranges[p->range];

		first = (r->addr + granule - 1) & ~(granule - 1); /* of whole granules in this range */
		last = (r->addr + r->len) & ~(granule - 1);
		for (i = 0; i < p->len && !p->fixed; i++)
			good = good && !(view->bounced[p->offset + i] && p->cpu + i >= first && p->cpu + i < last);
	}
	check(c, P_NOT_BOUNCED, good, "a whole granule is bounced");
}

/* ---- to the device */

static void read_side(struct ocase *c, struct view *view)
{
	uint64_t off, len, i;
	bool good = true;

	if (c->flags & DMAVEC_SKIP_SYNC)
		check(c, P_READ, dmavec_sync_for_device(c->dev, &c->map, 0, c->total) == 0, "sync fails");
	if (!device_reads(c))
		return;
	check(c, P_READ, memcmp(seen, wanted[0], c->total) == 0, "the device reads other bytes");
	fill_ranges(c, 1);
	if (!device_reads(c))
		return;
	for (i = 0; i < c->total; i++) {
		view->bounced[i] = seen[i] == wanted[0][i];
		good = good && (seen[i] == wanted[0][i] || seen[i] == wanted[1][i]);
	}
	check(c, P_READ, good, "the device reads what nobody wrote");
	know_bounced(c, view);
	off = below(c, c->total);
	len = 1 + below(c, c->total - off);
	check(c, P_SYNC_DEVICE, dmavec_sync_for_device(c->dev, &c->map, off, len) == 0, "sync fails");
	if (!device_reads(c))
		return;
	for (i = 0; i < c->total; i++)
		good = good && seen[i] == wanted[!view->bounced[i] || (i >= off && i - off < len)][i];
	if (view->nbounced)
		check(c, P_SYNC_DEVICE, good, "bytes %llu + %llu", (unsigned long long)off, (unsigned long long)len);
	if (c->dir != DMAVEC_TO_DEVICE) /* else unmap must not copy back what the device holds */
		check(c, P_SYNC_DEVICE, dmavec_sync_for_device(c->dev, &c->map, 0, c->total) == 0, "sync fails");
}

/* What is not writable for the device; a region says that itself. */
static void check_permission(struct ocase *c, const struct view *view)
{
	const struct piece *p = &view->pieces[below(c, view->count)];
	int rc;

	if (!c->world->iommu || in_region_granule(c, p->dma))
		return;
	rc = dmavec_space_write(c->world->space, p->dma, wanted[0], 1);
	check(c, P_PERMISSION, rc == -EFAULT, "a write to memory mapped TO_DEVICE: %d", rc);
}

/* ---- from the device */

/* The device has written: memory that is not bounced holds it, and what was so far unknown shows now. */
static void learn_bounced(struct ocase *c, struct view *view, unsigned int turn)
{
	uint64_t i = 0, at;
	size_t k;

	for (k = 0; k < c->nranges; k++)
		for (at = 0; at < c->ranges[k].len; at++, i++)
			view->bounced[i] = *((uint8_t *)dmavec_ptr(c->ranges[k].addr) + at) == wanted[turn ^ 1][i];
	know_bounced(c, view);
}

/* The shadow of mapped bytes [off, off + len) that are bounced, or are not, takes what the device wrote. */
static void expect_written(struct ocase *c, const struct view *view, unsigned int turn, bool bounced, uint64_t off,
                           uint64_t len)
{
	uint64_t i = 0, at, base = dmavec_cpu(c->world->arena);
	size_t k;

	for (k = 0; k < c->nranges; k++)
		for (at = 0; at < c->ranges[k].len; at++, i++)
			if (i >= off && i - off < len && !!view->bounced[i] == bounced)
				c->world->shadow[c->ranges[k].addr + at - base] = wanted[turn][i];
}

static void partial_sync(struct ocase *c, const struct view *view, unsigned int turn)
{
	uint64_t off = below(c, c->total), len = 1 + below(c, c->total - off);

	check(c, P_SYNC_CPU, dmavec_sync_for_cpu(c->dev, &c->map, off, len) == 0, "sync fails");
	expect_written(c, view, turn, true, off, len);
	if (view->nbounced && !check(c, P_SYNC_CPU, same_arena(c), "bytes %llu + %llu", (unsigned long long)off,
	                             (unsigned long long)len))
		memcpy(c->world->arena, c->world->shadow, ARENA_LEN);
}

/* What the device leaves out stays as it was: the bounce began with it. Overlapping ranges have no single answer. */
static void write_part(struct ocase *c, struct view *view, unsigned int turn)
{
	uint64_t skip = below(c, c->total), len = 1 + below(c, c->total - skip), end = skip + len;

	if (!device_writes(c, wanted[turn], skip, len))
		return;
	memset(view->bounced, 0, c->total);
	expect_written(c, view, turn, false, 0, skip);
	expect_written(c, view, turn, false, end, c->total - end);
}

/* Returns the unmap flags to use. */
static unsigned int write_side(struct ocase *c, struct view *view, bool *part)
{
	unsigned int turn = c->dir == DMAVEC_BIDIRECTIONAL ? 0 : 1;

	*part = !c->overlap && !(c->flags & DMAVEC_SKIP_SYNC) && chance(c, 3);
	if (*part) {
		write_part(c, view, turn);
		return 0;
	}
	if (!device_writes(c, wanted[turn], 0, 0))
		return 0;
	if (!view->bounced_known && !c->overlap)
		learn_bounced(c, view, turn);
	if (view->bounced_known) {
		expect_written(c, view, turn, false, 0, c->total);
		check(c, P_WRITE, same_arena(c), "what is not bounced is not there at once");
		partial_sync(c, view, turn);
		if (chance(c, 4))
			return DMAVEC_SKIP_SYNC;
		expect_written(c, view, turn, true, 0, c->total);
	} else {
		memset(view->bounced, 0, c->total);
		expect_written(c, view, turn, false, 0, c->total);
	}
	return 0;
}

static void sync_bounds(struct ocase *c)
{
	uint64_t off = below(c, c->total + 1), over = c->total - off + 1;

	check(c, P_SYNC_BOUNDS, dmavec_sync_for_cpu(c->dev, &c->map, off, 0) == 0, "sync of nothing");
	check(c, P_SYNC_BOUNDS, dmavec_sync_for_cpu(c->dev, &c->map, off, over) == -EINVAL, "sync beyond the end");
	check(c, P_SYNC_BOUNDS, dmavec_sync_for_device(c->dev, &c->map, off, over) == -EINVAL, "sync beyond the end");
	if (off)
		check(c, P_SYNC_BOUNDS, dmavec_sync_for_device(c->dev, &c->map, off, UINT64_MAX - off + 1) == -EINVAL,
		      "a sync that wraps");
}

/* ---- what the device must not reach */

static bool in_segments(const struct ocase *c, uint64_t dma, uint64_t len)
{
	uint32_t i;

	for (i = 0; i < c->map.nsegs; i++)
		if (dma < c->map.segs[i].addr + c->map.segs[i].len && c->map.segs[i].addr < dma + len)
			return true;
	return false;
}

static void check_neighbour(struct ocase *c, uint64_t granule)
{
	uint64_t size = c->world->granule;
	uint8_t byte = 0x5a;

	if (granule < c->world->first || in_segments(c, granule, size) || in_region_granule(c, granule))
		return;
	check(c, P_ISOLATED, dmavec_space_read(c->world->space, granule + size / 2, &byte, 1) == -EFAULT &&
	      dmavec_space_write(c->world->space, granule + size / 2, &byte, 1) == -EFAULT,
	      "the device reaches %#llx", (unsigned long long)granule);
}

/* Reads whole granules: bytes that no segment names must be zero. Then writes there; the arena must not change. */
static void check_padding(struct ocase *c, uint64_t granule)
{
	static uint8_t bytes[65536];
	uint64_t size = c->world->granule, i, from;
	bool zero = true;
	uint32_t s;
	int rc;

	if (in_region_granule(c, granule) || size > sizeof(bytes))
		return;
	rc = dmavec_space_read(c->world->space, granule, bytes, size);
	if (c->dir != DMAVEC_FROM_DEVICE)
		check(c, P_PADDING, rc == 0, "a granule of the mapping cannot be read: %d", rc);
	if (rc) /* write-only memory shows nothing */
		return;
	for (s = 0; s < c->map.nsegs; s++) {
		const struct dmavec_seg *seg = &c->map.segs[s];

		if (seg->addr >= granule + size || seg->addr + seg->len <= granule)
			continue;
		from = seg->addr > granule ? seg->addr - granule : 0;
		i = seg->addr + seg->len - granule < size ? seg->addr + seg->len - granule : size;
		memset(bytes + from, 0, i - from);
	}
	for (i = 0; i < size; i++)
		zero = zero && !bytes[i];
	check(c, P_PADDING, zero, "padding at %#llx is not zero", (unsigned long long)granule);
}

static void scribble_padding(struct ocase *c, uint64_t granule)
{
	uint64_t size = c->world->granule, at;
	uint8_t byte = 0xa5;

	if (in_region_granule(c, granule))
		return;
	for (at = granule; at < granule + size; at += 61)
		if (!in_segments(c, at, 1) && dmavec_space_write(c->world->space, at, &byte, 1))
			return; /* not for the device to write */
}

/* The granules where a segment begins and ends. */
static void edge_granules(const struct ocase *c, uint32_t i, uint64_t edge[2])
{
	uint64_t mask = c->world->granule - 1;

	edge[0] = c->map.segs[i].addr & ~mask;
	edge[1] = (c->map.segs[i].addr + c->map.segs[i].len - 1) & ~mask;
}

static void check_reach(struct ocase *c)
{
	uint64_t size = c->world->granule, edge[2];
	uint32_t i, step = c->map.nsegs / 6 + 1, first = (uint32_t)below(c, step);

	if (!c->world->iommu)
		return;
	for (i = first; i < c->map.nsegs; i += step) {
		edge_granules(c, i, edge);
		if (in_region_granule(c, edge[0]) || in_region_granule(c, edge[1]))
			continue;
		if (!c->world->lazy) {
			check_neighbour(c, edge[0] - size);
			check_neighbour(c, edge[1] + size);
		}
		if (c->world->tainted) {
			check_padding(c, edge[0]);
			check_padding(c, edge[1]);
		}
	}
	for (i = first; c->world->tainted && i < c->map.nsegs; i += step) {
		edge_granules(c, i, edge);
		scribble_padding(c, edge[0]);
		scribble_padding(c, edge[1]);
	}
}

void verify_unmapped(struct ocase *c, const struct dmavec_seg *segs, uint32_t nsegs)
{
	uint8_t byte = 0xee;
	uint64_t at;
	uint32_t i;

	if (!c->world->iommu)
		return;
	if (c->world->lazy)
		check(c, P_HELD, dmavec_flush(c->world->space) == 0, "flush fails");
	for (i = 0; i < nsegs; i += nsegs / 16 + 1) {
		at = segs[i].addr + below(c, segs[i].len);
		if (in_region_granule(c, at))
			continue;
		check(c, c->world->lazy ? P_FAULT_LAZY : P_FAULT_STRICT,
		      dmavec_space_read(c->world->space, at, &byte, 1) == -EFAULT &&
		      dmavec_space_write(c->world->space, at, &byte, 1) == -EFAULT, "%#llx is still mapped", (unsigned long long)at);
	}
}

void prepare_bytes(struct ocase *c)
{
	fill_ranges(c, 0);
	gather_patterns(c);
}

unsigned int exercise_bytes(struct ocase *c, struct view *view, bool in_place)
{
	unsigned int flags = 0;
	bool part = false;

	if (c->dir != DMAVEC_FROM_DEVICE)
		read_side(c, view);
	if (view->bounced_known) {
		check_offsets(c, view);
		if (in_place)
			check_in_place(c, view);
	}
	if (c->dir == DMAVEC_TO_DEVICE)
		check_permission(c, view);
	check_reach(c);
	if (c->dir != DMAVEC_TO_DEVICE)
		flags = write_side(c, view, &part);
	if (c->dir == DMAVEC_FROM_DEVICE && view->bounced_known) {
		check_offsets(c, view);
		if (in_place)
			check_in_place(c, view);
	}
	sync_bounds(c);
	c->wrote_part = part;
	return flags;
}

void verify_written(struct ocase *c, unsigned int unmap_flags)
{
	enum prop prop = c->wrote_part ? P_ORIGINAL : unmap_flags & DMAVEC_SKIP_SYNC ? P_SKIP_SYNC : P_WRITE;

	if (c->dir != DMAVEC_TO_DEVICE)
		check(c, prop, same_arena(c), "other bytes after unmap");
	verify_arena(c);
}
