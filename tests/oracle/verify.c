/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a mapping looks like: its addresses against the limits, the count and the placement. */
#include "oracle.h"

#include <string.h>

/* Lay segments beside ranges: the pieces that are consecutive on both sides. */
bool build_view(struct ocase *c, struct view *view)
{
	uint64_t in_range = 0, in_seg = 0, at = 0, n;
	uint32_t s = 0;
	size_t i = 0;

	view->count = 0;
	view->bounced_known = false;
	view->nbounced = 0;
	while (i < c->nranges && s < c->map.nsegs) {
		struct piece *p = &view->pieces[view->count++];
		const struct oregion *r;
		bool touched;

		n = c->ranges[i].len - in_range;
		if (n > c->map.segs[s].len - in_seg)
			n = c->map.segs[s].len - in_seg;
		p->offset = at;
		p->cpu = c->ranges[i].addr + in_range;
		p->dma = c->map.segs[s].addr + in_seg;
		p->len = n;
		p->range = (uint32_t)i;
		r = c->world->iommu ? region_around(c, p->cpu, p->len, &touched) : NULL;
		p->fixed = r && p->dma == r->dma + (p->cpu - r->addr);
		at += n;
		in_range += n;
		in_seg += n;
		if (in_range == c->ranges[i].len)
			in_range = 0, i++;
		if (in_seg == c->map.segs[s].len)
			in_seg = 0, s++;
		if (!n)
			break;
	}
	return check(c, P_LENGTH, i == c->nranges && s == c->map.nsegs && at == c->total && c->map.len == c->total &&
	             c->map.nsegs <= case_room(c), "%llu of %llu bytes", (unsigned long long)at, (unsigned long long)c->total);
}

/* A space's own addresses bound those of the device. */
static void verify_limits(struct ocase *c)
{
	const struct dmavec_seg *segs = c->map.segs;
	uint32_t i, n = c->map.nsegs;
	bool good = true;

	for (i = 0; i < n; i++) {
		good = good && seg_fits(&c->limits, segs[i].addr, segs[i].len, i == 0, i == n - 1, false);
		if (c->world->iommu)
			good = good && segs[i].addr >= c->world->first && segs[i].addr + segs[i].len - 1 <= c->world->last;
	}
	check(c, P_LIMITS, good, "a segment breaks a limit");
	check(c, P_CHECK_SEGS, (dmavec_check_segs(&c->limits, segs, n) == 0) == good, "dmavec_check_segs says otherwise");
}

/* A list with one thing wrong must be refused as well. */
static void verify_check_segs(struct ocase *c)
{
	uint32_t n = c->map.nsegs, i = (uint32_t)below(c, n);
	struct dmavec_seg *seg = &c->map.segs[i], was = *seg;
	bool good;

	seg->addr += (uint64_t)1 << below(c, 40);
	if (chance(c, 2))
		seg->len += (uint64_t)1 << below(c, 17);
	good = seg_fits(&c->limits, seg->addr, seg->len, i == 0, i == n - 1, false) &&
	       (!c->limits.total_max || c->total - was.len + seg->len <= c->limits.total_max);
	check(c, P_CHECK_SEGS, (dmavec_check_segs(&c->limits, c->map.segs, n) == 0) == good,
	      "dmavec_check_segs says otherwise of segment %u at %#llx + %#llx", i, (unsigned long long)seg->addr,
	      (unsigned long long)seg->len);
	*seg = was;
}

/* Would segments i and i + 1 do as one? */
static bool could_join(const struct ocase *c, const struct view *view, uint32_t i)
{
	const struct dmavec_seg *a = &c->map.segs[i], *b = a + 1;
	uint64_t end = 0;
	size_t k;
	uint32_t j;

	if (a->addr + a->len != b->addr)
		return false;
	for (j = 0; j <= i; j++)
		end += c->map.segs[j].len;
	for (k = 1; k < view->count; k++) {
		const struct piece *p = &view->pieces[k];

		if (p->offset == end && c->range_flags[p->range] != c->range_flags[p[-1].range])
			return false;
	}
	return seg_fits(&c->limits, a->addr, a->len + b->len, i == 0, i + 2 == c->map.nsegs, false);
}

static void verify_reason(struct ocase *c, const struct view *view, uint32_t i)
{
	const struct dmavec_seg *segs = c->map.segs;
	bool beside = segs[i].addr + segs[i].len == segs[i + 1].addr;
	enum dmavec_cut why = DMAVEC_CUT_NONE;
	bool forced;
	int rc;

	rc = dmavec_cut_reason(c->dev, c->ranges, c->range_flags, c->nranges, segs, c->map.nsegs, i, &why);
	if (beside && !could_join(c, view, i)) /* a limit, or the kind, or a window's edge */
		forced = why != DMAVEC_CUT_NONE && why != DMAVEC_CUT_RUN;
	else
		forced = why == DMAVEC_CUT_RUN || why == DMAVEC_CUT_KIND || why == DMAVEC_CUT_WINDOW;
	if (why == DMAVEC_CUT_BOUNDARY)
		forced = c->limits.seg_boundary != 0;
	if (why == DMAVEC_CUT_LENGTH)
		forced = c->limits.seg_len_max != 0;
	check(c, P_REASON, rc == 0 && forced, "%d: segments %u and %u are apart by %s", rc, i, i + 1, dmavec_cut_name(why));
}

static void verify_count(struct ocase *c, const struct view *view)
{
	static struct stretch stretches[SEGS_MAX + RANGES_MAX];
	uint32_t i, fewest;
	size_t k;

	for (k = 0; k < view->count; k++) {
		stretches[k].dma = view->pieces[k].dma;
		stretches[k].len = view->pieces[k].len;
		stretches[k].kind = c->range_flags[view->pieces[k].range];
	}
	fewest = fewest_segs(&c->limits, stretches, view->count, false);
	if (fewest != UNKNOWN)
		check(c, P_FEWEST, fewest == c->map.nsegs, "%u segments, %u would do", c->map.nsegs, fewest);
	for (i = 0; i + 1 < c->map.nsegs && i < 32; i++) {
		check(c, P_JOINED, !could_join(c, view, i), "segments %u and %u could be one", i, i + 1);
		verify_reason(c, view, i);
	}
}

void verify_shape(struct ocase *c, const struct view *view, const struct forecast *f)
{
	bool consecutive = true;
	size_t k;

	verify_limits(c);
	verify_check_segs(c);
	verify_count(c, view);
	for (k = 1; k < view->count; k++)
		consecutive = consecutive && view->pieces[k - 1].dma + view->pieces[k - 1].len == view->pieces[k].dma;
	if (c->entry == ENTRY_LINEAR)
		check(c, P_LINEAR, consecutive, "map_linear is in pieces");
	if (!f->in_place || !f->nsegs)
		return;
	/* What is new may happen to follow a region. */
	check(c, P_MUST_MAP, c->map.nsegs == f->nsegs || (c->nregions && c->world->iommu && c->map.nsegs < f->nsegs),
	      "%u segments, the model says %u", c->map.nsegs, f->nsegs);
}

/* ---- placement, where nothing had to move */

static void verify_direct(struct ocase *c, const struct view *view)
{
	uint64_t dma, run;
	bool good = true;
	size_t k;

	for (k = 0; k < view->count; k++)
		good = good && world_translate(c->world, view->pieces[k].cpu, view->pieces[k].len, &dma, &run) &&
		       run == view->pieces[k].len && dma == view->pieces[k].dma;
	check(c, P_NATURAL, good, "a segment is not where its memory is");
}

/* [from, to) of the pieces is one run, if no limit cut it. */
static void verify_run(struct ocase *c, const struct view *view, size_t from, size_t to)
{
	const struct piece *p = &view->pieces[from];
	uint64_t modulus = run_modulus(c), boundary = c->limits.seg_boundary;
	uint64_t len = view->pieces[to - 1].offset + view->pieces[to - 1].len - p->offset;
	bool consecutive = true;
	size_t k;

	for (k = from + 1; k < to; k++)
		consecutive = consecutive && view->pieces[k - 1].dma + view->pieces[k - 1].len == view->pieces[k].dma;
	if (to > from + 1)
		check(c, P_RUN, consecutive, "a run at byte %llu is in pieces", (unsigned long long)p->offset);
	if (c->world->tainted && len < 2 * c->world->granule) /* may be bounced whole, to where the bounce likes */
		return;
	check(c, P_CONGRUENT, ((p->dma ^ p->cpu) & (modulus - 1)) == 0, "byte %llu at %#llx modulo %#llx",
	      (unsigned long long)p->offset, (unsigned long long)p->dma, (unsigned long long)modulus);
	if (c->world->tainted && c->limits.offset_mask >= modulus) /* a bounce's start has its own rule */
		return;
	if (boundary && consecutive && len + (p->cpu & ((modulus < boundary ? modulus : boundary) - 1)) <= boundary)
		check(c, P_BLOCK, p->dma / boundary == (p->dma + len - 1) / boundary, "a run at %#llx + %#llx crosses",
		      (unsigned long long)p->dma, (unsigned long long)len);
}

static void verify_runs(struct ocase *c, const struct view *view)
{
	size_t k, from = 0;

	for (k = 1; k <= view->count; k++) {
		const struct piece *p = &view->pieces[k];

		if (k < view->count && p->fixed == view->pieces[from].fixed && !p->fixed &&
		    (p->range == p[-1].range || !granule_cut(c, p->range)))
			continue;
		if (!view->pieces[from].fixed)
			verify_run(c, view, from, k);
		from = k;
	}
}

static void verify_fixed(struct ocase *c, const struct view *view)
{
	const struct oregion *r;
	bool touched;
	size_t k;

	for (k = 0; k < view->count; k++) {
		const struct piece *p = &view->pieces[k];

		r = region_around(c, p->cpu, p->len, &touched);
		if (r)
			check(c, P_FIXED, p->fixed, "byte %llu is not at its region's address", (unsigned long long)p->offset);
	}
}

void verify_placement(struct ocase *c, const struct view *view, const struct forecast *f)
{
	if (!f->in_place)
		return;
	if (!c->world->iommu) {
		verify_direct(c, view);
		return;
	}
	verify_runs(c, view);
	if (c->entry != ENTRY_LINEAR)
		verify_fixed(c, view);
}
