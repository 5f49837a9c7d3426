/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The IOMMU: device access through IOTLB and page tables.
 *
 * One lock stands for the hardware's pipeline: a page of an access is translated and copied under it, so that an
 * invalidation that holds it has waited for every access that used the old translation, as the hardware's completion
 * wait does. Between two pages of an access it is free. Walks are whole: paging-structure caches are not modelled, and
 * no part of an upper level is remembered from one walk to the next.
 *
 * Most invalidations find nothing cached and nobody on the way; these must cost almost nothing, since a strict unmap
 * pays for one each time. `busy` counts cached translations plus accesses under way. Both sides change that one word by
 * read-modify-write, which are in one order: either the invalidation sees the access and takes the lock, or the access
 * comes later and sees the tables as they were when the invalidation began.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dmavec/sim.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "amdv1.h"
#include "format.h"
#include "iotlb.h"
#include "opts.h"
#include "tables.h"
#include "vtdss.h"

#define IOMMU_ENTRIES 4096u

static const struct sim_format iommu_formats[] = {
	{ "amdv1", 1, 6, sim_amdv1_walk },
	{ "vtdss", 3, 5, sim_vtdss_walk },
};

struct dmavec_sim_iommu {
	uint32_t busy;
	size_t flushes; /* beside busy: both are written by every invalidation */
	pthread_mutex_t lock;
	const struct sim_format *format;
	struct sim_tables tables;
	struct sim_iotlb tlb;
	uint64_t hits, misses, faults;
	struct sim_windows memory;
	struct dmavec_window windows[]; /* the memory's, then the tables' */
};

/* ------------------------------------------------------------------ open, close */

static const struct sim_format *iommu_format(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(iommu_formats) / sizeof(iommu_formats[0]); i++)
		if (!name || !strcmp(name, iommu_formats[i].name))
			return &iommu_formats[i];
	return NULL;
}

static bool iommu_run_ok(uint64_t addr, uint64_t len)
{
	return len && addr + (len - 1) >= addr;
}

/* align: what starts and lengths are multiples of. */
static bool iommu_windows_ok(const struct dmavec_window *windows, uint32_t n, uint64_t align)
{
	uint32_t i;

	if (n && !windows)
		return false;
	for (i = 0; i < n; i++) {
		uint64_t cpu = (DMAVEC_FORCE uint64_t)windows[i].cpu, dma = (DMAVEC_FORCE uint64_t)windows[i].dma;

		if (!iommu_run_ok(cpu, windows[i].len) || !iommu_run_ok(dma, windows[i].len) ||
		    ((cpu | dma | windows[i].len) & (align - 1)))
			return false;
	}
	return true;
}

static int iommu_opts_check(const struct dmavec_sim_iommu_opts *opts, const struct sim_format *format)
{
	if (!format)
		return -EOPNOTSUPP;
	if (opts->levels < format->levels_min || opts->levels > format->levels_max)
		return -EINVAL;
	if ((!opts->root && !opts->ntables) || (opts->root & SIM_PAGE_MASK) || opts->reserved || opts->reserved2)
		return -EINVAL;
	if (!iommu_windows_ok(opts->memory, opts->nmemory, 1) ||
	    !iommu_windows_ok(opts->tables, opts->ntables, sizeof(uint64_t)))
		return -EINVAL;
	return 0;
}

static struct sim_windows iommu_keep(struct dmavec_window *room, const struct dmavec_window *windows, uint32_t n)
{
	if (n)
		memcpy(room, windows, n * sizeof(*windows));
	return (struct sim_windows){ room, n };
}

static int iommu_init(struct dmavec_sim_iommu *iommu, const struct dmavec_sim_iommu_opts *opts)
{
	int err = sim_iotlb_open(&iommu->tlb, opts->entries ? opts->entries : IOMMU_ENTRIES);

	if (err)
		return err;
	err = pthread_mutex_init(&iommu->lock, NULL);
	if (err) {
		sim_iotlb_close(&iommu->tlb);
		return -err;
	}
	iommu->tables.root = opts->root;
	iommu->tables.levels = opts->levels;
	iommu->tables.by_pipe = sim_access_needs_pipe();
	iommu->memory = iommu_keep(iommu->windows, opts->memory, opts->nmemory);
	iommu->tables.windows = iommu_keep(iommu->windows + opts->nmemory, opts->tables, opts->ntables);
	return 0;
}

int dmavec_sim_iommu_open(struct dmavec_sim_iommu **iommu, const struct dmavec_sim_iommu_opts *given)
{
	struct dmavec_sim_iommu_opts opts;
	const struct sim_format *format;
	struct dmavec_sim_iommu *made;
	int err;

	if (!iommu || !given)
		return -EINVAL;
	err = sim_opts_take(&opts, sizeof(opts), given, given->size);
	if (err)
		return err;
	format = iommu_format(opts.format);
	err = iommu_opts_check(&opts, format);
	if (err)
		return err;
	made = calloc(1, sizeof(*made) + ((size_t)opts.nmemory + opts.ntables) * sizeof(made->windows[0]));
	if (!made)
		return -ENOMEM;
	made->format = format;
	err = iommu_init(made, &opts);
	if (err) {
		free(made);
		return err;
	}
	*iommu = made;
	return 0;
}

void dmavec_sim_iommu_close(struct dmavec_sim_iommu *iommu)
{
	if (!iommu)
		return;
	pthread_mutex_destroy(&iommu->lock);
	sim_iotlb_close(&iommu->tlb);
	free(iommu);
}

/* ------------------------------------------------------------------ access */

/* A stretch of an access that lies in one page of the device and in one piece of memory. */
struct iommu_piece {
	uint64_t cpu;
	size_t len;
};

/* The page's physical address | permissions, from the IOTLB or else from the tables. */
static int iommu_translate(struct dmavec_sim_iommu *iommu, uint64_t dma, uint64_t *data)
{
	struct sim_leaf leaf;
	int err;

	if (sim_iotlb_find(&iommu->tlb, dma >> SIM_PAGE_SHIFT, data)) {
		iommu->hits++;
		return 0;
	}
	iommu->misses++;
	err = iommu->format->walk(&iommu->tables, dma, &leaf);
	if (err)
		return err;
	*data = leaf.phys | leaf.perms;
	__atomic_fetch_add(&iommu->busy, sim_iotlb_fill(&iommu->tlb, dma >> SIM_PAGE_SHIFT, *data), __ATOMIC_RELAXED);
	return 0;
}

static int iommu_find_piece(struct dmavec_sim_iommu *iommu, uint64_t dma, size_t len, unsigned int perm,
                            struct iommu_piece *piece)
{
	size_t to_page_end = (size_t)(SIM_PAGE - (dma & SIM_PAGE_MASK));
	uint64_t data;
	int err;

	err = iommu_translate(iommu, dma, &data);
	if (err)
		return err;
	if (!(data & perm))
		return -EFAULT;
	piece->len = len < to_page_end ? len : to_page_end;
	return sim_windows_find(&iommu->memory, (data & ~SIM_PAGE_MASK) | (dma & SIM_PAGE_MASK), &piece->len, &piece->cpu);
}

/* Moves what lies in one piece; *len is what was asked for, and then what was moved. */
static int iommu_move_piece(struct dmavec_sim_iommu *iommu, uint64_t dma, void *to, const void *from, size_t *len)
{
	struct iommu_piece piece;
	int err;

	pthread_mutex_lock(&iommu->lock);
	err = iommu_find_piece(iommu, dma, *len, to ? SIM_READ : SIM_WRITE, &piece);
	if (!err && to)
		err = sim_access_read(iommu->tables.by_pipe, to, piece.cpu, piece.len);
	else if (!err)
		err = sim_access_write(iommu->tables.by_pipe, piece.cpu, from, piece.len);
	if (err)
		iommu->faults++;
	else
		*len = piece.len;
	pthread_mutex_unlock(&iommu->lock);
	return err;
}

static int iommu_refuse(struct dmavec_sim_iommu *iommu)
{
	pthread_mutex_lock(&iommu->lock);
	iommu->faults++;
	pthread_mutex_unlock(&iommu->lock);
	return -EFAULT;
}

/* Move bytes into `to`, or out of `from`: the one that is not NULL. */
static int iommu_move(struct dmavec_sim_iommu *iommu, uint64_t at, unsigned char *to, const unsigned char *from, size_t len)
{
	size_t moved;
	int err = 0;

	if (!len)
		return 0;
	if (!iommu || (!to && !from))
		return -EINVAL;
	if (!iommu_run_ok(at, len))
		return iommu_refuse(iommu);
	__atomic_fetch_add(&iommu->busy, 1, __ATOMIC_ACQ_REL);
	for (; len && !err; at += moved, len -= moved) {
		moved = len;
		err = iommu_move_piece(iommu, at, to, from, &moved);
		to = to ? to + moved : NULL;
		from = from ? from + moved : NULL;
	}
	__atomic_fetch_sub(&iommu->busy, 1, __ATOMIC_ACQ_REL);
	return err;
}

int dmavec_sim_iommu_read(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, void *buf, size_t len)
{
	return iommu_move(iommu, (DMAVEC_FORCE uint64_t)dma, buf, NULL, len);
}

int dmavec_sim_iommu_write(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, const void *buf, size_t len)
{
	return iommu_move(iommu, (DMAVEC_FORCE uint64_t)dma, NULL, buf, len);
}

/* ------------------------------------------------------------------ commands */

static void iommu_drop(struct dmavec_sim_iommu *iommu, uint64_t first, uint64_t last)
{
	pthread_mutex_lock(&iommu->lock);
	__atomic_fetch_sub(&iommu->busy, sim_iotlb_drop(&iommu->tlb, first, last), __ATOMIC_RELAXED);
	pthread_mutex_unlock(&iommu->lock);
}

void dmavec_sim_iommu_invalidate(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, uint64_t len)
{
	uint64_t first = (DMAVEC_FORCE uint64_t)dma, last = first + (len - 1);

	__atomic_fetch_add(&iommu->flushes, 1, __ATOMIC_RELAXED);
	if (!__atomic_fetch_add(&iommu->busy, 0, __ATOMIC_ACQ_REL) || !len)
		return;
	if (last < first)
		last = UINT64_MAX;
	iommu_drop(iommu, first >> SIM_PAGE_SHIFT, last >> SIM_PAGE_SHIFT);
}

void dmavec_sim_iommu_invalidate_all(struct dmavec_sim_iommu *iommu)
{
	__atomic_fetch_add(&iommu->flushes, 1, __ATOMIC_RELAXED);
	if (__atomic_fetch_add(&iommu->busy, 0, __ATOMIC_ACQ_REL))
		iommu_drop(iommu, 0, UINT64_MAX >> SIM_PAGE_SHIFT);
}

int dmavec_sim_iommu_leaf(struct dmavec_sim_iommu *iommu, dmavec_dma_t dma, uint64_t **entry_le)
{
	struct sim_leaf leaf;
	int err;

	if (!iommu || !entry_le)
		return -EINVAL;
	err = iommu->format->walk(&iommu->tables, (DMAVEC_FORCE uint64_t)dma, &leaf);
	if (!err)
		*entry_le = (uint64_t *)(uintptr_t)leaf.entry;
	return err;
}

int dmavec_sim_iommu_stats(struct dmavec_sim_iommu *iommu, struct dmavec_sim_iommu_stats *stats)
{
	struct dmavec_sim_iommu_stats now = { .size = sizeof(now) };

	if (!iommu || !stats)
		return -EINVAL;
	pthread_mutex_lock(&iommu->lock);
	now.hits = iommu->hits;
	now.misses = iommu->misses;
	now.faults = iommu->faults;
	pthread_mutex_unlock(&iommu->lock);
	now.flushes = __atomic_load_n(&iommu->flushes, __ATOMIC_RELAXED);
	return sim_opts_give(stats, stats->size, &now, sizeof(now));
}
