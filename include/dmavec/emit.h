/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where segments go: the formats in which devices and their programming interfaces take them.
 *
 * Each format has a function that says which limits its segments must obey: open the device with these, narrowed by what
 * the device itself asks for (dmavec_limits_merge), and every mapping can be expressed. It writes into limits->size bytes,
 * which the caller sets; 0 means the first version, as everywhere.
 *
 * Errors, the same for all emitters: -EINVAL segments that break those limits, no segment, an empty or wrapping one, an
 * argument that the format does not know; -E2BIG the room given is too short. Outputs are written on success only; memory
 * for lists is scratch meanwhile. No allocation, no lock, any thread. Formats for hardware are written in their byte order,
 * little-endian, on any host; those for programs (page lists, SGEs, iovecs) in the host's.
 *
 * What there is not: packed virtqueues; of NVMe, metadata (MPTR), keyed, offset and bit bucket descriptors, and SGLs within
 * a capsule.
 */
#ifndef DMAVEC_EMIT_H
#define DMAVEC_EMIT_H

#include <dmavec/dmavec.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- NVMe PRP entries. NVM Express Base Specification 2.0c, section 4.1.1 "Physical Region Page Entry and List"; where
 * they stand in a command, section 3.3.3.1 "Submission Queue Entry", bytes 39:24 (Data Pointer, DPTR).
 *
 * page_size: CC.MPS as bytes, a power of two from 4096 to 2^27. Limits: gap = page_size, since a PRP entry after the first
 * has no offset; seg_align = 4, a PRP offset is of dwords. The length is the command's: PRPs do not say it. A controller's
 * MDTS is a total_max to merge.
 */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_prp_limits(struct dmavec_limits *limits, uint64_t page_size);

/* Bytes of list memory that dmavec_emit_nvme_prp takes if it starts where a page does, in one buffer or in pages; 0: none. */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_prp_room(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size,
                                                uint64_t *list_bytes);

/*
 * dptr_le[0] is PRP1, dptr_le[1] PRP2: 0, the second page, or the list. A list lies in one page; where more is left than it
 * holds up to the page's end, its last entry is the pointer to the next list, which starts where a page does. So buffers are
 * taken in order, page by page, and what cannot be used is passed over: a part that ends before its page does and does not
 * hold the rest, any start inside a page but for the first list, less than a pointer and an entry where both are needed. No
 * other choice is tried: a first list inside a page, however small, rules out all others that start so. Give buffers that
 * start where a page does first.
 * lists[i].dma is a multiple of 8 (else -EINVAL, used or not); behind the last entry nothing is written. The memory belongs to
 * the command until it completes. CDW0.PSDT must be 0: dmavec_nvme_psdt.
 */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_prp(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size,
                                           uint64_t dptr_le[2], const struct dmavec_buf *lists, uint32_t nlists);

/*
 * ---- NVMe SGL. NVM Express Base Specification 2.0c, section 4.1.2 "Scatter Gather List (SGL)": data block (type 0h), segment
 * (2h) and last segment (3h) descriptors of subtype 0h, 16 bytes each.
 *
 * sgls: the field of that name in Identify Controller (bytes 539:536), host byte order. Its bits 1:0 say whether the
 * controller takes SGLs: 0: -EOPNOTSUPP; 1: at any byte; 2: seg_align = len_align = 4; 3 is -EINVAL. seg_len_max is what 32
 * bits count. Its bits 15:8 (SDT), how many descriptors the controller would rather not exceed, are a recommendation, and not
 * used here: to heed it, merge it as segs_max. On PCIe, admin commands take PRPs only.
 */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_sgl_limits(struct dmavec_limits *limits, uint32_t sgls);

/* Bytes of list memory that dmavec_emit_nvme_sgl takes if it is one buffer; 0: none, the descriptor is in the command. */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_sgl_room(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t *list_bytes);

/*
 * dptr_le is SGL1: the data block itself where there is one segment, else the descriptor of the first list. Each buffer
 * is one SGL segment (of each 2^32 - 16 bytes, one), whose last descriptor points to the next one where there is a rest; one
 * too small for that is passed over. lists[i].dma is a multiple of 8 (else -EINVAL, used or not). *cdw0_le is the command's
 * first dword: its PSDT becomes 1, the rest stays.
 *
 * It is not told what SGLS says: that segments start and end on dwords where they must is for the limits to see to, which the
 * device was opened with; -EINVAL is only what no SGL can say.
 */
DMAVEC_MUST_CHECK int dmavec_emit_nvme_sgl(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t *cdw0_le,
                                           uint64_t dptr_le[2], const struct dmavec_buf *lists, uint32_t nlists);

/* PRP or SGL for Data Transfer: bits 15:14 of CDW0, section 3.3.3.1. */
#define DMAVEC_NVME_PSDT_PRP 0u
#define DMAVEC_NVME_PSDT_SGL 1u /* the metadata pointer, if any, is a plain address */

/* cdw0_le with that PSDT, of which the two low bits are used; the other bits of CDW0 stay. */
uint32_t dmavec_nvme_psdt(uint32_t cdw0_le, uint32_t psdt);

/*
 * ---- Page list of a memory region: pages of one size and the offset of the first byte in the first one. What Linux's
 * ib_map_mr_sg builds for fast registration, and what the InfiniBand Architecture Specification, volume 1, release 1.4,
 * registers as physical buffers (10.6 "Memory Management"; by a work request, 11.4.1.1 "Post Send Request").
 *
 * page_size: a power of two from 4096; which ones an adapter takes, it says itself. Limits: gap = page_size. How many pages it
 * takes is no limit of segments: it is cap, or total_max = (most pages - 1) * page_size, merged: that fits at any offset.
 */
DMAVEC_MUST_CHECK int dmavec_emit_pages_limits(struct dmavec_limits *limits, uint64_t page_size);

struct dmavec_page_list {
	size_t size;       /* set by the caller; 0: the first version */
	uint64_t offset;   /* of the first byte in the first page, bytes */
	uint64_t len;      /* bytes in all: the last page may end early */
	uint32_t npages;
	uint32_t page_shift; /* log2 of page_size */
};

/* pages: device addresses, multiples of page_size, host byte order. pages NULL with cap 0: only *list is filled in, -E2BIG
 * where npages cannot hold the number. NULL with a cap: -EINVAL. */
DMAVEC_MUST_CHECK int dmavec_emit_pages(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t page_size,
                                        dmavec_dma_t *pages, uint32_t cap, struct dmavec_page_list *list);

/*
 * ---- virtio split ring. Virtual I/O Device (VIRTIO) Version 1.2, section 2.7.5 "The Virtqueue Descriptor Table", 2.7.5.3
 * "Indirect Descriptors". Little-endian, as 2.7 has it for all but legacy devices.
 *
 * queue_size: a power of two up to 32768. Limits: segs_max = queue_size, seg_len_max what 32 bits count, total_max = 2^32: a
 * chain is no longer, all its parts together (2.7.5.2). A request's header and status are parts of the chain, too, and segments
 * like the others: merge a segs_max that is smaller by their number, and a total_max that is by their length. Data that is
 * mapped into the middle of an array leaves them room at both ends (examples/emit.c).
 */
DMAVEC_MUST_CHECK int dmavec_emit_virtio_limits(struct dmavec_limits *limits, uint32_t queue_size);

struct dmavec_virtq_desc {
	uint64_t addr_le;
	uint32_t len_le;
	uint16_t flags_le;
	uint16_t next_le;
};

#define DMAVEC_VIRTQ_NEXT     0x1u /* next is valid */
#define DMAVEC_VIRTQ_WRITE    0x2u /* the device writes; else it reads */
#define DMAVEC_VIRTQ_INDIRECT 0x4u /* the buffer is a table of descriptors */

/*
 * One chain: the first nread segments are for the device to read, the others for it to write, as section 2.7.4.2 orders them.
 * table has queue_size descriptors; ids[i] is the free one that segment i takes, NULL: 0, 1, 2 ... (an id beyond the table,
 * or given twice, is -EINVAL). ids[0] is the chain's head. No other descriptor is touched, and none unless all is well. The
 * last one's next_le is 0. There is room for what the limits allow: no -E2BIG. What makes the chain available to the device,
 * the ring and its barriers, is the caller's.
 */
DMAVEC_MUST_CHECK int dmavec_emit_virtio(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread, uint32_t queue_size,
                                         struct dmavec_virtq_desc *table, const uint16_t *ids);

/* The same in a table of its own (VIRTIO_F_INDIRECT_DESC), descriptors 0, 1, 2 ... of 16 bytes each (less: -E2BIG), at any
 * address; and the one descriptor that names it, with no flag but INDIRECT. The chain may not be longer than the queue,
 * either (2.7.5.3.1). The table belongs to the request until the device has used it. */
DMAVEC_MUST_CHECK int dmavec_emit_virtio_indirect(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t nread,
                                                  uint32_t queue_size, const struct dmavec_buf *table,
                                                  struct dmavec_virtq_desc *desc);

/*
 * ---- SGEs in the form of libibverbs: struct ibv_sge of <infiniband/verbs.h>, which struct dmavec_sge equals in layout.
 * InfiniBand Architecture Specification, volume 1, release 1.4, 11.4.1.1 "Post Send Request" and 11.4.1.2 "Post Receive
 * Request" (scatter and gather lists); chapter 9 "Transport Layer": a message is of 0 to 2^31 bytes.
 *
 * max_sge: of the queue pair; 0: any. Limits: segs_max = max_sge, seg_len_max = total_max = 2^31. What a port sends as one
 * message may be less: its max_msg_sz (struct ibv_port_attr) is a total_max to merge.
 */
DMAVEC_MUST_CHECK int dmavec_emit_sge_limits(struct dmavec_limits *limits, uint32_t max_sge);

struct dmavec_sge {
	uint64_t addr;
	uint32_t length;
	uint32_t lkey;
};

/* lkeys: one for all segments (nlkeys 1), or one each (nlkeys nsegs); any other number is -EINVAL. cap: of sges; NULL with
 * cap 0 is no room, -E2BIG. */
DMAVEC_MUST_CHECK int dmavec_emit_sge(const struct dmavec_seg *segs, uint32_t nsegs, const uint32_t *lkeys, uint32_t nlkeys,
                                      struct dmavec_sge *sges, uint32_t cap);

/*
 * ---- struct iovec of <sys/uio.h>: POSIX.1-2017, readv and writev. For spaces whose device addresses are the process's (a
 * device that is a system call). Limits: segs_max = IOV_MAX, total_max = SSIZE_MAX, addr_max what a pointer holds. A call may
 * move less than all: Linux stops at 0x7ffff000 bytes.
 */
struct iovec;
DMAVEC_MUST_CHECK int dmavec_emit_iovec_limits(struct dmavec_limits *limits);
/* cap: of iov; NULL with cap 0 is no room, -E2BIG. */
DMAVEC_MUST_CHECK int dmavec_emit_iovec(const struct dmavec_seg *segs, uint32_t nsegs, struct iovec *iov, uint32_t cap);

#ifdef __cplusplus
}
#endif
#endif
