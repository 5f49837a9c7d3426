/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Look-ups of registered memory: N regions of 64 KiB with holes between, random hits, by one thread and by two, of which
 * each has its own hits. Each call takes the next slice of many hits: they are not the same few regions over and over.
 * Where the regions begin matters to tables that cut them at powers of two, so there are several patterns of that.
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
#define FAR     ((uint64_t)1 << 44)         /* a power of two, and more than MOST strides */
#define PAGE    4096u
#define SLICE   8192u
#define SLICES  32u
#define THREADS 2u

/* The first is what the design speaks of. Buffers from malloc lie on odd pages as often as on others. */
static const struct pattern {
	const char *name;
	uint64_t far;
	uint32_t odd_pages;
	bool two; /* threads, too */
} patterns[] = {
	{ "multiples of 64 KiB", 0, 0, true },
	{ "odd pages", 0, 16, true },
	{ "two areas 16 TiB apart", FAR, 0, false },
};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static uint64_t hits[THREADS][SLICES * SLICE];

struct asker {
	const struct table *table;
	unsigned int thread, slice;
};

uint64_t region_at(const struct regions *r, uint32_t i)
{
	uint64_t state = i, first = r->first + i * r->stride;

	if (r->far && i >= (r->n + 1) / 2)
		first += r->far;
	if (r->odd_pages)
		first += (bench_random(&state) % r->odd_pages * 2 + 1) * PAGE;
	return first;
}

static struct dmavec_space *space;
static struct dmavec_dev *dev;

static void dmavec_open(const struct regions *r)
{
	uint32_t i;

	bench_must(!dmavec_space_direct(&space, NULL) && !dmavec_dev_open(&dev, space, NULL, 0), "opening");
	for (i = 0; i < r->n; i++)
		bench_must(!dmavec_register(space, region_at(r, i), r->len, 0), "dmavec_register");
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
static uint64_t *bare_table, bare_first, bare_mask;

static void bare_open(const struct regions *r)
{
	uint32_t i;

	bare_first = r->first;
	bare_mask = r->far - 1;
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
		bench_use(addrs[i] + bare_table[((addrs[i] - bare_first) & bare_mask) / STRIDE]);
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

/* ctx: an asker for each thread, here and below. */
static double ask_two(void *ctx)
{
	struct asker *askers = ctx;

	return bench_two(ask, &askers[0], &askers[1]);
}

static double ask_alone(void *ctx)
{
	return bench_alone(ask, ctx);
}

static void aim(const struct regions *r)
{
	uint64_t state = r->n;
	uint32_t i, thread;

	for (thread = 0; thread < THREADS; thread++)
		for (i = 0; i < SLICES * SLICE; i++)
			hits[thread][i] = region_at(r, (uint32_t)(bench_random(&state) % r->n)) +
			                  bench_random(&state) % (r->len - HIT_LEN + 1);
}

static const char *why_absent(const struct table *table)
{
	return table->absent ? table->absent() : NULL;
}

static struct asker askers[TABLES][THREADS];

static void add_side(struct row *row, const char *name, double (*turn)(void *ctx), struct asker *pair, double target)
{
	bench_must(row->nsides < SIDES_MAX, "adding a side");
	row->side[row->nsides++] = (struct side){ .name = name, .turn = turn, .ctx = pair, .target = target };
}

/* Of tables[first] and those behind it. */
static void add_tables(struct row *row, double (*turn)(void *ctx), size_t first)
{
	size_t i;

	for (i = first; i < TABLES; i++)
		if (!why_absent(tables[i]))
			add_side(row, tables[i]->name, turn, askers[i], tables[i]->target);
}

/*
 * Two threads slow each other down even at work that shares nothing: by the caches, the memory and the clock that they
 * have in common. What the array suffers, the library may suffer too. The sides are those of run_two.
 */
static double slowed_as_array(const double *value)
{
	return value[2] * value[1] / value[3];
}

static void run_two(struct row *row)
{
	add_side(row, tables[0]->name, ask_two, askers[0], 0);
	add_side(row, tables[1]->name, ask_two, askers[1], 0);
	add_side(row, "dmavec, one thread", ask_alone, askers[0], 0);
	add_side(row, "a load from an array, one thread", ask_alone, askers[1], 0);
	add_side(row, "one thread, slowed as the array", NULL, NULL, 1.1);
	row->side[row->nsides - 1].derive = slowed_as_array;
	add_tables(row, ask_two, 2);
	bench_pair_open();
	bench_row(row);
	bench_pair_close();
}

static void run_rows(const struct regions *r, const struct pattern *pattern)
{
	struct row one = { .part = "lookup", .unit = "ns", .pattern = pattern->name, .regions = r->n, .threads = 1 }, two = one;
	char name[96];
	uint32_t i, thread;

	for (i = 0; i < TABLES; i++)
		for (thread = 0; thread < THREADS; thread++)
			askers[i][thread] = (struct asker){ tables[i], thread, 0 };
	one.what = two.what = name;
	snprintf(name, sizeof(name), "N = %u, %s", r->n, pattern->name);
	add_tables(&one, ask, 0);
	bench_row(&one);
	if (!pattern->two || !bench_has_two())
		return;
	snprintf(name, sizeof(name), "N = %u, %s, two threads", r->n, pattern->name);
	two.threads = 2;
	run_two(&two);
}

/* How much two threads slow each other down here at work that needs no memory. */
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

static double reckon_alone(void *ctx)
{
	return bench_alone(reckon, ctx);
}

static void threads_row(void)
{
	struct row row = { .part = "lookup", .what = "the machine: arithmetic in two threads", .unit = "ns" };

	add_side(&row, "two threads", reckon_two, NULL, 0);
	add_side(&row, "one thread", reckon_alone, NULL, 0);
	bench_pair_open();
	bench_row(&row);
	bench_pair_close();
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

static void run_pattern(const struct pattern *pattern, uint64_t first)
{
	static const uint32_t sizes[] = { 1, 16, 256, 1024, 4096, 16384, 65536, MOST };
	struct regions r = {
		.first = first, .stride = STRIDE, .len = REGION, .far = pattern->far, .odd_pages = pattern->odd_pages
	};
	size_t i, k;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		r.n = sizes[i];
		aim(&r);
		for (k = 0; k < TABLES; k++)
			if (!why_absent(tables[k]))
				tables[k]->open(&r);
		run_rows(&r, pattern);
		for (k = 0; k < TABLES; k++)
			if (!why_absent(tables[k]))
				tables[k]->close();
	}
}

static uint64_t reserve(uint64_t where)
{
	size_t bytes = (size_t)MOST * STRIDE + REGION;
	void *memory = mmap((void *)(uintptr_t)where, bytes, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_must(memory != MAP_FAILED, "mmap of 24 GiB of address space");
	return dmavec_cpu(memory);
}

/* The memory stays: what comes after is measured in the same process, and addresses cost nothing. */
void bench_lookups(void)
{
	uint64_t memory = reserve(WHERE), first = (memory + REGION - 1) & ~(uint64_t)(REGION - 1);
	bool far = reserve(memory + FAR) == memory + FAR;
	size_t i;

	report_absences();
	if (!far)
		report_absent("two areas", "no memory could be had where the second would be");
	if (bench_has_two())
		threads_row();
	for (i = 0; i < PATTERNS; i++)
		if (far || !patterns[i].far)
			run_pattern(&patterns[i], first);
}
