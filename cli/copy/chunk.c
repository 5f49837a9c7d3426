// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * How many bytes one mapping takes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>

#include "cli.h"
#include "transfer.h"

#define MIB UINT64_C(0x100000)

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t round_down(uint64_t value, uint64_t to)
{
	return to > 1 ? value - value % to : value;
}

/* 0 stands for "any". */
static uint64_t limit_or_all(uint64_t limit)
{
	return limit ? limit : UINT64_MAX;
}

/* Where all but the last of segs_max segments must end. */
static uint64_t cut_unit(const struct dmavec_limits *limits)
{
	uint64_t unit = limits->gap > limits->seg_align ? limits->gap : limits->seg_align;

	return limits->len_align > unit ? limits->len_align : unit;
}

/* How many addresses the device has; all 2^64 count as one less. */
static uint64_t address_count(const struct dmavec_limits *limits)
{
	uint64_t span = limit_or_all(limits->addr_max) - limits->addr_min;

	return span < UINT64_MAX ? span + 1 : span;
}

uint64_t cli_chunk_max(const struct dmavec_limits *limits)
{
	uint64_t seg = least(limit_or_all(limits->seg_len_max), limit_or_all(limits->seg_boundary));
	uint64_t inner = round_down(seg, cut_unit(limits));
	uint64_t most = least(limit_or_all(limits->total_max), address_count(limits));
	uint64_t last = round_down(seg, limits->len_align);

	if (limits->segs_max && inner <= (UINT64_MAX - last) / limits->segs_max)
		most = least(most, (limits->segs_max - 1) * inner + last);
	return round_down(most, limits->len_align);
}

uint64_t cli_chunk_default(const struct dmavec_limits *limits)
{
	/* both sides are mapped at once, and with room to place them */
	uint64_t quarter = (limit_or_all(limits->addr_max) - limits->addr_min) / 4;
	uint64_t chunk = least(MIB, cli_chunk_max(limits));

	if (quarter < chunk)
		chunk = quarter < CLI_PAGE ? least(chunk, CLI_PAGE) : round_down(quarter, CLI_PAGE);
	chunk = round_down(chunk, limits->len_align);
	return chunk ? chunk : limit_or_all(limits->len_align);
}

/*
 * Let the library say why: it plans the chunk, or as much of it as is too much, all in one piece and from the lowest
 * address on. Nothing is easier to map; if it complains of something else, then of that as well, and it is not told.
 */
static void quote_library(const struct cli_route *route, uint64_t most)
{
	struct dmavec_window memory = dmavec_sim_mem_window(route->mem);
	uint64_t align = route->limits.len_align, more = round_down(CLI_PAGE, align);
	struct dmavec_range range = { memory.cpu, route->chunk };
	char text[512];

	if (!more)
		more = align;
	if (more < route->chunk - most)
		range.len = most + more;
	if (range.len <= memory.len &&
	    dmavec_explain(route->dev, &range, 1, DMAVEC_TO_DEVICE, 0, text, sizeof(text)) == -E2BIG)
		cli_error("%s", text);
}

int cli_chunk_check(const struct cli_route *route)
{
	uint64_t most = cli_chunk_max(&route->limits);

	if (route->chunk > most) {
		quote_library(route, most);
		cli_error("a chunk of %" PRIu64 " bytes is more than one mapping of this device takes, %" PRIu64 ": %s",
			  route->chunk, most, cli_library_error(-E2BIG));
		return -E2BIG;
	}
	if (route->limits.len_align > 1 && route->chunk % route->limits.len_align) {
		cli_error("a chunk of %" PRIu64 " bytes is no multiple of the device's len_align, %" PRIu64,
			  route->chunk, route->limits.len_align);
		return -EINVAL;
	}
	return 0;
}
