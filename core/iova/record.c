/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The runs that are out, hashed by their first address. A full table is followed by one twice as large, into which each
 * further call moves a few buckets, so that no call pays for all. Tables are changed under the lock and read without.
 *
 * A reader may look where a record is not yet, or follow a node into another bucket's chain, and miss what it looks
 * for: it then looks again under the lock. It never mistakes one run for another: a node's state counts the runs that
 * it stood for, and a run is claimed by changing the very state under which its addresses were read.
 */
#include "inner.h"

#define MOVE_COUNT 2u /* buckets; one would do to be done before the next table is needed */

static size_t table_buckets(uint32_t table)
{
	return (size_t)1 << (IOVA_TABLE_BITS + table);
}

static void set_next(struct iova_node **link, struct iova_node *node)
{
	__atomic_store_n(link, node, __ATOMIC_RELEASE);
}

static void push_node(struct iova_node **bucket, struct iova_node *node)
{
	set_next(&node->hash_next, *bucket);
	set_next(bucket, node);
}

static bool unlink_node(struct iova_node **link, const struct iova_node *node)
{
	while (*link && *link != node)
		link = &(*link)->hash_next;
	if (!*link)
		return false;
	set_next(link, node->hash_next);
	return true;
}

static void move_some(struct dmavec_iova *iova)
{
	struct iova_node **from, *node;
	unsigned int i;

	for (i = 0; i < MOVE_COUNT && iova->unmoved; i++) {
		from = &iova->tables[iova->table - 1][--iova->unmoved];
		while ((node = *from)) {
			set_next(from, node->hash_next);
			push_node(iova_bucket(iova, iova->table, node->start), node);
		}
	}
}

/*
 * No memory for a larger table: chains get longer instead. Whoever has none says so quickly, or only after a search: he is
 * not asked again before there are twice as many records, since nothing depends on it.
 */
static void grow(struct dmavec_iova *iova)
{
	uint32_t next = iova->table + 1;

	if (next == IOVA_TABLES || iova->unmoved)
		return;
	iova->tables[next] = iova_mem(iova, table_buckets(next) * sizeof(struct iova_node *));
	if (!iova->tables[next]) {
		iova->crowded *= 2;
		return;
	}
	iova->crowded = table_buckets(next);
	iova->unmoved = (uint32_t)table_buckets(iova->table);
	__atomic_store_n(&iova->table, next, __ATOMIC_RELEASE);
}

void iova_record_add(struct dmavec_iova *iova, struct iova_node *node, uint32_t kind)
{
	if (++iova->nrecords > iova->crowded)
		grow(iova);
	move_some(iova);
	__atomic_store_n(&node->state, (node->state & ~(IOVA_GEN - 1)) | kind, __ATOMIC_RELEASE);
	push_node(iova_bucket(iova, iova->table, node->start), node);
}

/* The state moves on before anyone writes to the node. */
void iova_record_drop(struct dmavec_iova *iova, struct iova_node *node)
{
	__atomic_store_n(&node->state, (node->state & ~(IOVA_GEN - 1)) + IOVA_GEN, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (!unlink_node(iova_bucket(iova, iova->table, node->start), node))
		unlink_node(iova_bucket(iova, iova->table - 1, node->start), node);
	iova->nrecords--;
}

static struct iova_node *find_in(struct iova_node *node, uint64_t dma)
{
	while (node && node->start != dma)
		node = node->hash_next;
	return node;
}

struct iova_node *iova_record_find(const struct dmavec_iova *iova, uint64_t dma)
{
	struct iova_node *node = find_in(*iova_bucket(iova, iova->table, dma), dma);

	return node || !iova->unmoved ? node : find_in(*iova_bucket(iova, iova->table - 1, dma), dma);
}

int iova_record_open(struct dmavec_iova *iova)
{
	iova->tables[0] = iova_mem(iova, table_buckets(0) * sizeof(struct iova_node *));
	iova->crowded = table_buckets(0);
	return iova->tables[0] ? 0 : -ENOMEM;
}

void iova_record_close(struct dmavec_iova *iova)
{
	uint32_t table;

	for (table = 0; table < IOVA_TABLES; table++)
		iova_mem_free(iova, iova->tables[table], table_buckets(table) * sizeof(struct iova_node *));
}
