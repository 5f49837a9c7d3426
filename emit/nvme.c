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

/*
 * value / by, without a division of 64 bits, which 32-bit machines leave to a library. `by` is less than 2^shift: to take it
 * off as often as that goes into the value is never too much, and does not leave much where it is almost as large.
 */
static uint64_t divide(uint64_t value, uint32_t by)
{
	unsigned int shift = 32 - (unsigned int)__builtin_clz(by);
	uint64_t sum = 0, share;

	for (; (share = value >> shift); value -= share * by)
		sum += share;
	return value >= by ? sum + 1 : sum;
}

uint64_t nvme_slots(uint64_t entries, uint32_t slots)
{
	return entries <= slots ? entries : entries + divide(entries - 2, slots - 1);
}

uint32_t dmavec_nvme_psdt(uint32_t cdw0_le, uint32_t psdt)
{
	return (cdw0_le & ~emit_le32(3u << PSDT_SHIFT)) | emit_le32((psdt & 3u) << PSDT_SHIFT);
}
