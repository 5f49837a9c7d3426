/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One case through the library: open, plan, map by one of four doors, look at everything, unmap, nothing held. */
#include "oracle.h"

#include <errno.h>
#include <string.h>

#define SPARE 4u /* segments behind the room, which nobody may touch */

static struct dmavec_seg array[SEGS_MAX + SPARE], copy[SEGS_MAX];

/* ---- the doors */

struct list_source {
	struct dmavec_source source;
	const struct ocase *c;
	size_t next;
	uint64_t odd; /* how the vectors fall: the same each time */
};

static void list_rewind(struct dmavec_source *source)
{
	((struct list_source *)source)->next = 0;
}

static size_t list_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max)
{
	struct list_source *list = (struct list_source *)source;
	const struct ocase *c = list->c;
	size_t n = 0, some = 1 + (list->odd >> (list->next & 31)) % 7;

	while (n < max && n < some && list->next < c->nranges) {
		if ((list->odd >> (list->next & 31) & 3) == 1 && n + 1 < max) { /* to be skipped */
			ranges[n].addr = c->ranges[list->next].addr;
			ranges[n++].len = 0;
		}
		ranges[n] = c->ranges[list->next];
		range_flags[n++] = c->flags & DMAVEC_MMIO ? 0 : c->range_flags[list->next];
		list->next++;
	}
	return n;
}

static int add_wrongly(struct ocase *c, uint64_t total_len, uint32_t nmax, size_t done)
{
	dmavec_cpu_t addr = dmavec_cpu(c->world->arena);
	bool good = dmavec_add(&c->map, addr, 0, 0) == -EINVAL && dmavec_add(&c->map, addr, 1, 0x80) == -EINVAL &&
	            dmavec_add(&c->map, (dmavec_cpu_t)0 - 100, 101, 0) != 0 &&
	            dmavec_add(&c->map, addr, total_len + 1, 0) == -E2BIG;

	if (done == nmax)
		good = good && dmavec_add(&c->map, addr, 1, 0) == -E2BIG;
	check(c, P_BATCH, good, "a wrong add is not refused as it must be");
	return 0;
}

static int map_batch(struct ocase *c, enum dmavec_dir dir, unsigned int flags)
{
	uint64_t total_len = 0, slack = c->limits.total_max || chance(c, 2) ? 0 : below(c, 5000);
	uint32_t nmax = (uint32_t)(c->nranges + (chance(c, 2) ? 0 : below(c, 5)));
	size_t i, wrong = chance(c, 4) ? below(c, c->nranges + 1) : SIZE_MAX;
	int rc;

	for (i = 0; i < c->nranges; i++)
		total_len += c->ranges[i].len;
	if (c->inject == INJECT_NO_RANGE)
		total_len = nmax = 1;
	rc = dmavec_begin(c->dev, &c->map, total_len + slack, nmax, dir, flags);
	if (rc)
		return rc;
	for (i = 0; i < c->nranges && !rc; i++) {
		if (i == wrong)
			add_wrongly(c, total_len + slack, nmax, i);
		rc = dmavec_add(&c->map, c->ranges[i].addr, c->ranges[i].len, flags & DMAVEC_MMIO ? 0 : c->range_flags[i]);
	}
	if (!rc && i == wrong)
		add_wrongly(c, total_len + slack, nmax, i);
	if (!rc && chance(c, 16)) { /* given up, and begun again */
		check(c, P_BATCH, dmavec_unmap(c->dev, &c->map, 0) == 0, "unmap does not end a batch");
		return map_batch(c, dir, flags);
	}
	if (!rc)
		return dmavec_finish(&c->map);
	check(c, P_BATCH, dmavec_unmap(c->dev, &c->map, 0) == 0, "unmap does not end a batch");
	return rc;
}

static int enter(struct ocase *c)
{
	enum dmavec_dir dir = c->inject == INJECT_DIR ? (enum dmavec_dir)3 : c->dir;
	unsigned int flags = c->flags | (c->inject == INJECT_FLAGS ? 0x4000u : 0);
	struct list_source list = { { list_fill, list_rewind }, c, 0, rnd(c) };

	switch (c->entry) {
	case ENTRY_LINEAR:
		return dmavec_map_linear(c->dev, &c->map, c->ranges, c->nranges, dir, flags);
	case ENTRY_SOURCE:
		return dmavec_map_source(c->dev, &c->map, &list.source, dir, flags);
	case ENTRY_BATCH:
		return map_batch(c, dir, flags);
	default:
		return dmavec_map(c->dev, &c->map, c->ranges, c->nranges, dir, flags);
	}
}

/* ---- the device */

static void open_badly(struct ocase *c)
{
	struct dmavec_limits l = c->limits;
	struct dmavec_dev *dev;
	uint64_t unit = (uint64_t)1 << (3 + below(c, 10));
	unsigned int kind = (unsigned int)below(c, 8);

	switch (kind) {
	case 0:
		l.gap = unit, l.seg_len_max = unit - 1;
		break;
	case 1:
		l.seg_align = unit, l.seg_boundary = unit / 2;
		break;
	case 2:
		l.len_align = unit, l.seg_len_max = unit - 1 - below(c, unit - 1);
		break;
	case 3:
		l.addr_min = unit, l.addr_max = unit - 1;
		break;
	case 4:
		l.seg_boundary = unit + 1;
		break;
	case 5:
		l.offset_mask = unit;
		break;
	case 6:
		l.reserved = 1;
		break;
	default:
		l.gap = 3 * unit;
	}
	check(c, P_OPEN, dmavec_dev_open(&dev, c->world->space, &l, c->dev_flags) == -EINVAL, "bad limits %u open", kind);
}

/* A window without a whole granule may be no window for a space. */
static bool open_device(struct ocase *c)
{
	const struct world *w = c->world;
	uint64_t first = c->limits.addr_min, last = c->limits.addr_max ? c->limits.addr_max : UINT64_MAX;
	bool apart = w->iommu && (first > w->last || last < w->first), whole;
	int rc;

	first = (first + w->granule - 1) & ~(w->granule - 1); /* one granule at least? */
	whole = last >= first && last - first >= w->granule - 1;

	if (chance(c, 16))
		open_badly(c);
	if (w->iommu && chance(c, 64)) {
		struct dmavec_limits l = { .addr_max = 0xff0 };
		struct dmavec_dev *dev;

		check(c, P_OPEN, w->first < 0xff0 || dmavec_dev_open(&dev, w->space, &l, c->dev_flags) == -EINVAL,
		      "a device that shares no address with the space opens");
	}
	rc = dmavec_dev_open(&c->dev, w->space, &c->limits, c->dev_flags);
	check(c, P_OPEN, apart ? rc == -EINVAL : rc == 0 || (!whole && rc == -EINVAL), "open: %d", rc);
	return rc == 0;
}

/* ---- plans */

static int plan_case(struct ocase *c, struct dmavec_plan *plan)
{
	enum dmavec_dir dir = c->inject == INJECT_DIR ? (enum dmavec_dir)3 : c->dir;
	unsigned int flags = c->flags | (c->inject == INJECT_FLAGS ? 0x4000u : 0);
	struct dmavec_space_info now;
	char text[200];
	int rc, said;

	memset(plan, 0, sizeof(*plan));
	plan->size = sizeof(*plan);
	rc = dmavec_plan(c->dev, c->ranges, c->nranges, dir, flags, plan);
	now = world_info(c->world);
	check(c, P_HELD, !memcmp(&now, &c->before, sizeof(now)), "a plan holds something");
	if (!chance(c, 4))
		return rc;
	memset(text, 'x', sizeof(text));
	said = dmavec_explain(c->dev, c->ranges, c->nranges, dir, flags, text, sizeof(text));
	check(c, P_PLAN_ROOM, said == rc && text[0] && text[0] != 'x' && memchr(text, 0, sizeof(text)),
	      "plan: %d, explain: %d", rc, said);
	return rc;
}

/* A plan is for unlimited room; the room of this case may be short. */
static void compare_plan(struct ocase *c, const struct dmavec_plan *plan, int planned, uint64_t bounced)
{
	/* A batch joins ranges as they come: of those that lie partly in a region a plan may say another thing. */
	if (c->result == -EPERM || planned == -EPERM || (c->entry == ENTRY_BATCH && c->nregions))
		return;
	/* Short room makes one run of it, which takes fewer device addresses than runs that stay where their memory is. */
	if (!c->result && planned == -ENOSPC && c->world->iommu)
		return;
	if (!c->result)
		check(c, P_PLAN_ROOM, planned == 0 || plan->nsegs > SEGS_MAX, "mapped, but the plan says %d", planned);
	else if (!bounce_ample(c) && planned == 0 && plan->bounce_bytes)
		return; /* whether there is bounce memory is seen when some is asked for */
	else if (c->result != -ENOSPC && c->result != -ENOMEM && c->result != -EFAULT && c->result != -E2BIG)
		check(c, P_PLAN_ROOM, planned != 0 || plan->nsegs > c->cap, "mapping: %d, planned %u segments", c->result,
		      plan->nsegs);
	if (planned || c->result)
		return;
	if (c->cap >= plan->nsegs)
		check(c, P_PLAN, c->map.nsegs <= plan->nsegs, "%u segments, planned %u", c->map.nsegs, plan->nsegs);
	if (c->cap >= plan->nsegs && !c->world->iommu && !bounced)
		check(c, P_PLAN_EXACT, c->map.nsegs == plan->nsegs && !plan->bounce_bytes && !plan->iova_bytes,
		      "%u segments, planned %u", c->map.nsegs, plan->nsegs);
}

/* ---- results */

static void judge_result(struct ocase *c, const struct forecast *f)
{
	static const struct {
		unsigned int results;
		enum prop prop;
	} sure[] = {
		{ R_EINVAL, P_EINVAL }, { R_E2BIG, P_E2BIG }, { R_ERANGE, P_ERANGE }, { R_ENOSPC, P_ENOSPC },
		{ R_EFAULT, P_EFAULT }, { R_EPERM, P_EPERM }, { R_NOTSUPP, P_RESULT },
	};
	enum prop prop = P_RESULT;
	size_t i;

	if (f->results == R_OK)
		prop = f->by_bounce ? P_MUST_BOUNCE : P_MUST_MAP;
	for (i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (f->results == sure[i].results)
			prop = sure[i].prop;
	check(c, prop, result_bit(c->result) & f->results, "result %d, right are %#x", c->result, f->results);
}

static void map_again(struct ocase *c)
{
	struct dmavec_map was = c->map;
	int rc;

	if (!chance(c, 8))
		return;
	memcpy(copy, array, c->map.nsegs * sizeof(*copy));
	rc = chance(c, 2) ? dmavec_map(c->dev, &c->map, c->ranges, c->nranges, c->dir, 0)
	                  : dmavec_begin(c->dev, &c->map, c->total, (uint32_t)c->nranges, c->dir, 0);
	check(c, P_EBUSY, rc == -EBUSY && !memcmp(&was, &c->map, sizeof(was)) &&
	      !memcmp(copy, array, c->map.nsegs * sizeof(*copy)), "mapping onto a held map: %d", rc);
}

static void spare_segments(bool put, struct ocase *c)
{
	bool good = true;
	size_t i;

	for (i = 0; i < SPARE; i++) {
		if (put)
			array[c->cap + i].addr = array[c->cap + i].len = 0xdecaf;
		else
			good = good && array[c->cap + i].addr == 0xdecaf && array[c->cap + i].len == 0xdecaf;
	}
	if (!put)
		check(c, P_LENGTH, good, "something is written behind the room");
}

/* ---- a whole case */

/* What a map held before does not show in what it holds next: the shortest way there is, on the same map. */
static void use_again(struct ocase *c)
{
	struct dmavec_range range;
	struct dmavec_seg seg;
	dmavec_dma_t dma;
	int rc;

	if (!c->nregions)
		return;
	range = (struct dmavec_range){ c->regions[0].addr, 1 + below(c, c->regions[0].len) };
	if (dmavec_lookup(c->dev, range.addr, range.len, DMAVEC_TO_DEVICE, &dma))
		return;
	c->map.segs = &seg;
	c->map.segs_cap = 1;
	rc = dmavec_map(c->dev, &c->map, &range, 1, DMAVEC_TO_DEVICE, 0);
	check(c, P_EMPTY, rc == 0 && c->map.nsegs == 1 && seg.addr == dma && seg.len == range.len &&
	      dmavec_unmap(c->dev, &c->map, 0) == 0, "a registered range on a map that was used: %d", rc);
}

static void held_mapping(struct ocase *c, const struct forecast *f, const struct dmavec_plan *plan, int planned)
{
	static struct view view;
	unsigned int flags;
	uint32_t nsegs = c->map.nsegs;
	uint64_t bounced = world_info(c->world).bounced_bytes - c->before.bounced_bytes;

	if (planned != 1)
		compare_plan(c, plan, planned, bounced);
	if (!build_view(c, &view)) {
		(void)dmavec_unmap(c->dev, &c->map, 0);
		memcpy(c->world->shadow, c->world->arena, ARENA_LEN);
		return;
	}
	verify_shape(c, &view, f);
	verify_placement(c, &view, f);
	map_again(c);
	flags = exercise_bytes(c, &view, f->in_place);
	memcpy(copy, array, nsegs * sizeof(*copy));
	check(c, P_EMPTY, dmavec_unmap(c->dev, &c->map, flags) == 0, "unmap fails");
	check(c, P_EMPTY, !c->map.nsegs && !c->map.len && dmavec_unmap(c->dev, &c->map, 0) == 0, "the map is not empty");
	verify_written(c, flags);
	verify_unmapped(c, copy, nsegs);
	use_again(c);
}

static void nothing_held(struct ocase *c, const struct dmavec_space_info *then, const char *when)
{
	struct dmavec_space_info now = world_info(c->world);

	check(c, P_HELD, now.mappings == then->mappings && now.regions == then->regions &&
	      now.region_bytes == then->region_bytes && now.iova_bytes == then->iova_bytes &&
	      now.bounced_bytes == then->bounced_bytes && now.quarantined_bytes == then->quarantined_bytes &&
	      now.stranded_bytes == then->stranded_bytes, "%s: %llu mappings, %llu regions, %llu iova, %llu bounced, "
	      "%llu quarantined", when, (unsigned long long)now.mappings, (unsigned long long)now.regions,
	      (unsigned long long)now.iova_bytes, (unsigned long long)now.bounced_bytes,
	      (unsigned long long)now.quarantined_bytes);
}

static bool outside_only(const struct ocase *c)
{
	return c->inject == INJECT_OUTSIDE || c->inject == INJECT_WRAP;
}

static void map_case(struct ocase *c)
{
	struct forecast f = forecast_case(c);
	struct dmavec_plan plan;
	int planned = 1; /* no plan */
	size_t i;
	bool uniform = c->entry != ENTRY_LINEAR;

	for (i = 0; i < c->nranges; i++)
		uniform = uniform && (!c->range_flags[i] || c->flags & DMAVEC_MMIO);
	if (!outside_only(c))
		prepare_bytes(c);
	if (uniform && chance(c, 2))
		planned = plan_case(c, &plan);
	if (!planned && plan.nsegs && plan.nsegs < c->cap && chance(c, 3)) {
		c->cap = plan.nsegs;
		f = forecast_case(c);
	}
	c->map = (struct dmavec_map)DMAVEC_MAP_INIT(array, c->cap);
	spare_segments(true, c);
	c->result = enter(c);
	spare_segments(false, c);
	judge_result(c, &f);
	if (!c->result && c->inject) { /* memory that the oracle cannot look at */
		(void)dmavec_unmap(c->dev, &c->map, 0);
		return;
	}
	if (!c->result) {
		held_mapping(c, &f, &plan, planned);
		return;
	}
	check(c, P_FAILED, !c->map.nsegs && !c->map.len, "nsegs or len is written");
	nothing_held(c, &c->before, "failed map");
	check(c, P_EMPTY, dmavec_unmap(c->dev, &c->map, 0) == 0, "unmap of a failed map");
	if (planned != 1)
		compare_plan(c, &plan, planned, 0);
	verify_arena(c);
}

void run_case(struct ocase *c)
{
	struct dmavec_space_info start = world_info(c->world);

	add_regions(c);
	draw_room(c);
	if (open_device(c)) {
		check_lookups(c);
		c->before = world_info(c->world);
		map_case(c);
		check(c, P_HELD, dmavec_dev_close(c->dev) == 0, "the device does not close");
	}
	drop_regions(c);
	nothing_held(c, &start, "end");
}
