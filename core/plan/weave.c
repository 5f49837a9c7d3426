/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "weave.h"

void weave_init(struct weave *w, const struct dmavec_dev *dev, struct weave_io *io)
{
	memset(w, 0, sizeof(*w));
	w->io = io;
	w->granule = dev->space->desc.granule;
	w->congruent = dev->lim.congruent;
	w->exact = dev->untrusted;
}

static int vec_flush(struct weave_io *io)
{
	size_t n = io->nvec;

	io->nvec = 0;
	if (!n)
		return 0;
	return io->space->ops.link(io->space->ctx, io->vec_iova, io->vec, n,
	                           io->how | (io->vec_mmio ? DMAVEC_LINK_MMIO : 0));
}

/* Only the first range of a vector may begin inside a granule, and only the last end there: runs see to the latter. */
static int vec_add(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, bool mmio)
{
	struct weave_io *io = w->io;
	int err;

	if (io->nvec && (iova != io->vec_iova + io->vec_len || mmio != io->vec_mmio || core_low(iova, w->granule) ||
	                 io->nvec == WEAVE_VECTOR)) {
		err = vec_flush(io);
		if (err)
			return err;
	}
	if (!io->nvec) {
		io->vec_iova = iova;
		io->vec_len = 0;
		io->vec_mmio = mmio;
	}
	io->vec[io->nvec].addr = cpu;
	io->vec[io->nvec++].len = len;
	io->vec_len += len;
	return 0;
}

/* Link finds out for itself; what is copied must be memory of the space as well. */
static int reachable(const struct dmavec_space *space, uint64_t cpu, uint64_t len)
{
	uint64_t dma, run;
	int err = 0;

	for (; space->ops.lookup && len && !err; cpu += run, len -= run)
		err = space->ops.lookup(space->ctx, cpu, len, &dma, &run);
	return err;
}

static int fill(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, uint64_t offset)
{
	uint64_t mem = w->bounce_cpu - (w->bounce_end - iova);
	int err;

	w->bounce_bytes += len;
	if (!w->io)
		return 0;
	err = reachable(w->io->space, cpu, len);
	return err ? err : bounce_add(&w->io->list, offset, mem, cpu, len);
}

/* Take the next chunk memory for the granules of [iova, iova + len), and zero what these bytes leave free in it. */
static int bounce_open(struct weave *w, uint64_t iova, uint64_t len)
{
	uint64_t first = core_down(iova, w->granule), end = core_up(iova + len, w->granule), size = end - first;
	struct weave_io *io = w->io;
	uint64_t mem;

	w->bounce_end = end;
	w->bounce_mem += size;
	if (!io)
		return 0;
	if (size > io->chunk.len - io->used) /* a source that changed since it was laid out */
		return -EINVAL;
	mem = io->chunk.cpu + io->used;
	io->used += size;
	w->bounce_cpu = mem + size;
	if (!io->list.pool->dry) {
		memset((void *)(uintptr_t)mem, 0, (size_t)(iova - first));
		memset((void *)(uintptr_t)(mem + (iova - first) + len), 0, (size_t)(end - iova - len));
	}
	return vec_add(w, first, mem, size, false);
}

static int bounce_piece(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, uint64_t offset, bool mmio)
{
	uint64_t part;
	int err;

	if (!w->bounce_mem || (mmio && !w->peer_bounced))
		w->first_cpu = cpu;
	w->peer_bounced |= mmio;
	if (w->bounce_end > iova && core_low(iova, w->granule)) {
		part = core_min(len, w->bounce_end - iova);
		err = fill(w, iova, cpu, part, offset);
		if (err || part == len)
			return err;
		iova += part;
		cpu += part;
		offset += part;
		len -= part;
	}
	err = bounce_open(w, iova, len);
	return err ? err : fill(w, iova, cpu, len, offset);
}

static int link_piece(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, bool mmio)
{
	w->bounce_end = 0;
	return w->io ? vec_add(w, iova, cpu, len, mmio) : 0;
}

/*
 * Split a piece into what is bounced at its head, linked, and bounced at its tail. next_shares: another piece begins in
 * the granule where this one ends.
 */
static int piece_done(struct weave *w, bool next_shares)
{
	struct weave_piece p = w->piece;
	uint64_t end = p.iova + p.len, from = p.iova, to = end;
	int err = 0;

	if (!p.open)
		return 0;
	w->piece.open = false;
	if (p.shifted || core_low(p.cpu ^ p.iova, w->granule))
		return bounce_piece(w, p.iova, p.cpu, p.len, p.offset, p.mmio);
	if (core_low(end, w->granule) && (w->exact || next_shares))
		to = core_max(core_down(end, w->granule), p.iova);
	if (core_low(p.iova, w->granule) && (w->exact || p.shared || to == p.iova))
		from = core_min(core_up(p.iova, w->granule), end);
	to = core_max(from, to);
	if (from > p.iova)
		err = bounce_piece(w, p.iova, p.cpu, from - p.iova, p.offset, p.mmio);
	if (!err && to > from)
		err = link_piece(w, from, p.cpu + (from - p.iova), to - from, p.mmio);
	if (!err && end > to)
		err = bounce_piece(w, to, p.cpu + (to - p.iova), end - to, p.offset + (to - p.iova), p.mmio);
	return err;
}

int weave_feed(struct weave *w, uint64_t iova, uint64_t cpu, uint64_t len, uint64_t offset, bool mmio)
{
	struct weave_piece *p = &w->piece;
	/*
	 * Where the kind changes a run ends, even if the next one touches it; and where bytes between them in the mapping are
	 * those of a region. A plan says the latter by weave_end, and knows no offsets.
	 */
	bool follows = p->open && p->iova + p->len == iova && p->mmio == mmio && (!w->io || p->offset + p->len == offset);
	bool shared = follows && core_low(iova, w->granule);
	int err;

	if (follows && p->cpu + p->len == cpu) {
		p->len += len;
		return 0;
	}
	err = follows ? piece_done(w, shared) : weave_end(w);
	*p = (struct weave_piece){ cpu, iova, len, offset, true, mmio, shared,
	                           !follows && core_low(cpu ^ iova, w->congruent) };
	return err;
}

int weave_end(struct weave *w)
{
	int err = piece_done(w, false);

	w->bounce_end = 0;
	return err;
}

int weave_flush(struct weave *w)
{
	int err = weave_end(w);

	return err ? err : vec_flush(w->io);
}
