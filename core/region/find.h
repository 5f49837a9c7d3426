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
#define REGION_PROT         3u
#define REGION_HERE         4u                  /* in only.prot */
#define REGION_LONG         4u                  /* in start: len is 0, and in place of the owner stands a reference to a
                                                   second record, with the length in dma and the owner in next */
#define REGION_PAGE_RECORDS 146u                /* so many records in a page, their owners behind them */

struct region_record {
	uint64_t start; /* address << REGION_ADDR_SHIFT | prot | REGION_LONG */
	uint64_t dma;
	uint32_t len;
	uint32_t next; /* by address; 0: the last, and what is there is an empty record */
};

/* For writers: a page of slots, and how many of them are not empty. */
struct region_page {
	uint32_t ref, used;
};

struct region_node {
	uint64_t base; /* addr >> shift in the first slot */
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

/* A copy of the record while it is the only one: a guest's memory, or one arena. */
struct region_only {
	uint64_t addr, len, dma;
	uint32_t prot; /* 0: there is none; else REGION_HERE is set, last of all */
};

struct region_table {
	/* What readers read; it changes seldom. */
	struct region_root *root;
	unsigned long generation;
	struct region_only only;

	/* The writers', under the lock; but extents, which only ever grow, are the readers' too. */
	struct host_lock lock __attribute__((aligned(64)));
	uint32_t head;
	uint32_t free_cells[7]; /* of 64 << i bytes */
	uint32_t free_records, fresh_record, fresh_records_left;
	uint32_t nextents, pages_left; /* untouched pages at the end of the last extent */
	uint64_t count, bytes;
	struct region_dma_page *dma_pages;
	uint32_t ndma_pages, dma_cap;
	struct region_root roots[2] __attribute__((aligned(64)));
	char *extents[REGION_EXTENTS];
};

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

static inline uint32_t region_slot(const struct region_node *node, uint64_t addr)
{
	uint64_t key = addr >> (region_get(&node->shift) & 63), base = region_get64(&node->base);
	uint32_t nslots = region_get(&node->nslots);

	if (host_unlikely(key - base >= nslots))
		return key < base ? 0 : nslots - 1;
	return (uint32_t)(key - base);
}

/* From a node on to what is no node, or REGION_STALE. */
static inline uint32_t region_descend(const struct region_table *table, unsigned long generation, uint64_t addr,
                                      uint32_t ref)
{
	do {
		const struct region_node *node = region_at(table, ref);
		uint32_t slot = region_slot(node, addr), nslots = region_get(&node->nslots), *const *dir;
		const uint32_t *slots = (const uint32_t *)(node + 1);

		if (host_unlikely(nslots > REGION_SLOTS_NEAR)) {
			dir = region_get(&node->dir);
			if (region_stale(table, generation))
				return REGION_STALE;
			slots = region_get(&dir[slot >> REGION_SLOTS_SHIFT]);
			slot &= REGION_SLOTS_MASK;
		}
		if (region_stale(table, generation))
			return REGION_STALE;
		ref = region_get(&slots[slot]);
		if (region_stale(table, generation))
			return REGION_STALE;
	} while (host_unlikely(ref & REGION_IS_NODE));
	return ref;
}

static inline bool region_try_only(const struct region_table *table, unsigned long generation, uint64_t addr,
                                   struct region *found)
{
	uint32_t prot = region_get(&table->only.prot);

	if (host_likely(!prot))
		return false;
	found->addr = region_get64(&table->only.addr);
	found->len = region_get64(&table->only.len);
	found->dma = region_get64(&table->only.dma);
	found->prot = prot & REGION_PROT;
	return !region_stale(table, generation) && addr - found->addr < found->len;
}

/* The first record that may hold addr, or REGION_STALE. */
static inline uint32_t region_first(const struct region_table *table, unsigned long generation, uint64_t addr)
{
	const struct region_root *root = region_get(&table->root);
	uint32_t slot = region_slot(&root->node, addr), ref;

	ref = region_get(&region_get(&root->dir[slot >> REGION_SLOTS_SHIFT])[slot & REGION_SLOTS_MASK]);
	if (region_stale(table, generation))
		return REGION_STALE;
	if (host_unlikely(ref & REGION_IS_NODE))
		return region_descend(table, generation, addr, ref);
	return ref;
}

/*
 * 1: found, 0: none, -1: stale, or a long record. *found is scratch but for its owner. It makes no call, so that who calls
 * it, and does the rest in a function of its own, has no registers to save.
 */
static inline int region_try(const struct region_table *table, uint64_t addr, struct region *found)
{
	unsigned long generation = region_get(&table->generation);
	const struct region_record *rec;
	uint64_t start, dma;
	uint32_t len, ref;

	if (region_try_only(table, generation, addr, found))
		return 1;
	ref = region_first(table, generation, addr);
	if (host_unlikely(ref == REGION_STALE))
		return -1;
	for (;;) {
		rec = region_rec(table, ref);
		start = region_get64(&rec->start);
		dma = region_get64(&rec->dma);
		len = region_get(&rec->len);
		if (region_stale(table, generation))
			return -1;
		if (host_likely(addr - (start >> REGION_ADDR_SHIFT) < len))
			break;
		ref = region_get(&rec->next);
		if (region_stale(table, generation) || host_unlikely(start & REGION_LONG))
			return -1;
		if (!ref || addr < start >> REGION_ADDR_SHIFT)
			return 0;
	}
	found->addr = start >> REGION_ADDR_SHIFT;
	found->len = len;
	found->dma = dma;
	found->prot = (uint32_t)start & REGION_PROT;
	return 1;
}

/* find.c: to the end. */
bool region_lookup_again(const struct region_table *table, uint64_t addr, struct region *found);

static inline bool region_lookup(const struct region_table *table, uint64_t addr, struct region *found)
{
	int got = region_try(table, addr, found);

	return host_unlikely(got < 0) ? region_lookup_again(table, addr, found) : got;
}

#endif
