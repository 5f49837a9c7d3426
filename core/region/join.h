/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What registered ranges hold beyond their records: joined maps - several ranges that were mapped as one, and can only be
 * unmapped as one - and memory of a file that was mapped to be registered.
 */
#ifndef DMAVEC_CORE_JOIN_H
#define DMAVEC_CORE_JOIN_H

#include "host.h"

struct join {
	uint64_t iova, iova_len; /* iova_len 0: without an IOMMU */
	uint64_t file_cpu, file_len; /* file_len 0: none */
	uint64_t gone; /* bytes of parts that were unregistered: the device still reaches them */
	uint32_t parts; /* still registered; 0: this entry is free */
	uint32_t next_free;
};

struct join_table;

/* All under the space's region lock. A number is never 0. */
int join_open(struct join_table **table, uint32_t *number); /* makes the table if there is none; -ENOMEM */
struct join *join_get(struct join_table *table, uint32_t number);
void join_close(struct join_table *table, uint32_t number);
void join_table_close(struct join_table *table);

#endif
