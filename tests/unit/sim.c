/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The software IOMMU, by itself: tables built by hand from the specification's bit layouts, and a plain model. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "sim_tables.h"

/* Four levels down to entries 0 of tables 0 (root), 1, 2 and 3; the leaf is memory page 0. */
static void build_chain(void)
{
	clear_all();
	set(0, 0, at(1) | 0x6000000000000601); /* IW IR, next level 3, PR */
	set(1, 0, at(2) | 0x6000000000000401);
	set(2, 0, at(3) | 0x6000000000000201);
	set(3, 0, 0x6000000040000001); /* IW IR, page 0x40000000, PR */
}

static struct dmavec_sim_iommu *open_iommu(uint32_t levels, uint32_t entries)
{
	return open_format("amdv1", levels, entries);
}

static struct dmavec_sim_iommu_stats stats_of(struct dmavec_sim_iommu *iommu)
{
	struct dmavec_sim_iommu_stats stats = { .size = sizeof(stats) };

	if (dmavec_sim_iommu_stats(iommu, &stats))
		diag("stats failed");
	return stats;
}

/* ------------------------------------------------------------------ the walk */

static void test_walk(void)
{
	struct dmavec_sim_iommu *iommu;
	struct dmavec_sim_iommu_stats stats;
	unsigned char buf[PAGE * 2];
	uint64_t *entry = NULL;

	build_chain();
	set(3, 5, 0x6000000040007001);
	set(3, 6, 0x6000000040003001);
	iommu = open_iommu(4, 0);
	ok(page_at(iommu, 0) == 0 && page_at(iommu, 0x5000) == 7 && page_at(iommu, 0x6000) == 3, "4 KiB leaves");
	ok(!dmavec_sim_iommu_read(iommu, 0x5800, buf, 0x1000) && !memcmp(buf, memory[7] + 0x800, 0x800) &&
		   !memcmp(buf + 0x800, memory[3], 0x800),
	   "an access over two pages");
	memset(buf, 0xee, sizeof(buf));
	ok(!dmavec_sim_iommu_write(iommu, 0x5ffe, buf, 4) && memory[7][0xffd] == 0x11 * 7 && memory[7][0xffe] == 0xee &&
		   memory[7][0xfff] == 0xee && memory[3][1] == 0xee && memory[3][2] == 0x33,
	   "a write hits its bytes and no other");
	stats = stats_of(iommu);
	ok(stats.misses == 3 && stats.hits == 4 && !stats.faults && !stats.flushes, "three pages are walked once each");
	ok(dmavec_sim_iommu_read(iommu, 0x4000, buf, 1) == -EFAULT, "nothing there");
	memset(buf, 0, sizeof(buf));
	ok(dmavec_sim_iommu_read(iommu, 0x6ff0, buf, 32) == -EFAULT && buf[15] == 0x33 && !buf[16],
	   "what lies before a fault has been moved");
	ok(!dmavec_sim_iommu_read(iommu, 0x4000, buf, 0) && !dmavec_sim_iommu_write(iommu, 0x4000, NULL, 0),
	   "0 bytes: 0");
	ok(dmavec_sim_iommu_read(iommu, UINT64_MAX - 1, buf, 4) == -EFAULT, "an address that wraps");
	ok(page_at(iommu, 0x1000000000000) == -EFAULT, "an address beyond the root table");
	ok(stats_of(iommu).faults == 4, "faults are counted");
	ok(!dmavec_sim_iommu_leaf(iommu, 0x5123, &entry) && entry == &tables[3][5], "the leaf entry is found");
	ok(dmavec_sim_iommu_leaf(iommu, 0x4000, &entry) == -EFAULT && entry == &tables[3][5], "or is not");
	dmavec_sim_iommu_close(iommu);
}

/* Permissions count over all levels, whatever the place where one is missing. */
static void test_permissions(void)
{
	static const uint64_t without[] = { 0x2000000000000000, 0x4000000000000000, 0x6000000000000000 };
	struct dmavec_sim_iommu *iommu;
	unsigned int level, i, bad = 0;
	unsigned char byte;
	uint64_t whole;

	build_chain();
	iommu = open_iommu(4, 0);
	for (level = 0; level < 4; level++) {
		whole = le64toh(tables[level][0]);
		for (i = 0; i < 3; i++) {
			set(level, 0, whole & ~without[i]);
			dmavec_sim_iommu_invalidate_all(iommu);
			bad += dmavec_sim_iommu_read(iommu, 9, &byte, 1) != (i == 1 ? 0 : -EFAULT);
			bad += dmavec_sim_iommu_write(iommu, 9, &byte, 1) != (i == 0 ? 0 : -EFAULT);
			/* the second one was answered by the IOTLB, the other way round now */
			dmavec_sim_iommu_invalidate_all(iommu);
			bad += dmavec_sim_iommu_write(iommu, 9, &byte, 1) != (i == 0 ? 0 : -EFAULT);
			bad += dmavec_sim_iommu_read(iommu, 9, &byte, 1) != (i == 1 ? 0 : -EFAULT);
		}
		set(level, 0, whole);
	}
	ok(!bad, "IR and IW are needed on every level (%u wrong)", bad);
	for (bad = 0, level = 0; level < 4; level++) {
		whole = le64toh(tables[level][0]);
		set(level, 0, whole & ~(uint64_t)1);
		bad += page_walked(iommu, 0) != -EFAULT;
		set(level, 0, whole);
	}
	ok(!bad && !page_walked(iommu, 0), "PR is needed on every level");
	dmavec_sim_iommu_close(iommu);
}

/* Flips each bit of each level's entry that is zero or ignored. */
static void test_reserved(void)
{
	struct dmavec_sim_iommu *iommu;
	unsigned int level, bit, bad = 0;
	uint64_t whole;

	build_chain();
	iommu = open_iommu(4, 0);
	for (level = 0; level < 4; level++) {
		whole = le64toh(tables[level][0]);
		for (bit = 1; bit < 64; bit++) {
			bool reserved = bit >= 52 && bit <= (level == 3 ? 58 : 60);
			bool ignored = bit <= 8 || bit == 63 || (level == 3 && (bit == 59 || bit == 60));

			if (!reserved && !ignored)
				continue;
			set(level, 0, whole | (uint64_t)1 << bit);
			if (page_walked(iommu, 0) != (reserved ? -EFAULT : 0)) {
				diag("table %u, bit %u", level, bit);
				bad++;
			}
		}
		set(level, 0, whole);
	}
	ok(!bad, "reserved bits fault, ignored ones do not");
	dmavec_sim_iommu_close(iommu);
}

static void test_levels(void)
{
	struct dmavec_sim_iommu *iommu;
	unsigned int level, next, bad = 0;

	build_chain();
	iommu = open_iommu(4, 0);
	for (level = 4; level > 1; level--)
		for (next = level; next < 7; next++) {
			build_chain();
			set(4 - level, 0, at(5 - level) | 0x6000000000000001 | (uint64_t)next << 9);
			bad += page_walked(iommu, 0) != -EFAULT;
		}
	ok(!bad, "a table pointer leads to a lower level");
	build_chain();
	set(3, 9, 0x6000000040009001);
	set(0, 0, at(3) | 0x6000000000000201);
	ok(page_walked(iommu, 0x9000) == 9, "levels 3 and 2 skipped");
	ok(page_walked(iommu, 0x9000 + 0x200000) == -EFAULT && page_walked(iommu, 0x9000 + 0x40000000) == -EFAULT,
	   "skipped address bits have to be zero");
	set(0, 1, at(3) | 0x6000000000000201);
	ok(page_walked(iommu, 0x8000009000) == 9 && page_walked(iommu, 0x8000009000 + 0x4000000000) == -EFAULT,
	   "those of the level itself need not");
	dmavec_sim_iommu_close(iommu);

	memset(tables, 0, sizeof(tables));
	set(0, 3, 0x6000000040002001);
	iommu = open_iommu(1, 0);
	ok(page_at(iommu, 0x3000) == 2 && page_at(iommu, 0x203000) == -EFAULT, "one level");
	dmavec_sim_iommu_close(iommu);
	set(0, 0, 0x600ffffffffffe01);
	iommu = open_iommu(5, 0);
	ok(page_at(iommu, 0x40005000) == -EFAULT, "five levels, and a leaf larger than all memory");
	dmavec_sim_iommu_close(iommu);
	memset(tables, 0, sizeof(tables));
	set(0, 127, at(1) | 0x6000000000000201);
	set(1, 511, 0x6000000040004001);
	iommu = open_iommu(6, 0);
	ok(page_at(iommu, 0xfe000000001ff000) == 4 && page_at(iommu, 0xfe000000003ff000) == -EFAULT,
	   "six levels, four skipped");
	dmavec_sim_iommu_close(iommu);
}

/* A leaf in a table: what it is, and what the device finds `offset` bytes above the entry's first address. */
struct leaf_case {
	unsigned int table;
	uint64_t entry, offset;
	int page;
	const char *name;
};

static const struct leaf_case leaf_cases[] = {
	{ 2, 0x6000000040000001, 0x1ff000, 511, "2 MiB, next level 0" },
	{ 1, 0x6000000040000001, 0x103000, 259, "1 GiB, next level 0" },
	{ 2, 0x6000000040001001, 0, -EFAULT, "2 MiB off its alignment" },
	{ 1, 0x6000000040200001, 0, -EFAULT, "1 GiB off its alignment" },
	{ 0, 0x6000000000000001, 0x40005000, 5, "512 GiB, next level 0" },
	{ 3, 0x6000000040002e01, 0, 2, "8 KiB, first half" },
	{ 3, 0x6000000040001e01, 0, 0, "16 KiB" },
	{ 3, 0x6000000040017e01, 0, 16, "64 KiB" },
	{ 3, 0x600000004017fe01, 0, 256, "1 MiB in level 1" },
	{ 3, 0x60000000400ffe01, 0, -EFAULT, "2 MiB in level 1" },
	{ 3, 0x60000000401ffe01, 0, -EFAULT, "4 MiB in level 1" },
	{ 2, 0x60000000401ffe01, 0x13000, 19, "4 MiB in level 2" },
	{ 2, 0x60000000400ffe01, 0, -EFAULT, "2 MiB in level 2, the long way" },
	{ 2, 0x6000000040000e01, 0, -EFAULT, "8 KiB in level 2" },
	{ 1, 0x600000003ffffe01, 0x40006000, 6, "2 GiB in level 3" },
	{ 1, 0x6000000040000e01, 0, -EFAULT, "8 KiB in level 3" },
	{ 3, 0x600ffffffffffe01, 0, -EFAULT, "no size at all" },
};

static void test_large(void)
{
	struct dmavec_sim_iommu *iommu = open_iommu(4, 0);
	uint64_t copy, *entry;
	unsigned int i;

	for (i = 0; i < sizeof(leaf_cases) / sizeof(leaf_cases[0]); i++) {
		const struct leaf_case *this = &leaf_cases[i];
		int page;

		build_chain();
		set(this->table, 0, this->entry);
		/* 2 GiB leaf: the second of its two entries is walked */
		if (this->table == 1 && this->offset >= 0x40000000)
			set(this->table, 1, this->entry);
		page = page_walked(iommu, this->offset);
		ok(page == this->page, "%s (%d)", this->name, page);
	}
	/* A leaf over several entries: every one of them holds the same. */
	build_chain();
	for (copy = 16; copy < 32; copy++)
		set(3, (unsigned int)copy, 0x6000000040027e01);
	for (i = 0, copy = 16; copy < 32; copy++)
		i += page_walked(iommu, copy * PAGE) != (int)copy + 16;
	ok(!i, "64 KiB: each page is found by its own entry");
	ok(!dmavec_sim_iommu_leaf(iommu, 20 * PAGE, &entry) && entry == &tables[3][20],
	   "which is the one that leaf names");
	dmavec_sim_iommu_close(iommu);
}

/* ------------------------------------------------------------------ the IOTLB */

static void test_stale(void)
{
	struct dmavec_sim_iommu *iommu;
	unsigned char byte = 0;
	uint64_t flushes;

	build_chain();
	set(3, 1, 0x6000000040001001);
	set(3, 2, 0x2000000040002001);
	iommu = open_iommu(4, 0);
	ok(page_at(iommu, 0) == 0 && page_at(iommu, 0x1000) == 1 && page_at(iommu, 0x2000) == 2,
	   "three pages are cached");
	set(3, 0, 0x6000000040005001);
	set(3, 1, 0);
	set(3, 2, 0x6000000040002001);
	ok(page_at(iommu, 0) == 0 && page_at(iommu, 0x1000) == 1, "translations stay as they were");
	ok(dmavec_sim_iommu_write(iommu, 0x2000, &byte, 1) == -EFAULT, "permissions too");
	dmavec_sim_iommu_invalidate(iommu, 0x3000, 0x100000);
	dmavec_sim_iommu_invalidate(iommu, 0, 0);
	ok(page_at(iommu, 0) == 0 && page_at(iommu, 0x1000) == 1,
	   "an invalidation elsewhere, or of nothing, drops nothing");
	dmavec_sim_iommu_invalidate(iommu, 0x1fff, 1);
	ok(page_at(iommu, 0x1000) == -EFAULT && page_at(iommu, 0) == 0,
	   "one byte of a page drops that page, and no other");
	dmavec_sim_iommu_invalidate(iommu, 0x2000, UINT64_MAX);
	ok(!dmavec_sim_iommu_write(iommu, 0x2000, &byte, 1) && page_at(iommu, 0) == 0,
	   "a range that wraps ends at the end");
	flushes = stats_of(iommu).flushes;
	dmavec_sim_iommu_invalidate_all(iommu);
	ok(page_at(iommu, 0) == 5 && flushes == 4 && stats_of(iommu).flushes == 5, "each command counts as one flush");
	set(3, 7, 0);
	ok(page_at(iommu, 0x7000) == -EFAULT, "a page that is not present");
	set(3, 7, 0x6000000040007001);
	ok(page_at(iommu, 0x7000) == 7, "is not cached");

	build_chain();
	set(2, 1, 0x6000000040000001);
	dmavec_sim_iommu_invalidate_all(iommu);
	ok(page_at(iommu, 0x200000) == 0 && page_at(iommu, 0x205000) == 5 && page_at(iommu, 0x3ff000) == 511,
	   "pieces of 2 MiB");
	set(2, 1, 0);
	dmavec_sim_iommu_invalidate(iommu, 0x205000, 0x1000);
	ok(page_at(iommu, 0x205000) == -EFAULT && page_at(iommu, 0x200000) == 0, "one piece is dropped");
	dmavec_sim_iommu_invalidate(iommu, 0x200000, 0x200000);
	ok(page_at(iommu, 0x200000) == -EFAULT && page_at(iommu, 0x3ff000) == -EFAULT, "all pieces are");
	dmavec_sim_iommu_close(iommu);
}

#define RUN 4096u /* pages in a run through tables 3 .. 10 */

static void build_run(bool present)
{
	unsigned int i;

	for (i = 0; i < RUN; i++)
		set(3 + i / 512, i % 512, present ? 0x6000000000000001 | (PHYS + (uint64_t)(i % PAGES) * PAGE) : 0);
	for (i = 0; i < RUN / 512; i++)
		set(2, i, at(3 + i) | 0x6000000000000201);
}

static unsigned int count_cached(struct dmavec_sim_iommu *iommu, const bool *model, unsigned int *wrong)
{
	unsigned int i, n = 0;
	int page;

	for (i = 0; i < RUN; i++) {
		page = page_at(iommu, (uint64_t)i * PAGE);
		n += page >= 0;
		if (page >= 0 && page != (int)(i % PAGES))
			++*wrong;
		if (model && (page >= 0) != model[i])
			++*wrong;
	}
	return n;
}

static void test_range(uint64_t *seed)
{
	static bool model[RUN];
	struct dmavec_sim_iommu *iommu;
	unsigned int round, i, wrong = 0;

	build_chain();
	iommu = open_iommu(4, 4096);
	for (round = 0; round < 10; round++) {
		uint64_t spread = tap_random(seed) % 12;

		dmavec_sim_iommu_invalidate_all(iommu);
		build_run(true);
		for (i = 0; i < RUN; i++) {
			model[i] = tap_random(seed) % (1u << spread) == 0;
			if (model[i])
				page_at(iommu, (uint64_t)i * PAGE);
		}
		build_run(false);
		for (i = 0; i < 6; i++) {
			uint64_t first = tap_random(seed) % RUN,
				 n = 1 + tap_random(seed) % (1u << tap_random(seed) % 13), page;

			/* about as many pages as there are sets: where a sweep of some turns into one of all */
			if (i == 5)
				n = 510 + round % 5;

			dmavec_sim_iommu_invalidate(iommu, first * PAGE, n * PAGE);
			for (page = first; page < first + n && page < RUN; page++)
				model[page] = false;
		}
		count_cached(iommu, model, &wrong);
	}
	ok(!wrong, "a range drops its pages and no other (%u wrong)", wrong);
	dmavec_sim_iommu_close(iommu);
}

static void test_evict(void)
{
	static const uint32_t sizes[] = { 1, 2, 64, 512 };
	static bool model[RUN];
	struct dmavec_sim_iommu *iommu;
	unsigned int i, page, n, wrong = 0;

	build_chain();
	for (i = 0; i < 4; i++) {
		iommu = open_iommu(4, sizes[i]);
		build_run(true);
		for (page = 0; page < RUN; page++) {
			page_at(iommu, (uint64_t)page * PAGE);
			model[page] = page >= RUN - sizes[i];
		}
		build_run(false);
		n = count_cached(iommu, model, &wrong);
		ok(n == sizes[i] && !wrong, "%u entries hold %u translations, the last ones", sizes[i], n);
		dmavec_sim_iommu_invalidate(iommu, 0, (uint64_t)RUN * PAGE);
		ok(!count_cached(iommu, NULL, &wrong) && !wrong, "all of which go");
		dmavec_sim_iommu_close(iommu);
	}
}

/* ------------------------------------------------------------------ memory that is not there */

static void test_wild(void)
{
	struct dmavec_sim_iommu_opts opts = { .size = sizeof(opts), .root = at(0), .levels = 4 };
	unsigned char *mem = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct dmavec_sim_iommu *iommu = NULL;
	unsigned char byte = 7;
	uint64_t hole = (uintptr_t)mem + PAGE, *entry;

	build_chain();
	set(3, 0, (uintptr_t)mem | 0x6000000000000001);
	set(3, 1, hole | 0x6000000000000001);
	set(3, 2, (uintptr_t)(mem + 2 * PAGE) | 0x6000000000000001);
	set(3, 3, 0x600ffffffffff001);
	set(2, 1, hole | 0x6000000000000201);
	set(2, 2, 0x600ffffffffff201);
	mem[2 * PAGE] = 42;
	munmap(mem + PAGE, PAGE);
	mprotect(mem + 2 * PAGE, PAGE, PROT_READ);
	ok(!dmavec_sim_iommu_open(&iommu, &opts), "process addresses, and the default format");
	ok(!dmavec_sim_iommu_write(iommu, 0, &byte, 1) && mem[0] == 7, "memory that is there");
	ok(dmavec_sim_iommu_read(iommu, 0x1000, &byte, 1) == -EFAULT, "a leaf that leads nowhere: -EFAULT, no signal");
	ok(dmavec_sim_iommu_write(iommu, 0x1000, &byte, 1) == -EFAULT, "nor for a write");
	ok(dmavec_sim_iommu_write(iommu, 0x2000, &byte, 1) == -EFAULT &&
		   !dmavec_sim_iommu_read(iommu, 0x2000, &byte, 1) && byte == 42,
	   "memory that can only be read");
	ok(dmavec_sim_iommu_read(iommu, 0x3000, &byte, 1) == -EFAULT, "a leaf outside all that a process can have");
	ok(dmavec_sim_iommu_read(iommu, 0x200000, &byte, 1) == -EFAULT, "a table pointer that leads nowhere");
	ok(dmavec_sim_iommu_read(iommu, 0x400000, &byte, 1) == -EFAULT, "or outside");
	ok(dmavec_sim_iommu_leaf(iommu, 0x200000, &entry) == -EFAULT, "where there is no leaf either");
	dmavec_sim_iommu_close(iommu);
	munmap(mem, PAGE);
	munmap(mem + 2 * PAGE, PAGE);
}

static void test_windows(void)
{
	struct dmavec_window windows[2] = {
		{ dmavec_cpu(memory[9]), 0x1000, 0x1800 },
		{ dmavec_cpu(memory[20] + 5), 0x2800, 0x700 },
	};
	struct dmavec_sim_iommu_opts opts = {
		.size = sizeof(opts), .root = at(0), .levels = 4, .memory = windows, .nmemory = 2
	};
	struct dmavec_sim_iommu *iommu = NULL;
	unsigned char buf[PAGE] = { 0 };

	build_chain();
	set(3, 0, (uintptr_t)memory[1] | 0x6000000000000001);
	set(3, 1, 0x6000000000001001);
	set(3, 2, 0x6000000000002001);
	ok(!dmavec_sim_iommu_open(&iommu, &opts), "two windows");
	memset(windows, 0, sizeof(windows));
	ok(page_at(iommu, 0x1000) == 9 && page_at(iommu, 0x2000) == 10, "memory in the first; windows are copied");
	ok(!dmavec_sim_iommu_read(iommu, 0x27f0, buf, 32) && !memcmp(buf, memory[10] + 0x7f0, 16) &&
		   !memcmp(buf + 16, memory[20] + 5, 16),
	   "an access over both");
	ok(dmavec_sim_iommu_read(iommu, 0x2ef8, buf, 16) == -EFAULT, "an access beyond");
	ok(page_at(iommu, 0) == -EFAULT, "a page in neither, though its address is one of the process");
	dmavec_sim_iommu_close(iommu);
}

/* ------------------------------------------------------------------ an invalidation waits for what is under way */

struct race {
	struct dmavec_sim_iommu *iommu;
	int stop;
};

static void *write_always(void *arg)
{
	struct race *race = arg;
	unsigned char buf[PAGE];
	unsigned int n = 0;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		memset(buf, (int)(n++ & 0xff), sizeof(buf));
		(void)!dmavec_sim_iommu_write(race->iommu, 0, buf, sizeof(buf));
	}
	return NULL;
}

/* Another thread writes through page 0 all the time; after the invalidation, not one byte of the old page changes. */
static void test_race(void)
{
	struct race race = { .iommu = NULL };
	unsigned char copy[PAGE];
	unsigned int round, i, late = 0, moved = 0;
	pthread_t thread;

	build_chain();
	race.iommu = open_iommu(4, 0);
	pthread_create(&thread, NULL, write_always, &race);
	for (round = 0; round < 150; round++) {
		uint64_t before = stats_of(race.iommu).hits;

		set(3, 0, 0x6000000040000001 | (uint64_t)(round % 2) << 12);
		for (i = 0; i < 2000 && stats_of(race.iommu).hits < before + 2; i++)
			sched_yield();
		moved += i < 2000;
		set(3, 0, 0);
		dmavec_sim_iommu_invalidate(race.iommu, 0, PAGE);
		memcpy(copy, memory[round % 2], PAGE);
		for (i = 0; i < 3; i++)
			sched_yield();
		late += memcmp(copy, memory[round % 2], PAGE) != 0;
	}
	__atomic_store_n(&race.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ok(!late && moved, "%u of 150 invalidations were overtaken (%u met traffic)", late, moved);
	dmavec_sim_iommu_close(race.iommu);
}

/* From here on the kernel refuses process_vm_readv and process_vm_writev, as some sandboxes do. */
static bool refuse_process_vm(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
	uint64_t seed = tap_seed();

	test_walk();
	test_permissions();
	test_reserved();
	test_levels();
	test_large();
	test_stale();
	test_range(&seed);
	test_evict();
	test_wild();
	test_windows();
	test_race();
	if (refuse_process_vm()) {
		diag("once more, without process_vm_readv");
		test_walk();
		test_wild();
		test_windows();
	} else {
		skip(1, "no system call filters here");
	}
	return done_testing();
}
