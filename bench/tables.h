/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who is asked for registered memory: each in its own file, all with the same regions and the same hits. */
#ifndef DMAVEC_BENCH_TABLES_H
#define DMAVEC_BENCH_TABLES_H

#include <stdint.h>

#define HIT_LEN 4096u

/*
 * Address space that is there, and that nobody touches: region i has len bytes and is alone in the i-th stride. Where in
 * it: at the beginning, or at one of its first odd pages. The second half of the regions stands so far beyond the first.
 */
struct regions {
	uint64_t first, stride, len, far;
	uint32_t n, odd_pages; /* to choose from; 0: at the beginning */
};

uint64_t region_at(const struct regions *regions, uint32_t i);

struct table {
	const char *library, *name;
	double target;                 /* see struct side */
	const char *(*absent)(void);   /* why it cannot be measured, or NULL; may be NULL itself */
	void (*open)(const struct regions *regions);
	/* Asks for HIT_LEN bytes at each address; returns how many were found. May run in two threads. */
	uint32_t (*look_up)(const uint64_t *addrs, uint32_t n);
	void (*close)(void);
};

extern const struct table ucx_pgtable, ucx_rcache, fabric_table;

#endif
