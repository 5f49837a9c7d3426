/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* 256 scattered pages: without an IOMMU beside a copy of the range array, with one beside the entries' bare stores. */
#include "bench.h"

#include <dmavec/space.h>

#include <sys/mman.h>

#define PAGES   256u
#define PAGE    4096u
#define MAPS    16u /* held at a time: map and unmap are timed apart */
#define REGION  65536u
#define REGIONS 1024u
#define HITS    16384u

struct maps {
	struct dmavec_space *space;
	struct dmavec_dev *dev;
	struct dmavec_range ranges[MAPS][PAGES];
	struct dmavec_seg segs[MAPS][PAGES];
	struct dmavec_map map[MAPS];
	struct dmavec_range copied[PAGES];
	uint64_t entries[MAPS][512];
	uint64_t hits[HITS];
};

static struct maps all;

/* Every second page, in random order, so that no two ranges are neighbours. */
static void scatter(struct maps *m, uint64_t memory)
{
	static uint32_t order[MAPS * PAGES];
	uint64_t state = 7;
	uint32_t i, k, swap, total = MAPS * PAGES;

	for (i = 0; i < total; i++)
		order[i] = i;
	for (i = total - 1; i > 0; i--) {
		k = (uint32_t)(bench_random(&state) % (i + 1));
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < total; i++) {
		m->ranges[i / PAGES][i % PAGES].addr = memory + (uint64_t)order[i] * 2 * PAGE;
		m->ranges[i / PAGES][i % PAGES].len = PAGE;
	}
	for (i = 0; i < MAPS; i++)
		m->map[i] = (struct dmavec_map)DMAVEC_MAP_INIT(m->segs[i], PAGES);
}

static double map_unmap(void *ctx)
{
	struct maps *m = ctx;
	double start = bench_now();
	unsigned int i;
	int rc = 0;

	for (i = 0; i < MAPS; i++) {
		rc |= dmavec_map(m->dev, &m->map[i], m->ranges[i], PAGES, DMAVEC_TO_DEVICE, 0);
		rc |= dmavec_unmap(m->dev, &m->map[i], 0);
	}
	bench_must(!rc, "dmavec_map");
	return (bench_now() - start) / MAPS;
}

static double bare_copy(void *ctx)
{
	struct maps *m = ctx;
	double start = bench_now();
	unsigned int i, k;

	for (i = 0; i < MAPS; i++) {
		for (k = 0; k < PAGES; k++)
			m->copied[k] = m->ranges[i][k];
		bench_barrier();
	}
	return (bench_now() - start) / MAPS;
}

/* Maps all and unmaps all; *middle is the time between. */
static void map_all_unmap_all(struct maps *m, double *middle)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < MAPS; i++)
		rc |= dmavec_map(m->dev, &m->map[i], m->ranges[i], PAGES, DMAVEC_TO_DEVICE, 0);
	*middle = bench_now();
	for (i = 0; i < MAPS; i++)
		rc |= dmavec_unmap(m->dev, &m->map[i], 0);
	bench_must(!rc, "dmavec_map");
}

static double map_only(void *ctx)
{
	double start = bench_now(), middle;

	map_all_unmap_all(ctx, &middle);
	return (middle - start) / MAPS;
}

static double unmap_only(void *ctx)
{
	double middle;

	map_all_unmap_all(ctx, &middle);
	return (bench_now() - middle) / MAPS;
}

/* A page table entry is one aligned store that hardware may see at any time: the compiler must not widen it. */
static double bare_entries(void *ctx)
{
	struct maps *m = ctx;
	double start = bench_now();
	unsigned int i, k;

	for (i = 0; i < MAPS; i++)
		for (k = 0; k < PAGES; k++)
			__atomic_store_n(&m->entries[i][k], m->ranges[i][k].addr | 1, __ATOMIC_RELAXED);
	return (bench_now() - start) / MAPS;
}

static double bare_zeros(void *ctx)
{
	struct maps *m = ctx;
	double start = bench_now();
	unsigned int i, k;

	for (i = 0; i < MAPS; i++)
		for (k = 0; k < PAGES; k++)
			__atomic_store_n(&m->entries[i][k], 0, __ATOMIC_RELAXED);
	return (bench_now() - start) / MAPS;
}

static void run_row(const char *what, double target, double (*ours)(void *ctx), const char *beside,
                    double (*bare)(void *ctx))
{
	struct row row = { .part = "map", .what = what, .unit = "ns", .nsides = 2 };

	row.side[0] = (struct side){ "dmavec", ours, &all, 0 };
	row.side[1] = (struct side){ beside, bare, &all, target };
	bench_row(&row);
}

static void open_direct(void)
{
	bench_must(!dmavec_space_direct(&all.space, NULL) && !dmavec_dev_open(&all.dev, all.space, NULL, 0), "opening");
}

static void open_soft(int lazy)
{
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .lazy = lazy };

	bench_must(!dmavec_space_soft(&all.space, &opts) && !dmavec_dev_open(&all.dev, all.space, NULL, 0), "opening");
}

static void close_both(void)
{
	bench_must(!dmavec_dev_close(all.dev) && !dmavec_space_close(all.space), "closing");
}

static void scattered_rows(void)
{
	open_direct();
	run_row("direct, 256 x 4 KiB: map + unmap", 6, map_unmap, "a copy of the range array", bare_copy);
	close_both();
	open_soft(0);
	run_row("soft strict, 256 x 4 KiB: map", 6, map_only, "256 stores from the array", bare_entries);
	run_row("soft strict, 256 x 4 KiB: unmap", 6, unmap_only, "256 stores of 0", bare_zeros);
	close_both();
	open_soft(1);
	run_row("soft lazy, 256 x 4 KiB: map", 6, map_only, "256 stores from the array", bare_entries);
	run_row("soft lazy, 256 x 4 KiB: unmap", 6, unmap_only, "256 stores of 0", bare_zeros);
	close_both();
}

static double map_registered(void *ctx)
{
	struct maps *m = ctx;
	struct dmavec_map map = DMAVEC_MAP_INIT(m->segs[0], 1);
	struct dmavec_range range = { 0, PAGE };
	double start = bench_now();
	unsigned int i;
	int rc = 0;

	for (i = 0; i < HITS; i++) {
		range.addr = m->hits[i];
		rc |= dmavec_map(m->dev, &map, &range, 1, DMAVEC_TO_DEVICE, 0);
		bench_use(m->segs[0][0].addr);
		rc |= dmavec_unmap(m->dev, &map, 0);
	}
	bench_must(!rc, "dmavec_map");
	return (bench_now() - start) / HITS;
}

static double look_up_registered(void *ctx)
{
	struct maps *m = ctx;
	double start = bench_now();
	dmavec_dma_t dma;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < HITS; i++) {
		rc |= dmavec_lookup(m->dev, m->hits[i], PAGE, DMAVEC_TO_DEVICE, &dma);
		bench_use(dma);
	}
	bench_must(!rc, "dmavec_lookup");
	return (bench_now() - start) / HITS;
}

/* Every second region's worth of the memory is registered. */
static void registered_row(const char *what, uint64_t memory)
{
	uint64_t state = 1;
	uint32_t i;

	for (i = 0; i < REGIONS; i++)
		bench_must(!dmavec_register(all.space, memory + i * 2ull * REGION, REGION, 0), "dmavec_register");
	for (i = 0; i < HITS; i++)
		all.hits[i] = memory + bench_random(&state) % REGIONS * 2 * REGION + bench_random(&state) % (REGION - PAGE + 1);
	run_row(what, 2.5, map_registered, "dmavec_lookup", look_up_registered);
	close_both();
}

void bench_maps(void)
{
	size_t bytes = (size_t)REGIONS * 2 * REGION + REGION;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t first = (dmavec_cpu(memory) + REGION - 1) & ~(uint64_t)(REGION - 1);

	bench_must(memory != MAP_FAILED, "mmap");
	scatter(&all, first);
	scattered_rows();
	open_direct();
	registered_row("direct, one range in 1024 regions: map + unmap", first);
	open_soft(0);
	registered_row("soft, one range in 1024 regions: map + unmap", first);
	munmap(memory, bytes);
}
