/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bounce.h"

/* Without an IOMMU a chunk need not be a page; a unit too small would only make the allocator's caches less useful. */
#define BOUNCE_UNIT 512u

#define ARENA_MORE (UINT64_C(64) << 20) /* an arena is not made longer than this for the future's sake */
#define GROW_TRIES 3                    /* others may take what was added before we do */

void bounce_pool_init(struct bounce_pool *pool, const struct dmavec_space_ops *ops, void *ctx,
                      const struct dmavec_space_desc *desc)
{
	memset(pool, 0, sizeof(*pool));
	pool->ops = ops;
	pool->ctx = ctx;
	pool->by_cpu = desc->granule > 1;
	pool->dry = desc->flags & DMAVEC_SPACE_DRY;
	pool->unit = desc->granule > BOUNCE_UNIT ? desc->granule : BOUNCE_UNIT;
}

static void arena_drop(struct bounce_pool *pool, struct bounce_arena *arena)
{
	dmavec_iova_close(arena->keys);
	if (pool->ops->arena_free)
		pool->ops->arena_free(pool->ctx, &arena->window);
}

static void nodes_drop(struct bounce_pool *pool);

void bounce_pool_fini(struct bounce_pool *pool)
{
	uint32_t i;

	for (i = 0; i < pool->narenas; i++)
		arena_drop(pool, &pool->arenas[i]);
	nodes_drop(pool);
}

uint64_t bounce_pool_bytes(const struct bounce_pool *pool)
{
	uint32_t i, n = __atomic_load_n(&pool->narenas, __ATOMIC_ACQUIRE);
	uint64_t bytes = 0;

	for (i = 0; i < n; i++)
		bytes += pool->arenas[i].window.len;
	return bytes;
}

/* Half of what there is, so that the number of arenas stays small however much is needed; if that is not to be had, no more
 * than is needed now. */
static int arena_ask(struct bounce_pool *pool, const struct dmavec_reserve *want, struct dmavec_window *window)
{
	uint64_t align = want->align > pool->unit ? want->align : pool->unit, more = bounce_pool_bytes(pool) / 2;
	int err = -ENOMEM;

	more = (more < ARENA_MORE ? more : ARENA_MORE) & ~(pool->unit - 1);
	if (more > want->len)
		err = pool->ops->arena(pool->ctx, more, align, want->first, want->last, window);
	if (err)
		err = pool->ops->arena(pool->ctx, want->len, align, want->first, want->last, window);
	return err;
}

/* Ask the space for another arena; under pool->lock. */
static int arena_add(struct bounce_pool *pool, const struct dmavec_reserve *want)
{
	struct bounce_arena *arena = &pool->arenas[pool->narenas];
	struct dmavec_iova_opts opts;
	int err;

	if (!pool->ops->arena)
		return -ERANGE;
	if (pool->narenas == BOUNCE_ARENAS)
		return -ENOMEM;
	err = arena_ask(pool, want, &arena->window);
	if (err)
		return err;
	arena->base = pool->by_cpu ? arena->window.cpu : arena->window.dma;
	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.granule = pool->unit;
	opts.first = arena->base;
	opts.last = arena->base + (arena->window.len - 1);
	opts.bottom_up = 1; /* keeps large runs free at the top */
	err = dmavec_iova_open(&arena->keys, &opts);
	if (err) {
		if (pool->ops->arena_free)
			pool->ops->arena_free(pool->ctx, &arena->window);
		return err == -EINVAL ? -ENOMEM : err;
	}
	__atomic_store_n(&pool->narenas, pool->narenas + 1, __ATOMIC_RELEASE);
	return 0;
}

static int take_from(struct bounce_pool *pool, uint32_t from, uint32_t to, const struct dmavec_reserve *want,
                     struct bounce_chunk *chunk)
{
	uint32_t i;

	for (i = from; i < to; i++) {
		const struct bounce_arena *arena = &pool->arenas[i];
		dmavec_dma_t key;

		if (dmavec_iova_alloc(arena->keys, want, &key))
			continue;
		chunk->cpu = arena->window.cpu + (key - arena->base);
		chunk->dma = arena->window.dma + (key - arena->base);
		chunk->len = want->len;
		chunk->arena = i;
		return 0;
	}
	return -ENOMEM;
}

/* Grow until the chunk fits: a new arena may serve the length, yet not the boundary, so that one more try follows. */
static int take_grown(struct bounce_pool *pool, uint32_t seen, const struct dmavec_reserve *want, struct bounce_chunk *chunk)
{
	struct dmavec_reserve roomy = *want;
	int err, tries;

	/* What starts inside a multiple of its alignment does not want that of the arena, at first. */
	if (want->offset)
		roomy.align = pool->unit;

	for (tries = 0; tries < GROW_TRIES; tries++) {
		/* Another thread may have added an arena since. */
		if (pool->narenas > seen && !take_from(pool, seen, pool->narenas, want, chunk))
			return 0;
		seen = pool->narenas;
		err = arena_add(pool, &roomy);
		if (err)
			return err;
		if (!take_from(pool, seen, pool->narenas, want, chunk))
			return 0;
		seen = pool->narenas;
		if (want->boundary && want->boundary > want->align)
			roomy.align = want->boundary;
		if (want->offset)
			roomy.len = want->len > UINT64_MAX - want->align ? want->len : want->len + want->align;
	}
	return -ENOMEM;
}

int bounce_take(struct bounce_pool *pool, const struct dmavec_reserve *want, struct bounce_chunk *chunk)
{
	uint32_t n = __atomic_load_n(&pool->narenas, __ATOMIC_ACQUIRE);
	struct dmavec_reserve all = *want;
	int err;

	if (all.len > UINT64_MAX - pool->unit)
		return -ENOMEM;
	all.len = (all.len + pool->unit - 1) & ~(pool->unit - 1);
	if (all.align < pool->unit)
		all.align = pool->unit;
	/* Rounded up to the unit it may be longer than the boundary that it does not cross: then it starts on one. */
	if (all.boundary && all.len > all.boundary) {
		all.align = all.align > all.boundary ? all.align : all.boundary;
		all.boundary = 0;
	}
	if (!take_from(pool, 0, n, &all, chunk))
		return 0;
	host_lock(&pool->lock);
	err = take_grown(pool, n, &all, chunk);
	host_unlock(&pool->lock);
	return err;
}

void bounce_give(struct bounce_pool *pool, struct bounce_chunk *chunk)
{
	const struct bounce_arena *arena = &pool->arenas[chunk->arena];

	if (chunk->len)
		dmavec_iova_free(arena->keys, pool->by_cpu ? chunk->cpu : chunk->dma, chunk->len);
	chunk->len = 0;
}

/* ---- nodes: slots come in blocks that are kept */

#define NODES_A_BLOCK 31u
struct bounce_node_block {
	struct bounce_node_block *next;
	struct bounce_slot nodes[NODES_A_BLOCK];
};

static void nodes_drop(struct bounce_pool *pool)
{
	struct bounce_node_block *block, *next;

	for (block = pool->blocks; block; block = next) {
		next = block->next;
		host_free(block, sizeof(*block));
	}
	pool->blocks = NULL;
	pool->nodes = NULL;
}

static void nodes_grow(struct bounce_pool *pool)
{
	struct bounce_node_block *block = host_alloc(sizeof(*block));
	uint32_t i;

	if (!block)
		return;
	block->next = pool->blocks;
	pool->blocks = block;
	for (i = 0; i < NODES_A_BLOCK; i++) {
		block->nodes[i].next = pool->nodes;
		pool->nodes = &block->nodes[i];
	}
}

static struct bounce_slot *node_get(struct bounce_pool *pool)
{
	struct bounce_slot *node;

	host_lock(&pool->node_lock);
	if (!pool->nodes)
		nodes_grow(pool);
	node = pool->nodes;
	if (node)
		pool->nodes = node->next;
	host_unlock(&pool->node_lock);
	return node;
}

void bounce_free(struct bounce_pool *pool, struct bounce_slot *head)
{
	struct bounce_slot *tail = head;

	if (!head)
		return;
	while (tail->next)
		tail = tail->next;
	host_lock(&pool->node_lock);
	tail->next = pool->nodes;
	pool->nodes = head;
	host_unlock(&pool->node_lock);
}

/*
 * A fragment that follows the last one, in the mapping and in the chunk, extends its slot; one that also follows it in the
 * caller's memory extends the fragment itself.
 */
static bool frag_extend(struct bounce_slot *tail, uint64_t offset, uint64_t cpu, uint64_t addr, uint64_t len)
{
	struct dmavec_range *last;

	if (!tail || tail->offset + tail->len != offset || tail->cpu + tail->len != cpu)
		return false;
	last = &tail->frags[tail->nfrags - 1];
	if (last->addr + last->len == addr) {
		last->len += len;
	} else if (tail->nfrags < BOUNCE_FRAGS) {
		tail->frags[tail->nfrags].addr = addr;
		tail->frags[tail->nfrags++].len = len;
	} else {
		return false;
	}
	tail->len += len;
	return true;
}

int bounce_add(struct bounce_list *list, uint64_t offset, uint64_t cpu, uint64_t addr, uint64_t len)
{
	struct bounce_slot *slot;
	bool dry = list->pool->dry;

	if (!dry && (addr > UINTPTR_MAX || len - 1 > UINTPTR_MAX - addr)) /* a 32-bit host copies only what it can name */
		return -EFAULT;
	if (!frag_extend(list->tail, offset, cpu, addr, len)) {
		slot = node_get(list->pool);
		if (!slot)
			return -ENOMEM;
		memset(slot, 0, sizeof(*slot));
		slot->offset = offset;
		slot->len = len;
		slot->cpu = cpu;
		slot->nfrags = 1;
		slot->frags[0].addr = addr;
		slot->frags[0].len = len;
		if (list->tail)
			list->tail->next = slot;
		else
			list->head = slot;
		list->tail = slot;
	}
	if (!dry)
		host_copy_from((void *)(uintptr_t)cpu, addr, (size_t)len);
	return 0;
}
