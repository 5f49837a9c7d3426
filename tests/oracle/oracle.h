/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An oracle apart from the engine: a model of what section "What holds" of the design promises, written from that text
 * alone. It knows the public headers and the software hardware, and nothing of core/.
 *
 *   world.c    the spaces that cases run on, and the memory behind them
 *   gen.c      random cases
 *   count.c    limits, and the fewest segments by brute force
 *   model.c    what the engine must answer
 *   drive.c    one case through the library
 *   verify.c   what is tested on a mapping: addresses and shape
 *   bytes.c    what is tested on its bytes: the cover, bounces, syncs, isolation
 *   region.c   registered memory
 *   report.c   counts for each property, and the dump of a case that failed
 */
#ifndef DMAVEC_TESTS_ORACLE_H
#define DMAVEC_TESTS_ORACLE_H

#include <dmavec/sim.h>
#include <dmavec/source.h>

#include <stdbool.h>
#include <stdint.h>

#define ARENA_LEN   (64u * 4096u)
#define ARENA_AT    0x28000000u /* where it is for a device without IOMMU */
#define RANGES_MAX  40u
#define SEGS_MAX    2048u
#define TOTAL_MAX   (96u * 1024u)
#define REGIONS_MAX 3u
#define WORLDS_MAX  24u
#define UNKNOWN     UINT32_MAX

/* Each line of the output: what was tested, and how often. */
#define PROPERTIES(X) \
	X(MUST_MAP, "what fits where it lies is mapped, and there") \
	X(MUST_BOUNCE, "what one bounce would make fit is never refused") \
	X(RESULT, "every other result is one that the rules allow") \
	X(EINVAL, "-EINVAL where only it is right") \
	X(E2BIG, "-E2BIG where only it is right") \
	X(ERANGE, "-ERANGE where only it is right") \
	X(ENOSPC, "-ENOSPC where only it is right") \
	X(EFAULT, "-EFAULT where only it is right") \
	X(EPERM, "-EPERM where only it is right") \
	X(EBUSY, "mapping onto a held map is -EBUSY and changes nothing") \
	X(OPEN, "limits that contradict themselves or the space are -EINVAL at open") \
	X(FAILED, "a failed call leaves nsegs and len, and holds nothing") \
	X(BATCH, "a failed add leaves the batch as it was") \
	X(LENGTH, "the segments add up to the bytes of the ranges, within the room") \
	X(READ, "the device reads exactly the bytes of the ranges, in order") \
	X(WRITE, "what the device writes is in the ranges after unmap") \
	X(OUTSIDE, "no byte outside the ranges changes") \
	X(LIMITS, "every limit holds, by the oracle's own test") \
	X(CHECK_SEGS, "dmavec_check_segs agrees") \
	X(FEWEST, "no fewer segments are possible where the bytes are (brute force)") \
	X(JOINED, "no two neighbours could be one") \
	X(REASON, "dmavec_cut_reason fits what lies between two segments") \
	X(PLAN, "a plan's nsegs is a bound") \
	X(PLAN_EXACT, "a plan is exact on direct where nothing is bounced") \
	X(PLAN_ROOM, "a plan fails as the map does, and explain as the plan") \
	X(NATURAL, "direct: segments are the memory's own addresses") \
	X(CONGRUENT, "an IOVA keeps its address modulo max(gap, granule)") \
	X(BLOCK, "a run that fits into a boundary block does not cross one") \
	X(RUN, "a run is consecutive for the device") \
	X(LINEAR, "map_linear is consecutive") \
	X(FIXED, "ranges in a region have the region's addresses") \
	X(NOT_BOUNCED, "nothing is bounced that must not or need not be") \
	X(BOUNCED, "bounced_bytes is what the device cannot see change") \
	X(OFFSET, "a bounce keeps offset_mask of its first byte's address") \
	X(SYNC_DEVICE, "sync_for_device copies the part asked for and no other") \
	X(SYNC_CPU, "sync_for_cpu copies the part asked for and no other") \
	X(SYNC_BOUNDS, "sync outside the mapping is -EINVAL, of nothing 0") \
	X(SKIP_SYNC, "unmap with SKIP_SYNC copies nothing back") \
	X(ORIGINAL, "bytes that the device did not write stay as they were") \
	X(PERMISSION, "the device writes no memory mapped TO_DEVICE") \
	X(PADDING, "untrusted: what else is in the granules reads as zero") \
	X(ISOLATED, "granules beside a mapping are out of reach") \
	X(FAULT_STRICT, "strict: the device faults right after unmap") \
	X(FAULT_LAZY, "lazy: the device faults after a flush") \
	X(EMPTY, "after unmap the map is empty, and unmapping it is 0") \
	X(HELD, "nothing is held at the end of a case") \
	X(LOOKUP, "look-up of registered memory answers as the model") \
	X(REVERSE, "reverse finds the memory behind a region") \
	X(REGISTER, "registrations overlap, end and fault as they must")

enum prop {
#define X(name, text) P_##name,
	PROPERTIES(X)
#undef X
	P_COUNT
};

/* A space, what of the memory it reaches, and where bounces can be. */
struct world {
	const char *name;
	struct dmavec_space *space;
	struct dmavec_dev *plain; /* no limits: for look-ups */
	bool iommu, tainted, lazy, mmio;
	bool bounces;
	uint64_t granule;
	uint64_t first, last;                 /* device addresses that an IOMMU gives */
	uint64_t bounce_first, bounce_last;   /* without one: where bounce memory is */
	struct dmavec_window windows[3];      /* memory that it reaches; none: all */
	unsigned int nwindows;
	uint8_t *arena, *shadow;
};

struct oregion {
	uint64_t addr, len, dma;
	unsigned int prot;
};

enum entry { ENTRY_MAP, ENTRY_LINEAR, ENTRY_SOURCE, ENTRY_BATCH, ENTRY_COUNT };
enum inject {
	INJECT_NONE, INJECT_NO_RANGE, INJECT_EMPTY_RANGE, INJECT_WRAP, INJECT_DIR, INJECT_FLAGS, INJECT_OUTSIDE,
	INJECT_COUNT
};

struct ocase {
	uint64_t seed, number, rng;
	struct world *world;
	struct dmavec_limits limits;
	unsigned int dev_flags, flags;
	enum dmavec_dir dir;
	enum entry entry;
	enum inject inject;
	struct dmavec_range ranges[RANGES_MAX];
	uint32_t range_flags[RANGES_MAX];
	size_t nranges;
	uint64_t total;
	uint32_t cap;
	bool any_mmio, overlap;
	struct oregion regions[REGIONS_MAX];
	unsigned int nregions;
	uint64_t shift; /* of the pattern that this case writes */
	/* what came out */
	int result;
	struct dmavec_dev *dev;
	struct dmavec_map map;
	struct dmavec_space_info before;
	bool wrote_part; /* the device left some bytes out */
	bool failed;
};

/* ---- count.c */

/* Bytes that are consecutive for the device, of one kind. */
struct stretch {
	uint64_t dma, len;
	uint32_t kind;
};

uint64_t cut_unit(const struct dmavec_limits *limits); /* what cuts fall on multiples of: max(gap, seg_align, 1) */
/* Does a segment obey every limit on one segment? any_addr: its place is not known yet. */
bool seg_fits(const struct dmavec_limits *limits, uint64_t dma, uint64_t len, bool first, bool last, bool any_addr);
/* The fewest segments that name these bytes in this order; 0: it cannot be done; UNKNOWN: too large to try. */
uint32_t fewest_segs(const struct dmavec_limits *limits, const struct stretch *stretches, size_t count, bool any_addr);

/* ---- model.c */

#define R_OK      0x001u
#define R_EINVAL  0x002u
#define R_E2BIG   0x004u
#define R_ERANGE  0x008u
#define R_ENOSPC  0x010u
#define R_ENOMEM  0x020u
#define R_EFAULT  0x040u
#define R_EPERM   0x080u
#define R_NOTSUPP 0x100u

struct forecast {
	unsigned int results; /* of them, one must come */
	bool in_place;        /* nothing is moved: where it lies, or new addresses for it */
	bool by_bounce;       /* R_OK is right only since a bounce would do */
	uint32_t nsegs;       /* in_place: how many; 0: not known */
};

struct placement {
	struct stretch stretches[RANGES_MAX * 4];
	size_t count;
	bool exact;       /* the number of segments does not depend on where it goes */
	bool reachable;   /* the space reaches all of it */
	bool split;       /* something lies in a region, but not all of it, or as another kind */
	bool beyond;      /* a region lies where the device cannot */
	bool consecutive; /* one run of device addresses */
	bool partial[2];  /* new addresses begin or end inside a granule: with RAM, with peer memory */
	uint64_t need;    /* bytes of new addresses */
};

void place_in_place(const struct ocase *c, bool use_regions, struct placement *out);
uint32_t linear_bounce_segs(const struct ocase *c); /* fewest for a bounce of everything in one; 0: cannot be */
struct forecast forecast_case(const struct ocase *c);
unsigned int result_bit(int result);
/* Bounce memory is surely enough: where it is not sure, failing is right too. */
bool bounce_ample(const struct ocase *c);
uint32_t case_room(const struct ocase *c);
uint64_t run_modulus(const struct ocase *c);
bool granule_cut(const struct ocase *c, size_t i); /* does a run end between ranges i - 1 and i? */
const struct oregion *region_around(const struct ocase *c, uint64_t addr, uint64_t len, bool *touched);

/* ---- verify.c, bytes.c */

/* Mapped bytes that are consecutive in memory and for the device. */
struct piece {
	uint64_t offset, cpu, dma, len;
	uint32_t range;
	bool fixed; /* at a region's own address */
};

struct view {
	struct piece pieces[SEGS_MAX + RANGES_MAX];
	size_t count;
	uint8_t bounced[TOTAL_MAX]; /* a byte for each mapped one; known after find_bounced */
	uint64_t nbounced;
	bool bounced_known;
};

bool build_view(struct ocase *c, struct view *view);
void verify_shape(struct ocase *c, const struct view *view, const struct forecast *f);
void verify_placement(struct ocase *c, const struct view *view, const struct forecast *f);
void prepare_bytes(struct ocase *c);
/* All that happens between map and unmap; returns the flags to unmap with. */
unsigned int exercise_bytes(struct ocase *c, struct view *view, bool in_place);
void verify_written(struct ocase *c, unsigned int unmap_flags);
void verify_unmapped(struct ocase *c, const struct dmavec_seg *segs, uint32_t nsegs);
void verify_arena(struct ocase *c);

/* ---- drive.c, region.c, gen.c, world.c, report.c */

void run_case(struct ocase *c);
void add_regions(struct ocase *c);
void drop_regions(struct ocase *c);
void check_lookups(struct ocase *c);
bool in_region_granule(const struct ocase *c, uint64_t dma);

void generate_case(struct ocase *c, uint64_t seed, uint64_t number);
void draw_room(struct ocase *c); /* once the regions are known */
uint64_t rnd(struct ocase *c);
uint64_t below(struct ocase *c, uint64_t n);
static inline bool chance(struct ocase *c, unsigned int one_in)
{
	return below(c, one_in) == 0;
}

void open_worlds(void);
void close_worlds(void);
extern struct world worlds[WORLDS_MAX];
extern unsigned int nworlds;
bool world_translate(const struct world *w, uint64_t cpu, uint64_t len, uint64_t *dma, uint64_t *run);
struct dmavec_space_info world_info(const struct world *w);
/* The pattern of this case for a byte of memory; turn 0 and 1 are bytewise complements. */
void pattern(const struct ocase *c, unsigned int turn, uint64_t cpu, uint8_t *out, uint64_t len);

bool check(struct ocase *c, enum prop prop, bool good, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int report_all(uint64_t cases);
extern unsigned int failures;

#endif
