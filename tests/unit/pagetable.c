/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Page tables: entries against literal examples written from the specification, map and unmap against a plain array,
 * and what becomes of tables when memory fails, when they are emptied and when they come again.
 */
#include "pagetable.h"

static uint64_t seed;

static bool unmapped(struct dmavec_pt *pt, uint64_t dma)
{
	uint64_t phys, run;
	unsigned int how;
	struct walk w = walk(pt, dma);

	return !w.present && !w.malformed && !w.entry[w.level] &&
	dmavec_pt_lookup(pt, dma, &phys, &run, &how) == -ENOENT;
}

/* Both views agree: the hardware's, and dmavec_pt_lookup. */
static bool mapped(struct dmavec_pt *pt, uint64_t dma, uint64_t want, unsigned int level, unsigned int want_how)
{
	struct walk w = walk(pt, dma);
	uint64_t phys = 0, run = 0, span = 1ull << (12 + 9 * (level - 1));
	unsigned int how = 0;

	if (dmavec_pt_lookup(pt, dma, &phys, &run, &how))
		return false;
	return w.present && !w.malformed && w.level == level && w.phys == want && phys == want &&
	       run == span - dma % span && how == (want_how & RW) &&
	       (w.entry[level] & ~ADDRESS) == leaf_bits(level, want_how);
}

static int map1(struct dmavec_pt *pt, uint64_t dma, uint64_t phys, uint64_t len, unsigned int how)
{
	struct dmavec_range range = { phys, len };

	return dmavec_pt_map(pt, dma, &range, 1, how);
}

/* Unmap and recycle at once, as if the hardware had been told. */
static int unmap(struct dmavec_pt *pt, uint64_t dma, uint64_t len)
{
	struct dmavec_pt_freed freed = { NULL, NULL };
	int err = dmavec_pt_unmap(pt, dma, len, &freed);

	dmavec_pt_recycle(pt, &freed);
	return err;
}

/* ---- tests */

static void test_literals(void)
{
	struct dmavec_pt *pt = open_pt();
	struct walk w;

	ok(!map1(pt, 0x123456789000, 0xabcdef012000, KiB4, RW), "map one page");
	w = walk(pt, 0x123456789000);
	ok((w.entry[4] & ~ADDRESS) == format->pointer[4] && (w.entry[3] & ~ADDRESS) == format->pointer[3] &&
	   (w.entry[2] & ~ADDRESS) == format->pointer[2], "levels 4, 3 and 2: present, read and write, to a table");
	ok(w.entry[1] == format->made.page, "level 1: a leaf, coherent, read and write");
	ok(from_le(w.table[4] + 8 * 0x24) == w.entry[4] && from_le(w.table[3] + 8 * 0xd1) == w.entry[3] &&
	   from_le(w.table[2] + 8 * 0xb3) == w.entry[2] && from_le(w.table[1] + 8 * 0x189) == w.entry[1],
	   "they stand at bits 47:39, 38:30, 29:21 and 20:12 of the address");
	ok(!map1(pt, 0x1000, 0xffffffffff000, KiB4, DMAVEC_LINK_READ), "the highest physical page, read only");
	ok(walk(pt, 0x1000).entry[1] == format->made.highest, "coherent and read");
	ok(!map1(pt, 0x2000, 0, KiB4, DMAVEC_LINK_WRITE) && walk(pt, 0x2000).entry[1] == format->made.write_only,
	   "write only, at physical 0");
	ok(!map1(pt, 0x3000, 0xfee00000, KiB4, RW | DMAVEC_LINK_MMIO) &&
	   walk(pt, 0x3000).entry[1] == format->made.peer,
	   "peer memory is not coherent");
	ok(!map1(pt, 0x4000, 0xfee00000, KiB4, RW | DMAVEC_LINK_RELAXED) &&
	   walk(pt, 0x4000).entry[1] == format->made.relaxed, "relaxed is a hint that no format has a bit for");
	ok(!map1(pt, MiB2, 0x40200000, MiB2, RW) && walk(pt, MiB2).entry[2] == format->made.large,
	   "2 MiB: a leaf at level 2");
	ok(!map1(pt, GiB1, 0x80000000, GiB1, RW) && walk(pt, GiB1).entry[3] == format->made.huge,
	   "1 GiB: a leaf at level 3");
	ok(mapped(pt, GiB1 + 0x12345, 0x80012345, 3, RW) && mapped(pt, 0x1fff, 0xfffffffffffff, 1, DMAVEC_LINK_READ) &&
	   mapped(pt, 0x2abc, 0xabc, 1, DMAVEC_LINK_WRITE) && mapped(pt, 0x3210, 0xfee00210, 1, RW | DMAVEC_LINK_MMIO),
	   "look-ups agree, to the byte");
	ok(!unmap(pt, 0x2000, KiB4) && unmapped(pt, 0x2000) && map1(pt, 0x1000, 0, KiB4, DMAVEC_LINK_WRITE) == -EEXIST,
	   "what grants one thing only is there as much as any other");
	close_pt(pt);
}

static void test_large(void)
{
	struct dmavec_pt *pt = open_pt();
	struct dmavec_range joined[] = { { 8 * MiB2, MiB2 / 2 }, { 8 * MiB2 + MiB2 / 2, MiB2 / 2 } };
	struct dmavec_range apart[] = { { 8 * MiB2, MiB2 / 2 }, { 9 * MiB2 + MiB2 / 2, MiB2 / 2 } };
	struct dmavec_range mixed[] = { { 0, MiB2 }, { 50 * MiB2 + KiB4, 20 * MiB2 } };
	uint64_t root = table_bytes(pt);

	ok(root == KiB4, "an empty table is its root");
	ok(!dmavec_pt_map(pt, 0, mixed, 2, RW) && mapped(pt, 0, 0, 2, RW) &&
	   mapped(pt, 20 * MiB2, 69 * MiB2 + KiB4, 1, RW) &&
	   table_bytes(pt) == root + 22 * KiB4 && !unmap(pt, 0, 21 * MiB2),
	   "a large leaf, and memory that allows no more of them");
	ok(!map1(pt, GiB1 - MiB2 - KiB4, 5 * GiB1 - MiB2 - KiB4, GiB1 + 2 * MiB2 + 2 * KiB4, RW),
	   "4K + 2M + 1G + 2M + 4K in one");
	ok(mapped(pt, GiB1 - MiB2 - KiB4, 5 * GiB1 - MiB2 - KiB4, 1, RW) &&
	   mapped(pt, GiB1 - MiB2, 5 * GiB1 - MiB2, 2, RW) &&
	   mapped(pt, GiB1, 5 * GiB1, 3, RW) && mapped(pt, 2 * GiB1, 6 * GiB1, 2, RW) &&
	   mapped(pt, 2 * GiB1 + MiB2, 6 * GiB1 + MiB2, 1, RW) && unmapped(pt, 2 * GiB1 + MiB2 + KiB4),
	   "each as large as it can");
	ok(table_bytes(pt) == root + 5 * KiB4, "with no more tables than needed");
	ok(!unmap(pt, GiB1 - MiB2 - KiB4, GiB1 + 2 * MiB2 + 2 * KiB4) && table_bytes(pt) == root, "and all go");

	ok(!dmavec_pt_map(pt, 0, joined, 2, RW) && mapped(pt, MiB2 / 2, 8 * MiB2 + MiB2 / 2, 2, RW),
	   "neighbours share a leaf");
	ok(!unmap(pt, 0, MiB2) && !dmavec_pt_map(pt, 0, apart, 2, RW) && mapped(pt, 0, 8 * MiB2, 1, RW),
	   "others do not");
	ok(!unmap(pt, 0, MiB2) && !map1(pt, 0, 0, MiB2 / 2, RW) && !map1(pt, MiB2 / 2, MiB2 / 2, MiB2 / 2, RW) &&
	   mapped(pt, MiB2 / 2, MiB2 / 2, 1, RW), "a leaf never spans two calls");
	ok(!unmap(pt, 0, MiB2 / 2) && mapped(pt, MiB2 / 2, MiB2 / 2, 1, RW) && unmapped(pt, 0) && !unmap(pt, 0, MiB2),
	   "so that each goes alone");
	ok(!map1(pt, MiB2, KiB4, MiB2, RW) && mapped(pt, MiB2, KiB4, 1, RW) && !unmap(pt, MiB2, MiB2),
	   "misaligned memory: small");
	ok(!map1(pt, 3 * GiB1, MiB2, GiB1, RW) && mapped(pt, 3 * GiB1, MiB2, 2, RW) && !unmap(pt, 3 * GiB1, GiB1) &&
	   table_bytes(pt) == root, "memory aligned to 2 MiB only: leaves of 2 MiB");
	ok(!map1(pt, 1ull << 39, 1ull << 40, 1ull << 39, RW) && mapped(pt, (1ull << 40) - 1, (3ull << 39) - 1, 3, RW) &&
	   table_bytes(pt) == root + KiB4 && !unmap(pt, 1ull << 39, 1ull << 39), "512 GiB: leaves of 1 GiB");
	close_pt(pt);
}

static void test_partial_leaf(void)
{
	struct dmavec_pt *pt = open_pt();
	struct dmavec_pt_freed freed = { NULL, NULL };
	uint64_t bytes;

	ok(!map1(pt, MiB2 - KiB4, 4 * MiB2 - KiB4, MiB2 + 2 * KiB4, RW) && !map1(pt, 4 * GiB1, 0, GiB1, RW),
	   "small, large, small");
	bytes = table_bytes(pt);
	ok(dmavec_pt_unmap(pt, MiB2 - KiB4, MiB2, &freed) == -EINVAL, "the end is inside a leaf");
	ok(dmavec_pt_unmap(pt, MiB2 + KiB4, MiB2, &freed) == -EINVAL, "the start is");
	ok(dmavec_pt_unmap(pt, MiB2 + KiB4, KiB4, &freed) == -EINVAL, "both are");
	ok(dmavec_pt_unmap(pt, 0, 4 * GiB1 + MiB2, &freed) == -EINVAL, "the end is inside a leaf of 1 GiB");
	ok(dmavec_pt_unmap(pt, 4 * GiB1 + MiB2, 4 * GiB1, &freed) == -EINVAL, "the start is");
	ok(!freed.head && !freed.tail && table_bytes(pt) == bytes && mapped(pt, MiB2 - KiB4, 4 * MiB2 - KiB4, 1, RW) &&
	   mapped(pt, MiB2, 4 * MiB2, 2, RW) && mapped(pt, 2 * MiB2, 5 * MiB2, 1, RW) && mapped(pt, 4 * GiB1, 0, 3, RW),
	   "nothing has changed");
	ok(!unmap(pt, 0, 1ull << 48) && table_bytes(pt) == KiB4, "all addresses at once, holes and all");
	ok(!unmap(pt, 0, 1ull << 48) && !unmap(pt, GiB1, KiB4), "where nothing is, nothing happens");
	close_pt(pt);
}

static void test_errors(void)
{
	struct dmavec_pt *pt = open_pt();
	struct dmavec_pt_freed freed = { NULL, NULL };
	struct dmavec_range two[2] = { { 0x1000, 0x1000 }, { 0x3000, 0x1000 } };
	uint64_t last = (1ull << 48) - 1, phys, run;
	unsigned int how;

	ok(info_of(pt).first == 0 && info_of(pt).last == last && info_of(pt).levels == 4 &&
	   info_of(pt).granule == KiB4 &&
	   !strcmp(info_of(pt).format, format->name) && info_of(pt).phys_last == (1ull << 52) - 1, "geometry");
	ok(map1(pt, 0, 0, 0, RW) == -EINVAL && dmavec_pt_map(pt, 0, two, 0, RW) == -EINVAL, "nothing to map");
	ok(map1(pt, 0, 0, KiB4, 0) == -EINVAL && map1(pt, 0, 0, KiB4, 0x10 | RW) == -EINVAL, "how: none, unknown");
	ok(map1(pt, 0x10, 0x20, KiB4, RW) == -EINVAL, "another place in the page");
	ok(map1(pt, last + 1, 0, KiB4, RW) == -EINVAL && map1(pt, 2 * (last + 1), 0, KiB4, RW) == -EINVAL &&
	   map1(pt, last - 0xfff, 0, KiB4 + 1, RW) == -EINVAL &&
	   map1(pt, 0x1000, 0, UINT64_MAX - 0xfff, RW) == -EINVAL, "beyond the addresses");
	ok(map1(pt, 0, 1ull << 52, KiB4, RW) == -EINVAL && map1(pt, 0, (1ull << 52) - KiB4, 2 * KiB4, RW) == -EINVAL &&
	   map1(pt, 0, UINT64_MAX - 0xfff, KiB4, RW) == -EINVAL &&
	   map1(pt, 0, UINT64_MAX - 0xfff, 2 * KiB4, RW) == -EINVAL,
	   "beyond the memory");
	two[0].len = 0x800;
	ok(dmavec_pt_map(pt, 0, two, 2, RW) == -EINVAL, "an inner end that is misaligned");
	two[0] = (struct dmavec_range){ 0x1000, 0x1000 }, two[1] = (struct dmavec_range){ 0x3800, 0x800 };
	ok(dmavec_pt_map(pt, 0, two, 2, RW) == -EINVAL, "an inner start that is");
	two[0] = (struct dmavec_range){ 0x1ff0, 0x10 }, two[1] = (struct dmavec_range){ 0x3000, 0x1 };
	ok(!dmavec_pt_map(pt, 0xff0, two, 2, RW) && mapped(pt, 0, 0x1000, 1, RW) && mapped(pt, 0x1000, 0x3000, 1, RW) &&
	   unmapped(pt, 0x2000), "the outer ones are rounded out");
	ok(dmavec_pt_lookup(pt, last + 1, &phys, &run, &how) == -ENOENT, "no look-up beyond the addresses");
	ok(map1(pt, 0, 0, KiB4, RW) == -EEXIST && map1(pt, 0x800000, 0, KiB4, RW) == 0 &&
	   map1(pt, 0x2000, 0, 0x800000, RW) == -EEXIST && unmapped(pt, 0x2000) && unmapped(pt, MiB2),
	   "something is there");
	ok(map1(pt, 0, 0, MiB2, RW) == -EEXIST && map1(pt, 0, 0, GiB1, RW) == -EEXIST, "a table where a leaf would be");
	ok(!map1(pt, GiB1, 0, GiB1, RW) && map1(pt, GiB1 + KiB4, 0, KiB4, RW) == -EEXIST,
	   "a leaf where a table would be");
	ok(!map1(pt, last - 0xfff, 0x5000, KiB4, RW) && mapped(pt, last, 0x5fff, 1, RW), "the last page");
	ok(!unmap(pt, last - 0xfff, KiB4) && unmapped(pt, last), "and away");
	ok(dmavec_pt_unmap(pt, 1, KiB4, &freed) == -EINVAL && dmavec_pt_unmap(pt, 0, 1, &freed) == -EINVAL &&
	   dmavec_pt_unmap(pt, 0, 0, &freed) == -EINVAL &&
	   dmavec_pt_unmap(pt, last - 0xfff, 2 * KiB4, &freed) == -EINVAL &&
	   dmavec_pt_unmap(pt, 5 * GiB1, KiB4 + 1, &freed) == -EINVAL &&
	   dmavec_pt_unmap(pt, last + 1, KiB4, &freed) == -EINVAL, "unmap: misaligned, empty, beyond");
	close_pt(pt);
}

/* One range among well-formed ones, first where all are pages and then where not. */
static void test_middle(void)
{
	static const struct {
		struct dmavec_range range;
		const char *what;
	} bad[] = {
		{ { 0x5000, 0 }, "empty" },
		{ { 0x5800, 0x1000 }, "misaligned" },
		{ { 0x5000, 0x1800 }, "of half pages" },
		{ { 1ull << 52, 0x1000 }, "beyond the memory" },
		{ { (1ull << 52) - 0x1000, 0x2000 }, "half beyond it" },
		{ { 0x5000, 0xfffffffffffff000 }, "that wraps" },
		{ { 0x5000, 1ull << 48 }, "beyond the addresses" },
	};
	struct dmavec_range ranges[200];
	struct dmavec_pt *pt = open_pt();
	unsigned int i, j, at;
	bool good;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		good = true;
		for (at = 1; at < 199; at++) {
			for (j = 0; j < 200; j++)
				ranges[j] = (struct dmavec_range){ (2ull * j + 1) * KiB4, at % 2 &&
				                                  j == 150 ? 2 * KiB4 : KiB4 };
			ranges[at] = bad[i].range;
			good = good && dmavec_pt_map(pt, 0, ranges, 200, RW) == -EINVAL && table_bytes(pt) == KiB4;
		}
		ok(good, "a range in the middle %s", bad[i].what);
	}
	close_pt(pt);
}

static void test_options(void)
{
	struct {
		struct dmavec_pt_opts opts;
		uint64_t tail;
	} longer = { .opts = { .size = sizeof(longer) } };
	struct dmavec_pt_info part = { .size = offsetof(struct dmavec_pt_info, levels), .levels = 77 };
	struct dmavec_pt *pt = NULL;

	ok(!dmavec_pt_open(&pt, NULL) && info_of(pt).pool_bytes == BLOCK && !strcmp(info_of(pt).format, "amdv1"),
	   "defaults");
	ok(info_of(pt).root % KiB4 == 0 && !map1(pt, 0, 0, KiB4, RW) &&
	   from_le((void *)(uintptr_t)info_of(pt).root) >> 60 == 6, "the root is a process address");
	ok(!dmavec_pt_info(pt, &part) && part.levels == 77 && part.root, "a shorter info stays one");
	dmavec_pt_close(pt);
	dmavec_pt_close(NULL);
	ok(!dmavec_pt_open(&pt, &longer.opts), "longer options with an empty tail");
	dmavec_pt_close(pt);
	longer.tail = 1;
	ok(dmavec_pt_open(&pt, &longer.opts) == -EINVAL, "an unknown tail");
	longer.opts.size = sizeof(longer.opts), longer.opts.format = "amdv2";
	ok(dmavec_pt_open(&pt, &longer.opts) == -EOPNOTSUPP, "an unknown format");
	longer.opts.format = "amdv1", longer.opts.block_alloc = block_alloc;
	ok(dmavec_pt_open(&pt, &longer.opts) == -EINVAL, "half a pair of functions");
	longer.opts.block_free = block_free, longer.opts.block_ctx = &blocks;
	memset(&blocks, 0, sizeof(blocks));
	blocks.bad_pa = 1ull << 52;
	ok(dmavec_pt_open(&pt, &longer.opts) == -EINVAL && !blocks.held, "a block that no pointer can name");
	blocks.bad_pa = 0, blocks.fail_at = blocks.calls + 1;
	ok(dmavec_pt_open(&pt, &longer.opts) == -ENOMEM && !blocks.held, "no block");
}

/* A mapping that needs many blocks, with each of their allocations failing in turn. */
static void test_failing_blocks(void)
{
	struct dmavec_range ranges[64];
	unsigned int n, failed = 0, i, held;
	bool good = true;
	int err;

	for (i = 0; i < 64; i++)
		ranges[i] = (struct dmavec_range){ (2ull * i + 1) * KiB4 * 513, KiB4 * 512 };
	for (n = 1; n < 100; n++) {
		struct dmavec_pt *pt = open_pt();

		err = map1(pt, 7 * MiB2, 0x5000, KiB4, RW);
		held = blocks.held;
		blocks.fail_at = blocks.calls + n;
		err = dmavec_pt_map(pt, (1ull << 39) - 32 * MiB2 + KiB4, ranges, 64, RW);
		if (!err) {
			dmavec_pt_close(pt);
			break;
		}
		failed++;
		good = good && err == -ENOMEM && blocks.held == held && table_bytes(pt) == 4 * KiB4 && mapped(pt, 7 * MiB2, 0x5000, 1, RW);
		for (i = 0; i < 66; i++)
			good = good && unmapped(pt, (1ull << 39) + i * MiB2 - 33 * MiB2);
		good = good && !dmavec_pt_map(pt, (1ull << 39) - 32 * MiB2 + KiB4, ranges, 64, RW);
		good = good && !unmap(pt, 0, 1ull << 48) && table_bytes(pt) == KiB4;
		dmavec_pt_close(pt);
		good = good && !blocks.held;
	}
	ok(good && failed >= 4, "%u blocks failed in turn: nothing was left, and the next try went well", failed);
}

/* What a stale pointer of the hardware's would see. */
static void test_recycle(void)
{
	struct dmavec_pt *pt = open_pt();
	struct dmavec_pt_freed freed = { NULL, NULL }, more = { NULL, NULL };
	static const unsigned char zeros[4096];
	struct walk w, now;
	unsigned int i, level;
	bool empty = true, fresh = true;

	ok(!map1(pt, 3 * GiB1, 0x9000, KiB4, RW), "map");
	w = walk(pt, 3 * GiB1);
	ok(!dmavec_pt_unmap(pt, 3 * GiB1, KiB4, &freed) && freed.head && freed.tail && table_bytes(pt) == KiB4,
	   "three tables go");
	for (i = 0; i < 40; i++) {
		if (map1(pt, (100 + i) * GiB1, 0xa000 + i * KiB4, KiB4, RW))
			break;
		now = walk(pt, (100 + i) * GiB1);
		for (level = 1; level < 4; level++)
			fresh = fresh && now.table[level] != w.table[1] && now.table[level] != w.table[2] &&
			now.table[level] != w.table[3];
	}
	for (level = 1; level < 4; level++)
		empty = empty && !memcmp(w.table[level], zeros, sizeof(zeros));
	ok(i == 40 && fresh, "no mapping gets one of them before they are recycled");
	ok(empty, "and they read as empty tables for as long");
	ok(!dmavec_pt_unmap(pt, 100 * GiB1, 40 * GiB1, &freed), "more of them join the same list");
	dmavec_pt_recycle(pt, &freed);
	ok(!freed.head && !freed.tail, "recycle leaves the list empty");
	dmavec_pt_recycle(pt, &more);
	blocks.fail_at = blocks.calls + 1;
	for (i = 0; i < 40; i++)
		if (map1(pt, (7 + i) * GiB1, 0xa000, KiB4, RW) || !mapped(pt, (7 + i) * GiB1, 0xa000, 1, RW) ||
		    !unmapped(pt, (7 + i) * GiB1 + KiB4))
			break;
	ok(i == 40, "then all of them come again, and no memory is asked for");
	ok(!unmap(pt, 0, 1ull << 48) && table_bytes(pt) == KiB4, "all gone");
	close_pt(pt);
}

/* ---- against an array */

#define PAGES 8192u /* 32 MiB, the middle of them at 512 GiB: tables of every level have a border there */
#define BASE  ((1ull << 39) - PAGES / 2 * KiB4)

static struct page {
	uint64_t phys;
	uint32_t how; /* 0: not mapped */
	uint32_t level;
} pages[PAGES];

static uint64_t rnd(uint64_t n)
{
	return tap_random(&seed) % n;
}

/* Ranges for npages, sometimes physically joined, sometimes as if made for large leaves. Returns how many; *head: where
 * in its page the first begins. */
static size_t random_ranges(struct dmavec_range *ranges, size_t max, uint64_t first, uint64_t npages, uint64_t *head)
{
	uint64_t left = npages, len, phys = 0, tail;
	size_t n = 0;

	while (left) {
		len = rnd(3) ? 1 : 1 + rnd(left);
		if (n == max - 1 || !rnd(20))
			len = left;
		if (!n || rnd(4))
			phys = rnd(2) ? rnd(1 << 30) * KiB4
			              : rnd(1 << 20) * MiB2 + (first + npages - left) * KiB4 % MiB2;
		ranges[n++] = (struct dmavec_range){ phys, len * KiB4 };
		phys += len * KiB4;
		left -= len;
	}
	*head = rnd(2) ? 0 : rnd(KiB4);
	ranges[0].addr += *head;
	ranges[0].len -= *head;
	tail = rnd(2) ? 0 : rnd(ranges[n - 1].len < KiB4 ? ranges[n - 1].len : KiB4);
	ranges[n - 1].len -= tail;
	return n;
}

static void expect_map(uint64_t first, uint64_t npages, const struct dmavec_range *ranges, unsigned int how)
{
	uint64_t i, j, at = ranges->addr & ~(KiB4 - 1), end = ranges->addr + ranges->len;

	for (i = first; i < first + npages; i++, at += KiB4) {
		if (at >= end) {
			ranges++;
			at = ranges->addr;
			end = at + ranges->len;
		}
		pages[i] = (struct page){ at, how, 1 };
	}
	for (i = (first + 511) / 512 * 512; i + 512 <= first + npages; i += 512) {
		for (j = 1; j < 512 && pages[i + j].phys == pages[i].phys + j * KiB4; j++)
			;
		if (j < 512 || pages[i].phys % MiB2)
			continue;
		for (j = 0; j < 512; j++)
			pages[i + j].level = 2;
	}
}

static uint64_t expect_tables(void)
{
	uint64_t tables = 1, i, half, j;
	bool upper, lower;

	for (half = 0; half < 2; half++) {
		upper = false;
		for (i = half * PAGES / 2; i < (half + 1) * PAGES / 2; i += 512) {
			lower = false;
			for (j = i; j < i + 512; j++) {
				lower = lower || pages[j].level == 1;
				upper = upper || pages[j].level;
			}
			tables += lower;
		}
		tables += upper ? 2 : 0;
	}
	return tables * KiB4;
}

static bool same_page(struct dmavec_pt *pt, uint64_t i)
{
	if (!pages[i].how)
		return unmapped(pt, BASE + i * KiB4);
	return mapped(pt, BASE + i * KiB4, pages[i].phys, pages[i].level, pages[i].how);
}

static bool try_map(struct dmavec_pt *pt, uint64_t first, uint64_t npages)
{
	static struct dmavec_range ranges[4096];
	uint64_t head, i;
	size_t n = random_ranges(ranges, rnd(2) ? 4096 : 4, first, npages, &head);
	unsigned int how = 1 + (unsigned int)rnd(3) + (rnd(4) ? 0 : DMAVEC_LINK_MMIO);
	int err, want = 0;

	for (i = first; i < first + npages; i++)
		if (pages[i].how)
			want = -EEXIST;
	err = dmavec_pt_map(pt, BASE + first * KiB4 + head, ranges, n, how);
	if (!err && !want)
		expect_map(first, npages, ranges, how);
	return err == want;
}

static bool try_unmap(struct dmavec_pt *pt, uint64_t first, uint64_t npages)
{
	uint64_t end = first + npages;
	bool partial = (first % 512 && pages[first].level == 2) || (end % 512 && end < PAGES && pages[end].level == 2);
	int err = unmap(pt, BASE + first * KiB4, npages * KiB4);

	if (!partial)
		memset(&pages[first], 0, npages * sizeof(pages[0]));
	return err == (partial ? -EINVAL : 0);
}

static void test_random(void)
{
	struct dmavec_pt *pt = open_pt();
	uint64_t cases = tap_cases(20000), n, first, npages, i;
	bool good = true;

	memset(pages, 0, sizeof(pages));
	for (n = 0; n < cases && good; n++) {
		if (!rnd(200)) { /* with no table in the pool */
			dmavec_pt_close(pt);
			pt = open_pt();
			memset(pages, 0, sizeof(pages));
		}
		first = rnd(4) ? rnd(PAGES) : rnd(PAGES / 512) * 512;
		npages = rnd(3) ? 1 + rnd(64) : 1 + rnd(3000);
		if (npages > PAGES - first)
			npages = PAGES - first;
		good = rnd(2) ? try_map(pt, first, npages) : try_unmap(pt, first, npages);
		for (i = 0; i < 4 && good; i++)
			good = same_page(pt, rnd(2) ? rnd(PAGES) : first + rnd(npages));
		if (n % 512 && n != cases - 1)
			continue;
		good = good && table_bytes(pt) == expect_tables();
		for (i = 0; i < PAGES && good; i++)
			good = same_page(pt, i);
	}
	ok(good, "%llu random calls leave what the array says (%llu)", (unsigned long long)cases,
	   (unsigned long long)n);
	ok(!unmap(pt, 0, 1ull << 48) && table_bytes(pt) == KiB4, "everything unmapped: the root alone");
	close_pt(pt);
}

static void test_warm(void)
{
	struct dmavec_pt *pt = open_pt();
	struct dmavec_range ranges[700];
	unsigned int i, round, calls = 0;
	bool good = true;

	for (i = 0; i < 700; i++)
		ranges[i] = (struct dmavec_range){ (2ull * i + 1) * KiB4, KiB4 };
	ok(!map1(pt, 0, KiB4, 9 * MiB2, RW) && table_bytes(pt) == 12 * KiB4 && info_of(pt).pool_bytes == BLOCK &&
	   !unmap(pt, 0, 9 * MiB2), "twelve tables, with what three of them need beside them, come out of one block");
	for (round = 0; round < 100; round++) {
		if (round == 1)
			calls = blocks.calls;
		for (i = 0; i < 20; i++)
			good = good && !dmavec_pt_map(pt, i * GiB1, ranges, 700, RW);
		for (i = 0; i < 20; i++)
			good = good && !unmap(pt, i * GiB1, 700 * KiB4);
	}
	ok(good && calls == blocks.calls && calls > 1, "once warmed up, no memory is asked for");
	ok(info_of(pt).pool_bytes == (uint64_t)blocks.held * BLOCK && table_bytes(pt) == KiB4, "the pool has it all");
	close_pt(pt);
}

int main(void)
{
	seed = tap_seed();
	test_options();
	for (format = formats; format < formats + sizeof(formats) / sizeof(formats[0]); format++) {
		diag("%s", format->name);
		test_literals();
		test_large();
		test_partial_leaf();
		test_errors();
		test_middle();
		test_failing_blocks();
		test_recycle();
		test_warm();
		test_random();
	}
	return done_testing();
}
