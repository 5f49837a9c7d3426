/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The DMA engine. It knows device addresses and nothing else: every byte goes through dmavec_space_read and
 * dmavec_space_write, by way of a buffer of its own, as in a device. Descriptors whose source and destination overlap
 * see what the ones before them wrote, and within one what its earlier pieces of 64 KiB wrote.
 */
#include <dmavec/sim.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"

#define DMA_BUFFER 65536u

/* ------------------------------------------------------------------ run */

static int dma_copy(struct dmavec_space *space, const struct dmavec_sim_desc *desc, unsigned char *buffer,
                    struct dmavec_sim_dma_stats *stats)
{
	uint64_t src = (DMAVEC_FORCE uint64_t)desc->src, dst = (DMAVEC_FORCE uint64_t)desc->dst, done;
	size_t len;
	int err;

	for (done = 0; done < desc->len; done += len) {
		len = desc->len - done < DMA_BUFFER ? (size_t)(desc->len - done) : DMA_BUFFER;
		/* A descriptor that goes on past the end of all addresses faults there. */
		if (src + done < src || dst + done < dst)
			return -EFAULT;
		err = dmavec_space_read(space, (DMAVEC_FORCE dmavec_dma_t)(src + done), buffer, len);
		if (!err)
			err = dmavec_space_write(space, (DMAVEC_FORCE dmavec_dma_t)(dst + done), buffer, len);
		if (err)
			return err;
		stats->bytes += len;
	}
	return 0;
}

static int dma_copy_all(struct dmavec_space *space, const struct dmavec_sim_desc *descs, size_t ndescs,
                        struct dmavec_sim_dma_stats *stats)
{
	unsigned char *buffer = malloc(DMA_BUFFER);
	int err = 0;
	size_t i;

	if (!buffer)
		return -ENOMEM;
	for (i = 0; i < ndescs && !err; i++) {
		err = dma_copy(space, &descs[i], buffer, stats);
		if (err)
			stats->faults++;
		else
			stats->descs++;
	}
	free(buffer);
	return err;
}

int dmavec_sim_dma_run(struct dmavec_space *space, const struct dmavec_sim_desc *descs, size_t ndescs,
                       struct dmavec_sim_dma_stats *stats)
{
	struct dmavec_sim_dma_stats sum = { .size = sizeof(sum) };
	size_t size;
	int err;

	if (!space || (ndescs && !descs) || (stats && stats->size < sizeof(size_t)))
		return -EINVAL;
	if (stats)
		memcpy(&sum, stats, stats->size < sizeof(sum) ? stats->size : sizeof(sum));
	err = dma_copy_all(space, descs, ndescs, &sum);
	if (!stats)
		return err;
	size = stats->size;
	memcpy(stats, &sum, size < sizeof(sum) ? size : sizeof(sum));
	return err;
}

/* ------------------------------------------------------------------ build */

/* A place in a list of segments. */
struct dma_cursor {
	const struct dmavec_seg *seg, *end;
	uint64_t done; /* of *seg */
};

static int dma_total(const struct dmavec_seg *segs, uint32_t nsegs, uint64_t *total)
{
	uint32_t i;

	*total = 0;
	for (i = 0; i < nsegs; i++) {
		uint64_t addr = (DMAVEC_FORCE uint64_t)segs[i].addr, len = segs[i].len;

		if (len && addr + (len - 1) < addr)
			return -EINVAL;
		*total += len;
		if (*total < len)
			return -EINVAL;
	}
	return 0;
}

static void dma_skip_done(struct dma_cursor *at)
{
	for (; at->seg < at->end && at->done == at->seg->len; at->seg++)
		at->done = 0;
}

static uint64_t dma_addr(const struct dma_cursor *at)
{
	return (DMAVEC_FORCE uint64_t)at->seg->addr + at->done;
}

/* The longest copy that starts here and ends where a segment of either list does. */
static bool dma_next(struct dma_cursor *src, struct dma_cursor *dst, struct dmavec_sim_desc *desc)
{
	dma_skip_done(src);
	dma_skip_done(dst);
	if (src->seg == src->end)
		return false;
	desc->src = (DMAVEC_FORCE dmavec_dma_t)dma_addr(src);
	desc->dst = (DMAVEC_FORCE dmavec_dma_t)dma_addr(dst);
	desc->len = src->seg->len - src->done;
	if (desc->len > dst->seg->len - dst->done)
		desc->len = dst->seg->len - dst->done;
	src->done += desc->len;
	dst->done += desc->len;
	return true;
}

static bool dma_follows(dmavec_dma_t addr, uint64_t len, dmavec_dma_t next)
{
	uint64_t end = (DMAVEC_FORCE uint64_t)addr + len;

	return end && end == (DMAVEC_FORCE uint64_t)next;
}

/* Where segments lie side by side in both lists, one descriptor does. descs NULL: counts only. */
static size_t dma_emit(struct dma_cursor src, struct dma_cursor dst, struct dmavec_sim_desc *descs)
{
	struct dmavec_sim_desc last = { 0, 0, 0 }, desc;
	size_t n = 0;

	while (dma_next(&src, &dst, &desc)) {
		if (n && dma_follows(last.src, last.len, desc.src) && dma_follows(last.dst, last.len, desc.dst)) {
			last.len += desc.len;
		} else {
			last = desc;
			n++;
		}
		if (descs)
			descs[n - 1] = last;
	}
	return n;
}

int dmavec_sim_dma_build(const struct dmavec_seg *src, uint32_t nsrc, const struct dmavec_seg *dst, uint32_t ndst,
                         struct dmavec_sim_desc *descs, size_t max, size_t *ndescs)
{
	struct dma_cursor from, to;
	uint64_t src_total, dst_total;
	size_t need;

	if (!ndescs || (nsrc && !src) || (ndst && !dst) || (max && !descs))
		return -EINVAL;
	if (dma_total(src, nsrc, &src_total) || dma_total(dst, ndst, &dst_total) || src_total != dst_total)
		return -EINVAL;
	from = (struct dma_cursor){ src, nsrc ? src + nsrc : src, 0 };
	to = (struct dma_cursor){ dst, ndst ? dst + ndst : dst, 0 };
	need = dma_emit(from, to, NULL);
	*ndescs = need;
	if (need > max)
		return -ENOSPC;
	dma_emit(from, to, descs);
	return 0;
}
