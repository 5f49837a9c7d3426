/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bounce.h"

/* Copy the part of one slot's bytes [from, to), counted from its first byte. */
static void slot_copy(const struct bounce_slot *slot, uint64_t from, uint64_t to, bool to_device)
{
	uint64_t pos = 0; /* of the fragment in the slot */
	uint32_t i;

	for (i = 0; i < slot->nfrags && pos < to; pos += slot->frags[i++].len) {
		uint64_t len = slot->frags[i].len;
		uint64_t first = from > pos ? from - pos : 0, end = to - pos < len ? to - pos : len;
		unsigned char *mem = (unsigned char *)(uintptr_t)(slot->cpu + pos + first);

		if (first >= end)
			continue;
		if (to_device)
			host_copy_from(mem, slot->frags[i].addr + first, (size_t)(end - first));
		else
			host_copy_to(slot->frags[i].addr + first, mem, (size_t)(end - first));
	}
}

void bounce_copy(const struct bounce_pool *pool, const struct bounce_slot *head, uint64_t offset, uint64_t len,
                 bool to_device)
{
	uint64_t end = offset + len;

	if (pool->dry)
		return;
	for (; head && head->offset < end; head = head->next) {
		uint64_t from = offset > head->offset ? offset - head->offset : 0;
		uint64_t to = end - head->offset < head->len ? end - head->offset : head->len;

		if (from < to)
			slot_copy(head, from, to, to_device);
	}
}
