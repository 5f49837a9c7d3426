/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Runs: pieces of memory become runs of consecutive device addresses, runs become segments.
 */
#include "layout.h"

static void seg_put(struct layout *l, uint64_t addr, uint64_t len, uint64_t mark)
{
	if (!l->marked)
		mark = 0;
	else if (len >= LAYOUT_PEER)
		l->no_space = true;
	if (l->nsegs == l->room) {
		l->short_room = true;
		return;
	}
	if (l->segs) {
		l->segs[l->nsegs].addr = addr;
		l->segs[l->nsegs].len = len | mark;
	}
	l->nsegs++;
}

/* Cut a run into segments. Once room is short the count no longer matters. */
static void run_emit(struct layout *l, uint64_t addr, uint64_t len, uint64_t mark)
{
	const struct limits *lim = &l->dev->lim;
	uint64_t room, part;

	l->any_fixed |= !(mark & LAYOUT_PLACED);
	l->any_placed |= mark & LAYOUT_PLACED;
	l->any_peer |= mark & LAYOUT_PEER;
	l->any_ram |= !(mark & LAYOUT_PEER);
	l->runs++;
	while (len > (room = cut_room(lim, addr)) && !l->short_room) {
		part = cut_len(lim, addr, room);
		if (!part) {
			layout_fail(l, WHY_CUT);
			part = room;
		}
		seg_put(l, addr, part, mark);
		addr += part;
		len -= part;
	}
	seg_put(l, addr, len, mark);
}

/*
 * Where a run goes: the first place behind what is placed already, in granules of its own, that keeps its low bits modulo
 * `modulus`; and if it would cross a boundary that it need not cross, the first such place behind that.
 */
static void run_place(struct layout *l, const struct layout_run *r, uint64_t modulus)
{
	const struct limits *lim = &l->dev->lim;
	uint64_t len = r->len, start = core_low(r->start, modulus), free = core_up(l->pos, l->dev->space->desc.granule);
	uint64_t addr = core_down(free, modulus) + start;

	if (r->adjacent)
		addr = l->pos;
	else if (addr < free)
		addr += modulus;
	if (!r->adjacent && lim->boundary && core_low(addr, lim->boundary) + len > lim->boundary && len <= lim->boundary &&
	    modulus < lim->boundary && start + len <= lim->boundary)
		addr = core_up(addr, lim->boundary) + start;
	if (addr < l->pos || len >= LAYOUT_PEER || addr >= LAYOUT_PEER - len) {
		l->no_space = true;
		return;
	}
	if (!l->any_placed) {
		l->skew = core_down(addr, l->dev->space->pool.unit);
		l->leaf_align = addr ? 1 : core_leaf_align(r->cpu, len);
	}
	l->pos = addr + len;
	l->modulus = core_max(l->modulus, modulus);
	run_emit(l, addr, len, LAYOUT_PLACED | (r->mmio ? LAYOUT_PEER : 0));
}

/* What a bounce keeps of an address counts where something is bounced; else the IOVA's own rule does. */
static void placed_close(struct layout *l, const struct layout_run *r)
{
	const struct limits *lim = &l->dev->lim;
	bool bounced;

	if (l->weaving)
		weave_end(&l->weave);
	bounced = l->weaving && l->weave.bounce_mem != r->bounced_before;
	run_place(l, r, bounced ? lim->modulus : core_max(lim->congruent, lim->align));
}

static enum layout_why end_fails(const struct limits *lim, const struct layout_run *r, bool last)
{
	if (!last && core_low(r->start + r->len, lim->gap))
		return WHY_GAP;
	return core_low(r->len, lim->len_align) ? WHY_LENGTH : WHY_NONE;
}

static enum layout_why start_fails(const struct limits *lim, uint64_t start, bool first)
{
	if (core_low(start, lim->align))
		return WHY_ALIGN;
	return !first && core_low(start, lim->gap) ? WHY_GAP : WHY_NONE;
}

/* *range: which one is to blame. */
static enum layout_why fixed_fails(const struct limits *lim, const struct layout_run *r, bool last, size_t *range)
{
	enum layout_why why = r->valid ? start_fails(lim, r->start, !r->index) : WHY_ADDRESS;

	*range = r->valid ? r->range : r->bad_range;
	if (!why) {
		why = end_fails(lim, r, last);
		*range = why ? r->last_range : r->range;
	}
	if (!why && !cut_always(lim, r->start) && !cut_works(lim, r->start, r->len))
		why = WHY_CUT;
	return why;
}

/* ---- without an IOMMU: what the device cannot take as it is, is gathered into groups, each bounced as one run */

static void group_close(struct layout *l)
{
	struct layout_run *g = &l->group;

	if (!g->open)
		return;
	g->open = false;
	l->bounce_bytes += g->len;
	g->mmio = g->adjacent = false;
	run_place(l, g, l->dev->lim.modulus);
}

/* A run that cannot stay where it is begins a group, or is added to the one that is open. */
static void group_take(struct layout *l, const struct layout_run *r)
{
	struct layout_run *g = &l->group;

	if (r->mmio)
		layout_fail(l, WHY_PEER);
	if (g->open) {
		g->len += r->len;
		return;
	}
	*g = *r;
	g->open = true;
	g->start = r->cpu & l->dev->lim.keep;
	if (r->index && core_low(g->start, l->dev->lim.gap))
		layout_fail(l, WHY_GAP);
}

static void fixed_close(struct layout *l, const struct layout_run *r, bool last)
{
	const struct limits *lim = &l->dev->lim;
	size_t range;
	enum layout_why why = fixed_fails(lim, r, last, &range);
	bool may_group = l->dev->no_iommu && (l->mode & LAYOUT_BOUNCE);
	bool forced = l->mode & LAYOUT_LINEAR;

	if (may_group && (forced || why || (l->group.open && end_fails(lim, &l->group, false)))) {
		group_take(l, r);
		return;
	}
	group_close(l);
	if (why) {
		l->range = range;
		layout_fail(l, why);
	}
	run_emit(l, r->start, r->len, r->mmio ? LAYOUT_PEER : 0);
}

static void run_close(struct layout *l, bool last)
{
	struct layout_run *r = &l->run;
	size_t range = l->range;
	enum layout_why why;

	if (!r->open)
		return;
	r->open = false;
	if (!r->placed) {
		fixed_close(l, r, last);
	} else {
		why = end_fails(&l->dev->lim, r, last);
		if (why) {
			l->range = r->last_range;
			layout_fail(l, why);
		}
		placed_close(l, r);
	}
	l->range = range;
}

static struct layout_run *run_open(struct layout *l, uint64_t cpu, uint64_t len, bool mmio)
{
	struct layout_run *r = &l->run;

	memset(r, 0, sizeof(*r));
	r->open = true;
	r->mmio = mmio;
	r->len = len;
	r->cpu = cpu;
	r->cpu_end = cpu + len;
	r->range = r->last_range = l->range;
	r->index = l->opened++;
	return r;
}

static bool in_window(const struct limits *lim, uint64_t dma, uint64_t len)
{
	return dma >= lim->first && dma + (len - 1) <= lim->last;
}

void run_fixed(struct layout *l, uint64_t dma, uint64_t cpu, uint64_t len, uint64_t key, bool mmio)
{
	struct layout_run *r = &l->run;
	bool follows = r->open && !r->placed && dma && r->start + r->len == dma;

	if (follows && r->key == key && r->mmio == mmio) {
		r->len += len;
		r->cpu_end = cpu + len;
		r->last_range = l->range;
		if (r->valid)
			r->bad_range = l->range;
		r->valid &= in_window(&l->dev->lim, dma, len);
		return;
	}
	/* Without an IOMMU all of it may be bounced yet; a region's addresses stay as they are. */
	if (r->open && !follows && (l->mode & LAYOUT_LINEAR) && !(l->dev->no_iommu && (l->mode & LAYOUT_BOUNCE)))
		layout_fail(l, WHY_LINEAR);
	run_close(l, false);
	r = run_open(l, cpu, len, mmio);
	r->start = dma;
	r->key = key;
	r->valid = in_window(&l->dev->lim, dma, len);
	r->bad_range = l->range;
}

/* ---- with an IOMMU */

/* Would ending the open run here, and beginning another at cpu, break a limit? */
static enum layout_why break_fails(const struct layout *l, uint64_t cpu)
{
	const struct limits *lim = &l->dev->lim;
	enum layout_why why = end_fails(lim, &l->run, false);

	return why ? why : start_fails(lim, core_low(cpu, lim->congruent), false);
}

/*
 * The low bits of a run's device address: those of its memory, so that granules can be linked as they are; else only
 * those that a bounce keeps.
 */
static uint64_t placed_start(struct layout *l, uint64_t cpu)
{
	const struct limits *lim = &l->dev->lim;
	uint64_t start = core_low(cpu, lim->modulus) & ~(lim->align - 1), kept = cpu & lim->keep;
	bool aligned = !core_low(core_low(cpu, lim->congruent), lim->align);
	bool cuttable = cut_always(lim, start) || !cut_always(lim, kept);

	if (l->mode & LAYOUT_SHIFT || (l->mode & LAYOUT_MOVE && !(aligned && cuttable)))
		return kept;
	if (!aligned)
		layout_fail(l, WHY_ALIGN);
	return start;
}

static void placed_open(struct layout *l, uint64_t cpu, uint64_t len, bool mmio, bool adjacent)
{
	struct layout_run *r = run_open(l, cpu, len, mmio);
	enum layout_why why;

	r->placed = true;
	r->adjacent = adjacent;
	r->bounced_before = l->weave.bounce_mem;
	r->start = adjacent ? core_low(l->pos, l->dev->lim.modulus) : placed_start(l, cpu);
	why = start_fails(&l->dev->lim, r->start, !r->index);
	if (why)
		layout_fail(l, why);
	if (r->index || mmio)
		l->woven = true;
}

/* Does cpu follow the open run without a granule to share? The same memory going on always does. */
static bool placed_follows(struct layout *l, uint64_t cpu)
{
	const struct layout_run *r = &l->run;

	if (!core_low((r->start + r->len) | cpu, l->dev->space->desc.granule))
		return true;
	if (cpu != r->cpu_end || !cpu)
		return false;
	l->woven = true;
	return true;
}

/* Does cpu go into the open run, rather than into a run of its own? */
static bool placed_joins(struct layout *l, uint64_t cpu)
{
	if (placed_follows(l, cpu))
		return true;
	if (l->mode & LAYOUT_LINEAR) {
		if (!(l->mode & LAYOUT_BOUNCE))
			layout_fail(l, WHY_LINEAR);
	} else if (!(l->mode & LAYOUT_JOIN) || !break_fails(l, cpu)) {
		return false;
	}
	l->woven = true;
	return true;
}

void run_placed(struct layout *l, uint64_t cpu, uint64_t len, bool mmio)
{
	struct layout_run *r = &l->run;
	bool linear = l->mode & LAYOUT_LINEAR;

	if (r->open && r->placed && r->mmio == mmio && placed_joins(l, cpu)) {
		r->len += len;
		r->cpu_end = cpu + len;
		r->last_range = l->range;
	} else {
		bool first = !r->open;

		if (!first && linear && (!r->placed || core_low((r->start + r->len) | cpu, l->dev->space->desc.granule)))
			layout_fail(l, WHY_LINEAR);
		run_close(l, false);
		placed_open(l, cpu, len, mmio, linear && !first);
	}
	if (l->weaving)
		weave_feed(&l->weave, r->start + r->len - len, cpu, len, 0, mmio);
}

void run_finish(struct layout *l)
{
	run_close(l, true);
	group_close(l);
}

/* ---- once the addresses are known */

/* How many segments from the first on touch and are of one kind, and their bytes. */
static uint32_t touching(const struct layout *l, uint32_t first, uint64_t *len)
{
	uint32_t i = first;

	*len = l->segs[i].len & ~LAYOUT_PEER;
	while (++i < l->nsegs && l->segs[i].addr && l->segs[i].addr == l->segs[first].addr + *len &&
	       !((l->segs[i].len ^ l->segs[first].len) & LAYOUT_PEER))
		*len += l->segs[i].len & ~LAYOUT_PEER;
	return i - first;
}

/* Cut a run again, into at most count segments at out; 0: it cannot be. No cut comes earlier than it was, so that what is
 * overwritten has been read. */
static uint32_t recut(const struct limits *lim, struct dmavec_seg *out, uint32_t count, uint64_t addr, uint64_t len)
{
	uint32_t n = 0;
	uint64_t room, part, at = addr, rest = len;

	for (; rest > (room = cut_room(lim, at)); at += part, rest -= part) {
		part = cut_len(lim, at, room);
		if (!part || ++n == count)
			return 0;
	}
	for (n = 0; len > (room = cut_room(lim, addr)); addr += part, len -= part) {
		part = cut_len(lim, addr, room);
		out[n].addr = addr;
		out[n++].len = part;
	}
	out[n].addr = addr;
	out[n++].len = len;
	return n;
}

static void rejoin(struct layout *l)
{
	uint32_t from = 0, to = 0, count, made;
	uint64_t len;

	for (; from < l->nsegs; from += count) {
		count = touching(l, from, &len);
		made = count > 1 ? recut(&l->dev->lim, &l->segs[to], count, l->segs[from].addr, len) : 0;
		if (!made) {
			memmove(&l->segs[to], &l->segs[from], count * sizeof(*l->segs));
			for (made = 0; made < count; made++)
				l->segs[to + made].len &= ~LAYOUT_PEER;
		}
		to += made;
	}
	l->nsegs = to;
}

void layout_settle(struct layout *l, uint64_t origin)
{
	bool mixed = l->any_placed && l->runs > 1;
	uint32_t i;

	if (!l->marked)
		return;
	for (i = 0; i < l->nsegs; i++) {
		if (l->segs[i].len & LAYOUT_PLACED)
			l->segs[i].addr += origin;
		l->segs[i].len &= mixed ? ~LAYOUT_PLACED : ~(LAYOUT_PLACED | LAYOUT_PEER);
	}
	if (mixed)
		rejoin(l);
}
