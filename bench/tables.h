/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who is asked for registered memory: each in its own file, all with the same regions and the same hits. */
#ifndef DMAVEC_BENCH_TABLES_H
#define DMAVEC_BENCH_TABLES_H

#include <stdint.h>

#define HIT_LEN 4096u

/* Region i is the len bytes at first + i * stride: address space that is there, and that nobody touches. */
struct regions {
	uint64_t first, stride, len;
	uint32_t n;
};

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
