/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What all of core computes with. iova/ and pagetable/ use nothing else from outside their folders but host.h. */
#ifndef DMAVEC_CORE_BASIC_H
#define DMAVEC_CORE_BASIC_H

#include "host.h"

static inline uint64_t core_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t core_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The low bits: offset in a power of two. */
static inline uint64_t core_low(uint64_t value, uint64_t pow2)
{
	return value & (pow2 - 1);
}

static inline uint64_t core_down(uint64_t value, uint64_t pow2)
{
	return value & ~(pow2 - 1);
}

static inline uint64_t core_up(uint64_t value, uint64_t pow2)
{
	return (value + pow2 - 1) & ~(pow2 - 1);
}

static inline bool core_pow2_or_0(uint64_t value)
{
	return !(value & (value - 1));
}

/* Does [addr, addr + len) leave the address space? len is not 0; ending exactly at its top is fine. */
static inline bool core_wraps(uint64_t addr, uint64_t len)
{
	return len - 1 > UINT64_MAX - addr;
}

/* Copy a struct that starts with its size: what the caller does not know counts as zero; -EINVAL: a tail unknown here. */
int core_copy_sized(void *known, size_t known_size, const void *given, size_t given_size);

#endif
