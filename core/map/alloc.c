/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory for rings and lists: pool memory, and behind an IOMMU a reservation of its own.
 */
#include "map.h"

struct buf_state {
	uint64_t iova, iova_len;
	uint64_t chunk_len;
	uint64_t chunk_dma;
	uint64_t arena;
} __attribute__((may_alias));

_Static_assert(sizeof(struct buf_state) <= sizeof(((struct dmavec_buf *)0)->priv), "the private part must fit");

#define ALLOC_FLAGS (DMAVEC_RELAXED | DMAVEC_MAY_SLEEP)

/* A run of whole pages that no boundary cuts if one of that length can be uncut. */
static void alloc_want(const struct dmavec_dev *dev, uint64_t len, struct dmavec_reserve *want)
{
	const struct limits *lim = &dev->lim;

	want->len = len;
	want->align = core_max(CORE_PAGE, core_max(dev->space->desc.granule, lim->cut));
	want->boundary = lim->boundary && len <= lim->boundary ? lim->boundary : 0;
	if (lim->boundary && !want->boundary)
		want->align = core_max(want->align, lim->boundary);
	want->first = lim->first;
	want->last = lim->last;
	want->offset = 0;
}

static int alloc_iova(struct dmavec_dev *dev, const struct dmavec_reserve *want, const struct bounce_chunk *chunk,
                      unsigned int flags, struct map_state *st)
{
	const struct dmavec_space_ops *ops = &dev->space->ops;
	struct dmavec_range memory = { chunk->cpu, want->len };
	unsigned int how = DMAVEC_LINK_READ | DMAVEC_LINK_WRITE | (flags & DMAVEC_RELAXED ? DMAVEC_LINK_RELAXED : 0);
	dmavec_dma_t iova;
	int err = ops->reserve(dev->space->ctx, want, &iova);

	if (err)
		return err;
	st->iova = iova;
	st->iova_len = want->len;
	err = ops->link(dev->space->ctx, iova, &memory, 1, how);
	if (!err && ops->commit)
		err = ops->commit(dev->space->ctx, iova, want->len);
	return err;
}

int dmavec_alloc(struct dmavec_dev *dev, size_t len, unsigned int flags, struct dmavec_buf *buf)
{
	struct map_state st = { .dev = dev };
	struct dmavec_reserve want, mem;
	int err;

	if (!dev || !buf || !len || (flags & ~ALLOC_FLAGS))
		return -EINVAL;
	if (dev->space->desc.flags & DMAVEC_SPACE_DRY)
		return -EOPNOTSUPP;
	if (len > (size_t)-1 / 2)
		return -ENOMEM;
	alloc_want(dev, core_up(len, core_max(CORE_PAGE, dev->space->desc.granule)), &want);
	mem = (struct dmavec_reserve){ .len = want.len, .align = CORE_PAGE, .last = UINT64_MAX };
	if (dev->no_iommu)
		mem = want;
	err = bounce_take(&dev->space->pool, &mem, &st.chunk);
	if (err)
		return err;
	memset((void *)(uintptr_t)st.chunk.cpu, 0, (size_t)st.chunk.len);
	if (!dev->no_iommu)
		err = alloc_iova(dev, &want, &st.chunk, flags, &st);
	if (err) {
		map_drop(dev, &st, false);
		return err;
	}
	hold_add(dev, st.iova_len, 0);
	memset(buf, 0, sizeof(*buf));
	buf->cpu = (void *)(uintptr_t)st.chunk.cpu;
	buf->dma = dev->no_iommu ? st.chunk.dma : st.iova;
	buf->len = len;
	*(struct buf_state *)(void *)buf->priv =
		(struct buf_state){ st.iova, st.iova_len, st.chunk.len, st.chunk.dma, st.chunk.arena };
	return 0;
}

void dmavec_free(struct dmavec_dev *dev, struct dmavec_buf *buf)
{
	const struct buf_state *held;
	struct map_state st = { .dev = dev };

	if (!dev || !buf || !buf->cpu)
		return;
	held = (const struct buf_state *)(const void *)buf->priv;
	st.iova = held->iova;
	st.iova_len = held->iova_len;
	st.chunk = (struct bounce_chunk){ dmavec_cpu(buf->cpu), held->chunk_dma, held->chunk_len, (uint32_t)held->arena };
	map_drop(dev, &st, false);
	hold_drop(dev, held->iova_len, 0);
	memset(buf, 0, sizeof(*buf));
}
