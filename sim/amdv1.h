/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SIM_AMDV1_H
#define SIM_AMDV1_H

#include "format.h"

int sim_amdv1_walk(const struct sim_tables *tables, uint64_t dma, struct sim_leaf *leaf);

#endif
