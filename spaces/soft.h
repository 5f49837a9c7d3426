/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Inside of the soft space: soft.c has the operations, soft_lazy.c what is put off. */
#ifndef DMAVEC_SPACES_SOFT_H
#define DMAVEC_SPACES_SOFT_H

#include <dmavec/iova.h>
#include <dmavec/pagetable.h>
#include <dmavec/sim.h>

#include <pthread.h>
#include <stdbool.h>

#define SOFT_QUEUES 64u

/* Addresses that a thread has released. The flush takes a whole array out and leaves the other one in its place. */
struct soft_queue {
	pthread_mutex_t lock;
	struct dmavec_range *live, *spare; /* both NULL until first used; addr is a device address */
	uint32_t count;                    /* in live */
	uint32_t taken; /* in spare, while a flush is under way; afterwards those that could not be freed */
} __attribute__((aligned(64)));

/* What is put off in a lazy space, until one invalidation of everything serves it all. */
struct soft_lazy {
	pthread_mutex_t flush_lock; /* one flush at a time; taken before any other lock */
	uint32_t flush_count, flush_ms;
	uint64_t tick_ms;  /* how late the coarse clock may be */
	uint64_t deadline; /* when the oldest entry has waited long enough, in ms; 0: nothing waits. Atomic */
	unsigned long given; /* flushes that gave anything back; atomic */
	bool queueing;     /* releases are queued; atomic. Cleared by soft_lazy_end alone */
	/* Under table_lock: */
	bool on;    /* unlinks are not invalidated at once */
	bool dirty; /* since the last invalidation there was one */
	struct dmavec_pt_freed freed; /* tables that they emptied */
	struct soft_queue queues[SOFT_QUEUES];
};

struct soft {
	struct dmavec_iova *iova;
	struct dmavec_pt *pt;
	struct dmavec_sim_iommu *iommu;
	struct dmavec_window *memory; /* sorted by cpu */
	uint32_t nmemory;             /* 0: process addresses */
	uint32_t bounce_given;
	struct dmavec_window bounce; /* len 0: none */
	uint64_t dry_next;           /* first address that no arena of a dry space has */
	uint64_t granule;
	uint64_t phys_last; /* what an entry of the tables can hold */
	dmavec_dma_t first, last;
	pthread_mutex_t table_lock; /* every change of the page tables */
	struct soft_lazy lazy;
};

/* Starts strict; `on` and `queueing` make it lazy. */
void soft_lazy_open(struct soft *soft, const struct dmavec_soft_opts *opts);
/* No address or table is given back one by one: what they belong to goes as a whole. */
void soft_lazy_close(struct soft *soft);

/* Unmap, and leave the invalidation to a later flush. False: the space is strict now, and nothing was done. */
bool soft_lazy_unlink(struct soft *soft, dmavec_dma_t dma, uint64_t len, int *err);
/* Give the addresses back once they are invalidated. */
int soft_lazy_release(struct soft *soft, dmavec_dma_t dma, uint64_t len);
/* Invalidate what waits, and give it all back. */
void soft_lazy_flush(struct soft *soft);
/*
 * What waits may be what a call is missing. Where more is true, something was given back since `seen` was read before
 * the call, by this flush or by another thread's, and to try again makes sense.
 */
unsigned long soft_lazy_given(struct soft *soft);
bool soft_lazy_more(struct soft *soft, unsigned long seen);
/* Flush where something has waited for too long. */
void soft_lazy_poll(struct soft *soft);
/* From now on nothing is put off. */
void soft_lazy_end(struct soft *soft);

#endif
