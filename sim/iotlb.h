/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The IOTLB: a set-associative cache of translations and permissions, by 4 KiB page of the device's address.
 *
 * An entry stays until it is invalidated or evicted, whatever happens to the tables: that is what makes a missing
 * invalidation visible. A leaf larger than 4 KiB is cached in pieces as they are used. Invalidation is exact, to the
 * page, so that what lies beside the range stays as stale as it is. Not modelled: entries for what is not present, and
 * caches of the upper levels. All calls are the caller's to serialise.
 */
#ifndef SIM_IOTLB_H
#define SIM_IOTLB_H

#include <stdbool.h>
#include <stdint.h>

struct sim_iotlb_entry {
	uint64_t tag;  /* page number + 1; 0: empty */
	uint64_t data; /* physical address of the page | permissions */
};

struct sim_iotlb {
	struct sim_iotlb_entry *entries; /* ways of set 0, of set 1, ... */
	uint64_t *occupied;              /* a bit per set: not all of its ways are empty */
	uint8_t *victim;                 /* per set: the way that is evicted next */
	uint32_t sets, ways;
};

/* entries: a power of two, up to SIM_IOTLB_MAX. */
#define SIM_IOTLB_MAX 0x1000000u
int sim_iotlb_open(struct sim_iotlb *tlb, uint32_t entries);
void sim_iotlb_close(struct sim_iotlb *tlb);

bool sim_iotlb_find(const struct sim_iotlb *tlb, uint64_t page, uint64_t *data);
/* page is not in it yet. Returns how many entries more are in use: 1, or 0 where one was evicted. */
uint32_t sim_iotlb_fill(struct sim_iotlb *tlb, uint64_t page, uint64_t data);
/* Drops pages first .. last, returns how many entries that were. */
uint32_t sim_iotlb_drop(struct sim_iotlb *tlb, uint64_t first, uint64_t last);

#endif
