/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* SGEs as libibverbs takes them: a message is of no more than 2^31 bytes, and so is each of its parts. */
#include "emit.h"

#include <errno.h>

#define MESSAGE_MAX (UINT64_C(1) << 31)

int dmavec_emit_sge_limits(struct dmavec_limits *limits, uint32_t max_sge)
{
	const struct dmavec_limits ours = { .seg_len_max = MESSAGE_MAX, .total_max = MESSAGE_MAX, .segs_max = max_sge };

	return emit_put_limits(limits, &ours);
}

int dmavec_emit_sge(const struct dmavec_seg *segs, uint32_t nsegs, const uint32_t *lkeys, uint32_t nlkeys,
                    struct dmavec_sge *sges, uint32_t cap)
{
	uint64_t total;
	uint32_t i;

	if (!emit_segs_ok(segs, nsegs, &total) || total > MESSAGE_MAX)
		return -EINVAL;
	if (!lkeys || (nlkeys != 1 && nlkeys != nsegs) || (!sges && cap))
		return -EINVAL;
	if (nsegs > cap)
		return -E2BIG;
	for (i = 0; i < nsegs; i++) {
		sges[i].addr = segs[i].addr;
		sges[i].length = (uint32_t)segs[i].len;
		sges[i].lkey = lkeys[nlkeys == 1 ? 0 : i];
	}
	return 0;
}
