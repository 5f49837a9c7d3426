/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a reader walks the table; included by region.h only.
 *
 * Records hang in one list by address. Over it lies an index: a node cuts a stretch of addresses into equal slots, and a
 * slot names the first record that reaches into it, or a finer node, or nothing. The first and the last slot of a node
 * also answer for whatever lies before and behind it, so that any address leads somewhere.
 *
 * Each step that a writer makes is a single store which leaves every other record findable, and nodes do not change where
 * they cut, so that readers need no lock. Memory that a writer takes out of use stays mapped until the table is closed,
 * but is used again, for anything: the writer advances `generation` between. A reader that sees it advanced may have read
 * nonsense, and starts again; it looks before it follows anything that it has read. Loads acquire and stores release, so
 * that who reads a reused word also sees the advance before it.
 */
#ifndef DMAVEC_CORE_REGION_FIND_H
#define DMAVEC_CORE_REGION_FIND_H

#define REGION_PAGE         4096u
#define REGION_EXTENT       ((size_t)64 * REGION_PAGE)
#define REGION_EXTENTS      8192u
#define REGION_EXTENT_SHIFT 15u         /* a reference counts units of 8 bytes: so many bits of it are inside an extent */
#define REGION_IS_NODE      0x80000000u /* in a slot: a finer node, not a record */
#define REGION_STALE        0xffffffffu /* no reference: start again */
#define REGION_SLOTS_SHIFT  10u         /* slots in a page of them */
#define REGION_SLOTS_MASK   ((1u << REGION_SLOTS_SHIFT) - 1)
#define REGION_ROOT_PAGES   512u
#define REGION_ADDR_BITS    57u
#define REGION_ADDR_MASK    ((UINT64_C(1) << REGION_ADDR_BITS) - 1)
#define REGION_ADDR_SHIFT   7u
#define REGION_LONG         8u                  /* in start: len is 0, and in place of the owner stands a reference to a
                                                   second record, with the length in dma and the owner in next */
#define REGION_PAGE_RECORDS 146u                /* so many records in a page, their owners behind them */

struct region_record {
	uint64_t start; /* address << REGION_ADDR_SHIFT | 1 << each enum dmavec_dir that is allowed | REGION_LONG */
	uint64_t dma;
	uint32_t len;
	uint32_t next; /* by address; 0: the last, and what is there is an empty record */
};

/* For writers: a page of slots, and how many of them are not empty. */
struct region_page {
	uint32_t ref, used;
};

struct region_node {
	uint64_t low; /* the first slot's first address, a multiple of 1 << shift */
	uint32_t nslots, shift;
	uint32_t **dir;            /* pages of slots; &one: this node has few, and they follow it */
	uint32_t *one;
	struct region_page *pages; /* as many as in dir; NULL: few slots */
	uint32_t count, limit;     /* records that reach into it; more than limit: it wants to be cut anew */
	uint32_t dir_ref;
};

#define REGION_SLOTS_NEAR ((uint32_t)((REGION_PAGE - sizeof(struct region_node)) / sizeof(uint32_t)))

/*
 * Two of these take turns, so that the first step needs no look at the generation: whatever mixture of two uses a late
 * reader sees, its pages are pages.
 */
struct region_root {
	struct region_node node;
	uint32_t *dir[REGION_ROOT_PAGES];
	struct region_page pages[REGION_ROOT_PAGES];
};

struct region_dma_page {
	uint32_t ref, count;
};

/* A record that seems to hold an address: region_hit_dma tells whether it does. */
struct region_hit {
	const struct region_record *rec;
	unsigned long generation;
	uint64_t offset; /* of the address, from the first byte on */
	uint64_t len;
	uint32_t dirs; /* the low bits of start */
};

struct region_table {
	/* What readers read; it changes seldom. */
	struct region_root *root;
	unsigned long generation;

	/* The writers', under the lock; but extents, which only ever grow, are the readers' too. */
	struct host_lock lock __attribute__((aligned(64)));
	uint32_t head;
	uint32_t free_cells[7]; /* of 64 << i bytes */
	uint32_t free_records, fresh_record, fresh_records_left;
	uint32_t nextents, pages_left; /* untouched pages at the end of the last extent */
	uint8_t *used_cells;           /* how many in each page that is cut into cells */
	uint32_t used_cap;
	uint64_t count, bytes;
	struct region_dma_page *dma_pages;
	uint32_t ndma_pages, dma_cap;
	struct region_root roots[2] __attribute__((aligned(64)));
	char *extents[REGION_EXTENTS];
};

#define REGION_INLINE __attribute__((always_inline))

#define region_get(ptr) __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define region_set(ptr, value) __atomic_store_n(ptr, value, __ATOMIC_RELEASE)

/* 32-bit hosts may tear 64 bits: a word that is read while it is written is nonsense anyway. */
static inline uint64_t region_get64(const uint64_t *word)
{
#if UINTPTR_MAX > 0xffffffffu
	return region_get(word);
#else
	typedef uint32_t __attribute__((may_alias)) half;
	const half *halves = (const half *)word;
	union {
		uint32_t half[2];
		uint64_t whole;
	} both = { { region_get(&halves[0]), region_get(&halves[1]) } };

	return both.whole;
#endif
}

static inline void region_set64(uint64_t *word, uint64_t value)
{
#if UINTPTR_MAX > 0xffffffffu
	region_set(word, value);
#else
	typedef uint32_t __attribute__((may_alias)) half;
	half *halves = (half *)word;
	union {
		uint64_t whole;
		uint32_t half[2];
	} both = { value };

	region_set(&halves[0], both.half[0]);
	region_set(&halves[1], both.half[1]);
#endif
}

/* A direction is a number, and what it does to the memory too: neither needs a branch. */
static inline uint32_t region_dirs(uint32_t prot)
{
	return prot << 1 | (prot == (DMAVEC_REG_READ | DMAVEC_REG_WRITE));
}

static inline uint32_t region_prot(uint64_t dirs)
{
	return (uint32_t)dirs >> 1 & (DMAVEC_REG_READ | DMAVEC_REG_WRITE);
}

static inline bool region_stale(const struct region_table *table, unsigned long generation)
{
	return host_unlikely(__atomic_load_n(&table->generation, __ATOMIC_RELAXED) != generation);
}

/* What a record's reference refers to, */
static inline struct region_record *region_rec(const struct region_table *table, uint32_t ref)
{
	char *const *extent = &table->extents[ref >> REGION_EXTENT_SHIFT];

	return (void *)(region_get(extent) + (size_t)(ref & ((1u << REGION_EXTENT_SHIFT) - 1)) * 8);
}

/* or any other. */
static inline void *region_at(const struct region_table *table, uint32_t ref)
{
	return region_rec(table, ref & ~REGION_IS_NODE);
}

/* Where a record's owner stands. */
static inline uint32_t *region_owner(const struct region_record *rec)
{
	uintptr_t page = (uintptr_t)rec & ~(uintptr_t)(REGION_PAGE - 1);
	uint32_t nth = (uint32_t)((uintptr_t)rec - page) / (uint32_t)sizeof(*rec);

	return (uint32_t *)(page + REGION_PAGE_RECORDS * sizeof(*rec)) + nth;
}

/* The slot that addr lies in; nslots or more: it lies before the first or behind the last. */
static inline REGION_INLINE uint64_t region_slot_inside(const struct region_node *node, uint64_t addr, uint32_t *nslots)
{
	uint64_t slot = (addr - region_get64(&node->low)) >> (region_get(&node->shift) & 63);

	*nslots = region_get(&node->nslots);
	return slot;
}

/* The slot that answers for addr. */
static inline uint32_t region_slot(const struct region_node *node, uint64_t addr)
{
	uint32_t nslots;
	uint64_t slot = region_slot_inside(node, addr, &nslots);

	if (host_unlikely(slot >= nslots))
		return addr < region_get64(&node->low) ? 0 : nslots - 1;
	return (uint32_t)slot;
}

/* What a slot of a node below the root says, or REGION_STALE. */
static inline REGION_INLINE uint32_t region_node_slot(const struct region_table *table, unsigned long generation,
                                                      const struct region_node *node, uint64_t slot, uint32_t nslots)
{
	const uint32_t *slots = (const uint32_t *)(node + 1);
	uint32_t *const *dir, ref;

	if (nslots > REGION_SLOTS_NEAR) {
		dir = region_get(&node->dir);
		if (region_stale(table, generation))
			return REGION_STALE;
		slots = region_get(&dir[slot >> REGION_SLOTS_SHIFT]);
		slot &= REGION_SLOTS_MASK;
	}
	if (region_stale(table, generation))
		return REGION_STALE;
	ref = region_get(&slots[slot]);
	return region_stale(table, generation) ? REGION_STALE : ref;
}

/* From a node on to what is no node, or REGION_STALE. */
static inline uint32_t region_descend(const struct region_table *table, unsigned long generation, uint64_t addr,
                                      uint32_t ref)
{
	do {
		const struct region_node *node = region_at(table, ref);

		ref = region_node_slot(table, generation, node, region_slot(node, addr), region_get(&node->nslots));
	} while (ref != REGION_STALE && ref & REGION_IS_NODE);
	return ref;
}

static inline REGION_INLINE uint32_t region_root_slot(const struct region_root *root, uint64_t slot)
{
	return region_get(&region_get(&root->dir[slot >> REGION_SLOTS_SHIFT])[slot & REGION_SLOTS_MASK]);
}

/* The first record that may hold addr, or REGION_STALE. */
static inline REGION_INLINE uint32_t region_first(const struct region_table *table, unsigned long generation, uint64_t addr)
{
	const struct region_root *root = region_get(&table->root);
	uint32_t ref = region_root_slot(root, region_slot(&root->node, addr));

	if (region_stale(table, generation))
		return REGION_STALE;
	if (host_unlikely(ref & REGION_IS_NODE))
		return region_descend(table, generation, addr, ref);
	return ref;
}

/* Does the record seem to hold addr? */
static inline REGION_INLINE bool region_try_record(struct region_hit *hit, uint64_t start, uint64_t addr)
{
	hit->dirs = (uint32_t)start;
	hit->offset = addr - (start >> REGION_ADDR_SHIFT);
	host_keep(hit->offset);
	hit->len = region_get(&hit->rec->len);
	return host_likely(hit->offset < hit->len);
}

/*
 * Most hits: the first record of a slot of the root, or of a node next to it, if it allows this direction. True if
 * region_hit_dma says so, too. Small, and without a call, so that who calls it, and does the rest in a function of its own,
 * has few registers to save.
 */
static inline REGION_INLINE bool region_try_near(const struct region_table *table, uint64_t addr, enum dmavec_dir dir,
                                                 struct region_hit *hit)
{
	unsigned long generation = hit->generation = region_get(&table->generation);
	const struct region_root *root = region_get(&table->root);
	const struct region_node *node;
	uint32_t nslots, ref;
	uint64_t slot = region_slot_inside(&root->node, addr, &nslots), start;

	if (host_unlikely(slot >= nslots))
		return false;
	ref = region_root_slot(root, slot);
	if (region_stale(table, generation))
		return false;
	if (host_unlikely(ref & REGION_IS_NODE)) {
		node = region_at(table, ref);
		slot = region_slot_inside(node, addr, &nslots);
		if (host_unlikely(slot >= nslots))
			return false;
		ref = region_node_slot(table, generation, node, slot, nslots);
		if (host_unlikely(ref & REGION_IS_NODE)) /* or REGION_STALE */
			return false;
	}
	hit->rec = region_rec(table, ref);
	start = region_get64(&hit->rec->start);
	return host_likely(start >> dir & 1) && region_try_record(hit, start, addr);
}

/* Does the long record hold the address? */
static inline bool region_try_long(const struct region_table *table, struct region_hit *hit)
{
	uint32_t more = region_get(region_owner(hit->rec));

	if (region_stale(table, hit->generation))
		return false;
	hit->len = region_get64(&region_rec(table, more)->dma);
	return hit->offset < hit->len;
}

/* Any hit. 1: found, if region_hit_dma says so; 0: none, -1: stale. */
static inline REGION_INLINE int region_try(const struct region_table *table, uint64_t addr, struct region_hit *hit)
{
	unsigned long generation = hit->generation = region_get(&table->generation);
	uint32_t ref = region_first(table, generation, addr);
	uint64_t start;

	if (host_unlikely(ref == REGION_STALE))
		return -1;
	for (;;) {
		hit->rec = region_rec(table, ref);
		start = region_get64(&hit->rec->start);
		if (region_try_record(hit, start, addr) || (start & REGION_LONG && region_try_long(table, hit)))
			return 1;
		ref = region_get(&hit->rec->next);
		if (region_stale(table, generation))
			return -1;
		if (!ref || addr < start >> REGION_ADDR_SHIFT)
			return 0;
	}
}

/* The device address of the hit's first byte. False: stale, and the rest of the hit is nonsense too. */
static inline bool region_hit_dma(const struct region_table *table, const struct region_hit *hit, uint64_t *dma)
{
	*dma = region_get64(&hit->rec->dma);
	return !region_stale(table, hit->generation);
}

/* find.c: from the start again, until it is not stale. */
bool region_lookup_again(const struct region_table *table, uint64_t addr, struct region *found);

static inline bool region_lookup(const struct region_table *table, uint64_t addr, struct region *found)
{
	struct region_hit hit;
	int got = region_try(table, addr, &hit);

	if (host_unlikely(got < 0 || (got && !region_hit_dma(table, &hit, &found->dma))))
		return region_lookup_again(table, addr, found);
	found->addr = addr - hit.offset;
	found->len = hit.len;
	found->prot = region_prot(hit.dirs);
	return got;
}

#endif
