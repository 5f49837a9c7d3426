/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which attempts are made to fit ranges to the limits, in which order.
 */
#ifndef DMAVEC_CORE_PLAN_H
#define DMAVEC_CORE_PLAN_H

#include "layout.h"

/* What a call asks for; the same for a plan and a map. */
struct plan_call {
	struct dmavec_dev *dev;
	enum dmavec_dir dir;
	unsigned int flags;
	bool linear;
};

/* -EINVAL, -EOPNOTSUPP: the call's own arguments. */
int plan_check(const struct plan_call *call);

/*
 * Lay out by the first attempt that fits. *first tells how the first attempt failed, if it did. segs NULL: count only.
 */
struct plan_failure {
	int err;
	enum layout_why why;
	size_t range;
	uint64_t cpu; /* not 0: about this byte rather */
};
int plan_make(const struct plan_call *call, struct range_iter *it, struct dmavec_seg *segs, uint32_t room,
              struct layout *l, struct plan_failure *first);

#endif
