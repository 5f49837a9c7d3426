/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The scattered physical memory: what it hands out, in which order, and how little of it is touched. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dmavec/sim.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tap.h"

#define PAGE 4096u
#define MANY 1000u

static struct dmavec_sim_mem *open_mem(uint64_t len, uint64_t page, uint64_t low, uint64_t seed)
{
	struct dmavec_sim_mem_opts opts = { .size = sizeof(opts), .len = len, .page = page, .low = low, .seed = seed };
	struct dmavec_sim_mem *mem = NULL;
	int err = dmavec_sim_mem_open(&mem, &opts);

	if (err) {
		diag("open: %d", err);
		exit(1);
	}
	return mem;
}

static void get_many(struct dmavec_sim_mem *mem, uint64_t *pages, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (dmavec_sim_mem_get(mem, &pages[i]))
			pages[i] = 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How many are unaligned, outside [from, to), side by side with another, or the same. */
static unsigned int count_bad(const uint64_t *pages, unsigned int n, uint64_t page, uint64_t from, uint64_t to)
{
	static uint64_t sorted[MANY];
	unsigned int i, bad = 0;

	memcpy(sorted, pages, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	for (i = 0; i < n; i++) {
		bad += sorted[i] % page || sorted[i] < from || sorted[i] > to - page;
		bad += i && sorted[i] - sorted[i - 1] <= page;
	}
	return bad;
}

static void test_defaults(void)
{
	static uint64_t pages[MANY];
	struct dmavec_sim_mem *mem = NULL;
	struct dmavec_window all;
	struct dmavec_range low;
	unsigned int i, up = 0, near = 0;

	if (sizeof(size_t) < 8) {
		ok(dmavec_sim_mem_open(&mem, NULL) == -ENOMEM, "16 GiB do not fit");
		return;
	}
	ok(!dmavec_sim_mem_open(&mem, NULL), "open with no options");
	all = dmavec_sim_mem_window(mem);
	low = dmavec_sim_mem_low(mem);
	ok(all.len == (uint64_t)16 << 30 && !all.dma && low.addr == all.cpu && low.len == 8 << 20,
	   "16 GiB, of them 8 MiB low");
	get_many(mem, pages, MANY);
	ok(!count_bad(pages, MANY, PAGE, low.addr + low.len + PAGE, all.cpu + all.len), "pages apart from each other");
	for (i = 1; i < MANY; i++) {
		up += pages[i] > pages[i - 1];
		near += pages[i] - pages[i - 1] + (64 << 20) < (128 << 20);
	}
	ok(up > MANY / 3 && up < MANY * 2 / 3 && near < MANY / 20, "scattered: %u go up, %u stay near", up, near);
	memset(dmavec_ptr(pages[0]), 1, PAGE);
	memset(dmavec_ptr(low.addr), 1, PAGE);
	ok(*(char *)dmavec_ptr(pages[0]) == 1 && !*(char *)dmavec_ptr(pages[1]), "memory, zero at first");
	dmavec_sim_mem_close(mem);
	dmavec_sim_mem_close(NULL);
}

static void test_order(void)
{
	static uint64_t one[MANY], two[MANY];
	uint64_t seed, base;
	unsigned int i, same;

	for (seed = 1; seed <= 3; seed++) {
		struct dmavec_sim_mem *a = open_mem(64 << 20, 0, 0, 1), *b = open_mem(64 << 20, 0, 0, seed);

		get_many(a, one, MANY);
		get_many(b, two, MANY);
		base = dmavec_sim_mem_window(a).cpu - dmavec_sim_mem_window(b).cpu;
		for (same = i = 0; i < MANY; i++)
			same += one[i] == two[i] + base;
		ok(seed == 1 ? same == MANY : same < MANY / 50, "seeds 1 and %u: %u of %u in the same order",
		   (unsigned int)seed, same, MANY);
		dmavec_sim_mem_close(a);
		dmavec_sim_mem_close(b);
	}
}

/* Every size of the permutation, odd and even, to the last page. */
static void test_all_out(void)
{
	static uint64_t pages[MANY];
	unsigned int pairs, bad = 0, low;

	for (pairs = 1; pairs < 80; pairs++) {
		struct dmavec_sim_mem *mem = open_mem(pairs * 2 * PAGE, 0, PAGE, pairs);
		uint64_t base = dmavec_sim_mem_window(mem).cpu, more = 1;

		get_many(mem, pages, pairs - 1);
		bad += count_bad(pages, pairs - 1, PAGE, base + PAGE, base + pairs * 2 * PAGE);
		bad += dmavec_sim_mem_get(mem, &more) != -ENOMEM || more != 1;
		if (pairs > 1) {
			dmavec_sim_mem_put(mem, pages[(pairs - 1) / 2]);
			bad += dmavec_sim_mem_get(mem, &more) || more != pages[(pairs - 1) / 2];
		}
		dmavec_sim_mem_close(mem);
	}
	ok(!bad, "all pages come, once, then -ENOMEM (%u wrong)", bad);
	for (bad = 0, low = 1; low <= 8 * PAGE; low += PAGE / 2 - 1) {
		struct dmavec_sim_mem *mem = open_mem(64 * PAGE, 0, low, low);
		uint64_t base = dmavec_sim_mem_window(mem).cpu;
		unsigned int n = 0;

		while (n < 64 && !dmavec_sim_mem_get(mem, &pages[n]))
			n++;
		bad += count_bad(pages, n, PAGE, base + low + 1, base + 64 * PAGE) || n < 32 - 5;
		dmavec_sim_mem_close(mem);
	}
	ok(!bad, "low memory of any length stays out, and apart (%u wrong)", bad);
}

static unsigned int count_resident(struct dmavec_window all, unsigned char *map)
{
	unsigned int i, n = 0;

	if (mincore(dmavec_ptr(all.cpu), (size_t)all.len, map))
		return UINT32_MAX;
	for (i = 0; i < all.len / PAGE; i++)
		n += map[i] & 1;
	return n;
}

static void test_reuse(uint64_t *seed)
{
	static unsigned char map[(64 << 20) / PAGE];
	static uint64_t held[32], first[MANY], again[MANY];
	struct dmavec_sim_mem *mem = open_mem(64 << 20, 0, 0, 3);
	struct dmavec_window all = dmavec_sim_mem_window(mem);
	unsigned int i, n = 0, same = 0, back = 0;

	for (i = 0; i < 5000; i++) {
		if (n < 32 && (!n || tap_random(seed) & 1)) {
			if (dmavec_sim_mem_get(mem, &held[n]))
				break;
			memset(dmavec_ptr(held[n++]), 1, PAGE);
		} else {
			unsigned int pick = (unsigned int)(tap_random(seed) % n);

			dmavec_sim_mem_put(mem, held[pick]);
			held[pick] = held[--n];
		}
	}
	if (sysconf(_SC_PAGESIZE) == PAGE)
		ok(count_resident(all, map) <= 32, "no more pages are touched than were out at once");
	else
		skip(1, "the host's pages are larger");
	dmavec_sim_mem_close(mem);

	mem = open_mem(64 << 20, 0, 0, 3);
	get_many(mem, first, MANY);
	for (i = 0; i < MANY; i++)
		dmavec_sim_mem_put(mem, first[i]);
	get_many(mem, again, MANY);
	for (i = 0; i < MANY; i++) {
		same += again[i] == first[i];
		back += again[i] == first[MANY - 1 - i];
	}
	ok(same < 20 && back < 20, "freed pages come in another order (%u forth, %u back)", same, back);
	qsort(first, MANY, sizeof(*first), by_value);
	qsort(again, MANY, sizeof(*again), by_value);
	ok(!memcmp(first, again, sizeof(first)), "and before fresh ones");
	dmavec_sim_mem_close(mem);
}

static void test_put(void)
{
	struct dmavec_sim_mem *mem = open_mem(64 * PAGE, 0, PAGE, 1);
	struct dmavec_window all = dmavec_sim_mem_window(mem);
	uint64_t pages[64] = { 0 }, addr;
	unsigned int n;

	get_many(mem, pages, 4);
	dmavec_sim_mem_put(mem, pages[0]);
	dmavec_sim_mem_put(mem, pages[0]);
	for (addr = all.cpu - 4 * PAGE; addr < all.cpu + all.len + 4 * PAGE; addr += PAGE / 4)
		if (addr != pages[1] && addr != pages[2] && addr != pages[3])
			dmavec_sim_mem_put(mem, addr);
	dmavec_sim_mem_put(mem, 0);
	dmavec_sim_mem_put(mem, UINT64_MAX);
	pages[0] = pages[3];
	for (n = 3; n < 64 && !dmavec_sim_mem_get(mem, &pages[n]); n++)
		;
	pages[n] = pages[0];
	ok(n == 31 && !count_bad(pages + 1, n, PAGE, all.cpu, all.cpu + all.len), "what is not out cannot be put back");
	dmavec_sim_mem_close(mem);
}

static void test_large_pages(void)
{
	uint64_t page = 16 << 20, pages[10];
	struct dmavec_sim_mem *mem = open_mem(24 * page, page, 0, 4);
	struct dmavec_window all = dmavec_sim_mem_window(mem);

	get_many(mem, pages, 10);
	ok(!(all.cpu % page) && !count_bad(pages, 10, page, all.cpu, all.cpu + all.len), "pages of 16 MiB, aligned");
	dmavec_sim_mem_close(mem);
}

/* A limit on the length of files, far below that of the memory: it is there all the same, and no signal comes. */
static void test_file_limit(void)
{
	struct dmavec_sim_mem_opts opts = { .size = sizeof(opts), .len = 64 << 20 };
	struct dmavec_sim_mem *mem = NULL;
	struct rlimit old, less;
	uint64_t pages[2];
	int err;

	getrlimit(RLIMIT_FSIZE, &old);
	less = old;
	less.rlim_cur = PAGE;
	setrlimit(RLIMIT_FSIZE, &less);
	err = dmavec_sim_mem_open(&mem, &opts);
	setrlimit(RLIMIT_FSIZE, &old);
	ok(!err, "memory longer than a file may be: %d", err);
	if (err)
		return;
	get_many(mem, pages, 2);
	memset(dmavec_ptr(pages[0]), 1, PAGE);
	ok(*(char *)dmavec_ptr(pages[0]) == 1 && !*(char *)dmavec_ptr(pages[1]), "and it holds what is written");
	dmavec_sim_mem_close(mem);
}

/* Two threads take and give; each writes its name into what it holds. */
struct worker {
	struct dmavec_sim_mem *mem;
	uint64_t seed;
	unsigned int wrong;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	uint64_t held[16];
	unsigned int i, n = 0;

	for (i = 0; i < 20000; i++) {
		if (n < 16 && (!n || tap_random(&worker->seed) & 1)) {
			if (dmavec_sim_mem_get(worker->mem, &held[n]))
				continue;
			memcpy(dmavec_ptr(held[n++]), &worker, sizeof(worker));
		} else {
			worker->wrong += memcmp(dmavec_ptr(held[--n]), &worker, sizeof(worker)) != 0;
			dmavec_sim_mem_put(worker->mem, held[n]);
		}
	}
	return NULL;
}

static void test_threads(void)
{
	struct dmavec_sim_mem *mem = open_mem(64 * PAGE, 0, PAGE, 1);
	struct worker workers[2] = { { mem, 1, 0 }, { mem, 2, 0 } };
	pthread_t threads[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, &workers[i]);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ok(!workers[0].wrong && !workers[1].wrong, "two threads never hold the same page");
	dmavec_sim_mem_close(mem);
}

int main(void)
{
	uint64_t seed = tap_seed();

	test_defaults();
	test_order();
	test_all_out();
	test_reuse(&seed);
	test_put();
	test_large_pages();
	test_file_limit();
	test_threads();
	return done_testing();
}
