/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The software IOMMU's second-stage walk, through tables built by hand from the specification's. */
#include "sim_tables.h"

#include <errno.h>

#define TABLE 0x3u         /* R and W, to the next table */
#define LEAF  0x40000803u  /* R and W, snooped, page 0x40000000 */
#define LARGE 0x40000883u  /* the same with PS */

/* Four levels down to entries 0 of tables 0 (root), 1, 2 and 3; the leaf is memory page 0. */
static void build_chain(void)
{
	clear_all();
	set(0, 0, at(1) | TABLE);
	set(1, 0, at(2) | TABLE);
	set(2, 0, at(3) | TABLE);
	set(3, 0, LEAF);
}

static uint64_t get(unsigned int table, unsigned int index)
{
	return le64toh(tables[table][index]);
}

static void test_walk(void)
{
	struct dmavec_sim_iommu *iommu = open_format("vtdss", 4, 0);
	uint64_t *entry = NULL;

	build_chain();
	set(3, 5, 0x40007803);
	set(3, 6, 0x40003003);
	set(2, 0x1ff, at(4) | TABLE);
	set(4, 0x80, 0x40009003);
	set(1, 0x102, at(5) | TABLE);
	set(5, 1, at(6) | TABLE);
	set(6, 2, 0x4000b003);
	set(0, 0x181, at(7) | TABLE);
	set(7, 0, at(5) | TABLE);
	ok(!page_at(iommu, 0) && page_at(iommu, 0x5000) == 7 && page_at(iommu, 0x6000) == 3,
	   "leaves of 4 KiB, snooped or not");
	ok(page_at(iommu, 0x3fe80000) == 9 && page_at(iommu, 0x4080202000) == 11 &&
	           page_at(iommu, 0xc08000202000) == 11,
	   "bits 20:12, 29:21, 38:30 and 47:39 of the address are the indices");
	ok(page_at(iommu, 0x4000) == -EFAULT && page_at(iommu, 0x200000) == -EFAULT &&
	           page_at(iommu, 0x40000000) == -EFAULT && page_at(iommu, 0x8000000000) == -EFAULT,
	   "nothing there, on each level");
	ok(page_at(iommu, 0x1000000000000) == -EFAULT, "an address beyond the root table");
	ok(!dmavec_sim_iommu_leaf(iommu, 0x5123, &entry) && entry == &tables[3][5], "the leaf entry is found");
	ok(dmavec_sim_iommu_leaf(iommu, 0x4000, &entry) == -EFAULT && entry == &tables[3][5], "or is not");
	dmavec_sim_iommu_close(iommu);
}

/* What an access with these bits missing on one level comes to. */
static unsigned int wrong_perms(struct dmavec_sim_iommu *iommu, bool reads, bool writes)
{
	unsigned char byte = 0; /* page 0 begins with it */
	unsigned int bad = 0;

	dmavec_sim_iommu_invalidate_all(iommu);
	bad += dmavec_sim_iommu_read(iommu, 0, &byte, 1) != (reads ? 0 : -EFAULT);
	bad += dmavec_sim_iommu_write(iommu, 0, &byte, 1) != (writes ? 0 : -EFAULT);
	return bad;
}

static void test_permissions(void)
{
	struct dmavec_sim_iommu *iommu = open_format("vtdss", 4, 0);
	unsigned int table, bad = 0;
	uint64_t *entry;

	build_chain();
	for (table = 0; table < 4; table++) {
		set(table, 0, get(table, 0) ^ 1);
		bad += wrong_perms(iommu, false, true);
		set(table, 0, get(table, 0) ^ 3);
		bad += wrong_perms(iommu, true, false);
		set(table, 0, get(table, 0) ^ 1);
		bad += wrong_perms(iommu, false, false) + (dmavec_sim_iommu_leaf(iommu, 0, &entry) != -EFAULT);
		set(table, 0, get(table, 0) ^ 3);
	}
	ok(!bad && !wrong_perms(iommu, true, true),
	   "R and W are needed on every level, and without both nothing is there");
	set(0, 0, get(0, 0) ^ 1);
	set(3, 0, get(3, 0) ^ 2);
	ok(!wrong_perms(iommu, false, false), "W above and R below come to nothing");
	dmavec_sim_iommu_close(iommu);
}

/* Every kind of entry, all of its bits but address, R and W, and PS where it makes another kind. */
struct kind {
	unsigned int table, level;
	uint64_t entry; /* 0: the pointer that is there */
	uint64_t reserved, skipped;
	const char *name;
};

static const struct kind kinds[] = {
	{ 0, 4, 0, 0x4000000000000880, 0x000ffffffffff003, "SS-PML4E" },
	{ 1, 3, 0, 0x4000000000000800, 0x000ffffffffff083, "SS-PDPE to a table" },
	{ 2, 2, 0, 0x4000000000000800, 0x000ffffffffff083, "SS-PDE to a table" },
	{ 1, 3, LARGE, 0x400000003ffff000, 0x000fffffc0000083, "SS-PDPE of 1 GiB" },
	{ 2, 2, LARGE, 0x40000000001ff000, 0x000fffffffe00083, "SS-PDE of 2 MiB" },
	{ 3, 1, LEAF, 0x4000000000000000, 0x000ffffffffff003, "SS-PTE" },
};

static void test_bits(void)
{
	struct dmavec_sim_iommu *iommu = open_format("vtdss", 4, 0);
	unsigned int i, bit, bad;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];
		uint64_t whole;

		build_chain();
		whole = kind->entry ? kind->entry : get(kind->table, 0);
		for (bad = 0, bit = 0; bit < 64; bit++) {
			uint64_t one = (uint64_t)1 << bit;

			if (kind->skipped & one)
				continue;
			set(kind->table, 0, whole | one);
			if (page_walked(iommu, 0) == (kind->reserved & one ? -EFAULT : 0))
				continue;
			diag("bit %u", bit);
			bad++;
		}
		ok(!bad, "%s: reserved bits fault, ignored ones do not", kind->name);
	}
	dmavec_sim_iommu_close(iommu);
}

/* PS, and where it is looked at. */
static void test_large(void)
{
	struct dmavec_sim_iommu *iommu = open_format("vtdss", 4, 0);

	build_chain();
	set(2, 1, LARGE);
	set(1, 1, LARGE);
	set(3, 1, 0x40005883);
	ok(page_at(iommu, 0x200000) == 0 && page_at(iommu, 0x3ff000) == 511, "2 MiB at level 2");
	ok(page_at(iommu, 0x40000000) == 0 && page_at(iommu, 0x40103000) == 259, "1 GiB at level 3");
	ok(page_at(iommu, 0x1000) == 5, "level 1 ignores PS");
	set(0, 1, 0x83);
	ok(page_at(iommu, 0x8040000000) == -EFAULT, "level 4 has no leaves");
	set(2, 2, 0x40200883);
	set(1, 2, 0x40200883);
	ok(page_at(iommu, 0x400000) == -EFAULT && page_at(iommu, 0x80000000) == -EFAULT,
	   "a leaf outside memory, and one off its alignment");
	dmavec_sim_iommu_close(iommu);
}

static void test_levels(void)
{
	struct dmavec_sim_iommu *iommu = open_format("vtdss", 3, 0);
	struct dmavec_sim_iommu_opts opts = { .size = sizeof(opts), .format = "vtdss", .root = at(0) };

	clear_all();
	set(0, 0x1ff, at(2) | TABLE);
	set(2, 1, at(3) | TABLE);
	set(3, 2, 0x40006003);
	ok(page_at(iommu, 0x7fc0202000) == 6 && page_at(iommu, 0x8000000000) == -EFAULT, "three levels");
	dmavec_sim_iommu_close(iommu);
	clear_all();
	set(0, 0x1ff, at(1) | TABLE);
	set(1, 0, at(2) | TABLE);
	set(2, 0, at(3) | TABLE);
	set(3, 1, at(4) | TABLE);
	set(4, 2, 0x40008003);
	iommu = open_format("vtdss", 5, 0);
	ok(page_at(iommu, 0x1ff000000202000) == 8 && page_at(iommu, 0x200000000202000) == -EFAULT, "five levels");
	set(0, 0x1ff, at(1) | TABLE | 0x80);
	ok(page_walked(iommu, 0x1ff000000202000) == -EFAULT, "level 5 has no leaves");
	dmavec_sim_iommu_close(iommu);
	opts.levels = 2;
	ok(dmavec_sim_iommu_open(&iommu, &opts) == -EINVAL, "two levels there are not");
	opts.levels = 6;
	ok(dmavec_sim_iommu_open(&iommu, &opts) == -EINVAL, "nor six");
}

int main(void)
{
	test_walk();
	test_permissions();
	test_bits();
	test_large();
	test_levels();
	return done_testing();
}
