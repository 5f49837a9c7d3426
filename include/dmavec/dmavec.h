/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dmavec: memory ranges in, DMA segments out.
 *
 * Words
 *   range    a run of memory as the CPU sees it {addr, len}: a process address in user space, physical in the kernel
 *   segment  a run of addresses as the device sees them {addr, len}
 *   limits   what the device can take
 *   space    a DMA address space (space.h opens one)
 *   device   limits + a space + how far it is trusted
 *   mapping  what one map call holds until unmap; the caller owns the storage
 *
 * Units are bytes. Every function returns 0 or a negative errno unless it says otherwise, and writes its outputs only on
 * success. Spaces and devices may be used from all threads at once; a mapping belongs to one thread at a time.
 *
 * Errors, the same everywhere
 *   -EINVAL      malformed: no range, an empty range in an array, one that wraps, a total that wraps or is no multiple of
 *                len_align, unknown direction or flags, limits that contradict each other, a NULL that must not be
 *   -E2BIG       more segments or bytes than the limits or the caller's room allow
 *   -ERANGE      only a bounce could meet the limits, and none is allowed or none would help
 *   -ENOSPC      no device addresses left
 *   -ENOMEM      no memory for tables, bounce or bookkeeping
 *   -EFAULT      memory that the space cannot reach
 *   -EPERM       a registered region that does not allow this direction
 *   -EEXIST      a registration that overlaps another
 *   -ENOENT      not registered
 *   -EAGAIN      lookup only: use dmavec_map
 *   -EOPNOTSUPP  not in this space
 *   -EBUSY       closing what is in use, mapping onto a map that is held
 *   any other    from the kernel, unchanged
 */
#ifndef DMAVEC_DMAVEC_H
#define DMAVEC_DMAVEC_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define DMAVEC_VERSION_MAJOR 0
#define DMAVEC_VERSION_MINOR 1
#define DMAVEC_VERSION_PATCH 0

/* Under sparse a CPU-side address does not mix with a device-side one; the library's own sources define DMAVEC_BUILD. */
#if defined(__CHECKER__) && !defined(DMAVEC_BUILD)
#define DMAVEC_BITWISE __attribute__((bitwise))
#define DMAVEC_FORCE   __attribute__((force))
#else
#define DMAVEC_BITWISE
#define DMAVEC_FORCE
#endif

#if defined(__GNUC__)
#define DMAVEC_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DMAVEC_MUST_CHECK
#endif

typedef uint64_t DMAVEC_BITWISE dmavec_cpu_t; /* CPU-side address */
typedef uint64_t DMAVEC_BITWISE dmavec_dma_t; /* device-side address */

/* A process pointer as a CPU-side address, and back. */
static inline dmavec_cpu_t dmavec_cpu(const void *ptr)
{
	return (DMAVEC_FORCE dmavec_cpu_t)(uintptr_t)ptr;
}

static inline void *dmavec_ptr(dmavec_cpu_t addr)
{
	return (void *)(uintptr_t)(DMAVEC_FORCE uint64_t)addr;
}

struct dmavec_range {
	dmavec_cpu_t addr;
	uint64_t len;
};

struct dmavec_seg {
	dmavec_dma_t addr;
	uint64_t len;
};

enum dmavec_dir {
	DMAVEC_BIDIRECTIONAL = 0,
	DMAVEC_TO_DEVICE = 1,   /* the device reads */
	DMAVEC_FROM_DEVICE = 2, /* the device writes */
};

/* Map flags; DMAVEC_SKIP_SYNC is also an unmap flag, DMAVEC_MMIO a range flag too. */
#define DMAVEC_SKIP_SYNC 0x1u  /* no cache maintenance at map; at unmap: no copy back. The caller syncs by hand */
#define DMAVEC_NO_BOUNCE 0x2u  /* -ERANGE rather than a copy */
#define DMAVEC_MMIO      0x4u  /* peer memory: no CPU sync, never bounced */
#define DMAVEC_RELAXED   0x8u  /* weak ordering, a hint */
#define DMAVEC_MAY_SLEEP 0x10u /* the call may sleep (kernel; user space always may) */

/* Device flags. */
#define DMAVEC_DEV_UNTRUSTED 0x1u /* reaches the bytes mapped for it and no other; taints its space for good */
#define DMAVEC_DEV_CHECKED   0x2u /* misuse is reported */

/* Registration flags, as the device sees the memory; 0: both. */
#define DMAVEC_REG_READ  0x1u
#define DMAVEC_REG_WRITE 0x2u

/*
 * What the device can take; all-zero: no limit at all. Every rule is about device addresses.
 * size is sizeof(struct dmavec_limits) as the caller knows it, 0 means the first version; a tail this library does not
 * know must be zero.
 */
struct dmavec_limits {
	size_t size;
	uint64_t addr_min, addr_max; /* device addresses it can use, inclusive; addr_max 0: all */
	uint64_t seg_len_max;        /* longest segment; 0: any */
	uint64_t seg_boundary;       /* power of two that no segment crosses a multiple of; 0: any */
	uint64_t seg_align;          /* power of two: each segment starts on a multiple of it; 0: any */
	uint64_t len_align;          /* power of two: each segment's length is a multiple of it; 0: any */
	uint64_t gap;                /* power of two ("virt boundary"): every start but the first and every end but the
	                                last lies on a multiple of it; 0: any */
	uint64_t offset_mask;        /* low address bits that a bounce keeps; 2^n - 1 */
	uint64_t total_max;          /* most bytes in one mapping; 0: any */
	uint32_t segs_max;           /* most segments in one mapping; 0: any */
	uint32_t reserved;           /* 0 */
};

/* Narrow *into by *with. -EINVAL where nothing is left or either contradicts itself; *into is then unchanged. */
DMAVEC_MUST_CHECK int dmavec_limits_merge(struct dmavec_limits *into, const struct dmavec_limits *with);

struct dmavec_space;
struct dmavec_dev;
struct dmavec_source;

/*
 * Open a device on a space; limits NULL: none. The space outlives its devices.
 * -EINVAL limits that contradict each other or share no address with the space; -EOPNOTSUPP an UNTRUSTED device where the
 * space cannot isolate, or a flag this build lacks; -EBUSY an UNTRUSTED device while trusted ones are open, or while
 * registrations are joined (dmavec_registerv).
 */
DMAVEC_MUST_CHECK int dmavec_dev_open(struct dmavec_dev **dev, struct dmavec_space *space,
                                      const struct dmavec_limits *limits, unsigned int dev_flags);

/* -EBUSY while mappings hold device addresses or bounce or are to be synced at unmap (spaces that are not coherent), a batch
 * is open, or dmavec_alloc memory is out. NULL: 0. */
int dmavec_dev_close(struct dmavec_dev *dev);

/* The limits in force, after merging with the space's. limits->size is set by the caller, as above. */
int dmavec_dev_limits(struct dmavec_dev *dev, struct dmavec_limits *limits);

/*
 * A mapping. All-zero but for segs and segs_cap is "nothing held". The array is the caller's, is scratch during a map
 * call, and must stay as the call left it until unmap. The size of this struct never changes.
 */
struct dmavec_map {
	struct dmavec_seg *segs;
	uint32_t segs_cap; /* room in segs */
	uint32_t nsegs;    /* out */
	uint64_t len;      /* out: bytes mapped */
	uint64_t priv[13];
};

#define DMAVEC_MAP_INIT(array, cap) { (array), (cap), 0, 0, { 0 } }

/*
 * Map ranges for the device: the segments name exactly the bytes of the ranges, in order. All or nothing: a failed call
 * holds nothing and leaves nsegs and len as they were. The ranges may go when it returns. -EBUSY: the map is held.
 */
DMAVEC_MUST_CHECK int dmavec_map(struct dmavec_dev *dev, struct dmavec_map *map, const struct dmavec_range *ranges,
                                 size_t nranges, enum dmavec_dir dir, unsigned int flags);

/* The same, but at consecutive device addresses or not at all; limits may still cut them. */
DMAVEC_MUST_CHECK int dmavec_map_linear(struct dmavec_dev *dev, struct dmavec_map *map,
                                        const struct dmavec_range *ranges, size_t nranges, enum dmavec_dir dir,
                                        unsigned int flags);

/* The same from a source (source.h), which is read more than once, on this thread, during the call only. */
DMAVEC_MUST_CHECK int dmavec_map_source(struct dmavec_dev *dev, struct dmavec_map *map, struct dmavec_source *source,
                                        enum dmavec_dir dir, unsigned int flags);

struct dmavec_plan {
	size_t size; /* sizeof(struct dmavec_plan), set by the caller */
	uint32_t nsegs, reserved;
	uint64_t iova_bytes;   /* device addresses that would be reserved */
	uint64_t bounce_bytes; /* bytes that would be copied through bounce memory */
};

/*
 * What a map with room for any number of segments would do; maps nothing, and reserves nothing. nsegs is a bound for a
 * map with room for that many, exact on a direct space where nothing is bounced. A map with less room may be laid out
 * otherwise, and fail otherwise.
 */
DMAVEC_MUST_CHECK int dmavec_plan(struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t nranges,
                                  enum dmavec_dir dir, unsigned int flags, struct dmavec_plan *plan);

/*
 * Says in a sentence which range fails which limit, or why it is cut. Returns what dmavec_plan would. text is always
 * terminated, and cut off at size - 1 bytes; size 0 is -EINVAL.
 */
int dmavec_explain(struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t nranges, enum dmavec_dir dir,
                   unsigned int flags, char *text, size_t size);

/* The same for ranges of mixed kinds, as a source or a batch brings them: range_flags has one for each (0 or DMAVEC_MMIO),
 * NULL: none has any. */
DMAVEC_MUST_CHECK int dmavec_plan_mixed(struct dmavec_dev *dev, const struct dmavec_range *ranges,
                                        const uint32_t *range_flags, size_t nranges, enum dmavec_dir dir,
                                        unsigned int flags, struct dmavec_plan *plan);
int dmavec_explain_mixed(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
                         size_t nranges, enum dmavec_dir dir, unsigned int flags, char *text, size_t size);

/* 0 where the segments obey the limits, else -ERANGE (-EINVAL: malformed limits, no segment, an empty or wrapping one). */
DMAVEC_MUST_CHECK int dmavec_check_segs(const struct dmavec_limits *limits, const struct dmavec_seg *segs,
                                        uint32_t nsegs);

/* Why two neighbouring segments of a mapping are apart. */
enum dmavec_cut {
	DMAVEC_CUT_NONE = 0,  /* they could be one */
	DMAVEC_CUT_BOUNDARY,  /* seg_boundary */
	DMAVEC_CUT_LENGTH,    /* seg_len_max */
	DMAVEC_CUT_GAP,       /* moved back to a multiple of gap */
	DMAVEC_CUT_ALIGNMENT, /* moved back to a multiple of seg_align or len_align */
	DMAVEC_CUT_RUN,       /* the memory is not consecutive for the device: a misaligned inner boundary ends a run */
	DMAVEC_CUT_KIND,      /* RAM beside peer memory, or regions with different keys */
	DMAVEC_CUT_WINDOW,    /* the memory goes on, in another window of the space, or outside the device's and bounced */
};

/*
 * Why segs[i] and segs[i + 1] are apart, for a mapping of these ranges by this device. range_flags: one per range, NULL:
 * none has any. -EINVAL: no such pair.
 */
DMAVEC_MUST_CHECK int dmavec_cut_reason(struct dmavec_dev *dev, const struct dmavec_range *ranges,
                                        const uint32_t *range_flags, size_t nranges, const struct dmavec_seg *segs,
                                        uint32_t nsegs, uint32_t i, enum dmavec_cut *why);

/* The word for it: "boundary", "length", "gap", "alignment", "run", "kind", "window"; "none". Never NULL. */
const char *dmavec_cut_name(enum dmavec_cut why);

/*
 * A batch: begin, add the ranges one by one, finish. total_len and nranges_max bound what may be added (more: -E2BIG);
 * less is fine. A failed add leaves the batch as it was; a failed finish holds nothing, and the map is empty again.
 * dmavec_unmap also ends a batch that was not finished.
 */
DMAVEC_MUST_CHECK int dmavec_begin(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t total_len,
                                   uint32_t nranges_max, enum dmavec_dir dir, unsigned int flags);
DMAVEC_MUST_CHECK int dmavec_add(struct dmavec_map *map, dmavec_cpu_t addr, uint64_t len, unsigned int range_flags);
DMAVEC_MUST_CHECK int dmavec_finish(struct dmavec_map *map);

/*
 * Release what a map holds; flags: 0 or DMAVEC_SKIP_SYNC. Whatever it returns, the map is empty and ready for reuse:
 * addresses that could not be unmapped are quarantined and counted. An empty map: 0.
 */
int dmavec_unmap(struct dmavec_dev *dev, struct dmavec_map *map, unsigned int flags);

/* Make the device's writes visible to the CPU, or the CPU's to the device, for bytes [offset, offset + len) of the
 * mapping. 0 bytes: 0. -EINVAL: outside the mapping, or nothing is mapped. */
int dmavec_sync_for_cpu(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len);
int dmavec_sync_for_device(struct dmavec_dev *dev, struct dmavec_map *map, uint64_t offset, uint64_t len);

/*
 * The device address of registered memory: nothing to unmap, valid while registered. No lock, no shared counter.
 * -EAGAIN: use dmavec_map (not registered, the limits would cut or exclude it, or the device is checked). -EPERM: the
 * region does not allow this direction.
 */
DMAVEC_MUST_CHECK int dmavec_lookup(struct dmavec_dev *dev, dmavec_cpu_t addr, uint64_t len, enum dmavec_dir dir,
                                    dmavec_dma_t *dma);

/* Memory for rings and lists that the device reaches at once: zeroed, consecutive for the device, aligned to 4096 bytes and
 * to what the limits and the space ask for. */
struct dmavec_buf {
	void *cpu;
	dmavec_dma_t dma;
	uint64_t len;
	uint64_t priv[5];
};

/* flags: 0, DMAVEC_RELAXED, DMAVEC_MAY_SLEEP. */
DMAVEC_MUST_CHECK int dmavec_alloc(struct dmavec_dev *dev, size_t len, unsigned int flags, struct dmavec_buf *buf);
/* NULL or an all-zero buf: nothing happens. *buf is all-zero afterwards. */
void dmavec_free(struct dmavec_dev *dev, struct dmavec_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
