/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the writers' files share; all of it under the table's lock. */
#ifndef DMAVEC_CORE_REGION_INNER_H
#define DMAVEC_CORE_REGION_INNER_H

#include "region.h"

/* cells.c: memory. A reference is never 0 but for "none". */
#define REGION_CELL_PAGE 6u /* the class of whole pages */

uint32_t region_cell_alloc(struct region_table *table, unsigned int class); /* of 64 << class bytes, not zeroed */
void region_cell_free(struct region_table *table, uint32_t ref, unsigned int class);
unsigned int region_cell_class(size_t len);
uint32_t region_record_alloc(struct region_table *table);
void region_record_free(struct region_table *table, uint32_t ref);

/* cut.c: how a node is cut, and its memory. */
#define REGION_CROWD      4u /* most records in a slot, if memory lasts */
#define REGION_NODE_SLOTS ((REGION_PAGE / 16) << REGION_SLOTS_SHIFT) /* what a directory of one page holds */

struct region_cut {
	uint64_t base;
	uint32_t nslots, shift, count;
};

/* What a node is to answer for, and what is in it: the records from first on. The newest, or 0, made it necessary. */
struct region_part {
	uint64_t lo, last;
	uint32_t first, newest;
};

void region_choose_cut(const struct region_table *table, const struct region_part *part, uint32_t most,
                       struct region_cut *cut);
bool region_root_init(struct region_table *table);
bool region_root_alloc(struct region_table *table, struct region_root *root, const struct region_cut *cut);
void region_root_free(struct region_table *table, struct region_root *root);
uint32_t region_node_alloc(struct region_table *table, const struct region_cut *cut);
void region_node_free(struct region_table *table, uint32_t ref);

/* index.c: from addresses to records. */
uint32_t region_index_before(const struct region_table *table, uint64_t addr); /* the last that starts below addr */
void region_index_add(struct region_table *table, uint32_t ref);
void region_index_del(struct region_table *table, uint32_t ref); /* before it leaves the list */
int region_index_open(struct region_table *table);

/* bydma.c: from device addresses to records. */
int region_dma_add(struct region_table *table, uint32_t ref);
void region_dma_del(struct region_table *table, uint32_t ref);
uint32_t region_dma_last(const struct region_table *table, uint64_t dma); /* the last that starts at or below dma */

/* What was unlinked before may be used again after. */
static inline void region_advance(struct region_table *table)
{
	region_set(&table->generation, table->generation + 1);
}

static inline uint64_t region_rec_addr(const struct region_record *rec)
{
	return rec->start >> REGION_ADDR_SHIFT;
}

static inline uint64_t region_rec_len(const struct region_table *table, const struct region_record *rec)
{
	return rec->start & REGION_LONG ? region_rec(table, *region_owner(rec))->dma : rec->len;
}

static inline uint64_t region_rec_last(const struct region_table *table, const struct region_record *rec)
{
	return region_rec_addr(rec) + region_rec_len(table, rec) - 1;
}

static inline uint32_t *region_slot_at(const struct region_node *node, uint32_t slot)
{
	return &node->dir[slot >> REGION_SLOTS_SHIFT][slot & REGION_SLOTS_MASK];
}

static inline void region_set_slot(struct region_node *node, uint32_t slot, uint32_t ref)
{
	uint32_t *where = region_slot_at(node, slot);
	struct region_page *page;

	if (node->pages) {
		page = &node->pages[slot >> REGION_SLOTS_SHIFT];
		region_set(&page->used, page->used + !!ref - !!*where);
	}
	region_set(where, ref);
}

/* The addresses that a slot of a node answers for; lo and last are the node's own. */
static inline uint64_t region_slot_lo(const struct region_node *node, uint32_t slot, uint64_t lo)
{
	return slot ? node->low + ((uint64_t)slot << node->shift) : lo;
}

static inline uint64_t region_slot_last(const struct region_node *node, uint32_t slot, uint64_t last)
{
	return slot + 1 < node->nslots ? node->low + ((uint64_t)(slot + 1) << node->shift) - 1 : last;
}

/* The slots that a record reaches into. */
static inline uint32_t region_first_slot(const struct region_node *node, const struct region_record *rec, uint64_t lo)
{
	uint64_t addr = region_rec_addr(rec);

	return region_slot(node, addr > lo ? addr : lo);
}

static inline uint32_t region_last_slot(const struct region_table *table, const struct region_node *node,
                                        const struct region_record *rec, uint64_t last)
{
	uint64_t end = region_rec_last(table, rec);

	return region_slot(node, end < last ? end : last);
}

#endif
