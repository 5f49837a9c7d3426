/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tests of look-ups share: a space where each region can be told by its device address. */
#ifndef DMAVEC_TESTS_LOOKUP_H
#define DMAVEC_TESTS_LOOKUP_H

#include "core.h"
#include "tap.h"

#include <stdlib.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/*
 * Device addresses lie at another distance in each window, so that no mixture of two regions looks right; one has the
 * first of all.
 */
static const struct dmavec_window windows[] = { { 4 * GIB, 64 * GIB, 8 * GIB }, { 16 * GIB, 0, 8 * GIB } };

static inline void must(int err)
{
	if (err)
		abort();
}

static inline struct dmavec_space *open_space(void)
{
	struct dmavec_direct_opts opts = { .size = sizeof(opts), .windows = windows, .nwindows = 2 };
	struct dmavec_space *space;

	must(dmavec_space_direct(&space, &opts));
	return space;
}

static inline struct dmavec_dev *open_dev(struct dmavec_space *space, const struct dmavec_limits *limits)
{
	struct dmavec_dev *dev;

	must(dmavec_dev_open(&dev, space, limits, 0));
	return dev;
}

#endif
