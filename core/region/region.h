/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table of registered memory: found by CPU address without a lock, changed under one.
 *
 * A record is one registered range at one fixed run of device addresses. Records never overlap in CPU addresses (byte by
 * byte: two may share a granule). Several records may share an owner: a joined map, which can only be unmapped whole.
 */
#ifndef DMAVEC_CORE_REGION_H
#define DMAVEC_CORE_REGION_H

#include <dmavec/dmavec.h>

#include "host.h"

struct region_table;

struct region {
	uint64_t addr, len; /* CPU side, as registered */
	uint64_t dma;       /* what the device uses for addr */
	uint32_t prot;      /* DMAVEC_REG_READ | DMAVEC_REG_WRITE */
	uint32_t owner;     /* 0: none (it is mapped alone); else the caller's number below 2^30 */
};

int region_table_open(struct region_table **table);   /* -ENOMEM */
void region_table_close(struct region_table *table);

/* -EEXIST: overlaps; -ENOMEM; -EINVAL: wraps, empty, or beyond 2^57. On failure nothing has changed. */
int region_insert(struct region_table *table, const struct region *region);
/* Remove the record that starts at addr and has this length: what it was goes to *was. -ENOENT. Never fails otherwise. */
int region_remove(struct region_table *table, uint64_t addr, uint64_t len, struct region *was);
/* Does any record overlap [addr, addr + len)? Takes the lock. */
bool region_overlaps(struct region_table *table, uint64_t addr, uint64_t len);
/* The record that holds addr; false: none, and *found is unchanged. No lock, no shared store; may run beside insert and
 * remove of other records. */
bool region_find(const struct region_table *table, uint64_t addr, struct region *found);
/* The same, faster, without the owner, which lies in a cache line of its own: found->owner stays as it was. Where
 * nothing is found the rest of *found is scratch. */
static inline bool region_lookup(const struct region_table *table, uint64_t addr, struct region *found);
/* The record that holds device address dma. Takes the lock. O(log n). */
bool region_find_dma(struct region_table *table, uint64_t dma, struct region *found);
/* The record with the lowest address at or above addr; takes the lock. To list all: addr = found->addr + found->len. */
bool region_next(struct region_table *table, uint64_t addr, struct region *found);

/* How many there are, and their bytes; memory the table uses. */
uint64_t region_count(struct region_table *table);
uint64_t region_bytes(struct region_table *table);
uint64_t region_table_bytes(struct region_table *table);

#include "find.h"

#endif
