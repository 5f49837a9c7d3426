/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Runs that were freed lately, kept by the thread that freed them for the next request of the same length. Lengths are
 * exact: nothing is rounded up, so nothing is wasted, and any length that traffic repeats is served, however long. A
 * full magazine sheds its older half to a depot, where a thread that only allocates finds what another only frees.
 */
#include "inner.h"

#define MAX_YIELDS 20000u

static bool try_enter(struct iova_cache *cache)
{
	return !__atomic_exchange_n(&cache->busy, 1, __ATOMIC_ACQUIRE);
}

static void leave(struct iova_cache *cache)
{
	__atomic_store_n(&cache->busy, 0, __ATOMIC_RELEASE);
}

/*
 * For those who must get in. In a kernel the one inside may have been interrupted by this very call, and would never
 * leave: then what is in there is left alone.
 */
static bool enter(struct iova_cache *cache)
{
	unsigned int yields;

	for (yields = 0; yields < MAX_YIELDS; yields++) {
		if (!__atomic_load_n(&cache->busy, __ATOMIC_RELAXED) && try_enter(cache))
			return true;
		host_yield();
	}
	return false;
}

static struct iova_magazine *set_of(const struct dmavec_iova *iova, struct iova_cache *cache, uint64_t len)
{
	return cache->sets[(len >> iova->shift) * IOVA_HASH >> (64 - IOVA_SETS_BITS)];
}

static struct iova_magazine *find_magazine(const struct dmavec_iova *iova, struct iova_cache *cache, uint64_t len)
{
	struct iova_magazine *set = set_of(iova, cache, len);
	unsigned int i;

	for (i = 0; i < IOVA_WAYS; i++)
		if (host_likely(set[i].len == len))
			return &set[i];
	return NULL;
}

/* Bounded in runs, and in bytes where they are long. */
static uint32_t magazine_cap(const struct dmavec_iova *iova, uint64_t len)
{
	unsigned int depth = IOVA_DEPTH;

	while (depth && len > iova->cache_bytes >> depth)
		depth--;
	return 1u << depth;
}

/* Cached runs go back to the tree. */
static void give_back(struct dmavec_iova *iova, struct iova_node *list)
{
	struct iova_node *next;

	host_lock(&iova->lock);
	for (; list; list = next) {
		next = list->child[0];
		iova_record_drop(iova, list);
		iova_tree_add(iova, list);
	}
	host_unlock(&iova->lock);
}

static void empty_magazine(struct dmavec_iova *iova, struct iova_magazine *mag)
{
	struct iova_node *list = mag->head;

	mag->head = NULL;
	mag->count = 0;
	if (list)
		give_back(iova, list);
}

/* Another magazine of the set makes room, an empty one rather than one in use. */
static IOVA_SLOW struct iova_magazine *make_magazine(struct dmavec_iova *iova, struct iova_cache *cache, uint64_t len)
{
	struct iova_magazine *set = set_of(iova, cache, len), *mag = &set[cache->hand++ % IOVA_WAYS];
	unsigned int i;

	for (i = 0; i < IOVA_WAYS && mag->count; i++)
		if (!set[i].count)
			mag = &set[i];
	empty_magazine(iova, mag);
	mag->len = len;
	mag->cap = magazine_cap(iova, len) * (cache == iova->depot ? IOVA_DEPOT : 1);
	return mag;
}

/* The magazine for this length. */
static inline struct iova_magazine *get_magazine(struct dmavec_iova *iova, struct iova_cache *cache, uint64_t len)
{
	struct iova_magazine *mag = find_magazine(iova, cache, len);

	return host_likely(mag) ? mag : make_magazine(iova, cache, len);
}

static void push(struct iova_magazine *mag, struct iova_node *node)
{
	node->child[0] = mag->head;
	mag->head = node;
	mag->count++;
}

static struct iova_node *pop(struct iova_magazine *mag, struct iova_node **link)
{
	struct iova_node *node = *link;

	*link = node->child[0];
	mag->count--;
	return node;
}

static IOVA_SLOW struct iova_cache *make_cache(struct dmavec_iova *iova, struct iova_cache **at)
{
	struct iova_cache *cache;

	host_lock(&iova->lock);
	cache = *at;
	if (!cache) {
		cache = iova_mem(iova, sizeof(*cache));
		__atomic_store_n(at, cache, __ATOMIC_RELEASE);
	}
	host_unlock(&iova->lock);
	return cache;
}

static inline struct iova_cache *get_cache(struct dmavec_iova *iova, struct iova_cache **at)
{
	struct iova_cache *cache = __atomic_load_n(at, __ATOMIC_ACQUIRE);

	return host_likely(cache) ? cache : make_cache(iova, at);
}

/* The older half leaves: for the depot, or for the tree where that has no room. */
static IOVA_SLOW void shed(struct dmavec_iova *iova, struct iova_magazine *mag)
{
	struct iova_cache *depot = get_cache(iova, &iova->depot);
	uint32_t stay = mag->cap / 2, going = mag->count - stay, i;
	struct iova_node **link = &mag->head, *list, *next;
	struct iova_magazine *into;

	for (i = 0; i < stay; i++)
		link = &(*link)->child[0];
	list = *link;
	*link = NULL;
	mag->count = stay;
	if (depot) {
		host_lock(&iova->depot_lock);
		into = get_magazine(iova, depot, mag->len);
		for (; list && into->count + going <= into->cap; list = next, going--) {
			next = list->child[0];
			push(into, list);
		}
		host_unlock(&iova->depot_lock);
	}
	if (list)
		give_back(iova, list);
}

/* Half a magazine from the depot. */
static IOVA_SLOW struct iova_magazine *refill(struct dmavec_iova *iova, struct iova_cache *cache, uint64_t len)
{
	struct iova_cache *depot = __atomic_load_n(&iova->depot, __ATOMIC_ACQUIRE);
	struct iova_magazine *from, *mag = NULL;

	if (!depot || __atomic_load_n(&iova->draining, __ATOMIC_RELAXED))
		return NULL;
	host_lock(&iova->depot_lock);
	from = find_magazine(iova, depot, len);
	if (from && from->head) {
		mag = get_magazine(iova, cache, len);
		do
			push(mag, pop(from, &from->head));
		while (from->head && mag->count < mag->cap / 2);
	}
	host_unlock(&iova->depot_lock);
	return mag;
}

/* A run of the right length need not lie where, or as, this request wants it. */
static inline bool suits(const struct dmavec_reserve *want, uint64_t dma, uint64_t len)
{
	return dma >= want->first && dma <= want->last && len - 1 <= want->last - dma && !((dma - want->offset) & (want->align - 1)) &&
	       !iova_crosses(dma, len, want->boundary);
}

static inline struct iova_node *pop_suitable(struct iova_magazine *mag, const struct dmavec_reserve *want, uint64_t len)
{
	struct iova_node **link = &mag->head;
	unsigned int i;

	for (i = 0; *link && i < IOVA_SCAN; i++, link = &(*link)->child[0])
		if (host_likely(suits(want, (*link)->start, len)))
			return pop(mag, link);
	return NULL;
}

bool iova_cache_alloc(struct dmavec_iova *iova, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	struct iova_cache *cache = __atomic_load_n(&iova->caches[host_slot()], __ATOMIC_ACQUIRE);
	uint64_t len = core_up(want->len, iova->granule);
	struct iova_node *node = NULL;
	struct iova_magazine *mag;

	if (host_unlikely(!cache || len - 1 >= iova->cache_len || iova_malformed(iova, want)) || !try_enter(cache))
		return false;
	mag = find_magazine(iova, cache, len);
	if (host_unlikely(!mag || !mag->head))
		mag = refill(iova, cache, len);
	if (mag)
		node = pop_suitable(mag, want, len);
	if (host_likely(node)) {
		*dma = node->start;
		__atomic_store_n(&node->state, (node->state & ~IOVA_KIND) | IOVA_TAKEN, __ATOMIC_RELEASE);
		cache->taken += len;
	}
	leave(cache);
	return node != NULL;
}

static inline void keep(struct dmavec_iova *iova, struct iova_cache *cache, struct iova_node *node, uint64_t len)
{
	struct iova_magazine *mag = get_magazine(iova, cache, len);

	if (host_unlikely(mag->count == mag->cap))
		shed(iova, mag);
	push(mag, node);
	cache->taken -= len;
}

bool iova_cache_free(struct dmavec_iova *iova, uint64_t dma, uint64_t len)
{
	struct iova_node *node = iova_peek(iova, dma);
	struct iova_cache *cache;
	bool claimed;

	if (host_unlikely(!node || len - 1 >= iova->cache_len))
		return false;
	cache = get_cache(iova, &iova->caches[host_slot()]);
	if (host_unlikely(!cache) || !try_enter(cache))
		return false;
	claimed = !__atomic_load_n(&iova->draining, __ATOMIC_RELAXED) &&
	          iova_claim(iova, node, dma, len, IOVA_TAKEN, IOVA_CACHED);
	if (host_likely(claimed))
		keep(iova, cache, node, len);
	leave(cache);
	return claimed;
}

static void empty_cache(struct dmavec_iova *iova, struct iova_cache *cache)
{
	unsigned int set, way;

	for (set = 0; set < IOVA_SETS; set++)
		for (way = 0; way < IOVA_WAYS; way++)
			empty_magazine(iova, &cache->sets[set][way]);
}

/*
 * Whoever is in a thread's cache and has not seen `draining` is out of it before it is emptied; the depot comes last,
 * since runs move to it from there. Passing through the lock meets those who are just making a cache.
 */
void iova_cache_drain(struct dmavec_iova *iova)
{
	unsigned int slot;

	__atomic_fetch_add(&iova->draining, 1, __ATOMIC_SEQ_CST);
	host_lock(&iova->lock);
	host_unlock(&iova->lock);
	for (slot = 0; slot < HOST_SLOTS; slot++) {
		struct iova_cache *cache = __atomic_load_n(&iova->caches[slot], __ATOMIC_ACQUIRE);

		if (cache && enter(cache)) {
			empty_cache(iova, cache);
			leave(cache);
		}
	}
	host_lock(&iova->depot_lock);
	if (iova->depot)
		empty_cache(iova, iova->depot);
	host_unlock(&iova->depot_lock);
}

void iova_cache_resume(struct dmavec_iova *iova)
{
	__atomic_fetch_sub(&iova->draining, 1, __ATOMIC_RELEASE);
}

uint64_t iova_cache_taken(struct dmavec_iova *iova)
{
	uint64_t sum = 0;
	unsigned int slot;

	for (slot = 0; slot < HOST_SLOTS; slot++) {
		struct iova_cache *cache = __atomic_load_n(&iova->caches[slot], __ATOMIC_ACQUIRE);
		bool inside;

		if (!cache)
			continue;
		inside = enter(cache);
		sum += cache->taken;
		if (inside)
			leave(cache);
	}
	return sum;
}

void iova_cache_close(struct dmavec_iova *iova)
{
	unsigned int slot;

	for (slot = 0; slot < HOST_SLOTS; slot++)
		iova_mem_free(iova, iova->caches[slot], sizeof(struct iova_cache));
	iova_mem_free(iova, iova->depot, sizeof(struct iova_cache));
}
