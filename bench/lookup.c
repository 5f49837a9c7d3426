/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Look-ups of registered memory: N regions of 64 KiB with holes between, random hits, one thread and two. */
#include "bench.h"

#include <dmavec/space.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define REGION  65536u
#define STRIDE  (3u * REGION)
#define BASE    ((uint64_t)1 << 33)
#define HITS    16384u
#define TURNS   9u /* over all hits, a round */

struct lookups {
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	uint64_t hits[HITS];
	struct dmavec_seg seg;
};

static struct lookups all;

/* Nobody reads the memory, so that it need not exist: the direct space goes by addresses. */
static void register_regions(struct lookups *l, uint32_t n)
{
	uint64_t state = n;
	uint32_t i;

	bench_must(!dmavec_space_direct(&l->space, NULL) && !dmavec_dev_open(&l->dev, l->space, NULL, 0), "opening");
	for (i = 0; i < n; i++)
		bench_must(!dmavec_register(l->space, BASE + (uint64_t)i * STRIDE, REGION, 0), "dmavec_register");
	for (i = 0; i < HITS; i++)
		l->hits[i] = BASE + bench_random(&state) % n * STRIDE + (bench_random(&state) & (REGION / 2 - 1));
}

static void close_all(struct lookups *l)
{
	bench_must(!dmavec_dev_close(l->dev) && !dmavec_space_close(l->space), "closing");
}

static double look_up(void *ctx)
{
	struct lookups *l = ctx;
	dmavec_dma_t dma, sum = 0;
	double took[TURNS], start;
	unsigned int turn, i;
	int rc = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < HITS; i++) {
			rc |= dmavec_lookup(l->dev, l->hits[i], 4096, DMAVEC_TO_DEVICE, &dma);
			sum += dma;
		}
		took[turn] = (bench_now() - start) / HITS;
	}
	bench_use(sum);
	bench_must(!rc, "dmavec_lookup");
	return bench_median(took, TURNS);
}

static double bare_loop(void *ctx)
{
	struct lookups *l = ctx;
	double took[TURNS], start;
	unsigned int turn, i;
	uint64_t sum = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < HITS; i++) {
			sum += l->hits[i];
			bench_use(sum);
		}
		took[turn] = (bench_now() - start) / HITS;
	}
	return bench_median(took, TURNS);
}

static void *other_thread(void *ctx)
{
	double *took = malloc(sizeof(*took));

	if (took)
		*took = look_up(ctx);
	return took;
}

/* The mean of two threads that run at the same time. */
static double two_threads(void *ctx)
{
	pthread_t other;
	double mine, theirs;
	void *took;

	bench_must(!pthread_create(&other, NULL, other_thread, ctx), "pthread_create");
	mine = look_up(ctx);
	bench_must(!pthread_join(other, &took) && took, "pthread_join");
	theirs = *(double *)took;
	free(took);
	return (mine + theirs) / 2;
}

static double map_one(void *ctx)
{
	struct lookups *l = ctx;
	struct dmavec_map map = DMAVEC_MAP_INIT(&l->seg, 1);
	struct dmavec_range range = { 0, 4096 };
	double took[TURNS], start;
	unsigned int turn, i;
	int rc = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < HITS; i++) {
			range.addr = l->hits[i];
			rc |= dmavec_map(l->dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0);
			bench_use(l->seg.addr);
			rc |= dmavec_unmap(l->dev, &map, 0);
		}
		took[turn] = (bench_now() - start) / HITS;
	}
	bench_must(!rc, "dmavec_map");
	return bench_median(took, TURNS);
}

static void map_registered_direct(void)
{
	struct row row = { "map + unmap one of 1024 regions, direct", "dmavec_lookup", 2.5, map_one, look_up, &all };

	register_regions(&all, 1024);
	bench_row(&row);
	close_all(&all);
}

/* In an IOMMU space the memory is linked, hence must exist. */
static void map_registered_soft(void)
{
	static unsigned char memory[65 * REGION];
	struct row row = { "map + unmap one of 64 regions, soft", "dmavec_lookup", 2.5, map_one, look_up, &all };
	uint64_t state = 1, base = (dmavec_cpu(memory) + REGION - 1) & ~(uint64_t)(REGION - 1);
	uint32_t i;

	bench_must(!dmavec_space_soft(&all.space, NULL) && !dmavec_dev_open(&all.dev, all.space, NULL, 0), "opening");
	for (i = 0; i < 64; i++)
		bench_must(!dmavec_register(all.space, base + (uint64_t)i * REGION, REGION, 0), "dmavec_register");
	for (i = 0; i < HITS; i++)
		all.hits[i] = base + bench_random(&state) % 64 * REGION + (bench_random(&state) & (REGION / 2 - 1));
	bench_row(&row);
	close_all(&all);
}

void bench_lookups(void)
{
	static const uint32_t sizes[] = { 1, 1024, 16384, 131072 };
	struct row one = { NULL, "reading the addresses", 0, look_up, bare_loop, &all };
	struct row two = { NULL, "one thread", 1.1, two_threads, look_up, &all };
	char name[2][64];
	size_t i;

	bench_title("look-up of a registered region");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		register_regions(&all, sizes[i]);
		snprintf(name[0], sizeof(name[0]), "N = %u", sizes[i]);
		snprintf(name[1], sizeof(name[1]), "N = %u, each of two threads", sizes[i]);
		one.what = name[0];
		two.what = name[1];
		bench_row(&one);
		bench_row(&two);
		close_all(&all);
	}
	map_registered_direct();
	map_registered_soft();
}
