/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The allocator of device addresses alone: as a ring has it, a few hundred live, the oldest freed for each new one. Beside
 * it the least that any cache of freed addresses does: push the old one on a stack, pop the new one.
 */
#include "bench.h"

#include <dmavec/iova.h>

#include <stdio.h>

#define LIVE  256u
#define STEPS 4096u

struct ring {
	struct dmavec_iova *iova;
	uint64_t len;
	dmavec_dma_t live[LIVE];
	dmavec_dma_t stack[LIVE];
	uint32_t depth;
};

static int take(struct ring *r, unsigned int slot)
{
	struct dmavec_reserve want = { .len = r->len, .align = 4096, .first = 0x1000, .last = ((uint64_t)1 << 48) - 1 };

	return dmavec_iova_alloc(r->iova, &want, &r->live[slot]);
}

static double free_alloc(void *ctx)
{
	struct ring *r = ctx;
	double start = bench_now();
	unsigned int i, slot;
	int rc = 0;

	for (i = 0; i < STEPS; i++) {
		slot = i & (LIVE - 1);
		rc |= dmavec_iova_free(r->iova, r->live[slot], r->len);
		rc |= take(r, slot);
	}
	bench_must(!rc, "dmavec_iova_alloc");
	return (bench_now() - start) / STEPS;
}

static double push_pop(void *ctx)
{
	struct ring *r = ctx;
	double start = bench_now();
	unsigned int i, slot;

	for (i = 0; i < STEPS; i++) {
		slot = i & (LIVE - 1);
		r->stack[r->depth++] = r->live[slot];
		bench_barrier();
		r->live[slot] = r->stack[--r->depth];
		bench_barrier();
	}
	return (bench_now() - start) / STEPS;
}

void bench_iova(void)
{
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .first = 0x1000, .last = ((uint64_t)1 << 48) - 1 };
	static struct ring ring;
	struct row row = { .part = "iova", .unit = "ns", .nsides = 2 };
	char name[64];
	unsigned int i;

	bench_must(!dmavec_iova_open(&ring.iova, &opts), "dmavec_iova_open");
	row.what = name;
	row.side[0] = (struct side){ "dmavec", free_alloc, &ring, 0 };
	row.side[1] = (struct side){ "a push and a pop", push_pop, &ring, 0 };
	for (ring.len = 4096; ring.len <= 16u << 20; ring.len *= 4) {
		for (i = 0; i < LIVE; i++)
			bench_must(!take(&ring, i), "dmavec_iova_alloc");
		snprintf(name, sizeof(name), "alloc + free of %llu KiB", (unsigned long long)ring.len >> 10);
		bench_row(&row);
		for (i = 0; i < LIVE; i++)
			bench_must(!dmavec_iova_free(ring.iova, ring.live[i], ring.len), "dmavec_iova_free");
	}
	dmavec_iova_close(ring.iova);
}
