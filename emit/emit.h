/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What every format asks of its segments, and how limits are handed out. */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include <dmavec/emit.h>

#include <stdbool.h>

/* Adds a segment to *total; false: it is empty or wraps, or the total does. */
static inline bool emit_seg_ok(const struct dmavec_seg *seg, uint64_t *total)
{
	uint64_t last = seg->len - 1;

	return last != UINT64_MAX && last <= UINT64_MAX - seg->addr && !__builtin_add_overflow(*total, seg->len, total);
}

/* There are segments, and each is as above. *total is their length. */
bool emit_segs_ok(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t *total);

/* In how many pages of that size the segments lie, where all but the first start with a page and all but the last end with
 * one; 0: they do not, or are not as above. *total is their length. */
uint64_t emit_count_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, uint64_t *total);

/* log2 of a power of two; for 64 bits at once, some 32-bit machines need a library. */
static inline unsigned int emit_shift(uint64_t pow2)
{
	uint32_t low = (uint32_t)pow2;

	return low ? (unsigned int)__builtin_ctz(low) : 32 + (unsigned int)__builtin_ctz((uint32_t)(pow2 >> 32));
}

/* Fills in the to->size bytes of the caller's struct (0: the first version), zeros behind what is known here; to->size
 * stays. -EINVAL: no struct, or a shorter one than ever was. */
int emit_put_limits(struct dmavec_limits *to, const struct dmavec_limits *from);

#endif
