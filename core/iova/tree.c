/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The free runs: a search tree by address and a heap by random priority at once, which keeps it O(log n) deep whatever
 * comes. No two runs touch: neighbours are joined.
 */
#include "inner.h"

static uint64_t max_below(const struct dmavec_iova *iova, const struct iova_node *node)
{
	uint64_t max = iova_weight(iova, node);

	if (node->child[0])
		max = core_max(max, node->child[0]->max);
	if (node->child[1])
		max = core_max(max, node->child[1]->max);
	return max;
}

/* A run or what hangs below it has changed: correct max from there up, as far as it matters. */
static void fix_up(const struct dmavec_iova *iova, struct iova_node *node)
{
	for (; node; node = node->parent) {
		uint64_t max = max_below(iova, node);

		if (max == node->max)
			return;
		node->max = max;
	}
}

static struct iova_node **link_to(struct dmavec_iova *iova, const struct iova_node *node)
{
	return node->parent ? &node->parent->child[node->parent->child[1] == node] : &iova->root;
}

static void rotate_up(struct dmavec_iova *iova, struct iova_node *node)
{
	struct iova_node *down = node->parent;
	int side = down->child[1] == node;

	*link_to(iova, down) = node;
	node->parent = down->parent;
	down->child[side] = node->child[!side];
	if (down->child[side])
		down->child[side]->parent = down;
	node->child[!side] = down;
	down->parent = node;
	node->max = down->max;
	down->max = max_below(iova, down);
}

static void link_leaf(struct dmavec_iova *iova, struct iova_node *node, struct iova_node *parent, int side)
{
	node->child[0] = node->child[1] = NULL;
	node->parent = parent;
	if (parent)
		parent->child[side] = node;
	else
		iova->root = node;
	node->max = iova_weight(iova, node);
	fix_up(iova, parent);
	while (node->parent && node->prio > node->parent->prio)
		rotate_up(iova, node);
}

static void erase(struct dmavec_iova *iova, struct iova_node *node)
{
	struct iova_node *below;

	while (node->child[0] && node->child[1])
		rotate_up(iova, node->child[node->child[1]->prio > node->child[0]->prio]);
	below = node->child[node->child[1] != NULL];
	*link_to(iova, node) = below;
	if (below)
		below->parent = node->parent;
	fix_up(iova, node->parent);
}

/* Where a run starting at start would hang, and its neighbours near[0] below and near[1] above. */
static struct iova_node *find_place(const struct dmavec_iova *iova, uint64_t start, struct iova_node *near[2],
				    int *side)
{
	struct iova_node *node = iova->root, *parent = NULL;

	*side = 0;
	near[0] = near[1] = NULL;
	while (node) {
		parent = node;
		*side = start > node->start;
		near[!*side] = node;
		node = node->child[*side];
	}
	return parent;
}

static void add_alone(struct dmavec_iova *iova, struct iova_node *node)
{
	struct iova_node *near[2], *parent;
	int side;

	parent = find_place(iova, node->start, near, &side);
	link_leaf(iova, node, parent, side);
}

void iova_tree_add(struct dmavec_iova *iova, struct iova_node *node)
{
	struct iova_node *near[2], *parent, *low, *high;
	int side;

	parent = find_place(iova, node->start, near, &side);
	low = near[0] && near[0]->last + 1 == node->start ? near[0] : NULL;
	high = near[1] && node->last + 1 == near[1]->start ? near[1] : NULL;
	if (!low && !high) {
		link_leaf(iova, node, parent, side);
		return;
	}
	if (low && high) {
		erase(iova, high);
		iova_set(&low->last, high->last);
		iova_spare_put(iova, high);
	} else if (low) {
		iova_set(&low->last, node->last);
	} else {
		iova_set(&high->start, node->start);
	}
	fix_up(iova, low ? low : high);
	iova_spare_put(iova, node);
}

struct iova_node *iova_tree_floor(const struct dmavec_iova *iova, uint64_t addr)
{
	struct iova_node *node = iova->root, *below = NULL;

	while (node) {
		bool starts_below = node->start <= addr;

		if (starts_below)
			below = node;
		node = node->child[starts_below];
	}
	return below;
}

static struct iova_node *spare_run(struct dmavec_iova *iova, uint64_t start, uint64_t last)
{
	struct iova_node *node = iova_spare_get(iova);

	iova_set(&node->start, start);
	iova_set(&node->last, last);
	return node;
}

struct iova_node *iova_tree_carve(struct dmavec_iova *iova, struct iova_node *run, uint64_t start, uint64_t last)
{
	uint64_t end = run->last;

	if (start == run->start && last == end) {
		erase(iova, run);
		return run;
	}
	if (start == run->start) {
		iova_set(&run->start, last + 1);
		fix_up(iova, run);
		return spare_run(iova, start, last);
	}
	iova_set(&run->last, start - 1);
	fix_up(iova, run);
	if (last != end)
		add_alone(iova, spare_run(iova, last + 1, end));
	return spare_run(iova, start, last);
}

/* Of those below node that are long enough, the first in search order. */
static struct iova_node *first_below(const struct dmavec_iova *iova, struct iova_node *node, uint64_t need)
{
	unsigned int top = iova->top;

	for (;;) {
		if (node->child[top] && node->child[top]->max >= need)
			node = node->child[top];
		else if (iova_weight(iova, node) >= need)
			return node;
		else
			node = node->child[!top];
	}
}

struct iova_node *iova_tree_step(const struct dmavec_iova *iova, const struct iova_node *node, uint64_t need)
{
	unsigned int top = iova->top;

	for (;;) {
		struct iova_node *onward = node->child[!top], *up = node->parent;

		if (onward && onward->max >= need)
			return first_below(iova, onward, need);
		for (; up && up->child[!top] == node; up = up->parent)
			node = up;
		if (!up || iova_weight(iova, up) >= need)
			return up;
		node = up;
	}
}

struct iova_node *iova_tree_seek(const struct dmavec_iova *iova, uint64_t from, uint64_t need)
{
	struct iova_node *node = iova->root, *near = NULL;
	unsigned int top = iova->top;

	if (!node || node->max < need)
		return NULL;
	while (node) {
		bool reached = top ? node->start <= from : node->last >= from;

		if (reached)
			near = node;
		node = node->child[reached ? top : !top];
	}
	return !near || iova_weight(iova, near) >= need ? near : iova_tree_step(iova, near, need);
}
