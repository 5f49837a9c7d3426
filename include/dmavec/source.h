/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where ranges come from, when they do not lie in an array already.
 *
 * Ranges come in vectors, so that no call is paid for each one. Both functions run on the thread that called
 * dmavec_map_source, during that call only. Embed struct dmavec_source as the first member of your own state.
 */
#ifndef DMAVEC_SOURCE_H
#define DMAVEC_SOURCE_H

#include <dmavec/dmavec.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmavec_source {
	/*
	 * Write up to max ranges and, for each, its flags (0 or DMAVEC_MMIO); return how many, 0 at the end. max is at
	 * least 1. A range of length 0 is skipped. range_flags is never NULL and starts as zeros.
	 */
	size_t (*fill)(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max);
	/* Begin at the first range: called before the first fill, and before each further reading. The same ranges must
	 * come each time: a source that answers otherwise is -EINVAL. */
	void (*rewind)(struct dmavec_source *source);
};

#ifdef __cplusplus
}
#endif
#endif
