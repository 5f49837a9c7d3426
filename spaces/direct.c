/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A space without an IOMMU: a device address is the CPU's own, or lies at a fixed distance within a window.
 */
#define _GNU_SOURCE
#include <dmavec/space.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access.h"
#include "dry.h"
#include "file.h"
#include "lowmem.h"
#include "opts.h"

#define ARENA_LEN ((uint64_t)1 << 20) /* worth a mapping, where that much is to be had */

struct direct {
	uint32_t nwindows; /* 0: identity */
	struct dmavec_window *by_cpu, *by_dma; /* sorted, neighbours joined */
	struct dmavec_window bounce;           /* len 0: none */
	unsigned int bounce_given;
	uint64_t faults;
};

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_cpu(const void *a, const void *b)
{
	return compare(((const struct dmavec_window *)a)->cpu, ((const struct dmavec_window *)b)->cpu);
}

static int compare_dma(const void *a, const void *b)
{
	return compare(((const struct dmavec_window *)a)->dma, ((const struct dmavec_window *)b)->dma);
}

/* Index of the last window to start at or below addr, or -1. */
static int64_t find_window(const struct dmavec_window *windows, uint32_t count, uint64_t addr, bool by_cpu)
{
	int64_t low = -1, high = count;

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if ((by_cpu ? windows[middle].cpu : windows[middle].dma) <= addr)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int direct_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	const struct direct *direct = ctx;
	const struct dmavec_window *window;
	uint64_t offset;
	int64_t at;

	if (!direct->nwindows) {
		*dma = addr;
		*run = len;
		return 0;
	}
	at = find_window(direct->by_cpu, direct->nwindows, addr, true);
	if (at < 0)
		return -EFAULT;
	window = &direct->by_cpu[at];
	offset = addr - window->cpu;
	if (offset >= window->len)
		return -EFAULT;
	*dma = window->dma + offset;
	*run = len < window->len - offset ? len : window->len - offset;
	return 0;
}

/* The process address behind a device address, and how far it goes on; 0 bytes: nowhere. */
static uint64_t behind(const struct direct *direct, uint64_t dma, uint64_t len, uint64_t *cpu)
{
	const struct dmavec_window *window;
	uint64_t offset;
	int64_t at;

	*cpu = dma;
	if (!direct->nwindows)
		return len;
	at = find_window(direct->by_dma, direct->nwindows, dma, false);
	if (at < 0)
		return 0;
	window = &direct->by_dma[at];
	offset = dma - window->dma;
	if (offset >= window->len)
		return 0;
	*cpu = window->cpu + offset;
	return len < window->len - offset ? len : window->len - offset;
}

static int move(struct direct *direct, uint64_t dma, char *buf, size_t len, bool out)
{
	uint64_t cpu, run;
	int err = len && len - 1 > UINT64_MAX - dma ? -EFAULT : 0;

	for (; len && !err; dma += run, buf += run, len -= (size_t)run) {
		run = behind(direct, dma, len, &cpu);
		if (!run)
			err = -EFAULT;
		else
			err = out ? access_write(cpu, buf, (size_t)run) : access_read(cpu, buf, (size_t)run);
	}
	if (err)
		__atomic_fetch_add(&direct->faults, 1, __ATOMIC_RELAXED);
	return err;
}

static int direct_read(void *ctx, dmavec_dma_t dma, void *buf, size_t len)
{
	return move(ctx, dma, buf, len, false);
}

static int direct_write(void *ctx, dmavec_dma_t dma, const void *buf, size_t len)
{
	return move(ctx, dma, (char *)(uintptr_t)buf, len, true);
}

/*
 * There is one bounce range: it is given whole, as soon as a part of it serves. What lies outside this request's window
 * may serve another's.
 */
static int give_bounce(struct direct *direct, uint64_t len, uint64_t align, uint64_t first, uint64_t last,
                       struct dmavec_window *arena)
{
	uint64_t low = direct->bounce.dma, high = low + (direct->bounce.len - 1), up;

	if (low > last || high < first)
		return -ERANGE;
	low = low > first ? low : first;
	high = high < last ? high : last;
	up = (low + (align - 1)) & ~(align - 1);
	if (up < low || up > high || len - 1 > high - up)
		return -ENOMEM;
	if (__atomic_exchange_n(&direct->bounce_given, 1, __ATOMIC_ACQ_REL))
		return -ENOMEM;
	*arena = direct->bounce;
	return 0;
}

static int map_arena(uint64_t len, uint64_t align, uint64_t first, uint64_t last, struct dmavec_window *arena)
{
	uint64_t page = (uint64_t)getpagesize(), exact, size;
	void *mem = NULL;

	if (len > SIZE_MAX / 2)
		return -ENOMEM;
	exact = (len + page - 1) & ~(page - 1);
	size = exact < ARENA_LEN ? ARENA_LEN : exact;
	mem = lowmem_map((size_t)size, align, first, last);
	if (!mem && size != exact) {
		size = exact;
		mem = lowmem_map((size_t)size, align, first, last);
	}
	if (!mem)
		return -ENOMEM;
	arena->cpu = arena->dma = dmavec_cpu(mem);
	arena->len = size;
	return 0;
}

static int direct_arena(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
                        struct dmavec_window *arena)
{
	struct direct *direct = ctx;

	if (!len || !align || align & (align - 1))
		return -EINVAL;
	if (direct->bounce.len)
		return give_bounce(direct, len, align, first, last, arena);
	return direct->nwindows ? -ERANGE : map_arena(len, align, first, last, arena);
}

static void direct_arena_free(void *ctx, const struct dmavec_window *arena)
{
	struct direct *direct = ctx;

	if (direct->bounce.len)
		__atomic_store_n(&direct->bounce_given, 0, __ATOMIC_RELEASE);
	else
		munmap(dmavec_ptr(arena->cpu), (size_t)arena->len);
}

static int direct_flush(void *ctx)
{
	(void)ctx;
	return 0;
}

static void direct_info(void *ctx, struct dmavec_space_info *info)
{
	struct direct *direct = ctx;
	uint32_t i;

	info->faults += __atomic_load_n(&direct->faults, __ATOMIC_RELAXED);
	if (direct->nwindows)
		info->nwindows = direct->nwindows;
	for (i = 0; i < direct->nwindows && i < DMAVEC_INFO_WINDOWS; i++) {
		info->windows[i].first = direct->by_dma[i].dma;
		info->windows[i].last = direct->by_dma[i].dma + (direct->by_dma[i].len - 1);
	}
}

static void direct_close(void *ctx)
{
	struct direct *direct = ctx;

	free(direct->by_cpu);
	free(direct->by_dma);
	free(direct);
}

/*
 * Sorted by CPU address: empty, wrapping and overlapping ones are refused, one that goes on where another ends is
 * joined.
 */
static int join_windows(struct direct *direct, uint32_t count)
{
	struct dmavec_window *windows = direct->by_cpu;
	uint32_t i, n = 0;

	for (i = 0; i < count; i++) {
		struct dmavec_window *last = n ? &windows[n - 1] : NULL, next = windows[i];

		if (!next.len || next.len - 1 > UINT64_MAX - next.cpu || next.len - 1 > UINT64_MAX - next.dma)
			return -EINVAL;
		if (last && next.cpu - last->cpu < last->len)
			return -EINVAL;
		if (last && next.cpu - last->cpu == last->len && next.dma - last->dma == last->len &&
		    next.dma > last->dma)
			last->len += next.len;
		else
			windows[n++] = next;
	}
	direct->nwindows = n;
	return 0;
}

/* A device address that stood for two places could not be followed back. */
static int sort_by_dma(struct direct *direct)
{
	struct dmavec_window *windows = direct->by_dma;
	uint32_t i;

	memcpy(windows, direct->by_cpu, direct->nwindows * sizeof(*windows));
	qsort(windows, direct->nwindows, sizeof(*windows), compare_dma);
	for (i = 1; i < direct->nwindows; i++)
		if (windows[i].dma - windows[i - 1].dma < windows[i - 1].len)
			return -EINVAL;
	return 0;
}

static int set_windows(struct direct *direct, const struct dmavec_direct_opts *opts)
{
	size_t count = opts->nwindows;
	int err;

	if (!count)
		return 0;
	if (!opts->windows)
		return -EINVAL;
	direct->by_cpu = calloc(count, sizeof(*direct->by_cpu));
	direct->by_dma = calloc(count, sizeof(*direct->by_dma));
	if (!direct->by_cpu || !direct->by_dma)
		return -ENOMEM;
	memcpy(direct->by_cpu, opts->windows, count * sizeof(*direct->by_cpu));
	qsort(direct->by_cpu, count, sizeof(*direct->by_cpu), compare_cpu);
	err = join_windows(direct, opts->nwindows);
	return err ? err : sort_by_dma(direct);
}

static int set_bounce(struct direct *direct, const struct dmavec_range *bounce)
{
	dmavec_dma_t dma;
	uint64_t run;

	if (!bounce->len)
		return 0;
	if (bounce->len - 1 > UINT64_MAX - bounce->addr ||
	    direct_lookup(direct, bounce->addr, bounce->len, &dma, &run) || run != bounce->len)
		return -EINVAL;
	direct->bounce = (struct dmavec_window){ bounce->addr, dma, bounce->len };
	return 0;
}

static const struct dmavec_space_ops direct_ops = {
	.size = sizeof(direct_ops),
	.lookup = direct_lookup,
	.arena = direct_arena,
	.arena_free = direct_arena_free,
	.read = direct_read,
	.write = direct_write,
	.flush = direct_flush,
	.file_map = file_map,
	.file_unmap = file_unmap,
	.info = direct_info,
	.close = direct_close,
};

static int create(struct dmavec_space **space, struct direct *direct, const struct dmavec_direct_opts *opts)
{
	struct dmavec_space_desc desc = { .size = sizeof(desc), .map_flags = DMAVEC_MMIO, .granule = 1 };
	struct dmavec_space_ops ops = direct_ops;
	int err = set_windows(direct, opts);

	if (!err)
		err = set_bounce(direct, &opts->bounce);
	if (err)
		return err;
	if (opts->dry)
		addresses_only(&desc, &ops);
	if (opts->dry && !direct->bounce.len)
		ops.arena = NULL; /* the process's memory has nothing to do with these addresses */
	if (direct->nwindows) {
		const struct dmavec_window *end = &direct->by_dma[direct->nwindows - 1];

		desc.first = direct->by_dma[0].dma;
		desc.last = end->dma + (end->len - 1);
		/* the process's mapping of a file lies outside any memory that was named */
		ops.file_map = NULL;
		ops.file_unmap = NULL;
		if (!direct->bounce.len)
			ops.arena = NULL;
	} else {
		desc.flags |= DMAVEC_SPACE_IDENTITY;
		desc.last = UINT64_MAX;
	}
	return dmavec_space_create(space, &desc, &ops, direct);
}

int dmavec_space_direct(struct dmavec_space **space, const struct dmavec_direct_opts *given)
{
	struct dmavec_direct_opts opts;
	struct direct *direct;
	int err;

	if (!space || opts_read(&opts, sizeof(opts), given) || opts.reserved || opts.reserved2)
		return -EINVAL;
	direct = calloc(1, sizeof(*direct));
	if (!direct)
		return -ENOMEM;
	err = create(space, direct, &opts);
	if (err)
		direct_close(direct);
	return err;
}
