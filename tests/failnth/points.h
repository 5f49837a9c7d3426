/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Fallible points: counted while armed, and one of them made to fail. */
#ifndef DMAVEC_TESTS_POINTS_H
#define DMAVEC_TESTS_POINTS_H

#include <stdbool.h>

struct dmavec_space;

enum point_mode { BY_ALLOC, BY_OP, BY_MOCK, MODES };

struct point_state {
	bool armed;
	enum point_mode mode;
	unsigned long seen, fail_at; /* the fail_at-th fails; 0: none */
	bool failed;
};
extern struct point_state points;

/* Put failing operations before those of a space, in place: its own constructor opened it. One space at a time. */
void points_install(struct dmavec_space *space);

#endif
