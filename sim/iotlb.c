/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "iotlb.h"

#include <errno.h>
#include <stdlib.h>

#define IOTLB_WAYS 8u

int sim_iotlb_open(struct sim_iotlb *tlb, uint32_t entries)
{
	if (!entries || (entries & (entries - 1)) || entries > SIM_IOTLB_MAX)
		return -EINVAL;
	tlb->ways = entries < IOTLB_WAYS ? entries : IOTLB_WAYS;
	tlb->sets = entries / tlb->ways;
	tlb->entries = calloc(entries, sizeof(*tlb->entries));
	tlb->occupied = calloc((tlb->sets + 63) / 64, sizeof(*tlb->occupied));
	tlb->victim = calloc(tlb->sets, sizeof(*tlb->victim));
	if (tlb->entries && tlb->occupied && tlb->victim)
		return 0;
	sim_iotlb_close(tlb);
	return -ENOMEM;
}

void sim_iotlb_close(struct sim_iotlb *tlb)
{
	free(tlb->entries);
	free(tlb->occupied);
	free(tlb->victim);
}

/* Neighbouring pages lie in neighbouring sets: a range is a run of sets. */
static uint32_t iotlb_set(const struct sim_iotlb *tlb, uint64_t page)
{
	return (uint32_t)page & (tlb->sets - 1);
}

bool sim_iotlb_find(const struct sim_iotlb *tlb, uint64_t page, uint64_t *data)
{
	const struct sim_iotlb_entry *way = tlb->entries + (size_t)iotlb_set(tlb, page) * tlb->ways;
	const struct sim_iotlb_entry *end = way + tlb->ways;

	for (; way < end; way++) {
		if (way->tag == page + 1) {
			*data = way->data;
			return true;
		}
	}
	return false;
}

uint32_t sim_iotlb_fill(struct sim_iotlb *tlb, uint64_t page, uint64_t data)
{
	uint32_t set = iotlb_set(tlb, page), i;
	struct sim_iotlb_entry *ways = tlb->entries + (size_t)set * tlb->ways, *into = NULL;
	uint32_t more = 1;

	for (i = 0; i < tlb->ways && !into; i++)
		if (!ways[i].tag)
			into = &ways[i];
	if (!into) {
		into = &ways[tlb->victim[set]];
		tlb->victim[set] = (uint8_t)((tlb->victim[set] + 1u) & (tlb->ways - 1));
		more = 0;
	}
	into->tag = page + 1;
	into->data = data;
	tlb->occupied[set / 64] |= (uint64_t)1 << (set % 64);
	return more;
}

static uint32_t iotlb_drop_in_set(struct sim_iotlb *tlb, uint32_t set, uint64_t first, uint64_t last)
{
	struct sim_iotlb_entry *ways = tlb->entries + (size_t)set * tlb->ways;
	uint32_t dropped = 0, i;
	bool left = false;

	for (i = 0; i < tlb->ways; i++) {
		if (ways[i].tag > first && ways[i].tag - 1 <= last) {
			ways[i].tag = 0;
			dropped++;
		}
		left |= ways[i].tag != 0;
	}
	if (!left)
		tlb->occupied[set / 64] &= ~((uint64_t)1 << (set % 64));
	return dropped;
}

static uint32_t iotlb_drop_in_sets(struct sim_iotlb *tlb, uint32_t from, uint32_t to, uint64_t first, uint64_t last)
{
	uint32_t dropped = 0, word;
	uint64_t sets;

	for (word = from / 64; word <= to / 64; word++) {
		sets = tlb->occupied[word];
		if (word == from / 64)
			sets &= UINT64_MAX << (from % 64);
		if (word == to / 64)
			sets &= UINT64_MAX >> (63 - to % 64);
		for (; sets; sets &= sets - 1)
			dropped += iotlb_drop_in_set(tlb, word * 64 + (uint32_t)__builtin_ctzll(sets), first, last);
	}
	return dropped;
}

uint32_t sim_iotlb_drop(struct sim_iotlb *tlb, uint64_t first, uint64_t last)
{
	uint32_t from = iotlb_set(tlb, first), to = iotlb_set(tlb, last);

	if (last - first >= tlb->sets - 1)
		return iotlb_drop_in_sets(tlb, 0, tlb->sets - 1, first, last);
	if (from <= to)
		return iotlb_drop_in_sets(tlb, from, to, first, last);
	return iotlb_drop_in_sets(tlb, from, tlb->sets - 1, first, last) + iotlb_drop_in_sets(tlb, 0, to, first, last);
}
