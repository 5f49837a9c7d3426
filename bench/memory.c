/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Memory: of the structures that callers hold, and of the table of regions as the process grows by it. */
#include "bench.h"

#include <dmavec/space.h>

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
	return n == 2 ? (double)pages * (double)sysconf(_SC_PAGESIZE) : 0;
}

/* Side by side, and far apart: the table must not live on one pattern. */
static double grown_by_regions(uint64_t stride)
{
	struct dmavec_space *space;
	double before;
	uint32_t i;

	bench_must(!dmavec_space_direct(&space, NULL), "opening");
	before = resident();
	for (i = 0; i < REGIONS; i++)
		bench_must(!dmavec_register(space, ((uint64_t)1 << 33) + i * stride, REGION, 0), "dmavec_register");
	before = resident() - before;
	bench_must(!dmavec_space_close(space), "closing");
	return before / REGIONS;
}

void bench_memory(void)
{
	bench_title("memory");
	bench_fact("a registered 64 KiB region of 131072, adjacent", grown_by_regions(REGION), "bytes", 40);
	bench_fact("a registered 64 KiB region of 131072, apart", grown_by_regions(3 * REGION), "bytes", 40);
	bench_fact("a segment", sizeof(struct dmavec_seg), "bytes", 16);
	bench_fact("a range", sizeof(struct dmavec_range), "bytes", 16);
	bench_fact("a mapping", sizeof(struct dmavec_map), "bytes", 128);
}
