/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One attempt at one call, and what it must not leave behind. */
#ifndef DMAVEC_TESTS_ATTEMPT_H
#define DMAVEC_TESTS_ATTEMPT_H

#include "../spaces.h"
#include "points.h"

#define RANGES 5u

/* Few device addresses behind an IOMMU: those that leak are missed at the end. */
#define WINDOW_AT    0x10000000u
#define WINDOW_PAGES 96u

struct attempt {
	struct test_space ts;
	struct dmavec_dev *dev;
	struct dmavec_range r[RANGES];
	struct dmavec_map map;
	struct dmavec_seg segs[64];
	struct dmavec_buf buf;
	bool opened; /* ts.space is there */
	const char *what;
};

struct call {
	const char *name;
	int (*before)(struct attempt *a); /* what has to be there; may be NULL */
	int (*run)(struct attempt *a);    /* armed */
	bool (*good)(struct attempt *a);  /* it worked: look at the bytes */
	int (*undo)(struct attempt *a);
	unsigned int need, without; /* traits */
	bool ends;                  /* what it failed to end is gone all the same */
	bool may_have_none;         /* of fallible points */
};

bool holds(bool good, const struct attempt *a, int line, const char *what);
#define HOLDS(a, cond) holds(cond, a, __LINE__, #cond)

struct dmavec_space_info info_of(struct attempt *a);
/* The segments, read by the device, are the ranges. */
bool sees(struct attempt *a, const struct dmavec_seg *segs, uint32_t nsegs, const struct dmavec_range *r, size_t n);
/* What space_info counts is as it was, quarantine aside. */
bool same_held(struct attempt *a, const struct dmavec_space_info *was);
/* Nor is anything missing that space_info does not count: device addresses, bounce memory, what the mock has. */
bool nothing_leaked(struct attempt *a, const struct call *call);

bool attempt_open(struct attempt *a, const char *space, const struct call *call);
bool attempt_close(struct attempt *a);

#endif
