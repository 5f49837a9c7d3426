/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The address allocator and the page tables, opened with memory of the caller's. */
#ifndef DMAVEC_TESTS_PARTS_H
#define DMAVEC_TESTS_PARTS_H

#include <stdbool.h>

struct parts_result {
	unsigned int points;   /* calls for memory that were made to fail */
	unsigned long of_host; /* allocations that were none of the caller's */
	int err;               /* what did not come right when tried again */
	bool kept;             /* not all of it came back, or what came was none of it */
};

struct parts_result parts_fail_each(const char *format);

#endif
