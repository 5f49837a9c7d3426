/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Break the page tables that the library wrote, one bit at a time: the device must see every change. A walker that cached
 * too much, or that shared the library's own idea of the tables, would not.
 */
#include <dmavec/sim.h>
#include <dmavec/space.h>

#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE    4096u
#define PAGES   96u
#define ADDR_LO 12u        /* the address bits of any format here */
#define ADDR_HI 51u
#define LARGE   (2u << 20) /* a leaf of the second level */

/* What stands in a leaf that a device may read and write, and is needed for that. */
struct format {
	const char *name;
	uint64_t present;     /* without any of these it is no leaf */
	uint64_t read, write; /* without one of these the device cannot */
	uint64_t size;        /* flipped at the second level, it is a pointer to a table */
	uint64_t reserved;    /* set, it is malformed */
};

static const struct format formats[] = {
	{ "amdv1", 0x1, 0x2000000000000000, 0x4000000000000000, 0x200, 0x0010000000000000 },
	{ "vtdss", 0x3, 0x1, 0x2, 0x80, 0x4000000000000000 },
};
static const struct format *format; /* the one under test */

static struct dmavec_space *space;
static struct dmavec_sim_iommu *iommu;
static unsigned char *memory;

/* Each page holds its own number, so that no page passes for another. */
static bool page_is(dmavec_dma_t dma, uint32_t number)
{
	uint32_t seen[2] = { 0, 0 };

	return !dmavec_space_read(space, dma, seen, sizeof(seen)) && seen[0] == number && seen[1] == ~number;
}

static void page_fill(uint32_t number)
{
	uint32_t words[2] = { number, ~number };

	memcpy(memory + (size_t)number * PAGE, words, sizeof(words));
}

static void flip(uint64_t *entry, uint64_t bits)
{
	uint64_t le = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		((unsigned char *)&le)[i] = (unsigned char)(bits >> (8 * i));
	__atomic_fetch_xor(entry, le, __ATOMIC_SEQ_CST);
	dmavec_sim_iommu_invalidate_all(iommu);
}

/* Flip a bit that names another page: the device sees that, or nothing. Flip it back, and look again. */
static bool leads_elsewhere(dmavec_dma_t dma, uint32_t number, uint64_t *entry, uint64_t bit)
{
	bool changed;

	flip(entry, bit);
	changed = !page_is(dma, number);
	flip(entry, bit);
	return changed && page_is(dma, number);
}

/* Flip bits that change what the device may do. */
static bool leaves(dmavec_dma_t dma, uint32_t number, uint64_t *entry, uint64_t bits, bool reads, bool writes)
{
	uint32_t word = number;
	bool good;

	flip(entry, bits);
	good = dmavec_space_write(space, dma, &word, sizeof(word)) == (writes ? 0 : -EFAULT) &&
	       dmavec_space_read(space, dma, &word, sizeof(word)) == (reads ? 0 : -EFAULT) && word == number;
	flip(entry, bits);
	return good && page_is(dma, number);
}

/* Every bit that counts in the leaf that translates dma; the page behind it has this number. */
static unsigned int flip_leaf(dmavec_dma_t dma, uint32_t number, unsigned int lowest, unsigned int *tried)
{
	unsigned int missed = 0, bit;
	uint64_t *entry;

	if (dmavec_sim_iommu_leaf(iommu, dma, &entry))
		return 1;
	missed += !leaves(dma, number, entry, format->present, false, false);
	missed += !leaves(dma, number, entry, format->reserved, false, false);
	missed += !leaves(dma, number, entry, format->read, false, true);
	missed += !leaves(dma, number, entry, format->write, true, false);
	for (bit = lowest; bit <= ADDR_HI; bit++)
		missed += !leads_elsewhere(dma, number, entry, UINT64_C(1) << bit);
	if (lowest > ADDR_LO)
		missed += !leads_elsewhere(dma, number, entry, format->size);
	*tried += 4 + ADDR_HI + 1 - lowest + (lowest > ADDR_LO);
	return missed;
}

static void small_leaves(void)
{
	struct dmavec_range ranges[PAGES / 2];
	struct dmavec_seg segs[PAGES / 2];
	struct dmavec_map map = DMAVEC_MAP_INIT(segs, PAGES / 2);
	unsigned int missed = 0, tried = 0;
	struct dmavec_dev *dev;
	uint32_t i;

	/* scattered: each second page, the last one first */
	for (i = 0; i < PAGES / 2; i++)
		ranges[i] = (struct dmavec_range){ dmavec_cpu(memory + (size_t)(PAGES - 1 - 2 * i) * PAGE), PAGE };
	if (!ok(!dmavec_dev_open(&dev, space, NULL, 0) &&
	                !dmavec_map(dev, &map, ranges, PAGES / 2, DMAVEC_BIDIRECTIONAL, 0) && map.nsegs == 1,
	        "%u scattered pages are mapped as one segment", PAGES / 2))
		return;
	for (i = 0; i < PAGES / 2; i++)
		missed += flip_leaf(segs[0].addr + i * PAGE, PAGES - 1 - 2 * i, ADDR_LO, &tried);
	ok(!missed && tried == PAGES / 2 * 44, "the device sees each of %u flipped bits of leaves of 4 KiB", tried);
	ok(!dmavec_unmap(dev, &map, 0) && !dmavec_dev_close(dev), "and all of it is unmapped");
}

static void large_leaf(void)
{
	struct dmavec_range range = { dmavec_cpu(memory), LARGE };
	struct dmavec_seg seg;
	struct dmavec_map map = DMAVEC_MAP_INIT(&seg, 1);
	struct dmavec_limits limits = { .size = sizeof(limits), .gap = LARGE };
	unsigned int missed, tried = 0;
	struct dmavec_dev *dev;
	uint64_t *first, *last;

	/* the gap makes the device address congruent to the memory's modulo 2 MiB, which a leaf of that size needs */
	if (!ok(!dmavec_dev_open(&dev, space, &limits, 0) && !dmavec_map(dev, &map, &range, 1, DMAVEC_BIDIRECTIONAL, 0),
	        "2 MiB in one piece are mapped"))
		return;
	ok(!dmavec_sim_iommu_leaf(iommu, seg.addr, &first) &&
	           !dmavec_sim_iommu_leaf(iommu, seg.addr + LARGE - PAGE, &last) && first == last,
	   "by one leaf");
	missed = flip_leaf(seg.addr + 5 * PAGE, 5, 21, &tried);
	ok(!missed && tried == 36, "the device sees each of %u flipped bits of a leaf of 2 MiB", tried);
	ok(!dmavec_unmap(dev, &map, 0) && !dmavec_dev_close(dev), "and it is unmapped");
}

static void flip_all(void)
{
	struct dmavec_soft_opts opts = { .size = sizeof(opts), .format = format->name };

	if (!ok(!dmavec_space_soft(&space, &opts) && (iommu = dmavec_sim_iommu_of(space)), "%s opens", format->name))
		return;
	small_leaves();
	large_leaf();
	ok(!dmavec_space_close(space), "closes");
}

int main(void)
{
	size_t len = 3 * (size_t)LARGE;
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t i;

	if (!ok(mem != MAP_FAILED, "memory"))
		return done_testing();
	memory = (unsigned char *)(((uintptr_t)mem + LARGE - 1) & ~(uintptr_t)(LARGE - 1));
	for (i = 0; i < LARGE / PAGE; i++)
		page_fill(i);
	for (format = formats; format < formats + sizeof(formats) / sizeof(formats[0]); format++)
		flip_all();
	munmap(mem, len);
	return done_testing();
}
