/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* 256 scattered pages: without an IOMMU beside a copy of the range array, with one beside the entries' bare stores. */
#include "bench.h"

#include <dmavec/space.h>

#include <stdlib.h>
#include <sys/mman.h>

#define PAGES 256u
#define PAGE  4096u
#define MAPS  16u  /* held at a time: map and unmap are timed apart */
#define TURNS 63u

struct maps {
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_range ranges[MAPS][PAGES];
	struct dmavec_seg segs[MAPS][PAGES];
	struct dmavec_map map[MAPS];
	struct dmavec_range copied[PAGES];
	uint64_t entries[MAPS][512];
	double map_ns, unmap_ns; /* of the last round */
};

static struct maps all;
static unsigned char *memory;

/* Every second page, in random order, so that no two ranges are neighbours. */
static void scatter(struct maps *m)
{
	static uint32_t order[MAPS * PAGES];
	uint64_t state = 7;
	uint32_t i, k, swap, total = MAPS * PAGES;

	memory = mmap(NULL, (size_t)total * 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	              -1, 0);
	bench_must(memory != MAP_FAILED, "mmap");
	for (i = 0; i < total; i++)
		order[i] = i;
	for (i = total - 1; i > 0; i--) {
		k = (uint32_t)(bench_random(&state) % (i + 1));
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < total; i++) {
		m->ranges[i / PAGES][i % PAGES].addr = dmavec_cpu(memory) + (uint64_t)order[i] * 2 * PAGE;
		m->ranges[i / PAGES][i % PAGES].len = PAGE;
	}
	for (i = 0; i < MAPS; i++)
		m->map[i] = (struct dmavec_map)DMAVEC_MAP_INIT(m->segs[i], PAGES);
}

/* ns for one mapping: the median over turns, each over MAPS of them. */
static double per_mapping(double *took)
{
	return bench_median(took, TURNS) / MAPS;
}

static double map_unmap(void *ctx)
{
	struct maps *m = ctx;
	double took[TURNS], start;
	unsigned int turn, i;
	int rc = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < MAPS; i++) {
			rc |= dmavec_map(m->dev, &m->map[i], m->ranges[i], PAGES, DMAVEC_TO_DEVICE, 0);
			rc |= dmavec_unmap(m->dev, &m->map[i], 0);
		}
		took[turn] = bench_now() - start;
	}
	bench_must(!rc, "dmavec_map");
	return per_mapping(took);
}

static double bare_copy(void *ctx)
{
	struct maps *m = ctx;
	double took[TURNS], start;
	unsigned int turn, i, k;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < MAPS; i++) {
			for (k = 0; k < PAGES; k++)
				m->copied[k] = m->ranges[i][k];
			bench_barrier();
		}
		took[turn] = bench_now() - start;
	}
	return per_mapping(took);
}

static void time_both(struct maps *m)
{
	double map_took[TURNS], unmap_took[TURNS], start, middle;
	unsigned int turn, i;
	int rc = 0;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < MAPS; i++)
			rc |= dmavec_map(m->dev, &m->map[i], m->ranges[i], PAGES, DMAVEC_TO_DEVICE, 0);
		middle = bench_now();
		for (i = 0; i < MAPS; i++)
			rc |= dmavec_unmap(m->dev, &m->map[i], 0);
		map_took[turn] = middle - start;
		unmap_took[turn] = bench_now() - middle;
	}
	bench_must(!rc, "dmavec_map");
	m->map_ns = per_mapping(map_took);
	m->unmap_ns = per_mapping(unmap_took);
}

static double soft_map(void *ctx)
{
	time_both(ctx);
	return ((struct maps *)ctx)->map_ns;
}

static double soft_unmap(void *ctx)
{
	time_both(ctx);
	return ((struct maps *)ctx)->unmap_ns;
}

/* A page table entry is one aligned store that hardware may see at any time: the compiler must not widen it. */
static double bare_entries(void *ctx)
{
	struct maps *m = ctx;
	double took[TURNS], start;
	unsigned int turn, i, k;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < MAPS; i++)
			for (k = 0; k < PAGES; k++)
				__atomic_store_n(&m->entries[i][k], m->ranges[i][k].addr | 1, __ATOMIC_RELAXED);
		took[turn] = bench_now() - start;
	}
	return per_mapping(took);
}

static double bare_zeros(void *ctx)
{
	struct maps *m = ctx;
	double took[TURNS], start;
	unsigned int turn, i, k;

	for (turn = 0; turn < TURNS; turn++) {
		start = bench_now();
		for (i = 0; i < MAPS; i++)
			for (k = 0; k < PAGES; k++)
				__atomic_store_n(&m->entries[i][k], 0, __ATOMIC_RELAXED);
		took[turn] = bench_now() - start;
	}
	return per_mapping(took);
}

static void direct_rows(void)
{
	struct row row = { "direct, 256 x 4 KiB: map + unmap", "a copy of the range array", 6, map_unmap, bare_copy, &all };

	bench_must(!dmavec_space_direct(&all.space, NULL) && !dmavec_dev_open(&all.dev, all.space, NULL, 0), "opening");
	bench_row(&row);
	bench_must(!dmavec_dev_close(all.dev) && !dmavec_space_close(all.space), "closing");
}

static void soft_rows(int lazy)
{
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .lazy = lazy };
	struct row map = { "soft strict, 256 x 4 KiB scattered: map", "256 stores from the array", 6, soft_map,
		           bare_entries, &all };
	struct row unmap = { "soft strict, 256 x 4 KiB scattered: unmap", "256 stores of 0", 6, soft_unmap, bare_zeros,
		             &all };

	if (lazy) {
		map.what = "soft lazy, 256 x 4 KiB scattered: map";
		unmap.what = "soft lazy, 256 x 4 KiB scattered: unmap";
	}
	bench_must(!dmavec_space_soft(&all.space, &opts) && !dmavec_dev_open(&all.dev, all.space, NULL, 0), "opening");
	bench_row(&map);
	bench_row(&unmap);
	bench_must(!dmavec_dev_close(all.dev) && !dmavec_space_close(all.space), "closing");
}

void bench_maps(void)
{
	bench_title("mappings, ns for all 256 ranges");
	scatter(&all);
	direct_rows();
	soft_rows(1);
	soft_rows(0);
	munmap(memory, (size_t)MAPS * PAGES * 2 * PAGE);
}
