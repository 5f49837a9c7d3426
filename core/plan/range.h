/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where the ranges of a call come from: an array, an array with flags (a batch), or a source. The engine reads them more
 * than once: first to lay them out, then to link them.
 */
#ifndef DMAVEC_CORE_RANGE_H
#define DMAVEC_CORE_RANGE_H

#include "core.h"

#define RANGE_WINDOW 64u

struct range_iter {
	const struct dmavec_range *ranges; /* the window: count of them */
	const uint32_t *flags;             /* one each, or NULL: all are all_flags */
	size_t count;
	uint32_t all_flags; /* DMAVEC_MMIO or 0, for every range */
	bool may_be_empty;  /* a source's empty ranges are skipped, an array's are malformed */
	/* where windows come from */
	const struct dmavec_range *array;
	const uint32_t *array_flags;
	size_t array_count;
	struct dmavec_source *source;
	struct dmavec_range *buf; /* RANGE_WINDOW of each, the caller's, for a source */
	uint32_t *buf_flags;
	uint64_t sum; /* of what a source has said since it was rewound: it must say the same again */
	bool ended;
};

void range_from_array(struct range_iter *it, const struct dmavec_range *ranges, const uint32_t *flags, size_t count,
                      uint32_t all_flags);
void range_from_source(struct range_iter *it, struct dmavec_source *source, struct dmavec_range *buf, uint32_t *buf_flags,
                       uint32_t all_flags);
/* Begin again at the first range. */
void range_rewind(struct range_iter *it);
/* The next window: its count, 0 at the end; -EINVAL: a source that answers what cannot be. */
int range_next(struct range_iter *it);

/* 0, or -EINVAL; an empty range where those are skipped is 0. */
static inline int range_check(const struct range_iter *it, const struct dmavec_range *range, uint32_t flags)
{
	if (host_unlikely(!range->len))
		return it->may_be_empty ? 0 : -EINVAL;
	return core_wraps(range->addr, range->len) || (flags & ~DMAVEC_MMIO) ? -EINVAL : 0;
}

#endif
