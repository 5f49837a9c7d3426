// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a small kernel does with the parts: device addresses and an IOMMU's tables, out of memory that it gives itself.
 * The argument is the format of the tables, vtdss unless said.
 */
#include <dmavec/iova.h>
#include <dmavec/pagetable.h>

#include <stdio.h>
#include <string.h>

#define PAGE    UINT64_C(4096)
#define RAM_AT  0x200000000u /* the physical address of ram */
#define FRAMES  64u
#define ALIGNED 65536u

/* To sparse, device addresses are no numbers. */
#define DMA(number)  ((DMAVEC_FORCE dmavec_dma_t)(number))
#define NUMBER(addr) ((DMAVEC_FORCE uint64_t)(addr))

static _Alignas(ALIGNED) unsigned char ram[FRAMES][PAGE];
static unsigned char used[FRAMES]; /* frames, by whether they are given away */

/* ---- the kernel's own memory: frames side by side, from a multiple of their number on where they are a block */

static void *frames_get(unsigned int n, unsigned int align)
{
	unsigned int first, got = 0;

	for (first = 0; first + n <= FRAMES; first += align) {
		for (got = 0; got < n && !used[first + got]; got++)
			;
		if (got == n)
			break;
	}
	if (!n || got < n)
		return NULL;
	memset(&used[first], 1, n);
	return memset(ram[first], 0, (size_t)(n * PAGE));
}

static void frames_put(void *frames, unsigned int n)
{
	memset(&used[((unsigned char *)frames - ram[0]) / PAGE], 0, n);
}

static uint64_t phys_of(const void *in_ram)
{
	return RAM_AT + (uint64_t)((const unsigned char *)in_ram - ram[0]);
}

/* ---- what the parts ask for */

static void *book_alloc(void *ctx, size_t len)
{
	(void)ctx;
	return frames_get((unsigned int)((len + PAGE - 1) / PAGE), 1);
}

static void book_free(void *ctx, void *mem, size_t len)
{
	(void)ctx;
	frames_put(mem, (unsigned int)((len + PAGE - 1) / PAGE));
}

static void *block_alloc(void *ctx, size_t len, uint64_t *pa)
{
	void *block = frames_get((unsigned int)(len / PAGE), (unsigned int)(len / PAGE));

	(void)ctx;
	if (block)
		*pa = phys_of(block);
	return block;
}

/* ---- what the hardware would do: four levels of little-endian entries, addresses in bits 51:12 */

static uint64_t walk(uint64_t table, uint64_t dma)
{
	const unsigned char *at;
	unsigned int level, i;
	uint64_t entry = 0;

	for (level = 4; level; level--) {
		at = ram[(table - RAM_AT) / PAGE] + 8 * (dma >> (12 + 9 * (level - 1)) & 511);
		for (entry = 0, i = 8; i; i--)
			entry = entry << 8 | at[i - 1];
		printf("  level %u: %#018llx\n", level, (unsigned long long)entry);
		table = entry & 0xffffffffff000;
	}
	return table | (dma & (PAGE - 1));
}

static int map_pages(struct dmavec_pt *pt, struct dmavec_iova *iova, const struct dmavec_range *pages, uint32_t n)
{
	struct dmavec_reserve want = { .len = n * PAGE, .align = PAGE, .last = DMA(UINT64_MAX) };
	struct dmavec_pt_info info = { .size = sizeof(info) };
	struct dmavec_pt_freed freed = { NULL, NULL };
	uint64_t phys, run;
	dmavec_dma_t dma;
	uint32_t i, bad = 0;
	unsigned int how;

	if (dmavec_iova_alloc(iova, &want, &dma) || dmavec_pt_info(pt, &info) ||
	    dmavec_pt_map(pt, dma, pages, n, DMAVEC_LINK_READ | DMAVEC_LINK_WRITE))
		return 1;
	printf("%s: %u pages at %#llx, the root table at %#llx\n", info.format, n, (unsigned long long)NUMBER(dma),
	       (unsigned long long)info.root);
	for (i = 0; i < n; i++)
		bad += dmavec_pt_lookup(pt, DMA(NUMBER(dma) + i * PAGE), &phys, &run, &how) ||
		       phys != NUMBER(pages[i].addr) || run != PAGE;
	bad += walk(info.root, NUMBER(dma) + (n - 1) * PAGE) != NUMBER(pages[n - 1].addr);
	/* here the device works; then it is stopped, and what the IOMMU cached is invalidated between these two: */
	bad += dmavec_pt_unmap(pt, dma, n * PAGE, &freed) != 0;
	dmavec_pt_recycle(pt, &freed);
	bad += dmavec_pt_lookup(pt, dma, &phys, &run, &how) == 0;
	return bad || dmavec_iova_free(iova, dma, n * PAGE);
}

int main(int argc, char **argv)
{
	struct dmavec_iova_opts addresses = { .size = sizeof(addresses), .first = DMA(PAGE), .last = DMA(0xfeefffff),
		                              .mem_alloc = book_alloc, .mem_free = book_free };
	struct dmavec_pt_opts tables = { .size = sizeof(tables), .format = argc > 1 ? argv[1] : "vtdss",
		                         .block_alloc = block_alloc, .block_free = book_free };
	struct dmavec_iova *iova = NULL;
	struct dmavec_pt *pt = NULL;
	struct dmavec_range pages[3];
	unsigned char *page[3], *last;
	unsigned int i, left = 0;
	int bad;

	for (i = 0; i < 3; i++) { /* scattered, the last one first */
		page[2 - i] = frames_get(1, 3);
		pages[2 - i] = (struct dmavec_range){ (DMAVEC_FORCE dmavec_cpu_t)phys_of(page[2 - i]), PAGE };
	}
	bad = dmavec_iova_open(&iova, &addresses) || dmavec_pt_open(&pt, &tables) ||
	      dmavec_iova_take(iova, DMA(0xfee00000), 0x100000) || /* a write there would be an interrupt */
	      map_pages(pt, iova, pages, 3) || dmavec_iova_free(iova, DMA(0xfee00000), 0x100000) || dmavec_iova_taken(iova);
	dmavec_pt_close(pt);
	dmavec_iova_close(iova);
	for (i = 0; i < 3; i++)
		frames_put(page[i], 1);
	for (last = used; last < used + FRAMES; last++)
		left += *last;
	printf("%s; %u of %u frames are still in use\n", bad ? "something failed" : "all is well", left, FRAMES);
	return bad || left;
}
