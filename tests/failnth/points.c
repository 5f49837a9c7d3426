/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The allocations that the linker sends here (--wrap), and the operations of a space that fail on demand. */
#include "points.h"

#include "core.h"

#include <sys/types.h>

struct point_state points;

static bool point(enum point_mode mode)
{
	if (!points.armed || points.mode != mode || ++points.seen != points.fail_at)
		return false;
	points.failed = true;
	return true;
}

static bool fail_alloc(void)
{
	if (!point(BY_ALLOC))
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_aligned_alloc(size_t align, size_t len);
int __real_posix_memalign(void **mem, size_t align, size_t len);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __real_memfd_create(const char *name, unsigned int flags);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_aligned_alloc(size_t align, size_t len);
int __wrap_posix_memalign(void **mem, size_t align, size_t len);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_memfd_create(const char *name, unsigned int flags);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t len)
{
	return fail_alloc() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t n, size_t len)
{
	return fail_alloc() ? NULL : __real_calloc(n, len);
}

void *__wrap_aligned_alloc(size_t align, size_t len)
{
	return fail_alloc() ? NULL : __real_aligned_alloc(align, len);
}

int __wrap_posix_memalign(void **mem, size_t align, size_t len)
{
	return fail_alloc() ? ENOMEM : __real_posix_memalign(mem, align, len);
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return fail_alloc() ? (void *)-1 : __real_mmap64(addr, len, prot, flags, fd, offset);
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return fail_alloc() ? -1 : __real_memfd_create(name, flags);
}

char *__wrap_strdup(const char *text)
{
	return fail_alloc() ? NULL : __real_strdup(text);
}

/* ---- operations that fail */

static struct dmavec_space_ops real;

static int shim_reserve(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	return point(BY_OP) ? -EIO : real.reserve(ctx, want, dma);
}

static int shim_reserve_at(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	return point(BY_OP) ? -EIO : real.reserve_at(ctx, dma, len);
}

static int shim_link(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t n, unsigned int how)
{
	return point(BY_OP) ? -EIO : real.link(ctx, dma, ranges, n, how);
}

static int shim_commit(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	if (point(BY_OP))
		return -EIO;
	return real.commit ? real.commit(ctx, dma, len) : 0;
}

static int shim_unlink(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags)
{
	return point(BY_OP) ? -EIO : real.unlink(ctx, dma, len, flags);
}

static int shim_release(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	return point(BY_OP) ? -EIO : real.release(ctx, dma, len);
}

static int shim_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	return point(BY_OP) ? -EFAULT : real.lookup(ctx, addr, len, dma, run);
}

static int shim_arena(void *ctx, uint64_t len, uint64_t align, dmavec_dma_t first, dmavec_dma_t last,
		      struct dmavec_window *arena)
{
	return point(BY_OP) ? -ENOMEM : real.arena(ctx, len, align, first, last, arena);
}

static int shim_for_cpu(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	if (point(BY_OP))
		return -EIO;
	return real.sync_for_cpu ? real.sync_for_cpu(ctx, dma, len) : 0;
}

static int shim_for_device(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	if (point(BY_OP))
		return -EIO;
	return real.sync_for_device ? real.sync_for_device(ctx, dma, len) : 0;
}

static int shim_flush(void *ctx)
{
	return point(BY_OP) ? -EIO : real.flush(ctx);
}

/* Those that a space may leave out, since it is coherent or has nothing to commit, are there too: others have them. */
void points_install(struct dmavec_space *space)
{
	struct dmavec_space_ops *ops = &space->ops;

	real = *ops;
#define SHIM(op) (ops->op = ops->op ? shim_##op : NULL)
	SHIM(reserve);
	SHIM(reserve_at);
	SHIM(link);
	SHIM(unlink);
	SHIM(release);
	SHIM(lookup);
	SHIM(arena);
	SHIM(flush);
	ops->commit = ops->link ? shim_commit : NULL;
	ops->sync_for_cpu = shim_for_cpu;
	ops->sync_for_device = shim_for_device;
}
