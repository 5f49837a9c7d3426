/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "join.h"

struct join_table {
	struct join *joins; /* number n is joins[n - 1] */
	uint32_t count, room;
	uint32_t free; /* number of the first free one; 0: none */
};

static int table_grow(struct join_table *table)
{
	uint32_t room = table->room ? table->room * 2 : 16;
	struct join *joins = host_alloc(room * sizeof(*joins));

	if (!joins)
		return -ENOMEM;
	if (table->joins) {
		memcpy(joins, table->joins, table->count * sizeof(*joins));
		host_free(table->joins, table->room * sizeof(*joins));
	}
	table->joins = joins;
	table->room = room;
	return 0;
}

int join_open(struct join_table **tablep, uint32_t *number)
{
	struct join_table *table = *tablep;

	if (!table) {
		table = host_alloc(sizeof(*table));
		if (!table)
			return -ENOMEM;
		*tablep = table;
	}
	if (table->free) {
		*number = table->free;
		table->free = table->joins[*number - 1].next_free;
	} else {
		if (table->count == table->room && table_grow(table))
			return -ENOMEM;
		*number = ++table->count;
	}
	memset(&table->joins[*number - 1], 0, sizeof(*table->joins));
	return 0;
}

struct join *join_get(struct join_table *table, uint32_t number)
{
	return &table->joins[number - 1];
}

void join_close(struct join_table *table, uint32_t number)
{
	struct join *join = join_get(table, number);

	join->parts = 0;
	join->next_free = table->free;
	table->free = number;
}

void join_table_close(struct join_table *table)
{
	if (!table)
		return;
	if (table->joins)
		host_free(table->joins, table->room * sizeof(*table->joins));
	host_free(table, sizeof(*table));
}
