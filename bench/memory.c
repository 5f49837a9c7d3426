/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Memory: of the structures that callers hold, and of the table of regions as the process grows by it. */
#include "bench.h"

#include <dmavec/space.h>

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#define REGIONS 131072u
#define REGION  65536u

static double resident(void)
{
	unsigned long size = 0, pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	int n = file ? fscanf(file, "%lu %lu", &size, &pages) : 0;

	if (file)
		fclose(file);
	bench_must(n == 2, "reading /proc/self/statm");
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Freed memory that the process still holds would hide what is taken. */
static double grown_by_regions(void *ctx)
{
	const uint64_t *stride = ctx;
	struct dmavec_space *space;
	double before;
	uint32_t i;

	malloc_trim(0);
	bench_must(!dmavec_space_direct(&space, NULL), "opening");
	before = resident();
	for (i = 0; i < REGIONS; i++)
		bench_must(!dmavec_register(space, ((uint64_t)1 << 33) + i * *stride, REGION, 0), "dmavec_register");
	before = resident() - before;
	bench_must(!dmavec_space_close(space), "closing");
	return before / REGIONS;
}

static double size_of(void *ctx)
{
	return *(double *)ctx;
}

static void run_row(const char *what, double most, double (*turn)(void *ctx), void *ctx)
{
	struct row row = { .part = "memory", .what = what, .unit = "bytes", .most = most, .nsides = 1 };

	row.side[0] = (struct side){ "dmavec", turn, ctx, 0 };
	bench_row(&row);
}

void bench_memory(void)
{
	/* Side by side, and far apart: the table must not live on one pattern. */
	uint64_t adjacent = REGION, apart = 3 * REGION;
	double segment = sizeof(struct dmavec_seg), mapping = sizeof(struct dmavec_map);

	run_row("a registered 64 KiB region of 131072, adjacent", 40, grown_by_regions, &adjacent);
	run_row("a registered 64 KiB region of 131072, apart", 40, grown_by_regions, &apart);
	run_row("a segment", 16, size_of, &segment);
	run_row("a mapping", 128, size_of, &mapping);
}
