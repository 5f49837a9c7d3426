/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An IOMMU in software: addresses from the allocator, real page tables, and the simulated hardware that walks them.
 *
 * One lock guards the page tables, for as long as a call writes entries; addresses have the allocator's own. What was
 * unmapped is invalidated outside of it, so that the hardware waits for no other thread's mappings.
 */
#define _GNU_SOURCE
#include "soft.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dry.h"
#include "file.h"
#include "lowmem.h"
#include "opts.h"

#define SOFT_FIRST     0x1000u
#define SOFT_LAST      (((dmavec_dma_t)1 << 48) - 1)
#define SOFT_VECTOR    64u
#define SOFT_TRIES     16u /* what other threads' flushes give back may be gone again, but not for ever */
#define SOFT_ARENA_LEN ((uint64_t)1 << 20) /* worth a mapping */

/* ------------------------------------------------------------------ addresses */

static int soft_reserve(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	struct soft *soft = ctx;
	unsigned int tries = SOFT_TRIES;
	unsigned long seen;
	int err;

	soft_lazy_poll(soft);
	do {
		seen = soft_lazy_given(soft);
		err = dmavec_iova_alloc(soft->iova, want, dma);
	} while ((err == -ENOSPC || err == -ENOMEM) && --tries && soft_lazy_more(soft, seen));
	return err;
}

static int soft_reserve_at(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct soft *soft = ctx;
	unsigned int tries = SOFT_TRIES;
	unsigned long seen;
	int err;

	soft_lazy_poll(soft);
	do {
		seen = soft_lazy_given(soft);
		err = dmavec_iova_take(soft->iova, dma, len);
	} while ((err == -EEXIST || err == -ENOMEM) && --tries && soft_lazy_more(soft, seen));
	return err;
}

static int soft_release(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	return soft_lazy_release(ctx, dma, len);
}

/* ------------------------------------------------------------------ tables */

/* Is it memory that no entry can name? */
static bool soft_beyond(const struct soft *soft, const struct dmavec_range *phys, size_t nphys)
{
	size_t i;

	for (i = 0; i < nphys; i++)
		if (phys[i].addr > soft->phys_last || phys[i].len - 1 > soft->phys_last - phys[i].addr)
			return true;
	return false;
}

/* A failed map exposed nothing, and left nothing. */
static int soft_map(struct soft *soft, dmavec_dma_t dma, const struct dmavec_range *phys, size_t nphys,
                    unsigned int how)
{
	unsigned int tries = SOFT_TRIES;
	unsigned long seen;
	int err;

	do {
		seen = soft_lazy_given(soft);
		pthread_mutex_lock(&soft->table_lock);
		err = dmavec_pt_map(soft->pt, dma, phys, nphys, how);
		pthread_mutex_unlock(&soft->table_lock);
	} while (err == -ENOMEM && --tries && soft_lazy_more(soft, seen));
	return err == -EINVAL && soft_beyond(soft, phys, nphys) ? -EFAULT : err;
}

static int soft_unmap(struct soft *soft, dmavec_dma_t dma, uint64_t len)
{
	struct dmavec_pt_freed freed = { NULL, NULL };
	int err;

	pthread_mutex_lock(&soft->table_lock);
	err = dmavec_pt_unmap(soft->pt, dma, len, &freed);
	pthread_mutex_unlock(&soft->table_lock);
	if (err)
		return err;
	dmavec_sim_iommu_invalidate(soft->iommu, dma, len);
	if (!freed.head)
		return 0;
	pthread_mutex_lock(&soft->table_lock);
	dmavec_pt_recycle(soft->pt, &freed);
	pthread_mutex_unlock(&soft->table_lock);
	return 0;
}

/* The window that holds cpu, or NULL. */
static const struct dmavec_window *soft_window(const struct soft *soft, dmavec_cpu_t cpu)
{
	uint32_t low = 0, high = soft->nmemory, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (soft->memory[middle].cpu <= cpu)
			low = middle;
		else
			high = middle;
	}
	return cpu - soft->memory[low].cpu < soft->memory[low].len ? &soft->memory[low] : NULL;
}

/* Is the memory there? For what core copies rather than links. */
static int soft_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *phys, uint64_t *run)
{
	const struct soft *soft = ctx;
	const struct dmavec_window *window = soft_window(soft, addr);
	uint64_t room;

	if (!window)
		return -EFAULT;
	room = window->len - (addr - window->cpu);
	*phys = window->dma + (addr - window->cpu);
	*run = len < room ? len : room;
	return 0;
}

/* What is left to link, and where. */
struct soft_link {
	const struct dmavec_range *ranges;
	size_t nranges;
	uint64_t skip; /* bytes of the first range that are done */
	dmavec_dma_t dma;
};

/* Fill phys, as far as it goes; what runs over two windows is split. Returns how many, or -EFAULT. */
static int soft_translate(const struct soft *soft, struct soft_link *at, struct dmavec_range phys[SOFT_VECTOR])
{
	const struct dmavec_window *window = soft->memory;
	unsigned int n;

	for (n = 0; n < SOFT_VECTOR && at->nranges; n++) {
		uint64_t cpu = at->ranges->addr + at->skip, len = at->ranges->len - at->skip, room;

		if (cpu - window->cpu >= window->len)
			window = soft_window(soft, cpu);
		if (!window)
			return -EFAULT;
		room = window->len - (cpu - window->cpu);
		phys[n].addr = window->dma + (cpu - window->cpu);
		phys[n].len = len < room ? len : room;
		at->skip += phys[n].len;
		at->dma += phys[n].len;
		if (phys[n].len == len) {
			at->ranges++;
			at->nranges--;
			at->skip = 0;
		}
	}
	return (int)n;
}

static int soft_link_memory(struct soft *soft, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t nranges,
                            unsigned int how)
{
	struct dmavec_range phys[SOFT_VECTOR];
	struct soft_link at = { ranges, nranges, 0, dma };
	uint64_t low = soft->granule - 1;
	dmavec_dma_t done = dma;
	int n, err = 0;

	while (at.nranges && !err) {
		n = soft_translate(soft, &at, phys);
		err = n < 0 ? n : soft_map(soft, done, phys, (size_t)n, how);
		if (!err)
			done = at.dma;
	}
	/* the first vectors were exposed already */
	if (err && done != dma)
		soft_unmap(soft, dma & ~low, ((done + low) & ~low) - (dma & ~low));
	return err;
}

static int soft_link(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t nranges, unsigned int how)
{
	struct soft *soft = ctx;

	if (soft->nmemory)
		return soft_link_memory(soft, dma, ranges, nranges, how);
	return soft_map(soft, dma, ranges, nranges, how);
}

static int soft_unlink(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags)
{
	struct soft *soft = ctx;
	int err;

	if (!(flags & DMAVEC_UNLINK_STRICT) && soft_lazy_unlink(soft, dma, len, &err))
		return err;
	return soft_unmap(soft, dma, len);
}

/* ------------------------------------------------------------------ memory for bounces */

/* There is one bounce range, and it is given whole. */
static int soft_give_bounce(struct soft *soft, uint64_t len, uint64_t align, struct dmavec_window *arena)
{
	uint64_t start = (soft->bounce.cpu + align - 1) & ~(align - 1), head = start - soft->bounce.cpu;

	if (start < soft->bounce.cpu || head >= soft->bounce.len || len > soft->bounce.len - head)
		return -ENOMEM;
	if (__atomic_exchange_n(&soft->bounce_given, 1, __ATOMIC_ACQ_REL))
		return -ENOMEM;
	*arena = soft->bounce;
	return 0;
}

/* 1: there is no range to give it from, nor windows that memory of the process's own would lie outside. */
static int soft_arena_known(struct soft *soft, uint64_t len, uint64_t align, struct dmavec_window *arena)
{
	if (!len || !align || (align & (align - 1)))
		return -EINVAL;
	if (soft->bounce.len)
		return soft_give_bounce(soft, len, align, arena);
	return soft->nmemory ? -ERANGE : 1;
}

/* Where nothing is copied, any addresses that entries can hold will do. */
static int soft_dry_arena(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
                          struct dmavec_window *arena)
{
	struct soft *soft = ctx;
	int known = soft_arena_known(soft, len, align, arena);
	uint64_t at;

	(void)first;
	(void)last;
	if (known < 1)
		return known;
	at = (soft->dry_next + align - 1) & ~(align - 1); /* the pool's lock is held */
	if (at < soft->dry_next || at > soft->phys_last || len - 1 > soft->phys_last - at)
		return -ENOMEM;
	soft->dry_next = at + len;
	*arena = (struct dmavec_window){ at, at, len };
	return 0;
}

static void soft_dry_arena_free(void *ctx, const struct dmavec_window *arena)
{
	struct soft *soft = ctx;

	(void)arena;
	__atomic_store_n(&soft->bounce_given, 0, __ATOMIC_RELEASE);
}

static int soft_arena(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
                      struct dmavec_window *arena)
{
	struct soft *soft = ctx;
	int known = soft_arena_known(soft, len, align, arena);
	uint64_t page = (uint64_t)getpagesize(), size;
	void *mem;

	(void)first; /* wherever it lies, its device addresses are reserved as the device needs them */
	(void)last;
	if (known < 1)
		return known;
	if (len > SIZE_MAX / 2)
		return -ENOMEM;
	size = len < SOFT_ARENA_LEN ? SOFT_ARENA_LEN : (len + page - 1) & ~(page - 1);
	mem = lowmem_map((size_t)size, align, 0, UINT64_MAX);
	if (!mem)
		return -ENOMEM;
	*arena = (struct dmavec_window){ dmavec_cpu(mem), dmavec_cpu(mem), size };
	return 0;
}

static void soft_arena_free(void *ctx, const struct dmavec_window *arena)
{
	struct soft *soft = ctx;

	if (soft->bounce.len)
		__atomic_store_n(&soft->bounce_given, 0, __ATOMIC_RELEASE);
	else
		munmap(dmavec_ptr(arena->cpu), (size_t)arena->len);
}

/* ------------------------------------------------------------------ the rest */

static int soft_read(void *ctx, dmavec_dma_t dma, void *buf, size_t len)
{
	return dmavec_sim_iommu_read(((struct soft *)ctx)->iommu, dma, buf, len);
}

static int soft_write(void *ctx, dmavec_dma_t dma, const void *buf, size_t len)
{
	return dmavec_sim_iommu_write(((struct soft *)ctx)->iommu, dma, buf, len);
}

static int soft_flush(void *ctx)
{
	soft_lazy_flush(ctx);
	return 0;
}

static void soft_strict(void *ctx)
{
	soft_lazy_end(ctx);
}

static void soft_info(void *ctx, struct dmavec_space_info *info)
{
	struct dmavec_sim_iommu_stats stats = { .size = sizeof(stats) };
	struct soft *soft = ctx;

	if (!dmavec_sim_iommu_stats(soft->iommu, &stats)) {
		info->invalidations += stats.flushes;
		info->faults += stats.faults;
	}
	info->lazy = __atomic_load_n(&soft->lazy.queueing, __ATOMIC_RELAXED);
	info->nwindows = 1;
	info->windows[0] = (struct dmavec_dma_window){ soft->first, soft->last };
}

static void soft_close(void *ctx)
{
	struct soft *soft = ctx;

	soft_lazy_close(soft);
	pthread_mutex_destroy(&soft->table_lock);
	dmavec_sim_iommu_close(soft->iommu);
	dmavec_pt_close(soft->pt);
	dmavec_iova_close(soft->iova);
	free(soft->memory);
	free(soft);
}

struct dmavec_sim_iommu *dmavec_sim_iommu_of(struct dmavec_space *space)
{
	struct soft *soft = dmavec_space_ctx(space, soft_close);

	return soft ? soft->iommu : NULL;
}

static const struct dmavec_space_ops soft_ops = {
	.size = sizeof(soft_ops),
	.reserve = soft_reserve,
	.link = soft_link,
	.unlink = soft_unlink,
	.release = soft_release,
	.reserve_at = soft_reserve_at,
	.arena = soft_arena,
	.arena_free = soft_arena_free,
	.read = soft_read,
	.write = soft_write,
	.flush = soft_flush,
	.strict = soft_strict,
	.file_map = file_map,
	.file_unmap = file_unmap,
	.info = soft_info,
	.close = soft_close,
};

/* ------------------------------------------------------------------ opening */

static int compare_windows(const void *a, const void *b)
{
	const struct dmavec_window *left = a, *right = b;

	return left->cpu < right->cpu ? -1 : left->cpu > right->cpu;
}

/* Whole granules, so that rounding a range out never leaves its window; no address stands for two places. */
static int soft_check_windows(const struct soft *soft)
{
	const struct dmavec_window *windows = soft->memory;
	uint32_t i, j;

	for (i = 0; i < soft->nmemory; i++) {
		const struct dmavec_window *w = &windows[i];

		if (!w->len || (w->cpu | w->dma | w->len) & (soft->granule - 1))
			return -EINVAL;
		if (w->len - 1 > UINT64_MAX - w->cpu || w->dma > soft->phys_last || w->len - 1 > soft->phys_last - w->dma)
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (w->cpu - windows[j].cpu < windows[j].len || windows[j].cpu - w->cpu < w->len ||
			    w->dma - windows[j].dma < windows[j].len || windows[j].dma - w->dma < w->len)
				return -EINVAL;
	}
	return 0;
}

static int soft_set_memory(struct soft *soft, const struct dmavec_soft_opts *opts)
{
	if (!opts->nmemory)
		return 0;
	if (!opts->memory)
		return -EINVAL;
	soft->memory = calloc(opts->nmemory, sizeof(*soft->memory));
	if (!soft->memory)
		return -ENOMEM;
	soft->nmemory = opts->nmemory;
	memcpy(soft->memory, opts->memory, opts->nmemory * sizeof(*soft->memory));
	qsort(soft->memory, soft->nmemory, sizeof(*soft->memory), compare_windows);
	return soft_check_windows(soft);
}

static int soft_set_bounce(struct soft *soft, const struct dmavec_range *bounce)
{
	const struct dmavec_window *window;

	if (!bounce->len)
		return 0;
	if (bounce->len - 1 > UINT64_MAX - bounce->addr)
		return -EINVAL;
	soft->bounce = (struct dmavec_window){ bounce->addr, bounce->addr, bounce->len };
	if (!soft->nmemory)
		return 0;
	window = soft_window(soft, bounce->addr);
	if (!window || bounce->len > window->len - (bounce->addr - window->cpu))
		return -EINVAL;
	soft->bounce.dma = window->dma + (bounce->addr - window->cpu);
	return 0;
}

/* Inwards to the granule, and never 0. */
static int soft_set_window(struct soft *soft, const struct dmavec_soft_opts *opts, const struct dmavec_pt_info *info)
{
	uint64_t first = opts->iova_min ? opts->iova_min : SOFT_FIRST, last = opts->iova_max;

	if (!last)
		last = info->last < SOFT_LAST ? info->last : SOFT_LAST;
	if (last > info->last || first > last || last < info->granule)
		return -EINVAL;
	first = (first + info->granule - 1) & ~(info->granule - 1);
	last = ((last + 1) & ~(info->granule - 1)) - 1;
	if (first > last || first < info->first)
		return -EINVAL;
	soft->first = first;
	soft->last = last;
	return 0;
}

static int soft_open_tables(struct soft *soft, const struct dmavec_soft_opts *opts, struct dmavec_pt_info *info)
{
	struct dmavec_pt_opts pt = { .size = sizeof(pt), .format = opts->format };
	int err = dmavec_pt_open(&soft->pt, &pt);

	if (!err)
		err = dmavec_pt_info(soft->pt, info);
	soft->granule = info->granule;
	soft->phys_last = info->phys_last;
	soft->dry_next = info->phys_last / 2 + 1; /* far from most memory: easier on the eye */
	return err;
}

static int soft_open_iova(struct soft *soft, const struct dmavec_soft_opts *opts)
{
	struct dmavec_iova_opts iova = {
		.size = sizeof(iova),
		.granule = soft->granule,
		.first = soft->first,
		.last = soft->last,
		.bottom_up = opts->bottom_up,
		.guard = opts->guard,
	};

	return dmavec_iova_open(&soft->iova, &iova);
}

static int soft_open_iommu(struct soft *soft, const struct dmavec_pt_info *info)
{
	struct dmavec_sim_iommu_opts iommu = {
		.size = sizeof(iommu),
		.format = info->format,
		.root = info->root,
		.levels = info->levels,
		.memory = soft->memory,
		.nmemory = soft->nmemory,
	};

	return dmavec_sim_iommu_open(&soft->iommu, &iommu);
}

static int soft_open(struct soft *soft, const struct dmavec_soft_opts *opts)
{
	struct dmavec_pt_info info = { .size = sizeof(info) };
	int err = soft_open_tables(soft, opts, &info);

	if (!err)
		err = soft_set_window(soft, opts, &info);
	if (!err)
		err = soft_set_memory(soft, opts);
	if (!err)
		err = soft_set_bounce(soft, &opts->bounce);
	if (!err)
		err = soft_open_iova(soft, opts);
	return err ? err : soft_open_iommu(soft, &info);
}

static int soft_create(struct dmavec_space **space, struct soft *soft, bool dry)
{
	struct dmavec_space_desc desc = {
		.size = sizeof(desc),
		.flags = DMAVEC_SPACE_ISOLATES,
		.map_flags = DMAVEC_MMIO,
		.granule = soft->granule,
		.first = soft->first,
		.last = soft->last,
	};
	struct dmavec_space_ops ops = soft_ops;

	if (dry) {
		addresses_only(&desc, &ops);
		ops.arena = soft_dry_arena;
		ops.arena_free = soft_dry_arena_free;
	}
	/* the process's mapping of a file lies outside any memory that was named */
	if (soft->nmemory) {
		ops.file_map = NULL;
		ops.file_unmap = NULL;
		ops.lookup = soft_lookup;
		if (!soft->bounce.len)
			ops.arena = NULL;
	}
	return dmavec_space_create(space, &desc, &ops, soft);
}

int dmavec_space_soft(struct dmavec_space **space, const struct dmavec_soft_opts *given)
{
	struct dmavec_soft_opts opts;
	struct soft *soft;
	int err;

	if (!space || opts_read(&opts, sizeof(opts), given) || opts.reserved || opts.reserved2)
		return -EINVAL;
	soft = aligned_alloc(_Alignof(struct soft), sizeof(*soft));
	if (!soft)
		return -ENOMEM;
	memset(soft, 0, sizeof(*soft));
	pthread_mutex_init(&soft->table_lock, NULL);
	soft_lazy_open(soft, &opts);
	err = soft_open(soft, &opts);
	if (!err)
		err = soft_create(space, soft, opts.dry);
	if (err)
		soft_close(soft);
	return err;
}
