/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* List memory, which PRPs and SGLs use alike: lists that go on in further lists. */
#ifndef EMIT_NVME_H
#define EMIT_NVME_H

#include <dmavec/emit.h>

#include <stdbool.h>
#include <string.h>

#include "le.h"

/* Every buffer, whether used or not: a start that a list pointer can name, and memory behind it. */
bool nvme_lists_ok(const struct dmavec_buf *lists, uint32_t nlists);

/* How many slots so many entries take in lists of `slots` (at least 2) each, where all but the last list give one to a
 * pointer. */
uint64_t nvme_slots(uint64_t entries, uint32_t slots);

/* List memory is aligned for the device; for the CPU it need not be. */
static inline void nvme_store_le64(void *to, uint64_t value)
{
	value = emit_le64(value);
	memcpy(to, &value, sizeof(value));
}

#endif
