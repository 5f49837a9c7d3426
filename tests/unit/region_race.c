/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Readers while a writer is at work: late by one step, interrupted anywhere, and on other threads. */
#include <pthread.h>

#include "interrupt.h"
#include "region/common.h"

#define STABLE 256u

static struct region_table *shared;
static int stop;
static struct region stable[STABLE];

/* What comes and goes tells by its address what it must be. */
static uint64_t passing_len(uint64_t addr)
{
	return 64 + (addr >> 6) % 900;
}

static uint64_t passing_dma(uint64_t addr)
{
	return addr * 3 + TOP;
}

static bool right_answer(const struct region *got)
{
	return got->dma == passing_dma(got->addr) && got->len == passing_len(got->addr) && got->prot == got->addr / 64 % 3 + 1;
}

static uint64_t wrong_answers(uint64_t *seed, bool with_owner)
{
	const struct region *want = &stable[tap_random(seed) % STABLE];
	uint64_t addr = want->addr + tap_random(seed) % want->len, wrong = 0;
	struct region got;

	if (with_owner)
		wrong += !region_find(shared, addr, &got) || !same(&got, want);
	else
		wrong += !region_lookup(shared, addr, &got) || got.dma != want->dma || got.len != want->len;
	addr = want->addr + want->len + tap_random(seed) % 4096;
	if (with_owner && region_find(shared, addr, &got) && got.owner != 99)
		wrong += !right_answer(&got) || got.owner != got.addr / 64 % 97 || addr - got.addr >= got.len;
	if (!with_owner && region_lookup(shared, addr, &got) && got.len < 0x380)
		wrong += !right_answer(&got) || addr - got.addr >= got.len;
	return wrong;
}

static void *read_on(void *arg)
{
	uint64_t seed = *(uint64_t *)arg, wrong = 0, n = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		wrong += wrong_answers(&seed, ++n % 4 == 0);
	*(uint64_t *)arg = wrong;
	return (void *)(uintptr_t)n;
}

static uint64_t passing[8192], npassing;

static void insert_passing(uint64_t *seed)
{
	struct region region;

	region.addr = stable[tap_random(seed) % STABLE].addr + 0x400 + tap_random(seed) % 0x40000 / 64 * 64;
	region.len = passing_len(region.addr);
	region.dma = passing_dma(region.addr);
	region.prot = (uint32_t)(region.addr / 64 % 3) + 1;
	region.owner = (uint32_t)(region.addr / 64 % 97);
	if (npassing < 8192 && !region_insert(shared, &region))
		passing[npassing++] = region.addr;
}

static bool remove_passing(uint64_t *seed)
{
	uint64_t i = tap_random(seed) % npassing, addr = passing[i];
	struct region was;

	passing[i] = passing[--npassing];
	return !region_remove(shared, addr, passing_len(addr), &was) && right_answer(&was);
}

/* Some come; and of all, as many go as leave this many. */
static bool write_on(uint64_t *seed, uint64_t tries, uint64_t leave)
{
	bool good = true;

	while (tries--)
		insert_passing(seed);
	while (npassing > leave)
		good = remove_passing(seed) && good;
	return good;
}

/* Stable regions: a page that many share, a run of them, lone ones, and one of 8 GiB. */
static bool insert_stable(uint64_t *seed)
{
	uint32_t i;

	for (i = 0; i < STABLE; i++) {
		uint64_t addr = i % 3 ? 0x7f0000000000 + (uint64_t)i * 0x1000 : 0x7e0000000000 + (uint64_t)i * 0x7777000;

		stable[i] = make_region(addr, i == 3 ? 8 * GIB / 64 : 0x380, seed);
		stable[i].owner = 99;
	}
	stable[3].addr = 0x600000000000;
	stable[3].len = 8 * GIB;
	for (i = 0; i < STABLE; i++)
		if (region_insert(shared, &stable[i]))
			return false;
	return true;
}

static bool elapsed(const struct timespec *start, long ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000 >= ms;
}

static void open_shared(uint64_t *seed)
{
	npassing = 0;
	if (region_table_open(&shared) || !insert_stable(seed)) {
		ok(false, "a table for the races");
		exit(done_testing());
	}
}

/* The nodes on the way to an address, and what they lead to. */
static uint32_t way_to(const struct region_table *table, uint64_t addr, const void *nodes[64])
{
	const struct region_node *node = &table->root->node;
	uint32_t depth = 0, slot, ref;

	memset(nodes, 0, 64 * sizeof(nodes[0]));
	for (;;) {
		nodes[depth++] = node;
		slot = region_slot(node, addr);
		ref = node->dir[slot >> REGION_SLOTS_SHIFT][slot & REGION_SLOTS_MASK];
		if (!(ref & REGION_IS_NODE))
			return depth;
		node = region_at(table, ref);
	}
}

/* Whoever stands on a node or a record that is given up must come to know. */
static void test_late(uint64_t seed)
{
	const void *before[64], *after[64];
	struct region region, was;
	unsigned long generation;
	uint32_t depth, i, moves = 0;
	uint64_t n, addr = 0x7f0000001000;
	bool nodes = true, records = true;

	open_shared(&seed);
	for (n = 0; n < 30000 && nodes && records; n++) {
		depth = way_to(shared, addr, before);
		generation = shared->generation;
		region = make_region(addr + 0x400 + n % 3000 * 0x1000 + n / 3000 * 128, 64, &seed);
		if (region_insert(shared, &region))
			continue;
		way_to(shared, addr, after);
		for (i = 0; i < depth; i++) {
			moves += before[i] != after[i];
			nodes = nodes && (before[i] == after[i] || shared->generation != generation);
		}
		generation = shared->generation;
		if (n % 4 == 0)
			records = records && !region_remove(shared, region.addr, 64, &was) && shared->generation != generation;
	}
	ok(nodes && moves > 5, "a reader on a node that was replaced is stale (%u were)", moves);
	ok(records, "a reader on a record that was removed is stale");
	region_table_close(shared);
}

/* A record becomes another one between two reads of it. */
static void test_late_record(uint64_t seed)
{
	struct region region = { 0x500000000000, 0x1000, 0x7000, 3, 0 }, was;
	struct region_hit hit, near;
	uint64_t dma;
	bool good;

	open_shared(&seed);
	good = !region_insert(shared, &region) && region_try(shared, region.addr + 5, &hit) == 1 &&
	       region_try_near(shared, region.addr + 5, DMAVEC_TO_DEVICE, &near);
	ok(good && region_hit_dma(shared, &hit, &dma) && dma == region.dma && region_hit_dma(shared, &near, &dma) &&
	   dma == region.dma, "a hit counts while its record is there");
	good = !region_remove(shared, region.addr, region.len, &was);
	region.dma += 0x1000;
	good = good && !region_insert(shared, &region);
	ok(good && !region_hit_dma(shared, &hit, &dma) && !region_hit_dma(shared, &near, &dma),
	   "but not when that has become another");
	region_table_close(shared);
}

/* A signal stops a reader between any two instructions of its, and the writer works meanwhile. */
static uint64_t writer_seed;
static bool writer_good;

static void interrupt_reader(void)
{
	writer_good = writer_good && write_on(&writer_seed, interruptions % 64 ? tap_random(&writer_seed) % 60 : 1500,
	                                      tap_random(&writer_seed) % 800);
}

static void test_interrupted(uint64_t seed)
{
	struct timespec start;
	uint64_t wrong = 0, n = 0;

	open_shared(&seed);
	writer_seed = seed;
	writer_good = true;
	clock_gettime(CLOCK_MONOTONIC, &start);
	interrupt_start(interrupt_reader);
	while (n % 1024 || !elapsed(&start, 2500))
		wrong += wrong_answers(&seed, ++n % 4 == 0);
	interrupt_stop();
	ok(writer_good && interruptions, "a writer interrupts a reader %llu times", (unsigned long long)interruptions);
	ok(!wrong, "none of %llu look-ups was wrong for it", (unsigned long long)n);
	region_table_close(shared);
}

static void test_threads(uint64_t seed)
{
	struct timespec start;
	pthread_t readers[2];
	uint64_t arg[2] = { seed + 1, seed + 2 }, rounds = 0, lookups = 0;
	void *n;
	bool good = true;
	int i;

	open_shared(&seed);
	for (i = 0; i < 2; i++)
		if (pthread_create(&readers[i], NULL, read_on, &arg[i]))
			abort();
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		good = good && write_on(&seed, rounds++ % 8 ? tap_random(&seed) % 300 : 8192, tap_random(&seed) % 300);
	} while (good && !elapsed(&start, 1500));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		pthread_join(readers[i], &n);
		lookups += (uintptr_t)n;
	}
	ok(good && region_count(shared) == STABLE + npassing, "a writer comes and goes beside readers: %llu rounds",
	   (unsigned long long)rounds);
	ok(!arg[0] && !arg[1] && lookups, "none of %llu look-ups was wrong meanwhile", (unsigned long long)lookups);
	region_table_close(shared);
}

int main(void)
{
	uint64_t seed = tap_seed();

	test_late(seed);
	test_late_record(seed);
	test_interrupted(seed);
	test_threads(seed);
	return done_testing();
}
