/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Page tables as the hardware finds them: blocks of memory whose physical addresses differ from their process
 * addresses on purpose, and a walk by what the specifications say. Not one line comes from the formats' headers.
 */
#ifndef DMAVEC_TESTS_PAGETABLE_H
#define DMAVEC_TESTS_PAGETABLE_H

#include <dmavec/pagetable.h>

#include <errno.h>
#include <string.h>

#include "tap.h"

#define RW     (DMAVEC_LINK_READ | DMAVEC_LINK_WRITE)
#define KiB4   0x1000ull
#define MiB2   0x200000ull
#define GiB1   0x40000000ull
#define BLOCK  65536u
#define BLOCKS 4096u
#define PA     0x7654300000000ull /* of block 0; the others follow it, a block apart */

/* ---- memory for blocks, which can be made to fail */

static struct blocks {
	void *at[BLOCKS];
	unsigned int used, held, calls, fail_at; /* fail_at: the call that fails, from 1; 0: none */
	uint64_t bad_pa;
} blocks;

static void *block_alloc(void *ctx, size_t len, uint64_t *pa)
{
	struct blocks *b = ctx;

	if (++b->calls == b->fail_at || b->used == BLOCKS || len != BLOCK)
		return NULL;
	b->at[b->used] = aligned_alloc(BLOCK, len);
	if (!b->at[b->used])
		return NULL;
	*pa = b->bad_pa ? b->bad_pa : PA + 2ull * BLOCK * b->used;
	b->held++;
	return memset(b->at[b->used++], 0, len);
}

static void block_free(void *ctx, void *block, size_t len)
{
	struct blocks *b = ctx;

	if (block && len == BLOCK)
		b->held--;
	free(block);
}

/* ---- the specifications, read once more */

#define ADDRESS 0x000ffffffffff000ull /* of every format here */

static const struct format {
	const char *name;
	uint64_t present;    /* an entry that has none of these is not */
	uint64_t pointer[5]; /* by level: all of an entry to a table but the address */
	uint64_t leaf[4];    /* by level: of a leaf whatever it grants */
	uint64_t read, write, coherent;
	struct { /* entries that a test makes, as the hardware has to find them */
		uint64_t page, highest, write_only, peer, relaxed, large, huge;
	} made;
} formats[] = {
	{
		.name = "amdv1", /* PR, next level, IR and IW */
		.present = 0x1,
		.pointer = { 0, 0, 0x6000000000000201, 0x6000000000000401, 0x6000000000000601 },
		.leaf = { 0, 0x1, 0x1, 0x1 },
		.read = 0x2000000000000000,
		.write = 0x4000000000000000,
		.coherent = 0x1000000000000000,
		.made = { 0x7000abcdef012001, 0x300ffffffffff001, 0x5000000000000001, 0x60000000fee00001,
		          0x70000000fee00001, 0x7000000040200001, 0x7000000080000001 },
	},
	{
		.name = "vtdss", /* R and W; PS at levels 2 and 3 */
		.present = 0x3,
		.pointer = { 0, 0, 0x3, 0x3, 0x3 },
		.leaf = { 0, 0x0, 0x80, 0x80 },
		.read = 0x1,
		.write = 0x2,
		.coherent = 0x800,
		.made = { 0x0000abcdef012803, 0x000ffffffffff801, 0x0000000000000802, 0x00000000fee00003,
		          0x00000000fee00803, 0x0000000040200883, 0x0000000080000883 },
	},
};

static const struct format *format; /* the one under test */

/* All of a leaf but the address. */
static uint64_t leaf_bits(unsigned int level, unsigned int how)
{
	return format->leaf[level] | (how & DMAVEC_LINK_READ ? format->read : 0) |
	       (how & DMAVEC_LINK_WRITE ? format->write : 0) | (how & DMAVEC_LINK_MMIO ? 0 : format->coherent);
}

/* ---- opened and closed */

static struct dmavec_pt *open_pt(void)
{
	struct dmavec_pt_opts opts = { sizeof(opts), format->name, block_alloc, block_free, &blocks };
	struct dmavec_pt *pt = NULL;

	memset(&blocks, 0, sizeof(blocks));
	if (dmavec_pt_open(&pt, &opts)) {
		ok(false, "open");
		exit(1);
	}
	return pt;
}

static void close_pt(struct dmavec_pt *pt)
{
	dmavec_pt_close(pt);
	ok(!blocks.held, "close gives every block back");
}

static struct dmavec_pt_info info_of(struct dmavec_pt *pt)
{
	struct dmavec_pt_info info = { .size = sizeof(info) };

	if (dmavec_pt_info(pt, &info))
		ok(false, "info");
	return info;
}

static uint64_t table_bytes(struct dmavec_pt *pt)
{
	return info_of(pt).table_bytes;
}

/* ---- the walk */

static uint64_t from_le(const void *at)
{
	const unsigned char *b = at;
	uint64_t value = 0;
	int i;

	for (i = 7; i >= 0; i--)
		value = value << 8 | b[i];
	return value;
}

static const unsigned char *table_at(uint64_t pa)
{
	uint64_t block = (pa - PA) / (2ull * BLOCK), offset = (pa - PA) % (2ull * BLOCK);

	return pa >= PA && block < blocks.used && offset < BLOCK ? (unsigned char *)blocks.at[block] + offset : NULL;
}

struct walk {
	uint64_t entry[5]; /* by level */
	const unsigned char *table[5];
	unsigned int level; /* where it ended: at a leaf, or at an entry that is not present */
	bool present, malformed;
	uint64_t phys;
};

/* As the hardware would, and stricter: what is no pointer has to be a leaf, to the bit. */
static struct walk walk(struct dmavec_pt *pt, uint64_t dma)
{
	uint64_t pa = info_of(pt).root, entry, span, grants = format->read | format->write | format->coherent;
	struct walk w = { .level = 4 };

	for (;; w.level--) {
		span = 1ull << (12 + 9 * (w.level - 1));
		w.table[w.level] = table_at(pa);
		if (!w.table[w.level]) {
			w.malformed = true;
			return w;
		}
		entry = w.entry[w.level] = from_le(w.table[w.level] + 8 * (dma / span % 512));
		if (!(entry & format->present))
			return w;
		pa = entry & ADDRESS;
		if (w.level == 1 || (entry & ~ADDRESS) != format->pointer[w.level])
			break;
	}
	w.present = true;
	w.malformed = w.level == 4 || (pa & (span - 1)) || (entry & ~ADDRESS & ~grants) != format->leaf[w.level];
	w.phys = pa | (dma & (span - 1));
	return w;
}

#endif
