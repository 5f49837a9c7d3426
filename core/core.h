/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What core's files share: the insides of spaces, devices and mappings.
 *
 * A map call goes: ranges (range.h) -> layout (layout.h: where every byte goes, which segments that makes) -> map.c
 * (reserve, link, commit through the space's operations, bounce where the device can't or may not reach).
 */
#ifndef DMAVEC_CORE_H
#define DMAVEC_CORE_H

#include <dmavec/dmavec.h>
#include <dmavec/source.h>
#include <dmavec/space.h>

#include "basic.h"
#include "bounce/bounce.h"
#include "host.h"
#include "region/region.h"

#define CORE_PAGE 4096u /* alignment of dmavec_alloc memory, whatever the granule */

#define MAP_FLAGS (DMAVEC_SKIP_SYNC | DMAVEC_NO_BOUNCE | DMAVEC_MMIO | DMAVEC_RELAXED | DMAVEC_MAY_SLEEP)

/*
 * Limits in the form that the engine computes with: "any" is the largest value, or 1 for a multiple.
 */
struct limits {
	uint64_t first, last;
	uint64_t len_max;   /* UINT64_MAX: any */
	uint64_t boundary;  /* 0: any */
	uint64_t align, len_align, gap; /* at least 1 */
	uint64_t cut;       /* cuts fall on multiples of this: max(gap, align) */
	uint64_t congruent; /* IOVA placements keep addresses modulo this: max(gap, granule) */
	uint64_t modulus;   /* placements are chosen modulo this; what a bounce keeps and align included */
	uint64_t keep;      /* address bits that a bounce keeps */
	uint64_t total_max;
	uint32_t segs_max;
};

/*
 * A copy of what is registered while it is one region, as far as it lies below the end of the device's window: a guest's
 * memory, or one arena. The low bits of the version say what it is good for, 0 while there is none; who reads the same
 * version before and after has read one copy.
 */
#define ONLY_PLAIN 1ul  /* each direction is allowed, and nothing else limits this device */
#define ONLY_DIRS  1u   /* from this bit on: 1 << each enum dmavec_dir that is allowed */
#define ONLY_STEP  16ul /* what versions differ by */

struct dev_only {
	unsigned long version;
	uint64_t addr, last, dma; /* last: of its bytes, from 0 on */
};

struct dmavec_dev {
	/* What look-ups read. */
	struct dmavec_space *space;
	struct region_table *regions; /* the space's, or NULL: not many; changed under its region_lock and lock, as is only */
	struct dev_only only;
	uint64_t window_end; /* what ends below fits, whatever its length; 0: more limits count */

	struct dmavec_dev *next; /* in the space's list, under its lock */
	struct limits lim;
	struct dmavec_limits limits; /* as merged, for dmavec_dev_limits */
	bool untrusted;
	bool plain;    /* nothing but an address window: the short way through map */
	bool coherent; /* the space is not told what to sync */
	bool no_iommu; /* granule 1 */
	/* Held now; changed atomically. */
	unsigned long maps, iova_granules, bounced;
};

struct dmavec_space {
	struct dmavec_space_ops ops;
	struct dmavec_space_desc desc;
	void *ctx;
	unsigned int granule_shift;
	struct host_lock lock; /* devices, tainted */
	struct dmavec_dev *devices;
	bool tainted;
	struct host_lock region_lock; /* registration, from check to insert */
	struct region_table *regions; /* NULL until the first registration; never changes after */
	/* Read without a lock, changed under region_lock; nregions last when regions come, first when they go. */
	unsigned long nregions;   /* registered now */
	unsigned long restricted; /* of them, not both READ and WRITE */
	unsigned long regions_low, regions_high; /* all lie in these blocks of REGIONS_BLOCK bytes, inclusive */
	struct join_table *joins;
	uint64_t stranded;    /* under region_lock, as are these */
	unsigned long joined; /* maps of several ranges */
	unsigned long region_granules;      /* device addresses of regions; atomic */
	unsigned long quarantined_granules; /* atomic */
	struct bounce_pool pool;
	struct host_lock scratch_lock;
	struct scratch *scratch; /* kept for the next batches */
	size_t scratch_bytes;
};

enum map_kind { MAP_EMPTY = 0, MAP_MAPPED, MAP_BATCH };

/* The private part of struct dmavec_map. All-zero: nothing held. */
struct map_state {
	struct dmavec_dev *dev;
	uint16_t kind, syncs; /* syncs: the space is told at unmap */
	uint16_t dir, flags;
	uint64_t len;
	uint64_t iova, iova_len; /* the reservation; iova_len 0: none */
	struct bounce_chunk chunk; /* len 0: none */
	struct bounce_slot *slots;
	struct scratch *scratch; /* MAP_BATCH: what has been added */
	uint64_t checker[2];     /* kept free for a checker: the public struct cannot grow */
} __attribute__((may_alias));

static inline struct map_state *map_state(struct dmavec_map *map)
{
	return (struct map_state *)(void *)map->priv;
}

_Static_assert(sizeof(struct map_state) <= sizeof(((struct dmavec_map *)0)->priv), "the private part must fit");

/*
 * Leaves of page tables come in these sizes, too. Memory that starts on a multiple of one and is as long is given device
 * addresses that do: fewer entries, fewer tables.
 */
#define CORE_LARGE (UINT64_C(1) << 21)
#define CORE_HUGE  (UINT64_C(1) << 30)

static inline uint64_t core_leaf_align(uint64_t addr, uint64_t len)
{
	return len >= CORE_HUGE && !(addr & (CORE_HUGE - 1))     ? CORE_HUGE
	       : len >= CORE_LARGE && !(addr & (CORE_LARGE - 1)) ? CORE_LARGE
	                                                         : 1;
}

/* How many granules of the space, for the counters: on 32-bit hosts they wrap at 2^32 granules, and are told, not used. */
static inline unsigned long core_granules(const struct dmavec_space *space, uint64_t len)
{
	return (unsigned long)(len >> space->granule_shift);
}

static inline bool core_dir_ok(enum dmavec_dir dir)
{
	return dir == DMAVEC_BIDIRECTIONAL || dir == DMAVEC_TO_DEVICE || dir == DMAVEC_FROM_DEVICE;
}

/* What the device does to the memory: DMAVEC_REG_READ | _WRITE, which are DMAVEC_LINK_READ | _WRITE too. */
static inline unsigned int core_prot(enum dmavec_dir dir)
{
	return dir == DMAVEC_TO_DEVICE   ? DMAVEC_REG_READ
	       : dir == DMAVEC_FROM_DEVICE ? DMAVEC_REG_WRITE
	                                   : DMAVEC_REG_READ | DMAVEC_REG_WRITE;
}

/* limits.c */
int limits_normal(struct limits *lim, const struct dmavec_limits *limits, uint64_t granule);

/* dev.c: under the space's region_lock, after a change from or to no more than one region. */
void devs_see_regions(struct dmavec_space *space);

/* region/register.c: the table of regions, or NULL while nothing is registered. */
static inline struct region_table *space_regions(const struct dmavec_space *space)
{
	return __atomic_load_n(&space->nregions, __ATOMIC_ACQUIRE) ? space->regions : NULL;
}

/* For mapping: without an IOMMU a region has the addresses that its memory has anyway, and only a permission counts. */
static inline struct region_table *space_regions_that_matter(const struct dmavec_space *space)
{
	if (space->desc.granule == 1 && !__atomic_load_n(&space->restricted, __ATOMIC_ACQUIRE))
		return NULL;
	return space_regions(space);
}

#define REGIONS_BLOCK_SHIFT 25u /* a block number of any address below 2^57 fits into 32 bits */

/* May any byte of [addr, addr + len) be registered? */
static inline bool space_near_regions(const struct dmavec_space *space, uint64_t addr, uint64_t len)
{
	return addr >> REGIONS_BLOCK_SHIFT <= __atomic_load_n(&space->regions_high, __ATOMIC_RELAXED) &&
	       (addr + (len - 1)) >> REGIONS_BLOCK_SHIFT >= __atomic_load_n(&space->regions_low, __ATOMIC_RELAXED);
}
void space_drop_regions(struct dmavec_space *space);

#endif
