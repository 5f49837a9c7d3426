/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hardware in software: a physical memory, an IOMMU that walks page tables in memory behind an IOTLB, and a DMA engine
 * that sees device addresses only. For tests, demonstrations and emulators. Not one line is shared with what it checks.
 */
#ifndef DMAVEC_SIM_H
#define DMAVEC_SIM_H

#include <dmavec/space.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- physical memory: a sparse memfd, of which pages are handed out scattered and never adjacent */

struct dmavec_sim_mem;

struct dmavec_sim_mem_opts {
	size_t size;
	uint64_t len;       /* 0: 16 GiB; a multiple of 2 * page */
	uint64_t page;      /* power of two, at least 4096; 0: 4096 */
	uint64_t low;       /* the first bytes are never handed out (bounce area); 0: 8 MiB */
	uint64_t seed;      /* same seed, same order */
};

/* The memory in the process, and where it starts for the device: physical address 0. */
DMAVEC_MUST_CHECK int dmavec_sim_mem_open(struct dmavec_sim_mem **mem, const struct dmavec_sim_mem_opts *opts);
void dmavec_sim_mem_close(struct dmavec_sim_mem *mem);
struct dmavec_window dmavec_sim_mem_window(const struct dmavec_sim_mem *mem); /* all of it */
struct dmavec_range dmavec_sim_mem_low(const struct dmavec_sim_mem *mem);     /* the low bytes, never handed out */
/* One page; -ENOMEM when all are out. Freed pages come again, in another order: what is touched stays small. */
DMAVEC_MUST_CHECK int dmavec_sim_mem_get(struct dmavec_sim_mem *mem, dmavec_cpu_t *page);
void dmavec_sim_mem_put(struct dmavec_sim_mem *mem, dmavec_cpu_t page);

/* ---- an IOMMU: its own walker for each format, behind an IOTLB that keeps stale entries until told to drop them */

struct dmavec_sim_iommu;

struct dmavec_sim_iommu_opts {
	size_t size;
	const char *format; /* as dmavec_pt_info says it; unknown: -EOPNOTSUPP */
	uint64_t root;      /* where the root table is: an address of the kind that table pointers hold */
	uint32_t levels;    /* amdv1: 1 to 6, vtdss: 3 to 5 */
	uint32_t entries; /* of the IOTLB, a power of two; 0: 4096 */
	const struct dmavec_window *memory; /* what leaf entries hold; none: process addresses. Copied */
	uint32_t nmemory, reserved;
	/* What table pointers and root hold: in a guest's memory, or where dmavec_pt_opts' block_alloc says another address than
	 * the process's. cpu, dma and len of each: multiples of 8; no table elsewhere is read. None: process addresses. Copied. */
	const struct dmavec_window *tables;
	uint32_t ntables, reserved2;
};
DMAVEC_MUST_CHECK int dmavec_sim_iommu_open(struct dmavec_sim_iommu **iommu, const struct dmavec_sim_iommu_opts *opts);
void dmavec_sim_iommu_close(struct dmavec_sim_iommu *iommu);

/* Device access through IOTLB and tables. -EFAULT: not present, no permission, malformed entry, or no memory there, be it
 * the data's or a table's. */
DMAVEC_MUST_CHECK int dmavec_sim_iommu_read(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, void *buf, size_t len);
DMAVEC_MUST_CHECK int dmavec_sim_iommu_write(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, const void *buf,
                                             size_t len);
/* One command to the hardware: drop entries of [dma, dma + len), or of everything. Each counts as one flush. */
void dmavec_sim_iommu_invalidate(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, uint64_t len);
void dmavec_sim_iommu_invalidate_all(struct dmavec_sim_iommu *iommu);
/* Where in the process the leaf entry is that translates dma now, found by the hardware's own walk: tests flip its bits.
 * -EFAULT: none. */
DMAVEC_MUST_CHECK int dmavec_sim_iommu_leaf(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, uint64_t **entry_le);

struct dmavec_sim_iommu_stats {
	size_t size; /* set by the caller */
	uint64_t hits, misses, flushes, faults;
};
int dmavec_sim_iommu_stats(struct dmavec_sim_iommu *iommu, struct dmavec_sim_iommu_stats *stats);

/* The IOMMU behind a soft space; NULL for any other. It goes with the space. */
struct dmavec_sim_iommu *dmavec_sim_iommu_of(struct dmavec_space *space);

/* ---- a DMA engine: executes descriptors, through the space alone */

struct dmavec_sim_desc {
	dmavec_dma_t src, dst;
	uint64_t len;
};

struct dmavec_sim_dma_stats {
	size_t size;     /* set by the caller */
	uint64_t descs;  /* executed whole */
	uint64_t bytes;  /* moved */
	uint64_t faults; /* descriptors that ended in one */
};

/* Execute in order; stops at the first fault with its error. stats may be NULL; it is added to. */
DMAVEC_MUST_CHECK int dmavec_sim_dma_run(struct dmavec_space *space, const struct dmavec_sim_desc *descs, size_t ndescs,
                                         struct dmavec_sim_dma_stats *stats);
/* Build descriptors that copy one segment list onto another of the same length. Returns how many are needed in *ndescs;
 * -ENOSPC: more than max; -EINVAL: different total lengths. */
DMAVEC_MUST_CHECK int dmavec_sim_dma_build(const struct dmavec_seg *src, uint32_t nsrc, const struct dmavec_seg *dst,
                                           uint32_t ndst, struct dmavec_sim_desc *descs, size_t max, size_t *ndescs);

/* ---- an NVMe controller, as far as it reads where a command's data is */

/*
 * The bytes that a transfer of len moves, from the command's data pointer and the lists that it finds through the space;
 * what lies side by side is one segment. page_size is CC.MPS in bytes. -EINVAL: a field or an offset that must be 0 and is
 * not, a reserved value, an SGL of another length or of more than 65,536 SGL segments; -EFAULT: no list where one should be;
 * -E2BIG: more segments than cap. On failure *nsegs stays, and segs is scratch.
 *
 * sgls is the field of Identify Controller. Read of it are bits 1:0 (1: data at any byte, 2: at dwords, else -EINVAL) and
 * bit 18: an SGL may be longer than the transfer, and what goes beyond it names no bytes, but is looked at all the same; a
 * shorter one is -EINVAL always. Data blocks, segments and last segments of subtype 0 are what there is. A descriptor of
 * another kind is -EINVAL, but -EOPNOTSUPP where sgls says that the controller takes it: bit buckets (bit 16), whose bytes
 * have no address, and count only where the controller writes to memory, which is not told here; keyed blocks (2),
 * offsets (20), transport blocks (21).
 */
DMAVEC_MUST_CHECK int dmavec_sim_nvme_prp(struct dmavec_space *space, uint64_t page_size, const uint64_t dptr_le[2],
                                          uint64_t len, struct dmavec_seg *segs, uint32_t cap, uint32_t *nsegs);
DMAVEC_MUST_CHECK int dmavec_sim_nvme_sgl(struct dmavec_space *space, uint32_t sgls, const uint64_t dptr_le[2],
                                          uint64_t len, struct dmavec_seg *segs, uint32_t cap, uint32_t *nsegs);

#ifdef __cplusplus
}
#endif
#endif
