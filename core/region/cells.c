/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory of the table: extents from the host, cut into pages, cut into cells of 64 << class bytes or into records. Readers
 * may still look at what was freed, so that nothing goes back to the host before the table is closed, and every store is
 * atomic. What is freed serves for anything else: a grown index leaves its old pages to records, cells whose page has no
 * other in use included.
 */
#include "inner.h"

#define PAGE_UNITS   (REGION_PAGE / 8) /* a page, as references count */
#define EXTENT_PAGES ((uint32_t)(REGION_EXTENT / REGION_PAGE))

/* What stands in a free cell. */
struct free_cell {
	uint32_t next, before; /* 0: none */
};

static struct free_cell *free_cell(const struct region_table *table, uint32_t ref)
{
	return region_at(table, ref);
}

/* A count for each page of one more extent. */
static bool grow_counts(struct region_table *table)
{
	uint32_t cap = table->used_cap ? table->used_cap * 2 : 4 * EXTENT_PAGES;
	uint8_t *used;

	if (table->nextents * EXTENT_PAGES < table->used_cap)
		return true;
	used = host_alloc(cap);
	if (!used)
		return false;
	if (table->used_cap)
		memcpy(used, table->used_cells, table->used_cap);
	host_free(table->used_cells, table->used_cap);
	table->used_cells = used;
	table->used_cap = cap;
	return true;
}

static uint32_t take_fresh_page(struct region_table *table)
{
	uint32_t page;

	if (!table->pages_left) {
		char *extent;

		if (table->nextents == REGION_EXTENTS || !grow_counts(table))
			return 0;
		extent = host_pages_alloc(REGION_EXTENT, REGION_EXTENT);
		if (!extent)
			return 0;
		region_set(&table->extents[table->nextents++], extent);
		table->pages_left = EXTENT_PAGES;
	}
	page = (table->nextents << REGION_EXTENT_SHIFT) - table->pages_left-- * PAGE_UNITS;
	return page ? page : take_fresh_page(table); /* 0 means none: the very first page stays empty */
}

static void push_cell(struct region_table *table, uint32_t ref, unsigned int class)
{
	uint32_t next = table->free_cells[class];

	region_set(&free_cell(table, ref)->next, next);
	region_set(&free_cell(table, ref)->before, 0);
	if (next)
		region_set(&free_cell(table, next)->before, ref);
	table->free_cells[class] = ref;
}

static void pull_cell(struct region_table *table, uint32_t ref, unsigned int class)
{
	const struct free_cell *cell = free_cell(table, ref);

	if (cell->before)
		region_set(&free_cell(table, cell->before)->next, cell->next);
	else
		table->free_cells[class] = cell->next;
	if (cell->next)
		region_set(&free_cell(table, cell->next)->before, cell->before);
}

static uint32_t pop_cell(struct region_table *table, unsigned int class)
{
	uint32_t ref = table->free_cells[class];

	if (ref)
		pull_cell(table, ref, class);
	return ref;
}

static bool split_page(struct region_table *table, unsigned int class)
{
	uint32_t page = region_cell_alloc(table, REGION_CELL_PAGE), cell;

	for (cell = PAGE_UNITS; page && cell; push_cell(table, page + cell, class))
		cell -= 8u << class;
	return page;
}

uint32_t region_cell_alloc(struct region_table *table, unsigned int class)
{
	uint32_t ref = pop_cell(table, class);

	if (class == REGION_CELL_PAGE)
		return ref ? ref : take_fresh_page(table);
	if (!ref && split_page(table, class))
		ref = pop_cell(table, class);
	if (ref)
		table->used_cells[ref / PAGE_UNITS]++;
	return ref;
}

/* A page with no cell in use is a page again. */
void region_cell_free(struct region_table *table, uint32_t ref, unsigned int class)
{
	uint32_t page = ref & ~(PAGE_UNITS - 1), cell;

	push_cell(table, ref, class);
	if (class == REGION_CELL_PAGE || --table->used_cells[ref / PAGE_UNITS])
		return;
	for (cell = 0; cell < PAGE_UNITS; cell += 8u << class)
		pull_cell(table, page + cell, class);
	push_cell(table, page, REGION_CELL_PAGE);
}

unsigned int region_cell_class(size_t len)
{
	unsigned int class = 0;

	while (((size_t)64 << class) < len)
		class++;
	return class;
}

uint32_t region_record_alloc(struct region_table *table)
{
	uint32_t ref = table->free_records;

	if (ref) {
		table->free_records = region_rec(table, ref)->next;
		return ref;
	}
	if (!table->fresh_records_left) {
		ref = region_cell_alloc(table, REGION_CELL_PAGE);
		if (!ref)
			return 0;
		table->fresh_record = ref;
		table->fresh_records_left = REGION_PAGE_RECORDS;
	}
	ref = table->fresh_record;
	table->fresh_record += sizeof(struct region_record) / 8;
	table->fresh_records_left--;
	return ref;
}

void region_record_free(struct region_table *table, uint32_t ref)
{
	region_set(&region_rec(table, ref)->next, table->free_records);
	table->free_records = ref;
}
