/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One file through the simulated memory: a chunk is read into scattered pages and mapped TO_DEVICE, as many pages are
 * mapped FROM_DEVICE, the software device moves the bytes, and the second pages are written out.
 *
 * Functions return 0, or a negative errno after they have said why.
 */
#ifndef CLI_COPY_TRANSFER_H
#define CLI_COPY_TRANSFER_H

#include <dmavec/sim.h>

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "progress.h"

#define CLI_PAGE UINT64_C(4096) /* of the simulated memory */

/* Sums over all mappings, both sides. */
struct cli_sums {
	uint64_t mappings, ranges, segments, joined;
	uint64_t bounced_bytes, iova_bytes;
	uint64_t map_ns, unmap_ns;
};

struct cli_route {
	struct dmavec_sim_mem *mem;
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_limits limits; /* in force */
	uint64_t chunk;
	bool linear;
};

/* The most bytes of page-aligned memory that one mapping can take at best. */
uint64_t cli_chunk_max(const struct dmavec_limits *limits);
/* 1 MiB, or what the limits and the device's addresses allow. */
uint64_t cli_chunk_default(const struct dmavec_limits *limits);
/* Is this chunk possible at all? The library's own word where it can be had. */
int cli_chunk_check(const struct cli_route *route);

int cli_transfer(const struct cli_route *route, const struct cli_source *source, const struct cli_target *target,
		 struct cli_progress *progress, struct cli_sums *sums);

#endif
