/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tests of the region table share. */
#ifndef DMAVEC_TESTS_REGION_COMMON_H
#define DMAVEC_TESTS_REGION_COMMON_H

#include "region/region.h"
#include "tap.h"

#define ALL UINT64_MAX
#define TOP (UINT64_C(1) << 57)
#define GIB (UINT64_C(1) << 30)

/* host.c, of region only: how many allocations may still succeed, ALL: any number; and what is held. */
extern uint64_t allocs_left, bytes_held;

static inline bool same(const struct region *a, const struct region *b)
{
	return a->addr == b->addr && a->len == b->len && a->dma == b->dma && a->prot == b->prot && a->owner == b->owner;
}

/* Device addresses in another order than the CPU's, and never twice. */
static inline struct region make_region(uint64_t addr, uint64_t len, uint64_t *seed)
{
	struct region region = { addr, len, addr + (tap_random(seed) % 127) * TOP, (uint32_t)(tap_random(seed) % 3) + 1, 0 };

	if (tap_random(seed) % 2)
		region.owner = (uint32_t)(tap_random(seed) % ((1u << 30) - 1)) + 1;
	return region;
}

#endif
