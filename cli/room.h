/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How much room the segments of a mapping take, and why there are none. */
#ifndef CLI_ROOM_H
#define CLI_ROOM_H

#include <dmavec/dmavec.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_SEGS_MAX (UINT64_C(1) << 26) /* beyond it is no mapping, but a mistake */

/* How many segments len bytes in that many pieces become at most; no more than CLI_SEGS_MAX. */
uint64_t cli_segs_room(const struct dmavec_limits *limits, uint64_t len, uint64_t pieces);

/* A map call answered err: says so, and what the library says of the ranges. That knows no linear mapping, and may come to
 * another answer. */
void cli_explain_failure(struct dmavec_dev *dev, const struct dmavec_range *ranges, const uint32_t *range_flags,
			 size_t nranges, enum dmavec_dir dir, bool linear, int err);

#endif
