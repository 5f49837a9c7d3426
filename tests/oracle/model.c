/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the engine must answer. Where the rules leave it a choice, several answers are right, and whatever comes is then
 * tested on what it wrote.
 */
#include "oracle.h"

#include <errno.h>

unsigned int result_bit(int result)
{
	static const struct {
		int result;
		unsigned int bit;
	} bits[] = {
		{ 0, R_OK }, { -EINVAL, R_EINVAL }, { -E2BIG, R_E2BIG }, { -ERANGE, R_ERANGE }, { -ENOSPC, R_ENOSPC },
		{ -ENOMEM, R_ENOMEM }, { -EFAULT, R_EFAULT }, { -EPERM, R_EPERM }, { -EOPNOTSUPP, R_NOTSUPP },
	};
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (bits[i].result == result)
			return bits[i].bit;
	return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) & ~(unit - 1);
}

uint32_t case_room(const struct ocase *c)
{
	return c->limits.segs_max && c->limits.segs_max < c->cap ? c->limits.segs_max : c->cap;
}

uint64_t run_modulus(const struct ocase *c)
{
	return most(c->limits.gap, c->world->granule);
}

const struct oregion *region_around(const struct ocase *c, uint64_t addr, uint64_t len, bool *touched)
{
	const struct oregion *found = NULL;
	unsigned int i;

	*touched = false;
	for (i = 0; i < c->nregions; i++) {
		const struct oregion *r = &c->regions[i];

		if (addr >= r->addr + r->len || r->addr >= addr + len)
			continue;
		*touched = true;
		if (addr >= r->addr && addr + len <= r->addr + r->len)
			found = r;
	}
	return found;
}

/* Ranges that lie side by side, of one kind, are one. */
struct group {
	uint64_t addr, len;
	uint32_t kind;
};

static bool follows(const struct ocase *c, size_t i)
{
	return c->ranges[i - 1].addr + c->ranges[i - 1].len == c->ranges[i].addr &&
	       c->range_flags[i - 1] == c->range_flags[i];
}

bool granule_cut(const struct ocase *c, size_t i)
{
	uint64_t mask = c->world->granule - 1;

	if (c->range_flags[i - 1] != c->range_flags[i] && c->entry != ENTRY_LINEAR)
		return true;
	return !follows(c, i) && ((c->ranges[i - 1].addr + c->ranges[i - 1].len) & mask || c->ranges[i].addr & mask);
}

static size_t next_group(const struct ocase *c, size_t i, struct group *g)
{
	g->addr = c->ranges[i].addr;
	g->len = c->ranges[i].len;
	g->kind = c->range_flags[i];
	while (++i < c->nranges && follows(c, i))
		g->len += c->ranges[i].len;
	return i;
}

/* ---- where bytes lie when none is moved */

static void add_stretch(struct placement *out, uint64_t dma, uint64_t len, uint32_t kind)
{
	if (out->count && out->stretches[out->count - 1].dma + out->stretches[out->count - 1].len != dma)
		out->consecutive = false;
	out->stretches[out->count].dma = dma;
	out->stretches[out->count].len = len;
	out->stretches[out->count++].kind = kind;
}

static void place_direct(const struct ocase *c, const struct group *g, struct placement *out)
{
	uint64_t at, dma, run;

	for (at = 0; at < g->len; at += run) {
		if (!world_translate(c->world, g->addr + at, g->len - at, &dma, &run)) {
			out->reachable = false;
			return;
		}
		add_stretch(out, dma, run, g->kind);
	}
}

struct run {
	uint64_t start, end; /* made-up device addresses, far apart; end 0: no run is open */
	uint64_t cpu_end;
	uint32_t first_kind, kind;
	uint64_t number;
};

static void end_run(const struct ocase *c, struct run *run, struct placement *out)
{
	const struct dmavec_limits *l = &c->limits;
	uint64_t mask = c->world->granule - 1;

	if (!run->end)
		return;
	if (l->seg_boundary > run_modulus(c) && run->end - run->start + (run->start & (run_modulus(c) - 1)) > l->seg_boundary)
		out->exact = false;
	if (run->start & mask)
		out->partial[run->first_kind != 0] = true;
	if (run->end & mask)
		out->partial[run->kind != 0] = true;
	if (run->start & mask || run->end & mask) {
		/* What a bounce keeps may lead across a boundary. */
		if (c->world->tainted && l->seg_boundary && l->offset_mask >= run_modulus(c))
			out->exact = false;
		/* All of it is bounced in a tainted space, to where the bounce likes. */
		if (c->world->tainted && round_up(run->start, mask + 1) >= (run->end & ~mask))
			out->exact = out->exact && !(l->seg_boundary | l->gap | l->seg_align | l->seg_len_max);
	}
	out->need += round_up(run->end, mask + 1) - (run->start & ~mask);
	run->end = 0;
}

static void place_iommu(const struct ocase *c, const struct group *g, struct run *run, struct placement *out)
{
	uint64_t mask = c->world->granule - 1, dma, at, some;

	for (at = 0; at < g->len && out->reachable; at += some)
		out->reachable = world_translate(c->world, g->addr + at, g->len - at, &dma, &some);
	if (run->end && !(g->addr & mask) && !(run->cpu_end & mask) && (run->kind == g->kind || c->entry == ENTRY_LINEAR)) {
		if (run->kind != g->kind && run_modulus(c) > mask + 1)
			out->exact = false;
	} else {
		end_run(c, run, out);
		run->start = (++run->number << 40) + (g->addr & (run_modulus(c) - 1));
		run->end = run->start;
		run->first_kind = g->kind;
	}
	add_stretch(out, run->end, g->len, g->kind);
	run->end += g->len;
	run->cpu_end = g->addr + g->len;
	run->kind = g->kind;
}

void place_in_place(const struct ocase *c, bool use_regions, struct placement *out)
{
	struct run run = { 0 };
	struct group g;
	size_t i;

	out->count = 0;
	out->exact = out->reachable = out->consecutive = true;
	out->partial[0] = out->partial[1] = out->beyond = out->split = false;
	out->need = 0;
	for (i = 0; i < c->nranges;) {
		const struct oregion *region;
		bool touched;

		i = next_group(c, i, &g);
		region = region_around(c, g.addr, g.len, &touched);
		if (!c->world->iommu) {
			place_direct(c, &g, out);
			continue;
		}
		if (use_regions && touched && (!region || g.kind))
			out->split = true;
		if (use_regions && region) {
			end_run(c, &run, out);
			out->beyond |= region->dma + (g.addr - region->addr) < c->limits.addr_min ||
			               (c->limits.addr_max &&
			                region->dma + (g.addr - region->addr) + g.len - 1 > c->limits.addr_max);
			add_stretch(out, region->dma + (g.addr - region->addr), g.len, g.kind);
		} else {
			place_iommu(c, &g, &run, out);
		}
	}
	end_run(c, &run, out);
	if (c->world->iommu && c->limits.seg_align > run_modulus(c))
		out->exact = false;
}

uint32_t linear_bounce_segs(const struct ocase *c)
{
	uint64_t keep = c->limits.offset_mask & ~(c->limits.seg_align ? c->limits.seg_align - 1 : 0);
	struct stretch all = { (uint64_t)1 << 40, c->total, 0 };

	if (!c->nranges)
		return 0;
	all.dma += c->ranges[0].addr & keep;
	return fewest_segs(&c->limits, &all, 1, true);
}

/* ---- what there is room for */

static uint64_t addresses(const struct ocase *c, uint64_t first, uint64_t last)
{
	uint64_t highest = c->limits.addr_max ? c->limits.addr_max : UINT64_MAX;

	first = most(first, c->limits.addr_min);
	last = least(last, highest);
	return first > last ? 0 : most(last - first + 1, last - first);
}

static uint64_t ample(const struct ocase *c, uint64_t len)
{
	return 8 * (len + run_modulus(c) + c->limits.seg_align + c->limits.offset_mask) +
	       2 * least(c->limits.seg_boundary, 4 * len);
}

bool bounce_ample(const struct ocase *c)
{
	const struct world *w = c->world;

	if (!w->bounces)
		return false;
	if (w->iommu)
		return addresses(c, w->first, w->last) >= ample(c, c->total + w->granule);
	if (w->nwindows)
		return addresses(c, w->bounce_first, w->bounce_last) >= ample(c, c->total);
	/* Process memory: not where the arena is. */
	return addresses(c, w->bounce_first, ARENA_AT - 1) >= ample(c, c->total) ||
	       addresses(c, ARENA_AT + ARENA_LEN, w->bounce_last) >= ample(c, c->total);
}

/* ---- the answer */

enum fit { FITS, SHORT, ILLEGAL, UNSURE };

struct trial {
	struct placement place;
	enum fit fit;
	uint32_t nsegs;
	uint32_t apart; /* stretches that nothing can join */
};

static bool may_bounce_ram(const struct ocase *c)
{
	return c->world->bounces && !(c->flags & DMAVEC_NO_BOUNCE);
}

static void try_in_place(const struct ocase *c, bool use_regions, struct trial *t)
{
	size_t i;

	place_in_place(c, use_regions, &t->place);
	t->nsegs = fewest_segs(&c->limits, t->place.stretches, t->place.count, c->world->iommu);
	for (i = 1, t->apart = 1; i < t->place.count; i++)
		t->apart += t->place.stretches[i - 1].dma + t->place.stretches[i - 1].len != t->place.stretches[i].dma ||
		            t->place.stretches[i - 1].kind != t->place.stretches[i].kind;
	if (t->place.split)
		t->fit = UNSURE;
	else if (c->world->tainted && (t->place.partial[1] || (t->place.partial[0] && !may_bounce_ram(c))))
		t->fit = ILLEGAL;
	else if (c->entry == ENTRY_LINEAR && !t->place.consecutive)
		t->fit = ILLEGAL;
	else if (t->place.beyond)
		t->fit = ILLEGAL;
	else if (!t->place.exact || t->nsegs == UNKNOWN)
		t->fit = UNSURE;
	else
		t->fit = !t->nsegs ? ILLEGAL : t->nsegs > case_room(c) ? SHORT : FITS;
}

/* Nothing may be moved: too many segments goes before every other reason. */
static unsigned int refuse(const struct ocase *c, const struct trial *t)
{
	uint64_t step = c->limits.seg_len_max ? c->limits.seg_len_max : UINT64_MAX, cuts = t->apart;
	size_t i;

	if (t->fit == FITS)
		return R_OK;
	if (t->fit == UNSURE)
		return R_OK | R_E2BIG | R_ERANGE;
	if (t->fit == SHORT)
		return R_E2BIG;
	if (case_room(c) < t->apart && t->place.exact && c->entry != ENTRY_LINEAR)
		return R_E2BIG;
	if (c->limits.seg_boundary)
		step = least(step, c->limits.seg_boundary);
	for (i = 0; i < t->place.count; i++)
		cuts += 2 * (t->place.stretches[i].len / step + 2);
	return cuts <= case_room(c) ? R_ERANGE : R_ERANGE | R_E2BIG;
}

/* Wherever a bounce lies, it takes as many. */
static uint64_t least_segs(const struct ocase *c)
{
	uint64_t longest = UINT64_MAX;

	if (c->limits.seg_len_max)
		longest = c->limits.seg_len_max;
	if (c->limits.seg_boundary)
		longest = least(longest, c->limits.seg_boundary);
	return (c->total - 1) / longest + 1;
}

static unsigned int with_bounce(const struct ocase *c, const struct trial *t, bool *by_bounce)
{
	uint32_t nsegs = linear_bounce_segs(c);

	*by_bounce = false;
	if (t->fit == FITS)
		return R_OK;
	if (nsegs && nsegs <= case_room(c) && bounce_ample(c)) {
		*by_bounce = true;
		return R_OK;
	}
	if (t->fit == SHORT && least_segs(c) > case_room(c))
		return R_E2BIG;
	return R_OK | R_E2BIG | R_ERANGE | (bounce_ample(c) ? 0 : R_ENOMEM | R_ENOSPC);
}

static unsigned int malformed(const struct ocase *c)
{
	const struct dmavec_limits *l = &c->limits;
	unsigned int results = 0;
	switch (c->inject) {
	case INJECT_NO_RANGE:
	case INJECT_EMPTY_RANGE:
	case INJECT_WRAP:
	case INJECT_DIR:
	case INJECT_FLAGS:
		return R_EINVAL;
	default:
		break;
	}
	if (l->len_align && c->total & (l->len_align - 1))
		results |= R_EINVAL;
	if (l->total_max && c->total > l->total_max)
		results |= R_E2BIG;
	return c->any_mmio && !c->world->mmio ? results | R_NOTSUPP : results;
}

static unsigned int permissions_needed(enum dmavec_dir dir)
{
	return (dir != DMAVEC_FROM_DEVICE ? DMAVEC_REG_READ : 0) | (dir != DMAVEC_TO_DEVICE ? DMAVEC_REG_WRITE : 0);
}

/* -EPERM is sure where a range lies in such a region, and possible where it touches one. */
static void permit(const struct ocase *c, struct forecast *f)
{
	unsigned int need = permissions_needed(c->dir), k;
	bool sure = false, maybe = false, touched;
	struct group g;
	size_t i;

	for (i = 0; i < c->nranges;) {
		const struct oregion *r;

		i = next_group(c, i, &g);
		r = region_around(c, g.addr, g.len, &touched);
		for (k = 0; k < c->nregions; k++)
			maybe |= (c->regions[k].prot & need) != need && g.addr < c->regions[k].addr + c->regions[k].len &&
			         c->regions[k].addr < g.addr + g.len;
		sure |= r && !g.kind && (r->prot & need) != need;
	}
	if (sure && f->in_place && f->results == R_OK && c->entry != ENTRY_LINEAR)
		f->results = R_EPERM;
	else if (maybe)
		f->results |= R_EPERM;
	if (maybe)
		f->by_bounce = false;
}

static void tight_addresses(const struct ocase *c, const struct trial *t, struct forecast *f)
{
	const struct world *w = c->world;
	uint64_t have, whole = round_up(c->total, w->granule);

	if (!w->iommu || (!t->place.need && t->fit == FITS))
		return;
	have = addresses(c, w->first, w->last);
	if (have >= ample(c, most(t->place.need, whole)))
		return;
	f->by_bounce = false;
	if (t->fit == FITS && f->results == R_OK && t->place.need > have && whole > have)
		f->results = R_ENOSPC;
	else
		f->results |= R_ENOSPC;
}

static void unreachable(const struct ocase *c, const struct trial *t, struct forecast *f)
{
	const struct dmavec_limits *l = &c->limits;
	bool plain = !(l->addr_min | l->addr_max | l->seg_len_max | l->seg_boundary | l->seg_align | l->len_align | l->gap |
	               l->segs_max);

	if (t->place.reachable)
		return;
	f->in_place = f->by_bounce = false;
	f->results = R_EFAULT;
	if (c->world->iommu && may_bounce_ram(c)) /* what is bounced need not be within the space's reach */
		f->results |= R_OK;
	if (!plain || c->cap < SEGS_MAX || c->entry == ENTRY_LINEAR || c->world->tainted || c->nregions)
		f->results |= R_E2BIG | R_ERANGE | R_ENOSPC | R_EPERM;
}

/* Malformed, and not there either: both are true. */
static void also_unreachable(const struct ocase *c, struct forecast *f)
{
	uint64_t dma, run;
	size_t i;

	for (i = 0; i < c->nranges; i++)
		if (!world_translate(c->world, c->ranges[i].addr, c->ranges[i].len, &dma, &run) ||
		    !world_translate(c->world, c->ranges[i].addr + c->ranges[i].len - 1, 1, &dma, &run))
			f->results |= R_EFAULT;
}

struct forecast forecast_case(const struct ocase *c)
{
	bool may_bounce = may_bounce_ram(c) && !c->any_mmio;
	bool anew = c->nregions && c->world->iommu;
	struct forecast f = { .results = malformed(c) };
	struct trial t, second;

	if (f.results) {
		also_unreachable(c, &f);
		permit(c, &f);
		return f;
	}
	try_in_place(c, true, &t);
	if (t.fit == FITS || !anew) {
		f.results = may_bounce ? with_bounce(c, &t, &f.by_bounce) : refuse(c, &t);
	} else {
		try_in_place(c, false, &second);
		f.results = may_bounce ? with_bounce(c, &second, &f.by_bounce) : refuse(c, &second);
		if (t.fit == UNSURE) {
			f.by_bounce = false;
			f.results |= R_OK;
		}
		if (!may_bounce && second.fit != FITS)
			f.results |= refuse(c, &t);
	}
	if (!c->world->bounces && f.results & R_E2BIG)
		f.results |= R_ERANGE;
	if (anew && t.fit != FITS)
		f.results |= R_OK; /* what is new may happen to follow a region */
	if (c->any_mmio && !(c->flags & DMAVEC_MMIO) && may_bounce_ram(c) && t.fit != FITS)
		f.results |= R_OK | R_E2BIG | R_ERANGE | R_ENOMEM; /* the RAM among it may be bounced */
	f.in_place = t.fit == FITS && !(anew && c->entry == ENTRY_LINEAR); /* a region's address would do for that, too */
	f.nsegs = f.in_place ? t.nsegs : 0;
	unreachable(c, &t, &f);
	permit(c, &f);
	tight_addresses(c, &t, &f);
	if (f.results != R_OK)
		f.in_place = f.in_place && f.results & R_OK;
	return f;
}
