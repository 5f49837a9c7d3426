// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <dmavec/source.h>
#include <dmavec/space.h>

#include "addr.h"
#include "cli.h"
#include "cover.h"
#include "dry.h"
#include "room.h"

#define PHYSICAL_LAST ((UINT64_C(1) << 48) - 1) /* what any page-table format can hold */

/* The library takes mixed kinds from a source. */
struct ranges_source {
	struct dmavec_source source;
	const struct cli_ranges *ranges;
	size_t at;
};

static size_t fill_ranges(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *flags, size_t max)
{
	struct ranges_source *from = (struct ranges_source *)source;
	size_t left = from->ranges->count - from->at, n = left < max ? left : max;

	if (n) {
		memcpy(ranges, from->ranges->ranges + from->at, n * sizeof(*ranges));
		memcpy(flags, from->ranges->flags + from->at, n * sizeof(*flags));
	}
	from->at += n;
	return n;
}

static void rewind_ranges(struct dmavec_source *source)
{
	((struct ranges_source *)source)->at = 0;
}

/* Behind an IOMMU a list may lie anywhere; without one, where the device reaches, and so must bounces. */
static int find_places(struct cli_dry *dry, const struct cli_setup *setup)
{
	uint64_t first = setup->limits.addr_min, last = setup->limits.addr_max;

	if (setup->space.format)
		return cli_places_find(&dry->places, dry->ranges, 0, PHYSICAL_LAST);
	return cli_places_find(&dry->places, dry->ranges, first, last ? last : UINT64_MAX);
}

int cli_dry_open(struct cli_dry *dry, const struct cli_setup *setup, struct cli_ranges *ranges)
{
	int err;

	memset(dry, 0, sizeof(*dry));
	dry->ranges = ranges;
	dry->shown = (struct cli_mapping){ .device = setup->device, .space = setup->space.name,
					   .iommu = setup->space.format, .untrusted = setup->untrusted,
					   .linear = setup->linear };
	if (find_places(dry, setup))
		return CLI_FAILED;
	err = cli_open_dry_space(&dry->space, &setup->space, &dry->places.bounce);
	if (err) {
		dry->space = NULL;
		return cli_space_error(setup, err);
	}
	return cli_open_device(&dry->dev, &dry->shown.limits, dry->space, setup) ? CLI_FAILED : CLI_GO_ON;
}

/* err, once it has been said. */
static int said(const struct cli_dry *dry, bool linear, int err)
{
	const struct cli_ranges *ranges = dry->ranges;

	if (err)
		cli_explain_failure(dry->dev, ranges->ranges, ranges->flags, ranges->count, DMAVEC_TO_DEVICE,
				    linear, err);
	return err;
}

static int make_room(struct cli_dry *dry, uint64_t room)
{
	if (room >= CLI_SEGS_MAX) {
		cli_error("%" PRIu64 " segments are more than can be shown, %" PRIu64, room, CLI_SEGS_MAX);
		return -E2BIG;
	}
	dry->segs = calloc((size_t)room, sizeof(*dry->segs));
	dry->cuts = calloc((size_t)room, sizeof(*dry->cuts));
	dry->map.segs = dry->segs;
	dry->map.segs_cap = (uint32_t)room;
	if (dry->segs && dry->cuts)
		return 0;
	cli_error("out of memory");
	return -ENOMEM;
}

static int map_any(struct cli_dry *dry, const struct dmavec_plan *plan)
{
	struct ranges_source from = { { fill_ranges, rewind_ranges }, dry->ranges, 0 };
	int err = make_room(dry, plan->nsegs);

	return err ? err : said(dry, false, dmavec_map_source(dry->dev, &dry->map, &from.source, DMAVEC_TO_DEVICE, 0));
}

/* Is every range of the first one's kind? */
static bool one_kind(const struct cli_ranges *ranges)
{
	size_t i;

	for (i = 1; i < ranges->count; i++)
		if (ranges->flags[i] != ranges->flags[0])
			return false;
	return true;
}

static int map_linear(struct cli_dry *dry)
{
	const struct cli_ranges *ranges = dry->ranges;
	int err;

	if (!one_kind(ranges)) {
		cli_error("cannot map %zu ranges at consecutive addresses: RAM and peer memory are never joined, and "
			  "dmavec_map_linear takes ranges of one kind",
			  ranges->count);
		return -EINVAL;
	}
	/* one run, whatever the ranges are: only the limits cut it */
	err = make_room(dry, cli_segs_room(&dry->shown.limits, cli_ranges_len(ranges), 1));
	if (err)
		return err;
	return said(dry, true, dmavec_map_linear(dry->dev, &dry->map, ranges->ranges, ranges->count, DMAVEC_TO_DEVICE,
					   ranges->flags[0]));
}

/*
 * Why the segments of one cover and of the next are apart. The library reads what it is given from the beginning, so that it
 * is given the ranges of these two segments only: all the reasons together then read each range a few times.
 */
static int find_cut(struct cli_dry *dry, uint32_t i, const struct cli_cover *cover, const struct cli_cover *next)
{
	struct dmavec_range *first = &dry->ranges->ranges[cover->first], whole = *first;
	int err;

	first->addr = cli_cpu_addr(cli_cpu_number(whole.addr) + cover->skipped);
	first->len -= cover->skipped;
	err = dmavec_cut_reason(dry->dev, first, &dry->ranges->flags[cover->first], next->last - cover->first + 1,
				&dry->segs[i], 2, 0, &dry->cuts[i]);
	*first = whole;
	if (err)
		cli_error("cannot tell why segments %" PRIu32 " and %" PRIu32 " are apart: %s", i, i + 1,
			  cli_library_error(err));
	return err;
}

static int find_cuts(struct cli_dry *dry)
{
	struct cli_cover_walk walk = { .mapping = &dry->shown };
	struct cli_cover cover, next;
	uint32_t i;
	int err = 0;

	cli_cover_next(&walk, &cover);
	for (i = 0; !err && cli_cover_next(&walk, &next); i++, cover = next)
		err = find_cut(dry, i, &cover, &next);
	return err;
}

static int describe(struct cli_dry *dry)
{
	struct dmavec_space_info info = { .size = sizeof(info) };
	struct cli_mapping *shown = &dry->shown;
	int err = dmavec_space_info(dry->space, &info);

	if (err) {
		cli_error("cannot ask the space what it holds: %s", cli_library_error(err));
		return err;
	}
	shown->ranges = dry->ranges->ranges;
	shown->range_flags = dry->ranges->flags;
	shown->nranges = dry->ranges->count;
	shown->segs = dry->segs;
	shown->cuts = dry->cuts;
	shown->nsegs = dry->map.nsegs;
	shown->len = dry->map.len;
	shown->bounce_bytes = info.bounced_bytes;
	shown->iova_bytes = info.iova_bytes;
	return find_cuts(dry);
}

int cli_dry_map(struct cli_dry *dry)
{
	const struct cli_ranges *ranges = dry->ranges;
	struct dmavec_plan plan = { .size = sizeof(plan) };
	int err = dmavec_plan_mixed(dry->dev, ranges->ranges, ranges->flags, ranges->count, DMAVEC_TO_DEVICE, 0, &plan);

	/* other answers may not be those of one run, which is planned for by mapping it */
	if (err && (!dry->shown.linear || err == -EINVAL))
		return said(dry, false, err);
	err = dry->shown.linear ? map_linear(dry) : map_any(dry, &plan);
	return err ? err : describe(dry);
}

/* One range that begins where any block does: no other becomes fewer segments, or takes fewer device addresses. */
static int check_len(const struct cli_dry *dry)
{
	const struct cli_ranges *all = dry->ranges;
	struct dmavec_plan plan = { .size = sizeof(plan) };
	int err = dmavec_plan_mixed(dry->dev, all->ranges, all->flags, all->count, DMAVEC_TO_DEVICE, 0, &plan);

	if (err != -E2BIG && err != -ENOSPC)
		return 0;
	cli_error("%" PRIu64 " bytes are too many, even in one piece:", all->ranges->len);
	return said(dry, false, err);
}

int cli_dry_try(const struct cli_setup *setup, uint64_t len)
{
	uint64_t align = setup->limits.len_align, over = align > 1 ? len % align : 0;
	struct dmavec_range range = { cli_cpu_addr(0), over ? len + (align - over) : len };
	struct cli_ranges whole = { .ranges = &range, .flags = (uint32_t[]){ 0 }, .count = 1, .room = 1 };
	struct cli_dry dry;
	int status = cli_dry_open(&dry, setup, &whole);

	if (status == CLI_GO_ON && range.len && check_len(&dry))
		status = CLI_FAILED;
	if (cli_dry_close(&dry) && status == CLI_GO_ON)
		status = CLI_FAILED;
	return status;
}

int cli_dry_close(struct cli_dry *dry)
{
	int err = dry->map.segs ? dmavec_unmap(dry->dev, &dry->map, 0) : 0, late;

	late = dry->dev ? dmavec_dev_close(dry->dev) : 0;
	err = err ? err : late;
	late = dmavec_space_close(dry->space);
	err = err ? err : late;
	if (err)
		cli_error("the space does not close: %s", cli_library_error(err));
	free(dry->segs);
	free(dry->cuts);
	memset(dry, 0, sizeof(*dry));
	return err;
}
