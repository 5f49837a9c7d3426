// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Bounces and lists of descriptors are memory beside the ranges. In a dry space none need be there, so that any addresses
 * serve that the device reaches and that no range has: nobody could tell the two apart otherwise. One free place is
 * taken, as large as there is one, since what alignment costs is known only when the library has placed everything; below
 * 4 GiB if one there is ample, as bounce memory mostly is. Bounces get three quarters of it, lists the last one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "cli.h"
#include "place.h"

#define LOW_FIRST (UINT64_C(1) << 20)
#define LOW_LAST  UINT32_MAX
#define MARGIN    (UINT64_C(1) << 16) /* between the ranges and the place: no segment joins the two */

/* Addresses first .. last; empty where last < first. */
struct gap {
	uint64_t first, last;
};

static int compare_addr(const void *a, const void *b)
{
	uint64_t x = cli_cpu_number(((const struct dmavec_range *)a)->addr);
	uint64_t y = cli_cpu_number(((const struct dmavec_range *)b)->addr);

	return x < y ? -1 : x > y;
}

static uint64_t gap_len(const struct gap *gap)
{
	uint64_t len = gap->last - gap->first;

	if (gap->last < gap->first)
		return 0;
	return len < UINT64_MAX ? len + 1 : len;
}

static void take_longer(struct gap *longest, uint64_t first, uint64_t last)
{
	struct gap gap = { first, last };

	if (gap_len(&gap) > gap_len(longest))
		*longest = gap;
}

/* The longest run of addresses in first .. last that the ranges, sorted by address, leave. */
static struct gap longest_free(const struct dmavec_range *sorted, size_t n, uint64_t first, uint64_t last)
{
	struct gap longest = { 1, 0 };
	uint64_t addr, end;
	size_t i;

	for (i = 0; i < n && first <= last; i++) {
		addr = cli_cpu_number(sorted[i].addr);
		end = addr + (sorted[i].len - 1);
		if (addr > last)
			break;
		if (end < first)
			continue;
		if (addr > first)
			take_longer(&longest, first, addr - 1);
		if (end >= last)
			return longest;
		first = end + 1;
	}
	if (first <= last)
		take_longer(&longest, first, last);
	return longest;
}

static uint64_t up(uint64_t value, uint64_t to)
{
	return value > UINT64_MAX - (to - 1) ? UINT64_MAX : (value + (to - 1)) & ~(to - 1);
}

/* Whole pages, and a margin at both ends where that costs little. */
static struct dmavec_range trim(const struct gap *gap)
{
	uint64_t margin = gap_len(gap) >= 16 * MARGIN ? MARGIN : 0;
	uint64_t unit = margin ? MARGIN : CLI_PLACE_UNIT, first, end;

	if (!gap_len(gap))
		return (struct dmavec_range){ cli_cpu_addr(0), 0 };
	first = up(gap->first + margin, unit);
	end = gap->last < UINT64_MAX ? gap->last + 1 : gap->last;
	end = (end - margin) & ~(unit - 1);
	return (struct dmavec_range){ cli_cpu_addr(first), end > first ? end - first : 0 };
}

static void divide(const struct dmavec_range *place, struct cli_places *places)
{
	uint64_t lists = place->len / 4 & ~(CLI_PLACE_UNIT - 1);

	places->bounce = (struct dmavec_range){ place->addr, place->len - lists };
	places->lists = (struct dmavec_range){ cli_cpu_addr(cli_cpu_number(place->addr) + places->bounce.len), lists };
}

int cli_places_find(struct cli_places *places, const struct cli_ranges *ranges, uint64_t first, uint64_t last)
{
	struct dmavec_range *sorted = calloc(ranges->count + 1, sizeof(*sorted)), place;
	uint64_t len = cli_ranges_len(ranges), low = first > LOW_FIRST ? first : LOW_FIRST;
	struct gap gap;

	if (!sorted) {
		cli_error("out of memory");
		return -ENOMEM;
	}
	if (ranges->count)
		memcpy(sorted, ranges->ranges, ranges->count * sizeof(*sorted));
	qsort(sorted, ranges->count, sizeof(*sorted), compare_addr);
	gap = longest_free(sorted, ranges->count, low, last < LOW_LAST ? last : LOW_LAST);
	/* four times the bytes is ample: alignment may well double those that are bounced */
	if (gap_len(&gap) / 4 < len || gap_len(&gap) < LOW_FIRST)
		/* page 0 is left to null pointers */
		gap = longest_free(sorted, ranges->count, first > CLI_PLACE_UNIT ? first : CLI_PLACE_UNIT, last);
	place = trim(&gap);
	divide(&place, places);
	free(sorted);
	return 0;
}
