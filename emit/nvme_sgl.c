/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NVMe SGLs. The descriptor that points to a list (an SGL segment) says its length, and whether it is the last one;
 * it is itself the last descriptor of the list that it stands in.
 */
#include "emit.h"
#include "nvme.h"

#include <errno.h>

#define DESC 16u

/* Type and subtype, byte 15. */
#define SGL_DATA_BLOCK   0x00u
#define SGL_SEGMENT      0x20u
#define SGL_LAST_SEGMENT 0x30u

#define LIST_SLOTS (UINT32_MAX / DESC) /* its length has 32 bits */

#define SGLS_SUPPORT 3u /* bits of SGLS */
#define SGLS_BYTES   1u
#define SGLS_DWORDS  2u

int dmavec_emit_nvme_sgl_limits(struct dmavec_limits *limits, uint32_t sgls)
{
	struct dmavec_limits sgl = { .seg_len_max = UINT32_MAX };

	switch (sgls & SGLS_SUPPORT) {
	case 0:
		return limits ? -EOPNOTSUPP : -EINVAL;
	case SGLS_BYTES:
		break;
	case SGLS_DWORDS:
		sgl.seg_align = sgl.len_align = 4;
		break;
	default:
		return -EINVAL;
	}
	return emit_put_limits(limits, &sgl);
}

static bool sgl_segs_ok(const struct dmavec_seg *segs, uint32_t nsegs)
{
	uint64_t total = 0, lens = 0;
	uint32_t i;

	if (!segs || !nsegs)
		return false;
	for (i = 0; i < nsegs; i++) {
		if (!emit_seg_ok(&segs[i], &total))
			return false;
		lens |= segs[i].len;
	}
	return lens <= UINT32_MAX;
}

int dmavec_emit_nvme_sgl_room(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t *list_bytes)
{
	if (!list_bytes || !sgl_segs_ok(segs, nsegs))
		return -EINVAL;
	*list_bytes = nsegs > 1 ? DESC * nvme_slots(nsegs, LIST_SLOTS) : 0;
	return 0;
}

static void sgl_put(unsigned char *to, uint64_t addr, uint64_t len, uint64_t type)
{
	nvme_store_le64(to, addr);
	nvme_store_le64(to + 8, len | type << 56);
}

/* Returns where the descriptor behind these goes. */
static unsigned char *sgl_put_segs(unsigned char *to, const struct dmavec_seg *segs, uint64_t n)
{
	for (; n; n--, segs++, to += DESC)
		sgl_put(to, segs->addr, segs->len, SGL_DATA_BLOCK);
	return to;
}

/* link: where the descriptor of the next list goes. */
static int sgl_put_lists(unsigned char *link, const struct dmavec_seg *segs, uint64_t left,
                         const struct dmavec_buf *lists, uint32_t nlists)
{
	uint64_t at, slots, n;
	uint32_t i;

	for (i = 0; left && i < nlists; i++) {
		for (at = 0; left && lists[i].len - at >= DESC; at += slots * DESC) {
			slots = (lists[i].len - at) / DESC;
			slots = slots < LIST_SLOTS ? slots : LIST_SLOTS;
			if (left > slots && slots < 2)
				continue;
			n = left > slots ? slots - 1 : left;
			if (n < left)
				sgl_put(link, lists[i].dma + at, slots * DESC, SGL_SEGMENT);
			else
				sgl_put(link, lists[i].dma + at, n * DESC, SGL_LAST_SEGMENT);
			link = sgl_put_segs((unsigned char *)lists[i].cpu + at, segs, n);
			segs += n;
			left -= n;
		}
	}
	return left ? -E2BIG : 0;
}

int dmavec_emit_nvme_sgl(const struct dmavec_seg *segs, uint32_t nsegs, uint32_t *cdw0_le, uint64_t dptr_le[2],
                         const struct dmavec_buf *lists, uint32_t nlists)
{
	unsigned char sgl1[DESC];
	int err = 0;

	if (!cdw0_le || !dptr_le || !nvme_lists_ok(lists, nlists) || !sgl_segs_ok(segs, nsegs))
		return -EINVAL;
	if (nsegs == 1)
		sgl_put_segs(sgl1, segs, 1);
	else
		err = sgl_put_lists(sgl1, segs, nsegs, lists, nlists);
	if (err)
		return err;
	memcpy(dptr_le, sgl1, sizeof(sgl1));
	*cdw0_le = dmavec_nvme_psdt(*cdw0_le, DMAVEC_NVME_PSDT_SGL);
	return 0;
}
