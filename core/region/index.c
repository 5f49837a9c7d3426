/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The index over the list of records (find.h tells how it is read).
 *
 * cut.c decides how finely a node is cut when it is made; a slot that gets more than a few records gets a node of its own.
 * Thus memory follows the number of records wherever they lie, and a lone region far away costs a slot. When a node has too
 * many or too few records for its slots it is cut anew, beside the old one, and put in its place by one store. All of that
 * needs memory but is never necessary: without memory look-ups get slower, and stay right.
 */
#include "inner.h"

/* ------------------------------------------------------------------ cutting */

static uint32_t build_node(struct region_table *table, const struct region_part *part);

/* A slot has all its records. */
static void close_slot(struct region_table *table, struct region_node *node, const struct region_part *whole,
                       uint32_t slot, uint32_t first, uint32_t count)
{
	struct region_part part = { region_slot_lo(node, slot, whole->lo), region_slot_last(node, slot, whole->last),
		                    first, whole->newest };
	uint32_t finer;

	if (count <= REGION_CROWD)
		return;
	finer = build_node(table, &part);
	if (finer)
		region_set_slot(node, slot, finer);
}

static void fill_node(struct region_table *table, struct region_node *node, const struct region_part *part)
{
	uint32_t ref, open = 0, first = 0, count = 0, slot, end;
	const struct region_record *rec;

	for (ref = part->first; ref; ref = rec->next) {
		rec = region_rec(table, ref);
		if (region_rec_addr(rec) > part->last)
			break;
		end = region_last_slot(table, node, rec, part->last);
		for (slot = region_first_slot(node, rec, part->lo); slot <= end; slot++) {
			if (first && slot == open) {
				count++;
				continue;
			}
			close_slot(table, node, part, open, first, count);
			open = slot;
			first = ref;
			count = 1;
			region_set_slot(node, slot, ref);
		}
	}
	close_slot(table, node, part, open, first, count);
}

/* 0: no memory. */
static uint32_t build_node(struct region_table *table, const struct region_part *part)
{
	struct region_cut cut;
	uint32_t ref;

	region_choose_cut(table, part, REGION_NODE_SLOTS, &cut);
	ref = region_node_alloc(table, &cut);
	if (ref)
		fill_node(table, region_at(table, ref), part);
	return ref;
}

/* The first record that reaches into lo .. last, or one behind them. */
static uint32_t first_from(const struct region_table *table, uint64_t lo)
{
	uint32_t ref = region_index_before(table, lo);

	if (!ref)
		ref = table->head;
	while (ref && region_rec_last(table, region_rec(table, ref)) < lo)
		ref = region_rec(table, ref)->next;
	return ref;
}

static void free_tree(struct region_table *table, struct region_node *node)
{
	uint32_t slot, ref;

	for (slot = 0; slot < node->nslots; slot++) {
		ref = *region_slot_at(node, slot);
		if (ref & REGION_IS_NODE) {
			free_tree(table, region_at(table, ref));
			region_node_free(table, ref);
		}
	}
}

/* Put ref in the slot; what was below it is freed once readers are told. */
static void replace_slot(struct region_table *table, struct region_node *node, uint32_t slot, uint32_t ref)
{
	uint32_t old = *region_slot_at(node, slot);

	region_set_slot(node, slot, ref);
	if (old & REGION_IS_NODE) {
		region_advance(table);
		free_tree(table, region_at(table, old));
		region_node_free(table, old);
	}
}

/* Cut what the slot answers for, lo .. last, anew from the list; false: no memory, and nothing has changed. */
static bool cut_slot(struct region_table *table, struct region_node *node, uint32_t slot, uint64_t lo, uint64_t last,
                     uint32_t newest)
{
	struct region_part part = { lo, last, first_from(table, lo), newest };
	uint32_t ref = build_node(table, &part);

	if (ref)
		replace_slot(table, node, slot, ref);
	return ref;
}

static bool cut_root(struct region_table *table, uint32_t newest)
{
	struct region_part part = { 0, REGION_ADDR_MASK, table->head, newest };
	struct region_root *old = table->root, *root = &table->roots[old == &table->roots[0]];
	struct region_cut cut;

	region_choose_cut(table, &part, REGION_ROOT_PAGES << REGION_SLOTS_SHIFT, &cut);
	if (!region_root_alloc(table, root, &cut))
		return false;
	fill_node(table, &root->node, &part);
	region_set(&table->root, root);
	region_advance(table);
	if (old) {
		free_tree(table, &old->node);
		region_root_free(table, old);
	}
	return true;
}

/* ------------------------------------------------------------------ changes */

static bool is_crowded(const struct region_table *table, uint32_t first, uint64_t last)
{
	uint32_t count = 0;

	for (; first && region_rec_addr(region_rec(table, first)) <= last; first = region_rec(table, first)->next)
		if (++count > REGION_CROWD)
			return true;
	return false;
}

static void add_below(struct region_table *table, struct region_node *node, uint64_t lo, uint64_t last, uint32_t ref);

/* lo .. last: what the slot answers for. The record is in the list already. */
static void add_to_slot(struct region_table *table, struct region_node *node, uint32_t slot, uint64_t lo, uint64_t last,
                        uint32_t ref)
{
	uint32_t first = *region_slot_at(node, slot);
	struct region_node *finer;

	if (first & REGION_IS_NODE) {
		finer = region_at(table, first);
		region_set(&finer->count, finer->count + 1);
		if (finer->count <= finer->limit || !cut_slot(table, node, slot, lo, last, ref))
			add_below(table, finer, lo, last, ref);
		return;
	}
	if (!first || region_rec_addr(region_rec(table, first)) > region_rec_addr(region_rec(table, ref))) {
		first = ref;
		region_set_slot(node, slot, ref);
	}
	if (is_crowded(table, first, last))
		cut_slot(table, node, slot, lo, last, ref);
}

static void add_below(struct region_table *table, struct region_node *node, uint64_t lo, uint64_t last, uint32_t ref)
{
	uint32_t slot = region_first_slot(node, region_rec(table, ref), lo);
	uint32_t end = region_last_slot(table, node, region_rec(table, ref), last);

	for (; slot <= end; slot++)
		add_to_slot(table, node, slot, region_slot_lo(node, slot, lo), region_slot_last(node, slot, last), ref);
}

void region_index_add(struct region_table *table, uint32_t ref)
{
	struct region_node *node = &table->root->node;

	region_set(&node->count, node->count + 1);
	if (node->count <= node->limit || !cut_root(table, ref))
		add_below(table, node, 0, REGION_ADDR_MASK, ref);
}

static void del_below(struct region_table *table, struct region_node *node, uint64_t lo, uint64_t last, uint32_t ref);

static void del_from_slot(struct region_table *table, struct region_node *node, uint32_t slot, uint64_t lo,
                          uint64_t last, uint32_t ref)
{
	uint32_t first = *region_slot_at(node, slot), next = region_rec(table, ref)->next;
	struct region_node *finer;

	if (first & REGION_IS_NODE) {
		finer = region_at(table, first);
		region_set(&finer->count, finer->count - 1);
		del_below(table, finer, lo, last, ref);
		if (finer->count <= 1)
			replace_slot(table, node, slot, finer->count ? first_from(table, lo) : 0);
		else if (finer->count < finer->limit / 4)
			cut_slot(table, node, slot, lo, last, 0);
	} else if (first == ref) {
		if (next && region_rec_addr(region_rec(table, next)) > last)
			next = 0;
		region_set_slot(node, slot, next);
	}
}

static void del_below(struct region_table *table, struct region_node *node, uint64_t lo, uint64_t last, uint32_t ref)
{
	uint32_t slot = region_first_slot(node, region_rec(table, ref), lo);
	uint32_t end = region_last_slot(table, node, region_rec(table, ref), last);

	for (; slot <= end; slot++)
		del_from_slot(table, node, slot, region_slot_lo(node, slot, lo), region_slot_last(node, slot, last), ref);
}

void region_index_del(struct region_table *table, uint32_t ref)
{
	struct region_node *node = &table->root->node;

	region_set(&node->count, node->count - 1);
	del_below(table, node, 0, REGION_ADDR_MASK, ref);
	if (node->count < node->limit / 4)
		cut_root(table, 0);
}

/* ------------------------------------------------------------------ order */

/* Along the list from ref to the last record below addr; 0: ref itself is not below it. */
static uint32_t last_before(const struct region_table *table, uint32_t ref, uint64_t addr)
{
	uint32_t before = 0;

	for (; ref && region_rec_addr(region_rec(table, ref)) < addr; ref = region_rec(table, ref)->next)
		before = ref;
	return before;
}

static uint32_t before_in(const struct region_table *table, const struct region_node *node, uint64_t addr)
{
	uint32_t slot = region_slot(node, addr) + 1, ref;

	while (slot--) {
		if (node->pages && !node->pages[slot >> REGION_SLOTS_SHIFT].used) {
			slot &= ~REGION_SLOTS_MASK;
			continue;
		}
		ref = *region_slot_at(node, slot);
		if (ref & REGION_IS_NODE)
			ref = before_in(table, region_at(table, ref), addr);
		else
			ref = last_before(table, ref, addr);
		if (ref)
			return ref;
	}
	return 0;
}

uint32_t region_index_before(const struct region_table *table, uint64_t addr)
{
	return before_in(table, &table->root->node, addr);
}

int region_index_open(struct region_table *table)
{
	if (!region_root_init(table) || !cut_root(table, 0))
		return -ENOMEM;
	return 0;
}
