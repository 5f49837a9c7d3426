/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Pages of a shared mapping of a file, brought in. What the program itself touches may end in SIGBUS - the file is shorter by
 * now, cannot be read, finds no room for a hole -, so that the kernel is asked to do it.
 */
#ifndef DMAVEC_SOURCES_POPULATE_H
#define DMAVEC_SOURCES_POPULATE_H

#include <stdbool.h>
#include <stdint.h>

/* mapped and len are multiples of page; write: as a store would. -EFAULT: some page does not come. */
int populate_pages(void *mapped, uint64_t len, uint64_t page, bool write);

#endif
