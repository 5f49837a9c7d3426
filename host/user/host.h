/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The ground in user space: the one header that core/ needs beside the public ones. host/linux has the same names.
 *
 * Core is built freestanding too, so that this header declares and inlines only what the compiler itself gives; the rest
 * is in host.c.
 */
#ifndef DMAVEC_HOST_H
#define DMAVEC_HOST_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HOST_CACHE_LINE 64u
#define HOST_SLOTS      64u /* how many values host_slot() has; a power of two */

#define host_likely(x)   __builtin_expect(!!(x), 1)
#define host_unlikely(x) __builtin_expect(!!(x), 0)

/* The compiler keeps the variable as it was computed, rather than computing what comes of it from the parts again. */
#define host_keep(variable) __asm__("" : "+r"(variable))

/* Memory for bookkeeping: zeroed, aligned for any type and to a cache line from 64 bytes on. NULL: none. */
void *host_alloc(size_t len);
void host_free(void *mem, size_t len);
/* Whole pages, zeroed when first touched, for large tables and for data: len and align are multiples of a page. */
void *host_pages_alloc(size_t len, size_t align);
void host_pages_free(void *mem, size_t len);

/* A small number, below HOST_SLOTS, that threads running at the same time mostly do not share. */
unsigned int host_slot(void);

/* Milliseconds since some time in the past, never going back. */
uint64_t host_now_ms(void);

/* Let others run for a moment: for a loop that waits without a lock. */
void host_yield(void);

/* A lock for short sections; all-zero is unlocked. */
struct host_lock {
	uint32_t word;
};
void host_lock_slow(struct host_lock *lock);

static inline void host_lock(struct host_lock *lock)
{
	uint32_t unlocked = 0;

	if (host_unlikely(!__atomic_compare_exchange_n(&lock->word, &unlocked, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		host_lock_slow(lock);
}

static inline bool host_trylock(struct host_lock *lock)
{
	uint32_t unlocked = 0;

	return __atomic_compare_exchange_n(&lock->word, &unlocked, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* 1: held, 2: held and waited for. */
void host_unlock_slow(struct host_lock *lock);

static inline void host_unlock(struct host_lock *lock)
{
	if (host_unlikely(__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2))
		host_unlock_slow(lock);
}

/* Copy bytes between library memory and CPU-side addresses. */
static inline void host_copy_from(void *to, uint64_t cpu, size_t len)
{
	memcpy(to, (const void *)(uintptr_t)cpu, len);
}

static inline void host_copy_to(uint64_t cpu, const void *from, size_t len)
{
	memcpy((void *)(uintptr_t)cpu, from, len);
}

#endif
