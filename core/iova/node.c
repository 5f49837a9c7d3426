/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Nodes come from chunks that are kept until close: the allocator needs no memory once warmed up, and whoever reads a
 * node without the lock finds a node there, if perhaps not the same run.
 */
#include "inner.h"

#define CHUNK_NODES_MIN 64u
#define CHUNK_NODES_MAX 1024u
#define PAGES_MIN       ((size_t)1 << 16) /* a multiple of every host's page */

/*
 * Large tables in whole pages, zeroed as they are touched; by the allocator's own rule, so that it frees them
 * likewise.
 */
static bool in_pages(const struct dmavec_iova *iova, size_t len)
{
	return !iova->mem_alloc && len >= PAGES_MIN && !(len & (PAGES_MIN - 1));
}

void *iova_mem(struct dmavec_iova *iova, size_t len)
{
	if (in_pages(iova, len))
		return host_pages_alloc(len, PAGES_MIN);
	return iova->mem_alloc ? iova->mem_alloc(iova->mem_ctx, len) : host_alloc(len);
}

void iova_mem_free(struct dmavec_iova *iova, void *mem, size_t len)
{
	if (!mem)
		return;
	if (in_pages(iova, len))
		host_pages_free(mem, len);
	else if (iova->mem_free)
		iova->mem_free(iova->mem_ctx, mem, len);
	else
		host_free(mem, len);
}

void iova_spare_put(struct dmavec_iova *iova, struct iova_node *node)
{
	node->child[0] = iova->spare;
	iova->spare = node;
	iova->nspare++;
}

struct iova_node *iova_spare_get(struct dmavec_iova *iova)
{
	struct iova_node *node = iova->spare;

	iova->spare = node->child[0];
	iova->nspare--;
	return node;
}

static uint32_t next_random(struct dmavec_iova *iova)
{
	uint32_t x = iova->seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return iova->seed = x;
}

/* The first node's place holds the chunk's own header. */
static int add_chunk(struct dmavec_iova *iova)
{
	uint32_t count = iova->chunk_nodes ? iova->chunk_nodes : CHUNK_NODES_MIN, i;
	size_t len = count * sizeof(struct iova_node);
	struct iova_node *nodes = iova_mem(iova, len);
	struct iova_chunk *chunk = (void *)nodes;

	_Static_assert(sizeof(struct iova_chunk) <= sizeof(struct iova_node), "the header has a node's place");
	if (!nodes)
		return -ENOMEM;
	chunk->next = iova->chunks;
	chunk->len = len;
	iova->chunks = chunk;
	for (i = count - 1; i; i--) {
		nodes[i].prio = next_random(iova);
		iova_spare_put(iova, &nodes[i]);
	}
	iova->chunk_nodes = count < CHUNK_NODES_MAX ? count * 2 : count;
	return 0;
}

int iova_spare_ensure(struct dmavec_iova *iova, uint32_t count)
{
	return host_likely(iova->nspare >= count) ? 0 : add_chunk(iova);
}

void iova_spare_close(struct dmavec_iova *iova)
{
	struct iova_chunk *chunk = iova->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		iova_mem_free(iova, chunk, chunk->len);
	}
}
