/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is held: counted for each device, given back to the space, and quarantined where that fails.
 */
#ifndef DMAVEC_CORE_HOLD_H
#define DMAVEC_CORE_HOLD_H

#include "core.h"

/* One mapping, batch or buffer, its device addresses and bounced bytes. */
void hold_add(struct dmavec_dev *dev, uint64_t iova_len, uint64_t bounced);
void hold_drop(struct dmavec_dev *dev, uint64_t iova_len, uint64_t bounced);

/* Reserve on a multiple of the largest leaf size up to `better` that is to be had, else as wanted. */
int hold_reserve(struct dmavec_space *space, const struct dmavec_reserve *want, uint64_t better, dmavec_dma_t *iova);

/* Unlink and release; on failure the addresses are quarantined: never given again. *reached: the device may still reach
 * what was linked. */
int hold_unlink(struct dmavec_space *space, uint64_t iova, uint64_t len, bool strict, bool *reached);

#endif
