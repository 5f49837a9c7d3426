/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A small kernel around iova/ and pagetable/: what host.h names, out of one array, and a mapping that comes and goes. Prints
 * what was wrong, and nothing else.
 */
#include <dmavec/iova.h>
#include <dmavec/pagetable.h>

#include <stdio.h>

#include "host.h"

#define PAGE   4096u
#define BLOCK  65536u
#define BLOCKS 16u

static _Alignas(BLOCK) unsigned char ram[BLOCKS][BLOCK];
static bool used[BLOCKS];
static unsigned int asked;

void *host_pages_alloc(size_t len, size_t align)
{
	unsigned int i;

	asked++;
	for (i = 0; i < BLOCKS && used[i]; i++)
		;
	if (i == BLOCKS || len > BLOCK || align > BLOCK)
		return NULL;
	used[i] = true;
	return memset(ram[i], 0, BLOCK);
}

void host_pages_free(void *mem, size_t len)
{
	(void)len;
	used[((unsigned char *)mem - ram[0]) / BLOCK] = false;
}

void *host_alloc(size_t len)
{
	return host_pages_alloc(len, PAGE);
}

void host_free(void *mem, size_t len)
{
	host_pages_free(mem, len);
}

unsigned int host_slot(void)
{
	return 0;
}

void host_yield(void)
{
}

void host_lock(struct host_lock *lock)
{
	if (lock->held)
		printf("a lock is taken twice\n");
	lock->held = true;
}

void host_unlock(struct host_lock *lock)
{
	lock->held = false;
}

static int map_and_unmap(struct dmavec_iova *iova, struct dmavec_pt *pt)
{
	const struct dmavec_reserve want = { PAGE, PAGE, 0, 0, UINT64_MAX, 0 };
	const struct dmavec_range page = { 0x12345000, PAGE };
	struct dmavec_pt_freed freed = { NULL, NULL };
	uint64_t phys = 0, run;
	unsigned int how;
	dmavec_dma_t dma;
	int bad;

	bad = dmavec_iova_alloc(iova, &want, &dma) || dmavec_pt_map(pt, dma, &page, 1, DMAVEC_LINK_READ) ||
	      dmavec_pt_lookup(pt, dma, &phys, &run, &how) || phys != page.addr || how != DMAVEC_LINK_READ;
	bad |= dmavec_pt_unmap(pt, dma, PAGE, &freed) || dmavec_pt_lookup(pt, dma, &phys, &run, &how) != -ENOENT;
	dmavec_pt_recycle(pt, &freed);
	return bad || dmavec_iova_free(iova, dma, PAGE);
}

int main(void)
{
	const struct dmavec_iova_opts addresses = { .size = sizeof(addresses), .first = PAGE, .last = 0xffffffff };
	struct dmavec_iova *iova = NULL;
	struct dmavec_pt *pt = NULL;
	unsigned int i, left = 0;
	int bad;

	bad = dmavec_iova_open(&iova, &addresses) || dmavec_pt_open(&pt, NULL) || map_and_unmap(iova, pt) ||
	      map_and_unmap(iova, pt);
	dmavec_pt_close(pt);
	dmavec_iova_close(iova);
	for (i = 0; i < BLOCKS; i++)
		left += used[i];
	if (bad || left || !asked)
		printf("failed: %d, blocks left: %u, asked for: %u\n", bad, left, asked);
	return bad || left || !asked;
}
