/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Batches gather ranges in a scratch array, which the space keeps for the next batch.
 */
#ifndef DMAVEC_CORE_BATCH_H
#define DMAVEC_CORE_BATCH_H

#include "core.h"

struct scratch {
	struct scratch *next;
	size_t bytes; /* of this struct and its arrays */
	uint64_t total, total_max;
	uint32_t added, added_max; /* calls of dmavec_add */
	uint32_t count;            /* ranges after joining neighbours */
	uint32_t room;             /* of the arrays */
	uint32_t *flags;
	struct dmavec_range ranges[];
};

/* End a batch that was not finished: hand its scratch back. */
void batch_drop(struct map_state *st);
/* Free what the space keeps. */
void batch_fini(struct dmavec_space *space);

#endif
