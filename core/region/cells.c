/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory of the table: extents from the host, cut into pages, cut into cells of 64 << class bytes or into records. Readers
 * may still look at what was freed, so that nothing goes back to the host before the table is closed, and every store is
 * atomic. What is freed serves for anything else: a grown index leaves its old pages to records.
 */
#include "inner.h"

static uint32_t take_fresh_page(struct region_table *table)
{
	uint32_t page;

	if (!table->pages_left) {
		char *extent;

		if (table->nextents == REGION_EXTENTS)
			return 0;
		extent = host_pages_alloc(REGION_EXTENT, REGION_EXTENT);
		if (!extent)
			return 0;
		region_set(&table->extents[table->nextents++], extent);
		table->pages_left = REGION_EXTENT / REGION_PAGE;
	}
	page = (table->nextents << REGION_EXTENT_SHIFT) - table->pages_left-- * (REGION_PAGE / 8);
	return page ? page : take_fresh_page(table); /* 0 means none: the very first page stays empty */
}

static uint32_t pop_cell(struct region_table *table, unsigned int class)
{
	uint32_t ref = table->free_cells[class];

	if (ref)
		table->free_cells[class] = *(uint32_t *)region_at(table, ref);
	return ref;
}

uint32_t region_cell_alloc(struct region_table *table, unsigned int class)
{
	uint32_t ref = pop_cell(table, class), cell, len = 64u << class;

	if (ref)
		return ref;
	if (class == REGION_CELL_PAGE)
		return take_fresh_page(table);
	ref = region_cell_alloc(table, REGION_CELL_PAGE);
	if (!ref)
		return 0;
	for (cell = REGION_PAGE - len; cell; cell -= len)
		region_cell_free(table, ref + cell / 8, class);
	return ref;
}

void region_cell_free(struct region_table *table, uint32_t ref, unsigned int class)
{
	region_set((uint32_t *)region_at(table, ref), table->free_cells[class]);
	table->free_cells[class] = ref;
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
