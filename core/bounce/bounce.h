/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bounce memory: a pool of it for each space, and slots that remember whose bytes they stand for.
 *
 * The pool consists of arenas that the space gives on demand, each cut up by an allocator of its own, whose per-thread
 * caches make repeated use cheap. A mapping takes at most one chunk, and describes what lies in it by slots: a slot is a
 * stretch of chunk memory that holds consecutive bytes of the mapping, gathered from fragments of the caller's memory.
 * With an IOMMU, bytes of a chunk that no fragment fills are zeroed before the device can see them (weave.c): a chunk carries
 * nothing from one mapping to another. Without one the device reaches all memory anyway, and only the segments count.
 */
#ifndef DMAVEC_CORE_BOUNCE_H
#define DMAVEC_CORE_BOUNCE_H

#include <dmavec/iova.h>

#include "host.h"

#define BOUNCE_ARENAS 64u

struct bounce_arena {
	struct dmavec_window window;
	uint64_t base; /* of the keys: device addresses without an IOMMU, process addresses with one */
	struct dmavec_iova *keys;
};

struct bounce_pool {
	const struct dmavec_space_ops *ops;
	void *ctx;
	uint64_t unit;   /* chunks are multiples of it */
	bool by_cpu;     /* keys are CPU addresses */
	bool dry;        /* there is no memory behind fragments: nothing is copied */
	uint32_t narenas; /* grows only; read without the lock */
	struct host_lock lock;
	struct bounce_arena arenas[BOUNCE_ARENAS];
	struct host_lock node_lock;
	struct bounce_slot *nodes;      /* free */
	struct bounce_node_block *blocks;
};

struct bounce_chunk {
	uint64_t cpu, dma; /* dma: without an IOMMU only */
	uint64_t len;
	uint32_t arena;
};

#define BOUNCE_FRAGS 5u
struct bounce_slot {
	struct bounce_slot *next;
	uint64_t offset; /* in the mapping, of its first byte */
	uint64_t len;    /* bytes in it */
	uint64_t cpu;    /* where its first byte is in the chunk */
	uint32_t nfrags; /* in this node */
	struct dmavec_range frags[BOUNCE_FRAGS];
};

void bounce_pool_init(struct bounce_pool *pool, const struct dmavec_space_ops *ops, void *ctx,
                      const struct dmavec_space_desc *desc);
void bounce_pool_fini(struct bounce_pool *pool);
uint64_t bounce_pool_bytes(const struct bounce_pool *pool);

/* want: of device addresses without an IOMMU, of process addresses with one; the length and align are rounded up to the unit.
 * -ERANGE: the space has no such memory; -ENOMEM: no more, or too many arenas. The chunk's bytes are whatever they were. */
int bounce_take(struct bounce_pool *pool, const struct dmavec_reserve *want, struct bounce_chunk *chunk);
void bounce_give(struct bounce_pool *pool, struct bounce_chunk *chunk);

/*
 * Slots, appended in mapping order. bounce_add copies the fragment's bytes in. -ENOMEM. A list that failed half-way is
 * freed like any other.
 */
struct bounce_list {
	struct bounce_pool *pool;
	struct bounce_slot *head, *tail;
};
int bounce_add(struct bounce_list *list, uint64_t offset, uint64_t cpu, uint64_t addr, uint64_t len);
void bounce_free(struct bounce_pool *pool, struct bounce_slot *head);

/* Copy the bytes [offset, offset + len) of the mapping that are in slots, to the device's side or back. */
void bounce_copy(const struct bounce_pool *pool, const struct bounce_slot *head, uint64_t offset, uint64_t len,
                 bool to_device);

#endif
