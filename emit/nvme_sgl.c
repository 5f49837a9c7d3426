/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <dmavec/emit.h>

#include "le.h"

#define PSDT_SHIFT 14

uint32_t dmavec_nvme_psdt(uint32_t cdw0_le, uint32_t psdt)
{
	return (cdw0_le & ~emit_le32(3u << PSDT_SHIFT)) | emit_le32((psdt & 3u) << PSDT_SHIFT);
}
