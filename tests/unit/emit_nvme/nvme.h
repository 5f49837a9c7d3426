/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tests of NVMe formats share. */
#ifndef DMAVEC_TESTS_NVME_H
#define DMAVEC_TESTS_NVME_H

#include <dmavec/emit.h>
#include <dmavec/sim.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tap.h"

#define CASES 20000u /* random ones, where the environment does not say how many */

/* A line of TAP each; main makes it, since the count is its own. */
struct check {
	const char *what;
	bool (*run)(uint64_t *seed);
};
extern const struct check checks_vectors[], checks_arguments[], checks_sim[], checks_random[],
	checks_space[], checks_long[]; /* to a NULL */

/* A condition within a check; says where it fails. */
#define HOLDS(cond) ((cond) || (diag("%s:%d: not so: %s", __FILE__, __LINE__, #cond), false))

/* ------------------------------------------------------------------ list memory, and the space where the device finds it */

#define MEMORY_BUFS 8u
#define MEMORY_LEN  (256u << 10)
#define FILL        0xa5

struct memory {
	struct dmavec_space *space;
	struct dmavec_buf bufs[MEMORY_BUFS];
	uint32_t n;
	uint32_t used; /* of bytes, guards included */
	unsigned char bytes[MEMORY_LEN];
	bool mine[MEMORY_LEN]; /* inside a buffer */
	bool seen[MEMORY_LEN]; /* read by the device */
};

/* An empty one; the first call opens it. */
struct memory *memory_new(void);
void memory_close(void);
/* A buffer with guards around it, and its memory. skew: how far from being aligned it is for the CPU. */
unsigned char *memory_add(struct memory *m, uint64_t dma, uint64_t len, unsigned int skew);
/* Nothing was written outside the buffers; and where the device looked at all that matters: nothing besides that. */
bool memory_guarded(const struct memory *m);
bool memory_all_seen(const struct memory *m);

/* ------------------------------------------------------------------ segments */

/* Neighbours joined; returns how many are left. */
uint32_t segs_join(struct dmavec_seg *to, const struct dmavec_seg *segs, uint32_t n);
bool segs_equal(const struct dmavec_seg *a, uint32_t na, const struct dmavec_seg *b, uint32_t nb);
uint64_t segs_len(const struct dmavec_seg *segs, uint32_t n);

#endif
