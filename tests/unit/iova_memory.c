/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the allocator of device addresses asks for as memory of its own, and what it does without. */
#include <dmavec/iova.h>

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

#define G 4096ull

struct memory {
	unsigned long calls, fail_from, fail_to, held;
	size_t len_max; /* 0: any; longer pieces are refused */
	unsigned long refused;
	size_t long_len; /* a piece of more than this counts as long */
	unsigned long nlong;
};

static void *mem_alloc(void *ctx, size_t len)
{
	struct memory *memory = ctx;

	memory->calls++;
	if (memory->calls >= memory->fail_from && memory->calls < memory->fail_to)
		return NULL;
	if (memory->len_max && len > memory->len_max) {
		memory->refused++;
		return NULL;
	}
	memory->nlong += memory->long_len && len > memory->long_len;
	memory->held += len;
	return calloc(1, len);
}

static void mem_free(void *ctx, void *mem, size_t len)
{
	((struct memory *)ctx)->held -= len;
	free(mem);
}

#define MEM_RUNS 1500u

/* Every length and order; true: all that was granted was granted once, and came back. */
static bool use(struct dmavec_iova *iova, unsigned int *refused)
{
	static uint64_t dma[MEM_RUNS];
	uint64_t taken = 0;
	unsigned int i;
	bool good = true;

	for (i = 0; i < MEM_RUNS; i++) {
		struct dmavec_reserve want = { (1 + i % 7) * G, i % 5 ? G : 8 * G, 0, 0, UINT64_MAX };
		int err = dmavec_iova_alloc(iova, &want, &dma[i]);

		good &= !err || err == -ENOMEM;
		*refused += err != 0;
		if (err)
			dma[i] = 0;
		else
			taken += want.len;
		good &= dmavec_iova_taken(iova) == taken;
	}
	for (i = 0; i < MEM_RUNS; i++) {
		unsigned int j = (unsigned int)((uint64_t)i * 7 % MEM_RUNS);

		if (i % 7 == 0 && i)
			good &= dmavec_iova_take(iova, G, G) != -EEXIST && (dmavec_iova_free(iova, G, G), true);
		if (dma[j]) {
			good &= !dmavec_iova_free(iova, dma[j], (1 + j % 7) * G);
			taken -= (1 + j % 7) * G;
		}
		good &= dmavec_iova_taken(iova) == taken;
	}
	return good && !taken;
}

static bool use_failing(unsigned long from, unsigned long to, unsigned long *calls)
{
	struct memory memory = { .fail_from = from, .fail_to = to };
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .first = G, .last = (1ull << 48) - 1,
		                         .mem_alloc = mem_alloc, .mem_free = mem_free, .mem_ctx = &memory };
	struct dmavec_iova *iova = NULL;
	unsigned int refused = 0;
	int err = dmavec_iova_open(&iova, &opts);
	bool good = !err || (err == -ENOMEM && !iova);

	if (!err) {
		good = use(iova, &refused);
		memory.fail_from = memory.fail_to = 0;
		good = good && !dmavec_iova_take(iova, G, (1ull << 48) - G);
		dmavec_iova_close(iova);
	}
	*calls = memory.calls;
	return good && !memory.held;
}

/* The middle one of three goes last, and joins its neighbours. */
static bool join_three(struct dmavec_iova *iova)
{
	return !dmavec_iova_take(iova, 2 * G, G) && !dmavec_iova_take(iova, 3 * G, G) &&
	       !dmavec_iova_take(iova, 4 * G, G) && !dmavec_iova_free(iova, 2 * G, G) &&
	       !dmavec_iova_free(iova, 4 * G, G) && !dmavec_iova_free(iova, 3 * G, G);
}

static void test_memory(void)
{
	struct memory memory = { 0 };
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .first = G, .last = (1ull << 48) - 1,
		                         .mem_alloc = mem_alloc, .mem_free = mem_free, .mem_ctx = &memory };
	unsigned long n, calls = 0, total;
	struct dmavec_iova *iova;
	unsigned int refused = 0;
	bool good = use_failing(0, 0, &total);

	for (n = 1; n <= total && good; n++)
		good = use_failing(n, n + 1, &calls) && use_failing(n, n + 1000000, &calls);
	ok(good && total > 5, "whichever of %lu allocations fails, or all from it on, nothing is lost (%lu)", total, n);

	ok(!dmavec_iova_open(&iova, &opts) && use(iova, &refused), "warming up");
	calls = memory.calls;
	for (n = 0; n < 5000 && good; n++)
		good = join_three(iova);
	ok(good && use(iova, &refused) && use(iova, &refused) && memory.calls == calls && !refused,
	   "no memory is needed once warmed up");
	dmavec_iova_close(iova);
	opts.mem_free = NULL;
	ok(dmavec_iova_open(&iova, &opts) == -EINVAL, "memory that could not be given back");
}

/* ---------------------------------------------------------------- long pieces */

#define LONG_RUNS  50000u
#define SHORT      65536u                          /* the longest piece that there is */
#define TABLE_RUNS ((unsigned int)(SHORT / sizeof(void *))) /* what a table of that length is for */

/* So many runs at once; then they go back. */
static bool fill(struct dmavec_iova *iova, unsigned int n)
{
	static const struct dmavec_reserve page = { G, G, 0, 0, UINT64_MAX };
	static uint64_t dma[LONG_RUNS];
	unsigned int i;
	bool good = true;

	for (i = 0; i < n; i++)
		good &= !dmavec_iova_alloc(iova, &page, &dma[i]);
	good &= dmavec_iova_taken(iova) == n * G;
	for (i = 0; i < n; i++)
		good &= !dmavec_iova_free(iova, dma[i], G);
	return good && !dmavec_iova_taken(iova);
}

/* How often a larger table is due while there come to be n runs: at each doubling from the last one that was had. */
static unsigned int doublings(unsigned int n)
{
	unsigned int due = 0, runs;

	for (runs = TABLE_RUNS; runs < n; runs *= 2)
		due++;
	return due;
}

static void test_long(void)
{
	struct memory memory = { .len_max = SHORT };
	struct dmavec_iova_opts opts = { .size = sizeof(opts), .last = (1ull << 48) - 1,
		                         .mem_alloc = mem_alloc, .mem_free = mem_free, .mem_ctx = &memory };
	struct dmavec_iova *iova;
	unsigned long calls;

	ok(!dmavec_iova_open(&iova, &opts) && fill(iova, TABLE_RUNS) && !memory.refused,
	   "no piece of more than 64 KiB is asked for up to %u runs", TABLE_RUNS);
	ok(fill(iova, LONG_RUNS), "where longer ones are refused, nothing fails");
	ok(memory.refused == doublings(LONG_RUNS),
	   "a table is asked for once a doubling: refused %lu times", memory.refused);
	calls = memory.calls;
	ok(fill(iova, LONG_RUNS) && fill(iova, LONG_RUNS) && memory.calls == calls, "and no more for the same runs again");
	dmavec_iova_close(iova);
	ok(!memory.held, "nothing is left");

	ok(!dmavec_iova_open(&iova, &opts) && fill(iova, 2 * TABLE_RUNS), "refused for a while");
	memory.len_max = 0;
	memory.long_len = SHORT;
	ok(fill(iova, 2 * TABLE_RUNS) && !memory.nlong, "then not asked for, as long as there are no more runs");
	ok(fill(iova, LONG_RUNS) && memory.nlong == doublings(LONG_RUNS), "and had at the next doubling, with those after it");
	dmavec_iova_close(iova);
}

int main(void)
{
	test_memory();
	test_long();
	return done_testing();
}
