/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The host of this program: it counts memory, and refuses it when asked to. */
#include <sched.h>
#include <sys/mman.h>

#include "common.h"
#include "host.h"

uint64_t allocs_left = ALL, bytes_held;

static bool refuse(void)
{
	return allocs_left == ALL ? false : allocs_left ? !allocs_left-- : true;
}

void *host_alloc(size_t len)
{
	void *mem = refuse() ? NULL : calloc(1, len);

	bytes_held += mem ? len : 0;
	return mem;
}

void host_free(void *mem, size_t len)
{
	bytes_held -= mem ? len : 0;
	free(mem);
}

void *host_pages_alloc(size_t len, size_t align)
{
	char *mem, *at;

	if (refuse())
		return NULL;
	mem = mmap(NULL, len + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	at = (char *)(((uintptr_t)mem + align - 1) & ~(uintptr_t)(align - 1));
	if (at > mem)
		munmap(mem, (size_t)(at - mem));
	munmap(at + len, (size_t)(mem + align - at));
	bytes_held += len;
	return at;
}

void host_pages_free(void *mem, size_t len)
{
	if (mem) {
		bytes_held -= len;
		munmap(mem, len);
	}
}

void host_lock_slow(struct host_lock *lock)
{
	while (!host_trylock(lock))
		sched_yield();
}

void host_unlock_slow(struct host_lock *lock)
{
	(void)lock;
}
