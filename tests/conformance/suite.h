/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The ground of the conformance suite. A rule is a function that gets a space of its own, opened anew, and makes one
 * line of TAP; when it returns, its devices are closed, and a space that still holds anything fails it. Memory is only
 * looked at as the device does (dmavec_space_read and _write) or through the CPU's own addresses.
 */
#ifndef DMAVEC_TESTS_SUITE_H
#define DMAVEC_TESTS_SUITE_H

#include "../spaces.h"

#include <errno.h>
#include <string.h>

#define SUITE_SEGS  1024u
#define SUITE_DEVS  8u
#define SUITE_PAGES 40u /* of the area, filled with a pattern at the start */

struct fix {
	struct test_space ts;
	struct dmavec_space *space; /* ts.space */
	uint64_t page;              /* ts.page */
	unsigned char *shadow;      /* what the pages held at the start */
	struct dmavec_dev *devs[SUITE_DEVS];
	unsigned int ndevs;
	int failures;
	const char *rule;
};

/* need: traits that all must be there; without: traits of which none may be. */
struct rule {
	const char *name;
	void (*run)(struct fix *f);
	unsigned int need, without;
};

extern const struct rule rules_cover[], rules_limits[], rules_runs[], rules_trust[], rules_life[], rules_errors[],
	rules_batch[], rules_region[], rules_bounce[], rules_plan[], rules_flush[], rules_peers[], rules_alloc[], rules_file[],
	rules_options[], rules_source[];
extern const struct rule rules_alone[], rules_contract[], rules_custom[], rules_dry[]; /* run once, without a space */

struct held {
	struct dmavec_map map;
	struct dmavec_seg segs[SUITE_SEGS];
};

bool suite_check(struct fix *f, bool good, const char *file, int line, const char *what);
bool suite_check_is(struct fix *f, long long got, long long want, const char *file, int line, const char *what);
#define CHECK(f, cond)         suite_check(f, cond, __FILE__, __LINE__, #cond)
#define CHECK_IS(f, got, want) suite_check_is(f, (long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define MUST(f, cond)                                                                                                  \
	do {                                                                                                           \
		if (!CHECK(f, cond))                                                                                   \
			return;                                                                                        \
	} while (0)
#define MUST_BE(f, got, want)                                                                                          \
	do {                                                                                                           \
		if (!CHECK_IS(f, got, want))                                                                           \
			return;                                                                                        \
	} while (0)

bool suite_begin(struct fix *f, const char *space, const char *rule);
void suite_end(struct fix *f);

/* A device that the end of the rule closes; NULL where it does not open. */
struct dmavec_dev *suite_dev(struct fix *f, const struct dmavec_limits *limits, unsigned int flags);
void suite_dev_close(struct fix *f, struct dmavec_dev *dev);
struct dmavec_space_info suite_info(struct fix *f);

/* Memory of the area: len bytes at offset `at` of page n. */
struct dmavec_range suite_range(const struct fix *f, unsigned int page, uint64_t at, uint64_t len);

/* Map or fail the rule; the map has room for cap segments. */
bool suite_map(struct fix *f, struct dmavec_dev *dev, struct held *h, uint32_t cap, const struct dmavec_range *ranges,
	       size_t n, enum dmavec_dir dir, unsigned int flags);
/* What mapping says; unmaps again where it succeeded. */
int suite_try(struct dmavec_dev *dev, uint32_t cap, const struct dmavec_range *ranges, size_t n, enum dmavec_dir dir,
	      unsigned int flags);
void suite_init(struct held *h, uint32_t cap);

/* The segments, read by the device, are the ranges, read by the CPU: byte by byte, and no byte more. */
bool suite_sees(struct fix *f, const struct dmavec_map *map, const struct dmavec_range *ranges, size_t n);
/* The device writes byte number i of the mapping as pattern(seed, i), from `from` on, len bytes. */
bool suite_dev_writes(struct fix *f, const struct dmavec_map *map, uint64_t from, uint64_t len, unsigned int seed);
/* Byte i of the ranges is so in memory. */
bool suite_memory_has(const struct dmavec_range *ranges, size_t n, uint64_t from, uint64_t len, unsigned int seed);
unsigned char suite_pattern(unsigned int seed, uint64_t i);
/* Memory is as it was at the start, but for the ranges. */
bool suite_rest_is_whole(const struct fix *f, const struct dmavec_range *ranges, size_t n);
void suite_restore(struct fix *f);

/* Fewest segments that can name the device addresses of map under limits. */
uint32_t suite_fewest(const struct dmavec_limits *limits, const struct dmavec_map *map);
/* Limits, cover, count, each direction, undone: everything that must hold of one mapping. */
bool suite_round(struct fix *f, struct dmavec_dev *dev, const struct dmavec_range *ranges, size_t n,
		 unsigned int flags);

int suite_read(struct fix *f, dmavec_dma_t dma); /* one byte by the device: the byte, or an error */
int suite_write(struct fix *f, dmavec_dma_t dma, unsigned char byte);
bool suite_unreachable(struct fix *f, dmavec_dma_t dma, uint64_t len); /* every granule of it faults */

/* An address limit that all of the area lies above, on a space without an IOMMU. */
uint64_t suite_low_max(const struct fix *f);

#endif
