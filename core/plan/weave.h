/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * With an IOMMU: what stands behind each granule of a placed run.
 *
 * A granule of memory is linked as it is where the device may reach all of it, or all that it may not reach is a trusted
 * device's neighbourhood; where bytes of several places share a granule, or lie at another offset in it than their device
 * address says, or must be shielded from an untrusted device, the granule is bounced. The same code counts (io NULL) and
 * does it.
 */
#ifndef DMAVEC_CORE_WEAVE_H
#define DMAVEC_CORE_WEAVE_H

#include "core.h"

#define WEAVE_VECTOR 64u

/* What doing it needs; NULL: count only. */
struct weave_io {
	struct dmavec_space *space;
	unsigned int how; /* DMAVEC_LINK_*, without MMIO */
	struct bounce_chunk chunk;
	struct bounce_list list;
	uint64_t used; /* bytes of chunk memory handed to granules */
	/* ranges waiting to be linked side by side */
	struct dmavec_range vec[WEAVE_VECTOR];
	size_t nvec;
	uint64_t vec_iova, vec_len;
	bool vec_mmio;
};

/* A piece: consecutive memory at consecutive device addresses. */
struct weave_piece {
	uint64_t cpu, iova, len;
	uint64_t offset; /* in the mapping */
	bool open, mmio;
	bool shared;  /* bytes of another piece stand before it in its first granule */
	bool shifted; /* it begins a run, elsewhere than its address modulo max(gap, granule) says */
};

struct weave {
	struct weave_io *io;
	uint64_t granule, congruent;
	bool exact;
	/* results */
	uint64_t bounce_bytes, bounce_mem;
	bool peer_bounced; /* peer memory would have to be: the attempt fails */
	uint64_t first_cpu; /* of the first byte that is bounced, or of the first peer memory that would be */
	/* while it runs */
	struct weave_piece piece;
	uint64_t bounce_end; /* end of the device addresses in the bounced granule(s) at hand; 0: none */
	uint64_t bounce_cpu; /* chunk address that stands behind bounce_end */
};

void weave_init(struct weave *w, const struct dmavec_dev *dev, struct weave_io *io);
/* Bytes at cpu stand behind iova on, and are the mapping's from offset on. */
int weave_feed(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, uint64_t offset, bool mmio);
/* The run ends: what comes next starts a granule of its own. */
int weave_end(struct weave *w);
/* The last run has ended: link what still waits. With io only. */
int weave_flush(struct weave *w);

#endif
