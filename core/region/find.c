/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The whole look-up: long records and owners too, and from the start again where it has become stale. */
#include "inner.h"

/* The length and the owner of a record; false: stale. */
static bool get_rest(const struct region_table *table, unsigned long generation, const struct region_record *rec,
                     struct region *found)
{
	bool is_long = region_get64(&rec->start) & REGION_LONG;
	const struct region_record *more;

	found->len = region_get(&rec->len);
	found->owner = region_get(region_owner(rec));
	if (region_stale(table, generation))
		return false;
	if (!is_long)
		return true;
	more = region_rec(table, found->owner);
	found->len = region_get64(&more->dma);
	found->owner = region_get(&more->next);
	return !region_stale(table, generation);
}

/* 1: found, 0: none, -1: stale. */
static int find_once(const struct region_table *table, uint64_t addr, struct region *found)
{
	unsigned long generation = region_get(&table->generation);
	uint32_t ref = region_first(table, generation, addr);
	const struct region_record *rec;

	if (ref == REGION_STALE)
		return -1;
	for (; ref; ref = region_get(&rec->next)) {
		uint64_t start;

		if (region_stale(table, generation))
			return -1;
		rec = region_rec(table, ref);
		start = region_get64(&rec->start);
		found->addr = start >> REGION_ADDR_SHIFT;
		found->prot = region_prot(start);
		found->dma = region_get64(&rec->dma);
		if (!get_rest(table, generation, rec, found))
			return -1;
		if (addr - found->addr < found->len)
			return 1;
		if (addr < found->addr)
			return 0;
	}
	return region_stale(table, generation) ? -1 : 0;
}

bool region_find(const struct region_table *table, uint64_t addr, struct region *found)
{
	struct region region;
	int got;

	do
		got = find_once(table, addr, &region);
	while (host_unlikely(got < 0));
	if (got)
		*found = region;
	return got;
}

bool region_lookup_again(const struct region_table *table, uint64_t addr, struct region *found)
{
	struct region region;

	if (!region_find(table, addr, &region))
		return false;
	region.owner = found->owner;
	*found = region;
	return true;
}
