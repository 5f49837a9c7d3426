/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Look-ups of registered memory: N regions of 64 KiB with holes between, random hits, by one thread and by two, of which
 * each has its own hits. A turn takes the next slice of many hits: they are not the same few regions over and over.
 */
#include "bench.h"
#include "tables.h"

#include <dmavec/space.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REGION  65536u
#define STRIDE  (3u * REGION)
#define MOST    131072u
#define WHERE   ((uintptr_t)0x600000000000) /* where mmap is asked for the memory, so that runs are alike */
#define SLICE   8192u
#define SLICES  32u
#define THREADS 2u

static uint64_t hits[THREADS][SLICES * SLICE];

struct asker {
	const struct table *table;
	unsigned int thread, slice;
};

static struct dmavec_space *space;
static struct dmavec_dev *dev;

static void dmavec_open(const struct regions *r)
{
	uint32_t i;

	bench_must(!dmavec_space_direct(&space, NULL) && !dmavec_dev_open(&dev, space, NULL, 0), "opening");
	for (i = 0; i < r->n; i++)
		bench_must(!dmavec_register(space, r->first + i * r->stride, r->len, 0), "dmavec_register");
}

static void dmavec_close(void)
{
	bench_must(!dmavec_dev_close(dev) && !dmavec_space_close(space), "closing");
}

static uint32_t dmavec_look_up(const uint64_t *addrs, uint32_t n)
{
	dmavec_dma_t dma;
	uint32_t i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		rc |= dmavec_lookup(dev, addrs[i], HIT_LEN, DMAVEC_TO_DEVICE, &dma);
		bench_use(dma);
	}
	return rc ? 0 : n;
}

/* The least there could be: where the region stands follows from the address, and one load tells the rest. */
static uint64_t *bare_table, bare_first, bare_stride;

static void bare_open(const struct regions *r)
{
	uint32_t i;

	bare_first = r->first;
	bare_stride = r->stride;
	bare_table = calloc(r->n, sizeof(*bare_table));
	bench_must(bare_table != NULL, "calloc");
	for (i = 0; i < r->n; i++)
		bare_table[i] = i * r->stride;
}

static void bare_close(void)
{
	free(bare_table);
}

static uint32_t bare_look_up(const uint64_t *addrs, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		bench_use(addrs[i] + bare_table[(addrs[i] - bare_first) / STRIDE]);
	return n;
}

static const struct table dmavec_table = {
	.library = "dmavec", .name = "dmavec", .open = dmavec_open, .look_up = dmavec_look_up, .close = dmavec_close
};
static const struct table bare = {
	.library = "", .name = "a load from an array", .open = bare_open, .look_up = bare_look_up, .close = bare_close
};

static const struct table *const tables[] = { &dmavec_table, &bare, &ucx_pgtable, &ucx_rcache, &fabric_table };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static double ask(void *ctx)
{
	struct asker *asker = ctx;
	const uint64_t *addrs = hits[asker->thread] + asker->slice * SLICE;
	double start = bench_now(), took;
	uint32_t found;

	found = asker->table->look_up(addrs, SLICE);
	took = (bench_now() - start) / SLICE;
	bench_must(found == SLICE, asker->table->name);
	asker->slice = (asker->slice + 1) % SLICES;
	return took;
}

/* ctx: an asker for each thread. */
static double ask_two(void *ctx)
{
	struct asker *askers = ctx;

	return bench_two(ask, &askers[0], &askers[1]);
}

static void aim(const struct regions *r)
{
	uint64_t state = r->n;
	uint32_t i, thread;

	for (thread = 0; thread < THREADS; thread++)
		for (i = 0; i < SLICES * SLICE; i++)
			hits[thread][i] = r->first + bench_random(&state) % r->n * r->stride +
			                  bench_random(&state) % (r->len - HIT_LEN + 1);
}

static const char *why_absent(const struct table *table)
{
	return table->absent ? table->absent() : NULL;
}

static void run_rows(const struct regions *r)
{
	struct row row = { .part = "lookup", .unit = "ns", .regions = r->n, .threads = 1 };
	struct asker askers[TABLES][THREADS];
	char name[64];
	uint32_t i;

	for (i = 0; i < TABLES; i++) {
		if (why_absent(tables[i]))
			continue;
		askers[i][0] = (struct asker){ tables[i], 0, 0 };
		askers[i][1] = (struct asker){ tables[i], 1, 0 };
		row.side[row.nsides++] = (struct side){ tables[i]->name, ask, askers[i], tables[i]->target };
	}
	snprintf(name, sizeof(name), "N = %u", r->n);
	row.what = name;
	bench_row(&row);
	if (!bench_has_two())
		return;
	for (i = 0; i < row.nsides; i++)
		row.side[i].turn = ask_two;
	row.side[row.nsides++] = (struct side){ "dmavec, one thread", ask, askers[0], 1.1 };
	snprintf(name, sizeof(name), "N = %u, two threads", r->n);
	row.threads = 2;
	bench_row(&row);
}

/* How much two threads slow each other down here at work that shares nothing at all: what 1.1 is to be seen beside. */
static double reckon(void *ctx)
{
	double start = bench_now();
	uint64_t state = (uint64_t)(uintptr_t)ctx;
	uint32_t i;

	for (i = 0; i < SLICE; i++)
		bench_use(bench_random(&state));
	return (bench_now() - start) / SLICE;
}

static double reckon_two(void *ctx)
{
	return bench_two(reckon, ctx, ctx);
}

static void threads_row(void)
{
	struct row row = { .part = "lookup", .what = "the machine: arithmetic in two threads", .unit = "ns", .nsides = 2 };

	row.side[0] = (struct side){ "two threads", reckon_two, NULL, 0 };
	row.side[1] = (struct side){ "one thread", reckon, NULL, 0 };
	bench_row(&row);
}

/* Once for each library: its tables stand together, and are absent together. */
static void report_absences(void)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < TABLES; i++) {
		if (why_absent(tables[i]) && strcmp(last, tables[i]->library) != 0)
			report_absent(tables[i]->library, why_absent(tables[i]));
		last = tables[i]->library;
	}
	if (!bench_has_two())
		report_absent("two threads", "there is one processor");
}

void bench_lookups(void)
{
	static const uint32_t sizes[] = { 1, 16, 256, 1024, 4096, 16384, 65536, MOST };
	struct regions r = { .stride = STRIDE, .len = REGION };
	size_t bytes = (size_t)MOST * STRIDE + REGION, i, k;
	void *memory = mmap((void *)WHERE, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_must(memory != MAP_FAILED, "mmap of 24 GiB of address space");
	r.first = (dmavec_cpu(memory) + REGION - 1) & ~(uint64_t)(REGION - 1);
	report_absences();
	if (bench_has_two())
		threads_row();
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		r.n = sizes[i];
		aim(&r);
		for (k = 0; k < TABLES; k++)
			if (!why_absent(tables[k]))
				tables[k]->open(&r);
		run_rows(&r);
		for (k = 0; k < TABLES; k++)
			if (!why_absent(tables[k]))
				tables[k]->close();
	}
	munmap(memory, bytes);
}
