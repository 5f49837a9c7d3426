/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* iovecs, for spaces whose device addresses are pointers of this process. */
#include "emit.h"

#include <errno.h>
#include <limits.h>
#include <sys/uio.h>

#ifndef IOV_MAX
#define IOV_MAX 1024 /* POSIX lets it be asked for at run time instead; Linux has this */
#endif

int dmavec_emit_iovec_limits(struct dmavec_limits *limits)
{
	const struct dmavec_limits ours = { .addr_max = UINTPTR_MAX, .total_max = SSIZE_MAX, .segs_max = IOV_MAX };

	return emit_put_limits(limits, &ours);
}

static bool fits_pointer(const struct dmavec_seg *seg)
{
	return seg->addr + (seg->len - 1) <= UINTPTR_MAX;
}

int dmavec_emit_iovec(const struct dmavec_seg *segs, uint32_t nsegs, struct iovec *iov, uint32_t cap)
{
	uint64_t total;
	uint32_t i;

	if (!emit_segs_ok(segs, nsegs, &total) || nsegs > IOV_MAX || total > SSIZE_MAX || (!iov && cap))
		return -EINVAL;
	for (i = 0; i < nsegs; i++)
		if (!fits_pointer(&segs[i]))
			return -EINVAL;
	if (nsegs > cap)
		return -E2BIG;
	for (i = 0; i < nsegs; i++) {
		iov[i].iov_base = dmavec_ptr(segs[i].addr);
		iov[i].iov_len = (size_t)segs[i].len;
	}
	return 0;
}
