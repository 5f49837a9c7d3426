/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where tables come from and go to. Blocks are kept until close; every page in the pool is all zeros. */
#include "pt.h"

static struct pt_block *pt_block_of(const struct pt_table *table)
{
	return (struct pt_block *)(void *)((uintptr_t)table & ~(uintptr_t)(PT_BLOCK_LEN - 1));
}

static void *pt_block_alloc(struct dmavec_pt *pt, uint64_t *pa)
{
	void *block;

	if (pt->opts.block_alloc)
		return pt->opts.block_alloc(pt->opts.block_ctx, PT_BLOCK_LEN, pa);
	block = host_pages_alloc(PT_BLOCK_LEN, PT_BLOCK_LEN);
	*pa = (uintptr_t)block;
	return block;
}

static void pt_block_free(struct dmavec_pt *pt, void *block)
{
	if (pt->opts.block_free)
		pt->opts.block_free(pt->opts.block_ctx, block, PT_BLOCK_LEN);
	else
		host_pages_free(block, PT_BLOCK_LEN);
}

static void pt_pool_push(struct dmavec_pt *pt, struct pt_table *table)
{
	table->next = pt->pool;
	pt->pool = table;
	pt->pool_tables++;
}

static struct pt_table *pt_pool_pop(struct dmavec_pt *pt)
{
	struct pt_table *table = pt->pool;

	pt->pool = table->next;
	pt->pool_tables--;
	table->next = NULL;
	return table;
}

/* The lowest page is on top of the pool in the end. */
static void pt_block_add(struct dmavec_pt *pt, struct pt_block *block, uint64_t pa)
{
	uint32_t i;

	block->pa = pa;
	block->next = pt->blocks;
	pt->blocks = block;
	pt->nblocks++;
	for (i = PT_BLOCK_TABLES - 1; i; i--) {
		block->tables[i].entries = (pt_entry_t *)(void *)((char *)block + i * PT_PAGE);
		pt_pool_push(pt, &block->tables[i]);
	}
}

static bool pt_block_fits(const struct dmavec_pt *pt, const void *block, uint64_t pa)
{
	uint64_t last = pa + PT_BLOCK_LEN - 1;

	return !((uintptr_t)block & (PT_BLOCK_LEN - 1)) && !(pa & (PT_PAGE - 1)) && last > pa &&
	       !((pa | last) & ~pt->format->pa_mask);
}

/* Blocks down to `kept`, the newest: all their tables are on top of the pool. */
static void pt_blocks_drop(struct dmavec_pt *pt, const struct pt_block *kept)
{
	struct pt_block *block;
	uint32_t i;

	while ((block = pt->blocks) != kept) {
		for (i = 1; i < PT_BLOCK_TABLES; i++)
			pt_pool_pop(pt);
		pt->blocks = block->next;
		pt->nblocks--;
		pt_block_free(pt, block);
	}
}

int pt_pool_fill(struct dmavec_pt *pt, uint64_t pages)
{
	const struct pt_block *before = pt->blocks;
	uint64_t pa = 0;
	int err = 0;

	while (pt->pool_tables < pages && !err) {
		void *block = pt_block_alloc(pt, &pa);

		if (!block) {
			err = -ENOMEM;
		} else if (!pt_block_fits(pt, block, pa)) {
			pt_block_free(pt, block);
			err = -EINVAL;
		} else {
			pt_block_add(pt, block, pa);
		}
	}
	/* What cannot be had whole is not kept in part: the rest of the process may need it. */
	if (err)
		pt_blocks_drop(pt, before);
	return err;
}

struct pt_table *pt_pool_take(struct dmavec_pt *pt, unsigned int level)
{
	struct pt_table *table = pt_pool_pop(pt);

	if (level > 1)
		table->kids = (struct pt_table **)(void *)pt_pool_pop(pt)->entries;
	pt->linked_tables++;
	return table;
}

/* The kids' page goes back beside the table; its metadata is found from its place in its block. */
void pt_pool_put(struct dmavec_pt *pt, struct pt_table *table)
{
	struct pt_block *block;
	uintptr_t page = (uintptr_t)table->kids;

	if (page) {
		block = (struct pt_block *)(void *)(page & ~(uintptr_t)(PT_BLOCK_LEN - 1));
		pt_pool_push(pt, &block->tables[(page & (PT_BLOCK_LEN - 1)) >> PT_PAGE_SHIFT]);
		table->kids = NULL;
	}
	pt_pool_push(pt, table);
}

uint64_t pt_pool_address(const struct pt_table *table)
{
	const struct pt_block *block = pt_block_of(table);

	return block->pa + (uint64_t)((uintptr_t)table->entries - (uintptr_t)block);
}

/* The oldest block, which holds *pt itself, goes last. */
void pt_pool_close(struct dmavec_pt *pt)
{
	struct dmavec_pt gone = *pt;
	struct pt_block *block;

	while ((block = gone.blocks)) {
		gone.blocks = block->next;
		pt_block_free(&gone, block);
	}
}
