/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What map.c does for the files beside it: batches map what was gathered, unmap and alloc give back what is held.
 */
#ifndef DMAVEC_CORE_MAP_H
#define DMAVEC_CORE_MAP_H

#include "hold.h"
#include "plan/plan.h"

/* The call's arguments, and that the map is empty. */
int map_check(const struct plan_call *call, struct dmavec_map *map);
int map_ranges(const struct plan_call *call, struct dmavec_map *map, struct range_iter *it);
/* Give back what st holds; what cannot be unlinked is quarantined. The copy back comes after the device lost its access. */
int map_drop(struct dmavec_dev *dev, struct map_state *st, bool copy_back);
/* sync.c: cache maintenance for the part of the segments that [offset, offset + len) names, where the space needs it. */
int sync_segs(const struct dmavec_map *map, const struct map_state *st, bool to_device, uint64_t offset, uint64_t len);
/* Bytes of it that are bounced. */
uint64_t map_bounced(const struct map_state *st);

#endif
