/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _GNU_SOURCE
#include "host.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *host_alloc(size_t len)
{
	size_t line = HOST_CACHE_LINE;
	void *mem;

	if (len < line)
		return calloc(1, len);
	if (len > SIZE_MAX - line)
		return NULL;
	mem = aligned_alloc(line, (len + line - 1) & ~(line - 1));
	return mem ? memset(mem, 0, len) : NULL;
}

void host_free(void *mem, size_t len)
{
	(void)len;
	free(mem);
}

/* mmap aligns to a page; a stronger alignment is cut out of a longer mapping. */
void *host_pages_alloc(size_t len, size_t align)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), more = align > page ? align - page : 0;
	size_t head, tail;
	char *mem;

	if (!len || len > SIZE_MAX - more)
		return NULL;
	mem = mmap(NULL, len + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	head = more ? -(uintptr_t)mem & (align - 1) : 0;
	tail = more - head;
	if (head)
		munmap(mem, head);
	if (tail)
		munmap(mem + head + len, tail);
	return mem + head;
}

void host_pages_free(void *mem, size_t len)
{
	if (mem)
		munmap(mem, len);
}

unsigned int host_slot(void)
{
	static unsigned int next;
	static __thread unsigned int mine; /* one more than the slot, 0: none yet */

	if (host_unlikely(!mine))
		mine = (__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) & (HOST_SLOTS - 1)) + 1;
	return mine - 1;
}

uint64_t host_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void host_yield(void)
{
	sched_yield();
}

/*
 * Sections are short: spin a little, then sleep. A sleeper leaves 2 in the word, so that whoever unlocks wakes one; the
 * one that wakes takes the lock as 2 again, since others may still sleep.
 */
void host_lock_slow(struct host_lock *lock)
{
	int spin;

	for (spin = 0; spin < 100; spin++)
		if (!__atomic_load_n(&lock->word, __ATOMIC_RELAXED) && host_trylock(lock))
			return;
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

void host_unlock_slow(struct host_lock *lock)
{
	syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
