/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Physical addresses of this process's memory, as the kernel's pagemap tells them. */
#ifndef DMAVEC_SOURCES_PAGEMAP_H
#define DMAVEC_SOURCES_PAGEMAP_H

#include <dmavec/dmavec.h>

/* A descriptor to close, or a negative errno; -EPERM: there is none for this process. */
int pagemap_open(void);

/*
 * The physical ranges behind [cpu, cpu + len), len at least 1, neighbours joined: an array to free. -EPERM: they are hidden;
 * -EAGAIN: some page is not there at the moment.
 */
int pagemap_ranges(int pagemap, dmavec_cpu_t cpu, uint64_t len, struct dmavec_range **ranges, size_t *nranges);

#endif
