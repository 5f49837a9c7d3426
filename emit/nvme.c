/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "nvme.h"

#define PSDT_SHIFT 14
#define LIST_ALIGN 8u

bool nvme_lists_ok(const struct dmavec_buf *lists, uint32_t nlists)
{
	uint32_t i;

	if (nlists && !lists)
		return false;
	for (i = 0; i < nlists; i++) {
		if (lists[i].dma & (LIST_ALIGN - 1))
			return false;
		if (lists[i].len && (!lists[i].cpu || lists[i].len - 1 > UINT64_MAX - lists[i].dma))
			return false;
	}
	return true;
}

uint64_t nvme_slots(uint64_t entries, uint64_t slots)
{
	return entries <= slots ? entries : entries + (entries - 2) / (slots - 1);
}

uint32_t dmavec_nvme_psdt(uint32_t cdw0_le, uint32_t psdt)
{
	return (cdw0_le & ~emit_le32(3u << PSDT_SHIFT)) | emit_le32((psdt & 3u) << PSDT_SHIFT);
}
