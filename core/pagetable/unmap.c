/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Unmap: entries go, and with the last one of a table the table goes, and so on up to the root, which stays. */
#include "pt.h"

static void pt_free_later(struct dmavec_pt *pt, struct pt_table *table, struct dmavec_pt_freed *freed)
{
	if (freed->tail)
		((struct pt_table *)freed->tail)->next = table;
	else
		freed->head = table;
	freed->tail = table;
	pt->linked_tables--;
}

static bool pt_is_empty(const struct pt_table *table)
{
	return !pt_any_used(table, 0, PT_ENTRIES);
}

static void pt_clear(struct pt_table *table, unsigned int index, unsigned int n)
{
	pt_entry_t *entry = &table->entries[index];
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < n; i++)
		pt_set(entry + i, 0);
	pt_unuse(table, index, n);
}

/* Take out the tables on the way to dma that have become empty, from this level up. */
static void pt_prune(struct dmavec_pt *pt, const struct pt_path *path, uint64_t dma, unsigned int level,
                     struct dmavec_pt_freed *freed)
{
	struct pt_table *above;
	unsigned int index;

	for (; level < pt->format->levels && pt_is_empty(path->at[level]); level++) {
		above = path->at[level + 1];
		index = pt_index(dma, level + 1);
		pt_clear(above, index, 1);
		above->kids[index] = NULL;
		pt_free_later(pt, path->at[level], freed);
	}
}

/* One table's share of [dma, end), or a hole: returns the bytes it took. */
static uint64_t pt_unmap_step(struct dmavec_pt *pt, uint64_t dma, uint64_t end, struct dmavec_pt_freed *freed)
{
	struct pt_path path;
	unsigned int level = pt_find(pt, dma, 1, &path), n = 1;
	uint64_t len = pt_to_end(dma, level > 1 ? level : 2);

	if (len > end - dma)
		len = end - dma;
	if (level == 1)
		n = (unsigned int)(len >> PT_PAGE_SHIFT);
	pt_clear(path.at[level], pt_index(dma, level), n);
	pt_prune(pt, &path, dma, level, freed);
	return len;
}

/* A leaf that holds dma and begins before it? Nothing below the largest leaf's alignment can be inside one. */
static bool pt_inside_leaf(const struct dmavec_pt *pt, uint64_t dma)
{
	struct pt_path path;
	unsigned int level;

	if (!(dma & (pt_span(pt->format->leaf_levels) - 1)))
		return false;
	level = pt_find(pt, dma, 1, &path);
	return (dma & (pt_span(level) - 1)) && pt_any_used(path.at[level], pt_index(dma, level), 1);
}

int dmavec_pt_unmap(struct dmavec_pt *pt, dmavec_dma_t dma, uint64_t len, struct dmavec_pt_freed *freed)
{
	uint64_t end = dma + len;

	if (!pt || !freed || !len || ((dma | len) & (PT_PAGE - 1)))
		return -EINVAL;
	if (dma > pt_last(pt->format) || len - 1 > pt_last(pt->format) - dma)
		return -EINVAL;
	if (pt_inside_leaf(pt, dma) || (end <= pt_last(pt->format) && pt_inside_leaf(pt, end)))
		return -EINVAL;
	while (dma < end)
		dma += pt_unmap_step(pt, dma, end, freed);
	return 0;
}

void dmavec_pt_recycle(struct dmavec_pt *pt, struct dmavec_pt_freed *freed)
{
	struct pt_table *table, *next;

	for (table = freed->head; table; table = next) {
		next = table->next;
		pt_pool_put(pt, table);
	}
	*freed = (struct dmavec_pt_freed){ NULL, NULL };
}
