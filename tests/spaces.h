/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opens each space that the suites run on, by name, with memory that its devices can reach. A suite that uses nothing
 * but this runs on a further space as soon as spaces.c names it.
 */
#ifndef DMAVEC_TESTS_SPACES_H
#define DMAVEC_TESTS_SPACES_H

#include <dmavec/sim.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPACE_IOMMU    0x01u /* links memory page by page, and isolates */
#define SPACE_DIRECT   0x02u
#define SPACE_SOFT     0x04u
#define SPACE_MOCK     0x08u
#define SPACE_LAZY     0x10u
#define SPACE_MEMORY   0x20u /* reaches the simulated memory alone, and bounces in its low bytes */
#define SPACE_PROCESS  0x40u /* reaches the process's memory */

#define SPACE_MEM_LEN  (64u << 20) /* of the simulated memory, where there is one */
#define SPACE_AREA_AT  (32u << 20) /* where the area lies in it */
#define SPACE_AREA_LEN (4u << 20)

struct test_space {
	const char *name;
	unsigned int traits;
	struct dmavec_space *space;
	struct dmavec_sim_mem *mem; /* NULL: process memory */
	struct dmavec_window window;
	uint64_t granule;    /* as space_info says it */
	uint64_t page;       /* the granule, at least 4096: what the tests cut memory into */
	unsigned char *area; /* consecutive memory that devices reach, a multiple of page */
	unsigned char *mapped;
	size_t mapped_len;
};

/* The names of all, ending in NULL. */
extern const char *const spaces_all[];

/* Memory first, then the constructor alone, so that a test can make just that fail. */
int spaces_prepare(struct test_space *ts, const char *name);
int spaces_construct(struct test_space *ts);
int spaces_open(struct test_space *ts, const char *name);

/* As prepared, but with these options where the space is soft; memory and bounce are filled in. */
int spaces_construct_soft(struct test_space *ts, struct dmavec_soft_opts *opts);

/* What dmavec_space_close says; the memory stays where the space does. */
int spaces_close(struct test_space *ts);

/* The bounce range of a space with simulated memory, else an empty one. */
struct dmavec_range spaces_low(const struct test_space *ts);

#endif
