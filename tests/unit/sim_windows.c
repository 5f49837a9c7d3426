/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The software IOMMU on tables whose pointers hold no process addresses: those that dmavec_pt writes into memory of others,
 * and a guest's.
 */
#include <dmavec/pagetable.h>
#include <dmavec/sim.h>

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "tap.h"

#define PAGE   4096u
#define BLOCK  65536u
#define BLOCKS 4u
#define PAGES  40u                  /* each under a lowest table of its own: more than one block has room for */
#define STEP   0x200000u            /* what such a table spans */
#define DMA    0x7ffe000000u        /* the first lie below 512 GiB, the others above */
#define PHYS   0x12340000000u       /* of the memory, in the order of the process's */

static unsigned char blocks[BLOCKS][BLOCK] __attribute__((aligned(BLOCK)));
static unsigned char memory[PAGES][PAGE] __attribute__((aligned(PAGE)));
static struct dmavec_window tables[BLOCKS];
static unsigned int nblocks;

static void *block_alloc(void *ctx, size_t len, uint64_t *pa)
{
	(void)ctx;
	if (nblocks == BLOCKS || len != BLOCK)
		return NULL;
	*pa = tables[nblocks].dma;
	return memset(blocks[nblocks++], 0, len);
}

static void block_free(void *ctx, void *block, size_t len)
{
	(void)ctx;
	(void)block;
	(void)len;
}

/* Physical addresses of blocks fall while those of the process rise, and do not touch. */
static void lay_out(void)
{
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		tables[i] = (struct dmavec_window){ dmavec_cpu(blocks[i]), 0x9000000000ull - 3ull * BLOCK * i, BLOCK };
	for (i = 0; i < PAGES; i++)
		memset(memory[i], (int)i + 1, PAGE);
	nblocks = 0;
}

static struct dmavec_pt *map_pages(const char *format, struct dmavec_pt_info *info)
{
	struct dmavec_pt_opts opts = { .size = sizeof(opts), .format = format, .block_alloc = block_alloc,
		                       .block_free = block_free };
	struct dmavec_pt *pt = NULL;
	unsigned int i, bad;

	lay_out();
	bad = dmavec_pt_open(&pt, &opts) != 0;
	for (i = 0; i < PAGES && !bad; i++) {
		struct dmavec_range page = { PHYS + (uint64_t)i * PAGE, PAGE };

		bad = dmavec_pt_map(pt, DMA + (uint64_t)i * STEP, &page, 1, DMAVEC_LINK_READ) != 0;
	}
	if (bad || dmavec_pt_info(pt, info) || nblocks < 3) {
		diag("the tables cannot be had");
		exit(1);
	}
	return pt;
}

static struct dmavec_sim_iommu_opts iommu_opts(const struct dmavec_pt_info *info)
{
	static struct dmavec_window window;

	window = (struct dmavec_window){ dmavec_cpu(memory), PHYS, sizeof(memory) };
	return (struct dmavec_sim_iommu_opts){ .size = sizeof(struct dmavec_sim_iommu_opts), .format = info->format,
		                               .root = info->root, .levels = info->levels, .memory = &window,
		                               .nmemory = 1, .tables = tables, .ntables = BLOCKS };
}

static struct dmavec_sim_iommu *open_iommu(const struct dmavec_sim_iommu_opts *opts)
{
	struct dmavec_sim_iommu *iommu = NULL;

	if (dmavec_sim_iommu_open(&iommu, opts)) {
		diag("the IOMMU does not open");
		exit(1);
	}
	return iommu;
}

/* How many pages the device reads; what it cannot read is -EFAULT, and what it reads is right. More than there are: it is not so. */
static unsigned int count_read(const struct dmavec_sim_iommu_opts *opts)
{
	struct dmavec_sim_iommu *iommu = open_iommu(opts);
	unsigned int i, count = 0;
	unsigned char byte;
	int err;

	for (i = 0; i < PAGES && count <= PAGES; i++) {
		err = dmavec_sim_iommu_read(iommu, DMA + (uint64_t)i * STEP + i, &byte, 1);
		if ((err && err != -EFAULT) || (!err && byte != i + 1))
			count = PAGES + 1;
		else
			count += !err;
	}
	dmavec_sim_iommu_close(iommu);
	return count;
}

static void test_format(const char *format)
{
	struct dmavec_pt_info info = { .size = sizeof(info) };
	struct dmavec_pt *pt = map_pages(format, &info);
	struct dmavec_sim_iommu_opts opts = iommu_opts(&info);
	struct dmavec_window few[BLOCKS];
	unsigned int all = nblocks, left;

	ok(count_read(&opts) == PAGES, "%s: each page is read through tables in %u windows", format, all);
	memcpy(few, tables, sizeof(few));
	opts.tables = few;
	few[1].dma += 1ull << 40;
	left = count_read(&opts);
	ok(left && left < PAGES, "%s: where a table is in no window, the walk ends: %u of %u pages are left", format, left,
	   PAGES);
	few[1] = tables[1];
	few[1].len = BLOCK / 2;
	ok(count_read(&opts) > left && count_read(&opts) < PAGES, "%s: or a window has but the half of them", format);
	few[1] = tables[1];
	few[0].dma += 1ull << 40;
	ok(count_read(&opts) == 0, "%s: without the root none", format);
	opts.ntables = 0;
	ok(count_read(&opts) == 0, "%s: and none where pointers are taken for process addresses", format);
	dmavec_pt_close(pt);
}

/* What a test flips is the entry itself. */
static void test_leaf(const char *format)
{
	struct dmavec_pt_info info = { .size = sizeof(info) };
	struct dmavec_pt *pt = map_pages(format, &info);
	struct dmavec_sim_iommu_opts opts = iommu_opts(&info);
	struct dmavec_sim_iommu *iommu = open_iommu(&opts);
	uint64_t *entry = NULL, phys, run;
	unsigned int how;

	ok(!dmavec_sim_iommu_leaf(iommu, DMA + STEP, &entry) && (unsigned char *)entry > blocks[0] &&
	           (unsigned char *)entry < blocks[BLOCKS] &&
	           (le64toh(*entry) & 0xffffffffff000) == PHYS + PAGE,
	   "%s: the leaf is found where it is in the process", format);
	*entry = 0;
	ok(dmavec_pt_lookup(pt, DMA + STEP, &phys, &run, &how) == -ENOENT, "%s: and is the one that was written", format);
	dmavec_sim_iommu_close(iommu);
	dmavec_pt_close(pt);
}

static int open_with(struct dmavec_window window, uint64_t root, uint32_t reserved2)
{
	struct dmavec_sim_iommu_opts opts = { .size = sizeof(opts), .root = root, .levels = 4, .tables = &window,
		                              .ntables = 1, .reserved2 = reserved2 };
	struct dmavec_sim_iommu *iommu = NULL;
	int err = dmavec_sim_iommu_open(&iommu, &opts);

	dmavec_sim_iommu_close(iommu);
	return err;
}

static void test_options(void)
{
	struct dmavec_sim_iommu_opts missing = { .size = sizeof(missing), .root = PAGE, .levels = 4, .ntables = 1 };
	struct dmavec_window good = { dmavec_cpu(blocks), 0, BLOCK };
	struct dmavec_sim_iommu *iommu = NULL;

	ok(!open_with(good, PAGE, 0) && !open_with(good, 0, 0), "tables in a window, the root at 0 as well");
	ok(open_with(good, 8, 0) == -EINVAL && open_with(good, PAGE, 1) == -EINVAL, "a root askew, reserved2");
	ok(open_with((struct dmavec_window){ 4, 0, BLOCK }, PAGE, 0) == -EINVAL &&
	           open_with((struct dmavec_window){ 0, 4, BLOCK }, PAGE, 0) == -EINVAL &&
	           open_with((struct dmavec_window){ 0, 0, BLOCK + 4 }, PAGE, 0) == -EINVAL,
	   "windows that cut an entry");
	ok(open_with((struct dmavec_window){ 0, 0, 0 }, PAGE, 0) == -EINVAL &&
	           open_with((struct dmavec_window){ 0, UINT64_MAX - 7, 16 }, PAGE, 0) == -EINVAL &&
	           dmavec_sim_iommu_open(&iommu, &missing) == -EINVAL,
	   "windows that are empty, wrap, or are not there");
}

int main(void)
{
	static const char *const formats[] = { "amdv1", "vtdss" };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		test_format(formats[i]);
		test_leaf(formats[i]);
	}
	test_options();
	return done_testing();
}
