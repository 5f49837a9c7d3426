/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A part for emulators and small kernels: the allocator of device addresses.
 *
 * It hands out runs of device addresses of any size, top-down or bottom-up, aligned, within a window that each request
 * names, around reserved holes. Frequent sizes come from per-thread caches; the rest from a tree of free runs, in
 * O(log n). It needs no memory once warmed up. All functions but close may be called from all threads at once.
 *
 * libdmavec.a is one object, whole or not at all. Who wants no more than this part compiles core/iova/ and core/basic.c
 * against a host.h of his own: host/README.md says what that needs.
 */
#ifndef DMAVEC_IOVA_H
#define DMAVEC_IOVA_H

#include <dmavec/space.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmavec_iova;

struct dmavec_iova_opts {
	size_t size;
	uint64_t granule;         /* power of two; 0: 4096. Every length and address is a multiple */
	dmavec_dma_t first, last; /* all that can ever be given, inclusive; rounded inwards to the granule */
	uint32_t bottom_up;       /* not 0: lowest addresses first */
	uint32_t guard;           /* not 0: a granule behind each allocation stays free */
	/*
	 * Memory for bookkeeping, zeroed, aligned for any type; both NULL: the host's. There is no other: what *iova
	 * points to comes from here too. mem_alloc returns NULL if there is no more. It runs under a lock of this
	 * allocator, which it must not call, on any thread that is in alloc, take or free. All is kept until close, and
	 * mem_free is called then, with the length that was asked for; a failed open has given back what it got.
	 *
	 * The pieces, as a host of 64 bits asks for them, and what comes of a refusal:
	 *   - three in open, some 6 KiB together: open is -ENOMEM;
	 *   - 64 bytes for each run that is out or cached, and for each gap between them, as far as there were never so
	 *     many before: 8, 16, 32 KiB, then always 64 KiB. That alloc or take is -ENOMEM; the next one asks again;
	 *   - a table of 8 bytes a place, when more runs are out or cached than the one before has places: 1 KiB beyond
	 *     64 runs, and so on, doubled, in one piece however long: 2 MiB beyond 131,072. Nothing fails. Runs share
	 *     places, and finding one costs a step more for each that shares its own; it is asked for again when there
	 *     are twice as many runs as the last time. Whoever has no more than 64 KiB in one piece pays from 8,192 runs
	 *     on, little up to some 200,000, where it is twice the time;
	 *   - 6 KiB for each thread that frees, up to 64 of them, and once for all: that free goes without a cache, and
	 *     the next one asks again.
	 */
	void *(*mem_alloc)(void *mem_ctx, size_t len);
	void (*mem_free)(void *mem_ctx, void *mem, size_t len);
	void *mem_ctx;
};

/* -EINVAL: opts are NULL, contradict each other, or leave no granule between first and last; -ENOMEM. */
DMAVEC_MUST_CHECK int dmavec_iova_open(struct dmavec_iova **iova, const struct dmavec_iova_opts *opts);
/* Whatever is still taken. No other thread is in a call. NULL: nothing. */
void dmavec_iova_close(struct dmavec_iova *iova);

/* Take want->len bytes (rounded up to the granule) as want says. -ENOSPC; -ENOMEM; -EINVAL: a request that contradicts
 * itself. On failure nothing is taken. */
DMAVEC_MUST_CHECK int dmavec_iova_alloc(struct dmavec_iova *iova, const struct dmavec_reserve *want, dmavec_dma_t *dma);

/* Take exactly these addresses (holes, fixed placements). -EEXIST: not all of them are free, or they are not all between
 * first and last; -ENOMEM; -EINVAL. */
DMAVEC_MUST_CHECK int dmavec_iova_take(struct dmavec_iova *iova, dmavec_dma_t dma, uint64_t len);

/* Give back what alloc or take gave, whole, with the length it was asked with. -EINVAL: it is free already, or was never
 * given so; nothing changes then. Without memory for a cache it does without one. */
int dmavec_iova_free(struct dmavec_iova *iova, dmavec_dma_t dma, uint64_t len);

/* Bytes taken now, guard granules and what the caches hold left out. */
uint64_t dmavec_iova_taken(struct dmavec_iova *iova);

#ifdef __cplusplus
}
#endif
#endif
