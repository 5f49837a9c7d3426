/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The plan: where every byte of the ranges goes, and which segments that makes.
 *
 * Bytes come as runs, which are consecutive for the device. A run is either fixed - memory that has a device address
 * already: a space without an IOMMU, a registered region - or placed: behind reserved device addresses with an IOMMU, in
 * bounce memory without one. Placed runs are laid out from 0 on; their segments carry LAYOUT_PLACED in len until map.c has
 * taken the addresses and settles them there. The origin is a multiple of l->modulus and, where the layout is longer than
 * lim->boundary, of that too; else it crosses none: so that cuts stay right wherever it goes. Where nothing can be placed
 * no segment is marked, and the top bits of len are the length's own.
 *
 * The same code plans and maps. It holds nothing, and asks the space for nothing but look-ups.
 */
#ifndef DMAVEC_CORE_LAYOUT_H
#define DMAVEC_CORE_LAYOUT_H

#include "cut.h"
#include "range.h"
#include "weave.h"

#define LAYOUT_PLACED (UINT64_C(1) << 63)
#define LAYOUT_PEER   (UINT64_C(1) << 62) /* peer memory */

/* How an attempt is made. */
#define LAYOUT_REGIONS 0x1u /* use the fixed addresses of registered regions */
#define LAYOUT_JOIN    0x2u /* where limits forbid a break between runs, bounce so that none is needed */
#define LAYOUT_LINEAR  0x4u /* one run */
#define LAYOUT_BOUNCE  0x8u /* bouncing is allowed */
#define LAYOUT_PERMIT  0x10u /* check the permissions of regions */
#define LAYOUT_MOVE    0x20u /* bounce a whole run where the device can't take its start, or couldn't be told where to cut */
#define LAYOUT_SHIFT   0x40u /* with LINEAR: all is bounced, and starts where a bounce would, not where the memory does */

/* Which limit an attempt failed, for dmavec_explain. */
enum layout_why {
	WHY_NONE = 0,
	WHY_ADDRESS,  /* outside addr_min .. addr_max */
	WHY_ALIGN,    /* a start that is no multiple of seg_align */
	WHY_LENGTH,   /* a length that is no multiple of len_align */
	WHY_GAP,      /* a start or end that is no multiple of gap */
	WHY_CUT,      /* must be cut, and no valid place to cut */
	WHY_LINEAR,   /* not consecutive */
	WHY_PARTIAL,  /* an untrusted device would reach the rest of a granule */
	WHY_PEER,     /* peer memory would have to be bounced */
	WHY_SEGS,     /* more segments than limits or room allow */
	WHY_TOTAL,    /* more bytes than total_max */
	WHY_UNEVEN,   /* the total is no multiple of len_align */
	WHY_REACH,    /* not in the space */
	WHY_PERM,     /* a region without this permission */
	WHY_MALFORMED,
	WHY_WRAPS, /* the sum of the lengths does */
};

/* A run under construction. */
struct layout_run {
	bool open, placed, mmio;
	bool valid;     /* fixed: within the device's addresses so far; else bad_range is not */
	uint64_t start; /* fixed: device address; placed: its low bits, modulo lim->modulus */
	uint64_t len;
	uint64_t key;   /* fixed: of the region; runs of different keys do not join */
	uint64_t cpu_end;
	uint64_t cpu;   /* of the first byte */
	size_t range, last_range; /* index of the range that it begins, and ends, in */
	size_t bad_range;
	uint32_t index; /* number of the run in the mapping */
	bool adjacent;  /* placed: must follow the run before it at once */
	uint64_t bounced_before; /* weave.bounce_mem when it began */
};

struct layout {
	const struct dmavec_dev *dev;
	struct dmavec_seg *segs; /* NULL: count only */
	uint32_t room;
	unsigned int mode;
	unsigned int prot;
	/* results */
	uint64_t len;
	uint32_t nsegs;
	uint64_t placed_len;   /* end of the layout */
	uint64_t skew;         /* what stands before the first placed run: nothing, and need not be had */
	uint64_t modulus;      /* that its origin must be a multiple of: the largest that a run was placed by */
	uint64_t bounce_bytes; /* that will be copied */
	uint64_t bounce_mem;   /* chunk memory for them, with an IOMMU */
	uint64_t leaf_align;   /* an origin on a multiple of this takes fewer entries */
	bool any_fixed, any_placed;
	bool woven; /* placed memory is more than whole ranges side by side */
	bool short_room, bad, no_space;
	bool marked; /* segments carry marks: something may be placed */
	bool any_peer, any_ram;
	uint64_t sum; /* range_iter's, of a source */
	bool weaving; /* granules may have to be composed: weave counts */
	enum layout_why why; /* the first failure, and its range */
	size_t why_range;
	uint64_t why_cpu; /* not 0: the failure is about this byte, not about why_range */
	/* while it runs */
	size_t range; /* index of the current range */
	uint32_t runs, opened;
	uint64_t pos; /* end of what is placed so far */
	struct layout_run run;
	struct layout_run group; /* without an IOMMU: runs gathered to be bounced together */
	struct weave weave;      /* counts what composing granules will take */
};

/*
 * Lay the ranges out. 0: it fits, map it. -E2BIG: more segments than room; -ERANGE: a limit is not met (where both hold,
 * -E2BIG); others are final. l->dev, segs, room, mode, prot are the caller's.
 */
int layout_make(struct layout *l, struct range_iter *it);

/* Move placed segments to their origin and take the marks away; runs that happen to touch now are joined. */
void layout_settle(struct layout *l, uint64_t origin);

static inline uint64_t layout_seg_len(const struct dmavec_seg *seg)
{
	return seg->len & ~(LAYOUT_PLACED | LAYOUT_PEER);
}

static inline bool layout_seg_peer(const struct dmavec_seg *seg)
{
	return seg->len & LAYOUT_PEER;
}

/* Internal to layout: layout.c feeds pieces to run.c. */
void run_fixed(struct layout *l, uint64_t dma, uint64_t cpu, uint64_t len, uint64_t key, bool mmio);
void run_placed(struct layout *l, uint64_t cpu, uint64_t len, bool mmio);
void run_finish(struct layout *l);

static inline void layout_fail(struct layout *l, enum layout_why why)
{
	l->bad = true;
	if (!l->why) {
		l->why = why;
		l->why_range = l->range;
	}
}

#endif
