/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses as numbers, and back: what shows a mapping reads, compares and prints both kinds. */
#ifndef CLI_ADDR_H
#define CLI_ADDR_H

#include <dmavec/dmavec.h>

static inline uint64_t cli_cpu_number(dmavec_cpu_t addr)
{
	return (DMAVEC_FORCE uint64_t)addr;
}

static inline uint64_t cli_dma_number(dmavec_dma_t addr)
{
	return (DMAVEC_FORCE uint64_t)addr;
}

static inline dmavec_cpu_t cli_cpu_addr(uint64_t number)
{
	return (DMAVEC_FORCE dmavec_cpu_t)number;
}

#endif
