/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Process memory whose own address a device can use: for identity spaces, where a device address is the process's.
 */
#ifndef DMAVEC_SPACES_LOWMEM_H
#define DMAVEC_SPACES_LOWMEM_H

#include <stddef.h>
#include <stdint.h>

/*
 * len bytes, a multiple of the page, zeroed, on a multiple of align within [first, last]. NULL: none. Freed by
 * munmap.
 */
void *lowmem_map(size_t len, uint64_t align, uint64_t first, uint64_t last);

#endif
