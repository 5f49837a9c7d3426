/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The public parts with memory of the caller's own: what they are used for, with each call for memory failing in turn.
 * All of it comes back, whatever failed, and the host is not asked for a byte.
 */
#include "parts.h"

#include <dmavec/iova.h>
#include <dmavec/pagetable.h>

#include <errno.h>
#include <string.h>

#include "points.h"

#define BLOCK   65536u
#define PIECE   4096u
#define PIECES  1024u /* for bookkeeping */
#define BLOCKS  32u
#define RUNS    1200u /* so many that pieces become as large as they get */
#define TABLES  40u
#define PHYS_AT 0x7654300000000u /* of block 0, as the tables know it */

static struct caller {
	_Alignas(BLOCK) unsigned char blocks[BLOCKS][BLOCK];
	unsigned char pieces[PIECES][PIECE];
	bool block_out[BLOCKS];
	size_t piece_out[PIECES]; /* at the first piece of each: how long it was asked to be */
	size_t next;
	unsigned int out, calls, fail_at;
	bool failed, wrong; /* wrong: given back what was not given, or so */
} caller;

static bool caller_fails(void)
{
	if (++caller.calls != caller.fail_at)
		return false;
	return caller.failed = true;
}

static void *caller_mem(void *ctx, size_t len)
{
	size_t at = caller.next, pieces = (len + PIECE - 1) / PIECE;

	if (ctx != &caller || at + pieces > PIECES)
		caller.wrong = true;
	if (caller_fails() || caller.wrong)
		return NULL;
	caller.piece_out[at] = len;
	caller.next += pieces;
	caller.out++;
	return memset(caller.pieces[at], 0, len);
}

/* What is given back is written over: whoever still reads it sees it. */
static void caller_mem_free(void *ctx, void *mem, size_t len)
{
	size_t offset = (size_t)((unsigned char *)mem - caller.pieces[0]), at = offset / PIECE;

	if (ctx != &caller || offset % PIECE || at >= PIECES || !len || caller.piece_out[at] != len) {
		caller.wrong = true;
		return;
	}
	caller.piece_out[at] = 0;
	caller.out--;
	memset(mem, 0xdb, len);
}

static void *caller_block(void *ctx, size_t len, uint64_t *pa)
{
	unsigned int i;

	for (i = 0; i < BLOCKS && caller.block_out[i]; i++)
		;
	if (ctx != &caller || len != BLOCK || i == BLOCKS)
		caller.wrong = true;
	if (caller_fails() || caller.wrong)
		return NULL;
	caller.block_out[i] = true;
	caller.out++;
	*pa = PHYS_AT + (uint64_t)i * 2 * BLOCK;
	return memset(caller.blocks[i], 0, len);
}

static void caller_block_free(void *ctx, void *block, size_t len)
{
	size_t offset = (size_t)((unsigned char *)block - caller.blocks[0]), i = offset / BLOCK;

	if (ctx != &caller || len != BLOCK || offset % BLOCK || i >= BLOCKS || !caller.block_out[i]) {
		caller.wrong = true;
		return;
	}
	caller.block_out[i] = false;
	caller.out--;
	memset(block, 0xdb, len);
}

/* The call came to this: once a failure of memory that was made to happen, and then no more. */
static bool retry(int err)
{
	if (err != -ENOMEM || !caller.failed)
		return false;
	caller.failed = false;
	return true;
}

#define TRY(call)                           \
	do {                                \
		err = (call);               \
		if (retry(err))             \
			err = (call);       \
		if (err)                    \
			return err;         \
	} while (0)

/* Runs of many lengths, so that records, nodes and caches are needed; a free never fails. */
static int use_iova(struct dmavec_iova *iova)
{
	struct dmavec_reserve want = { .align = PIECE, .last = UINT64_MAX };
	dmavec_dma_t runs[RUNS];
	unsigned int round, i;
	int err;

	TRY(dmavec_iova_take(iova, 0xfee00000, 0x100000));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < RUNS; i++) {
			want.len = (1 + i % 7) * PIECE;
			TRY(dmavec_iova_alloc(iova, &want, &runs[i]));
		}
		for (i = 0; i < RUNS; i++)
			if (dmavec_iova_free(iova, runs[i], (1 + i % 7) * PIECE))
				return -EIO;
	}
	return dmavec_iova_free(iova, 0xfee00000, 0x100000) || dmavec_iova_taken(iova) ? -EIO : 0;
}

/* One page in each of many tables, mapped in one call, away and mapped anew. */
static int use_pt(struct dmavec_pt *pt)
{
	struct dmavec_range phys[2] = { { 0x100000, PIECE }, { 0x300000, 0x8000000 } };
	struct dmavec_pt_freed freed = { NULL, NULL };
	unsigned int i, how;
	uint64_t at, run;
	int err;

	TRY(dmavec_pt_map(pt, 0x1ff000, phys, 2, DMAVEC_LINK_READ));
	for (i = 1; i < TABLES; i++)
		TRY(dmavec_pt_map(pt, (uint64_t)i << 39, phys, 1, DMAVEC_LINK_WRITE));
	if (dmavec_pt_lookup(pt, (uint64_t)9 << 39, &at, &run, &how) || at != phys[0].addr || how != DMAVEC_LINK_WRITE)
		return -EIO;
	if (dmavec_pt_unmap(pt, 0, (uint64_t)1 << 48, &freed))
		return -EIO;
	TRY(dmavec_pt_map(pt, 0x1000, phys, 1, DMAVEC_LINK_READ)); /* while the others still wait */
	dmavec_pt_recycle(pt, &freed);
	TRY(dmavec_pt_map(pt, (uint64_t)1 << 40, phys, 1, DMAVEC_LINK_READ));
	return 0;
}

static int use_both(const char *format)
{
	struct dmavec_iova_opts iova_opts = { .size = sizeof(iova_opts), .first = PIECE, .last = 0xffffffff,
		                              .mem_alloc = caller_mem, .mem_free = caller_mem_free, .mem_ctx = &caller };
	struct dmavec_pt_opts pt_opts = { .size = sizeof(pt_opts), .format = format, .block_alloc = caller_block,
		                          .block_free = caller_block_free, .block_ctx = &caller };
	struct dmavec_iova *iova = NULL;
	struct dmavec_pt *pt = NULL;
	int err = dmavec_iova_open(&iova, &iova_opts);

	if (err && (iova || caller.out))
		return -EIO;
	if (retry(err))
		err = dmavec_iova_open(&iova, &iova_opts);
	err = err ? err : use_iova(iova);
	dmavec_iova_close(iova);
	if (err || caller.out)
		return err ? err : -EIO;
	err = dmavec_pt_open(&pt, &pt_opts);
	if (err && (pt || caller.out))
		return -EIO;
	if (retry(err))
		err = dmavec_pt_open(&pt, &pt_opts);
	err = err ? err : use_pt(pt);
	dmavec_pt_close(pt);
	return err;
}

struct parts_result parts_fail_each(const char *format)
{
	struct parts_result result = { .kept = false };
	unsigned int nth = 0;

	do {
		memset(&caller, 0, sizeof(caller));
		caller.fail_at = nth++;
		points.mode = BY_ALLOC;
		points.seen = points.fail_at = 0;
		points.armed = true;
		result.err = use_both(format);
		points.armed = false;
		result.points = caller.calls;
		result.of_host += points.seen;
		result.kept = result.kept || caller.out || caller.wrong;
	} while (!result.err && !result.kept && nth <= caller.calls);
	result.points = nth - 1;
	return result;
}
