/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lazy invalidation. An unlink clears entries and marks the space dirty; the release that follows puts the addresses on
 * its thread's queue. A flush takes out what all queues and the list of emptied tables hold, then invalidates once, and
 * only then frees: whatever it took was unlinked before it was queued, so that the invalidation covers it.
 *
 * A space that nothing made dirty since the last invalidation has none to do: what is queued then was covered by that
 * one or, where the unlink was strict, by its own.
 */
#define _GNU_SOURCE
#include "soft.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define SOFT_COUNT     256u
#define SOFT_COUNT_MAX 65536u /* more only makes a flush long */
#define SOFT_MS        10u

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct soft_queue *my_queue(struct soft_lazy *lazy)
{
	static unsigned int next;
	static __thread unsigned int mine; /* one more than the number, 0: none yet */

	if (!mine)
		mine = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % SOFT_QUEUES + 1;
	return &lazy->queues[mine - 1];
}

void soft_lazy_open(struct soft *soft, const struct dmavec_soft_opts *opts)
{
	struct soft_lazy *lazy = &soft->lazy;
	struct timespec tick = { 0, 0 };
	unsigned int i;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	lazy->tick_ms = (uint64_t)(tick.tv_nsec + 999999) / 1000000 + 1;
	lazy->flush_count = opts->flush_count ? opts->flush_count : SOFT_COUNT;
	if (lazy->flush_count > SOFT_COUNT_MAX)
		lazy->flush_count = SOFT_COUNT_MAX;
	lazy->flush_ms = opts->flush_ms ? opts->flush_ms : SOFT_MS;
	lazy->on = lazy->queueing = opts->lazy;
	pthread_mutex_init(&lazy->flush_lock, NULL);
	for (i = 0; i < SOFT_QUEUES; i++)
		pthread_mutex_init(&lazy->queues[i].lock, NULL);
}

void soft_lazy_close(struct soft *soft)
{
	struct soft_lazy *lazy = &soft->lazy;
	unsigned int i;

	for (i = 0; i < SOFT_QUEUES; i++) {
		free(lazy->queues[i].live);
		free(lazy->queues[i].spare);
		pthread_mutex_destroy(&lazy->queues[i].lock);
	}
	pthread_mutex_destroy(&lazy->flush_lock);
}

bool soft_lazy_unlink(struct soft *soft, dmavec_dma_t dma, uint64_t len, int *err)
{
	struct soft_lazy *lazy = &soft->lazy;
	bool on;

	pthread_mutex_lock(&soft->table_lock);
	on = lazy->on;
	if (on) {
		*err = dmavec_pt_unmap(soft->pt, dma, len, &lazy->freed);
		lazy->dirty = true;
	}
	pthread_mutex_unlock(&soft->table_lock);
	return on;
}

/* The live array becomes the spare one; what an earlier flush could not free comes back. */
static void queue_take(struct soft_queue *queue)
{
	struct dmavec_range *live;
	uint32_t count;

	pthread_mutex_lock(&queue->lock);
	live = queue->live;
	count = queue->count;
	queue->live = queue->spare;
	queue->count = queue->taken;
	queue->spare = live;
	queue->taken = count;
	pthread_mutex_unlock(&queue->lock);
}

/* Did it free any? */
static bool queue_free(struct soft *soft, struct soft_queue *queue)
{
	uint32_t i, kept = 0, taken = queue->taken;

	for (i = 0; i < taken; i++)
		if (dmavec_iova_free(soft->iova, queue->spare[i].addr, queue->spare[i].len))
			queue->spare[kept++] = queue->spare[i];
	queue->taken = kept;
	return kept < taken;
}

/* Under flush_lock. */
static void flush(struct soft *soft)
{
	struct soft_lazy *lazy = &soft->lazy;
	struct dmavec_pt_freed freed;
	bool dirty, gave = false;
	unsigned int i;

	/* before the queues are taken: who queues after that finds 0, and sets it anew */
	__atomic_store_n(&lazy->deadline, 0, __ATOMIC_RELAXED);
	for (i = 0; i < SOFT_QUEUES; i++)
		if (__atomic_load_n(&lazy->queues[i].live, __ATOMIC_RELAXED))
			queue_take(&lazy->queues[i]);
	pthread_mutex_lock(&soft->table_lock);
	dirty = lazy->dirty;
	freed = lazy->freed;
	lazy->dirty = false;
	lazy->freed = (struct dmavec_pt_freed){ NULL, NULL };
	pthread_mutex_unlock(&soft->table_lock);
	if (dirty)
		dmavec_sim_iommu_invalidate_all(soft->iommu);
	for (i = 0; i < SOFT_QUEUES; i++)
		gave |= queue_free(soft, &lazy->queues[i]);
	if (freed.head) {
		gave = true;
		pthread_mutex_lock(&soft->table_lock);
		dmavec_pt_recycle(soft->pt, &freed);
		pthread_mutex_unlock(&soft->table_lock);
	}
	if (gave)
		__atomic_fetch_add(&lazy->given, 1, __ATOMIC_RELEASE);
}

void soft_lazy_flush(struct soft *soft)
{
	pthread_mutex_lock(&soft->lazy.flush_lock);
	flush(soft);
	pthread_mutex_unlock(&soft->lazy.flush_lock);
}

unsigned long soft_lazy_given(struct soft *soft)
{
	return __atomic_load_n(&soft->lazy.given, __ATOMIC_ACQUIRE);
}

bool soft_lazy_more(struct soft *soft, unsigned long seen)
{
	soft_lazy_flush(soft);
	return soft_lazy_given(soft) != seen;
}

/* The coarse clock is cheap and late by up to a tick: the other one is asked only where that matters. */
static bool is_due(const struct soft_lazy *lazy)
{
	uint64_t deadline = __atomic_load_n(&lazy->deadline, __ATOMIC_RELAXED), now;

	if (!deadline)
		return false;
	now = clock_ms(CLOCK_MONOTONIC_COARSE);
	if (now >= deadline || now + lazy->tick_ms < deadline)
		return now >= deadline;
	return clock_ms(CLOCK_MONOTONIC) >= deadline;
}

void soft_lazy_poll(struct soft *soft)
{
	if (!is_due(&soft->lazy))
		return;
	pthread_mutex_lock(&soft->lazy.flush_lock);
	if (is_due(&soft->lazy))
		flush(soft);
	pthread_mutex_unlock(&soft->lazy.flush_lock);
}

/* A full queue may have been emptied by another thread's flush meanwhile. */
static void flush_full(struct soft *soft, struct soft_queue *queue)
{
	pthread_mutex_lock(&soft->lazy.flush_lock);
	if (__atomic_load_n(&queue->count, __ATOMIC_RELAXED) >= soft->lazy.flush_count)
		flush(soft);
	pthread_mutex_unlock(&soft->lazy.flush_lock);
}

/* Both arrays, or none. */
static bool queue_ready(const struct soft_lazy *lazy, struct soft_queue *queue)
{
	struct dmavec_range *live;

	if (queue->live)
		return true;
	live = calloc(lazy->flush_count, sizeof(*live));
	queue->spare = live ? calloc(lazy->flush_count, sizeof(*live)) : NULL;
	if (!queue->spare) {
		free(live);
		return false;
	}
	__atomic_store_n(&queue->live, live, __ATOMIC_RELAXED);
	return true;
}

enum { NOT_QUEUED, QUEUED, QUEUED_LAST };

static int queue_add(struct soft_lazy *lazy, struct soft_queue *queue, dmavec_dma_t dma, uint64_t len)
{
	int state = NOT_QUEUED;

	pthread_mutex_lock(&queue->lock);
	if (__atomic_load_n(&lazy->queueing, __ATOMIC_RELAXED) && queue_ready(lazy, queue) &&
	    queue->count < lazy->flush_count) {
		queue->live[queue->count] = (struct dmavec_range){ dma, len };
		__atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_RELAXED);
		if (!__atomic_load_n(&lazy->deadline, __ATOMIC_RELAXED))
			__atomic_store_n(&lazy->deadline, clock_ms(CLOCK_MONOTONIC) + lazy->flush_ms, __ATOMIC_RELAXED);
		state = queue->count == lazy->flush_count ? QUEUED_LAST : QUEUED;
	}
	pthread_mutex_unlock(&queue->lock);
	return state;
}

int soft_lazy_release(struct soft *soft, dmavec_dma_t dma, uint64_t len)
{
	struct soft_lazy *lazy = &soft->lazy;
	struct soft_queue *queue;

	if (!__atomic_load_n(&lazy->queueing, __ATOMIC_ACQUIRE))
		return dmavec_iova_free(soft->iova, dma, len);
	queue = my_queue(lazy);
	switch (queue_add(lazy, queue, dma, len)) {
	case NOT_QUEUED: /* no memory, or full of what could not be freed: after a flush nothing need be put off */
		soft_lazy_flush(soft);
		return dmavec_iova_free(soft->iova, dma, len);
	case QUEUED_LAST:
		flush_full(soft, queue);
		return 0;
	default:
		soft_lazy_poll(soft);
		return 0;
	}
}

/*
 * First no unlink is put off any more, and the flush covers those that were; only then may a release go unqueued. One
 * that looked before may still have queued, and the last flush takes that out: both look under the queue's lock.
 */
void soft_lazy_end(struct soft *soft)
{
	pthread_mutex_lock(&soft->table_lock);
	soft->lazy.on = false;
	pthread_mutex_unlock(&soft->table_lock);
	soft_lazy_flush(soft);
	__atomic_store_n(&soft->lazy.queueing, false, __ATOMIC_RELEASE);
	soft_lazy_flush(soft);
}
