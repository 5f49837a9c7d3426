/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * DMA address spaces: open one, register memory in it, look at it as the device does; and the contract for writing one.
 *
 * A constructor takes options that start with their size (sizeof as the caller knows it); members beyond it count as
 * zero, and a tail that this library does not know must be zero (-EINVAL). NULL stands for all defaults.
 */
#ifndef DMAVEC_SPACE_H
#define DMAVEC_SPACE_H

#include <dmavec/dmavec.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory at cpu .. cpu + len - 1 is what the device, or the page table, calls dma .. dma + len - 1. */
struct dmavec_window {
	dmavec_cpu_t cpu;
	dmavec_dma_t dma;
	uint64_t len;
};

/* A run of device addresses, inclusive at both ends. */
struct dmavec_dma_window {
	dmavec_dma_t first, last;
};

/*
 * direct: the device uses the addresses of memory itself. No windows: identity over the process's addresses; bounce and
 * dmavec_alloc memory is then mapped below the device's addr_max when first needed (-ENOMEM if there is none). Windows:
 * memory outside them is -EFAULT, bounce and dmavec_alloc memory comes from `bounce`, a range inside one window, and
 * where that is empty a bounce is -ERANGE. Windows and their arrays are copied.
 */
struct dmavec_direct_opts {
	size_t size;
	const struct dmavec_window *windows;
	uint32_t nwindows, reserved;
	struct dmavec_range bounce;
	uint32_t dry;       /* not 0: see below */
	uint32_t reserved2; /* 0 */
};
DMAVEC_MUST_CHECK int dmavec_space_direct(struct dmavec_space **space, const struct dmavec_direct_opts *opts);

/*
 * soft: an IOMMU in software; its page tables are real ones of the named format, in process memory (table pointers are
 * process addresses). `memory`: what leaf entries hold as physical address, -EFAULT outside it; none: process
 * addresses. `bounce`: as above; where there is neither memory nor bounce, bounce memory is the process's own.
 */
struct dmavec_soft_opts {
	size_t size;
	const char *format;             /* one of pagetable.h; NULL: "amdv1"; an unknown one: -EOPNOTSUPP */
	int lazy;                       /* 0: strict, invalidated before unmap returns */
	uint32_t flush_count;           /* lazy: most unmaps a thread queues before they are invalidated; 0: 256 */
	uint32_t flush_ms;              /* lazy: longest wait, looked at in later calls; 0: 10 */
	dmavec_dma_t iova_min, iova_max; /* 0: 0x1000 and 2^48 - 1; address 0 is never given */
	const struct dmavec_window *memory;
	uint32_t nmemory, reserved;
	struct dmavec_range bounce;
	uint32_t guard;     /* not 0: an unmapped granule behind each reservation */
	uint32_t bottom_up; /* not 0: lowest addresses first */
	uint32_t dry;       /* not 0: see below */
	uint32_t reserved2; /* 0 */
};
DMAVEC_MUST_CHECK int dmavec_space_soft(struct dmavec_space **space, const struct dmavec_soft_opts *opts);

/*
 * A dry space (direct or soft) has addresses only: nothing needs memory behind it, and none is touched. Bounces are placed,
 * never filled: without an IOMMU in `bounce` alone, which should not overlap what is mapped (none: -ERANGE), with one wherever
 * it is, since the device sees another address. There is no dmavec_alloc, no register_fd and no device access (-EOPNOTSUPP).
 * For asking what a mapping would look like.
 */

/*
 * mock: a space for tests that translates by a plain list. Its fallible operations are counted from 1; the fail_nth-th
 * fails once with `error`, after that all succeed again. 0: none fails.
 */
struct dmavec_mock_opts {
	size_t size;
	uint64_t fail_nth;
	uint64_t granule;  /* power of two; 0: 4096 */
	int32_t error;     /* a negative errno; 0: -ENOMEM */
	uint32_t no_isolation; /* not 0: refuses untrusted devices */
};
DMAVEC_MUST_CHECK int dmavec_space_mock(struct dmavec_space **space, const struct dmavec_mock_opts *opts);

struct dmavec_mock_state {
	size_t size;     /* set by the caller */
	uint64_t ops;    /* fallible operations so far */
	uint64_t failed; /* of them, made to fail */
	uint64_t reservations, links, bytes_linked, arenas; /* held now */
};
/* -EOPNOTSUPP: not a mock. mock_fail counts nth from now. */
int dmavec_mock_state(struct dmavec_space *space, struct dmavec_mock_state *state);
int dmavec_mock_fail(struct dmavec_space *space, uint64_t nth);

/* -EBUSY while devices are open, and the space stays; else it is gone, its regions dropped. NULL: 0. */
int dmavec_space_close(struct dmavec_space *space);

#define DMAVEC_INFO_WINDOWS 16
struct dmavec_space_info {
	size_t size;      /* set by the caller */
	uint64_t granule; /* smallest unit of mapping; 1: no IOMMU */
	uint32_t isolates; /* 1: untrusted devices are possible */
	uint32_t tainted;  /* 1: an untrusted device has been opened */
	uint32_t devices;  /* open now */
	uint32_t nwindows; /* usable device addresses, holes taken out; more than fit are counted, not listed */
	struct dmavec_dma_window windows[DMAVEC_INFO_WINDOWS];
	uint64_t mappings;          /* held now: those with device addresses or bounce; open batches and dmavec_alloc memory too */
	uint64_t regions;           /* registered now */
	uint64_t region_bytes;      /* in them */
	uint64_t stranded_bytes;    /* unregistered parts of joined maps that the device still reaches */
	uint64_t iova_bytes;        /* device addresses held now, regions and quarantine included, lazy queue not */
	uint64_t bounced_bytes;     /* mapped bytes that live in bounce memory now */
	uint64_t bounce_pool_bytes; /* memory that the bounce pool has */
	uint64_t quarantined_bytes; /* device addresses that could not be unmapped */
	uint64_t invalidations;     /* IOTLB flushes since the space was opened */
	uint64_t faults;            /* device accesses refused since then */
	uint32_t lazy;              /* 1: invalidations are deferred now */
	uint32_t reserved;
};
int dmavec_space_info(struct dmavec_space *space, struct dmavec_space_info *info);

/* End lazy invalidations now. The library starts no thread; timed ones happen inside later calls. */
int dmavec_flush(struct dmavec_space *space);

/*
 * Register memory: mapped once, valid for every device of the space until it is unregistered or the space closes.
 * flags: DMAVEC_REG_READ | DMAVEC_REG_WRITE as the device sees it; 0: both. An unaligned registration is rounded out to
 * the granule, and all of that is exposed. registerv joins ranges that lie side by side before it maps them (in a
 * tainted space: none), and is all or nothing. register_at fixes the device address, which must equal addr modulo the
 * granule. register_fd maps part of a file (memfd, dma-buf) first and unmaps it when it is unregistered: dmavec_reverse
 * tells the CPU address. unregister takes one registered range, or neighbours that end where registrations end.
 */
DMAVEC_MUST_CHECK int dmavec_register(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len, unsigned int flags);
DMAVEC_MUST_CHECK int dmavec_registerv(struct dmavec_space *space, const struct dmavec_range *ranges, size_t nranges,
                                       unsigned int flags);
DMAVEC_MUST_CHECK int dmavec_register_at(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t dma,
                                         unsigned int flags);
DMAVEC_MUST_CHECK int dmavec_register_fd(struct dmavec_space *space, int fd, uint64_t offset, uint64_t len,
                                         unsigned int flags, dmavec_dma_t *dma);
int dmavec_unregister(struct dmavec_space *space, dmavec_cpu_t addr, uint64_t len);

/* The CPU address behind registered device addresses dma .. dma + len - 1. -ENOENT: they are not, or not in one piece. */
DMAVEC_MUST_CHECK int dmavec_reverse(struct dmavec_space *space, dmavec_dma_t dma, uint64_t len, dmavec_cpu_t *cpu);

/*
 * Access as the device has it, through the same IOTLB. A fault, or memory that is not there, is -EFAULT and never a
 * signal; what lies before the fault may have been moved. len 0: 0. -EOPNOTSUPP: hardware moves this space's bytes.
 */
DMAVEC_MUST_CHECK int dmavec_space_read(struct dmavec_space *space, dmavec_dma_t dma, void *buf, size_t len);
DMAVEC_MUST_CHECK int dmavec_space_write(struct dmavec_space *space, dmavec_dma_t dma, const void *buf, size_t len);

/* ------------------------------------------------------------------ for whoever writes a space */

/* What reserve is asked for. len is a multiple of the granule; align a power of two, at least the granule; offset is below
 * align and a multiple of the granule: dma is that modulo align. */
struct dmavec_reserve {
	uint64_t len;
	uint64_t align;
	uint64_t boundary; /* 0, or a power of two >= len of which [dma, dma + len) crosses no multiple */
	dmavec_dma_t first, last; /* [dma, dma + len) lies inside, inclusive */
	uint64_t offset;
};

/* How memory is linked. READ and WRITE as the device does; MMIO: peer memory; RELAXED: the hint. */
#define DMAVEC_LINK_READ    0x1u
#define DMAVEC_LINK_WRITE   0x2u
#define DMAVEC_LINK_MMIO    0x4u
#define DMAVEC_LINK_RELAXED 0x8u

/* The invalidation is complete when unlink returns, whatever the space's own policy is. */
#define DMAVEC_UNLINK_STRICT 0x1u

/*
 * The operations of a space; ctx is what dmavec_space_create was given. They are called from all threads at once, some of
 * them under locks of the library: an operation must not call back into the library for its own space. A NULL
 * operation answers -EOPNOTSUPP. A space without an IOMMU has lookup, one with has reserve .. release.
 *
 * reserve   take device addresses; *dma is written on success. -ENOSPC.
 * link      put memory behind reserved addresses from dma on. The ranges become consecutive: every boundary between two is a
 *           multiple of the granule in memory and behind dma, dma is the first range's address modulo the granule, and the
 *           ends are rounded out to it. All or nothing: what it linked before it failed, it unlinks.
 * commit    [dma, dma + len) has been linked as far as it will be: make the device see it. May be NULL: nothing to do.
 * unlink    whatever is linked in [dma, dma + len), both multiples of the granule, is so no longer; what was never linked
 *           there is skipped. On failure the caller quarantines the addresses and never releases them.
 * release   give reserved addresses back, exactly as reserved, after unlink.  A lazy space must not hand them, or tables
 *           that stood behind them, out again before it has invalidated them.
 * reserve_at  take exactly [dma, dma + len), multiples of the granule. -EEXIST: not all of it is free, addresses that wait
 *           for an invalidation included. May be NULL: dmavec_register_at is -EOPNOTSUPP.
 * lookup    the device address of memory at addr: *dma, and in *run how many bytes (1 .. len) are consecutive there.
 *           -EFAULT. With an IOMMU it may be there to tell whether memory is: *dma is then what link would link.
 * arena     more memory for bounces and rings: at least len bytes that start on a multiple of align, device addresses (or,
 *           with an IOMMU, memory that link takes) within [first, last]. Fills in all of *arena. -ERANGE: there never is
 *           any; -ENOMEM: no more.
 * arena_free  takes such memory back, at close.
 * sync_for_cpu, sync_for_device  cache maintenance for memory behind device addresses: at map, at unmap and when asked for,
 *           not for mappings of peer memory; in a mixed one the space leaves out what it linked as such. NULL: coherent.
 * read, write  device access, see dmavec_space_read. A device access never ends in a signal.
 * flush     complete every invalidation now.
 * strict    from now on no invalidation is deferred, and those that were are complete on return; cannot fail. NULL: none
 *           ever was.
 * file_map  give bytes [offset, offset + len) of a file an address that link (or lookup) takes; prot: DMAVEC_REG_*, which
 *           the file must allow. file_unmap takes it away again.
 * info      add what the space knows to info; the rest is core's.
 * close     frees ctx; no device, mapping or region is left.
 */
struct dmavec_space_ops {
	size_t size; /* sizeof(struct dmavec_space_ops) */
	int (*reserve)(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma);
	int (*link)(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t nranges, unsigned int how);
	int (*commit)(void *ctx, dmavec_dma_t dma, uint64_t len);
	int (*unlink)(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags);
	int (*release)(void *ctx, dmavec_dma_t dma, uint64_t len);
	int (*reserve_at)(void *ctx, dmavec_dma_t dma, uint64_t len);
	int (*lookup)(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run);
	int (*arena)(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
	             struct dmavec_window *arena);
	void (*arena_free)(void *ctx, const struct dmavec_window *arena);
	int (*sync_for_cpu)(void *ctx, dmavec_dma_t dma, uint64_t len);
	int (*sync_for_device)(void *ctx, dmavec_dma_t dma, uint64_t len);
	int (*read)(void *ctx, dmavec_dma_t dma, void *buf, size_t len);
	int (*write)(void *ctx, dmavec_dma_t dma, const void *buf, size_t len);
	int (*flush)(void *ctx);
	void (*strict)(void *ctx);
	int (*file_map)(void *ctx, int fd, uint64_t offset, uint64_t len, unsigned int prot, dmavec_cpu_t *cpu);
	void (*file_unmap)(void *ctx, dmavec_cpu_t cpu, uint64_t len);
	void (*info)(void *ctx, struct dmavec_space_info *info);
	void (*close)(void *ctx);
};

/* What a space is. */
#define DMAVEC_SPACE_ISOLATES 0x1u /* a device reaches what is linked and nothing else */
#define DMAVEC_SPACE_IDENTITY 0x2u /* no IOMMU, and a device address is the CPU's: lookup need not be asked */
#define DMAVEC_SPACE_DRY      0x4u /* no memory behind ranges, nor behind arenas: nothing is copied */

struct dmavec_space_desc {
	size_t size; /* sizeof(struct dmavec_space_desc) */
	unsigned int flags;
	unsigned int map_flags; /* of DMAVEC_MMIO, those that the space understands; others are -EOPNOTSUPP at map */
	uint64_t granule;       /* power of two; 1: no IOMMU */
	dmavec_dma_t first, last; /* device addresses it may give, inclusive */
	struct dmavec_limits limits; /* what the space itself adds to every device's limits */
};

/* ops is copied. On failure ctx stays the caller's. -EINVAL: a desc or ops that contradict themselves. */
DMAVEC_MUST_CHECK int dmavec_space_create(struct dmavec_space **space, const struct dmavec_space_desc *desc,
                                          const struct dmavec_space_ops *ops, void *ctx);
/* ctx, if the space was created with an ops whose close is this one, else NULL: how a space knows its own. */
void *dmavec_space_ctx(struct dmavec_space *space, void (*close)(void *ctx));

#ifdef __cplusplus
}
#endif
#endif
