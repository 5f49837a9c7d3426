/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Inside of the page tables.
 *
 * Table memory comes in blocks of 64 KiB: a page of metadata, then 15 tables. What links tables to each other in lists
 * stands in the metadata, never in the table, so that a table which an unmap took out reads as an empty one for as long
 * as a hardware walker may still hold a pointer to it, and a table from the pool needs no clearing.
 *
 * A table above level 1 comes with a second page, its kids: what its entries point to, as process pointers. So the
 * walker never decodes an entry on its way down, and a block's physical address may be anything.
 */
#ifndef PT_PT_H
#define PT_PT_H

#include <dmavec/pagetable.h>
#include "host.h"
#include "format.h"

#define PT_BLOCK_LEN    65536u
#define PT_BLOCK_TABLES (PT_BLOCK_LEN / (uint32_t)PT_PAGE)

/* Some 32-bit hosts align 64 bits to 32, and could not store them at once then. */
typedef uint64_t __attribute__((aligned(8))) pt_entry_t;

struct pt_table {
	struct pt_table *next;  /* in the pool, or among the freed */
	struct pt_table **kids; /* above level 1: the table behind each entry; NULL: a leaf, or nothing */
	pt_entry_t *entries;    /* little-endian */
	uint64_t used[PT_ENTRIES / 64]; /* a bit an entry: not 0. Asked instead of the entries,
	which are 64 times as long */
};

struct dmavec_pt {
	const struct pt_format *format;
	struct pt_table *root;
	struct pt_table *pool;
	uint32_t pool_tables;
	uint32_t linked_tables;
	struct pt_block *blocks; /* the newest first */
	uint64_t nblocks;
	struct dmavec_pt_opts opts;
};

struct pt_block {
	uint64_t pa;
	struct pt_block *next;
	struct pt_table tables[PT_BLOCK_TABLES]; /* the first one is this metadata, and unused */
	/* In the oldest block: what the caller holds. So all memory comes from where blocks do. */
	struct dmavec_pt pt __attribute__((aligned(HOST_CACHE_LINE)));
};

_Static_assert(sizeof(struct pt_block) <= PT_PAGE, "the metadata is one page");

/* From the root down: at[level] is the table on the way to an address. */
struct pt_path {
	struct pt_table *at[PT_LEVELS_MAX + 1];
};

static inline uint64_t pt_le64(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(value);
#else
	return value;
#endif
}

static inline uint64_t pt_get(const pt_entry_t *entry)
{
	return pt_le64(*entry);
}

/*
 * One aligned 64-bit store. Where the compiler has none (some 32-bit hosts), the half that holds the present bits,
 * which little-endian puts first, is written last when an entry comes and first when it goes: no walker sees a
 * present entry with half an address.
 */
#if UINTPTR_MAX > 0xffffffffu || (defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_8) && !defined(__KERNEL__))
static inline void pt_set(pt_entry_t *entry, uint64_t value)
{
	__atomic_store_n(entry, pt_le64(value), __ATOMIC_RELAXED);
}

/* A pointer to a table: what is in the table comes first. */
static inline void pt_set_release(pt_entry_t *entry, uint64_t value)
{
	__atomic_store_n(entry, pt_le64(value), __ATOMIC_RELEASE);
}
#else
typedef uint32_t __attribute__((may_alias)) pt_half_t;

static inline void pt_set(pt_entry_t *entry, uint64_t value)
{
	pt_half_t *to = (pt_half_t *)(void *)entry, half[2];
	uint64_t le = pt_le64(value);

	memcpy(half, &le, sizeof(half));
	if (!value)
		__atomic_store_n(to, 0, __ATOMIC_RELAXED);
	__atomic_store_n(to + 1, half[1], __ATOMIC_RELEASE);
	__atomic_store_n(to, half[0], __ATOMIC_RELEASE);
}

static inline void pt_set_release(pt_entry_t *entry, uint64_t value)
{
	pt_set(entry, value);
}
#endif

static inline unsigned int pt_shift(unsigned int level)
{
	return PT_PAGE_SHIFT + PT_INDEX_BITS * (level - 1);
}

static inline uint64_t pt_span(unsigned int level)
{
	return 1ull << pt_shift(level);
}

static inline unsigned int pt_index(uint64_t dma, unsigned int level)
{
	return (unsigned int)(dma >> pt_shift(level)) & (PT_ENTRIES - 1);
}

/* The bits of entries index .. index + n - 1 that lie in one word of `used`; index and n move behind them. */
static inline uint64_t pt_used_mask(unsigned int *index, unsigned int *n)
{
	unsigned int first = *index % 64, bits = *n < 64 - first ? *n : 64 - first; /* 1 .. 64 */

	*index += bits;
	*n -= bits;
	return (~0ull >> ((64 - bits) & 63)) << first;
}

static inline bool pt_any_used(const struct pt_table *table, unsigned int index, unsigned int n)
{
	const uint64_t *word = &table->used[index / 64];
	uint64_t any = 0;

	while (n)
		any |= *word++ & pt_used_mask(&index, &n);
	return any;
}

static inline void pt_use(struct pt_table *table, unsigned int index, unsigned int n)
{
	uint64_t *word = &table->used[index / 64];

	while (n)
		*word++ |= pt_used_mask(&index, &n);
}

static inline void pt_unuse(struct pt_table *table, unsigned int index, unsigned int n)
{
	uint64_t *word = &table->used[index / 64];

	while (n)
		*word++ &= ~pt_used_mask(&index, &n);
}

static inline uint64_t pt_page_up(uint64_t len)
{
	return (len + PT_PAGE - 1) & ~(PT_PAGE - 1);
}

/* Bytes from dma to the end of what one entry at this level spans. */
static inline uint64_t pt_to_end(uint64_t dma, unsigned int level)
{
	return pt_span(level) - (dma & (pt_span(level) - 1));
}

static inline uint64_t pt_last(const struct pt_format *format)
{
	return (1ull << format->addr_bits) - 1;
}

/* The lowest level on the way to dma that has a table, not below `stop`. */
static inline unsigned int pt_find(const struct dmavec_pt *pt, uint64_t dma, unsigned int stop, struct pt_path *path)
{
	unsigned int level = pt->format->levels;
	struct pt_table *table = pt->root;

	path->at[level] = table;
	while (level > stop) {
		table = table->kids[pt_index(dma, level)];
		if (!table)
			break;
		path->at[--level] = table;
	}
	return level;
}

/* Pages that a table of this level takes from the pool. */
static inline uint32_t pt_pool_pages(unsigned int level)
{
	return level > 1 ? 2 : 1;
}

/* Have at least that many pages in the pool: pt_pool_take of no more cannot fail then. -ENOMEM, -EINVAL. */
int pt_pool_fill(struct dmavec_pt *pt, uint64_t pages);
struct pt_table *pt_pool_take(struct dmavec_pt *pt, unsigned int level);
void pt_pool_put(struct dmavec_pt *pt, struct pt_table *table);
/* The table's physical address. */
uint64_t pt_pool_address(const struct pt_table *table);
void pt_pool_close(struct dmavec_pt *pt);

#endif
