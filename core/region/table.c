/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table's functions: each change takes records and memory first, and what can fail comes before what readers see. */
#include "inner.h"

int region_table_open(struct region_table **table)
{
	/* Most of it is the array of extents, of which few are used. */
	struct region_table *mem = host_pages_alloc((sizeof(*mem) + 65535) & ~(size_t)65535, 65536);
	int err;

	if (!mem)
		return -ENOMEM;
	err = region_index_open(mem);
	if (err) {
		region_table_close(mem);
		return err;
	}
	*table = mem;
	return 0;
}

void region_table_close(struct region_table *table)
{
	uint32_t i;

	if (!table)
		return;
	for (i = 0; i < table->nextents; i++)
		host_pages_free(table->extents[i], REGION_EXTENT);
	host_free(table->dma_pages, table->dma_cap * sizeof(*table->dma_pages));
	host_free(table->used_cells, table->used_cap);
	host_pages_free(table, (sizeof(*table) + 65535) & ~(size_t)65535);
}

static void read_record(const struct region_table *table, uint32_t ref, struct region *region)
{
	const struct region_record *rec = region_rec(table, ref);

	region->addr = region_rec_addr(rec);
	region->len = region_rec_len(table, rec);
	region->dma = rec->dma;
	region->prot = region_prot(rec->start);
	region->owner = *region_owner(rec);
	if (rec->start & REGION_LONG)
		region->owner = region_rec(table, region->owner)->next;
}

/* The first record behind `before`, the head where that is 0. */
static uint32_t next_of(const struct region_table *table, uint32_t before)
{
	return before ? region_rec(table, before)->next : table->head;
}

static bool overlaps(const struct region_table *table, uint32_t before, uint64_t addr, uint64_t len)
{
	uint32_t next = next_of(table, before);

	if (before && region_rec_last(table, region_rec(table, before)) >= addr)
		return true;
	return next && region_rec_addr(region_rec(table, next)) <= addr + len - 1;
}

static void drop_record(struct region_table *table, uint32_t ref)
{
	const struct region_record *rec = region_rec(table, ref);

	if (rec->start & REGION_LONG)
		region_record_free(table, *region_owner(rec));
	region_record_free(table, ref);
}

/* The second record of a long one; 0: no memory. */
static uint32_t make_length(struct region_table *table, const struct region *region)
{
	uint32_t ref = region_record_alloc(table);

	if (ref) {
		region_set64(&region_rec(table, ref)->dma, region->len);
		region_set(&region_rec(table, ref)->next, region->owner);
	}
	return ref;
}

/* A record that nobody sees yet; 0: no memory. */
static uint32_t make_record(struct region_table *table, const struct region *region, uint32_t next)
{
	uint64_t start = region->addr << REGION_ADDR_SHIFT | region_dirs(region->prot);
	uint32_t ref = region_record_alloc(table), owner = region->owner, len = (uint32_t)region->len;
	struct region_record *rec;

	if (!ref)
		return 0;
	if (region->len > UINT32_MAX) {
		len = 0;
		start |= REGION_LONG;
		owner = make_length(table, region);
		if (!owner) {
			region_record_free(table, ref);
			return 0;
		}
	}
	rec = region_rec(table, ref);
	region_set64(&rec->start, start);
	region_set64(&rec->dma, region->dma);
	region_set(&rec->len, len);
	region_set(&rec->next, next);
	region_set(region_owner(rec), owner);
	return ref;
}

static void link_after(struct region_table *table, uint32_t before, uint32_t ref)
{
	if (before)
		region_set(&region_rec(table, before)->next, ref);
	else
		table->head = ref;
}

static int insert_locked(struct region_table *table, const struct region *region)
{
	uint32_t before = region_index_before(table, region->addr), ref;
	int err;

	if (overlaps(table, before, region->addr, region->len))
		return -EEXIST;
	ref = make_record(table, region, next_of(table, before));
	if (!ref)
		return -ENOMEM;
	err = region_dma_add(table, ref);
	if (err) {
		drop_record(table, ref);
		return err;
	}
	link_after(table, before, ref);
	region_index_add(table, ref);
	table->count++;
	table->bytes += region->len;
	return 0;
}

int region_insert(struct region_table *table, const struct region *region)
{
	int err;

	if (!region->len || region->len - 1 > REGION_ADDR_MASK || region->addr > REGION_ADDR_MASK - (region->len - 1))
		return -EINVAL;
	host_lock(&table->lock);
	err = insert_locked(table, region);
	host_unlock(&table->lock);
	return err;
}

static int remove_locked(struct region_table *table, uint64_t addr, uint64_t len, struct region *was)
{
	uint32_t before = region_index_before(table, addr), ref = next_of(table, before);
	struct region_record *rec;

	if (!ref)
		return -ENOENT;
	rec = region_rec(table, ref);
	if (region_rec_addr(rec) != addr || region_rec_len(table, rec) != len)
		return -ENOENT;
	read_record(table, ref, was);
	region_dma_del(table, ref);
	link_after(table, before, rec->next);
	region_index_del(table, ref);
	region_advance(table);
	drop_record(table, ref);
	table->count--;
	table->bytes -= len;
	return 0;
}

int region_remove(struct region_table *table, uint64_t addr, uint64_t len, struct region *was)
{
	int err;

	host_lock(&table->lock);
	err = remove_locked(table, addr, len, was);
	host_unlock(&table->lock);
	return err;
}

bool region_overlaps(struct region_table *table, uint64_t addr, uint64_t len)
{
	bool yes;

	if (!len || addr > REGION_ADDR_MASK)
		return false;
	if (len - 1 > REGION_ADDR_MASK - addr)
		len = REGION_ADDR_MASK - addr + 1;
	host_lock(&table->lock);
	yes = overlaps(table, region_index_before(table, addr), addr, len);
	host_unlock(&table->lock);
	return yes;
}

bool region_find_dma(struct region_table *table, uint64_t dma, struct region *found)
{
	const struct region_record *rec;
	uint32_t ref;

	host_lock(&table->lock);
	ref = region_dma_last(table, dma);
	if (ref) {
		rec = region_rec(table, ref);
		if (dma - rec->dma >= region_rec_len(table, rec))
			ref = 0;
		else
			read_record(table, ref, found);
	}
	host_unlock(&table->lock);
	return ref;
}

bool region_next(struct region_table *table, uint64_t addr, struct region *found)
{
	uint32_t ref;

	if (addr > REGION_ADDR_MASK)
		return false;
	host_lock(&table->lock);
	ref = next_of(table, region_index_before(table, addr));
	if (ref)
		read_record(table, ref, found);
	host_unlock(&table->lock);
	return ref;
}

uint64_t region_count(struct region_table *table)
{
	uint64_t count;

	host_lock(&table->lock);
	count = table->count;
	host_unlock(&table->lock);
	return count;
}

uint64_t region_bytes(struct region_table *table)
{
	uint64_t bytes;

	host_lock(&table->lock);
	bytes = table->bytes;
	host_unlock(&table->lock);
	return bytes;
}

/* Pages that were ever touched, in use or free again. */
uint64_t region_table_bytes(struct region_table *table)
{
	uint64_t bytes;

	host_lock(&table->lock);
	bytes = offsetof(struct region_table, extents) + table->nextents * sizeof(table->extents[0]) + REGION_PAGE - 1;
	bytes = (bytes & ~(uint64_t)(REGION_PAGE - 1)) + (uint64_t)table->nextents * REGION_EXTENT -
	        (uint64_t)table->pages_left * REGION_PAGE + table->dma_cap * sizeof(*table->dma_pages) + table->used_cap;
	host_unlock(&table->lock);
	return bytes;
}
