/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Inside the allocator of device addresses.
 *
 *   caches   per-thread magazines of runs that were freed lately, by exact length (cache.c); a shared depot behind them
 *   tree     the free runs, by address, each node knowing the longest run below it (tree.c); search.c looks for a fit
 *   records  every run that is out, or in a cache, by its first address (record.c)
 *
 * A node is the same object all its life: it stands for a free run in the tree, or for a run that is out. So the node
 * that a free needs is there since the allocation, and free cannot fail for want of memory; and since each free begins
 * at the record, what was never given, or is free already, or had another length, is always detected, in caches too.
 * What is not: a run freed twice that somebody else was given in between.
 *
 * A thread's cache is not locked but entered, if nobody else is in it: that costs half of a lock, and whoever finds it
 * busy goes past it. Inside it the depot's lock may be taken, and inside that the lock of the tree and its records.
 * While the caches are being emptied (`draining`) runs go past them, so that whoever empties them sees everything that
 * was free when he began.
 *
 * Runs are inclusive at both ends, and lengths in comparisons are last - start, so that nothing wraps at either end of
 * the address space.
 */
#ifndef DMAVEC_IOVA_INNER_H
#define DMAVEC_IOVA_INNER_H

#include <dmavec/iova.h>

#include "basic.h"
#include "host.h"

/* Kept out of the short way, whose registers it would take. */
#define IOVA_SLOW __attribute__((noinline, cold))

/* What a node stands for: the low bits of its state. */
#define IOVA_FREE   0u /* in the tree, or spare */
#define IOVA_TAKEN  1u /* given by alloc */
#define IOVA_CACHED 2u /* given back, in a cache */
#define IOVA_FIXED  3u /* given by take */
#define IOVA_KIND   3u
#define IOVA_BARE   4u /* no guard behind it */
#define IOVA_GEN    8u /* the rest counts the runs that the node stood for */

/*
 * Record look-ups walk nodes without the lock: start, last, state and hash_next are written by iova_set and atomics
 * only.
 */
struct iova_node {
	uint64_t start, last;        /* the guard included */
	uint64_t max;                /* in the tree: the greatest iova_weight from here down */
	struct iova_node *child[2];  /* child[0] is also the link of lists: spare nodes, magazines */
	struct iova_node *parent;
	struct iova_node *hash_next;
	uint32_t state;
	uint32_t prio;               /* random: keeps the tree balanced */
};

struct iova_chunk {
	struct iova_chunk *next;
	size_t len;
};

#define IOVA_SETS_BITS 6u
#define IOVA_SETS  (1u << IOVA_SETS_BITS)
#define IOVA_WAYS  4u
#define IOVA_DEPTH 6u /* a magazine holds 2^6 runs at most */
#define IOVA_SCAN  8u /* how many of them are looked at for one that suits */
#define IOVA_DEPOT 8u /* the depot holds so many magazines' worth */

struct iova_magazine {
	uint64_t len;
	struct iova_node *head;
	uint32_t count, cap;
};

struct iova_cache {
	uint32_t busy;
	uint32_t hand;  /* whose turn it is to make room */
	uint64_t taken; /* bytes, modulo 2^64: one thread may give back what another took */
	struct iova_magazine sets[IOVA_SETS][IOVA_WAYS];
};

#define IOVA_TABLE_BITS 6u /* log2 of the buckets in the first table of records; each further one has twice as many */
#define IOVA_TABLES     26u
#define IOVA_STEPS      32u /* of a reader without the lock, whom writers could lead in circles */

struct dmavec_iova {
	uint64_t granule, guard; /* guard: bytes, or 0 */
	uint64_t first, last;
	uint64_t cache_bytes;    /* most bytes in one magazine */
	uint64_t cache_len;      /* longest run that is cached at all */
	unsigned int shift;      /* log2 of the granule */
	unsigned int top;        /* 1: top-down; also the child that a search prefers */
	void *(*mem_alloc)(void *mem_ctx, size_t len);
	void (*mem_free)(void *mem_ctx, void *mem, size_t len);
	void *mem_ctx;
	struct iova_cache *caches[HOST_SLOTS]; /* made when a thread first comes */
	struct iova_cache *depot; /* under depot_lock */
	uint32_t draining;
	uint32_t table;                         /* the newest */
	struct iova_node **tables[IOVA_TABLES]; /* kept until close: somebody may still be reading an older one */
	char apart[HOST_CACHE_LINE]; /* above: read by every call; below: under the lock */
	struct host_lock depot_lock;
	struct host_lock lock;
	uint32_t chunk_nodes; /* in the next chunk */
	uint32_t nspare;
	uint32_t seed;
	struct iova_node *spare;
	struct iova_node *root;
	struct iova_chunk *chunks;
	uint32_t unmoved; /* buckets of the last table but one that still hold records: those below */
	uint64_t nrecords;
	uint64_t crowded; /* a larger table is due where there are more records than this */
	uint64_t taken;
};

/* A request, checked and rounded. */
struct iova_want {
	uint64_t len, align, boundary; /* boundary 0: any */
	uint64_t first, last;
	uint64_t offset; /* addresses are this modulo align */
};

/* On a 32-bit host 64 bits may tear: the state's generation tells. */
static inline uint64_t iova_get(const uint64_t *field)
{
#if __SIZEOF_POINTER__ >= 8
	return __atomic_load_n(field, __ATOMIC_RELAXED);
#else
	return *(const volatile uint64_t *)field;
#endif
}

static inline void iova_set(uint64_t *field, uint64_t value)
{
#if __SIZEOF_POINTER__ >= 8
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
#else
	*(volatile uint64_t *)field = value;
#endif
}

/* What a run can serve, less one. Nothing follows the last address, so that a guard there costs nothing. */
static inline uint64_t iova_weight(const struct dmavec_iova *iova, const struct iova_node *node)
{
	uint64_t span = node->last - node->start, more = node->last == iova->last ? iova->guard : 0;

	return span > UINT64_MAX - more ? UINT64_MAX : span + more;
}

/* The last address of a run, its guard included. */
static inline uint64_t iova_extent(const struct dmavec_iova *iova, uint64_t last)
{
	return iova->guard > iova->last - last ? iova->last : last + iova->guard;
}

static inline bool iova_crosses(uint64_t dma, uint64_t len, uint64_t boundary)
{
	return boundary && ((dma ^ (dma + len - 1)) & ~(boundary - 1));
}

/* What no rounding mends. */
static inline bool iova_malformed(const struct dmavec_iova *iova, const struct dmavec_reserve *want)
{
	return ((want->align & (want->align - 1)) | (want->boundary & (want->boundary - 1))) ||
	       want->align < iova->granule || want->boundary - 1 < want->len - 1 || want->offset >= want->align ||
	       (want->offset & (iova->granule - 1));
}

static inline uint32_t iova_state(const struct iova_node *node)
{
	return __atomic_load_n(&node->state, __ATOMIC_ACQUIRE);
}

#define IOVA_HASH 0x9e3779b97f4a7c15u /* 2^64 / golden ratio: its products' upper bits are well mixed */

static inline struct iova_node **iova_bucket(const struct dmavec_iova *iova, uint32_t table, uint64_t dma)
{
	return &iova->tables[table][(dma >> iova->shift) * IOVA_HASH >> (64 - IOVA_TABLE_BITS - table)];
}

/* Who stands for the run that starts at dma, seen without the lock: a hint, for iova_claim to judge. */
static inline struct iova_node *iova_peek(const struct dmavec_iova *iova, uint64_t dma)
{
	uint32_t table = __atomic_load_n(&iova->table, __ATOMIC_ACQUIRE);
	struct iova_node *node = __atomic_load_n(iova_bucket(iova, table, dma), __ATOMIC_ACQUIRE);
	unsigned int steps = 0;

	while (host_likely(node) && host_unlikely(iova_get(&node->start) != dma) && steps++ < IOVA_STEPS)
		node = __atomic_load_n(&node->hash_next, __ATOMIC_ACQUIRE);
	return node;
}

/* Turn the run from kind `from` into `to`, if it is this run and of that kind. */
static inline bool iova_claim(const struct dmavec_iova *iova, struct iova_node *node, uint64_t dma, uint64_t len,
                              uint32_t from, uint32_t to)
{
	uint32_t state = iova_state(node);
	uint64_t last = dma + len - 1 + (state & IOVA_BARE ? 0 : iova->guard);

	if ((state & IOVA_KIND) != from || iova_get(&node->start) != dma || iova_get(&node->last) != last)
		return false;
	return __atomic_compare_exchange_n(&node->state, &state, (state & ~IOVA_KIND) | to, 0, __ATOMIC_ACQ_REL,
	                                   __ATOMIC_RELAXED);
}

/* memory: under the lock */
void *iova_mem(struct dmavec_iova *iova, size_t len);
void iova_mem_free(struct dmavec_iova *iova, void *mem, size_t len);
int iova_spare_ensure(struct dmavec_iova *iova, uint32_t count); /* -ENOMEM */
struct iova_node *iova_spare_get(struct dmavec_iova *iova);      /* after ensure: never NULL */
void iova_spare_put(struct dmavec_iova *iova, struct iova_node *node);
void iova_spare_close(struct dmavec_iova *iova);

/* tree: under the lock */
void iova_tree_add(struct dmavec_iova *iova, struct iova_node *node); /* joins its neighbours */
struct iova_node *iova_tree_floor(const struct dmavec_iova *iova, uint64_t addr); /* the last to start at or below */
/* Cut [start, last] out of the free run: a node for it. Two spare nodes suffice. */
struct iova_node *iova_tree_carve(struct dmavec_iova *iova, struct iova_node *run, uint64_t start, uint64_t last);
/* Nearest run to `from` in search order whose weight is at least need; the next one. */
struct iova_node *iova_tree_seek(const struct dmavec_iova *iova, uint64_t from, uint64_t need);
struct iova_node *iova_tree_step(const struct dmavec_iova *iova, const struct iova_node *node, uint64_t need);

/* search: under the lock. The run to cut, and where; NULL: nothing fits. */
struct iova_node *iova_search(const struct dmavec_iova *iova, const struct iova_want *want, uint64_t *dma);

/* records */
void iova_record_add(struct dmavec_iova *iova, struct iova_node *node, uint32_t kind); /* under the lock */
void iova_record_drop(struct dmavec_iova *iova, struct iova_node *node);               /* under the lock */
struct iova_node *iova_record_find(const struct dmavec_iova *iova, uint64_t dma); /* under the lock */
int iova_record_open(struct dmavec_iova *iova);
void iova_record_close(struct dmavec_iova *iova);

/* caches; false: not done here, for whatever reason */
bool iova_cache_alloc(struct dmavec_iova *iova, const struct dmavec_reserve *want, dmavec_dma_t *dma);
bool iova_cache_free(struct dmavec_iova *iova, uint64_t dma, uint64_t len); /* len is rounded; 0: malformed */
/* Empty all caches into the tree; until resume, runs go past them. */
void iova_cache_drain(struct dmavec_iova *iova);
void iova_cache_resume(struct dmavec_iova *iova);
uint64_t iova_cache_taken(struct dmavec_iova *iova);
void iova_cache_close(struct dmavec_iova *iova);

#endif
