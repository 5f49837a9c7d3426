/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "emit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The first version of struct dmavec_limits ends here, whatever is added to it later. */
#define LIMITS_SIZE_MIN (offsetof(struct dmavec_limits, reserved) + sizeof(uint32_t))

bool emit_segs_ok(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t *total)
{
	uint64_t sum = 0;
	uint32_t i;

	if (!segs || !nsegs)
		return false;
	for (i = 0; i < nsegs; i++)
		if (!emit_seg_ok(&segs[i], &sum))
			return false;
	*total = sum;
	return true;
}

uint64_t emit_count_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size, uint64_t *total)
{
	uint64_t sum = 0, inner = 0, end = 0, first;
	uint32_t i;

	if (!segs || !nsegs)
		return 0;
	for (i = 0; i < nsegs; i++) {
		inner |= i ? end | segs[i].addr : 0;
		if (!emit_seg_ok(&segs[i], &sum))
			return 0;
		end = segs[i].addr + segs[i].len;
	}
	if (inner & (page_size - 1))
		return 0;
	*total = sum;
	/* What lies behind the first page fills whole ones, but for the last. Adding the offset to the sum could wrap. */
	first = page_size - (segs->addr & (page_size - 1));
	return sum <= first ? 1 : 2 + ((sum - first - 1) >> emit_shift(page_size));
}

int emit_put_limits(struct dmavec_limits *to, const struct dmavec_limits *from)
{
	size_t size;

	if (!to)
		return -EINVAL;
	size = to->size ? to->size : LIMITS_SIZE_MIN;
	if (size < LIMITS_SIZE_MIN)
		return -EINVAL;
	memset((unsigned char *)to + sizeof(to->size), 0, size - sizeof(to->size));
	memcpy((unsigned char *)to + sizeof(to->size), (const unsigned char *)from + sizeof(from->size),
	       (size < sizeof(*from) ? size : sizeof(*from)) - sizeof(from->size));
	return 0;
}
