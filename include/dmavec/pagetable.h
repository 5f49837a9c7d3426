/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A part for emulators and small kernels: IOMMU page tables, one walker for every format.
 *
 * Formats and the source of their layouts:
 *   amdv1   AMD I/O Virtualization Technology (IOMMU) Specification, 48882, section 2.2.3 "I/O Page Tables for Host
 *           Translations": 4 levels here, 48 bits, leaves of 4 KiB, 2 MiB and 1 GiB.
 *   vtdss   Intel Virtualization Technology for Directed I/O Architecture Specification, D51397, revision 5.10, section
 *           9.8 "Second-Stage Paging Entries": 4 levels, 48 bits, leaves of 4 KiB, 2 MiB and 1 GiB. For units that have
 *           these levels and leaves (CAP.SAGAW bit 2, CAP.SSLPS), snoop control (ECAP.SC), and permissions in bits 0
 *           and 1. Without snoop control link everything as peer memory; with small leaves only, in calls below 2 MiB.
 *
 * Memory is peer memory where it is linked with DMAVEC_LINK_MMIO; all other leaves say that accesses snoop.
 *
 * All calls for one set of tables are the caller's to serialise, look-ups too. A hardware walker may read the tables at
 * any time: a table is complete before it is linked, and entries change by one aligned 64-bit store. Entries are
 * little-endian on any host.
 *
 * The hardware is told nothing here. That is left to the caller:
 *   - a barrier, of the kind that orders memory before the device's registers, between map and telling a device;
 *   - invalidation after unmap, and after map too where what is not present may be cached (VT-d: CAP.CM), or write
 *     buffers must be flushed (CAP.RWBF); where an unmap emptied tables, of cached upper levels as well;
 *   - cache maintenance. There is none: no entry is written back, nor is it told which were written. So walks have to
 *     snoop the processors' caches (VT-d: ECAP.C, or PWSNP where ECAP.SMPWCS), or all table memory is to be uncached;
 *   - physical addresses within the unit's host address width, those of table memory too: an entry's bits from there up to 51
 *     are reserved, and known to nobody here. phys_last is what the format could hold;
 *   - write-only leaves on vtdss: devices flush their writes by reads of zero length, which a unit without CAP.ZLR refuses
 *     where R is 0. There link memory for reading as well.
 *
 * libdmavec.a is one object, whole or not at all. Who wants no more than this part compiles core/pagetable/ and core/basic.c
 * against a host.h of his own: host/README.md says what that needs.
 */
#ifndef DMAVEC_PAGETABLE_H
#define DMAVEC_PAGETABLE_H

#include <dmavec/space.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmavec_pt;

/* Tables that an unmap emptied. All-zero: none. They still read as empty tables until dmavec_pt_recycle has them. */
struct dmavec_pt_freed {
	void *head, *tail;
};

struct dmavec_pt_opts {
	size_t size;
	const char *format; /* NULL: "amdv1"; unknown: -EOPNOTSUPP */
	/*
	 * Memory for tables, in blocks of exactly block_len = 64 KiB, zeroed and aligned to that as the CPU sees them;
	 * both NULL: the host's. There is no other memory: what *pt points to lies in the first block. *pa is what a
	 * table pointer to the block's first byte holds, a multiple of 4096, the block's last byte not beyond phys_last
	 * (else it is given back, and the call is -EINVAL); NULL functions: the process address. block_alloc returns
	 * NULL if there is no more.
	 *
	 * Blocks are asked for by open and map, on the thread that calls them, and are kept until close: a failed call
	 * gives back what it asked for, in whatever order. The functions must not call back for the same tables. One
	 * block serves an empty set; 15 pages of 4 KiB in each hold tables, of which those above the lowest level take
	 * two.
	 */
	void *(*block_alloc)(void *block_ctx, size_t block_len, uint64_t *pa);
	void (*block_free)(void *block_ctx, void *block, size_t block_len);
	void *block_ctx;
};

/* opts NULL: all defaults. -EOPNOTSUPP, -ENOMEM, -EINVAL. */
DMAVEC_MUST_CHECK int dmavec_pt_open(struct dmavec_pt **pt, const struct dmavec_pt_opts *opts);
/* Gives back every block, mapped or not: no walker may still read them. NULL: nothing. */
void dmavec_pt_close(struct dmavec_pt *pt);

/* The geometry: the root table's physical address, its level (4: the root's entries span 512 GiB each), first and last
 * address that it translates, smallest page. */
struct dmavec_pt_info {
	size_t size; /* set by the caller */
	const char *format;
	uint64_t root;
	uint32_t levels, reserved;
	uint64_t granule;
	dmavec_dma_t first, last;
	uint64_t table_bytes; /* in tables that are linked now, the root's included */
	uint64_t pool_bytes;  /* memory held in all */
	uint64_t phys_last;   /* the last physical address that an entry can hold, 2^52 - 1 here, whatever the unit's width */
};
int dmavec_pt_info(struct dmavec_pt *pt, struct dmavec_pt_info *info);

/*
 * Put physical ranges behind consecutive device addresses from dma on. Every boundary between two ranges is a multiple of
 * the granule in both; the first start and the last end are rounded out to it; dma is the first range's address modulo
 * the granule. how: DMAVEC_LINK_*. Leaves are as large as address, memory and length allow, and never span two calls.
 * All or nothing: -ENOMEM; -EEXIST: something is mapped there; -EINVAL: misaligned, or outside first .. last, or
 * physical addresses that an entry cannot hold.
 */
DMAVEC_MUST_CHECK int dmavec_pt_map(struct dmavec_pt *pt, dmavec_dma_t dma, const struct dmavec_range *phys, size_t nphys,
                                    unsigned int how);

/*
 * Unmap what is mapped in [dma, dma + len), multiples of the granule; holes are skipped. Emptied tables are added to
 * *freed: recycle them once no walker can still see them. -EINVAL: a leaf lies only partly inside; nothing has changed.
 */
int dmavec_pt_unmap(struct dmavec_pt *pt, dmavec_dma_t dma, uint64_t len, struct dmavec_pt_freed *freed);

/* Give emptied tables back to the pool; *freed is all-zero afterwards. */
void dmavec_pt_recycle(struct dmavec_pt *pt, struct dmavec_pt_freed *freed);

/* The software's own view (no IOTLB): physical address behind dma, bytes to the end of that leaf, DMAVEC_LINK_READ | _WRITE.
 * -ENOENT. */
DMAVEC_MUST_CHECK int dmavec_pt_lookup(struct dmavec_pt *pt, dmavec_dma_t dma, uint64_t *phys, uint64_t *run,
                                       unsigned int *how);

#ifdef __cplusplus
}
#endif
#endif
