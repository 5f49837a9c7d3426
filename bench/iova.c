/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The allocator of device addresses alone: as a ring has it, a few hundred live, the oldest freed for each new one. */
#include "bench.h"

#include <dmavec/iova.h>

#include <stdio.h>

#define LIVE  256u
#define STEPS 2048u
#define TURNS 15u

struct ring {
	struct dmavec_iova *iova;
	uint64_t len;
	dmavec_dma_t live[LIVE];
};

static int take(struct ring *r, unsigned int slot)
{
	struct dmavec_reserve want = { .len = r->len, .align = 4096, .first = 0x1000, .last = ((uint64_t)1 << 48) - 1 };

	return dmavec_iova_alloc(r->iova, &want, &r->live[slot]);
}

static double turn_ring(void *ctx)
{
	struct ring *r = ctx;
	double took[TURNS], start;
	unsigned int turn, i, slot;
	int rc = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < STEPS; i++) {
			slot = i & (LIVE - 1);
			rc |= dmavec_iova_free(r->iova, r->live[slot], r->len);
			rc |= take(r, slot);
		}
		took[turn] = (bench_now() - start) / STEPS;
	}
	bench_must(!rc, "dmavec_iova_alloc");
	return bench_median(took, TURNS);
}

void bench_iova(void)
{
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .first = 0x1000, .last = ((uint64_t)1 << 48) - 1 };
	static struct ring ring;
	struct row row = { .ours = turn_ring, .ctx = &ring };
	char name[64];
	unsigned int i;

	bench_title("device addresses, alloc + free");
	bench_must(!dmavec_iova_open(&ring.iova, &opts), "dmavec_iova_open");
	for (ring.len = 4096; ring.len <= 16u << 20; ring.len *= 4) {
		for (i = 0; i < LIVE; i++)
			bench_must(!take(&ring, i), "dmavec_iova_alloc");
		snprintf(name, sizeof(name), "%llu KiB", (unsigned long long)ring.len >> 10);
		row.what = name;
		bench_row(&row);
		for (i = 0; i < LIVE; i++)
			bench_must(!dmavec_iova_free(ring.iova, ring.live[i], ring.len), "dmavec_iova_free");
	}
	dmavec_iova_close(ring.iova);
}
