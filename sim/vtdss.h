/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SIM_VTDSS_H
#define SIM_VTDSS_H

#include "format.h"

int sim_vtdss_walk(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf);

#endif
