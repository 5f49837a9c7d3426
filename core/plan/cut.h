/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a run of consecutive device addresses is cut into segments.
 *
 * Each segment is made as long as possible. That is optimal: moving a cut to the right leaves every later cut where it is
 * or makes it unnecessary, since all valid cuts are multiples of the same powers of two.
 */
#ifndef DMAVEC_CORE_CUT_H
#define DMAVEC_CORE_CUT_H

#include "core.h"

/* The longest segment that may start at addr, wherever it ends. */
static inline uint64_t cut_room(const struct limits *lim, uint64_t addr)
{
	uint64_t room = lim->boundary ? lim->boundary - core_low(addr, lim->boundary) : UINT64_MAX;

	return core_min(room, lim->len_max);
}

/*
 * The length up to the last valid cut within room bytes of addr; 0: there is none. The bytes beyond exist, so that
 * addr + room does not wrap.
 */
static inline uint64_t cut_len(const struct limits *lim, uint64_t addr, uint64_t room)
{
	uint64_t end, len;

	if (lim->len_align > lim->cut) {
		len = core_down(room, lim->len_align);
		return core_low(addr, lim->cut) ? 0 : len;
	}
	end = core_down(addr + room, lim->cut);
	if (end <= addr)
		return 0;
	return core_low(end - addr, lim->len_align) ? 0 : end - addr;
}

/* Is there a valid cut wherever this run must be cut? */
static inline bool cut_works(const struct limits *lim, uint64_t addr, uint64_t len)
{
	uint64_t room, part;

	for (; len > (room = cut_room(lim, addr)); addr += part, len -= part) {
		part = cut_len(lim, addr, room);
		if (!part)
			return false;
	}
	return true;
}

/* Can a run that starts at an address with these low bits be cut wherever the limits demand? */
static inline bool cut_always(const struct limits *lim, uint64_t addr)
{
	return !core_low(addr, core_min(lim->cut, lim->len_align)) && (!lim->boundary || !core_low(addr, lim->len_align));
}

#endif
