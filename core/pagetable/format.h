/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the walker needs to know of a page table format: constants only, so that one walker serves all of them.
 *
 * Every format has tables of 512 entries of 8 bytes, level 1 the lowest, and an entry of 0 that is not present. The
 * bits that make an entry present lie in its low half: a 32-bit host that cannot store 64 bits at once relies on it.
 */
#ifndef PT_FORMAT_H
#define PT_FORMAT_H

#include "host.h"

#define PT_LEVELS_MAX 5u
#define PT_PAGE_SHIFT 12u
#define PT_PAGE       (1ull << PT_PAGE_SHIFT)
#define PT_INDEX_BITS 9u
#define PT_ENTRIES    (1u << PT_INDEX_BITS)

/* An entry grants something where entry & mask == value. */
struct pt_grant {
	uint64_t mask, value;
};

struct pt_format {
	const char *name;
	uint32_t levels;      /* the root's level */
	uint32_t leaf_levels; /* leaves stand at levels 1 .. leaf_levels */
	uint32_t addr_bits;   /* width of the device addresses that it translates */
	uint32_t pa_shift;    /* how far an entry shifts the physical address to the right */
	uint64_t pa_mask;     /* physical addresses that an entry can hold */
	uint64_t leaf[PT_LEVELS_MAX + 1];  /* by level: fixed bits of a leaf there */
	uint64_t table[PT_LEVELS_MAX + 1]; /* by level: fixed bits of a pointer there to a table one level below */
	uint64_t how[8];                   /* by DMAVEC_LINK_READ | _WRITE | _MMIO: bits of a leaf */
	struct pt_grant read, write;
};

#endif
