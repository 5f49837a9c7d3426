/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The ground as a small kernel brings it that takes iova/ and pagetable/ and nothing else: no more than these two need.
 * Such a kernel has its own numbers for errors and its own memcpy; here the compiler's libc lends them.
 */
#ifndef DMAVEC_HOST_H
#define DMAVEC_HOST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HOST_CACHE_LINE 64u
#define HOST_SLOTS      4u /* it has so many processors */

#define host_likely(x)   (x)
#define host_unlikely(x) (x)

void *host_alloc(size_t len);
void host_free(void *mem, size_t len);
void *host_pages_alloc(size_t len, size_t align);
void host_pages_free(void *mem, size_t len);
unsigned int host_slot(void);
void host_yield(void);

struct host_lock {
	bool held;
};
void host_lock(struct host_lock *lock);
void host_unlock(struct host_lock *lock);

#endif
