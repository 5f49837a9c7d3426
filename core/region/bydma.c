/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The second index: references sorted by device address, in pages, under a directory of pages. A full page first shares
 * with a neighbour, and a run that grows at either end leaves full pages behind, so that pages are well filled.
 */
#include "inner.h"

#define PAGE_CAP  (REGION_PAGE / (uint32_t)sizeof(uint32_t))
#define SHARE_MIN (PAGE_CAP / 16)

static uint32_t *entries_of(const struct region_table *table, uint32_t page)
{
	return region_at(table, table->dma_pages[page].ref);
}

static uint64_t dma_of(const struct region_table *table, uint32_t ref)
{
	return region_rec(table, ref)->dma;
}

/* Readers that are late may still read these pages as what they once were: store by store. */
static void move_entries(uint32_t *to, const uint32_t *from, uint32_t count)
{
	uint32_t i;

	if (to < from)
		for (i = 0; i < count; i++)
			region_set(&to[i], from[i]);
	else
		for (i = count; i; i--)
			region_set(&to[i - 1], from[i - 1]);
}

/* The page where dma belongs: the last that starts at or below it, else the first. */
static uint32_t page_for(const struct region_table *table, uint64_t dma)
{
	uint32_t low = 0, high = table->ndma_pages, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (dma_of(table, entries_of(table, middle)[0]) <= dma)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* How many in the page start at or below dma. */
static uint32_t rank_in(const struct region_table *table, uint32_t page, uint64_t dma)
{
	uint32_t low = 0, high = table->dma_pages[page].count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (dma_of(table, entries_of(table, page)[middle]) <= dma)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int grow_directory(struct region_table *table)
{
	uint32_t cap = table->dma_cap ? table->dma_cap + table->dma_cap / 2 : 8;
	struct region_dma_page *pages;

	if (table->ndma_pages < table->dma_cap)
		return 0;
	pages = host_alloc(cap * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	if (table->ndma_pages)
		memcpy(pages, table->dma_pages, table->ndma_pages * sizeof(*pages));
	host_free(table->dma_pages, table->dma_cap * sizeof(*pages));
	table->dma_pages = pages;
	table->dma_cap = cap;
	return 0;
}

/* An empty page before the page-th. */
static int insert_page(struct region_table *table, uint32_t page)
{
	int err = grow_directory(table);
	uint32_t ref;

	if (err)
		return err;
	ref = region_cell_alloc(table, REGION_CELL_PAGE);
	if (!ref)
		return -ENOMEM;
	memmove(&table->dma_pages[page + 1], &table->dma_pages[page],
	        (table->ndma_pages - page) * sizeof(*table->dma_pages));
	table->dma_pages[page] = (struct region_dma_page){ ref, 0 };
	table->ndma_pages++;
	return 0;
}

/* Move the last entries of a page to the front of the next, or the first of the next to the end of the page. */
static void move_up(struct region_table *table, uint32_t page, uint32_t count)
{
	struct region_dma_page *from = &table->dma_pages[page], *to = from + 1;

	move_entries(entries_of(table, page + 1) + count, entries_of(table, page + 1), to->count);
	move_entries(entries_of(table, page + 1), entries_of(table, page) + from->count - count, count);
	from->count -= count;
	to->count += count;
}

static void move_down(struct region_table *table, uint32_t page, uint32_t count)
{
	struct region_dma_page *to = &table->dma_pages[page], *from = to + 1;

	move_entries(entries_of(table, page) + to->count, entries_of(table, page + 1), count);
	move_entries(entries_of(table, page + 1), entries_of(table, page + 1) + count, from->count - count);
	from->count -= count;
	to->count += count;
}

static uint32_t room_in(const struct region_table *table, uint32_t page)
{
	return page < table->ndma_pages ? PAGE_CAP - table->dma_pages[page].count : 0;
}

/* The page is full: share with a neighbour, or split it. */
static int share_page(struct region_table *table, uint32_t page)
{
	uint32_t above = room_in(table, page + 1), below = page ? room_in(table, page - 1) : 0;
	int err;

	if (above >= SHARE_MIN && above >= below) {
		move_up(table, page, above / 2);
		return 0;
	}
	if (below >= SHARE_MIN) {
		move_down(table, page - 1, below / 2);
		return 0;
	}
	err = insert_page(table, page + 1);
	if (!err)
		move_up(table, page, PAGE_CAP / 2);
	return err;
}

/* A page with room for dma: *page. */
static int find_room(struct region_table *table, uint64_t dma, uint32_t *page)
{
	uint32_t rank, full;
	int err;

	*page = 0;
	if (!table->ndma_pages)
		return insert_page(table, 0);
	full = page_for(table, dma);
	*page = full;
	if (table->dma_pages[full].count < PAGE_CAP)
		return 0;
	rank = rank_in(table, full, dma);
	if (full + 1 == table->ndma_pages && rank == PAGE_CAP)
		*page = full + 1;
	if (*page > full || (!full && !rank))
		return insert_page(table, *page);
	err = share_page(table, full);
	if (!err)
		*page = page_for(table, dma);
	return err;
}

int region_dma_add(struct region_table *table, uint32_t ref)
{
	uint64_t dma = dma_of(table, ref);
	uint32_t page, rank, *entries;
	int err = find_room(table, dma, &page);

	if (err)
		return err;
	rank = rank_in(table, page, dma);
	entries = entries_of(table, page);
	move_entries(entries + rank + 1, entries + rank, table->dma_pages[page].count - rank);
	region_set(&entries[rank], ref);
	table->dma_pages[page].count++;
	return 0;
}

static void delete_page(struct region_table *table, uint32_t page)
{
	region_cell_free(table, table->dma_pages[page].ref, REGION_CELL_PAGE);
	table->ndma_pages--;
	memmove(&table->dma_pages[page], &table->dma_pages[page + 1],
	        (table->ndma_pages - page) * sizeof(*table->dma_pages));
}

/* A page that got thin joins a neighbour that has room for it. */
static void thin_out(struct region_table *table, uint32_t page)
{
	uint32_t count = table->dma_pages[page].count;

	if (count > PAGE_CAP / 4)
		return;
	if (count && room_in(table, page + 1) >= count + PAGE_CAP / 4)
		move_up(table, page, count);
	else if (count && page && room_in(table, page - 1) >= count + PAGE_CAP / 4)
		move_down(table, page - 1, count);
	if (!table->dma_pages[page].count)
		delete_page(table, page);
}

void region_dma_del(struct region_table *table, uint32_t ref)
{
	uint64_t dma = dma_of(table, ref);
	uint32_t page = page_for(table, dma), rank = rank_in(table, page, dma) - 1, *entries = entries_of(table, page);

	table->dma_pages[page].count--;
	move_entries(entries + rank, entries + rank + 1, table->dma_pages[page].count - rank);
	thin_out(table, page);
}

uint32_t region_dma_last(const struct region_table *table, uint64_t dma)
{
	uint32_t page, rank;

	if (!table->ndma_pages)
		return 0;
	page = page_for(table, dma);
	rank = rank_in(table, page, dma);
	return rank ? entries_of(table, page)[rank - 1] : 0;
}
