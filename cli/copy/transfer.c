// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "room.h"
#include "transfer.h"

/* One of the two mappings of a chunk. */
struct side {
	struct dmavec_range *ranges;
	size_t nranges;
	struct dmavec_map map;
	enum dmavec_dir dir;
};

struct transfer {
	const struct cli_route *route;
	const struct cli_source *source;
	const struct cli_target *target;
	struct cli_sums *sums;
	struct side in, out;
	struct dmavec_sim_desc *descs;
	size_t max_descs;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	uint64_t over = to > 1 ? value % to : 0;

	return over ? value + (to - over) : value;
}

static struct dmavec_space_info space_info(struct dmavec_space *space)
{
	struct dmavec_space_info info;

	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	dmavec_space_info(space, &info);
	return info;
}

static int side_open(struct side *side, enum dmavec_dir dir, uint64_t len, uint64_t room)
{
	struct dmavec_map empty = DMAVEC_MAP_INIT(NULL, 0);

	side->dir = dir;
	side->map = empty;
	side->nranges = 0;
	side->ranges = calloc((size_t)(len / CLI_PAGE + 1), sizeof(*side->ranges));
	side->map.segs = calloc((size_t)room, sizeof(*side->map.segs));
	side->map.segs_cap = (uint32_t)room;
	return side->ranges && side->map.segs ? 0 : -ENOMEM;
}

static void side_close(struct side *side)
{
	free(side->ranges);
	free(side->map.segs);
}

static void side_put_pages(struct transfer *transfer, struct side *side)
{
	while (side->nranges)
		dmavec_sim_mem_put(transfer->route->mem, side->ranges[--side->nranges].addr);
}

static int side_get_pages(struct transfer *transfer, struct side *side, uint64_t len)
{
	struct dmavec_range *range;
	int err;

	for (; len; len -= range->len) {
		range = &side->ranges[side->nranges];
		err = dmavec_sim_mem_get(transfer->route->mem, &range->addr);
		if (err) {
			cli_error("the simulated memory has no more pages: %s", cli_library_error(err));
			return err;
		}
		range->len = len < CLI_PAGE ? len : CLI_PAGE;
		side->nranges++;
	}
	return 0;
}

/* Inner boundaries between ranges at which no segment ends. */
static uint64_t count_joined(const struct side *side)
{
	uint64_t in = 0, out = 0, joined = 0;
	uint32_t seg = 0;
	size_t i;

	for (i = 0; i + 1 < side->nranges; i++) {
		in += side->ranges[i].len;
		while (out < in && seg < side->map.nsegs)
			out += side->map.segs[seg++].len;
		joined += out != in;
	}
	return joined;
}

static int side_map(struct transfer *transfer, struct side *side)
{
	const struct cli_route *route = transfer->route;
	struct dmavec_space_info before = space_info(route->space), after;
	struct cli_sums *sums = transfer->sums;
	uint64_t started = cli_now_ns();
	int err;

	/* clang-tidy takes a call that is given a part of a struct to have overwritten the rest of it. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	err = route->linear ? dmavec_map_linear(route->dev, &side->map, side->ranges, side->nranges, side->dir, 0) :
			      dmavec_map(route->dev, &side->map, side->ranges, side->nranges, side->dir, 0);
	sums->map_ns += cli_now_ns() - started;
	if (err) {
		cli_explain_failure(route->dev, side->ranges, NULL, side->nranges, side->dir, route->linear, err);
		return err;
	}
	after = space_info(route->space);
	sums->mappings++;
	sums->ranges += side->nranges;
	sums->segments += side->map.nsegs;
	sums->joined += count_joined(side);
	sums->bounced_bytes += after.bounced_bytes - before.bounced_bytes;
	sums->iova_bytes += after.iova_bytes - before.iova_bytes;
	return 0;
}

static int side_unmap(struct transfer *transfer, struct side *side)
{
	uint64_t started = cli_now_ns();
	int err = dmavec_unmap(transfer->route->dev, &side->map, 0);

	transfer->sums->unmap_ns += cli_now_ns() - started;
	if (err)
		cli_error("cannot unmap: %s", cli_library_error(err));
	return err;
}

static int run_device(struct transfer *transfer)
{
	const struct dmavec_map *in = &transfer->in.map, *out = &transfer->out.map;
	struct dmavec_sim_dma_stats stats = { .size = sizeof(stats) };
	size_t ndescs;
	int err;

	err = dmavec_sim_dma_build(in->segs, in->nsegs, out->segs, out->nsegs, transfer->descs, transfer->max_descs,
				   &ndescs);
	if (!err)
		err = dmavec_sim_dma_run(transfer->route->space, transfer->descs, ndescs, &stats);
	if (err)
		cli_error("the device stopped after %" PRIu64 " of %" PRIu64 " bytes: %s", stats.bytes, in->len,
			  cli_library_error(err));
	return err;
}

/* Both mappings, the move between them, and both gone again, whatever fails. */
static int move_chunk(struct transfer *transfer)
{
	int err, late;

	err = side_map(transfer, &transfer->in);
	if (err)
		return err;
	err = side_map(transfer, &transfer->out);
	if (!err) {
		err = run_device(transfer);
		late = side_unmap(transfer, &transfer->out);
		err = err ? err : late;
	}
	late = side_unmap(transfer, &transfer->in);
	return err ? err : late;
}

/* Bytes [from, ...) of the pages become zero. */
static void pad_pages(struct side *side, uint64_t from)
{
	size_t i = (size_t)(from / CLI_PAGE);
	uint64_t skip = from % CLI_PAGE;

	for (; i < side->nranges; i++, skip = 0)
		memset((char *)dmavec_ptr(side->ranges[i].addr) + skip, 0, (size_t)(side->ranges[i].len - skip));
}

/* No byte of the target's pages is right by chance: each starts as the complement of what must arrive. */
static void spoil_pages(const struct side *in, struct side *out)
{
	size_t i, k;

	for (i = 0; i < out->nranges; i++) {
		const unsigned char *from = dmavec_ptr(in->ranges[i].addr);
		unsigned char *to = dmavec_ptr(out->ranges[i].addr);

		for (k = 0; k < out->ranges[i].len; k++)
			to[k] = (unsigned char)~from[k];
	}
}

static int copy_chunk(struct transfer *transfer, uint64_t offset, uint64_t len)
{
	uint64_t padded = round_up(len, transfer->route->limits.len_align);
	int err;

	err = side_get_pages(transfer, &transfer->in, padded);
	if (!err)
		err = side_get_pages(transfer, &transfer->out, padded);
	if (!err)
		err = cli_source_read(transfer->source, offset, transfer->in.ranges, len);
	if (!err) {
		pad_pages(&transfer->in, len);
		spoil_pages(&transfer->in, &transfer->out);
		err = move_chunk(transfer);
	}
	if (!err)
		err = cli_target_write(transfer->target, offset, transfer->out.ranges, len);
	side_put_pages(transfer, &transfer->out);
	side_put_pages(transfer, &transfer->in);
	return err;
}

/* Room for the longest chunk that comes. */
static int transfer_open(struct transfer *transfer)
{
	const struct cli_route *route = transfer->route;
	uint64_t size = transfer->source->size, align = route->limits.len_align, len, room, memory;

	len = round_up(size < route->chunk ? size : route->chunk, align);
	memory = dmavec_sim_mem_window(route->mem).len;
	if (len > memory / 2) {
		cli_error("a chunk of %" PRIu64 " bytes, twice, is more than the simulated memory of %" PRIu64, len,
			  memory);
		return -ENOMEM;
	}
	room = cli_segs_room(&route->limits, len, len / CLI_PAGE + 1);
	transfer->max_descs = 2 * (size_t)room;
	transfer->descs = calloc(transfer->max_descs, sizeof(*transfer->descs));
	if (side_open(&transfer->in, DMAVEC_TO_DEVICE, len, room) ||
	    side_open(&transfer->out, DMAVEC_FROM_DEVICE, len, room) || !transfer->descs) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	return 0;
}

int cli_transfer(const struct cli_route *route, const struct cli_source *source, const struct cli_target *target,
		 struct cli_progress *progress, struct cli_sums *sums)
{
	struct transfer transfer = { .route = route, .source = source, .target = target, .sums = sums };
	uint64_t offset, len;
	int err;

	err = transfer_open(&transfer);
	for (offset = 0; !err && offset < source->size; offset += len) {
		len = source->size - offset < route->chunk ? source->size - offset : route->chunk;
		err = cli_source_check(source, false);
		if (!err)
			err = copy_chunk(&transfer, offset, len);
		cli_progress_draw(progress, "copying", offset, source->size);
	}
	if (!err)
		err = cli_source_check(source, true);
	side_close(&transfer.in);
	side_close(&transfer.out);
	free(transfer.descs);
	return err;
}
